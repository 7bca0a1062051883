/**
 * `npm run bench`: the hot paths one by one, then whole simulations, then the program itself. Figures move with the
 * machine: compare two commits in one sitting, and other simulators with `bench:sut` in one run.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bench, do_not_optimize, run, summary } from 'mitata'
import { EventQueue, Scheduler } from '../src/base/scheduler.ts'
import { compileLess } from '../src/platform/compiler.ts'
import * as Checksum from '../src/wire/checksum.ts'
import { mppe, pppWithMppe } from './mppe.ts'
import { chain, dumbbell, idleSessions, mppeThroughNodes, type Outcome, sessions } from './scenarios.ts'
import { idleConnections, pushThroughTcp } from './tcp.ts'

compileLess() // as the program does
const quick = process.argv.includes('--quick')
const cli = fileURLToPath(new URL('../cli/cli.js', import.meta.url))
const lab = fileURLToPath(new URL('../../topologies/voluntary.yaml', import.meta.url))

/** One event out, one in, with so many pending: the hold model. */
function hold(pending: number): () => void {
  const queue = new EventQueue<number>()
  let state = 1
  const draw = (): number => {
    state = Math.imul(state, 1664525) + 1013904223
    return (state >>> 8) * 60
  }
  let seq = 0
  for (; seq < pending; seq++) queue.push(draw(), seq, seq)
  return () => queue.moveFirst(queue.firstDue + draw(), seq++)
}

async function microBenchmarks(): Promise<void> {
  const bytes = new Uint8Array(1500)
  summary(() => {
    for (const pending of [1000, 1_000_000]) bench(`event queue, hold, ${pending} pending`, hold(pending))
  })
  const scheduler = new Scheduler()
  const timer = scheduler.timer('bench', () => {})
  bench('timer armed again for later', () => timer.arm(1e9))
  bench('checksum over 1400 octets', () => do_not_optimize(Checksum.sum(bytes, 34, 1434)))
  await run()
}

const number = (value: number): string => Math.round(value).toLocaleString('en')

function row(name: string, what: string): void {
  console.log(`${name.padEnd(44)} ${what}`)
}

function whole(name: string, once: () => Outcome): void {
  const runs = Array.from({ length: quick ? 1 : 3 }, once).sort((a, b) => a.wall_s - b.wall_s)
  const { hops, wall_s, cpu_s, verified } = runs[runs.length >> 1]
  row(
    name,
    `${number(hops / wall_s)} packet-hops/s, ${cpu_s.toFixed(2)} s of processor${verified ? '' : ', NOT VERIFIED'}`,
  )
}

/** Seconds from the start of the process to its first output and to its end. */
function program(): void {
  const runs = Array.from({ length: quick ? 3 : 11 }, () => {
    const script = `
      const start = process.hrtime.bigint(), child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(cli)}, 'run', ${JSON.stringify(lab)}])
      let first; child.stdout.on('data', () => first ??= process.hrtime.bigint())
      child.on('close', () => console.log(Number(first - start) / 1e6, Number(process.hrtime.bigint() - start) / 1e6))`
    return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.split(' ').map(Number)
  })
  const median = (index: number): string => {
    const values = runs.map(run => run[index]).sort((a, b) => a - b)
    return `${Math.round(values[values.length >> 1])} ms`
  }
  row(
    'run topologies/voluntary.yaml',
    `first line after ${median(0)}, all after ${median(1)} (median of ${runs.length})`,
  )
}

await microBenchmarks()
console.log('')
whole('UDP over 10 routers, 64 octets', () => chain(10, 64, quick ? 5000 : 50_000))
whole('UDP over 10 routers, 1400 octets', () => chain(10, 1400, quick ? 5000 : 50_000))
const flow = { bytes: (quick ? 4 : 64) << 20, rate: '1gbit', queue: '15000kB', buffer: 1 << 20 }
whole('TCP dumbbell, 1 stream, no loss', () => dumbbell({ ...flow, flows: 1 }))
whole('TCP dumbbell, 8 streams, no loss', () => dumbbell({ ...flow, flows: 8 }))
for (const measured of [mppe(quick ? 0.2 : 1), pppWithMppe(quick ? 0.2 : 1)]) {
  row(measured.name, `${number(measured.packetsPerSecond)} packets/s`)
}
const throughNodes = mppeThroughNodes(1400, quick ? 5000 : 100_000)
row(
  'MPPE-128 stateless, 1400 B, client to server',
  `${number(throughNodes.packets / throughNodes.wall_s)} packets/s, ${number(throughNodes.packets / throughNodes.cpu_s)} a second of processor (goal 35,000)${throughNodes.verified ? '' : ', NOT VERIFIED'}`,
)
const tcp = pushThroughTcp((quick ? 4 : 64) << 20, () => performance.now())
row('tcp-userspace back to back, first run', `${number(tcp.megabytesPerSecond)} MB/s`)
const idle = idleConnections(quick ? 1000 : 10_000)
row(`tcp-userspace, an idle connection of ${number(idle.connections)}`, `${number(idle.bytes)} octets for each end`)
for (const count of quick ? [50] : [1000, 5000]) {
  const { wall_s, cpu_s, verified } = sessions(count)
  row(
    `PPTP sessions brought up (${number(count)})`,
    `${number(count / wall_s)} sessions/s, ${number(count / cpu_s)} a second of processor (goal 2,000)${verified ? '' : ', NOT VERIFIED'}`,
  )
}
const many = quick ? 100 : 10_000
const each = idleSessions(many)
row(
  `PPTP, ${number(many)} idle sessions, all nodes`,
  `${(each / 1024).toFixed(1)} KiB each, ${((each * many) / 2 ** 20).toFixed(1)} MiB (goal 300 for 10,000)`,
)
program()
