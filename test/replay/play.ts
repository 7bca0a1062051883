/**
 * Plays one half of a capture against a node of ours that takes the part of the other half.
 *
 * The played half is a host with our TCP under the control connection; its GRE packets are the captured bytes. What it
 * says it says in the captured order, not earlier after its own last word than captured, and not before our node has
 * said on every channel what the captured node had said by then. If our node owes a message for longer than PATIENCE,
 * the play goes on without it; the judge will see that it is missing.
 *
 * One field is not played as captured: the acknowledgment number in GRE. It names our packets, and our numbers are not
 * the captured ones, since our node has its own user data to send.
 */
import assert from 'node:assert/strict'
import { ip } from '../../src/base/address.ts'
import { get32, set32 } from '../../src/base/bytes.ts'
import type { Stream, StreamEvents } from '../../src/base/layer.ts'
import { ms, sec } from '../../src/base/time.ts'
import { acceptedStream, ConnectionStream } from '../../src/ip/tcp.ts'
import { Client } from '../../src/node/client.ts'
import type { Host } from '../../src/node/host.ts'
import type { Snapshot } from '../../src/node/node.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import type { AuthMethod } from '../../src/ppp/config.ts'
import * as Chap from '../../src/wire/chap.ts'
import type * as Cp from '../../src/wire/cp.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { LCP_OPTIONS } from '../../src/wire/ppp-options.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { Net } from '../support/net.ts'
import {
  type Channel,
  CLIENT,
  controlMessage,
  type Message,
  readGre,
  type Said,
  SERVER,
  type Side,
  tcpEnd,
} from './capture.ts'
import { type Drawn, withDraws } from './random.ts'

/** How the captured machines were set up (test/captures/README.md). */
export interface Setup {
  readonly auth: AuthMethod
  readonly user: string
  readonly password: string
  readonly serverMppe: 'required' | 'off'
  readonly clientMppe: 'required' | 'off'
  /** Seconds between two LCP Echo-Requests of either side. */
  readonly echo: number
}

export interface Played {
  /** What our node said, in its order. */
  readonly said: readonly Message[]
  /** IP packets of the played half that came out of our node's end of the tunnel, and how many of them decrypted. */
  readonly received: number
  readonly decrypted: number
  /** Draws that the capture shows and our node never made. */
  readonly undrawn: readonly string[]
  /** What our node could not read. */
  readonly drops: readonly string[]
}

/** Less than any restart timer of ours. */
const PATIENCE = sec(1)
const USERS = new Map([
  ['alice', 'alice-secret'],
  ['bob', 'Passw0rd!'],
])

export function play(said: readonly Said[], ours: Side, setup: Setup): Played {
  return new Play(said, ours, setup).run()
}

class Play {
  readonly #said: readonly Said[]
  readonly #ours: Side
  readonly #net = new Net()
  readonly #draws: Map<string, Drawn[]>
  readonly #node: Client | PptpServer
  readonly #peer: Host
  #stream: Stream | undefined
  /** In the GRE packets of the played half. */
  readonly #callId: number
  readonly #heard: Message[] = []
  #lastSequence = -1
  /** Messages of our node that the next word of the played half may depend on: captured so far, and heard so far. */
  readonly #owed = new Map<string, number>()
  readonly #paid = new Map<string, number>()
  #at = 0
  /** When the played half last said something, and what the capture's clock said then. */
  #spoke = 0
  #spokeCaptured = 0
  #waitingSince = -1
  #hungUp = false
  #counters = { received: 0, decrypted: 0 }

  constructor(said: readonly Said[], ours: Side, setup: Setup) {
    this.#said = said
    this.#ours = ours
    const gre = said.find(s => s.from !== ours && s.gre)?.gre
    assert.ok(gre)
    this.#callId = Gre.callId(gre, Ipv4.headerLength(gre, 0))
    this.#draws = drawsOf(said.flatMap(s => (s.from === ours && s.message ? [s.message] : [])))
    this.#node = ours === 'client' ? this.#client(setup) : this.#server(setup)
    this.#peer = this.#net.host('peer')
    const addresses = ours === 'client' ? ['10.99.1.2/16', '10.99.2.2/16'] : ['10.99.2.2/16', '10.99.1.2/16']
    this.#net.link([this.#node, 'eth0', addresses[0]], [this.#peer, 'eth0', addresses[1]], { delay: ms(1) })
    this.#peer.stack.handle(Ipv4.PROTOCOL.gre, {
      receive: packet => {
        this.#hearGre(packet.data.subarray(Ipv4.headerLength(packet.bytes, packet.start)))
        packet.release()
      },
    })
  }

  #client({ auth, user, password, clientMppe, echo }: Setup): Client {
    const env = withDraws(this.#net.world.env('local'), this.#draws)
    const config = { server: SERVER, user, password, mppe: clientMppe, echo: sec(echo), routes: [], dns: false }
    return new Client(env, [], { ...config, auth: [auth] })
  }

  #server({ auth, serverMppe, echo }: Setup): PptpServer {
    const env = withDraws(this.#net.world.env('pptpd'), this.#draws)
    const pool = { first: ip('192.168.80.10'), last: ip('192.168.80.20') }
    const config = { local: ip('192.168.80.1'), pool, users: USERS, mppe: serverMppe, echo: sec(echo), dns: [] }
    return new PptpServer(env, [], { ...config, auth: [auth] })
  }

  run(): Played {
    this.#connect()
    const { scheduler } = this.#net.world
    this.#step()
    while (this.#at < this.#said.length) {
      const before = this.#at
      scheduler.runUntil(scheduler.now + ms(1))
      this.#step()
      assert.ok(scheduler.now < sec(600), `the play stands still at frame ${this.#said[before].frame}`)
    }
    scheduler.runUntil(scheduler.now + PATIENCE)
    const undrawn = [...this.#draws].filter(([, left]) => left.length > 0).map(([name]) => name)
    const drops = this.#net
      .seen('drop', this.#node.env.node)
      .filter(d => d.layer === 'mppe' || d.reason === 'malformed' || d.reason === 'bad-checksum')
      .map(d => `${d.layer} ${d.reason}: ${d.detail}`)
    return { said: this.#heard, ...this.#counters, undrawn, drops }
  }

  // The control connection

  #connect(): void {
    const splitter = new Pptp.Splitter({
      message: (value, bytes) => this.#hear(controlMessage(value, bytes.slice())),
      rubbish: ({ reason }) => assert.fail(reason),
    })
    const events: StreamEvents = {
      opened: () => {},
      data: bytes => splitter.push(bytes),
      ended: () => this.#hear(tcpEnd('fin')),
      closed: reason => {
        if (reason === 'reset') this.#hear(tcpEnd('rst'))
      },
    }
    if (this.#node instanceof Client) {
      this.#peer.tcp.listen(Pptp.PORT, connection =>
        acceptedStream(connection, stream => {
          this.#stream = stream
          return events
        }),
      )
      this.#node.connect()
    } else {
      const stream = new ConnectionStream(events)
      const connection = this.#peer.tcp.connect(SERVER, Pptp.PORT, stream)
      assert.ok(connection)
      stream.attach(connection)
      this.#stream = stream
    }
  }

  // What our node says

  #hearGre(packet: Uint8Array): void {
    if (!Gre.hasSequence(packet, 0)) return
    const first = this.#lastSequence < 0
    this.#lastSequence = Gre.sequenceNumber(packet, 0)
    this.#acknowledge()
    for (const { message } of readGre(packet.slice(), first)) if (message) this.#hear(message)
  }

  #hear(message: Message): void {
    this.#heard.push(message)
    count(this.#paid, message)
  }

  // What the played half says

  #step(): void {
    for (;;) {
      const next = this.#said[this.#at]
      if (!next || this.#now < this.#due(next)) return
      if (next.from === this.#ours) this.#ownTurn(next)
      else if (this.#patient()) return
      else this.#say(next)
      this.#at++
    }
  }

  get #now(): number {
    return this.#net.world.scheduler.now
  }

  /** What our node ought to say needs no waiting for: its own clock decides. Its user hangs up when he did. */
  #due(next: Said): number {
    if (next.from === this.#ours && !this.#hangsUp(next)) return 0
    return this.#spoke + next.time - this.#spokeCaptured
  }

  #hangsUp({ message }: Said): boolean {
    if (this.#hungUp || this.#ours === 'server' || message?.channel !== 'lcp') return false
    return message.type === 'terminate-request'
  }

  #ownTurn(next: Said): void {
    if (this.#hangsUp(next) && this.#node instanceof Client) {
      this.#hungUp = true
      this.#node.disconnect()
    }
    if (next.message && WAITED.has(next.message.channel)) count(this.#owed, next.message)
  }

  /** Does our node owe something that may still come? */
  #patient(): boolean {
    const owing = [...this.#owed].filter(([kind, n]) => n > (this.#paid.get(kind) ?? 0))
    if (owing.length === 0) {
      this.#waitingSince = -1
      return false
    }
    if (this.#waitingSince < 0) this.#waitingSince = this.#now
    if (this.#now - this.#waitingSince < PATIENCE) return true
    for (const [kind] of owing) this.#owed.set(kind, this.#paid.get(kind) ?? 0)
    this.#waitingSince = -1
    return false
  }

  #say(next: Said): void {
    this.#spoke = this.#now
    this.#spokeCaptured = next.time
    if (next.stream) this.#stream?.write(next.stream)
    if (next.message?.type === 'fin') this.#stream?.end()
    if (next.message?.type === 'rst') this.#stream?.abort()
    if (next.gre) this.#sendIp(next.gre.slice())
    this.#count()
  }

  #sendIp(packet: Uint8Array): void {
    const at = Ipv4.headerLength(packet, 0)
    const whole = Ipv4.fragmentOffset(packet, 0) === 0
    if (whole && this.#lastSequence >= 0 && Gre.hasAcknowledgment(packet, at)) {
      set32(packet, at + Gre.headerLength(packet, at) - 4, this.#lastSequence)
    }
    const [{ port }] = this.#peer.stack.interfaces
    port.send(this.#peer.env.packets.from(packet), Ipv4.destination(packet, 0))
  }

  /** At once, so that our node's window stays open. */
  #acknowledge(): void {
    const header = { callId: this.#callId, sequenceNumber: undefined, acknowledgmentNumber: this.#lastSequence }
    const packet = Gre.write({ ...header, payload: new Uint8Array(0) })
    const to = this.#ours === 'client' ? CLIENT : SERVER
    this.#peer.stack.output(this.#peer.env.packets.from(packet), to, Ipv4.PROTOCOL.gre)
  }

  #count(): void {
    const snapshot = this.#node.snapshot()
    const ppp = this.#ours === 'client' ? snapshot : (Object.values(snapshot.calls as Snapshot)[0] as Snapshot)
    const counters = (ppp?.ppp as Snapshot | undefined)?.counters as Snapshot | undefined
    if (counters) this.#counters = { received: Number(counters.received), decrypted: Number(counters.decrypted) }
  }
}

/** The others stand in no order of cause and effect, or are not spoken by our nodes. */
const WAITED: ReadonlySet<Channel> = new Set(['control', 'lcp', 'auth', 'ccp', 'ipcp'])

function count(counts: Map<string, number>, { channel, type }: Message): void {
  const kind = `${channel} ${type}`
  counts.set(kind, (counts.get(kind) ?? 0) + 1)
}

/** Our node's random values, as the captured node had them. */
function drawsOf(messages: readonly Message[]): Map<string, Drawn[]> {
  const draws = new Map<string, Drawn[]>()
  const add = (name: string, value: Drawn | undefined) => {
    assert.notEqual(value, undefined, name)
    draws.set(name, [...(draws.get(name) ?? []), value as Drawn])
  }
  const first = (channel: Channel, type: string) => messages.find(m => m.channel === channel && m.type === type)?.value
  const lcp = first('lcp', 'configure-request') as Cp.Configure | undefined
  const magic = lcp?.options.find(option => option.type === LCP_OPTIONS.magic)
  if (magic) add('ppp session 1/magic', get32(magic.body, 0))
  const request = first('control', 'outgoing-call-request') as Pptp.Message<'outgoing-call-request'> | undefined
  if (request) add('pptp/pptp call id', request.callId - 1)
  const challenge = first('auth', 'challenge') as Chap.WithValue | undefined
  if (challenge) {
    add('ppp session 1/challenge', challenge.value)
    add('ppp session 1/chap-id', (challenge.id - 1) & 255)
  }
  const response = first('auth', 'response') as Chap.WithValue | undefined
  const ms = response && Chap.readMsChapV2Response(response.value)
  if (ms) add('ppp session 1/peer-challenge', ms.peerChallenge)
  return draws
}
