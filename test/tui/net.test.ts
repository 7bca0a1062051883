import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Flight, sceneOf } from '../../src/index.ts'
import { cellAt, classOf, wayThrough } from '../../tui/flight.ts'
import type { Model, Selection } from '../../tui/model.ts'
import { narrate } from '../../tui/plain.ts'
import { pressNet } from '../../tui/press-net.ts'
import { plainText, widthOf } from '../../tui/text.ts'
import { foldOf, neighbourOf, netView } from '../../tui/views/net.ts'
import { dropAskedFor } from '../../tui/views/why.ts'
import { type Kind, type Plot, plotModel } from '../support/any-scene.ts'
import { fc } from '../support/fast-check.ts'
import { golden } from '../support/golden.ts'
import { recorded } from '../support/scene.ts'
import { modelAt, netGoldens } from '../support/tui-net.ts'
import { modelOf } from '../support/ui.ts'

const SIZE = { columns: 78, rows: 20 }
const textOf = (model: Model, size = SIZE): string[] => netView(model, size).lines.map(plainText)
const voluntary = (seconds: number, selection: Partial<Selection> = { node: 'alice' }): Model =>
  modelAt({ lab: 'voluntary', seconds, selection })

describe('the view of the net as text', () => {
  for (const [name, text] of netGoldens()) test(name, () => assert.equal(text, golden(name)))
})

describe('what the view of the net says', () => {
  test('no moment that the clock has not reached', () => {
    const late = textOf(voluntary(0.3468)).flatMap(line => /│. (0\.\d{3})(?!.*next)/.exec(line)?.[1] ?? [])
    assert.ok(late.length > 3 && late.every(time => time <= '0.346'), late.join(' '))
  })

  test('which machine has lost its power', () => {
    const dead = modelAt({ lab: 'server-crash', seconds: 25, selection: { node: 'office' } })
    assert.match(netView(dead, SIZE).sentence, /^office has no power/)
    assert.ok(textOf(dead).some(line => line.includes('× no power')))
    const alive = modelAt({ lab: 'server-crash', seconds: 19, selection: { node: 'office' } })
    assert.ok(!textOf(alive).some(line => line.includes('×')))
  })

  test('that a RADIUS server is one', () => {
    const model = modelAt({ lab: 'radius-silent', seconds: 1, selection: { node: 'aaa1' } })
    assert.match(netView(model, SIZE).sentence, /^aaa1 is a RADIUS server/)
  })

  test('of several tunnels it says how many are up at the end, and whose it is', () => {
    const recorder = recorded('nat-two-clients', 60, [{ path: 'topology.nodes.home.nat.like', value: 'keyless' }])
    const model = modelOf(recorder, {}, { node: 'alice', tunnel: 1 })
    const { sentence, keys } = netView(model, SIZE)
    assert.match(sentence, /^The run is over: 1 of 4 checks passed, 1 of 2 tunnels is up\. alice is also 10\.8\.0\.10,/)
    assert.ok(keys.includes('w why'))
    assert.ok(
      !netView(modelOf(recorder, {}, { node: 'lan' }), SIZE).keys.includes('w why'),
      'nothing of it was dropped',
    )
  })
  describe('of a tunnel whose ends do not hear each other', () => {
    const EXCHANGED = '  - { at: 12.000000001s, nat: { node: home, like: keyless } }\n'
    const exchanged = (node: string, tunnel: number) =>
      modelAt({ lab: 'nat-two-clients', seconds: 14, more: EXCHANGED, selection: { node, tunnel } })

    test('that it is up, who hears nothing, since when, and who drops it', () => {
      for (const [node, tunnel] of [
        ['alice', 1],
        ['bob', 2],
      ] as const) {
        const { sentence, lines, keys } = netView(exchanged(node, tunnel), SIZE)
        assert.equal(sentence, `Up, but ${node} hears nothing since 11.040 s: home drops it (filter-drop).`)
        const text = lines.map(plainText).join('\n')
        assert.match(text, /× up, half open/)
        assert.match(text, /tunnel 1 {2}× half open/)
        assert.doesNotMatch(text, /all up/)
        assert.equal(keys[2], 'w why')
      }
      const office = netView(exchanged('office', 1), SIZE).lines.map(plainText).join('\n')
      assert.match(office, /2 of 2 up, × 2 half open/)
    })
    test('w explains the drop that it is silent for, and not an older one of the machine itself', () => {
      const model = exchanged('bob', 2)
      const drop = dropAskedFor(model)
      assert.deepEqual([drop?.node, drop?.reason], ['home', 'filter-drop'])
      assert.ok(
        model.recorder.packet(drop?.packet ?? '')?.journey.packets.some(({ facts }) => facts?.dst === '10.8.0.11'),
      )
      const alices = dropAskedFor(exchanged('alice', 1))
      assert.notEqual(alices?.packet, drop?.packet)
      // Carol has thrown away what was for Dave: for him that was dropped by the box first.
      const box = (node: string) =>
        dropAskedFor(modelAt({ lab: 'nat-single-passthrough', seconds: 15, selection: { node } }))
      assert.deepEqual([box('dave')?.node, box('carol')?.node], ['nat1', 'carol'])
      // Long after: the control connection that is over throws away a segment, which is no answer to "why is it silent?".
      const quiet = modelAt({ lab: 'nat-single-passthrough', seconds: 45, selection: { node: 'dave' } })
      assert.notEqual(dropAskedFor(quiet)?.reason, 'tcp-unexpected')
    })
    test('while it is opened, what the layer waits for', () => {
      const model = modelAt({ lab: 'nat-no-helper', seconds: 5, selection: { node: 'alice', tunnel: 1 } })
      assert.equal(netView(model, SIZE).sentence, 'LCP waits, for alice hears nothing: home drops it (no-protocol).')
    })
    test('in 40x12 too, and in sentences', () => {
      const model = exchanged('alice', 1)
      const text = netView(model, { columns: 40, rows: 9 }).lines.map(plainText).join('\n')
      assert.match(text, /× tunnel 1: alice ► office up, half open/)
      const said = narrate(model).join('\n')
      assert.match(said, /Bob hears nothing since 11\.040 s: home drops it \(filter-drop\)\./)
    })
  })

  test('where something is dropped, and the address there as well', () => {
    for (const size of [SIZE, { columns: 118, rows: 36 }]) {
      const rows = textOf(modelAt({ lab: 'nat-no-helper', seconds: 0.2, selection: { node: 'alice' } }), size)
      const top = rows.findIndex(row => row.includes('┌ home'))
      assert.match(rows[top], /┌ home ─*×┐/)
      assert.match(rows[top + 2], /│ ?\.1 +\.20 ?│/)
    }
  })

  test('at the end, what has come of the checks, and no key that runs', () => {
    const { sentence, keys } = netView(voluntary(30), SIZE)
    assert.match(sentence, /^The run is over: 6 of 6 checks passed\. /)
    assert.ok(!keys.some(key => key.startsWith('Space') || key.startsWith('.')))
  })

  test('Enter opens the packet that moves as it moves, and that of the chosen tunnel', () => {
    const model = modelAt({ lab: 'voluntary-lan', seconds: 6.005, selection: { node: undefined, tunnel: 2 } })
    const opened = (tunnel: number): string | undefined => {
      const ui = { ...model.ui, selection: { ...model.ui.selection, tunnel } }
      const { selection, view } = pressNet({ ...model, ui }, 'enter', SIZE)
      assert.equal(view, 'packets')
      return model.recorder.journeys.find(({ no }) => no === selection.journey)?.packets[selection.form].id
    }
    assert.match(opened(2) ?? '', /^bob#/)
    assert.match(opened(1) ?? '', /^alice#/)
    const { hops } = model.recorder.packet(opened(2) ?? '') ?? { hops: [] }
    assert.ok(hops.length > 0)
  })
})

const KINDS: readonly Kind[] = ['host', 'router', 'switch', 'client', 'pptp-server']
/** Any connected lab of up to 30 nodes. */
const plots: fc.Arbitrary<Plot> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(1000)), { minLength: 1, maxLength: 30 }),
    fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 5 }),
    fc.boolean(),
  )
  .map(([nodes, more, up]): Plot => {
    const names = nodes.map(([kind], i) => `${kind.slice(0, 4)}${i}`)
    const tree = nodes.slice(1).map(([, parent], i) => [names[i + 1], names[parent % (i + 1)]] as const)
    const extra = more.map(([a, b]) => [names[a % names.length], names[b % names.length]] as const)
    return {
      nodes: nodes.map(([kind], i) => [names[i], kind] as const),
      links: [...tree, ...extra.filter(([a, b]) => a !== b)],
      up,
    }
  })
const sizes = fc.oneof(
  fc.constantFrom({ columns: 78, rows: 20 }, { columns: 118, rows: 36 }, { columns: 40, rows: 9 }),
  fc.record({ columns: fc.nat(130), rows: fc.nat(45) }),
)

describe('any lab at any size', () => {
  test('every line has exactly the width, and there are exactly so many', () => {
    fc.assert(
      fc.property(plots, sizes, fc.nat(30), (plot, size, chosen) => {
        const node = plot.nodes[chosen % plot.nodes.length][0]
        const link = chosen % 3 === 0 && plot.links.length > 0 ? chosen % plot.links.length : undefined
        const model = plotModel(plot, {}, link === undefined ? { node } : { link })
        const { lines } = netView(model, size)
        assert.equal(lines.length, size.rows)
        for (const line of lines) assert.equal(widthOf(line), size.columns)
      }),
      { numRuns: 300 },
    )
  })

  test('no link is drawn over a name', () => {
    const nodes = [0, 1, 2].map(i => [`machine${i}`, 'host'] as const)
    const links = [0, 1, 2].map(i => [nodes[i][0], nodes[(i + 1) % 3][0]] as const)
    const text = textOf(plotModel({ nodes, links, up: false }))
    for (const [name] of nodes)
      assert.ok(
        text.some(line => line.includes(name)),
        name,
      )
  })

  test('the same twice', () => {
    fc.assert(
      fc.property(plots, plot => assert.deepEqual(textOf(plotModel(plot)), textOf(plotModel(structuredClone(plot))))),
      { numRuns: 60 },
    )
  })

  test('hjkl lead from node to node, link and tunnel, and never to nothing', () => {
    fc.assert(
      fc.property(plots, fc.array(fc.constantFrom('left', 'right', 'up', 'down'), { maxLength: 20 }), (plot, ways) => {
        let selection: Selection = plotModel(plot).ui.selection
        for (const way of ways) {
          selection = neighbourOf(plotModel(plot, {}, selection), way as 'left')
          const { node, link, tunnel } = selection
          const { scene } = plotModel(plot)
          assert.ok(node === undefined || scene.nodes.some(({ name }) => name === node))
          assert.ok(link === undefined || scene.links[link] !== undefined)
          assert.ok(node !== undefined || link !== undefined || tunnel !== undefined)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('what is selected', () => {
  const along = (from: Partial<Selection>, ...ways: ('left' | 'right' | 'up' | 'down')[]): Selection =>
    ways.reduce((selection, way) => neighbourOf(voluntary(5, selection), way), voluntary(5, from).ui.selection)

  test('l goes from alice over the link to isp, h back', () => {
    assert.equal(along({ node: 'alice' }, 'right').link, 0)
    assert.equal(along({ node: 'alice' }, 'right', 'right').node, 'isp')
    assert.equal(along({ node: 'alice' }, 'right', 'right', 'left', 'left').node, 'alice')
  })
  test('j goes down to the tunnel, k up again', () => {
    const { node, link, tunnel } = along({ node: 'isp' }, 'down')
    assert.deepEqual([node, link, tunnel], [undefined, undefined, 1])
    assert.notEqual(along({ node: 'isp' }, 'down', 'up').node ?? along({ node: 'isp' }, 'down', 'up').link, undefined)
  })
  test('h and l on a tunnel lead to its ends', () => {
    assert.equal(along({ tunnel: 1 }, 'left').node, 'alice')
    assert.equal(along({ tunnel: 1 }, 'right').node, 'office')
  })
  test('at the edge the selection stays', () => assert.equal(along({ node: 'alice' }, 'left').node, 'alice'))
  test('a node brings its tunnel; one without leaves the tunnel that was chosen', () => {
    assert.equal(along({ link: 0 }, 'left').tunnel, 1)
    assert.equal(along({ link: 0, tunnel: 1 }, 'right').tunnel, 1)
  })
})

describe('folding by hand', () => {
  const plot: Plot = {
    up: true,
    nodes: [
      ['a', 'client'],
      ['r', 'router'],
      ['o', 'pptp-server'],
      ['s', 'switch'],
      ['h1', 'host'],
      ['h2', 'host'],
    ],
    links: [
      ['a', 'r'],
      ['r', 'o'],
      ['o', 's'],
      ['s', 'h1'],
      ['s', 'h2'],
    ],
  }
  test('z on a host or its switch means the switch', () => {
    assert.equal(foldOf(plotModel(plot, {}, { node: 'h1' })), 's')
    assert.equal(foldOf(plotModel(plot, {}, { node: 's' })), 's')
    assert.equal(foldOf(plotModel(plot, {}, { node: 'a' })), undefined)
  })
  test('what is folded is drawn as one', () => {
    const drawn = (folded: string[]): string =>
      textOf(plotModel(plot, { folded: new Set(folded) }, { node: 's' }), { columns: 118, rows: 36 }).join('\n')
    assert.match(drawn(['s']), /2 hosts/)
    assert.doesNotMatch(drawn([]), /2 hosts/)
  })
})

describe('motion', () => {
  const flight = (sent: number, arrives: number): Flight => ({ hop: { sent, arrives } }) as unknown as Flight

  test('the place is cells × (now − sent) / flight time', () => {
    assert.equal(cellAt(flight(5e9, 5.015e9), 5.012e9, 9), 7)
    assert.equal(cellAt(flight(0, 100), 0, 10), 0)
    assert.equal(cellAt(flight(0, 100), 100, 10), 9)
  })

  test('it never goes back and never leaves the link', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(2e6)),
        (sent, took, cells, times) => {
          let last = 0
          for (const now of times.sort((a, b) => a - b)) {
            const at = cellAt(flight(sent, sent + took), now, cells)
            assert.ok(at >= last && at < cells)
            last = at
          }
        },
      ),
    )
  })

  test('through the tunnel, too, from link to link', () => {
    const { links } = plotModel({
      up: true,
      nodes: [],
      links: [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
      ],
    }).scene
    let last = 0
    for (const place of [0, 1, 2]) {
      for (const share of [0, 0.5, 1]) {
        const way = wayThrough(links, place, share)
        assert.ok(way >= last && way <= 1)
        last = way
      }
    }
    assert.equal(last, 1)
  })

  test('the sign of a ping moves to the right until it arrives, outside and inside', () => {
    const model = voluntary(5)
    let [outside, inside] = [-1, -1]
    for (let t = 5.001e9; t < 5.015e9; t += 1e6) {
      model.recorder.run.advanceTo(t)
      const lines = textOf({ ...model, scene: sceneOf(model.recorder) })
      const onLink = lines[4].indexOf('D►')
      const inTube = lines[8].indexOf('►')
      assert.ok(onLink >= outside && onLink >= 0)
      assert.ok(inTube >= inside && inTube >= 0)
      ;[outside, inside] = [onLink, inTube]
    }
    assert.ok(outside > 20 && inside > 30)
  })

  test('outside shows no ping in the tube, inside no sealed packet on the link', () => {
    const lens = (of: 'inside' | 'outside' | 'both'): string[] => {
      const model = voluntary(5.012)
      return textOf({ ...model, ui: { ...model.ui, lens: of } }).slice(3, 9)
    }
    assert.match(lens('both').join(), /D►.*echo request 3 ►/)
    assert.match(lens('outside').join('\n'), /D►/)
    assert.doesNotMatch(lens('outside').join('\n'), /echo/)
    assert.match(lens('inside').join('\n'), /echo request 3 ►/)
    assert.doesNotMatch(lens('inside').join('\n'), /D►/)
  })

  test('five packets or more one way are one sign with their number', () => {
    const { scene } = voluntary(11.3)
    const many = scene.links[0].flights.filter(({ hop }) => hop.from === 1).length
    assert.ok(many >= 5)
    assert.ok(textOf(voluntary(11.3))[4].includes(`◄D${many}`))
  })

  test('each kind of packet has its letter', () => {
    const letters = new Set<string>()
    const model = voluntary(-1)
    for (let t = 0; t < 9.5e9; t += t < 0.4e9 ? 3e6 : 7e6) {
      model.recorder.run.advanceTo(t)
      for (const link of sceneOf(model.recorder).links)
        for (const flight of link.flights) letters.add(classOf(flight, link.type).letter)
    }
    assert.deepEqual([...letters].sort(), ['A', 'C', 'D', 'G', 'H', 'L', 'M', 'P', 'T'])
  })
})
