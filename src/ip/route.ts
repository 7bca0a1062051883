/**
 * The routing table: the longest prefix wins, and of the routes with one prefix the one that was added last; the others
 * come back when it goes. Its texts are those of `ip route`.
 */
import { contains, formatIpv4, formatPrefix, type Ipv4, maskOf, type Prefix } from '../base/address.ts'
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

/** More routes than that are found by hash: a server has one to each of its callers, most machines have two or three. */
const FEW = 8
const NONE: readonly Route[] = []

/** The routes to networks of one size, by network. */
interface Level {
  readonly length: number
  readonly mask: number
  readonly routes: Map<number, Route>
}

/**
 * While they are few, a list. Then one hash for each prefix length: a lookup costs at most one probe for each length in
 * use, whatever the table's size.
 */
export class RouteTable {
  /** Those in use, the longest prefix first; none once there are levels. */
  #few = NONE
  /** The same, the longest prefix first. */
  #levels: readonly Level[] | undefined
  #lastDestination = -1
  #lastRoute: Route | undefined

  /** Routes in whose place another with the same prefix stands, oldest first. */
  #displaced = NONE

  /** The routes in use. */
  get all(): readonly Route[] {
    return this.#levels?.flatMap(({ routes }) => [...routes.values()]) ?? this.#few
  }

  /** Every route that leaves by the interface; the displaced ones first, so that none of them comes back on the way. */
  by(iface: IpInterface): Route[] {
    return [...this.#displaced, ...this.all].filter(route => route.iface === iface)
  }

  /** Adds a route, which takes the place of the one with the same prefix. */
  add(route: Route): void {
    const before = this.at(route.prefix)
    if (before) this.#displaced = this.#displaced.concat(before)
    this.#put(route, before)
  }

  /** Removes exactly this route and puts the one back that it has displaced; false if it was not in use. */
  remove(route: Route): boolean {
    if (this.at(route.prefix) !== route) {
      this.#displaced = this.#displaced.filter(other => other !== route)
      return false
    }
    const back = this.#displaced.findLast(({ prefix }) => same(prefix, route.prefix))
    if (back) {
      this.#put(back, route)
      this.#displaced = this.#displaced.filter(other => other !== back)
    } else this.#takeOut(route)
    return true
  }

  /** `before`: the one in whose place it stands. */
  #put(route: Route, before: Route | undefined): void {
    this.#lastDestination = -1
    if (this.#levels) this.#hash(route)
    else if (before) this.#few = this.#few.map(other => (other === before ? route : other))
    else {
      const at = this.#few.findIndex(({ prefix }) => prefix.length < route.prefix.length)
      const routes = this.#few.toSpliced(at < 0 ? this.#few.length : at, 0, route)
      if (routes.length <= FEW) this.#few = routes
      else {
        this.#few = NONE
        for (const each of routes) this.#hash(each)
      }
    }
  }

  #hash(route: Route): void {
    const { length, network } = route.prefix
    const level = this.#level(length) ?? { length, mask: maskOf(length), routes: new Map<number, Route>() }
    if (level.routes.size === 0) this.#levels = [...(this.#levels ?? []), level].sort((a, b) => b.length - a.length)
    level.routes.set(network, route)
  }

  #takeOut(route: Route): void {
    this.#lastDestination = -1
    this.#few = this.#few.filter(other => other !== route)
    const { length, network } = route.prefix
    const level = this.#level(length)
    level?.routes.delete(network)
    if (level?.routes.size === 0) this.#levels = this.#levels?.filter(other => other !== level)
  }

  #level(length: number): Level | undefined {
    return this.#levels?.find(level => level.length === length)
  }

  /** The route with exactly this prefix. */
  at(prefix: Prefix): Route | undefined {
    if (!this.#levels) return this.#few.find(route => same(route.prefix, prefix))
    return this.#level(prefix.length)?.routes.get(prefix.network)
  }

  lookup(destination: Ipv4): Route | undefined {
    if (destination === this.#lastDestination) return this.#lastRoute
    this.#lastDestination = destination
    this.#lastRoute = this.#levels ? byHash(this.#levels, destination) : fitting(this.#few, destination)
    return this.#lastRoute
  }
}

const same = (a: Prefix, b: Prefix): boolean => a.length === b.length && a.network === b.network

/** The first one that leads there. */
function fitting(routes: readonly Route[], destination: Ipv4): Route | undefined {
  for (const route of routes) if (contains(route.prefix, destination)) return route
  return undefined
}

function byHash(levels: readonly Level[], destination: Ipv4): Route | undefined {
  for (const { mask, routes } of levels) {
    const found = routes.get((destination & mask) >>> 0)
    if (found) return found
  }
  return undefined
}
