/**
 * Telephone lines of a capture: on which line a frame was, and which of its two ends has sent it.
 *
 * Captures of ours say both (src/lab/capture.ts). An interface shows what one end sends and is described so: `what
 * bob:tty0 sends on bob:tty0 - nas:tty0`; octets that make no good frame have an interface of their own for each end. Of a
 * trunk a frame says in its comment which line it was on: `line 3`.
 *
 * Limits: in other captures every interface is taken for one line that shows both directions alike.
 */
import type { Capture, CapturedFrame, InterfaceInfo } from '../wire/pcap.ts'

export interface OnLine {
  /** The same for all frames of one line. */
  readonly line: string
  /** Undefined: the capture does not tell. */
  readonly sender: 0 | 1 | undefined
  /** `bob:tty0`, on a trunk `nas:pri0.3`; empty where the capture does not tell. */
  readonly source: string
  readonly destination: string
  /** The interface that speaks for this end: the first of those that show what it sends. */
  readonly interface: number
}

interface End {
  readonly link: string
  readonly names: readonly [string, string]
  readonly sender: 0 | 1
  readonly first: number
}

const DESCRIPTION = / (\S+) sends on ((\S+) - (\S+))$/
const TRUNK = /(?:^|; )line (\d+)(?=:| \[|$)/

export class PhoneLines {
  readonly #ends: readonly (End | undefined)[]

  constructor({ interfaces }: Pick<Capture, 'interfaces'>) {
    this.#ends = interfaces.map(one => endOf(one, interfaces))
  }

  of({ interface: port, comment = '' }: CapturedFrame): OnLine {
    const end = this.#ends[port]
    if (!end) return { line: `interface ${port}`, sender: undefined, source: '', destination: '', interface: port }
    const number = TRUNK.exec(comment)?.[1]
    const suffix = number === undefined ? '' : `.${number}`
    return {
      line: `${end.link}${suffix}`,
      sender: end.sender,
      source: end.names[end.sender] + suffix,
      destination: end.names[1 - end.sender] + suffix,
      interface: end.first,
    }
  }
}

function endOf({ description }: InterfaceInfo, interfaces: readonly InterfaceInfo[]): End | undefined {
  const words = DESCRIPTION.exec(description)
  if (!words) return undefined
  const [said, own, link, one, other] = words
  if (own !== one && own !== other) return undefined
  const first = interfaces.findIndex(each => each.description.endsWith(said))
  return { link, names: [one, other], sender: own === one ? 0 : 1, first }
}
