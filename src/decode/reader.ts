/**
 * A capture that is read once, from the first frame to the last, and in which every frame can be looked at again
 * afterwards: in any order, with all that the frames before it had told by then.
 *
 * A frame's tree takes some kilobytes, and a capture may have a million frames. So no tree is kept, only what the memory
 * answered when the frame was read: with the same answers the same octets give the same tree.
 */
import type { Ipv4 } from '../base/address.ts'
import type { Field } from '../base/field.ts'
import type { CallNotes, Memory, Opened, PppView, SegmentInfo, SegmentNotes } from '../wire/dissect.ts'
import { dissect } from '../wire/dissect.ts'
import type * as Pcap from '../wire/pcap.ts'
import type { Call } from './calls.ts'
import { openAll } from './decode.ts'
import type { Datagram } from './fragments.ts'
import { CaptureMemory } from './memory.ts'
import type { MppeSummary, Passwords } from './mppe-record.ts'

export interface Visitor {
  /** Each frame once, in order; `call` is the number of the call that it belongs to. */
  frame(index: number, tree: Field, call: number | undefined): void
  /** Now and then: which share has been read, 0 … 1. */
  progress(share: number): void
}

/** Frames between two words about the progress. */
const STEP = 2000

export class CaptureReader {
  readonly capture: Pcap.Capture
  readonly calls: readonly Call[]
  /** What the passwords have opened; absent without any. */
  readonly mppe: readonly MppeSummary[] | undefined
  /** What could not be put together by the end; what is wrong inside of a frame stands in its tree. */
  readonly problems: readonly Pcap.Problem[]
  readonly #answers: Answers[] = []

  constructor(capture: Pcap.Capture, passwords: Passwords | undefined, { frame, progress }: Visitor) {
    this.capture = capture
    const found = passwords && openAll(capture, passwords)
    this.mppe = found?.mppe
    const memory = new CaptureMemory(capture, found?.opened)
    capture.frames.forEach(({ bytes, linkType }, index) => {
      if (index % STEP === 0) progress(index / capture.frames.length)
      memory.turnTo(index)
      const answers = new Answers()
      const tree = dissect(bytes, linkType, new Asked(memory, answers))
      answers.close()
      this.#answers.push(answers)
      frame(index, tree, memory.currentCall)
    })
    this.calls = memory.calls.calls
    this.problems = [...capture.problems, ...memory.finish()]
  }

  /** The tree of a frame, as it was when the capture was read. */
  tree(index: number): Field {
    const { bytes, linkType } = this.capture.frames[index]
    return dissect(bytes, linkType, new Again(this.#answers[index]))
  }

  /** What a password has opened of the frame, its PPP protocol field first. */
  opened(index: number): Uint8Array | undefined {
    const { calls, lines } = this.#answers[index]
    for (const view of [...calls.map(call => call.view), ...lines]) {
      const { opened } = view
      if (opened !== undefined && 'bytes' in opened) return opened.bytes
    }
    return undefined
  }
}

const NONE: readonly never[] = []

/** What was answered about one frame, each kind in the order of the questions. */
class Answers {
  datagrams: readonly (Datagram | undefined)[] = NONE
  segments: readonly SegmentNotes[] = NONE
  calls: readonly { readonly order: string | undefined; readonly view: Kept }[] = NONE
  lines: readonly Kept[] = NONE

  close(): void {
    for (const { view } of this.calls) view.close()
    for (const view of this.lines) view.close()
  }
}

/** Asks the memory, and writes its answers down. */
class Asked implements Memory {
  readonly #memory: CaptureMemory
  readonly #answers: Answers

  constructor(memory: CaptureMemory, answers: Answers) {
    this.#memory = memory
    this.#answers = answers
  }

  datagram(packet: Uint8Array): Datagram | undefined {
    const answer = this.#memory.datagram(packet)
    this.#answers.datagrams = [...this.#answers.datagrams, answer]
    return answer
  }
  segment(segment: SegmentInfo): SegmentNotes {
    const answer = this.#memory.segment(segment)
    this.#answers.segments = [...this.#answers.segments, answer]
    return answer
  }
  call(source: Ipv4, destination: Ipv4, callId: number, sequence: number | undefined): CallNotes {
    const { order, view } = this.#memory.call(source, destination, callId, sequence)
    const answer = { order, view: new Kept(view) }
    this.#answers.calls = [...this.#answers.calls, answer]
    return answer
  }
  line(): PppView {
    const answer = new Kept(this.#memory.line())
    this.#answers.lines = [...this.#answers.lines, answer]
    return answer
  }
}

/** Says again what was answered. */
class Again implements Memory {
  readonly #answers: Answers
  #datagrams = 0
  #segments = 0
  #calls = 0
  #lines = 0

  constructor(answers: Answers) {
    this.#answers = answers
  }

  datagram(): Datagram | undefined {
    return this.#answers.datagrams[this.#datagrams++]
  }
  segment(): SegmentNotes {
    return this.#answers.segments[this.#segments++]
  }
  call(): CallNotes {
    return this.#answers.calls[this.#calls++]
  }
  line(): PppView {
    return this.#answers.lines[this.#lines++]
  }
}

/** A direction of a PPP link as it was at one frame. */
class Kept implements PppView {
  #view: PppView | undefined
  #compression: number | undefined
  #algorithm: number | undefined
  #opened: Opened | undefined

  constructor(view: PppView) {
    this.#view = view
  }

  chapAlgorithm(code: number): number | undefined {
    if (this.#view) this.#algorithm = this.#view.chapAlgorithm(code)
    return this.#algorithm
  }
  get compression(): number | undefined {
    if (this.#view) this.#compression = this.#view.compression
    return this.#compression
  }
  note(protocol: number, packet: Uint8Array): void {
    this.#view?.note(protocol, packet)
  }
  open(packet: Uint8Array): Opened | undefined {
    if (this.#view) this.#opened = this.#view.open?.(packet)
    return this.#opened
  }
  /** What was in the packet of MPPE. */
  get opened(): Opened | undefined {
    return this.#opened
  }
  /** The frame has been read: from here on every answer is the one that was given last. */
  close(): void {
    this.#view = undefined
  }
}
