/** `tcp` of a node: from the file to the connections of the machine. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TcpInfo } from 'tcp-userspace'
import { load, Run } from '../../src/index.ts'
import type { TcpSpec } from '../../src/lab/lab.ts'
import { IpNode } from '../../src/node/ip-node.ts'
import { shippedText } from '../support/shipped.ts'

function labWith(topology: string, loss = '0%') {
  const loaded = load(
    `name: x\nstop: 30s\ntopology:\n${topology}\n  links: [{ endpoints: ["a:eth0", "b:eth0"], ipv4: [10.0.0.1/24, 10.0.0.2/24], delay: 10ms, loss: ${loss} }]\nevents: [{ at: 1s, fetch: { from: a, to: b, bytes: 20MB } }]\n`,
    'x',
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.lab
}
const specs = (topology: string): (TcpSpec | undefined)[] => labWith(topology).nodes.map(({ tcp }) => tcp)

/** The sender's connection in the middle of the transfer. */
function sender(b: string, loss?: string): TcpInfo {
  const run = new Run(
    labWith(`  nodes: { a: { kind: host, tcp: { receive-buffer: 1MiB } }, b: { kind: host, ${b} } }`, loss),
  )
  run.advanceTo(1.5e9)
  const node = run.simulation.nodes.get('b')
  assert.ok(node instanceof IpNode)
  const [connection] = node.tcp.connections
  return connection.info()
}

describe('tcp in a lab file', () => {
  test('every key; nothing is said of a node without it', () => {
    const all =
      'congestion: cubic, profile: rfc, sack: false, timestamps: false, path-mtu-discovery: false, send-buffer: 100kB, receive-buffer: 1MiB'
    assert.deepEqual(specs(`  nodes: { a: { kind: host, tcp: { ${all} } }, b: { kind: router } }`), [
      {
        congestion: 'cubic',
        profile: 'rfc',
        sack: false,
        timestamps: false,
        pathMtuDiscovery: false,
        sendBuffer: 100_000,
        receiveBuffer: 1_048_576,
      },
      undefined,
    ])
  })
  test('defaults are for every node that has an IP stack; kinds and nodes add to them', () => {
    const topology = `  defaults: { tcp: { sack: false, profile: rfc } }
  kinds: { host: { tcp: { congestion: cubic } } }
  nodes:
    a: { kind: host, tcp: { sack: true } }
    b: { kind: router }
    c: { kind: switch }`
    assert.deepEqual(specs(topology), [
      { sack: true, profile: 'rfc', congestion: 'cubic' },
      { sack: false, profile: 'rfc' },
      undefined,
    ])
  })
})

describe('tcp in a run', () => {
  test('options that one end does not offer are not used', () => {
    const { sack, timestamps, mss } = sender('tcp: { sack: false, timestamps: false }')
    assert.deepEqual([sack, timestamps, mss], [false, false, 1460])
    const usual = sender('services: []')
    assert.deepEqual([usual.sack, usual.timestamps, usual.mss], [true, true, 1448])
  })
  test('the profile has its shortest timeout, the buffers are as large as they are said to be', () => {
    assert.equal(sender('tcp: { profile: rfc }').rto, 1e9)
    const { rto, queued, sndWnd } = sender('tcp: { profile: linux, send-buffer: 300kB }')
    assert.ok(rto < 0.3e9)
    assert.ok(queued > 131_072 && queued <= 300_000, `${queued}`)
    assert.ok(sndWnd > 900_000 && sndWnd <= 1_048_576, `${sndWnd}`)
    assert.ok(sender('services: []').queued > 300_000)
  })
  test('CUBIC gives up less than NewReno does after a loss', () => {
    const [reno, cubic] = ['new-reno', 'cubic'].map(name =>
      sender(`tcp: { congestion: ${name}, send-buffer: 1MiB }`, '1%'),
    )
    assert.ok(reno.fastRecoveries > 0 && cubic.fastRecoveries > 0)
    assert.ok(cubic.bytesOut > reno.bytesOut)
  })
})

describe('the lab tcp-over-vpn keeps what its page says of the recoveries', () => {
  for (const [profile, inTunnel] of [
    ['linux', { timeouts: 1, fastRecoveries: 13 }],
    ['rfc', { timeouts: 2, fastRecoveries: 13 }],
  ] as const) {
    test(`${profile}: eleven fast recoveries outside, thirteen and ${inTunnel.timeouts} timeouts in the tunnel`, () => {
      const override = { path: 'topology.nodes.files.tcp.profile', value: profile }
      const loaded = load(shippedText('tcp-over-vpn'), 'x', [override])
      assert.ok(loaded.ok)
      const run = new Run(loaded.lab)
      run.advanceTo(45e9)
      const last = (name: string): TcpInfo => {
        const node = run.simulation.nodes.get(name)
        assert.ok(node instanceof IpNode)
        return [...node.tcp.connections].at(-1)?.info() ?? assert.fail(name)
      }
      const [{ timeouts, fastRecoveries }, outside] = [last('files'), last('office')]
      assert.deepEqual({ timeouts, fastRecoveries }, inTunnel)
      assert.deepEqual([outside.timeouts, outside.fastRecoveries], [0, 11])
    })
  }
})
