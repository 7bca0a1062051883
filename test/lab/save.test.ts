/** A lab with what was done to its run, as the text of a lab file. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sec } from '../../src/base/time.ts'
import type { Action } from '../../src/lab/lab.ts'
import { type LabText, loadWith, type Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { savedLab } from '../../src/lab/save.ts'
import { at, entriesFor } from '../support/entries.ts'
import { CLOSED, SHIPPED, shippedText } from '../support/shipped.ts'

const ENTRY = '{ at: 1.000000007s, note: "a, b: {c}" }'

function saved(source: LabText, entries: readonly string[] = [ENTRY]) {
  const result = savedLab(source, entries)
  assert.ok(result.ok, JSON.stringify(result))
  return result
}

/** The events of the file that was saved, read without any option. */
function eventsOf(text: string): readonly Action[] {
  const loaded = loadWith({ text, file: 'saved' }, [])
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.lab.events
}

/** A lab that has nothing but what is needed. */
const BARE = 'name: bare\ntopology: { nodes: { pc: { kind: host } } }\n'

describe('a lab that is saved', () => {
  for (const name of CLOSED) {
    test(`has the same run as the one to which it was done: ${name}`, () => {
      const source = { text: shippedText(name), file: name }
      const loaded = loadWith(source, [])
      assert.ok(loaded.ok)
      const run = new Run(loaded.lab, { until: sec(6) })
      const entries: string[] = []
      const possible = entriesFor(loaded.lab)
      for (let i = 0; i < 4; i++) {
        run.advanceTo(sec(i + 1))
        const entry = possible[(i * 13 + name.length) % possible.length]
        const marked = loadWith(source, [at(3, entry)])
        const action = marked.ok && marked.lab.events.find(one => one.at === 3)
        assert.ok(action, entry)
        const t = run.act(action)
        if (t !== undefined) entries.push(at(t, entry))
      }
      run.advance()
      const { text, apart } = saved(source, entries)
      assert.deepEqual(apart, [])
      const read = loadWith({ text, file: 'saved' }, [])
      assert.ok(read.ok, text)
      const again = new Run(read.lab, { until: sec(6) })
      again.advance()
      assert.deepEqual(again.result().fingerprints, run.result().fingerprints)
      assert.equal(entries.length, 4)
    })
  }

  test('can be given another name, which an option has no say in; that of an alias stays', () => {
    const named = (text: string, overrides: readonly Override[] = []): string | undefined => {
      const result = savedLab({ text, file: 'x', overrides }, [ENTRY], 'other')
      assert.ok(result.ok)
      assert.deepEqual(result.apart, [])
      const loaded = loadWith({ text: result.text, file: 'saved' }, [])
      assert.ok(loaded.ok)
      assert.equal(loaded.lab.events.length, 1)
      return loaded.lab.name
    }
    assert.equal(named(BARE), 'other')
    assert.equal(named(BARE.replace('bare', '"bare" # mine')), 'other')
    assert.equal(named(BARE, [{ path: 'name', value: 'set' }]), 'other')
    assert.equal(named('{ name: bare, topology: { nodes: { pc: { kind: host } } } }'), 'other')
    const alias = 'description: &it bare\nname: *it\ntopology: { nodes: { pc: { kind: host } } }\n'
    assert.equal(named(alias), 'bare')
  })
  test('keeps every line of its text as it was, comments too', () => {
    for (const name of SHIPPED) {
      const text = shippedText(name)
      const lines = saved({ text, file: name }).text.split('\n')
      const more = lines.filter(line => line.includes(ENTRY))
      assert.equal(more.length, 1, name)
      const kept = lines.filter(line => !line.includes(ENTRY) && line !== 'events:' && line !== '')
      const was = text.split('\n').filter(line => line !== 'events:' && line !== '')
      assert.deepEqual(kept, was, name)
    }
  })
  test('without anything done is its own text', () => {
    for (const name of SHIPPED) assert.equal(saved({ text: shippedText(name), file: name }, []).text, shippedText(name))
  })

  for (const [how, text, wanted] of [
    ['it has no events', BARE, `${BARE}\nevents:\n  - ${ENTRY}\n`],
    ['the file ends without a newline', BARE.trimEnd(), `${BARE}\nevents:\n  - ${ENTRY}\n`],
    [
      'its lines end with CR LF',
      BARE.replaceAll('\n', '\r\n'),
      `${BARE}\nevents:\n  - ${ENTRY}\n`.replaceAll('\n', '\r\n'),
    ],
    [
      'the last entry ends with a comment, and without a newline',
      `${BARE}events:\n- { at: 1s, note: x } # why`,
      `${BARE}events:\n- { at: 1s, note: x } # why\n- ${ENTRY}\n`,
    ],
    [
      'an entry goes over several lines, and more comes behind',
      `events:\n  - at: 0s\n    note: |\n      one\n      two\n\n# what\n${BARE}`,
      `events:\n  - at: 0s\n    note: |\n      one\n      two\n  - ${ENTRY}\n\n# what\n${BARE}`,
    ],
    [
      'they stand in brackets',
      `${BARE}events: [ { at: 1s, note: x } ] # list\n`,
      `${BARE}events: [ { at: 1s, note: x }, ${ENTRY} ] # list\n`,
    ],
    [
      'they stand in brackets over several lines, with a comma behind the last',
      `${BARE}events: [\n  { at: 1s, note: x }, # one\n]\n`,
      `${BARE}events: [\n  { at: 1s, note: x }, ${ENTRY}, # one\n]\n`,
    ],
    ['the brackets are empty', `${BARE}events: []\n`, `${BARE}events: [${ENTRY}]\n`],
    [
      'the whole lab stands in braces',
      '{ name: bare, topology: { nodes: { pc: { kind: host } } } }\n',
      `{ events: [ ${ENTRY} ], name: bare, topology: { nodes: { pc: { kind: host } } } }\n`,
    ],
  ] as const) {
    test(`where ${how}`, () => {
      const { text: result, apart } = saved({ text, file: 'x' })
      assert.equal(result, wanted)
      assert.deepEqual(apart, [])
      assert.equal(eventsOf(result).at(-1)?.at, 1_000_000_007)
    })
  }
  test('where the list is an alias, or merged from elsewhere, has it written out', () => {
    for (const text of [
      `x-old: &old [ { at: 0s, note: x } ]\n${BARE}events: *old # same\n`,
      `x-old: &old { events: [ { at: 0s, note: x } ] }\n<<: *old\n${BARE}`,
    ]) {
      const { text: result } = saved({ text, file: 'x' })
      assert.deepEqual(
        eventsOf(result).map(({ at, verb }) => [at, verb]),
        [
          [0, 'note'],
          [1_000_000_007, 'note'],
        ],
      )
    }
  })
  test('that is wrong, or to which something wrong is done, gives what is wrong', () => {
    assert.equal(savedLab({ text: 'name: 3', file: 'x' }, []).ok, false)
    assert.equal(savedLab({ text: BARE, file: 'x' }, ['{ at: 1s, ping: x }']).ok, false)
  })
})

describe('values that options have set', () => {
  const overridden = (text: string, ...set: (readonly [string, string])[]) =>
    saved({ text, file: 'x', overrides: set.map(([path, value]) => ({ path, value })) })

  test('are written where they stand, in the quotes that are there', () => {
    const text = `${BARE}stop: 20s # short\ndescription: "what: this"\nseed: 3\n`
    const set = [['stop', '10s'] as const, ['description', 'that, "then"'] as const, ['seed', '9'] as const]
    const { text: result, apart } = overridden(text, ...set)
    assert.deepEqual(apart, [])
    assert.equal(
      result,
      `${BARE}stop: 10s # short\ndescription: "that, \\"then\\""\nseed: 9\n\nevents:\n  - ${ENTRY}\n`,
    )
  })
  test('are written where they would stand', () => {
    const { text: result, apart } = overridden(BARE, ['topology.nodes.pc.tcp.sack', 'false'], ['seed', '9'])
    assert.deepEqual(apart, [{ path: 'topology.nodes.pc.tcp.sack', value: 'false' }])
    assert.ok(result.includes('\nname: bare\nseed: 9\ntopology'), result)
    const text = BARE.replace('{ kind: host }', '{ kind: host, tcp: {} }')
    const deep = overridden(text, ['topology.nodes.pc.tcp.sack', 'false'])
    assert.deepEqual(deep.apart, [])
    assert.ok(deep.text.includes('{ kind: host, tcp: { sack: false } }'), deep.text)
  })
  test('that cannot be written in, for what they change stands in two places, are told on top', () => {
    const text =
      'name: two\ntopology:\n  nodes:\n    a: { kind: host, tcp: &tcp { sack: true } }\n    b: { kind: host, tcp: *tcp }\n'
    const path = 'topology.nodes.b.tcp.sack'
    const { text: result, apart } = overridden(text, ['seed', '5'], [path, 'false'])
    assert.deepEqual(apart, [{ path, value: 'false' }])
    assert.match(result, /^# The run .*\n# {3}--set 'topology\.nodes\.b\.tcp\.sack=false'\nname: two\nseed: 5\n/)
    const whole = loadWith({ text, file: 'x', overrides: [{ path: 'seed', value: '5' }, ...apart] }, [ENTRY])
    const read = loadWith({ text: result, file: 'x', overrides: apart }, [])
    assert.ok(whole.ok && read.ok)
    assert.deepEqual(read.lab, whole.lab)
  })
  test('the last one wins, and texts that look like numbers stay texts', () => {
    const text = `${BARE}description: some\n`
    const { text: result, apart } = overridden(text, ['seed', '4'], ['description', '12'], ['seed', '6'])
    assert.deepEqual(apart, [])
    const loaded = loadWith({ text: result, file: 'x' }, [])
    assert.ok(loaded.ok)
    assert.deepEqual([loaded.lab.seed, loaded.lab.description], [6, '12'])
  })
  test('are the same in every lab that comes with the program', () => {
    for (const name of CLOSED) {
      const overrides = [
        { path: 'seed', value: '77' },
        { path: 'topology.links[0].delay', value: '9ms' },
        { path: 'description', value: 'Another: #1' },
      ]
      const source = { text: shippedText(name), file: name, overrides }
      const whole = loadWith(source, [ENTRY])
      if (!whole.ok) continue
      const { text, apart, left } = saved(source)
      const read = loadWith({ text, file: name, overrides: apart }, [])
      assert.ok(read.ok, name)
      const checks = whole.lab.checks.filter(check => !left.checks.includes(check.name))
      // Another delay from the beginning may make any answer another one.
      assert.deepEqual(read.lab, { ...whole.lab, questions: [], checks }, name)
      assert.deepEqual(apart, [], name)
    }
  })
})

describe('what no longer holds in a lab that is saved', () => {
  const BOX = 'nat-single-passthrough'
  const CURE = 'nat: { node: nat1, like: linux-pptp }'
  const withDone = (name: string, ...entries: readonly string[]) => {
    const { text, left } = saved({ text: shippedText(name), file: name }, entries)
    const loaded = loadWith({ text, file: name }, [])
    assert.ok(loaded.ok, text)
    const run = new Run(loaded.lab)
    run.advance()
    return { text, left, lab: loaded.lab, result: run.result() }
  }

  test('questions about what was cured are left out, and what is left of the file is as it was', () => {
    const { text, left, lab } = withDone(BOX, `{ at: 9.000000001s, ${CURE} }`)
    assert.deepEqual(left, { questions: 3, checks: ['silence'] })
    assert.deepEqual(lab.questions, [])
    assert.match(text, /^# Left out: questions about the lab as it was/)
    assert.doesNotMatch(text, /^ask:|Dave's LCP gives up/m)
    const lines = shippedText(BOX).split('\n')
    const added = text.split('\n').filter(line => !lines.includes(line))
    assert.deepEqual(added, [
      '# Left out: questions about the lab as it was, before what was done in its run.',
      '# Left out: checks that what was done in the run has made untrue:',
      '#   silence',
      `  - { at: 9.000000001s, ${CURE} }`,
    ])
  })
  test('a check that the cure makes fail is left out, so that the lab passes its checks', () => {
    const { left, result, text } = withDone(BOX, `{ at: 9.000000001s, ${CURE} }`)
    assert.deepEqual(left.checks, ['silence'])
    assert.equal(result.ok, true, JSON.stringify(result.checks))
    assert.deepEqual(
      result.checks.map(({ name }) => name),
      ['carol', 'control', 'survivor'],
    )
    assert.ok(text.includes('  control:\n    description: Dave'))
  })
  test('a question stays whose check had its verdict before, and none without a check', () => {
    const { left, lab } = withDone('wrong-password', '{ at: 15.000000001s, crash: files }')
    const before = loadWith({ text: shippedText('wrong-password'), file: 'x' }, [])
    assert.ok(before.ok)
    const stays = before.lab.questions.filter(question => {
      const shows = 'before' in question.when ? question.when.before : question.shows
      const check = before.lab.checks.find(({ name }) => name === shows)
      return check !== undefined && 'by' in check.when && check.when.by < sec(15)
    })
    assert.ok(stays.length > 0 && stays.length < before.lab.questions.length)
    assert.deepEqual(lab.questions, stays)
    assert.equal(left.questions, before.lab.questions.length - stays.length)
  })
  test('a note changes nothing, and an act behind the last verdict nothing that was asked', () => {
    assert.deepEqual(withDone(BOX, '{ at: 9s, note: here }').left, { questions: 0, checks: [] })
    const late = withDone('voluntary', '{ at: 26s, ping: { from: alice, to: files, count: 1 } }')
    assert.deepEqual(late.left.checks, [])
  })
  test('a check that failed before as well is not left out for it', () => {
    const text = `${BARE}expect: { never: { description: x, by: 5s, seen: { event: drop, count: "> 9" } } }\n`
    assert.deepEqual(saved({ text, file: 'x' }, ['{ at: 1s, crash: pc }']).left.checks, [])
  })
  test('wherever they stand: in brackets, in an alias, with comments above', () => {
    const check = '{ description: x, by: 3s, unseen: { event: drop } }'
    const broken = '{ description: y, by: 3s, unseen: { event: action } }'
    const ask = '{ at: 2s, text: "Q?", answers: [a, b], correct: a, because: c }'
    for (const text of [
      `${BARE}ask: [ ${ask} ]\nexpect: { one: ${check}, two: ${broken} }\n`,
      `x-ask: &ask [ ${ask} ]\n${BARE}ask: *ask\nexpect:\n  one: ${check}\n  two: ${broken}\n`,
      `${BARE}# what is asked\nask:\n  # the first\n  - ${ask} # so\n# and then\nexpect:\n  one: ${check}\n  # the other\n  two: ${broken}\n`,
      `{ name: bare, topology: { nodes: { pc: { kind: host } } }, ask: [ ${ask}, ${ask} ], expect: { two: ${broken}, one: ${check} } }\n`,
    ]) {
      const { left, text: result } = saved({ text, file: 'x' }, ['{ at: 1s, crash: pc }'])
      assert.equal(left.questions, text.split('Q?').length - 1, result)
      const loaded = loadWith({ text: result, file: 'x' }, [])
      assert.ok(loaded.ok, result)
      assert.deepEqual(left.checks, ['two'])
      assert.deepEqual(
        [loaded.lab.questions, loaded.lab.checks.map(({ name }) => name), loaded.lab.events.length],
        [[], ['one'], 1],
      )
      assert.doesNotMatch(result, /the first|the other/)
    }
  })
})
