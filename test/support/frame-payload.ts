import assert from 'node:assert/strict'
import * as Ethernet from '../../src/wire/ethernet.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pcap from '../../src/wire/pcap.ts'

/** What a frame of a capture carries below TCP, or from the GRE header on; frames are counted as Wireshark does. */
export function framePayload(capture: Uint8Array, frame: number): Uint8Array {
  const { bytes } = Pcap.read(capture).frames[frame - 1]
  const at = Ethernet.HEADER
  const packet = bytes.subarray(at + Ipv4.headerLength(bytes, at), at + Ipv4.totalLength(bytes, at))
  if (Ipv4.protocol(bytes, at) === Ipv4.PROTOCOL.gre) return packet.slice()
  assert.equal(Ipv4.protocol(bytes, at), Ipv4.PROTOCOL.tcp)
  return packet.slice((packet[12] >>> 4) << 2)
}
