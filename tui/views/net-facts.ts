/** What is known of the selected node, link or tunnel, the most important kept when there is little room. */
import {
  bitRate,
  milliseconds,
  percent,
  type SceneLink,
  type SceneNode,
  type SceneTunnel,
  type Snapshot,
  signalWords,
  valueAt,
} from '../../src/index.ts'
import { classOf } from '../flight.ts'
import type { Model } from '../model.ts'
import { ends, type Line, left, line, span } from '../text.ts'
import { rareEvents } from '../told.ts'
import {
  bare,
  endWords,
  halfWord,
  isOf,
  JOBS,
  MARK_SIGNS,
  nameOf,
  nextLayer,
  PHASE_SIGNS,
  phaseOf,
  seconds,
} from '../words.ts'
import { telephoneFacts } from './telephone-facts.ts'

export interface Facts {
  readonly title: string
  readonly lines: readonly Line[]
}

/** A line, and how soon it is left out: the highest first. */
export type Ranked = readonly [rank: number, line: Line]

export function factsOf(model: Model, columns: number, rows: number): Facts {
  const { scene, ui } = model
  const { node, link, tunnel } = ui.selection
  const chosenLink = link === undefined ? undefined : scene.links[link]
  if (chosenLink) return kept(linkTitle(chosenLink), linkFacts(model, chosenLink, columns), rows)
  const chosenNode = scene.nodes.find(({ name }) => name === node)
  const chosenTunnel = scene.tunnels.find(({ no }) => no === tunnel)
  if (!chosenNode && chosenTunnel) return kept(nameOf(chosenTunnel), tunnelFacts(chosenTunnel, columns), rows)
  const shown = chosenNode ?? scene.nodes[0]
  return shown ? kept(shown.name, nodeFacts(model, shown, columns), rows) : { title: 'nothing', lines: [] }
}

function kept(title: string, ranked: readonly Ranked[], rows: number): Facts {
  const ranks = ranked.map(([rank]) => rank).sort((a, b) => a - b)
  const limit = ranks[rows - 1] ?? Number.POSITIVE_INFINITY
  return {
    title,
    lines: ranked
      .filter(([rank]) => rank <= limit)
      .map(([, line]) => line)
      .slice(0, rows),
  }
}

const linkTitle = ({ ends }: SceneLink): string => `${ends[0].node} ─ ${ends[1].node}`

// A node.

function nodeFacts(model: Model, node: SceneNode, columns: number): Ranked[] {
  const { scene, recorder } = model
  const tunnels = scene.tunnels.filter(tunnel => isOf(tunnel, node.name))
  const real = tunnels.filter(({ kind }) => kind !== 'local')
  const numbers = real.map(({ no }) => no).join(', ')
  const of = real.length === 0 ? '' : ` of tunnel${real.length > 1 ? 's' : ''} ${numbers}`
  const head = `${JOBS[node.kind]}${node.role ? `, ${node.role}${of}` : ''}`
  const out: Ranked[] = [[0, ends([span(head)], headSign(node, tunnels), columns)]]
  const interfaces = Object.entries((valueAt(node.state, 'interfaces') ?? {}) as Snapshot)
  const networks = new Set<string>()
  for (const [name, value] of interfaces) {
    const face = value as Snapshot
    const ppp = name.startsWith('ppp')
    networks.add(String(face.network))
    const link = scene.links.find(({ ends }) => ends.some(end => end.node === node.name && end.iface === name))
    const other = link?.ends.find(end => end.node !== node.name)?.node
    const own = link?.ends.find(end => end.node === node.name)?.address ?? String(face.address ?? '')
    const words = ppp ? `${face.address} peer ${bare(String(face.network))}` : own
    const where = ppp ? `mtu ${face.mtu}` : other === undefined ? '' : `to ${other}`
    out.push([ppp ? 1 : 2, columnsOf(left(name, 6) + words, face.up === false ? '× down' : where, columns)])
  }
  const routes = (valueAt(node.state, 'routes') ?? []) as readonly string[]
  for (const route of routes) {
    const [target] = route.split(' ')
    if (networks.has(target)) continue
    const [words, dev] = route.split(' dev ')
    out.push([5, columnsOf(`route ${words}`, dev === undefined ? '' : `dev ${dev}`, columns)])
  }
  for (const tunnel of tunnels.filter(({ client }) => client === node.name))
    out.push([1, layersLine(tunnel, node.name)])
  out.push(...telephoneFacts(scene, node, columns))
  for (const tunnel of node.kind === 'nas' ? [] : tunnels.filter(({ server }) => server === node.name)) {
    const [sign, role] = PHASE_SIGNS[phaseOf(tunnel)]
    const inner = tunnel.inner ? tunnel.inner.client : ''
    out.push([3, columnsOf(`call  ${tunnel.client} ${inner}`, [span(`${sign} ${nameOf(tunnel)}`, role)], columns)])
  }
  for (const { client, sent, received, end, kind } of tunnels) {
    if (client !== node.name) continue
    if (end !== undefined)
      for (const part of wrapped(`ended by ${endWords(end)}`, columns)) out.push([2, line(span(part, 'muted'))])
    if (sent + received > 0)
      out.push([
        4,
        line(`sent ${sent} ${kind === 'voluntary' ? 'through the tunnel' : 'packets by line'}  got ${received}`),
      ])
  }
  if (interfaces.length === 0 && node.kind !== 'pstn' && !scene.tunnels.some(({ client }) => client === node.name)) {
    for (const { ends, up } of scene.links) {
      const own = ends.find(end => end.node === node.name)
      const other = ends.find(end => end.node !== node.name)
      if (own) out.push([3, columnsOf(own.iface, up ? `to ${other?.node ?? ''}` : '× down', columns)])
    }
  }
  const ports = valueAt(node.state, 'table') as Snapshot | undefined
  if (ports) out.push([4, line(`knows ${Object.keys(ports).length} addresses`)])
  const drops =
    node.drops === 0
      ? 'nothing dropped here'
      : `dropped ${node.drops}, the last ${lastDrop(rareEvents(recorder), node.name)}`
  out.push([3, line(span(drops, 'muted'))])
  return out
}

function headSign(node: SceneNode, tunnels: readonly SceneTunnel[]): Line {
  if (node.off) return [span('× no power', 'bad')]
  if (tunnels.length === 0) return []
  if (tunnels.length > 1) {
    const half = tunnels.filter(tunnel => phaseOf(tunnel) === 'half').length
    const up = `${tunnels.filter(({ up }) => up).length} of ${tunnels.length} up`
    return [span(up), ...(half > 0 ? [span(`, × ${half} half open`, 'bad')] : [])]
  }
  return stateWords(tunnels[0])
}

function stateWords(tunnel: SceneTunnel): Line {
  const phase = phaseOf(tunnel)
  const [sign, role] = PHASE_SIGNS[phase]
  const layer = phase === 'failed' ? tunnel.layers.find(({ mark }) => mark === 'failed') : nextLayer(tunnel)
  const words = {
    up: 'all up',
    half: `up, ${halfWord(tunnel)}`,
    opening: `${layer?.name ?? 'next layer'} ${layer && layer.tries > 1 ? `try ${layer.tries}` : 'opening'}`,
    failed: `${layer?.name ?? ''} failed`,
    over: 'over',
    idle: 'not begun',
  }[phase]
  return [span(` ${sign} ${words}`, role)]
}

/** The layers that this machine has itself: of a compulsory tunnel the user's computer has no PPTP. */
function layersLine({ layers }: SceneTunnel, node: string): Line {
  return layers
    .filter(layer => layer.mark !== 'absent' && layer.node === node)
    .flatMap(({ name, mark }, i) => {
      const [sign, role] = MARK_SIGNS[mark]
      return [span(`${i === 0 ? '' : ' '}${name}`), span(sign, role)]
    })
}

function lastDrop(events: ReturnType<typeof rareEvents>, node: string): string {
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]
    if (event.event === 'drop' && event.node === node) return event.reason
  }
  return 'long ago'
}

/** The words in as many lines as they need. */
function wrapped(text: string, columns: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`  ${word}`)
  }
  return lines
}

/** Two texts, the second at a place of its own, or at the right edge if the first is long. */
export function columnsOf(start: string, end: string | Line, columns: number): Line {
  const after: Line = typeof end === 'string' ? [span(end, 'muted')] : end
  const width = after.reduce((sum, { text }) => sum + text.length, 0)
  const at = Math.min(Math.max(columns - 9, start.length + 1), columns - width)
  return [span(left(start, Math.max(0, at))), ...after]
}

// A link.

function linkFacts({ scene }: Model, link: SceneLink, columns: number): Ranked[] {
  const [a, b] = link.ends
  const out: Ranked[] = []
  const type = LINK_WORDS[link.type]
  const { lines } = link
  const busy = lines
    ? lines.all === 1
      ? `, ${lines.busy === 1 ? 'in use' : 'free'}`
      : `s: ${lines.busy} of ${lines.all} in use`
    : ''
  out.push([0, ends([span(type + busy)], [link.up ? span('√ plugged in', 'ok') : span('× unplugged', 'bad')], columns)])
  const name = (end: SceneLink['ends'][0]): string => end.address ?? (lines ? `${end.node} ${end.iface}` : end.node)
  out.push([2, line(`${name(a)} ─ ${name(b)}`)])
  const [there, back] = link.quality.map(qualityWords)
  if (there === back) out.push([1, line(there)])
  else out.push([1, line(`${a.node} → ${b.node}  ${there}`)], [1, line(`${b.node} → ${a.node}  ${back}`)])
  const carried =
    link.tunnels.length === 0
      ? lines
        ? 'PPP in HDLC frames, no tunnel'
        : 'no tunnel passes here'
      : `carries tunnel ${link.tunnels.join(', ')}`
  out.push([2, line(span(carried, 'muted'))])
  for (const signal of link.signals) {
    const { from, sent } = signal.hop
    const words = `${from === 0 ? 'S►' : '◄S'} ${signalWords(signal)}`
    out.push([3, ends([span(words, 'control')], [span(`said ${seconds(sent)}`)], columns)])
  }
  if (link.flights.length + link.signals.length === 0) out.push([3, line(span('nothing is on it now', 'muted'))])
  for (const flight of link.flights) {
    const { letter, role, text } = classOf(flight, link.type)
    const arrow = flight.hop.from === 0 ? `${letter}►` : `◄${letter}`
    const words = `${arrow} ${text}, ${flight.hop.bytes.length} octets`
    out.push([3, ends([span(words, role)], [span(`due ${seconds(flight.hop.arrives ?? scene.t)}`)], columns)])
  }
  return out
}

const LINK_WORDS: Readonly<Record<SceneLink['type'], string>> = {
  ethernet: 'Ethernet',
  ip: 'IP alone',
  serial: 'telephone line',
}

function qualityWords(quality: SceneLink['quality'][number]): string {
  const { delay, jitter, rate, loss, corruption, duplication, reordering, noise } = quality
  const words = [delay === 0 ? 'no delay' : milliseconds(delay)]
  if (jitter > 0) words.push(`± ${milliseconds(jitter)}`)
  words.push(rate > 0 ? bitRate(rate) : 'any rate')
  for (const [name, share] of Object.entries({ loss, corruption, duplication, reordering, noise })) {
    if (share > 0) words.push(`${name} ${percent(share)}`)
  }
  return words.join('  ')
}

// A tunnel.

function tunnelFacts(tunnel: SceneTunnel, columns: number): Ranked[] {
  const out: Ranked[] = [
    [0, ends([span(`${tunnel.entry} ► ${tunnel.server} (${tunnel.user})`)], stateWords(tunnel), columns)],
  ]
  if (tunnel.inner) {
    const inside = `inside ${tunnel.inner.client} ─ ${tunnel.inner.server}`
    out.push([1, columnsOf(inside, `mtu ${tunnel.mtu}`, columns)])
  }
  if (tunnel.end !== undefined)
    for (const part of wrapped(`ended by ${endWords(tunnel.end)}`, columns)) out.push([1, line(part)])
  const room = columns >= 38
  for (const { name, state, mark, since, tries } of tunnel.layers) {
    if (mark === 'absent') continue
    const [sign, role] = MARK_SIGNS[mark]
    const when = since === undefined ? '' : `since ${seconds(since)}`
    const words = `${left(name, 5)}${left(state === 'undefined' ? 'none' : state, room ? 16 : 10)}`
    out.push([3, line(words, span(sign, role), ` ${tries > 1 ? `try ${tries} ` : ''}${when}`)])
  }
  if (tunnel.sent + tunnel.received > 0) {
    out.push([
      4,
      line(`${tunnel.encrypted ? `MPPE ${tunnel.keyBits}` : 'in clear'}  sent ${tunnel.sent}  got ${tunnel.received}`),
    ])
  }
  return out
}
