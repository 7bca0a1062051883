/** All kinds of NAT boxes by name. */
import type { Personality, PersonalityName } from '../types.ts'
import { libalias } from './libalias.ts'
import { linux, linuxPptp } from './linux.ts'
import { cgn, cisco, keyless, single } from './simple.ts'

export const PERSONALITIES: Readonly<Record<PersonalityName, Personality>> = {
  'linux-pptp': linuxPptp,
  linux,
  keyless,
  single,
  libalias,
  cisco,
  cgn,
}
