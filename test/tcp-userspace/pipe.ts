/** Two stacks with a line between them that loses, doubles, delays and spoils segments, in virtual time. */
import { type Discard, type TcpEnv, type TcpOptions, TcpStack } from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import { Scheduler } from '../../src/base/scheduler.ts'

export const LEFT = ip('10.0.0.1')
export const RIGHT = ip('10.0.0.2')

export interface Line {
  readonly seed: number
  readonly loss: number
  readonly duplication: number
  readonly corruption: number
  /** Each segment takes between 1 ms and that many milliseconds, so they overtake each other. */
  readonly jitterMs: number
}

export function pipe(line: Line, options: { left?: TcpOptions; right?: TcpOptions; isn?: () => number } = {}) {
  const scheduler = new Scheduler()
  const random = seededRandom(line.seed)
  const states = new Set<string>()
  const discards = new Map<Discard, number>()
  const sent = { segments: 0 }

  function env(name: string, deliver: (bytes: Uint8Array, source: number, destination: number) => void): TcpEnv {
    const own: Random = random.fork(name)
    const draws = { isn: own.fork('isn'), port: own.fork('port') }
    const fate = own.fork('fate')
    return {
      now: () => scheduler.now,
      timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
      random32: purpose => draws[purpose].uint32(),
      buffer: length => ({ bytes: new Uint8Array(length), start: 0, end: length }),
      send(buffer, source, destination) {
        sent.segments++
        const copies = fate.chance(line.loss) ? 0 : fate.chance(line.duplication) ? 2 : 1
        for (let n = 0; n < copies; n++) {
          const bytes = Uint8Array.from(buffer.bytes)
          if (fate.chance(line.corruption)) bytes[fate.below(bytes.length)] ^= 1 << fate.below(8)
          const delay = 1_000_000 * (1 + fate.below(Math.max(1, line.jitterMs)))
          scheduler.after(delay, name, () => deliver(bytes, source, destination))
        }
      },
      maxSegment: () => 1480,
      trace: { state: (_, from, to) => states.add(from).add(to), retransmit: () => {} },
    }
  }

  const count = (discard: Discard | undefined): void => {
    if (discard) discards.set(discard, (discards.get(discard) ?? 0) + 1)
  }
  const { isn } = options
  const numbers = isn ? { initialSequence: isn } : {}
  const left: TcpStack = new TcpStack(
    env('left', (bytes, source, destination) => count(right.receive(bytes, 0, bytes.length, source, destination))),
    { ...numbers, ...options.left },
  )
  const right: TcpStack = new TcpStack(
    env('right', (bytes, source, destination) => count(left.receive(bytes, 0, bytes.length, source, destination))),
    { ...numbers, ...options.right },
  )
  return {
    scheduler,
    left,
    right,
    states,
    discards,
    sent,
  }
}
