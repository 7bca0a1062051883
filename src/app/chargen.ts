/**
 * Character generator (RFC 864) that can count: a client whose first line is a decimal number gets that many octets of
 * the known pattern (pattern.ts) and then the end. From a client that says something else, or nothing for two seconds,
 * it does as the RFC says: lines of 72 characters, each beginning one character later, until the client ends.
 *
 * Limits: on a link without delay and rate the endless lines take no time, and the run ends as a livelock.
 */
import { toLatin1 } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Timer } from '../base/scheduler.ts'
import { sec } from '../base/time.ts'
import type { Connection, ConnectionHandlers } from '../ip/tcp.ts'
import { Outgoing } from './outgoing.ts'
import { fillPattern } from './pattern.ts'

/** The client has so long to say a number. */
const PATIENCE = sec(2)

/** RFC 864: characters of a line, CR and LF, and the 95 printing characters, of which a blank is the first. */
const LINE = 72
const STEP = LINE + 2
const CHARACTERS = 95
const PERIOD = STEP * CHARACTERS

const TABLE = Uint8Array.from({ length: PERIOD }, (_, i) => {
  const column = i % STEP
  if (column >= LINE) return column === LINE ? 0x0d : 0x0a
  return 0x20 + ((Math.floor(i / STEP) + column) % CHARACTERS)
})

/** Writes the octets of the endless lines from `position` on. */
export function fillLines(bytes: Uint8Array, position: number): void {
  let from = position % PERIOD
  for (let done = 0; done < bytes.length; from = 0) {
    const piece = TABLE.subarray(from, from + bytes.length - done)
    bytes.set(piece, done)
    done += piece.length
  }
}

/** So much of what comes decides: 15 digits, CR, LF. */
const LONGEST = 17
/** A number and the end of its line, with CR as telnet sends it; and what may still become one. */
const NUMBER = /^(\d{1,15})\r?\n/
const BEGINNING = /^(?:\d{0,15}|\d{1,15}\r)$/

export class Chargen {
  readonly handlers: ConnectionHandlers
  readonly #connection: Connection
  readonly #patience: Timer
  #line = ''
  #wanted: number | undefined
  #output: Outgoing | undefined

  constructor(connection: Connection, env: Env) {
    this.#connection = connection
    this.#patience = env.clock.after(PATIENCE, 'chargen', () => this.#generate())
    this.handlers = {
      data: bytes => this.#data(bytes),
      writable: () => this.#send(),
      ended: () => {
        // Half a connection is enough for who has said how much it wants.
        if (this.#wanted === undefined) this.#end()
      },
      closed: () => this.#patience.cancel(),
    }
  }

  get detail(): string {
    if (this.#wanted !== undefined) return `asked for ${this.#wanted}`
    return this.#output ? 'lines without end' : ''
  }

  /** What comes after the first line is thrown away (RFC 864). */
  #data(bytes: Uint8Array): void {
    if (this.#output) return
    this.#line += toLatin1(bytes.subarray(0, LONGEST))
    const match = NUMBER.exec(this.#line)
    if (match) this.#count(Number(match[1]))
    else if (!BEGINNING.test(this.#line)) this.#generate()
  }

  #count(wanted: number): void {
    this.#wanted = wanted
    this.#start(wanted, fillPattern)
  }

  #generate(): void {
    this.#start(Number.POSITIVE_INFINITY, fillLines)
  }

  #start(length: number, fill: (bytes: Uint8Array, position: number) => void): void {
    this.#patience.cancel()
    this.#output = new Outgoing(this.#connection, length, fill)
    this.#send()
  }

  #send(): void {
    if (this.#output?.send()) this.#end()
  }

  #end(): void {
    this.#patience.cancel()
    this.#connection.end()
  }
}
