import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { World } from '../../src/base/env.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Call } from '../../src/pptp/call.ts'
import type { ControlConnection } from '../../src/pptp/control.ts'
import { Endpoint } from '../../src/pptp/endpoint.ts'
import { endpointConfig } from '../../src/pptp/types.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { fc } from '../support/fast-check.ts'
import { Bench, CallLog, CLIENT, ccrq, cdn, icrq, ocrp, ocrq, pipe, SERVER, sccrq } from './support.ts'

const gre = (callId: number, sequenceNumber: number, ...payload: number[]): Uint8Array =>
  Gre.write({ callId, sequenceNumber, acknowledgmentNumber: undefined, payload: Uint8Array.from(payload) })

function dialled(): { readonly bench: Bench; readonly log: CallLog; readonly call: Call } {
  const bench = Bench.established({ callIds: [500, 501] })
  const log = new CallLog()
  const call = bench.connection.dial(log)
  return { bench, log, call }
}
function connected(): ReturnType<typeof dialled> {
  const all = dialled()
  all.bench.sends(ocrp(700, 500))
  all.bench.heard()
  all.bench.drops()
  return all
}

describe('PNS outgoing call (RFC 2637 §3.2.4.2)', () => {
  test('asks with Outgoing-Call-Request and is established by a reply with result 1', () => {
    const { bench, log, call } = dialled()
    assert.deepEqual(bench.heard(), [
      {
        ...ocrq(500),
        callSerialNumber: 0,
        minimumBps: 2400,
        maximumBps: 10_000_000,
      },
    ])
    assert.equal(call.state, 'wait-reply')
    bench.sends(ocrp(700, 500))
    assert.deepEqual([call.state, call.peerCallId, log.said], ['established', 700, ['connected']])
  })

  test('a reply with an error returns to idle, and the end names result, error and cause', () => {
    const { bench, log, call } = dialled()
    bench.sends({ ...ocrp(0, 500, 2), errorCode: 4, causeCode: 17 })
    assert.equal(call.state, 'idle')
    assert.deepEqual(log.end, {
      layer: 'pptp',
      tries: 0,
      reason: 'refused',
      resultCode: 2,
      errorCode: 4,
      causeCode: 17,
      sentence: 'The peer refused the call: result 2 (General Error), error 4 (No-Resource), cause 17 (User busy).',
    })
    assert.deepEqual([bench.endpoint.calls.length, bench.connection.calls.length], [0, 0])
    assert.equal(bench.connection.state, 'established')
  })

  test('Call-Disconnect-Notify ends it', () => {
    const { bench, log, call } = connected()
    bench.sends({ ...cdn(700), resultCode: 1, causeCode: 16 })
    assert.deepEqual(
      [call.state, log.end?.reason, log.end?.resultCode, log.end?.causeCode],
      ['idle', 'disconnected', 1, 16],
    )
  })

  test('Call-Disconnect-Notify with our own ID, as NAT helpers make it, ends it too', () => {
    const { bench, log } = connected()
    bench.sends(cdn(500))
    assert.equal(log.end?.reason, 'disconnected')
  })

  test('clearing sends Call-Clear-Request and waits for the notification', () => {
    const { bench, log, call } = connected()
    call.clear()
    assert.deepEqual([bench.heard(), call.state], [[ccrq(500)], 'wait-disconnect'])
    bench.greArrives(gre(500, 0, 1))
    assert.deepEqual([bench.drops(), log.frames], [['gre-unknown-call'], []])
    bench.sends(cdn(700))
    assert.deepEqual([call.state, log.said], ['idle', ['connected', 'ended cleared']])
    call.clear()
    assert.deepEqual(bench.heard(), [])
  })

  test('clearing before the reply: the reply that crosses it tells the ID that the notification names', () => {
    const { bench, log, call } = dialled()
    call.clear()
    assert.deepEqual(bench.heardTypes(), ['outgoing-call-request', 'call-clear-request'])
    bench.sends(ocrp(700, 500))
    assert.deepEqual([call.state, call.peerCallId, bench.drops()], ['wait-disconnect', 700, []])
    bench.sends(cdn(700))
    assert.deepEqual([call.state, log.said], ['idle', ['ended cleared']])
    assert.equal(bench.endpoint.calls.length, 0)
  })

  test('clearing before the reply: a crossing refusal ends the call, since no notification will come', () => {
    const { bench, log, call } = dialled()
    call.clear()
    bench.sends({ ...ocrp(0, 500, 2), errorCode: 4 })
    assert.deepEqual([call.state, log.said], ['idle', ['ended cleared']])
    bench.pass(sec(61))
    assert.equal(bench.connection.state, 'established')
  })

  test('the minute of Call-Clear-Request is not made longer by a crossing reply (§3.2.1)', () => {
    const { bench, log, call } = dialled()
    call.clear()
    bench.pass(sec(50))
    bench.sends(ocrp(700, 500))
    bench.pass(sec(11))
    assert.deepEqual([call.state, log.end?.reason], ['idle', 'timeout'])
  })

  test('a reply for another call changes nothing', () => {
    const { bench, call } = dialled()
    bench.sends(ocrp(700, 499))
    assert.deepEqual([call.state, bench.drops()], ['wait-reply', ['pptp-unexpected']])
  })

  test('without a reply in a minute the whole control connection is closed (§3.2.1)', () => {
    const { bench, log } = dialled()
    bench.pass(sec(30))
    bench.sends({ type: 'echo-request', identifier: 1 })
    bench.pass(sec(30))
    assert.deepEqual([log.end?.reason, log.end?.tries], ['timeout', 1])
    assert.equal(log.end?.sentence, 'No answer to Outgoing-Call-Request in 60s.')
    assert.deepEqual([bench.end?.reason, bench.tcp], ['call-timeout', 'end'])
  })

  test('the end of the control connection ends its calls, and says how', () => {
    const { bench, log } = connected()
    bench.connection.closed('reset')
    assert.deepEqual([log.end?.reason, log.end?.layer, log.end?.control?.reason], ['control-lost', 'tcp', 'tcp-reset'])
    assert.equal(log.end?.sentence, 'The control connection ended: The peer reset the TCP connection.')
    assert.equal(bench.world.scheduler.next, undefined)
    const stopped = connected()
    stopped.bench.connection.stop()
    assert.deepEqual(stopped.log.said, ['connected', 'ended cleared'])
  })

  test('Set-Link-Info goes to the PAC (§2.15), WAN-Error-Notify is taken (§2.14)', () => {
    const { bench, call } = connected()
    call.setLinkInfo(0xffffffff, 0)
    assert.deepEqual(bench.heard(), [{ type: 'set-link-info', peerCallId: 700, sendAccm: 0xffffffff, receiveAccm: 0 }])
    bench.sends({
      type: 'wan-error-notify',
      peerCallId: 500,
      crcErrors: 1,
      framingErrors: 0,
      hardwareOverruns: 0,
      bufferOverruns: 0,
      timeOutErrors: 0,
      alignmentErrors: 0,
    })
    assert.deepEqual([call.notices, bench.drops()], [1, []])
  })

  test('an incoming call is not accepted (§2.10)', () => {
    const { bench } = connected()
    bench.sends(icrq(9))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'incoming-call-reply')
    assert.deepEqual([reply.resultCode, reply.peerCallId], [3, 9])
  })

  test('dialling needs an established connection', () => {
    assert.throws(() => new Bench('pns').connection.dial(new CallLog()), /wait-ctl-reply/)
  })
})

describe('PAC outgoing call (RFC 2637 §3.2.4.1)', () => {
  test('answers Outgoing-Call-Request with the window of this side and is established', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(77))
    assert.deepEqual(bench.heard(), [
      {
        ...ocrp(0, 77),
        connectSpeed: 100_000_000,
        packetRecvWindowSize: 64,
      },
    ])
    const [call] = bench.offered
    assert.deepEqual([call.state, bench.logs[0].said], ['established', ['connected']])
    const states = bench.trace.flatMap(e => (e.event === 'state' && e.machine === 'pptp.call' ? [e.to] : []))
    assert.deepEqual(states, ['wait-cs-ans', 'established'])
  })

  test('a request that the node refuses gets its result and error', () => {
    const bench = Bench.accepted({}, () => ({ refuse: { resultCode: 7, errorCode: 0 } }))
    bench.sends(ocrq(77))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'outgoing-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode, reply.peerCallId], [7, 0, 77])
    assert.deepEqual([bench.offered[0].state, bench.endpoint.calls], ['idle', []])
  })

  test('a call ID that is in use is a Bad-Call ID (§2.16)', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(77))
    bench.heard()
    bench.sends(ocrq(77))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'outgoing-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode], [2, 5])
    assert.deepEqual([bench.offered.length, bench.endpoint.calls.length], [1, 1])
  })

  test('beyond the calls that may be there is No-Resource (§2.8, §2.16)', () => {
    const bench = Bench.accepted({ callsPerConnection: 1 })
    bench.sends(ocrq(1))
    bench.heard()
    bench.sends(ocrq(2))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'outgoing-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode], [2, 4])
  })

  test('Call-Clear-Request is answered by Call-Disconnect-Notify, Request (§2.13)', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(77))
    bench.heard()
    bench.sends(ccrq(77))
    assert.deepEqual(bench.heard(), [{ ...cdn(0), resultCode: 4 }])
    assert.deepEqual([bench.logs[0].said, bench.connection.state], [['connected', 'ended disconnected'], 'established'])
    bench.sends(ccrq(77))
    assert.deepEqual(bench.drops().slice(-1), ['pptp-unexpected'])
  })

  test('a local termination sends Call-Disconnect-Notify, Admin Shutdown', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(77))
    bench.heard()
    bench.offered[0].clear()
    assert.deepEqual(bench.heard(), [cdn(0)])
    assert.deepEqual(bench.logs[0].said, ['connected', 'ended cleared'])
  })

  test('several calls live in one control connection, call ID 0 of the peer included', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(77), ocrq(78), ocrq(0))
    assert.deepEqual(
      bench.heard().map(m => m.type === 'outgoing-call-reply' && [m.callId, m.peerCallId, m.resultCode]),
      [
        [0, 77, 1],
        [1, 78, 1],
        [2, 0, 1],
      ],
    )
    bench.sends(ccrq(77))
    assert.deepEqual(
      bench.offered.map(c => c.state),
      ['idle', 'established', 'established'],
    )
    bench.sends({ type: 'set-link-info', peerCallId: 1, sendAccm: 0, receiveAccm: 0 })
    assert.equal(bench.offered[1].notices, 1)
  })
})

describe('call IDs (RFC 2637 §3.2.2)', () => {
  test('of a PNS are random, differ, and are not zero', () => {
    const bench = Bench.established()
    for (let i = 0; i < 300; i++) bench.connection.dial(new CallLog())
    const ids = bench.endpoint.calls.map(c => c.callId)
    assert.equal(new Set(ids).size, 300)
    assert.ok(ids.every(id => id > 0 && id < 65536))
  })
  test('from zero: the lowest that no call has, whoever the peer is, and at once again', () => {
    const bench = Bench.established({ callIds: 'from-zero' })
    const [first, second] = [0, 1].map(() => bench.connection.dial(new CallLog()))
    assert.deepEqual([first.callId, second.callId], [0, 1])
    bench.sends(ocrp(0, 0, 2))
    assert.equal(bench.connection.dial(new CallLog()).callId, 0)
  })
  test('of the profile linux are 128 for each connection, from 0', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(1), ocrq(2))
    const second = bench.endpoint.accept(SERVER, ip('10.0.0.7'), bench.stream)
    second.data(Uint8Array.from([...Pptp.write(sccrq), ...Pptp.write(ocrq(1))]))
    assert.deepEqual(
      bench.endpoint.calls.map(c => c.callId),
      [0, 1, 128],
    )
    for (let i = 3; i <= 128; i++) bench.sends(ocrq(i))
    bench.heard()
    bench.sends(ocrq(129))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'outgoing-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode], [2, 4])
  })
  test('rest 180 s before they are used again towards the same peer', () => {
    const bench = Bench.accepted({ echoInterval: 0 })
    const next = (peerCallId: number): number => {
      bench.sends(ocrq(peerCallId))
      const { callId } = bench.endpoint.calls[0]
      bench.sends(ccrq(peerCallId))
      return callId
    }
    assert.deepEqual([next(1), next(2)], [0, 1])
    bench.pass(sec(180) - 1)
    assert.equal(next(3), 2)
    bench.pass(1)
    assert.equal(next(4), 0)
    const restless = Bench.accepted({ callIdRest: 0 })
    restless.sends(ocrq(1), ccrq(1), ocrq(2))
    assert.equal(restless.endpoint.calls[0].callId, 0)
  })
})

describe('GRE', () => {
  test('goes to the call that has its call ID and its peer', () => {
    const { bench, log, call } = connected()
    bench.greArrives(gre(500, 0, 0xff, 3))
    assert.deepEqual(log.frames, [[0xff, 3]])
    call.send(bench.env.packets.from(Uint8Array.of(1, 2)))
    const sent = Gre.parse(bench.gre[0])
    assert.ok(sent.ok)
    assert.deepEqual(
      [sent.value.callId, sent.value.sequenceNumber, sent.value.acknowledgmentNumber, [...sent.value.payload]],
      [700, 0, 0, [1, 2]],
    )
  })
  test('of an unknown call, of another peer or of no call that is up is dropped', () => {
    const { bench, call } = connected()
    bench.greArrives(gre(501, 0, 1))
    bench.greArrives(gre(500, 0, 1), ip('10.0.0.99'))
    const waiting = bench.connection.dial(new CallLog())
    bench.greArrives(gre(waiting.callId, 0, 1))
    bench.sends(cdn(700))
    bench.greArrives(gre(500, 1, 1))
    call.send(bench.env.packets.from(Uint8Array.of(1)))
    assert.deepEqual(bench.drops(), new Array(5).fill('gre-unknown-call'))
    assert.deepEqual(bench.gre, [])
  })
  test('that is not of PPTP, or malformed, is dropped', () => {
    const { bench } = connected()
    bench.greArrives(Uint8Array.of(0, 0, 8, 0, 1, 2, 3, 4))
    bench.greArrives(Uint8Array.of(0x30, 1, 8, 0, 0, 0, 1, 0xf4, 0, 0, 0, 0))
    bench.greArrives(gre(500, 0, 1).subarray(0, 11))
    assert.deepEqual(bench.drops(), ['gre-not-pptp bad-version', 'gre-not-pptp wrong-protocol', 'malformed truncated'])
  })
})

/** A PNS and a PAC over a stream of 5 ms that is cut as given. */
function pair(cuts: readonly number[]) {
  const world = new World(7)
  const trace: TraceEvent[] = []
  world.trace.listen(event => trace.push(event))
  const logs: CallLog[] = []
  const take = (to: () => Endpoint, from: typeof CLIENT) => (packet: Packet) => {
    world.scheduler.after(ms(5), 'gre', () => to().receiveGre(packet, from))
  }
  const pns: Endpoint = new Endpoint(world.env('pns'), endpointConfig('pns'), { gre: take(() => pac, CLIENT) })
  const pac: Endpoint = new Endpoint(world.env('pac'), endpointConfig('pac'), { gre: take(() => pns, SERVER) }, () => {
    logs.push(new CallLog())
    return logs[logs.length - 1]
  })
  const client = pns.connect(CLIENT, SERVER)
  let server: ControlConnection | undefined
  const events = () => server as ControlConnection
  const [up, down] = pipe(world, () => client, events, ms(5), cuts)
  client.attach(up)
  server = pac.accept(SERVER, CLIENT, down)
  client.opened()
  return {
    world,
    trace,
    pns,
    pac,
    client,
    server,
    logs,
    pass: (t: number) => world.scheduler.runUntil(world.scheduler.now + t),
  }
}

describe('PNS against PAC', () => {
  test('a call comes up, carries frames both ways and goes, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }), cuts => {
        const { world, trace, pns, pac, client, server, logs, pass } = pair(cuts)
        const { packets } = world.env('frames')
        const frame = (value: number): Packet => packets.from(Uint8Array.of(value))
        pass(ms(20))
        assert.deepEqual([client.state, server.state], ['established', 'established'])
        const log = new CallLog()
        const call = client.dial(log)
        pass(ms(20))
        assert.deepEqual([log.said, logs[0].said], [['connected'], ['connected']])
        const answer = pac.calls[0]
        for (let i = 0; i < 40; i++) {
          call.send(frame(i))
          answer.send(frame(i))
        }
        pass(sec(2))
        const all = Array.from({ length: 40 }, (_, i) => [i])
        assert.deepEqual([log.frames, logs[0].frames], [all, all])
        call.clear()
        pass(ms(20))
        assert.deepEqual(
          [log.said, logs[0].said],
          [
            ['connected', 'ended cleared'],
            ['connected', 'ended disconnected'],
          ],
        )
        client.stop()
        pass(ms(20))
        assert.deepEqual([client.outcome?.reason, server.outcome?.reason], ['stopped', 'stopped-by-peer'])
        assert.deepEqual(
          [pns.connections.length, pac.connections.length, pns.calls.length, pac.calls.length],
          [0, 0, 0, 0],
        )
        assert.deepEqual(
          trace.filter(e => e.event === 'drop'),
          [],
        )
      }),
      { numRuns: 30 },
    )
  })
  test('both ends keep an idle connection for an hour', () => {
    const { client, server, trace, pass } = pair([])
    pass(sec(3600))
    assert.deepEqual([client.state, server.state], ['established', 'established'])
    assert.ok(trace.some(e => e.event === 'pptp-message' && e.type === 'echo-reply'))
    assert.ok(!trace.some(e => e.event === 'drop'))
  })
})
