/**
 * What a kernel did with random scripts and with some that taught us something, as recorded by `npm run nat:kernel --
 * --record`: the simulator is held to it without a kernel.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rootPath } from '../../support/root.ts'
import { type Played, play } from './player.ts'
import { print, type Script } from './script.ts'
import { SimulatedWorld } from './simulated.ts'

/** Of a seed: which of its scripts was steady, and a digest of all that was delivered. */
export interface Recorded {
  readonly seed: number
  readonly attempt: number
  readonly digest: string
}
const SEEDS = rootPath('test/nat/random/recorded-linux-6.18.jsonl')
const FOLDER = rootPath('test/nat/recorded')

export const digestOf = ({ lines }: Played): string =>
  createHash('sha256').update(JSON.stringify(lines)).digest('hex').slice(0, 16)

export const recordedSeeds = (): Recorded[] =>
  readFileSync(SEEDS, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Recorded)

export const writeSeeds = (all: readonly Recorded[]): void =>
  writeFileSync(
    SEEDS,
    `${[...all]
      .sort((a, b) => a.seed - b.seed)
      .map(one => JSON.stringify(one))
      .join('\n')}\n`,
  )

/** A script that taught us something, with what the kernel delivered at each step. */
export interface Lesson {
  readonly script: Script
  readonly kernel: readonly (readonly string[])[]
}
export const lessons = (): { readonly name: string; readonly lesson: Lesson }[] =>
  readdirSync(FOLDER)
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => ({ name: file.slice(0, -5), lesson: JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Lesson }))

export function writeLesson(name: string, script: Script, { lines }: Played): void {
  const kernel = lines.map(step => `  ${JSON.stringify(step)}`).join(',\n')
  writeFileSync(`${FOLDER}/${name}.json`, `{"script":${print(script).trimEnd()},\n"kernel":[\n${kernel}\n]}\n`)
}

export const playHere = (script: Script): Promise<Played> => play(new SimulatedWorld(), script)
