/**
 * The network that the kernel talks to: two routers, and the host `server` behind them.
 *
 *     kernel 10.99.0.1 --sim0-- 10.99.0.2 near 10.77.0.1 --road-- 10.77.0.2 far 10.77.1.1 ------ 10.77.1.5 server
 *                                                                           far 10.77.2.1 ------ 10.77.2.5 slow
 */
import { stringify } from 'yaml'

export const KERNEL = '10.99.0.1'
export const NEAR = '10.99.0.2'
export const FAR = '10.77.0.2'
export const SERVER = '10.77.1.5'
export const SLOW = '10.77.2.5'
/** Nobody has it, in a network that is there; and one in a network that is not. */
export const NOBODY = '10.77.1.77'
export const NOWHERE = '10.77.200.1'
export const DEVICE = 'sim0'

/** Keys of a link. */
export interface Road {
  readonly mtu?: number
  readonly delay?: string
  readonly loss?: string
  readonly rate?: string
}

export function labText(road: Road = {}, events: readonly object[] = []): string {
  const link = (a: string, b: string, ipv4: readonly string[], more: object = {}): object => ({
    endpoints: [a, b],
    ipv4,
    ...more,
  })
  const services = ['echo', 'discard', 'chargen', 'http']
  return stringify({
    name: 'kernel',
    description: 'Two routers and two hosts, for the programs of a real kernel.',
    stop: '1h',
    topology: {
      nodes: {
        real: {
          kind: 'tun',
          tun: { name: DEVICE, ipv4: `${KERNEL}/30`, networks: ['10.99.0.0/16'], routes: ['10.77.0.0/16'] },
        },
        near: {
          kind: 'router',
          routes: ['10.99.0.0/16 dev outside', '10.77.1.0/24 via 10.77.0.2', '10.77.2.0/24 via 10.77.0.2'],
        },
        far: { kind: 'router', routes: ['10.99.0.0/16 via 10.77.0.1'] },
        server: { kind: 'host', routes: ['default via 10.77.1.1'], services },
        slow: { kind: 'host', routes: ['default via 10.77.2.1'] },
      },
      links: [
        link('real:sim0', 'near:outside', ['none', `${NEAR}/30`], { type: 'ip' }),
        link('near:road', 'far:road', ['10.77.0.1/30', `${FAR}/30`], road),
        link('far:eth0', 'server:eth0', ['10.77.1.1/24', `${SERVER}/24`]),
        link('far:eth1', 'slow:eth0', ['10.77.2.1/24', `${SLOW}/24`], { rate: '256kbit', delay: '10ms' }),
      ],
    },
    events,
  })
}
