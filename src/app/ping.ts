/** The ping of a lab: echo requests at an interval, and what became of each. */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Timer } from '../base/scheduler.ts'
import type { Duration, SimTime } from '../base/time.ts'
import type { EchoReply, IcmpError } from '../ip/icmp.ts'
import type { IpStack } from '../ip/stack.ts'

export interface PingOptions {
  readonly to: Ipv4
  readonly count: number
  readonly interval: Duration
  /** Octets of echo data. */
  readonly size: number
  readonly ttl: number
  readonly dontFragment: boolean
  /** A request without an answer has failed after this long. */
  readonly timeout: Duration
}

interface Request {
  /** From 1; a packet has room for its low 16 bits. */
  readonly seq: number
  readonly sent: SimTime
  readonly timer: Timer
}

/** Starts a ping; its results are the events `ping-sent`, `ping-reply` and `ping-failed`. */
export function ping(env: Env, stack: IpStack, options: PingOptions): void {
  new Ping(env, stack, options).start()
}

/** What follows the header: the same octets as the ping of BSD and Linux sends, after their timestamp. */
const echoData = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i)

class Ping {
  readonly #env: Env
  readonly #stack: IpStack
  readonly #options: PingOptions
  readonly #identifier: number | undefined
  readonly #data: Uint8Array
  /** By the number that stands in the packet. */
  readonly #waiting = new Map<number, Request>()
  #sequence = 0
  #forgetErrors = (): void => {}

  constructor(env: Env, stack: IpStack, options: PingOptions) {
    this.#env = env
    this.#stack = stack
    this.#options = options
    this.#data = echoData(options.size)
    this.#identifier = stack.icmp.openEcho(reply => this.#reply(reply))
  }

  start(): void {
    this.#forgetErrors = this.#stack.icmp.onError(error => this.#error(error))
    this.#send()
  }

  #send(): void {
    const { to, count, interval, size, ttl, dontFragment, timeout } = this.#options
    const number = (this.#sequence + 1) & 0xffff
    // So many are on their way that this number is needed again: the old one is given up.
    this.#fail(number, 'timeout')
    const seq = ++this.#sequence
    this.#env.trace.emit('ping-sent', { to: formatIpv4(to), seq, length: size })
    const timer = this.#env.clock.after(timeout, 'ping', () => this.#fail(number, 'timeout'))
    this.#waiting.set(number, { seq, sent: this.#env.clock.now, timer })
    const trouble =
      this.#identifier === undefined
        ? 'no identifier is free'
        : this.#stack.icmp.echo(to, this.#identifier, number, this.#data, { ttl, dontFragment })
    if (trouble) this.#fail(number, trouble)
    if (seq < count) this.#env.clock.after(interval, 'ping', () => this.#send())
  }

  #reply({ from, sequence, data }: EchoReply): void {
    const request = this.#waiting.get(sequence)
    // A reply with other data than was sent is none: the line or an attacker has changed it.
    if (!request || data.length !== this.#data.length || data.some((octet, i) => octet !== this.#data[i])) return
    this.#finish(sequence, request)
    const rtt = this.#env.clock.now - request.sent
    this.#env.trace.emit('ping-reply', { from: formatIpv4(from), seq: request.seq, rtt, length: data.length })
  }

  #error(error: IcmpError): void {
    const { echo, name, from } = error
    if (echo && echo.identifier === this.#identifier) this.#fail(echo.sequence, name, formatIpv4(from))
  }

  #fail(number: number, type: string, from?: string): void {
    const request = this.#waiting.get(number)
    if (!request) return
    this.#finish(number, request)
    this.#env.trace.emit('ping-failed', { to: formatIpv4(this.#options.to), seq: request.seq, type, from })
  }

  #finish(number: number, request: Request): void {
    request.timer.cancel()
    this.#waiting.delete(number)
    if (this.#waiting.size > 0 || this.#sequence < this.#options.count) return
    if (this.#identifier !== undefined) this.#stack.icmp.closeEcho(this.#identifier)
    this.#forgetErrors()
  }
}
