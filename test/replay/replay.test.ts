/**
 * Real captures, one half played against our node in the part of the other half. Every answer of ours has the captured
 * type and equal fields, or the difference is in docs/deviations.md.
 *
 * Not every capture can be played both ways. Where the captured machine was killed or told to hang up from outside,
 * only the other side's reaction is ours to give. And on `idle-echo` our server asks for an Echo 1.4 ms before the
 * client's own comes, which nobody in a recording answers.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as Ppp from '../../src/wire/ppp.ts'
import { readCapture } from '../support/captures.ts'
import { rootPath } from '../support/root.ts'
import { type Message, other, readSaid, reread, type Said, type Side } from './capture.ts'
import { DEVIATIONS, judge, type Verdict } from './deviations.ts'
import { compare, show } from './judge.ts'
import { type Played, play, type Setup } from './play.ts'

const ALICE: Setup = {
  user: 'alice',
  password: 'alice-secret',
  auth: 'ms-chap-v2',
  serverMppe: 'required',
  clientMppe: 'required',
  echo: 30,
}
const BOB: Setup = { ...ALICE, user: 'bob', password: 'Passw0rd!', serverMppe: 'off', clientMppe: 'off' }
const BOTH: readonly Side[] = ['server', 'client']

const CASES: readonly { readonly capture: string; readonly ours: readonly Side[]; readonly setup: Setup }[] = [
  { capture: 'mschapv2-mppe128-stateless', ours: BOTH, setup: ALICE },
  { capture: 'chap-md5-plain', ours: BOTH, setup: { ...BOB, auth: 'chap-md5' } },
  { capture: 'pap-plain', ours: BOTH, setup: { ...BOB, auth: 'pap' } },
  { capture: 'mschapv2-wrong-password', ours: BOTH, setup: { ...ALICE, password: 'wrong-password' } },
  { capture: 'server-requires-mppe-client-refuses', ours: BOTH, setup: { ...ALICE, clientMppe: 'off' } },
  { capture: 'mppe128-stateless-reorder', ours: BOTH, setup: ALICE },
  { capture: 'mppe128-stateless-loss', ours: BOTH, setup: ALICE },
  { capture: 'client-killed', ours: ['server'], setup: { ...ALICE, echo: 5 } },
  { capture: 'server-hangup-ppp', ours: ['client'], setup: ALICE },
  { capture: 'server-hangup-control', ours: ['client'], setup: ALICE },
  { capture: 'idle-echo', ours: ['client'], setup: { ...ALICE, echo: 20 } },
]

interface Replay {
  readonly title: string
  readonly ours: Side
  readonly said: readonly Said[]
  /** What the captured machine said whose part our node takes. */
  readonly captured: readonly Message[]
  readonly played: Played
  readonly verdict: Verdict
}

const messagesOf = (said: readonly Said[], side: Side): readonly Message[] =>
  said.flatMap(s => (s.from === side && s.message ? [s.message] : []))

const replays: readonly Replay[] = CASES.flatMap(({ capture, ours: sides, setup }) => {
  const said = readSaid(readCapture(capture))
  return sides.map(ours => {
    const played = play(said, ours, setup)
    const captured = messagesOf(said, ours)
    const verdict = judge(compare(captured, played.said), ours)
    return { title: `${capture}, our ${ours}`, ours, said, captured, played, verdict }
  })
})

const DOCUMENT = readFileSync(rootPath('docs/deviations.md'), 'utf8')

describe('real captures, one half played against our node', () => {
  for (const { title, verdict, played } of replays) {
    test(`${title}: answers as the captured machine did, but for what docs/deviations.md says`, () => {
      assert.deepEqual(verdict.forbidden.map(show), [])
      assert.deepEqual(played.undrawn, [], 'random values of the capture that our node never drew')
    })
  }

  for (const { title, said, ours, played } of replays) {
    test(`${title}: every packet of user data comes out of the tunnel`, () => {
      const carried = (protocol: number) => said.filter(s => s.from === other(ours) && s.data === protocol).length
      const rejected = played.said.filter(m => (m.value as { protocol?: number }).protocol === IPV6).length
      // pppd sends IPv6 inside the encryption too: that is decrypted and then rejected.
      assert.equal(played.decrypted + rejected, carried(Ppp.COMPRESSED) + carried(IPV6))
      assert.equal(played.received, played.decrypted + carried(Ppp.IP))
      assert.deepEqual(played.drops, [])
    })
  }

  test('every allowed deviation is shown by some replay', () => {
    const shown = new Set(replays.flatMap(({ verdict }) => [...verdict.shown]))
    assert.deepEqual(
      DEVIATIONS.map(({ name }) => name).filter(name => !shown.has(name)),
      [],
    )
  })

  test('docs/deviations.md names each deviation of the replay once, and no other as one of the replay', () => {
    const rows = DOCUMENT.split('\n').filter(line => line.startsWith('| `') && line.endsWith('| test/replay |'))
    const names = rows.map(row => row.slice(3, row.indexOf('`', 3)))
    assert.deepEqual(names.toSorted(), DEVIATIONS.map(({ name }) => name).toSorted())
  })
})

const IPV6 = 0x0057

describe('the judge', () => {
  const [server, client] = replays
  const without = (messages: readonly Message[], at: number) => messages.toSpliced(at, 1)
  const verdict = ({ ours, played }: Replay, captured: readonly Message[]) =>
    judge(compare(captured, played.said), ours).forbidden

  for (const replay of [server, client]) {
    test(`${replay.title}: sees each spoiled octet of what is expected`, () => {
      let octets = 0
      for (const [i, message] of replay.captured.entries()) {
        // IPV6CP, which we do not speak, and the second Terminate-Request may be missing whatever they say.
        const second = message.type === 'terminate-request' && replay.captured[i - 1]?.type === message.type
        if (message.channel === 'ipv6cp' || second) continue
        for (const at of message.bytes.keys()) {
          const bytes = message.bytes.slice()
          bytes[at] ^= 1
          const spoiled = reread(message, bytes)
          octets++
          if (!spoiled) continue
          const found = verdict(replay, replay.captured.with(i, spoiled))
          assert.notEqual(found.length, 0, `${message.channel} ${message.type}, octet ${at}`)
        }
      }
      assert.ok(octets > 400, `${octets} octets`)
    })

    test(`${replay.title}: sees a message of ours that is missing, one that is new, and two that are swapped`, () => {
      const answers = replay.captured
        .map((m, i) => ({ i, m }))
        .filter(({ m }) => m.channel === 'ipcp' || m.channel === 'auth')
      assert.ok(answers.length >= 3)
      for (const { i, m } of answers) {
        assert.notEqual(verdict(replay, without(replay.captured, i)).length, 0, `${m.type} is new`)
        assert.notEqual(verdict(replay, replay.captured.toSpliced(i, 0, m)).length, 0, `${m.type} is missing`)
      }
      const ipcp = answers.filter(({ m }) => m.channel === 'ipcp')
      const [a, b] = [ipcp[0], ipcp[1]]
      const swapped = replay.captured.with(a.i, b.m).with(b.i, a.m)
      assert.notEqual(verdict(replay, swapped).length, 0)
    })
  }
})
