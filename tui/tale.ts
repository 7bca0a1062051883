/** What happens, in few words: one line for each thing that matters, short enough for a narrow pane. */
import { type SceneNode, Story, type StoryLine, type TraceEvent } from '../src/index.ts'
import { messageName, shorten } from './flight.ts'
import type { Role } from './text.ts'

export interface TaleLine {
  readonly t: number
  readonly node: string
  readonly text: string
  readonly role?: Role | undefined
}

const NO_NAMES = { verbose: false, names: new Map<string, string>() }
/** The story without what came before: with whom a call is, is not said here. */
const tell = (event: TraceEvent): StoryLine | undefined => new Story(NO_NAMES).tell(event)
/** Of these nothing is said but what is said here. */
const TOLD: ReadonlySet<string> = new Set([
  'line-signal',
  'tunnel-rule',
  'action',
  'state',
  'pptp-message',
  'ppp-message',
  'drop',
])
const TOLD_BETTER: ReadonlySet<string> = new Set(['ping', 'echo', 'dial', 'hangup'])
const title = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())

/** The way of packets is drawn. */
const PACKETS: ReadonlySet<string> = new Set(['send', 'forward', 'deliver'])

/** A line for an event; undefined when it does not matter. `nameOf`: the node that has an address. */
export function tale(event: TraceEvent, nameOf: (address: string) => string): TaleLine | undefined {
  if (PACKETS.has(event.event)) return undefined
  const story = TOLD.has(event.event) ? undefined : tell(event)
  const short = shortOf(event, nameOf) ?? (story && { text: story.text, role: roleOf(story.tone) })
  return short && { t: event.t, node: event.node, ...short }
}

function shortOf(
  event: TraceEvent,
  nameOf: (address: string) => string,
): { text: string; role?: Role | undefined } | undefined {
  switch (event.event) {
    case 'action':
      // What follows at once tells more.
      return TOLD_BETTER.has(event.verb) ? undefined : { text: shortAction(event.detail, event.node, nameOf) }
    case 'route':
      return { text: `route ${event.action === 'add' ? 'to' : 'gone:'} ${event.route.split(' ')[0]}`, role: 'muted' }
    case 'state': {
      const story = tell(event)
      return story && { text: shortState(story.text, nameOf), role: roleOf(story.tone) }
    }
    case 'line-signal':
      return signalOf(event)
    case 'tunnel-rule':
      return { text: `rule ${event.rule}: ${event.to === 'local' ? 'ends here' : 'tunnel'}`, role: 'control' }
    case 'pptp-message':
      return event.way === 'sent'
        ? { text: `${messageName(event.type)} to ${nameOf(event.peer)}`, role: 'control' }
        : undefined
    case 'ppp-message':
      return event.way === 'sent' && !event.type.startsWith('echo-')
        ? { text: shorten(`${event.proto.toUpperCase()} ${title(event.type)} ${event.id}`), role: 'ppp' }
        : undefined
    case 'ping-sent':
      return { text: `echo request ${event.seq}` }
    case 'ping-reply':
      return { text: `echo reply ${event.seq}, ${(event.rtt / 1e6).toFixed(1)} ms`, role: 'ok' }
    case 'ping-failed':
      return { text: `× ping ${event.seq}: ${event.type}`, role: 'bad' }
    case 'echo-reply':
      return { text: `UDP echo ${event.seq}, ${(event.rtt / 1e6).toFixed(1)} ms`, role: 'ok' }
    case 'fetch-done':
      return { text: `fetched ${event.bytes} octets`, role: event.ok ? 'ok' : 'bad' }
    case 'talk-done':
      return { text: `${event.bytes} octets echoed`, role: event.ok ? 'ok' : 'bad' }
    case 'served':
      return { text: `${event.service} for ${nameOf(event.from)}`, role: 'ok' }
    case 'tcp-retransmit':
      return { text: `TCP again, try ${event.tries}`, role: 'warn' }
    case 'tunnel-end':
      return { text: 'the tunnel is over' }
    case 'interface':
      return { text: `${event.iface} is ${event.to}`, role: event.to === 'up' ? 'ok' : 'warn' }
    case 'drop':
      return tell(event) && { text: `× ${event.reason}${event.proto ? ` ${event.proto}` : ''}`, role: 'bad' }
    default:
      return undefined
  }
}

/** Of a call that is answered or given up, who does it. */
function signalOf({ type, way, called }: Extract<TraceEvent, { event: 'line-signal' }>) {
  if (type === 'setup')
    return { text: way === 'sent' ? `dials ${called}` : `it rings: ${called}`, role: 'control' as const }
  if (way === 'received' || type === 'alerting') return undefined
  return type === 'connect' ? { text: 'answers', role: 'ok' as const } : { text: 'hangs up' }
}

/** `control established`; which call of a server it was can be seen by the packets before. */
const shortState = (text: string, nameOf: (address: string) => string): string =>
  text
    .replace(/^TCP connection to ([\d.]+), port \d+$/, (_, address: string) => `TCP to ${nameOf(address)}`)
    .replace(/ \([^)]*\)$/, '')
    .replace('control connection', 'control')
    .replace(/ with [\d.]+/, '')
    .replace('authentication succeeded', 'authenticated')

/** `fetches 500kB from files`, `isp─office down`. */
function shortAction(detail: string, node: string, nameOf: (address: string) => string): string {
  const text = detail.startsWith(`${node} `) ? detail.slice(node.length + 1) : detail
  return text
    .replace(/\d+(\.\d+){3}/g, address => nameOf(address))
    .replace(/ over TCP, port \d+$/, '')
    .replace(/^the link between (\S+) and (\S+?):?( is| goes)? /, '$1─$2 ')
}

function roleOf(tone: 'plain' | 'good' | 'bad' | 'faint'): Role | undefined {
  if (tone === 'good') return 'ok'
  if (tone === 'bad') return 'bad'
  return tone === 'faint' ? 'muted' : undefined
}

/** The latest lines, oldest first; of one node, if it is named. */
export function latest(
  events: readonly TraceEvent[],
  nodes: readonly SceneNode[],
  count: number,
  node: string | undefined,
): TaleLine[] {
  const names = new Map(nodes.flatMap(({ name, addresses }) => addresses.map(a => [a.replace(/\/.*/, ''), name])))
  const lines: TaleLine[] = []
  for (let i = events.length - 1; i >= 0 && lines.length < count; i--) {
    if (node !== undefined && events[i].node !== node) continue
    const line = tale(events[i], address => names.get(address) ?? address)
    if (line) lines.unshift(line)
  }
  return lines
}
