/**
 * The Link Control Protocol: RFC 1661 §5.6 to §5.9 and §6; what it asks for and grants is what pppd does (MRU only if
 * it is not 1500, ACCM 0, the magic number, both compressions).
 *
 * Limits: quality, callback, multilink and the other options of RFC 1570 and RFC 1990 are rejected. Identification
 * (RFC 1570 §2.1) is shown and not answered; Time-Remaining is an unknown code.
 */
import { get16 } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import type { Timer } from '../base/scheduler.ts'
import { type MachineView, running } from '../base/view.ts'
import type * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { CHAP_ALGORITHMS, LCP_OPTIONS } from '../wire/ppp-options.ts'
import { type AuthMethod, DEFAULT_MRU } from './config.ts'
import { ControlProtocol } from './control-protocol.ts'
import type { Link } from './link.ts'
import { FOUR_OCTETS, type OptionRule, type Verdict } from './options.ts'

/** Smallest MRU that we grant, as pppd; RFC 791 needs 68 octets for any progress. */
const MIN_MRU = 128

/** Code, identifier, length and the rejected protocol. */
const PROTOCOL_REJECT_HEADER = 6

export interface LcpHooks {
  up(): void
  down(): void
  finished(tries: number): void
  /** The peer answered a packet of this protocol with Protocol-Reject. */
  protocolRejected(protocol: number): void
}

type Auth = AuthMethod | 'other'

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
  readonly #echoTimer: Timer
  #echoId = 0
  /** Echo-Requests without answer. */
  #unanswered = 0
  /** Requests in a row that carried our own magic number. */
  #loops = 0

  constructor(link: Link, hooks: LcpHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#random = link.env.random.fork('magic')
    this.#echoTimer = link.env.clock.timer(`${link.env.node} ${link.config.machine} echo`, () => this.#sendEcho())
    this.#mru = this.#mruRule()
    this.#auth = this.#authRule()
    this.#magic = this.#magicRule()
    const { headerCompression = true } = link.config
    this.#pfc = flag(LCP_OPTIONS.pfc, headerCompression)
    this.#acfc = flag(LCP_OPTIONS.acfc, headerCompression)
    const rules = [this.#mru, ACCM, this.#auth, this.#magic, this.#pfc, this.#acfc]
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
      codeRejected: () => this.#echoTimer.cancel(),
    })
  }

  view(): MachineView {
    const whole = this.protocol.view()
    return {
      ...whole,
      counters: { ...whole.counters, echoesUnanswered: this.#unanswered, loops: this.#loops },
      timers: { ...whole.timers, ...running({ echo: this.#echoTimer }) },
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

  #up(): void {
    this.addressCompressed = this.protocol.options.theirs(this.#acfc) === true
    this.protocolCompressed = this.protocol.options.theirs(this.#pfc) === true
    this.#loops = 0
    this.#unanswered = 0
    if (this.#link.config.echo) this.#sendEcho()
    this.#hooks.up()
  }

  #down(): void {
    this.addressCompressed = false
    this.protocolCompressed = false
    this.#echoTimer.cancel()
    this.#hooks.down()
  }

  get #ownMagic(): number {
    return this.protocol.options.ours(this.#magic) ?? 0
  }

  #sendEcho(): void {
    const { echo } = this.#link.config
    if (!echo) return
    if (this.#unanswered >= echo.failures) {
      const detail = `No answer to ${this.#unanswered} Echo-Requests.`
      this.#link.end({ reason: 'echo-timeout', layer: 'lcp', detail, tries: this.#unanswered })
      return
    }
    this.#unanswered++
    this.#echoTimer.arm(echo.interval)
    this.protocol.send({
      type: 'echo-request',
      id: this.#echoId,
      magic: this.#ownMagic,
      data: new Uint8Array(0),
    })
    this.#echoId = (this.#echoId + 1) & 255
  }

  #other(packet: Cp.Cp): boolean {
    switch (packet.type) {
      case 'echo-request':
        if (this.#useful(packet)) this.protocol.echo({ ...packet, type: 'echo-reply', magic: this.#ownMagic })
        return true
      case 'echo-reply':
        if (this.#useful(packet)) this.#unanswered = 0
        return true
      case 'discard-request':
      case 'identification':
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

  #mruRule(): OptionRule<number> {
    const { mru } = this.#link.config
    return {
      type: LCP_OPTIONS.mru,
      want: () => (mru === DEFAULT_MRU ? undefined : mru),
      parse: body => (body.length === 2 ? get16(body, 0) : undefined),
      write: value => Uint8Array.of(value >>> 8, value),
      judge: asked => (asked === undefined ? { nak: DEFAULT_MRU } : asked < MIN_MRU ? { nak: MIN_MRU } : 'ack'),
      // §6.1: we can receive what is smaller than our own number, and every implementation receives 1500.
      concede: suggested => (suggested <= Math.max(mru, DEFAULT_MRU) ? suggested : mru),
    }
  }

  /** §6.2: what we ask for is how the peer must prove who it is. */
  #authRule(): OptionRule<Auth> {
    const link = this.#link
    const demanded: readonly (Auth | undefined)[] = link.config.authenticatePeer?.methods ?? []
    const offered: readonly Auth[] = link.config.ourself?.methods ?? []
    return {
      type: LCP_OPTIONS.auth,
      want: () => demanded[0],
      parse: readAuth,
      write: writeAuth,
      judge: asked => {
        if (asked !== undefined && offered.includes(asked)) return 'ack'
        return offered.length > 0 ? { nak: offered[0] } : 'reject'
      },
      // The peer's suggestion if we allow it, else our next method; when none is left, we are not content.
      concede: suggested =>
        demanded.includes(suggested) ? suggested : demanded[demanded.indexOf(this.peerMethod) + 1],
      lost: () =>
        link.end({
          reason: 'auth-refused',
          layer: 'lcp',
          detail: `The peer refuses to authenticate with ${demanded.join(' or ')}.`,
          tries: 0,
        }),
    }
  }

  /** §6.4: the numbers of the two ends must differ; if they never do, the line is looped. */
  #magicRule(): OptionRule<number> {
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
      want: draw,
      judge,
      concede: draw,
    }
  }
}

/** RFC 1662 §7.1; without meaning in PPTP, but pppd asks for 0 and so do we. */
const ACCM: OptionRule<number> = {
  ...FOUR_OCTETS,
  type: LCP_OPTIONS.accm,
  want: () => 0,
  judge: asked => (asked === undefined ? { nak: 0 } : 'ack'),
  concede: suggested => suggested,
}

const flag = (type: number, wanted: boolean): OptionRule<true> => ({
  type,
  want: () => (wanted ? true : undefined),
  parse: body => (body.length === 0 ? true : undefined),
  write: () => new Uint8Array(0),
  judge: asked => (!wanted ? 'reject' : asked ? 'ack' : { nak: true }),
  concede: () => true,
})

function readAuth(body: Uint8Array): Auth | undefined {
  if (body.length < 2) return undefined
  const protocol = get16(body, 0)
  if (protocol === Ppp.PAP) return body.length === 2 ? 'pap' : undefined
  if (protocol !== Ppp.CHAP) return 'other'
  if (body.length !== 3) return undefined
  if (body[2] === CHAP_ALGORITHMS.md5) return 'chap-md5'
  return body[2] === CHAP_ALGORITHMS.msChapV2 ? 'ms-chap-v2' : 'other'
}

function writeAuth(method: Auth): Uint8Array {
  if (method === 'pap') return Uint8Array.of(Ppp.PAP >>> 8, Ppp.PAP & 255)
  const algorithm = method === 'chap-md5' ? CHAP_ALGORITHMS.md5 : CHAP_ALGORITHMS.msChapV2
  return Uint8Array.of(Ppp.CHAP >>> 8, Ppp.CHAP & 255, algorithm)
}
