/** Captures of a run's links, from its beginning: who holds them writes them out. */
import type { EventName } from '../base/trace.ts'
import { captureName, hostNames, LinkCapture } from './capture.ts'
import type { NodeSpec } from './lab.ts'
import type { Run } from './run.ts'

/** What becomes a comment. */
const NOTED: ReadonlySet<EventName> = new Set(['drop', 'nat', 'nat-helper'])
const translates = (node: NodeSpec): boolean => 'nat' in node && node.nat !== undefined

export interface WatchedLink {
  /** `alice_eth0-isp_eth0.pcapng` */
  readonly name: string
  readonly capture: LinkCapture
}

/**
 * Watches links of a run in which nothing has happened yet; `mark` is the fingerprint of the lab's text, `links` are
 * numbers of links, and all of them when absent.
 */
export function watchLinks(run: Run, mark: string, links?: readonly number[]): readonly WatchedLink[] {
  const { lab, links: all } = run.simulation
  const watched = [...all.entries()]
    .filter(([index]) => links?.includes(index) ?? true)
    .map(([index, link]) => {
      const capture = new LinkCapture(link, hostNames(lab), mark, run.timeZero)
      run.tap(index, frame => capture.frame(frame))
      return { name: captureName(link), capture }
    })
  // Translations are told packet by packet, which costs time: only where somebody translates.
  run.listen(event => {
    if (NOTED.has(event.event)) for (const { capture } of watched) capture.event(event)
  }, lab.nodes.some(translates))
  return watched
}
