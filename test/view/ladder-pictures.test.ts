/** Ladders as Mermaid, SVG and HTML: what readers of these accept, and that no words lie on other words. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { chosenRows, foldRows, type Ladder, ladderHtml, ladderMermaid, ladderSvg, rowsOf } from '../../src/index.ts'
import { ladderOf } from '../support/ladders.ts'
import { type Element, elementsOf } from '../support/xml.ts'

const LABS: readonly (readonly [string, number])[] = [
  ['voluntary', 30],
  ['compulsory', 60],
  ['nat-no-helper', 30],
  ['wrong-password', 60],
  ['gre-reorder', 3],
  ['compulsory-realms', 12],
  ['outgoing-call', 30],
  ['double-nat-cgn', 12],
]
const ladders = LABS.map(([lab, seconds]) => ({ lab, ladder: ladderOf(lab, seconds) }))
const itemsOf = (ladder: Ladder, open: boolean) =>
  foldRows(chosenRows(ladder, { to: open ? 3e9 : undefined }), () => open)

// Mermaid.

/** A sequence diagram, read by the part of Mermaid's grammar that we write; anything else is an error. */
function diagramOf(text: string) {
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.shift(), 'sequenceDiagram')
  const names: string[] = []
  const messages: { from: string; sign: string; to: string; words: string }[] = []
  const notes: string[] = []
  for (const line of lines.map(each => each.trim())) {
    const participant = /^participant (p\d+) as (.+)$/.exec(line)
    const message = /^(p\d+)(->>|-->>|-x|--x|-\))(p\d+): (.+)$/.exec(line)
    const note = /^Note (?:over p\d+(?:,p\d+)?|right of p\d+): (.+)$/.exec(line)
    if (participant) {
      assert.equal(participant[1], `p${names.length}`)
      names.push(...participant[2].split('<br/>').slice(0, 1).map(wordsIn))
    } else if (message) {
      const [, from, sign, to, words] = message
      messages.push({ from, sign, to, words: wordsIn(words) })
    } else if (note) notes.push(wordsIn(note[1]))
    else assert.match(line, /^accTitle: [^;#]+$/)
  }
  for (const { from, to } of messages) {
    for (const end of [from, to]) assert.ok(Number(end.slice(1)) < names.length, `${end} is no participant`)
  }
  return { names, messages, notes }
}

/** A character with a meaning is written by its number. */
function wordsIn(text: string): string {
  assert.doesNotMatch(text.replace(/#\d+;/g, ''), /[#;<>&%"\\`\p{Cc}]/u)
  return text.replace(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

describe('Mermaid', () => {
  for (const { lab, ladder } of ladders) {
    test(`${lab} is a sequence diagram with a message or a note for each line`, () => {
      for (const open of [false, true]) {
        const items = itemsOf(ladder, open)
        const { messages, notes } = diagramOf(ladderMermaid(ladder, items))
        const dropped = items.filter(item => item.kind === 'row' && item.row.fate.kind === 'dropped').length
        assert.ok(messages.length + notes.length >= items.length)
        assert.ok(messages.length + notes.length <= items.length + dropped)
      }
    })
  }

  test('a drop is a cross and a note that says where and why', () => {
    const { ladder } = ladders[2]
    const { names, messages, notes } = diagramOf(ladderMermaid(ladder, itemsOf(ladder, true)))
    assert.deepEqual(names, ['alice', 'home', 'office'])
    const cross = messages.find(({ sign }) => sign === '--x')
    assert.deepEqual([cross?.from, cross?.to, cross?.words], ['p2', 'p1', '0.130 s LCP Conf-Req 1'])
    assert.ok(notes.includes('dropped at home: no-protocol'))
  })

  test('names of a lab and words of packets cannot end a line or begin a word of Mermaid', () => {
    const { ladder } = ladders[0]
    const name = 'end;\n%%{init}%% #1 "a" <b>'
    const nodes = ladder.nodes.map(node => (node.name === 'alice' ? { ...node, name } : node))
    const rows = ladder.rows.map(row => ({ ...row, from: row.from === 'alice' ? name : row.from, label: name }))
    const hostile = { ...ladder, nodes, rows, title: name }
    const { names, messages } = diagramOf(
      ladderMermaid(
        hostile,
        foldRows(rows, () => true),
      ),
    )
    assert.equal(names[0], name.replace('\n', ' '))
    assert.ok(messages.length > 0)
  })
})

// SVG.

interface Box {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where the texts of a picture are, in its own pixels: all groups that move their content are counted in. */
function textsOf(root: Element): Box[] {
  const found: Box[] = []
  const visit = (element: Element, dx: number, dy: number): void => {
    const moved = /translate\(([\d.-]+) ([\d.-]+)\)/.exec(element.attributes.get('transform') ?? '')
    const [x, y] = [dx + Number(moved?.[1] ?? 0), dy + Number(moved?.[2] ?? 0)]
    if (element.name === 'text') {
      const number = (key: string): number => Number(element.attributes.get(key))
      // Letters are 12 pixels high and stand around their line.
      found.push({
        text: element.text,
        x: x + number('x'),
        y: y + number('y') - 6,
        width: number('textLength'),
        height: 12,
      })
    }
    for (const child of element.children) visit(child, x, y)
  }
  visit(root, 0, 0)
  return found
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe('SVG', () => {
  for (const { lab, ladder } of ladders) {
    for (const open of [false, true]) {
      test(`${lab}${open ? ', unfolded' : ''}: no words lie on other words, none are outside, every line is there`, () => {
        const items = itemsOf(ladder, open)
        const [root, ...all] = elementsOf(ladderSvg(ladder, items))
        const texts = textsOf(root)
        const [width, height] = ['width', 'height'].map(key => Number(root.attributes.get(key)))
        for (const [i, box] of texts.entries()) {
          assert.ok(Number.isFinite(box.x + box.y + box.width), box.text)
          assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, box.text)
          for (const other of texts.slice(i + 1)) assert.ok(!overlap(box, other), `${box.text} on ${other.text}`)
        }
        const rows = all.filter(({ name, attributes }) => name === 'g' && attributes.get('class') === 'row')
        assert.equal(rows.length, Math.min(items.length, 400))
      })
    }
  }

  test('a ladder that is too long says how much is left out', () => {
    const { ladder } = ladders[0]
    const items = foldRows(ladder.rows, () => true)
    assert.ok(items.length > 400)
    assert.ok(ladderSvg(ladder, items).includes(`${items.length - 400} more rows are not in this picture`))
    assert.ok(ladderHtml(ladder, items).includes(`${items.length - 400} more rows are not in this picture`))
  })
})

// HTML.

interface Told {
  readonly title: string
  readonly rows: readonly {
    readonly label: string
    readonly facts: readonly string[]
    readonly packets: readonly {
      readonly fields: readonly [number, string, number, number][]
      readonly octets: string
    }[]
  }[]
}
const detailsIn = (page: string): Told[] =>
  JSON.parse(/<script type="application\/json" id="details">(.*?)<\/script>/s.exec(page)?.[1] ?? '')

describe('HTML', () => {
  const { ladder } = ladders[1]
  const items = itemsOf(ladder, false)
  const page = ladderHtml(ladder, items)

  test('one file that asks for nothing else', () => {
    assert.doesNotMatch(page, /\b(src|href|srcset|action)=|url\(|@import|fetch\(|XMLHttpRequest|import\(/)
    assert.equal(page.match(/https?:/g), null)
  })

  test('each line can be chosen, is said to those who do not see it, and has its packets, fields and octets', () => {
    const details = detailsIn(page)
    assert.equal(details.length, items.length)
    const said = [...page.matchAll(/role="option" tabindex="(0|-1)" aria-label="([^"]+)"/g)]
    assert.deepEqual(
      said.map(([, , label]) => label),
      details.map(({ title }) => title),
    )
    assert.deepEqual(said.map(([, index]) => index).filter(index => index === '0').length, 1)
    for (const [i, { rows }] of details.entries()) {
      const own = rowsOf(items[i])
      assert.equal(rows.length, Math.min(own.length, 40))
      for (const [j, row] of rows.entries()) {
        assert.equal(row.packets.length > 0, own[j].meaning.layer !== 'line')
        for (const { fields, octets } of row.packets) {
          assert.match(octets, /^([0-9a-f]{2})+$/)
          for (const [, , offset, length] of fields) assert.ok(offset + length <= octets.length / 2)
        }
      }
    }
  })

  test('a sealed packet shows what is inside', () => {
    const ping = detailsIn(page).find(({ title }) => /echo/.test(title))
    const fields = ping?.rows[0].packets.flatMap(packet => packet.fields.map(([, text]) => text)) ?? []
    assert.ok(fields.some(text => /^mppe/.test(text)) && fields.some(text => /^icmp/.test(text)))
  })

  test('words of packets are text, never markup', () => {
    const rows = ladder.rows.map(row => ({ ...row, label: '</script><img src=x onerror=alert(1)>' }))
    const hostile = ladderHtml(
      { ...ladder, title: '<b>"&', rows },
      foldRows(rows, () => true),
    )
    assert.equal(hostile.match(/<\/script>/g)?.length, 2)
    assert.doesNotMatch(hostile, /<img|<b>/)
  })

  const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
    name => spawnSync(name, ['--version']).status === 0,
  )
  test('from a file, by keys alone: arrows walk, Enter opens, Esc closes', { skip: chromium === undefined }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-ladder-'))
    try {
      const robot = `<script>
const said = [], press = key => dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }))
const look = () => said.push([document.activeElement.id, document.querySelector('aside').hidden, document.querySelector('aside h2')?.textContent ?? ''])
press('ArrowDown'); press('ArrowDown'); look(); press('Enter'); look(); press('j'); look(); press('Escape'); look(); press('End'); look(); press('Home'); look()
document.title = JSON.stringify(said)
</script>`
      writeFileSync(join(dir, 'page.html'), page.replace('</body>', `${robot}</body>`))
      const { stdout } = spawnSync(
        chromium as string,
        ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', `file://${join(dir, 'page.html')}`],
        { encoding: 'utf8', timeout: 60_000 },
      )
      const said = JSON.parse(
        /<title>(.*?)<\/title>/s.exec(stdout)?.[1].replaceAll('&amp;', '&').replaceAll('&gt;', '>') ?? '',
      )
      const titles = detailsIn(page).map(({ title }) => title)
      assert.deepEqual(said, [
        ['r2', true, ''],
        ['r2', false, titles[2]],
        ['r3', false, titles[3]],
        ['r3', true, titles[3]],
        [`r${titles.length - 1}`, true, titles[3]],
        ['r0', true, titles[3]],
      ])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
