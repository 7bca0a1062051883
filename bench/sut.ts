/**
 * One scenario in one process: `npm run -s bench:sut -- chain-H10-64`. Prints one line of JSON with the wall and processor
 * seconds of the simulation alone, the packet-hops, and whether every octet arrived: what a script that compares
 * simulators side by side wants. With `--warm` before the name the scenario runs twice and the second time is told:
 * what a longer simulation has, when V8 has compiled what it will.
 */
import { compileLess } from '../src/platform/compiler.ts'
import { chain, dumbbell, type Outcome } from './scenarios.ts'

const PACKETS = 50_000
const BYTES = 64 << 20
/** ns-3 has a minimum RTO of 1 s and no tail loss probe. */
const AS_NS3 = { profile: 'rfc', tailLossProbe: false } as const

function run(scenario: string): Outcome | undefined {
  const chainLength = /^chain-H10-(\d+)$/.exec(scenario)
  if (chainLength) return chain(10, Number(chainLength[1]), PACKETS)
  const natChain = /^chain-nat-(\d+)-64$/.exec(scenario)
  if (natChain) return chain(10, 64, Math.max(PACKETS, 2 * Number(natChain[1])), Number(natChain[1]))
  const match = /^(dumbbell|dumbbell10g|lossless)-N(\d+)$/.exec(scenario)
  if (!match) return undefined
  const flows = Number(match[2])
  const rate = match[1] === 'dumbbell10g' ? '10gbit' : '1gbit'
  const lossless = match[1] === 'lossless'
  const queue = lossless ? '15000kB' : '1500kB'
  return dumbbell({ flows, bytes: BYTES, rate, queue, buffer: lossless ? 1 << 20 : 2 << 20, tcp: AS_NS3 })
}

compileLess() // as the program does
const words = process.argv.slice(2)
const scenario = words.at(-1) ?? ''
if (words.includes('--warm')) run(scenario)
const outcome = run(scenario)
if (outcome) {
  console.log(JSON.stringify({ tool: 'pptp-lab', scenario, ...outcome }))
  process.exitCode = outcome.verified ? 0 : 1
} else {
  console.error(
    `${scenario || 'No scenario'}: there are chain-H10-64, chain-H10-1400, chain-nat-10-64, chain-nat-100000-64, dumbbell-N8, dumbbell10g-N64, lossless-N1, lossless-N8.`,
  )
  process.exitCode = 2
}
