/**
 * The PPTP helper of a NAT box: it reads the control connection (RFC 2637 §2), gives calls other call IDs where they are
 * translated, and tells connection tracking which GRE will come. The measured helper of Linux is this one with every
 * switch of `PptpHelper` at its first value; docs/nat.md has what each of them does to people.
 *
 * A is the side that opened the TCP connection, B the other. Only A's call IDs are translated, whatever is translated
 * of its address: that is what Linux does, and enough, since B's stay one machine's own.
 *
 * Limits: the message must have its first 17 octets in one segment even where all messages are read; a box in the
 * middle cannot wait for the rest.
 */
import { get32 } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import * as Pptp from '../wire/pptp.ts'
import type { Conntrack } from './conntrack.ts'
import { Expectation, type Flow, type HelperState, MOST_CALLS } from './flow.ts'
import type { Nat } from './nat.ts'
import { nameOf, Reader } from './pptp-reader.ts'
import { Tuple } from './tuple.ts'
import type { PptpHelper } from './types.ts'

export const PORT = Pptp.PORT
type Session = 'none' | 'requested' | 'confirmed' | 'error' | 'stopping'
/** `asked`: a request has been seen; `answered`: an Incoming-Call-Reply of A; `up`: both call IDs are known. */
type CallState = 'none' | 'asked' | 'answered' | 'up'

/** A call as the helper knows it. */
export class Call {
  state: CallState = 'none'
  /** Who asked for it. */
  asker: 'a' | 'b' = 'a'
  incoming = false
  /** A's call ID: its own, and the one that B is told. */
  own = 0
  told = 0
  /** Its line among the call IDs that nobody else may get; '' until A has named its own. */
  line = ''
  /** B's. */
  far = 0
  /** The lines of the keymap that it has put there. */
  readonly lines: Tuple[] = []
}

/** What the helper has heard on one control connection. */
export class Control implements HelperState {
  session: Session = 'none'
  readonly calls: Call[] = []
  /** Where the next message begins, by direction; undefined: at the beginning of the next segment. */
  readonly boundary: (number | undefined)[] = [undefined, undefined]
  readonly #alg: PptpAlg
  readonly #flow: Flow

  constructor(alg: PptpAlg, flow: Flow) {
    this.#alg = alg
    this.#flow = flow
  }
  closed(): void {
    this.#alg.end(this.#flow, this)
  }
  childGone(child: Flow): void {
    this.#alg.childGone(this.#flow, this, child)
  }
}

export class PptpAlg {
  readonly #env: Env
  readonly #conntrack: Conntrack
  readonly #nat: Nat
  /** Call IDs that B sides were told, by B's address: with `unique` and `when-taken` nobody gets one twice. */
  readonly #told = new Set<string>()
  #nextId = 0

  constructor(env: Env, conntrack: Conntrack, nat: Nat) {
    this.#env = env
    this.#conntrack = conntrack
    this.#nat = nat
  }

  /** Call IDs in use; for those who look for leaks. */
  get size(): number {
    return this.#told.size
  }

  /** A new connection to port 1723 is read from now on. */
  attach(flow: Flow): void {
    flow.helper ??= new Control(this, flow)
  }

  /** A segment of a connection that is read, about to leave or to be delivered; it may be changed. */
  read(packet: Packet, flow: Flow, isReply: boolean): void {
    const { helper } = flow
    const { pptp } = this.#conntrack.personality
    if (!(helper instanceof Control) || !pptp) return
    const { bytes, start, end } = packet
    const tcp = start + Ipv4.headerLength(bytes, start)
    const data = tcp + (bytes[tcp + 12] >> 4) * 4
    if (data >= end) return
    const reader = new Reader(this, packet, tcp, flow, helper, isReply, pptp)
    if (pptp.reads === 'first-of-segment') reader.message(data, end, true)
    else this.#readAll(reader, packet, tcp, data, helper, isReply ? 1 : 0)
  }

  /** Goes from message to message by their lengths, over the borders of segments. */
  #readAll(reader: Reader, { bytes, end }: Packet, tcp: number, data: number, control: Control, side: number): void {
    const seq = get32(bytes, tcp + 4)
    const boundary = control.boundary[side]
    const ahead = boundary === undefined ? 0 : (boundary - seq) | 0
    // A repetition, or something was missed: messages that begin here are found by their magic cookie.
    let at = ahead >= 0 ? data + ahead : data
    while (at < end) {
      const length = reader.message(at, end, false)
      if (length === 0) return
      at += length
    }
    const reached = (seq + at - data) | 0
    if (boundary === undefined || ((reached - boundary) | 0) > 0) control.boundary[side] = reached
  }

  // What Reader asks for

  call(control: Control, find: (call: Call) => boolean, helper: PptpHelper): Call | undefined {
    if (helper.calls === 'all') return control.calls.find(find)
    // One place, which is there before any call: what was never asked for has the call ID 0.
    if (control.calls.length === 0) control.calls.push(new Call())
    return control.calls[0]
  }

  /** The call that a request begins: with one place it is that one, whatever stood there. */
  begin(flow: Flow, control: Control, asker: 'a' | 'b', id: number, incoming: boolean, helper: PptpHelper): Call {
    let call = this.call(control, c => c.asker === asker && (asker === 'a' ? c.own : c.far) === id, helper)
    if (!call) {
      if (control.calls.length >= MOST_CALLS)
        this.forget(control, control.calls.find(({ state }) => state !== 'up') ?? control.calls[0])
      call = new Call()
      control.calls.push(call)
    }
    call.asker = asker
    call.incoming = incoming
    call.state = 'asked'
    if (asker === 'b') call.far = id
    else this.name(flow, call, id, helper)
    return call
  }

  /** A has named its call ID: what B is told of it. */
  name(flow: Flow, call: Call, id: number, helper: PptpHelper): void {
    if (call.own === id && call.line !== '' && helper.newCallId !== 'port') return
    this.#told.delete(call.line)
    call.own = id
    call.told = flow.translated ? this.#newId(flow, id, helper) : id
    call.line = toldLine(flow, call.told)
    this.#told.add(call.line)
  }

  #newId(flow: Flow, id: number, { newCallId }: PptpHelper): number {
    if (newCallId === 'port') return flow.reply.destinationKey
    if (newCallId === 'when-taken' && !this.#told.has(toldLine(flow, id))) return id
    for (let tries = 0; tries < 65_535; tries++) {
      const next = 1 + ((this.#nextId++ + 0x8000) % 65_535)
      if (!this.#told.has(toldLine(flow, next))) return next
    }
    return id
  }

  /** Both call IDs are known: GRE may come from either side first. */
  expect(flow: Flow, call: Call): void {
    const up = new Expectation(flow, true)
    const { original, reply } = flow
    fill(up.entry, original.source, original.destination, call.own, call.far)
    up.savedKey = call.told
    const down = new Expectation(flow, false)
    fill(down.entry, reply.source, reply.destination, call.far, call.told)
    down.savedKey = call.own
    const table = this.#conntrack
    if (!table.expect(up)) return
    if (!table.expect(down) || !this.#mapKeys(flow, call, up, down)) {
      table.unexpect(up)
      table.unexpect(down)
    }
  }

  #mapKeys(flow: Flow, call: Call, up: Expectation, down: Expectation): boolean {
    // One line for each direction: while the first call has its lines, a second one gets none (measured: B14).
    if (call.lines.length > 0 && !call.lines.some(line => line.equals(up.entry))) return false
    if (call.lines.length > 0) return true
    const lines = [new Tuple().copy(up.entry), new Tuple().copy(down.entry)]
    if (this.#conntrack.personality.pptp?.icmpErrors === 'translated' && flow.translated)
      lines.push(
        fill(new Tuple(), flow.reply.destination, flow.reply.source, call.told, call.far),
        fill(new Tuple(), flow.original.destination, flow.original.source, call.far, call.own),
      )
    for (const line of lines) this.#conntrack.keymap.add(line)
    call.lines.push(...lines)
    return true
  }

  /** A first packet of GRE has come that was expected: its flow is translated as the control connection is. */
  expected(flow: Flow, expectation: Expectation): void {
    const { master, isOriginal, entry, savedKey } = expectation
    const other = new Tuple()
    if (master.translated) {
      this.#nat.follow(flow, isOriginal, savedKey, `PPTP helper, control connection ${master.original}`)
      // The other expectation is found from the side of A only: Linux looks for the other with call IDs of zero (B5).
      if (!isOriginal && this.#conntrack.personality.pptp?.calls === 'last') return
      // By the call IDs that were agreed: the flow may have had to take another (recorded script answer-taken).
      if (isOriginal) fill(other, master.reply.source, master.reply.destination, entry.destinationKey, savedKey)
      else fill(other, master.original.source, master.original.destination, savedKey, entry.sourceKey)
    } else other.invert(entry)
    const found = this.#conntrack.findExpectation(other)
    if (found?.master === master) this.#conntrack.unexpect(found)
  }

  /** The call is over for the helper: its flows and what it expected go. */
  destroy(flow: Flow, control: Control, call: Call): void {
    call.state = 'none'
    this.#forgetLines(call)
    const { original, reply } = flow
    this.#destroySibling(fill(new Tuple(), original.source, original.destination, call.told, call.far))
    this.#destroySibling(fill(new Tuple(), reply.source, reply.destination, call.far, call.told))
    if (this.#conntrack.personality.pptp?.calls !== 'all') return
    this.#destroySibling(fill(new Tuple(), original.source, original.destination, call.own, call.far))
    this.forget(control, call)
  }

  /** The call will not be spoken of again: its call ID is free. */
  forget(control: Control, call: Call): void {
    this.#forgetLines(call)
    this.#told.delete(call.line)
    control.calls.splice(control.calls.indexOf(call), 1)
  }

  #destroySibling(tuple: Tuple): void {
    const entry = this.#conntrack.find(tuple)
    if (entry) this.#conntrack.kill(entry.owner)
    const expectation = this.#conntrack.findExpectation(tuple)
    if (expectation) this.#conntrack.unexpect(expectation)
  }

  #forgetLines(call: Call): void {
    for (const line of call.lines.splice(0)) this.#conntrack.keymap.remove(line)
  }

  /** The control connection is gone. */
  end(flow: Flow, control: Control): void {
    for (const call of [...control.calls]) {
      this.#forgetLines(call)
      this.#told.delete(call.line)
    }
    for (const child of [...(flow.children ?? [])]) this.#conntrack.kill(child)
    control.calls.length = 0
  }

  /** A GRE flow of the connection is gone, or its first packet was dropped. */
  childGone(flow: Flow, control: Control, child: Flow): void {
    const { pptp } = this.#conntrack.personality
    const call = pptp?.calls === 'last' ? control.calls[0] : control.calls.find(call => isOf(call, child.original))
    if (!call) return
    this.#forgetLines(call)
    const again = child.confirmed ? pptp?.idleCall === 'remembered' : pptp?.droppedFirst === 'kept'
    if (again && call.state === 'up') this.expect(flow, call)
  }

  told(packet: Packet, type: number, field: 'callId' | 'peerCallId', before: number, after: number, flow: Flow): void {
    if (!this.#env.trace.on) return
    const entry = String(flow)
    this.#env.trace.emit('nat-helper', {
      packet: packet.id,
      type: nameOf(type),
      field,
      before,
      after,
      entry,
    })
  }
}

/** Is it GRE of this call, in one of its directions? */
const isOf = ({ own, told, far }: Call, { sourceKey, destinationKey }: Tuple): boolean =>
  (sourceKey === own && destinationKey === far) || (sourceKey === far && destinationKey === told)

const toldLine = (flow: Flow, id: number): string => `${flow.reply.source} ${id}`

function fill<T extends Tuple>(
  tuple: T,
  source: number,
  destination: number,
  sourceKey: number,
  destinationKey: number,
): T {
  tuple.protocol = Ipv4.PROTOCOL.gre
  tuple.source = source
  tuple.destination = destination
  tuple.sourceKey = sourceKey
  tuple.destinationKey = destinationKey
  return tuple
}
