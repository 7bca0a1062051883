import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { concat, fromAscii, hex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { md5 } from '../../src/crypto/hash.ts'
import * as A from '../../src/radius/attributes.ts'
import { type Outcome, RadiusClient } from '../../src/radius/client.ts'
import { hidePassword, isAccountingRequest, judgeProof, signResponse } from '../../src/radius/secret.ts'
import * as Radius from '../../src/wire/radius.ts'
import { TYPE } from '../../src/wire/radius-attributes.ts'
import { fc } from '../support/fast-check.ts'

const SECRET = fromAscii('between us')
const FIRST = ip('10.0.0.1')
const SECOND = ip('10.0.0.2')

interface Sent {
  readonly at: number
  readonly to: number
  readonly port: number
  readonly bytes: Uint8Array
  readonly packet: Radius.Radius
}

function bench(servers = [FIRST], seed = 1) {
  const world = new World(seed)
  const sent: Sent[] = []
  const events: TraceEvent[] = []
  world.trace.listen(event => events.push(event))
  const targets = servers.map(address => ({ address, authPort: 1812, acctPort: 1813, secret: SECRET }))
  const config = { servers: targets, timeout: sec(3), tries: 3 }
  const client = new RadiusClient(world.env('nas'), config, {
    send: (to, port, bytes) => {
      const parsed = Radius.parse(bytes)
      assert.ok(parsed.ok)
      sent.push({ at: world.scheduler.now / 1e9, to, port, bytes, packet: parsed.value })
    },
  })
  const outcomes: Outcome[] = []
  return {
    client,
    sent,
    events,
    outcomes,
    until: (seconds: number) => world.scheduler.runUntil(sec(seconds)),
    ask: (password = 'wonderland') =>
      client.access(
        (authenticator, secret) => [
          A.text(TYPE.userName, 'alice'),
          A.octets(TYPE.userPassword, hidePassword(fromAscii(password), secret, authenticator)),
        ],
        outcome => outcomes.push(outcome),
      ),
    answer: ({ to, port, packet }: Sent, code: Radius.Code = 'access-accept', secret = SECRET) => {
      const { id, authenticator } = packet
      client.receive(
        to as never,
        port,
        signResponse({ code, id, authenticator, attributes: [] }, authenticator, secret),
      )
    },
    drops: () => events.filter(event => event.event === 'drop').map(event => event.reason),
  }
}

/** An Access-Accept with these attributes and nothing else, and the Response Authenticator that belongs to it. */
function plain({ packet: { id, authenticator } }: Sent, ...attributes: Radius.Attribute[]): Uint8Array {
  const bytes = Radius.write({ code: 'access-accept', id, authenticator, attributes })
  bytes.set(md5(concat(bytes, SECRET)), Radius.AUTHENTICATOR)
  return bytes
}

describe('an Access-Request', () => {
  test('is repeated unchanged, with its Identifier and its authenticator, until the tries are used up (RFC 2865 §2.4, §3)', () => {
    const t = bench()
    t.ask()
    t.until(60)
    assert.deepEqual(
      t.sent.map(({ at }) => at),
      [0, 3, 6],
    )
    assert.equal(new Set(t.sent.map(({ bytes }) => hex(bytes))).size, 1)
    assert.deepEqual(t.outcomes, [
      {
        answered: false,
        tries: 3,
        detail: 'The RADIUS server 10.0.0.1 does not answer: 3 requests without an answer.',
      },
    ])
    assert.equal(t.events.filter(({ event }) => event === 'radius-silent').length, 1)
  })
  test('goes to the next server after that, as another request, with the password hidden anew (RFC 2865 §2.4, §3)', () => {
    const t = bench([FIRST, SECOND])
    t.ask()
    t.until(10)
    t.answer(t.sent[3])
    t.until(60)
    assert.deepEqual(
      t.sent.map(({ to }) => to),
      [FIRST, FIRST, FIRST, SECOND],
    )
    assert.notEqual(hex(t.sent[0].packet.authenticator), hex(t.sent[3].packet.authenticator))
    const hidden = t.sent.map(({ packet }) => hex(Radius.find(packet, TYPE.userPassword) ?? SECRET))
    assert.notEqual(hidden[0], hidden[3])
    assert.equal(t.outcomes.length, 1)
    assert.equal(t.outcomes[0].answered, true)
  })
  test('goes to the server that has answered last first', () => {
    const t = bench([FIRST, SECOND])
    t.ask()
    t.until(10)
    t.answer(t.sent[3])
    t.ask()
    assert.equal(t.sent[4].to, SECOND)
    t.until(40)
    assert.deepEqual(
      t.sent.slice(4).map(({ to }) => to),
      [SECOND, SECOND, SECOND, FIRST, FIRST, FIRST],
    )
  })
  test('has an authenticator that no other has (RFC 2865 §3)', () => {
    const t = bench()
    for (let i = 0; i < 100; i++) t.ask()
    assert.equal(new Set(t.sent.map(({ packet }) => hex(packet.authenticator))).size, 100)
    const other = bench([FIRST], 2)
    other.ask()
    assert.notEqual(hex(other.sent[0].packet.authenticator), hex(t.sent[0].packet.authenticator))
  })
  test('has an Identifier that no open request to that server has; with 256 open ones no more can be asked (RFC 2865 §3)', () => {
    const t = bench()
    for (let i = 0; i < 257; i++) t.ask()
    assert.equal(t.sent.length, 256)
    assert.equal(new Set(t.sent.map(({ packet }) => packet.id)).size, 256)
    t.answer(t.sent[7])
    t.ask()
    assert.equal(t.sent[256].packet.id, 7)
    // The one that had to wait is asked as soon as an Identifier is free.
    t.answer(t.sent[9])
    t.until(3)
    const ninth = t.sent.filter(({ packet }) => packet.id === 9)
    assert.deepEqual(
      ninth.map(({ at }) => at),
      [0, 3],
    )
    assert.notEqual(hex(ninth[0].bytes), hex(ninth[1].bytes))
  })
  test('that is forgotten takes no other with it that has its Identifier by then (RFC 2865 §3)', () => {
    const t = bench()
    const forget = t.ask()
    t.answer(t.sent[0])
    for (let i = 0; i < 256; i++) t.ask()
    assert.equal(t.sent.at(-1)?.packet.id, 0)
    forget()
    t.answer(t.sent[256])
    assert.equal(t.outcomes.length, 2)
  })
  test('has a Message-Authenticator, before all other attributes (RFC 2869 §5.14)', () => {
    const t = bench()
    t.ask()
    const { bytes, packet } = t.sent[0]
    assert.equal(packet.attributes[0].type, TYPE.messageAuthenticator)
    assert.equal(judgeProof(bytes, packet.authenticator, SECRET), 'right')
  })
  test('that nobody waits for any more is forgotten', () => {
    const t = bench()
    const forget = t.ask()
    forget()
    t.answer(t.sent[0])
    t.until(60)
    assert.equal(t.sent.length, 1)
    assert.deepEqual([t.outcomes, t.drops()], [[], ['radius-unexpected']])
  })
})

describe('an answer', () => {
  const wrong: Readonly<Record<string, (t: ReturnType<typeof bench>) => void>> = {
    'with the authenticator of another secret (RFC 2865 §3)': t => t.answer(t.sent[0], 'access-accept', fromAscii('x')),
    'without a Message-Authenticator, with an authenticator that does not fit (RFC 2865 §3)': t => {
      const bytes = plain(t.sent[0])
      bytes[Radius.AUTHENTICATOR] ^= 1
      t.client.receive(FIRST, 1812, bytes)
    },
    'from another server than was asked (RFC 2865 §3)': t => t.answer({ ...t.sent[0], to: SECOND }),
    'from another port than was asked': t => t.answer({ ...t.sent[0], port: 1813 }),
    'with an Identifier that is not open (RFC 2865 §4.2)': t =>
      t.answer({ ...t.sent[0], packet: { ...t.sent[0].packet, id: 200 } }),
    'to another request, with its authenticator (RFC 2865 §3)': t =>
      t.answer({ ...t.sent[0], packet: { ...t.sent[0].packet, authenticator: new Uint8Array(16) } }),
    'that is a request': t => t.client.receive(FIRST, 1812, t.sent[0].bytes),
    'that is one to an Accounting-Request': t => t.answer(t.sent[0], 'accounting-response'),
    'whose Message-Authenticator is wrong, though its authenticator is right (RFC 2869 §5.14)': t =>
      t.client.receive(FIRST, 1812, plain(t.sent[0], A.octets(TYPE.messageAuthenticator, new Uint8Array(16)))),
  }
  for (const [what, play] of Object.entries(wrong)) {
    test(`${what} is dropped silently, and the right one is still waited for`, () => {
      const t = bench()
      t.ask()
      play(t)
      assert.deepEqual([t.outcomes, t.drops()], [[], ['radius-unexpected']])
      t.answer(t.sent[0])
      assert.equal(t.outcomes.length, 1)
    })
  }
  test('that comes twice counts once (RFC 2865 §4.2)', () => {
    const t = bench()
    t.ask()
    t.answer(t.sent[0])
    t.answer(t.sent[0], 'access-reject')
    assert.equal(t.outcomes.length, 1)
    assert.deepEqual(t.drops(), ['radius-unexpected'])
  })
  test('without a Message-Authenticator is taken (RFC 2865 §3)', () => {
    const t = bench()
    t.ask()
    t.client.receive(FIRST, 1812, plain(t.sent[0]))
    assert.equal(t.outcomes.length, 1)
  })
  test('with octets behind its Length is taken without them (RFC 2865 §3)', () => {
    const t = bench()
    t.ask()
    const { id, authenticator } = t.sent[0].packet
    const bytes = signResponse({ code: 'access-reject', id, authenticator, attributes: [] }, authenticator, SECRET)
    t.client.receive(FIRST, 1812, Uint8Array.from([...bytes, 1, 2, 3]))
    assert.equal(t.outcomes.length, 1)
  })
  test('of any octets harms nobody', () => {
    const t = bench()
    t.ask()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, plausible) => {
        if (plausible && bytes.length >= 20) bytes.set([2, t.sent[0].packet.id, 0, bytes.length])
        t.client.receive(FIRST, 1812, bytes)
        assert.equal(t.outcomes.length, 0)
      }),
    )
  })
})

describe('an Accounting-Request', () => {
  const report = (t: ReturnType<typeof bench>) => t.client.account([A.number(TYPE.acctStatusType, 1)])
  const delay = ({ packet }: Sent) => A.findNumber(packet, TYPE.acctDelayTime)

  test('is signed with the shared secret over zeros (RFC 2866 §3)', () => {
    const t = bench()
    report(t)
    assert.equal(t.sent[0].port, 1813)
    assert.equal(isAccountingRequest(t.sent[0].bytes, SECRET), true)
  })
  test('says how old it is, so each try is a new packet with a new Identifier (RFC 2866 §4.1, §5.2)', () => {
    const t = bench()
    report(t)
    t.until(10)
    assert.deepEqual(t.sent.map(delay), [0, 3, 9])
    assert.deepEqual(
      t.sent.map(({ packet }) => packet.id),
      [0, 1, 2],
    )
    assert.equal(new Set(t.sent.map(({ packet }) => hex(packet.authenticator))).size, 3)
  })
  test('is repeated with back-off until a server has taken note of it (RFC 2866 §2)', () => {
    const t = bench()
    report(t)
    t.until(30)
    assert.deepEqual(
      t.sent.map(({ at }) => at),
      [0, 3, 9, 21],
    )
    t.answer(t.sent[3], 'accounting-response')
    t.until(500)
    assert.equal(t.sent.length, 4)
  })
  test('goes round the servers, and in the end nobody waits for ever', () => {
    const t = bench([FIRST, SECOND])
    report(t)
    t.until(2000)
    assert.equal(t.sent.length, 16)
    assert.deepEqual(
      t.sent.slice(0, 4).map(({ to }) => to),
      [FIRST, SECOND, FIRST, SECOND],
    )
    assert.equal(t.events.filter(({ event }) => event === 'radius-silent').length, 1)
    assert.deepEqual(t.client.counters, { requests: 16, answers: 0, unanswered: 1 })
  })
})
