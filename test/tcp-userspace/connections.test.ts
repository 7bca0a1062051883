/** The table of connections beside a plain map: few, many, and such as share a hash. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Connections, type TcpConnection } from 'tcp-userspace/parts'
import { fc } from '../support/fast-check.ts'

interface Ends {
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
}

const made = ({ local, localPort, remote, remotePort }: Ends): TcpConnection =>
  ({
    local: { address: local, port: localPort },
    remote: { address: remote, port: remotePort },
    next: undefined,
  }) as unknown as TcpConnection

const find = (table: Connections, { local, localPort, remote, remotePort }: Ends): TcpConnection | undefined =>
  table.find(local, localPort, remote, remotePort)

/** As many as a server may have: more than there are hashes that they could all have for themselves. */
const MANY: readonly Ends[] = Array.from({ length: 9000 }, (_, i) => ({
  local: 0x0a000001,
  localPort: 1723,
  remote: 0xc6336400 + (i % 50),
  remotePort: 49_152 + Math.floor(i / 50),
}))

describe('the table of connections', () => {
  const small = fc.record({
    local: fc.constantFrom(1, 2),
    localPort: fc.constantFrom(1723, 80),
    remote: fc.constantFrom(7, 8, 9),
    remotePort: fc.constantFrom(49_152, 49_153),
  })

  test('finds those that are there by all four of their names, and keeps the order of their making', () => {
    const keyOf = (ends: Ends): string => Object.values(ends).join()
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 40 }), steps => {
        const table = new Connections()
        const model = new Map<string, TcpConnection>()
        for (const ends of steps) {
          const known = model.get(keyOf(ends))
          if (known) {
            table.remove(known)
            model.delete(keyOf(ends))
          } else {
            const connection = made(ends)
            table.add(connection)
            model.set(keyOf(ends), connection)
          }
          for (const asked of steps) assert.equal(find(table, asked), model.get(keyOf(asked)))
          assert.deepEqual([...table], [...model.values()])
        }
      }),
    )
  })

  test('many, of which some share a hash: each is found, and goes without taking another with it', () => {
    const table = new Connections()
    const all = MANY.map(made)
    for (const connection of all) table.add(connection)
    assert.ok(
      all.some(({ next }) => next !== undefined),
      'some share a hash, or this shows nothing',
    )
    for (const [i, ends] of MANY.entries()) assert.equal(find(table, ends), all[i])
    // From the front, the back and the middle of the chains.
    for (const keeps of [2, 3]) {
      for (const [i, ends] of MANY.entries()) {
        if (i % keeps === 0 && find(table, ends)) table.remove(all[i])
      }
      for (const [i, ends] of MANY.entries()) {
        const gone = i % 2 === 0 || (keeps === 3 && i % 3 === 0)
        assert.equal(find(table, ends), gone ? undefined : all[i])
      }
    }
    assert.equal([...table].length, 3000)
  })

  test('many are spread: no chain is long', () => {
    const table = new Connections()
    const all = MANY.map(made)
    for (const connection of all) table.add(connection)
    const lengths = all.map(connection => {
      let length = 0
      for (let at: TcpConnection | undefined = connection; at; at = at.next) length++
      return length
    })
    assert.ok(Math.max(...lengths) < 8, String(Math.max(...lengths)))
  })
})
