/** The packets of the rig's packet-level clients and servers: control messages (RFC 2637 §2) and GRE (§4.1). */
import { concat, get16, get32, set16, set32 } from '../../src/base/bytes.ts'

const MAGIC = 0x1a2b3c4d
const NAMES = [
  ...['', 'SCCRQ', 'SCCRP', 'StopCCRQ', 'StopCCRP', 'EchoRQ', 'EchoRP', 'OCRQ', 'OCRP', 'ICRQ', 'ICRP', 'ICCN', 'CCRQ'],
  ...['CDN', 'WEN', 'SLI'],
]

function message(type: number, length: number, fill: (b: Uint8Array) => void): Uint8Array {
  const b = new Uint8Array(length)
  set16(b, 0, length)
  set16(b, 2, 1)
  set32(b, 4, MAGIC)
  set16(b, 8, type)
  fill(b)
  return b
}

export const sccrq = (): Uint8Array => message(1, 156, b => set16(b, 12, 0x100))
export const sccrp = (): Uint8Array =>
  message(2, 156, b => {
    set16(b, 12, 0x100)
    b[14] = 1
  })
export const stopRequest = (): Uint8Array => message(3, 16, b => void (b[12] = 1))
export const stopReply = (): Uint8Array => message(4, 16, b => void (b[12] = 1))
export const echoRequest = (): Uint8Array => message(5, 16, b => set32(b, 12, 0xe0))
export const echoReply = (): Uint8Array =>
  message(6, 20, b => {
    set32(b, 12, 0xe0)
    b[16] = 1
  })
export const ocrq = (id: number): Uint8Array => message(7, 168, b => set16(b, 12, id))
const ids = (id: number, peer: number, result: number) => (b: Uint8Array) => {
  set16(b, 12, id)
  set16(b, 14, peer)
  b[16] = result
}
export const ocrp = (id: number, peer: number, result = 1): Uint8Array => message(8, 32, ids(id, peer, result))
export const icrq = (id: number): Uint8Array => message(9, 220, b => set16(b, 12, id))
export const icrp = (id: number, peer: number, result = 1): Uint8Array => message(10, 24, ids(id, peer, result))
export const iccn = (peer: number): Uint8Array => message(11, 28, b => set16(b, 12, peer))
export const ccrq = (id: number): Uint8Array => message(12, 16, b => set16(b, 12, id))
export const cdn = (id: number): Uint8Array =>
  message(13, 148, b => {
    set16(b, 12, id)
    b[14] = 4
  })
export const wen = (peer: number): Uint8Array => message(14, 40, b => set16(b, 12, peer))
export const sli = (peer: number): Uint8Array => message(15, 24, b => set16(b, 12, peer))

export interface Seen {
  readonly msg: string
  readonly callid?: number
  readonly peer?: number
  readonly result?: number
}

/** A whole control message, as the baseline writes it. */
export function read(b: Uint8Array): Seen {
  const type = get16(b, 8)
  const msg = NAMES[type] ?? String(type)
  if (get32(b, 4) !== MAGIC) return { msg: 'partial' }
  if (type === 7 || type === 9 || type === 12) return { msg, callid: get16(b, 12) }
  if (type === 13) return { msg, callid: get16(b, 12), result: b[14] }
  if (type === 8 || type === 10) return { msg, callid: get16(b, 12), peer: get16(b, 14), result: b[16] }
  if (type === 11 || type === 14 || type === 15) return { msg, peer: get16(b, 12) }
  return { msg }
}

const CONFIGURE_REQUEST = Uint8Array.of(0xff, 3, 0xc0, 0x21, 1, 1, 0, 4)

export interface GreOptions {
  readonly payload?: Uint8Array | undefined
  readonly ack?: number | undefined
  readonly protocol?: number | undefined
}

export function gre(callId: number, sequence: number, options: GreOptions = {}): Uint8Array {
  const { payload = CONFIGURE_REQUEST, ack, protocol = 0x880b } = options
  const head = new Uint8Array(ack === undefined ? 12 : 16)
  set16(head, 0, 0x3001 | (ack === undefined ? 0 : 0x80))
  set16(head, 2, protocol)
  set16(head, 4, payload.length)
  set16(head, 6, callId)
  set32(head, 8, sequence)
  if (ack !== undefined) set32(head, 12, ack)
  return concat(head, payload)
}

/** RFC 2784 GRE of version 0, without a key. */
export function gre0(sequence: number): Uint8Array {
  const b = new Uint8Array(28)
  set16(b, 0, 0x1000)
  set16(b, 2, 0x0800)
  set32(b, 4, sequence)
  b[8] = 0x45
  return b
}

/** Sequence number and call ID, as the rig reads them of any GRE. */
export function readGre(b: Uint8Array): { readonly sequence?: number; readonly callid?: number } {
  if (b.length < 8) return {}
  const flags = get16(b, 0)
  const hasSequence = (flags & 0x1000) !== 0
  if ((flags & 7) !== 1) return hasSequence ? { sequence: get32(b, 4) } : {}
  return { callid: get16(b, 6), ...(hasSequence && b.length >= 12 ? { sequence: get32(b, 8) } : {}) }
}
