/** The connections of one machine, in the order in which they were made; found by their endpoints. */
import type { TcpConnection } from './connection.ts'

/** So many are looked through: most machines have one or two. When there are more all are found by hash. */
const FEW = 8
const NONE: readonly TcpConnection[] = []

export class Connections {
  #few = NONE
  #hashed: Hashed | undefined = undefined

  find(local: number, localPort: number, remote: number, remotePort: number): TcpConnection | undefined {
    if (this.#hashed) return this.#hashed.find(local, localPort, remote, remotePort)
    for (const one of this.#few) if (matches(one, local, localPort, remote, remotePort)) return one
    return undefined
  }

  add(connection: TcpConnection): void {
    if (!this.#hashed && this.#few.length < FEW) {
      this.#few = this.#few.concat(connection)
      return
    }
    if (!this.#hashed) {
      this.#hashed = new Hashed()
      for (const one of this.#few) this.#hashed.add(one)
      this.#few = NONE
    }
    this.#hashed.add(connection)
  }

  remove(connection: TcpConnection): void {
    if (this.#hashed) this.#hashed.remove(connection)
    else this.#few = this.#few.filter(one => one !== connection)
  }

  [Symbol.iterator](): Iterator<TcpConnection> {
    return (this.#hashed?.all ?? this.#few)[Symbol.iterator]()
  }
}

class Hashed {
  readonly all = new Set<TcpConnection>()
  /** By hash of the two endpoints; connections with the same hash are chained. */
  readonly #table = new Map<number, TcpConnection>()

  find(local: number, localPort: number, remote: number, remotePort: number): TcpConnection | undefined {
    let at = this.#table.get(hash(local, localPort, remote, remotePort))
    while (at && !matches(at, local, localPort, remote, remotePort)) at = at.next
    return at
  }

  add(connection: TcpConnection): void {
    const key = keyOf(connection)
    connection.next = this.#table.get(key)
    this.#table.set(key, connection)
    this.all.add(connection)
  }

  remove(connection: TcpConnection): void {
    const key = keyOf(connection)
    this.all.delete(connection)
    let at = this.#table.get(key)
    if (at === connection) {
      if (connection.next) this.#table.set(key, connection.next)
      else this.#table.delete(key)
      return
    }
    while (at && at.next !== connection) at = at.next
    if (at) at.next = connection.next
  }
}

function hash(local: number, localPort: number, remote: number, remotePort: number): number {
  let h = Math.imul(local ^ Math.imul(remote, 0x9e3779b1), 0x85ebca6b)
  h ^= (localPort << 16) | remotePort
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35)
  return (h ^ (h >>> 13)) & 0xffff
}

const keyOf = (c: TcpConnection): number => hash(c.local.address, c.local.port, c.remote.address, c.remote.port)

const matches = (c: TcpConnection, local: number, localPort: number, remote: number, remotePort: number): boolean =>
  c.remote.port === remotePort && c.local.port === localPort && c.remote.address === remote && c.local.address === local
