/** `profile` and `gre` under `pptp` of a client or a server: whose habits it has, and how it treats GRE packets. */
import * as v from 'valibot'
import { parseDuration } from '../base/time.ts'
import { PROFILES } from '../node/tunnel-profile.ts'
import type { GreSpec, Profile } from './lab.ts'
import { count, duration, oneOf } from './leaf.ts'
import { map } from './map.ts'
import { child, type Issues, integer, type Tree, text } from './tree.ts'

const FLOW = ['window', 'none'] as const satisfies readonly GreSpec['flow'][]
const OUT_OF_ORDER = ['hold', 'drop', 'pass'] as const satisfies readonly GreSpec['outOfOrder'][]

export const habitKeys = {
  profile: v.optional(
    oneOf(PROFILES, 'Whose habits it has: of the RFCs, of the Linux programs (measured), of Windows (modelled).'),
    'default',
  ),
  gre: v.optional(
    v.pipe(
      map('the gre of a tunnel', {
        window: v.optional(count('Packets that the peer may have under way without an acknowledgment.', 1, 1024)),
        flow: v.optional(oneOf(FLOW, 'Obey the window of the peer, or send at once.')),
        'out-of-order': v.optional(
          oneOf(OUT_OF_ORDER, 'Early packets: hold them for a while, or drop those that are late, or pass all on.'),
        ),
        hold: v.optional(duration('How long an early packet waits for those before it.')),
      }),
      v.description('How it treats the GRE packets of its calls (RFC 2637 §4).'),
    ),
  ),
}

/** What can be read of them. */
export function readHabits(pptp: Tree | undefined, issues: Issues): { profile?: Profile; gre?: Partial<GreSpec> } {
  const profile = PROFILES.find(known => known === text(child(pptp, 'profile')))
  const tree = child(pptp, 'gre')
  const receiveWindow = integer(child(tree, 'window'))
  const flow = FLOW.find(known => known === text(child(tree, 'flow')))
  const outOfOrder = OUT_OF_ORDER.find(known => known === text(child(tree, 'out-of-order')))
  const hold = child(tree, 'hold')
  const holdTime = parseDuration(text(hold) ?? '')
  if (hold && outOfOrder !== undefined && outOfOrder !== 'hold') {
    issues.value(
      hold,
      `With out-of-order: ${outOfOrder} no packet is held.`,
      'write out-of-order: hold, or leave this out',
    )
  }
  const gre = {
    ...(receiveWindow === undefined ? {} : { receiveWindow }),
    ...(flow === undefined ? {} : { flow }),
    ...(outOfOrder === undefined ? {} : { outOfOrder }),
    ...(holdTime === undefined ? {} : { holdTime }),
  }
  return { ...(profile === undefined ? {} : { profile }), ...(tree === undefined ? {} : { gre }) }
}
