/**
 * MSS clamping: a box in the middle lowers the Maximum Segment Size option of a SYN that passes (RFC 9293 §3.7.1), so
 * that TCP never sends what the narrower of its two lines does not carry. It only helps TCP that it can see: the
 * segments inside a tunnel pass by unseen (case C14).
 */
import { get16, set16 } from '../base/bytes.ts'
import * as Checksum from '../wire/checksum.ts'
import * as Ipv4 from '../wire/ipv4.ts'

const SYN = 2
const HEADER = 20
const CHECKSUM = 16
const FLAGS = 13
const OPTION = { end: 0, nothing: 1, mss: 2 } as const
/** IP and TCP headers without options. */
export const HEADERS = 40

/** Lowers the option of the packet at `start` to `most`; answers the old value if it was larger. */
export function clamp(b: Uint8Array, start: number, end: number, most: number): number | undefined {
  const at = start + Ipv4.headerLength(b, start)
  if (Ipv4.protocol(b, start) !== Ipv4.PROTOCOL.tcp || Ipv4.fragmentOffset(b, start) > 0) return undefined
  if (at + HEADER > end || (b[at + FLAGS] & SYN) === 0) return undefined
  const options = at + (b[at + 12] >> 4) * 4
  if (options > end) return undefined
  for (let option = at + HEADER; option < options && b[option] !== OPTION.end; ) {
    if (b[option] === OPTION.nothing) {
      option++
      continue
    }
    const length = b[option + 1]
    if (length < 2 || option + length > options) return undefined
    if (b[option] === OPTION.mss && length === 4) return lower(b, at, option + 2, most)
    option += length
  }
  return undefined
}

function lower(b: Uint8Array, tcp: number, at: number, most: number): number | undefined {
  const before = get16(b, at)
  if (before <= most) return undefined
  const isOdd = ((at - tcp) & 1) === 1
  const from = isOdd ? at - 1 : at
  const words = [get16(b, from), get16(b, from + 2)]
  set16(b, at, most)
  let sum = Checksum.update(get16(b, tcp + CHECKSUM), words[0], get16(b, from))
  if (isOdd) sum = Checksum.update(sum, words[1], get16(b, from + 2))
  set16(b, tcp + CHECKSUM, sum)
  return before
}
