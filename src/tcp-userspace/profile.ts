/** How long things take, and how often they are tried. */

const MS = 1_000_000
const SECOND = 1_000_000_000

export interface Profile {
  /** RFC 6298 §2.4 and §2.5. */
  readonly minRto: number
  readonly maxRto: number
  /**
   * Is `minRto` a bound of what is added to the round-trip time, rather than of the sum? So Linux has it; otherwise a
   * delayed acknowledgment on a long and steady line comes after the timeout.
   */
  readonly boundsVariance: boolean
  /** Retransmissions of a SYN, of a SYN,ACK and of anything later, before the connection is given up. */
  readonly synTries: number
  readonly synAckTries: number
  readonly dataTries: number
  /** How many times a SYN is sent again before its timeout begins to double. */
  readonly linearSyns: number
  /** The longest that an acknowledgment waits for company (RFC 9293 §3.8.6.3: below 500 ms). */
  readonly delayedAck: number
  /** Segments that may be sent before the first acknowledgment (RFC 6928 §2). */
  readonly initialWindow: number
  /**
   * Segments by which one acknowledgment may open the window in slow start. RFC 5681 §3.1 has 1, RFC 3465 §2.2 allows 2; Linux
   * takes all that are acknowledged, so that acknowledgments that are lost or come late cost no growth.
   */
  readonly slowStart: number
  /** Are losses found by time (RFC 8985 §6) rather than by counting (RFC 6675), where SACK was agreed upon? */
  readonly rack: boolean
  /** Does an ICMP error that is not hard end a connection that is not open yet? */
  readonly softErrorsEndOpening: boolean
}

/**
 * `linux`: Linux 6.5 and later; SYN at 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, given up at 131 s; data given up after 15
 * retransmissions, 924.6 s with the shortest timeout.
 *
 * `rfc`: SYN at 0, 1, 3, 7, 15, 31, 63, 123 s, given up at 183 s (R2 of at least 3 minutes, RFC 9293 §3.8.3 MUST-23);
 * data given up after 6 retransmissions, 123 s at the least (R2 of at least 100 s, SHLD-11).
 */
export const PROFILES: Readonly<Record<'linux' | 'rfc', Profile>> = {
  linux: {
    minRto: 200 * MS,
    maxRto: 120 * SECOND,
    boundsVariance: true,
    synTries: 10,
    synAckTries: 5,
    dataTries: 15,
    linearSyns: 4,
    delayedAck: 40 * MS,
    initialWindow: 10,
    slowStart: Number.POSITIVE_INFINITY,
    rack: true,
    softErrorsEndOpening: true,
  },
  rfc: {
    minRto: SECOND,
    maxRto: 60 * SECOND,
    boundsVariance: false,
    synTries: 7,
    synAckTries: 7,
    dataTries: 6,
    linearSyns: 0,
    delayedAck: 200 * MS,
    initialWindow: 10,
    slowStart: 1,
    rack: false,
    softErrorsEndOpening: false,
  },
}
