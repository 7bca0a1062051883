/** Plays one script in two worlds, tells where they part, and makes a script that tells them apart shorter. */
import { type Played, play } from './player.ts'
import type { Script, Step } from './script.ts'
import type { World } from './world.ts'

export interface Difference {
  readonly step: number
  readonly kernel: readonly string[]
  readonly here: readonly string[]
}

/** Where what was delivered differs, step by step. */
export function differences(kernel: Played, here: Played): Difference[] {
  const found: Difference[] = []
  const steps = Math.max(kernel.lines.length, here.lines.length)
  for (let step = 0; step < steps; step++) {
    const [theirs, ours] = [kernel.lines[step] ?? [], here.lines[step] ?? []]
    if (theirs.join('\n') !== ours.join('\n')) found.push({ step, kernel: theirs, here: ours })
  }
  return found
}

export interface Outcome {
  readonly differences: readonly Difference[]
  readonly deliveries: number
  /** How often it was played until the clock was right and nothing differed, or until that was given up. */
  readonly plays: number
}

/** A machine that is busy lets packets and clocks be late: what is so only once is not the box's doing. */
const PLAYS = 4
const LATE_MS = 150

export async function compareScript(script: Script, kernel: World, here: World, plays = PLAYS): Promise<Outcome> {
  const ours = await play(here, script)
  const deliveries = ours.lines.flat().length
  for (let count = 1; ; count++) {
    const theirs = await play(kernel, script)
    const found = differences(theirs, ours)
    const isSure = theirs.late < LATE_MS || count >= plays
    if ((found.length === 0 || count >= plays) && isSure) return { differences: found, deliveries, plays: count }
  }
}

/** Takes steps away as long as it still fails; at most so many tries. */
export async function shrink(script: Script, fails: (script: Script) => Promise<boolean>, tries = 60): Promise<Script> {
  let best = script
  let size = Math.ceil(script.steps.length / 2)
  while (size > 0) {
    const before = best
    let at = 0
    while (at < best.steps.length && tries > 0) {
      const steps: readonly Step[] = [...best.steps.slice(0, at), ...best.steps.slice(at + size)]
      const shorter = { ...best, steps }
      tries--
      if (await fails(shorter)) best = shorter
      else at += size
    }
    // What is gone may have been all that another step was for.
    if (size > 1) size = Math.floor(size / 2)
    else if (best === before) size = 0
  }
  return best
}
