/** Captures of telephone lines, read by tshark. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { LinkCapture } from '../../src/lab/capture.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { DialNet, type LineOptions } from '../support/dial-net.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

function captured(line: LineOptions, act: (net: DialNet) => void = () => {}) {
  const net = new DialNet(3)
  const bob = net.dialler('bob')
  const nas = net.answering('nas')
  const link = net.line([bob, 'tty0'], [nas, 'tty0'], line)
  const capture = new LinkCapture(link, [], 'feed')
  link.tap = frame => capture.frame(frame)
  net.world.trace.listen(event => capture.event(event))
  bob.dialUp.dial()
  net.run(sec(2))
  net.ping(bob, '10.8.0.1', { count: 20, size: 300 })
  act(net)
  net.run(sec(60))
  return { net, bytes: capture.take(net.world.scheduler.now, true) }
}

describe('a capture of a telephone line', () => {
  test('tshark dissects PPP in it: LCP, CHAP, IPCP, and what the user sends', { skip: noTshark }, () => {
    const { bytes } = captured({})
    const frames = Pcap.read(bytes).frames.length
    const rows = askTshark({ capture: bytes, fields: ['frame.protocols', 'icmp.type'], count: frames })
    assert.ok(frames > 50)
    for (const protocol of ['lcp', 'chap', 'ipcp', 'icmp']) {
      assert.ok(
        rows.some(([protocols]) => protocols.split(':').includes(protocol)),
        protocol,
      )
    }
    assert.equal(rows.filter(([, type]) => type === '8').length, 20)
    for (const [protocols] of rows) assert.ok(!protocols.includes('malformed'), protocols)
  })

  test('what noise spoiled stands apart as octets of the line, with what is wrong; nothing is malformed', {
    skip: noTshark,
  }, () => {
    const { net, bytes } = captured({ noise: 0.0003 })
    const { frames, interfaces, problems } = Pcap.read(bytes)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      interfaces.map(({ name, linkType }) => `${name} ${linkType}`),
      ['bob:tty0 50', 'nas:tty0 50', 'bob:tty0 147', 'nas:tty0 147'],
    )
    const spoiled = frames.filter(({ linkType }) => linkType === Pcap.LINK_TYPE.lineOctets)
    assert.ok(spoiled.length >= 3, `${spoiled.length} spoiled`)
    for (const { comment } of spoiled) assert.match(comment ?? '', /hdlc-|flipped bits/)
    const told = net.drops().filter(reason => reason.startsWith('hdlc-')).length
    const dropped = spoiled.filter(({ comment }) => /dropped by/.test(comment ?? '')).length
    assert.ok(dropped > 0 && told >= dropped)
    const rows = askTshark({ capture: bytes, fields: ['frame.protocols', '_ws.malformed'], count: frames.length })
    for (const [protocols, malformed] of rows)
      assert.ok(!protocols.includes('malformed') && malformed === '', protocols)
  })
})
