/** `y`: what can be copied of what is selected, as text for the clipboard of the terminal. */
import { type Dissection, fieldAt } from './dissection.ts'
import type { Model } from './model.ts'
import { type Line, plainText } from './text.ts'
import { focused } from './views/dash.ts'
import { chosenPacket } from './views/packets.ts'
import { bare } from './words.ts'

export const COPIES = ['row', 'octets', 'explain'] as const
export type CopyKind = (typeof COPIES)[number]

interface Offer {
  readonly kind: CopyKind
  readonly key: string
  readonly text: string
}

/** The view that it is about: on the dashboard that of the pane that has the keys. */
export const copiedFrom = (model: Model): Model => (model.ui.view === 'dash' ? focused(model) : model)

/** What there is to choose from now. */
export function copiesOf(whole: Model): readonly Offer[] {
  const model = copiedFrom(whole)
  const packet = model.ui.view === 'packets' ? chosenPacket(model) : undefined
  const { field } = model.ui.selection
  const name = packet && field.length > 0 ? fieldAt(packet.dissection, field)?.name : undefined
  const octets = name === undefined ? 'the octets of the packet, as hex' : `the octets of ${name}, as hex`
  return [
    { kind: 'row', key: 'r', text: 'the selected row as text' },
    ...(packet ? [{ kind: 'octets', key: 'o', text: octets } as const] : []),
    { kind: 'explain', key: 'e', text: 'the command that tells all of it' },
  ]
}

/** The text; undefined when nothing is selected. `model` as `copiedFrom` has it; `screen`: the lines of its view. */
export function copied(kind: CopyKind, model: Model, screen: () => readonly Line[]): string | undefined {
  switch (kind) {
    case 'row':
      return rowOf(model, screen())
    case 'octets': {
      const chosen = chosenPacket(model)
      return chosen && octetsOf(chosen.dissection, model.ui.selection.field)
    }
    case 'explain': {
      const packet = model.ui.view === 'packets' ? chosenPacket(model)?.packet.id : undefined
      return packet === undefined ? model.explain : `${model.explain} --packet ${packet}`
    }
  }
}

/** As they are on the wire: of a sealed field what stands where it is. */
function octetsOf(dissection: Dissection, path: readonly number[]): string {
  const field = path.length === 0 ? undefined : fieldAt(dissection, path)
  const { wire } = dissection
  const octets = field ? wire.subarray(field.offset, field.offset + field.length) : wire
  return [...octets].map(octet => octet.toString(16).padStart(2, '0')).join('')
}

/** The row that the marker stands in front of, of the pane that has the keys; in the net what is chosen. */
function rowOf(model: Model, screen: readonly Line[]): string | undefined {
  if (model.ui.view === 'net') return chosenOf(model)
  const marked = screen.map(line => plainText(line).replace(/^│/, '')).filter(text => text.startsWith('►'))
  const row = model.ui.pane === 0 ? marked[0] : marked.at(-1)
  return row?.slice(1).split('│')[0].trim()
}

function chosenOf({ scene, ui }: Model): string | undefined {
  const { node, link } = ui.selection
  const machine = scene.nodes.find(({ name }) => name === node)
  if (machine) return [machine.name, machine.kind, ...machine.addresses.map(bare)].join(' ')
  if (link === undefined || scene.links[link] === undefined) return undefined
  const [a, b] = scene.links[link].ends
  return `${a.node}:${a.iface} ${b.node}:${b.iface}`
}
