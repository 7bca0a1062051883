/** What is known of telephone lines where they end: at a modem, at an access server, in the network between them. */
import { type Scene, type SceneNode, type SceneTunnel, type Snapshot, valueAt } from '../../src/index.ts'
import { ends, line, type Role, span } from '../text.ts'
import type { Ranked } from './net-facts.ts'

/** More lines than these with a call are counted, not told. */
const TOLD = 6

export function telephoneFacts(scene: Scene, node: SceneNode, columns: number): Ranked[] {
  switch (node.kind) {
    case 'client':
      return modemFacts(node, columns)
    case 'nas':
      return accessFacts(scene, node, columns)
    case 'pstn':
      return circuitFacts(scene, node, columns)
    default:
      return []
  }
}

const SIGNS: Readonly<Record<string, readonly [string, Role]>> = {
  idle: ['·', 'muted'],
  connected: ['√', 'ok'],
}
const signOf = (call: unknown): readonly [string, Role] => SIGNS[String(call)] ?? ['~', 'warn']

const numberAt = (state: Snapshot, path: string): number => Number(valueAt(state, path) ?? 0)

/** `modem  connected to 5550100 √`, and what went over the line. */
function modemFacts({ state }: SceneNode, columns: number): Ranked[] {
  const line_ = (valueAt(state, 'dial.line') ?? valueAt(state, 'line')) as Snapshot | undefined
  if (!line_) return []
  const { call, number, bearer, rate, framing } = line_
  const [sign, role] = signOf(call)
  const who = bearer === 'digital' ? 'ISDN' : 'modem'
  const what = call === 'idle' ? `idle, for ${number}` : `${call}, ${number}`
  const speed = typeof rate === 'number' ? ` ${rate / 1000} kbit/s` : ''
  const wrong = numberAt(line_, 'crcErrors')
  const frames = `${framing} HDLC  in ${line_.framesIn}  out ${line_.framesOut}${wrong > 0 ? `  wrong FCS ${wrong}` : ''}`
  return [
    [1, ends([span(`${who}  ${what}`)], [span(`${speed} ${sign}`, role)], columns)],
    [3, line(span(frames, 'muted'))],
  ]
}

/** How many lines are in use, and for each of them who called, where the call went and by which rule. */
function accessFacts(scene: Scene, { name, state }: SceneNode, columns: number): Ranked[] {
  const lines = Object.entries((valueAt(state, 'lines') ?? {}) as Snapshot) as [string, Snapshot][]
  const busy = lines.filter(([, { call }]) => call !== 'idle')
  const out: Ranked[] = [[1, line(`lines  ${busy.length} of ${lines.length} in use`)]]
  for (const [port, { use, rule, user, calling, call, dropped }] of busy.slice(0, TOLD)) {
    const tunnel = scene.tunnels.find(
      ({ entry, began, end, lines }) =>
        entry === name &&
        began !== undefined &&
        end === undefined &&
        lines.some(line => portOf(scene, name, line) === port),
    )
    const who = tunnel?.client ?? (typeof user === 'string' ? user : calling === '' ? '' : String(calling ?? ''))
    const where = use === 'tunnelled' ? `► ${tunnel?.server ?? 'PNS'}` : use === 'local' ? 'ends here' : String(use)
    const [sign, role] = call === 'connected' ? SIGNS.connected : signOf(call)
    const lost = Number(dropped) > 0 ? ` dropped ${dropped}` : ''
    out.push([1, ends([span(`${port}  ${who} ${where}${lost}`)], [span(sign, role)], columns)])
    if (typeof rule === 'string') out.push([2, line(span(`  by rule: ${rule}`, 'muted'))])
  }
  if (busy.length > TOLD) out.push([2, line(span(`and ${busy.length - TOLD} more`, 'muted'))])
  return out
}

/** `pri0.3` is the third line of its trunk; a link of one line has no numbers. */
function portOf({ links }: Scene, node: string, { link, line }: SceneTunnel['lines'][number]): string | undefined {
  const { ends, lines } = links[link]
  const iface = ends.find(end => end.node === node)?.iface
  return lines && lines.all > 1 ? `${iface}.${line}` : iface
}

/** Who is joined to whom. */
function circuitFacts({ links }: Scene, { name, state }: SceneNode, columns: number): Ranked[] {
  const lines = Object.entries((valueAt(state, 'lines') ?? {}) as Snapshot) as [string, Snapshot][]
  const out: Ranked[] = [[1, line(`circuits  ${numberAt(state, 'pstn.circuits')} through here`)]]
  const whoAt = (port: string): string => {
    const [iface, number] = port.split('.')
    const link = links.find(({ ends }) => ends.some(end => end.node === name && end.iface === iface))
    const who = link?.ends.find(end => end.node !== name)?.node ?? port
    return number === undefined ? who : `${who}, line ${number}`
  }
  const told = new Set<string>()
  for (const [port, { number, to, call }] of lines) {
    if (call === 'idle' || told.has(port)) continue
    if (typeof to === 'string') told.add(to)
    const other = typeof to === 'string' ? whoAt(to) : 'nobody yet'
    const [sign, role] = signOf(call)
    out.push([2, ends([span(`${whoAt(port)} (${number}) ─ ${other}`)], [span(sign, role)], columns)])
  }
  const numbers = new Set(lines.map(([, { number }]) => number))
  out.push([4, line(span(`numbers  ${[...numbers].join(' ')}`, 'muted'))])
  return out
}
