/**
 * The rows of a recorded run. A journey is one row, from the machine that made its first packet to where its last one is.
 * What an access server or a telephone exchange takes from one side and puts on the other is a packet of its own there, and
 * here the same row: a frame of PPP is known again by what is in it, a signal by its words.
 *
 * A packet is told once and remembered until something more of it happens, since a screen asks again with every step.
 */
import type { Field } from '../base/field.ts'
import type { SimTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Kind, Lab } from '../lab/lab.ts'
import type { Hop, Journey, PacketRecord, Recorder } from '../lab/recorder.ts'
import type { SceneTunnel } from '../lab/scene.ts'
import { columnsOf } from './graph.ts'
import type { Ladder, LadderNode, LadderPacket, LadderRow, Leg, RowFate } from './ladder.ts'
import { findCauses } from './ladder-cause.ts'
import { changesIn } from './ladder-changes.ts'
import { type Meaning, meaningOf, signalMeaning } from './ladder-meaning.ts'
import { Owners } from './ladder-owners.ts'
import { chainOf, copiesOf, isLost, mainForm, makerOf, markOf, NOBODY, placesIn, wayAmong } from './ladder-way.ts'
import { type Dissection, dissectionOf, type LinkTypeOf } from './packet-layers.ts'
import { packetWords, signalWords, type WordRole } from './packet-words.ts'
import { pictureOf } from './picture.ts'

/** A row while it grows. */
interface Draft {
  readonly t: SimTime
  readonly from: string
  readonly places: readonly string[]
  readonly to: string
  readonly legs: readonly Leg[]
  readonly copies: readonly string[]
  readonly fate: RowFate
  readonly label: string
  readonly seal: string
  readonly role: WordRole
  readonly meaning: Meaning
  readonly ppp: boolean
  readonly octets: number
  /** By what a relay's own packet is known as this one; '' if no relay carries it. */
  readonly key: string
  readonly journeys: readonly Journey[]
}

/** What tunnels there are: of a scene. */
export type LadderTunnel = Pick<SceneTunnel, 'no' | 'client' | 'entry' | 'server'>

const RANKS: Readonly<Record<Kind, number>> = {
  'pptp-server': 0,
  nas: 0,
  client: 1,
  firewall: 2,
  'load-balancer': 2,
  tun: 2,
  udp: 2,
  host: 3,
  radius: 3,
  router: 5,
  pstn: 5,
  switch: 5,
}

export class RunLadder {
  readonly #recorder: Recorder
  readonly #lab: Lab
  readonly #nodes: readonly LadderNode[]
  readonly #linkType: LinkTypeOf
  readonly #relays: ReadonlySet<string>
  readonly #owners: Owners
  readonly #told = new WeakMap<Journey, { readonly mark: string; readonly draft: Draft }>()

  constructor(recorder: Recorder) {
    const { lab, links } = recorder.run.simulation
    this.#recorder = recorder
    this.#lab = lab
    this.#nodes = nodesOf(lab)
    this.#linkType = link => links[link].type
    this.#relays = new Set(lab.nodes.filter(({ kind }) => kind === 'nas' || kind === 'pstn').map(({ name }) => name))
    this.#owners = new Owners(lab)
  }

  /** Everything up to now. */
  ladder(tunnels: readonly LadderTunnel[]): Ladder {
    const { run } = this.#recorder
    const drafts = this.#joined([...this.#signals(), ...this.#recorder.journeys.map(journey => this.#tell(journey))])
    const rows = drafts.map(toRow(tunnels))
    findCauses(rows, this.#recorder.events)
    return {
      title: `${this.#lab.name}, seed ${this.#lab.seed}`,
      rows,
      nodes: this.#nodes,
      now: run.now,
      calls: tunnels.map(({ no, client, server }) => ({ no, client, server })),
      packetsOf: row => row.journeys.flatMap(({ packets }) => packets.flatMap(packet => this.#packet(packet))),
      changesOf: row => changesIn(this.#recorder.events, row),
    }
  }

  /** As it was on its last line, or as it went into a tunnel. */
  #packet(packet: PacketRecord): LadderPacket[] {
    const { wire, layers } = dissectionOf(packet, this.#linkType)
    if (wire.length === 0) return []
    const leg = packet.hops.map(hop => this.#leg(packet, hop)).at(-1)
    const where = leg ? `on the line from ${leg.from} to ${leg.to}` : `inside of ${makerOf(packet.id)}`
    return [
      { title: `${packet.id}, ${where}, ${wire.length} octets`, layers: layers.map(({ field }) => field), bytes: wire },
    ]
  }

  #tell(journey: Journey): Draft {
    const mark = markOf(journey, this.#recorder.run.now)
    const known = this.#told.get(journey)
    if (known?.mark === mark) return known.draft
    const draft = this.#draft(journey)
    this.#told.set(journey, { mark, draft })
    return draft
  }

  #draft(journey: Journey): Draft {
    const { now } = this.#recorder.run
    const { packets } = journey
    for (const packet of packets) this.#owners.learn(packet)
    const main = packets[mainForm(journey)] ?? packets[0]
    const dissection = dissectionOf(main, this.#linkType)
    const outer = dissection.layers.filter(({ inner }) => !inner).map(({ field }) => field)
    const inner = dissection.layers.filter(({ inner }) => inner).map(({ field }) => field)
    const { sealed } = dissection
    const intended = this.#intended(journey, outer)
    const chain = chainOf(journey, intended, now, hop => this.#endOf(hop))
    const all = chain.flatMap(packet => packet.hops.map(hop => this.#leg(packet, hop)))
    const legs = wayAmong(all, intended)
    const places = placesIn(makerOf(packets[0].id), chain, legs, now)
    const fate = this.#fate(chain[chain.length - 1], legs, now)
    const { text, seal, role } = packetWords(main, dissection)
    return {
      t: journey.t,
      from: places[0],
      places,
      to: fate.kind === 'arrived' ? places[places.length - 1] : (intended ?? legs.at(-1)?.to ?? places[0]),
      legs,
      copies: all.length === legs.length ? NOBODY : copiesOf(all, now),
      fate,
      label: text,
      seal,
      role,
      meaning: meaningOf(outer, sealed?.clear && inner, sealed !== undefined),
      ppp: outer.some(({ name }) => name === 'ppp'),
      octets: (main.hops[0]?.bytes ?? dissection.wire).length,
      key: this.#relays.size === 0 ? '' : frameKey(dissection),
      journeys: [journey],
    }
  }

  #endOf({ link, from }: Hop): string {
    return this.#lab.links[link].ends[1 - from].node
  }

  #leg(packet: PacketRecord, hop: Hop): Leg {
    const from = this.#lab.links[hop.link].ends[hop.from].node
    const framed = packet.facts?.proto === 'gre' || this.#linkType(hop.link) === 'serial'
    return { packet, from, to: this.#endOf(hop), sent: hop.sent, arrives: hop.arrives, framed }
  }

  /** Who is to get it. */
  #intended({ packets, t }: Journey, outer: readonly Field[]): string | undefined {
    for (const packet of packets) {
      const name = this.#owners.receiver(packet, makerOf(packet.id))
      if (name !== undefined) return name
    }
    const arp = outer.find(({ name }) => name === 'arp')
    if (!arp) return undefined
    const [sender, target] = ['senderIp', 'targetIp'].map(name => arp.children?.find(part => part.name === name)?.text)
    return sender === target ? undefined : this.#owners.of(target ?? '', makerOf(packets[0].id), t)
  }

  #fate(packet: PacketRecord, legs: readonly Leg[], now: SimTime): RowFate {
    const { drop, visits, hops } = packet
    const got = visits.find(({ what }) => what === 'deliver')
    if (got && !isLost(packet)) return { kind: 'arrived', t: got.t }
    const last = legs.at(-1)
    if (last?.arrives !== undefined && last.arrives > now) return { kind: 'flying' }
    if (drop) {
      const between = drop.link === undefined || !last ? undefined : ([last.from, last.to] as const)
      return { kind: 'dropped', t: drop.t, node: drop.node, reason: drop.reason, between }
    }
    // A machine has it and has not sent it on yet: it asks for an address.
    const visit = visits.at(-1)
    const held = visit && !hops.some(({ sent }) => sent >= visit.t)
    return held ? { kind: 'flying' } : { kind: 'arrived', t: Math.max(last?.arrives ?? 0, visit?.t ?? 0) }
  }

  /**
   * Signals of telephone lines: each is sent at one end and heard at the other, in order, unless the cable is pulled or the
   * other end has no power. So of those under way it was the latest that has had the time to come, and those before it are
   * lost; so are those that wait longer than any signal does.
   */
  #signals(): Draft[] {
    const { lab, links } = this.#recorder.run.simulation
    /** Indices of those that were not heard yet. */
    const open = new Map<string, number[]>()
    const drafts: Draft[] = []
    for (const event of this.#recorder.events) {
      if (event.event !== 'line-signal') continue
      const [iface, number = '1'] = event.line.split('.')
      const link = lab.links.findIndex(({ ends }) => ends.some(end => end.node === event.node && end.iface === iface))
      if (link < 0) continue
      const { ends } = lab.links[link]
      const end = ends[0].node === event.node && ends[0].iface === iface ? 0 : 1
      const other = ends[1 - end].node
      const key = `${link} ${number} ${event.type} ${event.way === 'sent' ? event.node : other}`
      const waiting = open.get(key) ?? []
      if (event.way === 'sent') {
        open.set(key, [...waiting, drafts.length])
        drafts.push(signalDraft(event, other))
        continue
      }
      const { delay } = links[link].quality(end === 0 ? 1 : 0)
      const came = waiting.findLast(at => drafts[at].t + delay <= event.t) ?? waiting[0]
      if (came === undefined) continue
      for (const at of waiting) if (at < came) drafts[at] = { ...drafts[at], fate: { kind: 'unheard' } }
      drafts[came] = heardDraft(drafts[came], event.t)
      open.set(
        key,
        waiting.filter(at => at > came),
      )
    }
    const { now } = this.#recorder.run
    for (const at of [...open.values()].flat()) {
      if (drafts[at].t + LONGEST_WAIT < now) drafts[at] = { ...drafts[at], fate: { kind: 'unheard' } }
    }
    return drafts
  }

  /** In order of time, with what relays have carried on as one. */
  #joined(all: readonly Draft[]): Draft[] {
    const rows: Draft[] = []
    /** Rows by what has come to a relay and was not seen to leave it. */
    const waiting = new Map<string, number[]>()
    for (const draft of [...all].sort((a, b) => a.t - b.t)) {
      const at = this.#carriedOn(draft, rows, waiting)
      const place = at ?? rows.length
      rows[place] = at === undefined ? draft : joined(rows[at], draft)
      const { fate, to, key } = rows[place]
      if (fate.kind !== 'arrived' || key === '' || !this.#relays.has(to)) continue
      const queue = waiting.get(`${to} ${key}`)
      if (queue) queue.push(place)
      else waiting.set(`${to} ${key}`, [place])
    }
    return rows
  }

  #carriedOn(
    { from, to, key, t }: Draft,
    rows: readonly Draft[],
    waiting: ReadonlyMap<string, number[]>,
  ): number | undefined {
    if (key === '' || !this.#relays.has(from)) return undefined
    const queue = waiting.get(`${from} ${key}`)
    const goesOn = (at: number): boolean => {
      const { fate, places } = rows[at]
      return fate.kind === 'arrived' && fate.t <= t && t - fate.t < LONGEST_WAIT && !places.includes(to)
    }
    const first = queue?.findIndex(goesOn) ?? -1
    return first < 0 ? undefined : queue?.splice(first, 1)[0]
  }
}

/** For so long a frame or a signal may wait for its line. */
const LONGEST_WAIT = 10e9

/** The drafts of journeys are remembered: what is joined is another one. */
const joined = (row: Draft, { places, to, legs, fate, journeys }: Draft): Draft => ({
  ...row,
  places: [...row.places, ...places.filter(place => !row.places.includes(place))],
  to,
  legs: [...row.legs, ...legs],
  fate,
  journeys: [...row.journeys, ...journeys],
})

function signalDraft(event: Extract<TraceEvent, { event: 'line-signal' }>, to: string): Draft {
  const words = signalWords(event)
  return {
    t: event.t,
    from: event.node,
    places: [event.node],
    to,
    legs: [{ packet: undefined, from: event.node, to, sent: event.t, arrives: undefined, framed: false }],
    copies: NOBODY,
    fate: { kind: 'flying' },
    label: words,
    seal: '',
    role: 'control',
    meaning: signalMeaning(event.type, event.type === 'connect' ? event.detail : ''),
    ppp: false,
    octets: 0,
    key: words,
    journeys: [],
  }
}

const heardDraft = (draft: Draft, t: SimTime): Draft => ({
  ...draft,
  legs: [{ ...draft.legs[0], arrives: t }],
  places: [draft.from, draft.to],
  fate: { kind: 'arrived', t },
})

const toRow =
  (tunnels: readonly LadderTunnel[]) =>
  (
    { t, from, places, to, legs, copies, label, seal, role, meaning, ppp, octets, fate, journeys }: Draft,
    i: number,
  ): LadderRow => {
    const via = places.slice(1).filter(place => place !== to && !(fate.kind === 'dropped' && place === fate.node))
    const all = new Set([...places, to])
    return {
      no: i + 1,
      t,
      from,
      to,
      via,
      legs,
      copies,
      label,
      more: meaning.more,
      seal,
      role: fate.kind === 'dropped' || meaning.failure ? 'bad' : meaning.bare ? 'muted' : role,
      meaning,
      ppp,
      octets,
      fate,
      cause: undefined,
      calls: tunnels.filter(tunnel => isOf(tunnel, all)).map(({ no }) => no),
      journeys,
      frame: undefined,
    }
  }

/** Two of its machines have had it: what only a NAT box or an exchange saw is told by them. */
const isOf = ({ client, entry, server }: LadderTunnel, places: ReadonlySet<string>): boolean =>
  [...new Set([client, entry, server])].filter(name => places.has(name)).length > 1

/** The PPP frame in it, as text: whole, so that the same frame is known again on another line. */
function frameKey({ layers }: Dissection): string {
  const outer = layers.filter(({ inner }) => !inner)
  const at = outer.findIndex(({ field }) => field.name === 'ppp')
  return at < 0
    ? ''
    : outer
        .slice(at + 1)
        .map(({ field }) => fieldText(field))
        .join(' ')
}
const fieldText = ({ name, text, children = [] }: Field): string => `${name}:${text}(${children.map(fieldText).join()})`

/** From the users to the servers and what is behind them, as the drawing of the net has them. */
function nodesOf(lab: Lab): LadderNode[] {
  const { nodes, links } = pictureOf(lab)
  const columns = columnsOf({
    nodes: nodes.map(({ name, kind }) => ({ name, kind, members: [name] })),
    links: links.map(({ index, ends }) => ({ index, ends: [ends[0].node, ends[1].node] })),
  })
  return nodes
    .map(({ name, kind, job, role }) => ({ name, job: role === '' ? job : role, rank: RANKS[kind] }))
    .sort((a, b) => (columns.get(a.name) ?? 0) - (columns.get(b.name) ?? 0))
}
