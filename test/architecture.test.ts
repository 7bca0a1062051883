/**
 * Who may import whom, and what the core must not touch. The table below is the rule itself: a folder imports
 * only what its row names, so that the name of a folder says what its files can know.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, test } from 'node:test'
import { SyntaxKind } from 'typescript/unstable/ast'
import { rootPath } from './support/root.ts'
import { importsOf, type Token, tokensOf } from './support/tokens.ts'

/** Folders of src, then packages. A package's folder stands for all of its modules; `node:` for all of Node. */
const MAY_IMPORT: Readonly<
  Record<string, { readonly folders: readonly string[]; readonly packages: readonly string[] }>
> = {
  base: { folders: [], packages: [] },
  crypto: { folders: ['base'], packages: ['@noble/hashes'] },
  wire: { folders: ['base'], packages: ['ip-packet', 'tcp-userspace'] },
  ip: { folders: ['base', 'wire'], packages: ['tcp-userspace'] },
  ppp: { folders: ['base', 'crypto', 'wire'], packages: [] },
  pptp: { folders: ['base', 'wire'], packages: [] },
  link: { folders: ['base', 'wire'], packages: [] },
  radius: { folders: ['base', 'crypto', 'wire'], packages: [] },
  filter: { folders: ['base', 'wire'], packages: [] },
  app: { folders: ['base', 'ip'], packages: [] },
  node: { folders: ['base', 'wire', 'ip', 'ppp', 'pptp', 'link', 'radius', 'filter', 'app'], packages: [] },
  lab: { folders: ['base', 'wire', 'link', 'filter', 'node', 'app'], packages: ['yaml', 'valibot'] },
  view: { folders: ['base', 'wire', 'ppp', 'lab'], packages: [] },
  diagnose: { folders: ['base', 'wire', 'link', 'filter', 'lab', 'view', 'decode'], packages: [] },
  decode: { folders: ['base', 'crypto', 'wire', 'ppp', 'lab'], packages: [] },
  'index.ts': { folders: ['base', 'wire', 'lab', 'view', 'diagnose', 'decode'], packages: [] },
  // decode and most of diagnose are loaded by the commands that need them (decision 007).
  platform: { folders: ['index.ts', 'decode', 'diagnose'], packages: ['node:', 'tuntap2'] },
  'tcp-userspace': { folders: [], packages: [] },
  tuntap2: { folders: [], packages: ['node:', 'koffi'] },
}

/** Packages behind one file of ours. */
const ONLY_IMPORTER: Readonly<Record<string, string>> = {
  '@noble/hashes': 'crypto/hash.ts',
  'ip-packet': 'wire/ipv4-edge.ts',
  yaml: 'lab/document.ts',
  koffi: 'tuntap2/libc.ts',
}

/** Folders that may know Node and the wall clock; all others are the core. */
const OUTSIDE = new Set(['platform', 'tuntap2'])

/** Names that the core must not say: clocks, chance, the microtask queue, the machine, its language. */
const REFUSED = new Set([
  ...['Date', 'performance', 'Intl', 'localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase'],
  ...['Promise', 'async', 'await', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['WeakRef', 'FinalizationRegistry', 'globalThis', 'process', 'console', 'Buffer', 'eval', 'Atomics'],
])
/** Those that are refused as members too: `text.localeCompare(…)`. */
const REFUSED_MEMBERS = new Set(['localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase'])

interface SourceFile {
  /** Below src, with slashes: `ppp/lcp.ts`. */
  readonly path: string
  readonly text: string
}

const folderOf = (path: string): string => path.split('/')[0]
const slashes = (path: string): string => path.split(sep).join('/')

/** `lcp.ts:3: …`, one line for each breach. */
function breaches(files: readonly SourceFile[]): string[] {
  return files.flatMap(file => {
    const tokens = tokensOf(file.text)
    const core = !OUTSIDE.has(folderOf(file.path))
    return [...badImports(file, tokens), ...defaultExports(tokens), ...(core ? badWords(tokens) : [])].map(
      ({ line, rule }) => `src/${file.path}:${line}: ${rule}`,
    )
  })
}

interface Breach {
  readonly line: number
  readonly rule: string
}

function badImports({ path }: SourceFile, tokens: readonly Token[]): Breach[] {
  const folder = folderOf(path)
  const row = MAY_IMPORT[folder]
  if (!row) return [{ line: 1, rule: `${folder} has no row in the import table` }]
  const found: Breach[] = []
  for (const { specifier, line } of importsOf(tokens)) {
    const problem = specifier.startsWith('.')
      ? badFolder(path, row.folders, specifier)
      : badPackage(path, row.packages, specifier)
    if (problem !== undefined) found.push({ line, rule: problem })
  }
  return found
}

function badFolder(path: string, may: readonly string[], specifier: string): string | undefined {
  if (!specifier.endsWith('.ts')) return `${specifier} does not end in .ts`
  const [folder, target] = [folderOf(path), folderOf(targetOf(path, specifier))]
  return target === folder || may.includes(target)
    ? undefined
    : `${folder} may not import ${target} (${specifier}); it may import ${may.join(', ') || 'no folder'}`
}

function badPackage(path: string, may: readonly string[], specifier: string): string | undefined {
  const folder = folderOf(path)
  const name = may.find(known => specifier === known || specifier.startsWith(known.endsWith(':') ? known : `${known}/`))
  if (name === undefined) return `${folder} may not import the package ${specifier}`
  const only = ONLY_IMPORTER[name]
  return only === undefined || only === path ? undefined : `${name} is imported by ${only} alone`
}

const targetOf = (path: string, specifier: string): string => slashes(normalize(join(dirname(path), specifier)))

function defaultExports(tokens: readonly Token[]): Breach[] {
  const isDefault = ({ kind }: Token, i: number) =>
    kind === SyntaxKind.DefaultKeyword && ['export', 'as'].includes(tokens[i - 1]?.text)
  return tokens.filter(isDefault).map(({ line }) => ({ line, rule: 'there are no default exports' }))
}

function badWords(tokens: readonly Token[]): Breach[] {
  const found: Breach[] = []
  for (const [i, { kind, text, line }] of tokens.entries()) {
    const word = kind !== SyntaxKind.StringLiteral && REFUSED.has(text)
    const member = ['.', '?.'].includes(tokens[i - 1]?.text)
    if (word && (!member || REFUSED_MEMBERS.has(text))) found.push({ line, rule: `the core must not use ${text}` })
    if (text === 'Math' && tokens[i + 2]?.text === 'random') {
      found.push({ line, rule: 'the core must not use Math.random' })
    }
    if (kind === SyntaxKind.ForKeyword && isForIn(tokens, i)) {
      found.push({ line, rule: 'the core must not use for … in: the order of keys is not the order of writing' })
    }
  }
  return found
}

/** Does the head of the `for` at `i` hold an `in` of its own? */
function isForIn(tokens: readonly Token[], i: number): boolean {
  let depth = 0
  for (let at = i + 1; at < tokens.length; at++) {
    const { text, kind } = tokens[at]
    if ('([{'.includes(text) && text.length === 1) depth++
    else if (')]}'.includes(text) && text.length === 1) depth--
    else if (depth === 1 && kind === SyntaxKind.InKeyword) return true
    else if (depth === 1 && (text === 'of' || text === ';')) return false
    if (depth === 0) return false
  }
  return false
}

/** A way from a folder over its imports back to itself. */
function cycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const visit = (folder: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder]
    if (done.has(folder)) return undefined
    for (const next of edges.get(folder) ?? []) {
      const found = visit(next, [...way, folder])
      if (found) return found
    }
    done.add(folder)
    return undefined
  }
  for (const folder of edges.keys()) {
    const found = visit(folder, [])
    if (found) return found
  }
  return undefined
}

/** Which folder imports which, as it stands in the files. */
function folderEdges(files: readonly SourceFile[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  for (const { path, text } of files) {
    const from = folderOf(path)
    const to = edges.get(from) ?? new Set<string>()
    edges.set(from, to)
    for (const { specifier } of importsOf(tokensOf(text))) {
      const target = specifier.startsWith('.') ? folderOf(targetOf(path, specifier)) : specifier
      if (target !== from) to.add(target)
    }
  }
  return edges
}

const files: SourceFile[] = readdirSync(rootPath('src'), { recursive: true, encoding: 'utf8' })
  .map(slashes)
  .filter(path => path.endsWith('.ts') && !/(^|\/)(dist|node_modules)\//.test(path))
  .sort()
  .map(path => ({ path, text: readFileSync(rootPath(join('src', path)), 'utf8') }))

describe('the dependency rule', () => {
  test('every folder imports what its row names, and the core uses no clock, chance, promise or machine', () => {
    assert.deepEqual(breaches(files), [])
  })

  test('all of src was read', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)))
    for (const folder of [
      'base',
      'wire',
      'ip',
      'ppp',
      'pptp',
      'link',
      'node',
      'lab',
      'platform',
      'tcp-userspace',
      'tuntap2',
    ]) {
      assert.ok(folders.has(folder), `no file of src/${folder} was read`)
    }
    const imports = files.flatMap(({ text }) => importsOf(tokensOf(text)))
    assert.ok(files.length > 100 && imports.length > 300, `${files.length} files with ${imports.length} imports`)
    // A second, coarser way to count: lines that end as imports and re-exports end.
    const lines = files.flatMap(
      ({ text }) => text.match(/^(import|export|\}).* from '[^']+'$|^import '[^']+'$/gm) ?? [],
    )
    const calls = files.flatMap(({ text }) => text.match(/\bimport\('/g) ?? [])
    assert.equal(imports.length, lines.length + calls.length)
  })

  test('no cycle of folders, in the files and in the table', () => {
    assert.equal(cycle(folderEdges(files)), undefined)
    assert.equal(
      cycle(new Map(Object.entries(MAY_IMPORT).map(([name, row]) => [name, new Set(row.folders)]))),
      undefined,
    )
  })
})

describe('the terminal UI', () => {
  const ui = readdirSync(rootPath('tui'), { recursive: true, encoding: 'utf8' })
    .map(slashes)
    .filter(path => path.endsWith('.ts'))
    .map(path => ({ path: `../tui/${path}`, text: readFileSync(rootPath(join('tui', path)), 'utf8') }))
  const allowed = (path: string, specifier: string): boolean => {
    if (specifier === 'blessed') return path === '../tui/screen.ts'
    if (!specifier.startsWith('.')) return specifier.startsWith('node:') && !path.startsWith('../tui/views/')
    const target = targetOf(path, specifier).replace(/^\.\.\/src\//, '')
    return target.startsWith('../tui/') || target === 'index.ts' || target.startsWith('platform/')
  }
  const bad = (path: string, text: string): string[] =>
    importsOf(tokensOf(text))
      .filter(({ specifier }) => !allowed(path, specifier))
      .map(({ specifier, line }) => `${path}:${line}: ${specifier}`)

  test('imports itself, src/index.ts and src/platform; screen.ts alone blessed; views nothing of Node', () => {
    assert.ok(ui.length > 30, `${ui.length} files`)
    assert.deepEqual(
      ui.flatMap(({ path, text }) => bad(path, text)),
      [],
    )
    assert.deepEqual(bad('../tui/app.ts', "import { Run } from '../src/lab/run.ts'\nimport blessed from 'blessed'"), [
      '../tui/app.ts:1: ../src/lab/run.ts',
      '../tui/app.ts:2: blessed',
    ])
  })

  test('is imported by nothing in src', () => {
    const imports = files.flatMap(({ path, text }) =>
      importsOf(tokensOf(text)).map(({ specifier }) => (specifier.startsWith('.') ? targetOf(path, specifier) : '')),
    )
    assert.deepEqual(
      imports.filter(target => target.startsWith('../tui')),
      [],
    )
  })
})

describe('the judge of the dependency rule sees', () => {
  const judge = (path: string, text: string): string[] => breaches([{ path, text }])
  const CASES: readonly (readonly [what: string, path: string, text: string, breach: RegExp])[] = [
    ['an import', 'ppp/a.ts', "\nimport { x } from '../pptp/call.ts'", /^src\/ppp\/a\.ts:2: ppp may not import pptp/],
    ['an import for its effect', 'ppp/a.ts', "import '../pptp/call.ts'", /may not import pptp/],
    [
      'an import over several lines',
      'ip/a.ts',
      "import {\n  x,\n} from '../ppp/b.ts'",
      /a\.ts:3: ip may not import ppp/,
    ],
    ['an import of a namespace', 'base/a.ts', "import * as Gre from '../wire/gre.ts'", /base may not import wire/],
    ['an import of types', 'base/a.ts', "import type { Lab } from '../lab/lab.ts'", /base may not import lab/],
    ['a re-export', 'wire/a.ts', "export { x } from '../ip/stack.ts'", /wire may not import ip/],
    ['a re-export of all', 'wire/a.ts', "export * from '../ip/stack.ts'", /wire may not import ip/],
    ['a re-export by a name', 'wire/a.ts', "export * as Ip from '../ip/stack.ts'", /wire may not import ip/],
    ['a re-export of types', 'wire/a.ts', "export type { X } from '../ip/stack.ts'", /wire may not import ip/],
    ['a dynamic import', 'lab/a.ts', "const x = import('../ppp/lcp.ts')", /lab may not import ppp/],
    ['an import in a type', 'lab/a.ts', "type X = import('../ppp/lcp.ts').X", /lab may not import ppp/],
    [
      'an import inside a template',
      'lab/a.ts',
      'const x = `a $' + "{import('../ppp/lcp.ts')} b`",
      /may not import ppp/,
    ],
    ['Node in the core', 'lab/a.ts', "import { readFileSync } from 'node:fs'", /the package node:fs/],
    ['a package', 'node/a.ts', "import { parse } from 'yaml'", /node may not import the package yaml/],
    ['a second importer', 'lab/a.ts', "import { parse } from 'yaml'", /yaml is imported by lab\/document\.ts alone/],
    [
      'the inside of a package',
      'ip/a.ts',
      "import { x } from '../tcp-userspace/seq.ts'",
      /may not import tcp-userspace/,
    ],
    ['the program past the API', 'platform/a.ts', "import { x } from '../lab/run.ts'", /platform may not import lab/],
    ['a folder without a row', 'extra/a.ts', '', /extra has no row/],
    ['an import without .ts', 'ppp/a.ts', "import { x } from './lcp.js'", /does not end in \.ts/],
    ['a default export', 'platform/a.ts', 'export default 1', /no default exports/],
    ['a default export by name', 'base/a.ts', 'const x = 1\nexport { x as default }', /a\.ts:2: there are no default/],
    ['Math.random', 'base/a.ts', 'const x = Math.random()', /Math\.random/],
    ['Date', 'base/a.ts', 'const x = new Date()', /must not use Date/],
    ['a promise', 'base/a.ts', 'const x = Promise.resolve(1)', /Promise/],
    ['an async function', 'base/a.ts', 'export async function x() {}', /async/],
    ['a timer', 'base/a.ts', 'setTimeout(() => {}, 1)', /setTimeout/],
    ['a locale', 'base/a.ts', 'const x = a.sort((b, c) => b.localeCompare(c))', /localeCompare/],
    ['for … in', 'base/a.ts', 'for (const key in table) use(key)', /for … in/],
    [
      'what stands behind a regular expression',
      'base/a.ts',
      'const a = /["`]/\nconst b = Date.now()',
      /a\.ts:2:.*Date/,
    ],
    ['what stands behind a template', 'base/a.ts', 'const a = `$' + '{{ b: `}` }} "`\nDate.now()', /a\.ts:2:.*Date/],
  ]
  for (const [what, path, text, breach] of CASES) {
    test(what, () => {
      const found = judge(path, text)
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0], breach)
    })
  }

  test('nothing in comments, strings, members of that name, and loops over lists', () => {
    const text = `// Date, import '../lab/run.ts'
      /* Math.random() */
      const a = 'Date', b = \`Math.random\`, c = /Date/
      const d = e.process(a / b / c)
      export const f = { g: 1 }
      for (const h of d) if (a in d) use(h)
      for (let i = 0; i < 3; i++) use(i in d)`
    assert.deepEqual(judge('base/a.ts', text), [])
  })

  test('a cycle', () => {
    const edges = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ])
    assert.deepEqual(cycle(edges), ['b', 'c', 'b'])
    assert.equal(cycle(new Map([['a', new Set(['b'])]])), undefined)
  })
})
