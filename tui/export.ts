/** `x`: what can be taken out of the program as files, and how each is made. */
import {
  fingerprintOf,
  graphMermaid,
  graphSvg,
  lineOf,
  type SimTime,
  type StoryLine,
  watchLinks,
} from '../src/index.ts'
import type { Model } from './model.ts'
import type { Session } from './session.ts'
import { type Line, plainText } from './text.ts'
import { rareEvents, toldOf } from './told.ts'
import { exported as ladderAs } from './views/ladder.ts'
import { chosenPacket } from './views/packets.ts'

export const EXPORTS = [
  ...([
    'screen',
    'story',
    'captures',
    'capture',
    'ladder-text',
    'ladder-svg',
    'ladder-html',
    'ladder-mermaid',
  ] as const),
  ...(['svg', 'mermaid'] as const),
] as const
export type ExportKind = (typeof EXPORTS)[number]

export interface NewFile {
  /** In the present folder, where no file of this name is. */
  readonly name: string
  readonly content: string | Uint8Array
}

/** Writes a file that is not there yet; which name it got. Throws an error whose message is a sentence. */
export type WriteNew = (name: string, content: string | Uint8Array) => string

interface Offer {
  readonly key: string
  /** Undefined: not now. */
  text(model: Model): string | undefined
}

export const OFFERS: Readonly<Record<ExportKind, Offer>> = {
  screen: { key: 'v', text: () => 'this view as text' },
  story: { key: 's', text: () => 'the story so far as text' },
  captures: {
    key: 'p',
    text: ({ scene }) =>
      scene.links.length === 1 ? 'the run so far as pcap' : `the run so far as pcap, ${scene.links.length} links`,
  },
  capture: {
    key: 'l',
    text: model => {
      const index = linkOf(model)
      if (index === undefined || model.scene.links.length === 1) return undefined
      const [a, b] = model.scene.links[index].ends
      return `the link ${a.node} to ${b.node} as pcap`
    },
  },
  'ladder-text': { key: 't', text: () => 'the ladder so far as text' },
  'ladder-svg': { key: 'i', text: () => 'the ladder so far as a picture (SVG)' },
  'ladder-html': { key: 'h', text: () => 'the ladder so far as a page (HTML)' },
  'ladder-mermaid': { key: 'd', text: () => 'the ladder so far as a Mermaid diagram' },
  svg: { key: 'g', text: () => 'the network as a picture (SVG)' },
  mermaid: { key: 'm', text: () => 'the network as a Mermaid flowchart' },
}

/** What there is to choose from now. */
export const offersOf = (
  model: Model,
): readonly { readonly kind: ExportKind; readonly key: string; readonly text: string }[] =>
  EXPORTS.flatMap(kind => {
    const { key, text } = OFFERS[kind]
    const words = text(model)
    return words === undefined || (model.capture && !OF_CAPTURES.has(kind)) ? [] : [{ kind, key, text: words }]
  })

/** A capture is a file already, and has no network; what the program writes would be taken for a run of ours. */
const OF_CAPTURES: ReadonlySet<ExportKind> = new Set(['screen', 'story'])

/** The chosen link, or in 3 Packets that on which the chosen packet was last. */
function linkOf(model: Model): number | undefined {
  if (model.ui.view !== 'packets') return model.ui.selection.link
  const hops = chosenPacket(model)?.journey.packets.flatMap(({ hops }) => hops) ?? []
  return hops.at(-1)?.link
}

/** `screen`: the lines of the screen as they are drawn. */
export function filesOf(kind: ExportKind, session: Session, model: Model, screen: () => readonly Line[]): NewFile[] {
  const { lab, t } = model.scene
  const simulated = session.run.simulation.lab
  switch (kind) {
    case 'screen':
      return [{ name: `${lab.name}-${model.ui.view}-${stamp(t)}.txt`, content: textOf(screen()) }]
    case 'story':
      return [{ name: `${lab.name}-story-${stamp(t)}.txt`, content: storyOf(model) }]
    case 'captures':
      return capturesOf(session)
    case 'capture': {
      const link = linkOf(model)
      return link === undefined ? [] : capturesOf(session, [link])
    }
    case 'ladder-text':
      return [{ name: `${lab.name}-ladder-${stamp(t)}.txt`, content: ladderAs(model, 'text') }]
    case 'ladder-svg':
      return [{ name: `${lab.name}-ladder-${stamp(t)}.svg`, content: ladderAs(model, 'svg') }]
    case 'ladder-html':
      return [{ name: `${lab.name}-ladder-${stamp(t)}.html`, content: ladderAs(model, 'html') }]
    case 'ladder-mermaid':
      return [{ name: `${lab.name}-ladder-${stamp(t)}.mmd`, content: ladderAs(model, 'mermaid') }]
    case 'svg':
      return [{ name: `${lab.name}.svg`, content: graphSvg(simulated) }]
    case 'mermaid':
      return [{ name: `${lab.name}.mmd`, content: graphMermaid(simulated) }]
  }
}

/** `5.012s`: a part of a name. */
const stamp = (t: SimTime): string => `${(Math.floor(t / 1e6) / 1e3).toFixed(3)}s`

const textOf = (lines: readonly Line[]): string => lines.map(line => `${plainText(line).trimEnd()}\n`).join('')

function storyOf({ recorder, scene }: Model): string {
  const told = toldOf(recorder)
  const lines = rareEvents(recorder)
    .map(event => told.get(event)?.short)
    .filter((line): line is StoryLine => line !== undefined)
  const width = Math.max(...scene.nodes.map(({ name }) => name.length))
  const text = lines.map(line => `${lineOf(line, width).columns.join('  ').trimEnd()}\n`).join('')
  return text === '' ? 'Nothing has happened yet.\n' : text
}

/** The same run again, up to now, with captures of its links. */
function capturesOf(session: Session, links?: readonly number[]): NewFile[] {
  const { lab } = session.source
  const run = session.fresh()
  const watched = watchLinks(run, fingerprintOf(session.source.text?.text ?? lab.name), links)
  run.advanceTo(session.run.now)
  return watched.map(({ name, capture }) => ({ name: `${lab.name}-${name}`, content: capture.take(run.now, true) }))
}
