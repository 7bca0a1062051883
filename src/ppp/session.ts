/**
 * One PPP link. Read RFC 1661 §3 (phases) first, then §5.7 (Protocol-Reject).
 *
 *     dead ──up──▶ establish ──opened──▶ authenticate ──success──▶ network
 *       ▲              │  LCP                 │  PAP, CHAP            │  CCP, then IPCP, then IP
 *       └────down──────┴──────── terminate ◀──┴───────closing─────────┘
 *
 * As pppd does, IPCP waits for CCP when encryption is wanted, and only packets of the network layer are encrypted:
 * IPCP and the other control protocols stay in clear (RFC 3078 §3).
 *
 * A packet keeps its identity on its way through: who wraps it in an IP packet, or takes it out, derives a new one.
 * Give every session a scope of its own (`env.scope('call-7')`), or two sessions draw the same magic numbers.
 * `sinks.down` must not deliver to the peer before it returns: automata are in the middle of their actions.
 *
 * Limits: one network protocol, IPv4; IPV6CP gets a Protocol-Reject. When both ends authenticate by MS-CHAPv2 the keys
 * are those of the exchange that ended last, as with pppd.
 */
import { ANY, type Ipv4 } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Malformed } from '../base/result.ts'
import { Machine, table } from '../base/table.ts'
import { type MachineView, view } from '../base/view.ts'
import * as Chap from '../wire/chap.ts'
import * as Pap from '../wire/pap.ts'
import * as Ppp from '../wire/ppp.ts'
import type { State } from './automaton.ts'
import { Ccp, type MppeKeys } from './ccp.ts'
import { ChapAuthenticator, ChapProver } from './chap.ts'
import type { NetworkFacts, PppConfig, PppEnd, PppEndReason, PppSinks } from './config.ts'
import type { CryptoWork } from './crypto-work.ts'
import { Ipcp } from './ipcp.ts'
import { Lcp } from './lcp.ts'
import { type Link, report } from './link.ts'
import { PapAuthenticator, PapProver } from './pap.ts'

export type {
  AuthMethod,
  NetworkFacts,
  PppConfig,
  PppEnd,
  PppEndReason,
  PppLayer,
  PppSinks,
  PppTimers,
} from './config.ts'

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

export type AuthState = 'idle' | 'authenticating' | 'authenticated' | 'failed'
type AuthEvent = 'start' | 'success' | 'failure' | 'down'

const AUTH = table<AuthState, AuthEvent, never>({
  start: { idle: 'authenticating' },
  success: { authenticating: 'authenticated' },
  failure: { authenticating: 'failed' },
  down: { authenticating: 'idle', authenticated: 'idle' },
})

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

/** IP packets of the user. */
export interface PppCounters {
  readonly sent: number
  readonly received: number
  readonly encrypted: number
  readonly decrypted: number
}

/** MPPE header and the protocol number that it hides (nat-truth: an interface with MPPE is four octets smaller). */
const MPPE_OVERHEAD = 4

const ignore = (): void => {}

export class Session {
  readonly #env: Env
  readonly #config: PppConfig
  readonly #sinks: PppSinks
  readonly #link: Link
  readonly #phase: Machine<Phase, PhaseEvent, never>
  readonly #auth: Machine<AuthState, AuthEvent, never>
  readonly #lcp: Lcp
  readonly #ccp: Ccp
  readonly #ipcp: Ipcp
  #pap: { readonly prover?: PapProver | undefined; readonly authenticator?: PapAuthenticator | undefined } = {}
  #chap: { readonly prover?: ChapProver | undefined; readonly authenticator?: ChapAuthenticator | undefined } = {}
  /** Exchanges of the authentication phase that have not succeeded yet. */
  #unproved = 0
  #user: string | undefined
  #keys: MppeKeys | undefined
  #assigned: Ipv4 | undefined
  /** CCP was opened for the network phase of now; without it its packets are rejected. */
  #ccpStarted = false
  #ipcpStarted = false
  /** IP packets in clear are dropped: encryption is required, or there was some already. */
  #noClear: boolean
  /** Why CCP and IPCP are about to finish, if more is known than that they do. */
  #ccpEnd: string | undefined
  #ipcpEnd: { readonly reason: PppEndReason; readonly detail: string } | undefined
  #facts: NetworkFacts | undefined
  /** The first reason to end. */
  #ending: PppEnd | undefined
  #over = false
  /** The frame being read. */
  #frame: Packet | undefined
  #sent = 0
  #received = 0
  #encrypted = 0
  #decrypted = 0

  constructor(env: Env, config: PppConfig, sinks: PppSinks) {
    this.#env = env
    this.#config = config
    this.#sinks = sinks
    this.#noClear = config.mppe === 'required'
    this.#link = {
      env,
      config,
      random: {
        challenge: env.random.fork('challenge'),
        chapId: env.random.fork('chap-id'),
        peerChallenge: env.random.fork('peer-challenge'),
      },
      peerMru: () => this.#lcp.peerMru,
      transmit: (protocol, packet) => this.#transmit(protocol, packet),
      discard: (reason, layer, detail, why) => this.#discard(reason, layer, detail, why),
      end: end => this.#end(end),
      ending: end => this.#note(end),
    }
    this.#phase = new Machine<Phase, PhaseEvent, never>(env, `${config.machine}.phase`, PHASES, 'dead', ignore)
    this.#auth = new Machine<AuthState, AuthEvent, never>(env, `${config.machine}.auth`, AUTH, 'idle', ignore)
    this.#lcp = new Lcp(this.#link, {
      up: () => this.#authenticate(),
      down: () => this.#lcpDown(),
      finished: tries => this.#lcpFinished(tries),
      protocolRejected: protocol => this.#protocolRejected(protocol),
    })
    this.#ccp = new Ccp(this.#link, {
      up: () => this.#ccpUp(),
      finished: tries => this.#ccpFinished(tries),
      terminated: text => (this.#ccpEnd = `The peer ended CCP${text && `: ${text}`}.`),
      catastrophe: detail => (this.#ccpEnd = detail),
      refused: () => this.#refuseCcp('The peer refuses MPPE with 128 bit and without state.'),
    })
    this.#ipcp = new Ipcp(this.#link, {
      up: () => this.#networkUp(),
      down: () => this.#networkDown(),
      finished: tries => this.#ipcpFinished(tries),
      terminated: text =>
        (this.#ipcpEnd = { reason: 'peer-closed', detail: `The peer ended IPCP${text && `: ${text}`}.` }),
      catastrophe: detail => (this.#ipcpEnd = { reason: 'protocol-rejected', detail }),
    })
  }

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
    this.#end({ reason: 'closed', layer: 'lcp', detail: sentence, tries: 0 })
  }

  /** The line below is gone: nothing more can be sent. */
  lowerDown(): void {
    if (this.#over) return
    this.#ending ??= { reason: 'lower-down', layer: 'lcp', detail: 'The line below was taken away.', tries: 0 }
    this.#lcp.protocol.lowerDown()
    this.#lcp.protocol.close('')
    this.#finish(this.#ending)
  }

  /** A PPP frame from below; takes the ownership. */
  receive(frame: Packet): void {
    const { bytes, end } = frame
    const at = Ppp.protocolOffset(bytes, frame.start, end)
    const protocol = Ppp.protocolAt(bytes, at, end)
    if (this.#over) {
      this.#drop(frame, 'ppp-unexpected', 'ppp', 'the session has ended')
    } else if (protocol < 0) {
      this.#drop(frame, 'malformed', 'ppp', 'no protocol number', end - at < 2 ? 'truncated' : 'bad-value')
    } else if (protocol === Ppp.COMPRESSED && this.#ccpStarted) {
      frame.start = at + Ppp.protocolLength(bytes, at)
      this.#receiveEncrypted(frame)
    } else if (protocol === Ppp.IP && this.#phase.state === 'network') {
      frame.start = at + Ppp.protocolLength(bytes, at)
      this.#receiveClear(frame)
    } else {
      this.#frame = frame
      this.#receiveControl(protocol, bytes.subarray(at + Ppp.protocolLength(bytes, at), end))
      this.#frame = undefined
      frame.release()
    }
  }

  /** An IP packet from the stack; takes the ownership. */
  send(datagram: Packet): void {
    const { sender } = this.#ccp
    if (!this.#facts || (this.#noClear && !sender)) {
      const detail = this.#facts ? `CCP is in state ${this.#ccp.protocol.state}` : `IPCP is in state ${this.ipcp}`
      this.#drop(datagram, 'ppp-not-opened', 'ppp', detail)
      return
    }
    this.#sent++
    if (sender) {
      this.#encrypted++
      this.#prepend(datagram, Ppp.IP, true, false)
      sender.encrypt(datagram)
      this.#prepend(datagram, Ppp.COMPRESSED, this.#lcp.addressCompressed, this.#lcp.protocolCompressed)
    } else this.#prepend(datagram, Ppp.IP, this.#lcp.addressCompressed, this.#lcp.protocolCompressed)
    this.#sinks.down(datagram)
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
    return this.#ccp.protocol.state
  }
  get ipcp(): State {
    return this.#ipcp.protocol.state
  }

  snapshot(): PppSnapshot {
    return {
      phase: this.phase,
      lcp: this.lcp,
      auth: this.auth,
      ccp: this.ccp,
      ipcp: this.ipcp,
      user: this.#user,
      network: this.#facts,
      counters: {
        sent: this.#sent,
        received: this.#received,
        encrypted: this.#encrypted,
        decrypted: this.#decrypted,
      },
      crypto: { ...this.#ccp.work },
    }
  }

  /** Each machine by its name below the session. */
  machines(): Readonly<Record<'phase' | 'lcp' | 'auth' | 'ccp' | 'mppe' | 'ipcp', MachineView>> {
    return {
      phase: view(this.phase, {
        facts: this.#ending ? { end: this.#ending.reason } : {},
        history: this.#phase.history,
      }),
      lcp: this.#lcp.view(),
      auth: this.#authView(),
      ccp: this.#ccp.protocol.view(),
      mppe: this.#ccp.mppeView(),
      ipcp: this.#ipcp.protocol.view(),
    }
  }

  #authView(): MachineView {
    const { peerMethod, ownMethod } = this.#lcp
    const facts = {
      ...(peerMethod === undefined ? {} : { peer: peerMethod }),
      ...(ownMethod === undefined ? {} : { own: ownMethod }),
      ...(this.#user === undefined ? {} : { user: this.#user }),
    }
    const counters: Record<string, number> = { unproved: this.#unproved }
    const timers: Record<string, number> = {}
    const asking = (this.#pap.authenticator ?? this.#chap.authenticator)?.view()
    if (asking) {
      counters.peerTries = asking.counters.tries
      counters.peerId = asking.counters.id ?? 0
      Object.assign(timers, renamed(asking.timers, 'peer'))
    }
    const proving = (this.#pap.prover ?? this.#chap.prover)?.view()
    if (proving) {
      counters.ownTries = proving.counters.tries
      counters.ownId = proving.counters.id ?? 0
      Object.assign(timers, renamed(proving.timers, 'own'))
    }
    return view(this.auth, { counters, facts, timers, history: this.#auth.history })
  }

  // Phases

  #authenticate(): void {
    this.#phase.fire('opened')
    const { peerMethod, ownMethod } = this.#lcp
    const peer = (user: string, keys: MppeKeys | undefined): void => {
      this.#user = user
      this.#proved(keys)
    }
    const own = (_user: string, keys: MppeKeys | undefined): void => this.#proved(keys)
    this.#pap = {
      authenticator: peerMethod === 'pap' ? new PapAuthenticator(this.#link, peer) : undefined,
      prover: ownMethod === 'pap' ? new PapProver(this.#link, own) : undefined,
    }
    this.#chap = {
      authenticator: isChap(peerMethod) ? new ChapAuthenticator(this.#link, peerMethod, peer) : undefined,
      prover: isChap(ownMethod) ? new ChapProver(this.#link, ownMethod, own) : undefined,
    }
    const exchanges = this.#exchanges()
    this.#unproved = exchanges.length
    if (this.#unproved === 0) {
      this.#enterNetwork()
      return
    }
    this.#auth.fire('start')
    for (const exchange of exchanges) exchange.start()
  }

  #exchanges(): readonly { start(): void; stop(): void }[] {
    const all = [this.#pap.authenticator, this.#pap.prover, this.#chap.authenticator, this.#chap.prover]
    return all.filter(exchange => exchange !== undefined)
  }

  #proved(keys: MppeKeys | undefined): void {
    // A later Challenge, in the network phase, may succeed once more (RFC 1994 §2).
    if (this.#unproved === 0) {
      if (keys && this.#ccpStarted) this.#ccp.renewKeys(keys)
      return
    }
    if (keys) this.#keys = keys
    if (--this.#unproved > 0) return
    this.#auth.fire('success')
    this.#enterNetwork()
  }

  #enterNetwork(): void {
    this.#phase.fire('success')
    const { ip, mppe } = this.#config
    if (ip.assignPeer) {
      this.#assigned ??= ip.assignPeer(this.#user)
      if (this.#assigned === undefined) {
        const detail = this.#user === undefined ? 'No address is left.' : `No address is left for user "${this.#user}".`
        this.#end({ reason: 'no-address', layer: 'ipcp', detail, tries: 0 })
        return
      }
    }
    if (mppe !== 'off' && this.#keys) {
      this.#ccpStarted = true
      this.#ccp.start(this.#keys)
    } else if (mppe === 'required') {
      const detail = 'Encryption is required, and authentication gave no keys for it: only MS-CHAPv2 does.'
      this.#end({ reason: 'mppe-required', layer: 'ccp', detail, tries: 0 })
    } else this.#startIpcp()
  }

  #startIpcp(): void {
    if (this.#ipcpStarted || this.#ending) return
    this.#ipcpStarted = true
    this.#ipcp.start(this.#assigned)
  }

  #ccpUp(): void {
    if (this.#ccp.sender) {
      this.#noClear = true
      this.#startIpcp()
    } else this.#refuseCcp('The peer does not agree to MPPE in both directions.')
  }

  /** CCP cannot give what we want. */
  #refuseCcp(detail: string): void {
    this.#ccpEnd = detail
    if (this.#noClear) this.#endUnencrypted(0)
    else this.#ccp.protocol.close(detail)
  }

  #ccpFinished(tries: number): void {
    if (tries > 0) this.#ccpEnd ??= `No answer to ${tries} CCP Configure-Requests.`
    if (this.#noClear) this.#endUnencrypted(tries)
    else this.#startIpcp()
  }

  #endUnencrypted(tries: number): void {
    const detail = `Encryption is required. ${this.#ccpEnd ?? 'CCP has ended.'}`
    this.#end({ reason: 'mppe-required', layer: 'ccp', detail, tries })
  }

  #ipcpFinished(tries: number): void {
    const timeout = { reason: 'timeout', detail: `No answer to ${tries} IPCP Configure-Requests.` } as const
    this.#end({ ...(this.#ipcpEnd ?? timeout), layer: 'ipcp', tries })
  }

  #networkUp(): void {
    const { local, peer, dns } = this.#ipcp
    if (local === ANY || peer === ANY) {
      const detail = local === ANY ? 'The peer gives us no address.' : 'The peer does not tell its address.'
      this.#end({ reason: 'no-address', layer: 'ipcp', detail, tries: 0 })
      return
    }
    const encrypted = this.#ccp.sender !== undefined
    const mtu = Math.min(this.#config.mtu, this.#lcp.peerMru) - (encrypted ? MPPE_OVERHEAD : 0)
    this.#facts = {
      local,
      peer,
      dns,
      mtu,
      user: this.#user,
      encryption: encrypted ? 'mppe-128-stateless' : 'none',
    }
    this.#sinks.networkUp(this.#facts)
  }

  #networkDown(): void {
    if (!this.#facts) return
    this.#facts = undefined
    this.#sinks.networkDown(this.#ending)
  }

  #lcpDown(): void {
    this.#phase.fire('renegotiate')
    for (const exchange of this.#exchanges()) exchange.stop()
    this.#pap = {}
    this.#chap = {}
    this.#auth.fire('down')
    this.#ipcp.protocol.lowerDown()
    this.#ccp.protocol.lowerDown()
    this.#ccpStarted = false
    this.#ipcpStarted = false
    this.#keys = undefined
  }

  #protocolRejected(protocol: number): void {
    const detail = `The peer does not speak ${Ppp.protocolName(protocol).toUpperCase()}: it answered with Protocol-Reject.`
    switch (protocol) {
      case Ppp.CCP:
      case Ppp.COMPRESSED:
        this.#ccpEnd = detail
        this.#ccp.protocol.protocolRejected()
        return
      case Ppp.IPCP:
      case Ppp.IP:
        this.#ipcpEnd = { reason: 'protocol-rejected', detail }
        this.#ipcp.protocol.protocolRejected()
        return
      case Ppp.PAP:
      case Ppp.CHAP:
        this.#end({ reason: 'protocol-rejected', layer: 'auth', detail, tries: 0 })
        return
      case Ppp.LCP:
        this.#note({ reason: 'protocol-rejected', layer: 'lcp', detail, tries: 0 })
        this.#lcp.protocol.protocolRejected()
        return
      default:
        this.#discard('ppp-unexpected', 'lcp', `Protocol-Reject of ${Ppp.hex16(protocol)}, which was never sent`)
    }
  }

  // The end

  #end(end: PppEnd): void {
    if (this.#ending) return
    this.#note(end)
    this.#lcp.protocol.close(end.detail)
    if (this.lcp === 'initial') this.#finish(end)
  }

  /** The first reason stands. */
  #note(end: PppEnd): void {
    if (this.#ending) return
    this.#ending = end
    if (end.layer === 'auth') this.#auth.fire('failure')
    this.#phase.fire('closing')
  }

  #lcpFinished(tries: number): void {
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
    this.#ipcp.protocol.close('')
    this.#ccp.protocol.close('')
    this.#phase.fire('down')
    this.#sinks.finished(end)
  }

  // Frames

  #prepend(packet: Packet, protocol: number, addressCompressed: boolean, protocolCompressed: boolean): void {
    const at = packet.prepend(Ppp.headerLength(protocol, addressCompressed, protocolCompressed))
    Ppp.writeHeader(packet.bytes, at, protocol, addressCompressed, protocolCompressed)
  }

  #transmit(protocol: number, bytes: Uint8Array): void {
    // RFC 1661 §6.5, §6.6: LCP packets of codes 1 to 7 go as if nothing had been negotiated.
    const plain = protocol === Ppp.LCP && bytes[0] <= 7
    const packet = this.#env.packets.from(bytes)
    const { addressCompressed, protocolCompressed } = this.#lcp
    this.#prepend(packet, protocol, addressCompressed && !plain, protocolCompressed && !plain)
    this.#sinks.down(packet)
  }

  #receiveEncrypted(frame: Packet): void {
    const { receiver } = this.#ccp
    if (!receiver) {
      this.#drop(frame, 'ppp-not-opened', 'mppe', `CCP is in state ${this.ccp}`)
      return
    }
    const result = receiver.decrypt(frame)
    if (result !== 'ok') {
      this.#drop(frame, result, 'mppe', 'encrypted packet', result === 'malformed' ? 'bad-value' : undefined)
      return
    }
    const protocol = Ppp.protocolAt(frame.bytes, frame.start, frame.end)
    frame.start += Ppp.protocolLength(frame.bytes, frame.start)
    if (protocol === Ppp.IP) {
      this.#decrypted++
      this.#deliver(frame)
      return
    }
    this.#frame = frame
    this.#rejectProtocol(protocol, frame.data)
    this.#frame = undefined
    frame.release()
  }

  #receiveClear(frame: Packet): void {
    if (this.#noClear) this.#drop(frame, 'mppe-required', 'mppe', 'an IP packet in clear text')
    else this.#deliver(frame)
  }

  #deliver(frame: Packet): void {
    if (!this.#facts) {
      this.#drop(frame, 'ppp-not-opened', 'ppp', `IPCP is in state ${this.ipcp}`)
      return
    }
    this.#received++
    this.#sinks.up(frame)
  }

  /** RFC 1661 §3.4 and §3.5: before the network phase only LCP, and then authentication, are listened to. */
  #receiveControl(protocol: number, bytes: Uint8Array): void {
    const phase = this.#phase.state
    if (protocol === Ppp.LCP) this.#lcp.protocol.receive(bytes)
    else if (phase !== 'authenticate' && phase !== 'network') this.#outOfPhase(protocol)
    else if (protocol === Ppp.PAP) this.#receivePap(bytes)
    else if (protocol === Ppp.CHAP) this.#receiveChap(bytes)
    else if (phase !== 'network') this.#outOfPhase(protocol)
    else if (protocol === Ppp.CCP && this.#ccpStarted) this.#ccp.protocol.receive(bytes)
    else if (protocol === Ppp.IPCP) this.#ipcp.protocol.receive(bytes)
    else this.#rejectProtocol(protocol, bytes)
  }

  #outOfPhase(protocol: number): void {
    this.#discard('ppp-unexpected', 'ppp', `${Ppp.protocolName(protocol)} in phase ${this.#phase.state}`)
  }

  /** RFC 1661 §5.7 */
  #rejectProtocol(protocol: number, bytes: Uint8Array): void {
    this.#discard('ppp-protocol-rejected', 'ppp', `protocol ${Ppp.showProtocol(protocol)}`)
    this.#lcp.rejectProtocol(protocol, bytes)
  }

  #receivePap(bytes: Uint8Array): void {
    const parsed = Pap.parse(bytes)
    if (!parsed.ok) {
      this.#discard('malformed', 'auth', `octet ${parsed.offset} of a PAP packet`, parsed.reason)
      return
    }
    const packet = parsed.value
    report(this.#link, 'received', Ppp.PAP, packet, () => Pap.show(packet))
    const { authenticator, prover } = this.#pap
    if (packet.type === 'authenticate-request' && authenticator) authenticator.receive(packet)
    else if (packet.type !== 'authenticate-request' && prover) prover.receive(packet)
    else this.#notAgreed(packet.type)
  }

  #receiveChap(bytes: Uint8Array): void {
    const parsed = Chap.parse(bytes)
    if (!parsed.ok) {
      this.#discard('malformed', 'auth', `octet ${parsed.offset} of a CHAP packet`, parsed.reason)
      return
    }
    const packet = parsed.value
    report(this.#link, 'received', Ppp.CHAP, packet, () => Chap.show(packet))
    const { authenticator, prover } = this.#chap
    if (packet.type === 'response') {
      if (authenticator) authenticator.receive(packet)
      else this.#notAgreed(packet.type)
    } else if (prover) prover.receive(packet)
    else this.#notAgreed(packet.type)
  }

  #notAgreed(type: string): void {
    this.#discard('ppp-unexpected', 'auth', `${type}, but LCP did not agree to this authentication`)
  }

  // Drops

  #drop(packet: Packet, reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    this.#report(packet, reason, layer, detail, why)
    packet.release()
  }

  /** Of the frame being read, which `receive` releases. */
  #discard(reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    this.#report(this.#frame, reason, layer, detail, why)
  }

  #report(packet: Packet | undefined, reason: DropReason, layer: string, detail: string, why?: Malformed): void {
    const { trace } = this.#env
    trace.drop({ reason, layer, packet: packet?.id, why, detail: `${this.#config.iface}: ${detail}` })
  }
}

/** `restart` of the one who asks is `peerRestart`. */
const renamed = (timers: MachineView['timers'], who: 'peer' | 'own'): Record<string, number> =>
  Object.fromEntries(
    Object.entries(timers).map(([name, due]) => [`${who}${name[0].toUpperCase()}${name.slice(1)}`, due]),
  )

const isChap = (method: string | undefined): method is 'chap-md5' | 'ms-chap-v2' =>
  method === 'chap-md5' || method === 'ms-chap-v2'
