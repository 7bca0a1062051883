/** Firewalls and NAT boxes as a view sees them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { boxNames, boxOf } from '../../src/lab/boxes.ts'
import { recorded } from '../support/scene.ts'

const boxAt = (lab: string, seconds: number, name: string) => {
  const { simulation } = recorded(lab, seconds).run
  return boxOf(simulation, name) ?? assert.fail(name)
}

describe('boxes', () => {
  test('they are the machines that filter or translate', () => {
    assert.deepEqual(boxNames(recorded('nat-helper', 0).run.simulation), ['home'])
    assert.deepEqual(boxNames(recorded('voluntary', 0).run.simulation), [])
    assert.equal(boxOf(recorded('voluntary', 0).run.simulation, 'isp'), undefined)
  })
  test('a connection is told from inside, whoever has begun it', () => {
    const { connections, isNat, like, translations } = boxAt('nat-helper', 5, 'home')
    assert.deepEqual([isNat, like, translations], [true, 'linux-pptp', ['masquerade lan0 to wan0']])
    const told = connections.map(({ proto, inside, remote, outside, state }) => [proto, inside, remote, outside, state])
    assert.deepEqual(told, [
      ['tcp', '192.168.1.10:40900', '203.0.113.5:1723', '198.51.100.20:40900', 'established'],
      ['gre', '192.168.1.10 call 52546', '203.0.113.5', '198.51.100.20 call 40900', 'answered'],
    ])
  })
  test('what is left of an entry shrinks while it is quiet', () => {
    const [early, late] = [16, 20].map(t =>
      boxAt('nat-timeout', t, 'home').connections.find(({ proto }) => proto === 'gre'),
    )
    assert.ok(early && late)
    assert.equal(early.entry, late.entry)
    assert.equal(early.left - late.left, sec(4))
  })
  test('rules are in the order in which they are asked, with what they have counted', () => {
    const { rules } = boxAt('gre-blocked', 10, 'hotel')
    const gre = rules.find(({ text }) => text === 'forward drop proto gre')
    assert.ok(gre && gre.packets > 0 && gre.octets > gre.packets)
    assert.equal(rules.at(-1)?.text.startsWith('policy'), true)
  })
})
