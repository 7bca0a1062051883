/**
 * What stock pppd 2.4.9 offers and how we come to terms with it, in both roles: its octets are those of the captures
 * (test/captures), its reactions those of test/support/pppd.ts.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { hex, unhex } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import type { AuthMethod, PppConfig } from '../../src/ppp/config.ts'
import { MppeReceiver } from '../../src/ppp/mppe.ts'
import { getAsymmetricStartKey } from '../../src/ppp/mppe-keys.ts'
import * as Gre from '../../src/wire/gre.ts'
import { readCapture } from '../support/captures.ts'
import { framePayload } from '../support/frame-payload.ts'
import { alone, CLIENT, drops, SERVER } from '../support/ppp.ts'
import { CAPTURED, Pppd, type PppdOptions } from '../support/pppd.ts'

const PPPD_CLIENT: PppdOptions = { lcp: CAPTURED.lcpClient, ipcp: CAPTURED.ipcpClient, ipv6cp: CAPTURED.ipv6cpClient }
const PPPD_SERVER: PppdOptions = {
  lcp: CAPTURED.lcpServer,
  ipcp: CAPTURED.ipcpServer,
  ipv6cp: CAPTURED.ipv6cpServer,
  server: true,
  gives: 'c0a8500a',
}
const MPPE_128 = { ccp: CAPTURED.ccpMppe128, grantsCcp: [18], requireMppe: true }
const COMPRESSION = { ccp: CAPTURED.ccpDefault, grantsCcp: [26, 24, 21] }

function meet(ours: Partial<PppConfig>, pppd: PppdOptions, seconds = 20) {
  const a = alone(ours)
  const peer = new Pppd(a, pppd)
  peer.run(sec(seconds))
  return { a, peer, session: a.us.session }
}

/** How the two came to terms. */
const outcome = ({ a, peer, session }: ReturnType<typeof meet>) =>
  a.us.ends.length > 0 || peer.terminated !== undefined
    ? { ends: a.us.ends.map(e => e.reason), terminated: peer.terminated }
    : {
        ipcp: session.ipcp,
        pppd: peer.ipcpOpened,
        encryption: a.us.facts[0]?.encryption,
      }

const UP = { ipcp: 'opened', pppd: true }

for (const [role, ours, theirs] of [
  ['our server', SERVER, PPPD_CLIENT],
  ['our client', CLIENT, PPPD_SERVER],
] as const) {
  describe(`pppd as it comes, and ${role}`, () => {
    test(`${role}: pppd with require-mppe-128 and the VJ and IPV6CP that it always offers`, () => {
      const m = meet({ ...ours, mppe: 'required' }, { ...theirs, ...MPPE_128 })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'mppe-128-stateless' })
      assert.ok(m.peer.ccpOpened)
      assert.deepEqual(m.a.us.ends, [])
    })

    test(`${role}: Deflate, BSD and VJ are rejected and never come back; IPCP opens without them (mppe: optional)`, () => {
      const m = meet({ ...ours, mppe: 'optional' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      const of = (line: string) => m.peer.talk.filter(t => t.startsWith(line))
      assert.deepEqual(of('us ccp configure-reject'), [
        'us ccp configure-reject: deflate 7800, deflate-draft 7800, bsd 2f',
      ])
      assert.deepEqual(of('us ipcp configure-reject'), ['us ipcp configure-reject: compression VJ'])
      assert.ok(of('us ipcp configure-nak').length <= 1)
    })

    test(`${role}: CCP is answered by one Protocol-Reject where encryption is off (RFC 1661 §5.7)`, () => {
      const m = meet({ ...ours, mppe: 'off' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      const rejects = m.peer.talk.filter(t => t.startsWith('us lcp protocol-reject'))
      assert.equal(rejects.filter(t => t.includes('ccp') && !t.includes('ipv6cp') && !t.includes('ipcp')).length, 1)
    })

    test(`${role}: IPV6CP gets a Protocol-Reject and a drop in the trace, and is not asked for again (RFC 1661 §5.7)`, () => {
      const m = meet({ ...ours, mppe: 'off' }, theirs)
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      assert.equal(m.peer.talk.filter(t => t.startsWith('pppd ipv6cp')).length, 1)
      assert.deepEqual(drops(m.a.events, 'us'), ['ppp-protocol-rejected'])
    })

    test(`${role}: encryption required and pppd with nomppe noccp: the link ends and says why`, () => {
      const m = meet({ ...ours, mppe: 'required' }, theirs)
      assert.deepEqual(
        m.a.us.ends.map(e => e.reason),
        ['mppe-required'],
      )
      assert.match(m.peer.terminated ?? '', /^us: Encryption is required\. The peer does not speak CCP/)
    })

    test(`${role}: encryption required and pppd that only compresses: the link ends and says why`, () => {
      const m = meet({ ...ours, mppe: 'required' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(
        m.a.us.ends.map(e => e.reason),
        ['mppe-required'],
      )
    })

    test(`${role}: encryption off and pppd with require-mppe: pppd ends the link, and its sentence is told`, () => {
      const m = meet({ ...ours, mppe: 'off' }, { ...theirs, ...MPPE_128 })
      assert.deepEqual(
        m.a.us.ends.map(e => [e.reason, e.detail]),
        [['peer-closed', 'The peer ended the link: "MPPE required but peer negotiation failed".']],
      )
    })

    test(`${role}: whatever pppd offers, few words are enough and no request is repeated`, () => {
      for (const mppe of ['off', 'optional', 'required'] as const) {
        for (const ccp of [{}, COMPRESSION, MPPE_128]) {
          const m = meet({ ...ours, mppe }, { ...theirs, ...ccp })
          const said = `${mppe} ${JSON.stringify(ccp)}\n${m.peer.talk.join('\n')}`
          assert.ok(m.peer.talk.length < 60, said)
          assert.equal(m.a.us.facts.length === 1 || m.a.us.ends.length === 1, true, said)
        }
      }
    })
  })
}

/** The PPP frame of a GRE packet of a capture, in hexadecimal. */
function frame(capture: string, number: number): string {
  const packet = framePayload(readCapture(capture), number)
  return hex(packet.subarray(Gre.headerLength(packet, 0)))
}

const request = (id: number, options: string): string =>
  `ff03c02101${hex(Uint8Array.of(id))}00${hex(Uint8Array.of(4 + options.length / 2))}${options}`

describe('LCP of pppd', () => {
  const opened = () => meet({ ...SERVER, mppe: 'off' }, PPPD_CLIENT, 1)

  test('options that pppd may add (quality, callback, multilink, endpoint) are rejected, and the rest opens', () => {
    const more = `${CAPTURED.lcpClient}0408c02500000bb80d0306110405dc130300`
    const m = meet({ ...SERVER, mppe: 'off' }, { ...PPPD_CLIENT, lcp: more }, 1)
    assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
    assert.equal(m.peer.talk.filter(t => t.startsWith('us lcp configure-reject')).length, 1)
  })
  test('no option at all, or only some: LCP opens (pppd default-asyncmap nomagic nopcomp noaccomp)', () => {
    for (const lcp of ['', '020600000000', '0104059c', '0206ffffffff0506f0a811f3']) {
      const m = meet({ ...SERVER, mppe: 'off' }, { ...PPPD_CLIENT, lcp }, 1)
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' }, lcp)
    }
  })
  test('Echo-Request as captured, without address and control fields, is answered at once (RFC 1661 §5.8, §6.6)', () => {
    const { a } = opened()
    a.peer.raw(frame('mschapv2-mppe128-stateless', 18))
    assert.match(a.peer.hears().join(), /^lcp echo-reply 0: magic 0x[0-9a-f]{8}$/)
  })
  test('Echo-Request before our side is Opened is dropped, and does no harm (RFC 1661 §5.8)', () => {
    const a = alone({})
    a.us.session.open()
    a.peer.frames()
    a.peer.raw(frame('mschapv2-mppe128-stateless', 18))
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['ppp-unexpected']])
  })
  test('two Terminate-Requests 25 ms apart: each gets its own Terminate-Ack, and the end is told once (RFC 1661 §5.5)', () => {
    const { a } = opened()
    a.peer.raw(frame('mschapv2-mppe128-stateless', 617))
    a.advance(sec(0.025))
    a.peer.raw(frame('mschapv2-mppe128-stateless', 618))
    const acks = [619, 620].map(number => frame('mschapv2-mppe128-stateless', number))
    assert.deepEqual(a.peer.frames(), acks)
    a.advance(sec(10))
    assert.deepEqual(
      a.us.ends.map(e => [e.reason, e.detail]),
      [['peer-closed', 'The peer ended the link: "MPPE disabled".']],
    )
    assert.equal(a.us.downs.length, 1)
  })
  test('the line goes between the two: nothing is sent, the end is told once', () => {
    const { a } = opened()
    a.peer.raw(frame('mschapv2-mppe128-stateless', 617))
    a.peer.frames()
    a.us.session.lowerDown()
    a.peer.raw(frame('mschapv2-mppe128-stateless', 618))
    a.advance(sec(10))
    assert.deepEqual([a.peer.frames(), a.us.ends.length, drops(a.events, 'us').at(-1)], [[], 1, 'ppp-unexpected'])
  })
})

describe('authentication with pppd', () => {
  const EAP = '0304c227'
  const MS_V1 = '0305c22380'
  const MS_V2 = '0305c22381'
  const MD5 = '0305c22305'
  const PAP = '0304c023'
  const auth = (text: string) => /auth ([^,]+)/.exec(text)?.[1]

  for (const [suggestion, next] of [
    [EAP, 'CHAP MD5'],
    [MS_V1, 'CHAP MD5'],
    [MD5, 'CHAP MD5'],
    [PAP, 'PAP'],
  ] as const) {
    test(`our server: pppd Naks MS-CHAPv2 with ${suggestion}: the next demand is ${next} (RFC 1661 §5.3, §6.2)`, () => {
      const methods: readonly AuthMethod[] = ['ms-chap-v2', 'chap-md5', 'pap']
      const a = alone({ ...SERVER, mppe: 'off', authenticatePeer: { ...SERVER.authenticatePeer!, methods } })
      a.us.session.open()
      assert.equal(auth(a.peer.hears()[0]), 'CHAP MS-v2')
      a.peer.raw(`ff03c021030100${hex(Uint8Array.of(4 + suggestion.length / 2))}${suggestion}`)
      assert.equal(auth(a.peer.hears()[0]), next)
    })
  }
  test('our server: a pppd that Naks for ever with EAP is left after our last method', () => {
    const methods: readonly AuthMethod[] = ['ms-chap-v2', 'chap-md5']
    const a = alone({ ...SERVER, mppe: 'off', authenticatePeer: { ...SERVER.authenticatePeer!, methods } })
    a.us.session.open()
    for (let id = 1; id <= 2; id++) a.peer.raw(`ff03c02103${hex(Uint8Array.of(id))}0008${EAP}`)
    assert.match(a.peer.hears().at(-1) ?? '', /^lcp terminate-request .*refuses to authenticate/)
  })
  test('our client: EAP and MS-CHAP that pppd demands are Nak-ed with MS-CHAPv2, which is then acknowledged', () => {
    for (const demand of [EAP, MS_V1]) {
      const a = alone({ ...CLIENT, ourself: { ...CLIENT.ourself!, methods: ['ms-chap-v2'] } })
      a.us.session.open()
      a.peer.hears()
      a.peer.raw(request(1, `${demand}0506b9a5d74c`))
      assert.deepEqual(a.peer.hears(), ['lcp configure-nak 1: auth CHAP MS-v2'])
      a.peer.raw(request(2, `${MS_V2}0506b9a5d74c`))
      assert.match(a.peer.hears()[0], /^lcp configure-ack 2: auth CHAP MS-v2/)
    }
  })
  test('our client: a pppd that insists on EAP gets a Reject after Max-Failure Naks (RFC 1661 §4.6)', () => {
    const a = alone(CLIENT)
    a.us.session.open()
    a.peer.hears()
    for (let id = 1; id <= 6; id++) a.peer.raw(request(id, `${EAP}0506b9a5d74c`))
    const said = a.peer.hears().map(text => text.split(' ')[1])
    assert.deepEqual(said, [...new Array(5).fill('configure-nak'), 'configure-reject'])
  })
  test('our client: chap-interval, a Challenge in Opened is answered, and changes nothing (RFC 1994 §2)', () => {
    const m = meet(CLIENT, { ...PPPD_SERVER, ...MPPE_128 }, 5)
    m.peer.challengeAgain()
    m.a.advance(sec(30))
    assert.deepEqual(
      m.peer.talk.filter(t => t.startsWith('us chap')),
      ['us chap response', 'us chap response'],
    )
    assert.deepEqual([m.a.us.ends, m.a.us.facts.length, m.session.ipcp], [[], 1, 'opened'])
  })
  test('our client: CCP opened anew after that takes the keys of the last Challenge, as pppd (RFC 3079 §3.4)', () => {
    const m = meet(CLIENT, { ...PPPD_SERVER, ...MPPE_128 }, 5)
    m.peer.challengeAgain()
    m.a.peer.raw('80fd0177000a120601000040')
    const [ours] = m.a.peer.frames().filter(text => text.startsWith('80fd01'))
    m.a.peer.raw(`80fd02${ours.slice(6)}`)
    assert.equal(m.session.ccp, 'opened')
    m.a.peer.frames()
    m.session.send(m.a.us.env.packets.from(unhex('4500001400000000400600000a0000010a000002')))
    const [sent] = m.a.peer.frames()
    const key = getAsymmetricStartKey(m.peer.masterKey, 128, false, true)
    const packet = m.a.us.env.packets.from(unhex(sent.slice(2)))
    assert.equal(new MppeReceiver(key, { bits: 128, stateful: false }).decrypt(packet), 'ok')
    assert.equal(hex(packet.data), '0021' + '4500001400000000400600000a0000010a000002')
  })
  test('our client: a Failure with R=1, as captured, ends the link; no second try is made (RFC 2759 §6)', () => {
    const a = alone(CLIENT)
    const peer = new Pppd(a, { ...PPPD_SERVER, ...MPPE_128 })
    peer.silent = true
    peer.run(sec(1))
    const failure = frame('mschapv2-wrong-password', 21)
    a.peer.raw(failure.replace('c223046d', 'c223046a'))
    assert.match(a.peer.hears().join(), /^lcp terminate-request/)
    a.advance(sec(20))
    assert.deepEqual(
      a.us.ends.map(e => e.reason),
      ['auth-failed'],
    )
  })
})

describe('IPCP of pppd', () => {
  test('our server: pppd asks for an address of its own and for name servers (usepeerdns): it gets ours (RFC 1332 §3.3, RFC 1877)', () => {
    const ipcp = `0206002d0f010306c0a80105810600000000830600000000`
    const dns = [ip('8.8.8.8'), ip('9.9.9.9')]
    const m = meet({ ...SERVER, mppe: 'off', ip: { ...SERVER.ip, dns } }, { ...PPPD_CLIENT, ipcp }, 1)
    assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
    assert.equal(m.peer.address, 'c0a8500a')
    const last = m.peer.talk.filter(t => t.startsWith('us ipcp configure-ack')).at(-1)
    assert.equal(last, 'us ipcp configure-ack: address 192.168.80.10, dns1 8.8.8.8, dns2 9.9.9.9')
  })
  test('our server has no name servers: they are rejected, and IPCP opens without', () => {
    const ipcp = `030600000000810600000000830600000000`
    const m = meet({ ...SERVER, mppe: 'off' }, { ...PPPD_CLIENT, ipcp }, 1)
    assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
    assert.ok(m.peer.talk.includes('us ipcp configure-reject: dns1 0.0.0.0, dns2 0.0.0.0'))
  })
  test('our client asks pppd for name servers, which it rejects when it has none: IPCP opens without', () => {
    const m = meet({ ...CLIENT, mppe: 'off', ip: { ...CLIENT.ip, requestDns: true } }, PPPD_SERVER, 1)
    assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
    assert.deepEqual(
      [m.a.us.facts[0].local, m.a.us.facts[0].peer, m.a.us.facts[0].dns],
      [ip('192.168.80.10'), ip('192.168.80.1'), []],
    )
  })
})

describe('CCP of pppd with MPPE', () => {
  test('Reset-Request and an unasked Reset-Ack in stateless mode change nothing (RFC 3078 §8.1)', () => {
    const m = meet(SERVER, { ...PPPD_CLIENT, ...MPPE_128 }, 1)
    m.a.peer.frames()
    m.a.peer.raw('80fd0e050004')
    m.a.peer.raw('80fd0f050004')
    m.a.advance(sec(5))
    assert.deepEqual([m.a.peer.frames(), m.session.ccp, m.a.us.ends], [[], 'opened', []])
  })
})

describe('protocols that we do not speak', () => {
  const STRANGE = [
    'c025',
    '8281',
    '0281',
    '0057',
    '8057',
    '8207',
    '0207',
    '002d',
    '002f',
    '8053',
    '80fb',
    '00fb',
    '00fd',
    '80fd',
  ]
  test('each is rejected with its number, one Protocol-Reject a packet and not longer than it need be (RFC 1661 §5.7)', () => {
    const m = meet({ ...SERVER, mppe: 'off' }, PPPD_CLIENT, 1)
    for (const protocol of STRANGE) {
      m.a.peer.frames()
      for (let n = 0; n < 100; n++) m.a.peer.raw(`${protocol}010100041234`)
      const rejects = m.a.peer.frames()
      assert.equal(rejects.length, 100, protocol)
      for (const reject of rejects) {
        assert.equal(reject.slice(12, 16), protocol)
        assert.equal(reject.length, `${protocol}010100041234`.length + 2 * (2 + 4))
      }
    }
    assert.equal(m.session.ipcp, 'opened')
  })
  test('with the protocol number compressed, too (RFC 1661 §6.5)', () => {
    const m = meet({ ...SERVER, mppe: 'off' }, PPPD_CLIENT, 1)
    m.a.peer.frames()
    m.a.peer.raw('57' + '6000000000003b40')
    assert.match(m.a.peer.hears()[0], /^lcp protocol-reject \d+: protocol ipv6$/)
    m.a.peer.raw('fd' + '00000a4f')
    assert.match(m.a.peer.hears()[0], /^lcp protocol-reject \d+: protocol compressed$/)
  })
  test('a Protocol-Reject is not answered by another one', () => {
    const m = meet({ ...SERVER, mppe: 'off' }, PPPD_CLIENT, 1)
    m.a.peer.frames()
    m.a.peer.raw(`c0210807000882810101`)
    assert.deepEqual(m.a.peer.frames(), [])
    assert.equal(m.session.ipcp, 'opened')
  })
})
