/** The upright parts of links in the gap between two columns of a drawing: which of them may stand on the same track. */

/** Where a link enters or leaves a gap. */
export interface Place {
  readonly row: number
}
/** The part of a link in the gap right of a column. */
export interface Crossing {
  readonly gap: number
  readonly from: Place
  readonly to: Place
  /** Rows at which it comes from the left side and goes to the right side of the gap. */
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly ends: readonly string[]
  track: number
}

/** Tracks of one gap; the number of them. Links that share an end may share a track, others only apart. */
export function giveTracks(crossings: Crossing[]): number {
  const given: Crossing[] = []
  for (const crossing of crossings) {
    const tracks = [
      ...given.filter(other => related(crossing, other)).map(({ track }) => track),
      ...crossings.flatMap((_, i) => [i, -i]),
      crossings.length,
    ]
    crossing.track =
      tracks.find(track => given.every(other => agree(crossing, track, other))) ??
      Math.max(...given.map(({ track }) => track)) + 1
    given.push(crossing)
  }
  const least = Math.min(...given.map(({ track }) => track))
  for (const crossing of given) crossing.track -= least
  return given.length === 0 ? 0 : Math.max(...given.map(({ track }) => track)) + 1
}

/** Do links come together on the left (below 0) or on the right (above 0) of a gap? */
export function leaning(crossings: readonly Crossing[]): number {
  const places = (side: 'left' | 'right'): number => new Set(crossings.flatMap(crossing => crossing[side])).size
  return Math.sign(places('left') - places('right'))
}

const related = (a: Crossing, b: Crossing): boolean => a.ends.some(end => b.ends.includes(end))

function agree(a: Crossing, track: number, b: Crossing): boolean {
  if (related(a, b)) return true
  const [a0, a1] = [a.from.row, a.to.row].sort((x, y) => x - y)
  const [b0, b1] = [b.from.row, b.to.row].sort((x, y) => x - y)
  if (track === b.track && a0 <= b1 && b0 <= a1) return false
  if (track >= b.track && a.left.some(row => b.right.includes(row))) return false
  return !(b.track >= track && b.left.some(row => a.right.includes(row)))
}
