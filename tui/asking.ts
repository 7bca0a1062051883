/**
 * Questions of the lab in the program: the run stops before each, 7 Checks shows it, and no other view opens until it is
 * answered or skipped. What was answered stays answered when the run goes back.
 */
import {
  type Asked,
  dueQuestion,
  type Guess,
  type Guesses,
  type Lab,
  nextQuestion,
  type Outcome,
  outcomeOf,
  questionsOf,
  type SimTime,
  type Standing,
  SURENESS,
  type Sureness,
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
  /** The run goes on when it is answered. */
  readonly resume: boolean
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

/** The moment that the run must not enter. */
export const stopBefore = (lab: Lab, { quiz, guesses }: Asks, clock: Clock): SimTime =>
  (quiz ? nextQuestion(questionsIn(lab), guesses, clock)?.t : undefined) ?? Number.POSITIVE_INFINITY

/** The question that the run waits for. */
export const dueIn = (lab: Lab, { quiz, guesses }: Asks, clock: Clock): Asked | undefined =>
  quiz ? dueQuestion(questionsIn(lab), guesses, clock) : undefined

/** Opens it; whatever else was open is closed. */
export function askNow(ui: Ui, { no, t }: Asked): Ui {
  const { prompt: _, menu: __, ...rest } = goTo(ui, 'checks')
  const asking: Asking = { no, t, chosen: -1, sure: 'fairly', hint: false, resume: ui.running }
  return { ...rest, running: false, help: false, why: false, typing: false, pane: 0, asking }
}

/** Those of the lab that runs. */
const questionsOfRun = ({ recorder }: Model): readonly Asked[] => questionsIn(recorder.run.simulation.lab)

/** The open question, with its words. */
export const askedIn = (model: Model): Asked | undefined =>
  questionsOfRun(model).find(({ no }) => no === model.ui.asking?.no)

export interface Judged {
  readonly asked: Asked
  readonly guess: Guess
  readonly outcome: Outcome
}

/** What was answered so far, in the order of asking. */
export function judgedIn(lab: Lab, guesses: Guesses, standing: readonly Standing[]): Judged[] {
  return questionsIn(lab).flatMap(asked => {
    const guess = guesses.get(asked.no)
    return guess ? [{ asked, guess, outcome: outcomeOf(asked, guess, standing) }] : []
  })
}

const OPEN = 'waits for the run to show it'
/** `right, fairly sure`, `fairly sure, waits for the run to show it` */
export function guessWords({ guess, outcome }: Judged): string {
  if (outcome !== 'open') return verdictWords(outcome, guess)
  return guess.answer === undefined ? `skipped, ${OPEN}` : `${verdictWords('right', guess).slice(7)}, ${OPEN}`
}

/** A check that would give an answer away is covered until that is guessed. */
export function isCovered({ name, state }: Standing, model: Model): boolean {
  const { quiz, asking, guesses } = model.ui
  if (!quiz || state !== 'open') return false
  return asking !== undefined || questionsOfRun(model).some(each => each.shows === name && !guesses.has(each.no))
}

/** Is there a question of the lab that is still to be asked? */
export const isQuizOpen = (model: Model): boolean =>
  model.ui.quiz && questionsOfRun(model).some(({ no }) => !model.ui.guesses.has(no))

/** What was answered in this run. */
export const guessedIn = (model: Model): Judged[] =>
  judgedIn(model.recorder.run.simulation.lab, model.ui.guesses, model.scene.checks)

/** How many questions there are in all. */
export const questionCount = (model: Model): number => questionsOfRun(model).length

export const WAITS = 'The run waits for your guess: a number, then Enter; S skips.'

/** A key while a question is open. */
export function inQuestion(model: Model, asking: Asking, command: Command): Pressed {
  const { ui } = model
  const count = askedIn(model)?.question.answers.length ?? 0
  const change = (to: Partial<Asking>): Pressed => ({ ui: { ...ui, asking: { ...asking, ...to } } })
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
      return guessed(ui, asking, { answer: undefined, sure: undefined })
    case 'accept': {
      const answer = askedIn(model)?.question.answers[asking.chosen]
      if (answer === undefined) return { ui: { ...ui, message: `Choose an answer first: 1 to ${count}, or S skips.` } }
      return guessed(ui, asking, { answer, sure: asking.sure })
    }
    default:
      return { ui: { ...ui, message: WAITS } }
  }
}

/** A digit chooses at once, if there is such an answer. */
export function chooseAnswer(model: Model, asking: Asking, index: number): Pressed {
  const count = askedIn(model)?.question.answers.length ?? 0
  const { ui } = model
  return { ui: index < count ? { ...ui, asking: { ...asking, chosen: index } } : { ...ui, message: WAITS } }
}

/** The view before comes back, and the run goes on if it did. */
function guessed(ui: Ui, { no, resume }: Asking, guess: Guess): Pressed {
  const { asking: _, ...rest } = back(ui)
  return { ui: { ...rest, running: resume, guesses: new Map([...ui.guesses, [no, guess]]) } }
}
