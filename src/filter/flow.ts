/** A flow, as connection tracking keeps it: both directions, and what is known of the conversation. */
import { NEVER } from '../base/scheduler.ts'
import { Entry } from './tuple.ts'

/** So many calls of one control connection are known at most; the oldest gives way to a new one. */
export const MOST_CALLS = 128

/** What a helper keeps with the control connection that it reads. */
export interface HelperState {
  /** The flow is gone: everything that depends on it goes too. */
  closed(): void
  /** A flow that was expected for it is gone; `confirmed` is false if it never came to be. */
  childGone(child: Flow): void
}

export class Flow {
  /** As the first packet came. */
  readonly original: Entry<Flow>
  /** As the answer has to come: with address translation it is not the inverse of the original. */
  readonly reply: Entry<Flow>
  /** Its first packet has left the machine: it stands in the table. */
  confirmed = false
  gone = false
  /** A packet has come back. */
  seenReply = false
  /** It is worth keeping when the table is full. */
  assured = false
  /** Source and destination addresses have been decided upon, and are changed. */
  sourceDone = false
  destinationDone = false
  sourceNat = false
  destinationNat = false
  /** From inside to inside by an outside address. */
  hairpin = false
  /** The interface whose address it is hidden behind: it goes when that address does. */
  masquerade = ''
  /** By which rule it is translated. */
  rule = ''
  /** State of the TCP tracker. */
  tcpState = 0
  /** UDP: from this moment on it counts as a stream. */
  streamFrom = NEVER
  expires = NEVER
  /** Where its entry of the expiry queue stands. */
  queuedDue = NEVER
  queuedSeq = -1
  /** The flow that it was expected for. */
  master: Flow | undefined = undefined
  /** Flows that were expected for this one; most flows have none. */
  children: Set<Flow> | undefined = undefined
  helper: HelperState | undefined = undefined
  packets = 0
  /** Its neighbours in the list of all flows, by age. */
  older: Flow | undefined = undefined
  newer: Flow | undefined = undefined

  constructor() {
    this.original = new Entry<Flow>(this, false)
    this.reply = new Entry<Flow>(this, true)
  }

  get translated(): boolean {
    return this.sourceNat || this.destinationNat
  }

  adopt(child: Flow): void {
    child.master = this
    this.children ??= new Set()
    this.children.add(child)
  }

  /** `192.168.0.9:1025 > 203.0.113.5:1723, answers 203.0.113.5:1723 > 198.51.100.1:1025` */
  toString(): string {
    return `${this.original}, answers ${this.reply}`
  }
}

/** All flows of a table from the oldest to the newest: whichever goes, the oldest is found at once. */
export class FlowList {
  oldest: Flow | undefined
  #newest: Flow | undefined
  #size = 0

  get size(): number {
    return this.#size
  }
  get all(): Flow[] {
    const all: Flow[] = []
    for (let flow = this.oldest; flow; flow = flow.newer) all.push(flow)
    return all
  }
  add(flow: Flow): void {
    flow.older = this.#newest
    if (this.#newest) this.#newest.newer = flow
    else this.oldest = flow
    this.#newest = flow
    this.#size++
  }
  /** One that stands in the list. */
  remove(flow: Flow): void {
    const { older, newer } = flow
    if (older) older.newer = newer
    else this.oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    flow.older = undefined
    flow.newer = undefined
    this.#size--
  }
}

/** A flow that is about to come, from what a helper has read. */
export class Expectation {
  readonly entry: Entry<Expectation>
  readonly master: Flow
  /** The child goes the way of the master's original packets. */
  readonly isOriginal: boolean
  /** The call ID that GRE of this flow gets: in the tuple that is not the packet's own. */
  savedKey = 0
  due = NEVER
  gone = false

  constructor(master: Flow, isOriginal: boolean) {
    this.master = master
    this.isOriginal = isOriginal
    this.entry = new Entry<Expectation>(this, false)
  }
}
