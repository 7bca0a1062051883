/** The answer to a question of the fault tree, and what speaks for it. */
import { type Evidence, lossEvidence, lossesOf, tunnelOf, withReason } from './evidence.ts'
import type { Case, Facts, Tunnel } from './facts.ts'

export interface Reply {
  readonly answer: 'yes' | 'no' | 'unknown'
  readonly evidence: readonly Evidence[]
}
export type Ask = (facts: Facts, one: Case) => Reply

export const NO: Reply = { answer: 'no', evidence: [] }
export const UNKNOWN: Reply = { answer: 'unknown', evidence: [] }
/** Yes, if there is anything to show for it. */
export const found = (evidence: readonly Evidence[]): Reply => (evidence.length > 0 ? { answer: 'yes', evidence } : NO)
export const yes = (text: string, more: Partial<Evidence> = {}): Reply => ({
  answer: 'yes',
  evidence: [{ text, ...more }],
})

/** Of tunnels only. */
export const aTunnel =
  (ask: (tunnel: Tunnel, facts: Facts) => Reply): Ask =>
  (facts, one) => {
    const tunnel = tunnelOf(one)
    return tunnel ? ask(tunnel, facts) : NO
  }

/** Something was discarded for one of these reasons. */
export const byReason =
  (...reasons: readonly string[]): Ask =>
  (_, one) =>
    found(withReason(lossesOf(one), ...reasons).map(lossEvidence))
