/**
 * A lab file to a checked lab, or to everything that is wrong with it.
 *
 * Three passes over one tree: YAML (`document.ts`), the shape of every value (`schema.ts`), and what the values mean
 * for each other (`topology.ts`, `timeline.ts`). The last runs even when the second has found something.
 */
import { warnOfCalls } from './call-slips.ts'
import { actionName } from './diagnostic.ts'
import { readDocument } from './document.ts'
import type { EventPattern, Issue, Lab } from './lab.ts'
import { applyOverride, type Override } from './overrides.ts'
import { DEFAULTS } from './schema.ts'
import { readServices } from './services.ts'
import { checkShape } from './shape.ts'
import { Timeline } from './timeline.ts'
import { Topology } from './topology.ts'
import { child, Issues, integer, join, type Tree, text } from './tree.ts'

export type { Override } from './overrides.ts'

export type Loaded =
  | { readonly ok: true; readonly lab: Lab; readonly warnings: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** The text of another file that a lab names, from its folder; undefined: there is none. */
export type ReadFile = (name: string) => string | undefined

/** All that a lab is made from. */
export interface LabText {
  readonly text: string
  /** Only a name, for the messages. */
  readonly file: string
  readonly overrides?: readonly Override[]
  readonly readFile?: ReadFile
}

/** `file` is only a name, for the messages. */
export const loadLab = (
  text: string,
  file: string,
  overrides: readonly Override[] = [],
  readFile: ReadFile = () => undefined,
): Loaded => loadWith({ text, file, overrides, readFile }, [])

/**
 * The same with more entries of `events`, each a line as it would stand in the file: `{ at: 5s, disconnect: alice }`. They
 * come behind those of the file. What is wrong with one names it as its place: `action 1` is the first.
 */
export function loadWith(
  { text, file, overrides = [], readFile = () => undefined }: LabText,
  entries: readonly string[],
): Loaded {
  const issues = new Issues()
  const tree = readDocument(text, file, issues)
  if (tree) {
    for (const override of overrides) applyOverride(tree, override, issues)
    addEntries(tree, entries, issues)
    checkShape(tree, issues)
    const lab = read(tree, issues, readFile)
    if (issues.list.length === 0) {
      warnOfCalls(lab, tree, issues)
      return { ok: true, lab, warnings: issues.sorted(file, issues.warnings) }
    }
  }
  return { ok: false, issues: issues.sorted(file) }
}

/** A check of that name gives way: nothing is run here. */
const ASKED = 'asked-for'

/**
 * A pattern over the events of a lab, as `seen` of a check has it (`{ event: drop, at: nat1 }`), and judged as there: what
 * can never happen is refused. The lab itself is known to be good.
 */
export function readPattern(
  { text, file, overrides = [], readFile = () => undefined }: LabText,
  pattern: string,
): { readonly ok: true; readonly pattern: EventPattern } | { readonly ok: false; readonly issue: Issue } {
  const issues = new Issues()
  const tree = readDocument(text, file, issues)
  const check = readDocument(`{ description: ${ASKED}, by: 0s, seen: ${pattern} }`, ASKED, issues, ASKED)
  if (tree?.kind === 'map' && check) {
    for (const override of overrides) applyOverride(tree, override, issues)
    const expect = child(tree, 'expect')
    if (expect?.kind === 'map') expect.entries.set(ASKED, check)
    else
      tree.entries.set('expect', { kind: 'map', path: 'expect', mark: tree.mark, entries: new Map([[ASKED, check]]) })
    checkShape(tree, issues)
    const seen = read(tree, issues, readFile).checks.find(({ name }) => name === ASKED)?.seen
    if (issues.list.length === 0 && seen) return { ok: true, pattern: seen }
  }
  const [issue] = issues.sorted(ASKED)
  return { ok: false, issue }
}

function addEntries(tree: Tree, entries: readonly string[], issues: Issues): void {
  if (entries.length === 0 || tree.kind !== 'map') return
  const events = child(tree, 'events') ?? { kind: 'list', path: 'events', mark: tree.mark, items: [] }
  // What else stands there is reported by itself.
  if (events.kind !== 'list') return
  tree.entries.set('events', events)
  for (const [i, entry] of entries.entries()) {
    const read = readDocument(entry, actionName(i), issues, join('events', events.items.length))
    if (read?.kind === 'map' && /[\r\n]/.test(entry)) issues.value(read, 'An action is one line.')
    if (read) events.items.push(read)
  }
}

/** The lab as far as it can be read; it is whole when nothing was reported. */
function read(tree: Tree, issues: Issues, readFile: ReadFile): Lab {
  const topology = new Topology(child(tree, 'topology'), issues, readFile)
  const timeline = new Timeline(tree, topology, issues)
  const events = timeline.events()
  const nodes = [...topology.nodes.values()].map(node => topology.nodeSpec(node))
  const checks = timeline.checks()
  return {
    name: text(child(tree, 'name')) ?? '',
    description: text(child(tree, 'description')) ?? '',
    seed: integer(child(tree, 'seed')) ?? DEFAULTS.seed,
    stop: timeline.stop,
    nodes: nodes.filter(node => node !== undefined),
    links: topology.linkSpecs(),
    services: readServices(tree, topology, events, issues),
    events,
    files: topology.files,
    questions: timeline.questions(checks),
    checks,
  }
}
