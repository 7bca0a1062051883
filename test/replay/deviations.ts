/**
 * The only differences between our nodes and the captured ones that a replay may show. Each stands under its name in
 * docs/deviations.md, with the reason; both values are named as narrowly as they are known.
 */
import { fromAscii, hex, toAscii, unhex } from '../../src/base/bytes.ts'
import type { Side } from './capture.ts'
import type { Difference } from './judge.ts'

export interface Deviation {
  readonly name: string
  /** The part that our node takes. */
  readonly ours: readonly Side[]
  /** `all` are the differences of the whole replay. */
  allows(difference: Difference, all: readonly Difference[]): boolean
}

const BOTH: readonly Side[] = ['client', 'server']

/** A field of a control message. */
const field =
  (type: string, name: string, captured: string, ours: string) =>
  (d: Difference): boolean =>
    d.kind === 'field' && d.type === type && d.field === name && d.captured === captured && d.ours === ours

const isReject = (d: Difference): boolean =>
  d.kind === 'extra' && d.type === 'protocol-reject' && /\bprotocol (32855|87)\b/.test(d.ours)

/** What pppd 2.4.9 says for a farewell. */
const PPPD_FAREWELLS = [
  'User request',
  'MPPE disabled',
  'MPPE required but peer negotiation failed',
  'Authentication failed',
  'Failed to authenticate ourselves to peer',
].map(text => hex(fromAscii(text)))

const isText = (octets: string): boolean => /^[ -~]+$/.test(toAscii(unhex(octets)))

/** The message of an MS-CHAPv2 Failure. */
const failure = (octets: string): string => toAscii(unhex(octets))

export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'ipv6',
    ours: BOTH,
    allows: d => isReject(d) || (d.kind === 'missing' && d.channel === 'ipv6cp'),
  },
  {
    name: 'identifiers',
    ours: BOTH,
    allows: (d, all) =>
      d.type === 'terminate-request' &&
      d.field === 'id' &&
      Number(d.ours) - Number(d.captured) === all.filter(isReject).length,
  },
  {
    name: 'farewell',
    ours: BOTH,
    allows: d =>
      d.type === 'terminate-request' && d.field === 'data' && PPPD_FAREWELLS.includes(d.captured) && isText(d.ours),
  },
  {
    name: 'one-terminate-request',
    ours: ['client'],
    allows: d =>
      d.kind === 'missing' && d.type === 'terminate-request' && d.captured.endsWith(`data ${PPPD_FAREWELLS[1]}`),
  },
  {
    name: 'identity',
    ours: BOTH,
    allows: d =>
      field('start-control-connection-request', 'vendorName', 'cananian', 'pptp-lab')(d) ||
      field('start-control-connection-reply', 'vendorName', 'linux', 'pptp-lab')(d) ||
      field('start-control-connection-reply', 'hostName', 'local', 'pptpd')(d),
  },
  {
    name: 'pns-channels',
    ours: ['client'],
    allows: field('start-control-connection-request', 'maximumChannels', '65535', '0'),
  },
  {
    name: 'pac-capabilities',
    ours: ['server'],
    allows: d =>
      field('start-control-connection-reply', 'framingCapabilities', '0', '3')(d) ||
      field('start-control-connection-reply', 'bearerCapabilities', '0', '3')(d) ||
      field('start-control-connection-reply', 'maximumChannels', '1', '65535')(d),
  },
  {
    name: 'receive-window',
    ours: BOTH,
    allows: d =>
      field('outgoing-call-request', 'packetRecvWindowSize', '3', '64')(d) ||
      field('outgoing-call-reply', 'packetRecvWindowSize', '3', '64')(d),
  },
  {
    name: 'first-sequence-number',
    ours: ['client'],
    allows: field('first-packet', 'sequenceNumber', '1', '0'),
  },
  {
    name: 'disconnect-notify',
    ours: ['server'],
    // 4, Request: the PNS cleared the call. 3, Admin Shutdown: we did.
    allows: d =>
      d.kind === 'extra' &&
      d.type === 'call-disconnect-notify' &&
      /callId 0, resultCode [34], errorCode 0/.test(d.ours),
  },
  {
    name: 'control-outlives-call',
    ours: ['server'],
    allows: d => d.kind === 'missing' && d.type === 'fin',
  },
  {
    name: 'half-closed-control',
    ours: ['client'],
    allows: d => (d.kind === 'missing' && d.type === 'call-clear-request') || (d.kind === 'extra' && d.type === 'fin'),
  },
  {
    name: 'stop-exchange',
    ours: ['client'],
    allows: d =>
      d.kind === 'extra' &&
      (d.type === 'stop-control-connection-request' || d.type === 'stop-control-connection-reply'),
  },
  {
    name: 'set-link-info',
    ours: ['client'],
    allows: d => d.kind === 'extra' && d.type === 'set-link-info' && d.ours.endsWith('sendAccm 0, receiveAccm 0'),
  },
  {
    name: 'chap-failure',
    ours: ['server'],
    allows: d =>
      d.type === 'failure' &&
      d.field === 'message' &&
      failure(d.captured).replace('R=1', 'R=0').replace('V=0', 'V=3') === failure(d.ours),
  },
]

export interface Verdict {
  readonly forbidden: readonly Difference[]
  /** Names of the deviations that the replay shows. */
  readonly shown: ReadonlySet<string>
}

export function judge(differences: readonly Difference[], ours: Side): Verdict {
  const mine = DEVIATIONS.filter(deviation => deviation.ours.includes(ours))
  const reasons = differences.map(d => mine.find(deviation => deviation.allows(d, differences)))
  return {
    forbidden: differences.filter((_, i) => !reasons[i]),
    shown: new Set(reasons.flatMap(deviation => deviation?.name ?? [])),
  }
}
