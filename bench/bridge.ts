/**
 * `npm run bench:bridge`: packets of a real kernel through the bridge, beside a C program behind a TUN device of its own
 * (tun/peer.c) in the same run and in turns. What sends and counts is C too (tun/traffic.c). All of it happens in two
 * network namespaces that are made for it and go at the end. Linux, root and gcc.
 *
 * In short (`--quick`) one round; otherwise the figures are medians of five. `--record` and `--pcap` measure a bridge that
 * writes its record, or captures.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const CLI = fileURLToPath(new URL('../cli/cli.js', import.meta.url))
const SOURCES = fileURLToPath(new URL('../../bench/tun/', import.meta.url))
const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 5
const RATES = quick ? [60_000] : [60_000, 80_000]
const SECONDS = quick ? 2 : 5
/** Far more than the bridge can take, for a shorter time. */
const OVERLOAD = 200_000
const OCTETS = quick ? 20_000_000 : 100_000_000
/** Packets that the kernel keeps for either device: 50 ms at 80 000 a second. */
const QUEUE = 4000
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100

const LAB = `
name: bench
description: One router between this machine and a host, on links without delay.
stop: 24h
topology:
  nodes:
    real: { kind: tun, tun: { name: sim0, ipv4: 10.99.0.1/30, networks: [10.99.0.0/16], routes: [10.77.0.0/16, 10.99.1.0/24] } }
    router: { kind: router, routes: ["10.99.0.0/16 dev outside"] }
    host: { kind: host, routes: ["default via 10.77.0.254"], services: [discard, chargen] }
  links:
    - { endpoints: ["real:sim0", "router:outside"], ipv4: [none, 10.99.0.2/30], type: ip }
    - { endpoints: ["router:inside", "host:eth0"], ipv4: [10.77.0.254/24, 10.77.0.1/24], type: ip }
`

/** A way out of the kernel and back: what answers there, and an address of the kernel's that is reached by it. */
interface Way {
  readonly name: string
  readonly device: string
  readonly answers: string
  readonly back: string
}
const BRIDGE: Way = { name: 'bridge', device: 'sim0', answers: '10.77.0.1', back: '10.99.1.1' }
const PEER: Way = { name: 'C', device: 'c0', answers: '10.88.0.2', back: '10.88.1.1' }

interface Pings {
  readonly median_us: number
  readonly p99_us: number
}
interface Flood extends Pings {
  readonly sent: number
  readonly received: number
  readonly seconds: number
}
interface Transfer {
  readonly octets: number
  readonly seconds: number
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]
const load = (): string => loadavg()[0].toFixed(1)

function row(name: string, what: string): void {
  console.log(`${name.padEnd(34)} ${what}  (load ${load()})`)
}

const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-bench-'))
const here = `pptpbench${process.pid}`
const there = `${here}far`
const children: ChildProcess[] = []

const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' })
/** Runs a program in a namespace to its end. */
const inside = (namespace: string, ...words: string[]): string => ip('netns', 'exec', namespace, ...words)

async function start(namespace: string, ready: string, ...words: string[]): Promise<ChildProcess> {
  const child = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (data: Buffer): void => {
      said = `${said}${data}`.slice(-2000)
      if (said.includes(ready)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('exit', () => reject(new Error(`${words[0]} has ended: ${said}`)))
  })
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGINT')
  await new Promise(resolve => child.once('close', resolve))
}

const compile = (name: string): void => {
  execFileSync('gcc', ['-O2', '-Wall', '-pthread', '-o', join(folder, name), join(SOURCES, `${name}.c`)])
}

/** Our side of the bench: the sockets of the kernel. */
async function traffic<Result>(...words: (string | number)[]): Promise<Result> {
  const program = [join(folder, 'traffic'), ...words.map(String)]
  const { stdout } = await promisify(execFile)('ip', ['netns', 'exec', here, ...program])
  return JSON.parse(stdout) as Result
}
const ping = (way: Way, every_us: number): Promise<Pings> =>
  traffic('ping', way.answers, Math.min(400, 2e6 / every_us), every_us)
const flood = (way: Way, rate: number, seconds: number): Promise<Flood> =>
  traffic('flood', way.device, way.back, rate, seconds)
const transfer = async (what: 'push' | 'pull', to: string): Promise<number> => {
  const { octets, seconds } = await traffic<Transfer>(what, to, what === 'push' ? 9 : 19, OCTETS)
  return octets / seconds / 1e6
}

/** Also when somebody interrupts it. */
function cleanUp(): void {
  for (const child of children) child.kill()
  const made = ip('netns', 'list').split(/\s+/)
  for (const namespace of [here, there]) if (made.includes(namespace)) ip('netns', 'del', namespace)
  rmSync(folder, { recursive: true, force: true })
}

async function startBridge(...options: string[]): Promise<ChildProcess> {
  const bridge = await start(here, 'is up', process.execPath, CLI, 'bridge', join(folder, 'lab.yaml'), ...options)
  ip('-n', here, 'link', 'set', BRIDGE.device, 'txqueuelen', String(QUEUE))
  return bridge
}

async function setUp(): Promise<void> {
  compile('peer')
  compile('traffic')
  writeFileSync(join(folder, 'lab.yaml'), LAB)
  for (const namespace of [here, there]) {
    ip('netns', 'add', namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    // A flood comes back to the machine that sent it; IPv6 would say things of its own.
    for (const setting of [
      'ipv4.conf.all.accept_local=1',
      'ipv4.conf.all.rp_filter=0',
      'ipv6.conf.all.disable_ipv6=1',
    ]) {
      inside(namespace, 'sysctl', '-qw', `net.${setting}`)
    }
  }
  for (const { back } of [BRIDGE, PEER]) ip('-n', here, 'addr', 'add', `${back}/32`, 'dev', 'lo')
  await start(here, 'ready', join(folder, 'peer'), PEER.device)
  ip('-n', here, 'addr', 'add', '10.88.0.1/30', 'dev', PEER.device)
  ip('-n', here, 'link', 'set', PEER.device, 'txqueuelen', String(QUEUE), 'up')
  ip('-n', here, 'route', 'add', '10.88.1.0/24', 'dev', PEER.device)
  ip('-n', here, 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', there)
  for (const [namespace, address] of [
    [here, '10.66.0.1/30'],
    [there, '10.66.0.2/30'],
  ] as const) {
    ip('-n', namespace, 'addr', 'add', address, 'dev', 'veth0')
    ip('-n', namespace, 'link', 'set', 'veth0', 'up')
  }
  await start(there, 'ready', join(folder, 'traffic'), 'serve')
}

/** Seconds of processor, and MiB of memory, of a process. */
function usage({ pid }: ChildProcess): { readonly cpu: number; readonly memory: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: resident / 1024 }
}

async function idle(bridge: ChildProcess): Promise<void> {
  const before = usage(bridge).cpu
  await sleep(SECONDS * 1000)
  row('idle', `${(((usage(bridge).cpu - before) / SECONDS) * 100).toFixed(1)} % of a processor`)
}

/** The same for each way, in turns: the median of each figure over the rounds. */
async function rounds<Result>(once: (way: Way) => Promise<Result>): Promise<Map<Way, Result[]>> {
  const results = new Map<Way, Result[]>([BRIDGE, PEER].map(way => [way, []]))
  for (let round = 0; round < ROUNDS; round++) for (const [way, list] of results) list.push(await once(way))
  return results
}

async function pings(every_us: number): Promise<void> {
  const [ours, theirs] = [...(await rounds(way => ping(way, every_us))).values()].map(list => ({
    half: median(list.map(({ median_us }) => median_us)),
    most: median(list.map(({ p99_us }) => p99_us)),
  }))
  const figures = ({ half, most }: typeof ours): string => `${half.toFixed(0)} us, 99 % ${most.toFixed(0)} us`
  const above = (ours.half - theirs.half).toFixed(0)
  row(`ping every ${every_us / 1000} ms`, `bridge ${figures(ours)}; C ${figures(theirs)}; ${above} us above`)
}

async function floods(rate: number): Promise<void> {
  for (const [{ name }, list] of await rounds(way => flood(way, rate, SECONDS))) {
    const lost = list.map(({ sent, received }) => (100 * (sent - received)) / sent)
    const rates = list.map(({ received, seconds }) => received / seconds)
    const wait = median(list.map(({ median_us }) => median_us)).toFixed(0)
    const each = lost.map(share => share.toFixed(2)).join(' ')
    row(
      `64 octets, ${rate}/s, ${name}`,
      `${median(rates).toFixed(0)}/s, lost ${median(lost).toFixed(2)} % (${each}), ${wait} us on the way`,
    )
  }
}

async function overload(bridge: ChildProcess): Promise<void> {
  const before = usage(bridge).memory
  const { received, seconds, sent, p99_us } = await flood(BRIDGE, OVERLOAD, SECONDS)
  const { median_us } = await ping(BRIDGE, 5000)
  const after = usage(bridge).memory
  row(
    'more than it can take',
    `${(sent / seconds).toFixed(0)}/s sent, ${(received / seconds).toFixed(0)}/s came back, 99 % within ${(p99_us / 1000).toFixed(0)} ms; ping right after ${median_us.toFixed(0)} us; memory ${before.toFixed(0)} MiB, then ${after.toFixed(0)}`,
  )
}

async function transfers(): Promise<void> {
  for (const what of ['push', 'pull'] as const) {
    const list: number[][] = []
    for (let round = 0; round < ROUNDS; round++) {
      list.push([await transfer(what, BRIDGE.answers), await transfer(what, '10.66.0.2')])
    }
    const [ours, kernels] = [0, 1].map(i => median(list.map(pair => pair[i])).toFixed(0))
    row(`TCP, ${what}`, `bridge ${ours} MB/s; two kernels over veth ${kernels} MB/s`)
  }
}

async function measure(title: string, ...options: string[]): Promise<void> {
  const bridge = await startBridge(...options)
  console.log(`\n${title}`)
  await idle(bridge)
  // The first packets also compile the program.
  const cold = await ping(BRIDGE, 5000)
  row('the first pings', `bridge ${cold.median_us.toFixed(0)} us, 99 % ${cold.p99_us.toFixed(0)} us`)
  for (const way of [BRIDGE, PEER]) await flood(way, 40_000, 2)
  for (const every of quick ? [5000] : [1000, 5000, 50_000]) await pings(every)
  for (const rate of RATES) await floods(rate)
  await transfers()
  await overload(bridge)
  await stop(bridge)
}

function lacks(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/dev/net/tun')) return 'there is no /dev/net/tun'
  if (process.getuid?.() !== 0) return 'it needs root, to make network namespaces'
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'there is no gcc, and what it is measured against is C'
  }
  return undefined
}

const missing = lacks()
if (missing === undefined) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      cleanUp()
      process.exit(1)
    })
  }
  try {
    await setUp()
    console.log(`${cpus().length} processors, ${cpus()[0].model.trim()}; Node ${process.version}; medians of ${ROUNDS}`)
    if (process.argv.includes('--record')) await measure('with --record', '--record', join(folder, 'run.jsonl'))
    else if (process.argv.includes('--pcap')) await measure('with --pcap', '--pcap', join(folder, 'captures'))
    else await measure('the bridge')
  } finally {
    cleanUp()
  }
} else {
  console.error(`bench:bridge is skipped: ${missing}.`)
}
