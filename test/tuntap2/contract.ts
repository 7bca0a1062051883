/**
 * What holds for every device, real or not. The two ends need not be joined directly: a kernel may forward between them, so
 * packets are compared from behind the IPv4 header, of which a router changes two fields.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Device, type FakeTun, type Tun, TunError } from 'tuntap2'

export type AnyTun = Tun | FakeTun

export interface Ends {
  readonly left: AnyTun
  readonly right: AnyTun
}

/** Hosts behind each end, for the addresses of packets. */
export const LEFT = [10, 1, 0, 9]
export const RIGHT = [10, 2, 0, 9]

/** An IPv4 packet of an experimental protocol (253, RFC 3692) with a right checksum. */
export function packet(from: readonly number[], to: readonly number[], payload: Uint8Array): Uint8Array {
  const length = 20 + payload.length
  const bytes = Uint8Array.of(0x45, 0, length >> 8, length & 255, 0, 0, 0x40, 0, 64, 253, 0, 0, ...from, ...to)
  let sum = 0
  for (let i = 0; i < 20; i += 2) sum += (bytes[i] << 8) | bytes[i + 1]
  sum = (sum & 0xffff) + (sum >> 16)
  sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff
  bytes[10] = sum >> 8
  bytes[11] = sum & 255
  const all = new Uint8Array(length)
  all.set(bytes)
  all.set(payload, 20)
  return all
}

/** A payload that tells its number in every octet. */
export function numbered(number: number, length: number): Uint8Array {
  const payload = new Uint8Array(length)
  new DataView(payload.buffer).setUint32(0, number)
  for (let i = 4; i < length; i++) payload[i] = (number * 31 + i * 7) & 255
  return payload
}

const body = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(20)).toString('hex')
const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(20)

const code = (wanted: string) => (error: unknown) => error instanceof TunError && error.code === wanted

/** Turns of the event loop until it is so; a real device takes its time. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!condition() && Date.now() < end) await sleep(1)
}

export async function closed(...devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    if (!device.closed) await new Promise<void>(done => device.release(done))
  }
}

export function contract(what: string, ends: () => Ends): void {
  const check = (name: string, run: (ends: Ends) => Promise<void> | void): void => {
    test(name, async () => {
      const pair = ends()
      try {
        await run(pair)
      } finally {
        await closed(pair.left, pair.right)
      }
    })
  }

  describe(what, () => {
    check('one chunk written is one chunk read, in order', async ({ left, right }) => {
      const sizes = [4, 700, 1480, 5, 64]
      const got: string[] = []
      right.on('data', (chunk: Uint8Array) => got.push(body(chunk)))
      left.cork()
      for (const [i, size] of sizes.entries()) left.write(packet(LEFT, RIGHT, numbered(i, size)))
      left.uncork()
      while (got.length < sizes.length) await once(right, 'data')
      assert.deepEqual(
        got,
        sizes.map((size, i) => Buffer.from(numbered(i, size)).toString('hex')),
      )
    })

    check('read() gives one packet at a time', async ({ left, right }) => {
      right.read()
      for (let i = 0; i < 3; i++) left.writePacket(packet(LEFT, RIGHT, numbered(i, 100)))
      const got: number[] = []
      while (got.length < 3) {
        const chunk: Uint8Array | null = right.read()
        if (chunk === null) await once(right, 'readable')
        else {
          assert.equal(chunk.length, 120)
          got.push(numberOf(chunk))
        }
      }
      assert.deepEqual(got, [0, 1, 2])
    })

    check('10 000 packets go each way and come intact, through both faces', async ({ left, right }) => {
      const total = 10_000
      const ahead = 50
      const wrong: number[] = []
      let [sent, received, batches] = [0, 0, 0]
      // The right end sends each packet back from its fast face, with the addresses of the way back.
      right.onBatch(batch => {
        batches++
        assert.ok(batch.count >= 1 && batch.count <= 64)
        for (let i = 0; i < batch.count; i++) {
          const payload = batch.slots[i].slice(20, batch.lengths[i])
          const back = new Uint8Array(payload.length + 30)
          back.set(packet(RIGHT, LEFT, payload), 7)
          assert.equal(right.writePacket(back, 7, 7 + 20 + payload.length), 'ok')
        }
      })
      const done = new Promise<void>(resolve => {
        left.on('data', (chunk: Uint8Array) => {
          const number = numberOf(chunk)
          if (
            number !== received ||
            body(chunk) !== Buffer.from(numbered(number, 4 + (number % 1400))).toString('hex')
          ) {
            wrong.push(number)
          }
          received++
          if (received === total) resolve()
          else send()
        })
      })
      const send = (): void => {
        for (; sent < total && sent < received + ahead; sent++) {
          left.write(packet(LEFT, RIGHT, numbered(sent, 4 + (sent % 1400))))
        }
      }
      send()
      await done
      assert.deepEqual(wrong, [])
      assert.ok(batches < total, 'batches of several packets')
    })

    check('a reader that does not read costs a bounded queue, and finds the first packets', async ({ left, right }) => {
      const got: number[] = []
      right.once('readable', () => {})
      right.read()
      for (let i = 0; i < 3000; i++) left.writePacket(packet(LEFT, RIGHT, numbered(i, 100)))
      await until(() => right.readableLength >= 64)
      assert.ok(right.readableLength >= 64 && right.readableLength <= 128, `${right.readableLength} packets kept`)
      const kept = right.readableLength
      right.on('data', (chunk: Uint8Array) => got.push(numberOf(chunk)))
      await until(() => got.length > kept)
      left.writePacket(packet(LEFT, RIGHT, numbered(4000, 100)))
      await until(() => got.at(-1) === 4000)
      assert.ok(got.length > kept && got.length < 2500, `${got.length} packets`)
      assert.deepEqual(
        got.slice(0, kept),
        Array.from({ length: kept }, (_, i) => i),
      )
    })

    check('the fast face takes packets from the stream, and gives them back', async ({ left, right }) => {
      const [fast, slow]: [number[], number[]] = [[], []]
      right.on('data', (chunk: Uint8Array) => slow.push(numberOf(chunk)))
      const send = async (number: number): Promise<void> => {
        const before = fast.length + slow.length
        left.writePacket(packet(LEFT, RIGHT, numbered(number, 50)))
        await until(() => fast.length + slow.length > before)
      }
      await send(1)
      right.onBatch(batch => {
        for (let i = 0; i < batch.count; i++) fast.push(numberOf(batch.slots[i]))
      })
      await send(2)
      await send(3)
      right.onBatch(undefined)
      await send(4)
      assert.deepEqual(
        [slow, fast],
        [
          [1, 4],
          [2, 3],
        ],
      )
    })

    check('promises made by a handler go on at once', async ({ left, right }) => {
      const after = new Promise<number>(resolve => {
        right.onBatch(() => {
          const before = performance.now()
          void Promise.resolve().then(() => process.nextTick(() => resolve(performance.now() - before)))
        })
      })
      left.writePacket(packet(LEFT, RIGHT, numbered(1, 50)))
      assert.ok((await after) < 1000)
    })

    check('settings read back what was set', ({ left }) => {
      left.mtu = 1400
      left.ipv4 = '10.9.8.7/20'
      assert.deepEqual([left.mtu, left.ipv4, left.isUp], [1400, '10.9.8.7/20', true])
      left.ipv4 = '10.9.8.8/32'
      assert.equal(left.ipv4, '10.9.8.8/32')
      left.ipv4 = undefined
      assert.equal(left.ipv4, undefined)
      assert.deepEqual([left.isTun, left.isTap], [true, false])
      for (const bad of ['10.9.8.7', '10.9.8.7/33', '10.9.8/24', '10.9.8.256/24', '']) {
        assert.throws(() => (left.ipv4 = bad), code('EINVAL'), bad)
      }
      for (const bad of [67, 65_536, 1400.5, Number.NaN]) assert.throws(() => (left.mtu = bad), code('EINVAL'))
      for (const bad of ['fd00::1', 'fd00::1::2/64', '10.0.0.1/24', 'fd00::1/129']) {
        assert.throws(() => (left.ipv6 = bad), code('EINVAL'), bad)
      }
      assert.throws(() => (left.mac = '02:00:00:00:00:01'), code('EINVAL'))
    })

    check('a device that is down has no addresses to show and takes no packets', async ({ left, right }) => {
      left.isUp = false
      assert.equal(left.isUp, false)
      assert.throws(() => left.ipv4, code('ENETDOWN'))
      assert.throws(() => left.ipv6, code('ENETDOWN'))
      assert.throws(() => left.addRoute('10.50.0.0/16'), TunError)
      assert.equal(left.writePacket(packet(LEFT, RIGHT, numbered(1, 50))), 'down')
      assert.equal(left.mtu, 1500)
      left.isUp = true
      assert.equal(left.writePacket(packet(LEFT, RIGHT, numbered(2, 50))), 'ok')
      left.isUp = false
      left.write(packet(LEFT, RIGHT, numbered(3, 50)))
      const [error] = await once(left, 'error')
      assert.ok(code('ENETDOWN')(error))
      assert.equal(right.destroyed, false)
    })

    check('what is no packet is refused', async ({ left }) => {
      assert.equal(left.writePacket(Uint8Array.of()), 'refused')
      assert.equal(left.writePacket(new Uint8Array(40).fill(0xff)), 'refused')
      assert.equal(left.writePacket(packet(LEFT, RIGHT, numbered(1, 50)), 1), 'refused')
      left.write(new Uint8Array(40).fill(0xff))
      const [error] = await once(left, 'error')
      assert.ok(code('EINVAL')(error))
    })

    check('has no encoding', ({ left }) => {
      assert.throws(() => left.setEncoding(), code('EINVAL'))
      assert.throws(() => left.setDefaultEncoding(), code('EINVAL'))
    })

    check('routes are added and removed', ({ left }) => {
      left.addRoute('10.50.0.0/16')
      left.addRoute('10.51.0.1/32')
      left.removeRoute('10.50.0.0/16')
      assert.throws(() => left.removeRoute('10.50.0.0/16'), code('ESRCH'))
      assert.throws(() => left.addRoute('10.50.0.1/16'), code('EINVAL'))
    })

    check('release closes, once and for all', async ({ left, right }) => {
      right.on('data', () => {})
      await new Promise<void>(done => left.release(done))
      await new Promise<void>(done => left.release(done))
      left.release()
      assert.equal(left.closed, true)
      assert.equal(left.writePacket(packet(LEFT, RIGHT, numbered(1, 50))), 'closed')
      assert.throws(() => left.onBatch(() => {}), code('EBADF'))
      assert.throws(() => left.mtu, code('EBADF'))
      assert.throws(() => (left.isUp = true), code('EBADF'))
      assert.throws(() => left.addRoute('10.50.0.0/16'), code('EBADF'))
    })

    check('end closes the device', async ({ left }) => {
      left.end()
      await once(left, 'close')
      assert.equal(left.destroyed, true)
    })

    check('destroying with an error says so', async ({ left }) => {
      left.destroy(new Error('enough'))
      const [error] = await once(left, 'error')
      assert.equal(error.message, 'enough')
    })
  })
}
