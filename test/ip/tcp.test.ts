/** TCP over the IP stack: path MTU discovery with real routers between (RFC 1191). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ipv4, ip } from '../../src/base/address.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { Connection } from '../../src/ip/tcp.ts'
import { Net } from '../support/net.ts'

const BYTES = 200_000

/** A host behind a wide link, two routers with `narrow` between them, a server behind a wide link. */
function transfer(narrow: number, silent = false) {
  const net = new Net()
  const a = net.host('a', 'default via 10.0.0.2')
  const r = net.router('r', 'default via 10.0.1.2')
  const s = net.router('s', 'default via 10.0.1.1')
  const b = net.host('b', 'default via 10.0.2.1')
  net.link([a, 'e', '10.0.0.1/24'], [r, 'e', '10.0.0.2/24'], { delay: ms(1) })
  net.link([r, 'm', '10.0.1.1/24'], [s, 'm', '10.0.1.2/24'], { delay: ms(1), mtu: narrow })
  net.link([s, 'e', '10.0.2.1/24'], [b, 'e', '10.0.2.2/24'], { delay: ms(1) })
  if (silent) r.stack.icmp.fragmentationNeeded = () => {}
  let received = 0
  b.tcp.listen(80, () => ({ data: bytes => void (received += bytes.length) }))
  let left = BYTES
  const fill = (): void => {
    while (left > 0) {
      const taken = connection?.write(new Uint8Array(Math.min(left, 8192))) ?? 0
      if (taken === 0) return
      left -= taken
    }
  }
  const to: Ipv4 = ip('10.0.2.2')
  const connection: Connection | undefined = a.tcp.connect(to, 80, { opened: fill, writable: fill })
  assert.ok(connection)
  return { net, a, connection, received: () => received, run: (t: number) => net.world.scheduler.runUntil(t) }
}

describe('path MTU', () => {
  test('a router says what it carries, and from then on nothing is too big (RFC 1191 §6)', () => {
    const { connection, run, received } = transfer(1000)
    run(sec(20))
    assert.equal(received(), BYTES)
    assert.equal(connection.mss, 1000 - 40 - 12)
    assert.equal(connection.info().pathMtu, 1000)
    assert.equal(connection.info().timeouts, 0)
  })

  test('a router that says nothing: after three timeouts, twice, segments are smaller and may be cut (RFC 4821 §7.7)', () => {
    const { connection, run, received } = transfer(1000, true)
    run(sec(60))
    assert.equal(received(), BYTES)
    assert.equal(connection.info().timeouts, 6)
    assert.equal(connection.mss, 1064 - 40 - 12)
  })

  test('ten minutes later the size of our own link is tried again (RFC 1191 §6.3)', () => {
    const { connection, run } = transfer(1000)
    run(sec(20))
    run(sec(640))
    connection.write(new Uint8Array(10))
    run(sec(645))
    assert.equal(connection.mss, 1500 - 40 - 12)
  })

  test('our own link becomes narrower', () => {
    const { a, connection, run, received } = transfer(1500)
    run(ms(8))
    const [iface] = a.stack.interfaces
    Object.defineProperty(iface.port, 'mtu', { get: () => 700 })
    run(sec(20))
    assert.equal(received(), BYTES)
    assert.equal(connection.mss, 700 - 40 - 12)
    assert.equal(connection.info().timeouts, 0)
  })
})
