/** The verb `password`: what a user has to type, and what he types. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { loadWith } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { shippedText } from '../support/shipped.ts'

/** Of the client: seconds at which its IPCP came up, and how its attempts ended. */
function story(name: string, ...entries: string[]): { up: number[]; ends: string[]; actions: string[] } {
  const bare = shippedText(name)
    .replace(/^events:\n(?:(?: {2}.*)?\n)+/m, '')
    .replace(/^expect:\n(?:(?: {2}.*)?\n)+/m, '')
    .replace(/^ask:\n(?:(?: {2}.*)?\n)+/m, '')
  const loaded = loadWith(
    { text: bare, file: name },
    entries.map(entry => `{ ${entry} }`),
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab)
  const up: number[] = []
  const ends: string[] = []
  const actions: string[] = []
  run.listen((event: TraceEvent) => {
    const second = Math.floor(event.t / 1e9)
    if (event.event === 'action' && event.verb === 'password') actions.push(`${event.node}: ${event.detail}`)
    if (!['alice', 'bob'].includes(event.node)) return
    if (event.event === 'state' && /^(dial\.)?ppp\.ipcp$/.test(event.machine) && event.to === 'opened') up.push(second)
    if (event.event === 'tunnel-end' || event.event === 'dial-end')
      ends.push(`${second} ${event.layer} ${event.reason}`)
  })
  run.advance()
  return { up, ends, actions }
}

describe('another password', () => {
  test('of a server: who is in stays, and the next time the old one is wrong', () => {
    const { up, ends, actions } = story(
      'voluntary',
      'at: 0s, connect: alice',
      'at: 5s, password: { node: office, user: alice, password: other }',
      'at: 8s, disconnect: alice',
      'at: 10s, connect: alice',
    )
    assert.deepEqual(up, [0])
    assert.deepEqual(ends, ['8 lcp closed', '10 auth auth-failed'])
    assert.deepEqual(actions, ['office: office has another password for alice from now on'])
  })
  test('of the client too: both agree again', () => {
    const { up, actions } = story(
      'voluntary',
      'at: 1s, password: { node: office, user: alice, password: other }',
      'at: 2s, connect: alice',
      'at: 10s, password: { node: alice, password: other }',
      'at: 12s, connect: alice',
    )
    assert.deepEqual(up, [12])
    assert.equal(actions.at(-1), 'alice: alice has another password for its tunnel from now on')
  })
  test('lasts when its machine starts anew', () => {
    const { up } = story(
      'voluntary',
      'at: 0s, password: { node: office, user: alice, password: other }',
      'at: 0s, password: { node: alice, password: other }',
      'at: 1s, restart: office',
      'at: 2s, restart: alice',
      'at: 5s, connect: alice',
    )
    assert.deepEqual(up, [5])
  })
  test('is known to nobody at a machine without power', () => {
    const { up } = story(
      'voluntary',
      'at: 0s, crash: office',
      'at: 1s, password: { node: office, user: alice, password: other }',
      'at: 2s, restart: office',
      'at: 5s, connect: alice',
    )
    assert.deepEqual(up, [5])
  })
  test('of a telephone line, and of the access server where it ends', () => {
    const entries = ['at: 1s, password: { node: bob, password: other }', 'at: 2s, dial: bob']
    assert.deepEqual(story('dial-up', 'at: 2s, dial: bob').up.length, 1)
    const wrong = story('dial-up', ...entries)
    assert.deepEqual([wrong.up, wrong.ends.length], [[], 1])
    const both = story('dial-up', 'at: 1s, password: { node: nas, user: bob, password: other }', ...entries)
    assert.equal(both.up.length, 1)
  })
  test('of a client that has both a line and a tunnel is that of its tunnel, unless it says dial', () => {
    const say = (what: string) =>
      story('voluntary-over-dial-up', `at: 0s, password: { node: bob, ${what}password: other }`).actions
    assert.deepEqual(say(''), ['bob: bob has another password for its tunnel from now on'])
    assert.deepEqual(say('for: dial, '), ['bob: bob has another password for its telephone line from now on'])
  })
  test('of a RADIUS server', () => {
    const connect = 'at: 1s, connect: alice'
    assert.equal(story('radius-silent', connect).up.length, 1)
    const change = 'at: 0s, password: { node: aaa1, user: alice, password: other }'
    assert.deepEqual(story('radius-silent', change, connect).up, [])
  })
})

describe('a NAT box that has become another', () => {
  test('is still that other when it starts anew', () => {
    const loaded = loadWith({ text: shippedText('nat-no-helper'), file: 'x' }, [
      '{ at: 0s, nat: { node: home, like: cgn } }',
      '{ at: 1s, restart: home }',
    ])
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const run = new Run(loaded.lab)
    run.advance()
    const state = run.simulation.nodes.get('home')?.snapshot()
    assert.match(JSON.stringify(state), /"like":"cgn"/)
  })
})
