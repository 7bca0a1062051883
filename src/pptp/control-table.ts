/**
 * The machines of a control connection, as tables: that of its originator (RFC 2637 §3.1.1) and that of its receiver
 * (§3.1.2). `control.ts` carries out the actions.
 */
import { type Table, table } from '../base/table.ts'

export type ControlState = 'idle' | 'wait-ctl-reply' | 'established' | 'wait-stop-reply'
export type ControlEvent =
  | 'tcp-open'
  | 'receive-sccrq-version-ok'
  | 'receive-sccrq-version-not-ok'
  /** Ours: this peer has connections enough. */
  | 'receive-sccrq-not-admitted'
  | 'receive-sccrp-version-ok'
  | 'receive-sccrp-version-not-ok'
  | 'receive-sccrp-error'
  | 'receive-stop-ccrq'
  | 'receive-stop-ccrp'
  | 'local-terminate'
  /** Ours: this side closes without a word. */
  | 'local-close'
  | 'collision'
  | 'time-out'
  | 'echo-time-out'
  | 'call-time-out'
  | 'out-of-sync'
  | 'tcp-closed'
export type ControlAction =
  | 'send-sccrq'
  | 'send-sccrp'
  | 'send-sccrp-error'
  | 'send-stop-ccrq'
  | 'send-stop-ccrp'
  /** Calls may be dialled. */
  | 'up'
  /** They no longer may; those that are there end. */
  | 'down'
  | 'close-tcp'
  | 'abort-tcp'
  /** The connection is over, and its user is told. */
  | 'end'

type Row = Partial<Record<ControlState, string>>
/** What both ends do once the connection is established, and the timers of §3.1.4. */
const COMMON = {
  // §3.1.1, §3.1.2. In wait-stop-reply both have asked at the same time: the RFC is silent, we answer.
  'receive-stop-ccrq': {
    established: 'send-stop-ccrp close-tcp end idle',
    'wait-stop-reply': 'send-stop-ccrp wait-stop-reply',
  },
  'receive-stop-ccrp': { 'wait-stop-reply': 'close-tcp end idle' },
  // Nothing is there yet that could be stopped by a message, except when established.
  'local-terminate': {
    idle: 'close-tcp end idle',
    'wait-ctl-reply': 'close-tcp end idle',
    established: 'send-stop-ccrq down wait-stop-reply',
  },
  'local-close': {
    idle: 'close-tcp end idle',
    'wait-ctl-reply': 'close-tcp end idle',
    established: 'close-tcp end idle',
    'wait-stop-reply': 'close-tcp end idle',
  },
  'time-out': {
    idle: 'close-tcp end idle',
    'wait-ctl-reply': 'close-tcp end idle',
    'wait-stop-reply': 'close-tcp end idle',
  },
  'echo-time-out': { established: 'close-tcp end idle' },
  // §3.2.1
  'call-time-out': { established: 'close-tcp end idle' },
  // §1.4
  'out-of-sync': {
    idle: 'abort-tcp end idle',
    'wait-ctl-reply': 'abort-tcp end idle',
    established: 'abort-tcp end idle',
    'wait-stop-reply': 'abort-tcp end idle',
  },
  'tcp-closed': {
    idle: 'end idle',
    'wait-ctl-reply': 'end idle',
    established: 'end idle',
    'wait-stop-reply': 'end idle',
  },
} as const satisfies Partial<Record<ControlEvent, Row>>

/** §3.1.1. */
export const ORIGINATOR: Table<ControlState, ControlEvent, ControlAction> = table<
  ControlState,
  ControlEvent,
  ControlAction
>({
  'tcp-open': { idle: 'send-sccrq wait-ctl-reply' },
  'receive-sccrq-version-ok': {},
  'receive-sccrq-version-not-ok': {},
  'receive-sccrq-not-admitted': {},
  'receive-sccrp-version-ok': { 'wait-ctl-reply': 'up established' },
  'receive-sccrp-version-not-ok': { 'wait-ctl-reply': 'send-stop-ccrq wait-stop-reply' },
  'receive-sccrp-error': { 'wait-ctl-reply': 'close-tcp end idle' },
  collision: { 'wait-ctl-reply': 'close-tcp end idle' },
  ...COMMON,
})

/** §3.1.2. */
export const RECEIVER: Table<ControlState, ControlEvent, ControlAction> = table<
  ControlState,
  ControlEvent,
  ControlAction
>({
  'tcp-open': { idle: 'idle' },
  'receive-sccrq-version-ok': { idle: 'send-sccrp up established' },
  'receive-sccrq-version-not-ok': { idle: 'send-sccrp-error close-tcp end idle' },
  'receive-sccrq-not-admitted': { idle: 'send-sccrp-error close-tcp end idle' },
  'receive-sccrp-version-ok': {},
  'receive-sccrp-version-not-ok': {},
  'receive-sccrp-error': {},
  collision: {},
  ...COMMON,
})
