/** One stack against a peer who follows a script, in virtual time. Both sides' sequence numbers start where the test says. */
import assert from 'node:assert/strict'
import {
  type Cause,
  type Connection,
  type ConnectionHandlers,
  checksum,
  Segment,
  type State,
  type TcpEnv,
  type TcpOptions,
  TcpStack,
} from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { Scheduler } from '../../src/base/scheduler.ts'

export const OURS = ip('10.0.0.1')
export const THEIRS = ip('10.0.0.2')
/** Our initial sequence number and the peer's. */
export const ISS = 1000
export const IRS = 5000
export const PORT = 80
export const THEIR_PORT = 4000

/** What the script names of a segment; flags as letters: `SA` is SYN,ACK. */
export interface Named {
  flags: string
  seq?: number
  ack?: number
  wnd?: number
  /** Octets of text. */
  length?: number
  text?: Uint8Array
  mss?: number
  scale?: number
  /** SACK-permitted, of a SYN; blocks of SACK, `to` being the octet after the last. */
  sackPermitted?: boolean
  sack?: readonly (readonly [from: number, to: number])[]
}

const LETTERS: Readonly<Record<string, number>> = {
  F: Segment.FIN,
  S: Segment.SYN,
  R: Segment.RST,
  P: Segment.PSH,
  A: Segment.ACK,
  U: Segment.URG,
}
export const bitsOf = (letters: string): number => [...letters].reduce((bits, letter) => bits | LETTERS[letter], 0)
const lettersOf = (bits: number): string =>
  Object.keys(LETTERS)
    .filter(letter => bits & LETTERS[letter])
    .join('')

/** Octet n of every test's stream. */
export const octet = (n: number): number => (n * 7 + (n >> 8)) & 255
export const stream = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, n) => octet(from + n))

export interface Log extends Required<ConnectionHandlers> {
  readonly events: string[]
  received: number[]
}

/** Handlers that remember. */
export function log(more: ConnectionHandlers = {}): Log {
  const events: string[] = []
  const received: number[] = []
  return {
    events,
    received,
    opened: () => {
      events.push('opened')
      more.opened?.()
    },
    data: bytes => {
      received.push(...bytes)
      more.data?.(bytes)
    },
    ended: () => {
      events.push('ended')
      more.ended?.()
    },
    writable: () => {
      events.push('writable')
      more.writable?.()
    },
    closed: reason => {
      events.push(`closed ${reason}`)
      more.closed?.(reason)
    },
  }
}

export interface Step {
  readonly from: State
  readonly to: State
  readonly cause: Cause
}

export function underTest(options: TcpOptions & { iss?: number; mtu?: number } = {}) {
  const { iss = ISS, mtu = 1500, ...rest } = options
  const scheduler = new Scheduler()
  const sent: { at: number; segment: Segment.Segment }[] = []
  const steps: Step[] = []
  const retransmissions: { at: number; seq: number; length: number; tries: number }[] = []
  const env: TcpEnv = {
    now: () => scheduler.now,
    timer: (owner, fire) => scheduler.timer(owner, fire),
    random32: () => 0,
    buffer: length => ({ bytes: new Uint8Array(40 + length), start: 40, end: 40 + length }),
    send(buffer, source, destination) {
      assert.equal(source, OURS)
      assert.equal(destination, THEIRS)
      const bytes = buffer.bytes.slice(buffer.start, buffer.end)
      assert.equal(checksum(bytes, 0, bytes.length, OURS, THEIRS), 0, 'the checksum of what is sent')
      const parsed = Segment.parse(bytes)
      assert.ok(parsed.ok)
      sent.push({ at: scheduler.now, segment: parsed.value })
    },
    maxSegment: () => mtu - 20,
    trace: {
      state: (_, from, to, cause) => steps.push({ from, to, cause }),
      retransmit: (_, seq, length, tries) => retransmissions.push({ at: scheduler.now, seq, length, tries }),
    },
  }
  const stack = new TcpStack(env, { initialSequence: () => iss, ...rest })

  const clock = {
    get now() {
      return scheduler.now
    },
    /** Milliseconds. */
    advance(milliseconds: number): void {
      scheduler.runUntil(scheduler.now + Math.round(milliseconds * 1e6))
    },
  }

  const peer = {
    port: THEIR_PORT,
    ourPort: PORT,
    build(named: Named): Uint8Array {
      const { flags, seq = IRS, ack = 0, wnd = 65_535, text, length = 0, mss, scale, sackPermitted, sack } = named
      const options = []
      if (mss !== undefined) options.push({ kind: 2, data: Uint8Array.of(mss >> 8, mss & 255) })
      if (scale !== undefined) options.push({ kind: 3, data: Uint8Array.of(scale) })
      if (sackPermitted) options.push({ kind: 4, data: new Uint8Array(0) })
      if (sack) {
        const data = new DataView(new ArrayBuffer(8 * sack.length))
        sack.flat().forEach((seq, n) => {
          data.setUint32(4 * n, seq)
        })
        options.push({ kind: 5, data: new Uint8Array(data.buffer) })
      }
      const bytes = Segment.write({
        sourcePort: peer.port,
        destinationPort: peer.ourPort,
        sequence: seq >>> 0,
        acknowledgment: ack >>> 0,
        flags: bitsOf(flags),
        window: wnd,
        checksum: 0,
        urgentPointer: 0,
        options,
        payload: text ?? new Uint8Array(length),
      })
      Segment.seal(bytes, 0, bytes.length, THEIRS, OURS)
      return bytes
    },
    /** Answers with the reason of the discard, if there was one. */
    sends(named: Named) {
      const bytes = peer.build(named)
      return stack.receive(bytes, 0, bytes.length, THEIRS, OURS)
    },
    expects(named: Named): Segment.Segment {
      const next = sent.shift()
      assert.ok(next, `nothing was sent, expected ${JSON.stringify(named)}`)
      const { segment } = next
      const seen: Named = { flags: lettersOf(segment.flags) }
      if (named.seq !== undefined) seen.seq = segment.sequence
      if (named.ack !== undefined) seen.ack = segment.acknowledgment
      if (named.wnd !== undefined) seen.wnd = segment.window
      if (named.length !== undefined) seen.length = segment.payload.length
      if (named.text !== undefined) seen.text = Uint8Array.from(segment.payload)
      const wanted = { ...named, flags: lettersOf(bitsOf(named.flags)) }
      assert.deepEqual(seen, wanted)
      return segment
    },
    expectsNothing(): void {
      assert.deepEqual(
        sent.map(({ segment }) => `${lettersOf(segment.flags)} ${segment.sequence} ${segment.payload.length}`),
        [],
      )
    },
    /** Forgets what was sent so far and returns it. */
    drain(): { at: number; segment: Segment.Segment }[] {
      return sent.splice(0)
    },
  }
  const connections = (): Connection[] => [...stack.connections]

  /** We open; the handshake is done. sndUna is ISS + 1, rcvNxt IRS + 1. */
  function connected(handlers: ConnectionHandlers = {}, syn: Partial<Named> = {}): Connection {
    const connection = stack.connect(
      { local: { address: OURS, port: PORT }, remote: { address: THEIRS, port: THEIR_PORT } },
      handlers,
    )
    assert.ok(connection)
    peer.expects({ flags: 'S', seq: iss })
    peer.sends({ flags: 'SA', ack: iss + 1, mss: 1460, ...syn })
    peer.expects({ flags: 'A', seq: iss + 1, ack: ((syn.seq ?? IRS) + 1) >>> 0 })
    return connection
  }

  /** The peer opens; the handshake is done. */
  function accepted(handlers: ConnectionHandlers = {}, syn: Partial<Named> = {}): Connection {
    assert.ok(stack.listen({ port: PORT }, () => handlers))
    peer.sends({ flags: 'S', mss: 1460, ...syn })
    peer.expects({ flags: 'SA', seq: iss, ack: ((syn.seq ?? IRS) + 1) >>> 0 })
    peer.sends({ flags: 'A', seq: (syn.seq ?? IRS) + 1, ack: iss + 1 })
    return connections()[0]
  }

  return { scheduler, clock, stack, peer, steps, retransmissions, connected, accepted, connections }
}
