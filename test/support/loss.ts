/**
 * The acceptance of loss: the voluntary lab with every line losing a share of its packets, one run a seed. As soon as
 * the tunnel is up a transfer crosses it; then the user disconnects.
 */
import { readFileSync } from 'node:fs'
import { type SimTime, sec } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Simulation } from '../../src/lab/build.ts'
import { apply } from '../../src/lab/events.ts'
import type { Action, Lab, LineQuality } from '../../src/lab/lab.ts'
import { loadLab, type Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import { RFC_TIMERS } from '../../src/ppp/config.ts'
import { rootPath } from './root.ts'

export type Seen<K extends TraceEvent['event']> = Extract<TraceEvent, { event: K }>

export function shippedLab(name: string, overrides: readonly Override[] = []): Lab {
  const file = `topologies/${name}.yaml`
  const loaded = loadLab(readFileSync(rootPath(file), 'utf8'), file, overrides)
  if (!loaded.ok) throw new Error(`${file} has ${loaded.issues.length} problems`)
  return loaded.lab
}

/** The lab with other lines in both directions, the same for all links, and without its own events and checks. */
export function withLines(lab: Lab, quality: Partial<LineQuality>): Lab {
  const links = lab.links.map(link => {
    const [a, b] = link.ends.map(end => ({ ...end, sends: { ...end.sends, ...quality } }))
    return { ...link, ends: [a, b] as const }
  })
  return { ...lab, links, events: [], checks: [] }
}

export interface Outcome {
  readonly seed: number
  /** When alice could use the tunnel. */
  readonly up: SimTime | undefined
  readonly ends: readonly Seen<'tunnel-end'>[]
  readonly fetch: Seen<'fetch-done'> | undefined
  /** What is not as it must be. */
  readonly problems: readonly string[]
}

/** Long enough for every timer of the set-up to run out: TCP needs 131 s to give up a SYN, the echo 120 s. */
const PATIENCE = sec(300)
const TRANSFER = { bytes: 20_000, port: 5001 }
const TRANSFER_TIME = sec(600)
/** After so long nothing of the tunnel may be left, whatever the line does. */
const TIDY = sec(200)

export function dialOnce(lab: Lab, seed: number, loss: number): Outcome {
  const run = new Run({ ...withLines(lab, { loss }), seed, stop: PATIENCE + 3 * TRANSFER_TIME })
  const { simulation } = run
  const { scheduler } = simulation.world
  const events: TraceEvent[] = []
  let up: SimTime | undefined
  let fetch: Seen<'fetch-done'> | undefined
  const files = lab.nodes.find(node => node.name === 'files')?.interfaces[0].ipv4?.address
  if (files === undefined) throw new Error('the lab has no file server')
  const act = (action: Action): void => apply(simulation, action)
  run.listen(event => {
    events.push(event)
    if (event.event === 'fetch-done') fetch = event
    if (event.event !== 'interface' || event.node !== 'alice' || event.to !== 'up' || up !== undefined) return
    up = event.t
    scheduler.after(0, 'fetch', () => act({ at: 0, verb: 'fetch', args: { from: 'alice', to: files, ...TRANSFER } }))
  })
  act({ at: 0, verb: 'connect', args: { client: 'alice' } })
  const until = (t: SimTime, enough: () => boolean): void => {
    while (!enough() && scheduler.next !== undefined && scheduler.next <= t) scheduler.step()
  }
  until(PATIENCE, () => up !== undefined)
  if (up !== undefined) until(up + TRANSFER_TIME, () => fetch !== undefined)
  const ends = events.filter(event => event.event === 'tunnel-end')
  const failed = ends.slice()
  act({ at: 0, verb: 'disconnect', args: { client: 'alice' } })
  until(scheduler.now + TIDY, () => false)
  const left = remains(simulation)
  const problems = [
    ...failed.flatMap(end => wrongTries(end, events)),
    ...(up === undefined ? unnamed(failed) : []),
    ...left.map(text => `after the user has hung up: ${text}`),
    ...(fetch?.bytes === TRANSFER.bytes && !fetch.ok ? [`the transfer came to an end, but ${fetch.detail}`] : []),
  ]
  return { seed, up, ends: failed, fetch, problems }
}

/** What is left of tunnels. */
function remains({ nodes }: Simulation): string[] {
  const want: readonly (readonly [string, string, string | number])[] = [
    ['alice', 'pptp.control', 'idle'],
    ['alice', 'pptp.call', 'idle'],
    ['office', 'pptp.calls', 0],
    ['office', 'pool.used', 0],
  ]
  const is = want.map(([node, path]) => valueAt(nodes.get(node)?.snapshot() ?? {}, path))
  return want.flatMap(([node, path, value], i) => (is[i] === value ? [] : [`${node}.${path} is ${is[i]}`]))
}

/** TCP's profile `linux` repeats a SYN ten times and anything else fifteen times. */
const SYNS = 11
const SEGMENTS = 16

/** How often what is not answered is sent: RFC 1661 §4.6, RFC 2637 §3.1.4; TCP as above. */
function maxima({ layer, reason, detail }: Seen<'tunnel-end'>): readonly number[] {
  if (layer === 'tcp') {
    if (reason === 'tcp-timeout') return [SYNS, SEGMENTS]
    // A router could not deliver: it had asked three times by ARP, but how often TCP had is a matter of chance.
    return reason === 'tcp-unreachable' ? Array.from({ length: SEGMENTS }, (_, i) => i + 1) : [0]
  }
  if (layer === 'pptp') {
    // The PAC that waits for the first message has sent nothing itself.
    if (detail.startsWith('No Start-Control-Connection-Request ')) return [0]
    return reason === 'timeout' || reason.endsWith('-timeout') ? [1] : [0]
  }
  if (reason === 'timeout') return [RFC_TIMERS.maxConfigure]
  if (reason === 'mppe-required') return [0, RFC_TIMERS.maxConfigure]
  return detail.includes('Terminate-Requests') ? [RFC_TIMERS.maxTerminate] : [0]
}

function wrongTries(end: Seen<'tunnel-end'>, events: readonly TraceEvent[]): string[] {
  const { node, layer, reason, tries, detail } = end
  const said = `${node}: ${layer} ${reason}, ${tries} tries: ${detail}`
  if (!maxima(end).includes(tries)) return [`${said} (wanted ${maxima(end).join(' or ')})`]
  if (layer !== 'lcp' || reason !== 'timeout') return []
  // LCP's own end falls on the last expiry of the restart timer, so what it sent can be counted.
  const { restart, maxConfigure } = RFC_TIMERS
  const sent = events.filter(
    e =>
      e.event === 'ppp-message' &&
      e.node === node &&
      e.way === 'sent' &&
      e.proto === 'lcp' &&
      e.type === 'configure-request' &&
      e.t >= end.t - restart * maxConfigure &&
      e.t < end.t,
  )
  return sent.length === tries ? [] : [`${said}, but ${sent.length} were sent`]
}

/** A tunnel that did not come up: its user is told, and one of the two ends knows what was tried in vain. */
function unnamed(ends: readonly Seen<'tunnel-end'>[]): string[] {
  const told = ends.filter(end => end.node === 'alice').length
  const cause = ends.some(end => end.tries > 0 || end.layer === 'tcp' || end.detail.startsWith('No '))
  return [
    ...(told === 1 ? [] : [`alice was told ${told} times that the tunnel did not come up`]),
    ...(cause ? [] : ['nobody says what was tried in vain']),
  ]
}

export const seconds = (t: SimTime): string => `${(t / 1e9).toFixed(1)} s`
