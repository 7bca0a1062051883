/** Virtual time. Everything is an integer number of nanoseconds, so no rounding can differ between two machines. */

/** A moment of the run: integer nanoseconds since its start, below 2^53 (104 days). */
export type SimTime = number
/** A length of time in integer nanoseconds. */
export type Duration = number

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9 }

export const us = (n: number): Duration => Math.round(n * 1e3)
export const ms = (n: number): Duration => Math.round(n * 1e6)
export const sec = (n: number): Duration => Math.round(n * 1e9)

/** Reads "20ms", "1.5s", "250us", "2m", "1h"; undefined when the text has no unit or is finer than a nanosecond. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d+)(?:\.(\d+))?\s*(ns|us|ms|s|m|min|h)$/.exec(text.trim())
  if (!match) return undefined
  const unit = UNITS[match[3]]
  const digits = match[2] ?? ''
  const scale = 10 ** digits.length
  const value = Number(match[1]) * unit + (Number(digits || '0') * unit) / scale
  return Number.isSafeInteger(value) ? value : undefined
}

/** Seconds with six decimals, as packet analysers print them: `1.250000`. */
export function formatTime(t: SimTime): string {
  const micro = Math.floor(t / 1e3)
  return `${Math.floor(micro / 1e6)}.${String(micro % 1e6).padStart(6, '0')}`
}

/** The shortest exact spelling: `20ms`, `1.5s`, `0s`. */
export function formatDuration(d: Duration): string {
  if (d === 0) return '0s'
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (d >= size) return `${Number((d / size).toFixed(9))}${unit}`
  }
  return `${d}ns`
}
