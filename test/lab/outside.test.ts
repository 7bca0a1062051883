/** Runs with a door to the outside: two that are joined, and each of them again from its record. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { readRunFile, runFileEnd, runFileHeader, runFileInput } from '../../src/lab/run-file.ts'
import { runJoined, runOf, Side } from '../support/joined.ts'

/** Alice and her way to the door. */
const HOME = `
name: home
stop: 20s
topology:
  nodes:
    alice:
      kind: client
      routes: ["default via 192.168.1.1"]
      pptp: { server: 203.0.113.5, user: alice, password: wonderland, mppe: required, routes: [10.20.0.0/24] }
    router: { kind: router, routes: ["default dev eth1"] }
    internet: { kind: tun, tun: { name: sim0, networks: [203.0.113.0/24] } }
  links:
    - { endpoints: ["alice:eth0", "router:eth0"], ipv4: [192.168.1.10/24, 192.168.1.1/24], delay: 2ms, loss: 1% }
    - { endpoints: ["router:eth1", "internet:sim0"], ipv4: [198.51.100.2/24, none], type: ip, delay: 5ms }
events:
  - { at: 0s, connect: alice }
  - { at: 3s, ping: { from: alice, to: 10.20.0.5, count: 5 } }
  - { at: 9s, fetch: { from: alice, to: 10.20.0.5, bytes: 100kB } }
  - { at: 15s, disconnect: alice }
expect:
  up: { description: The tunnel comes up, by: 3s, state: { alice.ppp.ipcp: opened } }
  ping: { description: Five answers, by: 9s, seen: { event: ping-reply, at: alice, count: "== 5" } }
  fetch: { description: A file, by: 15s, seen: { event: fetch-done, at: alice, ok: true } }
`
/** The office and its way to the door. */
const OFFICE = `
name: office
stop: 20s
topology:
  nodes:
    internet: { kind: tun, tun: { name: sim1, ipv4: 203.0.113.1/24, networks: [192.168.1.0/24] } }
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: wonderland }, mppe: required }
    files: { kind: host, routes: ["default via 10.20.0.1"] }
  links:
    - { endpoints: ["office:eth0", "internet:sim1"], ipv4: [203.0.113.5/24, none], type: ip, delay: 5ms }
    - { endpoints: ["office:eth1", "files:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }
expect:
  call: { description: She is here, by: 5s, state: { office.pptp.calls: 1 } }
  gone: { description: She has gone, at: 19s, state: { office.pptp.calls: 0, office.pool.used: 0 } }
`
const TIME_ZERO = 1_795_347_000_123_456

function session() {
  const [home, office] = [
    new Side(runOf(HOME, [], { timeZero: TIME_ZERO }), 'internet'),
    new Side(runOf(OFFICE, [], { timeZero: TIME_ZERO }), 'internet'),
  ]
  runJoined(home, office)
  return { home, office }
}
const fileOf = ({ run, inputs }: Side, lab: string): string =>
  runFileHeader({ version: '0', lab, seed: 1, overrides: [], timeZero: TIME_ZERO }) +
  inputs.map(runFileInput).join('') +
  runFileEnd({ t: run.now, fingerprint: run.result().fingerprint })

describe('two runs that are joined by their doors', () => {
  const { home, office } = session()

  test('a tunnel goes through both, with every check of both', () => {
    for (const { run } of [home, office]) {
      for (const { name, ok, detail } of run.result().checks) assert.ok(ok, `${name}: ${detail}`)
    }
    assert.ok(home.inputs.length > 60 && office.inputs.length > 60)
  })

  for (const [name, side, text] of [
    ['home', home, HOME],
    ['office', office, OFFICE],
  ] as const) {
    test(`${name} runs again from its record, alone, to the same events and the same fingerprints`, () => {
      const record = readRunFile(fileOf(side, text))
      assert.ok(record.ok && record.end)
      const { inputs, overrides, timeZero, end } = record
      assert.equal(timeZero, TIME_ZERO)
      const again = runOf(record.lab, overrides, { inputs, timeZero: TIME_ZERO, until: end.t })
      again.advance()
      assert.deepEqual(again.result(), side.run.result())
      assert.equal(again.result().fingerprint, end.fingerprint)
    })

    test(`${name} runs again event by event, and in slices, to the same fingerprint`, () => {
      for (const drive of [
        (run: ReturnType<typeof runOf>) => run.step(),
        (run: ReturnType<typeof runOf>) => run.advance(7),
        (run: ReturnType<typeof runOf>) => run.advanceTo(run.now + 3_000_001),
      ]) {
        const again = runOf(text, [], { inputs: side.inputs, timeZero: TIME_ZERO })
        while (!again.over) drive(again)
        assert.equal(again.result().fingerprint, side.run.result().fingerprint)
      }
    })

    test(`${name} runs otherwise when one octet of its record is changed`, () => {
      const inputs = side.inputs.map(({ t, node, bytes }, i) => {
        const changed = bytes.slice()
        if (i === 50) changed[changed.length - 1] ^= 1
        return { t, node, bytes: changed }
      })
      const again = runOf(text, [], { inputs, timeZero: TIME_ZERO })
      again.advance()
      assert.notEqual(again.result().fingerprint, side.run.result().fingerprint)
    })
  }

  test('the trace begins with the time on the wall', () => {
    const events: TraceEvent[] = []
    const run = runOf(HOME, [], { timeZero: TIME_ZERO, until: 0 })
    run.listen(event => events.push(event))
    run.advance()
    assert.deepEqual(events[0], { t: 0, node: 'lab', event: 'wall-clock', timeZero: TIME_ZERO })
  })
})

describe('what comes in', () => {
  test('in the past is refused', () => {
    const run = runOf(OFFICE)
    run.advanceTo(5e9)
    assert.throws(() => run.enter(5e9, []), /came in at 5000000000 ns, but it is 5000000000 ns already/)
  })
  test('after the end of the lab changes nothing', () => {
    const [run, other] = [runOf(OFFICE), runOf(OFFICE)]
    other.advance()
    run.enter(21e9, [{ node: 'internet', bytes: new Uint8Array(20) }])
    assert.ok(run.over)
    assert.equal(run.result().fingerprint, other.result().fingerprint)
  })
  test('by a node that is no door is a fault of the caller', () => {
    const run = runOf(OFFICE)
    assert.throws(() => run.enter(1, [{ node: 'files', bytes: new Uint8Array(20) }]), /files is no way into/)
  })
  test('enters after everything that was due at its instant', () => {
    const seen: string[] = []
    const run = runOf(OFFICE)
    run.simulation.world.scheduler.after(5, 'test', () => seen.push('due'))
    run.listen(event => event.event === 'drop' && seen.push('entered'))
    run.enter(5, [{ node: 'internet', bytes: new Uint8Array(20) }])
    assert.deepEqual(seen, ['due', 'entered'])
  })
})
