/** `pptp-lab decode FILE`: a capture as lines or as trees; what could not be read goes to stderr. */
import { decodeCapture, isWhole, json, lines, mppeLines, problemLines } from '../../decode/decode.ts'
import { readBytes } from '../files.ts'
import { err, out } from '../terminal.ts'
import { type Action, EXIT, type Options, UsageError } from '../usage.ts'

/** Characters that are gathered before they are written. */
const CHUNK = 1 << 16

export const decode: Action = ([path], options) => {
  const passwords = passwordsOf(options.password)
  const decoded = decodeCapture(readBytes(path), passwords)
  let chunk = ''
  for (const line of options.json ? json(decoded) : lines(decoded)) {
    chunk += `${line}\n`
    if (chunk.length < CHUNK) continue
    out(chunk)
    chunk = ''
  }
  out(chunk)
  for (const line of mppeLines(decoded)) err(`${path}: ${line}\n`)
  for (const line of problemLines(decoded)) err(`${path}: ${line}\n`)
  return isWhole(decoded) ? EXIT.good : EXIT.failed
}

export function passwordsOf(given: Options[string]): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(given)) return undefined
  return new Map(
    given.map((word: string): [string, string] => {
      const at = word.indexOf('=')
      if (at < 1) throw new UsageError(`--password ${word}: it wants USER=PASSWORD.`)
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}
