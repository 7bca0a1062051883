/**
 * ICMP: answers echo requests, makes error messages and tells who is concerned by those that come in.
 * RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3; the rate limit is what Linux was measured to do: six errors at once to one
 * destination, then one a second, and none of it for echo replies and fragmentation-needed.
 */
import { formatIpv4, type Ipv4, isLoopback, isMulticast, isUnicast } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Malformed } from '../base/result.ts'
import { type SimTime, sec } from '../base/time.ts'
import { dropFacts } from '../wire/facts.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import type { IpStack, PacketHandler } from './stack.ts'

/** A router quotes as much as makes an error message of 576 octets (RFC 1812 §4.3.2.3). */
const QUOTE = 576 - Ipv4Header.HEADER - Icmp.HEADER
const BURST = 6
const IDENTIFIERS = 65_536
const REFILL = sec(1)
/** So many destinations are remembered; then the one that had an error longest ago is forgotten. */
const REMEMBERED = 1024

/** An ICMP error that came in, with the packet of ours that it quotes. */
export interface IcmpError {
  readonly type: number
  readonly code: number
  /** `host unreachable`, `time exceeded`, … */
  readonly name: string
  /** Who sent the error. */
  readonly from: Ipv4
  readonly nextHopMtu: number
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly protocol: number
  /** Of which echo request of ours it tells, if it is about one. */
  readonly echo: { readonly identifier: number; readonly sequence: number } | undefined
  /** What follows the quoted IP header: at least eight octets, zeros behind a packet that was shorter. */
  readonly quoted: Uint8Array
}

export interface EchoReply {
  readonly from: Ipv4
  readonly sequence: number
  /** Octets of echo data; valid during the call. */
  readonly data: Uint8Array
  readonly ttl: number
}

interface Bucket {
  tokens: number
  since: SimTime
}

const NOBODY: readonly ((error: IcmpError) => void)[] = []

export class IcmpLayer implements PacketHandler {
  readonly #env: Env
  readonly #stack: IpStack
  /** Made when they are needed: most nodes never ping, nor have anything to say. */
  #buckets: Map<Ipv4, Bucket> | undefined
  #echoes: Map<number, (reply: EchoReply) => void> | undefined
  #errors = NOBODY
  #nextIdentifier: number

  constructor(env: Env, stack: IpStack) {
    this.#env = env
    this.#stack = stack
    this.#nextIdentifier = env.random.fork('ip/echo-identifier').below(IDENTIFIERS)
  }

  /**
   * Replies to echo requests with the identifier that is returned go to the listener, until `closeEcho`. The next one is
   * another, or a late reply would be taken for one to the next ping. Undefined when all are in use.
   */
  openEcho(listener: (reply: EchoReply) => void): number | undefined {
    this.#echoes ??= new Map()
    if (this.#echoes.size === IDENTIFIERS) return undefined
    while (this.#echoes.has(this.#nextIdentifier)) this.#nextIdentifier = (this.#nextIdentifier + 1) % IDENTIFIERS
    const identifier = this.#nextIdentifier
    this.#nextIdentifier = (identifier + 1) % IDENTIFIERS
    this.#echoes.set(identifier, listener)
    return identifier
  }

  closeEcho(identifier: number): void {
    this.#echoes?.delete(identifier)
  }

  /** Tells of errors about packets that this node sent, until the returned function is called. */
  onError(listener: (error: IcmpError) => void): () => void {
    this.#errors = this.#errors.concat(listener)
    return () => {
      this.#errors = this.#errors.filter(other => other !== listener)
    }
  }

  /** Sends an echo request. */
  echo(
    destination: Ipv4,
    identifier: number,
    sequence: number,
    data: Uint8Array,
    options: { ttl?: number; dontFragment?: boolean },
  ): DropReason | undefined {
    const packet = this.#env.packets.from(data)
    const at = packet.prepend(Icmp.HEADER)
    Icmp.write(packet.bytes, at, packet.end, Icmp.TYPE.echoRequest, 0, ((identifier << 16) | sequence) >>> 0)
    return this.#stack.output(packet, destination, Ipv4Header.PROTOCOL.icmp, options)
  }

  receive(packet: Packet): void {
    const { bytes, start, end } = packet
    const at = start + Ipv4Header.headerLength(bytes, start)
    const trouble = Icmp.check(bytes, at, end)
    if (trouble) {
      this.#drop(packet, trouble === 'bad-checksum' ? 'bad-checksum' : 'malformed', trouble)
      return
    }
    const type = Icmp.type(bytes, at)
    if (type === Icmp.TYPE.echoRequest) this.#answer(packet, at)
    else if (type === Icmp.TYPE.echoReply) this.#reply(packet, at)
    else if (type === Icmp.TYPE.unreachable || type === Icmp.TYPE.timeExceeded) this.#error(packet, at)
    else this.#drop(packet, 'icmp-ignored')
  }

  #answer(packet: Packet, at: number): void {
    const source = Ipv4Header.source(packet.bytes, packet.start)
    const destination = Ipv4Header.destination(packet.bytes, packet.start)
    // RFC 1122 §3.2.2.6: an echo to a broadcast may be ignored, and is, as by every system since "smurf".
    if (!this.#stack.isOwn(destination)) {
      this.#drop(packet, 'icmp-ignored')
      return
    }
    packet.start = at
    Icmp.makeReply(packet.bytes, at)
    this.#stack.output(this.#env.packets.renew(packet), source, Ipv4Header.PROTOCOL.icmp, { source: destination })
  }

  #reply(packet: Packet, at: number): void {
    const { bytes, start, end } = packet
    const listener = this.#echoes?.get(Icmp.identifier(bytes, at))
    if (!listener) {
      this.#drop(packet, 'icmp-ignored')
      return
    }
    const from = Ipv4Header.source(bytes, start)
    const data = bytes.subarray(at + Icmp.HEADER, end)
    listener({ from, sequence: Icmp.sequence(bytes, at), data, ttl: Ipv4Header.ttl(bytes, start) })
    packet.release()
  }

  #error(packet: Packet, at: number): void {
    const { bytes, start, end } = packet
    const inner = at + Icmp.HEADER
    // At least eight octets behind the quoted header (RFC 792), unless the packet itself was shorter.
    const header = inner + Ipv4Header.HEADER <= end ? Ipv4Header.headerLength(bytes, inner) : 0
    const needed = Math.min(header + 8, header > 0 ? Ipv4Header.totalLength(bytes, inner) : 0)
    if (header < Ipv4Header.HEADER || needed < header || inner + needed > end) {
      this.#drop(packet, 'malformed', 'truncated')
      return
    }
    if (!this.#stack.isOwn(Ipv4Header.source(bytes, inner))) {
      this.#drop(packet, 'icmp-ignored')
      return
    }
    const quoted = padded(bytes.subarray(inner + header, end))
    const protocol = Ipv4Header.protocol(bytes, inner)
    const isEcho = protocol === Ipv4Header.PROTOCOL.icmp && Icmp.type(quoted, 0) === Icmp.TYPE.echoRequest
    const error: IcmpError = {
      type: Icmp.type(bytes, at),
      code: Icmp.code(bytes, at),
      name: Icmp.typeName(Icmp.type(bytes, at), Icmp.code(bytes, at)),
      from: Ipv4Header.source(bytes, start),
      nextHopMtu: Icmp.nextHopMtu(bytes, at),
      source: Ipv4Header.source(bytes, inner),
      destination: Ipv4Header.destination(bytes, inner),
      protocol,
      echo: isEcho ? { identifier: Icmp.identifier(quoted, 0), sequence: Icmp.sequence(quoted, 0) } : undefined,
      quoted,
    }
    packet.release()
    this.#stack.handlerOf(protocol)?.icmpError?.(error)
    for (const listener of this.#errors) listener(error)
  }

  unreachable(about: Packet, code: number): void {
    this.#send(about, Icmp.TYPE.unreachable, code, 0)
  }

  timeExceeded(about: Packet, code: number): void {
    this.#send(about, Icmp.TYPE.timeExceeded, code, 0)
  }

  fragmentationNeeded(about: Packet, mtu: number): void {
    this.#send(about, Icmp.TYPE.unreachable, Icmp.UNREACHABLE.fragmentationNeeded, mtu)
  }

  /**
   * Makes an error about a packet that the caller still owns. Its source is the address that the packet was sent to, if
   * that is ours (as Linux does), and otherwise that of the interface by which it leaves (RFC 1812 §4.3.2.4); without a
   * way back there is none, and no error.
   */
  #send(about: Packet, type: number, code: number, rest: number): void {
    const { bytes, start } = about
    const destination = Ipv4Header.source(bytes, start)
    if (!this.#mayCauseError(about)) return
    const asked = Ipv4Header.destination(bytes, start)
    const way = this.#stack.sourceFor(destination)
    const source = way !== undefined && this.#stack.isOwn(asked) ? asked : way
    if (source === undefined) {
      const dst = formatIpv4(destination)
      const detail = `${Icmp.typeName(type, code)} about ${about.id}, to ${dst}`
      this.#env.trace.drop({ reason: 'no-route', layer: 'icmp', proto: 'icmp', dst, detail })
      return
    }
    if (!this.#allowed(destination, type, code)) return
    const length = Math.min(about.length, QUOTE)
    const packet = this.#env.packets.from(bytes.subarray(start, start + length))
    const at = packet.prepend(Icmp.HEADER)
    Icmp.write(packet.bytes, at, packet.end, type, code, rest)
    this.#stack.hooks?.attach(packet, about)
    this.#stack.output(packet, destination, Ipv4Header.PROTOCOL.icmp, { source })
  }

  /** RFC 1122 §3.2.2: no error about an error, a fragment other than the first, or what was not from and to one host. */
  #mayCauseError({ bytes, start, end }: Packet): boolean {
    if (Ipv4Header.fragmentOffset(bytes, start) !== 0) return false
    const source = Ipv4Header.source(bytes, start)
    const destination = Ipv4Header.destination(bytes, start)
    if (!isUnicast(source) && !isLoopback(source)) return false
    if (isMulticast(destination) || this.#stack.isBroadcast(destination)) return false
    if (Ipv4Header.protocol(bytes, start) !== Ipv4Header.PROTOCOL.icmp) return true
    const at = start + Ipv4Header.headerLength(bytes, start)
    return at < end && !Icmp.isError(bytes[at])
  }

  #allowed(destination: Ipv4, type: number, code: number): boolean {
    if (type === Icmp.TYPE.unreachable && code === Icmp.UNREACHABLE.fragmentationNeeded) return true
    const now = this.#env.clock.now
    const bucket = this.#bucket(destination, now)
    const fresh = Math.floor((now - bucket.since) / REFILL)
    bucket.tokens += fresh
    bucket.since += fresh * REFILL
    if (bucket.tokens >= BURST) {
      bucket.tokens = BURST
      bucket.since = now
    }
    if (bucket.tokens === 0) return false
    bucket.tokens--
    return true
  }

  /** In the order of their last use. */
  #bucket(destination: Ipv4, now: SimTime): Bucket {
    this.#buckets ??= new Map()
    const bucket = this.#buckets.get(destination) ?? { tokens: BURST, since: now }
    this.#buckets.delete(destination)
    this.#buckets.set(destination, bucket)
    if (this.#buckets.size > REMEMBERED) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest)
    }
    return bucket
  }

  #drop(packet: Packet, reason: DropReason, why?: Malformed): void {
    this.#env.trace.drop({ reason, layer: 'icmp', ...dropFacts(packet), why })
    packet.release()
  }
}

function padded(quoted: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.max(8, quoted.length))
  out.set(quoted)
  return out
}
