/** Compulsory tunnels as drawings: from the access server, with the telephone line before them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { graphMermaid, graphSvg, graphText, type Lab, load, renderIssues } from '../../src/index.ts'
import { tunnelsOf } from '../../src/view/tunnels.ts'

const DIRECT = '    - { endpoints: ["bob:tty0", "nas:tty0"], type: serial, delay: 40ms }'
const BY_PSTN = `    - { endpoints: ["bob:tty0", "pstn:tty0"], type: serial, delay: 40ms }
    - { endpoints: ["pstn:trunk0", "nas:tty0"], type: serial, lines: 4 }`

function labOf({ lines = DIRECT, mppe = 'optional', tunnels = '"5550100": 203.0.113.5' } = {}): Lab {
  const pstn = '    pstn: { kind: pstn, numbers: { tty0: "5550111", trunk0: "5550100" } }\n'
  const users = 'users: { bob: builder }, auth: [ms-chap-v2]'
  const loaded = load(
    `name: dialled
description: Bob dials.
topology:
  nodes:
    bob: { kind: client, dial: { number: "5550100", user: bob, password: builder, auth: [ms-chap-v2] } }
${lines === BY_PSTN ? pstn : ''}    nas:
      kind: nas
      routes: ["default via 192.0.2.1"]
      tunnels: { ${tunnels} }
      ppp: { local: 10.9.0.1, pool: 10.9.0.10-10.9.0.99, ${users} }
    isp: { kind: router }
    company:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, ${users}, mppe: "${mppe}" }
  links:
${lines}
    - { endpoints: ["nas:eth0", "isp:eth0"], ipv4: [192.0.2.2/24, 192.0.2.1/24] }
    - { endpoints: ["isp:eth1", "company:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24] }
events:
  - { at: 0s, dial: bob }
`,
    'dialled.yaml',
  )
  assert.ok(loaded.ok, loaded.ok ? '' : renderIssues(loaded.issues))
  return loaded.lab
}

describe('a compulsory tunnel', () => {
  test('begins at the access server; the line before it is as protected as it is, since PPP passes both', () => {
    const [tunnel] = tunnelsOf(labOf())
    assert.deepEqual(tunnel.way, { links: [1, 2], nodes: ['nas', 'isp', 'company'] })
    assert.deepEqual(tunnel.before, { nodes: ['bob'], links: [0], protection: 'protected', inRow: true })
    assert.match(graphText(labOf()), /^tunnel 1 {2}bob ─+ nas ═+ isp ═+ company$/m)
  })

  test('in clear, the line is too', () => {
    const [{ protection, before }] = tunnelsOf(labOf({ mppe: 'off' }))
    assert.deepEqual([protection, before.protection], ['clear', 'clear'])
    assert.match(graphText(labOf({ mppe: 'off' })), /╌clear╌/)
  })

  test('the access server is the PAC, whom it calls the PNS, and who dials neither', () => {
    assert.match(graphText(labOf()), /│ client ├╌+┤ nas {3}PAC ╞═+1═+╡ router ╞═+1═+╡ server {2}PNS │/)
  })

  test('through a telephone network', () => {
    const lab = labOf({ lines: BY_PSTN })
    assert.deepEqual(tunnelsOf(lab)[0].before.links, [0, 1])
    assert.match(graphText(lab), /^tunnel 1 {2}bob ─+ pstn ─+ nas ═+ isp ═+ company$/m)
    assert.match(graphMermaid(lab), /-\.-\|.*-\.-\|/s)
    assert.match(graphSvg(lab), /class="serial"/)
  })

  test('a call that ends at the access server has none', () => {
    assert.deepEqual(tunnelsOf(labOf({ tunnels: '"5550199": 203.0.113.5' })), [])
  })

  test('to a PNS that is not of the lab', () => {
    const [{ server, protection }] = tunnelsOf(labOf({ tunnels: '"5550*": 198.51.100.9' }))
    assert.deepEqual([server, protection], ['198.51.100.9', 'open'])
  })
})
