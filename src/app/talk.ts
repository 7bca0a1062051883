/**
 * A conversation over TCP with an echo service (RFC 862): octets of known content go there, and every one of them must
 * come back, in order and unchanged, before the connection is closed in order.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Connection, TcpLayer } from '../ip/tcp.ts'
import { fillPattern, matchesPattern } from './pattern.ts'

const CHUNK = 16_384
/** TCP copies what it takes. */
const chunk = new Uint8Array(CHUNK)

export interface TalkOptions {
  readonly to: Ipv4
  readonly port: number
  readonly bytes: number
}

/** Starts a conversation; the result is the event `talk-done`. */
export function talk(env: Env, tcp: TcpLayer, options: TalkOptions): void {
  new Talk(env, tcp, options).start()
}

class Talk {
  readonly #env: Env
  readonly #tcp: TcpLayer
  readonly #options: TalkOptions
  readonly #began: number
  #connection: Connection | undefined
  #sent = 0
  #returned = 0
  #right = true

  constructor(env: Env, tcp: TcpLayer, options: TalkOptions) {
    this.#env = env
    this.#tcp = tcp
    this.#options = options
    this.#began = env.clock.now
  }

  start(): void {
    const { to, port } = this.#options
    this.#connection = this.#tcp.connect(to, port, {
      opened: () => this.#send(),
      writable: () => this.#send(),
      data: piece => this.#data(piece),
      ended: () => this.#connection?.end(),
      closed: reason => this.#done(reason),
    })
    if (!this.#connection) this.#done('no-route')
  }

  /** Writes until TCP takes no more; it says when there is room again. */
  #send(): void {
    while (this.#sent < this.#options.bytes) {
      const piece = chunk.subarray(0, Math.min(CHUNK, this.#options.bytes - this.#sent))
      fillPattern(piece, this.#sent)
      const taken = this.#connection?.write(piece) ?? 0
      this.#sent += taken
      if (taken < piece.length) return
    }
  }

  #data(piece: Uint8Array): void {
    this.#right &&= matchesPattern(piece, this.#returned)
    this.#returned += piece.length
    if (this.#returned >= this.#options.bytes) this.#connection?.end()
  }

  #done(detail: string): void {
    const { to, bytes } = this.#options
    const ok = this.#right && this.#returned === bytes && detail === 'closed'
    const text = ok ? 'every octet came back' : this.#right ? detail : 'some octets came back changed'
    const took = this.#env.clock.now - this.#began
    this.#env.trace.emit('talk-done', { to: formatIpv4(to), bytes: this.#returned, ok, took, detail: text })
  }
}
