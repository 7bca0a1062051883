/** Random scripts: what a kernel was recorded to do with them, and that a difference is found. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareScript, differences, shrink } from './compare.ts'
import { attemptOf, scriptOf } from './generate.ts'
import { digestOf, lessons, playHere, recordedSeeds } from './recorded.ts'
import { parse, print, type Script } from './script.ts'
import { SimulatedWorld, type Spoil } from './simulated.ts'

/** Protocol and call ID stand there in GRE over IP without options. */
const GRE = 47
const CALL_ID = 26

describe('what a Linux kernel did with scripts', () => {
  for (const { name, lesson } of lessons()) {
    test(`${name}: ${lesson.script.name}`, async () => {
      const found = differences({ lines: lesson.kernel, late: 0 }, await playHere(lesson.script))
      assert.deepEqual(found, [])
    })
  }

  test('200 random ones are recorded, and each is delivered the same here', async () => {
    const all = recordedSeeds()
    assert.deepEqual(
      all.map(({ seed }) => seed),
      Array.from({ length: 200 }, (_, i) => i + 1),
    )
    const differing: number[] = []
    for (const { seed, attempt, digest } of all)
      if (digestOf(await playHere(attemptOf(seed, attempt))) !== digest) differing.push(seed)
    assert.deepEqual(differing, [], 'these seeds differ: npm run nat:kernel -- --seeds FIRST-LAST shows where')
  })
})

describe('random scripts', () => {
  test('a seed gives one script, and what is printed of it can be played', async () => {
    const { script, attempt } = await scriptOf(7)
    assert.deepEqual((await scriptOf(7)).script, script)
    assert.deepEqual(attemptOf(7, attempt), script)
    assert.deepEqual(parse(print(script)), script)
    assert.throws(() => parse('{}'), /no script/)
  })

  /** The first delivery of GRE is spoiled in a world that stands for the kernel; how short the script becomes. */
  const spoiling = async (script: Script, spoil: Spoil): Promise<Script | undefined> => {
    const once = (): Spoil => {
      let done = false
      return delivery => {
        if (done || delivery.packet[9] !== GRE || delivery.packet.length < 28) return delivery
        done = true
        return spoil(delivery)
      }
    }
    const compared = (one: Script) => compareScript(one, new SimulatedWorld(once()), new SimulatedWorld(), 1)
    const { differences } = await compared(script)
    if (differences.length === 0) return undefined
    assert.equal(differences.length, 1)
    assert.ok(['gre', 'stray'].includes(script.steps[differences[0].step].do))
    return shrink(script, async shorter => (await compared(shorter)).differences.length > 0)
  }
  test('without a spoiled delivery nothing is found', async () => {
    const { script } = await scriptOf(1)
    assert.equal(await spoiling(script, delivery => delivery), undefined)
  })
  for (const [what, spoil] of [
    ['lost', () => undefined],
    ['with another call ID', ({ at, packet }) => ({ at, packet: packet.with(CALL_ID, packet[CALL_ID] ^ 1) })],
    ['at another host', ({ at, packet }) => ({ at: at === 's1' ? 's2' : 's1', packet })],
  ] as const satisfies readonly (readonly [string, Spoil])[]) {
    test(`one delivery of GRE ${what} is found, and the script becomes as short as it can be`, async () => {
      const { script } = await scriptOf(2)
      const small = await spoiling(script, spoil)
      assert.ok(small)
      assert.deepEqual(
        small.steps.map(step => step.do),
        ['open', 'gre'],
      )
    })
  }
})
