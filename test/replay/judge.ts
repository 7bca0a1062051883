/** Compares what our node said with what the captured one said: kinds and their order in each channel, and every field. */
import { hex } from '../../src/base/bytes.ts'
import type { Channel, Message } from './capture.ts'

export interface Difference {
  readonly kind: 'missing' | 'extra' | 'field'
  readonly channel: Channel
  readonly type: string
  /** For `field`: its path, `options.2.body`, and both values; for the others '' and a summary of the message. */
  readonly field: string
  readonly captured: string
  readonly ours: string
}

export function compare(captured: readonly Message[], ours: readonly Message[]): readonly Difference[] {
  const channels = new Set([...captured, ...ours].map(m => m.channel))
  return [...channels].flatMap(channel => align(inChannel(captured, channel), inChannel(ours, channel)))
}

const inChannel = (messages: readonly Message[], channel: Channel) => messages.filter(m => m.channel === channel)

/** The cheapest way to lay the two rows side by side without changing their order; what is missing is missing at the end. */
function align(captured: readonly Message[], ours: readonly Message[]): readonly Difference[] {
  const known = new Map<string, Plan>()
  const from = (i: number, j: number): Plan => {
    const key = `${i} ${j}`
    const found = known.get(key) ?? best(i, j)
    known.set(key, found)
    return found
  }
  const best = (i: number, j: number): Plan => {
    if (i === captured.length && j === ours.length) return { cost: 0, differences: [] }
    const plans: Plan[] = []
    if (i < captured.length && j < ours.length && captured[i].type === ours[j].type) {
      plans.push(plan(fields(captured[i], ours[j]), 1, from(i + 1, j + 1)))
    }
    if (j < ours.length) plans.push(plan([gap('extra', ours[j])], GAP, from(i, j + 1)))
    if (i < captured.length) plans.push(plan([gap('missing', captured[i])], GAP, from(i + 1, j)))
    return plans.reduce((a, b) => (b.cost < a.cost ? b : a))
  }
  return from(0, 0).differences
}

/** Dearer than any number of fields. */
const GAP = 1000

interface Plan {
  readonly cost: number
  readonly differences: readonly Difference[]
}

const plan = (differences: readonly Difference[], price: number, rest: Plan): Plan => ({
  cost: differences.length * price + rest.cost,
  differences: [...differences, ...rest.differences],
})

function gap(kind: 'missing' | 'extra', { channel, type, value }: Message): Difference {
  const text = [...flat(value)].map(([name, v]) => `${name} ${v}`).join(', ')
  const [captured, ours] = kind === 'missing' ? [text, ''] : ['', text]
  return { kind, channel, type, field: '', captured, ours }
}

function fields(captured: Message, ours: Message): readonly Difference[] {
  const { channel, type } = captured
  const a = flat(captured.value)
  const b = flat(ours.value)
  const differing = [...new Set([...a.keys(), ...b.keys()])].filter(name => a.get(name) !== b.get(name))
  return differing.map(field => {
    const [x, y] = [a.get(field) ?? 'absent', b.get(field) ?? 'absent']
    return { kind: 'field', channel, type, field, captured: x, ours: y }
  })
}

/** `options.0.type` and so on; octets in hexadecimal. */
function flat(value: unknown, path = '', out = new Map<string, string>()): ReadonlyMap<string, string> {
  if (value instanceof Uint8Array) out.set(path, hex(value))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, v] of Object.entries(value)) flat(v, path === '' ? key : `${path}.${key}`, out)
  } else out.set(path, String(value))
  return out
}

export const show = ({ kind, channel, type, field, captured, ours }: Difference): string =>
  kind === 'field'
    ? `${channel} ${type}: ${field} is ${ours}, captured ${captured}`
    : `${channel} ${type} is ${kind}: ${captured}${ours}`
