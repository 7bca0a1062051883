/** Issues as people read them: place, sentence, the line itself with the part that is meant, and a hint. */
import type { Issue } from './lab.ts'

const WIDTH = 100

/** What messages call an action that stands in no file; `index` counts from 0. */
export const actionName = (index: number): string => `action ${index + 1}`
const isNoFile = (name: string): boolean => name === '--set' || /^action \d+$/.test(name)

export function renderIssue(issue: Issue): string {
  const place = isNoFile(issue.file) ? issue.file : `${issue.file}:${issue.line}:${issue.column}`
  const head = issue.path === '' ? `${place}: ${issue.message}` : `${place}: ${issue.path}: ${issue.message}`
  const number = isNoFile(issue.file) ? '' : String(issue.line)
  const { excerpt, column, width } = clip(issue)
  const rows = [
    head,
    `${number.padStart(6)} | ${excerpt}`.trimEnd(),
    `${' '.repeat(6)} | ${' '.repeat(column - 1)}${'^'.repeat(width)}`,
  ]
  if (issue.hint !== undefined) rows.push(`hint: ${issue.hint}`)
  return rows.join('\n')
}

export const renderIssues = (issues: readonly Issue[]): string => issues.map(renderIssue).join('\n\n')

/** The line without tabs, cut so that the marked part is in sight. */
function clip(issue: Issue): { excerpt: string; column: number; width: number } {
  const line = issue.excerpt.replaceAll('\t', ' ')
  const width = issue.endColumn - issue.column
  if (line.length <= WIDTH) return { excerpt: line, column: issue.column, width }
  const from = Math.max(0, Math.min(issue.column - 1 - 30, line.length - WIDTH))
  const cut = line.slice(from, from + WIDTH)
  const before = from > 0 ? '…' : ''
  const after = from + WIDTH < line.length ? '…' : ''
  const column = issue.column - from + before.length
  return { excerpt: before + cut + after, column, width: Math.min(width, WIDTH + 1 - (column - before.length)) }
}
