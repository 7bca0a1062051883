/** Without a lab: those that come with the program, one line each, and a look at the machines and links of one. */
import type { Lab } from '../../src/index.ts'
import { isMatch } from '../filter.ts'
import { formOf, tooSmall, wrap } from '../frame.ts'
import type { Size } from '../model.ts'
import type { SessionSource } from '../session.ts'
import { ends, fit, type Line, left, line, type Span, span } from '../text.ts'

export interface StartChoice extends SessionSource {
  readonly name: string
  /** A file of the user. */
  readonly own?: true
}

export interface Start {
  readonly labs: readonly StartChoice[]
  /** Among those that the filter lets through. */
  readonly chosen: number
  readonly filter: string
  /** The filter is being typed. */
  readonly typing: boolean
}

/** Labs that the filter lets through. */
export const labsShown = ({ labs, filter }: Start): readonly StartChoice[] =>
  labs.filter(choice => isMatch(`${choice.name} ${wordsOf(choice)}`, filter))

const wordsOf = ({ lab, own }: StartChoice): string => `${own ? 'yours: ' : ''}${lab.description}`

/** A file may be called anything: its description is seen, too. */
const LONGEST_NAME = 32

export function startScreen(start: Start, size: Size): readonly Line[] {
  const { chosen, filter, typing } = start
  const labs = labsShown(start)
  const { columns, rows } = size
  if (formOf(size) === 'none') return tooSmall(size, [])
  const room = rows - 4
  const listed = Math.min(labs.length, Math.max(3, Math.floor(room / 3)))
  const first = Math.max(0, Math.min(chosen - listed + 1, labs.length - listed))
  const width = Math.min(LONGEST_NAME, Math.max(0, ...start.labs.map(({ name }) => name.length)))
  const list = labs.slice(first, first + listed).map((choice, at): Line => {
    const here = first + at === chosen
    const style = here ? { reverse: true } : {}
    const text = `${left(choice.name, width)}  ${wordsOf(choice)}`
    return fit(line(here ? '► ' : '  ', span(text, undefined, { bold: here, ...style })), columns)
  })
  const look = labs.length > 0 ? lookAt(labs[chosen].lab, columns) : [line(emptyText(start))]
  const lines: Line[] = [
    ends(
      line(span(' pptp-lab', undefined, { bold: true }), '  choose a lab'),
      line(labs.length === start.labs.length ? `${labs.length} labs ` : `${labs.length} of ${start.labs.length} labs `),
      columns,
    ),
    line(''),
    ...list,
    line(''),
    ...look,
  ].map(part => fit(part, columns))
  const body = lines.slice(0, rows - 1)
  while (body.length < rows - 1) body.push(line(' '.repeat(columns)))
  return [...body, fit(typing ? typingLine(filter) : keysLine(filter), columns)]
}

const key = (name: string): Span => span(name, undefined, { bold: true })
const typingLine = (filter: string): Line =>
  line(' ', key(`/${filter}_`), '   ', key('Enter'), ' keep  ', key('Esc'), ' clear')
const keysLine = (filter: string): Line =>
  line(
    ' ',
    ...(filter === '' ? [] : [key(`/${filter}`), '  ']),
    key('jk'),
    ' choose  ',
    key('Enter'),
    ' open  ',
    key('/'),
    ' filter  ',
    key('q'),
    ' quit',
  )

const emptyText = ({ labs, filter }: Start): string =>
  labs.length === 0 ? ' No lab comes with this program.' : ` No lab matches ${filter}; Esc clears the filter.`

/** Nodes and links as they will be: the lab is not started. */
function lookAt({ name, description, nodes, links, checks, questions }: Lab, columns: number): Line[] {
  const width = Math.max(4, ...nodes.map(node => node.name.length))
  const about = wrap(description, columns - 2).map(text => line(` ${text}`))
  const machines = nodes.map(({ name, kind, interfaces }) =>
    line(` ${left(name, width)}  ${left(kind, 11)}  `, span(interfaces.map(({ name }) => name).join(' '), 'muted')),
  )
  const wires = links.map(({ ends: [a, b] }) => line(` ${a.node}:${a.iface} ── ${b.node}:${b.iface}`))
  const asks = questions.length > 0 ? `, ${questions.length} questions` : ''
  return [
    line(span(` ${name}`, undefined, { bold: true })),
    ...about,
    line(''),
    line(span(` ${nodes.length} machines, ${links.length} links, ${checks.length} checks${asks}`, 'muted')),
    ...machines,
    ...wires,
  ]
}
