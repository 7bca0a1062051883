/**
 * One PNS or PAC: its control connections, the calls in them, and the way of a GRE packet to its call. Read RFC 2637
 * §3.1.3 for two connections that are opened at once.
 *
 * Limits: a peer address may have several control connections (`connectionsPerPeer`), since several PNS may stand behind
 * one NAT; §3.1.3 wants one.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { Stream } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import { SmallMap } from '../base/small-map.ts'
import * as Gre from '../wire/gre.ts'
import type * as Pptp from '../wire/pptp.ts'
import { Call, type Direction, type IncomingRequest, type OutgoingRequest } from './call.ts'
import { CallIdAllotment } from './call-ids.ts'
import { type CallMessage, ControlConnection, type ControlOwner, type End } from './control.ts'
import type {
  CallHandlers,
  ControlHandlers,
  DialOptions,
  EndpointConfig,
  EndpointSinks,
  Refusal,
  RingOptions,
  Role,
  WanErrors,
} from './types.ts'

/**
 * The node is asked whether it takes a call: a PAC an outgoing one, a PNS an incoming one. The call can be kept. A PAC's
 * is connected when this returns handlers, a PNS's when Incoming-Call-Connected comes.
 */
export type Decide = (call: Call, request: OutgoingRequest | IncomingRequest) => CallHandlers | Refusal

const BAD_CALL_ID: Refusal = { refuse: { resultCode: 2, errorCode: 5 } }
const NO_RESOURCE: Refusal = { refuse: { resultCode: 2, errorCode: 4 } }
/** §2.10: a PNS that nobody has told what to do with incoming calls. */
const DO_NOT_ACCEPT: Refusal = { refuse: { resultCode: 3, errorCode: 0 } }
/** §2.2: Command channel already exists. */
const CHANNEL_EXISTS: Refusal = { refuse: { resultCode: 3, errorCode: 0 } }
const NONE: readonly ControlConnection[] = []

export class Endpoint implements ControlOwner {
  readonly config: EndpointConfig
  readonly #env: Env
  readonly #sinks: EndpointSinks
  readonly #decide: Decide | undefined
  readonly #ids: CallIdAllotment
  /** By our call ID, which no two calls of an endpoint share. */
  readonly #calls = new SmallMap<number, Call>()
  /** In the order in which they were opened; each is its own key. */
  readonly #connections = new SmallMap<ControlConnection, ControlConnection>()
  /** There may be thousands of peers with a connection each. */
  readonly #byPeer = new SmallMap<Ipv4, readonly ControlConnection[]>()
  #serial = 0

  constructor(env: Env, config: EndpointConfig, sinks: EndpointSinks, decide?: Decide) {
    this.#env = env
    this.config = config
    this.#sinks = sinks
    this.#decide = decide
    this.#ids = new CallIdAllotment(env, config, this.#calls)
  }

  /** In the order in which they were opened. */
  get connections(): readonly ControlConnection[] {
    return [...this.#connections.values()]
  }

  /** Calls that are not over. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()]
  }

  /** A control connection that we open: give it to TCP, whose events it takes, then `attach` the stream. */
  connect(local: Ipv4, peer: Ipv4, handlers: ControlHandlers = {}): ControlConnection {
    return this.#connection('originator', local, peer, handlers)
  }

  /**
   * A TCP connection to our port has been opened by the peer. Behind one address there may be several, by NAT: the
   * second one is known by the port as well.
   */
  accept(local: Ipv4, peer: Ipv4, stream: Stream, handlers: ControlHandlers = {}, port?: number): ControlConnection {
    const another = this.connectionsWith(peer).length > 0
    const connection = this.#connection('receiver', local, peer, handlers, another ? port : undefined)
    connection.attach(stream)
    connection.opened()
    return connection
  }

  #connection(end: End, local: Ipv4, peer: Ipv4, handlers: ControlHandlers, port?: number): ControlConnection {
    const connection = new ControlConnection(this.#env, this.config, this, end, local, peer, handlers, port)
    this.#connections.set(connection, connection)
    this.#byPeer.set(peer, this.connectionsWith(peer).concat(connection))
    this.#ids.connectionMade(connection)
    return connection
  }

  // What a connection asks and tells

  over(connection: ControlConnection): void {
    const { peer } = connection
    this.#connections.delete(connection)
    const others = this.connectionsWith(peer).filter(c => c !== connection)
    if (others.length > 0) this.#byPeer.set(peer, others)
    else this.#byPeer.delete(peer)
    this.#ids.connectionOver(connection)
  }

  /** In the order in which they were opened. */
  connectionsWith(peer: Ipv4): readonly ControlConnection[] {
    return this.#byPeer.get(peer) ?? NONE
  }

  /** PAC: a telephone line rings, and the PNS at the other end of this connection is asked to take the call. */
  ring(connection: ControlConnection, handlers: CallHandlers, options: RingOptions): Call {
    if (this.config.role !== 'pac') throw new Error('ring: this endpoint is no PAC')
    if (connection.state !== 'established') throw new Error(`ring: the control connection is ${connection.state}`)
    const call = this.#newCall(connection, 'incoming', 'pac')
    call.ring(handlers, options)
    return call
  }

  /** Codes of Start-Control-Connection-Reply (§2.2) for a peer that gets no further connection. */
  refusal({ peer }: ControlConnection): Refusal | undefined {
    const { connections, connectionsPerPeer } = this.config
    if (this.connectionsWith(peer).filter(c => c.counts).length >= connectionsPerPeer) return CHANNEL_EXISTS
    if (this.#connections.size < connections) return undefined
    return this.connections.filter(c => c.counts).length >= connections ? NO_RESOURCE : undefined
  }

  /**
   * §3.1.3: both sides have opened a connection and neither has been answered. The higher address wins: its connection
   * stays, and it sends nothing over the other; the loser closes its own and answers.
   */
  collides(connection: ControlConnection): boolean {
    const ours = this.connectionsWith(connection.peer).find(c => c.end === 'originator' && c.state === 'wait-ctl-reply')
    if (!ours) return false
    if (ours.local > ours.peer) return true
    ours.collisionLost()
    return false
  }

  // Calls

  #call(connection: ControlConnection, direction: Direction, role: Role, callId: number): Call {
    const serial = this.#serial++ & 0xffff
    return new Call(this.#env, this.config, direction, role, connection.peer, callId, serial, connection)
  }

  /** A call that this side begins. */
  #newCall(connection: ControlConnection, direction: Direction, role: Role): Call {
    const callId = this.#ids.take(connection, role)
    if (callId === undefined) throw new Error('no call ID is left')
    const call = this.#call(connection, direction, role, callId)
    this.#enter(connection, call)
    return call
  }

  #enter(connection: ControlConnection, call: Call): void {
    this.#calls.set(call.callId, call)
    connection.begins(call)
  }

  callOver(connection: ControlConnection, call: Call): void {
    if (!connection.calls.includes(call)) return
    connection.ends(call)
    this.#calls.delete(call.callId)
    this.#ids.rest(call.peer, call.callId)
  }

  gre({ local, peer }: ControlConnection, packet: Packet): void {
    this.#sinks.gre(packet, peer, local)
  }

  dial(connection: ControlConnection, handlers: CallHandlers, options: DialOptions): Call {
    const call = this.#newCall(connection, 'outgoing', 'pns')
    call.open(handlers, options)
    return call
  }

  callMessage(connection: ControlConnection, m: CallMessage): boolean {
    switch (m.type) {
      case 'outgoing-call-request':
        return this.config.role === 'pac' && this.#offered(connection, m)
      case 'incoming-call-request':
        return (this.config.role === 'pns' || this.config.takesIncomingCalls) && this.#rings(connection, m)
      case 'outgoing-call-reply':
        return this.#own(connection, 'pns', m.peerCallId)?.outgoingCallReply(m) ?? false
      case 'incoming-call-reply':
        return this.#own(connection, 'pac', m.peerCallId)?.incomingCallReply(m) ?? false
      case 'incoming-call-connected':
        return this.#own(connection, 'pns', m.peerCallId)?.incomingCallConnected(m) ?? false
      case 'call-clear-request':
        return this.#peers(connection, 'pac', m.callId)?.callClearRequest() ?? false
      case 'call-disconnect-notify':
        return this.#disconnected(connection, m.callId)?.callDisconnectNotify(m) ?? false
      case 'wan-error-notify':
        return told(this.#own(connection, 'pns', m.peerCallId), call => call.wanErrorNotified(wanErrors(m)))
      case 'set-link-info':
        return told(this.#own(connection, 'pac', m.peerCallId), call => call.setLinkInfoReceived(m))
    }
  }

  /** The call in which this side has that role, by our ID or by the peer's. */
  #own(connection: ControlConnection, role: Role, callId: number): Call | undefined {
    return connection.calls.find(c => c.role === role && c.callId === callId)
  }
  #peers(connection: ControlConnection, role: Role, callId: number): Call | undefined {
    return connection.calls.find(c => c.role === role && c.isPeers(callId))
  }

  /** The notification names the PAC's ID (§2.13); NAT helpers are known to put the PNS's there instead. */
  #disconnected(connection: ControlConnection, callId: number): Call | undefined {
    return this.#peers(connection, 'pns', callId) ?? this.#own(connection, 'pns', callId)
  }

  /** Why no node is asked about a request; or the call ID that the call gets. */
  #admit(connection: ControlConnection, role: Role, peerCallId: number): Refusal | number {
    if (connection.calls.some(c => c.isPeers(peerCallId))) return BAD_CALL_ID
    if (connection.calls.length >= this.config.callsPerConnection) return NO_RESOURCE
    return this.#ids.take(connection, role) ?? NO_RESOURCE
  }

  #offered(connection: ControlConnection, request: OutgoingRequest): boolean {
    const admitted = this.#admit(connection, 'pac', request.callId)
    if (typeof admitted === 'number') {
      const call = this.#call(connection, 'outgoing', 'pac', admitted)
      this.#enter(connection, call)
      call.offered(request, offered => this.#answer(offered, request))
    } else this.#call(connection, 'outgoing', 'pac', 0).offeredInError(request, admitted)
    return true
  }

  #answer(call: Call, request: OutgoingRequest | IncomingRequest): CallHandlers | Refusal {
    if (this.#decide) return this.#decide(call, request)
    return call.role === 'pns' ? DO_NOT_ACCEPT : NO_RESOURCE
  }

  #rings(connection: ControlConnection, request: IncomingRequest): boolean {
    const admitted = this.#admit(connection, 'pns', request.callId)
    if (typeof admitted === 'number') {
      const call = this.#call(connection, 'incoming', 'pns', admitted)
      this.#enter(connection, call)
      call.rings(request, this.#answer(call, request))
    } else this.#call(connection, 'incoming', 'pns', 0).rings(request, admitted)
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
        parent: packet.parent,
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
        parent: packet.parent,
        detail: `call ${Gre.callId(packet.bytes, packet.start)} from ${formatIpv4(from)}`,
      })
      packet.release()
    } else if (call.tunnel) call.tunnel.receive(packet)
    else call.refuseData(packet)
  }
}

/** The message is for a call that there is. */
function told(call: Call | undefined, tell: (call: Call) => void): boolean {
  if (call?.state !== 'established') return false
  tell(call)
  return true
}

const wanErrors = ({ type: _, peerCallId: __, ...errors }: Pptp.Message<'wan-error-notify'>): WanErrors => errors
