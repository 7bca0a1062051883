/**
 * The Link Control Protocol: RFC 1661 §5.6 to §5.9, and Identification and Time-Remaining of RFC 1570. Its options stand
 * in lcp-options.ts.
 */
import { fromAscii } from '../base/bytes.ts'
import type { MachineView } from '../base/view.ts'
import * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { LCP_OPTIONS } from '../wire/ppp-options.ts'
import { DEFAULT_MRU, type PppEnd } from './config.ts'
import { ControlProtocol, type LayerHooks } from './control-protocol.ts'
import { KeepAlive, NOT_ASKED } from './keep-alive.ts'
import { AccmRule, type Auth, AuthRule, FlagRule, MagicRule, MruRule, type OwnOptions } from './lcp-options.ts'
import type { Link } from './link.ts'

/** Code, identifier, length and the rejected protocol. */
const PROTOCOL_REJECT_HEADER = 6

export interface LcpHooks {
  lcpUp(): void
  lcpDown(): void
  lcpFinished(tries: number): void
  /** The peer answered a packet of this protocol with Protocol-Reject. */
  protocolRejected(protocol: number): void
}

export class Lcp implements LayerHooks, OwnOptions {
  readonly protocol: ControlProtocol
  readonly #link: Link
  readonly #hooks: LcpHooks
  readonly #mru: MruRule
  readonly #accm: AccmRule
  readonly #auth: AuthRule
  readonly #magic: MagicRule
  readonly #pfc: FlagRule
  readonly #acfc: FlagRule
  /** Absent: the peer is not asked whether it lives. */
  readonly #keepAlive: KeepAlive | undefined

  constructor(link: Link, hooks: LcpHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#keepAlive = link.config.echo && new KeepAlive(link, this, link.config.echo)
    const { accm = 0, magic = true, pfc = true, acfc = true } = link.config.lcp ?? {}
    this.#mru = new MruRule(link.config.mru)
    this.#accm = new AccmRule(accm)
    this.#auth = new AuthRule(link, this)
    this.#magic = new MagicRule(link, magic, this)
    this.#pfc = new FlagRule(LCP_OPTIONS.pfc, pfc)
    this.#acfc = new FlagRule(LCP_OPTIONS.acfc, acfc)
    const rules = [this.#mru, this.#accm, this.#auth, this.#magic, this.#pfc, this.#acfc]
    this.protocol = new ControlProtocol(link, 'lcp', Ppp.LCP, rules, this)
  }

  view(): MachineView {
    const whole = this.protocol.view()
    const { counters, timers } = this.#keepAlive?.view() ?? NOT_ASKED
    return {
      ...whole,
      counters: { ...whole.counters, ...counters, loops: this.#magic.loops },
      timers: { ...whole.timers, ...timers },
    }
  }

  /** The method by which the peer is to prove who it is; undefined: none. */
  get peerMethod(): Auth | undefined {
    return this.#auth.ours
  }
  /** The method by which we are to prove who we are. */
  get ownMethod(): Auth | undefined {
    return this.#auth.theirs
  }
  get peerMru(): number {
    return this.#mru.theirs ?? DEFAULT_MRU
  }
  /** Characters to escape towards the peer, and those that it escapes (RFC 1662 §7.1); without the option all. */
  get sendAccm(): number {
    return this.#accm.theirs ?? ALL_CHARACTERS
  }
  get receiveAccm(): number {
    return this.#accm.ours ?? ALL_CHARACTERS
  }
  /** The peer has ended the link before LCP was open: the reason, should the line go now. */
  parting: PppEnd | undefined
  /** May we leave out address and control fields, and the first octet of a protocol number? */
  addressCompressed = false
  protocolCompressed = false

  /** Answers a packet of a protocol that we do not speak; only an open link may (§5.7). */
  rejectProtocol(protocol: number, info: Uint8Array): void {
    const data = info.slice(0, this.peerMru - PROTOCOL_REJECT_HEADER)
    this.protocol.send({ type: 'protocol-reject', id: this.protocol.nextId(), protocol, data })
  }

  /** Says how long the session may still last (RFC 1570 §1.2); only while LCP is open. */
  timeRemaining(seconds: number, message: string): void {
    if (!this.protocol.opened) return
    const { protocol } = this
    const data = fromAscii(message).subarray(0, this.peerMru - 12)
    protocol.send({ type: 'time-remaining', id: protocol.nextId(), magic: this.ownMagic, seconds, data })
  }

  /** Who we are, for the log of the peer (RFC 1570 §1.1). */
  #identify(): void {
    const { identification } = this.#link.config.lcp ?? {}
    if (identification === undefined) return
    const { protocol } = this
    const data = fromAscii(identification).subarray(0, this.peerMru - 8)
    protocol.send({ type: 'identification', id: protocol.nextId(), magic: this.ownMagic, data })
  }

  // What its protocol tells

  up(): void {
    this.parting = undefined
    this.addressCompressed = this.#acfc.theirs === true
    this.protocolCompressed = this.#pfc.theirs === true
    this.#magic.loops = 0
    this.#identify()
    this.#keepAlive?.start()
    this.#hooks.lcpUp()
  }

  down(): void {
    this.addressCompressed = false
    this.protocolCompressed = false
    this.#keepAlive?.stop()
    this.#hooks.lcpDown()
  }

  get ownMagic(): number {
    return this.#magic.ours ?? 0
  }

  finished(tries: number): void {
    this.#hooks.lcpFinished(tries)
  }
  terminated(text: string): void {
    this.#link.ending(peerClosed(text))
  }
  gone(text: string): void {
    this.parting = peerClosed(text)
  }
  catastrophe(detail: string): void {
    this.#link.ending({ reason: 'protocol-rejected', layer: 'lcp', detail, tries: 0 })
  }
  /** A peer without Echo cannot be asked whether it lives. */
  codeRejected(code: number): void {
    if (code === Cp.CODES['echo-request'] || code === Cp.CODES['echo-reply']) this.#keepAlive?.stop()
  }

  other(packet: Cp.Cp): boolean {
    switch (packet.type) {
      case 'echo-request':
        if (this.#useful(packet)) this.protocol.echo({ ...packet, type: 'echo-reply', magic: this.ownMagic })
        return true
      case 'echo-reply':
        if (this.#useful(packet)) this.#keepAlive?.answered()
        return true
      // Said, shown in the trace, and never answered (RFC 1661 §5.9, RFC 1570).
      case 'discard-request':
      case 'identification':
      case 'time-remaining':
        return true
      case 'protocol-reject':
        if (this.#useful(packet)) this.#hooks.protocolRejected(packet.protocol)
        return true
      default:
        return false
    }
  }

  /** §5.7, §5.8: outside of Opened they are discarded; §6.4: so is what we sent ourselves. */
  #useful(packet: Cp.WithMagic | Cp.ProtocolReject): boolean {
    if (!this.protocol.opened) {
      this.#link.discard('ppp-unexpected', 'lcp', `${packet.type} in state ${this.protocol.state}`)
      return false
    }
    return packet.type === 'protocol-reject' || !this.#looped(packet.magic)
  }

  /** Our own magic number in the peer's packet: we hear ourselves. Zero means that none was negotiated. */
  #looped(magic: number): boolean {
    if (magic === 0 || magic !== this.ownMagic) return false
    this.#link.discard('ppp-looped', 'lcp', `magic 0x${magic.toString(16).padStart(8, '0')} is ours`)
    return true
  }
}

const ALL_CHARACTERS = 0xffffffff
const peerClosed = (text: string): PppEnd => ({
  reason: 'peer-closed',
  layer: 'lcp',
  detail: text ? `The peer ended the link: ${text}.` : 'The peer ended the link.',
  tries: 0,
})
