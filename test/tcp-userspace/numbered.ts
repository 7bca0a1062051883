/** For scripts about losses: full segments by their number, sent one each millisecond over a round trip that is known. */
import { ms } from '../../src/base/time.ts'
import type { Script, ScriptOptions } from './script.ts'

export const MSS = 1000
export const RTT = ms(100)
export const BIG: ScriptOptions = { sendBuffer: 1_000_000, initialWindow: 10, rack: true }
export const WIDE = { mss: MSS, scale: 8, wnd: 65_535, sackOk: true }

/** Connected; nothing is sent yet. */
export function open(s: Script, { timestamps = s.peer.timestamps, rtt = RTT } = {}): void {
  s.peer.timestamps = timestamps
  s.app.connects()
  s.peer.takes()
  s.clock.advance(rtt)
  s.peer.sends('S.', WIDE)
  s.peer.takes()
  s.peer.sends('.')
}
/** Writes so many full segments, one each millisecond, and takes them. */
export function sendsEach(s: Script, segments: number): void {
  for (let n = 0; n < segments; n++) {
    s.app.writes(MSS)
    s.clock.advance(ms(1))
  }
  s.peer.takes()
}
export const at = (segment: number): number => 1 + segment * MSS
export const block = (first: number, last = first): readonly [number, number] => [at(first), at(last + 1)]
/** The peer has everything before `segment`, and those of the blocks. */
export const acks = (s: Script, segment: number, ...sack: (readonly [number, number])[]): void => {
  s.peer.sends('.', { ack: at(segment), ...(sack.length > 0 && { sack }) })
}
/** Numbers of the segments that were sent since last asked. */
export const sent = (s: Script): number[] => s.peer.takes().map(({ seq }) => (seq - 1) / MSS)
