/**
 * One cell of the grid: the same transfers kernel with ours and kernel with kernel, over the same road, once for each seed;
 * and the judgement. What a capture shows is counted for each direction of the data and each end at which it was captured.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '../support/outside/failure.ts'
import type { Undo } from '../support/outside/undo.ts'
import { type Counts, FLAGS, type Flag, look, type Seen } from './analysis.ts'
import { type Direction, type End, type Far, PORT, type Road } from './lab.ts'
import { transfer } from './transfer.ts'

export interface Cell {
  readonly name: string
  readonly road: Road
  /** Each way. */
  readonly octets: number
  readonly seeds: readonly number[]
  /** Transfers at once. One that the machine, not the road, limits is played alone. */
  readonly atOnce: number
}

/** One direction of the data: an entry for each seed. */
interface Counted {
  readonly seconds: number[]
  readonly flags: Record<End, Counts[]>
}
export type Tally = Readonly<Record<Far, Readonly<Record<Direction, Counted>>>>

export const ENDS: readonly End[] = ['a', 'b']
export const DIRECTIONS: readonly Direction[] = ['in', 'out']
const OPTIONS = 'SACK, timestamps, scale'

/**
 * Behind the clock by more than half of the shortest retransmission timer, the simulation may have set off timers at its ends:
 * that run does not count.
 */
const LATE_MS = 100
const TRIES = 4

const nothing = (): Counted => ({ seconds: [], flags: { a: [], b: [] } })
export const newTally = (): Tally => ({
  ours: { in: nothing(), out: nothing() },
  kernel: { in: nothing(), out: nothing() },
})

/** Captures of ours, of all seeds. */
export type Captures = Readonly<Record<End, string[]>>

/** Plays the cell into the tally; a failure says which options a SYN lacks. */
export async function play(cell: Cell, folder: string, undo: Undo, tally: Tally, captures: Captures): Promise<void> {
  const fars: readonly Far[] = ['ours', 'kernel']
  const runs = fars.flatMap(far => cell.seeds.map(seed => ({ far, seed })))
  const next = runs.values()
  const lacking = new Set<string>()
  const worker = async (): Promise<void> => {
    for (const { far, seed } of next) {
      const seen = await punctual(cell, far, seed, folder, undo)
      for (const end of ENDS) {
        if (far === 'ours') captures[end].push(seen[end].capture)
        for (const direction of DIRECTIONS) {
          const { negotiated, flags, seconds } = seen[end][direction]
          if (negotiated.join(', ') !== OPTIONS)
            lacking.add(`${far} ${direction}: ${negotiated.join(', ') || 'nothing'}`)
          tally[far][direction].flags[end].push(flags)
          // At the receiver: the last octet has come.
          if ((end === 'b') === (direction === 'in')) tally[far][direction].seconds.push(seconds)
        }
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: cell.atOnce }, worker))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  check(lacking.size === 0, `negotiated instead of ${OPTIONS}: ${[...lacking].join('; ')}`)
}

/** One run on time, and what both ends saw. */
async function punctual(
  { road, octets }: Cell,
  far: Far,
  seed: number,
  folder: string,
  undo: Undo,
): Promise<Record<End, Record<Direction, Seen> & { capture: string }>> {
  for (let tries = 1; ; tries++) {
    const own = join(folder, `${far}-${seed}-${tries}`)
    mkdirSync(own, { recursive: true })
    const { a, b, late } = await transfer({ far, road, octets, seed }, own, undo)
    if (late <= LATE_MS) return { a: { ...look(a, PORT), capture: a }, b: { ...look(b, PORT), capture: b } }
    check(tries < TRIES, `this machine is too slow: the simulation was ${late} ms late in the last of ${tries} runs`)
  }
}

/** With so few a factor says nothing. */
export const FEW = 8

export interface Place {
  readonly direction: Direction
  readonly end: End
  readonly flag: Flag
}

/**
 * Where ours shows a kind of flag more than twice as often as the kernel, and a few: with every seed more than the kernel with any.
 * Chance gives the kernel pair beside itself very different counts; with reordering one timeout makes a thousand flags, or none.
 * So means say nothing, but what stands apart with all seeds does not do so by chance.
 */
export function worse(tally: Tally): Place[] {
  const places = DIRECTIONS.flatMap(direction =>
    ENDS.flatMap(end => FLAGS.map((flag): Place => ({ direction, end, flag }))),
  )
  return places.filter(place => {
    const least = Math.min(...countsAt(tally, 'ours', place))
    const most = Math.max(0, ...countsAt(tally, 'kernel', place))
    return least !== Number.POSITIVE_INFINITY && least > 2 * most + FEW
  })
}

/** `in at a: retransmission 29 30 41, kernel 9 10 10` */
export const describePlace = (tally: Tally, place: Place): string => {
  const [ours, kernel] = (['ours', 'kernel'] as const).map(far => countsAt(tally, far, place).sort((a, b) => a - b))
  return `${place.direction} at ${place.end}: ${place.flag} ${ours.join(' ')}, kernel ${kernel.join(' ')}`
}

/** The median of the seeds. */
export function usual(tally: Tally, far: Far, place: Place): number {
  const counts = countsAt(tally, far, place).sort((a, b) => a - b)
  return counts.length === 0 ? 0 : counts[counts.length >> 1]
}

const countsAt = (tally: Tally, far: Far, { direction, end, flag }: Place): number[] =>
  tally[far][direction].flags[end].map(counts => counts[flag])

/** Kinds of flags that ours shows somewhere and the kernel pair nowhere. */
export function strange(all: readonly Tally[]): Flag[] {
  const shows = (far: Far, flag: Flag): boolean =>
    all.some(tally =>
      DIRECTIONS.some(direction =>
        ENDS.some(end => countsAt(tally, far, { direction, end, flag }).some(count => count > 0)),
      ),
    )
  return FLAGS.filter(flag => shows('ours', flag) && !shows('kernel', flag))
}
