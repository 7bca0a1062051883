/** What was measured, as tables of Markdown. */
import { FLAGS, type Flag } from './analysis.ts'
import { DIRECTIONS, ENDS, FEW, type Tally, usual } from './cell.ts'
import type { Direction, Far } from './lab.ts'

export interface Measured {
  readonly name: string
  /** Each way and for each seed. */
  readonly octets: number
  readonly tally: Tally
}

type Amount = Omit<Measured, 'name'>

/** Of all seeds together. */
const rate = ({ octets, tally }: Amount, far: Far, direction: Direction): string => {
  const { seconds } = tally[far][direction]
  const all = seconds.reduce((a, b) => a + b, 0)
  return all === 0 ? '-' : ((octets * seconds.length) / all / 1000).toFixed(0)
}

/** `812 | 790`: ours and the kernel's. */
export const goodput = (amount: Amount, direction: Direction): string =>
  `${rate(amount, 'ours', direction).padStart(8)} | ${rate(amount, 'kernel', direction).padStart(8)}`

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

function goodputs(measured: readonly Measured[]): string {
  const head = [
    'delay, loss, reordering',
    'MB',
    'kernel to ours',
    'kernel to kernel',
    'ours to kernel',
    'kernel to kernel',
  ]
  const rows = measured.map(m => [
    title(m.name),
    m.octets / 1e6,
    ...DIRECTIONS.flatMap(direction => [rate(m, 'ours', direction), rate(m, 'kernel', direction)]),
  ])
  return table(head, rows)
}

const title = (name: string): string => name.replace(/-loss(\d+)-reorder(\d+)/, ', $1 %, $2 %').replace('ms', ' ms')

/** Both ends together, for those kinds that were seen at all: `ours / kernel`. */
function flagCounts(measured: readonly Measured[], direction: Direction): string {
  const count = ({ tally }: Measured, far: Far, flag: Flag): number =>
    ENDS.map(end => usual(tally, far, { direction, end, flag })).reduce((a, b) => a + b)
  const seen = FLAGS.filter(flag => measured.some(m => count(m, 'ours', flag) + count(m, 'kernel', flag) > 0))
  const head = ['delay, loss, reordering', ...seen.map(flag => flag.replaceAll('_', ' '))]
  const rows = measured.map(m => [
    title(m.name),
    ...seen.map(flag => `${count(m, 'ours', flag)} / ${count(m, 'kernel', flag)}`),
  ])
  return table(head, rows)
}

export const tables = (measured: readonly Measured[]): string => `### Goodput

kB/s of verified content, from the first SYN to the last octet, all seeds together.

${goodputs(measured)}

### What tshark flags

Flags of \`tcp.analysis\` in a transfer, ours / kernel pair: of the capture beside each end the median of the seeds, and both
captures together. The suite fails where, at either end, ours shows with every seed more than twice as many as the kernel pair
with any, and ${FEW}; or where ours shows a kind that the kernel pair shows nowhere.

Data from a kernel to ours (to a kernel):

${flagCounts(measured, 'in')}

Data from ours (from a kernel) to a kernel:

${flagCounts(measured, 'out')}
`
