/** The tests of the suite, read from their sources, and the clauses of the standards that they name. */
import { readdirSync, readFileSync } from 'node:fs'
import { rootPath } from './root.ts'

export interface TestTitle {
  /** `test/ppp/session.test.ts` */
  readonly file: string
  /** `…` stands for what is filled in when it runs. */
  readonly title: string
  /** Named in the title, or else in that of the group around it. */
  readonly clauses: readonly Clause[]
}

export interface Clause {
  /** `RFC 1661` */
  readonly standard: string
  /** `§4.6`; empty for the whole of it. */
  readonly clause: string
}

const CALL =
  /^( *)(?:(describe|codecContract)|test)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/gm
const plain = (written: string): string => written.replace(/\\(.)/g, '$1')
const filled = (template: string): string => template.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')

export function testTitles(): TestTitle[] {
  const files = readdirSync(rootPath('test'), { recursive: true, encoding: 'utf8' })
    .map(name => `test/${name.replaceAll('\\', '/')}`)
    .filter(name => name.endsWith('.test.ts'))
    .sort()
  return files.flatMap(file => titlesOf(file, readFileSync(rootPath(file), 'utf8')))
}

function titlesOf(file: string, source: string): TestTitle[] {
  const found: TestTitle[] = []
  /** The groups around a call are those before it that are indented less. */
  let groups: { readonly depth: number; readonly clauses: readonly Clause[] }[] = []
  for (const [, indent, group, single, double, template] of source.matchAll(CALL)) {
    const title = plain(single ?? double ?? filled(template))
    groups = groups.filter(({ depth }) => depth < indent.length)
    const around = groups.at(-1)?.clauses ?? []
    const own = clausesIn(title, around[0]?.standard)
    const clauses = own.length > 0 ? own : around
    if (group) groups.push({ depth: indent.length, clauses })
    if (group !== 'describe') found.push({ file, title, clauses })
  }
  return found
}

/** `(RFC 2637 §4.1, §4.2)`; a clause without a standard is one of `standard`. */
export function clausesIn(title: string, standard?: string): Clause[] {
  const found: Clause[] = []
  for (const [word] of title.matchAll(/RFC \d+|FIPS 180|SP 500-20|IEEE 802\.1D|§\d+(?:\.\d+)*|\bA\.\d+/g)) {
    const last = found.at(-1)
    if (!/^[§A]/.test(word)) found.push({ standard: word, clause: '' })
    else if (last?.clause === '') found[found.length - 1] = { ...last, clause: word }
    else if (last ?? standard) found.push({ standard: last?.standard ?? standard ?? '', clause: word })
  }
  return found
}
