/**
 * A packet on its way through a machine: one buffer with room in front, so that each layer writes its header before
 * what the layer above gave it and nothing is copied.
 *
 * Ownership: a packet has one owner. Who passes it on no longer touches it; who ends its way calls `release`. A layer
 * that wants to keep bytes clones them.
 */

/** Room for Ethernet + IPv4 + enhanced GRE + PPP + MPPE + IPv4 + TCP with options. */
export const HEADROOM = 160
const SMALL = 320
const LARGE = 2048
/** Buffers are cut from slabs of about this many octets: a view costs half of an allocation or less. */
const SLAB = 65_536
const KEPT = 65_536

export class Packet {
  bytes: Uint8Array
  /** The packet is bytes[start … end - 1]. */
  start = 0
  end = 0
  /** Node that made it, and its number there: ids count per node, so one node more does not rename the others. */
  node = ''
  number = 0
  /** The packet that this one was made from (wrapped, unwrapped, cut into fragments, put together); '' and 0 if none. */
  parentNode = ''
  parentNumber = 0
  free = false
  readonly #pool: PacketPool

  constructor(pool: PacketPool, bytes: Uint8Array) {
    this.#pool = pool
    this.bytes = bytes
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

  /** Makes room for a header of `length` bytes in front and returns where it starts. */
  prepend(length: number): number {
    if (length > this.start) this.#reserve(length + HEADROOM)
    return (this.start -= length)
  }

  #reserve(headroom: number): void {
    const bytes = new Uint8Array(headroom + this.length)
    bytes.set(this.data, headroom)
    this.end = bytes.length
    this.start = headroom
    this.bytes = bytes
  }

  release(): void {
    this.#pool.put(this)
  }
}

/** Buffers of one size. */
class Shelf {
  readonly size: number
  readonly packets: Packet[] = []
  #slab = new ArrayBuffer(0)
  #used = 0

  constructor(size: number) {
    this.size = size
  }

  cut(): Uint8Array {
    if (this.#used === this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(Math.floor(SLAB / this.size) * this.size)
      this.#used = 0
    }
    this.#used += this.size
    return new Uint8Array(this.#slab, this.#used - this.size, this.size)
  }
}

/** The buffers of one run. Two sizes, because most packets are either small or full. */
export class PacketPool {
  readonly #small = new Shelf(SMALL)
  readonly #large = new Shelf(LARGE)

  take(length: number): Packet {
    const need = length + HEADROOM
    const packet = this.#find(need)
    packet.free = false
    packet.start = HEADROOM
    packet.end = need
    return packet
  }

  #find(need: number): Packet {
    if (need > LARGE) return new Packet(this, new Uint8Array(need))
    const shelf = need <= SMALL ? this.#small : this.#large
    return shelf.packets.pop() ?? new Packet(this, shelf.cut())
  }

  put(packet: Packet): void {
    if (packet.free) throw new Error(`${packet.id} was released twice`)
    packet.free = true
    const { length } = packet.bytes
    const shelf = length === SMALL ? this.#small : length === LARGE ? this.#large : undefined
    if (shelf && shelf.packets.length < KEPT) shelf.packets.push(packet)
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
