/** What the list of packets says of a journey besides its words: who sent it to whom, and how far it has come. */
import { type Journey, type PacketRecord, pathBetween, type Scene, type SceneLink } from '../../src/index.ts'
import { namesOf } from '../addresses.ts'
import type { Model } from '../model.ts'
import { makerOf } from '../selection.ts'

export interface Peers {
  readonly from: string
  readonly to: string
}

/** Who made the first form of it, and who is to get it. */
export function peersOf(journey: Journey, model: Model): Peers {
  const { packets } = journey
  if (model.capture) return model.capture.peersOf(packets[0], model.ui.labels)
  const facts = factsOf(journey)
  if (model.ui.labels === 'addresses' && facts) return { from: brief(facts.src), to: brief(facts.dst) }
  const target = facts && namesOf(model.scene).byIp.get(facts.dst)
  const to = target ?? deliveredTo(journey) ?? facts?.dst ?? receiverOf(packets[0], model)
  return { from: makerOf(packets[0].id), to }
}

/** What is known of its IP packet. */
export const factsOf = ({ packets }: Journey) => packets.find(({ facts }) => facts !== undefined)?.facts

/** `.113.5` */
export const brief = (address: string): string => `.${address.split('.').slice(-2).join('.')}`

/** The machine that its last form was for, if it has got it. */
export const deliveredTo = ({ packets }: Journey): string | undefined =>
  packets.findLast(({ visits }) => visits.at(-1)?.what === 'deliver')?.visits.at(-1)?.node

/** The telephone line that it was on. */
const lineOf = ({ hops }: PacketRecord, { scene }: Model): SceneLink | undefined =>
  hops.map(({ link }) => scene.links[link]).find(({ type }) => type === 'serial')

/** Of a frame without IP: who has its Ethernet address; who is at the other end of the telephone line. */
export function receiverOf(packet: PacketRecord, model: Model): string {
  const { hops } = packet
  const { scene } = model
  const line = lineOf(packet, model)
  if (line) return line.ends[1 - hops[0].from].node
  const bytes = hops[0]?.bytes
  if (!bytes) return ''
  const mac = [...bytes.subarray(0, 6)].map(octet => octet.toString(16).padStart(2, '0')).join(':')
  return namesOf(scene).byMac.get(mac) ?? mac
}

/** `●` passed, `►` on its way, `○` still to come, `×` died, `·` not on its path. */
export type Dot = '●' | '►' | '○' | '×' | '·'

/** One sign for each node, in the order of the drawing. */
export function wayOf(journey: Journey, { scene, recorder }: Model): Dot[] {
  const dots = new Map<string, Dot>()
  let place = makerOf(journey.packets[0].id)
  let flying = false
  dots.set(place, '●')
  for (const { hops, visits, drop } of journey.packets) {
    for (const { node } of visits) dots.set((place = node), '●')
    for (const { link, from, arrives, sent } of hops) {
      const { ends } = scene.links[link]
      const to = ends[1 - from].node
      if (sent <= scene.t) dots.set(ends[from].node, '●')
      if (arrives !== undefined && arrives <= scene.t && dots.get(to) !== '×') dots.set((place = to), '●')
      else if (arrives !== undefined && arrives > scene.t && dots.get(to) !== '●') {
        dots.set((place = to), '►')
        flying = true
      }
    }
    if (drop) {
      const hop = hops.at(-1)
      const lost = drop.link !== undefined && hop !== undefined && hop.arrives === undefined
      dots.set(lost ? scene.links[hop.link].ends[1 - hop.from].node : drop.node, '×')
    }
  }
  if (flying) {
    const { lab } = recorder.run.simulation
    for (const node of nodesAfter(place, targetOf(journey, scene), lab, scene)) if (!dots.has(node)) dots.set(node, '○')
  }
  return scene.nodes.map(({ name }) => dots.get(name) ?? '·')
}

const targetOf = ({ packets }: Journey, scene: Scene): string | undefined => {
  const facts = packets.find(({ facts }) => facts !== undefined)?.facts
  return facts && namesOf(scene).byIp.get(facts.dst)
}

function nodesAfter(
  from: string,
  to: string | undefined,
  lab: Parameters<typeof pathBetween>[0],
  scene: Scene,
): string[] {
  if (to === undefined) return []
  const nodes: string[] = []
  let at = from
  for (const link of pathBetween(lab, from, to)) {
    const { ends } = scene.links[link]
    at = ends[0].node === at ? ends[1].node : ends[0].node
    nodes.push(at)
  }
  return nodes
}

/** Protocols of its forms, and why it was dropped: what a filter may ask for. */
export function protocolsOf({ packets }: Journey, model: Model): string {
  const protocols = packets.map(packet => packet.facts?.proto ?? (lineOf(packet, model) ? 'hdlc' : 'arp'))
  const drops = packets.flatMap(({ drop }) => (drop ? ['drop', drop.reason] : []))
  return [...protocols, ...drops].join(' ')
}
