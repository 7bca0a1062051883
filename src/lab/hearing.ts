/**
 * Who hears whom in a tunnel: both ways are counted apart, at both ends. Most failures of PPTP behind a NAT box or a
 * firewall are half open: the one end hears the other, which hears nothing.
 *
 * A packet keeps its name on its way, so what alice has sent is known at the server whatever address it came from.
 *
 * Limits: both ends have to be machines of the lab; nobody here knows what a real one has heard.
 */
import { type SimTime, sec } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'

/** GRE goes both ways in a living tunnel: what comes is acknowledged within half a second (RFC 2637 §4.3), or with what is sent. */
const SILENCE = sec(5)
const NEVER_HEARD = -1

interface Way {
  /** GRE packets that have arrived, and when the last did. */
  count: number
  last: SimTime
}

export interface Heard {
  /** GRE packets that the one who dialled has sent. */
  readonly sent: number
  /** Of those, how many the other end has got; and how many came back. */
  readonly there: number
  readonly back: number
  /** Who hears nothing, if somebody has listened in vain for a while. */
  readonly deaf: 'server' | 'client' | 'both' | undefined
  /** When the deaf one heard something last; undefined: never. */
  readonly since: SimTime | undefined
}

export class Hearing {
  /** By the machine that made the packets, then by the one that got them. */
  readonly #ways = new Map<string, Map<string, Way>>()
  readonly #sent = new Map<string, Way>()

  event(event: TraceEvent): void {
    if (event.event === 'deliver') {
      if (event.proto === 'gre') this.#heard(event.packet, event.node, event.t)
    } else if (event.event === 'send') {
      if (event.proto === 'gre') this.#sends(event.node, event.t)
    } else if (event.event === 'drop') {
      // It was for somebody else.
      if (event.reason === 'gre-unknown-call' && event.packet !== undefined) this.#unheard(event.packet, event.node)
    } else if (event.event === 'action' && event.verb === 'connect') this.#begins(event.node)
  }

  /** A new tunnel of the client; what an earlier one heard does not count. */
  #begins(client: string): void {
    this.#sent.delete(client)
    this.#ways.delete(client)
    for (const ways of this.#ways.values()) ways.delete(client)
  }

  #sends(node: string, t: SimTime): void {
    const sent = this.#sent.get(node)
    if (sent) {
      sent.count++
      sent.last = t
    } else this.#sent.set(node, { count: 1, last: t })
  }

  #heard(packet: string, node: string, t: SimTime): void {
    const maker = makerOf(packet)
    let ways = this.#ways.get(maker)
    if (!ways) {
      ways = new Map()
      this.#ways.set(maker, ways)
    }
    const way = ways.get(node)
    if (way) {
      way.count++
      way.last = t
    } else ways.set(node, { count: 1, last: t })
  }

  #unheard(packet: string, node: string): void {
    const ways = this.#ways.get(makerOf(packet))
    const way = ways?.get(node)
    if (way && --way.count === 0) ways?.delete(node)
  }

  /** What the two ends of a tunnel have heard of each other until now. */
  between(client: string, server: string): Heard {
    const sent = this.#sent.get(client)
    const there = this.#ways.get(client)?.get(server)
    const back = this.#ways.get(server)?.get(client)
    const counts = { sent: sent?.count ?? 0, there: there?.count ?? 0, back: back?.count ?? 0 }
    const [toServer, toClient] = [there?.last ?? NEVER_HEARD, back?.last ?? NEVER_HEARD]
    const spoke = Math.max(sent?.last ?? NEVER_HEARD, toClient)
    const deaf = deafOf(toServer, toClient, spoke)
    const last = deaf === 'server' ? toServer : toClient
    return { ...counts, deaf, since: deaf === undefined || last === NEVER_HEARD ? undefined : last }
  }
}

/** `spoke`: when one of them was sure to have said something last. */
function deafOf(toServer: SimTime, toClient: SimTime, spoke: SimTime): Heard['deaf'] {
  const isServerDeaf = spoke - toServer > SILENCE
  const isClientDeaf = Math.max(toServer, spoke) - toClient > SILENCE
  if (isServerDeaf && isClientDeaf) return 'both'
  return isServerDeaf ? 'server' : isClientDeaf ? 'client' : undefined
}

const makerOf = (packet: string): string => packet.slice(0, packet.indexOf('#'))

/** `office hears alice, alice hears nothing`; undefined: they hear each other, or it is too early to tell. */
export function hearingSentence({ deaf, since }: Heard, client: string, server: string): string | undefined {
  if (deaf === undefined) return undefined
  const from = since === undefined ? '' : ` since ${(since / 1e9).toFixed(3)} s`
  if (deaf === 'both')
    return `neither hears the other: no GRE packet gets from ${client} to ${server}, and none back${from}`
  const [hears, other] = deaf === 'client' ? [server, client] : [client, server]
  return `${hears} hears ${other}, ${other} hears nothing${from}`
}
