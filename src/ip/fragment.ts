/**
 * Fragmentation and reassembly (RFC 791 §3.2, RFC 815).
 *
 * Overlapping fragments are refused with the whole datagram, as RFC 5722 asks of IPv6 and Linux does for IPv4 since 2018:
 * only an attack sends them. An exact repetition is a duplicate of the network and is passed over. A fragment that can
 * be part of no datagram is dropped alone.
 */

import { set16 } from '../base/bytes.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Timer } from '../base/scheduler.ts'
import { sec } from '../base/time.ts'
import * as Ipv4 from '../wire/ipv4.ts'

/** Linux's net.ipv4.ipfrag_time. */
const TIMEOUT = sec(30)
/** Datagrams that may wait for their missing parts. */
const WAITING = 64
/** Octets of a datagram, header included. */
const LONGEST = 65_535

/**
 * Cuts a packet that is larger than `mtu` into fragments, each a packet of its own, and releases it. Options go into
 * the first fragment, those with the copied flag into all.
 */
export function fragment(env: Env, packet: Packet, mtu: number): Packet[] {
  const { bytes, start } = packet
  const header = Ipv4.headerLength(bytes, start)
  const offset = Ipv4.fragmentOffset(bytes, start)
  const more = Ipv4.moreFragments(bytes, start)
  const others = copiedHeader(bytes, start, header)
  const out: Packet[] = []
  for (let at = start + header; at < packet.end; ) {
    const head = out.length === 0 ? bytes.subarray(start, start + header) : others
    const room = (mtu - head.length) & ~7
    const last = packet.end - at <= mtu - head.length
    const length = last ? packet.end - at : room
    const piece = env.packets.make(head.length + length)
    piece.parentNode = packet.node
    piece.parentNumber = packet.number
    piece.bytes.set(head, piece.start)
    piece.bytes.set(bytes.subarray(at, at + length), piece.start + head.length)
    set16(piece.bytes, piece.start + 2, head.length + length)
    const position = (offset + at - start - header) >> 3
    set16(piece.bytes, piece.start + 6, position | (more || !last ? Ipv4.MF : 0))
    Ipv4.setChecksum(piece.bytes, piece.start)
    out.push(piece)
    at += length
  }
  packet.release()
  return out
}

/** The header of the fragments after the first: options without the copied flag are left out (RFC 791 §3.1). */
function copiedHeader(bytes: Uint8Array, start: number, header: number): Uint8Array {
  const kept: number[] = []
  for (let at = start + Ipv4.HEADER; at < start + header; ) {
    const type = bytes[at]
    if (type === 0) break
    const length = type === 1 ? 1 : bytes[at + 1]
    if (type !== 1 && (length < 2 || at + length > start + header)) break
    if (type & 0x80) kept.push(...bytes.subarray(at, at + length))
    at += length
  }
  while (kept.length % 4 !== 0) kept.push(0)
  const head = new Uint8Array(Ipv4.HEADER + kept.length)
  head.set(bytes.subarray(start, start + Ipv4.HEADER))
  head.set(kept, Ipv4.HEADER)
  head[0] = 0x40 | (head.length >> 2)
  return head
}

/** RFC 791: fragments belong together when source, destination, protocol and identification agree. */
function keyOf(b: Uint8Array, at: number): string {
  return `${Ipv4.source(b, at)} ${Ipv4.destination(b, at)} ${Ipv4.protocol(b, at)} ${Ipv4.identification(b, at)}`
}

interface Partial {
  /** In the order of their offsets, without overlap. */
  readonly pieces: Packet[]
  readonly timer: Timer
}

export interface ReassemblySinks {
  /** A fragment is given up; the packet is released afterwards. */
  dropped(packet: Packet, reason: DropReason): void
  /** Time ran out; `first` is the fragment with offset 0, if it came: an ICMP error quotes it (RFC 792). */
  expired(first: Packet | undefined): void
}

export class Reassembler {
  readonly #env: Env
  readonly #sinks: ReassemblySinks
  readonly #partials = new Map<string, Partial>()

  constructor(env: Env, sinks: ReassemblySinks) {
    this.#env = env
    this.#sinks = sinks
  }

  /** Takes a fragment; gives the whole datagram when it was the last that was missing. */
  receive(packet: Packet): Packet | undefined {
    if (!isPossible(packet)) {
      this.#give(packet, 'malformed')
      return undefined
    }
    const key = keyOf(packet.bytes, packet.start)
    let partial = this.#partials.get(key)
    if (!partial) {
      if (this.#partials.size >= WAITING) {
        this.#give(packet, 'reassembly-full')
        return undefined
      }
      partial = { pieces: [], timer: this.#env.clock.after(TIMEOUT, 'reassembly', () => this.#expire(key)) }
      this.#partials.set(key, partial)
    }
    const verdict = insert(partial.pieces, packet)
    if (verdict === 'duplicate') {
      this.#give(packet, 'fragment-duplicate')
      return undefined
    }
    if (verdict === 'overlap') {
      this.#forget(key, partial)
      for (const piece of [...partial.pieces, packet]) this.#give(piece, 'fragment-overlap')
      return undefined
    }
    if (!isComplete(partial.pieces)) return undefined
    this.#forget(key, partial)
    return this.#join(partial.pieces)
  }

  #join(pieces: Packet[]): Packet | undefined {
    const first = pieces[0]
    const header = Ipv4.headerLength(first.bytes, first.start)
    const total = header + endOf(pieces[pieces.length - 1])
    // The first fragment may have options that the others lack.
    if (total > LONGEST) {
      for (const piece of pieces) this.#give(piece, 'malformed')
      return undefined
    }
    const whole = this.#env.packets.make(total)
    whole.parentNode = first.node
    whole.parentNumber = first.number
    whole.bytes.set(first.bytes.subarray(first.start, first.start + header), whole.start)
    let at = whole.start + header
    for (const piece of pieces) {
      whole.bytes.set(piece.bytes.subarray(piece.end - payload(piece), piece.end), at)
      at += payload(piece)
      piece.release()
    }
    set16(whole.bytes, whole.start + 2, total)
    set16(whole.bytes, whole.start + 6, 0)
    Ipv4.setChecksum(whole.bytes, whole.start)
    return whole
  }

  #expire(key: string): void {
    const partial = this.#partials.get(key) as Partial
    this.#forget(key, partial)
    const first = partial.pieces[0]
    this.#sinks.expired(Ipv4.fragmentOffset(first.bytes, first.start) === 0 ? first : undefined)
    for (const piece of partial.pieces) this.#give(piece, 'reassembly-timeout')
  }

  #forget(key: string, partial: Partial): void {
    partial.timer.cancel()
    this.#partials.delete(key)
  }

  #give(packet: Packet, reason: DropReason): void {
    this.#sinks.dropped(packet, reason)
    packet.release()
  }
}

const offsetOf = (p: Packet): number => Ipv4.fragmentOffset(p.bytes, p.start)
const payload = (p: Packet): number => p.length - Ipv4.headerLength(p.bytes, p.start)
const endOf = (p: Packet): number => offsetOf(p) + payload(p)
const isLast = (p: Packet): boolean => !Ipv4.moreFragments(p.bytes, p.start)

/** All but the last are multiples of eight octets, none is empty, and no datagram is longer than its length field says. */
function isPossible(packet: Packet): boolean {
  const octets = payload(packet)
  const fits = Ipv4.headerLength(packet.bytes, packet.start) + endOf(packet) <= LONGEST
  return fits && octets > 0 && (isLast(packet) || octets % 8 === 0)
}

/** Puts the fragment in its place among the others; nothing follows the last. */
function insert(pieces: Packet[], packet: Packet): 'ok' | 'duplicate' | 'overlap' {
  const from = offsetOf(packet)
  const to = endOf(packet)
  let at = 0
  while (at < pieces.length && offsetOf(pieces[at]) < from) at++
  const next = pieces[at]
  const before = pieces[at - 1]
  if (next && offsetOf(next) === from && endOf(next) === to && isLast(next) === isLast(packet)) return 'duplicate'
  if ((before && (endOf(before) > from || isLast(before))) || (next && (to > offsetOf(next) || isLast(packet))))
    return 'overlap'
  pieces.splice(at, 0, packet)
  return 'ok'
}

function isComplete(pieces: readonly Packet[]): boolean {
  let reached = 0
  for (const piece of pieces) {
    if (offsetOf(piece) !== reached) return false
    reached = endOf(piece)
  }
  return isLast(pieces[pieces.length - 1])
}
