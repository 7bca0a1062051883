/** How long entries live: what was measured on Linux, and what the RFCs ask for at least. */
import { sec } from '../../base/time.ts'
import type { Timeouts } from '../types.ts'

/** Linux 6.18, measured as far as GRE and TCP go (cases A9, B1, B9, B22), the others from its source. */
export const LINUX_TIMEOUTS: Timeouts = {
  tcpSynSent: sec(120),
  tcpSynReceived: sec(60),
  tcpEstablished: sec(432_000),
  tcpFinWait: sec(120),
  tcpCloseWait: sec(60),
  tcpLastAck: sec(30),
  tcpTimeWait: sec(120),
  tcpClose: sec(10),
  tcpUnacknowledged: sec(300),
  udp: sec(30),
  udpStream: sec(120),
  icmp: sec(30),
  gre: sec(30),
  greStream: sec(180),
  generic: sec(600),
  expectation: sec(300),
}

/** The least that is allowed: TCP 2 h 4 min and 4 min (RFC 5382 §5), UDP 2 min (RFC 4787 §4.3), ICMP 60 s (RFC 5508 §3.2). */
export const RFC_TIMEOUTS: Timeouts = {
  tcpSynSent: sec(240),
  tcpSynReceived: sec(240),
  tcpEstablished: sec(7440),
  tcpFinWait: sec(240),
  tcpCloseWait: sec(240),
  tcpLastAck: sec(240),
  tcpTimeWait: sec(240),
  tcpClose: sec(10),
  tcpUnacknowledged: sec(240),
  udp: sec(120),
  udpStream: sec(300),
  icmp: sec(60),
  gre: sec(120),
  greStream: sec(300),
  generic: sec(120),
  expectation: sec(300),
}
