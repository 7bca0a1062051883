/** What a step was: the timer or the act that was due, and what came of it, in one sentence. Also what the next one will be. */
import {
  INTERESTING_EVENTS,
  PACKET_EVENTS,
  type SceneTunnel,
  type SimTime,
  type StoryLine,
  type TraceEvent,
} from '../src/index.ts'
import type { Model, StepUnit } from './model.ts'
import { atPause } from './text.ts'
import { toldOf } from './told.ts'
import { spaced } from './views/timers.ts'
import { whatIs } from './what.ts'
import { seconds } from './words.ts'

/** What is due at the next moment, in a few words, and where. */
export interface Due {
  readonly node: string
  readonly words: string
}

/** Of what the drawing shows; `a timer` where that is all that is known. */
export function dueNext({ scene, recorder }: Model): Due {
  const { next } = scene
  const moving = scene.links.flatMap(link =>
    [...link.flights, ...link.signals].map(({ hop }) => ({ t: hop.arrives ?? 0, to: link.ends[1 - hop.from].node })),
  )
  const arrival = moving.find(({ t }) => t === next)
  if (arrival) return { node: arrival.to, words: 'it arrives' }
  if (next >= scene.stop) return { node: '', words: 'the end' }
  const action = recorder.run.simulation.lab.events.find(({ at }) => at === next)
  if (action) return { node: '', words: `act: ${action.verb}` }
  for (const tunnel of scene.tunnels) {
    const timer = timerOf(tunnel, next)
    if (timer) return timer
  }
  const owner = ownerOf(recorder)
  return { node: '', words: owner === ARRIVES ? 'it arrives' : shorter(owner) }
}

/** In the narrowest list there is room for so many letters. */
const SHORT = 14
const shorter = (timer: string): string => (timer.length <= SHORT ? timer : timer.replace(/ timer$/, ''))

/** `ping timer`, `a frame arrives`: of what has no state of its own to be looked at. */
function ownerOf({ run }: Model['recorder']): string {
  const { world, links } = run.simulation
  const { next, nextOwner } = world.scheduler
  const owner = next === run.next ? (nextOwner ?? '') : ''
  if (links.some(({ name }) => name === owner)) return ARRIVES
  return /^[a-z][a-z -]{0,14}$/.test(owner) ? `${owner} timer` : 'a timer'
}

/** Of what was on a line until this very moment; a switch passes it on. */
const ARRIVES = 'a frame arrives'

function timerOf({ layers, inside, client }: SceneTunnel, t: SimTime): Due | undefined {
  const all = [...layers, ...inside.map(({ name, timers }) => ({ name, timers, node: client }))]
  for (const { name, timers, node } of all) {
    const timer = Object.entries(timers).find(([, due]) => due === t)
    if (timer) return { node, words: shorter(`${name} ${spaced(timer[0])} timer`) }
  }
  return undefined
}

/** `LCP restart timer` of alice: of any machine of the lab. */
function timerAt({ recorder }: Model, t: SimTime): Due | undefined {
  for (const [name, node] of recorder.run.simulation.nodes) {
    for (const [path, { timers }] of Object.entries(node.machines())) {
      const timer = Object.entries(timers).find(([, due]) => due === t)
      if (timer) return { node: name, words: `${machineName(path)} ${spaced(timer[0])} timer` }
    }
  }
  return undefined
}

/** `LCP` of `calls[1].ppp.lcp`, `TCP` of `tcp[…]`. */
const ACRONYMS = /^(tcp|lcp|pap|chap|ccp|ipcp|gre|mppe)$/
function machineName(path: string): string {
  const name = path.replace(/\[[^\]]*\]/g, '').replace(/^.*\./, '')
  return ACRONYMS.test(name) ? name.toUpperCase() : name
}

/** Asked before a step; the answer tells, after it, what it was. */
export function watchStep(before: Model, unit: StepUnit): (after: Model) => string {
  const { scene, recorder } = before
  const [count, verdicts] = [recorder.eventCount, decided(before)]
  // Other steps go over many timers: what they came to is what counts.
  const timer = unit === 'event' ? timerAt(before, scene.next) : undefined
  const owner = ownerOf(recorder)
  return after => {
    const fresh = recorder.eventCount - count
    const events = fresh === 0 ? [] : recorder.events.slice(-fresh)
    const result = resultOf(events, after, unit) ?? (decided(after) > verdicts ? 'a check is judged' : undefined)
    const { t, over } = after.scene
    if (timer) return sentenceOf(t, withResult(timer, result))
    if (result !== undefined) return sentenceOf(t, result)
    if (unit !== 'event' || over) return ''
    const isTimer = owner !== ARRIVES
    return sentenceOf(t, isTimer ? `the ${owner.replace(/^a /, '')} runs out, and nothing is seen of it` : ARRIVES)
  }
}

/** `alice's LCP restart timer: LCP Configure-Request 2 to office` */
function withResult({ node, words }: Due, result: string | undefined): string {
  const timer = `${node}'s ${words}`
  if (result === undefined) return `${timer} runs out`
  return `${timer}: ${result.startsWith(`${node}: `) ? result.slice(node.length + 2) : result}`
}

const decided = ({ scene }: Model): number => scene.checks.filter(({ state }) => state !== 'open').length

/** What has room in the narrowest border; a longer one ends at a pause of its own. */
const ROOM = 73
function sentenceOf(t: SimTime, what: string): string {
  const whole = `${seconds(t)} s, ${what}`
  return `${atPause(whole, ROOM) ?? whole}.`
}

/** What the story tells of the step, else of a packet that came by, else what only a long story tells. */
function resultOf(events: readonly TraceEvent[], model: Model, unit: StepUnit): string | undefined {
  const told = toldOf(model.recorder)
  if (unit === 'interesting') {
    const lines = events.filter(event => INTERESTING_EVENTS.has(event.event)).map(event => told.get(event))
    const last = lines.findLast(line => line?.short)?.short ?? lines.findLast(line => line?.long)?.long
    return said(last)
  }
  const short = events.flatMap(event => told.get(event)?.short ?? [])
  if (unit !== 'packet' && short.length > 0) {
    const more = short.length > 1 ? `, and ${short.length - 1} more` : ''
    return `${said(short[0])}${more}`
  }
  const packet = events.findLast(event => PACKET_EVENTS.has(event.event))
  if (packet) return packetAt(packet, model)
  return said(events.map(event => told.get(event)?.long).find(line => line !== undefined))
}

/** `office: call with alice connected`, `alice pings files` */
function said(line: StoryLine | undefined): string | undefined {
  if (!line) return undefined
  const { node, text } = line
  const words = text.replace(/[.?]$/, '').replace(/tcp\[[^\]]*\]/, 'TCP')
  return words.startsWith(`${node} `) ? words : `${node}: ${words}`
}

const WAYS: Readonly<Record<string, string>> = {
  send: 'sends',
  forward: 'passes on',
  deliver: 'gets',
  drop: 'discards',
}

/** `isp passes on echo request 3` */
function packetAt(event: TraceEvent, model: Model): string | undefined {
  const { packet } = event as { readonly packet?: string }
  const record = packet === undefined ? undefined : model.recorder.packet(packet)
  const way = WAYS[event.event]
  if (!record || !way) return undefined
  const { text, seal } = whatIs(record, model)
  return `${event.node} ${way} ${text}${seal === '' ? '' : `, ${seal}`}`
}
