/**
 * The verbs of `events`, one entry each: what a file may write (`schema`), what it means (`read`), and one sentence for
 * the story (`describe`). Lab files, the command line, the UI and replay use the same table; how a verb is carried out
 * stands with the running lab.
 *
 * Longer than 400 lines, since it is one table, and each entry stands alone.
 */
import * as v from 'valibot'
import { ECHO_MINIMUM } from '../app/echo.ts'
import type { Ipv4 } from '../base/address.ts'
import { formatIpv4 } from '../base/address.ts'
import { formatDuration, parseDuration } from '../base/time.ts'
import type { RuleLine } from '../filter/rule-text.ts'
import { PERSONALITIES, ruleSchema } from './filter.ts'
import type { Kind, LineQuality, QualityChange, RouteSpec, Verb, VerbArgs } from './lab.ts'
import {
  address,
  addressOrNode,
  count,
  duration,
  flag,
  name,
  oneOf,
  percentage,
  rate,
  route,
  size,
  text as textLeaf,
  words,
} from './leaf.ts'
import { map, named } from './map.ts'
import { BEARERS, number } from './telephone.ts'
import { child, entries, flag as flagOf, integer, type Tree, text } from './tree.ts'
import { formatPercentage, formatRate, formatSize, parsePercentage, parseRate, parseSize } from './units.ts'

export const DEFAULTS = {
  ping: { count: 1, interval: '1s', size: '56B', ttl: 64, timeout: '5s' },
  fetch: { port: 5001 },
  talk: { port: 7 },
  echo: { count: 1, interval: '1s', size: '64B', port: 7 },
  flood: { interval: '10ms', port: 9 },
  quality: {
    delay: '0s',
    jitter: '0s',
    rate: 'none',
    queue: '64kB',
    loss: '0%',
    corruption: '0%',
    duplication: '0%',
    reordering: '0%',
    noise: '0%',
  },
} as const

export interface LinkFound {
  readonly index: number
  readonly nodes: readonly [string, string]
  /** What its quality may be said with. */
  readonly keys: readonly string[]
}

/** What a verb asks while it is read; every answer of undefined has been reported. */
export interface Resolver {
  /** The node of that name, of one of those kinds. */
  node(tree: Tree | undefined, kinds?: readonly Kind[]): string | undefined
  /** Does a client have a tunnel of its own, or a telephone line? */
  has(client: string, what: 'pptp' | 'dial'): boolean
  /** An address, or that of the node of that name. */
  address(tree: Tree | undefined): Ipv4 | undefined
  /** The one link between two nodes (or interfaces). */
  link(tree: Tree | undefined): LinkFound | undefined
  /** A firewall rule, or a policy, of that node. */
  rule(tree: Tree | undefined, node: string): Exclude<RuleLine, { readonly error: unknown }> | undefined
  /** A route of that node. */
  route(tree: Tree | undefined, node: string): RouteSpec | undefined
  /** Whose password is meant: a user of a server, or one of the two of a client. */
  account(tree: Tree, node: string): Pick<VerbArgs['password'], 'user' | 'for'> | undefined
  /** Does the node translate addresses; and is this one for its outside interface? Reported if not. */
  translates(tree: Tree, node: string, address: Tree | undefined): boolean
  problem(tree: Tree, message: string, hint?: string): undefined
}

export interface VerbRules<V extends Verb> {
  readonly schema: v.GenericSchema
  read(tree: Tree, resolve: Resolver): VerbArgs[V] | undefined
  describe(args: VerbArgs[V]): string
}

/** Machines that have an IP stack, and so can ping and fetch. */
export const TALKERS: readonly Kind[] = [
  ...(['host', 'router', 'firewall', 'load-balancer', 'client', 'pptp-server', 'nas', 'radius'] as const),
]

/** Machines that can refuse packets. */
export const FILTERS: readonly Kind[] = TALKERS

const port = (describe: string) => count(describe, 1, 65535)
const both = <S extends v.GenericSchema>(leaf: S) =>
  v.union(
    [leaf, named('values, one for each sending node', leaf)],
    'Here one value must stand, or a map with one for each sending node.',
  )

/** What a line does to packets: the keys of a link, and of the verb `link`. */
export const qualitySchemas = {
  delay: both(duration('Time that a packet travels.')),
  jitter: both(
    duration(
      'The delay of each packet is drawn from delay - jitter … delay + jitter, so packets may overtake each other.',
    ),
  ),
  rate: both(rate('Bits that the line takes a second.')),
  queue: both(size('Octets that may wait in front of the line.')),
  loss: both(percentage('Packets that the line loses.')),
  corruption: both(percentage('Packets of which the line changes one bit.')),
  duplication: both(percentage('Packets that the line delivers twice.')),
  reordering: both(percentage('Packets that do not wait for the delay and so overtake others.')),
  noise: both(percentage('Bits that a serial line flips.')),
}
type QualityKey = keyof LineQuality
export const qualityKeys = Object.keys(qualitySchemas) as QualityKey[]

/** One value of a line; null for no limit; undefined when it is malformed (the schema has said so). */
function readQuality(key: QualityKey, tree: Tree): number | null | undefined {
  const written = text(tree)
  if (written === undefined) return undefined
  if (key === 'delay' || key === 'jitter') return parseDuration(written)
  if (key === 'rate') return written === 'none' ? null : parseRate(written)
  return key === 'queue' ? parseSize(written) : parsePercentage(written)
}

/** What the file says of a line, for the packets of each of its two nodes. */
export function readQualities(
  tree: Tree,
  nodes: readonly [string, string],
  problem: Resolver['problem'],
): readonly [QualityChange, QualityChange] {
  const sends: [Record<string, number | null>, Record<string, number | null>] = [{}, {}]
  for (const key of qualityKeys) {
    const value = child(tree, key)
    if (!value) continue
    for (const [node, own] of entries(value)) {
      const side = nodes.indexOf(node)
      const read = readQuality(key, own)
      if (side < 0) problem(own, `"${node}" is not an end of this link.`, `its ends: ${nodes.join(', ')}`)
      else if (read !== undefined) sends[side][key] = read
    }
    const same = readQuality(key, value)
    if (same !== undefined) sends[0][key] = sends[1][key] = same
  }
  return sends as [QualityChange, QualityChange]
}

const showQuality = (key: QualityKey, value: number | null): string => {
  if (value === null) return `${key} unlimited`
  if (key === 'delay' || key === 'jitter') return `${key} ${formatDuration(value)}`
  if (key === 'rate') return `${key} ${formatRate(value)}`
  return `${key} ${key === 'queue' ? formatSize(value) : formatPercentage(value)}`
}
const showChange = (change: QualityChange): string =>
  qualityKeys
    .filter(key => change[key] !== undefined)
    .map(key => showQuality(key, change[key] as number | null))
    .join(', ')

const times = (n: number, thing: string) => (n === 1 ? `one ${thing}` : `${n} ${thing}s`)
const pace = (n: number, interval: number) => (n === 1 ? '' : `, one every ${formatDuration(interval)}`)

/** A default and a value of the file are read in the same way. */
const durationOr = (tree: Tree | undefined, usual: string) => parseDuration(text(tree) ?? usual)
const sizeOr = (tree: Tree | undefined, usual: string) => parseSize(text(tree) ?? usual)

export const VERBS = {
  connect: {
    schema: name('The client that calls its server.'),
    read: (tree, resolve) => readClient(tree, resolve),
    describe: ({ client }) => `${client} calls its server`,
  },
  disconnect: {
    schema: name('The client that clears its call.'),
    read: (tree, resolve) => readClient(tree, resolve),
    describe: ({ client }) => `${client} clears its call`,
  },
  dial: {
    schema: name('The client that dials its number.'),
    read: (tree, resolve) => readDialler(tree, resolve),
    describe: ({ client }) => `${client} dials`,
  },
  hangup: {
    schema: name('The client that hangs up: PPP first, then the line.'),
    read: (tree, resolve) => readDialler(tree, resolve),
    describe: ({ client }) => `${client} hangs up`,
  },
  call: {
    schema: map('the verb call', {
      from: name('The server that asks for the call: its PNS (RFC 2637 §2.7).'),
      via: addressOrNode('The access server that dials: its PAC.'),
      number: number('The number to dial, in quotes.'),
      bearer: v.optional(oneOf(BEARERS, 'By a modem, or by ISDN; without it the access server chooses.')),
    }),
    read(tree, resolve) {
      const from = resolve.node(child(tree, 'from'), ['pptp-server'])
      const via = resolve.address(child(tree, 'via'))
      const called = text(child(tree, 'number'))
      const bearer = BEARERS.find(known => known === text(child(tree, 'bearer')))
      return from === undefined || via === undefined || called === undefined
        ? undefined
        : { from, via, number: called, bearer }
    },
    describe: ({ from, via, number }) => `${from} asks ${formatIpv4(via)} to dial ${number}`,
  },
  ping: {
    schema: map('ping', {
      from: name('The node that sends the ICMP echo requests.'),
      to: addressOrNode('Where they go: an address, or a node, which means its first address.'),
      count: v.optional(count('How many.', 1, 1_000_000), DEFAULTS.ping.count),
      interval: v.optional(duration('Time between two of them.'), DEFAULTS.ping.interval),
      size: v.optional(size('Octets of payload.'), DEFAULTS.ping.size),
      ttl: v.optional(count('Time to live of the IP packets.', 1, 255), DEFAULTS.ping.ttl),
      'dont-fragment': v.optional(flag('Forbid fragmentation?'), false),
      timeout: v.optional(duration('After this long a request counts as unanswered.'), DEFAULTS.ping.timeout),
    }),
    read(tree, resolve) {
      const from = resolve.node(child(tree, 'from'), TALKERS)
      const to = resolve.address(child(tree, 'to'))
      const interval = durationOr(child(tree, 'interval'), DEFAULTS.ping.interval)
      const timeout = durationOr(child(tree, 'timeout'), DEFAULTS.ping.timeout)
      const octets = payload(child(tree, 'size'), DEFAULTS.ping.size, resolve)
      if (from === undefined || to === undefined || interval === undefined) return undefined
      if (timeout === undefined || octets === undefined) return undefined
      return {
        from,
        to,
        count: integer(child(tree, 'count')) ?? DEFAULTS.ping.count,
        interval,
        size: octets,
        ttl: integer(child(tree, 'ttl')) ?? DEFAULTS.ping.ttl,
        dontFragment: flagOf(child(tree, 'dont-fragment')) ?? false,
        timeout,
      }
    },
    describe: a =>
      `${a.from} pings ${formatIpv4(a.to)}: ${times(a.count, 'echo request')} with ${a.size} octets${pace(a.count, a.interval)}`,
  },
  fetch: {
    schema: map('fetch', {
      from: name('The node that opens the TCP connection and receives.'),
      to: addressOrNode('The node that sends: an address, or a node, which means its first address.'),
      bytes: size('How much; every octet is verified.'),
      port: v.optional(port('TCP port.'), DEFAULTS.fetch.port),
    }),
    read: (tree, resolve) => readTransfer(tree, resolve, DEFAULTS.fetch.port),
    describe: a => `${a.from} fetches ${formatSize(a.bytes)} from ${formatIpv4(a.to)} over TCP, port ${a.port}`,
  },
  talk: {
    schema: map('talk', {
      from: name('The node that opens the TCP connection.'),
      to: addressOrNode('The node whose echo service answers: an address, or a node, which means its first address.'),
      bytes: size('How much goes there and comes back; every octet is verified.'),
      port: v.optional(port('TCP port.'), DEFAULTS.talk.port),
    }),
    read: (tree, resolve) => readTransfer(tree, resolve, DEFAULTS.talk.port),
    describe: a =>
      `${a.from} sends ${formatSize(a.bytes)} over TCP to ${formatIpv4(a.to)}, port ${a.port}, to have them echoed`,
  },
  echo: {
    schema: map('echo', {
      from: name('The node that sends the UDP datagrams.'),
      to: addressOrNode('The node that sends them back: an address, or a node, which means its first address.'),
      count: v.optional(count('How many.', 1, 1_000_000), DEFAULTS.echo.count),
      interval: v.optional(duration('Time between two of them.'), DEFAULTS.echo.interval),
      size: v.optional(size('Octets of payload.'), DEFAULTS.echo.size),
      port: v.optional(port('UDP port.'), DEFAULTS.echo.port),
    }),
    read(tree, resolve) {
      const from = resolve.node(child(tree, 'from'), TALKERS)
      const to = resolve.address(child(tree, 'to'))
      const interval = durationOr(child(tree, 'interval'), DEFAULTS.echo.interval)
      const octets = payload(child(tree, 'size'), DEFAULTS.echo.size, resolve, ECHO_MINIMUM)
      if (from === undefined || to === undefined || interval === undefined || octets === undefined) return undefined
      return {
        from,
        to,
        count: integer(child(tree, 'count')) ?? DEFAULTS.echo.count,
        interval,
        size: octets,
        port: integer(child(tree, 'port')) ?? DEFAULTS.echo.port,
      }
    },
    describe: a =>
      `${a.from} sends ${times(a.count, 'UDP datagram')} of ${a.size} octets to ${formatIpv4(a.to)} to be echoed${pace(a.count, a.interval)}`,
  },
  flood: {
    schema: map('flood', {
      from: name('The node that sends the UDP datagrams.'),
      to: addressOrNode('Where they go: an address, or a node, which means its first address.'),
      flows: count('How many; each comes from a port of its own, and so is a flow of its own.', 1, 1_000_000),
      interval: v.optional(duration('Time between two of them.'), DEFAULTS.flood.interval),
      port: v.optional(port('UDP port to which they go.'), DEFAULTS.flood.port),
    }),
    read(tree, resolve) {
      const from = resolve.node(child(tree, 'from'), TALKERS)
      const to = resolve.address(child(tree, 'to'))
      const flows = integer(child(tree, 'flows'))
      const interval = durationOr(child(tree, 'interval'), DEFAULTS.flood.interval)
      if (from === undefined || to === undefined || flows === undefined || interval === undefined) return undefined
      return { from, to, flows, interval, port: integer(child(tree, 'port')) ?? DEFAULTS.flood.port }
    },
    describe: a =>
      `${a.from} sends ${times(a.flows, 'UDP datagram')} to ${formatIpv4(a.to)}, each from another port${pace(a.flows, a.interval)}`,
  },
  route: {
    schema: map('the verb route', {
      node: name('The machine whose way changes.'),
      add: v.optional(route('A route, "default via 192.0.2.1": it takes the place of one to the same network.')),
      remove: v.optional(route('A route that it loses.')),
    }),
    read(tree, resolve) {
      const node = resolve.node(child(tree, 'node'), TALKERS)
      const [add, remove] = [child(tree, 'add'), child(tree, 'remove')]
      if ((add === undefined) === (remove === undefined)) {
        return resolve.problem(tree, 'One route is added, or one removed.', 'say add: "…" or remove: "…"')
      }
      if (node === undefined) return undefined
      const written = add ?? remove
      const route = resolve.route(written, node)
      return route && { node, change: add ? 'add' : 'remove', route, text: text(written) ?? '' }
    },
    describe: ({ node, change, text }) => `${node} ${change === 'add' ? 'gets' : 'loses'} the route "${text}"`,
  },
  link: {
    schema: map('the verb link', {
      between: v.pipe(
        v.array(words('A node, or one of its interfaces: `isp:eth0`.', 64), 'Here the two ends must stand: [a, b].'),
        v.length(2, 'A link has two ends: [a, b].'),
        v.description('The two ends of the link.'),
      ),
      down: v.optional(flag('Unplug the cable (true), or plug it in again (false).')),
      up: v.optional(flag('The opposite of `down`.')),
      ...(Object.fromEntries(Object.entries(qualitySchemas).map(([key, schema]) => [key, v.optional(schema)])) as {
        [K in QualityKey]: v.OptionalSchema<(typeof qualitySchemas)[K], undefined>
      }),
    }),
    read(tree, resolve) {
      const link = resolve.link(child(tree, 'between'))
      const [down, up] = [flagOf(child(tree, 'down')), flagOf(child(tree, 'up'))]
      if (down !== undefined && up !== undefined) {
        return resolve.problem(tree, '`up` and `down` say the same thing: one of them is enough.')
      }
      if (entries(tree).every(([key]) => key === 'between')) {
        return resolve.problem(tree, 'This changes nothing.', `say one of: down, up, ${qualityKeys.join(', ')}`)
      }
      if (!link) return undefined
      for (const [key, own] of entries(tree)) {
        if (key in qualitySchemas && !link.keys.includes(key)) {
          const hint = `this link has: ${link.keys.join(', ')}`
          resolve.problem(own, `The link between ${link.nodes.join(' and ')} has no ${key}.`, hint)
        }
      }
      const sends = readQualities(tree, link.nodes, resolve.problem)
      const plugged = down === undefined ? up : !down
      return { link: link.index, between: link.nodes, ...(plugged === undefined ? {} : { up: plugged }), sends }
    },
    describe({ between, up, sends }) {
      const plug = up === undefined ? [] : [up ? 'is plugged in' : 'is unplugged']
      const changes = sends.map(showChange)
      const said =
        changes[0] === changes[1]
          ? changes.slice(0, 1)
          : changes.map((change, side) => (change === '' ? '' : `from ${between[side]}: ${change}`))
      const gets = said.filter(change => change !== '')
      if (gets.length > 0) plug.push(`gets ${gets.join('; ')}`)
      return `the link between ${between[0]} and ${between[1]} ${plug.join(' and ')}`
    },
  },
  crash: {
    schema: name('The machine that loses its power: it says nothing any more, and forgets everything.'),
    read(tree, resolve) {
      const node = resolve.node(tree, TALKERS)
      return node === undefined ? undefined : { node }
    },
    describe: ({ node }) => `${node} loses its power`,
  },
  restart: {
    schema: name('The machine that starts anew, as after a reboot: it remembers nothing, and does not dial by itself.'),
    read(tree, resolve) {
      const node = resolve.node(tree, TALKERS)
      return node === undefined ? undefined : { node }
    },
    describe: ({ node }) => `${node} starts anew`,
  },
  rule: {
    schema: map('rule', {
      node: name('The machine whose firewall rules change.'),
      add: v.optional(
        ruleSchema('A rule, which is put behind the others; or a policy, which takes the place of another.'),
      ),
      at: v.optional(count('The place of the new rule in its chain; 1 is the first.', 1, 1000)),
      remove: v.optional(ruleSchema('A rule that is taken away, in the same words.')),
    }),
    read(tree, resolve) {
      const node = resolve.node(child(tree, 'node'), FILTERS)
      const [add, remove, at] = [child(tree, 'add'), child(tree, 'remove'), child(tree, 'at')]
      if ((add === undefined) === (remove === undefined)) {
        return resolve.problem(tree, 'One rule is added, or one removed.', 'say add: "…" or remove: "…"')
      }
      if (node === undefined) return undefined
      const line = resolve.rule(add ?? remove, node)
      if (!line) return undefined
      if (remove && 'policy' in line) {
        return resolve.problem(remove, 'A chain always has a policy: it can only become another.', 'write add:')
      }
      if (at && !(add && 'rule' in line)) return resolve.problem(at, 'Only a new rule has a place.')
      if ('policy' in line) return { node, change: line }
      const place = integer(at)
      return {
        node,
        change: remove ? { remove: line.rule } : { add: line.rule, ...(place === undefined ? {} : { place }) },
      }
    },
    describe({ node, change }) {
      if ('policy' in change) return `${node} gets the policy "policy ${change.chain} ${change.policy}"`
      if ('remove' in change) return `${node} loses the rule "${change.remove.text}"`
      const where = change.place === undefined ? '' : ` at place ${change.place}`
      return `${node} gets the rule "${change.add.text}"${where}`
    },
  },
  nat: {
    schema: map('the verb nat', {
      node: name('The firewall.'),
      flush: v.optional(flag('Forget all connections, as a reboot does?')),
      like: v.optional(oneOf(PERSONALITIES, 'It becomes like another box, and forgets all connections.')),
      address: v.optional(address('It gets another outside address, in the same network.')),
    }),
    read(tree, resolve) {
      const node = resolve.node(child(tree, 'node'), ['firewall', 'load-balancer'])
      const flush = flagOf(child(tree, 'flush'))
      const like = PERSONALITIES.find(known => known === text(child(tree, 'like')))
      const outside = child(tree, 'address')
      if (!flush && !child(tree, 'like') && !outside) {
        return resolve.problem(tree, 'This changes nothing.', 'say one of: flush: true, like, address')
      }
      if (node === undefined || !resolve.translates(tree, node, outside)) return undefined
      const to = outside && resolve.address(outside)
      return {
        node,
        ...(flush ? { flush } : {}),
        ...(like === undefined ? {} : { like }),
        ...(to === undefined ? {} : { address: to }),
      }
    },
    describe({ node, flush, like, address }) {
      const said = [
        ...(flush ? ['forgets all connections'] : []),
        ...(like === undefined ? [] : [`becomes like ${like}`]),
        ...(address === undefined ? [] : [`gets the outside address ${formatIpv4(address)}`]),
      ]
      return `${node} ${said.join(' and ')}`
    },
  },
  password: {
    schema: map('the verb password', {
      node: name(
        'The server, access server or RADIUS server that knows the user, or the client that types the password.',
      ),
      user: v.optional(words('Whose, of a server.', 255)),
      for: v.optional(
        oneOf(['pptp', 'dial'], 'Of a client that has both: that of its tunnel (as a rule), or of its telephone line.'),
      ),
      password: textLeaf(
        'The new one. What is up stays up: it is asked for when somebody proves himself the next time.',
      ),
    }),
    read(tree, resolve) {
      const node = resolve.node(child(tree, 'node'), ['client', 'pptp-server', 'nas', 'radius'])
      const password = text(child(tree, 'password'))
      const account = node === undefined ? undefined : resolve.account(tree, node)
      return node === undefined || password === undefined || !account ? undefined : { node, ...account, password }
    },
    describe({ node, user, for: what }) {
      if (user !== undefined) return `${node} has another password for ${user} from now on`
      return `${node} has another password for its ${what === 'dial' ? 'telephone line' : 'tunnel'} from now on`
    },
  },
  shutdown: {
    schema: name(
      'The client, server or access server whose PPTP service ends: it stops its control connections (RFC 2637 §2.3).',
    ),
    read(tree, resolve) {
      const node = resolve.node(tree, ['client', 'pptp-server', 'nas'])
      return node === undefined ? undefined : { node }
    },
    describe: ({ node }) => `${node} shuts its PPTP service down`,
  },
  note: {
    schema: words('Text for the class.'),
    read(tree) {
      const written = text(tree)
      return written === undefined ? undefined : { text: written }
    },
    describe: args => args.text,
  },
} satisfies { readonly [V in Verb]: VerbRules<V> }

export const isVerb = (word: string): word is Verb => Object.hasOwn(VERBS, word)

function readClient(tree: Tree, resolve: Resolver): { client: string } | undefined {
  const client = resolve.node(tree, ['client'])
  if (client !== undefined && !resolve.has(client, 'pptp')) {
    return resolve.problem(tree, `${client} has no VPN software.`, 'dial and hangup are for its telephone line')
  }
  return client === undefined ? undefined : { client }
}

function readDialler(tree: Tree, resolve: Resolver): { client: string } | undefined {
  const client = resolve.node(tree, ['client'])
  if (client !== undefined && !resolve.has(client, 'dial')) {
    return resolve.problem(tree, `${client} has no telephone line.`, 'connect and disconnect are for its tunnel')
  }
  return client === undefined ? undefined : { client }
}

/** Octets over one TCP connection. */
function readTransfer(tree: Tree, resolve: Resolver, usualPort: number): VerbArgs['fetch' | 'talk'] | undefined {
  const from = resolve.node(child(tree, 'from'), TALKERS)
  const to = resolve.address(child(tree, 'to'))
  const bytes = parseSize(text(child(tree, 'bytes')) ?? '')
  if (from === undefined || to === undefined || bytes === undefined) return undefined
  return { from, to, bytes, port: integer(child(tree, 'port')) ?? usualPort }
}

/** What fits into one IP packet with an ICMP or a UDP header, fragmented if need be. */
const MAX_PAYLOAD = 65535 - 20 - 8

function payload(tree: Tree | undefined, usual: string, resolve: Resolver, least = 0): number | undefined {
  const octets = sizeOr(tree, usual)
  if (tree && octets !== undefined && octets < least) {
    return resolve.problem(tree, `Each packet carries its number, in ${least} octets; less is not possible here.`)
  }
  if (tree && octets !== undefined && octets > MAX_PAYLOAD) {
    return resolve.problem(tree, `One IP packet carries at most ${MAX_PAYLOAD} octets here.`)
  }
  return octets
}
