/** What a lab says of PPP under `pptp` reaches the wire: LCP, proof in both directions, retries, name servers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'

interface Outcome {
  readonly said: readonly string[]
  readonly ends: readonly string[]
  readonly up: readonly string[]
}

/** `alice` dials `office`; each is given more keys of `pptp`. */
function dial(client: string, server = '', stop = '20s', actions = 'events: [{ at: 0s, connect: alice }]'): Outcome {
  const password = client.startsWith('password:') ? '' : 'password: wonderland, '
  const text = `
name: settings
stop: ${stop}
topology:
  nodes:
    alice: { kind: client, pptp: { server: office, user: alice, ${password}${client} } }
    office:
      kind: pptp-server
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.20, users: { alice: wonderland }, ${server} }
  links:
    - { endpoints: ["alice:eth0", "office:eth0"], ipv4: [192.0.2.2/24, 192.0.2.1/24], delay: 5ms }
${actions}
`
  const loaded = loadLab(text, 'lab', [])
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab)
  const events: TraceEvent[] = []
  run.simulation.world.trace.listen(event => events.push(event))
  run.advance()
  return {
    said: events.flatMap(e =>
      e.event === 'ppp-message' && e.way === 'sent' ? [`${e.node} ${e.proto} ${e.type}: ${e.detail}`] : [],
    ),
    ends: events.flatMap(e => (e.event === 'tunnel-end' ? [`${e.node} ${e.layer} ${e.reason}: ${e.detail}`] : [])),
    up: events.flatMap(e => (e.event === 'interface' && e.to === 'up' ? [`${e.node}: ${e.detail}`] : [])),
  }
}

const says = ({ said }: Outcome, start: string): string => said.find(line => line.startsWith(start)) ?? said.join('\n')

describe('the settings of PPP in a lab', () => {
  for (const auth of ['pap', 'chap-md5', 'ms-chap', 'ms-chap-v2']) {
    test(`auth: ${auth} is what both ends speak`, () => {
      const mppe = auth === 'ms-chap-v2' ? 'required' : '"off"'
      const run = dial(`auth: ${auth}, mppe: ${mppe}`, `auth: ${auth}, mppe: ${mppe}`)
      assert.equal(run.up.length, 2, run.ends.join('\n'))
    })
  }
  test('a list is an order of preference: the server asks for its first, the client agrees to what it has', () => {
    const run = dial('auth: [ms-chap-v2, chap-md5], mppe: "off"', 'auth: [pap, chap-md5, ms-chap-v2], mppe: "off"')
    assert.match(says(run, 'office lcp configure-request'), /auth PAP/)
    assert.match(says(run, 'alice lcp configure-nak'), /auth CHAP MS-v2/)
    assert.ok(run.said.some(line => line.startsWith('alice chap response: value of 49 octets')))
    assert.equal(run.up.length, 2)
  })
  test('lcp: MRU, ACCM, compression, magic number and identification', () => {
    const lcp = 'lcp: { mru: 1200, accm: 0xa0000, pfc: false, acfc: false, magic: false, identification: "alice 7" }'
    const run = dial(lcp)
    assert.equal(says(run, 'alice lcp configure-request'), 'alice lcp configure-request: mru 1200, accm 0x000a0000')
    assert.equal(says(run, 'alice lcp configure-reject'), 'alice lcp configure-reject: pfc, acfc')
    assert.equal(says(run, 'alice lcp identification'), 'alice lcp identification: "alice 7"')
    const mtu = (node: string) => /MTU (\d+)/.exec(run.up.find(line => line.startsWith(node)) ?? '')?.[1]
    assert.deepEqual([mtu('alice'), mtu('office')], ['1456', '1196'])
  })
  test('require-auth: an office that proves itself is talked to', () => {
    const run = dial(
      'require-auth: { auth: chap-md5, users: { gate: sesame } }',
      'identity: { user: gate, password: sesame, auth: chap-md5 }',
    )
    assert.equal(run.up.length, 2, run.ends.join('\n'))
    assert.ok(run.said.includes('office chap response: value of 16 octets, name "gate"'))
  })
  test('require-auth: an office that cannot, or will not, is left', () => {
    const wrong = dial(
      'require-auth: { auth: chap-md5, users: { gate: sesame } }',
      'identity: { user: gate, password: simsalabim, auth: chap-md5 }',
    )
    assert.ok(
      wrong.ends.some(end => end.startsWith('alice auth auth-failed')),
      wrong.ends.join('\n'),
    )
    const silent = dial('require-auth: { auth: chap-md5, users: { gate: sesame } }')
    assert.ok(
      silent.ends.some(end => end.startsWith('alice lcp auth-refused')),
      silent.ends.join('\n'),
    )
    assert.deepEqual([...wrong.up, ...silent.up], [])
  })
  test('second-password and auth-retries: a slip of the finger is forgiven, once', () => {
    const slip = 'password: wunderland, second-password: wonderland'
    assert.equal(dial(slip, 'auth-retries: 1').up.length, 2)
    const strict = dial(slip)
    assert.deepEqual(strict.up, [])
    assert.match(says(strict, 'office chap failure'), /E=691 R=0/)
  })
  test('nbns and dns are asked for and given (RFC 1877)', () => {
    const run = dial('dns: true, nbns: true', 'dns: [10.8.1.1], nbns: [10.8.1.2, 10.8.1.3]')
    const alice = run.up.find(line => line.startsWith('alice'))
    assert.match(alice ?? '', /name servers 10\.8\.1\.1, NetBIOS name servers 10\.8\.1\.2 10\.8\.1\.3/)
  })
  test('echo-failures: so many Echo-Requests may stay without an answer', () => {
    const cut = 'events: [{ at: 0s, connect: alice }, { at: 3s, link: { between: [alice, office], down: true } }]'
    const ends = (failures: number) => dial(`echo: 2s, echo-failures: ${failures}`, '', '40s', cut).ends
    for (const failures of [1, 3]) {
      const words = `No answer to ${failures} Echo-Requests`
      assert.ok(ends(failures).some(end => end.startsWith('alice lcp echo-timeout') && end.includes(words)))
    }
  })
})
