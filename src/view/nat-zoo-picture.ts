/**
 * The NAT zoo as a heat map: SVG, and a page around it. Blue, yellow and dark red differ in lightness too, so that they
 * can be told apart without colours; the words and a filled circle for each tunnel that works say the same.
 */
import {
  columnLines,
  columnWords,
  lettersOf,
  sideWords,
  signs,
  unique,
  wrapped,
  type ZooSentences,
  type ZooShown,
} from './nat-zoo-table.ts'

const CELL = { width: 118, height: 74 }
const LABEL = 104
const MARGIN = 16
const HEAD = 84
/** Characters of a line in a cell, and pixels of a line. */
const CHARACTERS = 15
const LINE = 14
const CHARACTER = 7.2
const GAP = 14

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const STYLE = `
svg{--page:#fff;--ink:#1f2328;--muted:#59636e}
@media(prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--muted:#9198a1}}
.page{fill:var(--page)}
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);text-anchor:middle}
.title{font-size:15px;font-weight:bold;text-anchor:start}.name{font-weight:bold;text-anchor:end}.side{font-weight:bold}.muted{fill:var(--muted)}.left{text-anchor:start}
.all rect{fill:#a6cee3}.some rect{fill:#fdd835}.none rect{fill:#8c2d04}
.all text,.some text{fill:#111}.none text{fill:#fff}
`
type Heat = 'all' | 'some' | 'none'
const heatOf = ({ works, clients }: ZooShown): Heat => (works === clients ? 'all' : works > 0 ? 'some' : 'none')
const LEGEND: readonly (readonly [Heat, string])[] = [
  ['all', 'all tunnels work'],
  ['some', 'some do'],
  ['none', 'none does'],
]

/** As wide as it is meant to be, whatever the font. */
function text(x: number, y: number, words: string, name = ''): string {
  const width = ([...words].length * (name === 'title' ? 9 : CHARACTER)).toFixed(1)
  const role = name === '' ? '' : ` class="${name}"`
  return `<text${role} x="${x}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(words)}</text>`
}

/** `●○○`: one of three works. */
const circles = ({ tunnels }: ZooShown): string => tunnels.map(({ fate }) => (fate === 'works' ? '●' : '○')).join('')

const TITLE = 'PPTP behind NAT boxes'

/** Where a column stands. */
interface Column {
  readonly side: string
  readonly words: string
  readonly left: number
}

export function zooSvg(cells: readonly ZooShown[], sentences: ZooSentences): string {
  const letters = lettersOf(cells, sentences)
  const columns = columnsOf(cells)
  const across = (columns.at(-1)?.left ?? 0) + CELL.width
  const parts = [text(0, 14, TITLE, 'title'), ...heads(columns)]
  const likes = unique(cells.map(({ like }) => like))
  for (const [r, like] of likes.entries()) {
    const top = HEAD + r * CELL.height
    parts.push(text(LABEL - 10, top + CELL.height / 2 + 4, like, 'name'))
    for (const { side, words, left } of columns) {
      const cell = cells.find(one => one.like === like && one.side === side && columnWords(one) === words)
      if (cell) parts.push(cellAt(left, top, cell, letters, sentences))
    }
  }
  const bottom = HEAD + likes.length * CELL.height + 28
  parts.push(...legend(bottom))
  let y = bottom + 30
  for (const [reason, letter] of letters) {
    parts.push(text(0, y, letter, 'left'))
    for (const line of wrapped(sentences[reason], Math.floor(across / CHARACTER) - 4)) {
      parts.push(text(24, y, line, 'left'))
      y += LINE + 3
    }
  }
  const [width, height] = [across + 2 * MARGIN, y + 2 * MARGIN - LINE]
  const description = cells.map(({ name, outcome }) => `${name}: ${outcome}.`).join(' ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(TITLE)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${STYLE}</style>
<rect class="page" width="100%" height="100%" rx="8"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${parts.join('\n')}
</g>
</svg>
`
}

function columnsOf(cells: readonly ZooShown[]): Column[] {
  const all = unique(cells.map(columnWords))
  return unique(cells.map(({ side }) => side)).flatMap((side, s) =>
    all.map((words, i) => ({ side, words, left: LABEL + s * GAP + (s * all.length + i) * CELL.width })),
  )
}

/** What stands above the cells. */
function heads(columns: readonly Column[]): string[] {
  const sides = unique(columns.map(({ side }) => side)).map(side => {
    const own = columns.filter(column => column.side === side)
    const middle = (own[0].left + (own.at(-1)?.left ?? 0) + CELL.width) / 2
    return text(middle, 42, sideWords(side), 'side')
  })
  const words = columns.flatMap(({ words, left }) =>
    columnLines(words, CHARACTERS).map((line, k) => text(left + CELL.width / 2, 60 + k * LINE, line, 'muted')),
  )
  return [...sides, ...words]
}

function cellAt(
  x: number,
  y: number,
  cell: ZooShown,
  letters: ReadonlyMap<string, string>,
  sentences: ZooSentences,
): string {
  const lines = wrapped(cell.outcome, CHARACTERS)
  const all = [`${circles(cell)} ${signs(cell, letters)}`, ...lines]
  const first = y + (CELL.height - all.length * LINE) / 2 + LINE - 4
  const title = `${cell.name}: ${cell.outcome}. ${cell.reasons.map(reason => sentences[reason]).join(' ')}`
  return `<g class="${heatOf(cell)}"><title>${escaped(title)}</title><rect x="${x + 1}" y="${y + 1}" width="${CELL.width - 2}" height="${CELL.height - 2}" rx="4"/>${all
    .map((line, i) => text(x + CELL.width / 2, first + i * LINE, line))
    .join('')}</g>`
}

function legend(y: number): string[] {
  const parts: string[] = []
  let x = 0
  for (const [heat, words] of LEGEND) {
    parts.push(`<g class="${heat}"><rect x="${x}" y="${y - 12}" width="16" height="16" rx="3"/></g>`)
    parts.push(text(x + 24, y, words, 'left'))
    x += 24 + words.length * CHARACTER + 28
  }
  parts.push(text(x, y, '● a tunnel that works, ○ one that does not', 'left muted'))
  return parts
}

/** A page of its own: the heat map, and below it what the trace says of every tunnel, as a table. */
export function zooHtml(cells: readonly ZooShown[], sentences: ZooSentences): string {
  const rows = cells.flatMap(({ name, outcome, tunnels }) =>
    tunnels.map(({ client, fate, end, up, down, causes }) => {
      const why = causes.map(({ way, reason, evidence }) => `${way}: ${reason}, ${evidence}`).join('\n')
      const columns = [name, outcome, client, fate, `${up.arrived} of ${up.sent}`, `${down.arrived} of ${down.sent}`]
      return `<tr>${[...columns, end ?? '', why].map(column => `<td>${escaped(column)}</td>`).join('')}</tr>`
    }),
  )
  const heads = ['cell', 'outcome', 'client', 'its tunnel', 'GRE up', 'GRE down', 'end', 'the trace says']
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(TITLE)}</title>
<style>
:root{color-scheme:light dark}
body{font:14px/1.5 system-ui,sans-serif;margin:1.5rem}
figure{margin:0;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin-top:1.5rem}
th,td{border-bottom:1px solid #8888;padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;white-space:pre-wrap}
td:first-child{white-space:nowrap}td:last-child{font:12px ui-monospace,monospace}
</style>
</head>
<body>
<figure>
${zooSvg(cells, sentences)}</figure>
<h1>Every tunnel</h1>
<div class="wide">
<table>
<thead><tr>${heads.map(head => `<th>${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
</body>
</html>
`
}
