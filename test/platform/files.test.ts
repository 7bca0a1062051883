/** What is said again of a lab that was named and changed on the command line. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { explainCommand } from '../../src/platform/files.ts'

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
