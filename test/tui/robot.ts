/** A robot before the terminal: presses keys, waits for what they do, and reads the screen cell by cell. */
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import xterm from '@xterm/headless'
import { type Lab, type LabText, load, renderIssues } from '../../src/index.ts'
import type { Disk } from '../../tui/files.ts'
import { type Model, type Rendered, type Size, type Ui, VIEWS } from '../../tui/model.ts'
import type { Own, Part, Parts } from '../../tui/parts.ts'
import type { Wall } from '../../tui/player.ts'
import type { Session, SessionSource } from '../../tui/session.ts'
import { openTerminal, type Terminal } from '../../tui/terminal.ts'
import { fit, line } from '../../tui/text.ts'
import type { StartChoice } from '../../tui/views/start.ts'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'

export function labOf(name: string): Lab {
  const file = `topologies/${name}.yaml`
  const loaded = load(readFileSync(rootPath(file), 'utf8'), file)
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  return loaded.lab
}

/** A clock that goes on when it is told to. */
export class TestWall implements Wall {
  #now = 0
  #timers: { readonly at: number; readonly fire: () => void }[] = []

  /** So much of it passes whenever somebody looks: for what is to take its time. */
  perLook = 0

  now = (): number => (this.#now += this.perLook)
  schedule = (delay: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + delay, fire }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }
  get timers(): number {
    return this.#timers.length
  }
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers = this.#timers.filter(timer => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.fire()
    }
    this.#now = Math.max(this.#now, end)
  }
}

export const KEY_BYTES: Readonly<Record<string, string>> = {
  Space: ' ',
  Enter: '\r',
  Esc: '\x1b',
  Tab: '\t',
  'S-Tab': '\x1b[Z',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  Home: '\x1b[H',
  End: '\x1b[F',
  PgUp: '\x1b[5~',
  PgDn: '\x1b[6~',
  Backspace: '\x7f',
  'C-c': '\x03',
  'C-d': '\x04',
  'C-l': '\x0c',
  'C-u': '\x15',
  'C-z': '\x1a',
}

/** A lab that comes with the program, as the command opens it. */
export const sourceOf = (lab: Lab) => ({
  lab,
  text: { text: shippedText(lab.name), file: `${lab.name}.yaml` },
  entries: [],
  replay: {},
  explain: `pptp-lab explain ${lab.name}`,
})

/** Labs to choose from before the start. */
export const choicesOf = (...names: readonly string[]): StartChoice[] =>
  names.map(name => ({ name, lab: labOf(name), replay: {}, explain: '' }))

/** Files that are nowhere but here. */
export class TestDisk implements Disk {
  readonly files = new Map<string, string>()

  readAgain(lab: LabText): LabText | string {
    const text = this.files.get(lab.file)
    return text === undefined ? `${lab.file} cannot be read: it does not exist.` : { ...lab, text }
  }
  write(name: string, text: string, replace: boolean): string | undefined {
    if (!replace && this.files.has(name)) return `${name} exists already and is left alone.`
    this.files.set(name, text)
    return undefined
  }
}

export interface RobotOptions {
  readonly size?: Size
  readonly env?: Readonly<Record<string, string>>
  readonly lab?: Lab | undefined
  /** Something else than a lab that comes with the program. */
  readonly open?: SessionSource
  readonly labs?: readonly StartChoice[]
  readonly parts: Parts
  readonly ui?: Partial<Ui>
  /** Names that are taken: nothing can be written there. */
  readonly readOnly?: boolean
  /** Of the clock on the wall. */
  readonly perLook?: number
}

const UTF8 = { TERM: 'xterm-256color', LANG: 'C.UTF-8' }

export class Robot {
  readonly wall = new TestWall()
  readonly terminal: Terminal
  /** What was said on stderr. */
  complaint = ''
  /** Octets written so far, and in how many writes. */
  written = ''
  writes = 0
  raw = false
  /** Files that were written, by name. */
  readonly files = new Map<string, string | Uint8Array>()
  /** What was written, by name. */
  readonly disk = new TestDisk()
  readonly #input = new PassThrough()
  readonly #output = new PassThrough()
  readonly #screen: InstanceType<typeof xterm.Terminal>

  constructor({
    size = { columns: 80, rows: 24 },
    env = {},
    lab,
    open,
    labs = [],
    parts,
    ui = {},
    readOnly = false,
    perLook = 0,
  }: RobotOptions) {
    this.wall.perLook = perLook
    this.#screen = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true })
    const setRawMode = (raw: boolean): void => {
      this.raw = raw
      Object.assign(this.#input, { isRaw: raw })
    }
    Object.assign(this.#input, { isTTY: true, isRaw: false, setRawMode })
    Object.assign(this.#output, { isTTY: true, ...size })
    this.#output.on('data', (data: Buffer) => {
      this.written += data.toString()
      this.writes++
      this.#screen.write(data)
    })
    this.terminal = openTerminal({
      input: this.#input,
      output: this.#output,
      env: { ...UTF8, ...env },
      open: open ?? (lab && sourceOf(lab)),
      disk: this.disk,
      labs,
      parts,
      ui,
      wall: this.wall,
      writeNew: (name, content) => {
        if (readOnly) throw new Error(`${name} cannot be written: the disk can only be read.`)
        this.files.set(name, content)
        return name
      },
      complain: text => {
        this.complaint += text
      },
    })
  }

  get ui(): Ui {
    return this.terminal.app.ui
  }
  get session(): Session {
    const { session } = this.terminal.app
    if (!session) throw new Error('no lab is open')
    return session
  }
  get scene() {
    const { scene } = this.terminal.app
    if (!scene) throw new Error('no lab is open')
    return scene
  }

  /** Presses keys, a frame apart. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#input.write(KEY_BYTES[key] ?? key)
      await this.settle()
      this.wall.advance(60)
    }
    await this.settle()
  }

  /** Octets as a terminal sends them. */
  async send(bytes: string): Promise<void> {
    this.#input.write(bytes)
    await this.settle()
    this.wall.advance(60)
    await this.settle()
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.#screen.resize(columns, rows)
    Object.assign(this.#output, { columns, rows })
    this.#output.emit('resize')
    this.wall.advance(60)
    await this.settle()
  }

  /** Time on the wall passes. */
  async wait(milliseconds: number): Promise<void> {
    this.wall.advance(milliseconds)
    await this.settle()
  }

  /** All that was written has reached the screen. */
  async settle(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    await new Promise<void>(resolve => this.#screen.write('', resolve))
  }

  /** The screen as text, every row with all of its cells. */
  get rows(): string[] {
    const { active } = this.#screen.buffer
    return Array.from(
      { length: this.#screen.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(false, 0, this.#screen.cols) ?? '',
    )
  }
  /** The sentence below the view, also where it begins above the border. */
  get said(): string {
    const last = this.rows.length - 2
    const top = this.rows.findLastIndex((row, i) => i < last && /^├─+┤$/.test(row))
    const above = top < last - 4 ? [] : this.rows.slice(top + 1, last)
    return [...above, this.rows[last]].map(row => row.replace(/^[│└]─? ?| ?─*[│┘]$/g, '').trim()).join(' ')
  }
  get text(): string {
    return `${this.rows.join('\n')}\n`
  }

  /** The same with `{b …}` for bold, `{d …}` dim, `{u …}` underlined, `{r …}` reverse, and colours as numbers. */
  get marked(): string {
    return `${this.rows.map((_, row) => this.#markedRow(row)).join('\n')}\n`
  }

  #markedRow(row: number): string {
    const { active } = this.#screen.buffer
    const cells = active.getLine(active.viewportY + row)
    let out = ''
    let style = ''
    for (let column = 0; column < this.#screen.cols; column++) {
      const cell = cells?.getCell(column)
      const next = cell
        ? [
            cell.isBold() ? 'b' : '',
            cell.isDim() ? 'd' : '',
            cell.isUnderline() ? 'u' : '',
            cell.isInverse() ? 'r' : '',
            cell.isFgDefault() ? '' : cell.getFgColor(),
            cell.isBgDefault() ? '' : `/${cell.getBgColor()}`,
          ].join('')
        : ''
      if (next !== style) out += `${style === '' ? '' : '}'}${next === '' ? '' : `{${next} `}`
      style = next
      out += cell?.getChars() || ' '
    }
    return `${out}${style === '' ? '' : '}'}`
  }

  /** What was sent to the clipboard of the terminal, the last. */
  get clipboard(): string | undefined {
    const last = [...this.written.matchAll(/\x1b\]52;c;([^\x07]*)\x07/g)].at(-1)
    return last && Buffer.from(last[1], 'base64').toString()
  }

  get alternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate'
  }

  /** Ends the program, if it has not ended itself. */
  async close(): Promise<number> {
    this.terminal.end(0)
    const status = await this.terminal.status
    await this.settle()
    return status
  }
}

/** Views that say what they are asked and nothing else. */
export function placeholders(): { readonly parts: Parts; readonly asked: Own[] } {
  const asked: Own[] = []
  const part: Part = {
    render: placeholder,
    panes: () => 3,
    press: ({ ui }, own) => {
      asked.push(own)
      return ui
    },
  }
  return { parts: Object.fromEntries(VIEWS.map(view => [view, part])) as unknown as Parts, asked }
}

function placeholder({ ui, scene }: Model, { columns, rows }: Size): Rendered {
  const text = [`view ${ui.view} pane ${ui.pane} at ${scene.t}`, `${columns}x${rows}`, `lens ${ui.lens} ${ui.labels}`]
  const lines = text.map(part => fit(line(part), columns))
  const border = fit(line('─'.repeat(columns)), columns)
  const all = [...lines, border]
  while (all.length < rows) all.push(line(' '.repeat(columns)))
  return { lines: all, sentence: 'Nothing has happened yet.', keys: ['Space run', '. step', 'Tab pane'] }
}
