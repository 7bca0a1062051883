/** PAP, CHAP and IPCP by their clauses: RFC 1334, RFC 1994, RFC 2759, RFC 1332, RFC 1877. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatIpv4, ip } from '../../src/base/address.ts'
import { fromAscii, unhex } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import type { AuthMethod } from '../../src/ppp/config.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { drops, messages, pair } from '../support/ppp.ts'
import { type Alone, authenticatePeer, lcpOpened, nak, networkOpened, ourself, request } from '../support/ppp-steps.ts'

const DATAGRAM = '4500001c000100004001f98ac0a8500ac0a850010800f7ff00000000'

describe('PAP', () => {
  const asks = {
    authenticatePeer: { ...authenticatePeer, methods: ['pap'] as const },
    ip: { local: ip('192.168.80.1') },
  }
  const ask = (a: Alone, id: number, password: string) =>
    a.peer.sends(Ppp.PAP, {
      type: 'authenticate-request',
      id,
      peerId: fromAscii('bob'),
      password: fromAscii(password),
    })
  const replies = (a: Alone) => a.peer.hears().filter(line => line.startsWith('pap'))

  test('it begins with LCP: the one who is asked speaks first, and repeats (RFC 1334 §2)', () => {
    const a = lcpOpened({ ourself: { ...ourself, methods: ['pap'] } }, '0304c023')
    assert.deepEqual(a.us.session.phase, 'authenticate')
    a.advance(sec(3))
    assert.deepEqual(a.peer.hears(), ['pap authenticate-request 2: user "alice"'])
  })
  test('repeated requests have the same reply code, in the network phase as well (RFC 1334 §2.2.1)', () => {
    const a = lcpOpened(asks)
    ask(a, 1, 'Passw0rd!')
    assert.equal(a.us.session.phase, 'network')
    ask(a, 2, 'guess')
    ask(a, 3, 'Passw0rd!')
    assert.deepEqual(
      replies(a).map(line => line.split(' ')[1]),
      ['authenticate-ack', 'authenticate-ack', 'authenticate-ack'],
    )
  })
  test('a request in any other phase is discarded (RFC 1334 §2.2.1)', () => {
    const a = lcpOpened(asks)
    a.us.session.close('done')
    a.peer.frames()
    ask(a, 1, 'Passw0rd!')
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['ppp-unexpected']])
  })
  test('Authenticate-Nak ends the link, from both sides (RFC 1334 §2.2.2)', () => {
    const a = lcpOpened(asks)
    ask(a, 9, 'guess')
    assert.match(a.peer.hears().join('\n'), /^pap authenticate-nak 9: .*\nlcp terminate-request/)
    const b = lcpOpened({ ourself: { ...ourself, methods: ['pap'] } }, '0304c023')
    b.peer.sends(Ppp.PAP, { type: 'authenticate-nak', id: 1, message: fromAscii('no') })
    assert.match(b.peer.hears().at(-1) ?? '', /^lcp terminate-request/)
  })
  test('a message is shown and does not matter (RFC 1334 §2.2.2)', () => {
    for (const message of ['', 'Willkommen', '\u0007']) {
      const a = lcpOpened({ ourself: { ...ourself, methods: ['pap'] } }, '0304c023')
      a.peer.sends(Ppp.PAP, { type: 'authenticate-ack', id: 1, message: fromAscii(message) })
      assert.equal(a.us.session.auth, 'authenticated')
    }
  })
})

describe('CHAP', () => {
  const challenge = (id: number, value: string, name = 'office') =>
    ({ type: 'challenge', id, value: unhex(value), name: fromAscii(name) }) as const
  const asked = (method: 'chap-md5' | 'ms-chap-v2') =>
    lcpOpened({ ourself: { ...ourself, methods: [method] } }, method === 'chap-md5' ? '0305c22305' : '0305c22381')

  test('a Challenge is answered whenever it comes, in the network phase too (RFC 1994 §2, §4.1)', () => {
    const a = asked('chap-md5')
    a.peer.sends(Ppp.CHAP, challenge(1, 'aa'))
    a.peer.sends(Ppp.CHAP, { type: 'success', id: 1, message: unhex('') })
    assert.equal(a.us.session.phase, 'network')
    a.peer.frames()
    a.peer.sends(Ppp.CHAP, challenge(2, 'bb'))
    assert.match(a.peer.hears()[0], /^chap response 2: value of 16 octets/)
    a.peer.sends(Ppp.CHAP, { type: 'failure', id: 2, message: unhex('') })
    assert.equal(a.us.session.phase, 'terminate', 'a later Failure ends the link as well')
  })
  test('values and names of any length are read (RFC 1994 §4.1)', () => {
    for (const [value, name] of [
      ['01', ''],
      ['ff'.repeat(255), 'n'.repeat(255)],
    ]) {
      const a = asked('chap-md5')
      a.peer.sends(Ppp.CHAP, challenge(7, value, name))
      assert.match(a.peer.hears()[0], /^chap response 7/)
    }
  })
  test('the Challenge is repeated with another identifier and another value until a Response comes (RFC 1994 §4.1)', () => {
    const p = pair({ lose: ({ from, ppp }) => from === 'client' && ppp.protocol === Ppp.CHAP })
    p.open()
    p.run(sec(10))
    const sent = p.wire.filter(frame => frame.startsWith('server c22301'))
    assert.equal(sent.length, 4)
    assert.equal(new Set(sent.map(frame => frame.slice(13, 15))).size, 4)
    assert.equal(new Set(sent.map(frame => frame.slice(21, 53))).size, 4)
  })
  test('a Success that was lost is repeated with the same code in the network phase (RFC 1994 §4.2)', () => {
    let lost = 0
    const p = pair({
      lose: ({ from, ppp }) => from === 'server' && ppp.protocol === Ppp.CHAP && ppp.info[0] === 3 && lost++ < 2,
    })
    p.open()
    p.run(sec(20))
    assert.equal(p.client.session.ipcp, 'opened')
    assert.equal(messages(p.events, 'server').filter(line => line.startsWith('sent chap success')).length, 3)
  })
  test('one Challenge has one verdict: a second guess at it gets the same code (RFC 1994 §4.2)', () => {
    const a = lcpOpened({
      authenticatePeer: { ...authenticatePeer, methods: ['chap-md5'] },
      ip: { local: ip('192.168.80.1') },
    })
    a.advance(sec(3))
    const id = Number(/ (\d+):/.exec(a.peer.hears()[0])?.[1])
    const guess = (octet: number) =>
      a.peer.sends(Ppp.CHAP, { type: 'response', id, value: new Uint8Array(16).fill(octet), name: fromAscii('alice') })
    guess(1)
    const first = a.peer.hears()[0]
    assert.match(first, /^chap failure/)
    guess(2)
    assert.deepEqual(a.us.session.phase, 'terminate')
    assert.deepEqual(a.peer.frames(), [], 'in the termination phase not even that (RFC 1661 §3.7)')
  })
  test('challenges are not repeated, from session to session neither (RFC 1994 §2.3)', () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 50; seed++) {
      const p = pair({ seed })
      p.open()
      p.run(sec(1))
      for (const frame of p.wire) if (frame.startsWith('server c22301')) seen.add(frame.slice(21, 53))
    }
    assert.equal(seen.size, 50)
  })
  for (const [what, message] of [
    ['missing', 'M=welcome'],
    ['too short', `S=${'0'.repeat(39)} M=welcome`],
    ['wrong', `S=${'0'.repeat(40)} M=welcome`],
  ]) {
    test(`an authenticator response that is ${what} ends the session (RFC 2759 §5)`, () => {
      const a = asked('ms-chap-v2')
      a.peer.sends(Ppp.CHAP, challenge(1, 'ab'.repeat(16)))
      a.peer.sends(Ppp.CHAP, { type: 'success', id: 1, message: fromAscii(message) })
      a.advance(sec(10))
      assert.deepEqual([a.us.session.auth, a.us.ends[0].reason], ['failed', 'auth-failed'])
      assert.match(a.us.ends[0].detail, /does not prove/)
    })
  }
  test('the hexadecimal digits of S= are upper case (RFC 2759 §5)', () => {
    const p = pair()
    p.open()
    p.run(sec(1))
    assert.ok(messages(p.events, 'client').some(line => /received chap success: "S=[0-9A-F]{40} M=/.test(line)))
  })
  test('an MS-CHAPv2 Response has its reserved octets and its flags zero (RFC 2759 §4)', () => {
    const a = asked('ms-chap-v2')
    a.peer.sends(Ppp.CHAP, challenge(1, 'ab'.repeat(16)))
    const parsed = Ppp.parse(unhex(a.peer.frames()[0]))
    const packet = parsed.ok ? Chap.parse(parsed.value.info) : undefined
    assert.ok(packet?.ok && packet.value.type === 'response')
    assert.ok(Chap.readMsChapV2Response(packet.value.value))
  })
})

describe('IPCP', () => {
  const server = { ip: { local: ip('192.168.80.1'), assignPeer: () => ip('192.168.80.10') } }

  test('no IP packet passes before it is open (RFC 1332 §2)', () => {
    const a = lcpOpened(server)
    a.us.session.send(a.us.env.packets.from(unhex(DATAGRAM)))
    a.peer.raw(`0021${DATAGRAM}`)
    assert.deepEqual([a.us.ups, drops(a.events, 'us')], [[], ['ppp-not-opened', 'ppp-not-opened']])
  })
  test('IP-Addresses is refused, and the peer goes on with IP-Address (RFC 1332 §3.1)', () => {
    const a = lcpOpened(server)
    a.peer.sends(Ppp.IPCP, request(1, '01c0a8500ac0a85001'))
    a.peer.sends(Ppp.IPCP, request(2, '03c0a8500a'))
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-reject 1: addresses c0a8500ac0a85001',
      'ipcp configure-ack 2: address 192.168.80.10',
    ])
  })
  test('IP-Compression-Protocol is refused, and nothing is compressed (RFC 1332 §3.2)', () => {
    const a = lcpOpened(server)
    a.peer.sends(Ppp.IPCP, request(1, '02002d0f01', '03c0a8500a'))
    assert.deepEqual(a.peer.hears(), ['ipcp configure-reject 1: compression VJ'])
  })
  test('an address of all zero asks for one, which comes in a Nak (RFC 1332 §3.3)', () => {
    const a = lcpOpened(server)
    a.peer.sends(Ppp.IPCP, request(1, '0300000000'))
    assert.deepEqual(a.peer.hears(), ['ipcp configure-nak 1: address 192.168.80.10'])
  })
  test('a Nak gives us an address, and a later one another (RFC 1332 §3.3)', () => {
    const a = lcpOpened({ ip: { local: ip('0.0.0.0') } })
    a.peer.sends(Ppp.IPCP, nak(1, '03c0a8500a'))
    a.peer.sends(Ppp.IPCP, nak(2, '03c0a8500b'))
    assert.deepEqual(a.peer.hears(), [
      'ipcp configure-request 2: address 192.168.80.10',
      'ipcp configure-request 3: address 192.168.80.11',
    ])
    a.peer.raw('80210203000a0306c0a8500b')
    a.peer.raw('80210101000a0306c0a85001')
    assert.deepEqual(
      a.us.facts.map(({ local }) => formatIpv4(local)),
      ['192.168.80.11'],
    )
  })
  test('negotiated anew in Opened, it takes the network down and up with the new addresses (RFC 1332 §3.3)', () => {
    const a = lcpOpened({ ip: { local: ip('0.0.0.0') } })
    a.peer.sends(Ppp.IPCP, nak(1, '03c0a8500a'))
    a.peer.raw('80210202000a0306c0a8500a')
    a.peer.raw('80210101000a0306c0a85001')
    a.peer.frames()
    a.peer.raw('80210102000a0306c0a85063')
    assert.equal(a.us.downs.length, 1)
    const id = Number(/ipcp configure-request (\d+)/.exec(a.peer.hears().join())?.[1])
    a.peer.sends(Ppp.IPCP, nak(id, '03c0a8507b'))
    a.peer.raw(`802102${(id + 1).toString(16).padStart(2, '0')}000a0306c0a8507b`)
    assert.deepEqual(
      a.us.facts.map(({ local, peer }) => `${formatIpv4(local)} ${formatIpv4(peer)}`),
      ['192.168.80.10 192.168.80.1', '192.168.80.123 192.168.80.99'],
    )
  })
  test('an address of our own is kept: whoever will not have it gets no network (RFC 1332 §3.3)', () => {
    const a = lcpOpened({ ip: { local: ip('10.1.1.1') } })
    a.peer.sends(Ppp.IPCP, nak(1, '03c0a8500a'))
    assert.deepEqual(a.peer.hears(), ['ipcp configure-request 2: address 10.1.1.1'])
  })

  const names = [
    ['Primary DNS', 0x81, 'dns1'],
    ['Primary NBNS', 0x82, 'nbns1'],
    ['Secondary DNS', 0x83, 'dns2'],
    ['Secondary NBNS', 0x84, 'nbns2'],
  ] as const
  for (const [i, [name, type, word]] of names.entries()) {
    const hexType = type.toString(16)
    test(`${name} Server Address is asked for with zero and told in a Nak (RFC 1877 §1.${i + 1})`, () => {
      const all = [ip('10.0.0.1'), ip('10.0.0.2')]
      const a = lcpOpened({ ip: { ...server.ip, dns: all, nbns: all } })
      a.peer.sends(Ppp.IPCP, request(1, `${hexType}00000000`))
      const told = `10.0.0.${word.endsWith('1') ? 1 : 2}`
      assert.equal(a.peer.hears()[0], `ipcp configure-nak 1: ${word} ${told}, address 192.168.80.10`)
      const b = lcpOpened({ ip: { local: ip('0.0.0.0'), requestDns: true, requestNbns: true } })
      b.peer.sends(Ppp.IPCP, nak(1, `${hexType}0a000009`))
      assert.match(b.peer.hears()[0], new RegExp(`${word} 10\\.0\\.0\\.9`))
    })
    test(`${name} Server Address is refused where there is none to give (RFC 1877 §1.${i + 1})`, () => {
      const a = lcpOpened(server)
      a.peer.sends(Ppp.IPCP, request(1, `${hexType}00000000`))
      assert.deepEqual(a.peer.hears(), [`ipcp configure-reject 1: ${word} 0.0.0.0`])
    })
  }
  test('a server that refuses them is asked no more, and the network comes up without (RFC 1877 §1)', () => {
    const p = pair({ client: { ip: { local: ip('0.0.0.0'), requestDns: true, requestNbns: true } } })
    p.open()
    p.run(sec(5))
    assert.deepEqual([p.client.facts[0].dns, p.client.facts[0].nbns], [[], []])
  })
  test('IPV6CP is refused by Protocol-Reject however often it comes, and IPv4 goes on (RFC 1661 §5.7)', () => {
    const a = networkOpened()
    for (let n = 0; n < 3; n++) a.peer.raw('80570101000e010a987dcb7757016d1e')
    assert.equal(a.peer.hears().filter(line => /^lcp protocol-reject \d+: protocol ipv6cp$/.test(line)).length, 3)
    assert.equal(a.us.session.ipcp, 'opened')
  })
})

describe('every method on every line', () => {
  for (const method of ['pap', 'chap-md5', 'ms-chap', 'ms-chap-v2'] as const satisfies readonly AuthMethod[]) {
    test(`${method}: a line that loses one in five and doubles the rest lets the right user in or says why not`, () => {
      let up = 0
      for (let seed = 1; seed <= 20; seed++) {
        const p = pair({
          seed,
          copies: 2,
          client: { mppe: 'off', ourself: { ...ourself, methods: [method] } },
          server: { mppe: 'off', authenticatePeer: { ...authenticatePeer, methods: [method] } },
          lose: () => p.world.random.fork(`${p.wire.length}`).chance(0.2),
        })
        p.open()
        p.run(sec(200))
        if (p.client.session.ipcp === 'opened' && p.server.session.ipcp === 'opened') up++
        else assert.ok(p.client.ends.length + p.server.ends.length > 0, `seed ${seed}`)
      }
      assert.ok(up >= 18, `${up} of 20`)
    })
  }
})
