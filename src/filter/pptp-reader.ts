/**
 * Reads the control messages of one segment for the PPTP helper, and writes call IDs into them (RFC 2637 §2). Message
 * sizes never change, so no sequence number does.
 */
import { get16, get32, set16 } from '../base/bytes.ts'
import type { Packet } from '../base/packet.ts'
import * as Checksum from '../wire/checksum.ts'
import * as Pptp from '../wire/pptp.ts'
import type { Flow } from './flow.ts'
import type { Call, Control, PptpAlg } from './pptp-alg.ts'
import type { PptpHelper } from './types.ts'

const CONTROL = 1
/** Where things stand in a message. */
const TYPE_AT = 8
const ID_AT = 12
const PEER_AT = 14
const RESULT_AT = 16
const TCP_CHECKSUM = 16

/** Numbers of the messages (RFC 2637 §2). */
const M = {
  startRequest: 1,
  startReply: 2,
  stopRequest: 3,
  stopReply: 4,
  outgoingRequest: 7,
  outgoingReply: 8,
  incomingRequest: 9,
  incomingReply: 10,
  incomingConnected: 11,
  clear: 12,
  disconnect: 13,
  wanError: 14,
  linkInfo: 15,
} as const

const NAMES = new Map<number, string>()
const LENGTHS = new Map<number, number>()
for (const [name, length] of Pptp.LENGTHS) {
  NAMES.set(Pptp.MESSAGES[name].code, name)
  LENGTHS.set(Pptp.MESSAGES[name].code, length)
}

/** `outgoing-call-request` */
export const nameOf = (type: number): string => NAMES.get(type) ?? String(type)

/** Reads the messages of one segment, and writes into them. */
export class Reader {
  readonly #alg: PptpAlg
  readonly #packet: Packet
  readonly #b: Uint8Array
  readonly #tcp: number
  readonly #flow: Flow
  readonly #control: Control
  readonly #isReply: boolean
  readonly #helper: PptpHelper
  #at = 0
  #type = 0

  constructor(
    alg: PptpAlg,
    packet: Packet,
    tcp: number,
    flow: Flow,
    control: Control,
    isReply: boolean,
    helper: PptpHelper,
  ) {
    this.#alg = alg
    this.#packet = packet
    this.#b = packet.bytes
    this.#tcp = tcp
    this.#flow = flow
    this.#control = control
    this.#isReply = isReply
    this.#helper = helper
  }

  /** Reads the message at `at`; its length, or 0 if there is none. `complete`: only one that is there to its last octet. */
  message(at: number, end: number, complete: boolean): number {
    const b = this.#b
    if (at + ID_AT > end || get16(b, at + 2) !== CONTROL || get32(b, at + 4) !== Pptp.MAGIC_COOKIE) return 0
    this.#at = at
    this.#type = get16(b, at + TYPE_AT)
    const length = LENGTHS.get(this.#type)
    if (length === undefined || at + (complete ? length : Math.min(length, RESULT_AT + 1)) > end) return 0
    if (this.#isReply) this.#fromB()
    else this.#fromA()
    return Math.max(get16(b, at), ID_AT)
  }

  get #id(): number {
    return get16(this.#b, this.#at + ID_AT)
  }
  get #peer(): number {
    return get16(this.#b, this.#at + PEER_AT)
  }
  get #succeeded(): boolean {
    return this.#b[this.#at + RESULT_AT] === 1
  }
  get #both(): boolean {
    return this.#helper.caller === 'both'
  }

  #find(is: (call: Call) => boolean): Call | undefined {
    return this.#alg.call(this.#control, is, this.#helper)
  }

  /** Writes a call ID if the connection is translated. */
  #edit(field: 'callId' | 'peerCallId', place: number, after: number): void {
    if (!this.#flow.translated) return
    const at = this.#at + place
    const before = get16(this.#b, at)
    if (before === after) return
    // The checksum counts words from the beginning of the header; a message may begin at an odd octet.
    const isOdd = ((at - this.#tcp) & 1) === 1
    const from = isOdd ? at - 1 : at
    const words = [this.#word(from), isOdd ? this.#word(from + 2) : 0]
    set16(this.#b, at, after)
    const sumAt = this.#tcp + TCP_CHECKSUM
    let sum = Checksum.update(get16(this.#b, sumAt), words[0], this.#word(from))
    if (isOdd) sum = Checksum.update(sum, words[1], this.#word(from + 2))
    set16(this.#b, sumAt, sum)
    this.#alg.told(this.#packet, this.#type, field, before, after, this.#flow)
  }

  /** What is beyond the packet counts as zero. */
  #word(at: number): number {
    return (this.#b[at] << 8) | (at + 1 < this.#packet.end ? this.#b[at + 1] : 0)
  }

  // From the side that opened TCP

  #fromA(): void {
    const control = this.#control
    switch (this.#type) {
      case M.startRequest:
        if (control.session === 'none') control.session = 'requested'
        return
      case M.stopRequest:
        control.session = 'stopping'
        return
      case M.outgoingRequest:
        if (control.session === 'confirmed') this.#asks(false)
        return
      case M.incomingRequest:
        if (this.#both && control.session === 'confirmed') this.#asks(true)
        return
      case M.incomingReply:
        this.#answers(true)
        return
      case M.outgoingReply:
        if (this.#both) this.#answers(false)
        return
      case M.clear:
        if (control.session === 'confirmed') this.#names()
        return
      case M.disconnect:
        if (this.#both) this.#hangsUp()
        return
      default:
    }
  }

  #asks(incoming: boolean): void {
    const call = this.#alg.begin(this.#flow, this.#control, 'a', this.#id, incoming, this.#helper)
    this.#edit('callId', ID_AT, call.told)
  }

  /** A has an answer to a request of B. */
  #answers(incoming: boolean): void {
    const call = this.#find(c => c.asker === 'b' && c.far === this.#peer)
    if (call?.asker !== 'b' || call.incoming !== incoming || call.far !== this.#peer) return
    if (call.state !== 'asked' && call.state !== 'answered') return
    if (!this.#succeeded) {
      this.#edit('callId', ID_AT, call.told)
      this.#refused(call)
      return
    }
    if (this.#helper.incomingConnected === 'zeroed') {
      // Noted as what B was told, and never as A's own: the answer to it will be zeroed (measured: B15).
      call.told = this.#id
      call.state = 'answered'
    } else {
      this.#alg.name(this.#flow, call, this.#id, this.#helper)
      this.#edit('callId', ID_AT, call.told)
      call.state = 'answered'
      if (this.#both) this.#connected(call)
    }
  }

  #refused(call: Call): void {
    call.state = 'none'
    if (this.#helper.calls === 'all') this.#alg.forget(this.#control, call)
  }

  /** Call-Clear-Request: A names its own call. */
  #names(): void {
    const call = this.#find(c => c.own === this.#id)
    if (call) this.#edit('callId', ID_AT, call.told)
  }

  #hangsUp(): void {
    const call = this.#find(c => c.own === this.#id)
    if (!call) return
    this.#edit('callId', ID_AT, call.told)
    this.#alg.destroy(this.#flow, this.#control, call)
  }

  #connected(call: Call): void {
    call.state = 'up'
    this.#alg.expect(this.#flow, call)
  }

  // From the other side

  #fromB(): void {
    const control = this.#control
    switch (this.#type) {
      case M.startReply:
        if (control.session !== 'requested' && control.session !== 'confirmed') return
        control.session = this.#b[this.#at + 14] === 1 ? 'confirmed' : 'error'
        return
      case M.stopReply:
        if (control.session !== 'stopping') return
        control.session = this.#b[this.#at + ID_AT] === 1 ? 'none' : 'error'
        return
      case M.outgoingReply:
        this.#answered(false)
        return
      case M.incomingReply:
        if (this.#both) this.#answered(true)
        return
      case M.incomingRequest:
        if (control.session === 'confirmed') this.#alg.begin(this.#flow, control, 'b', this.#id, true, this.#helper)
        return
      case M.outgoingRequest:
        if (this.#both && control.session === 'confirmed')
          this.#alg.begin(this.#flow, control, 'b', this.#id, false, this.#helper)
        return
      case M.incomingConnected:
        this.#incomingConnected()
        return
      case M.disconnect:
        this.#disconnected()
        return
      case M.wanError:
      case M.linkInfo:
        this.#speaksOf()
        return
      default:
    }
  }

  /** B's answer to a request of A. */
  #answered(incoming: boolean): void {
    if (this.#control.session !== 'confirmed') return
    const call = this.#find(c => c.asker === 'a' && c.told === this.#peer)
    if (call?.asker !== 'a' || call.incoming !== incoming || call.told !== this.#peer) return
    if (call.state !== 'asked' && call.state !== 'up') return
    if (this.#succeeded) {
      call.far = this.#id
      this.#connected(call)
    } else this.#refused(call)
    this.#edit('peerCallId', PEER_AT, call.own)
  }

  #incomingConnected(): void {
    if (this.#control.session !== 'confirmed') return
    const call = this.#find(c => c.asker === 'b' && c.told === this.#id)
    // Not of a call that A asked for, be it up (recorded script connected-outgoing).
    if (!call?.incoming || call.told !== this.#id || (call.state !== 'answered' && call.state !== 'up')) return
    if (call.state === 'answered') this.#connected(call)
    this.#edit('peerCallId', ID_AT, call.own)
  }

  #disconnected(): void {
    const call = this.#find(c => c.far === this.#id)
    if (!call) return
    if (this.#helper.disconnect === 'receivers-id') this.#edit('callId', ID_AT, call.own)
    this.#alg.destroy(this.#flow, this.#control, call)
  }

  #speaksOf(): void {
    const call = this.#find(c => c.told === this.#id)
    if (call) this.#edit('peerCallId', ID_AT, call.own)
  }
}
