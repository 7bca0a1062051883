/** The views of the terminal UI at several moments and sizes, as text. */
import type { Model, Selection, Size, Ui, View } from '../../tui/model.ts'
import { narrate, plainRun } from '../../tui/plain.ts'
import type { Move } from '../../tui/selection.ts'
import { plainText } from '../../tui/text.ts'
import * as Checks from '../../tui/views/checks.ts'
import * as Events from '../../tui/views/events.ts'
import * as Ladder from '../../tui/views/ladder.ts'
import * as Log from '../../tui/views/log.ts'
import * as Nat from '../../tui/views/nat.ts'
import * as Packets from '../../tui/views/packets.ts'
import * as Tunnels from '../../tui/views/tunnels.ts'
import { why } from '../../tui/views/why.ts'
import { recorded } from './scene.ts'
import { modelOf, UI } from './ui.ts'

/** Its keys change more than the selection; the tests of all views ask for that part. */
const LADDER = {
  view: Ladder.view,
  panes: () => 1,
  moveSelection: (model: Model, move: Move): Selection => Ladder.press(model, move).selection,
  enter: (model: Model): Partial<Ui> => Ladder.press(model, 'enter'),
}
const VIEWS = {
  tunnels: Tunnels,
  packets: Packets,
  ladder: LADDER,
  nat: Nat,
  events: Events,
  checks: Checks,
  log: Log,
} as const
export const VIEWS_AND_WHY = { ...VIEWS, why: { ...Nat, view: why } } as const
export type Name = keyof typeof VIEWS_AND_WHY

/** What is left of a screen inside the frame. */
export const SIZES: Readonly<Record<string, Size>> = {
  '80x24': { columns: 78, rows: 20 },
  '120x40': { columns: 118, rows: 36 },
  '200x60': { columns: 198, rows: 56 },
  '40x12': { columns: 40, rows: 9 },
}

/** Before the start, while the tunnel opens, with a ping in it, after the end. */
export const LABS: Readonly<Record<string, readonly number[]>> = {
  voluntary: [-1, 0.16, 5.012, 30],
  'voluntary-lan': [-1, 1.16, 5.012, 30],
  'wrong-password': [-1, 0.2, 5.012, 30],
  compulsory: [0.02, 0.3, 12.03, 60],
  'dial-up': [5.03],
  'compulsory-realms': [12],
}

/** Labs with firewalls and NAT boxes: what is looked at there is the view of those. */
export const BOXES: Readonly<Record<string, readonly number[]>> = {
  'nat-single-passthrough': [22.3],
  'gre-blocked': [10],
}

interface Shot {
  readonly view: Name
  readonly ui?: Partial<Ui>
  readonly selection?: Partial<Selection>
  /** Only in the small form, which shows one pane. */
  readonly small?: true
}

const SHOTS: readonly Shot[] = [
  { view: 'tunnels', selection: { layer: 3 } },
  { view: 'tunnels', ui: { pane: 1 }, selection: { tunnel: 2, layer: 4 } },
  { view: 'tunnels', ui: { pane: 2 }, selection: { layer: 5 } },
  { view: 'packets' },
  { view: 'packets', ui: { pane: 1 }, selection: { field: [6] } },
  { view: 'packets', ui: { pane: 2 }, selection: { field: [2, 3] }, small: true },
  { view: 'ladder' },
  { view: 'ladder', ui: { filter: 'lcp' } },
  { view: 'events' },
  { view: 'events', ui: { filter: 'drop' } },
  { view: 'checks', selection: { check: 1 } },
  { view: 'log', selection: { logLine: 4 } },
]

const BOX_SHOTS: readonly Shot[] = [
  { view: 'nat', selection: { connection: 9 } },
  { view: 'nat', ui: { pane: 1 }, selection: { rule: 2 } },
  { view: 'nat', ui: { pane: 2 } },
  { view: 'nat', ui: { pane: 3 }, selection: { ipRow: 1 } },
  { view: 'nat', ui: { pane: 6 }, selection: { node: 'office' } },
  { view: 'why', ui: { pane: 2 }, selection: { loss: 1 } },
]

const nameOf = ({ view, ui }: Shot): string =>
  `${view}${ui?.pane ? `, pane ${ui.pane + 1}` : ''}${ui?.filter ? ` /${ui.filter}` : ''}`

/** Of the wide screen one moment of some labs is enough: what differs is how the room is used. */
const WIDE_LABS: readonly string[] = ['voluntary', 'compulsory', 'nat-single-passthrough']
const isWanted = (lab: string, size: string): boolean => size !== '200x60' || WIDE_LABS.includes(lab)

/** All views of a lab in one size; lines end in `│`, so that the spaces before it are seen. */
export function shots(lab: string, size: string): string {
  const parts: string[] = []
  const times = LABS[lab] ?? BOXES[lab]
  for (const t of size === '200x60' ? times.slice(-2, -1).concat(times.length < 2 ? times : []) : times) {
    const recorder = recorded(lab, t)
    for (const shot of lab in BOXES ? BOX_SHOTS : SHOTS) {
      if (shot.small && size !== '40x12') continue
      const render: View = VIEWS_AND_WHY[shot.view].view
      const { lines, sentence, keys } = render(
        modelOf(recorder, { view: shot.view === 'why' ? 'nat' : shot.view, ...shot.ui }, shot.selection),
        SIZES[size],
      )
      const head = `== ${t < 0 ? 'before the start' : `${t} s`}: ${nameOf(shot)}`
      parts.push(
        [head, ...lines.map(line => `${plainText(line)}│`), `> ${sentence}`, `> ${keys.join('  ')}`, ''].join('\n'),
      )
    }
  }
  return `${parts.join('\n')}`
}

/** The lab as `--plain` tells it, and one moment in the middle. */
export function plain(lab: string): string {
  const lines: string[] = []
  const recorder = recorded(lab, -1)
  plainRun(
    recorder,
    line => lines.push(line),
    scene => ({ ...modelOf(recorder), scene, ui: UI }),
  )
  const moment = narrate(modelOf(recorded(lab, 5.012)))
  return `${lines.join('\n')}\n\n== 5.012 s\n${moment.join('\n')}\n`
}

/** The files of test/golden/tui, each with what must stand in it. */
export function* goldenFiles(): Generator<readonly [string, () => string]> {
  for (const lab of Object.keys(BOXES)) {
    for (const size of Object.keys(SIZES)) {
      if (isWanted(lab, size)) yield [`tui/${lab}-${size}.txt`, () => shots(lab, size)]
    }
  }
  for (const lab of Object.keys(LABS)) {
    for (const size of Object.keys(SIZES)) {
      if (isWanted(lab, size)) yield [`tui/${lab}-${size}.txt`, () => shots(lab, size)]
    }
    yield [`tui/${lab}-plain.txt`, () => plain(lab)]
  }
}
