/** Our client dials the real server: the lab bridge-client, whose client is alice. */
import type { Bridge, Told } from '../support/outside/bridge.ts'
import { check, until } from '../support/outside/failure.ts'
import type { Case, Facts } from './case.ts'
import { echoes } from './echoes.ts'
import type { Guest } from './guest.ts'
import * as Log from './pppd-log.ts'
import { REQUIRE, RealServer } from './real-server.ts'
import type { Site } from './site.ts'

const LAB = 'bridge-client'
/** Its node. */
const CLIENT = 'alice'
const UP_SECONDS = 30
const LEAST_OCTETS = 60_000
/** Well behind what the lab itself does; on a bad line that takes longer. */
const HANG_UP = { at: '18s', disconnect: CLIENT }
const LATE_HANG_UP = { at: '40s', disconnect: CLIENT }
/** The link between our client and its router. */
const LINE = 'topology.links[0]'

interface Session {
  readonly bridge: Bridge
  readonly guest: Guest
  readonly server: RealServer
  /** The client's address in the tunnel. */
  readonly address: string
}

interface Ours {
  readonly events?: readonly object[]
  /** Of our command. */
  readonly ours?: readonly string[]
}

/** pptpd listens, the bridge has started, and its client has a tunnel. */
async function session(
  site: Site,
  facts: Facts,
  options: readonly string[],
  { events = [], ours = [] }: Ours = {},
): Promise<Session> {
  const guest = site.serverGuest()
  await guest.ready()
  const server = new RealServer(guest)
  await server.listen(options)
  facts.peer = 'pptpd'
  const bridge = site.bridge({ lab: LAB, events, options: ours })
  await bridge.ready()
  const address = await server.tunnel(UP_SECONDS)
  facts.negotiated = Log.negotiated(server.log)
  check(Log.userOf(server.log) === 'alice', `${Log.userOf(server.log)} has logged in, not alice`)
  return { bridge, guest, server, address }
}

interface Transfer {
  readonly short?: boolean
  readonly line?: Line
}
/** What a line does to packets, and how it is seen that it did. */
interface Line {
  readonly options: readonly string[]
  seen(session: Session): void
}
const LOSS: Line = {
  options: ['--set', `${LINE}.loss=2%`],
  seen: ({ bridge }) => check((bridge.result.drops['line-loss'] ?? 0) > 0, 'the line has lost nothing'),
}
/** As netem did it for the captures of real peers. */
const JITTER: Line = {
  options: ['--set', `${LINE}.delay=6ms`, '--set', `${LINE}.jitter=5ms`],
  seen: ({ server }) => check(server.reordered > 0, 'nothing has overtaken anything on its way to the real server'),
}
/** Of our end of the tunnel, from what the peer or the way takes; of both MPPE takes 4 octets, of the way GRE takes 40. */
const MTU = (mtu: number, ...options: readonly string[]): Line => ({
  options,
  seen: ({ bridge }) => {
    const [up] = bridge.seen('interface', { to: 'up' })
    check(String(up.fields.detail).includes(`MTU ${mtu},`), `not the MTU ${mtu} at our end: ${up.fields.detail}`)
  },
})

const transfer = (
  name: string,
  options: readonly string[],
  agreed: string,
  { short = false, line }: Transfer = {},
): Case => ({
  name,
  short,
  async play(site, facts) {
    const plan = { events: [line ? LATE_HANG_UP : HANG_UP], ours: line?.options ?? [] }
    const it = await session(site, facts, options, plan)
    const { bridge, server, address } = it
    check(facts.negotiated === agreed, `negotiated, but not as asked: ${agreed}`)
    await server.ping(address, '-c 5 -i 0.2')
    await bridge.sees(40, 'talk-done', { ok: true })
    await bridge.sees(50, 'tunnel-end', { layer: 'lcp', reason: 'closed' })
    await server.empty(15)
    const octets = Log.octetsOf(server.log)
    facts.toPeer = octets?.received
    facts.fromPeer = octets?.sent
    check((octets?.received ?? 0) >= LEAST_OCTETS, `fewer than ${LEAST_OCTETS} octets came to the real server`)
    check((octets?.sent ?? 0) >= LEAST_OCTETS, `fewer than ${LEAST_OCTETS} octets came from the real server`)
    await bridge.stop()
    line?.seen(it)
  },
})

const wrongPassword: Case = {
  name: 'serve-wrong-password',
  async play(site, facts) {
    const guest = site.serverGuest()
    await guest.ready()
    const server = new RealServer(guest)
    await server.listen(REQUIRE.msChapV2('require-mppe-128'))
    facts.peer = 'pptpd'
    const bridge = site.bridge({ lab: LAB, options: ['--set', `topology.nodes.${CLIENT}.pptp.password=wrong`] })
    await bridge.ready()
    const end = await bridge.sees(UP_SECONDS, 'tunnel-end', { layer: 'auth', reason: 'auth-failed' })
    facts.negotiated = 'refused: wrong password'
    check(/691/.test(String(end.fields.detail)), `our client does not say error 691: ${end.fields.detail}`)
    await server.empty(15)
    check(Log.authFailed(server.log), 'the real server does not say that the password was wrong')
    check(Log.ups(server.log) === 0, 'the tunnel came up')
    await bridge.stop()
  },
}

/** Our client stops the control connection without a word of PPP. */
const weShutdown: Case = {
  name: 'serve-we-shutdown',
  async play(site, facts) {
    const plan = { events: [{ at: '18s', shutdown: CLIENT }] }
    const { bridge, server, address } = await session(site, facts, REQUIRE.msChapV2('require-mppe-128'), plan)
    await server.ping(address, '-c 3 -i 0.2')
    const end = await bridge.sees(30, 'tunnel-end')
    facts.negotiated = `${end.fields.layer} ${end.fields.reason}`
    check(facts.negotiated === 'pptp cleared', 'our client takes it for something else')
    await server.empty(15)
    check(/Modem hangup/.test(server.log), 'the log of the real server does not say Modem hangup')
    await bridge.stop()
  },
}

/** Nobody says anything for a while but the two echoes. */
const idle: Case = {
  name: 'serve-idle',
  async play(site, facts) {
    const plan = { events: [{ at: '100s', disconnect: CLIENT }] }
    const { bridge, server, address } = await session(site, facts, REQUIRE.msChapV2('require-mppe-128'), plan)
    facts.negotiated = await echoes(bridge)
    await server.ping(address, '-c 3 -i 0.2')
    await bridge.sees(60, 'tunnel-end', { layer: 'lcp', reason: 'closed' })
    await server.empty(15)
    await bridge.stop()
  },
}

/** Our client has one call; its second begins when the first is over. */
const secondCall: Case = {
  name: 'serve-second-call',
  async play(site, facts) {
    const events = [HANG_UP, { at: '21s', connect: CLIENT }, { at: '33s', disconnect: CLIENT }]
    const it = await session(site, facts, REQUIRE.msChapV2('require-mppe-128'), { events })
    const { bridge, server, address } = it
    await server.ping(address, '-c 3 -i 0.2')
    await until(UP_SECONDS, 'the second call does not come up', () => Log.ups(server.log) === 2)
    await server.ping(Log.addressOf(server.log, 'remote') ?? '', '-c 3 -i 0.2')
    await bridge.seesAll(30, 'tunnel-end', 2, { layer: 'lcp', reason: 'closed' })
    const calls = bridge.seen('pptp-message', { way: 'received', type: 'outgoing-call-reply' })
    facts.negotiated = `${calls.length} calls, one after the other`
    check(calls.length === 2, 'not two calls')
    await server.empty(15)
    await bridge.stop()
  },
}

/** The two do not come to terms about encryption: no tunnel, and each side says why. */
const mismatch = (name: string, use: string, peer: readonly string[], says: RegExp, end: [string, string]): Case => ({
  name,
  async play(site, facts) {
    const guest = site.serverGuest()
    await guest.ready()
    const server = new RealServer(guest)
    await server.listen(peer)
    facts.peer = 'pptpd'
    const bridge = site.bridge({ lab: LAB, options: ['--set', `topology.nodes.${CLIENT}.pptp.mppe.use=${use}`] })
    await bridge.ready()
    const [layer, reason] = end
    await bridge.sees(UP_SECONDS, 'tunnel-end', { layer, reason })
    facts.negotiated = `${layer} ${reason}`
    await server.empty(15)
    check(Log.ups(server.log) === 0, 'the tunnel came up')
    check(says.test(server.log), `the log of the server does not say ${says.source}`)
    await bridge.stop()
  },
})

/**
 * Our access server asks pptpd to take a telephone call, which it cannot: no Incoming-Call-Reply comes. The caller is
 * turned away, the access server lets pptpd alone for a while, and a client of pptpd does not notice.
 */
const accessServer: Case = {
  name: 'serve-nas',
  async play(site, facts) {
    const guest = site.serverGuest()
    await guest.ready()
    const server = new RealServer(guest)
    await server.listen(REQUIRE.msChapV2('require-mppe-128'))
    facts.peer = 'pptpd'
    const bridge = site.bridge({ lab: 'nas.yaml' })
    await bridge.ready()
    await server.tunnel(UP_SECONDS)
    await bridge.seesAll(60, 'ping-reply', 3)
    const ends = bridge.seen('dial-end', { layer: 'line', reason: 'out-of-order' }).map(({ t }) => t / 1e9)
    check(ends.length === 3, `${ends.length} of three callers are turned away with cause 27`)
    const [first, second, third] = ends
    check(first > 13 && second < 14.5 && third > 28.9, `turned away at ${ends.join(', ')} s`)
    const control = (way: string, type: string) => bridge.seen('pptp-message', { way, type }).filter(isOurs)
    const asked = control('sent', 'incoming-call-request').length
    check(asked === 2, `asked ${asked} times: not the first and the third`)
    check(control('sent', 'start-control-connection-request').length === 1, 'not by one control connection')
    check(control('received', 'incoming-call-reply').length === 0, 'pptpd has sent Incoming-Call-Reply')
    check(
      /Control Message type 9 not supported/.test(guest.log('syslog')),
      'pptpd does not say that it knows no such message',
    )
    for (const machine of ['lines[pri0.1].use', 'lines[pri0.1].call']) {
      check(bridge.state(`nas.${machine}`) === 'idle', `${machine} has not come back`)
    }
    check(bridge.state('nas.controls[10.99.2.2].pptp.control') === 'established', 'the control connection has gone')
    check(Log.ups(server.log) === 1 && !Log.terminated(server.log), 'the call of the other client was disturbed')
    facts.negotiated = `no answer, asked ${asked} times, cause 27`
    await bridge.stop()
  },
}

const isOurs = ({ node }: Told): boolean => node === 'nas'

/** How the peer goes away, and what our client makes of it: docs/bridge.md has the same table. */
interface Leaving {
  readonly name: string
  leave(session: Session): Promise<void>
  readonly layer: string
  readonly reason: string
  /** Seconds of wall time until the client knows, and from then on until nothing of the tunnel is left. */
  readonly within: number
  readonly settled: number
}

const SETTLED = { 'pptp.control': 'idle', 'pptp.call': 'idle', 'ppp.phase': 'dead' }

const leaving = ({ name, leave, layer, reason, within, settled }: Leaving): Case => ({
  name,
  async play(site, facts) {
    const it = await session(site, facts, REQUIRE.msChapV2('require-mppe-128'))
    const { bridge, server, address } = it
    await server.ping(address, '-c 3 -i 0.2')
    await leave(it)
    const began = performance.now()
    const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1)
    const end = await bridge.sees(within, 'tunnel-end')
    facts.negotiated = `${end.fields.layer} ${end.fields.reason} ${seconds()} s`
    check(end.fields.layer === layer && end.fields.reason === reason, `the client takes it for something else`)
    for (const [machine, state] of Object.entries(SETTLED)) {
      await until(settled, `${machine} is not ${state}`, () => bridge.state(`${CLIENT}.${machine}`) === state)
    }
    facts.negotiated += `, idle ${seconds()} s`
    await bridge.stop()
  },
})

const HANG_UP_AFTER_MS = 5000
const afterAWhile = (): Promise<void> => new Promise(resolve => setTimeout(resolve, HANG_UP_AFTER_MS))

export const WE_DIAL: readonly Case[] = [
  transfer('serve-mppe-128', REQUIRE.msChapV2('require-mppe-128'), 'MS-CHAPv2, MPPE 128-bit stateless', {
    short: true,
  }),
  transfer('serve-mppe-40', REQUIRE.msChapV2('require-mppe-40'), 'MS-CHAPv2, MPPE 40-bit stateless'),
  transfer(
    'serve-mppe-128-stateful',
    REQUIRE.msChapV2('require-mppe-128', 'mppe-stateful', 'plugin mppe-want-stateful.so'),
    'MS-CHAPv2, MPPE 128-bit stateful',
  ),
  mismatch('serve-mppe-we-refuse', 'off', REQUIRE.msChapV2('require-mppe-128'), /MPPE required/, [
    'lcp',
    'peer-closed',
  ]),
  mismatch('serve-mppe-it-refuses', 'required', REQUIRE.msChapV2('nomppe', 'noccp'), /is required/, [
    'ccp',
    'mppe-required',
  ]),
  transfer('serve-ms-chap', REQUIRE.msChap('nomppe', 'noccp'), 'MS-CHAP, no encryption'),
  transfer('serve-ms-chap-mppe', REQUIRE.msChap('require-mppe-128'), 'MS-CHAP, MPPE 128-bit stateless'),
  transfer('serve-chap-md5', REQUIRE.chapMd5, 'CHAP-MD5, no encryption'),
  transfer('serve-pap', REQUIRE.pap, 'PAP, no encryption'),
  transfer('serve-stock', REQUIRE.stock, 'MS-CHAPv2, no encryption'),
  wrongPassword,
  transfer(
    'serve-small-mtu',
    REQUIRE.msChapV2('require-mppe-128', 'mtu 576', 'mru 576'),
    'MS-CHAPv2, MPPE 128-bit stateless',
    { line: MTU(572) },
  ),
  transfer('serve-small-path', REQUIRE.msChapV2('require-mppe-128'), 'MS-CHAPv2, MPPE 128-bit stateless', {
    line: MTU(956, '--set', `${LINE}.mtu=1000`),
  }),
  transfer('serve-loss', REQUIRE.msChapV2('require-mppe-128'), 'MS-CHAPv2, MPPE 128-bit stateless', { line: LOSS }),
  transfer(
    'serve-loss-stateful',
    REQUIRE.msChapV2('require-mppe-128', 'mppe-stateful', 'plugin mppe-want-stateful.so'),
    'MS-CHAPv2, MPPE 128-bit stateful',
    { line: LOSS },
  ),
  transfer('serve-reorder', REQUIRE.msChapV2('require-mppe-128'), 'MS-CHAPv2, MPPE 128-bit stateless', {
    line: JITTER,
  }),
  idle,
  secondCall,
  weShutdown,
  accessServer,
  leaving({
    name: 'serve-hangup',
    async leave({ server }) {
      await afterAWhile()
      await server.hangUp()
    },
    layer: 'lcp',
    reason: 'peer-closed',
    within: 5,
    settled: 5,
  }),
  leaving({
    name: 'serve-kill-control',
    async leave({ server }) {
      await afterAWhile()
      await server.endControl()
    },
    layer: 'pptp',
    reason: 'disconnected',
    within: 5,
    settled: 5,
  }),
  leaving({
    name: 'serve-killed',
    async leave({ server }) {
      await afterAWhile()
      await server.kill()
    },
    layer: 'tcp',
    reason: 'tcp-closed',
    within: 5,
    settled: 5,
  }),
  leaving({
    name: 'serve-vanish',
    async leave({ guest }) {
      guest.vanish()
    },
    layer: 'lcp',
    reason: 'echo-timeout',
    within: 60,
    settled: 65,
  }),
]
