/** The command `bridge`: what it refuses, what it would change, and two of it joined over UDP. Real devices: test/kernel. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { page } from '../support/docs.ts'
import { rootPath } from '../support/root.ts'

const CLI = rootPath('dist/cli/cli.js')
const folder = mkdtempSync(join(tmpdir(), 'pptp-lab-bridge-'))
after(() => rmSync(folder, { recursive: true }))

const cli = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', cwd: folder })

function refused(pattern: RegExp, ...args: string[]): void {
  const { status, stdout, stderr } = cli(...args)
  assert.equal(status, 2, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, pattern)
  assert.doesNotMatch(stderr, /\n +at /)
}

/** A port of loopback that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return port
}

/** A lab of docs/bridge.md, its ports replaced by free ones. */
function documented(name: string, ports: readonly [number, number]): string {
  const block = [...page('docs/bridge.md').matchAll(/^```yaml\n(name: .*?)^```$/gms)]
    .map(match => match[1])
    .find(text => text.startsWith(`name: ${name}\n`))
  assert.ok(block, name)
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, block.replaceAll(':7001', `:${ports[0]}`).replaceAll(':7002', `:${ports[1]}`))
  return file
}

/** A bridge that runs; `ended` is what it said and how it ended. */
function bridging(...args: string[]) {
  const child = spawn(process.execPath, [CLI, 'bridge', ...args], { cwd: folder, timeout: 60_000 })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => (stdout += data))
  child.stderr.on('data', (data: Buffer) => (stderr += data))
  const ended = once(child, 'close').then(([status]) => ({ status: status as number, stdout, stderr }))
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(stdout + stderr)) await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  }
  return { child, ended, until }
}

describe('bridge refuses', () => {
  test('a lab without a way out', () => {
    refused(/^voluntary has no way out .*pptp-lab run voluntary$/m, 'bridge', 'voluntary')
  })
  test('a recorded run', () => {
    assert.equal(cli('run', 'voluntary', '--until', '1s', '--record', 'r.jsonl').status, 0)
    refused(/^r\.jsonl is a recorded run.*pptp-lab run r\.jsonl$/m, 'bridge', 'r.jsonl')
  })
  test('a descriptor that is none', () => {
    refused(/--tun-fd wants the number of an open descriptor/, 'bridge', 'bridge-server', '--tun-fd', 'x')
  })
  test('a descriptor without a device to use it for', () => {
    refused(
      /one with one TUN device|for a lab with one TUN device, and this one has 0/,
      'bridge',
      documented('left', [7001, 7002]),
      '--tun-fd',
      '3',
    )
  })
  test('a port that another program has', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    refused(
      new RegExp(`^door: 127\\.0\\.0\\.1:${port} is in use by another program\\.`, 'm'),
      'bridge',
      documented('left', [port, 7002]),
    )
    socket.close()
  })
  test('an address that this machine does not have', () => {
    const file = documented('left', [7001, 7002])
    writeFileSync(file, readFileSync(file, 'utf8').replace('listen: 127.0.0.1', 'listen: 192.0.2.77'))
    refused(/192\.0\.2\.77:7001 cannot be listened at: this machine does not have that address/, 'bridge', file)
  })
})

describe('run, tui and check of a lab with a way out', () => {
  test('run and tui say that it takes a bridge', () => {
    const sentence =
      /^bridge-server reaches out of the simulation: its node real is of kind tun\. .*pptp-lab bridge bridge-server$/m
    refused(sentence, 'run', 'bridge-server')
    refused(sentence, 'tui', 'bridge-server', '--plain')
  })
  test('check takes it', () => {
    assert.equal(cli('check', 'bridge-server', 'bridge-client').status, 0)
  })
})

describe('bridge --dry-run', () => {
  test('prints what would change, for a device and for UDP, and opens nothing', () => {
    const { status, stdout, stderr } = cli('bridge', documented('left', [7001, 7002]), '--dry-run')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /receive UDP at 127\.0\.0\.1:7001, from 127\.0\.0\.1:7002 only/)
    const tun = cli('bridge', 'bridge-server', '--dry-run', '--tun-fd', '7')
    assert.match(tun.stdout, /descriptor 7 is used as it is/)
  })
  test('follows the lab', () => {
    const { stdout } = cli('bridge', 'bridge-server', '--dry-run', '--set', 'topology.nodes.real.tun.name=lab7')
    assert.match(stdout, /ip addr add 10\.99\.0\.1\/30 dev lab7\nip link set dev lab7 up mtu 1500 txqueuelen 4000\n/)
  })
})

describe('two bridges that are joined over UDP on loopback', () => {
  test('a tunnel goes through both; each record runs again to its fingerprint; the checks of both pass', async () => {
    const ports = [await freePort(), await freePort()] as const
    const [left, right] = [documented('left', ports), documented('right', ports)]
    const office = bridging(right, '--until', '9s', '--record', 'right.jsonl', '--pcap', 'right')
    await office.until(/door: UDP at/)
    const home = bridging(left, '--until', '8s', '--record', 'left.jsonl', '--json')
    const [a, b] = await Promise.all([home.ended, office.ended])
    const lines = a.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    assert.equal(lines.filter(({ event }) => event === 'ping-reply').length, 3, a.stdout)
    assert.deepEqual([lines[1].event, lines[1].t], ['wall-clock', 0])
    assert.equal(a.status, 0, a.stderr)
    assert.match(a.stderr, /^door: \d+ packets came in, \d+ went out\.$/m)
    assert.match(
      a.stderr,
      /^Virtual time was late, beside the clock, in \d+ turns by\n( {2}(below|up to) [\d.]+ ms +\d+\.\d % +\d+\n)+/m,
    )
    assert.match(b.stdout, /^PASS {2}call: Somebody calls/m)
    assert.equal(b.status, 0, b.stderr)
    for (const record of ['left.jsonl', 'right.jsonl']) {
      const again = cli('run', record)
      assert.match(again.stdout, /The same run as the recorded one: the fingerprints are equal\./, again.stderr)
      assert.equal(again.status, 0)
    }
    assert.match(cli('tui', 'left.jsonl', '--plain').stdout, /ping 3/)
  })

  test('a record with packets for a node that its lab does not have is refused', () => {
    assert.equal(cli('run', 'voluntary', '--until', '1s', '--record', 'odd.jsonl').status, 0)
    const text = readFileSync(join(folder, 'odd.jsonl'), 'utf8')
    const packet = '{"type":"input","t":5,"node":"isp","bytes":"45"}\n'
    writeFileSync(join(folder, 'odd.jsonl'), text.replace('{"type":"end"', `${packet}{"type":"end"`))
    refused(/^odd\.jsonl has packets that came in by isp, and its lab has no node of that name/m, 'run', 'odd.jsonl')
  })

  test('a datagram of a stranger is refused and counted', async () => {
    const ports = [await freePort(), await freePort()] as const
    const home = bridging(documented('left', ports), '--until', '2s')
    await home.until(/door: UDP at/)
    const stranger = createSocket('udp4')
    stranger.send(new Uint8Array(60), ports[0], '127.0.0.1')
    const { stderr } = await home.ended
    stranger.close()
    assert.match(stderr, /door: 0 packets came in, \d+ went out\. 1 packet came from elsewhere than the peer\./)
  })

  test('^C and TERM end it with their status, its record whole', async () => {
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const ports = [await freePort(), await freePort()] as const
      const office = bridging(documented('right', ports), '--record', `${signal}.jsonl`)
      await office.until(/door: UDP at/)
      office.child.kill(signal)
      const ended = await office.ended
      assert.equal(ended.status, status, ended.stderr)
      assert.match(ended.stdout, /^Interrupted at \d+\.\d+ s of 20\.000 s\.$/m)
      assert.match(cli('run', `${signal}.jsonl`).stdout, /The same run as the recorded one/)
    }
  })
})

describe('run --speed', () => {
  test('goes with the clock', () => {
    const began = process.hrtime.bigint()
    const { status } = cli('run', 'voluntary', '--until', '2s', '--speed', '4', '--quiet')
    assert.equal(status, 0)
    assert.ok(process.hrtime.bigint() - began >= 500_000_000n)
  })
  test('and comes to the same fingerprint as without', () => {
    const print = (...options: string[]) =>
      /^fingerprint .*$/m.exec(cli('run', 'voluntary', '--until', '3s', ...options).stdout)?.[0]
    assert.ok(print())
    assert.equal(print('--speed', '20'), print())
  })
  test('wants a number', () => {
    refused(/--speed wants a number from 0\.01 to 100, or max, not fast/, 'run', 'voluntary', '--speed', 'fast')
  })
})

describe('tui --bridge refuses', () => {
  // Without a terminal it would refuse everything: what is wrong with the words is said before.
  for (const [words, pattern] of [
    [['--bridge'], /^--bridge wants a LAB with a way out/],
    [['voluntary', '--record', 'x.jsonl'], /^--record wants --bridge\. .*pptp-lab run voluntary --record x\.jsonl$/m],
    [['bridge-server', '--tun-fd', '3'], /^--tun-fd wants --bridge/],
    [['--bridge', 'bridge-server', '--plain'], /^--plain and --bridge .*pptp-lab bridge bridge-server$/m],
    [['--bridge', 'bridge-server', '--speed', '2'], /^--speed and --bridge/],
    [['--bridge', 'bridge-server'], /needs a terminal.*pptp-lab bridge bridge-server$/m],
  ] as const) {
    test(words.join(' '), () => refused(pattern, 'tui', ...words))
  }
})
