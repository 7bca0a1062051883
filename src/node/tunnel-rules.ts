/**
 * Which tunnel a telephone call takes: rules in their order, the first that fits wins. RFC 2637 says only that a PAC
 * asks "a PNS"; which one is its own business.
 *
 * A rule about the user's name can be judged only when he has said it: until then it is undecided, and so is what stands
 * behind it.
 */
import type { Ipv4 } from '../base/address.ts'

export interface TunnelRule {
  /** The condition as it is shown: `called 5550100`. */
  readonly text: string
  /** Patterns with `*`; those that are there must all fit. */
  readonly called?: string
  readonly calling?: string
  readonly line?: string
  /** The whole name, or what stands behind its last `@`. */
  readonly user?: string
  readonly realm?: string
  /** PNSs in the order in which they are asked. */
  readonly to: readonly Ipv4[] | 'local'
}

export interface CallFacts {
  readonly called: string
  /** Empty: not told. */
  readonly calling: string
  readonly line: string
  /** Undefined: he has not said it yet. */
  readonly user?: string
}

export interface Choice {
  /** The rule that won. */
  readonly rule: string
  readonly to: readonly Ipv4[] | 'local'
}

const DEFAULT: Choice = { rule: 'default', to: 'local' }

/** Undefined: his name must be known. */
export function choose(rules: readonly TunnelRule[], facts: CallFacts): Choice | undefined {
  for (const rule of rules) {
    if (!fits(rule.called, facts.called) || !fits(rule.calling, facts.calling) || !fits(rule.line, facts.line)) continue
    const aboutName = rule.user !== undefined || rule.realm !== undefined
    if (aboutName && facts.user === undefined) return undefined
    const name = facts.user ?? ''
    if (!aboutName || (fits(rule.user, name) && fits(rule.realm, realmOf(name))))
      return { rule: rule.text, to: rule.to }
  }
  return DEFAULT
}

function fits(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true
  const parts = pattern.toLowerCase().split('*')
  const text = value.toLowerCase()
  if (parts.length === 1) return text === parts[0]
  const [first, last] = [parts[0], parts[parts.length - 1]]
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}

/** `bob@company.example` belongs to `company.example`. */
function realmOf(user: string): string {
  const at = user.lastIndexOf('@')
  return at < 0 ? '' : user.slice(at + 1)
}
