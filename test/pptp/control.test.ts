import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import { endpointConfig } from '../../src/pptp/types.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { Bench, CallLog, CLIENT, cdn, echo, ocrp, ocrq, SERVER, sccrp, sccrq } from './support.ts'

const echoReply = (identifier: number): Pptp.Message => ({
  type: 'echo-reply',
  identifier,
  resultCode: 1,
  errorCode: 0,
})
const stop: Pptp.Message = { type: 'stop-control-connection-request', reason: 1 }
const stopped: Pptp.Message = { type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 }

describe('control connection originator (RFC 2637 §3.1.1)', () => {
  test('sends Start-Control-Connection-Request when TCP is open and is established by the reply', () => {
    const bench = new Bench('pns')
    assert.deepEqual(bench.heard(), [
      {
        type: 'start-control-connection-request',
        protocolVersion: 0x0100,
        framingCapabilities: 3,
        bearerCapabilities: 3,
        maximumChannels: 0,
        firmwareRevision: 1,
        hostName: 'local',
        vendorName: 'pptp-lab',
      },
    ])
    assert.equal(bench.connection.state, 'wait-ctl-reply')
    bench.sends(sccrp)
    assert.equal(bench.connection.state, 'established')
  })

  test('a reply with an error closes TCP, and the end names the result', () => {
    const bench = new Bench('pns')
    bench.sends({ ...sccrp, resultCode: 4 })
    assert.equal(bench.connection.state, 'idle')
    assert.equal(bench.tcp, 'end')
    assert.deepEqual(bench.end, {
      layer: 'pptp',
      reason: 'refused',
      tries: 0,
      sentence: 'The peer refused the control connection: result 4 (Requester is not authorized).',
      resultCode: 4,
      errorCode: 0,
    })
  })

  test('a reply of an older version is answered by Stop-Control-Connection-Request, Stop-Protocol', () => {
    const bench = new Bench('pns')
    bench.heard()
    bench.sends({ ...sccrp, protocolVersion: 0x0009 })
    assert.deepEqual(bench.heard(), [{ type: 'stop-control-connection-request', reason: 2 }])
    assert.equal(bench.connection.state, 'wait-stop-reply')
    bench.sends(stopped)
    assert.equal(bench.connection.state, 'idle')
    assert.equal(bench.end?.reason, 'version')
  })

  test('a local termination waits for the reply, then closes TCP', () => {
    const bench = Bench.established()
    bench.connection.stop(3)
    assert.deepEqual(bench.heard(), [{ type: 'stop-control-connection-request', reason: 3 }])
    assert.equal(bench.connection.state, 'wait-stop-reply')
    assert.equal(bench.tcp, 'open')
    bench.sends(stopped)
    assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.reason], ['idle', 'end', 'stopped'])
  })

  test('Stop-Control-Connection-Request is answered and TCP closed', () => {
    const bench = Bench.established()
    bench.sends(stop)
    assert.deepEqual(bench.heard(), [stopped])
    assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.reason], ['idle', 'end', 'stopped-by-peer'])
  })

  test('two stop requests that cross are both answered', () => {
    const bench = Bench.established()
    bench.connection.stop()
    bench.sends(stop)
    assert.deepEqual(bench.heardTypes(), ['stop-control-connection-request', 'stop-control-connection-reply'])
    assert.equal(bench.connection.state, 'wait-stop-reply')
    bench.sends(stopped)
    assert.equal(bench.connection.state, 'idle')
  })

  test('TCP that is refused, reset or times out is named', () => {
    for (const reason of ['refused', 'reset', 'timeout', 'unreachable'] as const) {
      const bench = new Bench('pns')
      bench.connection.closed(reason)
      assert.deepEqual([bench.end?.layer, bench.end?.reason, bench.tcp], ['tcp', `tcp-${reason}`, 'open'])
    }
    const bench = Bench.established()
    bench.connection.ended()
    assert.deepEqual([bench.end?.reason, bench.tcp], ['tcp-closed', 'end'])
    bench.connection.closed('closed')
    assert.equal(bench.endpoint.connections.length, 0)
  })
})

describe('control connection receiver (RFC 2637 §3.1.2)', () => {
  test('answers Start-Control-Connection-Request and is established', () => {
    const bench = new Bench('pac')
    assert.equal(bench.connection.state, 'idle')
    bench.sends(sccrq)
    const [reply] = bench.heard()
    assert.ok(reply.type === 'start-control-connection-reply')
    assert.deepEqual([reply.resultCode, reply.protocolVersion, reply.maximumChannels], [1, 0x0100, 65535])
    assert.equal(bench.connection.state, 'established')
  })

  test('a newer version is answered with ours', () => {
    const bench = new Bench('pac')
    bench.sends({ ...sccrq, protocolVersion: 0x0200 })
    const [reply] = bench.heard()
    assert.ok(reply.type === 'start-control-connection-reply')
    assert.deepEqual([reply.resultCode, reply.protocolVersion], [1, 0x0100])
    assert.equal(bench.connection.state, 'established')
  })

  test('an older version is refused with result 5 and TCP closed', () => {
    const bench = new Bench('pac')
    bench.sends({ ...sccrq, protocolVersion: 0x0001 })
    const [reply] = bench.heard()
    assert.ok(reply.type === 'start-control-connection-reply')
    assert.equal(reply.resultCode, 5)
    assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.reason], ['idle', 'end', 'version'])
  })

  test('another request than the first is refused a place', () => {
    const bench = Bench.accepted()
    bench.sends(sccrq)
    assert.deepEqual(bench.heard(), [])
    assert.deepEqual(bench.drops(), ['pptp-unexpected'])
    assert.equal(bench.connection.state, 'established')
  })

  test('nothing else is heard before it', () => {
    const bench = new Bench('pac')
    bench.sends(echo(1), ocrq(7), stop, stopped, sccrp)
    assert.deepEqual(bench.heard(), [])
    assert.deepEqual(bench.drops(), new Array(5).fill('pptp-unexpected'))
    assert.equal(bench.connection.state, 'idle')
  })
})

describe('limit of control connections from one peer (RFC 2637 §2.2)', () => {
  const next = (bench: Bench, peer = bench.peer) => {
    const ends: string[] = []
    const connection = bench.endpoint.accept(SERVER, peer, bench.stream, { ended: end => ends.push(end.sentence) })
    connection.data(Pptp.write(sccrq))
    const [reply] = bench.heard()
    assert.ok(reply.type === 'start-control-connection-reply')
    return { connection, result: reply.resultCode, ends }
  }

  test('one more is refused with Command channel already exists, and TCP closed', () => {
    const bench = Bench.accepted({ connectionsPerPeer: 1 })
    const { connection, result, ends } = next(bench)
    assert.deepEqual(
      [result, connection.state, bench.tcp, connection.outcome?.reason],
      [3, 'idle', 'end', 'not-admitted'],
    )
    assert.deepEqual(ends, ['This side refused the connection: result 3 (Command channel already exists).'])
    assert.equal(bench.connection.state, 'established')
  })
  test('one from another peer is not, nor one after the first has ended', () => {
    const bench = Bench.accepted({ connectionsPerPeer: 1 })
    assert.equal(next(bench, ip('10.0.0.7')).result, 1)
    bench.sends(stop)
    bench.heard()
    assert.equal(next(bench).result, 1)
  })
  test('one more in all, from whomever, is refused with General error, No-Resource (§2.16)', () => {
    const bench = Bench.accepted({ connections: 1 })
    const { result, ends } = next(bench, ip('10.0.0.7'))
    assert.equal(result, 2)
    assert.deepEqual(ends, ['This side refused the connection: result 2 (General error), error 4 (No-Resource).'])
  })
  test('what has not said Start-Control-Connection-Request does not count', () => {
    const bench = new Bench('pac', { connectionsPerPeer: 1 })
    assert.equal(next(bench).result, 1)
  })
})

describe('codes are told in words (RFC 2637 §2.16)', () => {
  test('each reason of Stop-Control-Connection-Request (§2.3)', () => {
    for (const [reason, words] of [
      [1, '1 (None)'],
      [2, '2 (Stop-Protocol)'],
      [3, '3 (Stop-Local-Shutdown)'],
      [9, '9 (unknown)'],
    ] as const) {
      const bench = Bench.accepted()
      bench.sends({ type: 'stop-control-connection-request', reason })
      assert.equal(bench.end?.sentence, `The peer stopped the control connection: reason ${words}.`)
    }
  })
  test('the reason that this side gives is sent (§2.3)', () => {
    for (const reason of [1, 2, 3]) {
      const bench = Bench.accepted()
      bench.connection.stop(reason)
      assert.deepEqual(bench.heard(), [{ type: 'stop-control-connection-request', reason }])
    }
  })
  test('result and error of Start-Control-Connection-Reply (§2.2)', () => {
    const bench = new Bench('pns')
    bench.sends({ ...sccrp, resultCode: 2, errorCode: 6 })
    const sentence = 'The peer refused the control connection: result 2 (General error), error 6 (PAC-Error).'
    assert.deepEqual([bench.end?.sentence, bench.end?.errorCode], [sentence, 6])
  })
  test('a Stop-Control-Connection-Reply with an error closes as well (§2.4)', () => {
    const bench = Bench.accepted()
    bench.connection.stop()
    bench.sends({ type: 'stop-control-connection-reply', resultCode: 2, errorCode: 3 })
    assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.reason], ['idle', 'end', 'stopped'])
  })
  test('every result of every message, every error and every cause has its words (§2.2 to §2.16)', () => {
    const texts = [
      [Pptp.MESSAGES['start-control-connection-reply'].results, 5],
      [Pptp.MESSAGES['stop-control-connection-reply'].results, 2],
      [Pptp.MESSAGES['echo-reply'].results, 2],
      [Pptp.MESSAGES['outgoing-call-reply'].results, 7],
      [Pptp.MESSAGES['incoming-call-reply'].results, 3],
      [Pptp.MESSAGES['call-disconnect-notify'].results, 4],
    ] as const
    for (const [words, last] of texts) {
      const numbers = Array.from({ length: last }, (_, i) => String(i + 1))
      assert.deepEqual(Object.keys(words), numbers)
    }
    assert.deepEqual(Object.keys(Pptp.ERROR_CODES), ['0', '1', '2', '3', '4', '5', '6'])
    const codes = { resultCode: 1, errorCode: 0, causeCode: 17 }
    assert.equal(Pptp.codesText('call-disconnect-notify', codes), 'result 1 (Lost Carrier), cause 17 (User busy)')
  })
})

describe('collision (RFC 2637 §3.1.3)', () => {
  test('the lower address closes its own connection and answers the other', () => {
    const bench = new Bench('pns')
    bench.heard()
    const theirs = bench.endpoint.accept(CLIENT, SERVER, bench.stream)
    theirs.data(Pptp.write(sccrq))
    assert.deepEqual([bench.end?.reason, bench.tcp, theirs.state], ['collision', 'end', 'established'])
    assert.deepEqual(bench.heardTypes(), ['start-control-connection-reply'])
  })
  test('the higher address sends nothing over the connection of the lower', () => {
    const bench = new Bench('pns')
    bench.heard()
    const lower = ip('10.0.0.9')
    const ours = bench.endpoint.connect(SERVER, lower)
    ours.attach(bench.stream)
    ours.opened()
    bench.heard()
    const theirs = bench.endpoint.accept(SERVER, lower, bench.stream)
    const higher = bench.endpoint.connect(ip('10.0.0.10'), lower)
    higher.attach(bench.stream)
    // 10.0.0.2 against 10.0.0.9: the peer wins.
    theirs.data(Pptp.write(sccrq))
    assert.deepEqual([ours.outcome?.reason, theirs.state], ['collision', 'established'])
    bench.heard()
    higher.opened()
    bench.heard()
    // 10.0.0.10 against 10.0.0.9: we win.
    const loser = bench.endpoint.accept(ip('10.0.0.10'), lower, bench.stream)
    loser.data(Pptp.write(sccrq))
    assert.deepEqual(bench.heard(), [])
    assert.deepEqual([loser.state, higher.state], ['idle', 'wait-ctl-reply'])
    higher.data(Pptp.write(sccrp))
    assert.equal(higher.state, 'established')
  })
})

describe('keep-alive and timers (RFC 2637 §3.1.4)', () => {
  test('a reply that does not come in 60 s closes the connection', () => {
    const bench = new Bench('pns')
    bench.pass(sec(60) - 1)
    assert.equal(bench.connection.state, 'wait-ctl-reply')
    bench.pass(1)
    assert.deepEqual([bench.connection.state, bench.tcp], ['idle', 'end'])
    assert.deepEqual(bench.end, {
      layer: 'pptp',
      reason: 'timeout',
      tries: 1,
      sentence: 'No Start-Control-Connection-Reply came in 60s.',
    })
  })
  test('a request that does not come in 60 s closes the connection', () => {
    const bench = new Bench('pac')
    bench.sends(Pptp.write(sccrq).subarray(0, 6))
    bench.pass(sec(60))
    assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.tries], ['idle', 'end', 0])
  })
  test('a peer that never closes its side of TCP is cut off 60 s after ours', () => {
    const bench = Bench.accepted()
    bench.sends(stop)
    assert.equal(bench.tcp, 'end')
    bench.pass(sec(59))
    assert.equal(bench.tcp, 'end')
    bench.pass(sec(1))
    assert.equal(bench.tcp, 'abort')
  })
  test('a stop reply that does not come in 60 s closes the connection', () => {
    const bench = Bench.established()
    bench.connection.stop()
    bench.pass(sec(60))
    assert.deepEqual([bench.connection.state, bench.end?.reason, bench.end?.tries], ['idle', 'stopped', 1])
  })
  test('60 s without a control message bring an Echo-Request, its reply keeps the connection', () => {
    const bench = Bench.established()
    bench.pass(sec(60) - 1)
    assert.deepEqual(bench.heard(), [])
    bench.pass(1)
    assert.deepEqual(bench.heard(), [echo(1)])
    bench.pass(sec(59))
    bench.sends(echoReply(1))
    bench.pass(sec(60) - 1)
    assert.deepEqual(bench.heard(), [])
    bench.pass(1)
    assert.deepEqual(bench.heard(), [echo(2)])
  })
  test('any control message puts the Echo-Request off', () => {
    const bench = Bench.established()
    bench.pass(sec(50))
    bench.sends(echo(9))
    assert.deepEqual(bench.heard(), [echoReply(9)])
    bench.pass(sec(59))
    assert.deepEqual(bench.heard(), [])
    bench.pass(sec(1))
    assert.deepEqual(bench.heard(), [echo(1)])
  })
  test('an Echo-Reply that does not come in 60 s closes the connection; another message does not help', () => {
    const bench = Bench.established()
    bench.pass(sec(60))
    bench.pass(sec(20))
    bench.sends(echo(5), echoReply(77))
    assert.deepEqual(bench.drops(), ['pptp-unexpected'])
    bench.pass(sec(40) - 1)
    assert.equal(bench.connection.state, 'established')
    bench.pass(1)
    assert.deepEqual([bench.connection.state, bench.tcp], ['idle', 'end'])
    assert.deepEqual(bench.end, {
      layer: 'pptp',
      reason: 'echo-timeout',
      tries: 1,
      sentence: 'No Echo-Reply came in 60s.',
    })
  })
  test('the Echo-Request can be switched off', () => {
    const bench = Bench.established({ echoInterval: 0 })
    bench.pass(sec(1000))
    assert.deepEqual([bench.heard(), bench.connection.state], [[], 'established'])
  })
  test('nothing is left to do after the end', () => {
    const bench = Bench.established()
    bench.sends(stop)
    bench.heard()
    bench.pass(sec(1000))
    assert.deepEqual(bench.heard(), [])
    assert.equal(bench.world.scheduler.next, undefined)
  })
})

describe('bad input (the cases that the real server was given)', () => {
  const header = (length: string, kind = '0001', cookie = '1a2b3c4d', type = '0005'): string =>
    `${length}${kind}${cookie}${type}0000`
  const ping = (bench: Bench): string[] => {
    bench.sends(echo(0x1234))
    return bench.heardTypes()
  }

  test('the request byte by byte, and with another message in one segment', () => {
    const slow = new Bench('pac')
    for (const octet of Pptp.write(sccrq)) slow.sends(Uint8Array.of(octet))
    assert.deepEqual(slow.heardTypes(), ['start-control-connection-reply'])
    const quick = new Bench('pac')
    quick.sends(Uint8Array.from([...Pptp.write(sccrq), ...Pptp.write(ocrq(77))]))
    assert.deepEqual(quick.heardTypes(), ['start-control-connection-reply', 'outgoing-call-reply'])
  })

  test('a wrong cookie ends the connection at once, before and after the start (§1.4)', () => {
    for (const bench of [new Bench('pac'), Bench.accepted()]) {
      bench.sends(unhex(`${header('0010', '0001', 'deadbeef')}00000001`), echo(1))
      assert.deepEqual(bench.heard(), [])
      assert.deepEqual(bench.drops(), ['malformed bad-cookie'])
      assert.deepEqual([bench.connection.state, bench.tcp, bench.end?.reason], ['idle', 'abort', 'out-of-sync'])
    }
  })

  test('a length that no message has ends it too, and so does HTTP', () => {
    for (const [octets, why] of [
      [header('0008'), 'bad-length'],
      [`${header('ffff')}00000001`, 'bad-length'],
      ['474554202f20485454502f312e300d0a0d0a', 'bad-cookie'],
    ] as const) {
      const bench = Bench.accepted()
      bench.sends(unhex(octets))
      assert.deepEqual(bench.drops(), [`malformed ${why}`])
      assert.equal(bench.tcp, 'abort')
    }
  })

  test('a wrong length for the type, an unknown type and a management message are passed over', () => {
    const short = Pptp.write(sccrq).slice(0, 155)
    short[1] = 155
    const bench = new Bench('pac')
    bench.sends(short)
    assert.deepEqual([bench.drops(), bench.connection.state], [['malformed bad-length'], 'idle'])
    for (const octets of [
      header('0010', '0001', '1a2b3c4d', '0063'),
      header('0010', '0001', '1a2b3c4d', '0000'),
      header('0010', '0002'),
    ]) {
      const open = Bench.accepted()
      open.drops()
      open.sends(unhex(`${octets}00000000`))
      assert.deepEqual(open.drops(), ['malformed bad-type'])
      assert.deepEqual([ping(open), open.connection.rubbishSeen], [['echo-reply'], 1])
    }
  })

  test('messages about no call, replies to no request and incoming calls change nothing', () => {
    const bench = Bench.accepted()
    bench.drops()
    bench.sends(
      { type: 'call-clear-request', callId: 999 },
      { type: 'set-link-info', peerCallId: 999, sendAccm: 0, receiveAccm: 0 },
      {
        type: 'wan-error-notify',
        peerCallId: 999,
        crcErrors: 1,
        framingErrors: 0,
        hardwareOverruns: 0,
        bufferOverruns: 0,
        timeOutErrors: 0,
        alignmentErrors: 0,
      },
      stopped,
      echoReply(7),
      ocrp(1, 2),
      cdn(3),
      {
        type: 'incoming-call-connected',
        peerCallId: 5,
        connectSpeed: 64000,
        packetRecvWindowSize: 3,
        packetTransmitDelay: 0,
        framingType: 3,
      },
    )
    assert.deepEqual(bench.drops(), new Array(8).fill('pptp-unexpected'))
    assert.deepEqual(ping(bench), ['echo-reply'])
  })

  test('an Incoming-Call-Request that is four octets too long is passed over with what belongs to it', () => {
    const bench = Bench.accepted()
    bench.drops()
    bench.sends(unhex('00e000011a2b3c4d00090000000500010000000300000003'.padEnd(448, '0')))
    bench.sends(unhex('001c00011a2b3c4d000b000000050000 0000fa00 0003 0000 00000003'))
    assert.deepEqual(bench.drops(), ['malformed bad-length', 'pptp-unexpected'])
    assert.deepEqual(ping(bench), ['echo-reply'])
  })

  test('a stop request clears the calls with it (RFC 2637 §2.3)', () => {
    const bench = Bench.accepted()
    bench.sends(ocrq(79), stop)
    assert.deepEqual(bench.heardTypes(), ['outgoing-call-reply', 'stop-control-connection-reply'])
    assert.deepEqual([bench.logs[0].said, bench.tcp], [['connected', 'ended control-lost'], 'end'])
    assert.equal(bench.logs[0].end?.control?.reason, 'stopped-by-peer')
  })

  test('a stop request with any reason is answered', () => {
    const bench = Bench.accepted()
    bench.sends({ type: 'stop-control-connection-request', reason: 3 })
    assert.deepEqual([bench.heardTypes(), bench.tcp], [['stop-control-connection-reply'], 'end'])
  })

  test('a peer that does not read is not answered, so that nothing piles up; when it reads again, it is', () => {
    const bench = Bench.accepted()
    bench.drops()
    bench.unread = 20_000
    bench.sends(echo(1), ocrq(1), ocrq(1))
    assert.deepEqual(bench.heard(), [])
    assert.deepEqual(bench.drops(), new Array(3).fill('pptp-unexpected'))
    bench.unread = 0
    assert.deepEqual(ping(bench), ['echo-reply'])
  })

  test('what follows in the same segment as the end is dropped aloud', () => {
    const bench = Bench.accepted()
    bench.drops()
    bench.sends(Uint8Array.from([...Pptp.write(stop), ...Pptp.write(echo(1))]))
    assert.deepEqual(bench.heardTypes(), ['stop-control-connection-reply'])
    assert.deepEqual(bench.drops(), ['pptp-unexpected'])
  })
})

describe('the trace', () => {
  test('has every message with its detail and every change of state', () => {
    const bench = new Bench('pns', {
      names: { control: () => 'pptp.control', call: () => 'pptp.call' },
      callIds: [1234],
    })
    bench.sends(sccrp)
    bench.connection.dial(new CallLog(), { minimumBps: 300, maximumBps: 100_000_000 })
    const told = bench.trace.map(e => {
      if (e.event === 'pptp-message') return `${e.way} ${e.type} ${e.peer}: ${e.detail}`
      return e.event === 'state' ? `${e.machine} ${e.from} -> ${e.to} (${e.cause})` : e.event
    })
    assert.deepEqual(told, [
      'pptp.control idle -> wait-ctl-reply (tcp-open)',
      'sent start-control-connection-request 10.0.0.2: version 1.0, host local, vendor pptp-lab',
      'received start-control-connection-reply 10.0.0.2: result 1 (Successful channel establishment), version 1.0, host probe, vendor probe',
      'pptp.control wait-ctl-reply -> established (receive-sccrp-version-ok)',
      'pptp.call idle -> wait-reply (open)',
      'sent outgoing-call-request 10.0.0.2: call 1234, speed 300..100000000, window 64',
    ])
  })
  test('the defaults are those of the role', () => {
    assert.deepEqual([endpointConfig('pns').callIds, endpointConfig('pac').callIds], ['random', 'linux'])
  })
})
