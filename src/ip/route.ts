/**
 * The routing table: the longest prefix wins, and of the routes with one prefix the one that was added last; the others
 * come back when it goes. Its texts are those of `ip route`.
 */
import { formatIpv4, formatPrefix, type Ipv4, maskOf, type Prefix } from '../base/address.ts'
import type { IpInterface } from './interface.ts'

export interface Route {
  readonly prefix: Prefix
  /** The neighbour to hand packets to; undefined: the destination itself is a neighbour. */
  readonly via: Ipv4 | undefined
  readonly iface: IpInterface
}

/** A route as a lab writes it: the interface may be left to the address of `via`. */
export interface RouteSpec {
  readonly prefix: Prefix
  readonly via?: Ipv4
  readonly dev?: string
}

export function formatRoute(route: Route): string {
  const via = route.via === undefined ? '' : ` via ${formatIpv4(route.via)}`
  return `${formatPrefix(route.prefix)}${via} dev ${route.iface.port.name}`
}

/** The routes to networks of one size, by network. */
interface Level {
  readonly length: number
  readonly mask: number
  readonly routes: Map<number, Route>
}

/** One hash per prefix length: a lookup costs at most one probe for each length in use, whatever the table's size. */
export class RouteTable {
  /** Those in use, the longest prefix first. */
  #levels: readonly Level[] = []
  #lastDestination = -1
  #lastRoute: Route | undefined

  /** Routes in whose place another with the same prefix stands, oldest first. */
  #displaced: Route[] = []

  /** The routes in use. */
  get all(): Route[] {
    return this.#levels.flatMap(({ routes }) => [...routes.values()])
  }

  /** Every route that leaves by the interface; the displaced ones first, so that none of them comes back on the way. */
  by(iface: IpInterface): Route[] {
    return [...this.#displaced, ...this.all].filter(route => route.iface === iface)
  }

  /** Adds a route, which takes the place of the one with the same prefix. */
  add(route: Route): void {
    const { length, network } = route.prefix
    const { routes } = this.#level(length) ?? this.#newLevel(length)
    const before = routes.get(network)
    if (before) this.#displaced.push(before)
    routes.set(network, route)
    this.#lastDestination = -1
  }

  /** Removes exactly this route and puts the one back that it has displaced; false if it was not in use. */
  remove(route: Route): boolean {
    const { length, network } = route.prefix
    const routes = this.#level(length)?.routes
    if (routes?.get(network) !== route) {
      this.#displaced = this.#displaced.filter(other => other !== route)
      return false
    }
    const back = this.#displaced.findLast(({ prefix }) => prefix.length === length && prefix.network === network)
    if (back) {
      routes.set(network, back)
      this.#displaced = this.#displaced.filter(other => other !== back)
    } else routes.delete(network)
    if (routes.size === 0) this.#levels = this.#levels.filter(level => level.length !== length)
    this.#lastDestination = -1
    return true
  }

  #level(length: number): Level | undefined {
    return this.#levels.find(level => level.length === length)
  }

  #newLevel(length: number): Level {
    const level = { length, mask: maskOf(length), routes: new Map<number, Route>() }
    this.#levels = this.#levels.concat(level).sort((a, b) => b.length - a.length)
    return level
  }

  /** The route with exactly this prefix. */
  at(prefix: Prefix): Route | undefined {
    return this.#level(prefix.length)?.routes.get(prefix.network)
  }

  lookup(destination: Ipv4): Route | undefined {
    if (destination === this.#lastDestination) return this.#lastRoute
    let found: Route | undefined
    for (const { mask, routes } of this.#levels) {
      found = routes.get((destination & mask) >>> 0)
      if (found) break
    }
    this.#lastDestination = destination
    this.#lastRoute = found
    return found
  }
}
