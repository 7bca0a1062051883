/**
 * The NAS's end of RADIUS: requests go out, are repeated, go to the next server, and are answered or not. RFC 2865 §2,
 * §2.4 and §3, RFC 2866 §2 and §3.
 *
 * An Access-Request goes `tries` times to one server, unchanged, then as often to the next; one that answered stays the
 * first to be asked. An Accounting-Request says how old it is (Acct-Delay-Time), so each try is a new packet with a new
 * Identifier (RFC 2866 §4.1); it is repeated for longer, each round through the servers after twice the time.
 *
 * It knows no sockets: `transport.send` takes packets, and `receive` is told what came.
 *
 * Limits: no Status-Server. An answer without a Message-Authenticator is taken, as RFC 2865 has it.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import { get16 } from '../base/bytes.ts'
import type { Env } from '../base/env.ts'
import type { Random } from '../base/random.ts'
import { type Duration, type SimTime, sec } from '../base/time.ts'
import * as Radius from '../wire/radius.ts'
import { TYPE } from '../wire/radius-attributes.ts'
import { number } from './attributes.ts'
import { isResponseTo, judgeProof, signAccess, signAccounting } from './secret.ts'

export interface RadiusTarget {
  readonly address: Ipv4
  readonly authPort: number
  readonly acctPort: number
  readonly secret: Uint8Array
}

export interface RadiusConfig {
  /** The first is asked first. */
  readonly servers: readonly RadiusTarget[]
  /** How long an answer is waited for. */
  readonly timeout: Duration
  /** How often a server is asked before the next one is. */
  readonly tries: number
}

export interface RadiusTransport {
  send(address: Ipv4, port: number, bytes: Uint8Array): void
}

/** What a request has led to. */
export type Outcome =
  | {
      readonly answered: true
      readonly packet: Radius.Radius
      /** What it takes to open what is hidden in it. */
      readonly authenticator: Uint8Array
      readonly secret: Uint8Array
    }
  | { readonly answered: false; readonly tries: number; readonly detail: string }

/** The attributes of an Access-Request; what it hides depends on the server and on the authenticator. */
export type MakeAttributes = (authenticator: Uint8Array, secret: Uint8Array) => readonly Radius.Attribute[]

interface Open {
  readonly target: RadiusTarget
  readonly port: number
  readonly id: number
  readonly bytes: Uint8Array
  readonly authenticator: Uint8Array
  readonly answered: (packet: Radius.Radius) => void
}

/** RFC 2866 §2 recommends to go on with some form of back-off: so many rounds through all servers. */
const ACCOUNTING_ROUNDS = 8
const LONGEST_PAUSE = sec(60)
const IDENTIFIERS = 256

export class RadiusClient {
  readonly #env: Env
  readonly #config: RadiusConfig
  readonly #transport: RadiusTransport
  readonly #random: Random
  /** By address, port and identifier. */
  readonly #open = new Map<string, Open>()
  /** The next identifier of each server and port. */
  readonly #nextId = new Map<string, number>()
  /** Which server is asked first. */
  #preferred = 0
  #requests = 0
  #answers = 0
  #unanswered = 0

  constructor(env: Env, config: RadiusConfig, transport: RadiusTransport) {
    this.#env = env
    this.#config = config
    this.#transport = transport
    this.#random = env.random.fork('authenticator')
  }

  /** Requests sent, repetitions included; answers taken; questions that nobody answered. */
  get counters(): { readonly requests: number; readonly answers: number; readonly unanswered: number } {
    return { requests: this.#requests, answers: this.#answers, unanswered: this.#unanswered }
  }

  /** Asks until a server answers or none is left; returns what forgets the question. */
  access(attributes: MakeAttributes, done: (outcome: Outcome) => void): () => void {
    const { servers, tries, timeout } = this.#config
    let asked = 0
    let open: Open | undefined
    const timer = this.#env.clock.timer('radius access-request', () => again())
    const again = (): void => {
      const round = Math.floor(asked / tries)
      if (round >= servers.length) {
        this.#forget(open)
        this.#silent('access-request', asked)
        done({ answered: false, tries: asked, detail: this.#silence(asked) })
        return
      }
      // Without a free Identifier nothing has been sent yet.
      if (asked % tries === 0 || !open) {
        this.#forget(open)
        const index = (first + round) % servers.length
        open = this.#accessTo(servers[index], attributes, packet => {
          timer.cancel()
          this.#preferred = index
          const { authenticator, target } = open as Open
          done({ answered: true, packet, authenticator, secret: target.secret })
        })
      }
      asked++
      if (open) this.#transmit(open, 'access-request')
      timer.arm(timeout)
    }
    const first = this.#preferred
    again()
    return () => {
      timer.cancel()
      this.#forget(open)
    }
  }

  /** Reports until a server has taken note. */
  account(attributes: readonly Radius.Attribute[]): void {
    const { servers, timeout } = this.#config
    const since = this.#env.clock.now
    let asked = 0
    let open: Open | undefined
    const timer = this.#env.clock.timer('radius accounting-request', () => again())
    const again = (): void => {
      this.#forget(open)
      const round = Math.floor(asked / servers.length)
      if (round >= ACCOUNTING_ROUNDS) {
        this.#silent('accounting-request', asked)
        return
      }
      const target = servers[(this.#preferred + asked) % servers.length]
      asked++
      open = this.#accountTo(target, attributes, since, () => timer.cancel())
      if (open) this.#transmit(open, 'accounting-request')
      timer.arm(Math.min(timeout * 2 ** round, LONGEST_PAUSE))
    }
    again()
  }

  #accessTo(target: RadiusTarget, attributes: MakeAttributes, answered: Open['answered']): Open | undefined {
    const id = this.#takeId(target, target.authPort)
    if (id === undefined) return undefined
    // RFC 2865 §3: unpredictable, and never the same twice under one secret.
    const authenticator = this.#random.bytes(16)
    const made = attributes(authenticator, target.secret)
    const bytes = signAccess({ code: 'access-request', id, authenticator, attributes: made }, target.secret)
    return this.#remember({ target, port: target.authPort, id, bytes, authenticator, answered })
  }

  #accountTo(
    target: RadiusTarget,
    attributes: readonly Radius.Attribute[],
    since: SimTime,
    answered: Open['answered'],
  ): Open | undefined {
    const id = this.#takeId(target, target.acctPort)
    if (id === undefined) return undefined
    const delay = number(TYPE.acctDelayTime, Math.floor((this.#env.clock.now - since) / sec(1)))
    const bytes = signAccounting({ code: 'accounting-request', id, attributes: [...attributes, delay] }, target.secret)
    const authenticator = bytes.subarray(Radius.AUTHENTICATOR, Radius.AUTHENTICATOR + 16)
    return this.#remember({ target, port: target.acctPort, id, bytes, authenticator, answered })
  }

  /** RFC 2865 §3: an Identifier tells requests to one server apart; undefined when all are under way. */
  #takeId({ address }: RadiusTarget, port: number): number | undefined {
    const place = `${address}:${port}`
    const start = this.#nextId.get(place) ?? 0
    for (let n = 0; n < IDENTIFIERS; n++) {
      const id = (start + n) % IDENTIFIERS
      if (this.#open.has(`${place}:${id}`)) continue
      this.#nextId.set(place, (id + 1) % IDENTIFIERS)
      return id
    }
    return undefined
  }

  #remember(open: Open): Open {
    this.#open.set(keyOf(open.target.address, open.port, open.id), open)
    return open
  }

  #forget(open: Open | undefined): void {
    if (!open) return
    const key = keyOf(open.target.address, open.port, open.id)
    // Another request may have its Identifier by now.
    if (this.#open.get(key) === open) this.#open.delete(key)
  }

  #transmit({ target, port, id, bytes }: Open, type: string): void {
    this.#requests++
    this.#report('sent', type, target.address, id, bytes)
    this.#transport.send(target.address, port, bytes)
  }

  /** A datagram has come to our port. What is no answer to an open request is dropped silently (RFC 2865 §3). */
  receive(from: Ipv4, port: number, datagram: Uint8Array): void {
    const parsed = Radius.parse(datagram)
    if (!parsed.ok) {
      const detail = `from ${formatIpv4(from)}, octet ${parsed.offset}`
      this.#env.trace.drop({ reason: 'malformed', layer: 'radius', why: parsed.reason, detail })
      return
    }
    const packet = parsed.value
    const bytes = datagram.slice(0, get16(datagram, 2))
    const open = this.#open.get(keyOf(from, port, packet.id))
    const problem = open ? problemOf(packet, bytes, open) : 'it answers no open request'
    if (!open || problem !== undefined) {
      const detail = `${packet.code} ${packet.id} from ${formatIpv4(from)}: ${problem}`
      this.#env.trace.drop({ reason: 'radius-unexpected', layer: 'radius', detail })
      return
    }
    this.#answers++
    this.#report('received', packet.code, from, packet.id, bytes)
    this.#forget(open)
    open.answered(packet)
  }

  #report(way: 'sent' | 'received', type: string, peer: Ipv4, id: number, bytes: Uint8Array): void {
    if (!this.#env.trace.on) return
    const parsed = Radius.parse(bytes)
    const detail = parsed.ok ? Radius.show(parsed.value) : ''
    this.#env.trace.emit('radius-message', { way, type, peer: formatIpv4(peer), id, detail })
  }

  #silent(type: string, tries: number): void {
    this.#unanswered++
    this.#env.trace.emit('radius-silent', { type, tries, detail: this.#silence(tries) })
  }

  #silence(tries: number): string {
    const names = this.#config.servers.map(({ address }) => formatIpv4(address))
    const who =
      names.length === 1 ? `The RADIUS server ${names[0]} does` : `The RADIUS servers ${names.join(' and ')} do`
    return `${who} not answer: ${tries} request${tries === 1 ? '' : 's'} without an answer.`
  }
}

const keyOf = (address: Ipv4, port: number, id: number): string => `${address}:${port}:${id}`

/** Why the packet is no answer to the request. */
function problemOf(
  packet: Radius.Radius,
  bytes: Uint8Array,
  { port, target, authenticator }: Open,
): string | undefined {
  const accounting = port === target.acctPort && packet.code === 'accounting-response'
  const access = port === target.authPort && ANSWERS.includes(packet.code)
  if (!accounting && !access) return 'that is no answer to such a request'
  if (!isResponseTo(bytes, authenticator, target.secret)) return 'its authenticator does not fit the shared secret'
  if (judgeProof(bytes, authenticator, target.secret) === 'wrong') return 'its Message-Authenticator is wrong'
  return undefined
}
const ANSWERS: readonly Radius.Code[] = ['access-accept', 'access-reject', 'access-challenge']
