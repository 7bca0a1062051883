/** Two runs whose doors lead to each other: what leaves one enters the other, at the same virtual time. */
import { loadLab, type Override } from '../../src/lab/load.ts'
import { type Input, Run, type RunOptions } from '../../src/lab/run.ts'

export function runOf(text: string, overrides: readonly Override[] = [], options: RunOptions = {}): Run {
  const loaded = loadLab(text, 'lab', overrides)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues, undefined, 2))
  return new Run(loaded.lab, options)
}

/** One side: a run, the node that is its door, and all that came in by it. */
export class Side {
  readonly inputs: Input[] = []
  readonly run: Run
  readonly door: string
  #waiting: Uint8Array[] = []

  constructor(run: Run, door: string) {
    this.run = run
    this.door = door
  }

  /** What leaves by the door of this side waits for the other. */
  leadTo(other: Side): void {
    this.run.outside(this.door).onLeave(bytes => other.#waiting.push(bytes.slice()))
  }

  /** Lets in what waits; false when nothing does. */
  admit(now: number): boolean {
    const packets = this.#waiting.map(bytes => ({ node: this.door, bytes }))
    if (packets.length === 0) return false
    this.#waiting = []
    const t = Math.max(now, this.run.now + 1)
    for (const packet of packets) this.inputs.push({ t, ...packet })
    this.run.enter(t, packets)
    return true
  }
}

export function runJoined(a: Side, b: Side): void {
  a.leadTo(b)
  b.leadTo(a)
  while (!a.run.over || !b.run.over) {
    const t = Math.min(
      a.run.over ? Number.POSITIVE_INFINITY : a.run.next,
      b.run.over ? Number.POSITIVE_INFINITY : b.run.next,
    )
    a.run.advanceTo(t)
    b.run.advanceTo(t)
    while (a.admit(t) || b.admit(t));
  }
}
