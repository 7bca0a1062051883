/** Signals of telephone lines on their way: from them a scene shows who dials, where it rings, who answers and hangs up. */
import type { SimTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Recorder } from './recorder.ts'

type SignalEvent = Extract<TraceEvent, { event: 'line-signal' }>

export interface SceneSignal {
  readonly type: SignalEvent['type']
  /** Of a set-up. */
  readonly called: string | undefined
  /** Which of the lines of the link, from 1. */
  readonly line: number
  readonly hop: { readonly from: 0 | 1; readonly sent: SimTime; readonly arrives: SimTime }
}

/** A signal waits behind the octets that were sent before it, and not for longer than this. */
const LONGEST = 10e9

/** By link. Each is sent at one end and heard at the other; in between it is on its way, in order. */
export function signalsOn({ events, run }: Recorder): Map<number, SceneSignal[]> {
  const { lab, links, boots } = run.simulation
  const all = new Map<number, SceneSignal[]>()
  if (!links.some(({ type }) => type === 'serial')) return all
  const heard = new Map<string, number>()
  for (let i = events.length - 1; i >= 0 && events[i].t > run.now - LONGEST; i--) {
    const event = events[i]
    if (event.event !== 'line-signal') continue
    const [iface, number = '1'] = event.line.split('.')
    const link = lab.links.findIndex(({ ends }) => ends.some(end => end.node === event.node && end.iface === iface))
    if (link < 0 || !links[link].up) continue
    const end = lab.links[link].ends[0].node === event.node && lab.links[link].ends[0].iface === iface ? 0 : 1
    const from = event.way === 'sent' ? end : end === 0 ? 1 : 0
    const key = `${link} ${number} ${from}`
    const before = heard.get(key) ?? 0
    if (event.way === 'received') {
      heard.set(key, before + 1)
      continue
    }
    if (before > 0) {
      heard.set(key, before - 1)
      continue
    }
    const least = event.t + links[link].quality(from).delay
    // A machine without power hears nothing.
    if (least < run.now && boots.get(lab.links[link].ends[1 - from].node)?.power.on === false) continue
    const arrives = Math.max(run.now, least)
    const hop = { from, sent: event.t, arrives } as const
    const made = { type: event.type, called: event.called, line: Number(number), hop }
    all.set(link, [made, ...(all.get(link) ?? [])])
  }
  return all
}
