/** `pptp-lab graph`: its words, its formats, its files and its mistakes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { graphMermaid, graphSvg, graphText } from '../../src/index.ts'
import { shippedLab } from '../support/pictures.ts'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'

const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-graph-'))
after(() => rmSync(dir, { recursive: true }))
const inDir = (name: string): string => join(dir, name)
const read = (name: string): string => readFileSync(inDir(name), 'utf8')

function graph(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), 'graph', ...args], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.doesNotMatch(stderr, /fault of pptp-lab|\n\s+at /, 'no stack trace')
  return { status, stdout, stderr }
}

const LAB = shippedLab('voluntary')

describe('graph', () => {
  test('text, SVG and Mermaid on stdout', () => {
    assert.deepEqual(graph('voluntary'), { status: 0, stdout: graphText(LAB), stderr: '' })
    assert.equal(graph('voluntary', '--format', 'text', '--ascii').stdout, graphText(LAB, { ascii: true }))
    assert.equal(graph('voluntary', '--format', 'svg').stdout, graphSvg(LAB))
    assert.equal(graph('voluntary', '--format=mermaid').stdout, graphMermaid(LAB))
  })

  test('into a file, whose name chooses the format unless --format does', () => {
    assert.deepEqual(graph('voluntary', '-o', 'v.svg'), { status: 0, stdout: '', stderr: '' })
    assert.equal(read('v.svg'), graphSvg(LAB))
    graph('voluntary', '--output', 'v.mmd')
    assert.equal(read('v.mmd'), graphMermaid(LAB))
    graph('voluntary', '-o', 'v.txt')
    assert.equal(read('v.txt'), graphText(LAB))
    graph('voluntary', '-o', 'v.md', '--format', 'mermaid')
    assert.equal(read('v.md'), graphMermaid(LAB))
  })

  test('a file of the user, with a value changed', () => {
    writeFileSync(inDir('mine.yaml'), shippedText('voluntary'))
    const { stdout } = graph(
      'mine.yaml',
      '--set',
      'topology.nodes.office.pptp.mppe=off',
      '--set',
      'topology.links[0].delay=80ms',
    )
    assert.match(stdout, /no tunnel/)
    assert.match(stdout, /office has MPPE off; alice requires it/)
    assert.match(stdout, /80 ms/)
  })

  test('a lab that reaches out of the simulation is drawn like any other', () => {
    assert.match(graph('bridge-client').stdout, /real \(10\.99\.2\.2\)/)
  })
})

describe('mistakes: status 2, a sentence, and nothing written', () => {
  writeFileSync(inDir('bad.yaml'), shippedText('voluntary').replace('kind: router', 'kind: ruter'))
  const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no such format', ['voluntary', '--format', 'sgv', '-o', 'no.svg'], /no format sgv\. Did you mean svg\?/],
    ['a format like none', ['voluntary', '--format', 'x'], /no format x\. The formats: text, svg, mermaid\./],
    ['no such lab', ['volntary'], /no lab volntary\. Did you mean voluntary\?/],
    ['no such file', ['nowhere.yaml'], /no file nowhere\.yaml here/],
    ['no lab', [], /graph wants a LAB, such as: pptp-lab graph voluntary/],
    ['two labs', ['voluntary', 'overhead'], /takes one LAB, not 2/],
    ['a lab with a mistake', ['bad.yaml', '-o', 'no.svg'], /^bad\.yaml:\d+:\d+.*ruter/s],
    ['ASCII of a picture', ['voluntary', '--format', 'svg', '--ascii'], /--ascii is for text/],
    ['ASCII of a picture by its name', ['voluntary', '-o', 'no.svg', '--ascii'], /--ascii is for text/],
    ['no name for the file', ['voluntary', '-o'], /--output wants a file after it/],
    ['no such folder', ['voluntary', '-o', join('no', 'v.svg')], /cannot be written: it, or the folder/],
    ['no such option', ['voluntary', '--fromat', 'svg'], /no option --fromat\. Did you mean --format\?/],
  ]
  for (const [title, args, sentence] of MISTAKES) {
    test(title, () => {
      const { status, stdout, stderr } = graph(...args)
      assert.equal(status, 2)
      assert.equal(stdout, '')
      assert.match(stderr, sentence)
      assert.ok(!existsSync(inDir('no.svg')))
    })
  }
})
