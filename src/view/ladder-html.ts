/**
 * A ladder as one page of HTML that needs nothing else, and no network: the picture, and what is in the packets of each row
 * by a click or by keys (arrows walk, Enter opens, Esc closes). It goes without colour, and says its rows to screen readers.
 *
 * Limits: of the first rows the octets are in the page; the page says so where a run is longer.
 */
import type { Field } from '../base/field.ts'
import type { Ladder, LadderPacket, LadderRow } from './ladder.ts'
import { rowFacts } from './ladder-facts.ts'
import { type LadderItem, rowsOf } from './ladder-fold.ts'
import type { LadderPictureOptions } from './ladder-mermaid.ts'
import {
  gridOf,
  heads,
  itemSentence,
  LADDER_STYLE,
  leftSentence,
  lifelines,
  MOST_ITEMS,
  PITCH,
  rowMarks,
} from './ladder-svg.ts'
import { CELL, escaped, px, STYLE } from './svg-page.ts'

/** What a page holds of packets: it is to open at once. */
const MOST_PACKETS = 1500
const MOST_OF_A_ROW = 40

export function ladderHtml(ladder: Ladder, items: readonly LadderItem[], options: LadderPictureOptions = {}): string {
  const shown = items.slice(0, MOST_ITEMS)
  const grid = gridOf(ladder, shown, options)
  const height = shown.length * PITCH + 0.6
  const wide = px(grid.width * CELL.width + 16)
  const rows = shown.flatMap((item, i) =>
    rowMarks(
      item,
      grid,
      i,
      ` id="r${i}" role="option" tabindex="${i === 0 ? 0 : -1}" aria-label="${escaped(itemSentence(item))}"`,
    ),
  )
  const details = shown.reduce<Details>((all, item) => withItem(all, ladder, item), { packets: 0, items: [] })
  const notes = [
    ...(items.length > shown.length ? [leftSentence(items.length - shown.length)] : []),
    ...(details.packets > MOST_PACKETS ? [`The octets of the first ${MOST_PACKETS} packets are in this page.`] : []),
  ]
  const hidden = grid.hidden.flat()
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(ladder.title)}</title>
<style>${STYLE}${LADDER_STYLE}${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(ladder.title)}</h1>
<p>Arrow keys walk, Enter opens a row, Esc closes it.${hidden.length > 0 ? ` Not drawn: ${escaped(hidden.join(', '))}.` : ''}${notes.map(note => ` <strong>${escaped(note)}</strong>`).join('')}</p>
<svg class="heads" width="${wide}" height="${px(2.2 * CELL.height)}" aria-hidden="true">${heads(grid).join('')}</svg>
</header>
<main>
<svg class="rows" width="${wide}" height="${px(height * CELL.height)}" role="listbox" aria-label="who said what, in order">
${[...lifelines(grid, height - 0.2), ...rows].join('\n')}
</svg>
</main>
<aside hidden tabindex="-1" role="dialog" aria-label="the chosen row"><button type="button">close</button><div></div></aside>
<script type="application/json" id="details">${JSON.stringify(details.items).replaceAll('<', '\\u003c')}</script>
<script>${SCRIPT}</script>
</body>
</html>
`
}

interface Details {
  readonly packets: number
  readonly items: readonly object[]
}

/** By item: a sentence, and of each row its facts, its packets' fields and octets. */
function withItem({ packets, items }: Details, ladder: Ladder, item: LadderItem): Details {
  const rows = rowsOf(item)
  const told = rows.slice(0, MOST_OF_A_ROW).map(row => {
    const inside = packets < MOST_PACKETS ? ladder.packetsOf(row).map(packetOf) : []
    return { label: `${row.label} ${row.seal}`.trim(), facts: rowFacts(ladder, row), packets: inside }
  })
  const count = rows.reduce((sum, row) => sum + countOf(row), 0)
  const more = rows.length > MOST_OF_A_ROW ? `${rows.length - MOST_OF_A_ROW} more are not told here.` : ''
  return { packets: packets + count, items: [...items, { title: itemSentence(item), rows: told, more }] }
}

const countOf = ({ journeys }: LadderRow): number =>
  Math.max(
    1,
    journeys.reduce((sum, { packets }) => sum + packets.length, 0),
  )

/** Fields as [depth, text, offset, length], octets as hex. */
function packetOf({ title, layers, bytes }: LadderPacket): object {
  return { title, fields: layers.flatMap(layer => fieldRows(layer, 0)), octets: hexOf(bytes) }
}

function fieldRows({ name, text, offset, length, problem, children = [] }: Field, depth: number): unknown[] {
  const words = `${name}  ${text}${problem === undefined ? '' : `  ! ${problem}`}`
  return [[depth, words, offset, length], ...children.flatMap(child => fieldRows(child, depth + 1))]
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, octet => octet.toString(16).padStart(2, '0')).join('')

const PAGE_STYLE = `
:root{--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#818b98;--box:#f6f8fa;--frame:#57606a;--protected:#1a7f37;--clear:#bc4c00;--none:#cf222e;--open:#8250df;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--muted:#9198a1;--line:#768390;--box:#161b22;--frame:#9198a1;--protected:#3fb950;--clear:#f0883e;--none:#ff7b72;--open:#bc8cff}}
body{margin:0;background:var(--page);color:var(--ink);font:14px/1.4 system-ui,sans-serif}
header{position:sticky;top:0;background:var(--page);padding:8px 20px 0;z-index:1}h1{font-size:17px;margin:0}p{margin:2px 0 8px;color:var(--muted)}
main{padding:0 20px 40vh}svg{display:block;overflow:visible}.row{cursor:pointer;outline:none}
.row:hover .back{fill:var(--box)}.row:focus .back,.row.chosen .back{fill:var(--box);stroke:var(--ink);stroke-width:1.5}
aside{position:fixed;bottom:0;left:0;right:0;max-height:45vh;overflow:auto;background:var(--page);border-top:2px solid var(--frame);padding:8px 20px;box-sizing:border-box}
aside button{float:right;font:inherit}aside h2{font-size:14px;margin:0}aside h3{font-size:13px;margin:8px 0 0}aside ul{margin:2px 0;padding-left:20px}
summary{cursor:pointer}aside .both{display:flex;flex-wrap:wrap;gap:24px}pre{margin:4px 0;font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow:auto;max-width:100%}
pre span:focus,pre span.on,pre span:hover{background:var(--ink);color:var(--page);outline:none}
`

/** Names of elements are looked up once; everything from the run is set as text, never as markup. */
const SCRIPT = `
'use strict'
const rows = [...document.querySelectorAll('.row')], aside = document.querySelector('aside'), box = aside.querySelector('div')
const details = JSON.parse(document.getElementById('details').textContent)
let chosen = 0, open = false
const make = (name, text, into) => { const made = document.createElement(name); made.textContent = text; into.append(made); return made }
function choose(at) {
  rows[chosen].tabIndex = -1
  rows[chosen].classList.remove('chosen')
  rows[chosen].setAttribute('aria-selected', 'false')
  chosen = Math.max(0, Math.min(rows.length - 1, at))
  const row = rows[chosen]
  row.tabIndex = 0
  row.classList.add('chosen')
  row.setAttribute('aria-selected', 'true')
  row.focus({ preventScroll: true })
  const top = row.getBoundingClientRect(), head = document.querySelector('header').getBoundingClientRect().bottom
  const low = open ? aside.getBoundingClientRect().top : innerHeight
  if (top.top < head) scrollBy(0, top.top - head - 8)
  else if (top.bottom > low) scrollBy(0, top.bottom - low + 8)
  if (open) show()
}
function show() {
  const told = details[chosen]
  open = true
  box.replaceChildren()
  make('h2', told.title, box)
  for (const row of told.rows) {
    const part = told.rows.length > 1 ? make('details', '', box) : box
    if (told.rows.length > 1) make('summary', row.label + ', ' + row.facts[0], part)
    const list = make('ul', '', part)
    for (const fact of row.facts) make('li', fact, list)
    for (const packet of row.packets) show1(packet, part)
  }
  if (told.more) make('p', told.more, box)
  aside.hidden = false
}
function show1(packet, part) {
  make('h3', packet.title, part)
  const both = make('div', '', part)
  both.className = 'both'
  const tree = make('pre', '', both), hex = make('pre', '', both), octets = packet.octets.match(/../g) || []
  const cells = octets.map((octet, i) => {
    if (i % 16 === 0) hex.append((i ? '\\n' : '') + i.toString(16).padStart(4, '0') + '  ')
    const cell = make('span', octet, hex)
    hex.append(' ')
    return cell
  })
  for (const [depth, text, offset, length] of packet.fields) {
    const line = make('span', '  '.repeat(depth) + text, tree)
    tree.append('\\n')
    const mark = on => () => { for (let i = offset; i < offset + length && i < cells.length; i++) cells[i].classList.toggle('on', on) }
    line.addEventListener('mouseenter', mark(true))
    line.addEventListener('mouseleave', mark(false))
    line.addEventListener('focus', mark(true))
    line.addEventListener('blur', mark(false))
    line.tabIndex = 0
  }
}
function close() { open = false; aside.hidden = true; if (rows.length) rows[chosen].focus({ preventScroll: true }) }
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }
addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || rows.length === 0) return
  const { key } = event, inside = aside.contains(document.activeElement)
  if (key === 'Escape' && open) close()
  else if (inside) return
  else if (key in STEPS) choose(chosen + STEPS[key])
  else if (key === 'Enter' || key === ' ') show()
  else return
  event.preventDefault()
})
rows.forEach((row, at) => row.addEventListener('click', () => { choose(at); show() }))
aside.querySelector('button').addEventListener('click', close)
`
