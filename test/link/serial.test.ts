import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { type LineQuality, PERFECT } from '../../src/link/link.ts'
import { type LineEnd, SerialLink } from '../../src/link/serial.ts'
import { describeSignal, type LineSignal, slower } from '../../src/link/signal.ts'

const SETUP: LineSignal = { type: 'setup', called: '5550100', bearer: 'digital', rate: 64_000 }

function link(quality: Partial<LineQuality> = {}, lines = 1) {
  const world = new World(1)
  const events: TraceEvent[] = []
  world.trace.listen(event => events.push(event))
  const envs = [world.env('a'), world.env('b')] as const
  const both = { ...PERFECT, ...quality }
  const made = new SerialLink(['a:tty0', 'b:tty0'], envs, world.random.fork('link'), lines, [both, both])
  const heard: { line: number; side: number; t: number; what: string }[] = []
  const listen = (end: LineEnd, side: number, line: number): void =>
    end.attach({
      octets: packet => {
        heard.push({ line, side, t: world.scheduler.now, what: `${packet.length} octets` })
        packet.release()
      },
      signalled: signal => heard.push({ line, side, t: world.scheduler.now, what: signal.type }),
      carrier: up => heard.push({ line, side, t: world.scheduler.now, what: up ? 'carrier' : 'no carrier' }),
    })
  for (const [side, ends] of made.lines.entries()) for (const [line, end] of ends.entries()) listen(end, side, line)
  const [a, b] = [made.lines[0][0], made.lines[1][0]]
  return { world, made, a, b, heard, events, octets: (n: number): Packet => envs[0].packets.from(new Uint8Array(n)) }
}
const whats = (heard: readonly { what: string }[]): string[] => heard.map(({ what }) => what)
const drops = (events: readonly TraceEvent[]) =>
  events.flatMap(e => (e.event === 'drop' ? [`${e.reason} ${e.layer}`] : []))

describe('a serial line', () => {
  test('carries signals and octets in the order in which they were sent', () => {
    const { world, a, heard, octets } = link({ rate: 64_000, delay: ms(10) })
    a.signal(SETUP)
    a.send(octets(800))
    a.signal({ type: 'release', cause: 16 })
    world.scheduler.runUntil(sec(1))
    assert.deepEqual(whats(heard), ['setup', '800 octets', 'release'])
    assert.deepEqual(
      heard.map(({ t }) => t),
      [ms(10), ms(110), ms(110)],
    )
  })

  test('a shorter delay lets nothing overtake what is under way', () => {
    const { world, made, a, heard, octets } = link({ delay: ms(100) })
    a.send(octets(1))
    made.change(0, { delay: ms(1) })
    a.send(octets(2))
    a.signal({ type: 'alerting' })
    world.scheduler.runUntil(sec(1))
    assert.deepEqual(whats(heard), ['1 octets', '2 octets', 'alerting'])
    assert.deepEqual(
      heard.map(({ t }) => t),
      [ms(100), ms(100), ms(100)],
    )
  })

  test('sends at the rate of the slowest line on the way, from connect on', () => {
    const { world, a, b, heard, octets } = link({ rate: 64_000 })
    a.signal(SETUP)
    b.signal({ type: 'connect', rate: 8000 })
    world.scheduler.runUntil(0)
    a.send(octets(100))
    world.scheduler.runUntil(sec(1))
    assert.equal(heard.at(-1)?.t, ms(100))
    assert.deepEqual([slower(0, 5), slower(5, 0), slower(7, 5), slower(0, 0)], [5, 5, 5, 0])
  })

  test('octets wait in a queue of so many, signals always', () => {
    const { world, a, heard, events, octets } = link({ rate: 8000, queue: 1000 })
    for (let i = 0; i < 4; i++) a.send(octets(400))
    a.signal({ type: 'release', cause: 16 })
    world.scheduler.runUntil(sec(10))
    assert.deepEqual(whats(heard), ['400 octets', '400 octets', 'release'])
    assert.deepEqual(drops(events), ['queue-full line', 'queue-full line'])
  })

  test('each of its lines is by itself, and named by its number', () => {
    const { world, made, heard, octets } = link({}, 24)
    assert.equal(made.lines[1][6].name, 'b:tty0.7')
    made.lines[1][6].signal(SETUP)
    made.lines[0][23].send(octets(3))
    world.scheduler.runUntil(1)
    assert.deepEqual(
      heard.map(({ side, line, what }) => `${side} ${line} ${what}`),
      ['0 6 setup', '1 23 3 octets'],
    )
  })

  test('unplugged: what is under way is lost, both ends lose the carrier, nothing can be sent', () => {
    const { world, made, a, heard, events, octets } = link({ delay: ms(10) })
    a.signal(SETUP)
    a.send(octets(5))
    made.setUp(false)
    made.setUp(false)
    a.send(octets(5))
    a.signal({ type: 'release', cause: 16 })
    world.scheduler.runUntil(sec(1))
    assert.deepEqual(whats(heard), ['no carrier', 'no carrier'])
    assert.deepEqual(drops(events), ['link-down line', 'link-down line'])
    made.setUp(true)
    a.send(octets(6))
    world.scheduler.runUntil(sec(2))
    assert.deepEqual(whats(heard).slice(2), ['carrier', 'carrier', '6 octets'])
  })

  test('without power an end tells nothing, loses what comes, and lets the line go', () => {
    const { world, made, a, heard, events, octets } = link({ delay: ms(10) })
    a.signal(SETUP)
    world.scheduler.runUntil(ms(20))
    made.powerOff(1)
    world.scheduler.runUntil(ms(40))
    assert.deepEqual(whats(heard), ['setup', 'release'], 'the carrier of its call is lost')
    a.signal({ type: 'release', cause: 41 })
    a.send(octets(5))
    a.signal(SETUP)
    a.signal({ type: 'release', cause: 16 })
    world.scheduler.runUntil(sec(1))
    assert.deepEqual(whats(heard).slice(2), ['release'], 'a second call is let go as well')
    assert.deepEqual(drops(events), ['power-off line'])
  })

  test('noise flips each bit with the same chance, tells the tap, and nothing else changes', () => {
    const { world, made, a, octets } = link({ noise: 0.001 })
    let flipped = 0
    const fates: string[] = []
    made.tap = ({ bytes, fate = 'clean' }) => {
      const bits = [...bytes].reduce((sum, octet) => sum + octet.toString(2).replaceAll('0', '').length, 0)
      flipped += bits
      fates.push(fate)
      assert.equal(fate === 'corrupted', bits > 0)
    }
    for (let i = 0; i < 1000; i++) {
      const packet = octets(100)
      packet.bytes.fill(0, packet.start, packet.end)
      a.send(packet)
    }
    world.scheduler.runUntil(sec(1))
    // 800 000 bits at 0.001: 800, with a standard deviation of 28.
    assert.ok(flipped > 660 && flipped < 940, `${flipped} bits`)
    assert.ok(fates.includes('clean') && fates.includes('corrupted'))
    assert.equal(made.carried, 1000)
  })

  test('every signal is an event at both ends, with a clause for people', () => {
    const { world, a, events } = link()
    a.signal({ ...SETUP, calling: '5550111' })
    a.signal({ type: 'release', cause: 17 })
    world.scheduler.runUntil(1)
    const told = events.flatMap(e => (e.event === 'line-signal' ? [`${e.node} ${e.way} ${e.line} ${e.detail}`] : []))
    assert.deepEqual(told, [
      'a sent tty0 called number 5550100, calling number 5550111, digital, 64 kbit/s',
      'a sent tty0 cause 17 (User busy)',
      'b received tty0 called number 5550100, calling number 5550111, digital, 64 kbit/s',
      'b received tty0 cause 17 (User busy)',
    ])
    assert.equal(describeSignal({ type: 'connect', rate: 0 }), 'no limit')
  })
})
