/** The table of a layer of a tunnel, as its RFC prints it: the same data that the machine runs on. */
import type { Cell, Table } from '../base/table.ts'
import {
  AUTOMATON,
  ORIGINATOR,
  PAC_CALL,
  PAC_INCOMING_CALL,
  PNS_CALL,
  PNS_INCOMING_CALL,
  RECEIVER,
} from '../node/machine-tables.ts'
import type { SceneLayer, SceneTunnel } from './scene.ts'
import { AUTOMATON_STATES, CONTROL_STATES } from './state-paths.ts'

export interface MachineTable {
  /** `outgoing calls, PNS` */
  readonly title: string
  /** `RFC 2637 §3.2.4.2` */
  readonly source: string
  /** In the order of the RFC; the first is where the machine begins. */
  readonly states: readonly string[]
  /** Those that this machine takes in some state. */
  readonly events: readonly string[]
  /** Undefined: the event cannot happen in this state. */
  cell(event: string, state: string): Cell<string, string> | undefined
}

/** In the order of the way through a call, whichever end has it. */
const CALL_STATES = ['idle', 'wait-cs-ans', 'wait-reply', 'wait-connect', 'established', 'wait-disconnect'] as const

type AnyTable = Table<string, string, string>

function made(title: string, source: string, order: readonly string[], table: AnyTable): MachineTable {
  const rows = Object.entries(table).filter(([, row]) => Object.keys(row).length > 0)
  const used = new Set(rows.flatMap(([, row]) => [...Object.keys(row), ...Object.values(row).map(cell => cell?.next)]))
  return {
    title,
    source,
    states: order.filter(state => used.has(state)),
    events: rows.map(([event]) => event),
    cell: (event, state) => table[event]?.[state],
  }
}

const PPP = made('option negotiation', 'RFC 1661 §4.1', AUTOMATON_STATES, AUTOMATON)
const CONTROL = {
  asks: made('control connection, originator', 'RFC 2637 §3.1.1', CONTROL_STATES, ORIGINATOR),
  answers: made('control connection, receiver', 'RFC 2637 §3.1.2', CONTROL_STATES, RECEIVER),
} as const
const CALL = {
  PNS: {
    asks: made('outgoing call, PNS', 'RFC 2637 §3.2.4.2', CALL_STATES, PNS_CALL),
    answers: made('incoming call, PNS', 'RFC 2637 §3.2.3.2', CALL_STATES, PNS_INCOMING_CALL),
  },
  PAC: {
    asks: made('incoming call, PAC', 'RFC 2637 §3.2.3.1', CALL_STATES, PAC_INCOMING_CALL),
    answers: made('outgoing call, PAC', 'RFC 2637 §3.2.4.1', CALL_STATES, PAC_CALL),
  },
} as const

/** Undefined for what no RFC of ours prints as a table: a telephone line, TCP, authentication. */
export function machineTableOf(layer: SceneLayer, { beganBy }: SceneTunnel): MachineTable | undefined {
  const asks = beganBy.node === layer.node
  switch (layer.name) {
    case 'LCP':
    case 'CCP':
    case 'IPCP':
      return PPP
    case 'ctl':
      return CONTROL[(answersControl(layer) ?? !asks) ? 'answers' : 'asks']
    case 'call': {
      // Who asks for an outgoing call is the PNS, for an incoming one the PAC; the other end is the other one.
      const asker = beganBy.role ?? 'PNS'
      return asks ? CALL[asker].asks : CALL[asker === 'PNS' ? 'PAC' : 'PNS'].answers
    }
    default:
      return undefined
  }
}

/** What it has been through tells more than who began the call: one connection carries the calls of both ends. */
function answersControl({ entered }: SceneLayer): boolean | undefined {
  if (entered.some(({ state }) => state === 'wait-ctl-reply')) return false
  return entered.some(({ cause }) => cause.startsWith('receive-sccrq')) ? true : undefined
}
