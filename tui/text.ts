/** Text as views make it: lines of spans, each with a role of the theme instead of a colour. */

/** What a colour says; theme.ts has the colours. A sign or a letter always says it too. */
export type Role = 'ok' | 'warn' | 'bad' | 'control' | 'ppp' | 'sealed' | 'plain' | 'muted'

export interface Span {
  readonly text: string
  readonly role?: Role
  readonly bold?: boolean
  readonly underline?: boolean
  /** The selection. */
  readonly reverse?: boolean
}
export type Line = readonly Span[]

export const span = (text: string, role?: Role, style: Omit<Span, 'text' | 'role'> = {}): Span => ({
  text,
  ...(role === undefined ? {} : { role }),
  ...style,
})
export const line = (...spans: readonly (Span | string)[]): Line =>
  spans.map(part => (typeof part === 'string' ? { text: part } : part))

/** What one cell shows of a character: control characters and those of two cells become `?`. */
const clean = (text: string): string =>
  // Nearly everything is made of these, and this is asked for every span of every frame.
  /^[ -~─-▿√×·►◄●○…→←↑↓≠]*$/.test(text)
    ? text
    : text.replace(
        /[\p{Cc}\p{Cf}\p{Cs}\p{Mn}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{10000}-\u{10ffff}]/gu,
        '?',
      )

export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0)
export const plainText = (line: Line): string => line.map(({ text }) => text).join('')

/** The line in exactly so many cells: cut, with `…` where something is missing, or filled with spaces. */
export function fit(line: Line, width: number): Line {
  const out: Span[] = []
  let left = width
  const whole = line.map(part => ({ ...part, text: clean(part.text) }))
  const total = widthOf(whole)
  for (const part of whole) {
    if (left <= 0) break
    const last = total > width && part.text.length >= left
    out.push(last ? { ...part, text: `${part.text.slice(0, left - 1)}…` } : part)
    left -= Math.min(part.text.length, left)
  }
  if (left > 0) out.push({ text: ' '.repeat(left) })
  return out
}

/** The cells of a line from one column to another. */
export function cut(line: Line, from: number, to: number): Line {
  let at = 0
  return line.flatMap(part => {
    const text = part.text.slice(Math.max(0, from - at), Math.max(0, to - at))
    at += part.text.length
    return text === '' ? [] : [{ ...part, text }]
  })
}

/** Text in exactly so many cells, to the left or the right. */
export const left = (text: string, width: number): string => plainText(fit([{ text }], width))
export const right = (text: string, width: number): string =>
  text.length > width ? left(text, width) : text.padStart(width)

/** Two texts at the two ends of a line. */
export function ends(start: Line, end: Line, width: number): Line {
  const room = width - widthOf(end)
  return room > 0 ? [...fit(start, room), ...end] : fit(start, width)
}

export const selected = (line: Line): Line => line.map(part => ({ ...part, reverse: true }))

/** Text that has room, or as much of it as ends at a pause of its own; undefined: there is none. */
export function atPause(text: string, width: number): string | undefined {
  if (text.length <= width) return text
  const pauses = [...text.matchAll(/[,:;](?= )| (?=\()/g)].map(({ index }) => index)
  const end = pauses.findLast(at => at <= width && at > width / 3)
  return end === undefined ? undefined : text.slice(0, end)
}
