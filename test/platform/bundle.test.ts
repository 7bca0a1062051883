/** What every command opens before it knows what it shall do. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'

/** All that the file imports without being asked, and what that imports. */
function opened(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  if (!file.startsWith('./')) return seen
  const text = readFileSync(rootPath(`dist/cli/${file.slice(2)}`), 'utf8')
  for (const match of text.matchAll(
    /^(?:import|export)\b[^'"]*["']([^'"\n]+)["'];?$|^\} from ["']([^'"\n]+)["'];?$/gm,
  )) {
    opened(match[1] ?? match[2], seen)
  }
  return seen
}

describe('the bundled program', () => {
  test('opens no native code and no terminal before a command needs it', () => {
    for (const entry of ['./cli.js', './tui.js']) {
      const files = [...opened(entry)]
      assert.ok(files.includes('node:fs') && files.some(file => file.startsWith('./chunk-')), files.join())
      assert.deepEqual(
        files.filter(file => ['koffi', 'tuntap2'].includes(file)),
        [],
      )
    }
    assert.ok(!opened('./cli.js').has('blessed'))
  })

  test('holds neither koffi nor tuntap2 itself', () => {
    for (const file of opened('./cli.js')) {
      if (file.startsWith('./')) {
        assert.doesNotMatch(readFileSync(rootPath(`dist/cli/${file.slice(2)}`), 'utf8'), /TUNSETIFF|koffi\.node/)
      }
    }
  })
})
