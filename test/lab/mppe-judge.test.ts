/**
 * Our encryption before a judge that is not ours: a reader in Python (test/support/mppe-decrypt.py) that shares no line
 * with the product. It must read every packet of real peers, every packet of ours, and as many as our own trace counts.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeCapture, isWhole } from '../../src/decode/decode.ts'
import type { MppeSummary } from '../../src/decode/mppe-record.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { type CapturedRun, capturedRun } from '../support/captured-run.ts'
import { CAPTURES, captureFile } from '../support/captures.ts'
import { type Direction, noPython, readMppe as read } from '../support/judge-mppe.ts'
import { shippedText } from '../support/shipped.ts'

const PASSWORDS = ['alice=wonderland', 'bob=builder']

/** How many packets our trace has seen go into each ppp interface: `alice ppp0`. */
function encrypted({ events }: CapturedRun): Map<string, number> {
  const counts = new Map<string, number>()
  for (const event of events) {
    if ((event.event !== 'send' && event.event !== 'forward') || !event.iface.startsWith('ppp')) continue
    const way = `${event.node} ${event.iface}`
    counts.set(way, (counts.get(way) ?? 0) + 1)
  }
  return counts
}

/** By the address of each client: the two interfaces of its tunnel. The office's are numbered in order of calling. */
const LABS = [
  { name: 'voluntary', tunnels: { '198.51.100.10': ['alice ppp0', 'office ppp0'] }, links: 2 },
  {
    name: 'voluntary-lan',
    tunnels: { '192.0.2.10': ['alice ppp0', 'office ppp0'], '192.0.2.11': ['bob ppp0', 'office ppp1'] },
    links: 5,
  },
]
const OFFICE = '203.0.113.5'

/** The lab `voluntary` with other keys and states, and enough to fetch for several flag packets (RFC 3078 §7.2). */
const VARIANTS = [
  'strengths: [40]',
  'strengths: [56]',
  'strengths: [40], state: stateful',
  'strengths: [56], state: stateful',
  'state: stateful',
  'state: stateful, reset: linux',
].map(mppe => ({ mppe, auth: 'ms-chap-v2', text: variant(mppe) }))
/** The Python reader has no DES, and so none of the shorter keys of MS-CHAP. */
const MS_CHAP = ['strengths: [128]', 'state: stateful'].map(mppe => ({
  mppe,
  auth: 'ms-chap',
  text: variant(mppe).replaceAll('ms-chap-v2', 'ms-chap'),
}))

function variant(mppe: string): string {
  const fetch = '  - { at: 5s, fetch: { from: alice, to: 10.20.0.5, bytes: 400kB } }\n'
  const text = shippedText('voluntary')
    .replaceAll('mppe: required', `mppe: { use: required, ${mppe} }`)
    .replace('events:\n', `events:\n${fetch}`)
  assert.equal(text.split(mppe).length, 3)
  assert.ok(text.includes(fetch))
  return text
}

/** Every packet of a tunnel, by the Python reader and by `decode --password`, which must agree. */
function assertRead(bytes: Uint8Array, name: string): readonly Direction[] {
  const { status, stderr, directions } = read(bytes, PASSWORDS)
  assert.equal(status, 0, `${name}: ${stderr}`)
  const ours = decodeCapture(
    bytes,
    new Map([
      ['alice', 'wonderland'],
      ['bob', 'builder'],
    ]),
  )
  const byWay = (one: Direction | MppeSummary): string =>
    'from' in one
      ? `${one.from} ${one.to} ${one.packets} ${one.decrypted}`
      : `${one.source} ${one.destination} ${one.packets} ${one.decrypted}`
  assert.deepEqual((ours.mppe ?? []).map(byWay).sort(), directions.map(byWay).sort(), name)
  assert.ok(isWhole(ours), name)
  return directions
}

describe('an independent reader of MPPE', { skip: noPython }, () => {
  for (const { name, tunnels, links } of LABS) {
    test(`${name}: reads every packet on every link of a tunnel, and counts as our trace does`, () => {
      const run = capturedRun(shippedText(name))
      const counts = encrypted(run)
      assert.deepEqual([...counts.keys()].sort(), Object.values(tunnels).flat().sort())
      assert.equal(run.events.filter(event => event.event === 'drop' && event.layer !== 'tcp').length, 0)
      let tunnelled = 0
      for (const link of run.links) {
        const { status, stderr, directions } = read(link.bytes, PASSWORDS)
        if (directions.length === 0) {
          assert.match(stderr, /no MPPE packet/)
          assert.equal(status, 1)
          continue
        }
        tunnelled++
        assertRead(link.bytes, link.name)
        for (const { from, to, packets, decrypted } of directions) {
          const [up, down] = Object.entries(tunnels).find(([client]) => client === from || client === to)?.[1] ?? []
          const ours = counts.get(to === OFFICE ? up : down) ?? 0
          assert.ok(ours > 0)
          assert.deepEqual([packets, decrypted], [ours, ours], `${link.name} from ${from} to ${to}`)
        }
      }
      assert.equal(tunnelled, links)
    })
  }

  for (const { mppe, auth, text } of [...VARIANTS, ...MS_CHAP]) {
    test(`voluntary with ${auth}, ${mppe}: reads every packet, over flag packets, and counts as our trace does`, () => {
      const run = capturedRun(text)
      const counts = encrypted(run)
      for (const link of run.links.slice(0, 2)) {
        const directions = assertRead(link.bytes, link.name)
        assert.deepEqual(
          directions.map(({ packets }) => packets).sort(),
          [counts.get('alice ppp0'), counts.get('office ppp0')].sort(),
        )
        assert.ok(directions.some(({ packets }) => packets > 2 * 256))
        for (const { bits, stateful } of directions) {
          assert.equal(`${bits} ${stateful}`, `${/40|56/.exec(mppe)?.[0] ?? '128'} ${mppe.includes('stateful')}`)
        }
      }
    })
  }

  const REAL: readonly (readonly [name: string, quoted: number])[] = [
    ['mschapv2-mppe128-stateless', 0],
    ['mschapv2-mppe128-stateful', 0],
    ['mschapv2-mppe40', 0],
    // Frame 78 is an ICMP error that quotes an encrypted packet: the table of the captures counts it too.
    ['second-call', 1],
  ]
  for (const [name, quoted] of REAL) {
    test(`reads every packet of the real ${name}`, () => {
      const { status, stderr, directions } = read(captureFile(name), ['alice=alice-secret'])
      assert.equal(status, 0, stderr)
      const packets = directions.reduce((sum, direction) => sum + direction.packets, 0)
      assert.equal(packets + quoted, CAPTURES.find(capture => capture.name === name)?.counts.compData)
    })
  }
})

describe('the independent reader of MPPE refuses', { skip: noPython }, () => {
  const { links } = capturedRun(shippedText('voluntary'))
  const { bytes } = links[0]

  test('one bit that is changed in one encrypted packet', () => {
    const copy = bytes.slice()
    const frames = Pcap.read(copy).frames.filter(frame => frame.bytes[23] === 47 && frame.bytes.length > 500)
    frames[10].bytes[400] ^= 1
    const { status, stderr, directions } = read(copy, PASSWORDS)
    assert.equal(status, 1)
    assert.match(stderr, /not every MPPE packet could be read/)
    assert.equal(
      directions.reduce((sum, { packets, decrypted }) => sum + packets - decrypted, 0),
      1,
    )
  })

  test('one bit of a stateful capture: one packet, those behind it are read', () => {
    const copy = capturedRun(variant('state: stateful')).links[0].bytes.slice()
    const frames = Pcap.read(copy).frames.filter(frame => frame.bytes[23] === 47 && frame.bytes.length > 500)
    frames[10].bytes[400] ^= 1
    const { status, directions } = read(copy, PASSWORDS)
    assert.equal(status, 1)
    assert.equal(
      directions.reduce((sum, { packets, decrypted }) => sum + packets - decrypted, 0),
      1,
    )
    const ours = decodeCapture(copy, new Map([['alice', 'wonderland']]))
    assert.deepEqual(
      ours.problems.map(({ reason }) => reason),
      ['tcp: bad-checksum'],
    )
  })

  test('another password, and none for the user', () => {
    for (const words of [['alice=Wonderland'], ['bob=wonderland']]) {
      const { status, directions } = read(bytes, words)
      assert.equal(status, 1)
      assert.deepEqual(
        directions.map(direction => direction.decrypted),
        [0, 0],
      )
    }
  })

  test('captures without MPPE, and files that are none', () => {
    assert.match(read(links[2].bytes, PASSWORDS).stderr, /no MPPE packet/)
    assert.match(read(captureFile('pap-plain'), PASSWORDS).stderr, /no MPPE packet/)
    assert.match(read(new Uint8Array(100), PASSWORDS).stderr, /neither a pcap nor a pcapng/)
    assert.match(read(bytes.subarray(0, bytes.length - 10), PASSWORDS).stderr, /cut off/)
  })
})
