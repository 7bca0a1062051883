/** Two devices joined in memory: what one writes the other reads. For tests, without root and on every system. */
import { parseIpv4, parseIpv6, parseNetwork } from './address.ts'
import { type Batch, Device, type WriteResult } from './device.ts'
import { closedError, downError, noMacError, TunError } from './errors.ts'
import { checkMtu } from './interface.ts'

/** As long as the queue of a real TUN device. */
const QUEUE_PACKETS = 500

export interface FakeOptions {
  /** Packets that wait for the other end; more are lost, as in a kernel whose queue is full. */
  readonly queue?: number
}

export class FakeTun extends Device {
  readonly name: string
  readonly isTun = true
  readonly created = true
  readonly #limit: number
  readonly #queue: Uint8Array[] = []
  readonly #routes = new Set<string>()
  #peer: FakeTun | undefined
  #awake = false
  #scheduled = false
  #mtu = 1500
  #ipv4: string | undefined
  #ipv6: string | undefined
  #isUp = true
  /** Packets that found the queue full, or no one at home. */
  lost = 0

  private constructor(name: string, limit: number) {
    super()
    this.name = name
    this.#limit = limit
  }

  static pair({ queue = QUEUE_PACKETS }: FakeOptions = {}): [FakeTun, FakeTun] {
    const [left, right] = [new FakeTun('fake0', queue), new FakeTun('fake1', queue)]
    left.#peer = right
    right.#peer = left
    return [left, right]
  }

  get mac(): string {
    return '00:00:00:00:00:00'
  }

  set mac(_address: string) {
    throw noMacError()
  }

  get mtu(): number {
    this.#open()
    return this.#mtu
  }

  set mtu(octets: number) {
    this.#open()
    checkMtu(octets)
    this.#mtu = octets
  }

  get ipv4(): string | undefined {
    this.#up()
    return this.#ipv4
  }

  set ipv4(address: string | undefined) {
    this.#open()
    if (address !== undefined) parseIpv4(address)
    this.#ipv4 = address
  }

  get ipv6(): string | undefined {
    this.#up()
    return this.#ipv6
  }

  set ipv6(address: string | undefined) {
    this.#open()
    if (address !== undefined) parseIpv6(address)
    this.#ipv6 = address
  }

  get isUp(): boolean {
    this.#open()
    return this.#isUp
  }

  set isUp(up: boolean) {
    this.#open()
    this.#isUp = up
    if (!up) this.#queue.length = 0
  }

  addRoute(network: string): void {
    this.#up()
    parseNetwork(network)
    this.#routes.add(network)
  }

  removeRoute(network: string): void {
    this.#open()
    if (!this.#routes.delete(network)) throw new TunError('ESRCH', `There is no route to ${network}.`)
  }

  writePacket(bytes: Uint8Array, start = 0, end = bytes.length): WriteResult {
    if (this.destroyed) return 'closed'
    if (!this.#isUp) return 'down'
    const version = bytes[start] >> 4
    if (end - start < 20 || (version !== 4 && version !== 6)) return 'refused'
    const peer = this.#peer
    if (peer && !peer.destroyed) peer.#deliver(bytes, start, end)
    else this.lost++
    return 'ok'
  }

  protected fill({ slots, lengths }: Batch): number {
    const packets = this.#queue.splice(0, slots.length)
    for (const [i, packet] of packets.entries()) {
      slots[i].set(packet)
      lengths[i] = packet.length
    }
    return packets.length
  }

  protected listen(on: boolean): void {
    this.#awake = on
    this.#schedule()
  }

  protected close(): void {
    this.#queue.length = 0
    this.#peer = undefined
  }

  #open(): void {
    if (this.destroyed) throw closedError()
  }

  #up(): void {
    this.#open()
    if (!this.#isUp) throw downError(this.name)
  }

  #deliver(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isUp || end - start > this.#mtu || this.#queue.length >= this.#limit) {
      this.lost++
      return
    }
    this.#queue.push(bytes.slice(start, end))
    this.#schedule()
  }

  /** As a real device does, it tells of packets from the event loop and never from inside of a write. */
  #schedule(): void {
    if (this.#scheduled || !this.#awake || this.#queue.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.arrived()
      this.#schedule()
    })
  }
}
