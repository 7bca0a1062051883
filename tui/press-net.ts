/** Keys of the view Net: the nearest thing in a direction, and what is inside of it. */
import type { Flight, PacketRecord } from '../src/index.ts'
import { goTo } from './go.ts'
import type { Model, Size, Ui } from './model.ts'
import type { Own } from './parts.ts'
import { tunnelOf } from './selection.ts'
import { foldOf, neighbourOf } from './views/net.ts'
import { isOf } from './words.ts'

export function pressNet(model: Model, own: Own, size: Size): Ui {
  const { ui, scene } = model
  switch (own) {
    case 'left':
    case 'right':
    case 'up':
    case 'down':
      return { ...ui, selection: neighbourOf(model, own, size) }
    case 'first':
      return choose(ui, scene.nodes[0]?.name)
    case 'last':
      return choose(ui, scene.nodes.at(-1)?.name)
    case 'enter':
      return lookInside(model)
    case 'fold':
      return fold(model)
    default:
      return ui
  }
}

const choose = (ui: Ui, node: string | undefined): Ui => ({
  ...ui,
  selection: { ...ui.selection, node, link: undefined },
})

/**
 * The packet that moves, in the form in which it does: on the chosen link, through the chosen tunnel, or anywhere.
 * Where nothing moves, the tunnel of what is chosen.
 */
function lookInside(model: Model): Ui {
  const { ui, scene } = model
  const { node, link } = ui.selection
  const packet = link === undefined ? movingAt(model) : (movingAt(model, link) ?? lastOn(model, link))
  if (packet) {
    const { journey } = packet
    const selection = { ...ui.selection, journey: journey.no, form: journey.packets.indexOf(packet), field: [] }
    return { ...goTo(ui, 'packets'), follow: false, selection }
  }
  const tunnel = scene.tunnels.find(each => (node === undefined ? each.no === ui.selection.tunnel : isOf(each, node)))
  if (!tunnel) return ui
  return { ...goTo(ui, 'tunnels'), selection: { ...ui.selection, tunnel: tunnel.no } }
}

function movingAt(model: Model, link?: number): PacketRecord | undefined {
  const { scene, ui } = model
  const flights = scene.links
    .flatMap(({ index, flights }) => (link === undefined || index === link ? flights : []))
    .sort((a, b) => b.hop.sent - a.hop.sent)
  const ours = ({ packet }: Flight): boolean => tunnelOf(packet.journey, model) === ui.selection.tunnel
  return (flights.find(ours) ?? flights[0])?.packet
}

function lastOn({ recorder }: Model, link: number): PacketRecord | undefined {
  const { journeys } = recorder
  for (let i = journeys.length - 1; i >= 0; i--) {
    const found = journeys[i].packets.findLast(({ hops }) => hops.some(hop => hop.link === link))
    if (found) return found
  }
  return undefined
}

function fold(model: Model): Ui {
  const hub = foldOf(model)
  if (hub === undefined) return model.ui
  const folded = new Set(model.ui.folded)
  if (!folded.delete(hub)) folded.add(hub)
  return { ...model.ui, folded }
}
