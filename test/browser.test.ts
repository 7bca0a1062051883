/** The core as one script in a bare V8 context, which has the language and nothing else, as a browser page would load it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import vm from 'node:vm'
import { build } from 'esbuild'
import { capturedRun } from './support/captured-run.ts'
import { rootPath } from './support/root.ts'
import { shippedText } from './support/shipped.ts'

/** What Node and browsers add to the language. */
const HOST_NAMES = ['Buffer', 'process', 'require', 'module', 'global', 'window', 'document', 'navigator', 'console']
HOST_NAMES.push('setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'TextEncoder', 'TextDecoder', 'URL')
HOST_NAMES.push('crypto', 'performance', 'fetch', 'structuredClone', 'AbortController', 'Event')

async function bundle(entry: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    globalName: 'PptpLab',
    platform: 'browser',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  })
  assert.deepEqual(warnings, [])
  return outputFiles[0].text
}

/** A page's whole program: load, run to the end in slices, look. */
const PAGE = `
  const loaded = PptpLab.load(text, 'voluntary.yaml')
  if (!loaded.ok) throw new Error(PptpLab.renderIssues(loaded.issues))
  const run = new PptpLab.Run(loaded.lab)
  let story = 0
  const teller = new PptpLab.Story({ verbose: false, names: new Map() })
  run.listen(event => { if (teller.tell(event)) story++ })
  let slices = 1
  while (!run.advance(500)) slices++
  const { ok, checks, fingerprint } = run.result()
  const machines = [...PptpLab.snapshot(run.simulation).keys()]
  JSON.stringify({ ok, passed: checks.filter(check => check.ok).length, checks: checks.length, fingerprint, story, slices, machines })
`

describe('the core in a bare V8 context', () => {
  const context = () => {
    const bare = vm.createContext({ text: shippedText('voluntary') })
    // The inspector's own console is no part of the language either.
    vm.runInContext('delete globalThis.console', bare)
    return bare
  }

  test('the context has the language and nothing of Node', () => {
    const found = vm.runInContext(`${JSON.stringify(HOST_NAMES)}.filter(name => name in globalThis).join()`, context())
    assert.equal(found, '')
  })

  test('loads and runs voluntary.yaml: all checks pass, with the fingerprint that Node has', async () => {
    const bare = context()
    vm.runInContext(await bundle(rootPath('dist/src/index.js')), bare)
    const page = JSON.parse(vm.runInContext(PAGE, bare))
    const { lab, result } = capturedRun(shippedText('voluntary'))
    assert.ok(page.ok)
    assert.ok(page.checks >= 5)
    assert.equal(page.passed, page.checks)
    assert.equal(page.fingerprint, result.fingerprint)
    assert.deepEqual(
      page.machines,
      lab.nodes.map(node => node.name),
    )
    assert.ok(page.slices > 5 && page.story > 20, `${page.slices} slices, ${page.story} lines`)
  })

  test('a core that needed Node would not get this far', async () => {
    await assert.rejects(bundle(rootPath('dist/src/platform/files.js')), /Could not resolve "node:fs"/)
    assert.throws(() => vm.runInContext('Buffer.from(text)', context()), /Buffer is not defined/)
  })
})
