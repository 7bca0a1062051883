/** What users see when a tunnel fails: every way to fail has its entry, and labs that fail show the right one. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { TraceEvent } from '../../src/base/trace.ts'
import { TUNNEL_END_REASONS, TUNNEL_LAYERS, type TunnelEndReason } from '../../src/base/tunnel-end.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { LINE_FAILURES } from '../../src/view/dial-failures.ts'
import { FailureWatch, failureLines } from '../../src/view/failed.ts'
import { appearanceOf, FAILURES, isFailure, WINDOWS } from '../../src/view/failures.ts'
import { rootPath } from '../support/root.ts'

const REASONS = Object.keys(TUNNEL_END_REASONS) as TunnelEndReason[]
const OWN_WISH = ['closed', 'cleared', 'stopped', 'tcp-aborted', 'not-admitted']

/** Pairs of reason and layer that the source of PPP and PPTP writes. */
function pairsInSource(): Set<string> {
  const pairs = new Set<string>()
  for (const folder of ['src/ppp', 'src/pptp', 'src/node']) {
    for (const file of readdirSync(rootPath(folder))) {
      const text = readFileSync(rootPath(`${folder}/${file}`), 'utf8').replace(/\s+/g, ' ')
      for (const [, reason, layer] of text.matchAll(/reason: '([a-z-]+)', layer: '([a-z]+)'/g))
        pairs.add(`${reason} ${layer}`)
      for (const [, layer, reason] of text.matchAll(/layer: '([a-z]+)', reason: '([a-z-]+)'/g))
        pairs.add(`${reason} ${layer}`)
    }
  }
  return pairs
}

describe('the list of what users see', () => {
  test('has an entry for every reason that is a failure, and none for what this side wanted', () => {
    assert.deepEqual(
      REASONS.filter(reason => !isFailure(reason)),
      REASONS.filter(reason => OWN_WISH.includes(reason)),
    )
    assert.deepEqual(Object.keys(FAILURES).sort(), REASONS.filter(reason => !OWN_WISH.includes(reason)).sort())
  })
  test('has one for every pair of reason and layer that the machines name', () => {
    const known = new Set<string>(REASONS.filter(isFailure))
    const pairs = [...pairsInSource()].filter(pair => known.has(pair.split(' ')[0]))
    assert.ok(pairs.length >= 12, pairs.join(', '))
    for (const pair of pairs) {
      const [reason, layer] = pair.split(' ') as [keyof typeof FAILURES, (typeof TUNNEL_LAYERS)[number]]
      const entry = FAILURES[reason]
      assert.ok('before' in entry || layer in entry, pair)
    }
  })
  test('is complete before and after the tunnel was up, whatever the layer', () => {
    for (const reason of REASONS.filter(isFailure)) {
      for (const layer of TUNNEL_LAYERS) {
        for (const up of [false, true]) {
          const found = appearanceOf({ layer, reason, tries: 1, detail: '' }, up)
          assert.ok(found)
          assert.ok(found.client.length > 0 && found.source.length > 0, reason)
          for (const code of [found.windows, ...(found.also ?? [])]) assert.ok(code in WINDOWS, String(code))
        }
      }
    }
  })
  test('every number of Windows in it is used, or depends on the detail: the six of MS-CHAP, and 778', () => {
    const used = new Set<number>([646, 647, 648, 649, 709, 778])
    for (const reason of REASONS.filter(isFailure)) {
      for (const layer of TUNNEL_LAYERS) {
        for (const up of [false, true]) {
          const found = appearanceOf({ layer, reason, tries: 0, detail: '' }, up)
          for (const code of [found?.windows, ...(found?.also ?? [])]) if (code) used.add(code)
        }
      }
    }
    for (const { windows, also = [] } of Object.values(LINE_FAILURES))
      for (const code of [windows, ...also]) used.add(code)
    const unused = Object.keys(WINDOWS).filter(code => !used.has(Number(code)))
    assert.deepEqual(unused, ['651', '732'])
  })
  test('a code of MS-CHAP is the one that Windows shows (RFC 2759 §6)', () => {
    for (const code of [646, 647, 648, 649, 691, 709]) {
      const detail = `The peer does not accept user "bob" with this password: error ${code} Denied.`
      assert.equal(appearanceOf({ layer: 'auth', reason: 'auth-failed', tries: 0, detail }, false)?.windows, code)
    }
    const unproved = 'The peer says Success but does not prove that it knows the password.'
    assert.equal(
      appearanceOf({ layer: 'auth', reason: 'auth-failed', tries: 0, detail: unproved }, false)?.windows,
      778,
    )
    const other = { layer: 'auth', reason: 'auth-failed', tries: 0, detail: 'error 700' } as const
    assert.equal(appearanceOf(other, false)?.windows, 691)
  })
})

const LAB = (client: string, server: string, events: string): string => `
name: failing
stop: 400s
topology:
  nodes:
    alice: { kind: client, routes: ["default via 198.51.100.1"], pptp: { server: 203.0.113.5, user: alice, password: right${client} } }
    isp: { kind: router }
    office: { kind: ${server} }
  links:
    - { endpoints: ["alice:eth0", "isp:eth1"], ipv4: [198.51.100.10/24, 198.51.100.1/24], delay: 5ms }
    - { endpoints: ["isp:eth0", "office:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24], delay: 5ms }
events:
  - { at: 0s, connect: alice }
${events}`
const ROUTE = 'routes: ["default via 203.0.113.1"]'
const SERVER = (more = ''): string =>
  `pptp-server, ${ROUTE}, pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: right }${more} }`

function failuresOf(text: string): { watch: FailureWatch; ends: TraceEvent[] } {
  const loaded = loadLab(text, 'lab')
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab, {})
  const watch = new FailureWatch(loaded.lab)
  const ends: TraceEvent[] = []
  run.listen(event => {
    watch.event(event)
    if (event.event === 'tunnel-end' && event.node === 'alice') ends.push(event)
  }, false)
  run.advance()
  return { watch, ends }
}

describe('a failed connection shows what Windows and Linux would show', () => {
  const cases: readonly (readonly [string, string, number, boolean, RegExp])[] = [
    [
      'a wrong password',
      LAB('', SERVER().replace('alice: right', 'alice: wrong'), ''),
      691,
      false,
      /CHAP authentication failed/,
    ],
    ['nobody listens', LAB('', `host, ${ROUTE}`, ''), 800, false, /Connection refused/],
    [
      'the machine is off',
      LAB('', `host, ${ROUTE}`, '').replace('connect: alice }', 'crash: office }\n  - { at: 1ms, connect: alice }'),
      800,
      false,
      /No route to host|timed out/,
    ],
    [
      'encryption is required here and refused there',
      LAB(', mppe: required', SERVER(', mppe: off'), ''),
      742,
      false,
      /MPPE required/,
    ],
    [
      'encryption is required there and refused here',
      LAB(', mppe: off', SERVER(', mppe: required'), ''),
      734,
      false,
      /LCP terminated by peer/,
    ],
    [
      'no method in common',
      LAB(', auth: pap, mppe: off', SERVER(', auth: chap-md5, mppe: off'), ''),
      734,
      false,
      /Call disconnect notification|terminated/,
    ],
    [
      'the server loses its power',
      LAB('', SERVER(), '  - { at: 20s, crash: office }\n'),
      829,
      true,
      /missing echo reply/,
    ],
    [
      'the server loses its power, LCP asks first',
      LAB(', echo: 5s', SERVER(), '  - { at: 20s, crash: office }\n'),
      829,
      true,
      /No response to 4 echo-requests/,
    ],
  ]
  for (const [what, lab, number, up, line] of cases) {
    test(`${what}: Windows ${number}`, () => {
      const { watch, ends } = failuresOf(lab)
      assert.equal(ends.length, 1)
      const [failed] = watch.failed
      assert.equal(watch.failed.length, 1)
      assert.deepEqual(
        [failed.windows.number, failed.up, failed.node, failed.peer],
        [number, up, 'alice', '203.0.113.5'],
      )
      assert.match(failureLines(failed).join('\n'), line)
    })
  }
  const said = (text: string): string[] => failuresOf(text).watch.failed.flatMap(failureLines)

  test('a log of the server has the address that it sees: behind one NAT box, and behind two', () => {
    for (const name of ['nat-no-helper', 'double-nat-cgn']) {
      const clients = said(readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')).flatMap(
        line => /CTRL: Client (\S+) control/.exec(line)?.[1] ?? [],
      )
      assert.ok(clients.length > 0, name)
      for (const client of clients) assert.doesNotMatch(client, /^(?:192\.168|10|100\.64)\./, `${name}: ${client}`)
    }
  })
  const wrong = (auth: string): string =>
    LAB(`, auth: ${auth}`, SERVER(`, auth: ${auth}`).replace('alice: right', 'alice: wrong'), '')
  test('pppd speaks of the method by which the user was refused', () => {
    const pap = said(wrong('pap'))
    assert.ok(pap.includes('  Linux: PAP authentication failed'), pap.join('\n'))
    assert.ok(pap.includes('  Linux server: PAP peer authentication failed for alice'))
    assert.ok(!pap.some(line => line.includes('CHAP')))
    const md5 = said(wrong('chap-md5'))
    assert.ok(md5.includes('  Linux: CHAP authentication failed') && !md5.some(line => line.includes('MS-CHAP')))
    assert.ok(said(wrong('ms-chap-v2')).includes('  Linux: MS-CHAP authentication failed: Access denied'))
  })
  test('a server that proves nothing is 778, and pppd names the server', () => {
    const [failed] = failuresOf(
      LAB(
        ', require-auth: { auth: chap-md5, users: { office: sesame } }',
        SERVER(', identity: { user: office, password: guess, auth: chap-md5 }'),
        '',
      ),
    ).watch.failed
    assert.equal(failed.windows.number, 778)
    assert.deepEqual(failed.linux.client[0], 'Peer office failed CHAP authentication')
  })
  test('the words of the last Terminate-Request are the cause, not always encryption', () => {
    const idle = said(LAB('', SERVER(', limits: { idle: 20s }'), ''))
    assert.ok(idle.includes('  Linux: LCP terminated by peer (Link inactive)'), idle.join('\n'))
    assert.ok(idle.includes('  Linux server: Terminating connection due to lack of activity.'))
    assert.ok(!idle.some(line => line.includes('MPPE')))
    const refused = said(LAB(', mppe: off', SERVER(', auth: chap-md5, mppe: off'), ''))
    assert.ok(refused.includes('  Linux: LCP terminated by peer (peer refused to authenticate)'), refused.join('\n'))
    const encrypted = said(LAB(', mppe: off', SERVER(', mppe: required'), ''))
    assert.ok(encrypted.includes('  Linux: LCP terminated by peer (MPPE required but peer negotiation failed)'))
  })
  test('each failure says when it was, so that two of one user can be told apart', () => {
    const lab = LAB('', SERVER().replace('alice: right', 'alice: wrong'), '  - { at: 10s, connect: alice }\n')
    const heads = said(lab).filter(line => line.startsWith('What'))
    assert.equal(new Set(heads).size, 2)
    assert.match(heads[1], /^What the user of alice would see at 10\.\d{3} s:$/)
  })
  test('a user who hangs up sees no error', () => {
    const { watch, ends } = failuresOf(LAB('', SERVER(), '  - { at: 10s, disconnect: alice }\n'))
    assert.deepEqual([ends.length, watch.failed], [1, []])
  })
})
