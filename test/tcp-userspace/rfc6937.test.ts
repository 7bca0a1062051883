/** Proportional rate reduction (RFC 6937 §3.1). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Prr } from 'tcp-userspace/parts'
import { ms } from '../../src/base/time.ts'
import { scripted } from './script.ts'

const MSS = 1000

describe('proportional rate reduction (RFC 6937 §3.1)', () => {
  test('above ssthresh: as much of what arrives as ssthresh is of the flight', () => {
    const prr = new Prr()
    prr.begin(20 * MSS)
    assert.equal(prr.quota, 0)
    prr.acknowledged(MSS, 19 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 500)
    prr.acknowledged(MSS, 18 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, MSS)
    prr.sent(MSS)
    assert.equal(prr.quota, 0)
    prr.acknowledged(3 * MSS, 15 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 1500)
  })

  test('rounded up', () => {
    const prr = new Prr()
    prr.begin(3 * MSS)
    prr.acknowledged(MSS, 3 * MSS, 2 * MSS, MSS)
    assert.equal(prr.quota, 667)
  })

  test('at ssthresh and below it: what has arrived, and a segment more (PRR-SSRB)', () => {
    const prr = new Prr()
    prr.begin(20 * MSS)
    prr.acknowledged(2 * MSS, 4 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 3 * MSS)
    prr.sent(3 * MSS)
    prr.acknowledged(MSS, 6 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 2 * MSS)
    prr.acknowledged(0, 10 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 0)
  })

  test('but no more than ssthresh takes', () => {
    const prr = new Prr()
    prr.begin(20 * MSS)
    prr.acknowledged(9 * MSS, 8 * MSS, 10 * MSS, MSS)
    assert.equal(prr.quota, 2 * MSS)
  })

  test('each recovery begins anew', () => {
    const prr = new Prr()
    prr.begin(20 * MSS)
    prr.acknowledged(9 * MSS, 8 * MSS, 10 * MSS, MSS)
    prr.sent(MSS)
    prr.begin(10 * MSS)
    assert.equal(prr.quota, 0)
    prr.acknowledged(2 * MSS, 8 * MSS, 5 * MSS, MSS)
    assert.equal(prr.quota, MSS)
  })

  test(
    'seventeen of twenty are lost at once: they go again few by few, and not all together',
    scripted({ sendBuffer: 1_000_000, initialWindow: 20, rack: true }, s => {
      s.app.connects()
      s.peer.takes()
      s.clock.advance(ms(100))
      s.peer.sends('S.', { mss: MSS, scale: 8, wnd: 65_535, sackOk: true })
      s.peer.sends('.')
      s.app.writes(20 * MSS)
      s.peer.takes()
      s.clock.advance(ms(100))
      const sent = (from: number, to: number): number[] => {
        s.peer.sends('.', { ack: 1, sack: [[1 + from * MSS, 1 + to * MSS]] })
        return s.peer.takes().map(({ seq }) => (seq - 1) / MSS)
      }
      assert.deepEqual(sent(17, 20), [0, 1, 2, 3])
      assert.equal(s.app.info.ssthresh, 10 * MSS)
      s.clock.advance(ms(100))
      s.peer.sends('.', { ack: 1 + MSS, sack: [[1 + 17 * MSS, 1 + 20 * MSS]] })
      assert.deepEqual(
        s.peer.takes().map(({ seq }) => (seq - 1) / MSS),
        [4, 5],
      )
    }),
  )
})
