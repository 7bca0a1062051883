/**
 * Capture files. Read draft-ietf-opsawg-pcapng (blocks §3 and §4, options §3.5) and draft-ietf-opsawg-pcap.
 *
 *     pcapng: a row of blocks              pcap: header of 24 octets, then records
 *     +------------------+                 +------------+------------+------------+-----------+
 *     | type           4 |                 | seconds  4 | fraction 4 | captured 4 | on wire 4 |
 *     | total length   4 |                 +------------+------------+------------+-----------+
 *     | body, padded     |                 | captured octets                                  |
 *     | total length   4 |                 +--------------------------------------------------+
 *     +------------------+
 *
 * The writer makes one block at a time, so a file is whole after every block. It writes network byte order, which the
 * formats allow and every reader knows, and nanoseconds.
 *
 * Longer than 400 lines, since reader and writer of both formats share their offsets.
 *
 * Limits: a Simple Packet Block has no time of its own and is given that of the frame before it. Of the Name Resolution
 * Block only IPv4 records are read. Statistics, secrets and custom blocks are passed over.
 */
import type { Ipv4 } from '../base/address.ts'
import { concat, set16, set32 } from '../base/bytes.ts'
import type { SimTime } from '../base/time.ts'
import { fromUtf8, toUtf8 } from '../base/utf8.ts'

/** Link types; we write Ethernet, bare IP, PPP and lines, and read the others in what tcpdump writes. */
export const LINK_TYPE = {
  ethernet: 1,
  ppp: 9,
  raw: 101,
  pppSerial: 50,
  linuxCooked: 113,
  ipv4: 228,
  /** LINKTYPE_USER0; here octets of a telephone line as they are. */
  lineOctets: 147,
  linuxCooked2: 276,
} as const

/** Microseconds from 1970 to 2000-01-01T00:00:00Z, the time zero of a run that does not touch the outside. */
export const TIME_ZERO = 946_684_800_000_000

const APPLICATION = 'pptp-lab'
const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const OLD_PACKET = 2
const SIMPLE_PACKET = 3
const NAMES = 4
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d
const OPTION = { end: 0, comment: 1, userAppl: 4, name: 2, description: 3, tsResol: 9, tsOffset: 14 } as const
const NAME_IPV4 = 1
/** No link has longer packets; a greater length is a damaged record (libpcap and Wireshark draw the line here too). */
const LONGEST = 262_144

/** What tells our own captures from those of real networks. */
export interface Mark {
  /** Hexadecimal fingerprint of the lab. */
  readonly fingerprint: string
  /** The run's time zero in microseconds since 1970. */
  readonly timeZero: number
}

export interface InterfaceInfo {
  readonly name: string
  readonly description: string
  readonly linkType: number
}

export interface NewPacket {
  /** Number of the interface in the order of its blocks. */
  readonly interface: number
  /** In microseconds since 1970. */
  readonly timeZero: number
  readonly t: SimTime
  readonly bytes: Uint8Array
  readonly comment?: string | undefined
}

// Writing

export function sectionHeader(mark: Mark): Uint8Array {
  const body = new Uint8Array(16)
  set32(body, 0, BYTE_ORDER)
  set16(body, 4, 1)
  body.fill(0xff, 8, 16) // section length: not known
  return block(
    SECTION,
    body,
    text(OPTION.comment, `lab ${mark.fingerprint}; time zero ${inSeconds(mark.timeZero)}`),
    text(OPTION.userAppl, APPLICATION),
    END,
  )
}

export function interfaceBlock(info: InterfaceInfo): Uint8Array {
  const body = new Uint8Array(8)
  set16(body, 0, info.linkType)
  return block(
    INTERFACE,
    body,
    text(OPTION.name, info.name),
    text(OPTION.description, info.description),
    option(OPTION.tsResol, Uint8Array.of(9)),
    END,
  )
}

export function nameBlock(names: Iterable<readonly [Ipv4, string]>): Uint8Array {
  const records: Uint8Array[] = []
  for (const [address, name] of names) {
    const value = new Uint8Array(4)
    set32(value, 0, address)
    records.push(option(NAME_IPV4, concat(value, toUtf8(name), Uint8Array.of(0))))
  }
  return block(NAMES, ...records, END)
}

export function packetBlock(packet: NewPacket): Uint8Array {
  const body = new Uint8Array(20)
  const time = BigInt(packet.timeZero) * 1000n + BigInt(packet.t)
  set32(body, 0, packet.interface)
  set32(body, 4, Number(time >> 32n))
  set32(body, 8, Number(time & 0xffffffffn))
  set32(body, 12, packet.bytes.length)
  set32(body, 16, packet.bytes.length)
  const options = packet.comment === undefined ? [] : [text(OPTION.comment, packet.comment), END]
  return block(ENHANCED_PACKET, body, padded(packet.bytes), ...options)
}

/** Seconds, with six decimals where they are needed. */
function inSeconds(microseconds: number): string {
  const fraction = microseconds % 1e6
  const seconds = String(Math.floor(microseconds / 1e6))
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, '0')}`
}

const END = new Uint8Array(4)

function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 12)
  const head = new Uint8Array(8)
  set32(head, 0, type)
  set32(head, 4, length)
  return concat(head, ...parts, head.subarray(4))
}

const text = (code: number, value: string): Uint8Array => option(code, toUtf8(value))

function option(code: number, value: Uint8Array): Uint8Array {
  if (value.length > 0xffff) throw new Error(`a pcapng option holds 65535 octets, not ${value.length}`)
  const head = new Uint8Array(4)
  set16(head, 0, code)
  set16(head, 2, value.length)
  return concat(head, padded(value))
}

const padded = (bytes: Uint8Array): Uint8Array =>
  bytes.length % 4 === 0 ? bytes : concat(bytes, new Uint8Array(4 - (bytes.length % 4)))

// Reading

export interface CapturedFrame {
  /** Where its bytes stand in the file. */
  readonly offset: number
  /** Index into the capture's `interfaces`. */
  readonly interface: number
  readonly linkType: number
  /** Nanoseconds since 1970. */
  readonly time: bigint
  readonly bytes: Uint8Array
  /** Octets on the wire; more than `bytes` if the capture was cut short by a snap length. */
  readonly originalLength: number
  readonly comment?: string
}

export interface Problem {
  /** Where in the file. */
  readonly offset: number
  readonly reason: string
}

export interface Capture {
  readonly format: 'pcapng' | 'pcap' | 'unknown'
  readonly frames: readonly CapturedFrame[]
  readonly interfaces: readonly InterfaceInfo[]
  readonly names: ReadonlyMap<Ipv4, string>
  /** Only in captures of ours. */
  readonly mark?: Mark
  readonly problems: readonly Problem[]
}

/** Reads a capture as far as it goes; what cannot be read is named by offset. */
export function read(file: Uint8Array): Capture {
  // Parts of Node's Buffer are no copies where those of a Uint8Array are: readers would write into the file.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = bytes.length >= 4 ? view.getUint32(0) : 0
  if (magic === SECTION) return new NgReader(bytes, view).read()
  const variant = PCAP_MAGIC.get(magic)
  if (variant) return readPcap(bytes, view, variant.little, variant.unit)
  const reason = bytes.length === 0 ? 'the file is empty' : 'this is neither a pcap nor a pcapng file'
  return { format: 'unknown', frames: [], interfaces: [], names: new Map(), problems: [{ offset: 0, reason }] }
}

/** First octets of a pcap file: byte order, and the nanoseconds that one count of the fraction stands for. */
const PCAP_MAGIC: ReadonlyMap<number, { readonly little: boolean; readonly unit: number }> = new Map([
  [0xa1b2c3d4, { little: false, unit: 1000 }],
  [0xd4c3b2a1, { little: true, unit: 1000 }],
  [0xa1b23c4d, { little: false, unit: 1 }],
  [0x4d3cb2a1, { little: true, unit: 1 }],
])

function readPcap(bytes: Uint8Array, view: DataView, little: boolean, unit: number): Capture {
  const frames: CapturedFrame[] = []
  const problems: Problem[] = []
  const interfaces: InterfaceInfo[] = []
  const capture: Capture = { format: 'pcap', frames, interfaces, names: new Map(), problems }
  if (bytes.length < 24) {
    problems.push({ offset: 0, reason: `the file header has 24 octets, and only ${bytes.length} are there` })
    return capture
  }
  const linkType = view.getUint32(20, little) & 0xffff // the bits above tell of frame check sequences
  interfaces.push({ name: '', description: '', linkType })
  for (let at = 24; at < bytes.length; ) {
    const left = bytes.length - at
    if (left < 16) {
      problems.push({ offset: at, reason: `a record header has 16 octets, and only ${left} are left` })
      break
    }
    const length = view.getUint32(at + 8, little)
    if (length > LONGEST || length > left - 16) {
      problems.push({ offset: at, reason: `a record claims ${length} octets, and ${left - 16} are left` })
      break
    }
    frames.push({
      offset: at + 16,
      interface: 0,
      linkType,
      time: BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(view.getUint32(at + 4, little) * unit),
      bytes: bytes.subarray(at + 16, at + 16 + length),
      originalLength: view.getUint32(at + 12, little),
    })
    at += 16 + length
  }
  return capture
}

interface Section {
  little: boolean
  /** Index of the section's first interface. */
  first: number
}

interface ReadInterface extends InterfaceInfo {
  readonly snapLength: number
  /** Counts of the clock in a second. */
  readonly perSecond: bigint
  readonly offsetSeconds: bigint
}

interface Option {
  readonly code: number
  readonly value: Uint8Array
  readonly at: number
}

class NgReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #frames: CapturedFrame[] = []
  readonly #interfaces: ReadInterface[] = []
  readonly #names = new Map<Ipv4, string>()
  readonly #problems: Problem[] = []
  readonly #section: Section = { little: false, first: 0 }
  #mark: Mark | undefined
  #sections = 0
  #lastTime = 0n

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes
    this.#view = view
  }

  read(): Capture {
    for (let at = 0; at < this.#bytes.length; ) {
      const length = this.#blockAt(at)
      if (length === undefined) break
      at += length
    }
    return {
      format: 'pcapng',
      frames: this.#frames,
      interfaces: this.#interfaces.map(({ name, description, linkType }) => ({ name, description, linkType })),
      names: this.#names,
      problems: this.#problems,
      ...(this.#mark ? { mark: this.#mark } : {}),
    }
  }

  /** Reads one block and returns its length; undefined when what follows cannot be found any more. */
  #blockAt(at: number): number | undefined {
    const left = this.#bytes.length - at
    if (left < 12) return this.#stop(at, `a block has at least 12 octets, and only ${left} are left`)
    const isSection = this.#view.getUint32(at) === SECTION
    if (isSection && !this.#byteOrder(at)) return undefined
    const type = this.#get32(at)
    const length = this.#get32(at + 4)
    if (length < 12 || length % 4 !== 0) return this.#stop(at, `a block cannot have ${length} octets`)
    if (length > left) return this.#stop(at, `a block claims ${length} octets, and ${left} are left`)
    if (this.#get32(at + length - 4) !== length) {
      return this.#stop(at, `a block says ${length} octets at its start and something else at its end`)
    }
    this.#body(isSection ? SECTION : type, at, at + 8, at + length - 4)
    return length
  }

  #byteOrder(at: number): boolean {
    const magic = this.#view.getUint32(at + 8)
    if (magic !== BYTE_ORDER && magic !== 0x4d3c2b1a) {
      this.#stop(at, 'a section header has no byte-order magic')
      return false
    }
    this.#section.little = magic !== BYTE_ORDER
    return true
  }

  #body(type: number, at: number, from: number, to: number): void {
    const needed = FIXED_PART.get(type)
    if (needed === undefined) return
    if (to - from < needed) this.#problem(at, `a block of type ${type} is too short for its fields`)
    else if (type === SECTION) this.#sectionBlock(from, to)
    else if (type === INTERFACE) this.#interfaceBlock(from, to)
    else if (type === NAMES) this.#nameBlock(from, to)
    else if (type === SIMPLE_PACKET) this.#simplePacket(at, from, to)
    else this.#packet(at, from, to, type === OLD_PACKET ? this.#get16(from) : this.#get32(from))
  }

  #sectionBlock(from: number, to: number): void {
    this.#section.first = this.#interfaces.length
    const options = this.#options(from + 16, to)
    const comment = find(options, OPTION.userAppl) === APPLICATION ? (find(options, OPTION.comment) ?? '') : ''
    const match = /^lab ([0-9a-f]*); time zero (\d{1,10})(?:\.(\d{6}))?$/.exec(comment)
    const mark = match ? { fingerprint: match[1], timeZero: Number(match[2]) * 1e6 + Number(match[3] ?? 0) } : undefined
    // Files are joined by writing one after the other: the mark stands only if every part carries the same one.
    const same = mark?.fingerprint === this.#mark?.fingerprint && mark?.timeZero === this.#mark?.timeZero
    this.#mark = this.#sections++ === 0 || same ? mark : undefined
  }

  #interfaceBlock(from: number, to: number): void {
    const options = this.#options(from + 8, to)
    const resolution = options.find(o => o.code === OPTION.tsResol && o.value.length === 1)?.value[0] ?? 6
    const offset = options.find(o => o.code === OPTION.tsOffset && o.value.length === 8)
    this.#interfaces.push({
      name: find(options, OPTION.name) ?? '',
      description: find(options, OPTION.description) ?? '',
      linkType: this.#get16(from),
      snapLength: this.#get32(from + 4),
      perSecond: resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution),
      offsetSeconds: offset ? this.#view.getBigInt64(offset.at, this.#section.little) : 0n,
    })
  }

  #nameBlock(from: number, to: number): void {
    for (const record of this.#options(from, to)) {
      if (record.code !== NAME_IPV4 || record.value.length < 5) continue
      const end = record.value.indexOf(0, 4)
      const name = fromUtf8(record.value.subarray(4, end < 0 ? undefined : end))
      this.#names.set(this.#view.getUint32(record.at) as Ipv4, name)
    }
  }

  #packet(at: number, from: number, to: number, number: number): void {
    const index = this.#section.first + number
    const source = this.#interfaces[index]
    if (!source) {
      this.#problem(at, `a packet of interface ${number}, which has not been described`)
      return
    }
    const length = this.#get32(from + 12)
    if (length > to - from - 20) {
      this.#problem(at, `a packet claims ${length} octets, and its block has room for ${to - from - 20}`)
      return
    }
    const ticks = (BigInt(this.#get32(from + 4)) << 32n) | BigInt(this.#get32(from + 8))
    this.#lastTime = (ticks * 1_000_000_000n) / source.perSecond + source.offsetSeconds * 1_000_000_000n
    const comment = find(this.#options(from + 20 + length + ((4 - (length % 4)) % 4), to), OPTION.comment)
    this.#frame(index, from + 20, length, this.#get32(from + 16), comment)
  }

  #simplePacket(at: number, from: number, to: number): void {
    const source = this.#interfaces[this.#section.first]
    if (!source) {
      this.#problem(at, 'a packet of interface 0, which has not been described')
      return
    }
    const original = this.#get32(from)
    const kept = source.snapLength === 0 ? original : Math.min(original, source.snapLength)
    if (kept > to - from - 4) {
      this.#problem(at, `a packet claims ${kept} octets, and its block has room for ${to - from - 4}`)
      return
    }
    this.#frame(this.#section.first, from + 4, kept, original, undefined)
  }

  #frame(index: number, offset: number, length: number, originalLength: number, comment: string | undefined): void {
    this.#frames.push({
      offset,
      interface: index,
      linkType: this.#interfaces[index].linkType,
      time: this.#lastTime,
      bytes: this.#bytes.subarray(offset, offset + length),
      originalLength,
      ...(comment === undefined ? {} : { comment }),
    })
  }

  #options(from: number, to: number): readonly Option[] {
    const options: Option[] = []
    for (let at = from; at + 4 <= to; ) {
      const code = this.#get16(at)
      const length = this.#get16(at + 2)
      if (code === OPTION.end) break
      if (at + 4 + length > to) {
        this.#problem(at, `option ${code} claims ${length} octets, and ${to - at - 4} are left in its block`)
        break
      }
      options.push({ code, value: this.#bytes.subarray(at + 4, at + 4 + length), at: at + 4 })
      at += 4 + length + ((4 - (length % 4)) % 4)
    }
    return options
  }

  #get16(at: number): number {
    return this.#view.getUint16(at, this.#section.little)
  }
  #get32(at: number): number {
    return this.#view.getUint32(at, this.#section.little)
  }
  #problem(offset: number, reason: string): void {
    this.#problems.push({ offset, reason })
  }
  #stop(offset: number, reason: string): undefined {
    this.#problem(offset, reason)
    return undefined
  }
}

/** Octets that a body has at least, for the blocks that are read. */
const FIXED_PART: ReadonlyMap<number, number> = new Map([
  [SECTION, 16],
  [INTERFACE, 8],
  [OLD_PACKET, 20],
  [SIMPLE_PACKET, 4],
  [NAMES, 0],
  [ENHANCED_PACKET, 20],
])

function find(options: readonly Option[], code: number): string | undefined {
  const found = options.find(o => o.code === code)
  return found && fromUtf8(found.value)
}
