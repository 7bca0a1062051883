/**
 * Option negotiation: RFC 1661 §5.1 to §5.4 and §6, shared by LCP, IPCP and CCP. One rule an option, one negotiator a
 * protocol; the automaton decides when packets go, the negotiator what stands in them.
 */
import { equal, get32, set32 } from '../base/bytes.ts'
import type { RawOption } from '../wire/ppp-options.ts'

export type Verdict<V> = 'ack' | 'reject' | { readonly nak: V }

export interface OptionRule<V> {
  readonly type: number
  /** What we ask for now, and what the peer has agreed to once it acknowledged; undefined: not that option. */
  ours: V | undefined
  /** What we have acknowledged to the peer. */
  theirs: V | undefined
  /** Our wish when a negotiation begins; undefined: we do not send the option. */
  want(): V | undefined
  /** The peer's request must have this option: it is Nak-ed with this value where it is missing (§5.3). */
  demand?(): V | undefined
  /** Undefined when the length does not fit. */
  parse(body: Uint8Array): V | undefined
  write(value: V): Uint8Array
  /** Our verdict on what the peer asks for; undefined: it could not be read (§6: Nak with a good one). */
  judge(asked: V | undefined): Verdict<V>
  /** Our next wish after a Nak; undefined: we no longer ask. */
  concede(suggested: V): V | undefined
  /** The peer will not have what we asked for, and we no longer ask. */
  lost?(): void
}

/** Reads and writes an option whose value is one number of four octets. */
export abstract class FourOctets<V extends number = number> {
  ours: V | undefined = undefined
  theirs: V | undefined = undefined

  parse(body: Uint8Array): V | undefined {
    return body.length === 4 ? (get32(body, 0) as V) : undefined
  }
  write(value: V): Uint8Array {
    const body = new Uint8Array(4)
    set32(body, 0, value)
    return body
  }
}

export interface Answer {
  readonly type: 'configure-ack' | 'configure-nak' | 'configure-reject'
  readonly options: readonly RawOption[]
}

const NOTHING: readonly RawOption[] = []

export class Negotiator {
  readonly #rules: readonly OptionRule<unknown>[]
  readonly #maxFailure: number
  /** Our request, until it is acknowledged. */
  #request: readonly RawOption[] = NOTHING
  /** In a row, and since the negotiation began. */
  naksSent = 0
  naksHeard = 0

  constructor(rules: readonly OptionRule<unknown>[], maxFailure: number) {
    this.#rules = rules
    this.#maxFailure = maxFailure
  }

  /** A new negotiation: nothing is agreed. */
  reset(): void {
    for (const rule of this.#rules) {
      rule.ours = rule.want()
      rule.theirs = undefined
    }
    this.naksSent = 0
    this.naksHeard = 0
  }

  /** What we ask for, and what we have acknowledged to the peer, in the order of the rules. */
  get asked(): readonly RawOption[] {
    return this.#rules.flatMap(rule => (rule.ours === undefined ? [] : written(rule, rule.ours)))
  }
  get granted(): readonly RawOption[] {
    return this.#rules.flatMap(rule => (rule.theirs === undefined ? [] : written(rule, rule.theirs)))
  }

  /** The options of our next Configure-Request. */
  request(): readonly RawOption[] {
    this.#request = this.asked
    return this.#request
  }

  /**
   * Our answer to the peer's request. What is not known or not negotiable is rejected before anything is Nak-ed
   * (§5.4); the order of the options stays (§5.3); after Max-Failure Naks in a row what would be Nak-ed is rejected and
   * nothing is asked for in addition (§4.6).
   */
  judge(options: readonly RawOption[]): Answer {
    const rejected: RawOption[] = []
    const naked: RawOption[] = []
    const judged = new Map<OptionRule<unknown>, unknown>()
    const patient = this.naksSent < this.#maxFailure
    for (const option of options) {
      const rule = this.#ruleOf(option)
      const asked = rule?.parse(option.body)
      const verdict = rule && !judged.has(rule) ? rule.judge(asked) : 'reject'
      if (rule && typeof verdict === 'object' && patient) naked.push(written(rule, verdict.nak))
      else if (verdict !== 'ack') rejected.push(option)
      if (rule) judged.set(rule, asked)
    }
    if (rejected.length > 0) return { type: 'configure-reject', options: rejected }
    for (const rule of patient ? this.#rules : []) {
      const demand = judged.has(rule) ? undefined : rule.demand?.()
      if (demand !== undefined) naked.push(written(rule, demand))
    }
    if (naked.length > 0) {
      this.naksSent++
      return { type: 'configure-nak', options: naked }
    }
    this.naksSent = 0
    for (const rule of this.#rules) rule.theirs = judged.get(rule)
    return { type: 'configure-ack', options }
  }

  /** An Ack must repeat our request to the letter (§5.2); false: it is to be discarded. */
  acked(options: readonly RawOption[]): boolean {
    const good =
      options.length === this.#request.length && options.every((option, i) => sameOption(option, this.#request[i]))
    if (!good) return false
    this.naksHeard = 0
    this.#request = NOTHING
    return true
  }

  /**
   * Takes a Nak's suggestions. An option that we did not send is a hint that we should (§5.3). A peer that has Nak-ed
   * more than Max-Failure times will never be content: what it Naks is then given up. False: it names no option, which
   * §5.3 does not know, and two ends could go on with it for ever.
   */
  naked(options: readonly RawOption[]): boolean {
    if (options.length === 0) return false
    const patient = this.naksHeard++ < this.#maxFailure
    for (const option of options) {
      const rule = this.#ruleOf(option)
      const suggested = rule?.parse(option.body)
      if (!rule || suggested === undefined) continue
      const next = patient ? rule.concede(suggested) : undefined
      if (next !== undefined) rule.ours = next
      else giveUp(rule)
    }
    return true
  }

  /** A Reject must list options of our request, unchanged and in their order (§5.4); false: it is to be discarded. */
  rejected(options: readonly RawOption[]): boolean {
    let at = 0
    for (const option of options) {
      while (at < this.#request.length && !sameOption(option, this.#request[at])) at++
      if (at++ >= this.#request.length) return false
    }
    if (options.length === 0) return false
    for (const rule of this.#rules) if (options.some(option => option.type === rule.type)) giveUp(rule)
    return true
  }

  #ruleOf({ type }: RawOption): OptionRule<unknown> | undefined {
    return this.#rules.find(rule => rule.type === type)
  }
}

const written = (rule: OptionRule<unknown>, value: unknown): RawOption => ({ type: rule.type, body: rule.write(value) })

function giveUp(rule: OptionRule<unknown>): void {
  if (rule.ours === undefined) return
  rule.ours = undefined
  rule.lost?.()
}

const sameOption = (a: RawOption, b: RawOption): boolean => a.type === b.type && equal(a.body, b.body)
