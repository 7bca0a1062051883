/**
 * What users notice: pings and transfers that fail, TCP connections that stand still, telephone calls that come to nothing. Each
 * belongs to the tunnel that its packets were put into, if they were put into one.
 */

import type { SimTime } from '../../base/time.ts'
import type { TraceEvent } from '../../base/trace.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Case, Complaint, Dial, Loss, Message, Tunnel } from './facts.ts'
import { addLoss } from './ways.ts'
import { isFailure as isTunnelFailure, LINE_FAILURES } from './words.ts'

interface Ping {
  readonly node: string
  readonly to: string
  readonly seq: number
  /** That it was put into; before that the one that was up when it was sent. */
  tunnel: Tunnel | undefined
  readonly losses: Map<string, Loss>
}
interface Stuck {
  readonly t: SimTime
  readonly node: string
  readonly src: string
  readonly dst: string
  readonly tries: number
}
interface Raw extends Omit<Complaint, 'losses'> {
  readonly losses: ReadonlyMap<string, Loss> | undefined
  readonly from: string | undefined
  readonly tunnel: Tunnel | undefined
}

/** So often does TCP send the same again before somebody sits and waits. */
const PATIENCE = 4
/** Packets of pings whose fate is still remembered. */
const REMEMBERED = 20_000

export class AppWatch {
  readonly #kinds: ReadonlyMap<string, string>
  readonly #pings = new Map<string, Ping>()
  readonly #asked = new Map<string, Ping>()
  /** A request has just reached this machine: what it sends next is the answer. */
  readonly #echoes = new Map<string, { readonly t: SimTime; readonly src: string; readonly ping: Ping }>()
  readonly #waiting = new Map<string, Ping>()
  readonly #stuck = new Map<string, Stuck>()
  readonly #tunnelOf = new Map<string, Tunnel>()
  #inside: { readonly packet: string; readonly pair: string } | undefined
  readonly #raw: Raw[] = []
  readonly #dialled = new Map<string, SimTime>()
  readonly #dials: {
    readonly from: SimTime
    readonly node: string
    readonly number: string
    readonly end: Dial['end']
  }[] = []
  readonly #said: Message[] = []

  constructor(lab: Lab) {
    this.#kinds = new Map(lab.nodes.map(({ name, kind }) => [name, kind]))
  }

  /** `tunnelOf`: the tunnel that a machine has opened and that lives. */
  event(event: TraceEvent, tunnelOf: (node: string) => Tunnel | undefined): void {
    const { t, node } = event
    switch (event.event) {
      case 'ping-sent': {
        const tunnel = tunnelTo(tunnelOf(node))
        const ping: Ping = { node, to: event.to, seq: event.seq, tunnel, losses: new Map() }
        this.#asked.set(node, ping)
        this.#waiting.set(`${node} ${event.to} ${event.seq}`, ping)
        break
      }
      case 'send':
        this.#packet(event)
        break
      case 'forward':
        this.#inherit(event.packet, event.parent)
        if (event.iface.startsWith('ppp')) this.#inside = { packet: event.packet, pair: `${event.src} ${event.dst}` }
        break
      case 'deliver': {
        const ping = this.#inherit(event.packet, event.parent)
        if (ping && node !== ping.node && event.proto === 'icmp') this.#echoes.set(node, { t, src: event.src, ping })
        break
      }
      case 'drop': {
        const ping = event.packet === undefined ? undefined : this.#pings.get(event.packet)
        if (ping) addLoss(ping.losses, event)
        break
      }
      case 'ping-failed':
        this.#pingFailed(event)
        break
      case 'tcp-retransmit':
        this.#retransmit(event)
        break
      case 'fetch-done':
        this.#transferDone(event, event.from, tunnelOf)
        break
      case 'talk-done':
        this.#transferDone(event, event.to, tunnelOf)
        break
      case 'action':
        if (event.verb === 'dial') this.#dialled.set(node, t)
        break
      case 'dial-end':
        this.#dialEnd(event)
        break
      case 'pns-passed':
        this.#said.push({
          t,
          node,
          way: 'received',
          proto: 'nas',
          type: event.pns,
          detail: event.detail,
          packet: undefined,
        })
        break
      default:
    }
  }

  #packet({ t, node, packet, parent, proto, src, dst, iface }: Extract<TraceEvent, { event: 'send' }>): void {
    this.#inherit(packet, parent)
    if (iface.startsWith('ppp')) this.#inside = { packet, pair: `${src} ${dst}` }
    if (proto !== 'icmp') return
    const asked = this.#asked.get(node)
    if (asked?.to === dst) {
      this.#asked.delete(node)
      return this.#know(packet, asked)
    }
    const echo = this.#echoes.get(node)
    if (echo?.t === t && echo.src === dst) this.#know(packet, echo.ping)
  }

  #know(packet: string, ping: Ping): void {
    this.#pings.set(packet, ping)
    if (this.#pings.size <= REMEMBERED) return
    for (const oldest of this.#pings.keys()) {
      this.#pings.delete(oldest)
      break
    }
  }

  #inherit(packet: string, parent: string | undefined): Ping | undefined {
    const ping = this.#pings.get(packet) ?? (parent === undefined ? undefined : this.#pings.get(parent))
    if (ping) this.#know(packet, ping)
    return ping
  }

  /** A frame of a telephone line. */
  made(packet: string, parent: string | undefined): void {
    this.#inherit(packet, parent)
  }

  /** A packet is put into a tunnel. */
  wrapped(packet: string, tunnel: Tunnel): void {
    const ping = this.#pings.get(packet)
    if (ping) ping.tunnel = tunnel
    if (this.#inside?.packet === packet) this.#tunnelOf.set(this.#inside.pair, tunnel)
  }

  /** PPP over a telephone line. */
  pppOfLine(message: Message): void {
    if (this.#said.length < 5000) this.#said.push(message)
  }

  #pingFailed({ t, node, to, seq, type, from }: Extract<TraceEvent, { event: 'ping-failed' }>): void {
    const key = `${node} ${to} ${seq}`
    const ping = this.#waiting.get(key)
    this.#waiting.delete(key)
    const reason = type === 'timeout' ? 'no answer came' : `${from ?? 'its own machine'} says: ${type}`
    // Told to send smaller packets: that is how the size of a path is found out.
    if (type === 'fragmentation needed') return
    const text = `${node}'s ping ${seq} to ${to} failed: ${reason}`
    const tunnel = ping?.tunnel ?? this.#formerOf(ping)
    this.#raw.push({ t, node, text, to, losses: ping?.losses, from: undefined, tunnel })
  }

  #retransmit({ t, node, src, dst, tries }: Extract<TraceEvent, { event: 'tcp-retransmit' }>): void {
    if (tries < PATIENCE || src.endsWith(':1723') || dst.endsWith(':1723')) return
    const key = `${src} ${dst}`
    const known = this.#stuck.get(key)
    this.#stuck.set(key, { t: known?.t ?? t, node, src, dst, tries: Math.max(tries, known?.tries ?? 0) })
  }

  #transferDone(
    { t, node, ok, detail }: Extract<TraceEvent, { event: 'fetch-done' | 'talk-done' }>,
    peer: string,
    tunnelOf: (node: string) => Tunnel | undefined,
  ): void {
    // It went on after all, or its failure is a complaint of its own.
    for (const [key, { src, dst }] of this.#stuck) {
      if (src.startsWith(`${peer}:`) || dst.startsWith(`${peer}:`)) this.#stuck.delete(key)
    }
    if (ok) return
    const text = `${node}'s transfer with ${peer} failed: ${detail}`
    const tunnel = tunnelTo(tunnelOf(node)) ?? this.#carrierOf(node, peer)
    this.#raw.push({ t, node, text, to: peer, losses: undefined, from: undefined, tunnel })
  }

  /** Nobody knows a way any more: the tunnel that such packets had gone through. */
  #formerOf(ping: Ping | undefined): Tunnel | undefined {
    const losses = [...(ping?.losses.values() ?? [])]
    if (!ping || losses.length === 0 || losses.some(({ reason }) => reason !== 'no-route')) return undefined
    const pairs = losses.flatMap(({ src, dst }) => [`${src} ${dst}`, `${dst} ${src}`])
    const carried = pairs.map(pair => this.#tunnelOf.get(pair)).find(tunnel => tunnel !== undefined)
    return carried ?? this.#carrierOf(ping.node, ping.to)
  }

  /** The tunnel of that machine that packets to or from there went through last. */
  #carrierOf(node: string, peer: string): Tunnel | undefined {
    const carried = [...this.#tunnelOf].filter(
      ([pair, { client }]) => client === node && pair.split(' ').includes(peer),
    )
    return carried.at(-1)?.[1]
  }

  #dialEnd({ t, node, number, layer, reason, tries, detail }: Extract<TraceEvent, { event: 'dial-end' }>): void {
    if (this.#kinds.get(node) !== 'client') return
    const from = this.#dialled.get(node) ?? 0
    this.#dials.push({ from, node, number, end: { t, node, layer, reason, tries, detail } })
  }

  cases(tunnels: readonly Tunnel[], losses: readonly Loss[]): Case[] {
    const cases: Case[] = []
    const stuck = [...this.#stuck.values()].map(({ t, node, src, dst, tries }): Raw => {
      const [from, to] = [addressOf(src), addressOf(dst)]
      const tunnel = this.#tunnelOf.get(`${from} ${to}`) ?? this.#tunnelOf.get(`${to} ${from}`)
      const text = `TCP from ${src} to ${dst} stands still: ${node} sends the same for the ${tries}th time`
      return { t, node, text, to, from, losses: undefined, tunnel }
    })
    for (const { t, node, text, to, from, losses: own, tunnel } of [...this.#raw, ...stuck]) {
      const about = own ? [...own.values()] : losses.filter(loss => between(loss, from, to))
      if (tunnel && isAfterwards(tunnel, t, about, own !== undefined)) continue
      const during = tunnel ? about.filter(({ first }) => first < endOf(tunnel)) : about
      const complaint: Complaint = { t, node, text, to, losses: during }
      if (tunnel) tunnel.complaints.push(complaint)
      else cases.push({ kind: 'trouble', complaint })
    }
    for (const { from, node, number, end } of this.#dials) {
      const living = tunnels.filter(tunnel => tunnel.incoming && tunnel.from <= end.t && tunnel.until >= from)
      const said = this.#said.filter(
        ({ t, node: who }) => t >= from && t <= end.t && (who === node || this.#kinds.get(who) === 'nas'),
      )
      if (LINE_FAILURES.has(end.reason) || isTunnelFailure(end.reason)) {
        cases.push({ kind: 'dial', node, from, number, end, said, tunnels: living })
      }
    }
    return cases
  }
}

/** A tunnel that is up carries what its machine sends. */
const tunnelTo = (tunnel: Tunnel | undefined): Tunnel | undefined => (tunnel?.reached.has('ipcp') ? tunnel : undefined)
/** From the first word of the end on there is no way through it, although the end itself is told only when it is acknowledged. */
function endOf({ end, messages }: Tunnel): SimTime {
  if (!end) return Number.POSITIVE_INFINITY
  const word = messages.find(({ proto, type }) => proto === 'lcp' && type === 'terminate-request')
  return Math.min(end.t, word?.t ?? end.t)
}
/**
 * The tunnel had ended before: what its other side still sends has nowhere to go. A ping is noticed late, and `isPing` asks
 * when its packets were lost.
 */
function isAfterwards(tunnel: Tunnel, t: SimTime, losses: readonly Loss[], isPing: boolean): boolean {
  const end = endOf(tunnel)
  if (t < end) return false
  return !isPing || (losses.length > 0 && losses.every(({ first }) => first >= end))
}
const addressOf = (endpoint: string): string => endpoint.split(':')[0]
const between = ({ src, dst, proto }: Loss, from: string | undefined, to: string | undefined): boolean =>
  proto !== 'arp' &&
  ((src === to && (from === undefined || dst === from)) || (dst === to && (from === undefined || src === from)))
