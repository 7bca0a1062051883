/** What PNS and PAC share: GRE between the IP stack and the endpoint, and PPP between a call and a ppp interface. */
import { formatIpv4, type Ipv4, prefixOf } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { MachineView } from '../base/view.ts'
import { clampMss, segmentFor } from '../ip/mss.ts'
import type { NetworkFacts, PppConfig, PppEnd, PppTimers } from '../ppp/config.ts'
import { RFC_TIMERS } from '../ppp/config.ts'
import type { Cipher } from '../ppp/mppe-policy.ts'
import { Session } from '../ppp/session.ts'
import type { Call } from '../pptp/call.ts'
import { type Decide, Endpoint } from '../pptp/endpoint.ts'
import type { CallHandlers, EndpointConfig } from '../pptp/types.ts'
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

  /** A scope of its own for each session, or the second one would draw the magic numbers of the first again. */
  sessionEnv(): Env {
    return this.#env.scope(`ppp session ${++this.#sessions}`)
  }

  /** What a PPP session over this call stands on. */
  carrier(call: Call): PppCarrier {
    return {
      env: this.sessionEnv(),
      send: frame => call.send(frame),
      accmsAgreed: accms => call.accmsAgreed(accms),
      carriesItself: () => this.isCarrying(call.peer),
    }
  }

  /** Is a packet of the tunnel to this peer being routed? What enters the tunnel meanwhile would carry itself. */
  isCarrying(peer: Ipv4): boolean {
    return this.#carrying.has(peer)
  }
}

/** What is below a PPP session: a call in a tunnel, a telephone line. */
export interface PppCarrier {
  /** A scope of its own for each session. */
  readonly env: Env
  /** A PPP frame; takes the ownership. */
  send(frame: Packet): void
  /** LCP has agreed on the control characters to escape (RFC 1662 §7.1). */
  accmsAgreed(accms: { readonly sendAccm: number; readonly receiveAccm: number }): void
  /** Is the packet that is being routed one of those that carry this session? */
  carriesItself(): boolean
}

export interface PppLinkEvents {
  networkUp(port: PppPort, facts: NetworkFacts): void
  networkDown(port: PppPort): void
  /** PPP is over: the call may be cleared. */
  finished(end: PppEnd): void
}

/** One PPP session over one call or line, with its interface in the node's stack while IPCP is open. */
export class PppLink {
  readonly session: Session
  port: PppPort | undefined
  facts: NetworkFacts | undefined
  end: PppEnd | undefined
  readonly #node: IpNode
  readonly #carrier: PppCarrier
  readonly #env: Env
  readonly #name: string
  readonly #events: PppLinkEvents
  readonly #clampsMss: boolean
  readonly usage = new Usage()

  constructor(node: IpNode, carrier: PppCarrier, config: PppConfig, events: PppLinkEvents, clampsMss = false) {
    this.#node = node
    this.#carrier = carrier
    this.#env = node.env
    this.#name = config.iface
    this.#events = events
    this.#clampsMss = clampsMss
    this.session = new Session(carrier.env, config, {
      down: frame => carrier.send(frame),
      up: datagram => this.#up(datagram),
      accmsAgreed: accms => carrier.accmsAgreed(accms),
      networkUp: facts => this.#networkUp(facts),
      networkDown: () => this.#networkDown(),
      finished: end => {
        this.end = end
        this.#events.finished(end)
      },
    })
  }

  /** What the call is told to do with this link. */
  handlers(ended: CallHandlers['ended']): CallHandlers {
    return {
      connected: () => this.open(),
      received: frame => this.session.receive(frame),
      ended: end => {
        this.session.lowerDown()
        ended(end)
      },
    }
  }

  /** A PAC starts PPP after what is being done now: the reply that connects the call must leave before the first frame. */
  open(): void {
    this.#env.clock.after(0, `${this.#name} opens`, () => this.session.open())
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

  #send(datagram: Packet): void {
    if (!this.#carrier.carriesItself()) {
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

  #up(datagram: Packet): void {
    if (this.#clampsMss && this.port) clampMss(datagram, segmentFor(this.port.mtu))
    this.usage.count(datagram, 'in', this.#env.clock.now)
    this.#showInside(datagram, 'out')
    this.#node.stack.receiveFrom(this.#name, datagram)
  }

  #networkUp(facts: NetworkFacts): void {
    const port = new PppPort(this.#name, facts.mtu, packet => this.#send(packet))
    this.port = port
    this.facts = facts
    this.#node.addInterface(port, { address: facts.local, prefix: prefixOf(facts.peer, 32) })
    this.#env.trace.emit('interface', { iface: port.name, to: 'up', detail: describeFacts(facts) })
    this.#events.networkUp(port, facts)
  }

  #networkDown(): void {
    const { port } = this
    if (!port) return
    this.port = undefined
    port.up = false
    this.#node.stack.removeInterface(port.name)
    this.#events.networkDown(port)
    this.#env.trace.emit('interface', { iface: port.name, to: 'down', detail: '' })
  }
}

/** Of a machine that has not dialled yet. */
export const IDLE_PPP: Snapshot = { phase: 'dead', lcp: 'initial', auth: 'idle', ccp: 'initial', ipcp: 'initial' }

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
