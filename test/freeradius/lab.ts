/**
 * The network: FreeRADIUS is where the kernel is, the office asks it through the TUN device.
 *
 *     FreeRADIUS 10.99.0.1 --sim0-- 10.99.0.2 isp 10.77.0.254 ------ 10.77.0.1 office ------ 10.77.20.5 files
 *                                             isp 10.77.1.1 -------- 10.77.1.10 alice
 */
import { stringify } from 'yaml'

export const ADDRESS = '10.99.0.1'
export const AUTH_PORT = 18_120
export const ACCT_PORT = 18_130
export const SECRET = 'between the two of us'
export const FILES = '10.77.20.5'
export const TIMEOUT_SECONDS = 1
export const TRIES = 2

export interface Caller {
  readonly user: string
  readonly password: string
  readonly auth?: string
  readonly mppe?: string
  /** What the office asks of the RADIUS server. */
  readonly servers?: readonly string[]
  readonly secret?: string
}

export function labText({ user, password, auth = 'ms-chap-v2', mppe = 'required', ...radius }: Caller): string {
  const link = (a: string, b: string, ipv4: readonly string[], more: object = {}): object => ({
    endpoints: [a, b],
    ipv4,
    ...more,
  })
  return stringify({
    name: 'freeradius',
    description: 'A real FreeRADIUS says who may call a simulated office.',
    stop: '1h',
    topology: {
      nodes: {
        real: {
          kind: 'tun',
          tun: { name: 'sim0', ipv4: `${ADDRESS}/30`, networks: ['10.99.0.0/16'], routes: ['10.77.0.0/16'] },
        },
        isp: { kind: 'router', routes: ['10.99.0.0/16 dev outside', '10.77.20.0/24 via 10.77.0.1'] },
        office: {
          kind: 'pptp-server',
          routes: ['default via 10.77.0.254'],
          pptp: {
            local: '10.77.8.1',
            pool: '10.77.8.10-10.77.8.20',
            auth,
            mppe,
            radius: {
              servers: radius.servers ?? [ADDRESS],
              secret: radius.secret ?? SECRET,
              timeout: `${TIMEOUT_SECONDS}s`,
              tries: TRIES,
              'auth-port': AUTH_PORT,
              'acct-port': ACCT_PORT,
            },
          },
        },
        alice: {
          kind: 'client',
          routes: ['default via 10.77.1.1'],
          pptp: { server: 'office', user, password, auth, mppe, routes: ['10.77.20.0/24'] },
        },
        files: { kind: 'host', routes: ['default via 10.77.20.1'] },
      },
      links: [
        link('real:sim0', 'isp:outside', ['none', '10.99.0.2/30'], { type: 'ip' }),
        link('isp:eth0', 'office:eth0', ['10.77.0.254/24', '10.77.0.1/24'], { delay: '2ms' }),
        link('isp:eth1', 'alice:eth0', ['10.77.1.1/24', '10.77.1.10/24'], { delay: '5ms' }),
        link('office:eth1', 'files:eth0', ['10.77.20.1/24', `${FILES}/24`]),
      ],
    },
    events: [
      { at: '2s', connect: 'alice' },
      { at: '5s', ping: { from: 'alice', to: 'files', count: 3, interval: '100ms' } },
      { at: '6s', disconnect: 'alice' },
    ],
  })
}
