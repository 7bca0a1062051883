/** What PNS and PAC share: GRE between the IP stack and the endpoint, and a call as that which carries PPP. */
import { ANY, formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { IpStack, PacketHandler } from '../ip/stack.ts'
import type { PppTimers } from '../ppp/config.ts'
import { RFC_TIMERS } from '../ppp/config.ts'
import type { Call } from '../pptp/call.ts'
import { type Decide, Endpoint } from '../pptp/endpoint.ts'
import type { CallEnd, CallHandlers, EndpointConfig, EndpointSinks, LinkInfo } from '../pptp/types.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import type { PppCarrier, PppLink } from './ppp-link.ts'

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

/** Of the machine of a control connection at who has several. */
export const controlName = (peer: Ipv4, port: number | undefined): string =>
  `controls[${formatIpv4(peer)}${port === undefined ? '' : `:${port}`}].pptp.control`

/** An endpoint whose GRE packets leave and enter by the node's IP stack. */
export class Tunnelling implements EndpointSinks, PacketHandler {
  readonly endpoint: Endpoint
  readonly #env: Env
  readonly #stack: IpStack
  /** Peers towards which a GRE packet is on its way out at this moment: so many of them, one inside the other. */
  readonly #carrying: Ipv4[] = [ANY]
  #depth = 0
  /** Read before anything else can be sent. */
  readonly #from = { source: ANY }
  #sessions = 0

  constructor(node: IpNode, config: EndpointConfig, decide?: Decide) {
    const { stack, env } = node
    this.#env = env
    this.#stack = stack
    this.endpoint = new Endpoint(env, config, this, decide)
    stack.handle(Ipv4Header.PROTOCOL.gre, this)
  }

  /** A GRE packet of the endpoint. */
  gre(packet: Packet, peer: Ipv4, local: Ipv4): void {
    this.#carrying[this.#depth++] = peer
    this.#from.source = local
    this.#stack.output(packet, peer, Ipv4Header.PROTOCOL.gre, this.#from)
    this.#depth--
  }

  /** A GRE packet for the endpoint. */
  receive(packet: Packet): void {
    const from = Ipv4Header.source(packet.bytes, packet.start)
    packet.start += Ipv4Header.headerLength(packet.bytes, packet.start)
    this.endpoint.receiveGre(packet, from)
  }

  /** A stream of its own for each session, or the second one would draw the magic numbers of the first again. */
  sessionStream(): Random {
    return this.#env.random.fork(`ppp session ${++this.#sessions}`)
  }

  /** Is a packet of the tunnel to this peer being routed? What enters the tunnel meanwhile would carry itself. */
  isCarrying(peer: Ipv4): boolean {
    const at = this.#carrying.indexOf(peer)
    return at >= 0 && at < this.#depth
  }
}

/** Whose PPP session a call carries. */
export interface CallOwner {
  /** The call is over, and PPP with it. */
  callEnded(carrier: CallCarrier, end: CallEnd): void
}

/** A call that carries a PPP session: it exists before the call and before the link. */
export class CallCarrier implements PppCarrier, CallHandlers {
  readonly #tunnelling: Tunnelling
  readonly #owner: CallOwner
  #call: Call | undefined
  #link: PppLink | undefined

  constructor(tunnelling: Tunnelling, owner: CallOwner, call?: Call) {
    this.#tunnelling = tunnelling
    this.#owner = owner
    this.#call = call
  }

  attach(link: PppLink): void {
    this.#link = link
  }
  set call(call: Call) {
    this.#call = call
  }
  get call(): Call {
    if (!this.#call) throw new Error('no call has been asked for yet')
    return this.#call
  }
  get link(): PppLink {
    if (!this.#link) throw new Error(`call ${this.call.callId} carries no link yet`)
    return this.#link
  }

  // For the link

  sessionStream(): Random {
    return this.#tunnelling.sessionStream()
  }
  send(frame: Packet): void {
    this.call.send(frame)
  }
  accmsAgreed(accms: LinkInfo): void {
    this.call.accmsAgreed(accms)
  }
  carriesItself(): boolean {
    return this.#tunnelling.isCarrying(this.call.peer)
  }

  // What the call tells

  /** A PAC starts PPP after what is being done now: the reply that connects the call must leave before the first frame. */
  connected(): void {
    if (this.call.role === 'pns') this.link.session.open()
    else this.link.open()
  }
  received(frame: Packet): void {
    this.link.session.receive(frame)
  }
  ended(end: CallEnd): void {
    this.#owner.callEnded(this, end)
  }
}

/** What a call's GRE packets did, for the snapshot; undefined before it was established. */
export function greSnapshot(call: Call | undefined): Snapshot | undefined {
  const statistics = call?.statistics
  return statistics && { ...statistics }
}
