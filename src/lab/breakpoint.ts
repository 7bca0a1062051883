/**
 * Breakpoints: one line says at what a run is to stop. Its words are those of the trace (docs/trace.md), of
 * docs/drop-reasons.md and of docs/snapshot.md, and they are checked as those of a lab file are: what can never happen is
 * refused.
 *
 *     drop at nat1                            drop nat-insert-failed proto gre and from dave
 *     state dave.ppp.lcp to opened            state office.calls[0].ppp.lcp from req-sent
 *     packet proto gre and from dave          packet at nat1 and to office
 *     check silence                           check silence failed
 *     pptp-message type outgoing-call-reply and at dave
 *
 * A packet counts once, when it is sent; with `at`, whenever it comes by that machine. `from` a machine is what it has
 * made, or what bears one of its addresses; `to` a machine is what is addressed to one of them.
 */
import { formatIpv4, parseIpv4 } from '../base/address.ts'
import { EVENTS, type EventName, type TraceEvent } from '../base/trace.ts'
import { protocolName } from '../wire/ipv4.ts'
import { matches } from './expect.ts'
import type { EventPattern, Lab } from './lab.ts'
import { type LabText, readPattern } from './load.ts'
import { suggest } from './nearest.ts'

export interface Breakpoint {
  readonly text: string
  hits(event: TraceEvent): boolean
  /** It waits for the verdict of a check: any, or this one. */
  readonly check?: { readonly name: string; readonly state: 'passed' | 'failed' | undefined }
}
export type ReadBreakpoint =
  | { readonly ok: true; readonly breakpoint: Breakpoint }
  | { readonly ok: false; readonly problem: string }

const bad = (problem: string, hint?: string): ReadBreakpoint => ({
  ok: false,
  problem: hint === undefined ? problem : `${problem} ${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}`,
})

export function readBreakpoint(written: string, source: LabText, lab: Lab): ReadBreakpoint {
  const text = written.trim().replace(/\s+/g, ' ')
  const [kind = '', ...words] = text.match(/[^\s"]*"[^"]*"|\S+/g) ?? []
  switch (kind) {
    case '':
      return bad(
        'Nothing is said to stop at: drop at NODE, state NODE.ppp.lcp to opened, packet proto gre, check NAME.',
      )
    case 'check':
      return ofCheck(text, words, lab)
    case 'state':
      return ofState(text, words, source)
    case 'packet':
      return ofPacket(text, words, source, lab)
    case 'drop':
      return ofDrop(text, words, source, lab)
    default:
      if (!Object.hasOwn(EVENTS, kind)) {
        return bad(`A run cannot stop at "${kind}".`, suggest(kind, ['packet', 'check', ...EVENT_NAMES]))
      }
      return ofEvent(text, kind as EventName, words, source)
  }
}
const EVENT_NAMES = Object.keys(EVENTS) as EventName[]

function ofCheck(text: string, [name, state, ...rest]: readonly string[], lab: Lab): ReadBreakpoint {
  const names = lab.checks.map(check => check.name)
  if (name === undefined || !names.includes(name)) {
    const problem = name === undefined ? 'Which check?' : `There is no check ${name}.`
    return bad(problem, names.length === 0 ? 'this lab has none' : suggest(name ?? '', names))
  }
  if (rest.length > 0 || (state !== undefined && state !== 'passed' && state !== 'failed')) {
    return bad(`Of a check nothing can be said but passed or failed: check ${name} failed.`)
  }
  return { ok: true, breakpoint: { text, hits: () => false, check: { name, state } } }
}

function ofState(text: string, [path = '', ...words]: readonly string[], source: LabText): ReadBreakpoint {
  const dot = path.indexOf('.')
  if (dot <= 0) return bad(`"${path}" names no state machine: write a node and the machine, such as dave.ppp.lcp.`)
  const user = /\.calls\[([^\]]*[^\]\d][^\]]*)\]\.(.*)$/.exec(path)
  if (user)
    return bad(
      `The trace counts the calls of a server: calls[0] is the first. Of ${user[1]} write ${user[1]}.${user[2]}.`,
    )
  const clauses = clausesOf(words)
  if ('problem' in clauses) return bad(clauses.problem)
  const { from, to, ...others } = clauses.said
  const [strange] = Object.keys(others)
  if (strange !== undefined) return bad(`Of a state only from and to can be said, not ${strange}.`)
  return ofPattern(text, { event: 'state', at: path.slice(0, dot), machine: path.slice(dot + 1), from, to }, source)
}

function ofEvent(text: string, event: EventName, words: readonly string[], source: LabText): ReadBreakpoint {
  const clauses = clausesOf(words)
  return 'problem' in clauses ? bad(clauses.problem) : ofPattern(text, { event, ...clauses.said }, source)
}

/** With what a drop may go on behind its reason. */
const CLAUSES: ReadonlySet<string> = new Set(['at', 'from', 'to', 'and', ...EVENTS.drop])

function ofDrop(text: string, words: readonly string[], source: LabText, lab: Lab): ReadBreakpoint {
  const isReason = words.length > 0 && !CLAUSES.has(words[0])
  const clauses = clausesOf(isReason ? ['reason', ...words] : words)
  if ('problem' in clauses) return bad(clauses.problem)
  const { from, to, ...said } = clauses.said
  const ends = endsOf(from, to, lab)
  if ('problem' in ends) return bad(ends.problem, ends.hint)
  return ofPattern(text, { event: 'drop', ...said }, source, ends.fits)
}

const PROTOCOLS = ['icmp', 'tcp', 'udp', 'gre'] as const
const IN_GRE: readonly string[] = ['lcp', 'pap', 'chap', 'ccp', 'ipcp', 'ppp']

/** The trace tells three times of a packet that passes by: where it is sent, passed on, and delivered. */
const PASSING: readonly EventName[] = ['send', 'forward', 'deliver']

function ofPacket(text: string, words: readonly string[], source: LabText, lab: Lab): ReadBreakpoint {
  const clauses = clausesOf(words)
  if ('problem' in clauses) return bad(clauses.problem)
  const { from, to, ...said } = clauses.said
  const { proto } = said
  if (typeof proto === 'string' && IN_GRE.includes(proto)) {
    return bad(`${proto.toUpperCase()} goes inside of GRE packets.`, `write ppp-message proto ${proto}.`)
  }
  if (typeof proto === 'string' && !PROTOCOLS.some(known => known === proto)) {
    return bad(`No packet has the protocol "${proto}".`, suggest(proto, PROTOCOLS))
  }
  const ends = endsOf(from, to, lab)
  if ('problem' in ends) return bad(ends.problem, ends.hint)
  const pattern = {
    event: 'send',
    ...said,
    ...(typeof proto === 'number' ? { proto: protocolName(proto) } : {}),
  } as const
  return ofPattern(text, pattern, source, ends.fits, said.at === undefined ? ['send'] : PASSING)
}

type Said = Readonly<Record<string, string | number | boolean | undefined>>
const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** `at nat1 and proto gre`, `length >= 100`: a word and its value, and so on. */
function clausesOf(words: readonly string[]): { readonly said: Said } | { readonly problem: string } {
  const said: Record<string, string | number | boolean> = {}
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'and') continue
    const name = words[i]
    const operator = OPERATORS.has(words[i + 1]) ? words[++i] : undefined
    const value = words[++i]
    if (value === undefined || value === 'and') return { problem: `What comes behind "${name}"? It lacks its value.` }
    if (Object.hasOwn(said, name)) return { problem: `"${name}" is said twice; one breakpoint has room for one.` }
    said[name] = operator === undefined ? readValue(value) : `${operator} ${value}`
  }
  return { said }
}

function readValue(word: string): string | number | boolean {
  if (/^".*"$/.test(word)) return word.slice(1, -1)
  if (/^\d+$/.test(word)) return Number(word)
  return word === 'true' || word === 'false' ? word === 'true' : word
}

type Ends =
  | { readonly fits: (event: TraceEvent) => boolean }
  | { readonly problem: string; readonly hint: string | undefined }

function endsOf(from: Said[string], to: Said[string], lab: Lab): Ends {
  const [sender, receiver] = [endOf(from, lab), endOf(to, lab)]
  if (sender && 'problem' in sender) return sender
  if (receiver && 'problem' in receiver) return receiver
  return {
    fits: event => {
      const { src, dst, packet } = event as Partial<Record<'src' | 'dst' | 'packet', string>>
      const isMaker = sender?.name !== undefined && packet?.startsWith(`${sender.name}#`)
      const isFrom = !sender || isMaker || (src !== undefined && sender.addresses.has(src))
      return isFrom && (!receiver || (dst !== undefined && receiver.addresses.has(dst)))
    },
  }
}

interface End {
  readonly name: string | undefined
  readonly addresses: ReadonlySet<string>
}

function endOf(
  said: Said[string],
  { nodes }: Lab,
): End | undefined | { readonly problem: string; readonly hint: string | undefined } {
  if (said === undefined) return undefined
  const word = String(said)
  const address = parseIpv4(word)
  if (address !== undefined) return { name: undefined, addresses: new Set([formatIpv4(address)]) }
  const node = nodes.find(({ name }) => name === word)
  if (!node) {
    const hint = suggest(
      word,
      nodes.map(({ name }) => name),
    )
    return { problem: `There is no node ${word}.`, hint }
  }
  const own = node.interfaces.flatMap(({ ipv4 }) => (ipv4 ? [formatIpv4(ipv4.address)] : []))
  return { name: word, addresses: new Set(own) }
}

function ofPattern(
  text: string,
  said: Said,
  source: LabText,
  fits: (event: TraceEvent) => boolean = () => true,
  events: readonly EventName[] = [said.event as EventName],
): ReadBreakpoint {
  const read = readPattern(source, JSON.stringify(said))
  if (!read.ok) return bad(read.issue.message, read.issue.hint)
  const patterns = events.map((event): EventPattern => ({ ...read.pattern, event }))
  const hits = (event: TraceEvent): boolean => patterns.some(pattern => matches(pattern, event)) && fits(event)
  return { ok: true, breakpoint: { text, hits } }
}
