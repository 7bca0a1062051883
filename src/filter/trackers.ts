/** What each protocol says of a flow: whether a packet may begin one, and how long it then lives. */
import { sec } from '../base/time.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import type { Expiry } from './expiry.ts'
import type { Flow } from './flow.ts'
import * as Tcp from './tcp-tracker.ts'
import { isIcmpQuery, type Tuple } from './tuple.ts'
import type { Personality } from './types.ts'

const { tcp: TCP, udp: UDP, icmp: ICMP, gre: GRE } = Ipv4.PROTOCOL
/** A conversation over UDP that lasts longer than this is a stream. */
const STREAM_AFTER = sec(2)

/** May this packet begin a flow? */
export function begin(tuple: Tuple, b: Uint8Array, at: number, end: number, { tcpLoose }: Personality): boolean {
  if (tuple.protocol === TCP) return Tcp.isWhole(b, at, end) && Tcp.mayBegin(Tcp.flagsOf(b, at), tcpLoose)
  return tuple.protocol !== ICMP || isIcmpQuery(tuple.destinationKey >> 8)
}

/** A packet of the flow: how long it lives now. */
export function heard(
  flow: Flow,
  isReply: boolean,
  b: Uint8Array,
  at: number,
  end: number,
  { timeouts }: Personality,
  expiry: Expiry,
  now: number,
): Tcp.Heard {
  switch (flow.original.protocol) {
    case TCP: {
      if (!Tcp.isWhole(b, at, end)) return 'invalid'
      const verdict = Tcp.heard(flow, Tcp.flagsOf(b, at), isReply)
      if (verdict === 'good') expiry.set(flow, Tcp.lifeOf(flow, timeouts))
      return verdict
    }
    case UDP: {
      if (!flow.confirmed) flow.streamFrom = now + STREAM_AFTER
      const stream = flow.seenReply && now > flow.streamFrom
      if (stream) flow.assured = true
      expiry.set(flow, stream ? timeouts.udpStream : timeouts.udp)
      return 'good'
    }
    case ICMP:
      expiry.set(flow, timeouts.icmp)
      return 'good'
    case GRE:
      // The first answer does not count yet: it is only noted after this.
      if (flow.seenReply) flow.assured = true
      expiry.set(flow, flow.seenReply ? timeouts.greStream : timeouts.gre)
      return 'good'
    default:
      expiry.set(flow, timeouts.generic)
      return 'good'
  }
}
