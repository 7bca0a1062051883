/**
 * Plays a script: makes every packet of its ends from what they have received so far, and writes down what arrives where.
 * It is the same for the simulator and for the kernel, so that what is written can be compared line by line.
 */
import { formatIpv4, ip } from '../../../src/base/address.ts'
import { concat, get16, get32, set16, set32 } from '../../../src/base/bytes.ts'
import * as Checksum from '../../../src/wire/checksum.ts'
import * as Ipv4 from '../../../src/wire/ipv4.ts'
import * as M from '../messages.ts'
import { IP } from '../rig.ts'
import { Describer } from './describe.ts'
import type { HostName, Message, Script, Side, Step } from './script.ts'
import type { Delivery, Outgoing, World } from './world.ts'

/** So long after each packet. */
export const PACE = 40
/** So long for what takes a program of the kernel's. */
const SLOW_STEP = 150
const { tcp: TCP, gre: GRE, icmp: ICMP } = Ipv4.PROTOCOL
const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16
const TCP_HEADER = 20
const CONTROL = 1723

/** One side of a control connection. */
class End {
  readonly host: HostName
  readonly port: number
  readonly remote: string
  readonly remotePort: number
  /** The next octet that it sends, and that it waits for. */
  next: number
  wanted = 0
  /** The call ID that the other side has named last. */
  learned = 0
  last: { readonly at: number; readonly flags: number; readonly payload: Uint8Array } | undefined
  #unread: Uint8Array = new Uint8Array(0)

  constructor(host: HostName, port: number, remote: string, remotePort: number, next: number) {
    this.host = host
    this.port = port
    this.remote = remote
    this.remotePort = remotePort
    this.next = next
  }

  segment(flags: number, payload: Uint8Array = new Uint8Array(0)): Outgoing {
    this.last = { at: this.next, flags, payload }
    this.next += payload.length + (flags & (SYN | FIN) ? 1 : 0)
    return this.repeat()
  }
  repeat(): Outgoing {
    const { at, flags, payload } = this.last ?? { at: this.next, flags: ACK, payload: new Uint8Array(0) }
    const b = new Uint8Array(TCP_HEADER + payload.length)
    set16(b, 0, this.port)
    set16(b, 2, this.remotePort)
    set32(b, 4, at)
    set32(b, 8, flags & ACK ? this.wanted : 0)
    b[12] = (TCP_HEADER / 4) << 4
    b[13] = flags
    set16(b, 14, 65_535)
    b.set(payload, TCP_HEADER)
    const pseudo = Checksum.pseudoHeader(ip(IP[this.host]), ip(this.remote), TCP, b.length)
    set16(b, 16, Checksum.finish(pseudo + Checksum.sum(b, 0, b.length)))
    return { from: this.host, to: this.remote, protocol: TCP, payload: b, dontFragment: true }
  }

  /** A segment has come; what is not the next is as if it had been lost. */
  take(tcp: Uint8Array): void {
    const flags = tcp[13]
    if (flags & SYN) this.wanted = get32(tcp, 4)
    if (get32(tcp, 4) !== this.wanted || flags & RST) return
    const payload = tcp.slice((tcp[12] >> 4) * 4)
    this.wanted += payload.length + (flags & (SYN | FIN) ? 1 : 0)
    this.#unread = concat(this.#unread, payload)
    while (this.#unread.length >= 12 && this.#unread.length >= get16(this.#unread, 0) && get16(this.#unread, 0) >= 12) {
      const { msg, callid } = M.read(this.#unread)
      if (callid !== undefined && ['OCRQ', 'OCRP', 'ICRQ', 'ICRP'].includes(msg)) this.learned = callid
      this.#unread = this.#unread.slice(get16(this.#unread, 0))
    }
  }
}

interface Connection {
  readonly client: End
  server: End | undefined
}

export interface Played {
  /** One line a delivery, by step. */
  readonly lines: readonly (readonly string[])[]
  readonly late: number
}

export async function play(world: World, script: Script, pace = PACE): Promise<Played> {
  await world.begin(script)
  const player = new Player(world, script, pace)
  const lines: string[][] = []
  for (const step of script.steps) lines.push(await player.step(step))
  return { lines, late: world.late }
}

class Player {
  readonly #world: World
  readonly #pace: number
  readonly #describer: Describer
  readonly #connections = new Map<string, Connection>()
  readonly #last = new Map<string, Uint8Array>()
  #opening: Connection | undefined
  #lines: string[] = []
  #greNumber = 100
  #begun = 0

  constructor(world: World, script: Script, pace: number) {
    this.#world = world
    this.#pace = pace
    this.#describer = new Describer(script)
  }

  async step(step: Step): Promise<string[]> {
    this.#lines = []
    await this.#do(step)
    return this.#lines
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case 'open':
        return this.#open(step)
      case 'say':
        return this.#say(step)
      case 'repeat':
      case 'ack':
      case 'fin':
      case 'rst': {
        const end = this.#end(step.conn, step.side)
        if (!end) return this.#nobody()
        if (step.do === 'repeat') return this.#send(end.repeat())
        return this.#send(end.segment(step.do === 'fin' ? FIN | ACK : step.do === 'rst' ? RST | ACK : ACK))
      }
      case 'gre':
        return this.#gre(step)
      case 'stray':
        return this.#send({
          from: step.from,
          to: step.to,
          protocol: GRE,
          payload: M.gre(step.id, ++this.#greNumber),
        })
      case 'error':
        return this.#error(step)
      case 'wait':
        return this.#note(await this.#world.send([], step.ms))
      case 'flush':
      case 'forget-tcp':
        return this.#note(await this.#world.flush(step.box, step.do === 'forget-tcp', SLOW_STEP))
      case 'rules':
        return this.#note(await this.#world.rules(step.box, step.policy, SLOW_STEP))
    }
  }

  #end(conn: string, side: Side): End | undefined {
    return this.#connections.get(conn)?.[side]
  }
  #nobody(): void {
    this.#lines.push('nobody to send it')
  }

  async #open({ conn, from, to, port, packets }: Extract<Step, { do: 'open' }>): Promise<void> {
    const client = new End(from, port, to, CONTROL, 1_000_000 * ++this.#begun)
    const connection: Connection = { client, server: undefined }
    this.#connections.set(conn, connection)
    this.#opening = connection
    await this.#send(client.segment(SYN))
    this.#opening = undefined
    if (packets === 1 || !connection.server) return
    await this.#send(connection.server.segment(SYN | ACK))
    if (packets === 2 || client.wanted === 0) return
    await this.#send(client.segment(ACK))
  }

  async #say({ conn, side, messages, cuts = [], ack }: Extract<Step, { do: 'say' }>): Promise<void> {
    const end = this.#end(conn, side)
    if (!end) return this.#nobody()
    const bytes = concat(...messages.map(message => bytesOf(message, end.learned)))
    const places = [0, ...cuts.filter(cut => cut < bytes.length), bytes.length]
    const segments = places.slice(1).map((to, i) => end.segment(PSH | ACK, bytes.slice(places[i], to)))
    await this.#send(...segments)
    const other = this.#end(conn, side === 'client' ? 'server' : 'client')
    if (ack && other) await this.#send(other.segment(ACK))
  }

  async #gre({ conn, side, id, kind }: Extract<Step, { do: 'gre' }>): Promise<void> {
    const end = this.#end(conn, side)
    if (!end) return this.#nobody()
    const callId = id ?? end.learned
    const number = ++this.#greNumber
    const payload =
      kind === 'version-0'
        ? M.gre0(number)
        : kind === 'not-ppp'
          ? M.gre(callId, number, { protocol: 0x0800 })
          : kind === 'with-ack'
            ? M.gre(callId, number, { ack: number - 1 })
            : kind === 'ack-only'
              ? bare(callId, number)
              : kind === 'header-only'
                ? bare(callId)
                : kind === 'data'
                  ? M.gre(callId, number)
                  : M.gre(callId, number, { payload: new Uint8Array(1400).fill(120) })
    await this.#send({ from: end.host, to: end.remote, protocol: GRE, payload, dontFragment: kind === 'large-df' })
  }

  async #error({ from, about, type, code }: Extract<Step, { do: 'error' }>): Promise<void> {
    const packet = this.#last.get(`${from} ${about === 'tcp' ? TCP : GRE}`)
    if (!packet) return this.#nobody()
    const quoted = packet.subarray(0, 20 + Math.min(64, packet.length - 20))
    const b = new Uint8Array(8 + quoted.length)
    b[0] = type
    b[1] = code
    if (type === 3 && code === 4) set16(b, 6, 1300)
    b.set(quoted, 8)
    set16(b, 2, Checksum.finish(Checksum.sum(b, 0, b.length)))
    await this.#send({ from, to: formatIpv4(Ipv4.source(packet, 0)), protocol: ICMP, payload: b })
  }

  async #send(...packets: Outgoing[]): Promise<void> {
    this.#note(await this.#world.send(packets, this.#pace))
  }

  #note(deliveries: readonly Delivery[]): void {
    const lines: string[] = []
    for (const { at, packet } of deliveries) {
      lines.push(`${at}: ${this.#describer.describe(packet)}`)
      const protocol = Ipv4.protocol(packet, 0)
      this.#last.set(`${at} ${protocol}`, packet)
      if (protocol === TCP) this.#take(at, packet)
    }
    // Two hosts' packets have no order; those of one keep theirs.
    const hosts = [...new Set(lines.map(line => line.slice(0, 2)))].sort()
    for (const host of hosts) this.#lines.push(...lines.filter(line => line.startsWith(host)))
  }

  #take(at: HostName, packet: Uint8Array): void {
    const from = formatIpv4(Ipv4.source(packet, 0))
    const tcp = packet.subarray(Ipv4.headerLength(packet, 0))
    const [source, destination] = [get16(tcp, 0), get16(tcp, 2)]
    const opening = this.#opening
    if (opening && !opening.server && (tcp[13] & (SYN | ACK)) === SYN && destination === CONTROL)
      opening.server = new End(at, CONTROL, from, source, 500_000_000 + 1_000_000 * this.#begun)
    for (const { client, server } of this.#connections.values())
      for (const end of [client, server])
        if (
          end?.host === at &&
          end.port === destination &&
          end.remote === from &&
          end.remotePort === source &&
          (end !== client || end.wanted !== 0 || tcp[13] & SYN)
        )
          end.take(tcp)
  }
}

/** A GRE header without payload: with an acknowledgment number, or without any number. */
function bare(callId: number, ack?: number): Uint8Array {
  const b = new Uint8Array(ack === undefined ? 8 : 12)
  set16(b, 0, ack === undefined ? 0x2001 : 0x2081)
  set16(b, 2, 0x880b)
  set16(b, 6, callId)
  if (ack !== undefined) set32(b, 8, ack)
  return b
}

function bytesOf({ type, id = 0, peer, result = 1 }: Message, learned: number): Uint8Array {
  const other = peer ?? learned
  switch (type) {
    case 'SCCRQ':
      return M.sccrq()
    case 'SCCRP': {
      const b = M.sccrp()
      b[14] = result
      return b
    }
    case 'StopCCRQ':
      return M.stopRequest()
    case 'StopCCRP':
      return M.stopReply()
    case 'EchoRQ':
      return M.echoRequest()
    case 'EchoRP':
      return M.echoReply()
    case 'OCRQ':
      return M.ocrq(id)
    case 'OCRP':
      return M.ocrp(id, other, result)
    case 'ICRQ':
      return M.icrq(id)
    case 'ICRP':
      return M.icrp(id, other, result)
    case 'ICCN':
      return M.iccn(other)
    case 'CCRQ':
      return M.ccrq(id)
    case 'CDN':
      return M.cdn(id)
    case 'WEN':
      return M.wen(other)
    case 'SLI':
      return M.sli(other)
  }
}
