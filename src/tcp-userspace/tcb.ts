/**
 * The transmission control block (RFC 9293 §3.3.1): everything that one connection remembers, and the changes of its state.
 * What happens to it is in arrives.ts, output.ts, timeouts.ts and their like, as functions over it.
 */
import type { BlackHole } from './black-hole.ts'
import type { ChallengeLimit } from './challenge.ts'
import type { CongestionFactory } from './congestion.ts'
import type { TcpConnection } from './connection.ts'
import { infoOf } from './info.ts'
import type { Isn } from './isn.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { PathMtus } from './mtu.ts'
import type { Options } from './options.ts'
import type { Profile } from './profile.ts'
import { Receiver } from './receiver.ts'
import { Recovery } from './recovery.ts'
import { Rto } from './rto.ts'
import { Sender } from './sender.ts'
import { toUint32 } from './seq.ts'
import { PLAIN, type Standing, TRANSITIONS } from './state.ts'
import { Timers } from './timers.ts'
import { Timestamps } from './timestamps.ts'
import { Transmitter } from './transmitter.ts'
import type {
  Cause,
  CloseReason,
  Connection,
  ConnectionHandlers,
  Endpoint,
  KeepAliveOptions,
  State,
  TcpEnv,
  TcpInfo,
} from './types.ts'

/** What a connection needs of the stack that holds it. */
export interface Host {
  readonly env: TcpEnv
  readonly profile: Profile
  readonly congestion: CongestionFactory
  readonly paths: PathMtus
  readonly isn: Isn
  /** Those of the segment that is being processed. */
  readonly options: Options
  readonly receiveBuffer: number
  readonly sendBuffer: number
  readonly windowScale: boolean
  readonly sack: boolean
  readonly timestamps: boolean
  readonly tailLossProbe: boolean
  readonly rack: boolean
  readonly keepAlive: boolean
  readonly keepAliveOptions: Required<KeepAliveOptions>
  readonly userTimeout: number | undefined
  readonly timeWait: number
  readonly finWait2: number
  readonly stack: {
    /** The connection is closed and may be forgotten. */
    remove(connection: TcpConnection): void
  }
}

export abstract class Tcb implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly host: Host
  readonly env: TcpEnv
  readonly sender: Sender
  readonly receiver: Receiver
  readonly recovery: Recovery
  readonly rtoClock: Rto
  readonly transmitter: Transmitter
  readonly timers: Timers
  standing: Standing
  handlers: ConnectionHandlers
  noDelay = false
  retransmits = 0
  bytesIn = 0
  bytesOut = 0
  segmentsIn = 0
  segmentsOut = 0
  /** An event is being processed; what is to be sent is sent at its end. */
  busy = false
  /** The window scale option may stand in our SYN: the peer's, if it has come, has it. */
  scaled: boolean
  ackNow = false
  wantsToWrite = false
  /** The user will read no more. */
  left = false
  endTold = false
  closeReason: CloseReason | undefined = undefined
  closeTold = false
  /** An ICMP error has come and the connection has not got on since. */
  softError = false
  sentAt = Number.NaN
  /** When a wider path is to be looked for. */
  widenAt = Number.NaN
  /** Full segments get no answer. */
  blackHole: BlackHole | undefined = undefined
  challenges: ChallengeLimit | undefined = undefined
  keepsAlive: boolean
  keepAliveTimer: KeepAlive | undefined = undefined

  constructor(host: Host, local: Endpoint, remote: Endpoint, handlers: ConnectionHandlers, iss: number) {
    const { env, isn } = host
    this.host = host
    this.env = env
    this.local = local
    this.remote = remote
    this.standing = PLAIN.closed
    this.handlers = handlers
    this.sender = new Sender(iss, host.sendBuffer)
    this.receiver = new Receiver(host.receiveBuffer)
    this.recovery = new Recovery(this.sender)
    this.recovery.sack = host.sack
    this.rtoClock = new Rto(host.profile)
    const timestamps = host.timestamps ? new Timestamps(isn.timestampOffset(local, remote)) : undefined
    const dontFragment = host.paths.dontFragment(remote.address)
    this.transmitter = new Transmitter(env, local, remote, this.sender, this.receiver, timestamps, dontFragment)
    this.timers = new Timers(env, this, host.userTimeout)
    this.scaled = host.windowScale
    this.keepsAlive = host.keepAlive
  }

  get state(): State {
    return this.standing.state
  }
  get sndUna(): number {
    return toUint32(this.sender.una)
  }
  get sndNxt(): number {
    return toUint32(this.sender.nxt)
  }
  get sndWnd(): number {
    return this.sender.wnd
  }
  get rcvNxt(): number {
    return toUint32(this.receiver.nxt)
  }
  get rcvWnd(): number {
    return this.receiver.wnd
  }
  get mss(): number {
    return this.sender.mss
  }
  get srtt(): number | undefined {
    return this.rtoClock.srtt
  }
  get rto(): number {
    return this.rtoClock.value
  }
  get unanswered(): number {
    const { waiting, tries } = this.timers
    if (waiting === 'syn' || waiting === 'retransmit') return tries + 1
    return waiting === 'persist' ? tries : 0
  }
  get queued(): number {
    return this.sender.queued
  }
  get userTimeout(): number | undefined {
    return this.timers.userTimeout
  }
  set userTimeout(timeout: number | undefined) {
    this.timers.userTimeout = timeout
  }
  info(): TcpInfo {
    return infoOf(this)
  }

  abstract keepAlive: boolean
  abstract write(bytes: Uint8Array): number
  abstract end(): void
  abstract close(): void
  abstract abort(): void
  abstract pause(): void
  abstract resume(): void
  abstract timeout(): void
  abstract finish(reason: CloseReason, cause: Cause): void

  /** Figure 5. */
  move(cause: Cause): void {
    const to = TRANSITIONS[this.state][cause]
    if (to && to !== 'syn-sent' && to !== 'syn-received') this.become(PLAIN[to], cause)
  }

  become(standing: Standing, cause: Cause): void {
    const before = this.standing
    if (before.state === 'syn-received' && before.listener) before.listener.halfOpen--
    this.standing = standing
    this.env.trace?.state(this, before.state, standing.state, cause)
  }
}
