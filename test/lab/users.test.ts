import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import { loadLab } from '../../src/lab/load.ts'
import { parseSecrets } from '../../src/lab/users.ts'
import { fc } from '../support/fast-check.ts'

const lab = (pptp: string) => `
name: t
topology:
  nodes: { o: { kind: pptp-server, pptp: { local: 10.8.0.1, pool: 10.8.0.2-10.8.0.9, ${pptp} } } }
`
const said = (pptp: string, file?: string): string[] => {
  const loaded = loadLab(lab(pptp), 'lab.yaml', [], name => (name === 'callers' ? file : undefined))
  return loaded.ok ? [] : loaded.issues.map(({ message }) => message)
}

describe('a file of secrets', () => {
  test('has the words of chap-secrets: comments, quotes, addresses', () => {
    const file =
      '# comment\n\nann * wonderland # hers\r\n"ben baker"\toffice "with blanks" 10.8.0.7\n\'c\' * \'#1\' -\nd * "" *\n'
    assert.deepEqual(parseSecrets(file), [
      { line: 3, client: 'ann', secret: 'wonderland', address: undefined },
      { line: 4, client: 'ben baker', secret: 'with blanks', address: ip('10.8.0.7') },
      { line: 5, client: 'c', secret: '#1', address: undefined },
      { line: 6, client: 'd', secret: '', address: undefined },
    ])
  })
  test('what is wrong in it is said with its line', () => {
    const file =
      'ann *\nben * "open\ncarl * p 10.8.0\ndora * p 10.8.0.3 10.8.0.4\nemil * p 10.8.0.5\nfred * p 10.8.0.5\nemil * q\n'
    assert.deepEqual(said('secrets: callers', file), [
      'Line 1 of callers: it needs client, server and secret.',
      'Line 2 of callers: a quote is not closed.',
      'Line 3 of callers: "10.8.0" is no IPv4 address.',
      'Line 4 of callers: a caller has one address only.',
      '10.8.0.5 is the address of emil already; fred needs another.',
      'Line 7 of callers: user "emil" is there twice.',
    ])
  })
  test('must be there, and adds to the users of the lab', () => {
    assert.deepEqual(said('secrets: callers'), ['"callers" cannot be read.'])
    assert.deepEqual(said('users: { ann: p }, secrets: callers', 'ben * p\n'), [])
    assert.deepEqual(said('users: { ann: p }, secrets: callers', 'ann * p\n'), [
      'Line 1 of callers: user "ann" is there twice.',
    ])
  })
  test('of any text is read or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1.*#"\' \t\n') }), text => {
        for (const { line, problem } of parseSecrets(text)) assert.ok(line > 0 && problem !== '')
      }),
    )
  })
})

test('a server needs users, or a file of them, or a RADIUS server', () => {
  assert.deepEqual(said('mppe: off'), ['o is a pptp-server and lacks pptp.users (who may call).'])
})

describe('a check of somebody’s call', () => {
  const asked = (user: string, radius: string): string[] => {
    const loaded = loadLab(
      `
name: t
topology:
  nodes:
    o: { kind: pptp-server, pptp: { local: 10.8.0.1, pool: 10.8.0.2-10.8.0.9, users: { ann: p }, radius: { servers: [${radius}], secret: s } } }
    r: { kind: radius, radius: { secret: s, users: { ben: p } } }
  links: [{ endpoints: ["o:eth0", "r:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24] }]
expect: { in: { description: In, at: 1s, state: { "o.calls[${user}].ppp.ipcp": opened } } }
`,
      'lab.yaml',
      [],
    )
    return loaded.ok ? [] : loaded.issues.map(({ message, hint }) => `${message} ${hint}`)
  }
  test('knows the users of the RADIUS servers too', () => {
    assert.deepEqual(asked('ann', 'r'), [])
    assert.deepEqual(asked('ben', 'r'), [])
    assert.deepEqual(asked('benn', 'r'), ['o knows no user benn. did you mean "ben"?'])
  })
  test('cannot say who is known to a RADIUS server that is no node of the lab', () => {
    assert.deepEqual(asked('benn', '10.0.0.3'), [])
  })
})
