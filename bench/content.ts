/**
 * Looks at every octet that a sink was given, as fast as the machine can: what is measured is the simulator, and other
 * simulators send no content at all. The comparison is Node's, so it is also a second opinion on `matchesPattern`.
 */
import { fillPattern, PERIOD } from '../src/app/pattern.ts'

/** Two periods: a piece of up to one can begin anywhere in the first. */
const expected = Buffer.alloc(2 * PERIOD)
fillPattern(expected, 0)

/** Are these the octets of the pattern from `position` on? */
export function isPattern(bytes: Uint8Array, position: number): boolean {
  for (let at = 0; at < bytes.length; at += PERIOD) {
    const end = Math.min(bytes.length, at + PERIOD)
    const from = (position + at) % PERIOD
    if (expected.compare(bytes, at, end, from, from + end - at) !== 0) return false
  }
  return true
}
