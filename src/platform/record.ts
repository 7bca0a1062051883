/** `--record FILE`: the run file, written as the run goes, so that a bad path is known before it and little is lost. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { type Lab, type RunResult, runFileAction, runFileEnd, runFileHeader, runFileInput } from '../index.ts'
import { type LabFile, writing } from './files.ts'
import { version } from './package.ts'

/** Characters that may wait to be written. */
const BUFFER = 65_536

export class Recording {
  /** The run came to its end, and the file with it. */
  whole = false
  readonly #path: string
  readonly #descriptor: number
  #text = ''

  constructor(path: string, file: LabFile, lab: Lab, timeZero?: number) {
    this.#path = path
    this.#descriptor = writing(path, () => openSync(path, 'w'))
    const known = timeZero === undefined ? {} : { timeZero }
    const files = lab.files.size === 0 ? {} : { files: Object.fromEntries(lab.files) }
    const { text, overrides } = file
    const header = { version: version(), lab: text, seed: lab.seed, overrides, ...files, ...known }
    this.#text = runFileHeader(header)
    this.flush()
  }

  /** Packets have come in by this node. */
  inputs(t: number, node: string, packets: readonly Uint8Array[]): void {
    for (const bytes of packets) this.#text += runFileInput({ t, node, bytes })
    if (this.#text.length > BUFFER) this.flush()
  }

  /** Something was done in the run. */
  acted(t: number, entries: readonly string[]): void {
    for (const event of entries) this.#text += runFileAction({ t, event })
  }

  /** Writes what has been gathered. */
  flush(): void {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    for (let at = 0; at < bytes.length; ) at += writing(this.#path, () => writeSync(this.#descriptor, bytes, at))
  }

  end({ t, fingerprint }: RunResult): void {
    this.#text += runFileEnd({ t, fingerprint })
    this.flush()
    this.whole = true
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
