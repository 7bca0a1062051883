/**
 * The NAT zoo as text: for each side a table of boxes by clients, in words, and the reasons by their letters. Plain
 * enough for 80 columns.
 */

/** What the views of the zoo show of a cell; diagnose/nat-zoo.ts says what it means. */
export interface ZooShown {
  readonly name: string
  readonly like: string
  readonly side: string
  readonly clients: number
  readonly servers: 'same' | 'other'
  readonly works: number
  readonly outcome: string
  readonly reasons: readonly string[]
  readonly tunnels: readonly {
    readonly client: string
    readonly fate: string
    readonly end: string | undefined
    readonly up: { readonly sent: number; readonly arrived: number }
    readonly down: { readonly sent: number; readonly arrived: number }
    readonly causes: readonly { readonly way: string; readonly reason: string; readonly evidence: string }[]
  }[]
}
export type ZooSentences = Readonly<Record<string, string>>

const WIDTH = 80
const LABEL = 10
const CELL = 13

export const unique = <T>(all: readonly T[]): T[] => [...new Set(all)]

/** `1 client`, `2 clients, 1 server` */
export function columnWords({ clients, servers }: ZooShown): string {
  if (clients === 1) return '1 client'
  return `${clients} clients, ${servers === 'same' ? '1 server' : `${clients} servers`}`
}
/** The same in lines: a number and its noun stay together. */
export const columnLines = (text: string, width: number): string[] =>
  wrapped(text.replace(/ (?=client|server)/g, '\u00a0'), width).map(line => line.replaceAll('\u00a0', ' '))
export const sideWords = (side: string): string =>
  side === 'clients' ? "The box at the clients' side" : "The box at the servers' side"

/** Reasons by letters, in the order of the list of sentences, as far as they occur. */
export function lettersOf(cells: readonly ZooShown[], sentences: ZooSentences): ReadonlyMap<string, string> {
  const used = new Set(cells.flatMap(({ reasons }) => reasons))
  const all = Object.keys(sentences).filter(reason => used.has(reason))
  return new Map(all.map((reason, i) => [reason, 'abcdefghijklm'[i]]))
}

/** Lines of at most so many characters. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The tables, the reasons with an example of each, and with `whole` what the trace says of every tunnel. */
export function zooTable(cells: readonly ZooShown[], sentences: ZooSentences, whole = false): string {
  const letters = lettersOf(cells, sentences)
  const parts = unique(cells.map(({ side }) => side)).map(side => {
    const own = cells.filter(cell => cell.side === side)
    return `${sideWords(side)}\n\n${tableOf(own, letters)}`
  })
  return `${[...parts, reasonsOf(cells, sentences, letters), ...(whole ? [tunnelsOf(cells)] : [])].join('\n')}`
}

function tableOf(cells: readonly ZooShown[], letters: ReadonlyMap<string, string>): string {
  const columns = unique(cells.map(columnWords))
  const rows = unique(cells.map(({ like }) => like)).map(like => {
    const found = columns.map(column => cells.find(cell => cell.like === like && columnWords(cell) === column))
    const words = found.map(cell => (cell ? `${cell.outcome} (${signs(cell, letters)})` : ''))
    return row(
      like,
      words.map(text => wrapped(text, CELL)),
    )
  })
  return [
    row(
      '',
      columns.map(column => columnLines(column, CELL)),
    ),
    `${'-'.repeat(LABEL + columns.length * (CELL + 1))}\n`,
    ...rows,
  ].join('')
}

export const signs = ({ reasons }: ZooShown, letters: ReadonlyMap<string, string>): string =>
  reasons
    .map(reason => letters.get(reason))
    .sort()
    .join('')

function row(label: string, columns: readonly (readonly string[])[]): string {
  const height = Math.max(...columns.map(({ length }) => length))
  let text = ''
  for (let i = 0; i < height; i++) {
    const line = columns.map(lines => ` ${(lines[i] ?? '').padEnd(CELL)}`).join('')
    text += `${((i === 0 ? label : '').padEnd(LABEL) + line).trimEnd()}\n`
  }
  return text
}

function reasonsOf(cells: readonly ZooShown[], sentences: ZooSentences, letters: ReadonlyMap<string, string>): string {
  const lines = [...letters].flatMap(([reason, letter]) => {
    const sentence = wrapped(sentences[reason], WIDTH - 3)
    const example = exampleOf(cells, reason)
    const shown =
      example === undefined ? [] : wrapped(example, WIDTH - 5).map((line, i) => (i === 0 ? line : `  ${line}`))
    return [...sentence.map((line, i) => `${i === 0 ? letter : ' '}  ${line}`), ...shown.map(line => `     ${line}`)]
  })
  return `${lines.join('\n')}\n`
}

/** What the trace says where this was first the reason. */
function exampleOf(cells: readonly ZooShown[], wanted: string): string | undefined {
  for (const { name, tunnels } of cells) {
    for (const { client, causes } of tunnels) {
      const cause = causes.find(({ reason }) => reason === wanted)
      if (cause) return `${name}, ${client}: ${cause.evidence}`
    }
  }
  return undefined
}

function tunnelsOf(cells: readonly ZooShown[]): string {
  return cells
    .flatMap(({ name, outcome, tunnels }) => [
      `${name}: ${outcome}\n`,
      ...tunnels.map(({ client, fate, end, up, down, causes }) => {
        const ways = `GRE up ${up.arrived} of ${up.sent}, down ${down.arrived} of ${down.sent}`
        const why = causes.map(({ way, reason, evidence }) => `    ${way}: ${reason}, ${evidence}\n`).join('')
        return `  ${client}: ${fate}, ${ways}${end === undefined ? '' : `, ${end}`}\n${why}`
      }),
    ])
    .join('')
}
