/** The same screen in ASCII, cell for cell, so that nothing shifts. */
import { asciiCells } from '../src/index.ts'
import type { Line } from './text.ts'

export function ascii(line: Line): Line {
  const replaced = asciiCells(line.flatMap(({ text }) => Array.from(text)))
  let at = 0
  return line.map(part => {
    const width = Array.from(part.text).length
    at += width
    return { ...part, text: replaced.slice(at - width, at).join('') }
  })
}

type Environment = Readonly<Record<string, string | undefined>>

/** Terminals that may not have the characters: no UTF-8 in the locale, a dumb or an old one. */
export function wantsAscii({ LC_ALL, LC_CTYPE, LANG, TERM = '' }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find(value => value !== undefined && value !== '')
  const utf8 = locale !== undefined && /utf-?8/i.test(locale)
  return !utf8 || TERM === 'dumb' || /^vt\d/.test(TERM) || isUnknown({ TERM })
}

/** Families of terminals that understand what we send: cursor, attributes and, but for some, colours (ECMA-48). */
const KNOWN =
  /^(xterm|screen|tmux|linux|rxvt|vt\d|dumb|ansi|konsole|gnome|vte|kitty|alacritty|foot|ghostty|wezterm|contour|rio|iterm|nsterm|putty|mintty|ms-terminal|cygwin|eterm|mlterm|terminator|st$|st-|stterm|cons25|wsvt25|pcvt|teraterm|mosh|zellij|sun|hurd|fbterm|jfbterm|bterm|kterm|dtterm|aixterm|hpterm|interix|eat|emacs)/i

/** Is it the name of a terminal that nobody here has heard of? */
export const isUnknown = ({ TERM = '' }: Environment): boolean => TERM !== '' && !KNOWN.test(TERM)

/** What is said at the start; empty where there is nothing to say. */
export const termMessage = (env: Environment): string =>
  isUnknown(env) ? `TERM=${env.TERM} is unknown; using plain ASCII.` : ''
