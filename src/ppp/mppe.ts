/**
 * Microsoft Point-to-Point Encryption. Read RFC 3078 §4 to §8 for keys, their changes and synchronization; the start
 * keys stand in mppe-keys.ts, what the two ends agree on in mppe-policy.ts.
 *
 * Stateless mode: every packet has its own key, made from the one before, so a lost packet costs one key change.
 * Stateful mode: one RC4 key stream runs through 256 packets; after a loss nothing can be read until a FLUSHED packet.
 *
 * Where Linux departs from the RFC: after a CCP Reset-Request it changes the key, while RFC 3078 §8.2 starts the key
 * stream anew with the current key. `resetChangesKey` does as Linux does; a FLUSHED packet that is lost then leaves the
 * receiver one key behind for ever.
 */
import { concat } from '../base/bytes.ts'
import type { DropReason } from '../base/drop.ts'
import type { Packet } from '../base/packet.ts'
import { Rc4 } from '../crypto/rc4.ts'
import * as Sha1 from '../crypto/sha1.ts'
import * as Mppe from '../wire/mppe.ts'
import { CryptoWork } from './crypto-work.ts'
import { type Bits, keyLength, SHA_PAD_1, SHA_PAD_2 } from './mppe-keys.ts'

export interface MppeOptions {
  readonly bits: Bits
  readonly stateful: boolean
  /** Stateful mode: a FLUSHED packet has a new key even where none is due, as with Linux. Default: false, the RFC. */
  readonly resetChangesKey?: boolean
  /** Where to count what is computed. */
  readonly work?: CryptoWork
  /** Where to keep the keys: `KEY_ROOM` octets from `at` on. Absent: in an array of its own. */
  readonly keys?: KeyRoom
}

export interface KeyRoom {
  readonly room: Uint8Array
  readonly at: number
}

/** Octets of a start key and a session key. */
export const KEY_ROOM = 32

/** Packets with these PPP protocol numbers are encrypted; all others pass by as they are (RFC 3078 §3). */
export const isEncryptable = (protocol: number): boolean => protocol >= 0x0021 && protocol <= 0x00fa

/** Where there is nothing to keep between two packets, one RC4 state serves everybody. */
const scratch = new Rc4()
const digest = new Int32Array(5)
const SHORT = message(8)
const LONG = message(16)

/** StartKey, SHApad1, session key, SHApad2, and the padding of SHA-1, ready for two turns of `compress`. */
function message(keyOctets: number): Uint8Array {
  const room = new Uint8Array(keyOctets)
  const text = concat(room, SHA_PAD_1, room, SHA_PAD_2)
  const out = new Uint8Array(128)
  out.set(text)
  out[text.length] = 0x80
  out[126] = (8 * text.length) >>> 8
  out[127] = 8 * text.length
  return out
}

/** The key stream of a session key, from its beginning (RFC 3078 §5), for a reader that keeps several. */
export function keyStreamOf(sessionKey: Uint8Array): Rc4 {
  const cipher = new Rc4()
  cipher.setKey(sessionKey)
  return cipher
}

/** The session key of one direction and how it changes. */
export class SessionKey {
  readonly #bits: Bits
  /** From `#at` on: the start key, and behind it the session key. */
  readonly #keys: Uint8Array
  readonly #at: number
  readonly #work: CryptoWork

  /** The initial session key: RFC 3079 §3.1 to §3.3. */
  constructor(startKey: Uint8Array, bits: Bits, work = new CryptoWork(), keys?: KeyRoom) {
    this.#work = work
    const length = keyLength(bits)
    if (startKey.length !== length) throw new RangeError(`a start key for ${bits} bits has ${length} octets`)
    this.#bits = bits
    this.#keys = keys?.room ?? new Uint8Array(2 * length)
    this.#at = keys?.at ?? 0
    this.#keys.set(startKey, this.#at)
    this.#keys.set(startKey, this.#at + length)
    this.#getNewKeyFromSHA()
    this.#reduce()
  }

  get key(): Uint8Array {
    return this.#keys.subarray(this.#sessionAt, this.#end)
  }

  get #length(): number {
    return keyLength(this.#bits)
  }
  get #sessionAt(): number {
    return this.#at + this.#length
  }
  get #end(): number {
    return this.#at + 2 * this.#length
  }

  /** Starts its key stream. */
  start(cipher: Rc4): void {
    cipher.setKey(this.#keys, this.#sessionAt, this.#end)
    this.#work.rc4Keys++
  }

  /** RFC 3078 §7.3: the interim key encrypts itself. */
  change(): void {
    this.#getNewKeyFromSHA()
    this.start(scratch)
    scratch.apply(this.#keys, this.#sessionAt, this.#end)
    this.#reduce()
    this.#work.keyChanges++
    this.#work.rc4Octets += this.#length
  }

  /** RFC 3078 §7.3: SHA(StartKey, SHApad1, SessionKey, SHApad2), cut to the length of the key. */
  #getNewKeyFromSHA(): void {
    const length = this.#length
    const keys = this.#keys
    const at = this.#at
    const session = at + length
    const message = length === 16 ? LONG : SHORT
    const second = length + SHA_PAD_1.length
    for (let i = 0; i < length; i++) {
      message[i] = keys[at + i]
      message[second + i] = keys[session + i]
    }
    Sha1.initialise(digest)
    Sha1.compress(digest, message, 0)
    Sha1.compress(digest, message, 64)
    this.#work.sha1Blocks += 2
    for (let i = 0; i < length; i++) keys[session + i] = digest[i >>> 2] >>> (24 - 8 * (i & 3))
  }

  /** The shorter keys have a known beginning: RFC 3079 §3.1, §3.2. */
  #reduce(): void {
    if (this.#bits === 128) return
    const at = this.#sessionAt
    this.#keys[at] = 0xd1
    if (this.#bits === 56) return
    this.#keys[at + 1] = 0x26
    this.#keys[at + 2] = 0x9e
  }
}

/** Stateful mode: before a packet with this low octet the key changes (RFC 3078 §7.2). */
export const isFlagPacket = (count: number): boolean => (count & 0xff) === 0xff

/** Encrypts the packets of one direction. */
export class MppeSender {
  readonly #stateful: boolean
  readonly #resetChangesKey: boolean
  readonly #key: SessionKey
  readonly #cipher: Rc4
  readonly #work: CryptoWork
  #count = 0
  #flush = false

  constructor(startKey: Uint8Array, options: MppeOptions) {
    this.#stateful = options.stateful
    this.#resetChangesKey = options.resetChangesKey ?? false
    this.#work = options.work ?? new CryptoWork()
    this.#key = new SessionKey(startKey, options.bits, this.#work, options.keys)
    this.#cipher = options.stateful ? new Rc4() : scratch
    this.#key.start(this.#cipher)
  }

  /** The packet begins with its PPP protocol field; afterwards with the MPPE header, and all behind it is encrypted. */
  encrypt(packet: Packet): void {
    const flushed = this.#prepare()
    const at = packet.prepend(Mppe.HEADER_LENGTH)
    Mppe.writeHeader(packet.bytes, at, flushed, this.#count)
    this.#cipher.apply(packet.bytes, at + Mppe.HEADER_LENGTH, packet.end)
    this.#work.rc4Octets += packet.end - at - Mppe.HEADER_LENGTH
    this.#count = (this.#count + 1) & Mppe.COUNT_MASK
    this.#flush = false
  }

  /** The peer sent a CCP Reset-Request: the next packet is FLUSHED (RFC 3078 §8.2). */
  resetRequested(): void {
    this.#flush = true
  }

  /** Number of the next packet. */
  get count(): number {
    return this.#count
  }

  #prepare(): number {
    const due = !this.#stateful || isFlagPacket(this.#count)
    if (!due && !this.#flush) return 0
    if (due || this.#resetChangesKey) this.#key.change()
    this.#key.start(this.#cipher)
    return Mppe.FLUSHED
  }
}

/** `ok`, or why the packet has to be dropped. */
export type Decryption = 'ok' | Extract<DropReason, 'malformed' | 'mppe-required' | 'mppe-out-of-sync' | 'mppe-garbled'>

/** Decrypts the packets of one direction. */
export class MppeReceiver {
  readonly #stateful: boolean
  readonly #resetChangesKey: boolean
  readonly #key: SessionKey
  readonly #cipher: Rc4
  readonly #work: CryptoWork
  /** The count that comes next if nothing is lost. */
  #expected = 0
  #needsReset = false

  constructor(startKey: Uint8Array, options: MppeOptions) {
    this.#stateful = options.stateful
    this.#resetChangesKey = options.resetChangesKey ?? false
    this.#work = options.work ?? new CryptoWork()
    this.#key = new SessionKey(startKey, options.bits, this.#work, options.keys)
    this.#cipher = options.stateful ? new Rc4() : scratch
    this.#key.start(this.#cipher)
  }

  /** Number of the packet that comes next if nothing is lost. */
  get expected(): number {
    return this.#expected
  }

  /** Stateful mode: packets were lost, and a CCP Reset-Request should go out, until a FLUSHED packet comes. */
  get needsReset(): boolean {
    return this.#needsReset
  }

  /**
   * The packet begins with the MPPE header; after `ok` with the PPP protocol field that was encrypted. A packet that is
   * malformed, not encrypted or out of sync is left as it is.
   */
  decrypt(packet: Packet): Decryption {
    const { bytes, start } = packet
    if (packet.length <= Mppe.HEADER_LENGTH) return 'malformed'
    if (!Mppe.isEncrypted(bytes, start)) return 'mppe-required'
    const count = Mppe.coherencyCount(bytes, start)
    const flushed = Mppe.isFlushed(bytes, start)
    // FLUSHED has to stand wherever the key changes: in every stateless packet (§7.1), in flag packets (§7.2).
    if (!flushed && (!this.#stateful || isFlagPacket(count))) return 'malformed'
    if (!(this.#stateful ? this.#followStateful(count, flushed) : this.#followStateless(count))) {
      return 'mppe-out-of-sync'
    }
    packet.start = start + Mppe.HEADER_LENGTH
    this.#cipher.apply(bytes, packet.start, packet.end)
    this.#work.rc4Octets += packet.end - packet.start
    return beginsWithProtocol(packet) ? 'ok' : 'mppe-garbled'
  }

  /**
   * RFC 3078 §8.1: one key change for each packet that was sent since. A count more than half the space ahead is taken
   * for one of the past, whose key is gone.
   */
  #followStateless(count: number): boolean {
    const missed = (count - this.#expected) & Mppe.COUNT_MASK
    if (missed >= (Mppe.COUNT_MASK + 1) / 2) return false
    for (let n = 0; n <= missed; n++) this.#key.change()
    this.#key.start(this.#cipher)
    this.#expected = (count + 1) & Mppe.COUNT_MASK
    return true
  }

  /** RFC 3078 §8.2: FLUSHED puts everything right; the flag packets that were lost count as key changes. */
  #followStateful(count: number, flushed: boolean): boolean {
    if (!flushed && (this.#needsReset || count !== this.#expected)) {
      this.#needsReset = true
      return false
    }
    if (flushed) {
      const lostFlags = ((count >>> 8) - (this.#expected >>> 8)) & 0xf
      for (let n = 0; n < lostFlags; n++) this.#key.change()
      if (isFlagPacket(count) || this.#resetChangesKey) this.#key.change()
      this.#key.start(this.#cipher)
      this.#needsReset = false
    }
    this.#expected = (count + 1) & Mppe.COUNT_MASK
    return true
  }
}

/** Is there a protocol number, of one octet or of two (RFC 1661 §2, §6.5), that MPPE encrypts? */
function beginsWithProtocol(packet: Packet): boolean {
  const { bytes, start } = packet
  const first = bytes[start]
  if ((first & 1) === 1) return isEncryptable(first)
  return first === 0 && packet.length > 1 && (bytes[start + 1] & 1) === 1 && isEncryptable(bytes[start + 1])
}
