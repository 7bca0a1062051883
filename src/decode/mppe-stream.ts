/**
 * One direction of MPPE as a capture shows it: RFC 3078 §7 and §8, read afterwards by somebody who knows the keys.
 *
 * Other than the receiver, a reader has time. After a loss in stateful mode the receiver throws away what comes until a
 * FLUSHED packet; the key is known all the same, only not how many octets of the key stream the lost packets have used,
 * and a place at which the packet becomes an IP packet with a true checksum is the right one. It may also lie near the
 * beginning of the stream, if one of those that were lost was FLUSHED. At a FLUSHED packet it shows in the same way whether
 * the sender keeps its key (RFC 3078 §8.2) or has changed it, as Linux does.
 *
 * Limits: more than 4095 packets lost in a row are not noticed. A VJ packet can be told only where the place is known.
 */
import { get16 } from '../base/bytes.ts'
import { isFlagPacket, keyStreamOf, SessionKey } from '../ppp/mppe.ts'
import type { Bits } from '../ppp/mppe-keys.ts'
import type { Opened } from '../wire/dissect.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Mppe from '../wire/mppe.ts'
import * as Ppp from '../wire/ppp.ts'
import * as Vj from '../wire/vj.ts'

/** Takes the packets of one direction in the order in which they were sent; each begins with the MPPE header. */
export interface Reader {
  open(packet: Uint8Array): Opened
}

export const readerOf = (startKey: Uint8Array, bits: Bits, stateful: boolean): Reader =>
  stateful ? new Stateful(startKey, bits) : new Stateless(startKey, bits)

const GARBLED: Opened = { problem: 'decryption gives no PPP packet: another key, or changed on the way' }
const LOST: Opened = { problem: 'packets before it are missing, and its place in the key stream was not found' }

const SPACE = Mppe.COUNT_MASK + 1

/** A key for each packet. */
class Stateless implements Reader {
  readonly #key: SessionKey
  #expected = 0

  constructor(startKey: Uint8Array, bits: Bits) {
    this.#key = new SessionKey(startKey, bits)
  }

  open(packet: Uint8Array): Opened {
    const count = Mppe.coherencyCount(packet, 0)
    const missed = (count - this.#expected) & Mppe.COUNT_MASK
    for (let n = 0; n <= missed; n++) this.#key.change()
    this.#expected = (count + 1) % SPACE
    const bytes = packet.slice(Mppe.HEADER_LENGTH)
    keyStreamOf(this.#key.key).apply(bytes)
    return isSound(bytes) || isVj(bytes) ? { bytes } : GARBLED
  }
}

/** What one packet can take of the key stream: the longest that GRE carries. */
const LONGEST = 1600
/** How many places are tried at most; what is lost between two FLUSHED packets is seldom more. */
const PLACES = 64 * LONGEST
/** So many FLUSHED packets, each with a key change of Linux, may be among those that were lost. */
const LOST_RESETS = 8

class Stateful implements Reader {
  readonly #key: SessionKey
  #stream: KeyStream
  #expected = 0
  /** Where in the stream the next packet begins at the earliest, and how much later it may be. */
  #position = 0
  #slack = 0
  /** Packets that are missing since the key was certain. */
  #missing = 0
  /** A FLUSHED packet that is no flag packet had a new key. */
  #changes = false

  constructor(startKey: Uint8Array, bits: Bits) {
    this.#key = new SessionKey(startKey, bits)
    this.#stream = new KeyStream(this.#key.key)
  }

  open(packet: Uint8Array): Opened {
    const count = Mppe.coherencyCount(packet, 0)
    const lost = (count - this.#expected) & Mppe.COUNT_MASK
    const data = packet.subarray(Mppe.HEADER_LENGTH)
    // Each flag packet since, this one included, has changed the key.
    const flags = (((count + 1) >>> 8) - (this.#expected >>> 8)) & 0xf
    this.#expected = (count + 1) % SPACE
    this.#missing += lost
    if (Mppe.isFlushed(packet, 0)) return this.#flushed(data, count, flags)
    if (lost > 0) this.#skip(count, lost, flags)
    return this.#search(data)
  }

  /** The stream begins anew; the question is only with which key. */
  #flushed(data: Uint8Array, count: number, flags: number): Opened {
    const isFlag = isFlagPacket(count)
    const keys = this.#keysAhead(flags + Math.min(this.#missing, LOST_RESETS) + (isFlag ? 0 : 1))
    for (let changes = flags; changes < keys.length; changes++) {
      const bytes = new KeyStream(keys[changes]).apply(data, 0)
      if (!isSound(bytes)) continue
      if (!isFlag) this.#changes = changes > flags
      this.#begin(keys[changes], data.length, 0)
      this.#missing = 0
      return { bytes }
    }
    const usual = keys[flags + (this.#changes && !isFlag ? 1 : 0)]
    const bytes = new KeyStream(usual).apply(data, 0)
    this.#begin(usual, data.length, 0)
    return isVj(bytes) ? { bytes } : GARBLED
  }

  #begin(key: Uint8Array, position: number, slack: number): void {
    this.#key.key.set(key)
    this.#stream = new KeyStream(key)
    this.#position = position
    this.#slack = slack
  }

  /** The key now, after one change, after two, … */
  #keysAhead(changes: number): Uint8Array[] {
    const keys = [this.#key.key.slice()]
    for (let n = 0; n < changes; n++) {
      this.#key.change()
      keys.push(this.#key.key.slice())
    }
    this.#key.key.set(keys[0])
    return keys
  }

  /** Packets are missing, and this one begins no stream. */
  #skip(count: number, lost: number, flags: number): void {
    if (flags > 0) this.#begin(this.#keysAhead(flags)[flags], 0, 0)
    // From the flag packet on, if that was lost too.
    const missing = flags > 0 ? (count & 0xff) + 1 : lost
    this.#slack = Math.min(this.#slack + LONGEST * missing, PLACES)
  }

  #search(data: Uint8Array): Opened {
    const slack = this.#slack
    const found =
      this.#between(data, this.#position, slack) ?? this.#between(data, 0, Math.min(slack, this.#position) - 1)
    if (found) return found
    this.#position += data.length
    return slack === 0 ? GARBLED : LOST
  }

  #between(data: Uint8Array, first: number, slack: number): Opened | undefined {
    for (let at = first; at <= first + slack; at++) {
      if (at > first && !this.#stream.mayBegin(data, at)) continue
      const bytes = this.#stream.apply(data, at)
      if (!isSound(bytes) && !(slack === 0 && isVj(bytes))) continue
      this.#position = at + data.length
      this.#slack = 0
      this.#missing = 0
      return { bytes }
    }
    return undefined
  }
}

/** The octets of RC4 with one key, as many as were asked for. */
class KeyStream {
  readonly #cipher: ReturnType<typeof keyStreamOf>
  #octets = new Uint8Array(0)

  constructor(key: Uint8Array) {
    this.#cipher = keyStreamOf(key)
  }

  apply(data: Uint8Array, at: number): Uint8Array {
    this.#reach(at + data.length)
    return data.map((octet, i) => octet ^ this.#octets[at + i])
  }

  /** Is this the protocol field of an IP packet? A quick look before the whole. */
  mayBegin(data: Uint8Array, at: number): boolean {
    this.#reach(at + 2)
    const first = data[0] ^ this.#octets[at]
    return first === 0 || first === Ppp.IP
  }

  #reach(length: number): void {
    if (length <= this.#octets.length) return
    const longer = new Uint8Array(2 * length)
    longer.set(this.#octets)
    this.#cipher.apply(longer, this.#octets.length)
    this.#octets = longer
  }
}

const IPV6 = 0x0057
const IPV6_HEADER = 40

/** An IPv4 packet with a true checksum, or an IPv6 packet with a true length; by chance in less than one of 2^32. */
function isSound(bytes: Uint8Array): boolean {
  const protocol = Ppp.protocolAt(bytes, 0, bytes.length)
  if (protocol < 0) return false
  const at = Ppp.protocolLength(bytes, 0)
  if (protocol === IPV6) {
    const length = bytes.length - at - IPV6_HEADER
    return length >= 0 && bytes[at] >>> 4 === 6 && get16(bytes, at + 4) === length
  }
  return protocol === Ppp.IP && Ipv4.check(bytes, at, bytes.length) === undefined
}

/** By chance in one of 2^15: its checksum covers what only the receiver of VJ can restore. */
function isVj(bytes: Uint8Array): boolean {
  const protocol = bytes.length > 2 ? get16(bytes, 0) : 0
  return protocol === Vj.COMPRESSED || protocol === Vj.UNCOMPRESSED
}
