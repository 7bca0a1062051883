/** Labs, run files and captures on disk. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import {
  type Lab,
  type LabText,
  loadWith,
  type NodeSpec,
  type Override,
  type ReadFile,
  type RecordedRun,
  type RunOptions,
  readRunFile,
  renderIssues,
} from '../index.ts'
import { shippedLabs } from './package.ts'
import { didYouMean, UsageError } from './usage.ts'

export interface LabFile {
  readonly text: string
  /** As messages name it. */
  readonly file: string
  readonly path: string
  readonly overrides: readonly Override[]
  /** For a run file: what was recorded. */
  readonly recorded: Extract<RecordedRun, { ok: true }> | undefined
  /** Other files that the lab names. */
  readonly readFile: ReadFile
}

/** Reads a lab, or the lab inside a run file: `name` is a path, or the name of a lab that comes with the program. */
export async function readLab(name: string, overrides: readonly Override[]): Promise<LabFile> {
  const path = await findLab(name)
  if (isCapture(path)) {
    throw new UsageError(
      `${name} is a capture, not a lab. What is in it: pptp-lab decode ${name}. What is wrong in it: pptp-lab doctor ${name}`,
    )
  }
  const text = readText(path)
  if (!name.endsWith('.jsonl') && !text.startsWith('{"type":"header"')) {
    return { text, file: name, path, overrides, recorded: undefined, readFile: besides(path) }
  }
  const recorded = readRunFile(text)
  if (!recorded.ok) throw new UsageError(`${name} is no run file: ${recorded.problem}.`)
  const { files } = recorded
  const all = [...recorded.overrides, ...overrides]
  return { text: recorded.lab, file: name, path, overrides: all, recorded, readFile: wanted => files.get(wanted) }
}

/** Files of the folder in which the lab stands. */
export const besides =
  (lab: string): ReadFile =>
  name => {
    const path = resolve(dirname(lab), name)
    return existsSync(path) ? readText(path) : undefined
  }

/** The first octets of pcap, in either order and resolution, and of pcapng. */
const MAGIC: ReadonlySet<string> = new Set(['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a'])
export function isCapture(name: string): boolean {
  if (/\.(pcap|pcapng|cap)$/i.test(name)) return true
  return existsSync(name) && MAGIC.has(readBytes(name).subarray(0, 4).toString('hex'))
}

async function findLab(name: string): Promise<string> {
  if (existsSync(name)) return name
  const labs = shippedLabs()
  const shipped = labs.find(lab => lab.name === name)
  if (shipped) return shipped.path
  const names = labs.map(lab => lab.name)
  if (/[./\\]/.test(name)) {
    const near = await didYouMean(basename(name).replace(/\.ya?ml$/, ''), names, '')
    throw new UsageError(`There is no file ${name}${isAbsolute(name) ? '' : ' here'}. ${near}`.trimEnd())
  }
  const all = `The labs that come with pptp-lab: ${names.join(', ')}.`
  throw new UsageError(`There is no lab ${name}. ${await didYouMean(name, names, all)}`)
}

export const readText = (path: string): string => readBytes(path).toString('utf8')

export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(error)}.`)
  }
}

/** Does what writes to `path`; what the system has against it becomes a sentence. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${reasonOf(error)}.`)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it, or the folder it should be in, does not exist',
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'there is a file of this name already',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
}

/** Errors of the system in words; one without a code is a fault of ours and passes through. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return REASONS[code] ?? message
}

/** The checked lab, with what was done in the run that a run file holds; a UsageError with every problem if it has some. */
export function checkedLab(file: LabText & Partial<Pick<LabFile, 'recorded'>>): Lab {
  const loaded = loadWith(file, actionsOf(file))
  if (loaded.ok) return loaded.lab
  throw new UsageError(renderIssues(loaded.issues))
}

/** What was done in the run, as entries of `events`. */
export const actionsOf = ({ recorded }: Partial<Pick<LabFile, 'recorded'>>): readonly string[] =>
  recorded?.actions.map(({ event }) => event) ?? []

/** What a run file adds to its lab: what came in from outside, and that the run ends where it ended then. */
export function replayOf({ file, recorded }: LabFile, lab: Lab): RunOptions {
  if (!recorded) return {}
  const { inputs, timeZero, end } = recorded
  const doors = new Set(lab.nodes.filter(isOutside).map(({ name }) => name))
  const lost = inputs.find(({ node }) => !doors.has(node))
  if (lost) {
    throw new UsageError(
      `${file} has packets that came in by ${lost.node}, and its lab has no node of that name and of kind tun or udp.`,
    )
  }
  return { inputs, ...(timeZero === undefined ? {} : { timeZero }), ...(end ? { until: end.t } : {}) }
}

/** A node that stands for what is outside the simulation. */
export type OutsideSpec = Extract<NodeSpec, { kind: 'tun' | 'udp' }>
export const isOutside = (node: NodeSpec): node is OutsideSpec => node.kind === 'tun' || node.kind === 'udp'

/** A lab with a way out of the simulation waits for packets that only `bridge` lets in, or a record holds. */
export function refuseOutside(lab: Lab, { file, recorded }: LabFile): void {
  const outside = lab.nodes.find(isOutside)
  if (!outside || recorded?.timeZero !== undefined) return
  throw new UsageError(
    `${file} reaches out of the simulation: its node ${outside.name} is of kind ${outside.kind}. Such a lab runs with the clock on the wall: pptp-lab bridge ${file}`,
  )
}

/** `a.b=c`; in quotes a path may have an equals sign of its own. */
export function parseOverride(text: string): Override {
  const at = /^(?:\["(?:[^"\\]|\\.)*"\]|[^=])*(?==)/.exec(text)?.[0].length ?? 0
  if (at < 1) throw new UsageError(`--set wants KEY=VALUE, such as --set seed=7, not ${text}`)
  return { path: text.slice(0, at), value: text.slice(at + 1) }
}

/** What `--seed` and `--set` change of a lab. */
export function overridesOf({
  seed,
  set = [],
}: {
  readonly seed?: string
  readonly set?: readonly string[]
}): Override[] {
  const overrides = set.map(parseOverride)
  if (seed !== undefined && !/^\d{1,15}$/.test(seed)) {
    throw new UsageError(`--seed wants a whole number, such as --seed 7, not ${seed}`)
  }
  return seed === undefined ? overrides : [...overrides, { path: 'seed', value: seed }]
}

/** The `pptp-lab explain` of a lab as the user has named and changed it, to be typed again. */
export function explainCommand(
  name: string,
  { seed, set = [], until }: { readonly seed?: string; readonly set?: readonly string[]; readonly until?: string },
): string {
  const words = set.map(each => `--set ${quoted(each)}`)
  if (seed !== undefined) words.push(`--seed ${seed}`)
  if (until !== undefined) words.push(`--until ${until}`)
  return ['pptp-lab explain', quoted(name), ...words].join(' ')
}

/** As a shell reads it as one word. */
const quoted = (word: string): string => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
