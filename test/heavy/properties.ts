/**
 * `npm run test:deep -- properties [ROUNDS [SEED]]`: every test file with properties, each round with cases drawn from another
 * seed. What fails tells the seed: PPTP_LAB_SEED=SEED npm test -- FILE shows it again.
 */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { numberWord } from '../support/number-word.ts'
import { rootPath } from '../support/root.ts'

const rounds = numberWord(0, 3)
const first = numberWord(1, Date.now() % 1_000_000_000)

const tests = rootPath('dist/test')
const files = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter(
    name => name.endsWith('.test.js') && readFileSync(join(tests, name), 'utf8').includes('support/fast-check.js'),
  )
  .sort()
let wrong = 0
for (let seed = first; seed < first + rounds; seed++) {
  for (const name of files) {
    const { status, stdout } = spawnSync(process.execPath, ['--enable-source-maps', '--test', join(tests, name)], {
      env: { ...process.env, PPTP_LAB_SEED: String(seed), NODE_OPTIONS: '' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    if (status === 0) continue
    wrong++
    console.log(
      `WRONG seed ${seed}, ${name}\n${stdout
        .split('\n')
        .filter(line => /^ *(not ok|error|Counterexample|\{ seed)/.test(line))
        .join('\n')}`,
    )
  }
}
console.log(`${files.length} files with properties, ${rounds} rounds from seed ${first} on: ${wrong} wrong.`)
if (wrong > 0 || files.length === 0) process.exitCode = 1
