/** `y` and `x`: what goes to the clipboard, and what into files. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fingerprintOf, Run, watchLinks } from '../../src/index.ts'
import { writeNew } from '../../src/platform/new-file.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { PARTS } from '../../tui/views.ts'
import { shippedText } from '../support/shipped.ts'
import { labOf, Robot, type RobotOptions } from './robot.ts'

const at = async (t: string, options: Partial<RobotOptions> = {}): Promise<Robot> => {
  const robot = new Robot({ lab: labOf('voluntary'), parts: PARTS, ...options })
  await robot.press('t', ...t, 'Enter')
  return robot
}

describe('copying', () => {
  test('a row of a list, without its marker', async () => {
    const robot = await at('5.012')
    await robot.press('3', 'y', 'r')
    assert.match(robot.clipboard ?? '', /^46 +5\.000 {2}alice +files +echo request 3/)
    await robot.close()
  })

  test('the octets of a packet, and of the field that is selected in it', async () => {
    const robot = await at('5.012')
    await robot.press('3', 'y', 'o')
    assert.equal(robot.clipboard?.length, 2 * 135)
    const whole = robot.clipboard
    await robot.press('Tab', 'j', 'Enter', 'j', 'y')
    assert.match(robot.text, /o {2}the octets of source, as hex|o the octets of \w+, as hex/)
    await robot.press('o')
    assert.equal(robot.clipboard?.length, 12)
    assert.ok(whole?.startsWith(robot.clipboard ?? '-') || whole?.includes(robot.clipboard ?? '-'))
    await robot.close()
  })

  test('the command that tells all of the packet', async () => {
    const robot = await at('5.012')
    await robot.press('3', 'y', 'e')
    assert.match(robot.clipboard ?? '', /^pptp-lab explain voluntary --packet alice#\d+$/)
    await robot.press('2', 'y', 'e')
    assert.equal(robot.clipboard, 'pptp-lab explain voluntary')
    await robot.close()
  })

  test('on the dashboard it is about the pane that has the keys', async () => {
    const robot = await at('5.012', { size: { columns: 120, rows: 40 } })
    await robot.press('0', 'y', 'r')
    assert.equal(robot.clipboard, 'alice client 198.51.100.10')
    await robot.press('Tab', 'y', 'r')
    assert.match(robot.clipboard ?? '', /^46 +5\.000 {2}alice +files +echo request 3/)
    await robot.close()
  })

  test('of nothing says so', async () => {
    const robot = await at('0')
    await robot.press('5', 'y', 'r')
    assert.equal(robot.clipboard, undefined)
    assert.match(robot.rows[22], /Nothing is selected that could be copied/)
    await robot.close()
  })

  test('in GNU screen it is wrapped, so that it reaches the terminal', async () => {
    const robot = await at('0', { env: { STY: '1.pts' } })
    await robot.press('y', 'e')
    assert.match(robot.written, /\x1bP\x1b\]52;c;[^\x07]+\x07\x1b\\/)
    await robot.close()
  })
})

describe('files', () => {
  test('the view as it stands on the screen, without the keys and without the menu', async () => {
    const robot = await at('5.012')
    await robot.press('2')
    const rows = robot.rows.slice(0, -1).map(row => `${row.trimEnd()}\n`)
    await robot.press('x', 'v')
    assert.equal(robot.files.get('voluntary-tunnels-5.012s.txt'), rows.join(''))
    await robot.close()
  })

  test('the story so far', async () => {
    const robot = await at('5.012')
    await robot.press('x', 's')
    const text = String(robot.files.get('voluntary-story-5.012s.txt'))
    assert.match(text, /^ +0\.000000 {2}user +alice +alice calls its server$/m)
    assert.match(text, /ppp0 to office is up/)
    assert.doesNotMatch(text, /^ +6\.\d+/m)
    await robot.close()
  })

  test('captures of all links, the same as those of a run up to now', async () => {
    const robot = await at('5.012')
    await robot.press('x', 'p')
    const run = new Run(labOf('voluntary'))
    const watched = watchLinks(run, fingerprintOf(shippedText('voluntary')))
    run.advanceTo(5.012e9)
    assert.deepEqual(
      [...robot.files],
      watched.map(({ name, capture }) => [`voluntary-${name}`, capture.take(run.now, true)]),
    )
    assert.ok(Pcap.read(robot.files.get('voluntary-alice_eth0-isp_eth0.pcapng') as Uint8Array).frames.length > 30)
    assert.equal(robot.scene.t, 5.012e9, 'the run itself has not moved')
    await robot.close()
  })

  test('the capture of the link that the packet was on', async () => {
    const robot = await at('5.012')
    await robot.press('3', 'x', 'l')
    assert.deepEqual([...robot.files.keys()], ['voluntary-alice_eth0-isp_eth0.pcapng'])
    await robot.press('7', 'x')
    assert.doesNotMatch(robot.text, /the link alice/)
    await robot.close()
  })

  test('the network as picture and flowchart', async () => {
    const robot = await at('0')
    await robot.press('x', 'm')
    assert.match(String(robot.files.get('voluntary.mmd')), /^flowchart/m)
    await robot.close()
  })

  test('the ladder as text, picture, page and diagram, up to now', async () => {
    const robot = await at('0.3')
    for (const key of ['t', 'i', 'h', 'd']) await robot.press('x', key)
    const [text, svg, html, mermaid] = ['txt', 'svg', 'html', 'mmd'].map(end =>
      String(robot.files.get(`voluntary-ladder-0.300s.${end}`)),
    )
    assert.match(text, /alice.*office/)
    assert.match(text, /SCCRQ/)
    assert.doesNotMatch(text, /echo request/)
    assert.match(svg, /^<svg/)
    assert.match(html, /<html/i)
    assert.match(mermaid, /^sequenceDiagram/m)
    await robot.close()
  })

  test('where nothing can be written the reason is told, and the program goes on', async () => {
    const robot = await at('0', { readOnly: true })
    await robot.press('x', 'g')
    assert.match(robot.rows[22], /voluntary\.svg cannot be written: the disk can only be read/)
    await robot.press('2')
    assert.equal(robot.ui.view, 'tunnels')
    await robot.close()
  })
})

describe('a new file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-new-'))
  after(() => rmSync(dir, { recursive: true }))

  test('never takes the place of one that is there', () => {
    const path = join(dir, 'a.b.svg')
    writeFileSync(path, 'mine')
    assert.equal(writeNew(path, 'one'), join(dir, 'a.b-2.svg'))
    assert.equal(writeNew(path, 'two'), join(dir, 'a.b-3.svg'))
    assert.equal(readFileSync(path, 'utf8'), 'mine')
    assert.equal(readFileSync(join(dir, 'a.b-3.svg'), 'utf8'), 'two')
  })

  test('in a folder that is not there is a sentence', () => {
    assert.throws(
      () => writeNew(join(dir, 'no', 'a.txt'), ''),
      /cannot be written: it, or the folder .* does not exist/,
    )
  })
})
