/**
 * Hostile control messages and GRE packets, put to an endpoint of ours in either role. While each is put, a bystander - an
 * established call that no message names - has to go on as if nothing had been said. docs/hostile-pptp.md is made from this.
 */
import { concat, fromAscii, set16, set32 } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import {
  Bench,
  CallLog,
  ccrq,
  cdn,
  echo,
  iccn,
  icrp,
  icrq,
  ocrp,
  ocrq,
  RING,
  sccrp,
  sccrq,
  wanErrors,
} from '../pptp/support.ts'

export interface HostileCase {
  readonly name: string
  readonly what: readonly (Pptp.Message | Uint8Array)[]
  readonly why: string
}
export interface HostilePart {
  readonly title: string
  readonly intro: string
  /** GRE packets, not control messages. */
  readonly gre?: true
  setUp(): Bench
  readonly cases: readonly HostileCase[]
}
export interface Reaction {
  readonly answer: string
  readonly dropped: string
  readonly afterwards: string
}

// Octets that lie

interface Lies {
  readonly length?: number
  readonly messageType?: number
  readonly cookie?: number
  readonly controlType?: number
  /** Octets of it that come at all. */
  readonly cut?: number
  /** Octets more than the message has. */
  readonly more?: number
}

function lying(message: Pptp.Message, { length, messageType, cookie, controlType, cut, more = 0 }: Lies): Uint8Array {
  const out = concat(Pptp.write(message), new Uint8Array(more))
  if (length !== undefined) set16(out, 0, length)
  if (messageType !== undefined) set16(out, 2, messageType)
  if (cookie !== undefined) set32(out, 4, cookie)
  if (controlType !== undefined) set16(out, 8, controlType)
  return cut === undefined ? out : out.slice(0, cut)
}

const one = (name: string, what: Pptp.Message | Uint8Array, why: string): HostileCase => ({ name, what: [what], why })
const stop = (reason = 1): Pptp.Message => ({ type: 'stop-control-connection-request', reason })
const stopped: Pptp.Message = { type: 'stop-control-connection-reply', resultCode: 1, errorCode: 0 }
const echoed: Pptp.Message = { type: 'echo-reply', identifier: 7, resultCode: 1, errorCode: 0 }
const linkInfo = (peerCallId: number): Pptp.Message => ({
  type: 'set-link-info',
  peerCallId,
  sendAccm: 0,
  receiveAccm: 0,
})
const lineErrors = (peerCallId: number): Pptp.Message => ({ type: 'wan-error-notify', peerCallId, ...wanErrors })

/** Whatever the role and the state: what is no message at all. */
const octets = (good: Pptp.Message): readonly HostileCase[] => [
  one('no octet', new Uint8Array(0), 'nothing has been said'),
  one('one octet', Uint8Array.of(0), 'the rest may still come'),
  one('eleven octets of a header', lying(good, { cut: 11 }), 'the rest may still come'),
  one('a header and nothing else', lying(good, { cut: 12 }), 'the rest may still come'),
  one('all but the last octet', lying(good, { cut: Pptp.write(good).length - 1 }), 'the rest may still come'),
  one('length 0', lying(good, { length: 0 }), '§1.4: no message is so short: synchronization is lost'),
  one('length 1', lying(good, { length: 1 }), '§1.4'),
  one('length 11', lying(good, { length: 11 }), '§1.4: a header has 12 octets'),
  one('length 12', lying(good, { length: 12, cut: 12 }), '§2.1: passed over by its length, which no message has'),
  one(
    'a length two octets short',
    lying(good, { length: Pptp.write(good).length - 2 }),
    '§2: passed over by its length; the last two octets wait for the rest of a header',
  ),
  one(
    'a length that runs into the next message',
    concat(lying(good, { length: 200 }), Pptp.write(good)),
    'as many octets are waited for, 512 at most',
  ),
  one('length 513', lying(good, { length: 513 }), '§1.4: longer than anything that could be meant'),
  one('length 65535', lying(good, { length: 65535 }), '§1.4: nothing is kept for it'),
  one(
    'one octet more than it has',
    lying(good, { length: Pptp.write(good).length + 1, more: 1 }),
    '§2: each message has one length',
  ),
  one(
    'a wrong cookie',
    lying(good, { cookie: 0x1a2b3c4e }),
    '§1.4: the cookie is there to notice lost synchronization',
  ),
  one('a cookie of zero', lying(good, { cookie: 0 }), '§1.4'),
  one('message type 0', lying(good, { messageType: 0 }), '§1.4: only type 1 is a control message'),
  one('message type 2', lying(good, { messageType: 2 }), '§1.4: management messages are not defined'),
  one('control type 0', lying(good, { controlType: 0 }), '§2: passed over by its length'),
  one('control type 16', lying(good, { controlType: 16 }), '§2: one more than there are'),
  one('control type 65535', lying(good, { controlType: 65535 }), '§2'),
  one('a line of HTTP', fromAscii('GET / HTTP/1.1\r\n\r\n'), '§1.4: the cookie is not there'),
]

// The four states

const strangers = (own: readonly Pptp.Message[], why: string): readonly HostileCase[] =>
  own.map(message => one(`${message.type} before anything else`, message, why))

/** A PAC with two calls: 77, which is spoken of, and 78, the bystander. */
function pac(): Bench {
  const bench = Bench.accepted({ callIds: [40, 41, 42, 43], echoInterval: 0 })
  bench.sends(ocrq(77), ocrq(78))
  bench.heard()
  return bench
}
/** A PNS with a call that waits for its reply, and the bystander. */
function pns(): Bench {
  const bench = Bench.established({ callIds: [40, 41, 42, 43], echoInterval: 0 }, () => new CallLog())
  bench.connection.dial(new CallLog())
  const log = new CallLog()
  bench.logs.push(log)
  bench.connection.dial(log)
  bench.sends(ocrp(78, 41))
  bench.heard()
  return bench
}
/** Its line rings: an incoming call of a PAC that waits, and the bystander. */
function ringing(): Bench {
  const bench = Bench.accepted({ callIds: [40, 41, 42], echoInterval: 0 })
  bench.endpoint.ring(bench.connection, new CallLog(), RING)
  bench.sends(ocrq(78))
  bench.heard()
  return bench
}

const older = { ...sccrq, protocolVersion: 0x00ff }
const stateless = 'no state has a use for it'

export const HOSTILE: readonly HostilePart[] = [
  {
    title: 'A PAC that has heard nothing yet',
    intro: 'TCP is open, and Start-Control-Connection-Request is waited for.',
    setUp: () => new Bench('pac', { echoInterval: 0 }),
    cases: [
      ...octets(sccrq),
      one('version 0', { ...sccrq, protocolVersion: 0 }, '§3.1.2: older than ours is refused'),
      one('version 0.255', older, '§3.1.2'),
      one('version 255.255', { ...sccrq, protocolVersion: 0xffff }, '§3.1.2: newer is answered with ours'),
      ...strangers(
        [stop(), stopped, echo(1), echoed, sccrp, ocrq(7), ccrq(7), linkInfo(0), icrp(1, 0)],
        '§3.1.2: nothing else is heard before the request',
      ),
    ],
  },
  {
    title: 'A PAC with calls',
    intro: 'The peer has two calls, 77 and 78; ours of them are 40 and 41. 78 is the bystander.',
    setUp: pac,
    cases: [
      ...octets(echo(9)),
      one('a second Start-Control-Connection-Request', sccrq, '§3.1.2: the connection is established already'),
      one('Start-Control-Connection-Reply', sccrp, stateless),
      one('Stop-Control-Connection-Reply that nobody asked for', stopped, stateless),
      one('Echo-Reply that nobody asked for', echoed, '§3.1.4: no question is open'),
      one('the same call ID once more', ocrq(77), '§2.16: Bad-Call ID; the first call stays'),
      one('Outgoing-Call-Reply', ocrp(1, 40), '§2.8: it is for a PNS'),
      one('Call-Clear-Request of our number', ccrq(40), '§2.12 names the number of the PNS'),
      one('Call-Clear-Request of no call', ccrq(999), '§2.12: nothing is to be cleared'),
      one('Call-Disconnect-Notify', cdn(77), '§2.13: it is for a PNS'),
      one('Set-Link-Info for no call', linkInfo(999), '§2.15'),
      one('Set-Link-Info with the number of the peer', linkInfo(77), '§2.15 names ours'),
      one('WAN-Error-Notify', lineErrors(40), '§2.14: it is for a PNS'),
      one('Incoming-Call-Request', icrq(5), '§2.9: it is for a PNS'),
      one('Incoming-Call-Reply for an outgoing call', icrp(1, 40), '§3.2.4.1: that call was never an incoming one'),
      one('Incoming-Call-Connected', iccn(40), '§2.11: it is for a PNS'),
      { name: 'Call-Clear-Request twice', what: [ccrq(77), ccrq(77)], why: '§2.12: the second names no call any more' },
      {
        name: 'Stop-Control-Connection-Request, then more',
        what: [stop(9), ocrq(79), echo(3)],
        why: '§2.3: after the reply nothing is heard; an unknown reason is a reason',
      },
    ],
  },
  {
    title: 'A PAC whose line rings',
    intro: 'Incoming call 40 waits for its reply. Call 78 of the peer, ours 41, is the bystander.',
    setUp: ringing,
    cases: [
      one('a reply for the bystander', icrp(500, 41), '§3.2.4.1: that call was never an incoming one'),
      one('a reply for no call', icrp(500, 999), '§2.10'),
      one('an unknown result', icrp(500, 40, 99), '§2.10: only 1 accepts'),
      one('result 0', icrp(500, 40, 0), '§2.10: only 1 accepts'),
      {
        name: 'an accepting reply twice',
        what: [icrp(500, 40), icrp(501, 40)],
        why: '§3.2.3.1: the second changes nothing',
      },
      one(
        'Call-Clear-Request of a number that is not known yet',
        ccrq(500),
        '§2.12: only the reply tells the number of the PNS',
      ),
    ],
  },
  {
    title: 'A PNS that waits for the first reply',
    intro: 'Start-Control-Connection-Request is sent.',
    setUp: () => new Bench('pns', { echoInterval: 0 }),
    cases: [
      one('version 0', { ...sccrp, protocolVersion: 0 }, '§3.1.1: older than ours: Stop-Protocol'),
      one('version 255.255', { ...sccrp, protocolVersion: 0xffff }, '§3.1.1: the RFC has no word against it'),
      one('result 0', { ...sccrp, resultCode: 0 }, '§2.2: only 1 is success, though pptp-linux takes 0 as well'),
      one('an unknown result', { ...sccrp, resultCode: 200, errorCode: 201 }, '§2.2: only 1 is success'),
      ...strangers(
        [sccrq, stop(), stopped, echo(1), echoed, ocrp(1, 1), cdn(1), icrq(1), lineErrors(1)],
        '§3.1.1: nothing else is heard before the reply',
      ),
    ],
  },
  {
    title: 'A PNS with calls',
    intro: 'Call 40 waits for its reply; call 41, with 78 at the peer, is the bystander.',
    setUp: pns,
    cases: [
      ...octets(echo(9)),
      one('Start-Control-Connection-Reply once more', sccrp, '§3.1.1: the connection is established already'),
      one('Start-Control-Connection-Request', sccrq, '§3.1.1: this end has opened the connection'),
      one('a reply for no call', ocrp(5, 999), '§2.8'),
      one(
        'a reply for the bystander, which has one',
        ocrp(5, 41),
        '§3.2.4.2: the call is established; its number stays',
      ),
      one('an unknown result', ocrp(5, 40, 99), '§2.8: only 1 is success'),
      one('result 0', ocrp(5, 40, 0), '§2.8: only 1 is success'),
      one(
        'a refusal of the bystander',
        ocrp(0, 41, 2),
        '§3.2.4.2: the call is established; it is ended by other messages',
      ),
      one('the number of another call of the peer', ocrp(78, 40), '§2.8: it is the peer who tells its calls apart'),
      one('Call-Disconnect-Notify of no call', cdn(999), '§2.13'),
      one('Call-Disconnect-Notify of the call that waits', cdn(40), '§3.2.4.2: it has no number at the peer yet'),
      one('Call-Clear-Request', ccrq(78), '§2.12: it is for a PAC'),
      one('Outgoing-Call-Request', ocrq(5), '§2.7: it is for a PAC'),
      one('Set-Link-Info', linkInfo(41), '§2.15: it is for a PAC'),
      one('WAN-Error-Notify for the call that waits', lineErrors(40), '§2.14: the call is not established'),
      one('Incoming-Call-Connected for an outgoing call', iccn(41), '§3.2.4.2: that call was never an incoming one'),
      one('Incoming-Call-Reply', icrp(5, 41), '§2.10: it is for a PAC'),
      {
        name: 'the same incoming call twice',
        what: [icrq(7), icrq(7)],
        why: '§2.16: Bad-Call ID; the first one stays',
      },
      one('Stop-Control-Connection-Reply that nobody asked for', stopped, stateless),
    ],
  },
  {
    title: 'GRE packets',
    intro: 'A PAC as above: its call 40 has had the packets 0 and 1, and has sent none. The bystander is 41.',
    gre: true,
    setUp: () => {
      const bench = pac()
      bench.greArrives(
        Gre.write({ callId: 40, sequenceNumber: 0, acknowledgmentNumber: undefined, payload: Uint8Array.of(1) }),
      )
      bench.greArrives(
        Gre.write({ callId: 40, sequenceNumber: 1, acknowledgmentNumber: undefined, payload: Uint8Array.of(2) }),
      )
      return bench
    },
    cases: gre(),
  },
]

function gre(): HostileCase[] {
  const packet = (callId = 40, sequenceNumber: number | undefined = 2, acknowledgmentNumber?: number, payload = [9]) =>
    Gre.write({ callId, sequenceNumber, acknowledgmentNumber, payload: Uint8Array.from(payload) })
  const spoiled = (at: number, value: number, whole = packet()): Uint8Array => {
    const out = whole.slice()
    out[at] = value
    return out
  }
  const ack = (n: number) =>
    Gre.write({ callId: 40, sequenceNumber: undefined, acknowledgmentNumber: n, payload: new Uint8Array(0) })
  return [
    one('no octet', new Uint8Array(0), '§4.1'),
    one('one octet', Uint8Array.of(0x30), '§4.1'),
    one('seven octets', packet().slice(0, 7), '§4.1: the header has eight'),
    one('a header without its number', packet().slice(0, 8), '§4.1: S is set'),
    one('version 0', spoiled(1, 0x00), '§4.1: plain GRE is another tunnel'),
    one('version 7', spoiled(1, 0x07), '§4.1'),
    one('another payload than PPP', spoiled(3, 0x00), '§4.1: protocol type 0x880b'),
    one('flag C', spoiled(0, 0xb0), '§4.1: C is 0'),
    one('flag R', spoiled(0, 0x70), '§4.1: R is 0'),
    one('no flag K', spoiled(0, 0x10), '§4.1: K is 1'),
    one('flag s', spoiled(0, 0x38), '§4.1: s is 0'),
    one('a recursion count', spoiled(0, 0x33), '§4.1: Recur is 0'),
    one('reserved flags', spoiled(1, 0x79), '§4.1: they are 0'),
    one('a payload and no number', spoiled(0, 0x20), '§4.1: what carries data has a number'),
    one('a payload length beyond the packet', spoiled(5, 200), '§4.1: Key (High)'),
    one('a payload length of 65535', spoiled(5, 255, spoiled(4, 255)), '§4.1'),
    one('a payload length of 0, with a number', spoiled(5, 0), '§4.1: an empty frame is handed on, and PPP drops it'),
    one('octets behind the payload', concat(packet(), new Uint8Array(20)), '§4.1: padding'),
    one('no call', packet(999), '§4.1: Key (Low)'),
    one('the number of the peer', packet(77), '§4.1: the call ID is that of the receiver'),
    one('an acknowledgment of what was never sent', ack(1000), '§4.2: it opens nothing'),
    one('an acknowledgment of 2^32 - 1', ack(0xffffffff), '§4.2: one before the first'),
    one(
      'nothing but a header',
      Gre.write({ callId: 40, sequenceNumber: undefined, acknowledgmentNumber: undefined, payload: new Uint8Array(0) }),
      '§4.1: says nothing',
    ),
    one('a number that has come', packet(40, 1), '§4.3: silently discarded, and told in the trace'),
    one('a number from before the first', packet(40, 0xffffffff), '§4.3'),
    one('a number half the circle away', packet(40, 0x80000001), '§4.3'),
    one('a number far ahead', packet(40, 100_000), 'not believed'),
    {
      name: 'two numbers far ahead',
      what: [packet(40, 100_000), packet(40, 100_001)],
      why: 'the second one is: a long outage must end',
    },
    {
      name: 'early packets up to the horizon',
      what: Array.from({ length: 297 }, (_, i) => packet(40, 3 + i)),
      why: '§4.3: 300 at most are held, for 300 ms',
    },
  ]
}

// The reaction

export function react(part: HostilePart, { what }: HostileCase): Reaction & { readonly problems: readonly string[] } {
  const bench = part.setUp()
  const bystander = bench.endpoint.calls.at(-1)
  const log = bench.logs.at(-1)
  bench.drops()
  bench.heard()
  for (const each of what) {
    if (part.gre) bench.greArrives(each as Uint8Array)
    else bench.sends(each)
  }
  const answer = bench.heard().map(show).join(', ') || 'no answer'
  const drops = bench.drops()
  const dropped = [...new Set(drops)].map(reason => {
    const count = drops.filter(drop => drop === reason).length
    return count === 1 ? reason : `${count} × ${reason}`
  })
  const { state } = bench.connection
  const calls = bench.endpoint.calls.map(call => `${call.callId} ${call.state}`).join(', ') || 'no call'
  const tcp = bench.tcp === 'open' ? '' : bench.tcp === 'end' ? ', FIN' : ', RST'
  const problems: string[] = []
  // Was somebody touched who was not meant?
  if (bystander && log && bench.connection.state === 'established' && bench.tcp === 'open') {
    const before = log.frames.length
    const header = { callId: bystander.callId, sequenceNumber: 0, acknowledgmentNumber: undefined }
    bench.greArrives(Gre.write({ ...header, payload: Uint8Array.of(7) }))
    if (bystander.state !== 'established') problems.push(`the bystander is ${bystander.state}`)
    if (log.frames.length !== before + 1) problems.push('the bystander hears nothing')
  }
  // Does anything stay behind?
  bench.connection.stop()
  bench.pass(sec(400))
  if (bench.connection.state !== 'idle') problems.push(`the connection stays in ${bench.connection.state}`)
  if (bench.endpoint.calls.length > 0) problems.push('calls stay')
  if (bench.endpoint.connections.length > 0) problems.push('the connection stays in the table')
  return { answer, dropped: dropped.join(', ') || 'nothing', afterwards: `${state}${tcp}; ${calls}`, problems }
}

function show(m: Pptp.Message): string {
  const codes = 'resultCode' in m ? ` ${m.resultCode}${m.errorCode === 0 ? '' : ` error ${m.errorCode}`}` : ''
  const whose = 'peerCallId' in m ? ` to ${m.peerCallId}` : 'callId' in m ? ` of ${m.callId}` : ''
  const why = m.type === 'stop-control-connection-request' ? ` ${m.reason}` : ''
  return `\`${m.type}${codes}${why}${whose}\``
}

// The page

const PAGE = `# Hostile PPTP

What an endpoint does about odd and wrong control messages and GRE packets, in either role. The cases are those of
\`test/support/hostile-pptp.ts\`; \`npm run docs:update\` writes this page from them, and the test \`test/pptp/hostile\` fails when
it is not what happens. While each case is put, another call on the same connection - the bystander - must go on, and afterwards
no timer, call or connection may be left.

"Afterwards" has the state of the control connection, what became of TCP, and the calls with our numbers. What is dropped is told
in the trace ([drop-reasons.md](drop-reasons.md)). Sections are those of RFC 2637. The 29 cases that a real pptpd was given are in
[deviations.md](deviations.md).
`

export function hostilePage(): string {
  const parts = HOSTILE.map(part => {
    const rows = part.cases.map(each => {
      const { answer, dropped, afterwards } = react(part, each)
      return `| \`${each.name}\` | ${answer} | ${dropped} | ${afterwards} | ${each.why} |`
    })
    const head = `| ${part.gre ? 'packet' : 'message'} | we answer | dropped | afterwards | why |\n| --- | --- | --- | --- | --- |`
    return `## ${part.title}\n\n${part.intro}\n\n${head}\n${rows.join('\n')}\n`
  })
  return `${PAGE}\n${parts.join('\n')}`
}
