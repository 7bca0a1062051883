/** How many packets of 1400 octets per second MPPE-128 stateless encrypts and decrypts again, on one core: alone, and in PPP. */
import { ip } from '../src/base/address.ts'
import { type Env, World } from '../src/base/env.ts'
import { type Packet, PacketPool, PacketSource } from '../src/base/packet.ts'
import { sec } from '../src/base/time.ts'
import { PLAIN, type PppConfig } from '../src/ppp/config.ts'
import { MppeReceiver, MppeSender } from '../src/ppp/mppe.ts'
import { Session } from '../src/ppp/session.ts'

const LENGTH = 1400
const BATCH = 1000

export interface MppeResult {
  readonly name: string
  readonly packets: number
  readonly packetsPerSecond: number
}

/** Takes about `seconds`, after a warm-up; the best of five parts counts, since other work disturbs but never helps. */
function measure(name: string, batch: () => void, seconds: number): MppeResult {
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
  return { name: `MPPE-128 stateless, ${LENGTH} B, ${name}`, packets, packetsPerSecond: Math.round(best) }
}

/** The cipher alone. */
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
  return measure('encrypt + decrypt', batch, seconds)
}

const CLIENT: PppConfig = {
  ...PLAIN,
  mppe: 'required',
  ourself: { user: 'u', password: 'p', methods: ['ms-chap-v2'] },
}
const SERVER: PppConfig = {
  ...PLAIN,
  mppe: 'required',
  authenticatePeer: { methods: ['ms-chap-v2'], name: 'server', secretOf: () => 'p' },
  ip: { local: ip('10.8.0.1'), assignPeer: () => ip('10.8.0.10') },
}

/** Two PPP sessions end to end: an IP packet into the one and out of the other. */
export function pppWithMppe(seconds = 1): MppeResult {
  const world = new World(1)
  let arrived = 0
  let negotiating = true
  const up = (packet: Packet): void => {
    arrived++
    packet.release()
  }
  const end = (env: Env, config: PppConfig, peer: () => Session): Session =>
    new Session(env, config, {
      // Automata are in the middle of their actions when they send; the data path is not.
      down: frame => {
        if (negotiating) world.scheduler.after(1, 'bench', () => peer().receive(frame))
        else peer().receive(frame)
      },
      up,
      networkUp() {},
      networkDown() {},
      finished() {},
    })
  const env = world.env('client')
  const client: Session = end(env, CLIENT, () => server)
  const server: Session = end(world.env('server'), SERVER, () => client)
  server.open()
  client.open()
  world.scheduler.runUntil(sec(1))
  if (client.ipcp !== 'opened') throw new Error('the two sessions did not come to terms')
  negotiating = false
  const batch = (): void => {
    const before = arrived
    for (let n = 0; n < BATCH; n++) client.send(env.packets.make(LENGTH))
    if (arrived - before !== BATCH) throw new Error('a packet did not come through')
  }
  return measure('from one PPP session to the other', batch, seconds)
}
