/**
 * The questions of a lab while it runs: when one is due, and what has come of an answer.
 *
 * Nothing here touches the run. Whoever drives it stops before the moment of a question that is not answered yet, asks,
 * and goes on: events, octets and fingerprints are those of a run without questions.
 *
 * A question `at` a moment comes before anything that happens then. One `before` the verdict of a check comes when what
 * the check looks at begins, `during` at its first moment, a state `at` a moment then, everything else at 0 s: later the
 * run may have shown the answer, and a run that stops just before a verdict gives away that there is one.
 */
import type { SimTime } from '../base/time.ts'
import type { Standing } from './expect.ts'
import type { Check, Lab, Question } from './lab.ts'

/** How sure somebody is of an answer. */
export const SURENESS = ['guess', 'fairly', 'certain'] as const
export type Sureness = (typeof SURENESS)[number]

/** A question with its place in the run. */
export interface Asked {
  /** From 1, in the order in which they are asked. */
  readonly no: number
  /** Nothing of this moment has happened when it is asked. */
  readonly t: SimTime
  readonly question: Question
  /** The check that shows the answer; without one an answer is judged at once. */
  readonly shows: string | undefined
  /** When that check has its verdict at the latest; without one nobody knows when the answer shows. */
  readonly until: SimTime
}

export interface Guess {
  /** Undefined: skipped. */
  readonly answer: string | undefined
  /** Undefined: not said. */
  readonly sure: Sureness | undefined
  /** What has come of it, once that was told: what is done to the lab later does not take it back. */
  readonly told?: Outcome
}
/** By the number of the question. */
export type Guesses = ReadonlyMap<number, Guess>

/** In the order of asking; those of one moment in the order of the file. */
export function questionsOf({ questions, checks }: Lab): readonly Asked[] {
  const placed = questions.map(question => {
    const { when } = question
    const shows = 'at' in when ? question.shows : when.before
    const check = checks.find(({ name }) => name === shows)
    const until = check ? latestOf(check) : Number.POSITIVE_INFINITY
    return { t: 'at' in when ? when.at : check ? earliestOf(check) : 0, question, shows, until }
  })
  return placed.sort((a, b) => a.t - b.t).map((each, i) => ({ no: i + 1, ...each }))
}

/** When what a check looks at begins: it counts events from 0 s, but a state `at` a moment is looked at then only. */
function earliestOf({ when, seen, unseen }: Check): SimTime {
  if ('during' in when) return when.during[0]
  return 'at' in when && !seen && !unseen ? when.at : 0
}

/** When its verdict falls at the latest. */
export const latestOf = ({ when }: Check): SimTime =>
  'during' in when ? when.during[1] : 'at' in when ? when.at : when.by

/** What is asked of the run: where the clock stands, and when something happens next. */
interface Clock {
  readonly now: SimTime
  readonly next: SimTime
}

/** Is the moment of a question still to come? At 0 s the clock stands there before anything has happened. */
const isToCome = (t: SimTime, { now, next }: Clock): boolean => (now === 0 && t === 0 ? next === 0 : t > now)

/** The first question that is still to come and has no answer: the run must not enter its moment. */
export const nextQuestion = (questions: readonly Asked[], guesses: Guesses, clock: Clock): Asked | undefined =>
  questions.find(({ no, t }) => !guesses.has(no) && isToCome(t, clock))

/** That question, if the run can go no further without it. */
export function dueQuestion(questions: readonly Asked[], guesses: Guesses, clock: Clock): Asked | undefined {
  const question = nextQuestion(questions, guesses, clock)
  return question && clock.now + 1 >= question.t && clock.next >= question.t ? question : undefined
}

/** Runs on to where the question is due: the last nanosecond before its moment, and at 0 s nothing at all. */
export function runUpTo({ t }: Asked, run: { advanceTo(t: SimTime): void }): void {
  if (t > 0) run.advanceTo(t - 1)
}

/** Could what was done from `since` on have changed what is right? One without a check asks for its own moment. */
export const isTouched = ({ t, shows, until }: Asked, since: SimTime): boolean =>
  since <= (shows === undefined ? t : until)

/**
 * `open`: the run has not shown it yet. `refuted`: in this run the check that should show it has failed, so the lab file's
 * answer does not hold: somebody has changed the lab. `changed`: somebody has, before the run could show it.
 */
export type Outcome = 'right' | 'wrong' | 'skipped' | 'open' | 'refuted' | 'changed'

/** `since`: when something was first done in the run that is not in the lab. */
export function outcomeOf(
  asked: Asked,
  { answer, told }: Guess,
  standing: readonly Standing[],
  since: SimTime = Number.POSITIVE_INFINITY,
): Outcome {
  const { question, shows } = asked
  if (isTouched(asked, since)) return told ?? 'changed'
  const state = standing.find(({ name }) => name === shows)?.state
  if (state === 'open') return 'open'
  if (state === 'failed') return 'refuted'
  return answer === undefined ? 'skipped' : answer === question.correct ? 'right' : 'wrong'
}

const SURE: Readonly<Record<Sureness, string>> = { guess: 'a guess', fairly: 'fairly sure', certain: 'certain' }
/** `fairly sure` */
export const surely = (sure: Sureness): string => SURE[sure]

const WORDS: Readonly<Record<Outcome, string>> = {
  right: 'right',
  wrong: 'not right',
  skipped: 'skipped',
  open: 'not shown by the run',
  refuted: 'not to be judged',
  changed: 'not to be judged',
}
/** `right, fairly sure` */
export function verdictWords(outcome: Outcome, { answer, sure }: Guess): string {
  const word = WORDS[outcome]
  return answer === undefined || sure === undefined ? word : `${word}, ${surely(sure)}`
}

/** What is said once the run has shown the answer, or has ended: how the guess was, what is right, and why. */
export function explanation({ no, question, shows }: Asked, guess: Guess, outcome: Outcome): string[] {
  const said = guess.answer === undefined || outcome === 'right' ? '' : ` You said: "${guess.answer}".`
  const head = `Question ${no}: ${verdictWords(outcome, guess)}.${said}`
  switch (outcome) {
    case 'open':
      return [head, `The run has ended before the verdict of the check ${shows}.`]
    case 'changed':
      return [head, 'What was done in this run may have changed the answer.']
    case 'refuted':
      return [
        head,
        `In this run the check ${shows} has failed: what the lab file gives as the answer, "${question.correct}", does not hold.`,
      ]
    default:
      return [head, `The answer: "${question.correct}".`, question.because]
  }
}

/** How many were right, and of how many one was how sure. */
export function summaryOf(answered: readonly { readonly guess: Guess; readonly outcome: Outcome }[]): string[] {
  const judged = answered.filter(({ outcome }) => outcome === 'right' || outcome === 'wrong')
  const right = (list: typeof judged): number => list.filter(({ outcome }) => outcome === 'right').length
  const others = (['skipped', 'open', 'refuted', 'changed'] as const).flatMap(wanted => {
    const count = answered.filter(({ outcome }) => outcome === wanted).length
    return count > 0 ? [`${count} ${WORDS[wanted]}`] : []
  })
  const total = judged.length === 0 ? 'No answer was judged' : `${right(judged)} of ${judged.length} right`
  const sureness = SURENESS.flatMap(sure => {
    const those = judged.filter(({ guess }) => guess.sure === sure)
    return those.length > 0 ? [`${surely(sure)}, ${right(those)} of ${those.length} right`] : []
  })
  return [
    `${[total, ...others].join(', ')}.`,
    ...(sureness.length > 0 ? [`By how sure you were: ${sureness.join('; ')}.`] : []),
  ]
}
