/** Compulsory tunnels as drawings: from the access server, with the telephone line before them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { graphMermaid, graphSvg, graphText, type Lab, load, renderIssues } from '../../src/index.ts'
import { tunnelsOf } from '../../src/view/tunnels.ts'
import { shippedLab } from '../support/pictures.ts'

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
    assert.match(graphText(labOf()), /│ client ├╌protected╌┤ NAS {3}PAC ╞═+1═+╡ router ╞═+1═+╡ server {2}PNS │/)
  })

  test('an access server that carries nothing elsewhere is no PAC; one that dials for a PNS is', () => {
    const roles = (name: string) => {
      const text = graphText(shippedLab(name))
      return [/NAS +PAC/.test(text), /server +PNS/.test(text)]
    }
    assert.deepEqual(roles('dial-up'), [false, false])
    assert.deepEqual(roles('voluntary-over-dial-up'), [false, false])
    assert.deepEqual(roles('outgoing-call'), [true, true])
  })

  test('through a telephone network', () => {
    const lab = labOf({ lines: BY_PSTN })
    assert.deepEqual(tunnelsOf(lab)[0].before.links, [0, 1])
    assert.match(graphText(lab), /^tunnel 1 {2}bob ─+ pstn ─+ nas ═+ isp ═+ company$/m)
    assert.match(graphMermaid(lab), /-\.-\|.*-\.-\|/s)
    assert.match(graphSvg(lab), /class="serial protected"/)
  })

  test('a call that ends at the access server has none', () => {
    assert.deepEqual(tunnelsOf(labOf({ tunnels: '"5550199": 203.0.113.5' })), [])
  })

  test('to a PNS that is not of the lab', () => {
    const [{ server, protection }] = tunnelsOf(labOf({ tunnels: '"5550*": 198.51.100.9' }))
    assert.deepEqual([server, protection], ['198.51.100.9', 'open'])
  })

  test('who has dialled stands in the SVG and in Mermaid', () => {
    assert.match(graphSvg(labOf()), /Tunnel 1 from nas to company, for bob: protected/)
    assert.match(graphMermaid(labOf()), /tunnel 1: nas to company, for bob/)
  })

  test('the line before it is dashed, says what it is, and stands in the legend', () => {
    const svg = graphSvg(labOf())
    assert.match(svg, /<rect class="pill protected"[^>]*><text class="says-protected"[^>]*>protected</)
    assert.match(svg, />call before a tunnel, encrypted as it is</)
    assert.doesNotMatch(graphSvg(shippedLab('dial-up')), /call before|class="pill/)
  })

  test('a bundle of lines says how many it has', () => {
    const lab = labOf({ lines: BY_PSTN })
    assert.match(graphText(lab), /┘4 ?lines└/)
    assert.match(graphText(lab), /^pstn:trunk0 +╌╌╌ nas:tty0 +4 lines, 56 kb\/s$/m)
    assert.match(graphSvg(lab), />4 lines</)
    assert.match(graphSvg(lab), />telephone line</)
  })
})

describe('where a call may go instead', () => {
  test('a second PNS is drawn as one', () => {
    const lab = shippedLab('nas-failover')
    const [{ server, others }] = tunnelsOf(lab)
    assert.equal(server, 'north')
    assert.deepEqual(others, [
      {
        server: 'south',
        way: { links: [4, 5, 7], nodes: ['nas', 'isp', 'hall', 'south'] },
        when: 'if north does not answer',
      },
    ])
    assert.match(graphText(lab).replace(/\n +/g, ' '), /if north does not answer: south/)
    assert.match(graphSvg(lab), /class="tube broken protected"/)
    assert.match(graphSvg(lab), />\(1-3\)</)
    assert.match(graphMermaid(lab), /p2 - eth0 \.6<br\/>203\.0\.113\.0\/24<br\/>another way of tunnel 1-3"/)
  })
})

describe('a call that a PNS asks for', () => {
  test('is a tunnel from the machine that is rung', () => {
    const [first, , third] = tunnelsOf(shippedLab('outgoing-call'))
    assert.deepEqual(first.way.nodes, ['nas', 'isp', 'company'])
    assert.deepEqual([first.caller, first.before.nodes, first.protection], ['shop', ['shop', 'pstn'], 'protected'])
    assert.equal(first.because, 'company asks nas to dial 5550111; MPPE 128 bit, stateless')
    assert.deepEqual([third.caller, third.protection], ['museum', 'none'])
    assert.match(third.because, /museum answers no calls/)
  })

  test('a number that nobody has makes none, and each is drawn once', () => {
    const lab = shippedLab('outgoing-call')
    assert.equal(tunnelsOf(lab).length, 3)
    assert.equal(tunnelsOf({ ...lab, events: [...lab.events, ...lab.events] }).length, 3)
    assert.equal(tunnelsOf({ ...lab, events: [] }).length, 0)
  })
})
