/**
 * What each tunnel weighs: its frames, octet by octet (`weigh.ts`), on the link by which the machine that made them sends
 * them.
 *
 * An encrypted packet shows its length and no more. What is in it is measured as it enters the ppp interface; where that is
 * at the other end of a telephone line, the packet is followed through the line and the access server.
 *
 * Limits: what a telephone line carries is not weighed. Fragments of an outer packet are not looked into. The frames
 * of a control connection count for each of the calls in it. Calls of before the ledger was opened are not known.
 */
import { formatIpv4, type Ipv4 as Ipv4Address } from '../base/address.ts'
import { get16 } from '../base/bytes.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { LinkType, TappedFrame } from '../link/link.ts'
import type { InsidePacket } from '../node/ip-node.ts'
import * as Gre from '../wire/gre.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Pptp from '../wire/pptp.ts'
import { Segment } from '../wire/tcp.ts'
import type { Run } from './run.ts'
import { valueAt } from './snapshot.ts'
import { type Clear, type FrameKind, LAYERS, measure, noWeight, type Weight, weigh } from './weigh.ts'

export interface FrameTotals {
  frames: number
  octets: number
  readonly layers: Weight
}

const account = (): FrameTotals => ({ frames: 0, octets: 0, layers: noWeight() })

/** Transfers of the user that ended well. */
export interface Transfers {
  octets: number
  /** Nanoseconds in all. */
  took: number
}

/** What encryption computed at the end of the user; the other end does the same the other way round. */
export interface Computed {
  readonly keyChanges: number
  readonly sha1Blocks: number
  readonly rc4Keys: number
  readonly rc4Octets: number
}

export interface CallLedger {
  /** The machines at its ends; an address where the name is not known. */
  readonly pns: string
  readonly pac: string
  /** Who asked for it: a computer or a server for an outgoing call, an access server for an incoming one. */
  readonly asked: 'pns' | 'pac'
  /** Of a call of an access server: whose frames it carries, as soon as there is one. */
  user: string | undefined
  /** Each its own. */
  readonly pnsCallId: number
  readonly pacCallId: number
  /** `none`, or which encryption, in the words of the snapshot; undefined: IPCP never opened. */
  encryption: string | undefined
  readonly kinds: { readonly [K in Exclude<FrameKind, 'other'>]: FrameTotals }
  readonly transfers: Transfers
  computed: Computed | undefined
}

interface Request {
  readonly node: string
  readonly account: FrameTotals
  /** As its own machine sent it: NAT boxes change both. */
  readonly to: number
  readonly callId: number
  readonly packet: string
}

/** Packets that are inside a tunnel and not on a line yet. */
const MOST_CLEAR = 10_000

export class Ledger {
  readonly calls: CallLedger[] = []
  readonly #run: Run
  /** By the address a GRE packet goes to and its call ID. */
  readonly #byCall = new Map<string, CallLedger>()
  /** Outgoing- and Incoming-Call-Requests, by the addresses and the call ID that they have on each link: NAT boxes change them. */
  readonly #requests = new Map<string, Request>()
  /** The latest call of each user: of a PNS that has asked for it, or of who is on the telephone. */
  readonly #latest = new Map<string, CallLedger>()
  /** Frames of control connections, by the caller's address and port. */
  readonly #connections = new Map<string, FrameTotals>()
  readonly #clear = new Map<string, Clear>()
  /** Frames that an access server carries, and who has made them. */
  readonly #callers = new Map<string, string>()

  constructor(run: Run) {
    this.#run = run
    const { links } = run.simulation
    for (const [index, link] of links.entries()) {
      const makers = link.ends.map(end => `${end.name.split(':')[0]}#`)
      run.tap(index, frame => {
        if (isUnsent(frame)) return
        if (frame.packet.startsWith(makers[frame.from])) this.#frame(link.type, frame)
        else if (this.#requests.size > 0) this.#passed(link.type, frame)
      })
    }
    run.lookInside((_, inside) => this.#inside(inside))
    run.listen(event => this.#event(event), false)
  }

  #inside({ way, packet, parent = '', bytes }: InsidePacket): void {
    if (way === 'through') {
      this.#follow(parent, packet)
      remember(this.#callers, packet, parent.split('#')[0])
    } else if (way === 'in') {
      const clear = measure(bytes, 0, bytes.length)
      // In the tunnel of an access server, or on the line to one, a tunnel may be: what is in that one matters.
      if (!this.#follow(parent, packet) && clear) remember(this.#clear, packet, clear)
    }
  }

  /** A packet has become another one. */
  #follow(from: string, to: string): boolean {
    const clear = this.#clear.get(from)
    if (!clear) return false
    this.#clear.delete(from)
    remember(this.#clear, to, clear)
    return true
  }

  /** What encryption has computed up to now is added to the calls that are still there. */
  close(): readonly CallLedger[] {
    for (const node of this.#latest.keys()) this.#look(node)
    return this.calls
  }

  #frame(type: LinkType | 'serial', { bytes, packet, parent }: TappedFrame): void {
    if (type === 'serial') {
      if (parent !== undefined) this.#follow(parent, packet)
      return
    }
    const clear = parent === undefined ? undefined : this.#clear.get(parent)
    const { kind, layers } = weigh(type, bytes, clear)
    if (kind === 'other') return
    const ip = layers.ethernet
    if (kind === 'pptp-control') {
      const account = this.#connection(bytes, ip)
      enter(account, bytes.length, layers)
      const maker = packet.split('#')[0]
      // An access server makes a packet of the octets of a line.
      const node = parent !== undefined && this.#kindOf(maker) === 'nas' ? parent.split('#')[0] : maker
      for (const message of messagesIn(bytes, ip, bytes.length - layers.rest - layers.message))
        this.#message(message, Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), node, packet, account)
      return
    }
    if (parent !== undefined) this.#clear.delete(parent)
    const call = this.#byCall.get(callKey(Ipv4.destination(bytes, ip), Gre.callId(bytes, ip + layers.ip)))
    if (!call) return
    enter(call.kinds[kind], bytes.length, layers)
    const user = parent !== undefined && call.user === undefined ? this.#callers.get(parent) : undefined
    if (user !== undefined) this.#uses(call, user)
  }

  /** The one who is on the telephone; a tunnel that he makes himself is nearer to him. */
  #uses(call: CallLedger, user: string): void {
    call.user = user
    const { pns } = this.#latest.get(user) ?? {}
    if (pns !== user) this.#latest.set(user, call)
  }

  #connection(b: Uint8Array, ip: number): FrameTotals {
    const tcp = ip + Ipv4.headerLength(b, ip)
    const toServer = Segment.destinationPort(b, tcp) === Pptp.PORT
    const address = toServer ? Ipv4.source(b, ip) : Ipv4.destination(b, ip)
    const key = `${address}:${toServer ? Segment.sourcePort(b, tcp) : Segment.destinationPort(b, tcp)}`
    let found = this.#connections.get(key)
    if (!found) {
      found = account()
      this.#connections.set(key, found)
    }
    return found
  }

  #message(
    message: Pptp.Message,
    from: Ipv4Address,
    to: Ipv4Address,
    node: string,
    packet: string,
    connection: FrameTotals,
  ): void {
    const { type } = message
    if (type === 'outgoing-call-request' || type === 'incoming-call-request') {
      const { callId } = message
      this.#requests.set(requestKey(from, to, callId), { node, account: connection, to, callId, packet })
    } else if ((type === 'outgoing-call-reply' || type === 'incoming-call-reply') && message.resultCode === 1) {
      this.#begin(from, to, message, node, connection)
    }
  }

  /** A request on its further way: it may have other addresses, and another call ID. */
  #passed(type: LinkType | 'serial', { bytes, packet }: TappedFrame): void {
    if (type === 'serial') return
    const { kind, layers } = weigh(type, bytes)
    if (kind !== 'pptp-control') return
    const ip = layers.ethernet
    for (const message of messagesIn(bytes, ip, ip + layers.ip + layers.tcp)) {
      if (message.type !== 'outgoing-call-request' && message.type !== 'incoming-call-request') continue
      const request = [...this.#requests.values()].find(one => one.packet === packet)
      const key = requestKey(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), message.callId)
      if (request) this.#requests.set(key, request)
    }
  }

  /** The reply goes from the one who was asked to the one who has asked. */
  #begin(
    from: Ipv4Address,
    to: Ipv4Address,
    { type, callId, peerCallId }: Pptp.Message<'outgoing-call-reply' | 'incoming-call-reply'>,
    answers: string,
    connection: FrameTotals,
  ): void {
    const request = this.#requests.get(requestKey(to, from, peerCallId))
    const toAnswerer = callKey(request?.to ?? from, callId)
    const toAsker = callKey(to, peerCallId)
    const known = this.#byCall.get(toAsker)
    // A reply that TCP sent twice.
    if (known && known === this.#byCall.get(toAnswerer) && !request) return
    for (const [key, other] of this.#requests) if (other === request) this.#requests.delete(key)
    const asks = request?.node ?? formatIpv4(to)
    const askerCallId = request?.callId ?? peerCallId
    const ends =
      type === 'outgoing-call-reply'
        ? { pns: asks, pac: answers, asked: 'pns' as const, pnsCallId: askerCallId, pacCallId: callId }
        : { pns: answers, pac: asks, asked: 'pac' as const, pnsCallId: callId, pacCallId: askerCallId }
    const call: CallLedger = {
      ...ends,
      user: undefined,
      encryption: undefined,
      kinds: {
        data: account(),
        acknowledgment: account(),
        'ppp-control': account(),
        // Behind a NAT each end sees its own address of the caller: the connection has two names.
        'pptp-control':
          request && request.account !== connection ? this.#joined(request.account, connection) : connection,
      },
      transfers: { octets: 0, took: 0 },
      computed: undefined,
    }
    this.calls.push(call)
    this.#byCall.set(toAnswerer, call)
    this.#byCall.set(toAsker, call)
    if (this.#kindOf(asks) === 'client') this.#latest.set(asks, call)
  }

  #kindOf(name: string): string | undefined {
    return this.#run.simulation.nodes.get(name)?.kind
  }

  /** Both names lead to one account from now on. */
  #joined(one: FrameTotals, other: FrameTotals): FrameTotals {
    one.frames += other.frames
    one.octets += other.octets
    for (const layer of LAYERS) one.layers[layer] += other.layers[layer]
    for (const [key, account] of this.#connections) if (account === other) this.#connections.set(key, one)
    return one
  }

  #event(event: TraceEvent): void {
    const call = this.#latest.get(event.node)
    if (!call) return
    if (event.event === 'fetch-done' && event.ok) {
      call.transfers.octets += event.bytes
      call.transfers.took += event.took
    } else if (event.event === 'tunnel-end' || (event.event === 'interface' && event.to === 'up')) {
      this.#look(event.node)
    }
  }

  #look(name: string): void {
    const call = this.#latest.get(name)
    const snapshot = this.#run.simulation.nodes.get(name)?.snapshot()
    if (!call || !snapshot) return
    // A computer with a tunnel of its own has the link of its line elsewhere.
    const ppp = call.user !== undefined && valueAt(snapshot, 'dial') !== undefined ? 'dial.ppp' : 'ppp'
    const encryption = valueAt(snapshot, `${ppp}.encryption`)
    const crypto = valueAt(snapshot, `${ppp}.crypto`)
    if (typeof encryption === 'string' && valueAt(snapshot, `${ppp}.ipcp`) === 'opened') call.encryption = encryption
    if (typeof crypto === 'object') call.computed = crypto as unknown as Computed
  }
}

/** The oldest is forgotten when there are too many: its packet was lost on the way. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  if (map.size <= MOST_CLEAR) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

/** Our stacks put whole messages into a segment: a call is known before its first data. */
function* messagesIn(b: Uint8Array, ip: number, start: number): Generator<Pptp.Message> {
  const end = ip + Ipv4.totalLength(b, ip)
  for (let at = start; at + Pptp.HEADER_LENGTH <= end; at += get16(b, at)) {
    const parsed = Pptp.parse(b.subarray(at, Math.min(at + get16(b, at), end)))
    if (!parsed.ok) return
    yield parsed.value
  }
}

const requestKey = (from: number, to: number, callId: number): string => `${from} ${to} ${callId}`
const callKey = (address: number, callId: number): string => `${address} ${callId}`

/** It did not get as far as the line. */
const isUnsent = ({ fate }: TappedFrame): boolean => fate === 'link-down' || fate === 'queue-full'

function enter(account: FrameTotals, octets: number, layers: Weight): void {
  account.frames++
  account.octets += octets
  for (const layer of LAYERS) account.layers[layer] += layers[layer]
}
