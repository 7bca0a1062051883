/**
 * `npm run nat:truth [CASE…]`: plays every case of the rig in the simulator and compares it with what the kernel did.
 * Probe by probe: the outcome, who received it, from and to which address and with which call ID. Beside probes,
 * every other field that a case observes is compared with the baseline's field of the same name. Then the random scripts
 * that were recorded (random/).
 */
import { readFileSync } from 'node:fs'
import { rootPath } from '../support/root.ts'
import { compare, type Recorded } from './compare.ts'
import { attemptOf } from './random/generate.ts'
import { digestOf, playHere, recordedSeeds } from './random/recorded.ts'

const wanted = process.argv.slice(2)
const recorded: Recorded[] = readFileSync(rootPath('test/nat/baseline-linux-6.18.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
let [cases, probes, agreed, missing] = [0, 0, 0, 0]
for (const record of recorded) {
  if (wanted.length > 0 && !wanted.includes(record.case)) continue
  const result = compare(record)
  probes += result.probes
  agreed += result.probesAgreed
  if (result.missing) missing++
  if (result.differences.length === 0) cases++
  for (const difference of result.differences) process.stdout.write(`${record.case} ${difference}\n`)
}
const count = wanted.length > 0 ? wanted.length : recorded.length
process.stdout.write(
  `${cases} of ${count} cases and ${agreed} of ${probes} probes agree; ${missing} cases are missing\n`,
)
let scriptsAgree = true
if (wanted.length === 0) {
  const seeds = recordedSeeds()
  const differing: number[] = []
  for (const { seed, attempt, digest } of seeds)
    if (digestOf(await playHere(attemptOf(seed, attempt))) !== digest) differing.push(seed)
  scriptsAgree = differing.length === 0
  process.stdout.write(`${seeds.length - differing.length} of ${seeds.length} random scripts agree`)
  process.stdout.write(
    scriptsAgree ? '\n' : `; these seeds do not: ${differing.join(', ')} (npm run nat:kernel -- --seeds FIRST-LAST)\n`,
  )
}
process.exitCode = cases === count && scriptsAgree ? 0 : 1
