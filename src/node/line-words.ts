/** What a telephone line is called in PPTP and in RADIUS: RFC 2637 §2.8 to §2.11 and §4.4, RFC 2865 §5.41. */
import { type Bearer, CAUSE, type Cause } from '../link/signal.ts'
import type { LineFacts, Refusal, TunnelConfig } from '../pptp/types.ts'

/** Call Bearer Type: 1 analog, 2 digital. */
export const bearerOf = (bearer: Bearer): number => (bearer === 'analogue' ? 1 : 2)
/** Framing Type: 1 asynchronous, 2 synchronous. */
export const framingOf = (bearer: Bearer): number => (bearer === 'analogue' ? 1 : 2)
/** NAS-Port-Type: Async, ISDN Sync. */
export const PORT_TYPES: Readonly<Record<Bearer, number>> = { analogue: 0, digital: 2 }

/** Octets of the longest frame on a line: PPP header, information, FCS, two flags. */
const LONGEST_FRAME = 4 + 1500 + 2 + 2

/** Tenths of a second that a full window takes on the line (§4.4, PPD); at most what the field has room for. */
export function processingDelay(window: number, bearer: Bearer, rate: number): number {
  if (rate === 0) return 0
  const bits = bearer === 'analogue' ? 10 : 8
  return Math.min(0xffff, Math.ceil((window * LONGEST_FRAME * bits * 10) / rate))
}

/** What a line has come to; one without limit is as fast as the field can say. */
export const factsOf = (rate: number, bearer: Bearer, channel: number, { receiveWindow }: TunnelConfig): LineFacts => ({
  connectSpeed: rate === 0 ? 0xffffffff : rate,
  framingType: framingOf(bearer),
  physicalChannelId: channel,
  processingDelay: processingDelay(receiveWindow, bearer, rate),
})

/** Result codes of Outgoing-Call-Reply (§2.8) for a number that was not reached. */
export function refusalOf(cause: Cause): Refusal {
  const resultCode = cause === CAUSE.userBusy ? BUSY : NO_ANSWER.includes(cause) ? TIME_OUT : NO_CARRIER
  return { refuse: { resultCode, errorCode: 0, causeCode: cause } }
}
const NO_CARRIER = 3
const BUSY = 4
const TIME_OUT = 6
const NO_ANSWER: readonly Cause[] = [CAUSE.noUserResponding, CAUSE.noAnswer, CAUSE.timerExpiry]
