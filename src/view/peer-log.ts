/**
 * The logs of a run as the programs of real machines would have written them: pptp-linux, pppd with `debug` and chat at a machine that
 * dials, pptpd and pppd at a server, and for a failure the number and the words of Windows. Events are told in their order,
 * each once.
 *
 * The order is that of the captured logs (test/captures/logs), and a test holds it against them. Left out is what only the
 * place of those machines explains: scripts, channels and process numbers, IPv6, counts of octets, the cache of responses.
 *
 * Limits: both ends are told as Linux, whatever profile they have; LCP echoes begin with the first interval, where
 * pppd sends one at once.
 */
import type { SimTime } from '../base/time.ts'
import type { TraceEvent } from '../base/trace.ts'
import type { Kind, Lab } from '../lab/lab.ts'
import { FailureWatch } from './failed.ts'
import { loggedBefore, spokenWords, unauthenticated } from './pppd-lines.ts'
import { type PppMessage, pppdMessage } from './pppd-messages.ts'
import { nasLines, type PptpMessage, type ProgramLine, pptpdLines, pptpLines } from './pptp-lines.ts'

export type LogProgram = 'pppd' | 'pptp' | 'pptpd' | 'chat' | 'nas' | 'windows'

export interface LogLine extends ProgramLine {
  readonly t: SimTime
  readonly node: string
  readonly program: LogProgram
  /** Of pppd: the interface, of which a server has many. */
  readonly iface?: string
  readonly tone: 'good' | 'bad' | 'plain'
}

/** One pppd. */
interface Link {
  readonly iface: string
  /** Before the names of its machines: `calls[0].ppp`. */
  readonly machines: string
  readonly began: SimTime
  lcp: string
  /** The user that the peer says it is. */
  peer: string
  /** MPPE as the last Configure-Ack had it: `128-bit stateless`. */
  mppe: string
  sealed: boolean
  closing: boolean
  method: string
  lastAuth: string | undefined
}

/** The logs of one machine. */
interface Writer {
  readonly kind: Kind
  /** By interface. */
  readonly links: Map<string, Link>
  /** A pppd that has begun and said nothing so far: what its machines are called. */
  begun: string | undefined
  /** Peers that have cleared a call. */
  readonly cleared: Set<string>
  /** Who calls, by what its machines are called. */
  readonly callers: Map<string, string>
  caller: string
  /** What was written since the last attempt began, without its numbers. */
  readonly written: Set<string>
}

const WRITERS: ReadonlySet<Kind> = new Set(['client', 'pptp-server', 'nas'])
const PPP_STATE = /^((?:calls\[[^\]]+\]\.|dial\.)?ppp)\.(phase|lcp|ccp|ipcp)$/
const SERVED = /^tcp\[[\d.]+:1723-([\d.]+):\d+\]$/
const CONTROL = /^controls\[([\d.]+)(?::\d+)?\]\.pptp\.control$/
const FINAL: ReadonlySet<string> = new Set(['Modem hangup', 'Connection terminated.'])
const TONES: readonly (readonly [RegExp, LogLine['tone']])[] = [
  [
    /[Ff]ail|time(d )?out|refused|Negative|not been accepted|^No |disconnected\.|looped|BUSY|NO CARRIER|No route|missing/,
    'bad',
  ],
  [/succeeded|authorized|established|enabled$|IP address|^CONNECT/, 'good'],
]

export class PeerLog {
  readonly #writers = new Map<string, Writer>()
  readonly #failures: FailureWatch

  constructor(lab: Lab) {
    this.#failures = new FailureWatch(lab)
    for (const { name, kind } of lab.nodes) {
      if (!WRITERS.has(kind)) continue
      this.#writers.set(name, {
        kind,
        links: new Map(),
        begun: undefined,
        cleared: new Set(),
        callers: new Map(),
        caller: '',
        written: new Set(),
      })
    }
  }

  /** The lines that the event has caused, in their order. */
  tell(event: TraceEvent): readonly LogLine[] {
    const failed = this.#failures.event(event)
    const writer = this.#writers.get(event.node)
    if (!writer) return []
    const out: LogLine[] = []
    const write: Write = (program, lines, link) => {
      for (const { text, modelled } of lines) {
        writer.written.add(bare(text))
        const tone = TONES.find(([words]) => words.test(text))?.[1] ?? 'plain'
        const who = { t: event.t, node: event.node, program, ...(link ? { iface: link.iface } : {}) }
        out.push({ ...who, tone, text, ...(modelled ? { modelled } : {}) })
      }
    }
    switch (event.event) {
      case 'action':
        if (event.verb === 'connect' || event.verb === 'dial') writer.written.clear()
        if (event.verb === 'disconnect' && writer.links.size > 0) write('pppd', said('Terminating on signal 15'))
        break
      case 'pptp-message':
        this.#control(writer, event, write)
        break
      case 'ppp-message':
        message(writer, event, write)
        break
      case 'state':
        state(writer, event, write)
        break
      case 'interface':
        face(writer, event, write)
        break
      case 'line-signal':
        if (writer.kind === 'client') write('chat', chatLines(event))
        break
      case 'tunnel-end':
        if (writer.kind === 'pptp-server') write('pppd', ofServer(event, writer))
        break
      default:
    }
    if (!failed) return out
    const fresh = failed.linux.client.filter(text => !writer.written.has(bare(text)) && !FINAL.has(text))
    write('pptp', guessed(fresh.filter(isControl)))
    write(failed.what === 'dial-up' && failed.layer === 'line' ? 'chat' : 'pppd', guessed(fresh.filter(not(isControl))))
    const { number, text, also } = failed.windows
    const others = also.length === 0 ? '' : ` Other versions: ${also.join(', ')}.`
    out.push({
      t: event.t,
      node: event.node,
      program: 'windows',
      tone: 'bad',
      text: `error ${number}: ${text}${others}`,
      modelled: true,
    })
    return out
  }

  #control(writer: Writer, event: PptpMessage, write: Write): void {
    const { way, type, peer } = event
    if (writer.kind === 'client') return write('pptp', pptpLines(event))
    if (writer.kind === 'nas') return write('nas', nasLines(event))
    if (way === 'received' && type === 'outgoing-call-request') writer.caller = peer
    if (way === 'received' && type === 'call-clear-request') writer.cleared.add(peer)
    write('pptpd', pptpdLines(event, writer.cleared.has(peer)))
    if (way === 'sent' && type === 'call-disconnect-notify') writer.cleared.delete(peer)
  }
}

type Write = (program: LogProgram, lines: readonly ProgramLine[], link?: Link) => void

const said = (...texts: readonly string[]): ProgramLine[] => texts.map(text => ({ text }))
const guessed = (texts: readonly string[]): ProgramLine[] => texts.map(text => ({ text, modelled: true }))
const isControl = (text: string): boolean => text.startsWith('anon ')
const not =
  (test: (text: string) => boolean) =>
  (text: string): boolean =>
    !test(text)
/** A list of failures has no numbers: `call id N`. */
const bare = (text: string): string => text.replace(/\bN\b|\d+/g, '#')

// pppd: the messages

function message(writer: Writer, event: PppMessage, write: Write): void {
  const link = linkOf(writer, event, write)
  const { way, proto, type, detail } = event
  const words = /^"(.*)"$/.exec(detail)?.[1] ?? detail
  const spoken = (ours: string): string =>
    link.sealed && /^The user has (disconnected|hung up)/.test(ours) ? 'MPPE disabled' : spokenWords(ours)
  const line = said(pppdMessage(event, spoken))
  if (proto === 'chap' || proto === 'pap') link.lastAuth = proto
  if (proto === 'lcp' && type === 'configure-ack') link.method = /auth (\S+ \S+|PAP)/.exec(detail)?.[1] ?? link.method
  if (proto === 'ccp' && type === 'configure-ack') link.mppe = mppeWords(detail)
  if (type === 'response' || type === 'authenticate-request') link.peer = /"([^"]*)"$/.exec(detail)?.[1] ?? link.peer
  if (way === 'sent') {
    if (type === 'terminate-request' && proto === 'lcp') {
      if (link.sealed && !link.closing) write('pppd', said('MPPE disabled'), link)
      link.closing = true
      write('pppd', said(...loggedBefore(words).filter(text => !writer.written.has(bare(text)))), link)
    }
    // The peer has not proved itself: that is known before it is told.
    if (type === 'failure') write('pppd', said(`Peer ${link.peer} failed CHAP authentication`), link)
    if (type === 'authenticate-nak') write('pppd', guessed([`PAP peer authentication failed for ${link.peer}`]), link)
    if (type === 'protocol-reject') write('pppd', said(rejected(detail, 'Unsupported protocol', 'received')), link)
    write('pppd', line, link)
    if (type === 'authenticate-ack') write('pppd', said(`PAP peer authentication succeeded for ${link.peer}`), link)
    return
  }
  write('pppd', line, link)
  if (type === 'success') write('pppd', proved(link, words), link)
  if (type === 'authenticate-ack') write('pppd', said(`Remote message: ${words}`, 'PAP authentication succeeded'), link)
  if (type === 'failure' || type === 'authenticate-nak') write('pppd', refused(link, words), link)
  if (type === 'protocol-reject') write('pppd', said(rejected(detail, 'Protocol-Reject for', 'received')), link)
  if (type === 'terminate-request' && proto === 'lcp' && link.lcp === 'opened') {
    write('pppd', said(`LCP terminated by peer (${spoken(words)})`), link)
  }
}

/** The pppd of an interface; its first word begins it. */
function linkOf(writer: Writer, { iface, t }: PppMessage, write: Write): Link {
  const known = writer.links.get(iface)
  if (known && writer.begun === undefined) return known
  const machines = writer.begun ?? 'ppp'
  writer.begun = undefined
  const link: Link = {
    iface,
    machines,
    began: t,
    lcp: 'req-sent',
    peer: '',
    mppe: '',
    sealed: false,
    closing: false,
    method: '',
    lastAuth: undefined,
  }
  writer.links.set(iface, link)
  if (writer.caller !== '') writer.callers.set(machines, writer.caller)
  write('pppd', said(`Using interface ${iface}`, `Connect: ${iface} <--> /dev/pts/0`), link)
  return link
}

/** `mppe 0x01000040 (stateless, 128 bit)` */
function mppeWords(detail: string): string {
  const bits = /(\d+) bit/.exec(detail)?.[1]
  return bits === undefined ? '' : `${bits}-bit ${/stateless/.test(detail) ? 'stateless' : 'stateful'}`
}

const proved = ({ method }: Link, words: string): ProgramLine[] =>
  said(...(/MD5/.test(method) ? [`CHAP authentication succeeded: ${words}`] : []), 'CHAP authentication succeeded')

/** The words of our own end are those that the lists of failures know. */
function refused({ lastAuth }: Link, words: string): ProgramLine[] {
  const [, error, text = ''] = /E=(\d+).*?(?:M=(.*))?$/.exec(words) ?? []
  const detail = error === undefined ? '' : `error ${error} ${text}`
  const end = { layer: 'auth', reason: 'auth-failed', tries: 0, detail } as const
  return said(...unauthenticated(end, lastAuth).client)
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  ccp: "'Compression Control Protocol' (0x80fd)",
  ipcp: "'Internet Protocol Control Protocol' (0x8021)",
  chap: "'Challenge Handshake Authentication Protocol' (0xc223)",
  pap: "'Password Authentication Protocol' (0xc023)",
  ipv6cp: "'IPv6 Control Protocol' (0x8057)",
}
function rejected(detail: string, before: string, after: string): string {
  const name = detail.replace(/^protocol /, '')
  return `${before} ${PROTOCOLS[name] ?? name} ${after}`
}

// pppd: the machines

function state(writer: Writer, event: Extract<TraceEvent, { event: 'state' }>, write: Write): void {
  const [, machines, name] = PPP_STATE.exec(event.machine) ?? []
  if (machines === undefined) return ofPptpd(writer, event, write)
  const { from, to, cause } = event
  const link = [...writer.links.values()].find(each => each.machines === machines)
  if (name === 'phase') {
    if (from === 'dead') writer.begun = machines
    if (!link) return
    if (from === 'authenticate' && to === 'network' && writer.kind !== 'client') {
      const caller = writer.callers.get(machines)
      if (caller !== undefined) write('pppd', said(`peer from calling number ${caller} authorized`), link)
    }
    if (to === 'dead') ended(writer, link, write)
    return
  }
  if (!link) return
  if (name === 'lcp') link.lcp = to
  if (name === 'ccp') {
    if (to === 'opened' && link.mppe !== '') {
      link.sealed = true
      write('pppd', said(`MPPE ${link.mppe} compression enabled`), link)
    }
  }
  if (to === 'stopped' && cause === 'to-') {
    write('pppd', guessed([`${name.toUpperCase()}: timeout sending Config-Requests`]), link)
  }
}

/** What was not ended by both sides was cut off. */
function ended(writer: Writer, link: Link, write: Write): void {
  const orderly = link.lcp === 'closed' || link.lcp === 'stopped'
  write('pppd', said(...(orderly ? [] : ['Modem hangup']), 'Connection terminated.'), link)
  writer.links.delete(link.iface)
  writer.callers.delete(link.machines)
}

function face(writer: Writer, event: Extract<TraceEvent, { event: 'interface' }>, write: Write): void {
  const link = writer.links.get(event.iface)
  if (!link) return
  if (event.to === 'down') {
    const minutes = ((event.t - link.began) / 60e9).toFixed(1)
    return write('pppd', said(`Connect time ${minutes} minutes.`), link)
  }
  const [, local, remote] = /^([\d.]+), peer ([\d.]+)/.exec(event.detail) ?? []
  if (local !== undefined) write('pppd', said(`local  IP address ${local}`, `remote IP address ${remote}`), link)
}

// pptpd

function ofPptpd(writer: Writer, { machine, from, to }: Extract<TraceEvent, { event: 'state' }>, write: Write): void {
  if (writer.kind !== 'pptp-server') return
  const served = SERVED.exec(machine)?.[1]
  if (served !== undefined && to === 'established') {
    const started = `CTRL: Client ${served} control connection started`
    write('pptpd', said('MGR: Launching /usr/sbin/pptpctrl to handle client', started))
  }
  const peer = CONTROL.exec(machine)?.[1]
  if (peer !== undefined && to === 'idle' && from !== 'idle') {
    write('pptpd', said(`CTRL: Client ${peer} control connection finished`, 'CTRL: Exiting now'))
  }
}

/** What a server says of an end that it has brought about, if it has not said it yet. */
function ofServer(end: Extract<TraceEvent, { event: 'tunnel-end' }>, { written }: Writer): ProgramLine[] {
  if (end.reason !== 'echo-timeout' && end.reason !== 'looped') return []
  const text = end.reason === 'looped' ? 'Serial line is looped back.' : `No response to ${end.tries} echo-requests`
  return written.has(bare(text)) ? [] : said(text)
}

// chat

/** The modem's words, as chat(8) with `-v` logs them. No telephone line was captured. */
function chatLines({ way, type, called, rate, cause }: Extract<TraceEvent, { event: 'line-signal' }>): ProgramLine[] {
  if (way === 'sent' && type === 'setup') return guessed([`send (ATDT${called ?? ''}^M)`, 'expect (CONNECT)'])
  if (way === 'received' && type === 'setup') return guessed(['RING'])
  if (way === 'received' && type === 'connect') return guessed([`CONNECT ${rate ?? ''}`.trim(), ' -- got it'])
  if (way === 'received' && type === 'release') return guessed([cause === 17 ? 'BUSY' : 'NO CARRIER'])
  return []
}
