/**
 * What a telephone line says beside its octets: signalling is out of band, as on the D channel of an ISDN line (Q.931).
 * An analogue line says the same by off-hook, digits, ringing current and tones; one vocabulary serves both.
 *
 *     caller           network          called end
 *       ── setup ────────▶ ── setup ───────▶     dials; it rings
 *       ◀──── alerting ─── ◀──── alerting ──     rings at the other end
 *       ◀───── connect ─── ◀───── connect ──     answered: octets may pass, both ways
 *       ── release ──────▶ ── release ─────▶     either end, at any moment
 *       ◀───── release ─── ◀───── release ──     and the answer to it
 *
 * Each end says `release` once a call. For an end a line is free again when it has said it and heard it.
 *
 * Limits: a network that accepts a number at once; no overlap dialling, call waiting, forwarding or transfer.
 */
import { causeText } from '../wire/pptp.ts'

export type Bearer = 'analogue' | 'digital'

export type LineSignal =
  | {
      readonly type: 'setup'
      readonly called: string
      /** Absent: not told. */
      readonly calling?: string
      readonly bearer: Bearer
      /** Bits a second of the slowest line on the way so far (Q.931 bearer capability). */
      readonly rate: number
    }
  | { readonly type: 'alerting' }
  /** `rate`: of the slowest line on the way; both ends now send at it. */
  | { readonly type: 'connect'; readonly rate: number }
  | { readonly type: 'release'; readonly cause: Cause }

/** Those cause numbers of Q.850 that are used here; their texts stand in wire/pptp.ts, which PPTP shares. */
export const CAUSE = {
  unallocatedNumber: 1,
  normal: 16,
  userBusy: 17,
  noUserResponding: 18,
  noAnswer: 19,
  callRejected: 21,
  outOfOrder: 27,
  noCircuit: 34,
  /** The carrier was lost. */
  temporaryFailure: 41,
  /** Both ends took the line at the same time. */
  circuitNotAvailable: 44,
  resourceUnavailable: 47,
  timerExpiry: 102,
} as const
/** A cause number of Q.850. */
export type Cause = number

/** The slower of two rates in bits a second; 0 is a line without limit. */
export const slower = (a: number, b: number): number => (a === 0 || (b > 0 && b < a) ? b : a)

export function formatRate(rate: number): string {
  if (rate === 0) return 'no limit'
  return rate % 1e6 === 0 ? `${rate / 1e6} Mbit/s` : rate < 1000 ? `${rate} bit/s` : `${rate / 1000} kbit/s`
}

/** One clause for people. */
export function describeSignal(signal: LineSignal): string {
  switch (signal.type) {
    case 'setup': {
      const from = signal.calling === undefined ? '' : `, calling number ${signal.calling}`
      return `called number ${signal.called}${from}, ${signal.bearer}, ${formatRate(signal.rate)}`
    }
    case 'alerting':
      return 'it rings'
    case 'connect':
      return formatRate(signal.rate)
    case 'release':
      return `cause ${causeText(signal.cause)}`
  }
}
