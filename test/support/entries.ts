/** What somebody who looks on a run of a lab may do: entries of `events` without their time. */
import { formatIpv4 } from '../../src/base/address.ts'
import { formatDuration, type SimTime } from '../../src/base/time.ts'
import type { Lab } from '../../src/lab/lab.ts'

export const at = (t: SimTime, entry: string): string => `{ at: ${formatDuration(t)}, ${entry} }`

const ACTORS = new Set(['host', 'router', 'firewall', 'load-balancer', 'client', 'pptp-server', 'nas', 'radius'])

/** Each thing that the machines and lines of this lab allow, once or twice. */
export function entriesFor(lab: Lab): string[] {
  const entries: string[] = ['note: "Look here: it goes on."']
  const addresses = lab.links.flatMap(({ ends }) =>
    ends.flatMap(({ ipv4 }) => (ipv4 ? [formatIpv4(ipv4.address)] : [])),
  )
  for (const spec of lab.nodes) {
    const { name } = spec
    if (!ACTORS.has(spec.kind)) continue
    const to = addresses[(name.length * 7) % addresses.length]
    entries.push(`crash: ${name}`, `restart: ${name}`, `rule: { node: ${name}, add: "input drop proto icmp" }`)
    entries.push(`ping: { from: ${name}, to: ${to}, count: 3, interval: 200ms }`)
    entries.push(`fetch: { from: ${name}, to: ${to}, bytes: 20kB, port: 6001 }`)
    entries.push(`echo: { from: ${name}, to: ${to}, port: 6002 }`, `talk: { from: ${name}, to: ${to}, bytes: 1kB }`)
    entries.push(`flood: { from: ${name}, to: ${to}, flows: 20 }`)
    for (const iface of spec.interfaces.slice(0, 1)) {
      entries.push(`route: { node: ${name}, add: "10.99.0.0/16 dev ${iface.name}" }`)
    }
    if (spec.kind === 'client' && spec.pptp) {
      entries.push(`connect: ${name}`, `disconnect: ${name}`, `shutdown: ${name}`)
      entries.push(`password: { node: ${name}, password: other }`)
    }
    if (spec.kind === 'client' && spec.dial) {
      entries.push(`dial: ${name}`, `hangup: ${name}`, `password: { node: ${name}, for: dial, password: other }`)
    }
    if (spec.kind === 'pptp-server' || spec.kind === 'nas') entries.push(`shutdown: ${name}`)
    const users = spec.kind === 'pptp-server' ? spec.pptp.users : spec.kind === 'radius' ? spec.radius.users : undefined
    for (const user of users?.keys() ?? []) {
      entries.push(`password: { node: ${name}, user: ${JSON.stringify(user)}, password: "another one" }`)
    }
    if (spec.kind === 'firewall' && spec.nat) {
      for (const like of ['keyless', 'cgn', 'libalias']) entries.push(`nat: { node: ${name}, like: ${like} }`)
    }
    if (spec.kind === 'load-balancer') entries.push(`nat: { node: ${name}, flush: true }`)
  }
  for (const { ends, type } of lab.links) {
    const [a, b] = ends.map(({ node, iface }) => `"${node}:${iface}"`)
    entries.push(`link: { between: [${a}, ${b}], down: true }`, `link: { between: [${a}, ${b}], up: true }`)
    const worse = type === 'serial' ? 'noise: 0.01%' : 'loss: 20%, delay: 30ms'
    entries.push(`link: { between: [${a}, ${b}], ${worse} }`)
  }
  return entries
}
