/** The layers of a packet: as a ruler with the sealed part above what is inside, and as a tree that folds. */
import type { Field } from '../../src/index.ts'
import { namesOf } from '../addresses.ts'
import type { Dissection, Layer } from '../dissection.ts'
import type { Model } from '../model.ts'
import { type Line, line, type Role, span } from '../text.ts'

const TITLES: Readonly<Record<string, string>> = {
  ethernet: 'Ethernet',
  hdlc: 'HDLC',
  arp: 'ARP',
  ipv4: 'IP',
  icmp: 'ICMP',
  tcp: 'TCP',
  udp: 'UDP',
  pptp: 'PPTP',
  gre: 'GRE version 1',
  ppp: 'PPP',
  lcp: 'LCP',
  pap: 'PAP',
  chap: 'CHAP',
  ccp: 'CCP',
  ipcp: 'IPCP',
  ipv6cp: 'IPV6CP',
  mppe: 'MPPE',
  data: 'Data',
  fragment: 'Fragment',
  controlStream: 'Control stream',
  padding: 'Padding',
  reassembled: 'Put together',
}
const titleOf = ({ name }: Field): string => TITLES[name] ?? name
const shortTitle = (field: Field): string =>
  field.name === 'ethernet' ? 'Eth' : field.name === 'gre' ? 'GRE' : titleOf(field)

/** What a layer says beside its title. */
function textOf(field: Field, model: Model): string {
  if (field.name === 'ethernet') return peers(field, model)
  if (field.name === 'ppp') return pppText(field)
  const text = field.text.replace(
    /^(Enhanced )?(GRE|HDLC-like framing|MPPE|TCP|UDP|ICMP|LCP|CCP|IPCP|IPV6CP|CHAP|PAP|ARP),? /,
    '',
  )
  return text.replaceAll(' > ', ' → ').replace(/, id (\d+)$/, ' $1')
}

function peers(field: Field, { scene, ui }: Model): string {
  const address = (name: string): string => {
    const text = field.children?.find(part => part.name === name)?.text ?? '?'
    return ui.labels === 'addresses' ? text : (namesOf(scene).byMac.get(text) ?? text)
  }
  return `${address('source')} → ${address('destination')}`
}

function pppText(field: Field): string {
  const protocol = field.children?.find(({ name }) => name === 'protocol')
  if (!protocol) return field.text
  const name = /\((.*)\)/.exec(protocol.text)?.[1] ?? ''
  const what = name === 'compressed' ? 'sealed data' : name.toUpperCase()
  return `protocol ${Number(protocol.value).toString(16)}: ${what}`
}

/** A row of the tree: a layer, a field, or the mark where the clear part begins. */
export interface TreeRow {
  /** Empty for the mark. */
  readonly path: readonly number[]
  readonly key: string
  readonly foldable: boolean
  readonly open: boolean
  readonly line: Line
}

/** Which rows of a dissected packet are unfolded to be seen. */
export function treeRows(dissection: Dissection, model: Model, sealer: string): TreeRow[] {
  const rows: TreeRow[] = []
  const { unfolded } = model.ui
  dissection.layers.forEach(({ field, key, inner }, index) => {
    const first = inner && !dissection.layers[index - 1]?.inner
    if (first) rows.push(mark(model.capture ? '▒ unsealed with the password' : `▒ unsealed with the key of ${sealer}`))
    const children = field.children ?? []
    const open = children.length > 0 && unfolded.has(key)
    const sign = children.length === 0 ? ' ' : open ? '-' : '+'
    const role = layerRole(field, inner)
    rows.push({
      path: [index],
      key,
      foldable: children.length > 0,
      open,
      line: line(
        `${inner ? '  ' : ''}${sign} `,
        span(titleOf(field), role, { bold: true }),
        span(`  ${textOf(field, model)}`),
        ...problem(field),
      ),
    })
    if (open) fieldRows(rows, children, [index], key, inner ? 6 : 4, unfolded)
  })
  if (dissection.sealed && dissection.sealed.clear === undefined) {
    rows.push(mark(model.capture ? '▒ sealed: no password has opened it' : '▒ sealed: its inside was not seen'))
  }
  return rows
}

const mark = (text: string): TreeRow => ({
  path: [],
  key: '',
  foldable: false,
  open: false,
  line: [span(`  ${text}`, 'sealed')],
})

function fieldRows(
  rows: TreeRow[],
  fields: readonly Field[],
  at: readonly number[],
  key: string,
  indent: number,
  unfolded: ReadonlySet<string>,
): void {
  const pad = Math.min(16, Math.max(...fields.map(({ name }) => name.length)))
  fields.forEach((field, index) => {
    const path = [...at, index]
    const own = `${key}/${field.name}`
    const children = field.children ?? []
    const open = children.length > 0 && unfolded.has(own)
    const sign = children.length === 0 ? '  ' : open ? '- ' : '+ '
    const text = line(
      `${' '.repeat(indent - 2)}${sign}`,
      span(`${field.name.padEnd(pad)} `, 'muted'),
      span(field.text.replaceAll(' > ', ' → ')),
      ...problem(field),
    )
    rows.push({ path, key: own, foldable: children.length > 0, open, line: text })
    if (open) fieldRows(rows, children, path, own, indent + 2, unfolded)
  })
}

const problem = ({ problem }: Field): Line => (problem === undefined ? [] : [span(`  × ${problem}`, 'bad')])

function layerRole({ name }: Field, inner: boolean): Role | undefined {
  if (inner) return 'plain'
  if (name === 'tcp' || name === 'pptp') return 'control'
  if (name === 'gre' || name === 'mppe') return 'sealed'
  if (name === 'ethernet' || name === 'ipv4' || name === 'arp') return undefined
  return name === 'ppp' || TITLES[name]?.endsWith('CP') || name === 'pap' || name === 'chap' ? 'ppp' : undefined
}

/** The row that shows the selected field: itself, or what it is folded into. */
export function rowAt(rows: readonly TreeRow[], path: readonly number[]): number {
  let best = -1
  rows.forEach(({ path: own }, index) => {
    const holds = own.length > 0 && own.length <= path.length && own.every((part, i) => part === path[i])
    if (holds && (best < 0 || own.length > rows[best].path.length)) best = index
  })
  return best
}

interface Segment {
  readonly title: string
  length: number
  readonly index: number
}

/** Layers with their lengths; data belongs to the layer that carries it. */
function segments(layers: readonly Layer[], inner: boolean): Segment[] {
  const out: Segment[] = []
  layers.forEach(({ field, inner: own }, index) => {
    if (own !== inner || field.name === 'reassembled') return
    const last = out.at(-1)
    if (field.name === 'data' && last) last.length += field.length
    else if (field.name === 'hdlc') out.push({ title: 'HDLC', length: framing(layers, field), index })
    else if (field.name === 'mppe') out.push({ title: 'MPPE', length: 2, index })
    else out.push({ title: shortTitle(field), length: field.length, index })
  })
  return out
}

/** Flags and FCS: what is left of a frame on a telephone line without the layers in it. */
const framing = (layers: readonly Layer[], { length }: Field): number =>
  layers.reduce((left, { field, inner }) => (inner || field.name === 'hdlc' ? left : left - field.length), length)

const segmentLine = (parts: readonly Segment[], chosen: number | undefined): Line =>
  parts.flatMap(({ title, length, index }, i) => [
    ...(i === 0 ? [] : [span('│', 'muted')]),
    span(` ${title} ${length} `, undefined, index === chosen ? { reverse: true } : {}),
  ])

/** Two lines: the layers on the wire, and below the sealed part what is inside. */
export function rulerLines({ layers, sealed }: Dissection, chosen: number | undefined, width: number): Line[] {
  const outer = segmentLine(segments(layers, false), chosen)
  const start = 1 + outer.reduce((sum, { text }) => sum + text.length, 0)
  if (!sealed) return [line(' ', ...outer, span('│', 'muted')), [span(`  ${clearReason(layers)}`, 'muted')]]
  const inner = segmentLine(segments(layers, true), chosen)
  const innerWidth = inner.reduce((sum, { text }) => sum + text.length, 0)
  const room = Math.max(10, width - start - 4)
  const label = ` sealed ${sealed.length} `
  const total = Math.min(room, Math.max(innerWidth + 6, label.length + 12))
  const tone = Math.max(0, total - label.length)
  const before = Math.floor(tone / 2)
  const bar = `${'▒'.repeat(before)}${label}${'▒'.repeat(tone - before)}`
  const first = line(' ', ...outer, span('│', 'muted'), span(bar, 'sealed'), span('│', 'muted'))
  if (innerWidth === 0) return [first, [span(`${' '.repeat(start)}└ its inside was not seen here`, 'muted')]]
  const rest = Math.max(0, total - innerWidth - 1)
  const second = line(' '.repeat(start), span('└', 'muted'), ...inner, span(`${'─'.repeat(rest)}─┘`, 'muted'))
  return [first, second]
}

/** Why nothing of it is sealed. */
function clearReason(layers: readonly Layer[]): string {
  const names = new Set(layers.map(({ field }) => field.name))
  if (names.has('fragment')) return 'a fragment: by itself it does not say what is in it'
  if (names.has('hdlc') && !names.has('gre'))
    return 'nothing is sealed here: on a line without MPPE, or before CCP opens'
  if (!names.has('gre')) return names.has('pptp') ? 'control messages are never sealed' : 'nothing of it is sealed'
  if (!names.has('ppp')) return 'an acknowledgment alone: GRE carries nothing'
  return 'nothing is sealed here: MPPE comes after LCP, auth and CCP'
}
