/** Breakpoints as the user has them: which one fits what is selected, what a hit does to the list, and where it points. */
import { type Journey, readBreakpoint, type SimTime, type TraceEvent } from '../src/index.ts'
import { ONE_FUTURE } from './future.ts'
import { type Break, type Model, type Selection, selectedJourney, type Ui } from './model.ts'
import type { Hit } from './player.ts'
import { derive, makerOf } from './selection.ts'
import type { SessionSource } from './session.ts'
import { tale } from './tale.ts'
import { chosenEvent } from './views/events.ts'
import { seconds } from './words.ts'

/** The line that would stop the run when the selected thing happens again. */
export function fitting(model: Model): string {
  const { ui, scene } = model
  const { selection } = ui
  const tunnel = scene.tunnels.find(({ no }) => no === selection.tunnel)
  const node = selection.node ?? tunnel?.client ?? scene.nodes[0]?.name
  switch (ui.view) {
    case 'checks':
      return scene.checks[selection.check] ? `check ${scene.checks[selection.check].name}` : `drop at ${node}`
    case 'packets': {
      const journey = selectedJourney(model)
      return journey ? ofJourney(journey) : 'packet proto gre'
    }
    case 'tunnels':
      return tunnel ? ofTunnel(tunnel, selection.layer) : `drop at ${node}`
    case 'events': {
      const event = chosenEvent(model)
      return event ? ofEvent(event) : `drop at ${node}`
    }
    default:
      return node === undefined ? 'drop' : `drop at ${node}`
  }
}

function ofJourney({ packets }: Journey): string {
  const drop = packets.findLast(packet => packet.drop !== undefined)?.drop
  if (drop) return `drop at ${drop.node}`
  const packet = packets.find(({ facts }) => facts !== undefined)
  return packet ? `packet proto ${packet.facts?.proto} and from ${makerOf(packet.id)}` : 'packet'
}

function ofEvent(event: TraceEvent): string {
  switch (event.event) {
    case 'drop':
      return `drop ${event.reason} at ${event.node}`
    case 'state':
      return `state ${event.node}.${event.machine} to ${event.to}`
    case 'pptp-message':
    case 'ppp-message':
    case 'line-signal':
      return `${event.event} type ${event.type} and at ${event.node}`
    default:
      return `${event.event} at ${event.node}`
  }
}

const MACHINES: Readonly<Record<string, readonly [machine: string, to: string]>> = {
  ctl: ['pptp.control', 'established'],
  call: ['pptp.call', 'established'],
  LCP: ['ppp.lcp', 'opened'],
  auth: ['ppp.auth', 'authenticated'],
  CCP: ['ppp.ccp', 'opened'],
  IPCP: ['ppp.ipcp', 'opened'],
}

/** The layer that is selected, or that the tunnel waits for, comes up. */
function ofTunnel({ client, kind, layers }: Model['scene']['tunnels'][number], layer: number): string {
  const waiting = layers.find(({ mark }) => mark !== 'open' && mark !== 'absent')
  const { name } = layers[layer] ?? waiting ?? layers[layers.length - 1]
  const [machine, to] = MACHINES[name] ?? MACHINES.IPCP
  // Of a tunnel that an access server makes, only PPP is the client's.
  return kind !== 'voluntary' && machine.startsWith('pptp.')
    ? `drop at ${client}`
    : `state ${client}.${machine} to ${to}`
}

export const nameOf = ({ no }: Pick<Break, 'no'>): string => `b${no}`

/** A line was typed that is to be a breakpoint, or to take the place of that of a number; what cannot be one stays to be mended. */
export function breakTyped(ui: Ui, source: SessionSource, text: string, no: number | undefined): Ui {
  const { text: written, live, fixed, lab } = source
  if (live) return { ...ui, message: ONE_FUTURE }
  const read = written ? readBreakpoint(text, written, lab) : undefined
  if (read?.ok) return withBreak(ui, read.breakpoint, no)
  const about = no === undefined ? {} : { about: String(no) }
  const message = read?.problem ?? fixed ?? 'This run has no lab file, so nobody can say what could happen in it.'
  return { ...ui, message, prompt: { kind: 'breakpoint', text, ...about } }
}

/** A new one, or another in the place of that number. */
export function withBreak(ui: Ui, breakpoint: Break['breakpoint'], no: number | undefined): Ui {
  const known = ui.breaks.find(each => each.no === no)
  const same = ui.breaks.find(each => each !== known && each.breakpoint.text === breakpoint.text)
  if (same) return { ...ui, message: `${nameOf(same)} does that already. B lists them.` }
  const free = 1 + Math.max(0, ...ui.breaks.map(each => each.no))
  const made: Break = { no: known?.no ?? free, breakpoint, on: true, hits: 0, last: undefined }
  const breaks = known ? ui.breaks.map(each => (each === known ? made : each)) : [...ui.breaks, made]
  return { ...ui, breaks, message: `${nameOf(made)} stops the run: ${breakpoint.text}. B lists them.` }
}

export const armed = ({ breaks }: Ui): readonly Break['breakpoint'][] =>
  breaks.filter(({ on }) => on).map(({ breakpoint }) => breakpoint)

/**
 * The run has hit some: it stops, the selection is at the cause, and the sentence says what was hit, and that it was before the
 * time that somebody wanted to go to.
 */
export function atHits(model: Model, hits: readonly Hit[], goal: SimTime | undefined): Ui {
  const { ui, scene } = model
  const breaks = ui.breaks.map(each => {
    const count = hits.filter(({ breakpoint }) => breakpoint === each.breakpoint).length
    return count === 0 ? each : { ...each, hits: each.hits + count, last: scene.t }
  })
  const [hit] = hits
  const first = breaks.find(({ breakpoint }) => breakpoint === hit.breakpoint)
  if (!first) return ui
  const what = hit.event ? sentenceOf(hit.event, model) : `the verdict of ${hit.breakpoint.check?.name}`
  const before = goal !== undefined && goal > scene.t ? ` On the way to ${seconds(goal)} s.` : ''
  const message = `${nameOf(first)}, ${hit.breakpoint.text}: ${what}.${before}`
  return { ...ui, breaks, running: false, broke: first.no, follow: false, message, selection: causeOf(hit, model) }
}

function sentenceOf(event: TraceEvent, { scene }: Model): string {
  const names = new Map(scene.nodes.flatMap(({ name, addresses }) => addresses.map(a => [a.replace(/\/.*/, ''), name])))
  const told = tale(event, address => names.get(address) ?? address)
  if (told) return `${event.node} ${told.text.replace(/^× /, 'drops it, ')}`
  const { packet } = event as { readonly packet?: string }
  return packet === undefined ? `${event.event} at ${event.node}` : `${packet}, ${event.event} at ${event.node}`
}

/** The packet, the machine, or the check that it was about. */
function causeOf({ event, breakpoint }: Hit, model: Model): Selection {
  if (!event) {
    const check = model.scene.checks.findIndex(({ name }) => name === breakpoint.check?.name)
    return { ...model.ui.selection, check: Math.max(0, check) }
  }
  const { packet } = event as { readonly packet?: string }
  const record = packet === undefined ? undefined : model.recorder.packet(packet)
  const known = model.scene.nodes.some(({ name }) => name === event.node)
  const node = known ? { node: event.node } : {}
  const part = record ? { journey: record.journey.no, form: record.journey.packets.indexOf(record), ...node } : node
  return { ...derive(model, part), event: 0 }
}
