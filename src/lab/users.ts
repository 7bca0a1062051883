/**
 * Who may come in: `users` of a server or of a RADIUS server, and the file that `secrets` names, which has the form of
 * pppd's chap-secrets: client, server, secret, addresses.
 */
import * as v from 'valibot'
import { formatIpv4, type Ipv4, type Prefix, parseIpv4 } from '../base/address.ts'
import { parseDuration } from '../base/time.ts'
import type { GrantSpec } from './lab.ts'
import { address, duration, prefix, show, text, type Wrong, words } from './leaf.ts'
import { map, texts } from './map.ts'
import { prefixes } from './networks.ts'
import type { NodeDraft, Topology } from './topology.ts'
import { child, entries, type Issues, type Tree, text as textOf } from './tree.ts'

const session = duration('How long a session may last.')
const idle = duration('A session ends when no packet of the user has passed for so long.')
/** Keys of `limits` too. */
export const times = { session: v.optional(session), idle: v.optional(idle) }

const user = map('a user', {
  password: text('Password.'),
  address: v.optional(address('The address that this user always gets, and nobody else.')),
  routes: v.optional(
    v.pipe(
      v.array(
        prefix('A network behind this caller.'),
        'Here a list of networks must stand.\nfor example [10.30.0.0/24]',
      ),
      v.description('Networks behind this caller: routes of the server into its tunnel, as long as it is up.'),
    ),
  ),
  ...times,
})

export const users = v.pipe(
  texts(
    'users and their passwords',
    v.union(
      [text('Password.'), user],
      ({ input }: Wrong) =>
        `${input === null ? 'Nothing' : show(input)} is no password.\na text, or a map with the key password`,
    ),
  ),
  v.description('User names with their passwords, or with a map of what each gets.'),
)

export const secrets = words("A file in the form of pppd's chap-secrets, beside the lab file.", 255)

export interface Users {
  readonly users: ReadonlyMap<string, string>
  readonly grants: ReadonlyMap<string, GrantSpec>
}

/** What stands under `users` and in the file of `secrets`. */
export function readUsers(holder: Tree | undefined, node: NodeDraft, topology: Topology): Users {
  const { issues } = topology
  const secretsOf = new Map<string, string>()
  const grants = new Map<string, GrantSpec>()
  const owners = new Map<Ipv4, string>()
  const grant = (name: string, given: GrantSpec, tree: Tree): void => {
    if (given.address !== undefined) checkAddress(given.address, name, tree, owners, holder, node, issues)
    if (Object.keys(given).length > 0) grants.set(name, given)
  }
  for (const [name, tree] of entries(child(holder, 'users'))) {
    const plain = textOf(tree)
    secretsOf.set(name, plain ?? textOf(child(tree, 'password')) ?? '')
    if (tree.kind === 'map') grant(name, readGrant(tree), child(tree, 'address') ?? tree)
  }
  const file = child(holder, 'secrets')
  const name = textOf(file)
  if (!file || name === undefined) return { users: secretsOf, grants }
  const read = topology.readFile(name)
  if (read === undefined) {
    issues.value(file, `${show(name)} cannot be read.`, 'its place is counted from the folder of the lab file')
    return { users: secretsOf, grants }
  }
  for (const { line, client, secret, address: fixed, problem } of parseSecrets(read)) {
    if (problem !== undefined) issues.value(file, `Line ${line} of ${name}: ${problem}`)
    else if (secretsOf.has(client)) issues.value(file, `Line ${line} of ${name}: user ${show(client)} is there twice.`)
    else {
      secretsOf.set(client, secret)
      grant(client, fixed === undefined ? {} : { address: fixed }, file)
    }
  }
  return { users: secretsOf, grants }
}

/** The names of all of them, without regard to what is wrong with any. */
export function userNames(holder: Tree | undefined, { readFile }: Topology): string[] {
  const file = textOf(child(holder, 'secrets'))
  const secrets = file === undefined ? '' : (readFile(file) ?? '')
  return [...entries(child(holder, 'users')).map(([name]) => name), ...parseSecrets(secrets).map(line => line.client)]
}

function readGrant(tree: Tree): GrantSpec {
  const address = parseIpv4(textOf(child(tree, 'address')) ?? '')
  const routes: readonly Prefix[] = prefixes(child(tree, 'routes'))
  const [session, idle] = ['session', 'idle'].map(key => parseDuration(textOf(child(tree, key)) ?? ''))
  return {
    ...(address === undefined ? {} : { address }),
    ...(routes.length === 0 ? {} : { routes }),
    ...(session === undefined ? {} : { session }),
    ...(idle === undefined ? {} : { idle }),
  }
}

function checkAddress(
  address: Ipv4,
  name: string,
  tree: Tree,
  owners: Map<Ipv4, string>,
  holder: Tree | undefined,
  node: NodeDraft,
  issues: Issues,
): void {
  const written = formatIpv4(address)
  const owner = owners.get(address)
  owners.set(address, name)
  if (owner !== undefined) issues.value(tree, `${written} is the address of ${owner} already; ${name} needs another.`)
  else if (textOf(child(holder, 'local')) === written) {
    issues.value(tree, `${written} is the server's own end of the tunnels; ${name} needs another.`)
  } else {
    const own = node.interfaces.find(({ ipv4 }) => ipv4?.address === address)
    if (own) issues.value(tree, `${written} is the address of ${node.name}:${own.name}; ${name} needs another.`)
  }
}

export interface SecretLine {
  readonly line: number
  readonly client: string
  readonly secret: string
  readonly address: Ipv4 | undefined
  /** Why the line cannot be taken. */
  readonly problem?: string
}

/**
 * Each line that is not empty: client, server (not looked at), secret, and addresses: none, `*`, `-` or one address. A
 * word in quotes may have blanks, and `#` begins a comment.
 */
export function parseSecrets(file: string): SecretLine[] {
  const lines: SecretLine[] = []
  for (const [index, written] of file.split(/\r?\n/).entries()) {
    const parts = wordsOf(written)
    if (parts && parts.length === 0) continue
    const [client = '', , secret = '', place = '*'] = parts ?? []
    const fixed = place === '*' || place === '-' ? undefined : parseIpv4(place)
    const problem = !parts
      ? 'a quote is not closed.'
      : parts.length < 3
        ? 'it needs client, server and secret.'
        : place !== '*' && place !== '-' && fixed === undefined
          ? `${show(place)} is no IPv4 address.`
          : parts.length > 4
            ? 'a caller has one address only.'
            : undefined
    lines.push({ line: index + 1, client, secret, address: fixed, ...(problem === undefined ? {} : { problem }) })
  }
  return lines
}

/** The words of a line; undefined when a quote is not closed. */
function wordsOf(line: string): string[] | undefined {
  const found: string[] = []
  let rest = line.trimStart()
  while (rest !== '' && rest[0] !== '#') {
    const quoted = /^(["'])(.*?)\1/.exec(rest)
    if (!quoted && /^["']/.test(rest)) return undefined
    const word = quoted ? quoted[0] : (/^[^\s#]+/.exec(rest)?.[0] ?? '')
    found.push(quoted ? quoted[2] : word)
    rest = rest.slice(word.length).trimStart()
  }
  return found
}
