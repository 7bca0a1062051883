/**
 * What pppd says of a refused user and of a Terminate-Request: there the layer and the reason of an end are not enough.
 * The lines depend on the method of authentication, on who failed to prove itself, and on the words of the peer.
 *
 * Sources: the strings of pppd (`upap.c`, `chap-new.c`, `chap_ms.c`, `auth.c`), and the logs of the captured machines for those of
 * MS-CHAP and MPPE.
 */
import type { TunnelEnd } from '../base/tunnel-end.ts'

export interface PppdLines {
  readonly client: readonly string[]
  readonly server: readonly string[]
}

const CHAP_FAILED = 'CHAP authentication failed'

/** What our sentence for a Terminate-Request is with pppd: what it writes into the packet, and what it logs before. */
const TERMINATIONS: readonly (readonly [ours: RegExp, spoken: string, logged: string])[] = [
  [/^Encryption is required/, 'MPPE required but peer negotiation failed', 'MPPE required but peer negotiation failed'],
  [
    /^The peer refuses to authenticate/,
    'peer refused to authenticate',
    'peer refused to authenticate: terminating link',
  ],
  [/^Nothing has passed/, 'Link inactive', 'Terminating connection due to lack of activity.'],
  [/^The session has lasted/, 'Connect time expired', 'Connect time expired'],
]

/** Of these pppd logs something else, or nothing: they are in no list of failures. */
const SPOKEN: readonly (readonly [ours: RegExp, spoken: string])[] = [
  [/^The user has (disconnected|hung up)/, 'User request'],
  [/^The peer did not prove/, 'Authentication failed'],
  [/^The peer does not accept/, 'Failed to authenticate ourselves to peer'],
  [/^No answer to \d+ Echo-Requests/, 'Peer not responding'],
]

/** What pppd writes into a Terminate-Request where ours has these words. */
export function spokenWords(words: string): string {
  const known = TERMINATIONS.find(([ours]) => ours.test(words)) ?? SPOKEN.find(([ours]) => ours.test(words))
  return known?.[1] ?? words
}

/** What it logs before it sends that Terminate-Request. */
export function loggedBefore(words: string): readonly string[] {
  const tries = /^No answer to (\d+) Echo-Requests/.exec(words)?.[1]
  if (tries !== undefined) return [`No response to ${tries} echo-requests`, 'Serial link appears to be disconnected.']
  const known = TERMINATIONS.find(([ours]) => ours.test(words))
  return known ? [known[2]] : []
}

/** The words of the Terminate-Request stand in quotes in the detail of a `peer-closed`. */
export function terminated({ detail }: TunnelEnd): PppdLines {
  const words = /"(.*)"/.exec(detail)?.[1]
  if (words === undefined) return { client: ['LCP terminated by peer'], server: [] }
  const known = TERMINATIONS.find(([ours]) => ours.test(words))
  return { client: [`LCP terminated by peer (${known?.[1] ?? words})`], server: known ? [known[2]] : [] }
}

/** A client that demanded a proof of the server and did not get it. */
export const isServerUnproved = ({ detail }: TunnelEnd): boolean => /did not prove|does not prove/.test(detail)

/** `lastAuth`: the protocol of the last message of authentication that the client saw. */
export function unauthenticated(end: TunnelEnd, lastAuth: string | undefined): PppdLines {
  if (isServerUnproved(end)) {
    const [, name] = /of user "([^"]*)"/.exec(end.detail) ?? []
    // MS-CHAPv2 proves both ends in one exchange, so there is no name
    if (name === undefined) return { client: ['MS-CHAPv2 mutual authentication failed.', CHAP_FAILED], server: [] }
    return lastAuth === 'pap'
      ? { client: [`PAP peer authentication failed for ${name}`], server: ['PAP authentication failed'] }
      : { client: [`Peer ${name} failed CHAP authentication`], server: [CHAP_FAILED] }
  }
  if (lastAuth === 'pap') {
    return { client: ['PAP authentication failed'], server: ['PAP peer authentication failed for USER'] }
  }
  const [, error, said] = /error (\d+) ?([^.]*)/.exec(end.detail) ?? []
  const server = ['Peer USER failed CHAP authentication']
  if (error === undefined) return { client: [CHAP_FAILED], server }
  return { client: [`MS-CHAP authentication failed: ${said || MS_CHAP[Number(error)]}`, CHAP_FAILED], server }
}

/** What pppd says itself of the six codes when the Failure has no message (`chap_ms.c`). */
const MS_CHAP: Readonly<Record<number, string>> = {
  646: 'E=646 Restricted logon hours',
  647: 'E=647 Account disabled',
  648: 'E=648 Password expired',
  649: 'E=649 No dialin permission',
  691: 'E=691 Authentication failure',
  709: 'E=709 Error changing password',
}
