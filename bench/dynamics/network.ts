/**
 * The small networks of the experiments: hosts that send as much as TCP lets them, and hosts that read it. Every segment
 * is real, crosses links of the simulator, and is checked by its checksum; what the octets say does not matter here.
 */
import { ip, parseInterface, parsePrefix } from '../../src/base/address.ts'
import { World } from '../../src/base/env.ts'
import type { Connection, TcpOptions } from '../../src/ip/tcp.ts'
import { type LineQuality, Link, PERFECT } from '../../src/link/link.ts'
import { Host } from '../../src/node/host.ts'
import type { IpNode } from '../../src/node/ip-node.ts'
import { Router } from '../../src/node/router.ts'

export const PORT = 5001
/** Octets of text in a full segment: MTU 1500, two headers of 20 octets, timestamps. */
export const MSS = 1448
/** So large that neither the window of the peer nor the sender's memory is ever what limits. */
const AMPLE = 64 << 20
const TEXT = new Uint8Array(65_536)

export class Network {
  readonly world: World

  constructor(seed: number) {
    this.world = new World(seed)
  }

  host(name: string, route: string | undefined, tcp: TcpOptions = {}): Host {
    const prefix = parsePrefix('default')
    const routes = route === undefined || !prefix ? [] : [{ prefix, via: ip(route) }]
    return new Host(this.world.env(name), routes, { sendBuffer: AMPLE, receiveBuffer: AMPLE, ...tcp })
  }

  router(name: string): Router {
    return new Router(this.world.env(name), [])
  }

  /** `there` is the quality of the way from `a` to `b`, `back` that of the way back. */
  link(
    a: readonly [IpNode, string],
    b: readonly [IpNode, string],
    there: Partial<LineQuality>,
    back: Partial<LineQuality> = there,
  ): Link {
    const plug = (node: IpNode) => `e${[...node.stack.interfaces].length}`
    const names = [`${a[0].env.node}:${plug(a[0])}`, `${b[0].env.node}:${plug(b[0])}`] as const
    const link = new Link(names, [a[0].env, b[0].env], this.world.random.fork(names.join()), 'ip', 1500, [
      { ...PERFECT, ...there },
      { ...PERFECT, ...back },
    ])
    for (const [side, [node, address]] of [a, b].entries()) {
      node.plug(names[side].split(':')[1], link.ends[side], parseInterface(address))
    }
    return link
  }

  run(until: number): void {
    this.world.scheduler.runUntil(until)
  }
}

/** A sender and a receiver with one line between them, each way `delay` long. */
export function pair(seed: number, there: Partial<LineQuality>, tcp: TcpOptions = {}, reader: TcpOptions = tcp) {
  const network = new Network(seed)
  const sender = network.host('sender', undefined, tcp)
  const receiver = network.host('receiver', undefined, reader)
  const { delay = 0, rate = 0, queue = AMPLE } = there
  const line = { delay, rate, queue }
  const link = network.link([sender, '10.0.0.1/30'], [receiver, '10.0.0.2/30'], { ...line, ...there }, line)
  return { network, sender, receiver, link }
}

export interface Bulk {
  readonly connection: Connection
  /** Octets that the reader was given, in order. */
  readonly received: number
}

/** Sends `total` octets, or for ever; the reader takes all at once. */
export function bulk(from: Host, to: Host, address: string, port = PORT, total = Number.POSITIVE_INFINITY): Bulk {
  let received = 0
  to.tcp.listen(port, () => ({
    data: bytes => {
      received += bytes.length
    },
  }))
  let written = 0
  const write = (): void => {
    while (written < total) {
      const taken = connection?.write(TEXT.subarray(0, Math.min(TEXT.length, total - written))) ?? 0
      if (taken === 0) return
      written += taken
    }
  }
  const connection = from.tcp.connect(ip(address), port, { opened: write, writable: write })
  if (!connection) throw new Error('no way to the receiver')
  return {
    connection,
    get received() {
      return received
    },
  }
}
