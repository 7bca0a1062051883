/** Who did not hear whom in a tunnel or a dial-up that has failed, and what its user would see with Windows and with Linux. */
import { FailureWatch, type SceneTunnel } from '../../src/index.ts'
import { wrap } from '../draw.ts'
import { follower } from '../follow.ts'
import type { Model } from '../model.ts'
import { type Line, span } from '../text.ts'

const INDENT = 10

const watchOf = follower(
  ({ run }) => ({ watch: new FailureWatch(run.simulation.lab), ends: new Map<string, number>() }),
  ({ watch, ends }, event) => {
    watch.event(event)
    if (event.event === 'tunnel-end' || event.event === 'dial-end') ends.set(`${event.event} ${event.node}`, event.t)
  },
)

/** Nothing for one that is up, or was ended as wanted. Events too old to be remembered do not count. */
export function failureLines({ recorder }: Model, { client, end, kind }: SceneTunnel, columns: number): Line[] {
  if (end === undefined) return []
  const { watch, ends } = watchOf(recorder)
  const [ending, what] = kind === 'voluntary' ? (['tunnel-end', 'tunnel'] as const) : (['dial-end', 'dial-up'] as const)
  const failed = watch.failed.findLast(each => each.node === client && each.what === what)
  if (!failed || failed.t !== ends.get(`${ending} ${client}`)) return []
  const { windows, linux, hearing } = failed
  return [
    ...(hearing === undefined ? [] : said('GRE', [hearing], columns)),
    ...said('Windows', [`error ${windows.number}: ${windows.text}`], columns),
    ...said('Linux', linux.client, columns),
    ...said('server', linux.server, columns),
  ]
}

function said(who: string, words: readonly string[], columns: number): Line[] {
  const rows = words.flatMap(each => wrap(each, columns - INDENT - 1))
  return rows.map((text, i) => [span(`  ${i === 0 ? who : ''}`.padEnd(INDENT), 'muted'), span(text)])
}
