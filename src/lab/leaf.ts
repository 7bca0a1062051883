/**
 * The leaves of the schema: quantities, addresses, names. Each has a pattern (for editors), a reader (what the pattern
 * cannot say) and one sentence for whatever else is written there.
 */
import * as v from 'valibot'
import { NAMED_SERVICES, type NamedService, SERVICES } from '../app/services.ts'
import { parseInterface, parseIpv4, parsePrefix } from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import type { SocketAddress } from './lab.ts'
import { suggest } from './nearest.ts'
import { PERCENTAGE, parsePercentage, parseRate, parseSize, RATE, SIZE } from './units.ts'

/** What a message function is told; a second line of its answer is the hint. */
export interface Wrong {
  readonly input: unknown
}

export const show = (input: unknown): string => {
  if (Array.isArray(input)) return 'A list'
  if (typeof input === 'object' && input !== null) return 'A map'
  return typeof input === 'string' ? `"${input}"` : String(input)
}
const article = (input: unknown): string =>
  input === null ? 'nothing' : Array.isArray(input) ? 'a list' : typeof input === 'object' ? 'a map' : show(input)

/** A scalar with a pattern and a reader. */
function leaf(pattern: RegExp, read: (text: string) => unknown, describe: string, wrong: (input: unknown) => string) {
  const message = (issue: Wrong) => wrong(issue.input)
  return v.pipe(
    v.string(message),
    v.regex(pattern, message),
    v.check(text => read(text) !== undefined, message),
    v.description(describe),
  )
}

/** A quantity: a bare number is told which units there are. */
function quantity(
  noun: string,
  units: string,
  example: (bare: string) => string,
  limit: string,
  pattern: RegExp,
  read: (text: string) => unknown,
) {
  const what = `${noun[0].toUpperCase()}${noun.slice(1)}: a number with a unit (${units}).`
  return (describe: string) =>
    leaf(pattern, read, `${describe} ${what}`, input => {
      if (typeof input === 'number' || /^\d+(\.\d+)?$/.test(String(input))) {
        return `${input} has no unit; ${noun} is a number with its unit: ${units}.\nfor example ${example(String(input))}`
      }
      if (typeof input === 'string' && pattern.test(input)) return `${show(input)} is not possible: ${limit}.`
      return `${article(input)} is not ${noun}; it is a number with its unit: ${units}.\nfor example ${example('10')}`
    })
}

export const duration = quantity(
  'a duration',
  'ns, us, ms, s, m or h',
  bare => `${bare}ms or ${bare}s`,
  'time is counted in whole nanoseconds, up to 104 days',
  /^\d+(\.\d+)?(ns|us|ms|s|m|min|h)$/,
  parseDuration,
)
export const size = quantity(
  'a size',
  'B, kB, MB, KiB or MiB',
  bare => `${bare}B or ${bare}kB`,
  'it must be a whole number of octets',
  SIZE,
  parseSize,
)
export const percentage = quantity(
  'a percentage',
  '%',
  bare => `${Number(bare) < 1 ? Number((Number(bare) * 100).toFixed(9)) : bare}%`,
  'it lies between 0% and 100%',
  PERCENTAGE,
  parsePercentage,
)
const rateOrNone = quantity(
  'a rate',
  'bit, kbit, mbit or gbit',
  bare => `${bare}kbit or ${bare}mbit`,
  'it must be at least one whole bit a second',
  new RegExp(`${RATE.source}|^none$`),
  text => (text === 'none' ? true : parseRate(text)),
)
export const rate = (describe: string) => rateOrNone(`${describe} \`none\` is no limit.`)

/** Text that YAML must not have turned into something else: the converter adds the quotes to the hint. */
export const TEXT = 'Here text is meant, and this is not text to YAML.'
export const text = (describe: string, longest = 255) =>
  v.pipe(
    v.string(issue => (issue.input === null ? 'Here text is missing.' : TEXT)),
    v.maxLength(longest, `This is longer than ${longest} characters.`),
    v.description(describe),
  )
/** Text with at least one character. */
export const words = (describe: string, longest = 1000) =>
  v.pipe(
    v.string(issue => (issue.input === null ? 'Here text is missing.' : TEXT)),
    v.minLength(1, 'Here text is missing.'),
    v.maxLength(longest, `This is longer than ${longest} characters.`),
    v.description(describe),
  )

const NODE = '[A-Za-z][A-Za-z0-9-]{0,30}'
const NAME = new RegExp(`^${NODE}$`)
const INTERFACE = '[a-z][a-z0-9._-]{0,14}'
const yes = () => true

export const name = (describe: string) =>
  leaf(NAME, yes, describe, input =>
    typeof input === 'string'
      ? `${show(input)} cannot be a name: it has letters, digits and dashes, begins with a letter and is at most 31 long.`
      : TEXT,
  )

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** `alice:eth0` */
export const ENDPOINT = new RegExp(`^(${NODE}):(${INTERFACE})$`)

const IPV4 = `${OCTET}(\\.${OCTET}){3}`
const LENGTH = '(3[0-2]|[12]?\\d)'

const addressSentence = (input: unknown) =>
  /^\d+\.\d+\.\d+\.\d+$/.test(String(input))
    ? `${show(input)} is no IPv4 address: each of its four numbers lies between 0 and 255, without leading zeros.`
    : `${article(input)} is no IPv4 address, such as 192.0.2.1.`

export const address = (describe: string) => leaf(new RegExp(`^${IPV4}$`), parseIpv4, describe, addressSentence)

/** `192.0.2.1` or the name of a node. */
export const addressOrNode = (describe: string) =>
  leaf(new RegExp(`^${IPV4}$|${NAME.source}`), yes, describe, input =>
    /^\d/.test(String(input))
      ? addressSentence(input)
      : `${article(input)} is neither an IPv4 address nor the name of a node.`,
  )

export const interfaceAddress = (describe: string) =>
  leaf(
    new RegExp(`^(${IPV4}/${LENGTH}|none)$`),
    text => (text === 'none' ? true : parseInterface(text)),
    describe,
    input =>
      parseIpv4(String(input)) !== undefined
        ? `${show(input)} does not say how long its network part is.\nfor example ${String(input)}/24`
        : `${article(input)} is no address with its network, such as 192.0.2.1/24 (the port of a switch, a tun or a udp node has \`none\`).`,
  )

/** The same where there is no `none`. */
export const deviceAddress = (describe: string) =>
  leaf(new RegExp(`^${IPV4}/${LENGTH}$`), parseInterface, describe, input =>
    parseIpv4(String(input)) !== undefined
      ? `${show(input)} does not say how long its network part is.\nfor example ${String(input)}/24`
      : `${article(input)} is no address with its network, such as 192.0.2.1/24.`,
  )

/** `127.0.0.1:7001` */
export const socketAddress = (describe: string) =>
  leaf(
    new RegExp(`^${IPV4}:\\d{1,5}$`),
    parseSocket,
    describe,
    input => `${article(input)} is no address with a port.\nfor example "127.0.0.1:7001"`,
  )
export function parseSocket(text: string): SocketAddress | undefined {
  const [host, number] = text.split(':')
  const address = parseIpv4(host)
  const port = Number(number)
  return address !== undefined && port > 0 && port < 65536 ? { address, port } : undefined
}

/** The name of a network interface of Linux. */
export const device = (describe: string) =>
  leaf(
    /^[A-Za-z][A-Za-z0-9._-]{0,14}$/,
    yes,
    describe,
    input =>
      `${article(input)} cannot be the name of a device: it begins with a letter and has at most 15 letters, digits, dots and dashes.\nfor example sim0`,
  )

const PREFIX = `(default|${IPV4}/${LENGTH})`
const hostBits = (input: unknown): string | undefined => {
  const both = typeof input === 'string' ? parseInterface(input) : undefined
  if (!both || both.prefix.network === both.address) return undefined
  const network = [24, 16, 8, 0].map(shift => (both.prefix.network >>> shift) & 255).join('.')
  return `${show(input)} is an address inside a network, not the network.\ndid you mean "${network}/${both.prefix.length}"?`
}
export const prefix = (describe: string) =>
  leaf(
    new RegExp(`^${PREFIX}$`),
    parsePrefix,
    describe,
    input => hostBits(input) ?? `${article(input)} is no network, such as 10.20.0.0/24 or default.`,
  )

const ROUTE = new RegExp(`^${PREFIX}( via ${IPV4}( dev ${INTERFACE})?| dev ${INTERFACE})$`)
/** The three parts of a route as written; undefined when it is none. */
export function splitRoute(
  text: string,
): { prefix: string; via: string | undefined; dev: string | undefined } | undefined {
  const words = text.split(' ')
  const after = (word: string) => (words.indexOf(word) < 0 ? undefined : words[words.indexOf(word) + 1])
  return ROUTE.test(text) ? { prefix: words[0], via: after('via'), dev: after('dev') } : undefined
}
export const route = (describe: string) =>
  leaf(
    ROUTE,
    text => {
      const parts = splitRoute(text)
      return parts && parsePrefix(parts.prefix)
    },
    describe,
    input =>
      (typeof input === 'string' ? hostBits(input.split(' ')[0]) : undefined) ??
      `${article(input)} is no route; it has the words of \`ip route\`.\nfor example "default via 192.0.2.1" or "10.9.0.0/16 dev ppp0"`,
  )

const SERVICE = new RegExp(`^(${NAMED_SERVICES.join('|')})(:[1-9]\\d{0,4})?$`)
/** `http` or `http:8080`; undefined when it is neither. */
export function splitService(text: string): { service: NamedService; port: number } | undefined {
  const [name, port] = text.split(':')
  const known = NAMED_SERVICES.find(service => service === name)
  if (!known || !SERVICE.test(text) || Number(port ?? 1) > 65_535) return undefined
  return { service: known, port: port === undefined ? SERVICES[known].port : Number(port) }
}
export const service = (describe: string) => leaf(SERVICE, splitService, describe, serviceSentence)

function serviceSentence(input: unknown): string {
  const known = `known here: ${NAMED_SERVICES.join(', ')}`
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
    const [[name, port] = []] = Object.entries(input)
    const joined = splitService(`${name}:${port}`) && `write it without a blank: ${name}:${port}`
    return `Here the name of a service must stand, and not a map.\n${joined ?? known}`
  }
  if (typeof input !== 'string') return `${article(input)} is no service.\n${known}`
  const [name] = input.split(':')
  if (NAMED_SERVICES.some(service => service === name)) {
    return `${show(input)} names no port of ${name}: it is a number from 1 to 65535.\nfor example ${name}:8080`
  }
  return `There is no service ${show(name)}.\n${suggest(name, NAMED_SERVICES)}`
}

/** A whole number within bounds. */
export function count(describe: string, least: number, most: number) {
  const wrong = `Here a whole number from ${least} to ${most} must stand.`
  return v.pipe(
    v.number(wrong),
    v.integer(wrong),
    v.minValue(least, wrong),
    v.maxValue(most, wrong),
    v.description(describe),
  )
}
export const flag = (describe: string) =>
  v.pipe(
    v.boolean(({ input }: Wrong) => `${article(input)} is neither true nor false.${meant(input)}`),
    v.description(describe),
  )

/** YAML 1.1 had more words for the two. */
function meant(input: unknown): string {
  const word = typeof input === 'string' ? input.toLowerCase() : ''
  if (['yes', 'on', 'y', 'true'].includes(word)) return '\ndid you mean true?'
  return ['no', 'off', 'n', 'false'].includes(word) ? '\ndid you mean false?' : ''
}

/** One of a closed list of words; `picklist` with a sentence. */
export const oneOf = <const T extends readonly string[]>(list: T, describe: string) =>
  v.pipe(
    v.picklist(
      list,
      ({ input }: Wrong) => `${article(input)} is not one of the words that may stand here.\n?${list.join(' ')}`,
    ),
    v.description(describe),
  )
