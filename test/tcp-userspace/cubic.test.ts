/** CUBIC's curve (RFC 9438) against the formulas of the RFC, in segments and seconds, over tens of seconds. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cubic } from 'tcp-userspace/parts'

const MSS = 1448
const BETA = 0.7
const C = 0.4

/** The equations as they stand there. */
class Reference {
  cwnd: number
  ssthresh = Number.POSITIVE_INFINITY
  wMax = 0
  prior = 0
  wEst = 0
  epoch = Number.NaN
  start = 0
  readonly initial: number
  constructor(initial: number) {
    this.initial = initial
    this.cwnd = initial
  }
  ack(segments: number, rtt: number, now: number): void {
    if (this.cwnd < this.ssthresh) {
      this.cwnd += segments
      return
    }
    if (Number.isNaN(this.epoch)) {
      this.epoch = now
      this.start = this.cwnd
      this.wEst = this.cwnd
    }
    const origin = Math.max(this.wMax, this.start)
    const k = Math.cbrt((origin - this.start) / C)
    const cubic = (t: number): number => C * (t - k) ** 3 + origin
    const t = now - this.epoch
    const alpha = this.wEst >= this.prior ? 1 : (3 * (1 - BETA)) / (1 + BETA)
    this.wEst += (alpha * segments) / this.cwnd
    const target = Math.min(1.5 * this.cwnd, Math.max(this.cwnd, cubic(t + rtt)))
    if (cubic(t) < this.wEst) this.cwnd = Math.max(this.cwnd, this.wEst)
    else this.cwnd += ((target - this.cwnd) / this.cwnd) * segments
  }
  decrease(flight: number): void {
    this.prior = Math.max(this.cwnd, 2)
    this.wMax = this.prior < this.wMax ? (this.prior * (1 + BETA)) / 2 : this.prior
    this.ssthresh = Math.max(flight * BETA, 2)
    this.epoch = Number.NaN
  }
}

/** Both of them; four acknowledgments in each round trip. */
class Pair {
  readonly ours: Cubic
  readonly theirs: Reference
  now = 0
  constructor(initial = 10) {
    this.ours = new Cubic({ mss: MSS }, initial * MSS)
    this.theirs = new Reference(initial)
  }
  get segments(): number {
    return this.ours.cwnd / MSS
  }
  same(what: string): void {
    if (Math.abs(this.segments - this.theirs.cwnd) < 0.01) return
    assert.fail(`${what}, ${this.now} s: ${this.segments}, expected ${this.theirs.cwnd}`)
  }
  runs(seconds: number, rtt: number): void {
    for (const end = this.now + seconds; this.now < end; ) {
      const segments = this.theirs.cwnd / 4
      for (let n = 0; n < 4; n++) {
        this.now += rtt / 4
        this.ours.onAck(segments * MSS, this.ours.cwnd, rtt * 1e9, this.now * 1e9)
        this.theirs.ack(segments, rtt, this.now)
        this.same('growing')
      }
    }
  }
  loses(share = 1): void {
    const flight = Math.floor(this.ours.cwnd * share)
    this.ours.onLoss(flight)
    this.theirs.decrease(flight / MSS)
    this.theirs.cwnd = this.theirs.ssthresh
    this.same('after a loss')
  }
  timesOut(): void {
    const flight = this.ours.cwnd
    this.ours.onTimeout(flight)
    this.theirs.decrease(flight / MSS)
    this.theirs.cwnd = 1
    this.same('after a timeout')
  }
  rests(): void {
    this.ours.onIdle()
    this.theirs.cwnd = Math.min(this.theirs.cwnd, this.theirs.initial)
    this.theirs.epoch = Number.NaN
    this.same('after a pause')
  }
}

describe('the curve of CUBIC (RFC 9438 §4.2, figure 1)', () => {
  test('slow start is as ever (§4.10)', () => {
    const pair = new Pair()
    pair.runs(0.3, 0.1)
    assert.equal(pair.segments, 80)
  })

  test('concave up to the window of before the loss, and convex beyond it (§4.4, §4.5)', () => {
    const pair = new Pair()
    pair.runs(0.6, 0.1)
    const before = pair.segments
    pair.loses()
    assert.ok(Math.abs(pair.segments / before - BETA) < 1e-3)
    pair.runs(8, 0.1)
    assert.ok(Math.abs(pair.segments / before - 1) < 0.05, 'flat where it was')
    pair.runs(14, 0.1)
    assert.ok(pair.segments > 1.2 * before, 'and beyond')
  })

  test('a second loss before the plateau: it makes room for others (§4.7)', () => {
    const pair = new Pair()
    pair.runs(0.6, 0.1)
    pair.loses()
    pair.runs(1, 0.1)
    pair.loses()
    pair.runs(12, 0.1)
  })

  test('a second loss beyond the plateau: no fast convergence (§4.7)', () => {
    const pair = new Pair()
    pair.runs(0.6, 0.1)
    pair.loses()
    pair.runs(16, 0.1)
    pair.loses()
    pair.runs(6, 0.1)
  })

  test('where Reno is faster it is as fast as Reno, and with α = 1 once it is where it was (§4.3)', () => {
    const pair = new Pair()
    pair.runs(0.006, 0.002)
    pair.loses()
    pair.runs(3, 0.002)
    const { segments } = pair
    pair.runs(0.2, 0.002)
    assert.ok(Math.abs(pair.segments - segments - 100) < 5, 'a segment for each round trip')
  })

  test('no more than half of the window in a round trip, on a line of seconds (§4.2)', () => {
    const pair = new Pair()
    pair.runs(4, 2)
    pair.loses()
    pair.runs(60, 2)
  })

  test('a loss of which little was in flight (§4.6), and of next to nothing', () => {
    const pair = new Pair()
    pair.runs(0.4, 0.1)
    pair.loses(0.3)
    pair.runs(5, 0.1)
    pair.loses(0.001)
    assert.equal(pair.segments, 2)
    pair.runs(5, 0.1)
  })

  test('a timeout: slow start to the threshold, then the curve (§4.8)', () => {
    const pair = new Pair()
    pair.runs(0.4, 0.1)
    pair.timesOut()
    assert.equal(pair.segments, 1)
    pair.runs(10, 0.1)
    pair.timesOut()
    pair.timesOut()
    pair.runs(2, 0.1)
  })

  test('a pause is no time to grow in (§5.8)', () => {
    const pair = new Pair()
    pair.runs(0.4, 0.1)
    pair.loses()
    pair.runs(2, 0.1)
    pair.now += 60
    pair.rests()
    assert.equal(pair.segments, 10)
    pair.runs(3, 0.1)
    for (let n = 0; n < 10; n++) pair.loses()
    const { segments } = pair
    assert.ok(segments < 10)
    pair.rests() // a window of less than the initial one stays
    assert.equal(pair.segments, segments)
  })

  test('before there is a round trip it counts as none', () => {
    const [with0, without] = [0, undefined].map(srtt => {
      const cubic = new Cubic({ mss: MSS }, 100 * MSS)
      cubic.onLoss(100 * MSS)
      cubic.onAck(MSS, 70 * MSS, srtt, 1e9)
      cubic.onAck(MSS, 70 * MSS, srtt, 3e9)
      return cubic.cwnd
    })
    assert.equal(without, with0)
    assert.ok(without > 70 * MSS)
  })
})

describe('a loss that was none (RFC 9438 §4.9.2)', () => {
  const grown = (): Cubic => {
    const cubic = new Cubic({ mss: MSS }, 100 * MSS)
    cubic.onLoss(100 * MSS)
    for (let n = 0; n < 400; n++) cubic.onAck(2 * MSS, cubic.cwnd, 1e8, 1e7 * n)
    return cubic
  }

  test('window, threshold and curve are as before', () => {
    const [undone, never] = [grown(), grown()]
    const { cwnd, ssthresh } = never
    undone.onLoss(undone.cwnd)
    assert.ok(undone.cwnd < cwnd)
    undone.undo()
    assert.deepEqual([undone.cwnd, undone.ssthresh], [cwnd, ssthresh])
    for (let n = 400; n < 900; n++) {
      for (const one of [undone, never]) one.onAck(2 * MSS, one.cwnd, 1e8, 1e7 * n)
      assert.equal(undone.cwnd, never.cwnd)
    }
  })

  test('a window that has grown beyond it meanwhile stays', () => {
    const cubic = grown()
    const before = cubic.cwnd
    cubic.onLoss(cubic.cwnd)
    for (let n = 400; cubic.cwnd <= before; n++) cubic.onAck(2 * MSS, cubic.cwnd, 1e8, 1e7 * n)
    const { cwnd, ssthresh } = cubic
    cubic.undo()
    assert.deepEqual([cubic.cwnd, cubic.ssthresh], [cwnd, ssthresh])
  })

  test('without a loss there is nothing to undo', () => {
    const cubic = new Cubic({ mss: MSS }, 10 * MSS)
    cubic.undo()
    assert.equal(cubic.cwnd, 10 * MSS)
  })
})
