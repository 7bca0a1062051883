/** Connections that share a line: how evenly they do it, and who fills a long and fast one. */
import { ms, sec } from '../../src/base/time.ts'
import type { TcpOptions } from '../../src/ip/tcp.ts'
import { bulk, Network, PORT, pair } from './network.ts'

type Congestion = NonNullable<TcpOptions['congestion']>

/** Jain's index: 1 is even, 1/n is all for one (R. Jain, D. Chiu, W. Hawe, DEC-TR-301, 1984). */
export function jain(rates: readonly number[]): number {
  const sum = rates.reduce((a, b) => a + b, 0)
  return (sum * sum) / (rates.length * rates.reduce((a, b) => a + b * b, 0))
}

export interface Shares {
  /** Bits of text a second, in the order of the flows. */
  readonly rates: readonly number[]
  readonly jain: number
}

/**
 * Each sender has a line of its own, 100 Mbit/s and 5 ms, to a router, where all go on over one of 10 Mbit/s and 20 ms with
 * a queue. One starts every 3 s. Measured from `from` to `to` seconds.
 */
export function share(flows: readonly Congestion[], queue: number, from: number, to: number, seed = 1): Shares {
  const network = new Network(seed)
  const router = network.router('router')
  const receiver = network.host('receiver', '10.0.0.1')
  network.link([router, '10.0.0.1/30'], [receiver, '10.0.0.2/30'], { rate: 10e6, delay: ms(20), queue })
  const hosts = flows.map((congestion, n) => {
    const host = network.host(`sender${n}`, `10.1.${n}.2`, { congestion })
    network.link([host, `10.1.${n}.1/30`], [router, `10.1.${n}.2/30`], { rate: 100e6, delay: ms(5), queue: 1e6 })
    return host
  })
  const running = hosts.map((host, n) => {
    network.run(sec(3 * n))
    return bulk(host, receiver, '10.0.0.2', PORT + n)
  })
  network.run(sec(from))
  const before = running.map(flow => flow.received)
  network.run(sec(to))
  const rates = running.map((flow, n) => ((flow.received - before[n]) * 8) / (to - from))
  return { rates, jain: jain(rates) }
}

export interface LongLine {
  /** Bits of text a second over the whole time, slow start included. */
  readonly rate: number
  readonly fastRecoveries: number
  readonly timeouts: number
}

/** One transfer alone on 1 Gbit/s, 100 ms there and back; the queue in front of it holds a tenth of what is on the way. */
export function longLine(congestion: Congestion, seconds: number, loss = 0, seed = 1): LongLine {
  const tcp: TcpOptions = { congestion }
  const { network, sender, receiver } = pair(seed, { rate: 1e9, delay: ms(50), queue: 1_250_000, loss }, tcp)
  const flow = bulk(sender, receiver, '10.0.0.2')
  network.run(sec(seconds))
  const { fastRecoveries, timeouts } = flow.connection.info()
  return { rate: (flow.received * 8) / seconds, fastRecoveries, timeouts }
}
