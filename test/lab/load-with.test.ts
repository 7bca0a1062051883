/** More entries for `events` than the file of a lab has. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import { renderIssues } from '../../src/lab/diagnostic.ts'
import { loadWith } from '../../src/lab/load.ts'
import { shippedText } from '../support/shipped.ts'

const source = { text: shippedText('voluntary'), file: 'voluntary.yaml' }

function wordsOf(entries: readonly string[], text = source.text): string {
  const loaded = loadWith({ text, file: source.file }, entries)
  assert.ok(!loaded.ok, entries.join('\n'))
  return renderIssues(loaded.issues)
}

describe('entries beside those of the file', () => {
  test('come behind those of the file at the same moment, in their order', () => {
    const alone = loadWith(source, [])
    const entries = ['{ at: 3s, note: b }', '{ at: 0s, note: a }', '{ at: 3s, note: c }']
    const loaded = loadWith(source, entries)
    assert.ok(alone.ok && loaded.ok)
    const notes = loaded.lab.events.flatMap(({ verb, args, at }) => (verb === 'note' ? [[at, args.text]] : []))
    assert.deepEqual(notes, [
      [0, 'a'],
      [sec(3), 'b'],
      [sec(3), 'c'],
    ])
    assert.equal(loaded.lab.events.length, alone.lab.events.length + 3)
    assert.equal(loaded.lab.events[0].verb, 'connect')
  })
  test('are there too when the lab has no events, and with values that an option sets', () => {
    const text = source.text.replace(/^events:\n(?: {2}- .*\n)+/m, '')
    const overrides = [{ path: 'stop', value: '40s' }]
    const loaded = loadWith({ text, file: 'x', overrides }, ['{ at: 40s, disconnect: alice }'])
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.lab.events, [{ at: sec(40), verb: 'disconnect', args: { client: 'alice' } }])
  })
  test('that are wrong are named as the place, with the same words as in a file', () => {
    assert.equal(
      wordsOf(['{ at: 1s, note: good }', '{ at: 1s, ping: { from: alicia, to: files } }']),
      [
        'action 2: events[6].ping.from: There is no node alicia.',
        '       | { at: 1s, ping: { from: alicia, to: files } }',
        '       |                         ^^^^^^',
        'hint: did you mean "alice"?',
      ].join('\n'),
    )
    assert.match(wordsOf(['{ at: 1s, pign: x }']), /"pign" .*\n.*\n.*\nhint: did you mean "ping"\?/)
    assert.match(wordsOf(['{ at: 99h, note: x }']), /action 1: .*never reached/)
    assert.match(wordsOf(['{ note: x }']), /action 1: /)
  })
  test('that are no YAML, no map, nothing, or two lines, are told', () => {
    assert.match(wordsOf(['{ at: 1s, note: [ }']), /^action 1: /)
    assert.match(wordsOf(['disconnect']), /^action 1: events\[5\]: /)
    assert.match(wordsOf(['']), /^action 1: events\[5\]: Here is nothing\./)
    assert.match(wordsOf(['{ at: 1s,\n note: x }']), /An action is one line\./)
  })
  test('say nothing where the file itself is wrong', () => {
    const broken = source.text.replace(/^events:$/m, 'events: now\nx-old:')
    assert.match(wordsOf(['{ at: 1s, note: x }'], broken), /^voluntary\.yaml:\d+:\d+: events: /)
    assert.match(wordsOf(['{ at: 1s, note: x }'], 'name: ['), /^voluntary\.yaml:1:/)
  })
})
