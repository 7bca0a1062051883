/**
 * What can be said of a run afterwards: of all of it, of one packet, one call, one machine. A packet is named as `run`
 * names it (`alice#33`), by its number in the terminal UI's list (`40`), or by the frame of a capture
 * (`alice_eth0-isp_eth0:17`): all three are told of a packet that is explained.
 */
import type { Call } from './calls.ts'
import type { FrameName, Survey } from './survey.ts'

export type { Call, CallEnd, CallMessage, GreWay, LostPackets } from './calls.ts'
export { follow, type Life, type Step } from './follow.ts'
export { type Drops, type FrameName, type Rewrites, type Source, type Survey, survey } from './survey.ts'
export { callLines, heardSentence, lifeLines, nodeLines, surveyLines } from './text.ts'

/** `out/alice_eth0-isp_eth0.pcapng:17` */
export function frameName(text: string): FrameName | undefined {
  const [, capture, number] = /^(?:.*[\\/])?([^\\/:#]+?)(?:\.pcapng)?:(\d+)$/.exec(text) ?? []
  return capture === undefined ? undefined : { capture, number: Number(number) }
}

/** The packet that is meant; or a sentence about why there is none. */
export function packetCalled(survey: Survey, text: string): { readonly packet: string } | { readonly problem: string } {
  const { journeys, numbers, carriers, made, frames } = survey
  const frame = frameName(text)
  if (frame) {
    if (survey.wanted !== undefined) return { packet: survey.wanted }
    const count = frames.get(frame.capture)
    if (count !== undefined)
      return { problem: `The capture ${frame.capture} has ${count} frames, so none is number ${frame.number}.` }
    return { problem: `There is no capture ${frame.capture}; there are ${[...frames.keys()].join(', ')}.` }
  }
  if (/^\d+$/.test(text)) {
    const wanted = Number(text)
    for (const [packet, number] of numbers) if (number === wanted) return { packet }
    const last = new Set(numbers.values()).size
    return { problem: `There is no packet number ${text}: the last is ${last}.` }
  }
  if (journeys.has(text)) return { packet: text }
  const carrier = carriers.get(text)
  if (carrier !== undefined) return { packet: carrier }
  const [, node, number] = /^(.+)#(\d+)$/.exec(text) ?? []
  const last = made.get(node ?? '')
  if (last !== undefined && Number(number) <= last) {
    const near = nearTo(journeys, node, Number(number), last)
    return { problem: `${text} was never on its way by itself: it is part of another. Next to it are ${near}.` }
  }
  if (last !== undefined)
    return { problem: `There is no packet ${text}: the last that ${node} made is ${node}#${last}.` }
  return {
    problem: `There is no packet ${text}. Packets are called alice#33, as run tells them with a drop or with --verbose, or by their number in the terminal UI, or by the frame of a capture: alice_eth0-isp_eth0:17.`,
  }
}

/** The packets of the same machine right before and right behind, as far as they were seen. */
function nearTo(journeys: ReadonlyMap<string, number>, node: string, number: number, last: number): string {
  const find = (step: 1 | -1): string[] => {
    for (let each = number + step; each > 0 && each <= last; each += step) {
      if (journeys.has(`${node}#${each}`)) return [`${node}#${each}`]
    }
    return []
  }
  return [...find(-1), ...find(1)].join(' and ')
}

/** By its number, or its first asker or answerer of this name. */
export const callCalled = ({ calls }: Survey, text: string): Call | undefined =>
  /^\d+$/.test(text)
    ? calls.calls[Number(text) - 1]
    : (calls.calls.find(({ asker }) => asker.node === text) ??
      calls.calls.find(({ answerer }) => answerer?.node === text))
