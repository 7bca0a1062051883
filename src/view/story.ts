/**
 * The story of a run: the trace as sentences, one line for each thing that matters. A line is marked by the channel it
 * belongs to - the control connection, the data channel of the tunnel, or the user's own traffic - and indented by its
 * layer, so that the building of a tunnel can be seen as a staircase.
 *
 * An event knows its call by number, a reader by whose it is: the story remembers who has called whom.
 *
 * Longer than 400 lines, since it is one table: a sentence for each event.
 */
import { formatIpv4 } from '../base/address.ts'
import { LINE_END_REASONS } from '../base/dial-end.ts'
import { DROP_REASONS } from '../base/drop.ts'
import { MALFORMED } from '../base/result.ts'
import { formatTime, formatWallClock } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import { TUNNEL_END_REASONS } from '../base/tunnel-end.ts'
import { hostNames } from '../lab/capture.ts'
import type { Lab } from '../lab/lab.ts'
import { dialAppearanceOf } from './dial-failures.ts'
import { appearanceOf } from './failures.ts'

export type Mark = 'control' | 'data' | 'user' | 'net' | 'lab'
export type Tone = 'plain' | 'good' | 'bad' | 'faint'

export interface StoryLine {
  readonly t: number
  readonly mark: Mark
  readonly node: string
  /** 0 for the user and the network, then one step a layer: TCP, PPTP, PPP, its negotiations, what runs inside. */
  readonly depth: number
  readonly text: string
  readonly tone: Tone
}

export interface StoryOptions {
  /** Everything, not only what matters: every packet, every state. */
  readonly verbose: boolean
  /** Names for addresses: `203.0.113.5` is `office`. */
  readonly names: ReadonlyMap<string, string>
  /** Telephone networks: they ring and clear lines for others, and never answer. */
  readonly networks?: ReadonlySet<string>
}

/** The names that a lab gives to addresses, as the story wants them. */
export const namesOf = (lab: Lab): Map<string, string> =>
  new Map([...hostNames(lab)].map(([address, name]) => [formatIpv4(address), name]))

export const networksOf = ({ nodes }: Lab): Set<string> =>
  new Set(nodes.filter(({ kind }) => kind === 'pstn').map(({ name }) => name))

type Event<K extends TraceEvent['event']> = Extract<TraceEvent, { event: K }>
/** With a node only where it is not the event's own. */
type Line = Omit<StoryLine, 't' | 'node'> & { readonly node?: string }

const DEPTH: Readonly<Record<string, number>> = {
  tcp: 1,
  pptp: 2,
  gre: 3,
  ppp: 3,
  lcp: 3,
  pap: 4,
  chap: 4,
  ccp: 5,
  ipcp: 5,
  mppe: 5,
}
const ACRONYMS = new Set([
  'lcp',
  'pap',
  'chap',
  'ccp',
  'ipcp',
  'ipv6cp',
  'gre',
  'tcp',
  'udp',
  'icmp',
  'mppe',
  'ppp',
  'pptp',
  'radius',
  'ip',
  'arp',
])

/** `start-control-connection-request` as the RFC spells it. */
const title = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())
const upper = (word: string): string => (ACRONYMS.has(word) ? word.toUpperCase() : word)
const millis = (ns: number): string => `${(ns / 1e6).toFixed(1)} ms`
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`)
const ADDRESS = /\b\d+\.\d+\.\d+\.\d+\b/g

/** Actions that no machine takes itself. */
const BEFALLS = new Set(['link', 'note', 'crash', 'restart', 'rule', 'nat'])
/** What every network does all the time: a class need not see each. */
const QUIET_DROPS = new Set(['not-for-us', 'tcp-unexpected', 'icmp-ignored', 'power-off'])
/** What a layer discards, where the event does not say it better. */
const UNITS: Readonly<Record<string, string>> = {
  tcp: 'a TCP segment',
  pptp: 'a control message',
  gre: 'a GRE packet',
  ppp: 'a PPP packet',
  mppe: 'an encrypted packet',
  ethernet: 'a frame',
  arp: 'an ARP packet',
  radius: 'a RADIUS packet',
}

/** Where a rule sends a call that no PNS is to take. */
const WITHOUT_PNS: Readonly<Record<string, string>> = { local: 'PPP ends here', nobody: 'nobody takes it here' }
/** What who stands at the end of a line says of a call, and what the network between two lines says. */
const OF_AN_END = {
  sends: (line: string, called: string, _from: string) => `dials ${called} on ${line}`,
  hears: (line: string, called: string, from: string) => `${line} rings: ${called}${from}`,
  connects: (line: string) => `answers on ${line}`,
  releases: (line: string) => `hangs up ${line}`,
}
const OF_A_NETWORK: typeof OF_AN_END = {
  sends: (line, called, from) => `rings ${line}: ${called}${from}`,
  hears: (line, called) => `takes a call on ${line}, for ${called}`,
  connects: line => `connects ${line}`,
  releases: line => `clears ${line}`,
}

/** A machine's name below its node: `calls[0].ppp.lcp` is `lcp` of the call `calls[0]`. */
function parts(machine: string): { owner: string; path: readonly string[]; layer: string } {
  const [owner] = /^calls\[[^\]]*\]/.exec(machine) ?? ['']
  const path = machine.replace(/\[[^\]]*\]/g, '').split('.')
  return { owner, path, layer: path[path.length - 1] }
}

export class Story {
  readonly #verbose: boolean
  readonly #names: ReadonlyMap<string, string>
  readonly #networks: ReadonlySet<string>
  /** By node: with whom it exchanged its last control message. */
  readonly #peers = new Map<string, string>()
  /** By node and call, and by node and interface: who is at the other end. */
  readonly #partners = new Map<string, string>()
  /** By node: whose PPP session begins, until its first packet tells the interface. */
  readonly #beginning = new Map<string, string>()
  /** By node: the instant and the destination of the route that was removed last. */
  readonly #removed = new Map<string, string>()
  /** Nodes that have dialled: only they have a user who looks at a screen. */
  readonly #dialled = new Set<string>()
  /** Nodes that are dialling a telephone number, and how far they came. */
  readonly #calling = new Map<string, { connected: boolean; up: boolean }>()
  /** Nodes whose tunnel is or has been up since they dialled last. */
  readonly #wasUp = new Set<string>()
  /** By node: calls that an access server has announced. It has many, and only their numbers tell them apart. */
  readonly #announced = new Set<string>()
  /** Node and peer of the calls that are over. */
  readonly #over = new Set<string>()

  constructor({ verbose, names, networks = new Set() }: StoryOptions) {
    this.#verbose = verbose
    this.#names = names
    this.#networks = networks
  }

  /** The line for an event; undefined when it does not matter to the reader. Events are told in their order. */
  tell(event: TraceEvent): StoryLine | undefined {
    const line = this.#line(event)
    return line && { t: event.t, node: event.node, ...line }
  }

  #line(event: TraceEvent): Line | undefined {
    switch (event.event) {
      case 'action':
        return this.#action(event)
      case 'wall-clock':
        return lab(`the clock on the wall says ${formatWallClock(event.timeZero)}`, 'faint')
      case 'state':
        return this.#state(event)
      case 'pptp-message':
        return this.#pptpMessage(event)
      case 'ppp-message':
        return this.#pppMessage(event)
      case 'radius-message':
        return this.#radiusMessage(event)
      case 'line-signal':
        return this.#lineSignal(event)
      case 'tunnel-rule':
        return this.#tunnelRule(event)
      case 'pns-passed': {
        const text = `${this.#called(event.pns)} does not take the call on ${event.line}: ${event.detail}`
        return { mark: 'control', depth: DEPTH.pptp, text, tone: 'bad' }
      }
      case 'radius-silent':
        return {
          mark: 'control',
          depth: DEPTH.pptp,
          text: `${title(event.type)}: ${this.#named(event.detail)}`,
          tone: 'bad',
        }
      case 'account':
        return this.#account(event)
      case 'interface':
        return this.#interface(event)
      case 'tunnel-end':
        return this.#tunnelEnd(event)
      case 'dial-end':
        return this.#dialEnd(event)
      case 'route':
        return this.#route(event)
      case 'ping-sent':
        if (!this.#verbose) return undefined
        return user(`ping ${event.seq} to ${this.#called(event.to)}: ${event.length} octets`, 'faint')
      case 'ping-reply':
        return user(`ping ${event.seq}: ${this.#called(event.from)} answers after ${millis(event.rtt)}`, 'good')
      case 'ping-failed':
        return this.#pingFailed(event)
      case 'echo-reply':
        return user(`UDP echo ${event.seq}: ${this.#called(event.from)} answers after ${millis(event.rtt)}`, 'good')
      case 'fetch-done': {
        const { from, bytes, took, ok, detail } = event
        const text = `fetch from ${this.#called(from)}: ${bytes} octets in ${millis(took)}, ${detail}`
        return user(text, ok ? 'good' : 'bad')
      }
      case 'talk-done': {
        const { to, bytes, took, ok, detail } = event
        const text = `talk with ${this.#called(to)}: ${bytes} octets came back in ${millis(took)}, ${detail}`
        return user(text, ok ? 'good' : 'bad')
      }
      case 'served':
        return this.#served(event)
      case 'drop':
        return this.#drop(event)
      case 'tcp-retransmit':
        return this.#retransmission(event)
      case 'arp':
        return this.#arp(event)
      case 'nat-helper': {
        const { type, field, before, after } = event
        const which = field === 'callId' ? 'Call ID' : "Peer's Call ID"
        return {
          mark: 'control',
          depth: DEPTH.pptp,
          text: `the PPTP helper changes the ${which} of ${title(type)} from ${before} to ${after}`,
          tone: 'plain',
        }
      }
      case 'nat': {
        if (!this.#verbose) return undefined
        const { packet, proto, field, before, after, rule } = event
        const text = `translates the ${field} of ${upper(proto)} ${packet}: ${before} becomes ${after} (${rule})`
        return { mark: proto === 'gre' ? 'data' : 'net', depth: 0, text, tone: 'faint' }
      }
      case 'flow': {
        if (!this.#verbose) return undefined
        const { action, proto, entry } = event
        const text = `${action === 'begin' ? 'new entry' : 'entry gone'}: ${upper(proto)} ${entry}`
        return { mark: proto === 'gre' ? 'data' : 'net', depth: 0, text, tone: 'faint' }
      }
      case 'send':
        return this.#packet(event, 'sends')
      case 'forward':
        return this.#packet(event, 'forwards')
      case 'deliver':
        return this.#packet(event, 'gets')
    }
  }

  /** `office (203.0.113.5)` */
  #called(address: string): string {
    const name = this.#names.get(address)
    return name === undefined ? address : `${name} (${address})`
  }
  #short(address: string): string {
    return this.#names.get(address) ?? address
  }
  /** With names for the addresses in it. */
  #named(text: string): string {
    return text.replace(ADDRESS, address => this.#short(address))
  }
  #partnerOf(node: string, of: string): string | undefined {
    return this.#partners.get(`${node} ${of}`)
  }

  #action({ node, verb, detail }: Event<'action'>): Line {
    if (verb === 'connect') {
      this.#dialled.add(node)
      this.#wasUp.delete(node)
    }
    if (verb === 'dial' && !this.#calling.has(node)) this.#calling.set(node, { connected: false, up: false })
    const text = verb === 'note' ? detail : detail.replace(ADDRESS, address => this.#called(address))
    if (BEFALLS.has(verb)) return { ...lab(text, 'plain'), node: 'lab' }
    return { mark: 'user', depth: 0, text, tone: 'plain' }
  }

  #state(event: Event<'state'>): Line | undefined {
    const { node, machine, from, to, cause } = event
    if (machine.startsWith('tcp[')) return this.#tcpState(event)
    if (OF_A_LINE.test(machine)) {
      if (!this.#verbose) return undefined
      return { mark: 'control', depth: 0, text: `${machine}: ${from} to ${to} (${cause})`, tone: toneOf(to) }
    }
    const { owner, path, layer } = parts(machine)
    // PPP of a telephone line: who is at its other end has not sent the node's last control message.
    const learnt = /^(lines\[|dial\.)/.test(machine) ? undefined : this.#learn(node, owner, layer, to)
    if (learnt === undefined && layer === 'phase') this.#beginning.delete(node)
    const named = /^controls\[([\d.]+)(:\d+)?/.exec(machine)
    const peer = named ? `${this.#short(named[1])}${named[2] ?? ''}` : learnt
    const place: Pick<Line, 'mark' | 'depth'> = path.includes('pptp')
      ? { mark: 'control', depth: DEPTH.pptp }
      : { mark: 'data', depth: layer === 'phase' ? DEPTH.ppp : (DEPTH[layer] ?? DEPTH.chap) }
    if (this.#verbose) return { ...place, text: `${machine}: ${from} to ${to} (${cause})`, tone: toneOf(to) }
    const said = MILESTONES[layer]?.[to]
    if (said === undefined || from === 'initial' || from === 'starting') return undefined
    return { ...place, text: said.replace('@', peer === undefined ? '' : ` with ${peer}`), tone: toneOf(to) }
  }

  /** Who is at the other end of a call, kept from its first event on. */
  #learn(node: string, owner: string, layer: string, to: string): string | undefined {
    const key = `${node} ${owner}`
    const last = this.#peers.get(node)
    const fresh = layer === 'control' || (layer === 'call' && to !== 'idle') || !this.#partners.has(key)
    if (fresh && last !== undefined) {
      const call = this.#announced.has(key) ? ` (call ${owner.slice('calls['.length, -1)})` : ''
      this.#partners.set(key, last + call)
    }
    const peer = this.#partners.get(key)
    if (peer === undefined) return undefined
    if (layer === 'phase' && to === 'establish') this.#beginning.set(node, peer)
    if (layer === 'call') this.#over[to === 'idle' ? 'add' : 'delete'](`${node} ${peer.split(' ')[0]}`)
    return peer
  }

  #tcpState({ machine, from, to, cause }: Event<'state'>): Line | undefined {
    const control = machine.includes(':1723')
    const place: Pick<Line, 'mark' | 'depth'> = control
      ? { mark: 'control', depth: DEPTH.tcp }
      : { mark: 'user', depth: 0 }
    if (this.#verbose) return { ...place, text: `${machine}: ${from} to ${to} (${cause})`, tone: toneOf(to) }
    if (!control || from !== 'syn-sent' || to !== 'established') return undefined
    const [address, port] = machine.slice(machine.indexOf('-') + 1, -1).split(':')
    return { ...place, text: `TCP connection to ${this.#called(address)}, port ${port}`, tone: 'good' }
  }

  #pptpMessage({ node, way, type, peer, detail }: Event<'pptp-message'>): Line | undefined {
    this.#peers.set(node, this.#short(peer))
    if (type === 'incoming-call-reply' && way === 'sent') {
      this.#announced.add(`${node} calls[${/^call (\d+)/.exec(detail)?.[1]}]`)
    }
    if (way === 'received' && !this.#verbose) return undefined
    const text = withDetail(`${title(type)} ${way === 'sent' ? 'to' : 'from'} ${this.#short(peer)}`, detail)
    return { mark: 'control', depth: DEPTH.pptp, text, tone: 'plain' }
  }

  #pppMessage({ node, way, proto, type, iface, id, detail }: Event<'ppp-message'>): Line | undefined {
    const beginning = this.#beginning.get(node)
    if (beginning !== undefined) {
      this.#beginning.delete(node)
      this.#partners.set(`${node} ${iface}`, beginning)
    }
    if ((way === 'received' || type.startsWith('echo-')) && !this.#verbose) return undefined
    const peer = this.#partnerOf(node, iface) ?? iface
    const text = `${upper(proto)} ${title(type)} ${id} ${way === 'sent' ? 'to' : 'from'} ${peer}`
    return { mark: 'data', depth: DEPTH[proto] ?? DEPTH.chap, text: withDetail(text, detail), tone: 'plain' }
  }

  #radiusMessage({ way, type, peer, id, detail }: Event<'radius-message'>): Line | undefined {
    if (way === 'received' && !this.#verbose) return undefined
    const text = `RADIUS ${title(type)} ${id} ${way === 'sent' ? 'to' : 'from'} ${this.#short(peer)}`
    return { mark: 'control', depth: DEPTH.pptp, text: withDetail(text, detail), tone: 'plain' }
  }

  /** Of an answer to a release, and of what comes along a line, the other end has told already. */
  #tunnelRule({ line, called, calling, user, rule, to }: Event<'tunnel-rule'>): Line {
    const who = user ?? (calling === '' ? 'somebody' : calling)
    const where =
      WITHOUT_PNS[to] ??
      `to ${to
        .split(' ')
        .map(at => this.#called(at))
        .join(', then ')}`
    const text = `${who} on ${line}, who dialled ${called}: ${where} (rule: ${rule})`
    return { mark: 'control', depth: DEPTH.pptp, text, tone: 'plain' }
  }

  #lineSignal({ node, way, type, line, called, calling, cause, detail }: Event<'line-signal'>): Line | undefined {
    const dialling = type === 'connect' ? this.#calling.get(node) : undefined
    if (dialling) dialling.connected = true
    const place: Pick<Line, 'mark' | 'depth'> = { mark: 'control', depth: 0 }
    if (this.#verbose) return { ...place, text: withDetail(`line ${line}: ${type} ${way}`, detail), tone: 'faint' }
    const words = this.#networks.has(node) ? OF_A_NETWORK : OF_AN_END
    if (type === 'setup') {
      const from = calling === undefined ? '' : `, called by ${calling}`
      const text = way === 'sent' ? words.sends(line, `${called}`, from) : words.hears(line, `${called}`, from)
      return { ...place, text, tone: 'plain' }
    }
    if (way === 'received' || type === 'alerting') return undefined
    if (type === 'connect') return { ...place, text: withDetail(words.connects(line), detail), tone: 'good' }
    const tone = cause === NORMAL_CLEARING ? 'plain' : 'bad'
    return { ...place, text: withDetail(words.releases(line), detail), tone }
  }

  #account({ peer, user: name, iface, seconds, octetsIn, octetsOut, packetsIn, packetsOut, cause }: Event<'account'>) {
    const who = name === '' ? this.#short(peer) : name
    const came = `${octetsIn} octets in ${packetsIn} packets came in`
    const went = `${octetsOut} in ${packetsOut} went out`
    return user(`account of ${who}, ${iface}: ${seconds} s, ${came}, ${went}, ended by ${cause}`, 'plain')
  }

  #interface({ node, iface, to, detail }: Event<'interface'>): Line {
    const peer = this.#partnerOf(node, iface)
    const name = peer === undefined ? iface : `${iface} to ${peer}`
    const calling = iface === 'ppp0' ? this.#calling.get(node) : undefined
    if (to === 'up' && calling) calling.up = true
    else if (to === 'up' && iface.startsWith('ppp')) this.#wasUp.add(node)
    if (to === 'up') return user(withDetail(`${name} is up`, detail), 'good')
    return user(withDetail(`${name} is down, and its routes are gone`, detail), 'plain')
  }

  /** The route that another had taken the place of comes back in the instant in which that one goes. */
  #route({ t, node, action, route }: Event<'route'>): Line | undefined {
    const place = `${t} ${route.split(' ')[0]}`
    if (action === 'add') {
      return user(`${this.#removed.get(node) === place ? 'route is back' : 'new route'}: ${route}`, 'faint')
    }
    this.#removed.set(node, place)
    return this.#verbose ? user(`route removed: ${route}`, 'faint') : undefined
  }

  #tunnelEnd({ node, peer, layer, reason, tries, detail }: Event<'tunnel-end'>): Line {
    const cause = reason.startsWith(layer) ? reason : `${upper(layer)} ${reason}`
    const tried = tries === 0 ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`
    const seen = this.#dialled.has(node) && appearanceOf({ layer, reason, tries, detail }, this.#wasUp.has(node))
    const shown = seen ? ` [Windows would show error ${seen.windows}]` : ''
    const text = `the tunnel to ${this.#short(peer)} is over (${cause}${tried}): ${detail}${shown}`
    return user(text, TUNNEL_END_REASONS[reason] === 'wanted' ? 'plain' : 'bad')
  }

  #dialEnd({ node, number, layer, reason, tries, detail }: Event<'dial-end'>): Line {
    const tried = tries === 0 ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`
    const whom = number === 'unknown' ? 'somebody' : number
    const seen = this.#calling.get(node)
    this.#calling.delete(node)
    const found = seen && dialAppearanceOf({ layer, reason, tries, detail }, seen.connected, seen.up)
    const shown = found ? ` [Windows would show error ${found.windows}]` : ''
    const text = `the call with ${whom} is over (${upper(layer)} ${reason}${tried}): ${detail}${shown}`
    const ends: Readonly<Record<string, 'wanted' | 'failure'>> = { ...TUNNEL_END_REASONS, ...LINE_END_REASONS }
    return user(text, ends[reason] === 'wanted' ? 'plain' : 'bad')
  }

  #pingFailed({ seq, to, type, from }: Event<'ping-failed'>): Line {
    const why = from === undefined ? `no answer came (${type})` : `${this.#called(from)} says ${type}`
    return user(`ping ${seq} to ${this.#called(to)} failed: ${why}`, 'bad')
  }

  #served({ service, port, from, received, sent, took, end, detail }: Event<'served'>): Line {
    const what = withDetail(`${service}, port ${port}, for ${this.#called(from)}`, detail)
    const text = `${what}; ${received} octets in, ${sent} out, ${end} after ${millis(took)}`
    return user(text, end === 'closed' ? 'good' : 'plain')
  }

  #drop(event: Event<'drop'>): Line | undefined {
    const { node, reason, layer, packet, proto, src, dst, link, why, detail, rule, entry } = event
    if (!this.#verbose && QUIET_DROPS.has(reason)) return undefined
    const place = { mark: markOfDrop(event), depth: DEPTH[layer] ?? 0 }
    if (reason === 'pptp-unexpected' && detail !== undefined) {
      const farewell = /^(call-clear-request|call-disconnect-notify) from (\S+)/.exec(detail)
      const peer = farewell && this.#short(farewell[2])
      if (farewell && this.#over.has(`${node} ${peer}`)) {
        const text = `ignores ${title(farewell[1])} from ${peer}: both have ended the call at once, and it is over already`
        return { ...place, text, tone: 'faint' }
      }
    }
    const ends = src === undefined || dst === undefined ? '' : ` from ${this.#short(src)} to ${this.#short(dst)}`
    const what = proto === undefined ? (UNITS[layer] ?? 'a packet') : `${upper(proto)}${ends}`
    const facts = [
      rule === undefined ? undefined : `"${rule}"`,
      entry === undefined ? undefined : `entry: ${this.#named(entry)}`,
      why !== undefined && why !== reason ? MALFORMED[why] : undefined,
      detail?.includes('checksum does not match')
        ? undefined
        : detail?.replace(ADDRESS, address => this.#short(address)),
      link && `on ${link}`,
    ]
    const known = [reason, packet].filter(word => word !== undefined)
    const more = facts.filter(fact => fact !== undefined)
    const sentence = `drops ${what} (${known.join(', ')}): ${DROP_REASONS[reason]}`
    return { ...place, text: more.length === 0 ? sentence : `${sentence} (${more.join(', ')})`, tone: 'bad' }
  }

  #retransmission({ src, dst, tries, length }: Event<'tcp-retransmit'>): Line {
    const control = src.endsWith(':1723') || dst.endsWith(':1723')
    const to = dst.replace(ADDRESS, address => this.#short(address))
    const text = `TCP sends again, try ${tries}: ${length} octets to ${to}`
    return { mark: control ? 'control' : 'user', depth: control ? DEPTH.tcp : 0, text, tone: 'bad' }
  }

  #arp({ type, way, iface, address, mac }: Event<'arp'>): Line | undefined {
    if (!this.#verbose) return undefined
    const place = mac === '' ? 'here' : `at ${mac}`
    const text = type === 'request' ? `who has ${address}?` : `${address} is ${place}`
    return { mark: 'net', depth: 0, text: `ARP ${type} ${way} on ${iface}: ${text}`, tone: 'faint' }
  }

  #packet(event: Event<'send' | 'forward' | 'deliver'>, verb: string): Line | undefined {
    if (!this.#verbose) return undefined
    const { packet, parent, proto, src, dst, length, iface } = event
    const made = parent === undefined ? '' : `, made from ${parent}`
    const text = `${verb} ${packet}${made}: ${upper(proto)} ${src} to ${dst}, ${length} octets, ${iface}`
    return { mark: proto === 'gre' ? 'data' : 'net', depth: 0, text, tone: 'faint' }
  }
}

/** States worth a line of their own, by machine; the others are in between. `@` is for whom it is with. */
const MILESTONES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  control: { established: 'control connection@ established', idle: 'control connection@ closed' },
  call: { established: 'call@ connected', idle: 'call@ cleared' },
  lcp: { opened: 'LCP opened@', closed: 'LCP closed@', stopped: 'LCP stopped@' },
  auth: { authenticated: 'authentication@ succeeded', failed: 'authentication@ failed' },
  ccp: { opened: 'CCP opened@', stopped: 'CCP stopped@' },
  ipcp: { opened: 'IPCP opened@', stopped: 'IPCP stopped@' },
}

/** Machines of a telephone line, whose signals tell the story. */
const OF_A_LINE = /(^|\.)line(s\[[^\]]*\])?\.(call|use)$/
/** Q.850 */
const NORMAL_CLEARING = 16

const GOOD = new Set(['opened', 'established', 'authenticated'])
const BAD = new Set(['failed', 'stopped'])
const toneOf = (state: string): Tone => (GOOD.has(state) ? 'good' : BAD.has(state) ? 'bad' : 'faint')

const lab = (text: string, tone: Tone): Line => ({ mark: 'lab', depth: 0, text, tone })
const user = (text: string, tone: Tone): Line => ({ mark: 'user', depth: 0, text, tone })

function markOfDrop(e: Event<'drop'>): Mark {
  if (e.layer === 'pptp') return 'control'
  return e.layer === 'gre' || e.layer === 'ppp' || e.layer === 'mppe' || e.proto === 'gre' ? 'data' : 'net'
}

/** A line in its columns - time, mark, node, text - and how far its text is indented, for those who wrap it. */
export function lineOf(line: StoryLine, nodeWidth: number): { columns: readonly string[]; indent: number } {
  const steps = '  '.repeat(line.depth)
  const head = [formatTime(line.t).padStart(10), line.mark.padEnd(7), line.node.padEnd(nodeWidth)]
  const indent = head.reduce((sum, column) => sum + column.length + 2, steps.length)
  return { columns: [...head, steps + line.text], indent }
}
