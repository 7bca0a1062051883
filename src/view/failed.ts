/** Watches a run for tunnels and dial-ups that failed, and says what the users of the machines that dialled would see. */
import { formatIpv4 } from '../base/address.ts'
import type { DialEnd } from '../base/dial-end.ts'
import { formatTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { TunnelEnd } from '../base/tunnel-end.ts'
import { answerers, Hearing, hearingSentence } from '../lab/hearing.ts'
import type { Lab } from '../lab/lab.ts'
import { dialAppearanceOf } from './dial-failures.ts'
import { type Appearance, appearanceOf, WINDOWS } from './failures.ts'

export interface FailedTunnel {
  readonly t: number
  readonly what: 'tunnel' | 'dial-up'
  /** Whose it was. */
  readonly node: string
  /** Of a dial-up its number. */
  readonly peer: string
  readonly layer: DialEnd['layer']
  readonly reason: DialEnd['reason']
  /** Had it, or PPP on the line, been up? */
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
  /** Log lines of pptp-linux, of a dial-up chat, and pppd at the client, of pptpd and pppd at the server. */
  readonly linux: { readonly client: readonly string[]; readonly server: readonly string[] }
}

/** As `flow` tells of a control connection: from where it comes, and where the server's answers go. */
const CONTROL_FLOW = /^([\d.]+):\d+ > [\d.]+:1723, answers [\d.]+:1723 > ([\d.]+):\d+$/
const AUTH: ReadonlySet<string> = new Set(['pap', 'chap'])

export class FailureWatch {
  readonly failed: FailedTunnel[] = []
  /** By node and interface. */
  readonly #tunnels = new Map<string, Attempt>()
  readonly #lines = new Map<string, Attempt>()
  /** Machines by the addresses at which they answer. */
  readonly #places: ReadonlyMap<string, string>
  readonly #hearing: Hearing
  /** What the latest NAT box has made of the address of a caller. */
  readonly #translated = new Map<string, string>()

  constructor(lab: Lab) {
    this.#hearing = new Hearing(lab)
    this.#places = answerers(lab)
    for (const node of lab.nodes) {
      if (node.kind !== 'client') continue
      const { dial, pptp } = node
      const ipv4 = node.interfaces.find(one => one.ipv4)?.ipv4
      const address = ipv4 === undefined ? '?' : formatIpv4(ipv4.address)
      if (pptp) this.#tunnels.set(node.name, attempt(pptp.user, address, dial ? 'ppp1' : 'ppp0'))
      if (dial) this.#lines.set(node.name, attempt(dial.user, address, 'ppp0'))
    }
  }

  /** What follows from the event: a failed tunnel or dial-up, if it ends one. */
  event(event: TraceEvent): FailedTunnel | undefined {
    this.#hearing.event(event)
    if (event.event === 'flow' && event.action === 'begin' && event.proto === 'tcp') {
      const [, inside, outside] = CONTROL_FLOW.exec(event.entry) ?? []
      if (inside !== undefined) this.#translated.set(inside, outside)
    }
    const tunnel = this.#tunnels.get(event.node)
    const line = this.#lines.get(event.node)
    if (tunnel) follow(tunnel, event, 'connect')
    if (line) follow(line, event, 'dial')
    if (tunnel && event.event === 'tunnel-end') {
      return this.#ended('tunnel', event, event.peer, tunnel, appearanceOf(event, tunnel.up, tunnel.auth))
    }
    // Who is called looks at no screen.
    if (!line?.asked || event.event !== 'dial-end') return undefined
    line.asked = false
    const found = dialAppearanceOf(event, line.connected, line.up, line.auth)
    return this.#ended('dial-up', event, event.number, line, found)
  }

  /** The address that a server sees, behind all NAT boxes. */
  #seenAs(address: string): string {
    let seen = address
    // Boxes in a row; the addresses of two home networks may be the same.
    for (const _ of this.#translated) seen = this.#translated.get(seen) ?? seen
    return seen
  }

  #ended(
    what: FailedTunnel['what'],
    end: (TunnelEnd | DialEnd) & { readonly t: number; readonly node: string },
    peer: string,
    { user, address, up }: Attempt,
    found: Appearance | undefined,
  ): FailedTunnel | undefined {
    if (!found) return undefined
    const { t, node, layer, reason } = end
    const [symbol, text] = WINDOWS[found.windows]
    const facts = { SERVER: peer, USER: user, ADDRESS: this.#seenAs(address), TRIES: String(end.tries) }
    const said = (lines: readonly string[] = []): string[] =>
      lines.map(line => line.replace(/\b(SERVER|USER|ADDRESS|TRIES)\b/g, word => facts[word as keyof typeof facts]))
    const server = this.#places.get(peer)
    const hearing = server && hearingSentence(this.#hearing.between(node, server), node, server)
    const failure: FailedTunnel = {
      t,
      what,
      node,
      peer,
      layer,
      reason,
      up,
      windows: { number: found.windows, symbol, text, also: found.also ?? [] },
      linux: { client: said(found.client), server: said(found.server) },
      ...(hearing ? { hearing } : {}),
    }
    this.failed.push(failure)
    return failure
  }
}

/** What a user has asked for, and how far it came. */
interface Attempt {
  readonly user: string
  readonly address: string
  readonly iface: string
  asked: boolean
  /** Of a dial-up: have the modems heard each other? */
  connected: boolean
  up: boolean
  /** Protocol of the last message of authentication. */
  auth: string | undefined
}

const attempt = (user: string, address: string, iface: string): Attempt => ({
  user,
  address,
  iface,
  asked: false,
  connected: false,
  up: false,
  auth: undefined,
})

function follow(attempt: Attempt, event: TraceEvent, verb: 'connect' | 'dial'): void {
  // Who dials while he is in a call dials nothing.
  if (event.event === 'action' && event.verb === verb && !(verb === 'dial' && attempt.asked)) {
    attempt.asked = true
    attempt.connected = false
    attempt.up = false
  }
  if (event.event === 'line-signal' && event.type === 'connect') attempt.connected = true
  if (event.event === 'ppp-message' && event.iface === attempt.iface && AUTH.has(event.proto))
    attempt.auth = event.proto
  if (event.event === 'interface' && event.iface === attempt.iface && event.to === 'up') attempt.up = true
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
