/**
 * One PPP link. Read RFC 1661 §3 (phases) first, then §5.7 (Protocol-Reject).
 *
 *     dead ──up──▶ establish ──opened──▶ authenticate ──success──▶ network
 *       ▲              │  LCP                 │  auth-phase.ts       │  network-phase.ts, then data-path.ts
 *       └────down──────┴──────── terminate ◀──┴───────closing─────────┘
 *
 * Give every session a random stream of its own, or two sessions draw the same magic numbers.
 * `sinks.down` must not deliver to the peer before it returns: automata are in the middle of their actions.
 *
 * Limits: one network protocol, IPv4; IPV6CP gets a Protocol-Reject.
 */
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { Malformed } from '../base/result.ts'
import { Machine, type MachineOwner, table } from '../base/table.ts'
import { type MachineView, view } from '../base/view.ts'
import * as Ppp from '../wire/ppp.ts'
import { type AuthHooks, AuthPhase, type AuthState } from './auth-phase.ts'
import type { State } from './automaton.ts'
import type { NetworkFacts, PppConfig, PppEnd, PppSinks } from './config.ts'
import type { CryptoWork } from './crypto-work.ts'
import { DataPath, type PppCounters, prepend } from './data-path.ts'
import type { MppeKeys } from './keys.ts'
import { Lcp, type LcpHooks } from './lcp.ts'
import type { Link, Purpose } from './link.ts'
import { type NetworkHooks, NetworkPhase } from './network-phase.ts'

/** RFC 1661 §3.2 */
export type Phase = 'dead' | 'establish' | 'authenticate' | 'network' | 'terminate'
type PhaseEvent = 'up' | 'opened' | 'success' | 'renegotiate' | 'closing' | 'down'

const PHASES = table<Phase, PhaseEvent, never>({
  up: { dead: 'establish' },
  opened: { establish: 'authenticate' },
  success: { authenticate: 'network' },
  /** The peer's Configure-Request took LCP out of Opened. */
  renegotiate: { authenticate: 'establish', network: 'establish' },
  closing: { establish: 'terminate', authenticate: 'terminate', network: 'terminate' },
  down: { establish: 'dead', authenticate: 'dead', network: 'dead', terminate: 'dead' },
})

const LOWER_DOWN: PppEnd = {
  reason: 'lower-down',
  layer: 'lcp',
  detail: 'The line below was taken away.',
  tries: 0,
}

export interface PppSnapshot {
  readonly phase: Phase
  readonly lcp: State
  readonly auth: AuthState
  readonly ccp: State
  readonly ipcp: State
  /** Who the peer proved to be. */
  readonly user: string | undefined
  /** What IPCP agreed to, while it is open. */
  readonly network: NetworkFacts | undefined
  readonly counters: PppCounters
  readonly crypto: Readonly<CryptoWork>
}

/** Its layers know it as their Link, and tell it what they have come to. */
export class Session implements Link, MachineOwner<never>, LcpHooks, AuthHooks, NetworkHooks {
  readonly env: Env
  readonly config: PppConfig
  readonly #stream: Random
  readonly #streams: { [K in Purpose]?: Random } = {}
  readonly #sinks: PppSinks
  readonly #phase: Machine<Phase, PhaseEvent, never>
  readonly #lcp: Lcp
  readonly #auth: AuthPhase
  readonly #network: NetworkPhase
  readonly #data: DataPath
  /** The first reason to end. */
  #ending: PppEnd | undefined
  #over = false
  /** The frame being read. */
  #frame: Packet | undefined

  /** `stream` is its own, if another than that of `env`. */
  constructor(env: Env, config: PppConfig, sinks: PppSinks, stream: Random = env.random) {
    this.env = env
    this.#stream = stream
    this.config = config
    this.#sinks = sinks
    this.#phase = new Machine(this, PHASES, 'dead')
    this.#lcp = new Lcp(this, this)
    this.#auth = new AuthPhase(this, this)
    this.#network = new NetworkPhase(this, this)
    this.#data = new DataPath(this, this.#lcp, this.#network, sinks)
  }

  get machineName(): string {
    return `${this.config.machine}.phase`
  }
  /** Its table has states only. */
  act(): void {}

  // From above and below

  /** The line below is up: start. */
  open(): void {
    // What was below may have gone before it was used.
    if (this.#over) return
    this.#phase.fire('up')
    this.#lcp.protocol.open()
    this.#lcp.protocol.lowerUp()
  }

  /** Administrative end; the sentence goes to the peer in the Terminate-Request. */
  close(sentence: string): void {
    this.end({ reason: 'closed', layer: 'lcp', detail: sentence, tries: 0 })
  }

  /** Tells the peer how long the session may still last (RFC 1570, Time-Remaining). */
  timeRemaining(seconds: number, message = ''): void {
    this.#lcp.timeRemaining(seconds, message)
  }

  /** The line below is gone: nothing more can be sent. */
  lowerDown(): void {
    if (this.#over) return
    this.#ending ??= this.#lcp.parting ?? LOWER_DOWN
    this.#lcp.protocol.lowerDown()
    this.#lcp.protocol.close('')
    this.#finish(this.#ending)
  }

  /** An IP packet from the stack; takes the ownership. */
  send(datagram: Packet): void {
    this.#data.send(datagram)
  }

  /** A PPP frame from below; takes the ownership. */
  receive(frame: Packet): void {
    const { bytes, end } = frame
    const at = Ppp.protocolOffset(bytes, frame.start, end)
    const protocol = Ppp.protocolAt(bytes, at, end)
    if (this.#over) {
      this.drop(frame, 'ppp-unexpected', 'ppp', 'the session has ended')
    } else if (protocol < 0) {
      this.drop(frame, 'malformed', 'ppp', 'no protocol number', end - at < 2 ? 'truncated' : 'bad-value')
    } else if (protocol === Ppp.COMPRESSED && this.#network.ccpStarted) {
      frame.start = at + Ppp.protocolLength(bytes, at)
      this.#data.receiveEncrypted(frame)
    } else if (protocol === Ppp.IP && this.#phase.state === 'network') {
      frame.start = at + Ppp.protocolLength(bytes, at)
      this.#data.receiveClear(frame)
    } else {
      this.#frame = frame
      this.#receiveControl(frame, protocol, bytes.subarray(at + Ppp.protocolLength(bytes, at), end))
      this.#frame = undefined
      frame.release()
    }
  }

  /** Who the peer proved to be. */
  get user(): string | undefined {
    return this.#auth.user
  }
  get phase(): Phase {
    return this.#phase.state
  }
  get lcp(): State {
    return this.#lcp.protocol.state
  }
  get auth(): AuthState {
    return this.#auth.state
  }
  get ccp(): State {
    return this.#network.ccp.protocol.state
  }
  get ipcp(): State {
    return this.#network.ipcp.protocol.state
  }

  snapshot(): PppSnapshot {
    return {
      phase: this.phase,
      lcp: this.lcp,
      auth: this.auth,
      ccp: this.ccp,
      ipcp: this.ipcp,
      user: this.user,
      network: this.#network.facts,
      counters: this.#data.counters,
      crypto: { ...this.#network.ccp.work },
    }
  }

  /** Each machine by its name below the session. */
  machines(): Readonly<Record<'phase' | 'lcp' | 'auth' | 'ccp' | 'mppe' | 'ipcp', MachineView>> {
    const { ccp, ipcp } = this.#network
    const facts = this.#ending ? { end: this.#ending.reason } : {}
    return {
      phase: view(this.phase, { facts, history: this.#phase.history }),
      lcp: this.#lcp.view(),
      auth: this.#auth.view({ peer: this.#lcp.peerMethod, own: this.#lcp.ownMethod }),
      ccp: ccp.protocol.view(),
      mppe: ccp.mppeView(),
      ipcp: ipcp.protocol.view(),
    }
  }

  // What its layers ask for: see Link

  random(purpose: Purpose): Random {
    this.#streams[purpose] ??= this.#stream.fork(purpose)
    return this.#streams[purpose]
  }
  peerMru(): number {
    return this.#lcp.peerMru
  }
  isEnding(): boolean {
    return this.#ending !== undefined
  }
  discard(reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    this.#report(this.#frame, reason, layer, detail, why)
  }
  rejectProtocol(packet: Packet, protocol: number): void {
    this.#rejectProtocol(packet, protocol, packet.data)
    packet.release()
  }

  // Phases

  lcpUp(): void {
    this.#phase.fire('opened')
    const { sendAccm, receiveAccm } = this.#lcp
    this.#sinks.accmsAgreed?.({ sendAccm, receiveAccm })
    this.#auth.start(this.#lcp.peerMethod, this.#lcp.ownMethod)
  }

  lcpDown(): void {
    this.#phase.fire('renegotiate')
    this.#auth.stop()
    this.#network.leave()
  }

  authenticated(keys: MppeKeys | undefined): void {
    this.#phase.fire('success')
    this.#network.enter(this.#auth.user, keys)
  }

  authenticatedAgain(keys: MppeKeys | undefined): void {
    if (keys) this.#network.renewKeys(keys)
  }

  networkUp(facts: NetworkFacts): void {
    this.#sinks.networkUp(facts)
  }

  networkDown(): void {
    this.#sinks.networkDown(this.#ending)
  }

  protocolRejected(protocol: number): void {
    const detail = `The peer does not speak ${Ppp.protocolName(protocol).toUpperCase()}: it answered with Protocol-Reject.`
    switch (protocol) {
      case Ppp.CCP:
      case Ppp.COMPRESSED:
        this.#network.ccpRejected(detail)
        return
      case Ppp.IPCP:
      case Ppp.IP:
        this.#network.ipcpRejected(detail)
        return
      case Ppp.PAP:
      case Ppp.CHAP:
        this.end({ reason: 'protocol-rejected', layer: 'auth', detail, tries: 0 })
        return
      case Ppp.LCP:
        this.ending({ reason: 'protocol-rejected', layer: 'lcp', detail, tries: 0 })
        this.#lcp.protocol.protocolRejected()
        return
      default: {
        const unknown = `Protocol-Reject of ${Ppp.hex16(protocol)}, which was never sent`
        this.#report(this.#frame, 'ppp-unexpected', 'lcp', unknown)
      }
    }
  }

  // The end

  end(end: PppEnd): void {
    if (this.#ending) return
    this.ending(end)
    const encrypted = this.#network.facts !== undefined && this.#network.facts.encryption !== 'none'
    this.#lcp.protocol.close(end.detail)
    if (encrypted && this.config.closesTwice) this.#lcp.protocol.closeAgain('MPPE disabled')
    if (this.lcp === 'initial') this.#finish(end)
  }

  /** The first reason stands. */
  ending(given: PppEnd): void {
    if (this.#ending) return
    const end = given.reason === 'peer-closed' ? (this.#auth.refused ?? given) : given
    this.#ending = end
    if (end.layer === 'auth') this.#auth.fail()
    this.#phase.fire('closing')
  }

  lcpFinished(tries: number): void {
    const ending = this.#ending
    if (!ending) {
      const detail = `No answer to ${tries} LCP Configure-Requests.`
      this.#finish({ reason: 'timeout', layer: 'lcp', detail, tries })
    } else if (tries === 0 || ending.tries > 0) this.#finish(ending)
    else {
      const detail = `${ending.detail.replace(/\.$/, '')}. No answer to ${tries} LCP Terminate-Requests.`
      this.#finish({ ...ending, detail, tries })
    }
  }

  #finish(end: PppEnd): void {
    if (this.#over) return
    this.#over = true
    this.#ending ??= end
    this.#network.close()
    this.#phase.fire('down')
    this.#sinks.finished(end)
  }

  // Frames

  transmit(protocol: number, bytes: Uint8Array): void {
    // RFC 1661 §6.5, §6.6: LCP packets of codes 1 to 7 go as if nothing had been negotiated.
    const plain = protocol === Ppp.LCP && bytes[0] <= 7
    const packet = this.env.packets.from(bytes)
    const { addressCompressed, protocolCompressed } = this.#lcp
    prepend(packet, protocol, addressCompressed && !plain, protocolCompressed && !plain)
    this.#sinks.down(packet)
  }

  /** RFC 1661 §3.4 and §3.5: before the network phase only LCP, and then authentication, are listened to. */
  #receiveControl(frame: Packet, protocol: number, bytes: Uint8Array): void {
    const phase = this.#phase.state
    if (protocol === Ppp.LCP) this.#lcp.protocol.receive(bytes)
    else if (phase !== 'authenticate' && phase !== 'network') this.#outOfPhase(frame, protocol)
    else if (protocol === Ppp.PAP) this.#auth.receivePap(bytes)
    else if (protocol === Ppp.CHAP) this.#auth.receiveChap(bytes)
    else if (phase !== 'network') this.#outOfPhase(frame, protocol)
    else if (!this.#network.receive(protocol, bytes)) this.#rejectProtocol(frame, protocol, bytes)
  }

  #outOfPhase(frame: Packet, protocol: number): void {
    this.#report(frame, 'ppp-unexpected', 'ppp', `${Ppp.protocolName(protocol)} in phase ${this.#phase.state}`)
  }

  /** RFC 1661 §5.7 */
  #rejectProtocol(frame: Packet, protocol: number, bytes: Uint8Array): void {
    this.#report(frame, 'ppp-protocol-rejected', 'ppp', `protocol ${Ppp.showProtocol(protocol)}`)
    this.#lcp.rejectProtocol(protocol, bytes)
  }

  // Drops

  drop(packet: Packet, reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    this.#report(packet, reason, layer, detail, why)
    packet.release()
  }

  #report(packet: Packet | undefined, reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    const { trace } = this.env
    trace.drop({
      reason,
      layer,
      packet: packet?.id,
      parent: packet?.parent,
      why,
      detail: `${this.config.iface}: ${detail}`,
    })
  }
}
