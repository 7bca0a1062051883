/** What is said of tunnels before a run is what comes of them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lab, Recorder, Run, sceneOf } from '../../src/index.ts'
import type { Lab, MppeSpec } from '../../src/lab/lab.ts'
import { type Tunnel, tunnelsOf } from '../../src/view/tunnels.ts'
import { drawnLab } from '../support/any-lab.ts'
import { fc } from '../support/fast-check.ts'
import { shippedLab } from '../support/pictures.ts'
import { CLOSED } from '../support/shipped.ts'

/** `encrypted` or `in clear` for each client whose tunnel was up at some time; a call that ends at the NAS is none. */
function cameUp(lab: Lab): Map<string, string> {
  const recorder = new Recorder(new Run(lab))
  const seen = new Map<string, string>()
  // A drawing says how it is before somebody changes the rules.
  const changed = lab.events.find(({ verb }) => verb === 'rule' || verb === 'nat')?.at ?? Number.POSITIVE_INFINITY
  for (let t = 0; t <= recorder.run.stop && t < changed; t += 500e6) {
    recorder.run.advanceTo(t)
    for (const { client, kind, up, encrypted } of sceneOf(recorder).tunnels) {
      if (up && kind !== 'local') seen.set(client, encrypted ? 'encrypted' : 'in clear')
    }
  }
  return seen
}

describe('the protection of each tunnel of the shipped labs is what a run finds', () => {
  for (const name of CLOSED) {
    test(name, () => {
      const lab = shippedLab(name)
      const found = cameUp(lab)
      for (const { client, protection } of tunnelsOf(lab)) {
        const state = found.get(client)
        if (protection === 'none') assert.equal(state, undefined, client)
        else if (state !== undefined) assert.equal(state, protection === 'protected' ? 'encrypted' : 'in clear', client)
      }
    })
  }
  test('and most of them come up', () => {
    const all = ['voluntary', 'no-encryption', 'mppe-mismatch'].map(name => cameUp(shippedLab(name)))
    assert.deepEqual(
      all.map(found => [...found]),
      [
        [['alice', 'encrypted']],
        [['alice', 'in clear']],
        [
          ['alice', 'encrypted'],
          ['erin', 'in clear'],
        ],
      ],
    )
  })
})

const AUTH = ['pap', 'chap-md5', 'ms-chap', 'ms-chap-v2'] as const
const anyAuth = fc.shuffledSubarray([...AUTH], { minLength: 1 })
const anyMppe = fc.record({
  use: fc.constantFrom('off', 'optional', 'required'),
  strengths: fc.shuffledSubarray<40 | 56 | 128>([128, 56, 40], { minLength: 1 }),
  state: fc.constantFrom('stateless', 'stateful', 'either'),
})
const anyEnd = fc.record({ auth: anyAuth, mppe: anyMppe })

test('whatever two ends want, a run agrees', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(anyEnd, anyEnd, (client, server) => {
      const loaded = lab({
        name: 'any',
        description: 'Any two ends.',
        stop: '20s',
        topology: {
          nodes: {
            pc: { kind: 'client', pptp: { server: 'office', user: 'pc', password: 'x', ...client } },
            office: {
              kind: 'pptp-server',
              pptp: { local: '10.8.0.1', pool: '10.8.0.10-10.8.0.99', users: { pc: 'x' }, ...server },
            },
          },
          links: [{ endpoints: ['pc:eth0', 'office:eth0'], ipv4: ['192.0.2.1/24', '192.0.2.2/24'], delay: '5ms' }],
        },
        events: [{ at: '0s', connect: 'pc' }],
      })
      // Encryption that is required without keys for it is a mistake in a lab file.
      if (!loaded.ok) return
      const [{ protection, because }] = tunnelsOf(loaded.lab)
      const words = { none: undefined, protected: 'encrypted', clear: 'in clear', open: 'never' }[protection]
      assert.equal(cameUp(loaded.lab).get('pc'), words, because)
      seen.add(protection)
    }),
    { numRuns: 120, seed: 7 },
  )
  assert.deepEqual([...seen].sort(), ['clear', 'none', 'protected'])
})

/** A client and a server on one line, changed. */
function tunnelBetween(client: object, server: object): Tunnel {
  const lab = drawnLab(
    [
      { name: 'pc', kind: 'client', dials: 'office' },
      { name: 'office', kind: 'pptp-server' },
    ],
    [{ ends: ['pc', 'office'] }],
  )
  const nodes = lab.nodes.map(node => {
    if (node.kind === 'client') return { ...node, pptp: { ...node.pptp, ...client } }
    return node.kind === 'pptp-server' ? { ...node, pptp: { ...node.pptp, ...server } } : node
  })
  return tunnelsOf({ ...lab, nodes } as Lab)[0]
}

describe('what two ends agree on', () => {
  const mppe = (client: MppeSpec, server: MppeSpec): string => {
    const { protection, because } = tunnelBetween({ mppe: client }, { mppe: server })
    return `${protection}: ${because}`
  }
  const keys = (
    use: 'optional' | 'required',
    strengths: (40 | 56 | 128)[],
    state: 'stateless' | 'stateful' | 'either',
  ) => ({ use, strengths, state, reset: 'rfc' }) as const

  test('both may encrypt: they do', () => {
    assert.equal(mppe('optional', 'optional'), 'protected: MPPE 128 bit, stateless')
    assert.equal(
      mppe(keys('optional', [40, 56], 'either'), keys('required', [56, 128], 'stateful')),
      'protected: MPPE 56 bit, stateful',
    )
  })
  test('one is off: clear, or no tunnel if the other requires it', () => {
    assert.equal(mppe('optional', 'off'), 'clear: office has MPPE off')
    assert.equal(mppe('off', 'off'), 'clear: pc and office have MPPE off')
    assert.equal(mppe('off', 'required'), 'none: pc has MPPE off; office requires it')
  })
  test('nothing in common', () => {
    assert.equal(
      mppe(keys('required', [40], 'either'), keys('required', [128], 'either')),
      'none: MPPE: pc has 40 bit, office 128; pc and office require it',
    )
    assert.equal(
      mppe(keys('optional', [128], 'stateful'), keys('optional', [128], 'stateless')),
      'clear: MPPE: pc is stateful, office stateless',
    )
  })
  test('MPPE has no keys without MS-CHAP (RFC 3079)', () => {
    const { protection, because } = tunnelBetween(
      { auth: ['ms-chap-v2', 'pap'], mppe: 'optional' },
      { auth: ['pap'], mppe: 'optional' },
    )
    assert.equal(`${protection}: ${because}`, 'clear: PAP gives no keys for MPPE')
  })
  test('no authentication in common: no tunnel', () => {
    assert.equal(tunnelBetween({ auth: ['ms-chap-v2'] }, { auth: ['pap'] }).protection, 'none')
  })
  test('a server that is not of the lab', () => {
    const [tunnel] = tunnelsOf(shippedLab('bridge-client'))
    assert.equal(tunnel.server, '10.99.2.2')
    assert.equal(tunnel.protection, 'open')
    assert.equal(tunnel.inner, undefined)
  })
})

describe('ways and legs', () => {
  test('of a router that dials: clear, the tunnel, clear', () => {
    const [{ way, before, behind }] = tunnelsOf(shippedLab('site-to-site'))
    assert.deepEqual(way.nodes, ['branch', 'isp', 'office'])
    assert.deepEqual(before, { nodes: ['pc'], links: [0], protection: 'clear' })
    assert.deepEqual(behind, { nodes: ['files'], links: [3], protection: 'clear' })
  })
  test('behind routers and switches', () => {
    assert.deepEqual(tunnelsOf(shippedLab('mtu-blackhole'))[0].behind, {
      nodes: ['web'],
      links: [3, 4],
      protection: 'clear',
    })
    assert.deepEqual(tunnelsOf(shippedLab('radius-silent'))[0].behind, {
      nodes: ['aaa1', 'aaa2'],
      links: [2, 3, 4],
      protection: 'clear',
    })
  })
  test('a link that is the way of any tunnel is no leg', () => {
    for (const { before, behind } of tunnelsOf(shippedLab('overhead'))) {
      assert.deepEqual(before.links, [])
      assert.deepEqual(behind, { nodes: ['files'], links: [8], protection: 'clear' })
    }
  })
  test('where no route leads there the shortest way is drawn', () => {
    const lab = drawnLab(
      [
        { name: 'pc', kind: 'client', dials: 'office' },
        { name: 'isp', kind: 'router' },
        { name: 'office', kind: 'pptp-server' },
      ],
      [{ ends: ['pc', 'isp'] }, { ends: ['isp', 'office'] }],
    )
    assert.deepEqual(tunnelsOf(lab)[0].way, { links: [0, 1], nodes: ['pc', 'isp', 'office'] })
  })
})
