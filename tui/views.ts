/** The views of the program: how each looks, and what the keys do in it. */
import { filtered } from './filter.ts'
import { goTo } from './go.ts'
import type { Model, Size, Ui } from './model.ts'
import type { Own, Part, Parts } from './parts.ts'
import { pressNet } from './press-net.ts'
import { isMove } from './selection.ts'
import * as Checks from './views/checks.ts'
import { dashPart } from './views/dash.ts'
import * as Events from './views/events.ts'
import * as Ladder from './views/ladder.ts'
import * as Log from './views/log.ts'
import * as Nat from './views/nat.ts'
import { netView } from './views/net.ts'
import * as Packets from './views/packets.ts'
import * as Time from './views/time.ts'
import * as Tunnels from './views/tunnels.ts'

type ListView = Pick<typeof Checks, 'view' | 'panes' | 'moveSelection' | 'enter'>

const partOf = ({ view, panes, moveSelection, enter }: ListView, more: Part['press'] = ({ ui }) => ui): Part => ({
  render: view,
  panes,
  press: (model: Model, own: Own, size: Size) => {
    if (isMove(own)) return { ...model.ui, selection: moveSelection(model, own) }
    return own === 'enter' ? entered(model.ui, enter(model)) : more(model, own, size)
  },
})

/** What is inside may be in another view: Esc comes back from there. */
function entered(ui: Ui, part: Partial<Ui>): Ui {
  return { ...goTo(ui, part.view ?? ui.view), ...part }
}

function pressPackets(model: Model, own: Own): Ui {
  const { ui } = model
  switch (own) {
    case 'previousOfFlow':
      return { ...ui, follow: false, selection: Packets.sameFlow(model, 'previous') }
    case 'nextOfFlow':
      return { ...ui, follow: false, selection: Packets.sameFlow(model, 'next') }
    case 'fold':
      return { ...ui, ...Packets.fold(model) }
    default:
      return ui
  }
}

const packets = partOf(Packets, pressPackets)

const OTHERS: Omit<Parts, 'dash'> = {
  net: { render: netView, panes: () => 1, press: pressNet },
  tunnels: filtered(partOf(Tunnels, (model, own) => (own === 'tunnelLadder' ? Ladder.ofTunnel(model) : model.ui))),
  // Who walks through the packets wants to stay where he is.
  packets: { ...packets, press: (model, own, size) => stay(model.ui, packets.press(model, own, size)) },
  ladder: { render: Ladder.view, panes: () => 1, press: Ladder.press },
  nat: partOf(Nat),
  events: partOf(Events),
  checks: filtered(partOf(Checks)),
  time: partOf({ ...Time, enter: () => ({}) }),
  log: partOf(Log),
}

export const PARTS: Parts = { dash: dashPart(OTHERS), ...OTHERS }

const stay = (before: Ui, after: Ui): Ui =>
  after.selection.journey === before.selection.journey ? after : { ...after, follow: false }
