/** Ladders of labs in which a machine does several things at one instant, or something is discarded where it is made. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  foldRows,
  type Ladder,
  type LadderRow,
  ladderText,
  load,
  Recorder,
  Run,
  RunLadder,
  rowFacts,
  sceneOf,
} from '../../src/index.ts'
import { placesOf } from '../../src/view/ladder.ts'
import { ladderOf as shippedLadder } from '../support/ladders.ts'
import { shippedText } from '../support/shipped.ts'

/** alice, a provider and her office; `office` stands for what the office has besides. */
function ladderOf(office: string, events: readonly string[], seconds: number, line = ''): Ladder {
  const text = `
name: odd
topology:
  nodes:
    alice:
      kind: client
      routes: ["default via 198.51.100.1"]
      pptp: { server: 203.0.113.5, user: alice, password: wonderland, mppe: required }
    isp: { kind: router }
    office:
      kind: pptp-server
      ${office}
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: wonderland }, mppe: required }
  links:
    - { endpoints: ["alice:eth0", "isp:eth0"], ipv4: [198.51.100.10/24, 198.51.100.1/24], delay: 15ms, rate: 10mbit${line} }
    - { endpoints: ["isp:eth1", "office:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24], delay: 5ms, rate: 100mbit }
events:
${events.map(event => `  - ${event}\n`).join('')}`
  return ladderIn(recordedLab(text, seconds))
}

/** The shipped lab, in which other things happen. */
const dialUpText = (events: readonly string[]): string =>
  shippedText('dial-up').replace(/^events:[\s\S]*/m, `events:\n${events.map(event => `  - ${event}\n`).join('')}`)
const dialUp = (events: readonly string[], seconds: number): Ladder =>
  ladderIn(recordedLab(dialUpText(events), seconds))

function recordedLab(text: string, seconds: number): Recorder {
  const loaded = load(text, 'odd.yaml')
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const recorder = new Recorder(new Run(loaded.lab))
  recorder.run.advanceTo(seconds * 1e9)
  return recorder
}
const ladderIn = (recorder: Recorder): Ladder => new RunLadder(recorder).ladder(sceneOf(recorder).tunnels)

describe('what became of a packet', () => {
  test('it has arrived, though the answer was discarded where it was made', () => {
    const { rows } = ladderOf('routes: []', ['{ at: 1s, ping: { from: alice, to: office } }'], 2)
    const fates = rows
      .filter(({ label }) => /^(echo|ICMP)/.test(label))
      .map(({ from, label, fate }) => [from, label, fate.kind === 'dropped' ? fate.reason : fate.kind])
    assert.deepEqual(fates, [
      ['alice', 'echo request 1', 'arrived'],
      ['office', 'ICMP', 'no-route'],
    ])
  })
})

const causeOf = ({ rows }: Ladder, { cause }: LadderRow): string => {
  if (cause?.kind !== 'row') return cause?.text ?? 'a timer'
  const { label, from, t } = rows[cause.no - 1]
  return `${label} of ${from} at ${t / 1e9}`
}
const causes = (ladder: Ladder, wanted: (row: LadderRow) => boolean): (readonly [string, string])[] =>
  ladder.rows.filter(wanted).map(row => [row.label, causeOf(ladder, row)])

describe('what brought a packet about', () => {
  test('of several actions at one instant the one that sends it', () => {
    const ladder = ladderOf(
      'routes: ["default via 203.0.113.1"]',
      [
        '{ at: 0s, connect: alice }',
        '{ at: 2s, ping: { from: alice, to: office } }',
        '{ at: 2s, disconnect: alice }',
        '{ at: 2s, echo: { from: alice, to: office } }',
      ],
      2.01,
    )
    const sent = causes(ladder, ({ from, t, octets }) => from === 'alice' && t === 2e9 && octets > 0)
    assert.deepEqual(
      sent.map(([label, cause]) => [label.split(' ')[0], cause]),
      [
        ['echo', 'alice pings 203.0.113.5: one echo request with 56 octets'],
        ['LCP', 'alice clears its call'],
        ['UDP', 'alice sends one UDP datagram of 64 octets to 203.0.113.5 to be echoed'],
      ],
    )
  })

  test('nothing that its machine has discarded of its own', () => {
    const ladder = shippedLadder('nat-no-helper', 31)
    const own = ladder.rows.filter(({ fate, from }) => fate.kind === 'dropped' && fate.node === from && !fate.between)
    assert.ok(own.length > 2)
    for (const row of ladder.rows)
      if (row.cause?.kind === 'row') assert.ok(!own.includes(ladder.rows[row.cause.no - 1]))
  })

  test('a timer, if the question has had its answer', () => {
    const ladder = shippedLadder('radius-silent', 16)
    assert.deepEqual(
      causes(ladder, ({ label, t }) => label.startsWith('CHAP Response') && t > 8e9).map(([, cause]) => cause),
      ['CHAP Challenge 168 of office at 12.14', 'a timer'],
    )
  })

  test('the question that came to the machine that answers, though the answer goes to another', () => {
    const ladder = shippedLadder('call-id-clash', 20.2)
    const [[, cause]] = causes(ladder, ({ label, to, t }) => label === 'LCP Conf-Ack 1' && to === 'alice' && t > 20e9)
    assert.match(cause, /LCP Conf-Req 1 of bob/)
  })

  test('of several calls that were asked for the one whose ID the answer names (RFC 2637 §2.8)', () => {
    const call = (at: string, number: string): string =>
      `  - { at: ${at}, call: { from: company, via: nas, number: "${number}" } }\n`
    const text = shippedText('outgoing-call').replace(/^events:[\s\S]*/m, '')
    const ladder = ladderIn(recordedLab(`${text}events:\n${call('10s', '5550111')}${call('10500ms', '5550113')}`, 35))
    const answers = causes(ladder, ({ label }) => label === 'OCRP').map(([, cause]) => cause)
    const [first, second] = ladder.rows.filter(({ label }) => label === 'OCRQ')
    assert.deepEqual(
      answers,
      [first, second].map(({ t }) => `OCRQ of company at ${t / 1e9}`),
    )
  })
})

describe('two homes that use the same private addresses', () => {
  const home = (name: string, last: number): string => `
    ${name}:
      kind: client
      routes: ["default via 192.168.1.1"]
      pptp: { server: 203.0.113.5, user: ${name}, password: one, mppe: required }
    nat-${name}:
      kind: firewall
      routes: ["default via 198.51.100.${last + 1}"]
      nat: { inside: [lan0], outside: wan0, like: linux-pptp }`
  const lines = (name: string, last: number, quality = ''): string => `
    - { endpoints: ["${name}:eth0", "nat-${name}:lan0"], ipv4: [192.168.1.10/24, 192.168.1.1/24], delay: 1ms${quality} }
    - { endpoints: ["nat-${name}:wan0", "isp:${name}"], ipv4: [198.51.100.${last}/30, 198.51.100.${last + 1}/30], delay: 10ms }`
  const lab = (quality: string, events: readonly string[]): string => `
name: homes
topology:
  nodes:${home('alice', 1)}${home('bob', 5)}
    isp: { kind: router }
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp: { local: 10.8.0.1, pool: 10.8.0.10-10.8.0.99, users: { alice: one, bob: one }, mppe: required }
  links:${lines('alice', 1)}${lines('bob', 5, quality)}
    - { endpoints: ["isp:office", "office:eth0"], ipv4: [203.0.113.1/24, 203.0.113.5/24], delay: 10ms }
events:
${events.map(event => `  - ${event}\n`).join('')}`

  const lossy = ladderIn(
    recordedLab(lab(', loss: 30%', ['{ at: 0s, connect: alice }', '{ at: 0s, connect: bob }']), 20),
  )
  const lost = lossy.rows.filter(({ from, fate }) => from === 'office' && fate.kind === 'dropped')

  test('what is lost behind a NAT box was for the machine behind it, and of its tunnel', () => {
    assert.ok(lost.length > 3)
    assert.deepEqual(new Set(lost.map(({ to, calls }) => `${to} ${calls}`)), new Set(['bob 2']))
  })

  test('no packet is for both', () => {
    const both = lossy.rows.filter(row => {
      const places = [...placesOf(row), row.to].join(' ')
      return places.includes('alice') && places.includes('bob')
    })
    assert.deepEqual(both, [])
  })

  test('an answer comes from a message, and not from an acknowledgment that came with it', () => {
    const answers = causes(
      lossy,
      ({ label, from, to }) => /^(OCRP|LCP Conf-Req)/.test(label) && from + to === 'officebob',
    )
    assert.deepEqual(
      answers.slice(0, 2).map(([label, cause]) => [label, cause.split(' at ')[0]]),
      [
        ['OCRP', 'OCRQ of bob'],
        ['LCP Conf-Req 1', 'OCRQ of bob'],
      ],
    )
  })

  test('an address of the pool is of the one who has it then', () => {
    const { rows } = ladderIn(
      recordedLab(
        lab('', [
          '{ at: 0s, connect: alice }',
          '{ at: 3s, ping: { from: office, to: 10.8.0.10 } }',
          '{ at: 5s, disconnect: alice }',
          '{ at: 10s, connect: bob }',
          '{ at: 15s, ping: { from: office, to: 10.8.0.10 } }',
          '{ at: 20s, link: { between: [bob, nat-bob], down: true } }',
          '{ at: 21s, ping: { from: office, to: 10.8.0.10 } }',
        ]),
        22,
      ),
    )
    const pings = rows.filter(({ label }) => label.startsWith('echo request'))
    assert.deepEqual(
      pings.map(({ to, fate }) => [to, fate.kind]),
      [
        ['alice', 'arrived'],
        ['bob', 'arrived'],
        ['bob', 'dropped'],
      ],
    )
  })
})

describe('on a line that delivers packets twice', () => {
  const text = shippedText('nat-two-clients').replace(/(198\.51\.100\.1\/24\], delay: 10ms)/, '$1, duplication: 60%')
  const ladder = ladderIn(recordedLab(text, 4))

  test('the words say once what a NAT box changes, though it does so twice', () => {
    const rows = ladder.rows.filter(({ journeys }) =>
      journeys.some(({ packets }) => (packets[0].rewrites?.length ?? 0) > 2),
    )
    assert.ok(rows.length > 0)
    for (const row of rows) {
      for (const fact of rowFacts(ladder, row).filter(fact => fact.includes(' and changes '))) {
        const changes = fact.split(' and changes ')[1].replace(/\.$/, '').split(', ')
        assert.equal(new Set(changes).size, changes.length, fact)
      }
    }
  })

  test('a packet has arrived if one of its copies has', () => {
    const taken = ladder.rows.filter(
      ({ journeys: [{ packets }], to }) =>
        packets[0].drop?.reason === 'tcp-unexpected' && packets[0].visits.filter(({ node }) => node === to).length > 1,
    )
    assert.ok(taken.length > 0)
    assert.deepEqual(new Set(taken.map(({ fate }) => fate.kind)), new Set(['arrived']))
  })
})

describe('what a packet has brought about', () => {
  const ladder = shippedLadder('voluntary', 1)
  const factsOf = (label: string): string => {
    const row = ladder.rows.find(row => row.label === label && row.from === 'office')
    assert.ok(row)
    return rowFacts(ladder, row).at(-1) ?? ''
  }

  test('is not what another has that came at the same instant', () => {
    const { rows, changesOf } = shippedLadder('nat-two-clients', 1)
    const twins = rows.filter(({ fate, to }, i) => {
      const next = rows[i + 1]
      return fate.kind === 'arrived' && next?.fate.kind === 'arrived' && next.to === to && next.fate.t === fate.t
    })
    assert.ok(twins.length > 0)
    for (const row of twins) {
      const others = changesOf(rows[row.no])
      assert.ok(!changesOf(row).some(change => others.includes(change)), row.label)
    }
  })

  test('has the name of TCP, and not the end of an address', () => {
    assert.match(factsOf('TCP SYN ACK from 1723'), /alice has it: TCP Syn-Sent → Established/)
  })
})

describe('a signal of a telephone line', () => {
  const ladder = dialUp(
    [
      '{ at: 0s, link: { between: [bob, nas], delay: 3s } }',
      '{ at: 1s, dial: bob }',
      '{ at: 2s, link: { between: [bob, nas], down: true } }',
      '{ at: 3s, link: { between: [bob, nas], down: false, delay: 40ms } }',
      '{ at: 4s, dial: bob }',
      '{ at: 10s, crash: nas }',
      '{ at: 12s, dial: bob }',
      '{ at: 30s, restart: nas }',
      '{ at: 32s, dial: bob }',
    ],
    50,
  )
  const dials = ladder.rows.filter(({ label }) => label.startsWith('dials'))

  test('that was lost is none that is still on its way, and none that was heard later', () => {
    const fates = dials.map(({ t, fate }) => [t / 1e9, fate.kind, fate.kind === 'arrived' ? fate.t / 1e9 : undefined])
    assert.deepEqual(fates, [
      [1, 'unheard', undefined],
      [4, 'arrived', 4.04],
      [12, 'unheard', undefined],
      [32, 'arrived', 32.04],
    ])
  })

  test('that nobody has heard says so, in the picture and in words', () => {
    const [row] = dials
    assert.match(ladderText(ladder, [{ kind: 'row', t: row.t, row, opened: false }], { width: 90 }), /× nas: not heard/)
    assert.equal(rowFacts(ladder, row).at(-1), 'nas has not heard it: the line was cut, or nobody was there to listen.')
  })

  test('is under way for as long as it can be, and not when its machine has no power', () => {
    const signals = (seconds: number): number =>
      sceneOf(recordedLab(dialUpText(['{ at: 0s, crash: nas }', '{ at: 1s, dial: bob }']), seconds)).links[0].signals
        .length
    assert.deepEqual([1.02, 1.05, 3].map(signals), [1, 0, 0])
  })
})

describe('a packet on its way', () => {
  /** Where the head of the last arrow is, and the lifelines of the last line. */
  function lastLine(lab: string, seconds: number): { text: string; tip: number; lines: number[] } {
    const ladder = shippedLadder(lab, seconds)
    const rows = ladder.rows.filter(({ fate }) => fate.kind === 'flying')
    const [head, , text = ''] = ladderText(
      ladder,
      foldRows(rows.slice(-1), () => true),
      {
        width: 90,
        nodes: new Set(lab === 'compulsory' ? ['bob', 'nas', 'company'] : ['alice', 'office', 'files']),
      },
    ).split('\n')
    const lines = [...text.matchAll(/[│╪]/g)].map(({ index }) => index)
    assert.ok(head.includes('sent s'))
    return { text, tip: text.search(/[►◄]/), lines }
  }

  test('is drawn as an arrow that stops short of who is to get it', () => {
    const { text, tip, lines } = lastLine('voluntary', 3.01)
    assert.match(text, /echo request 1/)
    assert.ok(tip > lines[0] && tip < lines[1], text)
  })

  test('goes on with the time, and never back', () => {
    const tips = [3.001, 3.005, 3.01, 3.014, 3.016, 3.018].map(t => lastLine('voluntary', t).tip)
    assert.deepEqual(
      tips,
      tips.toSorted((a, b) => a - b),
    )
    assert.ok(tips[0] < tips[5])
  })

  test('stands behind a machine that has passed it on', () => {
    const { text, tip, lines } = lastLine('compulsory', 0.34)
    assert.ok(tip > lines[0] && tip < lines[1], text)
  })

  test('is not said to have been at who is to get it', () => {
    const { rows, now } = shippedLadder('voluntary', 3.01)
    const request = rows.find(({ label }) => label === 'echo request 1')
    assert.ok(request && now === 3.01e9)
    assert.deepEqual([request.to, placesOf(request)], ['files', ['alice']])
  })
})
