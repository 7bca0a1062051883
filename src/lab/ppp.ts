/** What a lab says of PPP under `pptp`: LCP, who proves itself to whom, name servers. What is absent is as usual. */
import * as v from 'valibot'
import type { Ipv4 } from '../base/address.ts'
import { parseIpv4 } from '../base/address.ts'
import type { AuthProtocol, Identity, LcpSpec, RequireAuth } from './lab.ts'
import { address, count, flag, oneOf, show, text, type Wrong, words } from './leaf.ts'
import { map, texts } from './map.ts'
import { child, entries, flag as flagOf, type Issues, integer, items, type Tree, text as textOf } from './tree.ts'

export const AUTH = ['pap', 'chap-md5', 'ms-chap', 'ms-chap-v2'] as const satisfies readonly AuthProtocol[]

export const authSchema = v.pipe(
  v.union(
    [
      oneOf(AUTH, 'An authentication protocol.'),
      v.pipe(
        v.array(oneOf(AUTH, 'An authentication protocol.')),
        v.minLength(1, 'At least one authentication protocol is needed.'),
      ),
    ],
    ({ input }: Wrong) => `${show(input)} is no authentication protocol.\nknown here: ${AUTH.join(', ')}`,
  ),
  v.description('Authentication protocols, best first; one alone needs no list.'),
)

export const lcpSchema = v.optional(
  v.pipe(
    map('the lcp of a tunnel', {
      mru: v.optional(
        count('Largest packet that this end receives (RFC 1661 §6.1); 1500 is not asked for.', 128, 1500),
      ),
      pfc: v.optional(flag('Ask for, and grant, protocol numbers of one octet (RFC 1661 §6.5)?')),
      acfc: v.optional(flag('Ask for, and grant, frames without address and control field (RFC 1661 §6.6)?')),
      accm: v.optional(count('Async control character map to ask for (RFC 1662 §7.1); as a rule 0.', 0, 0xffffffff)),
      magic: v.optional(flag('Ask for a magic number (RFC 1661 §6.4)?')),
      identification: v.optional(words('Text that the peer is told when LCP opens (RFC 1570 §1.1).', 200)),
    }),
    v.description('What LCP asks for.'),
  ),
)

export const echoFailuresSchema = v.optional(
  count('Echo-Requests without an answer after which the link ends; as a rule 4.', 1, 100),
)

/** Of a client. */
export const requireAuthSchema = v.optional(
  v.pipe(
    map('require-auth', {
      auth: v.optional(authSchema),
      users: v.pipe(
        texts('names of servers and their passwords', text('Password.')),
        v.description('Names under which the server may prove itself, and their passwords.'),
      ),
    }),
    v.description('The server has to prove who it is; if it does not, the client hangs up.'),
  ),
)

/** Of a server. */
export const identitySchema = v.optional(
  v.pipe(
    map('identity', {
      user: words('Name.', 255),
      password: text('Password.'),
      auth: v.optional(authSchema),
    }),
    v.description('As whom the server proves itself to a client that asks (`require-auth`).'),
  ),
)

export const nbnsSchema = v.optional(
  v.pipe(
    v.array(address('A NetBIOS name server.'), 'Here a list of addresses must stand.\nfor example [10.20.0.54]'),
    v.maxLength(2, 'PPP carries two NetBIOS name servers at most (RFC 1877).'),
    v.description('NetBIOS name servers (WINS) to give out (RFC 1877).'),
  ),
)

/** The words of `auth`, in their order; those that are none are left out. */
export function readAuth(tree: Tree | undefined, usual: readonly AuthProtocol[]): readonly AuthProtocol[] {
  if (!tree) return usual
  const written = tree.kind === 'list' ? tree.items.map(textOf) : [textOf(tree)]
  return AUTH.filter(known => written.includes(known)).toSorted((a, b) => written.indexOf(a) - written.indexOf(b))
}

/** Keys that cannot have any effect beside the others. */
export function checkPpp(pptp: Tree | undefined, auth: readonly AuthProtocol[], issues: Issues): void {
  const again = child(pptp, 'second-password') ?? child(pptp, 'auth-retries')
  if (again && integer(again) !== 0 && auth.length > 0 && !auth.some(one => one.startsWith('ms-chap'))) {
    const message = `Only MS-CHAP lets a user try again, and here only ${auth.join(' and ')} may be used.`
    issues.value(again, message, 'add ms-chap-v2 to auth, or leave this out')
  }
  const failures = child(pptp, 'echo-failures')
  if (failures && !child(pptp, 'echo')) {
    issues.value(failures, 'It counts Echo-Requests, and without `echo` none are sent.', 'for example echo: 30s')
  }
}

/** Of both ends. */
export interface LinkPart {
  readonly lcp?: LcpSpec
  readonly echoFailures?: number
}

export function readLink(pptp: Tree | undefined): LinkPart {
  const echoFailures = integer(child(pptp, 'echo-failures'))
  const lcp = readLcp(child(pptp, 'lcp'))
  return { ...(lcp === undefined ? {} : { lcp }), ...(echoFailures === undefined ? {} : { echoFailures }) }
}

function readLcp(tree: Tree | undefined): LcpSpec | undefined {
  if (tree === undefined) return undefined
  const [mru, accm] = ['mru', 'accm'].map(key => integer(child(tree, key)))
  const [pfc, acfc, magic] = ['pfc', 'acfc', 'magic'].map(key => flagOf(child(tree, key)))
  const identification = textOf(child(tree, 'identification'))
  return {
    ...(mru === undefined ? {} : { mru }),
    ...(accm === undefined ? {} : { accm }),
    ...(pfc === undefined ? {} : { pfc }),
    ...(acfc === undefined ? {} : { acfc }),
    ...(magic === undefined ? {} : { magic }),
    ...(identification === undefined ? {} : { identification }),
  }
}

/** Of a client. */
export interface ClientPart extends LinkPart {
  readonly requireAuth?: RequireAuth
  readonly secondPassword?: string
  readonly nbns?: boolean
}

export function readClientPpp(pptp: Tree | undefined, usual: readonly AuthProtocol[]): ClientPart {
  const demand = child(pptp, 'require-auth')
  const secondPassword = textOf(child(pptp, 'second-password'))
  const nbns = flagOf(child(pptp, 'nbns'))
  const users = new Map(entries(child(demand, 'users')).map(([user, password]) => [user, textOf(password) ?? '']))
  return {
    ...readLink(pptp),
    ...(demand ? { requireAuth: { auth: readAuth(child(demand, 'auth'), usual), users } } : {}),
    ...(secondPassword === undefined ? {} : { secondPassword }),
    ...(nbns === undefined ? {} : { nbns }),
  }
}

/** Of a server. */
export interface ServerPart extends LinkPart {
  readonly identity?: Identity
  readonly authRetries?: number
  readonly nbns?: readonly Ipv4[]
}

export function readServerPpp(pptp: Tree | undefined, usual: readonly AuthProtocol[]): ServerPart {
  const identity = child(pptp, 'identity')
  const user = textOf(child(identity, 'user'))
  const password = textOf(child(identity, 'password'))
  const authRetries = integer(child(pptp, 'auth-retries'))
  const nbns = items(child(pptp, 'nbns')).flatMap(tree => parseIpv4(textOf(tree) ?? '') ?? [])
  return {
    ...readLink(pptp),
    ...(user === undefined || password === undefined
      ? {}
      : { identity: { user, password, auth: readAuth(child(identity, 'auth'), usual) } }),
    ...(authRetries === undefined ? {} : { authRetries }),
    ...(nbns.length === 0 ? {} : { nbns }),
  }
}
