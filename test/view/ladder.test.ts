/** Ladders: which packets are one row, what brought a row about, what is folded, and that nothing is left out. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeCapture } from '../../src/decode/decode.ts'
import {
  chosenRows,
  foldRows,
  type Ladder,
  type LadderRow,
  ladderOfCapture,
  ladderText,
  layersNamed,
  RunLadder,
  rowFacts,
  rowsOf,
  sceneOf,
} from '../../src/index.ts'
import { captureFile, readCapture } from '../support/captures.ts'
import { fc } from '../support/fast-check.ts'
import { golden } from '../support/golden.ts'
import { GOLDEN_LADDERS, ladderOf, ladderTexts } from '../support/ladders.ts'
import { recorded } from '../support/scene.ts'

describe('as text', () => {
  for (const [lab, seconds] of GOLDEN_LADDERS) {
    test(`${lab} is drawn as in test/golden/ladder`, () => {
      assert.equal(ladderTexts(lab, seconds), golden(`ladder/${lab}.txt`))
    })
  }
})

const labels = (rows: readonly LadderRow[]): string[] => rows.map(({ from, to, label }) => `${from} > ${to} ${label}`)
const rowCalled = ({ rows }: Ladder, label: string, from?: string): LadderRow => {
  const found = rows.find(row => row.label === label && (from === undefined || row.from === from))
  assert.ok(found, `no row ${label}`)
  return found
}
const causeOf = (ladder: Ladder, row: LadderRow): string => {
  const { cause } = row
  if (cause === undefined) return 'a timer'
  if (cause.kind === 'action') return cause.text
  const { label, from } = ladder.rows[cause.no - 1]
  return `${label} of ${from}`
}

describe('one row from end to end', () => {
  const ladder = ladderOf('compulsory', 13)

  test('what an access server takes from GRE and puts on the telephone line is one row, and back', () => {
    for (const [from, to] of [
      ['company', 'bob'],
      ['bob', 'company'],
    ]) {
      const row = rowCalled(ladder, 'LCP Conf-Req 1', from)
      assert.deepEqual([row.from, row.to, row.fate.kind], [from, to, 'arrived'])
      assert.ok(row.via.includes('nas'))
      assert.equal(row.journeys.length, 2)
    }
    assert.equal(ladder.rows.filter(({ label }) => label === 'LCP Conf-Ack 1').length, 2)
  })

  test('a ping through the tunnel goes from the user to the host behind the server', () => {
    const request = ladder.rows.find(({ label, from }) => label === 'echo request 1' && from === 'bob')
    assert.deepEqual([request?.to, request?.via], ['files', ['nas', 'isp', 'company']])
    assert.match(request?.seal ?? '', /^in MPPE \d+$/)
  })

  test('a telephone exchange rings the bell of another: one signal from phone to phone', () => {
    const { rows } = ladderOf('outgoing-call', 13)
    const dials = rows.filter(({ label }) => label === 'dials 5550111')
    assert.deepEqual(labels(dials), ['nas > shop dials 5550111'])
    assert.deepEqual(dials[0].via, ['pstn'])
  })

  test('a hang-up that is answered by one is two rows', () => {
    const { rows } = ladderOf('compulsory', 41)
    assert.deepEqual(labels(rows.filter(({ label }) => label === 'hang-up')), [
      'bob > nas hang-up',
      'nas > bob hang-up',
    ])
  })

  test('what was dropped says where, and what was lost between whom', () => {
    const nat = rowCalled(ladderOf('nat-no-helper', 1), 'LCP Conf-Req 1', 'office')
    assert.deepEqual(nat.fate, {
      kind: 'dropped',
      t: 0.15e9,
      node: 'home',
      reason: 'no-protocol',
      between: undefined,
    })
  })

  test('a packet on its way is flying, and where it is counts as had', () => {
    const { rows } = ladderOf('compulsory', 0.34)
    const flying = rows.filter(({ fate }) => fate.kind === 'flying')
    assert.deepEqual(labels(flying), ['company > bob CHAP Challenge 102'])
    assert.deepEqual(flying[0].via, ['isp', 'nas'])
  })
})

describe('what brought it about', () => {
  const ladder = ladderOf('compulsory', 6)
  const causes: readonly (readonly [row: string, from: string, cause: string])[] = [
    ['dials 5550100', 'bob', 'bob dials'],
    ['TCP SYN to 1723', 'nas', 'dials 5550100 of bob'],
    ['SCCRP', 'company', 'SCCRQ of nas'],
    ['ICRP', 'company', 'ICRQ of nas'],
    ['ICCN', 'nas', 'ICRP of company'],
    ['connect', 'nas', 'dials 5550100 of bob'],
    ['LCP Conf-Req 1', 'company', 'ICCN of nas'],
    ['LCP Conf-Ack 1', 'bob', 'LCP Conf-Req 1 of company'],
    ['CHAP Challenge 102', 'company', 'LCP Conf-Ack 1 of bob'],
    ['CHAP Response 102', 'bob', 'CHAP Challenge 102 of company'],
    ['CHAP Success 102', 'company', 'CHAP Response 102 of bob'],
    ['CCP Conf-Req 1', 'company', 'CHAP Response 102 of bob'],
    ['IPCP Conf-Nak 1', 'company', 'IPCP Conf-Req 1 of bob'],
    ['IPCP Conf-Req 2', 'bob', 'IPCP Conf-Nak 1 of company'],
    ['echo reply 1', 'files', 'echo request 1 of bob'],
  ]
  for (const [label, from, cause] of causes) {
    test(`${label} of ${from}: ${cause}`, () => assert.equal(causeOf(ladder, rowCalled(ladder, label, from)), cause))
  }

  test('a second try comes from a timer', () => {
    const nat = ladderOf('nat-no-helper', 4)
    const tries = nat.rows.filter(({ label, from }) => label === 'LCP Conf-Req 1' && from === 'office')
    assert.deepEqual(
      tries.map(row => causeOf(nat, row)),
      ['OCRQ of alice', 'a timer'],
    )
  })

  test('an error message comes from the packet that was discarded', () => {
    const nat = ladderOf('nat-no-helper', 1)
    assert.equal(causeOf(nat, rowCalled(nat, 'ICMP protocol unreachable')), 'LCP Conf-Req 1 of office')
  })

  test('an answer comes from its request, behind a NAT box and with something else at the same instant too', () => {
    const nat = ladderOf('nat-no-helper', 4)
    const answers = nat.rows.filter(({ label }) => label === 'LCP Conf-Ack 1')
    assert.deepEqual(
      answers.map(row => causeOf(nat, row)),
      ['LCP Conf-Req 1 of alice', 'LCP Conf-Req 1 of alice'],
    )
  })

  test('no cause is later than what it causes', () => {
    for (const { no, t, cause } of ladder.rows) {
      if (cause?.kind !== 'row') continue
      assert.ok(cause.no < no && ladder.rows[cause.no - 1].t <= t)
    }
  })

  test('the facts of a row: why, who carried it and how, and what came of it', () => {
    assert.deepEqual(rowFacts(ladder, rowCalled(ladder, 'LCP Conf-Ack 1', 'company'), true), [
      '0.263 sent by company because of LCP Conf-Req 1 from bob, sent 0.200.',
      '0.278 nas takes the PPP frame out of GRE and puts it on the telephone line.',
      '0.326 bob has it: LCP Ack-Sent → Opened, phase Establish → Authenticate, auth Idle → Authenticating.',
    ])
  })

  test('the facts say what a NAT box has changed', () => {
    const facts = rowFacts(ladderOf('nat-two-clients', 1), rowCalled(ladderOf('nat-two-clients', 1), 'SCCRQ')).join(' ')
    assert.match(facts, /home passes it on to \w+ and changes source [\d.:]+ to [\d.:]+/)
  })
})

describe('groups', () => {
  const itemsOf = (lab: string, seconds: number) => foldRows(chosenRows(ladderOf(lab, seconds), {}), () => false)
  const folds = (lab: string, seconds: number): string[] =>
    itemsOf(lab, seconds).flatMap(item =>
      item.kind === 'fold' ? item.labels[0] : item.kind === 'row' ? item.row.label : ': ',
    )

  test('by layer: TCP, control connection, call, LCP, authentication, CCP with IPCP', () => {
    assert.deepEqual(folds('voluntary', 0.5).slice(1), [
      'TCP open, 2 packets',
      'SCCRQ, SCCRP, 2 packets',
      'OCRQ, OCRP, SLI, 5 packets',
      'LCP, 4 packets',
      'CHAP, 3 packets',
      'CCP, IPCP, 11 packets',
    ])
  })

  test('a refusal stands alone', () => {
    assert.ok(folds('wrong-password', 1).includes('CHAP Failure 68'))
  })

  test('a burst of data says how many packets, octets and losses', () => {
    const bursts = folds('compulsory', 30).filter(label => /octets/.test(label))
    assert.ok(bursts.some(label => /^echo, 6 packets, \d+ octets$/.test(label)))
    assert.ok(bursts.some(label => /^TCP 5001, \d+ packets, [\d ]+ octets, 1 dropped$/.test(label)))
  })

  test('over a second without a packet is a line of its own', () => {
    const quiet = itemsOf('compulsory', 11).filter(({ kind }) => kind === 'quiet')
    assert.ok(quiet.length > 0)
    for (const item of quiet) assert.ok(item.kind === 'quiet' && item.length > 1e9)
  })

  test('words for layers', () => {
    assert.deepEqual(layersNamed('ppp'), ['lcp', 'auth', 'ccp', 'ipcp'])
    assert.deepEqual(layersNamed('control'), ['control'])
    assert.equal(layersNamed('pppp'), undefined)
  })
})

const MOMENTS: readonly (readonly [string, number])[] = [
  ['voluntary', 0.2],
  ['voluntary', 25],
  ['compulsory', 0.31],
  ['compulsory', 29],
  ['compulsory-realms', 12],
  ['outgoing-call', 30],
  ['nat-no-helper', 22],
  ['nat-two-clients', 12],
  ['gre-reorder', 3],
  ['voluntary-over-dial-up', 20],
  ['line-noise', 12],
  ['double-nat-cgn', 12],
  ['load-balancer', 10],
  ['site-to-site', 15],
]
const recordings = MOMENTS.map(([lab, seconds]) => {
  const recorder = recorded(lab, seconds)
  return { lab, recorder, ladder: new RunLadder(recorder).ladder(sceneOf(recorder).tunnels) }
})

describe('in any run', () => {
  for (const { lab, recorder, ladder } of recordings) {
    test(`${lab}, ${recorder.run.now / 1e9} s: every packet is in exactly one row, and every row in one line`, () => {
      const told = ladder.rows.flatMap(({ journeys }) => journeys.map(({ no }) => no))
      assert.deepEqual(
        told.sort((a, b) => a - b),
        recorder.journeys.map(({ no }) => no),
      )
      const lines = fc.record({
        nodes: fc.subarray(
          ladder.nodes.map(({ name }) => name),
          { minLength: 1 },
        ),
        open: fc.boolean(),
      })
      fc.assert(
        fc.property(lines, ({ nodes, open }) => {
          const names = new Set(nodes)
          const items = foldRows(chosenRows(ladder, { nodes: names }), () => open)
          const drawn = items.flatMap(rowsOf)
          assert.equal(new Set(drawn).size, drawn.length)
          const journeys = new Set(drawn.flatMap(row => row.journeys))
          const { links } = recorder.run.simulation.lab
          for (const journey of recorder.journeys) {
            const touches = journey.packets.some(({ hops }) =>
              hops.some(({ link, from, arrives }) => {
                const [sender, getter] = [links[link].ends[from].node, links[link].ends[1 - from].node]
                return names.has(sender) || (names.has(getter) && arrives !== undefined && arrives <= recorder.run.now)
              }),
            )
            assert.ok(!touches || journeys.has(journey), `journey ${journey.no} is in no row`)
          }
          for (const [i, { t }] of items.entries()) if (i > 0) assert.ok(items[i - 1].t <= t, 'time goes back')
        }),
        { numRuns: 30 },
      )
    })

    test(`${lab}, ${recorder.run.now / 1e9} s: folded counts add up, times never go back, and columns are filled`, () => {
      const rows = chosenRows(ladder, {})
      const [folded, open] = [foldRows(rows, () => false), foldRows(rows, () => true)]
      const counted = folded.reduce((sum, item) => sum + (item.kind === 'quiet' ? 0 : rowsOf(item).length), 0)
      assert.equal(counted, rows.length)
      assert.equal(open.filter(({ kind }) => kind === 'row').length, rows.length)
      for (const item of folded) {
        if (item.kind === 'fold') assert.match(item.labels[0], new RegExp(`, ${item.rows.length} packets`))
      }
      for (const row of ladder.rows) {
        assert.ok(row.fate.kind !== 'arrived' || row.fate.t >= row.t)
        assert.ok(!row.via.includes(row.from) && !row.via.includes(row.to), `${row.label} goes in a circle`)
      }
    })

    test(`${lab}, ${recorder.run.now / 1e9} s: as text in any width, and in ASCII cell for cell`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 40, max: 220 }), fc.boolean(), (width, open) => {
          const items = foldRows(ladder.rows, () => open)
          const text = ladderText(ladder, items, { width })
          const ascii = ladderText(ladder, items, { width, ascii: true })
          assert.match(ascii, /^[\n -~]*$/)
          const [lines, others] = [text.split('\n'), ascii.split('\n')]
          for (const [i, line] of lines.entries()) {
            assert.ok(line.length <= width, line)
            assert.equal(others[i].length, line.length)
          }
        }),
        { numRuns: 12 },
      )
    })
  }

  test('a row that was told once is told the same way after every step', () => {
    const recorder = recorded('compulsory', 0.1)
    const grown = new RunLadder(recorder)
    for (let t = 0.1; t < 1; t += 0.013) {
      recorder.run.advanceTo(t * 1e9)
      const { tunnels } = sceneOf(recorder)
      const fresh = new RunLadder(recorder).ladder(tunnels).rows
      assert.deepEqual(grown.ladder(tunnels).rows, fresh)
    }
  })
})

describe('a capture', () => {
  test('of real peers: columns are addresses, the one that asked at the left; the refusal stands alone', () => {
    const ladder = ladderOfCapture(decodeCapture(readCapture('mschapv2-wrong-password')), 'real')
    assert.deepEqual(
      ladder.nodes.slice(0, 1).map(({ name, job }) => [name, job]),
      [['10.99.1.2', 'PNS']],
    )
    const rows = chosenRows(ladder, { call: 1, layers: new Set(layersNamed('auth')) })
    assert.deepEqual(
      rows.map(({ label }) => label.replace(/ \d+$/, '')),
      ['CHAP Challenge', 'CHAP Response', 'CHAP Failure'],
    )
    assert.equal(causeOf(ladder, rows[2]), `${rows[1].label} of 10.99.1.2`)
    assert.ok(captureFile('mschapv2-wrong-password').endsWith('.pcap'))
    assert.equal(ladder.rows.length, ladder.rows.at(-1)?.frame)
  })

  test('in every capture of real peers each frame is one row, and every answer is later than what it answers', () => {
    for (const name of ['pap-plain', 'idle-echo', 'second-call', 'control-bad-input', 'server-hangup-ppp']) {
      const decoded = decodeCapture(readCapture(name))
      const ladder = ladderOfCapture(decoded, name)
      assert.deepEqual(
        ladder.rows.map(({ frame }) => frame),
        decoded.frames.map(({ number }) => number),
      )
      for (const { cause, no } of ladder.rows) assert.ok(cause?.kind !== 'row' || cause.no < no)
      const items = foldRows(ladder.rows, () => false)
      assert.equal(items.flatMap(rowsOf).length, decoded.frames.length)
      for (const line of ladderText(ladder, items, { width: 80 }).split('\n')) assert.ok(line.length <= 80)
    }
  })

  test('a password opens what was sealed', () => {
    const bytes = readCapture('mschapv2-mppe128-stateless')
    const sealed = ladderOfCapture(decodeCapture(bytes), '').rows.filter(({ seal }) => seal !== '')
    const opened = ladderOfCapture(decodeCapture(bytes, new Map([['alice', 'alice-secret']])), '').rows
    assert.ok(sealed.every(({ label }) => label === 'sealed data'))
    assert.ok(opened.some(({ seal, label }) => seal !== '' && /^echo request \d+$/.test(label)))
  })
})
