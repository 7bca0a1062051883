/** Makes attributes of RADIUS, and reads them. A value of the wrong size is as none (RFC 2865 §5). */
import type { Ipv4 } from '../base/address.ts'
import { fromAscii, get32, set32, toLatin1 } from '../base/bytes.ts'
import * as Radius from '../wire/radius.ts'
import { IETF, MICROSOFT } from '../wire/radius-attributes.ts'

export const octets = (type: number, value: Uint8Array): Radius.Attribute => ({ vendor: IETF, type, value })
export const microsoft = (type: number, value: Uint8Array): Radius.Attribute => ({ vendor: MICROSOFT, type, value })
/** Cut to what an attribute can carry. */
export const text = (type: number, value: string): Radius.Attribute =>
  octets(type, fromAscii(value).subarray(0, Radius.LONGEST_VALUE))

export const number = (type: number, value: number): Radius.Attribute => octets(type, four(value))
export const address: (type: number, value: Ipv4) => Radius.Attribute = number

export function four(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  set32(bytes, 0, value)
  return bytes
}

export function findNumber(packet: Radius.Radius, type: number, vendor = IETF): number | undefined {
  const value = Radius.find(packet, type, vendor)
  return value?.length === 4 ? get32(value, 0) : undefined
}

export function findText(packet: Radius.Radius, type: number): string | undefined {
  const value = Radius.find(packet, type)
  return value && toLatin1(value)
}

/** Every value of its kind, in their order. */
export const findAll = ({ attributes }: Radius.Radius, type: number, vendor = IETF): readonly Uint8Array[] =>
  attributes.filter(attribute => attribute.vendor === vendor && attribute.type === type).map(({ value }) => value)
