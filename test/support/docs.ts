/**
 * The documentation as data: its pages, their tables, and the console blocks whose output is checked.
 *
 *     ```console check                        ```console check /LCP opened/
 *     $ pptp-lab run voluntary                $ pptp-lab run voluntary
 *     all that it prints                        0.165919  data     office        LCP opened (0)
 *     ```                                       0.185916  data     alice         LCP opened
 *                                             …
 *                                             ```
 *
 * With a pattern only the lines that match it are shown; `…` at the end says that there are others, and
 * each of its alternatives must match some line: else the page talks of what the program no longer says. The blocks of a page
 * are run in their order in one empty folder, so that one may decode what another has captured.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootPath } from './root.ts'

/** Where a run of the program must make no difference: its time zone and language. */
export interface Place {
  readonly zone: string
  readonly locale: string
}

/** Paths of all pages, from the root of the repository. */
export function pages(): string[] {
  const below = readdirSync(rootPath('docs'), { recursive: true, encoding: 'utf8' })
  const docs = below.filter(name => name.endsWith('.md')).map(name => `docs/${name.replaceAll('\\', '/')}`)
  return ['README.md', ...docs.sort()]
}

export const page = (path: string): string => readFileSync(rootPath(path), 'utf8')

const BLOCK = /^```console check(?: \/(.*)\/)?\n\$ (pptp-lab .*)\n([\s\S]*?)^```$/gm

export const checkedCommands = (text: string): string[] => [...text.matchAll(BLOCK)].map(match => match[2])

/** How many fences ask to be checked, whether or not the rest of the block can be read. */
export const claims = (text: string): number => [...text.matchAll(/^```console check/gm)].length

/** The page with the output that the program gives today. */
export function withFreshOutput(text: string, place: Place): string {
  const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-docs-'))
  try {
    return text.replace(BLOCK, (_, pattern: string | undefined, command: string) => {
      const output = select(outputOf(command, folder, place), pattern, command)
      const info = pattern === undefined ? '' : ` /${pattern}/`
      return `\`\`\`console check${info}\n$ ${command}\n${output}\`\`\``
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function outputOf(command: string, cwd: string, { zone, locale }: Place): string {
  const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(1)
  const { stdout, stderr, status } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, TZ: zone, LC_ALL: locale, LANG: locale },
  })
  // 0 good, 1 a check has failed, 2 a mistake that the page may want to show.
  if (status === null || status > 2) throw new Error(`${command} ended with status ${status}:\n${stderr}`)
  return stdout + stderr
}

function select(output: string, pattern: string | undefined, command: string): string {
  if (pattern === undefined) return output
  const lines = output.trimEnd().split('\n')
  for (const branch of alternatives(pattern)) {
    const found = lines.some(line => new RegExp(branch).test(line))
    if (!found) throw new Error(`${command}: no line of the output matches /${branch}/`)
  }
  const wanted = new RegExp(pattern)
  const shown = lines.filter(line => wanted.test(line))
  const more = shown.length < lines.length ? ['…'] : []
  return `${[...shown, ...more].join('\n')}\n`
}

/** Every way through the `|` of a pattern, also of those in brackets: `a(b|c)|d` is `a(?:b)`, `a(?:c)` and `d`. */
export function alternatives(pattern: string): string[] {
  const done: string[] = []
  let ways = ['']
  const extend = (parts: readonly string[]) => {
    ways = ways.flatMap(way => parts.map(part => way + part))
  }
  for (let at = 0; at < pattern.length; ) {
    const [piece] = /^(\\.|\[(\\.|[^\]])*\]|[\s\S])/.exec(pattern.slice(at)) as RegExpExecArray
    const inner = piece === '(' ? pattern.slice(at + 1, closing(pattern, at)) : ''
    if (piece === '|') {
      done.push(...ways)
      ways = ['']
    } else extend(piece === '(' ? alternatives(inner).map(way => `(?:${way})`) : [piece])
    at += piece === '(' ? inner.length + 2 : piece.length
  }
  return [...done, ...ways]
}

/** Where the bracket that opens at `at` is closed. */
function closing(pattern: string, at: number): number {
  let depth = 0
  for (const match of pattern.slice(at).matchAll(/\\.|\[(?:\\.|[^\]])*\]|[()]/g)) {
    if (match[0] === '(') depth++
    if (match[0] === ')' && --depth === 0) return at + match.index
  }
  throw new Error(`a bracket is open: /${pattern}/`)
}

/** The parts of a page below its headings of one level, by heading; code marks are taken off. */
export function sections(text: string, level: number): Map<string, string> {
  const parts = text.split(new RegExp(`^${'#'.repeat(level)} (.+)$`, 'm'))
  const found = new Map<string, string>()
  for (let i = 1; i < parts.length; i += 2) {
    const below = parts[i + 1].split(new RegExp(`^#{1,${level}} `, 'm'))[0]
    found.set(parts[i].replaceAll('`', ''), below)
  }
  return found
}

/** The rows of all tables of a text, without their heads; `\|` is a bar inside a cell. */
export function tableRows(text: string): string[][] {
  const rows: string[][] = []
  let body = false
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) body = false
    else if (/^\|[\s:|-]+\|$/.test(line)) body = true
    else if (body)
      rows.push(
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map(cell => cell.trim().replaceAll('\\|', '|')),
      )
  }
  return rows
}

/** `name` of a cell that begins with it as code. */
export const codeOf = (cell: string): string => /^`([^`]+)`/.exec(cell)?.[1] ?? cell
