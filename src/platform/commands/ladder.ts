/** `pptp-lab ladder`: who said what to whom, as a sequence diagram of a lab, a recorded run or a capture. */
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { decodeCapture } from '../../decode/decode.ts'
import {
  chosenRows,
  foldRows,
  LADDER_LAYERS,
  LAYER_GROUPS,
  type Ladder,
  type LadderChoice,
  type LadderItem,
  type LadderLayer,
  type LadderRow,
  ladderHtml,
  ladderMermaid,
  ladderOfCapture,
  ladderSvg,
  ladderText,
  layersNamed,
  parseDuration,
  Recorder,
  Run,
  RunLadder,
  type SimTime,
  sceneOf,
} from '../../index.ts'
import { checkedLab, isCapture, overridesOf, readBytes, readLab, refuseOutside, replayOf, writing } from '../files.ts'
import { err, out, terminalWidth } from '../terminal.ts'
import { type Action, didYouMean, EXIT, UsageError } from '../usage.ts'
import { passwordsOf } from './decode.ts'
import { LADDER_FORMATS } from './table.ts'

type Format = (typeof LADDER_FORMATS)[number]

interface Flags {
  readonly nodes?: string
  readonly layer?: string
  readonly tunnel?: string
  readonly call?: string
  readonly from?: string
  readonly to?: string
  readonly unfolded?: boolean
  readonly format?: string
  readonly output?: string
  readonly ascii?: boolean
  readonly json?: boolean
  readonly seed?: string
  readonly set?: readonly string[]
  readonly password?: readonly string[]
}

/** Everything of a run is kept: a ladder that begins in the middle would lie. */
const LIMITS = { events: 2_000_000, journeys: 500_000 }
const NARROW = 80

export const ladder: Action = async ([name], options) => {
  const flags = options as Flags
  const format = flags.format === undefined ? formatOf(flags.output) : await knownFormat(flags.format)
  if (flags.ascii && format !== 'text') {
    throw new UsageError(`--ascii is for text: ${format} has no arrows of characters.`)
  }
  if (flags.json && (flags.format !== undefined || flags.ascii || flags.unfolded)) {
    throw new UsageError(
      '--json prints the rows themselves: --format, --ascii and --unfolded are for drawings of them.',
    )
  }
  const [from, to] = [timeOf('from', flags.from), timeOf('to', flags.to)]
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(`--from ${flags.from} is later than --to ${flags.to}: nothing is between them.`)
  }
  const layers = flags.layer === undefined ? undefined : await layersOf(flags.layer)
  const whole = isCapture(name) ? ofCapture(name, flags) : await ofLab(name, flags, to)
  const nodes = flags.nodes === undefined ? undefined : await nodesIn(whole, flags.nodes)
  const choice: LadderChoice = { nodes, layers, call: chosenOf(whole, name, flags), from, to }
  const rows = chosenRows(whole, choice)
  if (rows.length === 0) err(`${name}: no packet is chosen; the whole ladder has ${whole.rows.length}.\n`)
  const items = foldRows(rows, () => flags.unfolded === true)
  const drawing = flags.json
    ? jsonLines(whole, rows, isCapture(name))
    : draw(format, whole, items, { nodes, ascii: flags.ascii === true })
  const { output } = flags
  if (output === undefined) out(drawing)
  else writing(output, () => writeFileSync(output, drawing))
  return EXIT.good
}

function draw(
  format: Format,
  whole: Ladder,
  items: readonly LadderItem[],
  options: { readonly nodes: ReadonlySet<string> | undefined; readonly ascii: boolean },
): string {
  if (format === 'mermaid') return ladderMermaid(whole, items, options)
  if (format === 'svg') return ladderSvg(whole, items, options)
  if (format === 'html') return ladderHtml(whole, items, options)
  return ladderText(whole, items, { ...options, width: Math.max(NARROW, terminalWidth() ?? NARROW) })
}

/** Every row, none folded; of a capture with the numbers of calls and frames, of a run with those of tunnels. */
function jsonLines({ title, nodes, now }: Ladder, rows: readonly LadderRow[], ofCapture: boolean): string {
  const head = { type: 'ladder', format: 1, title, t: now, nodes: nodes.map(({ name }) => name) }
  const lines = rows.map(({ no, t, from, to, via, label, more, seal, octets, fate, cause, calls, frame }) => ({
    ...{ type: 'row', no, t, from, to, via, label },
    ...(more === '' ? {} : { more }),
    ...(seal === '' ? {} : { seal }),
    ...{ octets, fate, cause },
    ...(ofCapture ? { calls, frame } : { tunnels: calls }),
  }))
  return [head, ...lines].map(line => `${JSON.stringify(line)}\n`).join('')
}

async function ofLab(name: string, flags: Flags, to: SimTime | undefined): Promise<Ladder> {
  if (flags.password) throw new UsageError('--password is for captures: of a lab everything is known.')
  const file = await readLab(name, overridesOf(flags))
  const lab = checkedLab(file)
  refuseOutside(lab, file)
  const replay = replayOf(file, lab)
  const until = Math.min(to ?? lab.stop, replay.until ?? lab.stop)
  const run = new Run(lab, { ...replay, until, fingerprint: false })
  const recorder = new Recorder(run, LIMITS)
  run.advance()
  err(forgottenWords(name, recorder))
  return new RunLadder(recorder).ladder(sceneOf(recorder).tunnels)
}

/** Empty if the ladder has all of the run. */
export function forgottenWords(name: string, { forgotten, journeyCount }: Recorder): string {
  if (forgotten === 0) return ''
  return `${name}: the run has ${journeyCount} packets, and the first ${forgotten} of them are not in this ladder: there is room for no more. Choose an earlier end with --to.\n`
}

function ofCapture(name: string, flags: Flags): Ladder {
  if (flags.seed !== undefined || flags.set) {
    throw new UsageError('--seed and --set change a lab: what is in a capture has happened.')
  }
  return ladderOfCapture(decodeCapture(readBytes(name), passwordsOf(flags.password)), basename(name))
}

function timeOf(option: string, text: string | undefined): SimTime | undefined {
  if (text === undefined) return undefined
  const t = parseDuration(text)
  if (t === undefined) throw new UsageError(`--${option} wants a time, such as --${option} 5s, not ${text}`)
  return t
}

const words = (text: string): string[] => text.split(',').map(word => word.trim())

async function layersOf(text: string): Promise<ReadonlySet<LadderLayer>> {
  const layers = new Set<LadderLayer>()
  const all = [...LADDER_LAYERS, ...Object.keys(LAYER_GROUPS)]
  for (const word of words(text)) {
    const named = layersNamed(word)
    if (!named) {
      throw new UsageError(
        `There is no layer ${word}. ${await didYouMean(word, all, `The layers: ${all.join(', ')}.`)}`,
      )
    }
    for (const layer of named) layers.add(layer)
  }
  return layers
}

async function nodesIn({ nodes, title }: Ladder, text: string): Promise<ReadonlySet<string>> {
  const names = nodes.map(({ name }) => name)
  for (const word of words(text)) {
    if (names.includes(word)) continue
    throw new UsageError(
      `${title} has no node ${word}. ${await didYouMean(word, names, `It has ${names.join(', ')}.`)}`,
    )
  }
  return new Set(words(text))
}

/**
 * A tunnel of a lab may have several calls, one after another, and `--call` counts calls wherever it stands. So it is for captures
 * here, whose ladder knows calls and no tunnels.
 */
function chosenOf(whole: Ladder, name: string, { tunnel, call }: Flags): number | undefined {
  if (isCapture(name)) {
    if (tunnel !== undefined) throw new UsageError(`${name} is a capture, which has calls: --call ${tunnel}`)
    return numberOf(whole, 'call', call)
  }
  if (call !== undefined) {
    throw new UsageError(
      `Of a lab the ladder is of tunnels, each with all its calls: --tunnel ${call}. A call is told by: pptp-lab explain ${name} --call ${call}`,
    )
  }
  return numberOf(whole, 'tunnel', tunnel)
}

/** By its number, or by the machine that asked for it. */
function numberOf({ calls }: Ladder, what: 'tunnel' | 'call', text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const found = calls.find(({ no, client }) => String(no) === text || client === text)
  if (found) return found.no
  const all = calls.map(({ no, client, server }) => `${no} (${client} to ${server})`).join(', ')
  throw new UsageError(
    `There is no ${what} ${text}. ${calls.length === 0 ? 'There is none.' : `The ${what}s: ${all}.`}`,
  )
}

async function knownFormat(word: string): Promise<Format> {
  const format = LADDER_FORMATS.find(each => each === word)
  if (format !== undefined) return format
  const all = `The formats: ${LADDER_FORMATS.join(', ')}.`
  throw new UsageError(`There is no format ${word}. ${await didYouMean(word, LADDER_FORMATS, all)}`)
}

/** What the name of the output asks for. */
function formatOf(output = ''): Format {
  if (/\.svg$/i.test(output)) return 'svg'
  if (/\.html?$/i.test(output)) return 'html'
  return /\.(mmd|mermaid)$/i.test(output) ? 'mermaid' : 'text'
}
