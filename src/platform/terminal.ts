/** What is written where: data to stdout, talk to stderr, colours and wrapped lines only for people. */
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { styleText } from 'node:util'

export type Colour = Parameters<typeof styleText>[0]

/** NO_COLOR counts when it is set at all, as in Node itself. */
const colourful = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb'

/** Colours text that goes to stdout; plain when that is no terminal or NO_COLOR is set. */
export const paint = (colour: Colour, text: string): string =>
  colourful(process.stdout) ? styleText(colour, text) : text

/** Columns of the terminal; undefined where nobody looks: a file and a pipe get whole lines. */
export function terminalWidth(): number | undefined {
  if (process.stdout.isTTY !== true) return undefined
  const wanted = Number(process.env.COLUMNS) || process.stdout.columns || 80
  return Math.max(40, wanted)
}

/** Breaks a line between words; what follows is indented by `indent`. A word that is too long stands on its own. */
export function wrap(line: string, width: number | undefined, indent: number): string {
  if (width === undefined || line.length <= width) return line
  const lines: string[] = []
  let rest = line
  let margin = 0
  while (rest.length > width) {
    let at = rest.lastIndexOf(' ', width)
    if (at <= margin) at = rest.indexOf(' ', Math.max(width, margin))
    if (at < 0) break
    lines.push(rest.slice(0, at))
    margin = indent
    rest = ' '.repeat(indent) + rest.slice(at + 1)
  }
  return [...lines, rest].join('\n')
}

/** Which of stdin, stdout and stderr are terminals. Asked before one can be gone: then nobody can say any more. */
const TERMINALS = [0, 1, 2].filter(descriptor => isatty(descriptor))
export const atTerminal = TERMINALS.length > 0

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
      // The terminal has gone. HUP, which says so, is on its way and ends the program in order.
      if (code === 'EIO' && TERMINALS.includes(descriptor)) return
      // A pipe that is full and does not block: try again.
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

export const out = (text: string): void => writeAll(1, text)

/** Talk is worth trying only: without a reader there is nobody left to tell. */
export function err(text: string): void {
  try {
    writeAll(2, text)
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
}
