/** Views that a capture knows nothing of: what is known of it as a whole, and where the rest is. */
import type { Captured } from '../captured.ts'
import { fill } from '../draw.ts'
import { wrap } from '../frame.ts'
import type { Model, Rendered, Size, ViewName } from '../model.ts'
import { type Line, line, span } from '../text.ts'

const SENTENCES: Readonly<Partial<Record<ViewName, string>>> = {
  net: 'A capture has no machines: it knows what was on the wire.',
  dash: 'A capture has no machines: it knows what was on the wire.',
  tunnels: 'A capture has no state machines: it knows what they said.',
  nat: 'A capture does not say what a box remembers.',
  log: 'A capture does not say what the programs would have written.',
  checks: 'A capture has no checks: nobody has said what should be true.',
  time: 'A capture has happened: it has one course, and nobody can ask what if.',
}
const ELSEWHERE = '3 Packets shows all of its frames, 4 Ladder who said what to whom, 6 Events its messages.'

export function notKnown({ ui }: Model, { source }: Captured, size: Size): Rendered {
  const sentence = SENTENCES[ui.view] ?? SENTENCES.net ?? ''
  const text = (words: string): Line[] => wrap(words, size.columns - 2).map(part => line(` ${part}`))
  const facts = source.facts.flatMap(fact => ['', fact]).flatMap(fact => text(fact))
  const lines = [
    ...text(sentence),
    ...text(ELSEWHERE),
    ...facts.map(each => each.map(({ text }) => span(text, 'muted'))),
  ]
  return { lines: fill([[], ...lines], size), sentence, keys: ['3 packets', '4 ladder', '6 events', 'q quit'] }
}
