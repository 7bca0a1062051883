import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { concat } from '../../src/base/bytes.ts'
import { decodeCapture, json } from '../../src/decode/decode.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { CAPTURES, readCapture } from '../support/captures.ts'
import { ethernet } from '../support/packets.ts'
import { rootPath } from '../support/root.ts'

const schema = JSON.parse(readFileSync(rootPath('docs/schema/decode.schema.json'), 'utf8'))
const valid = new Ajv().compile(schema)

const ours = concat(
  Pcap.sectionHeader({ fingerprint: '00ff', timeZero: Pcap.TIME_ZERO }),
  Pcap.interfaceBlock({ name: 'alice:eth0', description: '', linkType: Pcap.LINK_TYPE.ethernet }),
  Pcap.packetBlock({
    interface: 0,
    timeZero: Pcap.TIME_ZERO,
    t: 5,
    bytes: ethernet(0x0806, new Uint8Array(9)),
    comment: 'a',
  }),
)

describe('docs/schema/decode.schema.json', () => {
  for (const { name, counts } of CAPTURES) {
    test(`${name}: every line is what the schema says`, () => {
      const lines = json(decodeCapture(readCapture(name)))
      assert.equal(lines.length, counts.frames + 2)
      for (const line of lines) assert.ok(valid(JSON.parse(line)), JSON.stringify(valid.errors))
    })
  }

  test('with a password: what was decrypted, in the tree and in the result', () => {
    const lines = json(decodeCapture(readCapture('mschapv2-mppe40'), new Map([['alice', 'alice-secret']])))
    for (const line of lines) assert.ok(valid(JSON.parse(line)), JSON.stringify(valid.errors))
    const { ok, mppe } = JSON.parse(lines[lines.length - 1])
    const common = { interface: '', user: 'alice', cipher: 'mppe-40-stateless' }
    assert.equal(ok, true)
    assert.deepEqual(mppe, [
      { source: '10.99.1.2', destination: '10.99.2.2', ...common, packets: 244, decrypted: 244 },
      { source: '10.99.2.2', destination: '10.99.1.2', ...common, packets: 187, decrypted: 187 },
    ])
    const wrong = json(decodeCapture(readCapture('mschapv2-mppe40'), new Map([['alice', 'wrong']])))
    const last = JSON.parse(wrong[wrong.length - 1]) as { readonly ok: boolean }
    assert.ok(valid(last), JSON.stringify(valid.errors))
    assert.equal(last.ok, false)
  })

  test('a capture of ours, with mark, comment, the sending machine and trouble; and a file that is none', () => {
    const lines = json(decodeCapture(ours)).map(line => JSON.parse(line))
    for (const line of lines) assert.ok(valid(line), JSON.stringify(valid.errors))
    assert.deepEqual([lines[0].mark.fingerprint, lines[1].node, lines[1].comment], ['00ff', 'alice', 'a'])
    assert.deepEqual(lines[2].problems, [{ offset: lines[1].offset + 14, reason: 'arp: truncated', frame: 1 }])
    for (const line of json(decodeCapture(new Uint8Array(3)))) assert.ok(valid(JSON.parse(line)))
  })

  test('refuses a line with a field too many or too few', () => {
    const frame = JSON.parse(json(decodeCapture(ours))[1])
    assert.equal(valid(frame), true)
    assert.equal(valid({ ...frame, other: 1 }), false)
    assert.equal(valid({ ...frame, tree: undefined }), false)
    assert.equal(valid({ ...frame, tree: { ...frame.tree, text: 5 } }), false)
  })
})
