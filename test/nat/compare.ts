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

/**
 * Seconds may differ by two tenths: the rig looks every twentieth, and its machine has other things to do. A Linux timer
 * is late by up to one granule of its wheel besides (kernel/time/timer.c: 512 ms for 4 to 32 s, 4 s for more), and each
 * SYN is timed from the one before: C16.
 */
const isSame = (kernel: unknown, ours: unknown): boolean => {
  if (kernel === ours) return true
  if (typeof kernel !== 'number' || typeof ours !== 'number') return false
  return !(Number.isInteger(kernel) && Number.isInteger(ours)) && Math.abs(kernel - ours) <= 0.2 + lateness(ours)
}
/** Sums the granules of the waits of 4, 8, 16, 32 and 64 s that lie before this second of a connection attempt. */
function lateness(second: number): number {
  const waits: readonly (readonly [until: number, granule: number])[] = [
    [11, 0.064],
    [19, 0.512],
    [35, 0.512],
    [67, 0.512],
    [131, 4.096],
  ]
  return waits.reduce((sum, [until, granule]) => (second >= until ? sum + granule : sum), 0)
}

class Comparer {
  probes = 0
  agreed = 0
  readonly differences: string[] = []

  /** Fields of the kernel's that the simulator has, and all of its probes. */
  fields(kernel: unknown, ours: unknown, path: string): void {
    if (isProbe(kernel)) this.#probe(kernel, ours, path)
    else if (path === 'syn_sent_at_s' && Array.isArray(kernel)) this.#times(kernel, ours as number[], path)
    else if (Array.isArray(kernel)) {
      const hasProbes = kernel.some(isProbe)
      if (!hasProbes && ours === undefined) return
      for (const [i, one] of kernel.entries())
        this.fields(one, Array.isArray(ours) ? ours[i] : undefined, `${path}[${i}]`)
    } else if (isTree(kernel)) {
      for (const [name, value] of Object.entries(kernel))
        this.fields(value, isTree(ours) ? ours[name] : undefined, path === '' ? name : `${path}.${name}`)
    } else if (ours !== undefined && !isSame(kernel, ours)) this.differences.push(`${path}: ${kernel}, here ${ours}`)
  }

  /** From the first on: the rig notes that one late too. */
  #times(kernel: readonly number[], ours: readonly number[], path: string): void {
    const differs =
      kernel.length !== ours.length || kernel.some((time, i) => !isSame(time - kernel[0], ours[i] - ours[0] + 1e-6))
    if (differs) this.differences.push(`${path}: ${kernel}, here ${ours}`)
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
