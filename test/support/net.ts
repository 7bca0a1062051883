/** A small network for tests, built by hand: names, links, and everything that the trace says. */

import { ping } from '../../src/app/ping.ts'
import { type Ipv4, ip, parseInterface, parseIpv4, parsePrefix } from '../../src/base/address.ts'
import type { DropReason } from '../../src/base/drop.ts'
import { World } from '../../src/base/env.ts'
import type { EventName, TraceEvent } from '../../src/base/trace.ts'
import type { RouteSpec } from '../../src/ip/route.ts'
import { type LineQuality, Link, type LinkType, PERFECT } from '../../src/link/link.ts'
import { Host } from '../../src/node/host.ts'
import type { IpNode } from '../../src/node/ip-node.ts'
import type { SimNode } from '../../src/node/node.ts'
import { Router } from '../../src/node/router.ts'

/** Reads `default via 10.0.0.1`, `10.9.0.0/16 dev ppp0`, `10.9.0.0/16 via 10.0.0.1 dev eth0`. */
function parseRoute(text: string): RouteSpec | undefined {
  const [target, ...words] = text.trim().split(/\s+/)
  const prefix = parsePrefix(target.includes('/') || target === 'default' ? target : `${target}/32`)
  if (!prefix || words.length === 0 || words.length % 2 === 1) return undefined
  let via: Ipv4 | undefined
  let dev: string | undefined
  for (let i = 0; i < words.length; i += 2) {
    if (words[i] === 'via' && via === undefined) {
      via = parseIpv4(words[i + 1])
      if (via === undefined) return undefined
    } else if (words[i] === 'dev' && dev === undefined) dev = words[i + 1]
    else return undefined
  }
  return { prefix, ...(via === undefined ? {} : { via }), ...(dev === undefined ? {} : { dev }) }
}

export interface LinkOptions extends Partial<LineQuality> {
  readonly type?: LinkType
  readonly mtu?: number
}

export class Net {
  readonly world: World
  readonly events: TraceEvent[] = []

  constructor(seed = 1) {
    this.world = new World(seed)
    this.world.trace.listen(event => this.events.push(event))
  }

  routes(texts: readonly string[]) {
    return texts.map(text => {
      const route = parseRoute(text)
      if (!route) throw new Error(`bad route ${text}`)
      return route
    })
  }
  host(name: string, ...routes: string[]): Host {
    return new Host(this.world.env(name), this.routes(routes))
  }
  router(name: string, ...routes: string[]): Router {
    return new Router(this.world.env(name), this.routes(routes))
  }

  /** Ends are `[node, port, address or undefined]`. */
  link(
    a: readonly [SimNode, string, string?],
    b: readonly [SimNode, string, string?],
    options: LinkOptions = {},
  ): Link {
    const { type = 'ip', mtu = 1500, ...quality } = options
    const names = [`${a[0].env.node}:${a[1]}`, `${b[0].env.node}:${b[1]}`] as const
    const both = { ...PERFECT, ...quality }
    const link = new Link(names, [a[0].env, b[0].env], this.world.random.fork(`link ${names.join(' ')}`), type, mtu, [
      both,
      both,
    ])
    for (const [i, [node, port, address]] of [a, b].entries()) {
      node.plug(port, link.ends[i], address === undefined ? undefined : parseInterface(address))
    }
    return link
  }

  ping(
    from: IpNode,
    to: string,
    options: { count?: number; size?: number; ttl?: number; dontFragment?: boolean; interval?: number } = {},
  ): void {
    ping(from.env, from.stack, {
      to: ip(to),
      count: 1,
      interval: 1e9,
      size: 56,
      ttl: 64,
      dontFragment: false,
      timeout: 10e9,
      ...options,
    })
  }

  run(until: number): void {
    this.world.scheduler.runUntil(until)
  }

  seen<K extends EventName>(event: K, node?: string): Extract<TraceEvent, { event: K }>[] {
    return this.events.filter(
      (e): e is Extract<TraceEvent, { event: K }> => e.event === event && (node === undefined || e.node === node),
    )
  }
  drops(node?: string): DropReason[] {
    return this.seen('drop', node).map(e => e.reason)
  }
}
