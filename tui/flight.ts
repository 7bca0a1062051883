/** A packet on a link as the drawing shows it: a letter for what it is, its colour, and how far it has come. */
import { dissect, type Field, type Flight, type PacketRecord, type SceneLink } from '../src/index.ts'
import type { Role } from './text.ts'

/** LINKTYPE_ETHERNET and LINKTYPE_RAW of captures, and octets of a telephone line. */
const LINK_TYPES = { ethernet: 1, ip: 101, serial: 147 } as const

export interface PacketClass {
  /** T and C control, L H M P PPP, D sealed data, I U T data in clear, G an acknowledgment alone, A ARP. */
  readonly letter: string
  readonly role: Role
  /** `sealed data`, `echo request 3`. */
  readonly text: string
  /** Of GRE: to whom of its call it goes. */
  readonly callId?: number
}

const PPP: Readonly<Record<string, string>> = { lcp: 'L', pap: 'H', chap: 'H', ccp: 'M', ipcp: 'P' }
const SHORT: readonly (readonly [RegExp, string])[] = [
  [/Configure-/, 'Conf-'],
  [/Conf-Request/, 'Conf-Req'],
  [/Conf-Reject/, 'Conf-Rej'],
  [/Terminate-/, 'Term-'],
  [/Request/, 'Req'],
  [/, id /, ' '],
]
/** `LCP Conf-Req 1` for `LCP Configure-Request, id 1`. */
export const shorten = (text: string): string => SHORT.reduce((so, [from, to]) => so.replace(from, to), text)

const MESSAGES: Readonly<Record<string, string>> = {
  'start-control-connection-request': 'SCCRQ',
  'start-control-connection-reply': 'SCCRP',
  'stop-control-connection-request': 'StopCCRQ',
  'stop-control-connection-reply': 'StopCCRP',
  'outgoing-call-request': 'OCRQ',
  'outgoing-call-reply': 'OCRP',
  'incoming-call-request': 'ICRQ',
  'incoming-call-reply': 'ICRP',
  'incoming-call-connected': 'ICCN',
  'call-clear-request': 'CCRQ',
  'call-disconnect-notify': 'CDN',
  'wan-error-notify': 'WEN',
  'set-link-info': 'SLI',
  'echo-request': 'Echo-Req',
  'echo-reply': 'Echo-Reply',
}
/** A control message by the abbreviation that RFC 2637 readers use. */
export const messageName = (type: string): string => MESSAGES[type] ?? type

const classes = new WeakMap<Uint8Array, PacketClass>()

export const classOf = ({ hop }: Flight, type: SceneLink['type']): PacketClass => classOfBytes(hop.bytes, type)

/** The call ID of a GRE packet. */
export const callIdOf = (bytes: Uint8Array, type: SceneLink['type']): number | undefined =>
  classOfBytes(bytes, type).callId

function classOfBytes(bytes: Uint8Array, type: SceneLink['type']): PacketClass {
  const known = classes.get(bytes)
  if (known) return known
  const frame = dissect(bytes, LINK_TYPES[type])
  const gre = frame.children?.find(({ name }) => name === 'gre')
  const callId = gre?.children?.find(({ name }) => name === 'callId')?.value
  const made = typeof callId === 'number' ? { ...classify(frame), callId } : classify(frame)
  classes.set(bytes, made)
  return made
}

function classify(frame: Field): PacketClass {
  const onLine = frame.children?.[0]?.name === 'hdlc'
  const unpacked = (frame.children ?? []).flatMap(layer =>
    layer.name === 'reassembled' ? (layer.children ?? []) : layer,
  )
  const layers = new Map(unpacked.map(layer => [layer.name, layer]))
  const text = (name: string): string => layers.get(name)?.text ?? ''
  if (layers.has('arp')) return { letter: 'A', role: 'muted', text: `ARP ${text('arp').replace(/:.*/, '')}` }
  if (layers.has('gre') || onLine) {
    if (layers.has('mppe')) return { letter: 'D', role: 'sealed', text: 'sealed data' }
    for (const [name, letter] of Object.entries(PPP))
      if (layers.has(name)) return { letter, role: 'ppp', text: shorten(text(name)) }
    if (!layers.has('ppp') && !onLine) return { letter: 'G', role: 'muted', text: 'GRE ack, no data' }
  }
  if (layers.has('tcp')) {
    const control = / 1723\b/.test(text('tcp'))
    const messages = layers.get('pptp') ?? layers.get('controlStream')
    if (messages) return { letter: 'C', role: 'control', text: controlText(messages) }
    return { letter: 'T', role: control ? 'control' : 'plain', text: shortTcp(text('tcp')) }
  }
  if (layers.has('icmp')) return { letter: 'I', role: 'plain', text: text('icmp').replace(/ id \d+ seq/, '') }
  if (layers.has('udp')) return { letter: 'U', role: 'plain', text: 'UDP' }
  return layers.has('gre')
    ? { letter: 'D', role: 'plain', text: 'data in clear' }
    : { letter: '?', role: 'plain', text: frame.children?.at(-1)?.text ?? '' }
}

/** `OCRQ`: the first message of the segment; a piece of one has no name. */
function controlText({ children }: Field): string {
  const type = children?.[0]?.text.split(/[:, ]/)[0].toLowerCase() ?? ''
  return messageName(type) === type ? 'PPTP message' : messageName(type)
}

/** `TCP SYN` of `TCP 40900 > 1723 [SYN]`. */
const shortTcp = (text: string): string => `TCP ${/\[(.*)\]/.exec(text)?.[1].replaceAll(', ', ' ') ?? ''}`.trim()

/** The same packet as the two ends of the tunnel see it; undefined if it is no user's packet. */
export function insideOf(packet: PacketRecord): PacketClass | undefined {
  const bytes = packet.inside ?? packet.parent?.inside
  if (!bytes) return undefined
  let known = classes.get(bytes)
  if (!known) classes.set(bytes, (known = classify(dissect(bytes, LINK_TYPES.ip))))
  return known
}

/** What moves along a link: a packet, or a signal of a telephone line. */
export interface Moving {
  readonly hop: { readonly from: 0 | 1; readonly sent: number; readonly arrives: number | undefined }
}

/** Which of so many cells it has reached: cells × (now − sent) / flight time. */
export function cellAt({ hop }: Moving, now: number, cells: number): number {
  const { sent, arrives = sent } = hop
  const share = arrives > sent ? (now - sent) / (arrives - sent) : 1
  return Math.max(0, Math.min(cells - 1, Math.floor(cells * share)))
}

/** What is drawn of the packets on a link: a letter, or a letter with a number, behind an arrow. */
export interface Sign<T extends Moving = Flight> {
  readonly flight: T
  /** The end it comes from; its cells are counted from there. */
  readonly from: 0 | 1
  /** Where the arrow is. */
  readonly at: number
  readonly text: string
  readonly role: Role
}

/** From so many packets one way on, one sign stands for all. */
const MANY = 5

/** The signs that have room: where two would lie on each other, that of the busier direction is drawn. */
export function signsOn<T extends Moving>(
  flights: readonly T[],
  now: number,
  cells: number,
  classify: (flight: T) => Pick<PacketClass, 'letter' | 'role'>,
): Sign<T>[] {
  if (cells === 0) return []
  const signs: Sign<T>[] = []
  const taken = new Set<number>()
  const ways = ([0, 1] as const).map(from => ({ from, these: flights.filter(({ hop }) => hop.from === from) }))
  for (const { from, these } of ways.sort((a, b) => b.these.length - a.these.length)) {
    these.sort((a, b) => a.hop.sent - b.hop.sent)
    for (const flight of these.length < MANY ? these : these.slice(0, 1)) {
      const { letter, role } = classify(flight)
      const text = these.length < MANY ? letter : `${letter}${these.length}`
      const at = Math.min(cells - 1, Math.max(text.length, cellAt(flight, now, cells)))
      const places = Array.from({ length: text.length + 1 }, (_, i) => (from === 0 ? at - i : cells - 1 - at + i))
      if (places.some(place => taken.has(place))) continue
      for (const place of places) taken.add(place)
      signs.push({ flight, from, at, text, role })
    }
  }
  return signs
}

/** How far it has come from one end of the tunnel to the other, 0 … 1: each link counts by its delay. */
export function wayThrough(links: readonly SceneLink[], place: number, share: number): number {
  const lengths = links.map(({ quality }) => quality[0].delay + 1e6)
  const before = lengths.slice(0, place).reduce((sum, length) => sum + length, 0)
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  return (before + lengths[place] * share) / whole
}
