/** The views of the program: how each looks, and what the keys do in it. */
import { LADDER } from './captured.ts'
import { filtered } from './filter.ts'
import { goTo } from './go.ts'
import type { Model, Rendered, Size, Ui } from './model.ts'
import type { Own, Part, Parts } from './parts.ts'
import { pressNet } from './press-net.ts'
import { isMove } from './selection.ts'
import { notKnown } from './views/captured.ts'
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

/** What a capture knows nothing of: a sentence stands in its place. */
const ofRuns = (part: Part): Part => ({
  render: (model, size) => (model.capture ? notKnown(model, model.capture, size) : part.render(model, size)),
  panes: (model, size) => (model.capture ? 1 : part.panes(model, size)),
  press: (model, own, size) => (model.capture ? model.ui : part.press(model, own, size)),
})

/** Of a long capture the ladder has the beginning. */
function ladderView(model: Model, size: Size): Rendered {
  const view = Ladder.view(model, size)
  if (!model.capture || model.recorder.journeyCount <= LADDER) return view
  return { ...view, sentence: `These are the first ${LADDER} frames. All of them: pptp-lab ladder FILE.` }
}

const OTHERS: Omit<Parts, 'dash'> = {
  net: ofRuns({ render: netView, panes: () => 1, press: pressNet }),
  tunnels: ofRuns(
    filtered(partOf(Tunnels, (model, own) => (own === 'tunnelLadder' ? Ladder.ofTunnel(model) : model.ui))),
  ),
  // Who walks through the packets wants to stay where he is.
  packets: { ...packets, press: (model, own, size) => stay(model.ui, packets.press(model, own, size)) },
  ladder: { render: ladderView, panes: () => 1, press: Ladder.press },
  nat: ofRuns(partOf(Nat)),
  events: partOf(Events),
  checks: ofRuns(filtered(partOf(Checks))),
  time: ofRuns(partOf({ ...Time, enter: () => ({}) })),
  log: ofRuns(partOf(Log)),
}

export const PARTS: Parts = { dash: ofRuns(dashPart(OTHERS)), ...OTHERS }

const stay = (before: Ui, after: Ui): Ui =>
  after.selection.journey === before.selection.journey ? after : { ...after, follow: false }
