/**
 * The Compression Control Protocol: RFC 1962, with the MPPE option of RFC 3078 §2 and nothing else.
 *
 * A Configure-Request says what its sender can receive, so each direction is agreed on by itself. Every compression
 * (Deflate, BSD, Predictor, MPPC, …) is rejected, because what is encrypted cannot be compressed and what is compressed
 * cannot be read in a lesson.
 *
 * Stateful mode: a receiver that has lost its place sends Reset-Request (RFC 1962 §3.1) until a FLUSHED packet comes,
 * and needs no Reset-Ack; the sender marks its next packet FLUSHED (RFC 3078 §8.2). With `reset: linux` it also sends a
 * Reset-Ack, without which Linux decrypts nothing more.
 */
import type { Packet } from '../base/packet.ts'
import { type SimTime, sec } from '../base/time.ts'
import { type MachineView, view } from '../base/view.ts'
import type * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { CCP_OPTIONS } from '../wire/ppp-options.ts'
import { ControlProtocol, type LayerHooks } from './control-protocol.ts'
import { CryptoWork } from './crypto-work.ts'
import type { MppeKeys } from './keys.ts'
import type { Link } from './link.ts'
import { type Decryption, KEY_ROOM, type KeyRoom, type MppeOptions, MppeReceiver, MppeSender } from './mppe.ts'
import { startKey } from './mppe-keys.ts'
import * as Policy from './mppe-policy.ts'
import { FourOctets, type OptionRule, type Verdict } from './options.ts'

export interface CcpHooks {
  /** `sender` and `receiver` stand if both sides agreed to MPPE. */
  ccpUp(): void
  ccpFinished(tries: number): void
  /** Why it is about to finish. */
  ccpEnding(detail: string): void
  /** The peer will not have our MPPE, or only one that we may not have. */
  ccpRefused(detail: string): void
}

/** A Reset-Request without effect is repeated this much later at the earliest, as by pppd. */
const RESET_AGAIN = sec(1)

export class Ccp implements LayerHooks {
  readonly protocol: ControlProtocol
  sender: MppeSender | undefined
  receiver: MppeReceiver | undefined
  /** Of the whole session, however often CCP opens. */
  readonly work = new CryptoWork()
  /** How each direction is encrypted. */
  sending: Policy.Cipher = 'none'
  receiving: Policy.Cipher = 'none'
  readonly #link: Link
  readonly #hooks: CcpHooks
  readonly #policy: Policy.MppePolicy
  readonly #mppe: MppeRule
  #keys: MppeKeys | undefined
  /** The Reset-Request that is not answered yet. */
  #reset: { readonly id: number; readonly again: SimTime } | undefined

  constructor(link: Link, policy: Policy.MppePolicy, hooks: CcpHooks) {
    this.#link = link
    this.#hooks = hooks
    this.#policy = policy
    this.#mppe = new MppeRule(policy, hooks)
    this.protocol = new ControlProtocol(link, 'ccp', Ppp.CCP, [this.#mppe], this)
  }

  start(keys: MppeKeys): void {
    this.#keys = keys
    this.protocol.open()
    this.protocol.lowerUp()
  }

  /** Encryption: the packets' numbers, and what it has computed. */
  mppeView(): MachineView {
    const { sender, receiver, sending, receiving, work } = this
    const state = !sender || !receiver ? 'off' : receiver.needsReset ? 'needs-reset' : 'on'
    const numbers = sender && receiver ? { send: sender.count, expected: receiver.expected } : {}
    return view(state, { counters: { ...numbers, ...work }, facts: { sending, receiving } })
  }

  /** The peer has been challenged again: what CCP opens with next time, as pppd does. */
  renewKeys(keys: MppeKeys): void {
    this.#keys = keys
  }

  /** Of a packet that begins with the MPPE header, while there is a receiver. */
  decrypt(receiver: MppeReceiver, packet: Packet): Decryption {
    const result = receiver.decrypt(packet)
    if (receiver.needsReset) this.#requestReset()
    else this.#reset = undefined
    return result
  }

  // What its protocol tells

  up(): void {
    this.#agree()
    this.#hooks.ccpUp()
  }
  finished(tries: number): void {
    this.#hooks.ccpFinished(tries)
  }
  terminated(text: string): void {
    this.#hooks.ccpEnding(`The peer ended CCP${text && `: ${text}`}.`)
  }
  catastrophe(detail: string): void {
    this.#hooks.ccpEnding(detail)
  }

  /** Keys start anew whenever CCP opens (RFC 3078 §5). */
  #agree(): void {
    const { ours, theirs } = this.#mppe
    const keys = this.#keys
    if (!keys || ours === undefined || theirs === undefined) return
    // One array for both directions, since there are thousands of sessions.
    const room = new Uint8Array(2 * KEY_ROOM)
    const sent = this.#options(theirs, { room, at: 0 })
    const received = this.#options(ours, { room, at: KEY_ROOM })
    this.sender = new MppeSender(startKey(keys, sent.bits, true), sent)
    this.receiver = new MppeReceiver(startKey(keys, received.bits, false), received)
    this.sending = Policy.cipherOf(sent)
    this.receiving = Policy.cipherOf(received)
  }

  #options(agreed: number, keys: KeyRoom): MppeOptions {
    const { bits, stateful } = Policy.modeOf(agreed)
    return { bits, stateful, resetChangesKey: this.#policy.reset === 'linux', work: this.work, keys }
  }

  down(): void {
    this.sender = undefined
    this.receiver = undefined
    this.sending = 'none'
    this.receiving = 'none'
    this.#reset = undefined
  }

  /** RFC 1962 §3.1: with the same identifier until it has had its effect. */
  #requestReset(): void {
    const { now } = this.#link.env.clock
    if (this.#reset && now < this.#reset.again) return
    const id = this.#reset?.id ?? this.protocol.nextId()
    this.#reset = { id, again: (now + RESET_AGAIN) as SimTime }
    this.protocol.send({ type: 'reset-request', id, data: new Uint8Array(0) })
  }

  other(packet: Cp.Cp): boolean {
    if (packet.type === 'reset-ack') return true
    if (packet.type !== 'reset-request') return false
    if (!this.sender) {
      const detail = `Reset-Request in state ${this.protocol.state}, where nothing is encrypted`
      this.#link.discard('ppp-unexpected', 'ccp', detail)
      return true
    }
    this.sender.resetRequested()
    if (this.#policy.reset === 'linux') {
      this.protocol.send({ type: 'reset-ack', id: packet.id, data: new Uint8Array(0) })
    }
    return true
  }
}

/** What of MPPE we ask for and grant: the policy's words, as an option. */
class MppeRule extends FourOctets implements OptionRule<number> {
  readonly #policy: Policy.MppePolicy
  readonly #hooks: CcpHooks
  /** What the peer has offered instead, of which we may have nothing. */
  #offered: number | undefined

  constructor(policy: Policy.MppePolicy, hooks: CcpHooks) {
    super()
    this.#policy = policy
    this.#hooks = hooks
  }

  get type(): number {
    return CCP_OPTIONS.mppe
  }
  want(): number | undefined {
    return Policy.wish(this.#policy)
  }
  demand(): number | undefined {
    return Policy.best(this.#policy)
  }
  judge(asked: number | undefined): Verdict<number> {
    return Policy.judge(this.#policy, asked)
  }
  concede(bits: number): number | undefined {
    const next = Policy.concede(this.#policy, bits)
    this.#offered = next === undefined ? bits : undefined
    return next
  }
  lost(): void {
    const here = `Here MPPE may have ${Policy.showPolicy(this.#policy)}`
    const offered = this.#offered
    this.#hooks.ccpRefused(
      offered === undefined
        ? `The peer refuses MPPE. ${here}.`
        : `${here}; the peer wants ${Policy.showBits(offered)}.`,
    )
  }
}
