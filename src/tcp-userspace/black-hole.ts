/**
 * A path that swallows full segments and says nothing (RFC 4821 §7.7, RFC 2923 §2.1), told apart from one that loses or
 * is down: full segments have failed, smaller ones pass, full ones fail once more, smaller ones pass again. One full
 * segment that gets through ends the suspicion.
 */
import { fitPath } from './path.ts'
import { diff } from './seq.ts'
import type { Tcb } from './tcb.ts'

export class BlackHole {
  /** What is tried instead of full packets; undefined while full ones are tried again. */
  mtu: number | undefined = undefined
  /** What got through when full ones had not, and SND.UNA then. */
  #passed: number | undefined = undefined
  #since = 0

  /** Nothing gets through, again and again. */
  suspect(tcb: Tcb): void {
    this.mtu =
      this.mtu === undefined && this.#passed ? this.#passed : tcb.host.paths.smaller(tcb.remote.address, this.mtu)
    fitPath(tcb)
  }

  /** SND.UNA has moved on. */
  progress(tcb: Tcb): void {
    const { una, mss } = tcb.sender
    if (this.mtu === undefined) {
      if (diff(una, this.#since) >= mss) tcb.blackHole = undefined
    } else if (this.#passed === undefined) {
      this.#passed = this.mtu
      this.#since = una
      this.mtu = undefined
      fitPath(tcb)
    } else {
      tcb.host.paths.swallows(tcb.remote.address, this.mtu)
      tcb.blackHole = undefined
      fitPath(tcb)
    }
  }
}
