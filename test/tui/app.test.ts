/** The program around the views: keys, clock, frames, sizes. The views here are placeholders. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Command, KEYS, type Mode, shown } from '../../tui/keys.ts'
import { VIEW_KEYS, VIEWS } from '../../tui/model.ts'
import { OWN } from '../../tui/parts.ts'
import { SPEEDS } from '../../tui/press.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, placeholders, Robot, type RobotOptions, sourceOf } from './robot.ts'

const voluntary = labOf('voluntary')
const start = ({ parts = placeholders().parts, ...options }: Partial<RobotOptions> = {}): Robot =>
  new Robot({ lab: voluntary, parts, ...options })

const MODES: readonly Mode[] = ['view', 'why', 'explain', 'typing', 'prompt', 'menu', 'question', 'help', 'start']

describe('the table of keys', () => {
  test('no key does two things at one place', () => {
    for (const mode of MODES) {
      for (const view of VIEWS) {
        const here = KEYS.filter(({ modes, views }) => modes.includes(mode) && (views?.includes(view) ?? true))
        const keys = here.flatMap(({ keys }) => keys)
        assert.deepEqual(keys, [...new Set(keys)], `${mode} ${view}`)
      }
    }
  })

  test('there is a way out of everything', () => {
    for (const mode of MODES) {
      for (const key of ['C-c', 'Esc']) {
        assert.ok(
          KEYS.some(({ keys, modes }) => keys.includes(key) && modes.includes(mode)),
          `${key} ${mode}`,
        )
      }
    }
  })
})

/** What each command of a view must do: `key` is one of its keys. */
type Claim = (key: string) => Promise<void>
const ui = async (before: readonly string[], key: string): Promise<Robot> => {
  const robot = start()
  await robot.press(...before, key)
  return robot
}
const goesToView: Claim = async key => {
  const { parts, asked } = placeholders()
  const robot = start({ parts })
  const { command, views } = KEYS.find(({ keys, modes }) => keys.includes(key) && modes.includes('view')) ?? {}
  await robot.press(VIEW_KEYS[views?.[0] ?? 'packets'].key, key)
  assert.deepEqual(asked, [command])
  await robot.close()
}
const opensView =
  (name: (typeof VIEWS)[number]): Claim =>
  async key => {
    const robot = await ui([name === 'net' ? '2' : '1'], key)
    assert.equal(robot.ui.view, name)
    assert.ok(robot.rows[1].includes(`[${VIEW_KEYS[name].key} ${VIEW_KEYS[name].title}]`))
    await robot.close()
  }
const endsWith =
  (status: number): Claim =>
  async key => {
    const robot = await ui([], key)
    assert.equal(await robot.terminal.status, status)
    await robot.settle()
    assert.equal(robot.alternate, false)
    assert.equal(robot.raw, false)
    assert.match(robot.written, /\x1b\[\?25h$/)
  }
const becomes =
  (keys: readonly string[], read: (robot: Robot) => unknown, value: unknown): Claim =>
  async key => {
    const robot = await ui(keys, key)
    assert.deepEqual(read(robot), value)
    await robot.close()
  }

const CLAIMS: Readonly<Record<Command, Claim>> = {
  ...(Object.fromEntries(OWN.map(own => [own, goesToView])) as Record<(typeof OWN)[number], Claim>),
  ...(Object.fromEntries(VIEWS.map(view => [`view-${view}`, opensView(view)])) as Record<
    `view-${(typeof VIEWS)[number]}`,
    Claim
  >),
  run: async key => {
    const robot = await ui([], key)
    await robot.wait(1100)
    assert.match(robot.rows[0], /^ ► RUN {7}1\.\d\d\d s/)
    await robot.press(key)
    const { t } = robot.scene
    await robot.wait(1000)
    assert.match(robot.rows[0], /^ ║ PAUSED {4}1\.\d\d\d s/)
    assert.equal(robot.scene.t, t)
    assert.equal(robot.wall.timers, 0, 'paused means no timers at all')
    await robot.close()
  },
  step: async key => {
    const robot = await ui([], key)
    const before = robot.scene.next
    await robot.press(...Array<string>(30).fill(key))
    assert.ok(robot.scene.t > 0 && robot.scene.next > before)
    await robot.close()
  },
  'step-back': async key => {
    const robot = start()
    await robot.press(...Array<string>(30).fill('.'))
    const before = robot.scene.t
    await robot.press(...Array<string>(5).fill(key))
    assert.ok(robot.scene.t < before)
    assert.match(robot.rows[0], /■·*─+┤/)
    await robot.press(...Array<string>(5).fill('.'))
    assert.equal(robot.scene.t, before)
    await robot.press(...Array<string>(40).fill(key))
    assert.equal(robot.scene.t, 0)
    assert.match(robot.rows[22], /This is the beginning/)
    await robot.close()
  },
  next: async key => {
    const robot = start()
    const times: number[] = []
    for (let i = 0; i < 6; i++) {
      await robot.press(key)
      times.push(robot.scene.t)
    }
    assert.ok(times.every((t, i) => i === 0 || t >= times[i - 1]) && times[5] > times[0])
    await robot.close()
  },
  previous: async key => {
    const robot = start()
    await robot.press('t', '2', 'Enter', key)
    const last = robot.scene.t
    assert.ok(last < 2e9 && last > 0)
    await robot.press(key)
    const earlier = robot.scene.t
    assert.ok(earlier < last)
    await robot.press('>')
    assert.equal(robot.scene.t, last, 'forward again to what came next')
    await robot.close()
  },
  break: async key => {
    const robot = start({ lab: labOf('nat-single-passthrough'), parts: PARTS })
    await robot.press(key)
    assert.match(robot.rows[23], /^ stop at drop at carol_/)
    await robot.press(...Array<string>('carol'.length).fill('Backspace'), ...'nat2', 'Enter')
    assert.match(robot.rows[22], /There is no node nat2\. Did you mean "nat1"\?/)
    await robot.press('Backspace', '1', 'Enter', '+', '+', '+', '+', '+', 'Space')
    assert.match(robot.rows[22], /b1 stops the run: drop at nat1|└/)
    await robot.wait(1000)
    assert.equal(robot.ui.running, false)
    assert.match(robot.rows[0], /^ ● BREAK b1 /)
    assert.match(robot.rows[22], /b1, drop at nat1: nat1 drops it/)
    assert.equal(robot.ui.selection.node, 'nat1')
    const { t } = robot.scene
    await robot.press('.')
    assert.match(robot.rows[0], /^ ║ PAUSED/)
    await robot.press('Space')
    await robot.wait(5000)
    assert.match(robot.rows[0], /^ ● BREAK b1 /)
    assert.ok(robot.scene.t > t)
    assert.equal(robot.ui.breaks[0].hits, 2)
    await robot.close()
  },
  breaks: async key => {
    const robot = start({ parts: PARTS })
    await robot.press(key)
    assert.match(robot.rows[22], /No breakpoint is set/)
    await robot.press('b', 'Enter', key)
    assert.ok(robot.rows.some(row => /1 {1,2}drop at alice +on +not yet/.test(row)))
    assert.match(robot.rows[23], /Enter take {2}d delete {2}e change {2}q Esc close/)
    await robot.press('Enter')
    assert.equal(robot.ui.breaks[0].on, false)
    await robot.press('1')
    assert.equal(robot.ui.breaks[0].on, true)
    await robot.press('e', ...Array<string>('alice'.length).fill('Backspace'), ...'isp', 'Enter')
    assert.deepEqual(
      robot.ui.breaks.map(({ no, breakpoint }) => [no, breakpoint.text]),
      [[1, 'drop at isp']],
    )
    await robot.press(key, 'd')
    assert.deepEqual([robot.ui.breaks, robot.ui.menu], [[], undefined])
    await robot.close()
  },
  fork: async key => {
    const robot = start({ parts: PARTS })
    await robot.press('t', '3', 'Enter', key)
    assert.match(robot.rows[22], /Future B, what you do now happens there\. A is kept in 8 Time/)
    assert.equal(robot.scene.t, 3e9)
    await robot.press(key, key, key)
    assert.match(robot.rows[22], /There are 4 futures already/)
    await robot.press('8')
    for (const name of 'ABCD')
      assert.ok(robot.rows.some(row => row.startsWith(`│ ${name} `) || row.startsWith(`│►${name} `)))
    await robot.close()
  },
  forget: async key => {
    const robot = start({ parts: PARTS })
    await robot.press('8', key)
    assert.match(robot.rows[22], /There is only one future/)
    await robot.press('F', key)
    assert.ok(robot.rows.some(row => /A {1,2}from 0\.000 s, 0 actions/.test(row)))
    await robot.press('Enter')
    assert.match(robot.rows[22], /The future A is forgotten/)
    await robot.close()
  },
  delete: async () => {},
  edit: async () => {},
  'cure-1': async () => {},
  'cure-2': async () => {},
  'cure-3': async () => {},
  go: async key => {
    const robot = await ui([], key)
    await robot.press('5', 's', 'Enter')
    assert.equal(robot.scene.t, 5e9)
    await robot.press(key, '2', '.', '5', 'Enter')
    assert.equal(robot.scene.t, 2.5e9, 'back as well')
    await robot.press(key, '9', 'Esc', key, 's', 'o', 'o', 'n', 'Enter')
    assert.equal(robot.scene.t, 2.5e9)
    assert.match(robot.rows[22], /"soon" is no time/)
    await robot.close()
  },
  mark: async key => {
    const robot = await ui([], key)
    await robot.press('t', '3', 'Enter', key)
    assert.deepEqual(robot.ui.marks, [
      { letter: 'a', t: 0, name: '' },
      { letter: 'b', t: 3e9, name: '' },
    ])
    assert.match(robot.rows[22], /Mark b is at 3\.000 s/)
    await robot.press(key, 'u', 'p', 'Enter')
    assert.equal(robot.ui.marks[1].name, 'up')
    for (const name of ['b', 'up']) {
      await robot.press('t', '9', 'Enter', 't', ...name, 'Enter')
      assert.equal(robot.scene.t, 3e9, name)
    }
    await robot.close()
  },
  'go-to-mark': async key => {
    const robot = await ui([], key)
    assert.match(robot.rows[22], /No mark is set/)
    await robot.press('t', '3', 'Enter', 'm', 't', '4', 'Enter', 'm', 't', '1', 'Enter', key)
    assert.ok(robot.rows.some(row => /┌ go to a mark ─+┐/.test(row)))
    await robot.press('j', 'Enter')
    assert.equal(robot.scene.t, 4e9)
    await robot.press(key, 'a')
    assert.equal(robot.scene.t, 3e9)
    await robot.press(key, 'PgDn')
    assert.equal(robot.ui.menu?.chosen, 1, 'pages of a list, as the help says')
    await robot.press('Esc')
    assert.equal(robot.ui.menu, undefined)
    await robot.close()
  },
  live: async key => {
    const robot = await ui([], key)
    assert.match(robot.rows[22], /Nothing here is live: a bridged run is/)
    await robot.close()
  },
  act: async key => {
    const robot = await ui([], key)
    assert.ok(robot.rows.some(row => /┌ do with alice \(client\) ─+┐/.test(row)))
    await robot.press('c')
    assert.match(robot.rows[22], /0\.000 s: alice calls its server\. u takes it back\./)
    await robot.close()
  },
  undo: async key => {
    const robot = await ui([], key)
    assert.match(robot.rows[22], /Nothing was done here/)
    await robot.press('a', 'c', key)
    assert.match(robot.rows[22], /Taken back: alice calls its server/)
    await robot.close()
  },
  redo: async key => {
    const robot = await ui([], key)
    assert.match(robot.rows[22], /Nothing was taken back/)
    await robot.press('a', 'c', 'u', key)
    assert.match(robot.rows[22], /Done again: alice calls its server/)
    await robot.close()
  },
  command: async key => {
    const robot = await ui([], key)
    assert.ok(robot.rows[23].startsWith(' : _  Tab complete'))
    await robot.press(...'theme mono', 'Enter')
    assert.equal(robot.ui.theme, 'mono')
    await robot.close()
  },
  'step-by': async key => {
    const robot = start()
    const units: string[] = []
    for (let i = 0; i < 4; i++) {
      await robot.press(key)
      units.push(robot.ui.stepBy)
    }
    assert.deepEqual(units, ['packet', '1 ms', 'interesting', 'event'])
    await robot.close()
  },
  faster: becomes([], robot => [robot.ui.speed, robot.rows[0].includes(' 2x ')], [2, true]),
  slower: becomes([], robot => [robot.ui.speed, robot.rows[0].includes(' 0.5x ')], [0.5, true]),
  'real-time': becomes(['+', '+'], robot => [robot.ui.speed, robot.rows[0].includes(' 1x ')], [1, true]),
  'auto-speed': becomes([], robot => [robot.ui.auto, robot.rows[0].includes(' auto ')], [true, true]),
  'next-pane': becomes(['Tab'], robot => [robot.ui.pane, robot.rows[2].includes('pane 2')], [2, true]),
  'previous-pane': becomes([], robot => robot.ui.pane, 2),
  escape: becomes(['2', '3'], robot => [robot.ui.view, robot.ui.history], ['tunnels', ['net']]),
  lens: becomes([], robot => [robot.ui.lens, robot.rows[4].includes('lens outside')], ['outside', true]),
  labels: becomes([], robot => [robot.ui.labels, robot.rows[4].includes('addresses')], ['addresses', true]),
  follow: becomes(['3'], robot => robot.ui.follow, false),
  filter: becomes(['3'], robot => [robot.ui.typing, robot.rows[23].startsWith(' /_   Enter keep')], [true, true]),
  'next-match': async key => {
    const { parts, asked } = placeholders()
    const robot = start({ parts })
    await robot.press('6', key)
    assert.deepEqual(asked, ['down'])
    await robot.close()
  },
  'previous-match': async key => {
    const { parts, asked } = placeholders()
    const robot = start({ parts })
    await robot.press('6', key)
    assert.deepEqual(asked, ['up'])
    await robot.close()
  },
  why: async key => {
    const robot = start({ lab: labOf('gre-blocked'), parts: PARTS })
    await robot.press('5', key)
    assert.match(robot.text, /Nothing was dropped so far\./)
    await robot.press('Esc')
    await robot.press('Space')
    await robot.wait(5000)
    await robot.press('Space', 'Tab', 'Tab', key)
    assert.equal(robot.ui.why, true)
    assert.match(robot.text, /WHY was this dropped\?/)
    assert.match(robot.text, /rule: forward drop proto gre/)
    await robot.press('Enter')
    assert.deepEqual([robot.ui.why, robot.ui.view], [false, 'packets'])
    await robot.press(key)
    assert.equal(robot.ui.why, true)
    await robot.press('Esc')
    assert.deepEqual([robot.ui.why, robot.ui.view], [false, 'packets'])
    await robot.close()
  },
  copy: async key => {
    const robot = start({ parts: PARTS })
    await robot.press(key)
    assert.match(robot.text, /┌ copy ─/)
    await robot.press('r')
    assert.equal(robot.clipboard, 'alice client 198.51.100.10')
    assert.match(robot.rows[22], /Copied, if the terminal lets it: alice client/)
    await robot.close()
  },
  export: async key => {
    const robot = start({ parts: PARTS })
    await robot.press(key)
    assert.match(robot.text, /┌ write a file ─/)
    await robot.press('g')
    assert.match(String(robot.files.get('voluntary.svg')), /^<svg/)
    assert.match(robot.rows[22], /Written: voluntary\.svg/)
    await robot.close()
  },
  explain: async key => {
    const robot = start({ parts: PARTS })
    await robot.press(key)
    assert.match(robot.text, /┌ client ─+┐.*A computer that dials.*RFC 2637 §1\.2.*1 of \d, jk ─ Esc ─┘/s)
    await robot.press('j')
    assert.match(robot.text, /┌ PNS ─+┐.*PPTP Network Server/s)
    await robot.press('k', 'k', 'q')
    assert.equal(robot.ui.explained, undefined)
    await robot.press('6', key)
    assert.match(robot.rows[22], /Nothing is selected here that has an explanation/)
    await robot.close()
  },
  theme: becomes(['T'], robot => [robot.ui.theme, /3[0-9]m|38;5/.test(robot.marked)], ['mono', false]),
  mouse: async key => {
    const robot = start()
    await robot.settle()
    assert.doesNotMatch(robot.written, /\?100[0-6]/)
    await robot.press(key)
    assert.match(robot.written, /\x1b\[\?1000h.*\x1b\[\?1006h/s)
    await robot.send('\x1b[<0;12;2M\x1b[<0;12;2m')
    assert.equal(robot.ui.view, 'tunnels')
    await robot.press(key)
    assert.match(robot.written, /\x1b\[\?1000l.*\x1b\[\?1006l/s)
    await robot.close()
  },
  help: becomes([], robot => [robot.ui.help, robot.rows[2].includes('HELP')], [true, true]),
  quit: endsWith(0),
  interrupt: endsWith(130),
  redraw: async key => {
    const robot = start()
    await robot.press('2')
    const before = robot.text
    const written = robot.written.length
    await robot.press(key)
    assert.equal(robot.text, before)
    assert.match(robot.written.slice(written), /\x1b\[2J/)
    await robot.close()
  },
  suspend: async key => {
    // Stops the process itself: test/tui/process.test.ts sees it in a terminal of its own.
    assert.equal(key, 'C-z')
  },
  // Those of a question: test/tui/question.test.ts.
  choose: async () => {},
  surer: async () => {},
  hint: async () => {},
  skip: async () => {},
  accept: async () => {},
  cancel: async () => {},
  erase: async () => {},
  'erase-all': async () => {},
  complete: async () => {},
  older: async () => {},
  newer: async () => {},
}

describe('every key of the help does what it says', () => {
  for (const { keys, command, modes, help } of KEYS.filter(({ modes }) => modes.includes('view'))) {
    for (const key of keys) {
      test(`${shown(key)}: ${help}`, () => CLAIMS[command](key))
    }
    assert.ok(modes.length > 0)
  }

  test('the help lists every key of the view that it is opened on, and no other', async () => {
    for (const view of VIEWS) {
      const robot = start({ size: { columns: 120, rows: 60 } })
      await robot.press(VIEW_KEYS[view].key, '?')
      for (const { keys, modes, views, help } of KEYS) {
        const listed = modes.includes('view') && (views?.includes(view) ?? true)
        const row = `${keys.map(shown).join(' ').padEnd(11)} ${help}`
        assert.equal(robot.text.includes(row), listed, `${view}: ${row}`)
      }
      await robot.close()
    }
  })
})

describe('typing a filter', () => {
  test('letters, digits and Space are text, Backspace takes one back, Enter keeps, Esc clears', async () => {
    const robot = start()
    await robot.press('3', '/', 'q', 'Space', '?', '3', 'x', 'Backspace')
    assert.equal(robot.ui.filter, 'q ?3')
    assert.ok(robot.rows[23].startsWith(' /q ?3_'))
    await robot.press('Enter')
    assert.deepEqual([robot.ui.typing, robot.ui.filter], [false, 'q ?3'])
    await robot.press('Esc')
    assert.deepEqual([robot.ui.view, robot.ui.filter], ['packets', ''])
    await robot.press('/', 'a', 'Esc')
    assert.deepEqual([robot.ui.typing, robot.ui.filter], [false, ''])
    await robot.close()
  })
})

describe('the help', () => {
  test('goes on row by row and page by page, searches, and closes with Esc or q', async () => {
    for (const close of ['Esc', 'q']) {
      const robot = start({ size: { columns: 40, rows: 12 } })
      await robot.press('?')
      const first = robot.text
      await robot.press('j')
      assert.notEqual(robot.text, first)
      await robot.press('k')
      assert.equal(robot.text, first)
      await robot.press('PgDn')
      assert.match(robot.text, / 2 of \d+ /)
      await robot.press('G', 'j', 'g')
      assert.equal(robot.text, first)
      await robot.press('/', 'f', 'a', 's', 't', 'e', 'r')
      assert.match(robot.text, /search: faster, 1 found/)
      await robot.press('Esc', '/', 'T', 'h', 'e', 'm', 'e', 'Enter')
      assert.match(robot.text, /►T {11}theme: dark, light, mono/)
      await robot.press(close)
      assert.equal(robot.ui.help, false)
      await robot.close()
    }
  })

  test('finds words and what the lab says of itself; n and N go through what was found', async () => {
    const robot = start()
    await robot.press('?', '/', ...'office', 'Enter')
    assert.match(robot.text, /search: office, [1-9]/)
    const rows: number[] = []
    for (let i = 0; i < 3; i++) {
      rows.push(robot.ui.helpRow)
      await robot.press('n')
    }
    await robot.press('N', 'N', 'N')
    assert.equal(robot.ui.helpRow, rows[0])
    await robot.press('/', ...Array<string>(6).fill('Backspace'), ...'hands', 'Space', ...'address', 'Enter')
    assert.match(robot.text, /►IPCP +hands out the inner address/)
    await robot.press('Enter')
    assert.match(robot.rows[22], /This row has no key/)
    await robot.close()
  })

  test('Enter tries the key of the row', async () => {
    const robot = start()
    await robot.press('?', '/', ...'view', 'Space', ...'tun', 'Enter', 'Enter')
    assert.deepEqual([robot.ui.help, robot.ui.view], [false, 'tunnels'])
    await robot.close()
  })

  test('? in it shows the keys of all views and boxes, each once', async () => {
    const robot = start({ size: { columns: 120, rows: 100 } })
    await robot.press('?', '?')
    for (const { keys, help } of KEYS) {
      const row = `${keys.map(shown).join(' ').padEnd(11)} ${help.slice(0, 20)}`
      assert.ok(robot.text.includes(row), row)
    }
    await robot.press('?')
    assert.doesNotMatch(robot.text, /before the start/)
    await robot.close()
  })
})

describe('time', () => {
  test('speeds from 0.01 to 100 and max, no further', async () => {
    const robot = start()
    await robot.press(...Array<string>(20).fill('+'))
    assert.match(robot.rows[0], / max /)
    assert.equal(robot.ui.speed, Number.POSITIVE_INFINITY)
    await robot.press(...Array<string>(20).fill('-'))
    assert.equal(robot.ui.speed, SPEEDS[0])
    assert.equal(SPEEDS[0], 0.01)
    await robot.close()
  })

  // The scene is as old as the last frame, at most 100 ms of the wall, at the beginning as at the end.
  for (const [keys, least, most] of [
    [[], 0.9, 1.1],
    [['+', '+'], 4.5, 5.5],
    [['-'], 0.45, 0.55],
  ] as const) {
    test(`a second of the wall at speed ${keys.join('') || '1x'}`, async () => {
      const robot = start()
      await robot.press(...keys, 'Space')
      const before = robot.scene.t
      await robot.wait(1000)
      const passed = (robot.scene.t - before) / 1e9
      assert.ok(passed > least && passed < most, String(passed))
      await robot.close()
    })
  }

  test('a change of speed while it runs does not make the clock jump', async () => {
    const robot = start()
    await robot.press('Space')
    await robot.wait(2000)
    const before = robot.scene.t
    await robot.press('+')
    assert.ok(robot.scene.t - before < 0.3e9)
    await robot.close()
  })

  test('the run ends at its end, stands there, and does not go on', async () => {
    const robot = start()
    await robot.press(...Array<string>(20).fill('+'), 'Space')
    await robot.wait(60_000)
    assert.match(robot.rows[0], /^ ■ END {6}30\.000 s ├─+■┤/)
    assert.match(robot.rows[0], /√6 ×0 \?0/)
    assert.equal(robot.wall.timers, 0)
    await robot.press('Space', '.')
    assert.equal(robot.ui.running, false)
    await robot.close()
  })

  test('a step of 1 ms is one, and the clock of the wall does not count', async () => {
    const robot = start()
    await robot.press('s', 's')
    await robot.wait(5000)
    await robot.press('.', '.', '.')
    assert.equal(robot.scene.t, 3e6)
    await robot.close()
  })

  test('auto runs through quiet at once and slows down for a flight', async () => {
    const robot = start()
    await robot.press('\\', 'Space')
    await robot.wait(300)
    const flying = robot.scene.links.some(({ flights }) => flights.length > 0)
    assert.ok(flying && robot.ui.speed <= 0.02, `${robot.ui.speed}`)
    await robot.press('=')
    await robot.wait(1500)
    await robot.press('\\')
    const before = robot.scene.t
    await robot.wait(500)
    assert.ok(robot.scene.t - before > 0.5e9, 'between 1 s and 3 s nothing happens but keep-alives')
    await robot.close()
  })
})

describe('frames', () => {
  test('at most one every 50 ms, whatever is pressed', async () => {
    const robot = start()
    await robot.settle()
    const before = robot.writes
    await robot.send('+-+-+-+-')
    assert.ok(robot.writes - before <= 2, `${robot.writes - before} writes`)
    await robot.close()
  })

  test('nothing is written when nothing has changed', async () => {
    const robot = start()
    await robot.settle()
    const before = robot.written
    await robot.press('~', '!', '=')
    assert.equal(robot.written, before)
    await robot.close()
  })

  test('a running clock rewrites its digits, not the screen', async () => {
    const robot = start()
    await robot.press('Space')
    await robot.wait(4000)
    const before = robot.written.length
    await robot.wait(50)
    assert.ok(robot.written.length - before < 300, `${robot.written.length - before} octets`)
    await robot.close()
  })

  test('a view that fails says so, and the others go on', async () => {
    const { parts } = placeholders()
    const robot = start({
      parts: {
        ...parts,
        tunnels: {
          ...parts.tunnels,
          render: () => {
            throw new Error('no such thing')
          },
        },
      },
    })
    await robot.press('2')
    assert.match(robot.rows[2], /This view failed: no such thing\. The run is unharmed\./)
    await robot.press('3')
    assert.match(robot.rows[2], /view packets/)
    await robot.close()
  })

  test('a fault of ours gives the terminal back, says where it was, and ends with status 3', async () => {
    const { parts } = placeholders()
    const robot = start({
      parts: {
        ...parts,
        net: {
          ...parts.net,
          press: () => {
            throw new Error('on purpose')
          },
        },
      },
    })
    await robot.press('j')
    assert.equal(await robot.terminal.status, 3)
    await robot.settle()
    assert.deepEqual([robot.alternate, robot.raw], [false, false])
    assert.match(robot.complaint, /lab voluntary, seed 1, at 0\.000000000 s.*on purpose/s)
  })
})

describe('sizes', () => {
  test('a resize at any moment leaves no stale cell', async () => {
    const robot = start()
    await robot.press('Space')
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
      [79, 24],
      [40, 12],
      [39, 11],
      [5, 2],
      [1, 1],
      [200, 60],
      [81, 23],
    ]) {
      await robot.resize(columns, rows)
      await robot.press('Space')
      const before = robot.text
      await robot.press('C-l')
      assert.equal(robot.text, before, `${columns}x${rows}`)
      assert.equal(robot.rows.length, rows)
      await robot.press('Space')
      await robot.wait(130)
    }
    await robot.close()
  })

  test('too small a window says what is needed', async () => {
    const robot = start({ size: { columns: 38, rows: 10 } })
    await robot.settle()
    assert.equal(robot.rows[1], 'This needs 40x12; the window is 38x10.')
    await robot.close()
  })
})

describe('without a lab', () => {
  const labs = ['voluntary', 'voluntary-lan'].map(name => ({
    name,
    ...sourceOf(labOf(name)),
  }))

  test('the shipped ones are listed, the chosen one is shown before its start, Enter opens it', async () => {
    const robot = new Robot({ labs, parts: placeholders().parts })
    await robot.settle()
    assert.match(robot.text, /► voluntary {6}Alice dials her office/)
    assert.match(robot.text, /4 machines, 3 links/)
    assert.match(robot.text, /alice:eth0 ── isp:eth0/)
    await robot.press('j')
    assert.match(robot.text, /► voluntary-lan/)
    await robot.press('k', 'G', 'Enter')
    assert.equal(robot.scene.lab.name, 'voluntary-lan')
    assert.match(robot.rows[1], /\[1 Net\]/)
    await robot.close()
  })

  test('Esc clears the filter and leaves nothing: the list is no box that one closes', async () => {
    const robot = new Robot({ labs, parts: placeholders().parts })
    await robot.press('/', 'l', 'a', 'n', 'Enter', 'Esc', 'Esc')
    assert.match(robot.text, /► voluntary /)
    await robot.press('Enter')
    assert.equal(robot.scene.lab.name, 'voluntary')
    await robot.close()
  })

  for (const [key, status] of [
    ['q', 0],
    ['C-c', 130],
  ] as const) {
    test(`${key} leaves`, async () => {
      const robot = new Robot({ labs, parts: placeholders().parts })
      await robot.press(key)
      assert.equal(await robot.terminal.status, status)
    })
  }
})
