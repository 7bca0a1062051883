/**
 * One run is lab and seed and nothing else: the same twice, under another clock and language, and beside a machine that
 * takes no part; and all chance in it comes from the seed.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { get32, hex } from '../../src/base/bytes.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { type CapturedRun, capturedRun } from '../support/captured-run.ts'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'

const LABS = ['voluntary', 'voluntary-lan', 'no-encryption', 'wrong-password']
const LOSSY = [
  { path: 'topology.links[0].loss', value: '2%' },
  { path: 'topology.links[1].loss', value: '2%' },
]
const prints = ({ result }: CapturedRun) => Object.fromEntries(result.fingerprints)

describe('the same lab and seed', () => {
  for (const name of LABS) {
    test(`${name}: twice the same fingerprint of every node and link, and the same captures`, () => {
      const [one, two] = [capturedRun(shippedText(name)), capturedRun(shippedText(name))]
      // A switch has no events, and so nothing to be fingerprinted.
      const talkers = one.lab.nodes.filter(node => node.kind !== 'switch').map(node => node.name)
      const links = one.links.map(link => link.name)
      assert.deepEqual([...one.result.fingerprints.keys()].sort(), [...talkers, ...links].sort())
      assert.deepEqual(prints(two), prints(one))
      assert.equal(two.result.fingerprint, one.result.fingerprint)
      assert.deepEqual(two.links, one.links)
    })
  }

  test('voluntary with losses: the same losses', () => {
    const text = shippedText('voluntary')
    const [one, two] = [capturedRun(text, LOSSY), capturedRun(text, LOSSY)]
    assert.ok((one.result.drops.get('line-loss') ?? 0) > 0)
    assert.deepEqual(two.events, one.events)
    assert.deepEqual(prints(two), prints(one))
  })

  test('in another time zone and another language: the same JSON, every line of it', () => {
    const command = (env: NodeJS.ProcessEnv, ...args: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...env },
        maxBuffer: 1 << 28,
      })
      assert.equal(status, 0, stderr)
      return stdout
    }
    const home = { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' }
    const abroad = { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }
    const where = 'console.log(new Date(0).getTimezoneOffset(), (1234.5).toLocaleString())'
    assert.notEqual(command(home, '-e', where), command(abroad, '-e', where), 'the processes do not differ')
    const run = [rootPath('dist/cli/cli.js'), 'run', rootPath('topologies/voluntary.yaml'), '--json']
    const output = command(home, ...run)
    const result = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as { fingerprint: string }
    assert.equal(result.fingerprint, capturedRun(shippedText('voluntary')).result.fingerprint)
    assert.ok(output === command(abroad, ...run), 'the output differs')
  })
})

describe('a node that is connected to nothing', () => {
  /** The text of voluntary.yaml with one more node before the named one. */
  const withNode = (name: string, before: RegExp): string => {
    const text = shippedText('voluntary')
    const changed = text.replace(before, `    ${name}: { kind: host }\n$&`)
    assert.notEqual(changed, text)
    return changed
  }
  const before = capturedRun(shippedText('voluntary'), LOSSY)
  const PLACES: readonly (readonly [place: string, name: string, before: RegExp])[] = [
    ['at the front', 'zed', /^ {4}alice:$/m],
    ['in the middle', 'middle', /^ {4}office:$/m],
    ['at the end', 'aaron', /^ {2}links:$/m],
  ]
  for (const [place, name, where] of PLACES) {
    test(`${place} moves no other fingerprint, with losses on the links too`, () => {
      const after = capturedRun(withNode(name, where), LOSSY)
      const { [name]: own, ...others } = prints(after)
      assert.equal(own, undefined, 'it does nothing, so it has no events')
      assert.equal(after.lab.nodes.length, before.lab.nodes.length + 1)
      assert.deepEqual(others, prints(before))
      assert.equal(after.result.fingerprint, before.result.fingerprint)
    })
  }
})

/** All that is drawn by chance in the run, from the bytes on its first two links. */
function drawn({ links, events }: CapturedRun) {
  const isns = new Set<number>()
  const magics = new Set<number>()
  const challenges = new Set<string>()
  for (const { bytes } of links.slice(0, 2)) {
    for (const frame of Pcap.read(bytes).frames) {
      const packet = frame.bytes.subarray(14)
      if (frame.bytes[12] !== 8 || frame.bytes[13] !== 0) continue
      const body = packet.subarray(Ipv4.headerLength(packet, 0), Ipv4.totalLength(packet, 0))
      if (Ipv4.protocol(packet, 0) === Ipv4.PROTOCOL.tcp && (body[13] & 0x02) !== 0) isns.add(get32(body, 4))
      if (Ipv4.protocol(packet, 0) !== Ipv4.PROTOCOL.gre) continue
      const gre = Gre.parse(body)
      const ppp = gre.ok && gre.value.payload.length > 0 ? Ppp.parse(gre.value.payload) : undefined
      if (!ppp?.ok) continue
      const { protocol, info: information } = ppp.value
      if (protocol === Ppp.LCP && information[0] === 1) magics.add(magicOf(information))
      if (protocol === Ppp.CHAP && information[0] === 1)
        challenges.add(hex(information.subarray(5, 5 + information[4])))
      // The Response of MS-CHAPv2 begins with the client's own challenge (RFC 2759 §4).
      if (protocol === Ppp.CHAP && information[0] === 2) challenges.add(hex(information.subarray(5, 21)))
    }
  }
  const losses = events.filter(event => event.event === 'drop' && event.reason === 'line-loss')
  const lost = losses.map(event => (event.event === 'drop' ? `${event.t} ${event.link} ${event.packet}` : ''))
  return { isns: [...isns], magics: [...magics], challenges: [...challenges], lost }
}

/** The Magic-Number option (RFC 1661 §6.4) of a Configure-Request. */
function magicOf(request: Uint8Array): number {
  for (let at = 4; at + 2 <= request.length; at += request[at + 1]) {
    if (request[at] === 5) return get32(request, at + 2)
  }
  throw new Error('a Configure-Request without a magic number')
}

describe('another seed', () => {
  const text = shippedText('voluntary')
  const seeds = [1, 2, 3].map(seed => drawn(capturedRun(text, [...LOSSY, { path: 'seed', value: String(seed) }])))

  for (const what of ['isns', 'magics', 'challenges'] as const) {
    test(`changes the ${what} of both sides, every one`, () => {
      const values = seeds.flatMap(seed => {
        assert.equal(seed[what].length, 2, `${what}: ${seed[what].join(' ')}`)
        return seed[what] as readonly (number | string)[]
      })
      assert.equal(new Set(values).size, 6)
    })
  }

  test('changes which packets are lost', () => {
    for (const { lost } of seeds) assert.ok(lost.length > 3, `${lost.length} losses`)
    const [one, two, three] = seeds.map(({ lost }) => lost.join('\n'))
    assert.notEqual(one, two)
    assert.notEqual(two, three)
    assert.notEqual(one, three)
  })

  test('changes the fingerprint; the same seed, written down, does not', () => {
    const print = (seed: string) => capturedRun(text, [{ path: 'seed', value: seed }]).result.fingerprint
    assert.equal(print('1'), capturedRun(text).result.fingerprint)
    assert.notEqual(print('2'), print('1'))
  })
})
