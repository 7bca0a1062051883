/** The same screen in ASCII: a fixed table of replacements, cell for cell, so that nothing shifts. */
import type { Line } from './text.ts'

const TABLE: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      ['√×·●○►◄║═▒■□≠→←', 'vx.*o><|=%#-!><'],
      ['─│┌┐└┘├┤┬┴┼╞╡', '-|++++||+++||'],
      ['╥╨╔╗╚╝╠╣╬╦╩╪╫╧╤╟╢╒╕╘╛╓╖╙╜', '##########=+#++||++++####'],
      ['▲▼↑↓…•≥≤–—µ°', '^v^v~*><--uo'],
      ['▁▂▃▄▅▆▇█', '_..--==#'],
    ] as const
  ).flatMap(([from, to]) => Array.from(from, (character, at) => [character, to[at]] as const)),
)

/** The uprights and corners of a tunnel's tube: it is two cells wide where there is room before it. */
const TUBE = new Set('║╔╗╚╝╥╨')
const FREE = new Set(' ─')

export function ascii(line: Line): Line {
  const cells = line.flatMap(({ text }) => Array.from(text))
  const last = cells.length - 1
  const replaced = cells.map((cell, at) => {
    if (FREE.has(cell) && TUBE.has(cells[at + 1]) && FREE.has(cells[at - 1])) return '#'
    if (cell === '║' && FREE.has(cells[at - 1])) return '#'
    // At the edges of the screen these are corners of panes, elsewhere the sides of boxes and of the timeline.
    if ((at === 0 && cell === '├') || (at === last && cell === '┤')) return '+'
    return TABLE[cell] ?? (cell > '~' ? '?' : cell)
  })
  let at = 0
  return line.map(part => {
    const width = Array.from(part.text).length
    at += width
    return { ...part, text: replaced.slice(at - width, at).join('') }
  })
}

type Environment = Readonly<Record<string, string | undefined>>

/** Terminals that may not have the characters: no UTF-8 in the locale, a dumb or an old one. */
export function wantsAscii({ LC_ALL, LC_CTYPE, LANG, TERM = '' }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find(value => value !== undefined && value !== '')
  const utf8 = locale !== undefined && /utf-?8/i.test(locale)
  return !utf8 || TERM === 'dumb' || /^vt\d/.test(TERM)
}
