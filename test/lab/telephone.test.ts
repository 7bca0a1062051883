/** Telephone lines in labs: what a file says, what is built of it, what is told. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { Recorder } from '../../src/lab/recorder.ts'
import { Run } from '../../src/lab/run.ts'
import { sceneOf } from '../../src/lab/scene.ts'
import { SerialLink } from '../../src/link/serial.ts'
import { Dialler } from '../../src/node/dialler.ts'
import { namesOf, networksOf, Story } from '../../src/view/story.ts'
import { labOf } from '../support/captured-run.ts'
import { TOWN } from '../support/town.ts'

function run(text: string) {
  const lab = labOf(text)
  const made = new Run(lab)
  const events: TraceEvent[] = []
  made.listen(event => events.push(event))
  return { lab, run: made, events }
}

describe('telephone lines in a lab', () => {
  test('are built as the file says, and do what its checks expect', () => {
    const { run: made } = run(TOWN)
    made.advance()
    const failed = made.standing.filter(({ state }) => state !== 'passed')
    assert.deepEqual(
      failed.map(({ name }) => name),
      [],
    )
  })

  test('56 kbit/s and a queue of 8 kB unless it says otherwise', () => {
    const { lab } = run(TOWN)
    const { sends } = lab.links[0].ends[0]
    assert.deepEqual([sends.rate, sends.queue, sends.delay, lab.links[0].lines], [56_000, 8000, ms(5), 1])
    assert.equal(lab.links[1].ends[0].sends.noise, 0.001 / 100)
  })

  test('the same seed gives the same run', () => {
    const prints = [TOWN, TOWN].map(text => {
      const { run: made } = run(text)
      made.advance()
      return made.result().fingerprint
    })
    assert.equal(prints[0], prints[1])
  })

  test('the story tells who dials whom and how it goes', () => {
    const { lab, run: made, events } = run(TOWN)
    made.advance()
    const story = new Story({ verbose: false, names: namesOf(lab), networks: networksOf(lab) })
    const lines = events.flatMap(event => {
      const line = story.tell(event)
      return line ? [`${line.node}: ${line.text}`] : []
    })
    for (const said of [
      'bob: dials 5550222 on tty0',
      'pstn: takes a call on tty0, for 5550222',
      'pstn: rings tty1: 5550222, called by 5550111',
      'pstn: connects tty0: 33.6 kbit/s',
      'pstn: clears tty2: cause 17 (User busy)',
      'carol: tty0 rings: 5550222, called by 5550111',
      'carol: answers on tty0: 33.6 kbit/s',
      'dave: the call with 5550222 is over (line busy): The line was released with cause 17 (User busy). [Windows would show error 676]',
    ]) {
      assert.ok(lines.includes(said), `${said}\n${lines.join('\n')}`)
    }
  })

  test('a client that only dials is no end of a tunnel, and has nothing of PPTP', () => {
    const { run: made } = run(TOWN)
    const recorder = new Recorder(made)
    made.advance()
    const scene = sceneOf(recorder)
    assert.deepEqual(
      scene.tunnels.map(({ client }) => client),
      ['eve'],
    )
    assert.deepEqual(
      scene.links.map(({ type }) => type),
      ['serial', 'serial', 'serial', 'serial'],
    )
    const bob = scene.nodes.find(({ name }) => name === 'bob')
    assert.ok(made.simulation.nodes.get('bob') instanceof Dialler)
    assert.equal(bob?.role, undefined)
    assert.equal('pptp' in (bob?.state ?? {}), false)
  })

  test('a check asks whether a computer has PPTP in it, and fails of one that has', () => {
    const asked = (node: string, want: string) => {
      const { run: made } = run(
        TOWN.replace(/^ {2}rings: .*$/m, `  vpn: { description: x, at: 5s, state: { ${node}.pptp: "${want}" } }`),
      )
      made.advance()
      const verdict = made.result().checks.find(({ name }) => name === 'vpn')
      return [verdict?.ok, verdict?.detail]
    }
    assert.deepEqual(asked('bob', 'absent'), [true, 'held'])
    assert.deepEqual(asked('eve', 'present'), [true, 'held'])
    assert.deepEqual(asked('eve', '!= present'), [false, 'at 5.000 s eve.pptp was present, wanted != present'])
    assert.deepEqual(asked('bob', 'present'), [false, 'at 5.000 s bob.pptp was absent, wanted present'])
  })

  test('a trunk is as many lines as it says, and the number is that of all', () => {
    const { run: made } = run(`
name: trunk
topology:
  nodes:
    a: { kind: pstn, numbers: { t0: "5550100" } }
    b: { kind: pstn, numbers: { t0: "5550200" } }
  links:
    - { endpoints: ["a:t0", "b:t0"], type: serial, lines: 24, rate: 64kbit }
`)
    const [link] = made.simulation.links
    assert.ok(link instanceof SerialLink)
    assert.equal(link.lines[0].length, 24)
    assert.equal(link.lines[1][23].name, 'b:t0.24')
    assert.equal(Object.keys(made.simulation.nodes.get('a')?.machines() ?? {}).length, 24)
  })

  test('a machine that loses its power lets its calls go', () => {
    const { run: made } = run(TOWN.replace('{ at: 30s, hangup: bob }', '{ at: 10s, crash: carol }'))
    made.advanceTo(sec(12))
    const pstn = made.simulation.nodes.get('pstn')?.snapshot() as { pstn: { circuits: number } }
    assert.equal(pstn.pstn.circuits, 0)
  })
})
