/** Addresses as text and as octets. */
import { isIPv4, isIPv6 } from 'node:net'
import { TunError } from './errors.ts'

export interface Prefix {
  readonly octets: Uint8Array
  readonly length: number
}

/** `10.0.0.1/24`. */
export function parseIpv4(text: string): Prefix {
  const [address, rest] = halves(text, 32)
  if (address === undefined || !isIPv4(address)) throw malformed(text, '10.0.0.1/24')
  return { octets: Uint8Array.from(address.split('.'), Number), length: rest }
}

/** `10.77.0.0/16`, no bits set behind the prefix. */
export function parseNetwork(text: string): Prefix {
  const { octets, length } = parseIpv4(text)
  const netmask = mask(length)
  if (octets.some((octet, i) => (octet & ~netmask[i]) !== 0)) {
    throw new TunError('EINVAL', `${text} is no network: bits behind the first ${length} are set.`)
  }
  return { octets, length }
}

/** `fd00::1/64`. */
export function parseIpv6(text: string): Prefix {
  const [address, rest] = halves(text, 128)
  if (address === undefined || !isIPv6(address) || address.includes('%')) throw malformed(text, 'fd00::1/64')
  const plain = address.replace(/\d+\.\d+\.\d+\.\d+$/, tail => {
    const [a, b, c, d] = tail.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head, tail] = plain.split('::').map(half => (half === '' ? [] : half.split(':')))
  const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head
  return {
    octets: Uint8Array.from(groups.flatMap(hex => [parseInt(hex, 16) >> 8, parseInt(hex, 16) & 255])),
    length: rest,
  }
}

/** `02:00:00:00:00:01`. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw malformed(text, '02:00:00:00:00:01')
  return Uint8Array.from(text.split(':'), hex => parseInt(hex, 16))
}

export const formatMac = (octets: Uint8Array): string =>
  Array.from(octets, octet => octet.toString(16).padStart(2, '0')).join(':')

/** Eight groups of four digits without separators, as /proc/net/if_inet6 has it, in the form of RFC 5952. */
export function formatIpv6(hex: string): string {
  const groups = (hex.match(/.{4}/g) ?? []).map(group => parseInt(group, 16).toString(16)).join(':')
  // The longest run of zeros, the first of those; one alone stays.
  const runs = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)
  if (runs.length === 0) return groups
  const longest = Math.max(...runs.map(run => run[0].replace(/^:/, '').length))
  const run = runs.filter(each => each[0].replace(/^:/, '').length === longest).sort((a, b) => a.index - b.index)[0]
  return `${groups.slice(0, run.index)}::${groups.slice(run.index + run[0].length + 1)}`
}

/** The netmask of a prefix length. */
export function mask(length: number): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, i) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - 8 * i))))
}

/** The length of a netmask's prefix. */
export const prefixLength = (netmask: Uint8Array): number =>
  Array.from(netmask, octet => octet.toString(2).replaceAll('0', '').length).reduce((sum, bits) => sum + bits, 0)

function halves(text: string, most: number): [address: string | undefined, length: number] {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  return match && Number(match[2]) <= most ? [match[1], Number(match[2])] : [undefined, 0]
}

const malformed = (text: string, example: string): TunError =>
  new TunError('EINVAL', `${JSON.stringify(text)} is not written like ${example}.`)
