/**
 * `npm run bench:nat -- [ROUNDS] [NS3]`: the chain of ten routers with small packets, with connection tracking and masquerading
 * on the one in the middle, beside ns-3's plain chain, which has neither. The programs take turns, so that a busy minute
 * hits all alike, and every round gives its own ratios; their medians count.
 *
 * NS3 is a program that runs `--mode=chain --pkt=64 --packets=50000` and prints a line of JSON with `wall_s`, and with `--count=1`
 * one with `hops`. Without it our own plain chain stands in its place.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

interface Figures {
  readonly wall_s: number
  readonly hops?: number
  readonly verified?: boolean
}

/** What is asked: hops a second, in multiples of the plain chain's. */
const WANTED = { 'chain-nat-10-64': 1, 'chain-nat-100000-64': 0.5 } as const
const CHAIN = ['--mode=chain', '--pkt=64', '--packets=50000']
const sut = fileURLToPath(new URL('./sut.js', import.meta.url))

function figures(program: string, args: readonly string[]): Figures {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with status ${status}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figures
}
const ours = (scenario: string): number => {
  const { wall_s, hops = 0, verified } = figures(process.execPath, ['--expose-gc', sut, scenario])
  if (!verified) throw new Error(`${scenario}: not every octet has arrived`)
  return hops / wall_s
}
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1]
const thousands = (value: number): string => `${Math.round(value / 1000).toLocaleString('en')}k`

const [rounds = '5', ns3] = process.argv.slice(2)
const hops = ns3 === undefined ? 0 : (figures(ns3, [...CHAIN, '--count=1']).hops ?? 0)
const plain = ns3 === undefined ? 'our chain-H10-64' : 'ns-3, plain chain'
const scenarios = Object.keys(WANTED) as (keyof typeof WANTED)[]
const plains: number[] = []
const found = new Map(scenarios.map(scenario => [scenario, [] as { readonly rate: number; readonly ratio: number }[]]))
for (let round = 0; round < Number(rounds); round++) {
  const base = ns3 === undefined ? ours('chain-H10-64') : hops / figures(ns3, CHAIN).wall_s
  plains.push(base)
  for (const scenario of scenarios) {
    const rate = ours(scenario)
    found.get(scenario)?.push({ rate, ratio: rate / base })
  }
}
console.log(`${plain}: ${thousands(median(plains))} hops/s`)
for (const [scenario, all] of found) {
  const ratio = median(all.map(one => one.ratio))
  const least = Math.min(...all.map(one => one.ratio))
  const good = ns3 === undefined || ratio >= WANTED[scenario]
  const wanted = ns3 === undefined ? '' : `, wanted ${WANTED[scenario]}: ${good ? 'good' : 'TOO SLOW'}`
  console.log(
    `${scenario}: ${thousands(median(all.map(one => one.rate)))} hops/s, ${ratio.toFixed(2)} x (least ${least.toFixed(2)})${wanted}`,
  )
  if (!good) process.exitCode = 1
}
