/**
 * A lab with more events, as the text of a lab file: its own text, comments and all, with the entries put behind those
 * that are there. Values that an option has set (`--set`, `--seed`) are written in where they stand, or would stand.
 *
 * Questions and checks were written for the lab as it was: those that no longer hold are left out (outdated.ts).
 *
 * What cannot be written in, since it stands in two places at once (an alias) or in none, is told in a comment on top,
 * and so is what is left out. What is saved is read again and compared, so it is the same lab.
 */
import { cutOut } from './cut.ts'
import { outlineOf, readDocument, withValues } from './document.ts'
import type { Issue, Lab } from './lab.ts'
import { type LabText, loadWith, type Override } from './load.ts'
import { image, NOTHING, type Outdated, outdatedIn } from './outdated.ts'
import { placeOf } from './overrides.ts'
import { child, entries as entriesOf, Issues, items, plain, type ScalarTree, type Tree } from './tree.ts'

export type Saved =
  | {
      readonly ok: true
      readonly text: string
      /** Set values that are not in the lab that is saved: only the comment on top names them. */
      readonly apart: readonly Override[]
      /** What is left out, since it was about the lab as it was: so many questions, and checks by name. */
      readonly left: { readonly questions: number; readonly checks: readonly string[] }
    }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** `entries` as `loadWith` takes them; `name`: what the lab is called from now on, where that can be written in. */
export function savedLab(original: LabText, entries: readonly string[], name?: string): Saved {
  const source = name === undefined ? original : named(original, entries, name)
  const whole = loadWith(source, entries)
  if (!whole.ok) return whole
  const wanted = image(whole.lab)
  const same = (text: string, overrides: readonly Override[], more: readonly string[]): boolean => {
    const loaded = loadWith({ ...source, text, overrides }, more)
    return loaded.ok && image(loaded.lab) === wanted
  }
  let { text } = source
  const apart: Override[] = []
  const latest = new Map((source.overrides ?? []).map(override => [override.path, override]))
  const open = [...latest.values()]
  for (const override of latest.values()) {
    open.shift()
    const written = writtenIn(text, override)
    if (written !== undefined && same(written, [...apart, ...open], entries)) text = written
    else apart.push(override)
  }
  const added = [appended(text, entries), rewritten(text, entries)].find(text => same(text, apart, []))
  if (added === undefined) throw new Error('a lab that was saved is another one')
  const written = loadWith({ ...source, overrides: [] }, [])
  const outdated = written.ok ? outdatedIn(whole.lab, written.lab) : NOTHING
  const kept = shortened({ ...source, text: added, overrides: apart }, whole.lab, outdated)
  const { questions, checks } = kept === undefined ? NOTHING : outdated
  return {
    ok: true,
    text: noticeOf(apart) + leftNotice({ questions, checks }) + (kept ?? added),
    apart,
    left: { questions: questions.size, checks: [...checks] },
  }
}

/** The text without what no longer holds; undefined: others need it (an anchor), so it cannot be left out. */
function shortened(source: LabText, lab: Lab, outdated: Outdated): string | undefined {
  const wanted = image(withoutOutdated(lab, outdated))
  const isIt = (text: string): boolean => {
    const loaded = loadWith({ ...source, text }, [])
    return loaded.ok && image(loaded.lab) === wanted
  }
  const cut = cutFrom(source.text, outdated)
  return isIt(cut) ? cut : [rewrittenWithout(source.text, outdated)].find(isIt)
}

const withoutOutdated = (lab: Lab, { questions, checks }: Outdated): Lab => ({
  ...lab,
  questions: lab.questions.filter((_, i) => !questions.has(i)),
  checks: lab.checks.filter(({ name }) => !checks.has(name)),
})

/** The same lab under another name; as it was if its name cannot be changed, as that of an alias. */
function named(source: LabText, entries: readonly string[], name: string): LabText {
  const before = loadWith(source, entries)
  const text = writtenIn(source.text, { path: 'name', value: name })
  if (!before.ok || text === undefined) return source
  const overrides = (source.overrides ?? []).filter(({ path }) => path !== 'name')
  const after = loadWith({ ...source, text, overrides }, entries)
  const isSame = after.ok && image(after.lab) === image({ ...before.lab, name })
  return isSame ? { ...source, text, overrides } : source
}

// Values that options set

/** Undefined: it cannot be put where it belongs. */
function writtenIn(text: string, { path, value }: Override): string | undefined {
  const tree = treeOf(text)
  const place = tree && placeOf(tree, path)
  if (!place?.above) return undefined
  const { above, key, value: old } = place
  if (old) return old.kind === 'scalar' ? replaced(text, old.mark, spelled(value, old)) : undefined
  if (above.kind !== 'map') return undefined
  const { start } = above.mark
  const [first] = above.entries.values()
  const entry = `${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}: ${spelled(value)}`
  const { mark } = first ?? above
  const isLine =
    first?.kind === 'scalar' && mark.source.text === text && !text.slice(mark.start, mark.end).includes('\n')
  if (text[start] !== '{' && isLine)
    return insertLine(text, mark.end, `${' '.repeat(columnOf(text, start))}${entry}`).text
  if (text[start] !== '{') return insert(text, start, `${entry}${eolOf(text)}${' '.repeat(columnOf(text, start))}`)
  return insert(text, start + 1, above.entries.size === 0 ? ` ${entry} ` : ` ${entry},`)
}

/** As an override is read: where a text stood, or what is in double quotes, is a text; other words speak for themselves. */
function spelled(value: string, old?: ScalarTree): string {
  const quoted = /^".*"$/.test(value)
  const isText = old ? typeof old.value === 'string' : quoted
  const words = !old && quoted ? value.slice(1, -1) : value
  const read = treeOf(words)
  const isPlain = read?.kind === 'scalar' && /^[\w][\w.:/-]*$/.test(words) && !/:$/.test(words)
  if (!isPlain || (old && !old.plain)) return JSON.stringify(words)
  return isText && typeof read.value !== 'string' ? JSON.stringify(words) : words
}

function noticeOf(apart: readonly Override[]): string {
  if (apart.length === 0) return ''
  const options = apart.map(({ path, value }) => `#   --set '${`${path}=${value}`.replaceAll("'", "'\\''")}'\n`)
  return `# The run that was saved here had values that this file does not hold. With them it is the same:\n${options.join('')}`
}

// Events

function appended(text: string, entries: readonly string[]): string {
  const outline = outlineOf(text)
  if (!outline || entries.length === 0) return text
  const { braces, start, end, events } = outline
  const list = entries.join(', ')
  if (events?.brackets) {
    return events.last === undefined ? insert(text, events.start + 1, list) : insert(text, events.last, `, ${list}`)
  }
  if (events?.last !== undefined) return addLines(text, events.last, columnOf(text, events.start), entries)
  if (braces) return insert(text, start + 1, ` events: [ ${list} ],`)
  const column = columnOf(text, start)
  const key = insertLine(text, end, `${eolOf(text)}${' '.repeat(column)}events:`)
  return addLines(key.text, key.end, column + 2, entries)
}

/** Where the list stands elsewhere: it is written out. */
function rewritten(text: string, entries: readonly string[]): string {
  const tree = treeOf(text)
  const more = entries.map(entry => plain(treeOf(entry) as Tree))
  return withValues(text, { events: [...items(child(tree, 'events')).map(plain), ...more] })
}

function addLines(text: string, behind: number, column: number, entries: readonly string[]): string {
  let at = { text, end: behind }
  for (const entry of entries) at = insertLine(at.text, at.end, `${' '.repeat(column)}- ${entry}`)
  return at.text
}

/** A line behind the one in which `behind` is; `end` is where it ends. */
function insertLine(text: string, behind: number, line: string): { readonly text: string; readonly end: number } {
  const eol = eolOf(text)
  const atStart = text[behind - 1] === '\n'
  const newline = atStart ? behind - 1 : text.indexOf('\n', behind)
  if (newline < 0) return { text: `${text}${eol}${line}${eol}`, end: text.length + eol.length + line.length }
  return { text: insert(text, newline + 1, line + eol), end: newline + 1 + line.length }
}

// What no longer holds

function leftNotice({ questions, checks }: Outdated): string {
  const asked =
    questions.size === 0 ? '' : '# Left out: questions about the lab as it was, before what was done in its run.\n'
  const lines = [...checks].map(name => `#   ${name}\n`).join('')
  return asked + (lines && `# Left out: checks that what was done in the run has made untrue:\n${lines}`)
}

function cutFrom(text: string, { questions, checks }: Outdated): string {
  const ask = child(treeOf(text), 'ask')
  const asked = ask && questions.size > 0 ? cutOut(text, ask, questions) : text
  const expect = child(treeOf(asked), 'expect')
  const names = entriesOf(expect).map(([name]) => name)
  const goes = names.flatMap((name, i) => (checks.has(name) ? [i] : []))
  return expect && goes.length > 0 ? cutOut(asked, expect, new Set(goes)) : asked
}

/** Where they stand elsewhere, or in brackets. What others name (an anchor in one of them) cannot be left out: the text stays. */
function rewrittenWithout(text: string, outdated: Outdated): string {
  try {
    return rewrittenRest(text, outdated)
  } catch {
    return text
  }
}

function rewrittenRest(text: string, { questions, checks }: Outdated): string {
  const tree = treeOf(text)
  const ask = items(child(tree, 'ask')).filter((_, i) => !questions.has(i))
  const expect = entriesOf(child(tree, 'expect')).filter(([name]) => !checks.has(name))
  return withValues(text, {
    ...(questions.size > 0 ? { ask: ask.map(plain) } : {}),
    ...(checks.size > 0 ? { expect: Object.fromEntries(expect.map(([name, each]) => [name, plain(each)])) } : {}),
  })
}

// Texts

const treeOf = (text: string): Tree | undefined => readDocument(text, '', new Issues())

const insert = (text: string, at: number, more: string): string => text.slice(0, at) + more + text.slice(at)
const replaced = (text: string, { start, end }: { readonly start: number; readonly end: number }, by: string): string =>
  text.slice(0, start) + by + text.slice(end)
const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1)
const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n')
