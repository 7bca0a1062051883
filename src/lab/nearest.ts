/** "Did you mean": the known word that a person most likely wanted. */

/** Number of inserted, removed, changed or swapped letters between two words. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1)
      }
    }
    beforeLast = last
    last = row
  }
  return last[b.length]
}

/** The nearest of the known words, or the only one that contains it; undefined when none is near enough to be a slip. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const known = [...words]
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase())
    if (d < least) {
      least = d
      best = candidate
    }
  }
  if (best !== undefined || word.length < 3) return best
  const containing = known.filter(candidate => candidate.includes(word))
  return containing.length === 1 ? containing[0] : undefined
}

/** The hint of a message about an unknown word: the nearest one, or else all of them. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const words = [...known]
  const near = nearest(word, words)
  if (near !== undefined) return `did you mean "${near}"?`
  return words.length > 0 ? `known here: ${words.join(', ')}` : undefined
}

/** `a host, router or client` */
export const oneOfThese = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`
