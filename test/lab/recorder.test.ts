import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Journey, load, type PacketRecord, Recorder, Run, sceneOf } from '../../src/index.ts'
import { recorded } from '../support/scene.ts'
import { shippedText } from '../support/shipped.ts'

const protocols = ({ packets }: Journey): string[] => packets.map(({ facts }) => facts?.proto ?? 'none')
const journeysOf = (recorder: Recorder, proto: string): Journey[] =>
  recorder.journeys.filter(({ packets }) => packets[0].facts?.proto === proto)

describe('a journey', () => {
  test('is the ping, the GRE packet around it and the ping behind the tunnel; the reply is another', () => {
    const recorder = recorded('voluntary', 3.9)
    const pings = journeysOf(recorder, 'icmp')
    assert.equal(pings.length, 2)
    for (const ping of pings) assert.deepEqual(protocols(ping), ['icmp', 'gre', 'icmp'])
    const [request, reply] = pings
    assert.deepEqual(
      request.packets.map(({ parent }) => parent?.id),
      [undefined, request.packets[0].id, request.packets[1].id],
    )
    assert.equal(request.packets[0].facts?.src, '10.8.0.10')
    assert.equal(reply.packets[0].facts?.src, '10.20.0.5')
    assert.deepEqual(
      request.packets[2].visits.map(({ node }) => node),
      ['office', 'files'],
    )
  })

  test('holds the clear packet on both sides of the encryption, the same octets but for the TTL', () => {
    const [{ packets }] = journeysOf(recorded('voluntary', 3.9), 'icmp')
    const [before, after] = [packets[0].inside, packets[2].inside]
    assert.equal(before?.length, 84)
    assert.deepEqual(after, before)
    assert.equal(packets[1].inside, undefined)
  })

  test('holds the fragments of a packet', () => {
    const mtu = [{ path: 'topology.links[1].mtu', value: '576' }]
    const recorder = recorded('voluntary', 12, mtu)
    const split = recorder.journeys.filter(({ packets }) => {
      const gre = packets.filter(({ facts }) => facts?.proto === 'gre')
      return gre.length > 1
    })
    assert.ok(split.length > 0)
    for (const { packets } of split) {
      for (const packet of packets.slice(1)) assert.ok(packet.parent && packets.includes(packet.parent))
    }
  })

  test('holds what was taken out of a packet and discarded, at once or after it has waited for earlier ones', () => {
    const { journeys } = recorded('mppe-stateful-loss', 6)
    const late = journeys.flatMap(({ packets }) => packets.filter(({ drop }) => drop?.reason === 'mppe-out-of-sync'))
    const waited = ({ parent, drop }: PacketRecord): boolean => (drop?.t ?? 0) > (parent?.visits.at(-1)?.t ?? 0)
    assert.ok(late.some(waited) && late.some(packet => !waited(packet)))
    for (const { parent, drop } of late) {
      assert.equal(parent?.facts?.proto, 'gre')
      assert.equal(parent.visits.at(-1)?.node, drop?.node)
    }
  })

  test('says where its packet was dropped', () => {
    const recorder = recorded('voluntary', 12, [{ path: 'topology.links[0].loss', value: '5%' }])
    const lost = recorder.journeys.flatMap(({ packets }) => packets.filter(({ drop }) => drop?.reason === 'line-loss'))
    assert.ok(lost.length > 0 && recorder.drops >= lost.length)
    for (const packet of lost) assert.equal(packet.hops.at(-1)?.arrives, undefined)
    assert.equal(
      recorder.drops,
      ['alice', 'isp', 'office', 'files'].reduce((sum, node) => sum + recorder.dropsAt(node), 0),
    )
  })
})

test('what was taken out of a packet and discarded at once is of its journey', () => {
  const recorder = recorded('mppe-mismatch', 9)
  const taken = recorder.events.flatMap(event => (event.event === 'drop' && event.parent !== undefined ? [event] : []))
  assert.ok(taken.length > 0)
  for (const { packet = '', parent = '' } of taken) {
    assert.equal(recorder.packet(packet)?.journey, recorder.packet(parent)?.journey, `${packet} of ${parent}`)
  }
})

describe('the memory of a recorder', () => {
  const limits = { events: 100, journeys: 20 }

  test('is bounded: the oldest events and journeys are forgotten, the newest are as without a limit', () => {
    const whole = recorded('voluntary', 12)
    const small = recorded('voluntary', 12, [], limits)
    assert.ok(whole.events.length > 1000 && whole.journeys.length > 500)
    assert.ok(small.events.length >= 100 && small.events.length <= 125)
    assert.ok(small.journeys.length >= 20 && small.journeys.length <= 25)
    assert.deepEqual(small.events, whole.events.slice(-small.events.length))
    assert.equal(small.journeys.at(-1)?.packets[0].id, whole.journeys.at(-1)?.packets[0].id)
  })

  test('forgets packets with their journey', () => {
    const small = recorded('voluntary', 12, [], limits)
    const whole = recorded('voluntary', 12)
    const kept = new Set(small.journeys.flatMap(({ packets }) => packets.map(({ id }) => id)))
    for (const { packets } of whole.journeys) {
      for (const { id } of packets) assert.equal(small.packet(id) !== undefined, kept.has(id), id)
    }
  })
})

describe('a machine', () => {
  test('of a tunnel that is up is remembered behind thousands of TCP connections', () => {
    const fetches = Array.from(
      { length: 1100 },
      (_, i) => `  - { at: ${2000 + i * 10}ms, fetch: { from: alice, to: files, bytes: 100B } }`,
    )
    const text = shippedText('voluntary').replace(
      /^events:[\s\S]*/m,
      `events:\n  - { at: 0s, connect: alice }\n${fetches.join('\n')}\n`,
    )
    const loaded = load(text, 'long.yaml')
    assert.ok(loaded.ok)
    const recorder = new Recorder(new Run(loaded.lab))
    recorder.run.advanceTo(15e9)
    const [{ began, since = 0, layers, up }] = sceneOf(recorder).tunnels
    assert.deepEqual([up, began, since > 0 && since < 1e9], [true, 0, true])
    for (const { name, state, entered } of layers) assert.equal(entered.at(-1)?.state, state, name)
  })

  test('is remembered with every state it came through', () => {
    const lcp = recorded('voluntary', 1).machine('alice', 'ppp.lcp')
    assert.deepEqual(
      lcp?.entered.map(({ state }) => state),
      ['initial', 'starting', 'req-sent', 'ack-sent', 'opened'],
    )
    assert.equal(lcp?.tries, 0)
  })

  test('counts the requests that nobody answered (RFC 1661 §4.6)', () => {
    const recorder = recorded('voluntary', 0.15)
    assert.equal(recorder.machine('alice', 'ppp.lcp')?.tries, 1)
    recorder.run.simulation.links[0].setUp(false)
    const asked: number[] = []
    for (const t of [3, 7, 10]) {
      recorder.run.advanceTo(t * 1e9)
      asked.push(recorder.machine('alice', 'ppp.lcp')?.tries ?? 0)
    }
    assert.deepEqual(asked, [1, 3, 4])
  })
})
