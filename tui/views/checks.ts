/** 7 Checks: what should be true, and whether it is. */
import type { Standing } from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { type Move, step } from '../selection.ts'
import { type Line, left, line, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'

export const panes = (_: Model): number => 1

const SIGNS: Readonly<Record<Standing['state'], Span>> = {
  open: span('?', 'muted'),
  passed: span('√', 'ok'),
  failed: span('×', 'bad'),
}

const chosenIndex = ({ scene, ui }: Model): number => Math.max(0, Math.min(scene.checks.length - 1, ui.selection.check))

export function view(model: Model, size: Size): Rendered {
  const { checks } = model.scene
  const chosen = checks[chosenIndex(model)]
  const lines = isSmall(size) ? smallLines(model, size) : wideLines(model, chosen, size)
  return {
    lines: fill(chosen ? lines : [line(span(' This lab has no checks.', 'muted'))], size),
    sentence: sentenceOf(chosen),
    keys: ['jk check'],
  }
}

export const chosenCheck = (model: Model): Standing | undefined => model.scene.checks[chosenIndex(model)]

const passed = ({ scene }: Model): number => scene.checks.filter(({ state }) => state === 'passed').length

function wideLines(model: Model, chosen: Standing | undefined, { columns, rows }: Size): Line[] {
  const { checks, over } = model.scene
  const soFar = over ? '' : ' so far'
  const detailRows = Math.max(6, Math.floor(rows / 3))
  const count = Math.min(checks.length, rows - detailRows - 2)
  const index = chosenIndex(model)
  const start = windowStart(index, count, checks.length)
  const widths = widthsOf(checks)
  return [
    rule(columns, [{ at: 0, title: 'checks of this lab' }], `${passed(model)} of ${checks.length} passed${soFar}`),
    ...checks.slice(start, start + count).map((each, i) => checkRow(each, widths, columns, start + i === index)),
    ...(rows > count + detailRows + 2 ? [[]] : []),
    rule(
      columns,
      [{ at: 0, title: chosen?.name ?? '' }],
      chosen?.state === 'open' ? 'not decided yet' : (chosen?.state ?? ''),
    ),
    ...(chosen ? detailLines(chosen, columns) : []),
  ]
}

interface Widths {
  readonly name: number
  readonly when: number
}

const widthsOf = (checks: readonly Standing[]): Widths => ({
  name: Math.max(4, ...checks.map(({ name }) => name.length)),
  when: Math.max(0, ...checks.map(each => whenOf(each).length)),
})

/** `by 2 s`, `from 2 s to 80 s` */
const whenOf = ({ when }: Standing): string => when.replaceAll('.000 s', ' s')

const BOTH = 140

function checkRow(check: Standing, { name, when }: Widths, columns: number, chosen: boolean): Line {
  const { description, state, verdict } = check
  const at = verdict ? `at ${seconds(verdict.t)}` : ''
  const all = Math.max(10, columns - name - when - 20)
  // Where there is room, what was seen stands beside what is wanted.
  const seen = columns >= BOTH ? Math.floor(all * 0.5) : 0
  const text = `  ${left(description, all - seen)}  ${left(whenOf(check), when)}${at.padStart(11)} `
  const role = state === 'open' ? 'muted' : undefined
  const beside = seen > 0 ? [span(left(`  ${verdict?.detail ?? ''}`, seen), 'muted')] : []
  return row(
    [span(' '), SIGNS[state], span(` ${left(check.name, name)}`), span(text, role), ...beside],
    columns,
    chosen,
  )
}

/** What the check wants, until when, and what was seen. */
function detailLines(chosen: Standing, columns: number): Line[] {
  const { description, state, verdict } = chosen
  const width = columns - 14
  const block = (label: string, text: string, role?: Span): Line[] =>
    wrap(text, width).map((words, i) =>
      line(span(`  ${left(i === 0 ? label : '', 10)}`, 'muted'), { ...role, text: words }),
    )
  const seen = verdict === undefined ? 'not decided yet' : verdict.detail
  const tone = span('', state === 'passed' ? 'ok' : state === 'failed' ? 'bad' : 'muted')
  return [
    ...block('wants', `${description}.`),
    ...block('when', whenOf(chosen)),
    ...block('seen', seen, tone),
    ...(verdict
      ? block('decided', `at ${seconds(verdict.t)} s${verdict.level === 'warning' ? ', as a warning only' : ''}`)
      : []),
  ]
}

function smallLines(model: Model, { columns, rows }: Size): Line[] {
  const { checks } = model.scene
  const index = chosenIndex(model)
  const chosen = checks[index]
  const text = wrap(chosen?.verdict?.detail ?? chosen?.description ?? '', columns - 2).slice(0, 3)
  const count = Math.max(1, rows - text.length)
  const start = windowStart(index, count, checks.length)
  const { name } = widthsOf(checks)
  return [
    ...fill(
      checks
        .slice(start, start + count)
        .map((each, i) =>
          row([SIGNS[each.state], span(` ${left(each.name, name)} ${whenOf(each)}`)], columns, start + i === index),
        ),
      { columns, rows: count },
    ),
    ...text.map(words => line(span(` ${words}`, 'muted'))),
  ]
}

function sentenceOf(chosen: Standing | undefined): string {
  if (!chosen) return 'A lab may say what should become true; this one does not.'
  const { name, state, verdict, description } = chosen
  if (state === 'open') return `Not decided yet: the check ${name} is judged ${whenOf(chosen)}.`
  if (state === 'failed') return `The check ${name} failed: ${ended(verdict?.detail ?? description)}`
  return `The check ${name} passed at ${seconds(verdict?.t ?? 0)} s: ${ended(description)}`
}

const ended = (text: string): string => `${text.replace(/\.$/, '')}.`

export function moveSelection(model: Model, move: Move): Selection {
  const to = step(move, chosenIndex(model), model.scene.checks.length)
  return to === undefined ? model.ui.selection : { ...model.ui.selection, check: to }
}

/** There is nothing behind a check. */
export const enter = (_: Model): Partial<Ui> => ({})
