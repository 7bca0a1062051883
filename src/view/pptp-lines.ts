/**
 * What pptp-linux and pptpd log of a control message: the one at the machine that dials, the other at a server. An access
 * server is no machine that was captured: what it says is plain words of ours.
 *
 * Sources: the logs of the captured machines (test/captures/logs), less the numbers of lines and processes; `modelled` are
 * the strings of the two programs for messages that no capture has, put where those would say them.
 */
import type { TraceEvent } from '../base/trace.ts'
import * as Pptp from '../wire/pptp.ts'

export type PptpMessage = Extract<TraceEvent, { event: 'pptp-message' }>

export interface ProgramLine {
  readonly text: string
  /** No captured machine has written it. */
  readonly modelled?: true
}

const said = (...texts: readonly string[]): ProgramLine[] => texts.map(text => ({ text }))
const guessed = (...texts: readonly string[]): ProgramLine[] => texts.map(text => ({ text, modelled: true }))

const numberIn = (detail: string, word: string): number => Number(new RegExp(`${word} (\\d+)`).exec(detail)?.[1] ?? 0)
const numberOf = (type: string): number => Pptp.MESSAGES[type as keyof typeof Pptp.MESSAGES].code
const titleOf = (type: string): string => type.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

const DISPATCH = 'anon log[ctrlp_disp:pptp_ctrl.c]: '
/** Sent by every captured client. */
const SEEN_SENT: ReadonlySet<string> = new Set([
  'start-control-connection-request',
  'outgoing-call-request',
  'call-clear-request',
])

/** pptp-linux, at the machine that dials. */
export function pptpLines({ way, type, detail }: PptpMessage): ProgramLine[] {
  if (way === 'sent') {
    // Of an echo it logs the answer only.
    if (type === 'echo-request') return []
    const text = `anon log[ctrlp_rep:pptp_ctrl.c]: Sent control packet type is ${numberOf(type)} '${titleOf(type)}'`
    return SEEN_SENT.has(type) ? said(text) : guessed(text)
  }
  const result = numberIn(detail, 'result')
  switch (type) {
    case 'start-control-connection-reply': {
      const head = said(`${DISPATCH}Received Start Control Connection Reply`)
      return result === 1
        ? [...head, ...said(`${DISPATCH}Client connection established.`)]
        : [...head, ...guessed(`${DISPATCH}Negative reply received to our Start Control Connection Request`)]
    }
    case 'outgoing-call-reply': {
      const head = said(`${DISPATCH}Received Outgoing Call Reply.`)
      const [ours, peers] = [numberIn(detail, "peer's call"), numberIn(detail, '^call')]
      return result === 1
        ? [...head, ...said(`${DISPATCH}Outgoing call established (call ID ${ours}, peer's call ID ${peers}).`)]
        : [
            ...head,
            ...guessed(`${DISPATCH}Our outgoing call request [callid ${ours}] has not been accepted.`, codes(detail)),
          ]
    }
    case 'call-disconnect-notify':
      return said(
        `${DISPATCH}Call disconnect notification received (call id ${numberIn(detail, 'call')})`,
        codes(detail),
      )
    case 'stop-control-connection-request':
      return guessed(`${DISPATCH}Received Stop Control Connection Request.`)
    case 'stop-control-connection-reply':
      return guessed(`${DISPATCH}Received Stop Control Connection Reply.`)
    case 'echo-reply':
      return said('anon log[logecho:pptp_ctrl.c]: Echo Reply received.')
    default:
      return []
  }
}

/** `ctrlp_error` has its own words for result codes: of those captured, this one. */
function codes(detail: string): string {
  const [, number = '0', name = ''] = /result (\d+) \(([^)]*)\)/.exec(detail) ?? []
  const words = name === 'Admin Shutdown' ? 'Administrative Shutdown' : name
  return `anon log[ctrlp_error:pptp_ctrl.c]: Result code is ${number} '${words}'. Error code is ${numberIn(detail, 'error')}, Cause code is ${numberIn(detail, 'cause')}`
}

const wrote = (octets: number): string[] => [
  `CTRL: I wrote ${octets} bytes to the client.`,
  'CTRL: Sent packet to client',
]

/** Received by every captured server. */
const SEEN_RECEIVED: ReadonlySet<string> = new Set(['start-control-connection-request', 'echo-request'])

/** pptpd, at the server. `cleared`: the client has asked for the end of the call. */
export function pptpdLines({ way, type, detail }: PptpMessage, cleared: boolean): ProgramLine[] {
  if (way === 'received') {
    const head = `CTRL: Received PPTP Control Message (type: ${numberOf(type)})`
    switch (type) {
      case 'outgoing-call-request': {
        const speed = /speed \d+\.\.(\d+)/.exec(detail)?.[1] ?? '0'
        return said(head, `CTRL: Set parameters to ${speed} maxbps, ${numberIn(detail, 'window')} window size`)
      }
      case 'set-link-info':
        return guessed(
          head,
          detail.endsWith('accm ffffffff/ffffffff')
            ? 'CTRL: Got a SET LINK INFO packet with standard ACCMs'
            : 'CTRL: Ignored a SET LINK INFO packet with real ACCMs!',
        )
      case 'stop-control-connection-request':
        return guessed(head, 'CTRL: Received STOP CTRL CONN request (disconnecting)')
      case 'call-clear-request':
        return said(head, 'CTRL: Made a CALL DISCONNECT RPLY packet', 'CTRL: Received CALL CLR request (closing call)')
      default:
        return SEEN_RECEIVED.has(type) ? said(head) : guessed(head)
    }
  }
  switch (type) {
    case 'start-control-connection-reply':
      return said('CTRL: Made a START CTRL CONN RPLY packet', ...wrote(156))
    case 'outgoing-call-reply':
      return said(
        'CTRL: Made a OUT CALL RPLY packet',
        ...(numberIn(detail, 'result') === 1 ? ['CTRL: Starting call (launching pppd, opening GRE)'] : []),
        ...wrote(32),
      )
    case 'echo-reply':
      return said('CTRL: Made a ECHO RPLY packet', ...wrote(20))
    case 'call-disconnect-notify':
      // It has been told with the request that it answers.
      return cleared
        ? []
        : said('CTRL: Exiting with active call', 'CTRL: Made a CALL DISCONNECT RPLY packet', ...wrote(148))
    case 'stop-control-connection-request':
      return said('CTRL: Made a STOP CTRL REQ packet', ...wrote(16))
    case 'stop-control-connection-reply':
      return guessed('CTRL: Made a STOP CTRL CONN RPLY packet', ...wrote(16))
    case 'echo-request':
      return guessed('CTRL: Made a ECHO REQ packet', ...wrote(16))
    default:
      return guessed(`CTRL: Made a ${titleOf(type)} packet`)
  }
}

/** An access server, in words of ours. */
export const nasLines = ({ way, type, peer, detail }: PptpMessage): ProgramLine[] =>
  guessed(`${way} ${titleOf(type)} ${way === 'sent' ? 'to' : 'from'} ${peer}: ${detail}`)
