/** A checked lab becomes machines and links, ready to run. */

import { SERVICES } from '../app/services.ts'
import { type Env, powered, World } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Power } from '../base/scheduler.ts'
import { type LineQuality, Link, PERFECT } from '../link/link.ts'
import { SerialLink } from '../link/serial.ts'
import { IpNode } from '../node/ip-node.ts'
import { makeNode } from '../node/kinds.ts'
import type { SimNode } from '../node/node.ts'
import type * as Lab from './lab.ts'
import { isEndSystem, servicesOf } from './services.ts'

export interface Simulation {
  /** With what has been added to its `events` while it ran. */
  lab: Lab.Lab
  readonly world: World
  /** In the order of the file. A machine that starts again is a new one in the place of the old. */
  readonly nodes: Map<string, SimNode>
  readonly links: readonly (Link | SerialLink)[]
  /** By node. */
  readonly boots: Map<string, Boot>
  /** By node, in the order of the file: what it starts with. Events change what a machine keeps without power. */
  readonly specs: Map<string, Lab.NodeSpec>
  /** What answers where. */
  readonly services: Lab.ServiceSpec[]
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
  const links: (Link | SerialLink)[] = []
  const specs = new Map(lab.nodes.map(spec => [spec.name, spec]))
  const services = servicesOf(lab)
  const simulation = { lab, world, nodes: new Map(), links, boots: new Map(), specs, services }
  for (const spec of lab.nodes) boot(simulation, spec, world.env(spec.name), 1)
  for (const spec of lab.links) links.push(buildLink(simulation, spec))
  for (const service of services) startService(simulation, service)
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
  for (const { link, side } of plugsOf(lab, name)) deafen(links[link], side, boot.env)
}

function deafen(link: Link | SerialLink, side: 0 | 1, { trace }: Env): void {
  if (link instanceof SerialLink) return link.powerOff(side)
  const end = link.ends[side]
  end.receive = (packet: Packet): void => {
    trace.drop({
      reason: 'power-off',
      layer: 'link',
      packet: packet.id,
      parent: packet.parent,
      detail: `at ${end.name}`,
    })
    packet.release()
  }
}

/** A machine gets its power back, or loses it for an instant: it starts as at time zero and remembers nothing. */
export function restart(simulation: Simulation, name: string): void {
  const { lab, links, nodes, boots, specs } = simulation
  const spec = specs.get(name)
  const before = nodes.get(name)
  const last = boots.get(name)
  if (!spec || !before || !last) return
  crash(simulation, name)
  const node = boot(simulation, spec, last.env, last.number + 1)
  for (const { link, side, plug } of plugsOf(lab, name)) plugIn(node, links[link], side, plug)
  for (const service of simulation.services) if (service.node === name) startService(simulation, service)
  if (before instanceof IpNode && node instanceof IpNode) node.inside = before.inside
  node.start()
}

/** The ends of links that are at a node, in the order of the file. */
function plugsOf(lab: Lab.Lab, name: string) {
  return lab.links.flatMap(({ ends }, link) =>
    ([0, 1] as const).map(side => ({ link, side, plug: ends[side] })).filter(({ plug }) => plug.node === name),
  )
}

function buildLink({ world, nodes, boots }: Simulation, spec: Lab.LinkSpec): Link | SerialLink {
  const envs = [boots.get(spec.ends[0].node)?.env as Env, boots.get(spec.ends[1].node)?.env as Env] as const
  const names = [`${spec.ends[0].node}:${spec.ends[0].iface}`, `${spec.ends[1].node}:${spec.ends[1].iface}`] as const
  const [there, back] = spec.ends.map(end => end.sends)
  const first = lineQuality(there)
  const quality = [first, back === there ? first : lineQuality(back)] as const
  const random = world.random.fork(`link ${spec.name}`)
  const link =
    spec.type === 'serial'
      ? new SerialLink(names, envs, random, spec.lines, quality)
      : new Link(names, envs, random, spec.type, spec.mtu, quality)
  for (const side of [0, 1] as const) {
    const plug = spec.ends[side]
    plugIn(nodes.get(plug.node) as SimNode, link, side, plug)
  }
  return link
}

/** Of a serial link a node gets each line by itself. */
function plugIn(node: SimNode, link: Link | SerialLink, side: 0 | 1, { iface, ipv4 }: Lab.LinkEnd): void {
  if (link instanceof Link) return node.plug(iface, link.ends[side], ipv4)
  const lines = link.lines[side]
  for (const [i, line] of lines.entries()) node.plugLine?.(lines.length === 1 ? iface : `${iface}.${i + 1}`, line)
}

/** The lab's rate may be absent: infinitely fast. */
const lineQuality = (spec: Lab.LineQuality): LineQuality => ({ ...PERFECT, ...spec })

/** From now on every end system answers at this port, where none of them does yet. */
export function serve(simulation: Simulation, service: 'transfer' | 'udp-echo', port: number): void {
  const { services, specs } = simulation
  if (services.some(known => known.service === service && known.port === port)) return
  for (const { name, kind } of specs.values()) {
    if (!isEndSystem(kind)) continue
    const spec = { node: name, service, port }
    services.push(spec)
    startService(simulation, spec)
  }
}

function startService({ nodes }: Simulation, { node, service, port }: Lab.ServiceSpec): void {
  SERVICES[service].serve(nodes.get(node) as IpNode, port)
}
