/** What tshark, a reader that knows neither TCP, sees in a capture of one end: what was negotiated, what went wrong, how fast. */
import { readFileSync } from 'node:fs'
import * as Pcap from '../../src/wire/pcap.ts'
import { check } from '../support/outside/failure.ts'
import { askTshark } from '../support/tshark.ts'

/** `tcp.analysis.*`: all that tshark flags, but what it says of every connection (round trips, octets in flight). */
export const FLAGS = [
  'retransmission',
  'fast_retransmission',
  'spurious_retransmission',
  'out_of_order',
  'lost_segment',
  'ack_lost_segment',
  'duplicate_ack',
  'window_update',
  'window_full',
  'zero_window',
  'zero_window_probe',
  'zero_window_probe_ack',
  'keep_alive',
  'keep_alive_ack',
  'reused_ports',
] as const
export type Flag = (typeof FLAGS)[number]
export type Counts = Readonly<Record<Flag, number>>

export interface Seen {
  /** The options that both SYNs carry: `SACK, timestamps, scale 7 and 5`; empty if none. */
  readonly negotiated: readonly string[]
  readonly flags: Counts
  /** From the first SYN to the last segment with data. */
  readonly seconds: number
}

const noCounts = (): Record<Flag, number> => Object.fromEntries(FLAGS.map(flag => [flag, 0])) as Record<Flag, number>

const FIELDS = [
  'tcp.srcport',
  'tcp.dstport',
  'frame.time_relative',
  'tcp.len',
  'tcp.flags.syn',
  'tcp.checksum.status',
  'tcp.checksum',
]
const OPTIONS = {
  SACK: 'tcp.options.sack_perm',
  timestamps: 'tcp.options.timestamp.tsval',
  scale: 'tcp.options.wscale.shift',
}
const GOOD = '1'
/** The other zero of one's complement: Linux writes it now and then into what it sends again, and tshark calls it bad. */
const OTHER_ZERO = '0xffff'

/** The one connection of each of these ports. Throws if a checksum is not right, or a connection is not there. */
export function look<Name extends string>(
  capture: string | Uint8Array,
  ports: Readonly<Record<Name, number>>,
): Record<Name, Seen> {
  const bytes = typeof capture === 'string' ? new Uint8Array(readFileSync(capture)) : capture
  const place = typeof capture === 'string' ? capture : 'the capture'
  const fields = [...FIELDS, ...Object.values(OPTIONS), ...FLAGS.map(flag => `tcp.analysis.${flag}`)]
  const count = Pcap.read(bytes).frames.length
  const preferences = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE']
  const rows = askTshark({ capture, count, fields, preferences })
  const [status, checksum] = ['tcp.checksum.status', 'tcp.checksum'].map(field => FIELDS.indexOf(field))
  const wrong = rows.findIndex(row => row[status] !== GOOD && row[checksum] !== OTHER_ZERO)
  check(wrong < 0, `tshark finds a wrong checksum in frame ${wrong + 1} of ${place}`)
  const entries = Object.entries<number>(ports).map(([name, port]) => {
    const own = rows.filter(([source, destination]) => source === String(port) || destination === String(port))
    return [name, ofConnection(own, `${name} in ${place}`)]
  })
  return Object.fromEntries(entries) as Record<Name, Seen>
}

function ofConnection(rows: readonly string[][], name: string): Seen {
  const syns = rows.filter(row => isSet(row[FIELDS.indexOf('tcp.flags.syn')]))
  check(new Set(syns.map(([source]) => source)).size === 2, `tshark finds no handshake of ${name}`)
  const data = rows.filter(row => Number(row[FIELDS.indexOf('tcp.len')]) > 0)
  check(data.length > 0, `tshark finds no data of ${name}`)
  const time = (row: readonly string[]): number => Number(row[FIELDS.indexOf('frame.time_relative')])
  const flags = noCounts()
  const late = lateOnes(rows)
  const column = (flag: Flag): number => FIELDS.length + Object.keys(OPTIONS).length + FLAGS.indexOf(flag)
  for (const row of rows) {
    const shown = FLAGS.filter(flag => row[column(flag)] !== '')
    const what: readonly Flag[] =
      late.has(row) && shown.some(isRepeat) ? [...shown.filter(flag => !isRepeat(flag)), LATE] : shown
    for (const flag of what) flags[flag]++
  }
  const negotiated = Object.keys(OPTIONS).filter((_, i) => syns.every(row => row[FIELDS.length + i] !== ''))
  return { negotiated, flags, seconds: time(data[data.length - 1]) - time(syns[0]) }
}

/** What tshark calls a segment that comes after one that follows it, by the duplicate acknowledgments that it has seen meanwhile. */
const isRepeat = (flag: Flag): boolean => flag === 'retransmission' || flag === 'fast_retransmission'
const LATE: Flag = 'out_of_order'

/**
 * Segments that were sent before one that has already passed: they are late, not sent again, whatever they are called. What is
 * sent again has the time at which it is sent again (RFC 7323 §3.2).
 */
function lateOnes(rows: readonly string[][]): Set<readonly string[]> {
  const tsval = FIELDS.length + Object.keys(OPTIONS).indexOf('timestamps')
  const newest = new Map<string, number>()
  const late = new Set<readonly string[]>()
  for (const row of rows) {
    if (row[tsval] === '') continue
    const value = Number(row[tsval])
    const before = newest.get(row[0])
    if (before !== undefined && ((value - before) | 0) < 0) late.add(row)
    else newest.set(row[0], value)
  }
  return late
}

/** Newer ones write `True`. */
const isSet = (flag: string): boolean => flag === '1' || flag === 'True'
