/**
 * A script: boxes of the rig (../README.md draws it) and what clients and servers send through them, packet by packet. It
 * is data, so that it can be printed, played again and made shorter. The ends are no TCPs: every segment stands in it.
 */

export type HostName = 'c1' | 'c2' | 'c3' | 's1' | 's2' | 's3'
export type BoxName = 'nat' | 'r' | 'sn'
export type Side = 'client' | 'server'

/** What a box lets through. `no-related` is the classic mistake: established without related. */
export type Policy = 'open' | 'stateful' | 'no-related' | 'no-invalid' | 'no-gre' | 'reject-gre'

export interface BoxSpec {
  /** Hides what leaves to the outside behind its own address. */
  readonly masquerades?: boolean
  /** Brings what comes from outside to the server behind it. */
  readonly forwards?: 'tcp' | 'tcp and gre'
  readonly helper?: boolean
  /** Its own ports are closed: nothing is answered. */
  readonly closed?: boolean
  readonly policy?: Policy
}

export interface Message {
  readonly type:
    | 'SCCRQ'
    | 'SCCRP'
    | 'StopCCRQ'
    | 'StopCCRP'
    | 'EchoRQ'
    | 'EchoRP'
    | 'OCRQ'
    | 'OCRP'
    | 'ICRQ'
    | 'ICRP'
    | 'ICCN'
    | 'CCRQ'
    | 'CDN'
    | 'WEN'
    | 'SLI'
  readonly id?: number
  /** Absent: the call ID that the other side has named last. */
  readonly peer?: number
  readonly result?: number
}

export type GreKind = 'data' | 'with-ack' | 'ack-only' | 'large' | 'large-df' | 'version-0' | 'not-ppp' | 'header-only'

export type Step =
  /** A TCP handshake: the SYN, the answer to it, and the answer to that. */
  | {
      readonly do: 'open'
      readonly conn: string
      readonly from: HostName
      readonly to: string
      readonly port: number
      readonly packets: 1 | 2 | 3
    }
  /** Messages in one stretch of octets, cut into segments at these places; `ack`: the other side acknowledges them. */
  | {
      readonly do: 'say'
      readonly conn: string
      readonly side: Side
      readonly messages: readonly Message[]
      readonly cuts?: readonly number[]
      readonly ack?: boolean
    }
  /** The last segment once more. */
  | { readonly do: 'repeat' | 'ack' | 'fin' | 'rst'; readonly conn: string; readonly side: Side }
  /** GRE to the other end; absent `id`: the call ID that it has named. */
  | {
      readonly do: 'gre'
      readonly conn: string
      readonly side: Side
      readonly id?: number
      readonly kind: GreKind
    }
  | { readonly do: 'stray'; readonly from: HostName; readonly to: string; readonly id: number }
  /** An ICMP error about what this host has received last. */
  | {
      readonly do: 'error'
      readonly from: HostName
      readonly about: 'tcp' | 'gre'
      readonly type: 3 | 11
      readonly code: number
    }
  | { readonly do: 'wait'; readonly ms: number }
  /** All entries of its table go, or those of TCP. */
  | { readonly do: 'flush' | 'forget-tcp'; readonly box: BoxName }
  | { readonly do: 'rules'; readonly box: BoxName; readonly policy: Policy }

export interface Script {
  readonly name: string
  readonly boxes: Readonly<Partial<Record<BoxName, BoxSpec>>>
  /** The clients' network is known outside. */
  readonly routed: boolean
  /** r carries only so much towards the servers. */
  readonly mtu?: number
  /** Connections are taken up in the middle. */
  readonly loose: boolean
  readonly steps: readonly Step[]
}

/** One line a step: what `npm run nat:kernel -- --script FILE` reads. */
export function print({ steps, ...head }: Script): string {
  const lines = steps.map(step => `  ${JSON.stringify(step)}`)
  return `${JSON.stringify(head).slice(0, -1)},"steps":[\n${lines.join(',\n')}\n]}\n`
}
/** Throws a sentence for what is no script. */
export function parse(text: string): Script {
  const script = JSON.parse(text) as Script
  if (!Array.isArray(script.steps) || typeof script.boxes !== 'object') throw new Error('This is no script.')
  return script
}
