/** What a ppp interface has carried: IP packets of the user, as they are inside the tunnel. */
import type { Packet } from '../base/packet.ts'
import { NEVER } from '../base/scheduler.ts'
import type { SimTime } from '../base/time.ts'
import type { Snapshot } from './node.ts'

export class Usage {
  octetsIn = 0
  octetsOut = 0
  packetsIn = 0
  packetsOut = 0
  /** When the last one passed, in either direction. */
  last: SimTime = NEVER

  /** `in`: out of the tunnel, from the peer. */
  count(packet: Packet, way: 'in' | 'out', now: SimTime): void {
    this.last = now
    if (way === 'in') {
      this.packetsIn++
      this.octetsIn += packet.length
    } else {
      this.packetsOut++
      this.octetsOut += packet.length
    }
  }

  snapshot(): Snapshot {
    const { octetsIn, octetsOut, packetsIn, packetsOut } = this
    return { octetsIn, octetsOut, packetsIn, packetsOut }
  }
}
