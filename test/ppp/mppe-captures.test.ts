/**
 * Sessions of real peers (pptp-linux, pptpd, pppd 2.4.9, Linux 6.1), some packets of each in test/golden. The keys come
 * from the password and the captured CHAP packets; what is decrypted must be IPv4 with a right header checksum, or the
 * IPv6 packet with which each Linux opens.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { get16, hex, unhex } from '../../src/base/bytes.ts'
import { PacketPool, PacketSource } from '../../src/base/packet.ts'
import { MppeReceiver, MppeSender } from '../../src/ppp/mppe.ts'
import { type Bits, getAsymmetricStartKey, getMasterKey } from '../../src/ppp/mppe-keys.ts'
import * as MsChapV2 from '../../src/ppp/mschapv2.ts'
import * as Mppe from '../../src/wire/mppe.ts'
import { golden } from '../support/golden.ts'

interface Session {
  readonly capture: string
  readonly bits: Bits
  readonly stateful: boolean
  readonly userName: string
  readonly password: string
  readonly authenticatorChallenge: string
  readonly peerChallenge: string
  readonly ntResponse: string
  /** The message of the CHAP Success packet. */
  readonly success: string
  /** What follows 0x00fd in the packets of each side, in the order of their GRE sequence numbers; with gaps. */
  readonly clientSent: readonly string[]
  readonly serverSent: readonly string[]
}

const sessions = JSON.parse(golden('mppe-captures.json')) as readonly Session[]
const packets = new PacketSource(new PacketPool(), 'test')

function session(capture: string): Session {
  const found = sessions.find(s => s.capture === capture)
  assert.ok(found, capture)
  return found
}

/** The key with which the server receives or sends. */
function startKey(s: Session, isSend: boolean): Uint8Array {
  const hashHash = MsChapV2.hashNtPasswordHash(MsChapV2.ntPasswordHash(s.password))
  return getAsymmetricStartKey(getMasterKey(hashHash, unhex(s.ntResponse)), s.bits, isSend, true)
}

/** Two octets of PPP protocol field, then the IP packet. */
function assertIp(bytes: Uint8Array): void {
  if (get16(bytes, 0) === 0x0057) {
    assert.equal(bytes[2], 0x60)
    assert.equal(get16(bytes, 6), bytes.length - 2 - 40)
    return
  }
  assert.equal(get16(bytes, 0), 0x0021)
  assert.equal(bytes[2], 0x45)
  assert.equal(get16(bytes, 4), bytes.length - 2)
  let sum = 0
  for (let at = 2; at < 22; at += 2) sum += get16(bytes, at)
  assert.equal((sum & 0xffff) + (sum >>> 16), 0xffff)
}

/** For each packet `ok` (then it was an IP packet) or the reason of the drop. */
function decryptAll(s: Session, sent: readonly string[], isSend: boolean, resetChangesKey: boolean): string[] {
  const { bits, stateful } = s
  const receiver = new MppeReceiver(startKey(s, isSend), { bits, stateful, resetChangesKey })
  return sent.map(text => {
    const packet = packets.from(unhex(text))
    const answer = receiver.decrypt(packet)
    if (answer === 'ok') assertIp(packet.data)
    return answer
  })
}

describe('MS-CHAPv2 and MPPE of real peers', () => {
  test('five sessions: 128 and 40 bits, stateless and stateful, with losses', () => {
    assert.deepEqual(
      sessions.map(s => [s.capture, s.bits, s.stateful]),
      [
        ['mschapv2-mppe128-stateless', 128, false],
        ['mschapv2-mppe40', 40, false],
        ['mschapv2-mppe128-stateful', 128, true],
        ['mppe128-stateless-loss', 128, false],
        ['mppe128-stateful-loss', 128, true],
      ],
    )
  })

  for (const s of sessions) {
    test(`${s.capture}: Response and Success are what we would have sent (RFC 2759 §8.1, §8.7)`, () => {
      const peer = unhex(s.peerChallenge)
      const authenticator = unhex(s.authenticatorChallenge)
      const response = MsChapV2.generateNtResponse(authenticator, peer, s.userName, s.password)
      assert.equal(hex(response), s.ntResponse)
      const [ours, theirs] = [
        MsChapV2.generateAuthenticatorResponse(s.password, response, peer, authenticator, s.userName),
        s.success.split(' ')[0],
      ]
      assert.equal(ours, theirs)
    })
  }

  for (const capture of ['mschapv2-mppe128-stateless', 'mschapv2-mppe40']) {
    test(`${capture}: both directions, over two packets that are left out (RFC 3078 §8.1)`, () => {
      const s = session(capture)
      assert.deepEqual(decryptAll(s, s.clientSent, false, false), new Array(8).fill('ok'))
      assert.deepEqual(decryptAll(s, s.serverSent, true, false), new Array(8).fill('ok'))
    })

    test(`${capture}: encrypting the clear packets again gives the captured octets`, () => {
      const s = session(capture)
      const receiver = new MppeReceiver(startKey(s, false), s)
      const sender = new MppeSender(startKey(s, false), s)
      for (const text of s.clientSent.slice(0, 6)) {
        const packet = packets.from(unhex(text))
        assert.equal(receiver.decrypt(packet), 'ok')
        sender.encrypt(packet)
        assert.equal(hex(packet.data), text)
      }
    })
  }

  test('mschapv2-mppe128-stateful: in order, and after a gap from the flag packet 0x0ff on (RFC 3078 §7.2, §8.2)', () => {
    const s = session('mschapv2-mppe128-stateful')
    const counts = s.clientSent.map(text => Mppe.coherencyCount(unhex(text), 0))
    assert.deepEqual(counts, [0, 1, 2, 3, 4, 5, 0xfe, 0xff, 0x100])
    const answers = [...new Array(6).fill('ok'), 'mppe-out-of-sync', 'ok', 'ok']
    for (const resetChangesKey of [false, true]) {
      assert.deepEqual(decryptAll(s, s.clientSent, false, resetChangesKey), answers)
      assert.deepEqual(decryptAll(s, s.serverSent, true, resetChangesKey), new Array(6).fill('ok'))
    }
  })

  test('mppe128-stateless-loss: packet 0x007 was lost, and nothing else (RFC 3078 §8.1)', () => {
    const s = session('mppe128-stateless-loss')
    assert.ok(!s.serverSent.some(text => Mppe.coherencyCount(unhex(text), 0) === 7))
    assert.deepEqual(decryptAll(s, s.serverSent, true, false), new Array(10).fill('ok'))
  })

  test('mppe128-stateful-loss: Linux changes the key at a reset (RFC 3078 §8.2 keeps it)', () => {
    const s = session('mppe128-stateful-loss')
    // 0x01b is lost; 0x01c to 0x021 still come; 0x022 is FLUSHED.
    const linux = decryptAll(s, s.serverSent, true, true)
    assert.deepEqual(linux, [
      ...new Array(27).fill('ok'),
      ...new Array(6).fill('mppe-out-of-sync'),
      ...new Array(7).fill('ok'),
    ])
    const receiver = new MppeReceiver(startKey(s, true), s)
    const answers = s.serverSent.map(text => {
      const packet = packets.from(unhex(text))
      return receiver.decrypt(packet) === 'ok' && packet.data[2] === 0x45
    })
    assert.deepEqual(answers.slice(33), new Array(7).fill(false))
  })
})
