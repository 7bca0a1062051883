/** A checked lab becomes machines and links, ready to run. */

import { SERVICES } from '../app/services.ts'
import { type Env, powered, World } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Power } from '../base/scheduler.ts'
import { type LineQuality, Link } from '../link/link.ts'
import { SerialLink } from '../link/serial.ts'
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
  readonly links: readonly (Link | SerialLink)[]
  /** By node: has it power? */
  readonly power: ReadonlyMap<string, Power>
}

export function build(lab: Lab.Lab): Simulation {
  const world = new World(lab.seed)
  const nodes = new Map<string, SimNode>()
  const power = new Map<string, Power>()
  // What is on a line does not stop when its sender does.
  const envs = new Map<string, Env>()
  for (const spec of lab.nodes) {
    const own = { on: true }
    const env = world.env(spec.name)
    power.set(spec.name, own)
    envs.set(spec.name, env)
    nodes.set(spec.name, makeNode(powered(env, own), spec))
  }
  const links = lab.links.map(spec => buildLink(world, nodes, envs, spec))
  const simulation = { lab, world, nodes, links, power }
  startServices(simulation)
  return simulation
}

/** A machine loses its power: none of its timers fires any more, and what reaches it is lost. */
export function crash({ lab, nodes, links, power }: Simulation, name: string): void {
  const own = power.get(name)
  const node = nodes.get(name)
  if (!own?.on || !node) return
  own.on = false
  for (const [i, { ends }] of lab.links.entries()) {
    for (const [side, end] of ends.entries()) if (end.node === name) deafen(links[i], side as 0 | 1, node)
  }
}

function deafen(link: Link | SerialLink, side: 0 | 1, { env }: SimNode): void {
  if (link instanceof SerialLink) return link.powerOff(side)
  const end = link.ends[side]
  end.receive = (packet: Packet): void => {
    env.trace.drop({ reason: 'power-off', layer: 'link', packet: packet.id, detail: `at ${end.name}` })
    packet.release()
  }
}

function buildLink(
  world: World,
  nodes: ReadonlyMap<string, SimNode>,
  lineEnvs: ReadonlyMap<string, Env>,
  spec: Lab.LinkSpec,
): Link | SerialLink {
  const [a, b] = spec.ends.map(end => nodes.get(end.node) as SimNode)
  const envs = [lineEnvs.get(spec.ends[0].node) as Env, lineEnvs.get(spec.ends[1].node) as Env] as const
  const names = [`${spec.ends[0].node}:${spec.ends[0].iface}`, `${spec.ends[1].node}:${spec.ends[1].iface}`] as const
  const quality = [lineQuality(spec.ends[0].sends), lineQuality(spec.ends[1].sends)] as const
  const random = world.random.fork(`link ${spec.name}`)
  if (spec.type === 'serial') return serialLink(new SerialLink(names, envs, random, spec.lines, quality), [a, b], spec)
  const link = new Link(names, envs, random, spec.type, spec.mtu, quality)
  for (const [i, node] of [a, b].entries()) node.plug(spec.ends[i].iface, link.ends[i], spec.ends[i].ipv4)
  return link
}

/** Each node gets each line by itself. */
function serialLink(link: SerialLink, nodes: readonly SimNode[], { ends }: Lab.LinkSpec): SerialLink {
  for (const [side, node] of nodes.entries()) {
    for (const [i, line] of link.lines[side].entries()) {
      const { iface } = ends[side]
      node.plugLine?.(link.lines[side].length === 1 ? iface : `${iface}.${i + 1}`, line)
    }
  }
  return link
}

/** The lab's rate may be absent: infinitely fast. */
const lineQuality = (spec: Lab.LineQuality): LineQuality => ({ ...spec, rate: spec.rate ?? 0 })

function startServices({ lab, nodes }: Simulation): void {
  for (const { node, service, port } of servicesOf(lab)) SERVICES[service].serve(nodes.get(node) as IpNode, port)
}
