/**
 * What a failed tunnel looks like to its user: the number and the words of Windows, the log lines of pptp-linux and
 * pppd at his machine, and those of pptpd and pppd at a server. A closed list: one entry for each way to fail, before
 * the tunnel was up and after.
 *
 * Sources. `rig`: logs of the captured Linux machines (test/captures). `pppd`, `pptp`, `pptpd`: their message strings
 * (without the numbers of lines; N and ADDRESS stand for what differs), put where those programs would say them.
 * `raserror`: the list of RAS error codes of its maker. `paired`: that this failure gives this code is what public logs agree
 * on, and versions of Windows differ; `also` has what others show. The words of Windows are given in substance.
 *
 * Longer than 400 lines, since it is one table.
 */
import type { TunnelEnd, TunnelEndReason } from '../base/tunnel-end.ts'
import { isServerUnproved, type PppdLines, terminated, unauthenticated } from './pppd-lines.ts'

/** RAS error codes that a user of PPTP or of a modem may meet. */
export const WINDOWS = {
  619: ['PORT_DISCONNECTED', 'The connection could not be established, and its port was closed.'],
  628: ['DISCONNECTION', 'The remote computer ended the connection before it was complete.'],
  629: ['REMOTE_DISCONNECTION', 'The remote computer closed the connection.'],
  646: ['RESTRICTED_LOGON_HOURS', 'The account may not log on at this time of day.'],
  647: ['ACCT_DISABLED', 'The account is disabled.'],
  648: ['PASSWD_EXPIRED', 'The password of the account has expired.'],
  649: ['NO_DIALIN_PERMISSION', 'The account has no permission to dial in.'],
  651: ['FROM_DEVICE', 'The modem or other connecting device has reported an error.'],
  676: ['LINE_BUSY', 'The line is busy.'],
  678: ['NO_ANSWER', 'The remote computer did not respond.'],
  679: ['NO_CARRIER', 'No carrier was detected.'],
  680: ['NO_DIALTONE', 'There is no dial tone.'],
  691: ['AUTHENTICATION_FAILURE', 'Access was denied: the user name or the password is not valid on the domain.'],
  709: ['CHANGING_PASSWORD', 'The password could not be changed.'],
  718: ['PPP_TIMEOUT', 'The remote computer did not respond in time.'],
  720: ['PPP_NO_PROTOCOLS_CONFIGURED', 'No PPP control protocols are agreed on.'],
  721: ['PPP_NO_RESPONSE', 'The remote PPP peer does not respond.'],
  732: ['PPP_NOT_CONVERGING', 'This computer and the remote one could not agree on PPP control protocols.'],
  734: ['PPP_LCP_TERMINATED', 'The PPP link control protocol was terminated.'],
  736: ['PPP_REMOTE_TERMINATED', 'The remote computer terminated the control protocol.'],
  737: ['PPP_LOOPBACK_DETECTED', 'A loopback was detected.'],
  738: ['PPP_NO_ADDRESS_ASSIGNED', 'The server did not assign an address.'],
  741: ['NO_LOCAL_ENCRYPTION', 'This computer does not support the required kind of encryption.'],
  742: ['NO_REMOTE_ENCRYPTION', 'The remote computer does not support the required kind of encryption.'],
  769: ['DEST_NOT_REACHABLE', 'The destination cannot be reached.'],
  778: ['UNABLE_TO_AUTHENTICATE_SERVER', 'It was not possible to verify the identity of the server.'],
  800: [
    'AUTOMATIC_VPN_FAILED',
    'The VPN connection was not made: the server cannot be reached, or settings are wrong.',
  ],
  806: ['VPN_GRE_BLOCKED', 'The VPN connection was begun, but GRE packets do not pass between here and the server.'],
  807: ['VPN_DISCONNECT', 'The connection to the VPN server was interrupted, or the server has no room.'],
  809: ['VPN_TIMEOUT', 'The VPN server does not answer; a device on the way may not let the connection through.'],
  829: ['LINK_FAILURE', 'The modem or other connecting device was disconnected: the link failed.'],
  919: ['AUTH_PROTOCOL_MISMATCH', 'The authentication protocols of the server and of this connection do not match.'],
} as const satisfies Readonly<Record<number, readonly [symbol: string, text: string]>>
export type WindowsCode = keyof typeof WINDOWS

/** What Windows and Linux show, and where that is known from. */
export interface Appearance {
  readonly windows: WindowsCode
  /** What other versions of it show. */
  readonly also?: readonly WindowsCode[]
  /** pptp-linux and pppd at the user's machine; `TRIES` stands for a number. */
  readonly client: readonly string[]
  /** pptpd and pppd at the server. Absent: nothing reaches it. */
  readonly server?: readonly string[]
  readonly source: string
}

/** Before the tunnel was up, and after: where only one of the two can be, it stands for both. */
interface Ways {
  readonly before: Appearance
  readonly after?: Appearance
}

/** Ends that this side wanted, and one that only a server sees. */
const NO_FAILURE = ['closed', 'cleared', 'stopped', 'tcp-aborted', 'not-admitted'] as const
export type FailureReason = Exclude<TunnelEndReason, (typeof NO_FAILURE)[number]>
type Layer = TunnelEnd['layer']

const HANG_UP = 'Modem hangup'
const TERMINATED = 'Connection terminated.'
const MANAGER = 'anon fatal[open_callmgr:pptp.c]: Call manager exited with error 256'
const OPEN_FAILED = 'anon fatal[callmgr_main:pptp_callmgr.c]: Could not open control connection to SERVER'
const LINK_DOWN = 'Serial link appears to be disconnected.'
const MPPE_FAILED = 'MPPE required but peer negotiation failed'
const SHUT_DOWN = 'anon log[callmgr_main:pptp_callmgr.c]: Closing connection (shutdown)'
const CALL_STATE = 'anon log[call_callback:pptp_callmgr.c]: Closing connection (call state)'
const UNHANDLED = 'anon log[callmgr_main:pptp_callmgr.c]: Closing connection (unhandled)'
const READ_ZERO = 'anon log[pptp_read_some:pptp_ctrl.c]: read returned zero, peer has closed'
const STOPPED = 'anon log[ctrlp_disp:pptp_ctrl.c]: Received Stop Control Connection Request.'
const NOTIFIED = 'anon log[ctrlp_disp:pptp_ctrl.c]: Call disconnect notification received (call id N)'
const NO_ECHO = 'anon log[pptp_handle_timer:pptp_ctrl.c]: closing control connection due to missing echo reply'
const NOT_ACCEPTED = 'anon log[ctrlp_disp:pptp_ctrl.c]: Our outgoing call request [callid N] has not been accepted.'
const NEGATIVE = 'anon log[ctrlp_disp:pptp_ctrl.c]: Negative reply received to our Start Control Connection Request'
const connect = (error: string): string => `anon warn[open_inetsock:pptp_callmgr.c]: connect: ${error}`
const PTY = 'CTRL: PTY read or GRE write failed (pty,gre)=(6,7)'
const CLEARED = 'CTRL: Received CALL CLR request (closing call)'
const CONTROL_EOF = 'CTRL: EOF or bad error reading ctrl packet length.'
const ACTIVE_CALL = 'CTRL: Exiting with active call'
const FINISHED = 'CTRL: Client ADDRESS control connection finished'

const lost = (windows: WindowsCode, client: readonly string[], server: readonly string[], source: string) => ({
  windows,
  client,
  server,
  source,
})

/** By reason, and where the layers differ by layer. */
export const FAILURES: Readonly<Record<FailureReason, Ways | Readonly<Partial<Record<Layer, Ways>>>>> = {
  timeout: {
    lcp: {
      before: {
        windows: 806,
        also: [721, 619, 678],
        client: ['LCP: timeout sending Config-Requests', TERMINATED, HANG_UP],
        server: ['LCP: timeout sending Config-Requests', PTY, FINISHED],
        source: 'pppd; raserror 806, 721; paired (GRE does not pass)',
      },
    },
    auth: {
      before: {
        windows: 718,
        also: [619],
        client: ['LCP terminated by peer', TERMINATED, HANG_UP],
        server: [TERMINATED, PTY, FINISHED],
        source: 'raserror 718; paired (the server or what it asks is silent)',
      },
    },
    ccp: {
      before: {
        windows: 742,
        also: [734],
        client: ['CCP: timeout sending Config-Requests', MPPE_FAILED, TERMINATED],
        server: ['CCP: timeout sending Config-Requests'],
        source: 'pppd; raserror 742; paired',
      },
    },
    ipcp: {
      before: {
        windows: 720,
        also: [718],
        client: ['IPCP: timeout sending Config-Requests', TERMINATED, HANG_UP],
        server: ['IPCP: timeout sending Config-Requests'],
        source: 'pppd; raserror 720; paired',
      },
    },
    pptp: {
      before: {
        windows: 807,
        also: [800, 619],
        client: [UNHANDLED, MANAGER, HANG_UP],
        server: [FINISHED],
        source: 'paired (TCP connects, and what answers is no PPTP)',
      },
      after: lost(829, [UNHANDLED, HANG_UP], [FINISHED], 'raserror 829; paired'),
    },
  },
  'peer-closed': {
    lcp: {
      before: {
        windows: 734,
        also: [619, 742],
        client: [HANG_UP, TERMINATED],
        server: [TERMINATED, PTY, FINISHED],
        source: 'rig (server-requires-mppe-client-refuses); raserror 734',
      },
      after: lost(629, [HANG_UP, TERMINATED], [PTY, FINISHED], 'rig (server-hangup-ppp)'),
    },
    ipcp: {
      before: {
        windows: 736,
        also: [720],
        client: ['IPCP terminated by peer', TERMINATED],
        server: [TERMINATED],
        source: 'pppd; raserror 736',
      },
    },
    ccp: {
      before: {
        windows: 742,
        also: [736],
        client: ['CCP terminated by peer', MPPE_FAILED, TERMINATED],
        server: [TERMINATED],
        source: 'pppd; raserror 742',
      },
    },
  },
  'lower-down': {
    before: lost(619, [HANG_UP, TERMINATED], [PTY, FINISHED], 'rig; raserror 619'),
    after: lost(628, [HANG_UP, TERMINATED], [PTY, FINISHED], 'rig; raserror 628'),
  },
  // Where the peer names one of the six codes of MS-CHAP, that one is shown: see `appearanceOf`. First come the lines
  // of pppd-lines.ts, here and where LCP is ended by the peer.
  'auth-failed': {
    before: {
      windows: 691,
      client: [TERMINATED],
      server: [CLEARED, FINISHED],
      source: 'rig (mschapv2-wrong-password); raserror 691',
    },
  },
  'auth-refused': {
    before: {
      windows: 919,
      also: [734, 691],
      client: ['peer refused to authenticate: terminating link', 'LCP terminated by peer', TERMINATED],
      server: ['peer refused to authenticate: terminating link', TERMINATED],
      source: 'pppd; raserror 919, 734; paired',
    },
  },
  'mppe-required': {
    before: {
      windows: 742,
      also: [741, 734],
      client: [MPPE_FAILED, TERMINATED],
      server: [`LCP terminated by peer (${MPPE_FAILED})`, TERMINATED, CLEARED],
      source: 'rig (server-requires-mppe-client-refuses, the ends exchanged); raserror 742',
    },
  },
  'no-address': {
    before: {
      windows: 738,
      also: [720],
      client: ['Could not determine local IP address', TERMINATED],
      server: ['IPCP terminated by peer', TERMINATED],
      source: 'pppd; raserror 738; paired',
    },
  },
  'protocol-rejected': {
    lcp: { before: lost(734, [TERMINATED, HANG_UP], [TERMINATED], 'raserror 734; paired') },
    auth: {
      before: {
        windows: 734,
        also: [919],
        client: ["Protocol-Reject for 'Challenge Handshake Authentication Protocol' (0xc223) received", TERMINATED],
        server: ["Unsupported protocol 'Challenge Handshake Authentication Protocol' (0xc223) received"],
        source: 'raserror 734; paired',
      },
    },
    ccp: {
      before: {
        windows: 742,
        client: ["Protocol-Reject for 'Compression Control Protocol' (0x80fd) received", MPPE_FAILED, TERMINATED],
        server: ["Unsupported protocol 'Compression Control Protocol' (0x80fd) received", TERMINATED],
        source: 'rig (server-requires-mppe-client-refuses); raserror 742',
      },
    },
    ipcp: {
      before: {
        windows: 720,
        client: ["Protocol-Reject for 'Internet Protocol Control Protocol' (0x8021) received", TERMINATED],
        server: ["Unsupported protocol 'Internet Protocol Control Protocol' (0x8021) received", TERMINATED],
        source: 'raserror 720; paired',
      },
    },
  },
  looped: { before: lost(737, ['Serial line is looped back.', TERMINATED], [], 'pppd; raserror 737') },
  'echo-timeout': {
    lcp: {
      before: {
        windows: 829,
        also: [628],
        client: ['No response to TRIES echo-requests', LINK_DOWN, TERMINATED],
        server: ['No response to TRIES echo-requests', LINK_DOWN, FINISHED],
        source: 'rig (client-vanishes); raserror 829; paired',
      },
    },
    pptp: {
      before: {
        windows: 829,
        also: [628],
        client: [NO_ECHO, CALL_STATE, HANG_UP],
        server: [FINISHED],
        source: 'raserror 829; paired (the way of TCP 1723 is lost, or the server)',
      },
    },
  },
  disconnected: {
    before: {
      windows: 628,
      also: [619],
      client: [NOTIFIED, CALL_STATE, HANG_UP],
      server: [ACTIVE_CALL, FINISHED],
      source: 'rig (server-hangup-control); raserror 628',
    },
    after: lost(629, [NOTIFIED, CALL_STATE, HANG_UP], [FINISHED, ACTIVE_CALL], 'rig (server-hangup-control)'),
  },
  refused: {
    before: {
      windows: 807,
      also: [619, 628],
      client: [NOT_ACCEPTED, CALL_STATE, HANG_UP],
      server: ['MGR: No free connection slots or IPs - no more clients can connect!'],
      source: 'pptp; raserror 807; paired (the server has no room)',
    },
  },
  'control-lost': {
    before: lost(619, [READ_ZERO, HANG_UP], [CONTROL_EOF], 'raserror 619; paired'),
    after: lost(629, [READ_ZERO, HANG_UP], [CONTROL_EOF], 'raserror 629; paired'),
  },
  'stopped-by-peer': {
    before: lost(628, [STOPPED, SHUT_DOWN, HANG_UP], [FINISHED], 'pptp; raserror 628'),
    after: lost(629, [STOPPED, SHUT_DOWN, HANG_UP], [FINISHED], 'pptp; raserror 629'),
  },
  version: {
    before: {
      windows: 807,
      also: [619],
      client: [NEGATIVE, HANG_UP],
      server: [FINISHED],
      source: 'paired (no system of today speaks another version)',
    },
  },
  collision: { before: lost(619, [UNHANDLED, HANG_UP], [FINISHED], 'raserror 619; paired') },
  'out-of-sync': {
    before: lost(619, [UNHANDLED, HANG_UP], [FINISHED], 'paired'),
    after: lost(829, [UNHANDLED, HANG_UP], [FINISHED], 'paired'),
  },
  'call-timeout': {
    before: {
      windows: 678,
      also: [807, 619],
      client: [CALL_STATE, MANAGER, HANG_UP],
      server: [FINISHED],
      source: 'raserror 678; paired',
    },
  },
  'tcp-closed': {
    before: {
      windows: 807,
      also: [619],
      client: [READ_ZERO, SHUT_DOWN, MANAGER],
      server: [FINISHED],
      source: 'paired (the service ends while it is dialled)',
    },
    after: lost(629, [READ_ZERO, SHUT_DOWN, HANG_UP], [FINISHED], 'rig (server-hangup-ppp); raserror 629'),
  },
  'tcp-refused': {
    before: {
      windows: 800,
      also: [678, 769, 619],
      client: [connect('Connection refused'), OPEN_FAILED, MANAGER, HANG_UP],
      source: 'pptp; raserror 800; paired',
    },
  },
  'tcp-reset': {
    before: {
      windows: 807,
      also: [619],
      client: [UNHANDLED, MANAGER, HANG_UP],
      server: [CONTROL_EOF],
      source: 'raserror 807; paired',
    },
    after: lost(829, [UNHANDLED, HANG_UP], [CONTROL_EOF], 'raserror 829; paired'),
  },
  'tcp-timeout': {
    before: {
      windows: 800,
      also: [809, 807, 678, 721],
      client: [connect('Connection timed out'), OPEN_FAILED, MANAGER, HANG_UP],
      source: 'pptp; raserror 800, 809; paired (TCP 1723 is filtered, or the machine is off)',
    },
    after: lost(829, [UNHANDLED, HANG_UP], [CONTROL_EOF], 'raserror 829; paired'),
  },
  'tcp-unreachable': {
    before: {
      windows: 800,
      also: [769, 678],
      client: [connect('No route to host'), OPEN_FAILED, MANAGER, HANG_UP],
      source: 'pptp; raserror 800, 769; paired',
    },
    after: lost(829, [UNHANDLED, HANG_UP], [CONTROL_EOF], 'raserror 829; paired'),
  },
}

/** The six codes of MS-CHAP (RFC 2759 §6) are those of Windows itself. */
const MSCHAP: ReadonlySet<number> = new Set([646, 647, 648, 649, 691, 709])

const isWays = (entry: Ways | Readonly<Partial<Record<Layer, Ways>>>): entry is Ways => 'before' in entry

/**
 * The entry for an end as a client had it; undefined: it was no failure. `up`: the tunnel had been up. `lastAuth`: the
 * protocol of the last message of authentication that it saw.
 */
export function appearanceOf(end: TunnelEnd, up: boolean, lastAuth?: string): Appearance | undefined {
  const { layer, reason, detail } = end
  if (!isFailure(reason)) return undefined
  const entry = FAILURES[reason]
  const ways = isWays(entry) ? entry : (entry[layer] ?? Object.values(entry)[0])
  const found = up ? (ways.after ?? ways.before) : ways.before
  if (reason === 'peer-closed' && layer === 'lcp') return after(terminated(end), found)
  if (reason !== 'auth-failed') return found
  const whole = after(unauthenticated(end, lastAuth), found)
  if (isServerUnproved(end)) return { ...whole, windows: 778, also: [691] }
  const said = Number(/\berror (\d+)/.exec(detail)?.[1])
  return MSCHAP.has(said) ? { ...whole, windows: said as WindowsCode } : whole
}

const after = ({ client, server }: PppdLines, found: Appearance): Appearance => ({
  ...found,
  client: [...client, ...found.client],
  server: [...server, ...(found.server ?? [])],
})

export const isFailure = (reason: TunnelEndReason): reason is FailureReason =>
  !(NO_FAILURE as readonly string[]).includes(reason)
