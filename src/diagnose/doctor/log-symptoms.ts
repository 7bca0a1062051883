/**
 * From a line of a log of chat, pptp-linux, pppd or pptpd to what may be behind it, the likeliest first.
 *
 * Sources: the message strings of these programs, logs of the captured machines (test/captures), and what public logs
 * agree on.
 */
import { BEFORE, CALL, NO_GRE, type Symptom } from './symptom.ts'

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
    causes: ['no-answer', 'wrong-number', 'lines-busy', 'line-noise', 'line-failed'],
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
