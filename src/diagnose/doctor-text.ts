/** Findings for people, and for programs. */

import type { Finding } from './doctor.ts'
import { CAUSES, causeOf } from './doctor-causes.ts'
import type { Evidence } from './doctor-evidence.ts'
import { at } from './doctor-words.ts'

/** Lines of evidence that are shown; there are more in `--json`. */
const SHOWN = 8

/** Lines of one finding; the caller wraps them, what follows a first line by four columns. */
export function findingLines(finding: Finding, number: number, several: boolean): string[] {
  const { cause, sure, because, who, t, symptom, evidence, path } = finding
  const { title, means, cure, lab, tell } = causeOf(cause)
  const more = evidence.length > SHOWN ? [`    (${evidence.length - SHOWN} more with --json)`] : []
  return [
    `${several ? `${number}. ` : ''}${title} (${cause}), ${sure}: ${because}`,
    `  Noticed at ${at(t)}, by ${who.join(', ')}: ${symptom}`,
    `  What it is: ${means}`,
    '  Evidence:',
    ...(evidence.length === 0
      ? ['    none was seen but what is missing']
      : evidence.slice(0, SHOWN).map(({ text }) => `    ${text}`)),
    ...more,
    ...(sure === 'certain' ? [] : [`  To be sure: ${tell}`]),
    `  Cure: ${cure}`,
    ...(lab === undefined ? [] : [`  The lab that shows it: pptp-lab run ${lab}`]),
    ...(path.length === 0
      ? []
      : [`  Asked: ${path.map(({ question, answer }) => `${question} ${answer}`).join(', ')}`]),
  ]
}

const evidenceJson = ({ text, t, node, packet, rule, entry, count }: Evidence): object => ({
  text,
  t,
  node,
  packet,
  rule,
  entry,
  count,
})

/** One line of JSON for each finding. */
export const findingJson = (finding: Finding): string => {
  const { t, who, cause, sure, because, symptom, evidence, path } = finding
  const { title, means, cure, tell, lab } = causeOf(cause)
  const facts = { cause, title, sure, because, who, symptom, means, cure, tell, lab }
  return JSON.stringify({ type: 'finding', t, node: who[0], ...facts, evidence: evidence.map(evidenceJson), path })
}

export const CAUSE_NAMES = Object.keys(CAUSES)
