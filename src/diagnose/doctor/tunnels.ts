/**
 * The tunnels of a run as their ends tell of them: who opened TCP, who answered, which call IDs they told each other, how far PPP
 * came, and how it ended.
 */
import type { SimTime } from '../../base/time.ts'
import type { EventFields, TraceEvent } from '../../base/trace.ts'
import type { NodeSpec } from '../../lab/lab.ts'
import { type Message, newTunnel, type Step, type Tunnel } from './facts.ts'
import { arrive, reach } from './ways.ts'

type Of<K extends keyof EventFields> = Extract<TraceEvent, { event: K }>

/** An end of a tunnel: what GRE packets it sends carry is known once it has been told. */
interface EndOfCall {
  readonly node: string | undefined
  /** Its own call ID. */
  own: number | undefined
  /** The call ID that it puts into what it sends. */
  key: number | undefined
}

/** A tunnel while it is being watched. The opener is who opened the TCP connection. */
export interface Live {
  readonly tunnel: Tunnel
  readonly opener: string
  readonly target: string
  /** The opener as the other end sees it. */
  seenAs: string | undefined
  ends: [EndOfCall, EndOfCall]
  requested: boolean
}

const STEPS: Readonly<Record<string, Step>> = {
  'ppp.lcp': 'lcp',
  'ppp.auth': 'auth',
  'ppp.ccp': 'ccp',
  'ppp.ipcp': 'ipcp',
}
const DONE: ReadonlySet<string> = new Set(['established', 'opened', 'authenticated'])

export class Tunnels {
  readonly lives: Live[] = []
  /** By machine, the tunnel whose packet reached it last. */
  readonly lastTcp = new Map<string, Live>()
  readonly lastGre = new Map<string, Live>()
  /** By machine and interface of PPP. */
  readonly ifaces = new Map<string, Live>()
  readonly #lastCall = new Map<string, Live>()
  readonly #specs: ReadonlyMap<string, NodeSpec>

  constructor(nodes: readonly NodeSpec[]) {
    this.#specs = new Map(nodes.map(node => [node.name, node]))
  }

  /** The tunnel of a machine that is up or on its way up. */
  liveAt(node: string, t: SimTime): Live | undefined {
    return this.lives.findLast(live => live.ends[0].node === node && !over(live, t))
  }

  state({ t, node, machine, from, to, cause }: Of<'state'>): void {
    const tcp = /^tcp\[(.+)-(.+)\]$/.exec(machine)
    if (tcp) return this.#tcpState(node, t, tcp[1], tcp[2], from, to)
    const [, call] = /^calls\[(\d+)\]\./.exec(machine) ?? []
    const live = call === undefined ? this.liveAt(node, t) : this.#byCall(node, Number(call))
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
    // A PNS that has opened the connection may never learn that the access server has connected a call that came in.
    if (/pptp\.call$/.test(machine) && (isOpener || tunnel.incoming)) reach(tunnel, 'call', t)
    const step = STEPS[machine.replace(/^calls\[\d+\]\./, '')]
    // PPP of a call that an access server brings ends at the server.
    if (step && (isOpener || tunnel.incoming || ends[0].node === undefined)) reach(tunnel, step, t)
  }

  #tcpState(node: string, t: SimTime, own: string, peer: string, from: string, to: string): void {
    if (peer.endsWith(':1723') && from === 'closed' && to === 'syn-sent') this.#begin(node, t, own, peer)
    if (peer.endsWith(':1723') && to === 'established') {
      const live = this.lives.findLast(each => each.ends[0].node === node && each.opener === own)
      if (live) reach(live.tunnel, 'tcp', t)
    }
    if (own.endsWith(':1723') && from === 'listen' && to === 'syn-received') {
      const live = this.lives.findLast(each => each.opener === peer && each.target === own) ?? this.lastTcp.get(node)
      if (live && live.ends[1].node === undefined) this.#accepted(live, node, peer, t)
    }
  }

  #begin(node: string, t: SimTime, opener: string, target: string, like?: Live): Live {
    const before = this.isClient(node) ? this.lives.findLast(live => live.ends[0].node === node) : undefined
    if (before && before.tunnel.until === Number.MAX_SAFE_INTEGER) before.tunnel.until = t
    const server = like?.ends[1].node
    const address = addressOf(target) as string
    const fresh = newTunnel(node, addressOf(opener) as string, address, server, t)
    // The control connection of a second call is that of the first.
    const tunnel: Tunnel = like
      ? {
          ...fresh,
          reached: new Map([...like.tunnel.reached].filter(([step]) => step === 'tcp' || step === 'control')),
          tcp: like.tunnel.tcp,
          through: like.tunnel.through,
          helped: like.tunnel.helped,
        }
      : fresh
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
    this.lives.push(live)
    return live
  }

  /** It has one tunnel after the other; an access server may have many. */
  isClient(node: string): boolean {
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
    return this.lives.findLast(({ ends }) => ends.some(end => end.node === node && end.own === own))
  }

  message(event: Of<'pptp-message'>): void {
    const { t, node, way, type, peer, detail } = event
    if (!/^(outgoing|incoming)-call-re(quest|ply)$/.test(type)) {
      if (type === 'start-control-connection-reply' && way === 'received' && !/^result 1 /.test(detail)) {
        const live = this.liveAt(node, t)
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
    const live = this.lives.findLast(each => {
      const end = each.ends.find(one => one.node === node)
      return end !== undefined && !over(each, t) && (way === 'sent' ? end.key === mine : end.own === mine)
    })
    const end = live?.ends.find(one => one.node === node)
    if (!live || !end) return
    const accepted = /result 1 /.test(detail)
    if (way === 'sent' && accepted) end.own = call
    else if (way === 'received' && accepted) end.key = call
    if (accepted && end === live.ends[0]) live.tunnel.callIds = { own: end.own, peers: end.key }
    if (!accepted && way === 'received') live.tunnel.refusal = { ...said(event), proto: 'pptp', type, detail }
  }

  /** A second call in one control connection has its own entry. */
  #requestSent(node: string, t: SimTime, peer: string, call: number, type: string): void {
    const last = this.lives.findLast(each => speaksTcpTo(each, node, peer) && !lost(each))
    if (!last) return
    const live = last.requested ? this.#begin(last.ends[0].node as string, t, last.opener, last.target, last) : last
    live.requested = true
    const end = live.ends[live.ends[0].node === node ? 0 : 1]
    end.own = call
    live.tunnel.incoming = type === 'incoming-call-request'
  }

  #requestReceived(node: string, call: number): void {
    const connection = this.lastTcp.get(node)
    if (!connection) return
    const live = this.lives.findLast(
      ({ opener, target, requested, ends }) =>
        opener === connection.opener &&
        target === connection.target &&
        requested &&
        ends.some(end => end.node === node),
    )
    const end = live?.ends.find(one => one.node === node)
    if (end) end.key = call
  }

  ppp(event: Of<'ppp-message'>): Message | undefined {
    const { node, t, way, proto, type, detail, iface } = event
    const spec = this.#specs.get(node)
    const overLine = spec?.kind === 'client' && spec.dial !== undefined && (spec.pptp === undefined || iface === 'ppp0')
    const message: Message = { ...said(event), way, proto, type, detail }
    if (overLine) return message
    const key = `${node} ${iface}`
    const isFirst = proto === 'lcp' && type === 'configure-request'
    // An interface is used again: who sends the first request on it is asked anew.
    if (spec?.kind === 'client') this.ifaces.set(key, this.liveAt(node, t) ?? (this.ifaces.get(key) as Live))
    else if (way === 'received' && (isFirst || !this.ifaces.has(key))) {
      const last = this.lastGre.get(node)
      if (last) this.ifaces.set(key, last)
    }
    const live = this.ifaces.get(key)
    // Long sessions ask for echoes for ever; the beginning and the end are what is looked at.
    if (live && live.tunnel.messages.length < 2000) live.tunnel.messages.push(message)
    return undefined
  }

  /** The access server does not go on with this one: its call has just ended, or never came about. */
  passed({ t, node, pns, detail }: Of<'pns-passed'>): void {
    const isAsked = ({ ends, tunnel }: Live): boolean =>
      ends[0].node === node && tunnel.target === pns && !tunnel.reached.has('call')
    const live = this.lives.findLast(each => isAsked(each) && (!each.tunnel.end || each.tunnel.end.t === t))
    const reason = /not answer/.test(detail) ? 'call-timeout' : 'refused'
    if (live) live.tunnel.end = { t, node, layer: 'pptp', reason, tries: 0, detail }
  }

  ended({ t, node, peer, layer, reason, tries, detail }: Of<'tunnel-end'>): void {
    const end = { t, node, layer, reason, tries, detail }
    const own = this.lives.findLast(
      ({ ends, tunnel }) => ends[0].node === node && tunnel.target === peer && !tunnel.end,
    )
    if (own && !(own.tunnel.incoming && own.tunnel.peerEnd)) {
      own.tunnel.end = end
      return
    }
    const last = this.#lastCall.get(node)
    const isPeers = ({ ends, tunnel, seenAs }: Live): boolean =>
      ends[1].node === node && !tunnel.peerEnd && addressOf(seenAs) === peer
    // A call that is refused has no state yet: it is the one that was asked for last, and has been given no call ID.
    const isNew = (live: Live): boolean => isPeers(live) && live.ends[1].own === undefined
    const isRefusal = reason === 'refused' || reason === 'not-admitted'
    const theirs = isRefusal
      ? (this.lives.findLast(isNew) ?? this.lives.findLast(isPeers))
      : last && isPeers(last)
        ? last
        : this.lives.findLast(isPeers)
    if (theirs) theirs.tunnel.peerEnd = end
  }
}

export const said = ({ t, node }: { t: SimTime; node: string }): Pick<Message, 't' | 'node' | 'way' | 'packet'> => ({
  t,
  node,
  way: 'received',
  packet: undefined,
})

export const addressOf = (endpoint: string | undefined): string | undefined => endpoint?.split(':')[0]

/** Has the one who opened it heard the end, or begun another? */
export const over = ({ tunnel }: Live, t: SimTime): boolean =>
  tunnel.until < t || (tunnel.end !== undefined && tunnel.end.t < t)
const lost = ({ tunnel }: Live): boolean => tunnel.until !== Number.MAX_SAFE_INTEGER

/** Does the machine send TCP of this tunnel to that address? */
export const speaksTcpTo = ({ ends, tunnel, seenAs }: Live, node: string, dst: string): boolean =>
  (ends[0].node === node && tunnel.target === dst) || (ends[1].node === node && addressOf(seenAs) === dst)
