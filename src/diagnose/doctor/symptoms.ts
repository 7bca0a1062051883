/** From a symptom alone to what may be behind it: an error number of Windows, the lines of a log. */
import { HARMLESS, LOG_SYMPTOMS } from './log-symptoms.ts'
import type { Symptom } from './symptom.ts'
import { WINDOWS_SYMPTOMS } from './windows-symptoms.ts'

export type Consulted =
  | { readonly symptom: Symptom; readonly text: string }
  | { readonly harmless: string; readonly text: string }

/** Undefined: no such number is known. */
export const ofWindows = (code: number): Consulted | undefined =>
  WINDOWS_SYMPTOMS[code] === undefined ? undefined : { symptom: WINDOWS_SYMPTOMS[code], text: `Windows, error ${code}` }

/** The lines of a log that say something, each symptom once. */
export function ofLog(log: string): Consulted[] {
  const found = new Map<unknown, Consulted>()
  for (const text of log.split(/\r?\n/).map(line => line.trim())) {
    const symptom = LOG_SYMPTOMS.find(({ line }) => line.test(text))
    const harmless = HARMLESS.find(({ line }) => line.test(text))
    if (symptom && !found.has(symptom)) found.set(symptom, { symptom, text })
    else if (!symptom && harmless && !found.has(harmless)) found.set(harmless, { harmless: harmless.why, text })
  }
  // The particular before the general, as in the list; what is harmless last.
  const place = (one: Consulted): number =>
    'symptom' in one ? (LOG_SYMPTOMS as readonly Symptom[]).indexOf(one.symptom) : LOG_SYMPTOMS.length
  return [...found.values()].sort((a, b) => place(a) - place(b))
}
