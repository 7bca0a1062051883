/**
 * The network of one transfer: two routers with the road between them, and at its two ends the TCPs that are compared.
 *
 *     kernel A 10.99.0.1 --sim0-- near ==road== far --- 10.77.1.5 B: a simulated host, or another kernel behind sim1
 *
 * The links at the ends are perfect and take no time: what is captured there is what the TCP beside it sends and gets.
 */
import { stringify } from 'yaml'

export const A = '10.99.0.1'
export const B = '10.77.1.5'
export const DEVICE = { a: 'sim0', b: 'sim1' } as const
/** Captures of the two perfect links, by the end that is next to them. */
export const CAPTURE = { a: 'a_sim0-near_a.pcapng', b: 'far_b-b_sim1.pcapng' } as const
export type End = keyof typeof CAPTURE

/** B fetches from A at this port, and A from B at the other. */
export const PORT = { in: 5001, out: 19 } as const
/** `in`: the data goes from A, a kernel, to B. */
export type Direction = keyof typeof PORT

export type Far = 'ours' | 'kernel'

export interface Road {
  /** Each way. */
  readonly delay: string
  /** Each way. */
  readonly loss: string
  /** Share of the packets that skip the delay, as in netem. */
  readonly reordering: string
}

/** On the clock of the run: by then the kernel listens. */
const BEGIN = '1s'

export function labText(far: Far, road: Road, octets: number, seed: number): string {
  const networks = ['10.99.0.0/24']
  const theirs = { kind: 'tun', tun: { name: DEVICE.b, networks: ['10.77.1.0/24'] } }
  const ours = { kind: 'host', routes: ['default via 10.77.1.1'], services: ['chargen'] }
  return stringify({
    name: `strangers-${far}`,
    description: 'TCP of a kernel with ours, or with another kernel, over the same road.',
    seed,
    stop: '1h',
    topology: {
      nodes: {
        a: { kind: 'tun', tun: { name: DEVICE.a, ipv4: `${A}/24`, networks, routes: ['10.77.0.0/16'] } },
        near: { kind: 'router', routes: ['10.77.1.0/24 via 10.77.0.2'] },
        far: { kind: 'router', routes: ['10.99.0.0/24 via 10.77.0.1'] },
        b: far === 'ours' ? ours : theirs,
      },
      links: [
        { endpoints: ['a:sim0', 'near:a'], ipv4: ['none', '10.99.0.2/24'], type: 'ip' },
        { endpoints: ['near:road', 'far:road'], ipv4: ['10.77.0.1/30', '10.77.0.2/30'], type: 'ip', ...road },
        { endpoints: ['far:b', 'b:sim1'], ipv4: ['10.77.1.1/24', far === 'ours' ? `${B}/24` : 'none'], type: 'ip' },
      ],
    },
    events: far === 'ours' ? [{ at: BEGIN, fetch: { from: 'b', to: A, port: PORT.in, bytes: `${octets}B` } }] : [],
  })
}
