/** Connection tracking: states, timeouts, limits. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ipv4, ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import type { Judge, PacketState } from '../../src/filter/types.ts'
import { fc } from '../support/fast-check.ts'
import { answer, Bench, type Ends, echo, passed, tcp, udp, WAN } from './bench.ts'

const A = ip('192.168.1.10')
const S = ip('203.0.113.5')
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]
const flow = (sport: number, from: Ipv4 = A): Ends => ({ from, sport, to: S, dport: 80 })

class Notes implements Judge {
  readonly asksState = true
  readonly states: PacketState[] = []
  judge({ state }: { readonly state: PacketState }): undefined {
    this.states.push(state)
    return undefined
  }
}
const noted = (like: object = {}): { bench: Bench; notes: Notes } => {
  const notes = new Notes()
  return { bench: new Bench({ judge: notes, nat: [], like }), notes }
}
const back = ({ from, sport, to, dport }: Ends): Ends => ({ from: to, sport: dport, to: from, dport: sport })

describe('states', () => {
  test('a flow is new until it is answered, then established in both directions', () => {
    const { bench, notes } = noted()
    bench.out(udp(flow(1)))
    bench.out(udp(flow(1)))
    bench.in(udp(back(flow(1))))
    bench.out(udp(flow(1)))
    assert.deepEqual(notes.states, ['new', 'new', 'established', 'established'])
  })

  test('an answer to no question is invalid: SYN-ACK (D2), echo reply', () => {
    const { bench, notes } = noted()
    bench.in(tcp(back(flow(1)), SYN | ACK))
    bench.in(echo(0, S, A, 5))
    assert.deepEqual(notes.states, ['invalid', 'invalid'])
    assert.equal(bench.filter.conntrack.size, 0)
  })

  test('an ACK picks a connection up, unless tcp_loose is off', () => {
    for (const tcpLoose of [true, false]) {
      const { bench, notes } = noted({ tcpLoose })
      bench.out(tcp(flow(1), ACK))
      assert.deepEqual(notes.states, [tcpLoose ? 'new' : 'invalid'])
    }
  })

  test('an invalid packet is dropped where the kind of box says so', () => {
    const { bench } = noted({ invalid: 'dropped' })
    bench.in(tcp(back(flow(1)), SYN | ACK))
    assert.deepEqual(bench.drops, ['conntrack-invalid'])
  })

  test('an ICMP error is related to the flow that it quotes, and to none of others', () => {
    const { bench, notes } = noted()
    const packet = udp(flow(1))
    bench.out(packet)
    const quote = (b: Uint8Array): Uint8Array => {
      const out = new Uint8Array(28 + b.length)
      out.set(b, 28)
      return out
    }
    const make = (b: Uint8Array): Uint8Array => {
      const out = quote(b)
      out.set(echo(3, S, A, 0, new Uint8Array(b.length)).subarray(0, 28))
      return out
    }
    bench.in(make(packet))
    bench.in(make(udp(flow(2))))
    assert.deepEqual(notes.states, ['new', 'related', 'invalid'])
  })

  test('a packet that a rule drops leaves no flow behind', () => {
    const judge: Judge = { asksState: true, judge: () => ({ rule: 'forward drop', answer: undefined }) }
    const bench = new Bench({ judge, nat: [] })
    bench.out(udp(flow(1)))
    assert.equal(bench.filter.conntrack.size, 0)
    assert.deepEqual(bench.drops, ['filter-drop'])
  })
})

describe('timeouts', () => {
  const lives = (bench: Bench, seconds: number): boolean => {
    bench.wait(sec(seconds - 0.001))
    const before = bench.filter.conntrack.size
    bench.wait(sec(0.002))
    return before === 1 && bench.filter.conntrack.size === 0
  }

  test('UDP: 30 s, and 120 s once it has gone both ways for two seconds', () => {
    const once = new Bench()
    once.out(udp(flow(1)))
    assert.ok(lives(once, 30))
    const stream = new Bench()
    const out = passed(stream.out(udp(flow(1))))
    stream.in(udp(answer(out)))
    stream.wait(sec(3))
    stream.out(udp(flow(1)))
    assert.ok(lives(stream, 120))
  })

  test('TCP: each state has its own', () => {
    const steps: readonly (readonly [string, number, readonly (readonly ['out' | 'in', number])[]])[] = [
      ['syn-sent', 120, [['out', SYN]]],
      [
        'syn-received',
        60,
        [
          ['out', SYN],
          ['in', SYN | ACK],
        ],
      ],
      [
        'established',
        432_000,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
        ],
      ],
      [
        'fin-wait',
        120,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
          ['out', FIN | ACK],
        ],
      ],
      [
        'close-wait',
        60,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
          ['out', FIN | ACK],
          ['in', ACK],
        ],
      ],
      [
        'last-ack',
        30,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
          ['out', FIN | ACK],
          ['in', FIN | ACK],
        ],
      ],
      [
        'time-wait',
        120,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
          ['out', FIN | ACK],
          ['in', FIN | ACK],
          ['out', ACK],
        ],
      ],
      [
        'close',
        10,
        [
          ['out', SYN],
          ['in', SYN | ACK],
          ['out', ACK],
          ['in', RST],
        ],
      ],
      ['picked up, no answer', 300, [['out', ACK]]],
    ]
    for (const [name, seconds, segments] of steps) {
      const bench = new Bench({ nat: [], judge: new Notes() })
      for (const [way, flags] of segments) bench[way](tcp(way === 'out' ? flow(1) : back(flow(1)), flags))
      assert.ok(lives(bench, seconds), name)
    }
  })

  test('a reset in answer to a SYN ends the flow at once', () => {
    const { bench } = noted()
    bench.out(tcp(flow(1), SYN))
    bench.in(tcp(back(flow(1)), RST | ACK))
    assert.equal(bench.filter.conntrack.size, 0)
  })

  test('a SYN opens a connection anew that is in TIME-WAIT (RFC 1122 §4.2.2.13)', () => {
    const { bench, notes } = noted()
    for (const [way, flags] of [
      ['out', SYN],
      ['in', SYN | ACK],
      ['out', ACK],
      ['out', FIN | ACK],
      ['in', FIN | ACK],
      ['out', ACK],
    ] as const)
      bench[way](tcp(way === 'out' ? flow(1) : back(flow(1)), flags))
    bench.out(tcp(flow(1), SYN))
    assert.equal(notes.states.at(-1), 'new')
    assert.equal(bench.filter.conntrack.size, 1)
  })

  test('after all of them nothing is left, whatever came', () => {
    const any = fc.record({
      host: fc.nat(5),
      port: fc.nat(20),
      kind: fc.constantFrom('udp', 'tcp', 'echo'),
      flags: fc.constantFrom(SYN, ACK, FIN | ACK, RST, SYN | ACK),
      back: fc.boolean(),
      wait: fc.nat(40),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), packets => {
        const bench = new Bench()
        for (const { host, port, kind, flags, back: isBack, wait } of packets) {
          const from = (A + host) as Ipv4
          const way: Ends = isBack ? { from: S, sport: 80, to: WAN, dport: port } : flow(port, from)
          const bytes =
            kind === 'udp' ? udp(way) : kind === 'tcp' ? tcp(way, flags) : echo(isBack ? 0 : 8, way.from, way.to, port)
          if (isBack) bench.in(bytes)
          else bench.out(bytes)
          bench.wait(sec(wait))
        }
        bench.wait(sec(432_001))
        const { conntrack, nat } = bench.filter
        assert.deepEqual([conntrack.size, conntrack.keymap.size, nat.mappings.size], [0, 0, 0])
        assert.equal(bench.world.scheduler.next, undefined)
      }),
      { numRuns: 60 },
    )
  })
})

describe('limits', () => {
  test('the table never holds more than its limit; what was never answered makes room for the new', () => {
    const bench = new Bench({ like: { limit: 100 } })
    for (let i = 0; i < 1000; i++) {
      bench.out(udp(flow(2000 + i)))
      assert.ok(bench.filter.conntrack.size <= 100)
    }
    assert.equal(bench.filter.conntrack.size, 100)
    assert.deepEqual(bench.drops, [])
    assert.equal(bench.filter.conntrack.earlyDrops, 900)
  })

  test('where all are established a new one finds no room, and says so', () => {
    const bench = new Bench({ like: { limit: 10 } })
    for (let i = 0; i < 10; i++) {
      const out = passed(bench.out(tcp(flow(2000 + i), SYN)))
      bench.in(tcp(answer(out), SYN | ACK))
      bench.out(tcp(flow(2000 + i), ACK))
    }
    assert.equal(bench.out(udp(flow(1))), undefined)
    assert.deepEqual(bench.drops, ['conntrack-full'])
  })

  test('connections that have ended leave nothing waiting for the five days that they had left', () => {
    const bench = new Bench()
    const dial = (port: number): void => {
      const out = passed(bench.out(tcp(flow(port), SYN)))
      bench.in(tcp(answer(out), SYN | ACK))
      bench.out(tcp(flow(port), ACK))
    }
    dial(1)
    for (let port = 2000; port < 12_000; port += 100) {
      for (let i = 0; i < 100; i++) dial(port + i)
      bench.wait(sec(130))
      for (let i = 0; i < 100; i++) bench.out(tcp(flow(port + i), RST))
      bench.wait(sec(20))
    }
    assert.equal(bench.filter.conntrack.size, 1)
    assert.ok(bench.filter.conntrack.held < 2000, String(bench.filter.conntrack.held))
  })

  test('flushing and removing', () => {
    const bench = new Bench()
    for (let i = 0; i < 5; i++) bench.out(udp(flow(i + 1)))
    assert.equal(
      bench.filter.conntrack.remove(({ original }) => original.sourceKey === 3),
      1,
    )
    assert.equal(bench.filter.flush(), 4)
    assert.equal(bench.filter.conntrack.size, 0)
  })

  test('what was hidden behind an address goes with it (D5)', () => {
    const bench = new Bench()
    bench.out(udp(flow(1)))
    assert.equal(bench.filter.readdressed('lan'), 0)
    assert.equal(bench.filter.readdressed('wan'), 1)
  })
})
