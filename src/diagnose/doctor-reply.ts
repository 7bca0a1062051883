/** The answer to a question of the fault tree, and what speaks for it. */
import type { Evidence } from './doctor-evidence.ts'
import type { Case, Facts } from './doctor-facts.ts'

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
