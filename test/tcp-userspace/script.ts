/**
 * A small language for conversations with one stack, in the manner of packetdrill:
 *
 *   test('title (RFC 9293 §3.5)', scripted({}, ({ app, peer, clock }) => {
 *     app.connects()
 *     peer.expects('S', { seq: 0, mss: 1460 })
 *     peer.sends('S.', { seq: 0, ack: 1, mss: 1460 })
 *     peer.expects('.', { seq: 1, ack: 1 })
 *     app.writes(1000)
 *     peer.expects('P.', { seq: 1, length: 1000 })
 *     peer.expectsAfter(ms(200), 'P.', { seq: 1, length: 1000 })
 *   }))
 *
 * Flags are tcpdump's letters, `.` is ACK. Sequence numbers are relative: 0 is the SYN of whoever counts them, on either
 * side. Octet n of a stream is `octet(n)`; what our side sends is compared with it without being asked to, and so is
 * what it delivers. A script that fails prints the whole conversation so far.
 *
 * The segments of the peer are made and read here, octet by octet: the package's own codec is under test.
 */
import assert from 'node:assert/strict'
import {
  type Cause,
  type CloseReason,
  type Connection,
  type ConnectionHandlers,
  type Discard,
  type Listener,
  type ListenOptions,
  type State,
  type TcpEnv,
  type TcpInfo,
  type TcpOptions,
  TcpStack,
} from 'tcp-userspace'
import { ip } from '../../src/base/address.ts'
import { Scheduler } from '../../src/base/scheduler.ts'
import { type Duration, formatDuration, formatTime, ms } from '../../src/base/time.ts'

export const OURS = ip('10.0.0.1')
export const THEIRS = ip('10.0.0.2')
export const PORT = 80
export const THEIR_PORT = 4000
/** What stands on the wire for the relative number 0. */
const ISS = 0xffff_f000
const IRS = 0x7fff_ff00

/** What stands in a buffer before anybody writes there. */
const STRANGE = 0xa5

/** Octet n of every stream. */
export const octet = (n: number): number => (n * 7 + (n >> 8)) & 255
export function stream(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let n = 0; n < length; n++) bytes[n] = octet(from + n)
  return bytes
}

/** What a script names of a segment. */
export interface Named {
  /** Of a segment that the peer sends: what it has not sent yet. */
  readonly seq?: number
  /** Of a segment that the peer sends: what it has seen so far. */
  readonly ack?: number
  /** As it stands in the header, not scaled; 65 535. */
  readonly wnd?: number
  /** Octets of text. */
  readonly length?: number
  readonly text?: Uint8Array
  readonly urgent?: number
  /** The four reserved bits. */
  readonly reserved?: number
  /** Options; `null`: not there. */
  readonly mss?: number | null
  readonly scale?: number | null
  readonly sackOk?: boolean
  /** Blocks of our stream, `[from, to]` with relative numbers, when the peer sends them; of the peer's when we do. */
  readonly sack?: readonly (readonly [number, number])[] | null
  /** TSval and TSecr. */
  readonly ts?: readonly [number, number] | null
  /** Options as octets, behind the others. */
  readonly raw?: readonly number[]
  /** Only of what our side sends. */
  readonly destinationPort?: number
  /** Where the segment comes from and goes to, if not as ever. */
  readonly from?: number
  readonly to?: number
}

/** A segment that our side sent, with relative numbers. */
export interface Seen {
  readonly at: number
  readonly flags: string
  readonly seq: number
  readonly ack: number
  readonly wnd: number
  readonly urgent: number
  readonly length: number
  readonly text: Uint8Array
  readonly mss: number | null
  readonly scale: number | null
  readonly sackOk: boolean
  readonly sack: readonly (readonly [number, number])[] | null
  readonly ts: readonly [number, number] | null
  /** Kinds of the options in their order, paddings included. */
  readonly kinds: readonly number[]
  readonly reserved: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly bytes: Uint8Array
  /** No router may cut it. */
  readonly dontFragment: boolean
}

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16
/** In tcpdump's order. */
const LETTERS: readonly (readonly [string, number])[] = [
  ['F', FIN],
  ['S', SYN],
  ['R', RST],
  ['P', 8],
  ['E', 64],
  ['W', 128],
  ['U', 32],
  ['.', ACK],
]
const bitsOf = (flags: string): number =>
  [...flags].reduce((bits, letter) => {
    const found = LETTERS.find(([own]) => own === letter)
    assert.ok(found, `no flag is called ${letter}`)
    return bits | found[1]
  }, 0)
const lettersOf = (bits: number): string => LETTERS.map(([letter, bit]) => (bits & bit ? letter : '')).join('')

/** RFC 1071 over pseudo header and segment, one word after the other. */
function checksumOf(bytes: Uint8Array, source: number, destination: number): number {
  let sum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + 6 + bytes.length
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at] * 256 + (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum ^ 0xffff
}

const two = (n: number): number[] => [(n >>> 8) & 255, n & 255]
const four = (n: number): number[] => [...two(n >>> 16), ...two(n & 0xffff)]
const number = (bytes: Uint8Array, at: number, length: number): number =>
  bytes.subarray(at, at + length).reduce((value, byte) => value * 256 + byte, 0)

export interface ScriptOptions extends TcpOptions {
  /** Of our link; 1500. */
  readonly mtu?: number
  /** Our initial sequence number and the peer's; both pass 2^32 or 2^31 early. */
  readonly iss?: number
  readonly irs?: number
  /** The stack makes its initial sequence numbers itself, from a secret drawn with this. */
  readonly ownNumbers?: number
  /** How losses are found is what the profile says, and not counting and timeouts only. */
  readonly byProfile?: boolean
  /** What the handlers do beside being heard. */
  readonly handlers?: (app: () => Connection) => ConnectionHandlers
}

/** What a test is made of. `events` are in the words of the handlers: `opened`, `ended`, `writable`, `closed reset`. */
export type Script = ReturnType<typeof script>

/** A test that runs the script and adds the conversation to whatever goes wrong in it. */
export function scripted(options: ScriptOptions, body: (script: Script) => void): () => void {
  return () => {
    const parts = script(options)
    try {
      body(parts)
    } catch (error) {
      if (error instanceof Error) {
        const [, ...calls] = (error.stack ?? '').split(error.message)
        error.message += `\n\n${parts.ladder()}\n`
        error.stack = `${error.message}${calls.join('')}`
      }
      throw error
    }
  }
}

export function script(options: ScriptOptions = {}) {
  const { mtu = 1500, iss = ISS, irs = IRS, handlers: more, ownNumbers, byProfile = false, ...own } = options
  // Counting and timeouts shall be seen undisturbed, unless the script is about what comes before them (RFC 8985).
  const rest = byProfile ? own : { tailLossProbe: false, rack: false, ...own }
  const scheduler = new Scheduler()
  const lines: string[] = []
  const sent: Seen[] = []
  const steps: { readonly from: State; readonly to: State; readonly cause: Cause }[] = []
  const retransmissions: {
    readonly at: number
    readonly seq: number
    readonly length: number
    readonly tries: number
  }[] = []
  const say = (line: string): void => {
    lines.push(`${formatTime(scheduler.now)}  ${line}`)
  }

  /** Relative number 0 of our stream, as our SYN said. */
  let ourZero = iss
  let theirZero = irs
  const distance = (absolute: number, zero: number): number => (absolute - zero) | 0

  // The wire.

  function build(flags: string, named: Named): Uint8Array {
    const bits = bitsOf(flags)
    const seq = named.seq ?? peer.nxt
    const length = named.text?.length ?? named.length ?? 0
    const text = named.text ?? stream(length, bits & SYN ? seq : seq - 1)
    const ack = bits & ACK ? (ourZero + (named.ack ?? peer.seen)) >>> 0 : (named.ack ?? 0)
    const list: number[] = []
    if (named.mss !== undefined && named.mss !== null) list.push(2, 4, ...two(named.mss))
    if (named.scale !== undefined && named.scale !== null) list.push(1, 3, 3, named.scale)
    if (named.sackOk) list.push(1, 1, 4, 2)
    const ts = named.ts === undefined ? peer.timestamp() : named.ts
    if (ts) list.push(1, 1, 8, 10, ...four(ts[0]), ...four(ts[1]))
    if (named.sack) {
      list.push(1, 1, 5, 2 + 8 * named.sack.length)
      for (const edges of named.sack) for (const edge of edges) list.push(...four((ourZero + edge) >>> 0))
    }
    list.push(...(named.raw ?? []))
    while (list.length % 4 > 0) list.push(0)
    const bytes = Uint8Array.from([
      ...two(peer.port),
      ...two(peer.ourPort),
      ...four((theirZero + seq) >>> 0),
      ...four(ack),
      (5 + list.length / 4) << 4,
      bits,
      ...two(named.wnd ?? peer.wnd),
      0,
      0,
      ...two(named.urgent ?? 0),
      ...list,
      ...text,
    ])
    bytes.set(two(checksumOf(bytes, named.from ?? THEIRS, named.to ?? OURS)), 16)
    return bytes
  }

  function read(bytes: Uint8Array, dontFragment: boolean): Seen {
    const header = (bytes[12] >> 4) * 4
    assert.ok(header >= 20 && header <= bytes.length, `data offset of ${header}`)
    assert.equal(checksumOf(bytes, OURS, THEIRS), 0, 'the checksum of what is sent')
    const bits = bytes[13]
    if (bits & SYN) ourZero = number(bytes, 4, 4)
    const text = bytes.slice(header)
    const kinds: number[] = []
    const found = new Map<number, Uint8Array>()
    for (let at = 20; at < header; ) {
      const kind = bytes[at]
      kinds.push(kind)
      const size = kind < 2 ? 1 : bytes[at + 1]
      assert.ok(size > 0 && at + size <= header && (kind < 2 || size > 1), `option ${kind} of ${size} octets`)
      assert.ok(kind < 2 || !found.has(kind), `option ${kind} stands there twice`)
      if (kind > 1) found.set(kind, bytes.slice(at + 2, at + size))
      at += size
      if (kind === 0) at = header
    }
    const option = <T>(kind: number, length: number, value: (data: Uint8Array) => T): T | null => {
      const data = found.get(kind)
      if (!data) return null
      if (length > 0) assert.equal(data.length, length, `option ${kind}`)
      return value(data)
    }
    return {
      at: scheduler.now,
      flags: lettersOf(bits),
      seq: distance(number(bytes, 4, 4), ourZero),
      ack: bits & ACK ? distance(number(bytes, 8, 4), theirZero) : number(bytes, 8, 4),
      wnd: number(bytes, 14, 2),
      urgent: number(bytes, 18, 2),
      length: text.length,
      text,
      mss: option(2, 2, data => number(data, 0, 2)),
      scale: option(3, 1, data => data[0]),
      sackOk: option(4, 0, () => true) ?? false,
      sack: option(5, 0, data =>
        Array.from({ length: data.length / 8 }, (_, n): [number, number] => [
          distance(number(data, n * 8, 4), theirZero),
          distance(number(data, n * 8 + 4, 4), theirZero),
        ]),
      ),
      ts: option(8, 8, (data): [number, number] => [number(data, 0, 4), number(data, 4, 4)]),
      kinds,
      reserved: bytes[12] & 15,
      sourcePort: number(bytes, 0, 2),
      destinationPort: number(bytes, 2, 2),
      bytes,
      dontFragment,
    }
  }

  const env: TcpEnv = {
    now: () => scheduler.now,
    timer: (owner, fire, whose) => scheduler.timer(owner, fire, whose),
    random32: purpose => (purpose === 'port' ? 0 : Math.imul(ownNumbers ?? 0, 0x9e37_79b1) >>> 0),
    // A headroom of odd length, and octets of others: nothing may rest on where a segment begins, or what was there.
    buffer: length => ({ bytes: new Uint8Array(33 + length + 7).fill(STRANGE), start: 33, end: 33 + length }),
    send(buffer, source, destination, dontFragment) {
      assert.equal(source, OURS)
      assert.equal(destination, THEIRS)
      const { bytes, start, end } = buffer
      const around = [...bytes.subarray(0, start), ...bytes.subarray(end)]
      assert.ok(
        around.every(byte => byte === STRANGE),
        'what is around the segment',
      )
      const seen = read(buffer.bytes.slice(buffer.start, buffer.end), dontFragment)
      say(`ours   > peer   ${show(seen)}`)
      sent.push(seen)
    },
    maxSegment: () => mtu - 20,
    trace: {
      state: (_, from, to, cause) => {
        say(`               ${from} -> ${to} (${cause})`)
        steps.push({ from, to, cause })
      },
      retransmit: (_, seq, length, tries) => {
        say(`               sent again: ${length} octets, try ${tries}`)
        retransmissions.push({ at: scheduler.now, seq, length, tries })
      },
    },
  }
  const stack = new TcpStack(env, {
    ...rest,
    ...(ownNumbers === undefined ? { initialSequence: () => iss } : {}),
  })

  // The roles.

  const clock = {
    get now(): number {
      return scheduler.now
    },
    advance(duration: Duration): void {
      scheduler.runUntil(scheduler.now + duration)
    },
  }

  const peer = {
    port: THEIR_PORT,
    ourPort: PORT,
    /** What its segments offer unless they say something else. */
    wnd: 65_535,
    /** The first octet that it has not sent, and the first of ours that it has not seen in order. */
    nxt: 0,
    seen: 0,
    /** Its segments carry timestamps: milliseconds of its clock, and the newest of ours. */
    timestamps: false,
    clockOffset: 50_000,
    echo: 0,
    timestamp(): readonly [number, number] | null {
      return peer.timestamps ? [peer.clockOffset + Math.floor(scheduler.now / 1e6), peer.echo] : null
    },
    /** Starts another connection with a number of its own. */
    restarts(zero: number): void {
      theirZero = zero >>> 0
      peer.nxt = 0
      peer.seen = 0
    },
    build,
    /** Tells why it was discarded, if it was. */
    sends(flags: string, named: Named = {}): Discard | undefined {
      const bytes = build(flags, named)
      const seq = named.seq ?? peer.nxt
      const bits = bitsOf(flags)
      const end = seq + (named.text?.length ?? named.length ?? 0) + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)
      const usual = (bits & RST) === 0 && ((bits & SYN) === 0 || seq === 0)
      if (usual && end > seq && end > peer.nxt) peer.nxt = end
      return peer.sendsBytes(bytes, named)
    },
    sendsBytes(bytes: Uint8Array, { from = THEIRS, to = OURS }: Named = {}): Discard | undefined {
      const at = lines.length
      say('')
      const discard = stack.receive(bytes, 0, bytes.length, from, to)
      lines[at] += `ours   < peer   ${showBytes(bytes)}${discard ? `   (${discard})` : ''}`
      return discard
    },
    expects(flags: string, named: Named = {}): Seen {
      const wanted = `${lettersOf(bitsOf(flags))} ${JSON.stringify(named)}`
      const next = sent.shift()
      if (!next) throw new assert.AssertionError({ message: `nothing was sent, expected ${wanted}` })
      const seen: Record<string, unknown> = { flags: next.flags }
      const asked: Record<string, unknown> = { flags: lettersOf(bitsOf(flags)) }
      for (const [name, value] of Object.entries(named)) {
        asked[name] = value
        seen[name] = next[name as keyof Seen]
      }
      assert.deepEqual(seen, asked, `expected ${wanted}, saw ${show(next)}`)
      if (named.text === undefined && next.length > 0) {
        assert.deepEqual(next.text, stream(next.length, next.seq - 1), `the octets of ${show(next)}`)
      }
      if (next.seq <= peer.seen) {
        const bits = bitsOf(next.flags)
        const end = next.seq + next.length + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0)
        peer.seen = Math.max(peer.seen, end)
      }
      if (next.ts) peer.echo = next.ts[0]
      return next
    },
    expectsNothing(): void {
      assert.deepEqual(sent.map(show), [], 'more was sent than expected')
    },
    /** Nothing is sent during that time. */
    expectsNothingFor(duration: Duration): void {
      peer.expectsNothing()
      clock.advance(duration)
      peer.expectsNothing()
    },
    /** Exactly then, and nothing before. */
    expectsAfter(duration: Duration, flags: string, named: Named = {}): Seen {
      peer.expectsNothingFor(duration - 1)
      clock.advance(1)
      if (sent.length === 0) say(`               (nothing after ${formatDuration(duration)})`)
      return peer.expects(flags, named)
    },
    /** Takes what was sent so far, as if expected. */
    takes(): Seen[] {
      const taken = sent.splice(0)
      for (const { flags, seq, length, ts } of taken) {
        const bits = bitsOf(flags)
        if (seq <= peer.seen) {
          peer.seen = Math.max(peer.seen, seq + length + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0))
        }
        if (ts) peer.echo = ts[0]
      }
      return taken
    },
  }

  let current: Connection | undefined
  const connection = (): Connection => {
    const found = current ?? stack.connections[Symbol.iterator]().next().value
    assert.ok(found, 'there is no connection')
    return found
  }
  const events: string[] = []
  const waiting: number[] = []
  let written = 0
  let read_ = 0

  /** Handlers that remember, and do what `more` says. */
  function handlers(extra: ConnectionHandlers = {}): ConnectionHandlers {
    const hear = (event: string): void => {
      say(`app    :  ${event}`)
      assert.ok(!events.some(heard => heard.startsWith('closed')) || current === undefined, `${event} after closed`)
      events.push(event)
    }
    return {
      opened: () => {
        hear('opened')
        extra.opened?.()
      },
      data: bytes => {
        say(`app    :  reads ${bytes.length}`)
        assert.ok(bytes.length > 0, 'nothing is delivered')
        waiting.push(...bytes)
        extra.data?.(bytes)
      },
      ended: () => {
        hear('ended')
        extra.ended?.()
      },
      writable: () => {
        hear('writable')
        extra.writable?.()
      },
      closed: (reason: CloseReason) => {
        hear(`closed ${reason}`)
        extra.closed?.(reason)
      },
    }
  }

  const app = {
    get connection(): Connection {
      return connection()
    },
    get info(): TcpInfo {
      return connection().info()
    },
    /** Of the connection of this user, also after it is gone. */
    connectionState(): State {
      return connection().state
    },
    connects(): Connection {
      say('app    :  connects')
      const opened = stack.connect(
        { local: { address: OURS, port: PORT }, remote: { address: THEIRS, port: peer.port } },
        handlers(more?.(connection)),
      )
      assert.ok(opened)
      current = opened
      written = 0
      read_ = 0
      events.length = 0
      return opened
    },
    listens(listen: Partial<ListenOptions> = {}): Listener {
      say('app    :  listens')
      const listener = stack.listen({ port: PORT, ...listen }, accepted => {
        current = accepted
        return handlers(more?.(() => accepted))
      })
      assert.ok(listener)
      return listener
    },
    /** Writes the next octets of the stream, and says how many were taken. */
    writes(length: number): number {
      say(`app    :  writes ${length}`)
      const taken = connection().write(stream(length, written))
      written += taken
      return taken
    },
    closes(): void {
      say('app    :  closes')
      connection().end()
    },
    /** Ends both halves. */
    shuts(): void {
      say('app    :  ends both halves')
      connection().close()
    },
    aborts(): void {
      say('app    :  aborts')
      connection().abort()
    },
    pauses(): void {
      say('app    :  pauses')
      connection().pause()
    },
    resumes(): void {
      say('app    :  resumes')
      connection().resume()
    },
    /** Exactly so many octets have been delivered since it was asked last, and they are those of the stream. */
    reads(length: number): void {
      assert.equal(waiting.length, length, 'octets delivered')
      assert.deepEqual(Uint8Array.from(waiting.splice(0)), stream(length, read_), 'what was delivered')
      read_ += length
    },
    /** Exactly this was heard since it was asked last. */
    hears(...expected: string[]): void {
      assert.deepEqual(events.splice(0), expected, 'what the user was told')
    },
    is(state: State): void {
      const found = current ?? stack.connections[Symbol.iterator]().next().value
      assert.equal(found?.state ?? 'closed', state, 'the state')
    },
  }

  /** We open; the handshake is done. */
  function connected(syn: Named = {}): void {
    app.connects()
    peer.takes()
    peer.sends('S.', { mss: 1460, ...syn })
    peer.expects('.', { seq: 1, ack: 1, length: 0 })
    app.hears('opened')
  }

  /** The peer opens; the handshake is done. */
  function accepted(syn: Named = {}): void {
    app.listens()
    peer.sends('S', { mss: 1460, ...syn })
    peer.expects('S.', { seq: 0, ack: 1 })
    const { wnd } = syn
    peer.sends('.', wnd === undefined ? {} : { wnd })
    app.hears('opened')
  }

  /** Leads a new connection into the state; we opened it, but for SYN-RECEIVED. The peer offers `syn`. */
  function reach(state: State, syn: Named = {}): void {
    if (state === 'syn-sent') {
      app.connects()
      peer.expects('S', { seq: 0 })
    } else if (state === 'syn-received') {
      app.listens()
      peer.sends('S', { mss: 1460, ...syn })
      peer.expects('S.', { seq: 0, ack: 1 })
    } else if (state !== 'listen' && state !== 'closed') {
      connected(syn)
      if (state === 'close-wait' || state === 'last-ack') {
        peer.sends('F.')
        peer.expects('.', { seq: 1, ack: 2 })
      }
      if (state !== 'established' && state !== 'close-wait') {
        app.closes()
        peer.expects('F.', { seq: 1, length: 0 })
      }
      if (state === 'closing') peer.sends('F.', { ack: 1 })
      if (state === 'fin-wait-2' || state === 'time-wait') peer.sends('.')
      if (state === 'time-wait') peer.sends('F.')
      if (state === 'closing' || state === 'time-wait') peer.expects('.', { seq: 2, ack: 2 })
    }
    if (state === 'listen') app.listens()
    else app.is(state)
    peer.expectsNothing()
    events.length = 0
  }

  const ladder = (): string => ['The conversation (ours < peer: the peer sends):', ...lines].join('\n')

  function showBytes(bytes: Uint8Array): string {
    const header = (bytes[12] >> 4) * 4
    if (bytes.length < 20 || header < 20 || header > bytes.length) return `${bytes.length} octets of nonsense`
    const bits = bytes[13]
    const seq = distance(number(bytes, 4, 4), theirZero)
    const options: string[] = []
    for (let at = 20; at < header && bytes[at] !== 0; ) {
      const kind = bytes[at]
      const size = kind === 1 ? 1 : bytes[at + 1]
      if (kind !== 1) options.push(`${kind}:${[...bytes.subarray(at + 2, at + size)].join('.')}`)
      at += Math.max(1, size)
    }
    const ack = bits & ACK ? ` ack ${distance(number(bytes, 8, 4), ourZero)}` : ''
    const length = bytes.length - header
    return `${lettersOf(bits)} ${seq}${length > 0 ? `:${seq + length}(${length})` : ''}${ack} win ${number(bytes, 14, 2)}${
      options.length > 0 ? ` <${options.join(' ')}>` : ''
    }`
  }

  /** What stands on the wire for our number 0. */
  const zero = (): number => ourZero

  return {
    scheduler,
    clock,
    stack,
    peer,
    app,
    steps,
    retransmissions,
    connected,
    accepted,
    reach,
    handlers,
    ladder,
    zero,
    events,
  }
}

/** `P. 1:1001(1000) ack 1 win 65535 <mss 1460>` */
function show(seen: Seen): string {
  const { flags, seq, ack, wnd, length, mss, scale, sackOk, sack, ts } = seen
  const options = [
    mss === null ? '' : `mss ${mss}`,
    scale === null ? '' : `scale ${scale}`,
    sackOk ? 'sackOK' : '',
    ts === null ? '' : `ts ${ts[0]} ${ts[1]}`,
    sack === null ? '' : `sack ${sack.map(([from, to]) => `${from}:${to}`).join(' ')}`,
  ].filter(text => text !== '')
  return `${flags} ${seq}${length > 0 ? `:${seq + length}(${length})` : ''}${flags.includes('.') ? ` ack ${ack}` : ''} win ${wnd}${
    options.length > 0 ? ` <${options.join(', ')}>` : ''
  }`
}

/** Lets the peer acknowledge what it has seen, again and again, until our side has nothing more to send. */
export function drain({ peer, clock }: Script, step: Duration = ms(1)): void {
  for (let n = 0; n < 10_000; n++) {
    if (peer.takes().length === 0) return
    peer.sends('.')
    clock.advance(step)
  }
  assert.fail('our side does not stop')
}
