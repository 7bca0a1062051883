/** The timers of a tunnel's machines: how long each still runs, as a bar that empties. */
import type { SceneLayer, SceneTunnel } from '../../src/index.ts'
import { type Line, left, right, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'

/** `ackTimeOut` is `ack time out`. */
export const spaced = (name: string): string => name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** What a timer is set to, in seconds, where it is always the same; of the others a bar is as long as the longest of them. */
const SET: Readonly<Record<string, number>> = {
  restart: 3,
  peerRestart: 3,
  ownRestart: 3,
  ackTimeOut: 3,
  ackDelay: 0.5,
  reply: 60,
  echo: 60,
  close: 60,
  'time-wait': 60,
  'fin-wait-2': 60,
}
const OTHERS = 60

export const BAR = 12

/** `■■■■■■■■■□□□`: full is what it was set to; under a fifth it warns. */
export function bar(left: number, whole: number, cells = BAR): Span {
  const share = Math.min(1, left / whole)
  const filled = Math.max(1, Math.round(share * cells))
  return span('■'.repeat(filled) + '□'.repeat(cells - filled), share < 0.2 ? 'warn' : 'muted')
}

export interface TimerRow {
  readonly who: string
  readonly name: string
  readonly due: number
}

/** Of all machines, the one that fires first before the others. */
export function timersOf({ layers, inside }: SceneTunnel, now: number): TimerRow[] {
  const all = [
    ...layers.map(({ name, timers }: SceneLayer) => ({ who: name as string, timers })),
    ...inside.map(({ name, timers }) => ({ who: name as string, timers })),
  ]
  return all
    .flatMap(({ who, timers }) => Object.entries(timers).map(([name, due]) => ({ who, name, due })))
    .filter(({ due }) => due >= now)
    .sort((a, b) => a.due - b.due)
}

/** `  LCP  restart        2.820 s ■■■■■■■■■■■□` */
export function timerLines(tunnel: SceneTunnel, now: number, columns: number): Line[] {
  return timersOf(tunnel, now).map(({ who, name, due }) => {
    const whole = (SET[name] ?? OTHERS) * 1e9
    const text = `  ${left(who, 5)} ${left(spaced(name), 14)}${right(seconds(due - now), 9)} s `
    return [span(text), bar(due - now, whole, Math.max(4, Math.min(40, columns - text.length - 2)))]
  })
}
