/** A telephone call as the line by which somebody calls whose PPP ends in the access server itself. */
import type { Packet } from '../base/packet.ts'
import type { Random } from '../base/random.ts'
import type { MachineView } from '../base/view.ts'
import type { Line, Station } from './caller.ts'
import type { LineQueue } from './line-queue.ts'
import { PORT_TYPES } from './line-words.ts'
import type { Accms, Modem } from './modem.ts'
import type { Snapshot } from './node.ts'
import type { Setup } from './telephone.ts'

/** The access server's line that was answered. */
export interface LocalLineOwner {
  /** Of its port. */
  readonly name: string
  localStream(): Random
  /** PPP has ended, and the call is to end with it. */
  pppOver(): void
}

export class LocalLine implements Line {
  readonly name: string
  readonly label: string
  readonly from: string
  readonly station: Station
  readonly mtu = 1500
  readonly #owner: LocalLineOwner
  readonly #modem: Modem
  readonly #queue: LineQueue

  constructor(owner: LocalLineOwner, modem: Modem, queue: LineQueue, { called, calling = 'unknown', bearer }: Setup) {
    this.#owner = owner
    this.#modem = modem
    this.#queue = queue
    this.name = `lines[${owner.name}]`
    this.label = `line ${owner.name}`
    this.from = calling
    this.station = { called, calling, portType: PORT_TYPES[bearer] }
  }

  sessionStream(): Random {
    return this.#owner.localStream()
  }
  send(frame: Packet): void {
    this.#queue.put(frame)
  }
  accmsAgreed(accms: Accms): void {
    this.#modem.setAccms(accms)
  }
  /** No packet is routed to get on a line. */
  carriesItself(): boolean {
    return false
  }
  clear(): void {
    this.#owner.pppOver()
  }

  snapshot(): Snapshot {
    return { line: this.#owner.name, calling: this.from }
  }
  /** Those of the line are the access server's. */
  machines(): Record<string, MachineView> {
    return {}
  }
}
