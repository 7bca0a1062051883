/**
 * Control connections that a node opens itself: one to each peer, whatever the number of its calls (RFC 2637 §2). A
 * peer that has failed is left alone for a while, longer each time.
 */
import { ANY, type Ipv4 } from '../base/address.ts'
import { formatTime, type SimTime, sec } from '../base/time.ts'
import { ConnectionStream } from '../ip/tcp.ts'
import type { ControlConnection } from '../pptp/control.ts'
import type { Endpoint } from '../pptp/endpoint.ts'
import type { ControlEnd } from '../pptp/types.ts'
import type { IpNode } from './ip-node.ts'
import { PPTP_PORT } from './tunnel-stack.ts'

/** Somebody who wants a connection; one of the two is said, once, perhaps at once. */
export interface Wish {
  ready(control: ControlConnection): void
  failed(end: ControlEnd): void
}

interface Peer {
  /** One that is being opened. */
  opening: boolean
  readonly wishes: Wish[]
  /** Since it last did what it was asked. */
  failures: number
  notBefore: SimTime
  last: ControlEnd | undefined
}

const FIRST_PAUSE = sec(2)
const LONGEST_PAUSE = sec(60)

export class ControlPool {
  readonly #node: IpNode
  readonly #endpoint: Endpoint
  readonly #peers = new Map<Ipv4, Peer>()

  constructor(node: IpNode, endpoint: Endpoint) {
    this.#node = node
    this.#endpoint = endpoint
  }

  want(address: Ipv4, wish: Wish): void {
    const peer = this.#peer(address)
    if (peer.last && this.#node.env.clock.now < peer.notBefore) {
      const again = `It is not tried again before ${formatTime(peer.notBefore)} s.`
      wish.failed({ ...peer.last, sentence: `${peer.last.sentence} ${again}` })
      return
    }
    const open = this.#endpoint.connectionsWith(address).find(c => c.state === 'established')
    if (open) return wish.ready(open)
    peer.wishes.push(wish)
    if (!peer.opening) this.#open(address, peer)
  }

  /** Nobody waits for it any more. */
  forget(address: Ipv4, wish: Wish): void {
    const { wishes } = this.#peer(address)
    const at = wishes.indexOf(wish)
    if (at >= 0) wishes.splice(at, 1)
  }

  /** The peer did not do what it was asked. */
  failed(address: Ipv4, end: ControlEnd): void {
    const peer = this.#peer(address)
    const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(peer.failures, 10), LONGEST_PAUSE)
    peer.failures++
    peer.last = end
    peer.notBefore = this.#node.env.clock.now + pause
  }

  succeeded(address: Ipv4): void {
    const peer = this.#peer(address)
    peer.failures = 0
    peer.notBefore = 0
  }

  #peer(address: Ipv4): Peer {
    let peer = this.#peers.get(address)
    if (!peer) {
      peer = { opening: false, wishes: [], failures: 0, notBefore: 0, last: undefined }
      this.#peers.set(address, peer)
    }
    return peer
  }

  #open(address: Ipv4, peer: Peer): void {
    peer.opening = true
    const local = this.#node.stack.sourceFor(address) ?? ANY
    const control = this.#endpoint.connect(local, address, {
      established: () => {
        peer.opening = false
        for (const wish of peer.wishes.splice(0)) wish.ready(control)
      },
      ended: end => {
        if (!peer.opening) return
        peer.opening = false
        this.failed(address, end)
        for (const wish of peer.wishes.splice(0)) wish.failed(end)
      },
    })
    const stream = new ConnectionStream(control)
    control.attach(stream)
    const connection = this.#node.tcp.connect(address, PPTP_PORT, stream)
    if (connection) stream.attach(connection)
    else control.closed('unreachable')
  }
}
