/**
 * `run --quiz`: stops the run before each question of the lab, asks on the line, and tells what has come of the answer
 * once the run has shown it. Answers come from the terminal or, line by line, from whatever stdin is.
 */
import {
  type Asked,
  dueQuestion,
  type Guess,
  type Lab,
  latestOf,
  nextQuestion,
  type Outcome,
  outcomeOf,
  questionsOf,
  type Run,
  runUpTo,
  type SimTime,
  SURENESS,
  type Sureness,
} from '../index.ts'
import { Lines } from './lines.ts'
import type { Judged, QuizVoice } from './quiz-voice.ts'
import { err } from './terminal.ts'

export interface QuizOptions {
  readonly run: Run
  readonly lab: Lab
  readonly voice: QuizVoice
  /** Somebody wants the end. */
  readonly enough: Promise<void>
}

/** What was typed behind the number: `3`, `3 c`, `3 certain`. */
const ANSWER = /^([1-9])\s*([a-z]*)$/
const SKIP = /^s(kip)?$/
const HINT = /^(h(int)?|\?)$/

export class Quiz {
  readonly #options: QuizOptions
  readonly #questions: readonly Asked[]
  readonly #guesses = new Map<number, Guess>()
  /** Those whose outcome has been told. */
  readonly #told = new Map<number, Outcome>()
  readonly #lines = new Lines()
  /** Nobody answers any more. */
  #silent = false
  #interrupted = false

  constructor(options: QuizOptions) {
    this.#options = options
    this.#questions = questionsOf(options.lab)
    void options.enough.then(() => {
      this.#interrupted = true
    })
  }

  /** The moment that the run must not enter before `turn` was called: that of a question, or behind that of a verdict. */
  get before(): SimTime {
    const { run, lab } = this.#options
    const verdicts = this.#open().flatMap(({ shows }) => {
      const check = lab.checks.find(({ name }) => name === shows)
      return check && latestOf(check) > run.now ? [latestOf(check) + 1] : []
    })
    const question = this.#silent ? undefined : nextQuestion(this.#questions, this.#guesses, run)
    return Math.min(question?.t ?? Number.POSITIVE_INFINITY, ...verdicts)
  }

  /** Questions that have an answer, and nobody knows yet what has come of it. */
  #open(): Asked[] {
    return this.#questions.filter(({ no }) => this.#guesses.has(no) && !this.#told.has(no))
  }

  /** Tells what the run has shown, and asks what is due. */
  async turn(): Promise<void> {
    const { run } = this.#options
    this.#tell()
    if (this.#silent) return
    const next = nextQuestion(this.#questions, this.#guesses, run)
    if (next === undefined || run.next < next.t) return
    runUpTo(next, run)
    for (let due: Asked | undefined = next; due && !this.#silent; ) {
      await this.#ask(due)
      due = dueQuestion(this.#questions, this.#guesses, run)
    }
  }

  #tell(atTheEnd = false): void {
    const { run, voice } = this.#options
    for (const asked of this.#open()) {
      const guess = this.#guesses.get(asked.no) as Guess
      const outcome = outcomeOf(asked, guess, run.standing)
      if (outcome === 'open' && !atTheEnd) continue
      this.#told.set(asked.no, outcome)
      voice.judged({ asked, guess, outcome }, Math.max(run.now, asked.t))
    }
  }

  async #ask(asked: Asked): Promise<void> {
    const { voice } = this.#options
    voice.question(asked, this.#questions.length)
    const guess = await this.#answerTo(asked)
    if (guess === undefined) return
    this.#guesses.set(asked.no, guess)
    voice.answer(guess, this.#lines.typed)
    this.#tell()
  }

  /** Undefined: nobody is there to answer. */
  async #answerTo({ no, question: { answers, hint } }: Asked): Promise<Guess | undefined> {
    const usage = `1 to ${answers.length}, S skips${hint === undefined ? '' : ', H gives a hint'}`
    for (;;) {
      const text = await this.#read(`${usage}: `)
      if (text === undefined) return this.#end(no)
      const [, digit, word] = ANSWER.exec(text) ?? []
      const answer = answers[Number(digit) - 1]
      const sure = surenessOf(word ?? '')
      if (SKIP.test(text)) return { answer: undefined, sure: undefined }
      if (HINT.test(text)) err(`${hint ?? 'There is no hint.'}\n`)
      else if (answer === undefined) err(`There is no answer "${text}": ${usage}.\n`)
      else if (word !== '' && sure === undefined)
        err(`How sure? g for a guess, f for fairly, c for certain: ${digit} c\n`)
      else return { answer, sure: sure ?? (await this.#howSure()) }
    }
  }

  /** Only who sits at a terminal is asked once more. */
  async #howSure(): Promise<Sureness | undefined> {
    while (this.#lines.typed) {
      const text = await this.#read('How sure? g a guess, f fairly, c certain (Enter: fairly): ')
      if (text === undefined) break
      if (text === '') return 'fairly'
      const sure = surenessOf(text)
      if (sure) return sure
    }
    return undefined
  }

  async #read(prompt: string): Promise<string | undefined> {
    if (this.#lines.typed) err(prompt)
    return (await this.#lines.next(this.#options.enough))?.trim().toLowerCase()
  }

  #end(no: number): undefined {
    this.#silent = true
    if (this.#interrupted) return
    const rest = no < this.#questions.length ? `question ${no} and those behind it are` : `question ${no} is`
    err(`\nNo more answers come from stdin: ${rest} left out.\n`)
  }

  /** At the end of the run: what it has not shown. */
  end(): void {
    this.#tell(true)
  }

  /** How it went, as the last words. */
  summary(): void {
    const all = this.#questions.flatMap((asked): Judged[] => {
      const guess = this.#guesses.get(asked.no)
      const outcome = this.#told.get(asked.no)
      return guess && outcome ? [{ asked, guess, outcome }] : []
    })
    this.#options.voice.summary(all, this.#questions.length)
  }

  close(): void {
    this.#lines.close()
  }
}

/** `c`, `cert`, `certain` */
const surenessOf = (word: string): Sureness | undefined =>
  word === '' ? undefined : SURENESS.find(sure => sure.startsWith(word))
