/** As much of a frame as says to which tunnel it belongs: the ends of a control connection, or a GRE packet's call ID. */
import { formatIpv4 } from '../../base/address.ts'
import { get16 } from '../../base/bytes.ts'
import * as Ethernet from '../../wire/ethernet.ts'
import * as Gre from '../../wire/gre.ts'
import * as Ipv4 from '../../wire/ipv4.ts'
import * as Pptp from '../../wire/pptp.ts'

export type Glimpse =
  | { readonly proto: 'tcp'; readonly from: string; readonly to: string }
  | { readonly proto: 'gre'; readonly callId: number }

const SHORTEST_TCP = 20
const SHORTEST_GRE = 8

/** Undefined: it is neither, or a later fragment. */
export function peek(bytes: Uint8Array, ethernet: boolean): Glimpse | undefined {
  const at = ethernet ? Ethernet.HEADER : 0
  if (bytes.length < at + Ipv4.HEADER || (ethernet && Ethernet.type(bytes, 0) !== Ethernet.TYPE.ipv4)) return undefined
  if (Ipv4.fragmentOffset(bytes, at) > 0) return undefined
  const inside = at + Ipv4.headerLength(bytes, at)
  const protocol = Ipv4.protocol(bytes, at)
  if (protocol === Ipv4.PROTOCOL.gre && bytes.length >= inside + SHORTEST_GRE) {
    return Gre.version(bytes, inside) === 1 ? { proto: 'gre', callId: Gre.callId(bytes, inside) } : undefined
  }
  if (protocol !== Ipv4.PROTOCOL.tcp || bytes.length < inside + SHORTEST_TCP) return undefined
  const from = get16(bytes, inside)
  const to = get16(bytes, inside + 2)
  if (from !== Pptp.PORT && to !== Pptp.PORT) return undefined
  return {
    proto: 'tcp',
    from: `${formatIpv4(Ipv4.source(bytes, at))}:${from}`,
    to: `${formatIpv4(Ipv4.destination(bytes, at))}:${to}`,
  }
}
