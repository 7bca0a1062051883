/** Two runs whose doors lead to each other: what leaves one enters the other, at the same virtual time. */
import { loadLab, type Override } from '../../src/lab/load.ts'
import { type Input, Run, type RunOptions } from '../../src/lab/run.ts'
import { runFileEnd, runFileHeader, runFileInput } from '../../src/lab/run-file.ts'

export function runOf(text: string, overrides: readonly Override[] = [], options: RunOptions = {}): Run {
  const loaded = loadLab(text, 'lab', overrides)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues, undefined, 2))
  return new Run(loaded.lab, options)
}

/** One side: a run, the node that is its door, and all that came in by it. */
export class Side {
  readonly inputs: Input[] = []
  readonly run: Run
  readonly door: string
  #waiting: Uint8Array[] = []

  constructor(run: Run, door: string) {
    this.run = run
    this.door = door
  }

  /** What leaves by the door of this side waits for the other. */
  leadTo(other: Side): void {
    this.run.outside(this.door).onLeave(bytes => other.#waiting.push(bytes.slice()))
  }

  /** Lets in what waits; false when nothing does. */
  admit(now: number): boolean {
    const packets = this.#waiting
    if (packets.length === 0) return false
    this.#waiting = []
    const t = Math.max(now, this.run.now + 1)
    for (const bytes of packets) this.inputs.push({ t, node: this.door, bytes })
    this.run.enter(t, this.door, packets)
    return true
  }
}

export function runJoined(a: Side, b: Side): void {
  a.leadTo(b)
  b.leadTo(a)
  while (!a.run.over || !b.run.over) {
    const t = Math.min(
      a.run.over ? Number.POSITIVE_INFINITY : a.run.next,
      b.run.over ? Number.POSITIVE_INFINITY : b.run.next,
    )
    a.run.advanceTo(t)
    b.run.advanceTo(t)
    while (a.admit(t) || b.admit(t));
  }
}

/** Alice and her way to the door. */
export const HOME = `
name: home
stop: 20s
topology:
  nodes:
    alice:
      kind: client
      routes: ["default via 192.168.1.1"]
      pptp: { server: 203.0.113.5, user: alice, password: wonderland, mppe: required, routes: [10.20.0.0/24] }
    router: { kind: router, routes: ["default dev eth1"] }
    internet: { kind: tun, tun: { name: sim0, networks: [203.0.113.0/24] } }
  links:
    - { endpoints: ["alice:eth0", "router:eth0"], ipv4: [192.168.1.10/24, 192.168.1.1/24], delay: 2ms, loss: 1% }
    - { endpoints: ["router:eth1", "internet:sim0"], ipv4: [198.51.100.2/24, none], type: ip, delay: 5ms }
events:
  - { at: 0s, connect: alice }
  - { at: 3s, ping: { from: alice, to: 10.20.0.5, count: 5 } }
  - { at: 9s, fetch: { from: alice, to: 10.20.0.5, bytes: 100kB } }
  - { at: 12s, talk: { from: alice, to: 10.20.0.5, bytes: 20kB } }
  - { at: 15s, disconnect: alice }
expect:
  up: { description: The tunnel comes up, by: 3s, state: { alice.ppp.ipcp: opened } }
  ping: { description: Five answers, by: 9s, seen: { event: ping-reply, at: alice, count: "== 5" } }
  fetch: { description: A file, by: 15s, seen: { event: fetch-done, at: alice, ok: true } }
  talk: { description: It comes back, by: 15s, seen: { event: talk-done, at: alice, bytes: 20000, ok: true } }
`
/** The office and its way to the door. */
export const OFFICE = `
name: office
stop: 20s
topology:
  nodes:
    internet: { kind: tun, tun: { name: sim1, ipv4: 203.0.113.1/24, networks: [192.168.1.0/24] } }
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: wonderland }, mppe: required }
    files: { kind: host, routes: ["default via 10.20.0.1"], services: [echo] }
  links:
    - { endpoints: ["office:eth0", "internet:sim1"], ipv4: [203.0.113.5/24, none], type: ip, delay: 5ms }
    - { endpoints: ["office:eth1", "files:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }
expect:
  call: { description: She is here, by: 5s, state: { office.pptp.calls: 1 } }
  gone: { description: She has gone, at: 19s, state: { office.pptp.calls: 0, office.pool.used: 0 } }
`
export const TIME_ZERO = 1_795_347_000_123_456

export function joinedSession() {
  const [home, office] = [
    new Side(runOf(HOME, [], { timeZero: TIME_ZERO }), 'internet'),
    new Side(runOf(OFFICE, [], { timeZero: TIME_ZERO }), 'internet'),
  ]
  runJoined(home, office)
  return { home, office }
}
/** The run file that a bridge would have written. */
export const recordOf = ({ run, inputs }: Side, lab: string): string =>
  runFileHeader({ version: '0', lab, seed: 1, overrides: [], timeZero: TIME_ZERO }) +
  inputs.map(runFileInput).join('') +
  runFileEnd({ t: run.now, fingerprint: run.result().fingerprint })
