/**
 * PPP in HDLC-like framing on octets: read RFC 1662 §3.1 (the frame), §4 (octet-stuffed framing) and Appendix C (FCS).
 *
 *     +------+---------+---------+----------+---------------+-------+------+
 *     | Flag | Address | Control | Protocol | Information … |  FCS  | Flag |
 *     | 0x7e |  0xff   |  0x03   |          |               |   2   | 0x7e |
 *     +------+---------+---------+----------+---------------+-------+------+
 *            |<-------- what the FCS covers --------------->|
 *            |<-------- escaped: 0x7d, then octet ^ 0x20 ---------->|
 *
 * A flag, an escape and every control character of the sender's map (ACCM) are escaped. Asynchronous framing begins with
 * a map of all control characters (§7.1); octet-synchronous framing is the same with an empty map.
 *
 * Limits: FCS-16 only (no FCS-32, no null FCS of RFC 1570). Bit-stuffed framing (§5), which ISDN has, is not modelled:
 * a digital line carries octet-synchronous frames. Start and stop bits are the line's.
 */
import { octets } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import type { Packet, PacketSource } from '../base/packet.ts'

export const FLAG = 0x7e
export const ESCAPE = 0x7d
/** What an escaped octet is exclusive-ored with. */
const BIT = 0x20
/** The default map: all control characters (§7.1). */
export const ALL_CHARACTERS = 0xffffffff
/** Octets of the FCS. */
export const FCS = 2
/** The shortest frame between two flags, FCS included (§4.3). */
const SHORTEST = 4

const INITIAL_FCS = 0xffff
/** Of a frame together with its FCS (Appendix C.2). */
export const GOOD_FCS = 0xf0b8

/** x^16 + x^12 + x^5 + 1, low bit first (Appendix C.1). */
const FCS_TABLE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let value = octet
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x8408 : value >>> 1
  return value
})

const fcsStep = (fcs: number, octet: number): number => (fcs >>> 8) ^ FCS_TABLE[(fcs ^ octet) & 0xff]

/** The FCS before it is complemented (Appendix C.2): GOOD_FCS over a whole frame with its FCS. */
export function fcs16(b: Uint8Array, start = 0, end = b.length): number {
  let fcs = INITIAL_FCS
  for (let at = start; at < end; at++) fcs = fcsStep(fcs, b[at])
  return fcs
}

/** Is the octet to be escaped by a sender with this map? */
const isEscaped = (octet: number, accm: number): boolean =>
  octet === FLAG || octet === ESCAPE || (octet < 32 && ((accm >>> octet) & 1) === 1)

const escapedLength = (octet: number, accm: number): number => (isEscaped(octet, accm) ? 2 : 1)

/** Octets of a frame on the line. */
export function encodedLength(b: Uint8Array, start: number, end: number, accm: number): number {
  const fcs = fcs16(b, start, end) ^ 0xffff
  let length = 2 + escapedLength(fcs & 0xff, accm) + escapedLength(fcs >>> 8, accm)
  for (let at = start; at < end; at++) length += escapedLength(b[at], accm)
  return length
}

/** A PPP frame becomes the octets of the line, with a flag at each end. Takes the ownership. `accm`: the sender's map. */
export function encode(packets: PacketSource, frame: Packet, accm: number): Packet {
  const { bytes, start, end } = frame
  const line = packets.make(encodedLength(bytes, start, end, accm))
  line.parentNode = frame.node
  line.parentNumber = frame.number
  const out = line.bytes
  let to = line.start
  const fcs = fcs16(bytes, start, end) ^ 0xffff
  out[to++] = FLAG
  for (let at = start; at < end; at++) to = put(out, to, bytes[at], accm)
  // Least significant octet first (§3.1).
  to = put(out, to, fcs & 0xff, accm)
  to = put(out, to, fcs >>> 8, accm)
  out[to] = FLAG
  frame.release()
  return line
}

function put(out: Uint8Array, to: number, octet: number, accm: number): number {
  if (!isEscaped(octet, accm)) {
    out[to] = octet
    return to + 1
  }
  out[to] = ESCAPE
  out[to + 1] = octet ^ BIT
  return to + 2
}

/** Why what stood between two flags is no frame (§4.3). An empty frame is none and no fault (§4.1). */
export type Fault = 'hdlc-bad-fcs' | 'hdlc-too-short' | 'hdlc-too-long' | 'hdlc-aborted'

/** In the words of WAN-Error-Notify (RFC 2637 §2.14); frames since the decoder was made. */
export interface LineErrors {
  /** Bad FCS. */
  crcErrors: number
  /** Aborted or too short. */
  framingErrors: number
  /** Our receivers always keep up: 0. */
  hardwareOverruns: number
  /** Longer than the receiver's buffer. */
  bufferOverruns: number
  /** No octet comes late on a line of ours: 0. */
  timeOutErrors: number
  /** Octets come in whole: 0. */
  alignmentErrors: number
}

export interface DecoderSinks {
  /** A good frame without flags, escapes and FCS; made from the octets that its closing flag came with. */
  frame(packet: Packet): void
  /** A frame was discarded; `octets` came with its end, valid during the call only. `length`: octets read of it. */
  fault(reason: Fault, octets: Packet, length: number): void
}

/** Reads octets as they come, in whatever pieces. */
export class Decoder {
  /** Control characters that the peer escapes: unescaped ones were put in on the way and are passed over (§4.2). */
  receiveAccm = ALL_CHARACTERS
  readonly errors: LineErrors = {
    crcErrors: 0,
    framingErrors: 0,
    hardwareOverruns: 0,
    bufferOverruns: 0,
    timeOutErrors: 0,
    alignmentErrors: 0,
  }
  readonly #packets: PacketSource
  readonly #sinks: DecoderSinks
  readonly #frame: Uint8Array
  #length = 0
  #fcs = INITIAL_FCS
  #escaped = false
  /** Nothing counts until the first flag, nor behind a frame that was too long until the next. */
  #hunting = true

  /** `longest`: octets of the longest frame without its FCS. */
  constructor(packets: PacketSource, longest: number, sinks: DecoderSinks) {
    this.#packets = packets
    this.#sinks = sinks
    this.#frame = new Uint8Array(longest + FCS)
  }

  /** Takes the ownership. */
  receive(line: Packet): void {
    const { bytes, end } = line
    for (let at = line.start; at < end; at++) this.#octet(bytes[at], line)
    line.release()
  }

  #octet(octet: number, line: Packet): void {
    if (octet === FLAG) this.#flag(line)
    else if (this.#hunting) return
    else if (octet < 32 && (this.receiveAccm >>> octet) & 1) return
    else if (octet === ESCAPE) this.#escaped = true
    else this.#keep(octet, line)
  }

  #keep(octet: number, line: Packet): void {
    if (this.#length === this.#frame.length) {
      this.errors.bufferOverruns++
      this.#hunting = true
      this.#sinks.fault('hdlc-too-long', line, this.#length)
      return
    }
    const plain = this.#escaped ? octet ^ BIT : octet
    this.#escaped = false
    this.#frame[this.#length++] = plain
    this.#fcs = fcsStep(this.#fcs, plain)
  }

  #flag(line: Packet): void {
    const length = this.#length
    const fcs = this.#fcs
    const escaped = this.#escaped
    const hunting = this.#hunting
    this.#length = 0
    this.#fcs = INITIAL_FCS
    this.#escaped = false
    this.#hunting = false
    if (hunting) return
    if (escaped) this.#framing('hdlc-aborted', line, length)
    else if (length === 0) return
    else if (length < SHORTEST) this.#framing('hdlc-too-short', line, length)
    else if (fcs === GOOD_FCS) this.#hand(length - FCS, line)
    else {
      this.errors.crcErrors++
      this.#sinks.fault('hdlc-bad-fcs', line, length)
    }
  }

  #framing(reason: Fault, line: Packet, length: number): void {
    this.errors.framingErrors++
    this.#sinks.fault(reason, line, length)
  }

  #hand(length: number, line: Packet): void {
    const frame = this.#packets.make(length)
    frame.bytes.set(this.#frame.subarray(0, length), frame.start)
    frame.parentNode = line.node
    frame.parentNumber = line.number
    this.#sinks.frame(frame)
  }
}

/** What stands between two flags of these octets; nothing is between two that follow each other. */
export function* framesIn(bytes: Uint8Array): Generator<{ readonly at: number; readonly between: Uint8Array }> {
  for (let flag = bytes.indexOf(FLAG); flag >= 0; ) {
    const next = bytes.indexOf(FLAG, flag + 1)
    if (next > flag + 1) yield { at: flag + 1, between: bytes.subarray(flag + 1, next) }
    flag = next
  }
}

/** The octets of a line: one layer with every frame that stands in them whole, its flags, escapes and FCS. */
export function describe(bytes: Uint8Array, offset: number): Field {
  const children: Field[] = []
  let at = 0
  let open = false
  while (at < bytes.length) {
    if (bytes[at] === FLAG) {
      children.push(field('flag', offset + at, 1, FLAG, '0x7e (flag)'))
      open = true
      at++
      continue
    }
    const flag = bytes.indexOf(FLAG, at)
    const end = flag < 0 ? bytes.length : flag
    const whole = open && flag >= 0
    children.push(whole ? describeFrame(bytes.subarray(at, end), offset + at) : describePiece(at, end, offset))
    at = end
  }
  return layer('hdlc', offset, bytes.length, `HDLC-like framing, ${octets(bytes.length)}`, children)
}

const describePiece = (at: number, end: number, offset: number): Field => ({
  ...field('piece', offset + at, end - at, end - at, octets(end - at)),
  problem: 'no flag stands before and behind it',
})

/** What stands between two flags, without its escapes; where each octet of it stood. */
export function withoutEscapes(between: Uint8Array): {
  readonly frame: Uint8Array
  readonly places: readonly number[]
} {
  const frame = new Uint8Array(between.length)
  const places: number[] = []
  let length = 0
  for (let at = 0; at < between.length; at++) {
    if (between[at] === ESCAPE && at + 1 === between.length) break
    places.push(at)
    frame[length++] = between[at] === ESCAPE ? between[++at] ^ BIT : between[at]
  }
  return { frame: frame.subarray(0, length), places }
}

/** Why what stands between two flags is no frame; undefined: it is one. */
export function faultOf(between: Uint8Array): Fault | undefined {
  if (between[between.length - 1] === ESCAPE) return 'hdlc-aborted'
  const { frame } = withoutEscapes(between)
  if (frame.length < SHORTEST) return 'hdlc-too-short'
  return fcs16(frame) === GOOD_FCS ? undefined : 'hdlc-bad-fcs'
}

const PROBLEM: Readonly<Record<Fault, string>> = {
  'hdlc-bad-fcs': 'the frame check sequence does not match',
  'hdlc-too-short': 'shorter than the shortest frame',
  'hdlc-too-long': 'longer than the longest frame',
  'hdlc-aborted': 'broken off: a flag right behind an escape',
}

function describeFrame(between: Uint8Array, offset: number): Field {
  const { frame, places } = withoutEscapes(between)
  const fault = faultOf(between)
  const children: Field[] = []
  for (const [i, at] of places.entries()) {
    if (between[at] !== ESCAPE) continue
    children.push(field('escape', offset + at, 2, frame[i], `0x7d ${show(between[at + 1])} is ${show(frame[i])}`))
  }
  const length = frame.length - FCS
  if (length >= 0) {
    const at = places[length]
    const value = frame[length] | (frame[length + 1] << 8)
    const good = fault !== 'hdlc-bad-fcs'
    const fcs = field(
      'fcs',
      offset + at,
      between.length - at,
      value,
      `0x${value.toString(16).padStart(4, '0')} (${good ? 'good' : 'bad'})`,
    )
    children.push(good ? fcs : { ...fcs, problem: PROBLEM['hdlc-bad-fcs'] })
  }
  const whole = layer(
    'hdlcFrame',
    offset,
    between.length,
    `frame of ${octets(frame.length)}, escapes taken out`,
    children,
  )
  return fault === undefined || fault === 'hdlc-bad-fcs' ? whole : { ...whole, problem: PROBLEM[fault] }
}

const show = (octet: number): string => `0x${octet.toString(16).padStart(2, '0')}`
