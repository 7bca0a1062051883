/** The zoo: two clients behind each kind of box, to one server. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PERSONALITIES } from '../../src/filter/personalities/index.ts'
import type { PersonalityName } from '../../src/filter/types.ts'
import { Call, CLOSED, IP, MASQ, Rig } from '../nat/rig.ts'

/** Outcomes of up and down for the first and the second client: `ok`, `lost`, or who else got it. */
function two(like: PersonalityName): string[] {
  const rig = new Rig()
  rig.set('nat', { nat: MASQ, rules: CLOSED, like })
  rig.greOpen('c1', 'c2', 's1')
  const server = rig.listen('s1')
  const one = new Call(rig, 'c1', server, IP.s1, 40_001, 1111, 2221)
  const other = new Call(rig, 'c2', server, IP.s1, 40_002, 1111, 2222)
  const received = (call: Call, way: 'up' | 'down'): string => {
    const [name] = Object.keys(call[way]().received_by)
    return name === undefined ? 'lost' : name === (way === 'up' ? 's1' : call.from) ? 'ok' : name
  }
  return [received(one, 'up'), received(one, 'down'), received(other, 'up'), received(other, 'down')]
}

const EXPECTED: Readonly<Record<PersonalityName, readonly string[]>> = {
  'linux-pptp': ['ok', 'ok', 'ok', 'ok'],
  // Both go out, and nobody hears the server (A4).
  linux: ['ok', 'lost', 'ok', 'lost'],
  // One tunnel for an address and a server: the first (A7).
  keyless: ['ok', 'ok', 'lost', 'c1'],
  // What is meant for the second reaches the first (A8).
  single: ['ok', 'ok', 'ok', 'c1'],
  libalias: ['ok', 'ok', 'ok', 'ok'],
  cisco: ['ok', 'ok', 'ok', 'ok'],
  cgn: ['lost', 'lost', 'lost', 'lost'],
}

describe('two clients and one server, behind each kind of box', () => {
  for (const name of Object.keys(PERSONALITIES) as PersonalityName[]) {
    test(name, () => {
      assert.deepEqual(two(name), EXPECTED[name])
    })
  }
  test('each says how it is known', () => {
    for (const [name, { name: own, evidence, about }] of Object.entries(PERSONALITIES)) {
      assert.equal(own, name)
      assert.match(evidence, /^(measured|from source|from documents)$/)
      assert.match(about, /\.$/)
    }
  })
})
