/**
 * What one capture tells, in the form of doctor-facts.ts: where it was taken packets were seen to pass; whether they arrived is
 * known only as far as their receiver acknowledges them (RFC 2637 §4.1) or answers.
 *
 * It reads what `decode` has made of the frames, layer by layer, in the words of its lines.
 *
 * Limits: IPCP that is encrypted is not seen; a tunnel counts as up when encrypted packets go both ways.
 */
import type { Decoded, DecodedFrame } from '../../decode/decode.ts'
import { clientPortOf, type Heard, HeardCalls } from './capture-calls.ts'
import type { Case, End, Facts, LineFacts, Message, Step, Tunnel, Way } from './facts.ts'
import { Numbers } from './numbers.ts'
import { heardBy, reach, send } from './ways.ts'

/** SYNs without an answer. */
const SYNS = 3
/** LCP Echo-Requests, likewise. */
const ECHOES = 3
/** How long an Echo-Reply may take (RFC 2637 §3.1.4: 60 s), less what clocks differ. */
const ECHO_PATIENCE = 55e9

const STEP_OF: Readonly<Record<string, Step>> = { lcp: 'lcp', ccp: 'ccp', ipcp: 'ipcp' }

export function factsOfCapture(decoded: Decoded): Facts {
  const reader = new Reader()
  for (const frame of decoded.frames) reader.frame(frame)
  for (const { frame, reason } of decoded.problems) {
    const of = frame === undefined ? undefined : decoded.frames[frame - 1]
    if (of && /cookie|control message|fit the type|less than a header|rubbish/.test(reason))
      reader.malformed(of, reason)
  }
  return reader.facts(decoded.frames.at(-1)?.t ?? 0)
}

class Reader {
  readonly #calls = new HeardCalls()
  readonly #lines: LineFacts[] = []

  frame(frame: DecodedFrame): void {
    const [first, ...rest] = frame.text.split(' · ')
    // A datagram is whole in the frame of its last fragment.
    const [outer, ...inner] = /^(?:IP fragment|\d+ fragments)/.test(first) ? rest : [first, ...rest]
    if (outer === undefined || / more follow/.test(first)) return
    if (outer.startsWith('TCP ')) this.#tcp(frame, outer)
    else if (outer.startsWith('PPTP ')) this.#control(frame, outer.slice(5))
    else if (outer.startsWith('GRE ')) this.#gre(frame, outer, inner)
    else if (outer.startsWith('ICMP ')) this.#icmp(frame)
  }

  #tcp(frame: DecodedFrame, text: string): void {
    const [, from, to, flags] = /^TCP (\d+) > (\d+) ((?:[A-Z]{3} )*)/.exec(text) ?? []
    if (from !== '1723' && to !== '1723') return
    const fromClient = to === '1723'
    const { source, destination, t, number } = frame
    const [client, target] = fromClient ? [source, destination] : [destination, source]
    const port = fromClient ? from : to
    const isSyn = flags.startsWith('SYN') && !flags.includes('ACK')
    const near = this.#calls.between(frame)
    const known = isSyn ? near.findLast(each => each.clientPort === port) : this.#calls.connection(frame, port)
    // The rest of a connection that is not known says nothing of those that are.
    if (!known && !isSyn && near.length > 0) return
    const heard = known ?? this.#calls.begin(client, port, target, t)
    heard.last = t
    heard.whole ||= isSyn
    const { tunnel } = heard
    send(fromClient ? tunnel.tcp.up : tunnel.tcp.down, `frame ${number}`, t)
    if (isSyn) heard.syns++
    else if (flags.includes('SYN') || (!flags.includes('RST') && !flags.includes('SYN'))) step(heard, 'tcp', t)
    if (flags.includes('RST') && !tunnel.reached.has('tcp')) {
      end(tunnel, t, client, 'tcp', 'tcp-refused', `${source} answered with RST (frame ${number}).`)
    } else if (flags.includes('RST')) this.#reset(heard, frame, fromClient)
    if (flags.includes('FIN')) this.#fin(heard, frame, fromClient)
  }

  #reset({ tunnel, goodbye }: Heard, { t, number, source }: DecodedFrame, fromClient: boolean): void {
    if (goodbye || tunnel.end || tunnel.peerEnd) return
    const node = fromClient ? tunnel.target : tunnel.client
    const told = {
      t,
      node,
      layer: 'tcp',
      reason: 'tcp-reset',
      tries: 0,
      detail: `${source} sent a RST (frame ${number}).`,
    }
    if (fromClient) tunnel.peerEnd = told
    else tunnel.end = told
  }

  /** The system closes TCP when its program is gone: without a word before, the program did not end in order. */
  #fin(heard: Heard, { t, number, source }: DecodedFrame, fromClient: boolean): void {
    const { tunnel } = heard
    this.#unanswered(heard, t)
    if (heard.goodbye || tunnel.end || tunnel.peerEnd || !tunnel.reached.has('tcp')) return
    heard.goodbye = true
    const detail = `${source} closed TCP without a goodbye (frame ${number}).`
    const told = {
      t,
      node: fromClient ? tunnel.target : tunnel.client,
      layer: 'tcp',
      reason: 'tcp-closed',
      tries: 0,
      detail,
    }
    if (fromClient) tunnel.peerEnd = told
    else tunnel.end = told
  }

  #control(frame: DecodedFrame, text: string): void {
    const heard = this.#calls.connection(frame, clientPortOf(frame))
    if (!heard) return
    const { tunnel } = heard
    const { t, source, number } = frame
    heard.last = t
    const fromClient = source === tunnel.client
    send(fromClient ? tunnel.tcp.up : tunnel.tcp.down, `frame ${number}`, t)
    for (const one of text.split('; ')) {
      const [, name, detail = ''] = /^([\w-]+)(?:: (.*))?$/.exec(one) ?? []
      if (name === undefined) continue
      const type = name.toLowerCase()
      const message: Message = { t, node: source, way: 'sent', proto: 'pptp', type, detail, packet: `frame ${number}` }
      const good = /result 1 /.test(detail)
      if (/^(?:outgoing|incoming)-call-request$/.test(type)) asks(heard, callIdOf(detail), fromClient)
      if (type === 'start-control-connection-reply') {
        if (good) step(heard, 'control', t)
        else tunnel.refusal = message
      } else if (type === 'outgoing-call-reply' || type === 'incoming-call-reply') {
        if (good) accepted(heard, detail, fromClient, t)
        else tunnel.refusal = message
      } else if (type === 'incoming-call-request') tunnel.incoming = fromClient
      else if (type === 'echo-request') heard.asked.set(source, t)
      else if (type === 'echo-reply') heard.asked.delete(frame.destination)
      else this.#goodbye(heard, message, fromClient)
    }
  }

  #goodbye(heard: Heard, { t, type, detail, packet }: Message, fromClient: boolean): void {
    const { tunnel } = heard
    const leaves = ['call-clear-request', 'call-disconnect-notify', 'stop-control-connection-request'].includes(type)
    if (!leaves || heard.goodbye) return
    this.#unanswered(heard, t)
    heard.goodbye = true
    if (fromClient) end(tunnel, t, tunnel.client, 'pptp', 'cleared', `${type} (${packet}).`)
    else {
      const reason = type === 'call-disconnect-notify' ? 'disconnected' : 'stopped-by-peer'
      end(
        tunnel,
        t,
        tunnel.client,
        'pptp',
        reason,
        `The server sent ${type}${detail === '' ? '' : `: ${detail}`} (${packet}).`,
      )
    }
  }

  #gre(frame: DecodedFrame, header: string, inner: readonly string[]): void {
    const { source, t, number } = frame
    const seq = /\bseq (\d+)/.exec(header)?.[1]
    const callId = Number(/\bcall (\d+)/.exec(header)?.[1])
    const heard = this.#calls.call(frame, callId, seq === undefined ? undefined : Number(seq))
    if (!heard) return
    const { tunnel } = heard
    heard.last = t
    if (tunnel.reached.size === 0) {
      // The beginning is not in the capture.
      for (const each of ['tcp', 'control', 'call'] as const) step(heard, each, t)
    }
    const fromClient = source === tunnel.client
    const [way, back] = fromClient ? [tunnel.gre.up, tunnel.gre.down] : [tunnel.gre.down, tunnel.gre.up]
    if (seq !== undefined) {
      send(way, `frame ${number}`, t)
      this.#number(heard, way, callId, Number(seq), frame)
    }
    if (/\back \d+/.test(header)) heardBy(back, t)
    for (const text of inner) this.#ppp(heard, text, frame, fromClient)
  }

  #number(heard: Heard, way: Way, callId: number, seq: number, { t, number, destination }: DecodedFrame): void {
    const key = `${destination} ${callId}`
    let known = heard.numbers.get(key)
    if (!known) {
      known = new Numbers(way.from)
      heard.numbers.set(key, known)
      this.#lines.push(known.line)
    }
    known.note(way, seq, t, number, destination)
  }

  #ppp(heard: Heard, text: string, frame: DecodedFrame, fromClient: boolean): void {
    const { tunnel } = heard
    const { t, source, destination, number } = frame
    if (/^(?:MPPE|Deflate|compressed|IP) /i.test(text)) {
      heard.encrypted.add(source)
      if (heard.encrypted.size === 2) for (const each of ['lcp', 'auth', 'ipcp'] as const) step(heard, each, t)
      return
    }
    const [, proto, type, detail = ''] =
      /^(LCP|PAP|CHAP|CCP|IPCP) ([\w-]+)(?: id \d+)?(?: \([^)]*\))?(?:: (.*))?$/.exec(text) ?? []
    if (proto === undefined) return
    const message: Message = {
      t,
      node: source,
      way: 'sent',
      proto: proto.toLowerCase(),
      type: type.toLowerCase(),
      detail: detail === '' ? text : detail,
      packet: `frame ${number}`,
    }
    tunnel.messages.push(message)
    const agreed = STEP_OF[message.proto]
    if (agreed && message.type === 'configure-ack') {
      heard.acked.add(`${agreed} ${destination}`)
      if (heard.acked.has(`${agreed} ${tunnel.client}`) && heard.acked.has(`${agreed} ${tunnel.target}`))
        step(heard, agreed, t)
      if (agreed === 'ipcp') step(heard, 'auth', t)
    }
    if ((proto === 'CHAP' && message.type === 'success') || message.type === 'authenticate-ack') step(heard, 'auth', t)
    if (proto === 'LCP') this.#lcp(heard, message, fromClient)
  }

  #lcp(heard: Heard, { t, node, type, detail, packet }: Message, fromClient: boolean): void {
    const { tunnel, echoes } = heard
    if (type === 'echo-request') echoes.set(node, (echoes.get(node) ?? 0) + 1)
    if (type === 'echo-reply') echoes.set(fromClient ? tunnel.target : tunnel.client, 0)
    if (type !== 'terminate-request' || heard.goodbye) return
    this.#unanswered(heard, t)
    heard.goodbye = true
    if (tunnel.end || tunnel.peerEnd) return
    if (fromClient) end(tunnel, t, node, 'lcp', wishOf(detail), `${detail} (${packet}).`)
    else end(tunnel, t, tunnel.client, 'lcp', 'peer-closed', `The server ended the link: ${detail} (${packet}).`)
  }

  /** Somebody leaves because nobody has answered. */
  #unanswered({ tunnel, echoes, asked }: Heard, t: number): void {
    for (const [node, since] of asked) {
      if (t - since < ECHO_PATIENCE || tunnel.end || tunnel.peerEnd) continue
      const detail = `The Echo-Request of ${node} on TCP port 1723 stayed without an answer.`
      const told: End = { t, node, layer: 'pptp', reason: 'echo-timeout', tries: 1, detail }
      if (node === tunnel.client) tunnel.end = told
      else tunnel.peerEnd = told
    }
    for (const [node, count] of echoes) {
      if (count < ECHOES || tunnel.end || tunnel.peerEnd) continue
      const told: End = {
        t,
        node,
        layer: 'lcp',
        reason: 'echo-timeout',
        tries: count,
        detail: `No answer to ${count} Echo-Requests of ${node}.`,
      }
      if (node === tunnel.client) tunnel.end = told
      else tunnel.peerEnd = told
    }
  }

  /** About a packet of a tunnel: the first of its quoted headers names its ends. */
  #icmp({ text, t, number, source }: DecodedFrame): void {
    const [, error, from, to, rest] = /^ICMP (.*?) \(about IP (\S+) > (\S+) · (.*)$/.exec(text) ?? []
    const near = this.#calls.between({ source: from, destination: to })
    const callId = Number(/^GRE call (\d+)/.exec(rest)?.[1])
    const port = /^TCP (\d+) > (\d+)/
      .exec(rest)
      ?.slice(1)
      .find(each => each !== '1723')
    const isQuoted = ({ ids, clientPort, tunnel: { client } }: Heard): boolean =>
      (client === from ? ids.up : ids.down).has(callId) || (port !== undefined && clientPort === port)
    const heard = near.findLast(isQuoted) ?? near.at(-1)
    if (!heard || error === undefined || /reassembly/.test(error)) return
    const { tunnel } = heard
    const message: Message = {
      t,
      node: source,
      way: 'sent',
      proto: 'icmp',
      type: error.replaceAll(' ', '-'),
      detail: rest.split(' · ')[0],
      packet: `frame ${number}`,
    }
    if (tunnel.messages.filter(({ proto }) => proto === 'icmp').length < 20) tunnel.messages.push(message)
    if (rest.startsWith('TCP') && !tunnel.reached.has('tcp')) {
      end(tunnel, t, tunnel.client, 'tcp', 'tcp-unreachable', `${source} says: ${error} (frame ${number}).`)
    }
  }

  malformed(frame: DecodedFrame, reason: string): void {
    const heard = this.#calls.connection(frame, clientPortOf(frame))
    if (!heard) return
    const { t, source, number } = frame
    const common = { t, node: source, way: 'sent', proto: 'pptp', packet: `frame ${number}` } as const
    const message: Message = { ...common, type: 'malformed', detail: reason }
    heard.tunnel.messages.push(message)
    heard.tunnel.refusal ??= message
  }

  facts(t: number): Facts {
    for (const [i, heard] of this.#calls.all.entries()) {
      const { tunnel, syns } = heard
      const next = this.#calls.all.find(
        (other, k) => k > i && other.tunnel.client === tunnel.client && other.tunnel.target === tunnel.target,
      )
      // Nothing more came of it: the next was begun instead of it.
      if (next && next.tunnel.from >= heard.last) tunnel.until = next.tunnel.from
      this.#unanswered(heard, t)
      if (!tunnel.reached.has('tcp') && syns >= SYNS) {
        end(
          tunnel,
          tunnel.tcp.up.lastSent ?? t,
          tunnel.client,
          'tcp',
          'tcp-timeout',
          `${syns} requests to open TCP stayed without an answer.`,
        )
      }
    }
    const cases: Case[] = this.#calls.all.map(({ tunnel }) => tunnel)
    return {
      kind: 'capture',
      t,
      cases,
      boxes: new Map(),
      losses: [],
      lines: this.#lines,
      flowEnds: [],
      greFlows: [],
      natSources: new Map(),
      radius: [],
      strangers: this.#calls.all.flatMap(({ strangers }) => [...strangers.values()]),
    }
  }
}

const callIdOf = (detail: string): number => Number(/^call (\d+)/.exec(detail)?.[1])

/** Its ID is in what is sent to who asks. */
function asks({ ids }: Heard, callId: number, fromClient: boolean): void {
  const way = fromClient ? ids.down : ids.up
  way.add(callId)
}

function accepted(heard: Heard, detail: string, fromClient: boolean, t: number): void {
  const answers = callIdOf(detail)
  const asked = Number(/peer's call (\d+)/.exec(detail)?.[1])
  const [own, peers] = fromClient ? [answers, asked] : [asked, answers]
  step(heard, 'call', t)
  heard.tunnel.callIds = { own, peers }
  heard.ids.down.add(own)
  heard.ids.up.add(peers)
}

/** What comes after its end is no step of it. */
function step({ tunnel, goodbye }: Heard, name: Step, t: number): void {
  if (!goodbye && !tunnel.end && !tunnel.peerEnd) reach(tunnel, name, t)
}

/** Why a client leaves, as far as its words tell it. */
const wishOf = (words: string): string => {
  if (/[Ee]ncryption is required|MPPE required/.test(words)) return 'mppe-required'
  return /[Ff]ailed to authenticate|not prove/.test(words) ? 'auth-failed' : 'closed'
}

/** The first counts. */
function end(tunnel: Tunnel, t: number, node: string, layer: string, reason: string, detail: string): void {
  tunnel.end ??= { t, node, layer, reason, tries: 0, detail }
}
