/** A PPP session over what carries it, a call in a tunnel or a telephone line, with its interface in the node's stack. */
import { formatIpv4, type Ipv4, prefixOf } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { MachineView } from '../base/view.ts'
import { clampMss, segmentFor } from '../ip/mss.ts'
import type { NetworkFacts, PppConfig, PppEnd, PppSinks } from '../ppp/config.ts'
import type { Cipher } from '../ppp/mppe-policy.ts'
import { Session } from '../ppp/session.ts'
import { dropFacts } from '../wire/facts.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import { PppPort } from './ppp-port.ts'
import { Usage } from './usage.ts'

/** What carries the frames of a PPP session. */
export interface PppCarrier {
  /** A stream of its own for each session, or the second one would draw the magic numbers of the first again. */
  sessionStream(): Random
  /** Takes the ownership. */
  send(frame: Packet): void
  /** LCP has agreed on which characters are escaped on an asynchronous line (RFC 1662 §7.1). */
  accmsAgreed(accms: { readonly sendAccm: number; readonly receiveAccm: number }): void
  /** Is a packet of this carrier being routed at this moment? What enters the link meanwhile would carry itself. */
  carriesItself(): boolean
}

/** What its user is told. */
export interface PppLinkOwner {
  linkUp(port: PppPort, facts: NetworkFacts): void
  linkDown(): void
  /** PPP is over: what carries it may be ended. */
  linkFinished(end: PppEnd): void
}

/** One PPP session over one carrier, with its interface in the node's stack while IPCP is open. */
export class PppLink implements PppSinks {
  readonly session: Session
  port: PppPort | undefined
  facts: NetworkFacts | undefined
  end: PppEnd | undefined
  readonly #node: IpNode
  readonly #carrier: PppCarrier
  readonly #env: Env
  readonly #name: string
  readonly #owner: PppLinkOwner
  readonly #clampsMss: boolean
  readonly usage = new Usage()

  constructor(node: IpNode, carrier: PppCarrier, config: PppConfig, owner: PppLinkOwner, clampsMss = false) {
    this.#node = node
    this.#carrier = carrier
    this.#env = node.env
    this.#name = config.iface
    this.#owner = owner
    this.#clampsMss = clampsMss
    this.session = new Session(node.env, config, this, carrier.sessionStream())
  }

  /** After what is being done now: what connects the call must leave before the first frame. */
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

  /** An IP packet of the stack, into the link. */
  send(datagram: Packet): void {
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

  // What the session tells

  down(frame: Packet): void {
    this.#carrier.send(frame)
  }

  up(datagram: Packet): void {
    if (this.#clampsMss && this.port) clampMss(datagram, segmentFor(this.port.mtu))
    this.usage.count(datagram, 'in', this.#env.clock.now)
    this.#showInside(datagram, 'out')
    this.#node.stack.receiveFrom(this.#name, datagram)
  }

  accmsAgreed(accms: { readonly sendAccm: number; readonly receiveAccm: number }): void {
    this.#carrier.accmsAgreed(accms)
  }

  networkUp(facts: NetworkFacts): void {
    const port = new PppPort(this.#name, facts.mtu, this)
    this.port = port
    this.facts = facts
    this.#node.addInterface(port, { address: facts.local, prefix: prefixOf(facts.peer, 32) })
    const { trace } = this.#env
    if (trace.on) trace.emit('interface', { iface: port.name, to: 'up', detail: describeFacts(facts) })
    this.#owner.linkUp(port, facts)
  }

  networkDown(): void {
    const { port } = this
    if (!port) return
    this.port = undefined
    port.up = false
    this.#node.stack.removeInterface(port.name)
    this.#owner.linkDown()
    this.#env.trace.emit('interface', { iface: port.name, to: 'down', detail: '' })
  }

  finished(end: PppEnd): void {
    this.end = end
    this.#owner.linkFinished(end)
  }
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

/** Of a machine that has not dialled yet. */
export const IDLE_PPP: Snapshot = { phase: 'dead', lcp: 'initial', auth: 'idle', ccp: 'initial', ipcp: 'initial' }
