/**
 * Hostile and spoiled octets on a telephone line: what a receiver does about each case is one line of text, which stands
 * in docs/hostile-line.md. The receiver is the modem that an access server and a computer that dials have alike.
 */
import { hex, unhex } from '../../src/base/bytes.ts'
import { World } from '../../src/base/env.ts'
import { sec } from '../../src/base/time.ts'
import { PERFECT } from '../../src/link/link.ts'
import { SerialLink } from '../../src/link/serial.ts'
import type { Bearer } from '../../src/link/signal.ts'
import { Modem } from '../../src/node/modem.ts'
import { Telephone } from '../../src/node/telephone.ts'
import * as Hdlc from '../../src/wire/hdlc.ts'

/** Which control characters the peer has promised to escape. */
type Map = 'all' | 'none'
/** Octets in hex, in the pieces in which they come. */
interface OddOctets {
  readonly name: string
  readonly map?: Map
  readonly bearer?: Bearer
  readonly pieces: readonly string[]
}

const WHOLE = new World(1).env('writer').packets
/** A frame on the line with flags, escapes and FCS. */
export function written(frame: string, accm = 0): string {
  const line = Hdlc.encode(WHOLE, WHOLE.from(unhex(frame)), accm)
  const text = hex(line.data)
  line.release()
  return text
}
/** LCP Discard-Request, which nobody answers. */
const FRAME = 'ff03c0210b010008112233aa'
const GOOD = written(FRAME)
const ESCAPED = written(FRAME, Hdlc.ALL_CHARACTERS)
const many = (count: number, octets: string): string => octets.repeat(count)
/** So many pieces of a hundred octets. */
const endless = (octets: string): string[] => new Array<string>(100).fill(many(200 / octets.length, octets))
const ascii = (text: string): string => hex(Uint8Array.from(text, letter => letter.charCodeAt(0)))
const between = (line: string, change: (octet: number) => readonly number[]): string =>
  `7e${hex(Uint8Array.from([...unhex(line.slice(2, -2))].flatMap(change)))}7e`
const everyOctetEscaped = (line: string): string => between(line, octet => [0x7d, octet ^ 0x20])
const sevenBits = (line: string): string => between(line, octet => [octet & 0x7f])

export const ODD_OCTETS: readonly OddOctets[] = [
  { name: 'nothing but flags', pieces: [many(100, '7e')] },
  { name: 'two frames with one flag between them', pieces: [`${GOOD.slice(0, -2)}${GOOD}`] },
  { name: 'a frame octet by octet', pieces: GOOD.match(/../g) ?? [] },
  { name: 'octets before the first flag', pieces: [`${many(20, '55')}${GOOD}`] },
  { name: 'the first opening flag spoiled', pieces: [`7f${GOOD.slice(2)}`] },
  { name: 'no flag at all', pieces: endless('55') },
  { name: 'a later opening flag spoiled', pieces: [GOOD, `7f${GOOD.slice(2)}`] },
  { name: 'a closing flag spoiled', pieces: [`${GOOD.slice(0, -2)}7f`, GOOD] },
  { name: 'a flag in the middle', pieces: [`${GOOD.slice(0, 14)}7e${GOOD.slice(16)}`] },
  { name: 'one octet', pieces: ['7eff7e'] },
  { name: 'three octets', pieces: ['7eff03c07e'] },
  { name: 'an FCS of nothing', pieces: ['7e00007e'] },
  { name: 'two octets and their FCS', pieces: [written('ff03')] },
  { name: 'the longest frame', pieces: [written(`ff030021${many(1500, '41')}`)] },
  { name: 'one octet more than the longest frame', pieces: [written(`ff030021${many(1501, '41')}`)] },
  { name: 'an endless frame', pieces: ['7e', ...endless('55')] },
  { name: 'an endless frame of escapes', pieces: ['7e', ...endless('7d')] },
  { name: 'an endless frame of control characters of the map', map: 'all', pieces: ['7e', ...endless('11')] },
  { name: 'a wrong FCS', pieces: [`${GOOD.slice(0, -6)}00007e`] },
  {
    name: 'the octets of the FCS exchanged',
    pieces: [`${GOOD.slice(0, -6)}${GOOD.slice(-4, -2)}${GOOD.slice(-6, -4)}7e`],
  },
  { name: 'half a frame', pieces: [`${GOOD.slice(0, 14)}7e`] },
  { name: 'half a frame and no flag', pieces: [GOOD.slice(0, 14)] },
  { name: 'an escape before the closing flag', pieces: [`${GOOD.slice(0, -2)}7d7e`] },
  { name: 'an escape, and nothing more', pieces: ['7e7d'] },
  { name: 'two escapes before the closing flag', pieces: [`${GOOD.slice(0, -2)}7d7d7e`] },
  { name: 'every octet escaped', pieces: [everyOctetEscaped(GOOD)] },
  { name: 'XON in a frame, in the map', map: 'all', pieces: [`7eff11${ESCAPED.slice(4)}`] },
  { name: 'XON in a frame, not in the map', pieces: [`${GOOD.slice(0, 8)}11${GOOD.slice(8)}`] },
  { name: 'control characters that should be escaped', map: 'all', pieces: [GOOD] },
  { name: 'control characters on a digital line', map: 'all', bearer: 'digital', pieces: [GOOD] },
  { name: 'the eighth bit of every octet gone', pieces: [sevenBits(GOOD)] },
  { name: 'the words of another modem', pieces: [`7e${ascii('\r\nNO CARRIER\r\n')}7e`] },
]

/** A receiver with a call up; everything it says and drops. */
export function receiver(bearer: Bearer = 'analogue', map: Map = 'none') {
  const world = new World(1)
  const drops: string[] = []
  world.trace.listen(event => {
    if (event.event === 'drop') drops.push(event.reason)
  })
  const envs = [world.env('line'), world.env('us')] as const
  const random = world.random.fork('link')
  const link = new SerialLink(['line:tty0', 'us:tty0'], envs, random, 1, [PERFECT, PERFECT])
  const [[far], [near]] = link.lines
  const frames: string[] = []
  const nothing = { ringing: () => {}, alerting: () => {}, connected: () => {}, released: () => {}, free: () => {} }
  const telephone: Telephone = new Telephone(envs[1], 'line.call', near, {
    ...nothing,
    ringing: () => telephone.answer(),
    octets: packet => modem.receive(packet),
  })
  const modem = new Modem(envs[1], 'tty0', telephone, {
    frame: packet => {
      frames.push(hex(packet.data))
      packet.release()
    },
  })
  const peer = new Telephone(envs[0], 'line.call', far, { ...nothing, octets: packet => packet.release() })
  peer.dial({ called: '1', bearer })
  world.scheduler.runUntil(sec(1))
  modem.begin(bearer)
  const accm = map === 'all' ? Hdlc.ALL_CHARACTERS : 0
  modem.setAccms({ sendAccm: accm, receiveAccm: accm })
  const hears = (octets: Uint8Array): void => {
    const packet = envs[0].packets.from(octets)
    peer.send(packet)
    world.scheduler.runUntil(world.scheduler.now + sec(1))
    if (!packet.free) throw new Error('the octets have not come back')
  }
  return { world, modem, frames, drops, hears }
}

/** What has come of it, once a good frame has come behind it: that frame is read in any case. */
export function play({ bearer, map, pieces }: OddOctets): { readonly line: string; readonly lastRead: boolean } {
  const { modem, frames, drops, hears } = receiver(bearer, map)
  for (const piece of pieces) hears(unhex(piece))
  const last = 'ff03c0210c010004'
  hears(unhex(written(last, Hdlc.ALL_CHARACTERS)))
  const lastRead = frames.pop() === last
  const counted = Object.entries(modem.errors).flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : []))
  const line = [frames.length, folded(drops), listed(counted)].join(' | ')
  return { line, lastRead }
}

const listed = (words: readonly string[]): string => (words.length === 0 ? 'nothing' : words.join(', '))

/** `hdlc-bad-fcs 3`: how often each. */
function folded(words: readonly string[]): string {
  const counts = new globalThis.Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return listed([...counts].map(([word, count]) => (count === 1 ? word : `${word} ${count}`)))
}
