/**
 * The doctor: finds what is wrong in a run or a capture, walks the fault tree for each trouble, and puts the causes in order,
 * the root first. docs/doctor.md shows the tree.
 *
 * The evidence is what happened: events, counters, packets. What a lab says of itself (its name, its description, its checks)
 * is not read; who may log in to the boxes knows their kind and their rules, and so does the doctor.
 */
import type { SimTime } from '../../base/time.ts'
import { type CauseName, causeOf } from './causes.ts'
import { type Evidence, isDeaf, tunnelOf } from './evidence.ts'
import type { Case, Facts, Tunnel } from './facts.ts'
import type { Branch, Leaf, Sure } from './leaf.ts'
import { LOSSY_LEAST, lineEvidence, lossyLines, spoiledEvidence, spoilingLines } from './lost.ts'
import { QUESTIONS, type QuestionName, spoiledBy, wantedByServer } from './questions.ts'
import { ROOTS, TREE } from './tree.ts'
import { at, isFailure } from './words.ts'

export interface Answered {
  readonly question: QuestionName
  readonly ask: string
  readonly answer: 'yes' | 'no' | 'unknown'
}

export interface Finding {
  readonly cause: CauseName
  readonly sure: Sure
  readonly because: string
  /** Whose trouble it is. */
  readonly who: readonly string[]
  /** When it was first noticed. */
  readonly t: SimTime
  /** What was noticed. */
  readonly symptom: string
  readonly evidence: readonly Evidence[]
  /** The way through the tree. */
  readonly path: readonly Answered[]
}

const SURE: readonly Sure[] = ['certain', 'likely', 'possible']
/** A tunnel that is not up after so long is late. */
const PATIENCE = 15e9
/** One that is up after so long was hindered. */
const LATE = 8e9
/** Silence of so long is silence. */
const SILENCE = 3e9
/** Ends of an own wish. */
const OWN_WISH: ReadonlySet<string> = new Set(['closed', 'cleared', 'stopped', 'tcp-aborted'])

/** Every fault, the root first. Empty: nothing is wrong. */
export function examine(facts: Facts): Finding[] {
  const findings: Finding[] = []
  const sick = facts.cases
    .filter((one): one is Tunnel => one.kind === 'tunnel')
    .filter(one => symptomOf(one, facts) !== undefined)
  for (const one of facts.cases) {
    const symptom = symptomOf(one, facts)
    if (symptom === undefined || follows(one, sick, facts)) continue
    const finding = walk(facts, one, symptom)
    if (finding) findings.push(finding)
  }
  findings.push(...strangers(facts, findings))
  findings.push(...spoiled(facts, findings))
  const whole = merged(findings.filter(finding => !isConsequence(finding, findings)))
  // In a capture what was told in words stands on firmer ground than what was counted.
  if (facts.kind === 'capture') whole.sort((a, b) => SURE.indexOf(a.sure) - SURE.indexOf(b.sure) || byRoot(a, b))
  else whole.sort(byRoot)
  return [...whole, ...quality(facts, whole)]
}

// What is wrong?

interface Symptom {
  readonly t: SimTime
  readonly text: string
}

function symptomOf(one: Case, facts: Facts): Symptom | undefined {
  if (one.kind === 'trouble') return { t: one.complaint.t, text: one.complaint.text }
  if (one.kind === 'dial') return { t: one.end.t, text: `${one.node}'s call to ${one.number} ended: ${one.end.detail}` }
  return one.reached.has('ipcp') ? brokenTunnel(one, facts) : noTunnel(one, facts)
}

function noTunnel(tunnel: Tunnel, facts: Facts): Symptom | undefined {
  const { client, end, peerEnd, refusal, from, until, incoming } = tunnel
  // Who was refused leaves of his own wish.
  const told = refusal && end && OWN_WISH.has(end.reason) ? undefined : (end ?? peerEnd)
  const lasted = Math.min(until, facts.t, told?.t ?? Number.POSITIVE_INFINITY) - from
  const text = `${client}'s tunnel to ${tunnel.target} did not come up`
  if (end && !refusal && OWN_WISH.has(end.reason) && lasted < PATIENCE) return undefined
  // Callers may hang up at any time; who has waited for so long while GRE was sent has given up.
  const isHungUp = told && incoming && !isFailure(told.reason) && !isFailure(peerEnd?.reason ?? '')
  const gaveUp = lasted >= PATIENCE && tunnel.gre.up.sent + tunnel.gre.down.sent > 0
  if (told && (!isHungUp || gaveUp)) return { t: told.t, text: `${text}: ${told.detail}` }
  if (refusal) return { t: refusal.t, text: `${text}: ${refusal.detail}` }
  if (incoming && tunnel.reached.has('call') && tunnel.gre.up.sent === 0) return undefined
  return lasted >= PATIENCE && !told ? { t: from + lasted, text: `${text} in ${at(lasted)}` } : undefined
}

function brokenTunnel(tunnel: Tunnel, facts: Facts): Symptom | undefined {
  const { client, target, end, peerEnd, complaints, gre } = tunnel
  const text = `${client}'s tunnel to ${target}`
  if (end && isFailure(end.reason)) return { t: end.t, text: `${text} broke: ${end.detail}` }
  if (end && wantedByServer(tunnel)) return { t: end.t, text: `${text} was ended by the other side: ${end.detail}` }
  const byClient = end !== undefined && OWN_WISH.has(end.reason) && end.t <= (peerEnd?.t ?? end.t)
  if (peerEnd && isFailure(peerEnd.reason) && !byClient)
    return { t: peerEnd.t, text: `${text} broke: ${peerEnd.detail}` }
  const took = (tunnel.reached.get('ipcp') ?? 0) - tunnel.from
  if (took >= LATE) return { t: tunnel.from + LATE, text: `${text} took ${at(took)} to come up` }
  if (complaints.length > 0) return { t: complaints[0].t, text: `${text} is up, and ${complaints[0].text}` }
  if (!end && !peerEnd) {
    const dead = [gre.up, gre.down].find(way => isDead(way, Math.min(facts.t, tunnel.until)))
    if (dead)
      return { t: dead.lastArrival ?? tunnel.from, text: `${text} is up, and ${dead.from} is not heard any more` }
  }
  const resets = tunnel.messages.filter(({ proto, type }) => proto === 'ccp' && type === 'reset-request')
  if (facts.kind === 'capture' && resets.length > 1)
    return { t: resets[0].t, text: `${text} asks for ${resets.length} resets of its encryption` }
  const spoiled = spoiledBy(tunnel, 'gre-late', 'gre-out-of-window', 'mppe-out-of-sync')
  return spoiled.length > 0
    ? { t: spoiled[0].t ?? tunnel.from, text: `${text} is up, and much of what arrives is of no use` }
    : undefined
}

function isDead(way: Tunnel['gre']['up'], now: SimTime): boolean {
  if (!isDeaf(way) || way.silent < 3) return false
  const heard = way.lastArrival ?? way.firstSent ?? now
  return now - heard > SILENCE && (way.lastSent ?? now) - heard > SILENCE / 2
}

/** A ping of a machine whose tunnel is in trouble says nothing new. */
function follows(one: Case, sick: readonly Tunnel[], facts: Facts): boolean {
  if (one.kind !== 'trouble') return false
  const { node, t } = one.complaint
  return sick.some(tunnel => {
    const ended = tunnel.end?.t ?? tunnel.peerEnd?.t ?? (tunnel.reached.has('ipcp') ? facts.t : tunnel.until)
    return (tunnel.client === node || tunnel.server === node) && tunnel.from <= t && Math.max(ended, tunnel.until) >= t
  })
}

// Why?

/** From the root of the tree to a leaf. Undefined: there is nothing wrong after all. */
export function walk(facts: Facts, one: Case, symptom: Symptom): Finding | undefined {
  const path: Answered[] = []
  const evidence: Evidence[] = []
  let unsure = false
  let next: QuestionName | Leaf | 'well' = ROOTS[one.kind]
  while (typeof next === 'string') {
    if (next === 'well') return undefined
    const question: QuestionName = next
    const branch: Branch = TREE[question]
    const { answer, evidence: speaks } = QUESTIONS[question](facts, one)
    path.push({ question, ask: branch.ask, answer })
    if (answer === 'yes') evidence.push(...speaks)
    unsure ||= answer === 'unknown'
    next = answer === 'unknown' ? (branch.unknown ?? branch.no) : branch[answer]
  }
  const who = one.kind === 'tunnel' ? one.client : one.kind === 'dial' ? one.node : one.complaint.node
  const { cause, sure, because, told } = next
  // What was not told in words may have gone otherwise where one capture does not see it.
  const partly = unsure || (facts.kind === 'capture' && !told)
  const less = partly && sure === 'certain' ? 'likely' : sure
  return {
    cause,
    sure: less,
    because,
    who: [who],
    t: symptom.t,
    symptom: symptom.text,
    evidence: unique(evidence),
    path,
  }
}

const unique = (evidence: readonly Evidence[]): Evidence[] => [
  ...new Map(evidence.map(one => [one.text, one])).values(),
]

/** What is left without an explanation follows from what has one, if that has struck the same machine before. */
const isConsequence = (one: Finding, all: readonly Finding[]): boolean =>
  one.cause === 'unexplained' && all.some(other => other.cause !== 'unexplained' && other.t <= one.t)

/** One cause at one place is one finding, whoever suffers. */
function merged(findings: readonly Finding[]): Finding[] {
  const byPlace = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${finding.cause} ${placeOf(finding)}`
    const known = byPlace.get(key)
    byPlace.set(
      key,
      known === undefined
        ? finding
        : {
            ...known,
            ...(finding.t < known.t ? { t: finding.t, symptom: finding.symptom, path: finding.path } : {}),
            who: [...new Set([...known.who, ...finding.who])],
            evidence: unique([...known.evidence, ...finding.evidence]),
          },
    )
  }
  return [...byPlace.values()]
}

/** The machine of the evidence that decided: the last that names a rule, an entry or a packet, and is not that of who suffers. */
const placeOf = ({ evidence, who }: Finding): string =>
  evidence.findLast(
    ({ rule, entry, packet, node = '' }) => (rule ?? entry ?? packet) !== undefined && !who.includes(node),
  )?.node ?? ''

/** Lines and machines before boxes, boxes before ends, ends before limits; among those the earlier first. */
const tierOf = (cause: CauseName): number => {
  const { rank } = causeOf(cause)
  return rank < 30 ? 0 : rank < 60 ? 1 : rank < 90 ? 2 : 3
}
const byRoot = (a: Finding, b: Finding): number =>
  tierOf(a.cause) - tierOf(b.cause) || a.t - b.t || causeOf(a.cause).rank - causeOf(b.cause).rank

/** A tunnel that is well, and gets what is for another: whose trouble it is, is not in the capture. */
function strangers(facts: Facts, findings: readonly Finding[]): Finding[] {
  const several = facts.strangers.filter(({ count }) => count >= 2)
  if (several.length === 0 || findings.some(({ cause }) => cause === 'nat-single-slot')) return []
  return [
    {
      cause: 'nat-single-slot',
      sure: 'likely',
      because: 'a call of somebody else begins there; the control connection of that call was not seen',
      who: [...new Set(several.map(({ client }) => client))],
      t: several[0].t,
      symptom: `${several[0].client} gets GRE of a call ID that is not hers`,
      evidence: several.map(({ client, server, callId, count, packet, t }) => ({
        text: `${server} sends ${count} GRE packets to ${client} with the call ID ${callId}, which no call of ${client} has named; the first is ${packet}`,
        t,
        node: client,
        packet,
        count,
      })),
      path: [],
    },
  ]
}

/** Where bits are changed, words of the ends may be: it is a root, also if nobody complains of packets. */
function spoiled(facts: Facts, findings: readonly Finding[]): Finding[] {
  const lines = findings.some(({ cause }) => cause === 'line-spoils') ? [] : spoilingLines(facts)
  if (lines.length === 0) return []
  const [{ spoiled: count, frames, link, from }] = lines
  return [
    {
      cause: 'line-spoils',
      sure: 'certain',
      because: 'the line is known',
      who: lines.map(line => line.from),
      t: Math.min(...lines.map(line => line.firstSpoiled?.t ?? 0)),
      symptom: `${Math.round((count / frames) * 100)} % of what ${from} sends on ${link} arrives with other bits`,
      evidence: spoiledEvidence(facts, lines),
      path: [],
    },
  ]
}

/** Losses that nobody complains of. */
function quality(facts: Facts, findings: readonly Finding[]): Finding[] {
  const explained = findings.some(
    ({ cause }) => cause === 'line-loss' || cause === 'mppe-stateful-loss' || cause === 'line-noise',
  )
  const lines = explained ? [] : lossyLines(facts, facts.kind === 'capture' ? 3 : LOSSY_LEAST)
  if (lines.length === 0) return []
  const { lost, frames, link, from, first } = lines[0]
  return [
    {
      cause: 'line-loss',
      sure: facts.kind === 'capture' ? 'likely' : 'certain',
      because: facts.kind === 'capture' ? 'numbers are missing that never come' : 'the line counts what it loses',
      who: lines.map(line => line.from),
      t: first?.t ?? 0,
      symptom: `${Math.round((lost / frames) * 100)} % of what ${from} sends${link === '' ? '' : ` on ${link}`} is lost, and no tunnel has ended by it`,
      evidence: lines.map(lineEvidence),
      path: [],
    },
  ]
}

/** Has a capture or a run anything that can be examined? */
export const hasTunnels = ({ cases }: Facts): boolean => cases.some(one => tunnelOf(one) !== undefined)
