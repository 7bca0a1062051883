/**
 * TCP by itself: octets pushed through two stacks back to back, every one checksummed, sent as segments, verified,
 * acknowledged and handed to a reader.
 */
import { type Connection, type SegmentBuffer, type TcpEnv, TcpStack } from 'tcp-userspace'
import { Scheduler } from '../src/base/scheduler.ts'

const LEFT = 0x0a000001
const RIGHT = 0x0a000002
const HEADROOM = 160
const ROOM = 2048

interface Buffer extends SegmentBuffer {
  start: number
  end: number
  source: number
  destination: number
}

export interface TcpResult {
  readonly bytes: number
  readonly segments: number
  readonly seconds: number
  readonly megabytesPerSecond: number
}

/**
 * What an open connection costs in memory after it has carried 200 octets each way: heap and buffers, timers of the
 * scheduler included, by the end. Collects garbage if the process may (`--expose-gc`); else it is an upper bound.
 */
export function idleConnections(count: number): { readonly connections: number; readonly bytes: number } {
  const scheduler = new Scheduler()
  const collect = (): number => {
    ;(globalThis as { gc?: () => void }).gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  let draws = 1
  const stacks = new Map<number, TcpStack>()
  const env = (): TcpEnv => ({
    now: () => scheduler.now,
    timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
    random32: () => Math.imul(draws++, 0x9e3779b1) >>> 0,
    buffer: length => ({ bytes: new Uint8Array(length), start: 0, end: length }),
    send: ({ bytes, start, end }, source, destination) =>
      void scheduler.after(1e6, 'line', () => stacks.get(destination)?.receive(bytes, start, end, source, destination)),
    maxSegment: () => 1480,
  })
  const left = new TcpStack(env())
  const right = new TcpStack(env())
  stacks.set(LEFT, left).set(RIGHT, right)
  right.listen({ port: 80, backlog: count }, () => ({}))
  const before = collect()
  for (let n = 0; n < count; n++) {
    left.connect({ local: { address: LEFT }, remote: { address: RIGHT, port: 80 } }, {})
  }
  const text = new Uint8Array(200)
  for (const stack of [left, right]) {
    scheduler.runUntil(scheduler.now + 1e9)
    for (const connection of stack.connections) connection.write(text)
  }
  scheduler.runUntil(scheduler.now + 10e9)
  const bytes = (collect() - before) / count / 2
  if ([...left.connections, ...right.connections].some(({ state, queued }) => state !== 'established' || queued > 0)) {
    throw new Error('a connection is not idle')
  }
  return { connections: count, bytes }
}

/** `nowMs` is a wall clock in milliseconds. */
export function pushThroughTcp(bytes: number, nowMs: () => number, buffers = 1 << 20): TcpResult {
  const scheduler = new Scheduler()
  const free: Buffer[] = []
  const wire: Buffer[] = []
  let segments = 0
  let draws = 1

  const env = (): TcpEnv => ({
    now: () => scheduler.now,
    timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
    random32: () => Math.imul(draws++, 0x9e3779b1) >>> 0,
    buffer(length) {
      const buffer = free.pop() ?? { bytes: new Uint8Array(ROOM), start: 0, end: 0, source: 0, destination: 0 }
      buffer.start = HEADROOM
      buffer.end = HEADROOM + length
      return buffer
    },
    send(segment, source, destination) {
      const buffer = segment as Buffer
      buffer.source = source
      buffer.destination = destination
      wire.push(buffer)
    },
    maxSegment: () => 1480,
  })
  const options = { receiveBuffer: buffers, sendBuffer: buffers }
  const left = new TcpStack(env(), options)
  const right = new TcpStack(env(), options)

  const chunk = Uint8Array.from({ length: 65_536 }, (_, n) => (n * 31 + (n >> 8)) & 255)
  let written = 0
  let received = 0
  let wrong = 0
  const fill = (connection: Connection): void => {
    while (written < bytes) {
      const at = written & 0xffff
      const piece = chunk.subarray(at, Math.min(chunk.length, at + bytes - written))
      const taken = connection.write(piece)
      written += taken
      if (taken < piece.length) return
    }
    connection.end()
  }
  right.listen({ port: 80 }, connection => ({
    data(view) {
      if (view[0] !== chunk[received & 0xffff]) wrong++
      received += view.length
    },
    ended: () => connection.end(),
  }))

  const began = nowMs()
  const client = left.connect(
    { local: { address: LEFT }, remote: { address: RIGHT, port: 80 } },
    { opened: () => client && fill(client), writable: () => client && fill(client) },
  )
  do {
    for (let n = 0; n < wire.length; n++) {
      const { bytes: held, start, end, source, destination } = wire[n]
      const stack = destination === LEFT ? left : right
      const discard = stack.receive(held, start, end, source, destination)
      if (discard) throw new Error(`a segment was discarded: ${discard}`)
      free.push(wire[n])
      segments++
    }
    wire.length = 0
  } while (received < bytes && scheduler.step())
  const seconds = (nowMs() - began) / 1000
  if (received !== bytes || wrong > 0) throw new Error(`${received} of ${bytes} octets arrived, ${wrong} pieces wrong`)
  return { bytes, segments, seconds, megabytesPerSecond: bytes / 1e6 / seconds }
}
