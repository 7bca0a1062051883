/**
 * FreeBSD's libalias (natd, ipfw nat), from alias_pptp.c: every Call ID that an inside host names gets an alias of its
 * own, whoever calls; a message must begin its segment; the other side's ID in a Call-Disconnect-Notify is left alone.
 */
import type { Personality } from '../types.ts'
import { LINUX_TIMEOUTS } from './timeouts.ts'

export const libalias: Personality = {
  name: 'libalias',
  about: 'FreeBSD natd and ipfw nat: a PPTP helper that understands calls of both sides and several of them.',
  evidence: 'from source',
  mapping: 'address-and-port-dependent',
  filtering: 'address-and-port-dependent',
  ports: { preserve: true, choose: 'random', range: { from: 32_768, to: 65_535 }, perHost: 0 },
  gre: { keys: 'call-id' },
  pptp: {
    reads: 'first-of-segment',
    caller: 'both',
    calls: 'all',
    newCallId: 'unique',
    disconnect: 'as-sent',
    incomingConnected: 'translated',
    droppedFirst: 'kept',
    icmpErrors: 'translated',
    idleCall: 'remembered',
  },
  timeouts: { ...LINUX_TIMEOUTS, tcpEstablished: 86_400e9, udp: 60e9, udpStream: 60e9, icmp: 60e9, generic: 60e9 },
  tcpLoose: true,
  icmpErrors: true,
  hairpin: false,
  invalid: 'passed',
  limit: 65_536,
  sweep: 0,
}
