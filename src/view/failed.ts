/** Watches a run for tunnels that failed, and says what the users of the machines that dialled would see. */
import type { TraceEvent } from '../base/trace.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
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

export class FailureWatch {
  readonly failed: FailedTunnel[] = []
  readonly #users = new Map<string, string>()
  readonly #up = new Set<string>()

  constructor(lab: Lab) {
    for (const node of lab.nodes) if (node.kind === 'client') this.#users.set(node.name, node.pptp.user)
  }

  /** What follows from the event: a failed tunnel, if it ends one. */
  event(event: TraceEvent): FailedTunnel | undefined {
    const { node } = event
    const user = this.#users.get(node)
    if (user === undefined) return undefined
    if (event.event === 'action' && event.verb === 'connect') this.#up.delete(node)
    if (event.event === 'interface' && event.to === 'up') this.#up.add(node)
    return event.event === 'tunnel-end' ? this.#ended(node, user, event.t, event.peer, event) : undefined
  }

  #ended(node: string, user: string, t: number, peer: string, end: TunnelEnd): FailedTunnel | undefined {
    const up = this.#up.has(node)
    const found = appearanceOf(end, up)
    if (!found) return undefined
    const [symbol, text] = WINDOWS[found.windows]
    const said = (lines: readonly string[] = []): string[] =>
      lines.map(line => line.replace('SERVER', peer).replace('USER', user).replace('@', String(end.tries)))
    const failure: FailedTunnel = {
      t,
      node,
      peer,
      layer: end.layer,
      reason: end.reason,
      up,
      windows: { number: found.windows, symbol, text, also: found.also ?? [] },
      linux: { client: said(found.client), server: said(found.server) },
    }
    this.failed.push(failure)
    return failure
  }
}

/** `Windows: error 806: …` and the Linux lines, for people. */
export function failureLines({ node, windows, linux }: FailedTunnel): string[] {
  const also = windows.also.length === 0 ? '' : ` (other versions: ${windows.also.join(', ')})`
  return [
    `What the user of ${node} would see:`,
    `  Windows, error ${windows.number}${also}: ${windows.text}`,
    ...linux.client.map(line => `  Linux: ${line}`),
    ...linux.server.map(line => `  Linux server: ${line}`),
  ]
}
