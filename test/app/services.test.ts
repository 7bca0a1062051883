/** The services over TCP, each between two machines, and what the trace says of a connection. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fillLines } from '../../src/app/chargen.ts'
import { fillPattern, matchesPattern } from '../../src/app/pattern.ts'
import { NAMED_SERVICES, SERVICES } from '../../src/app/services.ts'
import { ip } from '../../src/base/address.ts'
import { concat, equal, fromAscii, toLatin1 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { Connection } from '../../src/ip/tcp.ts'
import { type LinkOptions, Net } from '../support/net.ts'

/** What TCP buffers in each direction. */
const BUFFER = 1 << 20

/** A client machine `a` and a server `b` that has every service, 1 ms apart. */
function pair(options: LinkOptions = {}) {
  const net = new Net()
  const [a, b] = [net.host('a'), net.host('b')]
  const link = net.link([a, 'eth0', '10.0.0.1/24'], [b, 'eth0', '10.0.0.2/24'], { delay: ms(1), ...options })
  for (const name of NAMED_SERVICES) SERVICES[name].serve(b, SERVICES[name].port)
  return { net, a, b, link }
}
type Pair = ReturnType<typeof pair>

/** A client that notes what comes; it ends when the server does. */
function client({ a }: Pair, port: number, opened: (connection: Connection) => void = () => {}) {
  const pieces: Uint8Array[] = []
  const seen = { ended: false, closed: '' }
  const connection = a.tcp.connect(ip('10.0.0.2'), port, {
    opened: () => connection && opened(connection),
    data: bytes => pieces.push(bytes.slice()),
    ended: () => {
      seen.ended = true
      connection?.end()
    },
    closed: reason => {
      seen.closed = reason
    },
  })
  assert.ok(connection)
  return { connection, seen, received: () => concat(...pieces) }
}

/** Sends `total` octets of the pattern as TCP takes them, then ends. */
function sender({ a }: Pair, port: number, total: number, data: (bytes: Uint8Array) => void = () => {}) {
  const piece = new Uint8Array(16_384)
  const seen = { sent: 0, closed: '' }
  const push = (): void => {
    while (seen.sent < total) {
      const next = piece.subarray(0, Math.min(piece.length, total - seen.sent))
      fillPattern(next, seen.sent)
      const taken = connection?.write(next) ?? 0
      seen.sent += taken
      if (taken < next.length) return
    }
    connection?.end()
  }
  const connection = a.tcp.connect(ip('10.0.0.2'), port, {
    opened: push,
    writable: push,
    data,
    closed: reason => {
      seen.closed = reason
    },
  })
  assert.ok(connection)
  return { connection, seen }
}

const serverConnection = ({ b }: Pair): Connection => [...b.tcp.connections][0]

describe('TCP echo (RFC 862)', () => {
  test('everything comes back in order, and after the end of the client the end of the server', () => {
    const here = pair()
    let back = 0
    let right = true
    const { seen } = sender(here, 7, 300_000, bytes => {
      right &&= matchesPattern(bytes, back)
      back += bytes.length
    })
    here.net.run(sec(10))
    assert.deepEqual([back, right, seen.closed], [300_000, true, 'closed'])
    assert.deepEqual(
      here.net.seen('served').map(({ node, service, port, from, received, sent, end, detail }) => ({
        ...{ node, service, port, from, received, sent, end, detail },
      })),
      [
        {
          ...{ node: 'b', service: 'echo', port: 7, from: '10.0.0.1' },
          ...{ received: 300_000, sent: 300_000, end: 'closed', detail: '' },
        },
      ],
    )
  })
  test('nothing at all is echoed as nothing', () => {
    const here = pair()
    const { seen, received, connection } = client(here, 7, own => own.end())
    here.net.run(sec(1))
    assert.deepEqual([received().length, seen.closed, connection.state], [0, 'closed', 'time-wait'])
  })
  test('a client that sends and does not read is held up: the window closes, and memory stays bounded (RFC 9293 §3.8.6)', () => {
    const here = pair()
    const { connection, seen } = sender(here, 7, 10_000_000)
    connection.pause()
    here.net.run(sec(5))
    const server = serverConnection(here)
    // Two buffers in each direction, 1 MiB each, and the one piece that the service holds.
    assert.equal(connection.sndWnd, 0)
    assert.equal(server.rcvWnd, 0)
    assert.ok(server.queued <= BUFFER, String(server.queued))
    assert.ok(seen.sent <= 5 * BUFFER, String(seen.sent))
    const before = seen.sent
    here.net.run(sec(60))
    assert.equal(seen.sent, before)
    connection.resume()
    here.net.run(sec(120))
    assert.equal(seen.closed, 'closed')
  })
  test('10 MB through a slow reader: every octet is right, and no buffer is ever more than full', () => {
    const here = pair({ delay: ms(1) })
    let back = 0
    let right = true
    const own = sender(here, 7, 10_000_000, bytes => {
      right &&= matchesPattern(bytes, back)
      back += bytes.length
      own.connection.pause()
      here.net.world.scheduler.after(ms(back % 7), 'slow reader', () => own.connection.resume())
    })
    let most = 0
    for (let t = ms(10); back < 10_000_000 && t < sec(600); t += ms(10)) {
      here.net.run(t)
      const [server] = here.b.tcp.connections
      if (server) most = Math.max(most, own.seen.sent - back)
      here.net.events.length = 0
    }
    here.net.run(sec(700))
    assert.deepEqual([back, right, own.seen.closed], [10_000_000, true, 'closed'])
    assert.ok(most > BUFFER && most <= 5 * BUFFER, String(most))
  })
  test('a client that resets while octets wait is forgotten, and told of', () => {
    const here = pair()
    const { connection } = sender(here, 7, 10_000_000)
    connection.pause()
    here.net.run(sec(2))
    connection.abort()
    here.net.run(sec(3))
    assert.equal([...here.b.tcp.connections].length, 0)
    assert.deepEqual(
      here.net.seen('served').map(e => [e.service, e.end]),
      [['echo', 'reset']],
    )
  })
  test('over a line that loses every twentieth packet nothing is lost', () => {
    const here = pair({ loss: 0.05 })
    let back = 0
    let right = true
    const { seen } = sender(here, 7, 200_000, bytes => {
      right &&= matchesPattern(bytes, back)
      back += bytes.length
    })
    here.net.run(sec(600))
    assert.deepEqual([back, right, seen.closed], [200_000, true, 'closed'])
  })
})

describe('discard (RFC 863)', () => {
  test('takes everything, sends nothing, and ends when the client does', () => {
    const here = pair()
    let back = 0
    const { seen } = sender(here, 9, 500_000, bytes => {
      back += bytes.length
    })
    here.net.run(sec(10))
    assert.deepEqual([back, seen.closed], [0, 'closed'])
    assert.deepEqual(
      here.net.seen('served').map(e => [e.service, e.port, e.received, e.sent, e.end]),
      [['discard', 9, 500_000, 0, 'closed']],
    )
  })
})

/** The first lines as RFC 864 shows them. */
const RFC_LINES = [
  ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg',
  '!"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh',
  '"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghi',
]

describe('the lines of chargen (RFC 864)', () => {
  const text = (length: number, position: number): string => {
    const bytes = new Uint8Array(length)
    fillLines(bytes, position)
    return toLatin1(bytes)
  }
  test('are those of the RFC, each of 72 characters with CR and LF behind it', () => {
    const lines = text(74 * 200, 0).split('\r\n')
    assert.deepEqual(lines.slice(0, 3), RFC_LINES)
    assert.ok(lines.slice(0, 200).every(line => /^[ -~]{72}$/.test(line)))
  })
  test('form a ring: line 95 is line 0 again, and a character follows its neighbour on every line', () => {
    const lines = text(74 * 200, 0).split('\r\n')
    assert.equal(lines[95], lines[0])
    assert.equal(lines[94].slice(0, 3), '~ !')
    for (let n = 0; n < 199; n++) assert.equal(lines[n + 1].slice(0, 71), lines[n].slice(1))
  })
  test('can be asked from anywhere', () => {
    const whole = text(30_000, 0)
    for (const at of [0, 1, 73, 74, 7029, 7030, 7031, 14_059, 20_000]) {
      assert.equal(text(9000, at), whole.slice(at, at + 9000), String(at))
    }
  })
})

describe('chargen', () => {
  const ask = (words: readonly string[], gap = ms(50), link: LinkOptions = {}) => {
    const here = pair({ rate: 10_000_000, ...link })
    const own = client(here, 19, connection => {
      for (const [i, word] of words.entries()) {
        here.net.world.scheduler.after(gap * i, 'typing', () => void connection.write(fromAscii(word)))
      }
    })
    return { here, ...own }
  }
  test('a number and a newline give so many octets of the known pattern, and an orderly end', () => {
    for (const count of [0, 1, 16_384, 200_000]) {
      const { here, seen, received } = ask([`${count}\n`])
      here.net.run(sec(20))
      assert.deepEqual([received().length, seen.ended, seen.closed], [count, true, 'closed'])
      assert.ok(matchesPattern(received(), 0))
      assert.deepEqual(
        here.net.seen('served').map(e => [e.service, e.received, e.sent, e.end, e.detail]),
        [['chargen', `${count}\n`.length, count, 'closed', `asked for ${count}`]],
      )
    }
  })
  test('octet by octet, with the CR of telnet, and with octets behind it, which are thrown away', () => {
    for (const words of [['1', '0', '0', '0', '\r', '\n'], ['1000\r\n'], ['1000\nmore\n77\n'], ['10', '00\n', '5\n']]) {
      const { here, seen, received } = ask(words)
      here.net.run(sec(5))
      assert.deepEqual([received().length, seen.closed], [1000, 'closed'], JSON.stringify(words))
    }
  })
  test('a client that asks and ends its own half still gets all', () => {
    const here = pair({ rate: 10_000_000 })
    const { seen, received } = client(here, 19, connection => {
      connection.write(fromAscii('100000\n'))
      connection.end()
    })
    here.net.run(sec(5))
    assert.deepEqual([received().length, seen.closed], [100_000, 'closed'])
  })
  test('to what is no number it answers with the lines at once', () => {
    for (const words of [
      ['hello\n'],
      ['-5\n'],
      ['\n'],
      ['1 000\n'],
      ['1', 'x'],
      ['0x10\n'],
      ['1234567890123456'],
      ['\0\0'],
    ]) {
      const { here, received, connection } = ask(words, ms(50))
      here.net.run(ms(400))
      const first = toLatin1(received()).split('\r\n').slice(0, 3)
      assert.deepEqual(first, RFC_LINES, JSON.stringify(words))
      connection.abort()
      here.net.run(sec(1))
      assert.deepEqual(
        here.net.seen('served').map(e => [e.end, e.detail]),
        [['reset', 'lines without end']],
      )
    }
  })
  test('to silence, and to a number without its end, it answers so after two seconds', () => {
    for (const words of [[], ['100'], ['100\r']]) {
      const { here, received, connection } = ask(words)
      here.net.run(sec(1.9))
      assert.equal(received().length, 0)
      here.net.run(sec(2.2))
      assert.equal(toLatin1(received().subarray(0, 72)), RFC_LINES[0], JSON.stringify(words))
      connection.abort()
    }
  })
  test('the lines go on as long as the client reads, and end when it ends', () => {
    const { here, received, seen, connection } = ask(['go\n'])
    here.net.run(sec(3))
    const text = toLatin1(received())
    assert.ok(text.length > 1_000_000, String(text.length))
    const expected = new Uint8Array(text.length)
    fillLines(expected, 0)
    assert.ok(equal(received(), expected))
    connection.end()
    here.net.run(sec(5))
    assert.equal(seen.closed, 'closed')
    assert.deepEqual(
      here.net.seen('served').map(e => e.end),
      ['closed'],
    )
  })
  test('what the client says meanwhile is thrown away, be it a number (RFC 864)', () => {
    const { here, received } = ask(['go\n', 'x'.repeat(500), '\n100\n', '77\n'])
    here.net.run(ms(300))
    const before = received().length
    here.net.run(sec(3))
    const expected = new Uint8Array(received().length)
    fillLines(expected, 0)
    assert.ok(expected.length > before)
    assert.ok(equal(received(), expected))
  })
  test('a client that does not read stops them: nothing but the buffers is filled', () => {
    const { here, connection } = ask(['go\n'])
    connection.pause()
    here.net.run(sec(5))
    const server = serverConnection(here)
    assert.equal(server.sndWnd, 0)
    assert.ok(server.queued <= BUFFER)
    // Each acknowledgment may round the window up to its scale (RFC 7323 §2.4).
    assert.ok(connection.bytesIn <= BUFFER + 31 * connection.info().segmentsOut)
  })
  test('a client that ends before it has said anything gets nothing, and no timer is left', () => {
    const here = pair()
    const { received, seen } = client(here, 19, own => own.end())
    here.net.run(sec(5))
    assert.deepEqual([received().length, seen.closed], [0, 'closed'])
    assert.deepEqual(
      here.net.seen('served').map(e => [e.end, e.detail]),
      [['closed', '']],
    )
  })
  test('a client that resets in its two seconds is not written to', () => {
    const here = pair()
    const { connection } = client(here, 19)
    here.net.run(sec(1))
    connection.abort()
    here.net.run(sec(1.1))
    assert.equal(here.net.world.scheduler.next, undefined)
    assert.equal([...here.b.tcp.connections].length, 0)
    assert.equal(here.net.seen('served').length, 1)
    assert.deepEqual(here.net.drops(), [])
  })
})

describe('what the trace says of a connection', () => {
  test('how long it was open, and how it ended when the client vanished', () => {
    const here = pair()
    const { connection } = sender(here, 7, 1000, () => connection.pause())
    here.net.run(ms(3))
    here.link.setUp(false)
    here.net.run(sec(3600))
    const [served] = here.net.seen('served')
    assert.equal(served.end, 'timeout')
    assert.ok(served.took > sec(60))
  })
  test('a connection that does not come about is none', () => {
    const here = pair()
    here.link.change(1, { loss: 1 })
    client(here, 7)
    here.net.run(sec(600))
    assert.deepEqual(here.net.seen('served'), [])
  })
})
