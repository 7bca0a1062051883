/** All that a reader of a capture remembers from one frame to the next. */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { hex, octets } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import {
  type CallNotes,
  describeMessage,
  type Memory,
  type PppView,
  type SegmentInfo,
  type SegmentNotes,
} from '../wire/dissect.ts'
import type { Capture, CapturedFrame, Problem } from '../wire/pcap.ts'
import * as Pptp from '../wire/pptp.ts'
import { Segment as Tcp } from '../wire/tcp.ts'
import { Calls, PppLink } from './calls.ts'
import { ControlStream, type Piece } from './control-stream.ts'
import { type Datagram, Fragments } from './fragments.ts'
import { HalfStream, type Run } from './half-stream.ts'
import type { OpenedPackets } from './mppe-record.ts'
import { PhoneLines } from './phone-lines.ts'
import { SequenceNumbers } from './sequence-numbers.ts'

/** One direction of a TCP connection. */
interface Flow {
  initial: number | undefined
  /** Behind the highest sequence number seen. */
  high: number | undefined
  /** Behind each segment seen. */
  readonly ends: Set<number>
  readonly half: HalfStream
  control: ControlStream
}

export class CaptureMemory implements Memory {
  readonly calls = new Calls()
  /** What was given up before the end of the capture. */
  readonly problems: Problem[] = []
  /** Number of the call that the current frame belongs to. */
  currentCall: number | undefined
  /** One interface may show a packet that another has shown already. */
  readonly #fragments = new Map<number, Fragments>()
  /** Of each interface; and under the addresses alone the flow of the interface that showed it first. */
  readonly #flows = new Map<string, Flow>()
  readonly #phoneLines: PhoneLines
  readonly #lines = new Map<string, PppLink>()
  /** Frames of PPP that came over telephone lines: in their order they were encrypted. */
  #lineFrames = 0
  readonly #numbers = new Map<string, SequenceNumbers>()
  readonly #frames: readonly CapturedFrame[]
  readonly #opened: OpenedPackets
  #current = 0

  constructor(capture: Pick<Capture, 'frames' | 'interfaces'>, opened: OpenedPackets = new Map()) {
    this.#frames = capture.frames
    this.#phoneLines = new PhoneLines(capture)
    this.#opened = opened
  }

  /** The frame of which everything is told until the next call. */
  turnTo(index: number): void {
    this.#current = index
    this.currentCall = undefined
  }

  datagram(packet: Uint8Array): Datagram | undefined {
    const { interface: port, time, offset } = this.#frames[this.#current]
    const fragments = this.#fragments.get(port) ?? new Fragments()
    this.#fragments.set(port, fragments)
    return fragments.add(packet, time, offset)
  }

  call(source: Ipv4, destination: Ipv4, callId: number, sequence: number | undefined): CallNotes {
    const side = this.calls.side(source, destination, callId)
    this.currentCall = side.call
    const port = this.#frames[this.#current].interface
    const key = `${port} ${side.call} ${source} ${destination} ${callId}`
    const numbers = this.#numbers.get(key) ?? new SequenceNumbers()
    this.#numbers.set(key, numbers)
    const ends = { source: formatIpv4(source), destination: formatIpv4(destination) }
    const place = sequence === undefined ? undefined : { frame: this.#current, interface: port, ...ends, sequence }
    return {
      view: side.link.view(side.sender, place, this.#opened),
      order: sequence === undefined ? undefined : numbers.note(sequence),
    }
  }

  line(): PppView {
    const { line, sender, ...ends } = this.#phoneLines.of(this.#frames[this.#current])
    const link = this.#lines.get(line) ?? new PppLink(sender === undefined ? 'alike' : 'apart')
    this.#lines.set(line, link)
    return link.view(sender ?? 0, { frame: this.#current, ...ends, sequence: this.#lineFrames++ }, this.#opened)
  }

  /** Every PPP link that was met, of lines and of calls. */
  get links(): Iterable<PppLink> {
    return [...this.#lines.values(), ...this.calls.links]
  }

  segment(segment: SegmentInfo): SegmentNotes {
    const { source, destination, sourcePort, destinationPort, sequence, acknowledgment, flags, payload } = segment
    const flow = this.#flow(source, sourcePort, destination, destinationPort)
    const back = this.#back(destination, destinationPort, source, sourcePort)
    const syn = (flags & Tcp.SYN) !== 0
    if (syn && flow.initial !== sequence) {
      flow.initial = sequence
      flow.high = undefined
      flow.ends.clear()
    }
    const end = (sequence + payload.length + (syn ? 1 : 0) + (flags & Tcp.FIN ? 1 : 0)) >>> 0
    const order = end === sequence ? undefined : orderOf(flow, end)
    const isControl = sourcePort === Pptp.PORT || destinationPort === Pptp.PORT
    return {
      relativeSequence: flow.initial === undefined ? undefined : (sequence - flow.initial) >>> 0,
      relativeAcknowledgment:
        back?.initial === undefined || acknowledgment === undefined ? undefined : (acknowledgment - back.initial) >>> 0,
      order,
      control: isControl ? this.#control(segment, flow, back, syn) : undefined,
    }
  }

  #flow(source: Ipv4, sourcePort: number, destination: Ipv4, destinationPort: number): Flow {
    const port = this.#frames[this.#current].interface
    const name = `${source}:${sourcePort} ${destination}:${destinationPort}`
    const flow = this.#flows.get(`${port} ${name}`) ?? {
      initial: undefined,
      high: undefined,
      ends: new Set(),
      half: new HalfStream(),
      control: new ControlStream(),
    }
    this.#flows.set(`${port} ${name}`, flow)
    if (!this.#flows.has(name)) this.#flows.set(name, flow)
    return flow
  }

  /** The other direction, which may come by another interface. */
  #back(source: Ipv4, sourcePort: number, destination: Ipv4, destinationPort: number): Flow | undefined {
    const port = this.#frames[this.#current].interface
    const name = `${source}:${sourcePort} ${destination}:${destinationPort}`
    return this.#flows.get(`${port} ${name}`) ?? this.#flows.get(name)
  }

  #control(segment: SegmentInfo, flow: Flow, back: Flow | undefined, syn: boolean): readonly Field[] {
    const { source, destination, sequence, acknowledgment, payload, offset } = segment
    const fields: Field[] = []
    if (back && acknowledgment !== undefined) {
      // Octets of the other direction which were held back behind others that are not in the capture.
      for (const run of back.half.acknowledged(acknowledgment)) {
        fields.push(...this.#pieces(back.control, run, destination, source, segment))
      }
    }
    if (syn && flow.half.isRenewedBy(sequence)) {
      this.#giveUp(flow)
      flow.control = new ControlStream()
    }
    if (syn) flow.half.open(sequence)
    const first = (sequence + (syn ? 1 : 0)) >>> 0
    const runs = flow.half.push(first, payload, this.#current, offset)
    for (const run of runs) fields.push(...this.#pieces(flow.control, run, source, destination, segment))
    if (payload.length > 0) fields.push(...this.#remainder(segment, flow, fields.length === 0, runs.length > 0))
    return fields
  }

  #pieces(control: ControlStream, run: Run, source: Ipv4, destination: Ipv4, segment: SegmentInfo): Field[] {
    return control.push(run).map(piece => {
      if (piece.kind === 'message') this.calls.note(source, destination, piece.bytes)
      return this.#describe(piece, segment)
    })
  }

  #describe(piece: Piece, segment: SegmentInfo): Field {
    const here = piece.frame === this.#current && piece.lastFrame === this.#current
    const offset = here ? piece.offset : segment.offset
    const length = here ? piece.bytes.length : segment.payload.length
    const since = here ? '' : `, begun in frame ${piece.frame + 1}`
    if (piece.kind === 'rubbish') {
      const rubbish = field('rubbish', offset, length, hex(piece.bytes.subarray(0, 16)), '')
      return { ...rubbish, text: `${octets(piece.bytes.length)} of rubbish${since}`, problem: piece.reason }
    }
    const message = describeMessage(piece.bytes, here ? offset : 0)
    return here ? message : layer('reassembled', offset, length, `${message.text}${since}`, [message])
  }

  /** Octets of this segment with which no message ends. */
  #remainder({ payload, offset }: SegmentInfo, flow: Flow, whole: boolean, taken: boolean): Field[] {
    const data = (at: number, length: number, text: string): Field[] => [
      field('data', at, length, hex(payload.subarray(at - offset, at - offset + 16)), `${octets(length)}, ${text}`),
    ]
    const rest = flow.control.unfinished
    if (rest?.frame === this.#current) return data(rest.offset, rest.length, 'part of a message')
    if (!whole) return []
    const waits = flow.half.waiting.some(held => held.frame === this.#current)
    return data(offset, payload.length, waits ? 'ahead of others' : taken ? 'part of a message' : 'sent before')
  }

  #giveUp(flow: Flow): void {
    const rest = flow.control.unfinished
    if (rest) {
      const what = rest.afterRubbish
        ? 'after rubbish, which begin no message'
        : 'of a control message that was never finished'
      this.problems.push({ offset: this.#place(rest), reason: `${octets(rest.length)} ${what}` })
    }
    for (const held of flow.half.waiting) {
      const reason = `${octets(held.length)} of a control stream, behind others that never came`
      this.problems.push({ offset: this.#place(held), reason })
    }
  }

  /** Where in the file; what was put together has no better place than its last frame. */
  #place({ frame, offset }: { readonly frame: number; readonly offset: number }): number {
    const captured = this.#frames[frame]
    return captured.offset + (offset <= captured.bytes.length ? offset : 0)
  }

  /** The capture is over: names what waits for octets that did not come. */
  finish(): readonly Problem[] {
    for (const flow of new Set(this.#flows.values())) this.#giveUp(flow)
    for (const fragments of this.#fragments.values()) {
      for (const offset of fragments.unfinished()) {
        this.problems.push({ offset, reason: 'a fragment of a datagram of which others are not in the capture' })
      }
    }
    return this.problems
  }
}

/** Where a segment that takes up sequence numbers stands among those seen, which it joins. */
function orderOf(flow: Flow, end: number): 'repeated' | 'late' | undefined {
  const behind = flow.high !== undefined && ((end - flow.high) | 0) <= 0
  const known = flow.ends.has(end)
  flow.ends.add(end)
  if (!behind) flow.high = end
  return known ? 'repeated' : behind ? 'late' : undefined
}
