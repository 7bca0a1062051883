/**
 * The option negotiation automaton: RFC 1661 §4, read §4.1 (the table) and §4.6 (counters and timers) beside it.
 *
 * Limits: no restart option [r] (an Open in Stopped, Closing, Stopping or Opened changes nothing; a new session is
 * opened instead) and no passive option [p] (when the requests run out the layer finishes). Crossed cells [x] stand
 * in the table; the layers discard a second answer to one request before it reaches them (§4.3, RCA: "out of
 * sequence"), so that a copied packet does not end the link.
 */
import type { Env } from '../base/env.ts'
import type { Timer } from '../base/scheduler.ts'
import { Machine, type MachineOwner, table } from '../base/table.ts'
import { type MachineView, running, view } from '../base/view.ts'
import type { PppTimers } from './config.ts'

export type State =
  | 'initial'
  | 'starting'
  | 'closed'
  | 'stopped'
  | 'closing'
  | 'stopping'
  | 'req-sent'
  | 'ack-rcvd'
  | 'ack-sent'
  | 'opened'

export type Event =
  | 'up'
  | 'down'
  | 'open'
  | 'close'
  | 'to+'
  | 'to-'
  | 'rcr+'
  | 'rcr-'
  | 'rca'
  | 'rcn'
  | 'rtr'
  | 'rta'
  | 'ruc'
  | 'rxj+'
  | 'rxj-'
  | 'rxr'

/** This-layer-up, -down, -started, -finished; initialise and zero the restart count; send the packets (§4.4). */
export type Action =
  | 'tlu'
  | 'tld'
  | 'tls'
  | 'tlf'
  | 'irc'
  | 'zrc'
  | 'scr'
  | 'sca'
  | 'scn'
  | 'str'
  | 'sta'
  | 'scj'
  | 'ser'

export const AUTOMATON = table<State, Event, Action>({
  up: { initial: 'closed', starting: 'irc scr req-sent' },
  down: {
    closed: 'initial',
    stopped: 'tls starting',
    closing: 'initial',
    stopping: 'starting',
    'req-sent': 'starting',
    'ack-rcvd': 'starting',
    'ack-sent': 'starting',
    opened: 'tld starting',
  },
  open: {
    initial: 'tls starting',
    starting: 'starting',
    closed: 'irc scr req-sent',
    stopped: 'stopped',
    closing: 'stopping',
    stopping: 'stopping',
    'req-sent': 'req-sent',
    'ack-rcvd': 'ack-rcvd',
    'ack-sent': 'ack-sent',
    opened: 'opened',
  },
  close: {
    initial: 'initial',
    starting: 'tlf initial',
    closed: 'closed',
    stopped: 'closed',
    closing: 'closing',
    stopping: 'closing',
    'req-sent': 'irc str closing',
    'ack-rcvd': 'irc str closing',
    'ack-sent': 'irc str closing',
    opened: 'tld irc str closing',
  },
  'to+': {
    closing: 'str closing',
    stopping: 'str stopping',
    'req-sent': 'scr req-sent',
    'ack-rcvd': 'scr req-sent',
    'ack-sent': 'scr ack-sent',
  },
  'to-': {
    closing: 'tlf closed',
    stopping: 'tlf stopped',
    'req-sent': 'tlf stopped',
    'ack-rcvd': 'tlf stopped',
    'ack-sent': 'tlf stopped',
  },
  'rcr+': {
    closed: 'sta closed',
    stopped: 'irc scr sca ack-sent',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'sca ack-sent',
    'ack-rcvd': 'sca tlu opened',
    'ack-sent': 'sca ack-sent',
    opened: 'tld scr sca ack-sent',
  },
  'rcr-': {
    closed: 'sta closed',
    stopped: 'irc scr scn req-sent',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'scn req-sent',
    'ack-rcvd': 'scn ack-rcvd',
    'ack-sent': 'scn req-sent',
    opened: 'tld scr scn req-sent',
  },
  rca: {
    closed: 'sta closed',
    stopped: 'sta stopped',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'irc ack-rcvd',
    'ack-rcvd': 'scr req-sent',
    'ack-sent': 'irc tlu opened',
    opened: 'tld scr req-sent',
  },
  rcn: {
    closed: 'sta closed',
    stopped: 'sta stopped',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'irc scr req-sent',
    'ack-rcvd': 'scr req-sent',
    'ack-sent': 'irc scr ack-sent',
    opened: 'tld scr req-sent',
  },
  rtr: {
    closed: 'sta closed',
    stopped: 'sta stopped',
    closing: 'sta closing',
    stopping: 'sta stopping',
    'req-sent': 'sta req-sent',
    'ack-rcvd': 'sta req-sent',
    'ack-sent': 'sta req-sent',
    opened: 'tld zrc sta stopping',
  },
  rta: {
    closed: 'closed',
    stopped: 'stopped',
    closing: 'tlf closed',
    stopping: 'tlf stopped',
    'req-sent': 'req-sent',
    'ack-rcvd': 'req-sent',
    'ack-sent': 'ack-sent',
    opened: 'tld scr req-sent',
  },
  ruc: {
    closed: 'scj closed',
    stopped: 'scj stopped',
    closing: 'scj closing',
    stopping: 'scj stopping',
    'req-sent': 'scj req-sent',
    'ack-rcvd': 'scj ack-rcvd',
    'ack-sent': 'scj ack-sent',
    opened: 'scj opened',
  },
  'rxj+': {
    closed: 'closed',
    stopped: 'stopped',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'req-sent',
    'ack-rcvd': 'req-sent',
    'ack-sent': 'ack-sent',
    opened: 'opened',
  },
  'rxj-': {
    closed: 'tlf closed',
    stopped: 'tlf stopped',
    closing: 'tlf closed',
    stopping: 'tlf stopped',
    'req-sent': 'tlf stopped',
    'ack-rcvd': 'tlf stopped',
    'ack-sent': 'tlf stopped',
    opened: 'tld irc str stopping',
  },
  rxr: {
    closed: 'closed',
    stopped: 'stopped',
    closing: 'closing',
    stopping: 'stopping',
    'req-sent': 'req-sent',
    'ack-rcvd': 'ack-rcvd',
    'ack-sent': 'ack-sent',
    opened: 'ser opened',
  },
})

/** Whose automaton it is, and what a layer does when it says so. */
export interface Actions {
  readonly env: Env
  /** `ppp.lcp` */
  readonly machineName: string
  tls(): void
  tlu(): void
  tld(): void
  /** `tries`: requests sent without answer when the counter ran out, else 0. */
  tlf(tries: number): void
  scr(): void
  sca(): void
  scn(): void
  str(): void
  sta(): void
  scj(): void
  ser(): void
}

/** The restart timer runs in these states only (§4.2). */
const TIMED: readonly State[] = ['closing', 'stopping', 'req-sent', 'ack-rcvd', 'ack-sent']

export class Automaton implements MachineOwner<Action> {
  readonly #machine: Machine<State, Event, Action>
  /** While it runs. */
  #timer: Timer | undefined
  readonly #timers: PppTimers
  readonly #actions: Actions
  /** How many more requests may be sent (§4.6). */
  #restart = 0
  #sent = 0
  #ranOut = 0

  constructor(timers: PppTimers, actions: Actions) {
    this.#timers = timers
    this.#actions = actions
    this.#machine = new Machine(this, AUTOMATON, 'initial')
  }

  get env(): Env {
    return this.#actions.env
  }
  get machineName(): string {
    return this.#actions.machineName
  }

  get state(): State {
    return this.#machine.state
  }

  /** `triesLeft`: requests that may still be sent; `unanswered`: those that were. */
  view(): MachineView {
    return view(this.state, {
      counters: { triesLeft: this.#restart, unanswered: this.#sent },
      timers: running({ restart: this.#timer }),
      history: this.#machine.history,
    })
  }

  /** False when the table has no such cell: the caller says what it discards. */
  fire(event: Event): boolean {
    const known = this.#machine.fire(event)
    if (!TIMED.includes(this.state)) {
      this.#timer?.cancel()
      this.#timer = undefined
    }
    return known
  }

  #arm(): void {
    const { clock, node } = this.env
    this.#timer ??= clock.timer(`${node} ${this.machineName} restart timer`, Automaton.#due, this)
    this.#timer.arm(this.#timers.restart)
  }

  static #due(automaton: Automaton): void {
    automaton.#timeout()
  }

  #timeout(): void {
    if (this.#restart > 0) {
      this.fire('to+')
      return
    }
    this.#ranOut = this.#sent
    this.fire('to-')
    this.#ranOut = 0
  }

  act(action: Action): void {
    switch (action) {
      case 'irc': {
        const terminating = this.state === 'closing' || this.state === 'stopping'
        this.#restart = terminating ? this.#timers.maxTerminate : this.#timers.maxConfigure
        this.#sent = 0
        return
      }
      case 'zrc':
        // The peer gets one restart period to hear the Terminate-Ack before the layer finishes (§4.4).
        this.#restart = 0
        this.#sent = 0
        this.#arm()
        return
      case 'scr':
      case 'str':
        this.#restart--
        this.#sent++
        this.#arm()
        this.#actions[action]()
        return
      case 'tlf':
        this.#actions.tlf(this.#ranOut)
        return
      default:
        this.#actions[action]()
    }
  }
}
