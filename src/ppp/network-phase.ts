/**
 * The network phase: RFC 1661 §3.6. As pppd does, IPCP waits for CCP when encryption is wanted, because a user's packet
 * must not pass in clear before. A peer that does not wait loses no time by that: its Configure-Request is held until
 * IPCP begins, and need not be repeated after a restart period.
 */
import { ANY, type Ipv4 } from '../base/address.ts'
import * as Ppp from '../wire/ppp.ts'
import { Ccp, type CcpHooks } from './ccp.ts'
import type { NetworkFacts, PppEndReason } from './config.ts'
import { Ipcp, type IpcpHooks } from './ipcp.ts'
import type { MppeKeys } from './keys.ts'
import type { Link } from './link.ts'
import { type MppePolicy, policyOf } from './mppe-policy.ts'

/** MPPE header and the protocol number that it hides (nat-truth: an interface with MPPE is four octets smaller). */
const MPPE_OVERHEAD = 4

const CONFIGURE_REQUEST = 1

export interface NetworkHooks {
  networkUp(facts: NetworkFacts): void
  networkDown(): void
}

export class NetworkPhase implements CcpHooks, IpcpHooks {
  readonly ccp: Ccp
  readonly ipcp: Ipcp
  /** What IPCP agreed to, while it is open. */
  facts: NetworkFacts | undefined
  /** CCP was opened for the network phase of now; without it its packets are rejected. */
  ccpStarted = false
  /** IP packets in clear are dropped: encryption is required, or there was some already. */
  noClear: boolean
  readonly #link: Link
  readonly #hooks: NetworkHooks
  #user: string | undefined
  #assigned: Ipv4 | undefined
  readonly #mppe: MppePolicy
  #ipcpStarted = false
  /** The peer's last Configure-Request of IPCP, which came too early. */
  #held: Uint8Array | undefined
  /** Why CCP and IPCP are about to finish, if more is known than that they do. */
  #ccpEnd: string | undefined
  #ipcpEnd: { readonly reason: PppEndReason; readonly detail: string } | undefined

  constructor(link: Link, hooks: NetworkHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#mppe = policyOf(link.config.mppe)
    this.noClear = this.#mppe.use === 'required'
    this.ccp = new Ccp(link, this.#mppe, this)
    this.ipcp = new Ipcp(link, this)
  }

  /** Authentication is over; `user` is who the peer proved to be. */
  enter(user: string | undefined, keys: MppeKeys | undefined): void {
    this.#user = user
    const { ip } = this.#link.config
    const { use } = this.#mppe
    if (ip.assignPeer) {
      this.#assigned ??= ip.assignPeer(user)
      if (this.#assigned === undefined) {
        const detail = user === undefined ? 'No address is left.' : `No address is left for user "${user}".`
        this.#link.end({ reason: 'no-address', layer: 'ipcp', detail, tries: 0 })
        return
      }
    }
    if (use !== 'off' && keys) {
      this.ccpStarted = true
      this.ccp.start(keys)
    } else if (use === 'required') {
      const detail = 'Encryption is required, and authentication gave no keys for it: only MS-CHAP and MS-CHAPv2 do.'
      this.#link.end({ reason: 'mppe-required', layer: 'ccp', detail, tries: 0 })
    } else this.#startIpcp()
  }

  /** LCP is no longer open. */
  leave(): void {
    this.ipcp.protocol.lowerDown()
    this.ccp.protocol.lowerDown()
    this.ccpStarted = false
    this.#ipcpStarted = false
    this.#held = undefined
  }

  /** The session is over. */
  close(): void {
    this.ipcp.protocol.close('')
    this.ccp.protocol.close('')
  }

  /** The peer has been challenged once more. */
  renewKeys(keys: MppeKeys): void {
    if (this.ccpStarted) this.ccp.renewKeys(keys)
  }

  /** False: no protocol of this phase, or not of this phase as it stands now. */
  receive(protocol: number, bytes: Uint8Array): boolean {
    if (protocol === Ppp.CCP && this.ccpStarted) this.ccp.protocol.receive(bytes)
    else if (protocol === Ppp.IPCP) this.#receiveIpcp(bytes)
    else return false
    return true
  }

  /** The peer does not speak CCP, or IPCP. */
  ccpRejected(detail: string): void {
    this.#ccpEnd = detail
    this.ccp.protocol.protocolRejected()
  }

  ipcpRejected(detail: string): void {
    this.#ipcpEnd = { reason: 'protocol-rejected', detail }
    this.ipcp.protocol.protocolRejected()
  }

  #startIpcp(): void {
    if (this.#ipcpStarted || this.#link.isEnding()) return
    this.#ipcpStarted = true
    this.ipcp.start(this.#assigned)
    const held = this.#held
    this.#held = undefined
    if (held) this.ipcp.protocol.receive(held)
  }

  /** One sent again while the first is held says the same, or something newer. */
  #receiveIpcp(bytes: Uint8Array): void {
    const early = !this.#ipcpStarted && !this.#link.isEnding() && bytes[0] === CONFIGURE_REQUEST
    if (early) this.#held = bytes.slice()
    else this.ipcp.protocol.receive(bytes)
  }

  // What CCP and IPCP tell

  ccpUp(): void {
    if (this.ccp.sender) {
      this.noClear = true
      this.#startIpcp()
    } else this.ccpRefused('The peer does not agree to MPPE in both directions.')
  }

  /** CCP cannot give what we want. */
  ccpRefused(detail: string): void {
    this.#ccpEnd = detail
    if (this.noClear) this.#endUnencrypted(0)
    else this.ccp.protocol.close(detail)
  }

  ccpEnding(detail: string): void {
    this.#ccpEnd = detail
  }

  ccpFinished(tries: number): void {
    if (tries > 0) this.#ccpEnd ??= `No answer to ${tries} CCP Configure-Requests.`
    if (this.noClear) this.#endUnencrypted(tries)
    else this.#startIpcp()
  }

  #endUnencrypted(tries: number): void {
    const detail = `Encryption is required. ${this.#ccpEnd ?? 'CCP has ended.'}`
    this.#link.end({ reason: 'mppe-required', layer: 'ccp', detail, tries })
  }

  ipcpEnding(reason: PppEndReason, detail: string): void {
    this.#ipcpEnd = { reason, detail }
  }

  ipcpFinished(tries: number): void {
    const timeout = { reason: 'timeout', detail: `No answer to ${tries} IPCP Configure-Requests.` } as const
    this.#link.end({ ...(this.#ipcpEnd ?? timeout), layer: 'ipcp', tries })
  }

  ipcpUp(): void {
    const { local, peer, dns, nbns } = this.ipcp
    if (local === ANY || peer === ANY) {
      const detail = local === ANY ? 'The peer gives us no address.' : 'The peer does not tell its address.'
      this.#link.end({ reason: 'no-address', layer: 'ipcp', detail, tries: 0 })
      return
    }
    const encrypted = this.ccp.sender !== undefined
    const mtu = Math.min(this.#link.config.mtu, this.#link.peerMru()) - (encrypted ? MPPE_OVERHEAD : 0)
    this.facts = {
      local,
      peer,
      dns,
      nbns,
      mtu,
      user: this.#user,
      encryption: this.ccp.sending,
      decryption: this.ccp.receiving,
    }
    this.#hooks.networkUp(this.facts)
  }

  ipcpDown(): void {
    if (!this.facts) return
    this.facts = undefined
    this.#hooks.networkDown()
  }
}
