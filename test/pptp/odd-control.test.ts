import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { concat, equal } from '../../src/base/bytes.ts'
import { HalfStream } from '../../src/decode/half-stream.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { read } from '../../src/wire/pcap.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { Segment } from '../../src/wire/tcp.ts'
import { readCapture } from '../support/captures.ts'
import { goldenLines } from '../support/golden.ts'
import { answerLine, ODD_CASES, type Standing } from '../support/odd-control.ts'

const ETHERNET = 14

interface Connection {
  readonly asked: HalfStream
  readonly answered: HalfStream
  sent: Uint8Array
  received: Uint8Array
  readonly begin: bigint
  /** The client has closed it: what the server does then is no answer. */
  left: boolean
  standing: Standing
}

/** The connections to port 1723 in the order of their beginning, as the client saw them. */
function connectionsOf(capture: Uint8Array): Connection[] {
  const connections = new Map<number, Connection>()
  for (const { bytes, time } of read(capture).frames) {
    if (bytes.length < ETHERNET + Ipv4.HEADER || Ipv4.protocol(bytes, ETHERNET) !== Ipv4.PROTOCOL.tcp) continue
    const at = ETHERNET + Ipv4.headerLength(bytes, ETHERNET)
    const toServer = Segment.destinationPort(bytes, at) === Pptp.PORT
    const port = toServer ? Segment.sourcePort(bytes, at) : Segment.destinationPort(bytes, at)
    const flags = Segment.flags(bytes, at)
    if (toServer && flags === Segment.SYN) connections.set(port, begun(time))
    const connection = connections.get(port)
    if (!connection) continue
    const half = toServer ? connection.asked : connection.answered
    if (flags & Segment.SYN) half.open(Segment.sequence(bytes, at))
    const end = ETHERNET + Ipv4.totalLength(bytes, ETHERNET)
    const payload = bytes.subarray(at + Segment.headerLength(bytes, at), end)
    const news = concat(...half.push(Segment.sequence(bytes, at), payload, 0, 0).map(run => run.bytes))
    if (toServer) connection.sent = concat(connection.sent, news)
    else connection.received = concat(connection.received, news)
    if (toServer && flags & Segment.FIN) connection.left = true
    if (toServer || connection.left || connection.standing.end !== 'open') continue
    const after = Number(time - connection.begin) / 1e6
    if (flags & Segment.RST) connection.standing = { end: 'reset', after }
    else if (flags & Segment.FIN) connection.standing = { end: 'closed', after }
  }
  return [...connections.values()]
}

const begun = (begin: bigint): Connection => ({
  asked: new HalfStream(),
  answered: new HalfStream(),
  sent: new Uint8Array(0),
  received: new Uint8Array(0),
  begin,
  left: false,
  standing: { end: 'open' },
})

describe('odd control messages', () => {
  let connections: readonly Connection[] = []
  before(() => {
    connections = connectionsOf(readCapture('control-bad-input'))
  })

  test('each case has a connection in the capture', () => {
    assert.equal(ODD_CASES.length, 29)
    assert.equal(connections.length, ODD_CASES.length)
  })

  for (const [i, { name, steps }] of ODD_CASES.entries()) {
    test(`${name}: these octets were put to pptpd`, () => {
      const { sent, standing } = connections[i]
      const ours = concat(...steps.flat())
      assert.ok(ours.length === 0 || sent.length > 0)
      if (standing.end === 'open') assert.equal(sent.length, ours.length)
      assert.ok(equal(ours.subarray(0, sent.length), sent))
    })
    test(`${name}: the answer of the capture makes the recorded line`, () => {
      const { received, standing } = connections[i]
      assert.equal(answerLine(name, received, standing), goldenLines('odd-control-pptpd.txt')[i])
    })
  }

  test('shows what is no whole message and what claims another length than RFC 2637 gives it', () => {
    const reply = Pptp.write({ type: 'echo-reply', identifier: 1, resultCode: 1, errorCode: 0 })
    const half = concat(reply, reply.subarray(0, 5))
    assert.match(
      answerLine('x', half, { end: 'open' }),
      /^x: EchoRP\(id=00000001 result=1 err=0\) leftover 001400011a;/,
    )
    const long = concat(reply, Uint8Array.of(9))
    long[1] = long.length
    assert.match(
      answerLine('x', long, { end: 'closed', after: 49 }),
      /^x: EchoRP\(not as RFC 2637.*09\); FIN after 0.0s$/,
    )
  })
})
