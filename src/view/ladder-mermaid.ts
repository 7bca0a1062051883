/**
 * A ladder as a sequence diagram of Mermaid, for pages that draw such text themselves (GitHub, GitLab, many editors).
 *
 * Participants are p0, p1, … from left to right: names of a lab may be words of Mermaid, such as `end`.
 */
import { fateWords, type Ladder } from './ladder.ts'
import { type LadderItem, rowsOf } from './ladder-fold.ts'
import { arrowOf, type Frame, frameOf } from './ladder-frame.ts'
import { quietWords, secondsText } from './ladder-text.ts'

export interface LadderPictureOptions {
  readonly nodes?: ReadonlySet<string> | undefined
}

/** More do not fit on a page. */
const COLUMNS = 8

export function ladderMermaid(
  ladder: Ladder,
  items: readonly LadderItem[],
  { nodes }: LadderPictureOptions = {},
): string {
  const frame = frameOf(ladder, items.flatMap(rowsOf), { most: COLUMNS, names: nodes })
  const lines = [
    'sequenceDiagram',
    `accTitle: ${plain(ladder.title)}`,
    ...frame.columns.map(
      ({ name, job }, i) => `participant p${i} as ${escaped(name)}${job === '' ? '' : `<br/>${escaped(job)}`}`,
    ),
    ...items.flatMap(item => itemLines(item, frame, ladder.now)),
  ]
  return `${lines.map((line, i) => (i === 0 ? line : `  ${line}`)).join('\n')}\n`
}

function itemLines(item: LadderItem, frame: Frame, now: number): string[] {
  const all = `Note over p0${frame.columns.length > 1 ? `,p${frame.columns.length - 1}` : ''}`
  if (item.kind === 'quiet') return [`${all}: ${quietWords(item.length)}`]
  const at = `${secondsText(item.t)} s`
  if (item.kind === 'fold' && item.many) return [`${all}: ${at} ${escaped(item.labels[0])}`]
  const arrow = arrowOf(item, frame, now)
  const { from, to, by, both, dropped, share, other } = arrow
  const end = other === undefined ? '' : other.way === 'to' ? ` → ${other.name}` : ` from ${other.name}`
  const carried = by.length === 0 ? '' : `, by ${by.map(column => frame.columns[column].name).join(', ')}`
  const text = escaped(`${at} ${arrow.labels[0]}${end}${carried}${both ? ', both ways' : ''}`)
  const fate = item.kind === 'row' && dropped ? [`: ${escaped(fateWords(item.row.fate))}`] : []
  if (from === to) return [`Note right of p${from}: ${text}${dropped ? ` × ${escaped(arrow.reason)}` : ''}`]
  const sign = dropped ? (arrow.double ? '--x' : '-x') : share !== undefined ? '-)' : arrow.double ? '-->>' : '->>'
  return [`p${from}${sign}p${to}: ${text}`, ...fate.map(words => `Note over p${to}${words}`)]
}

/** What has a meaning in a message is written by its number. */
const escaped = (text: string): string =>
  text.replace(/[#;<>&%"\\`\p{Cc}]/gu, one => (/\p{Cc}/u.test(one) ? ' ' : `#${one.charCodeAt(0)};`))
const plain = (text: string): string => text.replace(/[\p{Cc};#]+/gu, ' ').trim()
