/**
 * Tests of real devices. They change the network of the process that runs them, so tun.test.ts starts this file in a network
 * namespace that it made for it; nothing else may.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Tap, Tun, TunError, tuntap } from 'tuntap2'
import { rootPath } from '../support/root.ts'
import { closed, contract, LEFT, numbered, packet, RIGHT, until } from './contract.ts'

const ip = (command: string): string => execFileSync('ip', command.split(' '), { encoding: 'utf8' })
const setting = (path: string, value: string): void => writeFileSync(`/proc/sys/net/${path}`, value)
const thrown = (run: () => unknown): TunError => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof TunError, String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

assert.equal(ip('-o link').trim().split('\n').length, 1, 'this is no namespace of our own')
ip('link set lo up')
setting('ipv4/ip_forward', '1')
// Else the kernel sends router solicitations into every device.
setting('ipv6/conf/default/disable_ipv6', '1')

function open(name: string, address: string): Tun {
  const tun = new Tun({ name })
  tun.ipv4 = address
  tun.isUp = true
  return tun
}

contract('a pair of real devices, the kernel forwarding between them', () => ({
  left: open('left', '10.1.0.1/24'),
  right: open('right', '10.2.0.1/24'),
}))

/** A program of its own that has `tuntap2` as `T`; what it prints, its status and how long it lived after it said `now`. */
async function program(
  code: string,
  extra: readonly number[] = [],
): Promise<{ out: string; status: number | null; ms: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import * as T from 'tuntap2'\n${code}`], {
    cwd: rootPath('.'),
    stdio: ['ignore', 'pipe', 'pipe', ...extra],
    timeout: 20_000,
  })
  let [out, since] = ['', 0]
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (text.includes('now')) since = performance.now()
    })
  }
  const [status] = await once(child, 'close')
  return { out, status, ms: performance.now() - since }
}

/** The program of a user who may nothing, after koffi has been loaded by one who may. */
const AS_NOBODY = `new T.Tun().destroy(); process.setgroups([]); process.setgid(65534); process.setuid(65534);`

describe('the README', () => {
  test('has an example that sends every UDP packet back', async () => {
    const readme = readFileSync(rootPath('src/tuntap2/README.md'), 'utf8')
    const [code, output] = [/```js\n(.*?)```/s.exec(readme)?.[1], /```text\n(.*?)```/s.exec(readme)?.[1]]
    assert.ok(code && output)
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: rootPath('.'), timeout: 20_000 })
    child.stderr.pipe(process.stderr)
    const [said] = await once(child.stdout.setEncoding('utf8'), 'data')
    assert.equal(said, output)
    const socket = createSocket('udp4')
    const answer = once(socket, 'message')
    socket.send('hello', 7, '10.99.0.2')
    const [bytes, { address, port }] = await answer
    assert.deepEqual([bytes.toString(), address, port], ['hello', '10.99.0.2', 7])
    socket.close()
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'close'), [0, null])
  })
})

describe('opening', () => {
  test('the kernel counts names, and a wanted name is given', async () => {
    const devices = [
      new Tun({ name: 'sim%d' }),
      new Tun({ name: 'sim%d' }),
      new Tun(),
      new Tap(),
      new Tun({ name: 'a23456789012345' }),
    ]
    assert.deepEqual(
      devices.map(({ name, isTun, isTap, created }) => [name, isTun, isTap, created]),
      [
        ['sim0', true, false, true],
        ['sim1', true, false, true],
        ['tun0', true, false, true],
        ['tap0', false, true, true],
        ['a23456789012345', true, false, true],
      ],
    )
    await closed(...devices)
    assert.equal(ip('-o link').trim().split('\n').length, 1)
  })

  test('a name that is held, of another kind, too long, or none', async () => {
    const held = new Tun({ name: 'held' })
    assert.deepEqual(
      [thrown(() => new Tun({ name: 'held' })).code, thrown(() => new Tap({ name: 'held' })).code],
      ['EBUSY', 'EINVAL'],
    )
    assert.match(thrown(() => new Tun({ name: 'held' })).message, /Another program holds the device held\./)
    assert.match(thrown(() => new Tun({ name: 'lo' })).message, /interface lo already, and it is of another kind/)
    for (const name of ['a234567890123456', 'a b', 'a/b', 'a:b', '..', 'ééééééé23']) {
      const error = thrown(() => new Tun({ name }))
      assert.equal(error.code, 'EINVAL')
      assert.match(error.message, /1 to 15 octets/)
    }
    await closed(held)
  })

  test('a user who may not is told what to do', async () => {
    const { out } = await program(
      `${AS_NOBODY} try { new T.Tun({ name: 'mine' }) } catch (e) { console.log(e.code, e.message) }`,
    )
    assert.match(out, /^EPERM You may not open .* Run the program with sudo; or let root make a device for you once/)
    assert.match(out, /ip tuntap add dev sim0 mode tun user NAME/)
    assert.match(out, /hand over the descriptor/)
  })

  test('a user who may not configure is told so', async () => {
    const { out } =
      await program(`const t = new T.Tun(); process.setgroups([]); process.setgid(65534); process.setuid(65534)
      for (const f of [() => t.isUp = true, () => t.mtu = 1400, () => t.ipv4 = '10.0.0.1/24', () => t.addRoute('10.0.0.0/8')])
        try { f() } catch (e) { console.log(e.code, e.message) }`)
    const lines = out.trim().split('\n')
    assert.equal(lines.length, 4)
    for (const line of lines) assert.match(line, /^EPERM You may not .* Run the program with sudo/)
  })

  test('without /dev/net/tun the driver is named', () => {
    const empty = mkdtempSync(join(tmpdir(), 'tuntap2-'))
    const code = `import { Tun } from 'tuntap2'; try { new Tun() } catch (e) { console.log(e.code, e.message) }`
    const { stdout } = spawnSync(
      'unshare',
      [
        '-m',
        'sh',
        '-c',
        'mount --bind "$1" /dev/net && exec "$2" --input-type=module -e "$3"',
        'sh',
        empty,
        process.execPath,
        code,
      ],
      { cwd: rootPath('.'), encoding: 'utf8' },
    )
    rmSync(empty, { recursive: true })
    assert.match(
      stdout,
      /^ENOENT There is no \/dev\/net\/tun that works\. Load the driver: modprobe tun; in a container/,
    )
  })

  test('a failure leaves no descriptor, and neither do 200 devices', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length
    await closed(new Tun())
    const before = descriptors()
    for (let i = 0; i < 200; i++) {
      const tun = new Tun({ name: 'leak' })
      tun.isUp = true
      tun.resume()
      if (i % 20 === 0) thrown(() => new Tun({ name: 'leak' }))
      await closed(tun)
    }
    assert.equal(descriptors(), before)
  })
})

describe('settings', () => {
  test('are those that ip shows', async () => {
    const tun = new Tun({ name: 'sim0' })
    assert.equal(tun.isUp, false)
    setting('ipv6/conf/sim0/disable_ipv6', '0')
    tun.mtu = 1300
    tun.queueLength = 3000
    tun.ipv4 = '10.99.0.1/20'
    tun.isUp = true
    tun.ipv6 = 'fd00:0:0:1::5/64'
    tun.addRoute('10.77.0.0/16')
    const shown = ip('address show dev sim0')
    assert.match(shown, /<.*UP.*> mtu 1300/)
    assert.match(shown, / qlen 3000/)
    assert.equal(tun.queueLength, 3000)
    for (const bad of [0, 1.5, 2e6]) assert.equal(thrown(() => (tun.queueLength = bad)).code, 'EINVAL')
    assert.match(shown, /inet 10\.99\.0\.1\/20 /)
    assert.match(shown, /inet6 fd00:0:0:1::5\/64 /)
    assert.match(ip('route'), /^10\.77\.0\.0\/16 dev sim0 scope link/m)
    assert.deepEqual([tun.mtu, tun.ipv4, tun.ipv6, tun.isUp], [1300, '10.99.0.1/20', 'fd00:0:0:1::5/64', true])
    for (const address of [
      'fd00::/64',
      'fd00:1:0:2::/64',
      '2001:db8:0:0:1::1/128',
      '2001:db8::1:0:0:1/64',
      'fd00::ffff:a00:1/96',
    ]) {
      tun.ipv6 = address
      const canonical = /inet6 (\S+) scope global/.exec(ip('-6 address show dev sim0 scope global'))?.[1]
      assert.equal(tun.ipv6, canonical)
    }
    tun.ipv6 = 'fd00::10.0.0.1/96'
    assert.equal(tun.ipv6, 'fd00::a00:1/96')
    tun.ipv6 = undefined
    assert.doesNotMatch(ip('-6 address show dev sim0'), /scope global/)
    await closed(tun)
    assert.doesNotMatch(ip('route'), /10\.77/)
  })

  test('of a TAP device: the MAC address too, and frames are Ethernet', async () => {
    const tap = new Tap()
    tap.mac = '02:00:00:00:AB:01'
    tap.ipv4 = '10.99.0.1/24'
    tap.isUp = true
    assert.equal(tap.mac, '02:00:00:00:ab:01')
    tap.resume()
    const udp = spawn('ip', ['neigh', 'get', '10.99.0.2', 'dev', tap.name])
    await once(udp, 'close')
    tap.pause()
    const asked = once(tap, 'data')
    tap.resume()
    // A packet to a neighbour that nobody knows makes an ARP request.
    const socket = createSocket('udp4')
    socket.send('x', 9, '10.99.0.2')
    const [frame] = await asked
    assert.equal(frame.readUInt16BE(12), 0x0806)
    assert.equal(frame.subarray(6, 12).toString('hex'), '02000000ab01')
    socket.close()
    assert.throws(() => (tap.mac = '02:00'), /is not written like/)
    await closed(tap)
  })

  test('tuntap makes and sets a device at once', async () => {
    const tun = tuntap({ type: 'tun', mtu: 1280, addr: '10.5.0.1', mask: '255.255.240.0', up: true })
    assert.deepEqual([tun.isTun, tun.mtu, tun.ipv4, tun.isUp], [true, 1280, '10.5.0.1/20', true])
    const tap = tuntap({ type: 'tap', addr: '10.6.0.1', mask: 24 })
    assert.deepEqual([tap.isTap, tap.isUp], [true, false])
    await closed(tun, tap)
    const wrong = { type: 'tun', name: 'x' } as const
    assert.match(thrown(() => tuntap(wrong)).message, /no name/)
    assert.match(thrown(() => tuntap({ type: 'tun', addr: '10.0.0.1' })).message, /belong together/)
    assert.match(thrown(() => tuntap({ type: 'tun', addr: '10.0.0.1', mask: '255.0.255.0' })).message, /no netmask/)
    assert.equal(thrown(() => tuntap({ type: 'tun', mtu: 1 })).code, 'EINVAL')
    assert.equal(ip('-o link').trim().split('\n').length, 1)
  })
})

describe('a device that was there before', () => {
  test('stays, and the routes of ours go', async () => {
    ip('tuntap add dev old mode tun')
    const tun = new Tun({ name: 'old' })
    assert.equal(tun.created, false)
    tun.ipv4 = '10.99.0.1/24'
    tun.isUp = true
    tun.addRoute('10.77.0.0/16')
    tun.addRoute('10.78.0.0/16')
    tun.removeRoute('10.78.0.0/16')
    assert.match(ip('route'), /10\.77\.0\.0/)
    await closed(tun)
    assert.match(ip('-o link show dev old'), /old/)
    assert.doesNotMatch(ip('route'), /10\.7/)
    ip('tuntap del dev old mode tun')
  })

  test('comes as a descriptor, is used by a user who may nothing else, and is not touched', async () => {
    const tun = open('handed', '10.99.0.1/24')
    const running = program(
      `${AS_NOBODY.replace('new T.Tun().destroy();', 'T.FakeTun;')}
      const tun = new T.Tun({ fd: 3 })
      console.log(tun.name, tun.created, tun.ipv4, tun.mtu)
      tun.on('data', p => { console.log('got', p.length); tun.release(() => console.log('now')) })
      console.log('ready')`,
      [tun.fd],
    )
    const socket = createSocket('udp4')
    const ticking = setInterval(() => socket.send('12345', 9, '10.99.0.7'), 50)
    const { out, status } = await running
    clearInterval(ticking)
    socket.close()
    assert.match(out, /^handed false 10\.99\.0\.1\/24 1500\nready\ngot 33\nnow\n$/)
    assert.equal(status, 0)
    assert.deepEqual([tun.isUp, tun.ipv4], [true, '10.99.0.1/24'])
    assert.equal(thrown(() => new Tap({ fd: tun.fd })).code, 'EINVAL')
    assert.equal(thrown(() => new Tun({ fd: 0 })).code, 'EBADF')
    assert.match(thrown(() => new Tun({ fd: 9999 })).message, /Descriptor 9999 is not an open TUN or TAP device/)
    await closed(tun)
  })
})

describe('the end', () => {
  const SLOW_MS = 1500

  test('a program that reads lives until it releases, and no longer', async () => {
    for (const read of ["tun.on('data', () => {})", 'tun.onBatch(() => {})']) {
      const { out, status, ms } = await program(
        `const tun = new T.Tun({ name: 'life' }); tun.isUp = true; ${read}
        const since = performance.now()
        setTimeout(() => { console.log(Math.round(performance.now() - since)); tun.release(() => console.log('now')) }, 300)`,
      )
      assert.equal(status, 0, out)
      assert.ok(Number.parseInt(out, 10) >= 290, out)
      assert.ok(ms < SLOW_MS, `${ms} ms`)
    }
    assert.doesNotMatch(ip('-o link'), /life/)
  })

  test('a program that does not read does not stay for the device', async () => {
    const { status, ms } = await program(`const tun = new T.Tun(); tun.isUp = true; console.log('now')`)
    assert.equal(status, 0)
    assert.ok(ms < SLOW_MS, `${ms} ms`)
  })

  test('an exception in a handler ends the program with its message', async () => {
    const { out, status } = await program(
      `const tun = new T.Tun(); tun.ipv4 = '10.99.0.1/24'; tun.isUp = true
      tun.onBatch(() => { throw new Error('handler broke') })
      const s = (await import('node:dgram')).createSocket('udp4'); s.send('x', 9, '10.99.0.2', () => s.close())
      setTimeout(() => { console.log('too late'); process.exit(0) }, 3000)`,
    )
    assert.match(out, /Error: handler broke/)
    assert.doesNotMatch(out, /too late/)
    assert.equal(status, 1)
  })

  test('the device stays open though nobody holds it and garbage is collected', async () => {
    const { out } = await program(`
      const { setFlagsFromString } = await import('node:v8'); setFlagsFromString('--expose-gc')
      const gc = (await import('node:vm')).runInNewContext('gc')
      const start = () => { const tun = new T.Tun({ name: 'held' }); tun.ipv4 = '10.99.0.1/24'; tun.isUp = true
        tun.once('data', p => { console.log('got', p.length); tun.release() }) }
      start()
      for (let i = 0; i < 5; i++) { gc(); await new Promise(f => setTimeout(f, 20)) }
      const s = (await import('node:dgram')).createSocket('udp4'); s.send('x', 9, '10.99.0.2', () => s.close())`)
    assert.equal(out, 'got 29\n')
  })

  for (const [face, read] of [
    ['stream', (tun: Tun) => tun.resume()],
    ['fast face', (tun: Tun) => tun.onBatch(() => {})],
  ] as const) {
    test(`a device that is deleted ends with an error, read by its ${face}`, async () => {
      const tun = open('doomed', '10.99.0.1/24')
      read(tun)
      await sleep(20)
      const failed = once(tun, 'error')
      const close = new Promise(done => tun.once('close', done))
      ip('link del doomed')
      const [error] = await failed
      assert.equal(error.code, 'ENODEV')
      assert.match(error.message, /The device doomed has gone: somebody deleted it/)
      await close
      assert.equal(tun.writePacket(packet(LEFT, RIGHT, numbered(1, 50))), 'closed')
    })
  }

  test('one that is deleted while nobody reads says so when it is written to', async () => {
    const tun = open('doomed', '10.99.0.1/24')
    ip('link del doomed')
    assert.equal(tun.writePacket(packet(LEFT, RIGHT, numbered(1, 50))), 'gone')
    assert.equal(thrown(() => tun.mtu).code, 'ENODEV')
    tun.write(packet(LEFT, RIGHT, numbered(1, 50)))
    const [error] = await once(tun, 'error')
    assert.equal(error.code, 'ENODEV')
  })

  test('one that is set down by somebody costs no time, and works when it is up again', async () => {
    const tun = open('lazy', '10.99.0.1/24')
    const got: number[] = []
    tun.onBatch(batch => got.push(...batch.lengths.subarray(0, batch.count)))
    ip('link set lazy down')
    const before = process.cpuUsage()
    await sleep(400)
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 200_000, `${user + system} us of 400 ms`)
    assert.equal(tun.writePacket(packet(LEFT, RIGHT, numbered(1, 50))), 'down')
    ip('link set lazy up')
    const socket = createSocket('udp4')
    socket.send('12345', 9, '10.99.0.2')
    await until(() => got.length > 0)
    socket.close()
    assert.deepEqual(got, [33])
    await closed(tun)
  })
})
