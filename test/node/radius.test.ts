import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { concat, fromAscii, hex, toLatin1 } from '../../src/base/bytes.ts'
import type { UdpSocket } from '../../src/ip/udp.ts'
import * as A from '../../src/radius/attributes.ts'
import { hideKey, isAccountingRequest, revealPassword, signResponse } from '../../src/radius/secret.ts'
import * as Radius from '../../src/wire/radius.ts'
import { IETF, MICROSOFT, MS, TYPE } from '../../src/wire/radius-attributes.ts'
import { fc } from '../support/fast-check.ts'
import { type OfficePlan, officeLab } from '../support/office-lab.ts'

const SECRET = 'between us'
const secret = fromAscii(SECRET)

const ask = (more: object = {}) => ({ radius: { servers: ['10.20.0.9'], secret: SECRET, ...more } })

/** An office and a RADIUS server of ours. */
const withServer = ({ pptp = {}, ...plan }: OfficePlan = {}, radius: object = {}) =>
  officeLab({
    ...plan,
    pptp: { ...ask(), ...pptp },
    nodes: {
      aaa: {
        kind: 'radius',
        routes: ['default via 10.20.0.1'],
        radius: { secret: SECRET, users: { ann: 'p', ben: 'p' }, ...radius },
      },
      ...plan.nodes,
    },
    links: [{ endpoints: ['aaa:eth0', 'lan:p9'], ipv4: ['10.20.0.9/24', 'none'] }, ...(plan.links ?? [])],
  })

interface Asked {
  readonly packet: Radius.Radius
  readonly bytes: Uint8Array
  readonly from: number
  readonly port: number
}
type Answer = readonly [Radius.Code, readonly Radius.Attribute[]] | undefined

/** An office and a RADIUS server that answers as the test says; `accounts` are what it was told of sessions. */
function scripted(answer: (asked: Asked) => Answer, { pptp = {}, ...plan }: OfficePlan = {}) {
  const t = officeLab({
    ...plan,
    pptp: { ...ask(), auth: 'pap', mppe: 'off', ...pptp },
    nodes: { aaa: { kind: 'host', routes: ['default via 10.20.0.1'] } },
    links: [{ endpoints: ['aaa:eth0', 'lan:p9'], ipv4: ['10.20.0.9/24', 'none'] }],
    clients: { ann: { auth: 'pap', mppe: 'off', ...(plan.clients?.ann ?? {}) } },
  })
  const asked: Asked[] = []
  const accounts: Asked[] = []
  const { udp } = t.ipNode('aaa')
  const listen = (port: number, take: (asked: Asked) => Answer): void => {
    const socket: UdpSocket = udp.open(port, ({ from, fromPort, data }) => {
      const bytes = data.slice()
      const parsed = Radius.parse(bytes)
      assert.ok(parsed.ok)
      const { id, authenticator } = parsed.value
      const given = take({ packet: parsed.value, bytes, from, port: fromPort })
      if (!given) return
      const [code, attributes] = given
      socket.send(from, fromPort, signResponse({ code, id, authenticator, attributes }, authenticator, secret))
    })
  }
  listen(1812, one => {
    asked.push(one)
    return answer(one)
  })
  listen(1813, one => {
    accounts.push(one)
    return ['accounting-response', []]
  })
  t.client('ann').connect()
  return { ...t, asked, accounts }
}

const accept =
  (...attributes: Radius.Attribute[]) =>
  (): Answer => ['access-accept', attributes]
const has = ({ packet }: Asked, type: number, vendor = IETF): boolean => Radius.find(packet, type, vendor) !== undefined
const numberOf = ({ packet }: Asked, type: number) => A.findNumber(packet, type)
const textOf = ({ packet }: Asked, type: number) => A.findText(packet, type)

describe('a caller whom a RADIUS server judges', () => {
  for (const [method, keys] of [
    ['pap', false],
    ['chap-md5', false],
    ['ms-chap-v2', true],
  ] as const) {
    const client = { auth: method, mppe: keys ? 'required' : 'off' }
    test(`${method}: comes in with the right password and reaches what is behind`, () => {
      const t = withServer({ pptp: { auth: method, mppe: client.mppe }, clients: { ann: client } })
      t.client('ann').connect()
      t.until(2)
      t.ping('ann', '10.20.0.5')
      t.until(4)
      assert.equal(t.seen('ping-reply', 'ann').length, 1)
      assert.equal(t.value('aaa', 'radius.accepted'), 1)
      const up = t.seen('interface', 'office').find(({ to }) => to === 'up')
      assert.match(up?.detail ?? '', keys ? /MPPE 128 bit/ : /not encrypted/)
    })
    test(`${method}: does not with a wrong one, or as somebody else`, () => {
      for (const who of [{ password: 'q' }, { user: 'mallory' }]) {
        const t = withServer({ pptp: { auth: method, mppe: client.mppe }, clients: { ann: { ...client, ...who } } })
        t.client('ann').connect()
        t.until(5)
        assert.equal(t.value('aaa', 'radius.rejected'), 1)
        assert.equal(t.client('ann').tunnelUp, false)
        assert.match(t.seen('tunnel-end', 'office')[0].detail, /The RADIUS server refuses user/)
      }
    })
  }
  test('is not asked about if the office knows him itself', () => {
    const t = withServer({ pptp: { users: { ann: 'other' } }, clients: { ann: { password: 'other' }, ben: {} } })
    t.client('ann').connect()
    t.client('ben').connect()
    t.until(3)
    assert.deepEqual([t.client('ann').tunnelUp, t.client('ben').tunnelUp], [true, true])
    assert.equal(t.value('aaa', 'radius.accepted'), 1)
  })
  test('who hangs up while the server thinks is nobody’s business any more', () => {
    const t = scripted(() => undefined)
    t.until(1)
    t.client('ann').disconnect()
    t.until(60)
    assert.equal(t.value('office', 'pptp.calls'), 0)
    assert.equal(t.accounts.length, 0)
    assert.equal(t.asked.length, 1)
    assert.equal(t.seen('radius-silent', 'office').length, 0)
  })
  test('or whom the office knows itself: the RADIUS server is told who vouched for him (RFC 2866 §5.6)', () => {
    const own = scripted(accept(), { pptp: { users: { ann: 'p' } } })
    const other = scripted(accept())
    for (const [t, authentic] of [
      [own, 2],
      [other, 1],
    ] as const) {
      t.until(2)
      assert.equal(numberOf(t.accounts[0], TYPE.acctAuthentic), authentic)
    }
  })
  test('is refused when no server answers, after as long as the lab says; nothing is counted', () => {
    const t = scripted(() => undefined, { pptp: ask({ timeout: '2s', tries: 4 }) })
    t.until(60)
    const [first] = t.seen('radius-message', 'office')
    const [silent] = t.seen('radius-silent', 'office')
    assert.equal(silent.t - first.t, 8e9)
    assert.equal(t.asked.length, 4)
    assert.match(t.seen('tunnel-end', 'office')[0].detail, /does not answer: 4 requests/)
    assert.equal(t.accounts.length, 0)
  })
})

describe('an Access-Request of the office', () => {
  const clients = (auth: string) => ({ ann: { auth } })
  test('says who asks and where the caller came in (RFC 2865 §4.1, §5.4, §5.5, §5.32, §5.41)', () => {
    const t = scripted(accept())
    t.until(2)
    const [one] = t.asked
    assert.equal(textOf(one, TYPE.userName), 'ann')
    assert.equal(numberOf(one, TYPE.nasIpAddress), ip('10.20.0.1'))
    assert.equal(textOf(one, TYPE.nasIdentifier), 'office')
    assert.equal(numberOf(one, TYPE.nasPort), 0)
    assert.equal(numberOf(one, TYPE.nasPortType), 5)
    assert.equal(numberOf(one, TYPE.serviceType), 2)
    assert.equal(numberOf(one, TYPE.framedProtocol), 1)
    assert.equal(textOf(one, TYPE.callingStationId), '192.0.2.10')
  })
  test('has a password of PAP only as User-Password hides it, and nowhere else (RFC 2865 §5.2)', () => {
    const t = scripted(accept(), { clients: { ann: { password: 'a long password, in clear' } } })
    t.until(2)
    const [{ packet, bytes }] = t.asked
    assert.ok(!toLatin1(bytes).includes('in clear'))
    const hidden = Radius.find(packet, TYPE.userPassword) ?? secret
    assert.equal(toLatin1(revealPassword(hidden, secret, packet.authenticator) ?? secret), 'a long password, in clear')
  })
  test('has either User-Password or CHAP-Password, with the challenge of CHAP (RFC 2865 §4.1, §5.3, §5.40)', () => {
    const pap = scripted(accept())
    pap.until(2)
    assert.deepEqual([has(pap.asked[0], TYPE.userPassword), has(pap.asked[0], TYPE.chapPassword)], [true, false])
    const chap = scripted(accept(), { pptp: { auth: 'chap-md5' }, clients: clients('chap-md5') })
    chap.until(2)
    const [one] = chap.asked
    assert.deepEqual([has(one, TYPE.userPassword), has(one, TYPE.chapPassword)], [false, true])
    assert.equal(Radius.find(one.packet, TYPE.chapPassword)?.length, 17)
    assert.equal(Radius.find(one.packet, TYPE.chapChallenge)?.length, 16)
  })
  test('has challenge and response of MS-CHAP as they crossed the line (RFC 2548 §2.1.2, §2.1.3)', () => {
    const t = scripted(() => ['access-reject', []], { pptp: { auth: 'ms-chap' }, clients: clients('ms-chap') })
    t.until(3)
    const [one] = t.asked
    assert.equal(Radius.find(one.packet, MS.chapChallenge, MICROSOFT)?.length, 8)
    const value = Radius.find(one.packet, MS.chapResponse, MICROSOFT) ?? secret
    const sent = t.seen('ppp-message', 'ann').find(({ type }) => type === 'response')
    // The identifier, then the flags: the NT response counts.
    assert.deepEqual([value.length, value[0], value[1]], [50, sent?.id, 1])
  })
  test('has those of MS-CHAPv2, with the peer’s challenge (RFC 2548 §2.3.2)', () => {
    const t = scripted(() => ['access-reject', []], { pptp: { auth: 'ms-chap-v2' }, clients: clients('ms-chap-v2') })
    t.until(3)
    const [one] = t.asked
    assert.equal(Radius.find(one.packet, MS.chapChallenge, MICROSOFT)?.length, 16)
    const value = Radius.find(one.packet, MS.chap2Response, MICROSOFT) ?? secret
    assert.deepEqual([value.length, value[1], hex(value.subarray(18, 26))], [50, 0, '0000000000000000'])
  })
})

describe('an Access-Accept', () => {
  const up = (t: ReturnType<typeof scripted>) => t.client('ann').tunnelUp
  test('for another service than framed PPP is a refusal (RFC 2865 §1, §5.6, §5.7)', () => {
    for (const other of [A.number(TYPE.serviceType, 1), A.number(TYPE.framedProtocol, 2)]) {
      const t = scripted(accept(other))
      t.until(3)
      assert.equal(up(t), false)
      assert.match(t.seen('tunnel-end', 'office')[0].detail, /grants (service|protocol) \d, not PPP/)
    }
  })
  test('with attributes that nobody here knows, or of the wrong size, is one all the same (RFC 2865 §5)', () => {
    const strange = [
      A.octets(199, fromAscii('?')),
      { vendor: 9, type: 1, value: fromAscii('shell:priv-lvl=15') },
      A.octets(TYPE.sessionTimeout, fromAscii('soon')),
      A.octets(TYPE.idleTimeout, fromAscii('x')),
      A.octets(TYPE.framedIpAddress, new Uint8Array(3)),
      A.text(TYPE.framedRoute, 'nowhere'),
    ]
    const t = scripted(
      accept(A.octets(TYPE.state, secret), ...strange.filter(({ type }) => type !== TYPE.sessionTimeout)),
    )
    t.until(3)
    assert.equal(up(t), true)
    assert.equal(t.value('office', 'calls[ann].address'), '10.8.0.10')
  })
  for (const [address, given] of [
    [0xffffffff, '10.8.0.10'],
    [0xfffffffe, '10.8.0.10'],
    [ip('10.9.9.9'), '10.9.9.9'],
    [ip('10.8.0.15'), '10.8.0.15'],
  ] as const) {
    test(`Framed-IP-Address ${A.four(address).join('.')}: the caller gets ${given} (RFC 2865 §5.8)`, () => {
      const t = scripted(accept(A.number(TYPE.framedIpAddress, address)))
      t.until(3)
      assert.equal(t.value('office', 'calls[ann].address'), given)
      t.client('ann').disconnect()
      t.until(5)
      assert.equal(t.value('office', 'pool.used'), 0)
    })
  }
  test('Framed-Route leads to the caller, with and without the length of its prefix (RFC 2865 §5.22)', () => {
    const routes = ['10.30.0.0/24 0.0.0.0 1', '192.168.7.0 10.8.0.10 1', '172.16.0.0', '10.40.0.0']
    const t = scripted(accept(...routes.map(route => A.text(TYPE.framedRoute, route))))
    t.until(3)
    const learnt = t.routes('office').filter(route => route.endsWith('dev ppp0'))
    const wanted = ['10.0.0.0/8', '10.30.0.0/24', '10.8.0.10/32', '172.16.0.0/16', '192.168.7.0/24']
    assert.deepEqual(
      learnt.sort(),
      wanted.map(prefix => `${prefix} dev ppp0`),
    )
  })
  test('Session-Timeout ends the session (RFC 2865 §5.27)', () => {
    const t = scripted(accept(A.number(TYPE.sessionTimeout, 20)))
    t.until(25)
    assert.equal(t.seen('account', 'office')[0].cause, 'session-timeout')
  })
  test('Idle-Timeout ends a session in which nothing passes (RFC 2865 §5.28)', () => {
    const t = scripted(accept(A.number(TYPE.idleTimeout, 15)))
    t.until(25)
    assert.equal(t.seen('account', 'office')[0].cause, 'idle-timeout')
  })
  test('Class comes back in every Accounting-Request as it was (RFC 2865 §5.25)', () => {
    const t = scripted(accept(A.text(TYPE.class, 'gold'), A.text(TYPE.class, 'blue')))
    t.until(3)
    t.client('ann').disconnect()
    t.until(5)
    assert.equal(t.accounts.length, 2)
    for (const { packet } of t.accounts) assert.deepEqual(A.findAll(packet, TYPE.class).map(toLatin1), ['gold', 'blue'])
  })
})

describe('an Access-Accept for MS-CHAPv2', () => {
  const plan = {
    pptp: { auth: 'ms-chap-v2', mppe: 'required' },
    clients: { ann: { auth: 'ms-chap-v2', mppe: 'required' } },
  }
  const ident = ({ packet }: Asked) => (Radius.find(packet, MS.chap2Response, MICROSOFT) ?? secret)[0]
  const success = (id: number) =>
    A.microsoft(MS.chap2Success, concat(Uint8Array.of(id), fromAscii(`S=${'0'.repeat(40)}`)))
  const refusals: Readonly<Record<string, (asked: Asked) => Answer>> = {
    'without MS-CHAP2-Success': () => ['access-accept', []],
    'with that of another exchange': asked => ['access-accept', [success((ident(asked) + 1) & 255)]],
    'with one that is no proof': asked => [
      'access-accept',
      [A.microsoft(MS.chap2Success, concat(Uint8Array.of(ident(asked)), fromAscii('Welcome')))],
    ],
  }
  for (const [what, answer] of Object.entries(refusals)) {
    test(`${what} is a refusal: the caller could not trust the office (RFC 2548 §2.3.3)`, () => {
      const t = scripted(answer, plan)
      t.until(5)
      assert.equal(t.client('ann').tunnelUp, false)
      assert.match(t.seen('tunnel-end', 'office')[0].detail, /does not prove to the caller/)
    })
  }
  test('whose proof is wrong is found out by the caller (RFC 2759 §5)', () => {
    const t = scripted(asked => ['access-accept', [success(ident(asked))]], plan)
    t.until(5)
    assert.match(t.seen('tunnel-end', 'ann')[0].detail, /does not prove that it knows the password/)
  })
  test('without keys, or with keys that are not hidden as they should be, gives no encryption (RFC 2548 §2.4.2)', () => {
    for (const salt of [undefined, Uint8Array.of(0x00, 0x01)]) {
      const t = scripted(asked => {
        const { authenticator } = asked.packet
        const keys = [MS.mppeSendKey, MS.mppeRecvKey].map(type =>
          A.microsoft(type, hideKey(new Uint8Array(16), salt ?? secret, secret, authenticator)),
        )
        return ['access-accept', [success(ident(asked)), ...(salt ? keys : [])]]
      }, plan)
      t.until(5)
      const end = t.seen('tunnel-end', 'office')[0]
      assert.equal(end.reason === 'mppe-required' || /proof|prove|terminate|ended/i.test(end.detail), true, end.detail)
      assert.equal(t.client('ann').tunnelUp, false)
    }
  })
  test('that requires encryption is a refusal where there is none (RFC 2548 §2.4.4)', () => {
    const policy = A.microsoft(MS.mppeEncryptionPolicy, A.four(2))
    const t = scripted(accept(policy))
    t.until(3)
    assert.match(t.seen('tunnel-end', 'office')[0].detail, /requires encryption, which is off here/)
  })
})

describe('an Access-Reject', () => {
  test('has words for the caller in Reply-Message (RFC 2865 §5.18)', () => {
    const t = scripted(() => ['access-reject', [A.text(TYPE.replyMessage, 'Come back on Monday')]])
    t.until(3)
    const nak = t.seen('ppp-message', 'office').find(({ type }) => type === 'authenticate-nak')
    assert.match(nak?.detail ?? '', /Come back on Monday/)
  })
  test('MS-CHAP-Error becomes the error of the Failure (RFC 2548 §2.1.5)', () => {
    const both = { auth: 'ms-chap-v2' }
    const error = (asked: Asked) => {
      const id = (Radius.find(asked.packet, MS.chap2Response, MICROSOFT) ?? secret)[0]
      return A.microsoft(MS.chapError, concat(Uint8Array.of(id), fromAscii('E=647 R=0 V=3 M=Disabled')))
    }
    const t = scripted(asked => ['access-reject', [error(asked)]], { pptp: both, clients: { ann: both } })
    t.until(3)
    const failure = t.seen('ppp-message', 'office').find(({ type }) => type === 'failure')
    assert.match(failure?.detail ?? '', /E=647 R=0/)
  })
  test('an Access-Challenge is taken for one: a caller of PPP cannot be asked (RFC 2865 §4.4)', () => {
    const t = scripted(() => [
      'access-challenge',
      [A.text(TYPE.replyMessage, 'Challenge 32769430'), A.text(TYPE.state, '1')],
    ])
    t.until(3)
    assert.equal(t.client('ann').tunnelUp, false)
    assert.match(t.seen('tunnel-end', 'office')[0].detail, /wants to ask user "ann" something/)
    assert.equal(t.asked.length, 1)
  })
})

describe('accounting', () => {
  const status = (asked: Asked) => numberOf(asked, TYPE.acctStatusType)
  test('begins when the caller has an address and ends with the session, under one Acct-Session-Id (RFC 2866 §2, §5.1, §5.5)', () => {
    const t = scripted(accept())
    t.until(3)
    t.ping('ann', '10.20.0.5', 2)
    t.until(8)
    t.client('ann').disconnect()
    t.until(10)
    assert.deepEqual(t.accounts.map(status), [1, 2])
    const ids = [...t.asked, ...t.accounts].map(one => textOf(one, TYPE.acctSessionId))
    assert.equal(new Set(ids).size, 1)
    for (const one of t.accounts) {
      assert.equal(isAccountingRequest(one.bytes, secret), true)
      assert.equal(textOf(one, TYPE.userName), 'ann')
      assert.equal(numberOf(one, TYPE.framedIpAddress), ip('10.8.0.10'))
      assert.equal(numberOf(one, TYPE.acctAuthentic), 1)
    }
    const stop = t.accounts[1]
    assert.equal(numberOf(stop, TYPE.acctInputOctets), 168)
    assert.equal(numberOf(stop, TYPE.acctOutputOctets), 168)
    assert.equal(numberOf(stop, TYPE.acctInputPackets), 2)
    assert.equal(numberOf(stop, TYPE.acctOutputPackets), 2)
    assert.equal(numberOf(stop, TYPE.acctTerminateCause), 1)
    assert.equal(numberOf(stop, TYPE.acctSessionTime), 7)
  })
  test('says nothing of passwords and states (RFC 2866 §4.1)', () => {
    const t = scripted(accept(A.text(TYPE.state, 's'), A.text(TYPE.replyMessage, 'hello')))
    t.until(3)
    t.client('ann').disconnect()
    t.until(5)
    for (const one of t.accounts) {
      for (const type of [TYPE.userPassword, TYPE.chapPassword, TYPE.replyMessage, TYPE.state]) {
        assert.equal(has(one, type), false, String(type))
      }
    }
  })
  test('what is only of an end stands in the end alone (RFC 2866 §5.6, §5.10)', () => {
    const t = scripted(accept())
    t.until(3)
    t.client('ann').disconnect()
    t.until(5)
    const both = [TYPE.acctTerminateCause, TYPE.acctSessionTime, TYPE.acctInputOctets]
    assert.deepEqual(
      both.map(type => has(t.accounts[0], type)),
      [false, false, false],
    )
    assert.deepEqual(
      both.map(type => has(t.accounts[1], type)),
      [true, true, true],
    )
  })
  test('two sessions have two Acct-Session-Ids (RFC 2866 §5.5)', () => {
    const t = withServer({ clients: { ann: {}, ben: {} } })
    t.client('ann').connect()
    t.client('ben').connect()
    t.until(3)
    assert.equal(t.value('aaa', 'radius.sessions'), 2)
    t.client('ann').disconnect()
    t.until(5)
    assert.deepEqual([t.value('aaa', 'radius.sessions'), t.value('aaa', 'radius.records')], [1, 3])
  })
  test('reports on the way as often as the lab says, or the server (RFC 2869 §2.1, §5.16)', () => {
    const often = scripted(accept(), { pptp: ask({ interim: '10s' }) })
    often.until(35)
    assert.deepEqual(often.accounts.map(status), [1, 3, 3, 3])
    const told = scripted(accept(A.number(TYPE.acctInterimInterval, 90)))
    told.until(200)
    assert.deepEqual(told.accounts.map(status), [1, 3, 3])
    const hasty = scripted(accept(A.number(TYPE.acctInterimInterval, 1)))
    hasty.until(100)
    assert.deepEqual(hasty.accounts.map(status), [1, 3])
  })
  test('can be left out', () => {
    const t = scripted(accept(), { pptp: ask({ accounting: false }) })
    t.until(3)
    t.client('ann').disconnect()
    t.until(5)
    assert.equal(t.accounts.length, 0)
    assert.equal(t.seen('account', 'office').length, 1)
  })
})

describe('a RADIUS server', () => {
  /** Sends these octets from the file server, and what comes back. */
  const exchange = (t: ReturnType<typeof withServer>, bytes: Uint8Array, port = 1812): Uint8Array[] => {
    const back: Uint8Array[] = []
    const socket = t.ipNode('files').udp.openAny(({ data }) => back.push(data.slice()))
    assert.ok(socket)
    socket.send(ip('10.20.0.9'), port, bytes)
    socket.send(ip('10.20.0.9'), port, bytes)
    t.until(t.run.simulation.world.scheduler.now / 1e9 + 5)
    return back
  }
  const request = (attributes: readonly Radius.Attribute[], code: Radius.Code = 'access-request') =>
    Radius.write({ code, id: 5, authenticator: new Uint8Array(16).fill(3), attributes })

  test('gives a request that comes again the same answer, and counts it once (RFC 2865 §2.4)', () => {
    const t = withServer()
    const back = exchange(t, request([A.text(TYPE.userName, 'ann')]))
    assert.equal(back.length, 2)
    assert.deepEqual(back[0], back[1])
    assert.equal(t.value('aaa', 'radius.rejected'), 1)
  })
  test('sends Proxy-State back as it came, in its order (RFC 2865 §5.33)', () => {
    const states = ['one', 'two'].map(text => A.text(TYPE.proxyState, text))
    const [back] = exchange(withServer(), request([states[0], A.text(TYPE.userName, 'ann'), states[1]]))
    const parsed = Radius.parse(back)
    assert.ok(parsed.ok)
    assert.deepEqual(A.findAll(parsed.value, TYPE.proxyState).map(toLatin1), ['one', 'two'])
  })
  test('says nothing, with a reason, where Proxy-State leaves no room for an answer (RFC 2865 §3, §5.33)', () => {
    const states = Array.from({ length: 16 }, () => A.octets(TYPE.proxyState, new Uint8Array(252)))
    const t = withServer()
    assert.equal(request(states).length, 4084)
    assert.deepEqual(exchange(t, request(states)), [])
    const [drop] = t.seen('drop', 'aaa')
    assert.deepEqual([drop.reason, /too long for a packet/.test(drop.detail ?? '')], ['radius-unexpected', true])
    assert.equal(exchange(t, request(states.slice(1))).length, 2)
  })
  test('refuses a challenge of any size that fits no response (RFC 2548 §2.1.2)', () => {
    for (const length of [1, 7, 8, 9, 16, 247]) {
      const t = withServer()
      const challenge = A.microsoft(MS.chapChallenge, new Uint8Array(length))
      for (const type of [MS.chapResponse, MS.chap2Response]) {
        const value = new Uint8Array(50)
        if (type === MS.chapResponse) value[1] = 1
        const name = A.text(TYPE.userName, 'ann')
        const [back] = exchange(t, request([name, challenge, A.microsoft(type, value)]))
        const parsed = Radius.parse(back)
        assert.equal(parsed.ok && parsed.value.code, 'access-reject')
      }
    }
  })
  test('drops silently what does not fit the secret, what is no request, and what is no RADIUS (RFC 2865 §3, RFC 2866 §3)', () => {
    const proof = A.octets(TYPE.messageAuthenticator, new Uint8Array(16))
    const t = withServer()
    assert.deepEqual(exchange(t, request([proof])), [])
    assert.deepEqual(exchange(t, request([], 'access-accept')), [])
    assert.deepEqual(exchange(t, request([], 'accounting-request'), 1813), [])
    assert.deepEqual(exchange(t, fromAscii('hello')), [])
    const reasons = t.seen('drop', 'aaa').map(({ reason }) => reason)
    assert.deepEqual(reasons, [...Array.from({ length: 6 }, () => 'radius-unexpected'), 'malformed', 'malformed'])
  })
  test('survives any octets', () => {
    const t = withServer()
    const bytes = fc.uint8Array({ maxLength: 120 })
    fc.assert(
      fc.property(bytes, fc.constantFrom(1, 4), fc.boolean(), (octets, code, plausible) => {
        if (plausible && octets.length >= 20) octets.set([code, 1, 0, octets.length])
        const before = t.seen('radius-message', 'aaa').length
        const back = exchange(t, octets, code === 1 ? 1812 : 1813)
        return back.length === 0 || t.seen('radius-message', 'aaa').length > before
      }),
      { numRuns: 50 },
    )
  })
  test('gives each user what is his: address, routes, times (RFC 2865 §5.8, §5.22, §5.27, §5.28)', () => {
    const ann = { password: 'p', address: '10.8.0.44', routes: ['10.30.0.0/24'], session: '25s', idle: '1h' }
    const t = withServer({}, { users: { ann } })
    t.client('ann').connect()
    t.until(3)
    assert.equal(t.value('office', 'calls[ann].address'), '10.8.0.44')
    assert.ok(t.routes('office').includes('10.30.0.0/24 dev ppp0'))
    t.until(30)
    assert.equal(t.seen('account', 'office')[0].cause, 'session-timeout')
  })
  test('and to him with his domain before his name as well (RFC 2759 §4)', () => {
    const t = withServer(
      { clients: { ann: { user: 'HOME\\ann' } } },
      { users: { ann: { password: 'p', address: '10.8.0.44' } } },
    )
    t.client('ann').connect()
    t.until(3)
    assert.deepEqual(
      t.seen('interface', 'ann').map(({ detail }) => /^10\.8\.0\.44,/.test(detail)),
      [true],
    )
  })
})
