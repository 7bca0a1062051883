/**
 * The terminal: keys, mouse and sizes in, lines out. The only importer of blessed, of which it uses the program: raw
 * mode, the alternate screen, reading of keys and mouse. Lines are painted here, because blessed's own screen cannot
 * dim, and costs more than it saves when whole lines are given: a line is compared with what stands there, and only the
 * cells from the first to the last that differ are written, all of a frame in one write.
 *
 * What is wrong with blessed 0.1.81, and the cure:
 * 1. It cannot read terminfo entries with 32-bit numbers and falls back to 8 colours, and
 * 2. prints a dump over the screen where it misreads one: `tput: false`, terminfo is not read at all. What we send is
 *    ECMA-48 and the private modes 25, 1000, 1006 and 1049, which every terminal of today has or ignores.
 * 3. Its table of hex colours is wrong: colours here are numbers.
 * 4. It draws borders with the alternate character set: only its screen does, and that is not used.
 * 5. Its tables are slow: none is used.
 * 6. Without a terminal it makes a screen of one cell: the caller asks `isTTY` first.
 * 7. Its handlers end the process with status 0 and leave the terminal as it is: only its screen has them; ours are in
 *    terminal.ts and main.ts.
 * 8. Enter comes twice, as `enter` and `return`: the second is ignored. It has only a default export.
 *
 * Limits: no synchronized output, as blessed does not tell whether the terminal has it (a frame is one write instead).
 */
import blessed from 'blessed'
import { ascii as asciiOf } from './ascii.ts'
import type { Size } from './model.ts'
import { fit, type Line } from './text.ts'
import { type Depth, sgr, type Theme } from './theme.ts'

export type ScreenEvent =
  | { readonly type: 'key'; readonly key: string }
  | {
      readonly type: 'mouse'
      readonly action: 'click' | 'wheel-up' | 'wheel-down'
      readonly column: number
      readonly row: number
    }
  | { readonly type: 'resize' }

export interface Looks {
  readonly theme: Theme
  readonly depth: Depth
  readonly ascii: boolean
}

interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
}
interface Output extends NodeJS.WritableStream {
  readonly columns?: number
  readonly rows?: number
}

export interface ScreenOptions {
  readonly input: Input
  readonly output: Output
  readonly term: string | undefined
  readonly onEvent: (event: ScreenEvent) => void
}

/** What of blessed's program is used: its types know neither all of it nor its options. */
interface Program {
  on(event: 'keypress', listener: (character: string | undefined, key: BlessedKey) => void): void
  on(event: 'mouse', listener: (mouse: BlessedMouse) => void): void
  on(event: 'resize' | 'warning', listener: () => void): void
  setMode(mode: string): void
  resetMode(mode: string): void
  setMouse(modes: { readonly vt200Mouse: boolean; readonly sgrMouse: boolean }, enable: boolean): void
  _write(text: string): void
  flush(): void
  destroy(): void
}
interface BlessedKey {
  readonly name?: string
  readonly ctrl?: boolean
  readonly meta?: boolean
  readonly shift?: boolean
}
interface BlessedMouse {
  readonly action: string
  readonly button?: string
  readonly x: number
  readonly y: number
}

/** Private modes of xterm. */
const CURSOR = '?25'
const ALTERNATE = '?1049'

const NAMES: Readonly<Record<string, string>> = {
  space: 'Space',
  enter: 'Enter',
  linefeed: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
}

/** `a`, `A`, `?`, `C-c`, `S-Tab`, `PgDn`; undefined for what no key of ours can be. */
function nameOf(character: string | undefined, { name, ctrl, meta, shift }: BlessedKey): string | undefined {
  if (meta || name === 'return') return undefined
  if (ctrl) return name === undefined || name.length > 1 ? undefined : `C-${name}`
  const known = name === undefined ? undefined : NAMES[name]
  if (known !== undefined) return shift ? `S-${known}` : known
  return character !== undefined && character >= ' ' && character !== '\x7f' ? character : undefined
}

export class Screen {
  readonly #program: Program
  readonly #output: Output
  readonly #input: Input & { setRawMode?(raw: boolean): void }
  readonly #onEvent: (event: ScreenEvent) => void
  /** What stands on the terminal, cell by cell: `SGR\0character`. */
  #shown: (readonly string[])[] = []
  #last: readonly Line[] = []
  #looks = ''
  #mouse = false
  #open = true

  constructor({ input, output, term = 'xterm', onEvent }: ScreenOptions) {
    this.#input = input
    this.#output = output
    this.#onEvent = onEvent
    const options = { input, output, terminal: term, tput: false, buffer: true, zero: true }
    this.#program = blessed.program(options as never) as unknown as Program
    this.#program.on('warning', () => {})
    this.#enter()
    this.#program.on('keypress', (character, key) => this.#key(character, key))
    this.#program.on('mouse', mouse => this.#mouseEvent(mouse))
    this.#program.on('resize', () => {
      this.redraw()
      this.#onEvent({ type: 'resize' })
    })
  }

  get size(): Size {
    return { columns: this.#output.columns ?? 80, rows: this.#output.rows ?? 24 }
  }

  #enter(): void {
    this.#program.setMode(ALTERNATE)
    this.#program.resetMode(CURSOR)
    this.#shown = []
    this.#last = []
  }

  #leave(): void {
    this.mouse(false)
    this.#program._write('\x1b[0m')
    this.#program.resetMode(ALTERNATE)
    this.#program.setMode(CURSOR)
    this.#program.flush()
  }

  #key(character: string | undefined, key: BlessedKey | undefined): void {
    const name = nameOf(character, key ?? {})
    if (this.#open && name !== undefined) this.#onEvent({ type: 'key', key: name })
  }

  #mouseEvent({ action, button, x, y }: BlessedMouse): void {
    if (!this.#open || !this.#mouse) return
    const place = { type: 'mouse', column: x, row: y } as const
    if (action === 'mousedown' && button === 'left') this.#onEvent({ ...place, action: 'click' })
    if (action === 'wheelup') this.#onEvent({ ...place, action: 'wheel-up' })
    if (action === 'wheeldown') this.#onEvent({ ...place, action: 'wheel-down' })
  }

  /** While it is off, no mouse mode is sent. */
  mouse(on: boolean): void {
    if (on === this.#mouse) return
    this.#mouse = on
    this.#program.setMouse({ vt200Mouse: on, sgrMouse: on }, on)
  }

  /** Writes what has changed since the last call: true if something was written. */
  draw(lines: readonly Line[], looks: Looks): boolean {
    const { columns, rows } = this.size
    const key = `${looks.theme} ${looks.depth} ${looks.ascii}`
    if (key !== this.#looks) this.#last = []
    this.#looks = key
    let out = ''
    if (this.#shown.length === 0) {
      out = '\x1b[0m\x1b[2J'
      this.#shown = Array.from({ length: rows }, () => Array<string>(columns).fill('0\0 '))
    }
    for (let row = 0; row < rows; row++) {
      const line = lines[row] ?? []
      if (line === this.#last[row]) continue
      out += this.#row(row, line, columns, looks)
    }
    this.#last = lines
    if (out !== '') this.#program._write(out)
    this.#program.flush()
    return out !== ''
  }

  #row(row: number, line: Line, columns: number, looks: Looks): string {
    const cells = cellsOf(fit(line, columns), looks)
    const before = this.#shown[row]
    let first = 0
    while (first < columns && cells[first] === before[first]) first++
    if (first === columns) return ''
    let last = columns - 1
    while (cells[last] === before[last]) last--
    this.#shown[row] = cells
    let out = `\x1b[${row + 1};${first + 1}H`
    let style = ''
    for (const cell of cells.slice(first, last + 1)) {
      const [next, character] = cell.split('\0')
      if (next !== style) out += `\x1b[${next}m`
      style = next
      out += character
    }
    return `${out}\x1b[0m`
  }

  /**
   * Text for the clipboard: OSC 52, which a terminal may have switched off and never answers. GNU screen passes on only
   * what is wrapped for it.
   */
  copy(text: string, wrapped: boolean): void {
    const osc = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`
    this.#program._write(wrapped ? `\x1bP${osc}\x1b\\` : osc)
    this.#program.flush()
  }

  /** The next frame is written whole: what stands on the terminal is not known. */
  redraw(): void {
    this.#shown = []
    this.#last = []
  }

  /** Gives the terminal back and stops the process; all is drawn again when it goes on. */
  suspend(): void {
    const mouse = this.#mouse
    this.#leave()
    this.#input.setRawMode?.(false)
    process.once('SIGCONT', () => {
      if (!this.#open) return
      this.#input.setRawMode?.(true)
      this.#enter()
      this.mouse(mouse)
      this.#onEvent({ type: 'resize' })
    })
    process.kill(process.pid, 'SIGTSTP')
  }

  /** Gives the terminal back, for good. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#leave()
    this.#program.destroy()
  }
}

function cellsOf(line: Line, { theme, depth, ascii }: Looks): string[] {
  const cells: string[] = []
  for (const part of ascii ? asciiOf(line) : line) {
    const style = sgr(part, theme, depth)
    for (const character of part.text) cells.push(`${style}\0${character}`)
  }
  return cells
}
