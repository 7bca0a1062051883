/**
 * The configuration options of LCP, IPCP and CCP as people read them: RFC 1661 §6, RFC 1332 §3, RFC 1877 §1,
 * RFC 1962 §4, RFC 3078 §2 and the numbers of the IANA registry that real peers send.
 */
import { formatIpv4 } from '../base/address.ts'
import { get16, get32, hex, toAscii } from '../base/bytes.ts'
import { type Field, field, layer } from '../base/field.ts'
import * as Ppp from './ppp.ts'

/** An option as it stands in a packet: type and what follows the length octet. */
export interface RawOption {
  readonly type: number
  readonly body: Uint8Array
}

/** Types of the options that we negotiate: RFC 1661 §6; RFC 1332 §3, RFC 1877 §1; RFC 3078 §2. */
export const LCP_OPTIONS = { mru: 1, accm: 2, auth: 3, magic: 5, pfc: 7, acfc: 8 } as const
export const IPCP_OPTIONS = { address: 3, dns1: 129, nbns1: 130, dns2: 131, nbns2: 132 } as const
export const CCP_OPTIONS = { mppe: 18, bsd: 21, oldDeflate: 24, deflate: 26 } as const

/** The supported bits of the MPPE option: RFC 3078 §2, and C of RFC 2118 §2. */
export const MPPE_BITS = {
  stateless: 0x01000000,
  m56: 0x80,
  s128: 0x40,
  l40: 0x20,
  obsolete: 0x10,
  mppc: 0x01,
} as const

/** Algorithms of CHAP in the authentication option: RFC 1994 §3, RFC 2433 §3, RFC 2759 §2. */
export const CHAP_ALGORITHMS = { md5: 5, msChap: 0x80, msChapV2: 0x81 } as const

interface OptionFormat {
  readonly name: string
  /** Octets of the body, or the fewest of them when negative. */
  readonly length: number
  show(body: Uint8Array): string
  /** Fields of the body; absent: one field `value`. */
  fields?(body: Uint8Array, offset: number): Field[]
}

const number16 = (name: string): OptionFormat => ({ name, length: 2, show: b => `${name} ${get16(b, 0)}` })
const hex32 = (name: string): OptionFormat => ({ name, length: 4, show: b => `${name} ${showHex32(get32(b, 0))}` })
const address = (name: string): OptionFormat => ({ name, length: 4, show: b => `${name} ${formatIpv4(get32(b, 0))}` })
const flag = (name: string): OptionFormat => ({ name, length: 0, show: () => name })
const octets = (name: string, atLeast = 0): OptionFormat => ({
  name,
  length: -atLeast,
  show: b => (b.length > 0 ? `${name} ${hex(b)}` : name),
})

const showHex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`

const ALGORITHM_NAMES: Readonly<Record<number, string>> = {
  [CHAP_ALGORITHMS.md5]: 'MD5',
  [CHAP_ALGORITHMS.msChap]: 'MS',
  [CHAP_ALGORITHMS.msChapV2]: 'MS-v2',
}

function showAuth(body: Uint8Array): string {
  const protocol = get16(body, 0)
  if (protocol !== Ppp.CHAP) return `auth ${Ppp.protocolName(protocol).toUpperCase()}`
  return `auth CHAP ${body.length > 2 ? (ALGORITHM_NAMES[body[2]] ?? `algorithm ${body[2]}`) : 'without algorithm'}`
}

const auth: OptionFormat = {
  name: 'auth',
  length: -2,
  show: showAuth,
  fields(body, offset) {
    const protocol = get16(body, 0)
    const fields = [
      field('protocol', offset, 2, protocol, `${Ppp.hex16(protocol)} (${Ppp.protocolName(protocol).toUpperCase()})`),
    ]
    if (body.length > 2) {
      const name = protocol === Ppp.CHAP ? (ALGORITHM_NAMES[body[2]] ?? 'unknown') : 'unknown'
      fields.push(field('algorithm', offset + 2, 1, body[2], `${body[2]} (${name})`))
    }
    return fields
  },
}

const MPPE_WORDS: readonly (readonly [number, string])[] = [
  [MPPE_BITS.stateless, 'stateless'],
  [MPPE_BITS.s128, '128 bit'],
  [MPPE_BITS.m56, '56 bit'],
  [MPPE_BITS.l40, '40 bit'],
  [MPPE_BITS.obsolete, 'obsolete'],
  [MPPE_BITS.mppc, 'MPPC'],
]

function showMppe(body: Uint8Array): string {
  const bits = get32(body, 0)
  const words = MPPE_WORDS.filter(([bit]) => bits & bit).map(([, word]) => word)
  return `mppe ${showHex32(bits)} (${words.length > 0 ? words.join(', ') : 'nothing'})`
}

const vj: OptionFormat = {
  name: 'compression',
  length: -2,
  show: b => (get16(b, 0) === 0x002d ? 'compression VJ' : `compression ${Ppp.hex16(get16(b, 0))}`),
}

const FORMATS: Readonly<Record<number, Readonly<Record<number, OptionFormat>>>> = {
  [Ppp.LCP]: {
    1: number16('mru'),
    2: hex32('accm'),
    3: auth,
    4: octets('quality', 2),
    5: hex32('magic'),
    7: flag('pfc'),
    8: flag('acfc'),
    9: octets('fcs-alternatives', 1),
    10: octets('self-describing-pad', 1),
    13: octets('callback', 1),
    15: flag('compound-frames'),
    17: number16('mrru'),
    18: flag('short-sequence-numbers'),
    19: octets('endpoint-discriminator', 1),
    23: octets('link-discriminator', 2),
  },
  [Ppp.IPCP]: {
    1: octets('addresses', 8),
    2: vj,
    3: address('address'),
    129: address('dns1'),
    130: address('nbns1'),
    131: address('dns2'),
    132: address('nbns2'),
  },
  [Ppp.CCP]: {
    1: octets('predictor-1'),
    2: octets('predictor-2'),
    17: octets('stac-lzs'),
    18: { name: 'mppe', length: 4, show: showMppe },
    21: octets('bsd', 1),
    24: octets('deflate-draft', 2),
    26: octets('deflate', 2),
  },
  [Ppp.IPV6CP]: { 1: octets('interface-identifier', 8) },
}

const fits = (format: OptionFormat, body: Uint8Array): boolean =>
  format.length < 0 ? body.length >= -format.length : format.length === body.length

/** `mru 1400`, `auth CHAP MS-v2`, `option 77 (0102)`. */
export function showOption(protocol: number, { type, body }: RawOption): string {
  const format = FORMATS[protocol]?.[type]
  if (!format) return `option ${type}${body.length > 0 ? ` (${hex(body)})` : ''}`
  return fits(format, body) ? format.show(body) : `${format.name} of ${body.length} octets`
}

export const showOptions = (protocol: number, options: readonly RawOption[]): string =>
  options.map(option => showOption(protocol, option)).join(', ')

/** One option; `offset` is where its type octet stands. */
export function describeOption(protocol: number, option: RawOption, offset: number): Field {
  const { type, body } = option
  const format = FORMATS[protocol]?.[type]
  const children = [field('type', offset, 1, type), field('length', offset + 1, 1, body.length + 2)]
  const good = format !== undefined && fits(format, body)
  if (body.length > 0) {
    const value = good && body.length === 4 ? get32(body, 0) : good && body.length === 2 ? get16(body, 0) : hex(body)
    children.push(
      ...(good && format.fields ? format.fields(body, offset + 2) : [field('value', offset + 2, body.length, value)]),
    )
  }
  const shown = layer(format?.name ?? `option${type}`, offset, body.length + 2, showOption(protocol, option), children)
  return format && !good ? { ...shown, problem: `${body.length} octets do not fit this option` } : shown
}

/** Text of a packet shown in one line: quoted, cut after `limit` characters. */
export function quote(bytes: Uint8Array, limit = 80): string {
  const text = toAscii(bytes)
  return `"${text.length > limit ? `${text.slice(0, limit)}…` : text}"`
}
