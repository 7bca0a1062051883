/** Each judge of the strangers, shown that it judges: what is spoiled, it finds. lwIP's are in lwip.test.ts. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { fillPattern } from '../../src/app/pattern.ts'
import { concat } from '../../src/base/bytes.ts'
import { labText } from '../../src/lab/builder.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { Segment } from '../../src/wire/tcp.ts'
import { capturedRun } from '../support/captured-run.ts'
import { rootPath } from '../support/root.ts'
import { noTshark } from '../support/tshark.ts'
import { type Counts, FLAGS, type Flag, look, type Seen } from './analysis.ts'
import { describePlace, FEW, newTally, strange, worse } from './cell.ts'

const PORT = 5001
const OCTETS = 100_000

/** A transfer over a link without faults. */
const CAPTURE = capturedRun(
  labText({
    name: 'clean',
    topology: {
      nodes: { here: { kind: 'host' }, there: { kind: 'host' } },
      links: [
        { endpoints: ['here:eth0', 'there:eth0'], ipv4: ['10.0.0.1/24', '10.0.0.2/24'], type: 'ip', delay: '2ms' },
      ],
    },
    events: [{ at: '1s', fetch: { from: 'here', to: 'there', bytes: `${OCTETS}B` } }],
  }),
).links[0].bytes

const FRAMES = Pcap.read(CAPTURE).frames
const TCP_AT = Ipv4.HEADER
const isSyn = (bytes: Uint8Array): boolean => (Segment.flags(bytes, TCP_AT) & Segment.SYN) !== 0
/** Number of a frame that carries much, with others of its kind before and behind it. */
const FULL = FRAMES.findIndex(({ bytes }, i) => i > FRAMES.length / 2 && bytes.length > 1000)

/** What tshark says of the capture with one frame changed in place; `seal` gives it a checksum that fits again. */
function spoilt(number: number, change: (bytes: Uint8Array) => void, seal: boolean): Seen {
  const capture = CAPTURE.slice()
  const { offset, bytes } = FRAMES[number]
  const frame = capture.subarray(offset, offset + bytes.length)
  change(frame)
  if (seal) Segment.seal(frame, TCP_AT, frame.length, Ipv4.source(frame, 0), Ipv4.destination(frame, 0))
  return look(capture, { it: PORT }).it
}

const shown = ({ flags }: Seen): Flag[] => FLAGS.filter(flag => flags[flag] > 0)

describe('tshark, a judge', { skip: noTshark }, () => {
  const clean = noTshark ? undefined : look(CAPTURE, { it: PORT }).it

  test('finds nothing wrong where nothing is', () => {
    assert.ok(clean)
    assert.deepEqual(shown(clean), [])
    assert.ok(clean.negotiated.includes('scale'))
    assert.ok(clean.seconds > 0.004 && clean.seconds < 1)
  })

  test('finds one spoiled octet of the data by the checksum', () => {
    const change = (bytes: Uint8Array): void => {
      bytes[500] ^= 1
    }
    assert.throws(() => spoilt(FULL, change, false), new RegExp(`wrong checksum in frame ${FULL + 1} `))
  })

  test('finds one spoiled octet of a sequence number: what is there twice or not at all is flagged', () => {
    const seen = spoilt(
      FULL,
      bytes => {
        bytes[TCP_AT + 6] ^= 1
      },
      true,
    )
    assert.notDeepEqual(shown(seen), [])
  })

  test('a segment after those that follow it is sent again, or late by its timestamp (RFC 7323 §3.2)', () => {
    const counts = (age: number): Counts => look(overtaken(age), { it: PORT }).it.flags
    const [again, late] = [counts(0), counts(1)]
    assert.equal(again.fast_retransmission, 1)
    assert.equal(late.fast_retransmission + late.retransmission, 0)
    assert.equal(late.out_of_order, again.out_of_order + 1)
  })

  test('finds that an option is no longer negotiated when one octet of it is spoiled in one SYN', () => {
    assert.ok(clean)
    const kinds = { SACK: 4, timestamps: 8, scale: 3 }
    for (const option of clean.negotiated as (keyof typeof kinds)[]) {
      const seen = spoilt(
        FRAMES.findIndex(({ bytes }) => isSyn(bytes)),
        bytes => {
          bytes[placeOf(bytes, kinds[option])] = 253
        },
        true,
      )
      assert.deepEqual(
        seen.negotiated,
        clean.negotiated.filter(name => name !== option),
      )
    }
  })
})

/** The capture up to its first text, of whose segments the second comes after the fifth, `age` ms older than the first is. */
function overtaken(age: number): Uint8Array {
  const isText = ({ bytes }: { readonly bytes: Uint8Array }): boolean => bytes.length > 1000
  const begin = FRAMES.findIndex(isText)
  const [first, second, ...others] = FRAMES.filter(isText).map(({ bytes }) => bytes.slice())
  const carried = first.length - TCP_AT - Segment.headerLength(first, TCP_AT)
  const answer = (FRAMES.slice(begin).find(frame => !isText(frame)) as Pcap.CapturedFrame).bytes.slice()
  const acknowledged = Segment.sequence(first, TCP_AT) + carried
  Segment.set32(answer, TCP_AT + 8, acknowledged)
  const stamp = placeOf(second, TIMESTAMPS) + 2
  Segment.set32(second, stamp, Segment.get32(first, placeOf(first, TIMESTAMPS) + 2) - age)
  for (const frame of [answer, second]) {
    Segment.seal(frame, TCP_AT, frame.length, Ipv4.source(frame, 0), Ipv4.destination(frame, 0))
  }
  const flow = [first, answer, ...others.slice(0, 3).flatMap(frame => [frame, answer]), second]
  const frames = [...FRAMES.slice(0, begin).map(({ bytes }) => bytes), ...flow]
  return concat(
    Pcap.sectionHeader({ fingerprint: '0', timeZero: 0 }),
    Pcap.interfaceBlock({ name: 'it', description: 'it', linkType: Pcap.LINK_TYPE.raw }),
    ...frames.map((bytes, n) => Pcap.packetBlock({ interface: 0, timeZero: 0, t: n * 1e6, bytes })),
  )
}
const TIMESTAMPS = 8

/** Where the option of this kind stands in a segment. */
function placeOf(bytes: Uint8Array, kind: number): number {
  for (let at = TCP_AT + Segment.HEADER; at < bytes.length; at += bytes[at] === 1 ? 1 : bytes[at + 1]) {
    if (bytes[at] === kind) return at
  }
  throw new Error(`the segment has no option ${kind}`)
}

describe('the end of the kernel, a judge', () => {
  /** It pulls from a server that sends the pattern so changed. */
  async function pulled(change: (bytes: Uint8Array) => Uint8Array): Promise<readonly [number, string]> {
    const content = new Uint8Array(OCTETS)
    fillPattern(content, 0)
    const server = createServer(socket => socket.once('data', () => socket.end(change(content))))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const words = [rootPath('dist/test/strangers/kernel-end.js'), 'pull', '127.0.0.1', String(port), String(OCTETS)]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    }
    const [status] = (await once(child, 'close')) as [number]
    server.close()
    return [status, said.trim()]
  }

  test('is content with the pattern', async () => {
    assert.deepEqual(await pulled(bytes => bytes), [0, `{"octets":${OCTETS}}`])
  })

  test('finds one spoiled octet', async () => {
    const [status, said] = await pulled(bytes => {
      bytes[77_777] ^= 0x80
      return bytes
    })
    assert.equal(status, 1)
    assert.match(said, /^an octet is wrong between \d+ and \d+$/)
  })

  test('finds one octet too few', async () => {
    assert.deepEqual(await pulled(bytes => bytes.subarray(1, 0)), [1, `0 of ${OCTETS} octets came`])
    const [status, said] = await pulled(bytes => bytes.subarray(0, OCTETS - 1))
    assert.deepEqual([status, said], [1, `${OCTETS - 1} of ${OCTETS} octets came`])
  })
})

describe('the comparison, a judge', () => {
  const counts = (flags: Partial<Record<Flag, number>>): Counts =>
    Object.fromEntries(FLAGS.map(flag => [flag, flags[flag] ?? 0])) as Record<Flag, number>

  test('finds a flag that ours shows too often with every seed', () => {
    const tally = newTally()
    assert.deepEqual(worse(tally), [])
    const place = { direction: 'in', end: 'a', flag: 'retransmission' } as const
    tally.kernel.in.flags.a.push(...[9, 10, 2].map(retransmission => counts({ retransmission })))
    tally.ours.in.flags.a.push(...[20 + FEW, 500, 1000].map(retransmission => counts({ retransmission })))
    assert.deepEqual(worse(tally), [])
    tally.ours.in.flags.a[0] = counts({ retransmission: 21 + FEW })
    assert.deepEqual(worse(tally), [place])
    assert.equal(describePlace(tally, place), `in at a: retransmission ${21 + FEW} 500 1000, kernel 2 9 10`)
  })

  test('finds a kind of flag that only ours shows, in one seed of one cell', () => {
    const [one, other] = [newTally(), newTally()]
    one.ours.out.flags.b.push(counts({}), counts({ keep_alive: 1 }), counts({}))
    other.kernel.in.flags.a.push(counts({ keep_alive: 1 }))
    assert.deepEqual(strange([one, other]), [])
    assert.deepEqual(strange([one]), ['keep_alive'])
  })
})
