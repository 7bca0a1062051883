/** Values of a machine's snapshot by their path: `ppp.ipcp`, `calls[alice].ppp.lcp`. docs/snapshot.md lists the paths. */
import type { Snapshot, SnapshotValue } from '../node/node.ts'

/** `a.b[c.d].e` is `a`, `b`, `c.d`, `e`. */
export function splitPath(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(match => match[1] ?? match[0])
}

export function valueAt(snapshot: Snapshot, path: string): SnapshotValue {
  let value: SnapshotValue = snapshot
  for (const name of splitPath(path)) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Snapshot)[name]
  }
  return value
}
