/**
 * The options of a segment, read and written without allocation (RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2
 * and §3).
 *
 * A segment in the middle of a connection almost always has none, or just the timestamps in the form of RFC 7323
 * appendix A: both are recognised at a glance.
 */
import { get16, get32, HEADER, headerLength, OPTION, set16, set32 } from './segment.ts'
import { leq } from './seq.ts'

/** NOP, NOP, timestamps, length 10: RFC 7323 appendix A. */
const ALIGNED_TIMESTAMPS = 0x0101080a
export const TIMESTAMPS_ROOM = 12
/** Four blocks fill the option space; beside timestamps there is room for three (RFC 2018 §3). */
const MAX_BLOCKS = 4
const NONE: number[] = []

/** What the options of one segment say; `read` fills it anew. */
export class Options {
  /** 0: absent. */
  maximumSegmentSize = 0
  /** -1: absent. */
  windowScale = -1
  sackPermitted = false
  timestamps = false
  /** TSval and TSecr, signed. */
  value = 0
  echo = 0
  /** SACK blocks; `to` is the octet after the last. */
  blocks = 0
  from = NONE
  to = NONE

  read(b: Uint8Array, at: number): void {
    this.blocks = 0
    const end = at + headerLength(b, at)
    const o = at + HEADER
    this.timestamps = end === o + TIMESTAMPS_ROOM && get32(b, o) === ALIGNED_TIMESTAMPS
    if (this.timestamps) {
      this.value = get32(b, o + 4) | 0
      this.echo = get32(b, o + 8) | 0
    } else if (end > o) this.#readAll(b, o, end)
  }

  /** The same with those that only a SYN has. */
  readSyn(b: Uint8Array, at: number): void {
    this.maximumSegmentSize = 0
    this.windowScale = -1
    this.sackPermitted = false
    this.read(b, at)
  }

  /** A list that is broken ends where it breaks (RFC 9293 §3.1, MUST-7); an option of a wrong length is passed over. */
  #readAll(b: Uint8Array, start: number, end: number): void {
    for (let o = start; o < end; ) {
      const kind = b[o]
      if (kind === OPTION.end) return
      if (kind === OPTION.noOperation) {
        o++
        continue
      }
      const length = o + 1 < end ? b[o + 1] : 0
      if (length < 2 || o + length > end) return
      this.#take(b, o, kind, length)
      o += length
    }
  }

  /** Does the first block tell of octets that came twice (RFC 2883 §4.1 and §4.2)? */
  isDuplicate(una: number): boolean {
    if (this.blocks === 0) return false
    if (leq(this.to[0], una)) return true
    return this.blocks > 1 && leq(this.from[1], this.from[0]) && leq(this.to[0], this.to[1])
  }

  #take(b: Uint8Array, o: number, kind: number, length: number): void {
    if (kind === OPTION.maximumSegmentSize && length === 4) this.maximumSegmentSize = get16(b, o + 2)
    else if (kind === OPTION.windowScale && length === 3) this.windowScale = b[o + 2]
    else if (kind === OPTION.sackPermitted && length === 2) this.sackPermitted = true
    else if (kind === OPTION.timestamps && length === 10) {
      this.timestamps = true
      this.value = get32(b, o + 2) | 0
      this.echo = get32(b, o + 6) | 0
    } else if (kind === OPTION.sack && length % 8 === 2) {
      this.blocks = Math.min((length - 2) / 8, MAX_BLOCKS)
      if (this.from === NONE) {
        this.from = new Array(MAX_BLOCKS).fill(0)
        this.to = new Array(MAX_BLOCKS).fill(0)
      }
      for (let n = 0; n < this.blocks; n++) {
        this.from[n] = get32(b, o + 2 + 8 * n) | 0
        this.to[n] = get32(b, o + 6 + 8 * n) | 0
      }
    }
  }
}

export function writeTimestamps(b: Uint8Array, at: number, value: number, echo: number): void {
  set32(b, at, ALIGNED_TIMESTAMPS)
  set32(b, at + 4, value)
  set32(b, at + 8, echo)
}

/** What our SYN offers, or our SYN,ACK after the peer's SYN has offered it as well. */
export interface Offer {
  readonly maximumSegmentSize: number
  /** -1: not offered. */
  readonly windowScale: number
  readonly sackPermitted: boolean
  readonly timestamps: boolean
}

/** Whole 32-bit words, in the order that most hosts use: MSS, SACK permitted, timestamps, NOP, window scale. */
export const synRoom = ({ windowScale, sackPermitted, timestamps }: Offer): number =>
  4 + (timestamps ? TIMESTAMPS_ROOM : sackPermitted ? 4 : 0) + (windowScale >= 0 ? 4 : 0)

export function writeSyn(b: Uint8Array, at: number, offer: Offer, value: number, echo: number): void {
  let o = at
  b[o++] = OPTION.maximumSegmentSize
  b[o++] = 4
  set16(b, o, offer.maximumSegmentSize)
  o += 2
  if (offer.timestamps || offer.sackPermitted) {
    b[o++] = offer.sackPermitted ? OPTION.sackPermitted : OPTION.noOperation
    b[o++] = offer.sackPermitted ? 2 : OPTION.noOperation
    if (offer.timestamps) {
      b[o++] = OPTION.timestamps
      b[o++] = 10
      set32(b, o, value)
      set32(b, o + 4, echo)
      o += 8
    } else {
      b[o++] = OPTION.noOperation
      b[o++] = OPTION.noOperation
    }
  }
  if (offer.windowScale < 0) return
  b[o++] = OPTION.noOperation
  b[o++] = OPTION.windowScale
  b[o++] = 3
  b[o++] = offer.windowScale
}
