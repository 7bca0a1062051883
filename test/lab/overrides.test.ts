/** `--set` takes every path that a message prints, as it is printed and as a shell leaves it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { renderIssues } from '../../src/lab/diagnostic.ts'
import { readDocument } from '../../src/lab/document.ts'
import { loadLab } from '../../src/lab/load.ts'
import { applyOverride } from '../../src/lab/overrides.ts'
import { child, Issues, join, type ScalarTree, type Tree } from '../../src/lab/tree.ts'
import { parseOverride } from '../../src/platform/files.ts'
import { fc } from '../support/fast-check.ts'
import { SHIPPED, shippedText } from '../support/shipped.ts'

function read(text: string): Tree {
  const tree = readDocument(text, 'lab', new Issues())
  assert.ok(tree)
  return tree
}
function* leaves(tree: Tree): Generator<ScalarTree> {
  if (tree.kind === 'scalar') yield tree
  else for (const below of tree.kind === 'map' ? tree.entries.values() : tree.items) yield* leaves(below)
}
/** The paths of the values that the option has changed. */
function changed(text: string, option: string): string[] {
  const tree = read(text)
  const issues = new Issues()
  applyOverride(tree, parseOverride(option), issues)
  assert.deepEqual(issues.sorted('lab'), [], option)
  return [...leaves(tree)].filter(leaf => leaf.mark.source.file === '--set').map(leaf => leaf.path)
}

describe('--set takes every path that is printed', () => {
  test('of every value of every lab', () => {
    let quoted = 0
    for (const name of SHIPPED) {
      const text = shippedText(name)
      for (const { path } of leaves(read(text))) {
        assert.deepEqual(changed(text, `${path}=7`), [path])
        if (!path.includes('"')) continue
        quoted++
        assert.deepEqual(changed(text, `${path.replaceAll('"', '')}=7`), [path])
        assert.deepEqual(changed(text, `${path.replaceAll(/\["(.*?)"\](?=[.[]|$)/g, '.$1')}=7`), [path])
      }
    }
    assert.ok(quoted > 100)
  })

  test('with any key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ maxLength: 5 }), (key, value) => {
        const path = join(join('', 'a'), key)
        const { path: read, value: given } = parseOverride(`${path}=${value}`)
        assert.deepEqual([read, given], [path, value])
        const mark = { source: { file: 'lab', text: '' }, start: 0, end: 0 }
        const leaf: Tree = { kind: 'scalar', path, mark, value: 'x', written: 'x', plain: true }
        const map: Tree = { kind: 'map', path: 'a', mark, entries: new Map([[key, leaf]]) }
        const root: Tree = { kind: 'map', path: '', mark, entries: new Map([['a', map]]) }
        const issues = new Issues()
        applyOverride(root, { path, value: '7' }, issues)
        assert.deepEqual(issues.sorted('lab'), [])
        assert.equal(map.entries.size, 1)
        const now = child(map, key)
        assert.equal(now?.kind === 'scalar' && now.written, '7')
      }),
    )
  })

  test('the checks of compulsory are changed by it', () => {
    const load = (option: string) => loadLab(shippedText('compulsory'), 'compulsory', [parseOverride(option)])
    const loaded = load('expect.no-vpn.state["bob.pptp"]=present')
    assert.ok(loaded.ok)
    assert.equal(loaded.lab.checks.find(({ name }) => name === 'no-vpn')?.state[0].want.value, 'present')
    assert.ok(load('expect.session.state["nas.lines[tty0].use"]=local').ok)
    assert.ok(load('topology.nodes.nas.tunnels["5550100"]=company').ok)
  })
})

test('the number behind the last adds an entry to a list, key by key', () => {
  const options = [
    'events[4].at=12s',
    'events[4].hangup=bob',
    'topology.nodes.company.routes[1]=10.7.0.0/24 via 203.0.113.1',
  ]
  const loaded = loadLab(shippedText('compulsory'), 'compulsory', options.map(parseOverride))
  assert.ok(loaded.ok)
  assert.equal(loaded.lab.events.length, 5)
  assert.ok(loaded.lab.events.some(({ at }) => at === sec(12)))
})

describe('a path that leads to no single value', () => {
  const rendered = (option: string): string => {
    const loaded = loadLab(shippedText('compulsory'), 'compulsory', [parseOverride(option)])
    return loaded.ok ? '' : renderIssues(loaded.issues)
  }
  test('a map, a list: the message names a value in it', () => {
    assert.match(
      rendered('expect.no-vpn.state=present'),
      /state: This is a map; --set replaces single values only\.\n.*\n.*\nhint: one of its values is expect\.no-vpn\.state\["bob\.pptp"\]$/,
    )
    assert.match(
      rendered('topology.links=1'),
      /This is a list; .*\n.*\n.*\nhint: one of its values is topology\.links\[0\]\.endp/,
    )
  })
  test('an unknown key in quotes is underlined with its quotes', () => {
    assert.match(rendered('topology.nodes["b.ob"].kind=host'), /There is no b\.ob here\.\n.*\n {7}\| {21}\^{8}\nhint/)
  })
})
