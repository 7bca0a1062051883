/** The program in terminals of many kinds and sizes, and in one that goes away. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { load } from '../../src/index.ts'
import { PARTS } from '../../tui/views.ts'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'
import { Robot } from './robot.ts'

const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0
const skip = hasPython ? false : 'there is no Python 3.9 here, which makes a terminal'

type Step = readonly [string, ...(string | number)[]]

interface Left {
  readonly status: number | null
  readonly screen: string
}

function inTerminal(steps: readonly Step[], env: Readonly<Record<string, string>> = {}): Left {
  const command = [process.execPath, rootPath('dist/cli/cli.js'), 'tui', 'voluntary', '--no-tour']
  const python = [rootPath('test/support/in-pty.py'), JSON.stringify(steps), ...command]
  const { stdout } = spawnSync('python3', python, {
    encoding: 'utf8',
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
  })
  return JSON.parse(stdout) as Left
}

/** The screen as the program leaves it: no mode of ours is on. */
function restored({ screen }: Left): void {
  assert.ok(screen.lastIndexOf('\x1b[?1049l') > screen.lastIndexOf('\x1b[?1049h'), 'the screen of before')
  assert.ok(screen.lastIndexOf('\x1b[?25h') > screen.lastIndexOf('\x1b[?25l'), 'the cursor is visible')
  for (const mode of ['1000', '1006']) {
    assert.ok(screen.lastIndexOf(`\x1b[?${mode}l`) >= screen.lastIndexOf(`\x1b[?${mode}h`), `mode ${mode}`)
  }
}

const STARTED: Step = ['wait', ' help']

describe('a terminal', { skip }, () => {
  for (const keys of ['', ' ', 'M', '3x'] as const) {
    test(`that goes away after "${keys}" ends the program at once, by the signal that says so`, () => {
      const { status } = inTerminal([STARTED, ['type', keys], ['pause', 0.3], ['close']])
      assert.equal(status, -1)
    })
  }

  test('of 10x5 and of 1x1 is told so, and all is there again when it grows', () => {
    const left = inTerminal([
      STARTED,
      ['size', 5, 10],
      ['pause', 0.4],
      ['size', 1, 1],
      ['pause', 0.4],
      ['type', 'M'],
      ['size', 24, 80],
      ['pause', 0.4],
      ['type', 'q'],
    ])
    assert.equal(left.status, 0)
    const small = left.screen.slice(left.screen.indexOf('This'))
    assert.match(small, /10x5/)
    assert.ok(small.includes(' help'), 'the keys are drawn again')
    restored(left)
  })

  for (const TERM of ['xterm', 'tmux-256color', 'screen', 'screen-256color', 'linux', 'vt100', 'dumb', 'foo', '']) {
    test(`of the kind "${TERM}" shows the lab and is given back`, () => {
      const left = inTerminal([STARTED, ['type', '3'], ['wait', 'follow'], ['type', 'q']], { TERM })
      assert.equal(left.status, 0)
      assert.match(left.screen, /alice/)
      restored(left)
    })
  }
})

describe('wide characters', () => {
  test('in the description, the checks and what is typed take one cell each, as ?', async () => {
    const text = shippedText('voluntary').replace(/description: .*Alice/s, match =>
      match.replace('Alice', '漢字 한글 👩‍💻 e\u0301 Alice'),
    )
    const loaded = load(text, 'wide.yaml')
    assert.ok(loaded.ok)
    const robot = new Robot({ lab: loaded.lab, parts: PARTS })
    await robot.press('t', '5', 'Enter')
    assert.match(robot.text, /\?\? \?\?/)
    for (const key of ['1', '2', '3', '5', '6', '7', '9', '?']) {
      await robot.press(key, '/', '漢', 'é', 'x')
      for (const row of robot.rows) assert.equal(row.length, 80, `${key}: ${row}`)
      assert.doesNotMatch(robot.text, /[漢字한글]/)
      await robot.press('Esc')
    }
    await robot.close()
  })
})
