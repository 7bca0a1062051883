/** The machines of a run at one moment, and values of a snapshot by their path. docs/snapshot.md lists the paths. */
import type { MachineView } from '../base/view.ts'
import type { Snapshot, SnapshotValue } from '../node/node.ts'
import type { Simulation } from './build.ts'

export type { Snapshot, SnapshotValue } from '../node/node.ts'

/** Every machine as it is now, by name: plain data that stays as it is when the run goes on. */
export const snapshot = ({ nodes }: Simulation): ReadonlyMap<string, Snapshot> =>
  new Map([...nodes].map(([name, node]) => [name, { ...node.snapshot(), machines: plain(node.machines()) }]))

const plain = (machines: Readonly<Record<string, MachineView>>): Snapshot =>
  Object.fromEntries(
    Object.entries(machines).map(([name, { history, ...machine }]) => [
      name,
      { ...machine, history: history.map(step => ({ ...step })) },
    ]),
  )

/** `a.b[c.d].e` is `a`, `b`, `c.d`, `e`; a key may have brackets of its own: `machines[calls[0].ppp.lcp].state`. */
export function splitPath(path: string): string[] {
  return [...path.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]|[^.[\]]+/g)].map(match => match[1] ?? match[0])
}

/** `ppp.ipcp`, `calls[alice].ppp.lcp` */
export function valueAt(snapshot: Snapshot, path: string): SnapshotValue {
  let value: SnapshotValue = snapshot
  for (const name of splitPath(path)) {
    if (typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined
    value = (value as Snapshot)[name]
  }
  return value
}
