import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { World } from '../../src/base/env.ts'
import { clampMss, segmentFor } from '../../src/ip/mss.ts'
import * as Checksum from '../../src/wire/checksum.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { Segment as Tcp } from '../../src/wire/tcp.ts'
import { fc } from '../support/fast-check.ts'
import { officeLab } from '../support/office-lab.ts'

const FROM = ip('10.0.0.1')
const TO = ip('10.0.0.2')
const packets = new World(1).env('t').packets

/** An IP packet with a TCP header whose options are these octets. */
function segment(flags: number, options: readonly number[], more = new Uint8Array(0)) {
  const length = Math.ceil(options.length / 4) * 4
  const packet = packets.make(Tcp.HEADER + length + more.length)
  const { bytes, start, end } = packet
  bytes.fill(0, start, end)
  bytes.set([4, 210, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, (5 + length / 4) << 4, flags, 16, 0], start)
  bytes.set(options, start + Tcp.HEADER)
  bytes.set(more, end - more.length)
  Tcp.seal(bytes, start, end, FROM, TO)
  const at = packet.prepend(Ipv4.HEADER)
  Ipv4.write(bytes, at, packet.length, 7, 0, 64, Ipv4.PROTOCOL.tcp, FROM, TO)
  return packet
}
const isWhole = ({ bytes, start, end }: ReturnType<typeof segment>): boolean => {
  const tcp = start + Ipv4.HEADER
  const sum = Checksum.pseudoHeader(FROM, TO, Ipv4.PROTOCOL.tcp, end - tcp) + Checksum.sum(bytes, tcp, end)
  return Checksum.finish(sum) === 0
}
const mssOf = (packet: ReturnType<typeof segment>): number | undefined => {
  const parsed = Tcp.parse(packet.data.subarray(Ipv4.HEADER))
  assert.ok(parsed.ok)
  const option = parsed.value.options.find(({ kind }) => kind === 2)
  return option && (option.data[0] << 8) | option.data[1]
}
const mss = (value: number) => [2, 4, value >> 8, value & 255]

describe('MSS clamping', () => {
  test('lowers the MSS of a SYN wherever the option stands, and the checksum stays right (RFC 1624 §3)', () => {
    const before = fc.array(fc.constantFrom([1], [4, 2], [3, 3, 7]), { maxLength: 4 })
    fc.assert(
      fc.property(
        before,
        fc.integer({ min: 1, max: 65535 }),
        fc.integer({ min: 1, max: 65535 }),
        (other, told, room) => {
          const packet = segment(Tcp.SYN, [...other.flat(), ...mss(told)])
          assert.equal(clampMss(packet, room), told > room)
          assert.equal(mssOf(packet), Math.min(told, room))
          assert.ok(isWhole(packet))
        },
      ),
    )
  })
  test('leaves alone what is no SYN, no TCP, a fragment, or has no such option', () => {
    const untouched = (packet: ReturnType<typeof segment>) => {
      const before = packet.data.slice()
      assert.equal(clampMss(packet, 100), false)
      assert.deepEqual(packet.data, before)
    }
    untouched(segment(Tcp.ACK, mss(1460)))
    untouched(segment(Tcp.SYN, []))
    untouched(segment(Tcp.SYN, [1, 1, 4, 2]))
    untouched(segment(Tcp.SYN, [0, ...mss(1460)]))
    const udp = segment(Tcp.SYN, mss(1460))
    udp.bytes[udp.start + 9] = Ipv4.PROTOCOL.udp
    untouched(udp)
    const piece = segment(Tcp.SYN, mss(1460))
    piece.bytes[piece.start + 7] = 1
    untouched(piece)
  })
  test('survives any octets behind an IP header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), rest => {
        const packet = packets.from(rest)
        Ipv4.write(packet.bytes, packet.prepend(Ipv4.HEADER), packet.length, 7, 0, 64, 6, FROM, TO)
        const { length } = packet
        clampMss(packet, 500)
        assert.equal(packet.length, length)
      }),
    )
  })

  const behind = (pptp: object, client: object = {}) =>
    officeLab({
      pptp: { users: { ann: { password: 'p', routes: ['10.30.0.0/24'] } }, ...pptp },
      clients: { ann: { forward: true, ...client } },
      nodes: { pc: { kind: 'host', routes: ['default via 10.30.0.1'] } },
      links: [{ endpoints: ['pc:eth0', 'ann:eth1'], ipv4: ['10.30.0.7/24', '10.30.0.1/24'] }],
    })
  for (const [who, pptp, client] of [
    ['the server', { 'mss-clamp': true }, {}],
    ['the client', {}, { 'mss-clamp': true }],
    ['nobody', {}, {}],
  ] as const) {
    test(`by ${who}, of connections in both directions`, () => {
      const t = behind(pptp, client)
      t.client('ann').connect()
      t.until(2)
      const largest = (from: string, to: string): number => {
        const { tcp } = t.ipNode(from)
        const handlers = { opened() {}, data() {}, ended() {}, writable() {}, closed() {} }
        const connection = tcp.connect(ip(to), 5001, handlers)
        assert.ok(connection)
        t.until(t.run.simulation.world.scheduler.now / 1e9 + 2)
        return connection.info().mss
      }
      // Timestamps take twelve octets of each segment.
      const wanted = who === 'nobody' ? 1448 : segmentFor(1456) - 12
      assert.equal(largest('pc', '10.20.0.5'), wanted)
      assert.equal(largest('files', '10.30.0.7'), wanted)
    })
  }
})

describe('a machine that tells nobody that a packet was too large', () => {
  const far = (blocks: 'office' | 'guard' | 'none') =>
    officeLab({
      nodes: {
        guard: {
          kind: 'router',
          routes: ['default via 10.20.0.1'],
          ...(blocks === 'guard' ? { icmp: { 'fragmentation-needed': 'off' } } : {}),
        },
        web: { kind: 'host', routes: ['default via 10.21.0.1'] },
        office: {
          kind: 'pptp-server',
          routes: ['default via 203.0.113.1', '10.21.0.0/24 via 10.20.0.2'],
          ...(blocks === 'office' ? { icmp: { 'fragmentation-needed': 'off' } } : {}),
          pptp: { local: '10.8.0.1', pool: '10.8.0.10-10.8.0.19', users: { ann: 'p' } },
        },
      },
      links: [
        { endpoints: ['guard:eth0', 'lan:p9'], ipv4: ['10.20.0.2/24', 'none'] },
        { endpoints: ['guard:eth1', 'web:eth0'], ipv4: ['10.21.0.1/24', '10.21.0.80/24'] },
      ],
      clients: { ann: { routes: ['10.20.0.0/24', '10.21.0.0/24'] } },
    })
  for (const [who, says] of [
    ['none', 1],
    ['office', 0],
    ['guard', 0],
  ] as const) {
    test(`${who === 'none' ? 'there is none: the sender learns of it' : `${who}: the sender learns nothing`}`, () => {
      const t = far(who)
      t.client('ann').connect()
      t.until(2)
      const { env, stack } = t.ipNode('web')
      const packet = env.packets.make(1460)
      stack.output(packet, ip('10.8.0.10'), Ipv4.PROTOCOL.udp, { dontFragment: true })
      t.until(4)
      const told = t.seen('deliver', 'web').filter(({ proto }) => proto === 'icmp')
      assert.equal(told.length, says)
      assert.equal(t.seen('drop', 'office').filter(({ reason }) => reason === 'fragmentation-needed').length, 1)
      const blocked = t.seen('drop', 'guard').filter(({ reason }) => reason === 'icmp-blocked')
      assert.equal(blocked.length, who === 'guard' ? 1 : 0)
    })
  }
})
