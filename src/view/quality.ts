/** What a line does to packets, in words. */

/** `15 ms`, `200 µs` is `0.2 ms`. */
export const milliseconds = (ns: number): string => `${Number((ns / 1e6).toFixed(3))} ms`
export function bitRate(bits: number): string {
  if (bits >= 1e9) return `${Number((bits / 1e9).toFixed(1))} Gb/s`
  if (bits >= 1e6) return `${Number((bits / 1e6).toFixed(1))} Mb/s`
  return `${Number((bits / 1e3).toFixed(1))} kb/s`
}
export const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`
