/** The first place in a capture at which tshark flags something, with what came before it: for the reader of a failure. */
import { readFileSync } from 'node:fs'
import * as Pcap from '../../src/wire/pcap.ts'
import { askTshark } from '../support/tshark.ts'
import type { Flag } from './analysis.ts'

const BEFORE = 14
const AFTER = 6
const FIELDS = [
  'frame.number',
  'frame.time_relative',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags.str',
  'tcp.seq',
  'tcp.ack',
  'tcp.len',
  'tcp.window_size',
  'tcp.options.sack_le',
  'tcp.options.sack_re',
]

/** Lines of the connection of this port around the first frame with the flag; none if there is no such frame. */
export function ladder(capture: string, port: number, flag: Flag): string[] {
  const count = Pcap.read(new Uint8Array(readFileSync(capture))).frames.length
  const rows = askTshark({ capture, count, fields: [...FIELDS, `tcp.analysis.${flag}`] }).filter(
    ([, , source, destination]) => source === String(port) || destination === String(port),
  )
  const first = rows.findIndex(row => row[FIELDS.length] !== '')
  if (first < 0) return []
  const lines = rows.slice(Math.max(0, first - BEFORE), first + AFTER)
  return lines.map(([number, time, source, , flags, seq, ack, length, window, left, right, flagged]) => {
    const arrow = source === String(port) ? '-->' : '<--'
    const blocks = left === '' ? '' : ` sack ${left.split(',').map((edge, i) => `${edge}-${right.split(',')[i]}`)}`
    const mark = flagged === '' ? '' : `   ${flag}`
    const letters = flags.replaceAll('·', '')
    return `${number.padStart(6)} ${time.padStart(13)} ${arrow} ${letters} seq ${seq} ack ${ack} len ${length} win ${window}${blocks}${mark}`
  })
}
