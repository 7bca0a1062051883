/**
 * Makes the segments of one connection and sends them: header, options, text, checksum.
 *
 * Blocks of SACK go with segments without text only, and such a segment is sent for every block that is news. So all other
 * segments have the same room for text (RFC 6691), and a duplicate acknowledgment is one to every peer.
 */
import { type Offer, synRoom, TIMESTAMPS_ROOM, writeSyn, writeTimestamps } from './options.ts'
import type { Receiver } from './receiver.ts'
import { sackRoom } from './sack.ts'
import * as Segment from './segment.ts'
import type { Sender } from './sender.ts'
import type { Timestamps } from './timestamps.ts'
import type { Endpoint, SegmentBuffer, TcpEnv } from './types.ts'

const { ACK, HEADER, RST } = Segment

export class Transmitter {
  /** Absent when they were not agreed upon. */
  timestamps: Timestamps | undefined
  dontFragment: boolean
  /** SACK blocks that a segment has room for. */
  mostBlocks = 0
  readonly #env: TcpEnv
  readonly #local: Endpoint
  readonly #remote: Endpoint
  readonly #sender: Sender
  readonly #receiver: Receiver

  constructor(
    env: TcpEnv,
    local: Endpoint,
    remote: Endpoint,
    sender: Sender,
    receiver: Receiver,
    timestamps: Timestamps | undefined,
    dontFragment: boolean,
  ) {
    this.#env = env
    this.#local = local
    this.#remote = remote
    this.#sender = sender
    this.#receiver = receiver
    this.timestamps = timestamps
    this.dontFragment = dontFragment
  }

  /** SYN, or SYN,ACK once the peer's SYN has come, with the options that may only stand there. */
  syn(bits: number, offer: Offer): void {
    const header = HEADER + synRoom(offer)
    const buffer = this.#env.buffer(header)
    const { bytes, start } = buffer
    this.#header(bytes, start, header, this.#sender.iss, bits, this.#receiver.advertise(true))
    const { timestamps } = this
    const value = timestamps?.value(this.#env.now()) ?? 0
    writeSyn(bytes, start + HEADER, offer, value, bits & ACK ? (timestamps?.recent ?? 0) : 0)
    this.#send(buffer)
  }

  /** A segment that acknowledges; every such segment carries all that there is to acknowledge. */
  segment(seq: number, bits: number, length: number, now: number): void {
    const { timestamps } = this
    const room = timestamps ? TIMESTAMPS_ROOM : 0
    const blocks = length === 0 ? this.#receiver.blocks(this.mostBlocks) : 0
    const header = HEADER + room + sackRoom(blocks)
    const buffer = this.#env.buffer(header + length)
    const { bytes, start } = buffer
    this.#header(bytes, start, header, seq, bits, this.#receiver.advertise(false))
    if (timestamps) writeTimestamps(bytes, start + HEADER, timestamps.value(now), timestamps.recent)
    if (blocks > 0) this.#receiver.report?.write(bytes, start + HEADER + room)
    if (length > 0) this.#sender.copy(seq, length, bytes, start + header)
    this.#send(buffer)
  }

  /** <SEQ=SEG.ACK><CTL=RST>, to a segment that acknowledges what we never sent. */
  reset(seq: number): void {
    const buffer = this.#env.buffer(HEADER)
    const { bytes, start } = buffer
    Segment.writeHeader(bytes, start, HEADER, this.#local.port, this.#remote.port, seq, 0, RST, 0)
    this.#send(buffer)
  }

  #header(bytes: Uint8Array, at: number, length: number, seq: number, bits: number, wnd: number): void {
    const ack = bits & ACK ? this.#receiver.nxt : 0
    if (bits & ACK && this.timestamps) this.timestamps.lastAckSent = ack
    Segment.writeHeader(bytes, at, length, this.#local.port, this.#remote.port, seq, ack, bits, wnd)
  }

  #send(buffer: SegmentBuffer): void {
    Segment.seal(buffer.bytes, buffer.start, buffer.end, this.#local.address, this.#remote.address)
    this.#env.send(buffer, this.#local.address, this.#remote.address, this.dontFragment)
  }
}
