/** 7 Checks: what should be true, and whether it is; the questions of the lab, and what has come of the guesses. */
import type { Asked, Standing } from '../../src/index.ts'
import { guessedIn, guessWords, isCovered, isOfOld, type Judged, lostOf, sinceOf } from '../asking.ts'
import { fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { type Move, step } from '../selection.ts'
import { type Line, left, line, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'
import { questionView, signOf } from './question.ts'

export const panes = (_: Model): number => 1

const SIGNS: Readonly<Record<Standing['state'], Span>> = {
  open: span('?', 'muted'),
  passed: span('√', 'ok'),
  failed: span('×', 'bad'),
}

/** A check, a question that was answered, or one that is not asked for what was done. */
type Row =
  | { readonly check: Standing; readonly covered: boolean; readonly old: boolean }
  | { readonly asked: Asked; readonly judged: Judged | undefined }

const rowsOf = (model: Model): Row[] => [
  ...model.scene.checks.map(check => ({
    check,
    covered: isCovered(check, model),
    old: isOfOld(check, sinceOf(model)),
  })),
  ...guessedIn(model).map(judged => ({ asked: judged.asked, judged })),
  ...lostOf(model).map(asked => ({ asked, judged: undefined })),
]

const chosenIndex = ({ ui }: Model, rows: readonly Row[]): number =>
  Math.max(0, Math.min(rows.length - 1, ui.selection.check))

export function view(model: Model, size: Size): Rendered {
  const { asking } = model.ui
  if (asking)
    return questionView(model, asking, size, count =>
      listLines(model, rowsOf(model).slice(0, model.scene.checks.length), size.columns, count),
    )
  const rows = rowsOf(model)
  const chosen = rows[chosenIndex(model, rows)]
  const lines = isSmall(size) ? smallLines(model, rows, size) : wideLines(model, rows, size)
  return {
    lines: fill(chosen ? lines : [line(span(' This lab has no checks.', 'muted'))], size),
    sentence: sentenceOf(chosen),
    keys: ['jk check'],
  }
}

/** The chosen check, unless it is covered. */
export function chosenCheck(model: Model): Standing | undefined {
  const rows = rowsOf(model)
  const chosen = rows[chosenIndex(model, rows)]
  return chosen && 'check' in chosen && !chosen.covered ? chosen.check : undefined
}

const passed = ({ scene }: Model): number => scene.checks.filter(({ state }) => state === 'passed').length

/** The rule and the list, in so many rows. */
function listLines(model: Model, rows: readonly Row[], columns: number, count: number): Line[] {
  const soFar = model.scene.over ? '' : ' so far'
  const old = checksIn(rows).filter(check => isOfOld(check, sinceOf(model))).length
  const ofOld = old === 0 ? '' : `, ${old} failed after the change`
  const index = model.ui.asking ? -1 : chosenIndex(model, rows)
  const start = windowStart(Math.max(0, index), count - 1, rows.length)
  const widths = widthsOf(rows)
  const shown = rows.slice(start, start + count - 1)
  return fill(
    [
      rule(
        columns,
        [{ at: 0, title: 'checks of this lab' }],
        `${passed(model)} of ${model.scene.checks.length} passed${soFar}${ofOld}`,
      ),
      ...shown.map((each, i) => listRow(each, widths, columns, start + i === index)),
    ],
    { columns, rows: count },
  )
}

function wideLines(model: Model, all: readonly Row[], { columns, rows }: Size): Line[] {
  const chosen = all[chosenIndex(model, all)]
  const detailRows = Math.max(6, Math.floor(rows / 3))
  const count = Math.min(all.length, rows - detailRows - 2)
  return [
    ...listLines(model, all, columns, count + 1),
    ...(rows > count + detailRows + 2 ? [[]] : []),
    ...(chosen ? chosenLines(model, chosen, columns) : []),
  ]
}

function chosenLines(model: Model, row: Row, columns: number): Line[] {
  if ('asked' in row) {
    const { asked, judged } = row
    return [
      rule(columns, [{ at: 0, title: `question ${asked.no}` }], judged ? guessWords(judged) : 'not asked'),
      ...(judged ? guessLines(model, judged, columns) : block(columns, 'why', changedWords(model))),
    ]
  }
  const { check, covered, old } = row
  const end = check.state === 'open' ? 'not decided yet' : check.state
  return [
    rule(columns, [{ at: 0, title: covered ? COVERED_NAME : check.name }], end),
    ...(covered ? [line(span(`  ${COVERED_LONG}`, 'muted'))] : detailLines(check, columns)),
    ...(old ? block(columns, 'but', oldWords(model), span('', 'warn')) : []),
  ]
}

/** Of a question that nobody asks or judges any more. */
const changedWords = (model: Model): string =>
  `This question is about the lab as it is written. What you did at ${seconds(sinceOf(model))} s may change its answer, so it is not asked or judged. u takes that back.`

/** Of a check that has failed since. */
const oldWords = (model: Model): string =>
  `This check tells what happens in the lab as it is written, and you have changed the lab at ${seconds(sinceOf(model))} s: what it expects need not come true any more. If you have cured what the lab shows, it has to fail.`

interface Widths {
  readonly name: number
  readonly when: number
}

const checksIn = (rows: readonly Row[]): Standing[] => rows.flatMap(row => ('check' in row ? [row.check] : []))
const nameOf = (row: Row): string =>
  'asked' in row ? `question ${row.asked.no}` : row.covered ? COVERED_NAME : row.check.name

const widthsOf = (rows: readonly Row[]): Widths => ({
  name: Math.max(4, ...rows.map(row => nameOf(row).length)),
  when: Math.max(0, ...checksIn(rows).map(each => whenOf(each).length)),
})

/** In place of what would give an answer away. */
export const COVERED_NAME = '·····'
export const COVERED = 'covered until you have guessed'
const COVERED_LONG = 'This might give an answer away: it stays covered until all questions are answered.'

const NOT_ASKED = 'not asked any more: you have changed the lab'
const NO_SIGN = span('·', 'muted')

/** `by 2 s`, `from 2 s to 80 s` */
const whenOf = ({ when }: Standing): string => when.replaceAll('.000 s', ' s')

const BOTH = 140

function listRow(each: Row, widths: Widths, columns: number, chosen: boolean): Line {
  const { name, when } = widths
  if ('asked' in each) {
    const { asked, judged } = each
    const text = judged ? `  your guess: ${guessWords(judged)}. ${asked.question.text}` : `  ${NOT_ASKED}`
    return row(
      [
        span(' '),
        judged ? signOf(judged) : NO_SIGN,
        span(` ${left(nameOf(each), name)}`),
        span(left(text, Math.max(10, columns - name - 5))),
      ],
      columns,
      chosen,
    )
  }
  const { state, verdict } = each.check
  const description = each.covered ? COVERED : each.check.description
  const at = verdict ? `at ${seconds(verdict.t)}` : ''
  const all = Math.max(10, columns - name - when - 20)
  // Where there is room, what was seen stands beside what is wanted.
  const seen = columns >= BOTH ? Math.floor(all * 0.5) : 0
  const text = `  ${left(description, all - seen)}  ${left(whenOf(each.check), when)}${at.padStart(11)} `
  const role = state === 'open' ? 'muted' : undefined
  const beside = seen > 0 ? [span(left(`  ${verdict?.detail ?? ''}`, seen), 'muted')] : []
  return row(
    [span(' '), SIGNS[state], span(` ${left(nameOf(each), name)}`), span(text, role), ...beside],
    columns,
    chosen,
  )
}

/** A label and what stands beside it, in as many lines as it takes. */
const block = (columns: number, label: string, text: string, role?: Span): Line[] =>
  wrap(text, columns - 14).map((words, i) =>
    line(span(`  ${left(i === 0 ? label : '', 10)}`, 'muted'), { ...role, text: words }),
  )

/** What the check wants, until when, and what was seen. */
function detailLines(chosen: Standing, columns: number): Line[] {
  const { description, state, verdict } = chosen
  const seen = verdict === undefined ? 'not decided yet' : verdict.detail
  const tone = span('', state === 'passed' ? 'ok' : state === 'failed' ? 'bad' : 'muted')
  return [
    ...block(columns, 'wants', `${description}.`),
    ...block(columns, 'when', whenOf(chosen)),
    ...block(columns, 'seen', seen, tone),
    ...(verdict
      ? block(
          columns,
          'decided',
          `at ${seconds(verdict.t)} s${verdict.level === 'warning' ? ', as a warning only' : ''}`,
        )
      : []),
  ]
}

/** Has the run shown what is right? */
const isKnown = ({ outcome }: Judged): boolean => outcome === 'right' || outcome === 'wrong' || outcome === 'skipped'

/** What was asked and answered, and what is right once the run has shown it. */
function guessLines(model: Model, judged: Judged, columns: number): Line[] {
  const { asked, guess, outcome } = judged
  const { text, correct, because } = asked.question
  const tone = span('', outcome === 'right' ? 'ok' : outcome === 'wrong' ? 'bad' : 'muted')
  const known = isKnown(judged)
  const right = known && outcome !== 'right'
  return [
    ...block(columns, 'asked', text),
    ...block(columns, 'you', guess.answer ?? 'skipped', tone),
    ...(right ? block(columns, 'right is', correct) : []),
    ...(known ? block(columns, 'because', because) : []),
    ...(outcome === 'refuted'
      ? block(columns, 'but', `The check ${asked.shows} has failed: in this run the answer of the lab does not hold.`)
      : []),
    ...(outcome === 'changed' ? block(columns, 'but', changedWords(model)) : []),
  ]
}

function smallLines(model: Model, all: readonly Row[], { columns, rows }: Size): Line[] {
  const index = chosenIndex(model, all)
  const chosen = all[index]
  const text = wrap(chosen ? smallText(model, chosen) : '', columns - 2).slice(0, chosen && 'asked' in chosen ? 5 : 3)
  const count = Math.max(1, rows - text.length)
  const start = windowStart(index, count, all.length)
  const { name } = widthsOf(all)
  return [
    ...fill(
      all.slice(start, start + count).map((each, i) => {
        const sign = 'check' in each ? SIGNS[each.check.state] : each.judged ? signOf(each.judged) : NO_SIGN
        const about = 'check' in each ? whenOf(each.check) : each.judged ? guessWords(each.judged) : 'not asked'
        return row([sign, span(` ${left(nameOf(each), name)} ${about}`)], columns, start + i === index)
      }),
      { columns, rows: count },
    ),
    ...text.map(words => line(span(` ${words}`, 'muted'))),
  ]
}

/** The most important first: there is little room. */
function smallText(model: Model, row: Row): string {
  if ('asked' in row) {
    const { asked, judged } = row
    if (!judged || judged.outcome === 'changed') return changedWords(model)
    return isKnown(judged)
      ? `${asked.question.correct}. ${asked.question.because}`
      : (judged.guess.answer ?? asked.question.text)
  }
  if (row.covered) return COVERED_LONG
  return row.old ? oldWords(model) : (row.check.verdict?.detail ?? row.check.description)
}

function sentenceOf(chosen: Row | undefined): string {
  if (!chosen) return 'A lab may say what should become true; this one does not.'
  if ('asked' in chosen) {
    const { asked, judged } = chosen
    return judged
      ? `Question ${asked.no}, your guess: ${guessWords(judged)}.`
      : `Question ${asked.no} is not asked any more: it is about the lab as written.`
  }
  if (chosen.covered) return COVERED_LONG
  const { name, state, verdict, description } = chosen.check
  if (state === 'open') return `Not decided yet: the check ${name} is judged ${whenOf(chosen.check)}.`
  if (chosen.old) return `The check ${name} failed, as it may: it tells of the lab as written.`
  if (state === 'failed') return `The check ${name} failed: ${ended(verdict?.detail ?? description)}`
  return `The check ${name} passed at ${seconds(verdict?.t ?? 0)} s: ${ended(description)}`
}

const ended = (text: string): string => `${text.replace(/\.$/, '')}.`

export function moveSelection(model: Model, move: Move): Selection {
  const rows = rowsOf(model)
  const to = step(move, chosenIndex(model, rows), rows.length)
  return to === undefined ? model.ui.selection : { ...model.ui.selection, check: to }
}

/** There is nothing behind a check. */
export const enter = (_: Model): Partial<Ui> => ({})
