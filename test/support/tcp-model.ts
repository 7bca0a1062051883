/**
 * Two stacks, two lines and two users, all drawn from a seed; and what must be true whatever they do:
 *
 * - each side reads, in order, exactly what the other wrote, or a beginning of it when the connection broke, and it broke
 *   only for a cause that the seed has in it (an abort, a line that died or that loses very much);
 * - both ends reach CLOSED, no timer of theirs is left, and nothing is told after `closed`;
 * - every buffer that a stack asked for is sent, once; what `receive`, `write` and `data` were given is theirs during the
 *   call only.
 */
import {
  type CloseReason,
  type Connection,
  type ConnectionHandlers,
  type KeepAliveOptions,
  type Quote,
  type SegmentBuffer,
  type TcpEnv,
  type TcpOptions,
  TcpStack,
  type TcpTimer,
} from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import { Scheduler, type Timer } from '../../src/base/scheduler.ts'
import { ms, sec } from '../../src/base/time.ts'

const ADDRESSES = [ip('10.0.0.1'), ip('10.0.0.2')] as const
const LISTENING = 80
/** A run that takes more steps than this does not end. */
const MAX_STEPS = 3_000_000
/** Whoever hears nothing for so long gives up, if there is a cause for silence. */
const PATIENCE = sec(86_400)
const SCRIBBLE = 0xee

type Side = 0 | 1
const SIDES: readonly Side[] = [0, 1]
const other = (side: Side): Side => (side === 0 ? 1 : 0)

/** One way of the line. */
interface Way {
  readonly loss: number
  readonly duplication: number
  readonly corruption: number
  readonly delay: number
  readonly jitter: number
  /** Some segments take this much longer. */
  readonly late: number
  readonly lateBy: number
  /** Nothing passes between these moments. */
  readonly outage: readonly [number, number]
  /** What a router on the way carries, and whether it says so when something was too big. */
  readonly mtu: number
  readonly says: boolean
}

interface User {
  readonly opens: boolean
  readonly total: number
  readonly chunk: number
  /** Time between two writes; 0: all at once, as room allows. */
  readonly think: number
  readonly noDelay: boolean
  /** Every so many deliveries the reader pauses for so long; 0: never. */
  readonly pauseEvery: number
  readonly pauseFor: number
  /** When it ends its half: after the last octet, or only after the peer has. */
  readonly ends: 'when written' | 'after the peer' | 'at once when the peer does'
  /** The moment of an abort. */
  readonly abortAt: number | undefined
}

export interface Scene {
  readonly seed: number
  readonly ways: readonly [Way, Way]
  readonly users: readonly [User, User]
  readonly options: readonly [TcpOptions, TcpOptions]
  readonly mtus: readonly [number, number]
  /** The line dies then. */
  readonly deadAt: number | undefined
}

function drawScene(seed: number): Scene {
  const random = seededRandom(seed)
  const pick = <T>(stream: Random, ...values: readonly T[]): T => values[stream.below(values.length)]
  const general = random.fork('general')
  const simultaneous = general.chance(0.1)
  const deadAt = general.chance(0.04) ? ms(general.below(3000)) : undefined
  const bad = general.chance(0.75)
  const smallest = pick(general, 100, 100, 296, 576, 1500, 1500, 1500, 9000)
  const mtus = [smallest, general.chance(0.5) ? smallest : 1500] as const
  const way = (name: string): Way => {
    const own = random.fork(name)
    const some = (most: number): number => (bad && own.chance(0.5) ? own.below(1000) * (most / 1000) : 0)
    const from = own.chance(bad ? 0.15 : 0) ? ms(own.below(2000)) : Number.POSITIVE_INFINITY
    return {
      loss: some(0.25),
      duplication: some(0.2),
      corruption: some(0.08),
      delay: ms(pick(own, 0, 1, 1, 10, 40, 200)),
      jitter: ms(bad ? pick(own, 0, 0, 3, 30, 300) : 0),
      late: some(0.15),
      lateBy: ms(pick(own, 5, 50, 500, 5000)),
      outage: [from, from + ms(own.below(20_000))],
      mtu: own.chance(0.15) ? pick(own, 576, 700, 1006, 1400) : 65_535,
      says: own.chance(0.6),
    }
  }
  const options = [drawOptions(random.fork('options left')), drawOptions(random.fork('options right'))] as const
  const user = (name: string, side: Side): User => {
    const own = random.fork(name)
    const chunk = 1 + own.below(pick(own, 10, 2000, 20_000))
    const noDelay = own.chance(0.3)
    // No more than a few hundred segments, however small they are.
    const segment = Math.min(
      smallest - 40,
      options[side].sendBuffer ?? 65_536,
      options[other(side)].receiveBuffer ?? 65_536,
      noDelay ? chunk : 1000,
    )
    const most = Math.min(150_000, 1 + 120 * segment)
    return {
      opens: side === 0 || simultaneous,
      total: pick(own, 0, 1, own.below(Math.min(100, most)), own.below(most), own.below(most)),
      chunk,
      think: own.chance(0.4) ? ms(own.below(pick(own, 3, 300, 3000))) : 0,
      noDelay,
      pauseEvery: own.chance(0.4) ? 1 + own.below(12) : 0,
      pauseFor: ms(own.below(pick(own, 2, 400, 15_000))),
      ends: pick(own, 'when written', 'when written', 'after the peer', 'at once when the peer does'),
      abortAt: own.chance(0.1) ? ms(own.below(4000)) : undefined,
    }
  }
  const users = [user('left', 0), user('right', 1)] as const
  const waits = users.every(({ ends }) => ends !== 'when written')
  return {
    seed,
    ways: [way('there'), way('back')],
    // Two that wait for each other would wait for ever.
    users: waits ? [{ ...users[0], ends: 'when written' }, users[1]] : users,
    options,
    mtus,
    deadAt,
  }
}

function drawOptions(random: Random): TcpOptions {
  const pick = <T>(...values: readonly T[]): T => values[random.below(values.length)]
  return {
    profile: pick('linux', 'linux', 'rfc'),
    receiveBuffer: pick(1, 50, 700, 3000, 65_535, 65_536, 65_536, 300_000, 1 << 20),
    sendBuffer: pick(1, 100, 3000, 65_536, 65_536, 300_000),
    windowScale: random.chance(0.7),
    timeWait: sec(pick(1, 60, 60, 60, 240)),
    timestamps: random.chance(0.7),
    sack: random.chance(0.7),
    congestion: pick('new-reno', 'cubic'),
    pathMtuDiscovery: random.chance(0.8),
    keepAlive: pick<boolean | KeepAliveOptions>(false, false, true, { idle: sec(5), interval: sec(2), probes: 5 }),
    initialWindow: pick(1, 2, 10, 10),
  }
}

/** What one side has done and heard. */
interface Heard {
  opened: number
  ended: number
  closed: CloseReason | undefined
  written: number
  read: number
  ending: boolean
  /** Nothing had happened for a day. */
  lostPatience: boolean
}

export interface Report {
  readonly scene: Scene
  readonly problems: readonly string[]
  readonly heard: readonly [Heard, Heard]
  readonly segments: number
  /** Virtual time until the last event. */
  readonly lasted: number
}

/** The octets of the two streams differ, so neither can be taken for the other. */
const octet = (side: Side, n: number): number => (n * (side === 0 ? 7 : 11) + (n >> 8) + 64 * side) & 255

export function runModel(seed: number, more: (scene: Scene) => Scene = scene => scene): Report {
  const scene = more(drawScene(seed))
  const scheduler = new Scheduler()
  const random = seededRandom(seed).fork('run')
  const problems: string[] = []
  const problem = (text: string): void => {
    if (problems.length < 20) problems.push(`${(scheduler.now / 1e9).toFixed(6)} s: ${text}`)
  }
  const names = ['left', 'right'] as const
  const heard: [Heard, Heard] = [0, 1].map(
    (): Heard => ({ opened: 0, ended: 0, closed: undefined, written: 0, read: 0, ending: false, lostPatience: false }),
  ) as [Heard, Heard]
  const connections: (Connection | undefined)[] = [undefined, undefined]
  const chores: Timer[][] = [[], []]
  const timers: TcpTimer[][] = [[], []]
  const buffers: [Set<SegmentBuffer>, Set<SegmentBuffer>] = [new Set(), new Set()]
  let segments = 0

  function env(side: Side): TcpEnv {
    const own = random.fork(names[side])
    const draws = { isn: own.fork('isn'), port: own.fork('port') }
    const fate = own.fork('fate')
    const way = scene.ways[side]
    const isn = own.chance(0.3) ? -own.below(30_000) >>> 0 : undefined
    let inReceive = false
    const arrive = (bytes: Uint8Array): void => {
      if (inReceive) problem(`${names[side]}: send called receive`)
      inReceive = true
      const lent = Uint8Array.from([...new Array(3).fill(SCRIBBLE), ...bytes, SCRIBBLE])
      stacks[other(side)].receive(lent, 3, 3 + bytes.length, ADDRESSES[side], ADDRESSES[other(side)])
      lent.fill(SCRIBBLE)
      inReceive = false
    }
    return {
      now: () => scheduler.now,
      timer: (owner, fire, whose) => {
        const timer = scheduler.timer(owner, fire, whose)
        timers[side].push(timer)
        return timer
      },
      random32: purpose => (purpose !== 'port' && isn !== undefined ? isn : draws[purpose].uint32()),
      buffer: length => {
        if (length + 20 > scene.mtus[side]) problem(`${names[side]} asks for a segment of ${length} octets`)
        const buffer = { bytes: new Uint8Array(length + 8).fill(SCRIBBLE), start: 4, end: 4 + length }
        buffers[side].add(buffer)
        return buffer
      },
      send(buffer, source, destination, dontFragment) {
        segments++
        if (!buffers[side].delete(buffer)) problem(`${names[side]} sends a buffer that is not its own, or twice`)
        if (source !== ADDRESSES[side] || destination !== ADDRESSES[other(side)]) problem(`${names[side]}: addresses`)
        const bytes = buffer.bytes.slice(buffer.start, buffer.end)
        for (const at of [0, 1, 2, 3]) {
          if (buffer.bytes[at] !== SCRIBBLE || buffer.bytes[buffer.end + at] !== SCRIBBLE) {
            problem(`${names[side]} writes outside its segment`)
          }
        }
        buffer.bytes.fill(SCRIBBLE)
        const { now } = scheduler
        if (scene.deadAt !== undefined && now >= scene.deadAt) return
        if (now >= way.outage[0] && now < way.outage[1]) return
        if (fate.chance(way.loss)) return
        if (dontFragment && bytes.length + 20 > way.mtu) {
          if (way.says)
            scheduler.after(way.delay, 'icmp', () =>
              stacks[side].tooBig(quoteOf(side, bytes), fate.chance(0.2) ? 0 : way.mtu),
            )
          return
        }
        const copies = fate.chance(way.duplication) ? 2 : 1
        for (let n = 0; n < copies; n++) {
          const copy = Uint8Array.from(bytes)
          if (fate.chance(way.corruption)) copy[fate.below(copy.length)] ^= 1 << fate.below(8)
          const jitter = way.jitter > 0 ? fate.below(way.jitter) : 0
          const late = fate.chance(way.late) ? way.lateBy : 0
          scheduler.after(way.delay + jitter + late, 'line', () => arrive(copy))
        }
      },
      maxSegment: () => scene.mtus[side] - 20,
    }
  }

  const quoteOf = (side: Side, bytes: Uint8Array): Quote => {
    const view = new DataView(bytes.buffer)
    return {
      local: { address: ADDRESSES[side], port: view.getUint16(0) },
      remote: { address: ADDRESSES[other(side)], port: view.getUint16(2) },
      sequence: view.getUint32(4),
    }
  }

  const stacks: readonly [TcpStack, TcpStack] = [
    new TcpStack(env(0), scene.options[0]),
    new TcpStack(env(1), scene.options[1]),
  ]

  /** Causes for which a connection may break. */
  const mayBreak =
    scene.deadAt !== undefined ||
    scene.options.some(({ timeWait }) => (timeWait ?? 0) < sec(60)) ||
    scene.users.some(({ abortAt }) => abortAt !== undefined) ||
    scene.ways.reduce((sum, { loss, corruption }) => sum + loss + corruption, 0) > 0.12 ||
    scene.ways.some(({ outage }) => outage[0] < Number.POSITIVE_INFINITY)

  function handlers(side: Side): ConnectionHandlers {
    const user = scene.users[side]
    const mine = heard[side]
    const connection = (): Connection => connections[side] as Connection
    const chore = (delay: number, what: string, run: () => void): void => {
      chores[side].push(
        scheduler.after(delay, what, () => {
          if (mine.closed === undefined) run()
        }),
      )
    }
    let waiting = false
    let deliveries = 0
    let patience: Timer | undefined
    const touched = (): void => {
      if (!mayBreak) return
      patience?.cancel()
      patience = scheduler.after(PATIENCE, 'patience', () => {
        if (mine.closed !== undefined) return
        mine.lostPatience = true
        connection().abort()
      })
      chores[side].push(patience)
    }
    const end = (): void => {
      if (mine.ending) return
      mine.ending = true
      connection().end()
      const lent = Uint8Array.of(1)
      if (connection().write(lent) !== 0) problem(`${names[side]}: write takes octets after end`)
    }
    const fill = (): void => {
      while (mine.written < user.total && !mine.ending && mine.closed === undefined) {
        const length = Math.min(user.chunk, user.total - mine.written)
        const lent = Uint8Array.from({ length }, (_, n) => octet(side, mine.written + n))
        const taken = connection().write(lent)
        lent.fill(SCRIBBLE)
        if (taken < 0 || taken > length) problem(`${names[side]}: write takes ${taken} of ${length}`)
        mine.written += taken
        touched()
        if (taken < length) {
          waiting = true
          return
        }
        if (user.think > 0 && mine.written < user.total) {
          chore(user.think, 'think', fill)
          return
        }
      }
      if (mine.written < user.total || mine.closed !== undefined) return
      if (user.ends === 'when written' || mine.ended > 0) end()
    }
    const alive = (event: string): void => {
      if (mine.closed !== undefined) problem(`${names[side]} hears ${event} after closed ${mine.closed}`)
      if (mine.opened === 0 && event !== 'opened' && event !== 'closed') {
        problem(`${names[side]} hears ${event} before opened`)
      }
      touched()
    }
    touched()
    const { abortAt } = user
    if (abortAt !== undefined) {
      chore(Math.max(0, abortAt - scheduler.now), 'abort', () => connection().abort())
    }
    return {
      opened() {
        alive('opened')
        if (++mine.opened > 1) problem(`${names[side]} is opened twice`)
        connection().noDelay = user.noDelay
        fill()
      },
      data(bytes) {
        alive('data')
        if (bytes.length === 0) problem(`${names[side]} is given nothing to read`)
        if (mine.ended > 0) problem(`${names[side]} hears data after the end`)
        let wrong = 0
        for (const byte of bytes) if (byte !== octet(other(side), mine.read++)) wrong++
        if (wrong > 0) problem(`${names[side]} reads ${wrong} wrong octets before ${mine.read}`)
        if (user.pauseEvery === 0 || ++deliveries % user.pauseEvery !== 0) return
        connection().pause()
        chore(user.pauseFor, 'resume', () => connection().resume())
      },
      ended() {
        alive('ended')
        if (++mine.ended > 1) problem(`${names[side]} hears the end twice`)
        if (user.ends === 'at once when the peer does') end()
        else fill()
      },
      writable() {
        alive('writable')
        if (!waiting) problem(`${names[side]} hears writable without having waited`)
        waiting = false
        fill()
      },
      closed(reason) {
        alive('closed')
        mine.closed = reason
        for (const one of chores[side]) one.cancel()
      },
    }
  }

  // The opening.
  const [left, right] = scene.users
  const open = (side: Side): void => {
    const to = other(side)
    const both = left.opens && right.opens
    const opened = stacks[side].connect(
      {
        local: { address: ADDRESSES[side], ...(both ? { port: 1000 + side } : {}) },
        remote: { address: ADDRESSES[to], port: both ? 1000 + to : LISTENING },
      },
      handlers(side),
    )
    if (!opened) problem(`${names[side]} cannot connect`)
    connections[side] = opened
  }
  if (right.opens) open(1)
  else {
    stacks[1].listen({ port: LISTENING }, accepted => {
      if (connections[1]) problem('the listener is told of a second connection')
      connections[1] = accepted
      return handlers(1)
    })
  }
  open(0)

  let steps = 0
  const idle = (side: Side): boolean => [...stacks[side].connections].length === 0
  const told: [boolean, boolean] = [false, false]
  while (scheduler.step()) {
    if (++steps > MAX_STEPS) {
      problem('it does not end')
      break
    }
    for (const side of SIDES) {
      if (heard[side].closed !== undefined && !told[side] && idle(side)) {
        told[side] = true
        if (timers[side].some(({ pending }) => pending)) problem(`${names[side]} leaves a timer`)
      }
    }
  }

  // The end.
  for (const side of SIDES) {
    const mine = heard[side]
    const theirs = heard[other(side)]
    const name = names[side]
    if (!idle(side)) problem(`${name} keeps ${[...stacks[side].connections].map(({ state }) => state).join()}`)
    if (timers[side].some(({ pending }) => pending)) problem(`${name} leaves a timer at the end`)
    if (buffers[side].size > 0) problem(`${name} has ${buffers[side].size} buffers that it never sent`)
    const exists = side === 0 || right.opens || mine.opened > 0
    if (exists && mine.closed === undefined) problem(`${name} never hears that it is closed`)
    if (!exists && !mayBreak) problem(`${name} never hears of the connection`)
    if (mine.read > theirs.written) problem(`${name} reads more than was written`)
    if (mine.closed === 'closed' && (mine.ended === 0 || mine.read !== theirs.written)) {
      problem(`${name} closes in order after ${mine.read} of ${theirs.written} octets, end ${mine.ended}`)
    }
    if (mine.ended > 0 && mine.read !== theirs.written) {
      problem(`${name} hears the end after ${mine.read} of ${theirs.written} octets`)
    }
    if (mine.ended > 0 && !theirs.ending) problem(`${name} hears an end that never was`)
    const alone = theirs.closed !== 'closed' && !theirs.lostPatience
    if (mine.lostPatience && scene.deadAt === undefined && !alone) problem(`${name} waits for ever`)
    if (mayBreak) continue
    if (mine.closed !== 'closed') problem(`${name} closes with ${mine.closed}, and there is no cause`)
    if (mine.written !== scene.users[side].total && scene.users[side].ends !== 'at once when the peer does') {
      problem(`${name} has written ${mine.written} of ${scene.users[side].total}`)
    }
  }
  return { scene, problems, heard, segments, lasted: scheduler.now }
}
