/** Closing: RFC 9293 §3.6 and §3.10.4, §3.10.5, §3.10.7.4 eighth. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STATES, type State } from 'tcp-userspace'
import { IRS, ISS, log, OURS, PORT, stream, THEIR_PORT, THEIRS, underTest } from './harness.ts'

const SEQ = ISS + 1
const PEER = IRS + 1

describe('orderly close', () => {
  test('we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT for 60 s (RFC 9293 §3.6, figure 12)', () => {
    const { peer, clock, steps, connected, connections } = underTest()
    const app = log()
    const connection = connected(app)
    connection.end()
    peer.expects({ flags: 'FA', seq: SEQ, ack: PEER })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 1 })
    assert.equal(connection.state, 'fin-wait-2')
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 })
    peer.expects({ flags: 'A', seq: SEQ + 1, ack: PEER + 1 })
    assert.equal(connection.state, 'time-wait')
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
    clock.advance(59_999)
    assert.equal(connections().length, 1)
    clock.advance(1)
    assert.equal(connections().length, 0)
    assert.deepEqual(
      steps.slice(2).map(({ to, cause }) => `${to} ${cause}`),
      ['fin-wait-1 close', 'fin-wait-2 ack-of-fin', 'time-wait fin', 'closed timeout'],
    )
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
    peer.expectsNothing()
  })

  test('the peer closes first: CLOSE-WAIT, LAST-ACK (RFC 9293 §3.6, figure 12)', () => {
    const { peer, steps, connected, connections } = underTest()
    const app = log()
    const connection = connected(app)
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
    peer.expects({ flags: 'A', seq: SEQ, ack: PEER + 1 })
    assert.deepEqual(app.events, ['opened', 'ended'])
    connection.write(stream(5))
    peer.expects({ flags: 'PA', seq: SEQ, length: 5 })
    connection.end()
    peer.expects({ flags: 'FA', seq: SEQ + 5, ack: PEER + 1 })
    peer.sends({ flags: 'A', seq: PEER + 1, ack: SEQ + 6 })
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
    assert.deepEqual(
      steps.slice(2).map(({ to, cause }) => `${to} ${cause}`),
      ['close-wait fin', 'last-ack close', 'closed ack-of-fin'],
    )
    assert.deepEqual(connections(), [])
  })

  test('simultaneous close: CLOSING (RFC 9293 §3.6, figure 13)', () => {
    const { peer, steps, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.end()
    peer.expects({ flags: 'FA', seq: SEQ, ack: PEER })
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
    peer.expects({ flags: 'A', seq: SEQ + 1, ack: PEER + 1 })
    assert.equal(connection.state, 'closing')
    assert.deepEqual(app.events, ['opened', 'ended'])
    peer.sends({ flags: 'A', seq: PEER + 1, ack: SEQ + 1 })
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
    assert.deepEqual(
      steps.slice(2).map(({ to, cause }) => `${to} ${cause}`),
      ['fin-wait-1 close', 'closing fin', 'time-wait ack-of-fin'],
    )
  })

  test('one segment may acknowledge our FIN and bring the peer’s', () => {
    const { peer, connected } = underTest()
    const connection = connected()
    connection.end()
    peer.drain()
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 })
    assert.equal(connection.state, 'time-wait')
  })

  test('FIN follows what is queued, in the last segment with text if it fits (RFC 9293 §3.10.4)', () => {
    const { peer, connected } = underTest()
    const connection = connected({}, { mss: 100, wnd: 150 })
    connection.write(stream(150))
    connection.end()
    assert.equal(connection.write(stream(1)), 0)
    assert.equal(connection.state, 'fin-wait-1')
    peer.expects({ flags: 'A', seq: SEQ, length: 100 })
    peer.expects({ flags: 'PA', seq: SEQ + 100, length: 50 }) // FIN is an octet beyond the window
    peer.expectsNothing()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 150, wnd: 150 })
    peer.expects({ flags: 'FA', seq: SEQ + 150 })

    const other = underTest()
    const roomy = other.connected({}, { mss: 100 })
    roomy.write(stream(100))
    roomy.end()
    other.peer.expects({ flags: 'PA', length: 100 })
    other.peer.expects({ flags: 'FA', length: 0 })
    const last = underTest()
    const held = last.connected({}, { mss: 100 })
    held.write(stream(10))
    held.write(stream(10, 10)) // Nagle
    held.end()
    last.peer.expects({ flags: 'PA', seq: SEQ, length: 10 })
    last.peer.expects({ flags: 'FPA', seq: SEQ + 10, length: 10 })
  })

  test('the peer may go on sending after our FIN (RFC 9293 §3.6, half-closed)', () => {
    const { peer, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.end()
    peer.sends({ flags: 'PA', seq: PEER, ack: SEQ, text: stream(10) })
    peer.sends({ flags: 'PA', seq: PEER + 10, ack: SEQ + 1, text: stream(10, 10) })
    assert.equal(connection.state, 'fin-wait-2')
    assert.deepEqual(app.received, [...stream(20)])
  })

  test('FIN that came before the text waits for it', () => {
    const { peer, connected } = underTest()
    const app = log()
    const connection = connected(app)
    peer.sends({ flags: 'FPA', seq: PEER + 10, ack: SEQ, text: stream(10, 10) })
    peer.expects({ flags: 'A', ack: PEER })
    assert.equal(connection.state, 'established')
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ, text: stream(10) })
    peer.expects({ flags: 'A', ack: PEER + 21 })
    assert.equal(connection.state, 'close-wait')
    assert.deepEqual(app.received, [...stream(20)])
    assert.deepEqual(app.events, ['opened', 'ended'])
  })

  test('octets beyond FIN are dropped', () => {
    const { peer, connected } = underTest()
    connected()
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
    assert.equal(peer.sends({ flags: 'A', seq: PEER + 1, ack: SEQ, length: 5 }), 'after-fin')
  })

  test('a FIN that is not acknowledged is sent again', () => {
    const { peer, clock, connected } = underTest()
    const app = log()
    connected(app).end()
    peer.expects({ flags: 'FA', seq: SEQ })
    clock.advance(200)
    peer.expects({ flags: 'FA', seq: SEQ })
    clock.advance(1_000_000)
    assert.deepEqual(app.events, ['opened', 'closed timeout'])
  })

  test('TIME-WAIT: the FIN that comes again is acknowledged and the time starts anew (RFC 9293 §3.10.7.4, eighth)', () => {
    const { peer, clock, connected, connections } = underTest({ timeWait: 10e9 })
    const connection = connected()
    connection.end()
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 })
    peer.drain()
    clock.advance(9_000)
    assert.equal(peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 }), 'duplicate')
    peer.expects({ flags: 'A', seq: SEQ + 1, ack: PEER + 1 })
    clock.advance(9_999)
    assert.equal(connections().length, 1)
    clock.advance(1)
    assert.equal(connections().length, 0)
  })

  test('the user hears of the end after the last octet, however late it is read', () => {
    const { peer, connected } = underTest()
    const app = log()
    const connection = connected(app)
    connection.pause()
    peer.sends({ flags: 'FPA', seq: PEER, ack: SEQ, text: stream(10) })
    connection.end()
    peer.sends({ flags: 'A', seq: PEER + 11, ack: SEQ + 1 })
    assert.equal(connection.state, 'closed')
    assert.deepEqual(app.events, ['opened'])
    connection.resume()
    assert.deepEqual(app.received, [...stream(10)])
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
  })

  test('CLOSE in SYN-SENT deletes the connection (RFC 9293 §3.10.4)', () => {
    const { stack, peer, connections } = underTest()
    const app = log()
    const options = { local: { address: OURS, port: PORT }, remote: { address: THEIRS, port: THEIR_PORT } }
    const connection = stack.connect(options, app)
    peer.drain()
    connection?.end()
    assert.deepEqual(app.events, ['closed aborted'])
    assert.deepEqual(connections(), [])
    peer.expectsNothing()
  })

  test('CLOSE in SYN-RECEIVED waits until the connection is established (RFC 9293 §3.10.4)', () => {
    const { stack, peer, steps } = underTest()
    const options = { local: { address: OURS, port: PORT }, remote: { address: THEIRS, port: THEIR_PORT } }
    const connection = stack.connect(options, {})
    peer.sends({ flags: 'S' })
    connection?.write(stream(3))
    connection?.end()
    peer.drain()
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ })
    peer.expects({ flags: 'FPA', seq: SEQ, text: stream(3) })
    assert.deepEqual(
      steps.map(({ to }) => to),
      ['syn-sent', 'syn-received', 'established', 'fin-wait-1'],
    )
  })
})

describe('abort and reset', () => {
  test('ABORT sends RST at SND.NXT (RFC 9293 §3.10.5)', () => {
    const { peer, connected, connections } = underTest()
    const app = log()
    const connection = connected(app)
    connection.write(stream(5))
    peer.drain()
    connection.abort()
    peer.expects({ flags: 'RA', seq: SEQ + 5, ack: PEER })
    assert.deepEqual(app.events, ['opened', 'closed aborted'])
    assert.deepEqual(connections(), [])
    connection.abort()
    connection.end()
    assert.equal(connection.write(stream(1)), 0)
    peer.expectsNothing()
    assert.deepEqual(app.events, ['opened', 'closed aborted'])
  })

  test('ABORT in SYN-SENT and in TIME-WAIT sends nothing (RFC 9293 §3.10.5)', () => {
    const { peer, connected, connections } = underTest()
    const app = log()
    const connection = connected(app)
    connection.end()
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 })
    peer.drain()
    connection.abort()
    peer.expectsNothing()
    assert.deepEqual(connections(), [])
    assert.deepEqual(app.events, ['opened', 'ended', 'closed closed'])
  })

  test('a handler may abort in the middle of a delivery', () => {
    const { peer, connected } = underTest()
    const app = log({ data: () => connection.abort() })
    const connection = connected(app)
    peer.sends({ flags: 'A', seq: PEER + 10, ack: SEQ, text: stream(10, 10) })
    peer.drain()
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ, text: stream(10) })
    peer.expects({ flags: 'RA', seq: SEQ })
    peer.expectsNothing()
    assert.deepEqual(app.received, [...stream(10)])
    assert.deepEqual(app.events, ['opened', 'closed aborted'])
  })

  test('a handler may end when the peer ends', () => {
    const { peer, connected } = underTest()
    const app = log({ ended: () => connection.end() })
    const connection = connected(app)
    peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
    peer.expects({ flags: 'FA', seq: SEQ, ack: PEER + 1 })
    peer.expectsNothing()
    assert.equal(connection.state, 'last-ack')
  })

  test('a listener may refuse by aborting what it is given', () => {
    const { stack, peer, connections } = underTest()
    stack.listen({ port: PORT }, connection => {
      connection.abort()
      return { opened: () => assert.fail('opened') }
    })
    peer.sends({ flags: 'S' })
    peer.expects({ flags: 'SA' })
    peer.sends({ flags: 'A', seq: PEER, ack: SEQ })
    peer.expects({ flags: 'RA', seq: SEQ, ack: PEER })
    assert.deepEqual(connections(), [])
  })

  test('RST ends every state that has a connection (RFC 9293 §3.10.7.4, second)', () => {
    const ways: [State, (t: ReturnType<typeof underTest>) => void, string[]][] = [
      ['established', () => {}, ['closed reset']],
      ['fin-wait-1', ({ connections }) => connections()[0].end(), ['closed reset']],
      [
        'fin-wait-2',
        ({ connections, peer }) => {
          connections()[0].end()
          peer.sends({ flags: 'A', seq: PEER, ack: SEQ + 1 })
        },
        ['closed reset'],
      ],
      ['close-wait', ({ peer }) => peer.sends({ flags: 'FA', seq: PEER, ack: SEQ }), ['ended', 'closed reset']],
      [
        'closing',
        ({ connections, peer }) => {
          connections()[0].end()
          peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
        },
        ['ended', 'closed reset'],
      ],
      [
        'last-ack',
        ({ connections, peer }) => {
          peer.sends({ flags: 'FA', seq: PEER, ack: SEQ })
          connections()[0].end()
        },
        ['ended', 'closed reset'],
      ],
      [
        'time-wait',
        ({ connections, peer }) => {
          connections()[0].end()
          peer.sends({ flags: 'FA', seq: PEER, ack: SEQ + 1 })
        },
        ['ended', 'closed closed'],
      ],
    ]
    for (const [state, reach, events] of ways) {
      const t = underTest()
      const app = log()
      const connection = t.connected(app)
      reach(t)
      assert.equal(connection.state, state)
      assert.equal(t.peer.sends({ flags: 'R', seq: connection.rcvNxt }), undefined)
      assert.equal(connection.state, 'closed', state)
      assert.deepEqual(app.events, ['opened', ...events], state)
      assert.deepEqual(t.connections(), [])
    }
    assert.equal(STATES.length - ways.length, 4) // closed, listen, syn-sent and syn-received are in open.test.ts
  })
})
