/**
 * A peer that negotiates as pppd 2.4.9 does, against one session of ours. Its first requests are the octets of the
 * captures; what it answers follows what pppd was seen to do there and, where a capture cannot show it, pppd's own rules:
 * an option that is rejected is no longer asked for; of a Nak it takes the values of options that it asks for, and a Nak
 * of anything else it discards (ccp_nakci); a request without answer goes again after three seconds; LCP Echo-Request
 * as soon as LCP is open; CCP, IPCP and IPV6CP begin at once unless it requires MPPE.
 */
import assert from 'node:assert/strict'
import { fromAscii, hex, toAscii, unhex } from '../../src/base/bytes.ts'
import { type Duration, sec } from '../../src/base/time.ts'
import { getMasterKey } from '../../src/ppp/mppe-keys.ts'
import {
  generateAuthenticatorResponse,
  generateNtResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from '../../src/ppp/mschapv2.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import type { RawOption } from '../../src/wire/ppp-options.ts'
import type { alone } from './ppp.ts'

/** `0306c0a85001`: type, length and body of each option, as captured. */
export function optionsOf(text: string): RawOption[] {
  const bytes = unhex(text)
  const options: RawOption[] = []
  for (let at = 0; at < bytes.length; at += bytes[at + 1]) {
    options.push({ type: bytes[at], body: bytes.slice(at + 2, at + bytes[at + 1]) })
  }
  return options
}

export interface PppdOptions {
  /** Options of its first Configure-Requests; undefined: the protocol is off and gets a Protocol-Reject. */
  readonly lcp: string
  readonly ccp?: string
  readonly ipcp: string
  readonly ipv6cp?: string
  /** The options, by type, that it grants us in CCP; a request with another is rejected. */
  readonly grantsCcp?: readonly number[]
  /** It ends the link when its MPPE is rejected, and begins IPCP only after CCP. */
  readonly requireMppe?: boolean
  /** It asks us to prove who we are by MS-CHAPv2; else it proves itself, if asked. */
  readonly server?: boolean
  /** What it gives a client that asks for 0.0.0.0. */
  readonly gives?: string
}

const ALICE = { user: 'alice', password: 'alice-secret' }
const CHALLENGE = unhex('ff3bd4d9bf429d25c7f7075a6cb3f323')
const PEER_CHALLENGE = unhex('622114caf8eac923cf6f8fcc827e309b')
const RESTART = sec(3)
const MPPE = 18
const ADDRESS = 3

/** One control protocol of pppd. */
class Side {
  readonly protocol: number
  options: RawOption[]
  readonly grants: (option: RawOption) => boolean
  id = 0
  acked = false
  ackedUs = false
  started = false

  constructor(protocol: number, options: string, grants: (option: RawOption) => boolean = () => true) {
    this.protocol = protocol
    this.options = optionsOf(options)
    this.grants = grants
  }
  get opened(): boolean {
    return this.acked && this.ackedUs
  }
}

export class Pppd {
  /** What was said, in order: `us ccp configure-reject: …`. */
  readonly talk: string[] = []
  /** The last words of a Terminate-Request of either side. */
  terminated: string | undefined
  user: string | undefined
  /** A server that gives no verdict on our Response. */
  silent = false
  readonly #a: ReturnType<typeof alone>
  readonly #options: PppdOptions
  readonly #lcp: Side
  readonly #ccp: Side | undefined
  readonly #ipcp: Side
  readonly #ipv6cp: Side | undefined
  #challenge: Uint8Array = CHALLENGE
  #ntResponse: Uint8Array = new Uint8Array(24)
  #challenged = false
  #network = false

  constructor(a: ReturnType<typeof alone>, options: PppdOptions) {
    this.#a = a
    this.#options = options
    this.#lcp = new Side(Ppp.LCP, options.lcp)
    const grants = options.grantsCcp ?? []
    if (options.ccp !== undefined) this.#ccp = new Side(Ppp.CCP, options.ccp, ({ type }) => grants.includes(type))
    this.#ipcp = new Side(Ppp.IPCP, options.ipcp, ({ type }) => type === ADDRESS)
    if (options.ipv6cp !== undefined) this.#ipv6cp = new Side(Ppp.IPV6CP, options.ipv6cp)
  }

  get ccpOpened(): boolean {
    return this.#ccp?.opened ?? false
  }
  get ipcpOpened(): boolean {
    return this.#ipcp.opened
  }
  /** Address options that we and it have at the end. */
  get address(): string {
    return hex(this.#ipcp.options.find(o => o.type === ADDRESS)?.body ?? new Uint8Array(0))
  }

  /** `chap-interval`: the server asks again; what we answer is checked as the first time. */
  challengeAgain(): void {
    const value = CHALLENGE.map(octet => octet ^ 0xff)
    this.#challenge = value
    this.#a.peer.sends(Ppp.CHAP, { type: 'challenge', id: 0x6b, value, name: fromAscii('pptpd') })
    this.#listen()
  }
  /** The keys of MPPE as the server has them. */
  get masterKey(): Uint8Array {
    return getMasterKey(hashNtPasswordHash(ntPasswordHash(ALICE.password)), this.#ntResponse)
  }

  /** Runs both until nothing is said any more, for so long at most. */
  run(time: Duration): void {
    const { world, us } = this.#a
    const until = world.scheduler.now + time
    us.session.open()
    this.#request(this.#lcp)
    this.#listen()
    let resent = world.scheduler.now
    while (world.scheduler.now < until) {
      this.#a.advance(sec(0.01))
      this.#listen()
      if (world.scheduler.now - resent < RESTART) continue
      resent = world.scheduler.now
      for (const side of [this.#lcp, this.#ccp, this.#ipcp, this.#ipv6cp]) {
        if (side?.started && !side.acked && this.terminated === undefined) this.#send(side, 'configure-request')
      }
      this.#listen()
    }
  }

  #request(side: Side | undefined): void {
    if (!side) return
    side.started = true
    side.id++
    this.#send(side, 'configure-request')
  }

  #send(side: Side, type: 'configure-request'): void {
    this.#say(side.protocol, { type, id: side.id, options: side.options })
  }

  #say(protocol: number, packet: Cp.Cp): void {
    this.talk.push(`pppd ${Ppp.protocolName(protocol)} ${packet.type}: ${Cp.show(protocol, packet)}`)
    this.#a.peer.sends(protocol, packet)
  }

  #listen(): void {
    for (let frames = this.#a.peer.frames(); frames.length > 0; frames = this.#a.peer.frames()) {
      for (const frame of frames) {
        const ppp = Ppp.parse(unhex(frame))
        assert.ok(ppp.ok)
        const { protocol, info } = ppp.value
        if (protocol === Ppp.CHAP) this.#chap(info)
        else if (protocol !== Ppp.COMPRESSED && protocol !== Ppp.IP) this.#control(protocol, info)
      }
    }
  }

  #control(protocol: number, info: Uint8Array): void {
    const parsed = Cp.parse(info)
    assert.ok(parsed.ok)
    const packet = parsed.value
    this.talk.push(`us ${Ppp.protocolName(protocol)} ${packet.type}: ${Cp.show(protocol, packet)}`)
    const side = [this.#lcp, this.#ccp, this.#ipcp, this.#ipv6cp].find(s => s?.protocol === protocol)
    if (!side) {
      this.#say(Ppp.LCP, { type: 'protocol-reject', id: 90, protocol, data: info })
      return
    }
    switch (packet.type) {
      case 'configure-request':
        this.#judge(side, packet)
        break
      case 'configure-ack':
        if (packet.id !== side.id) return
        side.acked = true
        this.#layers()
        break
      case 'configure-nak':
        if (packet.id === side.id) this.#naked(side, packet.options)
        break
      case 'configure-reject':
        if (packet.id === side.id) this.#rejected(side, packet.options)
        break
      case 'protocol-reject':
        for (const one of [this.#ccp, this.#ipcp, this.#ipv6cp]) if (one?.protocol === packet.protocol) this.#off(one)
        break
      case 'terminate-request':
        this.#say(protocol, { type: 'terminate-ack', id: packet.id, data: new Uint8Array(0) })
        side.acked = side.ackedUs = side.started = false
        if (protocol === Ppp.LCP) this.terminated ??= `us: ${toAscii(packet.data)}`
        break
      case 'echo-request':
        this.#say(Ppp.LCP, { ...packet, type: 'echo-reply', magic: 1 })
        break
      default:
    }
  }

  #off(side: Side): void {
    side.started = side.acked = side.ackedUs = false
    if (side === this.#ccp && this.#options.requireMppe) this.#terminate('MPPE required but peer negotiation failed')
  }

  #terminate(why: string): void {
    this.terminated ??= `pppd: ${why}`
    this.#say(Ppp.LCP, { type: 'terminate-request', id: 80, data: fromAscii(why) })
  }

  #judge(side: Side, { id, options }: Cp.Configure): void {
    const refused = options.filter(option => !side.grants(option))
    if (refused.length > 0) {
      this.#say(side.protocol, { type: 'configure-reject', id, options: refused })
      return
    }
    const gives = this.#options.gives
    const wrong = options.filter(o => o.type === ADDRESS && side === this.#ipcp && gives && hex(o.body) !== gives)
    if (gives && wrong.length > 0) {
      const body = unhex(gives)
      this.#say(side.protocol, { type: 'configure-nak', id, options: [{ type: ADDRESS, body }] })
      return
    }
    this.#say(side.protocol, { type: 'configure-ack', id, options })
    side.ackedUs = true
    if (!side.started && side !== this.#lcp) this.#request(side)
    this.#layers()
  }

  #naked(side: Side, options: readonly RawOption[]): void {
    if (options.some(option => !side.options.some(o => o.type === option.type))) return
    side.options = side.options.map(o => options.find(n => n.type === o.type) ?? o)
    this.#request(side)
  }

  #rejected(side: Side, options: readonly RawOption[]): void {
    side.options = side.options.filter(o => !options.some(r => r.type === o.type))
    if (this.#options.requireMppe && side === this.#ccp && options.some(o => o.type === MPPE)) {
      this.#terminate('MPPE required but peer refused')
    } else this.#request(side)
  }

  #layers(): void {
    if (!this.#lcp.opened) return
    if (!this.#challenged) {
      this.#challenged = true
      this.#say(Ppp.LCP, { type: 'echo-request', id: 0, magic: 0x05060708, data: new Uint8Array(0) })
      if (this.#options.server) {
        this.#a.peer.sends(Ppp.CHAP, { type: 'challenge', id: 0x6a, value: CHALLENGE, name: fromAscii('pptpd') })
      } else if (!this.#weAreAsked()) this.#networkPhase()
    }
    if (this.#ccp?.opened && this.#network && !this.#ipcp.started) this.#request(this.#ipcp)
  }

  #weAreAsked(): boolean {
    return this.talk.some(line => /^us lcp configure-request:.*auth/.test(line))
  }

  #networkPhase(): void {
    this.#network = true
    this.#request(this.#ccp)
    if (this.#options.requireMppe) return
    this.#request(this.#ipcp)
    this.#request(this.#ipv6cp)
  }

  #chap(info: Uint8Array): void {
    const parsed = Chap.parse(info)
    assert.ok(parsed.ok)
    const packet = parsed.value
    this.talk.push(`us chap ${packet.type}`)
    if (packet.type === 'challenge') {
      const ntResponse = generateNtResponse(packet.value, PEER_CHALLENGE, ALICE.user, ALICE.password)
      const value = Chap.writeMsChapV2Response({ peerChallenge: PEER_CHALLENGE, ntResponse })
      this.#a.peer.sends(Ppp.CHAP, { type: 'response', id: packet.id, value, name: fromAscii(ALICE.user) })
    } else if (packet.type === 'response' && !this.silent) {
      const response = Chap.readMsChapV2Response(packet.value)
      assert.ok(response)
      this.user = toAscii('name' in packet ? packet.name : new Uint8Array(0))
      const { ntResponse, peerChallenge } = response
      const good = generateNtResponse(this.#challenge, peerChallenge, this.user, ALICE.password)
      assert.deepEqual(ntResponse, good, 'the Response is that of the password')
      this.#ntResponse = ntResponse
      const proof = generateAuthenticatorResponse(ALICE.password, ntResponse, peerChallenge, this.#challenge, this.user)
      const message = fromAscii(`${proof} M=Access granted`)
      this.#a.peer.sends(Ppp.CHAP, { type: 'success', id: packet.id, message })
      if (!this.#network) this.#networkPhase()
    } else if (packet.type === 'success') this.#networkPhase()
  }
}

/** Options of the captures, by what pppd was told. */
export const CAPTURED = {
  /** LCP of any client, with `asyncmap 0`; of a server that asks for MS-CHAPv2. */
  lcpClient: '020600000000' + '0506f0a811f3' + '0702' + '0802',
  lcpServer: '020600000000' + '0305c22381' + '0506b9a5d74c' + '0702' + '0802',
  /** defaults-compression: Deflate under both numbers, and BSD. */
  ccpDefault: '1a047800' + '18047800' + '15032f',
  ccpMppe128: '120601000040',
  /** defaults-compression: header compression of Van Jacobson, then the address. */
  ipcpClient: '0206002d0f01' + '030600000000',
  ipcpServer: '0206002d0f01' + '0306c0a85001',
  ipv6cpClient: '010ae166e2e36ceb1117',
  ipv6cpServer: '010a2d39633e85ce97a5',
} as const
