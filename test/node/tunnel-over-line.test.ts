/** A tunnel of the user's own through a telephone line: the line is ppp0, the tunnel ppp1. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY, ip, prefixOf } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import { Client, type ClientConfig } from '../../src/node/client.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import { DIAL, DialNet } from '../support/dial-net.ts'

const PPTP: ClientConfig = {
  server: ip('203.0.113.5'),
  user: 'bob',
  password: 'secret',
  auth: ['ms-chap-v2'],
  mppe: 'required',
  routes: [prefixOf(ANY, 0)],
  dns: false,
}

function scene() {
  const net = new DialNet()
  const dial = { ...DIAL, routes: [prefixOf(ANY, 0)] }
  const bob = new Client(net.env('bob'), [], PPTP, {}, dial)
  const nas = net.answering('nas')
  const office = new PptpServer(net.env('office'), net.routes(['default via 203.0.113.1']), {
    local: ip('10.9.0.1'),
    pool: { first: ip('10.9.0.10'), last: ip('10.9.0.20') },
    users: new Map([['bob', 'secret']]),
    auth: ['ms-chap-v2'],
    mppe: 'required',
    dns: [],
  })
  const line = net.line([bob, 'tty0'], [nas, 'tty0'])
  net.link([nas, 'eth0', '203.0.113.1/24'], [office, 'eth0', '203.0.113.5/24'], { type: 'ethernet', delay: 5e6 })
  const addresses = () => Object.keys(bob.snapshot().interfaces ?? {})
  return { net, bob, nas, office, line, addresses, dialUp: bob.dialUp }
}

function up() {
  const s = scene()
  s.dialUp?.dial()
  s.net.run(sec(3))
  s.bob.connect()
  s.net.run(sec(8))
  return s
}

describe('a tunnel over a telephone line', () => {
  test('without the line there is no way to the server', () => {
    const { net, bob } = scene()
    bob.connect()
    net.run(sec(5))
    assert.deepEqual(
      net.seen('tunnel-end', 'bob').map(({ reason }) => reason),
      ['tcp-unreachable'],
    )
  })

  test('the tunnel is ppp1 and goes through ppp0, to which the server is pinned', () => {
    const { net, bob, addresses } = up()
    assert.deepEqual(addresses(), ['ppp0', 'ppp1'])
    assert.ok((bob.snapshot().routes as string[]).includes('203.0.113.5/32 dev ppp0'))
    net.ping(bob, '10.9.0.1', { count: 3 })
    net.run(sec(15))
    assert.equal(net.seen('ping-reply', 'bob').length, 3)
    assert.deepEqual(net.drops(), [])
  })

  test('its machines and states stand apart from those of the line', () => {
    const { bob } = up()
    const { ppp, dial } = bob.snapshot() as {
      ppp: Record<string, unknown>
      dial: Record<string, Record<string, unknown>>
    }
    assert.deepEqual([ppp.ipcp, ppp.ccp, dial.ppp.ipcp, dial.line.call], ['opened', 'opened', 'opened', 'connected'])
    const names = Object.keys(bob.machines())
    for (const name of ['ppp.lcp', 'dial.ppp.lcp', 'dial.line.call', 'pptp.control'])
      assert.ok(names.includes(name), name)
  })

  test('first the tunnel, then the line', () => {
    const { net, bob, addresses, dialUp, nas } = up()
    bob.disconnect()
    net.run(sec(12))
    assert.deepEqual(addresses(), ['ppp0'])
    dialUp?.hangUp()
    net.run(sec(16))
    assert.deepEqual(addresses(), [])
    assert.equal(nas.slots[0].telephone.state, 'idle')
  })

  test('first the line: the tunnel ends with it, and both can be had again', () => {
    const { net, bob, addresses, dialUp, line } = up()
    line.setUp(false)
    net.run(sec(9))
    assert.deepEqual(addresses(), [])
    assert.deepEqual(
      net.seen('tunnel-end', 'bob').map(({ reason }) => reason),
      ['tcp-aborted'],
    )
    assert.deepEqual(bob.snapshot().routes, [])
    line.setUp(true)
    dialUp?.dial()
    net.run(sec(12))
    bob.connect()
    net.run(sec(20))
    assert.deepEqual(addresses(), ['ppp0', 'ppp1'])
  })
})
