/** What a symptom tells, and what several symptoms have in common. */
import type { CauseName } from './causes.ts'

export interface Symptom {
  /** How far the connection had come when it showed. */
  readonly stage: string
  readonly causes: readonly CauseName[]
  /** What it is not, or what must not be read into it. */
  readonly mind?: string
}

export const CALL = 'TCP port 1723 and the call work; PPP hears nobody'
export const BEFORE = 'before or while TCP port 1723 is opened'
export const NO_GRE: readonly CauseName[] = [
  'gre-blocked',
  'nat-no-helper',
  'nat-single-slot',
  'nat-one-computer',
  'server-behind-nat',
  'host-firewall',
  'port-47-mistake',
  'nat-no-gre',
  'server-firewall',
  'load-balancer',
  'call-id-clash',
  'burned-expectation',
  'nas-behind-nat',
]
