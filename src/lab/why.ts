/** Why a packet was discarded or rewritten: the same words wherever it is asked. */
import { DROP_REASONS } from '../base/drop.ts'
import type { TraceEvent } from '../base/trace.ts'

export type DropEvent = Extract<TraceEvent, { event: 'drop' }>

export interface Why {
  /** `no-protocol, layer ip` */
  readonly reason: string
  readonly sentence: string
  /** `rule: forward drop proto gre`, `entry: …`, `facts: …`: what it was by, and what is known besides. */
  readonly facts: readonly string[]
}

/** `whose`: the machine inside for which a box keeps such an entry, if somebody knows. */
export function whyOf(
  drop: Pick<DropEvent, 'reason' | 'layer' | 'rule' | 'entry' | 'detail' | 'why'>,
  whose?: (entry: string) => string | undefined,
): Why {
  const { reason, layer, rule, entry, detail, why } = drop
  const known = [why, detail].filter(word => word !== undefined).join(', ')
  return {
    reason: `${reason}, layer ${layer}`,
    sentence: DROP_REASONS[reason],
    facts: [
      ...(rule === undefined ? [] : [`rule: ${rule}`]),
      ...(entry === undefined ? [] : [`entry${of(whose?.(entry))}: ${entry}`]),
      ...(known === '' ? [] : [`facts: ${known}`]),
    ],
  }
}

const of = (name: string | undefined): string => (name === undefined ? '' : ` of ${name}`)

export type RewriteEvent = Extract<TraceEvent, { event: 'nat' | 'nat-helper' }>

export interface Rewriting {
  /** `destination`, `call-id of outgoing-call-request` */
  readonly field: string
  readonly before: string
  readonly after: string
  readonly rule: string
  /** What the helper went by. */
  readonly entry?: string
}

export function rewritingOf(event: RewriteEvent): Rewriting {
  const change = { before: String(event.before), after: String(event.after) }
  return event.event === 'nat'
    ? { field: event.field, ...change, rule: event.rule }
    : { field: `${event.field} of ${event.type}`, ...change, rule: 'PPTP helper', entry: event.entry }
}
