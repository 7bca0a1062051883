/** What a lab says under `pptp`: whom a client calls and as whom, whom a server lets in and with which addresses. */
import { formatIpv4, type Ipv4, parseIpv4 } from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import { readHabits } from './habits.ts'
import type { AuthProtocol, ClientPptp, LimitsSpec, MppeSpec, ServerPptp } from './lab.ts'
import { checkKeys, readMppe } from './mppe.ts'
import { prefixes } from './networks.ts'
import { checkPpp, readAuth, readClientPpp, readServerPpp } from './ppp.ts'
import { readAsk } from './radius.ts'
import { CALL_IDS, DEFAULTS } from './schema.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, flag, type Issues, integer, items, type Tree, text } from './tree.ts'
import { readUsers } from './users.ts'

/** What must be there, from wherever it came: the node, its kind, the defaults. */
function complete(node: NodeDraft, key: 'pptp' | 'ppp', keys: readonly [string, string][], issues: Issues): boolean {
  const pptp = child(node.merged, key)
  if (child(node.tree, key) !== undefined && child(node.tree, key)?.kind !== 'map') return false
  const missing = keys.filter(([name]) => child(pptp, name) === undefined)
  if (missing.length === 0) return true
  const what = missing.map(([name, meaning]) => `${key}.${name} (${meaning})`).join(', ')
  const place = child(node.tree, key) ?? node.tree
  issues.key(place, `${node.name} is a ${node.kind} and lacks ${what}.`)
  return false
}

export function readClient(node: NodeDraft, topology: Topology): ClientPptp | undefined {
  const pptp = child(node.merged, 'pptp')
  const whole = complete(
    node,
    'pptp',
    [
      ['server', 'whom to call'],
      ['user', 'as whom'],
      ['password', 'with what proof'],
    ],
    topology.issues,
  )
  const { auth, mppe } = security(pptp, topology.issues)
  const server = topology.address(child(pptp, 'server'), node)
  const user = text(child(pptp, 'user'))
  const password = text(child(pptp, 'password'))
  const mtu = integer(child(pptp, 'mtu'))
  const callIds = CALL_IDS.find(word => word === text(child(pptp, 'call-ids')))
  if (!whole || server === undefined || user === undefined || password === undefined) return undefined
  const echo = parseDuration(text(child(pptp, 'echo')) ?? '')
  return {
    server,
    user,
    password,
    auth,
    mppe,
    routes: prefixes(child(pptp, 'routes')),
    dns: flag(child(pptp, 'dns')) ?? false,
    ...readClientPpp(pptp, auth),
    ...(echo === undefined ? {} : { echo }),
    ...readHabits(pptp, topology.issues),
    ...(callIds === undefined ? {} : { callIds }),
    ...(flag(child(pptp, 'forward')) ? { forward: true } : {}),
    ...(flag(child(pptp, 'mss-clamp')) ? { mssClamp: true } : {}),
    ...(mtu === undefined ? {} : { mtu }),
  }
}

/** What ends PPP for callers: `pptp` of a server, `ppp` of an access server. */
export function readAccess(node: NodeDraft, key: 'pptp' | 'ppp', topology: Topology): ServerPptp | undefined {
  const pptp = child(node.merged, key)
  const whole = complete(
    node,
    key,
    [
      ['local', 'its address in the tunnels'],
      ['pool', 'addresses for callers'],
      ...(child(pptp, 'secrets') || child(pptp, 'radius') ? [] : [['users', 'who may call'] as [string, string]]),
    ],
    topology.issues,
  )
  const { auth, mppe } = security(pptp, topology.issues)
  const local = parseIpv4(text(child(pptp, 'local')) ?? '')
  const pool = readPool(node, child(pptp, 'pool'), local, topology.issues)
  if (!whole || local === undefined || pool === undefined) return undefined
  const { users, grants } = readUsers(pptp, node, topology)
  const radius = child(pptp, 'radius') && readAsk(child(pptp, 'radius'), node, topology)
  const mtu = integer(child(pptp, 'mtu'))
  const echo = parseDuration(text(child(pptp, 'echo')) ?? '')
  return {
    local,
    pool,
    users,
    grants,
    auth,
    mppe,
    dns: addresses(child(pptp, 'dns')),
    ...readServerPpp(pptp, auth),
    ...(echo === undefined ? {} : { echo }),
    ...readHabits(pptp, topology.issues),
    limits: readLimits(child(pptp, 'limits')),
    proxyArp: flag(child(pptp, 'proxy-arp')) ?? false,
    mssClamp: flag(child(pptp, 'mss-clamp')) ?? false,
    ...(mtu === undefined ? {} : { mtu }),
    ...(radius === undefined ? {} : { radius }),
  }
}

const addresses = (tree: Tree | undefined): Ipv4[] =>
  items(tree)
    .map(item => parseIpv4(text(item) ?? ''))
    .filter(address => address !== undefined)

function readLimits(tree: Tree | undefined): LimitsSpec {
  const limits = {
    calls: integer(child(tree, 'calls')),
    callsPerUser: integer(child(tree, 'calls-per-user')),
    callsPerConnection: integer(child(tree, 'calls-per-connection')),
    connections: integer(child(tree, 'connections')),
    connectionsPerPeer: integer(child(tree, 'connections-per-peer')),
    session: parseDuration(text(child(tree, 'session')) ?? ''),
    idle: parseDuration(text(child(tree, 'idle')) ?? ''),
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

function security(pptp: Tree | undefined, issues: Issues): { auth: readonly AuthProtocol[]; mppe: MppeSpec } {
  const auth = readAuth(child(pptp, 'auth'), DEFAULTS.auth)
  const mppeTree = child(pptp, 'mppe')
  const mppe = readMppe(mppeTree)
  checkKeys(mppeTree, mppe, auth, issues)
  checkPpp(pptp, auth, issues)
  return { auth, mppe }
}

function readPool(
  node: NodeDraft,
  tree: Tree | undefined,
  local: Ipv4 | undefined,
  issues: Issues,
): ServerPptp['pool'] | undefined {
  const written = text(tree)
  if (!tree || written === undefined) return undefined
  const parts = written.split('-').map(part => part.trim())
  const [first, last] = parts.map(parseIpv4)
  if (first === undefined || last === undefined) {
    const wrong = parts.find(part => parseIpv4(part) === undefined)
    if (/^[\d.]+ ?- ?[\d.]+$/.test(written)) {
      issues.value(tree, `"${wrong}" is no IPv4 address: each of its four numbers lies between 0 and 255.`)
    }
    return undefined
  }
  if (first > last) {
    issues.value(tree, 'The pool ends before it begins.', `did you mean "${parts[1]}-${parts[0]}"?`)
    return undefined
  }
  const inside = (address: number | undefined) => address !== undefined && address >= first && address <= last
  if (inside(local)) {
    issues.value(tree, `The pool contains ${formatIpv4(local as Ipv4)}, which is the server's own end of the tunnels.`)
  }
  for (const { name, ipv4 } of node.interfaces) {
    if (inside(ipv4?.address)) {
      issues.value(tree, `The pool contains ${formatIpv4(ipv4?.address ?? 0)}, the address of ${node.name}:${name}.`)
    }
  }
  return { first, last }
}
