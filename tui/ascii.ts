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
  return !utf8 || TERM === 'dumb' || /^vt\d/.test(TERM)
}
