import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { concat, unhex } from '../../src/base/bytes.ts'
import { type Decoded, decodeCapture, json, lines, problemLines } from '../../src/decode/decode.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { CCP_OPTIONS, LCP_OPTIONS, type RawOption } from '../../src/wire/ppp-options.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { Segment as Tcp } from '../../src/wire/tcp.ts'
import * as Udp from '../../src/wire/udp.ts'
import { CAPTURES, readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { layerNames } from '../support/field-tree.ts'
import { A, B, gre, ipv4, ppp, type SegmentOptions, tcp, udp } from '../support/packets.ts'

const mark: Pcap.Mark = { fingerprint: 'abc', timeZero: Pcap.TIME_ZERO }

/** A capture of ours with packets one millisecond apart; `ports` is the interface of each. */
function capture(
  packets: readonly Uint8Array[],
  linkType = Pcap.LINK_TYPE.raw as number,
  ports: number[] = [],
): Uint8Array {
  const info = (name: string): Pcap.InterfaceInfo => ({ name, description: '', linkType })
  return concat(
    Pcap.sectionHeader(mark),
    Pcap.interfaceBlock(info('a/eth0')),
    Pcap.interfaceBlock(info('b/eth0')),
    ...packets.map((bytes, i) =>
      Pcap.packetBlock({ interface: ports[i] ?? 0, timeZero: mark.timeZero, t: (i + 1) * 1e6, bytes }),
    ),
  )
}
const decode = (...packets: Uint8Array[]): Decoded => decodeCapture(capture(packets))
const texts = (decoded: Decoded): string[] => decoded.frames.map(f => f.text)
const reasons = (decoded: Decoded): string[] => decoded.problems.map(p => p.reason)

const request = Pptp.write({ type: 'echo-request', identifier: 77 })
const clear = Pptp.write({ type: 'call-clear-request', callId: 9 })
const REQUEST = 'PPTP Echo-Request: identifier 77'
const CLEAR = 'PPTP Call-Clear-Request: call 9'
const syn = tcp(new Uint8Array(0), { seq: 99, flags: Tcp.SYN })
const part = (from: number, to: number, options: SegmentOptions = {}): Uint8Array =>
  tcp(concat(request, clear).subarray(from, to), { seq: 100 + from, ...options })
/** The other direction, acknowledging. */
const ack = (number: number): Uint8Array =>
  tcp(new Uint8Array(0), { from: B, to: A, sourcePort: 1723, destinationPort: 40000, seq: 500, ack: number })

describe('control messages over several segments', () => {
  test('a message is printed at its last segment, and says where it began', () => {
    assert.deepEqual(texts(decode(syn, part(0, 5), part(5, 6), part(6, 20), part(20, 32))).slice(1), [
      'PPTP 5 octets, part of a message',
      'PPTP 1 octet, part of a message',
      `${REQUEST}, begun in frame 2; 4 octets, part of a message`,
      `${CLEAR}, begun in frame 4`,
    ])
  })

  test('segments in the wrong order and segments sent again', () => {
    assert.deepEqual(texts(decode(syn, part(16, 32), part(0, 16), part(0, 16), part(8, 32))).slice(1), [
      'PPTP 16 octets, ahead of others',
      `TCP out of order · ${REQUEST}; ${CLEAR.slice(5)}, begun in frame 2`,
      'TCP sent before · PPTP 16 octets, sent before',
      'TCP sent before · PPTP 24 octets, sent before',
    ])
  })

  test('a segment that the capture does not have is passed over once it is acknowledged', () => {
    const decoded = decode(syn, part(0, 7), part(16, 32), ack(132))
    assert.match(
      texts(decoded)[3],
      /^PPTP 7 octets of rubbish, begun in frame 2; Call-Clear-Request: call 9, begun in fr/,
    )
    assert.deepEqual(reasons(decoded), ['rubbish: 9 octets after it are not in the capture'])
  })

  test('what waits at the end of the capture is named by its offset', () => {
    const unfinished = decode(syn, part(0, 7))
    assert.deepEqual(reasons(unfinished), ['7 octets of a control message that was never finished'])
    assert.equal(unfinished.problems[0].offset, unfinished.frames[1].offset + 40)
    const ahead = decode(syn, part(16, 32))
    assert.deepEqual(reasons(ahead), ['16 octets of a control stream, behind others that never came'])
    assert.equal(ahead.problems[0].offset, ahead.frames[1].offset + 40)
  })

  test('a capture that begins in the middle of a connection', () => {
    assert.deepEqual(texts(decode(part(0, 32))), [`${REQUEST}; ${CLEAR.slice(5)}`])
    assert.match(
      texts(decode(part(5, 32)))[0],
      /^PPTP 11 octets of rubbish; Call-Clear-Request: call 9 {2}\[! rubbish: /,
    )
  })

  test('a new connection on the same ports is a new stream', () => {
    const again = tcp(new Uint8Array(0), { seq: 8999, flags: Tcp.SYN })
    const decoded = decode(syn, part(0, 7), part(20, 32), again, tcp(request, { seq: 9000 }))
    assert.equal(texts(decoded)[4], REQUEST)
    assert.deepEqual(reasons(decoded), [
      '7 octets of a control message that was never finished',
      '12 octets of a control stream, behind others that never came',
    ])
  })

  test('a packet that two interfaces show is told at both', () => {
    const twice = [syn, syn, part(0, 16), part(0, 16)]
    const decoded = decodeCapture(capture(twice, Pcap.LINK_TYPE.raw, [0, 1, 0, 1]))
    assert.deepEqual(texts(decoded).slice(2), [REQUEST, REQUEST])
    assert.deepEqual(
      decoded.frames.map(f => f.interface),
      ['a/eth0', 'b/eth0', 'a/eth0', 'b/eth0'],
    )
  })
})

test('directions that come by two interfaces are one connection', () => {
  const synAck = tcp(new Uint8Array(0), {
    from: B,
    to: A,
    sourcePort: 1723,
    destinationPort: 40000,
    seq: 499,
    ack: 100,
    flags: Tcp.SYN | Tcp.ACK,
  })
  const lost = [syn, synAck, part(0, 7, { ack: 500 }), part(16, 32, { ack: 500 }), ack(132)]
  const decoded = decodeCapture(capture(lost, Pcap.LINK_TYPE.raw, [0, 1, 0, 0, 1]))
  assert.deepEqual(texts(decoded).slice(0, 2), [
    'TCP 40000 > 1723 SYN seq 0 win 1000',
    'TCP 1723 > 40000 SYN ACK seq 0 ack 1 win 1000',
  ])
  assert.match(texts(decoded)[4], /Call-Clear-Request: call 9, begun in frame 4/)
})

const option = (type: number, body: string): RawOption => ({ type, body: unhex(body) })
const configureAck = (protocol: number, ...options: RawOption[]): Uint8Array =>
  ppp(protocol, Cp.write({ type: 'configure-ack', id: 1, options }))
const chapOption = (algorithm: string): RawOption => option(LCP_OPTIONS.auth, `c223 ${algorithm}`)
const challenge = ppp(Ppp.CHAP, Chap.write({ type: 'challenge', id: 1, value: unhex('01'), name: unhex('') }))
const response = ppp(Ppp.CHAP, Chap.write({ type: 'response', id: 1, value: unhex('02'), name: unhex('') }))
const compressed = ppp(Ppp.COMPRESSED, unhex('90000102'))
const mppe = option(CCP_OPTIONS.mppe, '01000040')
const deflate = option(26, '7800')

describe('calls and what their links agreed on', () => {
  const control = (message: Pptp.Message, fromPns: boolean, seq: number): Uint8Array =>
    fromPns
      ? tcp(Pptp.write(message), { seq })
      : tcp(Pptp.write(message), { from: B, to: A, sourcePort: 1723, destinationPort: 40000, seq })
  const outgoing = (callId: number, peerCallId: number, seq: number, resultCode = 1): Uint8Array =>
    control(
      {
        type: 'outgoing-call-reply',
        callId,
        peerCallId,
        resultCode,
        errorCode: 0,
        causeCode: 0,
        connectSpeed: 0,
        packetRecvWindowSize: 3,
        packetProcessingDelay: 0,
        physicalChannelId: 0,
      },
      false,
      seq,
    )
  const incoming = control(
    {
      type: 'incoming-call-reply',
      callId: 60,
      peerCallId: 50,
      resultCode: 1,
      errorCode: 0,
      packetRecvWindowSize: 3,
      packetTransmitDelay: 0,
    },
    true,
    0,
  )
  const up = (callId: number, frame: Uint8Array): Uint8Array => gre(callId, 1, frame)
  const down = (callId: number, frame: Uint8Array): Uint8Array => gre(callId, 1, frame, B, A)

  test('an Outgoing-Call-Reply joins two IDs (RFC 2637 §2.8), an Incoming-Call-Reply too (§2.10)', () => {
    const refused = outgoing(7, 8, 32, 4)
    const packets = [outgoing(5, 6, 0), refused, incoming, up(5, compressed), down(6, compressed), up(50, compressed)]
    const decoded = decode(...packets, down(60, compressed), down(8, compressed))
    assert.deepEqual(
      decoded.calls.map(({ number, pnsCallId, pacCallId }) => [number, pnsCallId, pacCallId]),
      [
        [1, 6, 5],
        [2, 60, 50],
      ],
    )
    assert.deepEqual(
      decoded.frames.slice(3).map(f => f.call),
      [1, 1, 2, 2, undefined],
    )
  })

  test('two calls between the same machines do not share what they agreed on', () => {
    const packets = [outgoing(5, 6, 0), outgoing(15, 16, 32)]
    const decoded = decode(
      ...packets,
      up(5, configureAck(Ppp.CCP, deflate)),
      up(15, configureAck(Ppp.CCP, mppe)),
      up(5, compressed),
      up(15, compressed),
    )
    assert.deepEqual(
      decoded.frames.slice(-2).map(f => layerNames(f.tree).at(-1)),
      ['deflate', 'mppe'],
    )
  })

  for (const known of [true, false]) {
    const start = known ? [outgoing(5, 6, 0)] : []
    const kinds = (...packets: Uint8Array[]): (string | undefined)[] =>
      decode(...start, ...packets)
        .frames.slice(start.length)
        .map(f => layerNames(f.tree).at(-1))
    const where = known ? 'with its control connection' : 'of which the beginning is missing'

    test(`${where}: who acknowledges a method of compression sends by it (RFC 1962 §4)`, () => {
      const agreed = [up(5, configureAck(Ppp.CCP, mppe)), down(6, configureAck(Ppp.CCP, deflate))]
      assert.deepEqual(kinds(...agreed, up(5, compressed), down(6, compressed)).slice(2), ['mppe', 'deflate'])
    })

    test(`${where}: a new LCP negotiation ends what was agreed (RFC 1661 §3.7)`, () => {
      const again = up(5, ppp(Ppp.LCP, Cp.write({ type: 'configure-request', id: 2, options: [] })))
      const agreed = down(6, configureAck(Ppp.CCP, deflate))
      assert.deepEqual(kinds(agreed, again, down(6, compressed)).slice(2), ['mppe'])
    })

    test(`${where}: the algorithm of CHAP holds for the direction that demands it (RFC 1994 §3)`, () => {
      const agreed = [up(5, configureAck(Ppp.LCP, chapOption('81'))), down(6, configureAck(Ppp.LCP, chapOption('05')))]
      const exchange = [down(6, challenge), up(5, response), up(5, challenge), down(6, response)]
      assert.deepEqual(
        texts(decode(...start, ...agreed, ...exchange))
          .slice(-4)
          .map(text => /\((M\S*)\)/.exec(text)?.[1]),
        ['MS-CHAPv2', 'MS-CHAPv2', 'MD5', 'MD5'],
      )
    })
  }

  test('sequence numbers that do not follow each other are told so (RFC 2637 §4.3)', () => {
    const numbered = (sequence: number, from = A, to = B): Uint8Array => gre(5, sequence, compressed, from, to)
    const decoded = decode(
      ...[0xfffffffe, 0xffffffff, 2, 1, 1, 0, 3].map(n => numbered(n)),
      ...[100, 101, 97, 99, 97].map(n => numbered(n, B, A)),
    )
    assert.deepEqual(
      texts(decoded).map(text => /^GRE call 5 seq \d+(?: \((.*?)\))? ·/.exec(text)?.[1]),
      [
        undefined,
        undefined,
        '2 missing before it',
        'out of order',
        'sent before',
        'out of order',
        undefined,
        undefined,
        undefined,
        'out of order',
        'out of order',
        'sent before',
      ],
    )
  })

  test('a line without a tunnel: what one end agrees to holds for both', () => {
    const frames = [configureAck(Ppp.LCP, chapOption('05')), challenge, response]
    const decoded = decodeCapture(capture(frames, Pcap.LINK_TYPE.ppp))
    assert.ok(
      texts(decoded)
        .slice(1)
        .every(text => text.includes('(MD5)')),
    )
  })
})

describe('fragments, times and marks', () => {
  test('a datagram is told where its last fragment comes', () => {
    const payload = udp(new Uint8Array(40))
    const first = ipv4(17, payload.subarray(0, 24), A, B, 9, 0x2000)
    const last = ipv4(17, payload.subarray(24), A, B, 9, 3)
    assert.deepEqual(texts(decode(first, last)), [
      'IP fragment, octets 0-23 of 0x0009 (udp), more follow',
      '2 fragments, 68 octets · UDP 5000 > 7, 40 octets',
    ])
    assert.equal(Udp.length(payload, 0), 48)
    assert.deepEqual(reasons(decode(first)), ['a fragment of a datagram of which others are not in the capture'])
    assert.deepEqual(reasons(decode(first, ipv4(17, payload.subarray(16), A, B, 9, 2))), [
      'reassembled: its fragments overlap',
    ])
  })

  test('a datagram put together may be a tunnel: the addresses inside are told', () => {
    const packet = gre(5, 1, ppp(Ppp.IP, ipv4(17, udp(new Uint8Array(40)), B, A)))
    const payload = packet.subarray(20)
    const pieces = [ipv4(47, payload.subarray(0, 48), A, B, 9, 0x2000), ipv4(47, payload.subarray(48), A, B, 9, 6)]
    assert.equal(
      texts(decode(...pieces))[1],
      '2 fragments, 104 octets · GRE call 5 seq 1 · IP 192.0.2.2 > 192.0.2.1 · UDP 5000 > 7, 40 octets',
    )
  })

  test('trouble inside of what was put together stands at the frame that completed it', () => {
    const bad = tcp(Pptp.write({ type: 'echo-request', identifier: 0xffffffff }), { seq: 100 })
    bad[47] ^= 1 // in the cookie; the TCP checksum is wrong too
    const payload = bad.subarray(20)
    const decoded = decode(ipv4(6, payload.subarray(0, 24), A, B, 9, 0x2000), ipv4(6, payload.subarray(24), A, B, 9, 3))
    const place = decoded.frames[1].offset + 20
    assert.deepEqual(
      decoded.problems.map(p => [p.offset, p.reason]),
      [
        [place, 'tcp: bad-checksum'],
        [place, 'rubbish: its magic cookie is 0x1a2b3c4c, not 0x1a2b3c4d'],
      ],
    )
  })

  test('in a capture of ours time counts from the time zero of the run, and comments are shown', () => {
    const bytes = ipv4(17, udp(unhex('00')))
    const file = concat(
      capture([]),
      Pcap.packetBlock({
        interface: 0,
        timeZero: Pcap.TIME_ZERO,
        t: 1_500_000_000,
        bytes,
        comment: 'dropped: line-loss',
      }),
    )
    const decoded = decodeCapture(file)
    assert.equal(decoded.frames[0].t, 1_500_000_000)
    assert.deepEqual(lines(decoded), [
      '1  1.500000  192.0.2.1 > 192.0.2.2  UDP 5000 > 7, 1 octet  # dropped: line-loss',
    ])
    assert.deepEqual(JSON.parse(json(decoded)[0]).mark, mark)
  })

  test('a frame that the capture cut short is marked', () => {
    const header = 'a1b2c3d4 0002 0004 00000000 00000000 00000010 00000065'
    const file = unhex(`${header} 00000000 00000000 00000004 00000040 45000040`)
    assert.deepEqual(reasons(decodeCapture(file))[0], 'frame: the capture has 4 of its 64 octets')
  })

  test('host names of the capture are in its JSON', () => {
    const file = concat(capture([]), Pcap.nameBlock([[ip('192.0.2.1'), 'alice']]))
    assert.deepEqual(JSON.parse(json(decodeCapture(file))[0]).names, { '192.0.2.1': 'alice' })
  })
})

describe('bad captures', () => {
  const check = (bytes: Uint8Array): void => {
    const decoded = decodeCapture(bytes)
    assert.equal(lines(decoded).length, decoded.frames.length)
    assert.equal(problemLines(decoded).length, decoded.problems.length)
    for (const line of json(decoded)) JSON.parse(line)
    for (const { offset } of decoded.problems) assert.ok(offset >= 0 && offset <= bytes.length, String(offset))
  }

  test('any bytes', () => {
    const magic = fc.constantFrom('', '0a0d0d0a0000001c1a2b3c4d', 'd4c3b2a1', 'a1b23c4d')
    fc.assert(fc.property(magic, fc.uint8Array({ maxLength: 200 }), (m, b) => check(concat(unhex(m), b))))
  })

  test('any packets in a good capture', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 })
    fc.assert(fc.property(fc.constantFrom(1, 9, 101, 113), packets, (type, all) => check(capture(all, type))))
  })

  for (const { name } of CAPTURES.filter(c => c.counts.frames < 130)) {
    test(`${name}, spoiled here and there`, () => {
      const whole = readCapture(name)
      const spoils = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 })
      fc.assert(
        fc.property(spoils, changes => {
          const bytes = Uint8Array.from(whole)
          for (const [at, value] of changes) bytes[at] = value
          check(bytes)
        }),
        { numRuns: 60 },
      )
    })
  }

  test('cut anywhere, it is read up to the cut and the rest is named', () => {
    const whole = readCapture('mschapv2-wrong-password')
    const all = decodeCapture(whole)
    fc.assert(
      fc.property(fc.integer({ min: 24, max: whole.length - 1 }), length => {
        const decoded = decodeCapture(whole.subarray(0, length))
        const complete = all.frames.filter(f => f.offset + f.length <= length).length
        assert.deepEqual(texts(decoded), texts(all).slice(0, complete))
        const end = complete === 0 ? 24 : all.frames[complete - 1].offset + all.frames[complete - 1].length
        assert.equal(
          decoded.problems.some(p => p.offset === end),
          length > end,
        )
      }),
    )
  })
})
