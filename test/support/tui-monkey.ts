/** Random keys, mouse events and resizes for the terminal UI; every frame is measured. */

import { seededRandom } from '../../src/base/random.ts'
import type { Lab } from '../../src/index.ts'
import { App } from '../../tui/app.ts'
import { KEYS } from '../../tui/keys.ts'
import type { Parts } from '../../tui/parts.ts'
import { modeOf } from '../../tui/press.ts'
import { plainText } from '../../tui/text.ts'
import { sourceOf, TestDisk, TestWall } from '../tui/robot.ts'

/** Keys that end the program or stop the process: pressed by tests of their own. */
const LEAVE = new Set(['quit', 'interrupt', 'suspend'])
const TEXT = Array.from('abcxyz 0123456789?/~é漢')

export interface MonkeyResult {
  readonly problems: readonly string[]
  readonly frames: number
  /** What has had the keyboard. */
  readonly met: ReadonlySet<string>
  /** Virtual seconds that have passed. */
  readonly seconds: number
}

export function monkey(lab: Lab, parts: Parts, seed: number, moves: number): MonkeyResult {
  const random = seededRandom(seed).fork('tui-monkey')
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]
  const keys = KEYS.filter(({ command, modes }) => !LEAVE.has(command) || !modes.includes('view')).flatMap(
    ({ keys }) => keys,
  )
  const wall = new TestWall()
  const problems: string[] = []
  let size = { columns: 80, rows: 24 }
  let frames = 0
  let ended = false
  const met = new Set<string>()
  const app = new App({
    display: {
      get size() {
        return size
      },
      draw: lines => {
        frames++
        const { columns, rows } = size
        if (lines.length !== rows) problems.push(`${lines.length} lines in a window of ${rows}`)
        for (const [row, line] of lines.entries()) {
          const text = plainText(line)
          const width = Array.from(text).length
          if (width !== columns) problems.push(`row ${row} has ${width} cells of ${columns}: ${text}`)
        }
      },
      redraw: () => {},
      copy: () => {},
      mouse: () => {},
      suspend: () => {},
    },
    wall,
    open: sourceOf(lab),
    disk: new TestDisk(),
    labs: [],
    parts,
    writeNew: name => name,
    ui: { tour: 0, quiz: seed % 2 === 1 },
    onEnd: () => {
      ended = true
    },
  })
  /** Times and words that a prompt or a filter may be given. */
  const phrase = (): readonly string[] =>
    Array.from(pick(['5s', '0.2', '250ms', 'lcp', 'gre', 'office', 'drop', '漢 x', '']))
  const act = (): void => {
    const kind = random.below(24)
    // What is open has the keyboard: something is typed, or a letter chosen, more often than by chance.
    const mode = modeOf(app.ui)
    met.add(mode)
    if ((mode === 'prompt' || mode === 'typing') && kind > 18) {
      for (const key of [...phrase(), pick(['Enter', 'Enter', 'Esc'])])
        app.event({ type: 'key', key: key === ' ' ? 'Space' : key })
      return
    }
    if (mode === 'menu' && kind > 18)
      return app.event({ type: 'key', key: pick(Array.from('abcdeghilmnoprsuvxy1234')) })
    if (kind >= 20) return app.event({ type: 'key', key: pick(['e', 'x', 'y', 'w', 't', "'", '/', '?', 'm']) })
    if (kind === 0) size = { columns: 1 + random.below(180), rows: 1 + random.below(60) }
    if (kind === 1)
      size = pick([
        { columns: 80, rows: 24 },
        { columns: 120, rows: 40 },
        { columns: 40, rows: 12 },
      ])
    if (kind <= 1) return app.event({ type: 'resize' })
    if (kind === 2) {
      const action = pick(['click', 'wheel-up', 'wheel-down'] as const)
      return app.event({ type: 'mouse', action, column: random.below(size.columns), row: random.below(size.rows) })
    }
    const key = kind === 3 ? pick(TEXT) : pick(keys)
    // In a view `q` would end the program; in the help it closes it.
    app.event({ type: 'key', key: key === 'q' && !app.ui.help && !app.ui.typing ? 'j' : key })
  }
  for (let i = 0; i < moves && problems.length < 5; i++) {
    try {
      act()
      wall.advance(random.below(120))
    } catch (error) {
      problems.push(`move ${i}: ${(error as Error).stack}`)
      break
    }
    if (ended) problems.push(`move ${i} has ended the program`)
  }
  return { problems, frames, met, seconds: (app.scene?.t ?? 0) / 1e9 }
}
