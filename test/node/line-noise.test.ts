/**
 * Bits flipped on the telephone lines, and octets of nobody in the middle of calls: what is spoiled is dropped and told,
 * nothing of it comes through, and every line comes back.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unhex } from '../../src/base/bytes.ts'
import type { DropReason } from '../../src/base/drop.ts'
import { ms, sec } from '../../src/base/time.ts'
import { fc } from '../support/fast-check.ts'
import { ENDS, type NasLab, type NasPlan, NOTHING, nasLab } from '../support/nas-lab.ts'
import { ODD_OCTETS, written } from '../support/odd-line.ts'
import { watchPackets } from '../support/watched-packets.ts'

const PLANS: readonly { readonly how: string; readonly plan: NasPlan; readonly far: string }[] = [
  { how: 'ended at the access server', plan: { nas: { tunnels: {}, ppp: ENDS } }, far: '10.7.0.1' },
  { how: 'tunnelled', plan: {}, far: '10.8.0.1' },
]

/** What a spoiled frame may lead to: the FCS finds it, and PPP misses later what was in it. */
const MAY_BE: readonly DropReason[] = [
  'hdlc-bad-fcs',
  'hdlc-too-short',
  'hdlc-too-long',
  'hdlc-aborted',
  'hdlc-no-flag',
  'ppp-unexpected',
  'line-idle',
  'no-route',
]

/** The caller hangs up, and nothing is left. */
function over(t: NasLab): void {
  t.hangUp('bob')
  t.run.advanceTo(t.run.now + sec(400))
  assert.deepEqual(t.inUse(), NOTHING)
  assert.deepEqual([t.value('bob', 'line.call'), t.value('bob', 'ppp.phase')], ['idle', 'dead'])
}

describe('noise on the line of the caller', () => {
  for (const { how, plan, far } of PLANS) {
    test(`${how}: with one bit of 10^6 to one of 100 spoiled ever less comes through, and that unchanged`, () => {
      const replies = ['0.0001%', '0.001%', '0.01%', '0.1%', '1%'].map(noise => {
        const t = nasLab({ ...plan, line: { noise } })
        t.dial('bob')
        t.until(10)
        t.ping('bob', far, 100)
        t.until(120)
        const drops = [...t.drops('nas'), ...t.drops('bob'), ...t.drops('red')]
        assert.deepEqual(
          drops.filter(reason => !MAY_BE.includes(reason as DropReason)),
          [],
        )
        assert.ok(noise === '0.0001%' || drops.some(reason => reason.startsWith('hdlc')))
        const came = t.seen('ping-reply', 'bob').length
        over(t)
        return came
      })
      assert.ok(
        replies.every((came, i) => i === 0 || came <= replies[i - 1]),
        String(replies),
      )
      assert.ok(replies[0] >= 99 && replies[3] < 90 && replies[4] === 0, String(replies))
    })
  }
})

const hexOf = (bytes: Uint8Array): string => [...bytes].map(octet => octet.toString(16).padStart(2, '0')).join('')
/** A good frame of a protocol that somebody listens to, with any contents. */
const frame = fc
  .tuple(
    fc.constantFrom('c021', 'c223', 'c023', '8021', '80fd', '0021', '00fd', '4021'),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([protocol, info]) => written(`ff03${protocol}${hexOf(info)}`))
const octets = fc.oneof(
  frame,
  fc.constantFrom(...ODD_OCTETS.filter(({ pieces }) => pieces.length < 5).flatMap(({ pieces }) => pieces)),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map(hexOf),
  fc.integer({ min: 1, max: 300 }).map(count => '55'.repeat(count)),
  fc.constantFrom('7e', '7d', '7d7e', '7e7e7e'),
)
/** Where they come from: as if the caller's modem had sent them, or that of the access server. */
const injection = fc.record({ at: fc.nat(6000), to: fc.constantFrom('nas', 'bob'), octets })

describe('octets of nobody at any moment of a call (RFC 1662 §4.3)', () => {
  for (const { how, plan } of PLANS) {
    for (const bearer of ['analogue', 'digital'] as const) {
      test(`${how}, ${bearer}: no exception, every packet and every line comes back, and the next call works`, () => {
        fc.assert(
          fc.property(fc.array(injection, { minLength: 1, maxLength: 12 }), injections => {
            const packets = watchPackets()
            try {
              const t = nasLab({ ...plan, callers: { bob: { bearer } } })
              const { scheduler } = t.simulation.world
              for (const { at, to, octets: said } of injections) {
                const [line] = t.cable(to === 'nas' ? 'bob' : 'trunk0').lines[0]
                const { env } = t.ipNode(to === 'nas' ? 'bob' : 'nas')
                scheduler.after(ms(at), 'test', () => line.send(env.packets.from(unhex(said))))
              }
              t.dial('bob')
              t.until(8)
              over(t)
              assert.deepEqual(packets.owned(), [])
              t.dial('bob')
              t.run.advanceTo(t.run.now + sec(5))
              assert.equal(t.value('bob', 'ppp.ipcp'), 'opened')
            } finally {
              packets.stop()
            }
          }),
          { seed: 1662, numRuns: 120 },
        )
      })
    }
  }
})
