/** `filter` and `conntrack` of a node: firewall rules in words, and how it keeps track of connections. */
import * as v from 'valibot'
import { PORT_47, parseRule, type RuleError } from '../filter/rule-text.ts'
import { CHAINS, type Match, type RuleSpec } from '../filter/rules.ts'
import type { PersonalityName } from '../filter/types.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { ConntrackSpec, FilterSpec } from './lab.ts'
import { oneOf, words } from './leaf.ts'
import { map } from './map.ts'
import { suggest } from './nearest.ts'
import { lacksHelper, overrideSchema, readOverride } from './personality.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, items, type Mark, type Tree, text } from './tree.ts'

export const PERSONALITIES = [
  ...(['linux-pptp', 'linux', 'keyless', 'single', 'libalias', 'cisco', 'cgn'] as const),
] as const satisfies readonly PersonalityName[]
const HELPER = ['prerouting', 'output', 'both'] as const satisfies readonly ConntrackSpec['helper'][]

export const FILTER_DEFAULTS = { like: 'linux', helper: 'prerouting' } as const

export const ruleSchema = (describe: string) => words(describe, 200)

export const filterSchema = v.pipe(
  v.array(
    ruleSchema('A firewall rule, "forward drop proto gre", or a policy, "policy forward drop".'),
    'Here a list of firewall rules must stand.\nfor example ["forward drop proto gre"]',
  ),
  v.description(
    'Firewall rules: the first that fits decides, and where none does the policy, which is accept as a rule.',
  ),
)

/** How connections are kept track of, with NAT or without. */
export const trackingKeys = {
  like: v.optional(oneOf(PERSONALITIES, 'Which real box it behaves like.'), FILTER_DEFAULTS.like),
  helper: v.optional(
    oneOf(
      HELPER,
      'Where the PPTP helper is given new connections to port 1723: those that come in, or those of the machine itself.',
    ),
    FILTER_DEFAULTS.helper,
  ),
  override: v.optional(overrideSchema),
}

export const conntrackSchema = v.pipe(
  map('the conntrack of a node', trackingKeys),
  v.description('How it keeps track of connections; only where rules or NAT need them.'),
)

/** Where in a file a stretch of a text stands. */
export function within(tree: Tree, start: number, end: number): Mark {
  const quote = tree.kind === 'scalar' && !tree.plain ? 1 : 0
  const from = tree.mark.start + quote
  return { source: tree.mark.source, start: from + start, end: from + Math.max(end, start + 1) }
}

/** A rule or a policy; what is wrong with it is reported. */
export function readRule(tree: Tree | undefined, node: NodeDraft, topology: Topology) {
  const written = text(tree)
  if (!tree || written === undefined || written === '') return undefined
  const line = parseRule(written)
  if ('error' in line) {
    const { start, end, message } = line.error
    topology.issues.at(within(tree, start, end), tree.path, message, hintOf(line.error))
    return undefined
  }
  if ('rule' in line) {
    for (const match of line.rule.matches) checkMatch(match, tree, written, node, topology)
  }
  return line
}

const hintOf = ({ hint, word, known }: RuleError): string | undefined =>
  word !== undefined && known ? suggest(word, known) : hint

function checkMatch(match: Match, tree: Tree, written: string, node: NodeDraft, topology: Topology): void {
  if (match.kind === 'in' || match.kind === 'out') {
    const known = node.interfaces.map(({ name }) => name)
    for (const name of match.names) {
      if (known.includes(name) || name.endsWith('*') || hasTunnel(node, name) || !topology.allRead) continue
      const start = written.indexOf(name)
      const where = within(tree, start, start + name.length)
      topology.issues.at(where, tree.path, `${node.name} has no interface ${name}.`, suggest(name, known))
    }
  }
  if (match.kind === 'sport' || match.kind === 'dport') {
    if (!match.ranges.some(({ first, last }) => first === 47 && last === 47)) return
    const start = written.search(/[sd]port/)
    const [chain, verdict] = written.trim().split(/\s+/)
    const hint = `for the data of PPTP write: ${chain} ${verdict} proto gre`
    topology.issues.warn(within(tree, start, written.length), tree.path, `This is no rule about GRE. ${PORT_47}`, hint)
  }
}

const hasTunnel = (node: NodeDraft, name: string): boolean =>
  (node.kind === 'client' || node.kind === 'pptp-server' || node.kind === 'nas') && /^ppp\d+$/.test(name)

export function readFilter(node: NodeDraft, topology: Topology): FilterSpec | undefined {
  const list = child(node.merged, 'filter')
  if (list?.kind !== 'list') return undefined
  const rules: RuleSpec[] = []
  const written: Written[] = []
  const policies = { input: 'accept', forward: 'accept', output: 'accept' } as {
    -readonly [C in keyof FilterSpec['policies']]: 'accept' | 'drop'
  }
  const said = new Set<string>()
  for (const tree of items(list)) {
    const line = readRule(tree, node, topology)
    if (line && 'rule' in line) {
      rules.push(line.rule)
      written.push({ rule: line.rule, tree })
    }
    if (!line || !('policy' in line)) continue
    if (said.has(line.chain)) {
      topology.issues.value(tree, `${line.chain} has a policy already.`, 'one policy a chain')
    }
    said.add(line.chain)
    policies[line.chain] = line.policy
  }
  const like = text(child(child(node.merged, 'nat') ?? child(node.merged, 'conntrack'), 'like')) ?? FILTER_DEFAULTS.like
  for (const chain of CHAINS) {
    if (policies[chain] === 'drop') {
      warnOfHalf(
        written.filter(({ rule }) => rule.chain === chain && rule.verdict === 'accept'),
        like !== 'linux',
        topology,
      )
    }
  }
  return { rules, policies }
}

interface Written {
  readonly rule: RuleSpec
  readonly tree: Tree
}

/** A chain that lets the control connection pass and not the tunnel: the classic mistake. `accepts` in order. */
function warnOfHalf(accepts: readonly Written[], hasHelper: boolean, { issues }: Topology): void {
  const control = accepts.find(({ rule }) =>
    rule.matches.some(
      match =>
        match.kind === 'dport' && !match.not && match.ranges.some(({ first, last }) => first <= 1723 && last >= 1723),
    ),
  )
  if (accepts.some(({ rule }) => letsGreIn(rule, hasHelper))) return
  const half = accepts.find(({ rule }) => statesOf(rule)?.includes('established'))
  // Who gives a box a helper wants PPTP to pass, whether or not a rule names its port.
  if (hasHelper && half && (control || accepts.some(({ rule }) => letsTcpIn(rule)))) {
    const message = 'The first GRE packet of a call is "related", not "established": without it there is no tunnel.'
    return issues.warn(half.tree.mark, half.tree.path, message, 'write: state established,related')
  }
  if (!control) return
  const { chain } = control.rule
  const message = 'TCP port 1723 is one half of PPTP; the other is GRE, protocol 47, and nothing here lets it pass.'
  issues.warn(control.tree.mark, control.tree.path, message, `add: ${chain} accept proto gre`)
}

const statesOf = (rule: RuleSpec): readonly string[] | undefined =>
  rule.matches.flatMap(match => (match.kind === 'state' && !match.not ? [match.states] : []))[0]

const letsTcpIn = (rule: RuleSpec): boolean =>
  statesOf(rule) === undefined &&
  rule.matches.some(
    match => match.kind === 'proto' && !match.not && match.protocols.includes(Ipv4Header.PROTOCOL.tcp),
  ) &&
  rule.matches.every(match => match.kind !== 'dport')

/** The first GRE packet of a call is `new`; with a helper `related`. */
function letsGreIn(rule: RuleSpec, hasHelper: boolean): boolean {
  const states = statesOf(rule)
  const fits = states === undefined || states.includes('new') || (hasHelper && states.includes('related'))
  const { gre } = Ipv4Header.PROTOCOL
  return fits && rule.matches.every(match => match.kind !== 'proto' || match.protocols.includes(gre) !== match.not)
}

/** What `nat` and `conntrack` have in common. */
export function readTracking(tree: Tree | undefined, translates: boolean, topology: Topology): ConntrackSpec {
  const written = child(tree, 'like')
  const known = PERSONALITIES.find(name => name === text(written))
  const like = known ?? FILTER_DEFAULTS.like
  const helperTree = child(tree, 'helper')
  const place = HELPER.find(word => word === text(helperTree))
  const helper = place ?? FILTER_DEFAULTS.helper
  // Of a slip in one of the two words the schema has spoken already.
  if (helperTree && place && (known || !written)) lacksHelper(helperTree, like, topology.issues)
  return { like, helper, override: readOverride(child(tree, 'override'), like, translates, topology.issues) }
}
