/** Compares what a case saw in the simulator with what the kernel was recorded to do. */

import type { Cases } from './case.ts'
import { A } from './cases-a.ts'
import { B } from './cases-b.ts'
import { C } from './cases-c.ts'
import { D } from './cases-d.ts'
import { Rig } from './rig.ts'

export interface Recorded {
  readonly case: string
  readonly title: string
  readonly obs: Readonly<Record<string, unknown>>
  /** Why it could not be measured. */
  readonly error?: string
}
export interface Comparison {
  readonly probes: number
  readonly probesAgreed: number
  readonly missing: boolean
  readonly differences: readonly string[]
}

const CASES: Cases = { ...A, ...B, ...C, ...D }

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const isProbe = (value: unknown): value is Tree => isTree(value) && 'received_by' in value

/** What counts of a probe. */
function essence({ outcome, received_by }: Tree): string {
  const by = Object.entries(received_by as Record<string, { src: string; dst: string; callid?: number }>)
  const who = by.map(([name, { src, dst, callid }]) => `${name} ${src}>${dst} cid ${callid ?? '-'}`)
  return [outcome, ...who.sort()].join(', ')
}

/** Seconds may differ by two tenths: the rig looks every twentieth, and its machine has other things to do. */
const SLACK = 0.2
const isSame = (kernel: unknown, ours: unknown): boolean => {
  if (kernel === ours) return true
  if (typeof kernel !== 'number' || typeof ours !== 'number') return false
  return !(Number.isInteger(kernel) && Number.isInteger(ours)) && Math.abs(kernel - ours) <= SLACK
}

/**
 * A Linux timer is never early, and late by up to one granule of its wheel (kernel/time/timer.c, at 250 Hz), wherever the
 * machine's clock then stands: kernels waited 32.5 s, 34.1 s and 33.0 s for the same 32 s. README.md has the numbers.
 */
function isWait(kernel: number, ours: number): boolean {
  const granule = ours < 2.048 ? 0.032 : ours < 16.384 ? 0.256 : ours < 131.072 ? 2.048 : 16.384
  return kernel - ours >= -SLACK && kernel - ours <= granule + SLACK
}

/**
 * What is not compared of a case: tables of connections and expectations as text (probes show what they do), settings and
 * route caches of the kernel's own, what the rig repeats of its own sending, and captures in the middle of the network.
 */
const LEFT_OUT = new RegExp(
  `(^|\\.)(${[
    'ct(_(?!state)\\w+)?|expect\\w*|unreplied|first_reply|second_reply',
    'default_sysctl|tcp_syn_\\w+|automatic_helper_\\w+|\\w+_route_cache|s_to_c|conntrack_S_delta',
    'CCRQ_sent_callid|CDN_sent_callid',
    'fragments_seen_up\\.(c1|nat|r)\\..*',
  ].join('|')})$`,
)

class Comparer {
  probes = 0
  agreed = 0
  readonly differences: string[] = []

  /** All that the kernel showed, but for what is left out. */
  fields(kernel: unknown, ours: unknown, path: string): void {
    if (LEFT_OUT.test(path)) return
    if (isProbe(kernel)) this.#probe(kernel, ours, path)
    else if (isTree(kernel) && 'syn_sent_at_s' in kernel) this.#attempt(kernel, ours)
    else if (Array.isArray(kernel)) {
      for (const [i, one] of kernel.entries())
        this.fields(one, Array.isArray(ours) ? ours[i] : undefined, `${path}[${i}]`)
    } else if (isTree(kernel)) {
      for (const [name, value] of Object.entries(kernel))
        this.fields(value, isTree(ours) ? ours[name] : undefined, path === '' ? name : `${path}.${name}`)
    } else if (!isSame(kernel, ours)) this.differences.push(`${path}: ${kernel}, here ${ours ?? 'not looked at'}`)
  }

  /** An attempt to connect (C16): each SYN, and giving up, is timed from the SYN before. */
  #attempt(kernel: Tree, ours: unknown): void {
    const times = (tree: unknown): number[] =>
      isTree(tree) ? [...(tree.syn_sent_at_s as number[]), tree.gave_up_after_s as number] : []
    const [theirs, here] = [times(kernel), times(ours)]
    const differs =
      theirs.length !== here.length ||
      here.some((time, i) => i > 0 && !isWait(theirs[i] - theirs[i - 1], time - here[i - 1]))
    if (differs) this.differences.push(`seconds: ${theirs}, here ${here}`)
    if (!isTree(ours) || kernel.error !== ours.error) this.differences.push(`error: ${kernel.error}`)
  }

  /** Probes only. */
  probesOf(kernel: unknown, ours: unknown, path: string): void {
    if (isProbe(kernel)) this.#probe(kernel, ours, path)
    else if (Array.isArray(kernel))
      for (const [i, one] of kernel.entries())
        this.probesOf(one, Array.isArray(ours) ? ours[i] : undefined, `${path}[${i}]`)
    else if (isTree(kernel))
      for (const [name, value] of Object.entries(kernel))
        this.probesOf(value, isTree(ours) ? ours[name] : undefined, path === '' ? name : `${path}.${name}`)
  }

  #probe(kernel: Tree, ours: unknown, path: string): void {
    this.probes++
    const theirs = essence(kernel)
    const here = isProbe(ours) ? essence(ours) : 'no such probe'
    if (theirs === here) this.agreed++
    else this.differences.push(`${path} ${kernel.probe}: ${theirs}; here ${here}`)
  }
}

/** Ports that the NAT chose, which no two runs have in common. */
const CHOSEN: ReadonlySet<string> = new Set(['B3', 'B28', 'B30'])

export function compare({ case: id, obs }: Recorded): Comparison {
  const comparer = new Comparer()
  const play = CASES[id]
  let ours: unknown
  try {
    ours = play?.(new Rig())
  } catch (error) {
    comparer.differences.push(String(error))
  }
  comparer.fields(obs, ours, '')
  if (!play) comparer.differences.push('is missing')
  return {
    probes: comparer.probes,
    probesAgreed: comparer.agreed,
    missing: !play,
    differences: CHOSEN.has(id) ? comparer.differences.filter(text => text.includes('probes[')) : comparer.differences,
  }
}

/** Probes of which two measurements tell otherwise. */
export function probesDiffer({ obs: before }: Recorded, { obs: now }: Recorded): string[] {
  const comparer = new Comparer()
  comparer.probesOf(before, now, '')
  return comparer.differences
}
