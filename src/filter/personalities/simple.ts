/** Boxes of the home and the carrier: what they are said to do. */
import type { Personality } from '../types.ts'
import { linux } from './linux.ts'
import { LINUX_TIMEOUTS, RFC_TIMEOUTS } from './timeouts.ts'

/** GRE without a key is what a Linux without GRE tracking, pf and simple routers see (case A7, with GRE version 0). */
export const keyless: Personality = {
  ...linux,
  name: 'keyless',
  about: 'It tracks GRE by addresses alone: one tunnel between its address and a server, whoever comes first.',
  evidence: 'measured',
  gre: { keys: 'none' },
}

/** Case A8: masquerading and all GRE from outside to one host. */
export const single: Personality = {
  ...linux,
  name: 'single',
  about:
    'A home router with "PPTP passthrough" for one: all GRE from outside goes to the inside host that sent some first.',
  evidence: 'measured',
  gre: { keys: 'one-host' },
}

/** Mapping and filtering as RFC 6888 asks of a carrier's NAT (and through it RFC 4787, 5382, 5508). */
export const cgn: Personality = {
  name: 'cgn',
  about: "A carrier's NAT: endpoint-independent for TCP, UDP and ICMP, few ports a subscriber, and no GRE at all.",
  evidence: 'from documents',
  mapping: 'endpoint-independent',
  filtering: 'endpoint-independent',
  ports: { preserve: false, choose: 'random', range: { from: 1024, to: 65_535 }, perHost: 1000 },
  gre: { keys: 'refused' },
  pptp: undefined,
  timeouts: RFC_TIMEOUTS,
  tcpLoose: false,
  icmpErrors: true,
  hairpin: true,
  invalid: 'dropped',
  limit: 1_000_000,
  sweep: 0,
}

/** What Cisco writes of IOS "NAT support for PPTP in an overload configuration" (12.1(4)T): no measurement of ours. */
export const cisco: Personality = {
  name: 'cisco',
  about:
    'IOS with PPTP in an overload (PAT) configuration: call IDs are translated where two inside hosts use the same.',
  evidence: 'from documents',
  mapping: 'address-and-port-dependent',
  filtering: 'address-and-port-dependent',
  ports: { preserve: true, choose: 'next', range: { from: 1024, to: 65_535 }, perHost: 0 },
  gre: { keys: 'call-id' },
  pptp: {
    reads: 'first-of-segment',
    caller: 'both',
    calls: 'all',
    newCallId: 'when-taken',
    disconnect: 'as-sent',
    incomingConnected: 'translated',
    droppedFirst: 'kept',
    icmpErrors: 'translated',
    idleCall: 'remembered',
  },
  timeouts: { ...LINUX_TIMEOUTS, tcpEstablished: 86_400e9, udp: 300e9, udpStream: 300e9, icmp: 60e9, greStream: 300e9 },
  tcpLoose: false,
  icmpErrors: true,
  hairpin: false,
  invalid: 'dropped',
  limit: 100_000,
  sweep: 0,
}
