/** The PPP frames of real sessions, put on a line by us and taken off it by tshark. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { hex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import * as Ethernet from '../../src/wire/ethernet.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Hdlc from '../../src/wire/hdlc.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { rootPath } from '../support/root.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

const { packets } = new World(1).env('test')

/** What GRE carried in a capture of test/captures, of which all are of Ethernet. */
function pppFrames(name: string): Uint8Array[] {
  const { frames } = Pcap.read(readFileSync(rootPath(`test/captures/${name}.pcap`)))
  return frames.flatMap(({ linkType, bytes }) => {
    assert.equal(linkType, Pcap.LINK_TYPE.ethernet)
    const ip = Ethernet.HEADER
    if (Ethernet.type(bytes, 0) !== Ethernet.TYPE.ipv4 || Ipv4.protocol(bytes, ip) !== Ipv4.PROTOCOL.gre) return []
    const parsed = Gre.parse(bytes.subarray(ip + Ipv4.headerLength(bytes, ip), ip + Ipv4.totalLength(bytes, ip)))
    return parsed.ok && parsed.value.payload.length > 0 ? [parsed.value.payload] : []
  })
}

const onLine = (frame: Uint8Array, accm: number): Uint8Array => {
  const line = Hdlc.encode(packets, packets.from(frame), accm)
  const bytes = line.data.slice()
  line.release()
  return bytes
}

/** tshark's own reader of escapes and FCS, for our link type of octets as they are on the line. */
const PREFERENCES = ['uat:user_dlts:"User 0 (DLT=147)","ppp_raw_hdlc","0","","0",""', 'ppp.fcs_type:16-Bit']

for (const name of ['pap-plain', 'chap-md5-plain', 'mschapv2-mppe128-stateless', 'defaults-compression']) {
  describe(`the PPP frames of ${name}`, () => {
    const frames = pppFrames(name)

    test('come off the line as they went on it', () => {
      assert.ok(frames.length > 10)
      for (const accm of [0, 0x000a0000, Hdlc.ALL_CHARACTERS]) {
        const got: string[] = []
        const decoder = new Hdlc.Decoder(packets, 1600, {
          frame: packet => {
            got.push(hex(packet.data))
            packet.release()
          },
          fault: reason => got.push(reason),
        })
        decoder.receiveAccm = accm
        for (const frame of frames) decoder.receive(packets.from(onLine(frame, accm)))
        assert.deepEqual(
          got,
          frames.map(frame => hex(frame)),
        )
      }
    })

    test('have a good FCS for tshark, which reads the same protocols in them', { skip: noTshark }, () => {
      const capture = (linkType: number, of: (frame: Uint8Array) => Uint8Array): Uint8Array =>
        Uint8Array.from(
          [
            Pcap.sectionHeader({ fingerprint: 'feed', timeZero: Pcap.TIME_ZERO }),
            Pcap.interfaceBlock({ name: 'tty0', description: 'a line', linkType }),
            ...frames.map((frame, t) =>
              Pcap.packetBlock({ interface: 0, timeZero: Pcap.TIME_ZERO, t, bytes: of(frame) }),
            ),
          ].flatMap(block => [...block]),
        )
      const fields = ['frame.protocols', 'ppp.protocol']
      const plain = askTshark({
        capture: capture(Pcap.LINK_TYPE.pppSerial, frame => frame),
        fields,
        count: frames.length,
      })
      for (const accm of [0, Hdlc.ALL_CHARACTERS]) {
        const lines = askTshark({
          capture: capture(Pcap.LINK_TYPE.lineOctets, frame => onLine(frame, accm)),
          fields: [...fields, 'ppp.fcs.status'],
          count: frames.length,
          preferences: PREFERENCES,
        })
        for (const [i, [protocols, protocol, status]] of lines.entries()) {
          assert.equal(status, '1', `frame ${i}: ${hex(frames[i])}`)
          assert.equal(protocol, plain[i][1])
          assert.equal(protocols.split(':').at(-1), plain[i][0].split(':').at(-1))
        }
      }
    })
  })
}
