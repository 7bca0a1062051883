/**
 * 9 Log: what the programs of real machines would have written: pppd, pptp-linux, pptpd and chat, and Windows for a
 * failure. The filter searches machine, program and text.
 */
import { type LogLine, logMeaning, type SceneLayer } from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart, wrap } from '../draw.ts'
import { wordsOf } from '../filter.ts'
import { logOf } from '../logged.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { derive, type Move, step } from '../selection.ts'
import { ends, type Line, left, line, type Role, right, span } from '../text.ts'
import { seconds } from '../words.ts'

export const panes = (_: Model): number => 1

/** Lines that the filter lets through, oldest first. */
function linesShown(model: Model): readonly LogLine[] {
  const all = logOf(model.recorder)
  const words = wordsOf(model.ui.filter)
  if (words.length === 0) return all
  return all.filter(each => {
    const hay = `${each.node} ${programOf(each)} ${each.text} ${each.modelled ? 'modelled' : ''}`.toLowerCase()
    return words.every(word => hay.includes(word))
  })
}

/** Where it stands in the list: the selection counts from the newest. */
const chosenIndex = ({ ui }: Model, lines: readonly LogLine[]): number =>
  Math.max(0, lines.length - 1 - Math.min(ui.selection.logLine, lines.length - 1))

export function chosenLine(model: Model): LogLine | undefined {
  const lines = linesShown(model)
  return lines[chosenIndex(model, lines)]
}

/** `pppd ppp0`: a server has many. */
const programOf = ({ program, iface }: LogLine): string => (iface === undefined ? program : `${program} ${iface}`)

/** The rule, and two rows of text. */
const DETAIL = 3

export function view(model: Model, size: Size): Rendered {
  const lines = linesShown(model)
  const at = chosenIndex(model, lines)
  const chosen = lines[at]
  const small = isSmall(size)
  const { columns } = size
  const widths = widthsOf(model, lines, small)
  const said = chosen ? wrap(chosen.text, columns - 4).slice(0, small ? 2 : DETAIL - 1) : []
  const below = small ? said.map(text => line(span(` ${text}`, 'muted'))) : detailOf(chosen, said, columns)
  const count = Math.max(1, size.rows - (small ? 1 : 2) - below.length)
  const start = windowStart(at, count, lines.length)
  const list = lines
    .slice(start, start + count)
    .map((each, i) => row(cells(each, widths, small), columns, start + i === at))
  if (lines.length === 0) list.push(emptyLine(model))
  return {
    lines: fill(
      [
        ...(small ? [] : [headLine(widths)]),
        ...fill(list, { columns, rows: count }),
        ...below,
        footLine(model, lines, columns, small),
      ],
      size,
    ),
    sentence: sentenceOf(model, chosen),
    keys: ['jk line', 'Enter its machine', '/ filter', 'g first', 'G last'],
  }
}

interface Widths {
  readonly node: number
  readonly program: number
}
const widthsOf = ({ scene }: Model, lines: readonly LogLine[], small: boolean): Widths => ({
  node: Math.min(small ? 6 : 12, Math.max(4, ...scene.nodes.map(({ name }) => name.length))),
  program: small ? 5 : Math.max(7, lines.some(({ iface }) => iface !== undefined) ? 10 : 0),
})

const headLine = ({ node, program }: Widths): Line => [
  span(`    time s  ${left('node', node)}  ${left('program', program)}  line`, 'muted'),
]

const ROLES: Readonly<Record<LogLine['tone'], Role | undefined>> = { good: 'ok', bad: 'bad', plain: undefined }
const SIGNS: Readonly<Record<LogLine['tone'], string>> = { good: '√', bad: '×', plain: ' ' }

/** Where in its source a program says it matters less than what it says: the whole line stands below the list. */
const brief = (text: string): string => text.replace(/^anon \w+\[[^\]]*\]: /, '')

function cells(each: LogLine, { node, program }: Widths, small: boolean): Line {
  const role = ROLES[each.tone]
  return [
    span(right(seconds(each.t), small ? 7 : 9)),
    span(small ? ` ${left(each.node, node)} ` : `  ${left(each.node, node)}  ${left(programOf(each), program)}`),
    span(`${SIGNS[each.tone]} `, role),
    span(brief(each.text), role),
  ]
}

/** The whole line, which may be longer than a row. */
function detailOf(chosen: LogLine | undefined, said: readonly string[], columns: number): Line[] {
  if (!chosen) return []
  const title = `${programOf(chosen)} of ${chosen.node}`
  const how = chosen.modelled ? 'modelled' : 'as captured'
  return fill([rule(columns, [{ at: 0, title }], how), ...said.map(text => line(`  ${text}`))], {
    columns,
    rows: DETAIL,
  })
}

function emptyLine({ ui }: Model): Line {
  return line(
    span(
      ui.filter === ''
        ? ' No program has written anything yet. Space starts, . takes one step.'
        : ` No line matches ${ui.filter}. Esc clears the filter.`,
      'muted',
    ),
  )
}

function footLine({ ui }: Model, lines: readonly LogLine[], columns: number, small: boolean): Line {
  const filter = ui.typing || ui.filter !== '' ? ` / ${ui.filter}${ui.typing ? '_' : ''}` : ' / filter'
  const kinds = small ? '' : '   pppd, pptp, pptpd, chat, windows, modelled'
  return ends([span(`${filter}${kinds}`, 'muted')], [span(`${lines.length} lines `, 'muted')], columns)
}

function sentenceOf({ ui }: Model, chosen: LogLine | undefined): string {
  if (!chosen) return ui.filter === '' ? 'Machines that dial and servers keep a log here.' : 'Nothing here matches.'
  const meaning = logMeaning(chosen) ?? `${chosen.node}: ${chosen.text}`
  return chosen.modelled ? `${meaning} Modelled, not captured.` : meaning
}

export function moveSelection(model: Model, move: Move): Selection {
  const lines = linesShown(model)
  const to = step(move, chosenIndex(model, lines), lines.length)
  if (to === undefined) return model.ui.selection
  return { ...derive(model, { node: lines[to].node }), logLine: lines.length - 1 - to }
}

const LAYERS: readonly (readonly [RegExp, SceneLayer['name']])[] = [
  [/\[CHAP|\[PAP|authenticat|authorized/, 'auth'],
  [/\[CCP|MPPE/, 'CCP'],
  [/\[IPCP|IP address/, 'IPCP'],
  [/\[LCP|^LCP|hangup|terminated|Connect/, 'LCP'],
  [/[Cc]all|CALL/, 'call'],
]

/** To the machine that it tells of. */
export function enter(model: Model): Partial<Ui> {
  const lines = linesShown(model)
  const chosen = lines[chosenIndex(model, lines)]
  if (!chosen) return {}
  const selection = derive(model, { node: chosen.node })
  const tunnel = model.scene.tunnels.find(({ no }) => no === selection.tunnel)
  const name = chosen.program === 'chat' ? 'line' : (LAYERS.find(([words]) => words.test(chosen.text))?.[1] ?? 'ctl')
  const layer = tunnel?.layers.findIndex(each => each.name === name) ?? -1
  return { view: 'tunnels', pane: 1, filter: '', selection: { ...selection, layer } }
}
