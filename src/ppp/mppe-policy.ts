/**
 * What an end wants of MPPE, and what follows for the option of CCP: RFC 3078 §2 (the bits) and §2.1 (negotiation).
 *
 *     +--------+--------+--------+--------+
 *     |       H|        |        |MSLD   C|    H stateless; M 56, S 128, L 40 bit keys; D obsolete; C MPPC
 *     +--------+--------+--------+--------+
 *
 * A request lists every strength that its sender can receive; the answer is a Nak with the strongest that both have, and
 * the next request asks for that one. Each direction has an agreement of its own (RFC 1962 §2).
 */
import { MPPE_BITS as BIT } from '../wire/ppp-options.ts'
import type { Bits } from './mppe-keys.ts'
import type { Verdict } from './options.ts'

export type MppeUse = 'off' | 'optional' | 'required'
export const MPPE_STATES = ['stateless', 'stateful', 'either'] as const
export type MppeState = (typeof MPPE_STATES)[number]
/** Lowest first. */
const MPPE_STRENGTHS = [40, 56, 128] as const satisfies readonly Bits[]
export type MppeReset = 'rfc' | 'linux'

export interface MppePolicy {
  /** `required`: no IP packet passes in clear, and the link ends if CCP does not open. */
  readonly use: MppeUse
  /** Key lengths that may be used, in either direction. */
  readonly strengths: readonly Bits[]
  /** `either` asks for stateless, and takes what the peer wants. */
  readonly state: MppeState
  /** Stateful mode: how a Reset-Request is answered, and what FLUSHED does to the key (see mppe.ts); absent: `rfc`. */
  readonly reset?: MppeReset
}

/** A word stands for what the captured Linux peers ask for when they are told to encrypt. */
export type MppeSetting = MppeUse | MppePolicy
const USUAL = { strengths: [128], state: 'stateless' } as const
const POLICIES: Readonly<Record<MppeUse, MppePolicy>> = {
  off: { use: 'off', ...USUAL },
  optional: { use: 'optional', ...USUAL },
  required: { use: 'required', ...USUAL },
}
export const policyOf = (setting: MppeSetting): MppePolicy =>
  typeof setting === 'string' ? POLICIES[setting] : setting

/** How one direction is encrypted. */
export interface MppeMode {
  readonly bits: Bits
  readonly stateful: boolean
}

const STRENGTH_BIT: Readonly<Record<Bits, number>> = { 40: BIT.l40, 56: BIT.m56, 128: BIT.s128 }
const STRENGTHS = BIT.l40 | BIT.m56 | BIT.s128

/** Encryption, and not compression only? */
export const hasStrength = (bits: number): boolean => (bits & STRENGTHS) !== 0

const bitsOf = (strengths: readonly Bits[]): number => strengths.reduce((bits, one) => bits | STRENGTH_BIT[one], 0)

/** Strongest first: S, M, L (RFC 3078 §2.1). */
function strongest(bits: number): number {
  if (bits & BIT.s128) return BIT.s128
  return bits & BIT.m56 ? BIT.m56 : bits & BIT.l40
}

/** Our first request: all that we support (RFC 3078 §2.1). */
export const wish = ({ strengths, state }: MppePolicy): number =>
  bitsOf(strengths) | (state === 'stateful' ? 0 : BIT.stateless)

/** The one agreement that we would choose, for a peer that did not ask for encryption. */
export const best = (policy: MppePolicy): number => narrow(policy, wish(policy))

/** What of a peer's bits we would agree to: its strongest that we have, else our strongest. */
function narrow({ strengths, state }: MppePolicy, asked: number): number {
  const ours = bitsOf(strengths)
  const stateless = state === 'either' ? asked & BIT.stateless : state === 'stateless' ? BIT.stateless : 0
  return strongest(asked & ours & STRENGTHS || ours) | stateless
}

/**
 * A request that is one strength of ours in a state of ours is granted; a Nak names the one that we would grant. One
 * for compression only (MPPC) is rejected.
 */
export function judge(policy: MppePolicy, asked: number | undefined): Verdict<number> {
  if (asked === undefined) return { nak: best(policy) }
  if (!hasStrength(asked) && (asked & BIT.mppc) !== 0) return 'reject'
  const nak = narrow(policy, asked)
  return asked === nak ? 'ack' : { nak }
}

/** Our next request after a Nak: what it offers, so far as we may; undefined: nothing of it. */
export function concede(policy: MppePolicy, offered: number): number | undefined {
  const strengths = offered & bitsOf(policy.strengths)
  const stateless = offered & BIT.stateless
  const fits = policy.state === 'either' || (policy.state === 'stateless') === (stateless !== 0)
  return strengths !== 0 && fits ? strengths | stateless : undefined
}

/** What was agreed; of several strengths that a peer has acknowledged at once, the strongest. */
export function modeOf(agreed: number): MppeMode {
  const bit = strongest(agreed)
  return { bits: bit === BIT.s128 ? 128 : bit === BIT.m56 ? 56 : 40, stateful: (agreed & BIT.stateless) === 0 }
}

/** `40 or 128 bit, stateless` */
export function showPolicy({ strengths, state }: MppePolicy): string {
  const list = MPPE_STRENGTHS.filter(one => strengths.includes(one)).join(' or ')
  return `${list} bit, ${state === 'either' ? 'stateless or stateful' : state}`
}

/** `128 bit, stateless`; what an option asks for. */
export function showBits(asked: number): string {
  const strengths = MPPE_STRENGTHS.filter(one => asked & STRENGTH_BIT[one])
  const keys = strengths.length === 0 ? 'no encryption' : `${strengths.join(' or ')} bit`
  return `${keys}, ${asked & BIT.stateless ? 'stateless' : 'stateful'}`
}

export type Cipher = 'none' | `mppe-${Bits}-${'stateless' | 'stateful'}`
const STATEFUL = { 40: 'mppe-40-stateful', 56: 'mppe-56-stateful', 128: 'mppe-128-stateful' } as const
const STATELESS = { 40: 'mppe-40-stateless', 56: 'mppe-56-stateless', 128: 'mppe-128-stateless' } as const
export const cipherOf = ({ bits, stateful }: MppeMode): Cipher => (stateful ? STATEFUL : STATELESS)[bits]
