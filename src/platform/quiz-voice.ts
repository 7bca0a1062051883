/** How questions and what comes of the answers are printed: between the lines of the story, or as lines of JSON. */
import {
  type Asked,
  explanation,
  formatTime,
  type Guess,
  type Outcome,
  type SimTime,
  summaryOf,
  surely,
  verdictWords,
} from '../index.ts'
import { err, out, paint, terminalWidth, wrap } from './terminal.ts'

/** A question that was asked, and what came of it. */
export interface Judged {
  readonly asked: Asked
  readonly guess: Guess
  readonly outcome: Outcome
}

export interface QuizVoice {
  question(asked: Asked, of: number): void
  /** `typed`: whoever reads this has just typed it. */
  answer(guess: Guess, typed: boolean): void
  judged(judged: Judged, t: SimTime): void
  summary(all: readonly Judged[], of: number): void
}

const moment = (t: SimTime): string => `${formatTime(t).slice(0, -3)} s`

/** Writes what the run has told so far; was there anything? */
type Pause = () => boolean

export class StoryVoice implements QuizVoice {
  readonly #pause: Pause
  readonly #width = terminalWidth()
  #spoken = false

  constructor(pause: Pause) {
    this.#pause = pause
  }

  /** With an empty line around it. */
  #block(lines: readonly string[]): void {
    const gap = this.#pause() || !this.#spoken ? '\n' : ''
    this.#spoken = true
    out(`${gap}${lines.join('\n')}\n\n`)
  }

  question({ no, t, question }: Asked, of: number): void {
    const answers = question.answers.map((answer, i) => this.#wrap(`  ${i + 1}  ${answer}`, 5))
    const head = paint('bold', `Question ${no} of ${of}, before anything happens at ${moment(t)}`)
    this.#block([head, this.#wrap(question.text, 0), ...answers])
  }
  answer({ answer, sure }: Guess, typed: boolean): void {
    const text = answer === undefined ? 'Skipped.' : `Your answer: ${answer}${sure ? ` (${surely(sure)})` : ''}`
    out(typed ? '\n' : `${this.#wrap(text, 2)}\n\n`)
  }
  judged({ asked, guess, outcome }: Judged): void {
    const [head, ...rest] = explanation(asked, guess, outcome)
    const colour = outcome === 'right' ? 'green' : outcome === 'wrong' ? 'red' : 'yellow'
    this.#block([paint(colour, this.#wrap(head, 2)), ...rest.map(line => this.#wrap(`  ${line}`, 2))])
  }
  summary(all: readonly Judged[], of: number): void {
    const rows = all.map(({ asked: { no, question }, guess, outcome }) => {
      return this.#wrap(`  ${no}  ${verdictWords(outcome, guess).padEnd(22)}  ${question.text}`, 29)
    })
    const unasked = of - all.length
    const rest = unasked > 0 ? [`${unasked} of ${of} questions ${unasked === 1 ? 'was' : 'were'} not asked.`] : []
    const total = all.length > 0 ? summaryOf(all) : []
    out(`\n${[paint('bold', 'Your guesses'), ...rows, ...total, ...rest].join('\n')}\n`)
  }
  #wrap(text: string, indent: number): string {
    return wrap(text, this.#width, indent)
  }
}

export class JsonVoice implements QuizVoice {
  readonly #pause: Pause

  constructor(pause: Pause) {
    this.#pause = pause
  }
  #print(line: unknown): void {
    this.#pause()
    out(`${JSON.stringify(line)}\n`)
  }
  question({ no, t, question: { text, answers }, shows }: Asked): void {
    this.#print({ type: 'question', t, no, text, answers, ...(shows === undefined ? {} : { shows }) })
    // Who types the answers wants to read more than JSON.
    const choices = answers.map((answer, i) => `  ${i + 1}  ${answer}\n`).join('')
    if (process.stdin.isTTY) err(`\n${text}\n${choices}\n`)
  }
  /** It comes together with what has become of it. */
  answer(): void {}
  judged({ asked: { no, question }, guess: { answer, sure }, outcome }: Judged, t: SimTime): void {
    const given = { ...(answer === undefined ? {} : { answer }), ...(sure === undefined ? {} : { sure }) }
    this.#print({ type: 'answer', t, no, outcome, ...given, correct: question.correct, because: question.because })
  }
  /** Who reads JSON can count. */
  summary(): void {}
}
