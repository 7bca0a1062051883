/** Every packet that is taken from any pool from here on, until they are let go of. */
import { type Packet, PacketPool } from '../../src/base/packet.ts'

export interface WatchedPackets {
  /** Those that somebody owns. */
  owned(): Packet[]
  stop(): void
}

export function watchPackets(): WatchedPackets {
  const { take } = PacketPool.prototype
  const all = new Set<Packet>()
  PacketPool.prototype.take = function (this: PacketPool, length) {
    const packet = take.call(this, length)
    all.add(packet)
    return packet
  }
  return {
    owned: () => [...all].filter(({ free }) => !free),
    stop: () => {
      PacketPool.prototype.take = take
    },
  }
}
