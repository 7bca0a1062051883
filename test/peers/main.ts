/**
 * `npm run test:peers [-- OPTION… WORD…]`: real PPTP clients and servers against ours, and a grid of what came of it.
 * Words choose the cases whose name contains one of them. README.md beside this file tells more.
 */
import type { Column } from '../support/outside/grid.ts'
import { playSuite } from '../support/outside/suite.ts'
import type { Facts } from './case.ts'
import { CASES } from './cases.ts'
import { KNOWN } from './known.ts'
import { Site } from './site.ts'
import { prepare } from './surroundings.ts'

const count = (octets: number | undefined): string => (octets === undefined ? '-' : String(octets)).padStart(9)
const COLUMNS: readonly Column<Facts>[] = [
  ['real peer', 11, facts => facts.peer],
  ['negotiated', 38, facts => facts.negotiated],
  ['  to peer', 9, facts => count(facts.toPeer)],
  ['from peer', 9, facts => count(facts.fromPeer)],
]

await playSuite({
  cases: CASES,
  known: KNOWN,
  columns: COLUMNS,
  facts: (): Facts => ({ peer: '-', negotiated: '-', toPeer: undefined, fromPeer: undefined }),
  prepare() {
    const surroundings = prepare(console.log)
    return { folder: surroundings.folder, site: (name, undo) => new Site(surroundings, name, undo) }
  },
})
