/**
 * Puts the IPv4 fragments of a capture together (RFC 791 §3.2, RFC 815), for reading. Other than a host, it keeps what
 * it has for as long as the capture goes on: a fragment with the same identification starts a new datagram only if the
 * old one is older than a host's patience.
 *
 * Limits: where fragments overlap, the octets captured first stand, and the datagram is marked.
 */
import { concat, set16 } from '../base/bytes.ts'
import * as Ipv4 from '../wire/ipv4.ts'

/** Nanoseconds; Linux waits 30 s for missing fragments. */
const PATIENCE = 30_000_000_000n
const LONGEST = 65_535

interface Piece {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

interface Unfinished {
  readonly key: string
  readonly started: bigint
  /** Of the first frame that has a piece of it. */
  readonly fileOffset: number
  /** Without gaps between neighbours of the same index, in order. */
  readonly pieces: Piece[]
  header: Uint8Array | undefined
  /** Octets of the whole payload; known once the last fragment is there. */
  total: number | undefined
  overlap: boolean
}

/** A datagram whose last missing fragment has come. */
export interface Datagram {
  /** As it was before it was cut. */
  readonly bytes: Uint8Array
  readonly fragments: number
  readonly overlap: boolean
}

export class Fragments {
  readonly #unfinished = new Map<string, Unfinished>()
  readonly #givenUp: Unfinished[] = []

  /** Takes a fragment whose header `Ipv4.check` has found valid. */
  add(packet: Uint8Array, time: bigint, fileOffset: number): Datagram | undefined {
    const { source, destination, identification, protocol } = Ipv4
    const key = `${source(packet, 0)} ${destination(packet, 0)} ${protocol(packet, 0)} ${identification(packet, 0)}`
    let datagram = this.#unfinished.get(key)
    if (!datagram || time - datagram.started > PATIENCE) {
      if (datagram) this.#givenUp.push(datagram)
      datagram = { key, started: time, fileOffset, pieces: [], header: undefined, total: undefined, overlap: false }
      this.#unfinished.set(key, datagram)
    }
    insert(datagram, packet)
    const whole = finish(datagram)
    if (whole) this.#unfinished.delete(key)
    return whole
  }

  /** Where in the file the first piece of each datagram stands that was never completed. */
  unfinished(): readonly number[] {
    return [...this.#givenUp, ...this.#unfinished.values()].map(d => d.fileOffset)
  }
}

function insert(datagram: Unfinished, packet: Uint8Array): void {
  const header = Ipv4.headerLength(packet, 0)
  const from = Ipv4.fragmentOffset(packet, 0)
  const payload = packet.subarray(header, Ipv4.totalLength(packet, 0))
  const to = from + payload.length
  if (from === 0) datagram.header ??= packet.subarray(0, header)
  if (!Ipv4.moreFragments(packet, 0)) datagram.total ??= to
  const { pieces } = datagram
  const at = pieces.findIndex(piece => piece.from > from)
  const index = at < 0 ? pieces.length : at
  const start = index > 0 ? Math.max(from, pieces[index - 1].to) : from
  const end = index < pieces.length ? Math.min(to, pieces[index].from) : to
  const known = pieces.some(piece => piece.from === from && piece.to === to)
  if (!known && (start !== from || end !== to)) datagram.overlap = true
  if (end > start) {
    pieces.splice(index, 0, { from: start, to: end, bytes: payload.subarray(start - from, end - from) })
  }
}

function finish(datagram: Unfinished): Datagram | undefined {
  const { header, total, pieces, overlap } = datagram
  if (!header || total === undefined || header.length + total > LONGEST) return undefined
  let reached = 0
  for (const piece of pieces) {
    if (piece.from !== reached) return undefined
    reached = piece.to
  }
  if (reached !== total) return undefined
  const bytes = concat(header, ...pieces.map(piece => piece.bytes))
  set16(bytes, 2, bytes.length)
  set16(bytes, 6, 0)
  Ipv4.setChecksum(bytes, 0)
  return { bytes, fragments: pieces.length, overlap }
}
