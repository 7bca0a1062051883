/** The pages tell the truth: output that they show is what the program prints, and their links lead somewhere. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { load, renderIssues, run } from '../src/index.ts'
import { alternatives, checkedCommands, claims, page, pages, tableRows, withFreshOutput } from './support/docs.ts'
import { DOCTOR_PAGE, withTables } from './support/doctor-page.ts'
import { LINE_TABLE, rows, withLineTable } from './support/line-table.ts'
import { PICTURES, pictureOfShipped } from './support/pictures.ts'
import { rootPath } from './support/root.ts'
import { reachesOut, SHIPPED } from './support/shipped.ts'

/** As far as can be from those of `npm run docs:update`. */
const ELSEWHERE = { zone: 'Pacific/Chatham', locale: 'tr_TR.UTF-8' }

describe('checked output (npm run docs:update)', () => {
  const checked = pages().filter(path => claims(page(path)) > 0)
  for (const path of checked) {
    test(`${path} shows what the program prints`, () => {
      const text = page(path)
      assert.equal(
        checkedCommands(text).length,
        claims(text),
        'a block that begins with `console check` cannot be read',
      )
      assert.equal(withFreshOutput(text, ELSEWHERE), text)
    })
  }

  test('the table of windows on the page of compulsory is what is measured; the line is full from two frames on', () => {
    const text = page(LINE_TABLE)
    assert.equal(withLineTable(text), text)
    const found = rows()
    for (const { what, share, dropped } of found) {
      if (what !== '1') assert.ok(share >= 0.9 && share <= 1, `${what} ${share}`)
      assert.equal(dropped > 0, what === '8, not obeyed', what)
    }
  })

  test('the tables of the doctor are those of its tree and its causes', () => {
    const text = page(DOCTOR_PAGE)
    assert.equal(withTables(text), text)
  })

  test('every lab has a page with the run of that lab (for a bridge, what it changes), and the index names it', () => {
    const index = page('docs/labs/README.md')
    assert.ok(SHIPPED.length >= 4)
    for (const lab of SHIPPED) {
      const command = reachesOut(lab) ? `pptp-lab bridge ${lab} --dry-run` : `pptp-lab run ${lab}`
      const shown = checkedCommands(page(`docs/labs/${lab}.md`))
      const whole = [command, `${command} --quiet --ledger`]
      assert.ok(
        shown.some(each => whole.includes(each)),
        lab,
      )
      assert.ok(index.includes(`(${lab}.md)`), lab)
    }
  })

  test('every lab has its drawing on its page, as text and as the picture that `graph` draws', () => {
    for (const lab of SHIPPED) {
      const text = page(`docs/labs/${lab}.md`)
      assert.ok(checkedCommands(text).includes(`pptp-lab graph ${lab}`), lab)
      assert.match(text, new RegExp(`!\\[[^\\]]{20,}\\]\\(pictures/${lab}\\.svg\\)`))
      assert.equal(page(`${PICTURES}/${lab}.svg`), pictureOfShipped(lab), `npm run docs:update draws ${lab}.svg anew`)
    }
    assert.deepEqual(readdirSync(rootPath(PICTURES)).sort(), SHIPPED.map(lab => `${lab}.svg`).sort())
  })

  test('a line that is not printed is noticed; a pattern that matches nothing is an error', () => {
    const block = (info: string, output: string) => `\`\`\`console check${info}\n$ pptp-lab labs\n${output}\`\`\``
    const fresh = withFreshOutput(block('', ''), ELSEWHERE)
    assert.match(fresh, /^voluntary +Alice dials/m)
    assert.equal(withFreshOutput(fresh, ELSEWHERE), fresh)
    assert.equal(withFreshOutput(fresh.replace('Alice dials', 'Bob dials'), ELSEWHERE), fresh)
    assert.match(withFreshOutput(block(' /^voluntary /', ''), ELSEWHERE), /labs\nvoluntary .*\n…\n```$/)
    assert.throws(() => withFreshOutput(block(' /nothing of it/', ''), ELSEWHERE), /no line/)
    assert.throws(() => withFreshOutput(block(' /^voluntary |nothing of it/', ''), ELSEWHERE), /no line .*\/nothing/)
    assert.throws(() => withFreshOutput(block(' /^(voluntary|nothing) /', ''), ELSEWHERE), /\/\^\(\?:nothing\) \//)
  })

  test('the alternatives of a pattern', () => {
    assert.deepEqual(alternatives('a'), ['a'])
    assert.deepEqual(alternatives('a(b|c)d|e'), ['a(?:b)d', 'a(?:c)d', 'e'])
    assert.deepEqual(alternatives('(a|(b|c))'), ['(?:a)', '(?:(?:b))', '(?:(?:c))'])
    assert.deepEqual(alternatives('\\(|[|()]x'), ['\\(', '[|()]x'])
  })
})

test('the lab of the README runs, and its checks pass', () => {
  const blocks = [...page('README.md').matchAll(/^```yaml\n(.*?)^```$/gms)].map(match => match[1])
  assert.equal(blocks.length, 1)
  const loaded = load(blocks[0], 'README.md')
  assert.ok(loaded.ok, loaded.ok ? '' : renderIssues(loaded.issues))
  const { checks } = run(loaded.lab)
  assert.deepEqual(
    checks.map(({ ok, name }) => [name, ok]),
    [['ping', true]],
  )
})

test('the README ends its run as the program does', () => {
  const shown = /status 0:\n\n```\n(.*?)…\n(.*?)```/s.exec(page('README.md'))
  assert.ok(shown)
  const whole = /^```console check\n\$ pptp-lab run .*?^```$/ms.exec(page('docs/labs/voluntary.md'))?.[0] ?? ''
  for (const part of shown.slice(1)) assert.ok(whole.includes(`\n${part}`), part)
})

describe('pages', () => {
  for (const path of pages()) {
    test(`${path}: every link within the repository leads to a file`, () => {
      const targets = [...page(path).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(match => match[1])
      const broken = targets.filter(to => !/^https?:/.test(to) && !existsSync(rootPath(join(dirname(path), to))))
      assert.deepEqual(broken, [])
    })
  }

  test('tables are read by rows and cells', () => {
    assert.deepEqual(tableRows('| a | b |\n| - | - |\n| `x \\| y` | 2 |\n\n| c |\n|---|\n| 3 |\n'), [
      ['`x | y`', '2'],
      ['3'],
    ])
  })
})
