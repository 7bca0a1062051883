/** Octets on their way into a TCP connection: it takes some of them, and says `writable` when there is room for more. */
import type { Connection } from '../ip/tcp.ts'

const CHUNK = 16_384
/** TCP copies what it takes. */
const chunk = new Uint8Array(CHUNK)

export class Outgoing {
  readonly #connection: Connection
  readonly #length: number
  readonly #fill: (bytes: Uint8Array, position: number) => void
  #position = 0

  /** `fill` writes the octets from a position on; `length` may be infinite. */
  constructor(connection: Connection, length: number, fill: (bytes: Uint8Array, position: number) => void) {
    this.#connection = connection
    this.#length = length
    this.#fill = fill
  }

  /** Writes what the connection takes now; true when that was the last of it. */
  send(): boolean {
    while (this.#position < this.#length) {
      const piece = chunk.subarray(0, Math.min(CHUNK, this.#length - this.#position))
      this.#fill(piece, this.#position)
      const taken = this.#connection.write(piece)
      this.#position += taken
      if (taken < piece.length) return false
    }
    return true
  }
}

/** The octets of an array, as `Outgoing` wants them. */
export const from =
  (source: Uint8Array) =>
  (bytes: Uint8Array, position: number): void =>
    bytes.set(source.subarray(position, position + bytes.length))
