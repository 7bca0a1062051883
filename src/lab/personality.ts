/** `override` of `nat` and `conntrack`: in what a box differs from the one that it is like. */
import * as v from 'valibot'
import { parseDuration } from '../base/time.ts'
import type { PersonalityOverride } from '../filter/override.ts'
import { PERSONALITIES } from '../filter/personalities/index.ts'
import type {
  Dependence,
  GreTracking,
  Personality,
  PersonalityName,
  PptpHelper,
  Range,
  Timeouts,
} from '../filter/types.ts'
import { count, duration, flag, oneOf, show, type Wrong } from './leaf.ts'
import { map } from './map.ts'
import { child, flag as flagOf, type Issues, integer, type Tree, text } from './tree.ts'

const DEPENDENCE = [
  ...(['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const),
] as const satisfies readonly Dependence[]
const GRE = ['call-id', 'none', 'one-host', 'refused'] as const satisfies readonly GreTracking['keys'][]

/** The first word is what was found, the last what should be. */
export const PPTP_SWITCHES = {
  reads: ['first-of-segment', 'all'],
  caller: ['opener', 'both'],
  calls: ['last', 'all'],
  newCallId: ['port', 'when-taken', 'unique'],
  disconnect: ['receivers-id', 'as-sent'],
  incomingConnected: ['zeroed', 'translated'],
  droppedFirst: ['burned', 'kept'],
  icmpErrors: ['lost', 'translated'],
  idleCall: ['forgotten', 'remembered'],
} as const satisfies { readonly [K in keyof PptpHelper]: readonly PptpHelper[K][] }

const SWITCH_WORDS: { readonly [K in keyof PptpHelper]: string } = {
  reads: 'Which control messages the helper sees: the first of each TCP segment, or all.',
  caller: 'Who may announce calls: only who opened the TCP connection, or both.',
  calls: 'How many calls of one control connection it knows.',
  newCallId: 'The call ID that the other side is told: the translated TCP port, or another only where it is taken.',
  disconnect: 'The call ID in Call-Disconnect-Notify (RFC 2637 §2.13): put in for the receiver, or left.',
  incomingConnected: 'The peer’s call ID in Incoming-Call-Connected: zeroed, or translated.',
  droppedFirst: 'An expected flow whose first packet a rule drops: lost, or expected again.',
  icmpErrors: 'ICMP errors about GRE of a translated call: not recognised, or translated.',
  idleCall: 'A call whose GRE has idled out: forgotten, or known as long as its control connection lives.',
}

const TIMEOUTS = {
  tcpSynSent: 'TCP: SYN sent.',
  tcpSynReceived: 'TCP: SYN answered.',
  tcpEstablished: 'TCP: established.',
  tcpFinWait: 'TCP: one side has closed.',
  tcpCloseWait: 'TCP: the close was acknowledged.',
  tcpLastAck: 'TCP: both sides have closed.',
  tcpTimeWait: 'TCP: closed in order.',
  tcpClose: 'TCP: after a reset.',
  tcpUnacknowledged: 'TCP: taken up in the middle, without an answer.',
  udp: 'UDP: nothing has come back.',
  udpStream: 'UDP: packets have gone both ways for a while.',
  icmp: 'ICMP echo.',
  gre: 'GRE: nothing has come back.',
  greStream: 'GRE: packets have gone both ways.',
  generic: 'Every other protocol.',
  expectation: 'An expected flow that does not come.',
} as const satisfies { readonly [K in keyof Timeouts]: string }

/** `tcpSynSent` is written `tcp-syn-sent`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

const switches = Object.fromEntries(
  (Object.keys(PPTP_SWITCHES) as (keyof PptpHelper)[]).map(key => [
    kebab(key),
    v.optional(oneOf(PPTP_SWITCHES[key], SWITCH_WORDS[key])),
  ]),
)
const times = Object.fromEntries(
  (Object.keys(TIMEOUTS) as (keyof Timeouts)[]).map(key => [kebab(key), v.optional(duration(TIMEOUTS[key]))]),
)

const rangeWrong = ({ input }: Wrong) => `${show(input)} is no range of ports.\nfor example 40000-40999`
export const portRange = (describe: string) =>
  v.pipe(
    v.string(rangeWrong),
    v.regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/, rangeWrong),
    v.check(text => parsePortRange(text) !== undefined, rangeWrong),
    v.description(describe),
  )
export function parsePortRange(text: string): Range | undefined {
  const [from, to] = text.split('-').map(Number)
  return from > 0 && from <= to && to < 65_536 ? { from, to } : undefined
}

const pptpWrong = 'Here off, as-it-should-be, or a map of the switches of the helper must stand.'
export const overrideSchema = v.pipe(
  map('override', {
    mapping: v.optional(oneOf(DEPENDENCE, 'When an inside port gets another outside port (RFC 4787 §4.1).')),
    filtering: v.optional(oneOf(DEPENDENCE, 'Who outside may answer (RFC 4787 §5).')),
    ports: v.optional(
      v.pipe(
        map('the ports of a NAT', {
          preserve: v.optional(flag('Keep the port if it is free?')),
          choose: v.optional(oneOf(['next', 'random'], 'Which of the free ones otherwise.')),
          range: v.optional(portRange('Ports that it gives.')),
          'per-host': v.optional(count('Ports of one inside address at most; 0: no limit.', 0, 65_535)),
        }),
        v.description('How it chooses outside ports.'),
      ),
    ),
    gre: v.optional(oneOf(GRE, 'What a GRE flow is known by: call ID, addresses alone, one host; or refused.')),
    pptp: v.optional(
      v.pipe(
        v.union([oneOf(['off', 'as-it-should-be'], pptpWrong), map('the PPTP helper', switches)], pptpWrong),
        v.description('The PPTP helper: off, without any of its faults, or with some of them.'),
      ),
    ),
    timeouts: v.optional(v.pipe(map('timeouts', times), v.description('How long an entry lives without a packet.'))),
    'tcp-loose': v.optional(flag('Take up TCP connections in the middle?')),
    'icmp-errors': v.optional(flag('Bring ICMP errors to whom they concern?')),
    hairpin: v.optional(flag('May inside hosts reach each other by their outside addresses (RFC 4787 §6)?')),
    limit: v.optional(count('Flows at most.', 1, 10_000_000)),
  }),
  v.description('In what it differs from the box that it is like.'),
)

/** `translates`: it stands in `nat`, not in `conntrack`. */
export function readOverride(
  tree: Tree | undefined,
  like: PersonalityName,
  translates: boolean,
  issues: Issues,
): PersonalityOverride {
  if (tree?.kind !== 'map') return {}
  if (translates) hasMappings(tree, like, issues)
  else translatesNothing(tree, issues)
  const mapping = DEPENDENCE.find(word => word === text(child(tree, 'mapping')))
  const filtering = DEPENDENCE.find(word => word === text(child(tree, 'filtering')))
  const gre = GRE.find(word => word === text(child(tree, 'gre')))
  const pptp = readPptp(child(tree, 'pptp'), like, issues)
  const tcpLoose = flagOf(child(tree, 'tcp-loose'))
  const icmpErrors = flagOf(child(tree, 'icmp-errors'))
  const hairpin = flagOf(child(tree, 'hairpin'))
  const limit = integer(child(tree, 'limit'))
  const ports = child(tree, 'ports')
  const timeouts = child(tree, 'timeouts')
  return {
    ...(mapping === undefined ? {} : { mapping }),
    ...(filtering === undefined ? {} : { filtering }),
    ...(ports === undefined ? {} : { ports: readPorts(ports) }),
    ...(gre === undefined ? {} : { gre }),
    ...(pptp === undefined ? {} : { pptp }),
    ...(timeouts === undefined ? {} : { timeouts: readTimeouts(timeouts) }),
    ...(tcpLoose === undefined ? {} : { tcpLoose }),
    ...(icmpErrors === undefined ? {} : { icmpErrors }),
    ...(hairpin === undefined ? {} : { hairpin }),
    ...(limit === undefined ? {} : { limit }),
  }
}

/** What only a NAT does. */
function translatesNothing(tree: Tree, issues: Issues): void {
  for (const key of ['mapping', 'filtering', 'ports', 'hairpin']) {
    const value = child(tree, key)
    const message = `${key} is about translated addresses and ports, and conntrack translates nothing.`
    if (value) issues.value(value, message, 'leave it out, or write it in the override of a nat')
  }
}

/**
 * Where every far end has a mapping of its own, a port is no inside address's own (others have it towards other ends),
 * and nobody else outside can use a mapping.
 */
function hasMappings(tree: Tree, like: PersonalityName, issues: Issues): void {
  const mapping = text(child(tree, 'mapping')) ?? PERSONALITIES[like].mapping
  if (mapping !== 'address-and-port-dependent') return
  const hint = 'write mapping: endpoint-independent or mapping: address-dependent beside it, or leave it out'
  const filtering = child(tree, 'filtering')
  const word = text(filtering)
  if (filtering && word !== mapping && DEPENDENCE.some(known => known === word)) {
    const message = `The mapping of this box is ${mapping}: only whom a mapping was made for can use it, whatever filtering says.`
    issues.value(filtering, message, hint)
  }
  const perHost = child(child(tree, 'ports'), 'per-host')
  if (!perHost || (integer(perHost) ?? 0) === 0) return
  const message = `The mapping of this box is ${mapping}: inside addresses share its ports, so none has a number of its own.`
  issues.value(perHost, message, `${hint}; limit is for all flows of the box`)
}

function readPorts(tree: Tree): Partial<Personality['ports']> {
  const preserve = flagOf(child(tree, 'preserve'))
  const choose = (['next', 'random'] as const).find(word => word === text(child(tree, 'choose')))
  const range = parsePortRange(text(child(tree, 'range')) ?? '')
  const perHost = integer(child(tree, 'per-host'))
  return {
    ...(preserve === undefined ? {} : { preserve }),
    ...(choose === undefined ? {} : { choose }),
    ...(range === undefined ? {} : { range }),
    ...(perHost === undefined ? {} : { perHost }),
  }
}

function readTimeouts(tree: Tree): Partial<Timeouts> {
  const read: { -readonly [K in keyof Timeouts]?: number } = {}
  for (const key of Object.keys(TIMEOUTS) as (keyof Timeouts)[]) {
    const value = parseDuration(text(child(tree, kebab(key))) ?? '')
    if (value !== undefined) read[key] = value
  }
  return read
}

const HELPED = Object.values(PERSONALITIES)
  .filter(({ pptp }) => pptp !== undefined)
  .map(({ name }) => `like: ${name}`)
  .join(', ')

/** Words about the helper of a box that has none would be without effect. */
export function lacksHelper(tree: Tree, like: PersonalityName, issues: Issues): boolean {
  const lacks = PERSONALITIES[like].pptp === undefined
  if (lacks) issues.value(tree, `A box like ${like} has no PPTP helper.`, `one that has: ${HELPED}`)
  return lacks
}

function readPptp(tree: Tree | undefined, like: PersonalityName, issues: Issues): PersonalityOverride['pptp'] {
  if (!tree) return undefined
  const word = text(tree)
  if (word !== 'off' && word !== 'as-it-should-be' && tree.kind !== 'map') return undefined
  if (lacksHelper(tree, like, issues)) return undefined
  if (word === 'off') return 'off'
  const read: Record<string, string> = {}
  for (const [key, words] of Object.entries(PPTP_SWITCHES)) {
    const value = word === 'as-it-should-be' ? words.at(-1) : text(child(tree, kebab(key)))
    if (value !== undefined) read[key] = value
  }
  return read as Partial<PptpHelper>
}
