/** `pptp-lab run LAB`: a run, as fast as it goes or with the clock, and everything that looks at it. */
import { setImmediate as breathe } from 'node:timers/promises'
import { type Lab, parseDuration, Run, type RunResult } from '../../index.ts'
import { checkedLab, type LabFile, overridesOf, readLab, refuseOutside, replayOf } from '../files.ts'
import { Pacer } from '../pacer.ts'
import { version } from '../package.ts'
import { Quiz } from '../quiz.ts'
import { JsonVoice, StoryVoice } from '../quiz-voice.ts'
import type { Replayed } from '../report.ts'
import { err } from '../terminal.ts'
import { type Action, UsageError } from '../usage.ts'
import { checkFlags, Watch, type WatchFlags } from '../watch.ts'

export interface RunFlags extends WatchFlags {
  readonly seed?: string
  readonly set?: readonly string[]
  readonly until?: string
  readonly speed?: string
}

/** Events between two looks at the world outside (^C). */
const SLICE = 2000

export const runLab: Action = async ([name], options) => {
  const flags = options as RunFlags
  checkFlags(flags)
  if (flags.quiz && flags.speed !== undefined) {
    throw new UsageError('--quiz waits for answers, and the clock of --speed waits for nobody: choose one.')
  }
  const speed = speedOf(flags.speed)
  const own = overridesOf(flags)
  const file = await readLab(name, own)
  const lab = checkedLab(file)
  refuseOutside(lab, file)
  const run = new Run(lab, { ...replayOf(file, lab), ...untilOf(flags) })
  const asks = lab.questions.length > 0
  if (flags.quiz && !asks) err(`${lab.name} asks no questions; those of a lab stand in its \`ask\`.\n`)
  const quiz = flags.quiz === true && asks
  const watch = new Watch(run, lab, file, { ...flags, quiz })
  const game = quiz ? quizOf(run, lab, watch, flags) : undefined
  try {
    watch.begin()
    if (speed === undefined) await hurry(run, watch, game)
    else await new Pacer(run, { speed, look: () => watch.look() }).play()
    const changed = own.length > 0 || flags.until !== undefined
    const status = watch.end(result => (changed ? undefined : compare(file, result)))
    game?.summary()
    return status
  } finally {
    game?.close()
    watch.close()
  }
}

function quizOf(run: Run, lab: Lab, watch: Watch, { json = false }: RunFlags): Quiz {
  const pause = () => watch.pause()
  const voice = json ? new JsonVoice(pause) : new StoryVoice(pause)
  return new Quiz({ run, lab, voice, enough: watch.enough })
}

async function hurry(run: Run, watch: Watch, quiz: Quiz | undefined): Promise<void> {
  await quiz?.turn()
  for (let over = false; !over && watch.look(); ) {
    over = run.advance(SLICE, quiz?.before)
    await quiz?.turn()
    await breathe()
  }
  watch.look()
  quiz?.end()
}

export function untilOf({ until }: RunFlags): { until?: number } {
  if (until === undefined) return {}
  const duration = parseDuration(until)
  if (duration === undefined) {
    throw new UsageError(`--until wants a time with its unit, such as 5s or 300ms, not ${until}`)
  }
  return { until: duration }
}

function speedOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'max') return undefined
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed >= 0.01 && speed <= 100) return speed
  throw new UsageError(`--speed wants a number from 0.01 to 100, or max, not ${text}`)
}

/** Is a repetition what was recorded? Undefined where nothing can be compared. */
function compare({ recorded }: LabFile, { fingerprint }: RunResult): Replayed | undefined {
  if (recorded?.end === undefined) return undefined
  const same = recorded.end.fingerprint === fingerprint
  return { same, recorded: recorded.end.fingerprint, recordedBy: recorded.version, version: version() }
}
