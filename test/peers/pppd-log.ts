/** What pppd's own log (`debug`) says of a session: facts that no code of ours has touched. */

const last = (log: string, pattern: RegExp): string | undefined => [...log.matchAll(pattern)].at(-1)?.[1]

export const addressOf = (log: string, which: 'local' | 'remote'): string | undefined =>
  last(log, which === 'local' ? /^local {2}IP address (\S+)$/gm : /^remote IP address (\S+)$/gm)

/** How many sessions have come up. */
export const ups = (log: string): number => log.match(/^remote IP address /gm)?.length ?? 0

const AUTH_NAMES: Readonly<Record<string, string>> = {
  'chap MS-v2': 'MS-CHAPv2',
  'chap MS': 'MS-CHAP',
  'chap MD5': 'CHAP-MD5',
  pap: 'PAP',
}
/** The protocol that both have agreed on. */
export function authOf(log: string): string | undefined {
  const agreed = last(log, /\[LCP ConfAck .*?<auth ([^>]+)>/g)
  return agreed === undefined ? undefined : (AUTH_NAMES[agreed] ?? agreed)
}

/** `128-bit stateless`, or undefined where the data go in the clear. */
export const mppeOf = (log: string): string | undefined =>
  last(log, /MPPE (\d+-bit state(?:less|ful)) compression enabled/g)

/** Who has logged in, at the server. */
export const userOf = (log: string): string | undefined =>
  last(log, /rcvd \[(?:CHAP Response|PAP AuthReq) .*?(?:name = |user=)"([^"]*)"/g)

export const authFailed = (log: string): boolean =>
  /authentication failed|failed (?:CHAP|PAP) authentication|PAP authentication failure|AuthNak/.test(log)

/** How the link ended, in pppd's words. */
export const endOf = (log: string): string | undefined =>
  last(
    log,
    /^(LCP terminated by peer.*|Modem hangup|Terminating on signal \d+|No response to .*|Connection terminated)/gm,
  )

export const terminated = (log: string): boolean => /^Connection terminated/m.test(log)

export interface Octets {
  readonly sent: number
  readonly received: number
}
export function octetsOf(log: string): Octets | undefined {
  const match = [...log.matchAll(/^Sent (\d+) bytes, received (\d+) bytes/gm)].at(-1)
  return match && { sent: Number(match[1]), received: Number(match[2]) }
}

/** `MS-CHAPv2, MPPE 128-bit stateless` */
export function negotiated(log: string): string {
  const auth = authOf(log) ?? 'no authentication'
  const mppe = mppeOf(log)
  return `${auth}, ${mppe === undefined ? 'no encryption' : `MPPE ${mppe}`}`
}
