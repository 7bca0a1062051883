/**
 * The TCP of one machine: finds the connection or listener of a segment, opens connections, answers what belongs to
 * nobody with RST (RFC 9293 §3.10.7.1, §3.10.7.2).
 */
import { checksum } from './checksum.ts'
import { CONGESTION } from './congestion.ts'
import { TcpConnection } from './connection.ts'
import { Connections } from './connections.ts'
import { Isn } from './isn.ts'
import { KEEP_ALIVE } from './keep-alive.ts'
import { PathMtus } from './mtu.ts'
import { Options } from './options.ts'
import { PROFILES, type Profile } from './profile.ts'
import * as Segment from './segment.ts'
import { add, leq } from './seq.ts'
import type { Accepting } from './state.ts'
import type { Host } from './tcb.ts'
import type {
  Connection,
  ConnectionHandlers,
  ConnectOptions,
  Discard,
  Endpoint,
  Listener,
  ListenOptions,
  Quote,
  TcpEnv,
  TcpOptions,
} from './types.ts'

const { ACK, FIN, RST, SYN } = Segment
const DEFAULT_BUFFER = 1 << 20
const DEFAULT_BACKLOG = 128
const DEFAULT_TIME_WAIT = 60_000_000_000
const DEFAULT_FIN_WAIT_2 = 60_000_000_000
/** How far beyond the last sequence number of a connection in TIME-WAIT the next one begins at least; Linux's figure. */
const ISN_DISTANCE = 65_537

/** Where the options of a segment are read: one for all stacks, since a segment has been processed before the next one comes. */
const OPTIONS = new Options()
const EPHEMERAL = [32_768, 60_999] as const

export class TcpStack {
  readonly #env: TcpEnv
  readonly #host: Host
  readonly #ports: readonly [number, number]
  readonly #initialSequence: ((local: Endpoint, remote: Endpoint) => number) | undefined
  readonly #connections = new Connections()
  #listeners: readonly TcpListener[] = []

  constructor(env: TcpEnv, options: TcpOptions = {}) {
    this.#env = env
    this.#ports = options.ephemeralPorts ?? EPHEMERAL
    this.#initialSequence = options.initialSequence
    const { profile = 'linux', congestion = 'new-reno', keepAlive = false } = options
    this.#host = {
      env,
      profile: changed(PROFILES[profile], options),
      congestion: typeof congestion === 'string' ? CONGESTION[congestion] : congestion,
      paths: new PathMtus(env, options.pathMtuDiscovery ?? true, options.blackHoleDetection ?? true),
      isn: new Isn(env),
      options: OPTIONS,
      receiveBuffer: options.receiveBuffer ?? DEFAULT_BUFFER,
      sendBuffer: options.sendBuffer ?? DEFAULT_BUFFER,
      windowScale: options.windowScale ?? true,
      sack: options.sack ?? true,
      timestamps: options.timestamps ?? true,
      tailLossProbe: options.tailLossProbe ?? true,
      rack: options.rack ?? PROFILES[profile].rack,
      keepAlive: keepAlive !== false,
      keepAliveOptions: typeof keepAlive === 'object' ? { ...KEEP_ALIVE, ...keepAlive } : KEEP_ALIVE,
      userTimeout: options.userTimeout,
      timeWait: options.timeWait ?? DEFAULT_TIME_WAIT,
      finWait2: options.finWait2 ?? DEFAULT_FIN_WAIT_2,
      stack: this,
    }
  }

  /** In the order in which they were made. */
  get connections(): Iterable<Connection> {
    return this.#connections
  }

  /** `accept` is called when a connection is established, and gives its handlers. Undefined when the port is taken. */
  listen(options: ListenOptions, accept: (connection: Connection) => ConnectionHandlers): Listener | undefined {
    const { address, port, backlog = DEFAULT_BACKLOG } = options
    if (this.#listeners.some(other => other.port === port && other.address === address)) return undefined
    const listener = new TcpListener(this, address, port, backlog, accept)
    this.#listeners = this.#listeners.concat(listener)
    return listener
  }

  /** @internal Nobody listens there any more. */
  unlisten(listener: TcpListener): void {
    this.#listeners = this.#listeners.filter(one => one !== listener)
  }

  /** Undefined when no local port is free, or the address is not one machine's (§3.9.2.3, MUST-46). */
  connect(options: ConnectOptions, handlers: ConnectionHandlers): Connection | undefined {
    const { address } = options.local
    const { remote } = options
    if (!isUnicast(remote.address)) return undefined
    const port = options.local.port ?? this.#ephemeralPort(address, remote)
    if (port === undefined || this.#connections.find(address, port, remote.address, remote.port)) return undefined
    const connection = this.#make({ address, port }, { ...remote }, handlers)
    connection.open()
    return connection
  }

  /** Takes the segment bytes[start … end - 1] and keeps no view of it. Answers why it was discarded, if it was. */
  receive(bytes: Uint8Array, start: number, end: number, source: number, destination: number): Discard | undefined {
    if (end - start < Segment.HEADER) return 'truncated'
    const header = Segment.headerLength(bytes, start)
    if (header < Segment.HEADER || start + header > end) return 'bad-length'
    if (checksum(bytes, start, end, source, destination) !== 0) return 'bad-checksum'
    if (!isUnicast(source) || !isUnicast(destination)) return 'not-unicast'
    const remotePort = Segment.sourcePort(bytes, start)
    const localPort = Segment.destinationPort(bytes, start)
    const connection = this.#connections.find(destination, localPort, source, remotePort)
    if (connection) {
      const onlySyn = (Segment.flags(bytes, start) & (SYN | ACK | RST)) === SYN
      if (!onlySyn || !this.#beginsAnew(connection, bytes, start)) return connection.receive(bytes, start, end)
      return undefined
    }
    const listener = this.#listener(destination, localPort)
    if (listener) return this.#arrivesInListen(listener, bytes, start, end, source, destination)
    this.refuse(bytes, start, end, source, destination)
    return 'no-connection'
  }

  /** A SYN for a connection in TIME-WAIT, if it may begin a new one and a listener takes it (§3.6.1, MAY-2). */
  #beginsAnew(old: TcpConnection, bytes: Uint8Array, start: number): boolean {
    const { local, remote } = old
    const listener = this.#listener(local.address, local.port)
    if (!listener || listener.halfOpen >= listener.backlog || !old.yieldsTo(bytes, start)) return false
    const connection = this.#make(local, remote, {}, old.sndNxt)
    connection.synArrived(bytes, start, listener)
    return true
  }

  /** ICMP Fragmentation Needed about a segment of ours; `mtu` is 0 if the router did not say (RFC 1191 §4). */
  tooBig(quote: Quote, mtu: number): void {
    const { local, remote } = quote
    this.#connections.find(local.address, local.port, remote.address, remote.port)?.tooBig(quote.sequence, mtu)
  }

  /** An ICMP unreachable error about a segment of ours. */
  unreachable(quote: Quote, hard: boolean): void {
    const { local, remote } = quote
    this.#connections.find(local.address, local.port, remote.address, remote.port)?.unreachable(quote.sequence, hard)
  }

  /** §3.10.7.2 */
  #arrivesInListen(
    listener: TcpListener,
    bytes: Uint8Array,
    start: number,
    end: number,
    source: number,
    destination: number,
  ): Discard | undefined {
    const bits = Segment.flags(bytes, start)
    if (bits & RST) return 'unexpected'
    if (bits & ACK) {
      this.refuse(bytes, start, end, source, destination)
      return 'no-connection'
    }
    if (!(bits & SYN)) return 'unexpected'
    if (listener.halfOpen >= listener.backlog) return 'backlog-full'
    const local = { address: destination, port: Segment.destinationPort(bytes, start) }
    const remote = { address: source, port: Segment.sourcePort(bytes, start) }
    this.#make(local, remote, {}).synArrived(bytes, start, listener)
    return undefined
  }

  /** RST for a segment without a connection, so formed that its sender accepts it (§3.5.2, group 1). */
  refuse(bytes: Uint8Array, start: number, end: number, source: number, destination: number): void {
    const bits = Segment.flags(bytes, start)
    if (bits & RST) return
    const length = end - start - Segment.headerLength(bytes, start) + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)
    const seq = bits & ACK ? Segment.acknowledgment(bytes, start) : 0
    const ack = bits & ACK ? 0 : Segment.sequence(bytes, start) + length
    const answer = this.#env.buffer(Segment.HEADER)
    Segment.writeHeader(
      answer.bytes,
      answer.start,
      Segment.HEADER,
      Segment.destinationPort(bytes, start),
      Segment.sourcePort(bytes, start),
      seq,
      ack,
      bits & ACK ? RST : RST | ACK,
      0,
    )
    Segment.seal(answer.bytes, answer.start, answer.end, destination, source)
    this.#env.send(answer, destination, source, this.#host.paths.dontFragment(source))
  }

  /** `after`: where a connection between the same endpoints has just ended. */
  #make(local: Endpoint, remote: Endpoint, handlers: ConnectionHandlers, after?: number): TcpConnection {
    const drawn = this.#initialSequence?.(local, remote) ?? this.#host.isn.sequence(local, remote, this.#env.now())
    const iss = after !== undefined && leq(drawn, add(after, ISN_DISTANCE)) ? add(after, ISN_DISTANCE) : drawn
    const connection = new TcpConnection(this.#host, local, remote, handlers, iss)
    this.#connections.add(connection)
    return connection
  }

  // Finding.

  /** @internal */
  remove(connection: TcpConnection): void {
    this.#connections.remove(connection)
  }

  /** The listener of that very address comes before one of any. */
  #listener(address: number, port: number): TcpListener | undefined {
    let any: TcpListener | undefined
    for (const listener of this.#listeners) {
      if (listener.port !== port) continue
      if (listener.address === address) return listener
      if (listener.address === undefined) any = listener
    }
    return any
  }

  /** RFC 6056 §3.3.1: a random place to start, then the next free one. */
  #ephemeralPort(address: number, remote: Endpoint): number | undefined {
    const [first, last] = this.#ports
    const count = last - first + 1
    const offset = this.#env.random32('port') % count
    for (let n = 0; n < count; n++) {
      const port = first + ((offset + n) % count)
      const listens = this.#listeners.some(listener => listener.port === port)
      if (!listens && !this.#connections.find(address, port, remote.address, remote.port)) return port
    }
    return undefined
  }
}

class TcpListener implements Listener, Accepting {
  readonly address: number | undefined
  readonly port: number
  readonly backlog: number
  readonly accept: (connection: Connection) => ConnectionHandlers
  readonly #stack: TcpStack
  halfOpen = 0

  constructor(
    stack: TcpStack,
    address: number | undefined,
    port: number,
    backlog: number,
    accept: (connection: Connection) => ConnectionHandlers,
  ) {
    this.#stack = stack
    this.address = address
    this.port = port
    this.backlog = backlog
    this.accept = accept
  }

  close(): void {
    this.#stack.unlisten(this)
  }
}

/** The profile with what the options say otherwise; one for all stacks of which they say nothing. */
function changed(profile: Profile, { minRto, delayedAck, initialWindow }: TcpOptions): Profile {
  if (minRto === undefined && delayedAck === undefined && initialWindow === undefined) return profile
  return {
    ...profile,
    minRto: minRto ?? profile.minRto,
    delayedAck: delayedAck ?? profile.delayedAck,
    initialWindow: initialWindow ?? profile.initialWindow,
  }
}

/** Neither multicast, nor reserved, nor the limited broadcast address; nor none at all. */
const isUnicast = (address: number): boolean => address >>> 28 < 0xe && address !== 0
