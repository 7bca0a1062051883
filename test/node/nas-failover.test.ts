/** Which PNS takes a call when the first does not; numbers that a PNS asks for; and a fast tunnel before a slow line. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fetchBytes } from '../../src/app/transfer.ts'
import { ip } from '../../src/base/address.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { BLUE, icrp, NOTHING, nasLab, RED, ScriptedPns } from '../support/nas-lab.ts'

const BOTH = { tunnels: [{ called: '*', to: [RED, BLUE] }] }
const use = 'lines[pri0.1].use'

describe('the second PNS of a rule takes the call when the first', () => {
  const atBlue = (t: ReturnType<typeof nasLab>) => [
    t.value('blue', 'ppp.sessions'),
    t.value('nas', 'lines[pri0.1].pns'),
  ]

  test('refuses it', () => {
    const t = nasLab({ nas: BOTH, red: 'host' })
    new ScriptedPns(t.ipNode('red'), (m, pns) => {
      if (m.type === 'incoming-call-request') pns.say(icrp(m.callId, 3))
    })
    t.dial('bob')
    t.until(5)
    assert.deepEqual(atBlue(t), [1, BLUE])
    assert.match(String(t.value('nas', 'lines[pri0.1].refused')), /result 3 \(Do Not Accept\)/)
  })
  test('says nothing to Incoming-Call-Request', () => {
    const t = nasLab({ nas: BOTH, red: 'host' })
    const pns = new ScriptedPns(t.ipNode('red'), () => {})
    t.dial('bob')
    t.until(10)
    assert.deepEqual(atBlue(t), [1, BLUE])
    assert.deepEqual(
      pns.of('call-disconnect-notify').map(({ resultCode, causeCode }) => [resultCode, causeCode]),
      [[1, 102]],
    )
  })
  test('says nothing to Start-Control-Connection-Request', () => {
    const t = nasLab({ nas: BOTH, red: 'host' })
    new ScriptedPns(t.ipNode('red'), () => {}, false)
    t.dial('bob')
    t.until(10)
    assert.deepEqual(atBlue(t), [1, BLUE])
  })
  test('has nobody who listens', () => {
    const t = nasLab({ nas: BOTH, red: 'host' })
    t.dial('bob')
    t.until(3)
    assert.deepEqual(atBlue(t), [1, BLUE])
  })
  test('is dead', () => {
    const t = nasLab({ nas: BOTH })
    t.crash('red')
    t.dial('bob')
    t.until(10)
    assert.deepEqual(atBlue(t), [1, BLUE])
  })
  test('dies with the control connection open: the next call does not wait for it again', () => {
    const t = nasLab({ nas: BOTH, callers: { bob: {}, ann: {}, eve: {} } })
    t.dial('bob')
    t.until(5)
    assert.equal(t.value('red', 'ppp.sessions'), 1)
    t.crash('red')
    t.dial('ann')
    t.until(11.5)
    assert.equal(t.value('blue', 'ppp.sessions'), 1)
    t.dial('eve')
    t.until(14)
    assert.equal(t.value('blue', 'ppp.sessions'), 2)
    const passed = t.seen('pns-passed', 'nas').map(({ line, pns, detail }) => [line, pns, detail])
    assert.deepEqual(passed, [
      ['pri0.2', RED, 'The PNS did not answer in 5s.'],
      ['pri0.3', RED, 'The PNS did not answer in 5s. It is not tried again before 12.020000 s.'],
    ])
  })
})

describe('when no PNS takes it', () => {
  test('the caller is turned away, and the second caller at once while the pause lasts', () => {
    const t = nasLab({ red: 'host', blue: 'host', nas: BOTH, callers: { bob: {}, ann: {} } })
    t.dial('bob')
    t.until(1)
    assert.match(String(t.value('bob', 'line.cause')), /^27 /)
    const tried = t.seen('pptp-message', 'nas').length
    t.dial('ann')
    t.until(2)
    assert.match(String(t.value('nas', 'lines[pri0.1].refused')), /It is not tried again before/)
    assert.equal(t.seen('pptp-message', 'nas').length, tried)
    assert.deepEqual(t.inUse(), NOTHING)
  })
  test('a PNS that leaves many callers without an answer has failed once, not once for each', () => {
    const callers = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`c${i}`, {}]))
    const t = nasLab({ red: 'host', callers, trunk: { lines: 8 } })
    const pns = new ScriptedPns(t.ipNode('red'), () => {})
    t.dial(...Object.keys(callers))
    t.until(6)
    assert.equal(pns.of('incoming-call-request').length, 8)
    t.until(9)
    t.dial('c0')
    t.until(10)
    assert.equal(pns.of('incoming-call-request').length, 9, 'the pause is that of one failure')
  })
  test('refused by all: cause 21', () => {
    const t = nasLab({ red: 'host' })
    new ScriptedPns(t.ipNode('red'), (m, pns) => {
      if (m.type === 'incoming-call-request') pns.say(icrp(m.callId, 3))
    })
    t.dial('bob')
    t.until(2)
    assert.match(String(t.value('bob', 'line.cause')), /^21 /)
    assert.deepEqual(t.inUse(), NOTHING)
  })
  test('the pause is longer each time, and over when the PNS takes a call', () => {
    const t = nasLab({ red: 'host' })
    let takes = false
    const pns = new ScriptedPns(t.ipNode('red'), (m, self) => {
      if (m.type === 'incoming-call-request' && takes) self.say(icrp(m.callId))
    })
    const asked = () => pns.of('incoming-call-request').length
    const tries: number[] = []
    for (let at = 0; at < 60; at += 0.5) {
      const before = asked()
      if (t.value('bob', 'line.call') === 'idle') t.dial('bob')
      t.until(at + 0.5)
      if (asked() > before) tries.push(Math.round(at))
    }
    const gaps = tries.slice(1).map((at, i) => at - tries[i])
    assert.ok(gaps.length >= 3 && gaps.every((gap, i) => i === 0 || gap > gaps[i - 1]), String(gaps))
    takes = true
    while (t.value('nas', use) !== 'tunnelled') {
      if (t.value('bob', 'line.call') === 'idle') t.dial('bob')
      t.until(t.run.now / 1e9 + 0.5)
    }
    assert.ok(asked() > gaps.length)
  })
})

describe('a PNS asks for a number (RFC 2637 §2.7, §2.8, §3.2.4.1)', () => {
  const answers = { callers: { bob: { answer: '2s' } } }
  const reply = (t: ReturnType<typeof nasLab>) =>
    t.seen('pptp-message', 'red').find(({ type }) => type === 'outgoing-call-reply')?.detail

  test('the user answers, and is a caller like any other', () => {
    const t = nasLab(answers)
    t.call('red', '5550110')
    t.until(1)
    assert.equal(t.value('nas', 'lines[pri0.4].use'), 'dialling')
    assert.equal(reply(t), undefined)
    t.until(10)
    assert.match(String(reply(t)), /result 1 \(Connected\).*speed 56000/)
    assert.equal(t.value('red', 'calls[bob].ppp.ipcp'), 'opened')
    t.hangUp('bob')
    t.until(15)
    assert.deepEqual(t.inUse(), NOTHING)
  })
  test('the control connection of earlier calls is used', () => {
    const t = nasLab({ callers: { bob: { answer: '2s' }, ann: {} } })
    t.dial('ann')
    t.until(5)
    t.call('red', '5550110')
    t.until(12)
    assert.equal(t.value('nas', 'pptp.controls'), 1)
    assert.equal(t.value('red', 'ppp.sessions'), 2)
  })
  test('the access server cannot be reached: after a minute the call is over, and nothing is dialled when it can be again', () => {
    const t = nasLab(answers)
    const link = t.simulation.links.find(({ name }) => name.includes('red:eth0'))
    link?.setUp(false)
    t.call('red', '5550110')
    t.until(59)
    assert.deepEqual(t.seen('tunnel-end', 'red'), [])
    t.until(62)
    assert.deepEqual(
      t.seen('tunnel-end', 'red').map(({ layer, reason }) => `${layer} ${reason}`),
      ['pptp call-timeout'],
    )
    link?.setUp(true)
    t.until(200)
    assert.equal(t.value('red', 'pptp.calls'), 0)
    assert.ok(
      t.messages('nas').every(message => !message.includes('outgoing-call')),
      t.messages('nas').join(),
    )
    assert.equal(t.seen('tunnel-end', 'red').length, 1)
  })
  test('calls that have waited for the connection are no more than there may be', () => {
    const t = nasLab({ callers: { bob: { answer: '1s' }, ann: { answer: '1s' } }, red: { limits: { calls: 1 } } })
    t.call('red', '5550110')
    t.call('red', '5550111')
    t.until(20)
    assert.equal(t.value('red', 'ppp.sessions'), 1)
    assert.deepEqual(
      t.seen('tunnel-end', 'red').map(({ reason, detail }) => [reason, /as many as may be/.test(detail)]),
      [['refused', true]],
    )
  })
  test('nobody answers: Time-out, cause 19', () => {
    const t = nasLab({ nas: { 'dial-timeout': '10s' } })
    t.call('red', '5550110')
    t.until(20)
    assert.match(String(reply(t)), /result 6 \(Time-out\).*cause 19/)
    assert.deepEqual(t.inUse(), NOTHING)
    assert.equal(t.seen('tunnel-end', 'red')[0].reason, 'refused')
  })
  test('busy: Busy, cause 17', () => {
    const t = nasLab({ callers: { bob: {} } })
    t.dial('bob')
    t.until(5)
    t.call('red', '5550110')
    t.until(8)
    assert.match(String(reply(t)), /result 4 \(Busy\).*cause 17/)
  })
  test('no such number: No Carrier, cause 1', () => {
    const t = nasLab({})
    t.call('red', '999')
    t.until(3)
    assert.match(String(reply(t)), /result 3 \(No Carrier\).*cause 1 /)
  })
  test('no line with a dial tone: No Dial Tone', () => {
    const t = nasLab({})
    t.cable('trunk0').setUp(false)
    t.call('red', '5550110')
    t.until(3)
    assert.match(String(reply(t)), /result 5 \(No Dial Tone\)/)
  })
  test('every line in use: General Error, No-Resource', () => {
    const t = nasLab({ callers: { bob: {} }, trunk: { lines: 1 } })
    t.dial('bob')
    t.until(5)
    t.call('red', '5550110')
    t.until(8)
    assert.match(String(reply(t)), /result 2 \(General Error\), error 4/)
  })
  test('without a number there is nothing to dial: Do Not Accept', () => {
    const t = nasLab({ red: 'host' })
    const replies: Pptp.Message[] = []
    const splitter = new Pptp.Splitter({ message: m => replies.push(m), rubbish: () => {} })
    const node = t.ipNode('red')
    const connection = node.tcp.connect(ip('192.0.2.2'), 1723, {
      opened: () => {
        const start = { protocolVersion: 0x100, framingCapabilities: 3, bearerCapabilities: 3, maximumChannels: 0 }
        const say = (m: Pptp.Message) => connection?.write(Pptp.write(m))
        say({ type: 'start-control-connection-request', ...start, firmwareRevision: 0, hostName: 'r', vendorName: 'v' })
        say({
          type: 'outgoing-call-request',
          callId: 5,
          callSerialNumber: 1,
          minimumBps: 300,
          maximumBps: 64_000,
          bearerType: 3,
          framingType: 3,
          packetRecvWindowSize: 8,
          packetProcessingDelay: 0,
          phoneNumberLength: 0,
          phoneNumber: '',
          subaddress: '',
        })
      },
      data: bytes => splitter.push(bytes),
      ended: () => {},
      closed: () => {},
    })
    t.until(3)
    const [answer] = replies.filter(m => m.type === 'outgoing-call-reply')
    assert.ok(answer.type === 'outgoing-call-reply')
    assert.equal(answer.resultCode, 7)
  })
  test('a line that is slower than the PNS wants: No Carrier', () => {
    const t = nasLab({ ...answers, line: { rate: '1200bit' } })
    t.call('red', '5550110')
    t.until(10)
    assert.match(String(reply(t)), /result 3 \(No Carrier\)/)
    assert.deepEqual(t.inUse(), NOTHING)
  })
})

describe('a fast tunnel before a slow line (RFC 2637 §4.2)', () => {
  const octets = 500_000
  function transfer(red: Record<string, unknown> = {}, nas: Record<string, unknown> = {}) {
    const t = nasLab({ red: { mppe: 'off', ...red }, nas, callers: { bob: { mppe: 'off' } } })
    t.dial('bob')
    t.until(5)
    const { env, tcp } = t.ipNode('bob')
    fetchBytes(env, tcp, { to: ip('10.8.0.1'), bytes: octets, port: 5001 })
    let most = 0
    for (let at = 5; at < 200 && t.seen('fetch-done').length === 0; at += 0.1) {
      t.until(at)
      most = Math.max(most, Number(t.value('nas', 'lines[pri0.1].waiting')))
    }
    const [done] = t.seen('fetch-done', 'bob')
    return { t, most, goodput: (octets * 10) / (done.took / 1e9) / 56_000 }
  }

  test('the PNS obeys the window: nothing is dropped, and the line is full', () => {
    const { t, most, goodput } = transfer()
    assert.ok(goodput > 0.9 && goodput <= 1, String(goodput))
    assert.ok(most > 1 && most <= 12, String(most))
    assert.ok(!t.drops('nas').includes('queue-full'))
  })
  test('a PNS that does not obey it loses what is too much, with the reason', () => {
    const { t, most } = transfer({ gre: { flow: 'none' } })
    assert.equal(most, 16)
    assert.ok(t.drops('nas').filter(reason => reason === 'queue-full').length > 0)
  })
})

describe('an access server that starts anew, and somebody who dials at any moment around it', () => {
  for (const direct of [true, false]) {
    test(direct ? 'by a line of its own' : 'by a trunk of one line', () => {
      for (let ms = -60; ms <= 100; ms += 4) {
        for (const inCall of [true, false]) {
          const t = nasLab({ direct, trunk: { lines: 1 } })
          if (inCall) t.dial('bob')
          t.until(5 + Math.min(ms, 0) / 1000)
          if (ms < 0) t.dial('bob')
          t.until(5)
          t.restart('nas')
          t.until(5 + Math.max(ms, 0) / 1000)
          if (ms >= 0) t.dial('bob')
          t.until(20)
          // Cut off, or never noticed: whatever it was, the next call is one like any other.
          if (t.value('bob', 'line.call') === 'idle') t.dial('bob')
          t.until(30)
          const use = direct ? 'lines[tty0].use' : 'lines[pri0].use'
          const moment = `${ms} ms, ${inCall ? 'in a call' : 'without a call'}`
          assert.equal(t.value('bob', 'ppp.ipcp'), 'opened', moment)
          assert.equal(t.value('nas', use), 'tunnelled', moment)
          t.hangUp('bob')
          t.until(40)
          assert.deepEqual(t.inUse(), NOTHING, moment)
        }
      }
    })
  }
})
