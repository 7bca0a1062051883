/**
 * What `expect: state` may name: the paths of the snapshot below a node, with their values. docs/snapshot.md explains
 * them; a path or a value that is not here can never come true, and the lab is refused.
 */
import type { Kind } from './lab.ts'

/** Values of a machine, or `number`. */
export type Values = readonly string[] | 'number'

/** RFC 1661 §4.2 */
const AUTOMATON = [
  'initial',
  'starting',
  'closed',
  'stopped',
  'closing',
  'stopping',
  'req-sent',
  'ack-rcvd',
  'ack-sent',
  'opened',
] as const
/** RFC 1661 §3.2 */
const PHASE = ['dead', 'establish', 'authenticate', 'network', 'terminate'] as const
const AUTH = ['idle', 'authenticating', 'authenticated', 'failed'] as const
/** RFC 2637 §3.1: originator and recipient together. */
const CONTROL = ['idle', 'wait-ctl-reply', 'established', 'wait-stop-reply'] as const
/** RFC 2637 §3.2.4.2: outgoing calls, PNS. */
const PNS_CALL = ['idle', 'wait-reply', 'established', 'wait-disconnect'] as const
/** RFC 2637 §3.2.4.1: outgoing calls, PAC. */
const PAC_CALL = ['idle', 'wait-cs-ans', 'established'] as const

const PPP: Readonly<Record<string, Values>> = {
  'ppp.phase': PHASE,
  'ppp.lcp': AUTOMATON,
  'ppp.auth': AUTH,
  'ppp.ccp': AUTOMATON,
  'ppp.ipcp': AUTOMATON,
}

/** What the GRE packets of a call did (`TunnelStatistics`). */
const GRE: Readonly<Record<string, Values>> = Object.fromEntries(
  [
    ...['sent', 'received', 'acknowledged', 'acksSent', 'acksReceived', 'lost', 'late', 'duplicates', 'held'],
    ...['holding', 'timeOuts', 'window', 'outstanding', 'waiting', 'rtt', 'ato'],
  ].map(name => [`pptp.gre.${name}`, 'number']),
)

/** What a packet filter has done and knows; a machine without one has none of them. */
const FILTER: Readonly<Record<string, Values>> = Object.fromEntries(
  ['dropped', 'connections', 'expected', 'insertFailed'].map(name => [`filter.${name}`, 'number']),
)

/** `USER` stands for the name of a user of the server. */
export const STATE_PATHS: Readonly<Record<Kind, Readonly<Record<string, Values>>>> = {
  host: FILTER,
  router: {},
  firewall: FILTER,
  switch: {},
  radius: {
    'radius.accepted': 'number',
    'radius.rejected': 'number',
    'radius.sessions': 'number',
    'radius.records': 'number',
  },
  tun: {},
  udp: {},
  client: { 'pptp.control': CONTROL, 'pptp.call': PNS_CALL, ...GRE, ...PPP, ...FILTER },
  'pptp-server': {
    ...FILTER,
    'pptp.calls': 'number',
    'ppp.sessions': 'number',
    'pool.used': 'number',
    'pool.free': 'number',
    'radius.requests': 'number',
    'radius.answers': 'number',
    'radius.unanswered': 'number',
    'calls[USER].pptp.call': PAC_CALL,
    ...Object.fromEntries(Object.entries({ ...GRE, ...PPP }).map(([path, values]) => [`calls[USER].${path}`, values])),
  },
}

/** Puts USER for the user in `calls[alice].ppp.lcp`. */
export function generalPath(path: string): { readonly general: string; readonly user: string | undefined } {
  const match = /^calls\[([^\]]+)\]\.(.+)$/.exec(path)
  return match ? { general: `calls[USER].${match[2]}`, user: match[1] } : { general: path, user: undefined }
}
