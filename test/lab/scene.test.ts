import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Recorder, type Scene, sceneOf } from '../../src/index.ts'
import { Dialler } from '../../src/node/dialler.ts'
import { HOME, OFFICE, runJoined, runOf, Side, TIME_ZERO } from '../support/joined.ts'
import { recorded } from '../support/scene.ts'

const marks = (scene: Scene, tunnel = 0): string =>
  scene.tunnels[tunnel].layers
    .map(({ mark }) => ({ open: '√', opening: '~', idle: '·', failed: '×', absent: '-' })[mark])
    .join('')
/** Without the records that flights lead to: those are the recorder's own. */
const data = (scene: Scene): string =>
  JSON.stringify(scene, (key, value) => (key === 'packet' || key === 'bytes' ? undefined : value))

describe('a scene of voluntary', () => {
  test('at 5.012 s has one packet in flight, sealed, 3 ms before isp', () => {
    const scene = sceneOf(recorded('voluntary', 5.012))
    assert.deepEqual(
      scene.links.map(({ flights }) => flights.length),
      [1, 0, 0],
    )
    const [{ packet, hop }] = scene.links[0].flights
    assert.equal(packet.facts?.proto, 'gre')
    assert.equal(packet.parent?.facts?.proto, 'icmp')
    assert.equal(hop.from, 0)
    assert.equal(hop.sent, 5e9)
    // 135 octets at 10 Mbit/s are 108 µs, then 15 ms of delay.
    assert.equal(hop.arrives, 5e9 + 108_000 + 15_000_000)
    assert.equal(scene.next, hop.arrives)
  })

  test('layers open in their order, and all are closed at the end', () => {
    const recorder = recorded('voluntary', -1)
    const seen: string[] = []
    for (let t = 0; t <= 400; t++) {
      recorder.run.advanceTo(t * 1e6)
      const now = marks(sceneOf(recorder))
      if (seen.at(-1) !== now) seen.push(now)
    }
    assert.deepEqual(seen, ['~······', '√~·····', '√√~····', '√√√~···', '√√√√~··', '√√√√√~·', '√√√√√√~', '√√√√√√√'])
    recorder.run.advance()
    const scene = sceneOf(recorder)
    assert.equal(marks(scene), '·······')
    assert.equal(scene.tunnels[0].up, false)
    assert.equal(scene.tunnels[0].end, 'lcp: The user has disconnected')
    assert.equal(scene.over, true)
  })

  test('the tunnel begins with the dialling, and has its facts when it is up', () => {
    const before = sceneOf(recorded('voluntary', -1)).tunnels[0]
    assert.equal(before.began, undefined)
    assert.equal(before.inner, undefined)
    const [tunnel] = sceneOf(recorded('voluntary', 5.012)).tunnels
    assert.equal(tunnel.began, 0)
    assert.equal(tunnel.since, 346_578_720)
    assert.deepEqual(tunnel.inner, { client: '10.8.0.10', server: '10.8.0.1' })
    assert.equal(tunnel.mtu, 1456)
    assert.equal(tunnel.encrypted, true)
    assert.deepEqual(tunnel.path, [0, 1])
    assert.deepEqual([tunnel.sent, tunnel.arrived, tunnel.received], [3, 2, 2])
  })

  test('has what went through the tunnel second by second', () => {
    const { traffic } = sceneOf(recorded('voluntary', 5.012)).tunnels[0]
    // Three pings of 84 octets; the reply to the third is still to come.
    assert.deepEqual(traffic, [
      { second: 3, up: 84, down: 84 },
      { second: 4, up: 84, down: 84 },
      { second: 5, up: 84, down: 0 },
    ])
  })

  test('does not change when the run goes on', () => {
    const recorder = recorded('voluntary', 5.012)
    const scene = sceneOf(recorder)
    const before = data(scene)
    recorder.run.advance()
    assert.equal(data(scene), before)
    assert.notEqual(data(sceneOf(recorder)), before)
    assert.ok(Object.isFrozen(scene) && scene.nodes.every(({ state }) => Object.isFrozen(state)))
  })

  test('tells when the restart timer runs out and which try it is (RFC 1661 §4.6)', () => {
    const recorder: Recorder = recorded('voluntary', 0.15)
    recorder.run.simulation.links[0].setUp(false)
    recorder.run.advanceTo(7e9)
    const lcp = sceneOf(recorder).tunnels[0].layers[3]
    assert.equal(lcp.state, 'ack-sent')
    assert.deepEqual([lcp.tries, lcp.maxTries], [3, 10])
    assert.equal(lcp.due, 145_853_440 + 9e9)
  })
})

test('a scene of wrong-password says which layer failed and why', () => {
  const scene = sceneOf(recorded('wrong-password', 30))
  const [tunnel] = scene.tunnels
  assert.equal(tunnel.layers[4].state, 'failed')
  assert.equal(tunnel.layers[4].mark, 'failed')
  assert.match(tunnel.end ?? '', /^auth: /)
})

test('a scene of voluntary-lan has the links of each tunnel and a neighbour that is none of its business', () => {
  const scene = sceneOf(recorded('voluntary-lan', 5.01))
  assert.deepEqual(
    scene.links.map(({ tunnels }) => tunnels),
    [[1], [2], [1, 2], [1, 2], [1, 2], []],
  )
  assert.deepEqual(
    scene.tunnels.map(({ no, client, server }) => [no, client, server]),
    [
      [1, 'alice', 'office'],
      [2, 'bob', 'office'],
    ],
  )
})

test('a scene of voluntary-over-dial-up takes the tunnel for ppp1, and the line for no tunnel', () => {
  const seen = [1.9, 4, 39].map(t => {
    const [{ up, inner, encrypted }] = sceneOf(recorded('voluntary-over-dial-up', t)).tunnels
    return { up, inner, encrypted }
  })
  const none = { up: false, inner: undefined, encrypted: false }
  assert.deepEqual(seen, [
    none,
    { up: true, inner: { client: '10.8.0.10', server: '10.8.0.1' }, encrypted: true },
    none,
  ])
})

describe('a scene with telephone lines', () => {
  test('of compulsory has a tunnel from the access server to the company, for Bob who has no PPTP', () => {
    const [tunnel, ...more] = sceneOf(recorded('compulsory', 12.03)).tunnels
    assert.deepEqual(more, [])
    const { kind, client, entry, server, beganBy, path, lines, rule, up, inner, callIds } = tunnel
    assert.deepEqual([kind, client, entry, server], ['compulsory', 'bob', 'nas', 'company'])
    assert.deepEqual(beganBy, { node: 'nas', role: 'PAC' })
    assert.deepEqual([path, lines, rule], [[1, 2], [{ link: 0, line: 1 }], 'called 5550100'])
    assert.deepEqual([up, inner], [true, { client: '10.8.0.10', server: '10.8.0.1' }])
    assert.ok(callIds.entry !== undefined && callIds.server !== undefined && callIds.entry !== callIds.server)
    const owners = tunnel.layers.map(({ name, node }) => `${name} ${node}`)
    assert.deepEqual(owners.slice(0, 5), ['line bob', 'TCP nas', 'ctl nas', 'call nas', 'LCP bob'])
  })

  test('of compulsory shows the layers open one after the other, and go together', () => {
    const seen = [-1, 0.02, 0.11, 0.15, 0.3, 12, 50].map(t => marks(sceneOf(recorded('compulsory', t))))
    assert.deepEqual(seen, ['········', '~·······', '~√~·····', '~√√~····', '√√√√~···', '√√√√√√√√', '········'])
  })

  test('of dial-up has a session without a tunnel: the layers of PPTP are not there', () => {
    const scene = sceneOf(recorded('dial-up', 6))
    const [{ kind, entry, server, path, beganBy }] = scene.tunnels
    assert.deepEqual([kind, entry, server, path], ['local', 'nas', 'nas', []])
    assert.deepEqual(beganBy, { node: 'bob', role: undefined })
    assert.equal(marks(scene), '√---√√-√')
    assert.ok(scene.links.every(({ tunnels }) => tunnels.length === 0))
  })

  test('of compulsory-realms tells who goes where, over which line of the trunk', () => {
    const scene = sceneOf(recorded('compulsory-realms', 12))
    assert.deepEqual(
      scene.tunnels.map(({ no, kind, client, server, lines }) => [no, kind, client, server, lines.at(-1)]),
      [
        [1, 'compulsory', 'ann', 'red', { link: 3, line: 1 }],
        [2, 'compulsory', 'bob', 'blue', { link: 3, line: 2 }],
        [3, 'local', 'eve', 'nas', { link: 3, line: 3 }],
      ],
    )
    assert.deepEqual(scene.links[3].lines, { all: 4, busy: 3 })
    assert.deepEqual(
      scene.nodes.flatMap(({ name, role }) => (role === undefined ? [] : [`${name} ${role}`])),
      ['nas PAC', 'red PNS', 'blue PNS'],
    )
  })

  test('of nas-failover names the PNS that has the call, and has had it, not the first of the rule', () => {
    const recorder = recorded('nas-failover', 19)
    const servers = () => sceneOf(recorder).tunnels.map(({ client, server }) => `${client} ${server}`)
    assert.deepEqual(servers(), ['bob north', 'ann north', 'eve north'])
    recorder.run.advanceTo(28e9)
    assert.deepEqual(servers(), ['bob north', 'ann south', 'eve south'])
    const ann = recorder.run.simulation.nodes.get('ann')
    assert.ok(ann instanceof Dialler)
    ann.dialUp.hangUp()
    recorder.run.advanceTo(35e9)
    const [, over] = sceneOf(recorder).tunnels
    assert.deepEqual([over.up, over.server], [false, 'south'])
  })

  test('of outgoing-call names the company that has asked for a number, also when the call is over', () => {
    const recorder = recorded('outgoing-call', -1)
    const rows = () =>
      sceneOf(recorder).tunnels.map(
        ({ client, kind, server, beganBy }) => `${client} ${kind} ${server} by ${beganBy.node}`,
      )
    const seen = [13, 110].map(t => {
      recorder.run.advanceTo(t * 1e9)
      return rows()
    })
    assert.deepEqual(seen, [
      ['shop compulsory company by company', 'bar local nas by bar', 'museum local nas by museum'],
      ['shop compulsory company by company', 'bar local nas by bar', 'museum compulsory company by company'],
    ])
  })

  test('has the signals that are on their way, each until it is heard', () => {
    const seen = [0, 0.039, 0.05, 0.1, 0.17, 0.3, 40.12, 41].map(t =>
      sceneOf(recorded('compulsory', t)).links[0].signals.map(({ type, hop }) => `${type} ${hop.from}`),
    )
    assert.deepEqual(seen, [['setup 0'], ['setup 0'], ['alerting 1'], [], ['connect 1'], [], ['release 0'], []])
  })
})

test('a caller from outside the simulation has a row at the door that he comes in by, as long as he calls', () => {
  const sides = [HOME, OFFICE].map(text => new Side(runOf(text, [], { timeZero: TIME_ZERO }), 'internet'))
  const recorder = new Recorder(sides[1].run)
  const seen: string[] = []
  recorder.run.listen(({ t }) => {
    const scene = sceneOf(recorder)
    const rows = scene.tunnels.map(
      ({ client, server, user, kind, up, encrypted, inner }) =>
        `${client} ${server} ${user.replace(/\d+/, 'N')} ${kind} ${up ? `${inner?.client} ${inner?.server}` : 'down'} ${encrypted}`,
    )
    if (seen.at(-1) !== rows.join()) seen.push(rows.join())
    if (t > 9e9 && t < 15e9) {
      assert.equal(marks(scene), '√√√√√√√')
      const [{ sent, arrived, received, keyBits }] = scene.tunnels
      assert.ok(sent === arrived && sent > 4 && received > 4)
      assert.equal(keyBits, 128)
    }
  })
  runJoined(sides[0], sides[1])
  assert.deepEqual(seen, [
    '',
    'internet office call N voluntary down false',
    'internet office alice voluntary down false',
    'internet office alice voluntary down true',
    'internet office alice voluntary 10.8.0.10 10.8.0.1 true',
    'internet office alice voluntary down true',
    'internet office alice voluntary down false',
    '',
  ])
})

test('what one of two computers has sent is not what the server has got of the other, though one user has both', () => {
  const both = ['user', 'password'].map((key, i) => ({
    path: `topology.nodes.bob.pptp.${key}`,
    value: ['alice', 'one'][i],
  }))
  const [alice, bob] = sceneOf(recorded('nat-two-clients', 14, both)).tunnels
  assert.deepEqual([alice.user, bob.user, alice.up, bob.up], ['alice', 'alice', true, true])
  assert.deepEqual([alice.sent > 0, alice.arrived], [true, undefined])
  assert.deepEqual([bob.sent, bob.arrived], [3, 3])
})
