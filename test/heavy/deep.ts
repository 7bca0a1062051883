/** `npm run test:deep [-- SEED | NAME]`: the model of two TCPs and the bounded walk; with an argument the one that knows it. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const words = process.argv.slice(2)
const parts = words.length === 0 ? ['tcp-model', 'walk'] : /^\d/.test(words[0]) ? ['tcp-model'] : ['walk']
for (const part of parts) {
  const program = fileURLToPath(new URL(`${part}.js`, import.meta.url))
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program, ...words], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
