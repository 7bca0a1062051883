/** ^C and TERM end a run in order: it is asked for between two slices. A second one is left to the system. */
import { EXIT } from './usage.ts'

export class Interruption {
  /** What the program ends with, once somebody has asked for the end. */
  status: number | undefined
  readonly #int = (): void => {
    this.status ??= EXIT.interrupted
  }
  readonly #term = (): void => {
    this.status ??= EXIT.terminated
  }

  constructor() {
    process.once('SIGINT', this.#int)
    process.once('SIGTERM', this.#term)
  }
  forget(): void {
    process.removeListener('SIGINT', this.#int)
    process.removeListener('SIGTERM', this.#term)
  }
}
