import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import { captureName, LinkCapture } from '../../src/lab/capture.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { Net } from '../support/net.ts'

/** alice - r - bob, a capture of alice's line. */
function captured() {
  const net = new Net()
  const alice = net.host('alice', 'default via 10.0.1.1')
  const bob = net.host('bob', 'default via 10.0.2.1')
  const r = net.router('r')
  const link = net.link([alice, 'eth0', '10.0.1.2/24'], [r, 'eth0', '10.0.1.1/24'], { delay: ms(1) })
  const far = net.link([r, 'eth1', '10.0.2.1/24'], [bob, 'eth0', '10.0.2.2/24'], { delay: ms(1) })
  const capture = new LinkCapture(link, [[ip('10.0.1.2'), 'alice']], 'mark')
  link.tap = frame => capture.frame(frame)
  net.world.trace.listen(event => capture.event(event))
  const comments = (bytes: Uint8Array): (string | undefined)[] => Pcap.read(bytes).frames.map(frame => frame.comment)
  return { net, alice, bob, r, link, far, capture, comments }
}

describe('capture of a link', () => {
  test('a frame that the line loses, changes or repeats says so', () => {
    const { net, alice, link, capture, comments } = captured()
    const ping = (): void => net.ping(alice, '10.0.1.1', { size: 1 })
    link.change(0, { loss: 1 })
    ping()
    link.change(0, { loss: 0, corruption: 1 })
    ping()
    link.change(0, { corruption: 0, duplication: 1 })
    ping()
    const said = comments(capture.take(sec(1), true)).map(comment => comment?.replace(/:.*| +\[.*/, ''))
    assert.deepEqual(said, [
      'not delivered (line-loss)',
      'the line changed one bit of it',
      'the line delivered it twice',
    ])
    assert.equal(capture.frames, 3)
  })
  test('a frame that the machine behind the link discards says so; what others discard is their link’s matter', () => {
    const { net, alice, far, capture, comments } = captured()
    net.ping(alice, '10.9.9.9', { size: 1 })
    alice.udp.openAny(() => {})?.send(ip('10.0.2.2'), 9, unhex('00'))
    far.change(0, { loss: 1 })
    net.ping(alice, '10.0.2.2', { size: 1 })
    net.run(sec(1))
    const said = comments(capture.take(sec(1), true)).map(comment => comment?.replace(/:.*| +\[.*/, ''))
    assert.deepEqual(said, ['dropped by r (no-route)', undefined, undefined, undefined])
  })
  test('frames wait five seconds for their fate; what has been taken is a whole file at any moment', () => {
    const { net, alice, capture } = captured()
    net.ping(alice, '10.0.1.1', { count: 3, interval: sec(4) })
    net.run(sec(9))
    const early = capture.take(sec(9))
    assert.equal(Pcap.read(early).frames.length, 2)
    net.run(sec(20))
    const rest = capture.take(sec(20))
    const whole = Pcap.read(Uint8Array.from([...early, ...rest]))
    assert.deepEqual([whole.frames.length, whole.problems], [6, []])
  })
  test('a packet that crosses the link twice has both fates', () => {
    const { net, alice, r, capture, comments } = captured()
    // The router knows no better way to 10.5 than back over the same line, and Alice does not forward.
    r.stack.addRoute({ prefix: { network: ip('10.5.0.0'), length: 16 }, via: ip('10.0.1.2') })
    net.ping(alice, '10.5.0.1', { size: 1 })
    net.run(ms(1))
    const first = capture.take(sec(5) + 1)
    net.run(sec(1))
    assert.deepEqual(
      comments(Uint8Array.from([...first, ...capture.take(sec(9), true)])).map(c => c?.replace(/:.*/, '')),
      [undefined, 'dropped by alice (not-for-us)'],
    )
  })
  test('what the sender discards later is not the fate of its frame; the receiver’s verdict replaces the line’s', () => {
    const { net, alice, link, capture, comments } = captured()
    net.ping(alice, '10.0.1.1', { size: 1 })
    const [{ packet }] = net.seen('send', 'alice')
    alice.env.trace.drop({ reason: 'no-route', layer: 'ip', packet })
    const first = capture.take(sec(1), true)
    assert.deepEqual(comments(first), [undefined])
    link.change(0, { corruption: 1 })
    net.ping(alice, '10.0.1.1', { size: 1 })
    net.run(sec(1))
    const said = comments(Uint8Array.from([...first, ...capture.take(sec(1), true)]))
    assert.match(said.join(), /dropped by r /)
    assert.doesNotMatch(said.join(), /changed one bit/)
  })
  test('its name holds no colon', () => {
    assert.equal(captureName(captured().link), 'alice_eth0-r_eth0.pcapng')
  })
})
