/**
 * A switched telephone network: every line that ends here has a number, or shares one with others (a hunt group, as the
 * lines of an access server have), and a call connects two of them.
 *
 *     caller ── setup ──▶ route by number ── setup ──▶ first free line of that number
 *            ◀─ alerting ─────────────────── alerting ─
 *            ◀─ connect ──────────────────── connect ──   from here on octets pass, both ways
 *            ── release, from either side, is passed on and answered ──
 *
 * No free line: cause 17. No such number: 1. None of its lines plugged in: 27. Nobody answers in time: 18, or 19 if it
 * has rung.
 *
 * Limits: setting up takes no time of its own. Nothing is charged, diverted or queued. A line carries either bearer.
 */
import type { Env } from '../base/env.ts'
import { NEVER, type Timer } from '../base/scheduler.ts'
import type { Duration, SimTime } from '../base/time.ts'
import { type MachineView, running } from '../base/view.ts'
import type { LineEnd } from '../link/serial.ts'
import { CAUSE, type Cause } from '../link/signal.ts'
import type { SimNode, Snapshot } from './node.ts'
import { type Setup, Telephone } from './telephone.ts'

export interface PstnConfig {
  /** By port: `tty0`, of a trunk with all its lines `trunk0`. */
  readonly numbers: ReadonlyMap<string, string>
  /** How long it rings. */
  readonly noAnswer: Duration
}

/** Two lines, from dialling to the end of the call. */
interface Circuit {
  readonly caller: Port
  readonly setup: Setup
  called: Port | undefined
  readonly timer: Timer
  alerted: boolean
  connected: SimTime
}

interface Port {
  readonly name: string
  readonly number: string | undefined
  readonly telephone: Telephone
  circuit: Circuit | undefined
}

export class Pstn implements SimNode {
  readonly kind = 'pstn'
  readonly env: Env
  readonly #config: PstnConfig
  readonly #ports: Port[] = []
  readonly #counters = { dialled: 0, connected: 0, refused: 0 }

  constructor(env: Env, config: PstnConfig) {
    this.env = env
    this.#config = config
  }

  plug(): void {
    throw new Error(`${this.env.node} has telephone lines only`)
  }

  plugLine(name: string, line: LineEnd): void {
    const { numbers } = this.#config
    const telephone: Telephone = new Telephone(
      this.env,
      machineOf(name),
      line,
      {
        ringing: setup => this.#dialled(port, setup),
        alerting: () => this.#alerting(port),
        connected: rate => this.#connected(port, rate),
        octets: packet => {
          // A telephone is connected as long as its circuit is, and hands on nothing else.
          const other = this.#otherOf(port) as Port
          other.telephone.send(packet)
        },
        released: cause => this.#released(port, cause),
        free: () => {},
      },
      { yields: true },
    )
    const port: Port = { name, number: numbers.get(name) ?? numbers.get(trunkOf(name)), telephone, circuit: undefined }
    this.#ports.push(port)
  }

  start(): void {}

  /** Calls that are being set up or connected. */
  get circuits(): number {
    return new Set(this.#ports.flatMap(({ circuit }) => circuit ?? [])).size
  }

  // A call from its beginning to its end

  #dialled(caller: Port, setup: Setup): void {
    this.#counters.dialled++
    const timer = this.env.clock.timer(`${caller.name} no answer`, () => this.#noAnswer(circuit))
    const circuit: Circuit = { caller, setup, called: undefined, timer, alerted: false, connected: NEVER }
    caller.circuit = circuit
    timer.arm(this.#config.noAnswer)
    this.#hunt(circuit)
  }

  /** Rings the first free line of the number. */
  #hunt(circuit: Circuit): void {
    const { caller, setup } = circuit
    const calling = caller.number ?? setup.calling
    const { called, bearer, rate } = setup
    const lines = this.#ports.filter(({ number }) => number === called)
    for (const port of lines) {
      if (port.circuit || port.telephone.state !== 'idle') continue
      circuit.called = port
      port.circuit = circuit
      const own = calling === undefined ? {} : { calling }
      if (port.telephone.dial({ called, ...own, bearer, rate })) return
      port.circuit = undefined
    }
    circuit.called = undefined
    const plugged = lines.some(({ telephone }) => telephone.line.up)
    this.#refuse(circuit, lines.length === 0 ? CAUSE.unallocatedNumber : plugged ? CAUSE.userBusy : CAUSE.outOfOrder)
  }

  #alerting(port: Port): void {
    const { circuit } = port
    if (circuit?.called !== port) return
    circuit.alerted = true
    circuit.caller.telephone.alert()
  }

  #connected(port: Port, rate: number): void {
    const { circuit } = port
    if (circuit?.called !== port) return
    this.#counters.connected++
    circuit.timer.cancel()
    circuit.connected = this.env.clock.now
    circuit.caller.telephone.answer(rate)
  }

  #noAnswer(circuit: Circuit): void {
    circuit.called?.telephone.hangUp(CAUSE.normal)
    this.#refuse(circuit, circuit.alerted ? CAUSE.noAnswer : CAUSE.noUserResponding)
  }

  #refuse(circuit: Circuit, cause: Cause): void {
    this.#counters.refused++
    this.#end(circuit)
    circuit.caller.telephone.hangUp(cause)
  }

  #released(port: Port, cause: Cause): void {
    const { circuit } = port
    if (!circuit) return
    if (circuit.called === port && cause === CAUSE.circuitNotAvailable) {
      // Somebody dialled on the very line that was to ring: another one of the number may be free.
      port.circuit = undefined
      return this.#hunt(circuit)
    }
    const setUp = !Number.isNaN(circuit.connected)
    const other = port === circuit.caller ? circuit.called : circuit.caller
    this.#end(circuit)
    if (!setUp && port === circuit.called) this.#counters.refused++
    other?.telephone.hangUp(cause)
  }

  #end(circuit: Circuit): void {
    circuit.timer.cancel()
    circuit.caller.circuit = undefined
    if (circuit.called) circuit.called.circuit = undefined
  }

  #otherOf(port: Port): Port | undefined {
    const { circuit } = port
    return circuit?.caller === port ? circuit.called : circuit?.caller
  }

  machines(): Record<string, MachineView> {
    const machines: Record<string, MachineView> = {}
    for (const { name, telephone, circuit } of this.#ports) {
      const timers = circuit?.caller.telephone === telephone ? running({ 'no answer': circuit.timer }) : {}
      machines[machineOf(name)] = { ...telephone.view(), timers }
    }
    return machines
  }

  snapshot(): Snapshot {
    const lines: Record<string, Snapshot> = {}
    for (const port of this.#ports) {
      const { name, number, telephone } = port
      const other = this.#otherOf(port)?.name
      lines[name] = {
        number,
        call: telephone.state,
        up: telephone.line.up,
        ...(other === undefined ? {} : { to: other }),
      }
    }
    return { kind: this.kind, pstn: { circuits: this.circuits, ...this.#counters }, lines }
  }
}

const machineOf = (line: string): string => `lines[${line}].call`
/** `trunk0.7` is a line of `trunk0`. */
const trunkOf = (line: string): string => line.split('.')[0]
