/** Frames of telephone lines in the view of packets: what is escaped stands where it is on the line (RFC 1662 §4.2). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Field, PacketRecord, Recorder } from '../../src/index.ts'
import { type Dissection, dissectionOf } from '../../tui/dissection.ts'
import type { Model } from '../../tui/model.ts'
import { tunnelOf } from '../../tui/selection.ts'
import { shownOf } from '../../tui/shown.ts'
import { whatIs } from '../../tui/what.ts'
import { recorded } from '../support/scene.ts'
import { modelOf } from '../support/ui.ts'

const framesOf = (recorder: Recorder, model: Model): [PacketRecord, Dissection][] =>
  recorder.journeys.flatMap(({ packets }) =>
    packets
      .filter(({ hops }) => hops.some(({ link }) => model.scene.links[link].type === 'serial'))
      .map((packet): [PacketRecord, Dissection] => [packet, dissectionOf(packet, model)]),
  )

/** Without escapes. */
function unescaped(octets: Uint8Array): number[] {
  const out: number[] = []
  for (let i = 0; i < octets.length; i++) out.push(octets[i] === 0x7d ? octets[++i] ^ 0x20 : octets[i])
  return out
}
const slice = (wire: Uint8Array, { offset, length }: Field): number[] =>
  unescaped(wire.subarray(offset, offset + length))

describe('frames of a telephone line', () => {
  const recorder = recorded('compulsory', 13)
  const model = modelOf(recorder)
  const frames = framesOf(recorder, model)

  test('have their layers where they stand on the line, escapes counted', () => {
    let escaped = 0
    for (const [, { wire, layers }] of frames) {
      assert.equal(layers[0].field.name, 'hdlc')
      const lcp = layers.find(({ field }) => field.name === 'lcp')?.field
      if (!lcp) continue
      const [code, identifier, length] = slice(wire, lcp).filter((_, i) => i !== 2)
      const numberOf = (name: string): unknown => lcp.children?.find(child => child.name === name)?.value
      assert.deepEqual([numberOf('code'), numberOf('identifier'), numberOf('length')], [code, identifier, length])
      if (lcp.length > length) escaped++
    }
    assert.ok(escaped > 0, 'no frame with escapes')
  })

  test('show beside what is sealed the same octets in clear, and the escapes as they are', () => {
    const all = frames.flatMap(([{ parent, journey, id }, { wire, sealed }]) => {
      const clear = parent?.inside ?? journey.packets.find(each => each.parent?.id === id)?.inside
      return sealed && clear ? [{ wire, sealed, clear }] : []
    })
    assert.ok(all.length >= 6)
    for (const { wire, sealed, clear } of all) {
      const escapes = wire.subarray(sealed.at, sealed.at + sealed.length).filter(octet => octet === 0x7d).length
      assert.equal(sealed.clear?.length, sealed.length)
      const octets: number[] = []
      for (let i = 0; i < sealed.length; i++) {
        if (wire[sealed.at + i] === 0x7d) assert.equal(sealed.clear?.[i], 0x7d)
        else octets.push(sealed.clear?.[i] ?? -1)
      }
      assert.equal(octets.length, sealed.length - escapes)
      assert.deepEqual(octets.slice(-clear.length), [...clear])
    }
    assert.ok(all.some(({ wire, sealed }) => wire.subarray(sealed.at, sealed.at + sealed.length).includes(0x7d)))
  })

  test('are called by what they carry, found by the filter hdlc, and belong to the tunnel of their line', () => {
    const words = new Set(frames.map(([packet]) => whatIs(packet, model).text))
    for (const word of ['LCP Conf-Req 1', 'CHAP Response 102', 'echo request 1']) assert.ok(words.has(word), word)
    assert.ok(shownOf({ ...model, ui: { ...model.ui, filter: 'hdlc' } }).length >= 10)
    for (const [{ journey }] of frames) assert.equal(tunnelOf(journey, model), 1)
  })
})
