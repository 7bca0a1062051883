/**
 * What LCP, IPCP and CCP have in common: the automaton of RFC 1661 §4 joined to the packets of §5, codes 1 to 7.
 *
 * A Configure-Request is repeated with its identifier unchanged as long as nothing valid answered it; an answer to
 * another identifier, or a second answer, is discarded (§5.1, §5.2).
 */
import { fromAscii } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Way } from '../base/trace.ts'
import type { MachineView } from '../base/view.ts'
import * as Cp from '../wire/cp.ts'
import * as Ppp from '../wire/ppp.ts'
import { quote, type RawOption } from '../wire/ppp-options.ts'
import { type Actions, Automaton, type State } from './automaton.ts'
import type { PppLayer } from './config.ts'
import { type Link, report } from './link.ts'
import { type Answer, Negotiator, type OptionRule } from './options.ts'

/** What the automaton tells the layer's owner, and the codes beyond 7. */
export interface LayerHooks {
  up(): void
  down(): void
  /** `tries`: the requests that were never answered, if that is why. */
  finished(tries: number): void
  /** The peer ends an open layer; the text says why if it said so. */
  terminated(text: string): void
  /** The same of a layer that is not open: it goes on asking until the line goes. */
  gone?(text: string): void
  /** The peer rejects a code without which this protocol cannot work (RXJ-). */
  catastrophe(detail: string): void
  /** A packet with another code; false: this protocol has no such code. */
  other?(packet: Cp.Cp): boolean
  /** The peer rejects a code that we can do without (RXJ+). */
  codeRejected?(code: number): void
}

const ESSENTIAL = 7
const NOTHING = new Uint8Array(0)
const NO_ANSWER: Answer = { type: 'configure-ack', options: [] }

export class ControlProtocol implements Actions {
  readonly name: PppLayer
  readonly options: Negotiator
  readonly #link: Link
  readonly #protocol: number
  readonly #hooks: LayerHooks
  readonly #automaton: Automaton
  #lastId = 0
  /** Our Configure-Request: its identifier, and whether a valid answer has come. */
  #requestId = 0
  #answered = true
  #answer = NO_ANSWER
  /** Identifier and bytes of the packet being answered. */
  #receivedId = 0
  #received: Uint8Array = NOTHING
  #reply: Cp.Cp | undefined
  #farewell = ''

  constructor(link: Link, name: PppLayer, protocol: number, rules: readonly OptionRule<unknown>[], hooks: LayerHooks) {
    this.name = name
    this.#link = link
    this.#protocol = protocol
    this.#hooks = hooks
    const { timers } = link.config
    this.options = new Negotiator(rules, timers.maxFailure)
    this.#automaton = new Automaton(timers, this)
  }

  get env(): Env {
    return this.#link.env
  }
  get machineName(): string {
    return `${this.#link.config.machine}.${this.name}`
  }

  get state(): State {
    return this.#automaton.state
  }
  get opened(): boolean {
    return this.state === 'opened'
  }

  /** `id`: the latest identifier of ours; `open`: that of the request which awaits its answer. */
  view(): MachineView {
    const whole = this.#automaton.view()
    const { naksSent, naksHeard, asked, granted } = this.options
    const words = (options: readonly RawOption[]): string =>
      Cp.show(this.#protocol, { type: 'configure-request', id: 0, options })
    return {
      ...whole,
      counters: {
        ...whole.counters,
        id: this.#lastId,
        ...(this.#answered ? {} : { open: this.#requestId }),
        naksSent,
        naksHeard,
      },
      facts: { asked: words(asked), granted: words(granted) },
    }
  }

  open(): void {
    this.#automaton.fire('open')
  }
  lowerUp(): void {
    this.options.reset()
    this.#answered = true
    this.#automaton.fire('up')
  }
  lowerDown(): void {
    this.#automaton.fire('down')
  }
  close(farewell: string): void {
    this.#farewell = farewell
    this.#automaton.fire('close')
  }
  /** A second Terminate-Request right after the first (see `closesTwice`). */
  closeAgain(farewell: string): void {
    if (this.state === 'closing') this.send({ type: 'terminate-request', id: this.nextId(), data: fromAscii(farewell) })
  }
  /** The peer does not speak this protocol at all (RXJ- by Protocol-Reject). */
  protocolRejected(): void {
    this.#automaton.fire('rxj-')
  }

  nextId(): number {
    return (this.#lastId = (this.#lastId + 1) & 255)
  }

  /** The peer asks for an echo (RXR); answered in Opened only (§5.8). */
  echo(reply: Cp.Cp): void {
    this.#reply = reply
    this.#automaton.fire('rxr')
  }

  send(packet: Cp.Cp): void {
    this.#report('sent', packet)
    this.#link.transmit(this.#protocol, Cp.write(packet))
  }

  #report(way: Way, packet: Cp.Cp): void {
    if (this.#link.env.trace.on) report(this.#link, way, this.#protocol, packet, Cp.show(this.#protocol, packet))
  }

  // What the automaton says is to be done

  tls(): void {}
  tlu(): void {
    this.#hooks.up()
  }
  tld(): void {
    this.#hooks.down()
  }
  tlf(tries: number): void {
    this.#hooks.finished(tries)
  }
  scr(): void {
    if (this.#answered) {
      this.#requestId = this.nextId()
      this.#answered = false
    }
    this.send({ type: 'configure-request', id: this.#requestId, options: this.options.request() })
  }

  sca(): void {
    const { type, options } = this.#answer
    this.send({ type, id: this.#receivedId, options })
  }
  scn(): void {
    this.sca()
  }
  str(): void {
    this.send({ type: 'terminate-request', id: this.nextId(), data: fromAscii(this.#farewell) })
  }
  sta(): void {
    this.send({ type: 'terminate-ack', id: this.#receivedId, data: NOTHING })
  }
  ser(): void {
    if (this.#reply) this.send(this.#reply)
  }
  scj(): void {
    // §5.6: cut so that the packet with its header of four octets fits the peer's MRU.
    const data = this.#received.slice(0, this.#link.peerMru() - 4)
    this.send({ type: 'code-reject', id: this.nextId(), data })
  }

  receive(bytes: Uint8Array): void {
    const parsed = Cp.parse(bytes)
    if (!parsed.ok) {
      this.#link.discard('malformed', this.name, `octet ${parsed.offset} of a control packet`, parsed.reason)
      return
    }
    const packet = parsed.value
    this.#report('received', packet)
    if (this.state === 'initial' || this.state === 'starting') {
      this.#unexpected(`${Cp.title(packet.type)} in state ${this.state}`)
      return
    }
    this.#receivedId = packet.id
    this.#received = bytes
    this.#take(packet)
    this.#received = NOTHING
    this.#answer = NO_ANSWER
  }

  #take(packet: Cp.Cp): void {
    switch (packet.type) {
      case 'configure-request':
        this.#answer = this.options.judge(packet.options)
        this.#automaton.fire(this.#answer.type === 'configure-ack' ? 'rcr+' : 'rcr-')
        return
      case 'configure-ack':
      case 'configure-nak':
      case 'configure-reject':
        this.#receiveAnswer(packet)
        return
      case 'terminate-request':
        this.#terminated(packet.data.length > 0 ? quote(packet.data) : '')
        this.#automaton.fire('rtr')
        return
      case 'terminate-ack':
        this.#automaton.fire('rta')
        return
      case 'code-reject':
        this.#codeRejected(packet.data)
        return
      default:
        if (!this.#hooks.other?.(packet)) this.#automaton.fire('ruc')
    }
  }

  #receiveAnswer(packet: Cp.Configure): void {
    if (packet.id !== this.#requestId || this.#answered) {
      this.#unexpected(`${Cp.title(packet.type)} ${packet.id} answers no open request`)
    } else if (!this.#fits(packet)) {
      this.#unexpected(`${Cp.title(packet.type)} ${packet.id} does not have the options of our request`)
    } else {
      this.#answered = true
      this.#automaton.fire(packet.type === 'configure-ack' ? 'rca' : 'rcn')
    }
  }

  #fits({ type, options }: Cp.Configure): boolean {
    if (type === 'configure-ack') return this.options.acked(options)
    return type === 'configure-nak' ? this.options.naked(options) : this.options.rejected(options)
  }

  #terminated(text: string): void {
    if (this.opened) this.#hooks.terminated(text)
    else this.#hooks.gone?.(text)
  }

  #codeRejected(data: Uint8Array): void {
    if (data.length === 0) {
      this.#link.discard('malformed', this.name, 'a Code-Reject that rejects nothing', 'bad-length')
      return
    }
    const [code] = data
    if (code > ESSENTIAL) {
      this.#hooks.codeRejected?.(code)
      this.#automaton.fire('rxj+')
      return
    }
    this.#hooks.catastrophe(`The peer rejects ${Ppp.protocolName(this.#protocol).toUpperCase()} code ${code}.`)
    this.#automaton.fire('rxj-')
  }

  #unexpected(detail: string): void {
    this.#link.discard('ppp-unexpected', this.name, detail)
  }
}
