/** The real client: pptp-linux 1.10.0 with pppd 2.4.9 in a guest. */
import { check, Failure, until } from '../support/outside/failure.ts'
import type { Guest } from './guest.ts'
import * as Log from './pppd-log.ts'
import { earlyPackets, lossOf } from './real-server.ts'

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
  readonly #unit: number

  /** Its interface is `ppp` and the unit. */
  constructor(guest: Guest, unit = 0) {
    this.#guest = guest
    this.#unit = unit
  }

  /** One more on the same machine. */
  another(unit: number): RealClient {
    return new RealClient(this.#guest, unit)
  }

  get log(): string {
    return this.#guest.log(`pppd${this.#unit}.log`)
  }
  get #ended(): boolean {
    return this.#guest.log(`exit${this.#unit}`) !== ''
  }
  /** GRE packets that came before others which were sent before them; pptp-linux keeps them for a while. */
  get reordered(): number {
    return earlyPackets(this.#guest)
  }

  dial({ server, user, password, options }: Dial): void {
    const unit = this.#unit
    const lines = [
      ...[`pty "pptp ${server} --nolaunchpppd --loglevel 2"`, `user "${user}"`, `password "${password}"`],
      ...['hide-password', 'remotename pptpd', 'lock', 'noauth', 'debug', 'dump', 'nodetach', 'maxfail 1'],
      ...['noipdefault', 'nodefaultroute', `unit ${unit}`, `logfile /guest/log/pppd${unit}.log`, ...options],
    ]
    this.#guest.write(`dial-options${unit}`, `${lines.join('\n')}\n`)
    const logs = '/guest/log'
    this.#guest.begin(
      `pppd file /guest/dial-options${unit} > ${logs}/pppd${unit}.out 2>&1; echo $? > ${logs}/exit${unit}`,
    )
  }

  /** Waits until the tunnel is up; the server's address inside. */
  async up(): Promise<string> {
    await until(UP_SECONDS, 'the real client has no tunnel', () => Log.ups(this.log) > 0 || this.#ended)
    const address = Log.addressOf(this.log, 'remote')
    if (address === undefined) throw new Failure(`the real client gave up: ${this.#lastWords()}`)
    const { status } = await this.#guest.run(
      `for i in $(seq 40); do ip -4 addr show dev ppp${this.#unit} | grep -q peer && exit 0; sleep 0.05; done; exit 1`,
    )
    check(status === 0, `ppp${this.#unit} of the real client has no address`)
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
    const { status, output } = await this.#guest.run(`ping -q -W 3 -I ppp${this.#unit} ${options} ${address}`)
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
    await this.#guest.run(`kill $(head -1 /run/ppp${this.#unit}.pid)`)
    await this.over(END_SECONDS)
    check(/rcvd \[LCP TermAck/.test(this.log), 'the Terminate-Request of the real client got no Terminate-Ack')
  }

  /** TERM to pptp-linux's call manager, which has the control connection; pppd is not told. */
  async endControl(): Promise<void> {
    const { status, output } = await this.#guest.run(
      `kill $(ss -Htnp 'dport = :1723' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p')`,
    )
    check(status === 0, `no call manager of pptp-linux runs: ${output}`)
  }

  /** KILL to pppd and to both processes of pptp-linux: the kernel closes their connection, and that is all. */
  async kill(): Promise<void> {
    await this.#guest.run('kill -9 $(pidof pppd pptp)')
  }

  vanish(): void {
    this.#guest.vanish()
  }

  async over(seconds: number): Promise<void> {
    await until(seconds, 'pppd of the real client still runs', () => this.#ended)
  }

  #lastWords(): string {
    const words = `${this.#guest.log('syslog')}\n${this.#guest.log(`pppd${this.#unit}.out`)}\n${this.log}`
      .trim()
      .split('\n')
    const telling = words.filter(line => /warn|fatal|error|fail|terminat|timeout|No response/i.test(line))
    return (telling.at(-1) ?? words.at(-1) ?? 'without a word').slice(0, 160)
  }
}
