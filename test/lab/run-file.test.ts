import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readRunFile, runFileAction, runFileEnd, runFileHeader, runFileInput } from '../../src/lab/run-file.ts'
import { fc } from '../support/fast-check.ts'

const header = { version: '0.1.0', lab: 'name: x\n', seed: 7, overrides: [{ path: 'stop', value: '3s' }] }
const end = { t: 5, fingerprint: 'abc' }
const inputs = [
  { t: 3, node: 'door', bytes: Uint8Array.of(0x45, 0, 0xff) },
  { t: 3, node: 'door', bytes: new Uint8Array(0) },
]
const actions = [{ t: 4, event: '{ at: 4ns, note: "here" }' }]
const whole =
  runFileHeader(header) + inputs.map(runFileInput).join('') + actions.map(runFileAction).join('') + runFileEnd(end)

describe('run files', () => {
  test('are read back as they were written, the seed as the last override', () => {
    assert.deepEqual(readRunFile(whole), {
      ok: true,
      version: '0.1.0',
      lab: 'name: x\n',
      overrides: [
        { path: 'stop', value: '3s' },
        { path: 'seed', value: '7' },
      ],
      files: new Map(),
      timeZero: undefined,
      inputs,
      actions,
      end: { type: 'end', t: 5, fingerprint: 'abc' },
    })
    const [first] = whole.split('\n')
    const cut = readRunFile(`${first}\r\n\r\n`)
    assert.deepEqual([cut.ok, cut.ok && cut.end], [true, undefined])
  })
  test('carry the texts of the files that a lab names', () => {
    const files = { callers: 'ann * p *\n' }
    const header = runFileHeader({ version: '0.1.0', lab: 'name: x\n', seed: 7, overrides: [], files })
    const read = readRunFile(header)
    assert.ok(read.ok)
    assert.deepEqual([...read.files], [['callers', 'ann * p *\n']])
    assert.equal(readRunFile(header.replace('"ann * p *\\n"', '7')).ok, false)
  })
  test('the half line that a killed program leaves is passed over, and no other', () => {
    const lines = whole.split('\n').map(text => `${text}\n`)
    for (let cut = 1; cut < lines[1].length - 1; cut++) {
      const read = readRunFile(lines[0] + lines[1].slice(0, cut))
      assert.deepEqual([read.ok, read.ok && read.inputs], [true, []])
    }
    const unended = readRunFile(whole.trimEnd())
    assert.equal(unended.ok && unended.end?.fingerprint, 'abc')
    assert.equal(readRunFile(lines[0] + lines[1].slice(0, 9) + lines[2]).ok, false)
    assert.equal(readRunFile(`${lines[0]}${lines[1].slice(0, 9)}\n`).ok, false)
  })
  test('each thing that is wrong has its sentence', () => {
    const line = (change: object): string => `${JSON.stringify({ type: 'header', format: 1, ...header, ...change })}\n`
    for (const [text, problem] of [
      ['', /first line/],
      ['null\n', /first line/],
      ['[]\n{"type":"end"}', /first line/],
      ['{"type":"header"', /one JSON object a line/],
      [line({ format: 2 }), /format 2/],
      [line({ lab: 3 }), /lacks/],
      [line({ seed: 'x' }), /lacks/],
      [line({ seed: undefined }), /lacks/],
      [line({ overrides: undefined }), /lacks/],
      [line({ overrides: [{ path: 'a' }] }), /lacks/],
      [line({ overrides: [null] }), /lacks/],
      [line({ timeZero: -1 }), /lacks/],
      [`${line({})}{"type":"input","t":1,"node":"a","bytes":"4x"}`, /packet 1 from outside/],
      [`${line({})}{"type":"input","t":1,"node":"a","bytes":"4"}`, /packet 1 from outside/],
      [`${line({})}{"type":"input","t":1.5,"node":"a","bytes":""}`, /packet 1 from outside/],
      [`${line({})}{"type":"input","t":1,"bytes":""}`, /packet 1 from outside/],
      [`${line({})}{"type":"action","t":1}`, /action 1 lacks/],
      [`${line({})}{"type":"action","t":-1,"event":"{}"}`, /action 1 lacks/],
      [
        `${line({})}{"type":"input","t":2,"node":"a","bytes":""}\n{"type":"input","t":1,"node":"a","bytes":""}`,
        /packet 2 from outside .* out of order/,
      ],
    ] as const) {
      const read = readRunFile(text)
      assert.ok(!read.ok, text)
      assert.match(read.problem, problem)
    }
    const strange = readRunFile(`${line({})}null\n3\n{"type":"end","t":"x"}`)
    assert.deepEqual([strange.ok, strange.ok && strange.end], [true, undefined])
  })
  test('any lines are survived', () => {
    fc.assert(fc.property(fc.array(fc.json()), lines => typeof readRunFile(lines.join('\n')).ok === 'boolean'))
  })
})
