/** All cases, in the order in which they are run. */
import type { Told } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import { type Caller, FILES, TIMEOUT_SECONDS, TRIES } from './lab.ts'
import type { Case } from './site.ts'

/** From the call to the end of the tunnel, with room for a busy machine. */
const SECONDS = 30

const field = (told: Told, name: string): string => String(told.fields[name])
const matches = (text: string, ...wanted: RegExp[]): void => {
  for (const pattern of wanted) check(pattern.test(text), `${pattern} is not in: ${text}`)
}

interface Plan {
  readonly name: string
  readonly caller: Caller
  readonly short?: boolean
  /** What the office's interface says of itself. */
  readonly up: RegExp
  /** More that the record Stop must have. */
  readonly stop?: RegExp
}

/** A caller who comes in, pings through the tunnel and leaves; FreeRADIUS has it all in its accounts. */
const accepted = ({ name, caller, short = false, up, stop = /./ }: Plan): Case => ({
  name,
  short,
  async play(site, facts) {
    const bridge = await site.bridge(caller)
    const server = await site.freeRadius()
    const interfaces = await bridge.seesAll(SECONDS, 'interface', 2, { to: 'up' })
    const office = interfaces.find(({ node }) => node === 'office')
    const detail = office ? field(office, 'detail') : ''
    matches(detail, up)
    const replies = await bridge.seesAll(SECONDS, 'ping-reply', 3)
    const account = await bridge.sees(SECONDS, 'account', { user: caller.user })
    check(Number(account.fields.packetsIn) === 3, `the account has ${field(account, 'packetsIn')} packets`)
    matches(await server.account('Start'), new RegExp(`User-Name = "${caller.user}"`), /NAS-Port-Type = Virtual/)
    const octets = Number(account.fields.octetsIn)
    const numbers = new RegExp(`Acct-Input-Octets = ${octets}\\n`)
    matches(await server.account('Stop'), numbers, /Acct-Input-Packets = 3/, /Terminate-Cause = User-Request/, stop)
    facts.told = `${detail}; ${replies.length} pings; ${octets} octets in its accounts`
    await bridge.stop()
  },
})

/** A caller who does not come in. */
const refused = (name: string, caller: Caller, why: RegExp, short = false, answers = true): Case => ({
  name,
  short,
  async play(site, facts) {
    const bridge = await site.bridge(caller)
    await site.freeRadius()
    const ends = await bridge.seesAll(SECONDS, 'tunnel-end', 2)
    const office = ends.find(({ node }) => node === 'office')
    const alice = ends.find(({ node }) => node === 'alice')
    check(office !== undefined && alice !== undefined, 'an end of the tunnel is missing')
    check(alice.fields.reason === 'auth-failed', `alice: ${field(alice, 'reason')}`)
    matches(field(office, 'detail'), why)
    check(bridge.seen('interface', { to: 'up' }).length === 0, 'an interface came up')
    facts.told = field(office, 'detail')
    // Without a word from outside there is nothing to repeat.
    if (answers) await bridge.stop()
    else await bridge.interrupt()
  },
})

const alice = { user: 'alice', password: 'wonderland' }
const bob = { user: 'bob', password: 'builder' }

const killed: Case = {
  name: 'killed',
  short: true,
  async play(site, facts) {
    const bridge = await site.bridge(alice)
    const server = await site.freeRadius()
    await server.kill()
    const silent = await bridge.sees(SECONDS, 'radius-silent')
    const [first] = bridge.seen('radius-message', { way: 'sent' })
    const waited = (silent.t - first.t) / 1e9
    check(Number(silent.fields.tries) === TRIES, `${field(silent, 'tries')} tries`)
    check(waited === TIMEOUT_SECONDS * TRIES, `it waited ${waited} s`)
    const end = await bridge.sees(SECONDS, 'tunnel-end', { reason: 'auth-failed' })
    facts.told = `${TRIES} requests, ${waited} s; ${field(end, 'detail')}`
    await bridge.stop()
  },
}

const fallOver: Case = {
  name: 'second-server',
  async play(site, facts) {
    const bridge = await site.bridge({ ...alice, servers: [FILES, '10.99.0.1'] })
    await site.freeRadius()
    const [office] = await bridge.seesAll(SECONDS, 'interface', 1, { to: 'up' })
    const [first] = bridge.seen('radius-message', { way: 'sent', type: 'access-request' })
    const accept = await bridge.sees(SECONDS, 'radius-message', { type: 'access-accept' })
    const waited = (accept.t - first.t) / 1e9
    check(waited >= TIMEOUT_SECONDS * TRIES, `the answer came after ${waited} s`)
    facts.told = `${FILES} is no RADIUS server; the other accepts after ${waited.toFixed(2)} s: ${field(office, 'detail')}`
    await bridge.stop()
  },
}

export const CASES: readonly Case[] = [
  accepted({
    name: 'ms-chap-v2',
    caller: alice,
    short: true,
    up: /peer 10\.77\.8\.33, .*MPPE 128 bit/,
    stop: /Class = 0x676f6c64/,
  }),
  accepted({ name: 'ms-chap-v2-pool', caller: bob, up: /peer 10\.77\.8\.10, .*MPPE 128 bit/ }),
  accepted({ name: 'chap-md5', caller: { ...alice, auth: 'chap-md5', mppe: 'off' }, up: /10\.77\.8\.33, .*not enc/ }),
  accepted({ name: 'pap', caller: { ...alice, auth: 'pap', mppe: 'off' }, up: /10\.77\.8\.33, .*not encrypted/ }),
  refused('wrong-password', { ...alice, password: 'Wonderland' }, /refuses user "alice"/, true),
  refused('wrong-password-pap', { ...alice, password: 'Wonderland', auth: 'pap', mppe: 'off' }, /refuses user "alice"/),
  refused('unknown-user', { user: 'mallory', password: 'x' }, /refuses user "mallory"/),
  refused('login-service', { user: 'telnet', password: 'netter' }, /grants service 1, not PPP/),
  refused('wrong-secret', { ...alice, secret: 'another' }, /does not answer/, false, false),
  fallOver,
  killed,
]
