/**
 * Mappings: which outside address and port stand for an inside address and port (RFC 4787 §4.1). A mapping lives as
 * long as a flow that uses it. With the ICMP identifier in the place of the port it serves queries too (RFC 5508 §3.1).
 */
import type { Flow } from './flow.ts'
import type { Tuple } from './tuple.ts'
import type { Dependence } from './types.ts'

export interface Mapping {
  readonly protocol: number
  readonly inside: number
  readonly insideKey: number
  readonly outside: number
  readonly outsideKey: number
  readonly name: string
  /** Its flows, with their other end: an address, and the same with a port. */
  readonly flows: Map<Flow, readonly [string, string]>
  /** How many flows have each of these. */
  readonly ends: Map<string, number>
}

/** What of the other end belongs to the name of a mapping, or to the right to come in. */
function farEnd(dependence: Dependence, address: number, key: number): string {
  if (dependence === 'endpoint-independent') return ''
  return dependence === 'address-dependent' ? `${address}` : `${address}:${key}`
}

export class Mappings {
  readonly #byInside = new Map<string, Mapping>()
  readonly #byOutside = new Map<string, Mapping>()
  readonly #ofFlow = new Map<Flow, Mapping>()
  /** How many mappings an inside host has. */
  readonly #hosts = new Map<number, number>()

  get size(): number {
    return this.#byInside.size
  }
  /** Entries of any kind; for those who look for leaks. */
  get held(): number {
    return this.#byInside.size + this.#byOutside.size + this.#ofFlow.size + this.#hosts.size
  }
  get all(): IterableIterator<Mapping> {
    return this.#byInside.values()
  }
  countOf(host: number): number {
    return this.#hosts.get(host) ?? 0
  }

  /** The mapping that a flow with this tuple, as it comes from inside, has to use. */
  find(tuple: Tuple, dependence: Dependence): Mapping | undefined {
    return this.#byInside.get(nameOf(tuple, dependence))
  }

  isOutsideTaken(protocol: number, address: number, key: number): boolean {
    return this.#byOutside.has(outsideOf(protocol, address, key))
  }

  /** Who inside is reached by this packet from outside, if it may come in. */
  admit(tuple: Tuple, filtering: Dependence): Mapping | undefined {
    const mapping = this.#byOutside.get(outsideOf(tuple.protocol, tuple.destination, tuple.destinationKey))
    if (!mapping || filtering === 'endpoint-independent') return mapping
    return mapping.ends.has(farEnd(filtering, tuple.source, tuple.sourceKey)) ? mapping : undefined
  }

  /** The flow is translated by this mapping, which is made if it is new. */
  use(flow: Flow, tuple: Tuple, dependence: Dependence, outside: number, outsideKey: number): void {
    const name = nameOf(tuple, dependence)
    let mapping = this.#byInside.get(name)
    if (!mapping) {
      const { protocol, source: inside, sourceKey: insideKey } = tuple
      mapping = { protocol, inside, insideKey, outside, outsideKey, name, flows: new Map(), ends: new Map() }
      this.#byInside.set(name, mapping)
      this.#byOutside.set(outsideOf(protocol, outside, outsideKey), mapping)
      this.#hosts.set(inside, this.countOf(inside) + 1)
    }
    const { destination, destinationKey } = tuple
    const far = [
      farEnd('address-dependent', destination, destinationKey),
      farEnd('address-and-port-dependent', destination, destinationKey),
    ] as const
    mapping.flows.set(flow, far)
    for (const end of far) mapping.ends.set(end, (mapping.ends.get(end) ?? 0) + 1)
    this.#ofFlow.set(flow, mapping)
  }

  release(flow: Flow): void {
    const mapping = this.#ofFlow.get(flow)
    if (!mapping) return
    this.#ofFlow.delete(flow)
    for (const end of mapping.flows.get(flow) ?? []) {
      const left = (mapping.ends.get(end) ?? 0) - 1
      if (left > 0) mapping.ends.set(end, left)
      else mapping.ends.delete(end)
    }
    mapping.flows.delete(flow)
    if (mapping.flows.size > 0) return
    this.#byInside.delete(mapping.name)
    this.#byOutside.delete(outsideOf(mapping.protocol, mapping.outside, mapping.outsideKey))
    const left = this.countOf(mapping.inside) - 1
    if (left > 0) this.#hosts.set(mapping.inside, left)
    else this.#hosts.delete(mapping.inside)
  }
}

const outsideOf = (protocol: number, address: number, key: number): string => `${protocol} ${address}:${key}`
const nameOf = (tuple: Tuple, dependence: Dependence): string =>
  `${tuple.protocol} ${tuple.source}:${tuple.sourceKey} ${farEnd(dependence, tuple.destination, tuple.destinationKey)}`
