/** The doctor at work on a lab. */
import { examine, type Finding } from '../../src/diagnose/doctor/doctor.ts'
import { DoctorWatch } from '../../src/diagnose/doctor/watch.ts'
import { type Lab, Run } from '../../src/index.ts'

export function diagnose(lab: Lab): Finding[] {
  const run = new Run(lab, { fingerprint: false })
  const watch = new DoctorWatch(run)
  run.advance()
  return examine(watch.facts())
}

/** `gre-blocked (certain), wrong-password (certain)` */
export const namesOf = (findings: readonly Finding[]): string =>
  findings.map(({ cause, sure }) => `${cause} (${sure})`).join(', ')
