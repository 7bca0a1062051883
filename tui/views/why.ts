/** `w`: why a packet was discarded, by which rule or entry, and how it came there. The words are those of `explain`. */
import { type DropEvent, type PacketRecord, rewritingOf, whyOf } from '../../src/index.ts'
import { fill, isSmall, wrap } from '../draw.ts'
import { latestDrop } from '../drops.ts'
import { goTo } from '../go.ts'
import type { Model, Rendered, Size, Ui } from '../model.ts'
import { derive } from '../selection.ts'
import { type Line, left, line, span } from '../text.ts'
import { whatIs } from '../what.ts'
import { bare, seconds } from '../words.ts'
import { focused } from './dash.ts'
import * as Events from './events.ts'
import * as Nat from './nat.ts'
import { peersOf } from './packet-row.ts'
import { chosenPacket } from './packets.ts'

/** The drop that the selection of the view is about. */
export function dropAskedFor(model: Model): DropEvent | undefined {
  const { ui } = model
  switch (ui.view) {
    case 'dash':
      return dropAskedFor(focused(model))
    case 'nat':
      return Nat.dropOf(model)
    case 'events':
      return Events.dropOf(model)
    case 'packets':
    case 'ladder':
      return chosenPacket(model)?.journey.packets.findLast(({ drop }) => drop !== undefined)?.drop
    case 'net':
      return latestDrop(model)
    default:
      return undefined
  }
}

export function why(model: Model, size: Size): Rendered {
  const drop = dropAskedFor(model)
  if (!drop) return nothingChosen(model, size)
  const trials = model.cures?.trials ?? []
  const digits = trials.length > 1 ? `1-${Math.min(3, trials.length)}` : '1'
  const keys = ['Enter its packet', ...(trials.length > 0 ? [`${digits} try a cure in a fork`] : []), 'q w Esc close']
  return {
    lines: fill(isSmall(size) ? lines(model, drop, size, 0) : lines(model, drop, size, 2), size),
    sentence: closing(model, drop),
    keys,
  }
}

function nothingChosen(model: Model, size: Size): Rendered {
  const { nodes, drops } = model.scene
  const where = nodes.filter(node => node.drops > 0).map(node => `${node.name} ${node.drops}`)
  const text =
    drops === 0
      ? 'Nothing was dropped so far.'
      : `${CHOOSE[model.ui.view] ?? ''} Dropped so far: ${where.join(', ')}.`.trimStart()
  return {
    lines: fill(
      ['WHY was this dropped?', '', ...wrap(text, size.columns - 2)].map(each => line(` ${each}`)),
      size,
    ),
    sentence: 'What is chosen was not dropped.',
    keys: ['q w Esc close'],
  }
}

const CHOOSE: Partial<Readonly<Record<Model['ui']['view'], string>>> = {
  net: 'Choose a machine that has dropped something, and press w again.',
  packets: 'Choose a packet that ends with ×, and press w again.',
  ladder: 'Choose a row that ends with ×, and press w again.',
  nat: 'Choose a row with ×, or Tab to the drops, and press w again.',
  events: 'Choose a drop, and press w again: the filter /drop finds them all.',
}

function lines(model: Model, drop: DropEvent, { columns, rows }: Size, margin: number): Line[] {
  const { reason, sentence, facts } = whyOf(drop, entry => ownerOf(model, entry))
  const record = drop.packet === undefined ? undefined : model.recorder.packet(drop.packet)
  const width = columns - 2 * margin - 2
  const pad = ' '.repeat(margin)
  const block = (text: string, first: string, role?: 'bad' | 'muted'): Line[] =>
    wrap(text, width - first.length).map((words, i) =>
      line(span(`${pad}${i === 0 ? first : ' '.repeat(first.length)}`, role), span(words, role)),
    )
  const small = margin === 0
  const gap = small ? [] : [line('')]
  const trials = trialLines(model, width, pad)
  const head = [
    line(span(`${pad}WHY was this dropped?`, undefined, { bold: true })),
    ...gap,
    ...block(titleOf(model, drop, record), ''),
    ...block(`dropped at ${drop.node}, ${seconds(drop.t)} s (${reason})`, '', 'muted'),
    ...gap,
    ...block(sentence, '× ', 'bad'),
    // Where there is no room for all, what can be done matters most.
    ...(small ? trials : []),
    ...facts.flatMap(fact => block(fact, '  ')),
    line(''),
  ]
  const words = wrap(model.cures?.words ?? '', width - 2).map(text => line(`${pad}  ${text}`))
  const command = drop.packet === undefined ? [] : moreLines(model, drop.packet, width, pad)
  const left = rows - head.length - trials.length - 4
  const more = small
    ? command
    : [...trials, ...words.slice(0, Math.max(0, left)), ...(left - words.length >= command.length ? command : [])]
  const way = record ? wayOf(model, record).slice(-Math.max(1, rows - head.length - 1 - more.length)) : []
  const came = way.length === 0 ? [] : [line(span(`${pad}how it came there`, 'muted'))]
  return [...head, ...came, ...way.map(text => line(`${pad}  ${text}`)), ...more]
}

/** So many cures have a key. */
const CURES = 3

/** What of the doctor's cures can be tried at once. */
function trialLines({ cures, futures, live, capture }: Model, width: number, pad: string): Line[] {
  if (!futures || live || capture) return []
  const title = line(span(`${pad}what would help`, 'muted'))
  const head = pad === '' ? [] : [line(''), title]
  if (!cures) return [...head, line(span(`${pad}  the doctor is looking …`, 'muted'))]
  if (cures.words === '') return [...head, line(`${pad}  The doctor finds nothing wrong that has to do with it.`)]
  const trials = cures.trials.slice(0, CURES)
  const whole = trials.reduce((sum, { title }) => sum + title.length + 5, 0) <= width
  const cells = trials.map(({ title }, i) => [span(`${i + 1}`, undefined, { bold: true }), span(` ${title}   `)])
  if (cells.length === 0) {
    const none = 'None of it has a key: what can be done here stands behind a, the rest in the file of the lab.'
    return [...head, ...wrap(none, width - 2).map(text => line(span(`${pad}  ${text}`, 'muted')))]
  }
  return [...head, ...(whole ? [cells.flat()] : cells).map(each => line(`${pad}  `, ...each))]
}

/** What of the screen is to be typed in a shell is broken as one is told to go on. */
function moreLines({ explain }: Model, packet: string, width: number, pad: string): Line[] {
  const words = wrap(`all of it: ${explain} --packet ${packet}`, width - 2)
  return [
    line(''),
    ...words.map((text, i) =>
      line(span(`${pad}${i === 0 ? '' : '  '}${text}${i < words.length - 1 ? ' \\' : ''}`, 'muted')),
    ),
  ]
}

/** `LCP Configure-Request 5 from dave to office` */
function titleOf(model: Model, drop: DropEvent, record: PacketRecord | undefined): string {
  if (!record)
    return `${(drop.proto ?? drop.layer).toUpperCase()}${drop.src === undefined ? '' : ` from ${drop.src} to ${drop.dst}`}`
  const { from, to } = peersOf(record.journey, model)
  return `${whatIs(record, model).text} from ${from} to ${to}: ${record.id}, number ${record.journey.no} in 3 Packets`
}

/** Every line and every machine on its way, in all its forms. */
function wayOf({ scene }: Model, { journey }: PacketRecord): string[] {
  const steps = journey.packets.flatMap(({ id, parent, visits, hops, rewrites = [] }, form) => {
    // What happens at one instant is told in the order of the machines on the way.
    const order = hops.map(({ link, from }) => scene.links[link].ends[from].node)
    const last = hops.at(-1)
    if (last) order.push(scene.links[last.link].ends[1 - last.from].node)
    const rankOf = (node: string): number => 2 * Math.max(0, order.indexOf(node))
    const start = Math.min(hops[0]?.sent ?? Number.MAX_SAFE_INTEGER, visits[0]?.t ?? Number.MAX_SAFE_INTEGER)
    return [
      ...(parent === undefined ? [] : [{ t: start, form, rank: -1, text: `${id} is made of ${parent.id}` }]),
      // Translated before it is passed on, or before a rule discards it.
      ...rewrites.map(event => {
        const { field, before, after } = rewritingOf(event)
        const text = `${left(event.node, 10)} rewrites ${field} ${before} -> ${after}`
        return { t: event.t, form, rank: rankOf(event.node), text }
      }),
      ...visits.map(({ t, node, what }) => {
        return { t, form, rank: rankOf(node), text: `${left(node, 10)} ${VISITS[what]} ${id}` }
      }),
      ...hops.map(({ sent, link, from, arrives, fate }, i) => {
        const { ends } = scene.links[link]
        const end = arrives === undefined ? `lost (${fate})` : `there at ${seconds(arrives)} s`
        const text = `${left(ends[from].node, 10)} → ${ends[1 - from].node}: ${end}`
        return { t: sent, form, rank: 2 * i + 1, text }
      }),
    ]
  })
  return steps
    .sort((a, b) => a.t - b.t || a.form - b.form || a.rank - b.rank)
    .map(({ t, text }) => `${seconds(t).padStart(8)}  ${text}`)
}

const VISITS = { send: 'sends', forward: 'forwards', deliver: 'has got' } as const

/** The machine that has begun what an entry of a box stands for: whose address comes first in it. */
function ownerOf({ scene }: Model, entry: string): string | undefined {
  const [address] = entry.split(/[: ]/)
  return scene.nodes.find(({ addresses }) => addresses.some(each => bare(each) === address))?.name
}

function closing(model: Model, { reason, entry }: DropEvent): string {
  if (reason.startsWith('filter-')) return 'Another rule, or another place for it, would let such packets pass.'
  if (reason === 'nat-insert-failed') {
    const owner = entry === undefined ? undefined : ownerOf(model, entry)
    return `An entry of ${owner ?? 'another host'} already has the place that it would need.`
  }
  if (entry !== undefined) return 'The table of connections decides, and it has no entry for this packet.'
  return 'The reason is one of a closed list; docs/drop-reasons.md explains each.'
}

/** To the packet that was dropped. */
export function packetOf(model: Model): Ui {
  const drop = dropAskedFor(model)
  const record = drop?.packet === undefined ? undefined : model.recorder.packet(drop.packet)
  if (!record) return model.ui
  const selection = derive(model, { journey: record.journey.no, form: record.journey.packets.indexOf(record) })
  return { ...goTo(model.ui, 'packets'), follow: false, selection }
}
