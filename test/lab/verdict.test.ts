/** What a verdict says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { rootPath } from '../support/root.ts'

/** The detail of each verdict of a lab in which Alice knows her password after all. */
function details(name: string): Map<string, string> {
  const text = readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')
  const loaded = loadLab(text, name, [{ path: 'topology.nodes.alice.pptp.password', value: 'wonderland' }])
  assert.ok(loaded.ok)
  const run = new Run(loaded.lab)
  run.advance()
  return new Map(run.result().checks.map(check => [check.name, check.detail]))
}

describe('the detail of a verdict', () => {
  const found = details('wrong-password')
  test('`during` names what failed first and when, whatever fails after it', () => {
    // The address is taken at 0.206 s, when she is authenticated; IPCP opens at 0.346 s.
    assert.equal(found.get('no-tunnel'), 'at 0.206 s office.pool.used was 1, wanted 0')
  })
  test('a state at one moment is told as it was then', () => {
    assert.equal(found.get('tidy'), 'at 20.000 s office.pptp.calls was 1, wanted 0')
  })
  test('`seen` counts', () => {
    assert.match(found.get('no-route') ?? '', /^0 × ping-failed at alice, wanted 3/)
  })
})
