/** What is said again of a lab that was named and changed on the command line. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { explainCommand } from '../../src/platform/files.ts'
import { labFilesHere } from '../../src/platform/package.ts'
import { rootPath } from '../support/root.ts'

describe('the command that explains a run', () => {
  test('names the lab as the user has, with all that changed it', () => {
    assert.equal(explainCommand('voluntary', {}), 'pptp-lab explain voluntary')
    assert.equal(
      explainCommand('labs/home.yaml', { set: ['a.nat.like=keyless', 'stop=9s'], seed: '3', until: '5s' }),
      'pptp-lab explain labs/home.yaml --set a.nat.like=keyless --set stop=9s --seed 3 --until 5s',
    )
  })
  test('is read by a shell as the same words', () => {
    const words = ['my labs/it\'s "home".yaml', '--set', 'description=$HOME `a` *', '--set', 'links[0]."a b"=1']
    const command = explainCommand(words[0], { set: [words[2], words[4]] })
    const { stdout } = spawnSync('sh', ['-c', command.replace('pptp-lab explain', "printf '%s\\n'")])
    assert.deepEqual(String(stdout).trimEnd().split('\n'), words)
  })
})

describe('labs of the user in the present folder', () => {
  const before = process.cwd()
  test('are looked for among files that end as lab files do, are not huge and not too many', t => {
    const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-here-'))
    t.after(() => {
      process.chdir(before)
      rmSync(dir, { recursive: true })
    })
    process.chdir(dir)
    assert.deepEqual(labFilesHere(), [])
    for (const name of ['b.yaml', 'a.yml', 'notes.txt']) writeFileSync(name, 'x')
    writeFileSync('huge.yaml', ' '.repeat(2e6))
    mkdirSync('folder.yaml')
    assert.deepEqual(labFilesHere(), ['a.yml', 'b.yaml'])
    for (let i = 0; i < 200; i++) writeFileSync(`many-${i}.yaml`, '')
    assert.equal(labFilesHere().length, 98, 'a hundred are looked at, and two of them are not for reading')
  })
  test('are none in the folder of those that come with the program', t => {
    t.after(() => process.chdir(before))
    process.chdir(rootPath('topologies'))
    assert.deepEqual(labFilesHere(), [])
  })
})
