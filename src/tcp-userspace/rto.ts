/**
 * Retransmission timeout (RFC 6298) and the profiles: how long things take, how often they are tried.
 *
 * Limits: one round-trip sample at a time (RFC 6298 §3 asks for one per round trip); no timestamps.
 */

const MS = 1_000_000
const SECOND = 1_000_000_000

export interface Profile {
  /** RFC 6298 §2.4 and §2.5. */
  readonly minRto: number
  readonly maxRto: number
  /** Retransmissions of a SYN, of a SYN,ACK and of anything later, before the connection is given up. */
  readonly synTries: number
  readonly synAckTries: number
  readonly dataTries: number
  /** How many times a SYN is sent again before its timeout begins to double. */
  readonly linearSyns: number
  /** The longest that an acknowledgment waits for company (RFC 9293 §3.8.6.3: below 500 ms). */
  readonly delayedAck: number
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
    synTries: 10,
    synAckTries: 5,
    dataTries: 15,
    linearSyns: 4,
    delayedAck: 40 * MS,
    softErrorsEndOpening: true,
  },
  rfc: {
    minRto: SECOND,
    maxRto: 60 * SECOND,
    synTries: 7,
    synAckTries: 7,
    dataTries: 6,
    linearSyns: 0,
    delayedAck: 200 * MS,
    softErrorsEndOpening: false,
  },
}

export class Rto {
  /** The timeout now, back-off included. */
  value = SECOND // RFC 6298 (2.1)
  srtt: number | undefined = undefined
  #rttvar = 0
  readonly #profile: Profile

  constructor(profile: Profile) {
    this.#profile = profile
  }

  /** A round trip was measured, of a segment that was sent once only (Karn, RFC 6298 §3). */
  sample(r: number): void {
    if (this.srtt === undefined) {
      this.srtt = r // (2.2)
      this.#rttvar = Math.round(r / 2)
    } else {
      this.#rttvar = Math.round((3 * this.#rttvar + Math.abs(this.srtt - r)) / 4) // (2.3)
      this.srtt = Math.round((7 * this.srtt + r) / 8)
    }
    this.value = this.#bounded(this.srtt + 4 * this.#rttvar) // the clock's granularity G is 1 ns
  }

  /** (5.5) */
  backOff(): void {
    this.value = this.#bounded(this.value * 2)
  }

  /** (5.7) The SYN was sent more than once, so its round trip says nothing. */
  synWasRetransmitted(): void {
    this.value = 3 * SECOND
  }

  #bounded(timeout: number): number {
    return Math.min(Math.max(timeout, this.#profile.minRto), this.#profile.maxRto)
  }
}
