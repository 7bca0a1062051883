/**
 * Follows a run and gathers what the doctor asks for: which tunnels were tried, how far each came, and what became of the packets
 * that its ends sent to each other, by their names. Nothing is read from what a lab says of itself.
 *
 * A GRE packet carries its receiver's call ID only, and a NAT box changes it: to whose tunnel it belongs is known at the machine
 * that makes it, from the control messages that this machine has seen. From there on its name is enough.
 */
import type { SimTime } from '../../base/time.ts'
import type { EventFields, TraceEvent } from '../../base/trace.ts'
import type { Run } from '../../lab/run.ts'
import { AppWatch } from './apps.ts'
import { boxesOf } from './boxes.ts'
import {
  type Case,
  type Facts,
  type FlowEnd,
  type GreFlow,
  type LineFacts,
  type Loss,
  type Message,
  type NatSource,
  newLine,
  type Way,
} from './facts.ts'
import { peek } from './peek.ts'
import { addressOf, type Live, over, said, speaksTcpTo, Tunnels } from './tunnels.ts'
import { addLoss, arrive, astray, lose, send, spoil } from './ways.ts'

type Of<K extends keyof EventFields> = Extract<TraceEvent, { event: K }>
type Drop = Of<'drop'>

interface Flight {
  readonly live: Live
  readonly way: Way
  readonly proto: string
  arrived: boolean
}

/** Packets whose fate is still remembered, and frames of serial lines. */
const REMEMBERED = 50_000

export class DoctorWatch {
  readonly #run: Run
  readonly #tunnels: Tunnels
  readonly #flights = new Map<string, Flight>()
  /** GRE that was sent while it was not clear to which tunnel it belongs. */
  readonly #pending = new Map<string, readonly Live[]>()
  readonly #parents = new Map<string, string>()
  readonly #losses = new Map<string, Loss>()
  readonly #lines: LineFacts[] = []
  readonly #flowEnds: FlowEnd[] = []
  readonly #greFlows: GreFlow[] = []
  readonly #natSources = new Map<string, NatSource[]>()
  readonly #radius: Message[] = []
  readonly #apps: AppWatch

  constructor(run: Run) {
    this.#run = run
    const { lab } = run.simulation
    this.#tunnels = new Tunnels(lab.nodes)
    this.#apps = new AppWatch(lab)
    run.listen(event => this.#event(event))
    for (const [index, { ends, name, type }] of lab.links.entries()) {
      const lines = ends.map(({ node }) => newLine(name, node))
      this.#lines.push(...lines)
      run.tap(index, ({ from, bytes, packet, parent, fate, t }) => {
        const line = lines[from]
        line.frames++
        if (fate === 'line-loss') {
          line.lost++
          line.first ??= { packet, t }
        }
        // The line of a telephone flips bits of octets: its ends count them (hdlc-).
        if (fate === 'corrupted' && type !== 'serial') {
          line.spoiled++
          line.firstSpoiled ??= { packet, t }
        }
        if (type === 'serial') {
          if (parent !== undefined) this.#remember(this.#parents, packet, parent)
          this.#apps.made(packet, parent)
        } else if (packet.startsWith(`${line.from}#`) && !this.#flights.has(packet)) {
          this.#look(line.from, packet, parent, bytes, type === 'ethernet')
        }
      })
    }
  }

  facts(): Facts {
    const t = this.#run.now
    const tunnels = this.#tunnels.lives.map(({ tunnel }) => tunnel)
    const losses = [...this.#losses.values()]
    const cases: Case[] = [...tunnels, ...this.#apps.cases(tunnels, losses)]
    return {
      kind: 'run',
      t,
      cases,
      boxes: boxesOf(this.#run),
      losses,
      lines: this.#lines,
      flowEnds: this.#flowEnds,
      greFlows: this.#greFlows,
      natSources: this.#natSources,
      radius: this.#radius,
      strangers: [],
    }
  }

  #remember<T>(map: Map<string, T>, key: string, value: T): void {
    map.set(key, value)
    if (map.size <= REMEMBERED) return
    for (const oldest of map.keys()) {
      map.delete(oldest)
      break
    }
  }

  #event(event: TraceEvent): void {
    switch (event.event) {
      case 'send':
        if (event.proto === 'gre') this.#sendGre(event)
        break
      case 'forward':
        this.#flightOf(event.packet, event.parent, event.proto)?.live.tunnel.through.add(event.node)
        break
      case 'deliver':
        this.#deliver(event)
        break
      case 'drop':
        this.#drop(event)
        break
      case 'state':
        this.#tunnels.state(event)
        break
      case 'pptp-message':
        this.#tunnels.message(event)
        break
      case 'ppp-message':
        this.#ppp(event)
        break
      case 'tunnel-end':
        this.#tunnels.ended(event)
        break
      case 'nat':
        if (event.field === 'source') this.#natSource(event)
        break
      case 'nat-helper':
        this.#flights.get(event.packet)?.live.tunnel.helped.add(event.node)
        break
      case 'pns-passed':
        this.#tunnels.passed(event)
        break
      case 'flow':
        this.#flow(event)
        break
      case 'radius-silent':
        this.#radius.push({ ...said(event), proto: 'radius', type: 'silent', detail: event.detail })
        break
      default:
    }
    this.#apps.event(event, node => this.#tunnels.liveAt(node, event.t)?.tunnel)
  }

  // Packets

  /** A machine makes a GRE packet; with several calls to that address its bytes must say to which it belongs. */
  #sendGre({ t, node, packet, dst, parent }: Of<'send'>): void {
    const candidates = this.#tunnels.lives.filter(live => this.#sendsTo(live, node, dst) && !over(live, t))
    if (candidates.length === 1)
      this.#register(packet, candidates[0], this.#wayFrom(candidates[0], node, 'gre'), 'gre', t)
    else if (candidates.length > 1) this.#remember(this.#pending, packet, candidates)
    if (parent !== undefined && candidates.length > 0) this.#apps.wrapped(parent, candidates[0].tunnel)
  }

  #sendsTo({ ends, tunnel, seenAs }: Live, node: string, dst: string): boolean {
    if (ends[0].node === node) return tunnel.target === dst && ends[0].key !== undefined
    return ends[1].node === node && addressOf(seenAs) === dst && ends[1].key !== undefined
  }

  #wayFrom({ tunnel, ends }: Live, node: string, proto: 'tcp' | 'gre'): Way {
    return ends[0].node === node ? tunnel[proto].up : tunnel[proto].down
  }

  /** A packet as its maker puts it on the line. */
  #look(node: string, packet: string, parent: string | undefined, bytes: Uint8Array, ethernet: boolean): void {
    const seen = peek(bytes, ethernet)
    if (!seen) return
    const t = this.#run.now
    if (seen.proto === 'gre') {
      const candidates = this.#pending.get(packet) ?? []
      const live = candidates.findLast(
        ({ ends: [opener, acceptor] }) =>
          (opener.node === node && opener.key === seen.callId) ||
          (acceptor.node === node && acceptor.key === seen.callId),
      )
      if (!live) return
      this.#register(packet, live, this.#wayFrom(live, node, 'gre'), 'gre', t)
      if (parent !== undefined) this.#apps.wrapped(parent, live.tunnel)
      return
    }
    const live = this.#tunnels.lives.findLast(
      ({ opener, target, seenAs, ends, tunnel }) =>
        !(tunnel.end && tunnel.end.t < t && !this.#tunnels.isClient(node)) &&
        ((ends[0].node === node && opener === seen.from && target === seen.to) ||
          (ends[1].node === node && seenAs === seen.to)),
    )
    if (live) this.#register(packet, live, this.#wayFrom(live, node, 'tcp'), 'tcp', t)
  }

  #register(packet: string, live: Live, way: Way, proto: string, t: SimTime): Flight {
    const flight: Flight = { live, way, proto, arrived: false }
    this.#remember(this.#flights, packet, flight)
    send(way, packet, t)
    return flight
  }

  /** Also of a fragment, and of a packet that has crossed a telephone line. */
  #flightOf(packet: string, parent: string | undefined, proto: string | undefined): Flight | undefined {
    const known = this.#flights.get(packet)
    if (known || parent === undefined) return known
    const made = this.#parents.get(parent) ?? parent
    const flight = this.#flights.get(made)
    if (!flight || flight.proto !== proto) return undefined
    this.#remember(this.#flights, packet, flight)
    return flight
  }

  #deliver({ t, node, packet, parent, proto }: Of<'deliver'>): void {
    const flight = this.#flightOf(packet, parent, proto)
    if (!flight) return
    if (proto === 'tcp') this.#tunnels.lastTcp.set(node, flight.live)
    else this.#tunnels.lastGre.set(node, flight.live)
    if (flight.way.to === node) {
      flight.arrived = true
      arrive(flight.way, t)
    } else astray(flight.way, node, packet, t)
  }

  #drop(event: Drop): void {
    addLoss(this.#losses, event)
    const { node, packet, proto, dst, t } = event
    const flight = packet === undefined ? undefined : this.#flights.get(packet)
    if (flight) {
      if (flight.arrived && flight.way.to === node) spoil(flight.way, event)
      else if (!flight.arrived) lose(flight.way, event)
      return
    }
    if (event.layer === 'mppe') {
      const live = this.#tunnels.ifaces.get(`${node} ${event.detail?.split(':')[0]}`)
      if (live) spoil(live.tunnel.client === node ? live.tunnel.gre.down : live.tunnel.gre.up, event)
      return
    }
    // What a machine cannot even put on the line.
    if (packet === undefined || !packet.startsWith(`${node}#`) || dst === undefined) return
    const tcp = proto === 'tcp'
    const lives = tcp
      ? this.#tunnels.lives.filter(live => speaksTcpTo(live, node, dst) && !over(live, t))
      : (this.#pending.get(packet) ?? [])
    for (const live of lives) {
      const way = this.#wayFrom(live, node, tcp ? 'tcp' : 'gre')
      send(way, packet, t)
      lose(way, event)
    }
  }

  #flow({ t, node, action, proto, entry, rule }: Of<'flow'>): void {
    const flow = { t, node, proto, entry }
    if (action === 'end') this.#flowEnds.push(flow)
    else if (proto === 'gre') this.#greFlows.push({ ...flow, rule })
  }

  /** Of each tunnel: one box may give its hosts, or its flows, different addresses. */
  #natSource({ t, node, packet, proto, after }: Of<'nat'>): void {
    const flight = this.#flights.get(packet)
    if (!flight) return
    const { client, target } = flight.live.tunnel
    const from = flight.way.from
    const list = this.#natSources.get(node) ?? []
    const address = after.split(':')[0]
    const known = list.findLast(
      one => one.client === client && one.target === target && one.from === from && one.proto === proto,
    )
    if (known?.address === address) known.last = t
    else list.push({ client, target, from, proto, address, t, last: t })
    this.#natSources.set(node, list)
  }

  #ppp(event: Of<'ppp-message'>): void {
    const ofLine = this.#tunnels.ppp(event)
    if (ofLine) this.#apps.pppOfLine(ofLine)
  }
}
