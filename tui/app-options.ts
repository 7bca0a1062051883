/** What the program is given: a terminal, a clock, a disk, and what it is to open. */
import type { WriteNew } from './export.ts'
import type { Disk } from './files.ts'
import type { Size, Ui } from './model.ts'
import type { Parts } from './parts.ts'
import type { Wall } from './player.ts'
import type { SessionSource } from './session.ts'
import type { Line } from './text.ts'
import type { StartChoice } from './views/start.ts'

/** What the program needs of the terminal. */
export interface Display {
  readonly size: Size
  draw(lines: readonly Line[], ui: Ui): void
  redraw(): void
  /** To the clipboard of the terminal. */
  copy(text: string): void
  mouse(on: boolean): void
  suspend(): void
}

export interface AppOptions {
  readonly display: Display
  readonly wall: Wall
  /** What is opened first. */
  readonly open: SessionSource | undefined
  /** Where labs are saved and read again. */
  readonly disk: Disk
  /** Labs to choose from when none is given. */
  readonly labs: readonly StartChoice[]
  /** Absent: files cannot be written. */
  readonly writeNew?: WriteNew | undefined
  readonly parts: Parts
  readonly ui?: Partial<Ui>
  /** Asked when the first lab is opened: whoever has never had one open is shown around. */
  readonly isFirstTime?: (() => boolean) | undefined
  /** The program is over, with this exit status. */
  readonly onEnd: (status: number) => void
}
