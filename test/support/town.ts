/** A lab with telephone lines: Bob calls Carol, who answers; Dave finds the line busy; Eve has a tunnel besides. */
export const TOWN = `
name: town
stop: 40s
topology:
  nodes:
    bob: { kind: client, dial: { number: "5550222", user: bob, password: x, bearer: digital } }
    carol: { kind: client, dial: { number: "5550111", user: carol, password: y, answer: 2s } }
    dave: { kind: client, dial: { number: "5550222", user: dave, password: z, timeout: 10s } }
    eve: { kind: client, dial: { number: "5550222", user: eve, password: z },
           pptp: { server: 203.0.113.5, user: eve, password: z } }
    pstn: { kind: pstn, numbers: { tty0: "5550111", tty1: "5550222" }, no-answer: 20s }
  links:
    - { endpoints: ["bob:tty0", "pstn:tty0"], type: serial, delay: 5ms }
    - { endpoints: ["carol:tty0", "pstn:tty1"], type: serial, rate: { carol: 33600bit, pstn: 56kbit }, noise: 0.001% }
    - { endpoints: ["dave:tty0", "pstn:tty2"], type: serial }
    - { endpoints: ["eve:tty0", "pstn:tty3"], type: serial }
events:
  - { at: 0s, dial: bob }
  - { at: 1s, dial: dave }
  - { at: 2s, connect: eve }
  - { at: 30s, hangup: bob }
  - { at: 31s, dial: eve }
expect:
  rings:  { description: It rings, at: 1s, state: { bob.line.call: alerting, carol.line.call: ringing, pstn.pstn.circuits: 1 } }
  talks:  { description: It is answered, at: 2100ms, state: { bob.line.call: connected, bob.line.rate: 33600 } }
  busy:   { description: Dave hears that it is busy, by: 2s, seen: { event: dial-end, at: dave, layer: line, reason: busy } }
  tidy:   { description: Nothing is left, by: 30500ms, state: { pstn.pstn.circuits: 0, bob.line.call: idle, carol.line.call: idle } }
`
