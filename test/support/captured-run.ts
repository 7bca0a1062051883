/** A whole run of a lab in `topologies`, with its trace and a capture of each link. */
import {
  fingerprintOf,
  hostNames,
  type Lab,
  LinkCapture,
  load,
  type Override,
  Run,
  type RunResult,
  renderIssues,
  type TraceEvent,
} from '../../src/index.ts'

export interface CapturedLink {
  readonly name: string
  /** pcapng. */
  readonly bytes: Uint8Array
  /** How many frames the link was given. */
  readonly frames: number
}

export interface CapturedRun {
  readonly lab: Lab
  readonly run: Run
  readonly result: RunResult
  readonly events: readonly TraceEvent[]
  readonly links: readonly CapturedLink[]
}

/** The checked lab of a text that must be right. */
export function labOf(text: string, overrides: readonly Override[] = []): Lab {
  const loaded = load(text, 'lab', overrides)
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  return loaded.lab
}

export function capturedRun(text: string, overrides: readonly Override[] = []): CapturedRun {
  const lab = labOf(text, overrides)
  const run = new Run(lab)
  const events: TraceEvent[] = []
  run.listen(event => events.push(event))
  const captures = run.simulation.links.map((link, index) => {
    const capture = new LinkCapture(link, hostNames(lab), fingerprintOf(text))
    run.tap(index, frame => capture.frame(frame))
    return { name: link.name, capture }
  })
  run.listen(event => {
    for (const { capture } of captures) capture.event(event)
  })
  run.advance()
  const links = captures.map(({ name, capture }) => {
    const bytes = capture.take(run.simulation.world.scheduler.now, true)
    return { name, bytes, frames: capture.frames }
  })
  return { lab, run, result: run.result(), events, links }
}
