/**
 * The scene in sentences, for screen readers and logs: most important first, one fact a line, no drawing and no sign
 * without its word. While a run goes on only what has changed is told.
 */

import {
  type Asked,
  DROP_REASONS,
  explanation,
  formatIpv4,
  type Guess,
  hostNames,
  type Lab,
  outcomeOf,
  questionsOf,
  type Recorder,
  type Scene,
  type SceneTunnel,
  type SimTime,
  type Standing,
  sceneOf,
  type TraceEvent,
} from '../src/index.ts'
import { QUIET } from './drops.ts'
import type { Model } from './model.ts'
import { makerOf } from './selection.ts'
import { whatIs } from './what.ts'
import { nameOf, seconds, silenceOf } from './words.ts'

const count = (n: number, one: string): string => `${n === 0 ? 'no' : n} ${n === 1 ? one : `${one}s`}`
const sentence = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.?]$/.test(whole) ? whole : `${whole}.`
}

/** The whole moment. */
export function narrate(model: Model): string[] {
  const { scene, ui } = model
  return [
    headOf(scene, ui.running),
    ...scene.checks.filter(({ state }) => state === 'failed').map(checkSentence),
    ...scene.tunnels.flatMap(tunnelSentences),
    ...movingSentences(model),
    ...pathSentences(scene),
    ...(scene.over ? [] : [`Next: something happens at ${seconds(scene.next)} seconds.`]),
  ]
}

function headOf({ t, stop, over, lab, checks }: Scene, running: boolean): string {
  const state = over ? 'At the end' : running ? 'Running' : 'Paused'
  const of = (wanted: Standing['state']): number => checks.filter(({ state }) => state === wanted).length
  const standing = `Checks: ${of('passed')} passed, ${of('failed')} failed, ${of('open')} open.`
  return `${state} at ${seconds(t)} seconds of ${stop / 1e9}. Lab ${lab.name}, seed ${lab.seed}. ${standing}`
}

const checkSentence = ({ name, description, state, verdict }: Standing): string =>
  sentence(
    `check ${name} ${state === 'open' ? 'is open' : state}: ${(verdict?.detail ?? description).replaceAll(' × ', ' times ')}`,
  )

const tunnelName = (tunnel: SceneTunnel): string =>
  `${sentence(nameOf(tunnel)).slice(0, -1)}, ${tunnel.client} to ${tunnel.server},`

/** Who asked for it, and what that makes of the two. */
function partsOf({ kind, client, entry, server, beganBy }: SceneTunnel): string {
  if (kind === 'local') return `${beganBy.node} dialled. PPP ends at ${server}, and there is no tunnel.`
  if (kind === 'voluntary') return `${client} asked for the call and is the PNS; ${server} is the PAC.`
  return `The tunnel begins at ${entry}, the PAC; ${server} is the PNS, ${beganBy.node} asked for it, and ${client} has no PPTP.`
}

const LAYER_NAMES: Readonly<Record<string, string>> = {
  line: 'the telephone line',
  TCP: 'the TCP connection',
  ctl: 'the control connection',
  call: 'the call',
  LCP: 'LCP',
  auth: 'authentication',
  CCP: 'CCP',
  IPCP: 'IPCP',
}
const layerName = (name: string): string => LAYER_NAMES[name] ?? name
const MARKS = { open: 'open', opening: 'opening', idle: 'not begun', failed: 'failed', absent: 'not there' } as const

const COUNTS: Readonly<Record<number, string>> = { 4: 'four', 5: 'five', 7: 'seven', 8: 'eight' }

function tunnelSentences(tunnel: SceneTunnel): string[] {
  const { client, server, up, since, lines, began, end, layers, inner, encrypted, keyBits } = tunnel
  if (end !== undefined) return [`${tunnelName(tunnel)} is over. ${sentence(reasonOf(end))}`]
  if (began === undefined) return [`${tunnelName(tunnel)} is not dialled yet.`]
  const parts = partsOf(tunnel)
  const name = nameOf(tunnel)
  const own = layers.filter(({ mark }) => mark !== 'absent').length
  const silence = silenceOf(tunnel)
  const deaf = silence === undefined ? [] : [sentence(silence)]
  if (up) {
    const seal = encrypted ? `Sealed with MPPE, ${keyBits} bits.` : 'Not encrypted.'
    return [
      sentence(`${tunnelName(tunnel)} is up since ${seconds(since ?? 0)} seconds. ${sentence(parts)}`),
      `All ${COUNTS[own] ?? own} layers of ${name} are open. Inner addresses: ${client} ${inner?.client}, ${server} ${inner?.server}. ${seal}`,
      `${lines.length > 0 ? `By line ${client}` : `Through ${name} ${client}`} has sent ${count(tunnel.sent, 'packet')} and received ${count(tunnel.received, 'packet')}.`,
      ...deaf,
    ]
  }
  const words = layers.map(({ name, mark, tries, maxTries }) => {
    const tried = mark === 'opening' && tries > 1 ? `, try ${tries} of ${maxTries}` : ''
    return `${layerName(name)} ${MARKS[mark]}${tried}`
  })
  return [
    `${tunnelName(tunnel)} is being opened since ${seconds(began)} seconds. ${sentence(parts)}`,
    sentence(`layers of ${name}: ${words.join(', ')}`),
    ...deaf,
  ]
}

const reasonOf = (end: string): string => end.replace(/^\w+: /, '')

/** Packets on links, the one that arrives first first. */
function movingSentences(model: Model): string[] {
  const flights = model.scene.links.flatMap(({ ends, flights }) =>
    flights.map(flight => ({ ...flight, from: ends[flight.hop.from].node, to: ends[1 - flight.hop.from].node })),
  )
  flights.sort((a, b) => (a.hop.arrives ?? 0) - (b.hop.arrives ?? 0))
  if (flights.length === 0) return ['Nothing is moving.']
  const first = flights.slice(0, 5).flatMap(({ packet, hop, from, to }) => {
    const { text, seal } = whatIs(packet, model)
    const due = `sent at ${seconds(hop.sent)}, due at ${seconds(hop.arrives ?? hop.sent)}`
    const outside = seal === '' ? text : `GRE, ${hop.bytes.length} octets, sealed`
    const inside =
      seal === '' ? [] : [sentence(`inside that packet: ${text} from ${makerOf(packet.parent?.id ?? packet.id)}`)]
    return [sentence(`moving from ${from} to ${to}, ${due}: ${outside}`), ...inside]
  })
  const rest = flights.length - 5
  return [
    `${sentence(`${count(flights.length, 'packet')} on the way`)}`,
    ...first,
    ...(rest > 0 ? [`And ${rest} more.`] : []),
  ]
}

function pathSentences({ links, nodes, drops }: Scene): string[] {
  const down = links.filter(({ up }) => !up).map(({ ends }) => `${ends[0].node} to ${ends[1].node}`)
  const dropping = nodes.filter(({ drops }) => drops > 0).map(({ name, drops }) => `${drops} at ${name}`)
  const cables = links.map(({ ends, quality }) => {
    const delay = quality[0].delay / 1e6
    return `${ends[0].node} to ${ends[1].node}${delay > 0 ? `, ${delay} milliseconds` : ''}`
  })
  return [
    sentence(`links: ${cables.join('; ')}`),
    down.length === 0 ? 'No link is down.' : sentence(`down: ${down.join(', ')}`),
    drops === 0 ? 'Nothing was dropped.' : sentence(`dropped: ${count(drops, 'packet')}, ${dropping.join(', ')}`),
  ]
}

/** What is different now, most important first; `events` are those in between. */
export function changes(
  before: Scene,
  after: Scene,
  events: readonly TraceEvent[] = [],
  names = new Map<string, string>(),
): string[] {
  const at = `${seconds(after.t)} seconds: `
  return [
    ...checkChanges(before, after, 'failed'),
    ...events.flatMap(dropSentences),
    ...events.flatMap(event => eventSentences(event, names)),
    ...tunnelChanges(before, after),
    ...linkChanges(before, after),
    ...checkChanges(before, after, 'passed'),
    ...(after.over && !before.over ? [endSentence(after)] : []),
  ].map(text => `${at}${text}`)
}

const checkChanges = (before: Scene, after: Scene, state: Standing['state']): string[] =>
  after.checks.filter((check, i) => check.state === state && before.checks[i]?.state !== state).map(checkSentence)

const endSentence = ({ checks }: Scene): string => {
  const passed = checks.filter(({ state }) => state === 'passed').length
  return `The end. ${passed} of ${checks.length} checks passed.`
}

function dropSentences(event: TraceEvent): string[] {
  if (event.event !== 'drop' || QUIET.has(event.reason)) return []
  const what = event.proto === undefined ? `a packet of ${event.layer.toUpperCase()}` : event.proto.toUpperCase()
  const way = event.src === undefined ? '' : ` from ${event.src} to ${event.dst}`
  return [`${event.node} dropped ${what}${way}. ${DROP_REASONS[event.reason]}`]
}

function eventSentences(event: TraceEvent, names: ReadonlyMap<string, string>): string[] {
  const called = (address: string): string => names.get(address) ?? address
  const millis = (ns: number): string => `${(ns / 1e6).toFixed(1)} milliseconds`
  switch (event.event) {
    case 'action':
      return [sentence(event.detail)]
    case 'ping-reply':
      return [`${called(event.from)} answered ping ${event.seq} of ${event.node} after ${millis(event.rtt)}.`]
    case 'echo-reply':
      return [`${called(event.from)} answered UDP echo ${event.seq} of ${event.node} after ${millis(event.rtt)}.`]
    case 'ping-failed':
      return [`Ping ${event.seq} of ${event.node} to ${called(event.to)} failed: ${event.type}.`]
    case 'fetch-done':
      return [
        `${event.node} fetched ${event.bytes} octets from ${called(event.from)} in ${millis(event.took)}: ${event.ok ? 'every octet is right' : event.detail}.`,
      ]
    case 'talk-done':
      return [
        `${event.bytes} octets of ${event.node} came back from ${called(event.to)} in ${millis(event.took)}: ${event.ok ? 'every octet is right' : event.detail}.`,
      ]
    case 'served': {
      const { node, service, from, received, sent, end, detail } = event
      const what = detail === '' ? service : `${service} (${detail})`
      return [`${node} served ${what} to ${called(from)}: ${received} octets in, ${sent} out, ${end}.`]
    }
    default:
      return []
  }
}

function tunnelChanges(before: Scene, after: Scene): string[] {
  return after.tunnels.flatMap((tunnel, i) => {
    const old = before.tunnels[i]
    const out: string[] = []
    if (tunnel.end !== undefined && tunnel.end !== old?.end) out.push(tunnelSentences(tunnel)[0])
    if (tunnel.up && !old?.up) out.push(...tunnelSentences(tunnel).slice(0, 2))
    else if (tunnel.began !== undefined && old?.began === undefined) out.push(`${tunnelName(tunnel)} is dialled.`)
    const silence = silenceOf(tunnel)
    if (silence !== undefined && tunnel.end === undefined && (!old || silenceOf(old) === undefined))
      out.push(sentence(`${nameOf(tunnel)}: ${silence}`))
    for (const [index, { name, mark }] of tunnel.layers.entries()) {
      const was = old?.layers[index]?.mark
      if (mark === was || mark === 'opening' || mark === 'absent') continue
      const word = mark === 'open' ? 'is open' : mark === 'failed' ? 'has failed' : 'is closed again'
      out.push(sentence(`${layerName(name)} of ${nameOf(tunnel)} ${word}`))
    }
    return out
  })
}

const linkChanges = (before: Scene, after: Scene): string[] =>
  after.links
    .filter(({ up }, i) => up !== before.links[i]?.up)
    .map(({ ends, up }) => `The link from ${ends[0].node} to ${ends[1].node} is ${up ? 'up again' : 'down'}.`)

/** Events after which the scene is worth another look. */
const STIRRING: ReadonlySet<TraceEvent['event']> = new Set([
  'state',
  'interface',
  'drop',
  'action',
  'ping-reply',
  'ping-failed',
  'echo-reply',
  'fetch-done',
  'talk-done',
  'served',
])

/**
 * Runs a lab to its end in virtual time: first what there is, then every change, then how it stands at the end. Needs no
 * terminal. Questions of the lab are told at their moment; nobody is waited for, and the answer follows when it is shown.
 */
export function plainRun(
  recorder: Recorder,
  print: (line: string) => void,
  model: (scene: Scene) => Model,
  quiz = false,
): void {
  const { run } = recorder
  const { lab } = run.simulation
  const names = new Map([...hostNames(lab)].map(([address, name]) => [formatIpv4(address), name]))
  const questions = quiz ? new Questions(lab, print) : undefined
  let events: TraceEvent[] = []
  let stirred = false
  run.listen(event => {
    events.push(event)
    stirred ||= STIRRING.has(event.event)
  })
  let scene = sceneOf(recorder)
  for (const text of narrate(model(scene))) print(text)
  while (!run.over) {
    questions?.ask(run.next)
    run.advanceTo(run.next)
    const open = scene.checks.filter(({ state }) => state === 'open').length
    if (!stirred && !run.over && run.standing.filter(({ state }) => state === 'open').length === open) continue
    const after = sceneOf(recorder)
    for (const text of changes(scene, after, events, names)) print(text)
    questions?.answer(after)
    scene = after
    events = []
    stirred = false
  }
  for (const text of narrate(model(scene))) print(text)
}

/** The questions of a lab in sentences: each before its moment, and what is right when the run has shown it. */
class Questions {
  readonly #print: (line: string) => void
  #waiting: Asked[]
  readonly #asked: Asked[] = []

  constructor(lab: Lab, print: (line: string) => void) {
    this.#waiting = [...questionsOf(lab)]
    this.#print = print
  }

  ask(next: SimTime): void {
    for (const asked of this.#waiting.filter(({ t }) => t <= next)) {
      const { no, t, question } = asked
      const answers = question.answers.map((answer, i) => `${i + 1}, ${answer}`)
      this.#print(`${seconds(t)} seconds: question ${no}. ${question.text} Answers: ${answers.join('; ')}.`)
      this.#asked.push(asked)
    }
    this.#waiting = this.#waiting.filter(({ t }) => t > next)
  }

  answer({ t, checks }: Scene): void {
    for (const asked of this.#asked.splice(0)) {
      const outcome = outcomeOf(asked, SKIPPED, checks)
      if (outcome === 'open') {
        this.#asked.push(asked)
        continue
      }
      const [, ...rest] = explanation(asked, SKIPPED, outcome)
      this.#print(`${seconds(t)} seconds: question ${asked.no}. ${rest.join(' ')}`)
    }
  }
}

const SKIPPED: Guess = { answer: undefined, sure: undefined }
