/** Questions of a lab while it runs: when one is due, what comes of an answer, and that the run stays what it was. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import {
  type Asked,
  dueQuestion,
  explanation,
  type Guess,
  type Guesses,
  nextQuestion,
  outcomeOf,
  questionsOf,
  runUpTo,
  summaryOf,
  verdictWords,
} from '../../src/lab/ask.ts'
import type { Standing } from '../../src/lab/expect.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'

const LAB = `
name: asked
stop: 10s
topology:
  nodes: { a: { kind: host }, b: { kind: host } }
  links: [{ endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24], delay: 1ms }]
events: [{ at: 3s, ping: { from: a, to: b, count: 3 } }]
ask:
  - { at: 3s, text: "Who answers?", answers: [a, b], correct: b, because: It is asked., shows: answers }
  - { before: quiet, text: "Is it quiet then?", answers: ["yes", "no"], correct: "yes", because: Nobody speaks. }
  - { before: answers, text: "Will one answer?", answers: ["yes", "no"], correct: "yes", because: One does. }
  - { at: 3s, text: "What is it?", answers: [a ping, a page], correct: a ping, because: It says so. }
  - { before: arp, text: "Which state?", answers: [reachable, none], correct: reachable, because: Of the ping. }
expect:
  quiet: { description: Nobody speaks, during: [7s, 9s], unseen: { event: send } }
  answers: { description: Three answers come, by: 6s, seen: { event: ping-reply, at: a, count: "== 3" } }
  arp: { description: Nothing is dropped, at: 8s, state: { a.filter.dropped: 0 } }
`
function labOf(text: string): Lab {
  const loaded = loadLab(text, 'test.yaml')
  assert.ok(loaded.ok)
  return loaded.lab
}
const lab = labOf(LAB)
const questions = questionsOf(lab)

describe('when a question is asked', () => {
  test('at its moment, or when what its check looks at begins; those of one moment in the order of the file', () => {
    assert.deepEqual(
      questions.map(({ no, t, question, shows }) => [no, t, question.text, shows]),
      [
        [1, 0, 'Will one answer?', 'answers'],
        [2, sec(3), 'Who answers?', 'answers'],
        [3, sec(3), 'What is it?', undefined],
        [4, sec(7), 'Is it quiet then?', 'quiet'],
        [5, sec(8), 'Which state?', 'arp'],
      ],
    )
  })

  test('nothing of its moment has happened then', () => {
    const run = new Run(lab)
    const guesses = new Map<number, Guess>()
    const met: [number, number, number][] = []
    let events = 0
    run.listen(() => events++)
    while (!run.over) {
      const due = dueQuestion(questions, guesses, run)
      if (due) {
        met.push([due.no, run.now, events])
        guesses.set(due.no, { answer: undefined, sure: undefined })
        continue
      }
      const next = nextQuestion(questions, guesses, run)
      run.advance(1, next?.t)
      if (next && run.next >= next.t) runUpTo(next, run)
    }
    const [, second, third] = met
    assert.deepEqual(
      met.map(([no, t]) => [no, t]),
      [
        [1, 0],
        [2, sec(3) - 1],
        [3, sec(3) - 1],
        [4, sec(7) - 1],
        [5, sec(8) - 1],
      ],
    )
    assert.equal(met[0][2], 0)
    assert.equal(second[2], third[2])
    assert.ok(second[2] < met[3][2])
    const plain = new Run(lab)
    plain.advance()
    assert.equal(run.result().fingerprint, plain.result().fingerprint)
  })

  test('one whose moment has passed is not asked any more, nor is one that has an answer', () => {
    const none: Guesses = new Map()
    assert.equal(nextQuestion(questions, none, { now: 0, next: 0 })?.no, 1)
    assert.equal(nextQuestion(questions, none, { now: 0, next: 5 })?.no, 2)
    assert.equal(nextQuestion(questions, none, { now: sec(3), next: sec(4) })?.no, 4)
    const answered: Guesses = new Map([[4, { answer: 'yes', sure: 'guess' }]])
    assert.equal(nextQuestion(questions, answered, { now: sec(3), next: sec(4) })?.no, 5)
    assert.equal(nextQuestion(questions, none, { now: sec(8), next: sec(9) }), undefined)
  })

  test('the way to a question at 0 s is none', () => {
    runUpTo(questions[0], { advanceTo: () => assert.fail('the run was touched') })
  })

  test('it is due when the clock stands before its moment, not earlier', () => {
    const none: Guesses = new Map([[1, { answer: undefined, sure: undefined }]])
    assert.equal(dueQuestion(questions, none, { now: sec(2), next: sec(3) }), undefined)
    assert.equal(dueQuestion(questions, none, { now: sec(3) - 1, next: sec(3) })?.no, 2)
    assert.equal(dueQuestion(questions, none, { now: sec(3) - 1, next: sec(3) - 1 }), undefined)
  })
})

describe('the same run with questions and without', () => {
  test('the fingerprint does not know them', () => {
    const bare = labOf(LAB.replace(/^ask:\n(?: {2}- .*\n)+/m, ''))
    assert.equal(bare.questions.length, 0)
    const fingerprints = [bare, lab].map(each => {
      const run = new Run(each)
      run.advance()
      return run.result().fingerprint
    })
    assert.equal(fingerprints[0], fingerprints[1])
  })
})

const standing = (state: Standing['state']): Standing[] => [
  { name: 'answers', description: '', state, when: '', verdict: undefined },
]
const [first, , told] = questions as readonly Asked[]
const yes: Guess = { answer: 'yes', sure: 'certain' }
const no: Guess = { answer: 'no', sure: 'guess' }
const skipped: Guess = { answer: undefined, sure: undefined }

describe('what comes of an answer', () => {
  test('is open until the run has shown it; one without a check is judged at once', () => {
    assert.equal(outcomeOf(first, yes, standing('open')), 'open')
    assert.equal(outcomeOf(first, skipped, standing('open')), 'open')
    assert.equal(outcomeOf(told, { answer: 'a ping', sure: undefined }, standing('open')), 'right')
  })
  test('is right, wrong or skipped then', () => {
    const outcomes = [yes, no, skipped].map(guess => outcomeOf(first, guess, standing('passed')))
    assert.deepEqual(outcomes, ['right', 'wrong', 'skipped'])
  })
  test('is judged by nobody when the check has failed: the lab was changed, and its answer does not hold', () => {
    for (const guess of [yes, no, skipped]) assert.equal(outcomeOf(first, guess, standing('failed')), 'refuted')
  })

  test('in words', () => {
    assert.equal(verdictWords('right', yes), 'right, certain')
    assert.equal(verdictWords('right', { answer: 'yes', sure: undefined }), 'right')
    assert.equal(verdictWords('skipped', skipped), 'skipped')
    assert.deepEqual(explanation(first, yes, 'right'), [
      'Question 1: right, certain.',
      'The answer: "yes".',
      'One does.',
    ])
    assert.deepEqual(explanation(first, no, 'wrong'), [
      'Question 1: not right, a guess. You said: "no".',
      'The answer: "yes".',
      'One does.',
    ])
    assert.deepEqual(explanation(first, skipped, 'skipped'), [
      'Question 1: skipped.',
      'The answer: "yes".',
      'One does.',
    ])
    assert.deepEqual(explanation(first, no, 'refuted'), [
      'Question 1: not to be judged, a guess. You said: "no".',
      'In this run the check answers has failed: what the lab file gives as the answer, "yes", does not hold.',
    ])
    assert.match(explanation(first, no, 'open')[1], /^The run has ended before the verdict of the check answers\.$/)
  })

  test('all of them, and how sure one was', () => {
    assert.deepEqual(
      summaryOf([
        { guess: yes, outcome: 'right' },
        { guess: { answer: 'no', sure: 'certain' }, outcome: 'wrong' },
        { guess: no, outcome: 'wrong' },
        { guess: { answer: 'no', sure: undefined }, outcome: 'right' },
        { guess: skipped, outcome: 'skipped' },
        { guess: no, outcome: 'refuted' },
        { guess: no, outcome: 'open' },
      ]),
      [
        '2 of 4 right, 1 skipped, 1 not shown by the run, 1 not to be judged.',
        'By how sure you were: a guess, 0 of 1 right; certain, 1 of 2 right.',
      ],
    )
    assert.deepEqual(summaryOf([{ guess: skipped, outcome: 'skipped' }]), ['No answer was judged, 1 skipped.'])
  })
})
