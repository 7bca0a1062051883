/** What is known of a packet, a call, a machine or a whole run, as lines for people. */
import { formatTime, type SimTime } from '../../base/time.ts'
import type { Snapshot, SnapshotValue } from '../../lab/snapshot.ts'
import { whyOf } from '../../lab/why.ts'
import type { Call, CallEnd, GreWay, LostPackets } from './calls.ts'
import type { Change } from './changed.ts'
import type { Life, Step } from './follow.ts'
import type { Drops, Rewrites, Survey } from './survey.ts'

/** Rows of a list; how many more there are is said. */
const MOST = 20
const INDENT = '  '

const moment = (t: SimTime): string => formatTime(t).padStart(10)
const title = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())
const times = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function* upTo<T>(rows: readonly T[], line: (row: T) => string | readonly string[], noun: string): Generator<string> {
  for (const row of rows.slice(0, MOST)) {
    const lines = line(row)
    if (typeof lines === 'string') yield lines
    else yield* lines
  }
  if (rows.length > MOST) yield `${INDENT}… and ${times(rows.length - MOST, noun)} more (--json has all)`
}

// A run

/** What a reader is likely to ask about: what a rule or a table has discarded, otherwise what was discarded most. */
function worthOf(drops: readonly Drops[]): Drops | undefined {
  const named = drops.filter(({ packet }) => packet !== undefined)
  const [most] = [...named].sort((a, b) => b.count - a.count)
  return named.find(({ rule, entry, count }) => (rule ?? entry) !== undefined && count > 1) ?? most
}

/** What can be explained, and how to ask for it. `command`: as the user has named the lab. */
export function* surveyLines(survey: Survey, command: string): Generator<string> {
  const { calls, drops, rewrites, made, journeys } = survey
  const packets = [...made.values()].reduce((sum, count) => sum + count, 0)
  yield `${times(packets, 'packet')} on ${times(new Set(journeys.values()).size, 'way')}, ${formatTime(survey.t).slice(0, -3)} s`
  yield ''
  yield calls.calls.length === 0 ? 'No call was asked for.' : 'Calls'
  yield* upTo(
    calls.calls,
    call => [`${INDENT}${call.no}  ${callTitle(call)}`, `${INDENT}   ${heardSentence(call)}`],
    'call',
  )
  yield ''
  yield drops.length === 0 ? 'Nothing was discarded.' : 'Discarded'
  yield* upTo(drops, dropLines, 'reason')
  if (rewrites.length > 0) yield* ['', 'Rewritten']
  yield* upTo(rewritersOf(rewrites), line => line, 'place')
  yield ''
  yield 'Go on with'
  const worst = worthOf(drops)
  const first = worst?.packet ?? calls.calls[0]?.messages[0]?.packet
  if (first !== undefined) yield `${INDENT}${command} --packet ${first}`
  const call = calls.calls.find(each => !hearEachOther(each)) ?? calls.calls[0]
  if (call) yield `${INDENT}${command} --call ${call.no}`
  const node = worst?.node ?? rewrites[0]?.node ?? survey.source.lab.nodes[0].name
  yield `${INDENT}${command} --node ${node}`
}

/** `13 x home: TCP source, destination, first alice#2`; what exactly is told of the machine. */
function rewritersOf(rewrites: readonly Rewrites[]): string[] {
  const places = new Map<string, Rewrites[]>()
  for (const each of rewrites) {
    const place = `${each.node}: ${protoName(each.proto)}`
    places.set(place, [...(places.get(place) ?? []), each])
  }
  return [...places].map(([place, all]) => {
    const fields = [...new Set(all.map(({ field }) => field))].join(', ')
    const count = all.reduce((sum, each) => sum + each.count, 0)
    return `${INDENT}${count} x ${place} ${fields}, first ${all[0].packet}`
  })
}

const protoName = (proto: string): string => (/-/.test(proto) ? title(proto) : proto.toUpperCase())

const byWhat = ({
  rule,
  entry,
}: {
  readonly rule?: string | undefined
  readonly entry?: string | undefined
}): string[] => [...(rule === undefined ? [] : [`rule: ${rule}`]), ...(entry === undefined ? [] : [`entry: ${entry}`])]

function dropLines(drops: Drops): string[] {
  const { node, reason, layer, proto, link, count, t, packet } = drops
  const what = proto === undefined ? 'packets' : proto.toUpperCase()
  const first = packet === undefined ? '' : `, first ${packet}`
  const where = link === undefined ? '' : ` on ${link}`
  return [
    `${INDENT}${count} x ${node}${where}: ${what}, ${reason} (layer ${layer})${first} at ${moment(t).trim()}`,
    ...byWhat(drops).map(text => `${INDENT}${INDENT}${text}`),
  ]
}

// A call

function callTitle({ asker, answerer, t, messages }: Call): string {
  const end = messages.at(-1)?.type
  const over =
    end === 'call-disconnect-notify' || end === 'call-clear-request'
      ? `to ${moment(messages.at(-1)?.t ?? 0).trim()}`
      : 'on'
  const to = answerer ? answerer.node : asker.peerAddress
  return `${asker.node} (${asker.role}) -> ${to}${answerer ? ` (${answerer.role})` : ''}, from ${moment(t).trim()} ${over}`
}

const hearEachOther = ({ ways: [there, back] }: Call): boolean => there.arrived > 0 && back.arrived > 0

/** Who hears whom: both ways are looked at apart. */
export function heardSentence(call: Call): string {
  const {
    asker,
    answerer,
    ways: [there, back],
  } = call
  if (!answerer) return `${asker.peerAddress} has not answered the request.`
  const [near, far] = [asker.node, answerer.node]
  if (hearEachOther(call))
    return `${far} and ${near} have heard each other: ${there.arrived} of ${there.sent} GRE packets arrived at ${far}, ${back.arrived} of ${back.sent} at ${near}.`
  if (there.sent === 0 && back.sent === 0) return 'Neither has sent a GRE packet.'
  if (there.arrived > 0) return `${far} hears ${near}, ${near} hears nothing${fateOf(back)}.`
  if (back.arrived > 0) return `${near} hears ${far}, ${far} hears nothing${fateOf(there)}.`
  return `Neither hears the other: no GRE packet has arrived at ${far}${fateOf(there)}, and none at ${near}${fateOf(back)}.`
}

function fateOf({ sent, lost }: GreWay): string {
  if (sent === 0) return ' (and nothing was sent)'
  const worst = [...lost.values()].sort((a, b) => b.count - a.count)[0]
  return worst
    ? ` (${worst.count} of ${sent} were discarded by ${worst.node}: ${worst.reason})`
    : ` (of ${sent} that were sent)`
}

export function* callLines(call: Call, command: string): Generator<string> {
  const { no, asker, answerer, messages, ways, milestones } = call
  yield `Call ${no}: ${callTitle(call)}`
  yield heardSentence(call)
  yield ''
  yield 'As its ends know it'
  yield* endLines(asker)
  if (answerer) yield* endLines(answerer)
  const told = [
    ...messages.map(({ t, from, packet, type, sent, seen }) => ({
      t,
      lines: [
        `${INDENT}${moment(t)}  ${from}  ${title(type)} (${packet}): ${sent}`,
        ...(seen === sent ? [] : [`${INDENT}${' '.repeat(12)}arrives as: ${seen}`]),
      ],
    })),
    ...milestones.map(({ t, node, text }) => ({ t, lines: [`${INDENT}${moment(t)}  ${node}  ${text}`] })),
  ]
  yield* ['', 'What happened']
  yield* upTo(
    told.sort((a, b) => a.t - b.t),
    ({ lines }) => lines,
    'line',
  )
  yield* ['', 'GRE packets']
  for (const way of ways) yield* wayLines(way)
  const first = [...ways[0].lost.values(), ...ways[1].lost.values()][0]?.packet ?? ways[0].packet ?? messages[0].packet
  yield* ['', `One of its packets: ${command} --packet ${first}`]
}

function* endLines({ node, role, callId, peerCallId, address, peerAddress }: CallEnd): Generator<string> {
  const peer = peerCallId === undefined ? 'unknown' : String(peerCallId)
  yield `${INDENT}${node} (${role}): its call ID ${callId}, the peer's ${peer}; ${address} with ${peerAddress}`
}

function* wayLines({ from, to, sent, arrived, lines, lost }: GreWay): Generator<string> {
  yield `${INDENT}${from} to ${to}: ${sent} sent, ${arrived} arrived`
  for (const [line, count] of lines) yield `${INDENT}${INDENT}${line}: ${count}`
  for (const each of lost.values()) yield* lostLines(each)
}

function* lostLines(lost: LostPackets): Generator<string> {
  const { node, reason, layer, count, packet } = lost
  yield `${INDENT}${INDENT}discarded by ${node}: ${count}, ${reason} (layer ${layer}), first ${packet}`
  for (const text of byWhat(lost)) yield `${INDENT}${INDENT}${INDENT}${text}`
}

// A machine

export function* nodeLines(survey: Survey, name: string, command: string): Generator<string> {
  const { nodes, drops, rewrites, flows, state } = survey
  const facts = nodes.get(name)
  const kind = survey.source.lab.nodes.find(node => node.name === name)?.kind
  yield `${name} (${kind}): ${facts?.sent} packets sent, ${facts?.forwarded} forwarded, ${facts?.delivered} delivered, ${facts?.dropped} discarded`
  const own = rewrites.filter(({ node }) => node === name)
  if (own.length > 0) yield* ['', 'Rewritten']
  yield* upTo(own, rewriteLine, 'change')
  const lost = drops.filter(({ node }) => node === name)
  yield* ['', lost.length > 0 ? 'Discarded' : 'Nothing was discarded.']
  yield* upTo(lost, dropLines, 'reason')
  yield* ruleLines(state.get(name)?.filter)
  const entries = flows.filter(({ node }) => node === name)
  if (entries.length > 0) yield* ['', 'Connections']
  yield* upTo(
    entries,
    ({ t, action, proto, entry, rule }) =>
      `${INDENT}${moment(t)}  ${action === 'begin' ? 'new ' : 'gone'}  ${proto.toUpperCase()} ${entry}${rule === '' || action === 'end' ? '' : ` (${rule})`}`,
    'entry',
  )
  const packet = lost.find(each => each.packet !== undefined)?.packet ?? own[0]?.packet
  if (packet !== undefined) yield* ['', `One of its packets: ${command} --packet ${packet}`]
}

const rewriteLine = ({ proto, field, before, after, by, count, packet }: Rewrites): string =>
  `${INDENT}${count} x ${protoName(proto)}: ${field} ${before} -> ${after} (${by}), first ${packet}`

/** Rules with what they have counted, in the order in which they are asked. */
function* ruleLines(filter: SnapshotValue): Generator<string> {
  const rules = ((filter as Snapshot | undefined)?.rules ?? []) as readonly Snapshot[]
  const worth = rules.filter(({ rule, packets }) => rule !== '' || packets !== 0)
  if (worth.length === 0) return
  yield* ['', 'Rules, the first that fits decides']
  for (const { rule, packets, octets } of worth) yield `${INDENT}${rule}: ${packets} packets, ${octets} octets`
}

// A packet

export function* lifeLines({ packet, journey, steps }: Life): Generator<string> {
  const forms = [...new Set(steps.map(step => step.packet))]
  yield `${packet}${journey === undefined ? '' : `, number ${journey} in the terminal UI`}${forms.length > 1 ? `; its forms: ${forms.join(', ')}` : ''}`
  yield ''
  const width = Math.max(...steps.map(({ node }) => node.length))
  for (const step of steps) {
    const [first, ...more] = stepLines(step)
    yield `${moment(step.t)}  ${step.node.padEnd(width)}  ${first}`
    for (const line of more) yield `${' '.repeat(14 + width)}${line}`
  }
}

const HOW = {
  made: (packet: string, parent: string | undefined) =>
    parent === undefined ? `makes ${packet}` : `makes ${packet} of ${parent}`,
  wrapped: (packet: string, parent: string | undefined) => `wraps ${parent} into ${packet}`,
  unwrapped: (packet: string, parent: string | undefined) => `takes ${packet} out of ${parent}`,
  cut: (packet: string, parent: string | undefined) => `cuts ${packet} from ${parent}`,
  joined: (packet: string, parent: string | undefined) => `puts ${packet} together from ${parent} and others`,
}

function stepLines(step: Step): string[] {
  switch (step.step) {
    case 'made':
      return [`${HOW[step.how](step.packet, step.parent)}: ${step.what}`]
    case 'sent':
      return [`sends ${step.packet} by ${step.iface}, ${step.length} octets`]
    case 'forwarded':
      return [`forwards ${step.packet} by ${step.iface}`]
    case 'delivered':
      return [`has got ${step.packet}, which is for it, by ${step.iface}`]
    case 'rewritten': {
      const by = [
        step.rule === undefined ? [] : [`rule: ${step.rule}`],
        step.entry === undefined ? [] : [`entry: ${step.entry}`],
      ]
      return [`rewrites ${step.packet}: ${step.field} ${step.before} -> ${step.after}`, ...by.flat()]
    }
    case 'dropped': {
      const { reason, sentence, facts } = whyOf(step)
      return [`DISCARDS ${step.packet} (${reason}): ${sentence}`, ...facts]
    }
    case 'line':
      return onTheLine(step)
  }
}

function onTheLine(step: Extract<Step, { step: 'line' }>): string[] {
  const { to, packet, capture, frame, octets, waited, t, arrives, fate, changed } = step
  const queue = waited > 0 ? `, ${milliseconds(waited)} in the queue` : ''
  const when =
    arrives === undefined ? `, lost (${fate})` : `, there after ${milliseconds(arrives - t)}${fate ? `, ${fate}` : ''}`
  return [
    `-> ${to}: ${packet}, ${octets} octets${queue}${when}; frame ${frame} of ${capture}`,
    ...changed.map(changeLine),
  ]
}

const milliseconds = (ns: number): string => `${Number((ns / 1e6).toFixed(3))} ms`

const changeLine = ({ field, offset, before, after }: Change): string =>
  `octet ${String(offset).padStart(2)}  ${before.hex} -> ${after.hex}  ${field}${SHORT.test(after.text) && before.text !== '' ? ` ${before.text} -> ${after.text}` : ''}`
/** Values that say more than their octets. */
const SHORT = /^[^ ]{1,21}$/
