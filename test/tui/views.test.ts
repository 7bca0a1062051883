/** The views as text, and what must hold for each of them at any moment, selection and size. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { follow, lifeLines, survey } from '../../src/diagnose/explain/explain.ts'
import { type Recorder, sceneOf } from '../../src/index.ts'
import { offersOf } from '../../tui/export.ts'
import type { Model, Selection, Ui, View } from '../../tui/model.ts'
import type { Own } from '../../tui/parts.ts'
import type { Move } from '../../tui/selection.ts'
import { plainText, widthOf } from '../../tui/text.ts'
import * as Events from '../../tui/views/events.ts'
import * as Ladder from '../../tui/views/ladder.ts'
import * as Nat from '../../tui/views/nat.ts'
import * as Packets from '../../tui/views/packets.ts'
import * as Tunnels from '../../tui/views/tunnels.ts'
import { why } from '../../tui/views/why.ts'
import { fc } from '../support/fast-check.ts'
import { golden } from '../support/golden.ts'
import { recorded } from '../support/scene.ts'
import { BOXES, goldenFiles, LABS, type Name, VIEWS_AND_WHY as VIEWS } from '../support/tui-views.ts'
import { modelOf, SELECTION, UI } from '../support/ui.ts'

describe('the views of a lab are as they were looked at', () => {
  for (const [name, text] of goldenFiles()) test(name, () => assert.equal(text(), golden(name)))
})

const MOVES: readonly Move[] = ['up', 'down', 'left', 'right', 'first', 'last', 'pageUp', 'pageDown']
const MODELS: readonly (readonly [Recorder, ReturnType<typeof sceneOf>])[] = Object.entries({
  ...LABS,
  ...BOXES,
}).flatMap(([lab, times]) =>
  [...times, 0.3].map(t => {
    const recorder = recorded(lab, t)
    return [recorder, sceneOf(recorder)] as const
  }),
)

const anySelection: fc.Arbitrary<Selection> = fc.record({
  node: fc.constantFrom(undefined, 'alice', 'office', 'nobody'),
  link: fc.constantFrom(undefined, 0, 2, 99),
  tunnel: fc.constantFrom(undefined, 1, 2, 9),
  layer: fc.integer({ min: -1, max: 9 }),
  transition: fc.integer({ min: -1, max: 20 }),
  journey: fc.option(fc.integer({ min: 0, max: 1200 }), { nil: undefined }),
  form: fc.integer({ min: 0, max: 5 }),
  field: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
  event: fc.integer({ min: 0, max: 200 }),
  check: fc.integer({ min: 0, max: 9 }),
  logLine: fc.integer({ min: 0, max: 200 }),
  connection: fc.integer({ min: 0, max: 9 }),
  rule: fc.integer({ min: 0, max: 9 }),
  loss: fc.integer({ min: 0, max: 9 }),
  ipRow: fc.integer({ min: 0, max: 9 }),
  future: fc.constantFrom('A', 'B', 'D'),
  difference: fc.integer({ min: 0, max: 9 }),
  stop: fc.integer({ min: 0, max: 9 }),
})
const KEYS = ['gre', 'ppp', 'lcp', 'mppe', 'tcp', 'ipv4', 'inner ipv4', 'inner icmp', 'pptp', 'pptp/pptp', 'ethernet']
const anyUi: fc.Arbitrary<Partial<Ui>> = fc.record({
  pane: fc.integer({ min: 0, max: 7 }),
  lens: fc.constantFrom('outside', 'inside', 'both'),
  labels: fc.constantFrom('names', 'addresses'),
  follow: fc.boolean(),
  filter: fc.constantFrom('', 'icmp', 'proto gre', 'drop', 'state alice', 'lcp', 'nothing like it', '  '),
  typing: fc.boolean(),
  unfolded: fc.subarray(KEYS).map(keys => new Set(keys)),
})
/** Not the model itself, or a counterexample would print the whole run. */
const anyMoment = fc.record({ at: fc.nat(MODELS.length - 1), ui: anyUi, selection: anySelection })
type Moment = typeof anyMoment extends fc.Arbitrary<infer T> ? T : never
const modelAt = ({ at, ui, selection }: Moment): Model => ({
  recorder: MODELS[at][0],
  scene: MODELS[at][1],
  ui: { ...UI, ...ui, selection },
  explain: 'pptp-lab explain voluntary',
})
const anySize = fc.record({ columns: fc.integer({ min: 10, max: 160 }), rows: fc.integer({ min: 3, max: 60 }) })
const anyName = fc.constantFrom<Name>('tunnels', 'packets', 'ladder', 'nat', 'events', 'checks', 'log', 'why')

describe('any view', () => {
  test('is exactly as many lines of exactly as many cells as it is given', () => {
    fc.assert(
      fc.property(anyMoment, anySize, anyName, (moment, size, name) => {
        const model = modelAt(moment)
        const render: View = VIEWS[name].view
        const { lines, sentence, keys } = render(model, size)
        assert.equal(lines.length, size.rows)
        for (const line of lines) assert.equal(widthOf(line), size.columns, plainText(line))
        assert.ok(sentence.length > 0 && keys.length > 0)
      }),
      { numRuns: 600 },
    )
  })

  test('draws with characters of the WGL4 set and those of the sparkline', () => {
    const WGL4 = /^[\x20-\x7e×→←↑↓·•√●○►◄▲▼■□▒…≠▁▂▃▄▅▆▇║═╪╫─│┌┐└┘├┤┬┴┼]*$/
    fc.assert(
      fc.property(anyMoment, anySize, anyName, (moment, size, name) => {
        const model = modelAt(moment)
        for (const line of VIEWS[name].view(model, size).lines) assert.match(plainText(line), WGL4)
      }),
      { numRuns: 200 },
    )
  })

  test('takes every move and Enter, and what comes out of them is a selection again', () => {
    fc.assert(
      fc.property(
        anyMoment,
        anyName,
        fc.array(fc.constantFrom<Move | 'enter'>(...MOVES, 'enter'), { minLength: 1, maxLength: 12 }),
        (moment, name, moves) => {
          let view = name
          let current = modelAt(moment)
          for (const move of moves) {
            const part = VIEWS[view]
            const ui = move === 'enter' ? part.enter(current) : { selection: part.moveSelection(current, move) }
            current = { ...current, ui: { ...current.ui, ...ui } }
            const next = current.ui.view
            const other = next === 'net' || next === 'time' || next === 'dash'
            if (move === 'enter' && !other && ui.view !== undefined) view = next
            assert.ok(current.ui.pane <= 7 && current.ui.selection.event >= 0 && current.ui.selection.check >= 0)
            const { lines } = VIEWS[view].view(current, { columns: 78, rows: 20 })
            assert.equal(lines.length, 20)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

const rows = (model: Model, view: View): string[] => view(model, { columns: 78, rows: 20 }).lines.map(plainText)
const moved = (model: Model, selection: Selection, ui: Partial<Ui> = {}): Model => ({
  ...model,
  ui: { ...model.ui, ...ui, selection },
})

describe('packets', () => {
  const model = modelOf(recorded('voluntary', 5.012), { view: 'packets' })

  test('a sealed ping shows what it is, the seal, its size on the wire and how far it is', () => {
    const row = rows(model, Packets.view).find(text => text.startsWith('►'))
    assert.match(row ?? '', /echo request 3 {5}in MPPE 2 +135 +●►○○ $/)
  })

  test('the clear octets stand beside the cipher text that they were made into', () => {
    const text = rows(model, Packets.view)
    // The PPP protocol 0021 and the IP header behind it, from octet 031 on.
    assert.match(text.find(line => line.includes('│030 ')) ?? '', /│ {2}002145 0000/)
  })

  test('the selected field is in reverse in both columns', () => {
    const { lines } = Packets.view(moved(model, { ...SELECTION, field: [6, 11] }, { pane: 1 }), {
      columns: 78,
      rows: 20,
    })
    // 10.20.0.5, the destination of the inner IP packet, and the four octets of cipher text in its place.
    const reversed = lines.flatMap(line => line.filter(part => part.reverse && /^[0-9a-f]{2}$/.test(part.text)))
    const clear = reversed.filter(({ role }) => role === 'plain').map(({ text }) => text)
    assert.deepEqual(clear, ['0a', '14', '00', '05'])
    assert.equal(reversed.filter(({ role }) => role === 'sealed').length, 4)
  })

  test('moving in the tree moves in the octets and back', () => {
    const tree = Packets.moveSelection(moved(model, { ...SELECTION, field: [2] }, { pane: 1 }), 'right')
    assert.deepEqual(tree.field, [2, 0])
    const octets = Packets.moveSelection(moved(model, tree, { pane: 2 }), 'right')
    assert.deepEqual(octets.field, [2, 1])
    const back = Packets.moveSelection(moved(model, octets, { pane: 1 }), 'up')
    assert.deepEqual(back.field, [2, 0])
  })

  test('Enter unfolds a layer and folds it again', () => {
    const closed = moved(model, { ...SELECTION, field: [1] }, { pane: 1, unfolded: new Set() })
    const open = Packets.enter(closed).unfolded
    assert.deepEqual([...(open ?? [])], ['ipv4'])
    const again = Packets.enter(moved(model, closed.ui.selection, { pane: 1, unfolded: open ?? new Set() }))
    assert.deepEqual([...(again.unfolded ?? ['none'])], [])
  })

  test('choosing one chooses its tunnel and the node where it is', () => {
    const chosen = Packets.moveSelection(model, 'up')
    assert.equal(chosen.journey, 45)
    assert.equal(chosen.tunnel, 1)
    assert.equal(chosen.node, 'isp')
  })

  test('the packet before of the same flow is the last ping the same two exchanged', () => {
    const before = Packets.sameFlow(model, 'previous')
    assert.equal(before.journey, 44)
    assert.equal(Packets.sameFlow(moved(model, before), 'next').journey, 46)
  })

  test('all layers unfold and fold at once', () => {
    const { unfolded } = Packets.fold({ ...model, ui: { ...model.ui, unfolded: new Set() } })
    assert.ok(unfolded?.has('inner icmp') && unfolded.has('ethernet'))
    assert.equal(Packets.fold(model).unfolded?.size, 0)
  })

  test('a filter hides the rest and says so', () => {
    const filtered = { ...model, ui: { ...model.ui, filter: 'icmp at isp' } }
    assert.ok(rows(filtered, Packets.view)[1].includes('No packet matches icmp at isp; 46 are hidden. Esc clears'))
    const pings = rows({ ...model, ui: { ...model.ui, filter: 'echo' } }, Packets.view)
    assert.ok(pings.some(text => text.includes('of 5 shown, 41 hidden')))
  })
})

describe('tunnels', () => {
  test('tries are counted while nobody answers', () => {
    const recorder = recorded('voluntary', 0.15)
    recorder.run.simulation.links[0].setUp(false)
    recorder.run.advanceTo(13e9)
    const text = rows(modelOf(recorder, {}, { layer: 3 }), Tunnels.view)
    assert.match(text[1], /√ +√ +√ +5\/10 +· +· +·/)
    assert.ok(text.some(line => /\[Ack-Sent\] since 0\.145 s +restart timer 2\.145 s [■□]{12} +try 5 of 10/.test(line)))
    assert.match(Tunnels.view(modelOf(recorder), { columns: 78, rows: 20 }).sentence, /Nobody answers alice's LCP/)
  })

  test('why it ended is said', () => {
    const text = rows(modelOf(recorded('wrong-password', 5), {}, { layer: 4 }), Tunnels.view)
    assert.ok(text.some(line => line.includes('over, ended by auth: The peer does not accept user')))
    assert.ok(text.some(line => line.includes('[Failed]')))
  })

  test('what its user would see with Windows and with Linux stands there when it failed, and only then', () => {
    const text = (lab: string, t: number): string =>
      rows(modelOf(recorded(lab, t), {}, { layer: 4 }), Tunnels.view).join('\n')
    const failed = text('wrong-password', 5)
    assert.match(failed, /Windows error 691: Access was denied/)
    assert.match(failed, /Linux {3}MS-CHAP authentication failed: Access denied/)
    assert.doesNotMatch(text('wrong-password', 0.2), /Windows/)
    assert.doesNotMatch(text('voluntary', 30), /Windows/, 'ended as wanted')
  })
})

describe('the machine that is drawn', () => {
  const drawn = (model: Model): string | undefined =>
    rows(model, Tunnels.view)
      .map(line => /^─ (\w+) of alice/.exec(line)?.[1])
      .find(name => name !== undefined)

  test('is the one that the tunnel waits for, until another is chosen', () => {
    assert.equal(drawn(modelOf(recorded('voluntary', 0.03), {}, { layer: -1 })), 'TCP')
    assert.equal(drawn(modelOf(recorded('voluntary', 0.15), {}, { layer: -1 })), 'LCP')
    assert.equal(drawn(modelOf(recorded('wrong-password', 1), {}, { layer: -1 })), 'auth')
    assert.equal(drawn(modelOf(recorded('voluntary', 5), {}, { layer: -1 })), 'LCP')
    const model = modelOf(recorded('voluntary', 0.15), {}, { layer: -1 })
    const selection = Tunnels.moveSelection(model, 'right')
    assert.equal(drawn({ ...model, ui: { ...model.ui, selection } }), 'auth')
  })
})

describe('firewalls and NAT boxes', () => {
  const at = (pane: number, selection: Partial<Selection> = {}, labels: Partial<Ui> = {}): Model =>
    modelOf(recorded('nat-single-passthrough', 22.3), { view: 'nat', pane, ...labels }, selection)
  const textOf = (model: Model): string => Nat.view(model, { columns: 78, rows: 20 }).lines.map(plainText).join('\n')

  test('what is refused stands behind the entries, with the entry that has its place', () => {
    assert.match(textOf(at(0)), /2 gre {3}192\.168\.1\.10 +203\.0\.113\.5 +answered +179 s/)
    assert.match(textOf(at(0)), /× gre {3}192\.168\.1\.11 +203\.0\.113\.5 +taken by #2, refused 5/)
  })
  test('rules have their counters, drops their machine and reason', () => {
    assert.match(textOf(at(1)), /input drop in wan0 state new +1 +61/)
    assert.match(textOf(at(2)), /5 × carol +gre +gre-unknown-call/)
    assert.match(textOf(at(2)), /5 × nat1 +gre +nat-insert-failed +masquerade lan0 to wan0/)
  })
  test('a drop is asked for by its row, by what is refused, and by the rule that it met', () => {
    assert.equal(Nat.dropOf(at(2, { loss: 2 }))?.reason, 'nat-insert-failed')
    assert.equal(Nat.dropOf(at(0, { connection: 3 }))?.reason, 'nat-insert-failed')
    assert.equal(Nat.dropOf(at(0, { connection: 0 })), undefined)
    assert.equal(Nat.dropOf(at(1, { rule: 0 }))?.reason, 'filter-drop')
  })
  test('the answer to why has the words of explain', () => {
    const model = at(2, { loss: 2 })
    const text = why(model, { columns: 78, rows: 20 }).lines.map(plainText).join('\n')
    const { packet = '' } = Nat.dropOf(model) ?? {}
    const { lab } = model.recorder.run.simulation
    const life = follow(survey({ lab, options: {} }), packet)
    assert.ok(life)
    const said = [...lifeLines(life)].join(' ').replace(/\s+/g, ' ')
    for (const words of [
      'nat-insert-failed, layer filter',
      'rule: masquerade lan0 to wan0',
      ': 192.168.1.10 call 0 >',
    ]) {
      assert.ok(text.includes(words), words)
      assert.ok(said.includes(words), words)
    }
    assert.match(text, new RegExp(`pptp-lab explain nat-single-passthrough --packet ${packet}`))
  })
  test('a sentence without room in the border is whole all the same', () => {
    const { lines, sentence } = Nat.view(at(2, { loss: 2 }), { columns: 78, rows: 20 })
    assert.match(plainText(lines.at(-1) ?? []), /^ {2}Translated, it would look .* answers +$/)
    assert.equal(sentence, 'could not be told apart.')
    assert.match(textOf(at(2, { loss: 2 })), /nat masquerade lan0 to wan0/)
  })
  test('w and Enter are offered where a drop is chosen; elsewhere w says what to choose', () => {
    const keysOf = (model: Model): readonly string[] => Nat.view(model, { columns: 78, rows: 20 }).keys
    assert.ok(keysOf(at(0, { connection: 3 })).includes('w why'))
    const model = at(0, { connection: 0 })
    assert.ok(!keysOf(model).includes('w why'))
    const text = why(model, { columns: 78, rows: 20 }).lines.map(plainText).join('\n')
    assert.match(text, /Choose a row with ×, or Tab to the drops/)
  })
  test('what it proposes is of the lab as the user has named and changed it', () => {
    const model = { ...at(2, { loss: 2 }), explain: "pptp-lab explain my-home.yaml --set 'stop=9 s' --seed 7" }
    const { packet } = Nat.dropOf(model) ?? {}
    for (const size of [
      { columns: 78, rows: 20 },
      { columns: 40, rows: 40 },
    ]) {
      const text = why(model, size).lines.map(plainText).join('\n')
      const typed = text.replace(/ \\ *\n */g, ' ')
      assert.ok(typed.includes(`pptp-lab explain my-home.yaml --set 'stop=9 s' --seed 7 --packet ${packet} `), text)
    }
  })
  test('the way of a packet tells what a NAT box has rewritten of it, as explain does', () => {
    const keyless = [{ path: 'topology.nodes.home.nat.like', value: 'keyless' }]
    const model = modelOf(recorded('nat-two-clients', 6, keyless), { view: 'nat', pane: 2 }, { loss: 1 })
    const text = why(model, { columns: 78, rows: 20 }).lines.map(plainText).join('\n')
    const { packet = '' } = Nat.dropOf(model) ?? {}
    const { lab } = model.recorder.run.simulation
    const life = follow(survey({ lab, options: {} }), packet)
    const rewritten = life?.steps.find(step => step.step === 'rewritten')
    assert.deepEqual([rewritten?.before, rewritten?.after], ['198.51.100.20', '192.168.1.10'])
    assert.match(text, /home +rewrites destination 198\.51\.100\.20 -> 192\.168\.1\.10 *\n.*home +forwards/)
  })
  test('a lab without boxes says so, and shows the drops of its machines', () => {
    const model = modelOf(recorded('wrong-password', 30), { view: 'nat', pane: 2 })
    assert.match(textOf(model), /No machine of this lab filters or translates\./)
    assert.match(textOf(model), /× alice +icmp +no-route|× \w+ +\w+ +no-route/)
  })
})

describe('events', () => {
  test('Enter on a drop goes to the packet that was dropped', () => {
    const model = modelOf(recorded('wrong-password', 30), { view: 'events', filter: 'no-route' })
    const ui = Events.enter(model)
    assert.equal(ui.view, 'packets')
    const journey = model.recorder.journeys.find(({ no }) => no === ui.selection?.journey)
    assert.equal(journey?.packets.at(-1)?.drop?.reason, 'no-route')
    assert.equal(ui.selection?.node, 'isp')
  })

  test('a drop is explained', () => {
    const model = modelOf(recorded('wrong-password', 30), { filter: 'no-route' })
    assert.equal(Events.view(model, { columns: 78, rows: 20 }).sentence, 'No route leads to its destination.')
  })

  test('Enter on a state goes to its machine', () => {
    const ui = Events.enter(modelOf(recorded('voluntary', 1), { filter: 'alice LCP Ack-Sent → Opened' }))
    assert.deepEqual([ui.view, ui.selection?.layer, ui.selection?.node], ['tunnels', 3, 'alice'])
  })
})

describe('ladder', () => {
  const model = modelOf(recorded('compulsory', 0.34), { view: 'ladder' })
  const after = (start: Model, ...owns: Own[]): Model =>
    owns.reduce((now, own): Model => {
      const ui = Ladder.press(now, own)
      return { ...model, recorder: now.recorder, scene: now.scene, ui }
    }, start)
  const lines = (now: Model): string[] => rows(now, Ladder.view)
  const chosen = (now: Model): string => lines(now).find(text => text.startsWith('►')) ?? ''
  const facts = (now: Model): string => lines(now).slice(-5).join('\n')

  test('the newest row is chosen, with why it was sent; below it stands the clock', () => {
    assert.match(chosen(model), /^► +0\.303 +│ +◄═+╪═+ CHAP Challenge 102 ══│/)
    assert.match(lines(model).join('\n'), /^ {2}now ═+ 0\.340 ═$\n^ {2}next {4}0\.358 a timer or an action/m)
    assert.match(facts(model), /0\.303 sent by company because of LCP Conf-Ack 1 from bob, sent 0\.239\./)
    assert.match(Ladder.view(model, { columns: 78, rows: 20 }).sentence, /^╪ nas only carries PPP frames/)
  })

  test('c goes to the cause, which opens no group, and C to the first consequence', () => {
    const cause = after(model, 'cause')
    assert.match(chosen(cause), /^►\+ +0\.175 .* LCP, 4 packets/)
    const open = after(model, 'foldAll', 'cause')
    assert.match(chosen(open), /0\.239 .* LCP Conf-Ack 1/)
    assert.match(facts(after(open, 'consequence')), /sent by company because of LCP Conf-Ack 1 from bob/)
    const first = after(model, 'first')
    assert.equal(after(first, 'cause').ui.message, 'An action brought it about: bob dials.')
  })

  test('z opens the group and folds it again, Z does so for all', () => {
    const group = after(model, 'cause')
    const open = after(group, 'fold')
    assert.ok(lines(open).some(text => /0\.200 +│══ LCP Conf-Req 1/.test(text)))
    assert.match(chosen(open), /LCP Conf-Ack 1/)
    assert.deepEqual(lines(after(open, 'fold')), lines(group))
    assert.equal(after(model, 'fold').ui.message, 'This row stands alone: there is nothing to fold.')
    const all = lines(after(model, 'foldAll')).join('\n')
    assert.ok(/SLI +call/.test(all) && !/^.\+/m.test(all))
    assert.deepEqual(lines(after(model, 'foldAll', 'foldAll')), lines(model))
  })

  test('Enter shows the packet in 3 Packets, and a packet chosen there is the row here', () => {
    const inside = after(model, 'enter')
    assert.equal(inside.ui.view, 'packets')
    const { journey } = inside.ui.selection
    assert.ok(inside.recorder.journeys.some(({ no }) => no === journey))
    const first = model.recorder.journeys.find(({ packets }) => packets[0].facts?.proto === 'gre')
    const there = modelOf(model.recorder, { view: 'ladder' }, { journey: first?.no ?? 0 })
    assert.match(chosen(there), /LCP, 4 packets/)
    assert.equal(after(after(model, 'first'), 'enter').ui.message, 'A signal of the telephone network is no packet.')
  })

  test('j and k walk over silences', () => {
    const late = modelOf(recorded('compulsory', 12.03), { view: 'ladder' })
    const walked = [late, ...Array.from({ length: 6 }, (_, i) => after(late, ...Array<Own>(i + 1).fill('up')))]
    assert.equal(new Set(walked.map(chosen)).size, walked.length)
    for (const now of walked) assert.doesNotMatch(chosen(now), /quiet/)
    assert.equal(chosen(after(walked[3], 'last')), chosen(late))
  })

  test('L in 2 Tunnels is the ladder of that tunnel only, and L there all of them again', () => {
    const two = modelOf(recorded('nat-two-clients', 5.2), { view: 'tunnels' }, { tunnel: 2 })
    const only = { ...two, ui: Ladder.ofTunnel(two) }
    assert.equal(only.ui.view, 'ladder')
    const text = lines(only).join('\n')
    assert.match(text, /tunnel 2 only {2}\d+ hidden/)
    assert.doesNotMatch(text, /alice/)
    assert.match(lines(after(only, 'tunnelLadder')).join('\n'), /alice/)
  })

  test('a filter hides what does not match, and says so', () => {
    const lcp = modelOf(model.recorder, { view: 'ladder', filter: 'lcp conf-ack' })
    assert.match(lines(lcp).join('\n'), /LCP, 2 packets[\s\S]*\/lcp conf-ack\/ {2}\d+ hidden/)
    const none = modelOf(model.recorder, { view: 'ladder', filter: 'nothing like it' })
    assert.match(lines(none).join('\n'), /No row matches nothing like it; \d+ are hidden\. Esc clears the filter\./)
  })

  test('x offers the ladder in four forms', () => {
    const ladders = (now: Model): string[] => offersOf(now).flatMap(({ kind }) => (/^ladder/.test(kind) ? [kind] : []))
    assert.equal(ladders(model).length, 4)
    assert.equal(ladders(modelOf(model.recorder, { view: 'net' })).length, 4)
    const keys = offersOf(model).map(({ key }) => key)
    assert.equal(new Set(keys).size, keys.length)
  })

  test('what is shown can be kept as text, Mermaid, SVG and HTML', () => {
    assert.match(Ladder.exported(model, 'text'), /LCP, 4 packets/)
    assert.match(Ladder.exported(model, 'mermaid'), /^sequenceDiagram/)
    assert.match(Ladder.exported(model, 'svg'), /^<svg/)
    assert.match(Ladder.exported(model, 'html'), /^<!doctype html>/)
  })
})
