import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnsOf, foldChains, foldHosts, type Graph } from '../../src/view/graph.ts'
import { DOWN, LEFT, lineChar, RIGHT, UP } from '../../src/view/joints.ts'
import { type Drawing, drawingFor, drawingIn, type Rect } from '../../src/view/layout.ts'
import { fc } from '../support/fast-check.ts'

type Kind = Graph['nodes'][number]['kind']
const KINDS: readonly Kind[] = ['host', 'router', 'switch', 'client', 'pptp-server']

const graphOf = (kinds: readonly Kind[], pairs: readonly (readonly [number, number])[]): Graph => ({
  nodes: kinds.map((kind, i) => ({ name: `n${i}`, kind, members: [`n${i}`] })),
  links: pairs.map(([a, b], index) => ({ index, ends: [`n${a}`, `n${b}`] })),
})

/** Any connected lab: a tree, and some links more. */
const graphs = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(1000)), { minLength: 1, maxLength: 30 }),
    fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 6 }),
  )
  .map(([nodes, more]) => {
    const tree = nodes.slice(1).map(([, parent], i): [number, number] => [i + 1, parent % (i + 1)])
    const extra = more
      .map(([a, b]): [number, number] => [a % nodes.length, b % nodes.length])
      .filter(([a, b]) => a !== b)
    return graphOf(
      nodes.map(([kind]) => kind),
      [...tree, ...extra],
    )
  })

const width = (node: { name: string }, form: string): number =>
  node.name.length + { card: 10, tight: 8, box: 4, chip: 2 }[form as 'card']
const ROOM = { columns: 76, rows: 10 }
const drawn = (graph: Graph, room = ROOM): Drawing => drawingFor(graph, room, width, new Set())

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.columns && b.x < a.x + a.columns && a.y < b.y + b.rows && b.y < a.y + a.rows
const inside = ({ x, y, columns, rows }: Rect, atX: number, atY: number): boolean =>
  atX >= x && atX < x + columns && atY >= y && atY < y + rows
const STEP: Readonly<Record<number, readonly [number, number]>> = {
  [UP]: [0, -1],
  [RIGHT]: [1, 0],
  [DOWN]: [0, 1],
  [LEFT]: [-1, 0],
}
const touches = (rect: Rect, { x, y, bits }: { x: number; y: number; bits: number }): boolean =>
  Object.entries(STEP).some(([bit, [dx, dy]]) => (bits & Number(bit)) !== 0 && inside(rect, x + dx, y + dy))

describe('the layout of any lab of up to 30 nodes', () => {
  test('no two boxes overlap, and no link runs through a box', () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(40, 76, 116, 300), (graph, columns) => {
        const { nodes, links } = drawn(graph, { columns, rows: 22 })
        nodes.forEach((a, i) => {
          for (const b of nodes.slice(i + 1)) assert.ok(!overlap(a.rect, b.rect), `${a.node.name} ${b.node.name}`)
        })
        for (const { cells } of links) {
          for (const { x, y } of cells) for (const { rect } of nodes) assert.ok(!inside(rect, x, y))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('every link is one line of cells from the box of its first end to that of its second', () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(40, 76, 300), (graph, columns) => {
        const { nodes, links } = drawn(graph, { columns, rows: 22 })
        for (const { link, cells } of links) {
          assert.ok(cells.length > 0)
          const [from, to] = link.ends.map(name => nodes.find(({ node }) => node.name === name)?.rect as Rect)
          assert.ok(touches(from, cells[0]), `begin of ${link.index}`)
          assert.ok(touches(to, cells[cells.length - 1]), `end of ${link.index}`)
          for (let i = 1; i < cells.length; i++) {
            const [a, b] = [cells[i - 1], cells[i]]
            assert.equal(Math.abs(a.x - b.x) + Math.abs(a.y - b.y), 1)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('the same lab gives the same drawing', () => {
    fc.assert(
      fc.property(graphs, graph => assert.deepEqual(drawn(graph), drawn(structuredClone(graph)))),
      {
        numRuns: 100,
      },
    )
  })

  test('everything stands within the extent of the drawing', () => {
    fc.assert(
      fc.property(graphs, graph => {
        const { columns, rows, nodes, links } = drawn(graph)
        const points = [
          ...nodes.flatMap(({ rect }) => [rect, { x: rect.x + rect.columns - 1, y: rect.y + rect.rows - 1 }]),
          ...links.flatMap(({ cells }) => cells),
        ]
        for (const { x, y } of points) assert.ok(x >= 0 && y >= 0 && x < columns && y < rows)
      }),
      { numRuns: 200 },
    )
  })

  test('what fits without folding is drawn without folding, in the largest form that fits', () => {
    const graph = graphOf(
      ['client', 'router', 'pptp-server', 'host'],
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    )
    assert.equal(drawn(graph).form, 'card')
    assert.equal(drawn(graph, { columns: 55, rows: 10 }).form, 'tight')
    assert.equal(drawn(graph, { columns: 35, rows: 3 }).form, 'box')
    assert.equal(drawn(graph, { columns: 30, rows: 1 }).form, 'chip')
  })
})

describe('columns', () => {
  const columns = (kinds: Kind[], pairs: [number, number][]): number[] => {
    const at = columnsOf(graphOf(kinds, pairs))
    return kinds.map((_, i) => at.get(`n${i}`) as number)
  }

  test('users, their switch, routers by hops, the server, what is behind it', () => {
    const kinds: Kind[] = ['client', 'client', 'switch', 'router', 'router', 'pptp-server', 'host']
    const pairs: [number, number][] = [
      [0, 2],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ]
    assert.deepEqual(columns(kinds, pairs), [0, 0, 1, 2, 3, 4, 5])
  })

  test('a client without a switch stands beside those with one', () => {
    assert.deepEqual(
      columns(
        ['client', 'client', 'switch', 'router', 'pptp-server'],
        [
          [0, 2],
          [2, 3],
          [1, 3],
          [3, 4],
        ],
      ),
      [0, 0, 1, 2, 3],
    )
  })

  test('a host on the switch of the users is one of them', () => {
    assert.deepEqual(
      columns(
        ['client', 'host', 'switch', 'router', 'pptp-server'],
        [
          [0, 2],
          [1, 2],
          [2, 3],
          [3, 4],
        ],
      ),
      [0, 0, 1, 2, 3],
    )
  })

  test('what only a client joins to the net stands before it: users of a router that dials, behind their switch', () => {
    const kinds: Kind[] = ['client', 'host', 'switch', 'host', 'router', 'pptp-server', 'host']
    const pairs: [number, number][] = [
      [0, 1],
      [0, 2],
      [2, 3],
      [0, 4],
      [4, 5],
      [5, 6],
    ]
    assert.deepEqual(columns(kinds, pairs), [2, 1, 1, 0, 3, 4, 5])
  })

  test('without a client, what is outside comes first', () => {
    const kinds: Kind[] = ['host', 'pptp-server', 'router', 'tun']
    const pairs: [number, number][] = [
      [0, 1],
      [1, 2],
      [2, 3],
    ]
    assert.deepEqual(columns(kinds, pairs), [3, 2, 1, 0])
  })

  test('two homes of equal kind stand in equal columns, whatever is behind the server', () => {
    const kinds: Kind[] = ['client', 'client', 'router', 'router', 'router', 'pptp-server', 'switch', 'host', 'host']
    const pairs: [number, number][] = [
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 4],
      [4, 5],
      [5, 6],
      [6, 7],
      [6, 8],
    ]
    assert.deepEqual(columns(kinds, pairs), [0, 0, 1, 1, 2, 3, 4, 5, 5])
  })
})

describe('upright parts of links', () => {
  const graph = graphOf(
    ['client', 'client', 'client', 'router', 'pptp-server'],
    [
      [0, 3],
      [1, 3],
      [2, 3],
      [3, 4],
    ],
  )
  const uprights = (tracks: 'middle' | 'joint'): number[] => {
    const rules = { form: 'card', rows: 3, row: 1, free: 1, gap: 20, tracks } as const
    const { links } = drawingIn(rules, graph, width)
    return links.flatMap(({ cells }) => cells.filter(({ bits }) => bits === (UP | DOWN)).map(({ x }) => x))
  }
  test('stand in the middle of the gap, or next to where links come together', () => {
    const [middle, joint] = [uprights('middle'), uprights('joint')]
    assert.ok(middle.length > 0)
    assert.deepEqual(new Set(joint), new Set([Math.max(...middle) + 9]))
  })
})

describe('folding', () => {
  const kinds: Kind[] = ['client', 'router', 'router', 'router', 'pptp-server', 'switch', 'host', 'host', 'host']
  const pairs: [number, number][] = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
    [5, 6],
    [5, 7],
    [5, 8],
  ]
  const graph = graphOf(kinds, pairs)
  const members = ({ nodes }: Graph): number[] => nodes.map(node => node.members.length)

  test('hosts at one switch become one', () =>
    assert.deepEqual(members(foldHosts(graph, new Set())), [1, 1, 1, 1, 1, 1, 3]))
  test('the selected one pulls itself out', () =>
    assert.deepEqual(members(foldHosts(graph, new Set(['n7']))), [1, 1, 1, 1, 1, 1, 2, 1]))
  test('only where it was asked for', () => assert.equal(foldHosts(graph, new Set(), new Set(['n4'])).nodes.length, 9))
  test('routers in a row become one, and its links are kept', () => {
    const folded = foldChains(graph, new Set())
    assert.deepEqual(members(folded), [1, 3, 1, 1, 1, 1, 1])
    assert.deepEqual(
      folded.links.map(({ index }) => index),
      [0, 3, 4, 5, 6, 7],
    )
  })
  test('a tunnel end is never folded', () => {
    const folded = foldHosts(foldChains(graph, new Set()), new Set())
    assert.ok(['n0', 'n4'].every(name => folded.nodes.some(node => node.name === name && node.members.length === 1)))
  })
})

describe('joints', () => {
  test('the character of a joint is made of its directions', () => {
    assert.equal(lineChar(LEFT | RIGHT, 0), '─')
    assert.equal(lineChar(LEFT | DOWN | RIGHT, 0), '┬')
    assert.equal(lineChar(UP | RIGHT, UP | RIGHT), '╚')
    assert.equal(lineChar(UP | DOWN | RIGHT, RIGHT), '╞')
    assert.equal(lineChar(LEFT | RIGHT | DOWN, DOWN), '╥')
    assert.equal(lineChar(15, 15), '╬')
  })
})
