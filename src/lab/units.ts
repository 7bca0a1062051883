/** Quantities of lab files other than time: sizes, rates, percentages. Each carries its unit. */

const SIZES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, KiB: 1024, MiB: 1024 * 1024 }
const RATES: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }

export const SIZE = /^\d+(\.\d+)?(B|kB|MB|KiB|MiB)$/
export const RATE = /^\d+(\.\d+)?(bit|kbit|mbit|gbit)$/
export const PERCENTAGE = /^\d+(\.\d+)?%$/

/** Octets; undefined without a unit or when it is not a whole number of them. */
export const parseSize = (text: string): number | undefined => whole(text, SIZE, SIZES)

/** Bits a second; undefined without a unit or when it is not a whole number of them. Zero is no rate. */
export function parseRate(text: string): number | undefined {
  const rate = whole(text, RATE, RATES)
  return rate === 0 ? undefined : rate
}

/** A probability 0 … 1 from "2.5%". */
export function parsePercentage(text: string): number | undefined {
  if (!PERCENTAGE.test(text)) return undefined
  const value = Number(text.slice(0, -1))
  return value <= 100 ? value / 100 : undefined
}

/** The shortest exact spelling: `64kB`, `1MB`, `56B`. */
export function formatSize(octets: number): string {
  if (octets >= 1e6 && octets % 1e5 === 0) return `${octets / 1e6}MB`
  return octets >= 1e3 && octets % 100 === 0 ? `${octets / 1e3}kB` : `${octets}B`
}

export function formatRate(bits: number): string {
  for (const [unit, size] of [
    ['gbit', 1e9],
    ['mbit', 1e6],
    ['kbit', 1e3],
  ] as const) {
    if (bits >= size) return `${bits / size}${unit}`
  }
  return `${bits}bit`
}

export const formatPercentage = (probability: number): string => `${Number((probability * 100).toFixed(6))}%`

function whole(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  if (!pattern.test(text)) return undefined
  const [, digits, unit] = /^([\d.]+)(\D+)$/.exec(text) as RegExpExecArray
  const scaled = Number(digits) * units[unit]
  const value = Math.round(scaled)
  return Number.isSafeInteger(value) && Math.abs(scaled - value) < 1e-6 ? value : undefined
}
