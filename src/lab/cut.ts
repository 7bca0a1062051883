/**
 * Entries of a list or map of a lab file taken out of its text, each with the comment lines right above it. Whoever cuts
 * reads what is left and compares: what stands in brackets is not cut apart, an entry may stand elsewhere (an alias), or hold
 * what others name (an anchor).
 */
import { entries, items, type Tree } from './tree.ts'

/** Those of its entries whose number is in `goes` go; when none stays, its key goes too. */
export function cutOut(text: string, place: Tree, goes: ReadonlySet<number>): string {
  const { keyMark, mark } = place
  const end = lineAfter(text, mark.end)
  const starts = [
    ...items(place).map(each => each.mark),
    ...entries(place).map(([, each]) => each.keyMark ?? each.mark),
  ]
  if (goes.size === starts.length) return without(text, aboveOf(text, (keyMark ?? mark).start), end)
  const froms = starts.map(({ start }) => aboveOf(text, start))
  // From behind, so that what stands before keeps its place.
  return froms.reduceRight((left, from, i) => (goes.has(i) ? without(left, from, froms[i + 1] ?? end) : left), text)
}

const without = (text: string, from: number, to: number): string => text.slice(0, from) + text.slice(to)

const lineOf = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1

/** The line in which it stands, or the first of the comment lines above; not what the file begins with. */
function aboveOf(text: string, at: number): number {
  const start = lineOf(text, at)
  const before = start === 0 ? 0 : lineOf(text, start - 1)
  return before > 0 && text.slice(before, start).trimStart().startsWith('#') ? aboveOf(text, before) : start
}

function lineAfter(text: string, at: number): number {
  if (text[at - 1] === '\n') return at
  const newline = text.indexOf('\n', at)
  return newline < 0 ? text.length : newline + 1
}
