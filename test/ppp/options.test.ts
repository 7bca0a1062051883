/** The negotiator alone: RFC 1661 §5.1 to §5.4, §4.6. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { get16, hex, unhex } from '../../src/base/bytes.ts'
import { type Answer, Negotiator, type OptionRule } from '../../src/ppp/options.ts'
import type { RawOption } from '../../src/wire/ppp-options.ts'
import { fc } from '../support/fast-check.ts'

/** A number that the peer may have up to `limit`; we want ours and take any smaller one. */
const numberRule = (
  type: number,
  want: number | undefined,
  limit: number,
  more: Partial<OptionRule<number>> = {},
): OptionRule<number> => ({
  type,
  ours: undefined,
  theirs: undefined,
  want: () => want,
  parse: body => (body.length === 2 ? get16(body, 0) : undefined),
  write: value => Uint8Array.of(value >>> 8, value),
  judge: asked => (asked !== undefined && asked <= limit ? 'ack' : { nak: limit }),
  concede: suggested => (suggested < (want ?? 0) ? suggested : want),
  ...more,
})

const option = (type: number, body: string): RawOption => ({ type, body: unhex(body) })
const show = (options: readonly RawOption[]): string => options.map(o => `${o.type}:${hex(o.body)}`).join(' ')
const answer = (a: Answer): string => `${a.type.slice(10)} ${show(a.options)}`

function negotiator(...rules: OptionRule<number>[]): Negotiator {
  const n = new Negotiator(rules, 5)
  n.reset()
  return n
}

describe('judging a Configure-Request', () => {
  test('all good: an Ack with the same options in the same order (RFC 1661 §5.2)', () => {
    const n = negotiator(numberRule(1, undefined, 100), numberRule(2, undefined, 100))
    assert.equal(answer(n.judge([option(2, '0005'), option(1, '0007')])), 'ack 2:0005 1:0007')
  })
  test('some not acceptable: a Nak with those only, in their order, with our values (RFC 1661 §5.3)', () => {
    const n = negotiator(numberRule(1, undefined, 100), numberRule(2, undefined, 9), numberRule(3, undefined, 8))
    assert.equal(answer(n.judge([option(3, '0fff'), option(1, '0001'), option(2, '0fff')])), 'nak 3:0008 2:0009')
  })
  test('some unknown: a Reject with those only, unchanged, before anything is Nak-ed (RFC 1661 §5.4)', () => {
    const n = negotiator(numberRule(1, undefined, 100))
    assert.equal(answer(n.judge([option(9, 'aabb'), option(1, 'ffff'), option(8, '')])), 'reject 9:aabb 8:')
  })
  test('an option of a wrong length is Nak-ed with a good one (RFC 1661 §6)', () => {
    const n = negotiator(numberRule(1, undefined, 100))
    assert.equal(answer(n.judge([option(1, '01')])), 'nak 1:0064')
  })
  test('an option that stands twice is rejected the second time (RFC 1661 §6)', () => {
    const n = negotiator(numberRule(1, undefined, 100))
    assert.equal(answer(n.judge([option(1, '0001'), option(1, '0002')])), 'reject 1:0002')
  })
  test('what the peer must send is appended to a Nak (RFC 1661 §5.3)', () => {
    const n = negotiator(numberRule(1, undefined, 9), numberRule(2, undefined, 9, { demand: () => 7 }))
    assert.equal(answer(n.judge([option(1, '00ff')])), 'nak 1:0009 2:0007')
    assert.equal(answer(n.judge([])), 'nak 2:0007')
    assert.equal(answer(n.judge([option(2, '0003')])), 'ack 2:0003')
  })
  test('after Max-Failure Naks a Reject instead, and nothing more is appended (RFC 1661 §4.6)', () => {
    const n = negotiator(numberRule(1, undefined, 9), numberRule(2, undefined, 9, { demand: () => 7 }))
    for (let i = 0; i < 5; i++) assert.equal(answer(n.judge([option(1, '00ff')])), 'nak 1:0009 2:0007')
    assert.equal(answer(n.judge([option(1, '00ff')])), 'reject 1:00ff')
    assert.equal(answer(n.judge([])), 'ack ')
    assert.equal(answer(n.judge([])), 'nak 2:0007', 'an Ack starts the count anew')
  })
})

describe('answers to our Configure-Request', () => {
  const n = () => {
    const made = negotiator(numberRule(1, 100, 0), numberRule(2, 50, 0), numberRule(3, undefined, 0))
    assert.equal(show(made.request()), '1:0064 2:0032')
    return made
  }
  test('an Ack must have all options, unchanged, in order (RFC 1661 §5.2)', () => {
    assert.equal(n().acked([option(1, '0064'), option(2, '0032')]), true)
    for (const wrong of [
      [option(1, '0064')],
      [option(2, '0032'), option(1, '0064')],
      [option(1, '0064'), option(2, '0033')],
      [option(1, '0064'), option(2, '0032'), option(3, '0001')],
    ])
      assert.equal(n().acked(wrong), false)
  })
  test("a Nak changes our wishes as the rules concede; unknown and unreadable options don't matter (RFC 1661 §5.3)", () => {
    const made = n()
    made.naked([option(2, '0010'), option(77, ''), option(1, '01')])
    assert.equal(show(made.request()), '1:0064 2:0010')
    made.naked([option(1, '0200')])
    assert.equal(show(made.request()), '1:0064 2:0010', 'a wish that we do not give up stays')
  })
  test('a Reject removes what it lists; one that lists anything else is discarded (RFC 1661 §5.4)', () => {
    const made = n()
    for (const wrong of [[option(3, '0001')], [option(1, '0065')], [option(2, '0032'), option(1, '0064')], []])
      assert.equal(made.rejected(wrong), false)
    assert.equal(made.rejected([option(1, '0064')]), true)
    assert.equal(show(made.request()), '2:0032')
  })
  test('what is lost is told once', () => {
    let lost = 0
    const made = negotiator(numberRule(1, 100, 0, { lost: () => lost++ }))
    made.request()
    made.rejected([option(1, '0064')])
    made.rejected([option(1, '0064')])
    assert.equal(lost, 1)
  })
  test('a peer that Naks for ever is not asked for ever', () => {
    let lost = 0
    const made = negotiator(numberRule(1, 100, 0, { concede: () => 100, lost: () => lost++ }))
    for (let i = 0; i < 5; i++) made.naked([option(1, '0001')])
    assert.equal(lost, 0)
    made.naked([option(1, '0001')])
    assert.equal(lost, 1)
    assert.equal(show(made.request()), '')
  })
  test('an Ack makes us patient again', () => {
    let lost = 0
    const made = negotiator(numberRule(1, 100, 0, { concede: () => 100, lost: () => lost++ }))
    for (let i = 0; i < 5; i++) made.naked([option(1, '0001')])
    assert.ok(made.acked(made.request()))
    made.naked([option(1, '0001')])
    assert.equal(lost, 0)
  })
})

test('two negotiators agree within a few rounds, whatever each wants and grants', () => {
  const side = fc.array(fc.record({ want: fc.option(fc.nat(300), { nil: undefined }), limit: fc.nat(300) }), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(side, side, (a, b) => {
      const asker = negotiator(...a.map((r, i) => numberRule(i + 1, r.want, 0)))
      const judge = negotiator(...b.map((r, i) => numberRule(i + 1, undefined, r.limit)))
      for (let round = 0; round < 15; round++) {
        const request = asker.request()
        const { type, options } = judge.judge(request)
        assert.ok(options.every(o => request.some(r => r.type === o.type)))
        if (type === 'configure-ack') {
          assert.ok(asker.acked(options))
          return
        }
        if (type === 'configure-nak') asker.naked(options)
        else assert.ok(asker.rejected(options))
      }
      assert.fail('no agreement')
    }),
  )
})
