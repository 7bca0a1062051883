/**
 * The services of a machine, one table: what can be reached at which port. Those with a name for lab files tell the
 * trace of every connection that is over.
 */
import { formatIpv4, type Ipv4 } from '../base/address.ts'
import type { Env } from '../base/env.ts'
import type { StreamClose } from '../base/layer.ts'
import type { IpStack } from '../ip/stack.ts'
import type { Connection, ConnectionHandlers, TcpLayer } from '../ip/tcp.ts'
import type { UdpLayer } from '../ip/udp.ts'
import { Chargen } from './chargen.ts'
import { Discard } from './discard.ts'
import { ECHO_PORT, serveEcho } from './echo.ts'
import { HttpServer } from './http.ts'
import { TcpEcho } from './tcp-echo.ts'
import { serveTransfer, TRANSFER_PORT } from './transfer.ts'

/** The machine that a service runs on. */
export interface Server {
  readonly env: Env
  readonly kind: string
  readonly stack: IpStack
  readonly tcp: TcpLayer
  readonly udp: UdpLayer
}

export interface Service {
  readonly protocol: 'tcp' | 'udp'
  /** The usual one. */
  readonly port: number
  serve(server: Server, port: number): void
}

/** One connection of a service. */
interface Session {
  readonly handlers: ConnectionHandlers
  /** What was asked and given, when it is over; may be empty. */
  readonly detail: string
}

export const SERVICES = {
  'udp-echo': { protocol: 'udp', port: ECHO_PORT, serve: ({ udp }, port) => serveEcho(udp, port) },
  transfer: { protocol: 'tcp', port: TRANSFER_PORT, serve: ({ tcp }, port) => serveTransfer(tcp, port) },
  echo: overTcp('echo', 7, connection => new TcpEcho(connection)),
  discard: overTcp('discard', 9, connection => new Discard(connection)),
  chargen: overTcp('chargen', 19, (connection, { env }) => new Chargen(connection, env)),
  http: overTcp(
    'http',
    80,
    (connection, { env, kind, stack }) => new HttpServer(connection, { name: env.node, kind, stack }),
  ),
} as const satisfies Readonly<Record<string, Service>>

export type ServiceName = keyof typeof SERVICES

/** The names that a lab file may give to a node; the others are there by themselves. */
export const NAMED_SERVICES = ['echo', 'discard', 'chargen', 'http'] as const satisfies readonly ServiceName[]
export type NamedService = (typeof NAMED_SERVICES)[number]

/** How a connection that was accepted can end. */
export const SERVICE_ENDS = [
  'closed',
  'reset',
  'timeout',
  'unreachable',
  'aborted',
] as const satisfies readonly StreamClose[]

function overTcp(service: string, usual: number, open: (connection: Connection, server: Server) => Session): Service {
  return {
    protocol: 'tcp',
    port: usual,
    serve: (server, port) =>
      server.tcp.listen(port, connection => told(service, connection, server, open(connection, server))),
  }
}

/** The handlers of the session, which tell the trace what became of it. */
function told(service: string, connection: Connection, { env }: Server, session: Session): ConnectionHandlers {
  const began = env.clock.now
  return {
    ...session.handlers,
    closed: reason => {
      session.handlers.closed?.(reason)
      env.trace.emit('served', {
        service,
        port: connection.local.port,
        from: formatIpv4(connection.remote.address as Ipv4),
        received: connection.bytesIn,
        sent: connection.bytesOut,
        took: env.clock.now - began,
        end: reason,
        detail: session.detail,
      })
    },
  }
}
