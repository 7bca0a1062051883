/** A run that goes by itself, as a bridge does: its live end, and copies of what has been while it goes on. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Input, type Lab, load, Run, type RunOptions } from '../../src/index.ts'
import type { LiveRun } from '../../src/platform/commands/tui.ts'
import { PARTS } from '../../tui/views.ts'
import { HOME, OFFICE, runJoined, runOf, Side, TIME_ZERO } from '../support/joined.ts'
import { Robot } from './robot.ts'

/** What came in at the office, once for all tests. */
const SIDES = [HOME, OFFICE].map(text => new Side(runOf(text, [], { timeZero: TIME_ZERO }), 'internet'))
runJoined(SIDES[0], SIDES[1])
const PACKETS: readonly Input[] = SIDES[1].inputs

function officeLab(): Lab {
  const loaded = load(OFFICE, 'office.yaml')
  if (!loaded.ok) throw new Error('the lab is wrong')
  return loaded.lab
}

/** A bridge whose clock and packets a test holds in its hand. */
class Bridge implements LiveRun {
  readonly lab = officeLab()
  readonly run = new Run(this.lab, { timeZero: TIME_ZERO })
  readonly inputs: Input[] = []
  readonly done: string[] = []
  trouble: string | undefined
  ended = 0
  #over: () => void = () => {}
  #entered = 0
  #kept = Number.POSITIVE_INFINITY

  get replay(): RunOptions {
    return { timeZero: TIME_ZERO, inputs: this.inputs, fingerprint: false }
  }
  get known(): number {
    return Math.min(this.run.now, this.#kept)
  }
  acted(entries: readonly string[]): void {
    this.done.push(...entries)
  }
  begin(): Promise<void> {
    return new Promise(resolve => {
      this.#over = resolve
    })
  }
  async end(): Promise<void> {
    this.ended++
  }

  /** The clock goes to a time, and what came by then comes in. */
  to(t: number): void {
    for (; this.#entered < PACKETS.length && PACKETS[this.#entered].t <= t; this.#entered++) {
      const input = PACKETS[this.#entered]
      const at = Math.max(input.t, this.run.now + 1)
      if (at <= this.#kept) this.inputs.push({ ...input, t: at })
      this.run.enter(at, input.node, [input.bytes])
    }
    this.run.advanceTo(t)
  }
  /** From here on nothing is kept. */
  forget(): void {
    this.#kept = this.run.now
  }
  break(trouble: string | undefined): void {
    this.trouble = trouble
    this.#over()
  }
}

const openOf = (bridge: Bridge) => ({
  lab: bridge.lab,
  text: { text: OFFICE, file: 'office.yaml' },
  replay: bridge.replay,
  explain: '',
  live: bridge,
})

async function watching(size = { columns: 80, rows: 24 }) {
  const bridge = new Bridge()
  const robot = new Robot({ open: openOf(bridge), parts: PARTS, size })
  await robot.settle()
  /** Wall and run go on together. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds * 10; i++) {
      bridge.to(bridge.run.now + 100e6)
      await robot.wait(100)
    }
  }
  return { bridge, robot, pass }
}

describe('the live end of a bridged run', () => {
  test('is shown as it goes, at the speed of the clock', async () => {
    const { robot, pass } = await watching()
    await pass(3)
    assert.match(robot.rows[0], /^ ► LIVE {6}3\.000 s ├─*■─+┤ 20 s +1x/)
    await robot.press('+')
    assert.match(robot.rows[22], /A live run goes with the clock/)
    await robot.press('\\')
    assert.deepEqual([robot.ui.speed, robot.ui.auto, robot.ui.running], [1, false, true])
    await robot.press('2')
    assert.match(robot.text, /internet→of…|internet→office/)
    await robot.close()
  })

  test('has no future to go to', async () => {
    const { robot, pass } = await watching()
    await pass(1)
    await robot.press('t', '9', 's', 'Enter')
    assert.match(robot.rows[22], /That is still to come/)
    assert.match(robot.rows[0], /LIVE/)
    await robot.close()
  })

  test('can be acted on; it is recorded, and cannot be taken back', async () => {
    const { bridge, robot, pass } = await watching()
    await pass(2)
    await robot.press(':', ...'note', 'Space', ...'"done by hand"', 'Enter')
    assert.match(robot.rows[22], /^└─ 2\.000 s: .*done by hand/)
    assert.doesNotMatch(robot.rows[22], /takes it back/)
    assert.equal(bridge.done.length, 1)
    assert.match(bridge.done[0], /^\{ at: 2\.00000000\ds, note: "done by hand" \}$/)
    await robot.press('u')
    assert.match(robot.said, /Real machines have seen it/)
    assert.match(robot.rows[0], /LIVE/)
    await pass(2)
    // A copy knows of it, and nothing can be done in one.
    await robot.press('t', '3', 's', 'Enter', '6')
    assert.match(robot.text, /done by hand/)
    await robot.press('a')
    assert.match(robot.said, /This is a copy of what has been/)
    await robot.press('V', 'q', 'q')
    assert.equal(await robot.terminal.status, 0)
  })

  test('has one future, and no breakpoints; nothing stops it', async () => {
    const { robot, pass } = await watching()
    await pass(1)
    for (const key of ['F', 'b']) {
      await robot.press(key)
      assert.match(robot.rows[22], /A live run has one future and stops for nobody/, key)
      assert.equal(robot.ui.prompt, undefined)
      assert.match(robot.rows[0], /^ ► LIVE/)
    }
    await robot.press('8')
    assert.match(robot.text, /real machines take part in it/)
    assert.doesNotMatch(robot.rows[23], /fork|undo|break/)
    // In a copy the way back is that of a copy.
    await robot.press('Space', 'F')
    assert.match(robot.said, /This is a copy of what has been/)
    await robot.press('b')
    assert.match(robot.said, /This is a copy of what has been/)
    await robot.close()
  })

  test('ends with the run; a sentence says why', async () => {
    const { bridge, robot, pass } = await watching()
    await pass(1)
    bridge.break('internet: The device has gone.')
    await robot.wait(100)
    assert.match(robot.rows[0], /^ ■ END/)
    assert.match(robot.rows[22], /internet: The device has gone\./)
    await robot.press('V')
    assert.equal(robot.ui.running, false, 'there is nothing to go on')
    await robot.close()
  })

  test('a fault of the run gives the terminal back', async () => {
    const bridge = new Bridge()
    bridge.begin = () => Promise.reject(new Error('on purpose'))
    const robot = new Robot({ open: openOf(bridge), parts: PARTS })
    assert.equal(await robot.terminal.status, 3)
    assert.match(robot.complaint, /fault of pptp-lab.*lab office.*on purpose/s)
  })
})

describe('looking back while a bridged run goes on', () => {
  for (const [what, keys] of [
    ['Space', ['Space']],
    ['a step', ['.']],
    ['a step back', [',']],
    ['the next interesting thing', ['>']],
  ] as const) {
    test(`${what} stops the view, not the run, and says how far behind it is`, async () => {
      const { bridge, robot, pass } = await watching()
      await pass(2)
      await robot.press(...keys)
      assert.match(robot.rows[0], /^ ║ DETACHED 0 s behind {2}2\.000 s /)
      assert.match(robot.rows[23], /^ V live {2}/)
      await pass(5)
      assert.equal(bridge.run.now, 7e9)
      assert.equal(robot.scene.t, 2e9)
      assert.match(robot.rows[0], /^ ║ DETACHED 5 s behind {2}2\.000 s /)
      await robot.press('V')
      assert.match(robot.rows[0], /^ ► LIVE {6}7\.000 s /)
      await robot.close()
    })
  }

  test('a copy is what the run was at that time, in every view', async () => {
    const { bridge, robot, pass } = await watching({ columns: 120, rows: 40 })
    const screens = new Map<string, string[]>()
    await pass(4)
    // A copy knows what comes next, which the run did not.
    const body = (): string[] => robot.rows.slice(2, -2).filter(row => !row.includes(' next: '))
    for (const key of ['1', '2', '3', '6', '7']) {
      await robot.press(key)
      screens.set(key, body())
    }
    await pass(3)
    await robot.press('t', '4', 's', 'Enter')
    assert.equal(robot.scene.t, 4e9)
    for (const [key, screen] of screens) {
      await robot.press(key)
      assert.deepEqual(body(), screen, `view ${key}`)
    }
    await pass(2)
    assert.equal(robot.scene.t, 4e9)
    assert.equal(bridge.run.now, 9e9, 'the run goes on')
    await robot.close()
  })

  test('a copy plays on through what has come in since, and when it has caught up it is live', async () => {
    const { robot, pass } = await watching()
    await pass(6)
    await robot.press('t', '2', 's', 'Enter', 'Space')
    await pass(3)
    assert.match(robot.rows[0], /^ ► DETACHED 4 s behind {2}5\.\d\d\d s /)
    assert.ok((robot.scene.tunnels[0]?.sent ?? 0) + (robot.scene.tunnels[0]?.received ?? 0) > 0)
    await robot.press('+', '+')
    await pass(2)
    assert.match(robot.rows[0], /^ ► LIVE {5}11\.000 s /)
    assert.match(robot.rows[22], /caught up/)
    assert.equal(robot.ui.speed, 1)
    await robot.close()
  })

  test('steps go back in a copy through what the run has come through, and on again', async () => {
    const { bridge, robot, pass } = await watching()
    await pass(6)
    await robot.press('Space', 's', 's', 's')
    assert.equal(robot.ui.stepBy, 'interesting')
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      await robot.press(',')
      seen.push(robot.scene.t)
    }
    assert.ok(seen[0] < 6e9 && seen[3] > 0, `${seen}`)
    assert.deepEqual(
      [...seen].sort((a, b) => b - a),
      seen,
    )
    for (const t of seen.slice(0, -1).reverse()) {
      await robot.press('.')
      assert.equal(robot.scene.t, t)
    }
    assert.equal(bridge.run.now, 6e9)
    await robot.close()
  })

  test('a copy never overtakes the run, whatever the step', async () => {
    const { bridge, robot, pass } = await watching()
    await pass(2)
    await robot.press('Space')
    for (let unit = 0; unit < 4; unit++) {
      for (let i = 0; i < 20; i++) {
        await robot.press('.')
        assert.ok(robot.scene.t <= bridge.run.now)
      }
      await robot.press('s')
    }
    await robot.press('t', '1', '9', 'Enter')
    assert.ok(robot.scene.t <= bridge.run.now)
    await robot.close()
  })

  test('at the end of what was kept the copy stops and says so', async () => {
    const { bridge, robot, pass } = await watching()
    await pass(2)
    bridge.forget()
    await pass(4)
    await robot.press('Space')
    assert.equal(robot.scene.t, 2e9)
    assert.match(robot.said, /More has come in since than is kept to look back/)
    await robot.press('Space')
    await robot.wait(500)
    assert.equal(robot.ui.running, false)
    await robot.press('V')
    assert.match(robot.rows[0], /LIVE/)
    await robot.close()
  })

  test('at 40x12 the first line has room for it', async () => {
    const { robot, pass } = await watching({ columns: 40, rows: 12 })
    await pass(1)
    await robot.press('Space')
    await pass(13)
    assert.match(robot.rows[0], /^║ 13 s behind 1\.000s .*√\d ×\d \?\d $/)
    await robot.close()
  })
})

describe('a recorded run', () => {
  const recorded = () => {
    const lab = officeLab()
    const replay = { timeZero: TIME_ZERO, inputs: PACKETS }
    const text = { text: OFFICE, file: 'office.yaml' }
    return new Robot({ open: { lab, text, replay, explain: '' }, parts: PARTS, size: { columns: 120, rows: 40 } })
  }

  test('goes to any time and back, with what came in from outside', async () => {
    const robot = recorded()
    await robot.press('t', '8', 's', 'Enter')
    const { received } = robot.scene.tunnels[0]
    assert.ok(received > 0)
    await robot.press('t', '3', 's', 'Enter')
    assert.equal(robot.scene.t, 3e9)
    await robot.press('t', '8', 's', 'Enter')
    assert.equal(robot.scene.tunnels[0].received, received)
    await robot.close()
  })

  test('can be acted on: what came in from outside stays as it was, and a sentence says so', async () => {
    const robot = recorded()
    await robot.press('t', '8', 's', 'Enter')
    const { received } = robot.scene.tunnels[0]
    await robot.press('t', '5', 's', 'Enter', ':', ...'note', 'Space', ...'here', 'Enter')
    assert.match(robot.rows[38], /Future B, 5\.000 s: here\. .*What came in from outside stays as recorded\./)
    await robot.press('t', '8', 's', 'Enter')
    assert.equal(robot.scene.tunnels[0].received, received)
    await robot.press('u')
    assert.match(robot.rows[38], /Taken back/)
    await robot.close()
  })
})
