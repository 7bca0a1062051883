/** Whole numbers on the command line of a heavy suite. A word that is none must not make a suite that does nothing. */
export function numberWord(index: number, otherwise: number, words: readonly string[] = process.argv.slice(2)): number {
  const word = words[index]
  if (word === undefined) return otherwise
  if (!/^\d{1,15}$/.test(word)) throw new Error(`${word} is no whole number.`)
  return Number(word)
}
