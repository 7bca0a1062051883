/** One suite for all codecs of control messages and options: golden bytes, round trip, every prefix, any bytes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex, unhex } from '../../src/base/bytes.ts'
import type { Field } from '../../src/base/field.ts'
import type { Parsed } from '../../src/base/result.ts'
import { fc } from './fast-check.ts'

export interface Codec<T> {
  parse(bytes: Uint8Array): Parsed<T>
  write(value: T): Uint8Array
  describe(bytes: Uint8Array, offset: number): Field
}

export interface Golden<T> {
  readonly title: string
  readonly hex: string
  readonly value: T
}

export function codecContract<T>(
  name: string,
  codec: Codec<T>,
  any: fc.Arbitrary<T>,
  golden: readonly Golden<T>[],
  /** False for formats whose end is not told by a length of their own. */
  knowsItsEnd = true,
): void {
  describe(name, () => {
    for (const { title, hex: text, value } of golden) {
      test(`golden: ${title}`, () => {
        assert.deepEqual(codec.parse(unhex(text)), { ok: true, value })
        assert.equal(hex(codec.write(value)), hex(unhex(text)))
      })
    }
    test('reads back what it writes', () => {
      fc.assert(
        fc.property(any, value => {
          assert.deepEqual(codec.parse(codec.write(value)), { ok: true, value })
        }),
      )
    })
    if (knowsItsEnd) {
      test('refuses every cut-off packet', () => {
        fc.assert(
          fc.property(any, value => {
            const whole = codec.write(value)
            for (let n = 0; n < whole.length; n++)
              assert.equal(codec.parse(whole.subarray(0, n)).ok, false, `cut to ${n}`)
          }),
        )
      })
    }
    test('survives any bytes, and describes them with every field inside the frame', () => {
      const check = (bytes: Uint8Array): void => {
        codec.parse(bytes)
        within(codec.describe(bytes, 7), 7, 7 + bytes.length)
      }
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check))
      fc.assert(
        fc.property(any, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), (value, spoils) => {
          const bytes = Uint8Array.from(codec.write(value))
          for (const [at, byte] of spoils) if (at < bytes.length) bytes[at] = byte
          check(bytes)
        }),
      )
    })
  })
}

function within(field: Field, from: number, to: number): void {
  assert.ok(
    field.offset >= from && field.offset + field.length <= to,
    `${field.name} at ${field.offset}+${field.length} leaves ${from}…${to}`,
  )
  for (const child of field.children ?? []) within(child, from, to)
}
