/**
 * What a lab says of an access server: which calls take which tunnel, and what becomes of those that end there.
 *
 *     nas: { kind: nas, tunnels: { "5550100": 203.0.113.5 } }
 *     nas: { kind: nas, tunnels: [{ realm: company.example, to: [pns1, pns2] }, { calling: "441*", to: local }] }
 */
import * as v from 'valibot'
import type { Ipv4 } from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import { habitKeys, readHabits } from './habits.ts'
import type { InterfaceSpec, NasSpec, TunnelRuleSpec } from './lab.ts'
import { addressOrNode, duration, show, type Wrong, words } from './leaf.ts'
import { map, texts } from './map.ts'
import { readAccess } from './pptp.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, entries, items, type Tree, text } from './tree.ts'

export const DEFAULTS = { timeout: '5s', dialTimeout: '60s' } as const

const LOCAL = 'local'
/** Conditions of a rule, in the order in which they are shown. */
const CONDITIONS = ['called', 'calling', 'line', 'realm', 'user'] as const

const to = v.union(
  [
    addressOrNode('The PNS: an address, or a node, which means its first address; or `local`.'),
    v.pipe(
      v.array(addressOrNode('A PNS.'), toWrong),
      v.minLength(1, 'Here at least one PNS must stand.'),
      v.description('PNSs in the order in which they are asked.'),
    ),
  ],
  toWrong,
)
function toWrong({ input }: Wrong): string {
  return `${show(input)} says not where a call goes.\nan address, a node, a list of them, or local`
}

const NUMBERS = /^\+?[\d*]{1,20}$/
const numbersWrong = ({ input }: Wrong): string =>
  typeof input === 'number'
    ? `A telephone number is text, and this is a number to YAML.\nin quotes: "${input}"`
    : `${show(input)} is no telephone number: it has digits, and * for any of them.\nfor example "5550100" or "555*"`
const numbers = (describe: string) =>
  v.pipe(v.string(numbersWrong), v.regex(NUMBERS, numbersWrong), v.description(describe))

const rule = map('a rule', {
  called: v.optional(numbers('The number that was dialled; * stands for any digits.')),
  calling: v.optional(numbers('The number of who calls; * stands for any digits.')),
  line: v.optional(words('The line that rings: tty0, pri0.*.', 40)),
  realm: v.optional(words('What stands behind the @ in the name of the user; * stands for anything.', 255)),
  user: v.optional(words('The whole name of the user; * stands for anything.', 255)),
  to,
})

export const nasKeys = {
  tunnels: v.optional(
    v.pipe(
      v.union(
        [texts('called numbers, and where they go', to), v.array(rule)],
        'Here a map from called numbers to PNSs must stand, or a list of rules.\nfor example { "5550100": 203.0.113.5 }',
      ),
      v.description(
        'Which calls take which tunnel: a map from called numbers, or a list of rules of which the first that fits wins. A call without a rule ends here.',
      ),
    ),
  ),
  timeout: v.optional(
    duration('How long a PNS may take to answer before the next one of the rule is asked.'),
    DEFAULTS.timeout,
  ),
  'dial-timeout': v.optional(duration('How long a number that a PNS asks for may ring.'), DEFAULTS.dialTimeout),
  gre: habitKeys.gre,
}

/** `lines`: its interfaces on serial links, `channels` all their telephone lines. */
export function readNas(
  node: NodeDraft,
  lines: readonly InterfaceSpec[],
  channels: number,
  topology: Topology,
): NasSpec['nas'] | undefined {
  const { merged } = node
  if (topology.allRead && lines.length === 0) {
    topology.issues.key(node.tree, `${node.name} has no telephone line.`, 'a link with type: serial')
  }
  const written = child(merged, 'ppp')
  const ppp = written && readAccess(node, 'ppp', topology)
  if (written && !ppp) return undefined
  const tunnels = readRules(node, written !== undefined, lines, topology)
  const patience = parseDuration(text(child(merged, 'timeout')) ?? DEFAULTS.timeout)
  const dialPatience = parseDuration(text(child(merged, 'dial-timeout')) ?? DEFAULTS.dialTimeout)
  if (patience === undefined || dialPatience === undefined) return undefined
  const { gre } = readHabits(merged, topology.issues)
  return {
    tunnels,
    channels,
    patience,
    dialPatience,
    ...(ppp ? { ppp } : {}),
    ...(gre === undefined ? {} : { gre }),
  }
}

function readRules(
  node: NodeDraft,
  ends: boolean,
  lines: readonly InterfaceSpec[],
  topology: Topology,
): TunnelRuleSpec[] {
  const tree = child(node.merged, 'tunnels')
  const rules: TunnelRuleSpec[] = []
  for (const [called, place] of entries(tree)) {
    if (!NUMBERS.test(called)) {
      topology.issues.key(place, `${show(called)} is no telephone number.`, 'digits in quotes, and * for any of them')
    }
    const target = readTarget(place, node, ends, topology)
    if (target) rules.push({ text: `called ${called}`, called, to: target })
  }
  for (const item of items(tree)) {
    const target = readTarget(child(item, 'to'), node, ends, topology)
    const conditions = CONDITIONS.flatMap(key => {
      const pattern = text(child(item, key))
      return pattern === undefined ? [] : [[key, pattern] as const]
    })
    for (const key of ['realm', 'user']) checkName(child(item, key), node, ends, topology)
    checkLine(child(item, 'line'), node, lines, topology)
    const said = conditions.map(([key, pattern]) => `${key} ${pattern}`).join(', ')
    if (target) rules.push({ text: said === '' ? 'any call' : said, ...Object.fromEntries(conditions), to: target })
  }
  return rules
}

function checkName(tree: Tree | undefined, node: NodeDraft, ends: boolean, { issues }: Topology): void {
  if (!tree || ends) return
  const message = `${node.name} learns the name of a caller from PPP, and has none of its own to ask him with.`
  issues.value(tree, message, 'ppp: { local, pool, users }')
}

function checkLine(tree: Tree | undefined, node: NodeDraft, lines: readonly InterfaceSpec[], topology: Topology): void {
  const pattern = text(tree)
  if (!tree || pattern === undefined || pattern.includes('*') || !topology.allRead) return
  const [port] = pattern.split('.')
  if (lines.some(({ name }) => name === port)) return
  const names = lines.map(({ name }) => name).join(', ')
  topology.issues.value(tree, `${node.name} has no telephone line ${pattern}.`, `its lines: ${names}`)
}

function readTarget(
  tree: Tree | undefined,
  node: NodeDraft,
  ends: boolean,
  topology: Topology,
): readonly Ipv4[] | 'local' | undefined {
  if (!tree) return undefined
  if (text(tree) === LOCAL) {
    if (ends) return LOCAL
    topology.issues.value(tree, `No call can end at ${node.name}: it has no ppp.`, 'ppp: { local, pool, users }')
    return undefined
  }
  const places = tree.kind === 'list' ? items(tree) : [tree]
  const addresses = places.map(place => topology.address(place, node)).filter(address => address !== undefined)
  return addresses.length === places.length ? addresses : undefined
}
