/** `explain`: what it says of a packet, a call and a machine is what the captures and the trace of the same run say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex } from '../../src/base/bytes.ts'
import { changesOf } from '../../src/diagnose/explain/changed.ts'
import {
  callCalled,
  callLines,
  follow,
  frameName,
  heardSentence,
  type Life,
  lifeLines,
  nodeLines,
  packetCalled,
  type Survey,
  survey,
  surveyLines,
} from '../../src/diagnose/explain/explain.ts'
import { captureName, LinkCapture } from '../../src/lab/capture.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Recorder } from '../../src/lab/recorder.ts'
import { Run } from '../../src/lab/run.ts'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { shippedText } from '../support/shipped.ts'

function labOf(name: string, ...overrides: readonly (readonly [string, string])[]): Lab {
  const loaded = loadLab(
    shippedText(name),
    name,
    overrides.map(([path, value]) => ({ path, value })),
  )
  assert.ok(loaded.ok, name)
  return loaded.lab
}
const surveyOf = (name: string, frame?: string): Survey =>
  survey({ lab: labOf(name), options: {} }, frame === undefined ? undefined : frameName(frame))
function lifeOf(found: Survey, packet: string): Life {
  const life = follow(found, packet)
  assert.ok(life)
  return life
}
const said = (life: Life): string => [...lifeLines(life)].join('\n')

describe('the life of a packet', () => {
  test('a frame is told with its number in the capture, which holds the same octets', () => {
    const found = surveyOf('nat-helper')
    const run = new Run(found.source.lab)
    const captures = run.simulation.links.map(link => new LinkCapture(link, [], 'mark'))
    for (const [index, capture] of captures.entries()) run.tap(index, frame => capture.frame(frame))
    run.advance()
    const frames = new Map(
      captures.map((capture, i) => [
        captureName(run.simulation.links[i]),
        Pcap.read(capture.take(run.now, true)).frames,
      ]),
    )
    const life = lifeOf(found, 'office#7')
    const onLines = life.steps.filter(step => step.step === 'line')
    assert.equal(onLines.length, 3)
    const packets = onLines.map(({ capture, frame }) => {
      const { bytes } = frames.get(capture)?.[frame - 1] ?? assert.fail(`${capture} has no frame ${frame}`)
      return bytes.subarray(14)
    })
    // What is said to have changed turns the packet of one capture into that of the next.
    for (const [i, step] of onLines.entries()) {
      if (i === 0) continue
      const made = packets[i - 1].slice()
      for (const { offset, before, after } of step.changed) {
        assert.equal(hex(made.subarray(offset, offset + before.hex.length / 2)), before.hex)
        for (let at = 0; at < after.hex.length; at += 2)
          made[offset + at / 2] = Number.parseInt(after.hex.slice(at, at + 2), 16)
      }
      assert.equal(hex(made), hex(packets[i]))
    }
    assert.deepEqual(
      onLines.map(({ changed }) => changed.map(({ field }) => field)),
      [[], ['ipv4 ttl', 'ipv4 checksum'], ['ipv4 ttl', 'ipv4 checksum', 'ipv4 destination', 'gre callId']],
    )
    assert.deepEqual(
      life.steps.flatMap(step => (step.step === 'rewritten' ? [`${step.field} ${step.before} ${step.after}`] : [])),
      ['destination 198.51.100.20 192.168.1.10', 'call-id 40900 52546'],
    )
  })
  test('an echo request is followed into the tunnel and out of it', () => {
    const found = surveyOf('nat-helper')
    const recorder = new Recorder(new Run(found.source.lab))
    recorder.run.advance()
    const ping = recorder.journeys.find(({ packets }) => packets.length === 3 && packets[0].facts?.proto === 'icmp')
    assert.ok(ping)
    const [first, wrapped, last] = ping.packets.map(({ id }) => id)
    const life = lifeOf(found, wrapped)
    assert.equal(life.journey, ping.no)
    const made = life.steps.flatMap(step => (step.step === 'made' ? [[step.how, step.packet, step.parent]] : []))
    assert.deepEqual(made, [
      ['made', first, undefined],
      ['wrapped', wrapped, first],
      ['unwrapped', last, wrapped],
    ])
    assert.deepEqual(life.steps.at(-1)?.step, 'delivered')
    assert.deepEqual(lifeOf(found, first).steps, life.steps)
  })
  test('a drop says reason, sentence, layer, machine and entry', () => {
    const text = said(lifeOf(surveyOf('nat-no-helper'), 'office#7'))
    assert.match(text, /0\.150000 +home +DISCARDS office#7 \(no-protocol, layer ip\): No one on this machine/)
    assert.match(text, /entry: none translates it to an inside host/)
    assert.match(text, /octet 8 |octet {2}8 {2}40 -> 3f {2}ipv4 ttl 64 -> 63/)
  })
  test('what waits in a queue says how long', () => {
    const found = surveyOf('tcp-over-vpn')
    const run = new Run(found.source.lab)
    let waiting: { packet: string; waited: number } | undefined
    run.tap(0, ({ packet, t, began = t, fate }) => {
      if (!waiting && fate === undefined && began > t) waiting = { packet, waited: began - t }
    })
    run.advance()
    assert.ok(waiting)
    const { packet, waited } = waiting
    const step = lifeOf(found, packet).steps.find(
      each => each.step === 'line' && each.packet === packet && each.waited > 0,
    )
    assert.ok(step?.step === 'line')
    assert.equal(step.waited, waited)
    assert.match(said(lifeOf(found, packet)), /in the queue/)
  })
  test('fragments are told as cut from a packet and put together again', () => {
    const lab = labOf('voluntary', ['events[1].ping.size', '3000B'])
    const found = survey({ lab, options: {} })
    const whole = [...found.journeys].find(([packet, no]) => {
      const forms = [...found.journeys.values()].filter(each => each === no).length
      return packet.startsWith('alice#') && forms > 4
    })
    assert.ok(whole)
    const hows = new Set(lifeOf(found, whole[0]).steps.flatMap(step => (step.step === 'made' ? [step.how] : [])))
    assert.ok(hows.has('cut'), [...hows].join())
  })
})

describe('the names of packets', () => {
  const found = surveyOf('nat-no-helper', 'out/home_wan0-isp_eth0.pcapng:11')
  test('a packet is called by its name, its number in the terminal UI, or the frame of a capture', () => {
    const number = found.numbers.get('office#7')
    assert.deepEqual(packetCalled({ ...found, wanted: undefined }, 'office#7'), { packet: 'office#7' })
    assert.deepEqual(packetCalled({ ...found, wanted: undefined }, 'office#6'), { packet: 'office#7' })
    assert.deepEqual(packetCalled(found, 'home_wan0-isp_eth0:11'), { packet: 'office#7' })
    assert.ok(number !== undefined && number > 1)
    assert.equal(found.numbers.get(Object.values(packetCalled(found, String(number)))[0]), number)
  })
  for (const name of ['nat-no-helper', 'compulsory', 'auth-downgrade', 'dial-up', 'nas-behind-nat']) {
    test(`the numbers are those of the recorder, which the terminal UI shows: ${name}`, () => {
      const { source, numbers } = surveyOf(name)
      const recorder = new Recorder(new Run(source.lab))
      recorder.run.advance()
      const theirs = recorder.journeys.flatMap(({ no, packets }) => packets.map(({ id }): [string, number] => [id, no]))
      assert.deepEqual([...numbers].sort(), theirs.sort())
    })
  }
  test('a name that is none is answered with what there is', () => {
    const problem = (text: string): string => {
      const named = packetCalled({ ...found, wanted: undefined }, text)
      return 'problem' in named ? named.problem : assert.fail(text)
    }
    assert.match(problem('alice#900'), /the last that alice made is alice#\d+/)
    assert.match(problem('9999'), /the last is \d+/)
    assert.match(problem('home_wan0-isp_eth0:9999'), /has \d+ frames/)
    assert.match(problem('nowhere:1'), /there are alice_eth0-home_lan0/)
    assert.match(problem('mallory'), /alice#33/)
  })
  test('a run of many packets has a last number as well', () => {
    const numbers = new Map(Array.from({ length: 200_000 }, (_, i): [string, number] => [`alice#${i + 1}`, i + 1]))
    const named = packetCalled({ ...found, numbers, wanted: undefined }, '300000')
    assert.match('problem' in named ? named.problem : '', /the last is 200000\.$/)
  })
})

describe('the life of a call', () => {
  test('no more GRE packets arrive than were sent, though a line delivers some twice', () => {
    const lab = labOf('voluntary', ['topology.links[0].duplication', '40%'])
    const [call] = survey({ lab, options: {} }).calls.calls
    assert.ok(call.ways.every(({ sent, arrived }) => arrived > 0 && arrived <= sent))
  })

  test('each end has its own view of a call that is translated', () => {
    const call = callCalled(surveyOf('nat-helper'), '1')
    assert.ok(call?.answerer)
    const { asker, answerer, ways } = call
    assert.deepEqual([asker.node, asker.role, asker.callId, asker.peerCallId], ['alice', 'PNS', 52546, 0])
    assert.deepEqual([answerer.node, answerer.role, answerer.callId, answerer.peerCallId], ['office', 'PAC', 0, 40900])
    assert.deepEqual([asker.peerAddress, answerer.peerAddress], ['203.0.113.5', '198.51.100.20'])
    for (const way of ways) assert.equal(way.arrived, way.sent)
    const text = [...callLines(call, 'explain')].join('\n')
    assert.match(text, /Outgoing-Call-Request \(alice#5\): call 52546.*\n +arrives as: call 40900/)
    assert.match(
      heardSentence(call),
      /^office and alice have heard each other: (\d+) of \1 .* at office, (\d+) of \2 at alice\.$/,
    )
  })
  test('a call that one end alone hears says who hears whom, and where the rest is lost', () => {
    const call = callCalled(surveyOf('nat-no-helper'), 'alice')
    assert.ok(call)
    const loss = '20 of 20 were discarded by home: no-protocol'
    assert.equal(heardSentence(call), `office hears alice, alice hears nothing (${loss}).`)
  })
  test('a call through a telephone line is that of the one who dials, not that of the access server', () => {
    const found = surveyOf('voluntary-over-dial-up')
    const call = callCalled(found, 'bob')
    assert.ok(call)
    assert.match(heardSentence(call), /^company and bob have heard each other/)
    for (const { arrived, sent } of call.ways) assert.deepEqual([sent > 0, arrived], [true, sent])
    const packet = call.ways[1].packet
    assert.ok(packet)
    assert.match(said(lifeOf(found, packet)), /bob +takes bob#\d+ out of nas#\d+/)
  })
  test('of a server that dies in the middle it is said how much has arrived', () => {
    const call = callCalled(surveyOf('server-crash'), 'alice')
    assert.ok(call)
    const [there] = call.ways
    assert.ok(there.arrived < there.sent)
    assert.match(heardSentence(call), new RegExp(`: ${there.arrived} of ${there.sent} GRE packets arrived at office`))
  })
  test('the second caller behind a box with one place reaches nobody, and his answers go to the first', () => {
    const found = surveyOf('nat-single-passthrough')
    const call = callCalled(found, '2')
    assert.ok(call)
    assert.match(heardSentence(call), /^Neither hears the other/)
    const [there, back] = call.ways.map(({ lost }) => [...lost.values()].map(each => `${each.node} ${each.reason}`))
    assert.deepEqual(there, ['nat1 nat-insert-failed'])
    assert.deepEqual(back, ['carol gre-unknown-call'])
  })
  test('a NAS is the PAC of the calls that it announces', () => {
    const call = callCalled(surveyOf('compulsory'), 'nas')
    assert.ok(call?.answerer)
    assert.deepEqual([call.kind, call.asker.role, call.answerer.node], ['incoming', 'PAC', 'company'])
  })
  test('what both ends count is what is counted on the way', () => {
    const found = surveyOf('gre-reorder')
    for (const { ways } of found.calls.calls) {
      for (const { sent, arrived, lines } of ways) {
        assert.ok(sent > 0)
        assert.deepEqual(
          [...lines.values()],
          [...lines.values()].map(() => sent),
        )
        assert.equal(arrived, sent)
      }
    }
  })
})

describe('the survey of a run', () => {
  test('it says what was discarded and where to go on', () => {
    const text = [...surveyLines(surveyOf('nat-no-helper'), 'pptp-lab explain nat-no-helper')].join('\n')
    assert.match(text, /20 x home: GRE, no-protocol \(layer ip\), first office#7 at 0\.150000/)
    assert.match(text, /pptp-lab explain nat-no-helper --packet office#7/)
    assert.match(text, /pptp-lab explain nat-no-helper --call 1/)
    assert.match(text, /pptp-lab explain nat-no-helper --node home/)
  })
  test('it counts as the run does', () => {
    const found = surveyOf('cable-pull')
    const run = new Run(found.source.lab)
    run.advance()
    const counted = new Map<string, number>()
    for (const { reason, count } of found.drops) counted.set(reason, (counted.get(reason) ?? 0) + count)
    assert.deepEqual([...counted].sort(), [...run.result().drops].sort())
  })
  test('a machine is told with its rules, translations and connections', () => {
    const text = [...nodeLines(surveyOf('nat-helper'), 'home', 'explain')].join('\n')
    assert.match(text, /home \(firewall\): 0 packets sent, \d+ forwarded/)
    assert.match(text, /1 x Outgoing-Call-Request: callId 52546 -> 40900 \(.*\), first alice#5/)
    assert.match(text, /policy forward accept: \d+ packets/)
    assert.match(text, /new +TCP 192\.168\.1\.10:40900 > 203\.0\.113\.5:1723/)
    assert.match(text, /Nothing was discarded\./)
  })
})

describe('what to go on with', () => {
  const found = survey({ lab: labOf('nat-two-clients', ['topology.nodes.home.nat.like', 'keyless']), options: {} })
  const lines = [...surveyLines(found, 'explain it')]
  test('a call in which somebody hears nothing comes before one that is well', () => {
    assert.deepEqual(
      found.calls.calls.map(call => heardSentence(call).includes('have heard each other')),
      [true, false],
    )
    assert.ok(lines.includes('  explain it --call 2'))
    assert.ok([...surveyLines(surveyOf('nat-two-clients'), 'explain it')].includes('  explain it --call 1'))
  })
  test('rewritings are counted by machine and protocol', () => {
    const rows = lines.slice(lines.indexOf('Rewritten') + 1, lines.indexOf('Go on with') - 1)
    assert.match(rows[1], /^ {2}\d+ x home: GRE source, destination, first alice#\d+$/)
    const counted = rows.reduce((sum, row) => sum + Number(/\d+/.exec(row)?.[0]), 0)
    assert.equal(
      counted,
      found.rewrites.reduce((sum, { count }) => sum + count, 0),
    )
  })
})

describe('changed fields', () => {
  test('octets that differ are told by their field', () => {
    const before = new Uint8Array(28)
    Ipv4.write(before, 0, 28, 7, 0, 64, 200, 0x0a000001 as never, 0x0a000002 as never)
    const after = before.slice()
    Ipv4.decrementTtl(after, 0)
    after[27] = 1
    const changes = changesOf(before, after)
    assert.deepEqual(
      changes.slice(0, 2).map(({ field, offset, before, after }) => [field, offset, before.hex, after.hex].slice(0, 3)),
      [
        ['ipv4 ttl', 8, '40'],
        ['ipv4 checksum', 10, hex(before.subarray(10, 12))],
      ],
    )
    assert.equal(changes.at(-1)?.after.hex.endsWith('01'), true)
    assert.deepEqual(changesOf(before, before), [])
  })
})
