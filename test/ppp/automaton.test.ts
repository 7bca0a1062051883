import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { World } from '../../src/base/env.ts'
import { sec } from '../../src/base/time.ts'
import { AUTOMATON, Automaton, type Event, type State } from '../../src/ppp/automaton.ts'
import { RFC_TIMERS } from '../../src/ppp/config.ts'

const STATES: readonly State[] = [
  'initial',
  'starting',
  'closed',
  'stopped',
  'closing',
  'stopping',
  'req-sent',
  'ack-rcvd',
  'ack-sent',
  'opened',
]

/** The cells of the table as the RFC prints it; `undefined` is its "-". */
function printedTable(): Map<string, Map<State, string | undefined>> {
  const text = readFileSync(new URL('../../../test/golden/rfc1661-table.txt', import.meta.url), 'utf8')
  const rows = new Map<string, Map<State, string | undefined>>()
  let columns: readonly State[] = []
  for (const line of text.split('\n')) {
    const [head, body] = line.split('|')
    if (body === undefined) continue
    const cells = body.trim().split(/\s+/)
    if (head.trim() === 'Events') columns = cells.map(c => c.toLowerCase() as State)
    else if (/^(Up|Down|Open|Close|TO[+-]|R[A-Z]+[+-]?)$/.test(head.trim())) {
      const row = rows.get(head.trim().toLowerCase()) ?? new Map<State, string | undefined>()
      assert.equal(cells.length, columns.length, line)
      for (const [i, cell] of cells.entries()) row.set(columns[i], spell(cell))
      rows.set(head.trim().toLowerCase(), row)
    }
  }
  return rows
}

/** `irc,scr/6` to `irc scr req-sent`; the letters p, r and x name footnotes. */
function spell(cell: string): string | undefined {
  if (cell === '-') return undefined
  const match = /^(?:([a-z,]+)\/)?(\d)[prx]?$/.exec(cell)
  assert.ok(match, cell)
  return [...(match[1]?.split(',') ?? []), STATES[Number(match[2])]].join(' ')
}

describe('the table of RFC 1661 §4.1', () => {
  const printed = printedTable()
  test('has sixteen events and ten states', () => {
    assert.equal(printed.size, 16)
    assert.deepEqual(Object.keys(AUTOMATON).sort(), [...printed.keys()].sort())
    assert.equal(
      [...printed.values()].reduce((n, row) => n + row.size, 0),
      160,
    )
  })
  for (const [event, row] of printed) {
    for (const [state, wanted] of row) {
      test(`${event} in ${state}: ${wanted ?? '-'}`, () => {
        const cell = AUTOMATON[event as Event][state]
        assert.equal(cell && [...cell.actions, cell.next].join(' '), wanted)
      })
    }
  }
})

function automaton() {
  const world = new World(1)
  const acts: string[] = []
  const record = (name: string) => () => void acts.push(`${name}@${world.scheduler.now / 1e9}`)
  const machine = new Automaton(RFC_TIMERS, {
    env: world.env('a'),
    machineName: 'ppp.lcp',
    tls: record('tls'),
    tlu: record('tlu'),
    tld: record('tld'),
    tlf: tries => void acts.push(`tlf(${tries})@${world.scheduler.now / 1e9}`),
    scr: record('scr'),
    sca: record('sca'),
    scn: record('scn'),
    str: record('str'),
    sta: record('sta'),
    scj: record('scj'),
    ser: record('ser'),
  })
  const take = (): string[] => acts.splice(0)
  return { world, machine, take }
}

describe('counters and timers (RFC 1661 §4.6)', () => {
  test('ten Configure-Requests three seconds apart, then the layer finishes', () => {
    const { world, machine, take } = automaton()
    machine.fire('open')
    machine.fire('up')
    world.scheduler.runUntil(sec(100))
    const sent = Array.from({ length: 10 }, (_, n) => `scr@${3 * n}`)
    assert.deepEqual(take(), ['tls@0', ...sent, 'tlf(10)@30'])
    assert.equal(machine.state, 'stopped')
  })
  test('two Terminate-Requests, then the layer finishes', () => {
    const { world, machine, take } = automaton()
    machine.fire('open')
    machine.fire('up')
    machine.fire('rca')
    machine.fire('rcr+')
    assert.equal(machine.state, 'opened')
    take()
    machine.fire('close')
    world.scheduler.runUntil(sec(100))
    assert.deepEqual(take(), ['tld@0', 'str@0', 'str@3', 'tlf(2)@6'])
    assert.equal(machine.state, 'closed')
  })
  test('a Nak starts the count anew (irc)', () => {
    const { world, machine, take } = automaton()
    machine.fire('open')
    machine.fire('up')
    world.scheduler.runUntil(sec(27))
    assert.equal(take().filter(a => a.startsWith('scr')).length, 10)
    machine.fire('rcn')
    world.scheduler.runUntil(sec(100))
    assert.equal(take().filter(a => a.startsWith('scr')).length, 10)
  })
  test('after a Terminate-Request the peer has one restart period before the layer finishes (zrc)', () => {
    const { world, machine, take } = automaton()
    machine.fire('open')
    machine.fire('up')
    machine.fire('rca')
    machine.fire('rcr+')
    take()
    machine.fire('rtr')
    world.scheduler.runUntil(sec(10))
    assert.deepEqual(take(), ['tld@0', 'sta@0', 'tlf(0)@3'])
    assert.equal(machine.state, 'stopped')
  })
  test('no timer runs while Opened, nor after Down', () => {
    const { world, machine } = automaton()
    machine.fire('open')
    machine.fire('up')
    machine.fire('rca')
    machine.fire('rcr+')
    assert.equal(world.scheduler.next, undefined)
    machine.fire('down')
    assert.equal(machine.state, 'starting')
    assert.equal(world.scheduler.next, undefined)
  })
  test('an event without a cell changes nothing and says so', () => {
    const { machine, take } = automaton()
    assert.equal(machine.fire('rcr+'), false)
    assert.equal(machine.state, 'initial')
    assert.deepEqual(take(), [])
  })
})
