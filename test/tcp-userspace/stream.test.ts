/** Two stacks over a bad line: whatever it does, each side reads exactly what the other wrote. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Connection, type ConnectionHandlers, STATES, type TcpOptions } from 'tcp-userspace'
import { sec } from '../../src/base/time.ts'
import { fc } from '../support/fast-check.ts'
import { octet, stream } from './harness.ts'
import { LEFT, type Line, pipe, RIGHT } from './pipe.ts'

const CLEAN: Line = { seed: 1, loss: 0, duplication: 0, corruption: 0, jitterMs: 0 }

/** Writes a stream of `length` octets as fast as it is taken, then ends. */
class Writer {
  #at = 0
  readonly #length: number
  constructor(length: number) {
    this.#length = length
  }
  fill(connection: Connection): void {
    while (this.#at < this.#length) {
      const chunk = Math.min(3000, this.#length - this.#at)
      const taken = connection.write(stream(chunk, this.#at))
      this.#at += taken
      if (taken < chunk) return
    }
    connection.end()
  }
}

interface Heard {
  bytes: number
  wrong: number
  ended: boolean
  closed: string | undefined
}

/** Both sides send at once and check what comes; the reader stops now and then when `lazy`. */
/** Buffers that are full soon. */
const SMALL: TcpOptions = { sendBuffer: 65_536, receiveBuffer: 65_536 }

function exchange(line: Line, lengths: [number, number], options: TcpOptions, lazy = false) {
  const world = pipe(line, { left: options, right: options })
  const { scheduler, left, right } = world
  const heard: Heard[] = [0, 1].map(() => ({ bytes: 0, wrong: 0, ended: false, closed: undefined }))

  function user(side: 0 | 1, connection: () => Connection): ConnectionHandlers {
    const writer = new Writer(lengths[side])
    const mine = heard[side]
    let chunks = 0
    return {
      opened: () => writer.fill(connection()),
      writable: () => writer.fill(connection()),
      data: bytes => {
        for (const byte of bytes) if (byte !== octet(mine.bytes++)) mine.wrong++
        if (!lazy || ++chunks % 7 !== 0) return
        connection().pause()
        scheduler.after(sec(0.3), 'lazy reader', () => connection().resume())
      },
      ended: () => {
        mine.ended = true
      },
      closed: reason => {
        mine.closed = reason
      },
    }
  }
  right.listen({ port: 80 }, connection => user(1, () => connection))
  const opened = left.connect(
    { local: { address: LEFT }, remote: { address: RIGHT, port: 80 } },
    user(0, () => client),
  )
  assert.ok(opened)
  const client: Connection = opened
  return { ...world, heard, client }
}

describe('streams', () => {
  test('arrive whole and in order over a line that loses, doubles, reorders and spoils', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            seed: fc.nat(0xffffffff),
            loss: fc.double({ min: 0, max: 0.2, noNaN: true }),
            duplication: fc.double({ min: 0, max: 0.1, noNaN: true }),
            corruption: fc.double({ min: 0, max: 0.05, noNaN: true }),
            jitterMs: fc.integer({ min: 0, max: 60 }),
          },
          { noNullPrototype: true },
        ),
        fc.tuple(fc.nat(60_000), fc.nat(60_000)),
        fc.record(
          {
            receiveBuffer: fc.constantFrom(1000, 5000, 65_536, 1 << 20),
            sendBuffer: fc.constantFrom(1000, 65_536),
            windowScale: fc.boolean(),
            profile: fc.constantFrom('linux' as const, 'rfc' as const),
          },
          { noNullPrototype: true },
        ),
        fc.boolean(),
        (line, lengths, options, lazy) => {
          const { scheduler, heard, left, right } = exchange(line, lengths, options, lazy)
          scheduler.runUntil(sec(20_000))
          for (const side of [0, 1] as const) {
            const { bytes, wrong, ended } = heard[side]
            assert.deepEqual(
              { bytes, wrong, ended },
              { bytes: lengths[1 - side], wrong: 0, ended: true },
              `side ${side}`,
            )
          }
          assert.deepEqual([...left.connections, ...right.connections], [])
        },
      ),
      { seed: 9293, numRuns: 150 },
    )
  })

  test('a clean line costs no retransmission, and both ends close in order', () => {
    const { scheduler, heard, discards, client } = exchange(CLEAN, [300_000, 200_000], {})
    scheduler.runUntil(sec(30))
    assert.deepEqual(heard, [
      { bytes: 200_000, wrong: 0, ended: true, closed: 'closed' },
      { bytes: 300_000, wrong: 0, ended: true, closed: 'closed' },
    ])
    assert.equal(client.retransmits, 0)
    assert.equal(client.bytesOut, 300_000)
    assert.equal(client.bytesIn, 200_000)
    assert.deepEqual([...discards], [])
  })

  test('two that send and do not read, for a minute: whoever reads again gets on at once (RFC 9293 §3.8.6.1)', () => {
    const { scheduler, heard, left, right } = exchange({ ...CLEAN, jitterMs: 5 }, [400_000, 400_000], SMALL)
    const ends = () => [...left.connections, ...right.connections]
    scheduler.runUntil(sec(0.01))
    for (const end of ends()) end.pause()
    scheduler.runUntil(sec(60))
    const closed = [0, 0]
    assert.deepEqual(
      ends().map(({ sndWnd, rcvWnd }) => [sndWnd, rcvWnd]),
      [closed, closed],
    )
    for (const [side, end] of ends().entries()) {
      end.resume()
      scheduler.runUntil(sec(65 + 5 * side))
      const { bytes, wrong, ended } = heard[side]
      assert.deepEqual({ bytes, wrong, ended }, { bytes: 400_000, wrong: 0, ended: true }, `side ${side}`)
    }
  })

  test('the same seed gives the same run', () => {
    const line = { seed: 5, loss: 0.1, duplication: 0.05, corruption: 0.02, jitterMs: 30 }
    const runs = [0, 1].map(() => {
      const world = exchange(line, [30_000, 30_000], {})
      world.scheduler.runUntil(sec(2000))
      return { segments: world.sent.segments, events: world.scheduler.executed, discards: [...world.discards] }
    })
    assert.deepEqual(runs[0], runs[1])
    assert.ok(runs[0].segments > 50)
  })

  test('sequence numbers pass 2^32 unnoticed (RFC 9293 §3.4)', () => {
    for (let before = 0; before < 20_000; before += 1777) {
      const bytes: number[] = []
      const isn = (0x1_0000_0000 - before) >>> 0
      const { left, right, scheduler } = pipe(CLEAN, { isn: () => isn })
      right.listen({ port: 80 }, () => ({ data: view => void bytes.push(...view) }))
      const writer = new Writer(40_000)
      const connection: Connection | undefined = left.connect(
        { local: { address: LEFT }, remote: { address: RIGHT, port: 80 } },
        {
          opened: () => connection && writer.fill(connection),
          writable: () => connection && writer.fill(connection),
        },
      )
      scheduler.runUntil(sec(10))
      assert.equal(bytes.length, 40_000)
      assert.ok(bytes.every((byte, n) => byte === octet(n)))
    }
  })

  test('all eleven states are reached', () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 40; seed++) {
      const line = { seed, loss: 0.05, duplication: 0, corruption: 0, jitterMs: 40 }
      const world = exchange(line, seed % 2 ? [10, 10] : [10, 200_000], SMALL)
      world.scheduler.runUntil(sec(1000))
      for (const state of world.states) seen.add(state)
    }
    assert.deepEqual(
      STATES.filter(state => !seen.has(state)),
      [],
    )
  })

  test('two that open at the same time make one connection (RFC 9293 §3.5, figure 7)', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { left, right, scheduler, states } = pipe({ ...CLEAN, seed, loss: seed > 1 ? 0.2 : 0, jitterMs: 5 })
      const ends = { left: { address: LEFT, port: 1 }, right: { address: RIGHT, port: 2 } }
      const got: string[] = []
      const one = left.connect({ local: ends.left, remote: ends.right }, { data: bytes => got.push(`left ${bytes}`) })
      const two = right.connect({ local: ends.right, remote: ends.left }, { data: bytes => got.push(`right ${bytes}`) })
      scheduler.runUntil(sec(100))
      assert.deepEqual([one?.state, two?.state], ['established', 'established'], `seed ${seed}`)
      assert.ok(states.has('syn-received'))
      one?.write(Uint8Array.of(1))
      two?.write(Uint8Array.of(2))
      scheduler.runUntil(sec(200))
      assert.deepEqual(got.sort(), ['left 2', 'right 1'])
    }
  })

  test('any bytes at all do no harm to an open connection', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 30 }), rubbish => {
        const { scheduler, heard, left } = exchange(CLEAN, [5000, 5000], {})
        scheduler.runUntil(sec(0.002))
        for (const bytes of rubbish) assert.notEqual(left.receive(bytes, 0, bytes.length, RIGHT, LEFT), undefined)
        scheduler.runUntil(sec(100))
        assert.deepEqual(
          heard.map(({ bytes, wrong }) => [bytes, wrong]),
          [
            [5000, 0],
            [5000, 0],
          ],
        )
      }),
      { seed: 9293 },
    )
  })
})
