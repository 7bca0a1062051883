/**
 * What each tunnel weighs: every octet of its frames goes to the layer that it belongs to. Nothing is computed from
 * constants: headers are measured in the frames, on the link by which the machine that made them sends them.
 *
 * An encrypted packet shows its length and no more. What is in it is measured as it enters the ppp interface.
 *
 * Limits: calls that a client asks for only, not those that an access server announces (Incoming-Call-Request); what a
 * telephone line carries is not looked into. Fragments of an outer packet are weighed and not looked into. The frames
 * of a control connection count for each of the calls in it. Calls of before the ledger was opened are not known.
 */
import { formatIpv4 } from '../base/address.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { LinkType, TappedFrame } from '../link/link.ts'
import { IpNode } from '../node/ip-node.ts'
import * as Ethernet from '../wire/ethernet.ts'
import * as Gre from '../wire/gre.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Mppe from '../wire/mppe.ts'
import * as Ppp from '../wire/ppp.ts'
import * as Pptp from '../wire/pptp.ts'
import { Segment } from '../wire/tcp.ts'
import * as Udp from '../wire/udp.ts'
import type { Run } from './run.ts'
import { valueAt } from './snapshot.ts'

/** From the outside to the inside. `mppe`: its header and the protocol number that it hides. */
export const LAYERS = [
  'ethernet',
  'ip',
  'tcp',
  'gre',
  'ppp',
  'mppe',
  'inner-ip',
  'inner-transport',
  'payload',
  /** Of a control packet of PPTP or PPP. */
  'message',
  /** What is no packet of ours, cannot be seen, or follows the packet. */
  'rest',
] as const
export type Layer = (typeof LAYERS)[number]
export type Weight = { [L in Layer]: number }

/** `data`: an IP packet of the user. `acknowledgment`: GRE with nothing in it. */
export const FRAME_KINDS = ['data', 'acknowledgment', 'ppp-control', 'pptp-control', 'other'] as const
export type FrameKind = (typeof FRAME_KINDS)[number]

export interface FrameTotals {
  frames: number
  octets: number
  readonly layers: Weight
}

export interface Weighed {
  readonly kind: FrameKind
  readonly layers: Weight
}

/** The headers of an IP packet before it is encrypted. */
export interface Clear {
  readonly length: number
  readonly ip: number
  readonly transport: number
}

export const noWeight = (): Weight => Object.fromEntries(LAYERS.map(layer => [layer, 0])) as Weight
const account = (): FrameTotals => ({ frames: 0, octets: 0, layers: noWeight() })

/** The headers of the IP packet in bytes[start … end - 1]; undefined if it is none. */
export function measure(b: Uint8Array, start: number, end: number): Clear | undefined {
  if (Ipv4.check(b, start, end) !== undefined) return undefined
  const ip = Ipv4.headerLength(b, start)
  const length = Ipv4.totalLength(b, start)
  const room = length - ip
  if (Ipv4.fragmentOffset(b, start) > 0) return { length, ip, transport: 0 }
  return { length, ip, transport: Math.min(room, transportHeader(b, start, start + ip, room)) }
}

const ICMP_HEADER = 8

function transportHeader(b: Uint8Array, ip: number, at: number, room: number): number {
  switch (Ipv4.protocol(b, ip)) {
    case Ipv4.PROTOCOL.tcp:
      return room < Segment.HEADER ? 0 : Segment.headerLength(b, at)
    case Ipv4.PROTOCOL.udp:
      return Udp.HEADER
    case Ipv4.PROTOCOL.icmp:
      return ICMP_HEADER
    default:
      return 0
  }
}

/** Gives every octet of a frame to its layer. `clear` is what an encrypted packet was before. */
export function weigh(type: LinkType | 'serial', frame: Uint8Array, clear?: Clear): Weighed {
  const layers = noWeight()
  if (type === 'serial') return unread(layers, frame, 0)
  let at = 0
  if (type === 'ethernet') {
    at = layers.ethernet = Math.min(frame.length, Ethernet.HEADER)
    if (at < Ethernet.HEADER || Ethernet.type(frame, 0) !== Ethernet.TYPE.ipv4) return unread(layers, frame, at)
  }
  if (Ipv4.check(frame, at, frame.length) !== undefined) return unread(layers, frame, at)
  const start = at
  const end = start + Ipv4.totalLength(frame, start)
  layers.rest = frame.length - end
  at += layers.ip = Ipv4.headerLength(frame, start)
  const protocol = Ipv4.isFragment(frame, start) ? undefined : Ipv4.protocol(frame, start)
  if (protocol === Ipv4.PROTOCOL.gre && Gre.check(frame, at, end) === undefined) {
    return { kind: weighGre(layers, frame, at, end, clear), layers }
  }
  if (protocol === Ipv4.PROTOCOL.tcp && isControl(frame, at, end)) {
    layers.tcp = Math.min(end - at, Segment.headerLength(frame, at))
    layers.message = end - at - layers.tcp
    return { kind: 'pptp-control', layers }
  }
  layers.rest += end - at
  return { kind: 'other', layers }
}

function unread(layers: Weight, frame: Uint8Array, at: number): Weighed {
  layers.rest = frame.length - at
  return { kind: 'other', layers }
}

const isControl = (b: Uint8Array, at: number, end: number): boolean =>
  end - at >= Segment.HEADER &&
  (Segment.sourcePort(b, at) === Pptp.PORT || Segment.destinationPort(b, at) === Pptp.PORT)

function weighGre(layers: Weight, b: Uint8Array, start: number, last: number, clear: Clear | undefined): FrameKind {
  layers.gre = Gre.headerLength(b, start)
  const end = start + layers.gre + Gre.payloadLength(b, start)
  layers.rest += last - end
  if (!Gre.hasSequence(b, start)) return 'acknowledgment'
  const ppp = start + layers.gre
  const number = Ppp.protocolOffset(b, ppp, end)
  const protocol = Ppp.protocolAt(b, number, end)
  if (protocol < 0) {
    layers.rest += end - ppp
    return 'other'
  }
  const at = number + Ppp.protocolLength(b, number)
  layers.ppp = at - ppp
  if (protocol === Ppp.IP) return weighInside(layers, measure(b, at, end), end - at)
  if (protocol === Ppp.COMPRESSED && end - at > Mppe.HEADER_LENGTH) {
    // Behind the header, encrypted, stands the packet with its own protocol number of one or two octets.
    const hidden = clear === undefined ? 0 : end - at - Mppe.HEADER_LENGTH - clear.length
    layers.mppe = Mppe.HEADER_LENGTH + hidden
    return weighInside(layers, clear, end - at - layers.mppe)
  }
  layers.message = end - at
  return 'ppp-control'
}

function weighInside(layers: Weight, clear: Clear | undefined, length: number): FrameKind {
  if (clear) {
    layers['inner-ip'] = clear.ip
    layers['inner-transport'] = clear.transport
    layers.payload = clear.length - clear.ip - clear.transport
    layers.rest += length - clear.length
  } else layers.rest += length
  return 'data'
}

/** Transfers of the user that ended well. */
export interface Transfers {
  octets: number
  /** Nanoseconds in all. */
  took: number
}

/** What encryption computed at the end that called; the other end does the same the other way round. */
export interface Computed {
  readonly keyChanges: number
  readonly sha1Blocks: number
  readonly rc4Keys: number
  readonly rc4Octets: number
}

export interface CallLedger {
  /** The caller's machine (PNS) and the one that answers (PAC); an address where the name is not known. */
  readonly pns: string
  readonly pac: string
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
  /** Outgoing-Call-Requests, by the addresses and the call ID that they have on each link: NAT boxes change them. */
  readonly #requests = new Map<string, Request>()
  /** The latest call of each PNS. */
  readonly #latest = new Map<string, CallLedger>()
  /** Frames of control connections, by the caller's address and port. */
  readonly #connections = new Map<string, FrameTotals>()
  readonly #clear = new Map<string, Clear>()

  constructor(run: Run) {
    this.#run = run
    const { links, nodes } = run.simulation
    for (const [index, link] of links.entries()) {
      const makers = link.ends.map(end => `${end.name.split(':')[0]}#`)
      run.tap(index, frame => {
        if (isUnsent(frame)) return
        if (frame.packet.startsWith(makers[frame.from])) this.#frame(link.type, frame)
        else if (this.#requests.size > 0) this.#passed(link.type, frame)
      })
    }
    for (const node of nodes.values()) if (node instanceof IpNode) this.#lookInto(node)
    run.listen(event => this.#event(event), false)
  }

  #lookInto(node: IpNode): void {
    const before = node.inside
    node.inside = inside => {
      before?.(inside)
      if (inside.way !== 'in') return
      const clear = measure(inside.bytes, 0, inside.bytes.length)
      if (clear) this.#clear.set(inside.packet, clear)
      for (const oldest of this.#clear.keys()) {
        if (this.#clear.size <= MOST_CLEAR) break
        this.#clear.delete(oldest)
      }
    }
  }

  /** What encryption has computed up to now is added to the calls that are still there. */
  close(): readonly CallLedger[] {
    for (const node of this.#latest.keys()) this.#look(node)
    return this.calls
  }

  #frame(type: LinkType | 'serial', { bytes, packet, parent }: TappedFrame): void {
    const clear = parent === undefined ? undefined : this.#clear.get(parent)
    const { kind, layers } = weigh(type, bytes, clear)
    if (kind === 'other') return
    const ip = layers.ethernet
    if (kind === 'pptp-control') {
      const account = this.#connection(bytes, ip)
      enter(account, bytes.length, layers)
      this.#control(bytes, ip, bytes.length - layers.rest - layers.message, packet, account)
      return
    }
    if (parent !== undefined) this.#clear.delete(parent)
    const call = this.#byCall.get(callKey(Ipv4.destination(bytes, ip), Gre.callId(bytes, ip + layers.ip)))
    if (call) enter(call.kinds[kind], bytes.length, layers)
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

  /** Our stacks put every message into a segment of its own: a call is known before its first data. */
  #control(b: Uint8Array, ip: number, at: number, packet: string, connection: FrameTotals): void {
    const parsed = Pptp.parse(b.subarray(at, ip + Ipv4.totalLength(b, ip)))
    if (!parsed.ok) return
    const message = parsed.value
    const [node] = packet.split('#')
    const [from, to] = [Ipv4.source(b, ip), Ipv4.destination(b, ip)]
    if (message.type === 'outgoing-call-request') {
      const { callId } = message
      this.#requests.set(requestKey(from, to, callId), { node, account: connection, to, callId, packet })
    } else if (message.type === 'outgoing-call-reply' && message.resultCode === 1) {
      this.#begin(from, to, message, node, connection)
    }
  }

  /** A request on its further way: it may have other addresses, and another call ID. */
  #passed(type: LinkType | 'serial', { bytes, packet }: TappedFrame): void {
    const { kind, layers } = weigh(type, bytes)
    if (kind !== 'pptp-control') return
    const ip = layers.ethernet
    const parsed = Pptp.parse(bytes.subarray(ip + layers.ip + layers.tcp, ip + Ipv4.totalLength(bytes, ip)))
    if (!parsed.ok || parsed.value.type !== 'outgoing-call-request') return
    const request = [...this.#requests.values()].find(one => one.packet === packet)
    const key = requestKey(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), parsed.value.callId)
    if (request) this.#requests.set(key, request)
  }

  #begin(
    from: number,
    to: number,
    { callId, peerCallId }: Pptp.Message<'outgoing-call-reply'>,
    pac: string,
    connection: FrameTotals,
  ): void {
    const request = this.#requests.get(requestKey(to, from, peerCallId))
    const toPac = callKey(request?.to ?? from, callId)
    const toPns = callKey(to, peerCallId)
    const known = this.#byCall.get(toPns)
    // A reply that TCP sent twice.
    if (known && known === this.#byCall.get(toPac) && !request) return
    for (const [key, other] of this.#requests) if (other === request) this.#requests.delete(key)
    const pns = request?.node ?? formatIpv4(to)
    const call: CallLedger = {
      pns,
      pac,
      pnsCallId: request?.callId ?? peerCallId,
      pacCallId: callId,
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
    this.#byCall.set(toPac, call)
    this.#byCall.set(toPns, call)
    this.#latest.set(pns, call)
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
    const encryption = valueAt(snapshot, 'ppp.encryption')
    const crypto = valueAt(snapshot, 'ppp.crypto')
    if (typeof encryption === 'string' && valueAt(snapshot, 'ppp.ipcp') === 'opened') call.encryption = encryption
    if (typeof crypto === 'object') call.computed = crypto as unknown as Computed
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
