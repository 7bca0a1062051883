/** A question of the lab, in 7 Checks: it stands below the checks, and what it asks about is covered. */
import { SURENESS, type Sureness, surely } from '../../src/index.ts'
import { type Asking, askedIn, guessedIn, guessWords, type Judged, questionCount } from '../asking.ts'
import { fill, isSmall, rule, wrap } from '../draw.ts'
import type { Model, Rendered, Size } from '../model.ts'
import { type Line, line, type Span, selected, span } from '../text.ts'

/** The question with its answers; `checks` draws so many rows of the checks above it. */
export function questionView(model: Model, asking: Asking, size: Size, checks: (rows: number) => Line[]): Rendered {
  const asked = askedIn(model)
  const { answers = [], hint } = asked?.question ?? {}
  const small = isSmall(size)
  if (asking.told) {
    const lines = small ? toldSmall(model, asking, size) : wideLines(model, asking, size, checks)
    return { lines: fill(lines, size), sentence: toldSentence(model, asking), keys: ['Enter go on'] }
  }
  return {
    lines: fill(small ? smallLines(model, asking, size) : wideLines(model, asking, size, checks), size),
    sentence: sentenceOf(model, asking),
    keys: keysOf(answers.length, hint !== undefined, small),
  }
}

/** In a narrow window there is room for three, and the sentence that names Enter has none. */
const keysOf = (count: number, hint: boolean, small: boolean): string[] =>
  small
    ? [`1-${count} choose`, 'Tab sure', 'Enter ok', 'S skip']
    : [`jk or 1-${count} choose`, 'Tab how sure', 'Enter commit', 'S skip', ...(hint ? ['H hint'] : [])]

function sentenceOf({ ui }: Model, { chosen, resume }: Asking): string {
  if (chosen < 0 && ui.tour !== undefined)
    return 'The lab asks first: a number, then Enter; S skips. Then the tour goes on.'
  if (chosen < 0) return 'What do you expect? A number chooses, Enter commits your guess.'
  return resume
    ? 'Enter commits your guess and lets the run go on.'
    : 'Enter commits your guess; then the run can go on.'
}

function toldSentence(model: Model, { no, resume }: Asking): string {
  const judged = guessedIn(model).find(({ asked }) => asked.no === no)
  const words = judged ? `Question ${no}: ${guessWords(judged)}. ` : ''
  return `${words}${resume === undefined ? 'Enter goes back.' : 'Enter lets the run go on.'}`
}

/** Least rows of checks, with their rule: fewer say nothing. */
const LEAST_CHECKS = 3

function wideLines(model: Model, asking: Asking, { columns, rows }: Size, checks: (rows: number) => Line[]): Line[] {
  const head = rule(
    columns,
    [{ at: 0, title: `question ${asking.no} of ${questionCount(model)}`, focus: true }],
    'the run waits here',
  )
  const words = textLines(model, columns - 4).map(text => line(`  ${text}`))
  const parts = asking.told
    ? [words, toldLines(model, columns), becauseLines(model, columns - 4).map(text => line(`  ${text}`))]
    : [words, answerLines(model, asking, columns), [sureLine(asking)], belowLines(model, asking, columns)]
  const roomy = [head, ...parts.flatMap(part => [[], ...part])]
  const body = roomy.length + LEAST_CHECKS <= rows ? roomy : [head, ...parts.flat()]
  // With its rule, and a free row below.
  const room = Math.min(rows - body.length, model.scene.checks.length + 2)
  return room >= LEAST_CHECKS ? [...checks(room), ...body] : body
}

const sureLine = (asking: Asking): Line =>
  line('   How sure?   ', ...SURENESS.flatMap(each => [sureSpan(each, asking), '   ']))

const becauseLines = (model: Model, width: number): string[] => wrap(askedIn(model)?.question.because ?? '', width)

/** The answers, the right one and a wrong guess marked. */
function toldLines(model: Model, columns: number): Line[] {
  const { answers = [], correct } = askedIn(model)?.question ?? {}
  const answer = model.ui.guesses.get(model.ui.asking?.no ?? 0)?.answer
  const indent = columns < 78 ? 4 : 10
  return answers.flatMap((each, i) => {
    const sign = each === correct ? span('√', 'ok') : each === answer ? span('×', 'bad') : span(' ')
    const role = each === correct ? 'ok' : each === answer ? 'bad' : 'muted'
    const head = columns < 78 ? [sign, `${i + 1}  `] : ['    ', sign, `  ${i + 1}  `]
    return wrap(each, columns - indent - 1).map((text, row) =>
      row === 0 ? line(...head, span(text, role)) : line(' '.repeat(indent), span(text, role)),
    )
  })
}

/** What is right and why; where there is no room for all, the question goes first. */
function toldSmall(model: Model, { no }: Asking, { columns, rows }: Size): Line[] {
  const judged = guessedIn(model).find(({ asked }) => asked.no === no)
  const head = judged ? [line(signOf(judged), ` ${guessWords(judged)}`)] : []
  const because = becauseLines(model, columns - 2).map(text => line(` ${text}`))
  const right = toldLines(model, columns).filter(
    each => each.some(({ text }) => text === '√') || each.some(({ role }) => role === 'ok'),
  )
  const words = textLines(model, columns - 2).map(text => line(span(` ${text}`, 'muted')))
  const below = [...head, ...right, ...because]
  return below.length + words.length <= rows ? [...words, ...below] : below
}

const textLines = (model: Model, width: number): string[] => wrap(askedIn(model)?.question.text ?? '', width)

/** `►  (•) 3  His call is accepted, then PPP stays silent.` */
function answerLines(model: Model, { chosen }: Asking, columns: number): Line[] {
  const answers = askedIn(model)?.question.answers ?? []
  const indent = columns < 78 ? 4 : 10
  return answers.flatMap((answer, i) => {
    const here = i === chosen
    const head =
      columns < 78 ? `${here ? '►' : ' '}${i + 1}  ` : `${here ? '►' : ' '}  ${here ? '(•)' : '( )'} ${i + 1}  `
    return wrap(answer, columns - indent - 1).map((text, row) => {
      const whole = line(span((row === 0 ? head : '').padEnd(indent)), text)
      return here ? selected(whole) : whole
    })
  })
}

const SHORT: Readonly<Record<Sureness, string>> = { guess: 'guess', fairly: 'fairly', certain: 'certain' }
const sureSpan = (sure: Sureness, asking: Asking): Span =>
  sure === asking.sure ? span(`(•) ${SHORT[sure]}`, undefined, { bold: true }) : span(`( ) ${SHORT[sure]}`)

function belowLines(model: Model, { hint: shown }: Asking, columns: number): Line[] {
  const hint = askedIn(model)?.question.hint
  const said =
    shown && hint !== undefined
      ? wrap(`Hint: ${hint}`, columns - 4).map(text => line(span(`  ${text}`, 'plain')))
      : [line(span('  Guess first, then look. A wrong guess costs nothing; it is how this sticks.', 'muted'))]
  const before = guessedIn(model)
  const words = before.map(({ asked, guess, outcome }) => {
    const sure = guess.sure === undefined ? '' : ` ${surely(guess.sure)}`
    return `question ${asked.no} ${signOf({ asked, guess, outcome }).text}${sure}`
  })
  const soFar = words.length > 0 ? [line(span(`  so far: ${words.slice(-3).join(', ')}`, 'muted'))] : []
  return [...said, ...soFar]
}

const SIGNS = {
  right: span('√', 'ok'),
  wrong: span('×', 'bad'),
  skipped: span('·', 'muted'),
  open: span('?', 'muted'),
  refuted: span('~', 'warn'),
  changed: span('~', 'warn'),
} as const
export const signOf = ({ outcome }: Judged): Span => SIGNS[outcome]

/** One pane: the chosen answer is always in it, and the line about sureness. */
function smallLines(model: Model, asking: Asking, { columns, rows }: Size): Line[] {
  const { hint } = askedIn(model)?.question ?? {}
  const head = asking.hint && hint !== undefined ? [`Hint: ${hint}`] : []
  const words = [...head.flatMap(text => wrap(text, columns - 2)), ...textLines(model, columns - 2)]
  const choices = answerLines(model, asking, columns)
  const body = [...words.map(text => line(` ${text}`)), ...choices]
  const sure = line(' ', ...SURENESS.flatMap(each => [sureSpan(each, asking), ' ']))
  const room = rows - 1
  const last = choices.findLastIndex(each => each.some(({ reverse }) => reverse))
  const first = Math.max(0, Math.min(body.length - room, last < 0 ? 0 : words.length + last + 1 - room))
  const shown = body.slice(first, first + room)
  const more = body.length > first + room
  return [...fill(shown, { columns, rows: room }), more ? line(...sure, span(' ↓ j', 'muted')) : sure]
}
