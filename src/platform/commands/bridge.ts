/** `pptp-lab bridge LAB`: a lab with the clock on the wall, whose doors to the outside are open. */
import type { Run } from '../../index.ts'
import { Bridged, bridgedLab, bridgedRun, openDoors, plan } from '../bridged.ts'
import type { Door } from '../doors/door.ts'
import { overridesOf, readLab } from '../files.ts'
import { err, out } from '../terminal.ts'
import { type Action, EXIT } from '../usage.ts'
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
  const bridged = bridgedLab(name, file, flags['tun-fd'])
  if (flags['dry-run']) {
    out(plan(bridged))
    return EXIT.good
  }
  const doors = await openDoors(bridged)
  try {
    const run = bridgedRun(bridged.lab, { ...untilOf(flags), fingerprint: needsFingerprint(flags) })
    const watch = new Watch(run, bridged.lab, file, flags)
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
  let told = Number.NEGATIVE_INFINITY
  watch.begin()
  for (const door of doors) err(`${door.told}\n`)
  const bridged = new Bridged(run, doors, {
    note: (t, node, views) => watch.recording?.inputs(t, node, views),
    look: () => {
      const now = performance.now()
      if (bridged.late > LATE && now - told > REMIND) {
        told = now
        const behind = (bridged.late / 1e9).toFixed(2)
        err(`This machine cannot keep up: the simulation is ${behind} s behind the clock, and packets wait for it.\n`)
      }
      return watch.look()
    },
  })
  await bridged.play()
  const status = watch.end(() => undefined)
  err(bridged.summary)
  if (bridged.trouble === undefined) return status
  err(`${bridged.trouble}\n`)
  return EXIT.usage
}
