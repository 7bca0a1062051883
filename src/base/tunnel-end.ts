/**
 * The closed lists of how a tunnel ends: the layer whose event was the first cause, and what it was. The words are those
 * of the layers themselves (`PppEnd`, `CallEnd`, `ControlEnd`), here together for the trace and its readers.
 */
export const TUNNEL_LAYERS = ['tcp', 'pptp', 'lcp', 'auth', 'ccp', 'ipcp'] as const
export type TunnelLayer = (typeof TUNNEL_LAYERS)[number]

/** `wanted`: somebody asked for the end. `failure`: it came by itself, or the tunnel never came about. */
export const TUNNEL_END_REASONS = {
  // PPP
  closed: 'wanted',
  'peer-closed': 'wanted',
  'lower-down': 'failure',
  timeout: 'failure',
  'auth-failed': 'failure',
  'auth-refused': 'failure',
  'mppe-required': 'failure',
  'no-address': 'failure',
  'protocol-rejected': 'failure',
  looped: 'failure',
  'echo-timeout': 'failure',
  // the call
  cleared: 'wanted',
  disconnected: 'wanted',
  refused: 'failure',
  'control-lost': 'failure',
  // the control connection
  stopped: 'wanted',
  'stopped-by-peer': 'wanted',
  'not-admitted': 'failure',
  version: 'failure',
  collision: 'failure',
  'out-of-sync': 'failure',
  'call-timeout': 'failure',
  'tcp-closed': 'failure',
  'tcp-refused': 'failure',
  'tcp-reset': 'failure',
  'tcp-timeout': 'failure',
  'tcp-unreachable': 'failure',
  'tcp-aborted': 'failure',
} as const
export type TunnelEndReason = keyof typeof TUNNEL_END_REASONS

export interface TunnelEnd {
  readonly layer: TunnelLayer
  readonly reason: TunnelEndReason
  /** How often was sent what nobody answered; 0 when nothing ran out. */
  readonly tries: number
  /** One sentence or two for people. */
  readonly detail: string
}
