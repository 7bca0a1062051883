/**
 * The first hour of a student with `nat-no-helper`: what is pressed, and the screens that come of it. docs/first-hour.md shows them
 * (`npm run docs:update`); `npm run test:first-hour` presses the same keys in tmux.
 */
import { PARTS } from '../../tui/views.ts'
import { labOf, Robot } from '../tui/robot.ts'

export interface Step {
  /** What the student wants, and sees. */
  readonly say: string
  readonly keys: readonly string[]
  /** What its screen must show, from 80 columns on: the story is not to go on beside the program. */
  readonly shows?: RegExp
  /** The run goes on for so many milliseconds of the wall between the first key and the others. */
  readonly plays?: number
}

const typed = (text: string): string[] => [...text].map(letter => (letter === ' ' ? 'Space' : letter))

export const LAB = 'nat-no-helper'
export const SAVED = 'alice-cured.yaml'

export const STEPS: readonly Step[] = [
  { say: 'The lab opens, paused at 0 s. Alice has not dialled yet.', keys: [] },
  {
    say: 'Let it run for three seconds, and pause. The tunnel begins, and does not come up.',
    keys: ['Space', 'Space'],
    plays: 3000,
  },
  { say: 'On to 10 s: `t`, the time, `Enter`.', keys: ['t', ...typed('10'), 'Enter'] },
  { say: 'How far is the tunnel? LCP has asked four times, and Alice hears nothing.', keys: ['2'] },
  { say: 'The packets. The answer of the office, the last but one, ends with `×` at home.', keys: ['3', 'k'] },
  { say: 'Its layers: `Tab`, and down to GRE.', keys: ['Tab', 'j', 'j', 'j'] },
  { say: 'What is this field? `e` explains it.', keys: ['e'] },
  { say: 'The same as a sequence diagram.', keys: ['Esc', '4'] },
  {
    say: 'What does the box remember? GRE stands there twice, once for each way: the box does not know that they belong together.',
    keys: ['5'],
  },
  { say: 'Among the events: the latest drop, and `w`: why?', keys: ['6', '/', ...typed('drop'), 'Enter', 'w'] },
  {
    say: 'Back to 5 s, before anybody knows more. The known future stays on the timeline.',
    keys: ['w', 't', '5', 'Enter', '1'],
  },
  { say: 'The box is still chosen. `a`: what can be done with it?', keys: ['a'] },
  { say: '`n`: another personality.', keys: ['n'] },
  {
    say: 'One with a PPTP helper. What is known of the future stays, as A; this is B.',
    keys: ['1'],
    shows: /Future B, 5\.000 s: home becomes like linux-pptp/,
  },
  {
    say: 'The old call is lost for PPP, so Alice hangs up, which takes a while, and dials again at 12 s.',
    keys: ['h', 'h', 'a', 'd', ':', ...typed('at 12s connect alice'), 'Enter'],
  },
  { say: 'At 15 s her tunnel is up.', keys: ['t', ...typed('15'), 'Enter'], shows: /√ all up/ },
  { say: 'Both futures side by side, with the first difference.', keys: ['8'] },
  { say: 'One step back, and one on.', keys: ['1', ',', '.'] },
  { say: '`F` forks here: what is done now happens in C.', keys: ['F'], shows: /Future C/ },
  {
    say: 'There the line to the provider is unplugged. Twelve seconds later both ends still believe in the tunnel: nobody has sent anything.',
    keys: [':', ...typed('link { between: [home, isp], down: true }'), 'Enter', 't', ...typed('27'), 'Enter', '2'],
  },
  { say: 'Back in B: `8`, up to it, `Enter`.', keys: ['8', 'k', 'Enter'], shows: /here: B/ },
  {
    say: 'B is kept as a lab of its own, without what was asked and checked of the old box.',
    keys: [':', ...typed(`save ${SAVED}`), 'Enter'],
    shows: new RegExp(`here: B[^]*${SAVED} is written`),
  },
]

export interface Seen extends Step {
  readonly rows: readonly string[]
}

export async function firstHour(columns: number, rows: number): Promise<readonly Seen[]> {
  const robot = new Robot({ lab: labOf(LAB), parts: PARTS, size: { columns, rows }, ui: { quiz: false, view: 'net' } })
  const seen: Seen[] = []
  for (const step of STEPS) {
    const [first, ...others] = step.keys
    if (step.plays !== undefined) {
      await robot.press(first)
      await robot.wait(step.plays)
      await robot.press(...others)
    } else await robot.press(...step.keys)
    // What takes a moment, takes it.
    await robot.wait(3000)
    seen.push({ ...step, rows: robot.rows.map(row => row.trimEnd()) })
  }
  await robot.close()
  return seen
}

const keysOf = ({ keys }: Step): string =>
  keys.length === 0 ? '' : `Keys: ${keys.map(key => (key === '`' ? key : `\`${key}\``)).join(' ')}\n\n`

export async function firstHourPage(): Promise<string> {
  const seen = await firstHour(80, 24)
  const parts = seen.map(
    (step, i) => `## ${i + 1}\n\n${step.say}\n\n${keysOf(step)}\`\`\`text\n${step.rows.join('\n')}\n\`\`\`\n`,
  )
  return `# The first hour

A student opens \`pptp-lab tui nat-no-helper --no-quiz\` in a window of 80 by 24, finds out why Alice's tunnel does not come up, and
cures it without leaving the program. (Without \`--no-quiz\` the lab asks first what will happen.) The screens are what the program
shows: \`npm run docs:update\` makes this page.

${parts.join('\n')}`
}
