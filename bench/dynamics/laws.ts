/**
 * Rates under random loss beside the formulas for them.
 *
 * M. Mathis, J. Semke, J. Mahdavi, T. Ott: The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm, CCR 27(3),
 * 1997. J. Padhye, V. Firoiu, D. Towsley, J. Kurose: Modeling TCP Throughput, SIGCOMM 1998, equation (30).
 */
import { ms, sec } from '../../src/base/time.ts'
import type { TcpOptions } from '../../src/ip/tcp.ts'
import { bulk, MSS, pair } from './network.ts'

const DELAY = ms(50)
/** Slow start and the first losses are over by then. */
const WARM_UP = 100

/**
 * The window grows by one segment for each window that is acknowledged, whether or not acknowledgments are delayed (octets
 * are counted, RFC 5681 §3.1), and is halved by a loss: C = sqrt(3/2).
 */
const C = Math.sqrt(3 / 2)

/** Segments a second; `rtt` in seconds. */
export const squareRoot = (p: number, rtt: number): number => C / (rtt * Math.sqrt(p))

/** The same with timeouts; `t0` is the timeout in seconds. One segment of growth per window: b = 1. */
export const withTimeouts = (p: number, rtt: number, t0: number): number =>
  1 / (rtt * Math.sqrt((2 * p) / 3) + t0 * Math.min(1, 3 * Math.sqrt((3 * p) / 8)) * p * (1 + 32 * p * p))

export interface LossRun {
  /** Segments' worth of text that arrived in order, a second. */
  readonly rate: number
  /** Smoothed, in seconds, at the end. */
  readonly rtt: number
  readonly fastRecoveries: number
  readonly timeouts: number
  readonly retransmits: number
  /** Mean timeout in seconds. */
  readonly rto: number
}

/**
 * One transfer over a line of 100 ms there and back that loses the share `p` of the segments; none of the acknowledgments.
 * Segments keep their size: three losses of one segment in a row would be taken for a black hole (RFC 4821 §7.7).
 */
export function lossRun(p: number, seconds: number, tcp: TcpOptions = {}, seed = 1): LossRun {
  const options = { pathMtuDiscovery: false, ...tcp }
  const { network, sender, receiver } = pair(seed, { delay: DELAY, rate: 1e9, loss: p }, options)
  const { connection: flow } = bulk(sender, receiver, '10.0.0.2')
  network.run(sec(WARM_UP))
  const before = flow.info()
  let rto = 0
  let srtt = 0
  for (let s = 1; s <= seconds; s++) {
    network.run(sec(WARM_UP + s))
    rto += flow.rto
    srtt += flow.srtt ?? 0
  }
  const after = flow.info()
  return {
    rate: (after.bytesOut - before.bytesOut) / MSS / seconds,
    rtt: srtt / seconds / 1e9,
    fastRecoveries: after.fastRecoveries - before.fastRecoveries,
    timeouts: after.timeouts - before.timeouts,
    retransmits: after.retransmits - before.retransmits,
    rto: rto / seconds / 1e9,
  }
}
