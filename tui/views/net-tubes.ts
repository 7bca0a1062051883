/** The tunnels of the net as tubes under the boxes, as their two ends see them. */
import type { Form, SceneTunnel } from '../../src/index.ts'
import type { Canvas } from '../canvas.ts'
import { insideOf, wayThrough } from '../flight.ts'
import type { Model } from '../model.ts'
import { tunnelOf } from '../selection.ts'
import type { Role } from '../text.ts'
import { halfWord, nextLayer, type Phase, tubePhase } from '../words.ts'
import { type Leg, MOST_TUBES, type Plan, type Tube } from './net-plan.ts'

const PHASE_ROLES = { idle: 'muted', opening: 'warn', up: 'ok', half: 'bad', failed: 'bad', over: 'muted' } as const

export function paintTubes(canvas: Canvas, model: Model, plan: Plan): void {
  // Legs first, so that a tube which passes under another's leg is broken there.
  const shown = plan.tubes.filter(({ tunnel }) => isDrawn(tubePhase(tunnel)))
  for (const tube of shown) paintTube(canvas, tube)
  for (const tube of shown) for (const leg of tube.legs) paintLeg(canvas, leg, tube, plan.drawing.form)
  for (const tube of plan.tubes) paintTubeWords(canvas, model, tube, plan)
}

const isDrawn = (phase: Phase): boolean => phase === 'opening' || phase === 'up' || phase === 'half'

function paintTube(canvas: Canvas, { tunnel, y, legs }: Tube): void {
  const [from, to] = legs.map(leg => leg.x).sort((a, b) => a - b)
  const phase = tubePhase(tunnel)
  for (let at = from + 1; at < to; at++) {
    canvas.text(at, y, phase === 'opening' && (at - from) % 2 === 1 ? ' ' : '═', PHASE_ROLES[phase])
  }
  canvas.text(from, y, '╚', PHASE_ROLES[phase])
  canvas.text(to, y, '╝', PHASE_ROLES[phase])
}

function paintLeg(canvas: Canvas, leg: Leg, { tunnel, y }: Tube, form: Form): void {
  const role = PHASE_ROLES[tubePhase(tunnel)]
  for (let at = leg.y + (leg.from === 'bottom' ? 0 : 1); at < y; at++) canvas.text(leg.x, at, '║', role)
  if (leg.from === 'bottom') {
    if (form !== 'chip') canvas.text(leg.x, leg.y - 1, '╥')
    return
  }
  const left = leg.from === 'left'
  canvas.text(leg.x, leg.y, left ? '╔' : '╗', role)
  const [from, to] = left ? [leg.x + 1, leg.boxX - 1] : [leg.boxX + 1, leg.x - 1]
  for (let at = from; at <= to; at++) canvas.text(at, leg.y, '═', role)
  if (form !== 'chip') canvas.text(leg.boxX, leg.y, left ? '╡' : '╞')
}

function paintTubeWords(canvas: Canvas, model: Model, { tunnel, y, legs }: Tube, { tubes }: Plan): void {
  const { scene, ui } = model
  const phase = tubePhase(tunnel)
  const [from, to] = legs.map(leg => leg.x).sort((a, b) => a - b)
  const clientLeft = legs[0].x <= legs[1].x
  const chosen = ui.selection.tunnel === tunnel.no && ui.selection.node === undefined && ui.selection.link === undefined
  const drawn = isDrawn(phase)
  const all = scene.tunnels.filter(({ kind }) => kind !== 'local').length
  const name = all > MOST_TUBES ? `tunnel ${tunnel.no} of ${all}` : `tunnel ${tunnel.no}`
  const tail = `${name}${tailOf(tunnel)}`
  const style = chosen ? { reverse: true } : {}
  const outermost = Math.max(...tubes.flatMap(({ legs }) => legs.map(leg => leg.x)))
  let [zoneFrom, zoneTo] = [from + 1, to - 1]
  const tailRole = phase === 'up' ? undefined : PHASE_ROLES[phase]
  if (to + 2 + tail.length < canvas.columns) canvas.text(to + 2, y, tail, tailRole, style)
  else if (drawn) {
    canvas.text(from + 2, y, ` ${tail} `, tailRole, style)
    zoneFrom = from + 4 + tail.length
  } else canvas.text(Math.max(0, Math.min(outermost + 2, canvas.columns - tail.length - 1)), y, tail, tailRole, style)
  if (!drawn) return
  const inner = tunnel.inner
  if (inner) {
    // Of a compulsory tunnel the address is not that of the end of the tube.
    const own = tunnel.entry === tunnel.client ? inner.client : `${tunnel.client} ${inner.client}`
    const [left, right] = clientLeft ? [own, inner.server] : [inner.server, own]
    if (tubes.length === 1) {
      if (canvas.free(from + 2, y - 1, left.length)) canvas.text(from + 2, y - 1, left)
      if (canvas.free(to - 1 - right.length, y - 1, right.length)) canvas.text(to - 1 - right.length, y - 1, right)
    } else if (zoneTo - zoneFrom > left.length + right.length + 24) {
      canvas.text(zoneFrom + 1, y, ` ${left} `)
      canvas.text(zoneTo - 2 - right.length, y, ` ${right} `)
      zoneFrom += left.length + 3
      zoneTo -= right.length + 3
    }
  }
  if (ui.lens !== 'outside') paintPayload(canvas, model, tunnel, y, zoneFrom, zoneTo, clientLeft)
}

/** The telephone line is in front of the tunnel. */
const withoutLine = (tunnel: SceneTunnel): SceneTunnel => ({
  ...tunnel,
  layers: tunnel.layers.filter(({ name }) => name !== 'line'),
})

function tailOf(tunnel: SceneTunnel): string {
  switch (tubePhase(tunnel)) {
    case 'up':
      return tunnel.encrypted ? `  MPPE ${tunnel.keyBits}` : '  in clear'
    case 'half':
      return `  × ${halfWord(tunnel)}`
    case 'opening':
      return `  ${nextLayer(withoutLine(tunnel))?.name ?? ''} ~`
    case 'failed':
      return `  × ${tunnel.layers.find(({ mark }) => mark === 'failed')?.name ?? ''}`
    case 'over':
      return '  over'
    case 'idle':
      return '  not yet'
  }
}

/** User's packets inside one tunnel, on their way in one direction. */
interface Payload {
  readonly text: string
  readonly role: Role
  readonly share: number
  readonly fromClient: boolean
}

function payloadsOf(model: Model, tunnel: SceneTunnel): Payload[] {
  const { scene } = model
  const links = tunnel.path.map(index => scene.links[index])
  let at = tunnel.entry
  return links.flatMap((link, place) => {
    const clientSide = link.ends[0].node === at ? 0 : 1
    at = link.ends[1 - clientSide].node
    return link.flights.flatMap((flight): Payload[] => {
      const inside = insideOf(flight.packet)
      const facts = flight.packet.facts
      if (!inside || facts?.proto !== 'gre' || tunnelOf(flight.packet.journey, model) !== tunnel.no) return []
      const fromClient = flight.hop.from === clientSide
      const { sent, arrives = sent } = flight.hop
      const part = arrives > sent ? (scene.t - sent) / (arrives - sent) : 1
      const share = wayThrough(links, place, fromClient ? part : 1 - part)
      return [{ text: inside.text, role: inside.role, share, fromClient }]
    })
  })
}

function paintPayload(
  canvas: Canvas,
  model: Model,
  tunnel: SceneTunnel,
  y: number,
  from: number,
  to: number,
  clientLeft: boolean,
): void {
  const room = to - from + 1
  if (room < 3) return
  let taken: readonly [number, number] | undefined
  for (const fromClient of [true, false]) {
    const these = payloadsOf(model, tunnel).filter(payload => payload.fromClient === fromClient)
    const lead = these.sort((a, b) => (fromClient ? b.share - a.share : a.share - b.share))[0]
    if (!lead) continue
    const more = these.length > 1 ? ` +${these.length - 1}` : ''
    const rightwards = fromClient === clientLeft
    const text = `${lead.text}${more}`.slice(0, room - 4)
    const words = rightwards ? ` ${text} ►` : `◄ ${text} `
    const share = clientLeft ? lead.share : 1 - lead.share
    const head = from + Math.min(room - 1, Math.floor(room * share))
    const start = rightwards ? head - words.length + 1 : head
    const at = Math.max(from, Math.min(to - words.length + 1, start))
    if (taken && at <= taken[1] && at + words.length > taken[0]) {
      if (head < taken[0] || head > taken[1]) canvas.text(head, y, rightwards ? '►' : '◄', lead.role, { bold: true })
      continue
    }
    taken = [at, at + words.length - 1]
    canvas.text(at, y, words, lead.role, { bold: true })
  }
}
