/** The two ways in which a case does not pass, and waiting with an end. */
import { setTimeout as sleep } from 'node:timers/promises'

/** What was to be shown is not so: the case has failed. */
export class Failure extends Error {}

/** The surroundings lack something: nothing was shown either way. The message says what to do. */
export class Lacking extends Error {}

export const check: (condition: boolean, reason: string) => asserts condition = (condition, reason) => {
  if (!condition) throw new Failure(reason)
}

const POLL_MS = 25

/** The first answer that is not undefined or false; after so many seconds without one, a failure with this reason. */
export async function until<T>(seconds: number, reason: string, look: () => T | undefined | false): Promise<T> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Failure(`${reason} (waited ${seconds} s)`)
    await sleep(POLL_MS)
  }
}
