/**
 * What a lab says of telephone lines: links of `type: serial`, the `dial` of a client, the numbers of a `pstn`.
 *
 *     links:  - { endpoints: ["bob:tty0", "pstn:tty0"], type: serial, rate: 56kbit, delay: 40ms, noise: 0.001% }
 */
import * as v from 'valibot'
import { parsePrefix } from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import type { DialSpec, InterfaceSpec, Kind, PstnSpec } from './lab.ts'
import { duration, flag, oneOf, prefix, text, type Wrong, words } from './leaf.ts'
import { map, texts } from './map.ts'
import { checkKeys, DEFAULTS as MPPE_DEFAULTS, mppeSchema, readMppe } from './mppe.ts'
import { suggest } from './nearest.ts'
import { prefixes } from './networks.ts'
import { authSchema, checkPpp, echoFailuresSchema, lcpSchema, readAuth, readLink } from './ppp.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, entries, flag as flagOf, type Issues, type Tree, text as textOf } from './tree.ts'

export const BEARERS = ['analogue', 'digital'] as const

export const DEFAULTS = {
  bearer: 'analogue',
  auth: ['ms-chap-v2'],
  patience: '60s',
  noAnswer: '60s',
  rate: '56kbit',
  queue: '8kB',
  lines: 1,
} as const

/** Kinds of nodes at which a telephone line may end. */
const WITH_LINES: readonly Kind[] = ['client', 'pstn', 'nas']
/** Keys of a link without a meaning on a telephone line. */
const NOT_SERIAL: Readonly<Record<string, string>> = {
  ipv4: 'It has no addresses: PPP gives them when a call is up.',
  mtu: 'How large a packet may be is agreed by PPP.',
  jitter: 'Its octets come in order, one after the other.',
  loss: 'It loses no frames; it may flip bits.',
  corruption: 'It flips bits, not packets.',
  duplication: 'It delivers nothing twice.',
  reordering: 'Its octets come in order.',
}

/** What a link of type serial may say of its quality. */
export const SERIAL_QUALITY = ['delay', 'rate', 'queue', 'noise'] as const

const NUMBER = /^\+?\d{1,20}$/
const numberWrong = ({ input }: Wrong): string =>
  typeof input === 'number'
    ? `A telephone number is text, and this is a number to YAML.\nin quotes: "${input}"`
    : 'A telephone number has digits only, 20 at most.\nfor example "5550100"'
export const number = (describe: string) =>
  v.pipe(v.string(numberWrong), v.regex(NUMBER, numberWrong), v.description(describe))

export const dialSchema = v.optional(
  v.pipe(
    map('the dial of a client', {
      number: number('The number to dial, in quotes.'),
      user: words('User name.', 255),
      password: text('Password.'),
      bearer: v.optional(
        oneOf(BEARERS, 'A modem on an analogue line (asynchronous framing), or ISDN (synchronous).'),
        DEFAULTS.bearer,
      ),
      auth: v.optional(authSchema),
      mppe: v.optional(mppeSchema, MPPE_DEFAULTS.use),
      routes: v.optional(
        v.pipe(
          v.array(prefix('A network, or `default`.'), 'Here a list of networks must stand.\nfor example [default]'),
          v.description('Networks to be reached by the line, as long as it is up; as a rule all.'),
        ),
      ),
      dns: v.optional(flag('Ask for name servers (RFC 1877)?'), false),
      lcp: lcpSchema,
      echo: v.optional(duration('Time between two LCP Echo-Requests; without it none are sent.')),
      'echo-failures': echoFailuresSchema,
      timeout: v.optional(duration('How long is waited for an answer.'), DEFAULTS.patience),
      answer: v.optional(duration('A call is answered after having rung so long; without it none is.')),
    }),
    v.description('The telephone line of the client, and whom it dials.'),
  ),
)

export const pstnKeys = {
  numbers: v.pipe(
    texts('ports and their numbers', number('A telephone number, in quotes.')),
    v.description(
      'Number of each port, of a trunk that of all its lines; ports with the same number are a hunt group: the first free one rings.',
    ),
  ),
  'no-answer': v.optional(duration('How long it rings before the network gives up.'), DEFAULTS.noAnswer),
}

/** Does the file say that it is one? */
export const isSerial = (link: Tree): boolean => textOf(child(link, 'type')) === 'serial'

/** What may stand at a link of this type, and where it may end. */
export function checkLine(link: Tree, ends: readonly { node: NodeDraft; tree: Tree }[], issues: Issues): void {
  const serial = isSerial(link)
  for (const [key, why] of Object.entries(NOT_SERIAL)) {
    const tree = child(link, key)
    if (!serial || !tree) continue
    const hint = key === 'loss' || key === 'corruption' ? 'noise: 0.001%' : 'leave it out'
    issues.key(tree, `A serial link has no ${key}. ${why}`, hint)
  }
  for (const key of ['noise', 'lines']) {
    const tree = child(link, key)
    if (!serial && tree) issues.key(tree, `Only a serial link has ${key}.`, 'type: serial')
  }
  for (const { node, tree } of ends) {
    if (node.kind === 'pstn' && !serial) {
      issues.value(child(link, 'type') ?? tree, `${node.name} is a telephone network: lines end there.`, 'type: serial')
    }
    if (!serial || !node.kind) continue
    if (!WITH_LINES.includes(node.kind)) {
      issues.value(
        tree,
        `${node.name} is a ${node.kind}, and a telephone line cannot end there.`,
        `one can at: ${WITH_LINES.join(', ')}`,
      )
    } else if (node.kind === 'client' && child(node.merged, 'dial') === undefined) {
      issues.value(tree, `${node.name} has no use for a telephone line.`, 'give it dial: { number, user, password }')
    } else if (node.kind === 'client' && child(link, 'lines')) {
      issues.key(child(link, 'lines') as Tree, `${node.name} is a client, and has one telephone line.`)
    }
  }
}

/** Of a client that has `dial`. `lines`: its interfaces on serial links. */
export function readDial(node: NodeDraft, lines: readonly InterfaceSpec[], topology: Topology): DialSpec | undefined {
  const { issues } = topology
  const dial = child(node.merged, 'dial')
  if (!dial) return undefined
  if (topology.allRead && lines.length !== 1) {
    const message =
      lines.length === 0
        ? `${node.name} has no telephone line.`
        : `${node.name} has ${lines.length} telephone lines, and dials on one.`
    issues.key(dial, message, lines.length === 0 ? 'a link with type: serial' : undefined)
  }
  const auth = readAuth(child(dial, 'auth'), DEFAULTS.auth)
  const mppe = readMppe(child(dial, 'mppe'))
  checkKeys(child(dial, 'mppe'), mppe, auth, issues)
  checkPpp(dial, auth, issues)
  const number = textOf(child(dial, 'number'))
  const user = textOf(child(dial, 'user'))
  const password = textOf(child(dial, 'password'))
  const patience = parseDuration(textOf(child(dial, 'timeout')) ?? DEFAULTS.patience)
  const [answer, echo] = ['answer', 'echo'].map(key => parseDuration(textOf(child(dial, key)) ?? ''))
  const routes = child(dial, 'routes')
  if (number === undefined || user === undefined || password === undefined || patience === undefined) return undefined
  return {
    number,
    bearer: BEARERS.find(known => known === textOf(child(dial, 'bearer'))) ?? DEFAULTS.bearer,
    user,
    password,
    auth,
    mppe,
    routes: routes ? prefixes(routes) : EVERYWHERE,
    dns: flagOf(child(dial, 'dns')) ?? false,
    patience,
    ...readLink(dial),
    ...(echo === undefined ? {} : { echo }),
    ...(answer === undefined ? {} : { answer }),
  }
}

const EVERYWHERE = [parsePrefix('default')].filter(all => all !== undefined)

export function readPstn(node: NodeDraft, topology: Topology): PstnSpec['pstn'] | undefined {
  const numbers = new Map<string, string>()
  const ports = node.interfaces.map(({ name }) => name)
  for (const [port, tree] of entries(child(node.merged, 'numbers'))) {
    const number = textOf(tree)
    if (number === undefined) continue
    numbers.set(port, number)
    if (topology.allRead && !ports.includes(port)) {
      topology.issues.key(tree, `${node.name} has no port ${port}.`, suggest(port, ports))
    }
  }
  const noAnswer = parseDuration(textOf(child(node.merged, 'no-answer')) ?? DEFAULTS.noAnswer)
  return noAnswer === undefined ? undefined : { numbers, noAnswer }
}
