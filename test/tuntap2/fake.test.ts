import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Device, FakeTun, type WriteResult } from 'tuntap2'
import { closed, contract, LEFT, numbered, packet, RIGHT } from './contract.ts'

contract('a pair of fake devices', () => {
  const [left, right] = FakeTun.pair()
  return { left, right }
})

describe('fake devices', () => {
  test('lose what the queue, the MTU, or an end that is down does not take, and count it', async () => {
    const [left, right] = FakeTun.pair({ queue: 3 })
    const send = (length: number): void =>
      assert.equal(left.writePacket(packet(LEFT, RIGHT, numbered(1, length))), 'ok')
    for (let i = 0; i < 5; i++) send(50)
    assert.equal(right.lost, 2)
    right.isUp = false
    send(50)
    right.isUp = true
    right.mtu = 100
    send(80)
    send(81)
    assert.equal(right.lost, 4)
    const got: number[] = []
    right.onBatch(batch => got.push(...batch.lengths.subarray(0, batch.count)))
    // Its own immediate was set before ours.
    await turn()
    assert.deepEqual(got, [100])
    await closed(right)
    send(50)
    assert.equal(left.lost, 1)
    await closed(left)
  })

  test('never call from inside of a write', async () => {
    const [left, right] = FakeTun.pair()
    let calls = 0
    right.onBatch(() => calls++)
    left.writePacket(packet(LEFT, RIGHT, numbered(1, 50)))
    assert.equal(calls, 0)
    await turn()
    assert.equal(calls, 1)
    await closed(left, right)
  })
})

describe('the stream of a device', () => {
  /** A device whose queue is full at first. */
  class Full extends Device {
    readonly name = 'full'
    readonly isTun = true
    readonly written: number[] = []
    room = 0
    writePacket(bytes: Uint8Array): WriteResult {
      if (this.room === 0) return 'full'
      this.room--
      this.written.push(bytes[0])
      return 'ok'
    }
    protected fill(): number {
      return 0
    }
    protected listen(): void {}
    protected close(): void {}
  }

  test('holds writers back while the device is full, and writes all in order when there is room', async () => {
    const device = new Full()
    let written = 0
    while (device.write(new Uint8Array(1000).fill(written))) written++
    assert.ok(written > 2 && written < 100, `${written} packets`)
    await sleep(20)
    assert.deepEqual(device.written, [])
    device.room = 1000
    await once(device, 'drain')
    assert.deepEqual(
      device.written,
      Array.from({ length: written + 1 }, (_, i) => i),
    )
    await closed(device)
  })

  test('forgets a packet that waits when it is destroyed', async () => {
    const device = new Full()
    device.write(new Uint8Array(10))
    await closed(device)
    device.room = 1
    await sleep(10)
    assert.deepEqual(device.written, [])
  })
})
