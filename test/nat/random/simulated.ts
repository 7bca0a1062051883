/** A script's boxes in the simulator. */
import { ip } from '../../../src/base/address.ts'
import { ms, sec } from '../../../src/base/time.ts'
import type { NatRule } from '../../../src/filter/types.ts'
import { type Box, dnat, IP, masquerade, Rig } from '../rig.ts'
import type { BoxName, BoxSpec, HostName, Policy, Script } from './script.ts'
import { type Delivery, HOSTS, LIVES, type Outgoing, type World } from './world.ts'

const SIDES: Readonly<Record<BoxName, { inside: string; outside: string }>> = {
  nat: { inside: 'lan0', outside: 'wan0' },
  r: { inside: 'wan0', outside: 'srv0' },
  sn: { inside: 'lan0', outside: 'wan0' },
}
const RULES: Readonly<Record<Policy, readonly string[]>> = {
  open: [],
  stateful: ['policy forward drop', 'forward accept state established,related', 'forward accept proto tcp dport 1723'],
  'no-related': ['policy forward drop', 'forward accept state established', 'forward accept proto tcp dport 1723'],
  'no-invalid': ['forward drop state invalid'],
  'no-gre': ['forward drop proto gre'],
  'reject-gre': ['forward reject with icmp-admin-prohibited proto gre'],
}
const TIMEOUTS = {
  gre: sec(LIVES.nf_conntrack_gre_timeout),
  greStream: sec(LIVES.nf_conntrack_gre_timeout_stream),
  tcpSynSent: sec(LIVES.nf_conntrack_tcp_timeout_syn_sent),
  tcpSynReceived: sec(LIVES.nf_conntrack_tcp_timeout_syn_recv),
  tcpFinWait: sec(LIVES.nf_conntrack_tcp_timeout_fin_wait),
  tcpCloseWait: sec(LIVES.nf_conntrack_tcp_timeout_close_wait),
  tcpLastAck: sec(LIVES.nf_conntrack_tcp_timeout_last_ack),
  tcpTimeWait: sec(LIVES.nf_conntrack_tcp_timeout_time_wait),
  tcpClose: sec(LIVES.nf_conntrack_tcp_timeout_close),
}
/** An ICMP error to one host, beside these, is kept back for a second: the kernel plays without that limit. */
const ERRORS_AT_ONCE = 6

/** Those who spoil a delivery on purpose see each before it is told. */
export type Spoil = (delivery: Delivery) => Delivery | undefined

export class SimulatedWorld implements World {
  readonly late = 0
  readonly #spoil: Spoil
  #rig = new Rig()
  #script: Script | undefined
  #got: Delivery[] = []

  constructor(spoil: Spoil = delivery => delivery) {
    this.#spoil = spoil
  }

  /** Has some box sent so many errors that the simulator's limit of them counts? */
  get limited(): boolean {
    const counts = new Map<string, number>()
    for (const event of this.#rig.net.events) {
      if (event.event !== 'send' || event.proto !== 'icmp' || HOSTS.includes(event.node as HostName)) continue
      const line = `${event.node} ${event.dst}`
      counts.set(line, (counts.get(line) ?? 0) + 1)
    }
    return [...counts.values()].some(count => count >= ERRORS_AT_ONCE)
  }

  async begin(script: Script): Promise<void> {
    const rig = new Rig()
    this.#rig = rig
    this.#script = script
    this.#got = []
    if (script.routed) rig.routed()
    if (script.mtu !== undefined) rig.setMtu('r', 'srv0', script.mtu)
    for (const [name, spec] of Object.entries(script.boxes) as [BoxName, BoxSpec][]) this.#set(name, spec)
    for (const host of HOSTS)
      for (const protocol of [1, 6, 47])
        rig.node[host].stack.handle(protocol, {
          receive: packet => {
            const { bytes, start, end } = packet
            const delivery = this.#spoil({ at: host, packet: bytes.slice(start, end) })
            if (delivery) this.#got.push(delivery)
            packet.release()
          },
        })
    // Who has which Ethernet address is found out before, as in the kernel's rig.
    for (const host of HOSTS) for (const other of ['r', 'nat'] as const) this.#greet(host, IP[other])
    rig.wait(sec(1))
    this.#got = []
    rig.net.events.length = 0
  }

  #greet(from: HostName, to: string): void {
    const { env, stack } = this.#rig.node[from]
    const b = new Uint8Array(8)
    b.set([8, 0, 0xf7, 0xff])
    stack.output(env.packets.from(b), ip(to), 1)
  }

  #set(name: BoxName, spec: BoxSpec): void {
    this.#rig.set(name, { ...boxOf(name, spec), loose: this.#script?.loose ?? true, timeouts: TIMEOUTS })
  }

  async send(packets: readonly Outgoing[], duration: number): Promise<readonly Delivery[]> {
    for (const { from, to, protocol, payload, dontFragment } of packets) {
      const { env, stack } = this.#rig.node[from]
      stack.output(env.packets.from(payload), ip(to), protocol, { dontFragment: dontFragment ?? false })
    }
    return this.#pass(duration)
  }
  async flush(box: BoxName, tcpOnly: boolean, duration: number): Promise<readonly Delivery[]> {
    if (tcpOnly) this.#rig.filters.get(box)?.conntrack.remove(flow => flow.original.protocol === 6)
    else this.#rig.flush(box)
    return this.#pass(duration)
  }
  async rules(box: BoxName, policy: Policy, duration: number): Promise<readonly Delivery[]> {
    this.#set(box, { ...this.#script?.boxes[box], policy })
    return this.#pass(duration)
  }

  #pass(duration: number): readonly Delivery[] {
    this.#rig.wait(ms(duration))
    return this.#got.splice(0)
  }
}

function boxOf(name: BoxName, { masquerades, forwards, helper, closed, policy = 'open' }: BoxSpec): Box {
  const { inside, outside } = SIDES[name]
  const nat: NatRule[] = []
  if (forwards && name === 'nat') nat.push(dnat({ to: IP.nat, protocol: 6, target: IP.c3 }))
  else if (forwards) nat.push(dnat({ inside: outside, protocol: 6, target: IP.s3 }))
  if (forwards === 'tcp and gre') nat.push(dnat({ inside: outside, protocol: 47, target: IP.s3 }))
  if (masquerades) nat.push(masquerade(outside))
  if (forwards && name === 'nat') nat.push(masquerade(inside, inside))
  const own = [
    'policy input drop',
    'input accept state established,related',
    `input accept in ${inside}`,
    'input accept proto icmp icmp-type echo-request',
  ]
  const rules = [...(closed ? own : []), ...RULES[policy]]
  return { nat, ...(helper ? { helper: 'prerouting' } : {}), rules }
}
