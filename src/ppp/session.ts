/** One PPP link (RFC 1661 §3): what `node/` composes. */
import type { Packet } from '../base/packet.ts'

export type {
  AuthMethod,
  NetworkFacts,
  PppConfig,
  PppEnd,
  PppEndReason,
  PppLayer,
  PppSinks,
  PppTimers,
} from './config.ts'

/** The strings of the snapshot: the RFC's names of the states. */
export interface PppSnapshot {
  readonly phase: string
  readonly lcp: string
  readonly auth: string
  readonly ccp: string
  readonly ipcp: string
}

/** Made by `new Session(env, config, sinks)`. */
export interface PppSession {
  /** The line below is up: start. */
  open(): void
  /** Administrative end; the sentence goes to the peer in the Terminate-Request. */
  close(sentence: string): void
  /** The line below is gone: no Terminate-Request, finished at once. */
  lowerDown(): void
  /** A PPP frame from below; takes the ownership. */
  receive(frame: Packet): void
  /** An IP packet from the stack; takes the ownership. */
  send(datagram: Packet): void
  snapshot(): PppSnapshot
}
