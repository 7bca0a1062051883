/**
 * The slip of the hand behind a complaint of the YAML parser: indentation, a bracket, a quote, a colon without a space. The
 * parser says where it could not go on; people want to know what they have typed wrong, which is often a line above.
 *
 * Limits: works on lines, as lab files are written. Where the text is more than that (`? key`), it finds nothing, and the
 * parser's own place stands.
 */

export interface Slip {
  readonly start: number
  readonly end: number
  readonly sentence: string
  readonly hint?: string
}

/** A line that begins an entry of a block: `key:` or `- `. */
interface Entry {
  readonly line: number
  readonly start: number
  readonly column: number
  readonly name: string
  /** Something stands behind the colon, so nothing can be nested below. */
  readonly full: boolean
}

/** One map or list that is open, with its last entry. */
interface Level {
  readonly column: number
  last: Entry
}

const ENTRY = /^( *)(?:(-)(?= |$)|([\w.-]+|"[^"]*"|'[^']*') *:(?= |$))[ ]*(.*)$/
/** Opens and closes; quoted text and comments are taken whole. */
const TOKENS = /"(?:\\.|[^"\\\n])*"|'(?:''|[^'\n])*'|(?:^|[ \t])#.*|[[\]{}]|(?<=^|[\s,[{:])["']/gm

/** Where the last bracket that is open at `to` stands. */
export function openBracket(text: string, to: number): Slip | undefined {
  const open: number[] = []
  for (const { 0: token, index } of text.slice(0, to).matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(index)
    if (token === '}' || token === ']') open.pop()
  }
  const start = open.pop()
  return start === undefined ? undefined : unclosed(text, start, text[start])
}

/** The last quote before `to` that is not closed on its line. */
export function openQuote(text: string, to: number): Slip | undefined {
  const quotes = [...text.slice(0, to).matchAll(TOKENS)].filter(({ 0: token }) => token === '"' || token === "'")
  const start = quotes.at(-1)?.index
  return start === undefined ? undefined : unclosed(text, start, 'quote')
}

function unclosed(text: string, start: number, what: string): Slip {
  const column = start - text.lastIndexOf('\n', start - 1)
  return { start, end: start + 1, sentence: `The ${what} that opens at column ${column} is not closed.` }
}

/** `kind:router` on the line of `at`. */
export function missingSpace(text: string, at: number): Slip | undefined {
  const from = text.lastIndexOf('\n', at - 1) + 1
  const match = /^ *(?:- +)?([\w-]+):(?=[^\s:])([^\n]*)/.exec(text.slice(from))
  if (!match) return undefined
  const start = from + match[0].length - match[1].length - match[2].length - 1
  const sentence = 'This line has a word and a colon, but no key.'
  return { start, end: start + match[1].length + 1, sentence, hint: spaceHint(`${match[1]}:${match[2]}`) }
}

/** The hint for a value that should have been a key and its value. */
export const spaceHint = (written: string): string =>
  `a space is missing after the colon: ${written.replace(/^([\w-]+):/, '$1: ')}`

/** The line whose indentation fits no other, for a parser that gave up at `at`. */
export const misfit = (text: string, at: number): Slip | undefined => misplaced(text, at) ?? tornText(text, at)

function misplaced(text: string, at: number): Slip | undefined {
  const entries = entriesOf(text)
  const given = text.slice(0, at + 1).split('\n').length - 1
  const levels: Level[] = []
  let closed: Level[] = []
  for (const entry of entries) {
    const before = closed
    closed = []
    while (levels.length > 0 && levels[levels.length - 1].column > entry.column) closed.push(levels.pop() as Level)
    const top = levels.at(-1)
    if (top === undefined || (top.column < entry.column && !top.last.full && closed.length === 0)) {
      levels.push({ column: entry.column, last: entry })
    } else if (top.column === entry.column) {
      top.last = entry
    } else {
      // What the parser notices at the end of a value stands on the line before the one that does not fit.
      if (entry.line !== given && entry.line !== given + 1) return undefined
      return explain(entry, entries, top, closed, before, levels.at(-2)?.last)
    }
  }
  return undefined
}

function explain(
  entry: Entry,
  entries: readonly Entry[],
  top: Level,
  closed: readonly Level[],
  before: readonly Level[],
  parent: Entry | undefined,
): Slip {
  // The line above has left its map too early, and this one goes on with it.
  const left = before.find(level => level.column === entry.column)
  if (left && closed.length === 0) return differs(top.last, left.last, 'above')
  const inner = closed.at(-1)
  if (inner === undefined) return minority(entry, top.last, entries, parent)
  const up = entry.column - top.column
  const down = inner.column - entry.column
  if (up < down) return differs(entry, top.last, 'above')
  const odd = minority(entry, inner.last, entries, top.last)
  if (down < up || odd.start !== entry.start) return odd
  const columns = `${top.column} ("${top.last.name}") or ${inner.column} ("${inner.last.name}")`
  return slipAt(entry, `${isIndented(entry)}, and the keys above it by ${columns}.`)
}

/** Of two columns in one map, the one that fewer lines have is wrong; of two alike the later. */
function minority(entry: Entry, other: Entry, entries: readonly Entry[], parent: Entry | undefined): Slip {
  const from = parent === undefined ? 0 : entries.indexOf(parent) + 1
  const end = entries.findIndex((one, i) => i >= from && parent !== undefined && one.column <= parent.column)
  const inside = entries.slice(from, end < 0 ? undefined : end)
  const ofEntry = inside.filter(one => one.column === entry.column).length
  const ofOther = inside.filter(one => one.column === other.column)
  return ofOther.length === 1 && ofEntry > 1 ? differs(ofOther[0], entry, 'below') : differs(entry, other, 'above')
}

const isIndented = ({ name, column }: Entry): string =>
  `"${name}" is indented by ${column} space${column === 1 ? '' : 's'}`

const differs = (entry: Entry, other: Entry, where: 'above' | 'below'): Slip =>
  slipAt(
    entry,
    `${isIndented(entry)}, and "${other.name}" ${where} it, in the same ${other.name === '-' ? 'list' : 'map'}, by ${other.column}.`,
  )

const slipAt = ({ start, name }: Entry, sentence: string): Slip => ({ start, end: start + name.length, sentence })

/** `text: >-`: the lines below it that are indented by more are its text. */
const BLOCK_TEXT = /^( *(?:- +)*)[\w.-]+ *: *[>|][-+\d]* *(?:#.*)?\r?$/

/** A line of such a text that stands to the left of its first one, and so ends it too early. */
function tornText(text: string, at: number): Slip | undefined {
  let block:
    | { readonly column: number; first: { readonly word: string; readonly column: number } | undefined }
    | undefined
  let offset = 0
  for (const written of text.split('\n')) {
    const [, { length: column }, word = ''] = /^( *)(\S*)/.exec(written) ?? ['', '']
    if (block && word !== '' && column <= block.column) block = undefined
    if (block && word !== '') {
      const { first } = block
      if (first === undefined) block.first = { word, column }
      else if (column < first.column) {
        const entry = { line: 0, start: offset + column, column, name: word, full: true }
        return slipAt(
          entry,
          `${isIndented(entry)}, and "${first.word}" above it, in the same text, by ${first.column}.`,
        )
      }
    } else if (block === undefined) {
      const opens = BLOCK_TEXT.exec(written)
      if (opens) block = { column: opens[1].length, first: undefined }
    }
    offset += written.length + 1
    if (offset > at + TORN_AT_MOST) return undefined
  }
  return undefined
}
/** The parser gives up near the line that has torn the text: octets. */
const TORN_AT_MOST = 400

/** The entries of all blocks, in order; what stands inside of { } and [ ], and text of several lines, is no block. */
function entriesOf(text: string): Entry[] {
  const entries: Entry[] = []
  let offset = 0
  let depth = 0
  /** Column of the key whose text this is. */
  let block = Number.POSITIVE_INFINITY
  for (const [i, written] of text.split('\n').entries()) {
    const indent = /^ *(?=\S)/.exec(written)?.[0].length
    if (indent === undefined || indent > block) {
      offset += written.length + 1
      continue
    }
    block = depth === 0 ? (BLOCK_TEXT.exec(written)?.[1].length ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
    const tokens = [...written.matchAll(TOKENS)].map(match => match[0])
    let rest = depth === 0 ? written.replace(/\r$/, '') : ''
    for (let column = 0, match = ENTRY.exec(rest); match; match = ENTRY.exec(rest)) {
      const [, { length: indent }, dash, key = dash, value] = match
      column += indent
      const nested = dash !== undefined && ENTRY.test(value)
      const full = value !== '' && !/^(#|&\S+ *(#|$))/.test(value) && !nested
      entries.push({ line: i, start: offset + column, column, name: key, full })
      // `- key: value`: an entry of a list, and in it the first of a map.
      column += rest.length - indent - value.length
      rest = nested ? value : ''
    }
    for (const token of tokens) depth += token === '{' || token === '[' ? 1 : token === '}' || token === ']' ? -1 : 0
    offset += written.length + 1
  }
  return entries
}
