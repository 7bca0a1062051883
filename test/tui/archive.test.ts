/** The rows of packets that the recorder has forgotten: what they say, how they are found, and how they come back. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Recorder, Run, sceneOf } from '../../src/index.ts'
import { Archive, Words } from '../../tui/archive.ts'
import type { Model } from '../../tui/model.ts'
import { OldPackets } from '../../tui/older.ts'
import { FIRST_UI } from '../../tui/press.ts'
import { rowOf, shownOf } from '../../tui/shown.ts'
import type { Line } from '../../tui/text.ts'
import { PARTS } from '../../tui/views.ts'
import { fc } from '../support/fast-check.ts'
import { labNamed } from '../support/scene.ts'

const plainText = (lines: readonly Line[]): string[] => lines.map(line => line.map(({ text }) => text).join(''))
const SIZE = { columns: 118, rows: 36 }
const LABS = ['voluntary', 'nat-two-clients', 'mppe-stateful-loss', 'compulsory', 'line-noise'] as const
const makeOf = (name: string): (() => Run) => {
  const lab = labNamed(name)
  return () => new Run(lab)
}

const modelOf = (recorder: Recorder, archive?: OldPackets): Model => ({
  scene: sceneOf(recorder),
  recorder,
  ...(archive ? { archive } : {}),
  ui: { ...FIRST_UI, view: 'packets' },
  explain: '',
})
const withUi = (model: Model, ui: Partial<Model['ui']>): Model => ({ ...model, ui: { ...model.ui, ...ui } })

/** The same run twice: one recorder forgets nothing, the other all but the last 300 packets. */
function both(name: string, seconds: number): { readonly whole: Model; readonly small: Model } {
  const make = makeOf(name)
  const whole = new Recorder(make(), { events: 1e6, journeys: 1e6 })
  const recorder = new Recorder(make(), { events: 1000, journeys: 300 })
  const old = new OldPackets(make, sceneOf(recorder), recorder)
  for (const { run } of [whole, recorder]) run.advanceTo(seconds * 1e9)
  return { whole: modelOf(whole), small: modelOf(recorder, old) }
}

const numbers = (model: Model): number[] => {
  for (let shown = shownOf(model); ; shown = shownOf(model)) {
    if (shown.progress === 1) return Array.from({ length: shown.length }, (_, i) => shown.at(i))
  }
}

describe('an old row', () => {
  test('says what it would if the recorder had forgotten nothing', () => {
    for (const name of LABS) {
      const { whole, small } = both(name, 1000)
      const { archive, recorder } = small
      if (name === 'voluntary') assert.ok((archive?.rows.last ?? 0) > 300)
      assert.equal(recorder.journeyCount, whole.recorder.journeyCount)
      for (const labels of ['names', 'addresses'] as const) {
        for (let no = 1; no <= whole.recorder.journeyCount; no++) {
          const rows = [small, whole].map(model => rowOf(no, withUi(model, { labels })))
          assert.deepEqual(rows[0], rows[1], `${name}, packet ${no}`)
        }
      }
    }
  })

  test('is found by a filter as a new one is', () => {
    const pairs = new Map(LABS.map(name => [name, both(name, 1000)]))
    const word = fc.constantFrom(
      ...['udp', 'tcp', 'proto', 'from', 'icmp', 'gre', 'alice', 'office', 'drop', 'mppe', 'in', '5001', '12', 'ack'],
      ...['conf-req', 'no', '.5', '10.8', 'echo', 'lcp', ',', 'arp', 'hdlc', 'line-loss', 'x', 'reply 3'],
    )
    const words = fc.array(word, { minLength: 1, maxLength: 3 })
    const labels = fc.constantFrom('names', 'addresses')
    fc.assert(
      fc.property(fc.constantFrom(...LABS), words, labels, (name, words, labels) => {
        const pair = pairs.get(name)
        assert.ok(pair)
        const [small, whole] = [pair.small, pair.whole].map(model => withUi(model, { filter: words.join(' '), labels }))
        const found = numbers(small)
        assert.deepEqual(found, numbers(whole))
        const shown = shownOf(small)
        assert.deepEqual(
          found.map(no => shown.indexOf(no)),
          found.map((_, index) => index),
        )
        assert.equal(shown.hidden, small.recorder.journeyCount - found.length)
      }),
    )
  })

  test('is found in what is added while the filter stands', () => {
    const make = makeOf('voluntary')
    const recorder = new Recorder(make(), { events: 1000, journeys: 300 })
    const old = new OldPackets(make, sceneOf(recorder), recorder)
    for (const seconds of [11.2, 11.6, 12, 30]) {
      recorder.run.advanceTo(seconds * 1e9)
      const whole = new Recorder(make(), { events: 1e6, journeys: 1e6 })
      whole.run.advanceTo(seconds * 1e9)
      const [found, all] = [modelOf(recorder, old), modelOf(whole)].map(model =>
        numbers(withUi(model, { filter: 'to alice 5001' })),
      )
      assert.deepEqual(found, all)
    }
  })

  test('has its details made again, in slices, as they were', () => {
    const { whole, small } = both('voluntary', 1000)
    const { archive } = small
    assert.ok(archive instanceof OldPackets)
    for (const no of [200, 1, archive.rows.last]) {
      const ui = { selection: { ...FIRST_UI.selection, journey: no, form: -1 } }
      archive.want(no)
      const lines = (model: Model): string[] => plainText(PARTS.packets.render(withUi(model, ui), SIZE).lines)
      const isThere: boolean = typeof archive.again(no) === 'object'
      const before = lines(small)
      assert.equal(
        before.some(each => each.includes('They are made again')),
        !isThere,
      )
      while (!archive.advance());
      assert.deepEqual(lines(small), lines(whole))
    }
  })

  test('goes when the run goes back, and comes again when it goes on', () => {
    const make = makeOf('voluntary')
    const limits = { events: 1000, journeys: 300 }
    const recorder = new Recorder(make(), limits)
    const old = new OldPackets(make, sceneOf(recorder), recorder)
    recorder.run.advanceTo(30e9)
    const all = old.rows.last
    const rows = Array.from({ length: all }, (_, i) => old.rows.row(i + 1))
    const early = new Recorder(make(), limits)
    early.run.advanceTo(11.5e9)
    old.watch(early)
    assert.ok(early.forgotten > 0 && early.forgotten < all)
    assert.equal(old.rows.last, early.forgotten)
    early.run.advanceTo(30e9)
    assert.deepEqual(
      Array.from({ length: old.rows.last }, (_, i) => old.rows.row(i + 1)),
      rows,
    )
  })
})

describe('an archive', () => {
  test('of more than two million packets forgets the oldest rows, and is bounded', () => {
    const recorder = new Recorder(makeOf('voluntary')())
    recorder.run.advanceTo(3.2e9)
    const archive = new Archive(sceneOf(recorder), recorder)
    const some = recorder.journeys.slice(-40)
    const many = Array.from({ length: 40_000 }, (_, i) => some[i % some.length])
    for (let i = 0; i < 55; i++) archive.add(many, 4e9)
    assert.equal(archive.last, 2_200_000)
    assert.ok(archive.last - archive.first >= 2_000_000 && archive.last - archive.first < 2_100_000)
    assert.throws(() => archive.row(archive.first - 1), /not in the archive/)
    assert.equal(archive.row(archive.first).no, archive.first)
    archive.cut(5)
    assert.deepEqual([archive.first, archive.last], [6, 5])
    archive.add(some.slice(0, 2), 4e9)
    assert.deepEqual([archive.first, archive.last, archive.row(7).t], [6, 7, some[1].t])
  })

  test('has a first word for what is too much for it', () => {
    const words = new Words('other')
    for (let i = 1; i <= 0xffff; i++) assert.equal(words.number(`w${i}`), i)
    assert.equal(words.number('one more'), 0)
    assert.equal(words.number('w7'), 7)
    assert.equal(words.count, 0x1_0000)
  })
})
