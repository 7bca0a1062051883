/** The transition tables of the machines in a tunnel, for those who show them. */
export { AUTOMATON } from '../ppp/automaton.ts'
export { PAC_CALL, PAC_INCOMING_CALL, PNS_CALL, PNS_INCOMING_CALL } from '../pptp/call-table.ts'
export { ORIGINATOR, RECEIVER } from '../pptp/control-table.ts'
