/** A packet of the scene as its layers. */
import { type Dissection, dissectionOf as layersOf, type PacketRecord } from '../src/index.ts'
import type { Model } from './model.ts'

export { clearOf, type Dissection, fieldAt, type PacketLayer as Layer } from '../src/index.ts'

export const dissectionOf = (packet: PacketRecord, { scene, capture }: Model): Dissection =>
  capture ? capture.dissection(packet) : layersOf(packet, link => scene.links[link].type)
