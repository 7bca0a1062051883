/**
 * Follows a run and gathers what the doctor asks for: which tunnels were tried, how far each came, and what became of the packets
 * that its ends sent to each other, by their names. Nothing is read from what a lab says of itself.
 *
 * A GRE packet carries its receiver's call ID only, and a NAT box changes it: to whose tunnel it belongs is known at the machine
 * that makes it, from the control messages that this machine has seen. From there on its name is enough.
 */
import type { SimTime } from '../base/time.ts'
import type { EventFields, TraceEvent } from '../base/trace.ts'
import type { NodeSpec } from '../lab/lab.ts'
import type { Run } from '../lab/run.ts'
import { AppWatch } from './doctor-apps.ts'
import { boxesOf } from './doctor-boxes.ts'
import {
  type Case,
  type Facts,
  type FlowEnd,
  type LineFacts,
  type Loss,
  type Message,
  newWay,
  type Step,
  type Tunnel,
  type Way,
} from './doctor-facts.ts'
import { peek } from './doctor-peek.ts'
import { addLoss, arrive, astray, lose, send, spoil } from './doctor-ways.ts'

type Of<K extends keyof EventFields> = Extract<TraceEvent, { event: K }>
type Drop = Of<'drop'>

/** An end of a tunnel: what GRE packets it sends carry is known once it has been told. */
interface EndOfCall {
  readonly node: string | undefined
  /** Its own call ID. */
  own: number | undefined
  /** The call ID that it puts into what it sends. */
  key: number | undefined
}

/** A tunnel while it is being watched. The opener is who opened the TCP connection. */
interface Live {
  readonly tunnel: Tunnel
  readonly opener: string
  readonly target: string
  /** The opener as the other end sees it. */
  seenAs: string | undefined
  ends: [EndOfCall, EndOfCall]
  requested: boolean
}

interface Flight {
  readonly live: Live
  readonly way: Way
  readonly proto: string
  arrived: boolean
}

/** Packets whose fate is still remembered, and frames of serial lines. */
const REMEMBERED = 50_000
const STEPS: Readonly<Record<string, Step>> = {
  'ppp.lcp': 'lcp',
  'ppp.auth': 'auth',
  'ppp.ccp': 'ccp',
  'ppp.ipcp': 'ipcp',
}
const DONE: ReadonlySet<string> = new Set(['established', 'opened', 'authenticated'])

export class DoctorWatch {
  readonly #run: Run
  readonly #specs: ReadonlyMap<string, NodeSpec>
  readonly #lives: Live[] = []
  readonly #flights = new Map<string, Flight>()
  /** GRE that was sent while it was not clear to which tunnel it belongs. */
  readonly #pending = new Map<string, readonly Live[]>()
  readonly #parents = new Map<string, string>()
  /** By machine, the tunnel whose packet reached it last. */
  readonly #lastTcp = new Map<string, Live>()
  readonly #lastGre = new Map<string, Flight>()
  /** By machine and interface of PPP. */
  readonly #ifaces = new Map<string, Live>()
  readonly #lastCall = new Map<string, Live>()
  readonly #losses = new Map<string, Loss>()
  readonly #lines: LineFacts[] = []
  readonly #flowEnds: FlowEnd[] = []
  readonly #strayFlows: FlowEnd[] = []
  readonly #natSources = new Map<string, { address: string; t: SimTime }[]>()
  readonly #radius: Message[] = []
  readonly #apps: AppWatch

  constructor(run: Run) {
    this.#run = run
    this.#specs = new Map(run.simulation.lab.nodes.map(node => [node.name, node]))
    const { lab } = run.simulation
    this.#apps = new AppWatch(lab)
    run.listen(event => this.#event(event))
    for (const [index, { ends, name, type }] of lab.links.entries()) {
      const lines = ends.map(
        ({ node }): LineFacts => ({ link: name, from: node, frames: 0, lost: 0, first: undefined }),
      )
      this.#lines.push(...lines)
      run.tap(index, ({ from, bytes, packet, parent, fate, t }) => {
        const line = lines[from]
        line.frames++
        if (fate === 'line-loss') {
          line.lost++
          line.first ??= { packet, t }
        }
        if (type === 'serial') {
          if (parent !== undefined) this.#remember(this.#parents, packet, parent)
          this.#apps.made(packet, parent)
        } else if (packet.startsWith(`${line.from}#`) && !this.#flights.has(packet)) {
          this.#look(line.from, packet, bytes, type === 'ethernet')
        }
      })
    }
  }

  facts(): Facts {
    const t = this.#run.now
    const tunnels = this.#lives.map(({ tunnel }) => tunnel)
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
      strayFlows: this.#strayFlows,
      natSources: this.#natSources,
      radius: this.#radius,
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
        this.#state(event)
        break
      case 'pptp-message':
        this.#message(event)
        break
      case 'ppp-message':
        this.#ppp(event)
        break
      case 'tunnel-end':
        this.#ended(event)
        break
      case 'nat':
        if (event.field === 'source') this.#natSource(event)
        break
      case 'nat-helper':
        this.#flights.get(event.packet)?.live.tunnel.helped.add(event.node)
        break
      case 'pns-passed':
        this.#passed(event)
        break
      case 'flow':
        this.#flow(event)
        break
      case 'radius-silent':
        this.#radius.push({ ...said(event), proto: 'radius', type: 'silent', detail: event.detail })
        break
      default:
    }
    this.#apps.event(event, node => this.#liveAt(node, event.t)?.tunnel)
  }

  // Packets

  /** A machine makes a GRE packet; with several calls to that address its bytes must say to which it belongs. */
  #sendGre({ t, node, packet, dst, parent }: Of<'send'>): void {
    const candidates = this.#lives.filter(live => this.#sendsTo(live, node, dst) && !over(live, t))
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
  #look(node: string, packet: string, bytes: Uint8Array, ethernet: boolean): void {
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
      if (live) this.#register(packet, live, this.#wayFrom(live, node, 'gre'), 'gre', t)
      return
    }
    const live = this.#lives.findLast(
      ({ opener, target, seenAs, ends, tunnel }) =>
        !(tunnel.end && tunnel.end.t < t && !this.#isClient(node)) &&
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
    if (proto === 'tcp') this.#lastTcp.set(node, flight.live)
    else this.#lastGre.set(node, flight)
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
      const live = this.#ifaces.get(`${node} ${event.detail?.split(':')[0]}`)
      if (live) spoil(live.tunnel.client === node ? live.tunnel.gre.down : live.tunnel.gre.up, event)
      return
    }
    // What a machine cannot even put on the line.
    if (packet === undefined || !packet.startsWith(`${node}#`) || dst === undefined) return
    const tcp = proto === 'tcp'
    const lives = tcp
      ? this.#lives.filter(live => this.#speaksTcpTo(live, node, dst) && !over(live, t))
      : (this.#pending.get(packet) ?? [])
    for (const live of lives) {
      const way = this.#wayFrom(live, node, tcp ? 'tcp' : 'gre')
      send(way, packet, t)
      lose(way, event)
    }
  }

  #speaksTcpTo({ ends, tunnel, seenAs }: Live, node: string, dst: string): boolean {
    return (ends[0].node === node && tunnel.target === dst) || (ends[1].node === node && addressOf(seenAs) === dst)
  }

  #flow({ t, node, action, proto, entry, rule }: Of<'flow'>): void {
    const flow = { t, node, proto, entry }
    if (action === 'end') this.#flowEnds.push(flow)
    else if (proto === 'gre' && rule === '') this.#strayFlows.push(flow)
  }

  #natSource({ t, node, after }: Of<'nat'>): void {
    const list = this.#natSources.get(node) ?? []
    const address = after.split(':')[0]
    if (list.at(-1)?.address !== address) list.push({ address, t })
    this.#natSources.set(node, list)
  }

  // What the ends say

  /** The tunnel of a machine that is up or on its way up. */
  #liveAt(node: string, t: SimTime): Live | undefined {
    return this.#lives.findLast(live => live.ends[0].node === node && !over(live, t))
  }

  #state({ t, node, machine, from, to, cause }: Of<'state'>): void {
    const tcp = /^tcp\[(.+)-(.+)\]$/.exec(machine)
    if (tcp) return this.#tcpState(node, t, tcp[1], tcp[2], from, to)
    const [, call] = /^calls\[(\d+)\]\./.exec(machine) ?? []
    const live = call === undefined ? this.#liveAt(node, t) : this.#byCall(node, Number(call))
    if (!live) return
    if (call !== undefined) this.#lastCall.set(node, live)
    const { tunnel, ends } = live
    const isOpener = ends[0].node === node
    // An access server tells of no end of a tunnel: its call says it.
    if (isOpener && tunnel.incoming && /pptp\.call$/.test(machine) && to === 'idle' && !tunnel.end) {
      const reason = cause === 'control-lost' ? 'control-lost' : 'cleared'
      tunnel.end = { t, node, layer: 'pptp', reason, tries: 0, detail: `The call is over: ${cause}.` }
    }
    if (!DONE.has(to)) return
    if (/pptp\.control$/.test(machine) && isOpener) reach(tunnel, 'control', t)
    if (/pptp\.call$/.test(machine) && isOpener) reach(tunnel, 'call', t)
    const step = STEPS[machine.replace(/^calls\[\d+\]\./, '')]
    // PPP of a call that an access server brings ends at the server.
    if (step && (isOpener || tunnel.incoming || ends[0].node === undefined)) reach(tunnel, step, t)
  }

  #tcpState(node: string, t: SimTime, own: string, peer: string, from: string, to: string): void {
    if (peer.endsWith(':1723') && from === 'closed' && to === 'syn-sent') this.#begin(node, t, own, peer)
    if (peer.endsWith(':1723') && to === 'established') {
      const live = this.#lives.findLast(each => each.ends[0].node === node && each.opener === own)
      if (live) reach(live.tunnel, 'tcp', t)
    }
    if (own.endsWith(':1723') && from === 'listen' && to === 'syn-received') {
      const live = this.#lives.findLast(each => each.opener === peer && each.target === own) ?? this.#lastTcp.get(node)
      if (live && live.ends[1].node === undefined) this.#accepted(live, node, peer, t)
    }
  }

  #begin(node: string, t: SimTime, opener: string, target: string, like?: Live): Live {
    const before = this.#isClient(node) ? this.#lives.findLast(live => live.ends[0].node === node) : undefined
    if (before && before.tunnel.until === Number.MAX_SAFE_INTEGER) before.tunnel.until = t
    const server = like?.ends[1].node
    const address = addressOf(target) as string
    const tunnel: Tunnel = {
      kind: 'tunnel',
      client: node,
      target: address,
      server,
      from: t,
      until: Number.MAX_SAFE_INTEGER,
      reached: new Map(like ? [...like.tunnel.reached].filter(([step]) => step === 'tcp' || step === 'control') : []),
      end: undefined,
      peerEnd: undefined,
      tcp: like?.tunnel.tcp ?? { up: newWay(node, undefined), down: newWay('', node) },
      gre: { up: newWay(node, server), down: newWay(server ?? '', node) },
      messages: [],
      refusal: undefined,
      complaints: [],
      through: like?.tunnel.through ?? new Set(),
      helped: like?.tunnel.helped ?? new Set(),
      address: addressOf(opener) as string,
      callIds: { own: undefined, peers: undefined },
      incoming: false,
    }
    const live: Live = {
      tunnel,
      opener,
      target,
      seenAs: like?.seenAs,
      ends: [
        { node, own: undefined, key: undefined },
        { node: server, own: undefined, key: undefined },
      ],
      requested: false,
    }
    this.#lives.push(live)
    return live
  }

  /** It has one tunnel after the other; an access server may have many. */
  #isClient(node: string): boolean {
    return this.#specs.get(node)?.kind === 'client'
  }

  #accepted(live: Live, node: string, seenAs: string, t: SimTime): void {
    const { tunnel } = live
    live.seenAs = seenAs
    live.ends = [live.ends[0], { node, own: undefined, key: undefined }]
    tunnel.server = node
    for (const { up, down } of [tunnel.tcp, tunnel.gre]) {
      up.to = node
      down.from = node
    }
    tunnel.tcp.up.astray.delete(node)
    arrive(tunnel.tcp.up, t)
  }

  #byCall(node: string, own: number): Live | undefined {
    return this.#lives.findLast(({ ends }) => ends.some(end => end.node === node && end.own === own))
  }

  #message(event: Of<'pptp-message'>): void {
    const { t, node, way, type, peer, detail } = event
    if (!/^(outgoing|incoming)-call-re(quest|ply)$/.test(type)) {
      if (type === 'start-control-connection-reply' && way === 'received' && !/^result 1 /.test(detail)) {
        const live = this.#liveAt(node, t)
        if (live) live.tunnel.refusal = { ...said(event), proto: 'pptp', type, detail }
      }
      return
    }
    const call = Number(/(?:^|, )call (\d+)/.exec(detail)?.[1])
    const mine = Number(/peer's call (\d+)/.exec(detail)?.[1])
    if (type.endsWith('request')) {
      if (way === 'sent') this.#requestSent(node, t, peer, call, type)
      else this.#requestReceived(node, call)
      return
    }
    const live = this.#lives.findLast(each => {
      const end = each.ends.find(one => one.node === node)
      return end !== undefined && !over(each, t) && (way === 'sent' ? end.key === mine : end.own === mine)
    })
    const end = live?.ends.find(one => one.node === node)
    if (!live || !end) return
    const accepted = /result 1 /.test(detail)
    if (way === 'sent') end.own = call
    else if (accepted) end.key = call
    if (accepted && end === live.ends[0]) live.tunnel.callIds = { own: end.own, peers: end.key }
    if (!accepted && way === 'received') live.tunnel.refusal = { ...said(event), proto: 'pptp', type, detail }
  }

  /** A second call in one control connection has its own entry. */
  #requestSent(node: string, t: SimTime, peer: string, call: number, type: string): void {
    const last = this.#lives.findLast(each => this.#speaksTcpTo(each, node, peer) && !lost(each))
    if (!last) return
    const live = last.requested ? this.#begin(last.ends[0].node as string, t, last.opener, last.target, last) : last
    live.requested = true
    const end = live.ends[live.ends[0].node === node ? 0 : 1]
    end.own = call
    live.tunnel.incoming = type === 'incoming-call-request'
  }

  #requestReceived(node: string, call: number): void {
    const connection = this.#lastTcp.get(node)
    if (!connection) return
    const live = this.#lives.findLast(
      ({ opener, target, requested, ends }) =>
        opener === connection.opener &&
        target === connection.target &&
        requested &&
        ends.some(end => end.node === node),
    )
    const end = live?.ends.find(one => one.node === node)
    if (end) end.key = call
  }

  #ppp(event: Of<'ppp-message'>): void {
    const { node, t, way, proto, type, detail, iface } = event
    const spec = this.#specs.get(node)
    const overLine = spec?.kind === 'client' && spec.dial !== undefined && (spec.pptp === undefined || iface === 'ppp0')
    const message: Message = { ...said(event), way, proto, type, detail }
    if (overLine) return this.#apps.pppOfLine(message)
    const key = `${node} ${iface}`
    const isFirst = proto === 'lcp' && type === 'configure-request'
    // An interface is used again: who sends the first request on it is asked anew.
    if (spec?.kind === 'client') this.#ifaces.set(key, this.#liveAt(node, t) ?? (this.#ifaces.get(key) as Live))
    else if (way === 'received' && (isFirst || !this.#ifaces.has(key))) {
      const last = this.#lastGre.get(node)?.live
      if (last) this.#ifaces.set(key, last)
    }
    const live = this.#ifaces.get(key)
    // Long sessions ask for echoes for ever; the beginning and the end are what is looked at.
    if (live && live.tunnel.messages.length < 2000) live.tunnel.messages.push(message)
  }

  /** The access server does not go on with this one. */
  #passed({ t, node, pns, detail }: Of<'pns-passed'>): void {
    const live = this.#lives.findLast(
      ({ ends, tunnel }) => ends[0].node === node && tunnel.target === pns && !tunnel.end,
    )
    if (live)
      live.tunnel.end = {
        t,
        node,
        layer: 'pptp',
        reason: /not answer/.test(detail) ? 'call-timeout' : 'refused',
        tries: 0,
        detail,
      }
  }

  #ended({ t, node, peer, layer, reason, tries, detail }: Of<'tunnel-end'>): void {
    const end = { t, node, layer, reason, tries, detail }
    const own = this.#lives.findLast(
      ({ ends, tunnel }) => ends[0].node === node && tunnel.target === peer && !tunnel.end,
    )
    if (own && !(own.tunnel.incoming && own.tunnel.peerEnd)) {
      own.tunnel.end = end
      return
    }
    const last = this.#lastCall.get(node)
    const isPeers = ({ ends, tunnel, seenAs }: Live): boolean =>
      ends[1].node === node && !tunnel.peerEnd && addressOf(seenAs) === peer
    const theirs = last && isPeers(last) ? last : this.#lives.findLast(isPeers)
    if (theirs) theirs.tunnel.peerEnd = end
  }
}

const said = ({ t, node }: { t: SimTime; node: string }): Pick<Message, 't' | 'node' | 'way' | 'packet'> => ({
  t,
  node,
  way: 'received',
  packet: undefined,
})

const addressOf = (endpoint: string | undefined): string | undefined => endpoint?.split(':')[0]

/** Has the one who opened it heard the end, or begun another? */
const over = ({ tunnel }: Live, t: SimTime): boolean =>
  tunnel.until < t || (tunnel.end !== undefined && tunnel.end.t < t)
const lost = ({ tunnel }: Live): boolean => tunnel.until !== Number.MAX_SAFE_INTEGER

function reach({ reached }: Tunnel, step: Step, t: SimTime): void {
  if (!reached.has(step)) reached.set(step, t)
}
