/** The moments at which the view of the net is kept as text in test/golden/tui. */
import assert from 'node:assert/strict'
import { load, Recorder, Run } from '../../src/index.ts'
import type { Model, Selection, Ui } from '../../tui/model.ts'
import { plainText } from '../../tui/text.ts'
import { netView } from '../../tui/views/net.ts'
import { shippedText } from './shipped.ts'
import { modelOf } from './ui.ts'

export interface Moment {
  readonly title: string
  readonly lab: string
  /** Below zero: before anything. */
  readonly seconds: number
  readonly more?: string
  readonly ui?: Partial<Ui>
  readonly selection: Partial<Selection>
}

const bob = { node: 'bob', tunnel: 1 }
const alice = { node: 'alice', tunnel: 1 }
const CUT = '  - { at: 6s, link: { between: [isp, office], down: true } }\n'

const MOMENTS: readonly Moment[] = [
  { title: 'before the start', lab: 'voluntary', seconds: -1, selection: alice },
  { title: 'the call opens', lab: 'voluntary', seconds: 0.14, selection: alice },
  { title: 'CCP opens, alice is selected', lab: 'voluntary', seconds: 0.235, selection: alice },
  { title: 'a ping on its way', lab: 'voluntary', seconds: 5.012, selection: alice },
  { title: 'the same from outside', lab: 'voluntary', seconds: 5.012, selection: alice, ui: { lens: 'outside' } },
  {
    title: 'the same inside, with addresses',
    lab: 'voluntary',
    seconds: 5.012,
    selection: { node: 'office' },
    ui: { lens: 'inside', labels: 'addresses' },
  },
  { title: 'the link is selected', lab: 'voluntary', seconds: 5.012, selection: { link: 0 } },
  { title: 'the tunnel is selected', lab: 'voluntary', seconds: 5.012, selection: { tunnel: 1 } },
  { title: 'a file comes', lab: 'voluntary', seconds: 11.5, selection: alice },
  { title: 'a link is down', lab: 'voluntary', seconds: 7.01, more: CUT, selection: { node: 'isp' } },
  { title: 'alice has hung up', lab: 'voluntary', seconds: 21, selection: alice },
  { title: 'the end', lab: 'voluntary', seconds: 30, selection: { node: 'files' } },
  { title: 'the password is wrong', lab: 'wrong-password', seconds: 0.5, selection: alice },
  { title: 'before the start', lab: 'voluntary-lan', seconds: -1, selection: alice },
  { title: 'the tunnel of alice opens', lab: 'voluntary-lan', seconds: 0.14, selection: alice },
  { title: 'bob dials, too', lab: 'voluntary-lan', seconds: 1.09, selection: { node: 'bob', tunnel: 2 } },
  { title: 'two pings on their way', lab: 'voluntary-lan', seconds: 5.012, selection: alice },
  { title: 'the office is selected', lab: 'voluntary-lan', seconds: 5.012, selection: { node: 'office' } },
  { title: 'the switch is selected', lab: 'voluntary-lan', seconds: 5.012, selection: { node: 'sw1' } },
  { title: 'alice has hung up', lab: 'voluntary-lan', seconds: 16, selection: { node: 'office' } },
  { title: 'before the start', lab: 'compulsory', seconds: -1, selection: bob },
  { title: 'bob has dialled', lab: 'compulsory', seconds: 0.02, selection: bob },
  { title: 'the NAS asks for a tunnel', lab: 'compulsory', seconds: 0.11, selection: { node: 'nas', tunnel: 1 } },
  { title: 'LCP opens', lab: 'compulsory', seconds: 0.3, selection: bob },
  { title: 'a ping on the line', lab: 'compulsory', seconds: 12.03, selection: bob },
  { title: 'a ping in the tunnel', lab: 'compulsory', seconds: 12.066, selection: { node: 'company', tunnel: 1 } },
  { title: 'the line is selected', lab: 'compulsory', seconds: 12.03, selection: { link: 0 } },
  { title: 'bob hangs up', lab: 'compulsory', seconds: 40.14, selection: bob },
  { title: 'the call is over', lab: 'compulsory', seconds: 45, selection: { node: 'nas', tunnel: 1 } },
  { title: 'a file comes by line', lab: 'dial-up', seconds: 12.03, selection: bob },
  { title: 'the access server', lab: 'dial-up', seconds: 5.03, selection: { node: 'nas' } },
  { title: 'three calls, two tunnels', lab: 'compulsory-realms', seconds: 12, selection: { node: 'nas' } },
  { title: 'the telephone network', lab: 'compulsory-realms', seconds: 12, selection: { node: 'pstn' } },
  { title: 'the trunk is selected', lab: 'compulsory-realms', seconds: 12, selection: { link: 3 } },
]

/** The inside of the frame in a terminal of that size. */
const SIZES = { '80x24': [78, 20], '120x40': [118, 36], '40x12': [40, 9] } as const
const LABS = ['voluntary', 'wrong-password', 'voluntary-lan', 'compulsory', 'dial-up', 'compulsory-realms'] as const

/** File name and text of each golden file. */
export function* netGoldens(): Generator<readonly [string, string]> {
  for (const lab of LABS) {
    for (const [name, [columns, rows]] of Object.entries(SIZES)) {
      const moments = MOMENTS.filter(moment => moment.lab === lab)
      yield [`tui/net-${lab}-${name}.txt`, moments.map(moment => textOf(moment, columns, rows)).join('\n')]
    }
  }
}

function textOf(moment: Moment, columns: number, rows: number): string {
  const { lines, sentence, keys } = netView(modelAt(moment), { columns, rows })
  const body = lines.map(line => `│${plainText(line)}│`)
  return [`# ${moment.seconds} s: ${moment.title}`, ...body, sentence, keys.join('  '), ''].join('\n')
}

export function modelAt({ lab, seconds, more, ui, selection }: Omit<Moment, 'title'>): Model {
  const text = shippedText(lab)
  const loaded = load(more === undefined ? text : text.replace(/^(ask|expect):\n/m, `${more}$&`), lab)
  assert.ok(loaded.ok)
  const recorder = new Recorder(new Run(loaded.lab))
  if (seconds >= 0) recorder.run.advanceTo(seconds * 1e9)
  return modelOf(recorder, ui, selection)
}
