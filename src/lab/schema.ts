/**
 * The shape of a lab file: every key, what may stand there, what it means. It is the only authority; the editor's
 * schema (topologies/lab.schema.json) is made from it. What one value means for another stands in `topology.ts` and
 * `timeline.ts`.
 *
 * No transforms: the file is read from its tree, which still knows the places.
 *
 * Longer than 400 lines, since it is one list of keys: those of users, PPP, MPPE, habits and RADIUS stand elsewhere.
 */
import * as v from 'valibot'
import { balanceSchema } from './balance.ts'
import { conntrackSchema, filterSchema } from './filter.ts'
import { habitKeys } from './habits.ts'
import type { Kind, Verb } from './lab.ts'
import {
  address,
  addressOrNode,
  count,
  device,
  deviceAddress,
  duration,
  ENDPOINT,
  flag,
  interfaceAddress,
  name,
  oneOf,
  prefix,
  route,
  service,
  show,
  socketAddress,
  text,
  type Wrong,
  words,
} from './leaf.ts'
import { map, named, texts } from './map.ts'
import { DEFAULTS as MPPE_DEFAULTS, mppeSchema } from './mppe.ts'
import { nasKeys } from './nas.ts'
import { natSchema } from './nat.ts'
import { seenSchema, unseenSchema } from './pattern.ts'
import { authSchema, echoFailuresSchema, identitySchema, lcpSchema, nbnsSchema, requireAuthSchema } from './ppp.ts'
import { questionSchema } from './questions.ts'
import { answerSchema, askSchema } from './radius.ts'
import { tcpSchema } from './tcp.ts'
import { dialSchema, DEFAULTS as LINES, pstnKeys } from './telephone.ts'
import { secrets, times, users } from './users.ts'
import { DEFAULTS as LINE, qualitySchemas, VERBS } from './verbs.ts'

export const KINDS = [
  'host',
  'router',
  'firewall',
  'load-balancer',
  'switch',
  'client',
  'pptp-server',
  'radius',
  'pstn',
  'nas',
  'tun',
  'udp',
] as const satisfies readonly Kind[]

export const DEFAULTS = {
  seed: 1,
  stop: '60s',
  auth: ['ms-chap-v2'],
  mppe: MPPE_DEFAULTS.use,
  mtu: 1500,
  type: 'ethernet',
  level: 'error',
} as const

const routes = v.pipe(
  v.array(
    route('A route in the words of `ip route`: "default via 192.0.2.1", "10.9.0.0/16 dev ppp0".'),
    'Here a list of routes must stand.\nfor example ["default via 192.0.2.1"]',
  ),
  v.description('Static routes. Networks that the node is attached to need none.'),
)

const services = v.pipe(
  v.array(
    service('A service over TCP, and its port if it is not the usual one: "http", "http:8080".'),
    'Here a list of services must stand.\nfor example [echo, http:8080]',
  ),
  v.description('What answers at this node: echo (port 7), discard (9), chargen (19), http (80).'),
)

const icmpSchema = v.pipe(
  map('the icmp of a node', {
    'fragmentation-needed': v.optional(
      oneOf(['on', 'off'], '`off`: it tells nobody that a packet was too large, and passes on no such message.'),
      'on',
    ),
  }),
  v.description('Which ICMP messages the machine makes and passes on.'),
)

/** Of every kind that has an IP stack. */
const stackKeys = {
  routes: v.optional(routes),
  services: v.optional(services),
  tcp: v.optional(tcpSchema),
  icmp: v.optional(icmpSchema),
}

/** Of every kind that may refuse packets. */
const filterKeys = { ...stackKeys, filter: v.optional(filterSchema), conntrack: v.optional(conntrackSchema) }

const clampWrong = 'Here an MSS from 88 to 65495 octets must stand, or interfaces: what the links there and back carry.'
/** Of every kind that stands in the middle and looks at what it passes on. */
const middleKeys = {
  ...filterKeys,
  'mss-clamp': v.optional(
    v.pipe(
      v.union(
        [
          v.pipe(
            v.number(clampWrong),
            v.integer(clampWrong),
            v.minValue(88, clampWrong),
            v.maxValue(65_495, clampWrong),
          ),
          v.picklist(['interfaces'], clampWrong),
        ],
        clampWrong,
      ),
      v.description(
        'The largest MSS that a TCP SYN may name which is passed on; `interfaces`: what their links carry.',
      ),
    ),
  ),
}

const echo = v.optional(duration('Time between two LCP Echo-Requests; without it none are sent.'))

/** What a tunnel carries, at either end. */
const carries = {
  mtu: v.optional(
    count('Largest IP packet in the tunnel; without it what the path carries, less the headers.', 68, 1500),
  ),
  'mss-clamp': v.optional(flag('Lower the MSS in every TCP SYN that passes the tunnel to what it carries?'), false),
}

const accessLimits = {
  calls: v.optional(count('Calls at a time.', 1, 65_535)),
  'calls-per-user': v.optional(count('Calls of one user at a time.', 1, 65_535)),
  ...times,
}

const limits = v.pipe(
  map('the limits of a server', {
    ...accessLimits,
    'calls-per-connection': v.optional(count('Calls of one control connection at a time.', 1, 65_535)),
    connections: v.optional(count('Control connections at a time.', 1, 65_535)),
    'connections-per-peer': v.optional(count('Control connections from one address at a time.', 1, 65_535)),
  }),
  v.description('How much, and for how long; what is not named has no limit.'),
)

export const CALL_IDS = ['random', 'from-zero'] as const

const clientPptp = {
  server: v.optional(addressOrNode('The server to call: an address, or a node, which means its first address.')),
  user: v.optional(words('User name.', 255)),
  password: v.optional(text('Password.')),
  auth: v.optional(authSchema),
  mppe: v.optional(mppeSchema, DEFAULTS.mppe),
  routes: v.optional(
    v.pipe(
      v.array(prefix('A network, or `default`.'), 'Here a list of networks must stand.\nfor example [10.20.0.0/24]'),
      v.description('Networks to be reached through the tunnel, as long as it is up.'),
    ),
  ),
  dns: v.optional(flag('Ask the server for name servers (RFC 1877)?'), false),
  nbns: v.optional(flag('Ask the server for NetBIOS name servers (RFC 1877)?')),
  'second-password': v.optional(text('What the user types when the server allows another try.')),
  'require-auth': requireAuthSchema,
  lcp: lcpSchema,
  echo,
  ...habitKeys,
  'echo-failures': echoFailuresSchema,
  'call-ids': v.optional(
    oneOf(
      CALL_IDS,
      'How its call IDs are drawn: at random, or from zero up as old pptp-linux did, which many callers then have.',
    ),
    'random',
  ),
  forward: v.optional(flag('Is it a router, which passes packets on between its networks and the tunnel?'), false),
  ...carries,
}

/** What ends PPP for callers. */
const accessPpp = {
  local: v.optional(address('The address of the server at its end of every tunnel.')),
  pool: v.optional(
    v.pipe(
      v.string(poolWrong),
      v.regex(/^\d+\.\d+\.\d+\.\d+ ?- ?\d+\.\d+\.\d+\.\d+$/, poolWrong),
      v.description('Addresses for callers, first and last: 10.8.0.10-10.8.0.99. The lowest free one is given.'),
    ),
  ),
  users: v.optional(users),
  secrets: v.optional(secrets),
  radius: v.optional(askSchema),
  'proxy-arp': v.optional(
    flag('Answer ARP requests for the addresses of callers, as if they stood in the network of the server?'),
    false,
  ),
  ...carries,
  auth: v.optional(authSchema),
  mppe: v.optional(mppeSchema, DEFAULTS.mppe),
  dns: v.optional(
    v.pipe(
      v.array(address('A name server.'), 'Here a list of addresses must stand.\nfor example [10.20.0.53]'),
      v.maxLength(2, 'PPP carries two name servers at most (RFC 1877).'),
      v.description('Name servers to give out (RFC 1877).'),
    ),
  ),
  nbns: nbnsSchema,
  'auth-retries': v.optional(
    count('How often a caller may try again after a wrong password (MS-CHAP); as a rule never.', 0, 10),
  ),
  identity: identitySchema,
  lcp: lcpSchema,
  echo,
  'echo-failures': echoFailuresSchema,
}

const serverPptp = { ...accessPpp, limits: v.optional(limits), ...habitKeys }

const localPpp = {
  ...accessPpp,
  limits: v.optional(
    v.pipe(
      map('the limits of an access server', accessLimits),
      v.description('How much, and for how long; what is not named has no limit.'),
    ),
  ),
}

function poolWrong({ input }: Wrong): string {
  const what = input === null || input === '' ? 'The pool is empty' : `${show(input)} is no pool`
  return `${what}: it needs a first and a last address.\nfor example 10.8.0.10-10.8.0.99`
}

const clientKeys = {
  ...filterKeys,
  pptp: v.optional(v.pipe(map('the pptp of a client', clientPptp), v.description('The tunnel that the client opens.'))),
  dial: dialSchema,
}
const serverKeys = {
  ...filterKeys,
  pptp: v.optional(v.pipe(map('the pptp of a server', serverPptp), v.description('The service for callers.'))),
}

const accessServerKeys = {
  ...filterKeys,
  ...nasKeys,
  ppp: v.optional(v.pipe(map('the ppp of an access server', localPpp), v.description('PPP that ends here.'))),
}

const radiusKeys = { ...filterKeys, radius: v.optional(answerSchema) }

const networks = (describe: string) =>
  v.optional(
    v.pipe(
      v.array(prefix('A network, or `default`.'), 'Here a list of networks must stand.\nfor example [192.0.2.0/24]'),
      v.description(describe),
    ),
  )

const tun = map('the tun of a node', {
  name: device('Name of the device on this machine, such as sim0.'),
  ipv4: v.optional(deviceAddress('The address that the device gets on this machine, 10.99.0.1/24.')),
  networks: networks(
    'Real networks that may be talked to; that of the device itself need not be named. Nothing else comes in or goes out.',
  ),
  routes: networks('Networks of the simulation: this machine is to send packets for them into the device.'),
})

const udp = map('the udp of a node', {
  listen: socketAddress('Where datagrams are received: address and port.'),
  peer: socketAddress('Where datagrams are sent, and the only place from which they are accepted: address and port.'),
  networks: networks('Networks that may be talked to; without it all.'),
})

const tunKeys = { tun: v.pipe(tun, v.description('The TUN device behind which the real machines are.')) }
const udpKeys = {
  udp: v.pipe(udp, v.description('The UDP port behind which another program is; one frame a datagram.')),
}

/** The keys of each kind, apart from `kind` itself. */
const KIND_KEYS = {
  host: filterKeys,
  router: middleKeys,
  firewall: { ...middleKeys, nat: v.optional(natSchema) },
  'load-balancer': { ...middleKeys, balance: v.optional(balanceSchema) },
  switch: {},
  client: clientKeys,
  'pptp-server': serverKeys,
  radius: radiusKeys,
  pstn: pstnKeys,
  nas: accessServerKeys,
  tun: tunKeys,
  udp: udpKeys,
}

const kindSentence = ({ input }: Wrong) =>
  typeof input === 'string'
    ? `There is no kind of node called ${show(input)}.\n?${KINDS.join(' ')}`
    : `A node needs a kind.\nknown here: ${KINDS.join(', ')}`

const node = v.pipe(
  v.variant(
    'kind',
    [
      map('a node of kind host', { kind: v.literal('host'), ...KIND_KEYS.host }),
      map('a node of kind router', { kind: v.literal('router'), ...KIND_KEYS.router }),
      map('a node of kind firewall', { kind: v.literal('firewall'), ...KIND_KEYS.firewall }),
      map('a node of kind load-balancer', { kind: v.literal('load-balancer'), ...KIND_KEYS['load-balancer'] }),
      map('a node of kind switch', { kind: v.literal('switch'), ...KIND_KEYS.switch }),
      map('a node of kind client', { kind: v.literal('client'), ...KIND_KEYS.client }),
      map('a node of kind pptp-server', { kind: v.literal('pptp-server'), ...KIND_KEYS['pptp-server'] }),
      map('a node of kind radius', { kind: v.literal('radius'), ...KIND_KEYS.radius }),
      map('a node of kind pstn', { kind: v.literal('pstn'), ...KIND_KEYS.pstn }),
      map('a node of kind nas', { kind: v.literal('nas'), ...KIND_KEYS.nas }),
      map('a node of kind tun', { kind: v.literal('tun'), ...KIND_KEYS.tun }),
      map('a node of kind udp', { kind: v.literal('udp'), ...KIND_KEYS.udp }),
    ],
    kindSentence,
  ),
  v.description('A machine.'),
)

const defaults = map('topology.defaults', {
  ...stackKeys,
  pptp: v.optional(
    map('the pptp of topology.defaults', {
      auth: v.optional(authSchema),
      mppe: v.optional(mppeSchema, DEFAULTS.mppe),
      profile: habitKeys.profile,
    }),
  ),
})

const kinds = map('topology.kinds (the kinds of nodes)', {
  host: v.optional(map('the kind host', KIND_KEYS.host)),
  router: v.optional(map('the kind router', KIND_KEYS.router)),
  firewall: v.optional(map('the kind firewall', KIND_KEYS.firewall)),
  'load-balancer': v.optional(map('the kind load-balancer', KIND_KEYS['load-balancer'])),
  switch: v.optional(map('the kind switch', KIND_KEYS.switch)),
  client: v.optional(map('the kind client', KIND_KEYS.client)),
  'pptp-server': v.optional(map('the kind pptp-server', KIND_KEYS['pptp-server'])),
  radius: v.optional(map('the kind radius', KIND_KEYS.radius)),
})

const endpointWrong = ({ input }: Wrong) =>
  `${show(input)} is no end of a link: it is a node and one of its interfaces.\nfor example "alice:eth0"`

const link = v.pipe(
  map('a link', {
    endpoints: v.pipe(
      v.array(
        v.pipe(v.string(endpointWrong), v.regex(ENDPOINT, endpointWrong), v.description('node:interface')),
        'Here the two ends must stand.\nfor example ["alice:eth0", "isp:eth0"]',
      ),
      v.length(2, 'A link has two ends.'),
      v.description('The two ends, each `node:interface`. An interface exists because a link names it.'),
    ),
    ipv4: v.optional(
      v.pipe(
        v.array(
          interfaceAddress(
            'An address with its network, 192.0.2.1/24; `none` at a switch port and at the end of a tun or udp node.',
          ),
          'Here a list must stand, one entry for each end.\nfor example [192.0.2.1/24, 192.0.2.2/24]',
        ),
        v.length(2, 'There must be one entry for each of the two ends.'),
        v.description('The addresses of the two ends, in the order of `endpoints`.'),
      ),
    ),
    type: v.optional(
      oneOf(
        ['ethernet', 'ip', 'serial'],
        'What the line carries: Ethernet frames (with ARP), bare IP packets, or the octets of telephone lines.',
      ),
      DEFAULTS.type,
    ),
    lines: v.optional(count('Telephone lines of a serial link.', 1, 256), LINES.lines),
    mtu: v.optional(count('Largest IP packet in octets.', 68, 65535), DEFAULTS.mtu),
    delay: v.optional(qualitySchemas.delay, LINE.quality.delay),
    jitter: v.optional(qualitySchemas.jitter, LINE.quality.jitter),
    rate: v.optional(qualitySchemas.rate, LINE.quality.rate),
    queue: v.optional(qualitySchemas.queue, LINE.quality.queue),
    loss: v.optional(qualitySchemas.loss, LINE.quality.loss),
    corruption: v.optional(qualitySchemas.corruption, LINE.quality.corruption),
    duplication: v.optional(qualitySchemas.duplication, LINE.quality.duplication),
    reordering: v.optional(qualitySchemas.reordering, LINE.quality.reordering),
    noise: v.optional(qualitySchemas.noise, LINE.quality.noise),
  }),
  v.description('A line between two interfaces.'),
)

const topology = map('topology', {
  defaults: v.optional(v.pipe(defaults, v.description('For every node whose kind knows the key.'))),
  kinds: v.optional(
    v.pipe(kinds, v.description('For every node of a kind. A node overrides its kind, a kind the defaults.')),
  ),
  nodes: v.pipe(named('nodes', node), v.description('The machines, by name.')),
  links: v.optional(
    v.pipe(v.array(link, 'Here a list of links must stand.'), v.description('The lines between them.')),
  ),
})

const verbs = Object.fromEntries(Object.entries(VERBS).map(([verb, rules]) => [verb, v.optional(rules.schema)])) as {
  [V in Verb]: v.OptionalSchema<(typeof VERBS)[V]['schema'], undefined>
}

const event = v.pipe(
  map('an event', { at: duration('When.'), ...verbs }),
  v.description('One thing that is done: `at` and exactly one verb.'),
)

const stateValue = v.union(
  [
    v.pipe(v.number(stateWrong), v.integer(stateWrong), v.minValue(0, stateWrong)),
    v.pipe(v.string(stateWrong), v.minLength(1, stateWrong)),
  ],
  stateWrong,
)
function stateWrong({ input }: Wrong): string {
  return `${show(input)} is neither a state nor a number.`
}

const check = v.pipe(
  map('a check', {
    description: words('What is expected, in one sentence.'),
    by: v.optional(duration('It must be true at some moment up to then.')),
    at: v.optional(duration('It must be true at that moment.')),
    during: v.optional(
      v.pipe(
        v.array(duration('A moment.'), 'Here two moments must stand.\nfor example [5s, 20s]'),
        v.length(2, 'Here two moments must stand.\nfor example [5s, 20s]'),
        v.description('It must be true all the time between the two moments.'),
      ),
    ),
    state: v.optional(
      v.pipe(
        texts('states by path', stateValue),
        v.description('States by path (docs/snapshot.md), all to hold at the same moment: { alice.ppp.ipcp: opened }.'),
      ),
    ),
    seen: v.optional(seenSchema),
    unseen: v.optional(unseenSchema),
    pass: v.optional(words('Sentence for the reader when it holds.')),
    fail: v.optional(words('Sentence for the reader when it does not.')),
    level: v.optional(oneOf(['error', 'warning'], 'A failed `warning` does not fail the run.'), DEFAULTS.level),
  }),
  v.description('One thing that the lab is expected to show.'),
)

/** Keys of the file that begin with `x-` are nobody's business; they are taken away before. */
export const labSchema = v.pipe(
  map('a lab', {
    name: name('Name of the lab: letters, digits, dashes.'),
    description: v.optional(words('What the lab shows; the list of labs prints it.')),
    seed: v.optional(count('All chance in the run comes from it.', 0, Number.MAX_SAFE_INTEGER), DEFAULTS.seed),
    stop: v.optional(duration('The run ends here, even if something is still due.'), DEFAULTS.stop),
    topology: v.pipe(topology, v.description('The machines and the lines between them.')),
    events: v.optional(
      v.pipe(v.array(event, 'Here a list of events must stand.'), v.description('What is done in the run.')),
    ),
    ask: v.optional(
      v.pipe(
        v.array(questionSchema, 'Here a list of questions must stand.'),
        v.description('Questions for the class.'),
      ),
    ),
    expect: v.optional(
      v.pipe(named('checks', check), v.description('What the lab is expected to show, reported in this order.')),
    ),
  }),
  v.title('pptp-lab lab file'),
  v.description('A network, what happens in it, and what it is expected to show. Reference: docs/topology.md.'),
)
