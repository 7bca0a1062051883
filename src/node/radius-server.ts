/**
 * A RADIUS server: a host that answers Access-Requests and takes note of sessions. RFC 2865 §2 to §4, RFC 2866 §2 to §4,
 * RFC 2548 for MS-CHAP and MPPE.
 *
 * A request that comes again gets the answer it had (RFC 2865 §2.4): the same address, port, identifier and authenticator
 * make it the same. What does not fit the shared secret is dropped without a word (§3).
 *
 * Limits: every NAS that knows the secret may ask; no proxying; no Access-Challenge.
 */
import { formatIpv4, type Ipv4, parseIpv4 } from '../base/address.ts'
import { concat, equal, fromAscii, get16 } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Random } from '../base/random.ts'
import { sec } from '../base/time.ts'
import type { RouteSpec } from '../ip/route.ts'
import type { TcpOptions } from '../ip/tcp.ts'
import type { Datagram, UdpSocket } from '../ip/udp.ts'
import { withoutDomain } from '../ppp/auth.ts'
import { type AuthError, type Judge, localJudge, type Proof, type Verdict } from '../ppp/judge.ts'
import { getAsymmetricStartKey } from '../ppp/mppe-keys.ts'
import * as A from '../radius/attributes.ts'
import { fitsResponse, hideKey, hidePassword, isAccountingRequest, judgeProof, signResponse } from '../radius/secret.ts'
import * as Radius from '../wire/radius.ts'
import { FRAMED_PPP, IETF, MS, SERVICE_FRAMED, STATUS, TYPE } from '../wire/radius-attributes.ts'
import type { Grant } from './caller.ts'
import { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import { isMsChap, proofOf, writeRoute } from './radius-access.ts'

export interface RadiusServerConfig {
  readonly secret: Uint8Array
  readonly users: ReadonlyMap<string, string>
  readonly grants: ReadonlyMap<string, Grant>
}

/** Answers that are kept for requests that come again. */
const REMEMBERED = 1024
/** RFC 2865 §5.8: the NAS shall choose. */
const NAS_CHOOSES = parseIpv4('255.255.255.254') as Ipv4
const ENCRYPTION_ALLOWED = 1
/** RFC 2548 §2.4.5: 40 and 128 bits. */
const TYPES_40_AND_128 = 6

interface Answer {
  readonly authenticator: Uint8Array
  readonly bytes: Uint8Array
}

export class RadiusServer extends IpNode {
  readonly kind = 'radius'
  readonly #config: RadiusServerConfig
  #users: ReadonlyMap<string, string>
  readonly #judge: Judge
  readonly #random: Random
  readonly #answers = new Map<string, Answer>()
  /** Sessions that have begun and not ended, by NAS and Acct-Session-Id. */
  readonly #sessions = new Set<string>()
  #accepted = 0
  #rejected = 0
  #records = 0

  constructor(env: Env, routes: readonly RouteSpec[], config: RadiusServerConfig, tcp: TcpOptions = {}) {
    super(env, false, routes, tcp)
    this.#config = config
    this.#users = config.users
    this.#judge = localJudge({ secretOf: user => this.#users.get(user) })
    this.#random = env.random.fork('radius salt')
    const auth: UdpSocket = this.udp.open(Radius.AUTH_PORT, datagram =>
      this.#receive(datagram, auth, 'access-request', (packet, bytes, answer) => this.#access(packet, bytes, answer)),
    )
    const acct: UdpSocket = this.udp.open(Radius.ACCT_PORT, datagram =>
      this.#receive(datagram, acct, 'accounting-request', (packet, _, answer) =>
        this.#account(packet, datagram.from, answer),
      ),
    )
  }

  /** Others may come in from now on, or with other passwords. */
  admits(users: ReadonlyMap<string, string>): void {
    this.#users = users
  }

  #receive(
    { from, fromPort, data }: Datagram,
    socket: UdpSocket,
    code: Radius.Code,
    handle: (packet: Radius.Radius, bytes: Uint8Array, answer: Reply) => void,
  ): void {
    const { trace } = this.env
    const parsed = Radius.parse(data)
    if (!parsed.ok) {
      const detail = `from ${formatIpv4(from)}, octet ${parsed.offset}`
      trace.drop({ reason: 'malformed', layer: 'radius', why: parsed.reason, detail })
      return
    }
    const bytes = data.slice(0, get16(data, 2))
    const packet = parsed.value
    const problem = this.#problem(packet, bytes, code)
    if (problem !== undefined) {
      const detail = `${packet.code} ${packet.id} from ${formatIpv4(from)}: ${problem}`
      trace.drop({ reason: 'radius-unexpected', layer: 'radius', detail })
      return
    }
    this.#tell('received', packet, from)
    const key = `${from}:${fromPort}:${socket.port}:${packet.id}`
    const before = this.#answers.get(key)
    const send = (answer: Uint8Array): void => {
      const told = Radius.parse(answer)
      if (told.ok) this.#tell('sent', told.value, from)
      socket.send(from, fromPort, answer)
    }
    if (before && equal(before.authenticator, packet.authenticator)) {
      send(before.bytes)
      return
    }
    const authenticator = packet.authenticator.slice()
    const { id } = packet
    handle(packet, bytes, (code, attributes) => {
      if (!fitsResponse(attributes)) {
        // Proxy-State has to go back whole (RFC 2865 §5.33), and anybody may send as much of it as a packet holds.
        const detail = `${packet.code} ${id} from ${formatIpv4(from)}: its answer would be too long for a packet`
        trace.drop({ reason: 'radius-unexpected', layer: 'radius', detail })
        return
      }
      const answer = signResponse({ code, id, authenticator, attributes }, authenticator, this.#config.secret)
      this.#remember(key, { authenticator, bytes: answer })
      send(answer)
    })
  }

  #problem(packet: Radius.Radius, bytes: Uint8Array, code: Radius.Code): string | undefined {
    const { secret } = this.#config
    if (packet.code !== code) return 'that is not asked here'
    if (code === 'accounting-request') {
      return isAccountingRequest(bytes, secret) ? undefined : 'its authenticator does not fit the shared secret'
    }
    const proof = judgeProof(bytes, packet.authenticator, secret)
    return proof === 'wrong' ? 'its Message-Authenticator does not fit the shared secret' : undefined
  }

  #tell(way: 'sent' | 'received', packet: Radius.Radius, peer: Ipv4): void {
    if (!this.env.trace.on) return
    const facts = { way, type: packet.code, peer: formatIpv4(peer), id: packet.id, detail: Radius.show(packet) }
    this.env.trace.emit('radius-message', facts)
  }

  #remember(key: string, answer: Answer): void {
    this.#answers.delete(key)
    this.#answers.set(key, answer)
    if (this.#answers.size <= REMEMBERED) return
    const [oldest] = this.#answers.keys()
    this.#answers.delete(oldest)
  }

  // Authentication

  #access(packet: Radius.Radius, bytes: Uint8Array, answer: Reply): void {
    const proof = proofOf(packet, bytes, this.#config.secret)
    const { authenticator } = packet
    const kept = this.#kept(packet)
    const decide = (verdict: Verdict): void => {
      if (proof && verdict.granted) {
        this.#accepted++
        answer('access-accept', [...this.#granted(proof, verdict, authenticator), ...kept])
      } else {
        this.#rejected++
        const error = verdict.granted ? 691 : verdict.error
        answer('access-reject', [...rejection(proof, error), ...kept])
      }
    }
    if (proof) this.#judge(proof, decide)
    else decide({ granted: false, error: 691 })
  }

  /** RFC 2865 §5.33: Proxy-State goes back as it came, in its order. */
  #kept(packet: Radius.Radius): Radius.Attribute[] {
    const isProxyState = ({ vendor, type }: Radius.Attribute) => vendor === IETF && type === TYPE.proxyState
    return packet.attributes.filter(isProxyState).map(attribute => ({ ...attribute, value: attribute.value.slice() }))
  }

  #granted(proof: Proof, verdict: Extract<Verdict, { granted: true }>, authenticator: Uint8Array): Radius.Attribute[] {
    const { grants } = this.#config
    const {
      address = NAS_CHOOSES,
      session,
      idle,
      routes = [],
    } = grants.get(proof.user) ?? grants.get(withoutDomain(proof.user)) ?? {}
    const seconds = (type: number, time: number | undefined): Radius.Attribute[] =>
      time === undefined ? [] : [A.number(type, Math.floor(time / sec(1)))]
    return [
      A.number(TYPE.serviceType, SERVICE_FRAMED),
      A.number(TYPE.framedProtocol, FRAMED_PPP),
      A.address(TYPE.framedIpAddress, address),
      ...seconds(TYPE.sessionTimeout, session),
      ...seconds(TYPE.idleTimeout, idle),
      ...routes.map(route => A.text(TYPE.framedRoute, writeRoute(route))),
      ...this.#microsoft(proof, verdict, authenticator),
    ]
  }

  #microsoft(
    proof: Proof,
    verdict: Extract<Verdict, { granted: true }>,
    authenticator: Uint8Array,
  ): Radius.Attribute[] {
    const { secret } = this.#config
    const { keys, authenticatorResponse } = verdict
    if (!keys || !isMsChap(proof)) return []
    const policy = [
      A.microsoft(MS.mppeEncryptionPolicy, A.four(ENCRYPTION_ALLOWED)),
      A.microsoft(MS.mppeEncryptionTypes, A.four(TYPES_40_AND_128)),
    ]
    if (keys.method === 'ms-chap') {
      const plain = concat(keys.lmPasswordHash, keys.passwordHashHash, new Uint8Array(8))
      return [A.microsoft(MS.chapMppeKeys, hidePassword(plain, secret, authenticator)), ...policy]
    }
    if (keys.method !== 'ms-chap-v2' || authenticatorResponse === undefined) return []
    const salts = this.#random.bytes(2)
    const hidden = [true, false].map((isSend, i) => {
      const key = getAsymmetricStartKey(keys.masterKey, 128, isSend, true)
      // RFC 2548 §2.4.2: the first bit is set, and no two of a packet are the same.
      const salt = Uint8Array.of(0x80 | salts[0], (salts[1] & 0xfe) | i)
      return A.microsoft(isSend ? MS.mppeSendKey : MS.mppeRecvKey, hideKey(key, salt, secret, authenticator))
    })
    const success = concat(Uint8Array.of(proof.id), fromAscii(authenticatorResponse))
    return [A.microsoft(MS.chap2Success, success), ...policy, ...hidden]
  }

  // Accounting

  #account(packet: Radius.Radius, from: Ipv4, answer: Reply): void {
    this.#records++
    const status = A.findNumber(packet, TYPE.acctStatusType)
    const key = `${formatIpv4(from)} ${A.findText(packet, TYPE.acctSessionId) ?? ''}`
    if (status === STATUS.start || status === STATUS.interim) {
      this.#sessions.add(key)
    } else if (status === STATUS.stop) this.#sessions.delete(key)
    answer('accounting-response', this.#kept(packet))
  }

  override snapshot(): Snapshot {
    const radius = {
      accepted: this.#accepted,
      rejected: this.#rejected,
      records: this.#records,
      sessions: this.#sessions.size,
    }
    return { ...super.snapshot(), radius }
  }
}

type Reply = (code: Radius.Code, attributes: readonly Radius.Attribute[]) => void

/** RFC 2548 §2.1.5 */
function rejection(proof: Proof | undefined, error: AuthError): Radius.Attribute[] {
  if (!proof || !isMsChap(proof)) return []
  const words = `E=${error} R=0 V=3 M=${error === 691 ? 'Access denied' : 'Refused'}`
  return [A.microsoft(MS.chapError, concat(Uint8Array.of(proof.id), fromAscii(words)))]
}
