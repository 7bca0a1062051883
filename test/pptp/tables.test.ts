/** The transition tables against the figures and state descriptions of RFC 2637 §3, written row by row. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PAC_CALL, PAC_INCOMING_CALL, PNS_CALL, PNS_INCOMING_CALL } from '../../src/pptp/call-table.ts'
import { ORIGINATOR, RECEIVER } from '../../src/pptp/control-table.ts'

/** Rows are `state | event | actions | next state`; what is not listed cannot happen. */
function rows(text: string): Map<string, string> {
  const lines = text.trim().split('\n')
  return new Map(
    lines.map(line => {
      const [state, event, actions, next] = line.split('|').map(word => word.trim())
      return [`${state} / ${event}`, `${actions} -> ${next}`]
    }),
  )
}
type AnyTable = Readonly<
  Record<string, Readonly<Record<string, { actions: readonly string[]; next: string } | undefined>>>
>
function flat(table: AnyTable): Map<string, string> {
  const out = new Map<string, string>()
  for (const [event, row] of Object.entries(table)) {
    for (const [state, cell] of Object.entries(row)) {
      if (cell) out.set(`${state} / ${event}`, `${cell.actions.join(' ')} -> ${cell.next}`)
    }
  }
  return out
}
function same(table: unknown, text: string): void {
  const sorted = (map: Map<string, string>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(flat(table as AnyTable)), sorted(rows(text)))
}

const COMMON = `
  established     | receive-stop-ccrq | send-stop-ccrp close-tcp end | idle
  wait-stop-reply | receive-stop-ccrq | send-stop-ccrp               | wait-stop-reply
  wait-stop-reply | receive-stop-ccrp | close-tcp end                | idle
  idle            | local-terminate   | close-tcp end                | idle
  wait-ctl-reply  | local-terminate   | close-tcp end                | idle
  established     | local-terminate   | send-stop-ccrq down          | wait-stop-reply
  idle            | local-close       | close-tcp end                | idle
  wait-ctl-reply  | local-close       | close-tcp end                | idle
  established     | local-close       | close-tcp end                | idle
  wait-stop-reply | local-close       | close-tcp end                | idle
  idle            | time-out          | close-tcp end                | idle
  wait-ctl-reply  | time-out          | close-tcp end                | idle
  wait-stop-reply | time-out          | close-tcp end                | idle
  established     | echo-time-out     | close-tcp end                | idle
  established     | call-time-out     | close-tcp end                | idle
  idle            | out-of-sync       | abort-tcp end                | idle
  wait-ctl-reply  | out-of-sync       | abort-tcp end                | idle
  established     | out-of-sync       | abort-tcp end                | idle
  wait-stop-reply | out-of-sync       | abort-tcp end                | idle
  idle            | tcp-closed        | end                          | idle
  wait-ctl-reply  | tcp-closed        | end                          | idle
  established     | tcp-closed        | end                          | idle
  wait-stop-reply | tcp-closed        | end                          | idle`

describe('transition tables', () => {
  test('control connection originator (RFC 2637 §3.1.1)', () => {
    same(
      ORIGINATOR,
      `
      idle           | tcp-open                     | send-sccrq      | wait-ctl-reply
      wait-ctl-reply | collision                    | close-tcp end   | idle
      wait-ctl-reply | receive-sccrp-version-ok     | up              | established
      wait-ctl-reply | receive-sccrp-version-not-ok | send-stop-ccrq  | wait-stop-reply
      wait-ctl-reply | receive-sccrp-error          | close-tcp end   | idle ${COMMON}`,
    )
  })
  test('control connection receiver (RFC 2637 §3.1.2)', () => {
    same(
      RECEIVER,
      `
      idle | tcp-open                     |                                | idle
      idle | receive-sccrq-version-ok     | send-sccrp up                  | established
      idle | receive-sccrq-version-not-ok | send-sccrp-error close-tcp end | idle
      idle | receive-sccrq-not-admitted   | send-sccrp-error close-tcp end | idle ${COMMON}`,
    )
  })
  test('PAC outgoing call (RFC 2637 §3.2.4.1)', () => {
    same(
      PAC_CALL,
      `
      idle        | receive-ocrq-in-error | send-ocrp-error end | idle
      idle        | receive-ocrq          | dial                | wait-cs-ans
      wait-cs-ans | telco-answer          | send-ocrp up        | established
      wait-cs-ans | incomplete-call       | send-ocrp-error end | idle
      wait-cs-ans | receive-ccrq          | send-cdn end        | idle
      wait-cs-ans | local-terminate       | send-ocrp-error end | idle
      established | receive-ccrq          | down send-cdn end   | idle
      established | local-terminate       | down send-cdn end   | idle
      wait-cs-ans | control-lost          | end                 | idle
      established | control-lost          | down end            | idle`,
    )
  })
  test('PNS outgoing call (RFC 2637 §3.2.4.2)', () => {
    same(
      PNS_CALL,
      `
      idle            | open                   | send-ocrq      | wait-reply
      wait-reply      | receive-ocrp-connected | up             | established
      wait-reply      | receive-ocrp-error     | end            | idle
      wait-reply      | local-terminate        | send-ccrq      | wait-disconnect
      established     | receive-cdn            | down end       | idle
      established     | local-terminate        | down send-ccrq | wait-disconnect
      wait-disconnect | receive-cdn            | end            | idle
      wait-disconnect | receive-ocrp-connected |                | wait-disconnect
      wait-disconnect | receive-ocrp-error     | end            | idle
      wait-reply      | time-out               | end            | idle
      wait-disconnect | time-out               | end            | idle
      wait-reply      | control-lost           | end            | idle
      established     | control-lost           | down end       | idle
      wait-disconnect | control-lost           | end            | idle`,
    )
  })
  test('PAC incoming call (RFC 2637 §3.2.3.1)', () => {
    same(
      PAC_INCOMING_CALL,
      `
      idle        | ring                       | send-icrq         | wait-reply
      wait-reply  | receive-icrp-accepting     | answer send-iccn up | established
      wait-reply  | receive-icrp-not-accepting | end               | idle
      wait-reply  | receive-ccrq               | send-cdn end      | idle
      wait-reply  | local-terminate            | send-cdn end      | idle
      established | receive-ccrq               | down send-cdn end | idle
      established | local-terminate            | down send-cdn end | idle
      wait-reply  | time-out                   | end               | idle
      wait-reply  | control-lost               | end               | idle
      established | control-lost               | down end          | idle`,
    )
  })
  test('PNS incoming call (RFC 2637 §3.2.3.2)', () => {
    same(
      PNS_INCOMING_CALL,
      `
      idle            | receive-icrq-accepting     | send-icrp           | wait-connect
      idle            | receive-icrq-not-accepting | send-icrp-error end | idle
      wait-connect    | receive-iccn               | up                  | established
      wait-connect    | receive-cdn                | end                 | idle
      wait-connect    | local-terminate            | send-ccrq           | wait-disconnect
      established     | receive-cdn                | down end            | idle
      established     | local-terminate            | down send-ccrq      | wait-disconnect
      wait-disconnect | receive-cdn                | end                 | idle
      wait-disconnect | receive-iccn               |                     | wait-disconnect
      wait-connect    | time-out                   | end                 | idle
      wait-disconnect | time-out                   | end                 | idle
      wait-connect    | control-lost               | end                 | idle
      established     | control-lost               | down end            | idle
      wait-disconnect | control-lost               | end                 | idle`,
    )
  })
})
