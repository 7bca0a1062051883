/** Two sessions on a pipe: every way to come up and to end. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { AuthMethod } from '../../src/ppp/config.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { fc } from '../support/fast-check.ts'
import { CLIENT, CLIENT_ADDRESS, drops, messages, pair, SERVER, SERVER_ADDRESS, states } from '../support/ppp.ts'

/** An IP packet is only bytes here. */
const DATAGRAM = '4500001c000100004001f98ac0a8500ac0a850010800f7ff00000000'

const send = (end: ReturnType<typeof pair>['client'], text = DATAGRAM) =>
  end.session.send(end.env.packets.from(unhex(text)))

const withMethods = (methods: readonly AuthMethod[]) => ({
  ...SERVER.authenticatePeer!,
  methods,
})

describe('a session with MS-CHAPv2 and MPPE', () => {
  const p = pair()
  p.open()
  p.run(sec(1))

  test('goes through the phases of RFC 1661 §3.2 in their order', () => {
    for (const node of ['client', 'server']) {
      assert.deepEqual(states(p.events, node, 'ppp.phase'), ['establish', 'authenticate', 'network'])
      assert.deepEqual(states(p.events, node, 'ppp.auth'), ['authenticating', 'authenticated'])
      assert.deepEqual(states(p.events, node, 'ppp.ccp').slice(-1), ['opened'])
      assert.deepEqual(drops(p.events, node), [])
    }
  })
  test('exchanges the messages of the real capture in their order, IPV6CP and Echo aside', () => {
    assert.deepEqual(messages(p.events, 'client'), [
      'sent lcp configure-request: accm 0x00000000, magic 0x741120f1, pfc, acfc',
      'received lcp configure-request: accm 0x00000000, auth CHAP MS-v2, magic 0x6fab263e, pfc, acfc',
      'sent lcp configure-ack: accm 0x00000000, auth CHAP MS-v2, magic 0x6fab263e, pfc, acfc',
      'received lcp configure-ack: accm 0x00000000, magic 0x741120f1, pfc, acfc',
      'received chap challenge: value of 16 octets, name "pptpd"',
      'sent chap response: value of 49 octets, name "alice"',
      'received chap success: "S=506B92ECD88E81C91FE5EEEBB73530D3F05606C1 M=Access granted"',
      'sent ccp configure-request: mppe 0x01000040 (stateless, 128 bit)',
      'received ccp configure-request: mppe 0x01000040 (stateless, 128 bit)',
      'sent ccp configure-ack: mppe 0x01000040 (stateless, 128 bit)',
      'received ccp configure-ack: mppe 0x01000040 (stateless, 128 bit)',
      'sent ipcp configure-request: address 0.0.0.0',
      'received ipcp configure-request: address 192.168.80.1',
      'sent ipcp configure-ack: address 192.168.80.1',
      'received ipcp configure-nak: address 192.168.80.10',
      'sent ipcp configure-request: address 192.168.80.10',
      'received ipcp configure-ack: address 192.168.80.10',
    ])
  })
  test('tells both nodes their addresses, and an MTU four octets smaller for MPPE', () => {
    const cipher = 'mppe-128-stateless'
    const common = { dns: [], nbns: [], mtu: 1456, encryption: cipher, decryption: cipher } as const
    assert.deepEqual(p.client.facts, [{ ...common, local: CLIENT_ADDRESS, peer: SERVER_ADDRESS, user: undefined }])
    assert.deepEqual(p.server.facts, [{ ...common, local: SERVER_ADDRESS, peer: CLIENT_ADDRESS, user: 'alice' }])
  })
  test('LCP packets of codes 1 to 7 have address and control fields, all others not (RFC 1661 §6.6)', () => {
    for (const frame of p.wire) {
      const [, text] = frame.split(' ')
      assert.equal(text.startsWith('ff03'), text.includes('c0210'), text)
    }
  })
  test('carries IP packets, encrypted, both ways, under protocol 0xfd of one octet (RFC 1661 §6.5)', () => {
    const before = p.wire.length
    for (let n = 0; n < 300; n++) send(p.client)
    send(p.server)
    p.run(sec(2))
    const frames = p.wire.slice(before).map(f => f.split(' ')[1])
    assert.equal(frames.length, 301)
    assert.ok(frames.every(f => f.startsWith('fd') && !f.includes(DATAGRAM.slice(0, 24))))
    // Protocol 1, MPPE header 2, hidden protocol 2.
    assert.equal(frames[0].length / 2, DATAGRAM.length / 2 + 5)
    assert.equal(p.server.ups.length, 300)
    assert.ok(p.server.ups.every(u => u === DATAGRAM))
    assert.deepEqual(p.client.ups, [DATAGRAM])
    assert.deepEqual(p.client.session.snapshot().counters, { sent: 300, received: 1, encrypted: 300, decrypted: 1 })
  })
  test('drops an IP packet in clear text (mppe-required)', () => {
    p.server.session.receive(p.server.env.packets.from(unhex(`ff030021${DATAGRAM}`)))
    assert.deepEqual(drops(p.events, 'server'), ['mppe-required'])
    assert.equal(p.server.ups.length, 300)
  })
  test('drops an encrypted packet that was changed on the way', () => {
    p.server.session.receive(p.server.env.packets.from(unhex(`fd9${'3e7'}aabbccddeeff00112233`)))
    const [, reason] = drops(p.events, 'server')
    assert.ok(reason === 'mppe-garbled' || reason === 'mppe-out-of-sync', reason)
  })
})

describe('authentication', () => {
  for (const method of ['pap', 'chap-md5', 'ms-chap-v2'] as const) {
    test(`${method}: the right password`, () => {
      const p = pair({ client: { mppe: 'off' }, server: { mppe: 'off', authenticatePeer: withMethods([method]) } })
      p.open()
      p.run()
      assert.equal(p.client.session.ipcp, 'opened')
      assert.equal(p.server.session.ipcp, 'opened')
      assert.equal(p.server.session.snapshot().user, 'alice')
      assert.equal(p.client.facts[0].encryption, 'none')
      assert.equal(p.client.facts[0].mtu, 1460)
      send(p.client)
      p.run(sec(61))
      assert.deepEqual(p.server.ups, [DATAGRAM])
      assert.ok(p.wire.slice(-1)[0].endsWith(`client 21${DATAGRAM}`))
    })
    test(`${method}: a wrong password ends the link on both sides, and says so`, () => {
      const ourself = { ...CLIENT.ourself!, password: 'wrong-password' }
      const p = pair({
        client: { mppe: 'off', ourself },
        server: { mppe: 'off', authenticatePeer: withMethods([method]) },
      })
      p.open()
      p.run()
      for (const side of [p.client, p.server]) {
        assert.equal(side.ends.length, 1)
        assert.equal(side.ends[0].reason, 'auth-failed')
        assert.equal(side.ends[0].layer, 'auth')
        assert.match(side.ends[0].detail, /alice/)
        assert.equal(side.session.auth, 'failed')
        assert.equal(side.session.phase, 'dead')
        assert.deepEqual(side.facts, [])
      }
    })
    test(`${method}: an unknown user is refused`, () => {
      const ourself = { ...CLIENT.ourself!, user: 'mallory' }
      const p = pair({
        client: { mppe: 'off', ourself },
        server: { mppe: 'off', authenticatePeer: withMethods([method]) },
      })
      p.open()
      p.run()
      assert.equal(p.server.ends[0].reason, 'auth-failed')
      assert.equal(p.client.ends[0].reason, 'auth-failed')
    })
  }
  test('no trace line ever has the password', () => {
    const p = pair({ client: { mppe: 'off' }, server: { mppe: 'off', authenticatePeer: withMethods(['pap']) } })
    p.open()
    p.run()
    assert.ok(messages(p.events, 'client').includes('sent pap authenticate-request: user "alice"'))
    assert.ok(!JSON.stringify(p.events).includes('alice-secret'))
  })
  test('a Failure is E=691 R=0 C=… V=3 (RFC 2759 §6)', () => {
    const p = pair({ client: { ourself: { ...CLIENT.ourself!, password: 'x' } } })
    p.open()
    p.run()
    assert.match(messages(p.events, 'client').join('\n'), /failure: "E=691 R=0 C=[0-9a-f]{32} V=3 M=Access denied"/)
    assert.match(p.client.ends[0].detail, /error 691 Access denied/)
  })
  test('a Windows domain in front of the name is not part of the secret (RFC 2759 §4)', () => {
    const p = pair({ client: { ourself: { ...CLIENT.ourself!, user: 'CORP\\alice' } } })
    p.open()
    p.run()
    assert.equal(p.server.session.ipcp, 'opened')
    assert.equal(p.server.session.snapshot().user, 'CORP\\alice')
  })
  test('the first method that both sides have is found by Nak (RFC 1661 §6.2)', () => {
    const p = pair({
      client: { mppe: 'off', ourself: { ...CLIENT.ourself!, methods: ['pap'] } },
      server: { mppe: 'off', authenticatePeer: withMethods(['ms-chap-v2', 'chap-md5', 'pap']) },
    })
    p.open()
    p.run()
    assert.equal(p.client.session.ipcp, 'opened')
    assert.ok(messages(p.events, 'server').includes('received lcp configure-nak: auth PAP'))
  })
  test('without a common method the link ends', () => {
    const p = pair({
      client: { mppe: 'off', ourself: { ...CLIENT.ourself!, methods: ['pap'] } },
      server: { mppe: 'off', authenticatePeer: withMethods(['ms-chap-v2', 'chap-md5']) },
    })
    p.open()
    p.run()
    assert.equal(p.server.ends[0].reason, 'auth-refused')
    assert.match(p.server.ends[0].detail, /ms-chap-v2 or chap-md5/)
    assert.equal(p.client.facts.length, 0)
  })
  test('a peer that has no name to give rejects the demand, and the link ends', () => {
    const p = pair({ client: { mppe: 'off', ourself: { user: '', password: '', methods: [] } } })
    p.open()
    p.run()
    assert.ok(messages(p.events, 'client').some(m => m.startsWith('sent lcp configure-reject: auth CHAP MS-v2')))
    assert.equal(p.server.ends[0].reason, 'auth-refused')
  })
  test('both sides may demand proof of each other', () => {
    const secretOf = (user: string) => (user === 'gate' ? 'open sesame' : undefined)
    const p = pair({
      client: { authenticatePeer: { methods: ['chap-md5'], name: 'client', secretOf } },
      server: { ourself: { user: 'gate', password: 'open sesame', methods: ['chap-md5'] } },
    })
    p.open()
    p.run()
    assert.equal(p.client.session.ipcp, 'opened')
    assert.equal(p.client.session.snapshot().user, 'gate')
    assert.equal(p.server.session.snapshot().user, 'alice')
  })
  test('nobody has to prove anything if nobody asks', () => {
    const p = pair({ client: { mppe: 'off' }, server: { mppe: 'off', authenticatePeer: withMethods([]) } })
    p.open()
    p.run()
    assert.equal(p.server.session.ipcp, 'opened')
    assert.equal(p.server.session.auth, 'idle')
  })
  test('a server that does not know the password is found out (RFC 2759 §8.8)', () => {
    const p = pair({
      lose: ({ from, ppp }) => from === 'server' && ppp.protocol === Ppp.CHAP && ppp.info[0] === Chap.CODES.success,
    })
    p.open()
    p.run(ms(100))
    const success = Chap.write({
      type: 'success',
      id: responseId(p.wire),
      message: unhex(`533d${'30'.repeat(40)}204d3d6f6b`),
    })
    const frame = Ppp.write({ addressCompressed: true, protocolCompressed: false, protocol: Ppp.CHAP, info: success })
    p.client.session.receive(p.client.env.packets.from(frame))
    p.run()
    assert.equal(p.client.ends[0].reason, 'auth-failed')
    assert.match(p.client.ends[0].detail, /does not prove/)
  })
})

/** Identifier of the CHAP Response on the wire. */
function responseId(wire: readonly string[]): number {
  const frame = wire.find(f => f.startsWith('client c22302'))
  assert.ok(frame)
  return Number.parseInt(frame.slice(13, 15), 16)
}

describe('encryption', () => {
  test('is optional: two sides that may, do', () => {
    const p = pair({ client: { mppe: 'optional' }, server: { mppe: 'optional' } })
    p.open()
    p.run()
    assert.equal(p.client.facts[0].encryption, 'mppe-128-stateless')
  })
  for (const [who, client, server] of [
    ['server', 'off', 'required'],
    ['client', 'required', 'off'],
  ] as const) {
    test(`required by the ${who} and refused by the other side: the link ends and says why`, () => {
      const p = pair({ client: { mppe: client }, server: { mppe: server } })
      p.open()
      p.run()
      const end = (who === 'server' ? p.server : p.client).ends[0]
      assert.equal(end.reason, 'mppe-required')
      assert.equal(end.layer, 'ccp')
      assert.match(end.detail, /Encryption is required\. The peer does not speak CCP: it answered with Protocol-Reject/)
      const other = (who === 'server' ? p.client : p.server).ends[0]
      assert.equal(other.reason, 'peer-closed')
      assert.match(other.detail, /Encryption is required/)
    })
  }
  test('optional here and refused there: IP goes in clear', () => {
    const p = pair({ client: { mppe: 'off' }, server: { mppe: 'optional' } })
    p.open()
    p.run()
    assert.equal(p.server.facts[0].encryption, 'none')
    assert.equal(p.client.facts[0].encryption, 'none')
    assert.equal(p.server.facts[0].mtu, 1460)
    send(p.server)
    p.run(sec(61))
    assert.deepEqual(p.client.ups, [DATAGRAM])
  })
  test('required, but PAP and CHAP-MD5 give no keys', () => {
    for (const method of ['pap', 'chap-md5'] as const) {
      const p = pair({ server: { authenticatePeer: withMethods([method]) } })
      p.open()
      p.run()
      assert.equal(p.server.ends[0].reason, 'mppe-required')
      assert.match(p.server.ends[0].detail, /no keys/)
    }
  })
  test('a peer that never answers CCP: ten tries, then the end if required (RFC 1661 §4.6)', () => {
    const lose = ({ from, ppp }: { from: string; ppp: Ppp.Ppp }) => from === 'client' && ppp.protocol === Ppp.CCP
    const required = pair({ lose })
    required.open()
    required.run(sec(120))
    assert.deepEqual(
      { ...required.server.ends[0], detail: '' },
      { reason: 'mppe-required', layer: 'ccp', detail: '', tries: 10 },
    )
    assert.match(required.server.ends[0].detail, /No answer to 10 CCP Configure-Requests/)
    const optional = pair({ lose, client: { mppe: 'off' }, server: { mppe: 'optional' } })
    optional.client.session.open()
    optional.server.session.open()
    optional.run(sec(120))
    assert.equal(optional.server.session.ipcp, 'opened')
  })
  test('CCP negotiated anew: keys start anew and no packet goes in clear in between', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    send(p.client)
    p.run(sec(2))
    // The client asks again: the server leaves Opened (RFC 1661 §4.1, RCR+ in Opened).
    const again = Cp.write({
      type: 'configure-request',
      id: 77,
      options: [{ type: 18, body: unhex('01000040') }],
    })
    const frame = Ppp.write({ addressCompressed: true, protocolCompressed: false, protocol: Ppp.CCP, info: again })
    p.server.session.receive(p.server.env.packets.from(frame))
    assert.equal(p.server.session.ccp, 'ack-sent')
    assert.equal(p.server.session.ipcp, 'opened')
    send(p.server)
    assert.deepEqual(drops(p.events, 'server'), ['ppp-not-opened'])
    p.run(sec(3))
    assert.equal(p.server.session.ccp, 'opened')
    send(p.server)
    send(p.client)
    p.run(sec(4))
    assert.deepEqual(p.client.ups, [DATAGRAM])
    assert.deepEqual(p.server.ups, [DATAGRAM, DATAGRAM])
  })
})

describe('addresses', () => {
  test('the client learns the name servers it asks for (RFC 1877 §1)', () => {
    const dns = [ip('8.8.8.8'), ip('9.9.9.9')]
    const p = pair({
      client: { ip: { local: ip('0.0.0.0'), requestDns: true } },
      server: { ip: { ...SERVER.ip, dns } },
    })
    p.open()
    p.run()
    assert.deepEqual(p.client.facts[0].dns, dns)
    const one = pair({
      client: { ip: { local: ip('0.0.0.0'), requestDns: true } },
      server: { ip: { ...SERVER.ip, dns: dns.slice(0, 1) } },
    })
    one.open()
    one.run()
    assert.deepEqual(one.client.facts[0].dns, dns.slice(0, 1))
    assert.ok(messages(one.events, 'client').includes('received ipcp configure-reject: dns2 0.0.0.0'))
  })
  test('an empty pool ends the link', () => {
    const p = pair({ server: { ip: { local: SERVER_ADDRESS, assignPeer: () => undefined } } })
    p.open()
    p.run()
    assert.equal(p.server.ends[0].reason, 'no-address')
    assert.match(p.server.ends[0].detail, /alice/)
    assert.match(p.client.ends[0].detail, /No address is left/)
  })
  test('a client that insists on another address gets none', () => {
    const p = pair({ client: { ip: { local: ip('10.1.1.1') } } })
    p.open()
    p.run()
    const reasons = [p.client.ends[0], p.server.ends[0]].map(e => e.reason)
    assert.deepEqual(reasons, ['no-address', 'peer-closed'])
    assert.match(p.client.ends[0].detail, /does not accept our address 10\.1\.1\.1/)
  })
  test('the pool is asked once a session', () => {
    let asked = 0
    const assignPeer = () => {
      asked++
      return CLIENT_ADDRESS
    }
    const p = pair({ server: { ip: { local: SERVER_ADDRESS, assignPeer } } })
    p.open()
    p.run(sec(1))
    reopenLcp(p)
    p.run(sec(20))
    assert.equal(p.server.session.ipcp, 'opened')
    assert.equal(p.server.facts.length, 2)
    assert.equal(asked, 1)
  })
  test('a smaller MRU of the peer lowers the MTU (RFC 1661 §6.1)', () => {
    const p = pair({ client: { mru: 1400 } })
    p.open()
    p.run()
    assert.equal(p.server.facts[0].mtu, 1396)
    assert.equal(p.client.facts[0].mtu, 1456)
    assert.ok(messages(p.events, 'server').some(m => m.startsWith('received lcp configure-request: mru 1400, accm')))
  })
})

/** The client's LCP is made to ask again, as after a lost Ack. */
function reopenLcp(p: ReturnType<typeof pair>): void {
  const request = Cp.write({
    type: 'configure-request',
    id: 99,
    options: [{ type: 5, body: unhex('12345678') }],
  })
  const frame = Ppp.write({ addressCompressed: false, protocolCompressed: false, protocol: Ppp.LCP, info: request })
  p.server.session.receive(p.server.env.packets.from(frame))
}

describe('the end', () => {
  test('close: Terminate-Request with the sentence, Terminate-Ack, finished on both sides (RFC 1661 §5.5)', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    p.client.session.close('User request')
    p.run(sec(10))
    assert.deepEqual(p.client.ends, [{ reason: 'closed', layer: 'lcp', detail: 'User request', tries: 0 }])
    assert.equal(p.server.ends[0].reason, 'peer-closed')
    assert.match(p.server.ends[0].detail, /"User request"/)
    for (const side of [p.client, p.server]) {
      assert.equal(side.downs.length, 1)
      assert.equal(side.session.phase, 'dead')
      assert.equal(side.session.snapshot().network, undefined)
    }
    assert.equal(p.client.session.lcp, 'closed')
    assert.equal(p.server.session.lcp, 'stopped')
    assert.equal(p.world.scheduler.next, undefined)
  })
  test('close without an answer: two Terminate-Requests, then finished all the same (RFC 1661 §4.6)', () => {
    const p = pair({ lose: ({ from }) => from === 'server' && p.world.scheduler.now > sec(1) })
    p.open()
    p.run(sec(1))
    p.client.session.close('User request')
    p.run(sec(20))
    assert.equal(messages(p.events, 'client').filter(m => m.startsWith('sent lcp terminate-request')).length, 2)
    const detail = 'User request. No answer to 2 LCP Terminate-Requests.'
    assert.deepEqual(p.client.ends, [{ reason: 'closed', layer: 'lcp', detail, tries: 2 }])
  })
  test('a line that is gone before the session was opened: it stays dead', () => {
    const p = pair()
    p.client.session.lowerDown()
    p.open()
    p.run(sec(60))
    assert.equal(p.client.session.phase, 'dead')
    assert.equal(p.client.session.lcp, 'initial')
    assert.deepEqual(messages(p.events, 'client'), [])
    assert.equal(p.client.ends.length, 1)
  })
  test('the network protocols end with the link', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    p.client.session.close('User request')
    p.run(sec(10))
    for (const { session } of [p.client, p.server])
      assert.deepEqual([session.ccp, session.ipcp], ['initial', 'initial'])
  })
  test('lowerDown: nothing is sent, finished at once', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    const before = p.wire.length
    p.client.session.lowerDown()
    assert.equal(p.wire.length, before)
    assert.equal(p.client.ends[0].reason, 'lower-down')
    assert.deepEqual(p.client.downs, p.client.ends)
    assert.equal(p.client.session.lcp, 'initial')
    send(p.client)
    assert.deepEqual(drops(p.events, 'client'), ['ppp-not-opened'])
    p.client.session.lowerDown()
    assert.equal(p.client.ends.length, 1)
  })
  test('lowerDown after the end changes nothing: LCP stays where it stopped', () => {
    const p = pair({ lose: () => true })
    p.open()
    p.run(sec(40))
    p.client.session.lowerDown()
    p.client.session.close('too late')
    assert.equal(p.client.session.lcp, 'stopped')
    assert.equal(p.client.ends.length, 1)
  })
  test('no timer is left behind by lowerDown in any phase', () => {
    for (const at of [0, 5, 15, 25, 35, 45, 55, 65, 75, 95, 200]) {
      const p = pair({
        client: { echo: { interval: sec(30), failures: 4 } },
        server: { echo: { interval: sec(30), failures: 4 } },
      })
      p.open()
      p.run(ms(at))
      p.client.session.lowerDown()
      p.server.session.lowerDown()
      p.run(ms(at + 20))
      assert.equal(p.world.scheduler.next, undefined, `at ${at} ms`)
      assert.equal(p.client.ends.length, 1)
    }
  })
  test('LCP gives up after ten Configure-Requests, and names layer and tries', () => {
    const p = pair({ lose: () => true })
    p.open()
    p.run(sec(100))
    for (const side of [p.client, p.server]) {
      assert.deepEqual(side.ends, [
        { reason: 'timeout', layer: 'lcp', detail: 'No answer to 10 LCP Configure-Requests.', tries: 10 },
      ])
      assert.equal(side.session.lcp, 'stopped')
    }
  })
  test('the Challenge, the Response, the PAP request and IPCP give up after ten as well', () => {
    const protocols: [number, 'client' | 'server', string][] = [
      [Ppp.CHAP, 'server', 'No verdict|CHAP Challenges'],
      [Ppp.CHAP, 'client', 'CHAP Challenges'],
      [Ppp.PAP, 'server', 'PAP Authenticate-Requests|IPCP Configure-Requests'],
      [Ppp.IPCP, 'client', 'IPCP Configure-Requests'],
    ]
    for (const [protocol, deaf, words] of protocols) {
      const method = protocol === Ppp.PAP ? 'pap' : 'ms-chap-v2'
      const p = pair({
        lose: ({ from, ppp }) => from === deaf && ppp.protocol === protocol,
        client: { mppe: 'off' },
        server: { mppe: 'off', authenticatePeer: withMethods([method]) },
      })
      p.open()
      p.run(sec(200))
      const timeouts = [...p.client.ends, ...p.server.ends].filter(e => e.reason === 'timeout')
      assert.ok(timeouts.length > 0, `${Ppp.protocolName(protocol)} from ${deaf}`)
      for (const end of timeouts) {
        assert.equal(end.tries, 10)
        assert.match(end.detail, new RegExp(words))
      }
    }
  })
  test('a looped line is found by the magic number (RFC 1661 §6.4)', () => {
    // Everything that the client sends comes back to it.
    const looped = pair({ lose: () => true })
    looped.client.session.open()
    let read = 0
    for (let round = 0; round < 200; round++) {
      looped.run(ms(10 * round))
      const back = looped.wire.slice(read)
      read = looped.wire.length
      for (const frame of back)
        looped.client.session.receive(looped.client.env.packets.from(unhex(frame.split(' ')[1])))
    }
    assert.equal(looped.client.ends[0]?.reason, 'looped')
    assert.equal(looped.client.ends[0]?.tries, 5)
  })
  test('echo: a peer that falls silent is noticed after as many Echo-Requests as configured', () => {
    const p = pair({
      client: { echo: { interval: sec(5), failures: 3 } },
      lose: ({ from }) => from === 'server' && p.world.scheduler.now > sec(12),
    })
    p.open()
    p.run(sec(60))
    assert.deepEqual(p.client.ends, [
      { reason: 'echo-timeout', layer: 'lcp', detail: 'No answer to 3 Echo-Requests.', tries: 3 },
    ])
    assert.ok(messages(p.events, 'server').some(m => m.startsWith('sent lcp echo-reply: magic')))
  })
  test('frames after the end are dropped', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    p.client.session.lowerDown()
    p.client.session.receive(p.client.env.packets.from(unhex('ff03c02101010004')))
    assert.deepEqual(drops(p.events, 'client'), ['ppp-unexpected'])
  })
})

describe('a bad line', () => {
  test('every frame twice: the session comes up, once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const p = pair({ copies: 2, seed })
      p.open()
      p.run(sec(30))
      assert.equal(p.client.session.ipcp, 'opened', `seed ${seed}`)
      assert.equal(p.server.session.ipcp, 'opened', `seed ${seed}`)
    }
  })
  for (const [percent, seconds, atLeast] of [
    [1, 30, 100],
    [10, 90, 95],
  ] as const) {
    test(`${percent} % loss: ${atLeast} of 100 sessions are up within ${seconds} s; the others name layer and ten tries`, () => {
      let up = 0
      for (let seed = 1; seed <= 100; seed++) {
        const chance = new World(seed).random.fork('pipe')
        const p = pair({ seed, lose: () => chance.chance(percent / 100) })
        p.open()
        p.run(sec(seconds))
        if (p.client.session.ipcp === 'opened' && p.server.session.ipcp === 'opened') up++
        else
          for (const end of [...p.client.ends, ...p.server.ends])
            if (end.reason === 'timeout') assert.equal(end.tries, 10)
      }
      assert.ok(up >= atLeast, `${up} came up`)
    })
  }
})

describe('bad input', () => {
  const protocols = [Ppp.LCP, Ppp.PAP, Ppp.CHAP, Ppp.CCP, Ppp.IPCP, Ppp.IPV6CP, Ppp.IP, Ppp.COMPRESSED, 0x1001]
  const packet = fc
    .tuple(fc.constantFrom(...protocols), fc.nat(16), fc.nat(4), fc.uint8Array({ maxLength: 30 }), fc.boolean())
    .map(([protocol, code, id, body, honest]) => {
      const length = honest ? body.length + 4 : body.length
      const info = Uint8Array.from([code, id, length >>> 8, length, ...body])
      return Ppp.write({ addressCompressed: false, protocolCompressed: false, protocol, info })
    })
  test('whatever comes at whatever moment, a session neither throws nor hangs, and ends when its line goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(120), fc.oneof(packet, fc.uint8Array({ maxLength: 40 }))), { maxLength: 30 }),
        fc.constantFrom('pap' as const, 'chap-md5' as const, 'ms-chap-v2' as const),
        (injected, method) => {
          const p = pair({
            client: { mppe: 'optional' },
            server: { mppe: 'optional', authenticatePeer: withMethods([method]) },
          })
          p.open()
          for (const [at, bytes] of injected) {
            const end = at % 2 === 0 ? p.client : p.server
            const arriving = end.env.packets.from(bytes)
            p.world.scheduler.after(ms(at), 'injection', () => end.session.receive(arriving))
          }
          p.run(sec(200))
          p.client.session.lowerDown()
          p.server.session.lowerDown()
          assert.equal(p.client.ends.length, 1)
          assert.equal(p.server.ends.length, 1)
          p.run(sec(201))
          assert.equal(p.world.scheduler.next, undefined)
        },
      ),
      { numRuns: 300 },
    )
  })
})
