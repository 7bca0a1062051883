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

/** One hash per prefix length: a lookup costs at most one probe for each length in use, whatever the table's size. */
export class RouteTable {
  readonly #byLength: Map<number, Route>[] = []
  #lengths: number[] = []
  #lastDestination = -1
  #lastRoute: Route | undefined

  /** Routes in whose place another with the same prefix stands, oldest first. */
  #displaced: Route[] = []

  /** The routes in use. */
  get all(): Route[] {
    return this.#lengths.flatMap(length => [...this.#byLength[length].values()])
  }

  /** Every route that leaves by the interface; the displaced ones first, so that none of them comes back on the way. */
  by(iface: IpInterface): Route[] {
    return [...this.#displaced, ...this.all].filter(route => route.iface === iface)
  }

  /** Adds a route, which takes the place of the one with the same prefix. */
  add(route: Route): void {
    const { length, network } = route.prefix
    const routes = (this.#byLength[length] ??= new Map())
    const before = routes.get(network)
    if (before) this.#displaced.push(before)
    routes.set(network, route)
    this.#changed()
  }

  /** Removes exactly this route and puts the one back that it has displaced; false if it was not in use. */
  remove(route: Route): boolean {
    const { length, network } = route.prefix
    const routes = this.#byLength[length]
    if (routes?.get(network) !== route) {
      this.#displaced = this.#displaced.filter(other => other !== route)
      return false
    }
    const back = this.#displaced.findLast(({ prefix }) => prefix.length === length && prefix.network === network)
    if (back) {
      routes.set(network, back)
      this.#displaced = this.#displaced.filter(other => other !== back)
    } else routes.delete(network)
    this.#changed()
    return true
  }

  #changed(): void {
    this.#lastDestination = -1
    this.#lengths = []
    for (let length = 32; length >= 0; length--) if (this.#byLength[length]?.size > 0) this.#lengths.push(length)
  }

  /** The route with exactly this prefix. */
  at(prefix: Prefix): Route | undefined {
    return this.#byLength[prefix.length]?.get(prefix.network)
  }

  lookup(destination: Ipv4): Route | undefined {
    if (destination === this.#lastDestination) return this.#lastRoute
    let found: Route | undefined
    for (const length of this.#lengths) {
      found = this.#byLength[length].get((destination & maskOf(length)) >>> 0)
      if (found) break
    }
    this.#lastDestination = destination
    this.#lastRoute = found
    return found
  }
}
