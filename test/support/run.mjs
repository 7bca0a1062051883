// Runs the compiled tests with node:test, all of them or those whose path contains a word given on the command line.
// Node 20 ends a run of no tests with status 0: here that is a failure.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const words = process.argv.slice(2)
const files = readdirSync(join(root, 'dist/test'), { recursive: true, encoding: 'utf8' })
  .map(name => join('dist/test', name))
  .filter(name => name.endsWith('.test.js') && (words.length === 0 || words.some(word => name.includes(word))))
  .sort()
if (files.length === 0) {
  console.error(`No test file matches ${words.join(', ') || 'anything: run the build first'}.`)
  process.exit(1)
}
// Node's own choice leaves one processor free: with two, the files would run one after the other.
const concurrency = `--test-concurrency=${availableParallelism()}`
const child = spawn(
  process.execPath,
  ['--enable-source-maps', '--test', concurrency, '--test-reporter=spec', ...files],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  },
)
let ran = 0
let failed = 0
// The count stands before the list of what has failed, which may be long.
createInterface({ input: child.stdout }).on('line', line => {
  console.log(line)
  ran = Number(/^ℹ pass (\d+)$/.exec(line)?.[1] ?? ran)
  failed += Number(/^ℹ (?:fail|cancelled) (\d+)$/.exec(line)?.[1] ?? 0)
})
child.on('close', status => {
  const passed = `${ran} tests passed in ${files.length} files${failed > 0 ? `, ${failed} FAILED` : ''}.`
  console.log(ran > 0 ? passed : 'No test ran: that is a failure.')
  process.exit(status === 0 && ran > 0 ? 0 : 1)
})
