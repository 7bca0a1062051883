/** Watches a run for tunnels that failed, and says what the users of the machines that dialled would see. */
import { formatIpv4 } from '../base/address.ts'
import { formatTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import { hostNames } from '../lab/capture.ts'
import { Hearing, hearingSentence } from '../lab/hearing.ts'
import type { Lab } from '../lab/lab.ts'
import { appearanceOf, WINDOWS } from './failures.ts'

export interface FailedTunnel {
  readonly t: number
  /** Whose tunnel it was. */
  readonly node: string
  readonly peer: string
  readonly layer: TunnelEnd['layer']
  readonly reason: TunnelEnd['reason']
  /** Had it been up? */
  readonly up: boolean
  /** Who hears whom, if one does not hear the other: `office hears alice, alice hears nothing`. */
  readonly hearing?: string
  readonly windows: {
    readonly number: number
    readonly symbol: string
    readonly text: string
    /** What other versions show. */
    readonly also: readonly number[]
  }
  /** Log lines of pptp-linux and pppd at the client, of pptpd and pppd at the server. */
  readonly linux: { readonly client: readonly string[]; readonly server: readonly string[] }
}

const AUTH: ReadonlySet<string> = new Set(['pap', 'chap'])

export class FailureWatch {
  readonly failed: FailedTunnel[] = []
  /** Clients, with the name of the user and the address of the machine. */
  readonly #users = new Map<string, { readonly user: string; readonly address: string }>()
  readonly #up = new Set<string>()
  /** Where machines of the lab have their addresses. */
  readonly #places = new Map<string, string>()
  readonly #hearing: Hearing
  /** By node, the protocol of the last message of authentication. */
  readonly #auth = new Map<string, string>()

  constructor(lab: Lab) {
    this.#hearing = new Hearing(lab)
    for (const [address, node] of hostNames(lab)) this.#places.set(formatIpv4(address), node)
    for (const node of lab.nodes) {
      if (node.kind !== 'client' || !node.pptp) continue
      const address = node.interfaces.find(({ ipv4 }) => ipv4)?.ipv4?.address
      this.#users.set(node.name, { user: node.pptp.user, address: address === undefined ? '?' : formatIpv4(address) })
    }
  }

  /** What follows from the event: a failed tunnel, if it ends one. */
  event(event: TraceEvent): FailedTunnel | undefined {
    const { node } = event
    this.#hearing.event(event)
    if (!this.#users.has(node)) return undefined
    if (event.event === 'action' && event.verb === 'connect') this.#up.delete(node)
    if (event.event === 'ppp-message' && AUTH.has(event.proto)) this.#auth.set(node, event.proto)
    if (event.event === 'interface' && event.to === 'up') this.#up.add(node)
    return event.event === 'tunnel-end' ? this.#ended(node, event.t, event.peer, event) : undefined
  }

  #ended(node: string, t: number, peer: string, end: TunnelEnd): FailedTunnel | undefined {
    const up = this.#up.has(node)
    const found = appearanceOf(end, up, this.#auth.get(node))
    if (!found) return undefined
    const [symbol, text] = WINDOWS[found.windows]
    const { user, address } = this.#users.get(node) ?? { user: '?', address: '?' }
    const facts = { SERVER: peer, USER: user, ADDRESS: address, TRIES: String(end.tries) }
    const said = (lines: readonly string[] = []): string[] =>
      lines.map(line => line.replace(/\b(SERVER|USER|ADDRESS|TRIES)\b/g, word => facts[word as keyof typeof facts]))
    const server = this.#places.get(peer)
    const hearing = server && hearingSentence(this.#hearing.between(node, server), node, server)
    const failure: FailedTunnel = {
      t,
      node,
      peer,
      layer: end.layer,
      reason: end.reason,
      up,
      windows: { number: found.windows, symbol, text, also: found.also ?? [] },
      linux: { client: said(found.client), server: said(found.server) },
      ...(hearing ? { hearing } : {}),
    }
    this.failed.push(failure)
    return failure
  }
}

/** `Windows, error 806: …`, who hears whom, and the Linux lines, for people. */
export function failureLines({ t, node, windows, linux, hearing }: FailedTunnel): string[] {
  const also = windows.also.length === 0 ? '' : ` (other versions: ${windows.also.join(', ')})`
  return [
    `What the user of ${node} would see at ${formatTime(t).slice(0, -3)} s:`,
    `  Windows, error ${windows.number}${also}: ${windows.text}`,
    ...(hearing === undefined ? [] : [`  GRE: ${hearing}.`]),
    ...linux.client.map(line => `  Linux: ${line}`),
    ...linux.server.map(line => `  Linux server: ${line}`),
  ]
}
