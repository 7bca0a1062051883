/** What RFC 2637 asks of every end, clause by clause, where no test of a machine or codec says it already. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { get16, get32 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import { endpointConfig } from '../../src/pptp/types.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { Bench, CallLog, ccrq, cdn, echo, iccn, icrp, icrq, ocrp, ocrq, sccrp, sccrq, wanErrors } from './support.ts'

const ALL: readonly Pptp.Message[] = [
  sccrq,
  sccrp,
  { type: 'stop-control-connection-request', reason: 1 },
  { type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 },
  echo(1),
  { type: 'echo-reply', identifier: 1, resultCode: 1, errorCode: 0 },
  ocrq(7),
  ocrp(1, 7),
  icrq(1),
  icrp(7, 1),
  iccn(7),
  ccrq(7),
  cdn(1),
  { type: 'wan-error-notify', peerCallId: 7, ...wanErrors },
  { type: 'set-link-info', peerCallId: 1, sendAccm: 1, receiveAccm: 2 },
]

describe('every message that is written (RFC 2637 §2)', () => {
  test('there are fifteen, numbered from 1, in the order of §2.1 to §2.15', () => {
    assert.deepEqual(
      ALL.map(m => Pptp.MESSAGES[m.type].code),
      Array.from({ length: 15 }, (_, i) => i + 1),
    )
  })
  for (const message of ALL) {
    test(`${message.type}: length, type 1, cookie, number, and every reserved octet zero (§1.4, §2)`, () => {
      const bytes = Pptp.write(message)
      assert.deepEqual([get16(bytes, 0), get16(bytes, 2), get32(bytes, 4)], [bytes.length, 1, 0x1a2b3c4d])
      assert.equal(get16(bytes, 8), Pptp.MESSAGES[message.type].code)
      assert.equal(get16(bytes, 10), 0)
      let at = Pptp.HEADER_LENGTH
      for (const { kind, size } of Pptp.MESSAGES[message.type].fields) {
        if (kind === 'reserved') assert.ok(bytes.subarray(at, at + size).every(octet => octet === 0))
        at += size
      }
      assert.equal(at, bytes.length)
    })
  }
  test('strings are filled with octets of zero (§2.1, §2.7, §2.9)', () => {
    const bytes = Pptp.write({ ...sccrq, hostName: 'ab' })
    assert.deepEqual([...bytes.subarray(28, 32)], [97, 98, 0, 0])
    assert.ok(bytes.subarray(30, 92).every(octet => octet === 0))
  })
  test('the lengths of telephone numbers are told (§2.7, §2.9)', () => {
    const bench = Bench.established()
    bench.connection.dial(new CallLog(), { phoneNumber: '5551234' })
    const [request] = bench.heard()
    assert.ok(request.type === 'outgoing-call-request')
    assert.deepEqual([request.phoneNumberLength, request.phoneNumber], [7, '5551234'])
    assert.deepEqual([icrq(1).dialedNumberLength, icrq(1).dialedNumber.length], [4, 4])
  })
})

describe('control connection (RFC 2637 §3.1)', () => {
  test('a PNS announces 0 Maximum Channels (§2.1), a PAC how many it has (§2.2)', () => {
    assert.deepEqual([endpointConfig('pns').maximumChannels, endpointConfig('pac').maximumChannels], [0, 65535])
  })
  test('the identifier of an Echo-Request comes back, and the next one differs (§2.5, §2.6)', () => {
    const bench = Bench.accepted()
    bench.sends(echo(0xdeadbeef))
    assert.deepEqual(bench.heard(), [{ type: 'echo-reply', identifier: 0xdeadbeef, resultCode: 1, errorCode: 0 }])
    const ask = (): number => {
      bench.pass(sec(60))
      const [request] = bench.heard()
      assert.ok(request.type === 'echo-request')
      bench.sends({ type: 'echo-reply', identifier: request.identifier, resultCode: 1, errorCode: 0 })
      return request.identifier
    }
    assert.notEqual(ask(), ask())
  })
  test('a Stop-Control-Connection-Request is answered before TCP is closed (§2.3, §2.4)', () => {
    const bench = Bench.accepted()
    bench.sends({ type: 'stop-control-connection-request', reason: 1 })
    assert.deepEqual([bench.heardTypes(), bench.tcp], [['stop-control-connection-reply'], 'end'])
  })
  test('all calls are released when it ends, and no notification is sent for each (§2.3)', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(1), ocrq(2))
    bench.heard()
    bench.sends({ type: 'stop-control-connection-request', reason: 3 })
    assert.deepEqual(bench.heardTypes(), ['stop-control-connection-reply'])
    assert.deepEqual(
      bench.logs.map(log => log.end?.reason),
      ['control-lost', 'control-lost'],
    )
    assert.deepEqual(bench.endpoint.calls, [])
  })
  test('the end of a call does not end it (§3.2.4): the next call finds it established', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(1), ccrq(1), ocrq(2))
    assert.deepEqual(bench.heardTypes(), ['outgoing-call-reply', 'call-disconnect-notify', 'outgoing-call-reply'])
  })
})

describe('calls (RFC 2637 §3.2)', () => {
  test('serial numbers of one side differ: they name a call in logs (§2.7)', () => {
    const bench = Bench.established()
    for (let i = 0; i < 5; i++) bench.connection.dial(new CallLog())
    const serials = bench.heard().map(m => m.type === 'outgoing-call-request' && m.callSerialNumber)
    assert.equal(new Set(serials).size, 5)
  })
  test('each Outgoing-Call-Request is answered, whatever the answer (§3.2.4)', () => {
    for (const changes of [{}, { callsPerConnection: 0 }, { callIds: [] }]) {
      const bench = Bench.accepted(changes)
      bench.sends(ocrq(1))
      assert.deepEqual(bench.heardTypes(), ['outgoing-call-reply'])
    }
  })
  test('the speed of the connection is told in the reply (§2.8)', () => {
    const bench = Bench.accepted()
    bench.sends({ ...ocrq(1), maximumBps: 64_000 })
    const [reply] = bench.heard()
    assert.ok(reply.type === 'outgoing-call-reply')
    assert.equal(reply.connectSpeed, 64_000)
  })
  test('the same call ID of two peers are two calls (§3.2.2)', () => {
    const bench = Bench.accepted()
    const other = bench.endpoint.accept(ip('10.0.0.2'), ip('10.0.0.9'), bench.stream)
    bench.sends(ocrq(5))
    other.data(Uint8Array.from([...Pptp.write(sccrq), ...Pptp.write(ocrq(5))]))
    bench.heard()
    bench.sends(ccrq(5))
    assert.deepEqual(
      bench.offered.map(call => call.state),
      ['idle', 'established'],
    )
  })
})

describe('GRE (RFC 2637 §4)', () => {
  const data = (sequenceNumber: number, acknowledgmentNumber?: number): Uint8Array =>
    Gre.write({ callId: 0, sequenceNumber, acknowledgmentNumber, payload: Uint8Array.of(1) })
  function up() {
    const bench = Bench.accepted()
    bench.sends(ocrq(77))
    const [call] = bench.offered
    const send = (): void => call.send(bench.env.packets.from(Uint8Array.of(1, 2, 3)))
    return { bench, call, send }
  }

  test('the key has the length of the payload and the call ID of the peer (§4.1)', () => {
    const { bench, send } = up()
    send()
    const [packet] = bench.gre
    assert.deepEqual([Gre.payloadLength(packet, 0), Gre.callId(packet, 0)], [3, 77])
  })
  test('a number is there when there is a payload, and only then (§4.1)', () => {
    const { bench, send } = up()
    send()
    bench.greArrives(data(0))
    bench.pass(sec(1))
    assert.deepEqual(
      bench.gre.map(packet => [Gre.payloadLength(packet, 0) > 0, Gre.hasSequence(packet, 0)]),
      [
        [true, true],
        [false, false],
      ],
    )
  })
  test('a packet that is not acknowledged is never sent again (§4.2, §4.4)', () => {
    const { bench, send } = up()
    for (let i = 0; i < 5; i++) send()
    bench.pass(sec(50))
    const numbers = bench.gre.filter(packet => Gre.hasSequence(packet, 0)).map(packet => Gre.sequenceNumber(packet, 0))
    assert.deepEqual(numbers, [0, 1, 2, 3, 4])
  })
  test('what is held or given up is never acknowledged before its turn (§4.2)', () => {
    const { bench } = up()
    bench.greArrives(data(0))
    bench.greArrives(data(2))
    bench.pass(ms(100))
    const acks = bench.gre.map(packet => Gre.acknowledgmentNumber(packet, 0))
    assert.deepEqual(acks, [0])
    bench.pass(ms(300))
    assert.equal(Gre.acknowledgmentNumber(bench.gre[bench.gre.length - 1], 0), 2)
  })
  test('a whole lost window is recovered from: after the time-out the sender goes on (§4.2.2)', () => {
    const { bench, call, send } = up()
    for (let i = 0; i < 80; i++) send()
    const before = bench.gre.length
    assert.equal(before, 32)
    bench.pass(sec(1))
    assert.ok(bench.gre.length > before)
    bench.greArrives(
      Gre.write({
        callId: 0,
        sequenceNumber: undefined,
        acknowledgmentNumber: bench.gre.length - 1,
        payload: new Uint8Array(0),
      }),
    )
    bench.pass(sec(10))
    assert.equal(bench.gre.filter(packet => Gre.hasSequence(packet, 0)).length, 80)
    assert.ok((call.statistics?.timeOuts ?? 0) >= 1)
  })
})
