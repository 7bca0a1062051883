/** The ppp interface of a machine: for its IP stack a port like any other, below it a PPP session in a tunnel. */
import type { IpPort, Sink } from '../base/layer.ts'

export class PppPort implements IpPort {
  readonly name: string
  readonly mtu: number
  up = true
  /** The peer is the only neighbour. */
  readonly send: Sink

  constructor(name: string, mtu: number, send: Sink) {
    this.name = name
    this.mtu = mtu
    this.send = send
  }
}
