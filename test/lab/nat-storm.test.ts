/**
 * Properties of translation in random networks, the short form: `npm run test:deep -- nats` takes two thousand. Each of
 * the four is spoiled on purpose, too, and must be missed.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { set16 } from '../../src/base/bytes.ts'
import type { Packet } from '../../src/base/packet.ts'
import type { PacketFilter } from '../../src/filter/filter.ts'
import { rewrite } from '../../src/filter/rewrite.ts'
import { Tuple } from '../../src/filter/tuple.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { natStorm } from '../support/nat-storm.ts'

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1)

describe('in 40 random networks with up to three NAT boxes in a row', () => {
  const storms = SEEDS.map(seed => natStorm(seed))
  for (const property of ['checksums', 'sharing', 'limits', 'memory']) {
    test(property, () => {
      assert.deepEqual(
        storms.flatMap(({ problems }) => problems).filter(problem => problem.includes(`: ${property}: `)),
        [],
      )
    })
  }
  test('nothing else is wrong, and there was enough to look at', () => {
    assert.deepEqual(
      storms.flatMap(({ problems }) => problems),
      [],
    )
    const sum = (key: keyof (typeof storms)[0]['seen']): number => storms.reduce((n, { seen }) => n + seen[key], 0)
    for (const [key, least] of [
      ['frames', 40_000],
      ['translated', 5000],
      ['flows', 2000],
      ['tunnels', 20],
      ['errors', 1000],
      ['whole', 200],
    ] as const)
      assert.ok(sum(key) >= least, `${key}: ${sum(key)}`)
  })
})

describe('a box that is spoiled is found out', () => {
  /** In how many of the storms this property is missed. */
  const found = (property: string, spoil: (filter: PacketFilter) => void): number =>
    SEEDS.slice(0, 6).filter(seed =>
      natStorm(seed, spoil).problems.some(problem => problem.includes(`: ${property}: `)),
    ).length

  /** Something is done to every packet that is about to leave. */
  const leaving = (filter: PacketFilter, spoil: (packet: Packet) => void): void => {
    const { postrouting } = filter
    filter.postrouting = (packet, outside) => {
      if (!Ipv4.isFragment(packet.bytes, packet.start)) spoil(packet)
      return postrouting.call(filter, packet, outside)
    }
  }

  test('a port is changed and its checksum is not', () => {
    const spoil = (filter: PacketFilter): void =>
      leaving(filter, ({ bytes, start }) => {
        if (Ipv4.protocol(bytes, start) === Ipv4.PROTOCOL.tcp) set16(bytes, start + 22, 81)
      })
    assert.ok(found('checksums', spoil) >= 4)
  })

  test('every TCP connection gets the same port', () => {
    const same = new Tuple()
    const spoil = ({ nat }: PacketFilter): void => {
      const { translate } = nat
      nat.translate = (packet, flow, isReply, side) => {
        const { bytes, start, end } = packet
        if (isReply || side !== 'source' || flow.original.protocol !== Ipv4.PROTOCOL.tcp)
          return translate.call(nat, packet, flow, isReply, side)
        same.invert(flow.reply).sourceKey = 4000
        return rewrite(bytes, start, end, same, side, false)
      }
    }
    assert.ok(found('sharing', spoil) >= 3)
  })

  test('a table takes what it gets', () => {
    const spoil = ({ conntrack }: PacketFilter): void => {
      conntrack.personality = { ...conntrack.personality, limit: Number.POSITIVE_INFINITY }
    }
    assert.ok(found('limits', spoil) >= 3)
  })

  test('mappings are never given back', () => {
    const spoil = ({ nat }: PacketFilter): void => {
      nat.forget = () => {}
    }
    assert.ok(found('memory', spoil) >= 3)
  })
})
