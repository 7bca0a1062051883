/** `pptp-lab decode FILE`: a capture as lines or as trees; what could not be read goes to stderr. */
import { decodeCapture, json, lines, problemLines } from '../../decode/decode.ts'
import { readBytes } from '../files.ts'
import { err, out } from '../terminal.ts'
import { type Action, EXIT } from '../usage.ts'

/** Characters that are gathered before they are written. */
const CHUNK = 1 << 16

export const decode: Action = ([path], options) => {
  const decoded = decodeCapture(readBytes(path))
  let chunk = ''
  for (const line of options.json ? json(decoded) : lines(decoded)) {
    chunk += `${line}\n`
    if (chunk.length < CHUNK) continue
    out(chunk)
    chunk = ''
  }
  out(chunk)
  for (const line of problemLines(decoded)) err(`${path}: ${line}\n`)
  return decoded.problems.length === 0 ? EXIT.good : EXIT.failed
}
