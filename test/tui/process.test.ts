/** The program in a terminal of its own: what it leaves behind, and with which status. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'

const CLI = rootPath('dist/cli/cli.js')
const FAULTY = rootPath('dist/test/support/tui-faulty.js')
const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-tui-'))
after(() => rmSync(dir, { recursive: true }))

const hasScript = spawnSync('script', ['--version']).status === 0
const skip = hasScript ? false : 'there is no program `script` here, which makes a terminal'

interface Left {
  readonly status: number
  readonly screen: string
  readonly stderr: string
  readonly before: string
  readonly after: string
}

/** Runs `command` in a new terminal; once it has drawn its frame, `then` is typed, or done with its process id. */
async function inTerminal(
  command: string,
  then: string | ((pid: number) => void),
  env: Readonly<Record<string, string>> = {},
): Promise<Left> {
  const at = (name: string): string => join(dir, name)
  const shell = [
    'stty rows 24 cols 80',
    `stty -a > ${at('before')}`,
    `sh -c 'echo $$ > ${at('pid')}; exec ${command} 2> ${at('stderr')}'`,
    `echo $? > ${at('status')}`,
    `stty -a > ${at('after')}`,
  ].join('; ')
  const child = spawn('script', ['-qec', shell, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
  })
  let screen = ''
  let told = false
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString()
    if (told || !screen.includes(' help')) return
    told = true
    // A moment later, so that what was typed is heard by a program that has set itself up.
    setTimeout(() => {
      if (typeof then === 'string') child.stdin.write(then)
      else then(Number(readFileSync(at('pid'), 'utf8')))
    }, 50)
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await new Promise(resolve => child.on('close', resolve))
  clearTimeout(late)
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  return {
    status: Number(read('status')),
    screen,
    stderr: read('stderr'),
    before: read('before'),
    after: read('after'),
  }
}

function restored({ screen, before, after }: Left): void {
  assert.match(before, /speed/)
  assert.equal(after, before, 'stty -a')
  assert.equal(screen.split('\x1b[?1049h').length, screen.split('\x1b[?1049l').length, 'the screen of before')
  assert.ok(screen.lastIndexOf('\x1b[?25h') > screen.lastIndexOf('\x1b[?25l'), 'the cursor is visible')
}

describe('the terminal is as it was', { skip }, () => {
  const PLAY = `${process.execPath} ${CLI} tui voluntary --no-tour --no-quiz`
  const kill =
    (signal: NodeJS.Signals) =>
    (pid: number): void => {
      process.kill(pid, signal)
    }
  for (const [what, then, status] of [
    ['q', 'q', 0],
    ['^C', '\x03', 130],
    ['q with the mouse on, while it runs', 'M q', 0],
    ['TERM', kill('SIGTERM'), 143],
    ['INT from outside', kill('SIGINT'), 130],
    ['HUP', kill('SIGHUP'), 129],
  ] as const) {
    test(`after ${what}; status ${status}`, async () => {
      const left = await inTerminal(PLAY, then)
      restored(left)
      assert.equal(left.status, status)
      assert.equal(left.stderr, '')
      assert.equal(left.screen.includes('\x1b[?1000h'), left.screen.includes('\x1b[?1000l'))
    })
  }

  test('while it is suspended with ^Z; all is drawn again when it goes on', async () => {
    const shell = `set -m; stty rows 24 cols 80; stty -a; ${PLAY}; echo STOPPED; stty -a; fg; echo ENDED $?; stty -a`
    const child = spawn('script', ['-qec', shell, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh' },
    })
    let screen = ''
    const keys = ['M\x1a', 'q']
    child.stdout.on('data', (data: Buffer) => {
      screen += data.toString()
      const seen = keys.length === 2 ? screen : (screen.split('STOPPED')[1] ?? '')
      if (keys.length > 0 && seen.includes(' help')) {
        const key = keys.shift()
        setTimeout(() => child.stdin.write(key ?? ''), 50)
      }
    })
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await new Promise(resolve => child.on('close', resolve))
    clearTimeout(late)
    assert.match(screen, /\x1b\[\?1049l.*STOPPED.*\x1b\[\?1049h.* help.*\x1b\[\?1049l.*ENDED 0/s)
    const [before, after = ''] = screen.split('STOPPED')
    for (const part of [before, after]) assert.match(part, /\x1b\[\?1000h.*\x1b\[\?1000l/s, 'the mouse goes and comes')
    const modes = screen.match(/speed \d+ baud.*?echoke[^\r\n]*/gs) ?? []
    assert.equal(modes.length, 3)
    assert.deepEqual(new Set(modes).size, 1)
  })

  test('a tour is shown at the first start, and at no other', async () => {
    const command = `${process.execPath} ${CLI} tui voluntary`
    const env = { XDG_CONFIG_HOME: join(dir, 'config') }
    assert.match((await inTerminal(`${command} --no-tour`, 'q', env)).screen, /^(?!.*tour 1 of)/s)
    const choosing = `${process.execPath} ${CLI} tui`
    assert.match(
      (await inTerminal(choosing, 'q', env)).screen,
      /^(?!.*tour 1 of)/s,
      'whoever only chooses has seen none',
    )
    assert.match((await inTerminal(command, 'q', env)).screen, /tour 1 of 8/)
    assert.match((await inTerminal(command, 'q', env)).screen, /^(?!.*tour 1 of)/s)
    writeFileSync(join(dir, 'no-folder'), '')
    const left = await inTerminal(command, 'q', { XDG_CONFIG_HOME: join(dir, 'no-folder') })
    assert.match(left.screen, /^(?!.*tour 1 of)/s, 'nor where it could not be remembered')
    assert.equal(left.status, 0)
  })

  test('after an exception; status 3, and lab, seed and time on stderr', async () => {
    const left = await inTerminal(`${process.execPath} ${FAULTY}`, 'j')
    restored(left)
    assert.equal(left.status, 3)
    assert.match(left.stderr, /lab voluntary, seed 1, at 0\.000000000 s.*on purpose/s)
  })
})

/** Paths of all files of JavaScript that a command has loaded. */
function loadedBy(...args: string[]): {
  readonly files: string[]
  readonly status: number | null
  readonly stderr: string
} {
  const coverage = mkdtempSync(join(dir, 'coverage-'))
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
  })
  const files = readdirSync(coverage).flatMap(name => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { result: { url: string }[] }
    return result.map(({ url }) => url)
  })
  return { files, status, stderr }
}

describe('without a terminal', () => {
  /** The bundler says above each module where it came from. */
  const isTui = (url: string): boolean =>
    url.includes('/blessed/') ||
    (url.includes('/dist/cli/') && readFileSync(new URL(url), 'utf8').includes('// dist/tui/'))

  test('a run loads neither blessed nor any file of tui', () => {
    const { files, status } = loadedBy('run', 'voluntary', '--quiet')
    assert.equal(status, 0)
    assert.ok(files.some(url => /\/dist\/cli\/run-[^/]*\.js$/.test(url)))
    assert.deepEqual(files.filter(isTui), [])
  })

  test('tui says so, names run, ends with status 2, and loads neither', () => {
    const { files, status, stderr } = loadedBy('tui', 'voluntary')
    assert.equal(status, 2)
    assert.equal(stderr, 'pptp-lab tui needs a terminal, and this is none. Without one: pptp-lab run voluntary\n')
    assert.deepEqual(files.filter(isTui), [])
    assert.ok(isTui(new URL('../../cli/tui.js', import.meta.url).href), 'the judge does not know the terminal UI')
  })
})
