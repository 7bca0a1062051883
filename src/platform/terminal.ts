/** What is written where: data to stdout, talk to stderr, colours only for people. */
import { writeSync } from 'node:fs'
import { styleText } from 'node:util'

export type Colour = Parameters<typeof styleText>[0]

const colourful = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb'

/** Colours text that goes to stdout; plain when that is no terminal or NO_COLOR is set. */
export const paint = (colour: Colour, text: string): string =>
  colourful(process.stdout) ? styleText(colour, text) : text

/** The reader of a pipe has gone: what is left to say interests nobody. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Writes at once and entirely, so that nothing is lost when the process ends. */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new OutputClosed()
      // A pipe that is full and does not block: try again.
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

export const out = (text: string): void => writeAll(1, text)
export const err = (text: string): void => writeAll(2, text)
