/** The size of the segments of a connection, after the path and the options (RFC 9293 §3.7.1, RFC 6691, RFC 1191 §6.1). */
import { TIMESTAMPS_ROOM } from './options.ts'
import { blocksIn } from './sack.ts'
import type { Tcb } from './tcb.ts'

const MAX_OPTIONS = 40 // RFC 9293 §3.1

/** Segments as large as the path carries, options counted (RFC 6691); false if they were that large before. */
export function fitPath(tcb: Tcb): boolean {
  const { paths } = tcb.host
  const { sender, transmitter } = tcb
  const before = sender.mss
  const trial = tcb.blackHole?.mtu
  const mtu = paths.mtu(tcb.remote.address)
  const carried = Math.min(mtu, trial ?? mtu) - 40
  const options = transmitter.timestamps ? TIMESTAMPS_ROOM : 0
  sender.mss = Math.max(1, Math.min(sender.peerMss, carried) - options)
  transmitter.mostBlocks = blocksIn(Math.min(carried, MAX_OPTIONS) - options)
  tcb.receiver.mss = sender.mss
  transmitter.dontFragment = trial === undefined && paths.dontFragment(tcb.remote.address)
  tcb.widenAt = paths.until(tcb.remote.address) ?? Number.NaN
  return sender.mss !== before
}
