/**
 * 5 NAT: what a firewall or NAT box remembers, which rule acted, and what was discarded. What a box refuses stands in the
 * table where it would have gone. By Tab the tables of every machine with an IP stack: ip-tables.ts.
 */
import {
  type Box,
  type BoxConnection,
  type BoxRule,
  boxNames,
  boxOf,
  DROP_REASONS,
  type Loss,
} from '../../src/index.ts'
import { clamp, fill, isSmall, list, rule, wrap } from '../draw.ts'
import { matching } from '../filter.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { derive, type Move, step } from '../selection.ts'
import { ends, fit, type Line, left, line, right, span } from '../text.ts'
import { BOX_WORDS, seconds } from '../words.ts'
import * as Ip from './ip-tables.ts'
import { asItCame, connectionHead, lifeText, outsideOf, type TableRow, tableCells } from './nat-table.ts'

/** Connections, rules, drops; then the tables of the machine. */
const BOX_PANES = 3
export const panes = (model: Model): number => BOX_PANES + Ip.panes(model)
/** Is it one of the panes of ip-tables.ts? */
const isIp = ({ ui }: Model): boolean => ui.pane >= BOX_PANES
/** That pane, as ip-tables.ts counts them. */
const ipPane = ({ ui }: Model): number => ui.pane - BOX_PANES

const simulationOf = ({ recorder }: Model) => recorder.run.simulation

/** The selected box, or the first one. */
function boxShown(model: Model): Box | undefined {
  const names = boxNames(simulationOf(model))
  const { node } = model.ui.selection
  const name = node !== undefined && names.includes(node) ? node : names[0]
  return name === undefined ? undefined : boxOf(simulationOf(model), name)
}

/** The connections, and behind them what found no place among them. */
function tableOf(model: Model, box: Box): TableRow[] {
  const refused = model.recorder.losses.filter(({ node, last }) => node === box.node && last.layer === 'filter')
  return [
    ...box.connections.map(connection => ({ connection })),
    ...refused.filter(({ reason }) => !reason.startsWith('filter-')).map(loss => ({ refused: loss })),
  ]
}

interface Lists {
  readonly box: Box | undefined
  readonly table: readonly TableRow[]
  readonly rules: readonly BoxRule[]
  readonly losses: readonly Loss[]
}

function listsOf(model: Model): Lists {
  const box = boxShown(model)
  const { filter } = model.ui
  const losses = matching(model.recorder.losses, filter, lossText)
  if (!box) return { box, table: [], rules: [], losses }
  return {
    box,
    table: matching(tableOf(model, box), filter, rowText),
    rules: matching(rulesOf(box), filter, ({ text }) => text),
    losses,
  }
}

/** What a filter looks into. */
const lossText = ({ node, reason, rule, entry, last }: Loss): string =>
  [node, reason, rule, entry, last.proto, last.layer, last.src, last.dst].join(' ')
const rowText = (row: TableRow): string =>
  'refused' in row
    ? `refused ${lossText(row.refused)}`
    : [
        row.connection.proto,
        row.connection.inside,
        row.connection.remote,
        row.connection.outside,
        row.connection.state,
      ].join(' ')

/** Rules, then what is translated: nobody counts that. */
const rulesOf = ({ rules, translations }: Box): BoxRule[] => [
  ...rules,
  ...translations.map(text => ({ text: `nat ${text}`, packets: -1, octets: -1 })),
]

/** Where both have room, the tables of the machine stand below those of the box. */
const BOTH = 44

export function view(model: Model, size: Size): Rendered {
  const { columns, rows } = size
  if (rows >= BOTH && !isSmall(size)) {
    const above = Math.floor(rows * 0.55)
    const boxes = boxView(isIp(model) ? { ...model, ui: { ...model.ui, pane: -1 } } : model, { columns, rows: above })
    const tables = Ip.view(model, ipPane(model), { columns, rows: rows - above - 1 })
    const asked = isIp(model) ? tables : boxes
    return { ...asked, lines: [...boxes.lines, rule(columns, [{ at: 0, title: 'the machine' }]), ...tables.lines] }
  }
  return isIp(model) ? Ip.view(model, ipPane(model), size) : boxView(model, size)
}

function boxView(model: Model, size: Size): Rendered {
  const lists = listsOf(model)
  const others = boxNames(simulationOf(model)).length > 1
  const asked = dropOf(model) === undefined ? [] : ['w why', 'Enter its packet']
  const keys = [...(HINTS[model.ui.pane] ?? []), ...asked, ...(others ? ['hl box'] : []), 'a act']
  const told = sentenceOf(model, lists)
  if (isSmall(size)) return { lines: fill(smallLines(model, lists, size), size), sentence: told, keys }
  // What of the sentence has no room in the border stands above it.
  const parts = wrap(told, size.columns - BORDER)
  const above = parts.slice(0, -1).map(text => line(`  ${text}`))
  const { columns, rows } = size
  const lines = fill(wideLines(model, lists, size, above.length), { columns, rows: rows - above.length })
  return { lines: [...lines, ...above.map(each => fit(each, columns))], sentence: parts.at(-1) ?? '', keys }
}

/** Cells of the border that a sentence in it cannot have, but for its two corners. */
const BORDER = 4

const HINTS: readonly (readonly string[])[] = [
  ['jk entry', 'Tab rules'],
  ['jk rule', 'Tab drops'],
  ['jk drop', 'Tab routes'],
]

// Wide

function wideLines(model: Model, { box, table, rules, losses }: Lists, { columns, rows }: Size, kept: number): Line[] {
  const { pane, selection } = model.ui
  // Each pane gets what it wants, as far as there is room; the table takes the rest, and gives what is kept free below.
  const room = rows - 5
  const ruleRows = Math.min(Math.max(1, rules.length), Math.floor(room / 3))
  const lossRows = Math.min(Math.max(1, losses.length), Math.floor(room / 3))
  const tableRows = room - ruleRows - lossRows - kept
  const head = (title: string, at: number, end: string): Line =>
    rule(columns, [{ at: 0, title, focus: pane === at }], end)
  const refused = losses.filter(({ node, last }) => node === box?.node && last.layer === 'filter')
  const count = refused.reduce((sum, loss) => sum + loss.count, 0)
  const title = box ? `${box.size} of ${box.limit}, ${count} refused` : ''
  return [
    boxLine(model, box, columns),
    head(box && outsideOf(box) !== '' ? `connections, outside ${outsideOf(box)}` : 'connections', 0, title),
    connectionHead(box, columns),
    ...list(table, selection.connection, tableRows, columns, pane === 0, each => tableCells(model, each, box, columns)),
    head('rules, the first that fits decides', 1, 'packets      octets'),
    ...list(rules, selection.rule, ruleRows, columns, pane === 1, each => ruleCells(each, columns)),
    head('dropped, by machine and reason', 2, `${model.scene.drops} in all`),
    ...list(losses, selection.loss, lossRows, columns, pane === 2, each => lossCells(each, columns)),
  ]
}

function boxLine(model: Model, box: Box | undefined, columns: number): Line {
  if (!box) return line(span(' No machine of this lab filters or translates.', 'muted'))
  const names = boxNames(simulationOf(model))
  const which = names.length > 1 ? `box ${names.indexOf(box.node) + 1} of ${names.length} ` : ''
  const what = box.isNat ? `${box.like} (${BOX_WORDS[box.like]})` : 'firewall without NAT'
  return ends([span(` ${box.node}`, undefined, { bold: true }), span(`  ${what}`)], [span(which, 'muted')], columns)
}

function ruleCells({ text, packets, octets }: BoxRule, columns: number): Line {
  const role = /\b(drop|reject)\b/.test(text) && packets > 0 ? 'bad' : packets === 0 ? 'muted' : undefined
  const counts = packets < 0 ? '' : `${right(String(packets), 8)}${right(String(octets), 12)} `
  return ends([span(` ${text}`, role)], [span(counts, role)], columns - 1)
}

function lossCells({ node, reason, rule, entry, count, last }: Loss, columns: number): Line {
  const by = rule ?? entry ?? ''
  const head = `${right(String(count), 6)} × ${left(node, 8)} ${left(last.proto ?? last.layer, 5)}${left(reason, 20)}`
  return [
    span(head, 'bad'),
    span(left(by, Math.max(0, columns - head.length - 12)), 'muted'),
    span(right(`${seconds(last.t)} `, 11)),
  ]
}

// Small

/** The pane that has the keys, under one line that says which. */
function smallLines(model: Model, { box, table, rules, losses }: Lists, { columns, rows }: Size): Line[] {
  const { pane, selection } = model.ui
  const size = rows - 1
  if (pane === 2) {
    return [
      line(span(' dropped', undefined, { bold: true })),
      ...list(losses, selection.loss, size, columns, true, ({ node, reason, count }) => [
        span(`${right(String(count), 4)} × ${left(node, 8)} ${reason}`, 'bad'),
      ]),
    ]
  }
  if (!box) return [line(span(' No box filters or translates.', 'muted'))]
  if (pane === 1) {
    return [
      line(span(` ${box.node}: rules`, undefined, { bold: true })),
      ...list(rules, selection.rule, size, columns, true, ({ text, packets }) => [
        span(`${right(packets < 0 ? '' : String(packets), 5)} ${text}`),
      ]),
    ]
  }
  return [
    line(span(` ${box.node}: ${box.size} connections`, undefined, { bold: true })),
    ...list(table, selection.connection, size, columns, true, each =>
      'refused' in each
        ? [
            span(
              `× ${left(each.refused.last.proto ?? '', 4)}${left(asItCame(model, each.refused.last)[0], 15)} refused ${each.refused.count}`,
              'bad',
            ),
          ]
        : [
            span(
              `${right(String(each.connection.no), 2)} ${left(each.connection.proto, 4)}${left(each.connection.inside, 20)} ${right(lifeText(each.connection.left), 6)}`,
            ),
          ],
    ),
  ]
}

// The sentence

function sentenceOf(model: Model, { box, table, rules, losses }: Lists): string {
  const { pane, selection } = model.ui
  if (pane === 2) {
    const loss = losses[clamp(selection.loss, losses.length)]
    return loss ? DROP_REASONS[loss.reason] : 'Nothing was dropped so far.'
  }
  if (!box) return 'This lab has no firewall and no NAT box; drops of other machines stand below.'
  if (pane === 1) {
    const chosen = rules[clamp(selection.rule, rules.length)]
    return chosen ? ruleSentence(chosen) : 'It has no rules: everything passes.'
  }
  const each = table[clamp(selection.connection, table.length)]
  if (!each) return box.isNat ? box.about : 'It keeps no connections now.'
  if ('refused' in each) return DROP_REASONS[each.refused.reason]
  return connectionSentence(each.connection, box)
}

function ruleSentence({ text, packets }: BoxRule): string {
  if (packets < 0) return 'A rule of translation: new connections ask it once, and their entry remembers.'
  if (text.startsWith('policy')) return 'What no rule has decided is decided by the policy of its chain.'
  return packets === 0
    ? 'No packet has met this rule so far.'
    : 'The first rule that fits decides; those below are not asked.'
}

function connectionSentence({ state, rule, remote, proto, outside }: BoxConnection, { node }: Box): string {
  if (state === 'unanswered') return `Nothing has come back from ${remote} so far.`
  if (rule === '') return `${node} remembers who speaks with whom; nothing is translated.`
  if (proto === 'gre' && !outside.includes(' call '))
    return 'GRE has no ports, and this box does not read call IDs: one entry for two addresses.'
  return `${remote} sees ${outside}; by ${rule}.`
}

// Moves

const PLACES = ['connection', 'rule', 'loss'] as const

export function moveSelection(model: Model, move: Move): Selection {
  const { ui } = model
  if (isIp(model)) return Ip.moveSelection(model, ipPane(model), move)
  if (move === 'left' || move === 'right') return otherBox(model, move)
  const { table, rules, losses } = listsOf(model)
  const place = PLACES[ui.pane] ?? 'connection'
  const count = { connection: table.length, rule: rules.length, loss: losses.length }[place]
  const to = step(move, clamp(ui.selection[place], count), count)
  return to === undefined ? ui.selection : { ...ui.selection, [place]: to }
}

function otherBox(model: Model, move: 'left' | 'right'): Selection {
  const names = boxNames(simulationOf(model))
  const box = boxShown(model)
  if (!box) return model.ui.selection
  const to = clamp(names.indexOf(box.node) + (move === 'left' ? -1 : 1), names.length)
  return { ...derive(model, { node: names[to] }), connection: 0, rule: 0 }
}

/** What was discarded that the chosen row is about: the last of it. */
export function dropOf(model: Model): Loss['last'] | undefined {
  if (isIp(model)) return undefined
  const { box, table, rules, losses } = listsOf(model)
  const { pane, selection } = model.ui
  if (pane === 2) return losses[clamp(selection.loss, losses.length)]?.last
  if (pane === 0) {
    const each = table[clamp(selection.connection, table.length)]
    return each && 'refused' in each ? each.refused.last : undefined
  }
  const chosen = rules[clamp(selection.rule, rules.length)]
  return losses.find(({ node, rule }) => node === box?.node && chosen !== undefined && rule === chosen.text)?.last
}

/** The chosen connection, if it is one and not what found no place. */
export function chosenConnection(model: Model): BoxConnection | undefined {
  const { table } = listsOf(model)
  const each = table[clamp(model.ui.selection.connection, table.length)]
  return model.ui.pane % 3 === 0 && each && 'connection' in each ? each.connection : undefined
}

/** To the packet of the chosen drop; elsewhere to the next pane. */
export function enter(model: Model): Partial<Ui> {
  const drop = dropOf(model)
  const packet = drop?.packet === undefined ? undefined : model.recorder.packet(drop.packet)
  if (!packet) return {}
  const selection = derive(model, { journey: packet.journey.no, form: packet.journey.packets.indexOf(packet) })
  return { view: 'packets', pane: 0, filter: '', selection }
}
