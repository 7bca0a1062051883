/** MAC addresses are made from names, so a lab's captures look the same every time. */
import type { Mac } from '../wire/ethernet.ts'

/** A locally administered unicast address (02:…) from the 40-bit FNV-1a-like hash of `node:port`. */
export function macFor(name: string): Mac {
  let low = 0x811c9dc5
  let high = 0x5bd1e995
  for (let i = 0; i < name.length; i++) {
    low = Math.imul(low ^ name.charCodeAt(i), 0x01000193) >>> 0
    high = Math.imul(high ^ low ^ (low >>> 15), 0x85ebca6b) >>> 0
  }
  return 0x020000000000 + (high >>> 24) * 0x100000000 + low
}
