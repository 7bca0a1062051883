import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DROP_REASONS, type DropReason } from '../../src/base/drop.ts'
import type { Field } from '../../src/base/field.ts'
import { EVENTS, type TraceEvent } from '../../src/base/trace.ts'
import { decodeCapture } from '../../src/decode/decode.ts'
import { STATE_PATHS } from '../../src/lab/state-paths.ts'
import { explainDrop, explainEvent, explainField, explainMessage, explainState } from '../../src/view/glossary.ts'
import { FIELDS } from '../../src/view/glossary-fields.ts'
import { CHECK_TEXTS, EVENT_TEXTS, KINDS, MESSAGE_TEXTS, STATE_TEXTS, WORDS } from '../../src/view/glossary-words.ts'
import { dissect } from '../../src/wire/dissect.ts'
import { LINK_TYPE } from '../../src/wire/pcap.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { CAPTURES, readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { walk } from '../support/field-tree.ts'
import { framesOf } from '../support/glossary-run.ts'
import { CLOSED } from '../support/shipped.ts'

/** Fields of a packet that nothing explains. */
function unexplained(frame: Field, found: Set<string>): void {
  for (const { field, above } of walk(frame)) {
    const path = [...above, field]
    if (!explainField(path))
      found.add(
        path
          .slice(-2)
          .map(({ name }) => name)
          .join('/'),
      )
  }
}

describe('every field that the dissector names is explained', () => {
  for (const lab of CLOSED) {
    test(`in the packets of ${lab}`, () => {
      const found = new Set<string>()
      const frames = framesOf(lab, (bytes, linkType) => unexplained(dissect(bytes, linkType), found))
      assert.ok(frames > 5, `${frames} frames`)
      assert.deepEqual([...found], [])
    })
  }

  for (const { name } of CAPTURES) {
    test(`in the capture ${name}`, () => {
      const found = new Set<string>()
      const { frames } = decodeCapture(readCapture(name))
      for (const { tree } of frames) unexplained(tree, found)
      assert.ok(frames.length > 5)
      assert.deepEqual([...found], [])
    })
  }

  test('in anything that a control message, a PPP packet or a frame can be', () => {
    const found = new Set<string>()
    const any = fc.uint8Array({ maxLength: 200 })
    const gre = Uint8Array.of(0x45, 0, 0, 0, 0, 0, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 1, 0x88, 0x0b)
    const ppp = fc.constantFrom(0xc021, 0x80fd, 0x8021, 0x8057, 0xc223, 0xc023, 0xfd, 0x21, 0x2d, 0x2f, 0xc025)
    const inPpp = fc
      .tuple(ppp, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 30 }), any)
      .map(([protocol, code, option, body]) => {
        const length = body.length + 8
        const packet = [code, 1, length >> 8, length & 255, option, 4, 0, 0, ...body]
        const frame = [0xff, 3, protocol >> 8, protocol & 255, ...packet]
        const key = [frame.length >> 8, frame.length & 255, 0, 1, 0, 0, 0, 1]
        const whole = Uint8Array.from([...gre, ...key, ...frame])
        whole[2] = whole.length >> 8
        whole[3] = whole.length & 255
        return whole
      })
    fc.assert(
      fc.property(fc.oneof(any, inPpp), fc.constantFrom(...Object.values(LINK_TYPE)), (bytes, linkType) => {
        unexplained(dissect(bytes, linkType), found)
        unexplained(dissect(bytes, LINK_TYPE.raw), found)
        return true
      }),
      { numRuns: 3000, seed: 9 },
    )
    assert.deepEqual([...found], [])
  })

  test('and the one of another layer is not taken for it: callId of GRE and of PPTP', () => {
    const field = (name: string): Field => ({ name, offset: 0, length: 2, text: '7' })
    const [gre, pptp] = ['gre', 'pptp'].map(name => explainField([{ ...field(name), children: [] }, field('callId')]))
    assert.equal(gre?.see, 'RFC 2637 §4.1')
    assert.equal(gre?.title, 'callId of GRE')
    assert.notEqual(gre?.text, pptp?.text)
    assert.equal(explainField([field('gre'), field('nosuch')]), undefined)
  })
})

describe('control messages of PPTP', () => {
  for (const [type, { code, fields }] of Object.entries(Pptp.MESSAGES)) {
    test(`each field of ${type} names its section, and the codes that it can have (RFC 2637 §2.${code})`, () => {
      const values = { name: 'controlMessageType', offset: 8, length: 2, value: code, text: '' }
      const message: Field = { name: 'pptp', offset: 0, length: 12, text: '', children: [values] }
      assert.equal(explainField([message])?.see, `RFC 2637 §2.${code}`)
      for (const { name, ...rule } of fields) {
        const { see, values } = explainField([message, { name, offset: 12, length: 1, text: '' }]) ?? {}
        assert.match(see ?? '', /^RFC 2637 §2\.\d+$/, name)
        const codes = 'codes' in rule && rule.codes ? Object.keys(rule.codes) : []
        assert.deepEqual(
          values?.map(value => value.split('  ')[0]),
          codes,
          name,
        )
      }
    })
  }
})

describe('everything else that has a name', () => {
  test('every drop reason, with its own sentence', () => {
    for (const reason of Object.keys(DROP_REASONS) as DropReason[])
      assert.equal(explainDrop(reason).text, DROP_REASONS[reason])
  })

  test('every event', () => {
    for (const event of Object.keys(EVENTS)) {
      const fields = { t: 0, node: 'a', event, reason: 'malformed', machine: 'ppp.lcp', from: 'initial', to: 'opened' }
      const found = explainEvent({ ...fields, type: 'connect', proto: 'lcp' } as unknown as TraceEvent)
      assert.ok(found.length > 0 && found.every(({ text }) => text !== ''), event)
    }
  })

  test('every message of PPTP', () => {
    for (const type of Object.keys(Pptp.MESSAGES)) assert.ok(explainMessage('pptp', type), type)
  })

  test('every state that a check may name', () => {
    const unknown = Object.values(STATE_PATHS).flatMap(paths =>
      Object.entries(paths).flatMap(([path, values]) =>
        values === 'number' || values.includes('absent')
          ? []
          : values.filter(value => !explainState(path, value)).map(value => `${path} ${value}`),
      ),
    )
    assert.deepEqual(unknown, [])
  })

  test('the words of the help fit into a column of a screen of 80', () => {
    for (const [name, { short }] of Object.entries(WORDS)) assert.ok(name.length <= 8 && short.length <= 28, name)
  })

  test('every text is a sentence, and every place a section of an RFC', () => {
    const entries = [
      ...Object.entries(FIELDS),
      ...Object.entries(KINDS),
      ...Object.entries(WORDS).map(([name, { text, see }]) => [name, [text, see]] as const),
      ...Object.values(STATE_TEXTS).flatMap(states => Object.entries(states)),
      ...[...Object.entries(MESSAGE_TEXTS), ...Object.entries(EVENT_TEXTS), ...Object.entries(CHECK_TEXTS)].map(
        ([name, text]) => [name, [text, '']] as const,
      ),
    ]
    for (const [name, [text, see]] of entries) {
      assert.match(text, /^[\p{L}\d].*[.?]$/u, name)
      assert.ok(text.length <= 260, `${name}: ${text.length} characters`)
      assert.match(see, /^(RFC \d+( §[\d.]*\d)?)?$/, name)
    }
  })
})
