/** A script's boxes in network namespaces of the running kernel: commands for `kernel.py`, one JSON line each. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { hex, unhex } from '../../../src/base/bytes.ts'
import { rootPath } from '../../support/root.ts'
import { IP } from '../rig.ts'
import type { BoxName, BoxSpec, HostName, Policy, Script } from './script.ts'
import { type Delivery, LIVES, type Outgoing, type World } from './world.ts'

const INSIDE: Readonly<Record<BoxName, string>> = { nat: 'lan0', r: 'wan0', sn: 'lan0' }
const OUTSIDE: Readonly<Record<BoxName, string>> = { nat: 'wan0', r: 'srv0', sn: 'wan0' }
const ACCEPT_1723 = 'tcp dport 1723 accept;'
const FORWARD: Readonly<Record<Policy, { readonly policy: 'accept' | 'drop'; readonly rules: string }>> = {
  open: { policy: 'accept', rules: '' },
  stateful: { policy: 'drop', rules: `ct state established,related accept; ${ACCEPT_1723}` },
  'no-related': { policy: 'drop', rules: `ct state established accept; ${ACCEPT_1723}` },
  'no-invalid': { policy: 'accept', rules: 'ct state invalid drop;' },
  'no-gre': { policy: 'accept', rules: 'ip protocol 47 drop;' },
  'reject-gre': { policy: 'accept', rules: 'ip protocol 47 reject with icmp admin-prohibited;' },
}

interface Answer {
  readonly late: number
  readonly got: readonly { readonly at: HostName; readonly packet: string }[]
}

export class KernelWorld implements World {
  late = 0
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  #complaints = ''

  /** The namespaces' names begin with this. */
  constructor(prefix: string) {
    const env = { ...process.env, NT_PREFIX: prefix, PYTHONDONTWRITEBYTECODE: '1' }
    this.#child = spawn('/usr/bin/python3', [rootPath('test/nat/random/kernel.py')], { env })
    this.#child.stderr.on('data', chunk => {
      this.#complaints += String(chunk)
    })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  async #ask(command: object): Promise<Delivery[]> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`The kernel's end has ended. ${this.#complaints}`)
    const { late, got } = JSON.parse(value) as Answer
    this.late += late
    return got.map(({ at, packet }) => ({ at, packet: unhex(packet) }))
  }

  async begin(script: Script): Promise<void> {
    const tables = Object.fromEntries(
      Object.entries(script.boxes).map(([name, spec]) => [name, tablesOf(name as BoxName, spec)]),
    )
    const settings = { ...LIVES, nf_conntrack_tcp_loose: script.loose ? 1 : 0 }
    await this.#ask({ do: 'begin', tables, settings, routed: script.routed, mtu: script.mtu ?? 1500 })
    this.late = 0
  }
  send(packets: readonly Outgoing[], ms: number): Promise<readonly Delivery[]> {
    const sent = packets.map(({ from, to, protocol, payload, dontFragment }) => ({
      from,
      to,
      protocol,
      df: dontFragment ?? false,
      payload: hex(payload),
    }))
    return this.#ask({ do: 'send', packets: sent, ms })
  }
  flush(box: BoxName, tcpOnly: boolean, ms: number): Promise<readonly Delivery[]> {
    return this.#ask({ do: 'flush', box, tcpOnly, ms })
  }
  rules(box: BoxName, policy: Policy, ms: number): Promise<readonly Delivery[]> {
    return this.#ask({ do: 'tables', box, text: `table ip fw\ndelete table ip fw\n${forward(policy)}`, ms })
  }

  /** Takes the namespaces away. */
  async end(): Promise<void> {
    const gone = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stdin.end()
    await gone
  }
  /** At once; the namespaces go too. */
  stop(): void {
    this.#child.kill('SIGTERM')
  }
}

function forward(policy: Policy): string {
  const { policy: otherwise, rules } = FORWARD[policy]
  if (policy === 'open') return ''
  return `table ip fw { chain fo { type filter hook forward priority 0; policy ${otherwise}; ${rules} } }\n`
}

function tablesOf(name: BoxName, { masquerades, forwards, helper, closed, policy = 'open' }: BoxSpec): string {
  const inside = INSIDE[name]
  const outside = OUTSIDE[name]
  let text = ''
  if (masquerades || forwards) {
    const hairpin = forwards && name === 'nat'
    const toServer = hairpin
      ? `ip daddr ${IP.nat} tcp dport 1723 dnat to ${IP.c3};`
      : forwards
        ? `iifname "${outside}" tcp dport 1723 dnat to ${IP.s3};`
        : ''
    const gre = forwards === 'tcp and gre' ? `iifname "${outside}" ip protocol 47 dnat to ${IP.s3};` : ''
    const back = hairpin ? `iifname "${inside}" oifname "${inside}" masquerade;` : ''
    text += `table ip nat { chain pre { type nat hook prerouting priority -100; ${toServer} ${gre} }
 chain post { type nat hook postrouting priority 100; ${masquerades ? `oifname "${outside}" masquerade;` : ''} ${back} } }\n`
  }
  if (helper)
    text += `table ip hlp { ct helper pptp-std { type "pptp" protocol tcp; }
 chain pre { type filter hook prerouting priority -150; tcp dport 1723 ct helper set "pptp-std"; } }\n`
  if (closed)
    text += `table ip in_ { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; iifname "${inside}" accept; icmp type echo-request accept; } }\n`
  return text + forward(policy)
}
