/**
 * Reads a capture, of real peers or of ours, packet by packet and remembers what a packet tells about the next ones:
 * fragments, octets of a control connection, call IDs, what LCP and CCP have agreed on.
 *
 * With passwords it reads several times: first what the keys hang on, then everything with what was encrypted, and once
 * more for each tunnel in the other, whose own keys hang on what was encrypted.
 *
 * Limits: all frames are held at once, at about five kilobytes a frame.
 */
import { type Ipv4 as Address, formatIpv4 } from '../base/address.ts'
import type { Field } from '../base/field.ts'
import { formatTime, type SimTime } from '../base/time.ts'
import type { Opened } from '../wire/dissect.ts'
import { dissect, problemsOf } from '../wire/dissect.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import { endpoints, oneLine } from '../wire/one-line.ts'
import * as Pcap from '../wire/pcap.ts'
import * as Ppp from '../wire/ppp.ts'
import * as Vj from '../wire/vj.ts'
import type { Call } from './calls.ts'
import { CaptureMemory } from './memory.ts'
import type { MppeSummary, OpenedPackets, Passwords } from './mppe-record.ts'

export interface DecodedFrame {
  /** 1 for the first. */
  readonly number: number
  /** Since time zero in a capture of ours, since the first frame in others. */
  readonly t: SimTime
  /** Where its bytes stand in the file, and how many they are. */
  readonly offset: number
  readonly length: number
  readonly originalLength: number
  readonly interface: string
  readonly source: string
  readonly destination: string
  /** The layers in one line. */
  readonly text: string
  /** The call it belongs to, by its number in `calls`. */
  readonly call?: number
  readonly comment?: string
  readonly tree: Field
}

/** In how many frames a protocol occurs, anywhere in the tree. */
export type Counts = Readonly<Record<(typeof COLUMNS)[number], number>>

export interface FrameProblem extends Pcap.Problem {
  /** Number of the frame, for what is wrong inside of one. */
  readonly frame?: number
}

export interface Decoded {
  readonly capture: Pcap.Capture
  readonly frames: readonly DecodedFrame[]
  readonly calls: readonly Call[]
  /** What could not be read, and where in the file. */
  readonly problems: readonly FrameProblem[]
  readonly counts: Counts
  /** What the passwords have opened; absent without any. */
  readonly mppe?: readonly MppeSummary[]
}

const COLUMNS = ['frames', 'pptp', 'gre', 'lcp', 'pap', 'chap', 'ccp', 'ipcp', 'ipv6cp', 'compData', 'ipInPpp'] as const
const COMPRESSED: ReadonlySet<string> = new Set(['mppe', 'deflate', 'bsd', 'predictor', 'stac', 'compressed'])

/** In the clear, with its headers whole or compressed by Van Jacobson's method. */
const IP_IN_PPP: ReadonlySet<number> = new Set([Ppp.IP, Vj.COMPRESSED, Vj.UNCOMPRESSED])

export function decodeCapture(bytes: Uint8Array, passwords?: Passwords): Decoded {
  const capture = Pcap.read(bytes)
  if (!passwords) return decodeFrames(capture, new CaptureMemory(capture))
  const found = openAll(capture, passwords)
  return { ...decodeFrames(capture, new CaptureMemory(capture, found.opened)), mppe: found.mppe }
}

/** All that the passwords open, tunnels in tunnels too. */
export function openAll(capture: Pcap.Capture, passwords: Passwords): Found {
  let found = openPackets(capture, passwords, new Map())
  for (let size = 0; found.opened.size > size && hasTunnel(found.opened); ) {
    size = found.opened.size
    found = openPackets(capture, passwords, found.opened)
  }
  return found
}

export interface Found {
  readonly opened: OpenedPackets
  readonly mppe: readonly MppeSummary[]
}

/** `opened`: what the round before has found. */
function openPackets(capture: Pcap.Capture, passwords: Passwords, opened: OpenedPackets): Found {
  const memory = new CaptureMemory(capture, opened)
  capture.frames.forEach((frame, index) => {
    memory.turnTo(index)
    dissect(frame.bytes, frame.linkType, memory)
  })
  const more = new Map<string, Opened>()
  const mppe = [...memory.links].flatMap(link => link.encryption.open(passwords, more))
  return { opened: more, mppe }
}

/** Is there GRE in what was encrypted? */
function hasTunnel(opened: OpenedPackets): boolean {
  for (const packet of opened.values()) {
    if (!('bytes' in packet)) continue
    const at = Ppp.protocolLength(packet.bytes, 0)
    const isIp = Ppp.protocolAt(packet.bytes, 0, packet.bytes.length) === Ppp.IP
    if (isIp && Ipv4.protocol(packet.bytes, at) === Ipv4.PROTOCOL.gre) return true
  }
  return false
}

function decodeFrames(capture: Pcap.Capture, memory: CaptureMemory): Decoded {
  const start = startOf(capture)
  const counts = Object.fromEntries(COLUMNS.map(column => [column, 0])) as Record<(typeof COLUMNS)[number], number>
  const problems: FrameProblem[] = [...capture.problems]
  const frames = capture.frames.map((frame, index): DecodedFrame => {
    memory.turnTo(index)
    const tree = whole(dissect(frame.bytes, frame.linkType, memory), frame.originalLength)
    for (const column of columnsOf(tree)) counts[column]++
    for (const { offset, reason } of problemsOf(tree)) {
      problems.push({ offset: frame.offset + offset, reason, frame: index + 1 })
    }
    return {
      number: index + 1,
      t: Number(frame.time - start),
      offset: frame.offset,
      length: frame.bytes.length,
      originalLength: frame.originalLength,
      interface: capture.interfaces[frame.interface].name,
      ...endpoints(tree),
      text: oneLine(tree),
      ...(memory.currentCall === undefined ? {} : { call: memory.currentCall }),
      ...(frame.comment === undefined ? {} : { comment: frame.comment }),
      tree,
    }
  })
  problems.push(...memory.finish())
  return { capture, frames, calls: memory.calls.calls, problems: problems.sort((a, b) => a.offset - b.offset), counts }
}

/** What is time 0, in nanoseconds since 1970. */
export const startOf = ({ mark, frames }: Pcap.Capture): bigint =>
  mark ? BigInt(mark.timeZero) * 1000n : (frames[0]?.time ?? 0n)

const whole = (tree: Field, originalLength: number): Field =>
  tree.length >= originalLength
    ? tree
    : { ...tree, problem: `the capture has ${tree.length} of its ${originalLength} octets` }

function columnsOf(tree: Field): ReadonlySet<keyof Counts> {
  const found = new Set<keyof Counts>(['frames'])
  visit(tree, found)
  return found
}

function visit(field: Field, found: Set<keyof Counts>): void {
  for (const child of field.children ?? []) {
    // What a password has opened does not stand in the capture.
    if (child.name === 'decrypted') continue
    if ((COLUMNS as readonly string[]).includes(child.name)) found.add(child.name as keyof Counts)
    // An option of CCP has the name of what it would lead to.
    if (COMPRESSED.has(child.name) && field.name !== 'ccp') found.add('compData')
    if (child.name === 'ppp' && IP_IN_PPP.has(protocolOf(child))) found.add('ipInPpp')
    visit(child, found)
  }
}

const protocolOf = (ppp: Field): number => Number(ppp.children?.find(child => child.name === 'protocol')?.value)

/** `14  1.022389  10.99.1.2 > 10.99.2.2  GRE call 0 seq 0 · LCP Configure-Request id 1: …` */
export function summaryLine(frame: DecodedFrame, widths: Widths = NARROW): string {
  const way = wayOf(frame)
  const comment = frame.comment === undefined ? '' : `  # ${frame.comment}`
  const number = String(frame.number).padStart(widths.number)
  return `${number}  ${formatTime(frame.t).padStart(widths.time)}  ${way.padEnd(widths.way)}  ${frame.text}${comment}`
}

/** A frame without addresses comes, in a capture of ours, from the end that its interface is named for: `bob:tty0`. */
const wayOf = ({ source, destination, interface: end }: DecodedFrame): string =>
  source === '' && destination === '' && end !== '' ? `${end} >` : `${source} > ${destination}`

interface Widths {
  readonly number: number
  readonly time: number
  readonly way: number
}
const NARROW: Widths = { number: 1, time: 1, way: 1 }

/** One line a frame, in columns. */
export function lines(decoded: Decoded): string[] {
  const { frames } = decoded
  const widest = (of: (frame: DecodedFrame) => string): number => frames.reduce((w, f) => Math.max(w, of(f).length), 1)
  const widths = {
    number: String(frames.length).length,
    time: widest(f => formatTime(f.t)),
    way: widest(wayOf),
  }
  return frames.map(frame => summaryLine(frame, widths))
}

/** What could not be read, one line each: where, and why. */
export const problemLines = ({ problems }: Pick<Decoded, 'problems'>): string[] =>
  problems.map(
    ({ offset, frame, reason }) => `octet ${offset}${frame === undefined ? '' : ` (frame ${frame})`}: ${reason}`,
  )

/** Could everything be read and, if a password was given, decrypted? */
export const isWhole = ({ problems, mppe = [] }: Decoded): boolean =>
  problems.length === 0 &&
  mppe.every(({ problem, packets, decrypted }) => problem === undefined && decrypted === packets)

/** How far the passwords came, one line for each direction of a call. */
export const mppeLines = ({ capture, mppe = [] }: Pick<Decoded, 'capture' | 'mppe'>): string[] =>
  mppe.map(({ source, destination, interface: port, cipher, packets, decrypted, problem }) => {
    const name = capture.interfaces[port].name
    // The end of a line is named for its interface.
    const where = capture.interfaces.length > 1 && !source.startsWith(name) ? `${name}: ` : ''
    const [, bits, state] = cipher?.split('-') ?? []
    const how = cipher === undefined ? '' : ` ${bits} bit ${state}`
    const why = problem === undefined ? '' : `: ${problem}`
    const way = source === '' ? 'a line' : `${source} > ${destination}`
    return `${where}${way}, MPPE${how}: ${decrypted} of ${packets} packets decrypted${why}`
  })

/** JSON Lines: what the file is, every frame with its whole tree, and at the end the counts and what could not be read. */
export function json(decoded: Decoded): string[] {
  const { capture, frames, calls, counts, problems, mppe } = decoded
  const last = frames.at(-1)?.t ?? 0
  const first = {
    type: 'capture',
    t: 0,
    node: '',
    format: 1,
    file: capture.format,
    mark: capture.mark ?? null,
    interfaces: capture.interfaces,
    names: Object.fromEntries(
      [...capture.names].map(([address, name]: readonly [Address, string]) => [formatIpv4(address), name]),
    ),
  }
  const ending = {
    type: 'result',
    t: last,
    node: '',
    ok: isWhole(decoded),
    counts,
    calls: calls.map(showCall),
    problems,
    ...(mppe === undefined ? {} : { mppe: mppe.map(one => showSummary(one, capture)) }),
  }
  return [
    first,
    ...frames.map(frame => ({ type: 'frame', node: capture.mark ? senderOf(frame) : '', ...frame })),
    ending,
  ].map(value => JSON.stringify(value))
}

/** In captures of ours an interface is called `alice:eth0`, and shows what alice sends. */
const senderOf = (frame: DecodedFrame): string => frame.interface.split(':')[0]

const showSummary = (one: MppeSummary, { interfaces }: Pcap.Capture): object => ({
  ...one,
  interface: interfaces[one.interface].name,
})

const showCall = (call: Call): object => ({ ...call, pns: formatIpv4(call.pns), pac: formatIpv4(call.pac) })
