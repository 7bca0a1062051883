/** `--set path=value`: puts a scalar into the tree, with the option as its place. */
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
  const places = [...path.matchAll(/[^.[\]]+/g)]
  const steps = places.map(place => place[0])
  if (steps.length === 0)
    issues.at(
      { source, start, end: mark.start - 1 },
      '',
      'Here the path of a value must stand.',
      'such as seed or topology.links[0].delay',
    )
  let at = root
  while (steps.length > 0) {
    // State paths have dots inside of one key.
    const whole = steps.join('.')
    const isWhole = at.kind === 'map' && at.entries.has(whole)
    const key = isWhole ? whole : steps[0]
    // The step that is meant, for messages about it.
    const from = start + places[places.length - steps.length].index
    const keyMark = { source, start: from, end: from + key.length }
    steps.splice(0, isWhole ? steps.length : 1)
    const next = child(at, key)
    const problem = refuse(at, key, next, steps.length === 0)
    if (problem !== undefined) {
      const known = at.kind === 'map' ? suggest(key, at.entries.keys()) : undefined
      issues.at(keyMark, at.kind === 'map' ? join(at.path, key) : at.path, problem, next ? undefined : known)
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

/** Why the next step of a path cannot be taken. */
function refuse(at: Tree, key: string, next: Tree | undefined, last: boolean): string | undefined {
  if (at.kind === 'scalar') return 'This is a single value: nothing stands below it.'
  if (at.kind === 'list' && !next) return noEntry(key, at.items.length)
  if (last && next && next.kind !== 'scalar') return `This is a ${next.kind}; --set replaces single values only.`
  const slip = at.kind === 'map' && !next && !last && nearest(key, at.entries.keys()) !== undefined
  return slip || (!next && CHOSEN.has(at.path)) ? `There is no ${key} here.` : undefined
}

function noEntry(key: string, count: number): string {
  const which = count === 0 ? 'the list is empty' : `the list has ${count} (${count === 1 ? '0' : `0 to ${count - 1}`})`
  return `There is no entry ${key}; ${which}.`
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
