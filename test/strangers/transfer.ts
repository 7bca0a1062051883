/** One run: the road as a bridge, a kernel at one end or at both, and two transfers over it at once, one each way. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, Failure, until } from '../support/outside/failure.ts'
import { ask, start } from '../support/outside/host.ts'
import { Namespace } from '../support/outside/namespace.ts'
import type { Undo } from '../support/outside/undo.ts'
import { rootPath } from '../support/root.ts'
import { A, B, CAPTURE, DEVICE, type End, type Far, labText, PORT, type Road } from './lab.ts'

export interface Plan {
  readonly far: Far
  readonly road: Road
  readonly octets: number
  readonly seed: number
}

const CLI = rootPath('dist/cli/cli.js')
const KERNEL_END = rootPath('dist/test/strangers/kernel-end.js')
const START_SECONDS = 30
const TRANSFER_SECONDS = 300
const STOP_SECONDS = 30
/** The device must not lose what the road does not: the longest burst of the kernel has room in it. */
const QUEUE = '10000'
/**
 * Ours has NewReno: so has the kernel, that not two ways of congestion control are compared but two TCPs. And the kernel is to
 * acknowledge every segment that is out of order at once (RFC 5681 §4.2), as ours does: by itself it does so for the first three
 * and then sums up for a millisecond.
 */
const SETTINGS = { tcp_congestion_control: 'reno', tcp_comp_sack_nr: '0' }

const FETCHED = 'every octet is right'

let namespaces = 0

export interface Captured extends Readonly<Record<End, string>> {
  /** By how much the simulation was behind the clock at worst: milliseconds. */
  readonly late: number
}

/** Plays it and verifies what came; the paths of the captures at the two ends. */
export async function transfer(plan: Plan, folder: string, undo: Undo): Promise<Captured> {
  mkdirSync(folder, { recursive: true })
  const { far, road, octets, seed } = plan
  const lab = join(folder, 'lab.yaml')
  const captures = join(folder, 'captures')
  writeFileSync(lab, labText(far, road, octets, seed))

  const a = kernel(undo)
  const b = far === 'kernel' ? kernel(undo) : undefined
  const run = (place: Namespace, ...words: (string | number)[]) =>
    ask(...place.inside(process.execPath, [KERNEL_END, ...words.map(String)]), undo, TRANSFER_SECONDS)

  const served = run(a, 'serve', PORT.in)
  const alsoServed = b && run(b, 'serve', PORT.out)
  const [bridge, told] = startBridge(a, lab, captures, undo)
  await until(START_SECONDS, 'the bridge opens no device', () => {
    if (bridge.exitCode !== null) throw new Failure(`the bridge ended at once: ${told().slice(-300)}`)
    return told().includes(`the device ${far === 'kernel' ? DEVICE.b : DEVICE.a} is up`)
  })
  a.run('ip', ['link', 'set', DEVICE.a, 'txqueuelen', QUEUE])
  if (b) plugIn(a, b)

  const pulls = [run(a, 'pull', B, PORT.out, octets)]
  if (b) pulls.push(run(b, 'pull', A, PORT.in, octets, 'GET'))
  for (const { status, said } of await Promise.all([served, ...(alsoServed ? [alsoServed] : []), ...pulls])) {
    check(status === 0, `an end of the kernel: ${said.trim().slice(-200)}`)
    check(said.includes(`{"octets":${octets}}`), `an end of the kernel says ${said.trim()}`)
  }
  if (!b)
    await until(STOP_SECONDS, `our end has not fetched all: ${told().slice(-300)}`, () => told().includes(FETCHED))

  bridge.kill('SIGINT')
  await until(STOP_SECONDS, 'the bridge does not end', () => bridge.exitCode !== null)
  check(bridge.exitCode === 130, `the bridge ended with ${bridge.exitCode}: ${told().slice(-300)}`)
  check(!told().includes('could not go out'), `the kernel has not taken all: ${told().slice(-300)}`)
  // The last row of the histogram bounds the worst.
  const late = [...told().matchAll(/^ {2}(?:below|up to) ([\d.]+) ms /gm)].at(-1)?.[1]
  check(late !== undefined, `the bridge does not say how late it was: ${told().slice(-300)}`)
  return { a: join(captures, CAPTURE.a), b: join(captures, CAPTURE.b), late: Number(late) }
}

function kernel(undo: Undo): Namespace {
  const namespace = new Namespace(`pptp-lab-${process.pid}-${namespaces++}`, undo)
  for (const [name, value] of Object.entries(SETTINGS)) {
    namespace.run('sh', ['-c', `echo ${value} > /proc/sys/net/ipv4/${name}`])
  }
  return namespace
}

function startBridge(place: Namespace, lab: string, captures: string, undo: Undo) {
  const words = [CLI, 'bridge', lab, '--pcap', captures]
  const bridge = start(...place.inside(process.execPath, words), undo, { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  for (const stream of [bridge.stdout, bridge.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
  }
  return [bridge, () => told] as const
}

/** The bridge holds both devices, in the namespace in which it runs; the second one belongs into another. */
function plugIn(from: Namespace, to: Namespace): void {
  from.run('ip', ['link', 'set', DEVICE.b, 'netns', to.name])
  to.run('ip', ['addr', 'add', `${B}/24`, 'dev', DEVICE.b])
  to.run('ip', ['link', 'set', DEVICE.b, 'up', 'txqueuelen', QUEUE])
  to.run('ip', ['route', 'add', 'default', 'via', '10.77.1.1'])
}
