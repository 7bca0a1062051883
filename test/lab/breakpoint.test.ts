import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Breakpoint, loadWith, Run, readBreakpoint, renderIssues, type TraceEvent } from '../../src/index.ts'
import { rootPath } from '../support/root.ts'

function labOf(name: string) {
  const source = { text: readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8'), file: `${name}.yaml` }
  const loaded = loadWith(source, [])
  if (!loaded.ok) throw new Error(renderIssues(loaded.issues))
  return { source, lab: loaded.lab }
}

const { source, lab } = labOf('nat-single-passthrough')

function read(text: string): Breakpoint {
  const found = readBreakpoint(text, source, lab)
  assert.ok(found.ok, found.ok ? '' : `${text}: ${found.problem}`)
  return found.breakpoint
}
const refused = (text: string): string => {
  const found = readBreakpoint(text, source, lab)
  assert.ok(!found.ok, text)
  return found.problem
}

function eventsUntil(t: number): TraceEvent[] {
  const run = new Run(lab)
  const events: TraceEvent[] = []
  run.listen(event => void events.push(event))
  run.advanceTo(t)
  return events
}
const events = eventsUntil(45e9)
const hitsOf = (text: string): TraceEvent[] => events.filter(event => read(text).hits(event))

describe('breakpoints hit what they say', () => {
  test('drops, by machine, reason, protocol and ends', () => {
    const drops = events.filter(event => event.event === 'drop')
    assert.ok(drops.length > 0)
    assert.deepEqual(hitsOf('drop'), drops)
    const atNat = drops.filter(({ node }) => node === 'nat1')
    assert.ok(atNat.length > 0 && atNat.length < drops.length)
    assert.deepEqual(hitsOf('drop at nat1'), atNat)
    const refused = drops.filter(({ reason }) => reason === 'nat-insert-failed')
    assert.ok(refused.length > 0 && refused.length < atNat.length)
    assert.deepEqual(hitsOf('drop nat-insert-failed at nat1 and proto gre and from dave'), refused)
    assert.deepEqual(hitsOf('drop reason nat-insert-failed'), refused)
    assert.deepEqual(hitsOf('drop at nat1 from carol'), [])
  })

  test('packets of a protocol by its number as by its name', () => {
    assert.ok(hitsOf('packet proto gre').length > 0)
    assert.deepEqual(hitsOf('packet proto 47'), hitsOf('packet proto gre'))
  })

  test('states of a machine, on the way in or out', () => {
    const [stopped] = hitsOf('state dave.ppp.lcp to stopped')
    assert.ok(stopped?.event === 'state' && stopped.node === 'dave' && stopped.to === 'stopped')
    assert.equal(hitsOf('state dave.ppp.lcp to stopped').length, 1)
    assert.ok(hitsOf('state dave.ppp.lcp from req-sent').length >= 1)
    assert.ok(hitsOf('state office.calls[0].ppp.ipcp to opened').length === 1)
  })

  test('a packet once, when it is sent, and with a place whenever it comes by', () => {
    const sent = hitsOf('packet proto gre and from dave')
    assert.ok(sent.length >= 10)
    assert.ok(sent.every(event => event.event === 'send' && event.node === 'dave' && event.proto === 'gre'))
    const seen = hitsOf('packet proto tcp at isp to office')
    assert.ok(seen.length > 0)
    assert.ok(seen.every(event => event.event === 'forward' && event.node === 'isp' && event.dst === '203.0.113.5'))
    assert.deepEqual(hitsOf('packet proto tcp at isp to 203.0.113.5'), seen)
  })

  test('any event of the trace, with comparisons for numbers', () => {
    assert.equal(hitsOf('pptp-message type outgoing-call-reply and at dave').length, 1)
    const big = hitsOf('send length >= 100')
    assert.ok(big.length > 0 && big.every(event => event.event === 'send' && event.length >= 100))
    assert.equal(hitsOf('action verb connect').length, 2)
  })

  test('the verdict of a check', () => {
    assert.deepEqual(read('check silence').check, { name: 'silence', state: undefined })
    assert.deepEqual(read('check silence failed').check, { name: 'silence', state: 'failed' })
  })

  test('spaces do not matter, and the words stay as they were typed', () => {
    assert.equal(read('  drop   at nat1 ').text, 'drop at nat1')
  })
})

describe('what can never happen is refused, with what may be meant', () => {
  const SLIPS: readonly (readonly [string, RegExp])[] = [
    ['', /^Nothing is said to stop at/],
    ['drp at nat1', /cannot stop at "drp".*Did you mean "drop"\?/],
    ['drop at nat2', /There is no node nat2\..*Did you mean "nat1"\?/],
    ['drop nat-insert-faild', /Did you mean "nat-insert-failed"\?/],
    ['drop from dav', /There is no node dav\..*Did you mean "dave"\?/],
    ['state dave', /"dave" names no state machine/],
    ['state dave.ppp.lpc to opened', /no state machine "ppp\.lpc".*Did you mean "ppp\.lcp"\?/],
    ['state dave.ppp.lcp to open', /ppp\.lcp is never "open".*Did you mean "opened"\?/],
    ['state dave.pptp.gre.sent to 5', /no state machine "pptp\.gre\.sent"/],
    ['state davy.ppp.lcp to opened', /There is no node davy\./],
    ['state dave.ppp.lcp at nat1', /Of a state only from and to can be said, not at\./],
    ['packet proto lcp', /LCP goes inside of GRE packets\. Write ppp-message proto lcp\./],
    ['packet proto gra', /No packet has the protocol "gra"\. Did you mean "gre"\?/],
    ['packet colour red', /colour/],
    ['packet from', /What comes behind "from"\?/],
    ['packet from dave and from carol', /"from" is said twice/],
    ['state office.calls[carol].ppp.lcp to opened', /counts the calls.*write carol\.ppp\.lcp/],
    ['check silense', /There is no check silense\. Did you mean "silence"\?/],
    ['check', /Which check\?/],
    ['check silence maybe', /passed or failed/],
    ['send length >= many', /neither a number nor a comparison/],
  ]
  for (const [text, problem] of SLIPS) test(text === '' ? 'nothing' : text, () => assert.match(refused(text), problem))
})
