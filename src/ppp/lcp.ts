/**
 * The Link Control Protocol: RFC 1661 §5.6 to §5.9, and Identification and Time-Remaining of RFC 1570. Its options stand
 * in lcp-options.ts, but for the magic number.
 */
import { fromAscii } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import type { MachineView } from '../base/view.ts'
import * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { LCP_OPTIONS } from '../wire/ppp-options.ts'
import { DEFAULT_MRU } from './config.ts'
import { ControlProtocol } from './control-protocol.ts'
import { KeepAlive } from './keep-alive.ts'
import { type Auth, accmRule, authRule, flagRule, mruRule } from './lcp-options.ts'
import type { Link } from './link.ts'
import { FOUR_OCTETS, type OptionRule, type Verdict } from './options.ts'

/** Code, identifier, length and the rejected protocol. */
const PROTOCOL_REJECT_HEADER = 6

export interface LcpHooks {
  up(): void
  down(): void
  finished(tries: number): void
  /** The peer answered a packet of this protocol with Protocol-Reject. */
  protocolRejected(protocol: number): void
}

export class Lcp {
  readonly protocol: ControlProtocol
  readonly #link: Link
  readonly #hooks: LcpHooks
  readonly #random: Random
  readonly #mru: OptionRule<number>
  readonly #auth: OptionRule<Auth>
  readonly #magic: OptionRule<number>
  readonly #pfc: OptionRule<true>
  readonly #acfc: OptionRule<true>
  readonly #keepAlive: KeepAlive
  /** Requests in a row that carried our own magic number. */
  #loops = 0

  constructor(link: Link, hooks: LcpHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#random = link.env.random.fork('magic')
    this.#keepAlive = new KeepAlive(
      link,
      () => this.protocol,
      () => this.#ownMagic,
    )
    const { accm = 0, magic = true, pfc = true, acfc = true } = link.config.lcp ?? {}
    this.#mru = mruRule(link.config.mru)
    this.#auth = authRule(link, () => this.peerMethod)
    this.#magic = this.#magicRule(magic)
    this.#pfc = flagRule(LCP_OPTIONS.pfc, pfc)
    this.#acfc = flagRule(LCP_OPTIONS.acfc, acfc)
    const rules = [this.#mru, accmRule(accm), this.#auth, this.#magic, this.#pfc, this.#acfc]
    this.protocol = new ControlProtocol(link, 'lcp', Ppp.LCP, rules, {
      up: () => this.#up(),
      down: () => this.#down(),
      finished: tries => hooks.finished(tries),
      terminated: text =>
        link.ending({
          reason: 'peer-closed',
          layer: 'lcp',
          detail: text ? `The peer ended the link: ${text}.` : 'The peer ended the link.',
          tries: 0,
        }),
      catastrophe: detail => link.ending({ reason: 'protocol-rejected', layer: 'lcp', detail, tries: 0 }),
      other: packet => this.#other(packet),
      // A peer without Echo cannot be asked whether it lives.
      codeRejected: code => {
        if (code === Cp.CODES['echo-request'] || code === Cp.CODES['echo-reply']) this.#keepAlive.stop()
      },
    })
  }

  view(): MachineView {
    const whole = this.protocol.view()
    const { counters, timers } = this.#keepAlive.view()
    return {
      ...whole,
      counters: { ...whole.counters, ...counters, loops: this.#loops },
      timers: { ...whole.timers, ...timers },
    }
  }

  /** The method by which the peer is to prove who it is; undefined: none. */
  get peerMethod(): Auth | undefined {
    return this.protocol.options.ours(this.#auth)
  }
  /** The method by which we are to prove who we are. */
  get ownMethod(): Auth | undefined {
    return this.protocol.options.theirs(this.#auth)
  }
  get peerMru(): number {
    return this.protocol.options.theirs(this.#mru) ?? DEFAULT_MRU
  }
  /** May we leave out address and control fields, and the first octet of a protocol number? */
  addressCompressed = false
  protocolCompressed = false

  /** Answers a packet of a protocol that we do not speak; only an open link may (§5.7). */
  rejectProtocol(protocol: number, info: Uint8Array): void {
    const data = info.slice(0, this.peerMru - PROTOCOL_REJECT_HEADER)
    this.protocol.send({ type: 'protocol-reject', id: this.protocol.nextId(), protocol, data })
  }

  /** Says how long the session may still last (RFC 1570); only while LCP is open. */
  timeRemaining(seconds: number, message: string): void {
    if (!this.protocol.opened) return
    const { protocol } = this
    const data = fromAscii(message)
    protocol.send({ type: 'time-remaining', id: protocol.nextId(), magic: this.#ownMagic, seconds, data })
  }

  /** Who we are, for the log of the peer (RFC 1570). */
  #identify(): void {
    const { identification } = this.#link.config.lcp ?? {}
    if (identification === undefined) return
    const { protocol } = this
    const data = fromAscii(identification)
    protocol.send({ type: 'identification', id: protocol.nextId(), magic: this.#ownMagic, data })
  }

  #up(): void {
    this.addressCompressed = this.protocol.options.theirs(this.#acfc) === true
    this.protocolCompressed = this.protocol.options.theirs(this.#pfc) === true
    this.#loops = 0
    this.#identify()
    this.#keepAlive.start()
    this.#hooks.up()
  }

  #down(): void {
    this.addressCompressed = false
    this.protocolCompressed = false
    this.#keepAlive.stop()
    this.#hooks.down()
  }

  get #ownMagic(): number {
    return this.protocol.options.ours(this.#magic) ?? 0
  }

  #other(packet: Cp.Cp): boolean {
    switch (packet.type) {
      case 'echo-request':
        if (this.#useful(packet)) this.protocol.echo({ ...packet, type: 'echo-reply', magic: this.#ownMagic })
        return true
      case 'echo-reply':
        if (this.#useful(packet)) this.#keepAlive.answered()
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
    if (magic === 0 || magic !== this.#ownMagic) return false
    this.#link.discard('ppp-looped', 'lcp', `magic 0x${magic.toString(16).padStart(8, '0')} is ours`)
    return true
  }

  /** §6.4: the numbers of the two ends must differ; if they never do, the line is looped. */
  #magicRule(wanted: boolean): OptionRule<number> {
    const draw = (): number => this.#random.uint32() || 1
    const judge = (asked: number | undefined): Verdict<number> => {
      if (asked === undefined || asked === 0) return { nak: draw() }
      if (asked !== this.#ownMagic) {
        this.#loops = 0
        return 'ack'
      }
      if (++this.#loops >= this.#link.config.timers.maxFailure) {
        const detail = `The peer's magic number was our own ${this.#loops} times: the line is looped.`
        this.#link.end({ reason: 'looped', layer: 'lcp', detail, tries: this.#loops })
      }
      return { nak: draw() }
    }
    return {
      ...FOUR_OCTETS,
      type: LCP_OPTIONS.magic,
      want: () => (wanted ? draw() : undefined),
      judge,
      concede: () => (wanted ? draw() : undefined),
    }
  }
}
