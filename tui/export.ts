/** `x`: what can be taken out of the program as files, and how each is made. */
import {
  fingerprintOf,
  graphMermaid,
  graphSvg,
  lineOf,
  type SimTime,
  type StoryLine,
  watchLinks,
} from '../src/index.ts'
import type { Model } from './model.ts'
import type { Session } from './session.ts'
import { type Line, plainText } from './text.ts'
import { toldOf } from './told.ts'
import { exported as ladderAs } from './views/ladder.ts'
import { chosenPacket } from './views/packets.ts'

/** The same run again, up to now, with captures of its links. */
function capturesOf(session: Session, links?: readonly number[]): NewFile[] {
  const { lab } = session.source
  const run = session.fresh()
  const watched = watchLinks(run, fingerprintOf(session.source.text?.text ?? lab.name), links)
  run.advanceTo(session.run.now)
  return watched.map(({ name, capture }) => ({ name: `${lab.name}-${name}`, content: capture.take(run.now, true) }))
}
