/**
 * From an error number of Windows to what may be behind it, the likeliest first.
 *
 * Sources: the list of RAS error codes of its maker, and Microsoft's notes on PPTP and RRAS. Versions of Windows differ.
 */
import { BEFORE, CALL, NO_GRE, type Symptom } from './symptom.ts'

/** What tells the boxes that keep one tunnel from all other causes, with a telephone and without a capture. */
const ALONE =
  'Ask first: does it work when nobody else behind the same router has been connected, or has tried, for some minutes? Then look at nat-single-slot and call-id-clash before the others.'

/** By error number of Windows. */
export const WINDOWS_SYMPTOMS: Readonly<Record<number, Symptom>> = {
  619: {
    stage: 'the port was closed before the connection was up, mostly after the call and before PPP',
    causes: [...NO_GRE, 'call-refused', 'pool-exhausted', 'auth-mismatch', 'server-pppd', 'not-pptp'],
    mind: ALONE,
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
  721: { stage: CALL, causes: NO_GRE, mind: ALONE },
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
  806: { stage: CALL, causes: NO_GRE, mind: ALONE },
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
