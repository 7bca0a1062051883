/** `radius` of a server, which asks, and of a node of kind radius, which answers. */
import * as v from 'valibot'
import { fromAscii } from '../base/bytes.ts'
import { parseDuration, sec } from '../base/time.ts'
import * as Radius from '../wire/radius.ts'
import type { RadiusNodeSpec, RadiusSpec } from './lab.ts'
import { addressOrNode, count, duration, flag, words } from './leaf.ts'
import { map } from './map.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, flag as flagOf, integer, items, type Tree, text } from './tree.ts'
import { readUsers, secrets, users } from './users.ts'

/** RFC 2865 §3 wants 16 octets at least; what a lab writes may be shorter. */
const secret = words('The secret that a server and its RADIUS server share.', 128)
/** RFC 2865 §2 leaves both open. */
const RADIUS_DEFAULTS = { timeout: '3s', tries: 3 } as const

const { AUTH_PORT: authPort, ACCT_PORT: acctPort } = Radius

export const askSchema = v.pipe(
  map('the radius of a server', {
    servers: v.pipe(
      v.array(
        addressOrNode('A RADIUS server: an address, or a node.'),
        'Here a list of RADIUS servers must stand.\nfor example [aaa1, aaa2]',
      ),
      v.minLength(1, 'At least one RADIUS server is needed.'),
      v.description('The RADIUS servers, the first to be asked first.'),
    ),
    secret,
    timeout: v.optional(duration('How long an answer is waited for.'), RADIUS_DEFAULTS.timeout),
    tries: v.optional(count('How often a server is asked before the next one is.', 1, 100), RADIUS_DEFAULTS.tries),
    accounting: v.optional(flag('Report the start and the end of each session (RFC 2866)?'), true),
    interim: v.optional(
      duration('Time between two reports of a session that goes on; without it as often as the RADIUS server says.'),
    ),
    'auth-port': v.optional(count('UDP port for authentication.', 1, 65_535), authPort),
    'acct-port': v.optional(count('UDP port for accounting.', 1, 65_535), acctPort),
  }),
  v.description('RADIUS servers that say who may call and what each gets (RFC 2865).'),
)

export const answerSchema = v.pipe(
  map('the radius of a RADIUS server', {
    secret,
    users: v.optional(users),
    secrets: v.optional(secrets),
  }),
  v.description('The users, and the secret that is shared with those who ask.'),
)

/** What a server asks, and whom; undefined when that cannot be read. */
export function readAsk(tree: Tree | undefined, node: NodeDraft, topology: Topology): RadiusSpec | undefined {
  const shared = text(child(tree, 'secret'))
  const servers = items(child(tree, 'servers')).map(item =>
    answersRadius(item, topology) ? topology.address(item, node) : undefined,
  )
  if (shared === undefined || servers.length === 0) return undefined
  const written = (key: string): number | undefined => parseDuration(text(child(tree, key)) ?? '')
  const interim = written('interim')
  const accounting = flagOf(child(tree, 'accounting')) ?? true
  const often = child(tree, 'interim')
  if (often && !accounting) {
    topology.issues.value(
      often,
      'With accounting: false nothing is reported.',
      'write accounting: true, or leave this out',
    )
  }
  return {
    servers: servers
      .filter(address => address !== undefined)
      .map(address => ({
        address,
        authPort: integer(child(tree, 'auth-port')) ?? authPort,
        acctPort: integer(child(tree, 'acct-port')) ?? acctPort,
        secret: fromAscii(shared),
      })),
    timeout: written('timeout') ?? parseDuration(RADIUS_DEFAULTS.timeout) ?? sec(3),
    tries: integer(child(tree, 'tries')) ?? RADIUS_DEFAULTS.tries,
    accounting,
    ...(interim === undefined ? {} : { interim }),
  }
}

/** A machine of another kind never answers; what is outside may. */
function answersRadius(item: Tree, { nodes, issues }: Topology): boolean {
  const asked = nodes.get(text(item) ?? '')
  if (!asked?.kind || ['radius', 'tun', 'udp'].includes(asked.kind)) return true
  const radius = [...nodes.values()].filter(({ kind }) => kind === 'radius').map(({ name }) => name)
  const hint = radius.length > 0 ? `known here: ${radius.join(', ')}` : 'a node of kind radius answers'
  issues.value(item, `${asked.name} is a ${asked.kind}, and no RADIUS server.`, hint)
  return false
}

export function readRadiusNode(node: NodeDraft, topology: Topology): RadiusNodeSpec | undefined {
  const tree = child(node.merged, 'radius')
  const shared = text(child(tree, 'secret'))
  if (!tree) {
    topology.issues.key(node.tree, `${node.name} is a radius and lacks radius: { secret, users }.`)
    return undefined
  }
  const { users: known, grants } = readUsers(tree, node, topology)
  return shared === undefined ? undefined : { secret: fromAscii(shared), users: known, grants }
}
