/** Control conversations spoiled at random, the short form; `npm run test:odd` makes as many as asked for. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { Role } from '../../src/pptp/types.ts'
import { fc } from '../support/fast-check.ts'
import { type Conversation, fuzzServer, ofPac, ofPns } from '../support/odd-fuzz.ts'
import { Bench, CallLog } from './support.ts'

const SEED = 2637

describe('two thousand spoiled control conversations (RFC 2637 §1.4, §3.1)', () => {
  test('our server: no exception, others undisturbed, only messages written, nothing left', () => {
    const batch = fc.array(ofPns, { minLength: 50, maxLength: 50 })
    fc.assert(
      fc.property(batch, conversations => {
        assert.deepEqual(fuzzServer(conversations), [])
      }),
      { seed: SEED, numRuns: 40 },
    )
  })

  for (const [role, conversation] of [
    ['pac', ofPns],
    ['pns', ofPac],
  ] as const) {
    test(`an endpoint, ${role}: its tables are empty after the end, and each call has ended once`, () => {
      const reached = new Set<string>()
      fc.assert(
        fc.property(conversation, spoiled => {
          for (const word of endpointSurvives(role, spoiled)) reached.add(word)
        }),
        { seed: SEED, numRuns: 2000 },
      )
      // The conversations come far enough to be worth it, and end in many ways.
      for (const word of ['2 calls up', 'out-of-sync', 'stopped-by-peer', 'tcp-closed', 'tcp-reset', 'timeout']) {
        assert.ok(reached.has(word), `${word} is not among ${[...reached].join(', ')}`)
      }
    })
  }
})

function endpointSurvives(role: Role, { segments, end }: Conversation): string[] {
  const bench = new Bench(role, { callIds: role === 'pns' ? [1, 2] : 'linux' })
  const dialled: CallLog[] = []
  for (const { bytes, after } of segments) {
    bench.pass(after)
    while (role === 'pns' && bench.connection.state === 'established' && dialled.length < 2) {
      const log = new CallLog()
      dialled.push(log)
      bench.connection.dial(log)
    }
    if (bench.tcp === 'open') bench.sends(bytes)
  }
  if (end === 'close') bench.connection.ended()
  if (end === 'abort') bench.connection.closed('reset')
  bench.pass(sec(300))
  assert.ok(bench.end, 'the connection has ended')
  const { connections, calls } = bench.endpoint
  assert.deepEqual([connections.length, calls.length, bench.connection.calls.length], [0, 0, 0])
  assert.equal(bench.world.scheduler.next, undefined)
  const logs = role === 'pns' ? dialled : bench.logs
  for (const log of logs) assert.equal(log.said.filter(word => word.startsWith('ended')).length, 1)
  return [`${logs.filter(log => log.said.includes('connected')).length} calls up`, bench.end.reason]
}
