/**
 * The NAT zoo: what becomes of the tunnels in each lab of nat-zoo-lab.ts, and why. The outcome is read from the states
 * and pings of the clients, the reasons from the trace: the GRE packets that arrive, the drops of those that do not, and
 * the entries by which boxes let them through. Read docs/nat-zoo.md.
 */
import { sec } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import { lab } from '../lab/builder.ts'
import { renderIssues } from '../lab/diagnostic.ts'
import { Run } from '../lab/run.ts'
import type { TappedFrame } from '../link/link.ts'
import * as Ethernet from '../wire/ethernet.ts'
import * as Gre from '../wire/gre.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import {
  BETWEEN,
  CLIENTS,
  LAST_PINGS,
  SERVERS,
  SETTLED,
  ZOO_CASES,
  type ZooCase,
  zooLab,
  zooName,
} from './nat-zoo-lab.ts'

/** What becomes of a tunnel, in words for one, two and three of them. */
export const ZOO_FATES = {
  works: ['works', 'both work', 'all work'],
  /** It was up, and is not any more, or nothing comes through. */
  'cut-off': ['is cut off', 'both are cut off', 'all are cut off'],
  /** The server hears it, and it hears nothing. */
  'hears-nothing': ['hears nothing', 'both hear nothing', 'all hear nothing'],
  /** It hears the server, which hears nothing. */
  'not-heard': ['is not heard', 'neither is heard', 'none is heard'],
  /** Nothing arrives in either direction. */
  silent: ['is silent', 'both are silent', 'all are silent'],
  /** GRE passes both ways, and there is no tunnel all the same. */
  'no-tunnel': ['has no tunnel', 'neither has a tunnel', 'none has a tunnel'],
  /** The control connection brought no call about. */
  'no-call': ['has no call', 'neither has a call', 'none has a call'],
} as const
export type ZooFate = keyof typeof ZOO_FATES

/** Why tunnels work or not; docs/nat-zoo.md has the same sentences. */
export const ZOO_REASONS = {
  helper: 'The PPTP helper reads the call IDs in the control connection, and expects GRE of both directions.',
  addresses: 'The box knows GRE by its addresses alone: one entry carries both directions of one tunnel.',
  'one-place': 'All GRE from outside goes to the inside host that was first to send some.',
  'own-address': 'The server has an outside address of its own: GRE needs no entry to find it.',
  'no-entry':
    'GRE carries only the call ID of its receiver, so up and down are two flows to the box. No entry leads what comes from outside to a host inside; it is taken for the box itself.',
  'entry-taken':
    'The box has one entry for a pair of addresses, and the first client has it. GRE of another client would look the same.',
  'wrong-host': 'What comes back is delivered to another client, which has no such call.',
  refused: 'The box translates no GRE: there are no ports in it.',
  other: 'Another reason.',
} as const
export type ZooReason = keyof typeof ZOO_REASONS

/** Why GRE of a direction passes, or does not. */
export interface ZooCause {
  readonly way: 'up' | 'down'
  readonly reason: ZooReason
  /** From the trace: the entry, or the drop with its rule or entry. */
  readonly evidence: string
}

export interface ZooTunnel {
  readonly client: string
  readonly server: string
  readonly fate: ZooFate
  /** GRE packets from the client, and those to it. */
  readonly up: { readonly sent: number; readonly arrived: number }
  readonly down: { readonly sent: number; readonly arrived: number }
  readonly causes: readonly ZooCause[]
  /** How it ended or did not come about, if it did: `lcp timeout`. */
  readonly end: string | undefined
  /** Answers to pings through the tunnel after all have dialled. */
  readonly replies: number
}

export interface ZooCell extends ZooCase {
  readonly name: string
  /** How many tunnels carry data in the end. */
  readonly works: number
  /** `1st works, 2nd is silent` */
  readonly outcome: string
  /** Without repetitions, in the order of the clients. */
  readonly reasons: readonly ZooReason[]
  readonly tunnels: readonly ZooTunnel[]
}

/** Runs the lab of every cell; `each` hears of a cell when it is done. */
export function natZoo(cases: readonly ZooCase[] = ZOO_CASES, each: (cell: ZooCell) => void = () => {}): ZooCell[] {
  return cases.map(given => {
    const cell = zooCell(given)
    each(cell)
    return cell
  })
}

export function zooCell(given: ZooCase): ZooCell {
  const loaded = lab(zooLab(given))
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  const run = new Run(loaded.lab, { fingerprint: false })
  const watch = new Watch(given, run)
  run.advance()
  const tunnels = watch.tunnels()
  return {
    name: zooName(given),
    ...given,
    works: tunnels.filter(({ fate }) => fate === 'works').length,
    outcome: outcomeOf(tunnels.map(({ fate }) => fate)),
    reasons: [...new Set(tunnels.flatMap(({ causes }) => causes.map(({ reason }) => reason)))],
    tunnels,
  }
}

const ORDINALS = ['1st', '2nd', '3rd']

/** `works`, `both work`, `1st works, others hear nothing` */
function outcomeOf(fates: readonly ZooFate[]): string {
  const [first, ...rest] = fates
  if (rest.every(fate => fate === first)) return ZOO_FATES[first][rest.length]
  if (rest.length > 1 && rest.every(fate => fate === rest[0])) return `1st ${ZOO_FATES[first][0]}, ${OTHERS[rest[0]]}`
  return fates.map((fate, i) => `${ORDINALS[i]} ${ZOO_FATES[fate][0]}`).join(', ')
}
const OTHERS: Readonly<Record<ZooFate, string>> = {
  works: 'others work',
  'cut-off': 'others are cut off',
  'hears-nothing': 'others hear nothing',
  'not-heard': 'others are not heard',
  silent: 'others are silent',
  'no-tunnel': 'others have no tunnel',
  'no-call': 'others have no call',
}

// What happens in one of the labs

interface Drop {
  readonly way: 'up' | 'down'
  readonly reason: ZooReason
  readonly evidence: string
  count: number
}

class Seen {
  up = false
  wasUp = false
  replies = 0
  end: string | undefined
  hasCall = false
  readonly sent = { up: 0, down: 0 }
  readonly arrived = { up: 0, down: 0 }
  readonly drops = new Map<string, Drop>()
  /** GRE entries that began while it dialled: entry and rule. */
  readonly entries: { readonly entry: string; readonly rule: string }[] = []
}

class Watch {
  readonly #given: ZooCase
  readonly #seen: readonly Seen[]
  /** Clients by the call ID that their server was told: `office 4711`. */
  readonly #calls = new Map<string, number>()
  /** Clients by the GRE packets that servers have sent to them. */
  readonly #packets = new Map<string, number>()

  constructor(given: ZooCase, run: Run) {
    this.#given = given
    this.#seen = CLIENTS.slice(0, given.clients).map(() => new Seen())
    run.listen(event => this.#event(event))
    for (const [index, { ends }] of run.simulation.lab.links.entries()) {
      const server = ends.findIndex(({ node }) => SERVERS.includes(node))
      if (server >= 0) run.tap(index, frame => this.#frame(ends[server].node, frame, server))
    }
  }

  /** A frame on the line of a server: to whom does its GRE go? */
  #frame(server: string, { from, bytes, packet }: TappedFrame, end: number): void {
    const gre = Ethernet.HEADER + Ipv4.HEADER
    if (from !== end || bytes.length < gre || Ethernet.type(bytes, 0) !== Ethernet.TYPE.ipv4) return
    if (Ipv4.protocol(bytes, Ethernet.HEADER) !== Ipv4.PROTOCOL.gre) return
    const client = this.#calls.get(`${server} ${Gre.callId(bytes, gre)}`)
    if (client === undefined) return
    this.#packets.set(packet, client)
    this.#seen[client].sent.down++
  }

  /** Clients dial one after the other. */
  #dialling(t: number): number {
    return Math.min(Math.floor(t / sec(BETWEEN)), this.#seen.length - 1)
  }

  #event(event: TraceEvent): void {
    const own = this.#seen[CLIENTS.indexOf(event.node)]
    switch (event.event) {
      case 'send':
        if (own && event.proto === 'gre') own.sent.up++
        return
      case 'deliver':
        if (event.proto === 'gre') this.#delivered(event.node, event.packet)
        return
      case 'drop':
        this.#dropped(event)
        return
      case 'flow':
        if (event.proto === 'gre' && event.action === 'begin') this.#seen[this.#dialling(event.t)].entries.push(event)
        return
      case 'pptp-message':
        if (SERVERS.includes(event.node) && event.way === 'received' && event.type === 'outgoing-call-request')
          this.#calls.set(`${event.node} ${/^call (\d+)/.exec(event.detail)?.[1]}`, this.#dialling(event.t))
        if (own && event.way === 'received' && event.type === 'outgoing-call-reply') own.hasCall = true
        return
      case 'interface':
        if (!own) return
        own.up = event.to === 'up'
        own.wasUp ||= own.up
        return
      case 'tunnel-end':
        if (own) own.end = `${event.layer} ${event.reason}`
        return
      case 'ping-reply':
        if (own && event.t >= sec(SETTLED)) own.replies++
    }
  }

  /** Whose packet is it, and which way does it go? */
  #ownerOf(packet: string): { readonly client: number; readonly way: 'up' | 'down' } | undefined {
    const sender = CLIENTS.indexOf(packet.split('#')[0])
    if (sender >= 0) return { client: sender, way: 'up' }
    const client = this.#packets.get(packet)
    return client === undefined ? undefined : { client, way: 'down' }
  }

  #delivered(node: string, packet: string): void {
    const owner = this.#ownerOf(packet)
    if (!owner) return
    const { client, way } = owner
    if (node === (way === 'up' ? this.#serverOf(client) : CLIENTS[client])) this.#seen[client].arrived[way]++
  }

  #serverOf(client: number): string {
    return SERVERS[this.#given.servers === 'same' ? 0 : client]
  }

  #dropped(event: Extract<TraceEvent, { event: 'drop' }>): void {
    const { node, reason, layer, rule, detail } = event
    if (event.packet === undefined || (event.proto !== 'gre' && layer !== 'gre')) return
    const owner = this.#ownerOf(event.packet)
    if (!owner) return
    const { client, way } = owner
    const { drops } = this.#seen[client]
    const key = `${way} ${node} ${reason}`
    const before = drops.get(key)
    if (before) before.count++
    else {
      const why = rule === undefined ? detail : `rule "${rule}"`
      drops.set(key, { way, reason: reasonOf(event), evidence: `${reason} at ${node}: ${why}`, count: 1 })
    }
  }

  tunnels(): ZooTunnel[] {
    return this.#seen.map((seen, i) => {
      const fate = fateOf(seen)
      return {
        client: CLIENTS[i],
        server: this.#serverOf(i),
        fate,
        up: { sent: seen.sent.up, arrived: seen.arrived.up },
        down: { sent: seen.sent.down, arrived: seen.arrived.down },
        causes: fate === 'works' ? passes(seen) : fails(seen),
        end: seen.end,
        replies: seen.replies,
      }
    })
  }
}

function fateOf({ up, wasUp, replies, hasCall, arrived }: Seen): ZooFate {
  if (up && replies === LAST_PINGS) return 'works'
  if (wasUp) return 'cut-off'
  if (!hasCall) return 'no-call'
  if (arrived.up > 0) return arrived.down > 0 ? 'no-tunnel' : 'hears-nothing'
  return arrived.down > 0 ? 'not-heard' : 'silent'
}

function reasonOf({ node, reason }: Extract<TraceEvent, { event: 'drop' }>): ZooReason {
  if (reason === 'nat-protocol') return 'refused'
  if (reason === 'nat-insert-failed') return 'entry-taken'
  if (reason === 'filter-drop') return 'no-entry'
  return reason === 'gre-unknown-call' && CLIENTS.includes(node) ? 'wrong-host' : 'other'
}

/** In each direction what most of its packets died of. */
function fails({ drops }: Seen): ZooCause[] {
  const causes: ZooCause[] = []
  for (const way of ['up', 'down'] as const) {
    const all = [...drops.values()].filter(drop => drop.way === way).sort((a, b) => b.count - a.count)
    if (all.length === 0) continue
    const [{ reason, evidence, count }] = all
    causes.push({ way, reason, evidence: `${count} x ${evidence}` })
  }
  return causes
}

/** By how a rule of translation is called. */
const BY_RULE: readonly (readonly [begin: string, reason: ZooReason])[] = [
  ['PPTP helper', 'helper'],
  ['one-to-one', 'own-address'],
  ['the one place', 'one-place'],
  ['', 'addresses'],
]

/** The entry that lets in what comes from outside, which is where boxes differ. */
function passes({ entries }: Seen): ZooCause[] {
  for (const [begin, reason] of BY_RULE) {
    const found = entries.find(({ rule }) => rule.startsWith(begin))
    if (found) return [{ way: 'down', reason, evidence: `entry ${found.entry}` }]
  }
  return []
}
