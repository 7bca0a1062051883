import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip, prefixOf } from '../../src/base/address.ts'
import { hex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { DialConfig } from '../../src/node/dial-up.ts'
import type { Answering } from '../support/answering-end.ts'
import { DialNet, type LineOptions } from '../support/dial-net.ts'

function direct(dial: Partial<DialConfig> = {}, answering: Partial<Answering> = {}, line: LineOptions = {}) {
  const net = new DialNet()
  const bob = net.dialler('bob', dial)
  const nas = net.answering('nas', answering)
  const link = net.line([bob, 'tty0'], [nas, 'tty0'], line)
  return { net, bob, nas, link, ends: () => net.seen('dial-end', 'bob').map(e => `${e.layer} ${e.reason}`) }
}

const signals = (net: DialNet, node: string): string[] =>
  net.seen('line-signal', node).map(({ way, type, cause }) => `${way} ${type}${cause === undefined ? '' : ` ${cause}`}`)

describe('a computer that dials', () => {
  test('a line straight to the other end: it rings, PPP opens, a packet comes back', () => {
    const { net, bob, nas } = direct()
    bob.dialUp.dial()
    net.run(sec(2))
    assert.deepEqual(signals(net, 'nas'), ['received setup', 'sent alerting', 'sent connect'])
    assert.deepEqual(signals(net, 'bob'), ['sent setup', 'received alerting', 'received connect'])
    assert.equal(bob.snapshot().ppp && bob.dialUp.up, true)
    net.ping(bob, '10.8.0.1', { count: 3 })
    net.run(sec(10))
    assert.equal(net.seen('ping-reply', 'bob').length, 3)
    assert.deepEqual(net.drops(), [])
    assert.equal(nas.slots[0].modem.errors.crcErrors, 0)
  })

  test('nothing of PPTP is in it', () => {
    const { bob } = direct()
    assert.equal(JSON.stringify(bob.snapshot()).toLowerCase().includes('pptp'), false)
    assert.deepEqual(
      Object.keys(bob.machines()).filter(name => name.includes('pptp')),
      [],
    )
  })

  test('the character maps follow LCP on an analogue line; a digital one has none (RFC 1662 §7.1)', () => {
    for (const bearer of ['analogue', 'digital'] as const) {
      const { net, bob } = direct({ bearer, lcp: { accm: 0x000a0000 } })
      bob.dialUp.dial()
      net.run(sec(2))
      const { line } = bob.snapshot() as { line: Record<string, unknown> }
      assert.equal(line.framing, bearer === 'analogue' ? 'asynchronous' : 'synchronous')
      assert.equal(line.receiveAccm, bearer === 'analogue' ? '0x000a0000' : undefined)
      assert.equal(line.sendAccm, bearer === 'analogue' ? '0x00000000' : undefined)
      assert.equal(bob.dialUp.up, true)
    }
  })

  test('what ends the link is escaped as if no map had been agreed on (RFC 1661 §5, RFC 1662 §7.1)', () => {
    const { net, bob, link } = direct()
    const lines: string[] = []
    bob.dialUp.dial()
    net.run(sec(2))
    link.tap = ({ from, bytes }) => from === 0 && lines.push(hex(bytes))
    net.ping(bob, '10.8.0.1')
    bob.dialUp.hangUp()
    net.run(sec(4))
    const [terminate, ping] = [lines.find(line => line.includes('c021')), lines.find(line => line.includes('4500'))]
    // Address and control, then Terminate-Request (5) in clear or escaped.
    assert.match(terminate ?? '', /^7eff7d23c0217d25/)
    assert.ok(ping?.startsWith('7e214500'), 'a packet of the user: compressed, and nothing escaped that need not be')
  })

  test('an octet takes ten bits of an analogue line and eight of a digital one', () => {
    const times = (['analogue', 'digital'] as const).map(bearer => {
      const { net, bob, nas, link } = direct({ bearer }, {}, { delay: 0 })
      const took: number[] = []
      link.tap = ({ t, arrives = 0, bytes, from }) => {
        if (from === 1 && took.length === 0) took.push((arrives - t) / bytes.length)
      }
      bob.dialUp.dial()
      net.run(sec(1))
      assert.equal(nas.slots[0].telephone.state, 'connected')
      return Math.round(took[0] / 100)
    })
    assert.deepEqual(times, [Math.round(10e9 / 56_000 / 100), Math.round(8e9 / 56_000 / 100)])
  })

  test('hanging up ends PPP first, then the line; then it may dial again', () => {
    const { net, bob, nas, ends } = direct()
    bob.dialUp.dial()
    net.run(sec(2))
    bob.dialUp.hangUp()
    net.run(sec(4))
    const terminate = net.seen('ppp-message', 'nas').filter(e => e.type === 'terminate-request')
    const release = net.seen('line-signal', 'nas').filter(e => e.type === 'release')
    assert.equal(terminate.length, 1)
    assert.ok(terminate[0].t < release[0].t)
    assert.deepEqual(ends(), ['lcp closed'])
    assert.equal(nas.slots[0].telephone.state, 'idle')
    assert.deepEqual([...bob.stack.interfaces], [])
    bob.dialUp.dial()
    net.run(sec(6))
    assert.equal(bob.dialUp.up, true)
    assert.deepEqual(net.drops(), [])
  })

  test('the line goes first: PPP and the interface go with it', () => {
    const { net, bob, nas, ends } = direct()
    bob.dialUp.dial()
    net.run(sec(2))
    nas.slots[0].telephone.hangUp()
    net.run(sec(3))
    assert.deepEqual(ends(), ['line released'])
    assert.equal(bob.dialUp.up, false)
    assert.deepEqual([...bob.stack.interfaces], [])
    assert.deepEqual(signals(net, 'bob').slice(-2), ['received release 16', 'sent release 16'])
  })

  test('a cable that is pulled is a lost carrier at both ends; plugged in again, the next call works', () => {
    const { net, bob, nas, link, ends } = direct()
    bob.dialUp.dial()
    net.run(sec(2))
    link.setUp(false)
    net.run(sec(3))
    assert.deepEqual(ends(), ['line no-carrier'])
    assert.equal(nas.slots[0].telephone.state, 'idle')
    assert.equal(nas.slots[0].telephone.cause, 41)
    bob.dialUp.dial()
    assert.deepEqual(ends(), ['line no-carrier', 'line no-carrier'], 'nothing can be dialled on it')
    link.setUp(true)
    bob.dialUp.dial()
    net.run(sec(6))
    assert.equal(bob.dialUp.up, true)
  })

  test('nobody answers: after its patience it hangs up', () => {
    const { net, bob, nas, ends } = direct({ patience: sec(20) }, { after: undefined })
    bob.dialUp.dial()
    net.run(sec(19))
    assert.equal(nas.slots[0].telephone.state, 'ringing')
    net.run(sec(21))
    assert.deepEqual(ends(), ['line no-answer'])
    assert.equal(nas.slots[0].telephone.state, 'idle')
  })

  test('a machine at the other end that loses its power is a lost carrier', () => {
    const { net, bob, link, ends } = direct()
    bob.dialUp.dial()
    net.run(sec(2))
    link.powerOff(1)
    net.run(sec(3))
    assert.deepEqual(ends(), ['line no-carrier'])
    bob.dialUp.dial()
    net.run(sec(10))
    assert.equal(bob.machines()['line.call'].state, 'dialling', 'nobody is there to answer')
    bob.dialUp.hangUp()
    net.run(sec(11))
    assert.equal(bob.machines()['line.call'].state, 'idle')
  })

  test('a wrong password ends PPP, and the line after it', () => {
    const { net, bob, nas, ends } = direct({ password: 'wrong' })
    bob.dialUp.dial()
    net.run(sec(5))
    assert.deepEqual(ends(), ['auth auth-failed'])
    assert.equal(nas.slots[0].telephone.state, 'idle')
    assert.equal(bob.machines()['line.call'].state, 'idle')
  })

  test('its routes come and go with the interface', () => {
    const { net, bob } = direct({ routes: [prefixOf(ip('10.20.0.0'), 16)] })
    bob.dialUp.dial()
    net.run(sec(2))
    assert.deepEqual(bob.snapshot().routes, ['10.8.0.1/32 dev ppp0', '10.20.0.0/16 dev ppp0'])
    bob.dialUp.hangUp()
    net.run(sec(4))
    assert.deepEqual(bob.snapshot().routes, [])
  })

  test('it answers a call after having rung so long, and proves who it is all the same', () => {
    const { net, bob, nas } = direct({ answer: ms(500) })
    nas.slots[0].telephone.dial({ called: '5550001', bearer: 'digital' })
    net.run(sec(3))
    assert.equal(bob.dialUp.up, true)
    assert.equal(bob.machines()['line.call'].facts.bearer, 'digital')
  })

  test('both ends take the line at once: the computer goes first (link/signal.ts)', () => {
    const { net, bob, nas } = direct()
    nas.slots[0].telephone.dial({ called: '5550001', bearer: 'analogue' })
    bob.dialUp.dial()
    net.run(sec(3))
    assert.equal(bob.dialUp.up, true)
    assert.equal(nas.slots[0].telephone.call?.called, '5550100')
  })

  test('what comes on a line without a call is dropped, and told', () => {
    const { net, bob, nas, link } = direct()
    link.lines[1][0].send(net.env('nas').packets.from(new Uint8Array(10)))
    nas.slots[0].telephone.send(net.env('nas').packets.from(new Uint8Array(10)))
    net.run(sec(1))
    assert.deepEqual(net.drops('bob'), ['line-idle'])
    assert.deepEqual(net.drops('nas'), ['line-idle'])
    assert.equal(bob.dialUp.up, false)
  })

  test('noise is found by the FCS: what is spoiled is dropped, and no packet comes through changed', () => {
    const { net, bob, nas } = direct({}, {}, { noise: 0.0005 })
    bob.dialUp.dial()
    net.run(sec(20))
    net.ping(bob, '10.8.0.1', { count: 50, size: 200 })
    net.run(sec(80))
    const drops = new Set(net.drops())
    const spoiled = nas.slots[0].modem.errors.crcErrors
    assert.ok(spoiled >= 5, `${spoiled} frames with a bad FCS`)
    assert.ok(drops.has('hdlc-bad-fcs'))
    for (const changed of ['malformed', 'bad-checksum'] as const) assert.ok(!drops.has(changed), changed)
    const replies = net.seen('ping-reply', 'bob').length
    assert.ok(replies > 5 && replies < 50, `${replies} replies`)
  })
})
