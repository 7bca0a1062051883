/** The grid: delay, loss and reordering of the road. */
import type { Cell } from './cell.ts'

const MB = 1_000_000
const SEEDS = [1, 2, 3]
/** Reordering makes the kernel's counts differ between seeds by a hundred times: three might stand apart by chance. */
const MORE_SEEDS = [1, 2, 3, 4, 5]

/**
 * Octets each way. The issue is to see much happen, not to wait: a path of 400 ms that loses 5 % carries some 20 kB/s
 * (the square-root law), and 10 MB would take ten minutes.
 */
const OCTETS: Readonly<Record<string, number>> = {
  '0 0': 10 * MB,
  '0 1': 10 * MB,
  '0 5': 10 * MB,
  '20 0': 10 * MB,
  '20 1': 4 * MB,
  '20 5': 2 * MB,
  '200 0': 5 * MB,
  '200 1': MB,
  '200 5': 300_000,
}

/** Reordering is to skip the delay: without one there is nothing to skip. */
const REORDERING: Readonly<Record<number, readonly number[]>> = { 0: [0], 20: [0, 5], 200: [0, 5] }

export const CELLS: readonly Cell[] = [0, 20, 200].flatMap(delay =>
  [0, 1, 5].flatMap(loss =>
    REORDERING[delay].map(reordering => ({
      name: `${delay}ms-loss${loss}-reorder${reordering}`,
      road: { delay: `${delay}ms`, loss: `${loss}%`, reordering: `${reordering}%` },
      octets: OCTETS[`${delay} ${loss}`],
      seeds: reordering === 0 ? SEEDS : MORE_SEEDS,
      atOnce: delay === 0 || (loss === 0 && delay < 200) ? 1 : 3,
    })),
  ),
)

/** One that shows all, and one without any fault: half a minute. */
export const SHORT: readonly string[] = ['0ms-loss0-reorder0', '20ms-loss5-reorder5']
