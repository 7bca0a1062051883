/** Holds the schema against the tree, and gives valibot's issues the places and words of ours. */
import * as v from 'valibot'
import { TEXT } from './leaf.ts'
import { suggest } from './nearest.ts'
import { labSchema } from './schema.ts'
import { spaceHint } from './slips.ts'
import { child, emptyMap, type Issues, join, type MapTree, plain, type Tree } from './tree.ts'

type ShapeIssue = v.BaseIssue<unknown>
/** What of an issue matters here: where, and whether a key or a value is meant. */
interface Step {
  readonly key: string | number
  readonly origin: 'key' | 'value'
}

/** All that the schema has against a file, as plain values: for the test that holds the editor's schema against it. */
export const shapeIssues = (value: unknown): readonly ShapeIssue[] => v.safeParse(labSchema, value).issues ?? []

export function checkShape(tree: Tree, issues: Issues): void {
  if (tree.kind !== 'map') {
    issues.value(tree, 'A lab file is a map: name, description, topology, events, expect.')
    return
  }
  bringHome(tree, issues)
  const value = plain(tree) as Record<string, unknown>
  for (const key of Object.keys(value)) if (key.startsWith('x-')) delete value[key]
  // valibot names only the first unknown key of a map: take it away and look again.
  let found = shapeIssues(value)
  for (let unknown = found.filter(isUnknownKey); unknown.length > 0; unknown = found.filter(isUnknownKey)) {
    for (const issue of unknown) {
      report(issue, tree, issues)
      remove(value, stepsOf(issue))
    }
    found = shapeIssues(value)
  }
  const seen = new Set<string>()
  for (const issue of found) {
    const path = stepsOf(issue)
      .map(step => step.key)
      .join('\0')
    if (!seen.has(path)) report(issue, tree, issues)
    seen.add(path)
  }
  numbersWithZeros(tree, issues)
}

/** Keys of the topology that are indented too little: told once, and read as if they stood where they belong. */
function bringHome(root: MapTree, issues: Issues): void {
  for (const key of ['nodes', 'links']) {
    const stray = root.entries.get(key)
    const topology = root.entries.get('topology') ?? emptyMap('topology', root.mark)
    if (!stray || topology.kind !== 'map' || topology.entries.has(key)) continue
    issues.key(stray, `"${key}" is not a key of a lab.`, `${key} belongs under topology: indent it`)
    root.entries.delete(key)
    topology.entries.set(key, stray)
    root.entries.set('topology', topology)
  }
}

const isUnknownKey = (issue: ShapeIssue): boolean => issue.type === 'strict_object' && issue.expected === 'never'

function stepsOf(issue: ShapeIssue): Step[] {
  return (issue.path ?? []).map(item => ({
    key: item.key as string | number,
    origin: item.origin === 'key' ? 'key' : 'value',
  }))
}

function remove(value: Record<string, unknown>, steps: readonly Step[]): void {
  let at = value as Record<string | number, unknown>
  for (const step of steps.slice(0, -1)) at = at[step.key] as Record<string | number, unknown>
  delete at[steps[steps.length - 1].key]
}

/** A union says why each of its members refused; the one that fits the value's form says it best. */
function inner(issue: ShapeIssue): readonly ShapeIssue[] {
  if (issue.type !== 'union' || !issue.issues) return [issue]
  const parts = issue.issues as readonly ShapeIssue[]
  const structured = typeof issue.input === 'object' && issue.input !== null
  const fitting = parts.filter(part => (part.path !== undefined && part.path.length > 0) === structured)
  return fitting.length === 0 ? [issue] : structured ? fitting : fitting.slice(0, 1)
}

function report(issue: ShapeIssue, tree: Tree, issues: Issues): void {
  const outer = stepsOf(issue)
  for (const part of inner(issue)) {
    reportAt(part, part === issue ? outer : [...outer, ...stepsOf(part)], tree, issues)
  }
}

function reportAt(issue: ShapeIssue, steps: readonly Step[], root: Tree, issues: Issues): void {
  const [message, written] = issue.message.split('\n')
  const listed = written?.startsWith('?')
  const known = listed ? written.slice(1).split(' ') : []
  const [word] = String(issue.input).split(':', 1)
  const joined = word !== issue.input && known.includes(word)
  let hint = joined ? spaceHint(String(issue.input)) : listed ? suggest(String(issue.input), known) : written
  let tree = root
  let path = ''
  for (const [i, step] of steps.entries()) {
    path = join(path, step.key)
    const next = child(tree, step.key)
    if (!next) {
      // A missing key: the map that lacks it is what can be shown.
      issues.key(tree, message, hint)
      return
    }
    tree = next
    if (i === steps.length - 1 && step.origin === 'key') {
      issues.key(tree, message, hint)
      return
    }
  }
  if (message === TEXT && tree.kind === 'scalar') hint = `put it in quotes: "${tree.written}"`
  // Where a map must stand, `kind:router` is one word.
  if (tree.kind === 'scalar' && tree.plain && hint?.startsWith('known here') && /^[a-z-]+:[^\s/]/.test(tree.written)) {
    hint = spaceHint(tree.written)
  }
  issues.value(tree, message, hint)
}

/** `010` is ten to YAML 1.2, eight to YAML 1.1 and to many people. */
function numbersWithZeros(tree: Tree, issues: Issues): void {
  if (tree.kind === 'map') for (const value of tree.entries.values()) numbersWithZeros(value, issues)
  if (tree.kind === 'list') for (const item of tree.items) numbersWithZeros(item, issues)
  if (tree.kind !== 'scalar' || typeof tree.value !== 'number' || !/^[-+]?0\d/.test(tree.written)) return
  if (issues.list.some(issue => issue.path === tree.path)) return
  issues.value(tree, `${tree.written} could be read as ${tree.value} or as an octal number.`, `write ${tree.value}`)
}
