/**
 * A server's end of RADIUS: it lets another machine judge its callers, and reports their sessions (RFC 2865, RFC 2866).
 * What goes on the line stands in radius/client.ts, what is in it in radius-access.ts.
 */
import { ANY, type Ipv4 } from '../base/address.ts'
import type { Timer } from '../base/scheduler.ts'
import { type Duration, sec } from '../base/time.ts'
import type { Judge } from '../ppp/judge.ts'
import * as A from '../radius/attributes.ts'
import { RadiusClient, type RadiusConfig } from '../radius/client.ts'
import type * as Radius from '../wire/radius.ts'
import { AUTHENTIC, CAUSE, type Cause, STATUS, TYPE } from '../wire/radius-attributes.ts'
import type { Caller } from './caller.ts'
import type { IpNode } from './ip-node.ts'
import type { Snapshot } from './node.ts'
import { type Accepted, judgementOf, type Place, placeAttributes, proofAttributes, unfit } from './radius-access.ts'

export interface RadiusSettings extends RadiusConfig {
  /** Report the start and the end of each session. */
  readonly accounting: boolean
  /** Time between two reports of a session that goes on; absent: what the RADIUS server says. */
  readonly interim?: Duration
}

interface Session {
  readonly place: Place
  accepted: Accepted | undefined
  readonly timer: Timer
  reported: boolean
  /** Ends the question that is open. */
  forget: () => void
}

/** RFC 2869 §5.16: an interval may not be shorter. */
const LEAST_INTERIM = sec(60)
const GIGAWORD = 2 ** 32

export class RadiusNas {
  readonly #node: IpNode
  readonly #settings: RadiusSettings
  readonly #encrypts: boolean
  readonly #client: RadiusClient
  readonly #sessions = new Map<Caller, Session>()
  #count = 0

  constructor(node: IpNode, settings: RadiusSettings, encrypts: boolean) {
    this.#node = node
    this.#settings = settings
    this.#encrypts = encrypts
    const socket = node.udp.openAny(({ from, fromPort, data }) => this.#client.receive(from, fromPort, data))
    this.#client = new RadiusClient(node.env.scope('radius'), settings, {
      send: (address, port, bytes) => void socket?.send(address, port, bytes),
    })
  }

  /** Judges a caller by what the server says of it. */
  judgeOf(find: () => Caller | undefined): Judge {
    return (proof, decide) => {
      const caller = find()
      if (!caller) return
      const problem = unfit(proof)
      if (problem !== undefined) {
        decide({ granted: false, error: 691, detail: problem })
        return
      }
      const session = this.#sessionOf(caller)
      const about = placeAttributes(session.place)
      session.forget()
      session.forget = this.#client.access(
        (authenticator, secret) => [...proofAttributes(proof, authenticator, secret), ...about],
        outcome => {
          const { verdict, accepted } = judgementOf(outcome, proof, this.#encrypts)
          session.accepted = accepted
          caller.said = accepted?.grant
          decide(verdict)
        },
      )
    }
  }

  /** The caller has an address: its session begins. */
  start(caller: Caller): void {
    const session = this.#sessionOf(caller)
    if (!this.#settings.accounting || session.reported) return
    session.reported = true
    this.#client.account([A.number(TYPE.acctStatusType, STATUS.start), ...this.#about(caller, session)])
    this.#armInterim(session)
  }

  stop(caller: Caller, cause: Cause): void {
    const session = this.#sessions.get(caller)
    if (!session) return
    this.#sessions.delete(caller)
    session.timer.cancel()
    session.forget()
    if (!session.reported) return
    this.#client.account([
      A.number(TYPE.acctStatusType, STATUS.stop),
      ...this.#about(caller, session),
      ...used(caller),
      A.number(TYPE.acctTerminateCause, CAUSE[cause]),
    ])
  }

  #sessionOf(caller: Caller): Session {
    const known = this.#sessions.get(caller)
    if (known) return known
    const { env, stack } = this.#node
    // RFC 2866 §5.5: a number of its own for each session; it begins anew with each run.
    const sessionId = (++this.#count).toString(16).toUpperCase().padStart(8, '0')
    const [server] = this.#settings.servers
    const nasAddress: Ipv4 = stack.sourceFor(server.address) ?? ANY
    const session: Session = {
      place: { nas: env.node, nasAddress, port: caller.unit, station: caller.line.station, sessionId },
      accepted: undefined,
      timer: env.clock.timer(`${caller.iface} interim report`, () => this.#report(caller, session)),
      reported: false,
      forget: () => {},
    }
    this.#sessions.set(caller, session)
    return session
  }

  #armInterim({ accepted, timer }: Session): void {
    const said = accepted?.interim === undefined ? undefined : Math.max(accepted.interim, LEAST_INTERIM)
    const interval = this.#settings.interim ?? said
    if (interval !== undefined) timer.arm(interval)
  }

  #report(caller: Caller, session: Session): void {
    const status = A.number(TYPE.acctStatusType, STATUS.interim)
    this.#client.account([status, ...this.#about(caller, session), ...used(caller)])
    this.#armInterim(session)
  }

  /** RFC 2866 §4.1: neither password nor Reply-Message nor State; Class as it came. */
  #about(caller: Caller, { place, accepted }: Session): Radius.Attribute[] {
    const { address, user } = caller
    return [
      ...(user === '' ? [] : [A.text(TYPE.userName, user)]),
      ...placeAttributes(place),
      ...(address === undefined ? [] : [A.address(TYPE.framedIpAddress, address)]),
      A.number(TYPE.acctAuthentic, accepted ? AUTHENTIC.radius : AUTHENTIC.local),
      ...(accepted?.class ?? []).map(value => A.octets(TYPE.class, value)),
    ]
  }

  snapshot(): Snapshot {
    return this.#client.counters
  }
}

/** RFC 2866 §5.3 to §5.9: input is what came from the caller. RFC 2869 §5.1: what does not fit into 32 bits. */
function used(caller: Caller): Radius.Attribute[] {
  const { octetsIn, octetsOut, packetsIn, packetsOut } = caller.link.usage
  const gigawords = (type: number, octets: number): Radius.Attribute[] =>
    octets < GIGAWORD ? [] : [A.number(type, Math.floor(octets / GIGAWORD))]
  return [
    A.number(TYPE.acctSessionTime, caller.seconds),
    A.number(TYPE.acctInputOctets, octetsIn % GIGAWORD),
    A.number(TYPE.acctOutputOctets, octetsOut % GIGAWORD),
    ...gigawords(TYPE.acctInputGigawords, octetsIn),
    ...gigawords(TYPE.acctOutputGigawords, octetsOut),
    A.number(TYPE.acctInputPackets, packetsIn),
    A.number(TYPE.acctOutputPackets, packetsOut),
  ]
}
