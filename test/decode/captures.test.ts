import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { equal, hex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import { type Decoded, type DecodedFrame, decodeCapture, json, lines, problemLines } from '../../src/decode/decode.ts'
import { Fragments } from '../../src/decode/fragments.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pap from '../../src/wire/pap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { CAPTURES, captureFile, readCapture } from '../support/captures.ts'
import { layerNames, values, walk } from '../support/field-tree.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

const NEGOTIATION = ['lcp', 'ipcp', 'ccp', 'ipv6cp', 'pap', 'chap']
const CONTROL_PROTOCOLS = ['lcp', 'ipcp', 'ccp', 'ipv6cp']
const decoded = new Map<string, Decoded>(CAPTURES.map(({ name }) => [name, decodeCapture(readCapture(name))]))
const of = (name: string): Decoded => decoded.get(name) as Decoded
const files = new Map<string, Uint8Array>(CAPTURES.map(({ name }) => [name, readCapture(name)]))
const bytesOf = (name: string, frame: DecodedFrame): Uint8Array =>
  (files.get(name) as Uint8Array).subarray(frame.offset, frame.offset + frame.length)
const golden = (name: string): string =>
  readFileSync(new URL(`../../../test/golden/${name}`, import.meta.url), 'utf8').trimEnd()

describe('decode: captures of real peers', () => {
  for (const { name, counts } of CAPTURES) {
    test(`${name}: every protocol is in as many frames as the table says`, () => {
      assert.deepEqual({ ...of(name).counts }, { ...counts })
    })
  }

  for (const { name } of CAPTURES) {
    test(`${name}: no control message, GRE header or negotiation packet is left undecoded`, () => {
      const isRubbish = name === 'control-bad-input'
      let seen = 0
      for (const frame of of(name).frames) {
        for (const { field, above } of walk(frame.tree)) {
          if (above.at(-1)?.name === 'gre') assert.equal(field.problem, undefined)
          if (field.name === 'ppp') assertDecoded(frame, field, above.at(-1) as Field)
          if (NEGOTIATION.includes(field.name) && field.children) seen += assertWhole(frame, field, above)
          if (field.name === 'pptp' && above.at(-1)?.name === 'frame' && !isRubbish) {
            for (const message of field.children ?? [])
              assert.equal(message.name, 'pptp', lines(of(name))[frame.number])
          }
        }
      }
      assert.ok(seen > 0)
      if (isRubbish) return
      const told = of(name).problems.map(p => p.reason)
      // 2 % loss before the capture: some datagrams have a fragment only. Everywhere else nothing is wrong at all.
      const expected = name.endsWith('-loss') ? told.filter(reason => reason.startsWith('a fragment of')) : []
      assert.deepEqual(told, expected)
    })
  }

  /** What a PPP header announces is decoded by the layer that follows it. */
  function assertDecoded(frame: DecodedFrame, ppp: Field, parent: Field): void {
    const siblings = parent.children ?? []
    const next = siblings[siblings.indexOf(ppp) + 1]
    const protocol = values(ppp, ['ppp'], 'protocol')[0] as number
    if (protocol < 0x8000) return
    assert.equal(next?.name, Ppp.protocolName(protocol), `frame ${frame.number}`)
  }

  /** No field in trouble, no code and no option without a name. */
  function assertWhole(frame: DecodedFrame, packet: Field, above: readonly Field[]): number {
    if (above.some(field => field.name === 'quoted')) return 0
    for (const { field } of walk(packet)) {
      assert.equal(field.problem, undefined, `frame ${frame.number}: ${field.name}`)
      assert.doesNotMatch(field.name, /^option\d*$/, `frame ${frame.number}`)
      if (field.name === 'code') assert.doesNotMatch(field.text, /unknown/i, `frame ${frame.number}`)
    }
    return 1
  }

  test('every control message, GRE header and negotiation packet without reserved bits is written back as it came', () => {
    const written = new Map<string, number>()
    const count = (name: string): void => void written.set(name, (written.get(name) ?? 0) + 1)
    for (const { name } of CAPTURES) {
      const fragments = new Fragments()
      for (const frame of of(name).frames) {
        const bytes = bytesOf(name, frame)
        const ip = frame.tree.children?.find(child => child.name === 'ipv4')?.offset ?? 0
        const isFragment = frame.tree.children?.some(child => child.name === 'fragment') === true
        const whole = isFragment ? fragments.add(bytes.subarray(ip), BigInt(frame.t), 0)?.bytes : undefined
        for (const { field, above } of walk(frame.tree)) {
          const base = above[1]?.name === 'reassembled' ? whole : bytes
          const again = base && writtenBack(field, above, base)
          if (!base || !again) continue
          const own = base.subarray(field.offset, field.offset + again.length)
          assert.equal(hex(again), hex(own), `${name}, frame ${frame.number}, ${field.name}`)
          count(field.name)
        }
      }
    }
    const sum = (column: string): number => CAPTURES.reduce((total, { counts }) => total + counts[column], 0)
    for (const name of ['lcp', 'pap', 'chap', 'ccp', 'ipcp', 'ipv6cp', 'gre']) {
      assert.equal(written.get(name), sum(name) - (CUT_OFF[name] ?? 0), name)
    }
    const bad = of('control-bad-input').problems.filter(problem => problem.frame !== undefined).length
    const second = 2 // two of its segments carry two messages
    assert.equal(written.get('pptp'), sum('pptp') - bad + second)
  })

  /** Twelve "reassembly time exceeded" errors quote the first 528 octets of a longer packet. */
  const CUT_OFF: Readonly<Record<string, number>> = { gre: 12 }

  /** Undefined for what is no packet of these protocols, or has trouble or a reserved field that is not zero. */
  function writtenBack(field: Field, above: readonly Field[], base: Uint8Array): Uint8Array | undefined {
    if ([...walk(field)].some(inner => inner.field.problem !== undefined)) return undefined
    const own = base.subarray(field.offset, field.offset + field.length)
    if (field.name === 'pptp') return above.at(-1)?.name === 'pptp' ? rewrite(Pptp, own) : undefined
    if (field.name === 'gre') return rewrite(Gre, base.subarray(field.offset))?.subarray(0, field.length)
    if (field.name === 'ppp') return rewrite(Ppp, own)
    if (field.name === 'pap') return rewrite(Pap, own)
    if (field.name === 'chap') return rewrite(Chap, own)
    return CONTROL_PROTOCOLS.includes(field.name) && field.children ? rewrite(Cp, own) : undefined
  }

  function rewrite<T>(
    codec: { parse(b: Uint8Array): { ok: true; value: T } | { ok: false }; write(value: T): Uint8Array },
    bytes: Uint8Array,
  ): Uint8Array | undefined {
    const parsed = codec.parse(bytes)
    return parsed.ok ? codec.write(parsed.value) : undefined
  }
})

describe('decode: bad control messages of a real capture', () => {
  test('each piece of rubbish is named with its place and the reason', () => {
    assert.equal(problemLines(of('control-bad-input')).join('\n'), golden('decode-bad-input-problems.txt'))
  })

  test('every complete valid message is printed, however many a segment has', () => {
    const capture = readCapture('control-bad-input')
    const cookie = Uint8Array.of(0x1a, 0x2b, 0x3c, 0x4d)
    const expected: string[] = []
    const printed: string[] = []
    for (const frame of of('control-bad-input').frames) {
      const bytes = capture.subarray(frame.offset, frame.offset + frame.length)
      for (let at = 54; at + 12 <= bytes.length; at++) {
        if (!equal(bytes.subarray(at + 4, at + 8), cookie)) continue
        const message = Pptp.parse(bytes.subarray(at))
        if (message.ok) expected.push(`${frame.number} ${at} ${Pptp.MESSAGES[message.value.type].title}`)
      }
      for (const { field, above } of walk(frame.tree)) {
        if (field.name !== 'pptp' || above.at(-1)?.name !== 'pptp' || field.problem !== undefined) continue
        printed.push(`${frame.number} ${field.offset} ${field.text.split(':')[0]}`)
        assert.ok(frame.text.includes(field.text))
      }
    }
    assert.deepEqual(printed, expected)
    assert.ok(printed.length > 80)
  })
})

describe('decode: what earlier packets told', () => {
  const texts = (name: string): string[] => of(name).frames.map(f => f.text)
  const has = (name: string, text: RegExp): boolean => texts(name).some(t => text.test(t))

  test('the two call IDs of a call belong together; a second call has its own', () => {
    const { calls, frames } = of('second-call')
    assert.equal(calls.length, 2)
    for (const call of calls) {
      const ids = new Set(
        frames.filter(f => f.call === call.number).flatMap(f => values(f.tree, ['gre'], 'callId').map(Number)),
      )
      assert.deepEqual([...ids].sort(), [call.pnsCallId, call.pacCallId].sort())
    }
    assert.ok(frames.every(f => f.call !== undefined || !layerNames(f.tree).includes('ppp')))
  })

  test('0x00fd is Deflate where CCP agreed on it, and MPPE where it agreed on that (RFC 1962 §4)', () => {
    const layers = (name: string): Set<string> => new Set(of(name).frames.flatMap(f => layerNames(f.tree)))
    assert.ok(layers('defaults-compression').has('deflate') && !layers('defaults-compression').has('mppe'))
    assert.ok(layers('mschapv2-mppe40').has('mppe') && !layers('mschapv2-mppe40').has('deflate'))
  })

  test('the algorithm of CHAP is the one that LCP agreed on (RFC 1994 §3)', () => {
    assert.ok(has('chap-md5-plain', /CHAP Challenge id \d+ \(MD5\): name "pptpd", value [0-9a-f]{32,}/))
    assert.ok(
      has('mschapv2-mppe40', /CHAP Response id \d+ \(MS-CHAPv2\): name "alice", peer challenge [0-9a-f]{32}, NT/),
    )
  })

  test('a rejected packet and one quoted by an ICMP error are dissected', () => {
    assert.ok(
      has(
        'server-requires-mppe-client-refuses',
        /Protocol-Reject id \d+: .* \(about CCP Configure-Request id 1: mppe 0x01/,
      ),
    )
    assert.ok(
      has('control-bad-input', /ICMP protocol unreachable \(about IP .* GRE call \d+ seq 0 · LCP Configure-Req/),
    )
  })

  test('sequence numbers of the control connection count from its start', () => {
    assert.ok(has('idle-echo', /^TCP \d+ > 1723 SYN seq 0 win/))
    assert.ok(has('idle-echo', /^TCP \d+ > 1723 ACK seq 157 ack 157 win/))
  })
})

describe('decode: its output', () => {
  for (const name of ['mschapv2-wrong-password', 'server-requires-mppe-client-refuses']) {
    test(`${name}, one line a frame`, () => {
      assert.equal(lines(of(name)).join('\n'), golden(`decode-${name}.txt`))
    })
  }

  test('one line a frame in every capture, with the number in front and no line break inside', () => {
    for (const { name, counts } of CAPTURES) {
      const all = lines(of(name))
      assert.equal(all.length, counts.frames)
      all.forEach((line, i) => {
        assert.match(line, new RegExp(`^ *${i + 1}  +\\d+\\.\\d{6}  \\S+ > \\S+ +\\S[^\\n]*$`))
      })
    }
  })

  test('JSON Lines: the capture, each frame with its tree, the result', () => {
    const all = json(of('second-call')).map(line => JSON.parse(line))
    assert.deepEqual([all[0].type, all[0].file, all[0].mark], ['capture', 'pcap', null])
    assert.equal(all.length, of('second-call').frames.length + 2)
    for (const [i, frame] of all.slice(1, -1).entries()) {
      assert.deepEqual([frame.type, frame.number, Number.isInteger(frame.t)], ['frame', i + 1, true])
      assert.deepEqual(frame.tree, JSON.parse(JSON.stringify(of('second-call').frames[i].tree)))
    }
    const last = all.at(-1)
    assert.deepEqual([last.type, last.ok, last.counts.gre, last.calls.length], ['result', true, 66, 2])
    assert.equal(last.calls[0].pns, '10.99.1.2')
  })

  test('every field of every tree lies inside of what it is a field of', () => {
    for (const { name } of CAPTURES) {
      for (const frame of of(name).frames) {
        for (const { field, above } of walk(frame.tree)) {
          if (above.some(f => f.name === 'reassembled')) continue
          const where = `${name}, frame ${frame.number}, ${field.name}`
          assert.ok(field.offset >= 0 && field.offset + field.length <= frame.length, where)
        }
      }
    }
  })
})

describe('decode: tshark, field by field', () => {
  const QUESTIONS: readonly (readonly [string, readonly string[], string])[] = [
    ['gre.key.call_id', ['gre'], 'callId'],
    ['gre.sequence_number', ['gre'], 'sequenceNumber'],
    ['gre.ack_number', ['gre'], 'acknowledgmentNumber'],
    ['gre.key.payload_length', ['gre'], 'payloadLength'],
    ['ppp.protocol', ['ppp'], 'protocol'],
    ['ppp.code', CONTROL_PROTOCOLS, 'code'],
    ['ppp.identifier', CONTROL_PROTOCOLS, 'identifier'],
    ['lcp.opt.magic_number', ['magic'], 'value'],
    ['chap.code', ['chap'], 'code'],
    ['chap.identifier', ['chap'], 'identifier'],
    ['chap.value', ['chap'], 'value'],
    ['pap.code', ['pap'], 'code'],
    ['pap.password', ['pap'], 'password'],
    ['pptp.control_message_type', ['pptp'], 'controlMessageType'],
    ['pptp.call_id', ['pptp'], 'callId'],
    ['pptp.peer_call_id', ['pptp'], 'peerCallId'],
  ]
  const number = (text: string): string => (/^0x[0-9a-f]+$/.test(text) ? String(Number(text)) : text)

  for (const { name, counts } of CAPTURES) {
    test(name, { skip: noTshark }, () => {
      // tshark shows the first control message of a segment only, and rubbish as if it were one.
      const questions = QUESTIONS.filter(([field]) => name !== 'control-bad-input' || !field.startsWith('pptp.'))
      const rows = askTshark({ capture: captureFile(name), fields: questions.map(([f]) => f), count: counts.frames })
      let compared = 0
      of(name).frames.forEach(({ tree, number: frame }, i) => {
        questions.forEach(([field, layers, ours], column) => {
          const theirs = rows[i][column] === '' ? [] : rows[i][column].split(',').map(number)
          assert.deepEqual(values(tree, layers, ours).map(String), theirs, `frame ${frame}, ${field}`)
          compared += theirs.length
        })
      })
      assert.ok(compared > 50)
    })
  }
})
