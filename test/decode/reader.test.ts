/** A capture read once: each frame looked at again is the same as when it was read, whatever comes between. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decodeCapture } from '../../src/decode/decode.ts'
import { CaptureReader } from '../../src/decode/reader.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { rootPath } from '../support/root.ts'

const PASSWORDS = new Map([
  ['alice', 'alice-secret'],
  ['bob', 'Passw0rd!'],
])
const FILES = readdirSync(rootPath('test/captures')).filter(name => name.endsWith('.pcap'))
const silent = { frame: () => {}, progress: () => {} }

describe('a reader of captures', () => {
  for (const name of FILES) {
    for (const passwords of [undefined, PASSWORDS]) {
      test(`${name}${passwords ? ', with passwords' : ''}: every frame again, backwards, as decode has it`, () => {
        const bytes = readFileSync(rootPath(`test/captures/${name}`))
        const decoded = decodeCapture(bytes, passwords)
        const calls: (number | undefined)[] = []
        const reader = new CaptureReader(Pcap.read(bytes), passwords, {
          ...silent,
          frame: (_, __, call) => calls.push(call),
        })
        for (let index = decoded.frames.length - 1; index >= 0; index--) {
          const { tree, originalLength } = decoded.frames[index]
          if (tree.length < originalLength) continue
          assert.deepEqual(reader.tree(index), tree, `frame ${index + 1}`)
        }
        assert.deepEqual(
          calls,
          decoded.frames.map(({ call }) => call),
        )
        assert.deepEqual(reader.calls, decoded.calls)
        assert.deepEqual(reader.mppe, decoded.mppe)
      })
    }
  }

  test('it is the captures that have what a frame alone does not tell', () => {
    const bytes = readFileSync(rootPath('test/captures/mppe128-stateful-loss.pcap'))
    const reader = new CaptureReader(Pcap.read(bytes), PASSWORDS, silent)
    const texts = reader.capture.frames.map((_, index) => JSON.stringify(reader.tree(index)))
    for (const word of ['"reassembled"', '"decrypted"', '"relativeSequence"', 'missing before it', 'MS-CHAPv2']) {
      assert.ok(
        texts.some(text => text.includes(word)),
        word,
      )
    }
  })

  test('it says how far it is', () => {
    const shares: number[] = []
    const bytes = readFileSync(rootPath('test/captures/idle-echo.pcap'))
    new CaptureReader(Pcap.read(bytes), undefined, { ...silent, progress: share => shares.push(share) })
    assert.deepEqual(shares, [0])
  })
})
