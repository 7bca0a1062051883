/**
 * What a capture tells about calls: which two call IDs belong to one call (RFC 2637 §2.7 to §2.10), and what its PPP link
 * has agreed on so far, so that a packet can be read as its sender meant it.
 */
import type { Ipv4 } from '../base/address.ts'
import { get16 } from '../base/bytes.ts'
import * as Chap from '../wire/chap.ts'
import * as Cp from '../wire/cp.ts'
import type { PppView } from '../wire/dissect.ts'
import * as Ppp from '../wire/ppp.ts'
import { LCP_OPTIONS } from '../wire/ppp-options.ts'
import * as Pptp from '../wire/pptp.ts'
import { MppeRecord, type OpenedPackets, type Place, packetKey } from './mppe-record.ts'

/** RFC 1994 §4: the one who is authenticated sends Responses, and Change-Password in its three forms (RFC 2433 §8, §9). */
const FROM_THE_ASKED: readonly number[] = [Chap.CODES.response, 5, 6, 7]
const CONNECTED = 1

/** One end of a PPP link, by what was seen of the packets it sends. */
interface End {
  /** CHAP algorithm that it demands of the other end, and the other has acknowledged. */
  demands: number | undefined
  /** CCP option whose packets it sends: it has acknowledged the other's wish. */
  compresses: number | undefined
}

export class PppLink {
  readonly encryption: MppeRecord
  readonly #ends: readonly [End, End]

  /** On a line that shows both directions alike, what one end agrees to holds for both. */
  constructor(told: 'apart' | 'alike') {
    this.encryption = new MppeRecord(told)
    const first: End = { demands: undefined, compresses: undefined }
    this.#ends = [first, told === 'alike' ? first : { ...first }]
  }

  /** `place`: of the packet that is looked at; none without a sequence number. */
  view(sender: 0 | 1, place?: Place, found?: OpenedPackets): PppView {
    const own = this.#ends[sender]
    const other = this.#ends[1 - sender]
    const { encryption } = this
    return {
      chapAlgorithm: code => (FROM_THE_ASKED.includes(code) ? other.demands : own.demands),
      get compression() {
        return own.compresses
      },
      note(protocol, packet) {
        if (protocol === Ppp.CHAP) encryption.chap(sender, packet)
        else note(protocol, packet, own, other)
        if (protocol === Ppp.CCP && place) encryption.ccp(sender, place, packet)
      },
      open(packet) {
        if (place) encryption.encrypted(sender, place, packet)
        return place && found?.get(packetKey(place))
      },
    }
  }
}

function note(protocol: number, bytes: Uint8Array, own: End, other: End): void {
  const parsed = Cp.parse(bytes)
  if (!parsed.ok) return
  const packet = parsed.value
  if (protocol === Ppp.LCP && packet.type === 'configure-request') {
    // A link that negotiates anew has nothing agreed above LCP (RFC 1661 §3.7).
    own.compresses = undefined
    other.compresses = undefined
  } else if (protocol === Ppp.LCP && packet.type === 'configure-ack') {
    const auth = packet.options.find(option => option.type === LCP_OPTIONS.auth)?.body
    other.demands = auth && auth.length >= 3 && get16(auth, 0) === Ppp.CHAP ? auth[2] : undefined
  } else if (protocol === Ppp.CCP && packet.type === 'configure-ack') {
    own.compresses = packet.options[0]?.type
  } else if (protocol === Ppp.CCP && packet.type === 'terminate-request') {
    own.compresses = undefined
    other.compresses = undefined
  }
}

/** A call as its control messages tell it. */
export interface Call {
  /** 1 for the first of the capture. */
  readonly number: number
  readonly pns: Ipv4
  readonly pac: Ipv4
  readonly pnsCallId: number
  readonly pacCallId: number
}

interface Side {
  readonly link: PppLink
  readonly sender: 0 | 1
  readonly call: number | undefined
}

export class Calls {
  readonly calls: Call[] = []
  /** By the addresses of a GRE packet and the call ID in it, which is the receiver's. */
  readonly #sides = new Map<string, Side>()
  /** Every link, in order of appearance. */
  readonly #links = new Set<PppLink>()
  /** Links of GRE packets whose call was set up before the capture began, by the two addresses. */
  readonly #unknown = new Map<string, PppLink>()

  /** Takes a control message. */
  note(source: Ipv4, destination: Ipv4, bytes: Uint8Array): void {
    const parsed = Pptp.parse(bytes)
    if (!parsed.ok) return
    const message = parsed.value
    if (message.type === 'outgoing-call-reply' && message.resultCode === CONNECTED) {
      this.#add(destination, source, message.peerCallId, message.callId)
    } else if (message.type === 'incoming-call-reply' && message.resultCode === CONNECTED) {
      this.#add(source, destination, message.callId, message.peerCallId)
    }
  }

  side(source: Ipv4, destination: Ipv4, callId: number): Side {
    const known = this.#sides.get(`${source} ${destination} ${callId}`)
    if (known) return known
    const pair = pairOf(source, destination)
    const link = this.#unknown.get(pair) ?? new PppLink('apart')
    this.#unknown.set(pair, link)
    this.#links.add(link)
    return { link, sender: source < destination ? 0 : 1, call: undefined }
  }

  get links(): Iterable<PppLink> {
    return this.#links
  }

  #add(pns: Ipv4, pac: Ipv4, pnsCallId: number, pacCallId: number): void {
    const number = this.calls.length + 1
    this.calls.push({ number, pns, pac, pnsCallId, pacCallId })
    const link = new PppLink('apart')
    this.#links.add(link)
    this.#sides.set(`${pns} ${pac} ${pacCallId}`, { link, sender: 0, call: number })
    this.#sides.set(`${pac} ${pns} ${pnsCallId}`, { link, sender: 1, call: number })
  }
}

const pairOf = (a: Ipv4, b: Ipv4): string => (a < b ? `${a} ${b}` : `${b} ${a}`)
