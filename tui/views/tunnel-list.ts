/** The list of the tunnels: how far each is, layer by layer, and what went through it. */
import type { Heard, SceneLayer, SceneTunnel } from '../../src/index.ts'
import { row } from '../draw.ts'
import type { Model } from '../model.ts'
import { type Line, left, right, type Span, span } from '../text.ts'
import { endWords, seconds, silenceOf } from '../words.ts'
import { markOf } from './tunnel-machine.ts'

/** The selected tunnel, or the first one. */
export function chosenTunnel({ scene, ui }: Model): SceneTunnel | undefined {
  return scene.tunnels.find(({ no }) => no === ui.selection.tunnel) ?? scene.tunnels[0]
}
/** The selected machine; until one is selected, the one that the tunnel waits for. */
export function chosenLayer({ ui }: Model, tunnel: SceneTunnel): SceneLayer {
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

export function headLine(model: Model, width: number): Line {
  const titles = chosenTunnel(model)?.layers.map(({ name }) => left(name, LAYER_WIDTHS[name])) ?? []
  const text = `  # ${left('tunnel', nameWidth(model, width))}${left('began by', beganWidth(model))} ${titles.join('')}${left('inner', 10)}${hasLines(model.scene) ? 'up dn' : 'up down'}`
  return [span(text, 'muted')]
}

export function tunnelRow(model: Model, tunnel: SceneTunnel, width: number): Line {
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
export const innerWord = ({ inner, end }: SceneTunnel): string => inner?.client ?? (end === undefined ? 'none' : 'over')

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
export function trafficLine(tunnel: SceneTunnel, small: boolean, now: number): Line {
  const { up, began, end, sent, received, arrived, encrypted, mtu, since, traffic } = tunnel
  if (end !== undefined) return [span('  over, ended by ', 'muted'), span(endWords(end))]
  if (began === undefined) return [span('  not dialled yet', 'muted')]
  const silence = silenceOf(tunnel)
  if (silence !== undefined) return [span('  × ', 'bad'), span(silence)]
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
