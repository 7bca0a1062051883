/**
 * Which machine a packet was for, by its address. Those of links stand in the lab; the one behind a NAT box is found from
 * that box, since several networks may use the same private addresses. Inner ones are learnt as packets come to them: a pool
 * gives the address of one who has gone to the next.
 */
import { formatIpv4, parseIpv4 } from '../base/address.ts'
import type { SimTime } from '../base/time.ts'
import { hostNames } from '../lab/capture.ts'
import type { Lab } from '../lab/lab.ts'
import type { PacketRecord } from '../lab/recorder.ts'
import { wayTo } from '../lab/way.ts'

export class Owners {
  readonly #lab: Lab
  readonly #names = new Map<string, string>()
  /** Addresses that more than one machine has. */
  readonly #shared = new Set<string>()
  /** From where to which of them: found once. */
  readonly #found = new Map<string, string | undefined>()
  readonly #inner = new Map<string, { readonly t: SimTime; readonly node: string }[]>()

  constructor(lab: Lab) {
    this.#lab = lab
    for (const [address, node] of hostNames(lab)) {
      const text = formatIpv4(address)
      if (this.#names.has(text)) this.#shared.add(text)
      this.#names.set(text, node)
    }
  }

  /** This packet has come to this machine. */
  learn({ facts, visits }: PacketRecord): void {
    const last = visits.at(-1)
    if (last?.what !== 'deliver' || !facts || this.#names.has(facts.dst)) return
    const known = this.#inner.get(facts.dst)
    if (!known) this.#inner.set(facts.dst, [last])
    else if (known[known.length - 1].node !== last.node) known.push(last)
  }

  /** Whose address it is, seen from a machine, at that time. */
  of(address: string, from: string, t: SimTime): string | undefined {
    const inner = this.#inner.get(address)
    if (inner) return (inner.findLast(known => known.t <= t) ?? inner[0]).node
    return (this.#shared.has(address) ? this.#on(from, address) : undefined) ?? this.#names.get(address)
  }

  /** Who is to get a packet, after all that NAT boxes have made of its destination. */
  receiver({ facts, rewrites, t }: PacketRecord, maker: string): string | undefined {
    const rewrite = rewrites?.findLast(({ event, field }) => event === 'nat' && field === 'destination')
    const inside = rewrite && this.#on(rewrite.node, String(rewrite.after).split(/[: ]/)[0])
    return inside ?? (facts && this.of(facts.dst, maker, t))
  }

  /** Where packets from a machine to this address arrive. */
  #on(from: string, address: string): string | undefined {
    const key = `${from} ${address}`
    if (!this.#found.has(key)) {
      const to = parseIpv4(address)
      this.#found.set(key, to === undefined ? undefined : wayTo(this.#lab, from, to)?.nodes.at(-1))
    }
    return this.#found.get(key)
  }
}
