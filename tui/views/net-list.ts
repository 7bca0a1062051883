/** The net in a small window: a list along the path of a tunnel instead of a drawing. */
import {
  type Flight,
  milliseconds,
  type SceneLink,
  type SceneNode,
  type SceneTunnel,
  signalWords,
} from '../../src/index.ts'
import { classOf, insideOf, type PacketClass, signsOn } from '../flight.ts'
import type { Model } from '../model.ts'
import { ends, fit, type Line, type Role, type Span, span } from '../text.ts'
import {
  bare,
  faultOf,
  halfWord,
  JOBS,
  lastOctets,
  nameOf,
  PHASE_SIGNS,
  phaseAt,
  phaseOf,
  tubePhase,
} from '../words.ts'

const LINK_CELLS = 14

export function netList(model: Model, columns: number, rows: number): Line[] {
  const { scene, ui } = model
  const head = ends([span(scene.lab.name)], [span(`lens: ${ui.lens} (i)  `, 'muted')], columns)
  const tunnel = scene.tunnels.find(({ no }) => no === ui.selection.tunnel) ?? tunnelOf(model) ?? scene.tunnels[0]
  const { items, chosen } = itemsOf(model, tunnel)
  const tail = tunnel ? [tunnelLine(model, tunnel)] : []
  const room = Math.max(0, rows - 1 - tail.length)
  const top = Math.max(0, Math.min(items.length - room, chosen - (room >> 1)))
  const shown = items.slice(top, top + room)
  if (top > 0 && shown.length > 2) shown[0] = [span(`▲ ${top + 1} more`, 'muted')]
  const hidden = items.length - top - shown.length
  if (hidden > 0 && shown.length > 2) shown[shown.length - 1] = [span(`▼ ${hidden + 1} more`, 'muted')]
  const filled = [...shown, ...Array.from({ length: room - shown.length }, (): Line => [])]
  return [head, ...filled, ...tail].slice(0, rows).map(line => fit(line, columns))
}

const tunnelOf = ({ scene, ui }: Model): SceneTunnel | undefined =>
  scene.tunnels.find(({ client, entry }) => client === ui.selection.node || entry === ui.selection.node)

/** Nodes and links, one line each: those of the tunnel's path, what is behind its server, then the others. */
function itemsOf(model: Model, tunnel: SceneTunnel | undefined): { items: Line[]; chosen: number } {
  const { scene, ui } = model
  const items: Line[] = []
  const seen = new Set<string>()
  let chosen = 0
  const addNode = (name: string): void => {
    const node = scene.nodes.find(node => node.name === name)
    if (!node || seen.has(name)) return
    seen.add(name)
    if (name === ui.selection.node) chosen = items.length
    items.push(nodeLine(model, node))
  }
  const addLink = (link: SceneLink, from: string): string => {
    if (link.index === ui.selection.link) chosen = items.length
    items.push(linkLine(model, link, from))
    return link.ends[link.ends[0].node === from ? 1 : 0].node
  }
  let at = tunnel?.client ?? scene.nodes[0]?.name ?? ''
  addNode(at)
  for (const index of [...(tunnel?.lines ?? []).map(({ link }) => link), ...(tunnel?.path ?? [])]) {
    at = addLink(scene.links[index], at)
    addNode(at)
  }
  for (let next = onwards(); next; next = onwards()) {
    at = addLink(next, at)
    addNode(at)
  }
  for (const { name } of scene.nodes) addNode(name)
  return { items, chosen }

  function onwards(): SceneLink | undefined {
    return scene.links.find(
      ({ ends: [a, b] }) => (a.node === at && !seen.has(b.node)) || (b.node === at && !seen.has(a.node)),
    )
  }
}

function nodeLine({ scene, ui }: Model, { name, kind, role, addresses }: SceneNode): Line {
  const chosen = ui.selection.node === name
  const phase = phaseAt(name, scene.tunnels)
  const [sign, signRole]: readonly [string, Role | undefined] = phase ? PHASE_SIGNS[phase] : ['', undefined]
  const address = addresses.length === 1 || role ? addresses[0] : undefined
  const short = address === undefined ? '' : role ? lastOctets(address, 2) : bare(address)
  const spans: Span[] = [
    span(chosen ? '► ' : '  '),
    { ...span(name), ...(chosen ? { reverse: true, bold: true } : {}) },
  ]
  spans.push(span(' '.repeat(Math.max(1, 8 - name.length))))
  if (role || phase)
    spans.push(span((role ?? JOBS[kind]).padEnd(role ? 5 : 7)), span(sign, signRole), span(` ${short}`, 'muted'))
  else spans.push(span(JOBS[kind].padEnd(7)), span(short, 'muted'))
  return spans
}

function linkLine({ scene, ui }: Model, link: SceneLink, from: string): Line {
  const chosen = ui.selection.link === link.index
  const drawn = scene.tunnels.filter(({ no }) => link.tunnels.includes(no)).map(tubePhase)
  const isUp = drawn.includes('up') || drawn.includes('half')
  const double = isUp || drawn.includes('opening')
  const stroke = double ? '═' : '─'
  const cells = Array.from(
    { length: LINK_CELLS },
    (_, i): Span => ({
      text: double && !isUp && i % 2 === 1 ? ' ' : stroke,
      ...(chosen ? { reverse: true } : {}),
    }),
  )
  const delay = link.quality[0].delay
  const name = delay > 0 ? milliseconds(delay).replace(' ', '') : ''
  for (let i = 0; i < name.length && i + 1 < cells.length; i++) cells[i + 1] = { ...span(name[i], 'muted') }
  if (!link.up) cells[LINK_CELLS >> 1] = span('×', 'bad', { bold: true })
  const { lines } = link
  const idle =
    lines && faultOf(link) === undefined ? (lines.all === 1 ? 'line' : `${lines.busy} of ${lines.all} lines`) : ''
  let beside: Span = !link.up
    ? span('link is down', 'bad')
    : idle === ''
      ? span(faultOf(link) ?? '', 'warn')
      : span(idle, 'muted')
  const start = link.ends[0].node === from ? 0 : 1
  const first = name.length + 1
  const seen = (flight: Flight): PacketClass =>
    (ui.lens === 'inside' ? insideOf(flight.packet) : undefined) ?? classOf(flight, link.type)
  for (const sign of signsOn(link.flights, scene.t, LINK_CELLS - first, seen)) {
    const rightwards = sign.from === start
    const head = rightwards ? first + sign.at : LINK_CELLS - 1 - sign.at
    const text = rightwards ? `${sign.text}►` : `◄${sign.text}`
    const at = rightwards ? head - sign.text.length : head
    for (const [i, char] of [...text].entries()) cells[at + i] = span(char, sign.role, { bold: true })
    const inside = ui.lens === 'outside' ? undefined : insideOf(sign.flight.packet)
    const { text: words, role } = inside ?? classOf(sign.flight, link.type)
    if (link.up) beside = span(words, role)
  }
  for (const sign of signsOn(link.signals, scene.t, LINK_CELLS - first, () => ({ letter: 'S', role: 'control' }))) {
    const rightwards = sign.from === start
    const head = rightwards ? first + sign.at : LINK_CELLS - 1 - sign.at
    const at = rightwards ? head - 1 : head
    for (const [i, char] of [...(rightwards ? 'S►' : '◄S')].entries())
      cells[at + i] = span(char, sign.role, { bold: true })
    if (link.up) beside = span(signalWords(sign.flight), sign.role)
  }
  return [span(chosen ? '► ' : '  '), ...cells, span('   '), beside]
}

function tunnelLine({ ui }: Model, tunnel: SceneTunnel): Line {
  const phase = phaseOf(tunnel)
  const chosen = ui.selection.tunnel === tunnel.no && ui.selection.node === undefined && ui.selection.link === undefined
  const [sign, role] = PHASE_SIGNS[phase]
  const words = {
    up: 'up',
    half: `up, ${halfWord(tunnel)}`,
    opening: 'opening',
    failed: 'failed',
    over: 'over',
    idle: 'not begun',
  }[phase]
  const mppe = phase === 'up' && tunnel.encrypted ? ` MPPE ${tunnel.keyBits}` : ''
  const begin = chosen ? '►' : phase === 'up' ? '═' : sign
  return [
    span(begin, role),
    {
      text: ` ${nameOf(tunnel)}: ${tunnel.entry === tunnel.server ? tunnel.client : tunnel.entry} ► ${tunnel.server}${mppe}`,
      ...(chosen ? { reverse: true } : {}),
    },
    span(` ${words}`, role),
  ]
}
