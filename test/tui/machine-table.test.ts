/** The tables of the machines in 2 Tunnels, and the tables of machines with an IP stack in 5 NAT. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { machineTableOf, type SceneLayer, type SceneTunnel } from '../../src/index.ts'
import type { Model, Selection, Ui } from '../../tui/model.ts'
import { plainText } from '../../tui/text.ts'
import * as Nat from '../../tui/views/nat.ts'
import * as Tunnels from '../../tui/views/tunnels.ts'
import { recorded } from '../support/scene.ts'
import { modelOf } from '../support/ui.ts'

const SCREEN = { columns: 78, rows: 20 }
const LCP = 3
const textOf = (model: Model, view: typeof Tunnels.view, size = SCREEN): string[] =>
  view(model, size).lines.map(each => plainText(each).trimEnd())

function tunnelsAt(lab: string, t: number, selection: Partial<Selection>, ui: Partial<Ui> = {}): Model {
  return modelOf(recorded(lab, t), { view: 'tunnels', pane: 2, ...ui }, { tunnel: 1, transition: -1, ...selection })
}
const layerOf = ({ layers }: SceneTunnel, name: SceneLayer['name']): SceneLayer =>
  layers.find(each => each.name === name) as SceneLayer

describe('the table of a machine', () => {
  test('has the column of its state in full, and the row of the event that led there is chosen', () => {
    const text = textOf(tunnelsAt('nat-no-helper', 22.3, { layer: LCP }), Tunnels.view)
    assert.match(text[0], /^─ LCP of alice: option negotiation ─+ RFC 1661 4\.1, 1 to \d+ of 16 ─$/)
    assert.match(text[1], /^ event +0 +1 +2 +3 +4 +5 +\[6 Req-Sent\] +7 +8 +9$/)
    assert.match(text.find(line => line.startsWith('►')) ?? '', /^►up +2 +·\/6 +- /)
    // RFC 1661 §4.1: RCR+ in Req-Sent is sca/8, in Opened tld,scr,sca/8.
    assert.match(text.find(line => line.startsWith(' rcr+')) ?? '', / sca\/8 +·\/9 +sca\/8 ·\/8$/)
  })

  test('wide enough, it is the table as the RFC prints it (RFC 1661 §4.1)', () => {
    const [, head, ...rows] = textOf(tunnelsAt('voluntary', 5, { layer: LCP }), Tunnels.view, {
      columns: 160,
      rows: 40,
    })
    assert.match(head, /0 Initial +1 Starting +2 Closed +3 Stopped .* \[9 Opened\]$/)
    assert.match(
      rows.find(each => each.startsWith(' open')) ?? '',
      /^ open +tls\/1 +1 +irc,scr\/6 +3 +5 +5 +6 +7 +8 +9$/,
    )
  })

  test('below stand the latest ten transitions with their events, and the timers as bars', () => {
    const text = textOf(tunnelsAt('nat-no-helper', 22.3, { layer: LCP }), Tunnels.view)
    assert.ok(text.some(each => /^ {4}0\.150 {2}Starting → Req-Sent +up$/.test(each)))
    assert.ok(text.some(each => /^ {2}LCP {3}restart +1\.850 s ■+□+$/.test(each)))
  })

  test('the sentence tells the chosen row: first what led here, then what would happen', () => {
    const model = tunnelsAt('nat-no-helper', 22.3, { layer: LCP })
    const at = (transition: number): string =>
      Tunnels.view({ ...model, ui: { ...model.ui, selection: { ...model.ui.selection, transition } } }, SCREEN).sentence
    assert.equal(
      at(-1),
      'The layer below is up in Starting: on to Req-Sent; fill the restart counter, send Configure-Request.',
    )
    assert.equal(at(6), 'A good Configure-Request came: on to Ack-Sent; send Configure-Ack.')
    assert.equal(at(0), 'The layer below is up: that cannot happen in Req-Sent.')
  })

  test('Enter leads to it from the machine, j and k walk its events, Esc leads back', () => {
    const model = tunnelsAt('voluntary', 5, { layer: LCP }, { pane: 1 })
    const { pane, selection } = Tunnels.enter(model)
    assert.deepEqual([pane, selection?.transition], [2, -1])
    const inTable = { ...model, ui: { ...model.ui, pane: 2 } }
    assert.equal(Tunnels.moveSelection(inTable, 'first').transition, 0)
    assert.equal(Tunnels.enter(inTable).view, 'packets')
  })

  test('TCP has none: its transitions are shown', () => {
    const text = textOf(tunnelsAt('voluntary', 5, { layer: 0 }), Tunnels.view)
    assert.ok(text[1].includes('There is no table of it'))
    assert.ok(text.some(each => each.includes('Syn-Sent → Established')))
  })

  test('is that of the end whose machine it is', () => {
    const titles = (lab: string, t: number): (string | undefined)[] => {
      const [tunnel] = modelOf(recorded(lab, t)).scene.tunnels
      return (['ctl', 'call'] as const).map(name => machineTableOf(layerOf(tunnel, name), tunnel)?.title)
    }
    assert.deepEqual(titles('voluntary', 5), ['control connection, originator', 'outgoing call, PNS'])
    assert.deepEqual(titles('compulsory', 5), ['control connection, originator', 'incoming call, PAC'])
    assert.deepEqual(titles('outgoing-call', 8)[1], 'outgoing call, PAC')
  })

  test('has the ten states and sixteen events of RFC 1661 §4.1', () => {
    const [tunnel] = modelOf(recorded('voluntary', 5)).scene.tunnels
    const table = machineTableOf(layerOf(tunnel, 'LCP'), tunnel)
    assert.deepEqual([table?.states.length, table?.events.length], [10, 16])
  })
})

describe('the tables of a machine with an IP stack', () => {
  const ip = (lab: string, t: number, node: string, pane: number): Model =>
    modelOf(recorded(lab, t), { view: 'nat', pane }, { node })

  test('are reached by Tab, of a server with its pool', () => {
    assert.equal(Nat.panes(ip('voluntary', 12, 'alice', 0)), 6)
    assert.equal(Nat.panes(ip('voluntary', 12, 'office', 0)), 7)
  })

  test('routes, ARP, TCP connections and addresses given out are those of the snapshot', () => {
    const text = textOf(ip('voluntary', 12, 'office', 3), Nat.view)
    assert.match(text[0], /^ office {2}server {2}eth0 203\.0\.113\.5 {2}eth1 10\.20\.0\.1 /)
    assert.ok(text.some(each => /10\.8\.0\.10\/32 +inside +dev ppp0/.test(each)))
    assert.ok(text.some(each => /default +via 203\.0\.113\.1 +dev eth0/.test(each)))
    assert.ok(text.some(each => /10\.20\.0\.5 +02(:[0-9a-f]{2}){5} +files/.test(each)))
    assert.ok(text.some(each => /203\.0\.113\.5:1723 +198\.51\.100\.10:40900 +Established/.test(each)))
    assert.ok(text.some(each => /addresses given out ─+ 1 used, 89 free/.test(each)))
    assert.ok(text.some(each => /alice +10\.8\.0\.10 +ppp0 +from 198\.51\.100\.10/.test(each)))
  })

  test('h and l walk through all machines, a router and a host too', () => {
    let model = ip('voluntary', 12, 'alice', 3)
    const names = [model.ui.selection.node]
    for (let i = 0; i < 3; i++) {
      model = { ...model, ui: { ...model.ui, selection: Nat.moveSelection(model, 'right') } }
      names.push(model.ui.selection.node)
    }
    assert.deepEqual(names, ['alice', 'isp', 'office', 'files'])
  })

  test('every row of every table has a sentence about it', () => {
    for (const pane of [3, 4, 5, 6]) {
      const model = ip('voluntary', 12, 'office', pane)
      const { sentence } = Nat.view(model, SCREEN)
      assert.match(sentence, [/handed|link|tunnel/, /asked by ARP/, /TCP connection of office/, /by IPCP/][pane - 3])
    }
  })

  test('a box keeps its own tables in front', () => {
    const text = textOf(ip('gre-blocked', 12, 'alice', 0), Nat.view)
    assert.match(text[0], /^ hotel {2}firewall without NAT/)
  })
})
