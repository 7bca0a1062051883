/** The quick words of a list are those of the dissection. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mainForm, quickWords, sceneOf } from '../../src/index.ts'
import { clearOf } from '../../tui/dissection.ts'
import { FIRST_UI } from '../../tui/press.ts'
import { rowWords } from '../../tui/row-words.ts'
import { whatOf } from '../../tui/what.ts'
import { recorded } from '../support/scene.ts'
import { CLOSED } from '../support/shipped.ts'

describe('the words of a row', () => {
  test('are those of the dissection, in every shipped lab', () => {
    const kinds = new Set<string>()
    for (const name of CLOSED) {
      const recorder = recorded(name, 1e6)
      const model = { scene: sceneOf(recorder), recorder, ui: FIRST_UI, explain: '' }
      for (const journey of recorder.journeys.slice(-1500)) {
        assert.deepEqual(rowWords(journey, model), whatOf(journey, model), `${name}, packet ${journey.no}`)
        const packet = journey.packets[mainForm(journey)]
        const hop = packet.hops.at(-1)
        const quick = hop && quickWords(hop.bytes, model.scene.links[hop.link].type, clearOf(packet))
        if (quick) kinds.add(`${quick.layer} ${quick.sealed === undefined ? 'in clear' : 'sealed'}`)
      }
    }
    const all = ['gre in clear', 'icmp in clear', 'icmp sealed', 'tcp in clear', 'tcp sealed', 'udp sealed']
    assert.deepEqual([...kinds].sort(), all)
  })
})
