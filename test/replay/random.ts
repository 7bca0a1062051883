/** Chance as a capture has it: streams named here give the values of a real peer, all others those of a seed. */
import assert from 'node:assert/strict'
import type { Env } from '../../src/base/env.ts'
import type { Random } from '../../src/base/random.ts'

export type Drawn = number | Uint8Array
/** Values by full name of the stream, `ppp session 1/magic`; each is drawn once. */
export type Draws = ReadonlyMap<string, Drawn[]>

/** The same node, with these draws. */
export function withDraws(env: Env, draws: Draws): Env {
  return scripted(env, new ScriptedRandom('', draws, env.random))
}

function scripted(env: Env, random: Random): Env {
  const { node, clock, trace, packets } = env
  return { node, clock, trace, packets, random, scope: name => scripted(env.scope(name), random.fork(name)) }
}

class ScriptedRandom implements Random {
  readonly #path: string
  readonly #draws: Draws
  readonly #seeded: Random

  constructor(path: string, draws: Draws, seeded: Random) {
    this.#path = path
    this.#draws = draws
    this.#seeded = seeded
  }

  fork(name: string): Random {
    const path = this.#path === '' ? name : `${this.#path}/${name}`
    return new ScriptedRandom(path, this.#draws, this.#seeded.fork(name))
  }

  #next(): Drawn | undefined {
    const values = this.#draws.get(this.#path)
    if (!values) return undefined
    const value = values.shift()
    assert.notEqual(value, undefined, `${this.#path}: one value more is drawn than the capture shows`)
    return value
  }

  uint32(): number {
    const value = this.#next()
    return typeof value === 'number' ? value : this.#seeded.uint32()
  }

  below(bound: number): number {
    const value = this.#next()
    if (typeof value !== 'number') return this.#seeded.below(bound)
    assert.ok(value < bound)
    return value
  }

  chance(probability: number): boolean {
    return this.#seeded.chance(probability)
  }

  /** As many as captured: pppd draws the length of its CHAP-MD5 Challenges too. */
  bytes(length: number): Uint8Array {
    const value = this.#next()
    if (!(value instanceof Uint8Array)) return this.#seeded.bytes(length)
    return value
  }
}
