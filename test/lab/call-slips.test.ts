/** What `check` says of callers whose ways are known: they want one place, or send more than a line carries. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadLab } from '../../src/lab/load.ts'
import { shippedText } from '../support/shipped.ts'

const warned = (text: string): string[] => {
  const loaded = loadLab(text, 'lab')
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.warnings.map(({ path, message }) => `${path}: ${message}`)
}
const single = shippedText('nat-single-passthrough')
const like = (kind: string): string => single.replace('like: keyless', `like: ${kind}`)

describe('two callers behind a box with one place for GRE', () => {
  test('one for each server: who comes second is named, at the word that makes it so', () => {
    const [only, ...others] = warned(single)
    assert.match(
      only,
      /^topology\.nodes\.nat1\.nat\.like: carol and dave both call through nat1, .* for each server, here 203\.0\.113\.5: /,
    )
    assert.deepEqual(others, [])
  })
  test('one in all', () => {
    assert.match(warned(like('single')).join('\n'), /keeps GRE of one computer: who comes second hears nothing/)
  })
  test('a box that reads call IDs, or translates no GRE at all, has no such place', () => {
    for (const kind of ['linux-pptp', 'libalias', 'cisco', 'linux', 'cgn'])
      assert.doesNotMatch(warned(like(kind)).join('\n'), /both call/, kind)
  })
  test('an outside address of his own gives the second a place', () => {
    const own = 'like: keyless, one-to-one: { "192.168.1.11": 198.51.100.30 }'
    assert.doesNotMatch(warned(single.replace('like: keyless', own)).join('\n'), /both call/)
  })
})

describe('packets in a tunnel that are too large for a line around it', () => {
  const voluntary = shippedText('voluntary')
  const sized = (mtu: number): string[] =>
    warned(voluntary.replace('pptp:\n', `pptp:\n        mtu: ${mtu}\n`)).filter(text => text.includes('octets has'))
  test('1500 octets become 1540', () => {
    assert.match(
      sized(1500).join('\n'),
      /alice\.pptp\.mtu: A packet of 1500 octets has 1540 in the tunnel, .* carries 1500: /,
    )
  })
  test('1460 fit, and without the word the tunnel asks its way', () => {
    assert.deepEqual(sized(1460), [])
    assert.equal(sized(1461).length, 1)
    assert.deepEqual(warned(voluntary), [])
  })
})
