/**
 * From a symptom alone to what may be behind it, the likeliest first: error numbers of Windows, and lines of the logs of
 * pptp-linux, pppd and pptpd.
 *
 * Sources: the list of RAS error codes of its maker, Microsoft's notes on PPTP and RRAS, the message strings of pptp-linux, pppd and
 * pptpd, logs of the captured machines (test/captures), and what public logs agree on. Versions of Windows differ.
 */
import type { CauseName } from './doctor-causes.ts'

export interface Symptom {
  /** How far the connection had come when it showed. */
  readonly stage: string
  readonly causes: readonly CauseName[]
  /** What it is not, or what must not be read into it. */
  readonly mind?: string
}

const CALL = 'TCP port 1723 and the call work; PPP hears nobody'
const BEFORE = 'before or while TCP port 1723 is opened'
const NO_GRE: readonly CauseName[] = [
  'gre-blocked',
  'nat-no-helper',
  'nat-single-slot',
  'server-behind-nat',
  'host-firewall',
  'port-47-mistake',
  'nat-no-gre',
  'server-firewall',
  'load-balancer',
  'call-id-clash',
  'burned-expectation',
  'nas-behind-nat',
]

/** By error number of Windows. */
export const WINDOWS_SYMPTOMS: Readonly<Record<number, Symptom>> = {
  619: {
    stage: 'the port was closed before the connection was up, mostly after the call and before PPP',
    causes: [...NO_GRE, 'call-refused', 'pool-exhausted', 'auth-mismatch', 'server-pppd', 'not-pptp'],
  },
  628: {
    stage: 'the other side closed',
    causes: ['call-limit', 'pool-exhausted', 'server-stopped', 'peer-vanished', 'nat-reboot', 'wrong-password'],
  },
  629: {
    stage: 'the tunnel was up, and the other side closed',
    causes: ['server-stopped', 'session-limit', 'nat-reboot', 'server-crash'],
  },
  646: { stage: 'authentication; the tunnel works', causes: ['account-restricted'] },
  647: { stage: 'authentication; the tunnel works', causes: ['account-restricted'] },
  648: { stage: 'authentication; the tunnel works', causes: ['account-restricted'] },
  649: { stage: 'authentication; the tunnel works', causes: ['account-restricted'] },
  650: { stage: CALL, causes: NO_GRE, mind: 'Shown by old versions only.' },
  651: { stage: 'the machine of the user itself', causes: ['local-driver', 'server-pppd', ...NO_GRE.slice(0, 2)] },
  676: { stage: 'the telephone call', causes: ['lines-busy', 'no-answer'] },
  678: {
    stage: BEFORE,
    causes: [
      'port-1723-blocked',
      'server-down',
      'server-unreachable',
      'no-route',
      'service-down',
      'gre-blocked',
      'link-cut',
      'no-answer',
      'wrong-number',
      'lines-busy',
    ],
    mind: 'Of a dial-up: the telephone was not answered; of a VPN: the server was not.',
  },
  679: { stage: 'the telephone call', causes: ['no-answer', 'wrong-number', 'lines-busy', 'line-noise'] },
  680: { stage: 'the telephone line of the user', causes: ['link-cut'] },
  691: {
    stage: 'authentication; TCP 1723 and GRE work in both directions',
    causes: ['wrong-password', 'account-restricted', 'radius-silent', 'auth-mismatch'],
    mind: 'A silent RADIUS server may look like a wrong password.',
  },
  708: { stage: 'authentication; the tunnel works', causes: ['account-restricted'] },
  709: { stage: 'authentication; the password is to be changed', causes: ['account-restricted'] },
  718: {
    stage: 'authentication; both ends were heard',
    causes: ['radius-silent', 'auth-silent', 'line-loss', 'ipcp-failed'],
  },
  720: { stage: 'IPCP; the user is authenticated', causes: ['ipcp-failed', 'pool-exhausted', 'local-driver'] },
  721: { stage: CALL, causes: NO_GRE },
  732: { stage: 'PPP goes round in circles', causes: ['lcp-loop', 'auth-mismatch', 'ipcp-failed'] },
  734: { stage: 'LCP was ended by the other side', causes: ['auth-mismatch', 'mppe-mismatch', 'server-pppd'] },
  736: { stage: 'the other side ended a protocol of PPP', causes: ['ipcp-failed', 'mppe-mismatch'] },
  737: { stage: 'LCP', causes: ['lcp-loop'] },
  738: { stage: 'IPCP', causes: ['ipcp-failed', 'pool-exhausted'] },
  741: { stage: 'CCP; the user is authenticated', causes: ['mppe-mismatch'] },
  742: { stage: 'CCP; the user is authenticated', causes: ['mppe-mismatch', 'auth-mismatch'] },
  768: { stage: 'the machine of the user itself', causes: ['local-driver'] },
  769: { stage: BEFORE, causes: ['no-route', 'port-1723-blocked', 'server-down', 'dns', 'service-down', 'link-cut'] },
  778: { stage: 'authentication of the server', causes: ['server-unproved'] },
  800: {
    stage: BEFORE,
    causes: [
      'port-1723-blocked',
      'service-down',
      'server-unreachable',
      'server-down',
      'no-route',
      'dns',
      'not-pptp',
      'nat-table-full',
    ],
  },
  806: { stage: CALL, causes: NO_GRE },
  807: {
    stage: 'TCP port 1723 was open, or was lost',
    causes: [
      'call-limit',
      'pool-exhausted',
      'not-pptp',
      'call-refused',
      'port-1723-blocked',
      'line-loss',
      'server-crash',
    ],
  },
  809: {
    stage: BEFORE,
    causes: ['port-1723-blocked', 'server-unreachable', 'server-down', 'no-route'],
    mind: 'Mostly seen with L2TP and IKEv2: ports 500 and 4500 are another matter.',
  },
  812: { stage: 'authentication; refused by a policy', causes: ['auth-mismatch', 'account-restricted'] },
  829: {
    stage: 'the tunnel was up',
    causes: [
      'nat-idle-timeout',
      'nat-reboot',
      'link-cut',
      'server-crash',
      'nat-new-address',
      'peer-vanished',
      'line-loss',
    ],
  },
  868: { stage: 'the name of the server', causes: ['dns'] },
  919: { stage: 'authentication', causes: ['auth-mismatch'] },
  930: { stage: 'authentication', causes: ['radius-silent', 'auth-silent'] },
}

/** A line of a log; the first pattern that fits counts, so the particular stand before the general. */
export const LOG_SYMPTOMS: readonly (Symptom & { readonly line: RegExp; readonly sample: string })[] = [
  {
    line: /gethostbyname|name (?:or service not known|lookup)|could not resolve/i,
    sample: 'gethostbyname: HOST NOT FOUND',
    stage: 'the name of the server',
    causes: ['dns'],
  },
  {
    line: /connect: Connection timed out/i,
    sample: 'anon warn[open_inetsock:pptp_callmgr.c]: connect: Connection timed out',
    stage: BEFORE,
    causes: ['port-1723-blocked', 'server-unreachable', 'server-down', 'no-route'],
  },
  {
    line: /connect: Connection refused/i,
    sample: 'anon warn[open_inetsock:pptp_callmgr.c]: connect: Connection refused',
    stage: BEFORE,
    causes: ['service-down', 'port-1723-blocked'],
    mind: 'A firewall that answers with a TCP reset looks the same.',
  },
  {
    line: /connect: (?:No route to host|Network is unreachable)/i,
    sample: 'anon warn[open_inetsock:pptp_callmgr.c]: connect: No route to host',
    stage: BEFORE,
    causes: ['port-1723-blocked', 'server-down', 'no-route'],
  },
  {
    line: /Could not open control connection|Call manager exited/i,
    sample: 'anon fatal[open_callmgr:pptp.c]: Call manager exited with error 256',
    stage: BEFORE,
    causes: ['port-1723-blocked', 'service-down', 'server-down', 'not-pptp'],
    mind: 'The line before it names the error.',
  },
  {
    line: /short read \(-1\): (?:Protocol not available|Connection refused)/i,
    sample: 'anon warn[decaps_gre:pptp_gre.c]: short read (-1): Protocol not available',
    stage: 'GRE is refused by an ICMP error',
    causes: ['nat-no-helper', 'nat-idle-timeout', 'nat-reboot', 'server-behind-nat', 'server-pppd'],
  },
  {
    line: /short read \(-1\): Operation not permitted/i,
    sample: 'anon warn[decaps_gre:pptp_gre.c]: short read (-1): Operation not permitted',
    stage: 'the machine of the user itself drops what it sends',
    causes: ['host-firewall'],
  },
  {
    line: /short read \(-1\): (?:No route to host|Network is unreachable)/i,
    sample: 'anon warn[decaps_gre:pptp_gre.c]: short read (-1): No route to host',
    stage: 'GRE is refused by a firewall',
    causes: ['gre-blocked', 'server-down'],
  },
  {
    line: /from network failed.*Message too long|Message too long/i,
    sample: 'GRE: read(fd=7) from network failed: status = -1 error = Message too long',
    stage: 'large packets',
    causes: ['mtu-black-hole', 'icmp-filtered'],
  },
  {
    line: /read.*from network failed.*Protocol not available/i,
    sample: 'GRE: read(fd=7) from network failed: status = -1 error = Protocol not available',
    stage: 'GRE is refused by an ICMP error',
    causes: ['nat-no-helper', 'nat-idle-timeout', 'nat-reboot', 'client-gone'],
  },
  {
    line: /from PTY failed|PTY read or GRE write failed/i,
    sample: 'CTRL: PTY read or GRE write failed (pty,gre)=(6,7)',
    stage: 'pppd at the server has ended',
    causes: ['server-pppd', ...NO_GRE.slice(0, 5), 'auth-mismatch', 'mppe-mismatch'],
    mind: 'A consequence: the lines of pppd above it say why.',
  },
  {
    line: /GRE read or PTY write failed/i,
    sample: 'CTRL: GRE read or PTY write failed (gre,pty)=(7,6)',
    stage: 'the network refused GRE',
    causes: ['nat-no-helper', 'nat-idle-timeout', 'gre-blocked', 'client-gone'],
  },
  {
    line: /No free connection slots|not enough IP|no more clients can connect/i,
    sample: 'MGR: No free connection slots or IPs - no more clients can connect!',
    stage: 'the server has no room',
    causes: ['pool-exhausted', 'call-limit'],
  },
  {
    line: /outgoing call request.*has not been accepted/i,
    sample: 'Our outgoing call request [callid 0] has not been accepted.',
    stage: 'the call',
    causes: ['call-limit', 'pool-exhausted', 'call-refused'],
  },
  {
    line: /LCP: timeout sending Config-Requests/i,
    sample: 'LCP: timeout sending Config-Requests',
    stage: CALL,
    causes: NO_GRE,
    mind: 'If the log shows LCP requests of the other side (rcvd), only one direction is dead: at the client the way up, at the server the way down.',
  },
  {
    line: /CCP: timeout sending Config-Requests/i,
    sample: 'CCP: timeout sending Config-Requests',
    stage: 'CCP',
    causes: ['mppe-mismatch', 'line-loss'],
  },
  {
    line: /IPCP: timeout sending Config-Requests|Could not determine (?:local|remote) IP address/i,
    sample: 'IPCP: timeout sending Config-Requests',
    stage: 'IPCP',
    causes: ['ipcp-failed', 'pool-exhausted'],
  },
  {
    line: /E=64[6-9]|Account disabled|Password expired|No dialin permission|Restricted logon/i,
    sample: 'E=649 No dialin permission',
    stage: 'authentication; the tunnel works',
    causes: ['account-restricted'],
  },
  {
    line: /mutual authentication failed|peer authentication failed for|failed to prove/i,
    sample: 'MS-CHAPv2 mutual authentication failed.',
    stage: 'authentication of the server',
    causes: ['server-unproved', 'wrong-password'],
  },
  {
    line: /refused to authenticate|No auth is possible|auth(?:entication)? protocol.*(?:mismatch|refused)/i,
    sample: 'peer refused to authenticate: terminating link',
    stage: 'LCP: authentication',
    causes: ['auth-mismatch'],
  },
  {
    line: /CHAP authentication failed|PAP authentication failed|E=691|Access denied|failed CHAP authentication|Authentication failed/i,
    sample: 'CHAP authentication failed',
    stage: 'authentication; TCP 1723 and GRE work',
    causes: ['wrong-password', 'account-restricted', 'radius-silent', 'auth-mismatch'],
  },
  {
    line: /rc_.*(?:timeout|no reply)|RADIUS.*(?:not respond|no response|timed? ?out)/i,
    sample: 'rc_send_server: no reply from RADIUS server',
    stage: 'authentication',
    causes: ['radius-silent'],
  },
  {
    line: /MPPE required|Refusing MPPE|MPPE.*negotiation failed/i,
    sample: 'MPPE required but peer negotiation failed',
    stage: 'CCP; the user is authenticated',
    causes: ['mppe-mismatch'],
  },
  {
    line: /No response to \d+ echo-requests|Serial link appears to be disconnected/i,
    sample: 'No response to 4 echo-requests',
    stage: 'the tunnel was up',
    causes: ['nat-idle-timeout', 'link-cut', 'server-crash', 'nat-reboot', 'client-gone', 'line-loss'],
  },
  {
    line: /missing echo reply/i,
    sample: 'closing control connection due to missing echo reply',
    stage: 'TCP port 1723 was up',
    causes: ['server-crash', 'link-cut', 'nat-reboot', 'peer-vanished'],
  },
  {
    line: /discarding duplicate or old packet/i,
    sample: 'discarding duplicate or old packet 12 (expecting 14)',
    stage: 'the tunnel is up',
    causes: ['reordering', 'call-id-clash', 'nat-single-slot'],
    mind: 'One now and then is harmless.',
  },
  {
    line: /lack of activity|Link inactive|Connect time expired/i,
    sample: 'Terminating connection due to lack of activity.',
    stage: 'the tunnel was up',
    causes: ['session-limit'],
  },
  {
    line: /Call disconnect notification received|Received Stop Control Connection/i,
    sample: 'Call disconnect notification received (call id 0)',
    stage: 'the server ended it',
    causes: ['server-stopped', 'session-limit', 'call-limit'],
  },
  {
    line: /read returned zero, peer has closed/i,
    sample: 'read returned zero, peer has closed',
    stage: 'the server closed TCP',
    causes: ['server-stopped', 'server-pppd', 'not-pptp'],
  },
  {
    line: /EOF or bad error reading ctrl packet length/i,
    sample: 'CTRL: EOF or bad error reading ctrl packet length.',
    stage: 'the client closed or reset TCP',
    causes: ['client-stopped', 'nat-reboot', 'client-gone'],
  },
  {
    line: /set tty to PPP discipline|Couldn't open.*ppp|ppp.*module/i,
    sample: "Couldn't set tty to PPP discipline",
    stage: 'the machine of the user itself',
    causes: ['local-driver'],
  },
  { line: /Serial line is looped back/i, sample: 'Serial line is looped back.', stage: 'LCP', causes: ['lcp-loop'] },
  {
    line: /unrecognized option|plugin.*(?:version|load)/i,
    sample: 'Plugin pptpd-logwtmp.so is for pppd version 2.4.5, this is 2.4.9',
    stage: 'pppd at the server',
    causes: ['server-pppd'],
  },
  {
    line: /LCP terminated by peer/i,
    sample: 'LCP terminated by peer',
    stage: 'the other side ended LCP',
    causes: ['auth-mismatch', 'mppe-mismatch', 'wrong-password', 'server-stopped'],
  },
  {
    line: /Input\/output error/i,
    sample: 'Input/output error',
    stage: 'the way to the device or the server is gone',
    causes: ['not-pptp', 'local-driver', 'server-pppd'],
  },
  {
    line: /Failed \(BUSY\)/i,
    sample: 'Failed (BUSY)',
    stage: 'the telephone call',
    causes: ['lines-busy'],
    mind: 'The telephone network sounds busy too when it has no way to the number.',
  },
  {
    line: /Failed \(NO (?:ANSWER|CARRIER)\)/i,
    sample: 'Failed (NO CARRIER)',
    stage: 'the telephone call',
    causes: ['no-answer', 'wrong-number', 'line-noise', 'line-failed'],
    mind: 'A modem hears tones only: it cannot tell a number that nobody has from one that is not answered.',
  },
  {
    line: /Failed \(NO DIALTONE\)/i,
    sample: 'Failed (NO DIALTONE)',
    stage: 'the telephone line of the user',
    causes: ['link-cut'],
  },
  {
    line: /Closing connection \(unhandled\)/i,
    sample: 'anon log[callmgr_main:pptp_callmgr.c]: Closing connection (unhandled)',
    stage: 'the control connection was closed or reset while the tunnel was up',
    causes: ['nat-reboot', 'nat-new-address', 'server-crash', 'server-stopped', 'nat-idle-timeout'],
  },
  {
    line: /Modem hangup|Connection terminated/i,
    sample: 'Modem hangup',
    stage: 'pppd has lost what carried it',
    causes: ['gre-blocked', 'nat-no-helper', 'server-stopped', 'peer-vanished', 'call-refused', 'line-failed'],
    mind: 'It says nothing of the reason: look at the lines above it.',
  },
]

/** Lines that look bad and are not. */
export const HARMLESS: readonly { readonly line: RegExp; readonly why: string }[] = [
  {
    line: /GRE: Bad checksum from pppd/i,
    why: 'it comes once at the start of good sessions too: the first frame, echoed by the terminal',
  },
  { line: /Ignored a SET LINK INFO/i, why: 'pptpd ignores what GRE has no use for' },
  { line: /Outgoing call established/i, why: 'the call is up: TCP port 1723 works, and nothing is said about GRE yet' },
  { line: /MPPE disabled/i, why: 'said at the end of every encrypted session' },
]

export type Consulted =
  | { readonly symptom: Symptom; readonly text: string }
  | { readonly harmless: string; readonly text: string }

/** Undefined: no such number is known. */
export const ofWindows = (code: number): Consulted | undefined =>
  WINDOWS_SYMPTOMS[code] === undefined ? undefined : { symptom: WINDOWS_SYMPTOMS[code], text: `Windows, error ${code}` }

/** The lines of a log that say something, each symptom once. */
export function ofLog(log: string): Consulted[] {
  const found = new Map<unknown, Consulted>()
  for (const text of log.split(/\r?\n/).map(line => line.trim())) {
    const symptom = LOG_SYMPTOMS.find(({ line }) => line.test(text))
    const harmless = HARMLESS.find(({ line }) => line.test(text))
    if (symptom && !found.has(symptom)) found.set(symptom, { symptom, text })
    else if (!symptom && harmless && !found.has(harmless)) found.set(harmless, { harmless: harmless.why, text })
  }
  // The particular before the general, as in the list; what is harmless last.
  const place = (one: Consulted): number =>
    'symptom' in one ? (LOG_SYMPTOMS as readonly Symptom[]).indexOf(one.symptom) : LOG_SYMPTOMS.length
  return [...found.values()].sort((a, b) => place(a) - place(b))
}
