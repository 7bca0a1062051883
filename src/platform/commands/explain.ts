/** `pptp-lab explain LAB`: the life of a packet, a call or a machine, told from the run of a lab. */
import {
  type Call,
  callCalled,
  callLines,
  follow,
  frameName,
  heardSentence,
  type Life,
  lifeLines,
  nodeLines,
  packetCalled,
  type Survey,
  survey,
  surveyLines,
} from '../../diagnose/explain/explain.ts'
import { checkedLab, explainCommand, overridesOf, readLab, refuseOutside, replayOf } from '../files.ts'
import { out, terminalWidth, wrap } from '../terminal.ts'
import { type Action, didYouMean, EXIT, UsageError } from '../usage.ts'
import { untilOf } from './run.ts'

interface Flags {
  readonly packet?: string
  readonly node?: string
  readonly call?: string
  readonly json?: boolean
  readonly seed?: string
  readonly set?: readonly string[]
  readonly until?: string
}

export const explain: Action = async ([name], options) => {
  const flags = options as Flags
  const { packet, node, call, json = false } = flags
  if ([packet, node, call].filter(each => each !== undefined).length > 1) {
    throw new UsageError('--packet, --node and --call each ask for another story: choose one.')
  }
  const file = await readLab(name, overridesOf(flags))
  const lab = checkedLab(file)
  refuseOutside(lab, file)
  const names = lab.nodes.map(each => each.name)
  if (node !== undefined && !names.includes(node)) {
    throw new UsageError(
      `${lab.name} has no node ${node}. ${await didYouMean(node, names, `It has ${names.join(', ')}.`)}`,
    )
  }
  const source = { lab, options: { ...replayOf(file, lab), ...untilOf(flags) } }
  const found = survey(source, packet === undefined ? undefined : frameName(packet))
  // A mistake is found before the first line is out.
  const subject = subjectOf(found, flags)
  const lines = json ? jsonLines(found, subject) : textLines(found, subject, explainCommand(name, flags))
  const screen = terminalWidth()
  for (const line of lines) out(`${json ? line : wrap(line, screen, indentOf(line))}\n`)
  return EXIT.good
}

/** What follows a line that is too long stands under its text. */
const indentOf = (line: string): number => (/^ */.exec(line)?.[0].length ?? 0) + 4

function packetOf(found: Survey, text: string): string {
  const named = packetCalled(found, text)
  if ('problem' in named) throw new UsageError(named.problem)
  return named.packet
}

function callOf(found: Survey, text: string): Call {
  const call = callCalled(found, text)
  if (call) return call
  const { calls } = found.calls
  const all = calls.map(({ no, asker }) => `${no} (${asker.node})`).join(', ')
  throw new UsageError(
    calls.length === 0
      ? `There is no call ${text}: nobody has asked for one.`
      : `There is no call ${text}. A call is named by its number or by the machine that asked for it: ${all}.`,
  )
}

/** What is asked for; nothing of it: the whole run. */
interface Subject {
  readonly life: Life | undefined
  readonly node: string | undefined
  readonly call: Call | undefined
}

const subjectOf = (found: Survey, { packet, node, call }: Flags): Subject => ({
  life: packet === undefined ? undefined : follow(found, packetOf(found, packet)),
  node,
  call: call === undefined ? undefined : callOf(found, call),
})

function* textLines(found: Survey, { life, node, call }: Subject, command: string): Generator<string> {
  const { name, seed } = found.source.lab
  if (life) yield* lifeLines(life)
  else if (node !== undefined) yield* nodeLines(found, node, command)
  else if (call) yield* callLines(call, command)
  else {
    yield `${name}, seed ${seed}`
    yield* surveyLines(found, command)
  }
}

function* jsonLines(found: Survey, { life, node, call }: Subject): Generator<string> {
  const { name, seed } = found.source.lab
  const told = function* (): Generator<object> {
    yield { type: 'explain', format: 1, lab: name, seed }
    if (life) {
      yield { type: 'packet', packet: life.packet, journey: life.journey }
      for (const step of life.steps) yield { type: 'step', ...step }
    } else if (call) yield jsonCall(call)
    else {
      const own = <T extends { readonly node: string }>(rows: readonly T[]): readonly T[] =>
        rows.filter(row => node === undefined || row.node === node)
      if (node === undefined) for (const each of found.calls.calls) yield jsonCall(each)
      const machines = [...found.nodes].map(([machine, facts]) => ({ node: machine, ...facts }))
      for (const each of own(machines)) yield { type: 'node', ...each }
      for (const each of own(found.drops)) yield { type: 'drops', ...each }
      for (const each of own(found.rewrites)) yield { type: 'rewrites', ...each }
      if (node !== undefined) for (const { event, ...flow } of own(found.flows)) yield { type: event, ...flow }
    }
  }
  for (const line of told()) yield JSON.stringify(line)
}

const jsonCall = (call: Call): object => ({
  type: 'call',
  ...call,
  ways: call.ways.map(way => ({ ...way, lines: Object.fromEntries(way.lines), lost: [...way.lost.values()] })),
  heard: heardSentence(call),
})
