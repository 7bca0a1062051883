/** How a tunnel ended, from what its layers say: the first cause, not what followed from it. */
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { PppEnd } from '../ppp/config.ts'
import type { CallEnd, ControlEnd } from '../pptp/types.ts'
import type { Cause } from '../wire/radius-attributes.ts'

export const controlEnd = ({ layer, reason, tries, sentence }: ControlEnd): TunnelEnd => ({
  layer,
  reason,
  tries,
  detail: sentence,
})

export function callEnd(call: CallEnd): TunnelEnd {
  if (call.reason === 'control-lost' && call.control) return controlEnd(call.control)
  const { layer, reason, tries, sentence } = call
  return { layer, reason, tries, detail: sentence }
}

/** What the end of a call means to who counts (RFC 2866 §5.10). */
export function callCause(call: CallEnd): Cause {
  if (call.reason === 'cleared') return 'nas-request'
  const asked = call.reason === 'disconnected' || call.control?.reason === 'stopped-by-peer'
  return asked ? 'user-request' : 'lost-carrier'
}

/** The first cause of two; `lower-down` of PPP follows from the end of what carried it. */
export const firstEnd = (ppp: PppEnd | undefined, carrier: TunnelEnd): TunnelEnd =>
  ppp && ppp.reason !== 'lower-down' ? ppp : carrier
