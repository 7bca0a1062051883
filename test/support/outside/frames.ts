/**
 * How many frames a trace tells of, for each interface, to compare them with the captures.
 *
 * What a machine has sent may still wait for the answer to its ARP request (RFC 1122 §2.3.2.2): then it is no frame yet,
 * and if the run ends now it never is. The trace names the question, not the next hop of each packet; so while one is open
 * the packets that were sent since may be frames or not.
 */

/** As much of an event as is asked for. */
export interface Traced {
  readonly node: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** With these a frame goes onto a link, or several if the packet has to be cut. */
const FRAMES = new Set(['send', 'forward'])
/** What was to be sent, and had to wait for an answer that never came. */
const NO_FRAME = new Set(['arp-timeout', 'arp-queue-full'])
const IP_HEADER = 20

interface Place {
  told: number
  /** Of them, frames of packets that may wait for an answer. */
  waiting: number
  /** Addresses that it has asked for, without a reply yet. */
  readonly asked: Set<unknown>
  /** Frames of the packet that went last: when it asks, that is the one for which it does. */
  last: number
}

export class FrameCount {
  readonly #mtuOf: (place: string) => number
  /** By interface: `isp:eth0`. */
  readonly #places = new Map<string, Place>()
  /** By which interface a packet went last. */
  readonly #sentBy = new Map<string, Place>()

  constructor(mtuOf: (place: string) => number) {
    this.#mtuOf = mtuOf
  }

  /** At least and at most so many frames have left by these interfaces. */
  told(names: readonly string[]): { readonly least: number; readonly most: number } {
    const places = names.map(name => this.#place(name))
    const most = places.reduce((sum, { told }) => sum + told, 0)
    return { least: most - places.reduce((sum, { waiting }) => sum + waiting, 0), most }
  }

  event({ node, event, fields }: Traced): void {
    if (FRAMES.has(event)) this.#sent(`${node}:${fields.iface}`, fields)
    else if (event === 'drop' && NO_FRAME.has(String(fields.reason))) this.#refused(fields)
    else if (event === 'arp') this.#arp(this.#place(`${node}:${fields.iface}`), fields)
  }

  #place(name: string): Place {
    const known = this.#places.get(name)
    if (known) return known
    const place = { told: 0, waiting: 0, asked: new Set(), last: 0 }
    this.#places.set(name, place)
    return place
  }

  #sent(name: string, { packet, length }: Traced['fields']): void {
    const place = this.#place(name)
    const pieces = piecesOf(Number(length), this.#mtuOf(name))
    place.told += pieces
    place.last = pieces
    if (place.asked.size > 0) place.waiting += pieces
    this.#sentBy.set(String(packet), place)
  }

  #refused({ packet, reason, detail }: Traced['fields']): void {
    const place = this.#sentBy.get(String(packet))
    if (!place) return
    place.told--
    place.waiting = Math.max(0, place.waiting - 1)
    if (reason === 'arp-timeout') this.#answered(place, String(detail).split(' ').at(-1))
  }

  #arp(place: Place, { way, type, address }: Traced['fields']): void {
    if (way === 'sent') place.told++
    if (way === 'sent' && type === 'request' && !place.asked.has(address)) {
      // The packet that makes it ask goes before the question.
      if (place.asked.size === 0) place.waiting += place.last
      place.asked.add(address)
    }
    if (way === 'received' && type === 'reply') this.#answered(place, address)
  }

  #answered(place: Place, address: unknown): void {
    place.asked.delete(address)
    if (place.asked.size === 0) place.waiting = 0
  }
}

/** Into how many fragments a packet is cut (RFC 791 §3.2): all but the last carry a multiple of eight octets. */
function piecesOf(length: number, mtu: number): number {
  if (length <= mtu) return 1
  const each = (mtu - IP_HEADER) & ~7
  return Math.ceil((length - IP_HEADER) / each)
}
