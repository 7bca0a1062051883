import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PORT_47, parseRule, type RuleError } from '../../src/filter/rule-text.ts'
import { CHAINS, REJECTIONS, STATES } from '../../src/filter/rules.ts'
import { fc } from '../support/fast-check.ts'

const written = (text: string): string => {
  const line = parseRule(text)
  assert.ok('rule' in line, JSON.stringify(line))
  return line.rule.text
}
/** The part of the text that is complained about, and the complaint. */
function refused(text: string): RuleError & { readonly marked: string } {
  const line = parseRule(text)
  assert.ok('error' in line, `${text} was read`)
  return { ...line.error, marked: text.slice(line.error.start, line.error.end) }
}

describe('rules as text', () => {
  const GOOD = [
    'forward drop proto gre',
    'input accept proto tcp dport 1723',
    'forward accept state established,related',
    'forward reject with icmp-admin-prohibited proto gre',
    'forward reject with tcp-reset proto tcp dport 1723',
    'output accept out eth0 to 203.0.113.5 proto udp sport 53,1024-65535',
    'input drop in ppp* not from 10.8.0.0/16',
    'forward drop proto tcp not syn state new',
    'forward accept proto icmp icmp-type echo-request,fragmentation-needed,5/1',
    'forward drop proto gre call-id 40001',
    'forward accept proto 94',
    'forward accept from 0.0.0.0/0',
    'input accept',
  ]
  for (const text of GOOD) test(text, () => assert.equal(written(text), text))

  test('blanks are free, and names stand for numbers', () => {
    assert.equal(
      written('  input   reject proto 6  dport 22-22 from 10.0.0.1/32 '),
      'input reject with icmp-port-unreachable proto tcp dport 22 from 10.0.0.1',
    )
  })

  test('a policy', () => {
    assert.deepEqual(parseRule('policy forward drop'), { policy: 'drop', chain: 'forward' })
  })

  const items = <T extends string>(...list: readonly T[]) =>
    fc.uniqueArray(fc.constantFrom(...list), { minLength: 1 }).map(chosen => chosen.join(','))
  const conditions = fc.record({
    in: items('eth0', 'wan0', 'ppp*'),
    from: items('10.0.0.0/8', '203.0.113.5', '0.0.0.0/0'),
    state: items(...STATES),
    proto: fc.constantFrom('proto tcp dport 1-7,1723', 'proto gre call-id 0', 'proto icmp icmp-type 3/4', 'proto 99'),
    answer: fc.constantFrom(...Object.keys(REJECTIONS).filter(name => name !== 'tcp-reset')),
    not: fc.constantFrom('', 'not '),
  })
  test('what is written is read as the same rule', () => {
    fc.assert(
      fc.property(fc.constantFrom('input', 'forward'), conditions, (chain, c) => {
        const text = `${chain} reject with ${c.answer} ${c.not}in ${c.in} from ${c.from} ${c.proto} ${c.not}state ${c.state}`
        const first = parseRule(text)
        assert.ok('rule' in first, JSON.stringify(first))
        assert.deepEqual(parseRule(first.rule.text), first)
      }),
    )
  })

  test('any text gets an answer, and an error lies within it', () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom(...CHAINS, 'drop', 'reject', 'with', 'proto', 'tcp', 'dport', ','),
    )
    fc.assert(
      fc.property(fc.array(words), parts => {
        const text = parts.join(' ')
        const line = parseRule(text)
        if (!('error' in line)) return true
        const { start, end, message } = line.error
        return start >= 0 && start <= end && end <= text.length && message.endsWith('.')
      }),
    )
  })
})

describe('slips in rules', () => {
  const SLIPS: readonly (readonly [text: string, marked: string, message: RegExp, hint: RegExp])[] = [
    ['', '', /is empty/, /for example/],
    ['iptables -A FORWARD -p gre -j DROP', 'iptables', /words of this program/, /forward drop proto gre/],
    ['forward drop iif eth0', 'iif', /no condition/, /here: in/],
    ['forward deny proto gre', 'deny', /not a verdict/, /here: drop/],
    ['forward drop gre', 'gre', /no condition/, /proto gre/],
    ['forward drop state', 'state', /a state of a connection is missing/, /for example/],
    ['forward drop established', 'established', /no condition/, /state established/],
    ['forward drop dport 1723', 'dport 1723', /Only TCP and UDP have ports/, /proto tcp dport 1723/],
    ['forward drop proto udp,gre dport 1', 'dport 1', /Only TCP and UDP have ports/, /proto tcp/],
    ['forward drop proto icmp,gre icmp-type 8', 'icmp-type', /Only ICMP/, /proto icmp/],
    ['forward drop call-id 7', 'call-id', /Only GRE/, /proto gre/],
    ['forward drop syn', 'syn', /Only TCP/, /proto tcp/],
    ['forward drop proto tcp dport 70000', '70000', /not a port/, /such as dport 1723/],
    ['forward drop proto tcp dport 9-7', '9-7', /not a port/, /1024-65535/],
    ['forward drop proto tcp dport 9, 7', '9,', /without blanks/, /^$/],
    ['forward drop from 10.0.0.7/8', '10.0.0.7/8', /not an address or a network/, /10\.0\.0\.0\/8/],
    ['forward drop from 10.0.0.0/8 from 192.168.0.0/16', 'from', /twice/, /from a,b/],
    ['input drop out eth0', 'out', /leaves by no interface/, /in INTERFACE/],
    ['output drop in eth0', 'in', /come in by no interface/, /out INTERFACE/],
    ['forward reject with tcp-reset proto gre', 'tcp-reset', /Only TCP can be reset/, /proto tcp/],
    ['policy forward drop proto gre', 'proto', /no conditions/, /forward drop proto/],
    ['forward', 'forward', /says what to do/, /for example/],
    ['forward drop not', 'not', /before a condition/, /for example/],
  ]
  for (const [text, marked, message, hint] of SLIPS) {
    test(text === '' ? 'nothing' : text, () => {
      const error = refused(text)
      assert.equal(error.marked, marked)
      assert.match(error.message, message)
      assert.match(error.hint ?? '', hint)
    })
  }

  test('an unknown word comes with those that are known', () => {
    assert.deepEqual(refused('forwrd drop').known, CHAINS)
    assert.ok(refused('forward drop prto gre').known?.includes('proto'))
    assert.ok(refused('forward drop proto tpc').known?.includes('tcp'))
    assert.deepEqual(refused('forward drop state nwe').known, STATES)
    assert.ok(refused('forward reject with icmp-admin').known?.includes('icmp-admin-prohibited'))
  })

  test('port 47 is told what 47 is', () => {
    for (const text of [
      'forward accept dport 47',
      'forward accept proto gre dport 47',
      'input accept proto gre sport 1',
    ]) {
      const error = refused(text)
      assert.equal(error.message, PORT_47)
      assert.equal(error.hint, `write: ${text.split(' ').slice(0, 2).join(' ')} proto gre`)
    }
  })
})
