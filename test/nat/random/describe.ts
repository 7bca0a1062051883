/** What a delivered packet says, in one line. */
import { formatIpv4 } from '../../../src/base/address.ts'
import { get16, get32 } from '../../../src/base/bytes.ts'
import * as Checksum from '../../../src/wire/checksum.ts'
import * as Ipv4 from '../../../src/wire/ipv4.ts'
import * as M from '../messages.ts'
import { IP } from '../rig.ts'
import type { Script } from './script.ts'

const { tcp: TCP, gre: GRE, icmp: ICMP } = Ipv4.PROTOCOL
const NAMES = new Map<string, string>(Object.entries(IP).map(([name, address]) => [address, name]))
const FLAGS = 'FSRPAU'

/** Ports that a NAT chose, and call IDs that follow them, are `x1`, `x2`… in the order in which they are seen. */
export class Describer {
  readonly #known = new Set([0, 1723, 1300])
  readonly #chosen = new Map<number, string>()

  constructor({ steps }: Script) {
    for (const number of JSON.stringify(steps).match(/\d+/g) ?? []) this.#known.add(Number(number))
  }

  #number(value: number): string {
    if (this.#known.has(value)) return String(value)
    const name = this.#chosen.get(value) ?? `x${this.#chosen.size + 1}`
    this.#chosen.set(value, name)
    return name
  }

  describe(b: Uint8Array): string {
    const at = Ipv4.headerLength(b, 0)
    const end = Math.min(b.length, Ipv4.totalLength(b, 0))
    const ends = `${nameOf(Ipv4.source(b, 0))} > ${nameOf(Ipv4.destination(b, 0))}`
    const body = b.subarray(at, end)
    switch (Ipv4.protocol(b, 0)) {
      case TCP:
        return `tcp ${ends} ${this.#tcp(b, body)}`
      case GRE:
        return `gre ${ends} ${this.#gre(body)} ${body.length} octets`
      case ICMP:
        return `icmp ${ends} ${this.#icmp(body)}`
      default:
        return `${Ipv4.protocol(b, 0)} ${ends}`
    }
  }

  #tcp(b: Uint8Array, tcp: Uint8Array): string {
    const flags = [...FLAGS].filter((_, i) => tcp[13] & (1 << i)).join('')
    const numbers = `seq ${get32(tcp, 4)}${tcp[13] & 16 ? ` ack ${get32(tcp, 8)}` : ''}`
    const pseudo = Checksum.pseudoHeader(Ipv4.source(b, 0), Ipv4.destination(b, 0), TCP, tcp.length)
    const sum = Checksum.finish(pseudo + Checksum.sum(tcp, 0, tcp.length)) === 0 ? '' : ' BAD CHECKSUM'
    const said = this.#messages(tcp.subarray((tcp[12] >> 4) * 4))
    return `${this.#number(get16(tcp, 0))}>${this.#number(get16(tcp, 2))} ${flags} ${numbers}${said}${sum}`
  }

  #messages(payload: Uint8Array): string {
    let text = ''
    let rest = payload
    while (rest.length > 0) {
      const length = rest.length >= 12 && get32(rest, 4) === 0x1a2b3c4d ? get16(rest, 0) : 0
      if (length < 12 || length > rest.length) {
        // A part of a message: its octets, but for the zeros.
        return `${text} part ${rest.length} octets ${rest.filter(octet => octet !== 0).join('.')}`
      }
      const { msg, callid, peer, result } = M.read(rest)
      text += ` ${msg}`
      if (callid !== undefined) text += ` id ${this.#number(callid)}`
      if (peer !== undefined) text += ` peer ${this.#number(peer)}`
      if (result !== undefined) text += ` result ${result}`
      rest = rest.subarray(length)
    }
    return text
  }

  #gre(gre: Uint8Array): string {
    const { callid, sequence } = M.readGre(gre)
    return `${callid === undefined ? 'no id' : `id ${this.#number(callid)}`} seq ${sequence ?? '-'}`
  }

  #icmp(icmp: Uint8Array): string {
    const inner = icmp.subarray(8)
    const sum = Checksum.finish(Checksum.sum(icmp, 0, icmp.length)) === 0 ? '' : ' BAD CHECKSUM'
    const mtu = icmp[0] === 3 && icmp[1] === 4 ? ` mtu ${get16(icmp, 6)}` : ''
    const ends = `${nameOf(Ipv4.source(inner, 0))} > ${nameOf(Ipv4.destination(inner, 0))}`
    const body = inner.subarray(Ipv4.headerLength(inner, 0))
    const what =
      Ipv4.protocol(inner, 0) === TCP
        ? `tcp ${this.#number(get16(body, 0))}>${this.#number(get16(body, 2))}`
        : `gre ${M.readGre(body).callid === undefined ? 'no id' : `id ${this.#number(get16(body, 6))}`}`
    return `${icmp[0]}/${icmp[1]}${mtu} about ${ends} ${what}${sum}`
  }
}

const nameOf = (address: number): string => {
  const text = formatIpv4(address)
  return NAMES.get(text) ?? text
}
