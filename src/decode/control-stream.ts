/**
 * Finds the control messages in one direction of a control connection (RFC 2637 §2), also in a damaged one. An endpoint
 * that loses its place must close the connection; a reader names the rubbish and looks for the next header: a length
 * that a message can have and the magic cookie behind it.
 */
import { concat, get16, hex, set32 } from '../base/bytes.ts'
import * as Pptp from '../wire/pptp.ts'
import type { Run } from './half-stream.ts'

const COOKIE_AT = 4
const BEFORE_TYPE = 8
const COOKIE = new Uint8Array(4)
set32(COOKIE, 0, Pptp.MAGIC_COOKIE)

export interface Piece {
  readonly kind: 'message' | 'rubbish'
  readonly bytes: Uint8Array
  /** Frame of its first octet, and where that stands in it. */
  readonly frame: number
  readonly offset: number
  /** Frame of its last octet. */
  readonly lastFrame: number
  /** Why it is rubbish; '' for a message. */
  readonly reason: string
}

export interface Unfinished {
  readonly length: number
  readonly frame: number
  readonly offset: number
  readonly afterRubbish: boolean
}

interface Origin {
  /** Index into the buffer. */
  at: number
  readonly frame: number
  readonly offset: number
}

export class ControlStream {
  #buffer: Uint8Array = new Uint8Array(0)
  #origins: Origin[] = []
  #afterRubbish = false

  push(run: Run): Piece[] {
    const pieces: Piece[] = []
    if (run.missing > 0 && this.#buffer.length > 0) {
      pieces.push(this.#cut('rubbish', this.#buffer.length, `${run.missing} octets after it are not in the capture`))
    }
    this.#origins.push({ at: this.#buffer.length, frame: run.frame, offset: run.offset })
    this.#buffer = concat(this.#buffer, run.bytes)
    for (let piece = this.#next(); piece; piece = this.#next()) pieces.push(piece)
    return pieces
  }

  /** What has come of a message whose end has not. */
  get unfinished(): Unfinished | undefined {
    const [origin] = this.#origins
    return this.#buffer.length > 0
      ? { length: this.#buffer.length, frame: origin.frame, offset: origin.offset, afterRubbish: this.#afterRubbish }
      : undefined
  }

  #next(): Piece | undefined {
    const found = look(this.#buffer, 0)
    if (found === 'wait') return undefined
    if (typeof found === 'number') return this.#cut('message', found, '')
    let end = 1
    while (end < this.#buffer.length && !begins(this.#buffer, end)) end++
    return this.#cut('rubbish', end, found.reason)
  }

  #cut(kind: Piece['kind'], length: number, reason: string): Piece {
    this.#afterRubbish = kind === 'rubbish'
    const [{ frame, offset }] = this.#origins
    const last = this.#origins.findLast(origin => origin.at < length) ?? this.#origins[0]
    const piece: Piece = { kind, bytes: this.#buffer.slice(0, length), frame, offset, lastFrame: last.frame, reason }
    this.#buffer = this.#buffer.subarray(length)
    const kept = this.#origins.filter(origin => origin.at > length).map(o => ({ ...o, at: o.at - length }))
    const first = { at: 0, frame: last.frame, offset: last.offset + length - last.at }
    const atEdge = this.#origins.find(origin => origin.at === length)
    this.#origins = this.#buffer.length === 0 ? [] : [atEdge ? { ...atEdge, at: 0 } : first, ...kept]
    return piece
  }
}

/** Length of the message at a place, `wait` if its end is not there yet, or why there is none. */
function look(b: Uint8Array, at: number): number | 'wait' | { readonly reason: string } {
  const there = b.length - at
  if (there === 0) return 'wait'
  const length = there === 1 ? b[at] << 8 : get16(b, at)
  if (length > Pptp.LONGEST) return { reason: `no control message is ${length} octets long` }
  if (there > 1 && length < Pptp.HEADER_LENGTH)
    return { reason: `its length field, ${length}, is less than a header has` }
  for (let i = COOKIE_AT; i < Math.min(BEFORE_TYPE, there); i++) {
    if (b[at + i] !== COOKIE[i - COOKIE_AT]) {
      const cookie = there < BEFORE_TYPE ? 'another' : `0x${hex(b.subarray(at + COOKIE_AT, at + BEFORE_TYPE))}`
      return { reason: `its magic cookie is ${cookie}, not 0x${hex(COOKIE)}` }
    }
  }
  return there < BEFORE_TYPE || there < length ? 'wait' : length
}

/** Could a message begin here, as far as the octets that are there can tell? */
function begins(b: Uint8Array, at: number): boolean {
  if (b[at] !== 0 || (at + 2 < b.length && b[at + 2] !== 0)) return false
  if (at + 3 < b.length && b[at + 3] !== 1 && b[at + 3] !== 2) return false
  const found = look(b, at)
  return found === 'wait' || typeof found === 'number'
}
