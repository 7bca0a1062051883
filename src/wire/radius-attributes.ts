/**
 * The attributes of RADIUS that a PPTP server meets: their numbers, names and what stands in them. RFC 2865 §5 and
 * RFC 2866 §5, RFC 2868 §3 (tunnels), RFC 2869 §5 (Message-Authenticator, Acct-Interim-Interval), RFC 2548 §2
 * (Microsoft, vendor 311). An attribute that is not here is shown as octets.
 */

/** The attributes of the RFCs themselves stand under vendor 0. */
export const IETF = 0
export const MICROSOFT = 311

/** `hidden` can be read by none who lacks the shared secret, `octets` by nobody who looks. */
export type Kind = 'text' | 'address' | 'number' | 'octets' | 'hidden'

export interface Rule {
  readonly name: string
  readonly kind: Kind
  /** What the numbers mean. */
  readonly codes?: Readonly<Record<number, string>>
}

const text = (name: string): Rule => ({ name, kind: 'text' })
const address = (name: string): Rule => ({ name, kind: 'address' })
const octets = (name: string): Rule => ({ name, kind: 'octets' })
const hidden = (name: string): Rule => ({ name, kind: 'hidden' })
const number = (name: string, codes?: Readonly<Record<number, string>>): Rule =>
  codes ? { name, kind: 'number', codes } : { name, kind: 'number' }

/** RFC 2865 §5 */
export const TYPE = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  framedProtocol: 7,
  framedIpAddress: 8,
  framedMtu: 12,
  replyMessage: 18,
  framedRoute: 22,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  idleTimeout: 28,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctAuthentic: 45,
  acctSessionTime: 46,
  acctInputPackets: 47,
  acctOutputPackets: 48,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  chapChallenge: 60,
  nasPortType: 61,
  messageAuthenticator: 80,
  acctInterimInterval: 85,
} as const

/** RFC 2548 §2 */
export const MS = {
  chapResponse: 1,
  chapError: 2,
  mppeEncryptionPolicy: 7,
  mppeEncryptionTypes: 8,
  chapChallenge: 11,
  chapMppeKeys: 12,
  mppeSendKey: 16,
  mppeRecvKey: 17,
  chap2Response: 25,
  chap2Success: 26,
  primaryDnsServer: 28,
  secondaryDnsServer: 29,
  primaryNbnsServer: 30,
  secondaryNbnsServer: 31,
} as const

/** RFC 2865 §5.6, §5.7, §5.41: what we say of a caller. */
export const SERVICE_FRAMED = 2
export const FRAMED_PPP = 1
export const PORT_VIRTUAL = 5

/** RFC 2866 §5.1 */
export const STATUS = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const
/** RFC 2866 §5.6 */
export const AUTHENTIC = { radius: 1, local: 2 } as const
/** RFC 2866 §5.10 */
export const CAUSE = {
  'user-request': 1,
  'lost-carrier': 2,
  'lost-service': 3,
  'idle-timeout': 4,
  'session-timeout': 5,
  'admin-reset': 6,
  'admin-reboot': 7,
  'port-error': 8,
  'nas-error': 9,
  'nas-request': 10,
  'nas-reboot': 11,
  'user-error': 17,
} as const
export type Cause = keyof typeof CAUSE

const swap = (codes: Readonly<Record<string, number>>): Readonly<Record<number, string>> =>
  Object.fromEntries(Object.entries(codes).map(([name, code]) => [code, name]))

const IETF_RULES: Readonly<Record<number, Rule>> = {
  1: text('User-Name'),
  2: hidden('User-Password'),
  3: octets('CHAP-Password'),
  4: address('NAS-IP-Address'),
  5: number('NAS-Port'),
  6: number('Service-Type', { 1: 'Login', 2: 'Framed', 8: 'Authenticate Only' }),
  7: number('Framed-Protocol', { 1: 'PPP', 2: 'SLIP' }),
  8: address('Framed-IP-Address'),
  9: address('Framed-IP-Netmask'),
  10: number('Framed-Routing', { 0: 'None', 1: 'Send', 2: 'Listen', 3: 'Send and Listen' }),
  11: text('Filter-Id'),
  12: number('Framed-MTU'),
  13: number('Framed-Compression', { 0: 'None', 1: 'VJ TCP/IP' }),
  14: address('Login-IP-Host'),
  15: number('Login-Service', { 0: 'Telnet' }),
  18: text('Reply-Message'),
  22: text('Framed-Route'),
  24: octets('State'),
  25: octets('Class'),
  27: number('Session-Timeout'),
  28: number('Idle-Timeout'),
  29: number('Termination-Action', { 0: 'Default', 1: 'RADIUS-Request' }),
  30: text('Called-Station-Id'),
  31: text('Calling-Station-Id'),
  32: text('NAS-Identifier'),
  33: octets('Proxy-State'),
  40: number('Acct-Status-Type', swap(STATUS)),
  41: number('Acct-Delay-Time'),
  42: number('Acct-Input-Octets'),
  43: number('Acct-Output-Octets'),
  44: text('Acct-Session-Id'),
  45: number('Acct-Authentic', swap(AUTHENTIC)),
  46: number('Acct-Session-Time'),
  47: number('Acct-Input-Packets'),
  48: number('Acct-Output-Packets'),
  49: number('Acct-Terminate-Cause', swap(CAUSE)),
  50: text('Acct-Multi-Session-Id'),
  51: number('Acct-Link-Count'),
  52: number('Acct-Input-Gigawords'),
  53: number('Acct-Output-Gigawords'),
  55: number('Event-Timestamp'),
  60: octets('CHAP-Challenge'),
  61: number('NAS-Port-Type', { 0: 'Async', 5: 'Virtual' }),
  62: number('Port-Limit'),
  64: octets('Tunnel-Type'),
  65: octets('Tunnel-Medium-Type'),
  66: text('Tunnel-Client-Endpoint'),
  67: text('Tunnel-Server-Endpoint'),
  79: octets('EAP-Message'),
  80: octets('Message-Authenticator'),
  85: number('Acct-Interim-Interval'),
  87: text('NAS-Port-Id'),
}

const MICROSOFT_RULES: Readonly<Record<number, Rule>> = {
  1: octets('MS-CHAP-Response'),
  2: octets('MS-CHAP-Error'),
  3: octets('MS-CHAP-CPW-1'),
  4: octets('MS-CHAP-CPW-2'),
  7: number('MS-MPPE-Encryption-Policy', { 1: 'Encryption-Allowed', 2: 'Encryption-Required' }),
  8: number('MS-MPPE-Encryption-Types'),
  10: octets('MS-CHAP-Domain'),
  11: octets('MS-CHAP-Challenge'),
  12: hidden('MS-CHAP-MPPE-Keys'),
  16: hidden('MS-MPPE-Send-Key'),
  17: hidden('MS-MPPE-Recv-Key'),
  25: octets('MS-CHAP2-Response'),
  26: octets('MS-CHAP2-Success'),
  27: octets('MS-CHAP2-CPW'),
  28: address('MS-Primary-DNS-Server'),
  29: address('MS-Secondary-DNS-Server'),
  30: address('MS-Primary-NBNS-Server'),
  31: address('MS-Secondary-NBNS-Server'),
}

/** What stands in an attribute; undefined: nobody here knows. */
export function ruleOf(vendor: number, type: number): Rule | undefined {
  if (vendor === IETF) return IETF_RULES[type]
  return vendor === MICROSOFT ? MICROSOFT_RULES[type] : undefined
}
