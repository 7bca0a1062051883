/**
 * Odd control messages: our server beside pptpd 1.4.0, which was given the same octets (test/captures/README.md). Where
 * the two differ, docs/deviations.md has a row with both answers and the reason.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { countPackets } from '../support/chaos.ts'
import { codeOf, page, sections, tableRows } from '../support/docs.ts'
import { goldenLines } from '../support/golden.ts'
import { answerLine, comparable, ODD_CASES } from '../support/odd-control.ts'
import { OddLab, Probe } from '../support/odd-lab.ts'

/** Longer than the cases take. */
const DATA = sec(120)
/** Until nothing of a connection is left whose peer has gone: echo (§3.1.4), its answer, our FIN. */
const LONG = sec(400)

const pptpd = new Map(
  goldenLines('odd-control-pptpd.txt').map(line => [line.slice(0, line.indexOf(': ')), comparable(line)]),
)
const rows = new Map(
  tableRows(sections(page('docs/deviations.md'), 2).get('Odd control messages') ?? '').map(row => [
    codeOf(row[0]),
    row,
  ]),
)

function playAll() {
  const packets = countPackets()
  try {
    const lab = new OddLab()
    lab.dial()
    lab.ping(DATA)
    const until = lab.now + DATA
    const ours = ODD_CASES.map(c => {
      const { received, standing } = lab.play(c)
      return { name: c.name, answer: comparable(answerLine(c.name, received, standing)) }
    })
    assert.ok(lab.now < until, 'alice must be at work all the time')
    lab.pass(until - lab.now + sec(1))
    const disturbances = lab.disturbances()
    lab.alice.disconnect()
    lab.pass(LONG)
    const leftovers = lab.leftovers()
    const out = packets.out
    lab.dial()
    const { calls } = lab.office.snapshot() as { calls: Record<string, { iface: string; address: string }> }
    const { iface, address } = calls.alice
    return { ours, disturbances, leftovers, packets: out, again: [iface, address] }
  } finally {
    packets.stop()
  }
}

describe('odd control messages, our server beside the real one (RFC 2637 §1.4, §3.1.2)', () => {
  const played = playAll()

  for (const { name, answer } of played.ours) {
    test(`${name}: as pptpd, or as docs/deviations.md says`, () => {
      const real = pptpd.get(name)
      assert.ok(real, 'pptpd was not given this case')
      const row = rows.get(name)
      if (answer === real) assert.equal(row, undefined, 'docs/deviations.md tells of a difference that is gone')
      else assert.deepEqual(row?.slice(1, 3).map(codeOf), [real, answer])
      if (row) assert.ok(row[3].length > 20, 'the reason')
    })
  }
  test('docs/deviations.md tells of no case that there is not', () => {
    const names = new Set(ODD_CASES.map(c => c.name))
    assert.deepEqual(
      [...rows.keys()].filter(name => !names.has(name)),
      [],
    )
    assert.equal(pptpd.size, ODD_CASES.length)
  })
  test('meanwhile a tunnel on another connection is not disturbed by a microsecond', () => {
    assert.deepEqual(played.disturbances, [])
  })
  test('afterwards nothing is left: no call, no address, no connection, no timer, no packet', () => {
    assert.deepEqual(played.leftovers, [])
    assert.equal(played.packets, 0)
    // Numbers that had been kept would be missing now.
    assert.deepEqual(played.again, ['ppp0', '10.8.0.10'])
  })
})

describe('a peer that starts and then does nothing holds nothing for ever', () => {
  const start = ODD_CASES.find(c => c.name === 'SCCRQ, then silence')?.steps[0][0]
  assert.ok(start)
  for (const [what, octets, closedAfter] of [
    ['nothing at all: closed after 60 s (RFC 2637 §3.1.4)', start.slice(0, 0), 60],
    ['half a header: closed after 60 s (RFC 2637 §3.1.4)', start.slice(0, 6), 60],
    ['a request, then no answer to our Echo-Request: closed after 60 s and 60 s (RFC 2637 §3.1.4)', start, 120],
  ] as const) {
    test(what, () => {
      const lab = new OddLab()
      const probe = new Probe(lab, () => {
        if (octets.length > 0) probe.write(octets)
      })
      lab.pass(sec(closedAfter - 1))
      assert.equal(probe.over, false)
      lab.pass(sec(2))
      assert.equal(probe.standing.end, 'closed')
      // It never closes its own side, which in TCP may last: FIN-WAIT-2 has no end (RFC 9293 §3.6).
      lab.pass(sec(58))
      assert.deepEqual(
        [...lab.office.tcp.connections].map(c => c.state),
        ['fin-wait-2'],
      )
      lab.pass(sec(2))
      assert.deepEqual(lab.leftovers(), [])
    })
  }
  test('a call whose PPP never starts: LCP gives up, the call is cleared and its address given back', () => {
    const lab = new OddLab()
    const call = ODD_CASES.find(c => c.name === 'SCCRQ+OCRQ in one segment')?.steps[0][0]
    assert.ok(call)
    const probe = new Probe(lab, () => probe.write(call))
    lab.pass(sec(29))
    assert.equal((lab.office.snapshot() as { pptp: { calls: number } }).pptp.calls, 1)
    lab.pass(sec(2))
    assert.match(answerLine('', probe.received, probe.standing), /CDN\(call=0 result=3 err=0 cause=0\); stays open$/)
    assert.equal((lab.office.snapshot() as { pptp: { calls: number } }).pptp.calls, 0)
    // The machine speaks no GRE and says so by ICMP, which anybody could forge: that alone ends nothing.
    assert.equal(lab.net.seen('drop', 'probe').filter(d => d.reason === 'no-protocol').length, 10)
    lab.pass(sec(300))
    assert.deepEqual(lab.leftovers(), [])
  })
})
