/** The boxes of a lab as an engineer sees them who may log in: their kind, their rules with counters, what they translate like. */
import type { Run } from '../../lab/run.ts'
import type { Snapshot, SnapshotValue } from '../../lab/snapshot.ts'
import { valueAt } from '../../lab/snapshot.ts'
import type { Box } from './facts.ts'

/** Kinds of NAT boxes that read control connections (docs/nat.md). */
const WITH_HELPER: ReadonlySet<SnapshotValue> = new Set(['linux-pptp', 'libalias', 'cisco'])

export function boxesOf({ simulation: { lab, nodes } }: Run): Map<string, Box> {
  const boxes = new Map<string, Box>()
  for (const { name, kind, nat } of lab.nodes) {
    const seen = nodes.get(name)?.snapshot() ?? {}
    const like = valueAt(seen, 'filter.like')
    const rules = (valueAt(seen, 'filter.rules') ?? []) as readonly Snapshot[]
    boxes.set(name, {
      node: name,
      kind,
      nat: nat ? String(like) : undefined,
      helper: WITH_HELPER.has(like),
      rules: rules.map(({ chain, rule, packets }) => ({
        chain: String(chain),
        rule: String(rule),
        packets: Number(packets),
      })),
    })
  }
  return boxes
}
