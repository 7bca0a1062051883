/**
 * Addresses, each with how often it counts: a server has the same one on every ppp interface. Every packet is looked up
 * here, and most machines have two or three.
 */
import type { Ipv4 } from '../base/address.ts'

/** With more they are found by hash. */
const FEW = 8
const NONE: readonly Ipv4[] = []

export class AddressCounts {
  /** Each as often as it counts. */
  #few = NONE
  /** Once they were more than a few. */
  #many: Map<Ipv4, number> | undefined

  has(address: Ipv4): boolean {
    if (this.#many) return this.#many.has(address)
    const few = this.#few
    for (let i = 0; i < few.length; i++) if (few[i] === address) return true
    return false
  }

  add(address: Ipv4): void {
    if (!this.#many && this.#few.length < FEW) {
      this.#few = this.#few.concat(address)
      return
    }
    const before = this.#few
    this.#few = NONE
    this.#many ??= new Map()
    for (const one of [...before, address]) this.#many.set(one, (this.#many.get(one) ?? 0) + 1)
  }

  remove(address: Ipv4): void {
    if (!this.#many) {
      const at = this.#few.indexOf(address)
      if (at >= 0) this.#few = this.#few.toSpliced(at, 1)
      return
    }
    const count = this.#many.get(address) ?? 0
    if (count > 1) this.#many.set(address, count - 1)
    else this.#many.delete(address)
  }
}
