/** What PNS and PAC share: GRE between the IP stack and the endpoint, and PPP between a call and a ppp interface. */
import { ANY, formatIpv4, type Ipv4, prefixOf } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { MachineView } from '../base/view.ts'
import { clampMss, segmentFor } from '../ip/mss.ts'
import type { IpStack, PacketHandler } from '../ip/stack.ts'
import type { NetworkFacts, PppConfig, PppEnd, PppSinks, PppTimers } from '../ppp/config.ts'
import { RFC_TIMERS } from '../ppp/config.ts'
import type { Cipher } from '../ppp/mppe-policy.ts'
import { Session } from '../ppp/session.ts'
import type { Call } from '../pptp/call.ts'
import { type Decide, Endpoint } from '../pptp/endpoint.ts'
import type { CallEnd, CallHandlers, EndpointConfig, EndpointSinks, LinkInfo } from '../pptp/types.ts'
import { dropFacts } from '../wire/facts.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import { PppPort } from './ppp-port.ts'
import { Usage } from './usage.ts'

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
export class Tunnelling implements EndpointSinks, PacketHandler {
  readonly endpoint: Endpoint
  readonly #env: Env
  readonly #stack: IpStack
  /** Peers towards which a GRE packet is on its way out at this moment: so many of them, one inside the other. */
  readonly #carrying: Ipv4[] = [ANY]
  #depth = 0
  #sessions = 0

  constructor(node: IpNode, config: EndpointConfig, decide?: Decide) {
    const { stack, env } = node
    this.#env = env
    this.#stack = stack
    this.endpoint = new Endpoint(env, config, this, decide)
    stack.handle(Ipv4Header.PROTOCOL.gre, this)
  }

  /** A GRE packet of the endpoint. */
  gre(packet: Packet, peer: Ipv4): void {
    this.#carrying[this.#depth++] = peer
    this.#stack.output(packet, peer, Ipv4Header.PROTOCOL.gre)
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

/** What a node is told of its links. */
export interface PppLinkOwner {
  linkUp(link: PppLink, port: PppPort, facts: NetworkFacts): void
  linkDown(link: PppLink): void
  /** PPP is over: the call may be cleared. */
  linkFinished(link: PppLink, end: PppEnd): void
  /** The call is over, and PPP with it. */
  callEnded(link: PppLink, end: CallEnd): void
}

/** One PPP session over one call, with its interface in the node's stack while IPCP is open. */
export class PppLink implements CallHandlers, PppSinks {
  readonly session: Session
  port: PppPort | undefined
  facts: NetworkFacts | undefined
  end: PppEnd | undefined
  readonly #node: IpNode
  readonly #tunnelling: Tunnelling
  readonly #env: Env
  #call: Call | undefined
  readonly #name: string
  readonly #owner: PppLinkOwner
  readonly #clampsMss: boolean
  readonly usage = new Usage()

  constructor(node: IpNode, tunnelling: Tunnelling, config: PppConfig, owner: PppLinkOwner, clampsMss = false) {
    this.#node = node
    this.#tunnelling = tunnelling
    this.#env = node.env
    this.#name = config.iface
    this.#owner = owner
    this.#clampsMss = clampsMss
    this.session = new Session(node.env, config, this, tunnelling.sessionStream())
  }

  /** The call that carries it. */
  attach(call: Call): void {
    this.#call = call
  }
  get call(): Call {
    if (!this.#call) throw new Error(`${this.#env.node} ${this.#name}: no call carries this link`)
    return this.#call
  }

  // What the call tells

  /** A PAC starts PPP after what is being done now: the reply that connects the call must leave before the first frame. */
  connected(): void {
    if (this.#tunnelling.endpoint.config.role === 'pns') this.session.open()
    else this.#env.clock.after(0, `${this.#name} opens`, () => this.session.open())
  }
  received(frame: Packet): void {
    this.session.receive(frame)
  }
  ended(end: CallEnd): void {
    this.session.lowerDown()
    this.#owner.callEnded(this, end)
  }

  machines(): Record<string, MachineView> {
    return { ...this.session.machines() }
  }

  snapshot(): Snapshot {
    const { phase, lcp, auth, ccp, ipcp, network, counters, crypto } = this.session.snapshot()
    const encryption = network?.encryption ?? 'none'
    const decryption = network?.decryption ?? 'none'
    return { phase, lcp, auth, ccp, ipcp, encryption, decryption, counters: { ...counters }, crypto: { ...crypto } }
  }

  /** An IP packet of the stack, into the tunnel. */
  send(datagram: Packet): void {
    if (!this.#tunnelling.isCarrying(this.call.peer)) {
      if (this.#clampsMss && this.port) clampMss(datagram, segmentFor(this.port.mtu))
      this.usage.count(datagram, 'out', this.#env.clock.now)
      this.#showInside(datagram, 'in')
      return this.session.send(datagram)
    }
    this.#env.trace.drop({ reason: 'tunnel-loop', layer: 'ip', ...dropFacts(datagram), detail: this.#name })
    datagram.release()
  }

  #showInside(datagram: Packet, way: 'in' | 'out'): void {
    const { inside } = this.#node
    // For every packet of a user: nothing is made unless somebody looks.
    if (!inside) return
    const { id, parent, data } = datagram
    inside({ iface: this.#name, way, packet: id, parent, bytes: data })
  }

  // What the session tells

  down(frame: Packet): void {
    this.call.send(frame)
  }

  up(datagram: Packet): void {
    if (this.#clampsMss && this.port) clampMss(datagram, segmentFor(this.port.mtu))
    this.usage.count(datagram, 'in', this.#env.clock.now)
    this.#showInside(datagram, 'out')
    this.#node.stack.receiveFrom(this.#name, datagram)
  }

  accmsAgreed(accms: LinkInfo): void {
    this.call.accmsAgreed(accms)
  }

  networkUp(facts: NetworkFacts): void {
    const port = new PppPort(this.#name, facts.mtu, this)
    this.port = port
    this.facts = facts
    this.#node.addInterface(port, { address: facts.local, prefix: prefixOf(facts.peer, 32) })
    const { trace } = this.#env
    if (trace.on) trace.emit('interface', { iface: port.name, to: 'up', detail: describeFacts(facts) })
    this.#owner.linkUp(this, port, facts)
  }

  networkDown(): void {
    const { port } = this
    if (!port) return
    this.port = undefined
    port.up = false
    this.#node.stack.removeInterface(port.name)
    this.#owner.linkDown(this)
    this.#env.trace.emit('interface', { iface: port.name, to: 'down', detail: '' })
  }

  finished(end: PppEnd): void {
    this.end = end
    this.#owner.linkFinished(this, end)
  }
}

/** What a call's GRE packets did, for the snapshot; undefined before it was established. */
export function greSnapshot(call: Call | undefined): Snapshot | undefined {
  const statistics = call?.statistics
  return statistics && { ...statistics }
}

function describeFacts({ local, peer, mtu, encryption, decryption, dns, nbns }: NetworkFacts): string {
  const cipher = describeCiphers(encryption, decryption)
  const servers = listed('name servers', dns) + listed('NetBIOS name servers', nbns)
  return `${formatIpv4(local)}, peer ${formatIpv4(peer)}, MTU ${mtu}, ${cipher}${servers}`
}

const listed = (what: string, addresses: readonly Ipv4[]): string =>
  addresses.length === 0 ? '' : `, ${what} ${addresses.map(address => formatIpv4(address)).join(' ')}`

/** `MPPE 128 bit` is stateless, as nearly all of it. */
function describeCiphers(sent: Cipher, received: Cipher): string {
  if (sent === 'none') return 'not encrypted'
  const [out, back] = [sent, received].map(cipher => {
    const [, bits, state] = cipher.split('-')
    return `${bits} bit${state === 'stateful' ? ' stateful' : ''}`
  })
  return out === back ? `MPPE ${out}` : `MPPE ${out} out, ${back} in`
}
