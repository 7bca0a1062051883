import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import * as Ipv4 from '../../src/wire/ipv4.ts'
import { Segment } from '../../src/wire/tcp.ts'
import { Undo } from '../support/outside/undo.ts'
import { noTshark } from '../support/tshark.ts'
import { type Flag, look } from './analysis.ts'
import { compilePeer, LWIP, LwipSite, noLwip, SERVER, type SiteOptions } from './lwip.ts'

const MB = 1_000_000
const PORT = { echo: 7, chargen: 19, transfer: 5001, nobody: 4 }
const ROAD = { delay: '2ms' }
/** A road without loss may show how the windows move, and nothing else. */
const HARMLESS: readonly Flag[] = ['window_update', 'window_full']
/** What the lwIP of Debian 12 knows of the options of RFC 7323 and 2018. */
const LWIP_KNOWS = ['scale']

const done = (octets: number): string => `{"octets":${octets}}`

describe('lwIP, a stranger', { skip: noLwip }, () => {
  let folder: string
  let program: string
  const undo = new Undo()
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pptp-lab-lwip-'))
    program = compilePeer(folder)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(() => assert.deepEqual(undo.all(), []))

  const site = (options: SiteOptions = {}): LwipSite => new LwipSite(program, undo, { road: ROAD, ...options })

  /** What tshark says of the capture of a connection without loss: nothing is wrong. */
  function judge(it: LwipSite, port: number): void {
    if (noTshark) return
    const { connection } = look(it.capture, { connection: port })
    assert.deepEqual(connection.negotiated, LWIP_KNOWS)
    const shown = Object.entries(connection.flags).filter(([, count]) => count > 0)
    assert.deepEqual(
      shown.filter(([flag]) => !HARMLESS.includes(flag as Flag)),
      [],
    )
  }

  /** lwIP calls a service of ours. */
  async function lwipCalls(role: string, port: number, octets: number, options: SiteOptions = {}) {
    const it = site(options)
    await it.openBridge()
    const said = await (await it.lwip(role, SERVER, port, octets))()
    return { it, said }
  }

  /** Ours calls a service of lwIP. */
  async function oursCalls(role: string, port: number, event: object, options: SiteOptions = {}) {
    const it = site({ ...options, events: [{ at: '1s', ...event }] })
    const report = await it.lwip(role, port)
    await it.openBridge()
    return { it, report }
  }

  test('lwIP calls: 1 MB to our echo and back; it ends its direction first and still reads all', async () => {
    const { it, said } = await lwipCalls('echo', PORT.echo, MB)
    assert.equal(said, done(MB))
    const { fields } = await it.sees('served')
    assert.deepEqual([fields.service, fields.received, fields.sent, fields.end], ['echo', MB, MB, 'closed'])
    const [way] = await it.connectionsOver()
    assert.deepEqual(way, ['syn-received', 'established', 'close-wait', 'last-ack', 'closed'])
    await it.stop()
    judge(it, PORT.echo)
  })

  test('lwIP calls: 1 MB from our chargen, which ends first', async () => {
    const { it, said } = await lwipCalls('pull', PORT.chargen, MB)
    assert.equal(said, done(MB))
    const [way] = await it.connectionsOver()
    assert.deepEqual(way, ['syn-received', 'established', 'fin-wait-1', 'fin-wait-2', 'time-wait'])
    await it.stop()
    judge(it, PORT.chargen)
  })

  test('lwIP calls and resets in the middle: our service is told so', async () => {
    const { it, said } = await lwipCalls('abort', PORT.chargen, MB)
    assert.match(said, /"octets":5\d{5}/)
    assert.equal((await it.sees('served')).fields.end, 'reset')
    const [way] = await it.connectionsOver()
    assert.equal(way.at(-1), 'closed')
    await it.stop()
  })

  test('lwIP calls a port at which nobody listens: it is refused with a reset', async () => {
    const { it, said } = await lwipCalls('refused', PORT.nobody, 0)
    assert.equal(said, done(0))
    await it.stop()
  })

  test('ours calls: 1 MB from lwIP, which ends first', async () => {
    const fetch = { from: 'server', to: LWIP, port: PORT.transfer, bytes: `${MB}B` }
    const { it, report } = await oursCalls('serve-transfer', PORT.transfer, { fetch })
    const { fields } = await it.sees('fetch-done')
    assert.deepEqual([fields.bytes, fields.ok], [MB, true])
    assert.equal(await report(), done(MB))
    const [way] = await it.connectionsOver()
    assert.deepEqual(way, ['syn-sent', 'established', 'close-wait', 'last-ack', 'closed'])
    await it.stop()
    judge(it, PORT.transfer)
  })

  test('ours calls: 1 MB to the echo of lwIP and back; ours ends first', async () => {
    const talk = { from: 'server', to: LWIP, port: PORT.echo, bytes: `${MB}B` }
    const { it, report } = await oursCalls('serve-echo', PORT.echo, { talk })
    const { fields } = await it.sees('talk-done')
    assert.deepEqual([fields.bytes, fields.ok], [MB, true])
    assert.equal(await report(), done(MB))
    const [way] = await it.connectionsOver()
    assert.deepEqual(way, ['syn-sent', 'established', 'fin-wait-1', 'fin-wait-2', 'time-wait'])
    await it.stop()
    judge(it, PORT.echo)
  })

  test('ours calls and lwIP resets in the middle: our user is told so', async () => {
    const fetch = { from: 'server', to: LWIP, port: PORT.transfer, bytes: `${MB}B` }
    const { it } = await oursCalls('serve-abort', PORT.transfer, { fetch })
    const { fields } = await it.sees('fetch-done')
    assert.deepEqual([fields.ok, fields.detail], [false, 'reset'])
    await it.stop()
  })

  test('ours calls a port at which lwIP does not listen: refused', async () => {
    const fetch = { from: 'server', to: LWIP, port: PORT.nobody, bytes: `${MB}B` }
    const { it } = await oursCalls('serve-echo', PORT.echo, { fetch })
    const { fields } = await it.sees('fetch-done')
    assert.deepEqual([fields.ok, fields.detail], [false, 'refused'])
    await it.stop()
  })

  test('100 kB each way over a road that loses 2 %', async () => {
    const { it, said } = await lwipCalls('echo', PORT.echo, 100_000, { road: { ...ROAD, loss: '2%' } })
    assert.equal(said, done(100_000))
    assert.equal((await it.sees('served')).fields.end, 'closed')
    await it.stop()
  })

  /** The segment with the 100 000th octet or so gets another one in its middle, and a checksum that fits, or the one it had. */
  function spoiler(fits: boolean): (datagram: Uint8Array) => void {
    let octets = 0
    let spoilt = false
    return datagram => {
      const at = Ipv4.headerLength(datagram, 0)
      const from = at + Segment.headerLength(datagram, at)
      octets += datagram.length - from
      if (spoilt || octets < 100_000 || datagram.length - from < 10) return
      spoilt = true
      datagram[from + 5] ^= 1
      if (fits) Segment.seal(datagram, at, datagram.length, Ipv4.source(datagram, 0), Ipv4.destination(datagram, 0))
    }
  }

  test('the judge judges: lwIP finds an octet that was changed, when the checksum hides it', async () => {
    const { said } = await lwipCalls('pull', PORT.chargen, MB, { spoil: spoiler(true) })
    assert.match(said, /^octet 1?\d{5} is wrong$/)
  })

  test('the judge judges: lwIP discards a segment whose checksum tells, and gets it again', async () => {
    const { it, said } = await lwipCalls('pull', PORT.chargen, MB, { spoil: spoiler(false) })
    assert.equal(said, done(MB))
    await it.stop()
    if (noTshark) return
    const { connection } = look(it.capture, { connection: PORT.chargen })
    assert.ok(connection.flags.retransmission + connection.flags.fast_retransmission > 0)
  })
})
