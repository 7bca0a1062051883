/**
 * One outgoing call: the machines of the PNS, which asks for it, and of the PAC, which makes it. Read RFC 2637 §3.2.4;
 * §2.7, §2.8, §2.12, §2.13 and §2.15 for the messages.
 *
 * Limits: there is no telephone line behind the PAC, so it answers in the instant in which it dials, and "Telco
 * Disconnect" is `clear` with the result code Lost Carrier. What Set-Link-Info and WAN-Error-Notify say matters to an
 * asynchronous line only; they are counted.
 */
import type { Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Timer } from '../base/scheduler.ts'
import { Machine, table } from '../base/table.ts'
import { formatDuration } from '../base/time.ts'
import { type MachineView, running, view } from '../base/view.ts'
import * as Pptp from '../wire/pptp.ts'
import { Tunnel } from './tunnel.ts'
import type { CallEnd, CallHandlers, ControlEnd, DialOptions, EndpointConfig, Refusal } from './types.ts'

export type CallState = 'idle' | 'wait-reply' | 'established' | 'wait-disconnect' | 'wait-cs-ans'
export type CallEvent =
  | 'open'
  | 'receive-ocrp-connected'
  | 'receive-ocrp-error'
  | 'receive-cdn'
  | 'receive-ocrq'
  | 'receive-ocrq-in-error'
  | 'telco-answer'
  | 'incomplete-call'
  | 'receive-ccrq'
  | 'local-terminate'
  | 'time-out'
  | 'control-lost'
export type CallAction =
  | 'send-ocrq'
  | 'send-ocrp'
  | 'send-ocrp-error'
  | 'send-ccrq'
  | 'send-cdn'
  | 'dial'
  /** Frames may pass. */
  | 'up'
  /** They no longer may. */
  | 'down'
  /** The call is over, and its user is told. */
  | 'end'

/**
 * §3.2.4.2. Ours are `time-out` (§3.2.1, in words) and `control-lost`: a call lives in its control connection. Ours is
 * also the reply that crosses our Call-Clear-Request: it tells the ID by which Call-Disconnect-Notify will name the
 * call, or, with an error, that there is no call to be cleared.
 */
export const PNS_CALL = table<CallState, CallEvent, CallAction>({
  open: { idle: 'send-ocrq wait-reply' },
  'receive-ocrp-connected': { 'wait-reply': 'up established', 'wait-disconnect': 'wait-disconnect' },
  'receive-ocrp-error': { 'wait-reply': 'end idle', 'wait-disconnect': 'end idle' },
  'receive-cdn': { established: 'down end idle', 'wait-disconnect': 'end idle' },
  'receive-ocrq': {},
  'receive-ocrq-in-error': {},
  'telco-answer': {},
  'incomplete-call': {},
  'receive-ccrq': {},
  'local-terminate': { 'wait-reply': 'send-ccrq wait-disconnect', established: 'down send-ccrq wait-disconnect' },
  'time-out': { 'wait-reply': 'end idle', 'wait-disconnect': 'end idle' },
  'control-lost': { 'wait-reply': 'end idle', established: 'down end idle', 'wait-disconnect': 'end idle' },
})

/** §3.2.4.1. */
export const PAC_CALL = table<CallState, CallEvent, CallAction>({
  open: {},
  'receive-ocrp-connected': {},
  'receive-ocrp-error': {},
  'receive-cdn': {},
  'receive-ocrq': { idle: 'dial wait-cs-ans' },
  'receive-ocrq-in-error': { idle: 'send-ocrp-error end idle' },
  'telco-answer': { 'wait-cs-ans': 'send-ocrp up established' },
  'incomplete-call': { 'wait-cs-ans': 'send-ocrp-error end idle' },
  'receive-ccrq': { 'wait-cs-ans': 'send-cdn end idle', established: 'down send-cdn end idle' },
  'local-terminate': { 'wait-cs-ans': 'send-ocrp-error end idle', established: 'down send-cdn end idle' },
  'time-out': {},
  'control-lost': { 'wait-cs-ans': 'end idle', established: 'down end idle' },
})

/** What a call needs of the control connection and endpoint that it belongs to. */
export interface CallPort {
  send(message: Pptp.Message): void
  gre(packet: Packet): void
  /** The call is over; its ID may rest. */
  over(call: Call): void
  /** No reply in time: the whole control connection is suspect (§3.2.1). */
  stuck(): void
}

/** What the RFC's table leaves open of a call that ends: filled in before the event that ends it. */
type Ending = Omit<CallEnd, 'layer' | 'tries'> & Partial<Pick<CallEnd, 'layer' | 'tries'>>

export class Call {
  /** Ours; the peer puts it into its GRE packets. */
  readonly callId: number
  readonly peer: Ipv4
  /** The peer's; 0 before it is known, and pptpd really gives 0 to its first call. */
  peerCallId = 0
  #peerKnown = false
  /** Frames pass through here while the call is established. */
  tunnel: Tunnel | undefined
  /** Set-Link-Info and WAN-Error-Notify that have come for it. */
  notices = 0
  readonly #env: Env
  readonly #config: EndpointConfig
  readonly #port: CallPort
  readonly #serial: number
  readonly #machine: Machine<CallState, CallEvent, CallAction>
  readonly #timer: Timer
  #handlers: CallHandlers | undefined
  #dial: DialOptions | undefined
  #ending: Ending | undefined
  #connectSpeed = 0
  #peerWindow = 1
  #peerDelay = 0
  /** Codes of the Outgoing-Call-Reply or Call-Disconnect-Notify that comes next. */
  #resultCode = 0
  #errorCode = 0
  #causeCode = 0

  constructor(env: Env, config: EndpointConfig, peer: Ipv4, callId: number, serial: number, port: CallPort) {
    this.#env = env
    this.#config = config
    this.#port = port
    this.#serial = serial
    this.peer = peer
    this.callId = callId
    const name = config.names.call(peer, callId)
    const rows = config.role === 'pns' ? PNS_CALL : PAC_CALL
    this.#machine = new Machine(env, name, rows, 'idle', action => this.#act(action))
    this.#timer = env.clock.timer(name, () => this.#timedOut())
  }

  get state(): CallState {
    return this.#machine.state
  }

  view(): MachineView {
    const { callId, peerCallId, notices } = this
    return view(this.state, {
      counters: { callId, ...(this.#peerKnown ? { peerCallId } : {}), notices },
      facts: this.#ending ? { end: this.#ending.reason } : {},
      timers: running({ reply: this.#timer }),
      history: this.#machine.history,
    })
  }

  /** Does the peer call it so? */
  isPeers(callId: number): boolean {
    return this.#peerKnown && this.peerCallId === callId
  }

  /** Takes a PPP frame; it goes as the payload of a GRE packet. */
  send(frame: Packet): void {
    if (this.tunnel) this.tunnel.send(frame)
    else this.refuseData(frame)
  }

  /** No data pass in this state. */
  refuseData(packet: Packet): void {
    this.#env.trace.drop({
      reason: 'gre-unknown-call',
      layer: 'gre',
      packet: packet.id,
      detail: `call ${this.callId} is ${this.state}`,
    })
    packet.release()
  }

  /** Ends the call. The code is that of Call-Disconnect-Notify (§2.13) and matters on a PAC only: 3 is Admin Shutdown. */
  clear(resultCode = 3): void {
    this.#resultCode = this.state === 'wait-cs-ans' ? 7 : resultCode
    this.#errorCode = 0
    this.#causeCode = 0
    const sentence = 'This side cleared the call.'
    const said = this.#config.role === 'pac' ? { resultCode: this.#resultCode } : {}
    this.#ending = { reason: 'cleared', ...said, sentence }
    this.#fire('local-terminate')
  }

  /** PNS: tells the PAC which characters to escape on an asynchronous line (§2.15). */
  setLinkInfo(sendAccm: number, receiveAccm: number): void {
    if (this.state !== 'established') return
    this.#port.send({ type: 'set-link-info', peerCallId: this.peerCallId, sendAccm, receiveAccm })
  }

  // The rest is for the endpoint.

  /** PNS: sends Outgoing-Call-Request. */
  open(handlers: CallHandlers, options: DialOptions): void {
    this.#handlers = handlers
    this.#dial = options
    this.#fire('open')
  }

  /** PAC: a request has come; `decide` says whether the node takes it. */
  offered(request: Pptp.Message<'outgoing-call-request'>, decide: (call: Call) => CallHandlers | Refusal): void {
    this.#rememberPeer(request.callId, request.packetRecvWindowSize, request.packetProcessingDelay)
    this.#connectSpeed = request.maximumBps
    this.#fire('receive-ocrq')
    const answer = decide(this)
    if ('refuse' in answer) {
      this.#refused(answer)
      this.#fire('incomplete-call')
    } else {
      this.#handlers = answer
      this.#resultCode = 1
      this.#fire('telco-answer')
    }
  }

  /** PAC: a request has come that no node is asked about. */
  offeredInError(request: Pptp.Message<'outgoing-call-request'>, refusal: Refusal): void {
    this.peerCallId = request.callId
    this.#refused(refusal)
    this.#fire('receive-ocrq-in-error')
  }

  #refused({ refuse }: Refusal): void {
    this.#resultCode = refuse.resultCode
    this.#errorCode = refuse.errorCode
    this.#causeCode = refuse.causeCode ?? 0
    this.#ending = {
      reason: 'refused',
      ...refuse,
      sentence: `This side refused the call: result ${Pptp.resultText('outgoing-call-reply', refuse.resultCode)}.`,
    }
  }

  /** PNS. False: the message does not fit the state. */
  outgoingCallReply(m: Pptp.Message<'outgoing-call-reply'>): boolean {
    if (!this.#machine.can('receive-ocrp-connected')) return false
    if (m.resultCode === 1) {
      this.#rememberPeer(m.callId, m.packetRecvWindowSize, m.packetProcessingDelay)
      return this.#fire('receive-ocrp-connected')
    }
    if (this.state === 'wait-disconnect') return this.#fire('receive-ocrp-error')
    const { resultCode, errorCode, causeCode } = m
    const error = errorCode === 0 ? '' : `, error ${Pptp.errorText(errorCode)}`
    this.#ending = {
      reason: 'refused',
      resultCode,
      errorCode,
      causeCode,
      sentence: `The peer refused the call: result ${Pptp.resultText(m.type, resultCode)}${error}.`,
    }
    return this.#fire('receive-ocrp-error')
  }

  /** PNS. False: the message does not fit the state. */
  callDisconnectNotify(m: Pptp.Message<'call-disconnect-notify'>): boolean {
    if (!this.#machine.can('receive-cdn')) return false
    if (this.state === 'established') {
      const { resultCode, errorCode, causeCode } = m
      this.#ending = {
        reason: 'disconnected',
        resultCode,
        errorCode,
        causeCode,
        sentence: `The peer disconnected the call: result ${Pptp.resultText(m.type, resultCode)}.`,
      }
    }
    return this.#fire('receive-cdn')
  }

  /** PAC: the PNS asks to end the call; the notification says so (§2.13, Request). */
  callClearRequest(): boolean {
    if (!this.#machine.can('receive-ccrq')) return false
    this.#resultCode = 4
    this.#errorCode = 0
    this.#causeCode = 0
    this.#ending = { reason: 'disconnected', sentence: 'The peer cleared the call.' }
    return this.#fire('receive-ccrq')
  }

  /** The control connection is gone, and every call in it. */
  controlLost(control: ControlEnd): void {
    if (this.#ending?.reason !== 'cleared') {
      const ours = control.reason === 'stopped'
      const sentence = `The control connection ended: ${control.sentence}`
      this.#ending = { reason: ours ? 'cleared' : 'control-lost', layer: control.layer, sentence, control }
    }
    this.#fire('control-lost')
  }

  #timedOut(): void {
    const waited = formatDuration(this.#config.replyTimeOut)
    const what = this.state === 'wait-reply' ? 'Outgoing-Call-Request' : 'Call-Clear-Request'
    this.#ending = { reason: 'timeout', tries: 1, sentence: `No answer to ${what} in ${waited}.` }
    if (this.#fire('time-out')) this.#port.stuck()
  }

  #rememberPeer(callId: number, window: number, delay: number): void {
    this.peerCallId = callId
    this.#peerKnown = true
    this.#peerWindow = window
    this.#peerDelay = delay
  }

  #fire(event: CallEvent): boolean {
    const before = this.state
    const fired = this.#machine.fire(event)
    if (this.state === before) return fired
    if (this.state === 'wait-reply' || this.state === 'wait-disconnect') this.#timer.arm(this.#config.replyTimeOut)
    else this.#timer.cancel()
    return fired
  }

  #act(action: CallAction): void {
    const port = this.#port
    const { receiveWindow, processingDelay } = this.#config.tunnel
    switch (action) {
      case 'send-ocrq': {
        const dial = this.#dial as DialOptions
        port.send({
          type: 'outgoing-call-request',
          callId: this.callId,
          callSerialNumber: this.#serial,
          ...dial,
          packetRecvWindowSize: receiveWindow,
          packetProcessingDelay: processingDelay,
          phoneNumberLength: dial.phoneNumber.length,
        })
        break
      }
      case 'send-ocrp':
      case 'send-ocrp-error':
        port.send({
          type: 'outgoing-call-reply',
          callId: this.callId,
          peerCallId: this.peerCallId,
          resultCode: this.#resultCode,
          errorCode: this.#errorCode,
          causeCode: this.#causeCode,
          connectSpeed: action === 'send-ocrp' ? this.#connectSpeed : 0,
          packetRecvWindowSize: receiveWindow,
          packetProcessingDelay: processingDelay,
          physicalChannelId: 0,
        })
        break
      case 'send-ccrq':
        port.send({ type: 'call-clear-request', callId: this.callId })
        break
      case 'send-cdn':
        port.send({
          type: 'call-disconnect-notify',
          callId: this.callId,
          resultCode: this.#resultCode,
          errorCode: this.#errorCode,
          causeCode: this.#causeCode,
          callStatistics: '',
        })
        break
      case 'dial':
        break
      case 'up':
        this.tunnel = new Tunnel(
          this.#env,
          this.#config.tunnel,
          { callId: this.peerCallId, window: this.#peerWindow, processingDelay: this.#peerDelay },
          { down: packet => port.gre(packet), up: frame => this.#handlers?.received(frame) },
        )
        this.#handlers?.connected()
        break
      case 'down':
        this.tunnel?.close()
        this.tunnel = undefined
        break
      case 'end':
        port.over(this)
        this.#handlers?.ended({ layer: 'pptp', tries: 0, ...(this.#ending as Ending) })
        break
    }
  }
}
