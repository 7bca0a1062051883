/** `pptp-lab bridge LAB`: a lab with the clock on the wall, whose doors to the outside are open. */
import { type Lab, Run } from '../../index.ts'
import { type Door, packets } from '../doors/door.ts'
import { openTun, planTun } from '../doors/tun.ts'
import { openUdp, planUdp } from '../doors/udp.ts'
import { checkedLab, isOutside, type OutsideSpec, overridesOf, readLab } from '../files.ts'
import { Pacer } from '../pacer.ts'
import { err, out } from '../terminal.ts'
import { type Action, EXIT, UsageError } from '../usage.ts'
import { checkFlags, needsFingerprint, Watch } from '../watch.ts'
import { type RunFlags, untilOf } from './run.ts'

interface Flags extends RunFlags {
  readonly 'dry-run'?: boolean
  readonly 'tun-fd'?: string
}

/** Virtual time may be behind by so much before it is said: nanoseconds. */
const LATE = 100e6
/** It is said once in so long: milliseconds. */
const REMIND = 10_000

export const bridge: Action = async ([name], options) => {
  const flags = options as Flags
  checkFlags(flags)
  const file = await readLab(name, overridesOf(flags))
  if (file.recorded) {
    throw new UsageError(`${name} is a recorded run: what came in then comes in again by pptp-lab run ${name}`)
  }
  const lab = checkedLab(file)
  const outside = lab.nodes.filter(isOutside)
  if (outside.length === 0) {
    throw new UsageError(
      `${name} has no way out of the simulation (no node of kind tun or udp), so there is nothing to bridge: pptp-lab run ${name}`,
    )
  }
  const descriptor = descriptorOf(flags, outside)
  if (flags['dry-run']) {
    out(outside.map(spec => `${plan(spec, lab, descriptor).join('\n')}\n`).join('\n'))
    return EXIT.good
  }
  const doors: Door[] = []
  try {
    for (const spec of outside) doors.push(await open(spec, lab, descriptor))
    const timeZero = Math.round((performance.timeOrigin + performance.now()) * 1000)
    const run = new Run(lab, { ...untilOf(flags), timeZero, fingerprint: needsFingerprint(flags) })
    const watch = new Watch(run, lab, file, flags)
    try {
      return await goOn(run, watch, doors)
    } finally {
      watch.close()
    }
  } finally {
    for (const door of doors) door.close()
  }
}

async function goOn(run: Run, watch: Watch, doors: readonly Door[]): Promise<number> {
  let trouble: string | undefined
  let told = Number.NEGATIVE_INFINITY
  watch.begin()
  for (const door of doors) err(`${door.told}\n`)
  const pacer = new Pacer(run, {
    speed: 1,
    look: () => {
      const now = performance.now()
      if (pacer.late > LATE && now - told > REMIND) {
        told = now
        const behind = (pacer.late / 1e9).toFixed(2)
        err(`This machine cannot keep up: the simulation is ${behind} s behind the clock, and packets wait for it.\n`)
      }
      return watch.look() && trouble === undefined
    },
  })
  for (const door of doors) {
    const { node } = door
    run.outside(node).onLeave(bytes => door.send(bytes))
    door.start({
      packets: views => pacer.enter(node, views, t => watch.recording?.inputs(t, node, views)),
      broken: problem => {
        trouble ??= problem
      },
    })
  }
  await pacer.play()
  const status = watch.end(() => undefined)
  for (const door of doors) err(summary(door, run))
  err(punctuality(pacer))
  if (trouble === undefined) return status
  err(`${trouble}\n`)
  return EXIT.usage
}

/** What opening a door changes on this machine. */
function plan(spec: OutsideSpec, lab: Lab, descriptor: number | undefined): string[] {
  return spec.kind === 'udp' ? planUdp(spec) : planTun(spec, mtuOf(spec, lab), descriptor)
}

const open = async (spec: OutsideSpec, lab: Lab, descriptor: number | undefined): Promise<Door> =>
  spec.kind === 'udp' ? openUdp(spec) : openTun(spec, mtuOf(spec, lab), descriptor)

/** That of the one link of the node. */
const mtuOf = ({ interfaces }: OutsideSpec, lab: Lab): number => lab.links[interfaces[0].link].mtu

function descriptorOf({ 'tun-fd': text }: Flags, outside: readonly OutsideSpec[]): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,4}$/.test(text)) {
    throw new UsageError(`--tun-fd wants the number of an open descriptor, such as --tun-fd 3, not ${text}`)
  }
  const devices = outside.filter(({ kind }) => kind === 'tun').length
  if (devices === 1) return Number(text)
  throw new UsageError(`--tun-fd is for a lab with one TUN device, and this one has ${devices}.`)
}

function summary({ node, losses }: Door, run: Run): string {
  const { entered, left } = run.outside(node)
  const lost = losses.length === 0 ? '' : ` ${losses.join('; ')}.`
  return `${node}: ${packets(entered)} came in, ${left} went out.${lost}\n`
}

/** How well virtual time was kept on the clock: so many turns were late by so much. */
function punctuality({ lateness }: Pacer): string {
  if (lateness.count === 0) return ''
  const rows = lateness.histogram().map(({ below, count }) => {
    const share = ((100 * count) / lateness.count).toFixed(1).padStart(5)
    return `  ${below === undefined ? `up to ${millis(lateness.worst)}` : `below ${millis(below)}`.padEnd(13)} ${share} %  ${count}\n`
  })
  return `Virtual time was late, beside the clock, in ${lateness.count} turns by\n${rows.join('')}`
}

const millis = (ns: number): string => `${Number((ns / 1e6).toPrecision(2))} ms`
