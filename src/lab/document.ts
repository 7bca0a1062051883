/**
 * YAML text to a tree of values with their places. The only importer of `yaml`.
 *
 * We walk the parser's nodes ourselves instead of asking for plain JavaScript, because only there a key, an alias and a
 * merged value still have a place, and a scalar still has its spelling (`0123`, `1.10`).
 *
 * YAML 1.2, core schema, one document. `<<` merges as in YAML 1.1, since everybody expects it.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLParseError,
  type YAMLWarning,
  type Scalar as YamlScalar,
} from 'yaml'
import { misfit, missingSpace, openBracket, openQuote, type Slip } from './slips.ts'
import { type Issues, join, type MapTree, type Mark, type Scalar, type Source, type Tree } from './tree.ts'

/** More values than aliases have to make in any lab: those of aliases can make millions out of ten lines. */
const MAX_VALUES = 100_000

/** Names that JavaScript objects cannot carry safely as keys. */
const UNUSABLE = new Set(['__proto__', 'constructor', 'prototype'])

/** What the parser's complaints mean, in our words. */
const SENTENCES: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'An alias (*name) cannot have an anchor or a tag of its own.',
  BAD_ALIAS: 'After * or & a name must follow.',
  BAD_COLLECTION_TYPE: 'This tag does not fit the value behind it.',
  BAD_DIRECTIVE: 'This directive (%…) is malformed.',
  BAD_DQ_ESCAPE: 'Inside double quotes a backslash begins an escape, and this is none; use single quotes.',
  BAD_INDENT: 'This line is indented differently from what it belongs to.',
  BAD_PROP_ORDER: 'Anchors and tags stand before the value, on its line.',
  BAD_SCALAR_START: 'A value cannot begin with this character; put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'A nested list or map cannot begin on the line of its key; put it on a line of its own.',
  BLOCK_IN_FLOW: 'Inside { } or [ ] no indented block may stand.',
  COMMA_IN_FLOW: 'A comma is missing here, or there is one too many.',
  IMPOSSIBLE: 'This is no YAML.',
  KEY_OVER_1024_CHARS: 'A key is at most 1024 characters long.',
  MISSING_CHAR: 'Something is missing here: a comma, a quote, a colon, or the bracket that closes a list or map.',
  MULTILINE_IMPLICIT_KEY: 'A key must stand on one line, with its colon.',
  MULTIPLE_ANCHORS: 'A value can have one anchor only.',
  MULTIPLE_DOCS: 'A lab file is one document: remove what stands behind the second ---.',
  MULTIPLE_TAGS: 'A value can have one tag only.',
  NON_STRING_KEY: 'A key must be a word.',
  TAB_AS_INDENT: 'YAML is indented with spaces; here stands a tab.',
  TAG_RESOLVE_FAILED: 'Lab files know no tags (!…) of their own: remove it.',
  UNEXPECTED_TOKEN: 'This was not expected here; perhaps a quote or a bracket is missing before it.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply.',
}

function slipOf(text: string, { code, message, pos: [start, end] }: YAMLParseError | YAMLWarning): Slip {
  const plain: Slip = { start, end, sentence: SENTENCES[code] ?? `${message.split('\n')[0]}.` }
  const flow = code === 'BAD_INDENT' && message.startsWith('Flow')
  if (flow) return openBracket(text, start) ?? plain
  if (code === 'MISSING_CHAR' && message.includes('quote')) return openQuote(text, start) ?? plain
  const item = code === 'MISSING_CHAR' && message.startsWith('Sequence item')
  if (code !== 'BAD_INDENT' && !code.includes('IMPLICIT_KEY') && !item) return plain
  return missingSpace(text, start) ?? misfit(text, start) ?? plain
}

/** The tree, or undefined when the text is no YAML that could be judged further. `path` is that of its root. */
export function readDocument(text: string, file: string, issues: Issues, path = ''): Tree | undefined {
  const source: Source = { file, text }
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, lineCounter: new LineCounter() })
  const mark = (start: number, end: number): Mark => ({ source, start, end })
  let broken = false
  const found = [...document.errors, ...document.warnings]
  const tags = found.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')
  for (const { code, pos } of tags) issues.at(mark(...pos), '', SENTENCES[code])
  // One slip makes many complaints: what comes behind the first follows from it, and a tab from nothing.
  const others = found.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED').toSorted((a, b) => a.pos[0] - b.pos[0])
  const first = others.find(({ code }) => code === 'TAB_AS_INDENT') ?? others[0]
  if (first) {
    const { start, end, sentence, hint } = slipOf(text, first)
    issues.at(mark(start, end), '', sentence, hint)
    broken = true
  }
  const directive = /^%YAML[ \t]+(\S+)/m.exec(text)
  if (directive && document.directives?.yaml.explicit && directive[1] !== '1.2') {
    issues.at(
      mark(directive.index, directive.index + directive[0].length),
      '',
      `Lab files are YAML 1.2; under ${directive[1]} the same text would mean other values (yes, 0123).`,
      'remove this line',
    )
    broken = true
  }
  if (broken) return undefined
  if (!document.contents) {
    const sentence = path === '' ? 'The file is empty: a lab has at least a name and a topology.' : 'Here is nothing.'
    issues.at(mark(0, 0), path, sentence)
    return undefined
  }
  const reader = new Reader(source, issues, node => (isAlias(node) ? node.resolve(document) : undefined))
  const tree = reader.read(document.contents as Node, path, undefined)
  return reader.exhausted ? undefined : tree
}

/** Where in a text what belongs to `events` stands, so that more can be put there. */
export interface Outline {
  /** Does the root stand in braces? */
  readonly braces: boolean
  /** Where the first key of the root stands, or its brace. */
  readonly start: number
  /** Behind its last value. */
  readonly end: number
  /** Absent: there is no such list, or it is not written at its key. */
  readonly events?: {
    /** In brackets? */
    readonly brackets: boolean
    readonly start: number
    /** Behind its last entry; absent: it has none. */
    readonly last?: number
  }
}

/** Of a text that is a map without anything wrong in it; undefined for everything else. */
export function outlineOf(text: string): Outline | undefined {
  const { contents, errors } = parseDocument(text, { uniqueKeys: false, prettyErrors: false })
  if (errors.length > 0 || !isMap(contents)) return undefined
  const pairs = contents.items as Pair<Node, Node | null>[]
  const last = pairs.at(-1)
  const [start, end] = rangeOf(contents)
  const common = { braces: contents.flow === true, start, end: last ? rangeOf(last.value ?? last.key)[1] : end }
  const value = pairs.find(({ key }) => isScalar(key) && keyOf(key) === 'events')?.value
  if (!isSeq(value)) return common
  const item = value.items.at(-1) as Node | undefined
  const events = { brackets: value.flow === true, start: rangeOf(value)[0] }
  return { ...common, events: item ? { ...events, last: rangeOf(item)[1] } : events }
}

/** The same lab without regard to how it was written, but with these values; comments stay where `yaml` keeps them. */
export function withValues(text: string, values: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(text, { uniqueKeys: false, merge: true })
  for (const [key, value] of Object.entries(values)) document.set(key, document.createNode(value))
  return document.toString({ lineWidth: 120, flowCollectionPadding: true })
}

const rangeOf = ({ range }: Node): readonly [number, number] => [range?.[0] ?? 0, range?.[1] ?? 0]

class Reader {
  readonly #source: Source
  readonly #issues: Issues
  readonly #resolve: (alias: Node) => unknown
  /** The nodes being read, to notice an alias inside of what it names. */
  readonly #open = new Set<Node>()
  /** Values that stand where an alias does, and how many aliases are being read. */
  #count = 0
  #aliases = 0

  constructor(source: Source, issues: Issues, resolve: (alias: Node) => unknown) {
    this.#source = source
    this.#issues = issues
    this.#resolve = resolve
  }

  get exhausted(): boolean {
    return this.#count > MAX_VALUES
  }

  read(node: Node, path: string, keyMark: Mark | undefined): Tree | undefined {
    if (this.#aliases > 0 && ++this.#count > MAX_VALUES) {
      if (this.#count === MAX_VALUES + 1) {
        this.#issues.at(this.#mark(node), path, `The aliases of this file make more than ${MAX_VALUES} values of it.`)
      }
      return undefined
    }
    const common = { path, mark: this.#mark(node), ...(keyMark ? { keyMark } : {}) }
    if (isAlias(node)) {
      const target = this.#resolve(node) as Node | undefined
      if (!target || this.#open.has(target)) {
        const what = target ? 'stands inside of what it names' : 'names no anchor that stands before it'
        this.#issues.at(common.mark, path, `The alias *${node.source} ${what}.`)
        return undefined
      }
      this.#aliases++
      const tree = this.read(target, path, keyMark)
      this.#aliases--
      return tree
    }
    if (isScalar(node)) {
      const written = node.source ?? ''
      return { kind: 'scalar', ...common, value: scalar(node), written, plain: !node.type?.startsWith('QUOTE') }
    }
    this.#open.add(node)
    let tree: Tree | undefined
    if (isSeq(node)) {
      const read = node.items.map((item, i) => this.read(item as Node, join(path, i), undefined))
      tree = { kind: 'list', ...common, items: read.filter(item => item !== undefined) }
    } else if (isMap(node)) {
      tree = { kind: 'map', ...common, entries: this.#entries(node, path) }
    }
    this.#open.delete(node)
    return tree
  }

  #entries(map: YAMLMap, path: string): Map<string, Tree> {
    const entries = new Map<string, Tree>()
    const merged = new Map<string, Tree>()
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const keyMark = this.#mark(pair.key)
      const key = isScalar(pair.key) ? keyOf(pair.key) : undefined
      if (key === undefined || UNUSABLE.has(key)) {
        this.#issues.at(
          keyMark,
          path,
          key === undefined ? 'A key must be a word.' : `"${key}" cannot be used as a name.`,
        )
        continue
      }
      if (key === '<<') {
        this.#merge(pair.value, path, keyMark, merged)
        continue
      }
      const value = pair.value
        ? this.read(pair.value, join(path, key), keyMark)
        : nothing(join(path, key), keyMark, this.#source)
      const earlier = entries.get(key)
      if (earlier?.keyMark) {
        const line = this.#source.text.slice(0, earlier.keyMark.start).split('\n').length
        this.#issues.at(
          keyMark,
          join(path, key),
          `The key "${key}" is here for the second time; the first is on line ${line}.`,
        )
      } else if (value) {
        entries.set(key, value)
      }
    }
    for (const [key, value] of merged) if (!entries.has(key)) entries.set(key, value)
    return entries
  }

  /** `<<: *a` or `<<: [*a, *b]`; of two that give the same key the first wins. */
  #merge(value: Node | null, path: string, keyMark: Mark, into: Map<string, Tree>): void {
    const sources = isSeq(value) ? (value.items as Node[]) : value ? [value] : []
    for (const node of sources) {
      const tree = this.read(node, path, undefined)
      if (tree && tree.kind !== 'map') {
        this.#issues.at(keyMark, join(path, '<<'), 'Only maps can be merged with <<.')
        continue
      }
      for (const [key, item] of (tree as MapTree | undefined)?.entries ?? []) if (!into.has(key)) into.set(key, item)
    }
  }

  #mark(node: Node): Mark {
    const [start, end] = node.range ?? [0, 0]
    return { source: this.#source, start, end }
  }
}

function scalar(node: YamlScalar): Scalar {
  const { value } = node
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** A key is what is written, so that `0123` and `1.10` stay what they are. */
const keyOf = (key: YamlScalar): string => (typeof key.value === 'string' ? key.value : (key.source ?? ''))

/** `key:` with nothing behind it. */
const nothing = (path: string, keyMark: Mark, source: Source): Tree => ({
  kind: 'scalar',
  path,
  keyMark,
  mark: { source, start: keyMark.start, end: keyMark.end },
  value: null,
  written: '',
  plain: true,
})
