/**
 * `npm run nat:kernel [-- --short] [CASE…]`: the rig's cases and random scripts, played on the running kernel and in the
 * simulator. ../README.md tells more.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { finds } from '../../support/outside/machine.ts'
import { rootPath } from '../../support/root.ts'
import { compare, probesDiffer, type Recorded } from '../compare.ts'
import { compareScript, type Difference, shrink } from './compare.ts'
import { scriptOf } from './generate.ts'
import { KernelWorld } from './kernel.ts'
import { play } from './player.ts'
import { digestOf, type Recorded as Seed, writeLesson, writeSeeds } from './recorded.ts'
import { parse, print, type Script } from './script.ts'
import { SimulatedWorld } from './simulated.ts'

const SHORT_CASES = ['A1', 'A5', 'B1', 'B2', 'B11', 'B20', 'B26', 'C7', 'D1', 'E1']
/** It waits 135 s until the kernel gives up: it has namespaces of its own, beside the others. */
const LONG_CASE = 'C16'
const SCRIPTS = 200
const SHORT_SCRIPTS = 10
const WORKERS = 4
/** A case that differs is measured again: its times go with the clock. */
const MEASURED = 3

const { values: options, positionals: wanted } = parseArgs({
  options: {
    short: { type: 'boolean' },
    seeds: { type: 'string' },
    script: { type: 'string' },
    record: { type: 'string' },
  },
  allowPositionals: true,
})
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const children = new Set<{ stop(): void }>()

/** What this machine lacks; undefined: nothing. */
function lacking(): string | undefined {
  const skipped = 'so nothing was compared.'
  if (process.platform !== 'linux')
    return `nat:kernel measures a Linux kernel, and this is ${process.platform}, ${skipped}`
  if (process.getuid?.() !== 0) return `nat:kernel makes network namespaces, which needs root, ${skipped}`
  if (!existsSync('/usr/bin/python3')) return `nat:kernel needs /usr/bin/python3 (apt-get install python3), ${skipped}`
  for (const [command, name] of [
    ['nft', 'nftables'],
    ['conntrack', 'conntrack'],
    ['iptables', 'iptables'],
    ['ip', 'iproute2'],
  ] as const)
    if (!finds(command)) return `nat:kernel needs the command ${command} (apt-get install ${name}), ${skipped}`
  const input =
    'table ip t {\n ct helper h {\n type "pptp" protocol tcp;\n }\n chain c {\n type nat hook postrouting priority 0;\n }\n }\n'
  const { status } = spawnSync('unshare', ['--net', 'nft', '-f', '-'], { input })
  if (status === 0) return undefined
  return `nat:kernel needs network namespaces and a kernel with nf_conntrack_pptp, nf_nat_pptp and nf_tables, ${skipped}`
}

// The cases

/** Runs the rig; one record a case, in the order in which they end. */
async function measure(cases: readonly string[], suffix: string): Promise<Recorded[]> {
  const env = {
    ...process.env,
    NT_PREFIX: `nk${process.pid}${suffix}-`,
    NT_LONG: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const child = spawn('/usr/bin/python3', [rootPath('test/nat/cases.py'), ...cases], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const one = { stop: () => void child.kill('SIGTERM') }
  children.add(one)
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  children.delete(one)
  return text
    .trim()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Recorded)
}

async function playCases(baseline: readonly Recorded[]): Promise<boolean> {
  const all = baseline.map(({ case: id }) => id)
  const chosen = wanted.length > 0 ? all.filter(id => wanted.includes(id)) : options.short ? SHORT_CASES : all
  const others = chosen.filter(id => id !== LONG_CASE)
  const long = chosen.includes(LONG_CASE) ? measure([LONG_CASE], 'l') : Promise.resolve([])
  const records = others.length > 0 ? await measure(others, 'a') : []
  records.push(...(await long))
  let agreed = 0
  for (const id of chosen) {
    const recorded = baseline.find(one => one.case === id) as Recorded
    let fresh = records.find(one => one.case === id)
    let found = judge(fresh, recorded)
    for (let times = 1; found.length > 0 && times < MEASURED; times++) {
      fresh = (await measure([id], 'b'))[0]
      found = judge(fresh, recorded)
    }
    if (found.length === 0) agreed++
    for (const difference of found) say(`${id} ${difference}`)
  }
  say(`${agreed} of ${chosen.length} cases agree: this kernel, the recorded one and the simulator.`)
  return agreed === chosen.length
}

function judge(fresh: Recorded | undefined, recorded: Recorded): string[] {
  if (!fresh?.obs) return [`was not measured: ${fresh?.error ?? 'the rig has ended'}`]
  return [
    ...probesDiffer(recorded, fresh).map(text => `recorded kernel and this one: ${text}`),
    ...compare(fresh).differences.map(text => `this kernel and the simulator: ${text}`),
  ]
}

// The scripts

function tell(script: Script, differences: readonly Difference[]): void {
  for (const { step, kernel, here } of differences.slice(0, 3)) {
    say(`  step ${step} ${JSON.stringify(script.steps[step])}`)
    for (const line of kernel.length > 0 ? kernel : ['nothing']) say(`    kernel: ${line}`)
    for (const line of here.length > 0 ? here : ['nothing']) say(`    here:   ${line}`)
  }
}

async function playSeeds(first: number, last: number): Promise<boolean> {
  let next = first
  let [agreed, deliveries, again] = [0, 0, 0]
  const seeds: Seed[] = []
  const work = async (number: number): Promise<void> => {
    const kernel = new KernelWorld(`nk${process.pid}w${number}-`)
    children.add(kernel)
    for (let seed = next++; seed <= last; seed = next++) {
      const { script, attempt } = await scriptOf(seed)
      const outcome = await compareScript(script, kernel, new SimulatedWorld())
      deliveries += outcome.deliveries
      if (outcome.plays > 1) again++
      if (outcome.differences.length === 0) {
        agreed++
        seeds.push({ seed, attempt, digest: digestOf(await play(new SimulatedWorld(), script)) })
        continue
      }
      const differs = async (shorter: Script): Promise<boolean> =>
        (await compareScript(shorter, kernel, new SimulatedWorld(), 2)).differences.length > 0
      const small = await shrink(script, differs)
      const { differences } = await compareScript(small, kernel, new SimulatedWorld(), 1)
      say(`seed ${seed} differs. The shortest script that does, for --script FILE:`)
      say(print(small).trimEnd())
      tell(small, differences.length > 0 ? differences : outcome.differences)
    }
    await kernel.end()
    children.delete(kernel)
  }
  await Promise.all(Array.from({ length: Math.min(WORKERS, last - first + 1) }, (_, i) => work(i)))
  const count = last - first + 1
  const replayed = again === 0 ? '' : ` (${again} were played more than once, for the clock's sake)`
  say(`${agreed} of ${count} random scripts agree, with ${deliveries} deliveries${replayed}.`)
  if (options.record !== undefined && agreed === count) writeSeeds(seeds)
  return agreed === count
}

async function playScript(file: string): Promise<boolean> {
  const script = parse(readFileSync(file, 'utf8'))
  const kernel = new KernelWorld(`nk${process.pid}s-`)
  children.add(kernel)
  const { differences } = await compareScript(script, kernel, new SimulatedWorld())
  tell(script, differences)
  if (options.record !== undefined) writeLesson(options.record, script, await play(kernel, script))
  await kernel.end()
  say(differences.length === 0 ? 'The kernel and the simulator agree.' : `${differences.length} steps differ.`)
  return differences.length === 0
}

async function main(): Promise<boolean> {
  if (options.script !== undefined) return playScript(options.script)
  const range = options.seeds?.split('-').map(Number)
  if (range) return playSeeds(range[0], range[1] ?? range[0])
  const baseline = readFileSync(rootPath('test/nat/baseline-linux-6.18.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Recorded)
  const isGood = await playCases(baseline)
  if (wanted.length > 0) return isGood
  return (await playSeeds(1, options.short ? SHORT_SCRIPTS : SCRIPTS)) && isGood
}

for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.once(signal, () => {
    for (const child of children) child.stop()
    process.exit(status)
  })
const reason = lacking()
if (reason !== undefined) say(reason)
else process.exitCode = (await main()) ? 0 : 1
