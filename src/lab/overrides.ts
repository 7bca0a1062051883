/**
 * `--set path=value`: puts a scalar into the tree, with the option as its place.
 *
 * A path is read as messages print it (`join`): `expect.no-vpn.state["bob.pptp"]`. The quotes may be missing, since a shell
 * takes them away: of the words that are left as many are taken together as are a key of the map. The number behind the
 * last of a list adds an entry.
 */
import { nearest, suggest } from './nearest.ts'
import { child, type Issues, join, type Scalar, type Source, type Tree } from './tree.ts'

export interface Override {
  /** `topology.nodes.alice.pptp.password`, `topology.links[2].delay` */
  readonly path: string
  readonly value: string
}

/** Maps whose keys the lab chooses: a new one there is a slip, not a wish. */
const CHOSEN = new Set(['topology.nodes', 'expect'])

export function applyOverride(root: Tree, { path, value }: Override, issues: Issues): void {
  const source: Source = { file: '--set', text: `--set ${path}=${value}` }
  const start = '--set '.length
  const mark = { source, start: start + path.length + 1, end: source.text.length }
  const steps = stepsOf(path)
  if (steps.length === 0)
    issues.at(
      { source, start, end: mark.start - 1 },
      '',
      'Here the path of a value must stand.',
      'such as seed or topology.links[0].delay',
    )
  let at = root
  while (steps.length > 0) {
    const taken = at.kind === 'map' ? longestKey(at.entries, path, steps) : undefined
    const key = taken?.key ?? steps[0].key
    // The step that is meant, for messages about it.
    const keyMark = { source, start: start + steps[0].start, end: start + steps[(taken?.steps ?? 1) - 1].end }
    steps.splice(0, taken?.steps ?? 1)
    const next = child(at, key)
    const problem = refuse(at, key, next, steps.length === 0)
    if (problem !== undefined) {
      const known = at.kind === 'map' ? suggest(key, at.entries.keys()) : undefined
      issues.at(keyMark, at.kind === 'map' ? join(at.path, key) : at.path, problem, next ? leafBelow(next) : known)
      return
    }
    const index = at.kind === 'list' ? Number(key) : key
    const place = { path: join(at.path, index), keyMark, mark }
    if (steps.length > 0) {
      at = next ?? put(at, index, { kind: 'map', ...place, entries: new Map() })
      continue
    }
    const isText = next?.kind === 'scalar' && typeof next.value === 'string'
    put(at, index, { kind: 'scalar', ...place, value: isText ? value : readScalar(value), written: value, plain: true })
  }
}

/** The value at such a path, if there is one; `above` is what it stands in, or would. */
export function placeOf(
  root: Tree,
  path: string,
): { readonly above?: Tree; readonly key: string; readonly value?: Tree } {
  const steps = stepsOf(path)
  let above: Tree | undefined
  let at: Tree | undefined = root
  let key = ''
  while (at && steps.length > 0) {
    const taken = at.kind === 'map' ? longestKey(at.entries, path, steps) : undefined
    key = taken?.key ?? steps[0].key
    steps.splice(0, taken?.steps ?? 1)
    above = at
    at = child(at, key)
  }
  // The way ends too early: neither the value nor what it would stand in is there.
  if (!above || steps.length > 0) return { key }
  return { above, key, ...(at ? { value: at } : {}) }
}

interface Step {
  readonly key: string
  /** Where in the path. */
  readonly start: number
  readonly end: number
}

/** `a`, `[0]`, `["a.b"]` */
const STEP = /\[("(?:[^"\\]|\\.)*")\]|[^.[\]]+/g

function stepsOf(path: string): Step[] {
  return [...path.matchAll(STEP)].map(({ 0: text, 1: quoted, index }) => ({
    key: quoted === undefined ? text : unquoted(quoted),
    start: index,
    end: index + text.length,
  }))
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

/** `bob.ppp.ipcp` and `nas.lines[tty0].use` are single keys of a map of states. */
function longestKey(
  entries: ReadonlyMap<string, Tree>,
  path: string,
  steps: readonly Step[],
): { readonly key: string; readonly steps: number } | undefined {
  for (let count = steps.length; count > 1; count--) {
    const key = path.slice(steps[0].start, steps[count - 1].end)
    if (entries.has(key)) return { key, steps: count }
  }
  return undefined
}

/** The way on: the path of a value that can be replaced. */
function leafBelow(tree: Tree): string | undefined {
  if (tree.kind === 'scalar') return `one of its values is ${tree.path}`
  for (const below of tree.kind === 'map' ? tree.entries.values() : tree.items) {
    const leaf = leafBelow(below)
    if (leaf) return leaf
  }
  return undefined
}

/** Why the next step of a path cannot be taken. */
function refuse(at: Tree, key: string, next: Tree | undefined, last: boolean): string | undefined {
  if (at.kind === 'scalar') return 'This is a single value: nothing stands below it.'
  if (at.kind === 'list' && !next && key !== String(at.items.length)) return noEntry(key, at.items.length)
  if (last && next && next.kind !== 'scalar') return `This is a ${next.kind}; --set replaces single values only.`
  const slip = at.kind === 'map' && !next && !last && nearest(key, at.entries.keys()) !== undefined
  return slip || (!next && CHOSEN.has(at.path)) ? `There is no ${key} here.` : undefined
}

function noEntry(key: string, count: number): string {
  const which = count === 0 ? 'the list is empty' : `the list has ${count} (${count === 1 ? '0' : `0 to ${count - 1}`})`
  return `There is no entry ${key}; ${which}, and ${count} would add one.`
}

function put<T extends Tree>(parent: Tree, key: string | number, value: T): T {
  if (parent.kind === 'map') parent.entries.set(String(key), value)
  if (parent.kind === 'list') parent.items[Number(key)] = value
  return value
}

/** Where the file has no text to be replaced, numbers and flags are recognised. Double quotes make anything text. */
function readScalar(written: string): Scalar {
  if (/^".*"$/.test(written)) return written.slice(1, -1)
  if (written === 'true' || written === 'false') return written === 'true'
  return /^(0|[1-9]\d*)$/.test(written) ? Number(written) : written
}
