/**
 * What stock pppd 2.4.9 offers and how we come to terms with it, in both roles: its octets are those of the captures
 * (test/captures), its reactions those of test/support/pppd.ts.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { PppConfig } from '../../src/ppp/config.ts'
import { alone, CLIENT, drops, SERVER } from '../support/ppp.ts'
import { CAPTURED, Pppd, type PppdOptions } from '../support/pppd.ts'

const PPPD_CLIENT: PppdOptions = { lcp: CAPTURED.lcpClient, ipcp: CAPTURED.ipcpClient, ipv6cp: CAPTURED.ipv6cpClient }
const PPPD_SERVER: PppdOptions = {
  lcp: CAPTURED.lcpServer,
  ipcp: CAPTURED.ipcpServer,
  ipv6cp: CAPTURED.ipv6cpServer,
  server: true,
  gives: 'c0a8500a',
}
const MPPE_128 = { ccp: CAPTURED.ccpMppe128, grantsCcp: [18], requireMppe: true }
const COMPRESSION = { ccp: CAPTURED.ccpDefault, grantsCcp: [26, 24, 21] }

function meet(ours: Partial<PppConfig>, pppd: PppdOptions, seconds = 20) {
  const a = alone(ours)
  const peer = new Pppd(a, pppd)
  peer.run(sec(seconds))
  return { a, peer, session: a.us.session }
}

/** How the two came to terms. */
const outcome = ({ a, peer, session }: ReturnType<typeof meet>) =>
  a.us.ends.length > 0 || peer.terminated !== undefined
    ? { ends: a.us.ends.map(e => e.reason), terminated: peer.terminated }
    : {
        ipcp: session.ipcp,
        pppd: peer.ipcpOpened,
        encryption: a.us.facts[0]?.encryption,
      }

const UP = { ipcp: 'opened', pppd: true }

for (const [role, ours, theirs] of [
  ['our server', SERVER, PPPD_CLIENT],
  ['our client', CLIENT, PPPD_SERVER],
] as const) {
  describe(`pppd as it comes, and ${role}`, () => {
    test(`${role}: pppd with require-mppe-128 and the VJ and IPV6CP that it always offers`, () => {
      const m = meet({ ...ours, mppe: 'required' }, { ...theirs, ...MPPE_128 })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'mppe-128-stateless' })
      assert.ok(m.peer.ccpOpened)
      assert.deepEqual(m.a.us.ends, [])
    })

    test(`${role}: Deflate, BSD and VJ are rejected and never come back; IPCP opens without them (mppe: optional)`, () => {
      const m = meet({ ...ours, mppe: 'optional' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      const of = (line: string) => m.peer.talk.filter(t => t.startsWith(line))
      assert.deepEqual(of('us ccp configure-reject'), [
        'us ccp configure-reject: deflate 7800, deflate-draft 7800, bsd 2f',
      ])
      assert.deepEqual(of('us ipcp configure-reject'), ['us ipcp configure-reject: compression VJ'])
      assert.ok(of('us ipcp configure-nak').length <= 1)
    })

    test(`${role}: CCP is answered by one Protocol-Reject where encryption is off (RFC 1661 §5.7)`, () => {
      const m = meet({ ...ours, mppe: 'off' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      const rejects = m.peer.talk.filter(t => t.startsWith('us lcp protocol-reject'))
      assert.equal(rejects.filter(t => t.includes('ccp') && !t.includes('ipv6cp') && !t.includes('ipcp')).length, 1)
    })

    test(`${role}: IPV6CP gets a Protocol-Reject and a drop in the trace, and is not asked for again (RFC 1661 §5.7)`, () => {
      const m = meet({ ...ours, mppe: 'off' }, theirs)
      assert.deepEqual(outcome(m), { ...UP, encryption: 'none' })
      assert.equal(m.peer.talk.filter(t => t.startsWith('pppd ipv6cp')).length, 1)
      assert.deepEqual(drops(m.a.events, 'us'), ['ppp-protocol-rejected'])
    })

    test(`${role}: encryption required and pppd with nomppe noccp: the link ends and says why`, () => {
      const m = meet({ ...ours, mppe: 'required' }, theirs)
      assert.deepEqual(
        m.a.us.ends.map(e => e.reason),
        ['mppe-required'],
      )
      assert.match(m.peer.terminated ?? '', /^us: Encryption is required\. The peer does not speak CCP/)
    })

    test(`${role}: encryption required and pppd that only compresses: the link ends and says why`, () => {
      const m = meet({ ...ours, mppe: 'required' }, { ...theirs, ...COMPRESSION })
      assert.deepEqual(
        m.a.us.ends.map(e => e.reason),
        ['mppe-required'],
      )
    })

    test(`${role}: encryption off and pppd with require-mppe: pppd ends the link, and its sentence is told`, () => {
      const m = meet({ ...ours, mppe: 'off' }, { ...theirs, ...MPPE_128 })
      assert.deepEqual(
        m.a.us.ends.map(e => [e.reason, e.detail]),
        [['peer-closed', 'The peer ended the link: "MPPE required but peer negotiation failed".']],
      )
    })

    test(`${role}: whatever pppd offers, few words are enough and no request is repeated`, () => {
      for (const mppe of ['off', 'optional', 'required'] as const) {
        for (const ccp of [{}, COMPRESSION, MPPE_128]) {
          const m = meet({ ...ours, mppe }, { ...theirs, ...ccp })
          const said = `${mppe} ${JSON.stringify(ccp)}\n${m.peer.talk.join('\n')}`
          assert.ok(m.peer.talk.length < 60, said)
          assert.equal(m.a.us.facts.length === 1 || m.a.us.ends.length === 1, true, said)
        }
      }
    })
  })
}
