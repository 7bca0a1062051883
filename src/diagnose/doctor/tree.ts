/**
 * The fault tree, as data: a question, what it leads to, and at the leaves a cause with how sure it is. The questions are
 * answered in doctor-questions.ts; docs/doctor.md shows the tree as a page.
 *
 * It follows the layers from below, since what is below takes with it what is above: TCP, control connection, call, GRE, LCP,
 * authentication, encryption, addresses; then what happens to a tunnel that is up. The file is
 * long because it is one tree, and is read as one.
 */
import { type Branch, COUNTED, LEFT_OVER, leaf, SEEN, told } from './leaf.ts'
import type { QuestionName } from './questions.ts'
import { DIAL_TREE } from './tree-dial.ts'

/** Where the walk begins, by kind of case. */
export const ROOTS = { tunnel: 'tcp', dial: 'line-busy', trouble: 'is-too-big' } as const satisfies Readonly<
  Record<string, QuestionName>
>

export const TREE: Readonly<Record<QuestionName, Branch>> = {
  // How far did it come?
  tcp: { ask: 'Did TCP to port 1723 open?', yes: 'admitted', no: 'refused' },
  admitted: {
    ask: 'Did the server refuse the control connection because it has too many?',
    yes: told('call-limit'),
    no: 'bad-control',
  },
  'bad-control': {
    ask: 'Is what passes on port 1723 no proper PPTP?',
    yes: told('bad-control', 'the octets are there to be read'),
    no: 'control',
  },
  control: {
    ask: 'Was the control connection established (Start-Control-Connection-Reply)?',
    yes: 'pool',
    no: 'is-too-big',
  },
  pool: {
    ask: 'Does the server say that every address of its pool is taken?',
    yes: told('pool-exhausted'),
    no: 'limit',
  },
  limit: {
    ask: 'Does it say that it has as many calls as it may?',
    yes: told('call-limit'),
    no: 'number-busy',
  },
  'number-busy': {
    ask: 'Does the access server say that the number is busy?',
    yes: told('lines-busy'),
    no: 'number-silent',
  },
  'number-silent': {
    ask: 'Does it say that nobody answers there?',
    yes: told('no-answer'),
    no: 'number-unknown',
  },
  'number-unknown': {
    ask: 'Does it say that there is no such number?',
    yes: told('wrong-number'),
    no: 'call-refused',
  },
  'call-refused': {
    ask: 'Was the call refused in another way?',
    yes: leaf('call-refused', 'likely', 'the reply says no, and only the log of the server says why'),
    no: 'call',
  },
  call: { ask: 'Was the call accepted (result 1)?', yes: 'auth-method', no: 'is-too-big' },
  'auth-method': {
    ask: 'Did an end leave because the other does not take its way of authentication?',
    yes: told('auth-mismatch'),
    no: 'lcp',
  },
  lcp: { ask: 'Did LCP open at the user?', yes: 'radius', no: 'backend' },
  backend: {
    ask: 'Does GRE reach another server than the control connection?',
    yes: leaf('load-balancer', 'certain', SEEN),
    no: 'other-source',
  },
  'other-source': {
    ask: 'Does the answer come from another address than was called?',
    yes: leaf('wrong-source', 'certain', SEEN),
    no: 'both-heard',
  },
  'both-heard': {
    ask: 'Did GRE arrive in both directions?',
    yes: 'lossy',
    no: 'is-too-big',
    unknown: leaf('gre-lost', 'possible', 'one vantage point sees what passes there, not what arrives'),
  },
  lossy: {
    ask: 'Does a line on the way lose many packets?',
    yes: leaf('line-loss', 'certain', 'the line counts what it loses'),
    no: 'spoiling',
  },
  spoiling: {
    ask: 'Does a line on the way change bits of many packets?',
    yes: leaf('line-spoils', 'certain', 'the line is known'),
    no: 'spoiled-late',
  },
  'spoiled-late': {
    ask: 'Do many packets come too late, overtaken by others?',
    yes: leaf('reordering', 'certain', 'the receiver counts what it discards'),
    no: 'loops',
  },
  loops: {
    ask: 'Do both ends go on asking for options of LCP?',
    yes: leaf('lcp-loop', 'likely', 'both were heard and neither was content'),
    no: leaf('unexplained', 'possible', LEFT_OVER),
  },

  // The user
  radius: {
    ask: 'Has the office asked RADIUS in vain?',
    yes: told('radius-silent'),
    no: 'unproved',
  },
  unproved: {
    ask: 'Did the server fail to prove itself?',
    yes: told('server-unproved'),
    no: 'restricted',
  },
  restricted: {
    ask: 'Does the refusal name a restriction (E=646 to 649)?',
    yes: told('account-restricted'),
    no: 'rejected',
  },
  rejected: {
    ask: 'Did the server refuse name and password?',
    yes: told('wrong-password', 'the refusal itself was seen; GRE works in both directions'),
    no: 'encryption',
  },

  // Encryption and addresses
  encryption: {
    ask: 'Did an end leave because encryption did not come about?',
    yes: told('mppe-mismatch'),
    no: 'auth',
  },
  auth: { ask: 'Is the user authenticated?', yes: 'no-address', no: 'proof-unanswered' },
  'proof-unanswered': {
    ask: 'Did a proof of the user stay without an answer, while both ends were heard?',
    yes: leaf('auth-silent', 'likely', 'the proof was sent, and no verdict came'),
    no: 'is-too-big',
  },
  'no-address': {
    ask: 'Did IPCP end without addresses?',
    yes: told('ipcp-failed'),
    no: 'up',
  },
  up: { ask: 'Did the tunnel come up (IPCP opened)?', yes: 'limit-ended', no: 'is-too-big' },

  // A tunnel that was up
  'limit-ended': {
    ask: 'Did the server end it because of an idle or session limit?',
    yes: told('session-limit'),
    no: 'server-ended',
  },
  'server-ended': {
    ask: 'Did the server end it with a message, although the user did not want it?',
    yes: told('server-stopped'),
    no: 'client-ended',
  },
  'client-ended': {
    ask: 'Did the system of the user close TCP without any message before?',
    yes: leaf('client-stopped', 'likely', 'no goodbye was seen before the FIN'),
    no: 'crypto-lost',
  },
  'crypto-lost': {
    ask: 'Is MPPE stateful and out of step again and again?',
    yes: leaf('mppe-stateful-loss', 'certain', 'the receiver counts what it cannot read, and asks for resets'),
    no: 'overtaken',
  },
  overtaken: {
    ask: 'Do many packets come too late, overtaken by others?',
    yes: leaf('reordering', 'certain', 'the receiver counts what it discards'),
    no: 'too-big',
  },
  'too-big': {
    ask: 'Are large packets discarded for their size again and again?',
    yes: 'icmp-blocked',
    no: 'is-too-big',
  },
  'icmp-blocked': {
    ask: 'Does a box on the way swallow the ICMP message about it?',
    yes: leaf('icmp-filtered', 'certain', SEEN),
    no: leaf('mtu-black-hole', 'likely', 'the message about it was sent, and the sender goes on as before'),
  },

  // A refusal of TCP
  refused: {
    ask: 'Is the refusal that of the server itself (RST)?',
    yes: leaf('service-down', 'certain', 'the request has reached the machine, and the machine has refused it'),
    no: 'is-too-big',
  },

  // Where is it lost? Asked of TCP while there is no call, of GRE afterwards, and of what users complain of.
  'is-too-big': {
    ask: 'Is it discarded for its size, and the message about it swallowed?',
    yes: leaf('icmp-filtered', 'certain', SEEN),
    no: 'is-cable',
  },
  'is-cable': {
    ask: 'Is it lost on a line that is out?',
    yes: leaf('link-cut', 'certain', SEEN),
    no: 'is-noise',
  },
  'is-noise': {
    ask: 'Is it lost on a telephone line with bit errors?',
    yes: leaf('line-noise', 'certain', 'the check sequences of the line count them'),
    no: 'is-power',
  },
  'is-power': { ask: 'Does it end at a machine without power?', yes: 'had-answered', no: 'loses-most' },
  'loses-most': {
    ask: 'Does a line on the way lose a quarter of the packets or more?',
    yes: leaf('line-loss', 'certain', 'the line counts what it loses'),
    no: 'is-spoiled',
  },
  'is-spoiled': {
    ask: 'Is most of it discarded for wrong checksums, and does a line on the way change bits?',
    yes: leaf('line-spoils', 'certain', 'the receivers count wrong checksums, and the line is known'),
    no: 'new-address',
  },
  'had-answered': {
    ask: 'Had that machine answered before?',
    yes: leaf('server-crash', 'certain', SEEN),
    no: leaf('server-down', 'certain', SEEN),
  },
  'new-address': {
    ask: 'Has a NAT box on the way got another public address meanwhile?',
    yes: leaf('nat-new-address', 'certain', 'the box gave its packets two addresses, one after the other'),
    no: 'flushed',
  },
  flushed: {
    ask: 'Has a NAT box on the way forgotten TCP and GRE in one instant?',
    yes: leaf('nat-reboot', 'certain', 'all of its flows ended at once'),
    no: 'rested',
  },
  rested: {
    ask: 'Has a NAT box forgotten the GRE of this call while it rested, and TCP not?',
    yes: leaf('nat-idle-timeout', 'certain', 'the end of the flow was seen, and what came after it was refused'),
    no: 'nat-refuses',
  },
  'nat-refuses': {
    ask: 'Does a NAT box on the way refuse GRE as such?',
    yes: leaf('nat-no-gre', 'certain', SEEN),
    no: 'nat-full',
  },
  'nat-full': {
    ask: 'Has a NAT box no place, or no port, for it?',
    yes: leaf('nat-table-full', 'certain', SEEN),
    no: 'burned',
  },
  burned: {
    ask: 'Was what a PPTP helper expected dropped by a rule, as the first packet of its flow?',
    yes: 'later-dropped',
    no: 'same-call',
  },
  'later-dropped': {
    ask: 'Is that a rule for GRE in any state, or does another rule drop what came later?',
    yes: 'rule-47',
    no: leaf('burned-expectation', 'certain', SEEN),
  },
  'same-call': {
    ask: 'Do two calls between the same addresses have the same call ID?',
    yes: leaf('call-id-clash', 'certain', 'the call IDs were told in both replies'),
    no: 'other-computer',
  },
  'other-computer': {
    ask: 'Does a capture show GRE with the call ID of this call on its way to another computer?',
    yes: told('nat-single-slot', 'the call names its call ID, and GRE with it goes to another computer'),
    no: 'one-place',
  },
  'one-place': {
    ask: 'Does a NAT box take GRE of another computer behind it for this one, or this one’s for that of another?',
    yes: 'one-in-all',
    no: 'old-flow',
  },
  'one-in-all': {
    ask: 'Does that box give all GRE to one computer, whichever server sends it?',
    yes: leaf('nat-one-computer', 'certain', SEEN),
    no: leaf('nat-single-slot', 'certain', SEEN),
  },
  'old-flow': {
    ask: 'Does an older flow of a NAT box stand in its way?',
    yes: 'servers-own',
    no: 'nat-before-server',
  },
  'servers-own': {
    ask: 'Is that flow of what the server itself has sent?',
    yes: leaf(
      'nat-stale-flow',
      'certain',
      'the box keeps a flow for what the server sent first, and no rule had dropped it',
    ),
    no: leaf('nat-stale-flow', 'certain', SEEN),
  },
  'nat-before-server': {
    ask: 'Does GRE of the client end at a NAT box before the server?',
    yes: leaf('server-behind-nat', 'certain', SEEN),
    no: 'nat-ends',
  },
  'nat-ends': { ask: 'Does GRE of the server end at a NAT box?', yes: 'nas-inside', no: 'rule' },
  'nas-inside': {
    ask: 'Is it a call that an access server brings in through the box?',
    yes: leaf('nas-behind-nat', 'certain', COUNTED),
    no: 'nat-helps',
  },
  'nat-helps': {
    ask: 'Has the box a PPTP helper?',
    yes: 'nat-helped',
    no: leaf('nat-no-helper', 'certain', SEEN),
  },
  'nat-helped': {
    ask: 'Did the helper change this call?',
    yes: 'stray-flow',
    no: leaf('helper-blind', 'certain', 'the box has a helper, and the call passed it unchanged'),
  },
  'stray-flow': {
    ask: 'Had GRE of the server come before the call was known, so that the box has a flow of its own for it?',
    yes: leaf('nat-stale-flow', 'certain', 'the flow began before the helper knew the call, and still lives'),
    no: 'older-flow',
  },
  'older-flow': {
    ask: 'Does the box still remember an older flow with the addresses and call IDs of this call?',
    yes: 'same-ids-before',
    no: leaf('nat-idle-timeout', 'possible', 'the helper had known the call, and what came later was refused'),
  },
  'same-ids-before': {
    ask: 'Was there a call with the same call IDs before?',
    yes: leaf('nat-stale-flow', 'certain', 'the flow of the earlier call is there, and takes what this one sends'),
    no: leaf('nat-stale-flow', 'likely', 'the flow is there; whose it was has not been seen'),
  },
  rule: { ask: 'Does a firewall rule or policy drop or refuse it?', yes: 'rule-tcp', no: 'is-route' },
  'rule-tcp': {
    ask: 'Is it TCP to or from port 1723?',
    yes: leaf('port-1723-blocked', 'certain', 'the rule is known'),
    no: 'rule-gre',
  },
  'rule-gre': { ask: 'Is it GRE?', yes: 'rule-47', no: leaf('firewall-blocks', 'certain', 'the rule is known') },
  'rule-47': {
    ask: 'Has that box a rule about port 47?',
    yes: leaf('port-47-mistake', 'certain', 'the rule about the port is there, and counts nothing'),
    no: 'rule-client',
  },
  'rule-client': {
    ask: 'Is it the firewall of the caller itself?',
    yes: leaf('host-firewall', 'certain', 'the rule is known'),
    no: 'rule-server',
  },
  'rule-server': {
    ask: 'Is it the firewall of the server itself?',
    yes: leaf('server-firewall', 'certain', 'the rule is known'),
    no: leaf('gre-blocked', 'certain', 'the rule is known'),
  },
  'is-route': {
    ask: 'Does a router know no route for it?',
    yes: leaf('no-route', 'certain', SEEN),
    no: 'requests-lost',
  },
  'requests-lost': {
    ask: 'Does a line lose even the requests for the address of the next machine?',
    yes: leaf('line-loss', 'certain', SEEN),
    no: 'is-silent',
  },
  'is-silent': {
    ask: 'Does nobody answer for the address of the next machine (ARP)?',
    yes: leaf('server-down', 'likely', 'nobody answers there; switched off or a wrong address look the same'),
    no: 'is-loss',
  },
  'is-loss': {
    ask: 'Does a line on the way lose many packets?',
    yes: leaf('line-loss', 'certain', 'the line counts what it loses'),
    no: 'is-spoiling',
  },
  'is-spoiling': {
    ask: 'Does a line on the way change bits of many packets?',
    yes: leaf('line-spoils', 'certain', 'the line is known'),
    no: 'beside-tunnel',
  },
  'beside-tunnel': {
    ask: 'Does a router know no route for what users sent beside the tunnel?',
    yes: leaf('no-route', 'certain', SEEN),
    no: 'one-deaf',
  },
  'one-deaf': {
    ask: 'Does one end hear nothing of what the other sends by GRE?',
    yes: leaf('gre-lost', 'likely', 'it is sent and does not arrive; the place was not seen'),
    no: 'fell-silent',
  },
  'fell-silent': {
    ask: 'Did echoes or TCP end it because nobody answered any more?',
    yes: 'user-silent',
    no: 'no-syn-ack',
  },
  'user-silent': {
    ask: 'Was it the user who did not answer?',
    yes: leaf('client-gone', 'likely', 'the echoes of the server stayed without an answer'),
    no: leaf('peer-vanished', 'likely', 'echoes stayed without an answer; why was not seen'),
  },
  'no-syn-ack': {
    ask: 'Did TCP to port 1723 get no answer?',
    yes: leaf('server-unreachable', 'likely', 'the requests were seen, and no answer'),
    no: 'no-reply',
  },
  'no-reply': {
    ask: 'Did TCP open and no proper answer of PPTP come?',
    yes: leaf('not-pptp', 'likely', 'TCP works, and PPTP does not'),
    no: leaf('unexplained', 'possible', LEFT_OVER),
  },

  ...DIAL_TREE,
}
