/**
 * What the two peers of a capture say, in the order in which the server's side of the wire saw it.
 *
 * That order is the server's own: whatever stands before one of its packets it may have had in hand. For the client it
 * is a possible order too, since its packets only left earlier than they are seen here.
 */
import assert from 'node:assert/strict'
import { ip } from '../../src/base/address.ts'
import { equal, get16, get32, hex } from '../../src/base/bytes.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Ethernet from '../../src/wire/ethernet.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pap from '../../src/wire/pap.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import * as Pptp from '../../src/wire/pptp.ts'

export const CLIENT = ip('10.99.1.2')
export const SERVER = ip('10.99.2.2')
export type Side = 'client' | 'server'
export const other = (side: Side): Side => (side === 'client' ? 'server' : 'client')

/** Where order counts: messages of two channels may overtake each other. */
export type Channel = 'control' | 'tcp' | 'gre' | 'lcp' | 'auth' | 'ccp' | 'ipcp' | 'ipv6cp'

/** One thing that a peer says and that the other one's answers are judged by. */
export interface Message {
  readonly channel: Channel
  /** `outgoing-call-request`, `configure-ack`, … */
  readonly type: string
  /** What its codec reads from it; `octets` too if there is something that the codec would not write. */
  readonly value: object
  readonly bytes: Uint8Array
}

export interface Said {
  readonly from: Side
  /** Nanoseconds after the first frame of the capture. */
  readonly time: number
  /** As Wireshark counts. */
  readonly frame: number
  /** Absent: user data, their fragments, and packets that only acknowledge. */
  readonly message?: Message
  /** Octets of the control connection that this packet brings. */
  readonly stream?: Uint8Array
  /** The IP packet, where it carries GRE. */
  readonly gre?: Uint8Array
  /** PPP protocol number of user data in GRE. */
  readonly data?: number
}

export function readSaid(file: Uint8Array): readonly Said[] {
  const capture = Pcap.read(file)
  assert.deepEqual(capture.problems, [])
  const reader = new Reader(Number(capture.frames[0].time))
  for (const [i, { bytes, time }] of capture.frames.entries()) {
    if (Ethernet.type(bytes, 0) !== Ethernet.TYPE.ipv4) continue
    const packet = bytes.subarray(Ethernet.HEADER, Ethernet.HEADER + Ipv4.totalLength(bytes, Ethernet.HEADER))
    reader.take(packet, i + 1, Number(time))
  }
  return reader.said
}

class Reader {
  readonly said: Said[] = []
  readonly #start: number
  readonly #streams: Readonly<Record<Side, TcpHalf>> = { client: new TcpHalf(), server: new TcpHalf() }
  readonly #greSeen = new Set<Side>()
  /** Of packets of which one fragment has come, and the PPP protocol number if it was the first one. */
  readonly #fragments = new Map<string, number | undefined>()

  constructor(start: number) {
    this.#start = start
  }

  take(packet: Uint8Array, frame: number, time: number): void {
    const from: Side | undefined =
      Ipv4.source(packet, 0) === CLIENT ? 'client' : Ipv4.source(packet, 0) === SERVER ? 'server' : undefined
    if (!from) return
    const at = { from, frame, time: time - this.#start }
    const payload = packet.subarray(Ipv4.headerLength(packet, 0))
    if (Ipv4.protocol(packet, 0) === Ipv4.PROTOCOL.gre) this.#gre(at, packet, payload)
    else if (Ipv4.protocol(packet, 0) === Ipv4.PROTOCOL.tcp) this.#tcp(at, payload)
  }

  #gre(at: Pick<Said, 'from' | 'frame' | 'time'>, packet: Uint8Array, payload: Uint8Array): void {
    const told = Ipv4.fragmentOffset(packet, 0) === 0 ? readGre(payload, !this.#greSeen.has(at.from)) : []
    this.#greSeen.add(at.from)
    const data = told.find(one => one.data !== undefined)?.data
    if (Ipv4.isFragment(packet, 0)) this.said.push({ ...at, gre: packet, ...this.#fragment(at.from, packet, data) })
    else if (told.length === 0) this.said.push({ ...at, gre: packet })
    // The packet itself is played once.
    else for (const [i, one] of told.entries()) this.said.push({ ...at, ...one, ...(i === 0 ? { gre: packet } : {}) })
  }

  /** User data count when both fragments have come, in whatever order: the lossy line lost some. */
  #fragment(from: Side, packet: Uint8Array, data: number | undefined): Pick<Said, 'data'> {
    const key = `${from} ${Ipv4.identification(packet, 0)}`
    const whole = this.#fragments.has(key)
    const known = data ?? this.#fragments.get(key)
    if (whole) this.#fragments.delete(key)
    else this.#fragments.set(key, data)
    return whole && known !== undefined ? { data: known } : {}
  }

  #tcp(at: Pick<Said, 'from' | 'frame' | 'time'>, segment: Uint8Array): void {
    const half = this.#streams[at.from]
    for (const message of half.take(segment)) this.said.push({ ...at, ...message })
  }
}

/** The messages of one direction of the control connection; segments come in order, some of them twice. */
class TcpHalf {
  #next: number | undefined
  #ended = false

  take(segment: Uint8Array): Pick<Said, 'message' | 'stream'>[] {
    if (get16(segment, 0) !== Pptp.PORT && get16(segment, 2) !== Pptp.PORT) return []
    const flags = segment[13]
    const sequence = get32(segment, 4)
    if (flags & SYN) {
      this.#next = (sequence + 1) >>> 0
      return []
    }
    if (this.#next === undefined || this.#ended) return []
    if (flags & RST) return this.#end('rst')
    const known = (this.#next - sequence) | 0
    const octets = segment.subarray(((segment[12] >>> 4) << 2) + known)
    this.#next = (this.#next + octets.length) >>> 0
    const out: Pick<Said, 'message' | 'stream'>[] = readControl(octets).map(message => ({
      message,
      stream: message.bytes,
    }))
    return flags & FIN ? [...out, ...this.#end('fin')] : out
  }

  #end(type: 'fin' | 'rst'): Pick<Said, 'message'>[] {
    this.#ended = true
    return [{ message: tcpEnd(type) }]
  }
}
const FIN = 1
const SYN = 2
const RST = 4

export const tcpEnd = (type: 'fin' | 'rst'): Message => ({
  channel: 'tcp',
  type,
  value: {},
  bytes: new Uint8Array(0),
})

/** Each segment of these captures holds whole messages. */
function readControl(octets: Uint8Array): readonly Message[] {
  const messages: Message[] = []
  const splitter = new Pptp.Splitter({
    message: (value, bytes) => messages.push(controlMessage(value, bytes)),
    rubbish: ({ reason }) => assert.fail(`rubbish in the control connection: ${reason}`),
  })
  splitter.push(octets)
  assert.equal(splitter.pending, 0)
  return messages
}

export const controlMessage = (value: Pptp.Message, bytes: Uint8Array): Message => ({
  channel: 'control',
  type: value.type,
  value: { ...value, ...unread(bytes, Pptp.write(value)) },
  bytes,
})

/** Reserved fields, padding: what no field of the value shows. */
const unread = (bytes: Uint8Array, written: Uint8Array): { readonly octets?: Uint8Array } =>
  equal(bytes, written) ? {} : { octets: bytes }

/** What a GRE packet says. The first one of a side also says with which number that side begins. */
export function readGre(packet: Uint8Array, first: boolean): Pick<Said, 'message' | 'data'>[] {
  const callId = Gre.callId(packet, 0)
  if (!Gre.hasSequence(packet, 0)) return []
  const bytes = packet.subarray(Gre.headerLength(packet, 0))
  const header = { callId, sequenceNumber: Gre.sequenceNumber(packet, 0) }
  const told: Pick<Said, 'message' | 'data'>[] = [readPpp(bytes, callId)]
  if (first) told.push({ message: { channel: 'gre', type: 'first-packet', value: header, bytes: new Uint8Array(0) } })
  return told
}

const CHANNELS: ReadonlyMap<number, Channel> = new Map([
  [Ppp.LCP, 'lcp'],
  [Ppp.PAP, 'auth'],
  [Ppp.CHAP, 'auth'],
  [Ppp.CCP, 'ccp'],
  [Ppp.IPCP, 'ipcp'],
  [Ppp.IPV6CP, 'ipv6cp'],
])

function readPpp(bytes: Uint8Array, callId: number): Pick<Said, 'message' | 'data'> {
  const ppp = Ppp.parse(bytes)
  assert.ok(ppp.ok)
  const { addressCompressed, protocolCompressed, protocol, info } = ppp.value
  const channel = CHANNELS.get(protocol)
  if (!channel) return { data: protocol }
  const codec = protocol === Ppp.PAP ? Pap : protocol === Ppp.CHAP ? Chap : Cp
  const parsed = codec.parse(info)
  assert.ok(parsed.ok, `${channel}: ${hex(info)}`)
  const written = Ppp.write({ ...ppp.value, info: codec.write(parsed.value as never) })
  const value = { callId, addressCompressed, protocolCompressed, ...parsed.value, ...unread(bytes, written) }
  return { message: { channel, type: parsed.value.type, value, bytes } }
}

/** The message with other octets; undefined if they are no message at all. */
export function reread({ channel, value }: Message, bytes: Uint8Array): Message | undefined {
  if (channel === 'control') {
    const parsed = Pptp.parse(bytes)
    return parsed.ok ? controlMessage(parsed.value, bytes) : undefined
  }
  try {
    return readPpp(bytes, (value as { readonly callId: number }).callId).message
  } catch {
    return undefined
  }
}
