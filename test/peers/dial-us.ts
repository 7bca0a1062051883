/** The real client dials our server: 10.77.0.1 in the lab bridge-server. */
import type { Bridge } from '../support/outside/bridge.ts'
import { check, until } from '../support/outside/failure.ts'
import type { Case, Facts } from './case.ts'
import { echoes } from './echoes.ts'
import * as Log from './pppd-log.ts'
import { type RealClient, USUAL } from './real-client.ts'
import { USERS } from './real-server.ts'
import { countOctets } from './real-to-real.ts'
import type { Site } from './site.ts'

export const LAB = 'bridge-server'
export const OUR_SERVER = '10.77.0.1'

/** The link to our server, and where the real client is. */
const LINE = 'topology.links[1]'
const CLIENT = '10.99.1.2'

const MEGABYTE = 1_000_000
const SOME = 100_000
const IP_AND_ICMP = 28
/** GRE and what is around it. */
const GRE_OCTETS = 40
const MPPE_OCTETS = 4
const USUAL_MTU = 1500 - GRE_OCTETS
const SMALL_MTU = 576
/** Of the line. */
const SMALL_PATH = 1000
/** For a server to notice that its client has gone: RFC 1661 §5.5 and the end of the TCP connection. */
const END_SECONDS = 10

export interface Login {
  readonly user: string
  readonly password?: string
  readonly options: readonly string[]
}

interface Ours {
  readonly rubbish?: boolean
  readonly options?: readonly string[]
  readonly events?: readonly object[]
}

/** The bridge runs and the guest stands ready; the client has begun to dial. */
export async function dialling(
  site: Site,
  facts: Facts,
  login: Login,
  { rubbish = false, options: ours = [], events = [] }: Ours = {},
): Promise<{ readonly bridge: Bridge; readonly client: RealClient }> {
  const bridge = site.bridge({ lab: LAB, rubbish, options: ours, events })
  facts.peer = 'pptp-linux'
  const client = await site.realClient()
  await bridge.ready()
  const { user, password = USERS[user], options } = login
  client.dial({ server: OUR_SERVER, user, password, options })
  return { bridge, client }
}

interface Session {
  readonly short?: boolean
  /** Of our command. */
  readonly options?: readonly string[]
  /** Of our end of the tunnel, before MPPE takes its octets; the longest ping that need not be cut has what is left. */
  readonly mtu?: number
}

/** A whole session: pings up to the longest, a megabyte echoed and compared, and an end in order. */
const session = (
  name: string,
  login: Login,
  agreed: string,
  { short = false, options = [], mtu = USUAL_MTU }: Session = {},
): Case => ({
  name,
  short,
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, login, { options })
    const address = await client.up()
    facts.negotiated = Log.negotiated(client.log)
    check(facts.negotiated === agreed, `negotiated, but not as asked: ${agreed}`)
    const whole = mtu - (agreed.includes('MPPE') ? MPPE_OCTETS : 0)
    const up = await bridge.sees(END_SECONDS, 'interface', { to: 'up' })
    check(String(up.fields.detail).includes(`MTU ${whole},`), `not the MTU ${whole} at our end: ${up.fields.detail}`)
    await client.ping(address, '-c 5 -i 0.2')
    await client.ping(address, `-c 2 -i 0.2 -M do -s ${whole - IP_AND_ICMP}`)
    await client.echo(address, MEGABYTE)
    await client.push(address, SOME)
    await client.pull(address, SOME)
    await client.hangUp()
    countOctets(facts, client.log)
    await bridge.sees(END_SECONDS, 'tunnel-end', { layer: 'lcp', reason: 'peer-closed' })
    await bridge.stop()
  },
})

const wrongPassword: Case = {
  name: 'dial-wrong-password',
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, { ...ALICE, password: 'wrong' })
    await client.refused()
    check(Log.authFailed(client.log), 'the client was refused, but not for its password')
    facts.negotiated = 'refused: wrong password'
    await bridge.sees(END_SECONDS, 'tunnel-end', { layer: 'auth', reason: 'auth-failed' })
    await bridge.stop()
  },
}

/** The two do not come to terms about encryption: the client has no tunnel, and each side says why. */
const mismatch = (name: string, use: string, login: Login, says: RegExp, layer: string, reason: string): Case => ({
  name,
  async play(site, facts) {
    const options = ['--set', `topology.nodes.office.pptp.mppe.use=${use}`]
    const { bridge, client } = await dialling(site, facts, login, { options })
    await client.refused()
    check(says.test(client.log), `the client was refused, but its log does not say ${says.source}`)
    await bridge.sees(END_SECONDS, 'tunnel-end', { layer, reason })
    facts.negotiated = `${layer} ${reason}`
    await bridge.stop()
  },
})

/** What a line does to packets, and how it is seen that it did. */
interface Line {
  readonly options: readonly string[]
  seen(bridge: Bridge, client: RealClient): void
}
const LOSS: Line = {
  options: ['--set', `${LINE}.loss=2%`],
  seen: bridge => check((bridge.result.drops['line-loss'] ?? 0) > 0, 'the line has lost nothing'),
}
/** As netem did it for the captures of real peers. */
const JITTER: Line = {
  options: ['--set', `${LINE}.delay=6ms`, '--set', `${LINE}.jitter=5ms`],
  seen: (_, client) => check(client.reordered > 0, 'nothing has overtaken anything on its way to the real client'),
}

/** TCP gets its octets through a bad line all the same. */
const rough = (name: string, line: Line, login: Login, agreed: string): Case => ({
  name,
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, login, line)
    const address = await client.up()
    facts.negotiated = Log.negotiated(client.log)
    check(facts.negotiated === agreed, `negotiated, but not as asked: ${agreed}`)
    await client.echo(address, SOME)
    await client.ping(address, '-c 10 -i 0.2')
    await client.hangUp()
    countOctets(facts, client.log)
    await bridge.sees(END_SECONDS, 'tunnel-end')
    await bridge.stop()
    line.seen(bridge, client)
  },
})

/** A tunnel that ends in another way than by the real client's Terminate-Request, and what our server makes of it. */
interface Leaving {
  readonly name: string
  /** Of our command, and of the lab. */
  readonly options?: readonly string[]
  readonly events?: readonly object[]
  leave(client: RealClient): Promise<void>
  readonly layer: string
  readonly reason: string
  /** Seconds of wall time until our server knows, and from then on until nothing of the tunnel is left. */
  readonly within: number
  readonly settled: number
  /** The control message with which it begins. */
  readonly message?: string
  /** What the real client's log has to say of it, if it lives. */
  readonly says?: RegExp
}

const SETTLED = {
  'calls[0].pptp.call': 'idle',
  'calls[0].ppp.phase': 'dead',
  [`controls[${CLIENT}].pptp.control`]: 'idle',
}

const leaving = ({
  name,
  options = [],
  events = [],
  leave,
  layer,
  reason,
  within,
  settled,
  message,
  says,
}: Leaving): Case => ({
  name,
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, ALICE, { options, events })
    await client.ping(await client.up(), '-c 3 -i 0.2')
    const began = performance.now()
    const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1)
    await leave(client)
    const end = await bridge.sees(within, 'tunnel-end')
    facts.negotiated = `${end.fields.layer} ${end.fields.reason} ${seconds()} s`
    check(end.fields.layer === layer && end.fields.reason === reason, 'our server takes it for something else')
    for (const [machine, state] of Object.entries(SETTLED)) {
      await until(settled, `${machine} is not ${state}`, () => bridge.state(`office.${machine}`) === state)
    }
    facts.negotiated += `, idle ${seconds()} s`
    const messages = bridge.seen('pptp-message', { way: 'received' }).map(({ fields }) => fields.type)
    check(
      message === undefined || messages.at(2) === message,
      `not ${message} after the two of the beginning: ${messages.join(', ')}`,
    )
    if (says) {
      await client.over(END_SECONDS)
      check(says.test(client.log), `the log of the real client does not say ${says.source}`)
    }
    await bridge.stop()
  },
})

/** Our server loses its power. The real client has only its own LCP echoes to find out. */
const weCrash: Case = {
  name: 'dial-we-crash',
  async play(site, facts) {
    const events = [{ at: '25s', crash: 'office' }]
    const { bridge, client } = await dialling(site, facts, encrypted('require-mppe-128', ...QUICK_ECHO), { events })
    await client.ping(await client.up(), '-c 3 -i 0.2')
    await bridge.sees(30, 'action', { verb: 'crash' })
    const began = performance.now()
    await client.over(60)
    facts.negotiated = `noticed after ${((performance.now() - began) / 1000).toFixed(1)} s`
    check(/No response to 3 echo-requests/.test(client.log), 'the real client does not say that nobody answers')
    await bridge.stop()
  },
}

/** Nobody says anything for a while but the two echoes, LCP's and that of the control connection (RFC 2637 §2.5). */
const idle: Case = {
  name: 'dial-idle',
  async play(site, facts) {
    const options = ['--set', 'topology.nodes.office.pptp.echo=20s']
    const { bridge, client } = await dialling(site, facts, ALICE, { options })
    const address = await client.up()
    facts.negotiated = await echoes(bridge)
    await client.ping(address, '-c 3 -i 0.2')
    await client.hangUp()
    await bridge.sees(END_SECONDS, 'tunnel-end', { layer: 'lcp', reason: 'peer-closed' })
    await bridge.stop()
  },
}

/** pptp-linux places a second call on the control connection that it has; when both are over it dials once more. */
const secondCall: Case = {
  name: 'dial-second-call',
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, ALICE)
    const address = await client.up()
    const second = client.another(1)
    second.dial({ server: OUR_SERVER, user: 'bob', password: USERS.bob, options: ALICE.options })
    await second.up()
    const received = (type: string): number => bridge.seen('pptp-message', { way: 'received', type }).length
    check(received('start-control-connection-request') === 1, 'the second call has a control connection of its own')
    check(received('outgoing-call-request') === 2, 'there was no second call')
    for (const one of [client, second]) await one.ping(address, '-c 5 -i 0.2')
    await client.hangUp()
    await bridge.sees(END_SECONDS, 'tunnel-end', { layer: 'lcp', reason: 'peer-closed' })
    await second.ping(address, '-c 5 -i 0.2')
    await second.hangUp()
    await bridge.seesAll(END_SECONDS, 'tunnel-end', 2, { layer: 'lcp', reason: 'peer-closed' })
    const third = client.another(2)
    third.dial({ server: OUR_SERVER, user: 'alice', password: USERS.alice, options: ALICE.options })
    await third.up()
    check(received('start-control-connection-request') === 2, 'the third call has no control connection of its own')
    await third.ping(address, '-c 5 -i 0.2')
    await third.hangUp()
    const addresses = [client, second, third].map(({ log }) => Log.addressOf(log, 'local'))
    facts.negotiated = `callers ${addresses.map(address => address?.replace('10.77.8', '')).join(', ')}`
    check(addresses[0] !== addresses[1], 'two callers at a time have the same address')
    await bridge.stop()
  },
}

const clear = (...refused: readonly string[]): Login => ({ user: 'bob', options: [...USUAL, 'nomppe', ...refused] })
const encrypted = (...options: readonly string[]): Login => ({ user: 'alice', options: [...USUAL, ...options] })
const QUICK_ECHO = ['lcp-echo-interval 5', 'lcp-echo-failure 3']
const STATEFUL = ['mppe-stateful', 'plugin mppe-want-stateful.so']

/** As most people dial. */
export const ALICE = encrypted('require-mppe-128')

export const DIAL_US: readonly Case[] = [
  session('dial-mppe-128', ALICE, 'MS-CHAPv2, MPPE 128-bit stateless', { short: true }),
  // pppd as it comes offers EAP, Deflate, BSD-Compress and VJ, and no MPPE unless it is required.
  session('dial-stock', { user: 'alice', options: [] }, 'MS-CHAPv2, no encryption'),
  wrongPassword,
  session('dial-chap-md5', clear('refuse-mschap', 'refuse-mschap-v2'), 'CHAP-MD5, no encryption'),
  session('dial-ms-chap', clear('refuse-mschap-v2', 'refuse-chap'), 'MS-CHAP, no encryption'),
  session(
    'dial-ms-chap-mppe',
    encrypted('require-mppe-128', 'refuse-mschap-v2', 'refuse-chap'),
    'MS-CHAP, MPPE 128-bit stateless',
  ),
  session('dial-pap', clear('refuse-mschap', 'refuse-mschap-v2', 'refuse-chap'), 'PAP, no encryption'),
  session('dial-mppe-40', encrypted('require-mppe-40'), 'MS-CHAPv2, MPPE 40-bit stateless'),
  session('dial-mppe-any', encrypted('require-mppe'), 'MS-CHAPv2, MPPE 128-bit stateless'),
  session('dial-mppe-128-stateful', encrypted('require-mppe-128', ...STATEFUL), 'MS-CHAPv2, MPPE 128-bit stateful'),
  session(
    'dial-small-mtu',
    encrypted('require-mppe-128', `mtu ${SMALL_MTU}`, `mru ${SMALL_MTU}`),
    'MS-CHAPv2, MPPE 128-bit stateless',
    { mtu: SMALL_MTU },
  ),
  session('dial-small-path', ALICE, 'MS-CHAPv2, MPPE 128-bit stateless', {
    options: ['--set', `${LINE}.mtu=${SMALL_PATH}`],
    mtu: SMALL_PATH - GRE_OCTETS,
  }),
  rough('dial-loss', LOSS, ALICE, 'MS-CHAPv2, MPPE 128-bit stateless'),
  rough('dial-loss-stateful', LOSS, encrypted('require-mppe-128', ...STATEFUL), 'MS-CHAPv2, MPPE 128-bit stateful'),
  rough('dial-reorder', JITTER, ALICE, 'MS-CHAPv2, MPPE 128-bit stateless'),
  mismatch('dial-mppe-we-refuse', 'off', ALICE, /MPPE required/, 'lcp', 'peer-closed'),
  mismatch('dial-mppe-it-refuses', 'required', encrypted('nomppe', 'noccp'), /is required/, 'ccp', 'mppe-required'),
  idle,
  secondCall,
  leaving({
    name: 'dial-we-hangup',
    options: ['--set', 'topology.nodes.office.pptp.limits.session=10s'],
    leave: async () => {},
    layer: 'lcp',
    reason: 'closed',
    within: 20,
    settled: 5,
    says: /LCP terminated by peer/,
  }),
  leaving({
    name: 'dial-we-shutdown',
    events: [{ at: '20s', shutdown: 'office' }],
    leave: async () => {},
    layer: 'pptp',
    reason: 'cleared',
    within: 20,
    settled: 5,
    says: /Modem hangup/,
  }),
  leaving({
    name: 'dial-kill-control',
    leave: client => client.endControl(),
    layer: 'pptp',
    reason: 'disconnected',
    message: 'call-clear-request',
    within: 5,
    settled: 5,
    says: /Modem hangup/,
  }),
  leaving({
    name: 'dial-killed',
    leave: client => client.kill(),
    layer: 'tcp',
    reason: 'tcp-closed',
    within: 5,
    settled: 5,
  }),
  leaving({
    name: 'dial-vanish',
    options: ['--set', 'topology.nodes.office.pptp.echo=5s'],
    leave: async client => client.vanish(),
    layer: 'lcp',
    reason: 'echo-timeout',
    within: 40,
    // the control connection's echo: 60 s of silence, and 60 s for the answer
    settled: 110,
  }),
  weCrash,
]
