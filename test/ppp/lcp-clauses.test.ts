/** LCP by its clauses: RFC 1661, RFC 1570. What other files hold already is not repeated. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { drops, messages, pair, states } from '../support/ppp.ts'
import {
  asking,
  authenticatePeer,
  lcpOpened,
  nak,
  networkOpened,
  options,
  ourself,
  reject,
  request,
} from '../support/ppp-steps.ts'

const DATAGRAM = '4500001c000100004001f98ac0a8500ac0a850010800f7ff00000000'

describe('phases', () => {
  test('in the termination phase everything but LCP is dropped (RFC 1661 §3.7)', () => {
    const a = networkOpened()
    a.us.session.close('done')
    a.peer.frames()
    for (const frame of ['80210102000a0306c0a85001', `0021${DATAGRAM}`, 'c0230101000801610162', '1001aabb'])
      a.peer.raw(frame)
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected', 'ppp-unexpected', 'ppp-unexpected', 'ppp-unexpected'])
  })
  test('after our Terminate-Request the line is free once the Terminate-Ack has come (RFC 1661 §3.7)', () => {
    const a = networkOpened()
    a.us.session.close('done')
    assert.deepEqual(a.us.ends, [])
    const [terminate] = a.peer.hears()
    a.peer.sends(Ppp.LCP, { type: 'terminate-ack', id: Number(/ (\d+):/.exec(terminate)?.[1]), data: unhex('') })
    assert.equal(a.us.ends.length, 1)
  })
  test('whoever was asked to terminate keeps the line for a restart period (RFC 1661 §3.7)', () => {
    const a = networkOpened()
    a.peer.sends(Ppp.LCP, { type: 'terminate-request', id: 7, data: unhex('') })
    a.advance(sec(3) - 1)
    assert.deepEqual(a.us.ends, [])
    a.advance(1)
    assert.equal(a.us.ends.length, 1)
  })
  test('a peer that ends the link before LCP was open is the reason when the line goes, and only then', () => {
    for (const [silent, reason] of [
      [false, 'peer-closed'],
      [true, 'lower-down'],
    ] as const) {
      const a = asking()
      if (!silent) a.peer.sends(Ppp.LCP, { type: 'terminate-request', id: 7, data: unhex('6e6f') })
      assert.equal(a.us.session.lcp, 'req-sent')
      a.us.session.lowerDown()
      assert.equal(a.us.ends[0].reason, reason)
      assert.equal(a.us.ends[0].detail.includes('"no"'), !silent)
    }
  })
  test('a failed authentication leads to termination (RFC 1661 §3.5)', () => {
    const a = lcpOpened({ authenticatePeer: { ...authenticatePeer, methods: ['pap'] } })
    a.peer.raw('c0230101000801610162')
    assert.equal(a.us.session.phase, 'terminate')
  })
  test('network-layer packets of a protocol that is not open are dropped, not rejected (RFC 1661 §3.6)', () => {
    const a = lcpOpened()
    a.peer.raw(`0021${DATAGRAM}`)
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['ppp-not-opened']])
  })
})

describe('the exchange', () => {
  test('the answer to a request has its identifier and the octets of its options (RFC 1661 §5.2)', () => {
    const a = asking()
    a.peer.frames()
    a.peer.raw('ff03c021014d000a050611223344')
    assert.deepEqual(a.peer.frames(), ['ff03c021024d000a050611223344'])
  })
  test('an option without a value is rejected, not Nak-ed, when it has one (RFC 1661 §5.3)', () => {
    const a = asking()
    a.peer.hears()
    a.peer.sends(Ppp.LCP, request(1, '07aa'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-reject 1: pfc of 1 octets'])
  })
  test('a rejected option is not asked for again (RFC 1661 §5.4)', () => {
    const a = asking()
    a.peer.hears()
    a.peer.sends(Ppp.LCP, reject(1, '07', '08'))
    assert.match(a.peer.hears()[0], /^lcp configure-request 2: accm 0x00000000, magic 0x[0-9a-f]{8}$/)
  })
  test('Terminate-Request is repeated until it is answered or Max-Terminate is reached (RFC 1661 §5.5)', () => {
    const a = networkOpened()
    a.us.session.close('done')
    a.advance(sec(60))
    const ids = a.peer.hears().map(line => line.split(':')[0])
    assert.equal(ids.length, 2)
    assert.equal(a.us.ends[0].tries, 2)
  })
  test('each Code-Reject and each Protocol-Reject has an identifier of its own (RFC 1661 §5.6, §5.7)', () => {
    const a = networkOpened()
    for (let n = 0; n < 3; n++) {
      a.peer.raw('ff03c021c8070004')
      a.peer.raw('1001aabb')
    }
    const ids = a.peer.hears().map(line => / (\d+):/.exec(line)?.[1])
    assert.equal(new Set(ids).size, 6)
  })
  test('a protocol that the peer has rejected is no longer sent (RFC 1661 §5.7)', () => {
    const a = networkOpened()
    a.peer.sends(Ppp.LCP, { type: 'protocol-reject', id: 1, protocol: Ppp.IP, data: unhex('') })
    a.peer.frames()
    a.us.session.send(a.us.env.packets.from(unhex(DATAGRAM)))
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-not-opened'])
  })
  test('an Echo-Reply has the identifier of its request (RFC 1661 §5.8)', () => {
    const a = networkOpened()
    a.peer.raw('ff03c02109c9000811223344')
    assert.match(a.peer.hears()[0], /^lcp echo-reply 201: /)
  })
  test('Discard-Request is passed over, whatever is in it (RFC 1661 §5.9)', () => {
    const a = networkOpened()
    a.peer.raw(`ff03c0210b0905dc11223344${'ee'.repeat(1492)}`)
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], []])
  })
})

describe('options', () => {
  test('1500 octets are received whatever MRU was agreed on (RFC 1661 §6.1)', () => {
    const a = networkOpened({ mru: 1200, lcp: {} }, '050611223344')
    a.peer.raw(`0021${'45'.repeat(1500)}`)
    assert.equal(a.us.ups[0]?.length, 3000)
  })
  test('our demands come best first, and the peer may choose another of them (RFC 1661 §6.2)', () => {
    const a = asking({ authenticatePeer: { ...authenticatePeer, methods: ['ms-chap-v2', 'ms-chap', 'chap-md5'] } })
    const first = a.peer.hears()[0]
    a.peer.sends(Ppp.LCP, nak(1, '03c22305'))
    const second = a.peer.hears()[0]
    assert.match(first, /auth CHAP MS-v2/)
    assert.match(second, /auth CHAP MD5/)
  })
  test('a Nak with what we do not allow gets our next demand, until none is left (RFC 1661 §6.2)', () => {
    const a = asking({ authenticatePeer: { ...authenticatePeer, methods: ['ms-chap-v2', 'ms-chap'] } })
    a.peer.hears()
    a.peer.sends(Ppp.LCP, nak(1, '03c023'))
    assert.match(a.peer.hears()[0], /auth CHAP MS,/)
    a.peer.sends(Ppp.LCP, nak(2, '03c023'))
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'auth-refused')
    assert.match(a.us.ends[0].detail, /ms-chap-v2 or ms-chap/)
  })
  test('what the peer demands and we do not allow is Nak-ed with our first method (RFC 1661 §6.2)', () => {
    const a = asking({ ourself: { ...ourself, methods: ['ms-chap-v2', 'chap-md5'] } })
    a.peer.hears()
    a.peer.sends(Ppp.LCP, request(1, '03c227'))
    a.peer.sends(Ppp.LCP, request(2, '03c023'))
    a.peer.sends(Ppp.LCP, request(3, '03c22305'))
    assert.deepEqual(a.peer.hears(), [
      'lcp configure-nak 1: auth CHAP MS-v2',
      'lcp configure-nak 2: auth CHAP MS-v2',
      'lcp configure-ack 3: auth CHAP MD5',
    ])
  })
  test('a magic number is zero where none was agreed on (RFC 1661 §6.4)', () => {
    const a = networkOpened({ lcp: { magic: false } })
    a.peer.raw('ff03c0210909000811223344')
    assert.deepEqual(a.peer.hears(), ['lcp echo-reply 9: magic 0x00000000'])
  })
  test('a Nak of a magic number that we did not ask for does not make us ask (RFC 1661 §5.3, §6.4)', () => {
    const a = asking({ lcp: { magic: false } })
    a.peer.hears()
    a.peer.sends(Ppp.LCP, nak(1, '0501020304'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-request 2: accm 0x00000000, pfc, acfc'])
  })
  test('protocol numbers are compressed where the peer has asked for it, and only there (RFC 1661 §6.5)', () => {
    for (const [asked, start] of [
      ['0702', 'ff0321'],
      ['050611223344', 'ff030021'],
    ]) {
      const a = networkOpened({}, asked)
      a.us.session.send(a.us.env.packets.from(unhex(DATAGRAM)))
      assert.equal(a.peer.frames()[0], `${start}${DATAGRAM}`)
    }
  })
  test('address and control field are left out where the peer has asked for it, and only there (RFC 1661 §6.6)', () => {
    for (const [asked, start] of [
      ['0802', '0021'],
      ['07020802', '21'],
      ['050611223344', 'ff030021'],
    ]) {
      const a = networkOpened({}, asked)
      a.us.session.send(a.us.env.packets.from(unhex(DATAGRAM)))
      assert.equal(a.peer.frames()[0], `${start}${DATAGRAM}`)
    }
  })
  test('either form is received, whatever was agreed on (RFC 1661 §6.5, §6.6)', () => {
    const a = networkOpened({ lcp: { pfc: false, acfc: false } })
    for (const start of ['ff030021', 'ff0321', '0021', '21']) a.peer.raw(`${start}${DATAGRAM}`)
    assert.deepEqual(a.us.ups, [DATAGRAM, DATAGRAM, DATAGRAM, DATAGRAM])
  })
  test('compression that we do not want is rejected and not used (RFC 1661 §6.5, §6.6)', () => {
    const a = asking({ lcp: { pfc: false, acfc: false } })
    assert.ok(!/pfc|acfc/.test(a.peer.hears()[0]))
    a.peer.sends(Ppp.LCP, request(1, '07', '08'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-reject 1: pfc, acfc'])
  })
  test('an ACCM is asked for as told, and any of the peer is granted (RFC 1662 §7.1)', () => {
    const a = asking({ lcp: { accm: 0xa0000 } })
    assert.match(a.peer.hears()[0], /accm 0x000a0000/)
    a.peer.sends(Ppp.LCP, request(1, '02ffffffff'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-ack 1: accm 0xffffffff'])
  })
  for (const [name, option, shown] of [
    ['Quality-Protocol (RFC 1661 §6.3)', '04c025', 'quality c025'],
    ['FCS-Alternatives (RFC 1570 §2.1)', '0902', 'fcs-alternatives 02'],
    ['Self-Describing-Pad (RFC 1570 §2.2)', '0a04', 'self-describing-pad 04'],
    ['Callback (RFC 1570 §2.3)', '0d0031', 'callback 0031'],
    ['Compound-Frames (RFC 1570 §2.4)', '0f', 'compound-frames'],
    ['Multilink MRRU (RFC 1990 §5.1.1)', '1105dc', 'mrru 1500'],
    ['Short Sequence Number Header Format (RFC 1990 §5.1.2)', '12', 'short-sequence-numbers'],
    ['Endpoint Discriminator (RFC 1990 §5.1.3)', '1303aabbccddeeff', 'endpoint-discriminator 03aabbccddeeff'],
  ]) {
    test(`${name} is refused by Configure-Reject, and by nothing else`, () => {
      const a = asking()
      a.peer.hears()
      a.peer.sends(Ppp.LCP, request(1, '0511223344', option))
      assert.deepEqual(a.peer.hears(), [`lcp configure-reject 1: ${shown}`])
      a.peer.sends(Ppp.LCP, request(2, '0511223344'))
      assert.deepEqual(a.peer.hears(), ['lcp configure-ack 2: magic 0x11223344'])
    })
  }
})

describe('LCP negotiated anew in state Opened (RFC 1661 §3.7, §4.1)', () => {
  const again = (p: ReturnType<typeof pair>) => {
    const request = Cp.write({ type: 'configure-request', id: 99, options: options('0512345678') })
    const frame = Ppp.write({ addressCompressed: false, protocolCompressed: false, protocol: Ppp.LCP, info: request })
    p.server.session.receive(p.server.env.packets.from(frame))
  }
  test('every layer above goes down and comes up again, on both sides', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    const before = p.events.length
    again(p)
    p.run(sec(20))
    for (const node of ['client', 'server']) {
      for (const layer of ['auth', 'ccp', 'ipcp']) {
        const walked = states(p.events.slice(before), node, `ppp.${layer}`)
        const [down, up] = layer === 'auth' ? ['idle', 'authenticated'] : ['starting', 'opened']
        assert.equal(walked[0], down, `${node} ${layer}`)
        assert.equal(walked.at(-1), up, `${node} ${layer}`)
      }
    }
    assert.deepEqual([p.client.facts.length, p.client.downs.length], [2, 1])
    assert.deepEqual([p.server.facts.length, p.server.downs.length], [2, 1])
  })
  test('challenge and keys are fresh: the same packet is another one on the wire', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    const sent = () => {
      p.client.session.send(p.client.env.packets.from(unhex(DATAGRAM)))
      return p.wire.at(-1)
    }
    const first = sent()
    p.run(sec(2))
    again(p)
    p.run(sec(20))
    const second = sent()
    p.run(sec(21))
    assert.ok(first?.startsWith('client fd90') && second?.startsWith('client fd90'), `${first} ${second}`)
    assert.notEqual(first, second)
    assert.deepEqual(p.server.ups, [DATAGRAM, DATAGRAM])
    const challenges = messages(p.events, 'client').filter(line => line.startsWith('received chap challenge'))
    assert.equal(challenges.length, 2)
    const values = p.wire.filter(frame => frame.startsWith('server c22301')).map(frame => frame.slice(17, 49))
    assert.notEqual(values[0], values[1])
  })
  test('header compression ends until it is agreed on again', () => {
    const a = networkOpened({}, '07020802')
    a.peer.sends(Ppp.LCP, request(9, '0511223344'))
    const frames = a.peer.frames()
    assert.ok(frames.every(frame => frame.startsWith('ff03')))
    a.peer.raw(`ff03c02102${frames[0].slice(10)}`)
    assert.ok(a.peer.frames().every(frame => frame.startsWith('ff03')))
  })
})

describe('RFC 1570', () => {
  test('Identification is sent when LCP opens, with our magic number (RFC 1570 §1.1)', () => {
    const a = asking({ lcp: { identification: 'pptp-lab 0.1' } })
    const frames = a.peer.frames()
    const magic = hex(unhex(frames[0]).subarray(16, 20))
    a.peer.raw(`ff03c02102${frames[0].slice(10)}`)
    a.peer.raw('ff03c0210101000a050611223344')
    const said = a.peer.frames().find(frame => frame.startsWith('ff03c0210c'))
    assert.ok(said?.endsWith(`0014${magic}${hex(Uint8Array.from('pptp-lab 0.1', c => c.charCodeAt(0)))}`), said)
  })
  test('an Identification is shown, before LCP is open too, and asks for nothing (RFC 1570 §1.1)', () => {
    const a = asking()
    a.peer.frames()
    a.peer.raw('ff03c0210c01000c000000004d535241')
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], []])
    assert.ok(messages(a.events, 'us').includes('received lcp identification: "MSRA"'))
  })
  test('a Code-Reject of Identification or Time-Remaining does no harm (RFC 1570 §1.1, §1.2)', () => {
    const a = networkOpened({ echo: { interval: sec(5), failures: 3 } })
    for (const code of ['0c', '0d']) a.peer.raw(`ff03c02107090008${code}010004`)
    a.peer.frames()
    a.advance(sec(6))
    assert.equal(a.us.session.lcp, 'opened')
    assert.ok(
      a.peer.hears().some(line => line.startsWith('lcp echo-request')),
      'echo goes on',
    )
  })
  test('Time-Remaining is sent in Opened only, and shown by the peer (RFC 1570 §1.2)', () => {
    const p = pair()
    p.server.session.timeRemaining(60)
    p.open()
    p.run(sec(1))
    p.server.session.timeRemaining(120, 'closing time')
    p.server.session.timeRemaining(0xffffffff)
    p.run(sec(2))
    assert.deepEqual(
      messages(p.events, 'client').filter(line => line.includes('time-remaining')),
      ['received lcp time-remaining: 120 s, "closing time"', 'received lcp time-remaining: without end'],
    )
    assert.deepEqual(drops(p.events, 'client'), [])
  })
  test('Time-Remaining is no longer than the peer receives (RFC 1570 §1.2)', () => {
    const a = networkOpened({}, '01040080')
    a.us.session.timeRemaining(1, 'y'.repeat(2000))
    assert.equal(a.peer.frames()[0].length / 2 - 4, 128)
  })
})

describe('Echo-Request as a keep-alive', () => {
  test('stops when the peer has no such code, and the link lives on (RFC 1661 §5.6, RXJ+)', () => {
    const a = networkOpened({ echo: { interval: sec(5), failures: 2 } })
    a.peer.raw('ff03c0210709000809000004')
    a.peer.frames()
    a.advance(sec(60))
    assert.deepEqual([a.peer.frames(), a.us.session.lcp], [[], 'opened'])
  })
  test('begins with LCP and not before', () => {
    const a = asking({ echo: { interval: ms(500), failures: 2 } })
    a.advance(sec(2))
    assert.ok(a.peer.hears().every(line => line.startsWith('lcp configure-request')))
  })
})
