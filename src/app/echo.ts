/** UDP echo (RFC 862): a server that sends everything back, and a client that counts what comes back right. */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { get32, set32 } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import { type Duration, type SimTime, sec } from '../base/time.ts'
import type { UdpLayer, UdpListener } from '../ip/udp.ts'
import { fillPattern, matchesPattern } from './pattern.ts'

export const ECHO_PORT = 7
/** Octets of the sequence number, and so the smallest datagram. */
export const ECHO_MINIMUM = 4
/** An answer may come so long after the last datagram was sent; then the port is closed. */
const PATIENCE = sec(10)

/** One for all servers: nearly every machine is one. */
const sendBack: UdpListener = ({ from, fromPort, to, data }, socket) => void socket.send(from, fromPort, data, to)

export function serveEcho(udp: UdpLayer, port: number): void {
  udp.open(port, sendBack)
}

export interface EchoOptions {
  readonly to: Ipv4
  readonly port: number
  readonly count: number
  readonly interval: Duration
  /** Octets of UDP payload; the first four hold the sequence number. */
  readonly size: number
}

/** Starts an echo client; its results are the events `echo-reply`. Without a free port there are none. */
export function echo(env: Env, udp: UdpLayer, options: EchoOptions): void {
  const sent = new Map<number, SimTime>()
  const socket = udp.openAny(({ from, data }) => {
    const seq = data.length === options.size ? get32(data, 0) : 0
    const since = sent.get(seq)
    if (since === undefined || !matchesPattern(data.subarray(ECHO_MINIMUM), seq)) return
    sent.delete(seq)
    env.trace.emit('echo-reply', { from: formatIpv4(from), seq, rtt: env.clock.now - since, length: data.length })
  })
  const send = (seq: number): void => {
    const data = new Uint8Array(options.size)
    set32(data, 0, seq)
    fillPattern(data.subarray(ECHO_MINIMUM), seq)
    sent.set(seq, env.clock.now)
    socket?.send(options.to, options.port, data)
    if (seq < options.count) env.clock.after(options.interval, 'echo', () => send(seq + 1))
    else env.clock.after(PATIENCE, 'echo', () => socket?.close())
  }
  send(1)
}
