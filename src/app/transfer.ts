/**
 * A TCP transfer with verified content. The client asks with one line, `GET 65536\n`; the server answers with that many
 * octets of the pattern and closes. The client checks every octet, their number, and that the end was orderly.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { fromAscii, toAscii } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Connection, ConnectionHandlers, TcpLayer } from '../ip/tcp.ts'
import { Outgoing } from './outgoing.ts'
import { fillPattern, matchesPattern } from './pattern.ts'

export const TRANSFER_PORT = 5001
const LONGEST_REQUEST = 32

const serve = (connection: Connection): ConnectionHandlers => new TransferServer(connection).handlers

export function serveTransfer(tcp: TcpLayer, port: number): void {
  tcp.listen(port, serve)
}

class TransferServer {
  readonly handlers: ConnectionHandlers
  readonly #connection: Connection
  #request = ''
  #answer: Outgoing | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    this.handlers = { data: bytes => this.#data(bytes), writable: () => this.#send(), ended: () => connection.end() }
  }

  #data(bytes: Uint8Array): void {
    if (this.#answer) return
    this.#request += toAscii(bytes)
    const match = /^GET (\d{1,15})\\x0a/.exec(this.#request)
    if (match) {
      this.#answer = new Outgoing(this.#connection, Number(match[1]), fillPattern)
      this.#send()
    } else if (this.#request.length > LONGEST_REQUEST) this.#connection.abort()
  }

  #send(): void {
    if (this.#answer?.send()) this.#connection.end()
  }
}

export interface FetchOptions {
  readonly to: Ipv4
  readonly port: number
  readonly bytes: number
}

/** Fetches from a transfer server; the result is the event `fetch-done`. */
export function fetchBytes(env: Env, tcp: TcpLayer, { to, port, bytes }: FetchOptions): void {
  const began = env.clock.now
  let received = 0
  let right = true
  const done = (detail: string): void => {
    const ok = right && received === bytes && detail === 'closed'
    const text = ok ? 'every octet is right' : right ? detail : 'some octets are wrong'
    env.trace.emit('fetch-done', {
      from: formatIpv4(to),
      bytes: received,
      ok,
      took: env.clock.now - began,
      detail: text,
    })
  }
  const connection = tcp.connect(to, port, {
    opened: () => connection?.write(fromAscii(`GET ${bytes}\n`)),
    data: piece => {
      right &&= matchesPattern(piece, received)
      received += piece.length
    },
    ended: () => connection?.end(),
    closed: reason => done(reason),
  })
  if (!connection) done('no-route')
}
