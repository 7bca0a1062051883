/** RFC 9293 §3.1 to §3.4 and §3.7.1: the header, options, segment sizes, sequence numbers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { scripted, stream } from './script.ts'

describe('the header (RFC 9293 §3.1)', () => {
  test(
    'ports, sequence number, data offset, bits and window stand where they are drawn',
    scripted({ iss: 0x01020304 }, ({ app, peer }) => {
      app.connects()
      const { bytes } = peer.expects('S', { ack: 0, urgent: 0, reserved: 0 })
      assert.deepEqual([...bytes.subarray(0, 8)], [0, 80, 15, 160, 1, 2, 3, 4])
      assert.equal(bytes[12] >> 4, bytes.length / 4)
      assert.equal(bytes[13], 2)
      assert.deepEqual([...bytes.subarray(14, 16)], [255, 255])
    }),
  )

  test(
    'the acknowledgment number stands where it is drawn',
    scripted({ irs: 0x0a0b0c0c }, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S.', { mss: 1460 })
      assert.deepEqual([...peer.expects('.').bytes.subarray(8, 12)], [10, 11, 12, 13])
    }),
  )

  test(
    'the window is an unsigned number (MUST-1)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ wnd: 0x8001 })
      assert.equal(app.connection.sndWnd, 0x8001)
      peer.sends('.', { wnd: 0xffff })
      assert.equal(app.connection.sndWnd, 0xffff)
    }),
  )

  test(
    'the reserved bits are ignored when they come',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      const bytes = peer.build('P.', { length: 10 })
      bytes[12] |= 15
      const before = (bytes[16] << 8) | bytes[17]
      bytes.set(fixed(before, 15 * 256), 16)
      assert.equal(peer.sendsBytes(bytes), undefined)
      app.reads(10)
    }),
  )

  test(
    'a wrong checksum: dropped without an answer (MUST-3)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      for (const at of [0, 4, 13, 16, 20, 24]) {
        const bytes = peer.build('P.', { length: 10 })
        bytes[at] ^= 1
        assert.equal(peer.sendsBytes(bytes), 'bad-checksum')
      }
      peer.expectsNothing()
      app.reads(0)
    }),
  )

  test(
    'the checksum covers the addresses of the pseudo header and the length',
    scripted({}, ({ peer, connected }) => {
      connected()
      const bytes = peer.build('P.', { length: 10 })
      assert.equal(peer.sendsBytes(bytes, { from: 0x0a00_0003 }), 'bad-checksum')
      assert.equal(peer.sendsBytes(Uint8Array.from([...bytes, 0, 0])), 'bad-checksum')
      assert.equal(peer.sendsBytes(bytes), undefined)
    }),
  )

  test(
    'text of odd length has its checksum padded with zero, which is not sent',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(11)
      peer.expects('P.', { length: 11 })
      peer.sends('P.', { length: 13 })
      app.reads(13)
    }),
  )

  test(
    'a data offset below five words or beyond the end: dropped',
    scripted({}, ({ peer, connected }) => {
      connected()
      for (const words of [0, 4, 15]) {
        const bytes = peer.build('P.', { length: 10 })
        bytes[12] = words << 4
        assert.equal(peer.sendsBytes(bytes), 'bad-length')
      }
      peer.expectsNothing()
    }),
  )
})

/** The checksum field after the words under it grew by `more`. */
function fixed(field: number, more: number): number[] {
  let sum = (field ^ 0xffff) + more
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return [(sum ^ 0xffff) >>> 8, (sum ^ 0xffff) & 255]
}

describe('options (RFC 9293 §3.1)', () => {
  test(
    'end of list, no operation and maximum segment size are known (MUST-4)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S.', { raw: [1, 1, 2, 4, 2, 0, 0, 0] })
      peer.takes()
      assert.equal(app.connection.mss, 512)
    }),
  )

  test(
    'what follows the end of the list is not read',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S.', { raw: [0, 2, 4, 2, 0] })
      peer.takes()
      assert.equal(app.connection.mss, 536)
    }),
  )

  test(
    'they may stand in any segment (MUST-5)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 10, raw: [1, 1, 1, 1, 1, 1, 0] })
      app.reads(10)
      peer.sends('F.', { raw: [30, 4, 1, 2] })
      app.hears('ended')
    }),
  )

  test(
    'unknown ones are skipped by their length (MUST-6, MUST-68)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S.', { raw: [254, 6, 2, 4, 1, 1, 2, 4, 4, 0] })
      peer.takes()
      assert.equal(app.connection.mss, 1024)
    }),
  )

  for (const [what, raw] of [
    ['length 0', [2, 0, 0, 0]],
    ['length 1', [2, 1, 4, 0]],
    ['a length beyond the header', [254, 200, 4, 0]],
    ['a kind at the very end', [1, 1, 1, 254]],
    ['a maximum segment size of three octets', [2, 3, 4, 0]],
    ['a window scale of four octets', [3, 4, 7, 7]],
    ['timestamps of four octets', [8, 4, 1, 2]],
    ['a selective acknowledgment of half a block', [5, 6, 0, 0, 0, 1]],
  ] as const) {
    test(
      `${what}: the option is not used, the segment is (MUST-7)`,
      scripted({}, ({ app, peer }) => {
        app.connects()
        peer.takes()
        peer.sends('S.', { raw })
        peer.expects('.', { seq: 1, ack: 1 })
        app.is('established')
        assert.equal(app.connection.mss, 536)
        peer.sends('P.', { length: 10, raw })
        app.reads(10)
      }),
    )
  }

  for (const lead of [0, 1, 2, 3]) {
    test(
      `behind ${lead} paddings an option is read all the same (MUST-64)`,
      scripted({}, ({ app, peer }) => {
        app.connects()
        peer.takes()
        peer.sends('S.', { raw: [...new Array(lead).fill(1), 2, 4, 3, 0] })
        peer.takes()
        assert.equal(app.connection.mss, 768)
      }),
    )
  }

  test(
    'the header ends on a 32-bit boundary, filled with zeros or no-operations (MUST-69)',
    scripted({ windowScale: true }, ({ app, peer }) => {
      app.connects()
      const { bytes, kinds } = peer.expects('S')
      assert.equal(((bytes[12] >> 4) * 4) % 4, 0)
      assert.ok(kinds.every(kind => kind !== 0 || kinds.at(-1) === 0))
    }),
  )

  test(
    'maximum segment size stands in SYN segments only (MUST-65)',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      app.writes(3000)
      app.closes()
      for (const { mss, kinds } of peer.takes()) assert.ok(mss === null && !kinds.includes(3) && !kinds.includes(4))
    }),
  )

  test(
    'and is not looked at elsewhere',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 1000 })
      peer.sends('P.', { length: 1, mss: 100 })
      assert.equal(app.connection.mss, 1000)
    }),
  )
})

describe('segment sizes (RFC 9293 §3.7.1)', () => {
  for (const [mtu, mss] of [
    [1500, 1460],
    [1400, 1360],
    [576, 536],
    [296, 256],
    [9000, 8960],
  ] as const) {
    test(
      `a link of ${mtu} octets is announced as ${mss}, in SYN and in SYN,ACK (MUST-14, MUST-67, SHLD-5)`,
      scripted({ mtu }, ({ app, peer, reach }) => {
        app.connects()
        peer.expects('S', { mss })
        app.aborts()
        reach('listen')
        peer.sends('S', { seq: 0, mss: 1460 })
        peer.expects('S.', { mss })
      }),
    )
  }

  test(
    'no option from the peer: 536 octets (MUST-15)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.takes()
      peer.sends('S.')
      peer.takes()
      app.writes(1000)
      peer.expects('.', { length: 536 })
    }),
  )

  test(
    'the smaller of what the peer takes and the link carries (MUST-16)',
    scripted({ mtu: 1000 }, ({ app, peer, connected }) => {
      connected({ mss: 8960 })
      app.writes(2000)
      peer.expects('.', { length: 960 })
    }),
  )

  test(
    'the peer’s, when it is the smaller one (MUST-16)',
    scripted({}, ({ app, peer, connected }) => {
      connected({ mss: 300 })
      app.writes(600)
      peer.expects('.', { length: 300 })
      peer.expects('P.', { length: 300 })
    }),
  )

  test(
    'the option counts neither header nor options (RFC 6691 §2)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      const syn = peer.expects('S', { mss: 1460 })
      assert.ok(syn.kinds.length > 1)
    }),
  )

  for (const timestamps of [true, false]) {
    test(`no segment is larger than a link of 68 to 128 octets, SACK blocks${timestamps ? ' and timestamps' : ''} counted (MUST-16)`, () => {
      for (let mtu = 68; mtu <= 128; mtu++) {
        scripted({ mtu, timestamps }, ({ app, peer, connected }) => {
          const fits = (): void => {
            for (const { bytes, length, sack } of peer.takes()) {
              assert.ok(20 + bytes.length <= mtu, `${20 + bytes.length} octets, MTU ${mtu}`)
              if (length === 0) assert.ok(sack !== null && sack.length > 0, 'news of what is there')
            }
          }
          peer.timestamps = timestamps
          connected({ mss: 1460, sackOk: true })
          assert.equal(app.connection.mss, mtu - (timestamps ? 52 : 40))
          app.writes(300)
          fits()
          for (let n = 1; n <= 5; n++) {
            peer.sends('.', { seq: 1 + 20 * n, length: 10 })
            fits()
          }
          peer.sends('.', { seq: 101, length: 10 }) // a D-SACK
          fits()
          for (let n = 0; app.connection.queued > 0 && n < 50; n++) {
            peer.sends('.')
            for (const { bytes, length } of peer.takes()) {
              assert.ok(20 + bytes.length <= mtu && length > 0, `${length} octets of text, MTU ${mtu}`)
            }
          }
          assert.equal(app.connection.queued, 0)
        })()
      }
    })
  }

  test(
    'more than we announced is taken all the same',
    scripted({ mtu: 576 }, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 1400 })
      app.reads(1400)
    }),
  )
})

describe('sequence numbers (RFC 9293 §3.4)', () => {
  for (const zero of [0xffff_ffff, 0xffff_fffe, 0x7fff_ffff, 0, 0x8000_0000]) {
    test(
      `a stream that starts at ${zero.toString(16)} goes on across the end, both ways`,
      scripted({ iss: zero, irs: zero }, ({ app, peer, connected }) => {
        connected()
        app.writes(2000)
        peer.expects('.', { seq: 1, length: 1460 })
        peer.sends('.', { length: 1000 })
        app.reads(1000)
        peer.takes()
        peer.sends('P.', { length: 1000 })
        app.reads(1000)
        peer.takes()
        app.closes()
        peer.expects('F.', { seq: 2001 })
        peer.sends('F.')
        peer.expects('.', { seq: 2002, ack: 2002 })
        app.hears('ended', 'closed closed')
      }),
    )
  }

  test(
    'SYN and FIN take a place each (§3.4)',
    scripted({}, ({ app, peer }) => {
      app.connects()
      peer.expects('S', { seq: 0 })
      peer.sends('S.', { mss: 1460 })
      peer.expects('.', { seq: 1, ack: 1 })
      app.closes()
      peer.expects('F.', { seq: 1 })
      peer.sends('F.', { ack: 2 })
      peer.expects('.', { seq: 2, ack: 2 })
    }),
  )

  test(
    'an acknowledgment takes none',
    scripted({}, ({ app, peer, connected }) => {
      connected()
      peer.sends('P.', { length: 10 })
      peer.sends('P.', { length: 10 })
      peer.takes()
      app.writes(5)
      peer.expects('P.', { seq: 1, text: stream(5) })
    }),
  )
})
