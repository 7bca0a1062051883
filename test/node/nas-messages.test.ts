/**
 * The control messages of one compulsory call as octets of the TCP connection between an access server and a PNS, field
 * by field as the figures of RFC 2637 have them: what each field is, where it stands, and in which order messages come.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { concat } from '../../src/base/bytes.ts'
import { NUMBER, nasLab } from '../support/nas-lab.ts'

const ETHERNET = 14
const TCP = 6
/** Length, message type, cookie, control message type, reserved (§2). */
const HEADER = 12

interface Said {
  readonly from: 'pac' | 'pns'
  readonly bytes: Uint8Array
}

/** What both sides say in a lab that loses nothing: the payloads of their segments, cut at the lengths of the messages. */
function conversation(): Said[] {
  const t = nasLab({ line: { noise: '0.05%' } })
  const streams: Record<Said['from'], Uint8Array> = { pac: new Uint8Array(0), pns: new Uint8Array(0) }
  const said: Said[] = []
  const road = t.simulation.links.findIndex(({ name }) => name.includes('nas:eth0'))
  t.run.tap(road, ({ from, bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (view.getUint16(12) !== 0x0800 || bytes[ETHERNET + 9] !== TCP) return
    const segment = ETHERNET + (bytes[ETHERNET] & 15) * 4
    const payload = bytes.slice(segment + (bytes[segment + 12] >>> 4) * 4, ETHERNET + view.getUint16(ETHERNET + 2))
    const side = from === 0 ? 'pac' : 'pns'
    streams[side] = concat(streams[side], payload)
    for (let rest = streams[side]; rest.length >= HEADER; rest = streams[side]) {
      const length = (rest[0] << 8) | rest[1]
      if (rest.length < length) return
      said.push({ from: side, bytes: rest.slice(0, length) })
      streams[side] = rest.slice(length)
    }
  })
  t.dial('bob')
  t.until(30)
  t.cable('bob').setUp(false)
  t.until(45)
  return said
}

type Value = number | string | ((value: number) => boolean)
/** A row of a figure: what stands there, in so many octets. */
type Row = readonly [field: string, octets: number, value: Value]

const any = (): boolean => true
const anything = (value: number): boolean => value > 0
const PAC_ID = 'Call ID of the PAC'
const PNS_ID = 'Call ID of the PNS'

const number = (bytes: Uint8Array): number => bytes.reduce((sum, octet) => sum * 256 + octet, 0)
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes).replace(/\0+$/, '')

describe('the messages of a compulsory call, octet by octet (RFC 2637 §2)', () => {
  const said: Said[] = []
  const typeOf = ({ bytes }: Said): number => number(bytes.subarray(8, 10))
  /** The call IDs of each side must be the same wherever they stand. */
  const ids = new Map<string, number>()
  before(() => {
    said.push(...conversation())
  })

  test('their order: request, reply, connected, Set-Link-Info, errors, disconnected (§3.2.3)', () => {
    const order = said.map(one => `${one.from} ${typeOf(one)}`)
    assert.deepEqual(order, ['pac 1', 'pns 2', 'pac 9', 'pns 10', 'pac 11', ...order.slice(5)])
    assert.deepEqual([...order.slice(5)].sort(), ['pac 13', 'pac 14', 'pns 15'])
    assert.equal(order.at(-1), 'pac 13')
  })

  function isFigure(type: number, from: Said['from'], rows: readonly Row[]): void {
    const messages = said.filter(one => typeOf(one) === type)
    assert.equal(messages.length, 1)
    const [{ bytes, from: side }] = messages
    assert.equal(side, from)
    const length = rows.reduce((sum, [, octets]) => sum + octets, HEADER)
    assert.deepEqual(
      [bytes.length, number(bytes.subarray(0, 2)), number(bytes.subarray(2, 4)), number(bytes.subarray(4, 8))],
      [length, length, 1, 0x1a2b3c4d],
    )
    assert.equal(number(bytes.subarray(10, 12)), 0, 'Reserved0')
    let at = HEADER
    for (const [field, octets, value] of rows) {
      const found = bytes.subarray(at, at + octets)
      const where = `${field}, at ${at}`
      if (typeof value === 'string') assert.equal(text(found), value, where)
      else if (typeof value === 'number') assert.equal(number(found), value, where)
      else assert.ok(value(number(found)), where)
      if (field === PAC_ID || field === PNS_ID) {
        assert.equal(ids.get(field) ?? number(found), number(found), where)
        ids.set(field, number(found))
      }
      at += octets
    }
  }

  test('Incoming-Call-Request: each field where its figure has it (§2.9)', () =>
    isFigure(9, 'pac', [
      [PAC_ID, 2, anything],
      ['Call Serial Number', 2, any],
      ['Call Bearer Type: analog', 4, 1],
      ['Physical Channel ID', 4, 1],
      ['Dialed Number Length', 2, NUMBER.length],
      ['Dialing Number Length', 2, 7],
      ['Dialed Number', 64, NUMBER],
      ['Dialing Number', 64, '5550110'],
      ['Subaddress', 64, ''],
    ]))
  test('Incoming-Call-Reply: each field where its figure has it (§2.10)', () =>
    isFigure(10, 'pns', [
      [PNS_ID, 2, any],
      [PAC_ID, 2, anything],
      ['Result Code: Connect', 1, 1],
      ['Error Code', 1, 0],
      ['Packet Recv. Window Size', 2, anything],
      ['Packet Transmit Delay', 2, 0],
      ['Reserved1', 2, 0],
    ]))
  test('Incoming-Call-Connected: each field where its figure has it (§2.11)', () =>
    isFigure(11, 'pac', [
      [PNS_ID, 2, any],
      ['Reserved1', 2, 0],
      ['Connect Speed', 4, 56_000],
      ['Packet Recv. Window Size', 2, 8],
      ['Packet Transmit Delay, tenths of a second', 2, 22],
      ['Framing Type: asynchronous', 4, 1],
    ]))
  test('Set-Link-Info: each field where its figure has it (§2.15)', () =>
    isFigure(15, 'pns', [
      [PAC_ID, 2, anything],
      ['Reserved1', 2, 0],
      ['Send ACCM', 4, 0],
      ['Receive ACCM', 4, 0],
    ]))
  test('WAN-Error-Notify: each field where its figure has it (§2.14)', () =>
    isFigure(14, 'pac', [
      [PNS_ID, 2, any],
      ['Reserved1', 2, 0],
      ['CRC Errors', 4, anything],
      ['Framing Errors', 4, any],
      ['Hardware Overruns', 4, 0],
      ['Buffer Overruns', 4, any],
      ['Time-out Errors', 4, 0],
      ['Alignment Errors', 4, 0],
    ]))
  test('Call-Disconnect-Notify: each field where its figure has it (§2.13)', () =>
    isFigure(13, 'pac', [
      [PAC_ID, 2, anything],
      ['Result Code: Lost Carrier', 1, 1],
      ['Error Code', 1, 0],
      ['Cause Code of Q.931: Temporary failure', 2, 41],
      ['Reserved1', 2, 0],
      ['Call Statistics', 128, ''],
    ]))
})
