/** MS-CHAP in both versions, retries, the error codes, the change of a password, and who decides. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromAscii, hex, unhex } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { AuthMethod, PppConfig } from '../../src/ppp/config.ts'
import { AUTH_ERRORS, type AuthError, type Proof, type Verdict } from '../../src/ppp/judge.ts'
import { lmPasswordHash } from '../../src/ppp/mschap.ts'
import { challengeResponse, hashNtPasswordHash, ntPasswordHash } from '../../src/ppp/mschapv2.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { alone, CLIENT, drops, messages, pair, SERVER } from '../support/ppp.ts'

const METHODS = ['pap', 'chap-md5', 'ms-chap', 'ms-chap-v2'] as const
const MICROSOFT = ['ms-chap', 'ms-chap-v2'] as const
const ourself = CLIENT.ourself as NonNullable<PppConfig['ourself']>
const peer = SERVER.authenticatePeer as NonNullable<PppConfig['authenticatePeer']>

const both = (method: AuthMethod, client: Partial<typeof ourself> = {}, server: Partial<typeof peer> = {}) =>
  pair({
    client: { mppe: 'off', ourself: { ...ourself, methods: [method], ...client } },
    server: { mppe: 'off', authenticatePeer: { ...peer, methods: [method], ...server } },
  })

const chapLines = (p: ReturnType<typeof pair>, node: string, type: string): string[] =>
  messages(p.events, node).filter(line => line.startsWith(`sent chap ${type}`))

/** Our server, LCP open, and a peer that has heard its Challenge. */
function asked(method: AuthMethod, server: Partial<typeof peer> = {}) {
  const a = alone({ authenticatePeer: { ...peer, methods: [method], ...server } })
  a.us.session.open()
  const [first] = a.peer.frames()
  const options = first.slice(16)
  a.peer.raw(`ff03c02102${first.slice(10, 12)}${first.slice(12, 16)}${options}`)
  a.peer.raw('ff03c0210101000a050011223344'.replace('000a0500', '000a0506'))
  assert.equal(a.us.session.lcp, 'opened')
  const frame = a.peer.frames().filter(f => f.startsWith('c22301') || f.startsWith('ff03c22301'))[0]
  const ppp = Ppp.parse(unhex(frame))
  assert.ok(ppp.ok)
  const challenge = Chap.parse(ppp.value.info)
  assert.ok(challenge.ok && challenge.value.type === 'challenge')
  const { id, value } = challenge.value
  const respond = (at: number, secret: string, to: Uint8Array = value, user = 'alice') => {
    const ntResponse = challengeResponse(to, ntPasswordHash(secret))
    const response = Chap.writeMsChapResponse({ ntResponse, useNtResponse: true })
    a.peer.sends(Ppp.CHAP, { type: 'response', id: at, value: response, name: fromAscii(user) })
  }
  return { ...a, id, value, respond }
}

/** `E=691 R=1 …` of the only message that was heard. */
function failure(lines: readonly string[]): Chap.MsChapFailure {
  const text = lines.find(line => line.startsWith('chap failure'))
  assert.ok(text, lines.join('\n'))
  const read = Chap.readMsChapFailure(fromAscii(text.slice(text.indexOf('"') + 1, -1)))
  assert.ok(read, text)
  return read
}

describe('MS-CHAP (RFC 2433)', () => {
  test('the sample hashes of RFC 3079 §2.5, which MPPE starts from', () => {
    assert.equal(hex(lmPasswordHash('clientPass')), '76a152936096d7830e23902274 04afd2'.replace(' ', ''))
    assert.equal(hex(hashNtPasswordHash(ntPasswordHash('clientPass'))), '41c00c584bd2d91c4017a2a12fa59f3f')
  })
  test('the sample response of RFC 2433 §B.2', () => {
    const hash = ntPasswordHash('MyPw')
    assert.equal(hex(hash), 'fc156af7edcd6c0edde3337d427f4eac')
    const response = challengeResponse(unhex('102db5df085d3041'), hash)
    assert.equal(hex(response), '4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61')
  })
  test('its algorithm is 0x80, and its challenge has eight octets (RFC 2433 §3, §4)', () => {
    const p = both('ms-chap')
    p.open()
    p.run(sec(1))
    assert.ok(messages(p.events, 'client').some(m => /received lcp configure-request: .*auth CHAP MS,/.test(m)))
    assert.ok(messages(p.events, 'client').includes('received chap challenge: value of 8 octets, name "pptpd"'))
    assert.equal(p.server.session.ipcp, 'opened')
    assert.equal(p.server.session.snapshot().user, 'alice')
  })
  test('our Response leaves the LAN Manager response zero and sets the flag (RFC 2433 §5)', () => {
    const p = both('ms-chap')
    p.open()
    p.run(sec(1))
    const frame = p.wire.find(f => f.startsWith('client c22302'))
    assert.ok(frame)
    const value = unhex(frame.slice(7)).subarray(7, 56)
    assert.equal(hex(value.subarray(0, 24)), '00'.repeat(24))
    assert.equal(value[48], 1)
  })
  test('a Response without the flag, which offers only the LAN Manager response, is refused (RFC 2433 §5)', () => {
    const a = asked('ms-chap')
    const ntResponse = challengeResponse(a.value, ntPasswordHash('alice-secret'))
    const value = Chap.writeMsChapResponse({ ntResponse, useNtResponse: false })
    a.peer.sends(Ppp.CHAP, { type: 'response', id: a.id, value, name: fromAscii('alice') })
    assert.equal(failure(a.peer.hears()).error, 691)
    assert.equal(a.us.session.auth, 'failed')
  })
  test('a Failure says version 2 at least (RFC 2433 §7)', () => {
    const a = asked('ms-chap')
    a.respond(a.id, 'wrong')
    const said = failure(a.peer.hears())
    assert.deepEqual([said.error, said.retry, said.version], [691, false, 2])
    assert.equal(said.challenge?.length, 8)
  })
  test('a Challenge of another length than eight octets is discarded (RFC 2433 §4)', () => {
    const a = alone({ ourself: { ...ourself, methods: ['ms-chap'] } })
    a.us.session.open()
    const [first] = a.peer.frames()
    a.peer.raw(`ff03c02102${first.slice(10)}`)
    a.peer.raw('ff03c0210101000f0305c22380050611223344')
    a.peer.frames()
    a.peer.sends(Ppp.CHAP, { type: 'challenge', id: 1, value: new Uint8Array(16), name: new Uint8Array(0) })
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['malformed']])
  })
})

describe('a retry (RFC 2433 §7, RFC 2759 §6)', () => {
  for (const method of MICROSOFT) {
    test(`${method}: a second password is asked for with R=1 and a new challenge, and lets the user in`, () => {
      const p = both(method, { password: 'typo', secondPassword: 'alice-secret' }, { retries: 1 })
      p.open()
      p.run(sec(5))
      assert.equal(p.server.session.ipcp, 'opened')
      const [said] = chapLines(p, 'server', 'failure')
      const read = Chap.readMsChapFailure(fromAscii(said.slice(said.indexOf('"') + 1)))
      assert.deepEqual([read?.error, read?.retry], [691, true])
      const challenged = p.wire.find(f => f.startsWith('server c22301'))
      assert.ok(challenged && read?.challenge && !challenged.includes(hex(read.challenge)))
      const ids = p.wire.filter(f => f.startsWith('client c22302')).map(f => Number.parseInt(f.slice(13, 15), 16))
      assert.equal(ids[1], (ids[0] + 1) & 255)
    })
    test(`${method}: two wrong passwords are as many as one retry allows`, () => {
      const p = both(method, { password: 'typo', secondPassword: 'another typo' }, { retries: 1 })
      p.open()
      p.run(sec(10))
      const codes = chapLines(p, 'server', 'failure').map(line => /E=691 R=(\d)/.exec(line)?.[1])
      assert.deepEqual(codes, ['1', '0'])
      for (const side of [p.client, p.server]) assert.equal(side.ends[0].reason, 'auth-failed')
    })
  }
  test('a user without a second password goes; the server names the reason, not that the peer went', () => {
    const p = both('ms-chap-v2', { password: 'typo' }, { retries: 3 })
    p.open()
    p.run(sec(10))
    assert.match(p.client.ends[0].detail, /error 691 Access denied/)
    assert.deepEqual([p.server.ends[0].reason, p.server.ends[0].layer], ['auth-failed', 'auth'])
  })
  test('without a challenge in the Failure the last one counts, 23 added to its first octet (RFC 2433 §7)', () => {
    const a = alone({ ourself: { ...ourself, password: 'typo', secondPassword: 'second', methods: ['ms-chap'] } })
    a.us.session.open()
    const [first] = a.peer.frames()
    a.peer.raw(`ff03c02102${first.slice(10)}`)
    a.peer.raw('ff03c0210101000f0305c22380050611223344')
    a.peer.frames()
    const value = unhex('fa00000000000001')
    a.peer.sends(Ppp.CHAP, { type: 'challenge', id: 7, value, name: new Uint8Array(0) })
    a.peer.frames()
    a.peer.sends(Ppp.CHAP, { type: 'failure', id: 7, message: fromAscii('E=691 R=1 V=2') })
    const [again] = a.peer.frames()
    const expected = challengeResponse(unhex('1100000000000001'), ntPasswordHash('second'))
    assert.equal(again.slice(0, 12), 'ff03c2230208')
    assert.ok(again.includes(hex(expected)))
  })
  test('a Response with the same identifier and another value is a retry too, the same one is not (RFC 1994 §4.2)', () => {
    const a = asked('ms-chap', { retries: 2 })
    a.respond(a.id, 'wrong')
    const said = failure(a.peer.hears())
    assert.equal(said.retry, true)
    a.respond(a.id, 'wrong')
    assert.equal(hex(failure(a.peer.hears()).challenge ?? unhex('')), hex(said.challenge ?? unhex('00')))
    a.respond(a.id, 'alice-secret', said.challenge)
    assert.ok(a.peer.hears()[0].startsWith('chap success'))
    assert.equal(a.us.session.auth, 'authenticated')
  })
  test('short timeouts are off, but nobody is waited for longer than a minute', () => {
    const a = asked('ms-chap', { retries: 1 })
    a.respond(a.id, 'wrong')
    a.peer.frames()
    a.advance(sec(59))
    assert.deepEqual([a.peer.frames(), a.us.session.lcp], [[], 'opened'])
    a.advance(sec(10))
    assert.equal(a.us.ends[0].reason, 'auth-failed')
  })
  test('CHAP with MD5 has no retry', () => {
    const p = both('chap-md5', { password: 'typo', secondPassword: 'alice-secret' }, { retries: 5 })
    p.open()
    p.run(sec(10))
    assert.deepEqual(chapLines(p, 'server', 'failure'), ['sent chap failure: "Access denied"'])
    assert.equal(p.client.ends[0].reason, 'auth-failed')
  })
})

describe('the error codes of a Failure (RFC 2433 §7, RFC 2759 §6)', () => {
  for (const error of Object.keys(AUTH_ERRORS).map(Number) as AuthError[]) {
    for (const method of MICROSOFT) {
      test(`${method}: ${error} reaches the user with its text`, () => {
        const p = both(method, {}, { refusalOf: () => error })
        p.open()
        p.run(sec(80))
        const [said] = chapLines(p, 'server', 'failure')
        const words = error === 691 ? 'Access denied' : AUTH_ERRORS[error]
        const form = /"E=(\d+) R=0 C=[0-9a-f]+ V=[23] M=([^…"]+)/.exec(said)
        assert.ok(form && Number(form[1]) === error && words.startsWith(form[2]), said)
        assert.ok(p.client.ends[0].detail.includes(words), p.client.ends[0].detail)
        assert.match(p.client.ends[0].detail, new RegExp(`error ${error}`))
        for (const side of [p.client, p.server]) assert.equal(side.ends[0].reason, 'auth-failed')
        if (error !== 691) assert.ok(p.server.ends[0].detail.includes(AUTH_ERRORS[error]), p.server.ends[0].detail)
      })
    }
  }
  test('a code that no RFC names is dealt with gracefully', () => {
    const a = alone({ ourself })
    a.us.session.open()
    const [first] = a.peer.frames()
    a.peer.raw(`ff03c02102${first.slice(10)}`)
    a.peer.raw('ff03c021010100190206000000000305c22381050609c18bd907020802')
    a.peer.frames()
    a.peer.raw('c223016a001a10ff3bd4d9bf429d25c7f7075a6cb3f3237070747064')
    a.peer.sends(Ppp.CHAP, { type: 'failure', id: 0x6a, message: fromAscii('E=4711 R=0 V=3 M=moon phase') })
    a.advance(sec(10))
    assert.match(a.us.ends[0].detail, /error 4711 moon phase/)
  })
  test('PAP and CHAP-MD5 tell the reason in words', () => {
    for (const method of ['pap', 'chap-md5'] as const) {
      const p = both(method, {}, { refusalOf: () => 647 })
      p.open()
      p.run(sec(10))
      assert.match(p.client.ends[0].detail, /The account is disabled/)
      assert.match(p.server.ends[0].detail, /error 647/)
    }
  })
  test('a wrong password of a disabled account is a wrong password', () => {
    const p = both('ms-chap-v2', { password: 'typo' }, { refusalOf: () => 647 })
    p.open()
    p.run(sec(10))
    assert.match(p.client.ends[0].detail, /error 691/)
  })
})

describe('Change-Password (RFC 2433 §8 and §9, RFC 2759 §7)', () => {
  const packet = (code: number, id: number) => {
    const length = { 5: 72, 6: 1118, 7: 586 }[code] as number
    return { type: 'change-password', code, id, data: new Uint8Array(length - 4) } as const
  }
  for (const [method, code] of [
    ['ms-chap', 5],
    ['ms-chap', 6],
    ['ms-chap-v2', 7],
  ] as const) {
    test(`${method}, code ${code}: after 648 it is answered with 709, and the link ends`, () => {
      const a = asked(method, { judge: (_, decide) => decide({ granted: false, error: 648 }) })
      a.respond(a.id, 'alice-secret')
      assert.equal(failure(a.peer.hears()).error, 648)
      assert.equal(a.us.session.lcp, 'opened')
      a.peer.sends(Ppp.CHAP, packet(code, (a.id + 1) & 255))
      const heard = a.peer.hears()
      assert.equal(heard[0].split(' ')[2], `${(a.id + 1) & 255}:`)
      assert.equal(failure(heard).error, 709)
      a.advance(sec(10))
      assert.match(a.us.ends[0].detail, /may not be changed here/)
    })
  }
  test('one that nobody asked for is discarded', () => {
    const a = asked('ms-chap-v2')
    a.peer.sends(Ppp.CHAP, packet(7, 1))
    assert.deepEqual([a.peer.frames(), drops(a.events, 'us')], [[], ['ppp-unexpected']])
  })
  test('one of the wrong length is malformed', () => {
    const a = asked('ms-chap-v2')
    a.peer.raw('c22307010008aabbccdd')
    assert.deepEqual(drops(a.events, 'us'), ['malformed'])
  })
})

describe('who decides', () => {
  /** A judge in the hands of the test. */
  function slow(method: AuthMethod, client: Partial<typeof ourself> = {}) {
    const waiting: { proof: Proof; decide: (verdict: Verdict) => void }[] = []
    const p = both(method, client, { judge: (proof, decide) => waiting.push({ proof, decide }) })
    p.open()
    p.run(sec(1))
    return { p, waiting }
  }
  for (const method of METHODS) {
    test(`${method}: a judge elsewhere may take its time, and repeated answers do not disturb it`, () => {
      const { p, waiting } = slow(method)
      p.run(sec(10))
      assert.equal(waiting.length, 1)
      assert.equal(p.server.session.auth, 'authenticating')
      const authenticatorResponse = `S=${'0'.repeat(40)}`
      waiting[0].decide({ granted: true, authenticatorResponse })
      p.run(sec(14))
      // A server that cannot prove itself is left (RFC 2759 §8.8).
      assert.equal(p.client.session.auth, method === 'ms-chap-v2' ? 'failed' : 'authenticated')
      if (method !== 'ms-chap-v2') assert.equal(p.server.session.auth, 'authenticated')
    })
    test(`${method}: it is given the proof whole`, () => {
      const { waiting } = slow(method)
      const { proof } = waiting[0]
      assert.deepEqual([proof.method, proof.user], [method, 'alice'])
      if (proof.method === 'pap') assert.equal(hex(proof.password), hex(fromAscii('alice-secret')))
      else {
        assert.equal(proof.challenge.length, method === 'ms-chap' ? 8 : 16)
        assert.equal(proof.response.length, method === 'chap-md5' ? 16 : 49)
      }
    })
    test(`${method}: a verdict after the link has gone changes nothing`, () => {
      const { p, waiting } = slow(method)
      p.server.session.lowerDown()
      const before = p.wire.length
      waiting[0].decide({ granted: true })
      waiting[0].decide({ granted: false, error: 691 })
      p.run(ms(1500))
      assert.equal(
        p.wire.filter(f => f.startsWith('server')).length,
        p.wire.slice(0, before).filter(f => f.startsWith('server')).length,
      )
      assert.equal(p.server.ends.length, 1)
    })
  }
  test('keys of a judge elsewhere are those of encryption: none, none required', () => {
    const { p, waiting } = slow('ms-chap')
    waiting[0].decide({ granted: false, error: 649, message: 'ask the office', detail: 'The RADIUS server says no.' })
    p.run(sec(5))
    assert.match(p.client.ends[0].detail, /error 649 ask the office/)
    assert.equal(p.server.ends[0].detail, 'The RADIUS server says no.')
  })
})

describe('proof in both directions', () => {
  const gate = {
    methods: ['chap-md5' as const],
    name: 'alice-pc',
    secretOf: (user: string) => (user === 'gate' ? 'open sesame' : undefined),
  }
  for (const method of METHODS) {
    test(`the server proves itself with ${method} too, and the client lets it (RFC 1661 §6.2)`, () => {
      const p = pair({
        client: { mppe: 'off', authenticatePeer: { ...gate, methods: [method] } },
        server: { mppe: 'off', ourself: { user: 'gate', password: 'open sesame', methods: [method] } },
      })
      p.open()
      p.run(sec(5))
      assert.deepEqual([p.client.session.ipcp, p.client.session.snapshot().user], ['opened', 'gate'])
      assert.equal(p.server.session.snapshot().user, 'alice')
    })
    test(`a server that cannot is refused, ${method}`, () => {
      const p = pair({
        client: { mppe: 'off', authenticatePeer: { ...gate, methods: [method] } },
        server: { mppe: 'off', ourself: { user: 'gate', password: 'guessed', methods: [method] } },
      })
      p.open()
      p.run(sec(10))
      assert.deepEqual([p.client.facts, p.client.ends[0].reason], [[], 'auth-failed'])
    })
  }
  test('our own Challenge that comes back is not answered (RFC 1994, Security Considerations)', () => {
    const p = pair({
      client: { mppe: 'off', authenticatePeer: { ...gate, methods: ['chap-md5'] } },
      server: {
        mppe: 'off',
        authenticatePeer: { ...peer, methods: ['chap-md5'] },
        ourself: { user: 'gate', password: 'open sesame', methods: ['chap-md5'] },
      },
      lose: ({ from, ppp }) => from === 'server' && ppp.protocol === Ppp.CHAP,
    })
    p.open()
    p.run(ms(30))
    const own = p.wire.find(f => f.startsWith('client c22301'))
    assert.ok(own)
    p.client.session.receive(p.client.env.packets.from(unhex(own.slice(7))))
    p.run(ms(60))
    assert.ok(drops(p.events, 'client').includes('ppp-looped'))
    assert.deepEqual(chapLines(p, 'client', 'response'), [])
  })
})
