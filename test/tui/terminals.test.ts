/** What the program sends to terminals of several names, each a real one of the system. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'

const CLI = rootPath('dist/cli/cli.js')
const hasScript = spawnSync('script', ['--version']).status === 0
const skip = hasScript ? false : 'there is no program `script` here, which makes a terminal'

/** All that is sent until `q`. */
async function sent(env: Readonly<Record<string, string>>): Promise<string> {
  const { COLORTERM: _, TMUX: __, NO_COLOR: ___, ...inherited } = process.env
  const child = spawn(
    'script',
    ['-qec', `stty rows 24 cols 80; exec ${process.execPath} ${CLI} tui voluntary --no-tour`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...inherited, LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
    },
  )
  let text = ''
  let told = false
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString()
    if (told || !text.includes(' help')) return
    told = true
    setTimeout(() => child.stdin.write('q'), 50)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const status = await new Promise(resolve => child.on('close', resolve))
  clearTimeout(late)
  assert.equal(status, 0)
  assert.ok(text.endsWith('\x1b[?25h'), 'the cursor is there again')
  return text
}

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)
const COLOUR = /\x1b\[0(;\d+)*;(3[0-7]|9[0-7]|[34]8;5;\d+)(;\d+)*m/

describe('a terminal', { skip }, () => {
  test('linux: 16 colours, and the characters that its font has', async () => {
    const text = await sent({ TERM: 'linux' })
    assert.match(text, COLOUR)
    assert.doesNotMatch(text, /[34]8;5/)
    assert.ok(text.includes('└──'))
  })

  test('xterm-256color: 256', async () => {
    assert.match(await sent({ TERM: 'xterm-256color' }), /38;5;244/)
  })

  test('with a light background, which COLORFGBG tells', async () => {
    assert.match(await sent({ TERM: 'xterm-256color', COLORFGBG: '0;15' }), /38;5;243/)
  })

  test('dumb: ASCII without colour', async () => {
    const text = await sent({ TERM: 'dumb' })
    assert.ok(isAscii(text))
    assert.doesNotMatch(text, COLOUR)
  })

  test('that nobody knows: ASCII without colour, and it is said', async () => {
    const text = await sent({ TERM: 'foo' })
    assert.ok(isAscii(text))
    assert.doesNotMatch(text, COLOUR)
    assert.ok(text.includes('TERM=foo is unknown; using plain ASCII.'))
  })

  test('tmux and screen are known', async () => {
    for (const TERM of ['tmux-256color', 'screen']) assert.ok(!(await sent({ TERM })).includes('unknown'), TERM)
  })
})
