/**
 * Valid control conversations, spoiled at random: messages left out, doubled, swapped and cut, octets changed, put in and
 * taken out, segments cut anywhere, pauses, and an end by FIN, by RST or none at all.
 */

import { concat } from '../../src/base/bytes.ts'
import { type Duration, ms, sec } from '../../src/base/time.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { cdn, ocrp, ocrq, sccrp, sccrq } from '../pptp/support.ts'
import { countPackets } from './chaos.ts'
import { fc } from './fast-check.ts'
import { OddLab, Probe } from './odd-lab.ts'

export interface Conversation {
  readonly segments: readonly { readonly bytes: Uint8Array; readonly after: Duration }[]
  readonly end: 'close' | 'abort' | 'none'
}

const stop: Pptp.Message = { type: 'stop-control-connection-request', reason: 1 }
const stopped: Pptp.Message = { type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 }
const echo: Pptp.Message = { type: 'echo-request', identifier: 7 }
const echoReply: Pptp.Message = { type: 'echo-reply', identifier: 1, resultCode: 1, errorCode: 0 }
const linkInfo: Pptp.Message = { type: 'set-link-info', peerCallId: 0, sendAccm: 0xffffffff, receiveAccm: 0xffffffff }
const clear = (callId: number): Pptp.Message => ({ type: 'call-clear-request', callId })

/** What a PNS says to a PAC, and a PAC to a PNS. */
const OF_PNS: readonly (readonly Pptp.Message[])[] = [
  [sccrq, ocrq(77), linkInfo, echo, clear(77), stop],
  [sccrq, ocrq(0), ocrq(1), clear(0), ocrq(0), echo, stop, stopped],
  [sccrq, echo, echoReply, ocrq(5), stop],
]
const OF_PAC: readonly (readonly Pptp.Message[])[] = [
  [sccrp, ocrp(0, 1), echo, cdn(0), stop],
  [sccrp, ocrp(0, 1), ocrp(1, 2), cdn(0), cdn(1), stopped],
  [sccrp, ocrp(128, 1, 2), ocrp(129, 2), cdn(128), stopped],
  [sccrp, echo, echoReply, ocrp(7, 2), cdn(7), stop],
]

type Edit = (messages: Uint8Array[]) => void
const at = (messages: readonly Uint8Array[], n: number): number => n % Math.max(1, messages.length)

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.nat(99), fc.nat(300), fc.nat(255)).map(
    ([m, octet, value]): Edit =>
      messages => {
        const one = messages[at(messages, m)]
        if (one && one.length > 0) one[octet % one.length] = value
      },
  ),
  // The header is where it hurts.
  fc.tuple(fc.nat(99), fc.nat(11), fc.nat(255)).map(
    ([m, octet, value]): Edit =>
      messages => {
        const one = messages[at(messages, m)]
        if (one && one.length > octet) one[octet] = value
      },
  ),
  fc.nat(99).map(
    (m): Edit =>
      messages =>
        void messages.splice(at(messages, m), 1),
  ),
  fc.nat(99).map(
    (m): Edit =>
      messages => {
        const one = messages[at(messages, m)]
        if (one) messages.push(one.slice())
      },
  ),
  fc.tuple(fc.nat(99), fc.nat(300)).map(
    ([m, length]): Edit =>
      messages => {
        const i = at(messages, m)
        if (messages[i]) messages[i] = messages[i].slice(0, length)
      },
  ),
  fc.tuple(fc.nat(99), fc.uint8Array({ maxLength: 40 })).map(
    ([m, octets]): Edit =>
      messages => {
        messages.splice(at(messages, m), 0, octets.slice())
      },
  ),
  fc.tuple(fc.nat(99), fc.nat(99)).map(
    ([a, b]): Edit =>
      messages => {
        const [i, j] = [at(messages, a), at(messages, b)]
        if (messages[i] && messages[j]) [messages[i], messages[j]] = [messages[j], messages[i]]
      },
  ),
)

const conversation = (valid: readonly (readonly Pptp.Message[])[]): fc.Arbitrary<Conversation> =>
  fc
    .record({
      script: fc.constantFrom(...valid),
      edits: fc.array(edit, { maxLength: 4 }),
      cuts: fc.array(fc.nat(700), { maxLength: 6 }),
      pauses: fc.array(fc.constantFrom(0, ms(1), ms(50), ms(400), sec(2)), { minLength: 1, maxLength: 7 }),
      end: fc.constantFrom('close' as const, 'abort' as const, 'none' as const),
    })
    .map(({ script, edits, cuts, pauses, end }) => {
      const messages = script.map(message => Pptp.write(message))
      for (const one of edits) one(messages)
      const all = concat(...messages)
      // Cut between messages too, or a reply never comes before the next request.
      let boundary = 0
      const boundaries = messages.map(message => (boundary += message.length))
      const places = [...new Set([...boundaries, ...cuts])].filter(n => n > 0 && n < all.length).sort((a, b) => a - b)
      const segments = [0, ...places].map((from, i) => ({
        bytes: all.slice(from, places[i] ?? all.length),
        after: pauses[i % pauses.length],
      }))
      return { segments, end }
    })

export const ofPns = conversation(OF_PNS)
export const ofPac = conversation(OF_PAC)

/** Plays these against our server at once, with alice at work beside them; what is not as it must be. */
export function fuzzServer(conversations: readonly Conversation[]): string[] {
  const packets = countPackets()
  try {
    const lab = new OddLab()
    lab.dial()
    lab.ping(sec(20))
    const { scheduler } = lab.net.world
    const probes: Probe[] = []
    for (const [i, { segments, end }] of conversations.entries()) {
      scheduler.after(i * ms(5), 'fuzz', () => {
        const probe = new Probe(lab, () => {
          let when = 0
          for (const { bytes, after } of segments) scheduler.after((when += after), 'fuzz', () => probe.write(bytes))
          if (end === 'close') scheduler.after(when, 'fuzz', () => probe.close())
          if (end === 'abort') scheduler.after(when, 'fuzz', () => probe.abort())
        })
        probes.push(probe)
      })
    }
    lab.pass(sec(21))
    const problems = lab.disturbances()
    lab.alice.disconnect()
    lab.pass(sec(400))
    problems.push(...lab.leftovers())
    if (packets.out !== 0) problems.push(`${packets.out} packets are not released`)
    for (const probe of probes) if (!onlyMessages(probe.received)) problems.push('the server wrote rubbish')
    return problems
  } finally {
    packets.stop()
  }
}

function onlyMessages(bytes: Uint8Array): boolean {
  let good = true
  const splitter = new Pptp.Splitter({ message: () => {}, rubbish: () => (good = false) })
  splitter.push(bytes)
  return good && splitter.pending === 0
}
