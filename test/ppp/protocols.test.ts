/** One session and a peer played by hand: the rules of the RFCs one by one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { fromAscii, get32, unhex } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import { md5 } from '../../src/crypto/hash.ts'
import type { PppConfig } from '../../src/ppp/config.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import {
  type Alone,
  ackLcp,
  alone,
  CLIENT,
  drops,
  options,
  ourRequest,
  request,
  SERVER,
  states,
} from '../support/ppp.ts'

const empty = new Uint8Array(0)
const word = (n: number): string => n.toString(16).padStart(4, '0')

/** LCP opened, nothing else. */
function lcpOpened(config: Partial<PppConfig> = {}): Alone {
  const a = alone(config)
  a.us.session.open()
  ackLcp(a)
  a.peer.sends(Ppp.LCP, request(1, '0511223344', '07', '08'))
  assert.equal(a.us.session.lcp, 'opened')
  return a
}

/** IPCP opened as well. */
function networkOpened(config: Partial<PppConfig> = {}): Alone {
  const a = lcpOpened({ ...config, ip: { local: ip('192.168.80.10') } })
  a.peer.raw('80210201000a0306c0a8500a')
  a.peer.raw('80210101000a0306c0a85001')
  assert.equal(a.us.session.ipcp, 'opened')
  return a
}

describe('LCP', () => {
  test('asks for MRU only where it is not 1500, for ACCM 0, a magic number and both compressions (as pppd)', () => {
    const plain = alone({})
    plain.us.session.open()
    assert.match(plain.peer.hears()[0], /^lcp configure-request 1: accm 0x00000000, magic 0x[0-9a-f]{8}, pfc, acfc$/)
    const small = alone({ mru: 1400, authenticatePeer: SERVER.authenticatePeer! })
    small.us.session.open()
    assert.match(small.peer.hears()[0], /^lcp configure-request 1: mru 1400, accm 0x00000000, auth CHAP MS-v2, magic/)
  })
  test('acknowledges what the real client and server ask for', () => {
    const a = alone({ ourself: CLIENT.ourself! })
    a.us.session.open()
    a.peer.frames()
    a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
    assert.deepEqual(a.peer.frames(), ['ff03c021020100190206000000000305c22381050609c18bd907020802'])
    a.peer.raw('ff03c021010100140206000000000506605b9a6607020802')
    assert.deepEqual(a.peer.frames(), ['ff03c021020100140206000000000506605b9a6607020802'])
  })
  test('rejects what Windows asks for in addition: callback, MRRU, endpoint discriminator', () => {
    const a = alone({})
    a.us.session.open()
    a.peer.hears()
    a.peer.sends(Ppp.LCP, request(0, '010578', '0511223344', '07', '08', '0d06', '110640', '1301aabb'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-reject 0: callback 06, mrru 1600, endpoint-discriminator 01aabb'])
    a.peer.sends(Ppp.LCP, request(1, '010578', '0511223344', '07', '08'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-ack 1: mru 1400, magic 0x11223344, pfc, acfc'])
  })
  test('an MRU below 128 is Nak-ed (RFC 1661 §6.1)', () => {
    const a = alone({})
    a.us.session.open()
    a.peer.hears()
    a.peer.sends(Ppp.LCP, request(1, '010010'))
    assert.deepEqual(a.peer.hears(), ['lcp configure-nak 1: mru 128'])
  })
  test('a magic number of zero, and our own, are Nak-ed with another (RFC 1661 §6.4)', () => {
    const a = alone({})
    a.us.session.open()
    const { text } = ourRequest(a.peer.frames(), Ppp.LCP)
    const own = get32(unhex(text), 8)
    a.peer.sends(Ppp.LCP, request(1, '0500000000'))
    a.peer.sends(Ppp.LCP, request(2, `05${own.toString(16).padStart(8, '0')}`))
    const [zero, same] = a.peer.hears()
    assert.match(zero, /^lcp configure-nak 1: magic 0x/)
    assert.match(same, /^lcp configure-nak 2: magic 0x/)
    assert.notEqual(same.slice(-8), own.toString(16).padStart(8, '0'))
  })
  test('a Nak of our magic number makes us draw a new one (RFC 1661 §6.4)', () => {
    const a = alone({})
    a.us.session.open()
    const first = ourRequest(a.peer.frames(), Ppp.LCP)
    a.peer.sends(Ppp.LCP, { type: 'configure-nak', id: first.id, options: options('0501020304') })
    const second = ourRequest(a.peer.frames(), Ppp.LCP)
    assert.equal(second.id, first.id + 1)
    assert.notEqual(second.text, first.text)
    assert.equal(second.text.length, first.text.length)
  })
  test('a Nak of the MRU is followed where it asks for less (RFC 1661 §6.1)', () => {
    const a = alone({ mru: 1450 })
    a.us.session.open()
    a.peer.sends(Ppp.LCP, { type: 'configure-nak', id: 1, options: options('010578') })
    assert.match(a.peer.hears()[1], /mru 1400/)
    a.peer.sends(Ppp.LCP, { type: 'configure-nak', id: 2, options: options('012000') })
    assert.match(a.peer.hears()[0], /mru 1450/)
  })
  test('a repeated request keeps its identifier, a changed one has a new one (RFC 1661 §5.1)', () => {
    const a = alone({})
    a.us.session.open()
    a.advance(sec(6))
    const ids = a.peer.hears().map(m => m.split(' ')[2])
    assert.deepEqual(ids, ['1:', '1:', '1:'])
    a.peer.sends(Ppp.LCP, { type: 'configure-reject', id: 1, options: options('07') })
    assert.match(a.peer.hears()[0], /^lcp configure-request 2: .*, acfc$/)
  })
  test('an answer to another identifier, a second answer, and one with other options are discarded (RFC 1661 §5.2)', () => {
    const a = alone({})
    a.us.session.open()
    const { text } = ourRequest(a.peer.frames(), Ppp.LCP)
    a.peer.raw(`ff03c0210207${word(4 + text.length / 2)}${text}`)
    a.peer.raw('ff03c02102010004')
    assert.equal(a.us.session.lcp, 'req-sent')
    a.peer.raw(`ff03c0210201${word(4 + text.length / 2)}${text}`)
    assert.equal(a.us.session.lcp, 'ack-rcvd')
    a.peer.raw(`ff03c0210201${word(4 + text.length / 2)}${text}`)
    assert.equal(a.us.session.lcp, 'ack-rcvd')
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected', 'ppp-unexpected', 'ppp-unexpected'])
  })
  test('an unknown code is answered by Code-Reject with the packet in it (RFC 1661 §5.6)', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw('ff03c021c8070008aabbccdd')
    assert.deepEqual(a.peer.frames(), ['ff03c0210702000cc8070008aabbccdd'])
    assert.equal(a.us.session.lcp, 'opened')
  })
  test('a Code-Reject is cut to the MRU of the peer (RFC 1661 §5.6)', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw(`ff03c021c80707d0${'aa'.repeat(1996)}`)
    assert.equal(a.peer.frames()[0].length / 2, 4 + 1500)
  })
  test('Code-Reject of a code that is needed ends the link, of Echo-Request only the echo (RFC 1661 §4.3, RXJ)', () => {
    const fatal = lcpOpened()
    fatal.peer.sends(Ppp.LCP, { type: 'code-reject', id: 1, data: unhex('01010004') })
    fatal.advance(sec(10))
    assert.equal(fatal.us.ends[0].reason, 'protocol-rejected')
    const mild = networkOpened({ echo: { interval: sec(5), failures: 3 } })
    mild.peer.sends(Ppp.LCP, { type: 'code-reject', id: 1, data: unhex('09000008') })
    mild.peer.hears()
    mild.advance(sec(60))
    assert.equal(mild.us.session.lcp, 'opened')
    assert.deepEqual(mild.peer.hears(), [])
  })
  test('Echo-Request is answered with our magic number and its data, in Opened only (RFC 1661 §5.8)', () => {
    const a = alone({})
    a.us.session.open()
    const own = ourRequest(a.peer.frames(), Ppp.LCP).text.slice(16, 24)
    a.peer.raw('ff03c0210905000a11223344abcd')
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected'])
    const b = lcpOpened()
    b.peer.frames()
    b.peer.raw('ff03c0210905000a11223344abcd')
    assert.deepEqual(b.peer.frames(), [`c0210a05000a${own}abcd`])
  })
  test('our own magic number in an Echo-Request is a looped line (RFC 1661 §6.4)', () => {
    const a = lcpOpened({ echo: { interval: sec(5), failures: 3 } })
    const own = a.peer
      .frames()
      .find(f => f.startsWith('c02109'))
      ?.slice(-8)
    assert.ok(own)
    a.peer.raw(`ff03c02109000008${own}`)
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-looped'])
  })
  test('echo: one at once, then one an interval; an answer starts the count anew', () => {
    const a = networkOpened({ echo: { interval: sec(5), failures: 3 } })
    const answer = () => a.peer.sends(Ppp.LCP, { type: 'echo-reply', id: 0, magic: 0x11223344, data: empty })
    assert.equal(a.peer.hears().filter(m => m.includes('echo-request')).length, 1)
    for (let n = 0; n < 4; n++) {
      answer()
      a.advance(sec(10))
    }
    assert.equal(a.us.session.lcp, 'opened')
    assert.deepEqual(
      a.peer.hears().map(m => m.slice(0, 19)),
      Array.from({ length: 8 }, (_, n) => `lcp echo-request ${n + 1}:`),
    )
    a.advance(sec(5))
    assert.equal(a.us.session.lcp, 'opened', 'the third without answer was sent just now')
    a.advance(sec(5))
    assert.equal(a.us.session.lcp, 'closing')
  })
  test('after LCP was negotiated anew the count of unanswered Echo-Requests starts at zero', () => {
    const a = networkOpened({ echo: { interval: sec(5), failures: 3 } })
    a.advance(sec(14))
    a.peer.sends(Ppp.LCP, request(5, '0511223344', '07', '08'))
    a.peer.raw('80210101000a0306c0a85001')
    ackLcp(a)
    a.peer.frames()
    a.advance(sec(9))
    assert.equal(a.us.session.lcp, 'opened')
    assert.equal(a.peer.hears().filter(m => m.startsWith('lcp echo-request')).length, 1)
  })
  test('Discard-Request and Identification ask for nothing (RFC 1661 §5.9, RFC 1570 §1.1)', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw('ff03c0210b01000811223344')
    a.peer.raw('ff03c0210c02000a112233444d53')
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), [])
  })
  test('Terminate-Request while open: one Terminate-Ack, no Terminate-Request of ours, finished 3 s later (RFC 1661 §5.5)', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.sends(Ppp.LCP, { type: 'terminate-request', id: 9, data: fromAscii('bye') })
    assert.deepEqual(a.peer.hears(), ['lcp terminate-ack 9: '])
    assert.equal(a.us.session.phase, 'terminate')
    assert.deepEqual(a.us.ends, [])
    a.advance(sec(3))
    assert.deepEqual(a.us.ends, [
      { reason: 'peer-closed', layer: 'lcp', detail: 'The peer ended the link: "bye".', tries: 0 },
    ])
    assert.deepEqual(a.peer.hears(), [])
  })
  test('a malformed packet is dropped with its place and changes nothing', () => {
    const a = lcpOpened()
    a.peer.frames()
    for (const text of [
      'ff03c021',
      'ff03c0210101',
      'ff03c02101010020',
      'ff03c0210101000801014455',
      'ff0300',
      '',
      'c020',
    ]) {
      a.peer.raw(text)
    }
    assert.deepEqual(
      drops(a.events, 'us'),
      Array.from({ length: 7 }, () => 'malformed'),
    )
    assert.deepEqual(a.peer.frames(), [])
    assert.equal(a.us.session.lcp, 'opened')
  })
})

describe('Protocol-Reject (RFC 1661 §5.7)', () => {
  test('answers IPV6CP with the packet in it, and drops with a reason', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw('80570101000e010a987dcb7757016d1e')
    assert.deepEqual(a.peer.frames(), ['c0210802001480570101000e010a987dcb7757016d1e'])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-protocol-rejected'])
    assert.equal(a.us.session.phase, 'network')
  })
  test('is not sent before the network phase (RFC 1661 §3.4, §3.5)', () => {
    const a = alone({})
    a.us.session.open()
    a.peer.frames()
    a.peer.raw('80570101000e010a987dcb7757016d1e')
    assert.deepEqual(a.peer.frames(), [])
    const b = lcpOpened({ authenticatePeer: SERVER.authenticatePeer! })
    b.peer.frames()
    b.peer.raw('80570101000e010a987dcb7757016d1e')
    b.peer.raw('80210101000a030600000000')
    assert.deepEqual(b.peer.frames(), [])
    assert.deepEqual(drops(b.events, 'us'), ['ppp-unexpected', 'ppp-unexpected'])
  })
  test('is cut to the MRU of the peer', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw(`0057${'66'.repeat(1600)}`)
    assert.equal(a.peer.frames()[0].length / 2, 2 + 1500)
  })
  test('of IPCP by the peer ends the link, of an unknown protocol does not', () => {
    const a = lcpOpened()
    a.peer.sends(Ppp.LCP, { type: 'protocol-reject', id: 1, protocol: Ppp.IPV6CP, data: empty })
    assert.equal(a.us.session.lcp, 'opened')
    a.peer.sends(Ppp.LCP, { type: 'protocol-reject', id: 2, protocol: Ppp.IPCP, data: empty })
    assert.deepEqual(states(a.events, 'us', 'ppp.ipcp').slice(-2), ['stopped', 'starting'])
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'protocol-rejected')
    assert.equal(a.us.ends[0].layer, 'ipcp')
  })
  test('of LCP or of authentication ends the link', () => {
    for (const [protocol, layer] of [
      [Ppp.LCP, 'lcp'],
      [Ppp.CHAP, 'auth'],
    ] as const) {
      const a = lcpOpened({ authenticatePeer: SERVER.authenticatePeer! })
      a.peer.sends(Ppp.LCP, { type: 'protocol-reject', id: 2, protocol, data: empty })
      a.advance(sec(10))
      assert.deepEqual([a.us.ends[0].reason, a.us.ends[0].layer], ['protocol-rejected', layer])
    }
  })
})

describe('CHAP', () => {
  const server = { authenticatePeer: { ...SERVER.authenticatePeer!, methods: ['chap-md5' as const] } }
  const challenge = (a: Alone) => {
    const frame = a.peer
      .frames()
      .filter(f => f.startsWith('c22301'))
      .slice(-1)[0]
    assert.ok(frame)
    return { id: Number.parseInt(frame.slice(6, 8), 16), value: unhex(frame.slice(14, 46)) }
  }
  const respond = (a: Alone, id: number, value: Uint8Array, password = 'alice-secret') =>
    a.peer.sends(Ppp.CHAP, {
      type: 'response',
      id,
      value: md5(Uint8Array.from([id, ...fromAscii(password), ...value])),
      name: fromAscii('alice'),
    })

  test('every Challenge has a new identifier and a new value (RFC 1994 §4.1)', () => {
    const a = lcpOpened(server)
    a.advance(sec(27))
    const sent = a.peer.frames().filter(f => f.startsWith('c22301'))
    assert.equal(sent.length, 10)
    assert.equal(new Set(sent.map(f => f.slice(6, 8))).size, 10)
    assert.equal(new Set(sent.map(f => f.slice(14, 46))).size, 10)
  })
  test('after LCP was negotiated anew the Challenge is another', () => {
    const a = lcpOpened(server)
    const first = challenge(a)
    a.peer.sends(Ppp.LCP, request(5, '0511223344', '07', '08'))
    ackLcp(a)
    assert.notDeepEqual(challenge(a), first)
  })
  test('the response of RFC 1994 §4.1 is accepted; repeated, it gets the same verdict (§4.2)', () => {
    const a = lcpOpened(server)
    const { id, value } = challenge(a)
    respond(a, id, value)
    const hears = a.peer.hears()
    assert.equal(hears[0], `chap success ${id}: "Access granted"`)
    assert.match(hears[1], /^ipcp configure-request/)
    respond(a, id, value, 'nonsense')
    assert.deepEqual(a.peer.hears(), [`chap success ${id}: "Access granted"`])
    assert.equal(a.us.session.phase, 'network')
  })
  test('a Response with another identifier is discarded (RFC 1994 §4.1)', () => {
    const a = lcpOpened(server)
    const { id, value } = challenge(a)
    respond(a, (id + 1) & 255, value)
    assert.deepEqual(a.peer.hears(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected'])
  })
  test('the real exchange of chap-md5-plain: our Response is the one of the capture', () => {
    const a = alone({ ourself: { user: 'bob', password: 'Passw0rd!', methods: ['chap-md5'] } })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100190206000000000305c22305050676b133e607020802')
    a.peer.frames()
    a.peer.raw('c223014f001b11e7ecccc1dfdebf5e0334fe609781a7ead97070747064')
    assert.deepEqual(a.peer.frames(), ['c223024f00181044fbeb0dade306700b32ad75ef834378626f62'])
    a.peer.raw('c223034f0012416363657373206772616e746564')
    assert.equal(a.us.session.auth, 'authenticated')
  })
  test('the same Challenge again gets the same Response; another one another (RFC 2759 §8.8)', () => {
    const a = alone({ ourself: CLIENT.ourself! })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
    a.peer.frames()
    const text = 'c223016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064'
    a.peer.raw(text)
    a.peer.raw(text)
    const [first, second] = a.peer.frames()
    assert.equal(first, second)
    a.peer.raw(text.replace('016a', '016b'))
    assert.notEqual(a.peer.frames()[0].slice(8), first.slice(8))
  })
  test('the Response is repeated until a verdict comes', () => {
    const a = alone({ ourself: CLIENT.ourself! })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
    a.peer.frames()
    a.peer.raw('c223016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064')
    a.advance(sec(7))
    const frames = a.peer.frames()
    assert.equal(frames.length, 3)
    assert.equal(new Set(frames).size, 1)
  })
  test('a Failure ends the link, R=1 or not, and the reason is read (RFC 2759 §6)', () => {
    const a = alone({ ourself: CLIENT.ourself! })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
    a.peer.raw('c223016d001a10a1d62ebfc9d98efa2aa84fabc8ab99cc7070747064')
    const message = 'E=691 R=1 C=a1d62ebfc9d98efa2aa84fabc8ab99cc V=0 M=Access denied'
    a.peer.sends(Ppp.CHAP, { type: 'failure', id: 0x6d, message: fromAscii(message) })
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'auth-failed')
    assert.match(a.us.ends[0].detail, /error 691 Access denied/)
  })
  test('a Challenge that was not agreed to in LCP is dropped', () => {
    const a = lcpOpened({ ourself: CLIENT.ourself! })
    a.peer.frames()
    a.peer.raw('c223016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064')
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected'])
  })
})

describe('PAP', () => {
  test('the real exchange of pap-plain: our request is the one of the capture', () => {
    const a = alone({ ourself: { user: 'bob', password: 'Passw0rd!', methods: ['pap'] } })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100180206000000000304c02305066b6bbf9407020802')
    assert.deepEqual(
      a.peer.frames().filter(f => f.startsWith('c023')),
      ['c0230101001203626f6209506173737730726421'],
    )
    a.peer.raw('c0230201000d084c6f67696e206f6b')
    assert.equal(a.us.session.auth, 'authenticated')
  })
  test('the request is repeated with a new identifier, and only the last is open (RFC 1334 §2.2.1)', () => {
    const a = alone({ ourself: { user: 'bob', password: 'x', methods: ['pap'] } })
    a.us.session.open()
    ackLcp(a)
    a.peer.raw('ff03c021010100080304c023')
    a.advance(sec(3))
    assert.deepEqual(
      a.peer.hears().filter(m => m.startsWith('pap')),
      ['pap authenticate-request 1: user "bob"', 'pap authenticate-request 2: user "bob"'],
    )
    a.peer.sends(Ppp.PAP, { type: 'authenticate-ack', id: 1, message: empty })
    assert.equal(a.us.session.auth, 'authenticating')
    a.peer.sends(Ppp.PAP, { type: 'authenticate-ack', id: 2, message: empty })
    assert.equal(a.us.session.auth, 'authenticated')
  })
  test('the verdict is repeated with the identifier of each request (RFC 1334 §2.2.1)', () => {
    const a = lcpOpened({ authenticatePeer: { ...SERVER.authenticatePeer!, methods: ['pap'] } })
    a.peer.frames()
    const ask = (id: number, password = 'Passw0rd!') =>
      a.peer.sends(Ppp.PAP, {
        type: 'authenticate-request',
        id,
        peerId: fromAscii('bob'),
        password: fromAscii(password),
      })
    ask(7)
    ask(8, 'nonsense')
    assert.deepEqual(
      a.peer.hears().filter(m => m.startsWith('pap')),
      ['pap authenticate-ack 7: "Login ok"', 'pap authenticate-ack 8: "Login ok"'],
    )
  })
  test('a silent peer is waited for as long as it may repeat its request', () => {
    const a = lcpOpened({ authenticatePeer: { ...SERVER.authenticatePeer!, methods: ['pap'] } })
    a.advance(sec(40))
    assert.equal(a.us.ends[0].reason, 'timeout')
    assert.equal(a.us.ends[0].tries, 10)
  })
})

describe('IPCP', () => {
  test('Reset-Request is an unknown code to IPCP', () => {
    const a = lcpOpened()
    a.peer.frames()
    a.peer.raw('80210e050004')
    assert.deepEqual(a.peer.hears(), ['ipcp code-reject 2: code 14'])
  })
  const server = { ip: { local: ip('192.168.80.1'), assignPeer: () => ip('192.168.80.10') } }
  test('the exchange of the real captures, server side', () => {
    const a = lcpOpened(server)
    assert.deepEqual(a.peer.frames().slice(-1), ['80210101000a0306c0a85001'])
    a.peer.raw('80210101000a030600000000')
    assert.deepEqual(a.peer.frames(), ['80210301000a0306c0a8500a'])
    a.peer.raw('80210201000a0306c0a85001')
    a.peer.raw('80210102000a0306c0a8500a')
    assert.deepEqual(a.peer.frames(), ['80210202000a0306c0a8500a'])
    assert.equal(a.us.session.ipcp, 'opened')
  })
  test('a peer that does not tell its address is told which (RFC 1332 §3.3)', () => {
    const a = lcpOpened(server)
    a.peer.frames()
    a.peer.raw('802101010004')
    assert.deepEqual(a.peer.frames(), ['80210301000a0306c0a8500a'])
  })
  test('header compression and NBNS are rejected, name servers told (RFC 1144, RFC 1877)', () => {
    const a = lcpOpened({ ip: { ...server.ip, dns: [ip('8.8.8.8')] } })
    a.peer.hears()
    a.peer.sends(Ppp.IPCP, request(1, '02002d0f01', '0300000000', '8100000000', '8200000000', '8300000000'))
    a.peer.sends(Ppp.IPCP, request(2, '0300000000', '8100000000'))
    a.peer.sends(Ppp.IPCP, request(3, '03c0a8500a', '8108080808'))
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-reject 1: compression VJ, nbns1 0.0.0.0, dns2 0.0.0.0',
      'ipcp configure-nak 2: address 192.168.80.10, dns1 8.8.8.8',
      'ipcp configure-ack 3: address 192.168.80.10, dns1 8.8.8.8',
    ])
  })
  test('a client takes any address that the server has, but not zero', () => {
    const a = lcpOpened()
    a.peer.hears()
    a.peer.sends(Ppp.IPCP, request(1, '0300000000'))
    a.peer.sends(Ppp.IPCP, request(2, '03c0a85001'))
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-reject 1: address 0.0.0.0',
      'ipcp configure-ack 2: address 192.168.80.1',
    ])
  })
  test('a peer that acknowledges zero as our address gives us none', () => {
    const a = lcpOpened()
    a.peer.raw('80210201000a030600000000')
    a.peer.raw('80210101000a0306c0a85001')
    a.advance(sec(10))
    assert.deepEqual(a.us.facts, [])
    assert.equal(a.us.ends[0].reason, 'no-address')
  })
  test('without an address of the peer there is no network', () => {
    const a = lcpOpened()
    a.peer.raw('80210301000a0306c0a8500a')
    a.peer.raw('80210202000a0306c0a8500a')
    a.peer.raw('802101010004')
    a.advance(sec(10))
    assert.deepEqual(a.us.facts, [])
    assert.equal(a.us.ends[0].reason, 'no-address')
  })
  test('Terminate-Request of IPCP takes the network down and ends the link', () => {
    const a = lcpOpened(server)
    a.peer.raw('80210201000a0306c0a85001')
    a.peer.raw('80210101000a0306c0a8500a')
    assert.equal(a.us.facts.length, 1)
    a.peer.raw('8021050900066f6b')
    assert.deepEqual(a.us.downs, [undefined])
    a.advance(sec(10))
    // The peer does not answer our Terminate-Requests of LCP (RFC 1661 §4.6, Max-Terminate).
    const detail = 'The peer ended IPCP: "ok". No answer to 2 LCP Terminate-Requests.'
    assert.deepEqual(a.us.ends, [{ reason: 'peer-closed', layer: 'ipcp', detail, tries: 2 }])
  })
  test('an IP packet before IPCP is open is dropped, in both directions', () => {
    const a = lcpOpened(server)
    a.peer.raw('0021450000140000000040010000c0a8500ac0a85001')
    a.us.session.send(a.us.env.packets.from(unhex('45')))
    assert.deepEqual(drops(a.events, 'us'), ['ppp-not-opened', 'ppp-not-opened'])
  })
})
