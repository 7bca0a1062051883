/** `pptp-lab ladder`: its words, its formats, its files and its mistakes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { forgottenWords } from '../../src/platform/commands/ladder.ts'
import { captureFile } from '../support/captures.ts'
import { rootPath } from '../support/root.ts'
import { recorded } from '../support/scene.ts'

const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-ladder-'))
after(() => rmSync(dir, { recursive: true }))

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 1 << 26,
  })
  assert.doesNotMatch(stderr, /fault of pptp-lab|\n\s+at /, 'no stack trace')
  return { status, stdout, stderr }
}
const ladder = (...args: string[]) => run('ladder', ...args)
const read = (name: string): string => readFileSync(join(dir, name), 'utf8')

test('what there is no room for is said', () => {
  const recorder = recorded('voluntary', 12, [], { events: 1000, journeys: 100 })
  assert.match(
    forgottenWords('voluntary', recorder),
    /^voluntary: the run has \d{3} packets, and the first \d+ of them are not in this ladder/,
  )
  assert.equal(forgottenWords('voluntary', recorded('voluntary', 1)), '')
})

describe('ladder', () => {
  test('a lab as text in 80 columns', () => {
    const { status, stdout, stderr } = ladder('voluntary', '--to', '1s')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /SCCRQ, SCCRP, 2 packets/)
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80)
  })

  test('rows as lines of JSON, none folded; those of a tunnel', () => {
    const { status, stdout } = ladder('nat-two-clients', '--tunnel', '2', '--to', '6s', '--json')
    assert.equal(status, 0)
    const [head, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([head.type, head.format, head.title], ['ladder', 1, 'nat-two-clients, seed 1'])
    assert.ok(rows.length > 20)
    for (const row of rows) assert.ok((row.tunnels as number[]).includes(2), JSON.stringify(row))
    const request = rows.find(({ label }) => label === 'OCRQ')
    assert.deepEqual([request?.from, request?.to, request?.via], ['bob', 'office', ['lan', 'home', 'isp']])
    const reply = rows.find(({ label }) => label === 'OCRP')
    assert.deepEqual(reply?.cause, { kind: 'row', no: request?.no, how: 'arrival' })
  })

  test('only some machines, layers, calls and times; and line by line', () => {
    const { stdout } = ladder(
      'nat-two-clients',
      '--tunnel',
      'bob',
      '--layer',
      'control,lcp',
      '--unfolded',
      '--from',
      '5s',
      '--to',
      '6s',
    )
    const labels = [...stdout.matchAll(/(OCRQ|OCRP|SLI|SCCR[QP]|LCP Conf-\w+)/g)].map(([label]) => label)
    assert.deepEqual(labels.slice(0, 4), ['SCCRQ', 'SCCRP', 'OCRQ', 'OCRP'])
    assert.doesNotMatch(stdout, /alice|ARP|CHAP/)
    assert.match(ladder('nat-two-clients', '--nodes', 'isp,office', '--to', '1s').stdout, /^ +sent s +isp +office$/m)
    assert.equal(
      ladder('nat-two-clients', '--tunnel', '2', '--to', '6s').stdout,
      ladder('nat-two-clients', '--tunnel', 'bob', '--to', '6s').stdout,
    )
  })

  test('in ASCII', () => {
    assert.match(ladder('voluntary', '--ascii', '--to', '1s').stdout, /^[\n -~]+$/)
  })

  test('into a file, whose name chooses the format unless --format does', () => {
    const expected: readonly (readonly [string, RegExp])[] = [
      ['v.svg', /^<svg /],
      ['v.html', /^<!doctype html>/],
      ['v.mmd', /^sequenceDiagram\n/],
      ['v.txt', /^ +sent s/],
    ]
    for (const [name, begin] of expected) {
      assert.deepEqual(ladder('voluntary', '--to', '1s', '-o', name), { status: 0, stdout: '', stderr: '' })
      assert.match(read(name), begin)
    }
    ladder('voluntary', '--to', '1s', '-o', 'v.md', '--format', 'mermaid')
    assert.equal(read('v.md'), read('v.mmd'))
    assert.equal(ladder('voluntary', '--to', '1s', '--format', 'svg').stdout, read('v.svg'))
  })

  test('a recorded run is drawn as its lab is', () => {
    run('run', 'wrong-password', '--quiet', '--record', 'run.jsonl')
    assert.equal(ladder('run.jsonl').stdout, ladder('wrong-password').stdout)
  })

  test('a capture of ours has the names of machines, a real one addresses; a password opens it', () => {
    run('run', 'voluntary', '--quiet', '--pcap', 'out')
    assert.match(ladder(join('out', 'alice_eth0-isp_eth0.pcapng')).stdout, /^ +sent s +alice +office$/m)
    const real = captureFile('mschapv2-mppe128-stateless')
    assert.match(ladder(real).stdout, /10\.99\.1\.2 +10\.99\.2\.2/)
    assert.doesNotMatch(ladder(real).stdout, /▒ echo,/)
    assert.match(ladder(real, '--password', 'alice=alice-secret').stdout, /▒ echo, \d+ packets/)
  })

  test('nothing chosen is said, and no mistake', () => {
    const { status, stderr } = ladder('voluntary', '--layer', 'radius', '--to', '1s')
    assert.equal(status, 0)
    assert.match(stderr, /no packet is chosen; the whole ladder has \d+/)
  })
})

describe('mistakes: status 2, a sentence, and nothing written', () => {
  const CAPTURE = captureFile('pap-plain')
  const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no such format', ['voluntary', '--format', 'htm', '-o', 'no.svg'], /no format htm\. Did you mean html\?/],
    ['no such layer', ['voluntary', '--layer', 'contrl'], /no layer contrl\. Did you mean control\?/],
    ['no such node', ['voluntary', '--nodes', 'alice,ofice'], /no node ofice\. Did you mean office\?/],
    ['no such tunnel', ['voluntary', '--tunnel', '7'], /no tunnel 7\. The tunnels: 1 \(alice to office\)\./],
    [
      'a call of a lab',
      ['voluntary', '--call', '1'],
      /--tunnel 1\. A call is told by: pptp-lab explain voluntary --call 1/,
    ],
    ['no time', ['voluntary', '--from', 'soon'], /--from wants a time, such as --from 5s, not soon/],
    ['the end before the beginning', ['voluntary', '--from', '5s', '--to', '1s'], /--from 5s is later than --to 1s/],
    ['ASCII of a picture', ['voluntary', '-o', 'no.svg', '--ascii'], /--ascii is for text/],
    ['a password for a lab', ['voluntary', '--password', 'a=b'], /--password is for captures/],
    ['a seed for a capture', [CAPTURE, '--seed', '7'], /what is in a capture has happened/],
    ['no such lab', ['volntary'], /no lab volntary\. Did you mean voluntary\?/],
    ['no lab', [], /ladder wants a LAB\|CAPTURE, such as/],
    ['no such folder', ['voluntary', '--to', '1s', '-o', join('no', 'v.svg')], /cannot be written: it, or the folder/],
    ['a lab for a bridge', ['bridge-server'], /reaches out of the simulation/],
  ]
  for (const [title, args, sentence] of MISTAKES) {
    test(title, () => {
      const { status, stdout, stderr } = ladder(...args)
      assert.equal(status, 2)
      assert.equal(stdout, '')
      assert.match(stderr, sentence)
      assert.ok(!existsSync(join(dir, 'no.svg')))
    })
  }
})
