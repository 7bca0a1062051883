/**
 * The user's IP packets on their way through a session: encrypted and wrapped, unwrapped and decrypted.
 *
 * Only packets of the network layer are encrypted: IPCP and the other control protocols stay in clear (RFC 3078 §3).
 * A packet keeps its identity on its way through: who wraps it in an IP packet, or takes it out, derives a new one.
 */
import type { Packet } from '../base/packet.ts'
import * as Ppp from '../wire/ppp.ts'
import type { PppSinks } from './config.ts'
import type { Lcp } from './lcp.ts'
import type { Link } from './link.ts'
import type { NetworkPhase } from './network-phase.ts'

/** IP packets of the user. */
export interface PppCounters {
  readonly sent: number
  readonly received: number
  readonly encrypted: number
  readonly decrypted: number
}

/** Puts the PPP header in front. */
export function prepend(
  packet: Packet,
  protocol: number,
  addressCompressed: boolean,
  protocolCompressed: boolean,
): void {
  const at = packet.prepend(Ppp.headerLength(protocol, addressCompressed, protocolCompressed))
  Ppp.writeHeader(packet.bytes, at, protocol, addressCompressed, protocolCompressed)
}

export class DataPath {
  readonly #link: Link
  readonly #lcp: Lcp
  readonly #network: NetworkPhase
  readonly #sinks: PppSinks
  #sent = 0
  #received = 0
  #encrypted = 0
  #decrypted = 0

  constructor(link: Link, lcp: Lcp, network: NetworkPhase, sinks: PppSinks) {
    this.#link = link
    this.#lcp = lcp
    this.#network = network
    this.#sinks = sinks
  }

  get counters(): PppCounters {
    return { sent: this.#sent, received: this.#received, encrypted: this.#encrypted, decrypted: this.#decrypted }
  }

  /** An IP packet from the stack; takes the ownership. */
  send(datagram: Packet): void {
    const { ccp, ipcp, facts, noClear } = this.#network
    const { sender } = ccp
    if (!facts || (noClear && !sender)) {
      const detail = facts ? `CCP is in state ${ccp.protocol.state}` : `IPCP is in state ${ipcp.protocol.state}`
      this.#link.drop(datagram, 'ppp-not-opened', 'ppp', detail)
      return
    }
    const lcp = this.#lcp
    this.#sent++
    if (sender) {
      this.#encrypted++
      prepend(datagram, Ppp.IP, true, false)
      sender.encrypt(datagram)
      prepend(datagram, Ppp.COMPRESSED, lcp.addressCompressed, lcp.protocolCompressed)
    } else prepend(datagram, Ppp.IP, lcp.addressCompressed, lcp.protocolCompressed)
    this.#sinks.down(datagram)
  }

  /** What came under the protocol number of compression, which stands no longer in front; takes the ownership. */
  receiveEncrypted(frame: Packet): void {
    const { ccp } = this.#network
    if (!ccp.receiver) {
      this.#link.drop(frame, 'ppp-not-opened', 'mppe', `CCP is in state ${ccp.protocol.state}`)
      return
    }
    const result = ccp.decrypt(ccp.receiver, frame)
    if (result !== 'ok') {
      this.#link.drop(frame, result, 'mppe', 'encrypted packet', result === 'malformed' ? 'bad-value' : undefined)
      return
    }
    const protocol = Ppp.protocolAt(frame.bytes, frame.start, frame.end)
    frame.start += Ppp.protocolLength(frame.bytes, frame.start)
    if (protocol === Ppp.IP) {
      this.#decrypted++
      this.#deliver(frame)
    } else this.#link.rejectProtocol(frame, protocol)
  }

  /** An IP packet in clear; takes the ownership. */
  receiveClear(frame: Packet): void {
    if (this.#network.noClear) this.#link.drop(frame, 'mppe-required', 'mppe', 'an IP packet in clear text')
    else this.#deliver(frame)
  }

  #deliver(frame: Packet): void {
    if (!this.#network.facts) {
      this.#link.drop(frame, 'ppp-not-opened', 'ppp', `IPCP is in state ${this.#network.ipcp.protocol.state}`)
      return
    }
    this.#received++
    this.#sinks.up(frame)
  }
}
