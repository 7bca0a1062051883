/**
 * Each captured scenario once more, with both ends ours and their profile `linux`: what they say, in the shape of a
 * capture. Only what people and cables did stands here; when they did it is taken from the capture.
 */
import { ip } from '../../src/base/address.ts'
import { powered } from '../../src/base/env.ts'
import type { Power } from '../../src/base/scheduler.ts'
import { ms, sec } from '../../src/base/time.ts'
import { LinkCapture } from '../../src/lab/capture.ts'
import type { Link } from '../../src/link/link.ts'
import { Client } from '../../src/node/client.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import type { Profile } from '../../src/node/tunnel-profile.ts'
import type { MppePolicy, MppeSetting } from '../../src/ppp/mppe-policy.ts'
import { Net } from '../support/net.ts'
import { readSaid, type Said, SERVER, type Side } from './capture.ts'

/** What ended the session, in seconds of the capture. */
export type Ending = {
  readonly at: number
  readonly how:
    | 'client hangs up'
    | 'server hangs up'
    | 'server shuts down'
    | 'client is killed'
    | 'client loses power'
    | 'by itself'
}

export interface Scenario {
  readonly capture: string
  readonly ending: Ending
  readonly auth: 'ms-chap-v2' | 'chap-md5' | 'pap'
  readonly user: string
  readonly password: string
  readonly mppe: { readonly [S in Side]: MppeSetting }
  /** Seconds between two LCP Echo-Requests. */
  readonly echo: number
  /** How many of them may stay without an answer. */
  readonly echoFailures?: number
  readonly loss: number
}

const policy = (changes: Partial<MppePolicy>): MppePolicy => ({
  use: 'required',
  strengths: [128],
  state: 'stateless',
  reset: 'linux',
  ...changes,
})
const both = (mppe: MppeSetting): Scenario['mppe'] => ({ client: mppe, server: mppe })
const alice = (capture: string, at: number, changes: Partial<Scenario> = {}): Scenario => ({
  capture,
  ending: { at, how: 'client hangs up' },
  auth: 'ms-chap-v2',
  user: 'alice',
  password: 'alice-secret',
  mppe: both('required'),
  echo: 30,
  loss: 0,
  ...changes,
})
const bob = (capture: string, at: number, auth: 'chap-md5' | 'pap'): Scenario =>
  alice(capture, at, { auth, user: 'bob', password: 'Passw0rd!', mppe: both('off') })

/** All of test/captures but the odd messages (test/node/odd-control.test.ts) and the second call (docs/deviations.md). */
export const SCENARIOS: readonly Scenario[] = [
  alice('mschapv2-mppe128-stateless', 3.87),
  alice('mschapv2-mppe128-stateful', 6, { mppe: both(policy({ state: 'stateful' })) }),
  alice('mschapv2-mppe40', 4, { mppe: both(policy({ strengths: [40] })) }),
  bob('chap-md5-plain', 4, 'chap-md5'),
  bob('pap-plain', 4, 'pap'),
  alice('mschapv2-wrong-password', 10, { password: 'wrong-password', ending: { at: 10, how: 'by itself' } }),
  alice('server-requires-mppe-client-refuses', 10, {
    mppe: { client: 'off', server: 'required' },
    ending: { at: 10, how: 'by itself' },
  }),
  alice('server-hangup-ppp', 4, { ending: { at: 4, how: 'server hangs up' } }),
  alice('server-hangup-control', 3.25, { ending: { at: 3.25, how: 'server shuts down' } }),
  alice('client-killed', 3.2, { echo: 5, ending: { at: 3.2, how: 'client is killed' } }),
  alice('client-vanishes', 4, { echo: 5, echoFailures: 3, ending: { at: 4, how: 'client loses power' } }),
  alice('defaults-compression', 3.85, { mppe: both('off') }),
  alice('mppe128-stateless-loss', 20),
  alice('mppe128-stateful-loss', 25, { mppe: both(policy({ state: 'stateful' })), loss: 0.02 }),
  alice('mppe128-stateless-reorder', 6),
  alice('idle-echo', 137.28, { echo: 20 }),
]

const USERS = new Map([
  ['alice', 'alice-secret'],
  ['bob', 'Passw0rd!'],
])

export function playScenario(scenario: Scenario, profile: Profile = 'linux'): readonly Said[] {
  const { auth, user, password, mppe, echo, ending, loss } = scenario
  const net = new Net(7)
  const power: Power = { on: true }
  const { echoFailures = 4 } = scenario
  const common = { auth: [auth], echo: sec(echo), echoFailures, profile }
  const own = { server: SERVER, user, password, mppe: mppe.client, routes: [], dns: false }
  const client = new Client(powered(net.world.env('client'), power), [], { ...own, ...common })
  const pool = { first: ip('192.168.80.10'), last: ip('192.168.80.20') }
  const given = { local: ip('192.168.80.1'), pool, users: USERS, mppe: mppe.server, dns: [] }
  const server = new PptpServer(net.world.env('pptpd'), [], { ...given, ...common })
  const options = { type: 'ethernet', delay: ms(1), loss: 0 } as const
  const link = net.link([client, 'eth0', '10.99.1.2/16'], [server, 'eth0', '10.99.2.2/16'], options)
  const capture = new LinkCapture(link, [], '0'.repeat(16))
  link.tap = frame => capture.frame(frame)
  client.start()
  server.start()
  client.connect()
  const { scheduler } = net.world
  scheduler.after(sec(2), 'traffic', () => {
    lossy(link, loss)
    const count = loss > 0 ? 1500 : 5
    net.ping(client, '192.168.80.1', { count, interval: loss > 0 ? ms(10) : ms(100) })
  })
  scheduler.after(Math.max(0, sec(ending.at) - ms(500)), 'no more loss', () => lossy(link, 0))
  scheduler.after(sec(ending.at), 'the end', () => {
    if (ending.how === 'client hangs up') client.disconnect()
    else if (ending.how === 'server hangs up') server.hangUp()
    else if (ending.how === 'server shuts down') server.shutDown()
    else if (ending.how === 'client is killed') kill(client, link, power)
    else if (ending.how === 'client loses power') off(link, power)
  })
  net.run(sec(ending.at + 40))
  return readSaid(capture.take(scheduler.now, true))
}

const lossy = (link: Link, loss: number): void => {
  link.change(0, { loss })
  link.change(1, { loss })
}

function off(link: Link, power: Power): void {
  power.on = false
  link.ends[0].receive = packet => packet.release()
}

/** The programs are gone; the kernel closes their sockets and says nothing else. */
function kill(client: Client, link: Link, power: Power): void {
  for (const connection of client.tcp.connections) connection.close()
  // The line is driven by its sender's clock in these tests.
  client.env.clock.after(ms(2), 'the programs are gone', () => off(link, power))
}
