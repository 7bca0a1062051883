/** Whole screens, as test/golden/tui keeps them: the same moment at every size, without colour, in ASCII, and the help. */
import { CaptureRun } from '../../src/decode/capture-run.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot, type RobotOptions } from '../tui/robot.ts'
import { readCapture } from './captures.ts'

interface Shot {
  readonly options: Partial<RobotOptions>
  readonly keys: readonly string[]
  /** Another lab than `voluntary`, at its beginning: the keys do all. */
  readonly lab?: string
  /** With the attributes of its cells. */
  readonly marked?: boolean
  /** Of a capture of real peers, opened with the password of alice; else of the lab. */
  readonly capture?: string
  /** Of another lab that asks its questions; the keys are all that is pressed. */
  readonly asks?: string
}

const SEALED = 'mschapv2-mppe128-stateless'
const typed = (text: string): string[] => [...text].map(letter => (letter === ' ' ? 'Space' : letter))
const goTo = (seconds: string): string[] => ['t', ...typed(seconds), 'Enter']

/** What happens to Dave is known; then somebody goes back and gives the NAT box another personality. */
const ALONE = [...goTo('22.3'), ...goTo('9'), 'm', 'm', ...typed('before Dave dials'), 'Enter']
const FORKED = [
  ...ALONE,
  ...[':', ...typed('nat { node: nat1, like: linux-pptp }'), 'Enter'],
  ...goTo('22.3'),
  ...['b', ...Array<string>('carol'.length).fill('Backspace'), ...typed('nat1'), 'Enter'],
]
const passthrough = (keys: readonly string[], options: Partial<RobotOptions> = {}): Shot => ({
  options,
  keys,
  lab: 'nat-single-passthrough',
})
const TALL: Partial<RobotOptions> = { size: { columns: 120, rows: 40 } }
const TINY: Partial<RobotOptions> = { size: { columns: 40, rows: 12 } }
const BOX = 'nat-single-passthrough'
/** To the second question of the box, before anything happens at 10 s. */
const SECOND = ['Space', '3', 'Enter', 'Enter', 't', '1', '2', 'Enter']

const SHOTS: Readonly<Record<string, Shot>> = {
  '80x24': { options: {}, keys: [] },
  '120x40': { options: { size: { columns: 120, rows: 40 } }, keys: [] },
  'net-120x40': { options: { size: { columns: 120, rows: 40 } }, keys: ['1'] },
  '200x60': { options: { size: { columns: 200, rows: 60 } }, keys: [] },
  'dash-80x24': { options: {}, keys: ['0'] },
  'dash-mono-120x40': {
    options: { size: { columns: 120, rows: 40 }, env: { NO_COLOR: '1' } },
    keys: ['Tab'],
    marked: true,
  },
  'dash-ascii-120x40': { options: { size: { columns: 120, rows: 40 }, env: { LANG: 'C' } }, keys: [] },
  '40x12': { options: { size: { columns: 40, rows: 12 } }, keys: [] },
  'mono-80x24': { options: { env: { NO_COLOR: '1' } }, keys: [], marked: true },
  'dark-80x24': { options: {}, keys: [], marked: true },
  'ascii-80x24': { options: { env: { LANG: 'C' } }, keys: [] },
  'packets-80x24': { options: {}, keys: ['3'] },
  'tunnels-80x24': { options: {}, keys: ['2'] },
  'events-80x24': { options: {}, keys: ['6'] },
  'checks-80x24': { options: {}, keys: ['7'] },
  'log-80x24': { options: {}, keys: ['9', 'k', 'k'] },
  'log-40x12': { options: { size: { columns: 40, rows: 12 } }, keys: ['9'] },
  'log-mono-80x24': { options: { env: { NO_COLOR: '1' } }, keys: ['9'], marked: true },
  'log-ascii-80x24': { options: { env: { LANG: 'C' } }, keys: ['9'] },
  'table-80x24': { options: {}, keys: ['2', 'l', 'Enter', 'Enter'] },
  'table-ascii-80x24': { options: { env: { LANG: 'C' } }, keys: ['2', 'Enter', 'Enter'] },
  'routes-80x24': { options: {}, keys: ['5', 'Tab', 'Tab', 'Tab'] },
  'help-80x24': { options: {}, keys: ['?'] },
  'capture-80x24': { capture: SEALED, options: {}, keys: ['/', 'e', 'c', 'h', 'o', 'Enter', 'j', 'Tab', 'G'] },
  'capture-120x40': { capture: SEALED, options: { size: { columns: 120, rows: 40 } }, keys: ['PgDn', 'PgDn', 'PgDn'] },
  'capture-40x12': { capture: SEALED, options: { size: { columns: 40, rows: 12 } }, keys: ['PgDn', 'PgDn', 'PgDn'] },
  'capture-ascii-80x24': { capture: SEALED, options: { env: { LANG: 'C' } }, keys: ['PgDn', 'PgDn'] },
  'capture-events-80x24': { capture: SEALED, options: {}, keys: ['6'] },
  'capture-tunnels-80x24': { capture: SEALED, options: {}, keys: ['2'] },
  'time-alone-80x24': passthrough([...ALONE, '8']),
  'time-80x24': passthrough([...FORKED, '8']),
  'time-120x40': passthrough([...FORKED, '8', 'n', 'n'], { size: { columns: 120, rows: 40 } }),
  'time-40x12': passthrough([...FORKED, '8'], { size: { columns: 40, rows: 12 } }),
  'time-mono-80x24': { ...passthrough([...FORKED, '8', 'n'], { env: { NO_COLOR: '1' } }), marked: true },
  'time-ascii-80x24': passthrough([...FORKED, '8'], { env: { LANG: 'C' } }),
  'why-80x24': passthrough([...goTo('10.12'), '6', 'w']),
  'why-40x12': passthrough([...goTo('10.12'), '6', 'w'], { size: { columns: 40, rows: 12 } }),
  'breaks-80x24': passthrough(['b', 'Enter', ...goTo('1'), 'b', 'Enter', 'B']),
  'question-80x24': { options: {}, keys: [...SECOND, '1'], asks: BOX },
  'question-120x40': { options: TALL, keys: [...SECOND, '1', 'H'], asks: BOX },
  'question-40x12': { options: TINY, keys: [...SECOND, '4'], asks: BOX },
  'question-ascii-80x24': { options: { env: { LANG: 'C' } }, keys: [...SECOND, '1', 'Tab'], asks: BOX },
  'question-mono-80x24': {
    options: { env: { NO_COLOR: '1' } },
    keys: ['Space', '3', 'Enter'],
    asks: BOX,
    marked: true,
  },
  'question-told-80x24': { options: {}, keys: ['Space', '3', 'Enter'], asks: BOX },
  'question-told-40x12': { options: TINY, keys: ['Space', '3', 'Enter'], asks: BOX },
  'question-long-80x24': { options: {}, keys: ['t', '2', 'Enter', '2', 'H'], asks: 'mtu-blackhole' },
  'question-long-40x12': { options: TINY, keys: ['t', '2', 'Enter', '3'], asks: 'mtu-blackhole' },
  'question-wide-80x24': { options: {}, keys: ['t', '4', '0', 'Enter', 'S', 'S', 'S', '2'], asks: 'compulsory' },
  'question-after-80x24': {
    options: {},
    keys: [...SECOND, '1', 'Enter', '2', 'Enter', 't', '8', '0', 'Enter', '7', 'G', 'k'],
    asks: BOX,
  },
  'question-after-40x12': {
    options: TINY,
    keys: [...SECOND, '1', 'Enter', '2', 'Enter', 't', '8', '0', 'Enter', '7', 'G'],
    asks: BOX,
  },
}

export const SHOT_NAMES = Object.keys(SHOTS)
export const fileOf = (name: string): string => `tui/frame-${name}.txt`

/** Five seconds into the lab `voluntary`, paused; another lab as the keys leave it; or a capture as it opens, then some keys. */
export async function shotOf(name: string): Promise<string> {
  const { options, keys, marked, lab, capture, asks } = SHOTS[name]
  const other = asks ?? lab
  const shown = { ui: { quiz: asks !== undefined }, ...options }
  const robot =
    capture !== undefined ? captured(capture, shown) : other === undefined ? await voluntary(shown) : of(other, shown)
  await robot.press(...keys)
  const text = marked ? robot.marked : robot.text
  await robot.close()
  return text
}

const of = (lab: string, options: Partial<RobotOptions>): Robot =>
  new Robot({ lab: labOf(lab), parts: PARTS, ...options })

async function voluntary(options: Partial<RobotOptions>): Promise<Robot> {
  const robot = of('voluntary', options)
  await robot.press('Space')
  await robot.wait(4950)
  await robot.press('Space')
  return robot
}

function captured(name: string, options: Partial<RobotOptions>): Robot {
  const capture = new CaptureRun(readCapture(name), `${name}.pcap`, new Map([['alice', 'alice-secret']]))
  const open = { lab: capture.lab, replay: {}, explain: '', capture }
  return new Robot({ open, parts: PARTS, ...options })
}
