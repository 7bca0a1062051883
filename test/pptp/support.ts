/** A PPTP endpoint under test, with a scripted peer or another endpoint at the other end. */
import { type Ipv4, ip } from '../../src/base/address.ts'
import { type Env, World } from '../../src/base/env.ts'
import type { Stream, StreamEvents } from '../../src/base/layer.ts'
import type { Packet } from '../../src/base/packet.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import type { Call } from '../../src/pptp/call.ts'
import type { ControlConnection } from '../../src/pptp/control.ts'
import { type Decide, Endpoint } from '../../src/pptp/endpoint.ts'
import {
  type CallEnd,
  type CallHandlers,
  type ControlEnd,
  type EndpointConfig,
  endpointConfig,
  type LinkInfo,
  type RingOptions,
  type Role,
  type WanErrors,
} from '../../src/pptp/types.ts'
import * as Pptp from '../../src/wire/pptp.ts'

export const CLIENT = ip('10.0.0.1')
export const SERVER = ip('10.0.0.2')

export const sccrq: Pptp.Message<'start-control-connection-request'> = {
  type: 'start-control-connection-request',
  protocolVersion: 0x0100,
  framingCapabilities: 1,
  bearerCapabilities: 1,
  maximumChannels: 0,
  firmwareRevision: 1,
  hostName: 'probe',
  vendorName: 'probe',
}
export const sccrp: Pptp.Message<'start-control-connection-reply'> = {
  ...sccrq,
  type: 'start-control-connection-reply',
  resultCode: 1,
  errorCode: 0,
}
export const ocrq = (callId: number): Pptp.Message<'outgoing-call-request'> => ({
  type: 'outgoing-call-request',
  callId,
  callSerialNumber: 1,
  minimumBps: 300,
  maximumBps: 100_000_000,
  bearerType: 3,
  framingType: 3,
  packetRecvWindowSize: 64,
  packetProcessingDelay: 0,
  phoneNumberLength: 0,
  phoneNumber: '',
  subaddress: '',
})
export const ocrp = (callId: number, peerCallId: number, resultCode = 1): Pptp.Message<'outgoing-call-reply'> => ({
  type: 'outgoing-call-reply',
  callId,
  peerCallId,
  resultCode,
  errorCode: 0,
  causeCode: 0,
  connectSpeed: 1,
  packetRecvWindowSize: 8,
  packetProcessingDelay: 0,
  physicalChannelId: 0,
})
export const icrq = (callId: number): Pptp.Message<'incoming-call-request'> => ({
  type: 'incoming-call-request',
  callId,
  callSerialNumber: 0,
  callBearerType: 1,
  physicalChannelId: 3,
  dialedNumberLength: 4,
  dialingNumberLength: 3,
  dialedNumber: '5550',
  dialingNumber: '441',
  subaddress: '',
})
export const icrp = (callId: number, peerCallId: number, resultCode = 1): Pptp.Message<'incoming-call-reply'> => ({
  type: 'incoming-call-reply',
  callId,
  peerCallId,
  resultCode,
  errorCode: 0,
  packetRecvWindowSize: 8,
  packetTransmitDelay: 0,
})
export const iccn = (peerCallId: number): Pptp.Message<'incoming-call-connected'> => ({
  type: 'incoming-call-connected',
  peerCallId,
  connectSpeed: 33_600,
  packetRecvWindowSize: 8,
  packetTransmitDelay: 0,
  framingType: 1,
})
export const ccrq = (callId: number): Pptp.Message => ({ type: 'call-clear-request', callId })
export const wanErrors: WanErrors = {
  crcErrors: 1,
  framingErrors: 2,
  hardwareOverruns: 0,
  bufferOverruns: 0,
  timeOutErrors: 0,
  alignmentErrors: 0,
}
/** A modem that is called. */
export const RING: RingOptions = {
  bearerType: 1,
  physicalChannelId: 3,
  dialedNumber: '5550',
  dialingNumber: '441',
  subaddress: '',
  connectSpeed: 33_600,
  framingType: 1,
}
export const echo = (identifier: number): Pptp.Message => ({ type: 'echo-request', identifier })
export const cdn = (callId: number): Pptp.Message<'call-disconnect-notify'> => ({
  type: 'call-disconnect-notify',
  callId,
  resultCode: 3,
  errorCode: 0,
  causeCode: 0,
  callStatistics: '',
})

/** Everything that a call tells its user. */
export class CallLog implements CallHandlers {
  readonly said: string[] = []
  readonly frames: number[][] = []
  readonly told: (LinkInfo | WanErrors)[] = []
  end: CallEnd | undefined
  linkInfo(info: LinkInfo): void {
    this.told.push(info)
  }
  lineErrors(errors: WanErrors): void {
    this.told.push(errors)
  }
  connected(): void {
    this.said.push('connected')
  }
  received(frame: Packet): void {
    this.frames.push([...frame.data])
    frame.release()
  }
  ended(end: CallEnd): void {
    this.said.push(`ended ${end.reason}`)
    this.end = end
  }
}

/** One endpoint and a scripted peer that speaks over a stream without time. */
export class Bench {
  readonly world = new World(1)
  readonly env: Env = this.world.env('here')
  readonly endpoint: Endpoint
  readonly connection: ControlConnection
  readonly trace: TraceEvent[] = []
  /** GRE packets that the endpoint sent. */
  readonly gre: Uint8Array[] = []
  /** Calls that the PAC was asked about. */
  readonly offered: Call[] = []
  readonly logs: CallLog[] = []
  /** Octets that the peer does not read. */
  unread = 0
  /** `end` or `abort` of the stream by the endpoint. */
  tcp = 'open'
  end: ControlEnd | undefined
  readonly #said: Pptp.Message[] = []
  readonly #reader = new Pptp.Splitter({
    message: message => this.#said.push(message),
    rubbish: rubbish => {
      throw new Error(`the endpoint wrote rubbish: ${rubbish.reason}`)
    },
  })

  constructor(role: Role, changes: Partial<EndpointConfig> = {}, decide?: Decide) {
    this.world.trace.listen(event => this.trace.push(event))
    const answer: Decide = (call, request) => {
      this.offered.push(call)
      if (decide) return decide(call, request)
      const log = new CallLog()
      this.logs.push(log)
      return log
    }
    const sinks = {
      gre: (packet: Packet) => {
        this.gre.push(packet.data.slice())
        packet.release()
      },
    }
    const config = endpointConfig(role, changes)
    this.endpoint = new Endpoint(this.env, config, sinks, role === 'pac' || decide ? answer : undefined)
    const handlers = { ended: (end: ControlEnd) => (this.end = end) }
    if (role === 'pns') {
      this.connection = this.endpoint.connect(CLIENT, SERVER, handlers)
      this.connection.attach(this.stream)
      this.connection.opened()
    } else this.connection = this.endpoint.accept(SERVER, CLIENT, this.stream, handlers)
  }

  get stream(): Stream {
    const unread = () => this.unread
    return {
      get waiting() {
        return unread()
      },
      write: bytes => this.#reader.push(bytes),
      end: () => (this.tcp = 'end'),
      abort: () => (this.tcp = 'abort'),
    }
  }
  get peer(): Ipv4 {
    return this.connection.peer
  }

  /** The peer sends these messages or octets. */
  sends(...what: readonly (Pptp.Message | Uint8Array)[]): void {
    for (const one of what) {
      this.connection.data(one instanceof Uint8Array ? one : Pptp.write(one))
    }
  }
  /** What the endpoint has sent since the last question. */
  heard(): Pptp.Message[] {
    return this.#said.splice(0)
  }
  heardTypes(): string[] {
    return this.heard().map(m => m.type)
  }
  pass(time: number): void {
    this.world.scheduler.runUntil(this.world.scheduler.now + time)
  }
  /** Reasons of the drops since the last question. */
  drops(): string[] {
    const drops = this.trace.flatMap(e => (e.event === 'drop' ? [e.why ? `${e.reason} ${e.why}` : e.reason] : []))
    this.trace.length = 0
    return drops
  }
  greArrives(bytes: Uint8Array, from: Ipv4 = this.peer): void {
    this.endpoint.receiveGre(this.env.packets.from(bytes), from)
  }

  /** A PNS with an established control connection. */
  static established(changes: Partial<EndpointConfig> = {}, decide?: Decide): Bench {
    const bench = new Bench('pns', changes, decide)
    bench.sends(sccrp)
    bench.heard()
    return bench
  }
  /** A PAC with an established control connection. */
  static accepted(changes: Partial<EndpointConfig> = {}, decide?: Decide): Bench {
    const bench = new Bench('pac', changes, decide)
    bench.sends(sccrq)
    bench.heard()
    return bench
  }
}

/** A stream between two endpoints that takes time and cuts what is written anew. */
export function pipe(
  world: World,
  a: () => StreamEvents,
  b: () => StreamEvents,
  delay: number,
  cuts: readonly number[] = [],
): readonly [Stream, Stream] {
  const later = (act: () => void): unknown => world.scheduler.after(delay, 'pipe', act)
  const towards = (to: () => StreamEvents): Stream => ({
    waiting: 0,
    write: bytes => {
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        const part = bytes.slice(at, at + cut)
        at += part.length
        if (part.length > 0) later(() => to().data(part))
      }
    },
    end: () => later(() => to().ended()),
    abort: () => later(() => to().closed('reset')),
  })
  return [towards(b), towards(a)]
}
