/** Every fault of the measured helper has a switch: what happens when it is as it should be. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { PptpHelper } from '../../src/filter/types.ts'
import * as M from '../nat/messages.ts'
import { Call, CLOSED, dnat, IP, MASQ, Rig } from '../nat/rig.ts'

function rigWith(pptp: Partial<PptpHelper>, rules: readonly string[] = CLOSED): Rig {
  const rig = new Rig()
  rig.set('nat', { nat: MASQ, helper: 'prerouting', rules, pptp })
  rig.greOpen('c1', 'c2', 's1')
  return rig
}
const outcomes = (...probes: readonly { readonly outcome: string }[]): string[] => probes.map(({ outcome }) => outcome)
const BOTH = ['delivered', 'delivered']

describe('the switches of the PPTP helper', () => {
  test('reads all: a request behind another message in its segment is understood (RFC 2637 §1.4)', () => {
    const rig = rigWith({ reads: 'all' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222, 'SCCRP')
    call.c.send(M.echoRequest(), M.ocrq(1111))
    call.d.get()
    call.atServer = call.d.get()
    assert.equal(call.atServer.callid, 40_001)
    call.d.send(M.echoReply(), M.ocrp(2222, 40_001))
    call.c.get()
    call.atClient = call.c.get()
    assert.deepEqual(outcomes(call.up(), call.down()), BOTH)
  })

  test('reads all: a request cut in two segments is understood, and the message behind its end too', () => {
    const rig = rigWith({ reads: 'all' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222, 'SCCRP')
    const bytes = new Uint8Array(168 + 16)
    bytes.set(M.ocrq(1111))
    bytes.set(M.ccrq(1111), 168)
    call.c.send(bytes.subarray(0, 61))
    rig.wait(ms(100))
    call.c.send(bytes.subarray(61))
    assert.equal(call.d.get().callid, 40_001)
    assert.equal(call.d.get().callid, 40_001)
  })

  test('both callers: a NAS behind the box that sends Incoming-Call-Request gets its data (case B16 is the fault)', () => {
    const rig = rigWith({ caller: 'both', calls: 'all', incomingConnected: 'translated' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222, 'SCCRP')
    call.c.send(M.icrq(1111))
    call.atServer = call.d.get()
    assert.equal(call.atServer.callid, 40_001)
    call.d.send(M.icrp(2222, 40_001))
    call.atClient = call.c.get()
    assert.equal(call.atClient.peer, 1111)
    call.c.send(M.iccn(2222))
    assert.equal(call.d.get().peer, 2222)
    assert.deepEqual(outcomes(call.down(), call.up()), BOTH)
  })

  test('all calls: two calls of one control connection have call IDs of their own (case B14 is the fault)', () => {
    const rig = rigWith({ calls: 'all', newCallId: 'unique' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    const first = call.atServer
    call.call(1112, 2223)
    assert.notEqual(call.atServer.callid, first.callid)
    const { callid } = rig.probe('s1', call.d.peerAddress, call.atServer.callid).received_by.c1
    assert.equal(callid, 1112)
    assert.equal(rig.probe('s1', call.d.peerAddress, first.callid).received_by.c1.callid, 1111)
    assert.deepEqual(outcomes(call.up(), rig.probe('c1', IP.s1, 2222)), BOTH)
  })

  test('new call ID when taken: the first client keeps its own, the second gets another', () => {
    const rig = rigWith({ calls: 'all', newCallId: 'when-taken' })
    const server = rig.listen('s1')
    const one = new Call(rig, 'c1', server, IP.s1, 40_001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40_002, 1111, 2222)
    assert.equal(one.atServer.callid, 1111)
    assert.notEqual(two.atServer.callid, 1111)
    assert.deepEqual(outcomes(one.up(), two.up(), one.down(), two.down()), [...BOTH, ...BOTH])
  })

  test('new call ID when taken: a call ID of zero is taken like any other', () => {
    const rig = rigWith({ calls: 'all', newCallId: 'when-taken' })
    const server = rig.listen('s1')
    const one = new Call(rig, 'c1', server, IP.s1, 40_001, 0, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40_002, 0, 2222)
    assert.equal(one.atServer.callid, 0)
    assert.notEqual(two.atServer.callid, 0)
    assert.deepEqual(outcomes(one.up(), two.up(), one.down(), two.down()), [...BOTH, ...BOTH])
  })

  test('disconnect as sent: the client is told the ID of the server (RFC 2637 §2.13)', () => {
    const rig = rigWith({ disconnect: 'as-sent' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    assert.deepEqual(outcomes(call.up(), call.down()), BOTH)
    call.d.send(M.cdn(2222))
    assert.equal(call.c.get().callid, 2222)
    assert.equal(call.down().outcome, 'lost')
  })

  test("incoming connected translated: the client's call ID stands in it (case B15 is the fault)", () => {
    const rig = rigWith({ incomingConnected: 'translated' })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222, 'SCCRP')
    call.d.send(M.icrq(2222))
    call.atClient = call.c.get()
    call.c.send(M.icrp(1111, 2222))
    call.atServer = call.d.get()
    call.d.send(M.iccn(call.atServer.callid ?? 0))
    assert.equal(call.c.get().peer, 1111)
    assert.equal(call.down().received_by.c1.callid, 1111)
    assert.equal(call.up().outcome, 'delivered')
  })

  test('dropped first kept: once the rule is mended the call works (case B36 is the fault)', () => {
    const forward = ['policy forward drop', 'forward accept proto tcp dport 1723']
    const rules = [...CLOSED, ...forward, 'forward accept state established']
    for (const first of ['up', 'down'] as const) {
      const rig = rigWith({ droppedFirst: 'kept' }, rules)
      const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
      assert.equal(call[first]().outcome, 'lost')
      const mended = [...CLOSED, ...forward, 'forward accept state established,related']
      rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: mended, pptp: { droppedFirst: 'kept' } })
      assert.deepEqual(outcomes(call.up(), call.down()), BOTH)
    }
  })

  test('ICMP errors translated: the client hears that its GRE was too large (case C9 is the fault)', () => {
    const rig = rigWith({ icmpErrors: 'translated' })
    rig.setMtu('r', 'srv0', 1300)
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    call.up()
    const big = call.up({ payload: 1400, df: true })
    assert.equal(big.outcome, 'icmp 3/4')
    assert.equal(big.icmp[0].inner, `${IP.c1}>${IP.s1} cid=2222`)
  })

  test('ICMP errors translated: what the client refuses is told of the address that the server knows (C8)', () => {
    const rig = rigWith({ icmpErrors: 'translated' })
    rig.greClose('c1')
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    const [error] = call.down().icmp
    assert.equal(error.inner, `${IP.s1}>${IP.nat} cid=40001`)
  })

  test('idle call remembered: after the GRE entry is gone the server reaches the client again (B22 is the fault)', () => {
    const timeouts = { gre: sec(2), greStream: sec(3) }
    const rig = new Rig()
    const nat = rig.set('nat', {
      nat: MASQ,
      helper: 'prerouting',
      rules: CLOSED,
      timeouts,
      pptp: { idleCall: 'remembered' },
    })
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    assert.deepEqual(outcomes(call.up(), call.down()), BOTH)
    rig.wait(sec(5))
    assert.equal(nat.conntrack.living.length, 1)
    assert.deepEqual(outcomes(call.down(), call.up()), BOTH)
  })
})

describe('what has outlived its time and is not swept yet', () => {
  const timeouts = { gre: sec(1), greStream: sec(2), tcpClose: sec(1) }
  const dialled = () => {
    const rig = new Rig()
    const nat = rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED, timeouts })
    rig.greOpen('c1', 's1')
    return { rig, nat, call: new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222) }
  }

  test('its keys are known to the next packet, which an expectation that was left lets through, and to none after it', () => {
    for (const [seconds, first] of [
      [4, 'delivered'],
      [70, 'lost'],
    ] as const) {
      const rig = new Rig()
      rig.routed()
      const nat = [dnat({ inside: 'wan0', protocol: 6, target: IP.s3 }), ...MASQ]
      rig.set('sn', { nat, helper: 'prerouting', rules: CLOSED, timeouts })
      rig.greOpen('c1', 's3')
      const call = new Call(rig, 'c1', rig.listen('s3'), IP.sn, 40_001, 1111, 2222)
      assert.deepEqual(outcomes(call.down()), ['delivered'])
      rig.wait(sec(seconds))
      assert.deepEqual(outcomes(call.up(), call.up()), [first, 'lost'])
    }
  })

  test('a control connection that was reset holds the GRE of its calls until the table is swept, once a minute', () => {
    const { rig, nat, call } = dialled()
    call.up()
    call.c.abort()
    for (let second = 0; second < 50; second++) {
      assert.deepEqual(outcomes(call.up(), call.down()), BOTH, `second ${second}`)
      rig.wait(ms(760))
    }
    rig.wait(sec(1) + sec(60) - (rig.now % sec(60)))
    assert.equal(nat.conntrack.size, 0)
    assert.deepEqual(outcomes(call.down()), ['lost'])
  })
})

describe('what the helper leaves behind', () => {
  test('nothing, after the control connection is gone', () => {
    for (const calls of ['last', 'all'] as const) {
      const rig = new Rig()
      const nat = rig.set('nat', { nat: MASQ, helper: 'prerouting', pptp: { calls } })
      rig.greOpen('c1', 's1')
      const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
      call.up()
      assert.equal(nat.conntrack.keymap.size, 2)
      call.c.close()
      rig.wait(ms(50))
      call.d.close()
      rig.wait(sec(121))
      assert.deepEqual([nat.conntrack.size, nat.conntrack.keymap.size, nat.alg.size], [0, 0, 0])
      assert.deepEqual(nat.conntrack.expectations, [])
    }
  })

  test('nothing of a call that was refused', () => {
    const rig = new Rig()
    const nat = rig.set('nat', { nat: MASQ, helper: 'prerouting', pptp: { calls: 'all' } })
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222, 'SCCRP')
    call.c.send(M.ocrq(1111))
    call.d.send(M.ocrp(0, call.d.get().callid ?? 0, 4))
    assert.equal(call.c.get().peer, 1111)
    assert.equal(nat.alg.size, 0)
  })

  test('128 calls of one control connection at most: those that are not up give way to new ones', () => {
    const rig = new Rig()
    const nat = rig.set('nat', {
      nat: MASQ,
      helper: 'prerouting',
      pptp: { reads: 'all', calls: 'all', newCallId: 'unique' },
    })
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    for (let id = 2000; id < 2200; id++) {
      call.c.send(M.ocrq(id))
      rig.wait(ms(100))
    }
    assert.equal(nat.alg.size, 128)
    assert.deepEqual(outcomes(call.up(), call.down()), BOTH)
  })

  test('an expected flow that never comes is forgotten after 300 s', () => {
    const rig = new Rig()
    const nat = rig.set('nat', { nat: MASQ, helper: 'prerouting' })
    new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    assert.equal(nat.conntrack.expectations.length, 2)
    rig.wait(sec(301))
    assert.equal(nat.conntrack.expectations.length, 0)
  })
})
