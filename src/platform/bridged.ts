/** A run with the clock on the wall, whose doors to the outside are open: what `bridge` and `tui --bridge` have in common. */
import { type Lab, Run, type RunOptions } from '../index.ts'
import { type Door, packets } from './doors/door.ts'
import { openTun, planTun } from './doors/tun.ts'
import { openUdp, planUdp } from './doors/udp.ts'
import { checkedLab, isOutside, type LabFile, type OutsideSpec } from './files.ts'
import { Pacer } from './pacer.ts'
import { UsageError } from './usage.ts'

/** A lab that can be bridged. */
export interface BridgedLab {
  readonly lab: Lab
  readonly outside: readonly OutsideSpec[]
  /** Of `--tun-fd`. */
  readonly descriptor: number | undefined
}

/** The lab with its ways out; a UsageError if it has none, or is not to be bridged. */
export function bridgedLab(name: string, file: LabFile, tunFd: string | undefined): BridgedLab {
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
  return { lab, outside, descriptor: descriptorOf(tunFd, outside) }
}

function descriptorOf(text: string | undefined, outside: readonly OutsideSpec[]): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,4}$/.test(text)) {
    throw new UsageError(`--tun-fd wants the number of an open descriptor, such as --tun-fd 3, not ${text}`)
  }
  const devices = outside.filter(({ kind }) => kind === 'tun').length
  if (devices === 1) return Number(text)
  throw new UsageError(`--tun-fd is for a lab with one TUN device, and this one has ${devices}.`)
}

/** What opening the doors changes on this machine. */
export const plan = ({ lab, outside, descriptor }: BridgedLab): string =>
  outside
    .map(spec => (spec.kind === 'udp' ? planUdp(spec) : planTun(spec, mtuOf(spec, lab), descriptor)))
    .map(lines => `${lines.join('\n')}\n`)
    .join('\n')

/** That of the one link of the node. */
const mtuOf = ({ interfaces }: OutsideSpec, lab: Lab): number => lab.links[interfaces[0].link].mtu

/** All doors of a lab, or none: what was opened is closed again if one cannot be. */
export async function openDoors({ lab, outside, descriptor }: BridgedLab): Promise<readonly Door[]> {
  const doors: Door[] = []
  try {
    for (const spec of outside) {
      doors.push(spec.kind === 'udp' ? await openUdp(spec) : openTun(spec, mtuOf(spec, lab), descriptor))
    }
    return doors
  } catch (error) {
    for (const door of doors) door.close()
    throw error
  }
}

export interface BridgedOptions {
  /** Is told of packets from outside before they enter. The views are valid during the call only. */
  readonly note: (t: number, node: string, views: readonly Uint8Array[]) => void
  /** Called after each turn, and about ten times a second at least. False ends the run. */
  readonly look: () => boolean
}

/** Time zero is now. */
export const bridgedRun = (lab: Lab, options: RunOptions): Run =>
  new Run(lab, { ...options, timeZero: Math.round((performance.timeOrigin + performance.now()) * 1000) })

/** The clock goes from here on. */
export class Bridged {
  readonly run: Run
  /** Why it has come to an end that nobody wanted. */
  trouble: string | undefined
  readonly #doors: readonly Door[]
  readonly #pacer: Pacer

  constructor(run: Run, doors: readonly Door[], { note, look }: BridgedOptions) {
    this.run = run
    this.#doors = doors
    this.#pacer = new Pacer(run, { speed: 1, look: () => look() && this.trouble === undefined })
    for (const door of doors) {
      const { node } = door
      run.outside(node).onLeave(bytes => door.send(bytes))
      door.start({
        packets: views => this.#pacer.enter(node, views, t => note(t, node, views)),
        broken: problem => {
          this.trouble ??= problem
        },
      })
    }
  }

  /** Until the run is over, or `look` or a door wants the end. */
  play(): Promise<void> {
    return this.#pacer.play()
  }

  /** How late virtual time was at the last turn: nanoseconds. */
  get late(): number {
    return this.#pacer.late
  }

  /** What went through each door, and how well virtual time was kept on the clock. */
  get summary(): string {
    return `${this.#doors.map(door => passed(door, this.run)).join('')}${punctuality(this.#pacer)}`
  }
}

function passed({ node, losses }: Door, run: Run): string {
  const { entered, left } = run.outside(node)
  const lost = losses.length === 0 ? '' : ` ${losses.join('; ')}.`
  return `${node}: ${packets(entered)} came in, ${left} went out.${lost}\n`
}

/** So many turns were late by so much. */
function punctuality({ lateness }: Pacer): string {
  if (lateness.count === 0) return ''
  const rows = lateness.histogram().map(({ below, count }) => {
    const share = ((100 * count) / lateness.count).toFixed(1).padStart(5)
    return `  ${below === undefined ? `up to ${millis(lateness.worst)}` : `below ${millis(below)}`.padEnd(13)} ${share} %  ${count}\n`
  })
  return `Virtual time was late, beside the clock, in ${lateness.count} turns by\n${rows.join('')}`
}

const millis = (ns: number): string => `${Number((ns / 1e6).toPrecision(2))} ms`
