import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  contains,
  formatIpv4,
  type Ipv4,
  ip,
  maskOf,
  parseInterface,
  parseIpv4,
  parsePrefix,
} from '../../src/base/address.ts'
import { fromAscii, get16, get32, hex, set16, set32, toAscii, toLatin1, unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import { HEADROOM } from '../../src/base/packet.ts'
import { Machine, table } from '../../src/base/table.ts'
import { formatDuration, formatTime, formatWallClock, parseDuration } from '../../src/base/time.ts'
import { EVENTS, type TraceEvent } from '../../src/base/trace.ts'
import { fc } from '../support/fast-check.ts'

describe('time', () => {
  test('durations carry a unit and are exact', () => {
    const good: [string, number][] = [
      ['20ms', 20e6],
      ['1.5s', 1.5e9],
      ['0.000000001s', 1],
      ['2m', 120e9],
      ['1h', 3600e9],
      ['7ns', 7],
      ['250us', 250e3],
    ]
    for (const [text, value] of good) assert.equal(parseDuration(text), value, text)
    for (const text of ['20', 'ms', '-1s', '1.5ns', '1 fortnight', '', '1e3s'])
      assert.equal(parseDuration(text), undefined, text)
  })
  test('a duration is read back from its shortest spelling', () => {
    fc.assert(fc.property(fc.nat(2 ** 31), n => parseDuration(formatDuration(n)) === n))
    assert.equal(formatDuration(1_500_000_000), '1.5s')
  })
  test('a moment on the wall is the date and time that the machine says', () => {
    const judge = (us: number): string =>
      `${new Date(Math.floor(us / 1e3)).toISOString().replace('T', ' ').slice(0, -1)}${String(us % 1e3).padStart(3, '0')} UTC`
    assert.equal(formatWallClock(0), '1970-01-01 00:00:00.000000 UTC')
    assert.equal(formatWallClock(951_782_400_000_000 + 1), '2000-02-29 00:00:00.000001 UTC')
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e15 }), us => formatWallClock(us) === judge(us)))
  })
  test('moments have microseconds', () => assert.equal(formatTime(1_234_567_891), '1.234567'))
})

describe('addresses', () => {
  test('text and number are inverse', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), n => parseIpv4(formatIpv4(n)) === n))
  })
  test('what is not four plain numbers is refused', () => {
    for (const text of ['1.2.3', '256.1.1.1', '010.1.1.1', '1.2.3.4.5', 'a.b.c.d', '', '1.2.3.4/8'])
      assert.equal(parseIpv4(text), undefined, text)
  })
  test('a prefix has no bits beyond its length', () => {
    assert.equal(parsePrefix('10.0.0.1/24'), undefined)
    assert.deepEqual(parsePrefix('10.0.0.0/24'), { network: ip('10.0.0.0'), length: 24 })
    assert.deepEqual(parsePrefix('default'), { network: 0, length: 0 })
    assert.equal(parseInterface('10.0.0.1/33'), undefined)
    assert.equal(maskOf(0), 0)
    assert.equal(maskOf(32), 0xffffffff)
  })
  test('a network contains the addresses between its first and last', () => {
    const net = parsePrefix('192.168.0.0/22')!
    const inside: Ipv4[] = [ip('192.168.0.0'), ip('192.168.3.255')]
    const outside: Ipv4[] = [ip('192.167.255.255'), ip('192.168.4.0')]
    assert.ok(inside.every(a => contains(net, a)) && !outside.some(a => contains(net, a)))
  })
})

describe('bytes', () => {
  test('network order, both ways', () => {
    const b = new Uint8Array(6)
    set16(b, 0, 0xfedc)
    set32(b, 2, 0x89abcdef)
    assert.equal(hex(b), 'fedc89abcdef')
    assert.equal(get16(b, 0), 0xfedc)
    assert.equal(get32(b, 2), 0x89abcdef)
    assert.deepEqual(unhex('fe:dc 89ab\ncdef'), b)
  })
  test('one character a byte, and back (ISO 8859-1)', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    assert.deepEqual(fromAscii(toLatin1(all)), all)
    assert.equal(toLatin1(unhex('4700e4')), 'G\0\u00e4')
    assert.equal(toLatin1(fromAscii('a\u20ac\u{1f600}\ud800b')), 'a???b')
  })
  test('text shows what is not printable', () => {
    assert.equal(toAscii(unhex('616c1b6900ff')), 'al\\x1bi')
  })
})

describe('packets', () => {
  test('headers go in front without copying; too many are copied once', () => {
    const source = new World(1).env('alice').packets
    const packet = source.from(unhex('aabb'))
    const buffer = packet.bytes
    const before = packet.start
    assert.equal(packet.prepend(20), before - 20)
    assert.equal(packet.bytes, buffer)
    packet.bytes[packet.start] = 1
    packet.prepend(HEADROOM)
    assert.equal(packet.length, 2 + 20 + HEADROOM)
    assert.equal(packet.bytes[packet.start + HEADROOM], 1)
    assert.equal(hex(packet.data.subarray(-2)), 'aabb')
  })
  test('ids count per node and remember what a packet was made from', () => {
    const world = new World(1)
    const [alice, bob] = [world.env('alice').packets, world.env('bob').packets]
    const packet = alice.from(unhex('01'))
    assert.equal(packet.id, 'alice#1')
    assert.equal(packet.parent, undefined)
    bob.derive(packet)
    assert.equal(packet.id, 'bob#1')
    assert.equal(packet.parent, 'alice#1')
    const copy = alice.clone(packet)
    assert.equal(copy.id, 'bob#1')
    assert.equal(copy.parent, 'alice#1')
    assert.deepEqual(copy.data, packet.data)
  })
  test('a packet that outgrew its place has it again when it is made anew, and not its neighbour’s', () => {
    const { packets } = new World(1).env('alice')
    const neighbour = packets.from(unhex('11223344'))
    const grown = packets.make(4)
    const [home, start] = [grown.bytes, grown.start]
    grown.prepend(HEADROOM + 1)
    assert.notEqual(grown.bytes, home)
    grown.release()
    const again = packets.make(4)
    assert.deepEqual([again, again.bytes, again.start], [grown, home, start])
    again.bytes.fill(0xff, again.prepend(HEADROOM), again.end)
    assert.equal(hex(neighbour.data), '11223344')
  })
  test('releasing twice is a bug and says which packet', () => {
    const packet = new World(1).env('alice').packets.make(4)
    packet.release()
    assert.throws(() => packet.release(), /alice#1 was released twice/)
  })
})

describe('trace', () => {
  test('every event knows its fields, and no listener means no event', () => {
    const world = new World(1)
    const env = world.env('alice')
    assert.equal(env.trace.on, false)
    env.trace.emit('action', { verb: 'note', detail: 'nobody hears this' })
    const seen: TraceEvent[] = []
    world.trace.listen(event => seen.push(event))
    env.trace.emit('action', { verb: 'note', detail: 'heard' })
    assert.deepEqual(seen, [{ t: 0, node: 'alice', event: 'action', verb: 'note', detail: 'heard' }])
    for (const fields of Object.values(EVENTS)) assert.ok(fields.length > 0)
  })
})

describe('drops', () => {
  test('are counted by reason, heard or not', () => {
    const world = new World(1)
    const { trace } = world.env('alice')
    trace.drop({ reason: 'no-route', layer: 'ip' })
    world.trace.listen(() => {})
    trace.drop({ reason: 'no-route', layer: 'ip' })
    trace.drop({ reason: 'martian', layer: 'ip' })
    assert.deepEqual(
      [...world.trace.drops],
      [
        ['no-route', 2],
        ['martian', 1],
      ],
    )
  })
})

describe('tables', () => {
  const door = table<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang'>({
    push: { open: 'creak bang shut' },
    pull: { shut: 'open' },
  })
  test('the state changes before the actions run, and an absent cell changes nothing', () => {
    const world = new World(1)
    const changes: string[] = []
    world.trace.listen(e => e.event === 'state' && changes.push(`${e.machine} ${e.from}>${e.to} ${e.cause}`))
    const acts: string[] = []
    const machine: Machine<'open' | 'shut', 'push' | 'pull', 'creak' | 'bang'> = new Machine(
      { env: world.env('a'), machineName: 'door', act: action => acts.push(`${action} while ${machine.state}`) },
      door,
      'open',
    )
    assert.equal(machine.fire('pull'), false)
    assert.equal(machine.state, 'open')
    assert.equal(machine.fire('push'), true)
    assert.deepEqual(acts, ['creak while shut', 'bang while shut'])
    assert.deepEqual(changes, ['door open>shut push'])
  })
})
