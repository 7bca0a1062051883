/** The lines of stdin, one at a time: typed at a terminal, or those of a file or a pipe. */
import { createInterface, type Interface } from 'node:readline'

export class Lines {
  /** Somebody sits there and can be asked again. */
  readonly typed = process.stdin.isTTY === true
  readonly #reader: Interface = createInterface({ input: process.stdin, terminal: false })
  readonly #queue: string[] = []
  #ended = false
  #wake = (): void => {}

  constructor() {
    this.#reader.on('line', line => {
      this.#queue.push(line)
      this.#wake()
    })
    this.#reader.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** The next line; undefined when there is none any more, or `enough` has come. */
  async next(enough: Promise<void>): Promise<string | undefined> {
    if (this.#queue.length === 0 && !this.#ended) {
      const arrival = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      await Promise.race([arrival, enough])
    }
    return this.#queue.shift()
  }

  /** Whoever waits for stdin would keep the program alive. */
  close(): void {
    this.#reader.close()
    process.stdin.destroy()
  }
}
