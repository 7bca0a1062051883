/** The real server: pptpd 1.4.0 with pppd 2.4.9 in a guest, TCP echo on 7, discard on 9 and chargen on 19. */
import { check, until } from '../support/outside/failure.ts'
import type { Guest } from './guest.ts'
import * as Log from './pppd-log.ts'

export const TUNNEL_ADDRESS = '192.168.80.1'
const POOL = '192.168.80.10-29'

export const USERS: Readonly<Record<string, string>> = { alice: 'alice-secret', bob: 'Passw0rd!' }

const LCP_ECHO = ['lcp-echo-interval 30', 'lcp-echo-failure 4']
const NO_COMPRESSION = ['nobsdcomp', 'nodeflate', 'novj', 'novjccomp']
const NO_MPPE = ['nomppe', 'noccp']

/** Options of pppd for the ways in which a client may have to log in. */
export const REQUIRE = {
  msChapV2: (...mppe: readonly string[]): readonly string[] => [
    ...['require-mschap-v2', 'refuse-pap', 'refuse-chap', 'refuse-mschap', 'refuse-eap'],
    ...[...NO_COMPRESSION, ...mppe, ...LCP_ECHO],
  ],
  msChap: (...mppe: readonly string[]): readonly string[] => [
    ...['require-mschap', 'refuse-pap', 'refuse-chap', 'refuse-mschap-v2', 'refuse-eap'],
    ...[...NO_COMPRESSION, ...mppe, ...LCP_ECHO],
  ],
  chapMd5: [
    ...['require-chap', 'refuse-pap', 'refuse-mschap', 'refuse-mschap-v2', 'refuse-eap'],
    ...[...NO_COMPRESSION, ...NO_MPPE, ...LCP_ECHO],
  ],
  /** As pptpd's Debian package has it but for the encryption: Deflate, BSD-Compress and VJ are offered. */
  stock: ['require-mschap-v2', 'refuse-pap', 'refuse-chap', 'refuse-mschap'],
  pap: [
    ...['require-pap', 'refuse-chap', 'refuse-mschap', 'refuse-mschap-v2', 'refuse-eap'],
    ...[...NO_COMPRESSION, ...NO_MPPE, ...LCP_ECHO],
  ],
} as const

export class RealServer {
  readonly #guest: Guest

  constructor(guest: Guest) {
    this.#guest = guest
  }

  get log(): string {
    return this.#guest.log('pppd.log')
  }

  async listen(options: readonly string[]): Promise<void> {
    const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
    const secrets = Object.entries(USERS).map(([user, password]) => `${user} pptpd ${password} *`)
    this.#guest.write('secrets', lines(...secrets))
    this.#guest.write(
      'pptpd-options',
      lines('name pptpd', 'auth', 'lock', 'nologfd', 'debug', 'dump', 'logfile /guest/log/pppd.log', ...options),
    )
    this.#guest.write(
      'pptpd.conf',
      lines('option /guest/pptpd-options', `localip ${TUNNEL_ADDRESS}`, `remoteip ${POOL}`, 'debug', 'stimeout 10'),
    )
    const { status, output } = await this.#guest.run(`
      cp /guest/secrets /etc/ppp/chap-secrets
      cp /guest/secrets /etc/ppp/pap-secrets
      pptpd -c /guest/pptpd.conf -p /run/pptpd.pid
      perl /guest/tcp.pl serve >> /guest/log/tcp 2>&1 &
      for i in $(seq 100); do
        ss -ltn | grep -q :1723 && exit 0
        sleep 0.05
      done
      exit 1`)
    check(status === 0, `pptpd does not listen: ${output}`)
  }

  /** Waits until a tunnel is up; its client's address inside. */
  async tunnel(seconds: number): Promise<string> {
    return until(seconds, 'no tunnel comes up at pptpd', () =>
      Log.ups(this.log) > 0 ? Log.addressOf(this.log, 'remote') : undefined,
    )
  }

  /** TERM to pppd: Terminate-Request, then pptpd closes the control connection. */
  async hangUp(): Promise<void> {
    await this.#guest.run('for file in /run/ppp*.pid; do kill $(head -1 $file); done')
  }

  /** TERM to pptpd's process for this connection: Call-Disconnect-Notify and Stop-Control-Connection-Request. */
  async endControl(): Promise<void> {
    await this.#guest.run('kill $(pidof pptpctrl)')
  }

  /** KILL to pppd and to pptpd's process for this connection: the kernel closes it, and that is all. */
  async kill(): Promise<void> {
    await this.#guest.run('kill -9 $(pidof pppd pptpctrl)')
  }

  /** GRE packets that came before others which were sent before them; pptpd keeps them for a while. */
  get reordered(): number {
    return earlyPackets(this.#guest)
  }

  async ping(address: string, options: string): Promise<void> {
    const { status, output } = await this.#guest.run(`ping -q -W 3 ${options} ${address}`)
    check(status === 0, `the real server's ping of ${address}: ${lossOf(output)}`)
  }

  /** Waits until neither pppd nor the control connection is left. */
  async empty(seconds: number): Promise<void> {
    await until(seconds, 'pppd of the real server still runs', () => Log.terminated(this.log))
    const { status } = await this.#guest.run(
      `for i in $(seq ${seconds * 20}); do pidof pptpctrl >/dev/null || exit 0; sleep 0.05; done; exit 1`,
      seconds + 10,
    )
    check(status === 0, `the control connection of the real server is still open after ${seconds} s`)
  }
}

export const lossOf = (output: string): string => /\d+ packets transmitted.*loss/.exec(output)?.[0] ?? output

/** How many GRE packets the real programs of a guest say to have kept for those before them. */
export const earlyPackets = (guest: Guest): number => guest.log('syslog').match(/buffering packet/g)?.length ?? 0
