/** What the window of an access server does to a transfer over its telephone line, as the page of compulsory shows it. */
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import { labOf } from './captured-run.ts'
import { shippedText } from './shipped.ts'

export const LINE_TABLE = 'docs/labs/compulsory.md'
const OCTETS = 150_000
/** An octet is ten bits on an asynchronous line. */
const LINE = 56_000 / 10
const TICK = sec(0.05)

export interface LineRow {
  readonly what: string
  /** Most frames that waited in the access server. */
  readonly most: number
  readonly dropped: number
  /** Of pings during the transfer, in ms; undefined: no answer came in time. */
  readonly ping: number | undefined
  /** Octets a second of the file, and as a share of what the line carries. */
  readonly goodput: number
  readonly share: number
}

/** A transfer of a whole file from the company to Bob, whose TCP takes what comes, with a ping in the midst of it. */
export function measured(what: string, overrides: readonly Override[]): LineRow {
  const text = shippedText('compulsory').replace(/^events:[\s\S]*/m, '')
  const lab = labOf(
    `${text}events:
  - { at: 0s, dial: bob }
  - { at: 5s, fetch: { from: bob, to: files, bytes: ${OCTETS}B } }
  - { at: 20s, ping: { from: bob, to: files, count: 5, timeout: 20s } }
`,
    [{ path: 'stop', value: '100s' }, { path: 'topology.nodes.bob.tcp.receive-buffer', value: '64kB' }, ...overrides],
  )
  const run = new Run(lab)
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  let most = 0
  for (let t = 0; t <= run.stop; t += TICK) {
    run.advanceTo(t)
    const nas = run.simulation.nodes.get('nas')?.snapshot() ?? {}
    most = Math.max(most, Number(valueAt(nas, 'lines[tty0].waiting') ?? 0))
  }
  const done = events.find(event => event.event === 'fetch-done')
  if (!done?.ok) throw new Error(`${what}: the transfer was not done`)
  const goodput = OCTETS / (done.took / 1e9)
  const pings = events.flatMap(event => (event.event === 'ping-reply' ? [event.rtt / 1e6] : []))
  const dropped = events.filter(({ event, node }) => event === 'drop' && node === 'nas').length
  const ping = pings.length === 0 ? undefined : pings.reduce((sum, rtt) => sum + rtt, 0) / pings.length
  return { what, most, dropped, ping, goodput, share: goodput / LINE }
}

const WINDOWS = [1, 2, 4, 8, 16, 32]

export const rows = (): LineRow[] => [
  ...WINDOWS.map(window => measured(`${window}`, [{ path: 'topology.nodes.nas.gre.window', value: `${window}` }])),
  measured('8, not obeyed', [{ path: 'topology.nodes.company.pptp.gre.flow', value: 'none' }]),
]

export function lineTable(found = rows()): string {
  const head =
    '| window | frames that waited, at most | dropped | ping meanwhile | octets of the file a second | of the line |'
  const lines = found.map(({ what, most, dropped, ping, goodput, share }) => {
    const rtt = ping === undefined ? 'no answer' : `${Math.round(ping)} ms`
    return `| ${what} | ${most} | ${dropped} | ${rtt} | ${Math.round(goodput)} | ${Math.round(share * 100)} % |`
  })
  return [head, '| --- | --- | --- | --- | --- | --- |', ...lines].join('\n')
}

const PLACE = /(<!-- line table -->\n)[\s\S]*?(<!-- end -->)/
/** The page with the table as it is measured today. */
export function withLineTable(text: string): string {
  if (!PLACE.test(text)) throw new Error(`no place for the table in ${LINE_TABLE}`)
  return text.replace(PLACE, (_, before: string, after: string) => `${before}\n${lineTable()}\n\n${after}`)
}
