/** A packet of the scene in a few words. */
import { type Journey, mainForm, type PacketRecord, packetWords, type What } from '../src/index.ts'
import { type Dissection, dissectionOf } from './dissection.ts'
import type { Model } from './model.ts'

export type { What } from '../src/index.ts'

const remembered = new WeakMap<Uint8Array, { readonly dissection: Dissection; readonly what: What }>()

/** What the journey carries, and how it is wrapped. */
export function whatOf(journey: Journey, model: Model): What {
  return whatIs(journey.packets[mainForm(journey)], model)
}

export function whatIs(packet: PacketRecord, model: Model): What {
  if (model.capture) return model.capture.what(packet)
  const dissection = dissectionOf(packet, model)
  const known = remembered.get(dissection.wire)
  if (known?.dissection === dissection) return known.what
  const what = packetWords(packet, dissection)
  remembered.set(dissection.wire, { dissection, what })
  return what
}
