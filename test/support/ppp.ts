/** Two PPP sessions on a pipe, or one and a peer that a test plays by hand. */
import assert from 'node:assert/strict'
import { ip } from '../../src/base/address.ts'
import { fromAscii, hex, unhex } from '../../src/base/bytes.ts'
import { type Env, World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { type Duration, ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type NetworkFacts, PLAIN, type PppConfig, type PppEnd } from '../../src/ppp/config.ts'
import { generateAuthenticatorResponse, generateNtResponse } from '../../src/ppp/mschapv2.ts'
import { Session } from '../../src/ppp/session.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Pap from '../../src/wire/pap.ts'
import * as Ppp from '../../src/wire/ppp.ts'

export const SERVER_ADDRESS = ip('192.168.80.1')
export const CLIENT_ADDRESS = ip('192.168.80.10')

export const CLIENT: PppConfig = {
  ...PLAIN,
  ourself: { user: 'alice', password: 'alice-secret', methods: ['ms-chap-v2', 'chap-md5', 'pap'] },
  mppe: 'required',
}
export const SERVER: PppConfig = {
  ...PLAIN,
  authenticatePeer: {
    methods: ['ms-chap-v2'],
    name: 'pptpd',
    secretOf: user => (user === 'alice' ? 'alice-secret' : user === 'bob' ? 'Passw0rd!' : undefined),
  },
  mppe: 'required',
  ip: { local: SERVER_ADDRESS, assignPeer: () => CLIENT_ADDRESS },
}

export interface End {
  readonly session: Session
  readonly env: Env
  /** IP packets that came up, in hexadecimal. */
  readonly ups: string[]
  readonly facts: NetworkFacts[]
  readonly downs: (PppEnd | undefined)[]
  readonly ends: PppEnd[]
}

function end(world: World, node: string, config: PppConfig, down: (frame: Packet) => void): End {
  const env = world.env(node)
  const ups: string[] = []
  const facts: NetworkFacts[] = []
  const downs: (PppEnd | undefined)[] = []
  const ends: PppEnd[] = []
  const session = new Session(env, config, {
    down,
    up: packet => {
      ups.push(hex(packet.data))
      packet.release()
    },
    networkUp: f => facts.push(f),
    networkDown: e => downs.push(e),
    finished: e => ends.push(e),
  })
  return { session, env, ups, facts, downs, ends }
}

/** A frame on the pipe: what it carries, for tests that choose what is lost. */
export interface OnWire {
  readonly from: 'client' | 'server'
  readonly ppp: Ppp.Ppp
}

export interface PairOptions {
  readonly client?: Partial<PppConfig>
  readonly server?: Partial<PppConfig>
  readonly seed?: number
  readonly delay?: Duration
  /** True: this frame is lost. */
  readonly lose?: (frame: OnWire) => boolean
  /** How many copies arrive. */
  readonly copies?: number
}

export function pair(options: PairOptions = {}) {
  const world = new World(options.seed ?? 1)
  const events: TraceEvent[] = []
  world.trace.listen(event => events.push(event))
  const wire: string[] = []
  const pipe = (from: 'client' | 'server', to: () => End) => (frame: Packet) => {
    const parsed = Ppp.parse(frame.data)
    assert.ok(parsed.ok)
    wire.push(`${from} ${hex(frame.data)}`)
    const lost = options.lose?.({ from, ppp: { ...parsed.value, info: parsed.value.info.slice() } })
    for (let copy = 0; !lost && copy < (options.copies ?? 1); copy++) {
      const arriving = to().env.packets.clone(frame)
      world.scheduler.after(options.delay ?? ms(10), 'pipe', () => to().session.receive(arriving))
    }
    frame.release()
  }
  const client: End = end(
    world,
    'client',
    { ...CLIENT, ...options.client },
    pipe('client', () => server),
  )
  const server: End = end(
    world,
    'server',
    { ...SERVER, ...options.server },
    pipe('server', () => client),
  )
  const run = (until: Duration = sec(60)) => world.scheduler.runUntil(until)
  const open = () => {
    server.session.open()
    client.session.open()
  }
  return { world, client, server, events, wire, run, open }
}

/** `received lcp configure-request: mru 1400`, of one node. */
export const messages = (events: readonly TraceEvent[], node: string): string[] =>
  events.flatMap(e =>
    e.event === 'ppp-message' && e.node === node ? [`${e.way} ${e.proto} ${e.type}: ${e.detail}`] : [],
  )

/** `ppp.lcp: initial > starting (open)`, of one node. */
export const states = (events: readonly TraceEvent[], node: string, machine: string): string[] =>
  events.flatMap(e => (e.event === 'state' && e.node === node && e.machine === machine ? [e.to] : []))

export const drops = (events: readonly TraceEvent[], node: string): string[] =>
  events.flatMap(e => (e.event === 'drop' && e.node === node ? [e.reason] : []))

/** One session and a peer in the hands of the test. */
export function alone(config: Partial<PppConfig>, seed = 1) {
  const world = new World(seed)
  const events: TraceEvent[] = []
  world.trace.listen(event => events.push(event))
  const sent: string[] = []
  const us = end(world, 'us', { ...PLAIN, ...config }, frame => {
    sent.push(hex(frame.data))
    frame.release()
  })
  const raw = (text: string) => us.session.receive(us.env.packets.from(unhex(text)))
  const peer = {
    raw,
    sends: (protocol: number, packet: Cp.Cp | Chap.Chap | Pap.Pap) => {
      const info =
        protocol === Ppp.CHAP
          ? Chap.write(packet as Chap.Chap)
          : protocol === Ppp.PAP
            ? Pap.write(packet as Pap.Pap)
            : Cp.write(packet as Cp.Cp)
      const frame = Ppp.write({ addressCompressed: false, protocolCompressed: false, protocol, info })
      raw(hex(frame))
    },
    /** Takes all that we sent since: `lcp configure-request 1: accm …`. */
    hears: (): string[] => sent.splice(0).map(show),
    /** The raw frames instead. */
    frames: (): string[] => sent.splice(0),
  }
  const advance = (time: Duration) => world.scheduler.runUntil(world.scheduler.now + time)
  return { world, us, events, peer, advance }
}

function show(text: string): string {
  const ppp = Ppp.parse(unhex(text))
  assert.ok(ppp.ok)
  const { protocol, info } = ppp.value
  const name = Ppp.protocolName(protocol)
  if (protocol === Ppp.CHAP || protocol === Ppp.PAP) {
    const codec = protocol === Ppp.CHAP ? Chap : Pap
    const parsed = codec.parse(info)
    assert.ok(parsed.ok)
    return `${name} ${parsed.value.type} ${parsed.value.id}: ${codec.show(parsed.value as never)}`
  }
  const parsed = Cp.parse(info)
  assert.ok(parsed.ok)
  return `${name} ${parsed.value.type} ${parsed.value.id}: ${Cp.show(protocol, parsed.value)}`
}

export type Alone = ReturnType<typeof alone>

/** `1201000040`: type and body, without the length octet between them. */
export const options = (...texts: string[]) =>
  texts.map(text => ({ type: Number.parseInt(text.slice(0, 2), 16), body: unhex(text.slice(2)) }))
export const request = (id: number, ...texts: string[]): Cp.Cp => ({
  type: 'configure-request',
  id,
  options: options(...texts),
})

/** The options of our last request, in hexadecimal, and its identifier. */
export function ourRequest(frames: readonly string[], protocol: number): { id: number; text: string } {
  const requests = frames.flatMap(frame => {
    const ppp = Ppp.parse(unhex(frame))
    return ppp.ok && ppp.value.protocol === protocol && ppp.value.info[0] === 1 ? [ppp.value.info] : []
  })
  const last = requests[requests.length - 1]
  assert.ok(last)
  return { id: last[1], text: hex(last.subarray(4)) }
}

/** Answers our open LCP request with the same options. */
export function ackLcp(a: Alone): void {
  const { id, text } = ourRequest(a.peer.frames(), Ppp.LCP)
  a.peer.raw(`ff03c02102${byte(id)}${word(4 + text.length / 2)}${text}`)
}
const byte = (n: number): string => n.toString(16).padStart(2, '0')
const word = (n: number): string => n.toString(16).padStart(4, '0')

/** Of the capture mschapv2-mppe128-stateless. */
const CHALLENGE = unhex('ff3bd4d9bf429d25c7f7075a6cb3f323')

/** In the network phase, with keys, and CCP asked for. */
export function ccpAsked(config: Partial<PppConfig> = {}): Alone {
  const a = alone({ ourself: CLIENT.ourself!, mppe: 'required', ...config })
  a.us.session.open()
  ackLcp(a)
  a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
  a.peer.frames()
  a.peer.raw('c223016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064')
  const peerChallenge = unhex(a.peer.frames()[0].slice(14, 46))
  const ntResponse = generateNtResponse(CHALLENGE, peerChallenge, 'alice', 'alice-secret')
  const proof = generateAuthenticatorResponse('alice-secret', ntResponse, peerChallenge, CHALLENGE, 'alice')
  a.peer.sends(Ppp.CHAP, { type: 'success', id: 0x6a, message: fromAscii(proof) })
  assert.equal(a.us.session.phase, 'network')
  return a
}
