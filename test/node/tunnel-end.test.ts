/** What the user is told when a tunnel ends or does not come about: layer, reason, tries and a sentence, once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import type { Link } from '../../src/link/link.ts'
import { Client } from '../../src/node/client.ts'
import type { Snapshot } from '../../src/node/node.ts'
import { Story } from '../../src/view/story.ts'
import { shippedLab } from '../support/loss.ts'

interface Scene {
  readonly run: Run
  readonly alice: Client
  readonly links: readonly Link[]
  at(t: number, act: () => void): void
  /** `node layer reason tries`, in order of time. */
  ends(): string[]
  readonly events: TraceEvent[]
}

function scene(name = 'voluntary', overrides: readonly Override[] = []): Scene {
  const run = new Run({ ...shippedLab(name, overrides), events: [], checks: [], stop: sec(2000) })
  const { nodes, links, world } = run.simulation
  const alice = nodes.get('alice')
  assert.ok(alice instanceof Client)
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  return {
    run,
    alice,
    // The lab has no telephone lines.
    links: links as readonly Link[],
    events,
    at: (t, act) => {
      world.scheduler.after(t, 'test', act)
    },
    ends: () =>
      events
        .filter(e => e.event === 'tunnel-end')
        .map(({ node, layer, reason, tries }) => `${node} ${layer} ${reason} ${tries}`),
  }
}

/** The first line lets no packet of that IP protocol pass. */
function refuse({ links: [{ ends }] }: Scene, protocol: number): void {
  for (const end of ends) {
    const receive = end.receive
    const at = 14 + 9
    end.receive = packet => (packet.bytes[packet.start + at] === protocol ? packet.release() : receive(packet))
  }
}

describe('the end of a tunnel', () => {
  test('the user disconnects: both ends say so', () => {
    const s = scene()
    s.at(0, () => s.alice.connect())
    s.at(sec(5), () => s.alice.disconnect())
    s.run.advance()
    assert.deepEqual(s.ends(), ['alice lcp closed 0', 'office lcp peer-closed 0'])
    const { gre, ...pptp } = s.alice.snapshot().pptp as Snapshot
    assert.ok(Number((gre as Snapshot).sent) > 5, 'what the call did stays to be looked at')
    assert.deepEqual(pptp, {
      control: 'idle',
      call: 'idle',
      end: { layer: 'lcp', reason: 'closed', tries: 0, detail: 'The user has disconnected' },
    })
  })

  test('nobody is there: a router says so, or TCP gives up after eleven SYNs', () => {
    const s = scene()
    s.links[1].change(1, { loss: 1 })
    s.at(sec(1), () => s.alice.connect())
    s.run.advance()
    // The router does not get an answer to ARP either, and says so before TCP gives up.
    assert.deepEqual(s.ends(), ['alice tcp tcp-unreachable 4'])

    const silent = scene()
    refuse(silent, 6)
    silent.at(0, () => silent.alice.connect())
    silent.run.advance()
    assert.deepEqual(silent.ends(), ['alice tcp tcp-timeout 11'])
  })

  test('GRE does not pass: LCP gives up after ten Configure-Requests (RFC 1661 §4.6)', () => {
    const s = scene()
    refuse(s, 47)
    s.at(0, () => s.alice.connect())
    s.run.advance()
    assert.deepEqual(s.ends(), ['office lcp timeout 10', 'alice lcp timeout 10'])
  })

  test('a wrong password', () => {
    const s = scene('wrong-password')
    s.at(0, () => s.alice.connect())
    s.run.advance()
    assert.deepEqual(s.ends(), ['office auth auth-failed 0', 'alice auth auth-failed 0'])
  })

  test('the line goes: the echo of the control connection notices (RFC 2637 §3.1.4)', () => {
    const s = scene()
    s.at(0, () => s.alice.connect())
    s.at(sec(5), () => s.links[0].setUp(false))
    s.run.advance()
    assert.deepEqual(s.ends(), ['alice pptp echo-timeout 1', 'office pptp echo-timeout 1'])
    for (const e of s.events) if (e.event === 'tunnel-end') assert.ok(e.t <= sec(125), `${e.node} at ${e.t}`)
  })

  test('the user disconnects over a dead line: two Terminate-Requests (RFC 1661 §4.6)', () => {
    const s = scene()
    s.at(0, () => s.alice.connect())
    s.at(sec(5), () => s.links[0].setUp(false))
    s.at(sec(6), () => s.alice.disconnect())
    s.run.advance()
    assert.deepEqual(s.ends()[0], 'alice lcp closed 2')
  })

  test('no address is left: the server refuses the call', () => {
    const s = scene('voluntary-lan', [{ path: 'topology.nodes.office.pptp.pool', value: '10.8.0.10-10.8.0.10' }])
    const bob = s.run.simulation.nodes.get('bob')
    assert.ok(bob instanceof Client)
    s.at(0, () => s.alice.connect())
    s.at(sec(2), () => bob.connect())
    s.at(sec(20), () => bob.disconnect())
    s.run.advance()
    assert.deepEqual(s.ends(), ['office pptp refused 0', 'bob pptp refused 0'])
  })

  test('the story says it in one line', () => {
    const s = scene()
    s.at(0, () => s.alice.connect())
    s.at(sec(5), () => s.links[0].setUp(false))
    s.run.advance()
    const names = new Map([['198.51.100.10', 'alice']])
    const line = s.events
      .filter(e => e.event === 'tunnel-end' && e.node === 'office')
      .map(e => new Story({ verbose: false, names }).tell(e))[0]
    assert.equal(line?.mark, 'user')
    assert.equal(line?.tone, 'bad')
    assert.equal(line?.text, 'the tunnel to alice is over (PPTP echo-timeout, 1 try): No Echo-Reply came in 60s.')
  })
})
