/** 2 Tunnels: how far is each tunnel, and what is it waiting for? */
import { machineTableOf, type SceneLayer, type SceneTunnel } from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart } from '../draw.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { derive, type Move, step } from '../selection.ts'
import { fit, type Line, left, line, span } from '../text.ts'
import { failureLines } from './failure.ts'
import { drawingRows, drawMachine, stateName } from './machine.ts'
import { eventAt, tableLines, tableRows, tableSentence } from './machine-table.ts'
import { timerLines } from './timers.ts'
import { chosenLayer, chosenTunnel, headLine, innerWord, trafficLine, tunnelRow } from './tunnel-list.ts'
import {
  greLines,
  historyLines,
  insideLines,
  markOf,
  otherLines,
  othersTitle,
  stateLine,
  TITLES,
  WORDS,
} from './tunnel-machine.ts'

/** List, machine, the whole table of the machine. */
export const panes = (_: Model): number => 3
const TABLE = 2

export function view(model: Model, size: Size): Rendered {
  const tunnel = chosenTunnel(model)
  const lines = !tunnel
    ? [line(''), line(span(' No tunnel: no machine of this lab dials.', 'muted'))]
    : model.ui.pane === TABLE
      ? tableLines(tunnel, chosenLayer(model, tunnel), model.ui.selection.transition, model.scene.t, size, true)
      : isSmall(size)
        ? smallLines(model, tunnel, size)
        : wideLines(model, tunnel, size)
  return { lines: fill(lines, size), sentence: sentenceOf(model, tunnel), keys: KEYS[model.ui.pane] ?? KEYS[0] }
}

const KEYS: readonly (readonly string[])[] = [
  ['jk tunnel', 'hl layer', 'Tab machine', 'Enter its machine', 'a act'],
  ['hl layer', 'Enter its whole table', 'Tab table', 'a act'],
  ['jk event', 'hl layer', 'Enter its packets', 'Esc back'],
]

function wideLines(model: Model, tunnel: SceneTunnel, { columns, rows }: Size): Line[] {
  const { scene, ui } = model
  const layer = chosenLayer(model, tunnel)
  const said = failureLines(model, tunnel, columns)
  // What a failure looks like matters more than the machines that are not drawn.
  const spared = Math.max(0, rows - 6 - drawingRows(layer) - said.length)
  const others = otherLines(tunnel, layer, columns).slice(0, said.length > 0 ? spared : undefined)
  const fixed = 5 + drawingRows(layer) + others.length
  const failure = said.slice(0, Math.max(0, rows - fixed - Math.min(3, scene.tunnels.length)))
  const count = Math.max(1, Math.min(scene.tunnels.length, rows - fixed - failure.length))
  const at = scene.tunnels.indexOf(tunnel)
  const start = windowStart(at, count, scene.tunnels.length)
  const list = scene.tunnels.slice(start, start + count).map(each => tunnelRow(model, each, columns))
  const inside = insideLines(tunnel, scene.t, columns)
  const spare = rows - fixed - count - failure.length
  const gre = greLines(tunnel, layer, columns, spare - 3 - inside.length)
  // What its GRE packets did stands once.
  const machines = gre.length > 0 ? inside.slice(1) : inside
  const shown = spare >= machines.length ? machines : []
  const room = spare - shown.length
  const blank: Line = []
  const rest = room - 3 - gre.length
  const least = tableRows(tunnel, layer) + BESIDE
  // Where everything has room, the whole table too: it brings its transitions and timers.
  const isWhole = columns >= 100 && least > BESIDE && rest >= least
  const timers = isWhole ? [] : timersOf(tunnel, scene.t, columns, rest)
  const table = isWhole ? tableLines(tunnel, layer, -1, scene.t, { columns, rows: rest }, false) : []
  return [
    headLine(model, columns),
    ...list,
    ...(room > 0 ? [blank] : []),
    trafficLine(tunnel, false, scene.t),
    ...failure,
    rule(
      columns,
      [{ at: 0, title: `${WORDS[layer.name]} of ${layer.node}`, focus: ui.pane === 1 }],
      TITLES[layer.name],
    ),
    stateLine(layer, scene.t, columns),
    ...(room > 1 ? [blank] : []),
    ...drawMachine(layer, columns),
    ...(room > 2 ? [blank] : []),
    ...(others.length > 0 ? [rule(columns, [{ at: 0, title: othersTitle(tunnel) }])] : []),
    ...others,
    ...shown,
    ...gre,
    ...timers,
    ...(isWhole ? [blank, ...table] : historyLines(layer, columns, rest - timers.length)),
  ]
}

/** Rows for the transitions and the timers under a table. */
const BESIDE = 8

/** Where there is room: what will fire, as bars that empty. */
function timersOf(tunnel: SceneTunnel, now: number, columns: number, rows: number): Line[] {
  const lines = timerLines(tunnel, now, columns)
  const room = Math.min(lines.length, rows - 2)
  return room < 1 ? [] : [[], rule(columns, [{ at: 0, title: 'timers' }]), ...lines.slice(0, room)]
}

function smallLines(model: Model, tunnel: SceneTunnel, { columns, rows }: Size): Line[] {
  const { scene, ui } = model
  const layer = chosenLayer(model, tunnel)
  if (ui.pane === 1) {
    return [
      line(span(` tunnel ${tunnel.no}: ${tunnel.client}→${tunnel.server}`, 'muted')),
      ...layerWords(tunnel, layer, columns, true),
      stateLine(layer, scene.t, columns),
    ]
  }
  const start = windowStart(scene.tunnels.indexOf(tunnel), Math.max(1, rows - 3), scene.tunnels.length)
  const list = scene.tunnels.slice(start, start + rows - 3).map(each => {
    const marks = each.layers.map(layer => {
      const { text, role } = markOf(layer)
      return span(text.includes('/') ? '~' : text, role ?? 'muted')
    })
    return row(
      [
        span(`${each.no} ${left(`${each.client}→${each.server}`, columns - 23)} `),
        ...marks,
        span(` ${innerWord(each)}`, 'muted'),
      ],
      columns,
      each === tunnel,
    )
  })
  const spare = rows - 3 - list.length
  const words = layerWords(tunnel, layer, columns, false)
  return [
    line(span(`${' '.repeat(Math.max(0, columns - 20))} TcclaCI inner`, 'muted')),
    ...list,
    stateLine(layer, scene.t, columns),
    trafficLine(tunnel, true, scene.t),
    ...(spare > words.length ? [[], ...words] : layerPairs(tunnel, columns).slice(0, Math.max(0, spare))),
  ]
}

/** A line for each layer: `LCP     √     Opened`. */
const layerWords = ({ layers }: SceneTunnel, chosen: SceneLayer, columns: number, focus: boolean): Line[] =>
  layers.map(each => {
    const { text, role } = markOf(each)
    const words = [
      span(left(WORDS[each.name], 8)),
      span(`${left(text, 5)} `, role ?? 'muted'),
      span(stateName(each.state)),
    ]
    return row(words, columns, focus && each === chosen)
  })

/** Two of them in a line: `call √ Established`. */
function layerPairs({ layers }: SceneTunnel, columns: number): Line[] {
  const width = Math.floor((columns - 2) / 2)
  const cells = layers.map((each): Line => {
    const { text, role } = markOf(each)
    const sign = span(`${text.includes('/') ? '~' : text} `, role ?? 'muted')
    return fit([span(left(each.name, 5)), sign, span(stateName(each.state))], width)
  })
  return cells.flatMap((each, i) => (i % 2 === 0 ? [[span('  '), ...each, ...(cells[i + 1] ?? [])]] : []))
}

// The sentence

const MEANING: Readonly<Record<SceneLayer['name'], string>> = {
  line: 'The telephone line joins two modems; PPP frames follow as octets',
  TCP: 'TCP carries the control messages to port 1723',
  ctl: 'The control connection agrees that both speak PPTP',
  call: 'The call gives both ends a number for their GRE packets',
  LCP: 'LCP agrees how PPP frames look on this link',
  auth: 'Authentication proves who dials',
  CCP: 'CCP agrees on MPPE; from then on the data is sealed',
  IPCP: 'IPCP hands out the address inside the tunnel',
}

function sentenceOf(model: Model, tunnel: SceneTunnel | undefined): string {
  if (!tunnel) return 'No machine of this lab dials.'
  const { client, server, end, up, began, layers, kind } = tunnel
  if (model.ui.pane === TABLE) {
    return tableSentence(tunnel, chosenLayer(model, tunnel), model.ui.selection.transition)
  }
  if (end !== undefined)
    return `${client}'s ${kind === 'voluntary' ? 'tunnel' : 'call'} is over: ${end.replace(/^\w+: /, '').replace(/\.$/, '')}.`
  if (began === undefined)
    return kind === 'voluntary'
      ? `No tunnel yet: ${client} has not dialled ${server}.`
      : 'No call yet: nobody has dialled.'
  const layer = chosenLayer(model, tunnel)
  const stuck = layers.find(({ mark }) => mark === 'opening')
  if (stuck && stuck.tries > 1)
    return `Nobody answers ${client}'s ${WORDS[stuck.name]}: try ${stuck.tries} of ${stuck.maxTries}.`
  if (up || layer.entered.length > 0) return `${MEANING[layer.name]}.`
  return stuck ? `${client} is at ${WORDS[stuck.name]}; the layers above wait for it.` : `${MEANING[layer.name]}.`
}

// Moves

export function moveSelection(model: Model, move: Move): Selection {
  const { scene, ui } = model
  const tunnel = chosenTunnel(model)
  if (!tunnel) return ui.selection
  const layer = tunnel.layers.indexOf(chosenLayer(model, tunnel))
  const layers = tunnel.layers.length
  const turn = move === 'left' ? -1 : move === 'right' ? 1 : 0
  if (turn !== 0) return { ...ui.selection, layer: Math.max(0, Math.min(layers - 1, layer + turn)), transition: -1 }
  if (ui.pane === TABLE) return { ...ui.selection, layer, transition: eventMoved(model, tunnel, move) }
  if (ui.pane === 1) return { ...ui.selection, layer: step(move, layer, layers) ?? layer }
  const to = step(move, scene.tunnels.indexOf(tunnel), scene.tunnels.length)
  return to === undefined ? ui.selection : derive(model, { tunnel: scene.tunnels[to].no })
}

function eventMoved(model: Model, tunnel: SceneTunnel, move: Move): number {
  const layer = chosenLayer(model, tunnel)
  const table = machineTableOf(layer, tunnel)
  if (!table) return -1
  const at = eventAt(table, layer, model.ui.selection.transition)
  return step(move, at, table.events.length) ?? at
}

/** From the list to the machine, from the machine to its table, and from there to the packets of its protocol. */
export function enter(model: Model): Partial<Ui> {
  const tunnel = chosenTunnel(model)
  if (!tunnel) return {}
  if (model.ui.pane === 0) return { pane: 1, selection: derive(model, { tunnel: tunnel.no }) }
  if (model.ui.pane === 1) {
    const layer = tunnel.layers.indexOf(chosenLayer(model, tunnel))
    return { pane: TABLE, selection: { ...model.ui.selection, layer, transition: -1 } }
  }
  const filter = {
    line: 'hdlc',
    TCP: 'tcp',
    ctl: 'ccr',
    call: 'oc',
    LCP: 'lcp',
    auth: 'chap',
    CCP: 'ccp',
    IPCP: 'ipcp',
  }
  return { view: 'packets', pane: 0, filter: filter[chosenLayer(model, tunnel).name] }
}
