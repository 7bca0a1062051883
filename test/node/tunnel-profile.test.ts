/** Whose habits an end has: what `linux` and `windows` do differently, on the wire. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { ms, sec } from '../../src/base/time.ts'
import { Client } from '../../src/node/client.ts'
import type { Snapshot } from '../../src/node/node.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import { HABITS, PROFILES, type Profile, profiledMppe } from '../../src/node/tunnel-profile.ts'
import * as Gre from '../../src/wire/gre.ts'
import { Bench, ocrq } from '../pptp/support.ts'
import { Net } from '../support/net.ts'

function session(client: Profile, server: Profile = 'default') {
  const net = new Net()
  const common = { auth: ['ms-chap-v2'] as const, mppe: 'required' as const }
  const alice = new Client(net.world.env('alice'), [], {
    ...common,
    server: ip('10.0.0.2'),
    user: 'alice',
    password: 'x',
    routes: [],
    dns: false,
    profile: client,
  })
  const pool = { first: ip('10.8.0.10'), last: ip('10.8.0.20') }
  const users = new Map([['alice', 'x']])
  const office = new PptpServer(net.world.env('office'), [], {
    ...common,
    local: ip('10.8.0.1'),
    pool,
    users,
    dns: [],
    profile: server,
  })
  net.link([alice, 'eth0', '10.0.0.1/24'], [office, 'eth0', '10.0.0.2/24'], { delay: ms(1) })
  alice.connect()
  net.run(sec(2))
  assert.ok(alice.tunnelUp, `${client} against ${server}`)
  net.ping(alice, '10.8.0.1')
  net.run(sec(4))
  assert.equal(net.seen('ping-reply').length, 1)
  const said = (node: string, type?: string) =>
    net
      .seen('pptp-message', node)
      .filter(m => m.way === 'sent' && (type === undefined || m.type === type))
      .map(m => (type === undefined ? m.type : m.detail))
  return { net, alice, office, said }
}

describe('profiles of tunnel ends', () => {
  for (const client of PROFILES) {
    for (const server of PROFILES) {
      test(`a client of profile ${client} and a server of profile ${server} come together and part in order`, () => {
        const { net, alice, office } = session(client, server)
        alice.disconnect()
        net.run(sec(20))
        const { pptp } = alice.snapshot() as { pptp: Snapshot }
        assert.deepEqual([pptp.control, pptp.call], ['idle', 'idle'])
        assert.equal((office.snapshot() as { pptp: Snapshot }).pptp.calls, 0)
        assert.deepEqual(
          net.seen('tunnel-end').map(e => `${e.node} ${e.layer} ${e.reason}`),
          ['alice lcp closed', 'office lcp peer-closed'],
        )
      })
    }
  }

  test('each says from where it is known', () => {
    assert.deepEqual(
      PROFILES.map(profile => HABITS[profile].basis),
      ['rfc', 'measured', 'modelled'],
    )
  })

  test('linux: names, window 3, GRE numbers from 1, no Set-Link-Info, no farewell in words', () => {
    const { net, alice, said } = session('linux', 'linux')
    assert.match(said('alice', 'start-control-connection-request')[0], /host local, vendor cananian/)
    assert.match(said('office', 'start-control-connection-reply')[0], /host local, vendor linux/)
    assert.match(said('alice', 'outgoing-call-request')[0], /window 3$/)
    assert.deepEqual(said('alice', 'set-link-info'), [])
    alice.disconnect()
    net.run(sec(10))
    const three = ['start-control-connection-request', 'outgoing-call-request', 'call-clear-request']
    assert.deepEqual(said('alice'), three)
    assert.deepEqual(said('office'), ['start-control-connection-reply', 'outgoing-call-reply'])
  })

  test('linux: closing an encrypted link sends a second Terminate-Request, as pppd does', () => {
    const count = (profile: Profile) => {
      const { net, alice } = session(profile)
      alice.disconnect()
      net.run(sec(10))
      return net.seen('ppp-message', 'alice').filter(m => m.way === 'sent' && m.type === 'terminate-request').length
    }
    assert.deepEqual([count('default'), count('linux')], [1, 2])
  })

  test('linux: a server that shuts down names the call first (server-hangup-control)', () => {
    const { net, office, said } = session('linux', 'linux')
    office.shutDown()
    net.run(sec(10))
    assert.deepEqual(said('office').slice(-2), ['call-disconnect-notify', 'stop-control-connection-request'])
    assert.match(said('office', 'stop-control-connection-request')[0], /3 \(Stop-Local-Shutdown\)/)
  })

  test('default: a server that shuts down sends Stop-Local-Shutdown and waits for the reply (RFC 2637 §2.3)', () => {
    const { net, office, said } = session('default')
    office.shutDown()
    net.run(sec(10))
    assert.deepEqual(said('office').slice(-1), ['stop-control-connection-request'])
    assert.deepEqual(said('alice').slice(-1), ['stop-control-connection-reply'])
    const [{ detail }] = net.seen('tunnel-end', 'alice')
    assert.match(detail, /reason 3 \(Stop-Local-Shutdown\)/)
  })

  test('default: Set-Link-Info tells the PAC the ACCMs when LCP has agreed on them (RFC 2637 §2.15)', () => {
    const { said } = session('default')
    assert.deepEqual(said('alice', 'set-link-info'), ["peer's call 0, accm 00000000/00000000"])
  })

  test('windows: Set-Link-Info twice, vendor Microsoft, MRU 1400 (modelled)', () => {
    const { net, said } = session('windows')
    const ones = "peer's call 0, accm ffffffff/ffffffff"
    assert.deepEqual(said('alice', 'set-link-info'), [ones, "peer's call 0, accm 00000000/00000000"])
    assert.match(said('alice', 'start-control-connection-request')[0], /host -, vendor Microsoft/)
    assert.match(said('alice', 'outgoing-call-request')[0], /speed 300\.\.100000000/)
    const [request] = net.seen('ppp-message', 'alice').filter(m => m.proto === 'lcp' && m.way === 'sent')
    assert.match(request.detail, /mru 1400/)
    const { interfaces } = session('windows').alice.snapshot() as { interfaces: Record<string, Snapshot> }
    assert.equal(interfaces.ppp0.mtu, 1396)
  })

  test('linux: a server asks for an Echo 60 s after the last message or packet (as pptpd, RFC 2637 §3.1.4)', () => {
    for (const [dataCountAsLife, asked] of [
      [true, 90],
      [false, 60],
    ] as const) {
      const bench = Bench.accepted({ ...HABITS.linux.ends.pac, dataCountAsLife })
      bench.sends(ocrq(7))
      bench.pass(sec(30))
      const header = { callId: 0, sequenceNumber: 0, acknowledgmentNumber: undefined }
      bench.greArrives(Gre.write({ ...header, payload: Uint8Array.of(1) }))
      bench.heard()
      bench.pass(sec(asked - 30) - 1)
      assert.deepEqual(bench.heardTypes(), [])
      bench.pass(1)
      assert.deepEqual(bench.heardTypes(), ['echo-request'])
    }
  })

  test('linux: a server gives a peer 10 s for its first message (pptpd stimeout)', () => {
    const bench = new Bench('pac', HABITS.linux.ends.pac)
    bench.pass(sec(10) - 1)
    assert.deepEqual([bench.end], [undefined])
    bench.pass(1)
    assert.deepEqual([bench.end?.reason, bench.tcp], ['timeout', 'end'])
    assert.equal(bench.end?.sentence, 'No Start-Control-Connection-Request came in 10s.')
  })

  test('linux: a Reset-Request is answered as pppd does, unless the lab says otherwise (RFC 3078 §2.3)', () => {
    const stateful = { use: 'required', strengths: [128], state: 'stateful' } as const
    assert.deepEqual(profiledMppe('linux', stateful), { ...stateful, reset: 'linux' })
    assert.deepEqual(profiledMppe('linux', { ...stateful, reset: 'rfc' }), { ...stateful, reset: 'rfc' })
    assert.deepEqual(profiledMppe('default', stateful), stateful)
  })
})
