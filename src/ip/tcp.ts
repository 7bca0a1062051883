/** Joins tcp-userspace to the IP stack: segments in and out, ICMP errors, the trace; and gives its users a Stream. */
import {
  type Connection,
  type ConnectionHandlers,
  DISCARDS,
  type Discard,
  Segment,
  type SegmentBuffer,
  type TcpEnv,
  type TcpOptions,
  TcpStack,
  type TcpTrace,
} from 'tcp-userspace'
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { get16, get32 } from '../base/bytes.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Stream, StreamClose, StreamEvents } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { Timer } from '../base/scheduler.ts'
import { type MachineView, remember, type Transition, view } from '../base/view.ts'
import { dropFacts } from '../wire/facts.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { IcmpError } from './icmp.ts'
import type { IpStack, PacketHandler } from './stack.ts'

export type { Connection, ConnectionHandlers, TcpOptions }

/** `10.0.0.1:1723-10.0.0.2:40001`, local end first: how the trace and the snapshot call a connection. */
export const connectionName = ({ local, remote }: Connection): string =>
  `${formatIpv4(local.address)}:${local.port}-${formatIpv4(remote.address)}:${remote.port}`

/** Its state machine in the trace. */
export const tcpMachine = (connection: Connection): string => `tcp[${connectionName(connection)}]`

export class TcpLayer implements TcpEnv, TcpTrace, PacketHandler {
  readonly #env: Env
  readonly #stack: IpStack
  readonly #tcp: TcpStack
  readonly #random: { isn?: Random; port?: Random } = {}
  /** Of while the trace had a listener. */
  #histories: WeakMap<Connection, Transition[]> | undefined

  constructor(env: Env, stack: IpStack, options: TcpOptions = {}) {
    this.#env = env
    this.#stack = stack
    this.#tcp = new TcpStack(this, options)
    stack.handle(Ipv4Header.PROTOCOL.tcp, this)
  }

  get connections(): Iterable<Connection> {
    return this.#tcp.connections
  }

  listen(port: number, accept: (connection: Connection) => ConnectionHandlers): void {
    if (!this.#tcp.listen({ port }, accept)) throw new Error(`${this.#env.node}: TCP port ${port} is taken`)
  }

  /** Undefined when there is no route to the address, or no local port is free; `localPort`: that one or none. */
  connect(address: Ipv4, port: number, handlers: ConnectionHandlers, localPort?: number): Connection | undefined {
    const source = this.#stack.sourceFor(address)
    if (source === undefined) return undefined
    const local = localPort === undefined ? { address: source } : { address: source, port: localPort }
    return this.#tcp.connect({ local, remote: { address, port } }, handlers)
  }

  // What tcp-userspace needs

  now(): number {
    return this.#env.clock.now
  }
  timer<T>(owner: string, fire: (whose: T) => void, whose: T): Timer {
    return this.#env.clock.timer(owner, fire, whose)
  }
  random32(purpose: 'isn' | 'port'): number {
    this.#random[purpose] ??= this.#env.random.fork(`tcp/${purpose}`)
    return this.#random[purpose].uint32()
  }
  buffer(length: number): Packet {
    return this.#env.packets.make(length)
  }
  maxSegment(destination: number): number {
    return (this.#stack.mtuTowards(destination as Ipv4) ?? 576) - Ipv4Header.HEADER
  }

  /** What it tells is for the trace. */
  get trace(): TcpTrace {
    return this
  }
  state(connection: Connection, from: string, to: string, cause: string): void {
    if (this.#env.trace.on) this.#tell(connection, from, to, cause)
  }
  retransmit({ local, remote }: Connection, seq: number, length: number, tries: number): void {
    const { trace } = this.#env
    if (!trace.on) return
    const src = `${formatIpv4(local.address)}:${local.port}`
    const dst = `${formatIpv4(remote.address)}:${remote.port}`
    trace.emit('tcp-retransmit', { src, dst, seq, length, tries })
  }

  #tell(connection: Connection, from: string, to: string, cause: string): void {
    this.#histories ??= new WeakMap()
    let history = this.#histories.get(connection)
    if (!history) {
      history = []
      this.#histories.set(connection, history)
    }
    const { clock, trace } = this.#env
    remember(history, { t: clock.now, from, to, cause })
    trace.emit('state', { machine: tcpMachine(connection), from, to, cause })
  }

  view(connection: Connection): MachineView {
    const info = connection.info()
    const { unanswered, retransmits, timeouts, fastRecoveries, segmentsIn, segmentsOut, bytesIn, bytesOut } = info
    const { waiting, due, ackDue } = info
    return view(connection.state, {
      counters: { unanswered, retransmits, timeouts, fastRecoveries, segmentsIn, segmentsOut, bytesIn, bytesOut },
      timers: {
        ...(due === undefined ? {} : { [waiting]: due }),
        ...(ackDue === undefined ? {} : { ackDelay: ackDue }),
      },
      history: this.#histories?.get(connection)?.slice() ?? [],
    })
  }

  send(segment: SegmentBuffer, from: number, to: number, dontFragment: boolean): void {
    const [packet, source, destination] = [segment as Packet, from as Ipv4, to as Ipv4]
    const { bytes, start } = packet
    const localPort = get16(bytes, start)
    const remotePort = get16(bytes, start + 2)
    const sequence = get32(bytes, start + 4)
    const trouble = this.#stack.output(packet, destination, Ipv4Header.PROTOCOL.tcp, { source, dontFragment })
    if (trouble !== 'fragmentation-needed') return
    // Our own link has become narrower. TCP may not be called from here: it is told as by a router on the way.
    const quote = {
      local: { address: source, port: localPort },
      remote: { address: destination, port: remotePort },
      sequence,
    }
    const mtu = this.#stack.mtuTowards(destination) ?? 0
    this.#env.clock.after(0, 'path MTU', () => this.#tcp.tooBig(quote, mtu))
  }

  // What IP brings

  receive(packet: Packet): void {
    const { bytes, start, end } = packet
    const at = start + Ipv4Header.headerLength(bytes, start)
    const source = Ipv4Header.source(bytes, start)
    const destination = Ipv4Header.destination(bytes, start)
    // RFC 9293 §3.9.2.3 (MUST-57): no connection with a broadcast address, of which TCP knows only the general ones.
    const discard = this.#stack.isBroadcast(destination)
      ? 'not-unicast'
      : this.#tcp.receive(bytes, at, end, source, destination)
    if (discard) {
      const facts = { reason: reasonOf(discard), layer: 'tcp', ...dropFacts(packet) }
      const entry = this.#stack.hooks?.entryOf(packet)
      this.#env.trace.drop({ ...facts, detail: asClause(DISCARDS[discard]), entry })
    }
    packet.release()
  }

  /** Answers a segment by RST in the name of its destination, as a firewall does; the caller keeps the packet. */
  refuse({ bytes, start, end }: Packet): void {
    const at = start + Ipv4Header.headerLength(bytes, start)
    if (at + Segment.HEADER > end || Ipv4Header.fragmentOffset(bytes, start) > 0) return
    this.#tcp.refuse(bytes, at, end, Ipv4Header.source(bytes, start), Ipv4Header.destination(bytes, start))
  }

  /** RFC 1122 §4.2.3.9: net, host and source route failures are soft; protocol and port unreachable are hard. */
  icmpError(error: IcmpError): void {
    if (error.type !== Icmp.TYPE.unreachable) return
    const hard = error.code === Icmp.UNREACHABLE.protocol || error.code === Icmp.UNREACHABLE.port
    const local = { address: error.source, port: get16(error.quoted, 0) }
    const remote = { address: error.destination, port: get16(error.quoted, 2) }
    const quote = { local, remote, sequence: get32(error.quoted, 4) }
    if (error.code === Icmp.UNREACHABLE.fragmentationNeeded) this.#tcp.tooBig(quote, error.nextHopMtu)
    else this.#tcp.unreachable(quote, hard)
  }
}

/** Details are clauses: `It belongs to nobody.` becomes `it belongs to nobody`. */
const asClause = (sentence: string): string => `${sentence[0].toLowerCase()}${sentence.slice(1, -1)}`

function reasonOf(discard: Discard): DropReason {
  if (discard === 'bad-checksum') return 'bad-checksum'
  return discard === 'truncated' || discard === 'bad-length' ? 'malformed' : 'tcp-unexpected'
}

const NOTHING: Uint8Array[] = []

/** Makes a Stream of a connection, which it handles: it keeps what TCP does not take at once. */
export class ConnectionStream implements Stream, ConnectionHandlers {
  /** Who hears of it. */
  protected events: StreamEvents | undefined
  #connection: Connection | undefined
  /** Made when there is some. */
  #waiting = NOTHING
  #ending = false

  constructor(events?: StreamEvents) {
    this.events = events
  }

  get waiting(): number {
    return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  attach(connection: Connection): void {
    connection.noDelay = true
    this.#connection = connection
    this.writable()
  }

  write(bytes: Uint8Array): void {
    if (this.#ending) return
    const taken = this.#waiting.length === 0 ? (this.#connection?.write(bytes) ?? 0) : 0
    if (taken === bytes.length) return
    if (this.#waiting === NOTHING) this.#waiting = []
    this.#waiting.push(bytes.slice(taken))
  }

  end(): void {
    this.#ending = true
    this.writable()
  }

  abort(): void {
    this.#ending = true
    this.#waiting = NOTHING
    this.#connection?.abort()
  }

  // What the connection tells

  opened(): void {
    this.events?.opened()
  }
  data(bytes: Uint8Array): void {
    this.events?.data(bytes)
  }
  ended(): void {
    this.events?.ended()
  }
  writable(): void {
    const connection = this.#connection
    if (!connection) return
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const taken = connection.write(first)
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken)
        return
      }
      this.#waiting.shift()
    }
    this.#waiting = NOTHING
    if (this.#ending) connection.end()
  }
  closed(reason: StreamClose): void {
    this.events?.closed(reason, this.#connection?.unanswered)
  }
}

/** Of a connection that the peer has opened: its user gets the stream first, and answers what it wants to hear of it. */
class AcceptedStream extends ConnectionStream {
  constructor(connection: Connection, use: (stream: Stream) => StreamEvents) {
    super()
    this.attach(connection)
    this.events = use(this)
  }

  /** It was open before anybody heard of it. */
  override opened(): void {}
}

export const acceptedStream = (connection: Connection, use: (stream: Stream) => StreamEvents): ConnectionHandlers =>
  new AcceptedStream(connection, use)
