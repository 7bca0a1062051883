/**
 * `npm run test:deep [-- SEED | NAME]`: the model of two TCPs, the bounded walk, telephone calls at every moment and at
 * random times, random networks of NAT boxes, the doctor on networks drawn by lot, other cases of all properties; with an argument the one that knows it.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PARTS = ['tcp-model', 'walk', 'nas-moments', 'dial-ins', 'nats', 'doctor', 'properties']
const words = process.argv.slice(2)
const parts =
  words.length === 0 ? PARTS : /^\d/.test(words[0]) ? ['tcp-model'] : [PARTS.find(part => part === words[0]) ?? 'walk']
for (const part of parts) {
  const program = fileURLToPath(new URL(`${part}.js`, import.meta.url))
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...words], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
