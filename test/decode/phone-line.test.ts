/** `decode --password` on captures of telephone lines: PPP in HDLC-like framing, a line by itself and several on a trunk. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat } from '../../src/base/bytes.ts'
import { PacketPool, PacketSource } from '../../src/base/packet.ts'
import { type Decoded, decodeCapture, isWhole, json, lines, mppeLines } from '../../src/decode/decode.ts'
import * as Hdlc from '../../src/wire/hdlc.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { type CapturedRun, capturedRun } from '../support/captured-run.ts'
import { noPython, readMppe } from '../support/judge-mppe.ts'
import { shippedText } from '../support/shipped.ts'

const BOB = new Map([['bob', 'builder']])

const captureOf = ({ links }: CapturedRun, end: string): Uint8Array => {
  const link = links.find(({ name }) => name.includes(end))
  assert.ok(link, end)
  return link.bytes
}
/** A lab with other words in it. */
function variant(lab: string, ...pairs: readonly (readonly [string, string])[]): string {
  let text = shippedText(lab)
  for (const [from, to] of pairs) {
    assert.ok(text.includes(from), from)
    text = text.replace(from, to)
  }
  return text
}
const told = ({ mppe = [] }: Decoded): string[] =>
  mppe.map(({ source, destination, packets, decrypted }) => `${source} > ${destination} ${decrypted}/${packets}`)
/** IP packets that our trace has seen go into a ppp interface. */
const sent = ({ events }: CapturedRun, node: string, iface: string): number =>
  events.filter(
    event => (event.event === 'send' || event.event === 'forward') && event.node === node && event.iface === iface,
  ).length

const compulsory = capturedRun(shippedText('compulsory'))
const line = captureOf(compulsory, 'bob:tty0')
const voluntary = capturedRun(shippedText('voluntary-over-dial-up'))

describe('a telephone line, with the password', () => {
  test('compulsory: every packet is decrypted, as many as the two ends of PPP have sent', () => {
    const decoded = decodeCapture(line, BOB)
    const [up, down] = [sent(compulsory, 'bob', 'ppp0'), sent(compulsory, 'company', 'ppp0')]
    assert.ok(up > 50 && down > 50)
    assert.deepEqual(mppeLines(decoded), [
      `bob:tty0 > nas:tty0, MPPE 128 bit stateless: ${up} of ${up} packets decrypted`,
      `nas:tty0 > bob:tty0, MPPE 128 bit stateless: ${down} of ${down} packets decrypted`,
    ])
    assert.ok(isWhole(decoded))
    const ping = lines(decoded).find(text => text.includes('echo request'))
    assert.match(ping ?? '', /bob:tty0 > {2}MPPE count 0, .* · IP 10\.8\.0\.10 > 10\.20\.0\.5 · ICMP echo request/)
    assert.deepEqual(decoded.problems, decodeCapture(line).problems)
  })

  test('who demands CHAP is told from who proves himself', () => {
    const texts = lines(decodeCapture(line)).filter(text => text.includes('CHAP') && !text.includes('LCP'))
    assert.equal(texts.length, 3)
    assert.ok(texts.every(text => text.includes('(MS-CHAPv2)')))
  })

  test('an independent reader agrees, on the line and on the tunnel over another line', { skip: noPython }, () => {
    for (const capture of [line, captureOf(voluntary, 'bob:tty0')]) {
      const { status, stderr, directions } = readMppe(capture, ['bob=builder'])
      assert.equal(status, 0, stderr)
      assert.deepEqual(
        told(decodeCapture(capture, BOB)),
        directions.map(({ from, to, packets, decrypted }) => `${from} > ${to} ${decrypted}/${packets}`),
      )
    }
  })

  test('one octet that is changed is noticed, by both, in its packet only', { skip: noPython }, () => {
    for (const capture of [line, captureOf(voluntary, 'bob:tty0')]) {
      const copy = capture.slice()
      const long = Pcap.read(copy).frames.filter(({ bytes }) => bytes.length > 1000)
      assert.ok(long.length > 20)
      long[10].bytes[600] ^= 1
      const ours = decodeCapture(copy, BOB)
      assert.deepEqual(
        ours.problems.map(({ reason }) => reason),
        ['tcp: bad-checksum'],
      )
      assert.equal(isWhole(ours), false)
      const { status, directions } = readMppe(copy, ['bob=builder'])
      assert.equal(status, 1)
      assert.equal(
        directions.reduce((sum, { packets, decrypted }) => sum + packets - decrypted, 0),
        1,
      )
    }
  })

  test('stateful MPPE: packets that noise has spoiled are missing, and those behind them are read', () => {
    const run = capturedRun(
      variant(
        'compulsory',
        ['delay: 40ms', 'delay: 40ms, noise: 0.002%'],
        ['mppe: optional', 'mppe: { use: required, state: stateful }'],
        ['password: builder }', 'password: builder, mppe: { use: required, state: stateful } }'],
      ),
    )
    const capture = captureOf(run, 'bob:tty0')
    const spoiled = Pcap.read(capture).frames.filter(({ interface: port }) => port >= 2)
    assert.ok(spoiled.length > 3)
    const decoded = decodeCapture(capture, BOB)
    assert.equal(decoded.mppe?.length, 2)
    assert.ok(
      decoded.mppe.every(({ cipher, packets, decrypted }) => cipher === 'mppe-128-stateful' && packets === decrypted),
    )
  })

  test('a tunnel with keys of its own in a line with keys of its own: both are opened', () => {
    const run = capturedRun(variant('voluntary-over-dial-up', ['mppe: off', 'mppe: required']))
    const capture = captureOf(run, 'bob:tty0')
    const decoded = decodeCapture(capture, BOB)
    const ways = told(decoded).map(one => one.split(' ').slice(0, 3).join(' '))
    assert.deepEqual(ways, [
      'bob:tty0 > nas:tty0',
      'nas:tty0 > bob:tty0',
      '192.0.2.130 > 203.0.113.5',
      '203.0.113.5 > 192.0.2.130',
    ])
    assert.ok(decoded.mppe?.every(({ packets, decrypted }) => packets === decrypted && packets > 10))
    assert.ok(isWhole(decoded))
    assert.ok(lines(decoded).some(text => /MPPE .*GRE call \d+ .*MPPE .*ICMP echo request/.test(text)))
  })

  test('several lines on a trunk: each has its own ends, keys and agreements', () => {
    const ping =
      '  - { at: 10s, ping: { from: ann, to: 10.8.0.1 } }\n  - { at: 10s, ping: { from: bob, to: 10.9.0.1 } }\n'
    const run = capturedRun(variant('compulsory-realms', ['events:\n', `events:\n${ping}`]))
    const passwords = new Map([
      ['ann@red.example', 'annapurna'],
      ['bob@blue.example', 'builder'],
    ])
    const decoded = decodeCapture(captureOf(run, 'nas:pri0'), passwords)
    assert.deepEqual(told(decoded).sort(), [
      'nas:pri0.1 > pstn:trunk0.1 1/1',
      'nas:pri0.2 > pstn:trunk0.2 1/1',
      'pstn:trunk0.1 > nas:pri0.1 1/1',
      'pstn:trunk0.2 > nas:pri0.2 1/1',
    ])
    assert.ok(isWhole(decoded))
  })
})

const packets = new PacketSource(new PacketPool(), 'test')
/** Another file of the same frames: `change` gives each its interface, octets and comment. */
function rewritten(
  interfaces: readonly Pcap.InterfaceInfo[],
  change: (frame: Pcap.CapturedFrame) => { interface: number; bytes: Uint8Array; comment?: string } | undefined,
): Uint8Array {
  const timeZero = Pcap.TIME_ZERO
  const { frames } = Pcap.read(line)
  const blocks = frames.flatMap((frame, i) => {
    const made = change(frame)
    return made ? [Pcap.packetBlock({ timeZero, t: i * 1000, ...made })] : []
  })
  const head = Pcap.sectionHeader({ fingerprint: 'abc', timeZero })
  return concat(head, ...interfaces.map(Pcap.interfaceBlock), ...blocks)
}
const { interfaces } = Pcap.read(line)

describe('octets of a line as they are', () => {
  for (const [framing, accm] of [
    ['asynchronous framing: all control characters are escaped (RFC 1662 §7.1)', Hdlc.ALL_CHARACTERS],
    ['octet-synchronous framing: only flags and escapes are (RFC 1662 §4.2)', 0],
  ] as const) {
    test(framing, () => {
      const raw = rewritten(interfaces, ({ interface: port, bytes }) => {
        const octets = Hdlc.encode(packets, packets.from(bytes), accm)
        return { interface: port + 2, bytes: octets.data.slice() }
      })
      const decoded = decodeCapture(raw, BOB)
      assert.deepEqual(told(decoded), told(decodeCapture(line, BOB)))
      assert.ok(isWhole(decoded))
      assert.ok(decoded.frames.every(({ tree }) => tree.children?.[0].name === 'hdlc'))
    })
  }
})

describe('lines that no password opens: why is said, and the capture is not read whole', () => {
  const why = (capture: Uint8Array): (string | undefined)[] => {
    const decoded = decodeCapture(capture, BOB)
    assert.equal(isWhole(decoded), false)
    assert.ok(json(decoded).at(-1)?.includes('"ok":false'))
    assert.ok(decoded.mppe?.every(({ decrypted, packets: count }) => decrypted === 0 && count > 0))
    return decoded.mppe?.map(({ problem }) => problem) ?? []
  }

  test('of another program, which has put both directions on one interface', () => {
    const foreign = rewritten([{ name: '', description: '', linkType: Pcap.LINK_TYPE.pppSerial }], ({ bytes }) => ({
      interface: 0,
      bytes,
    }))
    assert.deepEqual(why(foreign), [
      'the capture does not say which end of the line has sent a frame, and each has a key of its own',
    ])
    assert.match(
      mppeLines(decodeCapture(foreign, BOB))[0],
      /^a line, MPPE 128 bit stateless: 0 of 156 packets decrypted: /,
    )
  })

  test('one that begins after CCP', () => {
    const late = rewritten(interfaces, frame => (frame.bytes[0] === 0xfd ? frame : undefined))
    assert.deepEqual(why(late), new Array(2).fill('the negotiation of its encryption is not in the capture'))
    assert.match(
      mppeLines(decodeCapture(late, BOB))[0],
      /^bob:tty0 > nas:tty0, MPPE: 0 of \d+ packets decrypted: the negotiation/,
    )
  })
})
