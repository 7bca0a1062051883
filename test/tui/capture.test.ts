/** Captures in the program: of real peers, and of ours with the names of its machines. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CaptureRun } from '../../src/decode/capture-run.ts'
import { decodeCapture } from '../../src/decode/decode.ts'
import { Recorder } from '../../src/index.ts'
import { PARTS } from '../../tui/views.ts'
import { capturedRun } from '../support/captured-run.ts'
import { CAPTURES, readCapture } from '../support/captures.ts'
import { rootPath } from '../support/root.ts'
import { Robot } from './robot.ts'

const PASSWORDS = new Map([
  ['alice', 'alice-secret'],
  ['bob', 'Passw0rd!'],
])
const open = (name: string, passwords?: ReadonlyMap<string, string>): CaptureRun =>
  new CaptureRun(readCapture(name), `some/where/${name}.pcap`, passwords)
const robotOf = (capture: CaptureRun): Robot =>
  new Robot({ open: { lab: capture.lab, replay: {}, explain: '', capture, fixed: 'It has happened.' }, parts: PARTS })

describe('a capture as a run', () => {
  for (const { name } of CAPTURES) {
    test(`${name}: every frame is a journey of its number, at its time, with its octets`, () => {
      const bytes = readCapture(name)
      const { frames } = decodeCapture(bytes)
      const run = open(name).begin()
      const recorder = new Recorder(run)
      run.advance()
      assert.equal(recorder.journeys.length, frames.length)
      let latest = 0
      for (const [index, { no, t, packets }] of recorder.journeys.entries()) {
        assert.equal(no, index + 1)
        latest = Math.max(latest, frames[index].t)
        assert.equal(t, latest)
        assert.equal(packets.length, 1)
        const { offset, length } = frames[index]
        assert.deepEqual(packets[0].hops[0].bytes, bytes.slice(offset, offset + length))
      }
      assert.equal(run.now, run.stop)
      assert.equal(recorder.drops, 0)
    })
  }

  test('its events are the messages, as many as decode counts, each told by its sender', () => {
    const run = open('mschapv2-mppe128-stateless').begin()
    const recorder = new Recorder(run)
    run.advance()
    const told = recorder.events.filter(({ event }) => event === 'pptp-message')
    assert.deepEqual(
      told.map(event => event.event === 'pptp-message' && [event.node, event.type, event.peer]),
      [
        ['10.99.1.2', 'start-control-connection-request', '10.99.2.2'],
        ['10.99.2.2', 'start-control-connection-reply', '10.99.1.2'],
        ['10.99.1.2', 'outgoing-call-request', '10.99.2.2'],
        ['10.99.2.2', 'outgoing-call-reply', '10.99.1.2'],
        ['10.99.1.2', 'call-clear-request', '10.99.2.2'],
      ],
    )
    const { frames } = decodeCapture(readCapture('mschapv2-mppe128-stateless'))
    const lcp = recorder.events.filter(event => event.event === 'ppp-message' && event.proto === 'lcp').length
    assert.equal(lcp, frames.filter(({ text }) => text.includes('LCP ')).length)
  })
})

describe('a capture of real peers', () => {
  test('opens in 3 Packets at its first frame, with all of them in the list', async () => {
    const robot = robotOf(open('mschapv2-mppe128-stateless'))
    await robot.settle()
    assert.equal(robot.ui.view, 'packets')
    assert.match(robot.rows[0], /^ ■ END {7}4\.008 s .* 624 frames $/)
    assert.match(robot.text, /^│► {3}1 {5}0\.000 {2}10\.99\.2\.1 10\.99\.2\.2 ARP who has \.2 +42 │$/m)
    assert.match(robot.text, /1 to 3 of 624/)
    await robot.close()
  })

  test('time goes on and back in it', async () => {
    const robot = robotOf(open('mschapv2-mppe128-stateless'))
    await robot.press('t', '1', '.', '0', '1', 's', 'Enter')
    assert.match(robot.rows[0], /^ ║ PAUSED {4}1\.010 s/)
    assert.match(robot.text, /of 9\b|last 3 of \d shown/)
    const before = robot.scene.t
    await robot.press('.')
    assert.ok(robot.scene.t > before, 'a step is a frame')
    await robot.press('.', ',', ',')
    assert.equal(robot.scene.t, before)
    await robot.press(',')
    assert.ok(robot.scene.t < before, 'and one back too')
    const from = robot.scene.t
    await robot.press('f', 'Space')
    await robot.wait(500)
    assert.ok(robot.scene.t > from + 400e6)
    await robot.close()
  })

  test('what a password opens stands beside the cipher text; without one a sentence says how', async () => {
    const find = ['/', ...'mppe', 'Enter', 'g'] as const
    const sealed = robotOf(open('mschapv2-mppe128-stateless'))
    await sealed.press(...find)
    assert.match(sealed.text, /sealed data in MPPE|sealed data +in MPPE/)
    assert.match(sealed.rows[22], /--password USER=PASSWORD opens it/)
    await sealed.close()
    const opened = robotOf(open('mschapv2-mppe128-stateless', PASSWORDS))
    await opened.press('/', ...'echo', 'Space', ...'request', 'Enter', 'g')
    assert.match(opened.text, /echo request 1 +in MPPE \d+/)
    assert.match(opened.text, /▒ unsealed with the password/)
    assert.match(opened.text, /192\.168\.80\.10 → 192\.168\.80\.1/)
    assert.match(opened.rows[22], /the password has opened it/)
    await opened.close()
  })

  test('a packet that came in fragments is shown whole with the last of them', async () => {
    const robot = robotOf(open('mschapv2-mppe128-stateless', PASSWORDS))
    await robot.press('/', ...'fragment', 'Enter', 'g')
    assert.match(robot.rows[22], /A fragment: what is in the packet shows when it is whole/)
    await robot.press('Esc', 'j')
    assert.match(robot.rows[22], /With this fragment the packet is whole/)
    assert.match(robot.text, /Put together {2}2 fragments, 1533/)
    await robot.press('Tab', 'j', 'G', 'Enter')
    assert.match(robot.text, /- Put together/)
    await robot.press('j')
    assert.match(robot.rows[22], /its octets stand in several frames/)
    await robot.close()
  })

  test('6 Events has its messages, and Enter goes to the frame', async () => {
    const robot = robotOf(open('mschapv2-wrong-password'))
    await robot.press('6')
    assert.match(robot.text, /10\.99\.2\.2 {2}CHAP Failure \d+ to 10\.99\.1\.2/)
    await robot.press('/', ...'failure', 'Enter', 'Enter')
    assert.equal(robot.ui.view, 'packets')
    assert.match(robot.text, /► +\d+ +[\d.]+ {2}10\.99\.2\.2 10\.99\.1\.2 CHAP Failure/)
    await robot.close()
  })

  test('nothing can be done in it', async () => {
    const robot = robotOf(open('mschapv2-wrong-password'))
    await robot.press('a')
    assert.match(robot.rows[22], /It has happened\./)
    for (const key of ['u', 'R', 'F', 'b']) {
      await robot.press(key)
      assert.match(robot.rows[22], /It has happened\./, key)
      assert.equal(robot.ui.prompt, undefined)
    }
    await robot.close()
  })

  test('4 Ladder has its rows, and Enter goes to the frame', async () => {
    const robot = robotOf(open('mschapv2-wrong-password'))
    await robot.press('t', '1', '.', '1', '9', 'Enter', '4', 'G')
    const last = robot.scene.t
    assert.match(robot.text, /PNS +PAC|10\.99\.1\.2 +10\.99\.2\.2/)
    assert.match(robot.text, /OCRQ/)
    await robot.press('Enter')
    assert.equal(robot.ui.view, 'packets')
    assert.ok(robot.ui.selection.journey !== undefined && robot.scene.t === last)
    await robot.close()
  })

  test('views that make no sense say so, what is known of its calls, and where the rest is', async () => {
    const robot = robotOf(open('mschapv2-mppe128-stateless', PASSWORDS))
    for (const [key, pattern] of [
      ['1', /A capture has no machines/],
      ['2', /A capture has no state machines/],
      ['5', /A capture does not say what a box remembers/],
      ['7', /A capture has no checks/],
      ['8', /A capture has happened: it has one course/],
    ] as const) {
      await robot.press(key)
      assert.match(robot.text, pattern)
      assert.match(robot.text, /3 Packets shows all of its frames, 4 Ladder/)
      assert.match(robot.text, /call 1: PNS 10\.99\.1\.2, call ID 54945; PAC 10\.99\.2\.2, call ID 0/)
      assert.match(robot.text, /MPPE 128 bit stateless: 151 of 151 packets decrypted/)
      await robot.press('j', 'l', 'Enter', 'Tab', 'w', 'Esc')
    }
    await robot.close()
  })

  test('no fault in any view, whatever the key', async () => {
    for (const name of ['control-bad-input', 'client-vanishes', 'defaults-compression', 'pap-plain']) {
      const robot = robotOf(open(name, PASSWORDS))
      for (const view of ['1', '2', '3', '4', '5', '6', '7', '9', '0']) {
        await robot.press(view, 'j', 'Enter', 'l', 'Tab', 'G', 'z', 'w', 'Esc', 'o', 'i', '[', ']', 'Esc')
      }
      assert.equal(robot.complaint, '')
      assert.doesNotMatch(robot.text, /This view failed|undefined|NaN/)
      await robot.close()
    }
  })
})

describe('a capture of ours', () => {
  test('has the names of the machines', async () => {
    const { links } = capturedRun(readFileSync(rootPath('topologies/voluntary.yaml'), 'utf8'))
    const capture = new CaptureRun(links[0].bytes, 'alice-isp.pcapng', undefined)
    const robot = robotOf(capture)
    await robot.press('/', ...'sccrq', 'Enter', 'g')
    assert.match(robot.text, /alice +office +SCCRQ/)
    await robot.close()
  })

  test('a large one opens in slices and says how far it is; so it is gone back in', async () => {
    const lab = readFileSync(rootPath('topologies/voluntary.yaml'), 'utf8').replace(/bytes: \w+/, 'bytes: 8MB')
    const { links } = capturedRun(lab)
    const capture = new CaptureRun(links[0].bytes, 'alice-isp.pcapng', undefined)
    assert.ok(capture.frames > 8000)
    const open = { lab: capture.lab, replay: {}, explain: '', capture, fixed: 'It has happened.' }
    const robot = new Robot({ open, parts: PARTS, perLook: 250 })
    await robot.settle()
    assert.match(robot.rows[0], /^ ► ON \d+ % /)
    const seen = robot.session.recorder.journeyCount
    assert.ok(seen > 0 && seen < capture.frames)
    robot.wall.perLook = 0
    await robot.wait(1000)
    assert.equal(robot.session.recorder.journeyCount, capture.frames)
    assert.match(robot.rows[0], /^ ■ END/)
    assert.equal(robot.wall.timers, 0)
    robot.wall.perLook = 250
    await robot.press(',')
    assert.match(robot.rows[0], /^ ◄ BACK \d+ % /)
    robot.wall.perLook = 0
    await robot.wait(1000)
    assert.equal(robot.session.recorder.journeyCount, capture.frames - 1)
    // The octets of a frame that the recorder has forgotten.
    await robot.press('g')
    await robot.wait(1000)
    assert.match(robot.text, /frame 1, \d+ octets|packet 1, \d+ octets/)
    await robot.close()
  })

  test('of a telephone line has its ends', async () => {
    const { links } = capturedRun(readFileSync(rootPath('topologies/compulsory.yaml'), 'utf8'))
    const line = links.find(({ name }) => name.includes('bob'))
    assert.ok(line)
    const robot = robotOf(new CaptureRun(line.bytes, 'line.pcapng', undefined))
    await robot.settle()
    assert.match(robot.text, /bob +\S+ +LCP Conf-Req 1/)
    await robot.press('j', 'Tab', 'z')
    assert.doesNotMatch(robot.text, /This view failed/)
    await robot.close()
  })
})

describe('what is no capture', () => {
  test('an empty file, and rubbish, are told as decode tells them', () => {
    assert.deepEqual(new CaptureRun(new Uint8Array(0), 'x.pcap', undefined).facts, ['octet 0: the file is empty'])
    const rubbish = new CaptureRun(Uint8Array.of(1, 2, 3, 4, 5), 'x.pcap', undefined)
    assert.deepEqual([rubbish.frames, rubbish.facts], [0, ['octet 0: this is neither a pcap nor a pcapng file']])
  })
})
