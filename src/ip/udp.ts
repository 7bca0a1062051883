/** UDP (RFC 768): ports and datagrams. */
import { ANY, type Ipv4 } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import { SmallMap } from '../base/small-map.ts'
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

/** Takes what comes to a port; the socket is for the answer. */
export type UdpListener = (datagram: Datagram, socket: UdpSocket) => void

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
  readonly #sockets = new SmallMap<number, Socket>()
  #nextPort: number

  constructor(env: Env, stack: IpStack) {
    this.#env = env
    this.#stack = stack
    this.#nextPort = EPHEMERAL + env.random.fork('udp/udp-port').below(65_536 - EPHEMERAL)
    stack.handle(Ipv4Header.PROTOCOL.udp, this)
  }

  /** Opens a free port; undefined when there is none. */
  openAny(listener: UdpListener): UdpSocket | undefined {
    const port = this.#freePort()
    return port === undefined ? undefined : this.open(port, listener)
  }

  /** Opens a port. Throws if it is taken: which services a node has is known beforehand. */
  open(own: number, listener: UdpListener): UdpSocket {
    if (this.#sockets.has(own)) throw new Error(`${this.#env.node}: UDP port ${own} is taken`)
    const socket = new Socket(this, own, listener)
    this.#sockets.set(own, socket)
    return socket
  }

  close(port: number): void {
    this.#sockets.delete(port)
  }

  #freePort(): number | undefined {
    for (let tries = 0; tries < 65_536 - EPHEMERAL; tries++) {
      const port = this.#nextPort
      this.#nextPort = port === 65_535 ? EPHEMERAL : port + 1
      if (!this.#sockets.has(port)) return port
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
    const socket = trouble ? undefined : this.#sockets.get(Udp.destinationPort(bytes, at))
    if (!socket) {
      const reason = !trouble ? 'port-closed' : trouble === 'bad-checksum' ? 'bad-checksum' : 'malformed'
      const entry = trouble ? undefined : this.#stack.hooks?.entryOf(packet)
      this.#env.trace.drop({ reason, layer: 'udp', ...dropFacts(packet), why: trouble, entry })
      if (!trouble) this.#stack.icmp.unreachable(packet, Icmp.UNREACHABLE.port)
      packet.release()
      return
    }
    const data = bytes.subarray(at + Udp.HEADER, at + Udp.length(bytes, at))
    socket.listener({ from: source, fromPort: Udp.sourcePort(bytes, at), to: destination, data }, socket)
    packet.release()
  }
}

class Socket implements UdpSocket {
  readonly port: number
  readonly listener: UdpListener
  readonly #layer: UdpLayer

  constructor(layer: UdpLayer, port: number, listener: UdpListener) {
    this.#layer = layer
    this.port = port
    this.listener = listener
  }
  send(destination: Ipv4, port: number, data: Uint8Array, source?: Ipv4): DropReason | undefined {
    return this.#layer.send(this.port, destination, port, data, source)
  }
  close(): void {
    this.#layer.close(this.port)
  }
}
