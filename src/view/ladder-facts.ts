/** What is known of a row, in sentences: why it was sent, who carried it and how, and what came of it. */
import { DROP_REASONS } from '../base/drop.ts'
import { rewritingOf } from '../lab/why.ts'
import type { Ladder, LadderRow, Leg } from './ladder.ts'
import { secondsText } from './ladder-text.ts'

/** `brief`: without the machines that only passed it on. */
export function rowFacts(ladder: Ladder, row: LadderRow, brief = false): string[] {
  const { from, legs, fate, frame } = row
  const at = (t: number, text: string): string => `${secondsText(t)} ${text}`
  const facts = [
    at(row.t, `${frame === undefined ? 'sent' : `frame ${frame}, sent`} by ${from}${causeWords(ladder, row)}.`),
  ]
  for (const [i, leg] of legs.entries()) {
    const before = legs[i - 1]
    const passed = before?.packet === leg.packet && rewriting(leg) === ''
    if (before && !(brief && passed)) facts.push(at(leg.sent, `${leg.from} ${carrying(before, leg)}${rewriting(leg)}.`))
    else if (!before && rewriting(leg) !== '') facts.push(at(leg.sent, `${leg.from} sends it${rewriting(leg)}.`))
  }
  if (fate.kind === 'arrived') {
    const changes = ladder.changesOf(row)
    facts.push(at(fate.t, `${row.to} has it${changes.length === 0 ? '' : `: ${changes.join(', ')}`}.`))
  }
  if (fate.kind === 'flying') facts.push(`It is still on its way to ${row.to}.`)
  if (fate.kind === 'unheard') {
    facts.push(`${row.to} has not heard it: the line was cut, or nobody was there to listen.`)
  }
  if (fate.kind === 'dropped') {
    const where = fate.between ? `lost between ${fate.between.join(' and ')}` : `dropped by ${fate.node}`
    facts.push(at(fate.t, `${where}: ${fate.reason}. ${DROP_REASONS[fate.reason]}`))
  }
  return facts
}

function causeWords({ rows }: Ladder, { cause }: LadderRow): string {
  if (cause === undefined) return ''
  if (cause.kind === 'action') return ` because of an action: ${cause.text}`
  const row = rows[cause.no - 1]
  return ` because of ${row.label} from ${row.from}, sent ${secondsText(row.t)}`
}

/** The same packet goes on; or what was in it, in another. */
function carrying(before: Leg, { packet, to }: Leg): string {
  if (before.packet === packet) return `passes it on to ${to}`
  const [was, is] = [before, { packet }].map(leg => leg.packet?.facts?.proto ?? 'line')
  if (was === 'gre' && is === 'line') return 'takes the PPP frame out of GRE and puts it on the telephone line'
  if (was === 'line' && is === 'gre') return 'takes the PPP frame from the telephone line and puts it into GRE'
  if (was === 'gre' && is !== 'gre') return `takes the packet out of the tunnel and sends it to ${to}`
  if (was !== 'gre' && is === 'gre') return `puts it into the tunnel to ${packet?.facts?.dst ?? to}`
  return `passes it on to ${to}`
}

function rewriting({ packet, from }: Leg): string {
  const rewrites = (packet?.rewrites ?? []).filter(({ node }) => node === from).map(rewritingOf)
  return rewrites.length === 0
    ? ''
    : ` and changes ${[...new Set(rewrites.map(({ field, before, after }) => `${field} ${before} to ${after}`))].join(', ')}`
}
