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

/** Microseconds since 1970 as a date and a time of day, `2026-11-22 11:38:03.250000 UTC`. */
export function formatWallClock(microseconds: number): string {
  const days = Math.floor(microseconds / 86_400e6)
  const rest = microseconds - days * 86_400e6
  // The calendar repeats every 400 years; they are counted from the first of March, so that leap days come last.
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const day = shifted - era * 146_097
  const year = Math.floor((day - Math.floor(day / 1460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365)
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const march = Math.floor((5 * dayOfYear + 2) / 153)
  const month = march < 10 ? march + 3 : march - 9
  const date = [
    era * 400 + year + (month <= 2 ? 1 : 0),
    two(month),
    two(dayOfYear - Math.floor((153 * march + 2) / 5) + 1),
  ]
  const seconds = Math.floor(rest / 1e6)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two)
  return `${date.join('-')} ${clock.join(':')}.${String(rest % 1e6).padStart(6, '0')} UTC`
}
const two = (value: number): string => String(value).padStart(2, '0')
