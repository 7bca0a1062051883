/** The questions of the shipped labs: nothing that they call right is refuted by the run, and none is asked too late. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { questionsOf } from '../../src/lab/ask.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { type CallLedger, Ledger } from '../../src/lab/ledger.ts'
import { Run, type RunResult, run } from '../../src/lab/run.ts'
import { FailureWatch } from '../../src/view/failed.ts'
import { page } from '../support/docs.ts'
import { shippedLab } from '../support/loss.ts'
import { CLOSED } from '../support/shipped.ts'

const LABS = CLOSED.map(name => shippedLab(name)).filter(({ questions }) => questions.length > 0)

/** A whole run, for what a check of the lab does not say. */
interface Seen {
  readonly events: readonly TraceEvent[]
  readonly result: RunResult
  readonly calls: readonly CallLedger[]
  readonly failures: FailureWatch
  /** Sizes of the frames on the first link, with their times. */
  readonly frames: readonly (readonly [t: number, length: number])[]
}

function seen(lab: Lab): Seen {
  const whole = new Run(lab)
  const ledger = new Ledger(whole)
  const failures = new FailureWatch(lab)
  const events: TraceEvent[] = []
  const frames: (readonly [number, number])[] = []
  whole.listen(event => {
    events.push(event)
    failures.event(event)
  })
  whole.tap(0, ({ t, bytes }) => frames.push([t, bytes.length]))
  whole.advance()
  return { events, result: whole.result(), calls: ledger.close(), failures, frames }
}

type Wanted<E extends TraceEvent['event']> = Partial<Extract<TraceEvent, { event: E }>>
/** Moments of the events that have these fields. */
function times<E extends TraceEvent['event']>({ events }: Seen, event: E, wanted: Wanted<E>): number[] {
  const fits = (each: TraceEvent): boolean =>
    each.event === event && Object.entries(wanted).every(([key, value]) => each[key as keyof TraceEvent] === value)
  return events.filter(fits).map(({ t }) => t)
}
const between = (t: number | undefined, from: number, to: number): boolean => t !== undefined && t >= from && t <= to
const inOrder = (...moments: readonly (number | undefined)[]): boolean =>
  moments.every((t, i) => t !== undefined && (i === 0 || t >= (moments[i - 1] ?? Number.POSITIVE_INFINITY)))
const took = ({ events }: Seen, node: string): number =>
  events.flatMap(event => (event.event === 'fetch-done' && event.node === node ? [event.took] : []))[0]
const callOf = ({ calls }: Seen, pns: string): CallLedger | undefined => calls.find(call => call.pns === pns)

/** By lab and number: what `correct` says besides what its check says, or where it has none. */
const PROOFS: Readonly<Record<string, Readonly<Record<number, (run: Seen) => boolean>>>> = {
  voluntary: {
    1: ({ result }) => between(result.checks[0].t, ms(340), ms(360)),
    2: ({ frames }) => frames.find(([t]) => t >= sec(3))?.[1] === 135,
    4: run =>
      inOrder(
        times(run, 'ppp-message', { node: 'alice', way: 'sent', type: 'terminate-request' })[0],
        times(run, 'pptp-message', { node: 'alice', way: 'sent', type: 'call-clear-request' })[0],
        times(run, 'pptp-message', { node: 'alice', way: 'sent', type: 'stop-control-connection-request' })[0],
      ),
  },
  compulsory: {
    1: run =>
      inOrder(
        times(run, 'pptp-message', { node: 'nas', way: 'received', type: 'incoming-call-reply' })[0],
        times(run, 'line-signal', { node: 'nas', way: 'sent', type: 'connect' })[0],
      ),
    2: ({ events }) =>
      events.some(each => each.event === 'pptp-message' && each.node === 'nas' && /dialed 5550100/.test(each.detail)),
    4: run =>
      inOrder(
        times(run, 'ppp-message', { node: 'company', way: 'received', type: 'terminate-request' })[0],
        times(run, 'pptp-message', { node: 'company', way: 'received', type: 'call-disconnect-notify' })[0],
      ),
  },
  'dial-up': {
    2: ({ events }) =>
      events.some(each => each.event === 'ping-reply' && each.seq === 2 && Math.round(each.rtt / 1e6) === 30 + 112),
    4: run => between(100_000 / (took(run, 'bob') / 1e9), 5000, 5600),
  },
  'nat-single-passthrough': {
    1: ({ events }) =>
      events.some(
        each =>
          each.event === 'flow' &&
          each.proto === 'gre' &&
          /^192\.168\.1\.10 call 0 > 203\.0\.113\.5 call 0,/.test(each.entry),
      ),
    2: run => times(run, 'drop', { node: 'nat1', reason: 'nat-insert-failed' }).length === 10,
    3: run => times(run, 'drop', { node: 'carol', reason: 'gre-unknown-call' }).length === 10,
  },
  'gre-blocked': {
    1: run => times(run, 'state', { node: 'alice', machine: 'pptp.call', to: 'established' })[0] < sec(1),
    2: run =>
      ['alice', 'office'].every(node => between(times(run, 'tunnel-end', { node, tries: 10 })[0], sec(30), sec(31))),
    3: ({ failures }) => failures.failed[0].windows.number === 806,
  },
  'port-47-mistake': {
    1: run => times(run, 'state', { node: 'alice', machine: 'pptp.call', to: 'established' })[0] < sec(1),
    2: ({ events }) =>
      events.every(each => each.event !== 'drop' || each.node !== 'guard' || each.rule === 'policy forward drop'),
    3: run => inOrder(times(run, 'tunnel-end', { node: 'alice' })[0], sec(60)),
  },
  'wrong-password': {
    3: run => times(run, 'ping-failed', { node: 'alice', from: '198.51.100.1' }).length === 3,
  },
  'auth-downgrade': {
    3: ({ events }) =>
      events.some(each => each.event === 'ppp-message' && each.node === 'carol' && each.detail === 'auth CHAP MS-v2'),
    2: run => {
      const [pap] = times(run, 'ppp-message', { node: 'bob', way: 'sent', proto: 'pap' })
      return pap === times(run, 'ppp-message', { node: 'bob', way: 'sent', proto: 'chap' })[0]
    },
    4: ({ events }) =>
      events.every(
        each =>
          each.event !== 'tunnel-end' ||
          each.node === 'impostor' ||
          /with pap/.test(each.detail) === (each.node === 'carol'),
      ),
  },
  'mppe-mismatch': {
    2: run => times(run, 'tunnel-end', { node: 'bob' })[0] < sec(2.25),
    3: run => times(run, 'ppp-message', { node: 'carol', way: 'sent', type: 'protocol-reject' }).length === 1,
    4: run => times(run, 'state', { node: 'dave', machine: 'ppp.ipcp', to: 'opened' }).length === 0,
  },
  'mtu-blackhole': {
    1: run => times(run, 'ping-reply', { node: 'pc' }).length === 3,
    2: run => times(run, 'ping-failed', { node: 'web', type: 'timeout' }).length === 1,
  },
  'server-crash': {
    1: run => between(times(run, 'interface', { node: 'alice', to: 'down' })[0], sec(40), sec(41)),
    2: run => between(times(run, 'tunnel-end', { node: 'bob' })[0], sec(120), sec(121)),
  },
  overhead: {
    1: run => {
      const data = callOf(run, 'frank')?.kinds.data
      return data !== undefined && data.layers.mppe === 4 * data.frames
    },
    2: run => {
      const [carol, frank] = ['carol', 'frank'].map(name => callOf(run, name)?.kinds.data)
      return carol !== undefined && carol.octets === frank?.octets && carol.frames === frank.frames
    },
    3: run => between(took(run, 'grace') / took(run, 'eve'), 1.015, 1.025),
  },
}

/** Checks that look whether something goes on: it has begun when the question is asked. */
const GOES_ON: ReadonlySet<string> = new Set(['bob-waits'])

describe('the questions of the shipped labs', () => {
  test('many labs have some', () => {
    assert.ok(LABS.length >= 12, `${LABS.length}`)
  })

  test('their right answer stands now here, now there', () => {
    const places = LABS.flatMap(({ questions }) => questions.map(({ answers, correct }) => answers.indexOf(correct)))
    for (const place of [0, 1, 2]) {
      const share = places.filter(each => each === place).length / places.length
      assert.ok(share > 0.1 && share < 0.5, `${place}: ${share}`)
    }
  })

  for (const lab of LABS) {
    describe(lab.name, () => {
      const questions = questionsOf(lab)

      test('two to four', () => assert.ok(questions.length >= 2 && questions.length <= 4))

      test('each has a check that shows its answer, or a proof here; the run refutes none', () => {
        const whole = seen(lab)
        for (const { no, shows, question } of questions) {
          const proof = PROOFS[lab.name]?.[no]
          assert.ok(shows !== undefined || proof, `question ${no} of ${lab.name} is proved by nothing`)
          assert.equal(proof?.(whole) ?? true, true, `${lab.name} ${no}: ${question.correct}`)
          const verdict = whole.result.checks.find(({ name }) => name === shows)
          assert.equal(verdict?.ok ?? true, true, `${lab.name} ${no}: ${shows}`)
        }
      })

      test('the run has not shown the answer when it is asked', () => {
        for (const { t, shows } of questions) {
          const check = lab.checks.find(({ name }) => name === shows)
          const waits = check && !('during' in check.when) && check.unseen === undefined && !GOES_ON.has(check.name)
          if (t === 0 || !waits) continue
          const when = 'at' in check.when ? { at: t - 1 } : { by: t - 1 }
          const before = run({ ...lab, stop: t - 1, checks: [{ ...check, when }] }, { until: t - 1 })
          assert.equal(before.checks[0].ok, false, `${lab.name}: ${shows}`)
        }
      })

      test('its page says how to be asked', () => {
        const text = page(`docs/labs/${lab.name}.md`)
        assert.match(text, new RegExp(`pptp-lab run ${lab.name} --quiz`))
      })
    })
  }
})
