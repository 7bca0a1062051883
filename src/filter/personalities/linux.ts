/** Linux 6.18, netfilter: 71 cases measured (test/nat). */
import { sec } from '../../base/time.ts'
import type { Personality, PptpHelper } from '../types.ts'
import { LINUX_TIMEOUTS } from './timeouts.ts'

/** A Linux router that masquerades. It has no PPTP helper: since Linux 4.7 one works only where a rule assigns it. */
export const linux: Personality = {
  name: 'linux',
  about: 'A Linux router that masquerades and knows nothing of PPTP: GRE goes out, and what comes back finds nobody.',
  evidence: 'measured',
  mapping: 'address-and-port-dependent',
  filtering: 'address-and-port-dependent',
  ports: { preserve: true, choose: 'random', range: { from: 1024, to: 65_535 }, perHost: 0 },
  gre: { keys: 'call-id' },
  pptp: undefined,
  timeouts: LINUX_TIMEOUTS,
  tcpLoose: true,
  icmpErrors: true,
  hairpin: true,
  invalid: 'passed',
  limit: 262_144,
  sweep: sec(60),
}

/** nf_conntrack_pptp and nf_nat_pptp, with every fault that they were measured to have. */
export const LINUX_HELPER: PptpHelper = {
  reads: 'first-of-segment',
  caller: 'opener',
  calls: 'last',
  newCallId: 'port',
  disconnect: 'receivers-id',
  incomingConnected: 'zeroed',
  droppedFirst: 'burned',
  icmpErrors: 'lost',
  idleCall: 'forgotten',
}

export const linuxPptp: Personality = {
  ...linux,
  name: 'linux-pptp',
  about:
    'Linux with its PPTP helper: it reads the control connection, gives every call the number of the TCP port, and lets its GRE back in.',
  pptp: LINUX_HELPER,
}
