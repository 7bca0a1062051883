/** `run --quiz` as its users meet it: questions between the lines of the story, answers from stdin. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'

const CLI = rootPath('dist/cli/cli.js')

function quiz(input: string, ...args: string[]) {
  const options = { encoding: 'utf8', timeout: 30_000, input } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'run', ...args, '--quiz'], options)
  assert.doesNotMatch(stderr, /fault of pptp-lab|\n\s+at /, 'no stack trace')
  return { status, stdout, stderr }
}
/** In which order do these stand in the text? */
function inOrder(text: string, ...parts: readonly string[]): void {
  let from = 0
  for (const part of parts) {
    const at = text.indexOf(part, from)
    assert.ok(at >= 0, `${part} does not follow what stands before it`)
    from = at + part.length
  }
}

describe('run --quiz', () => {
  test('stops before each question, and tells what came of the answer when the run has shown it', () => {
    const { status, stdout, stderr } = quiz('1 certain\n1 g\n3 f\n', 'nat-no-helper')
    assert.equal(status, 0)
    assert.equal(stderr, '')
    inOrder(
      stdout,
      'Question 1 of 3, before anything happens at 0.000 s',
      'Your answer: Yes: it is TCP, like any other (certain)',
      'alice calls its server',
      'Question 2 of 3, before anything happens at 0.140 s',
      'Question 3 of 3',
      '0.150000',
      'Question 1: right, certain.',
      'Question 2: not right, a guess. You said: "No: what has no ports',
      'The answer: "Yes, under the address of the router".',
      'All 5 checks have passed.',
      'Your guesses\n  1  right, certain  ',
      '1 of 3 right.\nBy how sure you were: a guess, 0 of 1 right; fairly sure, 0 of 1 right; certain, 1 of 1 right.\n',
    )
  })

  test('what the lab shows is not told before', () => {
    const { stdout } = quiz('', 'wrong-password', '--until', '1ms')
    assert.match(stdout, /^wrong-password\nseed 1\n/)
    assert.doesNotMatch(stdout, /refuses her/)
  })

  test('the same run as without', () => {
    const fingerprint = (text: string) => /^fingerprint (\w+)$/m.exec(text)?.[1]
    const plain = spawnSync(process.execPath, [CLI, 'run', 'gre-blocked', '--quiet'], { encoding: 'utf8' })
    assert.equal(fingerprint(quiz('1\n2\n3\n', 'gre-blocked').stdout), fingerprint(plain.stdout))
  })

  test('a hint for who asks, another try for who mistypes, s skips, and the end of the answers is told', () => {
    const { stdout, stderr } = quiz('h\n9\n2 q\nmaybe\nS\n2\n', 'nat-no-helper')
    assert.equal(
      stderr,
      [
        'Which protocol carries the control connection?',
        'There is no answer "9": 1 to 3, S skips, H gives a hint.',
        'How sure? g for a guess, f for fairly, c for certain: 2 c',
        'There is no answer "maybe": 1 to 3, S skips, H gives a hint.',
        '',
        'No more answers come from stdin: question 3 is left out.',
        '',
      ].join('\n'),
    )
    inOrder(stdout, 'Skipped.', 'Question 1: skipped.', 'The answer: "Yes: it is TCP')
    assert.match(stdout, /\n1 of 1 right, 1 skipped\.\n1 of 3 questions was not asked\.\n$/)
  })

  test('in a lab that was changed the answer of the file is not held against anybody', () => {
    const { stdout } = quiz(
      '1\n2\n3\n',
      'gre-blocked',
      '--set',
      'topology.nodes.hotel.filter[2]=forward accept proto gre',
    )
    assert.match(stdout, /Question 1: not to be judged\..*\n.*In this run the check gives-up has failed/)
    assert.match(stdout, /\nNo answer was judged, 3 not to be judged\.\n$/)
  })

  test('a run that is cut short leaves answers open', () => {
    const { stdout } = quiz('1\n', 'gre-blocked', '--until', '500ms')
    assert.match(stdout, /The run has ended before the verdict of the check gives-up\./)
    assert.match(stdout, /2 of 3 questions were not asked\.\n$/)
  })

  test('a lab without questions says so, and runs', () => {
    const { status, stdout, stderr } = quiz('', 'voluntary-lan', '--quiet')
    assert.equal(stderr, 'voluntary-lan asks no questions; those of a lab stand in its `ask`.\n')
    assert.match(stdout, /^voluntary-lan: /)
    assert.equal(status, 0)
  })

  test('the clock waits for nobody', () => {
    const { status, stderr } = quiz('', 'voluntary', '--speed', '1')
    assert.match(stderr, /^--quiz waits for answers, and the clock of --speed waits for nobody: choose one\.\n$/)
    assert.equal(status, 2)
  })

  test('^C while it waits for an answer: status 130', { skip: process.platform === 'win32' }, async () => {
    const child = spawn(process.execPath, [CLI, 'run', 'voluntary', '--quiz'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let [text, talk] = ['', '']
    child.stdout.on('data', chunk => {
      text += chunk
      if (!child.killed && text.includes('More than a second')) child.kill('SIGINT')
    })
    child.stderr.on('data', chunk => {
      talk += chunk
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 130)
    assert.equal(talk, '')
    assert.match(text, /\nInterrupted at 0\.000 s of 30\.000 s\.\n\nYour guesses\n4 of 4 questions were not asked\.\n$/)
  })
})
