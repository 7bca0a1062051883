/**
 * A lab as a flowchart of Mermaid, for pages that draw such text themselves (GitHub, GitLab, many editors).
 *
 * Nodes are n0, n1, … in the order of the file: names of a lab may be words of Mermaid, such as `end`.
 */
import type { Lab } from '../lab/lab.ts'
import { columnsOf } from './graph.ts'
import {
  linkWords,
  numbers,
  type Picture,
  type PictureEnd,
  type PictureLink,
  type PictureNode,
  PROTECTION_WORDS,
  pictureOf,
  stripOf,
} from './picture.ts'
import { graphOf } from './plan.ts'
import type { Protection } from './tunnels.ts'

export function graphMermaid(lab: Lab): string {
  const picture = pictureOf(lab)
  const ids = new Map(picture.nodes.map(({ name }, i) => [name, `n${i}`]))
  const links = leftToRight(picture)
  const lines = [
    'flowchart LR',
    `accTitle: ${oneLine(picture.name)}`,
    `accDescr: ${oneLine(picture.description)}`,
    ...picture.nodes.map(node => `${ids.get(node.name)}${shapeOf(node)}:::${classOf(node)}`),
    ...links.map(({ link, ends }) => {
      const [from, to] = ends.map(({ node }) => ids.get(node))
      return `${from} ${arrowOf(link)}${labelOf(link, ends)} ${to}`
    }),
    ...tunnelList(picture),
    ...CLASSES,
    ...links.flatMap(({ link }, i) => (colourOf(link) === undefined ? [] : `linkStyle ${i} stroke:${colourOf(link)}`)),
  ]
  return `${lines.map((line, i) => (i === 0 ? line : `  ${line}`)).join('\n')}\n`
}

/** Text inside of quotes; what has a meaning there is written by its number. */
const quoted = (text: string): string => `"${text.replace(/[#"&<>\\`;|]/g, one => `#${one.charCodeAt(0)};`)}"`
const lines = (texts: readonly string[]): string =>
  `"${texts
    .filter(text => text !== '')
    .map(text => quoted(text).slice(1, -1))
    .join('<br/>')}"`
const oneLine = (text: string): string => text.replace(/[\p{Cc};#]+/gu, ' ').trim()

/** Every kind its own shape; one that is not known here is a box. */
function shapeOf(node: PictureNode): string {
  const { name, kind, job, role, addresses, notes } = node
  const words = lines([
    name,
    role === '' ? job : `${job}, ${role}`,
    addresses.length === 1 ? addresses[0] : '',
    ...notes.map(({ text, stops }) => (stops ? `× ${text}` : text)),
  ])
  if (ROUTING.has(kind)) return `([${words}])`
  if (kind === 'switch') return `[[${words}]]`
  if (kind === 'pptp-server') return `{{${words}}}`
  if (kind === 'radius') return `[(${words})]`
  if (kind === 'client') return `(${words})`
  return `[${words}]`
}

const ROUTING: ReadonlySet<string> = new Set(['router', 'firewall', 'load-balancer'])
const COLOURED: ReadonlySet<string> = new Set(['client', 'pptp-server', 'router', 'switch', 'host', 'radius'])
function classOf({ kind, outside, notes }: PictureNode): string {
  if (notes.some(({ stops }) => stops)) return 'stops'
  if (outside) return 'outside'
  return COLOURED.has(kind) ? kind : ROUTING.has(kind) ? 'router' : 'other'
}

const CLASSES = [
  'classDef client fill:#ddf4ff,stroke:#57606a,color:#1f2328',
  'classDef pptp-server fill:#dafbe1,stroke:#57606a,color:#1f2328',
  'classDef router fill:#f6f8fa,stroke:#57606a,color:#1f2328',
  'classDef switch fill:#eaeef2,stroke:#57606a,color:#1f2328',
  'classDef host fill:#fff8c5,stroke:#57606a,color:#1f2328',
  'classDef radius fill:#fff8c5,stroke:#57606a,color:#1f2328',
  'classDef outside fill:#ffffff,stroke:#57606a,color:#1f2328,stroke-dasharray:5 3',
  'classDef stops fill:#ffebe9,stroke:#cf222e,color:#1f2328',
  'classDef other fill:#ffffff,stroke:#57606a,color:#1f2328',
]

interface Directed {
  readonly link: PictureLink
  readonly ends: readonly [PictureEnd, PictureEnd]
}

/** Mermaid ranks nodes by the directions of links: those go from the users to the servers here. */
function leftToRight(picture: Picture): Directed[] {
  const columns = columnsOf(graphOf(picture))
  return picture.links.map((link): Directed => {
    const [a, b] = link.ends
    return { link, ends: (columns.get(a.node) ?? 0) > (columns.get(b.node) ?? 0) ? [b, a] : [a, b] }
  })
}

/** Thick where a tunnel is, dotted where a telephone line is. */
const arrowOf = ({ tunnels, serial, dead }: PictureLink): string =>
  tunnels.length > 0 && !dead ? '===' : serial || dead ? '-.-' : '---'

function labelOf(link: PictureLink, [from, to]: readonly [PictureEnd, PictureEnd]): string {
  const kinds = [...new Set(link.tunnels.map(({ protection }) => protection))]
  const what = kinds.length === 1 ? `: ${PROTECTION_WORDS[kinds[0]]}` : ''
  const tunnels = link.tunnels.map(({ no }) => no)
  const spare = link.spare.length > 0 ? `another way of tunnel ${numbers(link.spare.map(({ no }) => no))}` : ''
  const words = [
    linkWords(link, from === link.ends[0] ? 0 : 1),
    `${endWords(from)} - ${endWords(to)}`,
    link.network,
    tunnels.length > 0 ? `tunnel ${numbers(tunnels)}${what}` : spare || (link.leg ? PROTECTION_WORDS[link.leg] : ''),
  ]
  return `|${lines(words)}|`
}

const endWords = ({ iface, host, side }: PictureEnd): string =>
  [iface, host, side].filter(word => word !== '').join(' ')

function tunnelList({ tunnels }: Picture): string[] {
  if (tunnels.length === 0) return []
  return [
    'subgraph tunnels [" "]',
    ...tunnels.map(tunnel => {
      const { no, client, caller, server, protection } = tunnel
      const head = `tunnel ${no}: ${client} to ${server}${caller === undefined ? '' : `, for ${caller}`}`
      return `  t${no}[${lines([head, PROTECTION_WORDS[protection], ...stripOf(tunnel).facts])}]:::${protection}`
    }),
    'end',
    'style tunnels fill:none,stroke:none',
    ...PROTECTIONS.filter(one => tunnels.some(({ protection }) => protection === one)).map(
      one => `classDef ${one} fill:#ffffff,stroke:${COLOURS[one]},color:#1f2328`,
    ),
  ]
}

const PROTECTIONS = ['protected', 'clear', 'none', 'open'] as const satisfies readonly Protection[]
const COLOURS: Readonly<Record<Protection, string>> = {
  protected: '#1a7f37',
  clear: '#bc4c00',
  none: '#cf222e',
  open: '#8250df',
}

/** Of a link whose tunnels are of one kind, or that is before or behind one. */
function colourOf({ tunnels, leg }: PictureLink): string | undefined {
  const kinds = [...new Set(tunnels.map(({ protection }) => protection))]
  if (kinds.length === 1) return COLOURS[kinds[0]]
  return kinds.length === 0 && leg ? COLOURS[leg] : undefined
}
