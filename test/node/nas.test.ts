/** An access server is the PAC of telephone calls: RFC 2637 §2.9 to §2.15 and §3.2.3.1, message by message. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ping } from '../../src/app/ping.ts'
import { ip } from '../../src/base/address.ts'
import { sec } from '../../src/base/time.ts'
import { BLUE, icrp, NOTHING, NUMBER, nasLab, RED, ScriptedPns } from '../support/nas-lab.ts'

/** A PNS that takes every call, spoken for by the test. */
function scripted(plan: Parameters<typeof nasLab>[0] = {}) {
  const t = nasLab({ red: 'host', ...plan })
  const pns = new ScriptedPns(t.ipNode('red'), (message, self) => {
    if (message.type === 'incoming-call-request') self.say(icrp(message.callId))
  })
  return { t, pns }
}

describe('a telephone call becomes a call of PPTP (RFC 2637 §3.2.3)', () => {
  test('PPP runs between the caller and the PNS, and the caller knows nothing of PPTP', () => {
    const t = nasLab({})
    t.dial('bob')
    t.until(5)
    ping(t.ipNode('bob').env, t.ipNode('bob').stack, {
      to: ip('10.8.0.1'),
      count: 2,
      interval: sec(1),
      size: 56,
      ttl: 64,
      dontFragment: false,
      timeout: sec(5),
    })
    t.until(10)
    assert.equal(t.seen('ping-reply', 'bob').length, 2)
    assert.deepEqual([t.messages('bob'), t.value('red', 'calls[bob].address')], [[], '10.8.0.10'])
    assert.deepEqual([t.value('nas', 'pptp.calls'), t.value('nas', 'ppp.sessions')], [1, 0])
  })

  test('the messages and their order (RFC 2637 §3.2.3)', () => {
    const t = nasLab({})
    t.dial('bob')
    t.until(5)
    t.hangUp('bob')
    t.until(10)
    assert.deepEqual(t.messages('nas'), [
      '> start-control-connection-request',
      '< start-control-connection-reply',
      '> incoming-call-request',
      '< incoming-call-reply',
      '> incoming-call-connected',
      '< set-link-info',
      '> call-disconnect-notify',
    ])
    assert.deepEqual(t.inUse(), NOTHING)
  })

  test('Incoming-Call-Request: bearer, channel, both numbers (§2.9)', () => {
    const { t, pns } = scripted()
    t.dial('bob')
    t.until(1)
    const [request] = pns.of('incoming-call-request')
    const { callBearerType, physicalChannelId, dialedNumber, dialingNumber, subaddress } = request
    assert.deepEqual(
      [callBearerType, physicalChannelId, dialedNumber, dialingNumber, subaddress],
      [1, 1, NUMBER, '5550110', ''],
    )
    assert.deepEqual([request.dialedNumberLength, request.dialingNumberLength], [7, 7])
  })

  test('serial numbers of calls differ, and so do their channels (§2.9)', () => {
    const { t, pns } = scripted({ callers: { bob: {}, ann: {} } })
    t.dial('bob', 'ann')
    t.until(1)
    const requests = pns.of('incoming-call-request')
    assert.equal(new Set(requests.map(({ callSerialNumber }) => callSerialNumber)).size, 2)
    assert.deepEqual(
      requests.map(({ physicalChannelId }) => physicalChannelId),
      [1, 2],
    )
    assert.equal(pns.of('start-control-connection-request').length, 1)
  })

  for (const [bearer, bearerType, framingType, speed, delay] of [
    ['analogue', 1, 1, 56_000, 22],
    ['digital', 2, 2, 56_000, 18],
  ] as const) {
    test(`Incoming-Call-Connected of an ${bearer} line: speed, framing, window and delay (§2.11, §4.4)`, () => {
      const { t, pns } = scripted({ callers: { bob: { bearer } } })
      t.dial('bob')
      t.until(1)
      const [connected] = pns.of('incoming-call-connected')
      assert.equal(pns.of('incoming-call-request')[0].callBearerType, bearerType)
      assert.deepEqual(
        [connected.connectSpeed, connected.framingType, connected.packetRecvWindowSize],
        [speed, framingType, 8],
      )
      // Eight frames of 1508 octets at 56 kbit/s, ten or eight bits each, in tenths of a second.
      assert.deepEqual([connected.packetTransmitDelay, connected.peerCallId], [delay, 77])
    })
  }

  test('the line is answered when the PNS has accepted, not before (§3.2.3.1)', () => {
    const t = nasLab({ red: 'host' })
    const pns = new ScriptedPns(t.ipNode('red'), () => {})
    t.dial('bob')
    t.until(1)
    assert.deepEqual([t.value('nas', 'lines[pri0.1].call'), t.value('nas', 'lines[pri0.1].use')], ['ringing', 'asking'])
    pns.say(icrp(pns.of('incoming-call-request')[0].callId))
    t.until(2)
    assert.deepEqual(
      [t.value('nas', 'lines[pri0.1].call'), t.value('nas', 'lines[pri0.1].use')],
      ['connected', 'tunnelled'],
    )
  })

  test('frames are relayed without flags, escapes and FCS (§4)', () => {
    const { t, pns } = scripted()
    t.dial('bob')
    t.until(2)
    const first = pns.frames[0]
    // IP header 20, GRE 12 with a sequence number, then the PPP frame itself.
    assert.deepEqual([...first.subarray(32, 37)], [0xff, 0x03, 0xc0, 0x21, 0x01])
  })

  test('Set-Link-Info becomes the character maps of the line; before it all are escaped (§2.15)', () => {
    const { t, pns } = scripted()
    t.dial('bob')
    t.until(1)
    const map = () => [t.value('nas', 'lines[pri0.1].sendAccm'), t.value('nas', 'lines[pri0.1].receiveAccm')]
    assert.deepEqual(map(), ['0xffffffff', '0xffffffff'])
    const [{ callId }] = pns.of('incoming-call-request')
    pns.say({ type: 'set-link-info', peerCallId: callId, sendAccm: 0x000a0000, receiveAccm: 1 })
    t.until(1.1)
    assert.deepEqual(map(), ['0x000a0000', '0x00000001'])
  })

  test('WAN-Error-Notify tells the errors of the line, at most once a minute (§2.14)', () => {
    const { t, pns } = scripted({ line: { noise: '0.2%' } })
    t.dial('bob')
    t.until(50)
    const told = pns.of('wan-error-notify')
    assert.equal(told.length, 1)
    assert.ok(told[0].crcErrors + told[0].framingErrors + told[0].bufferOverruns >= 1)
    assert.equal(told[0].peerCallId, 77)
  })

  test('a caller who hangs up: Call-Disconnect-Notify, Lost Carrier, with the cause of Q.931 (§2.13)', () => {
    const { t, pns } = scripted()
    t.dial('bob')
    t.until(1)
    t.cable('bob').setUp(false)
    t.until(2)
    const [notify] = pns.of('call-disconnect-notify')
    assert.deepEqual(
      [notify.callId, notify.resultCode, notify.causeCode],
      [pns.of('incoming-call-request')[0].callId, 1, 41],
    )
    assert.deepEqual(t.inUse(), NOTHING)
  })

  test('Call-Clear-Request of the PNS: Call-Disconnect-Notify, Request, and the line is hung up (§2.12)', () => {
    const { t, pns } = scripted()
    t.dial('bob')
    t.until(1)
    pns.say({ type: 'call-clear-request', callId: 77 })
    t.until(2)
    assert.equal(pns.of('call-disconnect-notify')[0].resultCode, 4)
    assert.deepEqual(t.inUse(), NOTHING)
    assert.equal(t.value('bob', 'line.call'), 'idle')
  })
})

describe('which tunnel', () => {
  const ends = { local: '10.7.0.1', pool: '10.7.0.10-10.7.0.19', users: { bob: 'p', ann: 'p', 'bob@red.example': 'p' } }
  const won = (t: ReturnType<typeof nasLab>) => t.seen('tunnel-rule').map(({ rule, to }) => [rule, to])

  test('by the called number, in short', () => {
    const t = nasLab({ nas: { tunnels: { '5550199': BLUE, '55501*': RED } } })
    t.dial('bob')
    t.until(5)
    assert.deepEqual(won(t), [['called 55501*', RED]])
    assert.equal(t.value('red', 'ppp.sessions'), 1)
  })
  test('by the calling number, and the first rule that fits wins', () => {
    const tunnels = [{ calling: '5550111', to: BLUE }, { called: NUMBER, to: RED }, { to: BLUE }]
    const t = nasLab({ callers: { bob: {}, ann: {} }, nas: { tunnels } })
    t.dial('bob', 'ann')
    t.until(5)
    assert.deepEqual(won(t), [
      [`called ${NUMBER}`, RED],
      ['calling 5550111', BLUE],
    ])
    assert.deepEqual([t.value('red', 'ppp.sessions'), t.value('blue', 'ppp.sessions')], [1, 1])
    assert.equal(t.value('nas', 'pptp.controls'), 2)
  })
  test('by the line', () => {
    const t = nasLab({ callers: { bob: {}, ann: {} }, nas: { tunnels: [{ line: 'pri0.2', to: BLUE }, { to: RED }] } })
    t.dial('bob', 'ann')
    t.until(5)
    assert.deepEqual(won(t), [
      ['any call', RED],
      ['line pri0.2', BLUE],
    ])
  })
  test('a call without a rule ends here', () => {
    const t = nasLab({ nas: { tunnels: { '5550199': RED }, ppp: ends } })
    t.dial('bob')
    t.until(5)
    assert.deepEqual(won(t), [['default', 'local']])
    assert.deepEqual([t.value('nas', 'calls[bob].address'), t.value('nas', 'pool.used')], ['10.7.0.10', 1])
    assert.deepEqual(t.messages('nas'), [])
    t.hangUp('bob')
    t.until(10)
    assert.deepEqual(t.inUse(), NOTHING)
    assert.equal(t.seen('account', 'nas')[0].peer, '5550110')
  })
  test('without PPP of its own such a call is turned away: cause 21', () => {
    const t = nasLab({ nas: { tunnels: { '5550199': RED } } })
    t.dial('bob')
    t.until(5)
    assert.deepEqual(won(t), [['default', 'nobody']])
    assert.match(String(t.value('bob', 'line.cause')), /^21 /)
    assert.deepEqual(t.inUse(), NOTHING)
  })

  for (const auth of ['pap', 'chap-md5', 'ms-chap-v2']) {
    test(`by the realm of the user, whom ${auth} names: then LCP begins anew with the PNS`, () => {
      const t = nasLab({
        callers: { bob: { user: 'bob@red.example', auth: [auth], mppe: 'off' } },
        nas: { tunnels: [{ realm: '*.example', to: RED }], ppp: { ...ends, auth: [auth], mppe: 'off' } },
        red: { auth: [auth], mppe: 'off' },
      })
      t.dial('bob')
      t.until(10)
      assert.deepEqual(won(t), [['realm *.example', RED]])
      assert.equal(t.seen('tunnel-rule')[0].user, 'bob@red.example')
      assert.equal(t.value('red', 'calls[bob@red.example].ppp.ipcp'), 'opened')
      const opened = t.seen('state', 'bob').filter(({ machine, to }) => machine === 'ppp.lcp' && to === 'opened')
      assert.equal(opened.length, 2)
      // Nobody at the access server has judged him, and nothing of his is kept there.
      assert.deepEqual([t.value('nas', 'ppp.sessions'), t.value('nas', 'pool.used')], [0, 0])
      t.hangUp('bob')
      t.until(15)
      assert.deepEqual(t.inUse(), NOTHING)
    })
  }
  test('who turns out to end here is not one more than there may be', () => {
    const users = { bob: 'p', ann: 'p', eve: 'p' }
    const t = nasLab({
      callers: { bob: {}, ann: {}, eve: { user: 'eve@red.example' } },
      nas: { tunnels: [{ realm: 'red.example', to: RED }], ppp: { ...ends, users, limits: { calls: 1 } } },
    })
    t.dial('bob', 'ann', 'eve')
    t.until(10)
    const ended = t.seen('dial-end', 'nas').map(({ reason, detail }) => [reason, /as many as may be/.test(detail)])
    assert.deepEqual([t.value('nas', 'ppp.sessions'), ended], [1, [['auth-failed', true]]])
    assert.equal(t.value('red', 'ppp.sessions'), 1, 'who goes elsewhere is not counted')
  })
  test('who is only asked for his name takes no place of those who end here', () => {
    const t = nasLab({
      callers: { eve: { user: 'eve@red.example' }, bob: {}, ann: {} },
      nas: {
        tunnels: [
          { calling: '5550111', to: 'local' },
          { calling: '5550112', to: 'local' },
          { realm: 'red.example', to: RED },
        ],
        ppp: { ...ends, users: { bob: 'p', ann: 'p' }, limits: { calls: 1 } },
      },
    })
    t.dial('eve')
    t.until(0.1)
    assert.equal(t.value('nas', 'lines[pri0.1].use'), 'naming')
    t.dial('bob')
    t.until(0.2)
    assert.equal(t.value('nas', 'lines[pri0.2].use'), 'local')
    t.until(10)
    assert.deepEqual([t.value('bob', 'ppp.ipcp'), t.value('eve', 'ppp.ipcp')], ['opened', 'opened'])
    // Who ends here does count.
    t.dial('ann')
    t.until(11)
    assert.equal(t.value('ann', 'line.call'), 'idle')
    assert.match(String(t.value('ann', 'line.cause')), /47/)
  })
  test('frames of a session that ends here wait in the queue that those of a tunnel have', () => {
    const t = nasLab({ nas: { tunnels: [], ppp: ends } })
    t.dial('bob')
    t.until(3)
    assert.equal(t.value('nas', 'lines[pri0.1].use'), 'local')
    const { env, stack } = t.ipNode('nas')
    const options = { count: 30, interval: 0, size: 1000, ttl: 64, dontFragment: false, timeout: sec(20) }
    ping(env, stack, { to: ip('10.7.0.10'), ...options })
    t.until(3.1)
    const waiting = Number(t.value('nas', 'lines[pri0.1].waiting'))
    // Two windows, less what the line has carried meanwhile; the others are counted, and dropped by the line.
    assert.ok(waiting >= 14 && waiting <= 16, String(waiting))
    assert.equal(t.value('nas', 'lines[pri0.1].dropped'), 14)
    assert.deepEqual(
      t.seen('drop', 'nas').map(({ reason, layer }) => `${reason} ${layer}`),
      new Array(14).fill('queue-full line'),
    )
    t.until(20)
    assert.equal(t.seen('ping-reply', 'nas').length, 16)
    t.hangUp('bob')
    t.until(25)
    assert.deepEqual(t.inUse(), NOTHING)
  })
  test('somebody of another realm ends here, and is judged here', () => {
    const t = nasLab({
      callers: { bob: {}, ann: { password: 'wrong' } },
      nas: { tunnels: [{ realm: 'red.example', to: RED }], ppp: ends },
    })
    t.dial('bob', 'ann')
    t.until(10)
    assert.equal(t.value('nas', 'calls[bob].ppp.ipcp'), 'opened')
    assert.equal(t.value('nas', 'ppp.sessions'), 1)
    assert.equal(t.seen('dial-end', 'nas')[0].reason, 'auth-failed')
  })
})
