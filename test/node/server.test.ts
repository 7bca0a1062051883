import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import { ConnectionStream } from '../../src/ip/tcp.ts'
import type { IpNode } from '../../src/node/ip-node.ts'
import * as Gre from '../../src/wire/gre.ts'
import * as Pptp from '../../src/wire/pptp.ts'
import { sccrq } from '../pptp/support.ts'
import { officeLab } from '../support/office-lab.ts'

const two = { ann: {}, ben: {} }

describe('users', () => {
  test('come from a file as pppd has it, with their addresses', () => {
    const file = '# name server secret address\nann * p 10.8.0.77\n"ben" office "p" *\n\n'
    const t = officeLab({ pptp: { secrets: 'callers' }, clients: two, files: { callers: file } })
    t.client('ann').connect()
    t.client('ben').connect()
    t.until(2)
    assert.equal(t.value('office', 'calls[ann].address'), '10.8.0.77')
    assert.equal(t.value('office', 'calls[ben].address'), '10.8.0.10')
    assert.deepEqual([...t.run.simulation.lab.files.keys()], ['callers'])
  })
  test('one with an address of the pool always gets it, and nobody else does', () => {
    const users = { ann: 'p', ben: { password: 'p', address: '10.8.0.10' } }
    const t = officeLab({ pptp: { users }, clients: two })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(2)
    assert.equal(t.value('office', 'calls[ann].address'), '10.8.0.11')
    assert.equal(t.value('office', 'calls[ben].address'), '10.8.0.10')
    assert.equal(t.value('office', 'pool.used'), 1)
    t.client('ben').disconnect()
    t.client('ann').disconnect()
    t.until(4)
    assert.equal(t.value('office', 'pool.used'), 0)
    t.client('ann').connect()
    t.until(6)
    assert.equal(t.value('office', 'calls[ann].address'), '10.8.0.11')
  })
  test('two calls cannot have one address: the second is told so by IPCP', () => {
    const users = { ann: { password: 'p', address: '10.8.0.50' } }
    const t = officeLab({ pptp: { users }, clients: { ann: {}, ben: { user: 'ann' } } })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(3)
    const [end] = t.seen('tunnel-end', 'office')
    assert.deepEqual([end.layer, end.reason], ['ipcp', 'no-address'])
    assert.equal(t.client('ann').tunnelUp, true)
  })
  test('while a user has an address of his own, a caller with none left is told so after he has proved who he is', () => {
    const users = { ann: 'p', ben: 'p', eve: { password: 'p', address: '10.8.0.99' } }
    const pptp = { users, pool: '10.8.0.10-10.8.0.10' }
    const t = officeLab({ pptp, clients: { ann: {}, ben: {}, eve: {} } })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(3)
    const [end] = t.seen('tunnel-end', 'ben')
    assert.match(end.detail, /No address is left for user "ben"/)
    t.client('eve').connect()
    t.until(5)
    assert.equal(t.client('eve').tunnelUp, true)
  })
})

describe('limits', () => {
  test('one more call than there may be is refused with General Error, no resource (RFC 2637 §2.8)', () => {
    const t = officeLab({ pptp: { limits: { calls: 1 } }, clients: two })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(2)
    const reply = t.seen('pptp-message', 'office').filter(({ type }) => type === 'outgoing-call-reply')[1]
    assert.match(reply.detail, /result 2 .*error 4/)
    assert.match(t.seen('tunnel-end', 'office')[0].detail, /There are 1 calls, as many as may be/)
    t.client('ann').disconnect()
    t.until(4)
    t.client('ben').connect()
    t.until(6)
    assert.equal(t.client('ben').tunnelUp, true)
  })
  test('one more call of a user than he may have is refused with error 649 (RFC 2759 §6)', () => {
    const t = officeLab({ pptp: { limits: { 'calls-per-user': 1 } }, clients: { ann: {}, ben: { user: 'ann' } } })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(3)
    const failure = t.seen('ppp-message', 'office').find(({ type }) => type === 'failure')
    assert.match(failure?.detail ?? '', /E=649 R=0/)
    assert.equal(t.client('ann').tunnelUp, true)
  })
  test('a caller whose LCP is negotiated anew is not one more of himself (RFC 1661 §3.4)', () => {
    const t = officeLab({ pptp: { limits: { 'calls-per-user': 1 } } })
    t.client('ann').connect()
    t.until(2)
    // Ann's Configure-Request, which her client did not send: both ends begin again.
    const frame = unhex('ff03c02101630004')
    const sent = t.value('ann', 'pptp.gre.sent') as number
    const callId = t.value('office', 'calls[ann].callId') as number
    const gre = Gre.write({ callId, sequenceNumber: sent, acknowledgmentNumber: undefined, payload: frame })
    const { env, stack } = t.ipNode('ann')
    stack.output(env.packets.from(gre), ip('203.0.113.5'), 47)
    t.until(20)
    const proofs = t.seen('ppp-message', 'office').filter(({ type }) => type === 'success')
    assert.equal(proofs.length, 2)
    assert.equal(t.client('ann').tunnelUp, true)
  })
  test('whoever writes a domain before his name is the same user (RFC 2759 §4)', () => {
    const t = officeLab({
      pptp: { limits: { 'calls-per-user': 1 } },
      clients: { ann: {}, ben: { user: 'HOME\\ann' } },
    })
    t.client('ann').connect()
    t.until(1)
    t.client('ben').connect()
    t.until(3)
    assert.deepEqual([t.client('ann').tunnelUp, t.client('ben').tunnelUp], [true, false])
  })
  for (const [key, codes] of [
    ['connections', 'result 2 (General error), error 4 (No-Resource)'],
    ['connections-per-peer', 'result 3 (Command channel already exists)'],
  ]) {
    test(`${key}: Start-Control-Connection-Reply refuses one more with ${codes} (RFC 2637 §2.2)`, () => {
      const t = officeLab({ pptp: { limits: { [key]: 1 } }, clients: two })
      t.client('ann').connect()
      t.until(1)
      if (key === 'connections') t.client('ben').connect()
      else oneMore(t.ipNode('ann'))
      t.until(2)
      const [end] = t.seen('tunnel-end', 'office')
      assert.deepEqual(
        [end.layer, end.reason, end.detail],
        ['pptp', 'not-admitted', `This side refused the connection: ${codes}.`],
      )
      if (key === 'connections') assert.equal(t.seen('tunnel-end', 'ben')[0].reason, 'refused')
      assert.equal(t.client('ann').tunnelUp, true)
      t.client('ann').disconnect()
      t.until(5)
      t.client('ben').connect()
      t.until(7)
      assert.equal(t.client('ben').tunnelUp, true)
    })
  }
  test('a session ends when it has lasted as long as it may, with the reason in Terminate-Request (RFC 1661 §5.5)', () => {
    const t = officeLab({ pptp: { limits: { session: '30s' } } })
    t.client('ann').connect()
    t.until(29)
    assert.equal(t.client('ann').tunnelUp, true)
    t.until(32)
    assert.equal(t.client('ann').tunnelUp, false)
    const request = t.seen('ppp-message', 'office').find(({ type }) => type === 'terminate-request')
    assert.match(request?.detail ?? '', /The session has lasted 30 s, as long as it may/)
    const [account] = t.seen('account', 'office')
    assert.deepEqual([account.cause, account.seconds], ['session-timeout', 30])
  })
  test('a session ends when no packet of the user has passed for so long; Echo-Requests are none', () => {
    const t = officeLab({ pptp: { limits: { idle: '20s' }, echo: '5s' } })
    t.client('ann').connect()
    t.until(10)
    t.ping('ann', '10.20.0.5')
    t.until(29)
    assert.equal(t.client('ann').tunnelUp, true)
    t.until(32)
    assert.equal(t.client('ann').tunnelUp, false)
    assert.equal(t.seen('account', 'office')[0].cause, 'idle-timeout')
    assert.ok(t.seen('ppp-message', 'office').some(({ type }) => type === 'echo-request'))
  })
  test('what a user has of his own overrides them', () => {
    const users = { ann: { password: 'p', session: '10s', idle: '1h' } }
    const t = officeLab({ pptp: { users, limits: { session: '1h', idle: '5s' } } })
    t.client('ann').connect()
    t.until(9)
    assert.equal(t.client('ann').tunnelUp, true)
    t.until(12)
    assert.equal(t.seen('account', 'office')[0].cause, 'session-timeout')
  })
})

describe('the account of a session', () => {
  test('has every packet of the user, in both directions, and nothing else', () => {
    const t = officeLab({ clients: two })
    t.client('ann').connect()
    t.until(5)
    t.ping('ann', '10.20.0.5', 3)
    t.until(10)
    t.ping('files', '10.8.0.10', 1, 100)
    t.until(20)
    assert.equal(t.value('office', 'calls[ann].octetsIn'), 3 * 84 + 128)
    t.client('ann').disconnect()
    t.until(22)
    const [account, ...more] = t.seen('account', 'office')
    assert.equal(more.length, 0)
    const { user, address, peer, iface, packetsIn, packetsOut, octetsIn, octetsOut, cause, seconds } = account
    assert.deepEqual([user, address, peer, iface], ['ann', '10.8.0.10', '192.0.2.10', 'ppp0'])
    assert.deepEqual([packetsIn, packetsOut, octetsIn, octetsOut], [4, 4, 3 * 84 + 128, 3 * 84 + 128])
    assert.deepEqual([cause, seconds], ['user-request', 19])
  })
  test('is none of a caller who was not let in', () => {
    const t = officeLab({ clients: { ann: { password: 'wrong' } } })
    t.client('ann').connect()
    t.until(5)
    assert.equal(t.seen('account').length, 0)
    assert.equal(t.seen('tunnel-end', 'office').length, 1)
  })
  test('says lost-carrier when the caller does not answer any more (RFC 2866 §5.10)', () => {
    const t = officeLab({ pptp: { echo: '5s' }, clients: { ann: {} } })
    t.client('ann').connect()
    t.until(3)
    for (const link of t.run.simulation.links) if (link.ends[0].name === 'isp:lan') link.up = false
    t.until(60)
    assert.equal(t.seen('account', 'office')[0].cause, 'lost-carrier')
  })
})

describe('the way to callers', () => {
  const branch = {
    pptp: { users: { ann: { password: 'p', routes: ['10.30.0.0/24'] } } },
    clients: { ann: { forward: true } },
    nodes: { pc: { kind: 'host', routes: ['default via 10.30.0.1'] } },
    links: [{ endpoints: ['pc:eth0', 'ann:eth1'], ipv4: ['10.30.0.7/24', '10.30.0.1/24'] }],
  }
  test('networks behind a caller have routes as long as its tunnel is up', () => {
    const t = officeLab(branch)
    const before = t.routes('office')
    t.client('ann').connect()
    t.until(2)
    assert.ok(t.routes('office').includes('10.30.0.0/24 dev ppp0'))
    t.ping('files', '10.30.0.7')
    t.ping('pc', '10.20.0.5')
    t.until(4)
    assert.equal(t.seen('ping-reply').length, 2)
    t.client('ann').disconnect()
    t.until(6)
    assert.deepEqual(t.routes('office').sort(), before.sort())
  })
  test('a client that is no router passes nothing on', () => {
    const t = officeLab({ ...branch, clients: { ann: {} } })
    t.client('ann').connect()
    t.until(2)
    t.ping('pc', '10.20.0.5')
    t.until(5)
    assert.equal(t.seen('ping-reply').length, 0)
  })
})

describe('proxy ARP (RFC 1027)', () => {
  const inLan = { pool: '10.20.0.200-10.20.0.209', local: '10.20.0.1' }
  for (const on of [true, false]) {
    test(`${on ? 'with' : 'without'} it a caller ${on ? 'seems to stand' : 'is not found'} in the network of the server`, () => {
      const t = officeLab({ pptp: { ...inLan, pool: '10.20.0.200-10.20.0.209', local: '10.8.0.1', 'proxy-arp': on } })
      t.client('ann').connect()
      t.until(2)
      t.ping('files', '10.20.0.200')
      t.until(6)
      assert.equal(t.seen('ping-reply', 'files').length, on ? 1 : 0)
      const replies = t.seen('arp', 'office').filter(e => e.type === 'reply' && e.address === '10.20.0.200')
      assert.equal(replies.length, on ? 1 : 0)
    })
  }
  test('answers for nobody who is not there, and no more when the caller has gone', () => {
    const t = officeLab({ pptp: { pool: '10.20.0.200-10.20.0.209', 'proxy-arp': true } })
    t.client('ann').connect()
    t.until(2)
    t.ping('files', '10.20.0.201')
    t.until(5)
    t.client('ann').disconnect()
    t.until(8)
    t.ping('files', '10.20.0.200')
    t.until(12)
    const asked = t.seen('arp', 'office').filter(e => e.way === 'received' && e.type === 'request')
    assert.ok(asked.length >= 4)
    const given = t.seen('arp', 'office').filter(e => e.type === 'reply' && e.address.startsWith('10.20.0.2'))
    assert.deepEqual(given, [])
  })
})

describe('what a tunnel carries', () => {
  const mtuOf = (t: ReturnType<typeof officeLab>, node: string) => t.value(node, 'interfaces.ppp0.mtu')
  test('what the path carries, less 40 octets of headers and 4 of MPPE', () => {
    const t = officeLab({ road: { mtu: 1400 } })
    t.client('ann').connect()
    t.until(2)
    // The client's own line carries 1500: it cannot know more.
    assert.deepEqual([mtuOf(t, 'office'), mtuOf(t, 'ann')], [1400 - 44, 1500 - 44])
  })
  test('or what the lab says, at each end', () => {
    const t = officeLab({ pptp: { mtu: 1300 }, clients: { ann: { mtu: 1200 } } })
    t.client('ann').connect()
    t.until(2)
    assert.deepEqual([mtuOf(t, 'office'), mtuOf(t, 'ann')], [1296, 1196])
  })
  test('even if it is more than fits into a packet of the path', () => {
    const t = officeLab({ pptp: { mtu: 1500 }, clients: { ann: { mtu: 1480, profile: 'windows' } } })
    t.client('ann').connect()
    t.until(2)
    // The office sends no more than the MRU of Windows (RFC 1661 §6.1).
    assert.deepEqual([mtuOf(t, 'office'), mtuOf(t, 'ann')], [1396, 1476])
  })
})

/** A second control connection to the office, beside that of the client. */
function oneMore({ tcp }: IpNode): void {
  const stream = new ConnectionStream({
    opened: () => stream.write(Pptp.write(sccrq)),
    data: () => {},
    ended: () => stream.end(),
    closed: () => {},
  })
  const connection = tcp.connect(ip('203.0.113.5'), 1723, stream)
  if (connection) stream.attach(connection)
}
