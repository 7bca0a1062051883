/**
 * TCP echo (RFC 862): everything comes back, and the end too.
 *
 * What TCP does not take now is kept, and until it is gone no more is read: the receive window closes, and a client
 * that sends and does not read is held up. So a connection keeps one piece of what it received, however much is sent.
 *
 * Limits: a client that vanishes while nothing is under way keeps its connection, since TCP has no keep-alive here.
 */
import type { Connection, ConnectionHandlers } from '../ip/tcp.ts'

const NOTHING = new Uint8Array(0)

export class TcpEcho {
  readonly handlers: ConnectionHandlers
  readonly detail = ''
  readonly #connection: Connection
  #rest = NOTHING
  #ended = false

  constructor(connection: Connection) {
    this.#connection = connection
    this.handlers = {
      data: bytes => this.#data(bytes),
      writable: () => this.#flush(),
      ended: () => {
        this.#ended = true
        this.#flush()
      },
    }
  }

  #data(bytes: Uint8Array): void {
    const taken = this.#connection.write(bytes)
    if (taken === bytes.length) return
    this.#rest = bytes.slice(taken)
    this.#connection.pause()
  }

  #flush(): void {
    this.#rest = this.#rest.subarray(this.#connection.write(this.#rest))
    if (this.#rest.length > 0) return
    this.#rest = NOTHING
    if (this.#ended) this.#connection.end()
    else this.#connection.resume()
  }
}
