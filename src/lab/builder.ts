/** Labs written in TypeScript: a plain object of the shape of a lab file, checked by the compiler and then as every lab. */
import type * as v from 'valibot'
import { type Loaded, loadLab } from './load.ts'
import type { labSchema } from './schema.ts'

/** What a lab file says, as an object: docs/topology.md describes every key. */
export type LabSource = v.InferInput<typeof labSchema>

/** The same lab as a file, since JSON is YAML: for `load`, run files and `pptp-lab run`. */
export const labText = (source: LabSource): string => `${JSON.stringify(source, undefined, 2)}\n`

/** The checked lab, or everything that is wrong with it; lines and columns are those of `labText`. */
export const lab = (source: LabSource): Loaded => loadLab(labText(source), source.name)
