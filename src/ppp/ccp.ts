/**
 * The Compression Control Protocol: RFC 1962, with the MPPE option of RFC 3078 §3 and nothing else.
 *
 * A Configure-Request says what its sender can receive. We want, and grant, 128 bit keys without state in both
 * directions; every compression (Deflate, BSD, MPPC, …) is rejected, because what is encrypted cannot be compressed
 * and what is compressed cannot be read in a lesson.
 *
 * Limits: 40 and 56 bit keys and stateful mode are Nak-ed. No Reset-Request is sent, because stateless mode has
 * nothing to resynchronise (RFC 3078 §8.1); one that comes makes the next packet FLUSHED and gets no Reset-Ack.
 */
import { type MachineView, view } from '../base/view.ts'
import type * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { CCP_OPTIONS, MPPE_BITS } from '../wire/ppp-options.ts'
import { ControlProtocol, type LayerHooks } from './control-protocol.ts'
import { CryptoWork } from './crypto-work.ts'
import type { Link } from './link.ts'
import { getAsymmetricStartKey, MppeReceiver, MppeSender } from './mppe.ts'
import { FOUR_OCTETS, type OptionRule } from './options.ts'

/** What authentication leaves for encryption: RFC 3079 §3. */
export interface MppeKeys {
  readonly masterKey: Uint8Array
  /** The authenticator is the server of RFC 3079. */
  readonly isServer: boolean
}

export interface CcpHooks {
  /** `sender` and `receiver` stand if both sides agreed to MPPE. */
  up(): void
  finished(tries: number): void
  terminated(text: string): void
  catastrophe(detail: string): void
  /** The peer will not have our MPPE. */
  refused(): void
}

const WANTED = MPPE_BITS.stateless | MPPE_BITS.s128

const BITS = 128

export class Ccp {
  readonly protocol: ControlProtocol
  sender: MppeSender | undefined
  receiver: MppeReceiver | undefined
  /** Of the whole session, however often CCP opens. */
  readonly work = new CryptoWork()
  readonly #mppe: OptionRule<number>
  #keys: MppeKeys | undefined

  constructor(link: Link, hooks: CcpHooks) {
    this.#mppe = {
      ...FOUR_OCTETS,
      type: CCP_OPTIONS.mppe,
      want: () => WANTED,
      demand: () => WANTED,
      judge: asked => (asked !== undefined && (asked & ~MPPE_BITS.obsolete) === WANTED ? 'ack' : { nak: WANTED }),
      concede: suggested => ((suggested & WANTED) === WANTED ? WANTED : undefined),
      lost: () => hooks.refused(),
    }
    const layer: LayerHooks = {
      ...hooks,
      up: () => {
        this.#up()
        hooks.up()
      },
      down: () => {
        this.sender = undefined
        this.receiver = undefined
      },
      other: packet => this.#other(packet),
    }
    this.protocol = new ControlProtocol(link, 'ccp', Ppp.CCP, [this.#mppe], layer)
  }

  start(keys: MppeKeys): void {
    this.#keys = keys
    this.protocol.open()
    this.protocol.lowerUp()
  }

  /** Encryption: the packets' numbers, and what it has computed. */
  mppeView(): MachineView {
    const { sender, receiver, work } = this
    const state = !sender || !receiver ? 'off' : receiver.needsReset ? 'needs-reset' : 'on'
    const numbers = sender && receiver ? { send: sender.count, expected: receiver.expected } : {}
    return view(state, { counters: { ...numbers, ...work } })
  }

  /** The peer has been challenged again: what CCP opens with next time, as pppd does. */
  renewKeys(keys: MppeKeys): void {
    this.#keys = keys
  }

  /** Keys start anew whenever CCP opens (RFC 3078 §5). */
  #up(): void {
    const { options } = this.protocol
    if (!this.#keys || options.ours(this.#mppe) === undefined || options.theirs(this.#mppe) === undefined) return
    const { masterKey, isServer } = this.#keys
    const mode = { bits: BITS, stateful: false, work: this.work } as const
    this.sender = new MppeSender(getAsymmetricStartKey(masterKey, BITS, true, isServer), mode)
    this.receiver = new MppeReceiver(getAsymmetricStartKey(masterKey, BITS, false, isServer), mode)
  }

  #other(packet: Cp.Cp): boolean {
    if (packet.type === 'reset-request') this.sender?.resetRequested()
    return packet.type === 'reset-request' || packet.type === 'reset-ack'
  }
}
