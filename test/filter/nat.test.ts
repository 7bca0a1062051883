/** Address translation: RFC 3022, RFC 4787, RFC 5382, RFC 5508. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatIpv4, type Ipv4, ip } from '../../src/base/address.ts'
import { get16 } from '../../src/base/bytes.ts'
import { sec } from '../../src/base/time.ts'
import { cgn } from '../../src/filter/personalities/simple.ts'
import type { NatRule } from '../../src/filter/types.ts'
import { fc } from '../support/fast-check.ts'
import {
  answer,
  Bench,
  type Ends,
  echo,
  error,
  facts,
  gre,
  MASQUERADE,
  passed,
  sumsAreRight,
  tcp,
  udp,
  WAN,
} from './bench.ts'

const [A, B] = [ip('192.168.1.10'), ip('192.168.1.11')]
const [S, T] = [ip('203.0.113.5'), ip('203.0.113.6')]
const SYN = 2
const ends = (from: Ipv4, sport: number, to: Ipv4 = S, dport = 53): Ends => ({ from, sport, to, dport })

const anyEnds = fc
  .record({
    host: fc.nat(250),
    sport: fc.integer({ min: 1, max: 65_535 }),
    far: fc.nat(3),
    dport: fc.integer({ min: 1, max: 65_535 }),
  })
  .map(({ host, sport, far, dport }) => ends((ip('192.168.1.2') + host) as Ipv4, sport, (S + far) as Ipv4, dport))
const anyData = fc.uint8Array({ maxLength: 40 })

describe('checksums after translation', () => {
  test('are right for TCP and UDP in both directions (RFC 3022 §4.1, RFC 1624)', () => {
    fc.assert(
      fc.property(anyEnds, anyData, fc.boolean(), fc.boolean(), (flow, data, isTcp, checksum) => {
        const bench = new Bench()
        const make = (e: Ends, first: boolean) => (isTcp ? tcp(e, first ? SYN : 18, data) : udp(e, data, checksum))
        const out = passed(bench.out(make(flow, true)))
        assert.equal(out.source, WAN)
        assert.ok(sumsAreRight(out.bytes))
        const back = passed(bench.in(make(answer(out), false)))
        assert.ok(sumsAreRight(back.bytes))
        assert.deepEqual([back.destination, back.destinationPort], [flow.from, flow.sport])
      }),
    )
  })

  test('a UDP datagram without a checksum has none afterwards (RFC 3022 §4.1)', () => {
    const out = passed(new Bench().out(udp(ends(A, 1234), Uint8Array.of(9), false)))
    assert.equal(get16(out.bytes, 26), 0)
  })

  test('a UDP checksum never becomes zero, which would say that there is none (RFC 768)', () => {
    // Every value of the last word is tried: one of them makes the translated sum zero.
    const bench = new Bench()
    for (let value = 0; value < 65_536; value++) {
      const data = Uint8Array.of(value >> 8, value & 255)
      const out = passed(bench.out(udp(ends(A, 1234), data)))
      assert.notEqual(get16(out.bytes, 26), 0)
    }
  })

  test('are right for echoes, whose identifier is translated (RFC 3022 §4.1)', () => {
    fc.assert(
      fc.property(fc.nat(65_535), anyData, (identifier, data) => {
        const bench = new Bench()
        bench.out(echo(8, B, S, identifier))
        const out = passed(bench.out(echo(8, A, S, identifier, data)))
        assert.notEqual(get16(out.bytes, 24), identifier)
        assert.ok(sumsAreRight(out.bytes))
        const back = passed(bench.in(echo(0, S, WAN, get16(out.bytes, 24), data)))
        assert.deepEqual([back.destination, get16(back.bytes, 24)], [A, identifier])
        assert.ok(sumsAreRight(back.bytes))
      }),
    )
  })

  test('are right in ICMP errors and in what they quote, whole or cut off after eight octets (RFC 5508 §4)', () => {
    fc.assert(
      fc.property(anyEnds, anyData, fc.boolean(), fc.boolean(), (flow, data, isTcp, cut) => {
        const bench = new Bench()
        const out = passed(bench.out(isTcp ? tcp(flow, SYN, data) : udp(flow, data)))
        const quoted = cut ? 28 : out.bytes.length
        const back = passed(bench.in(error(T, WAN, out.bytes, quoted)))
        assert.equal(back.destination, flow.from)
        const inner = facts(back.bytes.slice(28))
        assert.deepEqual(
          [inner.source, inner.sourcePort, inner.destination, inner.destinationPort],
          [flow.from, flow.sport, flow.to, flow.dport],
        )
        assert.ok(sumsAreRight(back.bytes))
      }),
    )
  })

  test('an error that is not addressed to the sender of what it quotes is about no flow', () => {
    const bench = new Bench()
    const out = passed(bench.out(udp(ends(A, 4000))))
    const stray = passed(bench.in(error(T, B, out.bytes)))
    assert.equal(stray.destination, B)
    assert.equal(facts(stray.bytes.slice(28)).source, WAN)
  })

  test('are right when an inside host sends the error (RFC 5508 §4.2)', () => {
    const bench = new Bench()
    const out = passed(bench.out(udp(ends(A, 4000))))
    const back = passed(bench.in(udp(answer(out))))
    const report = passed(bench.out(error(A, S, back.bytes)))
    assert.deepEqual([report.source, report.destination], [WAN, S])
    const inner = facts(report.bytes.slice(28))
    assert.deepEqual([inner.destination, inner.destinationPort], [WAN, out.sourcePort])
    assert.ok(sumsAreRight(report.bytes))
  })
})

describe('ports', () => {
  test('the port is preserved if it is free, and another one if it is not (RFC 4787 §4.2.1)', () => {
    const bench = new Bench()
    assert.equal(passed(bench.out(udp(ends(A, 4000)))).sourcePort, 4000)
    const other = passed(bench.out(udp(ends(B, 4000))))
    assert.notEqual(other.sourcePort, 4000)
    assert.ok(other.sourcePort >= 1024)
    // To another server the old one is free: only the whole five must differ. Whose port was changed keeps the new one.
    assert.equal(passed(bench.out(udp(ends(A, 4000, T)))).sourcePort, 4000)
    assert.equal(passed(bench.out(udp(ends(B, 4000, T)))).sourcePort, other.sourcePort)
    const third = ip('192.168.1.12')
    const fresh = (ip('203.0.113.0') + 99) as Ipv4
    assert.equal(passed(bench.out(udp(ends(third, 4000, fresh)))).sourcePort, 4000)
  })

  test('two flows never share what the outside sees', () => {
    fc.assert(
      fc.property(fc.array(anyEnds, { maxLength: 60 }), fc.boolean(), (flows, isShared) => {
        const bench = new Bench(
          isShared
            ? { like: cgn }
            : { like: { ports: { ...cgn.ports, preserve: true, range: { from: 1024, to: 1040 } } } },
        )
        const seen = new Map<string, string>()
        for (const flow of flows) {
          const out = bench.out(udp(flow))
          if (out === undefined || out === 'own') continue
          const outside = isShared ? `${out.sourcePort}` : `${out.sourcePort} ${out.destination}:${out.destinationPort}`
          const inside = isShared ? `${flow.from}:${flow.sport}` : JSON.stringify(flow)
          assert.equal(seen.get(outside) ?? inside, inside)
          seen.set(outside, inside)
        }
      }),
    )
  })

  test('with endpoint-independent mapping a port is no one elses, whatever the destination (RFC 4787 §4.1)', () => {
    const bench = new Bench({ like: { ...cgn, ports: { ...cgn.ports, preserve: true } } })
    const one = passed(bench.out(udp(ends(A, 4000, S))))
    const other = passed(bench.out(udp(ends(B, 4000, T))))
    assert.equal(one.sourcePort, 4000)
    assert.notEqual(other.sourcePort, 4000)
  })

  test('GRE without a helper has no port to give way with: the second host is dropped, and says so (A5)', () => {
    const bench = new Bench()
    const packet = (from: Ipv4): Uint8Array => gre(from, S, 2222)
    assert.equal(passed(bench.out(packet(A))).source, WAN)
    assert.equal(bench.out(packet(B)), undefined)
    assert.deepEqual(bench.drops, ['nat-insert-failed'])
    assert.equal(bench.filter.conntrack.insertFailed, 1)
    assert.equal(bench.filter.conntrack.size, 1)
  })

  test('a box that refuses GRE lets none in either, whatever is forwarded to whom', () => {
    const rule = { kind: 'destination', text: 'one-to-one', to: { network: WAN, length: 32 } } as const
    const inside: NatRule = { ...rule, translate: { by: 'range', addresses: { from: A, to: A } } }
    assert.equal(passed(new Bench({ nat: [inside, MASQUERADE] }).in(gre(S, WAN, 2222))).destination, A)
    const bench = new Bench({ like: cgn, nat: [inside, MASQUERADE] })
    assert.equal(bench.in(gre(S, WAN, 2222)), undefined)
    assert.deepEqual(bench.drops, ['nat-protocol'])
    assert.equal(passed(bench.in(udp(ends(S, 53, WAN, 4000)))).destination, A)
  })

  test('GRE that ends before its call ID cannot be translated (B34)', () => {
    const bench = new Bench()
    assert.equal(bench.out(gre(A, S, 2222).slice(0, 26)), undefined)
    assert.deepEqual(bench.drops, ['nat-untranslatable'])
  })

  test('when none is left the packet is dropped, and says so', () => {
    const bench = new Bench({
      like: { ports: { preserve: true, choose: 'next', range: { from: 5000, to: 5002 }, perHost: 0 } },
    })
    const used = new Set<number>()
    for (const host of [10, 11, 12, 13]) {
      const out = bench.out(udp(ends((ip('192.168.1.0') + host) as Ipv4, 5001)))
      if (out && out !== 'own') used.add(out.sourcePort)
    }
    assert.deepEqual([...used].sort(), [5000, 5001, 5002])
    assert.deepEqual(bench.drops, ['nat-ports-exhausted'])
  })

  test('a range that is nearly full is searched as Linux does it, 128 ports and then ever fewer elsewhere', () => {
    const range = { from: 5000, to: 5999 }
    const bench = new Bench({ like: { ports: { preserve: true, choose: 'random', range, perHost: 0 } } })
    const used = new Set<number>()
    for (let host = 0; host < 1200; host++) {
      const out = bench.out(udp(ends((ip('192.168.2.0') + host) as Ipv4, 5001)))
      if (out && out !== 'own') used.add(out.sourcePort)
    }
    assert.equal(used.size + bench.drops.length, 1200)
    assert.ok(used.size > 980 && used.size <= 1000, String(used.size))
    assert.deepEqual(new Set(bench.drops), new Set(['nat-ports-exhausted']))
  })

  test('a host has no more than its share (RFC 6888 REQ-4)', () => {
    const bench = new Bench({ like: { ...cgn, ports: { ...cgn.ports, perHost: 3 } } })
    for (let port = 1; port <= 5; port++) bench.out(udp(ends(A, 2000 + port)))
    assert.deepEqual(bench.drops, ['nat-ports-exhausted', 'nat-ports-exhausted'])
    assert.ok(bench.out(udp(ends(B, 2001))))
  })
})

describe('mapping and filtering (RFC 4787)', () => {
  const mapped = (like: Partial<typeof cgn>): Bench => new Bench({ like: { ...cgn, ...like } })

  test('endpoint-independent mapping: one port for all destinations (REQ-1)', () => {
    const bench = mapped({})
    const one = passed(bench.out(udp(ends(A, 4000, S))))
    const two = passed(bench.out(udp(ends(A, 4000, T, 99))))
    assert.equal(one.sourcePort, two.sourcePort)
  })

  test('address-dependent mapping: one port for each destination address (§4.1)', () => {
    const bench = mapped({ mapping: 'address-dependent' })
    const port = (to: Ipv4, dport: number): number => passed(bench.out(udp(ends(A, 4000, to, dport)))).sourcePort
    assert.equal(port(S, 1), port(S, 2))
    assert.notEqual(port(S, 1), port(T, 1))
  })

  test('endpoint-independent filtering lets anybody in, address-dependent one who was spoken to (§5)', () => {
    const cases = [
      ['endpoint-independent', true, true, true],
      ['address-dependent', true, true, false],
      ['address-and-port-dependent', true, false, false],
    ] as const
    for (const [filtering, same, otherPort, otherHost] of cases) {
      const bench = mapped({ filtering })
      const { sourcePort } = passed(bench.out(udp(ends(A, 4000))))
      const comes = (from: Ipv4, sport: number): boolean => {
        const result = bench.in(udp({ from, sport, to: WAN, dport: sourcePort }))
        return result !== 'own' && result?.destination === A && result.destinationPort === 4000
      }
      assert.deepEqual([comes(S, 53), comes(S, 54), comes(T, 53)], [same, otherPort, otherHost], filtering)
    }
  })

  test('address-and-port-dependent filtering compares the whole port', () => {
    const bench = mapped({ filtering: 'address-and-port-dependent' })
    const { sourcePort } = passed(bench.out(udp(ends(A, 4000, S, 8080))))
    for (const port of [8, 80, 808]) assert.equal(bench.in(udp(ends(S, port, WAN, sourcePort))), 'own', String(port))
  })

  test('hairpinning: an inside host is reached by its outside address, and seen by the outside one of the sender (REQ-9)', () => {
    const bench = new Bench({ like: cgn })
    const a = passed(bench.out(udp(ends(A, 4000))))
    const b = passed(bench.out(udp(ends(B, 5000))))
    const hairpin = passed(bench.out(udp(ends(A, 4000, WAN, b.sourcePort))))
    assert.deepEqual([hairpin.destination, hairpin.destinationPort], [B, 5000])
    assert.deepEqual([hairpin.source, hairpin.sourcePort], [WAN, a.sourcePort])
  })

  test('a mapping goes with its last flow', () => {
    const bench = mapped({})
    bench.out(udp(ends(A, 4000)))
    assert.equal(bench.filter.nat.mappings.size, 1)
    bench.wait(sec(121))
    assert.equal(bench.filter.nat.mappings.size, 0)
    assert.equal(bench.filter.nat.mappings.countOf(A), 0)
  })
})

describe('other translations', () => {
  test('one to one: the host part stays (RFC 3022 §3)', () => {
    const network = ip('198.51.100.64')
    const prefix = { network, length: 26 }
    const inside = { network: ip('192.168.1.0'), length: 26 }
    const bench = new Bench({
      nat: [
        { kind: 'source', text: '1:1', outside: 'wan', from: inside, translate: { by: 'prefix', prefix } },
        { kind: 'destination', text: '1:1', inside: 'wan', to: prefix, translate: { by: 'prefix', prefix: inside } },
      ],
    })
    assert.equal(formatIpv4(passed(bench.out(udp(ends(A, 4000)))).source), '198.51.100.74')
    const came = passed(bench.in(udp({ from: T, sport: 9, to: ip('198.51.100.75'), dport: 80 })))
    assert.equal(came.destination, B)
  })

  test('a forwarded port goes to another port inside, and the answer comes from the outside one', () => {
    const to = { network: WAN, length: 32 }
    const bench = new Bench({
      nat: [
        MASQUERADE,
        {
          kind: 'destination',
          text: 'forward',
          inside: 'wan',
          to,
          protocol: 17,
          ports: { from: 8080, to: 8080 },
          translate: { by: 'range', addresses: { from: A, to: A } },
          newPorts: { from: 80, to: 80 },
        },
      ],
    })
    const came = passed(bench.in(udp({ from: S, sport: 9, to: WAN, dport: 8080 })))
    assert.deepEqual([came.destination, came.destinationPort], [A, 80])
    const back = passed(bench.out(udp(answer(came))))
    assert.deepEqual([back.source, back.sourcePort], [WAN, 8080])
    assert.ok(sumsAreRight(back.bytes))
  })

  test('an inside host keeps its address of several (RFC 4787 REQ-2, paired)', () => {
    const addresses = { from: ip('198.51.100.10'), to: ip('198.51.100.13') }
    const bench = new Bench({
      nat: [{ kind: 'source', text: 'pool', outside: 'wan', translate: { by: 'range', addresses } }],
    })
    const used = new Set([1, 2, 3, 4].map(port => passed(bench.out(udp(ends(A, port + 2000)))).source))
    assert.equal(used.size, 1)
  })

  test('an interface without an address hides nobody', () => {
    const bench = new Bench({ nat: [{ kind: 'source', text: 'lan', outside: 'lan', translate: { by: 'masquerade' } }] })
    assert.equal(bench.in(udp({ from: S, sport: 1, to: A, dport: 2 })), undefined)
    assert.deepEqual(bench.drops, ['nat-no-address'])
  })
})
