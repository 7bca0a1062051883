/**
 * Something goes wrong at any moment of the set-up, the call or its end: every line, call ID, address and timer of the
 * access server comes back, whoever is to blame.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ms, sec } from '../../src/base/time.ts'
import { Nas } from '../../src/node/nas.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import type * as Pptp from '../../src/wire/pptp.ts'
import { BLUE, icrp, type NasLab, NOTHING, nasLab, RED, ScriptedPns } from '../support/nas-lab.ts'

const server = (t: NasLab, name: string): PptpServer => {
  const node = t.simulation.nodes.get(name)
  assert.ok(node instanceof PptpServer)
  return node
}
const road = (t: NasLab) => t.simulation.links.find(({ name }) => name.includes('isp:eth1'))

const TROUBLES: Readonly<Record<string, (t: NasLab) => void>> = {
  'the caller hangs up': t => t.hangUp('bob'),
  'the caller’s cable is pulled': t => t.cable('bob').setUp(false),
  'the trunk is pulled': t => t.cable('trunk0').setUp(false),
  'the PNS hangs up': t => server(t, 'red').hangUp(),
  'the PNS stops its service': t => server(t, 'red').shutDown(),
  'the PNS loses its power': t => t.crash('red'),
  'the access server stops its service': t => {
    const nas = t.simulation.nodes.get('nas')
    if (nas instanceof Nas) nas.shutDown()
  },
  'the way to the PNS is cut': t => road(t)?.setUp(false),
}
const ENDS = { local: '10.7.0.1', pool: '10.7.0.10-10.7.0.19', users: { bob: 'p' } }
/** Until PPP is up, however the tunnel is chosen. */
const SET_UP = 1600
const PLANS: Readonly<Record<string, Parameters<typeof nasLab>[0]>> = {
  'by the number': {},
  'by the name': { nas: { tunnels: [{ user: 'bob', to: [RED, BLUE] }], ppp: ENDS } },
  'at the access server': { nas: { tunnels: {}, ppp: ENDS } },
}

/** After the trouble the caller hangs up too, if he still can, and the longest wait is that of the control connection. */
function nothingStays(t: NasLab, said: string): void {
  const at = t.run.now
  t.run.advanceTo(at + sec(20))
  t.hangUp('bob')
  t.run.advanceTo(at + sec(200))
  assert.deepEqual(t.inUse(), NOTHING, said)
  // One without power remembers nothing, and its snapshot is that of the moment in which it lost it.
  if (t.simulation.boots.get('red')?.power.on) assert.equal(t.value('red', 'pool.used'), 0, said)
  assert.equal(t.value('bob', 'line.call'), 'idle', said)
}

describe('at every moment of a call', () => {
  for (const [how, plan] of Object.entries(PLANS)) {
    for (const [trouble, strike] of Object.entries(TROUBLES)) {
      test(`${how}: ${trouble}`, () => {
        for (let at = 0; at <= SET_UP; at += 37) {
          const t = nasLab(plan)
          t.dial('bob')
          t.run.advanceTo(ms(at))
          strike(t)
          nothingStays(t, `at ${at} ms`)
        }
      })
    }
  }
})

describe('a PNS that does odd things', () => {
  const frame = Uint8Array.of(0xff, 3, 0xc0, 0x21, 5, 1, 0, 4)
  const ODD: Readonly<Record<string, (request: Pptp.Message<'incoming-call-request'>, pns: ScriptedPns) => void>> = {
    'says nothing': () => {},
    refuses: ({ callId }, pns) => pns.say(icrp(callId, 3)),
    'refuses twice': ({ callId }, pns) => {
      pns.say(icrp(callId, 3))
      pns.say(icrp(callId, 3))
    },
    'answers the wrong call': ({ callId }, pns) => pns.say(icrp(callId + 1)),
    'answers twice': ({ callId }, pns) => {
      pns.say(icrp(callId))
      pns.say(icrp(callId, 1, 78))
    },
    'takes the call and clears it at once': ({ callId }, pns) => {
      pns.say(icrp(callId))
      pns.say({ type: 'call-clear-request', callId: 77 })
    },
    'clears a call that it never took': (_, pns) => pns.say({ type: 'call-clear-request', callId: 77 }),
    'sends data before the call is connected': ({ callId }, pns) => {
      for (let n = 0; n < 5; n++) pns.data(callId, n, frame)
      pns.say(icrp(callId))
    },
    'sends data and never answers': ({ callId }, pns) => pns.data(callId, 0, frame),
    'sends more data than any line takes': ({ callId }, pns) => {
      pns.say(icrp(callId))
      for (let n = 0; n < 200; n++) pns.data(callId, n, new Uint8Array(1400))
    },
    'sends Set-Link-Info for no call': (_, pns) =>
      pns.say({ type: 'set-link-info', peerCallId: 999, sendAccm: 0, receiveAccm: 0 }),
    'sends the messages of a PAC': ({ callId }, pns) => {
      const codes = { resultCode: 1, errorCode: 0, causeCode: 0 }
      pns.say({ type: 'call-disconnect-notify', callId, ...codes, callStatistics: '' })
    },
    'resets the control connection': (_, pns) => pns.abort(),
  }

  for (const [oddity, act] of Object.entries(ODD)) {
    test(oddity, () => {
      for (const hangUpAt of [0.2, 1, 4, 30]) {
        const t = nasLab({ red: 'host' })
        new ScriptedPns(t.ipNode('red'), (message, pns) => {
          if (message.type === 'incoming-call-request') act(message, pns)
        })
        t.dial('bob')
        t.until(hangUpAt)
        t.hangUp('bob')
        t.until(hangUpAt + 150)
        assert.deepEqual(t.inUse(), NOTHING, `hung up at ${hangUpAt} s`)
      }
    })
  }
})

describe('many callers at random times', () => {
  const LINES = 24
  const CALLERS = Array.from({ length: 30 }, (_, i) => `c${i}`)
  const step = fc.record({ who: fc.constantFrom(...CALLERS), at: fc.integer({ min: 0, max: 400_000 }) })

  test('more than 200 dial-ins and hang-ups over 24 lines and two PNSs, one of which crashes: nothing stays, twice the same', () => {
    const arbitrary = fc.record({
      dials: fc.array(step, { minLength: 900, maxLength: 900 }),
      hangUps: fc.array(step, { minLength: 900, maxLength: 900 }),
      crashAt: fc.integer({ min: 60_000, max: 200_000 }),
    })
    const [plan] = fc.sample(arbitrary, { seed: 7, numRuns: 1 })
    const play = () => {
      const t = nasLab({
        callers: Object.fromEntries(CALLERS.map(name => [name, {}])),
        trunk: { lines: LINES },
        nas: { tunnels: [{ calling: '*1', to: [RED, BLUE] }, { to: [BLUE, RED] }] },
      })
      const { scheduler } = t.simulation.world
      for (const { who, at } of plan.dials) scheduler.after(ms(at), 'test', () => t.dial(who))
      for (const { who, at } of plan.hangUps) scheduler.after(ms(at), 'test', () => t.hangUp(who))
      scheduler.after(ms(plan.crashAt), 'test', () => t.crash('red'))
      let most = 0
      for (let at = 0; at <= 400; at++) {
        t.until(at)
        most = Math.max(most, Number(t.value('nas', 'line.busy')))
      }
      t.hangUp(...CALLERS)
      t.until(600)
      assert.deepEqual(t.inUse(), NOTHING)
      assert.deepEqual([t.value('blue', 'pptp.calls'), t.value('blue', 'pool.used')], [0, 0])
      const rang = t.seen('tunnel-rule').length
      return { most, rang, fingerprint: t.run.result().fingerprint }
    }
    const [once, again] = [play(), play()]
    assert.ok(once.rang >= 200 && once.most > LINES / 2, JSON.stringify(once))
    assert.deepEqual(once, again)
  })
})
