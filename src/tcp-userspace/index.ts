/** TCP (RFC 9293) as a pure library: segments in, segments out, clock and random source given. See README.md. */
import type {
  Connection,
  ConnectionHandlers,
  ConnectOptions,
  Discard,
  Listener,
  ListenOptions,
  Quote,
  TcpEnv,
  TcpOptions,
} from './types.ts'

export type * from './types.ts'
export { DISCARDS, STATES } from './types.ts'

export declare class TcpStack {
  constructor(env: TcpEnv, options?: TcpOptions)
  /** In the order in which they were made. */
  readonly connections: Iterable<Connection>
  /** `accept` is called when a connection is established, and gives its handlers. Undefined when the port is taken. */
  listen(options: ListenOptions, accept: (connection: Connection) => ConnectionHandlers): Listener | undefined
  /** Undefined when no local port is free. */
  connect(options: ConnectOptions, handlers: ConnectionHandlers): Connection | undefined
  /** Takes the segment bytes[start … end - 1] and keeps no view of it. Answers why it was discarded, if it was. */
  receive(bytes: Uint8Array, start: number, end: number, source: number, destination: number): Discard | undefined
  /** An ICMP unreachable error about a segment of ours. */
  unreachable(quote: Quote, hard: boolean): void
}
