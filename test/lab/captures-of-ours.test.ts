/** Our captures before a judge that is not ours: tshark finds nothing wrong, and protocols in the order of real peers. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as Pcap from '../../src/wire/pcap.ts'
import { type CapturedLink, capturedRun } from '../support/captured-run.ts'
import { CAPTURES, captureFile } from '../support/captures.ts'
import { CHECKS, judgeCapture, TROUBLE } from '../support/judge-capture.ts'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

const ORDER = ['pptp', 'gre', 'ppp', 'lcp', 'pap', 'chap', 'ccp', 'ipcp', 'comp_data']

/** Those of ORDER that occur, in the order in which they do so first. */
const firstAppearances = (frames: readonly string[][]): string[] => [
  ...new Set(frames.flat().filter(protocol => ORDER.includes(protocol))),
]

/** The same of a real capture. */
function realOrder(name: string): string[] {
  const count = framesOf(name)
  const rows = askTshark({ capture: captureFile(name), count, fields: ['frame.protocols'] })
  return firstAppearances(rows.map(([protocols]) => protocols.split(':')))
}

/** Frame counts stand in the table of the captures. */
const framesOf = (name: string): number => CAPTURES.find(capture => capture.name === name)?.counts.frames ?? 0

/** Each lab with the real session that it resembles. */
const LABS = [
  { name: 'voluntary', real: 'mschapv2-mppe128-stateless' },
  { name: 'voluntary-lan', real: 'mschapv2-mppe128-stateless' },
  { name: 'no-encryption', real: 'pap-plain' },
  { name: 'wrong-password', real: 'mschapv2-wrong-password' },
]

describe('tshark reads our captures', { skip: noTshark }, () => {
  for (const { name, real } of LABS) {
    test(`${name}: nothing malformed, every checksum right, and protocols in the order of ${real}`, () => {
      const { links } = capturedRun(shippedText(name))
      assert.ok(links.length >= 3)
      const orders = links.map(({ bytes, frames }) => firstAppearances(judgeCapture(bytes, frames)))
      const expected = realOrder(real)
      assert.ok(expected.length >= 5, `the real session has ${expected.join(' ')}`)
      const tunnels = orders.filter(order => order.length > 0)
      assert.ok(tunnels.length >= 2, 'the tunnel crosses at least two links')
      for (const order of tunnels) assert.deepEqual(order, expected)
    })
  }

  test('the order of the whole session is the one that we mean', () => {
    const all = ['pptp', 'gre', 'ppp', 'lcp', 'chap', 'ccp', 'ipcp', 'comp_data']
    assert.deepEqual(realOrder('mschapv2-mppe128-stateless'), all)
  })

  test('no frame of the files that the command writes passes the filter of trouble; they are the same to the octet', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-'))
    try {
      const lab = rootPath('topologies/voluntary.yaml')
      const args = [rootPath('dist/cli/cli.js'), 'run', lab, '--quiet', '--pcap', folder]
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      assert.equal(status, 0, stdout)
      const { links } = capturedRun(shippedText('voluntary'))
      assert.equal(readdirSync(folder).length, links.length)
      for (const { name, bytes, frames } of links) {
        const file = join(folder, `${name.replaceAll(':', '_').replace(' - ', '-')}.pcapng`)
        assert.ok(Buffer.from(bytes).equals(readFileSync(file)), file)
        // An empty answer to the filter itself would prove nothing; that every frame passes its opposite does.
        const question = { capture: file, preferences: CHECKS, fields: ['frame.number'] }
        askTshark({ ...question, count: frames, filter: `!(${TROUBLE})` })
        assert.throws(() => askTshark({ ...question, count: 1, filter: TROUBLE }), /finds nothing/)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the judge of our captures notices', { skip: noTshark }, () => {
  const { links } = capturedRun(shippedText('voluntary'))
  const [outside, , inside] = links

  /** The capture with one octet changed: that many octets into the first frame that passes. */
  function spoiled({ bytes }: CapturedLink, isIt: (frame: Uint8Array) => boolean, at: number): Uint8Array {
    const copy = bytes.slice()
    const frame = Pcap.read(copy).frames.find(({ bytes }) => isIt(bytes))
    assert.ok(frame, 'no such frame')
    assert.equal(frame.bytes.buffer, copy.buffer)
    frame.bytes[at] ^= 0x10
    return copy
  }
  const carries = (protocol: number) => (frame: Uint8Array) =>
    frame[12] === 8 && frame[13] === 0 && frame[23] === protocol && frame.length > 80

  const SPOILT: readonly (readonly [what: string, link: CapturedLink, protocol: number, at: number, says: RegExp])[] = [
    ['an IP header', outside, 47, 14 + 8, /right checksums of ip/],
    ['a control message', outside, 6, 60, /right checksums of tcp/],
    ['TCP data', inside, 6, 70, /right checksums of tcp/],
    ['a UDP datagram', inside, 17, 70, /right checksums of udp/],
    ['a ping', inside, 1, 70, /right checksums of icmp/],
  ]
  for (const [what, link, protocol, at, says] of SPOILT) {
    test(`an octet of ${what} that is changed`, () => {
      assert.throws(() => judgeCapture(spoiled(link, carries(protocol), at), link.frames), says)
    })
  }

  test('a length of LCP that is beyond the end of its packet', () => {
    const isGre = (frame: Uint8Array) => frame[12] === 8 && frame[13] === 0 && frame[23] === 47 && frame.length > 60
    const length = 14 + 20 + 12 + 4 + 2
    assert.throws(() => judgeCapture(spoiled(outside, isGre, length), outside.frames), /malformed/)
  })

  test('a frame too few, and a file without any', () => {
    assert.throws(() => judgeCapture(inside.bytes, inside.frames + 1), /tshark finds \d+ frames for all/)
    const empty = Pcap.sectionHeader({ fingerprint: '00', timeZero: 0 })
    assert.throws(() => judgeCapture(empty, 1), /tshark finds nothing/)
    assert.throws(() => judgeCapture(empty, 0), /proves nothing/)
  })
})
