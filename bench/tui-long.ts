/**
 * What long runs cost the terminal UI, measured in this process: going a step back in a run of 200 000 events, and frames of
 * 3 Packets in a run of 1 000 000 packets.
 */
import { load, type Moment, Recorder, Rewinder, Run, sceneOf } from '../src/index.ts'
import { frame } from '../tui/frame.ts'
import type { Model, Ui } from '../tui/model.ts'
import type { Own } from '../tui/parts.ts'
import { FIRST_UI } from '../tui/press.ts'
import { Session } from '../tui/session.ts'
import { PARTS } from '../tui/views.ts'

export const SCREEN = { columns: 120, rows: 40 }
export const INSIDE = { columns: 118, rows: 36 }

const LINKS = `
    - { endpoints: ["alice:eth0", "isp:eth0"], ipv4: [198.51.100.10/24, 198.51.100.1/24], delay: 15ms, rate: 10mbit }
    - { endpoints: ["isp:eth1", "office:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24], delay: 5ms, rate: 100mbit }`

/** A tunnel with a transfer of 40 MB in it, all of it encrypted. */
export const TUNNEL = `
name: transfer
stop: 200s
topology:
  nodes:
    alice:
      kind: client
      routes: ["default via 198.51.100.1"]
      pptp: { server: 203.0.113.5, user: alice, password: wonderland, auth: ms-chap-v2, mppe: required }
    isp: { kind: router }
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp:
        { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: wonderland }, auth: [ms-chap-v2], mppe: required }
  links:${LINKS}
events:
  - { at: 0s, connect: alice }
  - { at: 3s, fetch: { from: alice, to: 10.8.0.1, bytes: 40MB } }
`

/** A million datagrams from one host to another. */
const FLOOD = `
name: flood
stop: 2000s
topology:
  nodes:
    alice: { kind: host, routes: ["default via 198.51.100.1"] }
    isp: { kind: router }
    office: { kind: host, routes: ["default via 203.0.113.1"] }
  links:${LINKS}
events:
${Array.from({ length: 20 }, (_, i) => `  - { at: ${i * 60}s, flood: { from: alice, to: office, flows: 50000, interval: 1ms } }`).join('\n')}
`

export function labOf(text: string) {
  const loaded = load(text, 'bench')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.lab
}

const now = (): number => performance.now()
const memory = (): string => `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`
/** Milliseconds on the wall, and of CPU: on a machine that others use too only the second says something. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}
export const median = (costs: readonly Cost[], of: keyof Cost): number =>
  costs.map(cost => cost[of]).sort((a, b) => a - b)[costs.length >> 1]
export const show = (costs: readonly Cost[]): string =>
  `median ${median(costs, 'wall').toFixed(1)} ms (CPU ${median(costs, 'cpu').toFixed(1)}), longest ${Math.max(...costs.map(({ wall }) => wall)).toFixed(1)} ms`

export function cost(run: () => void): Cost {
  const used = process.cpuUsage()
  const start = now()
  run()
  const { user, system } = process.cpuUsage(used)
  return { wall: now() - start, cpu: (user + system) / 1000 }
}
export const times = (count: number, run: (i: number) => void): Cost[] =>
  Array.from({ length: count }, (_, i) => cost(() => run(i)))

/** Each step is as long as from the key to the scene that the views are drawn from. */
export function stepsBack(): void {
  const lab = labOf(TUNNEL)
  const make = (): Run => new Run(lab, { fingerprint: false })
  let recorder = new Recorder(make())
  while (recorder.eventCount < 200_000) recorder.run.step()
  const rewinder = new Rewinder(make)
  const back = (): void => {
    const { steps, t } = recorder.run.moment
    const moment: Moment = { t, steps: steps - 1 }
    const way = rewinder.to(moment, recorder)
    way.advance()
    recorder = way.recorder
    sceneOf(recorder)
  }
  const unready = times(5, back)
  const ready: Cost[] = []
  const preparing: Cost[] = []
  for (let i = 0; i < 15; i++) {
    preparing.push(...times(1, () => rewinder.prepare(recorder)))
    ready.push(...times(1, back))
  }
  rewinder.prepare(recorder)
  console.log(`a run of ${recorder.eventCount} events in ${recorder.run.steps} steps, ${memory()}`)
  console.log(`  a step back, with a run that waits:   ${show(ready)}`)
  console.log(`  three such, one behind the other:     ${show(times(3, back))}`)
  console.log(`  a step back, all run again:           ${show(unready)}`)
  console.log(`  to make one ready, meanwhile:         ${show(preparing.slice(1))}`)
}

export function millionPackets(): void {
  const wall = { now, schedule: () => () => {} }
  const session = new Session({ lab: labOf(FLOOD), replay: {}, explain: '' }, wall)
  const empty = memory()
  const { wall: made } = cost(() => session.run.advance())
  const { journeyCount, eventCount } = session.recorder
  console.log(
    `${journeyCount} packets, ${eventCount} events, run in ${(made / 1000).toFixed(1)} s: ${empty}, then ${memory()}`,
  )
  let ui: Ui = { ...FIRST_UI, view: 'packets' }
  const model = (): Model => ({
    scene: session.look(),
    recorder: session.recorder,
    archive: session.archive,
    ui,
    explain: '',
  })
  const draw = (): boolean => {
    const seen = model()
    const view = PARTS[ui.view].render(seen, INSIDE)
    frame(seen, view, SCREEN)
    return view.more === true
  }
  const press = (own: Own): void => {
    ui = PARTS[ui.view].press(model(), own, INSIDE)
  }
  const keys: Own[] = ['first', 'pageDown', 'pageDown', 'down', 'last', 'pageUp', 'pageUp', 'up']
  const scrolled = times(80, i => {
    press(keys[i % keys.length])
    draw()
  })
  console.log(`  3 Packets, a key and its frame:       ${show(scrolled)}`)
  for (const filter of ['alice', 'udp drop', '49200']) {
    ui = { ...ui, filter }
    const frames: Cost[] = []
    for (let more = true; more; ) frames.push(...times(1, () => (more = draw())))
    console.log(`  filter ${filter.padEnd(9)} ${String(frames.length).padStart(3)} frames:         ${show(frames)}`)
  }
  ui = { ...ui, filter: '' }
  for (const no of [1000, 200_000]) {
    session.archive.want(no)
    const slices: Cost[] = []
    for (let ready = false; !ready; ) slices.push(...times(1, () => (ready = session.remake(20))))
    const whole = slices.reduce((sum, { wall }) => sum + wall, 0)
    console.log(`  packet ${no} made again in ${whole.toFixed(0)} ms; slices: ${show(slices)}`)
  }
}
