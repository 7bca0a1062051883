/** How a tunnel ended, from what its layers say: the first cause, not what followed from it. */
import type { TunnelEnd } from '../base/tunnel-end.ts'
import type { PppEnd } from '../ppp/config.ts'
import type { CallEnd, ControlEnd } from '../pptp/types.ts'

export const controlEnd = ({ layer, reason, tries, sentence }: ControlEnd): TunnelEnd => ({
  layer,
  reason,
  tries,
  detail: sentence,
})

/** `ppp` is how the PPP session in the call ended, if there was one: `lower-down` follows from the end of the call. */
export function callEnd(call: CallEnd, ppp: PppEnd | undefined): TunnelEnd {
  if (ppp && ppp.reason !== 'lower-down') return ppp
  if (call.reason === 'control-lost' && call.control) return controlEnd(call.control)
  const { layer, reason, tries, sentence } = call
  return { layer, reason, tries, detail: sentence }
}
