/** The values of a lab file, each with the place where it is written, so that every message can point there. */
import type { Issue } from './lab.ts'

/** A text in which issues are found: a lab file, or one `--set` option. */
export interface Source {
  readonly file: string
  readonly text: string
}

/** A stretch of a source: offsets of the first character and of the one behind the last. */
export interface Mark {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export type Scalar = string | number | boolean | null

interface Common {
  /** `topology.links[2].ipv4` */
  readonly path: string
  readonly mark: Mark
  /** Where its key stands, if it has one. */
  readonly keyMark?: Mark
}
export interface ScalarTree extends Common {
  readonly kind: 'scalar'
  readonly value: Scalar
  /** As it is written; for a plain scalar this is not always what YAML makes of it. */
  readonly written: string
  readonly plain: boolean
}
export interface ListTree extends Common {
  readonly kind: 'list'
  readonly items: Tree[]
}
export interface MapTree extends Common {
  readonly kind: 'map'
  readonly entries: Map<string, Tree>
}
export type Tree = ScalarTree | ListTree | MapTree

/** A map without a parent, for a key that is not in the file. */
export const emptyMap = (path: string, mark: Mark): MapTree => ({ kind: 'map', path, mark, entries: new Map() })

/** `nodes` in `topology` is `topology.nodes`; a key that is no plain word is put in brackets and quotes. */
export function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

/** The value as plain JavaScript. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plain)
  const out: Record<string, unknown> = {}
  for (const [key, value] of tree.entries) out[key] = plain(value)
  return out
}

export function child(tree: Tree | undefined, key: string | number): Tree | undefined {
  if (tree?.kind === 'map') return tree.entries.get(String(key))
  return tree?.kind === 'list' ? tree.items[Number(key)] : undefined
}

/** The entries of a map, nothing for anything else. */
export const entries = (tree: Tree | undefined): [string, Tree][] => (tree?.kind === 'map' ? [...tree.entries] : [])
/** The items of a list, nothing for anything else. */
export const items = (tree: Tree | undefined): readonly Tree[] => (tree?.kind === 'list' ? tree.items : [])

export function text(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined
}
export function integer(tree: Tree | undefined): number | undefined {
  return tree?.kind === 'scalar' && Number.isSafeInteger(tree.value) ? (tree.value as number) : undefined
}
export function flag(tree: Tree | undefined): boolean | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'boolean' ? tree.value : undefined
}

/** `over` laid upon `base`: maps merge, everything else is replaced. */
export function overlay(base: Tree | undefined, over: Tree | undefined): Tree | undefined {
  if (base?.kind !== 'map' || over?.kind !== 'map') return over ?? base
  const merged = new Map(base.entries)
  for (const [key, value] of over.entries) merged.set(key, overlay(merged.get(key), value) as Tree)
  return { ...over, entries: merged }
}

/** Collects what is wrong, wherever it is found. */
export class Issues {
  readonly list: Issue[] = []
  /** What may be meant, and most likely is not: nothing is refused for it. */
  readonly warnings: Issue[] = []

  /** At the value itself. */
  value(tree: Tree, message: string, hint?: string): void {
    this.at(tree.mark, tree.path, message, hint)
  }

  /** At the value's key, for what concerns the entry as a whole. */
  key(tree: Tree, message: string, hint?: string): void {
    this.at(tree.keyMark ?? tree.mark, tree.path, message, hint)
  }

  at(mark: Mark, path: string, message: string, hint?: string): void {
    note(this.list, mark, path, message, hint)
  }

  warn(mark: Mark, path: string, message: string, hint?: string): void {
    note(this.warnings, mark, path, message, hint)
  }

  /** In the order of the file; what the command line set comes last. */
  sorted(file: string, list: readonly Issue[] = this.list): Issue[] {
    const rank = (issue: Issue) => (issue.file === file ? 0 : 1)
    return list.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
  }
}

function note(list: Issue[], mark: Mark, path: string, message: string, hint: string | undefined): void {
  const { file, text } = mark.source
  const lineStart = text.lastIndexOf('\n', mark.start - 1) + 1
  const newline = text.indexOf('\n', lineStart)
  const lineEnd = newline < 0 ? text.length : newline
  const excerpt = text.slice(lineStart, lineEnd).replace(/\r$/, '')
  const end = Math.max(Math.min(mark.end, lineStart + excerpt.length), mark.start + 1)
  const issue: Issue = {
    file,
    line: text.slice(0, lineStart).split('\n').length,
    column: mark.start - lineStart + 1,
    endColumn: end - lineStart + 1,
    path,
    message,
    excerpt,
    ...(hint === undefined ? {} : { hint }),
  }
  const said = (other: Issue) =>
    other.file === file && other.line === issue.line && other.column === issue.column && other.message === message
  if (!list.some(said)) list.push(issue)
}
