/** What PNS and PAC share: GRE between the IP stack and the endpoint, and a call as that which carries PPP. */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { PppTimers } from '../ppp/config.ts'
import { RFC_TIMERS } from '../ppp/config.ts'
import type { Call } from '../pptp/call.ts'
import { type Decide, Endpoint } from '../pptp/endpoint.ts'
import type { EndpointConfig } from '../pptp/types.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import type { PppCarrier } from './ppp-link.ts'

export const PPTP_PORT = 1723
export const PPP_TIMERS: PppTimers = RFC_TIMERS
/** LCP Echo-Requests without answer after which a link ends, as the captured pppd were set up. */
export const ECHO_FAILURES = 4

/** Outer IP 20, GRE 8 + sequence 4 + acknowledgment 4, FF 03, protocol 2: what a tunnel adds to an IP packet. */
const OVERHEAD = 40
/** RFC 791: what every link carries. */
const LEAST_MTU = 68

/**
 * The largest IP packet of a tunnel to this peer: what the lab says, or what the path carries from here, less what the
 * tunnel adds, and no more than is this end's habit.
 */
export function tunnelMtu({ stack }: IpNode, peer: Ipv4, configured: number | undefined, habit: number): number {
  if (configured !== undefined) return configured
  const path = stack.mtuTowards(peer)
  return path === undefined ? habit : Math.min(Math.max(path - OVERHEAD, LEAST_MTU), habit)
}

/** An endpoint whose GRE packets leave and enter by the node's IP stack. */
export class Tunnelling {
  readonly endpoint: Endpoint
  /** Peers towards which a GRE packet is on its way out at this moment. */
  readonly #carrying = new Set<Ipv4>()
  readonly #env: Env
  #sessions = 0

  constructor(node: IpNode, config: EndpointConfig, decide?: Decide) {
    const { stack, env } = node
    this.#env = env
    const gre = (packet: Packet, peer: Ipv4): void => {
      this.#carrying.add(peer)
      stack.output(packet, peer, Ipv4Header.PROTOCOL.gre)
      this.#carrying.delete(peer)
    }
    this.endpoint = new Endpoint(env.scope('pptp'), config, { gre }, decide)
    stack.handle(Ipv4Header.PROTOCOL.gre, packet => {
      const from = Ipv4Header.source(packet.bytes, packet.start)
      packet.start += Ipv4Header.headerLength(packet.bytes, packet.start)
      this.endpoint.receiveGre(packet, from)
    })
  }

  /** A call that carries a PPP session. */
  carrier(call: Call): PppCarrier {
    return {
      env: this.#env.scope(`ppp session ${++this.#sessions}`),
      send: frame => call.send(frame),
      accmsAgreed: accms => call.accmsAgreed(accms),
      carriesItself: () => this.#carrying.has(call.peer),
    }
  }
}

/** What a call's GRE packets did, for the snapshot; undefined before it was established. */
export function greSnapshot(call: Call | undefined): Snapshot | undefined {
  const statistics = call?.statistics
  return statistics && { ...statistics }
}
