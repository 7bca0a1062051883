/**
 * What the paths of a machine carry: path MTU discovery by ICMP (RFC 1191), and by silence where the ICMP messages are
 * lost (after RFC 4821 §7.7; black-hole.ts). What was learnt of a destination is forgotten after ten minutes, so
 * that a path that has become wider is found (RFC 1191 §6.3).
 *
 * Limits: no probing upwards (RFC 4821 §7.3): after ten minutes the size of the own link is tried again at once.
 */
import type { TcpEnv } from './types.ts'

const HEADERS = 20
/** RFC 1122 §3.3.2: every host takes as much. Where a path takes less, routers have to cut. */
const MIN_MTU = 576
const LIFETIME = 600_000_000_000
/** RFC 1191 §7.1, for routers that do not say what they carry. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, MIN_MTU]
/** The first size to try when nothing gets through: what Linux takes, 1024 octets of text. */
const SAFE_MTU = 1064

interface Learnt {
  readonly mtu: number
  readonly dontFragment: boolean
  readonly until: number
}

export class PathMtus {
  readonly #env: TcpEnv
  readonly #discover: boolean
  readonly #detect: boolean
  /** By destination. */
  #learnt: Map<number, Learnt> | undefined = undefined

  constructor(env: TcpEnv, discover: boolean, detect: boolean) {
    this.#env = env
    this.#discover = discover
    this.#detect = detect
  }

  #find(destination: number): Learnt | undefined {
    const learnt = this.#learnt?.get(destination)
    if (learnt === undefined || this.#env.now() < learnt.until) return learnt
    this.#learnt?.delete(destination)
    return undefined
  }

  mtu(destination: number): number {
    const own = this.#env.maxSegment(destination) + HEADERS
    return Math.min(own, this.#find(destination)?.mtu ?? own)
  }

  dontFragment(destination: number): boolean {
    return this.#discover && (this.#find(destination)?.dontFragment ?? true)
  }

  /** When what is known ends; undefined when nothing is. */
  until(destination: number): number | undefined {
    return this.#find(destination)?.until
  }

  /** A router cannot pass on more than `mtu`; 0 if it does not say. */
  tooBig(destination: number, mtu: number): void {
    const current = this.mtu(destination)
    const said = mtu === 0 ? (PLATEAUS.find(plateau => plateau < current) ?? MIN_MTU) : mtu
    if (!this.#discover || said >= current) return
    this.#learn(destination, Math.max(said, MIN_MTU), said >= MIN_MTU)
  }

  /** What to try when packets of `mtu`, or full ones, get no answer. */
  smaller(destination: number, mtu = this.mtu(destination)): number | undefined {
    if (!this.#discover || !this.#detect) return undefined
    return mtu > SAFE_MTU ? SAFE_MTU : MIN_MTU
  }

  /** The path swallows what is larger than `mtu`. */
  swallows(destination: number, mtu: number): void {
    this.#learn(destination, mtu, false)
  }

  #learn(destination: number, mtu: number, dontFragment: boolean): void {
    this.#learnt ??= new Map()
    this.#learnt.set(destination, { mtu, dontFragment, until: this.#env.now() + LIFETIME })
  }
}
