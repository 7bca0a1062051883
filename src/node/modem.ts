/**
 * PPP frames on a telephone line: asynchronous framing with its character maps on an analogue call, synchronous without
 * on a digital one (RFC 1662 §4).
 *
 * Both maps begin with all control characters; LCP agrees on others (§7.1). What sets up or ends the link is always
 * escaped as if nothing had been agreed (RFC 1661 §5, packets of codes 1 to 7), as pppd does it.
 */
import type { Env } from '../base/env.ts'
import type { Packet } from '../base/packet.ts'
import type { Bearer } from '../link/signal.ts'
import { DEFAULT_MRU } from '../ppp/config.ts'
import * as Hdlc from '../wire/hdlc.ts'
import * as Ppp from '../wire/ppp.ts'
import type { Snapshot } from './node.ts'
import type { Telephone } from './telephone.ts'

/** The longest frame: address, control and protocol before what every receiver takes. */
const LONGEST = 4 + DEFAULT_MRU
/** RFC 1661 §5: those that set up and end the link. */
const LAST_PLAIN_CODE = 7

/** Which control characters are escaped, and which the peer escapes (RFC 1662 §7.1). */
export interface Accms {
  readonly sendAccm: number
  readonly receiveAccm: number
}

export interface ModemSinks {
  /** A PPP frame of the call, address and control fields first unless compressed away; takes the ownership. */
  frame(packet: Packet): void
  /** A frame was discarded: `errors` have grown. */
  error?(): void
}

export class Modem {
  bearer: Bearer = 'analogue'
  readonly #env: Env
  readonly #iface: string
  readonly #telephone: Telephone
  readonly #sinks: ModemSinks
  readonly #longest: number
  #decoder: Hdlc.Decoder
  #sendAccm = Hdlc.ALL_CHARACTERS
  #framesIn = 0
  #framesOut = 0

  /** `iface`: for the trace. `longest`: octets of the longest PPP frame. */
  constructor(env: Env, iface: string, telephone: Telephone, sinks: ModemSinks, longest = LONGEST) {
    this.#env = env
    this.#iface = iface
    this.#telephone = telephone
    this.#sinks = sinks
    this.#longest = longest
    this.#decoder = this.#newDecoder()
  }

  /** A call is connected: everything begins anew. */
  begin(bearer: Bearer): void {
    this.bearer = bearer
    this.#decoder = this.#newDecoder()
    this.#framesIn = 0
    this.#framesOut = 0
    this.setAccms({ sendAccm: Hdlc.ALL_CHARACTERS, receiveAccm: Hdlc.ALL_CHARACTERS })
  }

  /** Since the call was connected, in the words of WAN-Error-Notify. */
  get errors(): Readonly<Hdlc.LineErrors> {
    return this.#decoder.errors
  }

  /** Of an asynchronous line; a synchronous one has no maps. */
  setAccms({ sendAccm, receiveAccm }: Accms): void {
    const none = this.bearer === 'digital'
    this.#sendAccm = none ? 0 : sendAccm
    this.#decoder.receiveAccm = none ? 0 : receiveAccm
  }

  /** A PPP frame; takes the ownership. */
  send(frame: Packet): void {
    this.#framesOut++
    const all = this.bearer === 'analogue' && isPlain(frame)
    this.#telephone.send(Hdlc.encode(this.#env.packets, frame, all ? Hdlc.ALL_CHARACTERS : this.#sendAccm))
  }

  /** Octets from the line; takes the ownership. */
  receive(octets: Packet): void {
    this.#decoder.receive(octets)
  }

  snapshot(): Snapshot {
    const { errors } = this
    const maps =
      this.bearer === 'digital'
        ? {}
        : { sendAccm: hex32(this.#sendAccm), receiveAccm: hex32(this.#decoder.receiveAccm) }
    const framing = this.bearer === 'digital' ? 'synchronous' : 'asynchronous'
    return { framing, ...maps, framesIn: this.#framesIn, framesOut: this.#framesOut, ...errors }
  }

  #newDecoder(): Hdlc.Decoder {
    return new Hdlc.Decoder(this.#env.packets, this.#longest, {
      frame: packet => {
        this.#framesIn++
        this.#sinks.frame(packet)
      },
      fault: (reason, octets, length) => {
        const detail = `${this.#iface}: ${length} octets`
        this.#env.trace.drop({ reason, layer: 'hdlc', packet: octets.id, parent: octets.parent, detail })
        if (reason !== 'hdlc-no-flag') this.#sinks.error?.()
      },
    })
  }
}

const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`

function isPlain({ bytes, start, end }: Packet): boolean {
  const at = Ppp.protocolOffset(bytes, start, end)
  if (Ppp.protocolAt(bytes, at, end) !== Ppp.LCP) return false
  const codeAt = at + Ppp.protocolLength(bytes, at)
  return codeAt < end && bytes[codeAt] >= 1 && bytes[codeAt] <= LAST_PLAIN_CODE
}
