/**
 * What `expect: state` may name: the paths of the snapshot below a node, with their values. docs/snapshot.md explains
 * them; a path or a value that is not here can never come true, and the lab is refused.
 */
import type { Kind } from './lab.ts'

/** Values of a machine, or `number`. */
export type Values = readonly string[] | 'number'

/** RFC 1661 §4.1: states 0 to 9. */
export const AUTOMATON_STATES = [
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
export const CONTROL_STATES = ['idle', 'wait-ctl-reply', 'established', 'wait-stop-reply'] as const
/** RFC 2637 §3.2.4.2: outgoing calls, PNS. */
const PNS_CALL = ['idle', 'wait-reply', 'established', 'wait-disconnect'] as const
/** RFC 2637 §3.2.3.2, §3.2.4: calls of a server, which is the PAC of some and the PNS of others. */
const SERVER_CALL = ['idle', 'wait-cs-ans', 'wait-connect', 'wait-reply', 'established', 'wait-disconnect'] as const

/** Of a part of a machine: is there one at all? */
export const PRESENCE = ['present', 'absent'] as const
/** A machine that can have none; a check holds that, whatever kind the machine is given later. */
const NO_PPTP: Readonly<Record<string, Values>> = { pptp: ['absent'] }

/** Does it ask for a part of a machine, and not for the state of one? */
export const isPresence = (values: Values): boolean =>
  values !== 'number' && values.every(value => PRESENCE.some(word => word === value))

const PPP: Readonly<Record<string, Values>> = {
  'ppp.phase': PHASE,
  'ppp.lcp': AUTOMATON_STATES,
  'ppp.auth': AUTH,
  'ppp.ccp': AUTOMATON_STATES,
  'ppp.ipcp': AUTOMATON_STATES,
}

/** `node/telephone.ts` */
const LINE = ['idle', 'dialling', 'alerting', 'ringing', 'connected', 'releasing'] as const
/** Of a telephone line: its call and its frames, in the words of RFC 2637 §2.14. */
const LINES: Readonly<Record<string, Values>> = {
  'line.call': LINE,
  ...Object.fromEntries(
    [
      ...['rate', 'framesIn', 'framesOut', 'crcErrors', 'framingErrors', 'hardwareOverruns', 'bufferOverruns'],
      ...['timeOutErrors', 'alignmentErrors'],
    ].map(name => [`line.${name}`, 'number' as const]),
  ),
}
/** `node/nas-line.ts` */
const USE = ['idle', 'naming', 'connecting', 'asking', 'tunnelled', 'local', 'dialling'] as const
const NAS_LINE: Readonly<Record<string, Values>> = {
  call: LINE,
  use: USE,
  ...Object.fromEntries(
    [
      ...['rate', 'waiting', 'dropped', 'framesIn', 'framesOut', 'crcErrors', 'framingErrors', 'hardwareOverruns'],
      ...['bufferOverruns', 'timeOutErrors', 'alignmentErrors'],
    ].map(name => [name, 'number' as const]),
  ),
}
const below = (prefix: string, paths: Readonly<Record<string, Values>>): Record<string, Values> =>
  Object.fromEntries(Object.entries(paths).map(([path, values]) => [`${prefix}.${path}`, values]))

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
  host: { ...NO_PPTP, ...FILTER },
  router: { ...NO_PPTP, ...FILTER },
  firewall: { ...NO_PPTP, ...FILTER },
  'load-balancer': { ...NO_PPTP, ...FILTER, 'servers[SERVER].tcp': 'number', 'servers[SERVER].gre': 'number' },
  switch: NO_PPTP,
  radius: {
    ...NO_PPTP,
    ...FILTER,
    'radius.accepted': 'number',
    'radius.rejected': 'number',
    'radius.sessions': 'number',
    'radius.records': 'number',
  },
  tun: {},
  udp: {},
  client: {
    pptp: PRESENCE,
    'pptp.control': CONTROL_STATES,
    'pptp.call': PNS_CALL,
    ...GRE,
    ...PPP,
    ...LINES,
    ...below('dial', { ...PPP, ...LINES }),
    ...FILTER,
  },
  pstn: {
    ...NO_PPTP,
    'pstn.circuits': 'number',
    'pstn.dialled': 'number',
    'pstn.connected': 'number',
    'pstn.refused': 'number',
  },
  nas: {
    ...FILTER,
    'pptp.calls': 'number',
    'pptp.controls': 'number',
    'ppp.sessions': 'number',
    'pool.used': 'number',
    'pool.free': 'number',
    'line.busy': 'number',
    'line.free': 'number',
    ...below('lines[LINE]', NAS_LINE),
    ...below('calls[USER]', PPP),
  },
  'pptp-server': {
    ...FILTER,
    'pptp.calls': 'number',
    'ppp.sessions': 'number',
    'pool.used': 'number',
    'pool.free': 'number',
    'radius.requests': 'number',
    'radius.answers': 'number',
    'radius.unanswered': 'number',
    'calls[USER].pptp.call': SERVER_CALL,
    ...Object.fromEntries(Object.entries({ ...GRE, ...PPP }).map(([path, values]) => [`calls[USER].${path}`, values])),
  },
}

/** A client that only dials has `ppp` and `line`; of one with a tunnel too, those of its line stand below `dial`. */
export function clientPaths(tunnel: boolean, line: boolean): Readonly<Record<string, Values>> {
  const known = Object.entries(STATE_PATHS.client)
  return Object.fromEntries(
    known.filter(([path]) => {
      if (path.startsWith('pptp.')) return tunnel
      if (path.startsWith('line.')) return !tunnel
      return !path.startsWith('dial.') || (tunnel && line)
    }),
  )
}

/** `LINE` stands for a line of an access server, `SERVER` for one of a load balancer; puts USER for the user in `calls[alice].ppp.lcp`. */
export function generalPath(path: string): { readonly general: string; readonly user: string | undefined } {
  const line = /^lines\[[^\]]+\]\.(.+)$/.exec(path)
  if (line) return { general: `lines[LINE].${line[1]}`, user: undefined }
  const server = /^servers\[[^\]]+\]\.(.+)$/.exec(path)
  if (server) return { general: `servers[SERVER].${server[1]}`, user: undefined }
  const match = /^calls\[([^\]]+)\]\.(.+)$/.exec(path)
  return match ? { general: `calls[USER].${match[2]}`, user: match[1] } : { general: path, user: undefined }
}
