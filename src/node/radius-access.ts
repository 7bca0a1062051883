/**
 * What a NAS asks a RADIUS server about a caller, and what it makes of the answer: RFC 2865 §4 and §5, RFC 2548 §2.
 *
 * A password is in an Access-Request only as User-Password hides it; of CHAP and MS-CHAP there is the challenge and the
 * response, and the server does the arithmetic. An answer that grants another service than framed PPP is a refusal
 * (RFC 2865 §1), and so is a challenge, which a caller of PPP could not be shown (§4.4).
 *
 * Limits: of Framed-Route only the network counts, its gateway is the caller. Framed-MTU has no say, because PPP
 * negotiates; MS-MPPE-Encryption-Types neither.
 */
import { formatIpv4, type Ipv4, type Prefix, parseInterface, parseIpv4, prefixOf } from '../base/address.ts'
import { concat, fromAscii, toLatin1 } from '../base/bytes.ts'
import { type Duration, sec } from '../base/time.ts'
import { AUTH_ERRORS, type AuthError, type ChapProof, type Denied, type Proof, type Verdict } from '../ppp/judge.ts'
import type { MppeKeys } from '../ppp/keys.ts'
import * as A from '../radius/attributes.ts'
import type { Outcome } from '../radius/client.ts'
import { hidePassword, LONGEST_PASSWORD, revealKey, revealPassword } from '../radius/secret.ts'
import * as Chap from '../wire/chap.ts'
import * as Radius from '../wire/radius.ts'
import { FRAMED_PPP, MICROSOFT, MS, SERVICE_FRAMED, TYPE } from '../wire/radius-attributes.ts'
import type { Grant, Station } from './caller.ts'

/** Where a caller comes in. */
export interface Place {
  readonly nas: string
  readonly nasAddress: Ipv4
  /** The number of its ppp interface. */
  readonly port: number
  readonly station: Station
  readonly sessionId: string
}

/** What is said of a caller in every request (RFC 2865 §4.1, RFC 2866 §4.1). */
export const placeAttributes = ({ nas, nasAddress, port, station, sessionId }: Place): Radius.Attribute[] => [
  A.address(TYPE.nasIpAddress, nasAddress),
  A.text(TYPE.nasIdentifier, nas),
  A.number(TYPE.nasPort, port),
  A.number(TYPE.nasPortType, station.portType),
  A.number(TYPE.serviceType, SERVICE_FRAMED),
  A.number(TYPE.framedProtocol, FRAMED_PPP),
  A.text(TYPE.calledStationId, station.called ?? formatIpv4(nasAddress)),
  A.text(TYPE.callingStationId, station.calling),
  A.text(TYPE.acctSessionId, sessionId),
]

/** Why the proof cannot be sent at all. */
export function unfit(proof: Proof): string | undefined {
  if (fromAscii(proof.user).length > Radius.LONGEST_VALUE) return 'The user name is too long for RADIUS.'
  if (proof.user === '') return 'There is no user name.'
  if (proof.method === 'pap')
    return proof.password.length > LONGEST_PASSWORD ? 'The password is too long for RADIUS.' : undefined
  const { length } = proof.response
  return length === RESPONSE[proof.method] ? undefined : `${proof.method} has no response of ${length} octets.`
}
/** Octets of a response: RFC 2865 §5.3, RFC 2548 §2.1.3 and §2.3.2 have room for no other. */
const RESPONSE: Readonly<Record<ChapProof['method'], number>> = { 'chap-md5': 16, 'ms-chap': 49, 'ms-chap-v2': 49 }

export function proofAttributes(proof: Proof, authenticator: Uint8Array, secret: Uint8Array): Radius.Attribute[] {
  const user = A.text(TYPE.userName, proof.user)
  if (proof.method === 'pap')
    return [user, A.octets(TYPE.userPassword, hidePassword(proof.password, secret, authenticator))]
  const { id, challenge, response } = proof
  if (proof.method === 'chap-md5') {
    const value = concat(Uint8Array.of(id), response)
    return [user, A.octets(TYPE.chapPassword, value), A.octets(TYPE.chapChallenge, challenge)]
  }
  const type = proof.method === 'ms-chap' ? MS.chapResponse : MS.chap2Response
  const value = concat(Uint8Array.of(id, response[MS_FLAGS]), response.subarray(0, MS_FLAGS))
  return [user, A.microsoft(MS.chapChallenge, challenge), A.microsoft(type, value)]
}
/** RFC 2433 §4, RFC 2759 §4: the flags are the last octet of the value; RFC 2548 §2.1.3 and §2.3.2 put them first. */
const MS_FLAGS = 48

/** What an Access-Accept gives beside the right to come in. */
export interface Accepted {
  readonly grant: Grant
  /** To be repeated in accounting, unchanged (RFC 2865 §5.25). */
  readonly class: readonly Uint8Array[]
  /** Undefined: the server does not say (RFC 2869 §5.16). */
  readonly interim: Duration | undefined
}

export interface Judgement {
  readonly verdict: Verdict
  readonly accepted: Accepted | undefined
}

export function judgementOf(outcome: Outcome, proof: Proof, encrypts: boolean): Judgement {
  if (!outcome.answered) return { verdict: denied(691, outcome.detail, false), accepted: undefined }
  const { packet } = outcome
  if (packet.code !== 'access-accept') return { verdict: refusal(packet, proof), accepted: undefined }
  const problem = unwelcome(packet, encrypts)
  if (problem !== undefined) return { verdict: denied(649, problem, false), accepted: undefined }
  const verdict = approval(packet, proof, outcome.authenticator, outcome.secret)
  return { verdict, accepted: verdict.granted ? acceptedOf(packet) : undefined }
}

function denied(error: AuthError, detail: string, retry?: boolean, message?: string): Denied {
  return {
    granted: false,
    error,
    detail,
    ...(retry === undefined ? {} : { retry }),
    ...(message === undefined ? {} : { message }),
  }
}

/** An Access-Reject, with MS-CHAP-Error if it has one (RFC 2548 §2.1.5), or a challenge. */
function refusal(packet: Radius.Radius, proof: Proof): Denied {
  const message = A.findText(packet, TYPE.replyMessage)
  const said = message === undefined ? '' : `: "${message}"`
  if (packet.code === 'access-challenge') {
    return denied(
      691,
      `The RADIUS server wants to ask user "${proof.user}" something, which PPP has no words for.`,
      false,
    )
  }
  const value = Radius.find(packet, MS.chapError, MICROSOFT)
  const error = value && Chap.readMsChapFailure(value.subarray(1))?.error
  const known = Object.keys(AUTH_ERRORS)
    .map(Number)
    .find(code => code === error) as AuthError | undefined
  return denied(known ?? 691, `The RADIUS server refuses user "${proof.user}"${said}.`, undefined, message)
}

/** Why an Access-Accept has to be taken for a refusal: RFC 2865 §1 and §5.6, RFC 2548 §2.4.4. */
function unwelcome(packet: Radius.Radius, encrypts: boolean): string | undefined {
  const service = A.findNumber(packet, TYPE.serviceType)
  const protocol = A.findNumber(packet, TYPE.framedProtocol)
  const policy = A.findNumber(packet, MS.mppeEncryptionPolicy, MICROSOFT)
  if (service !== undefined && service !== SERVICE_FRAMED)
    return `The RADIUS server grants service ${service}, not PPP.`
  if (protocol !== undefined && protocol !== FRAMED_PPP)
    return `The RADIUS server grants protocol ${protocol}, not PPP.`
  return policy === POLICY_REQUIRED && !encrypts
    ? 'The RADIUS server requires encryption, which is off here.'
    : undefined
}
const POLICY_REQUIRED = 2

function approval(packet: Radius.Radius, proof: Proof, authenticator: Uint8Array, secret: Uint8Array): Verdict {
  const message = A.findText(packet, TYPE.replyMessage)
  const keys = keysOf(packet, proof, authenticator, secret)
  const common = {
    granted: true as const,
    ...(message === undefined ? {} : { message }),
    ...(keys === undefined ? {} : { keys }),
  }
  if (proof.method !== 'ms-chap-v2') return common
  // RFC 2548 §2.3.3: the identifier of the exchange, then what the Success packet says.
  const value = Radius.find(packet, MS.chap2Success, MICROSOFT)
  const words = value && toLatin1(value.subarray(1, 43))
  if (!value || words === undefined || value[0] !== proof.id || !/^S=[0-9A-F]{40}$/i.test(words)) {
    return denied(691, 'The RADIUS server accepts, but does not prove to the caller that it knows the password.', false)
  }
  return { ...common, authenticatorResponse: words }
}

/** RFC 2548 §2.4.2 and §2.4.3 for MS-CHAPv2, §2.4.1 for MS-CHAP. */
function keysOf(
  packet: Radius.Radius,
  proof: Proof,
  authenticator: Uint8Array,
  secret: Uint8Array,
): MppeKeys | undefined {
  const [send, receive] = [MS.mppeSendKey, MS.mppeRecvKey].map(type => {
    const value = Radius.find(packet, type, MICROSOFT)
    return value && revealKey(value, secret, authenticator)
  })
  if (send?.length === KEY && receive?.length === KEY) return { method: 'start-keys', send, receive }
  const both = Radius.find(packet, MS.chapMppeKeys, MICROSOFT)
  if (proof.method !== 'ms-chap' || both?.length !== 32) return undefined
  const plain = concat(revealPassword(both, secret, authenticator) ?? new Uint8Array(0), new Uint8Array(32))
  const [lmPasswordHash, passwordHashHash] = [plain.slice(0, 8), plain.slice(8, 24)]
  return { method: 'ms-chap', challenge: proof.challenge, lmPasswordHash, passwordHashHash }
}
const KEY = 16

/** RFC 2865 §5.8: the user may choose, or the NAS chooses. */
const USER_CHOOSES = 0xffffffff
const NAS_CHOOSES = 0xfffffffe

function acceptedOf(packet: Radius.Radius): Accepted {
  const address = A.findNumber(packet, TYPE.framedIpAddress)
  const own = address !== undefined && address !== USER_CHOOSES && address !== NAS_CHOOSES
  const session = limitOf(packet, TYPE.sessionTimeout)
  const idle = limitOf(packet, TYPE.idleTimeout)
  const routes = A.findAll(packet, TYPE.framedRoute).map(readRoute)
  const known = routes.filter(route => route !== undefined)
  return {
    grant: {
      ...(own ? { address: address as Ipv4 } : {}),
      ...(session === undefined ? {} : { session }),
      ...(idle === undefined ? {} : { idle }),
      ...(known.length === 0 ? {} : { routes: known }),
    },
    class: A.findAll(packet, TYPE.class).map(value => value.slice()),
    interim: limitOf(packet, TYPE.acctInterimInterval),
  }
}

/** Zero seconds are no limit, as with pppd; nor are more than virtual time has. */
function limitOf(packet: Radius.Radius, type: number): Duration | undefined {
  const time = sec(A.findNumber(packet, type) ?? 0)
  return time > 0 && Number.isSafeInteger(time) ? time : undefined
}

/** RFC 2865 §5.22: `192.168.1.0/24 192.168.1.1 1`; without a length the one of its class. */
export function readRoute(value: Uint8Array): Prefix | undefined {
  const [network] = toLatin1(value).split(' ')
  const address = parseIpv4(network)
  if (address === undefined) return parseInterface(network)?.prefix
  return prefixOf(address, address >>> 31 === 0 ? 8 : address >>> 30 === 2 ? 16 : 24)
}

/** The same route as text; the gateway 0.0.0.0 is the caller (RFC 2865 §5.22). */
export const writeRoute = ({ network, length }: Prefix): string => `${formatIpv4(network)}/${length} 0.0.0.0 1`

/** How the caller proved itself, as the request tells it; undefined: it does not, or not so that it can be checked. */
export function proofOf(packet: Radius.Radius, bytes: Uint8Array, secret: Uint8Array): Proof | undefined {
  const user = A.findText(packet, TYPE.userName)
  if (user === undefined || user === '') return undefined
  const hidden = Radius.find(packet, TYPE.userPassword)
  if (hidden) {
    const password = revealPassword(hidden, secret, bytes.subarray(4, 20))
    return password && { method: 'pap', user, password }
  }
  const chap = Radius.find(packet, TYPE.chapPassword)
  if (chap?.length === 17) {
    // RFC 2865 §5.40: without CHAP-Challenge the Request Authenticator is the challenge.
    const challenge = Radius.find(packet, TYPE.chapChallenge) ?? packet.authenticator
    return { method: 'chap-md5', user, id: chap[0], challenge, response: chap.subarray(1) }
  }
  const challenge = Radius.find(packet, MS.chapChallenge, MICROSOFT)
  if (!challenge) return undefined
  for (const [type, method] of [
    [MS.chap2Response, 'ms-chap-v2'],
    [MS.chapResponse, 'ms-chap'],
  ] as const) {
    const value = Radius.find(packet, type, MICROSOFT)
    if (value?.length !== 50) continue
    return { method, user, id: value[0], challenge, response: concat(value.subarray(2), value.subarray(1, 2)) }
  }
  return undefined
}

/** Which exchange an MS-CHAP request belongs to. */
export const isMsChap = (proof: Proof): proof is Exclude<Proof, { method: 'pap' }> => proof.method.startsWith('ms-chap')
