/** `pptp-lab init [FILE]`: a first lab to start from. */
import { existsSync, writeFileSync } from 'node:fs'
import { writing } from '../files.ts'
import { out } from '../terminal.ts'
import { type Action, EXIT, UsageError } from '../usage.ts'

export const init: Action = ([path = 'my-lab.yaml']) => {
  if (!path.endsWith('.yaml')) {
    throw new UsageError(`The name of a lab file ends in .yaml: pptp-lab init ${path.replace(/\.\w*$/, '')}.yaml`)
  }
  if (existsSync(path)) {
    throw new UsageError(`${path} exists already and is left alone. Another name: pptp-lab init other-lab.yaml`)
  }
  writing(path, () => writeFileSync(path, FIRST_LAB, { flag: 'wx' }))
  out(`${path} is written. Run it: pptp-lab run ${path}\n`)
  return EXIT.good
}

const FIRST_LAB = `# A first lab: one computer dials its office through a provider's router.
# Everything that may stand here: docs/topology.md. Try:  pptp-lab check THIS-FILE,  pptp-lab run THIS-FILE
name: my-lab
description: My computer dials the office.
stop: 10s

topology:
  nodes:
    me:
      kind: client
      routes: ["default via 198.51.100.1"]
      pptp:
        server: office             # a node or an address
        user: me
        password: a good one
        auth: ms-chap-v2
        mppe: required
        routes: [10.20.0.0/24]     # what is reached through the tunnel
    isp:
      kind: router
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp:
        local: 10.8.0.1
        pool: 10.8.0.10-10.8.0.99
        users: { me: a good one }
        auth: ms-chap-v2
        mppe: required
    files:
      kind: host
      routes: ["default via 10.20.0.1"]
  links:
    - { endpoints: ["me:eth0", "isp:eth0"],      ipv4: [198.51.100.10/24, 198.51.100.1/24], delay: 15ms }
    - { endpoints: ["isp:eth1", "office:eth0"],  ipv4: [203.0.113.1/24, 203.0.113.5/24],    delay: 5ms }
    - { endpoints: ["office:eth1", "files:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }

events:
  - { at: 0s, connect: me }
  - { at: 3s, ping: { from: me, to: files, count: 3, interval: 1s } }

expect:
  tunnel: { description: The tunnel comes up, by: 2s, state: { me.ppp.ipcp: opened } }
  ping:   { description: The file server answers, by: 9s, seen: { event: ping-reply, at: me, count: "== 3" } }
`
