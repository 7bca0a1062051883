/** Labs as drawings: text, SVG and Mermaid. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { graphMermaid, graphSvg, graphText, type Lab } from '../../src/index.ts'
import { drawingFor, drawingIn, type Rect } from '../../src/view/layout.ts'
import { balanced, linkWords, numbers, pictureOf } from '../../src/view/picture.ts'
import { graphOf, type Plan, planOf } from '../../src/view/plan.ts'
import { anyLab, drawnLab } from '../support/any-lab.ts'
import { fc } from '../support/fast-check.ts'
import { shippedLab } from '../support/pictures.ts'
import { SHIPPED } from '../support/shipped.ts'
import { type Element, elementsOf } from '../support/xml.ts'

const VOLUNTARY = `\
┌ alice ────────┐  15 ms  ┌ isp ───┐  5 ms  ┌ office ─────┐        ┌ files ────┐
│ client    PNS ╞════1════╡ router ╞═══1════╡ server  PAC ├─clear──┤ host      │
│ 198.51.100.10 │ 10 Mb/s │ .1  .1 │100Mb/s │ .5  .1      │        │ 10.20.0.5 │
└───────────────┘         └────────┘        └─────────────┘        └───────────┘

tunnel 1  alice ═══ isp ═══ office ───── files
                 protected         clear
    MPPE 128 bit, stateless; inside 10.8.0.10-99 to 10.8.0.1, for 10.20.0.0/24

alice:eth0 198.51.100.10/24 ═══ isp:eth0 198.51.100.1/24    15 ms, 10 Mb/s
isp:eth1 203.0.113.1/24     ═══ office:eth0 203.0.113.5/24  5 ms, 100 Mb/s
office:eth1 10.20.0.1/24    ─── files:eth0 10.20.0.5/24

═1═ the way of tunnel 1; ─── no tunnel, in clear
`

/** Kinds that no lab file has had yet. */
const DIAL_UP = drawnLab(
  [
    { name: 'dave', kind: 'modem' },
    { name: 'exchange', kind: 'pstn' },
    { name: 'isp', kind: 'nas' },
    { name: 'office', kind: 'pptp-server' },
  ],
  [
    { ends: ['dave', 'exchange'], type: 'serial', sends: [{ rate: 33600 }, { rate: 56000 }] },
    { ends: ['isp', 'exchange'], type: 'serial', sends: [{ loss: 0.01 }, {}] },
    {
      ends: ['isp', 'office'],
      sends: [
        { delay: 10e6, jitter: 2e6 },
        { delay: 10e6, jitter: 2e6 },
      ],
    },
  ],
)

describe('text', () => {
  test('voluntary', () => assert.equal(graphText(shippedLab('voluntary')), VOLUNTARY))

  test('voluntary in ASCII, cell for cell', () => {
    const text = graphText(shippedLab('voluntary'), { ascii: true })
    assert.match(text, /^[ -~\n]*$/)
    assert.deepEqual(
      text.split('\n').map(({ length }) => length),
      VOLUNTARY.split('\n').map(({ length }) => length),
    )
    assert.match(text, /^\| client {4}PNS \|====1====\| router \|===1====\| server {2}PAC \|-clear--\| host/m)
  })

  test('a kind that is not known is a box with its name; a telephone line is dashed', () => {
    const text = graphText(DIAL_UP)
    assert.match(text, /┌ dave ─/)
    assert.match(text, /│ modem/)
    assert.match(text, /╌┤ PSTN/)
    assert.match(text, /╌╌╌+┤/)
    assert.match(text, /^dave:eth0 10\.0\.0\.1\/24 ╌╌╌ exchange:eth0 .*line, → 33\.6 kb\/s, ← 56 kb\/s$/m)
    assert.match(text, /^isp:eth0 10\.0\.1\.1\/24 .*line, → 1 %, ← no loss$/m)
    assert.match(text, /10 ms ± 2 ms$/m)
    assert.match(text, /╌╌╌ telephone line/)
  })

  test('links between the same two nodes are one line that says how many they are', () => {
    const lab = drawnLab(
      [
        { name: 'a', kind: 'router' },
        { name: 'b', kind: 'router' },
      ],
      [{ ends: ['a', 'b'] }, { ends: ['b', 'a'] }],
    )
    const text = graphText(lab)
    assert.match(text, / 2 links /)
    assert.match(text, /^a:eth0 .* b:eth0/m)
    assert.match(text, /^b:eth1 .* a:eth1/m)
  })

  test('where boxes have no room for the kinds, a line below names them', () => {
    assert.match(graphText(shippedLab('mtu-blackhole')), /^pc host, branch client PNS, isp router, office server PAC,/m)
  })

  for (const name of SHIPPED) {
    test(`${name} fits 80 columns`, () => {
      for (const line of graphText(shippedLab(name)).split('\n')) assert.ok(line.length <= 80, line)
    })
  }
})

test('whom an access server calls is the PNS, and it the PAC; who only dials is neither', () => {
  const lab = drawnLab(
    [
      { name: 'dave', kind: 'client' },
      { name: 'exchange', kind: 'pstn' },
      { name: 'isp', kind: 'nas' },
      { name: 'office', kind: 'pptp-server' },
    ],
    [
      { ends: ['dave', 'exchange'], type: 'serial' },
      { ends: ['exchange', 'isp'], type: 'serial' },
      { ends: ['isp', 'office'] },
    ],
  )
  const nodes = lab.nodes.map(node => (node.kind === 'client' ? { ...node, pptp: undefined } : node))
  const text = graphText({ ...lab, nodes } as unknown as Lab)
  assert.match(text, /│ client +├╌+┤ PSTN +├╌+┤ NAS +PAC ├─+┤ server +PNS │/)
})

describe('words', () => {
  test('numbers of tunnels', () => {
    assert.equal(numbers([1]), '1')
    assert.equal(numbers([1, 2]), '1,2')
    assert.equal(numbers([1, 2, 3, 5, 7, 8]), '1-3,5,7,8')
  })
  test('what a telephone line flips', () => {
    assert.equal(linkWords(pictureOf(shippedLab('line-noise')).links[1]), 'line, 20 ms, 56 kb/s, 0.002 % noise')
  })
  test('a description of two lines has two of about the same length', () => {
    const text = 'one two three four five six seven eight nine ten'
    assert.deepEqual(balanced(text, 100), [text])
    assert.deepEqual(balanced(text, 46), ['one two three four five', 'six seven eight nine ten'])
    assert.deepEqual(balanced('', 46), [])
  })
  test('both directions of a link, as each end sees them', () => {
    const [link] = pictureOf(DIAL_UP).links
    assert.equal(linkWords(link), 'line, → 33.6 kb/s, ← 56 kb/s')
    assert.equal(linkWords(link, 1), 'line, → 56 kb/s, ← 33.6 kb/s')
  })
})

// What no drawing does.

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.columns && b.x < a.x + a.columns && a.y < b.y + b.rows && b.y < a.y + a.rows

function plansOf(lab: Lab): Plan[] {
  const picture = pictureOf(lab)
  const graph = graphOf(picture)
  const keep = new Set(picture.nodes.map(({ name }) => name))
  const width = ({ name }: { name: string }): number => name.length + 10
  const rules = { form: 'card', rows: 3, row: 1, free: 1, gap: 24, tracks: 'joint' } as const
  return [
    planOf(picture, drawingFor(graph, { columns: 80, rows: 1000 }, width, keep, 'joint'), false),
    planOf(picture, drawingIn(rules, graph, width), true),
  ]
}

describe('in any lab', () => {
  test('boxes lie apart, and words lie on no box, no link but their own, and no other words', () => {
    fc.assert(
      fc.property(anyLab, lab => {
        for (const { drawing, labels } of plansOf(lab)) {
          const boxes = drawing.nodes.map(({ rect }) => rect)
          boxes.forEach((box, i) => {
            for (const other of boxes.slice(i + 1)) assert.ok(!overlap(box, other))
          })
          const rects = labels.map(({ x, y, text }): Rect => ({ x, y, columns: text.length, rows: 1 }))
          labels.forEach(({ role, link, text }, i) => {
            for (const box of boxes) assert.ok(!overlap(rects[i], box), `${text} on a box`)
            for (const other of rects.slice(i + 1)) assert.ok(!overlap(rects[i], other), `${text} on other words`)
            for (const { link: placed, cells } of drawing.links) {
              const own = role === 'tunnel' && cells.length > 0 && sameEnds(lab, placed.index, link)
              const hit = cells.some(({ x, y }) => overlap(rects[i], { x, y, columns: 1, rows: 1 }))
              assert.ok(!hit || own, `${text} on link ${placed.index}`)
            }
          })
        }
      }),
      { numRuns: 150 },
    )
  })

  test('every node and every link is drawn once, in every form', () => {
    fc.assert(
      fc.property(anyLab, lab => {
        const names = lab.nodes.map(({ name }) => name).sort()
        const links = lab.links.map(({ ends }) => ends.map(({ node, iface }) => `${node}:${iface}`).join(' ')).sort()

        const [net, ...rest] = graphText(lab).split('\n\n')
        for (const name of names) assert.equal(count(net, new RegExp(`(?<![\\w.])${name}(?!\\w)`, 'g')), 1, name)
        const listed = rest.join('\n').matchAll(/^(\S+:\S+)(?: [\d./]+)? +(?:═══|───|╌╌╌) (\S+:\S+)/gm)
        assert.deepEqual([...listed].map(([, a, b]) => `${a} ${b}`).sort(), links)

        const svg = elementsOf(graphSvg(lab))
        const titles = (group: string): string[] =>
          svg.filter(({ name, attributes }) => name === 'g' && attributes.get('class') === group).map(titleOf)
        assert.deepEqual(
          titles('node')
            .map(title => title.split(':')[0])
            .sort(),
          names,
        )
        const ends = /^(\S+:\w+)(?: [\d./]+)? to (\S+:\w+)/
        assert.deepEqual(
          titles('link')
            .map(title => ends.exec(title)?.slice(1).join(' '))
            .sort(),
          links,
        )

        const flow = flowOf(graphMermaid(lab))
        assert.deepEqual(flow.nodes.map(({ words }) => words[0]).sort(), names)
        assert.equal(flow.edges.length, links.length)
      }),
      { numRuns: 100 },
    )
  })

  test('the same lab gives the same drawing', () => {
    fc.assert(
      fc.property(anyLab, lab => {
        const again = structuredClone(lab)
        assert.equal(graphText(lab), graphText(again))
        assert.equal(graphSvg(lab), graphSvg(again))
        assert.equal(graphMermaid(lab), graphMermaid(again))
      }),
      { numRuns: 30 },
    )
  })
})

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

function sameEnds({ links }: Lab, a: number, b: number): boolean {
  const ends = (link: number): string =>
    links[link].ends
      .map(({ node }) => node)
      .sort()
      .join()
  return ends(a) === ends(b)
}

const titleOf = ({ children }: Element): string => children.find(({ name }) => name === 'title')?.text ?? ''

// SVG.

describe('SVG', () => {
  const hostile = {
    ...shippedLab('voluntary'),
    name: 'a<b>&"c"',
    description: 'x </desc><script>alert(1)</script> \u0007 & "',
  }

  test('is well formed, stands alone, and has a title and a description', () => {
    for (const lab of [hostile, ...SHIPPED.map(shippedLab)]) {
      const text = graphSvg(lab)
      const all = elementsOf(text)
      const names = new Set(all.map(({ name }) => name))
      assert.deepEqual([...names].sort(), ['desc', 'g', 'path', 'rect', 'style', 'svg', 'text', 'title'])
      assert.doesNotMatch(text.replace('http://www.w3.org/2000/svg', ''), /https?:|url\(|@import|href| on\w+=/)
      assert.equal(all[0].attributes.get('role'), 'img')
      for (const id of (all[0].attributes.get('aria-labelledby') ?? '').split(' ')) {
        const named = all.filter(({ attributes }) => attributes.get('id') === id)
        assert.equal(named.length, 1)
        assert.ok(named[0].text.length > 10)
      }
    }
    const [title] = elementsOf(graphSvg(hostile)).filter(({ name }) => name === 'title')
    assert.equal(title.text, 'a<b>&"c": x </desc><script>alert(1)</script>  & "')
  })

  test('names every colour for light and for dark', () => {
    const style = elementsOf(graphSvg(hostile)).find(({ name }) => name === 'style')?.text ?? ''
    const [light, dark] = style.split('prefers-color-scheme:dark')
    const colours = (text: string): string[] => [...text.matchAll(/--(\w+):#/g)].map(([, name]) => name)
    assert.ok(colours(light).length > 10)
    assert.deepEqual(colours(dark), colours(light))
    for (const [, used] of style.matchAll(/var\(--(\w+)\)/g)) assert.ok(colours(light).includes(used), used)
  })

  test('every text keeps to its width and stands on the page', () => {
    for (const lab of [hostile, DIAL_UP, ...SHIPPED.map(shippedLab)]) {
      const all = elementsOf(graphSvg(lab))
      const width = Number(all[0].attributes.get('width'))
      for (const { name, attributes, text } of all) {
        if (name !== 'text') continue
        const [x, length] = ['x', 'textLength'].map(key => Number(attributes.get(key)))
        assert.ok(x >= 0 && length > 0 && 20 + x + length <= width, text)
      }
    }
  })

  test('kinds of tunnels that share a line take turns on it, each with its own numbers', () => {
    const svg = graphSvg(shippedLab('mppe-mismatch'))
    const turns = [...svg.matchAll(/<path class="tube (\w+)"( style="[^"]*")? d="(M[^"]*)"/g)]
    const shared = turns.filter(([, , , d]) => turns.filter(other => other[3] === d).length === 3)
    assert.deepEqual(
      shared.map(([, kind, style = '']) => [kind, /dasharray:10 20;stroke-dashoffset:(-\d+)/.exec(style)?.[1]]),
      [
        ['protected', undefined],
        ['clear', '-10'],
        ['none', '-20'],
      ],
    )
    const pills = [...svg.matchAll(/<text class="says-(\w+)" [^>]*>([\d,]+)<\/text>/g)]
    assert.deepEqual(
      pills.map(([, kind, words]) => `${words} ${kind}`),
      ['1 protected', '2,3 none', '4 none', '5 clear'],
    )
  })

  test('interfaces stand at both ends of every link that has room', () => {
    const texts = elementsOf(graphSvg(shippedLab('compulsory'))).filter(({ name }) => name === 'text')
    const ends = texts.filter(({ attributes }) => attributes.get('class') === 'end').map(({ text }) => text)
    assert.deepEqual(
      ends.filter(text => /^(tty|eth)/.test(text)).sort(),
      ['eth0', 'eth0', 'eth0', 'eth0', 'eth0', 'eth1', 'eth1', 'eth2', 'tty0', 'tty0'].sort(),
    )
  })

  test('says in words what colours say', () => {
    const texts = (lab: Lab): string[] =>
      elementsOf(graphSvg(lab)).flatMap(({ name, text }) => (name === 'text' ? [text] : []))
    assert.ok(texts(shippedLab('voluntary')).includes('1 protected'))
    assert.ok(texts(shippedLab('no-encryption')).includes('1 clear'))
    assert.ok(texts(shippedLab('mppe-mismatch')).includes('2 no tunnel'))
    assert.ok(texts(DIAL_UP).some(text => text === 'telephone line'))
  })
})

// Mermaid.

const SHAPES: readonly (readonly [string, string])[] = [
  ['([', '])'],
  ['[[', ']]'],
  ['{{', '}}'],
  ['[(', ')]'],
  ['(', ')'],
  ['[', ']'],
]

interface Flow {
  readonly nodes: { readonly id: string; readonly words: readonly string[]; readonly kind: string }[]
  readonly edges: {
    readonly from: string
    readonly arrow: string
    readonly words: readonly string[]
    readonly to: string
  }[]
}

/** The flowchart, read by the part of Mermaid's grammar that we write; anything else is an error. */
function flowOf(text: string): Flow {
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.shift(), 'flowchart LR')
  const flow: Flow = { nodes: [], edges: [] }
  const classes = new Set<string>()
  const listed: Flow['nodes'] = []
  let depth = 0
  for (const line of lines) {
    const rest = line.trim()
    const node = /^(\w+)([[({]+)("[^"]*")([\])}]+):::([\w-]+)$/.exec(rest)
    const edge = /^(\w+) (===|---|-\.-)\|("[^"]*")\| (\w+)$/.exec(rest)
    if (node) {
      const [, id, open, words, close, kind] = node
      assert.ok(
        SHAPES.some(([a, b]) => a === open && b === close),
        rest,
      )
      ;(depth > 0 ? listed : flow.nodes).push({ id, words: wordsIn(words), kind })
    } else if (edge) {
      const [, from, arrow, words, to] = edge
      flow.edges.push({ from, arrow, words: wordsIn(words), to })
    } else if (/^subgraph \w+ \["[^"]*"\]$/.test(rest)) depth++
    else if (rest === 'end') depth--
    else if (/^classDef [\w-]+ [\w-]+:[^;]+$/.test(rest)) classes.add(rest.split(' ')[1])
    else if (/^linkStyle \d+ stroke:#[0-9a-f]{6}$/.test(rest)) {
      assert.ok(Number(rest.split(' ')[1]) < flow.edges.length)
    } else assert.match(rest, /^(accTitle|accDescr): [^;#]+$|^style tunnels [\w:,]+$/)
  }
  assert.equal(depth, 0)
  const ids = flow.nodes.map(({ id }) => id)
  assert.equal(new Set([...ids, ...listed.map(({ id }) => id)]).size, ids.length + listed.length)
  for (const { from, to } of flow.edges) assert.ok(ids.includes(from) && ids.includes(to))
  for (const { kind } of [...flow.nodes, ...listed]) assert.ok(classes.has(kind), kind)
  return flow
}

/** Inside of quotes a character with a meaning is written by its number. */
function wordsIn(quoted: string): string[] {
  const words = quoted.slice(1, -1).split('<br/>')
  for (const word of words) assert.doesNotMatch(word.replace(/#\d+;/g, ''), /[#"&<>`;|\\]/)
  return words.map(word => word.replace(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))))
}

describe('Mermaid', () => {
  test('every shipped lab is a flowchart', () => {
    for (const name of SHIPPED) {
      const lab = shippedLab(name)
      const { nodes, edges } = flowOf(graphMermaid(lab))
      assert.equal(nodes.length, lab.nodes.length)
      assert.equal(edges.length, lab.links.length)
    }
  })

  test('links with a tunnel are thick and say what it is; a telephone line is dotted', () => {
    const { edges } = flowOf(graphMermaid(shippedLab('voluntary')))
    assert.deepEqual(
      edges.map(({ from, arrow, to }) => `${from} ${arrow} ${to}`),
      ['n0 === n1', 'n1 === n2', 'n2 --- n3'],
    )
    assert.deepEqual(edges[0].words, ['15 ms, 10 Mb/s', 'eth0 .10 - eth0 .1', '198.51.100.0/24', 'tunnel 1: protected'])
    assert.equal(edges[2].words.at(-1), 'clear')
    assert.ok(flowOf(graphMermaid(DIAL_UP)).edges.some(({ arrow }) => arrow === '-.-'))
  })

  test('words of Mermaid as names, and any text as a description', () => {
    const lab = drawnLab(
      [
        { name: 'end', kind: 'host' },
        { name: 'subgraph', kind: 'router' },
      ],
      [{ ends: ['end', 'subgraph'] }],
    )
    const text = graphMermaid({ ...lab, description: 'a;\nb "c" %%{init}%% # end' })
    assert.deepEqual(
      flowOf(text).nodes.map(({ id, words }) => `${id} ${words[0]}`),
      ['n0 end', 'n1 subgraph'],
    )
  })
})
