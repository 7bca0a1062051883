/**
 * What pptp-linux 1.10 and pptpd 1.4 do in the control connection and in GRE, as octets of the captures
 * (mschapv2-mppe128-stateless where no other is named), played against an endpoint of ours in both roles.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, get32, set32, unhex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import * as Gre from '../../src/wire/gre.ts'
import { readCapture } from '../support/captures.ts'
import { framePayload } from '../support/frame-payload.ts'
import { Bench, CallLog, cdn, echo, ocrp, ocrq } from './support.ts'

const of = (capture: string, frame: number) => framePayload(readCapture(capture), frame)
const session = (frame: number) => of('mschapv2-mppe128-stateless', frame)

const SCCRQ = session(6)
const SCCRP = session(8)
/** One second after the reply. */
const OCRQ = session(10)
const OCRP = session(12)
const CALL_CLEAR = session(621)
/** GRE: the first packet of the client, numbered 1; data of the client and of the server; an acknowledgment alone. */
const FIRST_OF_CLIENT = session(14)
const OF_CLIENT = session(38)
const OF_SERVER = session(39)
const ACK_OF_CLIENT = session(41)
const CLIENT_CALL = 0xd6a1
const SERVER_CALL = 0

/** Our server, called by pptp-linux: the call that the capture's GRE packets belong to. */
function pac(request = OCRQ) {
  const bench = new Bench('pac')
  bench.sends(SCCRQ)
  bench.pass(sec(1))
  bench.sends(request)
  bench.heard()
  bench.drops()
  const [call] = bench.offered
  assert.equal(call.callId, SERVER_CALL)
  return { bench, call, log: bench.logs[0] }
}

/** Our client, which has called pptpd. */
function pns() {
  const bench = new Bench('pns', { callIds: [CLIENT_CALL, 7] })
  bench.sends(SCCRP)
  const log = new CallLog()
  const call = bench.connection.dial(log)
  bench.sends(OCRP)
  bench.heard()
  bench.drops()
  assert.equal(call.state, 'established')
  return { bench, call, log }
}

const ROLES = [
  ['our server', pac, OF_CLIENT],
  ['our client', pns, OF_SERVER],
] as const

describe('the messages of pptp-linux and pptpd, cut anywhere (TCP has no messages)', () => {
  test('SCCRQ and OCRQ in one segment, and cut at every octet', () => {
    const both = concat(SCCRQ, OCRQ)
    for (let cut = 0; cut < both.length; cut++) {
      const bench = new Bench('pac')
      for (const part of [both.slice(0, cut), both.slice(cut)]) {
        if (part.length > 0) bench.sends(part)
        bench.pass(sec(1))
      }
      const heard = bench.heardTypes()
      assert.deepEqual(heard, ['start-control-connection-reply', 'outgoing-call-reply'], `cut at ${cut}`)
      assert.deepEqual([bench.offered[0].peerCallId, bench.drops()], [CLIENT_CALL, []])
    }
  })
  test('SCCRP and OCRP, each cut at every octet', () => {
    for (let cut = 1; cut < SCCRP.length; cut++) {
      const bench = new Bench('pns', { callIds: [CLIENT_CALL] })
      bench.sends(SCCRP.slice(0, cut))
      bench.pass(sec(1))
      bench.sends(SCCRP.slice(cut))
      const call = bench.connection.dial(new CallLog())
      bench.sends(OCRP.slice(0, cut % OCRP.length))
      bench.pass(sec(1))
      bench.sends(OCRP.slice(cut % OCRP.length))
      assert.deepEqual([call.state, call.peerCallId, bench.drops()], ['established', SERVER_CALL, []], `cut at ${cut}`)
    }
  })
  test('the second that pptp-linux waits between SCCRP and OCRQ: nothing is said, nothing is given up', () => {
    const bench = new Bench('pac')
    bench.sends(SCCRQ)
    assert.deepEqual(bench.heardTypes(), ['start-control-connection-reply'])
    bench.pass(sec(1))
    assert.deepEqual([bench.heard(), bench.connection.state], [[], 'established'])
    bench.sends(OCRQ)
    assert.deepEqual(bench.heardTypes(), ['outgoing-call-reply'])
  })
})

describe('acknowledgments of Linux peers (RFC 2637 §4.2)', () => {
  for (const [role, connect, data] of ROLES) {
    test(`${role}: data are acknowledged after 50 ms, and an acknowledgment never`, () => {
      const { bench, call, log } = connect()
      bench.greArrives(data)
      assert.deepEqual([log.frames.length, bench.gre.length], [1, 0])
      bench.pass(ms(50))
      const sequence = Gre.sequenceNumber(data, 0)
      assert.deepEqual(bench.gre.map(summary), [`/${sequence}`])
      const ack = ACK_OF_CLIENT.slice()
      ack.set(data.subarray(6, 8), 6)
      for (let n = 0; n < 10; n++) bench.greArrives(ack)
      bench.pass(sec(10))
      assert.deepEqual([log.frames.length, bench.gre.length, bench.drops()], [1, 1, []])
      assert.equal(call.state, 'established')
    })
    test(`${role}: a data packet of ours takes the acknowledgment along`, () => {
      const { bench, call } = connect()
      bench.greArrives(data)
      call.send(bench.env.packets.from(Uint8Array.of(0xff, 3)))
      bench.pass(sec(1))
      assert.deepEqual(bench.gre.map(summary), [`0/${Gre.sequenceNumber(data, 0)}`])
    })
  }

  test('the numbers of pptp-linux begin with 1, those of pptpd with 0: neither is waited for', () => {
    const server = pac()
    server.bench.greArrives(FIRST_OF_CLIENT)
    assert.equal(server.log.frames.length, 1)
    const client = pns()
    client.bench.greArrives(session(15))
    assert.equal(client.log.frames.length, 1)
    assert.deepEqual([Gre.sequenceNumber(FIRST_OF_CLIENT, 0), Gre.sequenceNumber(session(15), 0)], [1, 0])
  })

  test('a peer with the window of Linux, 3, that acknowledges nothing for long: few packets, no end, a bounded queue', () => {
    const { bench, call } = pac()
    const frame = (): void => call.send(bench.env.packets.from(Uint8Array.of(0xff, 3)))
    for (let i = 0; i < 400; i++) frame()
    bench.pass(sec(60))
    // §4.4: the time-out grows to 3 s and the window shrinks to one packet; what does not fit is dropped aloud.
    assert.ok(bench.gre.length >= 20 && bench.gre.length <= 40, `${bench.gre.length} packets in a minute`)
    assert.deepEqual([...new Set(bench.drops())], ['gre-window-full'])
    assert.equal(call.state, 'established')
    const sent = bench.gre.length
    acknowledge(bench, sent - 1)
    bench.pass(ms(1))
    assert.ok(bench.gre.length > sent)
    const waiting = call.tunnel?.waiting ?? 0
    for (let i = 0; i < waiting; i++) {
      acknowledge(bench, bench.gre.length - 1)
      bench.pass(ms(1))
    }
    assert.deepEqual([call.tunnel?.waiting, call.tunnel?.window], [0, 3])
  })
})

/**
 * pptp-linux without data of its own, as measured in 17 captures: two packets or more are acknowledged at once (144 of
 * 149 times), a single one after 0.50 s to 0.57 s.
 */
describe('one way to a pptp-linux that has nothing to say (RFC 2637 §4.2, §4.4)', () => {
  function stream(every: number, count: number) {
    const { bench, call } = pac()
    const { scheduler } = bench.world
    const delays: number[] = []
    const asked: number[] = []
    let acked = 0
    const ack = bench.env.clock.timer('pptp-linux', () => {
      acked = bench.gre.length
      acknowledge(bench, acked - 1)
    })
    let seen = 0
    const look = (): void => {
      for (; seen < bench.gre.length; seen++) delays.push(scheduler.now - asked[seen])
      const unacknowledged = bench.gre.length - acked
      if (unacknowledged >= 2) ack.arm(ms(1))
      else if (unacknowledged === 1 && !ack.pending) ack.arm(ms(567))
    }
    for (let n = 0; n < count; n++) {
      scheduler.after(n * every, 'stream', () => {
        asked.push(scheduler.now)
        call.send(bench.env.packets.from(Uint8Array.of(0xff, 3)))
      })
    }
    for (const end = count * every + sec(5); scheduler.now < end; ) {
      bench.pass(ms(1))
      look()
    }
    return { call, delays, drops: bench.drops() }
  }

  for (const every of [5, 20, 100, 400, 700, 2000]) {
    test(`a packet every ${every} ms: none is lost, only the first ones wait, the time-out adapts`, () => {
      // Less than two minutes: the control connection's Echo-Request is not answered here.
      const { call, delays, drops } = stream(ms(every), Math.min(200, Math.floor(100_000 / every)))
      assert.deepEqual(drops, [])
      assert.ok(Math.max(...delays) <= ms(570), `${Math.max(...delays) / 1e6} ms`)
      const late = delays.filter((delay, n) => delay > ms(1) && n * ms(every) > sec(1.5))
      assert.deepEqual(late, [])
      assert.ok((call.tunnel?.timeOuts ?? 9) <= 2, `${call.tunnel?.timeOuts} time-outs`)
    })
  }
})

function acknowledge(bench: Bench, sequence: number): void {
  const ack = ACK_OF_CLIENT.slice()
  set32(ack, 8, sequence)
  bench.greArrives(ack)
}

function summary(packet: Uint8Array): string {
  const parsed = Gre.parse(packet)
  assert.ok(parsed.ok)
  const { sequenceNumber, acknowledgmentNumber } = parsed.value
  return `${sequenceNumber ?? ''}${acknowledgmentNumber === undefined ? '' : `/${acknowledgmentNumber}`}`
}

describe('call ID 0, which pptpd gives to its first call (RFC 2637 §2.7, §3.2.2)', () => {
  test('our client, the server has 0: data both ways, cleared by us, and by the server', () => {
    const { bench, call, log } = pns()
    bench.greArrives(OF_SERVER)
    call.send(bench.env.packets.from(Uint8Array.of(0xff, 3)))
    assert.deepEqual([log.frames.length, Gre.callId(bench.gre[0], 0)], [1, 0])
    bench.sends(of('server-hangup-control', 180))
    assert.deepEqual([log.said, log.end?.resultCode], [['connected', 'ended disconnected'], 3])
    const cleared = pns()
    cleared.call.clear()
    cleared.bench.sends(cdn(0))
    assert.deepEqual(cleared.log.said, ['connected', 'ended cleared'])
  })
  test('our server, the client has 0 as well: data both ways, and Call-Clear-Request of 0', () => {
    const request = OCRQ.slice()
    request.set([0, 0], 12)
    const { bench, call, log } = pac(request)
    assert.equal(call.peerCallId, 0)
    bench.greArrives(OF_CLIENT)
    call.send(bench.env.packets.from(Uint8Array.of(0xff, 3)))
    assert.deepEqual([log.frames.length, Gre.callId(bench.gre[0], 0)], [1, 0])
    const clear = CALL_CLEAR.slice()
    clear.set([0, 0], 12)
    bench.sends(clear)
    assert.deepEqual(bench.heard(), [{ ...cdn(0), resultCode: 4 }])
    assert.deepEqual(log.said, ['connected', 'ended disconnected'])
  })
  test('two calls of our client, one given up before its reply: Call-Disconnect-Notify of 0 is for the other', () => {
    const bench = Bench.established({ callIds: [7, 8] })
    const given = new CallLog()
    const kept = new CallLog()
    bench.connection.dial(given).clear()
    bench.connection.dial(kept)
    bench.sends(ocrp(0, 8), cdn(0))
    assert.deepEqual([given.said, kept.said], [[], ['connected', 'ended disconnected']])
  })
})

describe('the ends of Linux peers', () => {
  test('our client: pptpd disconnects, stops and closes at once (server-hangup-control)', () => {
    const { bench, log } = pns()
    bench.sends(concat(of('server-hangup-control', 180), of('server-hangup-control', 183)))
    bench.connection.ended()
    assert.deepEqual(log.said, ['connected', 'ended disconnected'])
    assert.deepEqual(bench.heardTypes(), ['stop-control-connection-reply'])
    assert.deepEqual([bench.tcp, bench.end?.reason], ['end', 'stopped-by-peer'])
  })
  test('our client: pptpd closes TCP without a word, before or after the answer to our Call-Clear-Request', () => {
    const { bench, call, log } = pns()
    call.clear()
    bench.connection.ended()
    assert.deepEqual([log.said, bench.end?.reason], [['connected', 'ended cleared'], 'tcp-closed'])
    const dead = pns()
    dead.bench.connection.ended()
    assert.deepEqual([dead.log.said, dead.bench.tcp], [['connected', 'ended control-lost'], 'end'])
  })
  test('our server: pptp-linux clears the call and closes TCP in the same instant', () => {
    const { bench, log } = pac()
    bench.sends(CALL_CLEAR)
    bench.connection.ended()
    assert.deepEqual(bench.heardTypes(), ['call-disconnect-notify'])
    assert.deepEqual([log.said, bench.tcp], [['connected', 'ended disconnected'], 'end'])
  })
  test('our server: a client that is killed leaves FIN or RST and nothing else', () => {
    for (const end of ['fin', 'rst']) {
      const { bench, log } = pac()
      if (end === 'fin') bench.connection.ended()
      else bench.connection.closed('reset')
      assert.deepEqual([log.said, bench.heard()], [['connected', 'ended control-lost'], []])
      assert.deepEqual([bench.endpoint.calls, bench.endpoint.connections], [[], []])
    }
  })
  test('both: data of the old call after its end are dropped and not acknowledged', () => {
    const server = pac()
    server.bench.sends(CALL_CLEAR)
    server.bench.greArrives(OF_CLIENT)
    const client = pns()
    client.bench.sends(of('server-hangup-control', 180))
    client.bench.greArrives(OF_SERVER)
    for (const { bench, log } of [server, client]) {
      bench.pass(sec(1))
      assert.deepEqual([log.frames, bench.gre, bench.drops()], [[], [], ['gre-unknown-call']])
    }
  })
})

describe('Set-Link-Info and Echo of Linux peers', () => {
  test('Set-Link-Info with both ACCMs all ones: taken, nothing is answered, data go on (RFC 2637 §2.15)', () => {
    const { bench, call, log } = pac()
    bench.sends(unhex('001800011a2b3c4d000f0000000000 00ffffffffffffffff'.replaceAll(' ', '')))
    assert.deepEqual([call.notices, bench.heard(), bench.drops()], [1, [], []])
    bench.greArrives(OF_CLIENT)
    assert.equal(log.frames.length, 1)
  })
  for (const [role, connect] of ROLES) {
    test(`${role}: the Echo-Request of idle-echo gets the reply that pptpd gave (RFC 2637 §2.5, §2.6)`, () => {
      const { bench } = connect()
      bench.sends(of('idle-echo', 75))
      assert.deepEqual(bench.heard(), [{ type: 'echo-reply', identifier: 1, resultCode: 1, errorCode: 0 }])
    })
    test(`${role}: a peer that asks every 60 s is not asked, one that is silent is, and is given up (RFC 2637 §3.1.4)`, () => {
      const { bench, log } = connect()
      for (let minute = 0; minute < 3; minute++) {
        bench.pass(sec(59))
        bench.sends(echo(minute))
      }
      assert.deepEqual(bench.heardTypes(), new Array(3).fill('echo-reply'))
      bench.pass(sec(60))
      assert.deepEqual(bench.heardTypes(), ['echo-request'])
      bench.pass(sec(60))
      assert.deepEqual([bench.end?.reason, log.said], ['echo-timeout', ['connected', 'ended control-lost']])
    })
  }
  test('our client: the reply of idle-echo answers our Echo-Request', () => {
    const { bench } = pns()
    bench.pass(sec(60))
    assert.deepEqual(bench.heard(), [{ type: 'echo-request', identifier: get32(of('idle-echo', 76), 12) }])
    bench.sends(of('idle-echo', 76))
    bench.pass(sec(59))
    assert.deepEqual([bench.connection.state, bench.drops()], ['established', []])
  })
  test('our server: a call asked for in vain and another asked for again: the IDs are those of two calls', () => {
    const { bench } = pac()
    bench.sends(ocrq(CLIENT_CALL), ocrq(5))
    assert.deepEqual(
      bench.heard().map(m => m.type === 'outgoing-call-reply' && [m.callId, m.peerCallId, m.resultCode, m.errorCode]),
      [
        [0, CLIENT_CALL, 2, 5],
        [1, 5, 1, 0],
      ],
    )
  })
})
