/**
 * A learning Ethernet switch (IEEE 802.1D §7 without the spanning tree: a loop of switches is an error of the lab file).
 *
 * Frames go to the port where their destination was last heard, to all other ports when it was not, and never back.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import { type SimTime, sec } from '../base/time.ts'
import type { LinkEnd } from '../link/link.ts'
import * as Ethernet from '../wire/ethernet.ts'
import { linkFacts } from '../wire/facts.ts'
import type { SimNode, Snapshot } from './node.ts'

/** IEEE 802.1D's default ageing time. */
const AGEING = sec(300)
/** As many as a small switch has room for; then the one learned first is forgotten. */
const ADDRESSES = 8192

interface Heard {
  readonly port: string
  readonly until: SimTime
}

export class Switch implements SimNode {
  readonly kind = 'switch'
  readonly env: Env
  readonly #ports = new Map<string, LinkEnd>()
  readonly #heard = new Map<Ethernet.Mac, Heard>()

  constructor(env: Env) {
    this.env = env
  }

  plug(port: string, end: LinkEnd): void {
    this.#ports.set(port, end)
    end.receive = frame => this.#receive(frame, port)
  }

  start(): void {}

  #receive(frame: Packet, from: string): void {
    const { bytes, start } = frame
    if (frame.length < Ethernet.HEADER) return this.#drop(frame, 'malformed')
    const now = this.env.clock.now
    const source = Ethernet.source(bytes, start)
    if (!Ethernet.isGroup(source)) this.#learn(source, { port: from, until: now + AGEING })
    const to = Ethernet.destination(bytes, start)
    const known = Ethernet.isGroup(to) ? undefined : this.#heard.get(to)
    if (!known || known.until <= now) this.#flood(frame, from)
    else if (known.port === from) this.#drop(frame, 'not-for-us')
    else this.#ports.get(known.port)?.send(frame)
  }

  #learn(source: Ethernet.Mac, heard: Heard): void {
    this.#heard.set(source, heard)
    if (this.#heard.size <= ADDRESSES) return
    const [first] = this.#heard.keys()
    this.#heard.delete(first)
  }

  #flood(frame: Packet, from: string): void {
    const ends = [...this.#ports].filter(([port]) => port !== from).map(([, end]) => end)
    const last = ends.pop()
    for (const end of ends) end.send(this.env.packets.clone(frame))
    if (last) last.send(frame)
    else this.#drop(frame, 'not-for-us')
  }

  #drop(frame: Packet, reason: 'malformed' | 'not-for-us'): void {
    this.env.trace.drop({ reason, layer: 'ethernet', ...linkFacts(frame, 'ethernet') })
    frame.release()
  }

  machines(): Readonly<Record<string, never>> {
    return {}
  }

  snapshot(): Snapshot {
    const table: Record<string, string> = {}
    for (const [mac, { port, until }] of this.#heard)
      if (until > this.env.clock.now) table[Ethernet.formatMac(mac)] = port
    return { kind: this.kind, ports: [...this.#ports.keys()], table }
  }
}
