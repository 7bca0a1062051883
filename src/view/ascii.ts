/** Drawings in ASCII: a fixed table of replacements, cell for cell, so that nothing shifts. */

const TABLE: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      ['√×·●○►◄║═▒■□≠→←', 'vx.*o><|=%#-!><'],
      ['╌╎', '-|'],
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

export const asciiCell = (cell: string): string => TABLE[cell] ?? (cell > '~' ? '?' : cell)

/** The cells of one line of a screen, on which tubes are two cells wide where there is room. */
export function asciiCells(cells: readonly string[]): string[] {
  const last = cells.length - 1
  return cells.map((cell, at) => {
    if (FREE.has(cell) && TUBE.has(cells[at + 1]) && FREE.has(cells[at - 1])) return '#'
    if (cell === '║' && FREE.has(cells[at - 1])) return '#'
    // At the edges of a screen these are corners of panes, elsewhere the sides of boxes and of the timeline.
    if ((at === 0 && cell === '├') || (at === last && cell === '┤')) return '+'
    return asciiCell(cell)
  })
}
