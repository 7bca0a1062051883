/** ^C, TERM and the end of the terminal end a run in order: it is asked for between two slices. A second one is left to the system. */
import { EXIT } from './usage.ts'

const STATUS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const
const SIGNALS = Object.keys(STATUS) as (keyof typeof STATUS)[]

export class Interruption {
  /** What the program ends with, once somebody has asked for the end. */
  status: number | undefined
  #tell = (): void => {}
  /** Comes true then, for whoever waits for something else. */
  readonly wanted = new Promise<void>(resolve => {
    this.#tell = resolve
  })
  readonly #end = (signal: NodeJS.Signals): void => {
    this.status ??= STATUS[signal as keyof typeof STATUS]
    this.#tell()
  }

  constructor() {
    for (const signal of SIGNALS) process.once(signal, this.#end)
  }
  forget(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#end)
  }
}
