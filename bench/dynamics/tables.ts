/** The parts of docs/tcp.md that are measured: each a name, and the text between its marks. */
import type { TcpOptions } from '../../src/ip/tcp.ts'
import { lossRun, squareRoot, withTimeouts } from './laws.ts'
import { ladder, type Rung, slowStart } from './shapes.ts'
import { longLine, share } from './sharing.ts'

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(head), row(head.map(() => '---')), ...rows].join('\n')
const percent = (p: number): string => `${Number((100 * p).toFixed(4))} %`
const mbit = (rate: number): string => (rate / 1e6).toFixed(2)

/** Share of segments lost, and how many seconds are measured: long enough for a hundred losses and more. */
export const LOSSES: readonly (readonly [number, number])[] = [
  [0.0001, 1000],
  [0.0003, 1000],
  [0.001, 1000],
  [0.003, 2000],
  [0.01, 3000],
]
const RTT = 0.1

export function squareRootRow(p: number, seconds: number): string {
  const ours = lossRun(p, seconds)
  const noSack = lossRun(p, seconds, { sack: false })
  const law = squareRoot(p, RTT)
  const { rate, fastRecoveries, timeouts } = ours
  return row([
    percent(p),
    law.toFixed(1),
    rate.toFixed(1),
    (rate / law).toFixed(2),
    (noSack.rate / law).toFixed(2),
    fastRecoveries,
    timeouts,
  ])
}

const squareRootLaw = (): string =>
  table(
    ['loss', 'law, segments/s', 'measured', 'measured / law', 'the same without SACK', 'fast recoveries', 'timeouts'],
    LOSSES.map(([p, seconds]) => squareRootRow(p, seconds)),
  )

export const TIMEOUT_CASES: readonly (readonly [number, TcpOptions])[] = [
  [0.01, {}],
  [0.03, {}],
  [0.03, { sack: false }],
  [0.03, { profile: 'rfc' }],
  [0.03, { profile: 'rfc', sack: false }],
]

export function timeoutRow(p: number, tcp: TcpOptions): string {
  const { rate, rtt, rto, timeouts } = lossRun(p, 5000, tcp)
  const formula = withTimeouts(p, rtt, rto)
  const { profile = 'linux', sack = true } = tcp
  const options = `${profile}, ${sack ? 'SACK' : 'no SACK'}`
  const [said, times] = [formula.toFixed(1), (rate / formula).toFixed(2)]
  return row([percent(p), options, `${Math.round(rto * 1000)} ms`, said, rate.toFixed(1), times, timeouts])
}

const timeoutLaw = (): string =>
  table(
    ['loss', 'options', 'T0', 'formula, segments/s', 'measured', 'measured / formula', 'timeouts'],
    TIMEOUT_CASES.map(([p, tcp]) => timeoutRow(p, tcp)),
  )

type Congestion = 'new-reno' | 'cubic'

export const QUEUES: readonly number[] = [15_000, 62_500, 125_000]
export const PAIRS: readonly (readonly [Congestion, Congestion])[] = [
  ['new-reno', 'new-reno'],
  ['cubic', 'cubic'],
  ['new-reno', 'cubic'],
]

export function shareRow(flows: readonly [Congestion, Congestion], queue: number): string {
  const { rates, jain } = share(flows, queue, 20, 620)
  const [a, b] = rates
  const ratio = Math.max(a, b) / Math.min(a, b)
  return row([flows.join(' and '), `${queue / 1000} kB`, mbit(a), mbit(b), ratio.toFixed(2), jain.toFixed(3)])
}

const sharing = (): string =>
  table(
    ['flows', 'queue', 'first, Mbit/s', 'second, Mbit/s', 'larger / smaller', 'Jain’s index'],
    PAIRS.flatMap(flows => QUEUES.map(queue => shareRow(flows, queue))),
  )

const longLines = (): string =>
  table(
    ['loss', 'NewReno, Mbit/s', 'CUBIC, Mbit/s', 'CUBIC / NewReno', 'losses met by each'],
    [0, 1e-6, 1e-5].map(loss => {
      const [reno, cubic] = (['new-reno', 'cubic'] as const).map(congestion => longLine(congestion, 60, loss))
      const losses = [reno, cubic].map(run => run.fastRecoveries + run.timeouts).join(', ')
      const times = (cubic.rate / reno.rate).toFixed(2)
      return row([percent(loss), mbit(reno.rate), mbit(cubic.rate), times, losses])
    }),
  )

function slowStartTable(): string {
  const rounds = 6
  const usual = slowStart(rounds)
  const each = slowStart(rounds, { profile: 'rfc', delayedAck: 0 })
  const careful = slowStart(rounds, { profile: 'rfc' })
  const heads = usual.map((_, round) => `${round + 1}`)
  return table(
    ['after round trip', ...heads],
    [
      row(['`linux`, every second segment is acknowledged', ...usual]),
      row(['`rfc`, every second segment is acknowledged', ...careful]),
      row(['`rfc`, every segment is acknowledged', ...each]),
    ],
  )
}

function drawn(rungs: readonly Rung[]): string {
  const lines = rungs.map(
    ({ t, text, cwnd, pipe, phase }) =>
      `${(t / 1e6).toFixed(2).padStart(9)}  ${text.padEnd(42)}${cwnd.toFixed(1).padStart(6)}${pipe.toFixed(1).padStart(6)}  ${phase}`,
  )
  const head = `${'ms'.padStart(9)}  ${'sender'.padEnd(42)}${'cwnd'.padStart(6)}${'pipe'.padStart(6)}  recovery`
  return `\`\`\`text\n${[head, ...lines].join('\n')}\n\`\`\``
}

/** The window in front of a loss is that of the first round trip: ten segments. */
const fastRecovery = (): string => drawn(ladder({ segments: 16, lose: [3] }))
const timeout = (): string => drawn(ladder({ segments: 4, lose: [3, 4], tcp: { tailLossProbe: false } }))

/** Those that take no time are checked by a test each time; of the others one row. */
export const QUICK: Readonly<Record<string, () => string>> = {
  'slow-start': slowStartTable,
  'fast-recovery': fastRecovery,
  timeout,
}
export const LONG: Readonly<Record<string, () => string>> = {
  'square-root-law': squareRootLaw,
  'timeout-law': timeoutLaw,
  sharing,
  'long-line': longLines,
}

const mark = (name: string): RegExp => new RegExp(`(<!-- measured: ${name} -->\\n\\n)([\\s\\S]*?)(\\n\\n<!-- end -->)`)

/** What stands between the marks of that name. */
export function measured(page: string, name: string): string {
  const found = mark(name).exec(page)
  if (!found) throw new Error(`the page has no place for ${name}`)
  return found[2]
}

export function withMeasured(page: string, name: string, text: string): string {
  measured(page, name)
  return page.replace(mark(name), (_, begin, __, end) => `${begin}${text}${end}`)
}
