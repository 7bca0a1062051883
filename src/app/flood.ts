/** Many short conversations: each UDP datagram comes from another port, and so is a flow of its own to who keeps track. */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Duration } from '../base/time.ts'
import type { UdpLayer } from '../ip/udp.ts'

export interface FloodOptions {
  readonly to: Ipv4
  readonly port: number
  readonly flows: number
  readonly interval: Duration
}

/** Octets of each datagram. */
const SIZE = 8

/** Nobody listens for answers. */
export function flood(env: Env, udp: UdpLayer, { to, port, flows, interval }: FloodOptions): void {
  const data = new Uint8Array(SIZE)
  const send = (left: number): void => {
    const socket = udp.openAny(() => {})
    socket?.send(to, port, data)
    socket?.close()
    if (left > 1) env.clock.after(interval, 'flood', () => send(left - 1))
  }
  send(flows)
}
