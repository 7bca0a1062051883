/**
 * What a real device and a fake one have in common: packets come in batches into slots that are used again and again, and
 * go either to one handler (the fast face) or, copied, to the readable side of a stream. Packets that nobody takes stay
 * with the kernel, whose queue drops what does not fit: a slow reader costs no memory here.
 */
import { Duplex } from 'node:stream'
import { closedError, downError, goneError, TunError } from './errors.ts'

/** Packets per batch. */
export const BATCH = 64
/** The largest frame that a device gives, a VLAN tag included; not a power of two, or all slots would share cache lines. */
const SLOT = 65_536 + 64
/** Packets that the readable side of the stream keeps. */
const READABLE_PACKETS = 64

/** Packet `i` is the first `lengths[i]` octets of `slots[i]`, for `i < count`. Valid during the call only. */
export interface Batch {
  count: number
  readonly slots: readonly Uint8Array[]
  readonly lengths: Int32Array
}

/**
 * `full`: the queue has no room now. `down`: the device is down. `refused`: not a packet (a TUN device looks at the first
 * half octet for 4 or 6), or too long. `gone`: the device was deleted. `closed`: by us.
 */
export type WriteResult = 'ok' | 'full' | 'down' | 'refused' | 'gone' | 'closed'

export abstract class Device extends Duplex {
  abstract readonly name: string
  abstract readonly isTun: boolean
  readonly #batch: Batch
  #handler: ((batch: Batch) => void) | undefined
  #streaming = false
  #listening = false

  constructor() {
    super({
      allowHalfOpen: false,
      readableObjectMode: true,
      readableHighWaterMark: READABLE_PACKETS,
      decodeStrings: true,
    })
    const all = new Uint8Array(BATCH * SLOT)
    this.#batch = {
      count: 0,
      slots: Array.from({ length: BATCH }, (_, i) => all.subarray(i * SLOT, (i + 1) * SLOT)),
      lengths: new Int32Array(BATCH),
    }
  }

  get isTap(): boolean {
    return !this.isTun
  }

  /** Sends one packet, now. It takes no copy and keeps no view; octets outside `start` and `end` are not sent. */
  abstract writePacket(bytes: Uint8Array, start?: number, end?: number): WriteResult

  /** Reads waiting packets, up to all slots, and says how many. Throws when there will never be one again. */
  protected abstract fill(batch: Batch): number

  /** From now on, or no longer: call `arrived` when packets wait. */
  protected abstract listen(on: boolean): void

  /** Gives up everything that belongs to the system. */
  protected abstract close(): void

  /**
   * The fast face: every batch goes to this handler, and none to the stream, until it is taken away with `undefined`.
   * While there is no handler and nobody reads the stream, the program may end.
   */
  onBatch(handler: ((batch: Batch) => void) | undefined): void {
    if (this.destroyed) throw closedError()
    this.#handler = handler
    this.#update()
  }

  /** Closes the device and calls back when that is done. */
  release(callback?: () => void): void {
    if (callback) {
      if (this.closed) queueMicrotask(callback)
      else this.once('close', callback)
    }
    this.destroy()
  }

  override setEncoding(): this {
    throw new TunError('EINVAL', 'Packets are octets and have no encoding.')
  }

  override setDefaultEncoding(): this {
    throw new TunError('EINVAL', 'Packets are octets and have no encoding.')
  }

  /** Packets wait. */
  protected arrived(): void {
    if (this.destroyed || !this.#listening) return
    const batch = this.#batch
    try {
      batch.count = this.fill(batch)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (batch.count === 0) return
    if (this.#handler) this.#handler(batch)
    else this.#push(batch)
  }

  override _read(): void {
    this.#streaming = true
    this.#update()
  }

  override _write(chunk: Uint8Array, encoding: string, callback: (error?: Error | null) => void): void {
    const result = this.destroyed ? 'closed' : this.writePacket(chunk)
    if (result === 'full') setTimeout(() => this._write(chunk, encoding, callback), 1)
    else callback(result === 'ok' ? null : this.#failure(result, chunk.length))
  }

  /** The end of what is written is the end of the device: nothing would ever end the other side. */
  override _final(callback: (error?: Error | null) => void): void {
    this.push(null)
    if (this.readableFlowing === null) this.resume()
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#handler = undefined
    this.#streaming = false
    this.#update()
    try {
      this.close()
      callback(error)
    } catch (failure) {
      callback(error ?? (failure instanceof Error ? failure : new Error(String(failure))))
    }
  }

  #push({ count, slots, lengths }: Batch): void {
    for (let i = 0; i < count; i++) {
      if (!this.push(Buffer.from(slots[i].subarray(0, lengths[i])))) this.#streaming = false
    }
    this.#update()
  }

  #update(): void {
    const listening = this.#handler !== undefined || this.#streaming
    if (listening === this.#listening) return
    this.#listening = listening
    this.listen(listening)
  }

  #failure(result: Exclude<WriteResult, 'ok' | 'full'>, length: number): TunError {
    if (result === 'down') return downError(this.name)
    if (result === 'gone') return goneError(this.name)
    if (result === 'closed') return closedError()
    return new TunError('EINVAL', `${this.name} refused ${length} octets: that is no packet, or it is too long.`)
  }
}
