import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { World } from '../../src/base/env.ts'
import { parseRule } from '../../src/filter/rule-text.ts'
import { REJECTIONS, RuleSet, type RuleSpec } from '../../src/filter/rules.ts'
import type { Chain, PacketState, Passage } from '../../src/filter/types.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'

const ACCEPT = { input: 'accept', forward: 'accept', output: 'accept' } as const

function spec(text: string): RuleSpec {
  const line = parseRule(text)
  assert.ok('rule' in line, JSON.stringify(line))
  return line.rule
}
const rules = (...texts: string[]): RuleSet => new RuleSet({ rules: texts.map(spec), policies: ACCEPT })

interface Wanted {
  readonly protocol?: number
  readonly from?: string
  readonly to?: string
  readonly payload?: readonly number[]
  /** Flags and offset word. */
  readonly fragment?: number
  readonly in?: string
  readonly out?: string
  readonly state?: PacketState
  readonly chain?: Chain
}

const { packets } = new World(1).env('tester')

function packet(wanted: Wanted): Passage {
  const payload = wanted.payload ?? new Array<number>(20).fill(0)
  const made = packets.from(new Uint8Array(20 + payload.length))
  const { bytes, start, length } = made
  const [from, to] = [ip(wanted.from ?? '10.0.0.1'), ip(wanted.to ?? '10.0.1.1')]
  Ipv4.write(bytes, start, length, 1, wanted.fragment ?? 0, 64, wanted.protocol ?? 6, from, to)
  bytes.set(payload, start + 20)
  const { chain = 'forward', state = 'untracked' } = wanted
  return { chain, packet: made, state, inside: wanted.in ?? 'eth0', outside: wanted.out ?? 'eth1' }
}
const tcp = (sport: number, dport: number, flags: number): number[] => [
  ...[sport >> 8, sport & 255, dport >> 8, dport & 255],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0],
]
const gre = (callId: number): number[] => [0x20, 0x81, 0x88, 0x0b, 0, 0, callId >> 8, callId & 255]

const verdict = (set: RuleSet, wanted: Wanted): string => {
  const passage = packet(wanted)
  const { text, denial } = set.deciding(passage)
  assert.equal(set.judge(passage), denial)
  return text
}

describe('the rules of a firewall', () => {
  test('the first rule that fits decides, and where none does the policy', () => {
    const set = rules('forward accept proto gre', 'forward drop proto gre', 'forward drop from 10.0.0.0/24')
    assert.equal(verdict(set, { protocol: 47 }), 'forward accept proto gre')
    assert.equal(verdict(set, {}), 'forward drop from 10.0.0.0/24')
    assert.equal(verdict(set, { from: '10.1.0.1' }), 'policy forward accept')
    set.setPolicy('forward', 'drop')
    assert.equal(verdict(set, { from: '10.1.0.1' }), 'policy forward drop')
  })

  test('each counts what it has decided', () => {
    const set = rules('forward drop proto gre')
    for (const payload of [gre(1), gre(2)]) verdict(set, { protocol: 47, payload })
    verdict(set, {})
    const [rule] = set.rules('forward')
    assert.deepEqual([rule.packets, rule.octets], [2, 56])
    assert.deepEqual([set.policy('forward').packets, set.policy('forward').octets], [1, 40])
    assert.equal(set.policy('input').packets, 0)
  })

  test('chains do not know of each other', () => {
    const set = rules('input drop proto tcp', 'output accept')
    assert.equal(set.deciding(packet({ chain: 'input' })).verdict, 'drop')
    assert.equal(set.deciding(packet({})).verdict, 'accept')
    assert.equal(set.placeOf(set.deciding(packet({ chain: 'input' }))), 'rule 1 of input')
    assert.equal(set.placeOf(set.deciding(packet({}))), 'the policy of forward')
  })

  test('a rule is put behind the others or at a place, and taken away by its words', () => {
    const set = rules('forward drop proto gre')
    set.add(spec('forward accept proto gre'), 1)
    set.add(spec('forward accept proto icmp'))
    assert.deepEqual(
      set.rules('forward').map(({ text }) => text),
      ['forward accept proto gre', 'forward drop proto gre', 'forward accept proto icmp'],
    )
    assert.equal(set.remove(spec('forward  accept  proto 47')), true)
    assert.equal(set.remove(spec('forward accept proto gre')), false)
    assert.equal(verdict(set, { protocol: 47 }), 'forward drop proto gre')
  })

  const FITS: readonly (readonly [text: string, fits: readonly Wanted[], fails: readonly Wanted[]])[] = [
    ['in eth0', [{ in: 'eth0' }], [{ in: 'eth1' }]],
    ['out ppp*', [{ out: 'ppp0' }, { out: 'ppp12' }], [{ out: 'eth0' }]],
    ['not in eth0', [{ in: 'lan0' }], [{ in: 'eth0' }]],
    ['from 10.0.0.0/8,192.168.1.1', [{ from: '10.9.9.9' }, { from: '192.168.1.1' }], [{ from: '192.168.1.2' }]],
    ['to 10.0.1.1', [{}], [{ to: '10.0.1.2' }]],
    ['proto gre,ospf', [{ protocol: 47 }, { protocol: 89 }], [{ protocol: 6 }]],
    [
      'proto tcp dport 1723,5000-5002',
      [{ payload: tcp(9, 1723, 0) }, { payload: tcp(9, 5000, 0) }, { payload: tcp(9, 5002, 0) }],
      [{ payload: tcp(1723, 9, 0) }, { payload: tcp(9, 5003, 0) }, { protocol: 17, payload: tcp(9, 1723, 0) }],
    ],
    ['proto tcp,udp sport 53', [{ protocol: 17, payload: tcp(53, 9, 0) }], [{ protocol: 17, payload: tcp(9, 53, 0) }]],
    [
      'proto tcp syn',
      [{ payload: tcp(1, 2, 0x02) }],
      [0x12, 0x10, 0x04, 0x03].map(flags => ({ payload: tcp(1, 2, flags) })),
    ],
    ['proto gre call-id 2222', [{ protocol: 47, payload: gre(2222) }], [{ protocol: 47, payload: gre(1) }]],
    [
      'proto icmp icmp-type echo-request,fragmentation-needed',
      [8, 3].map(type => ({ protocol: 1, payload: [type, type === 3 ? 4 : 0, 0, 0, 0, 0, 0, 0] })),
      [
        { protocol: 1, payload: [3, 1, 0, 0, 0, 0, 0, 0] },
        { protocol: 1, payload: [0, 0, 0, 0, 0, 0, 0, 0] },
      ],
    ],
    ['state established,related', [{ state: 'related' }], [{ state: 'new' }, {}]],
    ['not state new', [{ state: 'invalid' }, {}], [{ state: 'new' }]],
  ]
  for (const [condition, fits, fails] of FITS) {
    test(condition, () => {
      const set = rules(`forward drop ${condition}`)
      for (const wanted of fits) assert.equal(verdict(set, wanted), `forward drop ${condition}`)
      for (const wanted of fails) assert.equal(verdict(set, wanted), 'policy forward accept', JSON.stringify(wanted))
    })
  }

  test('a rule for the protocol stops every fragment, one for the call ID only the first (nat-truth C13)', () => {
    const [first, later] = [0x2000, 0x2000 | 8]
    const byProtocol = rules('forward drop proto gre')
    const byCallId = rules('forward drop proto gre call-id 7')
    for (const [fragment, stopped] of [
      [first, true],
      [later, false],
    ] as const) {
      // What stands where the header would be looks like one.
      const wanted = { protocol: 47, payload: gre(7), fragment }
      assert.equal(byProtocol.deciding(packet(wanted)).verdict, 'drop')
      assert.equal(byCallId.deciding(packet(wanted)).verdict, stopped ? 'drop' : 'accept')
    }
  })

  test('a packet that is cut off in its header fits no rule about it', () => {
    for (const [text, protocol, length] of [
      ['proto tcp dport 0', 6, 3],
      ['proto tcp syn', 6, 13],
      ['proto gre call-id 0', 47, 7],
      ['proto icmp icmp-type 0/0', 1, 1],
    ] as const) {
      const payload = new Array<number>(length).fill(0)
      assert.equal(verdict(rules(`forward drop ${text}`), { protocol, payload }), 'policy forward accept', text)
    }
  })

  test('a denial has the words of its rule, and what the sender is told', () => {
    const denied = (text: string) => rules(text).judge(packet({}))
    assert.equal(denied('forward accept'), undefined)
    assert.deepEqual(denied('forward drop'), { rule: 'forward drop', answer: undefined })
    const admin = 'forward reject with icmp-admin-prohibited'
    assert.deepEqual(denied(admin), { rule: admin, answer: { icmp: 13 } })
    const reset = 'forward reject with tcp-reset proto tcp'
    assert.deepEqual(denied(reset), { rule: reset, answer: 'tcp-reset' })
    const net = 'forward reject with icmp-net-unreachable'
    assert.deepEqual(denied(net), { rule: net, answer: { icmp: 0 } })
  })

  test('only a rule about states needs tracked connections', () => {
    assert.equal(rules('forward accept proto gre').asksState, false)
    assert.equal(rules('forward accept proto gre', 'output drop state invalid').asksState, true)
  })

  test('the codes of the ICMP errors (nat-truth C5)', () => {
    assert.deepEqual(REJECTIONS, {
      'icmp-net-unreachable': 0,
      'icmp-host-unreachable': 1,
      'icmp-proto-unreachable': 2,
      'icmp-port-unreachable': 3,
      'icmp-net-prohibited': 9,
      'icmp-host-prohibited': 10,
      'icmp-admin-prohibited': 13,
      'tcp-reset': undefined,
    })
  })
})
