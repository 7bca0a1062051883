/**
 * The story of a run: the trace as sentences, one line for each thing that matters. A line is marked by the channel it
 * belongs to - the control connection, the data channel of the tunnel, or the user's own traffic - and indented by its
 * layer, so that the building of a tunnel can be seen as a staircase.
 */
import { DROP_REASONS } from '../base/drop.ts'
import { MALFORMED } from '../base/result.ts'
import { formatTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import { TUNNEL_END_REASONS } from '../base/tunnel-end.ts'

export type Mark = 'control' | 'data' | 'user' | 'net'
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
}

type Teller<K extends TraceEvent['event']> = (
  event: Extract<TraceEvent, { event: K }>,
  options: StoryOptions,
) => Omit<StoryLine, 't' | 'node'> | undefined

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
  'ip',
  'arp',
])

/** `start-control-connection-request` as the RFC spells it. */
const title = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())
const upper = (word: string): string => (ACRONYMS.has(word) ? word.toUpperCase() : word)
const millis = (ns: number): string => `${(ns / 1e6).toFixed(1)} ms`
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`)
const called = (address: string, { names }: StoryOptions): string => {
  const name = names.get(address)
  return name === undefined ? address : `${name} (${address})`
}

/** States worth a line of their own; the others are in between. */
const MILESTONES = new Set(['established', 'opened', 'authenticated', 'failed', 'stopped', 'closed', 'idle', 'dead'])

const channelOf = (machine: string): { mark: Mark; depth: number; layer: string } => {
  if (machine.startsWith('tcp[')) {
    const pptp = machine.includes(':1723')
    return { mark: pptp ? 'control' : 'user', depth: pptp ? 1 : 0, layer: 'tcp' }
  }
  const parts = machine.replace(/\[[^\]]*\]/g, '').split('.')
  const layer = parts[parts.length - 1]
  if (parts.includes('pptp'))
    return { mark: 'control', depth: 2, layer: layer === 'control' ? 'control connection' : layer }
  const names: Readonly<Record<string, string>> = { phase: 'link', auth: 'authentication' }
  return { mark: 'data', depth: layer === 'phase' ? 3 : (DEPTH[layer] ?? 4), layer: names[layer] ?? layer }
}

/** Of a call on a server the name of the machine says whose: `calls[ppp0].ppp.lcp`. */
const ownerOf = (machine: string): string => {
  const match = /^calls\[([^\]]+)\]/.exec(machine)
  return match ? ` (${match[1]})` : ''
}

const TELLERS: { readonly [K in TraceEvent['event']]: Teller<K> } = {
  action: e => ({
    mark: e.verb === 'link' || e.verb === 'note' ? 'net' : 'user',
    depth: 0,
    text: e.detail,
    tone: 'plain',
  }),
  state: (e, { verbose }) => {
    const { mark, depth, layer } = channelOf(e.machine)
    if (layer === 'tcp' && !verbose) return undefined
    if (!verbose && (!MILESTONES.has(e.to) || layer === 'link' || e.from === 'initial' || e.from === 'starting'))
      return undefined
    const tone =
      e.to === 'opened' || e.to === 'established' || e.to === 'authenticated'
        ? 'good'
        : e.to === 'failed' || e.to === 'stopped'
          ? 'bad'
          : 'faint'
    const text = verbose
      ? `${e.machine}: ${e.from} to ${e.to} (${e.cause})`
      : `${upper(layer)} ${e.to}${ownerOf(e.machine)}`
    return { mark, depth, text, tone }
  },
  'pptp-message': (e, options) => {
    if (e.way === 'received' && !options.verbose) return undefined
    const text = withDetail(`${title(e.type)} ${e.way === 'sent' ? 'to' : 'from'} ${called(e.peer, options)}`, e.detail)
    return { mark: 'control', depth: 2, text, tone: 'plain' }
  },
  'ppp-message': (e, { verbose }) => {
    const echo = e.type.startsWith('echo-')
    if ((e.way === 'received' || echo) && !verbose) return undefined
    const way = verbose ? ` ${e.way}` : ''
    const text = withDetail(`${upper(e.proto)} ${title(e.type)} ${e.id}${way}`, e.detail)
    return { mark: 'data', depth: DEPTH[e.proto] ?? 4, text, tone: 'plain' }
  },
  interface: e => ({
    mark: 'user',
    depth: 0,
    text: withDetail(`${e.iface} is ${e.to}`, e.detail),
    tone: e.to === 'up' ? 'good' : 'plain',
  }),
  'tunnel-end': (e, options) => {
    const tries = e.tries === 0 ? '' : `, ${e.tries} ${e.tries === 1 ? 'try' : 'tries'}`
    const wanted = TUNNEL_END_REASONS[e.reason] === 'wanted'
    return {
      mark: 'user',
      depth: 0,
      text: `the tunnel to ${called(e.peer, options)} is over (${upper(e.layer)} ${e.reason}${tries}): ${e.detail}`,
      tone: wanted ? 'plain' : 'bad',
    }
  },
  route: e => ({
    mark: 'user',
    depth: 0,
    text: `route ${e.action === 'add' ? 'added' : 'removed'}: ${e.route}`,
    tone: 'faint',
  }),
  'ping-sent': (e, options) =>
    options.verbose
      ? { mark: 'user', depth: 0, text: `ping ${e.seq} to ${called(e.to, options)}: ${e.length} octets`, tone: 'faint' }
      : undefined,
  'ping-reply': (e, options) => ({
    mark: 'user',
    depth: 0,
    text: `ping ${e.seq}: ${called(e.from, options)} answers after ${millis(e.rtt)}`,
    tone: 'good',
  }),
  'ping-failed': (e, options) => ({
    mark: 'user',
    depth: 0,
    text: `ping ${e.seq} to ${called(e.to, options)} failed: ${e.type}${e.from === undefined ? '' : ` from ${called(e.from, options)}`}`,
    tone: 'bad',
  }),
  'echo-reply': (e, options) => ({
    mark: 'user',
    depth: 0,
    text: `UDP echo ${e.seq}: ${called(e.from, options)} answers after ${millis(e.rtt)}`,
    tone: 'good',
  }),
  'fetch-done': (e, options) => ({
    mark: 'user',
    depth: 0,
    text: `fetch from ${called(e.from, options)}: ${e.bytes} octets in ${millis(e.took)}, ${e.detail}`,
    tone: e.ok ? 'good' : 'bad',
  }),
  drop: (e, { verbose }) => {
    if (!verbose && QUIET_DROPS.has(e.reason)) return undefined
    const facts = [
      e.packet,
      e.proto && (e.src ? `${upper(e.proto)} ${e.src} to ${e.dst}` : upper(e.proto)),
      e.link && `on ${e.link}`,
      e.why && MALFORMED[e.why],
      e.detail,
    ].filter(fact => fact)
    const text = `dropped (${e.reason}) ${facts.join(', ')}. ${DROP_REASONS[e.reason]}`
    return { mark: markOfDrop(e), depth: DEPTH[e.layer] ?? 0, text, tone: 'bad' }
  },
  'tcp-retransmit': e => ({
    mark: e.src.endsWith(':1723') || e.dst.endsWith(':1723') ? 'control' : 'user',
    depth: 1,
    text: `TCP sends again, try ${e.tries}: ${e.length} octets to ${e.dst}`,
    tone: 'bad',
  }),
  arp: (e, { verbose }) => {
    if (!verbose) return undefined
    const text = e.type === 'request' ? `who has ${e.address}?` : `${e.address} is at ${e.mac}`
    return { mark: 'net', depth: 0, text: `ARP ${e.type} ${e.way} on ${e.iface}: ${text}`, tone: 'faint' }
  },
  send: (e, options) => packetLine(e, 'sends', options),
  forward: (e, options) => packetLine(e, 'forwards', options),
  deliver: (e, options) => packetLine(e, 'gets', options),
}

/** What every network does all the time: a class need not see each. */
const QUIET_DROPS = new Set(['not-for-us', 'tcp-unexpected', 'icmp-ignored'])

const packetLine = (
  e: Extract<TraceEvent, { event: 'send' | 'forward' | 'deliver' }>,
  verb: string,
  { verbose }: StoryOptions,
): Omit<StoryLine, 't' | 'node'> | undefined => {
  if (!verbose) return undefined
  const made = e.parent === undefined ? '' : `, made from ${e.parent}`
  const text = `${verb} ${e.packet}${made}: ${upper(e.proto)} ${e.src} to ${e.dst}, ${e.length} octets, ${e.iface}`
  return { mark: e.proto === 'gre' ? 'data' : 'net', depth: 0, text, tone: 'faint' }
}

function markOfDrop(e: Extract<TraceEvent, { event: 'drop' }>): Mark {
  if (e.layer === 'pptp') return 'control'
  return e.layer === 'gre' || e.layer === 'ppp' || e.layer === 'mppe' || e.proto === 'gre' ? 'data' : 'net'
}

/** The line for an event; undefined when it does not matter to the reader. */
export function tell(event: TraceEvent, options: StoryOptions): StoryLine | undefined {
  const teller = TELLERS[event.event] as Teller<TraceEvent['event']>
  const line = teller(event as never, options)
  return line && { t: event.t, node: event.node, ...line }
}

/** `0.035000  control  alice      PPTP …`, without colours. */
export function formatLine(line: StoryLine, nodeWidth: number): string {
  const indent = '  '.repeat(line.depth)
  return `${formatTime(line.t).padStart(10)}  ${line.mark.padEnd(7)}  ${line.node.padEnd(nodeWidth)}  ${indent}${line.text}`
}
