import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import { Rc4 } from '../../src/crypto/rc4.ts'
import { fc } from '../support/fast-check.ts'
import { goldenLines } from '../support/golden.ts'

interface Vector {
  readonly key: string
  readonly stream: { readonly at: number; readonly octets: string }[]
}

function vectors(): Vector[] {
  const out: Vector[] = []
  for (const line of goldenLines('rc4-rfc6229.txt')) {
    const [first, octets] = line.split(' ')
    if (first === 'key') out.push({ key: octets, stream: [] })
    else out[out.length - 1].stream.push({ at: Number(first), octets })
  }
  return out
}

function keyStream(key: Uint8Array, length: number): Uint8Array {
  const cipher = new Rc4()
  const out = new Uint8Array(length)
  cipher.setKey(key)
  cipher.apply(out)
  return out
}

describe('RC4', () => {
  const all = vectors()

  test('the RFC has 14 keys of 40 to 256 bits, with nine pairs of lines each', () => {
    assert.deepEqual(
      all.map(v => 4 * v.key.length),
      [40, 56, 64, 80, 128, 192, 256, 40, 56, 64, 80, 128, 192, 256],
    )
    for (const { stream } of all) {
      assert.deepEqual(
        stream.map(s => s.at),
        [0, 240, 496, 752, 1008, 1520, 2032, 3056, 4080],
      )
    }
  })

  for (const { key, stream } of all) {
    test(`key stream of ${key} (RFC 6229 §2)`, () => {
      const ours = keyStream(unhex(key), 4112)
      for (const { at, octets } of stream) assert.equal(hex(ours.subarray(at, at + 32)), octets, `offset ${at}`)
    })
  }

  test('goes on in the key stream from call to call, and touches only what it is told to', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 32 }),
        fc.array(fc.nat(50), { maxLength: 8 }),
        fc.nat(5),
        (key, lengths, margin) => {
          const cipher = new Rc4()
          cipher.setKey(key)
          let stream = ''
          for (const length of lengths) {
            const bytes = new Uint8Array(length + 2 * margin)
            cipher.apply(bytes, margin, margin + length)
            stream += hex(bytes.subarray(margin, margin + length))
            assert.ok(bytes.subarray(0, margin).every(b => b === 0))
            assert.ok(bytes.subarray(margin + length).every(b => b === 0))
          }
          assert.equal(stream, hex(keyStream(key, stream.length / 2)))
        },
      ),
    )
  })

  test('a second setKey leaves nothing of the first', () => {
    const cipher = new Rc4()
    cipher.setKey(unhex('0102030405'))
    cipher.apply(new Uint8Array(100))
    cipher.setKey(unhex('833222772a'))
    const bytes = new Uint8Array(16)
    cipher.apply(bytes)
    assert.equal(hex(bytes), '80ad97bdc973df8a2e879e92a497efda')
  })
})
