/** Real devices, in a network namespace that is made for this file and goes with it; and what is said where there are none. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { accessSync, constants, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rootPath } from '../support/root.ts'

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'TUN devices are opened on Linux only'
  if (process.getuid?.() !== 0) return 'only root may make a network namespace and devices in it'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'this system has no /dev/net/tun'
  }
  if (spawnSync('ip', ['-V']).status !== 0) return 'this system has no command ip (package iproute2)'
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return 'this system lets nobody make a network namespace'
  return undefined
}

const reason = whyNot()

describe('real devices', { skip: reason ?? false }, () => {
  test('in a network namespace of their own', async t => {
    const env: NodeJS.ProcessEnv = { ...process.env }
    delete env.NODE_TEST_CONTEXT
    const file = fileURLToPath(new URL('namespace.js', import.meta.url))
    // A namespace without a name goes with its last process, however that ends.
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--net', process.execPath, '--enable-source-maps', '--test-reporter=tap', file],
      { env, encoding: 'utf8', timeout: 120_000 },
    )
    const output = stdout + stderr
    const results = [...output.matchAll(/^ {4}(ok|not ok) \d+ - (.*)$/gm)]
    assert.ok(results.length > 25 && /^# pass \d+$/m.test(output), output)
    for (const [, verdict, title] of results) await t.test(title, () => assert.equal(verdict, 'ok', output))
  })
})

describe('where there is no device to be had', () => {
  /** A program with a copy of the package that finds no koffi. */
  function alone(code: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'tuntap2-'))
    try {
      cpSync(rootPath('src/tuntap2/dist'), join(folder, 'dist'), { recursive: true })
      cpSync(rootPath('src/tuntap2/package.json'), join(folder, 'package.json'))
      const url = pathToFileURL(join(folder, 'dist/index.js')).href
      const program = `import * as T from ${JSON.stringify(url)}\n${code}`
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      })
      return stdout + stderr
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const OPEN = 'try { new T.Tun() } catch (e) { console.log(e.name, e.code, e.message) }'
  const onLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)

  test('without koffi: how to install it', { skip: !onLinux && 'the system is refused before koffi is' }, () => {
    assert.match(alone(OPEN), /^TunError NO_KOFFI The package koffi, .* Install it: npm install koffi\n$/)
  })

  test('another system: which one is needed', () => {
    const elsewhere = "Object.defineProperty(process, 'platform', { value: 'sunos' })\n"
    assert.match(
      alone(elsewhere + OPEN),
      /^TunError PLATFORM .* on Linux .* this is sunos on \w+\. Use a Linux machine/,
    )
  })

  test('fake devices work', () => {
    const code = `const [a, b] = T.FakeTun.pair()
      b.on('data', p => { console.log(p.length); a.release(); b.release() })
      a.write(new Uint8Array(40).fill(0x45))`
    assert.equal(alone(code), '40\n')
  })
})
