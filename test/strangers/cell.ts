/**
 * One cell of the grid: the same transfers kernel with ours and kernel with kernel, over the same road, once for each seed;
 * and the judgement. What a capture shows is counted for each direction of the data and each end at which it was captured.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '../support/outside/failure.ts'
import type { Undo } from '../support/outside/undo.ts'
import { FLAGS, type Flag, look, noCounts, type Seen } from './analysis.ts'
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

/** All seeds of one direction together. */
interface Sum {
  seconds: number
  readonly flags: Record<End, Record<Flag, number>>
}
export type Sums = Readonly<Record<Far, Readonly<Record<Direction, Sum>>>>

const ENDS: readonly End[] = ['a', 'b']
export const DIRECTIONS: readonly Direction[] = ['in', 'out']
const OPTIONS = 'SACK, timestamps, scale'

/**
 * Behind the clock by more than half of the shortest retransmission timer, the simulation may have set off timers at its ends:
 * that run does not count.
 */
const LATE_MS = 100
const TRIES = 4

const newSum = (): Sum => ({ seconds: 0, flags: { a: noCounts(), b: noCounts() } })
export const newSums = (): Sums => ({
  ours: { in: newSum(), out: newSum() },
  kernel: { in: newSum(), out: newSum() },
})

/** Captures of ours, of all seeds. */
export type Captures = Readonly<Record<End, string[]>>

/** Plays the cell into the sums; a failure says which options a SYN lacks. */
export async function play(cell: Cell, folder: string, undo: Undo, sums: Sums, captures: Captures): Promise<void> {
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
          const sum = sums[far][direction]
          for (const flag of FLAGS) sum.flags[end][flag] += flags[flag]
          // At the receiver: the last octet has come.
          if ((end === 'b') === (direction === 'in')) sum.seconds += seconds
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

/**
 * Chance gives two equal processes different counts: the kernel pair, beside itself with three other seeds, needs so many more
 * than twice as many in one place of the grid.
 */
export const FEW = 8

export interface Place {
  readonly direction: Direction
  readonly end: End
  readonly flag: Flag
}

/** Where ours shows a kind of flag more than twice as often as the kernel, and a few. */
export function worse(sums: Sums): Place[] {
  const places = DIRECTIONS.flatMap(direction =>
    ENDS.flatMap(end => FLAGS.map((flag): Place => ({ direction, end, flag }))),
  )
  return places.filter(place => countAt(sums, 'ours', place) > 2 * countAt(sums, 'kernel', place) + FEW)
}

export const describePlace = (sums: Sums, place: Place): string =>
  `${place.direction} at ${place.end}: ${place.flag} ${countAt(sums, 'ours', place)}, kernel ${countAt(sums, 'kernel', place)}`

const countAt = (sums: Sums, far: Far, { direction, end, flag }: Place): number => sums[far][direction].flags[end][flag]

/** Kinds of flags that ours shows somewhere and the kernel pair nowhere. */
export function strange(all: readonly Sums[]): Flag[] {
  const shows = (far: Far, flag: Flag): boolean =>
    all.some(sums => DIRECTIONS.some(direction => ENDS.some(end => countAt(sums, far, { direction, end, flag }) > 0)))
  return FLAGS.filter(flag => shows('ours', flag) && !shows('kernel', flag))
}
