/** How a call over a telephone line ended for who dialled or answered: a word of PPP, or one of the line. */
import type { TunnelEndReason, TunnelLayer } from './tunnel-end.ts'

/** Of the line: what we did, or what the Q.850 cause of a release says. `wanted`: somebody asked for the end. */
export const LINE_END_REASONS = {
  'hung-up': 'wanted',
  released: 'wanted',
  refused: 'failure',
  busy: 'failure',
  'no-answer': 'failure',
  'unallocated-number': 'failure',
  'no-carrier': 'failure',
  'out-of-order': 'failure',
  'no-circuit': 'failure',
} as const
export type LineEndReason = keyof typeof LINE_END_REASONS

export interface DialEnd {
  readonly layer: 'line' | TunnelLayer
  readonly reason: LineEndReason | TunnelEndReason
  readonly tries: number
  /** One sentence or two for people. */
  readonly detail: string
}
