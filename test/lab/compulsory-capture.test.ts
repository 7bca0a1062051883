/** The lab compulsory before a judge that is not ours: what tshark reads on the telephone line and behind it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { decodeCapture, lines } from '../../src/decode/decode.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { type CapturedRun, capturedRun, labOf } from '../support/captured-run.ts'
import { shippedText } from '../support/shipped.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

const run = capturedRun(shippedText('compulsory'))

function captureOf({ links }: CapturedRun, end: string): Uint8Array {
  const link = links.find(({ name }) => name.includes(end))
  assert.ok(link, end)
  return link.bytes
}
const count = (capture: Uint8Array): number => Pcap.read(capture).frames.length

describe('the captures of compulsory', () => {
  const line = captureOf(run, 'bob:tty0')
  const backbone = captureOf(run, 'company:eth0')

  test('on the line there is PPP in HDLC, nothing of PPTP, and nothing of IP in clear', { skip: noTshark }, () => {
    const rows = askTshark({ capture: line, fields: ['frame.protocols', 'ppp.address'], count: count(line) })
    const protocols = new Set(rows.flatMap(([stack]) => stack.split(':')))
    for (const there of ['ppp', 'lcp', 'chap', 'ccp', 'ipcp', 'comp_data']) assert.ok(protocols.has(there), there)
    for (const absent of ['ip', 'tcp', 'gre', 'pptp', 'eth', '_ws.malformed']) assert.ok(!protocols.has(absent), absent)
    for (const [stack] of rows) assert.match(stack, /^ppp(:|$)/)
    // LCP always has address and control field (RFC 1661 §6.6); what follows has none, since both agreed on that.
    assert.equal(rows[0][1], '0xff')
  })

  test('behind it GRE carries the call IDs of Incoming-Call-Request and Incoming-Call-Reply (RFC 2637 §2.9, §2.10)', {
    skip: noTshark,
  }, () => {
    const of = (type: number) =>
      askTshark({
        capture: backbone,
        filter: `pptp.control_message_type == ${type}`,
        fields: ['pptp.call_id'],
        count: 1,
      })
    const [[[pac]], [[pns]]] = [of(9), of(10)]
    assert.notEqual(pac, pns)
    const keys = (from: string): string[] => {
      const frames = Pcap.read(backbone).frames.length
      const rows = askTshark({ capture: backbone, fields: ['ip.src', 'gre.key.call_id'], count: frames })
      return [...new Set(rows.filter(([source, id]) => source === from && id !== '').map(([, id]) => id))]
    }
    // Each packet has the ID that its receiver gave to the call (§4.1).
    assert.deepEqual(keys('192.0.2.2'), [pns])
    assert.deepEqual(keys('203.0.113.5'), [pac])
  })

  test('our own reader says which end a frame of the line came from', () => {
    const [first, second] = lines(decodeCapture(line))
    assert.match(first, / nas:tty0 > +LCP Configure-Request/)
    assert.match(second, / bob:tty0 > +LCP Configure-Request/)
  })

  test("in the snapshot of the user's computer there is nothing of PPTP, unless he makes the tunnel himself", () => {
    const words = (lab: string) => {
      const run = new Run(labOf(shippedText(lab)), { until: sec(20) })
      run.advance()
      const bob = run.simulation.nodes.get('bob')
      const snapshot = bob?.snapshot() ?? {}
      assert.equal(valueAt(snapshot, 'ppp.ipcp'), 'opened')
      const text = JSON.stringify([snapshot, Object.keys(bob?.machines() ?? {})])
      return ['pptp', '"gre"', ':1723'].filter(word => text.includes(word))
    }
    assert.deepEqual(words('dial-up'), [])
    assert.deepEqual(words('compulsory'), [])
    assert.deepEqual(words('voluntary-over-dial-up'), ['pptp', '"gre"', ':1723'])
  })
})
