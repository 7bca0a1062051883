/**
 * Ethernet II frames without preamble and frame check sequence, as captures hold them.
 *
 *     destination (6) | source (6) | type (2) | payload
 *
 * Limits: no VLAN tags and no 802.3 length fields are made; `describe` names them.
 */
import { get16, hex, set16 } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'

export const HEADER = 14
export const TYPE = { ipv4: 0x0800, arp: 0x0806 } as const

/** A MAC address is a number below 2^48: compared and hashed as such, text only at the edges. */
export type Mac = number
export const BROADCAST: Mac = 0xffffffffffff

const getMac = (b: Uint8Array, at: number): Mac =>
  get16(b, at) * 0x100000000 + (get16(b, at + 2) * 0x10000 + get16(b, at + 4))
export function setMac(b: Uint8Array, at: number, mac: Mac): void {
  set16(b, at, Math.floor(mac / 0x100000000))
  set16(b, at + 2, Math.floor(mac / 0x10000) & 0xffff)
  set16(b, at + 4, mac & 0xffff)
}

export const destination = (b: Uint8Array, at: number): Mac => getMac(b, at)
export const source = (b: Uint8Array, at: number): Mac => getMac(b, at + 6)
export const type = (b: Uint8Array, at: number): number => get16(b, at + 12)
export { getMac }

export function write(b: Uint8Array, at: number, destination: Mac, source: Mac, type: number): void {
  setMac(b, at, destination)
  setMac(b, at + 6, source)
  set16(b, at + 12, type)
}

/** The group bit: broadcast and multicast. */
export const isGroup = (mac: Mac): boolean => (Math.floor(mac / 2 ** 40) & 1) === 1

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

export function formatMac(mac: Mac): string {
  const [high, low] = [Math.floor(mac / 0x100000000), mac >>> 0]
  return `${HEX[high >> 8]}:${HEX[high & 0xff]}:${HEX[low >>> 24]}:${HEX[(low >> 16) & 0xff]}:${HEX[(low >> 8) & 0xff]}:${HEX[low & 0xff]}`
}

const TYPE_NAMES: Readonly<Record<number, string>> = { 2048: 'IPv4', 2054: 'ARP', 34525: 'IPv6', 33024: 'VLAN' }

export function describe(bytes: Uint8Array, offset: number): Field {
  if (bytes.length < HEADER) return { ...layer('ethernet', offset, bytes.length, hex(bytes), []), problem: 'truncated' }
  const kind = type(bytes, 0)
  const name = TYPE_NAMES[kind] ?? (kind < 0x600 ? 'length (802.3)' : 'unknown')
  return layer('ethernet', offset, HEADER, `${formatMac(source(bytes, 0))} > ${formatMac(destination(bytes, 0))}`, [
    field('destination', offset, 6, formatMac(destination(bytes, 0))),
    field('source', offset + 6, 6, formatMac(source(bytes, 0))),
    field('type', offset + 12, 2, kind, `0x${kind.toString(16).padStart(4, '0')} (${name})`),
  ])
}
