/**
 * The calls of a run, told by their packets. A call is known by two call IDs and two addresses (RFC 2637 §2.7 to §2.10),
 * and a NAT box changes all four on the way: each end has its own view of them. The packets keep their names on the way,
 * so the view of one end is tied to that of the other by the message that both have seen.
 *
 * Limits: a control message is found at the start of a TCP segment and behind other whole ones; one that is cut in two by
 * segments is not.
 */
import { formatIpv4 } from '../../base/address.ts'
import { get16 } from '../../base/bytes.ts'
import type { SimTime } from '../../base/time.ts'
import type { TraceEvent } from '../../base/trace.ts'
import * as Gre from '../../wire/gre.ts'
import * as Ipv4 from '../../wire/ipv4.ts'
import * as Pptp from '../../wire/pptp.ts'
import { makerOf } from './frames.ts'

/** A call as one of its ends knows it. */
export interface CallEnd {
  readonly node: string
  readonly role: 'PNS' | 'PAC'
  callId: number
  peerCallId: number | undefined
  /** Its own address, and that under which it knows the other end. */
  address: string
  peerAddress: string
}

export interface CallMessage {
  readonly t: SimTime
  readonly packet: string
  readonly from: string
  readonly type: Pptp.MessageName
  readonly sent: string
  /** As it was on the last line that it crossed. */
  seen: string
}

export interface LostPackets {
  readonly node: string
  readonly reason: string
  readonly layer: string
  readonly rule: string | undefined
  readonly entry: string | undefined
  count: number
  /** The first of them. */
  readonly packet: string
}

/** The GRE packets of a call in one direction. */
export interface GreWay {
  readonly from: string
  to: string
  sent: number
  arrived: number
  /** How many were on each line, in the order of the way. */
  readonly lines: Map<string, number>
  readonly lost: Map<string, LostPackets>
  /** The first. */
  packet: string | undefined
}

export interface Milestone {
  readonly t: SimTime
  readonly node: string
  readonly text: string
}

export interface Call {
  /** 1 for the first of the run. */
  readonly no: number
  readonly kind: 'outgoing' | 'incoming'
  readonly t: SimTime
  /** Who asked for it. */
  readonly asker: CallEnd
  /** The other end; undefined until it has answered. */
  answerer: CallEnd | undefined
  readonly messages: CallMessage[]
  /** From the asker, and to it. */
  readonly ways: readonly [GreWay, GreWay]
  readonly milestones: Milestone[]
}

type Request = Pptp.Message<'outgoing-call-request' | 'incoming-call-request'>
type Reply = Pptp.Message<'outgoing-call-reply' | 'incoming-call-reply'>

/** What the other end is told by a request: the view that its answer will come from. */
interface Told {
  readonly call: Call
  source: string
  destination: string
  callId: number
}

interface Known {
  readonly call: Call
  readonly messages: CallMessage[]
}

interface Named {
  readonly packet: string
  readonly parent?: string | undefined
}

export class Calls {
  readonly calls: Call[] = []
  readonly #told: Told[] = []
  /** By packet: the calls that its control messages are about. */
  readonly #control = new Map<string, Known[]>()
  readonly #gre = new Map<string, GreWay>()
  /** GRE packets that have come to the end that they were for. */
  readonly #arrived = new Set<string>()
  /** Frames of telephone lines, and what they carry: at the other end another packet is made of it. */
  readonly #carried = new Map<string, string>()

  onTelephone(packet: string, parent: string | undefined): void {
    if (parent !== undefined) this.#carried.set(packet, parent)
  }

  /** A frame on a line between two machines, with the IP packet in it. */
  frame(t: SimTime, { packet, parent }: Named, ip: Uint8Array, from: string, to: string): void {
    if (Ipv4.isFragment(ip, 0)) return
    const protocol = Ipv4.protocol(ip, 0)
    // Of what has come by telephone the maker is who has put it on the line.
    const maker = makerOf((parent !== undefined && this.#carried.get(parent)) || packet)
    if (protocol === Ipv4.PROTOCOL.gre) this.#data(packet, maker, ip, `${from} -> ${to}`)
    else if (protocol === Ipv4.PROTOCOL.tcp) this.#segment(t, packet, maker, ip)
  }

  // Control messages

  #segment(t: SimTime, packet: string, maker: string, ip: Uint8Array): void {
    const at = Ipv4.headerLength(ip, 0)
    if (ip.length < at + 20) return
    if (get16(ip, at) !== Pptp.PORT && get16(ip, at + 2) !== Pptp.PORT) return
    const known = this.#control.get(packet)
    const found: Known[] = []
    let index = 0
    for (let from = at + (ip[at + 12] >> 4) * 4; from < ip.length; index++) {
      const parsed = Pptp.parse(ip.subarray(from))
      if (!parsed.ok) break
      if (known) this.#seenAgain(known[index], ip, parsed.value)
      else found.push(this.#first(t, packet, maker, ip, parsed.value))
      from += Pptp.LENGTHS.get(parsed.value.type) as number
    }
    if (!known && found.length > 0) this.#control.set(packet, found)
  }

  #first(t: SimTime, packet: string, from: string, ip: Uint8Array, message: Pptp.Message): Known {
    const [source, destination] = addressesOf(ip)
    const call = isRequest(message)
      ? this.#requested(t, from, source, destination, message)
      : isReply(message)
        ? this.#answered(from, source, destination, message)
        : this.#about(from, destination, message)
    const text = Pptp.summary(message)
    const told: CallMessage = { t, packet, from, type: message.type, sent: text, seen: text }
    call?.messages.push(told)
    // What is about no call has a place in the list all the same: places are how messages are found again.
    return { call: call ?? NO_CALL, messages: [told] }
  }

  #requested(t: SimTime, node: string, address: string, peerAddress: string, message: Request): Call {
    const { callId } = message
    const again = this.calls.findLast(
      ({ asker, answerer }) => asker.node === node && asker.callId === callId && answerer === undefined,
    )
    if (again) return again
    const outgoing = message.type === 'outgoing-call-request'
    const call: Call = {
      no: this.calls.length + 1,
      kind: outgoing ? 'outgoing' : 'incoming',
      t,
      asker: { node, role: outgoing ? 'PNS' : 'PAC', callId, peerCallId: undefined, address, peerAddress },
      answerer: undefined,
      messages: [],
      ways: [newWay(node, peerAddress), newWay(peerAddress, node)],
      milestones: [],
    }
    this.calls.push(call)
    this.#told.push({ call, source: address, destination: peerAddress, callId })
    return call
  }

  #answered(node: string, address: string, peerAddress: string, { callId, peerCallId }: Reply): Call | undefined {
    const told = this.#told.findLast(each => each.callId === peerCallId && each.source === peerAddress)
    if (!told) return undefined
    const { call } = told
    const role = call.asker.role === 'PNS' ? 'PAC' : 'PNS'
    call.answerer = { node, role, callId, peerCallId, address, peerAddress }
    call.ways[0].to = node
    const back: { from: string } = call.ways[1]
    back.from = node
    return call
  }

  /** Call-Clear-Request and Call-Disconnect-Notify name their sender's call, the others their receiver's. */
  #about(node: string, peerAddress: string, message: Pptp.Message): Call | undefined {
    const own = 'callId' in message ? message.callId : undefined
    const peers = 'peerCallId' in message ? message.peerCallId : undefined
    return this.calls.findLast(({ asker, answerer }) =>
      [asker, answerer].some(
        end =>
          end?.node === node &&
          end.peerAddress === peerAddress &&
          ((own !== undefined && end.callId === own) || (peers !== undefined && end.peerCallId === peers)),
      ),
    )
  }

  /** The same message on the next line, perhaps changed by the machine between the two. */
  #seenAgain(known: Known | undefined, ip: Uint8Array, message: Pptp.Message): void {
    if (!known || known.call === NO_CALL) return
    const { call, messages } = known
    messages[0].seen = Pptp.summary(message)
    const [source, destination] = addressesOf(ip)
    if (isRequest(message)) {
      const told = this.#told.find(each => each.call === call)
      if (!told) return
      told.callId = message.callId
      told.source = source
      told.destination = destination
    } else if (isReply(message)) this.#learns(call, message)
  }

  /** What the asker has heard so far of the other end's ID. */
  #learns({ asker }: Call, { callId, peerCallId }: Reply): void {
    if (peerCallId === asker.callId) asker.peerCallId = callId
  }

  // GRE

  #data(packet: string, maker: string, ip: Uint8Array, line: string): void {
    const way = this.#gre.get(packet) ?? this.#begins(packet, maker, ip)
    if (!way) return
    way.lines.set(line, (way.lines.get(line) ?? 0) + 1)
  }

  #begins(packet: string, maker: string, ip: Uint8Array): GreWay | undefined {
    const at = Ipv4.headerLength(ip, 0)
    if (Gre.check(ip, at, ip.length)) return undefined
    const [peerAddress, callId] = [addressesOf(ip)[1], Gre.callId(ip, at)]
    // An access server makes GRE of its own of what comes by telephone, besides passing on that of its callers.
    const makers = [makerOf(packet), maker]
    for (let i = this.calls.length - 1; i >= 0; i--) {
      const { asker, answerer, ways } = this.calls[i]
      const isOf = (end: CallEnd | undefined, known: number | undefined): boolean =>
        end !== undefined && makers.includes(end.node) && end.peerAddress === peerAddress && known === callId
      const way = isOf(asker, asker.peerCallId ?? answerer?.callId)
        ? ways[0]
        : isOf(answerer, answerer?.peerCallId)
          ? ways[1]
          : undefined
      if (!way) continue
      way.sent++
      way.packet ??= packet
      this.#gre.set(packet, way)
      return way
    }
    return undefined
  }

  // What the trace tells

  event(event: TraceEvent): void {
    if (event.event === 'deliver') this.#delivered(event)
    else if (event.event === 'drop') this.#dropped(event)
    else if (event.event === 'state') this.#state(event)
    else if (event.event === 'tunnel-end') {
      const { t, node, peer, layer, reason, detail } = event
      const call = this.calls.findLast(({ asker, answerer }) =>
        [asker, answerer].some(end => end?.node === node && end.peerAddress === peer),
      )
      call?.milestones.push({ t, node, text: `the tunnel is over (${layer} ${reason}): ${detail}` })
    }
  }

  #delivered({ packet, parent, proto, node }: Extract<TraceEvent, { event: 'deliver' }>): void {
    if (proto !== 'gre') return
    const way = this.#gre.get(packet) ?? this.#wayByTelephone(parent)
    // A line may deliver it twice.
    if (way?.to !== node || this.#arrived.has(packet)) return
    this.#arrived.add(packet)
    way.arrived++
  }

  #wayByTelephone(parent: string | undefined): GreWay | undefined {
    return this.#gre.get(this.#carried.get(parent ?? '') ?? '')
  }

  #dropped({ node, reason, layer, packet, parent, rule, entry }: Extract<TraceEvent, { event: 'drop' }>): void {
    const way = this.#gre.get(packet ?? '') ?? this.#gre.get(parent ?? '') ?? this.#wayByTelephone(parent)
    if (!way) return
    const key = [node, reason, rule, entry].join('|')
    const lost = way.lost.get(key) ?? { node, reason, layer, rule, entry, count: 0, packet: packet ?? '' }
    lost.count++
    // It has come to the machine, and not to the call.
    if (reason === 'gre-unknown-call' && node === way.to && this.#arrived.delete(packet ?? '')) way.arrived--
    way.lost.set(key, lost)
  }

  #state({ t, node, machine, from, to }: Extract<TraceEvent, { event: 'state' }>): void {
    const [, callId, name] = /^(?:calls\[(\d+)\]\.)?(pptp\.call|ppp\.\w+)$/.exec(machine) ?? []
    if (name === undefined || !MILESTONES.has(to) || from === 'initial' || from === 'starting') return
    if (to === 'idle' && name !== 'pptp.call') return
    const call = this.calls.findLast(({ asker, answerer }) =>
      [asker, answerer].some(end => end?.node === node && (callId === undefined || end.callId === Number(callId))),
    )
    const layer = name.replace(/^pp(tp|p)\./, '')
    call?.milestones.push({
      t,
      node,
      text:
        layer === 'call'
          ? (CALL_STATES[to] ?? `the call is ${to}`)
          : `${LAYERS[layer] ?? layer.toUpperCase()} is ${to}`,
    })
  }
}

const MILESTONES: ReadonlySet<string> = new Set([
  ...['established', 'opened', 'stopped', 'authenticated', 'failed', 'idle'],
])

const CALL_STATES: Readonly<Record<string, string>> = {
  established: 'the call is connected',
  idle: 'the call is cleared',
}
const LAYERS: Readonly<Record<string, string>> = { auth: 'the user', phase: 'PPP' }

const isRequest = (message: Pptp.Message): message is Request =>
  message.type === 'outgoing-call-request' || message.type === 'incoming-call-request'
const isReply = (message: Pptp.Message): message is Reply =>
  message.type === 'outgoing-call-reply' || message.type === 'incoming-call-reply'

const addressesOf = (ip: Uint8Array): readonly [string, string] => [
  formatIpv4(Ipv4.source(ip, 0)),
  formatIpv4(Ipv4.destination(ip, 0)),
]

const newWay = (from: string, to: string): GreWay => ({
  from,
  to,
  sent: 0,
  arrived: 0,
  lines: new Map(),
  lost: new Map(),
  packet: undefined,
})

/** Stands for none. */
const NO_CALL: Call = {
  no: 0,
  kind: 'outgoing',
  t: 0,
  asker: { node: '', role: 'PNS', callId: 0, peerCallId: undefined, address: '', peerAddress: '' },
  answerer: undefined,
  messages: [],
  ways: [newWay('', ''), newWay('', '')],
  milestones: [],
}
