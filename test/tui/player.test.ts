import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Recorder, Run, sceneOf, type TraceEvent } from '../../src/index.ts'
import { Player } from '../../tui/player.ts'
import { labOf, TestWall } from './robot.ts'

function playing(name = 'voluntary') {
  const run = new Run(labOf(name))
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  const wall = new TestWall()
  return { run, events, wall, player: new Player(run, wall), recorder: new Recorder(run) }
}

describe('steps', () => {
  test('event: one of the queue; the run is the same as one that was not stepped', () => {
    const { run, player } = playing()
    for (let i = 0; !run.over; i++) {
      assert.ok(i < 1e6)
      player.step('event')
    }
    const whole = new Run(labOf('voluntary'))
    whole.advance()
    assert.equal(run.result().fingerprint, whole.result().fingerprint)
  })

  test('packet: until one is sent, passed on, delivered or dropped', () => {
    const { events, player } = playing()
    const packets = () => events.filter(({ event }) => ['send', 'forward', 'deliver', 'drop'].includes(event))
    for (let i = 0; i < 50; i++) {
      const before = packets().length
      player.step('packet')
      assert.ok(packets().length > before)
      assert.equal(packets().at(-1)?.t, events.at(-1)?.t)
    }
  })

  test('interesting: until a state, an interface, a drop, an action or the verdict of a check', () => {
    const { run, events, player } = playing()
    const kinds = ['state', 'interface', 'drop', 'action', 'tunnel-end']
    const count = () =>
      events.filter(({ event }) => kinds.includes(event)).length +
      run.standing.filter(({ state }) => state !== 'open').length
    for (let i = 0; i < 40 && !run.over; i++) {
      const before = count()
      player.step('interesting')
      assert.ok(count() > before || run.over)
    }
    assert.ok(run.now > 0)
  })

  test('1 ms, and not beyond the end', () => {
    const { run, player } = playing()
    player.step('1 ms')
    assert.equal(run.now, 1e6)
    run.advance()
    player.step('1 ms')
    assert.equal(run.now, run.stop)
  })
})

describe('playing', () => {
  test('gives the same run as one at once', () => {
    const { run, wall, player } = playing()
    while (!run.over) {
      wall.advance(50)
      player.play(7)
    }
    const whole = new Run(labOf('voluntary'))
    whole.advance()
    assert.equal(run.result().fingerprint, whole.result().fingerprint)
  })

  test('time that passes in a pause is not made up for', () => {
    const { run, wall, player } = playing()
    player.play(1)
    wall.advance(100)
    player.play(1)
    assert.equal(run.now, 100e6)
    player.pause()
    wall.advance(5000)
    player.play(1)
    assert.equal(run.now, 100e6)
  })

  test('auto lets the shortest flight take 0.8 s, never faster than 1x, never slower than 0.01', () => {
    const { run, player, recorder } = playing()
    run.advanceTo(1e6)
    // The first packet of alice is on a line of 15 ms.
    const speed = player.auto(sceneOf(recorder))
    assert.ok(speed >= 0.01 && speed < 0.025, String(speed))
  })
})
