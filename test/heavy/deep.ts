/**
 * `npm run test:deep [-- SEED | PART WORD… | WALK]`: the model of two TCPs, the bounded walk, telephone calls at every moment
 * and at random times, random networks of NAT boxes, the doctor on networks drawn by lot, other cases of all properties; with
 * the name of a part only that one, with words of its own; a number is a seed of the model, another word the name of a walk.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PARTS = ['tcp-model', 'walk', 'nas-moments', 'dial-ins', 'nats', 'doctor', 'properties']
const words = process.argv.slice(2)

function run(part: string, own: readonly string[]): void {
  const program = fileURLToPath(new URL(`${part}.js`, import.meta.url))
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...own], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

if (words.length === 0) for (const part of PARTS) run(part, [])
else if (PARTS.includes(words[0])) run(words[0], words.slice(1))
else run(/^\d/.test(words[0]) ? 'tcp-model' : 'walk', words)
