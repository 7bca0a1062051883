/** The port of a raw IP link: no frame and no address resolution, the other end is the only neighbour. */
import type { Ipv4 } from '../base/address.ts'
import type { IpPort, Sink } from '../base/layer.ts'
import type { Packet } from '../base/packet.ts'
import type { LinkEnd } from './link.ts'

export class RawPort implements IpPort {
  readonly name: string
  readonly #end: LinkEnd

  constructor(name: string, end: LinkEnd, up: Sink) {
    this.name = name
    this.#end = end
    end.receive = up
  }
  get mtu(): number {
    return this.#end.mtu
  }
  get up(): boolean {
    return this.#end.up
  }
  send(packet: Packet, _nextHop: Ipv4): void {
    this.#end.send(packet)
  }
}
