/**
 * Colours: one table from roles to numbers of the 256 or the 16 colours. A sign or a letter always says the same, so
 * `mono` loses nothing; it has bold, dim, underline and reverse left.
 */
import { isUnknown } from './ascii.ts'
import type { Role, Span } from './text.ts'

export const THEMES = ['dark', 'light', 'mono'] as const
export type Theme = (typeof THEMES)[number]
/** How many colours the terminal has. */
export type Depth = 16 | 256

export interface Colour {
  readonly number: number
  readonly style?: 'bold' | 'dim'
}
export type ColourTable = `${'dark' | 'light'}${Depth}`
type Colours = Readonly<Record<ColourTable, Colour>>

const bold = (number: number): Colour => ({ number, style: 'bold' })
const dim = (number: number): Colour => ({ number, style: 'dim' })
const plain = (number: number): Colour => ({ number })

/**
 * Held against simulated colour blindness by test/tui/colours.test.ts. In 16 colours the terminal decides how they look; its
 * yellow and cyan cannot be read on white, so the light table does without them.
 */
export const ROLES: Readonly<Record<Role, Colours>> = {
  ok: { dark256: plain(117), light256: plain(29), dark16: plain(14), light16: plain(4) },
  warn: { dark256: plain(220), light256: plain(130), dark16: plain(11), light16: bold(5) },
  bad: { dark256: bold(203), light256: bold(88), dark16: bold(9), light16: bold(1) },
  control: { dark256: plain(172), light256: plain(21), dark16: plain(3), light16: bold(4) },
  ppp: { dark256: plain(207), light256: plain(91), dark16: plain(13), light16: plain(5) },
  sealed: { dark256: plain(245), light256: plain(60), dark16: dim(7), light16: plain(8) },
  plain: { dark256: bold(255), light256: bold(16), dark16: bold(15), light16: bold(0) },
  muted: { dark256: plain(244), light256: plain(243), dark16: plain(7), light16: plain(8) },
}
/** The selection: a background where there are enough colours for one, reverse video elsewhere. */
const SELECTION = { dark: 238, light: 253 } as const

const BOLD = 1
const DIM = 2
const UNDERLINE = 4
const REVERSE = 7

/** The parameters of SGR (ECMA-48 §8.3.117) for a span, beginning with 0. */
export function sgr(span: Span, theme: Theme, depth: Depth): string {
  const out: (number | string)[] = [0]
  const colour = theme === 'mono' || span.role === undefined ? undefined : ROLES[span.role][`${theme}${depth}`]
  if (span.bold || colour?.style === 'bold') out.push(BOLD)
  if (colour?.style === 'dim' || (theme === 'mono' && span.role === 'muted' && !span.reverse)) out.push(DIM)
  if (span.underline || (theme === 'mono' && span.role === 'bad')) out.push(UNDERLINE)
  if (colour) out.push(foreground(colour.number))
  if (span.reverse) out.push(theme === 'mono' || depth === 16 ? REVERSE : `48;5;${SELECTION[theme]}`)
  return out.join(';')
}

function foreground(number: number): number | string {
  if (number >= 16) return `38;5;${number}`
  return number < 8 ? 30 + number : 90 + number - 8
}

type Environment = Readonly<Record<string, string | undefined>>

/** Terminals that say so in one of the usual ways have 256 colours. */
export function depthOf({ TERM = '', COLORTERM, TMUX }: Environment): Depth {
  const many = COLORTERM !== undefined || TMUX !== undefined || /256|kitty|alacritty|foot|ghostty|direct/.test(TERM)
  return many ? 256 : 16
}

/** `COLORFGBG` is `foreground;background`; 7 and 15 are light. No colour is wanted: mono. */
export function themeOf({ NO_COLOR, COLORFGBG, TERM }: Environment): Theme {
  if ((NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb' || isUnknown({ TERM })) return 'mono'
  const background = COLORFGBG?.split(';').at(-1)
  return background === '7' || background === '15' ? 'light' : 'dark'
}
