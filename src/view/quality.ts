/** What a line does to packets, in words. */
import type { LineQuality } from '../lab/lab.ts'

/** `15 ms`, `200 µs` is `0.2 ms`. */
export const milliseconds = (ns: number): string => `${Number((ns / 1e6).toFixed(3))} ms`
export function bitRate(bits: number): string {
  if (bits >= 1e9) return `${Number((bits / 1e9).toFixed(1))} Gb/s`
  if (bits >= 1e6) return `${Number((bits / 1e6).toFixed(1))} Mb/s`
  return `${Number((bits / 1e3).toFixed(1))} kb/s`
}
/** Two digits that say something: `12.5 %`, `0.002 %`. */
export function percent(share: number): string {
  const hundreds = share * 100
  return `${Number(hundreds >= 0.01 || hundreds === 0 ? hundreds.toFixed(2) : hundreds.toPrecision(2))} %`
}

export interface QualityWords {
  /** '' where there is none; likewise below. */
  readonly delay: string
  readonly rate: string
  /** `1 % loss` */
  readonly faults: readonly string[]
}

/** Of both directions; where they differ, `→` is the one of the first. */
export function qualityWords([there, back]: readonly [LineQuality, LineQuality]): QualityWords {
  const both = (words: (quality: LineQuality) => string, none: string): string => {
    const [a, b] = [words(there), words(back)]
    return a === b ? a : `→ ${a || none}, ← ${b || none}`
  }
  const fault = (name: 'loss' | 'corruption' | 'duplication' | 'reordering' | 'noise'): string => {
    const share = both(quality => (quality[name] > 0 ? percent(quality[name]) : ''), 'no')
    return share === '' ? '' : `${share} ${name}`
  }
  return {
    delay: both(delayWords, 'no delay'),
    rate: both(({ rate }) => (rate === undefined ? '' : bitRate(rate)), 'any rate'),
    faults: [fault('loss'), fault('corruption'), fault('duplication'), fault('reordering'), fault('noise')].filter(
      word => word !== '',
    ),
  }
}

const delayWords = ({ delay, jitter }: LineQuality): string =>
  delay === 0 && jitter === 0 ? '' : `${milliseconds(delay)}${jitter === 0 ? '' : ` ± ${milliseconds(jitter)}`}`
