/**
 * Who hears whom in a tunnel: both ways are counted apart, at both ends. Most failures of PPTP behind a NAT box or a
 * firewall are half open: the one end hears the other, which hears nothing.
 *
 * A packet keeps its name on its way, so what alice has sent is known at the server whatever address it came from. What the
 * server sends may be dropped before a NAT box has said for whom it is: there the call ID tells, which whoever sees frames
 * passes on (`frame`).
 *
 * An end is deaf when the latest packet to it was discarded by somebody who would discard the next as well, or when the
 * other has tried often enough in vain. What a line loses or garbles is chance, and says nothing.
 *
 * Limits: both ends have to be machines of the lab; nobody here knows what a real one has heard. A telephone line makes
 * other packets of those that it carries, so nothing is said of a tunnel through one. A packet that is cut into fragments
 * on its way is not known again; acknowledgments and the packets of PPP itself are small.
 */
import { formatIpv4 } from '../base/address.ts'
import type { DropReason } from '../base/drop.ts'
import { type SimTime, sec } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import * as Ethernet from '../wire/ethernet.ts'
import * as Gre from '../wire/gre.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import { serversBehind } from './behind.ts'
import { hostNames } from './capture.ts'
import type { Lab } from './lab.ts'
import type { DropEvent } from './why.ts'

/**
 * Who is not heard, or gets no answer, tries again: so often, each time after so long. What comes is acknowledged within
 * half a second (RFC 2637 §4.3), so an answer to the second try would be there before the third.
 */
const TRIES = 3
const APART = sec(2)
/** GRE packets on their way, and calls, that are remembered; the oldest is forgotten when there are more. */
const UNDER_WAY = 5000

/** Chance, or only because of its size: the next packet may well get through. */
const CHANCE: ReadonlySet<DropReason> = new Set([
  ...(['malformed', 'bad-checksum', 'queue-full', 'line-loss', 'arp-queue-full'] as const),
  ...(['fragmentation-needed', 'reassembly-timeout', 'reassembly-full', 'gre-window-full'] as const),
])

/** Tries since something last happened. */
class Vain {
  #count = 0
  #last: SimTime = 0

  again(t: SimTime): void {
    if (this.#count > 0 && t - this.#last < APART) return
    this.#count++
    this.#last = t
  }
  over(): void {
    this.#count = 0
  }
  get isDeaf(): boolean {
    return this.#count >= TRIES
  }
}

/** What is sent one way: has the latest of it been discarded? */
class Way {
  #lost: { readonly drop: DropEvent; readonly sent: SimTime } | undefined

  discarded(drop: DropEvent, sent: SimTime): void {
    if (!CHANCE.has(drop.reason)) this.#lost = { drop, sent }
  }
  arrived(sent: SimTime): void {
    if (this.#lost && this.#lost.sent < sent) this.#lost = undefined
  }
  get lost(): DropEvent | undefined {
    return this.#lost?.drop
  }
}

/** What a machine has sent to a peer, as it knows it, and what it has got of it. */
class Talk {
  readonly way = new Way()
  sent = 0
  there = 0
  back = 0
  lastThere: SimTime | undefined
  lastBack: SimTime | undefined
  readonly unheard = new Vain()
  readonly unanswered = new Vain()
}

export interface Heard {
  /** GRE packets that the one who dialled has sent. */
  readonly sent: number
  /** Of those, how many the other end has got; and how many came back. */
  readonly there: number
  readonly back: number
  /** Who hears nothing, though the one who dialled has spoken for a while. */
  readonly deaf: 'server' | 'client' | 'both' | undefined
  /** When the deaf one heard something last; undefined: never. */
  readonly since: SimTime | undefined
  /** How the latest packet to the deaf one was discarded, of two that to the server; undefined: nobody knows. */
  readonly drop: DropEvent | undefined
}

const NOTHING: Heard = { sent: 0, there: 0, back: 0, deaf: undefined, since: undefined, drop: undefined }

/** Who sends the packets of a call, and the call ID in them. */
interface CallAt {
  readonly node: string
  readonly callId: number
}
/** What is known of a call. `there`: needed where several calls go from one machine to another. `since`: it began then. */
interface CallWays {
  readonly there?: CallAt | undefined
  readonly back?: CallAt | undefined
  readonly since?: SimTime | undefined
}

/** A GRE packet on its way. */
interface UnderWay {
  readonly node: string
  readonly talk: Talk
  readonly sent: SimTime
  /** Of its call, once a frame of it was seen. */
  call: Way | undefined
}

/**
 * Who answers at an address, by its text: the machine that has it, and where clients call a box that passes calls on, the
 * server behind that box. Which one of several it is nobody knows before it has answered.
 */
export function answerers(lab: Lab): ReadonlyMap<string, string> {
  const names = new Map([...hostNames(lab)].map(([address, node]) => [formatIpv4(address), node]))
  const answers = new Map(names)
  const clients = lab.nodes.flatMap(node => (node.kind === 'client' && node.pptp ? [node.pptp.server] : []))
  for (const called of new Set(clients)) {
    const box = names.get(formatIpv4(called))
    const [server, ...others] = serversBehind(lab, called)
    const name = others.length > 0 ? box && `the server behind ${box}` : names.get(formatIpv4(server))
    if (name !== undefined) answers.set(formatIpv4(called), name)
  }
  return answers
}

type Deliver = Extract<TraceEvent, { event: 'deliver' }>

export class Hearing {
  /** Machines by the addresses at which they answer. */
  readonly #places: ReadonlyMap<string, string>
  /** Clients whose packets get other names on a telephone line: of them nothing is said. */
  readonly #diallers: ReadonlySet<string>
  /** By the machine that speaks, then by the one that it speaks to. */
  readonly #talks = new Map<string, Map<string, Talk>>()
  readonly #underWay = new Map<string, UnderWay>()
  /** By the machine that speaks and the call ID in its packets. */
  readonly #calls = new Map<string, Way>()
  /** GRE packets that were heard lately: a line may deliver one twice. */
  readonly #heard = new Set<string>()

  constructor(lab: Lab) {
    this.#diallers = new Set(
      lab.nodes.filter(node => node.kind === 'client' && node.dial !== undefined).map(({ name }) => name),
    )
    this.#places = answerers(lab)
  }

  event(event: TraceEvent): void {
    if (event.event === 'deliver') {
      if (event.proto === 'gre') this.#delivered(event)
    } else if (event.event === 'send') {
      if (event.proto === 'gre') this.#sends(event.node, event.dst, event.packet, event.t)
    } else if (event.event === 'drop') {
      this.#dropped(event)
    } else if (event.event === 'action' && event.verb === 'connect') {
      this.#believe()
      this.#talks.delete(event.node)
    }
  }

  #talk(node: string, address: string): Talk {
    const peer = this.#places.get(address) ?? address
    let talks = this.#talks.get(node)
    if (!talks) {
      talks = new Map()
      this.#talks.set(node, talks)
    }
    let talk = talks.get(peer)
    if (!talk) {
      talk = new Talk()
      talks.set(peer, talk)
    }
    return talk
  }

  #sends(node: string, to: string, packet: string, t: SimTime): void {
    // What came before it was no answer to this try.
    this.#believe()
    const talk = this.#talk(node, to)
    talk.sent++
    talk.unheard.again(t)
    talk.unanswered.again(t)
    this.#underWay.set(packet, { node, talk, sent: t, call: undefined })
    forgetFirst(this.#underWay)
  }

  /** A frame goes onto a link, as its tap shows it. */
  frame(packet: string, bytes: Uint8Array, type: 'ethernet' | 'ip' | 'serial'): void {
    const known = this.#underWay.get(packet)
    if (!known || known.call || type === 'serial') return
    const start = type === 'ethernet' ? Ethernet.HEADER : 0
    const at = start + Ipv4.headerLength(bytes, start)
    if (bytes.length < at + Gre.sizeOf(false, false) || Gre.protocolType(bytes, at) !== Gre.PROTOCOL_TYPE) return
    const key = callKey(known.node, Gre.callId(bytes, at))
    const way = this.#calls.get(key) ?? new Way()
    this.#calls.set(key, way)
    forgetFirst(this.#calls)
    known.call = way
  }

  /** Whether it is of a call of this machine is known when it is not dropped: until the next packet it is on trial. */
  #trial: { readonly node: string; readonly packet: string; readonly src: string; readonly t: SimTime } | undefined

  #delivered({ node, packet, src, t }: Deliver): void {
    this.#believe()
    this.#trial = { node, packet, src, t }
  }

  #dropped(event: DropEvent): void {
    const { node, packet, reason } = event
    // A switch that does not know the way yet gives copies to everybody.
    if (packet === undefined || reason === 'not-for-us') return
    if (this.#trial?.node === node && this.#trial.packet === packet) {
      // What its call makes of it is another thing: it has been heard.
      if (reason !== 'gre-unknown-call') return
      this.#trial = undefined
    }
    const lost = this.#underWay.get(packet)
    if (!lost) return
    this.#underWay.delete(packet)
    lost.talk.way.discarded(event, lost.sent)
    lost.call?.discarded(event, lost.sent)
  }

  #believe(): void {
    if (!this.#trial) return
    const { node, packet, src, t } = this.#trial
    this.#trial = undefined
    if (this.#heard.has(packet)) return
    this.#heard.add(packet)
    forgetFirst(this.#heard)
    const there = this.#underWay.get(packet)
    if (there) {
      const { talk, call, sent } = there
      talk.there++
      talk.lastThere = t
      talk.unheard.over()
      talk.way.arrived(sent)
      call?.arrived(sent)
      this.#underWay.delete(packet)
    }
    const back = this.#talk(node, src)
    back.back++
    back.lastBack = t
    back.unanswered.over()
  }

  /** What the two ends of a tunnel have heard of each other until now. `server`: its name, or the address that was called. */
  between(client: string, server: string, call: CallWays = {}): Heard {
    this.#believe()
    const talk = this.#talks.get(client)?.get(this.#places.get(server) ?? server)
    if (!talk || this.#diallers.has(client)) return NOTHING
    const { sent, there, back, unheard, unanswered, lastThere, lastBack, way } = talk
    const lostThere = this.#lostOf(call.there ? this.#wayOf(call.there) : way, call)
    const lostBack = this.#lostOf(call.back && this.#wayOf(call.back), call)
    const isUnheard = unheard.isDeaf || lostThere !== undefined
    const isUnanswered = unanswered.isDeaf || lostBack !== undefined
    const deaf = isUnheard ? (isUnanswered ? 'both' : 'server') : isUnanswered ? 'client' : undefined
    const since = deaf === undefined ? undefined : deaf === 'server' ? lastThere : lastBack
    return { sent, there, back, deaf, since, drop: lostThere ?? lostBack }
  }

  #wayOf({ node, callId }: CallAt): Way | undefined {
    return this.#calls.get(callKey(node, callId))
  }

  #lostOf(way: Way | undefined, { since = 0 }: CallWays): DropEvent | undefined {
    return way?.lost && way.lost.t >= since ? way.lost : undefined
  }
}

const callKey = (node: string, callId: number): string => `${node} ${callId}`

function forgetFirst(all: Map<string, unknown> | Set<string>): void {
  if (all.size <= UNDER_WAY) return
  for (const oldest of all.keys()) {
    all.delete(oldest)
    return
  }
}

/** `office hears alice, alice hears nothing`; undefined: they hear each other, or it is too early to tell. */
export function hearingSentence({ deaf, since }: Heard, client: string, server: string): string | undefined {
  if (deaf === undefined) return undefined
  const from = since === undefined ? '' : ` since ${(since / 1e9).toFixed(3)} s`
  if (deaf === 'both')
    return `neither hears the other: no GRE packet gets from ${client} to ${server}, and none back${from}`
  const [hears, other] = deaf === 'client' ? [server, client] : [client, server]
  return `${hears} hears ${other}, ${other} hears nothing${from}`
}
