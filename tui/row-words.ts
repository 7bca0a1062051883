/** What a row of a list says of a journey: quickly where it is ordinary data, otherwise as its dissection says. */
import { type Journey, mainForm, quickWords } from '../src/index.ts'
import { clearOf } from './dissection.ts'
import type { Model } from './model.ts'
import { type What, whatIs } from './what.ts'

const ROLES = { tcp: 'control', gre: 'sealed', udp: 'plain', icmp: 'plain' } as const

export function rowWords(journey: Journey, model: Model): What {
  const packet = journey.packets[mainForm(journey)]
  const hop = packet.hops.at(-1)
  if (!hop) return whatIs(packet, model)
  const quick = quickWords(hop.bytes, model.scene.links[hop.link].type, clearOf(packet))
  if (!quick) return whatIs(packet, model)
  const { text, sealed, layer } = quick
  return sealed === undefined
    ? { text, seal: '', role: ROLES[layer] }
    : { text, seal: `in MPPE ${sealed}`, role: 'plain' }
}
