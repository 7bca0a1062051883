/** Discarded packets: which of them matter, and which was the latest that concerns what is selected in the net. */
import type { DropEvent, DropReason, PacketRecord, SceneNode } from '../src/index.ts'
import type { Model } from './model.ts'
import { makerOf } from './selection.ts'
import { rareEvents } from './told.ts'
import { bare } from './words.ts'

/** What every net does all the time. */
export const QUIET: ReadonlySet<DropReason> = new Set(['not-for-us', 'tcp-unexpected', 'icmp-ignored'])

/** Of what matters the latest; where nothing that matters was dropped, the latest of the rest. */
export function latestDrop(model: Model): DropEvent | undefined {
  const concerns = concernOf(model)
  const events = rareEvents(model.recorder)
  let quiet: DropEvent | undefined
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]
    if (event.event !== 'drop' || (quiet && QUIET.has(event.reason)) || !concerns(event)) continue
    if (!QUIET.has(event.reason)) return event
    quiet = event
  }
  return quiet
}

function concernOf(model: Model): (drop: DropEvent) => boolean {
  const { scene, recorder, ui } = model
  const { node, link, tunnel } = ui.selection
  const cable = link === undefined ? undefined : recorder.run.simulation.links[link]
  if (cable) {
    const { name } = cable
    return drop => drop.link === name || formsOf(model, drop).some(({ hops }) => hops.some(hop => hop.link === link))
  }
  const client = scene.tunnels.find(({ no }) => no === tunnel)?.client
  const machine = scene.nodes.find(({ name }) => name === (node ?? client))
  return machine ? ofMachine(model, machine) : () => true
}

/** It has discarded the packet, made it, or was to get it, in any of its forms; or that is what its tunnel has lost last. */
function ofMachine(model: Model, { name, addresses }: SceneNode): (drop: DropEvent) => boolean {
  const { scene } = model
  const own = scene.tunnels.filter(({ client }) => client === name)
  const inner = own.flatMap(tunnel => (tunnel.inner ? [tunnel.inner.client] : []))
  const theirs = new Set([...addresses.map(bare), ...inner])
  const lost = own.map(({ heard }) => heard?.drop)
  return drop => {
    if (drop.node === name || lost.includes(drop)) return true
    if (QUIET.has(drop.reason)) return false
    return formsOf(model, drop).some(({ id, facts }) => makerOf(id) === name || theirs.has(facts?.dst ?? ''))
  }
}

/** The packet, what it was made from and what was made of it. */
const formsOf = ({ recorder }: Model, { packet }: DropEvent): readonly PacketRecord[] =>
  (packet === undefined ? undefined : recorder.packet(packet)?.journey.packets) ?? []
