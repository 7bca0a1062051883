/**
 * The machines of a call, as tables. Who asks for a call is the PNS when it is outgoing (RFC 2637 §3.2.4) and the PAC
 * when a telephone line rings (§3.2.3); once it is established both kinds are alike. `call.ts` carries out the actions.
 *
 * Ours are `time-out` (§3.2.1, in words) and `control-lost`: a call lives in its control connection.
 */
import { type Table, table } from '../base/table.ts'

export type CallState = 'idle' | 'wait-reply' | 'wait-connect' | 'established' | 'wait-disconnect' | 'wait-cs-ans'

const EVENTS = [
  'open',
  'receive-ocrp-connected',
  'receive-ocrp-error',
  'receive-cdn',
  'receive-ocrq',
  'receive-ocrq-in-error',
  'telco-answer',
  'incomplete-call',
  'receive-ccrq',
  'ring',
  'receive-icrq-accepting',
  'receive-icrq-not-accepting',
  'receive-icrp-accepting',
  'receive-icrp-not-accepting',
  'receive-iccn',
  'local-terminate',
  'time-out',
  'control-lost',
] as const
export type CallEvent = (typeof EVENTS)[number]

export type CallAction =
  | 'send-ocrq'
  | 'send-ocrp'
  | 'send-ocrp-error'
  | 'send-icrq'
  | 'send-icrp'
  | 'send-icrp-error'
  | 'send-iccn'
  | 'send-ccrq'
  | 'send-cdn'
  | 'dial'
  /** The ringing line is answered. */
  | 'answer'
  /** Frames may pass. */
  | 'up'
  /** They no longer may. */
  | 'down'
  /** The call is over, and its user is told. */
  | 'end'

export type CallTable = Table<CallState, CallEvent, CallAction>
type Rows = Readonly<Record<CallEvent, Readonly<Partial<Record<CallState, string>>>>>

const NOTHING = Object.fromEntries(EVENTS.map(event => [event, {}])) as Rows
const calls = (rows: Partial<Rows>): CallTable => table<CallState, CallEvent, CallAction>({ ...NOTHING, ...rows })

/**
 * §3.2.4.2. Ours is the reply that crosses our Call-Clear-Request: it tells the ID by which Call-Disconnect-Notify will
 * name the call, or, with an error, that there is no call to be cleared.
 */
export const PNS_CALL = calls({
  open: { idle: 'send-ocrq wait-reply' },
  'receive-ocrp-connected': { 'wait-reply': 'up established', 'wait-disconnect': 'wait-disconnect' },
  'receive-ocrp-error': { 'wait-reply': 'end idle', 'wait-disconnect': 'end idle' },
  'receive-cdn': { established: 'down end idle', 'wait-disconnect': 'end idle' },
  'local-terminate': { 'wait-reply': 'send-ccrq wait-disconnect', established: 'down send-ccrq wait-disconnect' },
  'time-out': { 'wait-reply': 'end idle', 'wait-disconnect': 'end idle' },
  'control-lost': { 'wait-reply': 'end idle', established: 'down end idle', 'wait-disconnect': 'end idle' },
})

/** §3.2.4.1. */
export const PAC_CALL = calls({
  'receive-ocrq': { idle: 'dial wait-cs-ans' },
  'receive-ocrq-in-error': { idle: 'send-ocrp-error end idle' },
  'telco-answer': { 'wait-cs-ans': 'send-ocrp up established' },
  'incomplete-call': { 'wait-cs-ans': 'send-ocrp-error end idle' },
  'receive-ccrq': { 'wait-cs-ans': 'send-cdn end idle', established: 'down send-cdn end idle' },
  'local-terminate': { 'wait-cs-ans': 'send-ocrp-error end idle', established: 'down send-cdn end idle' },
  'control-lost': { 'wait-cs-ans': 'end idle', established: 'down end idle' },
})

/** §3.2.3.1. Ours is the Call-Clear-Request before the reply has come: a PNS in a hurry. */
export const PAC_INCOMING_CALL = calls({
  ring: { idle: 'send-icrq wait-reply' },
  'receive-icrp-accepting': { 'wait-reply': 'answer send-iccn up established' },
  'receive-icrp-not-accepting': { 'wait-reply': 'end idle' },
  'receive-ccrq': { 'wait-reply': 'send-cdn end idle', established: 'down send-cdn end idle' },
  'local-terminate': { 'wait-reply': 'send-cdn end idle', established: 'down send-cdn end idle' },
  'time-out': { 'wait-reply': 'end idle' },
  'control-lost': { 'wait-reply': 'end idle', established: 'down end idle' },
})

/** §3.2.3.2. Ours is the Incoming-Call-Connected that crosses our Call-Clear-Request. */
export const PNS_INCOMING_CALL = calls({
  'receive-icrq-accepting': { idle: 'send-icrp wait-connect' },
  'receive-icrq-not-accepting': { idle: 'send-icrp-error end idle' },
  'receive-iccn': { 'wait-connect': 'up established', 'wait-disconnect': 'wait-disconnect' },
  'receive-cdn': { 'wait-connect': 'end idle', established: 'down end idle', 'wait-disconnect': 'end idle' },
  'local-terminate': { 'wait-connect': 'send-ccrq wait-disconnect', established: 'down send-ccrq wait-disconnect' },
  'time-out': { 'wait-connect': 'end idle', 'wait-disconnect': 'end idle' },
  'control-lost': { 'wait-connect': 'end idle', established: 'down end idle', 'wait-disconnect': 'end idle' },
})
