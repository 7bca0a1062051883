/** One case of the rig: what is set up and sent, and what is seen. The ids and names of fields are the baseline's. */
import type { Rig } from './rig.ts'

export type Observations = Readonly<Record<string, unknown>>
export type Case = (rig: Rig) => Observations
export type Cases = Readonly<Record<string, Case>>
