/**
 * What a capture shows of the encryption of one PPP link: who proved to be whom, what each end agreed to send, and the
 * encrypted packets. With the password the keys follow (RFC 3079), and with them what was in the packets.
 *
 * Packets are read in the order in which they were encrypted: that of their GRE sequence numbers, and on a telephone line
 * that of the capture. A Configure-Ack of CCP says how its sender encrypts what it sends behind it, with keys of the proof
 * before it.
 */
import { equal, get32, toAscii } from '../base/bytes.ts'
import { secretOf } from '../ppp/auth.ts'
import { msChapKeys, msChapV2Keys } from '../ppp/judge.ts'
import type { MppeKeys } from '../ppp/keys.ts'
import { startKey } from '../ppp/mppe-keys.ts'
import { type Cipher, cipherOf, hasStrength, type MppeMode, modeOf } from '../ppp/mppe-policy.ts'
import { challengeResponse, generateNtResponse, ntPasswordHash } from '../ppp/mschapv2.ts'
import * as Chap from '../wire/chap.ts'
import * as Cp from '../wire/cp.ts'
import type { Opened } from '../wire/dissect.ts'
import * as Mppe from '../wire/mppe.ts'
import { CCP_OPTIONS } from '../wire/ppp-options.ts'
import { type Reader, readerOf } from './mppe-stream.ts'

/** Where a packet of a call was seen. */
export interface Place {
  /** Index of the frame. */
  readonly frame: number
  /** The same packet may be seen at several. */
  readonly interface: number
  /** Addresses of a GRE packet, or the ends of a telephone line; empty where these cannot be told. */
  readonly source: string
  readonly destination: string
  readonly sequence: number
}

/** One direction of a call at one interface, afterwards. */
export interface MppeSummary {
  readonly source: string
  readonly destination: string
  readonly interface: number
  readonly user: string
  /** Absent: its negotiation is not in the capture. */
  readonly cipher?: Cipher
  readonly packets: number
  readonly decrypted: number
  /** Why there is no key. */
  readonly problem?: string
}

/** A Response, and the Challenge that it answers if that was seen. */
interface Proof {
  readonly user: string
  readonly challenge: Uint8Array | undefined
  readonly response: Uint8Array
  /** Who has proved itself. */
  readonly prover: 0 | 1
}

type Item =
  | { readonly place: Place; readonly mode: MppeMode | undefined; readonly proof: Proof | undefined }
  | { readonly place: Place; readonly packet: Uint8Array }

export type Passwords = ReadonlyMap<string, string>

/** What was in encrypted packets, by their `packetKey`: a frame may carry one in the other. */
export type OpenedPackets = ReadonlyMap<string, Opened>

export const packetKey = ({ frame, source, destination, sequence }: Place): string =>
  `${frame} ${source} ${destination} ${sequence}`

export class MppeRecord {
  /** `alike`: nobody can tell who has sent a packet, and so not with which key. */
  readonly #told: 'apart' | 'alike'
  readonly #directions = new Map<string, { readonly sender: 0 | 1; readonly items: Item[] }>()
  readonly #challenges: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined]
  #proof: Proof | undefined

  constructor(told: 'apart' | 'alike' = 'apart') {
    this.#told = told
  }

  chap(sender: 0 | 1, bytes: Uint8Array): void {
    const parsed = Chap.parse(bytes)
    if (!parsed.ok || !('value' in parsed.value)) return
    const { type, value, name } = parsed.value
    if (type === 'challenge') this.#challenges[sender] = value.slice()
    else {
      const challenge = this.#challenges[1 - sender]
      this.#proof = { user: toAscii(name), challenge, response: value.slice(), prover: sender }
    }
  }

  /** A packet of CCP. */
  ccp(sender: 0 | 1, place: Place, bytes: Uint8Array): void {
    const parsed = Cp.parse(bytes)
    if (!parsed.ok || parsed.value.type !== 'configure-ack') return
    const option = parsed.value.options.find(({ type, body }) => type === CCP_OPTIONS.mppe && body.length === 4)
    const agreed = option ? get32(option.body, 0) : 0
    const mode = hasStrength(agreed) ? modeOf(agreed) : undefined
    this.#direction(sender, place).push({ place, mode, proof: this.#proof })
  }

  encrypted(sender: 0 | 1, place: Place, packet: Uint8Array): void {
    if (packet.length > Mppe.HEADER_LENGTH && Mppe.isEncrypted(packet, 0)) {
      this.#direction(sender, place).push({ place, packet: packet.slice() })
    }
  }

  #direction(sender: 0 | 1, place: Place): Item[] {
    const key = `${place.interface} ${sender}`
    const known = this.#directions.get(key) ?? { sender, items: [] }
    this.#directions.set(key, known)
    return known.items
  }

  /** Puts what was in each packet under the index of its frame, and tells how far it came. */
  open(passwords: Passwords, found: Map<string, Opened>): MppeSummary[] {
    return [...this.#directions.values()].flatMap(({ sender, items }) => {
      const keysOf = (proof: Proof | undefined): MppeKeys | string =>
        this.#told === 'alike' ? UNTOLD : keysFor(sender, proof, passwords)
      return openDirection(items, keysOf, found)
    })
  }
}

const UNTOLD = 'the capture does not say which end of the line has sent a frame, and each has a key of its own'
const UNSEEN = 'the negotiation of its encryption is not in the capture'

function openDirection(
  items: readonly Item[],
  keysOf: (proof: Proof | undefined) => MppeKeys | string,
  found: Map<string, Opened>,
): MppeSummary[] {
  const summaries: MppeSummary[] = []
  let reader: Reader | undefined
  let last: { readonly sequence: number; readonly opened: Opened | undefined } | undefined
  for (const item of inOrder(items)) {
    const { interface: port, source, destination, sequence } = item.place
    const place = { source, destination, interface: port }
    if ('packet' in item) {
      const summary = summaries.at(-1) ?? { ...place, user: '', packets: 0, decrypted: 0, problem: UNSEEN }
      // The same packet twice: a duplicate on the line.
      const again = last?.sequence === sequence
      const opened = again ? last?.opened : reader?.open(item.packet)
      last = { sequence, opened }
      if (opened) found.set(packetKey(item.place), opened)
      const decrypted = summary.decrypted + (opened && 'bytes' in opened ? 1 : 0)
      summaries[Math.max(summaries.length - 1, 0)] = { ...summary, packets: summary.packets + 1, decrypted }
    } else if (item.mode === undefined) reader = undefined
    else {
      const { mode, proof } = item
      const keys = keysOf(proof)
      const locked = typeof keys === 'string'
      reader = locked ? undefined : readerOf(startKey(keys, mode.bits, true), mode.bits, mode.stateful)
      const problem = locked ? { problem: keys } : {}
      const cipher = cipherOf(mode)
      const user = proof?.user ?? ''
      summaries.push({ ...place, user, cipher, packets: 0, decrypted: 0, ...problem })
    }
  }
  return summaries.filter(({ packets }) => packets > 0)
}

/** By sequence number, modulo 2^32; those that come again keep together. */
function inOrder(items: readonly Item[]): Item[] {
  let last = items[0]?.place.sequence ?? 0
  let at = 0
  const placed = items.map(item => {
    at += (item.place.sequence - last) | 0
    last = item.place.sequence
    return { item, at }
  })
  return placed.sort((a, b) => a.at - b.at).map(({ item }) => item)
}

/** RFC 3079 §2 after MS-CHAP, whose challenge has eight octets, §3 after MS-CHAPv2; or why there are none. */
function keysFor(sender: 0 | 1, proof: Proof | undefined, passwords: Passwords): MppeKeys | string {
  if (!proof) return 'its authentication is not in the capture'
  const { user, challenge, response, prover } = proof
  const password = secretOf(name => passwords.get(name), user)
  if (password === undefined) return `no password is given for user "${user}"`
  const wrong = `"${user}" has another password than the one given`
  if (challenge?.length === 8) {
    const ntResponse = challengeResponse(challenge, ntPasswordHash(password))
    return equal(ntResponse, response.subarray(24, 48)) ? msChapKeys(challenge, password) : wrong
  }
  const v2 = Chap.readMsChapV2Response(response)
  if (!v2) return 'no authentication before it gives keys'
  const { peerChallenge, ntResponse } = v2
  if (challenge && !equal(generateNtResponse(challenge, peerChallenge, user, password), ntResponse)) return wrong
  // The one who was asked for a proof is the client of RFC 3079.
  return msChapV2Keys(password, ntResponse, sender !== prover)
}
