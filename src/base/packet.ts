/**
 * A packet on its way through a machine: one buffer with room in front, so that each layer writes its header before
 * what the layer above gave it and nothing is copied.
 *
 * Ownership: a packet has one owner. Who passes it on no longer touches it; who ends its way calls `release`. A layer
 * that wants to keep bytes clones them.
 */

import { NEVER } from './scheduler.ts'
import type { SimTime } from './time.ts'

/** Room for Ethernet + IPv4 + enhanced GRE + PPP + MPPE + IPv4 + TCP with options. */
export const HEADROOM = 160
const SMALL = 320
const LARGE = 2048
/**
 * Packets of one size share slabs of about this many octets: each has its place in a slab and no array of its own. That
 * is cheaper to make, and a forwarding machine finds the slab's array in its cache.
 */
const SLAB = 65_536
const KEPT = 65_536

/** Where a packet without a place in a slab goes back to. */
const NOWHERE: Packet[] = []

export class Packet {
  /** Holds other packets too: only start … end - 1, and the headroom in front, are this one's. */
  bytes: Uint8Array
  /** The packet is bytes[start … end - 1]. */
  start = 0
  end = 0
  /** Where its headroom begins. */
  #floor: number
  free = true
  /** Node that made it, and its number there: ids count per node, so one node more does not rename the others. */
  node = ''
  number = 0
  /** The packet that this one was made from (wrapped, unwrapped, cut into fragments, put together); '' and 0 if none. */
  parentNode = ''
  parentNumber = 0
  /** On a line: when it is at the other end, and its place in the order of that instant. */
  due: SimTime = NEVER
  seq = 0
  readonly #shelf: Packet[]
  readonly #home: Uint8Array
  readonly #homeFloor: number

  constructor(shelf: Packet[], home: Uint8Array, floor: number) {
    this.bytes = home
    this.#floor = floor
    this.#shelf = shelf
    this.#home = home
    this.#homeFloor = floor
  }

  get length(): number {
    return this.end - this.start
  }
  /** The bytes themselves; valid while the packet is owned. */
  get data(): Uint8Array {
    return this.bytes.subarray(this.start, this.end)
  }
  get id(): string {
    return `${this.node}#${this.number}`
  }
  get parent(): string | undefined {
    return this.parentNode === '' ? undefined : `${this.parentNode}#${this.parentNumber}`
  }

  /** @internal Called by the pool: a packet of so many octets behind the headroom. */
  take(length: number): void {
    this.free = false
    this.start = this.#floor + HEADROOM
    this.end = this.start + length
  }

  /** Makes room for a header of `length` bytes in front and returns where it starts. */
  prepend(length: number): number {
    if (length > this.start - this.#floor) this.#reserve(length + HEADROOM)
    return (this.start -= length)
  }

  #reserve(headroom: number): void {
    const bytes = new Uint8Array(headroom + this.length)
    bytes.set(this.data, headroom)
    this.end = bytes.length
    this.start = headroom
    this.bytes = bytes
    this.#floor = 0
  }

  release(): void {
    if (this.free) throw new Error(`${this.id} was released twice`)
    this.free = true
    this.bytes = this.#home
    this.#floor = this.#homeFloor
    if (this.#shelf !== NOWHERE && this.#shelf.length < KEPT) this.#shelf.push(this)
  }
}

/** Packets of one size that nobody owns, and the slab from which new ones are cut. */
class Shelf {
  readonly size: number
  readonly packets: Packet[] = []
  #slab = new Uint8Array(0)
  #used = 0

  constructor(size: number) {
    this.size = size
  }

  take(): Packet {
    return this.packets.pop() ?? this.#cut()
  }

  #cut(): Packet {
    if (this.#used === this.#slab.length) {
      this.#slab = new Uint8Array(Math.floor(SLAB / this.size) * this.size)
      this.#used = 0
    }
    this.#used += this.size
    return new Packet(this.packets, this.#slab, this.#used - this.size)
  }
}

/** The buffers of one run. Two sizes, because most packets are either small or full. */
export class PacketPool {
  readonly #small = new Shelf(SMALL)
  readonly #large = new Shelf(LARGE)

  take(length: number): Packet {
    const need = length + HEADROOM
    const packet =
      need <= SMALL
        ? this.#small.take()
        : need <= LARGE
          ? this.#large.take()
          : new Packet(NOWHERE, new Uint8Array(need), 0)
    packet.take(length)
    return packet
  }
}

/** One node's way to make packets: numbers them and remembers what they came from. */
export class PacketSource {
  readonly #pool: PacketPool
  readonly #node: string
  #count = 0

  constructor(pool: PacketPool, node: string) {
    this.#pool = pool
    this.#node = node
  }

  /** A new packet with room for `length` bytes after the headroom; its content is whatever was there before. */
  make(length: number): Packet {
    const packet = this.#pool.take(length)
    packet.parentNode = ''
    packet.parentNumber = 0
    packet.node = this.#node
    packet.number = ++this.#count
    return packet
  }

  /** A new packet with these bytes. */
  from(bytes: Uint8Array): Packet {
    const packet = this.make(bytes.length)
    packet.bytes.set(bytes, packet.start)
    return packet
  }

  /** The same buffer becomes a new packet made from the old one: what wrapping and unwrapping do. */
  derive(packet: Packet): Packet {
    packet.parentNode = packet.node
    packet.parentNumber = packet.number
    packet.node = this.#node
    packet.number = ++this.#count
    return packet
  }

  /** The same buffer becomes a new packet that was made from none: an answer written over its question. */
  renew(packet: Packet): Packet {
    packet.parentNode = ''
    packet.parentNumber = 0
    packet.node = this.#node
    packet.number = ++this.#count
    return packet
  }

  /** A copy with the same identity: what a switch that floods or a line that duplicates makes. */
  clone(packet: Packet): Packet {
    const copy = this.#pool.take(packet.length)
    copy.bytes.set(packet.data, copy.start)
    copy.node = packet.node
    copy.number = packet.number
    copy.parentNode = packet.parentNode
    copy.parentNumber = packet.parentNumber
    return copy
  }
}
