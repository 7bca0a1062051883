/** What a script is played in: the simulator, or namespaces of the running kernel. Both have the rig's network. */
import type { BoxName, HostName, Policy, Script } from './script.ts'

export interface Outgoing {
  readonly from: HostName
  readonly to: string
  readonly protocol: number
  readonly payload: Uint8Array
  readonly dontFragment?: boolean
}
export interface Delivery {
  readonly at: HostName
  /** With its IP header, put together again if it came in fragments. */
  readonly packet: Uint8Array
}

/** Each of these takes `ms`, whatever it does: the clocks of both worlds go alike. */
export interface World {
  begin(script: Script): Promise<void>
  send(packets: readonly Outgoing[], ms: number): Promise<readonly Delivery[]>
  flush(box: BoxName, tcpOnly: boolean, ms: number): Promise<readonly Delivery[]>
  rules(box: BoxName, policy: Policy, ms: number): Promise<readonly Delivery[]>
  /** By how much the clock has gone wrong since the beginning, in milliseconds. */
  readonly late: number
}

/** How long entries live in every script, in seconds; the kernel's names of its settings. */
export const LIVES = {
  nf_conntrack_gre_timeout: 1,
  nf_conntrack_gre_timeout_stream: 2,
  nf_conntrack_tcp_timeout_syn_sent: 2,
  nf_conntrack_tcp_timeout_syn_recv: 2,
  nf_conntrack_tcp_timeout_fin_wait: 3,
  nf_conntrack_tcp_timeout_close_wait: 3,
  nf_conntrack_tcp_timeout_last_ack: 2,
  nf_conntrack_tcp_timeout_time_wait: 2,
  nf_conntrack_tcp_timeout_close: 1,
} as const
export const HOSTS: readonly HostName[] = ['c1', 'c2', 'c3', 's1', 's2', 's3']
