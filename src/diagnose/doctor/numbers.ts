/** The sequence numbers of GRE in a capture, in one direction of a call: which are missing, and which come late. */
import type { SimTime } from '../../base/time.ts'
import { type LineFacts, newLine, type Way } from './facts.ts'
import { addLoss } from './ways.ts'

/** A gap that is larger is a jump, and nothing is missing (as of a receiver, RFC 2637 §4.3). */
const LARGEST_GAP = 300

export class Numbers {
  readonly line: LineFacts
  #next: number | undefined
  readonly #missing = new Set<number>()

  constructor(from: string) {
    this.line = newLine('', from)
  }

  note(way: Way, seq: number, t: SimTime, frame: number, receiver: string): void {
    const { line } = this
    const next = this.#next ?? seq
    line.frames++
    if (seq >= next) {
      const isJump = seq - next > LARGEST_GAP
      for (let n = next; n < seq && !isJump; n++) this.#missing.add(n)
      if (seq > next && !isJump) line.first ??= { packet: `frame ${frame}`, t }
      this.#next = seq + 1
    } else if (this.#missing.delete(seq)) {
      const detail = `seq ${seq}, awaited ${next}`
      const late = { reason: 'gre-late', layer: 'gre', packet: `frame ${frame}`, detail } as const
      addLoss(way.spoiled, { t, node: receiver, event: 'drop', ...late })
    }
    line.frames += this.#missing.size - line.lost
    line.lost = this.#missing.size
  }
}
