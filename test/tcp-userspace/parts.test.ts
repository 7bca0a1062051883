/** The parts by themselves: states, ranges, scoreboard, the window that is offered, CUBIC's arithmetic, SipHash, initial sequence numbers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Cause, ENDINGS, Options, STATES, type State, type TcpEnv, TRANSITIONS } from 'tcp-userspace'
import {
  cubeRoot,
  Isn,
  NewReno,
  PLAIN,
  Ranges,
  Receiver,
  Ring,
  Scoreboard,
  sipHash,
  synReceived,
  synSent,
} from 'tcp-userspace/parts'
import { unhex } from '../../src/base/bytes.ts'
import { fc } from '../support/fast-check.ts'

/** RFC 9293 §3.3.2, figure 5, line by line; what the listener does is left out, and so is the deletion of the TCB. */
const FIGURE_5 = `
  closed        open        syn-sent
  listen        syn         syn-received
  syn-sent      syn         syn-received
  syn-sent      syn-ack     established
  syn-sent      close       closed
  syn-received  ack         established
  established   close       fin-wait-1
  established   fin         close-wait
  fin-wait-1    ack-of-fin  fin-wait-2
  fin-wait-1    fin         closing
  fin-wait-2    fin         time-wait
  closing       ack-of-fin  time-wait
  close-wait    close       last-ack
  last-ack      ack-of-fin  closed
  time-wait     timeout     closed`

describe('states', () => {
  test('the transitions are those of figure 5 (RFC 9293 §3.3.2)', () => {
    const printed = FIGURE_5.trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/).join(' '))
    const ours = STATES.flatMap(from =>
      Object.entries(TRANSITIONS[from]).map(([cause, to]) => `${from} ${cause} ${to}`),
    )
    assert.deepEqual(ours.sort(), printed.sort())
  })

  test('from every state there is a way to the end', () => {
    for (const start of STATES) {
      const reached = new Set<State>([start])
      for (const state of reached) for (const to of Object.values(TRANSITIONS[state])) reached.add(to)
      const ends = start === 'listen' || start === 'syn-received' || reached.has('closed')
      assert.ok(ends && ENDINGS.has('rst' satisfies Cause), start)
    }
  })
})

/** What RFC 9293 says of each state: SEND (§3.10.2), text and FIN to be sent (§3.3.2), text (§3.10.7.4, seventh), ABORT (§3.10.5). */
const PERMITTED = `
  state         SEND is taken  sends  receives  ABORT sends RST
  closed        -              -      -         -
  listen        -              -      -         -
  syn-sent      yes            -      -         -
  syn-received  yes            -      -         yes
  established   yes            yes    yes       yes
  fin-wait-1    -              yes    yes       yes
  fin-wait-2    -              -      yes       yes
  close-wait    yes            yes    -         yes
  closing       -              yes    -         -
  last-ack      -              yes    -         -
  time-wait     -              -      -         -`

test('what each state permits (RFC 9293 §3.10.2, §3.10.5, §3.10.7.4)', () => {
  const yes = (is: boolean): string => (is ? 'yes' : '-')
  const ours = [...Object.values(PLAIN), synSent(0), synReceived(0, false, undefined)].map(
    ({ state, takesSend, sends, receives, resets }) =>
      [state, yes(takesSend), yes(sends), yes(receives), yes(resets)].join(' '),
  )
  const printed = PERMITTED.trim()
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/).join(' '))
  assert.deepEqual(ours.sort(), printed.sort())
})

describe('the ring', () => {
  /** Octets from … to - 1 of it are those of their numbers. */
  const holds = (ring: Ring, from: number, to: number): void => {
    const target = new Uint8Array(to - from + 2).fill(0xee)
    ring.copy(from, to - from, target, 1)
    assert.deepEqual([...target], [0xee, ...numbers(from, to), 0xee])
    const view = ring.view(from, to - from)
    assert.deepEqual([...view], [...numbers(from, from + view.length)])
    assert.ok(view.length > 0 && view.length <= to - from)
  }
  const numbers = (from: number, to: number): Uint8Array =>
    Uint8Array.from({ length: to - from }, (_, n) => (from + n) & 255)
  const capacity = (ring: Ring): number => ring.view(0, 1).buffer.byteLength
  const filled = (from: number, to: number): Ring => {
    const ring = new Ring()
    ring.reserve(from, to - from)
    ring.put(from, numbers(from, to), 0, to - from)
    return ring
  }

  test('its room is a power of two, 256 octets or more, and no more than is needed', () => {
    for (const [span, room] of [
      [1, 256],
      [256, 256],
      [257, 512],
      [5000, 8192],
    ]) {
      const ring = new Ring()
      ring.reserve(7, span)
      assert.equal(capacity(ring), room, `${span}`)
      ring.reserve(7, room)
      assert.equal(capacity(ring), room, `${span}`)
    }
  })

  test('it doubles below 16 KiB, and grows eightfold from there on', () => {
    const ring = new Ring()
    const rooms: number[] = []
    for (let span = 1; span < 400_000; span += 100) {
      ring.reserve(0, span)
      if (rooms.at(-1) !== capacity(ring)) rooms.push(capacity(ring))
    }
    assert.deepEqual(rooms, [256, 512, 1024, 2048, 4096, 8192, 16_384, 131_072, 1_048_576])
  })

  test('when it grows, by whatever, the octets are kept, also those behind its end', () => {
    for (const from of [0, 100, 256, 0x7fff_ff80, -200]) {
      for (const span of [257, 513, 3000]) {
        const ring = filled(from, from + 256)
        ring.reserve(from, span)
        holds(ring, from, from + 256)
      }
    }
  })

  test('only the octets that are named are put there, the others stay', () => {
    const ring = filled(50, 250)
    const source = new Uint8Array(100).fill(9)
    ring.put(100, source, 10, 30)
    const seen = new Uint8Array(200)
    ring.copy(50, 200, seen, 0)
    const expected = numbers(50, 250)
    expected.fill(9, 50, 70)
    assert.deepEqual([...seen], [...expected])
  })

  test('emptied it keeps nothing; a view stays as it is', () => {
    const ring = filled(0, 1025)
    const view = ring.view(0, 1025)
    ring.release()
    assert.equal(capacity(ring), 0)
    assert.equal(ring.view(0, 1).length, 0)
    ring.reserve(0, 2000)
    ring.put(0, new Uint8Array(2000), 0, 2000)
    assert.deepEqual([...view], [...numbers(0, 1025)])
  })
})

describe('ranges', () => {
  test('any additions and removals: the same octets as a set has, wherever sequence numbers wrap', () => {
    const step = fc.tuple(fc.nat(120), fc.integer({ min: 1, max: 20 }), fc.boolean())
    fc.assert(
      fc.property(fc.constantFrom(0, 0x7fffffc0, -60, 0x7fffffff), fc.array(step, { maxLength: 40 }), (base, steps) => {
        const ranges = new Ranges()
        const model = new Set<number>()
        for (const [at, length, removes] of steps) {
          if (removes) {
            ranges.removeBelow((base + at) | 0)
            for (const octet of [...model]) if (octet < at) model.delete(octet)
          } else {
            const before = model.size
            for (let n = 0; n < length; n++) model.add(at + n)
            assert.equal(ranges.add((base + at) | 0, (base + at + length) | 0), model.size - before)
          }
          assert.equal(ranges.octets, model.size)
          for (let n = 0; n <= 140; n += 7) {
            assert.equal(ranges.has((base + n) | 0), model.has(n))
            const within = [...model].filter(octet => octet >= n && octet < n + 30).length
            assert.equal(ranges.within((base + n) | 0, (base + n + 30) | 0), within)
          }
          for (let n = 1; n < ranges.count; n++) assert.ok(((ranges.from[n] - ranges.to[n - 1]) | 0) > 0)
        }
      }),
      { seed: 9293 },
    )
  })
})

describe('scoreboard (RFC 6675 §4)', () => {
  const told = (...blocks: [number, number][]): Options => {
    const options = new Options()
    options.blocks = blocks.length
    options.from = blocks.map(([from]) => from)
    options.to = blocks.map(([, to]) => to)
    return options
  }

  test('three ranges, or more than two segments, prove the loss of what lies below: IsLost()', () => {
    const board = new Scoreboard()
    board.update(told([200, 300]), 100, 1000)
    assert.equal(board.lostBelow(100, 100, 3), 100)
    board.update(told([300, 400]), 100, 1000)
    assert.equal(board.lostBelow(100, 100, 3), 100) // exactly (DupThresh - 1) * SMSS: not more
    board.update(told([400, 401]), 100, 1000)
    assert.equal(board.lostBelow(100, 100, 3), 200)
    board.clear()
    board.update(told([200, 210], [300, 310], [400, 410]), 100, 1000)
    assert.equal(board.lostBelow(100, 100, 3), 200)
    assert.equal(board.lostBelow(100, 100, 4), 100)
  })

  test('blocks that are not in flight, or upside down, are not taken (RFC 2018 §5, RFC 2883 §4)', () => {
    const board = new Scoreboard()
    assert.equal(board.update(told([50, 90], [90, 200], [300, 250], [900, 1001]), 100, 1000), 0)
    assert.equal(board.octets, 0)
    assert.equal(board.update(told([900, 1000], [900, 1000]), 100, 1000), 100)
    assert.equal(board.lowestNew, 900)
    assert.equal(board.update(told([850, 1000]), 100, 1000), 50)
    assert.equal(board.lowestNew, 850)
  })

  test('of several blocks the lowest is remembered, wherever it stands', () => {
    for (const blocks of [
      [
        [500, 600],
        [900, 950],
      ],
      [
        [900, 950],
        [500, 600],
      ],
    ] as [number, number][][]) {
      const board = new Scoreboard()
      assert.equal(board.update(told(...blocks), 100, 1000), 150)
      assert.equal(board.lowestNew, 500)
    }
  })

  test('blocks that go round the whole number space are not taken', () => {
    const board = new Scoreboard()
    const from = 100 + 0x7fff_ffff
    assert.equal(board.update(told([from, from + 0x7fff_ffff]), 100, 1000), 0)
  })

  test('holes', () => {
    const board = new Scoreboard()
    board.update(told([200, 300], [400, 500]), 100, 1000)
    assert.deepEqual([board.hole(100), board.hole(200), board.hole(299), board.hole(350)], [100, 300, 300, 350])
    assert.deepEqual([board.room(100), board.room(300)], [100, 100])
    assert.ok(board.room(500) > 1e9)
    assert.equal(board.holesIn(100, 1000), 700)
    assert.equal(board.lastHole(1000, 100), 900)
    board.update(told([520, 1000]), 100, 1000)
    assert.equal(board.lastHole(1000, 100), 500)
  })
})

/** Low halves of the 64-bit results of a second implementation, which gives the value of the paper's appendix A. */
test('SipHash-2-4 of whole words', () => {
  const key = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c)
  const words = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]
  const expected = [0xdd0e0e31, 0x277187b7, 0x9a932462, 0x860ee5fb, 0x57c29bdb]
  for (const [n, low] of expected.entries()) assert.equal(sipHash(key, words.slice(0, n)), low, `${n} words`)
})

test('the cube root is exact to the last digits that matter', () => {
  for (const x of [0, 0.001, 0.5, 1, 8, 27, 1000, 12_345.678, 1e9]) {
    assert.ok(Math.abs(cubeRoot(x) - Math.cbrt(x)) <= 1e-12 * Math.max(1, x), `${x}`)
  }
})

describe('the standard controller (RFC 5681 §3.1)', () => {
  const avoiding = (segments: number) => {
    const reno = new NewReno({ mss: 100 }, 1000)
    reno.onLoss(2 * segments * 100)
    return reno
  }

  test('in congestion avoidance what is left over of a window counts for the next', () => {
    const reno = avoiding(4)
    assert.deepEqual([reno.cwnd, reno.ssthresh], [400, 400])
    reno.onAck(399)
    assert.equal(reno.cwnd, 400)
    reno.onAck(200) // 599: a window of 400, and 199
    assert.equal(reno.cwnd, 500)
    reno.onAck(300)
    assert.equal(reno.cwnd, 500)
    reno.onAck(1)
    assert.equal(reno.cwnd, 600)
  })

  test('a loss begins the count anew', () => {
    const reno = avoiding(4)
    reno.onAck(399)
    reno.onLoss(800)
    reno.onAck(399)
    assert.equal(reno.cwnd, 400)
  })

  test('undone is what the loss has taken, but not what has grown since (RFC 3708)', () => {
    const reno = new NewReno({ mss: 100 }, 1000)
    const { ssthresh } = reno
    reno.onLoss(1000)
    reno.undo()
    assert.deepEqual([reno.cwnd, reno.ssthresh], [1000, ssthresh])
    const other = avoiding(2)
    other.onLoss(300) // two segments at least
    for (let n = 0; n < 20; n++) other.onAck(other.cwnd)
    const grown = other.cwnd
    other.undo()
    assert.equal(other.cwnd, grown)
  })

  test('after idling it is the initial window, or what was less (§4.1)', () => {
    const reno = new NewReno({ mss: 100 }, 1000)
    reno.onTimeout(1000)
    reno.onIdle()
    assert.equal(reno.cwnd, 100)
    for (let n = 0; n < 4; n++) reno.onAck(100)
    assert.equal(reno.cwnd, 500)
    for (let n = 0; n < 100; n++) reno.onAck(1000)
    reno.onIdle()
    assert.equal(reno.cwnd, 1000)
  })
})

describe('options (RFC 9293 §3.2)', () => {
  const list = (hex: string, syn = true): Options => {
    const options = new Options()
    options.readSyn(segmentWith('02 04 0218 04 02 03 03 07 08 0a 00000001 00000002 0101'), 0)
    if (syn) options.readSyn(segmentWith(hex), 0)
    else options.read(segmentWith(hex), 0)
    return options
  }
  const segmentWith = (hex: string): Uint8Array => {
    const octets = unhex(hex)
    const bytes = new Uint8Array(20 + octets.length)
    bytes[12] = (5 + octets.length / 4) << 4
    bytes.set(octets, 20)
    return bytes
  }
  const ofSyn = ({ maximumSegmentSize, windowScale, sackPermitted, timestamps, blocks }: Options) => [
    maximumSegmentSize,
    windowScale,
    sackPermitted,
    timestamps,
    blocks,
  ]

  test('nothing is left of the segment before', () => {
    assert.deepEqual(ofSyn(list('')), [0, -1, false, false, 0])
  })

  test('an option of a wrong length is passed over, those behind it are read (MUST-7)', () => {
    const wrong = '02 03 05 03 04 0707 04 03 00 08 09 00000000000000 05 09 00000000000000'
    assert.deepEqual(ofSyn(list(`${wrong} 02 04 05b4 01`)), [0x05b4, -1, false, false, 0])
  })

  test('a length that reaches just to the end is right, one octet more is not', () => {
    assert.deepEqual(ofSyn(list('01 03 03 07')), [0, 7, false, false, 0])
    assert.deepEqual(ofSyn(list('01 01 03 03')), [0, -1, false, false, 0])
    assert.deepEqual(ofSyn(list('01 01 01 04')), [0, -1, false, false, 0])
  })

  test('behind the end of the list nothing counts', () => {
    for (const hex of ['00 03 03 07', '00 02 03 03 07 01 01 01']) {
      assert.deepEqual(ofSyn(list(hex)), [0, -1, false, false, 0], hex)
    }
  })

  test('one that is not known says nothing, however long it is (MUST-6)', () => {
    assert.deepEqual(ofSyn(list('fd 02 01 01')), [0, -1, false, false, 0])
    assert.deepEqual(ofSyn(list('fd 0a f989 000000000000 01 01')), [0, -1, false, false, 0])
  })

  test('timestamps, alone and in the form of RFC 7323 appendix A or another, and beside more', () => {
    for (const hex of [
      '0101 080a 80000001 fffffffe',
      '080a 80000001 fffffffe 0101',
      '0101 080a 80000001 fffffffe 01010101',
    ]) {
      const { timestamps, value, echo } = list(hex, false)
      assert.deepEqual([timestamps, value, echo], [true, -0x7fffffff, -2], hex)
    }
  })

  test('blocks of SACK: as many as there are, four at the most (RFC 2018 §3)', () => {
    const four = '00000001 00000002 00000003 00000004 80000005 80000006 00000007 00000008'
    const options = list(`05 22 ${four} 0101`, false)
    assert.equal(options.blocks, 4)
    assert.deepEqual([...options.from], [1, 3, -0x7ffffffb, 7])
    assert.deepEqual([...options.to], [2, 4, -0x7ffffffa, 8])
    assert.equal(list('05 02 0101', false).blocks, 0)
    assert.equal(list('05 0a 00000001 00000002 0101', false).blocks, 1)
  })

  test('a D-SACK is a first block below the acknowledgment, or one inside the second (RFC 2883 §4)', () => {
    const duplicate = (...blocks: [number, number][]): boolean => {
      const options = new Options()
      options.blocks = blocks.length
      options.from = blocks.map(([from]) => from)
      options.to = blocks.map(([, to]) => to)
      return options.isDuplicate(100)
    }
    assert.equal(duplicate(), false)
    assert.equal(duplicate([50, 100]), true)
    assert.equal(duplicate([50, 101]), false)
    assert.equal(duplicate([200, 300]), false)
    assert.equal(duplicate([200, 300], [200, 300]), true)
    assert.equal(duplicate([200, 300], [150, 300]), true)
    assert.equal(duplicate([200, 300], [201, 400]), false)
    assert.equal(duplicate([200, 300], [100, 299]), false)
  })
})

describe('initial sequence numbers (RFC 9293 §3.4.1, RFC 6528)', () => {
  const isn = (secret: number) => new Isn({ random32: () => secret } as unknown as TcpEnv)
  const local = { address: 1, port: 2 }
  const remote = { address: 3, port: 4 }

  test('a clock of 4 µs for each pair of endpoints', () => {
    const one = isn(7)
    const first = one.sequence(local, remote, 0)
    assert.equal((one.sequence(local, remote, 4000) - first) | 0, 1)
    assert.equal((one.sequence(local, remote, 1e9) - first) | 0, 250_000)
  })

  test('another pair, or another secret, has another', () => {
    const seen = new Set([isn(7).sequence(local, remote, 0), isn(8).sequence(local, remote, 0)])
    seen.add(isn(7).sequence(remote, local, 0))
    seen.add(isn(7).sequence({ ...local, port: 5 }, remote, 0))
    seen.add(isn(7).timestampOffset(local, remote) | 0)
    assert.equal(seen.size, 5)
  })
})

describe('the window that is offered', () => {
  test('never beyond the buffer, back by less than the scale can tell, and opened as soon as that is worth it (RFC 7323 §2.4, RFC 9293 §3.8.6.2.2)', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 40_000 }).map(octets => ({ octets, leave: 0 })) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }).map(leave => ({ octets: 40_000, leave })) },
      { weight: 1, arbitrary: fc.constant('read' as const) },
      { weight: 4, arbitrary: fc.constant('acknowledge' as const) },
    )
    type Step = 'read' | 'acknowledge' | { readonly octets: number; readonly leave: number }
    const run = (buffer: number, mss: number, steps: readonly Step[]): void => {
      const receiver = new Receiver(buffer)
      receiver.advertise(true)
      receiver.start(0xffff_8000)
      let shift = 0
      while (0xffff << shift < buffer) shift++
      receiver.setShift(shift)
      receiver.mss = mss
      const text = new Uint8Array(40_000)
      let read = 0
      let got = 0
      let told = Math.min(buffer, 65_535)
      let most = told
      const acknowledge = (): void => {
        const edge = got + (receiver.advertise(false) << shift)
        assert.ok(edge <= read + buffer, 'beyond the buffer')
        assert.ok(edge + 2 ** shift > most, 'taken back')
        told = edge
        most = Math.max(most, edge)
        assert.equal(receiver.wnd, most - got)
        assert.ok(!receiver.starving, 'an acknowledgment would tell more')
      }
      for (const what of steps) {
        if (what === 'acknowledge') acknowledge()
        else if (what === 'read') {
          if (receiver.held === 0) continue
          read += receiver.take().length
          if (receiver.starving) acknowledge()
          const worth = Math.max(Math.min(mss, buffer >> 1), 2 ** shift)
          assert.ok(told - got >= worth || read + buffer - most < worth, 'the peer starves')
        } else {
          const length = Math.min(what.octets, most - got - what.leave)
          if (length <= 0) continue
          assert.ok(receiver.acceptable(receiver.nxt, length))
          receiver.store(text, 0, length, receiver.nxt)
          got += length
        }
      }
    }
    const fill = (leave: number): Step[] => Array.from({ length: 27 }, () => ({ octets: 40_000, leave }))
    const examples: [number, number, Step[]][] = [
      // The field cannot tell of the last octet.
      [100_001, 1, ['acknowledge', ...fill(0), 'acknowledge']],
      // It tells of less than a segment, though a segment would be taken.
      [1 << 20, 1448, ['acknowledge', ...fill(1450), 'acknowledge', 'read']],
    ]
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1_000_000 }),
        fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 2000 })),
        fc.array(step, { minLength: 10, maxLength: 200 }),
        run,
      ),
      { seed: 7323, numRuns: 300, examples },
    )
  })
})
