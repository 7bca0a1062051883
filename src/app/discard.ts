/** Discard (RFC 863): takes everything, says nothing, and ends when the client does. */
import type { Connection, ConnectionHandlers } from '../ip/tcp.ts'

export class Discard {
  readonly handlers: ConnectionHandlers
  readonly detail = ''

  constructor(connection: Connection) {
    this.handlers = { ended: () => connection.end() }
  }
}
