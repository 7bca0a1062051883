/** The real client dials our server: 10.77.0.1 in the lab bridge-server. */
import type { Bridge } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import type { Case, Facts } from './case.ts'
import * as Log from './pppd-log.ts'
import { type RealClient, USUAL } from './real-client.ts'
import { USERS } from './real-server.ts'
import { countOctets } from './real-to-real.ts'
import type { Site } from './site.ts'

export const LAB = 'bridge-server'
export const OUR_SERVER = '10.77.0.1'

const MEGABYTE = 1_000_000
const SOME = 100_000
/** Our MTU is 1460 and MPPE takes four octets of it: what a ping with IP and ICMP headers then still carries whole. */
const WHOLE_PING = 1428
/** For a server to notice that its client has gone: RFC 1661 §5.5 and the end of the TCP connection. */
const END_SECONDS = 10

export interface Login {
  readonly user: string
  readonly password?: string
  readonly options: readonly string[]
}

/** The bridge runs and the guest stands ready; the client has begun to dial. */
export async function dialling(
  site: Site,
  facts: Facts,
  login: Login,
  { rubbish = false, options: ours = [] }: { readonly rubbish?: boolean; readonly options?: readonly string[] } = {},
): Promise<{ readonly bridge: Bridge; readonly client: RealClient }> {
  const bridge = site.bridge({ lab: LAB, rubbish, options: ours })
  facts.peer = 'pptp-linux'
  const client = await site.realClient()
  await bridge.ready()
  const { user, password = USERS[user], options } = login
  client.dial({ server: OUR_SERVER, user, password, options })
  return { bridge, client }
}

/** A whole session: pings up to the longest, a megabyte echoed and compared, and an end in order. */
const session = (name: string, login: Login, agreed: string, short = false): Case => ({
  name,
  short,
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, login)
    const address = await client.up()
    facts.negotiated = Log.negotiated(client.log)
    check(facts.negotiated === agreed, `negotiated, but not as asked: ${agreed}`)
    await client.ping(address, '-c 5 -i 0.2')
    await client.ping(address, `-c 2 -i 0.2 -M do -s ${WHOLE_PING}`)
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

/** Packets are lost on both ways, and TCP gets its octets through all the same. */
const lossy = (name: string, login: Login, agreed: string): Case => ({
  name,
  async play(site, facts) {
    const options = ['--set', 'topology.links[1].loss=2%']
    const { bridge, client } = await dialling(site, facts, login, { options })
    const address = await client.up()
    facts.negotiated = Log.negotiated(client.log)
    check(facts.negotiated === agreed, `negotiated, but not as asked: ${agreed}`)
    await client.echo(address, SOME)
    await client.ping(address, '-c 10 -i 0.2')
    await client.hangUp()
    countOctets(facts, client.log)
    await bridge.sees(END_SECONDS, 'tunnel-end')
    await bridge.stop()
  },
})

const clear = (...refused: readonly string[]): Login => ({ user: 'bob', options: [...USUAL, 'nomppe', ...refused] })
const encrypted = (...options: readonly string[]): Login => ({ user: 'alice', options: [...USUAL, ...options] })
const STATEFUL = ['mppe-stateful', 'plugin mppe-want-stateful.so']

/** As most people dial. */
export const ALICE = encrypted('require-mppe-128')

export const DIAL_US: readonly Case[] = [
  session('dial-mppe-128', ALICE, 'MS-CHAPv2, MPPE 128-bit stateless', true),
  // pppd as it comes offers EAP, Deflate, BSD-Compress and VJ, and no MPPE unless it is required.
  session('dial-stock', { user: 'alice', options: [] }, 'MS-CHAPv2, no encryption'),
  wrongPassword,
  session('dial-chap-md5', clear('refuse-mschap', 'refuse-mschap-v2'), 'CHAP-MD5, no encryption'),
  session('dial-mschap', clear('refuse-mschap-v2', 'refuse-chap'), 'MS-CHAP, no encryption'),
  session(
    'dial-mschap-mppe',
    encrypted('require-mppe-128', 'refuse-mschap-v2', 'refuse-chap'),
    'MS-CHAP, MPPE 128-bit stateless',
  ),
  session('dial-pap', clear('refuse-mschap', 'refuse-mschap-v2', 'refuse-chap'), 'PAP, no encryption'),
  session('dial-mppe-40', encrypted('require-mppe-40'), 'MS-CHAPv2, MPPE 40-bit stateless'),
  session('dial-mppe-any', encrypted('require-mppe'), 'MS-CHAPv2, MPPE 128-bit stateless'),
  session('dial-mppe-128-stateful', encrypted('require-mppe-128', ...STATEFUL), 'MS-CHAPv2, MPPE 128-bit stateful'),
  lossy('dial-loss', ALICE, 'MS-CHAPv2, MPPE 128-bit stateless'),
  lossy('dial-loss-stateful', encrypted('require-mppe-128', ...STATEFUL), 'MS-CHAPv2, MPPE 128-bit stateful'),
  mismatch('dial-mppe-we-refuse', 'off', ALICE, /MPPE required/, 'lcp', 'peer-closed'),
  mismatch('dial-mppe-it-refuses', 'required', encrypted('nomppe', 'noccp'), /is required/, 'ccp', 'mppe-required'),
]
