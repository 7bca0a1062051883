/** The example of the package's README runs and prints what the README says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { TcpStack } from 'tcp-userspace'

test('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../../../src/tcp-userspace/README.md', import.meta.url), 'utf8')
  const code = /```js\n(.*?)```/s.exec(readme)?.[1].replace("import { TcpStack } from 'tcp-userspace'\n", '')
  const output = /```text\n(.*?)```/s.exec(readme)?.[1]
  assert.ok(code && output && !code.includes('import '))
  const lines: string[] = []
  new Function('TcpStack', 'console', code)(TcpStack, { log: (line: string) => lines.push(`${line}\n`) })
  assert.equal(lines.join(''), output)
})
