/** A checked lab becomes machines and links, ready to run. */

import { SERVICES } from '../app/services.ts'
import { World } from '../base/env.ts'
import { type LineQuality, Link } from '../link/link.ts'
import type { IpNode } from '../node/ip-node.ts'
import { makeNode } from '../node/kinds.ts'
import type { SimNode } from '../node/node.ts'
import type * as Lab from './lab.ts'
import { servicesOf } from './services.ts'

export interface Simulation {
  readonly lab: Lab.Lab
  readonly world: World
  /** In the order of the file. */
  readonly nodes: ReadonlyMap<string, SimNode>
  readonly links: readonly Link[]
}

export function build(lab: Lab.Lab): Simulation {
  const world = new World(lab.seed)
  const nodes = new Map<string, SimNode>()
  for (const spec of lab.nodes) nodes.set(spec.name, makeNode(world.env(spec.name), spec))
  const links = lab.links.map(spec => buildLink(world, nodes, spec))
  const simulation = { lab, world, nodes, links }
  startServices(simulation)
  return simulation
}

function buildLink(world: World, nodes: ReadonlyMap<string, SimNode>, spec: Lab.LinkSpec): Link {
  const [a, b] = spec.ends.map(end => nodes.get(end.node) as SimNode)
  const names = [`${spec.ends[0].node}:${spec.ends[0].iface}`, `${spec.ends[1].node}:${spec.ends[1].iface}`] as const
  const quality = [lineQuality(spec.ends[0].sends), lineQuality(spec.ends[1].sends)] as const
  const link = new Link(names, [a.env, b.env], world.random.fork(`link ${spec.name}`), spec.type, spec.mtu, quality)
  for (const [i, node] of [a, b].entries()) node.plug(spec.ends[i].iface, link.ends[i], spec.ends[i].ipv4)
  return link
}

/** The lab's rate may be absent: infinitely fast. */
const lineQuality = (spec: Lab.LineQuality): LineQuality => ({ ...spec, rate: spec.rate ?? 0 })

function startServices({ lab, nodes }: Simulation): void {
  for (const { node, service, port } of servicesOf(lab)) SERVICES[service].serve(nodes.get(node) as IpNode, port)
}
