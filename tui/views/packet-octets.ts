/** Octets: what is on the wire, and beside it what the sealed part is in clear. */
import type { Field } from '../../src/index.ts'
import type { Dissection } from '../dissection.ts'
import { type Line, type Role, type Span, span } from '../text.ts'

const hex = (octet: number): string => octet.toString(16).padStart(2, '0')

/** How many octets fit into a row of this width. */
export const octetsAcross = (width: number): 8 | 16 => (width >= 79 ? 16 : 8)

/** The first row to be shown: the field's, with a little of what stands before it. */
function startRow({ wire, sealed }: Dissection, field: Field | undefined, across: number, rows: number): number {
  const count = Math.ceil(wire.length / across)
  const at = field?.offset ?? (sealed ? sealed.at : 0)
  const wanted = Math.floor(at / across) - 2
  return Math.max(0, Math.min(wanted, count - rows))
}

/** `030 02fb2502 51dddbab│  002145 00005400` */
export function octetLines(
  dissection: Dissection,
  field: Field | undefined,
  lens: 'outside' | 'inside' | 'both',
  width: number,
  rows: number,
): Line[] {
  const across = octetsAcross(width)
  const column = across * 2 + across / 4 - 1
  const { wire, sealed } = dissection
  const clear = lens === 'outside' ? undefined : sealed?.clear
  const second = sealed === undefined ? 'as text' : lens === 'outside' ? 'lens: outside' : 'unsealed'
  const lines: Line[] = [[span(`off ${'on the wire'.padEnd(column)} ${second}`, 'muted')]]
  const start = startRow(dissection, field, across, rows - 1)
  for (let r = start; r < start + rows - 1 && r * across < wire.length; r++) {
    const from = r * across
    const isSealed = (i: number): boolean => sealed !== undefined && i >= sealed.at && i < sealed.at + sealed.length
    const wireCells = cells(
      from,
      across,
      field,
      i => (i < wire.length ? hex(wire[i]) : undefined),
      i => (isSealed(i) ? 'sealed' : undefined),
    )
    const beside: Line =
      sealed === undefined
        ? [span(textOf(wire, from, across), 'muted')]
        : from + across <= sealed.at
          ? [span(remark(r, start), 'muted')]
          : cells(
              from,
              across,
              field,
              i => (clear && isSealed(i) ? hex(clear[i - (sealed?.at ?? 0)]) : undefined),
              () => 'plain',
            )
    lines.push([span(`${from.toString(16).padStart(3, '0')} `, 'muted'), ...wireCells, span('│', 'muted'), ...beside])
  }
  return lines
}

const remark = (row: number, start: number): string =>
  row === start ? '  headers are' : row === start + 1 ? '  never sealed' : ''

/** Groups of four octets; those of the selected field in reverse. */
function cells(
  from: number,
  across: number,
  field: Field | undefined,
  text: (at: number) => string | undefined,
  role: (at: number) => Role | undefined,
): Span[] {
  const out: Span[] = []
  const chosen = (i: number): boolean => field !== undefined && i >= field.offset && i < field.offset + field.length
  for (let i = from; i < from + across; i++) {
    const octet = text(i)
    const reverse = octet !== undefined && chosen(i) ? { reverse: true } : {}
    if (i > from && (i - from) % 4 === 0) {
      const joined = chosen(i) && chosen(i - 1) && octet !== undefined && text(i - 1) !== undefined
      out.push(span(' ', undefined, joined ? { reverse: true } : {}))
    }
    out.push(octet === undefined ? span('  ') : span(octet, role(i), reverse))
  }
  return out
}

/** Printable ASCII; a dot for every other octet. */
const textOf = (wire: Uint8Array, from: number, across: number): string =>
  Array.from(wire.subarray(from, from + across), octet =>
    octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.',
  ).join('')
