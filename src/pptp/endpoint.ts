/**
 * One PNS or PAC: its control connections, the calls in them, and the way of a GRE packet to its call. Read RFC 2637
 * §3.1.3 for two connections that are opened at once and §3.2.2 for call IDs.
 *
 * Limits: incoming calls are refused (a PAC with telephone lines belongs to compulsory tunnelling). A peer address may
 * have several control connections, since several PNS may stand behind one NAT; §3.1.3 wants one.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Stream } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { SimTime } from '../base/time.ts'
import * as Gre from '../wire/gre.ts'
import type * as Pptp from '../wire/pptp.ts'
import { Call } from './call.ts'
import { type CallMessage, ControlConnection, type ControlOwner, type End } from './control.ts'
import type { CallHandlers, ControlHandlers, DialOptions, EndpointConfig, EndpointSinks, Refusal } from './types.ts'

/** A PAC asks the node whether it takes a call; the call can be kept, it is connected when this returns handlers. */
export type Decide = (call: Call, request: Pptp.Message<'outgoing-call-request'>) => CallHandlers | Refusal

/** Call IDs of one connection under the policy `linux`. */
const BLOCK = 128

const BAD_CALL_ID: Refusal = { refuse: { resultCode: 2, errorCode: 5 } }
const NO_RESOURCE: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }

export class Endpoint {
  readonly config: EndpointConfig
  readonly connections: ControlConnection[] = []
  readonly #env: Env
  readonly #sinks: EndpointSinks
  readonly #decide: Decide
  readonly #random: Random
  /** By our call ID, which no two calls of an endpoint share. */
  readonly #calls = new Map<number, Call>()
  /** When a call ID was last in use towards a peer: peer address × 65536 + call ID. */
  readonly #rested = new Map<number, SimTime>()
  /** First call ID of each connection under the policy `linux`. */
  readonly #blocks = new Map<ControlConnection, number>()
  #made = 0
  #listed = 0
  #serial = 0
  readonly #owner: ControlOwner = {
    dial: (connection, handlers, options) => this.#dial(connection, handlers, options),
    callMessage: (connection, message) => this.#callMessage(connection, message),
    collides: connection => this.#collides(connection),
    over: connection => this.#connectionOver(connection),
  }

  /** `decide` is asked on a PAC only. */
  constructor(env: Env, config: EndpointConfig, sinks: EndpointSinks, decide: Decide = () => NO_RESOURCE) {
    this.#env = env
    this.config = config
    this.#sinks = sinks
    this.#decide = decide
    this.#random = env.random.fork('pptp call id')
  }

  /** Calls that are not over. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()]
  }

  /** A control connection that we open: give its `streamEvents` to TCP, then `attach` the stream. */
  connect(local: Ipv4, peer: Ipv4, handlers: ControlHandlers = {}): ControlConnection {
    return this.#connection('originator', local, peer, handlers)
  }

  /** A TCP connection to our port has been opened by the peer. */
  accept(local: Ipv4, peer: Ipv4, stream: Stream, handlers: ControlHandlers = {}): ControlConnection {
    const connection = this.#connection('receiver', local, peer, handlers)
    connection.attach(stream)
    connection.streamEvents.opened()
    return connection
  }

  #connection(end: End, local: Ipv4, peer: Ipv4, handlers: ControlHandlers): ControlConnection {
    const connection = new ControlConnection(this.#env, this.config, this.#owner, end, local, peer, handlers)
    this.connections.push(connection)
    this.#blocks.set(connection, (this.#made++ * BLOCK) & 0xffff)
    return connection
  }

  #connectionOver(connection: ControlConnection): void {
    this.connections.splice(this.connections.indexOf(connection), 1)
    this.#blocks.delete(connection)
  }

  /**
   * §3.1.3: both sides have opened a connection and neither has been answered. The higher address wins: its connection
   * stays, and it sends nothing over the other; the loser closes its own and answers.
   */
  #collides(connection: ControlConnection): boolean {
    const ours = this.connections.find(
      c => c.end === 'originator' && c.peer === connection.peer && c.state === 'wait-ctl-reply',
    )
    if (!ours) return false
    if (ours.local > ours.peer) return true
    ours.collisionLost()
    return false
  }

  // Calls

  #call(connection: ControlConnection, callId: number): Call {
    const call = new Call(this.#env, this.config, connection.peer, callId, this.#serial++ & 0xffff, {
      send: message => connection.send(message),
      gre: packet => this.#sinks.gre(packet, connection.peer),
      over: over => this.#callOver(connection, over),
      stuck: () => connection.callStuck(),
    })
    return call
  }

  #enter(connection: ControlConnection, call: Call): void {
    this.#calls.set(call.callId, call)
    connection.calls.push(call)
    connection.carried++
  }

  #callOver(connection: ControlConnection, call: Call): void {
    const at = connection.calls.indexOf(call)
    if (at < 0) return
    connection.calls.splice(at, 1)
    this.#calls.delete(call.callId)
    if (this.config.callIdRest > 0) this.#rest(call.peer * 65536 + call.callId)
  }

  /** In the order of time, so those whose rest is over stand in front. */
  #rest(key: number): void {
    const { now } = this.#env.clock
    this.#rested.delete(key)
    this.#rested.set(key, now)
    for (const [old, since] of this.#rested) {
      if (now - since < this.config.callIdRest) return
      this.#rested.delete(old)
    }
  }

  #dial(connection: ControlConnection, handlers: CallHandlers, options: DialOptions): Call {
    const callId = this.#allot(connection)
    if (callId === undefined) throw new Error('dial: no call ID is left')
    const call = this.#call(connection, callId)
    this.#enter(connection, call)
    call.open(handlers, options)
    return call
  }

  #callMessage(connection: ControlConnection, m: CallMessage): boolean {
    const pns = this.config.role === 'pns'
    switch (m.type) {
      case 'outgoing-call-request':
        return !pns && this.#offered(connection, m)
      case 'outgoing-call-reply':
        return (pns && this.#own(connection, m.peerCallId)?.outgoingCallReply(m)) ?? false
      case 'incoming-call-request':
        if (pns) this.#refuseIncoming(connection, m)
        return pns
      case 'call-clear-request':
        return (!pns && connection.calls.find(c => c.isPeers(m.callId))?.callClearRequest()) ?? false
      case 'call-disconnect-notify':
        return (pns && this.#disconnected(connection, m.callId)?.callDisconnectNotify(m)) ?? false
      case 'wan-error-notify':
        return pns && this.#notice(connection, m.peerCallId)
      case 'set-link-info':
        return !pns && this.#notice(connection, m.peerCallId)
      case 'incoming-call-reply':
      case 'incoming-call-connected':
        // Nobody here sends Incoming-Call-Request.
        return false
    }
  }

  #own(connection: ControlConnection, callId: number): Call | undefined {
    return connection.calls.find(c => c.callId === callId)
  }

  /** The notification names the PAC's ID (§2.13); NAT helpers are known to put the PNS's there instead. */
  #disconnected(connection: ControlConnection, callId: number): Call | undefined {
    return connection.calls.find(c => c.isPeers(callId)) ?? this.#own(connection, callId)
  }

  #notice(connection: ControlConnection, callId: number): boolean {
    const call = this.#own(connection, callId)
    if (call) call.notices++
    return call !== undefined
  }

  #offered(connection: ControlConnection, request: Pptp.Message<'outgoing-call-request'>): boolean {
    const taken = connection.calls.some(c => c.isPeers(request.callId))
    const full = this.#calls.size >= this.config.maximumChannels
    const callId = taken || full ? undefined : this.#allot(connection)
    const call = this.#call(connection, callId ?? 0)
    if (callId === undefined) {
      call.offeredInError(request, taken ? BAD_CALL_ID : NO_RESOURCE)
    } else {
      this.#enter(connection, call)
      call.offered(request, offered => this.#decide(offered, request))
    }
    return true
  }

  /** §2.10: result 3, Do Not Accept. */
  #refuseIncoming(connection: ControlConnection, m: Pptp.Message<'incoming-call-request'>): void {
    connection.send({
      type: 'incoming-call-reply',
      callId: 0,
      peerCallId: m.callId,
      resultCode: 3,
      errorCode: 0,
      packetRecvWindowSize: this.config.tunnel.receiveWindow,
      packetTransmitDelay: 0,
    })
  }

  // Call IDs (§3.2.2)

  #allot(connection: ControlConnection): number | undefined {
    const { callIds } = this.config
    if (callIds === 'linux') {
      const first = this.#blocks.get(connection) ?? 0
      for (let i = 0; i < BLOCK; i++) if (this.#free(connection.peer, first + i)) return first + i
    } else if (callIds === 'random') {
      // Not zero; if most are taken, the next free one after the draw.
      const draw = this.#random.below(65535)
      for (let i = 0; i < 65535; i++) {
        const callId = ((draw + i) % 65535) + 1
        if (this.#free(connection.peer, callId)) return callId
      }
    } else {
      while (this.#listed < callIds.length) {
        const callId = callIds[this.#listed++]
        if (!this.#calls.has(callId)) return callId
      }
    }
    return undefined
  }

  #free(peer: Ipv4, callId: number): boolean {
    if (this.#calls.has(callId)) return false
    const key = peer * 65536 + callId
    const since = this.#rested.get(key)
    if (since === undefined) return true
    if (this.#env.clock.now - since < this.config.callIdRest) return false
    this.#rested.delete(key)
    return true
  }

  // GRE

  /** Takes a packet with the GRE header first. */
  receiveGre(packet: Packet, from: Ipv4): void {
    const problem = Gre.check(packet.bytes, packet.start, packet.end)
    if (problem !== undefined) {
      const other = problem === 'bad-version' || problem === 'wrong-protocol'
      this.#env.trace.drop({
        reason: other ? 'gre-not-pptp' : 'malformed',
        layer: 'gre',
        packet: packet.id,
        why: problem,
        detail: `from ${formatIpv4(from)}`,
      })
      packet.release()
      return
    }
    const call = this.#calls.get(Gre.callId(packet.bytes, packet.start))
    if (call?.peer !== from) {
      this.#env.trace.drop({
        reason: 'gre-unknown-call',
        layer: 'gre',
        packet: packet.id,
        detail: `call ${Gre.callId(packet.bytes, packet.start)} from ${formatIpv4(from)}`,
      })
      packet.release()
    } else if (call.tunnel) call.tunnel.receive(packet)
    else call.refuseData(packet)
  }
}
