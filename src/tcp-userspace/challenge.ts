/**
 * How often suspect segments are answered with the truth (RFC 5961 §7). The count is the connection's own: a common one
 * would tell an attacker what happens on other connections (CVE-2016-5696).
 */

const CHALLENGES = 10
const PERIOD = 5_000_000_000

export class ChallengeLimit {
  #since: number
  #count = 0

  constructor(now: number) {
    this.#since = now
  }

  allows(now: number): boolean {
    if (now - this.#since >= PERIOD) {
      this.#since = now
      this.#count = 0
    }
    return this.#count++ < CHALLENGES
  }
}
