import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ms, sec } from '../../src/base/time.ts'
import { Tunnel } from '../../src/pptp/tunnel.ts'
import { TUNNEL, type TunnelConfig } from '../../src/pptp/types.ts'
import * as Gre from '../../src/wire/gre.ts'
import { fc } from '../support/fast-check.ts'

const PEER_CALL = 700

/** One end of a call; the other is played by the test. */
class Bench {
  readonly world = new World(1)
  readonly env = this.world.env('here')
  readonly tunnel: Tunnel
  /** First octets of the frames handed on. */
  readonly up: number[] = []
  readonly #down: Gre.Gre[] = []
  readonly #drops: string[] = []

  constructor(config: Partial<TunnelConfig> = {}, window = 64, processingDelay = 0) {
    this.world.trace.listen(e => {
      if (e.event === 'drop') this.#drops.push(e.reason)
    })
    const peer = { callId: PEER_CALL, window, processingDelay }
    this.tunnel = new Tunnel(this.env, { ...TUNNEL, ...config }, peer, {
      down: packet => {
        const parsed = Gre.parse(packet.data.slice())
        assert.ok(parsed.ok)
        this.#down.push(parsed.value)
        packet.release()
      },
      up: frame => {
        this.up.push(frame.bytes[frame.start])
        frame.release()
      },
    })
  }
  send(...values: number[]): void {
    for (const value of values) this.tunnel.send(this.env.packets.from(Uint8Array.of(value)))
  }
  /** A packet comes; its payload is the number's last octet. */
  comes(...sequences: number[]): void {
    for (const sequence of sequences) this.#arrive(sequence, undefined)
  }
  acked(acknowledgment: number): void {
    this.#arrive(undefined, acknowledgment)
  }
  #arrive(sequenceNumber: number | undefined, acknowledgmentNumber: number | undefined): void {
    const payload = sequenceNumber === undefined ? new Uint8Array(0) : Uint8Array.of(sequenceNumber & 255)
    const bytes = Gre.write({ callId: 1, sequenceNumber, acknowledgmentNumber, payload })
    this.tunnel.receive(this.env.packets.from(bytes))
  }
  /** What was sent since the last question: `3` data, `3/7` data that acknowledges, `/7` acknowledgment only. */
  sent(): string[] {
    return this.#down.splice(0).map(g => {
      assert.equal(g.callId, PEER_CALL)
      const ack = g.acknowledgmentNumber === undefined ? '' : `/${g.acknowledgmentNumber}`
      return `${g.sequenceNumber ?? ''}${ack}`
    })
  }
  drops(): string[] {
    return this.#drops.splice(0)
  }
  pass(time: number): void {
    this.world.scheduler.runUntil(this.world.scheduler.now + time)
  }
}

describe('sequence and acknowledgment numbers (RFC 2637 §4.1, §4.2)', () => {
  test('packets are numbered from 0 without gaps; a Linux client begins with 1', () => {
    const bench = new Bench()
    bench.send(1, 2, 3)
    assert.deepEqual(bench.sent(), ['0', '1', '2'])
    const linux = new Bench({ firstSequenceNumber: 1 })
    linux.send(1, 2)
    assert.deepEqual(linux.sent(), ['1', '2'])
  })
  test('a data packet takes the acknowledgment along, once', () => {
    const bench = new Bench()
    bench.comes(0, 1)
    bench.send(1, 2)
    assert.deepEqual(bench.sent(), ['0/1', '1'])
    bench.pass(sec(1))
    assert.deepEqual(bench.sent(), [])
  })
  test('without one the acknowledgment goes alone after a delay, for several packets at once (§4.2.5)', () => {
    const bench = new Bench()
    bench.comes(0, 1, 2)
    bench.pass(ms(50) - 1)
    assert.deepEqual(bench.sent(), [])
    bench.pass(1)
    assert.deepEqual(bench.sent(), ['/2'])
    bench.pass(sec(1))
    assert.deepEqual(bench.sent(), [])
  })
  test('every fourth unacknowledged packet is acknowledged at once', () => {
    const bench = new Bench()
    bench.comes(0, 1, 2, 3, 4)
    assert.deepEqual(bench.sent(), ['/3'])
  })
  test('a packet that only acknowledges has neither number nor payload, and is handed to nobody', () => {
    const bench = new Bench()
    bench.send(1)
    bench.acked(0)
    assert.deepEqual([bench.up, bench.tunnel.outstanding], [[], 0])
  })
  test('the numbers wrap at 2^32', () => {
    const bench = new Bench({ firstSequenceNumber: 2 ** 32 - 2 })
    bench.comes(2 ** 32 - 2, 2 ** 32 - 1, 0, 1)
    assert.deepEqual([bench.up, bench.sent()], [[254, 255, 0, 1], ['/1']])
    bench.send(1, 2, 3, 4)
    assert.deepEqual(bench.sent(), ['4294967294', '4294967295', '0', '1'])
    bench.acked(0)
    assert.equal(bench.tunnel.outstanding, 1)
    bench.comes(2 ** 32 - 1)
    assert.deepEqual(bench.drops(), ['gre-duplicate'])
    const last = new Bench()
    last.comes(2 ** 32 - 1)
    last.send(1)
    assert.deepEqual(last.sent(), ['0/4294967295'])
  })
  test('early packets are put in order over the wrap', () => {
    const bench = new Bench()
    bench.comes(2 ** 32 - 1, 2, 1, 0)
    assert.deepEqual(bench.up, [255, 0, 1, 2])
  })
})

describe('the window (RFC 2637 §4.2)', () => {
  test('begins at half of what the peer takes, at least one (§4.2.1)', () => {
    const first = (window: number): number => new Bench({}, window).tunnel.window
    assert.deepEqual([64, 3, 2, 1, 0].map(first), [32, 1, 1, 1, 1])
  })
  test('stops the sender, and an acknowledgment lets it go on', () => {
    const bench = new Bench({}, 4)
    bench.send(1, 2, 3, 4)
    assert.deepEqual([bench.sent(), bench.tunnel.outstanding, bench.tunnel.waiting], [['0', '1'], 2, 2])
    bench.acked(0)
    assert.deepEqual([bench.sent(), bench.tunnel.waiting], [['2'], 1])
  })
  test('grows by one with every window that goes well, up to the maximum (§4.2.3)', () => {
    const bench = new Bench({}, 4)
    const windows: number[] = []
    for (let sequence = 0; sequence < 12; sequence++) {
      bench.send(1)
      bench.acked(sequence)
      windows.push(bench.tunnel.window)
    }
    assert.deepEqual(windows, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4])
  })
  test('one acknowledgment counts for all packets up to its number (§4.2.5)', () => {
    const bench = new Bench({}, 8)
    bench.send(1, 2, 3, 4)
    bench.acked(2)
    assert.equal(bench.tunnel.outstanding, 1)
    bench.acked(3)
    assert.deepEqual([bench.tunnel.outstanding, bench.tunnel.window], [0, 5])
  })
  test('halves at a time-out, fractions rounded up, and nothing is sent again (§4.2.2)', () => {
    const bench = new Bench({}, 10)
    bench.send(1, 2, 3, 4, 5, 6, 7)
    assert.deepEqual(bench.sent(), ['0', '1', '2', '3', '4'])
    bench.pass(ms(500))
    assert.deepEqual([bench.tunnel.window, bench.tunnel.timeOuts, bench.sent()], [3, 1, ['5', '6']])
    bench.pass(sec(1))
    assert.deepEqual([bench.tunnel.window, bench.tunnel.timeOuts, bench.sent()], [2, 2, []])
    bench.send(1)
    bench.pass(sec(60))
    bench.send(1)
    bench.pass(sec(60))
    assert.deepEqual([bench.tunnel.window, bench.sent()], [1, ['7', '8']])
  })
  test('does not shrink while nothing is outstanding', () => {
    const bench = new Bench({}, 8)
    bench.send(1)
    bench.acked(0)
    bench.pass(sec(60))
    assert.deepEqual([bench.tunnel.window, bench.tunnel.timeOuts], [4, 0])
  })
  test('acknowledgments that are late, or of what was never sent, open nothing', () => {
    const bench = new Bench({}, 4)
    bench.send(1, 2)
    bench.acked(7)
    bench.acked(2 ** 32 - 1)
    assert.equal(bench.tunnel.outstanding, 2)
    bench.pass(sec(1))
    bench.send(1)
    bench.acked(1)
    assert.equal(bench.tunnel.outstanding, 1)
  })
  test('frames beyond the queue are dropped', () => {
    const bench = new Bench({ sendQueue: 2 }, 2)
    bench.send(1, 2, 3, 4)
    assert.deepEqual([bench.sent(), bench.drops(), bench.tunnel.waiting], [['0'], ['gre-window-full'], 2])
  })
  test('is shown with what went through it: sent, acknowledged, time-outs, round trip', () => {
    const bench = new Bench({}, 4)
    bench.send(1, 2, 3)
    bench.pass(ms(80))
    bench.acked(1)
    const { sent, acknowledged, acksReceived, window, outstanding, waiting, rtt, ato } = bench.tunnel.statistics()
    assert.deepEqual([sent, acknowledged, acksReceived, window, outstanding, waiting], [3, 2, 1, 3, 1, 0])
    assert.deepEqual([rtt, ato], [ms(10), ms(500)])
    bench.pass(sec(1))
    assert.equal(bench.tunnel.statistics().timeOuts, 1)
  })
  test('with flow none acknowledgments are counted all the same', () => {
    const bench = new Bench({ flow: 'none' })
    bench.send(1, 2, 3)
    bench.acked(1)
    bench.acked(7)
    const { sent, acknowledged, acksReceived, outstanding } = bench.tunnel.statistics()
    assert.deepEqual([sent, acknowledged, acksReceived, outstanding], [3, 2, 2, 0])
  })
  test('is not looked at when flow is none, as Linux does', () => {
    const bench = new Bench({ flow: 'none' }, 1)
    for (let i = 0; i < 500; i++) bench.send(1)
    bench.pass(sec(60))
    assert.deepEqual([bench.sent().length, bench.tunnel.timeOuts], [500, 0])
  })
})

describe('the adaptive time-out (RFC 2637 §4.4)', () => {
  const at = (bench: Bench, sample: number, sequence: number): number => {
    bench.send(1)
    bench.pass(sample)
    bench.acked(sequence)
    return bench.tunnel.ato
  }
  test('follows the formulas of §4.4.1: alpha 1/8, beta 1/4, chi 4', () => {
    const bench = new Bench({ minTimeOut: ms(1) }, 64, 10)
    assert.equal(bench.tunnel.ato, sec(1))
    // RTT 1 s, DEV 0; sample 200 ms: DIFF -800, DEV 200, RTT 900, ATO 900 + 800.
    assert.equal(at(bench, ms(200), 0), ms(1700))
    // Sample 900 ms: DIFF 0, DEV 150, RTT 900, ATO 900 + 600.
    assert.equal(at(bench, ms(900), 1), ms(1500))
  })
  test('stays between its bounds', () => {
    const bench = new Bench()
    assert.equal(bench.tunnel.ato, ms(500))
    assert.equal(at(bench, ms(1), 0), ms(500))
    const slow = new Bench({ maxTimeOut: sec(3) }, 64, 100)
    assert.equal(slow.tunnel.ato, sec(3))
  })
  test('doubles the round trip at a time-out, up to the maximum (§4.4.2)', () => {
    const bench = new Bench({ minTimeOut: ms(1), maxTimeOut: sec(5) }, 64, 10)
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      bench.send(1)
      bench.pass(sec(6))
      seen.push(bench.tunnel.ato)
    }
    assert.deepEqual(seen, [sec(2), sec(4), sec(5), sec(5)])
  })
  test('runs from the oldest packet that is outstanding', () => {
    const bench = new Bench()
    bench.send(1)
    bench.pass(ms(400))
    bench.send(2)
    bench.acked(0)
    const { ato } = bench.tunnel
    bench.pass(ato - 1)
    assert.equal(bench.tunnel.timeOuts, 0)
    bench.pass(1)
    assert.equal(bench.tunnel.timeOuts, 1)
  })
})

describe('out-of-sequence packets (RFC 2637 §4.3)', () => {
  test('an early packet is held and handed on in its turn', () => {
    const bench = new Bench()
    bench.comes(0, 2, 3)
    assert.deepEqual([bench.up, bench.tunnel.held], [[0], 2])
    bench.comes(1)
    assert.deepEqual([bench.up, bench.tunnel.held], [[0, 1, 2, 3], 0])
    bench.pass(sec(1))
    assert.deepEqual(bench.drops(), [])
  })
  test('what does not come in 300 ms is given up, and is too late afterwards', () => {
    const bench = new Bench()
    bench.comes(0, 2)
    bench.pass(ms(100))
    bench.comes(4)
    bench.pass(ms(200) - 1)
    assert.deepEqual(bench.up, [0])
    bench.pass(1)
    assert.deepEqual([bench.up, bench.tunnel.held], [[0, 2], 1])
    bench.comes(1)
    assert.deepEqual(bench.drops(), ['gre-late'])
    bench.pass(ms(100) - 1)
    assert.deepEqual(bench.up, [0, 2])
    bench.pass(1)
    assert.deepEqual(bench.up, [0, 2, 4])
  })
  test('with the policy drop an early packet goes on at once and those before it are too late', () => {
    const bench = new Bench({ outOfOrder: 'drop' })
    bench.comes(0, 1, 2, 4, 3, 5)
    assert.deepEqual([bench.up, bench.drops()], [[0, 1, 2, 4, 5], ['gre-late']])
    const { lost, late, received } = bench.tunnel.statistics()
    assert.deepEqual([lost, late, received], [1, 1, 5])
  })
  test('with the policy pass everything goes on as it comes, but nothing twice', () => {
    const bench = new Bench({ outOfOrder: 'pass' })
    bench.comes(0, 1, 4, 3, 3, 5, 2, 2, 1)
    assert.deepEqual(bench.up, [0, 1, 4, 3, 5, 2])
    assert.deepEqual(bench.drops(), ['gre-duplicate', 'gre-duplicate', 'gre-duplicate'])
    const { lost, late, duplicates } = bench.tunnel.statistics()
    assert.deepEqual([lost, late, duplicates], [0, 2, 3])
  })
  test('what is so late that nobody knows whether it came before is dropped, whatever the policy', () => {
    const bench = new Bench({ outOfOrder: 'pass' })
    bench.comes(0, 2, 301, 600, 800, 1)
    assert.deepEqual([bench.up.length, bench.drops()], [5, ['gre-late']])
  })
  test('a duplicate is dropped, handed on already or held', () => {
    const bench = new Bench()
    bench.comes(0, 0, 2, 2)
    assert.deepEqual([bench.up, bench.drops()], [[0], ['gre-duplicate', 'gre-duplicate']])
  })
  test('a packet far ahead is dropped; its successor is believed', () => {
    const bench = new Bench()
    bench.comes(0, 2, 300)
    assert.deepEqual([bench.up, bench.tunnel.held], [[0], 2])
    bench.comes(5000, 1)
    assert.deepEqual([bench.up, bench.drops()], [[0, 1, 2], ['gre-out-of-window']])
    bench.comes(5001)
    assert.deepEqual(bench.up, [0, 1, 2, 300 & 255, 5001 & 255])
    bench.comes(5002, 301)
    assert.deepEqual([bench.up.slice(-1), bench.drops()], [[5002 & 255], ['gre-late']])
  })
  test('counts what was lost, late, doubled and held, over the wrap of the numbers too', () => {
    for (const first of [0, 2 ** 32 - 4]) {
      const at = (n: number): number => (first + n) >>> 0
      const bench = new Bench()
      bench.comes(at(0), at(2), at(2), at(3), at(1))
      bench.comes(at(6), at(7))
      bench.pass(ms(300))
      bench.comes(at(4), at(6))
      const { received, held, holding, lost, late, duplicates } = bench.tunnel.statistics()
      assert.deepEqual([received, held, holding, lost, late, duplicates], [6, 4, 0, 2, 1, 2])
      assert.deepEqual(bench.drops(), ['gre-duplicate', 'gre-late', 'gre-duplicate'])
    }
  })
  test('the first packet sets the number', () => {
    const bench = new Bench()
    bench.comes(17, 18)
    assert.deepEqual(bench.up, [17, 18])
  })
  test('the end of the call gives back what waits and what is held', () => {
    const bench = new Bench({}, 2)
    bench.send(1, 2, 3)
    bench.comes(0, 2, 3)
    bench.sent()
    bench.tunnel.close()
    assert.deepEqual(bench.drops(), new Array(4).fill('gre-unknown-call'))
    bench.pass(sec(10))
    assert.deepEqual([bench.sent(), bench.up, bench.world.scheduler.next], [[], [0], undefined])
  })
})

/** Two tunnels over a line that loses, doubles and delays as told; returns what came out at each end. */
function run(
  plan: readonly { readonly delay: number; readonly lost: boolean; readonly doubled: boolean }[],
  frames: number,
  config: Partial<TunnelConfig>,
  cleanStart: boolean,
) {
  const world = new World(3)
  const drops = new Map<string, number>()
  world.trace.listen(e => {
    if (e.event === 'drop') drops.set(e.reason, (drops.get(e.reason) ?? 0) + 1)
  })
  const out: number[][] = [[], []]
  const ends: Tunnel[] = []
  let carried = 0
  let lost = 0
  let doubled = 0
  for (const here of [0, 1]) {
    const env = world.env(`end${here}`)
    const cross = (packet: Packet): void => {
      const data = Gre.hasSequence(packet.bytes, packet.start)
      const first = cleanStart && data && Gre.sequenceNumber(packet.bytes, packet.start) === 0
      const fate = plan[carried++ % plan.length]
      if (first || !fate.lost) {
        if (fate.doubled && !first) {
          if (data) doubled++
          const copy = env.packets.clone(packet)
          world.scheduler.after(fate.delay + ms(7), 'line', () => ends[1 - here].receive(copy))
        }
        world.scheduler.after(first ? 0 : fate.delay, 'line', () => ends[1 - here].receive(packet))
      } else {
        if (data) lost++
        packet.release()
      }
    }
    const up = (frame: Packet): void => {
      out[here].push((frame.bytes[frame.start] << 8) | frame.bytes[frame.start + 1])
      frame.release()
    }
    const peer = { callId: 1, window: 64, processingDelay: 0 }
    ends.push(new Tunnel(env, { ...TUNNEL, ...config }, peer, { down: cross, up }))
  }
  const { packets } = world.env('ppp')
  for (let i = 0; i < frames; i++) {
    world.scheduler.after(i * ms(3), 'ppp', () => {
      for (const end of ends) end.send(packets.from(Uint8Array.of(i >>> 8, i)))
    })
  }
  world.scheduler.runUntil(sec(600))
  return { out, drops, ends, lost, doubled, idle: world.scheduler.next === undefined }
}

describe('two tunnels over a bad line', () => {
  const fates = (lossy: boolean) =>
    fc.array(
      fc.record({
        delay: fc.integer({ min: 0, max: 60 }).map(ms),
        lost: lossy ? fc.integer({ min: 0, max: 9 }).map(n => n === 0) : fc.constant(false),
        doubled: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
      }),
      { minLength: 1, maxLength: 40 },
    )
  const rising = (values: readonly number[]): boolean => values.every((v, i) => i === 0 || v > values[i - 1])

  test('whatever it does, frames come in order and at most once, and each is accounted for', () => {
    fc.assert(
      fc.property(
        fates(true),
        fc.constantFrom('hold', 'drop'),
        fc.constantFrom('window', 'none'),
        (plan, outOfOrder, flow) => {
          const { out, drops, ends, lost, doubled, idle } = run(plan, 150, { outOfOrder, flow }, false)
          assert.ok(rising(out[0]) && rising(out[1]))
          const dropped = [...drops.values()].reduce((sum, n) => sum + n, 0)
          const waiting = ends[0].waiting + ends[1].waiting
          assert.equal(out[0].length + out[1].length + lost + dropped - doubled + waiting, 300)
          assert.ok(idle)
          assert.deepEqual([ends[0].held, ends[1].held, waiting], [0, 0, 0])
        },
      ),
      { numRuns: 60 },
    )
  })

  test('without loss every frame comes, in order, once', () => {
    fc.assert(
      fc.property(fates(false), plan => {
        const { out, drops } = run(plan, 150, {}, true)
        const all = Array.from({ length: 150 }, (_, i) => i)
        assert.deepEqual(out, [all, all])
        assert.ok([...drops.keys()].every(reason => reason === 'gre-duplicate' || reason === 'gre-late'))
      }),
      { numRuns: 60 },
    )
  })
})
