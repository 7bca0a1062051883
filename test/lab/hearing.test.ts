/** Half-open tunnels: who hears whom is told from what both ends have got. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { Hearing, hearingSentence } from '../../src/lab/hearing.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Recorder } from '../../src/lab/recorder.ts'
import { Run } from '../../src/lab/run.ts'
import { sceneOf } from '../../src/lab/scene.ts'
import { FailureWatch, failureLines } from '../../src/view/failed.ts'
import { shippedText } from '../support/shipped.ts'

/** A hotel's firewall that lets GRE pass as these rules say. */
const hotel = (...rules: readonly string[]): string =>
  shippedText('gre-blocked')
    .replace(
      /( +)- forward accept state.*\n/,
      (line, margin) => rules.map(rule => `${margin}- ${rule}\n`).join('') + line,
    )
    .replace(/^events:[\s\S]*/m, 'events:\n  - { at: 0s, connect: alice }\n')

function watched(text: string, until?: number) {
  const loaded = loadLab(text, 'hotel')
  assert.ok(loaded.ok)
  const run = new Run(loaded.lab)
  const recorder = new Recorder(run)
  const watch = new FailureWatch(loaded.lab)
  run.listen(event => watch.event(event))
  if (until === undefined) run.advance()
  else run.advanceTo(until)
  const [tunnel] = sceneOf(recorder).tunnels
  return { failed: watch.failed, heard: tunnel.heard, lines: watch.failed.flatMap(failureLines) }
}

const ONLY_OUT = ['forward drop in wan0 proto gre', 'forward accept in lan0 proto gre']
const ONLY_IN = ['forward drop in lan0 proto gre', 'forward accept in wan0 proto gre']

describe('half-open tunnels', () => {
  test('GRE that is dropped on its way back: the server hears alice, alice hears nothing', () => {
    const { failed, heard, lines } = watched(hotel(...ONLY_OUT))
    assert.equal(failed.length, 1)
    assert.equal(failed[0].hearing, 'office hears alice, alice hears nothing')
    assert.ok(lines.includes('  GRE: office hears alice, alice hears nothing.'))
    assert.ok(heard && heard.there > 0 && heard.sent >= heard.there)
    assert.equal(heard.back, 0)
  })
  test('GRE that is dropped on its way there: alice hears the server, which hears nothing', () => {
    const { failed, heard } = watched(hotel(...ONLY_IN))
    assert.equal(failed[0].hearing, 'alice hears office, office hears nothing')
    assert.ok(heard && heard.back > 0)
    assert.equal(heard.there, 0)
  })
  test('GRE that passes no way: neither hears the other', () => {
    const { failed } = watched(hotel())
    assert.match(failed[0].hearing ?? '', /^neither hears the other/)
  })
  test('a box that discards the first packet would discard the next: that tells at once', () => {
    const { heard } = watched(hotel(...ONLY_OUT), sec(1))
    assert.equal(heard?.deaf, 'client')
    assert.deepEqual([heard.drop?.node, heard.drop?.reason], ['hotel', 'filter-drop'])
    const there = watched(hotel(...ONLY_IN), sec(1)).heard
    assert.deepEqual([there?.deaf, there?.drop?.node], ['server', 'hotel'])
  })
  test('what a line loses tells nothing before three tries', () => {
    const text = hotel('forward accept proto gre').replace(
      /^events:\n/m,
      'events:\n  - { at: 5s, link: { between: [hotel, isp], loss: 100% } }\n  - { at: 6s, ping: { from: alice, to: 10.8.0.1, count: 20, interval: 1s } }\n',
    )
    assert.equal(watched(text, sec(7)).heard?.deaf, undefined)
    const later = watched(text, sec(20)).heard
    assert.deepEqual([later?.deaf, later?.drop], ['both', undefined])
  })
  test('a box that is exchanged in mid-run: both tunnels are up, and each client hears nothing since', () => {
    const text = shippedText('nat-two-clients').replace(
      /^events:\n/m,
      'events:\n  - { at: 12.000000001s, nat: { node: home, like: keyless } }\n',
    )
    const tunnels = (t: number) => {
      const loaded = loadLab(text, 'two')
      assert.ok(loaded.ok)
      const run = new Run(loaded.lab)
      const recorder = new Recorder(run)
      run.advanceTo(t)
      return sceneOf(recorder).tunnels
    }
    for (const { up, heard } of tunnels(sec(12))) assert.deepEqual([up, heard?.deaf], [true, undefined])
    for (const { up, heard } of tunnels(sec(14))) {
      assert.deepEqual([up, heard?.deaf, heard?.since], [true, 'client', sec(11.04)])
      assert.deepEqual([heard?.drop?.node, heard?.drop?.reason], ['home', 'filter-drop'])
    }
  })
  test('behind one address a drop on the way back is that of the call whose ID it has', () => {
    const { heard } = watched(shippedText('nat-single-passthrough'), sec(11))
    assert.equal(heard?.deaf, undefined, 'carol is undisturbed')
  })
  test('a tunnel that falls silent one way later says since when', () => {
    const text = hotel('forward accept proto gre').replace(
      /^events:\n/m,
      `events:\n  - { at: 10s, rule: { node: hotel, add: "${ONLY_OUT[0]}", at: 1 } }\n  - { at: 12s, ping: { from: alice, to: 10.8.0.1, count: 20, interval: 1s } }\n`,
    )
    const { heard } = watched(text, sec(25))
    assert.equal(heard?.deaf, 'client')
    assert.ok(heard.since !== undefined && heard.since < sec(10))
    assert.match(
      hearingSentence(heard, 'alice', 'office') ?? '',
      /^office hears alice, alice hears nothing since \d\.\d{3} s$/,
    )
  })
  test('who has lost its power hears nothing, and neither does its caller', () => {
    const { failed } = watched(shippedText('server-crash'))
    assert.match(failed[0].hearing ?? '', /^neither hears the other: .* since 15\.\d{3} s$/)
  })
  test('behind a box that passes calls on, the server is meant; what a run says and what a scene has agree', () => {
    const { failed, heard } = watched(shippedText('server-behind-nat'), sec(31))
    assert.equal(failed[0].hearing, 'alice hears office, office hears nothing')
    assert.equal(heard?.deaf, 'server')
  })
  test('of a load balancer nobody knows which server it was before that one has answered', () => {
    const { failed } = watched(shippedText('load-balancer'))
    const told = failed.find(({ node }) => node === 'bob')?.hearing
    assert.equal(told, 'bob hears the server behind front, the server behind front hears nothing')
  })
  test('nobody is deaf in a tunnel that works, idles and ends', () => {
    const { failed, heard } = watched(shippedText('voluntary'))
    assert.deepEqual(failed, [])
    assert.equal(heard?.deaf, undefined)
  })
})

describe('tunnels through a telephone line', () => {
  test('nothing is said of them', () => {
    const { heard } = watched(shippedText('voluntary-over-dial-up'), sec(20))
    assert.deepEqual([heard?.sent, heard?.deaf], [0, undefined])
  })
})

describe('hearing', () => {
  const loaded = loadLab(shippedText('nat-single-passthrough'), 'lab')
  assert.ok(loaded.ok)
  const { lab } = loaded
  const office = '203.0.113.5'
  const gre = { parent: undefined, proto: 'gre', length: 60, iface: 'eth0' } as const
  const sends = (t: number, packet: string, dst = office) => {
    const [node] = packet.split('#')
    return { t, node, event: 'send', packet, src: '', dst, ...gre } as const
  }
  const gets = (t: number, node: string, packet: string, src: string) =>
    ({ t, node, event: 'deliver', packet, src, dst: '', ...gre }) as const

  test('what was for the call of another is not heard', () => {
    const hearing = new Hearing(lab)
    hearing.event(gets(1, 'carol', 'office#1', office))
    hearing.event({ t: 1, node: 'carol', event: 'drop', reason: 'gre-unknown-call', layer: 'gre', packet: 'office#1' })
    assert.equal(hearing.between('carol', 'office').back, 0)
    hearing.event(gets(2, 'carol', 'office#2', office))
    assert.equal(hearing.between('carol', 'office').back, 1)
  })
  /** The frame of a GRE packet: as much of it as says for which call it is. */
  const frameOf = (callId: number): Uint8Array => {
    const bytes = new Uint8Array(14 + 20 + 16)
    bytes[14] = 0x45
    bytes.set([0x30, 0x01, 0x88, 0x0b, 0, 0, callId >> 8, callId & 255], 34)
    return bytes
  }
  const drops = (t: number, node: string, packet: string) =>
    ({ t, node, event: 'drop', reason: 'gre-unknown-call', layer: 'gre', packet }) as const

  test('a packet of a call that is over says nothing of another call between the same two', () => {
    const hearing = new Hearing(lab)
    for (const [i, callId] of [5, 6].entries()) {
      hearing.event(sends(i, `carol#${callId}`))
      hearing.frame(`carol#${callId}`, frameOf(callId), 'ethernet')
    }
    hearing.event(gets(9, 'office', 'carol#6', '198.51.100.20'))
    hearing.event(gets(9, 'office', 'carol#5', '198.51.100.20'))
    hearing.event(drops(9, 'office', 'carol#5'))
    const there = (callId: number) => ({ there: { node: 'carol', callId } })
    assert.equal(hearing.between('carol', 'office', there(5)).deaf, 'server')
    assert.equal(hearing.between('carol', 'office', there(6)).deaf, undefined)
    assert.equal(hearing.between('carol', 'office', { ...there(5), since: 10 }).deaf, undefined, 'an ID given again')
  })
  test('a drop on the way back is that of the call whose ID it has, until one sent later arrives', () => {
    const hearing = new Hearing(lab)
    hearing.event(sends(0, 'carol#1'))
    for (const [t, packet] of [
      [1, 'office#1'],
      [2, 'office#2'],
      [3, 'office#3'],
    ] as const) {
      hearing.event(sends(t, packet, '198.51.100.20'))
      hearing.frame(packet, frameOf(7), 'ethernet')
    }
    const back = (callId: number) => hearing.between('carol', 'office', { back: { node: 'office', callId } })
    hearing.event({ ...drops(5, 'nat1', 'office#2'), reason: 'filter-drop' })
    assert.deepEqual([back(7).deaf, back(7).drop?.node, back(8).deaf], ['client', 'nat1', undefined])
    hearing.event(gets(6, 'carol', 'office#1', office))
    assert.equal(back(7).deaf, 'client', 'it was sent before the one that was dropped')
    hearing.event(gets(7, 'carol', 'office#3', office))
    assert.equal(back(7).deaf, undefined)
  })
  test('three tries at least two seconds apart make deaf, a burst does not', () => {
    const hearing = new Hearing(lab)
    for (let n = 1; n <= 50; n++) hearing.event(sends(n, `carol#${n}`))
    assert.equal(hearing.between('carol', 'office').deaf, undefined)
    hearing.event(sends(sec(3), 'carol#51'))
    assert.equal(hearing.between('carol', 'office').deaf, undefined)
    hearing.event(sends(sec(6), 'carol#52'))
    assert.equal(hearing.between('carol', 'office').deaf, 'both')
    hearing.event(gets(sec(6), 'office', 'carol#52', '198.51.100.20'))
    assert.equal(hearing.between('carol', 'office').deaf, 'client')
    hearing.event(gets(sec(7), 'carol', 'office#9', office))
    assert.equal(hearing.between('carol', 'office').deaf, undefined)
  })
  test('a machine that speaks to several is heard by each for itself', () => {
    const hearing = new Hearing(lab)
    for (let n = 1; n <= 3; n++) {
      hearing.event(sends(sec(3 * n), `carol#${2 * n}`))
      hearing.event(sends(sec(3 * n), `carol#${2 * n + 1}`, '198.51.100.1'))
      hearing.event(gets(sec(3 * n), 'isp', `carol#${2 * n + 1}`, '198.51.100.20'))
    }
    assert.equal(hearing.between('carol', 'office').deaf, 'both')
    assert.equal(hearing.between('carol', 'isp').deaf, 'client')
  })
  test('of very many that are lost the oldest is forgotten, and not what is still on its way', () => {
    const hearing = new Hearing(lab)
    for (let n = 1; n <= 4999; n++) hearing.event(sends(n, `carol#${n}`, '198.51.100.1'))
    for (let n = 5000; n <= 5009; n++) hearing.event(sends(n, `carol#${n}`))
    for (let n = 5000; n <= 5009; n++) hearing.event(gets(6000 + n, 'office', `carol#${n}`, '198.51.100.20'))
    assert.equal(hearing.between('carol', 'office').there, 10)
  })
  test('what a line delivers twice was heard once', () => {
    const hearing = new Hearing(lab)
    hearing.event(sends(0, 'carol#1'))
    for (let n = 1; n <= 2; n++) hearing.event(gets(sec(n), 'carol', 'office#9', office))
    assert.equal(hearing.between('carol', 'office').back, 1)
  })
  test('a new call begins to count anew', () => {
    const hearing = new Hearing(lab)
    hearing.event(sends(0, 'carol#1'))
    hearing.event({ t: sec(9), node: 'carol', event: 'action', verb: 'connect', detail: '' })
    assert.equal(hearing.between('carol', 'office').sent, 0)
  })
  test('where nothing was said, nobody is deaf', () => {
    assert.equal(hearingSentence(new Hearing(lab).between('carol', 'office'), 'carol', 'office'), undefined)
  })
})
