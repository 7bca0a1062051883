/**
 * The rows of a capture: one for each frame, between the two addresses in it. A capture of ours names its machines; a real
 * one does not.
 *
 * Limits: one place sees what passes it, so nothing is known of what became of a frame, and of its cause only what its own
 * words say. A frame that stands in the capture twice (seen at two interfaces) is two rows.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Field } from '../base/field.ts'
import type { SimTime } from '../base/time.ts'
import type { Ladder, LadderNode, LadderRow } from './ladder.ts'
import { findCauses } from './ladder-cause.ts'
import { meaningOf } from './ladder-meaning.ts'
import { layerWords } from './packet-words.ts'

/** What `decode` makes of a capture. */
export interface DecodedCapture {
  readonly capture: {
    readonly names: ReadonlyMap<Ipv4, string>
    readonly interfaces: readonly { readonly name: string }[]
    readonly frames: readonly { readonly bytes: Uint8Array }[]
  }
  readonly frames: readonly {
    readonly number: number
    readonly t: SimTime
    readonly length: number
    readonly interface: string
    readonly source: string
    readonly destination: string
    readonly call?: number
    readonly tree: Field
  }[]
  readonly calls: readonly { readonly number: number; readonly pns: Ipv4; readonly pac: Ipv4 }[]
}

export function ladderOfCapture({ capture, frames, calls }: DecodedCapture, title: string): Ladder {
  const names = new Map([...capture.names].map(([address, name]) => [formatIpv4(address), name]))
  const name = (address: string): string => names.get(address) ?? address
  const known = calls.map(({ number, pns, pac }) => ({
    no: number,
    client: name(formatIpv4(pns)),
    server: name(formatIpv4(pac)),
  }))
  const owners = [...new Set(capture.interfaces.map(({ name }) => name.split(':')[0]))]
  const rows = frames.map((frame, i): LadderRow => {
    const { number, t, tree, length } = frame
    const sender = frame.interface.split(':')[0]
    const other = owners.find(owner => owner !== sender) ?? '?'
    const from = frame.source === '' ? sender || '?' : name(frame.source)
    const to = frame.destination === '' ? other : name(frame.destination)
    const { outer, inside, sealed } = layersIn(tree)
    const meaning = meaningOf(outer, inside, sealed)
    const { text, seal, role } = layerWords(outer, inside, sealed)
    const between = known.filter(({ client, server }) => [client, server].every(end => end === from || end === to))
    return {
      no: i + 1,
      t,
      from,
      to,
      via: [],
      legs: [],
      copies: [],
      label: text,
      more: meaning.more,
      seal,
      role: meaning.failure ? 'bad' : meaning.bare ? 'muted' : role,
      meaning,
      ppp: outer.some(field => field.name === 'ppp'),
      octets: length,
      fate: { kind: 'seen' },
      cause: undefined,
      calls: frame.call === undefined ? between.map(({ no }) => no) : [frame.call],
      journeys: [],
      frame: number,
    }
  })
  findCauses(rows, [])
  return {
    title,
    rows,
    nodes: nodesOf(rows, known),
    now: frames.at(-1)?.t ?? 0,
    calls: known,
    packetsOf: ({ frame = 0 }) => {
      const { bytes } = capture.frames[frame - 1]
      return [{ title: `frame ${frame}, ${bytes.length} octets`, layers: frames[frame - 1].tree.children ?? [], bytes }]
    },
    changesOf: () => [],
  }
}

/** What a password has opened stands behind the cipher text. */
function layersIn(tree: Field): { outer: Field[]; inside: readonly Field[] | undefined; sealed: boolean } {
  const all = (tree.children ?? []).flatMap(field => (field.name === 'reassembled' ? (field.children ?? []) : field))
  const opened = all.find(({ name }) => name === 'decrypted')
  return {
    outer: all.filter(({ name }) => name !== 'decrypted'),
    inside: opened?.children,
    sealed: all.some(({ name, text }) => name === 'mppe' && text.includes('encrypted')),
  }
}

/** Who asked for a call stands at the left, who was asked at the right. */
function nodesOf(rows: readonly LadderRow[], calls: Ladder['calls']): LadderNode[] {
  const ends = new Map<string, number>()
  for (const { client, server } of calls) {
    ends.set(server, 2)
    ends.set(client, 0)
  }
  const names = [...new Set(rows.flatMap(({ from, to }) => [from, to]))]
  const place = (name: string): number => ends.get(name) ?? 1
  const job = (name: string): string => (place(name) === 0 ? 'PNS' : place(name) === 2 ? 'PAC' : '')
  return names
    .map(name => ({ name, job: job(name), rank: place(name) === 1 ? 3 : 0 }))
    .sort((a, b) => place(a.name) - place(b.name))
}
