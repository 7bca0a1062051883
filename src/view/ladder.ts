/**
 * The ladder: a run or a capture as a sequence diagram. A row is one packet on its whole way, from the machine that made it
 * to the one that it was for, whoever carried it; or a signal of a telephone line.
 *
 * Rows come from a recorded run (`ladder-run.ts`) or from a capture (`ladder-capture.ts`); `ladder-fold.ts` makes groups of
 * them, and `ladder-text.ts`, `ladder-mermaid.ts`, `ladder-svg.ts` and `ladder-html.ts` draw what comes of it.
 */
import type { DropReason } from '../base/drop.ts'
import type { Field } from '../base/field.ts'
import type { SimTime } from '../base/time.ts'
import type { Journey, PacketRecord } from '../lab/recorder.ts'
import type { Meaning } from './ladder-meaning.ts'
import type { WordRole } from './packet-words.ts'

/** What a row is about; `data` is a user's own in a tunnel, `ip` outside of any. */
export const LADDER_LAYERS = [
  ...(['line', 'arp', 'radius', 'tcp', 'control', 'gre', 'lcp', 'auth', 'ccp', 'ipcp', 'data', 'ip'] as const),
] as const
export type LadderLayer = (typeof LADDER_LAYERS)[number]
/** A word for several of them. */
export const LAYER_GROUPS: Readonly<Record<string, readonly LadderLayer[]>> = {
  ppp: ['lcp', 'auth', 'ccp', 'ipcp'],
  pptp: ['tcp', 'control', 'gre'],
}

/** One piece of the way: a line from machine to machine. */
export interface Leg {
  readonly packet: PacketRecord | undefined
  readonly from: string
  readonly to: string
  readonly sent: SimTime
  /** Undefined: it did not arrive. */
  readonly arrives: SimTime | undefined
  /** It is a frame of PPP here: in GRE, or on a telephone line. */
  readonly framed: boolean
}

export type RowFate =
  | { readonly kind: 'arrived'; readonly t: SimTime }
  | { readonly kind: 'flying' }
  | {
      readonly kind: 'dropped'
      readonly t: SimTime
      readonly node: string
      readonly reason: DropReason
      /** The line lost it, between these two. */
      readonly between: readonly [string, string] | undefined
    }
  /** A signal of a telephone line that nobody has heard: the cable was out, or the other end without power. */
  | { readonly kind: 'unheard' }
  /** A capture does not say what has become of it. */
  | { readonly kind: 'seen' }

/** What brought it about. `request`: that a word of its own names; `arrival`: what had just come. */
export type Cause =
  | { readonly kind: 'row'; readonly no: number; readonly how: 'request' | 'arrival' }
  | { readonly kind: 'action'; readonly text: string }

export interface LadderRow {
  /** From 1, in order of time. */
  readonly no: number
  readonly t: SimTime
  readonly from: string
  readonly to: string
  /** Machines that have carried it, in order; the last may be on its way to `to` still. */
  readonly via: readonly string[]
  readonly legs: readonly Leg[]
  /** Who else got a copy, where a switch has sent it to all its ports. */
  readonly copies: readonly string[]
  readonly label: string
  /** What may stand beside it: `call 41 answers 7`. */
  readonly more: string
  /** `in MPPE 2` */
  readonly seal: string
  readonly role: WordRole
  readonly meaning: Meaning
  /** It is a frame of PPP, in GRE or on a telephone line. */
  readonly ppp: boolean
  /** Of the frame as it was on a line first. */
  readonly octets: number
  readonly fate: RowFate
  /** Found when all rows are there. Undefined: a timer, or nobody knows. */
  cause: Cause | undefined
  /** Numbers of the tunnels it belongs to, in the scene; of a capture the number of its call. */
  readonly calls: readonly number[]
  /** Of a run: the packets that it is made of. */
  readonly journeys: readonly Journey[]
  /** Of a capture: number of the frame. */
  readonly frame: number | undefined
}

/** Rows before anything of them is chosen, and the machines that they are about, from left to right. */
export interface Ladder {
  readonly title: string
  readonly rows: readonly LadderRow[]
  /** In drawing order. */
  readonly nodes: readonly LadderNode[]
  /** How far the run has come, or how long the capture is. */
  readonly now: SimTime
  /** Those that `calls` of a row name: who asked, and with whom. */
  readonly calls: readonly LadderCall[]
  /** The packets that a row is made of, to be looked into. */
  packetsOf(row: LadderRow): readonly LadderPacket[]
  /** What the machine that it was for made of it: `LCP Ack-Sent → Opened`. */
  changesOf(row: LadderRow): readonly string[]
}

export interface LadderPacket {
  readonly title: string
  /** From the outside in; of what was sealed the octets stand where the cipher text does. */
  readonly layers: readonly Field[]
  readonly bytes: Uint8Array
}

export interface LadderCall {
  readonly no: number
  readonly client: string
  readonly server: string
}

export interface LadderNode {
  readonly name: string
  /** `client, PNS`; empty if nothing is known. */
  readonly job: string
  /** The less it is, the sooner the node has a column: up to 2 if there is room, 5 only if it is asked for. */
  readonly rank: number
}

/** When nothing of the row happens any more. */
export const endOf = ({ t, fate }: LadderRow): SimTime =>
  fate.kind === 'arrived' || fate.kind === 'dropped' ? fate.t : t

/** Everybody who had it by now, in order. */
export function placesOf({ from, via, to, fate }: LadderRow): string[] {
  const places = [from, ...via]
  if (fate.kind === 'dropped' && fate.between === undefined && places.at(-1) !== fate.node) places.push(fate.node)
  if ((fate.kind === 'arrived' || fate.kind === 'seen') && places.at(-1) !== to) places.push(to)
  return places
}

/** The row in a sentence, for those who do not see it. */
export function rowSentence(row: LadderRow): string {
  const { from, to, via, label, seal, fate } = row
  const by = via.length === 0 ? '' : `, by way of ${via.join(', ')}`
  return `${label}${seal === '' ? '' : ` ${seal}`} from ${from} to ${to}${by}, ${fateWords(fate)}`
}

export function fateWords(fate: RowFate): string {
  switch (fate.kind) {
    case 'arrived':
      return 'arrived'
    case 'flying':
      return 'still on its way'
    case 'dropped':
      return fate.between === undefined
        ? `dropped at ${fate.node}: ${fate.reason}`
        : `lost between ${fate.between[0]} and ${fate.between[1]}: ${fate.reason}`
    case 'unheard':
      return 'not heard'
    case 'seen':
      return 'as captured'
  }
}
