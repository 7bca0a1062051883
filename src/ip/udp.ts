/** UDP (RFC 768): ports and datagrams. */
import { ANY, type Ipv4 } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import { dropFacts } from '../wire/facts.ts'
import * as Icmp from '../wire/icmp.ts'
import * as Ipv4Header from '../wire/ipv4.ts'
import * as Udp from '../wire/udp.ts'
import type { IpStack, PacketHandler } from './stack.ts'

export interface Datagram {
  readonly from: Ipv4
  readonly fromPort: number
  /** The address of ours that it was sent to, or a broadcast address. */
  readonly to: Ipv4
  /** Valid during the call. */
  readonly data: Uint8Array
}

export interface UdpSocket {
  readonly port: number
  /** `source` counts only if it is an address of ours: an answer to a broadcast has another. */
  send(destination: Ipv4, port: number, data: Uint8Array, source?: Ipv4): DropReason | undefined
  close(): void
}

const EPHEMERAL = 49_152

export class UdpLayer implements PacketHandler {
  readonly #env: Env
  readonly #stack: IpStack
  readonly #listeners = new Map<number, (datagram: Datagram) => void>()
  #nextPort: number

  constructor(env: Env, stack: IpStack) {
    this.#env = env
    this.#stack = stack
    this.#nextPort = EPHEMERAL + env.random.fork('udp/udp-port').below(65_536 - EPHEMERAL)
    stack.handle(Ipv4Header.PROTOCOL.udp, this)
  }

  /** Opens a free port; undefined when there is none. */
  openAny(listener: (datagram: Datagram) => void): UdpSocket | undefined {
    const port = this.#freePort()
    return port === undefined ? undefined : this.open(port, listener)
  }

  /** Opens a port. Throws if it is taken: which services a node has is known beforehand. */
  open(own: number, listener: (datagram: Datagram) => void): UdpSocket {
    if (this.#listeners.has(own)) throw new Error(`${this.#env.node}: UDP port ${own} is taken`)
    this.#listeners.set(own, listener)
    return new Socket(this, own)
  }

  close(port: number): void {
    this.#listeners.delete(port)
  }

  #freePort(): number | undefined {
    for (let tries = 0; tries < 65_536 - EPHEMERAL; tries++) {
      const port = this.#nextPort
      this.#nextPort = port === 65_535 ? EPHEMERAL : port + 1
      if (!this.#listeners.has(port)) return port
    }
    return undefined
  }

  send(port: number, destination: Ipv4, to: number, data: Uint8Array, source?: Ipv4): DropReason | undefined {
    const packet = this.#env.packets.from(data)
    const at = packet.prepend(Udp.HEADER)
    const wanted = source !== undefined && this.#stack.isOwn(source) ? source : undefined
    const own = wanted ?? this.#stack.sourceFor(destination) ?? ANY
    Udp.write(packet.bytes, at, packet.end, own, port, destination, to)
    return this.#stack.output(packet, destination, Ipv4Header.PROTOCOL.udp, { source: own })
  }

  receive(packet: Packet): void {
    const { bytes, start, end } = packet
    const at = start + Ipv4Header.headerLength(bytes, start)
    const source = Ipv4Header.source(bytes, start)
    const destination = Ipv4Header.destination(bytes, start)
    const trouble = Udp.check(bytes, at, end, source, destination)
    const listener = trouble ? undefined : this.#listeners.get(Udp.destinationPort(bytes, at))
    if (!listener) {
      const reason = !trouble ? 'port-closed' : trouble === 'bad-checksum' ? 'bad-checksum' : 'malformed'
      const entry = trouble ? undefined : this.#stack.hooks?.entryOf(packet)
      this.#env.trace.drop({ reason, layer: 'udp', ...dropFacts(packet), why: trouble, entry })
      if (!trouble) this.#stack.icmp.unreachable(packet, Icmp.UNREACHABLE.port)
      packet.release()
      return
    }
    const data = bytes.subarray(at + Udp.HEADER, at + Udp.length(bytes, at))
    listener({ from: source, fromPort: Udp.sourcePort(bytes, at), to: destination, data })
    packet.release()
  }
}

class Socket implements UdpSocket {
  readonly port: number
  readonly #layer: UdpLayer

  constructor(layer: UdpLayer, port: number) {
    this.#layer = layer
    this.port = port
  }
  send(destination: Ipv4, port: number, data: Uint8Array, source?: Ipv4): DropReason | undefined {
    return this.#layer.send(this.port, destination, port, data, source)
  }
  close(): void {
    this.#layer.close(this.port)
  }
}
