/** The ppp interface of a machine: for its IP stack a port like any other, below it a PPP session in a tunnel. */
import type { IpPort } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'

export class PppPort implements IpPort {
  readonly name: string
  readonly mtu: number
  up = true
  readonly #link: { send(packet: Packet): void }

  constructor(name: string, mtu: number, link: { send(packet: Packet): void }) {
    this.name = name
    this.mtu = mtu
    this.#link = link
  }

  /** The peer is the only neighbour. */
  send(packet: Packet): void {
    this.#link.send(packet)
  }
}
