/**
 * A real session played against ours: the half of one peer goes in, and what comes out is what the other peer said,
 * to the octet, our random numbers being those of the capture. IPv6 aside, which we reject.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { get32, hex, unhex } from '../../src/base/bytes.ts'
import { type Env, World } from '../../src/base/env.ts'
import type { Random } from '../../src/base/random.ts'
import { sec } from '../../src/base/time.ts'
import { PLAIN, type PppConfig } from '../../src/ppp/config.ts'
import { Session } from '../../src/ppp/session.ts'
import { CLIENT, SERVER } from '../support/ppp.ts'

const FRAMES = readFileSync(new URL('../../../test/golden/ppp-mschapv2-mppe128.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => /^(client|server) /.test(line))
  .map(line => line.split(' ') as ['client' | 'server', string])

const TERMINATE = 'ff03c02105'

/** Streams that give what the capture has. */
class Fixed implements Random {
  readonly #values: Readonly<Record<string, string>>
  readonly #text: string
  constructor(values: Readonly<Record<string, string>>, text = '') {
    this.#values = values
    this.#text = text
  }
  fork(name: string): Random {
    return new Fixed(this.#values, this.#values[name] ?? '')
  }
  uint32(): number {
    return get32(this.bytes(4), 0)
  }
  below(): number {
    return this.bytes(1)[0]
  }
  chance(): boolean {
    return false
  }
  bytes(length: number): Uint8Array {
    const bytes = unhex(this.#text)
    assert.equal(bytes.length, length, 'drawn as in the capture')
    return bytes
  }
}

/** Our frames and IP packets when the other half of the capture is played; where it ended the link, so do we. */
function play(us: 'client' | 'server', config: PppConfig, values: Readonly<Record<string, string>>) {
  const world = new World(1)
  const { clock, trace, packets } = world.env(us)
  const env: Env = { node: us, clock, trace, packets, random: new Fixed(values), scope: () => env }
  const sent: string[] = []
  const ups: string[] = []
  const session = new Session(env, config, {
    down: frame => {
      sent.push(hex(frame.data))
      frame.release()
    },
    up: packet => {
      ups.push(hex(packet.data))
      packet.release()
    },
    networkUp: () => {},
    networkDown: () => {},
    finished: () => {},
  })
  session.open()
  for (const [from, text] of FRAMES) {
    if (from !== us) session.receive(packets.from(unhex(text)))
    else if (text.startsWith(TERMINATE)) session.close('MPPE disabled')
  }
  return { sent, ups, session, world }
}

/** IPV6CP, what is encrypted, and our rejections of IPv6. */
const isIpv6 = (frame: string): boolean => frame.startsWith('8057') || /^c02108....../.test(frame)
const isData = (frame: string): boolean => frame.startsWith('fd')
const negotiation = (frames: readonly string[]): string[] => frames.filter(f => !isIpv6(f) && !isData(f))
const half = (of: 'client' | 'server'): string[] => FRAMES.flatMap(([from, text]) => (from === of ? [text] : []))

/** An IPv4 header whose words add up to 0xffff (RFC 791). */
function isIpv4(packet: string): boolean {
  const bytes = unhex(packet)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += (bytes[at] << 8) | bytes[at + 1]
  return bytes[0] === 0x45 && ((bytes[2] << 8) | bytes[3]) === bytes.length && (sum & 0xffff) + (sum >>> 16) === 0xffff
}

const echo = { interval: sec(30), failures: 4 }

describe('the capture mschapv2-mppe128-stateless', () => {
  test('our server answers the real client as the real server did', () => {
    const config = { ...PLAIN, ...SERVER, echo }
    const values = { magic: '09c18bd9', 'chap-id': '69', challenge: 'ff3bd4d9bf429d25c7f7075a6cb3f323' }
    const { sent, ups, session } = play('server', config, values)
    assert.deepEqual(negotiation(sent), negotiation(half('server')))
    assert.equal(session.snapshot().user, 'alice')
    assert.ok(ups.length >= 2 && ups.every(isIpv4), 'the pings of the client, decrypted')
  })
  test('our client answers the real server as the real client did', () => {
    const config = { ...PLAIN, ...CLIENT, echo, ip: { local: ip('0.0.0.0') } }
    const values = { magic: '605b9a66', 'peer-challenge': '622114caf8eac923cf6f8fcc827e309b' }
    const { sent, ups, session } = play('client', config, values)
    const said = (frames: readonly string[]) => sorted(negotiation(frames).map(withoutTerminateId))
    assert.deepEqual(said(sent), said(half('client')))
    assert.equal(session.lcp, 'closed')
    assert.equal(session.phase, 'dead')
    assert.ok(ups.length >= 2 && ups.every(isIpv4))
  })
})

/** Our Protocol-Rejects of IPV6CP have taken identifiers of LCP by then. */
const withoutTerminateId = (frame: string): string =>
  frame.startsWith(TERMINATE) ? `${TERMINATE}..${frame.slice(TERMINATE.length + 2)}` : frame

/** The real client sends its Echo-Request before the server's; only what is said is compared, not who is first. */
const sorted = (frames: readonly string[]): string[] => [...frames].sort()
