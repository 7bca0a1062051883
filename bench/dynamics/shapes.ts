/** What a sender does in the first round trips, in a fast recovery, and when its timer runs out. */
import { get32 } from '../../src/base/bytes.ts'
import { ms } from '../../src/base/time.ts'
import type { Connection, TcpOptions } from '../../src/ip/tcp.ts'
import type { Link, TappedFrame } from '../../src/link/link.ts'
import { bulk, MSS, pair } from './network.ts'

const DELAY = ms(50)
const IP_HEADER = 20

/** The congestion window in segments at the end of each of the first round trips after the handshake. */
export function slowStart(rounds: number, tcp: TcpOptions = {}): number[] {
  const { network, sender, receiver } = pair(1, { delay: DELAY, rate: 1e9 }, tcp)
  const { connection } = bulk(sender, receiver, '10.0.0.2')
  return Array.from({ length: rounds }, (_, round) => {
    network.run(ms(195 + 100 * round))
    return Math.round(connection.info().cwnd / MSS)
  })
}

/** A line of a ladder: a segment as it leaves the sender, or an acknowledgment as it comes back. */
export interface Rung {
  /** Nanoseconds. */
  readonly t: number
  readonly text: string
  /** What it means for the sender, in segments. */
  readonly cwnd: number
  readonly pipe: number
  readonly phase: string
}

export interface Ladder {
  readonly segments: number
  /** Which segments the line loses, counted in the order of their sending, from 1. */
  readonly lose: readonly number[]
  readonly tcp?: TcpOptions
}

/** One short transfer, seen by the sender. Segments are called by their place in the text: 1 is the first. */
export function ladder({ segments, lose, tcp = {} }: Ladder): Rung[] {
  const { network, sender, receiver, link } = pair(1, { delay: DELAY, rate: 10e6 }, tcp)
  const { connection } = bulk(sender, receiver, '10.0.0.2', undefined, segments * MSS)
  const { scheduler } = network.world
  const rungs: Rung[] = []
  const note = (text: string): void => {
    // After the event that this is a part of.
    const t = scheduler.now
    scheduler.after(0, 'ladder', () => rungs.push({ t, text, ...standing(connection) }))
  }
  let first = 0
  let last = 0
  let sent = 0
  watch(link, frame => {
    const tcpAt = IP_HEADER
    const header = (frame.bytes[tcpAt + 12] >> 4) * 4
    if (frame.from === 1) {
      const text = answer(frame.bytes, tcpAt, header, first)
      if (text && frame.arrives !== undefined)
        scheduler.after(frame.arrives - scheduler.now, 'ladder', () => note(text))
      return
    }
    if (frame.bytes.length === IP_HEADER + header) return
    const seq = get32(frame.bytes, tcpAt + 4)
    if (sent++ === 0) first = seq
    const place = ((seq - first) | 0) / MSS + 1
    const again = place <= last ? ' again' : ''
    last = Math.max(last, place)
    note(`${place}${again} ${frame.fate ? '------x' : '------------->'}`)
    loseNext(link, lose.includes(sent + 1))
  })
  network.run(ms(3000))
  return rungs
}

function watch(link: Link, tap: (frame: TappedFrame) => void): void {
  link.tap = tap
}

function loseNext(link: Link, yes: boolean): void {
  link.change(0, { loss: yes ? 1 : 0 })
}

function standing(connection: Connection): Pick<Rung, 'cwnd' | 'pipe' | 'phase'> {
  const { cwnd, pipe, recovery } = connection.info()
  return { cwnd: cwnd / MSS, pipe: pipe / MSS, phase: recovery }
}

/** `<---- 5, 7-9`: the segment that is wanted next, and those that have come beyond it. */
function answer(b: Uint8Array, at: number, header: number, first: number): string | undefined {
  if (b.length > IP_HEADER + header || b[at + 13] & 2 || first === 0) return undefined
  const place = (seq: number): number => ((seq - first) | 0) / MSS + 1
  const blocks: string[] = []
  for (let o = at + 20; o < at + header; ) {
    if (b[o] === 1) o++
    else {
      if (b[o] === 5) {
        for (let n = o + 2; n < o + b[o + 1]; n += 8) {
          const [from, to] = [place(get32(b, n)), place(get32(b, n + 4)) - 1]
          blocks.push(from === to ? `${from}` : `${from}-${to}`)
        }
      }
      o += b[o + 1]
    }
  }
  const sack = blocks.length > 0 ? `, has ${blocks.join(', ')}` : ''
  return `<------------- wants ${place(get32(b, at + 8))}${sack}`
}
