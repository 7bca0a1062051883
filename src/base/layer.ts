/** The few shapes through which layers meet; a layer knows its neighbours only by these. */
import type { Ipv4 } from './address.ts'
import type { Packet } from './packet.ts'

/** Where a layer hands a packet on, and with it the ownership. */
export type Sink = (packet: Packet) => void

/** What an IP stack asks of that by which packets leave: an Ethernet port, a raw IP line, a ppp interface. */
export interface IpPort {
  readonly name: string
  /** Largest IP packet in octets. */
  readonly mtu: number
  readonly up: boolean
  /** Takes the packet (IP header first) towards a neighbour; `nextHop` is on this port's own network. */
  send(packet: Packet, nextHop: Ipv4): void
}

/** A reliable stream of octets in both directions, as TCP gives it. */
export interface Stream {
  /** Octets written that the transport has not taken yet, because the peer does not read. */
  readonly waiting: number
  /** Queues octets for the peer; the stream keeps what it cannot send yet. */
  write(bytes: Uint8Array): void
  /** No more octets will be written: orderly close (FIN). */
  end(): void
  /** Gives up at once (RST). */
  abort(): void
}

/** What the user of a Stream is told. */
export interface StreamEvents {
  opened(): void
  /** Octets in order; the view is valid during the call only. */
  data(bytes: Uint8Array): void
  /** The peer will send no more. */
  ended(): void
  /** Both directions are over. `tries`: how often was sent what nobody answered, if that is why. */
  closed(reason: StreamClose, tries?: number): void
}

/** `refused`: RST in answer to SYN. `reset`: RST later. `timeout`: no answer. `unreachable`: an ICMP error said so. */
export type StreamClose = 'closed' | 'refused' | 'reset' | 'timeout' | 'unreachable' | 'aborted'
