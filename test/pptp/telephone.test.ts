/** A PAC with telephone lines, which take time to answer and to be answered: RFC 2637 §3.2.3 and §3.2.4. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { Tunnel } from '../../src/pptp/tunnel.ts'
import { type Refusal, TUNNEL } from '../../src/pptp/types.ts'
import * as Gre from '../../src/wire/gre.ts'
import { Bench, CallLog, ccrq, cdn, iccn, icrp, icrq, ocrp, ocrq, RING, wanErrors } from './support.ts'

/** Its line comes to 31.2 kbit/s; its number is dialled when the test says so. */
class Line extends CallLog {
  answer() {
    this.said.push('answer')
    return { connectSpeed: 31_200, processingDelay: 17 }
  }
  dial(): void {
    this.said.push('dial')
  }
}

function ringing() {
  const bench = Bench.accepted({ callIds: [40] })
  const line = new Line()
  bench.endpoint.ring(bench.connection, line, { ...RING, connectSpeed: 0 })
  bench.heard()
  return { bench, line }
}
function dialling(changes = {}) {
  const line = new Line()
  const bench = Bench.accepted({ callIds: [40, 41], ...changes }, () => line)
  bench.sends({ ...ocrq(77), phoneNumber: '5550100', phoneNumberLength: 7 })
  return { bench, line, call: bench.offered[0] }
}

describe('a line that rings (RFC 2637 §3.2.3.1)', () => {
  test('it is answered when the PNS has accepted, not before', () => {
    const { bench, line } = ringing()
    assert.deepEqual(line.said, [])
    bench.sends(icrp(500, 40))
    assert.deepEqual(line.said, ['answer', 'connected'])
  })

  test('it is not answered when the PNS refuses', () => {
    const { bench, line } = ringing()
    bench.sends(icrp(500, 40, 3))
    assert.deepEqual(line.said, ['ended refused'])
  })

  test('Incoming-Call-Connected tells the speed and framing that the line came to (§2.11)', () => {
    const { bench } = ringing()
    bench.sends(icrp(500, 40))
    const wanted = { ...iccn(500), connectSpeed: 31_200, packetTransmitDelay: 17, packetRecvWindowSize: 64 }
    assert.deepEqual(bench.heard(), [wanted])
  })

  test('data before Incoming-Call-Connected are for no established call', () => {
    const { bench, line } = ringing()
    bench.greArrives(
      Gre.write({ callId: 40, sequenceNumber: 0, acknowledgmentNumber: undefined, payload: Uint8Array.of(1) }),
    )
    assert.deepEqual([line.frames, bench.drops()], [[], ['gre-unknown-call']])
  })
})

describe('a number that is dialled for the PNS (RFC 2637 §3.2.4.1)', () => {
  test('there is no reply before the telephone network has one', () => {
    const { bench, line, call } = dialling()
    assert.deepEqual([bench.heard(), line.said, call.state], [[], ['dial'], 'wait-cs-ans'])
    bench.pass(sec(59))
    bench.sends({ type: 'echo-request', identifier: 1 })
    bench.pass(sec(50))
    assert.equal(call.state, 'wait-cs-ans')
  })

  test('Outgoing-Call-Reply tells speed and channel of the line (§2.8)', () => {
    const { bench, line, call } = dialling()
    call.answered({ connectSpeed: 56_000, physicalChannelId: 2, processingDelay: 3 })
    const said = { connectSpeed: 56_000, physicalChannelId: 2, packetProcessingDelay: 3, packetRecvWindowSize: 64 }
    assert.deepEqual([bench.heard(), line.said], [[{ ...ocrp(40, 77), ...said }], ['dial', 'connected']])
  })

  for (const [what, refuse] of [
    ['no carrier', { resultCode: 3, errorCode: 0, causeCode: 16 }],
    ['busy', { resultCode: 4, errorCode: 0, causeCode: 17 }],
    ['no dial tone', { resultCode: 5, errorCode: 0 }],
    ['no answer in time', { resultCode: 6, errorCode: 0, causeCode: 19 }],
  ] as const) {
    test(`${what} is result ${refuse.resultCode} of Outgoing-Call-Reply (§2.8)`, () => {
      const { bench, line, call } = dialling()
      const refusal: Refusal = { refuse }
      call.incomplete(refusal)
      const [reply] = bench.heard()
      assert.ok(reply.type === 'outgoing-call-reply')
      assert.deepEqual([reply.resultCode, reply.connectSpeed, reply.callId], [refuse.resultCode, 0, 40])
      assert.equal(reply.causeCode, 'causeCode' in refuse ? refuse.causeCode : 0)
      assert.deepEqual([line.said, bench.endpoint.calls], [['dial', 'ended refused'], []])
      call.answered({})
      call.incomplete(refusal)
      assert.deepEqual(bench.heard(), [])
    })
  }

  test('the PNS clears a call that is still dialled: Call-Disconnect-Notify (§2.12)', () => {
    const { bench, line } = dialling()
    bench.sends(ccrq(77))
    assert.deepEqual([bench.heard(), line.said], [[{ ...cdn(40), resultCode: 4 }], ['dial', 'ended disconnected']])
  })

  test('the control connection goes while it is dialled', () => {
    const { bench, line } = dialling()
    bench.connection.closed('reset')
    assert.deepEqual([line.said, bench.world.scheduler.next], [['dial', 'ended control-lost'], undefined])
  })
})

describe('the role is one of a call, not of the control connection', () => {
  const server = () => {
    const log = new CallLog()
    return { log, bench: Bench.accepted({ callIds: [500, 501, 502], takesIncomingCalls: true }, () => log) }
  }

  test('Incoming-Call-Request makes a server the PNS of that call (§3.2.3.2)', () => {
    const { bench, log } = server()
    bench.sends(icrq(40), iccn(500))
    const [reply] = bench.heard()
    assert.deepEqual([reply.type, bench.offered[0].role, log.said], ['incoming-call-reply', 'pns', ['connected']])
    bench.offered[0].setLinkInfo(5, 6)
    assert.deepEqual(bench.heard(), [{ type: 'set-link-info', peerCallId: 40, sendAccm: 5, receiveAccm: 6 }])
    bench.offered[0].clear()
    assert.deepEqual(bench.heard(), [ccrq(500)])
  })

  test('and Outgoing-Call-Request in the same connection the PAC of that one', () => {
    const { bench } = server()
    bench.sends(icrq(40), iccn(500), ocrq(77))
    bench.heard()
    const [incoming, outgoing] = bench.offered
    assert.deepEqual([incoming.role, outgoing.role], ['pns', 'pac'])
    outgoing.clear()
    assert.deepEqual(bench.heard(), [cdn(501)])
  })

  test('a message of the other role names no call', () => {
    const { bench } = server()
    bench.sends(icrq(40), iccn(500), ocrq(77))
    bench.drops()
    bench.sends(ccrq(40), cdn(77), { type: 'set-link-info', peerCallId: 500, sendAccm: 0, receiveAccm: 0 })
    bench.sends({ type: 'wan-error-notify', peerCallId: 501, ...wanErrors })
    assert.deepEqual(bench.drops(), ['pptp-unexpected', 'pptp-unexpected', 'pptp-unexpected', 'pptp-unexpected'])
    assert.deepEqual(
      bench.offered.map(call => call.state),
      ['established', 'established'],
    )
  })

  test('a server that asks for a call is its PNS', () => {
    const { bench, log } = server()
    const call = bench.connection.dial(log, { phoneNumber: '5550199' })
    assert.equal(call.role, 'pns')
    bench.sends(ocrp(9, 500))
    assert.deepEqual(log.said, ['connected'])
  })

  test('a PAC that takes none drops Incoming-Call-Request', () => {
    const bench = Bench.accepted()
    bench.sends(icrq(40))
    assert.deepEqual([bench.heard(), bench.drops()], [[], ['pptp-unexpected']])
  })
})

describe('acknowledgments of what a line has taken (RFC 2637 §4.2)', () => {
  function bench(ackEvery = 1) {
    const one = Bench.accepted()
    const sent: (number | undefined)[] = []
    const config = { ...TUNNEL, acknowledges: 'taken' as const, ackEvery, ackDelay: ms(50) }
    const tunnel = new Tunnel(
      one.env,
      config,
      { callId: 7, window: 8, processingDelay: 0 },
      {
        down: packet => {
          const parsed = Gre.parse(packet.data.slice())
          assert.ok(parsed.ok)
          sent.push(parsed.value.acknowledgmentNumber)
          packet.release()
        },
        up: frame => frame.release(),
      },
    )
    const comes = (...numbers: number[]) => {
      for (const sequenceNumber of numbers) {
        const bytes = Gre.write({
          callId: 1,
          sequenceNumber,
          acknowledgmentNumber: undefined,
          payload: Uint8Array.of(sequenceNumber),
        })
        tunnel.receive(one.env.packets.from(bytes))
      }
    }
    return { one, tunnel, comes, sent }
  }

  test('nothing is acknowledged while the frames wait for the line', () => {
    const { one, comes, sent, tunnel } = bench()
    comes(0, 1, 2)
    one.pass(sec(1))
    assert.deepEqual(sent, [])
    tunnel.taken()
    tunnel.taken()
    assert.deepEqual(sent, [0, 1])
  })

  test('a number that was given up is acknowledged with the frame after it', () => {
    const { one, comes, sent, tunnel } = bench()
    comes(0, 3)
    one.pass(sec(1))
    tunnel.taken()
    tunnel.taken()
    tunnel.taken()
    assert.deepEqual(sent, [0, 3])
  })

  test('data that go back take along what has been taken, no more', () => {
    const { one, comes, sent, tunnel } = bench(4)
    comes(0, 1)
    tunnel.taken()
    tunnel.send(one.env.packets.from(Uint8Array.of(1)))
    tunnel.send(one.env.packets.from(Uint8Array.of(1)))
    assert.deepEqual(sent, [0, undefined])
  })

  test('a call that is over acknowledges nothing', () => {
    const { one, comes, sent, tunnel } = bench()
    comes(0)
    tunnel.close()
    tunnel.taken()
    one.pass(sec(1))
    assert.deepEqual(sent, [])
  })
})
