/** `--pcap DIR`: one pcapng for each link, whole after every write. */
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { fingerprintOf, type LinkCapture, type Run, watchLinks } from '../index.ts'
import { writing } from './files.ts'

interface CaptureFile {
  readonly path: string
  readonly descriptor: number
  readonly capture: LinkCapture
}

export class Captures {
  readonly #dir: string
  readonly #run: Run
  readonly #files: readonly CaptureFile[]

  constructor(dir: string, run: Run, labText: string) {
    this.#dir = dir
    this.#run = run
    // Node 20 tries for ever to make a folder in one that refuses with ENOENT, as /proc does: `recursive` only if need be.
    if (!existsSync(dir)) writing(dir, () => mkdirSync(dir, { recursive: !existsSync(dirname(dir)) }))
    this.#files = watchLinks(run, fingerprintOf(labText)).map(({ name, capture }) => {
      const path = join(dir, name)
      return { path, descriptor: writing(path, () => openSync(path, 'w')), capture }
    })
    this.write(false)
  }

  /** Writes what is ready; with `all`, everything. */
  write(all: boolean): void {
    const { now } = this.#run.simulation.world.scheduler
    for (const { path, descriptor, capture } of this.#files) {
      const bytes = capture.take(now, all)
      for (let at = 0; at < bytes.length; ) at += writing(path, () => writeSync(descriptor, bytes, at))
    }
  }

  /** What stands where, for the user. */
  get told(): string {
    const names = this.#files.map(({ path }) => basename(path))
    const count = names.length === 1 ? '1 capture' : `${names.length} captures`
    return `${count} in ${join(this.#dir, sep)}: ${names.join(', ')}`
  }

  close(): void {
    for (const { descriptor } of this.#files) closeSync(descriptor)
  }
}
