/** `events`, `ask` and `expect`: what happens, what is asked, what is expected, each against the topology. */
import { contains, formatIpv4, type Ipv4 } from '../base/address.ts'
import { formatDuration, parseDuration, type SimTime } from '../base/time.ts'
import { EVENTS, type EventName } from '../base/trace.ts'
import { readRule } from './filter.ts'
import type { Action, Check, CheckTime, Comparison, EventPattern, Kind, Question, StateCondition, Verb } from './lab.ts'
import { oneOfThese, suggest } from './nearest.ts'
import { COMPARISON, isDurationField, isNumberField } from './pattern.ts'
import { readQuestions } from './questions.ts'
import { DEFAULTS } from './schema.ts'
import { clientPaths, generalPath, isPresence, STATE_PATHS, type Values } from './state-paths.ts'
import { isSerial, SERIAL_QUALITY } from './telephone.ts'
import { callsServer, type NodeDraft, type Topology } from './topology.ts'
import { child, entries, type Issues, items, type Tree, text } from './tree.ts'
import { userNames } from './users.ts'
import { isVerb, qualityKeys, type Resolver, VERBS } from './verbs.ts'

export class Timeline {
  readonly #lab: Tree
  readonly #topology: Topology
  readonly #issues: Issues
  readonly stop: SimTime
  readonly #resolver: Resolver

  constructor(lab: Tree, topology: Topology, issues: Issues) {
    this.#lab = lab
    this.#topology = topology
    this.#issues = issues
    this.stop = parseDuration(text(child(lab, 'stop')) ?? DEFAULTS.stop) ?? Number.MAX_SAFE_INTEGER
    this.#resolver = {
      node: (tree, kinds) => this.#node(tree, kinds),
      address: (tree): Ipv4 | undefined => topology.address(tree),
      link: tree => this.#link(tree),
      route: (tree, node) => tree && topology.readRoute(topology.nodes.get(node) as NodeDraft, tree),
      rule: (tree, node) => readRule(tree, topology.nodes.get(node) as NodeDraft, topology),
      translates: (tree, node, address) => this.#translates(tree, topology.nodes.get(node) as NodeDraft, address),
      account: (tree, node) => this.#account(tree, topology.nodes.get(node) as NodeDraft),
      has: (client, what) => {
        const node = topology.nodes.get(client)
        return node !== undefined && (what === 'pptp' ? callsServer(node) : child(node.merged, 'dial') !== undefined)
      },
      problem: (tree, message, hint) => {
        issues.value(tree, message, hint)
        return undefined
      },
    }
  }

  // Names

  #draft(tree: Tree | undefined): NodeDraft | undefined {
    const name = text(tree)
    if (!tree || name === undefined) return undefined
    const node = this.#topology.nodes.get(name)
    if (!node) this.#issues.value(tree, `There is no node ${name}.`, suggest(name, this.#topology.nodes.keys()))
    return node
  }

  #node(tree: Tree | undefined, kinds?: readonly Kind[]): string | undefined {
    const node = this.#draft(tree)
    if (!tree || !node) return undefined
    if (kinds && node.kind && !kinds.includes(node.kind)) {
      const fit = [...this.#topology.nodes.values()].filter(other => other.kind && kinds.includes(other.kind))
      const hint = fit.length > 0 ? `such are: ${fit.map(other => other.name).join(', ')}` : undefined
      this.#issues.value(tree, `${node.name} is a ${node.kind}; this takes a ${oneOfThese(kinds)}.`, hint)
      return undefined
    }
    return node.name
  }

  #link(tree: Tree | undefined): ReturnType<Resolver['link']> {
    const ends = items(tree).map(end => ({ tree: end, parts: text(end)?.split(':') }))
    if (!tree || ends.length !== 2) return undefined
    for (const { tree: end, parts } of ends) {
      if (!parts) return undefined
      if (this.#topology.nodes.has(parts[0])) continue
      this.#issues.value(end, `There is no node ${parts[0]}.`, suggest(parts[0], this.#topology.nodes.keys()))
      return undefined
    }
    const fits = (end: { node: NodeDraft; iface: string }, parts: readonly string[] | undefined) =>
      end.node.name === parts?.[0] && (parts.length === 1 || end.iface === parts[1])
    const [a, b] = ends
    const found = this.#topology.links.filter(
      ({ ends: [x, y] }) => (fits(x, a.parts) && fits(y, b.parts)) || (fits(x, b.parts) && fits(y, a.parts)),
    )
    const names = ends.map(end => end.parts?.join(':')).join(' and ')
    if (found.length === 0) {
      this.#issues.value(tree, `There is no link between ${names}.`)
      return undefined
    }
    if (found.length > 1) {
      const which = found.map(link => link.ends.map(end => `${end.node.name}:${end.iface}`).join(' - ')).join('; ')
      this.#issues.value(tree, `There are ${found.length} links between ${names}.`, `name the interfaces too: ${which}`)
      return undefined
    }
    const keys = isSerial(found[0].tree) ? SERIAL_QUALITY : qualityKeys.filter(key => key !== 'noise')
    return { index: found[0].index, nodes: [found[0].ends[0].node.name, found[0].ends[1].node.name], keys }
  }

  /** A firewall without `nat` has no outside address that could change. */
  #translates(tree: Tree, node: NodeDraft, address: Tree | undefined): boolean {
    const nat = child(node.merged, 'nat')
    if (node.kind === 'load-balancer' && (address || child(tree, 'like'))) {
      this.#issues.value(address ?? tree, `${node.name} is a load balancer: all it can do is forget.`, 'flush: true')
      return false
    }
    if (!nat && (address || child(tree, 'like'))) {
      this.#issues.value(
        address ?? tree,
        `${node.name} translates no addresses.`,
        'give the node nat: { inside, outside }',
      )
      return false
    }
    const iface = node.interfaces.find(({ name }) => name === text(child(nat, 'outside')))
    const wanted = address && this.#topology.address(address)
    if (!address || wanted === undefined || !iface?.ipv4) return true
    const { prefix } = iface.ipv4
    const owner = this.#topology.ownerOf(wanted)
    if (!contains(prefix, wanted)) {
      this.#issues.value(address, `${formatIpv4(wanted)} is not in the network of ${node.name}:${iface.name}.`)
    } else if (owner !== undefined) this.#issues.value(address, `${formatIpv4(wanted)} is the address of ${owner}.`)
    return contains(prefix, wanted) && owner === undefined
  }

  #account(tree: Tree, node: NodeDraft): ReturnType<Resolver['account']> {
    const { name, kind, merged } = node
    const [user, line] = [child(tree, 'user'), child(tree, 'for')]
    const wrong = (at: Tree, message: string, hint: string | undefined) => {
      this.#issues.value(at, message, hint)
      return undefined
    }
    if (kind === 'client') {
      if (user) return wrong(user, `${name} is a client, and types one password only.`, 'leave user out')
      const wanted = text(line) ?? (callsServer(node) ? 'pptp' : 'dial')
      if (wanted === 'pptp' && callsServer(node)) return { for: 'pptp' }
      if (wanted === 'dial' && child(merged, 'dial')) return { for: 'dial' }
      const hint = callsServer(node) ? 'for: pptp is for its tunnel' : 'for: dial is for its telephone line'
      const what = wanted === 'pptp' ? 'VPN software' : 'telephone line'
      return line && ['pptp', 'dial'].includes(wanted) ? wrong(line, `${name} has no ${what}.`, hint) : undefined
    }
    if (line) return wrong(line, `Only a client may have two passwords, and ${name} is a ${kind}.`, 'leave it out')
    const holder = child(merged, kind === 'nas' ? 'ppp' : kind === 'radius' ? 'radius' : 'pptp')
    const known = userNames(holder, this.#topology)
    if (known.length === 0) return wrong(tree, `${name} knows no user.`, undefined)
    if (!user) return wrong(tree, 'Whose password?', `say user: one of ${known.slice(0, 8).join(', ')}`)
    const written = text(user)
    if (written !== undefined && known.includes(written)) return { user: written }
    return written === undefined ? undefined : wrong(user, `${name} knows no user ${written}.`, suggest(written, known))
  }

  /** A moment within the run. */
  #moment(tree: Tree | undefined): SimTime | undefined {
    const t = parseDuration(text(tree) ?? '')
    if (tree && t !== undefined && t > this.stop) {
      this.#issues.value(
        tree,
        `${formatDuration(t)} is never reached: the run stops at ${formatDuration(this.stop)}.`,
        `stop: ${formatDuration(t)}`,
      )
      return undefined
    }
    return t
  }

  // events

  events(): Action[] {
    const actions = items(child(this.#lab, 'events')).map(tree => this.#event(tree))
    return actions.filter(action => action !== undefined).sort((a, b) => a.at - b.at)
  }

  #event(tree: Tree): Action | undefined {
    const at = this.#moment(child(tree, 'at'))
    const verbs = entries(tree).filter(([key]) => isVerb(key)) as [Verb, Tree][]
    const strange = entries(tree).some(([key]) => key !== 'at' && !isVerb(key))
    if (tree.kind === 'map' && verbs.length === 0 && !strange) {
      this.#issues.value(
        tree,
        'Nothing is done here: an event needs a verb.',
        `verbs: ${Object.keys(VERBS).join(', ')}`,
      )
    }
    for (const [verb, args] of verbs.slice(1)) {
      this.#issues.key(
        args,
        `An event has one verb, and this one has ${verbs[0][0]} already; give ${verb} an event of its own.`,
      )
    }
    const actions = verbs.map(([verb, args]) => ({ verb, args: VERBS[verb].read(args, this.#resolver) }))
    if (at === undefined || actions.length !== 1 || actions[0].args === undefined) return undefined
    return { at, ...actions[0] } as Action
  }

  // ask

  questions(checks: readonly Check[]): Question[] {
    return readQuestions(this.#lab, { issues: this.#issues, moment: tree => this.#moment(tree), checks })
  }

  // expect

  checks(): Check[] {
    const checks = entries(child(this.#lab, 'expect')).map(([name, tree]) => this.#check(name, tree))
    return checks.filter(check => check !== undefined)
  }

  #check(name: string, tree: Tree): Check | undefined {
    if (tree.kind !== 'map') return undefined
    const when = this.#when(name, tree)
    const state = entries(child(tree, 'state')).map(([path, value]) => this.#state(path, value))
    const seen = this.#pattern(child(tree, 'seen'))
    const unseen = this.#pattern(child(tree, 'unseen'))
    if (!['state', 'seen', 'unseen'].some(key => tree.entries.has(key))) {
      this.#issues.key(tree, `The check ${name} looks at nothing.`, 'give it state, seen or unseen')
    }
    const description = text(child(tree, 'description'))
    if (!when || description === undefined) return undefined
    const [pass, fail] = [text(child(tree, 'pass')), text(child(tree, 'fail'))]
    return {
      name,
      description,
      level: text(child(tree, 'level')) === 'warning' ? 'warning' : DEFAULTS.level,
      when,
      state: state.filter(condition => condition !== undefined),
      ...(seen ? { seen } : {}),
      ...(unseen ? { unseen } : {}),
      ...(pass === undefined ? {} : { pass }),
      ...(fail === undefined ? {} : { fail }),
    }
  }

  #when(name: string, tree: Tree): CheckTime | undefined {
    const words = ['by', 'at', 'during'] as const
    const given = words.filter(word => child(tree, word) !== undefined)
    for (const word of given.slice(1)) {
      this.#issues.key(
        child(tree, word) as Tree,
        `A check has one of by, at and during, and ${name} has ${given[0]} already.`,
      )
    }
    if (given.length === 0) {
      this.#issues.key(tree, `The check ${name} does not say when.`, 'give it one of by: 5s, at: 5s, during: [5s, 20s]')
    }
    const [by, at, during] = words.map(word => child(tree, word))
    const span = items(during).map(end => this.#moment(end))
    if (during && span[0] !== undefined && span[1] !== undefined && span[0] > span[1]) {
      this.#issues.value(during, 'This time ends before it begins.', 'the earlier moment comes first')
    }
    const [latest, exact] = [this.#moment(by), this.#moment(at)]
    if (given.length !== 1) return undefined
    if (latest !== undefined) return { by: latest }
    if (exact !== undefined) return { at: exact }
    return span[0] !== undefined && span[1] !== undefined ? { during: [span[0], span[1]] } : undefined
  }

  #state(path: string, tree: Tree): StateCondition | undefined {
    const dot = path.indexOf('.')
    const name = dot < 0 ? path : path.slice(0, dot)
    const node = this.#topology.nodes.get(name)
    if (!node) {
      this.#issues.key(tree, `There is no node ${name}.`, suggest(name, this.#topology.nodes.keys()))
      return undefined
    }
    if (!node.kind) return undefined
    const known = pathsOf(node, node.kind)
    const below = dot < 0 ? '' : path.slice(dot + 1)
    const { general, user } = generalPath(below)
    if (!Object.hasOwn(known, general)) {
      const none = Object.keys(known).length === 0
      const what = none ? 'and such a node has no states' : `and such a node has no state "${below}"`
      this.#issues.key(tree, `${name} is a ${node.kind}, ${what}.`, suggest(general, Object.keys(known)))
      return undefined
    }
    if (user !== undefined) this.#user(node, user, tree)
    const server = /^servers\[([^\]]+)\]/.exec(below)?.[1]
    const servers = items(child(child(node.merged, 'balance'), 'servers')).map(item => text(item) ?? '')
    if (server !== undefined && !servers.includes(server)) {
      this.#issues.key(tree, `${node.name} has no server ${server}.`, suggest(server, servers))
    }
    return this.#stateValue(node, below, known[general], tree)
  }

  /** Somebody whom neither the server nor its RADIUS servers know can never be in a call. */
  #user(node: NodeDraft, user: string, tree: Tree): void {
    const pptp = child(node.merged, 'pptp')
    const asked = items(child(child(pptp, 'radius'), 'servers'))
    const radius = asked.map(server => child(this.#topology.nodes.get(text(server) ?? '')?.merged, 'radius'))
    const books = [pptp, ...radius]
    // users in a file, or of a server that is none of our nodes: nobody here can say
    if (books.some(book => !book || child(book, 'secrets'))) return
    const users = books.flatMap(book => entries(child(book, 'users')).map(([name]) => name))
    if (users.length > 0 && !users.includes(user)) {
      this.#issues.key(tree, `${node.name} knows no user ${user}.`, suggest(user, users))
    }
  }

  #stateValue(node: NodeDraft, path: string, values: Values, tree: Tree): StateCondition | undefined {
    if (tree.kind !== 'scalar') return undefined
    if (values === 'number') {
      const want = readComparison(tree)
      if (!want) this.#issues.value(tree, `${path} is a number: write one, or a comparison such as ">= 1".`)
      return want && { node: node.name, path, want }
    }
    const written = String(tree.value)
    const match = /^(==|!=) ?(.+)$/.exec(written)
    const [op, value] = match ? [match[1] as '==' | '!=', match[2]] : (['==', written] as const)
    if (!values.includes(value)) {
      this.#issues.value(tree, `${path} is never "${value}".`, suggest(value, values))
      return undefined
    }
    return { node: node.name, path, want: { op, value } }
  }

  #pattern(tree: Tree | undefined): EventPattern | undefined {
    if (tree?.kind !== 'map') return undefined
    const event = text(child(tree, 'event')) as EventName | undefined
    if (event === undefined || !Object.hasOwn(EVENTS, event)) return undefined
    const at = this.#draft(child(tree, 'at'))
    const fields = []
    for (const [name, value] of tree.entries) {
      if (['event', 'at', 'count'].includes(name)) continue
      const want = readField(name, value)
      if (want) fields.push({ name, want })
    }
    if (event === 'state') this.#stateEvent(tree, at)
    const count = child(tree, 'count')
    return {
      event,
      ...(at ? { node: at.name } : {}),
      fields,
      count: (count && readComparison(count)) ?? { op: '>=', value: 1 },
    }
  }

  /** `machine` must be one that such a node has; `from` and `to` must be states of it. */
  #stateEvent(tree: Tree, at: NodeDraft | undefined): void {
    const machineTree = child(tree, 'machine')
    const machine = text(machineTree)
    if (!machineTree || machine === undefined) return
    const books = at?.kind ? [pathsOf(at, at.kind)] : Object.values(STATE_PATHS)
    const machines = new Map<string, Values>()
    for (const book of books) {
      for (const [path, values] of Object.entries(book))
        if (values !== 'number' && !isPresence(values)) machines.set(path, values)
    }
    const values = machines.get(generalPath(machine).general)
    if (values === undefined) {
      const who = at?.kind ? `${at.name} is a ${at.kind}, and such a node` : 'A node'
      this.#issues.value(machineTree, `${who} has no state machine "${machine}".`, suggest(machine, machines.keys()))
      return
    }
    for (const key of ['from', 'to']) {
      const value = child(tree, key)
      const word = text(value)
      if (value && word !== undefined && values !== 'number' && !values.includes(word)) {
        this.#issues.value(value, `${machine} is never "${word}".`, suggest(word, values))
      }
    }
  }
}

const pathsOf = (node: NodeDraft, kind: Kind): Readonly<Record<string, Values>> =>
  kind === 'client' ? clientPaths(callsServer(node), child(node.merged, 'dial') !== undefined) : STATE_PATHS[kind]

/** `5`, `"== 5"`, `">= 10"`. */
function readComparison(tree: Tree): Comparison | undefined {
  if (tree.kind !== 'scalar') return undefined
  if (typeof tree.value === 'number' && Number.isSafeInteger(tree.value)) return { op: '==', value: tree.value }
  const match = COMPARISON.exec(String(tree.value))
  return match ? { op: match[1] as '==', value: Number(match[2]) } : undefined
}

function readField(name: string, tree: Tree): Comparison | undefined {
  if (tree.kind !== 'scalar' || tree.value === null) return undefined
  if (isDurationField(name)) {
    const match = /^(==|!=|<=|>=|<|>) ?(.+)$/.exec(String(tree.value))
    const value = parseDuration(match?.[2] ?? '')
    return match && value !== undefined ? { op: match[1] as '==', value } : undefined
  }
  return isNumberField(name) ? readComparison(tree) : { op: '==', value: tree.value }
}
