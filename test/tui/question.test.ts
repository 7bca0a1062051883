/** The questions of a lab in the program: the run waits, nothing else opens, and what was answered stays answered. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Guess, load, Recorder, Run, sceneOf } from '../../src/index.ts'
import { dueIn, stopBefore } from '../../tui/asking.ts'
import { KEYS } from '../../tui/keys.ts'
import { VIEW_KEYS, VIEWS } from '../../tui/model.ts'
import { plainRun } from '../../tui/plain.ts'
import { Session } from '../../tui/session.ts'
import { PARTS } from '../../tui/views.ts'
import { shippedLab } from '../support/loss.ts'
import { modelOf } from '../support/ui.ts'
import { labOf, Robot, type RobotOptions, TestWall } from './robot.ts'

const BOX = 'nat-single-passthrough'
const start = (lab = BOX, options: Partial<RobotOptions> = {}): Robot =>
  new Robot({ lab: labOf(lab), parts: PARTS, ui: { quiz: true }, ...options })

async function asking(...keys: readonly string[]): Promise<Robot> {
  const robot = start()
  await robot.press('Space', ...keys)
  return robot
}
/** To the second question, before anything happens at 10 s. */
const SECOND = ['S', 'Enter', 't', '1', '2', 'Enter']

describe('a question is due', () => {
  test('at the start it waits until somebody wants the run to go on', async () => {
    const robot = start()
    await robot.settle()
    assert.match(robot.rows[0], /^ ║ PAUSED +0\.000 s/)
    await robot.press('Space')
    assert.match(robot.rows[0], /^ \? QUESTION +0\.000 s/)
    assert.ok(robot.rows[1].includes('[7 Checks]'))
    assert.equal(robot.scene.next, 0, 'nothing has happened')
    assert.equal(robot.wall.timers, 0, 'the run stands')
    await robot.close()
  })

  for (const [how, keys] of [
    ['playing', ['Space']],
    ['as fast as it goes', [...Array<string>(20).fill('+'), 'Space']],
    ['with auto speed', ['\\', 'Space']],
    ['by steps', ['.', '.']],
    ['by packets', ['s', '.', '.', '.']],
    ['by milliseconds', ['s', 's', '.']],
    ['by what is interesting', ['s', 's', 's', '.']],
    ['going to a time', ['t', '5', '0', 'Enter']],
  ] as const) {
    test(`the run stops before it, ${how}`, async () => {
      const lab = labOf(BOX)
      const robot = start(BOX, { lab: { ...lab, questions: lab.questions.slice(1) } })
      await robot.press('t', '9', '.', '9', '9', '8', 'Enter', ...keys)
      for (let i = 0; i < 200 && !robot.ui.asking; i++) {
        await robot.wait(100)
        if (!robot.ui.running && !robot.ui.asking) await robot.press('.')
      }
      assert.match(robot.rows[0], /^ \? QUESTION 10\.000 s/)
      assert.equal(robot.scene.t, 10e9 - 1)
      assert.ok(robot.scene.next >= 10e9)
      await robot.close()
    })
  }

  test('it closes what was open, and the view before comes back', async () => {
    const robot = start()
    await robot.press('5', 'Space', 'S', 'Enter', 'Space', 't', '9', '.', '9', 'Enter', 'Space', '?')
    assert.equal(robot.ui.help, true)
    await robot.wait(500)
    assert.deepEqual([robot.ui.view, robot.ui.help, robot.ui.asking?.no], ['checks', false, 2])
    await robot.press('1', 'Enter', 'S')
    assert.deepEqual([robot.ui.view, robot.ui.running], ['nat', true])
    await robot.close()
  })

  test('in the tour of the first start too, which steps aside and goes on behind it', async () => {
    const robot = start(BOX, { ui: { quiz: true, tour: 0 } })
    await robot.settle()
    assert.match(robot.text, /tour 1 of 8/)
    await robot.press('Space')
    assert.match(robot.rows[0], /^ \? QUESTION +0\.000 s/)
    assert.doesNotMatch(robot.text, /tour \d of 8/)
    assert.match(robot.rows[22], /The lab asks first: a number, then Enter; S skips\. Then the tour goes on\./)
    await robot.press('S', 'Enter')
    assert.match(robot.text, /tour 2 of 8/)
    assert.deepEqual([robot.ui.view, robot.ui.running], ['net', true])
    await robot.close()
  })

  test('without questions on (--no-quiz) nobody is asked, and nothing is covered', async () => {
    const robot = new Robot({ lab: labOf(BOX), parts: PARTS })
    await robot.press('t', '2', '0', 'Enter', '7')
    assert.equal(robot.scene.t, 20e9)
    assert.doesNotMatch(robot.text, /covered|question/)
    await robot.close()
  })
})

describe('while it is open', () => {
  test('no other view opens, time stands, and every key that does nothing says why', async () => {
    const robot = await asking()
    for (const view of VIEWS) {
      await robot.press(VIEW_KEYS[view].key)
      assert.equal(robot.ui.view, 'checks', view)
    }
    for (const key of ['Space', '.', 't', 'a', 'Esc', '9', '0']) {
      await robot.press(key)
      assert.match(robot.rows[22], /The run waits for your guess/, key)
      assert.deepEqual([robot.ui.view, robot.ui.running, robot.scene.t], ['checks', false, 0], key)
    }
    await robot.close()
  })

  test('a click on the name of a view does nothing either', async () => {
    const robot = start(BOX, { ui: { quiz: true, mouse: true } })
    await robot.press('Space')
    await robot.send('\x1b[<0;12;2M\x1b[<0;12;2m')
    assert.equal(robot.ui.view, 'checks')
    await robot.close()
  })

  test('digits and jk choose, Tab goes through how sure, H shows and hides the hint', async () => {
    const robot = await asking('3')
    assert.match(robot.text, /^│► {2}\(•\) 3 {2}Port 1723/m)
    await robot.press('k')
    assert.match(robot.text, /^│► {2}\(•\) 2 {2}The two addresses and nothing else/m)
    await robot.press('j', 'j', 'j')
    assert.equal(robot.ui.asking?.chosen, 3)
    await robot.press('g')
    assert.equal(robot.ui.asking?.chosen, 0)
    const sure: (string | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      await robot.press('Tab')
      sure.push(robot.ui.asking?.sure)
    }
    assert.deepEqual(sure, ['certain', 'guess', 'fairly'])
    await robot.press('H')
    assert.match(robot.text, /Hint: What does it see in a packet/)
    await robot.press('H')
    assert.doesNotMatch(robot.text, /Hint:/)
    await robot.close()
  })

  test('Enter wants an answer first', async () => {
    const robot = await asking('Enter')
    assert.match(robot.rows[22], /Choose an answer first: 1 to 4, or S skips\./)
    assert.equal(robot.ui.guesses.size, 0)
    await robot.close()
  })

  test('the help opens over it and closes again; q, which may come too late for the help, quits when it comes twice', async () => {
    const robot = await asking('?')
    assert.equal(robot.ui.help, true)
    await robot.press('Esc')
    assert.equal(robot.ui.asking?.no, 1)
    await robot.press('q')
    assert.match(robot.rows[22], /q once more quits; S skips the question\./)
    await robot.press('1', 'q')
    assert.equal(robot.ui.asking?.leaving, true)
    await robot.press('q')
    assert.equal(await robot.terminal.status, 0)
  })

  test('checks that are open are covered, with their names', async () => {
    const robot = await asking(...SECOND)
    assert.match(robot.text, /√ carol {2}The first tunnel opens/)
    assert.doesNotMatch(robot.text, /silence|survivor|gives up|undisturbed/)
    assert.equal(robot.text.match(/covered until you have guessed/g)?.length, 3)
    await robot.close()
  })

  test('the line behind : leaves, saves and helps, and shows nothing of the run', async () => {
    const robot = await asking()
    await robot.press(':', ...'go', 'Space', '5', 's', 'Enter')
    assert.match(robot.ui.message, /^The run waits for your guess\. Until then there is only quit,/)
    assert.equal(robot.scene.t, 0)
    await robot.press('C-u', ...'help', 'Enter')
    assert.equal(robot.ui.help, true)
    await robot.press('q', ':', ...'quit', 'Enter')
    assert.equal(await robot.terminal.status, 0)
  })

  test('the help covers what 7 Checks covers', async () => {
    const robot = await asking(...SECOND)
    await robot.press('?', 'G')
    assert.match(robot.text, /carol +The first tunnel opens/)
    assert.doesNotMatch(robot.text, /silence|survivor|gives up|undisturbed|Two computers/)
    assert.equal(robot.text.match(/covered until you have/g)?.length, 3)
    await robot.press('/', ...'silence')
    assert.match(robot.text, /, 0 found/)
    await robot.press('Esc', 'q', 'S', 'S', '?', 'G')
    assert.match(robot.text, /Two computers behind an old router/)
    assert.match(robot.text, /silence/)
    await robot.close()
  })

  test('what the lab shows is not told at its head before all is answered', async () => {
    const robot = start('wrong-password')
    await robot.settle()
    assert.doesNotMatch(robot.text, /refuses her|mistypes/)
    assert.match(robot.rows[3], /Guess first: the run stops and asks\./)
    await robot.press('t', '3', '0', 'Enter', 'S', 'S', 'S')
    assert.match(robot.text, /mistypes her password/)
    await robot.close()
  })
})

describe('an answer', () => {
  test('that no check shows is judged at once, on the same screen', async () => {
    const robot = await asking('3', 'Enter')
    assert.match(robot.text, /√ {2}2 {2}The two addresses and nothing else/)
    assert.match(robot.text, /× {2}3 {2}Port 1723/)
    assert.match(robot.text, /To this old box GRE is a protocol over IP/)
    assert.match(robot.rows[22], /Question 1: not right, fairly sure\. Enter lets the run go on\./)
    await robot.press('Space', '2', 'S')
    assert.match(robot.rows[22], /Enter goes on, when you have read it\./)
    assert.equal(robot.ui.guesses.get(1)?.answer, 'Port 1723, since GRE belongs to that connection')
    await robot.press('Enter')
    assert.deepEqual([robot.ui.view, robot.ui.running], ['net', true])
    await robot.close()
  })

  test('is judged when its check is, and 7 Checks has it', async () => {
    const robot = await asking(...SECOND, '1', 'Tab', 'Enter', '2', 'Enter', '7')
    assert.equal(robot.scene.t, 12e9, 'the way to 12 s goes on behind the questions')
    assert.match(robot.text, /\? question 2 {2}your guess: certain, waits for the run to show it\./)
    await robot.press('1', 't', '6', '1', 'Enter')
    assert.match(robot.rows[22], /Question 2: right, certain\. View 7 says what is right, and why\./)
    await robot.press('7')
    assert.match(robot.text, /► √ question 2 {2}your guess: right, certain\./)
    assert.match(robot.text, /because {3}His control connection is TCP and passes\./)
    await robot.press('j')
    assert.match(robot.text, /► \? question 3/)
    await robot.press('t', '8', '0', 'Enter')
    assert.match(robot.text, /× question 3 {2}your guess: not right, fairly sure\./)
    await robot.close()
  })

  test('is not asked for again after going back; one that is open is', async () => {
    const robot = await asking(...SECOND, '1', 'Enter')
    assert.equal(robot.ui.asking?.no, 3)
    await robot.press('1', 'Enter', 't', '2', 'Enter', 't', '2', '0', 'Enter')
    assert.deepEqual([robot.scene.t, robot.ui.asking], [20e9, undefined])
    await robot.close()
    const other = await asking('S', 'Enter', 't', '2', 'Enter', 't', '1', 'Enter', 't', '2', '0', 'Enter')
    assert.equal(other.ui.asking?.no, 2)
    await other.close()
  })

  test('is not held against anybody in a run whose check has failed', async () => {
    const lab = shippedLab('gre-blocked', [
      { path: 'topology.nodes.hotel.filter[2]', value: 'forward accept proto gre' },
    ])
    const robot = start('gre-blocked', { lab })
    await robot.press('t', '5', '0', 'Enter', '1', 'Enter', '1', 'Enter', '1', 'Enter')
    assert.match(robot.said, /not to be judged, fairly sure\./)
    await robot.press('7')
    assert.match(robot.text, /~ question 3 {2}your guess: not to be judged/)
    assert.match(robot.text, /The check gives-up has failed: in this run the answer of the lab/)
    await robot.close()
  })

  test('the run that stops for questions is the run without, also after going back', () => {
    const lab = labOf(BOX)
    const session = new Session({ lab, replay: { fingerprint: true }, explain: '' }, new TestWall())
    const guesses = new Map<number, Guess>()
    session.limit = run => stopBefore(lab, { quiz: true, guesses }, run)
    for (const t of [80e9, 80e9, 80e9, 3e9, 80e9]) {
      session.seek(t)
      session.proceed(Number.POSITIVE_INFINITY)
      const due = dueIn(lab, { quiz: true, guesses }, session.run)
      if (due) guesses.set(due.no, { answer: undefined, sure: undefined })
    }
    assert.deepEqual([...guesses.keys()], [1, 2, 3])
    const plain = new Run(lab)
    plain.advance()
    assert.equal(session.run.result().fingerprint, plain.result().fingerprint)
  })
})

describe('once something was done in the run', () => {
  const CURE = 'nat { node: nat1, like: linux-pptp }'
  /** Question 1 is answered at 0 s, and the box is exchanged at 5 s. */
  async function cured(act = CURE): Promise<Robot> {
    const robot = await asking('2', 'Enter', 'Enter', 'Space', 't', '5', 'Enter')
    await robot.press(':', ...act, 'Enter')
    return robot
  }

  test('questions whose answer that may change are not asked any more, and the sentence says so', async () => {
    const robot = await cured()
    assert.match(robot.ui.message, /u takes it back\. 2 questions of the lab are not asked any more: 7 says why\./)
    await robot.press('t', '9', '0', 'Enter', '7')
    assert.deepEqual([robot.scene.over, robot.ui.asking, robot.ui.guesses.size], [true, undefined, 1])
    assert.match(robot.text, /· question 2 {2}not asked any more: you have changed the lab/)
    assert.match(robot.text, /√ question 1 {2}your guess: right, fairly sure\./)
    await robot.press('G')
    assert.match(robot.text, /What you did at +│\n│ +5\.000 s may change its answer, so it is not asked or judged\. u/)
    await robot.close()
  })

  test('a right answer is not marked wrong, though the run shows something else', async () => {
    // Answered before, shown later: in between the box is exchanged.
    const robot = await asking('S', 'Enter', 'Space', 't', '1', '2', 'Enter', '1', 'Enter', '1', 'Enter')
    assert.equal(robot.scene.t, 12e9)
    await robot.press(':', ...CURE, 'Enter', 't', '8', '0', 'Enter', '7')
    assert.match(robot.text, /~ question 2 {2}your guess: not to be judged, fairly sure\./)
    assert.match(robot.text, /~ question 3 {2}your guess: not to be judged, fairly sure\./)
    // Taken back, the run shows them.
    await robot.press('u', '7')
    assert.match(robot.text, /√ question 2 {2}your guess: right, fairly sure\./)
    assert.match(robot.text, /√ question 3 {2}your guess: right, fairly sure\./)
    await robot.close()
  })

  test('in the future as it was written they are asked and judged, and what was told stays so in another', async () => {
    const robot = await asking('S', 'Enter', 'Space', 't', '1', '1', 'Enter', 'S', 'S', 't', '8', '0', 'Enter')
    await robot.press('t', '9', 'Enter', ':', ...CURE, 'Enter')
    assert.equal(robot.session.current.name, 'B')
    await robot.press('7')
    assert.match(robot.text, /· question 2 {2}your guess: skipped\./)
    await robot.press('8', 'g', 'Enter', 't', '8', '0', 'Enter', '7')
    assert.equal(robot.session.current.name, 'A')
    assert.match(robot.text, /· question 2 {2}your guess: skipped\./)
    await robot.close()
  })

  test('a note changes nothing: the questions are asked', async () => {
    const robot = await cured('note here')
    await robot.press('t', '2', '0', 'Enter')
    assert.equal(robot.ui.asking?.no, 2)
    await robot.close()
  })

  test('a check that fails is said to be of the lab as written', async () => {
    const robot = new Robot({ lab: labOf(BOX), parts: PARTS })
    await robot.press('t', '9', 'Enter', ':', ...CURE, 'Enter', 't', '7', '0', 'Enter')
    assert.match(robot.rows[22], /The check silence failed, as it may: you have changed the lab \(view 7\)\./)
    await robot.press('7', 'j', 'j')
    assert.match(robot.text, /2 of 4 passed so far, 1 failed after the change/)
    assert.match(robot.text, /× silence/)
    assert.match(robot.text, /but {7}This check tells what happens in the lab as it is written, and +│/)
    assert.match(robot.said, /The check silence failed, as it may: it tells of the lab as written\./)
    await robot.close()
    // One that fails by itself is just a failure.
    const broken = shippedLab(BOX, [{ path: 'topology.nodes.nat1.nat.like', value: 'linux-pptp' }])
    const other = new Robot({ lab: broken, parts: PARTS })
    await other.press('t', '7', '0', 'Enter')
    assert.doesNotMatch(other.rows[22], /as it may/)
    await other.press('7', 'j', 'j')
    assert.doesNotMatch(other.text, /but {7}This check/)
    await other.close()
  })

  test('the lab that is saved has neither those questions nor the check', async () => {
    const robot = await cured()
    await robot.press(':', ...'save mine.yaml', 'Enter')
    assert.match(robot.said, /mine\.yaml is written; 3 questions and 1 check no longer hold/)
    const text = robot.disk.files.get('mine.yaml') ?? ''
    assert.match(text, /^# Left out: questions about the lab as it was/)
    const loaded = load(text, 'mine.yaml')
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.lab.questions, [])
    const run = new Run(loaded.lab)
    run.advance()
    assert.equal(run.result().ok, true)
    await robot.close()
  })
})

describe('the questions in sentences (--plain)', () => {
  const told = (quiz: boolean): string[] => {
    const lines: string[] = []
    const recorder = new Recorder(new Run(labOf(BOX)))
    plainRun(
      recorder,
      line => lines.push(line),
      () => modelOf(recorder),
      quiz,
    )
    assert.ok(sceneOf(recorder).over, 'nobody is waited for')
    return lines
  }

  test('each before its moment, and the answer when it is shown', () => {
    const lines = told(true)
    const at = (start: string): number => lines.findIndex(line => line.startsWith(start))
    const order = [
      '0.000 seconds: question 1. The box keeps a table',
      '0.000 seconds: question 1. The answer: "The two addresses and nothing else".',
      '10.000 seconds: question 2. Dave now dials',
      '10.000 seconds: Dave calls its server.',
      '60.000 seconds: question 2. The answer: "His call is accepted, and then PPP stays silent".',
      '80.000 seconds: question 3. The answer: "She goes on undisturbed".',
    ].map(at)
    assert.ok(
      order.every(row => row >= 0),
      `${order}`,
    )
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
    assert.match(lines[order[0]], / Answers: 1, The two addresses, and the call ID of each direction; 2, The two/)
  })

  test('without them nothing else changes', () => {
    const bare = told(true).filter(line => !/ seconds: question \d/.test(line))
    assert.deepEqual(bare, told(false))
  })
})

test('the keys of a question stand in the table', () => {
  const keys = KEYS.filter(({ modes }) => modes.includes('question')).flatMap(({ keys }) => keys)
  for (const key of ['j', 'k', '1', '6', 'Tab', 'Enter', 'S', 'H', '?', 'C-c']) assert.ok(keys.includes(key), key)
})
