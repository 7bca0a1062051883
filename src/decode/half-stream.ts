/**
 * One direction of a TCP connection as a capture shows it: octets are handed on in order and once (RFC 9293 §3.10.7.4),
 * whatever was sent again, overtaken or sent with other boundaries. What the receiver has acknowledged and the capture
 * does not have was lost before it reached the capture file: the stream goes on behind it.
 *
 * Limits: where two segments disagree about an octet, the one captured first stands.
 */

/** Octets that follow each other in the stream. */
export interface Run {
  /** Octets of the stream that are missing before these. */
  readonly missing: number
  readonly bytes: Uint8Array
  /** Number of the frame that brought them. */
  readonly frame: number
  /** Where they begin in that frame. */
  readonly offset: number
}

interface Held {
  readonly seq: number
  readonly bytes: Uint8Array
  readonly frame: number
  readonly offset: number
}

/** An acknowledgment further ahead than any window is a damaged packet, not a hole in the capture. */
const WINDOW = 1 << 20

export class HalfStream {
  /** Sequence number of the first octet. */
  start: number | undefined
  #next = 0
  #held: Held[] = []
  #skipped = 0

  /** Does a SYN with this number begin another stream? */
  isRenewedBy(seq: number): boolean {
    return this.start !== undefined && this.start !== (seq + 1) >>> 0
  }

  /** A SYN. The same one again changes nothing. */
  open(seq: number): void {
    const first = (seq + 1) >>> 0
    if (this.start === first) return
    this.start = first
    this.#next = first
    this.#held = []
    this.#skipped = 0
  }

  /** The runs that can be handed on now that this segment is here, in order. */
  push(seq: number, bytes: Uint8Array, frame: number, offset: number): Run[] {
    if (this.start === undefined) {
      this.start = seq
      this.#next = seq
    }
    if (bytes.length > 0) this.#held.push({ seq, bytes, frame, offset })
    return this.#take()
  }

  /** The peer acknowledges everything before `ack`: what is not there by now will not come. */
  acknowledged(ack: number): Run[] {
    if (this.start === undefined) return []
    const ahead = distance(ack, this.#next)
    if (ahead <= 0 || ahead > WINDOW) return []
    const hole = Math.min(ahead, ...this.#held.map(held => distance(held.seq, this.#next)))
    this.#next = (this.#next + hole) >>> 0
    this.#skipped += hole
    return this.#take()
  }

  /** Octets that came, but wait for others that did not. */
  get waiting(): readonly { readonly frame: number; readonly offset: number; readonly length: number }[] {
    return this.#held.map(({ frame, offset, bytes }) => ({ frame, offset, length: bytes.length }))
  }

  #take(): Run[] {
    const runs: Run[] = []
    for (let again = true; again; ) {
      again = false
      for (const held of this.#held) {
        const known = distance(this.#next, held.seq)
        if (known < 0) continue
        this.#held = this.#held.filter(other => other !== held)
        if (known < held.bytes.length) {
          runs.push({
            missing: this.#skipped,
            bytes: held.bytes.subarray(known),
            frame: held.frame,
            offset: held.offset + known,
          })
          this.#skipped = 0
          this.#next = (held.seq + held.bytes.length) >>> 0
        }
        again = true
        break
      }
    }
    return runs
  }
}

/** How far a is ahead of b, modulo 2^32. */
const distance = (a: number, b: number): number => (a - b) | 0
