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
 * With a pattern only the lines that match it are shown; `…` at the end says that there are others. The blocks of a page
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
  const wanted = new RegExp(pattern)
  const lines = output.trimEnd().split('\n')
  const shown = lines.filter(line => wanted.test(line))
  if (shown.length === 0) throw new Error(`${command}: no line of the output matches /${pattern}/`)
  const more = shown.length < lines.length ? ['…'] : []
  return `${[...shown, ...more].join('\n')}\n`
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
