/**
 * One direction of a flow: addresses, protocol and the two numbers that the protocol adds, found again through a hash
 * table. Addresses are kept as signed 32-bit integers, which V8 stores without a box; `>>> 0` gives the address.
 */
import { formatIpv4 } from '../base/address.ts'
import { PROTOCOL, protocolName } from '../wire/ipv4.ts'

/** ICMP queries and what answers them (RFC 792, RFC 950). */
const ICMP_ANSWERS = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
])
export const isIcmpQuery = (type: number): boolean => ICMP_ANSWERS.has(type) && (type === 8 || (type & 1) === 1)

export class Tuple {
  protocol = 0
  source = 0
  destination = 0
  /** Source port, ICMP identifier, or the call ID of the sender as far as it is known. */
  sourceKey = 0
  /** Destination port, ICMP type, or the call ID in the packet. */
  destinationKey = 0

  copy(from: Tuple): this {
    this.protocol = from.protocol
    this.source = from.source
    this.destination = from.destination
    this.sourceKey = from.sourceKey
    this.destinationKey = from.destinationKey
    return this
  }

  /** What an answer to the other has. */
  invert(from: Tuple): this {
    const { protocol, source, destination, sourceKey, destinationKey } = from
    this.protocol = protocol
    this.source = destination
    this.destination = source
    if (protocol === PROTOCOL.icmp) {
      this.sourceKey = sourceKey
      this.destinationKey = (ICMP_ANSWERS.get(destinationKey >> 8) ?? 0xff) << 8
    } else {
      this.sourceKey = destinationKey
      this.destinationKey = sourceKey
    }
    return this
  }

  equals(other: Tuple): boolean {
    return (
      this.source === other.source &&
      this.destination === other.destination &&
      this.sourceKey === other.sourceKey &&
      this.destinationKey === other.destinationKey &&
      this.protocol === other.protocol
    )
  }

  /** `192.0.2.1:40001 > 203.0.113.1:1723`; GRE as `192.0.2.1 call 1111 > 203.0.113.1 call 2222`. */
  toString(): string {
    const { protocol, sourceKey, destinationKey } = this
    const source = formatIpv4(this.source)
    const destination = formatIpv4(this.destination)
    if (protocol === PROTOCOL.gre) return `${withCall(source, sourceKey)} > ${withCall(destination, destinationKey)}`
    if (protocol === PROTOCOL.icmp) return `${source} > ${destination} id ${sourceKey}`
    if (protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp)
      return `${source}:${sourceKey} > ${destination}:${destinationKey}`
    return `${source} > ${destination} protocol ${protocolName(protocol)}`
  }
}

/** An address with the call ID of what goes to it: not behind a slash, where the length of a prefix stands. */
export const withCall = (address: string, callId: number): string => `${address} call ${callId}`

/** A tuple that stands in a table; `Owner` is the flow or the expectation that it belongs to. */
export class Entry<Owner> extends Tuple {
  readonly owner: Owner
  readonly isReply: boolean
  hash = 0
  next: Entry<Owner> | undefined = undefined

  constructor(owner: Owner, isReply: boolean) {
    super()
    this.owner = owner
    this.isReply = isReply
  }
}

function hashOf({ source, destination, sourceKey, destinationKey, protocol }: Tuple): number {
  let h = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ ((sourceKey << 16) | destinationKey), 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 13) ^ protocol, 0x27d4eb2f)
  return (h ^ (h >>> 16)) & 0x3fffffff
}

const SMALLEST = 64

/** A hash table with chains: nothing is allocated to look something up. */
export class TupleTable<Owner> {
  #buckets: (Entry<Owner> | undefined)[] = new Array(SMALLEST).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  find(tuple: Tuple): Entry<Owner> | undefined {
    const hash = hashOf(tuple)
    let entry = this.#buckets[hash & (this.#buckets.length - 1)]
    while (entry && !(entry.hash === hash && entry.equals(tuple))) entry = entry.next
    return entry
  }

  add(entry: Entry<Owner>): void {
    if (this.#size === this.#buckets.length) this.#grow()
    entry.hash = hashOf(entry)
    const at = entry.hash & (this.#buckets.length - 1)
    entry.next = this.#buckets[at]
    this.#buckets[at] = entry
    this.#size++
  }

  remove(entry: Entry<Owner>): void {
    const at = entry.hash & (this.#buckets.length - 1)
    let before: Entry<Owner> | undefined
    let here = this.#buckets[at]
    while (here && here !== entry) {
      before = here
      here = here.next
    }
    if (!here) return
    if (before) before.next = entry.next
    else this.#buckets[at] = entry.next
    entry.next = undefined
    this.#size--
  }

  #grow(): void {
    const old = this.#buckets
    const buckets: (Entry<Owner> | undefined)[] = new Array(old.length * 2).fill(undefined)
    for (const head of old) {
      for (let entry = head; entry; ) {
        const { next } = entry
        const at = entry.hash & (buckets.length - 1)
        entry.next = buckets[at]
        buckets[at] = entry
        entry = next
      }
    }
    this.#buckets = buckets
  }
}
