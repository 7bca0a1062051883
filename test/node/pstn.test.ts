import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ms, sec } from '../../src/base/time.ts'
import type { SerialLink } from '../../src/link/serial.ts'
import type { Dialler } from '../../src/node/dialler.ts'
import { DialNet } from '../support/dial-net.ts'
import { fc } from '../support/fast-check.ts'

/** Three computers, and an access server with a trunk of two lines. */
function town(
  options: { noAnswer?: number; after?: number | undefined; rates?: readonly number[]; seed?: number } = {},
) {
  const { rates = [56_000, 33_600, 56_000] } = options
  const net = new DialNet(options.seed)
  const pstn = net.pstn(
    { tty0: '5550111', tty1: '5550222', trunk0: '5550100', tty9: '5550999' },
    { noAnswer: options.noAnswer ?? sec(30) },
  )
  const names = ['bob', 'carol', 'dave']
  const users = new Map(names.map(name => [name, 'builder']))
  const nas = net.answering('nas', { users, ...('after' in options ? { after: options.after } : {}) })
  const people = names.map(user => net.dialler(user, { user }))
  const links: SerialLink[] = people.map((node, i) => net.line([node, 'tty0'], [pstn, `tty${i}`], { rate: rates[i] }))
  links.push(net.line([nas, 'pri0'], [pstn, 'trunk0'], { lines: 2, rate: 64_000, delay: ms(2) }))
  const [bob, carol, dave] = people
  return { net, pstn, nas, people, bob, carol, dave, links }
}

const lineOf = (node: Dialler) => node.machines()['line.call']
const endOf = (net: DialNet, node: string) =>
  net.seen('dial-end', node).map(({ layer, reason }) => `${layer} ${reason}`)
const counters = ({ pstn }: { pstn: { snapshot(): unknown } }) =>
  (pstn.snapshot() as { pstn: Record<string, number> }).pstn

describe('a telephone network', () => {
  test('routes by number to a line that rings, tells who calls, and connects the two', () => {
    const { net, nas, bob, pstn } = town()
    bob.dialUp.dial()
    net.run(sec(2))
    assert.equal(bob.dialUp.up, true)
    const { call } = nas.slots[0].telephone
    assert.deepEqual([call?.called, call?.calling], ['5550100', '5550111'])
    assert.equal(pstn.circuits, 1)
    net.ping(bob, '10.8.0.1', { count: 2 })
    net.run(sec(6))
    assert.equal(net.seen('ping-reply', 'bob').length, 2)
    assert.deepEqual(net.drops(), [])
  })

  test('the slower of the lines is told to both ends, and both send at it', () => {
    const { net, nas, carol } = town()
    carol.dialUp.dial()
    net.run(sec(2))
    assert.equal(nas.slots[0].telephone.rate, 33_600)
    assert.equal(lineOf(carol).facts.rate, '33.6 kbit/s')
  })

  test('lines that share a number are a hunt group: the first free one rings; when all are taken, user busy (Q.850 17)', () => {
    const { net, nas, pstn, bob, carol, dave } = town()
    for (const [i, node] of [bob, carol, dave].entries())
      net.world.scheduler.after(sec(i), 'dial', () => node.dialUp.dial())
    net.run(sec(6))
    assert.deepEqual(
      nas.slots.map(({ telephone }) => telephone.call?.calling),
      ['5550111', '5550222'],
    )
    assert.deepEqual(endOf(net, 'dave'), ['line busy'])
    assert.deepEqual(counters({ pstn }), { circuits: 2, dialled: 3, connected: 2, refused: 1 })
    bob.dialUp.hangUp()
    net.run(sec(8))
    dave.dialUp.dial()
    net.run(sec(12))
    assert.equal(dave.dialUp.up, true, 'a line that is free again is used again')
    assert.equal(nas.slots[0].telephone.call?.calling, undefined, 'who has no number shows none')
  })

  test('a number that nobody has: unallocated number (Q.850 1)', () => {
    const net = new DialNet()
    const pstn = net.pstn({ tty1: '5550100' })
    const bob = net.dialler('bob', { number: '5550199' })
    net.line([bob, 'tty0'], [pstn, 'tty0'])
    bob.dialUp.dial()
    net.run(sec(1))
    assert.deepEqual(endOf(net, 'bob'), ['line unallocated-number'])
    assert.equal(pstn.circuits, 0)
  })

  test('a line that is unplugged: destination out of order (Q.850 27)', () => {
    const { net, bob, links } = town()
    links[3].setUp(false)
    bob.dialUp.dial()
    net.run(sec(1))
    assert.deepEqual(endOf(net, 'bob'), ['line out-of-order'])
  })

  test('nobody answers: the network gives up, with 19 if it has rung (Q.850 18, 19)', () => {
    const { net, bob, nas, pstn } = town({ noAnswer: sec(20), after: undefined })
    bob.dialUp.dial()
    net.run(sec(19))
    assert.equal(lineOf(bob).state, 'alerting')
    net.run(sec(21))
    assert.deepEqual(endOf(net, 'bob'), ['line no-answer'])
    assert.match(lineOf(bob).facts.cause, /^19/)
    assert.equal(nas.slots[0].telephone.state, 'idle')
    assert.equal(pstn.circuits, 0)
  })

  test('a called machine without power does not even ring (Q.850 18)', () => {
    const { net, bob, links } = town({ noAnswer: sec(20) })
    links[3].powerOff(0)
    bob.dialUp.dial()
    net.run(sec(25))
    assert.match(lineOf(bob).facts.cause, /^18/)
  })

  test('either side hangs up: the other is told, and both lines are free', () => {
    for (const side of ['caller', 'called'] as const) {
      const { net, bob, nas, pstn } = town()
      bob.dialUp.dial()
      net.run(sec(2))
      if (side === 'caller') bob.dialUp.hangUp()
      else nas.slots[0].telephone.hangUp()
      net.run(sec(5))
      assert.deepEqual([pstn.circuits, lineOf(bob).state, nas.slots[0].telephone.state], [0, 'idle', 'idle'])
      assert.deepEqual(endOf(net, 'bob'), [side === 'caller' ? 'lcp closed' : 'line released'])
    }
  })

  test('a carrier that is lost on one leg is told on the other (Q.850 41)', () => {
    const { net, bob, nas, links, pstn } = town()
    bob.dialUp.dial()
    net.run(sec(2))
    links[0].setUp(false)
    net.run(sec(3))
    assert.deepEqual([nas.slots[0].telephone.state, nas.slots[0].telephone.cause], ['idle', 41])
    assert.deepEqual(endOf(net, 'bob'), ['line no-carrier'])
    assert.equal(pstn.circuits, 0)
  })

  test('the line that is to ring is taken at that moment from the other end: the next one rings', () => {
    const { net, nas, bob, carol } = town()
    nas.slots[0].telephone.dial({ called: '5550222', bearer: 'analogue' })
    bob.dialUp.dial()
    net.run(sec(3))
    assert.equal(bob.dialUp.up, true)
    assert.equal(nas.slots[1].telephone.call?.calling, '5550111')
    assert.equal(lineOf(carol).state, 'ringing')
    assert.match(lineOf(carol).facts.calling, /^5550100$/)
  })

  for (const what of ['the caller hangs up', 'the called end hangs up', 'a cable is pulled'] as const) {
    test(`${what} at every moment of a call's set-up: both lines and the circuit come back`, () => {
      for (let t = 0; t <= 450; t += 5) {
        const { net, pstn, nas, bob, links } = town()
        bob.dialUp.dial()
        net.world.scheduler.after(ms(t), 'end', () => {
          if (what === 'the caller hangs up') bob.dialUp.hangUp()
          else if (what === 'a cable is pulled') links[3].setUp(false)
          else nas.slots[0].telephone.hangUp()
        })
        net.run(sec(40))
        if (lineOf(bob).state === 'connected') bob.dialUp.hangUp()
        net.run(sec(80))
        const states = [lineOf(bob).state, nas.slots[0].telephone.state, pstn.circuits]
        assert.deepEqual(states, ['idle', 'idle', 0], `${t} ms`)
      }
    })
  }

  test('whatever people and cables do at whatever moment, no line and no circuit stays taken', () => {
    const action = fc.record({
      at: fc.nat(8000),
      who: fc.nat(2),
      what: fc.constantFrom('dial', 'hang-up', 'unplug', 'plug', 'answerer hangs up', 'answerer dials'),
    })
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 1000 }),
        (actions, seed) => {
          const { net, pstn, nas, people, links } = town({ seed, noAnswer: sec(5) })
          for (const { at, who, what } of actions) {
            net.world.scheduler.after(ms(at), 'act', () => {
              const line = nas.slots[who % 2].telephone
              if (what === 'dial') people[who].dialUp.dial()
              else if (what === 'hang-up') people[who].dialUp.hangUp()
              else if (what === 'answerer hangs up') line.hangUp()
              else if (what === 'answerer dials') line.dial({ called: '5550222', bearer: 'digital' })
              else links[who === 2 ? 3 : who].setUp(what === 'plug')
            })
          }
          net.world.scheduler.after(sec(9), 'plug', () => {
            for (const link of links) link.setUp(true)
          })
          net.world.scheduler.after(sec(10), 'end', () => {
            for (const node of people) node.dialUp.hangUp()
            for (const { telephone } of nas.slots) telephone.hangUp()
          })
          net.run(sec(60))
          assert.equal(pstn.circuits, 0)
          const ends = [...people.map(node => lineOf(node).state), ...nas.slots.map(({ telephone }) => telephone.state)]
          assert.deepEqual(ends, ['idle', 'idle', 'idle', 'idle', 'idle'])
          for (const { state } of Object.values(pstn.machines())) assert.equal(state, 'idle')
          // Every line works again.
          for (const node of people.slice(0, 2)) node.dialUp.dial()
          net.run(sec(70))
          assert.deepEqual(
            people.map(node => node.dialUp.up),
            [true, true, false],
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})
