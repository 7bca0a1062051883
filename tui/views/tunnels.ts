/** 2 Tunnels: how far is each tunnel, and what is it waiting for? */
import { type Heard, hearingSentence, type SceneLayer, type SceneTunnel } from '../../src/index.ts'
import { fill, isSmall, row, rule, windowStart } from '../draw.ts'
import type { Model, Rendered, Selection, Size, Ui } from '../model.ts'
import { derive, type Move, step } from '../selection.ts'
import { ends, type Line, left, line, type Role, right, type Span, span } from '../text.ts'
import { endWords, seconds } from '../words.ts'
import { failureLines } from './failure.ts'
import { drawingRows, drawMachine, machineWords, stateName } from './machine.ts'

/** List, machine. */
export const panes = (_: Model): number => 2

export const TITLES: Readonly<Record<SceneLayer['name'], string>> = {
  line: 'the telephone line',
  TCP: 'the TCP connection under it',
  ctl: 'PPTP control connection',
  call: 'PPTP call',
  LCP: 'PPP link set-up',
  auth: 'PPP authentication',
  CCP: 'PPP encryption',
  IPCP: 'PPP addresses',
}
const WORDS: Readonly<Record<SceneLayer['name'], string>> = {
  line: 'line',
  TCP: 'TCP',
  ctl: 'control',
  call: 'call',
  LCP: 'LCP',
  auth: 'auth',
  CCP: 'CCP',
  IPCP: 'IPCP',
}

/** The selected tunnel, or the first one. */
export function chosenTunnel({ scene, ui }: Model): SceneTunnel | undefined {
  return scene.tunnels.find(({ no }) => no === ui.selection.tunnel) ?? scene.tunnels[0]
}
/** The selected machine; until one is selected, the one that the tunnel waits for. */
function chosenLayer({ ui }: Model, tunnel: SceneTunnel): SceneLayer {
  const { layers } = tunnel
  return ui.selection.layer < 0 ? awaited(tunnel) : layers[Math.min(layers.length - 1, ui.selection.layer)]
}

/** What failed or is opening; between two layers the next one; where there is nothing to wait for, LCP. */
function awaited({ layers }: SceneTunnel): SceneLayer {
  const busy = layers.find(({ mark }) => mark === 'failed') ?? layers.find(({ mark }) => mark === 'opening')
  const isUp = layers.every(({ mark }) => mark === 'open' || mark === 'absent')
  const next =
    !isUp && layers.some(({ mark }) => mark === 'open') ? layers.find(({ mark }) => mark === 'idle') : undefined
  return busy ?? next ?? layers.find(({ name }) => name === 'LCP') ?? layers[0]
}

/** `√` open, `·` not begun, `n/10` tries, `~` opening, `×` failed. */
export function markOf({ mark, tries, maxTries }: SceneLayer): Span {
  if (mark === 'open') return span('√', 'ok')
  if (mark === 'failed') return span('×', 'bad')
  if (mark === 'absent') return span('-', 'muted')
  if (mark === 'idle') return span('·', 'muted')
  return span(tries > 1 ? `${tries}/${maxTries}` : '~', 'warn')
}

export function view(model: Model, size: Size): Rendered {
  const tunnel = chosenTunnel(model)
  const lines = !tunnel
    ? [line(''), line(span(' No tunnel: no machine of this lab dials.', 'muted'))]
    : isSmall(size)
      ? smallLines(model, tunnel, size)
      : wideLines(model, tunnel, size)
  return { lines: fill(lines, size), sentence: sentenceOf(model, tunnel), keys: KEYS[model.ui.pane] ?? KEYS[0] }
}

const KEYS: readonly (readonly string[])[] = [
  ['jk tunnel', 'hl layer', 'Tab machine', 'Enter its machine', 'a act'],
  ['hl layer', 'Enter its packets', 'Tab tunnels', 'a act'],
]

// The list

const LAYER_WIDTHS: Readonly<Record<SceneLayer['name'], number>> = {
  line: 5,
  TCP: 4,
  ctl: 4,
  call: 5,
  LCP: 5,
  auth: 5,
  CCP: 5,
  IPCP: 5,
}
/** `alice PNS`; with a column for telephone lines there is less room. */
const beganWidth = ({ scene }: Model): number => (hasLines(scene) ? 8 : 10)
const hasLines = ({ tunnels }: Model['scene']): boolean => tunnels[0]?.layers[0]?.name === 'line'

function nameWidth({ scene }: Model, width: number): number {
  const longest = Math.max(...scene.tunnels.map(({ client, server }) => client.length + server.length + 1))
  const others = hasLines(scene) ? 67 : 66
  return Math.max(6, Math.min(longest, width - others)) + 1
}

function headLine(model: Model, width: number): Line {
  const titles = chosenTunnel(model)?.layers.map(({ name }) => left(name, LAYER_WIDTHS[name])) ?? []
  const text = `  # ${left('tunnel', nameWidth(model, width))}${left('began by', beganWidth(model))} ${titles.join('')}${left('inner', 10)}${hasLines(model.scene) ? 'up dn' : 'up down'}`
  return [span(text, 'muted')]
}

function tunnelRow(model: Model, tunnel: SceneTunnel, width: number): Line {
  const { no, client, server, layers, beganBy } = tunnel
  const chosen = tunnel === chosenTunnel(model)
  const drawn = chosenLayer(model, tunnel)
  const name = `${left(`${client}→${server}`, nameWidth(model, width) - 1)} `
  const cells = layers.map((layer): Span => {
    const mark = markOf(layer)
    const text = left(mark.text.includes('/') ? mark.text : ` ${mark.text}`, LAYER_WIDTHS[layer.name])
    return { ...mark, text, ...(chosen && layer === drawn ? { bold: true, underline: true } : {}) }
  })
  const head = `${right(String(no), 2)} ${name}${left(`${beganBy.node} ${beganBy.role ?? ''}`, beganWidth(model))} `
  const parts = [span(head), ...cells, span(left(innerWord(tunnel), 10)), ...ways(tunnel)]
  return row(parts, width, chosen)
}

/** Its inner address; a tunnel that has ended looks otherwise like one that nobody has dialled. */
const innerWord = ({ inner, end }: SceneTunnel): string => inner?.client ?? (end === undefined ? 'none' : 'over')

/** Up and down are judged apart, since most failures are half open. */
function ways({ up, sent, received, arrived, heard, end }: SceneTunnel): Line {
  if (heard && heard.sent > 0 && end === undefined && (!up || heard.deaf !== undefined)) return greWays(heard)
  const judge = (sign: string, went: boolean, came: boolean): Span =>
    !up
      ? span(`${sign}·`, 'muted')
      : came
        ? span(`${sign}√`, 'ok')
        : span(`${sign}${went ? '~' : '·'}`, went ? 'warn' : 'muted')
  return [judge('↑', sent > 0, (arrived ?? 0) > 0), span(' '), judge('↓', false, received > 0)]
}

/** By the GRE packets of the call, while PPP is not up or one end has fallen silent. */
function greWays({ there, back, deaf }: Heard): Line {
  const judge = (sign: string, came: boolean, isDeaf: boolean): Span =>
    isDeaf ? span(`${sign}×`, 'bad') : came ? span(`${sign}√`, 'ok') : span(`${sign}~`, 'warn')
  return [
    judge('↑', there > 0, deaf === 'server' || deaf === 'both'),
    span(' '),
    judge('↓', back > 0, deaf === 'client' || deaf === 'both'),
  ]
}

/** What went through the selected tunnel, or why nothing does. */
function trafficLine(tunnel: SceneTunnel, small: boolean, now: number): Line {
  const { up, began, end, sent, received, arrived, encrypted, mtu, since, traffic } = tunnel
  if (end !== undefined) return [span('  over, ended by ', 'muted'), span(endWords(end))]
  if (began === undefined) return [span('  not dialled yet', 'muted')]
  const deaf = tunnel.heard && hearingSentence(tunnel.heard, tunnel.entry, tunnel.server)
  if (deaf !== undefined) return [span('  × ', 'bad'), span(deaf.split(':')[0])]
  if (!up) return [span(`  dialled at ${seconds(began)} s, not up yet`, 'muted')]
  const there = arrived === undefined ? '' : ` (${arrived} arrived)`
  if (small) return [span('  packets ', 'muted'), span(`${sent} up${there}, ${received} down`)]
  const total = (way: 'up' | 'down'): string => octets(traffic.reduce((sum, each) => sum + each[way], 0))
  return [
    span(`  up since ${seconds(since ?? 0)} s  `, 'muted'),
    span(sparkline(traffic, Math.floor(now / 1e9))),
    span(`  ${total('up')} up  ${total('down')} down`),
    span(`  ${encrypted ? 'sealed' : 'in clear'}  mtu ${mtu}`, 'muted'),
  ]
}

/** Three digits: `168 B`, `9.1 kB`, `212 kB`. */
function octets(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let unit = 0
  let value = count
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

const SPARKS = '▁▂▃▄▅▆▇'
const SPARK_SECONDS = 12

/** Both directions, of the last seconds up to this one; the highest column is the most of them. */
function sparkline(traffic: SceneTunnel['traffic'], now: number): string {
  const bySecond = new Map(traffic.map(({ second, up, down }) => [second, up + down]))
  const counts = Array.from({ length: SPARK_SECONDS }, (_, i) => bySecond.get(now - SPARK_SECONDS + 1 + i) ?? 0)
  const most = Math.max(1, ...counts)
  return counts.map(count => SPARKS[count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * 6))]).join('')
}

// The machine

const BAR = 12

/**
 * `[Req-Sent] since 10.120 s   restart timer 2.820 s ■■■■■■■■■■■□   try 5 of 10`, and as much of the other timers and of the
 * counters as has room.
 */
function stateLine(layer: SceneLayer, now: number, columns: number): Line {
  const role: Role | undefined =
    layer.mark === 'open' ? 'ok' : layer.mark === 'failed' ? 'bad' : layer.mark === 'idle' ? 'muted' : 'warn'
  const since = layer.since === undefined ? '' : ` since ${seconds(layer.since)} s`
  const parts: Span[] = [span(`  [${stateName(layer.state)}]`, role, { bold: true }), span(since)]
  if (layer.due !== undefined && layer.due > now) {
    const share = Math.min(1, (layer.due - now) / 3e9)
    const filled = Math.max(1, Math.round(share * BAR))
    const bar = '■'.repeat(filled) + '□'.repeat(BAR - filled)
    parts.push(span(`   restart timer ${seconds(layer.due - now)} s `), span(bar, share < 0.2 ? 'warn' : 'muted'))
  }
  if (layer.tries > 0) parts.push(span(`   try ${layer.tries} of ${layer.maxTries}`))
  const room = columns - parts.reduce((sum, { text }) => sum + text.length, 0) - 3
  const ids = layer.name === 'call' ? idWords(layer) : ''
  const numbers = numberWords(layer, now, room - (ids === '' ? 0 : ids.length + 2))
  const words = [ids, numbers].filter(each => each !== '').join(', ')
  return words === '' ? parts : [...parts, span(`   ${words}`, 'muted')]
}

/** `call ID 7, peer's 41`: the numbers that stand in the GRE packets of a call. */
function idWords({ facts: { callId, peerCallId } }: SceneLayer): string {
  if (callId === undefined) return ''
  return peerCallId === undefined ? `call ID ${callId}` : `call ID ${callId}, peer's ${peerCallId}`
}

/** `echo 29.920 s, id 3, sent 0`: timers first, whole pieces only. */
function numberWords({ timers, counters }: Pick<SceneLayer, 'timers' | 'counters'>, now: number, room: number): string {
  const due = Object.entries(timers)
    .filter(([name, t]) => name !== 'restart' && t >= now)
    .map(([name, t]) => `${spaced(name)} ${seconds(t - now)} s`)
  const counts = Object.entries(counters).map(([name, count]) => `${spaced(name)} ${count}`)
  let words = ''
  for (const piece of [...due, ...counts]) {
    const longer = words === '' ? piece : `${words}, ${piece}`
    if (longer.length > room) break
    words = longer
  }
  return words
}

/** `ackTimeOut` is `ack time out`. */
const spaced = (name: string): string => name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** Where there is room: the data path and the encryption, in a line each. */
function insideLines({ inside }: SceneTunnel, now: number, columns: number): Line[] {
  return inside.map(machine => {
    const head = `  ${left(machine.name, 9)}[${stateName(machine.state)}]  `
    return [span(head), span(numberWords(machine, now, columns - head.length - 1), 'muted')]
  })
}

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
    ...historyLines(layer, columns, room - 3 - gre.length),
  ]
}

/** Where there is room, under the call: what its GRE packets did. */
function greLines({ gre, entry }: SceneTunnel, { name }: SceneLayer, columns: number, rows: number): Line[] {
  if (name !== 'call' || !gre || rows < 4) return []
  const { sent, acknowledged, received, lost, late, duplicates, held, timeOuts, window, waiting, rtt } = gre
  const out = `  out ${sent}, ${acknowledged} acknowledged, ${timeOuts} time-outs   window ${window}, ${waiting} waiting, rtt ${(rtt / 1e6).toFixed(1)} ms`
  const inside = `  in  ${received}, ${lost} lost, ${late} late, ${duplicates} double, ${held} held for their turn`
  return [[], rule(columns, [{ at: 0, title: `GRE packets of ${entry}` }]), line(out), line(inside)]
}

/** Where there is room: the latest changes of the drawn machine. */
function historyLines({ name, entered }: SceneLayer, columns: number, rows: number): Line[] {
  const changes = entered.slice(1).map(({ state, t }, i): Line => {
    const time = right(seconds(t), 9)
    return [span(`${time}  `, 'muted'), span(`${stateName(entered[i].state)} → ${stateName(state)}`)]
  })
  const room = rows - 2
  if (room < 3 || changes.length === 0) return []
  return [[], rule(columns, [{ at: 0, title: `how ${WORDS[name]} came there` }]), ...changes.slice(-room)]
}

/** With a compulsory tunnel they are in two places; those of a caller from outside are the server's. */
const othersTitle = ({ client, entry, kind, layers }: SceneTunnel): string => {
  const [first] = layers.filter(({ mark }) => mark !== 'absent')
  return `the other machines of ${first?.node ?? client}${kind === 'compulsory' ? ` and ${entry}` : ''}`
}

/** The other machines in a line each; those that wait for the same one together. */
function otherLines({ layers }: SceneTunnel, drawn: SceneLayer, width: number): Line[] {
  const there = layers.filter(layer => layer !== drawn && layer.mark !== 'absent')
  const begun = there.filter(({ entered }) => entered.length > 0)
  const waiting = there.filter(({ entered }) => entered.length === 0)
  const lines = begun.map(layer => {
    const since = layer.since === undefined ? '' : `since ${seconds(layer.since)} s`
    const words = machineWords(layer, width - 13 - since.length - 3)
    const parts = words.split(/(\[[^\]]*\])/).map((part, i) => span(part, i === 1 ? markOf(layer).role : 'muted'))
    return ends([span(`  ${left(WORDS[layer.name], 9)}`), ...parts], [span(`${since} `, 'muted')], width)
  })
  if (waiting.length === 0) return lines
  const last = layers.slice(0, layers.indexOf(waiting[0])).findLast(({ mark }) => mark !== 'absent')
  const names = waiting.map(({ name }) => WORDS[name]).join(' ')
  const text = `· ${waiting.length === 1 ? 'it waits' : 'they wait'} ${last ? `for ${WORDS[last.name]}` : 'for the dialling'}`
  return [...lines, line(`  ${names.length < 9 ? left(names, 9) : `${names}  `}`, span(text, 'muted'))]
}

function smallLines(model: Model, tunnel: SceneTunnel, { columns, rows }: Size): Line[] {
  const { scene, ui } = model
  const layer = chosenLayer(model, tunnel)
  if (ui.pane === 1) {
    const words = tunnel.layers.map(each => {
      const { text, role } = markOf(each)
      const whole = [
        span(left(WORDS[each.name], 8)),
        span(`${left(text, 5)} `, role ?? 'muted'),
        span(stateName(each.state)),
      ]
      return row(whole, columns, each === layer)
    })
    return [
      line(span(` tunnel ${tunnel.no}: ${tunnel.client}→${tunnel.server}`, 'muted')),
      ...words,
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
  return [
    line(span(`${' '.repeat(Math.max(0, columns - 20))} TcclaCI inner`, 'muted')),
    ...list,
    stateLine(layer, scene.t, columns),
    trafficLine(tunnel, true, scene.t),
  ]
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
  if (turn !== 0) return { ...ui.selection, layer: Math.max(0, Math.min(layers - 1, layer + turn)) }
  if (ui.pane === 1) return { ...ui.selection, layer: step(move, layer, layers) ?? layer }
  const to = step(move, scene.tunnels.indexOf(tunnel), scene.tunnels.length)
  return to === undefined ? ui.selection : derive(model, { tunnel: scene.tunnels[to].no })
}

/** From the list to the machine; from the machine to the packets of its protocol. */
export function enter(model: Model): Partial<Ui> {
  const tunnel = chosenTunnel(model)
  if (!tunnel) return {}
  if (model.ui.pane === 0) return { pane: 1, selection: derive(model, { tunnel: tunnel.no }) }
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
