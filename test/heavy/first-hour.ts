/**
 * `npm run test:first-hour`: the keys of docs/first-hour.md pressed in a real tmux, at 80x24 and 120x40. Each screen must be the
 * one that the robot sees, but for those on which the clock of the wall has a part.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { firstHour, LAB } from '../support/first-hour.ts'
import { rootPath } from '../support/root.ts'

const TMUX_KEYS: Readonly<Record<string, string>> = { Esc: 'Escape', 'S-Tab': 'BTab' }
const TRIES = 50

async function differ(columns: number, rows: number): Promise<number> {
  const expected = await firstHour(columns, rows)
  const server = `pptp-lab-${process.pid}-${columns}`
  const dir = mkdtempSync(join(tmpdir(), 'first-hour-'))
  const tmux = (...words: string[]): string =>
    spawnSync('tmux', ['-L', server, '-f', '/dev/null', ...words], { encoding: 'utf8', cwd: dir }).stdout
  const command = `env LANG=C.UTF-8 TERM=tmux-256color ${process.execPath} ${rootPath('dist/cli/cli.js')} tui ${LAB} --no-quiz --no-tour`
  let wrong = 0
  try {
    tmux('-u', 'new-session', '-d', '-x', String(columns), '-y', String(rows), command)
    tmux('set-option', '-s', 'escape-time', '0')
    await sleep(2000)
    // The robot begins in 1 Net at every size.
    if (columns >= 110) tmux('send-keys', '1')
    for (const [i, { keys, plays, rows: screen }] of expected.entries()) {
      for (const [n, key] of keys.entries()) {
        tmux('send-keys', TMUX_KEYS[key] ?? key)
        await sleep(n === 0 && plays !== undefined ? plays : 120)
      }
      const wanted = screen.join('\n').trimEnd()
      let seen = ''
      for (let n = 0; n < TRIES; n++) {
        await sleep(100)
        seen = tmux('capture-pane', '-p').trimEnd()
        if (seen === wanted) break
      }
      const same = seen === wanted
      if (same || plays !== undefined)
        console.log(`${columns}x${rows} step ${i + 1}: ${same ? 'the same' : 'as the wall goes'}`)
      else {
        wrong++
        console.log(`WRONG ${columns}x${rows} step ${i + 1}, in tmux:\n${seen}\nthe robot:\n${wanted}`)
      }
    }
  } finally {
    tmux('kill-server')
    rmSync(dir, { recursive: true })
  }
  return wrong
}

if (spawnSync('tmux', ['-V']).status !== 0) {
  console.log('There is no tmux here.')
  process.exitCode = 2
} else process.exitCode = (await differ(80, 24)) + (await differ(120, 40)) > 0 ? 1 : 0
