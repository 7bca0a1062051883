/** Incoming calls: a telephone line rings at the PAC, and the PNS takes the call or does not (RFC 2637 §3.2.3). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { Call } from '../../src/pptp/call.ts'
import type { EndpointConfig } from '../../src/pptp/types.ts'
import { Bench, CallLog, ccrq, cdn, iccn, icrp, icrq, ocrq, RING, wanErrors } from './support.ts'

interface Ringing {
  readonly bench: Bench
  readonly log: CallLog
  readonly call: Call
}

function ringing(changes: Partial<EndpointConfig> = {}): Ringing {
  const bench = Bench.accepted({ callIds: [40, 41, 42], ...changes })
  const log = new CallLog()
  return { bench, log, call: bench.endpoint.ring(bench.connection, log, RING) }
}
function answered(): Ringing {
  const all = ringing()
  all.bench.sends(icrp(500, 40))
  all.bench.heard()
  return all
}
/** A PNS that takes incoming calls, with the first one offered. */
function taken(changes: Partial<EndpointConfig> = {}): Ringing {
  const log = new CallLog()
  const calls: Call[] = []
  const bench = Bench.established({ callIds: [500, 501], ...changes }, call => {
    calls.push(call)
    return log
  })
  bench.sends(icrq(40))
  return { bench, log, call: calls[0] }
}

describe('PAC incoming call (RFC 2637 §3.2.3.1)', () => {
  test('a ringing line is told by Incoming-Call-Request with both numbers (§2.9)', () => {
    const { bench, call } = ringing()
    assert.deepEqual([bench.heard(), call.state], [[icrq(40)], 'wait-reply'])
  })

  test('a reply that accepts is answered by Incoming-Call-Connected, and frames may pass (§2.11)', () => {
    const { bench, log, call } = ringing()
    bench.heard()
    bench.sends(icrp(500, 40))
    assert.deepEqual(bench.heard(), [{ ...iccn(500), packetRecvWindowSize: 64 }])
    assert.deepEqual([call.state, call.peerCallId, log.said], ['established', 500, ['connected']])
    call.send(bench.env.packets.from(Uint8Array.of(1)))
    assert.equal(bench.gre.length, 1)
  })

  for (const [resultCode, errorCode, sentence] of [
    [3, 0, 'The peer refused the call: result 3 (Do Not Accept).'],
    [2, 4, 'The peer refused the call: result 2 (General Error), error 4 (No-Resource).'],
  ] as const) {
    test(`a reply with result ${resultCode} ends it, and no connected message is sent (§2.10)`, () => {
      const { bench, log, call } = ringing()
      bench.heard()
      bench.sends({ ...icrp(0, 40, resultCode), errorCode })
      assert.deepEqual([bench.heard(), call.state, log.said], [[], 'idle', ['ended refused']])
      assert.deepEqual([log.end?.sentence, log.end?.resultCode, log.end?.errorCode], [sentence, resultCode, errorCode])
      assert.deepEqual(bench.endpoint.calls, [])
    })
  }

  test('the caller hangs up before the answer: Call-Disconnect-Notify, Lost Carrier; a late reply changes nothing', () => {
    const { bench, log, call } = ringing()
    bench.heard()
    call.clear(1)
    assert.deepEqual([bench.heard(), log.said], [[{ ...cdn(40), resultCode: 1 }], ['ended cleared']])
    bench.sends(icrp(500, 40))
    assert.deepEqual([bench.heard(), bench.drops()], [[], ['pptp-unexpected']])
  })

  test('the line drops: Call-Disconnect-Notify with result and cause (§2.13)', () => {
    const { bench, call } = answered()
    call.clear(1, 16)
    assert.deepEqual(bench.heard(), [{ ...cdn(40), resultCode: 1, causeCode: 16 }])
  })

  test('Call-Clear-Request of the PNS is answered by Call-Disconnect-Notify, Request', () => {
    const { bench, log } = answered()
    bench.sends(ccrq(500))
    assert.deepEqual([bench.heard(), log.said], [[{ ...cdn(40), resultCode: 4 }], ['connected', 'ended disconnected']])
  })

  test('no reply in a minute: the whole control connection is closed (§3.2.1)', () => {
    const { bench, log } = ringing()
    bench.pass(sec(59))
    bench.sends({ type: 'echo-request', identifier: 1 })
    bench.pass(sec(1))
    assert.deepEqual([log.end?.reason, bench.end?.reason], ['timeout', 'call-timeout'])
    assert.equal(log.end?.sentence, 'No answer to Incoming-Call-Request in 60s.')
  })

  test('a reply for another call, a second reply, and one that nobody asked for change nothing', () => {
    const { bench, call } = ringing()
    bench.heard()
    bench.sends(icrp(500, 99))
    assert.equal(call.state, 'wait-reply')
    bench.sends(icrp(500, 40), icrp(600, 40))
    assert.deepEqual([call.state, call.peerCallId], ['established', 500])
    assert.deepEqual(bench.drops(), ['pptp-unexpected', 'pptp-unexpected'])
  })

  test('the end of the control connection ends it', () => {
    for (const { bench, log } of [ringing(), answered()]) {
      bench.connection.closed('reset')
      assert.equal(log.end?.reason, 'control-lost')
      assert.equal(bench.world.scheduler.next, undefined)
    }
  })

  test('only a PAC has lines that ring, and only on an established connection', () => {
    const pns = Bench.established()
    assert.throws(() => pns.endpoint.ring(pns.connection, new CallLog(), RING), /no PAC/)
    const pac = new Bench('pac')
    assert.throws(() => pac.endpoint.ring(pac.connection, new CallLog(), RING), /is idle/)
  })

  test('incoming and outgoing calls live in one control connection', () => {
    const { bench, log, call } = answered()
    bench.sends(ocrq(77))
    assert.deepEqual([bench.offered[0].direction, call.direction], ['outgoing', 'incoming'])
    bench.sends(ccrq(77))
    assert.deepEqual([bench.offered[0].state, call.state, log.said], ['idle', 'established', ['connected']])
  })
})

describe('PNS incoming call (RFC 2637 §3.2.3.2)', () => {
  test('a request that is taken is accepted with the window of this side (§2.10)', () => {
    const { bench, log, call } = taken()
    assert.deepEqual(bench.heard(), [{ ...icrp(500, 40), packetRecvWindowSize: 64 }])
    assert.deepEqual([call.state, log.said], ['wait-connect', []])
    assert.deepEqual(bench.drops(), [])
  })

  test('Incoming-Call-Connected establishes it (§2.11)', () => {
    const { bench, log, call } = taken()
    bench.sends(iccn(500))
    assert.deepEqual([call.state, log.said], ['established', ['connected']])
    call.send(bench.env.packets.from(Uint8Array.of(1)))
    assert.equal(bench.gre.length, 1)
  })

  test('the caller hangs up before that: Call-Disconnect-Notify ends it', () => {
    const { bench, log } = taken()
    bench.sends({ ...cdn(40), resultCode: 1, causeCode: 16 })
    assert.deepEqual(log.said, ['ended disconnected'])
    const sentence = 'The peer disconnected the call: result 1 (Lost Carrier), cause 16 (Normal call clearing).'
    assert.equal(log.end?.sentence, sentence)
  })

  test('a local termination sends Call-Clear-Request and waits; a crossing Connected changes nothing', () => {
    const { bench, log, call } = taken()
    bench.heard()
    call.clear()
    bench.sends(iccn(500))
    assert.deepEqual([bench.heard(), call.state, bench.drops()], [[ccrq(500)], 'wait-disconnect', []])
    bench.sends(cdn(40))
    assert.deepEqual([call.state, log.said], ['idle', ['ended cleared']])
  })

  test('without Incoming-Call-Connected in a minute the whole control connection is closed (§3.2.1)', () => {
    const { bench, log } = taken({ echoInterval: 0 })
    bench.pass(sec(60))
    assert.deepEqual([log.end?.reason, bench.end?.reason], ['timeout', 'call-timeout'])
    assert.equal(log.end?.sentence, 'No answer to Incoming-Call-Reply in 60s.')
  })

  test('a call ID of the PAC that is in use is a Bad-Call ID (§2.16)', () => {
    const { bench, call } = taken()
    bench.heard()
    bench.sends(icrq(40))
    const refused = { ...icrp(0, 40, 2), errorCode: 5, packetRecvWindowSize: 64 }
    assert.deepEqual([bench.heard(), call.state], [[refused], 'wait-connect'])
  })

  test('a node may refuse with its own codes', () => {
    const bench = Bench.established({}, () => ({ refuse: { resultCode: 2, errorCode: 6 } }))
    bench.sends(icrq(40))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'incoming-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode, bench.endpoint.calls], [2, 6, []])
  })

  test('Connected for another call, or twice, changes nothing', () => {
    const { bench, call } = taken()
    bench.sends(iccn(501), iccn(500), iccn(500))
    assert.equal(call.state, 'established')
    assert.deepEqual(bench.drops(), ['pptp-unexpected', 'pptp-unexpected'])
  })
})

describe('limits', () => {
  const replies = (bench: Bench) =>
    bench.heard().map(m => m.type === 'outgoing-call-reply' && [m.peerCallId, m.resultCode, m.errorCode])

  test('of calls in one control connection: the next is refused with No-Resource (§2.16)', () => {
    const bench = Bench.accepted({ callsPerConnection: 2 })
    bench.sends(ocrq(1), ocrq(2), ocrq(3))
    assert.deepEqual(replies(bench), [
      [1, 1, 0],
      [2, 1, 0],
      [3, 2, 4],
    ])
    bench.sends(ccrq(1), ocrq(4))
    assert.deepEqual(replies(bench).slice(1), [[4, 1, 0]])
  })

  test('of incoming calls at a PNS: the next is refused with No-Resource (§2.10)', () => {
    const { bench } = taken({ callsPerConnection: 1 })
    bench.heard()
    bench.sends(icrq(41))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'incoming-call-reply')
    assert.deepEqual([reply.resultCode, reply.errorCode], [2, 4])
  })
})

describe('Set-Link-Info (RFC 2637 §2.15)', () => {
  test('before it both ACCMs of the PAC are all ones; then they are what it says', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(7))
    const [call] = bench.offered
    assert.deepEqual(call.linkInfo, { sendAccm: 0xffffffff, receiveAccm: 0xffffffff })
    bench.sends({ type: 'set-link-info', peerCallId: call.callId, sendAccm: 0xa0000, receiveAccm: 5 })
    assert.deepEqual(call.linkInfo, { sendAccm: 0xa0000, receiveAccm: 5 })
    assert.deepEqual(bench.logs[0].told, [{ sendAccm: 0xa0000, receiveAccm: 5 }])
  })

  test('is the word of a PNS: a PAC sends none', () => {
    const { bench, call } = answered()
    call.setLinkInfo(0, 0)
    assert.deepEqual(bench.heard(), [])
  })
})

describe('WAN-Error-Notify (RFC 2637 §2.14)', () => {
  test('is sent when errors change, at most once in 60 s, with the latest numbers', () => {
    const { bench, call } = answered()
    const notify = (crcErrors: number) => ({
      type: 'wan-error-notify' as const,
      peerCallId: 500,
      ...wanErrors,
      crcErrors,
    })
    const errors = () => bench.heard().filter(m => m.type === 'wan-error-notify')
    call.lineErrors({ ...wanErrors, crcErrors: 1 })
    assert.deepEqual(errors(), [notify(1)])
    call.lineErrors({ ...wanErrors, crcErrors: 2 })
    bench.pass(sec(30))
    bench.sends({ type: 'echo-request', identifier: 1 })
    call.lineErrors({ ...wanErrors, crcErrors: 3 })
    bench.pass(sec(30) - 1)
    assert.deepEqual(errors(), [])
    bench.pass(1)
    assert.deepEqual(errors(), [notify(3)])
    bench.sends({ type: 'echo-request', identifier: 2 })
    bench.pass(sec(59))
    call.clear()
    assert.deepEqual(errors(), [])
    call.lineErrors({ ...wanErrors, crcErrors: 4 })
    assert.deepEqual(errors(), [])
  })

  test('is taken by the PNS for its established call only', () => {
    const { bench, log, call } = taken()
    const notify = { type: 'wan-error-notify' as const, peerCallId: 500, ...wanErrors }
    bench.sends(notify)
    assert.deepEqual([log.told, bench.drops()], [[], ['pptp-unexpected']])
    bench.sends(iccn(500), notify)
    assert.deepEqual([log.told, call.wanErrors, call.notices], [[wanErrors], wanErrors, 1])
  })

  test('is not the word of a PNS', () => {
    const { bench, call } = taken()
    bench.sends(iccn(500))
    bench.heard()
    call.lineErrors(wanErrors)
    assert.deepEqual(bench.heard(), [])
  })
})
