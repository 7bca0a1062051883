/**
 * Questions of the lab in the program: the run stops before each, 7 Checks shows it, and no other view opens until it is
 * answered or skipped. What was answered stays answered when the run goes back.
 *
 * A question is about the lab as written. Where something was done before its answer could show, it is neither asked nor
 * judged; `since` is when that was.
 */
import {
  type Asked,
  dueQuestion,
  type Guess,
  type Guesses,
  isTouched,
  type Lab,
  nextQuestion,
  type Outcome,
  outcomeOf,
  questionsOf,
  type SimTime,
  type Standing,
  SURENESS,
  type Sureness,
  surely,
  verdictWords,
} from '../src/index.ts'
import type { Pressed } from './effect.ts'
import { back, goTo } from './go.ts'
import type { Command } from './keys.ts'
import type { Model, Ui } from './model.ts'

/** A question that is open. */
export interface Asking {
  readonly no: number
  /** The moment that waits for it. */
  readonly t: SimTime
  /** Index of the chosen answer; -1: none yet. */
  readonly chosen: number
  readonly sure: Sureness
  readonly hint: boolean
  /** It is answered, and what is right stands on the screen: no check will show it later. */
  readonly told: boolean
  /** `q` was pressed: once more quits. The first may have been meant for what the question has closed. */
  readonly leaving: boolean
  /** What goes on when it is answered: the run, or the way to a time. */
  readonly resume: 'run' | SimTime | undefined
}

const memory = new WeakMap<Lab, readonly Asked[]>()
/** Those of the lab, in the order of asking. */
export function questionsIn(lab: Lab): readonly Asked[] {
  const questions = memory.get(lab) ?? questionsOf(lab)
  memory.set(lab, questions)
  return questions
}

interface Clock {
  readonly now: SimTime
  readonly next: SimTime
}
type Asks = Pick<Ui, 'quiz' | 'guesses'>

const NEVER = Number.POSITIVE_INFINITY

/** Those to which the run can still give the answer of the lab. */
const askable = (lab: Lab, since: SimTime): readonly Asked[] =>
  questionsIn(lab).filter(asked => !isTouched(asked, since))

/** The moment that the run must not enter. */
export const stopBefore = (lab: Lab, ui: Asks, clock: Clock, since: SimTime = NEVER): SimTime =>
  (ui.quiz ? nextQuestion(askable(lab, since), ui.guesses, clock)?.t : undefined) ?? NEVER

/** The question that the run waits for. */
export const dueIn = (lab: Lab, ui: Asks, clock: Clock, since: SimTime = NEVER): Asked | undefined =>
  ui.quiz ? dueQuestion(askable(lab, since), ui.guesses, clock) : undefined

/** Those that are not asked any more, for what was done. */
export const lostIn = (lab: Lab, { quiz, guesses }: Asks, since: SimTime): readonly Asked[] =>
  quiz ? questionsIn(lab).filter(asked => !guesses.has(asked.no) && isTouched(asked, since)) : []

/** `2 questions of the lab are not asked any more: 7 says why.` */
export const lostWords = (count: number): string =>
  `${count === 1 ? '1 question of the lab is' : `${count} questions of the lab are`} not asked any more: 7 says why.`

/** Opens it; whatever else was open is closed. `goal`: somebody wanted to go to that time. */
export function askNow(ui: Ui, { no, t }: Asked, goal?: SimTime): Ui {
  const { prompt: _, menu: __, explained: ___, ...rest } = goTo(ui, 'checks')
  const asking: Asking = {
    no,
    t,
    chosen: -1,
    sure: 'fairly',
    hint: false,
    told: false,
    leaving: false,
    resume: ui.running ? 'run' : goal,
  }
  return { ...rest, running: false, help: false, why: false, typing: false, pane: 0, asking }
}

/** Those of the lab that runs. */
const questionsOfRun = (model: Model): readonly Asked[] => questionsIn(labOf(model))

/** The open question, with its words. */
export const askedIn = (model: Model): Asked | undefined =>
  questionsOfRun(model).find(({ no }) => no === model.ui.asking?.no)

export interface Judged {
  readonly asked: Asked
  readonly guess: Guess
  readonly outcome: Outcome
}

/** What was answered so far, in the order of asking. */
export function judgedIn(lab: Lab, guesses: Guesses, standing: readonly Standing[], since: SimTime = NEVER): Judged[] {
  return questionsIn(lab).flatMap(asked => {
    const guess = guesses.get(asked.no)
    return guess ? [{ asked, guess, outcome: outcomeOf(asked, guess, standing, since) }] : []
  })
}

const OPEN = 'waits for the run to show it'
/** `right, fairly sure`, `fairly sure, waits for the run to show it` */
export function guessWords({ guess, outcome }: Judged): string {
  if (outcome !== 'open') return verdictWords(outcome, guess)
  const how = guess.answer === undefined ? 'skipped' : guess.sure === undefined ? 'guessed' : surely(guess.sure)
  return `${how}, ${OPEN}`
}

/** When something was first done in the run. */
export const sinceOf = ({ deeds }: Model): SimTime => deeds?.since ?? NEVER
const labOf = ({ recorder }: Model): Lab => recorder.run.simulation.lab

/** Is there a question of the lab that is still to be asked? */
export const isQuizOpen = (model: Model): boolean =>
  model.ui.quiz &&
  !model.scene.over &&
  askable(labOf(model), sinceOf(model)).some(({ no }) => !model.ui.guesses.has(no))

/** In place of the description of a lab whose questions are open. */
export const GUESS_FIRST = 'Guess first: the run stops and asks.'

/** What a check says, and even its name, may give an answer away: it is covered until the last question is answered. */
export const isCovered = ({ state }: Standing, model: Model): boolean => state === 'open' && isQuizOpen(model)

/** What was answered in this run. */
export const guessedIn = (model: Model): Judged[] =>
  judgedIn(labOf(model), model.ui.guesses, model.scene.checks, sinceOf(model))

/** What is not asked in this run, for what was done. */
export const lostOf = (model: Model): readonly Asked[] => lostIn(labOf(model), model.ui, sinceOf(model))

/** Has a check failed in a run that is no longer that of the lab as written? It tells of that one. */
export const isOfOld = ({ verdict, state }: Standing, since: SimTime): boolean =>
  state === 'failed' && verdict !== undefined && verdict.t >= since

/** How many questions there are in all. */
export const questionCount = (model: Model): number => questionsOfRun(model).length

const WAITS = 'The run waits for your guess: a number, then Enter; S skips.'

const READ = 'Enter goes on, when you have read it.'

/** A key that does nothing here. */
export const strayKey = (ui: Ui, asking: Asking): Pressed => ({
  ui: { ...ui, asking: { ...asking, leaving: false }, message: asking.told ? READ : WAITS },
})

function leave(ui: Ui, asking: Asking): Pressed {
  if (asking.leaving) return { ui, effect: 'quit' }
  return { ui: { ...ui, asking: { ...asking, leaving: true }, message: 'q once more quits; S skips the question.' } }
}

/** A key while a question is open. */
export function inQuestion(model: Model, asking: Asking, command: Command): Pressed {
  const { ui } = model
  const asked = askedIn(model)
  if (!asked) return { ui }
  if (command === 'quit') return leave(ui, asking)
  if (asking.told) return command === 'accept' ? closed(ui, asking) : strayKey(ui, asking)
  const { answers } = asked.question
  const count = answers.length
  const change = (to: Partial<Asking>): Pressed => ({ ui: { ...ui, asking: { ...asking, leaving: false, ...to } } })
  switch (command) {
    case 'down':
      return change({ chosen: Math.min(count - 1, asking.chosen + 1) })
    case 'up':
      return change({ chosen: Math.max(0, asking.chosen - 1) })
    case 'first':
      return change({ chosen: 0 })
    case 'last':
      return change({ chosen: count - 1 })
    case 'surer':
      return change({ sure: SURENESS[(SURENESS.indexOf(asking.sure) + 1) % SURENESS.length] })
    case 'hint':
      return change({ hint: !asking.hint })
    case 'skip':
      return guessed(model, asked, asking, { answer: undefined, sure: undefined })
    case 'accept': {
      const answer = answers[asking.chosen]
      if (answer === undefined) return { ui: { ...ui, message: `Choose an answer first: 1 to ${count}, or S skips.` } }
      return guessed(model, asked, asking, { answer, sure: asking.sure })
    }
    default:
      return strayKey(ui, asking)
  }
}

/** A digit chooses at once, if there is such an answer. */
export function chooseAnswer(model: Model, asking: Asking, index: number): Pressed {
  const count = askedIn(model)?.question.answers.length ?? 0
  const { ui } = model
  if (index >= count || asking.told) return strayKey(ui, asking)
  return { ui: { ...ui, asking: { ...asking, leaving: false, chosen: index } } }
}

/** What no check shows later is told at once. */
function guessed({ ui, scene }: Model, asked: Asked, asking: Asking, guess: Guess): Pressed {
  const outcome = outcomeOf(asked, guess, scene.checks)
  if (outcome === 'open') return closed(withGuess(ui, asked, guess), asking)
  return { ui: { ...withGuess(ui, asked, { ...guess, told: outcome }), asking: { ...asking, told: true } } }
}

export const withGuess = (ui: Ui, { no }: Asked, guess: Guess): Ui => ({
  ...ui,
  guesses: new Map([...ui.guesses, [no, guess]]),
})

/** The view before comes back, and the run goes on if it did. */
function closed(ui: Ui, { resume }: Asking): Pressed {
  const { asking: _, ...rest } = back(ui)
  const after = { ...rest, running: resume === 'run' }
  return typeof resume === 'number' ? { ui: after, effect: { seek: resume } } : { ui: after }
}
