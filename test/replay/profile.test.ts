/**
 * Every captured scenario played with both ends ours and their profile `linux`: the types of control messages, the codes of PPP
 * packets and the ends of TCP are those of the real peers, in each channel and from each side, but for what
 * docs/deviations.md says.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readCapture } from '../support/captures.ts'
import { rootPath } from '../support/root.ts'
import { type Channel, readSaid, type Said, type Side } from './capture.ts'
import { playScenario, SCENARIOS } from './profile.ts'

const CHANNELS: readonly Channel[] = ['control', 'tcp', 'lcp', 'auth', 'ccp', 'ipcp', 'ipv6cp']
const SIDES: readonly Side[] = ['client', 'server']

/** The types in a channel from a side, in their order. */
const typesOf = (said: readonly Said[], from: Side, channel: Channel): string[] =>
  said.flatMap(s => (s.from === from && s.message?.channel === channel ? [s.message.type] : []))

/** Without repetitions of these types: their number is one of clocks and chance. */
const once = (types: readonly string[], ...repeated: readonly string[]): string[] =>
  types.filter((type, i) => !repeated.includes(type) || types.indexOf(type) === i)
const without = (types: readonly string[], type: string): string[] => types.filter(t => t !== type)

interface Row {
  readonly capture: string
  readonly from: Side
  readonly channel: Channel
  readonly real: readonly string[]
  readonly ours: readonly string[]
}
type Types = Pick<Row, 'real' | 'ours'>

/** The differences that may be, each as narrow as it is known; under its name it stands in docs/deviations.md. */
const DEVIATIONS: Readonly<Record<string, (row: Row) => Types | undefined>> = {
  'profile-ipv6': ({ channel, ours }) => (channel === 'ipv6cp' ? { real: [], ours } : undefined),
  'profile-deflate': ({ capture, channel, ours }) =>
    capture === 'defaults-compression' && channel === 'ccp' ? { real: [], ours } : undefined,
  'profile-losses': ({ capture, channel, real, ours }) => {
    if (capture !== 'mppe128-stateful-loss' || channel !== 'ccp') return undefined
    const resets = ['reset-request', 'reset-ack']
    return { real: once(real, ...resets).sort(), ours: once(ours, ...resets).sort() }
  },
  'profile-silence': ({ capture, from, channel, real, ours }) => {
    if (capture !== 'client-vanishes' || from !== 'server' || channel !== 'lcp') return undefined
    return { real: once(real, 'terminate-request'), ours: once(ours, 'terminate-request') }
  },
  'profile-half-closed': ({ from, channel, real, ours }) =>
    from === 'client' && channel === 'tcp' && real.length === 0 ? { real, ours: without(ours, 'fin') } : undefined,
  'profile-reboot': ({ capture, from, channel, real, ours }) =>
    capture === 'client-vanishes' && from === 'client' && channel === 'tcp'
      ? { real: without(real, 'rst'), ours }
      : undefined,
}

const DOCUMENT = readFileSync(rootPath('docs/deviations.md'), 'utf8')

describe('our captures with the profile linux beside the real ones', () => {
  const shown = new Set<string>()
  for (const scenario of SCENARIOS) {
    const { capture } = scenario
    test(`${capture}: the same types and codes, in each channel and from each side`, () => {
      const real = readSaid(readCapture(capture))
      const played = playScenario(scenario)
      let compared = 0
      for (const from of SIDES) {
        for (const channel of CHANNELS) {
          const row = {
            capture,
            from,
            channel,
            real: typesOf(real, from, channel),
            ours: typesOf(played, from, channel),
          }
          compared += row.real.length
          if (equal(row)) continue
          const allowed = Object.entries(DEVIATIONS).find(([, change]) => equal(change(row) ?? row))
          assert.ok(allowed, `${from} ${channel}\n  real ${row.real.join(' ')}\n  ours ${row.ours.join(' ')}`)
          shown.add(allowed[0])
        }
      }
      assert.ok(compared > 20, `${compared} messages`)
    })
  }
  test('every allowed deviation is shown by some scenario, and stands in docs/deviations.md once', () => {
    assert.deepEqual([...shown].sort(), Object.keys(DEVIATIONS).sort())
    const rows = DOCUMENT.split('\n').filter(line => line.startsWith('| `profile-'))
    assert.deepEqual(rows.map(row => row.slice(3, row.indexOf('`', 3))).sort(), Object.keys(DEVIATIONS).sort())
  })
  test('without the profile they are not the same: the profile does something', () => {
    const [normal] = SCENARIOS
    const real = typesOf(readSaid(readCapture(normal.capture)), 'client', 'control')
    assert.deepEqual(typesOf(playScenario(normal), 'client', 'control'), real)
    assert.notDeepEqual(typesOf(playScenario(normal, 'default'), 'client', 'control'), real)
  })
})

const equal = ({ real, ours }: Types): boolean => real.join(' ') === ours.join(' ')
