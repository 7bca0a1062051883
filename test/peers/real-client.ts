/** The real client: pptp-linux 1.10.0 with pppd 2.4.9 in a guest. */
import { check, Failure, until } from '../support/outside/failure.ts'
import type { Guest } from './guest.ts'
import * as Log from './pppd-log.ts'
import { lossOf } from './real-server.ts'

export interface Dial {
  readonly server: string
  readonly user: string
  readonly password: string
  /** Of pppd, beside those that are about logs and addresses: `require-mppe-128`, `nomppe`, … */
  readonly options: readonly string[]
}

/** What people who dial a PPTP server write: no compression but VJ, which is pppd's way, and a watch on the peer. */
export const USUAL = ['refuse-eap', 'nobsdcomp', 'nodeflate', 'lcp-echo-interval 30', 'lcp-echo-failure 4']

const UP_SECONDS = 40
const END_SECONDS = 15

export class RealClient {
  readonly #guest: Guest

  constructor(guest: Guest) {
    this.#guest = guest
  }

  get log(): string {
    return this.#guest.log('pppd.log')
  }
  get #ended(): boolean {
    return this.#guest.log('exit') !== ''
  }

  dial({ server, user, password, options }: Dial): void {
    const lines = [
      ...[`pty "pptp ${server} --nolaunchpppd --loglevel 2"`, `user "${user}"`, `password "${password}"`],
      ...['hide-password', 'remotename pptpd', 'lock', 'noauth', 'debug', 'dump', 'nodetach', 'maxfail 1'],
      ...['noipdefault', 'nodefaultroute', 'logfile /guest/log/pppd.log', ...options],
    ]
    this.#guest.write('dial-options', `${lines.join('\n')}\n`)
    this.#guest.begin('pppd file /guest/dial-options > /guest/log/pppd.out 2>&1; echo $? > /guest/log/exit')
  }

  /** Waits until the tunnel is up; the server's address inside. */
  async up(): Promise<string> {
    await until(UP_SECONDS, 'the real client has no tunnel', () => Log.ups(this.log) > 0 || this.#ended)
    const address = Log.addressOf(this.log, 'remote')
    if (address === undefined) throw new Failure(`the real client gave up: ${this.#lastWords()}`)
    const { status } = await this.#guest.run(
      'for i in $(seq 40); do ip -4 addr show dev ppp0 | grep -q peer && exit 0; sleep 0.05; done; exit 1',
    )
    check(status === 0, 'ppp0 of the real client has no address')
    return address
  }

  /** Waits until the client has given up without a tunnel. */
  async refused(): Promise<void> {
    await until(
      UP_SECONDS,
      'the real client has neither a tunnel nor given up',
      () => Log.ups(this.log) > 0 || this.#ended,
    )
    check(Log.ups(this.log) === 0, 'the tunnel came up')
  }

  async ping(address: string, options: string): Promise<void> {
    const { status, output } = await this.#guest.run(`ping -q -W 3 ${options} ${address}`)
    check(status === 0, `the real client's ping of ${address} (${options}): ${lossOf(output)}`)
  }

  /** Sends so many octets to the server's port 7 and reads the same back, each octet compared. */
  async echo(address: string, octets: number): Promise<void> {
    await this.#tcp(`echo ${address} 7 ${octets}`)
  }
  async push(address: string, octets: number): Promise<void> {
    await this.#tcp(`push ${address} 9 ${octets}`)
  }
  async pull(address: string, octets: number): Promise<void> {
    await this.#tcp(`pull ${address} 19 ${octets}`)
  }
  async #tcp(words: string): Promise<void> {
    const { status, output } = await this.#guest.run(`perl /guest/tcp.pl ${words}`, 120)
    check(status === 0, `TCP in the tunnel: ${words}: ${output}`)
  }

  /** TERM to pppd: Terminate-Request, Call-Clear-Request, the end of the control connection. */
  async hangUp(): Promise<void> {
    await this.#guest.run('for file in /run/ppp*.pid; do kill $(head -1 $file); done')
    await this.over(END_SECONDS)
    check(/rcvd \[LCP TermAck/.test(this.log), 'the Terminate-Request of the real client got no Terminate-Ack')
  }

  async over(seconds: number): Promise<void> {
    await until(seconds, 'pppd of the real client still runs', () => this.#ended)
  }

  #lastWords(): string {
    const words = `${this.#guest.log('syslog')}\n${this.#guest.log('pppd.out')}\n${this.log}`.trim().split('\n')
    const telling = words.filter(line => /warn|fatal|error|fail|terminat|timeout|No response/i.test(line))
    return (telling.at(-1) ?? words.at(-1) ?? 'without a word').slice(0, 160)
  }
}
