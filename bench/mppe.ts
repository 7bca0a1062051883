/** How many packets of 1400 octets per second MPPE-128 stateless encrypts and decrypts again, on one core. */
import { PacketPool, PacketSource } from '../src/base/packet.ts'
import { MppeReceiver, MppeSender } from '../src/ppp/mppe.ts'

const LENGTH = 1400
const BATCH = 1000

export interface MppeResult {
  readonly name: string
  readonly packets: number
  readonly packetsPerSecond: number
}

/** Takes about `seconds`, after a warm-up; the best of five parts counts, since other work disturbs but never helps. */
export function mppe(seconds = 1): MppeResult {
  const startKey = Uint8Array.from({ length: 16 }, (_, i) => 7 * i + 1)
  const options = { bits: 128, stateful: false } as const
  const sender = new MppeSender(startKey, options)
  const receiver = new MppeReceiver(startKey, options)
  const source = new PacketSource(new PacketPool(), 'bench')

  const batch = (): void => {
    for (let n = 0; n < BATCH; n++) {
      const packet = source.make(LENGTH)
      packet.bytes.fill(0, packet.start, packet.end)
      packet.bytes[packet.start + 1] = 0x21
      sender.encrypt(packet)
      if (receiver.decrypt(packet) !== 'ok') throw new Error('a packet did not come through')
      packet.release()
    }
  }

  for (let n = 0; n < 5; n++) batch()
  let best = 0
  let packets = 0
  for (let part = 0; part < 5; part++) {
    const start = process.hrtime.bigint()
    let done = 0
    let took = 0
    do {
      batch()
      done += BATCH
      took = Number(process.hrtime.bigint() - start) / 1e9
    } while (took < seconds / 5)
    best = Math.max(best, done / took)
    packets += done
  }
  return { name: `MPPE-128 stateless, ${LENGTH} B, encrypt + decrypt`, packets, packetsPerSecond: Math.round(best) }
}
