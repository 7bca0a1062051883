/** What the rest of the program sees of a machine, whatever its kind. */
import type { Ipv4, Prefix } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { MachineView } from '../base/view.ts'
import type { LinkEnd } from '../link/link.ts'
import type { LineEnd } from '../link/serial.ts'

export interface PortAddress {
  readonly address: Ipv4
  readonly prefix: Prefix
}

/** A value that checks compare and the terminal UI shows; docs/snapshot.md lists the paths. */
export type SnapshotValue = string | number | boolean | undefined | Snapshot | readonly SnapshotValue[]
export interface Snapshot {
  readonly [name: string]: SnapshotValue
}

export interface SimNode {
  readonly env: Env
  readonly kind: string
  /** Connects a port; a switch port has no address. */
  plug(port: string, end: LinkEnd, address: PortAddress | undefined): void
  /** Connects one line of a serial link: `tty0`, of a trunk `pri0.7`. Absent: it has no use for any. */
  plugLine?(port: string, line: LineEnd): void
  /** Called once at time zero, when everything is plugged in. */
  start(): void
  /** The state of the machine at this moment, as plain data. */
  snapshot(): Snapshot
  /** Every state machine of it, by the name that the trace gives it. Dear: for those who look at it. */
  machines(): Readonly<Record<string, MachineView>>
}
