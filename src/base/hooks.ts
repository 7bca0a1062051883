/**
 * The five places where an IP stack shows its packets to a packet filter, as netfilter has them:
 *
 *      arrives -> prerouting -> for us?  -> input -> handler
 *                                 | no
 *                              forward -> postrouting -> leaves
 *                                            |
 *      made here -> output ------------------+
 *
 * At each the filter may change the packet in place. It answers true when the packet goes on; when it answers false it
 * has traced the drop and released the packet.
 */
import type { Packet } from './packet.ts'

export interface PacketHooks {
  /** It judges whole datagrams: fragments are put together before it sees them, and cut again when they leave. */
  readonly wantsWhole: boolean
  /** A valid packet has come in; what it does to the destination decides where it goes. */
  prerouting(packet: Packet, inside: string): boolean
  /** It is for this machine. */
  input(packet: Packet, inside: string): boolean
  /** It is passed on; its TTL has been lowered. */
  forward(packet: Packet, inside: string, outside: string): boolean
  /** This machine made it; the way is looked up again if the destination was changed. */
  output(packet: Packet, outside: string): boolean
  /** It is about to leave, before it is cut into fragments. */
  postrouting(packet: Packet, outside: string): boolean
  /**
   * The packet passed `input` just now, and nobody here wants it: what the filter knows of that, if it is the reason. Such
   * is the fate of an answer that no entry of a NAT box translates.
   */
  entryOf(packet: Packet): string | undefined
  /** `error`, an ICMP error or a reset that is about to be sent, tells of `about`, which passed a hook just now. */
  attach(error: Packet, about: Packet): void
}
