/** What the log of a run says, beside the logs of the captured machines. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { unhex } from '../../src/base/bytes.ts'
import { type LogLine, load, logMeaning, PeerLog, Run } from '../../src/index.ts'
import { pppdMessage } from '../../src/view/pppd-messages.ts'
import * as Chap from '../../src/wire/chap.ts'
import * as Cp from '../../src/wire/cp.ts'
import * as Ppp from '../../src/wire/ppp.ts'
import { golden } from '../support/golden.ts'
import { rootPath } from '../support/root.ts'
import { SHIPPED, shippedText } from '../support/shipped.ts'

const realLog = (name: string): string[] =>
  readFileSync(rootPath(`test/captures/logs/${name}`), 'utf8')
    .trim()
    .split('\n')

/** The network of the captures, and its users. */
const RIG = (password: string): string => `
name: rig
stop: 20s
topology:
  nodes:
    client:
      kind: client
      routes: ["default via 10.99.1.1"]
      pptp: { server: 10.99.2.2, user: alice, password: ${password}, auth: ms-chap-v2, mppe: required }
    router: { kind: router }
    pptpd:
      kind: pptp-server
      routes: ["default via 10.99.2.1"]
      pptp:
        profile: linux
        local: 192.168.80.1
        pool: 192.168.80.10-192.168.80.29
        users: { alice: alice-secret }
        auth: [ms-chap-v2]
        mppe: required
  links:
    - { endpoints: ["client:eth0", "router:eth0"], ipv4: [10.99.1.2/24, 10.99.1.1/24], delay: 1ms }
    - { endpoints: ["router:eth1", "pptpd:eth0"], ipv4: [10.99.2.1/24, 10.99.2.2/24], delay: 1ms }
events:
  - { at: 1s, connect: client }
  - { at: 7s, disconnect: client }
`

function logOf(text: string): LogLine[] {
  const loaded = load(text, 'rig')
  assert.ok(loaded.ok)
  const run = new Run(loaded.lab)
  const log = new PeerLog(loaded.lab)
  const lines: LogLine[] = []
  run.listen(event => lines.push(...log.tell(event)))
  run.advanceTo(run.stop)
  return lines
}

/** What only the machines of the captures have: the header of peer-log.ts lists it. */
const LEFT_OUT =
  /IPV6CP|LL address|[Ss]cript |child process|Child process|^using channel|options in effect|EchoRe|response cache|in cache|bytes, received|proxy ARP/
const OF_THE_PLACE =
  /synchronous|short read|may have shutdown|timeout waiting|Closing connection|read returned|MGR: M|MGR: Reaped|address =|options file|_fd =|PPPD Launcher|Reaping/

/** Random values aside: each as long as it is. R= and V= of a Failure are those of RFC 2759 with us. */
const plain = (text: string): string =>
  text
    .replace(/magic 0x[0-9a-f]+/g, 'magic #')
    .replace(/(CHAP \w+ id=)0x[0-9a-f]+/, '$1#')
    .replace(/<([0-9a-f]{32,})>/, (_, octets: string) => `<${octets.length / 2} octets>`)
    .replace(/\bR=\d /, '')
    .replace(/\bV=\d /, '')
    .replace(/([SC]=)[0-9A-Fa-f]{32,}/, '$1#')
    .replace(/Connect time [\d.]+/, 'Connect time #')
    .replace(/call ID \d+, peer's call ID \d+/, 'call IDs')
    .replace(/, \d+ window size/, '')

function pppd(name: string): string[] {
  const lines = realLog(name).filter(text => !LEFT_OUT.test(text))
  const end = lines.indexOf('Connection terminated.') + 1
  // The captured client was told twice to end; its second request had the identifier 3.
  return lines
    .slice(0, end)
    .filter(text => !/Term\w+ id=0x3/.test(text))
    .map(plain)
}

const ours = (lines: readonly LogLine[], node: string, program: LogLine['program']): string[] =>
  lines.filter(each => each.node === node && each.program === program && !each.modelled).map(({ text }) => plain(text))

describe('the log of a run has the lines of the captured logs in their order', () => {
  const session = logOf(RIG('alice-secret'))
  const refused = logOf(RIG('wrong-password'))

  test('pppd of a session that the client ends', () => {
    assert.deepEqual(ours(session, 'client', 'pppd'), pppd('mschapv2-mppe128-stateless.client.pppd.log'))
    assert.deepEqual(ours(session, 'pptpd', 'pppd'), pppd('mschapv2-mppe128-stateless.server.pppd.log'))
  })

  test('pppd of a wrong password', () => {
    assert.deepEqual(ours(refused, 'client', 'pppd'), pppd('mschapv2-wrong-password.client.pppd.log'))
    assert.deepEqual(ours(refused, 'pptpd', 'pppd'), pppd('mschapv2-wrong-password.server.pppd.log'))
  })

  const syslog = (name: string): string[] =>
    realLog(name)
      .map(text => text.replace(/^.{15} \w+\[\d+\]: /, '').replace(/:\d+\]/, ']'))
      .filter(text => !OF_THE_PLACE.test(text) && !text.startsWith('GRE'))
      .map(plain)

  test('pptp-linux, up to the Call-Clear-Request: after it our peer answers, and that one had gone', () => {
    const real = syslog('mschapv2-mppe128-stateless.client.syslog')
    const lines = ours(session, 'client', 'pptp')
    assert.deepEqual(lines.slice(0, real.length), real)
    assert.match(real.at(-1) ?? '', /Call-Clear-Request/)
  })

  test('pptpd', () => {
    const real = syslog('mschapv2-mppe128-stateless.server.syslog')
    assert.deepEqual(ours(session, 'pptpd', 'pptpd'), real)
  })

  test('the number and the words of Windows follow the end of pppd', () => {
    const [windows] = refused.filter(({ program }) => program === 'windows')
    assert.match(windows.text, /^error 691: /)
    assert.equal(windows.modelled, true)
    assert.equal(refused[refused.indexOf(windows) - 1].text, 'Connection terminated.')
    assert.ok(!session.some(({ program }) => program === 'windows'))
  })
})

describe('a message has the form of the captured log', () => {
  const FRAMES = golden('ppp-mschapv2-mppe128.txt')
    .split('\n')
    .filter(line => /^(client|server) /.test(line))
    .map(line => line.split(' ') as ['client' | 'server', string])

  const shownAtClient = (from: 'client' | 'server', text: string): string | undefined => {
    const bytes = unhex(text.replace(/^ff03/, ''))
    const protocol = Ppp.protocolAt(bytes, 0, bytes.length)
    const packet = bytes.subarray(protocol > 255 ? 2 : 1)
    const isChap = protocol === Ppp.CHAP
    if (!isChap && ![Ppp.LCP, Ppp.CCP, Ppp.IPCP].some(each => each === protocol)) return undefined
    const parsed = isChap ? Chap.parse(packet) : Cp.parse(packet)
    assert.ok(parsed.ok)
    const { value } = parsed
    const detail = isChap ? Chap.show(value as Chap.Chap) : Cp.show(protocol, value as Cp.Cp)
    return pppdMessage({
      event: 'ppp-message',
      t: 0,
      node: 'client',
      way: from === 'client' ? 'sent' : 'received',
      proto: Ppp.protocolName(protocol),
      type: value.type,
      iface: 'ppp0',
      id: value.id,
      detail,
    })
  }

  const octets = (text: string): string =>
    text.replace(/<([0-9a-f]{32,})>/, (_, each: string) => `<${each.length / 2} octets>`)

  for (const way of ['sent', 'rcvd'] as const) {
    test(`every packet that the client ${way}, to the letter`, () => {
      const made = FRAMES.flatMap(([from, text]) => shownAtClient(from, text) ?? []).filter(text =>
        text.startsWith(way),
      )
      const real = realLog('mschapv2-mppe128-stateless.client.pppd.log')
        .filter(text => text.startsWith(way) && !text.includes('IPV6CP'))
        .map(octets)
      assert.ok(made.length > 8)
      assert.deepEqual(made, real.slice(0, made.length))
    })
  }

  const shown = (proto: string, type: string, detail: string): string =>
    pppdMessage({ event: 'ppp-message', t: 0, node: 'a', way: 'sent', proto, type, iface: 'ppp0', id: 1, detail })

  test('PAP hides the password', () => {
    const line = shown('pap', 'authenticate-request', 'user "bob"')
    assert.ok(realLog('pap-plain.client.pppd.log').includes(line), line)
  })

  test('the compressions that pppd asks for without MPPE', () => {
    const line = shown('ccp', 'configure-request', 'deflate 7800, deflate-draft 7800, bsd 2f')
    assert.ok(realLog('defaults-compression.client.pppd.log').includes(line), line)
  })

  test('an option that nobody knows is its octets', () => {
    assert.equal(shown('lcp', 'configure-reject', 'option 77 (0102)'), 'sent [LCP ConfRej id=0x1 < 4d 04 01 02>]')
  })

  test('of a Protocol-Reject the protocol', () => {
    const line = shown('lcp', 'protocol-reject', 'protocol ccp')
    const real = realLog('server-requires-mppe-client-refuses.client.pppd.log').find(text => /ProtRej/.test(text)) ?? ''
    assert.equal(line, real.replace('id=0x2', 'id=0x1').replace(/80 fd .*\]/, '80 fd ...]'))
  })
})

describe('the logs of all shipped labs', () => {
  test('every line has a meaning, and none has an empty word in it', () => {
    const without = new Set<string>()
    for (const name of SHIPPED) {
      for (const line of logOf(shippedText(name))) {
        assert.doesNotMatch(line.text, /undefined|NaN|\bUSER\b|\bSERVER\b|\bADDRESS\b/, name)
        if (logMeaning(line) === undefined) without.add(line.text)
      }
    }
    assert.deepEqual([...without], [])
  })
})
