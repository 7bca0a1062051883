/**
 * Which tunnel of a capture a frame belongs to. A control connection is known by the client's port, GRE by the call ID of its
 * receiver (RFC 2637 §4.1), which both control messages of the call name (§2.7 to §2.10): behind a NAT box several calls have
 * the same addresses.
 *
 * Limits: calls that began before the capture told nobody their IDs, so those between the same addresses count as one; what
 * carries an ID that no call of a whole control connection has named, and is not new, belongs to none.
 */
import type { DecodedFrame } from '../../decode/decode.ts'
import { newTunnel, type Stranger, type Tunnel } from './facts.ts'
import type { Numbers } from './numbers.ts'
import { astray, unseen } from './ways.ts'

export interface Heard {
  readonly tunnel: Tunnel
  clientPort: string
  /** The opening of TCP was seen. */
  whole: boolean
  /** Call IDs that its GRE carries: those of the server in what goes up, those of the client in what comes down. */
  readonly ids: { readonly up: Set<number>; readonly down: Set<number> }
  /** Ways in which GRE with these IDs was seen. */
  readonly known: Set<'up' | 'down'>
  /** GRE of new calls that are not hers, by call ID. */
  readonly strangers: Map<number, Stranger>
  last: number
  /** Configure-Requests that were acknowledged, by protocol and who asked. */
  readonly acked: Set<string>
  readonly encrypted: Set<string>
  syns: number
  /** A message with which an end has said goodbye, or the reason why it leaves. */
  goodbye: boolean
  /** LCP Echo-Requests since the last answer, by who asks. */
  readonly echoes: Map<string, number>
  /** When a control Echo-Request was sent that nobody has answered, by who asks. */
  readonly asked: Map<string, number>
  /** Call IDs of its GRE, by receiver. */
  readonly numbers: Map<string, Numbers>
}

export class HeardCalls {
  readonly all: Heard[] = []

  begin(client: string, clientPort: string, target: string, t: number): Heard {
    const tunnel: Tunnel = {
      ...newTunnel(client, client, target, target, t),
      tcp: { up: unseen(client, target), down: unseen(target, client) },
      gre: { up: unseen(client, target), down: unseen(target, client) },
    }
    const heard: Heard = {
      tunnel,
      clientPort,
      whole: false,
      ids: { up: new Set(), down: new Set() },
      known: new Set(),
      strangers: new Map(),
      last: t,
      acked: new Set(),
      encrypted: new Set(),
      syns: 0,
      goodbye: false,
      echoes: new Map(),
      asked: new Map(),
      numbers: new Map(),
    }
    this.all.push(heard)
    return heard
  }

  between({ source, destination }: Pick<DecodedFrame, 'source' | 'destination'>): Heard[] {
    return this.all.filter(
      ({ tunnel: { client, target } }) =>
        (client === source && target === destination) || (client === destination && target === source),
    )
  }

  /** The tunnel with that control connection; the ports of one whose beginning was not seen are learned. */
  connection(frame: DecodedFrame, port: string | undefined): Heard | undefined {
    const near = this.between(frame)
    if (port === undefined) return near.at(-1)
    const known = near.findLast(({ clientPort }) => clientPort === port)
    const open = known ?? near.findLast(({ clientPort }) => clientPort === '')
    if (open) open.clientPort = port
    return open
  }

  /** Undefined: it belongs to none of them. */
  call(frame: DecodedFrame, callId: number, seq: number | undefined): Heard | undefined {
    const { source, destination, t, number } = frame
    const near = this.between(frame)
    const wayOf = ({ tunnel }: Heard): 'up' | 'down' => (tunnel.client === source ? 'up' : 'down')
    const own = near.findLast(heard => heard.ids[wayOf(heard)].has(callId))
    if (own) {
      own.known.add(wayOf(own))
      return own
    }
    const robbed = this.all.findLast(
      ({ tunnel, ids }) => tunnel.target === source && tunnel.client !== destination && ids.down.has(callId),
    )
    if (robbed) {
      astray(robbed.tunnel.gre.down, destination, `frame ${number}`, t)
      return undefined
    }
    if (near.length === 0) return this.begin(source, '', destination, t)
    const untold = near.filter(heard => heard.ids[wayOf(heard)].size === 0)
    const open = untold.findLast(({ whole }) => !whole) ?? untold.at(-1)
    if (open) return open
    // Something on the way may have changed the ID of a call that is not heard otherwise.
    const unheard = near.findLast(heard => !heard.known.has(wayOf(heard)))
    if (unheard) return unheard
    const last = near[near.length - 1]
    if (wayOf(last) === 'down') stranger(last, callId, seq, frame)
    return undefined
  }
}

/** A call that begins (number 0) with an ID that none of these has named is that of somebody else. */
function stranger({ strangers, tunnel }: Heard, callId: number, seq: number | undefined, frame: DecodedFrame): void {
  const known = strangers.get(callId)
  if (known) known.count++
  else if (seq === 0) {
    const { t, number, source } = frame
    strangers.set(callId, { client: tunnel.client, server: source, callId, count: 1, packet: `frame ${number}`, t })
  }
}

/** The port that is not 1723, of a TCP segment. */
export function clientPortOf({ tree }: DecodedFrame): string | undefined {
  const tcp = tree.children?.find(({ name }) => name === 'tcp')
  const ports = (tcp?.children ?? [])
    .filter(({ name }) => name === 'sourcePort' || name === 'destinationPort')
    .map(({ value }) => String(value))
  return ports.includes('1723') ? ports.find(port => port !== '1723') : undefined
}
