/** What is selected: choosing one thing derives the others, and lists are walked. */
import { type Journey, mainForm, type PacketRecord } from '../src/index.ts'
import { callIdOf } from './flight.ts'
import { journeyOf, type Model, type Selection } from './model.ts'
import { isOf } from './words.ts'

export type Move = 'up' | 'down' | 'left' | 'right' | 'first' | 'last' | 'pageUp' | 'pageDown'

const MOVES: ReadonlySet<string> = new Set<Move>([
  ...(['up', 'down', 'left', 'right', 'first', 'last', 'pageUp', 'pageDown'] as const),
])
export const isMove = (command: string): command is Move => MOVES.has(command)

/** Rows that a page of a list has: a view does not know its size when a key comes. */
export const PAGE = 10

/** Where a move along a list of `count` things leads; `undefined` when it is no move along a list, or the list is empty. */
export function step(move: Move, index: number, count: number): number | undefined {
  if (count === 0) return undefined
  const to = {
    up: index - 1,
    down: index + 1,
    pageUp: index - PAGE,
    pageDown: index + PAGE,
    first: 0,
    last: count - 1,
    left: undefined,
    right: undefined,
  }[move]
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to))
}

/** The packet to be shown: of the selected journey the chosen form, of any other the main one. */
export function shownForm(journey: Journey, { journey: selected, form }: Selection): PacketRecord {
  return journey.packets[selected === journey.no ? form : mainForm(journey)] ?? journey.packets[mainForm(journey)]
}

/** The machine where a packet is, was dropped, or was seen last. */
export function placeOf({ drop, visits, hops, id }: PacketRecord, model: Model): string {
  const hop = hops.at(-1)
  const sender = hop && model.scene.links[hop.link].ends[hop.from].node
  return drop?.node ?? sender ?? visits.at(-1)?.node ?? makerOf(id)
}

/** `alice#5` was made by alice. */
export const makerOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('#')))

/** The new selection when a part of it is chosen: the rest follows as far as it is the business of the same thing. */
export function derive(model: Model, part: Partial<Selection>): Selection {
  const selection = { ...model.ui.selection, ...part }
  const { scene } = model
  if (part.journey !== undefined || part.form !== undefined) return ofJourney(model, selection, part)
  if (part.tunnel !== undefined) {
    const tunnel = scene.tunnels.find(({ no }) => no === part.tunnel)
    return { ...selection, node: part.node ?? tunnel?.client ?? selection.node, link: part.link }
  }
  if (part.node !== undefined) {
    const ours = scene.tunnels.filter(tunnel => isOf(tunnel, part.node ?? ''))
    const kept = ours.some(({ no }) => no === selection.tunnel)
    return { ...selection, link: part.link, tunnel: kept ? selection.tunnel : (ours[0]?.no ?? selection.tunnel) }
  }
  if (part.link !== undefined) {
    const onLine = scene.tunnels.filter(({ lines }) => lines.some(({ link }) => link === part.link))
    const through = [...(scene.links[part.link]?.tunnels ?? []), ...onLine.map(({ no }) => no)]
    const kept = selection.tunnel !== undefined && through.includes(selection.tunnel)
    return { ...selection, node: undefined, tunnel: kept ? selection.tunnel : (through[0] ?? selection.tunnel) }
  }
  return selection
}

function ofJourney(model: Model, selection: Selection, part: Partial<Selection>): Selection {
  const journey = selection.journey === undefined ? undefined : journeyOf(model, selection.journey)
  const fresh = { ...selection, field: part.field ?? [] }
  // Its main form, as soon as it is known.
  if (!journey) return { ...fresh, form: part.form ?? -1 }
  const form = part.form ?? mainForm(journey)
  const packet = journey.packets[form] ?? journey.packets[0]
  const tunnel = tunnelOf(journey, model)
  return {
    ...fresh,
    form,
    node: part.node ?? placeOf(packet, model),
    link: part.link,
    tunnel: part.tunnel ?? tunnel ?? selection.tunnel,
  }
}

/**
 * The tunnel that a journey is part of: its packets run between the ends of one, with the call ID of its GRE packets where
 * several have the same ends; or they were on its telephone line.
 */
export function tunnelOf(journey: Journey, { scene }: Model): number | undefined {
  const ends = new Map(scene.nodes.map(({ name, addresses }) => [name, addresses.map(a => a.split('/')[0])]))
  for (const { facts, hops } of journey.packets) {
    const hop = hops.at(-1)
    const byLine = scene.tunnels.find(({ lines }) =>
      lines.some(({ link, line }) => hop?.link === link && hop.line === line),
    )
    if (facts === undefined) {
      if (byLine) return byLine.no
      continue
    }
    const between = scene.tunnels.filter(({ entry, server, kind }) => {
      const [a, b] = [ends.get(entry) ?? [], ends.get(server) ?? []]
      return (
        kind !== 'local' &&
        ((a.includes(facts.src) && b.includes(facts.dst)) || (b.includes(facts.src) && a.includes(facts.dst)))
      )
    })
    if (between.length < 2) {
      if (between[0] ?? byLine) return (between[0] ?? byLine)?.no
      continue
    }
    const callId = hop && facts.proto === 'gre' ? callIdOf(hop.bytes, scene.links[hop.link].type) : undefined
    const found = between.find(
      ({ entry, callIds }) => callId === ((ends.get(entry) ?? []).includes(facts.dst) ? callIds.entry : callIds.server),
    )
    return (found ?? between.find(({ no }) => no === byLine?.no) ?? between[0]).no
  }
  return undefined
}
