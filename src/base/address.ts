/** IPv4 addresses are unsigned 32-bit integers; text appears only at the edges. */

declare const ipv4: unique symbol
export type Ipv4 = number & { readonly [ipv4]: true }

export interface Prefix {
  readonly network: Ipv4
  /** 0 … 32 */
  readonly length: number
}

export const ANY = 0 as Ipv4
export const BROADCAST = 0xffffffff as Ipv4

/** Four decimal numbers without leading zeros; anything else is undefined. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  let value = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part[0] === '0')) return undefined
    value = value * 256 + Number(part)
  }
  return value as Ipv4
}

/** The same for constants and tests: throws when the text is no address. */
export function ip(text: string): Ipv4 {
  const address = parseIpv4(text)
  if (address === undefined) throw new Error(`not an IPv4 address: ${text}`)
  return address
}

export const formatIpv4 = (a: number): string => `${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}`

export const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0)

/** `10.0.0.0/8` or `default`; undefined when the text is neither or has bits beyond its length. */
export function parsePrefix(text: string): Prefix | undefined {
  if (text === 'default') return { network: ANY, length: 0 }
  const both = parseInterface(text)
  return both && both.prefix.network === both.address ? both.prefix : undefined
}

/** `10.0.0.7/24`: an address together with the network it stands in. */
export function parseInterface(text: string): { readonly address: Ipv4; readonly prefix: Prefix } | undefined {
  const [host, bits, ...rest] = text.split('/')
  const address = parseIpv4(host)
  if (address === undefined || bits === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    return undefined
  }
  return { address, prefix: prefixOf(address, Number(bits)) }
}

export const prefixOf = (address: Ipv4, length: number): Prefix => ({
  network: ((address & maskOf(length)) >>> 0) as Ipv4,
  length,
})
export const contains = (prefix: Prefix, address: number): boolean =>
  (address & maskOf(prefix.length)) >>> 0 === prefix.network
export const formatPrefix = (p: Prefix): string => (p.length === 0 ? 'default' : `${formatIpv4(p.network)}/${p.length}`)

/** The directed broadcast address of a network; a /31 or /32 has none. */
export const broadcastOf = (p: Prefix): Ipv4 | undefined =>
  p.length >= 31 ? undefined : (((p.network | ~maskOf(p.length)) >>> 0) as Ipv4)

export const isMulticast = (a: number): boolean => a >>> 28 === 0xe

/** 127/8: inside a machine only (RFC 1122 §3.2.1.3 (g)). */
export const isLoopback = (a: number): boolean => a >>> 24 === 127

/** Neither multicast, reserved nor broadcast (224/3), nor loopback, nor "this network" (0/8): may stand on a line. */
export const isUnicast = (a: number): boolean => a >>> 28 < 0xe && a >>> 24 !== 127 && a >>> 24 !== 0
