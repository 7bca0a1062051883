/**
 * `e`: what the selected field, state, reason or row means, with the RFC and its section; behind it the words of the
 * view. The texts are those of the glossary.
 */
import {
  type Explanation,
  explainCheck,
  explainDrop,
  explainEvent,
  explainField,
  explainKind,
  explainState,
  explainWord,
  type Field,
  logMeaning,
} from '../../src/index.ts'
import type { Dissection } from '../dissection.ts'
import { wrap } from '../draw.ts'
import { narrowed } from '../filter.ts'
import { popUp } from '../menus.ts'
import type { Model, Size, ViewName } from '../model.ts'
import { type Line, line, span } from '../text.ts'
import * as Checks from './checks.ts'
import { focused } from './dash.ts'
import * as Events from './events.ts'
import * as Log from './log.ts'
import * as Nat from './nat.ts'
import * as Packets from './packets.ts'
import { chosenLayer, chosenTunnel } from './tunnel-list.ts'
import { dropAskedFor } from './why.ts'

/** What is explained of what is selected in a view. */
type Explainer = (model: Model) => readonly (Explanation | undefined)[]

const EXPLAINERS: Partial<Readonly<Record<ViewName, Explainer>>> = {
  net: ofNet,
  tunnels: ofTunnel,
  packets: ofPacket,
  nat: ofBox,
  events: model => {
    const event = Events.chosenEvent(model)
    return event ? explainEvent(event) : []
  },
  checks: model => {
    const check = Checks.chosenCheck(model)
    return check ? [explainCheck(check.name, check.when)] : []
  },
  log: model => {
    const line = Log.chosenLine(model)
    const text = line && logMeaning(line)
    return line && text ? [{ title: line.program, here: line.text, text, values: [], see: '' }] : []
  },
}

/** Words that stand on the screen of a view whatever is selected. */
const VIEW_WORDS: Partial<Readonly<Record<ViewName, readonly string[]>>> = {
  net: ['PNS', 'PAC', 'sealed', 'lens'],
  tunnels: ['up, down', 'goodput', 'PNS', 'PAC'],
  packets: ['way', 'sealed', 'lens'],
  nat: ['NAT', 'helper'],
}

/** Never empty for a view that has words; each text once. */
export function explanationsOf(model: Model): readonly Explanation[] {
  if (model.ui.view === 'dash') return explanationsOf(focused(model))
  const { view, why } = model.ui
  const seen = narrowed(model)
  const drop = why ? dropAskedFor(model) : undefined
  const found = [
    ...(drop ? [explainDrop(drop.reason)] : []),
    ...(EXPLAINERS[view]?.(seen) ?? []),
    ...(VIEW_WORDS[view] ?? []).map(explainWord),
  ].filter(each => each !== undefined)
  return found.filter(({ text }, i) => found.findIndex(other => other.text === text) === i)
}

function ofNet({ ui, scene }: Model): readonly (Explanation | undefined)[] {
  const { node, link, tunnel: no } = ui.selection
  const machine = scene.nodes.find(({ name }) => name === node)
  if (machine) return [explainKind(machine.kind), machine.role === undefined ? undefined : explainWord(machine.role)]
  if (link === undefined || scene.links[link] === undefined) return []
  const through = scene.links[link].tunnels.length > 0 || no !== undefined
  return [
    scene.links[link].type === 'serial' ? explainWord('line') : undefined,
    through ? explainWord('GRE') : undefined,
  ]
}

/** The words of the glossary for the layers of a tunnel, and the machines that have their states. */
const LAYERS: Readonly<Record<string, readonly [word: string, machine: string]>> = {
  line: ['line', 'line.call'],
  TCP: ['TCP', 'tcp[]'],
  ctl: ['control', 'control'],
  call: ['call', 'call'],
  LCP: ['LCP', 'lcp'],
  auth: ['auth', 'auth'],
  CCP: ['CCP', 'ccp'],
  IPCP: ['IPCP', 'ipcp'],
}

function ofTunnel(model: Model): readonly (Explanation | undefined)[] {
  const tunnel = chosenTunnel(model)
  if (!tunnel) return []
  const layer = chosenLayer(model, tunnel)
  const [word, machine] = LAYERS[layer.name] ?? [layer.name, layer.name]
  const state = explainState(machine, layer.state)
  return [state && { ...state, here: `state of ${word} at ${layer.node}` }, explainWord(word)]
}

/** The selected field and what it is in; where none is selected, the innermost layer that says something. */
function ofPacket(model: Model): readonly (Explanation | undefined)[] {
  const chosen = Packets.chosenPacket(model)
  if (!chosen) return []
  const { packet, dissection } = chosen
  const { pane, selection } = model.ui
  const path =
    pane === 0 || selection.field.length === 0 ? tellingPath(dissection) : pathOf(dissection, selection.field)
  const fields = path.map((_, i) => explainField(path.slice(0, path.length - i)))
  return [pane === 0 && packet.drop ? explainDrop(packet.drop.reason) : undefined, ...fields]
}

function pathOf({ layers }: Dissection, [first, ...rest]: readonly number[]): Field[] {
  const layer = layers[first]?.field
  if (!layer) return []
  const path = [layer]
  for (const index of rest) {
    const child = path[path.length - 1].children?.[index]
    if (!child) break
    path.push(child)
  }
  return path
}

const SILENT: ReadonlySet<string> = new Set(['data', 'padding', 'fragment'])

function tellingPath({ layers }: Dissection): Field[] {
  const layer = layers.findLast(({ field }) => !SILENT.has(field.name))?.field
  if (!layer) return []
  const message = layer.name === 'pptp' ? layer.children?.find(({ name }) => name === 'pptp') : undefined
  return message ? [layer, message] : [layer]
}

function ofBox(model: Model): readonly (Explanation | undefined)[] {
  const drop = Nat.dropOf(model)
  const connection = Nat.chosenConnection(model)
  const state = connection && explainState('tracked', connection.state)
  return [
    drop && explainDrop(drop.reason),
    state && { ...state, here: `${connection.proto} ${connection.inside} with ${connection.remote}` },
    connection?.proto === 'gre' ? explainWord('GRE') : undefined,
  ]
}

/** Cells of the text. */
const WIDTH = 60

/** The lines of a view with the explanation over them. */
export function withExplanation(lines: readonly Line[], model: Model, size: Size): readonly Line[] {
  const all = explanationsOf(model)
  const index = Math.min(model.ui.explained ?? 0, all.length - 1)
  const each = all[index]
  if (!each) return lines
  const width = Math.max(10, Math.min(WIDTH, size.columns - 12))
  const muted = (text: string): Line[] => wrap(text, width).map(words => line(' ', span(words, 'muted')))
  const head = [
    ...(each.here === '' ? [] : muted(each.here)),
    ...wrap(each.text, width).map(words => line(` ${words}`)),
  ]
  const see = each.see === '' ? [] : [line(''), ...muted(each.see)]
  // Two borders, the empty line in front of the values, and the one that tells of more.
  const values = each.values.slice(0, Math.max(0, size.rows - head.length - see.length - 4))
  const more = each.values.length - values.length
  const inside = [
    ...head,
    ...(values.length === 0 ? [] : [line(''), ...values.map(value => line(`   ${value}`))]),
    ...(more > 0 ? muted(`  and ${more} more`) : []),
    ...see,
  ]
  const count = all.length > 1 ? `${index + 1} of ${all.length}, jk ─ ` : ''
  return popUp(lines, each.title, inside, `${count}Esc`, size)
}
