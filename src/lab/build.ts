/** A checked lab becomes machines and links, ready to run. */

import { SERVICES } from '../app/services.ts'
import { type Env, powered, World } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Power } from '../base/scheduler.ts'
import { type LineQuality, Link, PERFECT } from '../link/link.ts'
import { IpNode } from '../node/ip-node.ts'
import { makeNode } from '../node/kinds.ts'
import type { SimNode } from '../node/node.ts'
import type * as Lab from './lab.ts'
import { servicesOf } from './services.ts'

export interface Simulation {
  readonly lab: Lab.Lab
  readonly world: World
  /** In the order of the file. A machine that starts again is a new one in the place of the old. */
  readonly nodes: Map<string, SimNode>
  readonly links: readonly Link[]
  /** By node. */
  readonly boots: Map<string, Boot>
}

/** The time of a machine from getting its power to losing it. */
interface Boot {
  /** 1 for that from time zero. */
  readonly number: number
  readonly power: Power
  /** Without the power: what is on a line does not stop when its sender does. */
  readonly env: Env
}

export function build(lab: Lab.Lab): Simulation {
  const world = new World(lab.seed)
  const links: Link[] = []
  const simulation = { lab, world, nodes: new Map(), links, boots: new Map() }
  for (const spec of lab.nodes) boot(simulation, spec, world.env(spec.name), 1)
  for (const spec of lab.links) links.push(buildLink(simulation, spec))
  for (const service of servicesOf(lab)) startService(simulation, service)
  return simulation
}

function boot({ nodes, boots }: Simulation, spec: Lab.NodeSpec, env: Env, number: number): SimNode {
  const power = { on: true }
  // With the streams of before it would repeat itself: call IDs, sequence numbers, challenges.
  const random = number === 1 ? env.random : env.random.fork(`boot ${number}`)
  const node = makeNode(powered(env, power, random), spec)
  nodes.set(spec.name, node)
  boots.set(spec.name, { number, power, env })
  return node
}

/** A machine loses its power: none of its timers fires any more, and what reaches it is lost. */
export function crash({ lab, links, boots }: Simulation, name: string): void {
  const boot = boots.get(name)
  if (!boot?.power.on) return
  boot.power.on = false
  for (const { link, side } of plugsOf(lab, name)) {
    const end = links[link].ends[side]
    end.receive = (packet: Packet): void => {
      boot.env.trace.drop({ reason: 'power-off', layer: 'link', packet: packet.id, detail: `at ${end.name}` })
      packet.release()
    }
  }
}

/** A machine gets its power back, or loses it for an instant: it starts as at time zero and remembers nothing. */
export function restart(simulation: Simulation, name: string): void {
  const { lab, links, nodes, boots } = simulation
  const spec = lab.nodes.find(node => node.name === name)
  const before = nodes.get(name)
  const last = boots.get(name)
  if (!spec || !before || !last) return
  crash(simulation, name)
  const node = boot(simulation, spec, last.env, last.number + 1)
  for (const { link, side, plug } of plugsOf(lab, name)) node.plug(plug.iface, links[link].ends[side], plug.ipv4)
  for (const service of servicesOf(lab)) if (service.node === name) startService(simulation, service)
  if (before instanceof IpNode && node instanceof IpNode) node.inside = before.inside
  node.start()
}

/** The ends of links that are at a node, in the order of the file. */
function plugsOf(lab: Lab.Lab, name: string) {
  return lab.links.flatMap(({ ends }, link) =>
    ([0, 1] as const).map(side => ({ link, side, plug: ends[side] })).filter(({ plug }) => plug.node === name),
  )
}

function buildLink({ world, nodes, boots }: Simulation, spec: Lab.LinkSpec): Link {
  const [a, b] = spec.ends.map(end => nodes.get(end.node) as SimNode)
  const envs = [boots.get(spec.ends[0].node)?.env as Env, boots.get(spec.ends[1].node)?.env as Env] as const
  const names = [`${spec.ends[0].node}:${spec.ends[0].iface}`, `${spec.ends[1].node}:${spec.ends[1].iface}`] as const
  const [there, back] = spec.ends.map(end => end.sends)
  const quality = lineQuality(there)
  const link = new Link(names, envs, world.random.fork(`link ${spec.name}`), spec.type, spec.mtu, [
    quality,
    back === there ? quality : lineQuality(back),
  ])
  for (const [i, node] of [a, b].entries()) node.plug(spec.ends[i].iface, link.ends[i], spec.ends[i].ipv4)
  return link
}

/** The lab's rate may be absent: infinitely fast. */
const lineQuality = (spec: Lab.LineQuality): LineQuality => ({ ...PERFECT, ...spec })

function startService({ nodes }: Simulation, { node, service, port }: Lab.ServiceSpec): void {
  SERVICES[service].serve(nodes.get(node) as IpNode, port)
}
