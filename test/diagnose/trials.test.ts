import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { examine } from '../../src/diagnose/doctor/doctor.ts'
import { findingFor, type Trial, trialsOf } from '../../src/diagnose/doctor/trials.ts'
import { DoctorWatch } from '../../src/diagnose/doctor/watch.ts'
import type { Lab } from '../../src/index.ts'
import { loadWith, Run, renderIssues } from '../../src/index.ts'
import type { DropEvent } from '../../src/lab/why.ts'
import { rootPath } from '../support/root.ts'

function labOf(name: string, entries: readonly string[] = []): Lab {
  const text = readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')
  const loaded = loadWith({ text, file: `${name}.yaml` }, entries)
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  return loaded.lab
}

function examined(lab: Lab) {
  const run = new Run(lab, { fingerprint: false })
  const drops: DropEvent[] = []
  run.listen(event => {
    if (event.event === 'drop') drops.push(event)
  }, false)
  const watch = new DoctorWatch(run)
  run.advance()
  return { findings: examine(watch.facts()), drops }
}

const entriesAt = (t: number, { acts }: Trial): string[] =>
  acts.map(({ after, body }) => `{ at: ${((t + after) / 1e9).toFixed(9)}s, ${body} }`)

/** Labs, with the title of the first trial; what is found first there is gone with any of its trials. */
const CURED_FROM_THE_START = {
  'nat-single-passthrough': 'nat1: linux-pptp',
  'nat-no-helper': 'home: linux-pptp',
  'double-nat-cgn': 'carrier: linux-pptp',
  'gre-blocked': 'hotel: forward accept proto gre',
  'port-1723-blocked': 'guard: forward accept from 10.1.0.11 proto tcp dport 1723',
  'host-firewall': 'alice: input accept proto gre',
  'icmp-filtered': 'guard: forward accept proto icmp',
} as const

describe('cures that are tried in the lab', () => {
  for (const [name, title] of Object.entries(CURED_FROM_THE_START)) {
    test(`${name}: ${title}`, () => {
      const lab = labOf(name)
      const [finding] = examined(lab).findings
      const trials = trialsOf(finding, lab)
      assert.equal(trials[0]?.title, title)
      for (const trial of trials) {
        assert.equal(trial.when, 'start')
        const after = examined(labOf(name, entriesAt(0, trial))).findings
        const left = after.filter(({ cause, who }) => cause === finding.cause && who.join() === finding.who.join())
        assert.deepEqual(left, [], trial.title)
      }
    })
  }

  const later = {
    'nat-reboot': 'alice starts again and dials',
    'nat-timeout': 'alice starts again and dials',
    'burned-expectation': 'alice starts again and dials',
    'server-crash': 'office starts again',
  }
  for (const [name, title] of Object.entries(later)) {
    test(`${name}: ${title}, now that it has happened`, () => {
      const lab = labOf(name)
      const [finding] = examined(lab).findings
      const [trial] = trialsOf(finding, lab)
      assert.equal(trial?.title, title)
      assert.equal(trial.when, 'now')
      const run = new Run(labOf(name, entriesAt(finding.t + 1e9, trial)))
      run.advanceTo(finding.t + 20e9)
      const alice = run.simulation.nodes.get('alice')?.snapshot() as { readonly ppp?: { readonly ipcp?: string } }
      assert.equal(alice.ppp?.ipcp, 'opened')
    })
  }

  test('a drop belongs to the finding whose evidence names its machine, and its maker', () => {
    const { findings, drops } = examined(labOf('port-1723-blocked'))
    const drop = (maker: string): DropEvent | undefined => drops.find(({ packet }) => packet?.startsWith(`${maker}#`))
    const [atGuard, atOffice] = ['alice', 'dave'].map(drop)
    assert.ok(atGuard && atOffice)
    assert.deepEqual(findingFor(findings, atGuard)?.who, ['alice', 'bob', 'carol'])
    assert.deepEqual(findingFor(findings, atOffice)?.who, ['dave'])
  })

  test('a drop by another rule of the same box is no part of it', () => {
    const { findings, drops } = examined(labOf('nat-single-passthrough'))
    const dropAt = (reason: string): DropEvent | undefined =>
      drops.find(drop => drop.node === 'nat1' && drop.reason === reason)
    const [refused, filtered] = [dropAt('nat-insert-failed'), dropAt('filter-drop')]
    assert.ok(refused && filtered)
    assert.equal(findingFor(findings, refused)?.cause, 'nat-single-slot')
    assert.equal(findingFor(findings, filtered), undefined)
  })

  test('what no single action cures has no trial', () => {
    const lab = labOf('mppe-mismatch')
    assert.deepEqual(trialsOf(examined(lab).findings[0], lab), [])
  })
})
