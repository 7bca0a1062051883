/**
 * What a capture shows of the encryption of one PPP link: who proved to be whom, what each end agreed to send, and the
 * encrypted packets. With the password the keys follow (RFC 3079), and with them what was in the packets.
 *
 * Packets are read in the order of their GRE sequence numbers, which is the order in which they were encrypted. A
 * Configure-Ack of CCP says how its sender encrypts what it sends behind it, with keys of the proof before it.
 */
import type { Ipv4 } from '../base/address.ts'
import { equal, get32, toAscii } from '../base/bytes.ts'
import { secretOf } from '../ppp/auth.ts'
import { msChapKeys, msChapV2Keys } from '../ppp/judge.ts'
import type { MppeKeys } from '../ppp/keys.ts'
import { startKey } from '../ppp/mppe-keys.ts'
import { type Cipher, cipherOf, type MppeMode, modeOf } from '../ppp/mppe-policy.ts'
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
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly sequence: number
}

/** One direction of a call at one interface, afterwards. */
export interface MppeSummary {
  readonly source: Ipv4
  readonly destination: Ipv4
  readonly interface: number
  readonly user: string
  readonly cipher: Cipher
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

export class MppeRecord {
  readonly #directions = new Map<string, { readonly sender: 0 | 1; readonly items: Item[] }>()
  readonly #challenges: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined]
  #proof: Proof | undefined

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
    const mode = option && modeOf(get32(option.body, 0))
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
  open(passwords: Passwords, found: Map<number, Opened>): MppeSummary[] {
    return [...this.#directions.values()].flatMap(({ sender, items }) => openDirection(sender, items, passwords, found))
  }
}

function openDirection(
  sender: 0 | 1,
  items: readonly Item[],
  passwords: Passwords,
  found: Map<number, Opened>,
): MppeSummary[] {
  const summaries: MppeSummary[] = []
  let reader: Reader | undefined
  let last: { readonly sequence: number; readonly opened: Opened | undefined } | undefined
  for (const item of inOrder(items)) {
    const { frame, interface: port, source, destination, sequence } = item.place
    if ('packet' in item) {
      const summary = summaries.at(-1)
      if (!summary) continue
      // The same packet twice: a duplicate on the line.
      const again = last?.sequence === sequence
      const opened = again ? last?.opened : reader?.open(item.packet)
      last = { sequence, opened }
      if (opened) found.set(frame, opened)
      const decrypted = summary.decrypted + (opened && 'bytes' in opened ? 1 : 0)
      summaries[summaries.length - 1] = { ...summary, packets: summary.packets + 1, decrypted }
    } else if (item.mode) {
      const { mode, proof } = item
      const keys = proof ? keysOf(proof, passwords) : 'its authentication is not in the capture'
      const locked = typeof keys === 'string'
      reader = locked ? undefined : readerOf(startKey(keys(sender), mode.bits, true), mode.bits, mode.stateful)
      const problem = locked ? { problem: keys } : {}
      const cipher = cipherOf(mode)
      const user = proof?.user ?? ''
      summaries.push({ source, destination, interface: port, user, cipher, packets: 0, decrypted: 0, ...problem })
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

type Keys = (sender: 0 | 1) => MppeKeys

/** RFC 3079 §2 after MS-CHAP, whose challenge has eight octets, §3 after MS-CHAPv2; or why there are none. */
function keysOf({ user, challenge, response, prover }: Proof, passwords: Passwords): Keys | string {
  const password = secretOf(name => passwords.get(name), user)
  if (password === undefined) return `no password is given for user "${user}"`
  const wrong = `"${user}" has another password than the one given`
  if (challenge?.length === 8) {
    const ntResponse = challengeResponse(challenge, ntPasswordHash(password))
    return equal(ntResponse, response.subarray(24, 48)) ? () => msChapKeys(challenge, password) : wrong
  }
  const v2 = Chap.readMsChapV2Response(response)
  if (!v2) return 'no authentication before it gives keys'
  const { peerChallenge, ntResponse } = v2
  if (challenge && !equal(generateNtResponse(challenge, peerChallenge, user, password), ntResponse)) return wrong
  // The one who was asked for a proof is the client of RFC 3079.
  return sender => msChapV2Keys(password, ntResponse, sender !== prover)
}
