/** CCP and the option of MPPE: one session and a peer played by hand, then two sessions that may lose packets. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, get16, get32, hex, unhex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { PppConfig } from '../../src/ppp/config.ts'
import type { Bits } from '../../src/ppp/mppe-keys.ts'
import { best, concede, judge, MPPE_STATES, type MppePolicy, policyOf, wish } from '../../src/ppp/mppe-policy.ts'
import * as Mppe from '../../src/wire/mppe.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { fc } from '../support/fast-check.ts'
import {
  ackLcp,
  CLIENT,
  ccpAsked,
  drops,
  messages,
  type OnWire,
  options,
  type PairOptions,
  pair,
  request,
  SERVER,
} from '../support/ppp.ts'

const empty = new Uint8Array(0)
const PING = '4500001c000100004001f98ac0a8500ac0a850010800f7ff00000000'

const policy = (
  strengths: readonly Bits[],
  state: MppePolicy['state'] = 'stateless',
  rest: Partial<MppePolicy> = {},
): MppePolicy => ({ use: 'required', strengths, state, reset: 'rfc', ...rest })
const ALL: readonly Bits[] = [128, 56, 40]

describe('CCP', () => {
  test('asks for 128 bit without state, and acknowledges the same (RFC 3078 §2)', () => {
    const a = ccpAsked()
    assert.deepEqual(a.peer.frames(), ['80fd0101000a120601000040'])
    a.peer.raw('80fd0101000a120601000040')
    assert.deepEqual(a.peer.frames(), ['80fd0201000a120601000040'])
    a.peer.raw('80fd0201000a120601000040')
    assert.equal(a.us.session.ccp, 'opened')
    assert.match(a.peer.hears()[0], /^ipcp configure-request 1: address 0\.0\.0\.0/)
  })
  test('IP in clear before CCP is open is dropped: mppe-required, or not opened yet where encryption is optional', () => {
    for (const [mppe, reason] of [
      ['required', 'mppe-required'],
      ['optional', 'ppp-not-opened'],
    ] as const) {
      const a = ccpAsked({ mppe })
      a.peer.raw(`0021${PING}`)
      assert.deepEqual([drops(a.events, 'us'), a.us.ups], [[reason], []])
    }
  })
  test('nothing is sent or taken under 0x00fd before CCP is open (RFC 1962 §2.1, RFC 3078 §3)', () => {
    const a = ccpAsked()
    a.peer.frames()
    a.us.session.send(a.us.env.packets.from(unhex(PING)))
    a.peer.raw('00fd9000aabbcc')
    assert.deepEqual(a.peer.frames(), [])
    assert.deepEqual(drops(a.events, 'us'), ['ppp-not-opened', 'ppp-not-opened'])
  })
  test('each packet of CCP goes alone, under protocol 0x80fd, with and without address and control field (RFC 1962 §2)', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    const frames = p.wire.map(line => line.split(' ')[1]).filter(text => /^(ff03)?80fd/.test(text))
    assert.equal(frames.length, 4)
    for (const text of frames) {
      const ppp = Ppp.parse(unhex(text))
      assert.ok(ppp.ok && ppp.value.protocol === Ppp.CCP)
      assert.equal(get16(ppp.value.info, 2), ppp.value.info.length)
    }
  })
  test('waits for the network phase: before it CCP is discarded (RFC 1962 §2)', () => {
    const p = pair()
    p.open()
    p.run(ms(15))
    assert.equal(p.server.session.phase, 'establish')
    p.server.session.receive(p.server.env.packets.from(unhex('80fd0101000a120601000040')))
    assert.deepEqual(drops(p.events, 'server'), ['ppp-unexpected'])
  })
  test('codes other than 1 to 7, 14 and 15 get a Code-Reject (RFC 1962 §2)', () => {
    const a = ccpAsked()
    a.peer.hears()
    for (const code of ['08', '09', '0c', '0d', '10']) a.peer.raw(`80fd${code}05000c0000c02100000000`)
    assert.deepEqual(
      a.peer.hears().map(line => line.replace(/ \d+:/, ':')),
      ['8', '9', '12', '13', '16'].map(code => `ccp code-reject: code ${code}`),
    )
  })

  test('IPCP of the peer that comes too early is held and answered as soon as CCP is open', () => {
    const a = ccpAsked()
    a.peer.frames()
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.raw('80210102000a0306c0a85002')
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], []])
    a.peer.raw('80fd0101000a120601000040')
    a.peer.hears()
    a.peer.raw('80fd0201000a120601000040')
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-request 1: address 0.0.0.0',
      'ipcp configure-ack 2: address 192.168.80.2',
    ])
  })
  test('… also where encryption is optional and does not come about: IPCP is up without a restart period', () => {
    const a = ccpAsked({ mppe: 'optional' })
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.hears()
    a.peer.raw(`c0210801001080fd0101000a120601000040`)
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-request 1: address 0.0.0.0',
      'ipcp configure-ack 1: address 192.168.80.1',
    ])
    a.peer.raw('80210301000a0306c0a8500a')
    a.peer.raw('80210202000a0306c0a8500a')
    assert.equal(a.us.session.ipcp, 'opened')
    assert.equal(a.world.scheduler.now, 0)
  })
  test('… but no answer to a request of ours is held, and nothing survives a new LCP negotiation', () => {
    const a = ccpAsked()
    a.peer.raw('80210201000a0306c0a85001')
    assert.deepEqual(drops(a.events, 'us'), ['ppp-unexpected'])
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.sends(Ppp.LCP, request(5, '0511223344', '07', '08'))
    assert.equal(a.us.session.ipcp, 'initial')
  })

  test('Deflate, BSD, Predictor, Stac, the OUI and MPPC are rejected (RFC 1962 §4)', () => {
    const a = ccpAsked()
    a.peer.hears()
    a.peer.sends(Ppp.CCP, request(1, '1a7800', '187800', '152f'))
    assert.deepEqual(a.peer.hears(), ['ccp configure-reject 1: deflate 7800, deflate-draft 7800, bsd 2f'])
    a.peer.sends(Ppp.CCP, request(2, '01', '02', '11000104', '00aabbcc01', '1201000001', '1201000040'))
    const [answer] = a.peer.frames()
    assert.equal(hex(unhex(answer)).slice(0, 6), '80fd04')
    a.peer.sends(Ppp.CCP, request(3, '1201000001'))
    assert.deepEqual(a.peer.hears(), ['ccp configure-reject 3: mppe 0x01000001 (stateless, MPPC)'])
    a.peer.sends(Ppp.CCP, request(4))
    assert.deepEqual(a.peer.hears(), ['ccp configure-nak 4: mppe 0x01000040 (stateless, 128 bit)'])
  })
  test('a peer that never asks for MPPE itself is not enough: the link ends if required', () => {
    const a = ccpAsked()
    a.peer.hears()
    for (let id = 1; id <= 6; id++) a.peer.sends(Ppp.CCP, request(id))
    a.peer.raw('80fd0201000a120601000040')
    assert.match(a.peer.hears().slice(-1)[0], /^lcp terminate-request/)
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'mppe-required')
    assert.match(a.us.ends[0].detail, /both directions/)
  })
  test('Configure-Reject of MPPE: the link ends if required, IPCP goes on in clear if optional', () => {
    const required = ccpAsked()
    required.peer.sends(Ppp.CCP, { type: 'configure-reject', id: 1, options: options('1201000040') })
    required.advance(sec(10))
    assert.equal(required.us.ends[0].reason, 'mppe-required')
    assert.match(
      required.us.ends[0].detail,
      /^Encryption is required\. The peer refuses MPPE\. Here MPPE may have 128 bit, stateless/,
    )
    const optional = ccpAsked({ mppe: 'optional' })
    optional.peer.hears()
    optional.peer.sends(Ppp.CCP, { type: 'configure-reject', id: 1, options: options('1201000040') })
    assert.match(optional.peer.hears()[0], /^ccp terminate-request/)
    optional.peer.sends(Ppp.CCP, { type: 'terminate-ack', id: 2, data: empty })
    assert.match(optional.peer.hears()[0], /^ipcp configure-request/)
  })
  test('when CCP goes down after encryption, the link ends rather than go on in clear', () => {
    const a = ccpAsked({ mppe: 'optional' })
    a.peer.raw('80fd0101000a120601000040')
    a.peer.raw('80fd0201000a120601000040')
    assert.equal(a.us.session.ccp, 'opened')
    a.peer.sends(Ppp.CCP, { type: 'terminate-request', id: 9, data: fromAscii('enough') })
    a.advance(sec(20))
    assert.equal(a.us.ends[0].reason, 'mppe-required')
    assert.match(a.us.ends[0].detail, /"enough"/)
  })
  test('CCP negotiated anew while IPCP is at work does not disturb IPCP', () => {
    const a = ccpAsked()
    a.peer.raw('80fd0101000a120601000040')
    a.peer.raw('80fd0201000a120601000040')
    a.peer.frames()
    a.peer.raw('80fd0102000a120601000040')
    assert.equal(a.us.session.ccp, 'ack-sent')
    a.peer.raw('80fd0202000a120601000040')
    assert.equal(a.us.session.ccp, 'opened')
    a.peer.raw('80210301000a0306c0a8500a')
    assert.match(a.peer.hears().slice(-1)[0], /^ipcp configure-request 2: address 192\.168\.80\.10/)
  })
  test('keys do not outlive the authentication that gave them', () => {
    const a = ccpAsked()
    a.peer.sends(Ppp.LCP, request(5, '0511223344', '07', '08'))
    ackLcp(a)
    assert.equal(a.us.session.phase, 'terminate')
    a.advance(sec(10))
    assert.match(a.us.ends[0].detail, /no keys/)
  })
})

describe('the MPPE option', () => {
  const S = 0x40
  const M = 0x80
  const L = 0x20
  const D = 0x10
  const C = 0x01
  const H = 0x01000000

  test('a request has every strength that may be used (RFC 3078 §2.1, the initiator SHOULD request all)', () => {
    assert.equal(wish(policy(ALL)), H | S | M | L)
    assert.equal(wish(policy([40])), H | L)
    assert.equal(wish(policy(ALL, 'either')), H | S | M | L)
    assert.equal(wish(policy([56, 128], 'stateful')), S | M)
    for (const word of ['optional', 'required'] as const) assert.equal(wish(policyOf(word)), H | S)
  })

  test('several strengths are Nak-ed with the strongest that both have (RFC 3078 §2.1, the responder SHOULD)', () => {
    for (const [ours, asked, nak] of [
      [ALL, S | M | L, S],
      [ALL, M | L, M],
      [[40, 56], S | M | L, M],
      [[40, 128], S | M | L, S],
      [[40], S | M | L, L],
    ] as const) {
      assert.deepEqual(judge(policy(ours), H | asked), { nak: H | nak })
    }
  })
  test('one strength that may be used is acknowledged, each in its turn (RFC 3078 §2.1)', () => {
    for (const bit of [S, M, L]) {
      assert.equal(judge(policy(ALL), H | bit), 'ack')
      assert.equal(judge(policy(ALL, 'stateful'), bit), 'ack')
      assert.equal(judge(policy(ALL, 'either'), bit), 'ack')
      assert.equal(judge(policy(ALL, 'either'), H | bit), 'ack')
    }
  })
  test('a strength that may not be used is Nak-ed with our strongest', () => {
    assert.deepEqual(judge(policy([128]), H | L), { nak: H | S })
    assert.deepEqual(judge(policy([40, 56]), H | S), { nak: H | M })
  })
  test('stateless and stateful: a Nak names what may be used, whatever the strength (RFC 3078 §2.1)', () => {
    assert.deepEqual(judge(policy([128], 'stateless'), S), { nak: H | S })
    assert.deepEqual(judge(policy([128], 'stateful'), H | S), { nak: S })
    assert.deepEqual(judge(policy([128], 'either'), S | L), { nak: S })
    assert.deepEqual(judge(policy([128], 'either'), H | S | L), { nak: H | S })
  })
  test('the obsolete bit D, MPPC beside encryption (C) and bits without a name are Nak-ed away (RFC 3078 §2)', () => {
    for (const extra of [D, C, D | C, 0x02, 0x80000000, 0x00010000]) {
      assert.deepEqual(judge(policy([128]), (H | S | extra) >>> 0), { nak: H | S })
    }
    assert.deepEqual(judge(policy([128]), D), { nak: H | S })
  })
  test('compression alone is rejected, an option of another length and one that asks for nothing are Nak-ed', () => {
    for (const asked of [C, H | C, C | D]) assert.equal(judge(policy(ALL), asked), 'reject')
    assert.deepEqual(judge(policy(ALL), undefined), { nak: H | S })
    assert.deepEqual(judge(policy(ALL), 0), { nak: H | S })
  })
  test('on the wire: two requests with wrong lengths, then the good one (RFC 1661 §5.3)', () => {
    const a = ccpAsked()
    a.peer.hears()
    a.peer.sends(Ppp.CCP, request(1, '12010000'))
    a.peer.sends(Ppp.CCP, request(2, '120100004000'))
    a.peer.sends(Ppp.CCP, request(3, '1201000050'))
    a.peer.sends(Ppp.CCP, request(4, '1201000040'))
    const nak = (id: number) => `ccp configure-nak ${id}: mppe 0x01000040 (stateless, 128 bit)`
    assert.deepEqual(a.peer.hears(), [
      nak(1),
      nak(2),
      nak(3),
      'ccp configure-ack 4: mppe 0x01000040 (stateless, 128 bit)',
    ])
  })

  test('after a Nak the next request has what it offers (RFC 3078 §2.1, the initiator SHOULD)', () => {
    assert.equal(concede(policy(ALL), H | L), H | L)
    assert.equal(concede(policy(ALL, 'either'), M), M)
    // What it adds and we do not know is left out.
    assert.equal(concede(policy([40, 56]), H | S | M | L | D | C), H | M | L)
  })
  test('… or the negotiation is over: nothing of it may be used (RFC 3078 §2.1)', () => {
    assert.equal(concede(policy([128]), H | L), undefined)
    assert.equal(concede(policy([128], 'stateless'), S), undefined)
    assert.equal(concede(policy([128], 'stateful'), H | S), undefined)
    assert.equal(concede(policy(ALL), H), undefined)
  })
  test('a Nak with weaker keys only ends the link, which says what was wanted on both sides', () => {
    const a = ccpAsked()
    a.peer.sends(Ppp.CCP, { type: 'configure-nak', id: 1, options: options('1201000020') })
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'mppe-required')
    assert.match(a.us.ends[0].detail, /Here MPPE may have 128 bit, stateless; the peer wants 40 bit, stateless\./)
  })
  test('of several strengths that a peer acknowledges at once the strongest counts', () => {
    const a = ccpAsked({ mppe: policy(ALL) })
    a.peer.frames()
    a.peer.raw('80fd0101000a120601000040')
    a.peer.raw('80fd0201000a1206010000e0')
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.raw('80210301000a0306c0a8500a')
    a.peer.raw('80210202000a0306c0a8500a')
    assert.deepEqual(
      a.us.facts.map(f => [f.encryption, f.decryption]),
      [['mppe-128-stateless', 'mppe-128-stateless']],
    )
  })

  const policies = fc.record({
    use: fc.constant('required' as const),
    strengths: fc.uniqueArray(fc.constantFrom<Bits>(40, 56, 128), { minLength: 1 }),
    state: fc.constantFrom(...MPPE_STATES),
    reset: fc.constant('rfc' as const),
  })
  test('any two policies: an agreement that both allow, or none because there is none', () => {
    fc.assert(
      fc.property(policies, policies, (ours, theirs) => {
        let asked: number | undefined = wish(ours)
        for (let round = 0; asked !== undefined && round < 4; round++) {
          const verdict = judge(theirs, asked)
          if (verdict === 'ack') {
            assert.equal(judge(ours, asked), 'ack')
            return
          }
          assert.ok(verdict !== 'reject')
          asked = concede(ours, verdict.nak)
        }
        assert.equal(asked, undefined, 'they come to an end')
        const strength = ours.strengths.some(one => theirs.strengths.includes(one))
        const state = ours.state === theirs.state || ours.state === 'either' || theirs.state === 'either'
        assert.ok(!strength || !state, 'there was something in common')
      }),
    )
  })
  test('what is demanded of a peer that asks for nothing is one strength', () => {
    fc.assert(
      fc.property(policies, one => {
        assert.equal(judge(one, best(one)), 'ack')
      }),
    )
  })
})

/** One IP packet from each end to the other. */
function exchange(p: ReturnType<typeof pair>, count = 1): void {
  for (let n = 0; n < count; n++) {
    for (const end of [p.client, p.server]) end.session.send(end.env.packets.from(unhex(PING)))
    p.run(p.world.scheduler.now + ms(50))
  }
}
function opened(options: PairOptions): ReturnType<typeof pair> {
  const p = pair(options)
  p.open()
  p.run(sec(1))
  return p
}
const both = (one: MppePolicy, other = one): PairOptions => ({ client: { mppe: one }, server: { mppe: other } })

describe('MPPE between two sessions', () => {
  for (const bits of ALL) {
    for (const state of ['stateless', 'stateful'] as const) {
      test(`${bits} bit, ${state}: 600 packets each way, over the flag packets`, () => {
        const p = opened(both(policy([bits], state)))
        const cipher = `mppe-${bits}-${state}`
        for (const end of [p.client, p.server]) {
          assert.deepEqual([end.facts[0].encryption, end.facts[0].decryption], [cipher, cipher])
        }
        exchange(p, 600)
        assert.deepEqual([p.client.ups.length, p.server.ups.length], [600, 600])
        assert.ok([...p.client.ups, ...p.server.ups].every(text => text === PING))
        assert.deepEqual([drops(p.events, 'client'), drops(p.events, 'server')], [[], []])
      })
    }
  }

  for (const bits of ALL) {
    test(`${bits} bit with the keys of MS-CHAP (RFC 3079 §2): 300 packets each way`, () => {
      const mppe = policy([bits], bits === 56 ? 'stateful' : 'stateless')
      const authenticatePeer = { ...SERVER.authenticatePeer!, methods: ['ms-chap' as const] }
      const ourself = { ...CLIENT.ourself!, methods: ['ms-chap' as const] }
      const p = opened({ client: { mppe, ourself }, server: { mppe, authenticatePeer } })
      exchange(p, 300)
      assert.deepEqual([p.client.ups.length, p.server.ups.length], [300, 300])
      assert.ok([...p.client.ups, ...p.server.ups].every(text => text === PING))
      assert.match(p.client.facts[0].encryption, new RegExp(`^mppe-${bits}-`))
    })
  }

  test('each direction has its own agreement (RFC 1962 §2)', () => {
    const a = ccpAsked({ mppe: policy([128, 40], 'either') })
    a.peer.frames()
    a.peer.sends(Ppp.CCP, { type: 'configure-nak', id: 1, options: options('1201000020') })
    assert.deepEqual(a.peer.hears(), ['ccp configure-request 2: mppe 0x01000020 (stateless, 40 bit)'])
    a.peer.raw('80fd0202000a120601000020')
    a.peer.raw('80fd0101000a120600000040')
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.raw('80210301000a0306c0a8500a')
    a.peer.raw('80210202000a0306c0a8500a')
    const [{ encryption, decryption }] = a.us.facts
    assert.deepEqual([encryption, decryption], ['mppe-128-stateful', 'mppe-40-stateless'])
  })

  test('all strengths on both sides: one Nak, and 128 bit (RFC 3078 §2.1)', () => {
    const p = opened(both(policy(ALL, 'either')))
    assert.equal(p.client.facts[0].encryption, 'mppe-128-stateless')
    assert.deepEqual(
      messages(p.events, 'client').filter(line => line.startsWith('sent ccp')),
      [
        'sent ccp configure-request: mppe 0x010000e0 (stateless, 128 bit, 56 bit, 40 bit)',
        'sent ccp configure-nak: mppe 0x01000040 (stateless, 128 bit)',
        'sent ccp configure-request: mppe 0x01000040 (stateless, 128 bit)',
        'sent ccp configure-ack: mppe 0x01000040 (stateless, 128 bit)',
      ],
    )
  })
  test('one that may be stateful follows one that wants it', () => {
    const p = opened(both(policy(ALL, 'stateful'), policy([40, 56], 'either')))
    assert.deepEqual(
      [p.client, p.server].map(end => [end.facts[0].encryption, end.facts[0].decryption]),
      new Array(2).fill(['mppe-56-stateful', 'mppe-56-stateful']),
    )
  })

  for (const [what, one, other, says] of [
    ['strengths', policy([128]), policy([40, 56]), /may have 128 bit, stateless; the peer wants 56 bit, stateless/],
    ['states', policy(ALL, 'stateless'), policy(ALL, 'stateful'), /stateless; the peer wants 128 bit, stateful/],
  ] as const) {
    test(`required by both, ${what} without a common one: both say so`, () => {
      const p = opened(both(one, other))
      p.run(sec(10))
      for (const end of [p.client, p.server]) {
        assert.deepEqual([end.ends[0].reason, end.ends[0].layer, end.facts], ['mppe-required', 'ccp', []])
      }
      assert.match(p.client.ends[0].detail, says)
      assert.match(p.server.ends[0].detail, /Here MPPE may have .*; the peer wants 128 bit, stateless\./)
    })
    test(`optional on both sides, ${what} without a common one: IP goes in clear`, () => {
      const p = opened(both({ ...one, use: 'optional' }, { ...other, use: 'optional' }))
      p.run(sec(10))
      assert.deepEqual([p.client.facts[0].encryption, p.server.facts[0].encryption], ['none', 'none'])
      exchange(p)
      assert.deepEqual([p.client.ups, p.server.ups], [[PING], [PING]])
    })
  }
})

/** Loses the encrypted packets of the client whose running number the test names. */
function losing(lost: (n: number) => boolean): (frame: OnWire) => boolean {
  let n = 0
  return ({ from, ppp }) => from === 'client' && ppp.protocol === Ppp.COMPRESSED && lost(n++)
}
const resets = (p: ReturnType<typeof pair>, node: string): string[] =>
  messages(p.events, node).filter(line => line.includes('reset'))

describe('losses in stateful mode', () => {
  const stateful = (reset: MppePolicy['reset'] = 'rfc', config: Partial<PppConfig> = {}): PairOptions => ({
    client: { mppe: policy([128], 'stateful', { reset }), ...config },
    server: { mppe: policy([128], 'stateful', { reset }) },
  })

  test('a gap: Reset-Request, and what comes is thrown away until FLUSHED (RFC 3078 §8.2, RFC 1962 §3.1)', () => {
    const p = opened({ ...stateful(), lose: losing(n => n === 1) })
    for (let n = 0; n < 6; n++) p.client.session.send(p.client.env.packets.from(unhex(PING)))
    p.run(sec(2))
    assert.deepEqual(resets(p, 'server'), ['sent ccp reset-request: '])
    assert.deepEqual(resets(p, 'client'), ['received ccp reset-request: '])
    assert.deepEqual(drops(p.events, 'server'), new Array(4).fill('mppe-out-of-sync'))
    exchange(p, 3)
    assert.equal(p.server.ups.length, 1 + 3)
    assert.ok(p.server.ups.every(text => text === PING))
  })
  test('no Reset-Ack is needed and none is sent: FLUSHED is the answer (RFC 3078 §8.2)', () => {
    const p = opened({ ...stateful(), lose: losing(n => n % 20 === 5) })
    exchange(p, 100)
    p.run(sec(60))
    assert.equal(resets(p, 'client').filter(line => line.includes('reset-ack')).length, 0)
    assert.equal(resets(p, 'server').length, 5)
    // Of each gap the lost packet and the one that showed it.
    assert.equal(p.server.ups.length, 100 - 5 - 5)
    assert.ok(p.server.ups.every(text => text === PING))
  })
  test('reset: linux: a Reset-Ack with the identifier of the request, and new keys (RFC 1962 §3.1)', () => {
    const p = opened({ ...stateful('linux'), lose: losing(n => n % 20 === 5) })
    exchange(p, 100)
    p.run(sec(60))
    const ids = (type: string, node: string): number[] =>
      p.events.flatMap(e => (e.event === 'ppp-message' && e.type === type && e.node === node ? [e.id] : []))
    assert.equal(ids('reset-request', 'server').length, 5)
    assert.deepEqual(ids('reset-ack', 'client'), ids('reset-request', 'server'))
    assert.equal(new Set(ids('reset-request', 'server')).size, 5)
    assert.equal(p.server.ups.length, 90)
    assert.ok(p.server.ups.every(text => text === PING))
  })
  test('a Reset-Request that was lost is repeated with its identifier, once a second (RFC 1962 §3.1)', () => {
    let lost = 0
    const gap = losing(n => n === 1)
    const lose = (frame: OnWire): boolean =>
      gap(frame) || (frame.ppp.protocol === Ppp.CCP && frame.ppp.info[0] === 14 && lost++ < 2)
    const p = opened({ ...stateful(), lose })
    exchange(p, 60)
    const sent = p.events.filter(e => e.event === 'ppp-message' && e.type === 'reset-request' && e.way === 'sent')
    assert.equal(sent.length, 3)
    assert.equal(new Set(sent.map(e => e.event === 'ppp-message' && e.id)).size, 1)
    assert.ok(sent[1].t - sent[0].t >= sec(1) && sent[2].t - sent[1].t >= sec(1))
    exchange(p, 1)
    assert.equal(p.server.ups.at(-1), PING)
  })
  test('lost FLUSHED packets are asked for again, the flag packet mends by itself (RFC 3078 §7.2, §8.2)', () => {
    const p = opened({ ...stateful(), lose: losing(n => (n >= 10 && n < 14) || n === 254) })
    for (let n = 0; n < 300; n++) p.client.session.send(p.client.env.packets.from(unhex(PING)))
    p.run(sec(5))
    // 10 to 13 are lost, 14 to 253 unreadable because all are under way already; 255 is a flag packet.
    assert.equal(p.server.ups.length, 10 + 45)
    exchange(p, 5)
    assert.equal(p.server.ups.length, 60)
  })
  test('1500 packets lost in a row: five key changes are made up for', () => {
    for (const state of ['stateful', 'stateless'] as const) {
      const p = opened({ ...both(policy([56], state)), lose: losing(n => n >= 3 && n < 1503) })
      for (let n = 0; n < 1503; n++) p.client.session.send(p.client.env.packets.from(unhex(PING)))
      p.run(sec(5))
      exchange(p, 3)
      assert.equal(p.server.ups.length, 3 + (state === 'stateful' ? 2 : 3))
      assert.ok(p.server.ups.every(text => text === PING))
    }
  })
  test('stateless: no Reset-Request is ever sent (RFC 3078 §8.1)', () => {
    const p = opened({ ...both(policy([128])), lose: losing(n => n % 3 === 1) })
    exchange(p, 90)
    assert.deepEqual([resets(p, 'server'), p.server.ups.length], [[], 60])
  })

  test('FLUSHED is set in the next packet only, and never in the packets before it (RFC 3078 §3.1, bit A)', () => {
    const p = opened({ ...stateful(), lose: losing(n => n === 5) })
    exchange(p, 20)
    const headers = p.wire.flatMap(line => {
      const [from, text] = line.split(' ')
      const ppp = Ppp.parse(unhex(text))
      return from === 'client' && ppp.ok && ppp.value.protocol === Ppp.COMPRESSED ? [ppp.value.info] : []
    })
    assert.deepEqual(
      headers.map(info => [Mppe.coherencyCount(info, 0), Mppe.isFlushed(info, 0)]).filter(([, flushed]) => flushed),
      [[7, true]],
    )
  })
  test('a Reset-Request where nothing is encrypted is discarded, a Reset-Ack is passed over', () => {
    const a = ccpAsked()
    a.peer.frames()
    a.peer.raw('80fd0e050004')
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['ppp-unexpected']])
    a.peer.raw('80fd0f050004')
    assert.deepEqual(a.peer.frames(), [])
  })
  test('a Reset-Request gets no Reset-Ack: in stateless mode every packet is FLUSHED (RFC 3078 §8.1)', () => {
    const a = ccpAsked()
    a.peer.raw('80fd0101000a120601000040')
    a.peer.raw('80fd0201000a120601000040')
    a.peer.frames()
    a.peer.raw('80fd0e050004')
    assert.deepEqual(a.peer.frames(), [])
    assert.equal(a.us.session.ccp, 'opened')
  })
  test('CCP negotiated anew starts counts and keys anew, with a Reset-Request open too (RFC 3078 §5)', () => {
    const p = opened({ ...stateful(), lose: losing(n => n === 1) })
    for (let n = 0; n < 3; n++) p.client.session.send(p.client.env.packets.from(unhex(PING)))
    p.run(p.world.scheduler.now + ms(12))
    const again = unhex('80fd0177000a120600000040')
    p.server.session.receive(p.server.env.packets.from(again))
    p.run(p.world.scheduler.now + sec(1))
    assert.deepEqual([p.server.session.ccp, p.client.session.ccp], ['opened', 'opened'])
    exchange(p, 5)
    assert.equal(p.server.ups.length, 6)
    const counts = p.wire
      .filter(line => /^client (ff03)?(00)?fd/.test(line))
      .map(line => line.split(/fd/)[1].slice(0, 4))
    assert.deepEqual(counts.slice(-5), ['1000', '1001', '1002', '1003', '1004'])
  })
  test('any losses in both directions: what arrives is right, and it goes on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.boolean(), (seed, stateless) => {
        let state = seed
        let over = false
        const lose = ({ ppp }: OnWire): boolean => {
          state = (state * 1103515245 + 12345) >>> 0
          const mppe = ppp.protocol === Ppp.COMPRESSED || (ppp.protocol === Ppp.CCP && ppp.info[0] === 14)
          return !over && mppe && (state >>> 16) % 10 === 0
        }
        const p = opened({ ...(stateless ? both(policy([128])) : stateful()), lose })
        exchange(p, 100)
        over = true
        p.run(p.world.scheduler.now + sec(1))
        exchange(p, 10)
        for (const end of [p.client, p.server]) {
          assert.ok(end.ups.every(text => text === PING))
          assert.ok(end.ups.length >= 8 && end.ups.length < 110)
        }
        const [up, down] = [p.server.ups.length, p.client.ups.length]
        exchange(p, 10)
        assert.deepEqual([p.server.ups.length, p.client.ups.length], [up + 10, down + 10])
      }),
      { numRuns: 20 },
    )
  })
})

test('the bits of the option as they stand in the captures of real peers (RFC 3078 §2)', () => {
  for (const [body, bits] of [
    ['01000040', wish(policyOf('required'))],
    ['00000040', wish(policy([128], 'stateful'))],
    ['01000020', wish(policy([40]))],
  ] as const) {
    assert.equal(get32(unhex(body), 0), bits)
  }
})
