/** Findings for people, and for programs. */

import { causeOf } from './causes.ts'
import type { Finding } from './doctor.ts'
import type { Evidence } from './evidence.ts'
import type { Consulted } from './symptoms.ts'
import { at } from './words.ts'

/** Lines of evidence that are shown, of the way to the cause and of what decided; there are more in `--json`. */
const SHOWN_FIRST = 4
const SHOWN_LAST = 4

/** Lines of one finding; the caller wraps them, what follows a first line by four columns. */
export function findingLines(finding: Finding, number: number, several: boolean): string[] {
  const { cause, sure, because, who, t, symptom, evidence, path } = finding
  const { title, means, cure, lab, tell } = causeOf(cause)
  return [
    `${several ? `${number}. ` : ''}${title} (${cause}), ${sure}: ${because}`,
    `  Noticed at ${at(t)}, by ${who.join(', ')}: ${symptom}`,
    `  What it is: ${means}`,
    '  Evidence:',
    ...evidenceLines(evidence),
    ...(sure === 'certain' ? [] : [`  To be sure: ${tell}`]),
    `  Cure: ${cure}`,
    ...(lab === undefined ? [] : [`  The lab that shows it: pptp-lab run ${lab}`]),
    ...(path.length === 0 ? [] : [`  Questions that led there: ${wayOf(finding)}`]),
  ]
}

function evidenceLines(evidence: readonly Evidence[]): string[] {
  if (evidence.length === 0) return ['    none was seen but what is missing']
  const lines = evidence.map(({ text }) => `    ${text}`)
  const hidden = lines.length - SHOWN_FIRST - SHOWN_LAST
  if (hidden <= 0) return lines
  return [...lines.slice(0, SHOWN_FIRST), `    (${hidden} more with --json)`, ...lines.slice(-SHOWN_LAST)]
}

/** Of the tree: what was answered by yes, or could not be seen. */
const wayOf = ({ path, cause }: Finding): string => {
  const turns = path.filter(({ answer }) => answer !== 'no')
  return [...turns.map(({ question, answer }) => (answer === 'yes' ? question : `${question}?`)), cause].join(' > ')
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

/** From a symptom: what may be behind it, the likeliest first, and how to tell one from the other. */
export function consultedLines(one: Consulted): string[] {
  if ('harmless' in one) return [`${one.text}`, `  Harmless: ${one.harmless}.`]
  const { stage, causes, mind } = one.symptom
  return [
    one.text,
    `  How far it came: ${stage}.`,
    ...(mind === undefined ? [] : [`  Mind: ${mind}`]),
    causes.length === 1 ? '  What is behind it:' : '  What may be behind it, the likeliest first:',
    ...causes.flatMap((name, i) => {
      const { title, tell, cure, lab } = causeOf(name)
      return [
        `  ${i + 1}. ${title} (${name})`,
        `    How to tell: ${tell}`,
        `    Cure: ${cure}`,
        ...(lab === undefined ? [] : [`    Lab: pptp-lab run ${lab}`]),
      ]
    }),
  ]
}

export const consultedJson = (one: Consulted): string => {
  if ('harmless' in one) return JSON.stringify({ type: 'harmless', t: 0, node: '', text: one.text, why: one.harmless })
  const { stage, causes, mind } = one.symptom
  const all = causes.map((cause, i) => ({ cause, sure: i === 0 ? 'likely' : 'possible', ...causeOf(cause) }))
  return JSON.stringify({ type: 'symptom', t: 0, node: '', text: one.text, stage, mind, causes: all })
}
