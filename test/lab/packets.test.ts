/** The books of packets: every one that is taken is given back, once, and nothing is discarded in silence. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Packet } from '../../src/base/packet.ts'
import { sec } from '../../src/base/time.ts'
import { Run } from '../../src/lab/run.ts'
import { Client } from '../../src/node/client.ts'
import { Dialler } from '../../src/node/dialler.ts'
import { Nas } from '../../src/node/nas.ts'
import { shippedLab } from '../support/loss.ts'
import { CLOSED } from '../support/shipped.ts'

function count(act: () => void): { taken: number; released: number } {
  const books = { taken: 0, released: 0 }
  const { take, release } = Packet.prototype
  Packet.prototype.take = function (length) {
    books.taken++
    assert.ok(this.free, 'a packet that has an owner was taken')
    take.call(this, length)
  }
  Packet.prototype.release = function () {
    books.released++
    const { bytes, start, end } = this
    release.call(this)
    // Who still reads it reads rubbish and is found out.
    bytes.fill(0xdb, start, end)
  }
  try {
    act()
  } finally {
    Object.assign(Packet.prototype, { take, release })
  }
  return books
}

describe('packets of the shipped labs', () => {
  assert.ok(CLOSED.length >= 4)
  for (const name of CLOSED) {
    for (const loss of [0, 0.05]) {
      test(`${name}, ${loss * 100} % lost: every packet is given back once and not read afterwards`, () => {
        const lab = shippedLab(name)
        const links = lab.links.map(link => ({
          ...link,
          ends: link.ends.map(e => ({ ...e, sends: { ...e.sends, loss } })),
        }))
        const faulty = { ...lab, links } as unknown as typeof lab
        let ok = false
        const books = count(() => {
          const run = new Run(faulty)
          run.advance()
          ok = run.result().ok
          const { nodes, world } = run.simulation
          for (const node of nodes.values()) {
            if (node instanceof Client) node.disconnect()
            if (node instanceof Dialler) node.dialUp.hangUp()
            if (node instanceof Nas) node.shutDown()
          }
          world.scheduler.runUntil(lab.stop + sec(2000))
          assert.equal(world.scheduler.next, undefined)
        })
        if (loss === 0) assert.ok(ok)
        assert.ok(books.taken > 20, `${books.taken}`)
        assert.equal(books.released, books.taken)
      })
    }
  }
})
