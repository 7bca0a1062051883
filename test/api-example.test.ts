/** The example of docs/api.md is compiled against the package as a user has it, is run, and prints what the page says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type LabSource, lab, labText, load, run } from '../src/index.ts'
import { rootPath } from './support/root.ts'

const page = readFileSync(rootPath('docs/api.md'), 'utf8')

/** The text of the page's only block in that language. */
function block(language: string): string {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))]
  assert.equal(found.length, 1, `blocks of ${language} in docs/api.md`)
  return found[0][1]
}

const COMPILER = ['--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext']
COMPILER.push('--target', 'es2023', '--lib', 'es2023', '--types', 'node')

/** Below dist, so that `pptp-lab` is this package by its own `exports`. */
function compile(source: string): { status: number | null; output: string; file: string } {
  const folder = rootPath('dist/test/api-example')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'example.ts'), source)
  const tsc = rootPath('node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...COMPILER, join(folder, 'example.ts')], {
    encoding: 'utf8',
    cwd: folder,
  })
  return { status, output: stdout, file: join(folder, 'example.js') }
}

describe('the example of docs/api.md', () => {
  test('compiles, runs and prints what the page says', () => {
    const { status, output, file } = compile(block('ts'))
    assert.equal(output, '')
    assert.equal(status, 0)
    const ran = spawnSync(process.execPath, [file], { encoding: 'utf8' })
    assert.equal(ran.stderr, '')
    assert.notEqual(ran.stdout, '')
    assert.equal(ran.stdout, block('text'))
  })

  test('and the short one of the README compiles, with the text of a lab given', () => {
    const [, source] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(rootPath('README.md'), 'utf8')) ?? ['', '']
    assert.match(source, /from 'pptp-lab'/)
    const { output, file } = compile(`declare const text: string\n${source}`)
    assert.equal(output, '')
    const given = `globalThis.text = ${JSON.stringify(labText(SOURCE))}; await import(${JSON.stringify(pathToFileURL(file).href)})`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', given], { encoding: 'utf8' })
    assert.equal(status, 0)
    assert.match(stdout, / a ping-reply\ntrue\n$/)
  })

  test('is held to the types: a slip in a key does not compile', () => {
    const { status, output } = compile(block('ts').replace("from: 'alice'", "form: 'alice'"))
    assert.notEqual(status, 0)
    assert.match(output, /'form' does not exist/)
  })
})

const SOURCE: LabSource = {
  name: 'pair',
  topology: {
    nodes: { a: { kind: 'host' }, b: { kind: 'host' } },
    links: [{ endpoints: ['a:eth0', 'b:eth0'], ipv4: ['192.0.2.1/24', '192.0.2.2/24'] }],
  },
  events: [{ at: '0s', ping: { from: 'a', to: 'b' } }],
  expect: { pong: { description: 'b answers', by: '1s', seen: { event: 'ping-reply', at: 'a' } } },
}

type Seen = NonNullable<NonNullable<LabSource['expect']>[string]['seen']>

describe('labs as objects', () => {
  test('an object and the file it stands for are the same lab', () => {
    const typed = lab(SOURCE)
    assert.ok(typed.ok)
    assert.deepEqual(typed, load(labText(SOURCE), 'pair'))
    const { ok, checks } = run(typed.lab)
    assert.ok(ok)
    assert.deepEqual(
      checks.map(check => check.name),
      ['pong'],
    )
  })

  test('an object with a mistake gives the issues of a file, with path and excerpt', () => {
    const wrong = { ...SOURCE, events: [{ at: '0s', ping: { from: 'a', to: 'c' } }] }
    const loaded = lab(wrong)
    assert.ok(!loaded.ok)
    assert.equal(loaded.issues.length, 1)
    const [issue] = loaded.issues
    assert.equal(issue.path, 'events[0].ping.to')
    assert.equal(issue.excerpt.trim(), '"to": "c"')
    assert.match(labText(wrong).split('\n')[issue.line - 1], /"to": "c"/)
  })

  test('an event pattern is held to the table of events by the compiler', () => {
    // @ts-expect-error: the trace has no such event
    const seen: Seen = { event: 'ping-answer' }
    assert.equal(lab({ ...SOURCE, expect: { x: { description: 'x', by: '1s', seen } } }).ok, false)
  })
})
