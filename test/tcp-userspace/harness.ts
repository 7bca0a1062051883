/**
 * The notation of the first tests over script.ts: numbers as they stand on the wire, flags with A for ACK, and handlers of
 * the test's own. Nothing is taken for granted: what a segment does not name is zero.
 */
import assert from 'node:assert/strict'
import { type Connection, type ConnectionHandlers, Segment } from 'tcp-userspace'
import { OURS, PORT, type ScriptOptions, type Seen, script, THEIR_PORT, THEIRS } from './script.ts'

export { OURS, octet, PORT, stream, THEIR_PORT, THEIRS } from './script.ts'

/** Our initial sequence number and the peer's. */
export const ISS = 1000
export const IRS = 5000

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

export function underTest(options: ScriptOptions = {}) {
  const { iss = ISS } = options
  const parts = script({ iss, irs: IRS, ...options })
  const { scheduler, stack, steps, retransmissions } = parts
  /** What was sent and not looked at yet. */
  const sent: { at: number; segment: Segment.Segment; seen: Seen }[] = []
  const look = () => {
    for (const seen of parts.peer.takes()) {
      const parsed = Segment.parse(seen.bytes)
      assert.ok(parsed.ok)
      sent.push({ at: seen.at, segment: parsed.value, seen })
    }
    return sent
  }

  const clock = {
    get now() {
      return scheduler.now
    },
    /** Milliseconds. */
    advance: (milliseconds: number): void => parts.clock.advance(Math.round(milliseconds * 1e6)),
  }

  const peer = {
    get port(): number {
      return parts.peer.port
    },
    set port(port: number) {
      parts.peer.port = port
    },
    get ourPort(): number {
      return parts.peer.ourPort
    },
    set ourPort(port: number) {
      parts.peer.ourPort = port
    },
    build({
      flags,
      seq = IRS,
      ack = 0,
      wnd = 65_535,
      text,
      length = 0,
      sackPermitted,
      sack,
      ...syn
    }: Named): Uint8Array {
      return parts.peer.build(dotted(flags), {
        seq: (seq - IRS) | 0,
        ack: flags.includes('A') ? (ack - parts.zero()) | 0 : 0,
        wnd,
        text: text ?? new Uint8Array(length),
        ...syn,
        ...(sackPermitted ? { sackOk: true } : {}),
        ...(sack
          ? { sack: sack.map(([from, to]) => [(from - parts.zero()) | 0, (to - parts.zero()) | 0] as const) }
          : {}),
      })
    },
    /** Answers with the reason of the discard, if there was one. */
    sends(named: Named) {
      look()
      return parts.peer.sendsBytes(peer.build(named))
    },
    expects(named: Named): Segment.Segment {
      const next = look().shift()
      if (!next) throw new Error(`nothing was sent, expected ${JSON.stringify(named)}\n\n${parts.ladder()}`)
      const { segment, seen: found } = next
      const seen: Named = { flags: found.flags }
      if (named.seq !== undefined) seen.seq = segment.sequence
      if (named.ack !== undefined) seen.ack = segment.acknowledgment
      if (named.wnd !== undefined) seen.wnd = segment.window
      if (named.length !== undefined) seen.length = segment.payload.length
      if (named.text !== undefined) seen.text = Uint8Array.from(segment.payload)
      const wanted = { ...named, flags: dotted(named.flags) }
      try {
        assert.deepEqual({ ...seen, flags: sorted(seen.flags) }, { ...wanted, flags: sorted(wanted.flags) })
      } catch (error) {
        if (error instanceof Error) error.message += `\n\n${parts.ladder()}`
        throw error
      }
      return segment
    },
    expectsNothing(): void {
      assert.deepEqual(
        look().map(({ seen }) => `${seen.flags} ${seen.seq} ${seen.length}`),
        [],
      )
    },
    /** Forgets what was sent so far and returns it. */
    drain(): { at: number; segment: Segment.Segment; seen: Seen }[] {
      return look().splice(0)
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

const dotted = (flags: string): string => flags.replace('A', '.')
const sorted = (flags: string): string => [...flags].sort().join('')
