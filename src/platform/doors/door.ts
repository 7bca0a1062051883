/** A door of the simulation: where packets come in from real networks and go out to them. */
export interface Door {
  /** The node of the lab that stands for what is behind it. */
  readonly node: string
  /** What is open, for the user. */
  readonly told: string
  /** Begins to hear; before that nothing comes in. */
  start(events: DoorEvents): void
  /** A packet goes out. The view is valid during the call only. */
  send(bytes: Uint8Array): void
  /** What could not come in or go out and is in no trace, in words; empty if all went well. */
  readonly losses: readonly string[]
  /** Takes away what it made on this machine. */
  close(): void
}

export interface DoorEvents {
  /** Packets have come in, just now. The views are valid during the call only. */
  packets(packets: readonly Uint8Array[]): void
  /** The door is gone; a sentence says why. */
  broken(problem: string): void
}

/** `1 packet`, `2 packets` */
export const packets = (count: number): string => `${count} ${count === 1 ? 'packet' : 'packets'}`
