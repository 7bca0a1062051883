/** An address that changes while the tunnel lasts: IPCP negotiated anew changes the interface (RFC 1332 §3.3). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY, formatIpv4, formatPrefix, ip } from '../../src/base/address.ts'
import { hex, unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { Host } from '../../src/node/host.ts'
import { PppLink } from '../../src/node/ppp-link.ts'
import { PLAIN } from '../../src/ppp/config.ts'

describe('renumbering', () => {
  const world = new World(1)
  const node = new Host(world.env('alice'), [])
  const sent: string[] = []
  const carrier = {
    sessionStream: () => node.env.random.fork('ppp session'),
    carriesItself: () => false,
    accmsAgreed: () => {},
    send: (frame: Packet) => {
      sent.push(hex(frame.data))
      frame.release()
    },
  }
  const link = new PppLink(
    node,
    carrier,
    { ...PLAIN, ip: { local: ANY } },
    {
      linkUp: () => {},
      linkDown: () => {},
      linkFinished: () => {},
    },
  )
  const hears = (text: string) => link.session.receive(node.env.packets.from(unhex(text)))
  const addresses = () => [...node.stack.interfaces].map(({ port, address }) => `${port.name} ${formatIpv4(address)}`)
  const routes = () => node.stack.routes.all.map(route => formatPrefix(route.prefix))

  link.session.open()
  hears(`ff03c02102${sent.splice(0)[0].slice(10)}`)
  hears('ff03c0210101000a050611223344')
  hears('80210301000a0306c0a8500a')
  hears('80210202000a0306c0a8500a')
  hears('80210101000a0306c0a85001')

  test('the first addresses', () => {
    assert.deepEqual(addresses(), ['ppp0 192.168.80.10'])
    assert.deepEqual(routes(), ['192.168.80.1/32'])
    assert.equal(node.stack.sourceFor(ip('192.168.80.1')), ip('192.168.80.10'))
  })
  test('the peer negotiates IPCP anew: the interface goes, with its route', () => {
    hears('80210102000a0306c0a85063')
    assert.deepEqual([addresses(), routes()], [[], []])
  })
  test('and comes back with what was agreed on then', () => {
    hears('80210303000a0306c0a8507b')
    hears('80210204000a0306c0a8507b')
    assert.deepEqual(addresses(), ['ppp0 192.168.80.123'])
    assert.deepEqual(routes(), ['192.168.80.99/32'])
    assert.ok(!node.stack.isOwn(ip('192.168.80.10')))
  })
})
