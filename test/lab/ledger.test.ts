/** The ledger: every octet of every frame has its layer, and what encryption computes is what it must be. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CallLedger, Ledger, ledgerTable, type Override, Recorder, Run } from '../../src/index.ts'
import { FRAME_KINDS, LAYERS, type Weight, weigh } from '../../src/lab/weigh.ts'
import { labOf } from '../support/captured-run.ts'
import { fc } from '../support/fast-check.ts'
import { CLOSED, shippedText } from '../support/shipped.ts'

const sum = (layers: Weight): number => LAYERS.reduce((total, layer) => total + layers[layer], 0)

interface Weighing {
  readonly run: Run
  readonly calls: readonly CallLedger[]
}

function weighed(text: string, overrides: readonly Override[] = []): Weighing {
  const run = new Run(labOf(text, overrides))
  const ledger = new Ledger(run)
  run.advance()
  return { run, calls: ledger.close() }
}
const weighedLab = (name: string): Weighing => weighed(shippedText(name))

/** Octets of GRE and port 1723 that machines put on their lines, and what happened to frames there. */
function tunnelFrames(text: string, overrides: readonly Override[] = []): { octets: number; fates: Set<string> } {
  const run = new Run(labOf(text, overrides))
  const fates = new Set<string>()
  let octets = 0
  for (const [index, { ends, type }] of run.simulation.links.entries()) {
    run.tap(index, ({ bytes, packet, from, fate = 'well' }) => {
      const maker = packet.split('#')[0]
      if (maker !== ends[from].name.split(':')[0] || weigh(type, bytes).kind === 'other') return
      fates.add(fate)
      if (fate !== 'queue-full') octets += bytes.length
    })
  }
  run.advance()
  return { octets, fates }
}

/** Calls of one control connection share the account of its frames. */
const octetsOf = (calls: readonly CallLedger[]): number =>
  [...new Set(calls.flatMap(({ kinds }) => Object.values(kinds)))].reduce((total, { octets }) => total + octets, 0)

test('a ledger and a recorder look at the same run, in either order', () => {
  const alone = weighedLab('voluntary').calls
  assert.ok(alone[0].kinds.data.layers['inner-ip'] > 0)
  for (const isFirst of [true, false]) {
    const run = new Run(labOf(shippedText('voluntary')))
    const early = isFirst ? new Ledger(run) : undefined
    const recorder = new Recorder(run)
    const ledger = early ?? new Ledger(run)
    run.advance()
    assert.deepEqual(ledger.close(), alone)
    assert.ok(recorder.traffic('alice').length > 0)
  }
})

describe('the layers of a frame', () => {
  for (const name of CLOSED) {
    test(`add up to its length, and leave nothing over where it is read to the end: ${name}`, () => {
      const run = new Run(labOf(shippedText(name)))
      let frames = 0
      for (const [index, { type }] of run.simulation.links.entries()) {
        run.tap(index, ({ bytes }) => {
          frames++
          assert.equal(sum(weigh(type, bytes).layers), bytes.length)
        })
      }
      run.advance()
      assert.ok(frames > 20)
      for (const { kinds } of weighedLab(name).calls) {
        for (const [kind, { octets, layers }] of Object.entries(kinds)) {
          assert.equal(sum(layers), octets, kind)
          assert.equal(layers.rest, 0, kind)
        }
      }
    })
  }

  test('add up whatever the octets are', () => {
    const clear = fc.option(fc.record({ length: fc.nat(1500), ip: fc.constant(20), transport: fc.nat(20) }))
    fc.assert(
      fc.property(
        fc.constantFrom('ethernet' as const, 'ip' as const),
        fc.uint8Array({ maxLength: 200 }),
        clear,
        (type, bytes, inside) => {
          const { kind, layers } = weigh(type, bytes, inside ?? undefined)
          assert.equal(sum(layers), bytes.length)
          assert.ok(FRAME_KINDS.includes(kind))
        },
      ),
    )
  })

  test('of a ping of 56 octets with MPPE: 14, 20, 12, 1, 4, 20, 8, 56', () => {
    const fetchless = shippedText('voluntary').replace(/^events:[\s\S]*/m, 'events:\n')
    const ping = '{ at: 3s, ping: { from: alice, to: files, count: 1 } }'
    const { calls } = weighed(`${fetchless}  - { at: 0s, connect: alice }\n  - ${ping}\n`)
    const { data } = calls[0].kinds
    const { ethernet, ip, gre, ppp, mppe, payload } = data.layers
    // The reply takes the acknowledgment along: four octets more of GRE.
    assert.deepEqual([data.frames, data.octets], [2, 135 + 139])
    assert.deepEqual([ethernet, ip, gre, ppp, mppe], [28, 40, 12 + 16, 2, 8])
    assert.deepEqual([data.layers['inner-ip'], data.layers['inner-transport'], payload], [40, 16, 112])
  })
})

/** A call that is refused is no tunnel, and its control connection is weighed nowhere. */
const REFUSED = ['pool-exhausted', 'port-1723-blocked']
/** A reset is for a connection that nobody knows. */
const NOBODYS = ['nat-new-address']
/** There is no tunnel in it. */
const NONE = ['dial-up']

describe('a tunnel', () => {
  for (const name of CLOSED.filter(lab => ![...REFUSED, ...NOBODYS, ...NONE].includes(lab))) {
    test(`has all frames of GRE and of its control connection, each once: ${name}`, () => {
      const octets = octetsOf(weighedLab(name).calls)
      assert.ok(octets > 0)
      assert.equal(octets, tunnelFrames(shippedText(name)).octets)
    })
  }

  test('has the names of its ends, its call IDs, its encryption and its transfers', () => {
    const [{ pns, pac, pnsCallId, pacCallId, encryption, transfers }] = weighedLab('voluntary').calls
    assert.deepEqual([pns, pac, pnsCallId, pacCallId], ['alice', 'office', 52546, 0])
    assert.equal(encryption, 'mppe-128-stateless')
    assert.equal(transfers.octets, 500_000)
    assert.equal(weighedLab('no-encryption').calls[0].encryption, 'none')
    assert.equal(weighedLab('wrong-password').calls[0].encryption, undefined)
  })

  test('behind a helper it has the call IDs that its two ends have chosen, and all frames of both', () => {
    const { calls } = weighedLab('nat-two-clients')
    assert.deepEqual(
      calls.map(({ pns, pac, pnsCallId }) => [pns, pac, pnsCallId]),
      [
        ['alice', 'office', 52546],
        ['bob', 'office', 54352],
      ],
    )
    for (const { kinds, encryption } of calls) {
      assert.equal(encryption, 'mppe-128-stateless')
      assert.equal(kinds.data.frames, 6)
    }
  })

  test('is weighed where it is sent: octets that a line loses were sent, those of a full queue were not', () => {
    const bad = [
      { path: 'topology.links[0].loss', value: '1%' },
      { path: 'topology.links[1].queue', value: '3kB' },
    ]
    const { octets, fates } = tunnelFrames(shippedText('voluntary'), bad)
    assert.deepEqual([...fates].sort(), ['line-loss', 'queue-full', 'well'])
    const { calls } = weighed(shippedText('voluntary'), bad)
    assert.equal(octetsOf(calls), octets)
    assert.equal(calls[0].kinds.data.layers.rest, 0)
  })

  test('is the same run with and without a ledger', () => {
    const plain = new Run(labOf(shippedText('voluntary')))
    plain.advance()
    assert.equal(weighedLab('voluntary').run.result().fingerprint, plain.result().fingerprint)
  })
})

describe('a call of an access server', () => {
  test('is known by the one who is on the telephone: his encryption, his transfers', () => {
    const [{ user, asked, pns, pac, pnsCallId, pacCallId, encryption, transfers, kinds, computed }, ...more] =
      weighedLab('compulsory').calls
    assert.deepEqual([more.length, user, asked, pns, pac], [0, 'bob', 'pac', 'company', 'nas'])
    // As the control messages of docs/labs/compulsory.md say.
    assert.deepEqual([pnsCallId, pacCallId], [63_833, 38_680])
    assert.equal(encryption, 'mppe-128-stateless')
    assert.equal(transfers.octets, 100_000)
    assert.equal(computed?.keyChanges, kinds.data.frames)
    assert.ok(kinds.data.layers.payload > 100_000)
  })

  test('that a server has asked for is one too', () => {
    const [call] = weighedLab('outgoing-call').calls
    assert.deepEqual([call.user, call.asked, call.pns, call.pac], ['shop', 'pns', 'company', 'nas'])
    assert.equal(call.encryption, 'mppe-128-stateless')
  })

  test('several on one control connection: each with its own frames, the connection with all', () => {
    const { calls } = weighedLab('nas-failover')
    assert.deepEqual(
      calls.map(({ user, pns }) => `${user} ${pns}`),
      ['bob north', 'ann south', 'eve south', 'bob north'],
    )
    const [, ann, eve] = calls
    assert.equal(ann.kinds['pptp-control'], eve.kinds['pptp-control'])
    assert.equal(eve.kinds.data.frames, 4)
  })

  test('a tunnel that somebody makes himself over the line to it has his name, and its packets are looked into', () => {
    const [{ user, pns, pac, encryption, transfers, kinds }, ...more] = weighedLab('voluntary-over-dial-up').calls
    assert.deepEqual([more.length, user, pns, pac], [0, undefined, 'bob', 'company'])
    assert.equal(encryption, 'mppe-128-stateless')
    assert.equal(transfers.octets, 100_000)
    assert.ok(kinds.data.layers.payload > 100_000)
  })

  test('its head names him', () => {
    const heads = ledgerTable(weighedLab('compulsory').calls, 80)
    assert.equal(heads[0].trim(), 'bob: nas to company')
  })
})

describe('what encryption computes', () => {
  test('is a key a packet, two blocks of SHA-1 a key, two keys of RC4, and every octet that is hidden (RFC 3078 §7.3, §8.1)', () => {
    const [{ kinds, computed }] = weighedLab('voluntary').calls
    const { frames, layers } = kinds.data
    assert.ok(computed && frames > 500)
    assert.equal(computed.keyChanges, frames)
    // Each direction begins with a key that no packet uses.
    assert.equal(computed.sha1Blocks, 2 * (frames + 2))
    assert.equal(computed.rc4Keys, 2 * frames + 2)
    const hidden = layers.mppe - 2 * frames + layers['inner-ip'] + layers['inner-transport'] + layers.payload
    assert.equal(computed.rc4Octets, hidden + 16 * frames)
  })

  test('is nothing in clear text', () => {
    const [{ computed }] = weighedLab('no-encryption').calls
    assert.deepEqual(computed, { keyChanges: 0, sha1Blocks: 0, rc4Keys: 0, rc4Octets: 0 })
  })
})

describe('header compression (RFC 1661 §6.5, §6.6)', () => {
  const { calls } = weighedLab('overhead')
  const each = (pns: string, layer: 'ppp' | 'mppe'): number => {
    const [{ frames, layers }] = calls.filter(call => call.pns === pns).map(({ kinds }) => kinds.data)
    return layers[layer] / frames
  }

  test('saves three octets a packet; MPPE costs four, with keys of 40 bits as of 128', () => {
    const octets = ['alice', 'bob', 'carol', 'dave', 'frank', 'grace'].map(pns => [each(pns, 'ppp'), each(pns, 'mppe')])
    assert.deepEqual(octets, [
      [1, 0],
      [4, 0],
      [1, 4],
      [4, 4],
      [1, 4],
      [4, 4],
    ])
  })
})

describe('the table', () => {
  const { calls } = weighedLab('overhead')

  test('puts as many tunnels side by side as the screen holds', () => {
    for (const [width, abreast] of [
      [82, 2],
      [79, 1],
      [20, 1],
      [112, 3],
    ]) {
      const heads = ledgerTable(calls, width).filter(line => line.includes(' to office'))
      assert.equal(heads.length, 6 / abreast)
      if (width > 60) for (const line of ledgerTable(calls, width)) assert.ok(line.length <= width, line)
    }
  })

  test('says so if there was no call', () => {
    assert.match(ledgerTable([], 80).join(), /^No call of PPTP has been connected, so there is nothing to weigh\./)
  })

  test('has a line for what could not be seen, if there is any', () => {
    const { kinds, ...call } = calls[0]
    const layers = { ...kinds.data.layers, rest: 7 }
    const odd = { ...call, kinds: { ...kinds, data: { ...kinds.data, layers } } }
    assert.ok(ledgerTable([odd], 80).some(line => line.startsWith('  not seen') && line.includes(' 7 ')))
    assert.ok(!ledgerTable(calls, 80).some(line => line.includes('not seen')))
  })
})
