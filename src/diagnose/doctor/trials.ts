/**
 * Cures that can be tried out in the lab itself: what an engineer would do about a cause, as entries of `events`. The
 * words about it stand with the causes; here is only what to do, for those causes about which one action does something.
 */
import type { SimTime } from '../../base/time.ts'
import type { Lab } from '../../lab/lab.ts'
import type { DropEvent } from '../../lab/why.ts'
import { type CauseName, causeOf } from './causes.ts'
import type { Finding } from './doctor.ts'

export interface Trial {
  /** `nat1: linux-pptp` */
  readonly title: string
  /**
   * `start`: it is so from the beginning, as if somebody had seen to it before. `now`: something is done at the present
   * time, because what it cures has to have happened.
   */
  readonly when: 'start' | 'now'
  /** Entries of `events` without their time, and how long behind the first they come. */
  readonly acts: readonly { readonly after: SimTime; readonly body: string }[]
}

/** What can be tried against it, the best first. Empty: nothing that is one action in the lab. */
export function trialsOf(finding: Finding, lab: Lab): readonly Trial[] {
  return TRIALS[finding.cause]?.(finding, lab) ?? []
}

/** The cure in words, as the doctor has it. */
export const cureOf = (finding: Finding): string => causeOf(finding.cause).cure

/**
 * The finding that is about a packet discarded there: one whose evidence names the machine, and no other rule of it; of
 * several that which names whoever made the packet.
 */
export function findingFor(
  findings: readonly Finding[],
  { node, packet = '', src, rule }: DropEvent,
): Finding | undefined {
  const maker = packet.slice(0, packet.lastIndexOf('#'))
  const names = ({ evidence, who }: Finding, name: string): boolean =>
    who.includes(name) || evidence.some(each => each.node === name)
  const fits = (other: string | undefined): boolean => rule === undefined || other === undefined || other === rule
  const about = findings.filter(
    ({ evidence, who }) => who.includes(node) || evidence.some(each => each.node === node && fits(each.rule)),
  )
  return (
    about.find(finding => names(finding, maker) || finding.who.some(who => who === src)) ??
    about[0] ??
    findings.find(finding => names(finding, maker))
  )
}

type Make = (finding: Finding, lab: Lab) => readonly Trial[]

const atStart = (title: string, body: string): Trial => ({ title, when: 'start', acts: [{ after: 0, body }] })

/** Nodes that the evidence names, each once. */
const nodesOf = ({ evidence }: Finding): string[] => [
  ...new Set(evidence.flatMap(({ node }) => (node === undefined ? [] : [node]))),
]

/** Boxes with a helper for PPTP (docs/nat.md), the most usual first. */
const HELPERS = ['linux-pptp', 'cisco'] as const

/** Another box in its place. */
const otherBox: Make = (finding, { nodes }) => {
  const boxes = nodes.filter(({ nat }) => nat !== undefined)
  const named = boxes.filter(({ name }) => nodesOf(finding).includes(name))
  return (named.length > 0 ? named : boxes).flatMap(({ name }) =>
    HELPERS.map(like => atStart(`${name}: ${like}`, `nat: { node: ${name}, like: ${like} }`)),
  )
}

/** What the rule that decided takes away is let in before all rules; where a policy did, GRE is. */
const otherRule: Make = ({ evidence }) => {
  const accepted = evidence.flatMap(({ rule = '', node }) => {
    const match = /^(\w+) (?:drop|reject(?: with \S+)?)(?: (.+))?$/.exec(rule)
    const chain = /^policy (\w+) drop$/.exec(rule)?.[1]
    const words = match ? `${match[1]} accept ${match[2] ?? ''}`.trim() : chain && `${chain} accept proto gre`
    return node === undefined || words === undefined ? [] : [{ node, words }]
  })
  const trials = accepted.map(({ node, words }) =>
    atStart(`${node}: ${words}`, `rule: { node: ${node}, add: ${JSON.stringify(words)}, at: 1 }`),
  )
  return trials.filter(({ title }, i) => trials.findIndex(each => each.title === title) === i)
}

const PERFECT = 'loss: 0%, corruption: 0%, duplication: 0%, reordering: 0%'

/** The lines of a lab that lose or change something from the beginning are mended, those of machines named first. */
const otherLine: Make = (finding, { links }) => {
  const named = new Set(nodesOf(finding))
  const faulty = links.filter(
    ({ type, ends }) =>
      type !== 'serial' &&
      ends.some(({ sends }) => sends.loss + sends.corruption + sends.duplication + sends.reordering + sends.jitter > 0),
  )
  return faulty
    .filter(({ ends }) => ends.some(({ node }) => named.has(node)) || faulty.length === 1)
    .map(({ ends: [a, b] }) =>
      atStart(
        `a good line ${a.node} - ${b.node}`,
        `link: { between: ["${a.node}:${a.iface}", "${b.node}:${b.iface}"], ${PERFECT}, jitter: 0s }`,
      ),
    )
}

const SECOND = 1e9

/** The callers that notice it dial once more, from a machine that has forgotten the call before. */
const redial = ({ who }: Finding, { nodes }: Lab, after: SimTime): Trial['acts'] =>
  nodes
    .filter(node => node.kind === 'client' && node.pptp !== undefined && who.includes(node.name))
    .flatMap(({ name }) => [
      { after, body: `restart: ${name}` },
      { after: after + SECOND, body: `connect: ${name}` },
    ])

const dialAgain: Make = (finding, lab) => {
  const acts = redial(finding, lab, 0)
  return acts.length === 0 ? [] : [{ title: `${finding.who.join(', ')} starts again and dials`, when: 'now', acts }]
}

/** What has lost its power gets it back, and whoever called it dials again. */
const startAgain: Make = (finding, lab) => {
  const machines = lab.nodes.filter(
    ({ name, kind }) => kind !== 'switch' && !finding.who.includes(name) && nodesOf(finding).includes(name),
  )
  return machines.slice(-1).map(({ name }) => ({
    title: `${name} starts again`,
    when: 'now',
    acts: [{ after: 0, body: `restart: ${name}` }, ...redial(finding, lab, SECOND)],
  }))
}

const TRIALS: { readonly [K in CauseName]?: Make } = {
  'nat-single-slot': otherBox,
  'nat-one-computer': otherBox,
  'nat-no-helper': otherBox,
  'nat-no-gre': otherBox,
  'call-id-clash': otherBox,
  'gre-blocked': otherRule,
  'port-1723-blocked': otherRule,
  'port-47-mistake': otherRule,
  'host-firewall': otherRule,
  'server-firewall': otherRule,
  'firewall-blocks': otherRule,
  'icmp-filtered': otherRule,
  'line-loss': otherLine,
  'line-spoils': otherLine,
  reordering: otherLine,
  'mppe-stateful-loss': otherLine,
  'server-crash': startAgain,
  'burned-expectation': dialAgain,
  'nat-reboot': dialAgain,
  'nat-idle-timeout': dialAgain,
  'nat-stale-flow': dialAgain,
  'nat-new-address': dialAgain,
  'client-gone': dialAgain,
  'peer-vanished': dialAgain,
}
