/** Whatever people, cables, PNSs and power do in whatever order: once all is plugged in and on again, no line is stuck and every call works. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import { fc } from '../support/fast-check.ts'
import { ENDS, type NasLab, NOTHING, nasLab, RED } from '../support/nas-lab.ts'

const CALLERS = ['ann', 'bob', 'eve'] as const
const MACHINES = ['ann', 'bob', 'pstn', 'nas', 'red'] as const
const CABLES = ['ann', 'bob', 'trunk0', 'isp:eth1'] as const

const cable = (t: NasLab, end: string) => t.simulation.links.find(({ name }) => name.includes(end))
const onServer = (t: NasLab, act: (server: PptpServer) => void): void => {
  const node = t.simulation.nodes.get('red')
  if (node instanceof PptpServer) act(node)
}
const on = (t: NasLab, name: string): boolean => t.simulation.boots.get(name)?.power.on !== false

/** What may happen; somebody without power does nothing. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('dial' as const), who: fc.constantFrom(...CALLERS) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('hang up' as const), who: fc.constantFrom(...CALLERS) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('red calls' as const), who: fc.constantFrom(...CALLERS) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('red hangs up' as const, 'red stops' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('unplug' as const, 'plug' as const),
      end: fc.constantFrom(...CABLES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('crash' as const, 'restart' as const),
      end: fc.constantFrom(...MACHINES),
    }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

function act(t: NasLab, one: Action): void {
  switch (one.what) {
    case 'dial':
      return on(t, one.who) ? t.dial(one.who) : undefined
    case 'hang up':
      return on(t, one.who) ? t.hangUp(one.who) : undefined
    case 'red calls':
      return on(t, 'red') ? t.call('red', `555011${CALLERS.indexOf(one.who)}`) : undefined
    case 'red hangs up':
      return on(t, 'red') ? onServer(t, server => server.hangUp()) : undefined
    case 'red stops':
      return on(t, 'red') ? onServer(t, server => server.shutDown()) : undefined
    case 'unplug':
    case 'plug':
      return cable(t, one.end)?.setUp(one.what === 'plug')
    case 'crash':
      return t.crash(one.end)
    case 'restart':
      return t.restart(one.end)
  }
}

describe('whatever happens', () => {
  for (const [how, nas] of [
    ['by the number', { tunnels: { '*': RED } }],
    ['by the name', { tunnels: [{ user: 'bob', to: RED }], ppp: { ...ENDS, users: { ann: 'p', bob: 'p', eve: 'p' } } }],
  ] as const) {
    test(`${how}: no line stays taken, and afterwards every call works`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.record({ at: fc.nat(20_000), one: action }), { minLength: 2, maxLength: 25 }),
          actions => {
            const t = nasLab({
              nas: { ...nas, 'dial-timeout': '10s' },
              trunk: { lines: 2 },
              callers: { ann: { answer: '1s' }, bob: { answer: '1s' }, eve: {} },
            })
            const { scheduler } = t.simulation.world
            for (const { at, one } of actions) scheduler.after(ms(at), 'test', () => act(t, one))
            t.until(21)
            for (const end of CABLES) cable(t, end)?.setUp(true)
            for (const name of MACHINES) if (!on(t, name)) t.restart(name)
            // What a PNS has asked for while the way was cut may come when the way is back.
            t.until(150)
            t.hangUp(...CALLERS)
            onServer(t, server => server.hangUp())
            t.until(400)
            assert.deepEqual(t.inUse(), NOTHING)
            for (const name of CALLERS) assert.equal(t.value(name, 'line.call'), 'idle', name)
            assert.deepEqual([t.value('red', 'pptp.calls'), t.value('red', 'pool.used')], [0, 0])
            t.dial('ann', 'bob')
            t.run.advanceTo(t.run.now + sec(10))
            for (const name of ['ann', 'bob']) assert.equal(t.value(name, 'ppp.ipcp'), 'opened', `${name} afterwards`)
          },
        ),
        { seed: 7, numRuns: 100 },
      )
    })
  }
})
