/** A lab as nodes and links to be drawn: which column each node is in, and what may be drawn as one. */
import type { Kind } from '../lab/lab.ts'

export interface GraphNode {
  /** Of the first of them, if it stands for several. */
  readonly name: string
  readonly kind: Kind
  readonly members: readonly string[]
  /** Rows that it wants in a card beside those that every node has. */
  readonly more?: number
}
export interface GraphLink {
  readonly index: number
  readonly ends: readonly [string, string]
}
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly links: readonly GraphLink[]
}

// Folding.

/** Hosts on the same switch or router that have no other link become one: `[5 hosts]`. `at`: only there. */
export function foldHosts(graph: Graph, keep: ReadonlySet<string>, at?: ReadonlySet<string>): Graph {
  const next = neighboursOf(graph)
  const groups = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) {
    const hub = next.get(node.name)?.[0]
    if (node.kind !== 'host' || hub === undefined || next.get(node.name)?.length !== 1) continue
    if (node.members.some(name => keep.has(name)) || (at && !at.has(hub))) continue
    groups.set(hub, [...(groups.get(hub) ?? []), node])
  }
  return merge(graph, [...groups.values()])
}

/** Routers in a row, each with two links, become one: `(3 hops)`. */
export function foldChains(graph: Graph, keep: ReadonlySet<string>): Graph {
  const next = neighboursOf(graph)
  const kinds = new Map(graph.nodes.map(node => [node.name, node]))
  const plain = (name: string): boolean =>
    kinds.get(name)?.kind === 'router' && !keep.has(name) && next.get(name)?.length === 2
  const seen = new Set<string>()
  const groups: GraphNode[][] = []
  for (const { name } of graph.nodes) {
    if (!plain(name) || seen.has(name)) continue
    seen.add(name)
    const chain = [name]
    for (const member of chain) {
      for (const other of next.get(member) ?? []) {
        if (!plain(other) || seen.has(other)) continue
        seen.add(other)
        chain.push(other)
      }
    }
    groups.push(graph.nodes.filter(node => chain.includes(node.name)))
  }
  return merge(graph, groups)
}

function merge(graph: Graph, groups: readonly (readonly GraphNode[])[]): Graph {
  const standsFor = new Map<string, string>()
  const merged = new Map<string, GraphNode>()
  for (const group of groups.filter(({ length }) => length > 1)) {
    const members = group.flatMap(node => node.members)
    merged.set(group[0].name, { ...group[0], members })
    for (const { name } of group) standsFor.set(name, group[0].name)
  }
  const name = (of: string): string => standsFor.get(of) ?? of
  return {
    nodes: graph.nodes.filter(node => name(node.name) === node.name).map(node => merged.get(node.name) ?? node),
    links: graph.links
      .map((link): GraphLink => ({ ...link, ends: [name(link.ends[0]), name(link.ends[1])] }))
      .filter(({ ends }) => ends[0] !== ends[1]),
  }
}

function neighboursOf({ nodes, links }: Graph): Map<string, string[]> {
  const next = new Map(nodes.map(({ name }): [string, string[]] => [name, []]))
  for (const { ends } of links) {
    for (const side of [0, 1] as const) {
      const list = next.get(ends[side])
      if (list && !list.includes(ends[1 - side])) list.push(ends[1 - side])
    }
  }
  return next
}

// Columns.

/** What stands next to its users. */
const NEAR = new Set(['switch', 'pstn'])

/** The column of each node: users, their switches, then by hops, servers, and what is behind them. */
export function columnsOf(graph: Graph): Map<string, number> {
  const next = neighboursOf(graph)
  const kinds = new Map<string, string>(graph.nodes.map(({ name, kind }) => [name, kind]))
  const column = new Map<string, number>()
  const servers = graph.nodes.filter(({ kind }) => kind === 'pptp-server').map(({ name }) => name)
  const clients = graph.nodes.filter(({ kind }) => kind === 'client').map(({ name }) => name)
  const first = graph.nodes.find(({ kind }) => kind === 'host') ?? graph.nodes[0]
  const doors = graph.nodes.filter(({ kind }) => kind === 'tun' || kind === 'udp').map(({ name }) => name)

  /** Gives a column to what can be reached from those that have one. Nothing is reached through a server. */
  const spread = (queue: string[]): void => {
    for (const name of queue) {
      const here = column.get(name) ?? 0
      for (const other of next.get(name) ?? []) {
        if (kinds.get(other) === 'pptp-server') continue
        const there = here === 0 && !NEAR.has(kinds.get(other) ?? '') ? 2 : here + 1
        if ((column.get(other) ?? Number.POSITIVE_INFINITY) <= there) continue
        column.set(other, there)
        queue.push(other)
      }
    }
  }
  const users = clients.length > 0 ? clients : doors
  const begin = users.length > 0 || !first ? users : [first.name]
  for (const name of begin) column.set(name, 0)
  for (const [name, hops] of behindClients()) column.set(name, -hops)
  spread([...begin])
  // A host on the switch of the users is one of them.
  for (const { name, kind } of graph.nodes) {
    const hub = next.get(name)?.[0] ?? name
    if (kind === 'host' && next.get(name)?.length === 1 && kinds.get(hub) === 'switch' && column.get(hub) === 1)
      column.set(name, 0)
  }
  const last = Math.max(0, ...[...column].filter(([name]) => !isLeafHost(name)).map(([, at]) => at))
  for (const name of servers) column.set(name, last + 1)
  spread([...servers])
  for (const { name } of graph.nodes) {
    if (column.has(name)) continue
    column.set(name, 0)
    spread([name])
  }
  const used = [...new Set(column.values())].sort((a, b) => a - b)
  return new Map([...column].map(([name, at]) => [name, used.indexOf(at)]))

  /** What only a client joins to the servers, and how far from it: the users of a router that dials. */
  function behindClients(): Map<string, number> {
    const behind = new Map<string, number>()
    for (const client of clients) {
      for (const first of next.get(client) ?? []) {
        const hops = new Map([[first, 1]])
        for (const [name, at] of hops) {
          for (const other of next.get(name) ?? []) if (other !== client && !hops.has(other)) hops.set(other, at + 1)
        }
        const alone = [...hops.keys()].every(name => !['client', 'pptp-server'].includes(kinds.get(name) ?? ''))
        if (alone && servers.length > 0) for (const [name, at] of hops) behind.set(name, at)
      }
    }
    return behind
  }

  function isLeafHost(name: string): boolean {
    return kinds.get(name) === 'host' && next.get(name)?.length === 1
  }
}
